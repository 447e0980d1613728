import torch


def kl_divergence(p, q):
    return (p * (p / q).log()).sum(axis=3)
