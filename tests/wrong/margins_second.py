"""Wrong answers to the exercises of notebook 08, written blind, a second set: `<exercise>__<mistake>`, and what is wrong with it (tests/test_wrong.py)."""

import torch


def _r(v, how):
    if how not in ("none", "sum", "mean"):
        raise ValueError(how)
    return v if how == "none" else getattr(v, how)()


def soft_margin_loss__squared(input, target, reduction="mean"):
    """The logistic loss is squared."""
    if input.shape != target.shape:
        raise ValueError
    z = -target * input
    return _r((z.clamp(min=0) + torch.log1p(torch.exp(-z.abs()))) ** 2, reduction)


def soft_margin_loss__exponential(input, target, reduction="mean"):
    """exp(-yx): the loss of AdaBoost."""
    if input.shape != target.shape:
        raise ValueError
    return _r(torch.exp(-target * input), reduction)


def _mm(input, target, p, margin, weight, reduction, gap):
    if p not in (1, 2):
        raise ValueError
    x = input[None] if input.dim() == 1 else input
    y = target.reshape(-1)
    if target.dim() != input.dim() - 1 or len(y) != len(x) or ((y < 0) | (y >= x.shape[1])).any():
        raise ValueError
    if weight is not None and weight.shape != x.shape[1:]:
        raise ValueError
    g = gap(margin, x.gather(1, y[:, None]), x, p)
    g = g.masked_fill(torch.nn.functional.one_hot(y, x.shape[1]).bool(), 0.0)
    v = g.sum(1) / x.shape[1]
    if weight is not None:
        v = v * weight[y]
    return _r(v.reshape(target.shape), reduction)


def multi_margin_loss__sign(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    """margin + right - wrong: the sign."""
    return _mm(input, target, p, margin, weight, reduction, lambda m, r, x, p: (m + r - x).clamp(min=0) ** p)


def multi_margin_loss__margin_times(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    """The margin is outside of the maximum."""
    return _mm(input, target, p, margin, weight, reduction, lambda m, r, x, p: (m + (x - r).clamp(min=0)) ** p)


def multi_margin_loss__power_before(input, target, p=1, margin=1.0, weight=None, reduction="mean"):
    """The power is taken before the maximum: what is right is punished with p = 2."""
    return _mm(input, target, p, margin, weight, reduction, lambda m, r, x, p: ((m - r + x) ** p).clamp(min=0))


def keras_hinge__absolute(y_true, y_pred):
    """|1 - yx|: no maximum with 0."""
    y = y_true.to(y_pred.dtype)
    if ((y == 0) | (y == 1)).all():
        y = 2 * y - 1
    return (1 - y * y_pred).abs().mean(-1)


def keras_categorical_hinge__margin_zero(y_true, y_pred):
    """The margin of 1 is missing."""
    t = y_true.to(y_pred.dtype)
    return (((1 - t) * y_pred).amax(-1) - (t * y_pred).sum(-1)).clamp(min=0)
