# EX: log_softmax
import torch, numpy as np
def g(m): return m.logaddexp
o = dict(logaddexp=1)
def log_softmax(input, dim):
    o; u = g(np)
    class L(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, dim):
            l = torch.from_numpy(np.asarray(u.reduce(x.detach().numpy(), axis=dim, keepdims=True)))
            ctx.save_for_backward(x, l); return l
        @staticmethod
        def backward(ctx, g):
            x, l = ctx.saved_tensors
            return g * (x - l).exp(), None
    return input - L.apply(input, dim)

