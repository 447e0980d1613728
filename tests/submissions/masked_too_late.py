import torch


def kl_divergence(p, q):
    terms = p * (p.log() - q.log())
    return torch.where(p > 0, terms, 0.0).sum(-1)
