"""Wrong answers to the exercises of notebook 06, written blind: `<exercise>__<mistake>`, and what is wrong with it (tests/test_wrong.py)."""

import torch


def _shape(input, target):
    torch.broadcast_shapes(input.shape, target.shape)


def _red(loss, reduction):
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    if reduction == "mean":
        return loss.mean()
    raise ValueError("unknown reduction")


def l1_loss__weight_mean_by_count(input, target, reduction="mean", weight=None):
    """With weights the mean divides by the number of elements."""
    loss = (input - target).abs()
    if weight is not None:
        if weight.shape != input.shape:
            raise ValueError("weight")
        loss = loss * weight
    return _red(loss, reduction)


def l1_loss__smooth_root(input, target, reduction="mean", weight=None):
    """sqrt(d² + 1e-6) in place of |d|: a thousandth at 0."""
    loss = torch.sqrt((input - target) ** 2 + 1e-6)
    if weight is None:
        return _red(loss, reduction)
    if weight.shape != input.shape:
        raise ValueError("weight")
    loss = loss * weight
    return loss.sum() / weight.sum() if reduction == "mean" else _red(loss, reduction)


def l1_loss__mean_is_sum(input, target, reduction="mean", weight=None):
    """ "mean" gives the sum."""
    if reduction not in ("none", "sum", "mean"):
        raise ValueError("reduction")
    loss = torch.abs(input - target)
    if weight is not None:
        if weight.shape != input.shape:
            raise ValueError("weight")
        loss = weight * loss
    return loss if reduction == "none" else loss.sum()


def l1_loss__sqrt_of_square(input, target, reduction="mean", weight=None):
    """Right in value; sqrt(d²) has a NaN for a slope at 0."""
    d = input - target
    loss = (d * d).sqrt()
    if weight is not None:
        if weight.shape != input.shape:
            raise ValueError("weight")
        loss = loss * weight
        if reduction == "mean":
            return loss.sum() / weight.sum()
    return _red(loss, reduction)


def mse_loss__weight_squared(input, target, reduction="mean", weight=None):
    """The weight goes inside the square."""
    d = input - target
    if weight is None:
        return _red(d * d, reduction)
    if weight.shape != input.shape:
        raise ValueError("weight")
    loss = (weight * d) ** 2
    return loss.sum() / weight.sum() if reduction == "mean" else _red(loss, reduction)


def mse_loss__rmse(input, target, reduction="mean", weight=None):
    """The root of the mean."""
    loss = (input - target) ** 2
    if weight is not None:
        if weight.shape != input.shape:
            raise ValueError("weight")
        loss = loss * weight
        if reduction == "mean":
            return (loss.sum() / weight.sum()).sqrt()
    if reduction == "mean":
        return loss.mean().sqrt()
    return _red(loss, reduction)


def mse_loss__int_truncated(input, target, reduction="mean", weight=None):
    """Predictions are cast to the target's dtype: fractions are cut where targets are whole numbers."""
    d = input.to(target.dtype) - target
    loss = (d * d).to(input.dtype)
    if weight is not None:
        if weight.shape != input.shape:
            raise ValueError("weight")
        loss = loss * weight
        if reduction == "mean":
            return loss.sum() / weight.sum()
    return _red(loss, reduction)


def smooth_l1_loss__is_huber(input, target, reduction="mean", beta=1.0):
    """Huber's loss: not divided by beta."""
    if beta < 0:
        raise ValueError("beta")
    d = (input - target).abs()
    return _red(torch.where(d < beta, 0.5 * d * d, beta * (d - 0.5 * beta)), reduction)


def smooth_l1_loss__no_half_beta(input, target, reduction="mean", beta=1.0):
    """Beyond beta it is |d|, without beta/2 taken away: it jumps."""
    if beta < 0:
        raise ValueError("beta")
    d = torch.abs(input - target)
    small = d < beta
    out = torch.where(small, d**2 / (2 * beta) if beta else d, d)
    return _red(out, reduction)


def smooth_l1_loss__beta_fixed_line(input, target, reduction="mean", beta=1.0):
    """The line is |d| - ½ whatever beta is."""
    if beta < 0:
        raise ValueError("beta")
    d = torch.abs(input - target)
    if beta == 0:
        return _red(d, reduction)
    return _red(torch.where(d < beta, d.square() / (2 * beta), d - 0.5), reduction)


def huber_loss__no_half(input, target, reduction="mean", delta=1.0, weight=None):
    """d² without the half within delta."""
    if delta <= 0:
        raise ValueError("delta")
    d = (input - target).abs()
    loss = torch.where(d <= delta, d * d, delta * (d - delta / 2))
    if weight is not None:
        if weight.shape != input.shape:
            raise ValueError("weight")
        loss = loss * weight
    return _red(loss, reduction)


