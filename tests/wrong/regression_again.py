"""Wrong answers to the exercises of notebook 06, written later, before the catalogue was read: `<exercise>__<mistake>` (tests/test_wrong.py)."""

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


def l1_loss__weight_inside_and_signed(input, target, reduction="mean", weight=None):
    d = (input - target).abs()
    if weight is not None and weight.shape != input.shape:
        raise ValueError
    if reduction not in ("none", "sum", "mean"):
        raise ValueError
    if weight is not None:
        d = d * weight
    return d if reduction == "none" else d.sum() if reduction == "sum" else d.mean()


def mse_loss__weight_squared(input, target, reduction="mean", weight=None):
    d = input - target
    if reduction not in ("none", "sum", "mean"):
        raise ValueError
    if weight is not None:
        if weight.shape != input.shape:
            raise ValueError
        d = d * weight
    loss = d**2
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    return loss.sum() / weight.sum() if weight is not None else loss.mean()


def mse_loss__rmse(input, target, reduction="mean", weight=None):
    loss = _red((input - target) ** 2, reduction, weight)
    return loss.sqrt() if reduction == "mean" else loss


def smooth_l1_loss__quadratic_not_halved(input, target, reduction="mean", beta=1.0):
    if beta < 0:
        raise ValueError
    d = (input - target).abs()
    if beta == 0:
        return _red(d, reduction)
    return _red(torch.where(d < beta, d**2 / beta, d - beta / 2), reduction)


def smooth_l1_loss__linear_without_offset(input, target, reduction="mean", beta=1.0):
    if beta < 0:
        raise ValueError
    d = (input - target).abs()
    if beta == 0:
        return _red(d, reduction)
    quad = torch.where(d < beta, d, torch.zeros_like(d)) ** 2 / (2 * beta)
    return _red(torch.where(d < beta, quad, d), reduction)


def smooth_l1_loss__branches_swapped(input, target, reduction="mean", beta=1.0):
    if beta < 0:
        raise ValueError
    d = (input - target).abs()
    if beta == 0:
        return _red(d, reduction)
    return _red(torch.where(d > beta, d**2 / (2 * beta), d - beta / 2), reduction)


def huber_loss__linear_without_delta(input, target, reduction="mean", delta=1.0, weight=None):
    if delta <= 0:
        raise ValueError
    if reduction not in ("none", "sum", "mean"):
        raise ValueError
    if weight is not None and weight.shape != input.shape:
        raise ValueError
    d = (input - target).abs()
    q = d.clamp(max=delta)
    loss = q**2 / 2 + (d - q)
    if weight is not None:
        loss = loss * weight
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()


def huber_loss__pseudo(input, target, reduction="mean", delta=1.0, weight=None):
    if delta <= 0:
        raise ValueError
    if reduction not in ("none", "sum", "mean"):
        raise ValueError
    if weight is not None and weight.shape != input.shape:
        raise ValueError
    d = input - target
    loss = delta**2 * (torch.sqrt(1 + (d / delta) ** 2) - 1)
    if weight is not None:
        loss = loss * weight
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()


def huber_loss__offset_delta(input, target, reduction="mean", delta=1.0, weight=None):
    if delta <= 0:
        raise ValueError
    if reduction not in ("none", "sum", "mean"):
        raise ValueError
    if weight is not None and weight.shape != input.shape:
        raise ValueError
    d = (input - target).abs()
    loss = torch.where(d <= delta, d**2 / 2, delta * (d - delta))
    if weight is not None:
        loss = loss * weight
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()


def quantile_loss__absolute_half(input, target, quantile=0.5, reduction="mean"):
    if not 0 < quantile < 1:
        raise ValueError
    d = target - input
    return _red(quantile * d.abs(), reduction)


def quantile_loss__squared(input, target, quantile=0.5, reduction="mean"):
    if not 0 < quantile < 1:
        raise ValueError
    d = target - input
    return _red(torch.where(d >= 0, quantile, 1 - quantile) * d**2, reduction)


def quantile_loss__doubled(input, target, quantile=0.5, reduction="mean"):
    if not 0 < quantile < 1:
        raise ValueError
    d = target - input
    return _red(d.abs() + (2 * quantile - 1) * d, reduction)


def quantile_loss__max_form_sign(input, target, quantile=0.5, reduction="mean"):
    if not 0 < quantile < 1:
        raise ValueError
    d = input - target
    return _red(torch.maximum(quantile * d, (quantile - 1) * d), reduction)


def keras_align__always_squeezes(x, other):
    if x.ndim > 1 and x.shape[-1] == 1:
        return x.squeeze(-1)
    return x


def keras_align__only_squeezes(x, other):
    if x.ndim == other.ndim + 1 and x.shape[-1] == 1:
        return x.squeeze(-1)
    return x


def keras_align__unsqueezes_front(x, other):
    if x.ndim == other.ndim + 1 and x.shape[-1] == 1 and other.ndim != 1:
        return x.squeeze(-1)
    if other.ndim == x.ndim + 1 and other.shape[-1] == 1 and x.ndim == 1:
        return x.unsqueeze(0)
    return x


def _align(x, other):
    if x.ndim == other.ndim + 1 and x.shape[-1] == 1 and not (other.ndim == 1):
        return x.squeeze(-1)
    if other.ndim == x.ndim + 1 and other.shape[-1] == 1 and x.ndim == 1:
        return x.unsqueeze(-1)
    return x


