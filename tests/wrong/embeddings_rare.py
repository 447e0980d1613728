"""Wrong answers to the exercises of notebook 10, chosen to be less common: `<exercise>__<mistake>` (tests/test_wrong.py)."""

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


def _kc(y_true, y_pred, axis, f):
    t = y_true.to(y_pred.dtype)
    a = t.square().sum(axis).sqrt().clamp(min=1e-7)
    b = y_pred.square().sum(axis).sqrt().clamp(min=1e-7)
    return f((t * y_pred).sum(axis), a, b)


def keras_cosine_similarity__squared_cos(y_true, y_pred, axis=-1):
    return _kc(y_true, y_pred, axis, lambda d, a, b: -((d / (a * b)) ** 2))


def keras_cosine_similarity__max_norm(y_true, y_pred, axis=-1):
    return _kc(y_true, y_pred, axis, lambda d, a, b: -d / torch.maximum(a, b) ** 2)


def keras_cosine_similarity__sum_of_norms(y_true, y_pred, axis=-1):
    return _kc(y_true, y_pred, axis, lambda d, a, b: -d / (a + b))


def keras_cosine_similarity__half_shift(y_true, y_pred, axis=-1):
    return _kc(y_true, y_pred, axis, lambda d, a, b: (1 - d / (a * b)) / 2)


def cosine_embedding_loss__one_minus_for_both(input1, input2, target, margin=0.0, reduction="mean"):
    return _cel(input1, input2, target, reduction, lambda c: 1 - c, lambda c: 1 - c)


def cosine_embedding_loss__squared_similar(input1, input2, target, margin=0.0, reduction="mean"):
    return _cel(input1, input2, target, reduction, lambda c: (1 - c) ** 2, lambda c: (c - margin).clamp(min=0))


def cosine_embedding_loss__margin_multiplies(input1, input2, target, margin=0.0, reduction="mean"):
    return _cel(input1, input2, target, reduction, lambda c: 1 - c, lambda c: (c * (1 - margin)).clamp(min=0))


def cosine_embedding_loss__mean_of_each_group(input1, input2, target, margin=0.0, reduction="mean"):
    if reduction != "mean" or input1.ndim == 1:
        return _cel(input1, input2, target, reduction, lambda c: 1 - c, lambda c: (c - margin).clamp(min=0))
    if target.shape not in ((input1.shape[0],), (1,)):
        raise ValueError
    cos = _cos(input1, input2)
    t = target.expand(cos.shape)
    a, b = 1 - cos[t == 1], (cos[t == -1] - margin).clamp(min=0)
    return (a.sum() / max(len(a), 1) + b.sum() / max(len(b), 1)) / 2


def _he(input, target, margin, reduction, pos, neg):
    z = torch.zeros_like(input + target * 0.0)
    return _red(torch.where(target != -1, pos(input), z) + torch.where(target != 1, neg(input), z), reduction)


def hinge_embedding_loss__margin_on_both(input, target, margin=1.0, reduction="mean"):
    return _he(
        input, target, margin, reduction, lambda x: (x - margin).clamp(min=0), lambda x: (margin - x).clamp(min=0)
    )


def hinge_embedding_loss__inverse_distance(input, target, margin=1.0, reduction="mean"):
    return _he(input, target, margin, reduction, lambda x: x, lambda x: margin / (x.abs() + 1e-8))


def hinge_embedding_loss__exp(input, target, margin=1.0, reduction="mean"):
    return _he(input, target, margin, reduction, lambda x: x, lambda x: torch.exp(-x))


def hinge_embedding_loss__half_pull(input, target, margin=1.0, reduction="mean"):
    return _he(input, target, margin, reduction, lambda x: 0.5 * x, lambda x: (margin - x).clamp(min=0))


def _pd(x1, x2, p, eps, keepdim, f=None, d=None, fin=None):
    d = (x1 - x2 + eps) if d is None else d(x1, x2, eps)
    d = d.abs()
    if p == math.inf:
        return d.amax(-1, keepdim=keepdim)
    s = (d**p).sum(-1, keepdim=keepdim)
    r = torch.where(s > 0, torch.where(s > 0, s, 1.0) ** (1 / p), 0.0)
    return r if fin is None else fin(r, d, s)


