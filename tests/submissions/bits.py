import torch


def kl_divergence(p, q):
    ratio = torch.where(p > 0, p, 1.0) / torch.where(p > 0, q, 1.0)
    return (p * torch.log2(ratio)).sum(-1)