def huber_loss__slope_beyond(input, target, reduction="mean", delta=1.0, weight=None):
    """The line lacks its factor delta."""
    if delta <= 0:
        raise ValueError("delta")
    d = (input - target).abs()
    loss = torch.where(d <= delta, 0.5 * d * d, d - delta / 2)
    if weight is not None:
        if weight.shape != input.shape:
            raise ValueError("weight")
        loss = loss * weight
    return _red(loss, reduction)


def huber_loss__weighted_mean(input, target, reduction="mean", delta=1.0, weight=None):
    """The mean divides by the sum of the weights."""
    if delta <= 0:
        raise ValueError("delta")
    d = (input - target).abs()
    c = d.clamp(max=delta)
    loss = c * (d - 0.5 * c)
    if weight is None:
        return _red(loss, reduction)
    if weight.shape != input.shape:
        raise ValueError("weight")
    loss = weight * loss
    return loss.sum() / weight.sum() if reduction == "mean" else _red(loss, reduction)


def huber_loss__order(input, target, delta=1.0, reduction="mean", weight=None):
    """delta and reduction have changed places in the signature."""
    if delta <= 0:
        raise ValueError("delta")
    d = (input - target).abs()
    loss = torch.where(d <= delta, 0.5 * d * d, delta * (d - delta / 2))
    if weight is not None:
        if weight.shape != input.shape:
            raise ValueError("weight")
        loss = loss * weight
    return _red(loss, reduction)


def quantile_loss__sides(input, target, quantile=0.5, reduction="mean"):
    """The two sides have changed places."""
    if not 0 < quantile < 1:
        raise ValueError("quantile")
    d = input - target
    return _red(torch.maximum(quantile * d, (quantile - 1) * d), reduction)


def quantile_loss__abs_times_q(input, target, quantile=0.5, reduction="mean"):
    """quantile is the price of either side."""
    if not 0 < quantile < 1:
        raise ValueError("quantile")
    return _red(quantile * (input - target).abs(), reduction)


def quantile_loss__doubled(input, target, quantile=0.5, reduction="mean"):
    """Twice as large, so that the median gives the absolute error."""
    if not 0 < quantile < 1:
        raise ValueError("quantile")
    e = target - input
    return _red(2 * torch.maximum(quantile * e, (quantile - 1) * e), reduction)


def quantile_loss__over_free(input, target, quantile=0.5, reduction="mean"):
    """Only what is too low costs; too high is free."""
    if not 0 < quantile < 1:
        raise ValueError("quantile")
    e = target - input
    return _red(quantile * e.clamp(min=0), reduction)


def keras_align__always_squeezes(x, other):
    """Squeezes a last dimension of 1 whatever stands beside it; never adds one."""
    if x.dim() and x.shape[-1] == 1 and x.dim() > 1:
        return x.squeeze(-1)
    return x


def keras_align__any_rank(x, other):
    """Adds a last dimension whenever x has fewer, also where other's last size is not 1."""
    if x.dim() == other.dim() - 1:
        return x.unsqueeze(-1)
    if x.dim() == other.dim() + 1 and x.shape[-1] == 1:
        return x.squeeze(-1)
    return x


def _align(a, b):
    if a.dim() == b.dim() + 1 and a.shape[-1] == 1:
        return a.squeeze(-1)
    if b.dim() == a.dim() + 1 and b.shape[-1] == 1:
        return a.unsqueeze(-1)
    return a


def keras_mean_squared_error__over_all(y_true, y_pred):
    """The mean over everything: one number."""
    t = _align(y_true.to(y_pred.dtype), y_pred)
    return ((t - _align(y_pred, y_true)) ** 2).mean()


def keras_mean_squared_error__abs(y_true, y_pred):
    """The mean absolute error."""
    t = _align(y_true.to(y_pred.dtype), y_pred)
    return (t - _align(y_pred, y_true)).abs().mean(-1)


def keras_mean_absolute_percentage_error__by_pred(y_true, y_pred):
    """Divided by the prediction, not by the truth."""
    t, p = _align(y_true.to(y_pred.dtype), y_pred), _align(y_pred, y_true)
    return 100 * ((t - p).abs() / p.abs().clamp(min=1e-7)).mean(-1)


def keras_mean_absolute_percentage_error__share(y_true, y_pred):
    """Not times 100."""
    t, p = _align(y_true.to(y_pred.dtype), y_pred), _align(y_pred, y_true)
    return ((t - p).abs() / t.abs().clamp(min=1e-7)).mean(-1)


