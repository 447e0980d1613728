"""Wrong answers to the exercises of notebook 10, written last: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import math

import torch


def _red(loss, reduction):
    if reduction not in ("none", "sum", "mean"):
        raise ValueError
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()


def _cos(a, b):
    return (a * b).sum(-1) / ((a.square().sum(-1) + 1e-12) * (b.square().sum(-1) + 1e-12)).sqrt()


def _cel(input1, input2, target, reduction, pos, neg):
    if input1.ndim == 1:
        if target.shape != ():
            raise ValueError
    elif target.shape not in ((input1.shape[0],), (1,)):
        raise ValueError
    cos = _cos(input1, input2)
    zero = torch.zeros_like(cos)
    loss = torch.where(target == 1, pos(cos), zero) + torch.where(target == -1, neg(cos), zero)
    return _red(loss, reduction)


def _dist(a, b, p, eps):
    return torch.linalg.vector_norm(a - b + eps, ord=p, dim=-1)


def _tm(anchor, positive, negative, margin):
    if margin <= 0:
        raise ValueError
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise ValueError


def _named(f):
    if f is None:
        return lambda x, y: torch.linalg.vector_norm(x - y + 1e-6, dim=-1)
    if callable(f):
        return f
    table = {
        "manhattan": lambda x, y: (x - y).abs().sum(-1),
        "squared": lambda x, y: (x - y).square().sum(-1),
        "cosine": lambda x, y: 1 - (x * y).sum(-1) / (x.norm(dim=-1) * y.norm(dim=-1)),
        "kl": lambda x, y: (x * (x / y).log()).sum(-1),
    }
    if f not in table:
        raise ValueError
    return table[f]


def _twd(anchor, positive, negative, d, margin, swap, reduction, swap_d=None):
    if margin <= 0 or not anchor.ndim == positive.ndim == negative.ndim:
        raise ValueError
    dp, dn = d(anchor, positive), d(anchor, negative)
    if swap:
        dn = torch.minimum(dn, (swap_d or d)(positive, negative))
    return _red((margin + dp - dn).clamp(min=0), reduction)


def keras_cosine_similarity__mean_over_batch(y_true, y_pred, axis=-1):
    t = y_true.to(y_pred.dtype)
    a = t.square().sum(axis, keepdim=True).sqrt().clamp(min=1e-7)
    b = y_pred.square().sum(axis, keepdim=True).sqrt().clamp(min=1e-7)
    return -((t / a) * (y_pred / b)).sum(axis).mean()


def cosine_embedding_loss__margin_abs(input1, input2, target, margin=0.0, reduction="mean"):
    return _cel(input1, input2, target, reduction, lambda c: 1 - c, lambda c: (c - margin).abs())


def hinge_embedding_loss__negatives_squared_half(input, target, margin=1.0, reduction="mean"):
    h = 0.5 * (margin - input).clamp(min=0) ** 2
    z = torch.zeros_like(h)
    return _red(torch.where(target != -1, input, z) + torch.where(target != 1, h, z), reduction)


def pairwise_distance__squared(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    d = (x1 - x2 + eps).abs()
    if p == math.inf:
        return d.amax(-1, keepdim=keepdim)
    return (d**p).sum(-1, keepdim=keepdim)


def triplet_margin_loss__mean_of_hinges_before(
    anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"
):
    _tm(anchor, positive, negative, margin)
    dp, dn = _dist(anchor, positive, p, eps), _dist(anchor, negative, p, eps)
    if swap:
        dn = torch.minimum(dn, _dist(positive, negative, p, eps))
    if reduction == "mean":
        return (margin + dp.mean() - dn.mean()).clamp(min=0)
    return _red((margin + dp - dn).clamp(min=0), reduction)


def batch_hard_losses__self_negative(distance, label, margin=1.0):
    n = len(label)
    same = label[:, None] == label[None, :]
    other = same & ~torch.eye(n, dtype=torch.bool)
    pos = distance.masked_fill(~other, 0.0).amax(1)
    neg = distance.masked_fill(other, math.inf).amin(1)
    ok = other.any(1) & (~same).any(1)
    return torch.where(ok, (margin + pos - neg).clamp(min=0), torch.zeros_like(pos))


def triplet_margin_with_distance_loss__squared_default(
    anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction="mean"
):
    d = (lambda x, y: (x - y + 1e-6).square().sum(-1)) if distance_function is None else _named(distance_function)
    return _twd(anchor, positive, negative, d, margin, swap, reduction)
