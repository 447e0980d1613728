import torch


def kl_divergence(p, q):
    return 0.5 * ((p**0.5 - q**0.5) ** 2).sum(dim=-1)
