import torch


def kl_divergence(p, q):
    forward = (p * (p / q).log()).sum(-1)
    return forward + (q * (q / p).log()).sum(-1)
