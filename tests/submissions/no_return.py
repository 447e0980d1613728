import torch


def kl_divergence(p, q):
    result = (p * (p / q).log()).sum(-1)
