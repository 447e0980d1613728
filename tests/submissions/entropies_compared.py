import torch


def neg_entropy(x):
    return torch.xlogy(x, x).sum(dim=-1)


def kl_divergence(p, q):
    return neg_entropy(p) - neg_entropy(q)
