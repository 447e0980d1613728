import torch


def kl_divergance(p, q):
    return (p * (p / q).log()).sum(-1)
