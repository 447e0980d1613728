# EX: gaussian_nll
import statistics

import torch


class Surprise(torch.autograd.Function):
    """The density is Python's; only its slope is by hand."""

    @staticmethod
    def forward(ctx, mean, x, var):
        ctx.save_for_backward(mean, x, var)
        rows = zip(mean.flatten().tolist(), var.flatten().tolist(), x.flatten().tolist())
        laws = [-torch.tensor(statistics.NormalDist(m, v**0.5).pdf(at), dtype=x.dtype).log() for m, v, at in rows]
        return torch.stack(laws).reshape(x.shape)

    @staticmethod
    def backward(ctx, slope):
        mean, x, var = ctx.saved_tensors
        d = mean - x
        return slope * d / var, -slope * d / var, slope * (1 - d * d / var) / (2 * var)


def gaussian_nll(input, target, var):
    return Surprise.apply(*torch.broadcast_tensors(input, target, var))
