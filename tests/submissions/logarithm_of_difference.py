import torch


def kl_divergence(p, q):
    gap = (p - q).abs()
    return (p * torch.log(gap)).sum(dim=-1)
