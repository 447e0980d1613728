import torch


def kl_divergence(p, q):
    p, q = torch.softmax(p, -1), torch.softmax(q, -1)
    return (p * (p / q).log()).sum(-1)
