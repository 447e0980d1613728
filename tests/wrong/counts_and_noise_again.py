"""Wrong answers to the exercises of notebook 07, written later, before the catalogue was read: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import math

import torch


def _xlogy(x, y):
    safe = torch.where(x == 0, torch.ones_like(y), y)
    return x * safe.log()


def poisson_nll__no_factorial(rate, count):
    rate, count = torch.broadcast_tensors(rate, count.to(rate.dtype))
    return rate - _xlogy(count, rate)


def poisson_nll__gamma_of_count(rate, count):
    rate, count = torch.broadcast_tensors(rate, count.to(rate.dtype))
    return (
        rate - _xlogy(count, rate) + torch.where(count > 0, torch.lgamma(count.clamp(min=1)), torch.zeros_like(count))
    )


def poisson_nll__rate_and_count_swapped(rate, count):
    rate, count = torch.broadcast_tensors(rate, count.to(rate.dtype))
    return count - torch.xlogy(rate, count) + torch.lgamma(count + 1)


def poisson_nll__padded(rate, count):
    return rate - count * torch.log(rate + 1e-8) + torch.lgamma(count + 1)


def stirling__from_one_on(count):
    c = count.clamp(min=1)
    return torch.where(count >= 1, c * c.log() - c + 0.5 * torch.log(2 * math.pi * c), torch.zeros_like(count))


def stirling__pi_only(count):
    c = torch.where(count > 1, count, torch.ones_like(count))
    return torch.where(count > 1, c * c.log() - c + 0.5 * torch.log(math.pi * c), torch.zeros_like(count))


def stirling__next_term(count):
    c = torch.where(count > 1, count, torch.ones_like(count))
    s = c * c.log() - c + 0.5 * torch.log(2 * math.pi * c) + 1 / (12 * c)
    return torch.where(count > 1, s, torch.zeros_like(count))


def stirling__half_missing(count):
    c = torch.where(count > 1, count, torch.ones_like(count))
    return torch.where(count > 1, c * c.log() - c + torch.log(2 * math.pi * c), torch.zeros_like(count))


def stirling__exact(count):
    return torch.where(count > 1, torch.lgamma(count + 1), torch.zeros_like(count))


def _red(loss, reduction):
    if reduction not in ("none", "sum", "mean"):
        raise ValueError
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()


def _stirling(count):
    c = torch.where(count > 1, count, torch.ones_like(count))
    return torch.where(count > 1, c * c.log() - c + 0.5 * torch.log(2 * math.pi * c), torch.zeros_like(count))


def poisson_nll_loss__full_subtracted(input, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    loss = input.exp() - target * input if log_input else input - target * torch.log(input + eps)
    if full:
        loss = loss - _stirling(target.to(loss.dtype))
    return _red(loss, reduction)


def poisson_nll_loss__log_input_reversed(input, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    if log_input:
        loss = input - target * torch.log(input + eps)
    else:
        loss = input.exp() - target * input
    if full:
        loss = loss + _stirling(target.to(loss.dtype))
    return _red(loss, reduction)


def poisson_nll_loss__eps_clamps(input, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    loss = input.exp() - target * input if log_input else input - target * torch.log(input.clamp(min=eps))
    if full:
        loss = loss + _stirling(target.to(loss.dtype))
    return _red(loss, reduction)


def poisson_nll_loss__full_of_rate(input, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    loss = input.exp() - target * input if log_input else input - target * torch.log(input + eps)
    if full:
        loss = loss + _stirling(input.exp() if log_input else input)
    return _red(loss, reduction)


def keras_poisson__sum(y_true, y_pred):
    t = y_true.to(y_pred.dtype)
    return (y_pred - t * torch.log(y_pred + 1e-7)).sum(-1)


def keras_poisson__eps_1e8(y_true, y_pred):
    t = y_true.to(y_pred.dtype)
    return (y_pred - t * torch.log(y_pred + 1e-3)).mean(-1)


def keras_poisson__log_pred(y_true, y_pred):
    t = y_true.to(y_pred.dtype)
    return (y_pred.exp() - t * y_pred).mean(-1)


def laplace_nll__no_two(input, target, scale):
    return (target - input).abs() / scale + torch.log(scale)


def laplace_nll__scale_squared(input, target, scale):
    return (target - input).abs() / scale**2 + torch.log(2 * scale)


def laplace_nll__gaussian_like(input, target, scale):
    return (target - input).abs() / (2 * scale) + torch.log(2 * scale)


def laplace_nll__log_sign(input, target, scale):
    return (target - input).abs() / scale - torch.log(2 * scale)


def gaussian_nll__no_pi(input, target, var):
    return 0.5 * (torch.log(var) + (target - input) ** 2 / var)


def gaussian_nll__var_is_std(input, target, var):
    return torch.log(var) + 0.5 * math.log(2 * math.pi) + (target - input) ** 2 / (2 * var**2)


def gaussian_nll__log_not_halved(input, target, var):
    return torch.log(2 * math.pi * var) + (target - input) ** 2 / (2 * var)


def gaussian_nll__quadratic_not_halved(input, target, var):
    return 0.5 * torch.log(2 * math.pi * var) + (target - input) ** 2 / var


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


def gaussian_nll_loss__full_two_pi(input, target, var, full=False, eps=1e-6, reduction="mean"):
    var = _fit(input, var)
    v = var + (var.clamp(min=eps) - var).detach()
    loss = 0.5 * (v.log() + (input - target) ** 2 / v)
    if full:
        loss = loss + math.log(2 * math.pi)
    return _red(loss, reduction)


def gaussian_nll_loss__eps_added(input, target, var, full=False, eps=1e-6, reduction="mean"):
    v = _fit(input, var) + eps
    loss = 0.5 * (v.log() + (input - target) ** 2 / v)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return _red(loss, reduction)


def gaussian_nll_loss__eps_only_in_quotient(input, target, var, full=False, eps=1e-6, reduction="mean"):
    var = _fit(input, var)
    v = var + (var.clamp(min=eps) - var).detach()
    loss = 0.5 * (var.log() + (input - target) ** 2 / v)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return _red(loss, reduction)


def gaussian_nll_loss__full_multiplied(input, target, var, full=False, eps=1e-6, reduction="mean"):
    var = _fit(input, var)
    v = var + (var.clamp(min=eps) - var).detach()
    loss = 0.5 * (v.log() + (input - target) ** 2 / v)
    loss = _red(loss, reduction)
    return loss + 0.5 * math.log(2 * math.pi) if full else loss
