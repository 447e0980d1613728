import torch


def kl_divergence(p, q):
    p /= p.sum(-1, keepdim=True)
    q /= 1.0
    p[p == 0] = 1e-30
    return (p * (p / q).log()).sum(-1)
