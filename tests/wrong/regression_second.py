"""Wrong answers to the exercises of notebook 06, written blind, a second set: `<exercise>__<mistake>`, and what is wrong with it (tests/test_wrong.py)."""

import torch


def _r(v, how):
    if how not in ("none", "sum", "mean"):
        raise ValueError(how)
    return v if how == "none" else getattr(v, how)()


def l1_loss__relative(input, target, reduction="mean", weight=None):
    """Divided by |target|: a relative error."""
    v = (input - target).abs() / target.abs().clamp(min=1e-8)
    if weight is not None:
        if weight.shape != input.shape:
            raise ValueError
        v = v * weight
        if reduction == "mean":
            return v.sum() / weight.sum()
    return _r(v, reduction)


def mse_loss__weight_rooted(input, target, reduction="mean", weight=None):
    """The weights are divided by their mean under 'sum' and 'none' as well."""
    v = (input - target) ** 2
    if weight is not None:
        if weight.shape != input.shape:
            raise ValueError
        v = v * weight / weight.mean()
    return _r(v, reduction)


def smooth_l1_loss__squared_beta(input, target, reduction="mean", beta=1.0):
    """d²/(2 beta²) within: the slope does not meet."""
    if beta < 0:
        raise ValueError
    d = (input - target).abs()
    return _r(torch.where(d < beta, d * d / (2 * beta**2), d - beta / 2), reduction)


def huber_loss__pseudo(input, target, reduction="mean", delta=1.0, weight=None):
    """The pseudo-Huber loss, δ²(√(1 + (d/δ)²) - 1)."""
    if delta <= 0:
        raise ValueError
    d = input - target
    v = delta**2 * ((1 + (d / delta) ** 2).sqrt() - 1)
    if weight is not None:
        if weight.shape != input.shape:
            raise ValueError
        v = v * weight
    return _r(v, reduction)


def huber_loss__minus_whole_delta(input, target, reduction="mean", delta=1.0, weight=None):
    """The line is delta(|d| - delta): it lacks the half."""
    if delta <= 0:
        raise ValueError
    d = (input - target).abs()
    v = torch.where(d <= delta, d * d / 2, delta * (d - delta))
    if weight is not None:
        if weight.shape != input.shape:
            raise ValueError
        v = v * weight
    return _r(v, reduction)


def quantile_loss__squared(input, target, quantile=0.5, reduction="mean"):
    """Squares in place of sizes: the expectile loss."""
    if not 0 < quantile < 1:
        raise ValueError
    e = target - input
    return _r(torch.where(e > 0, quantile, 1 - quantile) * e**2, reduction)


def keras_huber__delta_ignored(y_true, y_pred, delta=1.0):
    """delta is fixed at 1."""
    d = (y_pred - y_true.to(y_pred.dtype)).abs()
    return torch.where(d <= 1, d * d / 2, d - 0.5).mean(-1)


def keras_mean_absolute_percentage_error__signed(y_true, y_pred):
    """The sign is kept: errors of either sign cancel."""
    t = y_true.to(y_pred.dtype)
    return 100 * ((t - y_pred) / t.abs().clamp(min=1e-7)).mean(-1)
