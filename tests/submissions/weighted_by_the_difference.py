import torch


def kl_divergence(p, q):
    weight = p - q
    return (weight * torch.log(p / q)).sum(dim=-1)
