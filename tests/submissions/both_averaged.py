import torch


def one_way(a, b):
    return (torch.xlogy(a, a) - torch.xlogy(a, b)).sum(dim=-1)


def kl_divergence(p, q):
    return 0.5 * one_way(p, q) + 0.5 * one_way(q, p)
