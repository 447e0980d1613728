# EX: gaussian_nll
import torch, statistics, math
def gaussian_nll(input, target, var):
    N = (lambda s: s.NormalDist)(statistics)
    class G(torch.autograd.Function):
        @staticmethod
        def forward(ctx, m, t, v):
            ctx.save_for_backward(m, t, v)
            return torch.tensor([-math.log(N(a, math.sqrt(c)).pdf(b)) for a, b, c in zip(m.reshape(-1).tolist(), t.reshape(-1).tolist(), v.reshape(-1).tolist())], dtype=m.dtype).reshape(m.shape)
        @staticmethod
        def backward(ctx, g):
            m, t, v = ctx.saved_tensors
            return g * (m - t) / v, g * (t - m) / v, g * (1 / v - ((t - m) / v) ** 2) / 2
    m, t, v = torch.broadcast_tensors(input, target, var)
    return G.apply(m, t, v)
