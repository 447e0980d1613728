"""Wrong answers to the exercises of notebook 06, written last: `<exercise>__<mistake>` (tests/test_wrong.py)."""

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


def l1_loss__sum_reduces_rows(input, target, reduction="mean", weight=None):
    loss = (input - target).abs()
    if weight is not None:
        if weight.shape != input.shape:
            raise ValueError
        loss = loss * weight
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum(-1)
    if reduction != "mean":
        raise ValueError
    return loss.sum() / weight.sum() if weight is not None else loss.mean()


def mse_loss__abs_power_delta(input, target, reduction="mean", weight=None):
    return _red((input - target).abs() ** 1.5, reduction, weight)


def smooth_l1_loss__no_half_beta_in_line(input, target, reduction="mean", beta=1.0):
    if beta < 0:
        raise ValueError
    d = (input - target).abs()
    if beta == 0:
        return _red(d, reduction)
    return _red(torch.where(d < beta, 0.5 * d * d / beta, d - beta), reduction)


def huber_loss__smooth_l1_times_delta_squared(input, target, reduction="mean", delta=1.0, weight=None):
    if delta <= 0:
        raise ValueError
    d = (input - target).abs()
    v = torch.where(d < delta, 0.5 * d * d / delta, d - 0.5 * delta) * delta**2
    if weight is not None:
        if weight.shape != input.shape:
            raise ValueError
        v = v * weight
    return _red(v, reduction)


def quantile_loss__quantile_clamped_half(input, target, quantile=0.5, reduction="mean"):
    if not 0 < quantile < 1:
        raise ValueError
    d = target - input
    return _red(quantile * d.clamp(min=0) + (1 - quantile) * d.clamp(max=0), reduction)


def keras_mean_absolute_percentage_error__floor_one(y_true, y_pred):
    t = y_true.to(y_pred.dtype)
    t, p = _align(t, y_pred), _align(y_pred, t)
    return 100 * ((t - p).abs() / t.abs().clamp(min=1.0)).mean(-1)


def keras_mean_squared_logarithmic_error__no_clip(y_true, y_pred):
    t = y_true.to(y_pred.dtype)
    t, p = _align(t, y_pred), _align(y_pred, t)
    return (torch.log1p(p) - torch.log1p(t)).square().mean(-1)


def keras_huber__fixed_delta(y_true, y_pred, delta=1.0):
    t = y_true.to(y_pred.dtype)
    t, p = _align(t, y_pred), _align(y_pred, t)
    d = (p - t).abs()
    return torch.where(d <= 1, 0.5 * d**2, d - 0.5).mean(-1)


def keras_reduce__weights_squared(losses, sample_weight=None, reduction="sum_over_batch_size"):
    if reduction not in (None, "none", "sum", "sum_over_batch_size", "mean", "mean_with_sample_weight"):
        raise ValueError
    weighted, w = losses, torch.ones_like(losses)
    if sample_weight is not None:
        w = sample_weight.to(losses.dtype)
        w, losses = _align(w, losses), _align(losses, w)
        weighted = losses * w * w
    if reduction in (None, "none") or losses.shape in ((), (0,)):
        return weighted
    if reduction == "sum":
        return weighted.sum()
    n = (
        w.sum()
        if reduction == "mean_with_sample_weight"
        else torch.tensor(float(weighted.numel()), dtype=weighted.dtype)
    )
    return torch.where(n == 0, 0.0, weighted.sum() / torch.where(n == 0, torch.ones_like(n), n))