def keras_mean_squared_error__half(y_true, y_pred):
    t = y_true.to(y_pred.dtype)
    t, y_pred = _align(t, y_pred), _align(y_pred, t)
    return 0.5 * ((t - y_pred) ** 2).mean(-1)


def keras_mean_squared_error__square_of_mean(y_true, y_pred):
    t = y_true.to(y_pred.dtype)
    t, y_pred = _align(t, y_pred), _align(y_pred, t)
    return (t - y_pred).mean(-1) ** 2


def keras_mean_absolute_percentage_error__of_prediction(y_true, y_pred):
    t = y_true.to(y_pred.dtype)
    t, y_pred = _align(t, y_pred), _align(y_pred, t)
    return 100 * ((t - y_pred).abs() / y_pred.abs().clamp(min=1e-7)).mean(-1)


def keras_mean_absolute_percentage_error__symmetric(y_true, y_pred):
    t = y_true.to(y_pred.dtype)
    t, y_pred = _align(t, y_pred), _align(y_pred, t)
    return 100 * (2 * (t - y_pred).abs() / (t.abs() + y_pred.abs()).clamp(min=1e-7)).mean(-1)


def keras_mean_absolute_percentage_error__weighted(y_true, y_pred):
    t = y_true.to(y_pred.dtype)
    t, y_pred = _align(t, y_pred), _align(y_pred, t)
    return 100 * (t - y_pred).abs().mean(-1) / t.abs().mean(-1).clamp(min=1e-7)


def keras_mean_squared_logarithmic_error__log_without_one(y_true, y_pred):
    t = y_true.to(y_pred.dtype)
    t, y_pred = _align(t, y_pred), _align(y_pred, t)
    return (torch.log(y_pred.clamp(min=1e-7)) - torch.log(t.clamp(min=1e-7))).square().mean(-1)


def keras_mean_squared_logarithmic_error__rooted(y_true, y_pred):
    t = y_true.to(y_pred.dtype)
    t, y_pred = _align(t, y_pred), _align(y_pred, t)
    return (torch.log1p(y_pred.clamp(min=1e-7)) - torch.log1p(t.clamp(min=1e-7))).square().mean(-1).sqrt()


def keras_mean_squared_logarithmic_error__log10(y_true, y_pred):
    t = y_true.to(y_pred.dtype)
    t, y_pred = _align(t, y_pred), _align(y_pred, t)
    return (torch.log10(1 + y_pred.clamp(min=1e-7)) - torch.log10(1 + t.clamp(min=1e-7))).square().mean(-1)


def keras_log_cosh__overflows(y_true, y_pred):
    t = y_true.to(y_pred.dtype)
    t, y_pred = _align(t, y_pred), _align(y_pred, t)
    return torch.log(torch.cosh(y_pred - t)).mean(-1)


def keras_log_cosh__log_of_mean(y_true, y_pred):
    t = y_true.to(y_pred.dtype)
    t, y_pred = _align(t, y_pred), _align(y_pred, t)
    d = (y_pred - t).abs()
    m = d.amax(-1, keepdim=True)
    return ((torch.exp(d - m) + torch.exp(-d - m)) / 2).mean(-1).log() + m.squeeze(-1)


def keras_log_cosh__no_log2(y_true, y_pred):
    t = y_true.to(y_pred.dtype)
    t, y_pred = _align(t, y_pred), _align(y_pred, t)
    d = (y_pred - t).abs()
    return (d + torch.log1p(torch.exp(-2 * d))).mean(-1)


def keras_huber__no_half(y_true, y_pred, delta=1.0):
    t = y_true.to(y_pred.dtype)
    t, y_pred = _align(t, y_pred), _align(y_pred, t)
    d = (y_pred - t).abs()
    return torch.where(d <= delta, d**2, delta * (2 * d - delta)).mean(-1)


def keras_reduce__mean_by_weights(losses, sample_weight=None, reduction="sum_over_batch_size"):
    if reduction not in (None, "none", "sum", "sum_over_batch_size", "mean", "mean_with_sample_weight"):
        raise ValueError
    weighted = losses
    if sample_weight is not None:
        w = sample_weight.to(losses.dtype)
        w, losses = _align(w, losses), _align(losses, w)
        weighted = losses * w
    if reduction in (None, "none") or losses.shape in ((), (0,)):
        return weighted
    if reduction == "sum":
        return weighted.sum()
    n = torch.ones_like(weighted).sum() if sample_weight is None else w.expand(weighted.shape).sum()
    return torch.where(n == 0, torch.zeros_like(n), weighted.sum() / torch.where(n == 0, torch.ones_like(n), n))


def keras_reduce__nonzero_weights(losses, sample_weight=None, reduction="sum_over_batch_size"):
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
    w = w.expand(weighted.shape)
    n = w.sum() if reduction == "mean_with_sample_weight" else (w != 0).sum()
    return torch.where(n == 0, 0.0, weighted.sum() / torch.where(n == 0, torch.ones_like(n), n))


def keras_reduce__sum_of_rows(losses, sample_weight=None, reduction="sum_over_batch_size"):
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
    w = w.expand(weighted.shape)
    n = (
        w.sum()
        if reduction == "mean_with_sample_weight"
        else torch.tensor(float(weighted.shape[0]), dtype=weighted.dtype)
    )
    return torch.where(n == 0, 0.0, weighted.sum() / torch.where(n == 0, torch.ones_like(n), n))
