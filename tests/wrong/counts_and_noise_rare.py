"""Wrong answers to the exercises of notebook 07, chosen to be less common: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import math

import torch


def _xlogy(x, y):
    safe = torch.where(x == 0, torch.ones_like(y), y)
    return x * safe.log()


def _red(loss, reduction):
    if reduction not in ("none", "sum", "mean"):
        raise ValueError
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()


def _stirling(count):
    c = torch.where(count > 1, count, torch.ones_like(count))
    return torch.where(count > 1, c * c.log() - c + 0.5 * torch.log(2 * math.pi * c), torch.zeros_like(count))


def _fit(input, var):
    if isinstance(var, float):
        if var < 0:
            raise ValueError
        return torch.full_like(input, var)
    if bool((var < 0).any()):
        raise ValueError
    if var.shape == input.shape:
        return var
    if var.shape == input.shape[:-1]:
        return var.unsqueeze(-1)
    if (
        var.ndim == input.ndim
        and sum(a != b for a, b in zip(var.shape, input.shape)) == 1
        and all(a == b or a == 1 for a, b in zip(var.shape, input.shape))
    ):
        return var
    raise ValueError


def poisson_nll__factorial_by_loop_off_by_one(rate, count):
    rate, count = torch.broadcast_tensors(rate, count.to(rate.dtype))
    f = torch.zeros_like(rate)
    k = 2
    while k < count.max():
        f = f + torch.where(count >= k, math.log(k), 0.0)
        k += 1
    return rate - _xlogy(count, rate) + f


def poisson_nll__rate_subtracted(rate, count):
    rate, count = torch.broadcast_tensors(rate, count.to(rate.dtype))
    return -rate - _xlogy(count, rate) + torch.lgamma(count + 1)


def poisson_nll__cumulative(rate, count):
    rate, count = torch.broadcast_tensors(rate, count.to(rate.dtype))
    p = torch.zeros_like(rate)
    for k in range(int(count.max()) + 1):
        p = p + torch.where(
            count >= k,
            torch.exp(-rate + _xlogy(torch.full_like(rate, float(k)), rate) - math.lgamma(k + 1)),
            torch.zeros_like(rate),
        )
    return -torch.log(p)


def poisson_nll__geometric(rate, count):
    p = 1 / (1 + rate)
    return -torch.log(p) - count * torch.log1p(-p)


def stirling__minus_one_count(count):
    c = torch.where(count > 1, count, torch.full_like(count, 2.0))
    return torch.where(count > 1, (c - 0.5) * c.log() - c + 0.5 * math.log(2 * math.pi), torch.zeros_like(c))


def stirling__log_sum(count):
    c = torch.where(count > 1, count, torch.full_like(count, 2.0))
    return torch.where(count > 1, c * (c.log() - 1), torch.zeros_like(c))


def stirling__abs(count):
    c = torch.where(count > 1, count, torch.full_like(count, 2.0))
    return torch.where(count > 1, c * c.log() + c + 0.5 * torch.log(2 * math.pi * c), torch.zeros_like(c))


def poisson_nll_loss__full_when_log_only(input, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    loss = input.exp() - target * input if log_input else input - target * torch.log(input + eps)
    if full and log_input:
        loss = loss + _stirling(target.to(loss.dtype))
    return _red(loss, reduction)


def poisson_nll_loss__target_times_rate(input, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    loss = input.exp() - target * input.exp() if log_input else input - target * torch.log(input + eps)
    if full:
        loss = loss + _stirling(target.to(loss.dtype))
    return _red(loss, reduction)


def poisson_nll_loss__eps_squared(input, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    loss = input.exp() - target * input if log_input else input - target * torch.log(input + eps) - eps * target
    if full:
        loss = loss + _stirling((target + 1).to(loss.dtype))
    return _red(loss, reduction)


def poisson_nll_loss__expm1(input, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    loss = torch.expm1(input) - target * input if log_input else input - target * torch.log(input + eps)
    if full:
        loss = loss + _stirling(target.to(loss.dtype))
    return _red(loss, reduction)


def keras_poisson__torch_order(y_true, y_pred):
    t = y_true.to(y_pred.dtype)
    return (t - y_pred * torch.log(t + 1e-7)).mean(-1)


def keras_poisson__log1p(y_true, y_pred):
    t = y_true.to(y_pred.dtype)
    return (y_pred - t * torch.log1p(y_pred)).mean(-1)


def keras_poisson__eps_outside(y_true, y_pred):
    t = y_true.to(y_pred.dtype)
    return (y_pred - t * (torch.log(y_pred) + 1e-7)).mean(-1)


def laplace_nll__mean_scale(input, target, scale):
    return (target - input).abs() / scale.mean() + torch.log(2 * scale)


def laplace_nll__log_half(input, target, scale):
    return (target - input).abs() / scale + torch.log(scale / 2)


def laplace_nll__sqrt_scale(input, target, scale):
    return (target - input).abs() / torch.sqrt(scale) + torch.log(2 * scale)


def laplace_nll__softened(input, target, scale):
    return torch.sqrt((target - input) ** 2 + 1e-4) / scale + torch.log(2 * scale)


def gaussian_nll__log_var_whole(input, target, var):
    return torch.log(var) + 0.5 * math.log(2 * math.pi) + (target - input) ** 2 / (2 * var)


def gaussian_nll__absolute(input, target, var):
    return 0.5 * torch.log(2 * math.pi * var) + (target - input).abs() / (2 * var)


def gaussian_nll__var_not_in_log(input, target, var):
    return 0.5 * math.log(2 * math.pi) + (target - input) ** 2 / (2 * var) + 0 * var


def gaussian_nll__std_in_exponent(input, target, var):
    return 0.5 * torch.log(2 * math.pi * var) + ((target - input) / var) ** 2 / 2


def gaussian_nll_loss__log_only_positive(input, target, var, full=False, eps=1e-6, reduction="mean"):
    v = _fit(input, var)
    v = v + (v.clamp(min=eps) - v).detach()
    loss = 0.5 * (torch.log1p(v) + (input - target) ** 2 / v)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return _red(loss, reduction)


def gaussian_nll_loss__eps_default_big(input, target, var, full=False, eps=1e-3, reduction="mean"):
    v = _fit(input, var)
    v = v + (v.clamp(min=eps) - v).detach()
    loss = 0.5 * (v.log() + (input - target) ** 2 / v)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return _red(loss, reduction)


def gaussian_nll_loss__full_log_pi(input, target, var, full=False, eps=1e-6, reduction="mean"):
    v = _fit(input, var)
    v = v + (v.clamp(min=eps) - v).detach()
    loss = 0.5 * (v.log() + (input - target) ** 2 / v)
    if full:
        loss = loss + 0.5 * math.log(math.pi)
    return _red(loss, reduction)


def gaussian_nll_loss__var_mean(input, target, var, full=False, eps=1e-6, reduction="mean"):
    v = _fit(input, var)
    v = v + (v.clamp(min=eps) - v).detach()
    loss = 0.5 * (v.log().mean() + (input - target) ** 2 / v)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return _red(loss, reduction)
