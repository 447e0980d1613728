"""KL with a gradient of my own."""
import torch


class Kl(torch.autograd.Function):
    @staticmethod
    def forward(ctx, p, q):
        ctx.save_for_backward(p, q)
        terms = p * (torch.where(p > 0, p, 1).log() - torch.where(p > 0, q, 1).log())
        return terms.sum(-1)

    @staticmethod
    def backward(ctx, grad):
        p, q = ctx.saved_tensors
        grad = grad.unsqueeze(-1)
        by_p = torch.where(p > 0, torch.where(p > 0, p / q, 1).log() + 1, 0)
        return grad * by_p, -grad * torch.where(p > 0, p / q, 0)


def kl_divergence(p, q):
    return Kl.apply(p, q)
