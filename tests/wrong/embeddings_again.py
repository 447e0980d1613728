"""Wrong answers to the exercises of notebook 10, written later, before the catalogue was read: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import math

import torch


def keras_cosine_similarity__positive(y_true, y_pred, axis=-1):
    t = y_true.to(y_pred.dtype)
    a = t.square().sum(axis, keepdim=True).sqrt().clamp(min=1e-7)
    b = y_pred.square().sum(axis, keepdim=True).sqrt().clamp(min=1e-7)
    return 1 - ((t / a) * (y_pred / b)).sum(axis)


def keras_cosine_similarity__one_norm(y_true, y_pred, axis=-1):
    t = y_true.to(y_pred.dtype)
    b = y_pred.square().sum(axis, keepdim=True).sqrt().clamp(min=1e-7)
    return -(t * (y_pred / b)).sum(axis)


def keras_cosine_similarity__squared_norms(y_true, y_pred, axis=-1):
    t = y_true.to(y_pred.dtype)
    a = t.square().sum(axis).clamp(min=1e-14)
    b = y_pred.square().sum(axis).clamp(min=1e-14)
    return -(t * y_pred).sum(axis) / (a * b)


def keras_cosine_similarity__centred(y_true, y_pred, axis=-1):
    t = y_true.to(y_pred.dtype)
    t = t - t.mean(axis, keepdim=True)
    y_pred = y_pred - y_pred.mean(axis, keepdim=True)
    a = t.square().sum(axis, keepdim=True).sqrt().clamp(min=1e-7)
    b = y_pred.square().sum(axis, keepdim=True).sqrt().clamp(min=1e-7)
    return -((t / a) * (y_pred / b)).sum(axis)


def keras_cosine_similarity__mean_of_products(y_true, y_pred, axis=-1):
    t = y_true.to(y_pred.dtype)
    a = t.square().sum(axis, keepdim=True).sqrt().clamp(min=1e-7)
    b = y_pred.square().sum(axis, keepdim=True).sqrt().clamp(min=1e-7)
    return -((t / a) * (y_pred / b)).mean(axis)


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


def cosine_embedding_loss__margin_on_similar(input1, input2, target, margin=0.0, reduction="mean"):
    return _cel(
        input1, input2, target, reduction, lambda c: (1 - margin - c).clamp(min=0), lambda c: (c - margin).clamp(min=0)
    )


def cosine_embedding_loss__one_plus(input1, input2, target, margin=0.0, reduction="mean"):
    return _cel(input1, input2, target, reduction, lambda c: 1 - c, lambda c: 1 + c)


def cosine_embedding_loss__margin_minus_cos(input1, input2, target, margin=0.0, reduction="mean"):
    return _cel(input1, input2, target, reduction, lambda c: 1 - c, lambda c: (margin - c).clamp(min=0))


def cosine_embedding_loss__absolute_cos(input1, input2, target, margin=0.0, reduction="mean"):
    return _cel(input1, input2, target, reduction, lambda c: 1 - c, lambda c: (c.abs() - margin).clamp(min=0))


def hinge_embedding_loss__squared_hinge(input, target, margin=1.0, reduction="mean"):
    h = (margin - input).clamp(min=0) ** 2
    z = torch.zeros_like(h)
    return _red(torch.where(target != -1, input, z) + torch.where(target != 1, h, z), reduction)


def hinge_embedding_loss__absolute(input, target, margin=1.0, reduction="mean"):
    h = (margin - input).clamp(min=0)
    z = torch.zeros_like(h)
    return _red(torch.where(target != -1, input.abs(), z) + torch.where(target != 1, h, z), reduction)


def hinge_embedding_loss__wrong_side(input, target, margin=1.0, reduction="mean"):
    h = (input - margin).clamp(min=0)
    z = torch.zeros_like(h)
    return _red(torch.where(target != -1, input, z) + torch.where(target != 1, h, z), reduction)


def pairwise_distance__root_fixed(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    d = (x1 - x2 + eps).abs()
    if p == math.inf:
        return d.amax(-1, keepdim=keepdim)
    s = (d**p).sum(-1, keepdim=keepdim)
    return torch.where(s > 0, torch.where(s > 0, s, 1.0) ** 0.5, 0.0)


def pairwise_distance__mean_of_powers(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    d = (x1 - x2 + eps).abs()
    if p == math.inf:
        return d.amax(-1, keepdim=keepdim)
    s = (d**p).mean(-1, keepdim=keepdim)
    return torch.where(s > 0, torch.where(s > 0, s, 1.0) ** (1 / p), 0.0)


def pairwise_distance__eps_after_abs(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    d = (x1 - x2).abs() + eps
    if p == math.inf:
        return d.amax(-1, keepdim=keepdim)
    s = (d**p).sum(-1, keepdim=keepdim)
    return torch.where(s > 0, torch.where(s > 0, s, 1.0) ** (1 / p), 0.0)


def pairwise_distance__cosine_like(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    d = (x1 - x2 + eps).abs()
    if p == math.inf:
        return d.amin(-1, keepdim=keepdim)
    s = (d**p).sum(-1, keepdim=keepdim)
    return torch.where(s > 0, torch.where(s > 0, s, 1.0) ** (1 / p), 0.0)


def _dist(a, b, p, eps):
    return torch.linalg.vector_norm(a - b + eps, ord=p, dim=-1)


def _tm(anchor, positive, negative, margin):
    if margin <= 0:
        raise ValueError
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise ValueError


def triplet_margin_loss__distances_swapped(
    anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"
):
    _tm(anchor, positive, negative, margin)
    dp, dn = _dist(anchor, positive, p, eps), _dist(anchor, negative, p, eps)
    if swap:
        dn = torch.minimum(dn, _dist(positive, negative, p, eps))
    return _red((margin + dn - dp).clamp(min=0), reduction)


def triplet_margin_loss__swap_max(
    anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"
):
    _tm(anchor, positive, negative, margin)
    dp, dn = _dist(anchor, positive, p, eps), _dist(anchor, negative, p, eps)
    if swap:
        dn = torch.maximum(dn, _dist(positive, negative, p, eps))
    return _red((margin + dp - dn).clamp(min=0), reduction)


def triplet_margin_loss__swap_averages(
    anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"
):
    _tm(anchor, positive, negative, margin)
    dp, dn = _dist(anchor, positive, p, eps), _dist(anchor, negative, p, eps)
    if swap:
        dn = (dn + _dist(positive, negative, p, eps)) / 2
    return _red((margin + dp - dn).clamp(min=0), reduction)


def triplet_margin_loss__softplus(
    anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"
):
    _tm(anchor, positive, negative, margin)
    dp, dn = _dist(anchor, positive, p, eps), _dist(anchor, negative, p, eps)
    if swap:
        dn = torch.minimum(dn, _dist(positive, negative, p, eps))
    z = margin + dp - dn
    return _red(torch.logaddexp(z, torch.zeros_like(z)), reduction)


def batch_hard_losses__includes_itself(distance, label, margin=1.0):
    same = label[:, None] == label[None, :]
    pos = distance.masked_fill(~same, -math.inf).amax(1)
    neg = distance.masked_fill(same, math.inf).amin(1)
    ok = (same.sum(1) > 1) & (~same).any(1)
    z = (margin + pos - neg).clamp(min=0)
    return torch.where(same.any(1) & (~same).any(1), z, torch.zeros_like(z))


def batch_hard_losses__easiest_positive(distance, label, margin=1.0):
    n = len(label)
    same = label[:, None] == label[None, :]
    other = same & ~torch.eye(n, dtype=torch.bool)
    pos = distance.masked_fill(~other, math.inf).amin(1)
    neg = distance.masked_fill(same, math.inf).amin(1)
    ok = other.any(1) & (~same).any(1)
    z = torch.where(ok, pos, 0.0) - torch.where(ok, neg, 0.0) + margin
    return torch.where(ok, z.clamp(min=0), torch.zeros_like(z))


def batch_hard_losses__columns(distance, label, margin=1.0):
    n = len(label)
    same = label[:, None] == label[None, :]
    other = same & ~torch.eye(n, dtype=torch.bool)
    pos = distance.masked_fill(~other, -math.inf).amax(0)
    neg = distance.masked_fill(same, math.inf).amin(0)
    ok = other.any(1) & (~same).any(1)
    z = torch.where(ok, pos, 0.0) - torch.where(ok, neg, 0.0) + margin
    return torch.where(ok, z.clamp(min=0), torch.zeros_like(z))


def batch_hard_losses__averages(distance, label, margin=1.0):
    n = len(label)
    same = label[:, None] == label[None, :]
    other = same & ~torch.eye(n, dtype=torch.bool)
    pos = (distance * other).sum(1) / other.sum(1).clamp(min=1)
    neg = (distance * ~same).sum(1) / (~same).sum(1).clamp(min=1)
    ok = other.any(1) & (~same).any(1)
    z = pos - neg + margin
    return torch.where(ok, z.clamp(min=0), torch.zeros_like(z))


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


def triplet_margin_with_distance_loss__swap_reversed(
    anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction="mean"
):
    d = _named(distance_function)
    return _twd(anchor, positive, negative, d, margin, swap, reduction, lambda x, y: d(y, x))


def triplet_margin_with_distance_loss__kl_reversed(
    anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction="mean"
):
    d = _named(distance_function)
    if distance_function == "kl":
        d = lambda x, y: (y * (y / x).log()).sum(-1)
    return _twd(anchor, positive, negative, d, margin, swap, reduction)


def triplet_margin_with_distance_loss__cosine_similarity(
    anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction="mean"
):
    d = _named(distance_function)
    if distance_function == "cosine":
        d = lambda x, y: (x * y).sum(-1) / (x.norm(dim=-1) * y.norm(dim=-1))
    return _twd(anchor, positive, negative, d, margin, swap, reduction)


def triplet_margin_with_distance_loss__squared_mean(
    anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction="mean"
):
    d = _named(distance_function)
    if distance_function == "squared":
        d = lambda x, y: (x - y).square().mean(-1)
    return _twd(anchor, positive, negative, d, margin, swap, reduction)
