import torch


def kl_divergence(p, q):
    safe_p, safe_q = torch.where(p > 0, p, 1.0), torch.where(p > 0, q, 1.0)
    return (p * (safe_p / safe_q).log()).sum(0)
