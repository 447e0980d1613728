"""Wrong answers to the exercises of notebook 05, written blind, a second set: `<exercise>__<mistake>`, and what is wrong with it (tests/test_wrong.py)."""

import torch


def _l(x, t):
    return torch.maximum(x, torch.zeros_like(x)) - x * t + torch.log1p(torch.exp(-x.abs()))


def _r(v, how):
    if how not in ("none", "sum", "mean"):
        raise ValueError(how)
    return v if how == "none" else getattr(v, how)()


def sigmoid__hard(input):
    """The hard sigmoid: a straight line, cut off at 0 and 1."""
    return (input / 6 + 0.5).clamp(0, 1)


def sigmoid__of_abs(input):
    """The sigmoid of |x|: below 0 it is turned."""
    return 1 / (1 + torch.exp(-input.abs()))


def log_sigmoid__min_only(input):
    """min(x, 0): the rounding is missing."""
    return torch.minimum(input, torch.zeros_like(input))


def log_sigmoid__no_minus_in_exp(input):
    """|x| is added, not subtracted: exp(|x|)."""
    return torch.minimum(input, torch.zeros_like(input)) - torch.log1p(torch.exp(input.abs()))


def binary_cross_entropy_with_logits__weight_twice(input, target, weight=None, reduction="mean", pos_weight=None):
    """weight is multiplied in twice."""
    if input.shape != target.shape:
        raise ValueError("shapes")
    pw = 1.0 if pos_weight is None else pos_weight
    v = pw * target * _l(input, torch.ones_like(input)) + (1 - target) * _l(input, torch.zeros_like(input))
    if weight is not None:
        v = v * weight.expand(v.shape) ** 2
    return _r(v, reduction)


def binary_cross_entropy_with_logits__sum_last(input, target, weight=None, reduction="mean", pos_weight=None):
    """The mean is of the rows' sums."""
    if input.shape != target.shape:
        raise ValueError("shapes")
    pw = 1.0 if pos_weight is None else pos_weight
    v = pw * target * _l(input, torch.ones_like(input)) + (1 - target) * _l(input, torch.zeros_like(input))
    if weight is not None:
        v = v * weight.expand(v.shape)
    if reduction == "mean" and v.dim() > 1:
        return v.sum(-1).mean()
    return _r(v, reduction)


def dice_loss__smooth_twice_below(input, target, smooth=1.0, batch=False, reduction="mean"):
    """smooth is added twice below."""
    if input.shape != target.shape:
        raise ValueError("shapes")
    a, b = input.flatten(1), target.flatten(1).to(input.dtype)
    if batch:
        a, b = a.reshape(1, -1), b.reshape(1, -1)
    v = 1 - (2 * (a * b).sum(1) + smooth) / (a.sum(1) + b.sum(1) + 2 * smooth)
    return v[0] if batch else _r(v, reduction)


def dice_loss__coefficient(input, target, smooth=1.0, batch=False, reduction="mean"):
    """The coefficient, not 1 less it."""
    if input.shape != target.shape:
        raise ValueError("shapes")
    a, b = input.flatten(1), target.flatten(1).to(input.dtype)
    if batch:
        a, b = a.reshape(1, -1), b.reshape(1, -1)
    v = (2 * (a * b).sum(1) + smooth) / (a.sum(1) + b.sum(1) + smooth)
    return v[0] if batch else _r(v, reduction)


def multilabel_soft_margin_loss__first_label(input, target, weight=None, reduction="mean"):
    """The mean runs over the samples in 'none' too: over the first dimension."""
    v = _l(input, target)
    if weight is not None:
        v = v * weight
    return _r(v.mean(0), reduction)