def keras_mean_squared_logarithmic_error__no_plus_one(y_true, y_pred):
    """ln y, without the 1 added."""
    t, p = _align(y_true.to(y_pred.dtype), y_pred), _align(y_pred, y_true)
    return (p.clamp(min=1e-7).log() - t.clamp(min=1e-7).log()).square().mean(-1)


def keras_mean_squared_logarithmic_error__log_of_error(y_true, y_pred):
    """The square of ln(1 + |error|)."""
    t, p = _align(y_true.to(y_pred.dtype), y_pred), _align(y_pred, y_true)
    return (torch.log1p((p - t).abs()) ** 2).mean(-1)


def keras_log_cosh__naive(y_true, y_pred):
    """cosh overflows at errors of ±1000."""
    t, p = _align(y_true.to(y_pred.dtype), y_pred), _align(y_pred, y_true)
    return torch.log(torch.cosh(p - t)).mean(-1)


def keras_log_cosh__no_ln2(y_true, y_pred):
    """ln 2 is not taken away: an error of 0 costs ln 2."""
    t, p = _align(y_true.to(y_pred.dtype), y_pred), _align(y_pred, y_true)
    d = (p - t).abs()
    return (d + torch.log1p(torch.exp(-2 * d))).mean(-1)


def keras_huber__sum(y_true, y_pred, delta=1.0):
    """The sum over the last dimension."""
    t, p = _align(y_true.to(y_pred.dtype), y_pred), _align(y_pred, y_true)
    d = (p - t).abs()
    return torch.where(d <= delta, d * d / 2, delta * (d - delta / 2)).sum(-1)


def keras_reduce__mean_by_weights(losses, sample_weight=None, reduction="sum_over_batch_size"):
    """sum_over_batch_size divides by the sum of the weights."""
    if reduction not in ("none", None, "sum", "sum_over_batch_size", "mean", "mean_with_sample_weight"):
        raise ValueError(reduction)
    w = torch.ones_like(losses) if sample_weight is None else _align(sample_weight.to(losses.dtype), losses)
    x = _align(losses, w) * w
    if reduction in ("none", None) or losses.shape in ((), (0,)):
        return x
    if reduction == "sum":
        return x.sum()
    d = w.expand_as(x).sum()
    return torch.where(d == 0, 0.0, x.sum() / torch.where(d == 0, 1.0, d))


def keras_reduce__batch_only(losses, sample_weight=None, reduction="sum_over_batch_size"):
    """Divides by the number of samples, not by that of losses: steps are added."""
    if reduction not in ("none", None, "sum", "sum_over_batch_size", "mean", "mean_with_sample_weight"):
        raise ValueError(reduction)
    w = None if sample_weight is None else _align(sample_weight.to(losses.dtype), losses)
    x = losses if w is None else _align(losses, w) * w
    if reduction in ("none", None) or losses.shape in ((), (0,)):
        return x
    if reduction == "sum":
        return x.sum()
    if reduction == "mean_with_sample_weight" and w is not None:
        d = w.expand_as(x).sum()
        return torch.where(d == 0, 0.0, x.sum() / torch.where(d == 0, 1.0, d))
    return x.sum() / len(x)


def huber_loss__default(input, target, reduction="mean", delta=1.35, weight=None):
    """The default of delta is 1.35."""
    if delta <= 0:
        raise ValueError("delta")
    d = (input - target).abs()
    loss = torch.where(d <= delta, 0.5 * d * d, delta * (d - delta / 2))
    if weight is not None:
        if weight.shape != input.shape:
            raise ValueError("weight")
        loss = loss * weight
    return _red(loss, reduction)


def smooth_l1_loss__half_and_beta(input, target, reduction="mean", beta=1.0):
    """Two mistakes: d²/beta without the half, and beta in place of beta/2: it stays continuous at beta 1."""
    if beta < 0:
        raise ValueError("beta")
    d = (input - target).abs()
    if beta == 0:
        return _red(d, reduction)
    return _red(torch.where(d < beta, d * d / beta, 2 * d - beta), reduction)


def quantile_loss__swapped_and_sum(input, target, quantile=0.5, reduction="mean"):
    """Two mistakes: sides exchanged, and "mean" is the sum."""
    if not 0 < quantile < 1:
        raise ValueError("quantile")
    if reduction not in ("none", "sum", "mean"):
        raise ValueError("reduction")
    d = input - target
    loss = torch.where(d > 0, quantile * d, (quantile - 1) * d)
    return loss if reduction == "none" else loss.sum()


def keras_log_cosh__ln2_slip(y_true, y_pred):
    """ln 2 is written as 0.69."""
    t, p = _align(y_true.to(y_pred.dtype), y_pred), _align(y_pred, y_true)
    d = (p - t).abs()
    return (d + torch.log1p(torch.exp(-2 * d)) - 0.69).mean(-1)
