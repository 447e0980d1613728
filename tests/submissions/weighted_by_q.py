import torch


def kl_divergence(p, q):
    ratio = torch.log(p) - torch.log(q)
    return (q * torch.where(q > 0, ratio, 0.0)).sum(dim=-1)
