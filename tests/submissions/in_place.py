import torch


def kl_divergence(p, q):
    return (p * (p.log() - q.log_())).sum(-1)
