import torch


def kl_divergence(p, q):
    return (p * torch.log(p / q)).sum(-1)
