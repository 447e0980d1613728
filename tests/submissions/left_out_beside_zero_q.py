import torch


def kl_divergence(p, q):
    both = (p > 0) & (q > 0)
    safe_p, safe_q = torch.where(both, p, 1.0), torch.where(both, q, 1.0)
    return torch.where(both, p * (safe_p.log() - safe_q.log()), 0.0).sum(-1)
