import torch


def kl_divergence(p, q):
    return (q * (q / p).log()).sum(-1)
