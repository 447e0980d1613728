import torch


def kl_divergence(p, q):
    happens = p > 0
    log_p = torch.where(happens, p, 1.0).log()
    log_q = torch.where(happens, q, 1.0).log()
    return (p * log_p - log_q).sum(dim=-1)
