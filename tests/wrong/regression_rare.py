"""Wrong answers to the exercises of notebook 06, chosen to be less common: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import math

import torch


def _red(loss, reduction, weight=None):
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(reduction)
    if weight is not None:
        if weight.shape != loss.shape:
            raise ValueError("weight")
        loss = loss * weight
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    return loss.sum() / weight.sum() if weight is not None else loss.mean()


def _align(x, other):
    if x.ndim == other.ndim + 1 and x.shape[-1] == 1 and not (other.ndim == 1):
        return x.squeeze(-1)
    if other.ndim == x.ndim + 1 and other.shape[-1] == 1 and x.ndim == 1:
        return x.unsqueeze(-1)
    return x


def l1_loss__log_cosh(input, target, reduction="mean", weight=None):
    d = (input - target).abs()
    return _red(d + torch.log1p(torch.exp(-2 * d)) - math.log(2), reduction, weight)


def l1_loss__relative(input, target, reduction="mean", weight=None):
    return _red((input - target).abs() / target.abs().clamp(min=1e-8), reduction, weight)


def l1_loss__none_keeps_weight_sum(input, target, reduction="mean", weight=None):
    loss = (input - target).abs()
    if weight is not None:
        if weight.shape != input.shape:
            raise ValueError
        loss = loss * weight / weight.sum()
        if reduction == "mean":
            return loss.sum()
    return _red(loss, reduction)


def mse_loss__difference_of_squares(input, target, reduction="mean", weight=None):
    return _red(input**2 - target**2, reduction, weight)


def mse_loss__unbiased(input, target, reduction="mean", weight=None):
    loss = (input - target) ** 2
    if reduction == "mean" and weight is None:
        return loss.sum() / (loss.numel() - 1)
    return _red(loss, reduction, weight)


def mse_loss__weights_mean_one(input, target, reduction="mean", weight=None):
    loss = (input - target) ** 2
    if weight is not None:
        if weight.shape != input.shape:
            raise ValueError
        loss = loss * weight / weight.mean()
    return _red(loss, reduction)


def smooth_l1_loss__beta_times(input, target, reduction="mean", beta=1.0):
    if beta < 0:
        raise ValueError
    d = (input - target).abs()
    return _red(torch.where(d < beta, 0.5 * beta * d**2, d - beta / 2), reduction)


def smooth_l1_loss__threshold_one(input, target, reduction="mean", beta=1.0):
    if beta < 0:
        raise ValueError
    d = (input - target).abs()
    if beta == 0:
        return _red(d, reduction)
    return _red(torch.where(d < 1, 0.5 * d**2 / beta, d - beta / 2), reduction)


def smooth_l1_loss__signed_compare(input, target, reduction="mean", beta=1.0):
    if beta < 0:
        raise ValueError
    d = input - target
    if beta == 0:
        return _red(d.abs(), reduction)
    return _red(torch.where(d < beta, 0.5 * d**2 / beta, d.abs() - beta / 2), reduction)


def huber_loss__delta_outside_missing_half(input, target, reduction="mean", delta=1.0, weight=None):
    if delta <= 0:
        raise ValueError
    d = (input - target).abs()
    loss = torch.where(d <= delta, 0.5 * d**2, delta * d - delta**2)
    if weight is not None:
        if weight.shape != input.shape:
            raise ValueError
        loss = loss * weight
    return _red(loss, reduction)


def huber_loss__constant_outside(input, target, reduction="mean", delta=1.0, weight=None):
    if delta <= 0:
        raise ValueError
    d = (input - target).abs().clamp(max=delta)
    loss = 0.5 * d**2
    if weight is not None:
        if weight.shape != input.shape:
            raise ValueError
        loss = loss * weight
    return _red(loss, reduction)


def huber_loss__weights_in_error(input, target, reduction="mean", delta=1.0, weight=None):
    if delta <= 0:
        raise ValueError
    d = (input - target).abs()
    if weight is not None:
        if weight.shape != input.shape:
            raise ValueError
        d = d * weight
    q = d.clamp(max=delta)
    return _red(0.5 * q**2 + delta * (d - q), reduction)


def quantile_loss__upper_only(input, target, quantile=0.5, reduction="mean"):
    if not 0 < quantile < 1:
        raise ValueError
    return _red(quantile * torch.relu(target - input), reduction)


def quantile_loss__product_of_both(input, target, quantile=0.5, reduction="mean"):
    if not 0 < quantile < 1:
        raise ValueError
    d = target - input
    return _red(torch.where(d >= 0, quantile * d, -quantile * (1 - quantile) * d), reduction)


def quantile_loss__one_minus_for_both(input, target, quantile=0.5, reduction="mean"):
    if not 0 < quantile < 1:
        raise ValueError
    return _red((1 - quantile) * (target - input).abs(), reduction)


def keras_align__expands_any(x, other):
    while x.ndim < other.ndim:
        x = x.unsqueeze(-1)
    return x


def keras_align__reshape_to_other(x, other):
    return x.reshape(other.shape) if x.numel() == other.numel() else x


def _k(y_true, y_pred):
    t = y_true.to(y_pred.dtype)
    return _align(t, y_pred), _align(y_pred, t)


def keras_mean_squared_error__max(y_true, y_pred):
    t, p = _k(y_true, y_pred)
    return (t - p).square().amax(-1)


def keras_mean_squared_error__variance(y_true, y_pred):
    t, p = _k(y_true, y_pred)
    return (t - p).var(-1, unbiased=False)


def keras_mean_squared_error__root_each(y_true, y_pred):
    t, p = _k(y_true, y_pred)
    return (t - p).square().mean(-1).sqrt()


def keras_mean_absolute_percentage_error__signed(y_true, y_pred):
    t, p = _k(y_true, y_pred)
    return 100 * ((t - p) / t.abs().clamp(min=1e-7)).mean(-1).abs()


def keras_mean_absolute_percentage_error__fraction(y_true, y_pred):
    t, p = _k(y_true, y_pred)
    return ((t - p).abs() / t.abs().clamp(min=1e-7)).mean(-1)


def keras_mean_absolute_percentage_error__eps_added(y_true, y_pred):
    t, p = _k(y_true, y_pred)
    return 100 * ((t - p).abs() / (t.abs() + 1e-7)).mean(-1)


def keras_mean_squared_logarithmic_error__abs(y_true, y_pred):
    t, p = _k(y_true, y_pred)
    return (torch.log1p(p.clamp(min=1e-7)) - torch.log1p(t.clamp(min=1e-7))).abs().mean(-1)


def keras_mean_squared_logarithmic_error__log_of_squared(y_true, y_pred):
    t, p = _k(y_true, y_pred)
    return torch.log1p((p.clamp(min=1e-7) - t.clamp(min=1e-7)) ** 2).mean(-1)


def keras_mean_squared_logarithmic_error__square_of_mean(y_true, y_pred):
    t, p = _k(y_true, y_pred)
    return (torch.log1p(p.clamp(min=1e-7)) - torch.log1p(t.clamp(min=1e-7))).mean(-1) ** 2


def keras_log_cosh__sum(y_true, y_pred):
    t, p = _k(y_true, y_pred)
    d = (p - t).abs()
    return (d + torch.log1p(torch.exp(-2 * d)) - math.log(2)).sum(-1)


def keras_log_cosh__half_square(y_true, y_pred):
    t, p = _k(y_true, y_pred)
    return (0.5 * (p - t) ** 2).mean(-1)


def keras_huber__pseudo(y_true, y_pred, delta=1.0):
    t, p = _k(y_true, y_pred)
    return (delta**2 * (torch.sqrt(1 + ((p - t) / delta) ** 2) - 1)).mean(-1)


def keras_huber__delta_squared_offset(y_true, y_pred, delta=1.0):
    t, p = _k(y_true, y_pred)
    d = (p - t).abs()
    return torch.where(d <= delta, 0.5 * d**2, delta * d - delta / 2).mean(-1)


def keras_reduce__sum_ignores_weights(losses, sample_weight=None, reduction="sum_over_batch_size"):
    if reduction not in (None, "none", "sum", "sum_over_batch_size", "mean", "mean_with_sample_weight"):
        raise ValueError
    if reduction == "sum" and losses.shape not in ((), (0,)):
        return losses.sum()
    weighted, w = losses, torch.ones_like(losses)
    if sample_weight is not None:
        w = sample_weight.to(losses.dtype)
        w, losses = _align(w, losses), _align(losses, w)
        weighted = losses * w
    if reduction in (None, "none") or losses.shape in ((), (0,)):
        return weighted
    n = (
        w.sum()
        if reduction == "mean_with_sample_weight"
        else torch.tensor(float(weighted.numel()), dtype=weighted.dtype)
    )
    return torch.where(n == 0, 0.0, weighted.sum() / torch.where(n == 0, torch.ones_like(n), n))


def keras_reduce__mean_words_swapped(losses, sample_weight=None, reduction="sum_over_batch_size"):
    if reduction not in (None, "none", "sum", "sum_over_batch_size", "mean", "mean_with_sample_weight"):
        raise ValueError
    weighted, w = losses, torch.ones_like(losses)
    if sample_weight is not None:
        w = sample_weight.to(losses.dtype)
        w, losses = _align(w, losses), _align(losses, w)
        weighted = losses * w
    if reduction in (None, "none") or losses.shape in ((), (0,)):
        return weighted
    if reduction == "sum":
        return weighted.sum()
    n = (
        w.sum()
        if reduction == "mean" and sample_weight is not None
        else torch.tensor(float(weighted.numel()), dtype=weighted.dtype)
    )
    return torch.where(n == 0, 0.0, weighted.sum() / torch.where(n == 0, torch.ones_like(n), n))
