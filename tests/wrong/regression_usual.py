"""Wrong answers to the exercises of notebook 06, a usual mix, written before grader or catalogue was read.

Each is called `<exercise>__<mistake>`, and says what is wrong (tests/test_wrong.py).
"""

import torch


def _red(loss, reduction):
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    if reduction == "mean":
        return loss.mean()
    raise ValueError(f"unknown reduction {reduction}")


def l1_loss__signed(input, target, reduction="mean", weight=None):
    """No absolute value: errors of both signs cancel."""
    d = input - target
    if weight is None:
        return _red(d, reduction)
    if weight.shape != input.shape:
        raise ValueError
    d = d * weight
    return d.sum() / weight.sum() if reduction == "mean" else _red(d, reduction)


def l1_loss__weight_mean_by_n(input, target, reduction="mean", weight=None):
    """With weights the mean divides by the number of elements."""
    d = torch.abs(torch.sub(target, input))
    if weight is not None:
        if weight.shape != input.shape:
            raise ValueError("bad weight")
        d = torch.mul(d, weight)
    return _red(d, reduction)


def mse_loss__rmse(input, target, reduction="mean", weight=None):
    """The root of the mean."""
    d = (input - target).square()
    if weight is not None:
        if weight.shape != input.shape:
            raise ValueError("bad weight")
        d = d * weight
    if reduction == "mean":
        m = d.mean() if weight is None else d.sum() / weight.sum()
        return m.sqrt()
    return _red(d, reduction)


def mse_loss__half(input, target, reduction="mean", weight=None):
    """Half the square."""
    e = input - target
    d = e * e / 2
    if weight is not None:
        if weight.shape != input.shape:
            raise ValueError("bad weight")
        d = d * weight
        if reduction == "mean":
            return d.sum() / weight.sum()
    return _red(d, reduction)


def mse_loss__weight_squared(input, target, reduction="mean", weight=None):
    """The weight is multiplied before the square: it counts squared."""
    w = torch.ones_like(input) if weight is None else weight
    if w.shape != input.shape:
        raise ValueError("bad weight")
    d = (w * (input - target)) ** 2
    if reduction == "mean":
        return d.sum() / w.sum()
    return _red(d, reduction)


def smooth_l1_loss__no_beta_in_square(input, target, reduction="mean", beta=1.0):
    """d^2/2 within beta: not divided by beta."""
    if beta < 0:
        raise ValueError
    d = (input - target).abs()
    return _red(torch.where(d < beta, 0.5 * d * d, d - 0.5 * beta), reduction)


def smooth_l1_loss__no_offset(input, target, reduction="mean", beta=1.0):
    """The line is |d|, without -beta/2: a jump at beta."""
    if beta < 0:
        raise ValueError
    d = (input - target).abs()
    if beta == 0:
        return _red(d, reduction)
    return _red(torch.where(d < beta, d**2 / (2 * beta), d), reduction)


def huber_loss__is_smooth_l1(input, target, reduction="mean", delta=1.0, weight=None):
    """Smooth L1: divided by delta."""
    if delta <= 0:
        raise ValueError
    d = (input - target).abs()
    loss = torch.where(d <= delta, d**2 / (2 * delta), d - delta / 2)
    if weight is not None:
        if weight.shape != input.shape:
            raise ValueError
        loss = loss * weight
    return _red(loss, reduction)


def huber_loss__line_without_delta(input, target, reduction="mean", delta=1.0, weight=None):
    """The straight part lacks the factor delta."""
    if delta <= 0:
        raise ValueError
    loss = torch.empty_like(input)
    e = (input - target).abs()
    small = e <= delta
    loss[small] = 0.5 * e[small] ** 2
    loss[~small] = e[~small] - 0.5 * delta
    if weight is not None:
        if weight.shape != input.shape:
            raise ValueError
        loss = loss * weight
    return _red(loss, reduction)


def huber_loss__weighted_mean(input, target, reduction="mean", delta=1.0, weight=None):
    """The mean divides by the sum of the weights."""
    if delta <= 0:
        raise ValueError
    e = (input - target).abs()
    c = e.clamp(max=delta)
    loss = c * (e - c / 2)
    if weight is None:
        return _red(loss, reduction)
    if weight.shape != input.shape:
        raise ValueError
    loss = loss * weight
    return loss.sum() / weight.sum() if reduction == "mean" else _red(loss, reduction)


def quantile_loss__sides(input, target, quantile=0.5, reduction="mean"):
    """The prices are exchanged: too low costs 1 - quantile."""
    if not 0 < quantile < 1:
        raise ValueError
    d = input - target
    return _red(torch.maximum(quantile * d, (quantile - 1) * d), reduction)


def quantile_loss__doubled(input, target, quantile=0.5, reduction="mean"):
    """Twice as large, so that at 0.5 it is the absolute error."""
    if not 0 < quantile < 1:
        raise ValueError
    d = target - input
    return _red(2 * torch.max(quantile * d, (quantile - 1) * d), reduction)


def keras_align__always_unsqueeze(x, other):
    """Takes nothing away: (N, M, 1) beside (N, M) stays."""
    if other.dim() == x.dim() + 1 and other.shape[-1] == 1:
        return x.unsqueeze(-1)
    return x


def keras_mean_squared_error__sum(y_true, y_pred):
    """The sum over the last dimension."""
    return ((y_pred - y_true.to(y_pred.dtype)) ** 2).sum(-1)


def keras_mean_absolute_percentage_error__by_pred(y_true, y_pred):
    """Divided by the prediction."""
    y_true = y_true.to(y_pred.dtype)
    return 100 * ((y_true - y_pred).abs() / y_pred.abs().clamp(min=1e-7)).mean(-1)


def keras_mean_absolute_percentage_error__share(y_true, y_pred):
    """The factor of 100 is missing."""
    y_true = y_true.to(y_pred.dtype)
    return torch.mean(torch.abs((y_true - y_pred) / torch.clamp(torch.abs(y_true), min=1e-7)), dim=-1)


def keras_mean_squared_logarithmic_error__no_one(y_true, y_pred):
    """ln y without the 1."""
    y_true = y_true.to(y_pred.dtype)
    a = y_true.clamp(min=1e-7).log()
    b = y_pred.clamp(min=1e-7).log()
    return (a - b).pow(2).mean(-1)


def keras_log_cosh__naive(y_true, y_pred):
    """log(cosh) as it stands: overflows at 1000."""
    return torch.log(torch.cosh(y_pred - y_true.to(y_pred.dtype))).mean(-1)


def keras_huber__delta_ignored(y_true, y_pred, delta=1.0):
    """delta is always 1."""
    e = (y_pred - y_true.to(y_pred.dtype)).abs()
    return torch.where(e <= 1, e * e / 2, e - 0.5).mean(-1)


def keras_reduce__weights_normalised(losses, sample_weight=None, reduction="sum_over_batch_size"):
    """sum_over_batch_size divides by the sum of the weights."""
    if sample_weight is None:
        sample_weight = torch.ones_like(losses)
    w = sample_weight.to(losses.dtype)
    if w.dim() < losses.dim():
        w = w.unsqueeze(-1)
    out = losses * w
    if reduction in (None, "none"):
        return out
    if reduction == "sum":
        return out.sum()
    w = w.expand_as(out)
    return out.sum() / w.sum()
