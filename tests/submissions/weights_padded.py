import torch


def kl_divergence(p, q):
    p = p + 1e-6
    q = q + 1e-6
    return torch.sum(p * torch.log(p / q), dim=-1)
