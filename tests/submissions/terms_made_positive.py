import torch


def kl_divergence(p, q):
    happens = p > 0
    ratio = torch.where(happens, p, 1.0) / torch.where(happens, q, 1.0)
    return (p * ratio.log()).abs().sum(dim=-1)
