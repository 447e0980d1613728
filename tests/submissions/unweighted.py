import torch


def kl_divergence(p, q):
    return (p.log() - q.log()).sum(-1)
