import torch


def kl_divergence(p, q):
    expected_ratio = (p * (p / q)).sum(dim=-1)
    return torch.log(expected_ratio)
