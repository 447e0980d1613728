import torch


def kl_divergence(p, q):
    cross_entropy = -torch.xlogy(p, q).sum(dim=-1)
    entropy = -torch.xlogy(q, q).sum(dim=-1)
    return cross_entropy - entropy
