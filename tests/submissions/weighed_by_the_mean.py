import torch


def kl_divergence(p, q):
    happens = p > 0
    log_ratio = torch.where(happens, p, 1.0).log() - torch.where(happens, q, 1.0).log()
    return ((p + q) * log_ratio).sum(dim=-1) / 2
