import torch


def kl_divergence(p, q):
    return (p * (q / p).log()).sum(-1)
