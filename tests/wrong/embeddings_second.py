"""Wrong answers to the exercises of notebook 10, written blind, a second set: `<exercise>__<mistake>`, and what is wrong with it (tests/test_wrong.py)."""

import torch


def _r(v, how):
    if how not in ("none", "sum", "mean"):
        raise ValueError(how)
    return v if how == "none" else getattr(v, how)()


def pairwise_distance__mean(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    """The mean of the powers in place of their sum."""
    d = (x1 - x2 + eps).abs()
    if p == float("inf"):
        return d.amax(-1, keepdim=keepdim)
    return (d**p).mean(-1, keepdim=keepdim) ** (1 / p)


def pairwise_distance__difference_of_norms(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    """The difference of the two lengths."""
    a = torch.linalg.vector_norm(x1 + eps, p, dim=-1, keepdim=keepdim)
    return (a - torch.linalg.vector_norm(x2, p, dim=-1, keepdim=keepdim)).abs()


def triplet_margin_loss__swap_always(
    anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"
):
    """The smaller distance is taken whether swap is asked for or not."""
    if margin <= 0 or not anchor.dim() == positive.dim() == negative.dim():
        raise ValueError
    d = lambda a, b: torch.linalg.vector_norm(a - b + eps, p, dim=-1)
    n = torch.minimum(d(anchor, negative), d(positive, negative))
    return _r((margin + d(anchor, positive) - n).clamp(min=0), reduction)


def triplet_margin_loss__ratio(anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"):
    """The margin is a factor: max(0, margin · dp - dn)."""
    if margin <= 0 or not anchor.dim() == positive.dim() == negative.dim():
        raise ValueError
    d = lambda a, b: torch.linalg.vector_norm(a - b + eps, p, dim=-1)
    n = d(anchor, negative)
    if swap:
        n = torch.minimum(n, d(positive, negative))
    return _r((margin * d(anchor, positive) - n).clamp(min=0), reduction)


def batch_hard_losses__all_valid_mean(distance, label, margin=1.0):
    """The hardest positive, but the mean of the negatives."""
    same = label[:, None] == label
    pos = same & ~torch.eye(len(label), dtype=torch.bool)
    hp = torch.where(pos, distance, -torch.inf).amax(1)
    n = (~same).sum(1)
    hn = (distance * ~same).sum(1) / n.clamp(min=1)
    return torch.where(pos.any(1) & (n > 0), (margin + torch.where(pos.any(1), hp, 0.0) - hn).clamp(min=0), 0.0)


def _u(v):
    return v / (v.square().sum(-1, keepdim=True) + 1e-24).sqrt()


def info_nce__half_symmetric(queries, keys, temperature=0.1, symmetric=False, reduction="mean"):
    """Symmetric always, whether it is asked for or not."""
    if queries.dim() != 2 or queries.shape != keys.shape or temperature <= 0:
        raise ValueError
    z = _u(queries) @ _u(keys).T / temperature
    own = z.diagonal()
    return _r((torch.logsumexp(z, 1) - own + torch.logsumexp(z, 0) - own) / 2, reduction)


def nt_xent__temperature_squared(first, second, temperature=0.5, reduction="mean"):
    """Divided by the temperature twice."""
    if first.dim() != 2 or first.shape != second.shape or temperature <= 0:
        raise ValueError
    v = _u(torch.cat([first, second]))
    z = (v @ v.T / temperature**2).masked_fill(torch.eye(len(v), dtype=torch.bool), -torch.inf)
    own = torch.arange(len(v)).roll(len(first))
    return _r(torch.logsumexp(z, 1) - z.gather(1, own[:, None])[:, 0], reduction)


def hinge_embedding_loss__margin_minus(input, target, margin=1.0, reduction="mean"):
    """input - margin for -1: far pairs cost."""
    far = (input - margin).clamp(min=0)
    return _r(torch.where(target == 1, input, torch.where(target == -1, far, input + far)), reduction)


def cosine_embedding_loss__halved(input1, input2, target, margin=0.0, reduction="mean"):
    """(1 - cos)/2 for like pairs."""
    if input1.dim() == 2 and target.shape not in ((len(input1),), (1,)) or input1.dim() == 1 and target.dim():
        raise ValueError
    c = (input1 * input2).sum(-1) / ((input1.square().sum(-1) + 1e-12) * (input2.square().sum(-1) + 1e-12)).sqrt()
    v = torch.where(target == 1, (1 - c) / 2, torch.where(target == -1, (c - margin).clamp(min=0), torch.zeros_like(c)))
    return _r(v, reduction)
