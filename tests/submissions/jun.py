import torch


def kl_divergence(p, q):
    if p.dim() == 1:
        return (p * (p / q).log()).sum()
    raise NotImplementedError("batches: tomorrow")
