import torch


def kl_divergence(p, q):
    m = 0.5 * (p + q)
    return (torch.xlogy(p, p) - torch.xlogy(p, m)).sum(dim=-1)
