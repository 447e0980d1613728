import torch


def kl_divergence(p, q):
    p, q = (x.clamp(1e-7, 1) for x in (p, q))
    return (p * torch.log(p / q)).sum(-1)
