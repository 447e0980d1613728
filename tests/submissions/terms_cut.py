import torch


def kl_divergence(p, q):
    happens = p > 0
    ratio = torch.where(happens, p, 1.0) / torch.where(happens, q, 1.0)
    return torch.relu(p * ratio.log()).sum(dim=-1)
