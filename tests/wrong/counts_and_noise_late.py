"""Wrong answers to the exercises of notebook 07, written last: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import math

import torch


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


def poisson_nll__no_log(rate, count):
    return rate - count * rate + torch.lgamma(count + 1)


def stirling__sqrt_two_pi(count):
    c = torch.where(count > 1, count, torch.full_like(count, 2.0))
    return torch.where(count > 1, c * c.log() - c + 0.5 * torch.log(2 * math.pi * c**2), torch.zeros_like(c))


def poisson_nll_loss__eps_in_log_input(input, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    loss = input.exp() - target * torch.log(input.exp() + 0.1) if log_input else input - target * torch.log(input + eps)
    if full:
        loss = loss + _stirling(target.to(loss.dtype))
    return _red(loss, reduction)


def laplace_nll__no_abs(input, target, scale):
    return (input - target) / scale + torch.log(2 * scale)


def gaussian_nll__mean_first(input, target, var):
    return 0.5 * torch.log(2 * math.pi * var) + (target.mean() - input) ** 2 / (2 * var)


def gaussian_nll__quadratic_times_var(input, target, var):
    return 0.5 * torch.log(2 * math.pi * var) + (target - input) ** 2 * var / 2


def gaussian_nll_loss__no_half(input, target, var, full=False, eps=1e-6, reduction="mean"):
    v = _fit(input, var)
    v = v + (v.clamp(min=eps) - v).detach()
    loss = v.log() + (input - target) ** 2 / v
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return _red(loss, reduction)
