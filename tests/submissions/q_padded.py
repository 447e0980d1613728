import torch


def kl_divergence(p, q):
    log_p = torch.where(p > 0, p, torch.ones_like(p)).log()
    return (p * (log_p - torch.log(q + 1e-8))).sum(-1)
