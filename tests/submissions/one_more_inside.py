import torch


def kl_divergence(p, q):
    return torch.sum(p * (torch.log1p(p) - torch.log1p(q)), dim=-1)
