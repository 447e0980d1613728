import torch


def kl_divergence(p, q):
    eps = 1e-6
    return (p * (torch.clamp(p, min=eps) / torch.clamp(q, min=eps)).log()).sum(-1)
