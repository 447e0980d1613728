import torch


def kl_divergence(p, q):
    log_p, log_q = torch.where(p > 0, p, 1.0).log(), torch.where(p > 0, q, 1.0).log()
    return (p * (log_p - log_q)).mean(-1)
