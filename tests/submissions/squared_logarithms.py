import torch


def kl_divergence(p, q):
    ratio = torch.where(p > 0, p, 1.0).log() - torch.where(q > 0, q, 1.0).log()
    return (p * ratio**2).sum(dim=-1)