def pairwise_distance__sum_vectors(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    return _pd(x1, x2, p, eps, keepdim, d=lambda a, b, e: a + b + e)


def pairwise_distance__eps_times(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    return _pd(x1, x2, p, eps, keepdim, d=lambda a, b, e: (a - b) * (1 + e))


def pairwise_distance__eps_both(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    return _pd(x1, x2, p, eps, keepdim, d=lambda a, b, e: a - b + 2 * e)


def pairwise_distance__difference_of_norms(x1, x2, p=2.0, eps=1e-6, keepdim=False):
    return (
        torch.linalg.vector_norm(x1 + eps, ord=p, dim=-1, keepdim=keepdim)
        - torch.linalg.vector_norm(x2, ord=p, dim=-1, keepdim=keepdim)
    ).abs()


def _t(anchor, positive, negative, margin, p, eps, swap, reduction, f):
    _tm(anchor, positive, negative, margin)
    dp, dn = _dist(anchor, positive, p, eps), _dist(anchor, negative, p, eps)
    if swap:
        dn = torch.minimum(dn, _dist(positive, negative, p, eps))
    return _red(f(dp, dn), reduction)


def triplet_margin_loss__log_ratio(
    anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"
):
    return _t(
        anchor,
        positive,
        negative,
        margin,
        p,
        eps,
        swap,
        reduction,
        lambda a, b: (margin + a.log() - b.log()).clamp(min=0),
    )


def triplet_margin_loss__margin_times_positive(
    anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"
):
    return _t(anchor, positive, negative, margin, p, eps, swap, reduction, lambda a, b: (margin * a - b).clamp(min=0))


def triplet_margin_loss__plus_positive(
    anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"
):
    return _t(anchor, positive, negative, margin, p, eps, swap, reduction, lambda a, b: a + (margin - b).clamp(min=0))


def triplet_margin_loss__swap_positive_distance(
    anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, reduction="mean"
):
    _tm(anchor, positive, negative, margin)
    dp, dn = _dist(anchor, positive, p, eps), _dist(anchor, negative, p, eps)
    if swap:
        dp = torch.maximum(dp, _dist(positive, negative, p, eps))
    return _red((margin + dp - dn).clamp(min=0), reduction)


def _bh(distance, label, margin, f):
    n = len(label)
    same = label[:, None] == label[None, :]
    other = same & ~torch.eye(n, dtype=torch.bool)
    pos = distance.masked_fill(~other, -math.inf).amax(1)
    neg = distance.masked_fill(same, math.inf).amin(1)
    ok = other.any(1) & (~same).any(1)
    pos, neg = torch.where(ok, pos, 0.0), torch.where(ok, neg, 0.0)
    return torch.where(ok, f(pos, neg), torch.zeros_like(pos))


def batch_hard_losses__ratio(distance, label, margin=1.0):
    return _bh(distance, label, margin, lambda p, n: (margin + p / n.clamp(min=1e-6) - 1).clamp(min=0))


def batch_hard_losses__margin_times(distance, label, margin=1.0):
    return _bh(distance, label, margin, lambda p, n: (margin * p - n).clamp(min=0))


def batch_hard_losses__separate_hinges(distance, label, margin=1.0):
    return _bh(distance, label, margin, lambda p, n: p + (margin - n).clamp(min=0))


def batch_hard_losses__sign(distance, label, margin=1.0):
    return _bh(distance, label, margin, lambda p, n: (margin - p + n).clamp(min=0))


def batch_hard_losses__batch_mean_margin(distance, label, margin=1.0):
    each = _bh(distance, label, margin, lambda p, n: (margin + p - n).clamp(min=0))
    return each / (each > 0).sum().clamp(min=1)


def triplet_margin_with_distance_loss__kl_symmetric_half(
    anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction="mean"
):
    d = _named(distance_function)
    if distance_function == "kl":
        d = lambda x, y: 0.5 * ((x - y) * (x / y).log()).sum(-1)
    return _twd(anchor, positive, negative, d, margin, swap, reduction)


def triplet_margin_with_distance_loss__manhattan_mean(
    anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction="mean"
):
    d = _named(distance_function)
    if distance_function == "manhattan":
        d = lambda x, y: (x - y).abs().mean(-1)
    return _twd(anchor, positive, negative, d, margin, swap, reduction)


def triplet_margin_with_distance_loss__cosine_minus(
    anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction="mean"
):
    d = _named(distance_function)
    if distance_function == "cosine":
        d = lambda x, y: 1 + (x * y).sum(-1) / (x.norm(dim=-1) * y.norm(dim=-1))
    return _twd(anchor, positive, negative, d, margin, swap, reduction)


def triplet_margin_with_distance_loss__hinge_squared(
    anchor, positive, negative, *, distance_function=None, margin=1.0, swap=False, reduction="mean"
):
    d = _named(distance_function)
    if margin <= 0 or not anchor.ndim == positive.ndim == negative.ndim:
        raise ValueError
    dp, dn = d(anchor, positive), d(anchor, negative)
    if swap:
        dn = torch.minimum(dn, d(positive, negative))
    return _red((margin + dp - dn).clamp(min=0) ** 2, reduction)
