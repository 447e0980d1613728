"""Wrong answers to the exercises of notebook 07, other mistakes than the usual ones, written before grader or catalogue was read.

Each is called `<exercise>__<mistake>`, and says what is wrong (tests/test_wrong.py).
"""

import math

import torch


def _red(loss, reduction):
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    if reduction == "mean":
        return loss.mean()
    raise ValueError(f"unknown reduction {reduction}")


def poisson_nll__rate_sign(rate, count):
    """-rate in place of +rate."""
    return -rate - torch.xlogy(count, rate) + torch.lgamma(count + 1.0)


def poisson_nll__swapped(rate, count):
    """rate and count have changed places."""
    return count - torch.xlogy(rate, count) + torch.lgamma(rate + 1.0)


def poisson_nll__averaged(rate, count):
    """The mean of all."""
    return (rate - torch.xlogy(count, rate) + torch.lgamma(count + 1.0)).mean()


def stirling__whole_log(count):
    """ln(2 pi n) without the half."""
    c = torch.where(count > 1, count, torch.full_like(count, 2.0))
    return torch.where(count > 1, c * c.log() - c + torch.log(2 * math.pi * c), torch.zeros_like(count))


def stirling__everywhere(count):
    """No cut at 1: from 0 on."""
    c = count.clamp(min=1e-30)
    return torch.xlogy(count, c) - count + 0.5 * torch.log(2 * math.pi * c)


def stirling__plus_count(count):
    """+ count in place of - count."""
    c = torch.where(count > 1, count, torch.full_like(count, 2.0))
    return torch.where(count > 1, c * c.log() + c + 0.5 * torch.log(2 * math.pi * c), torch.zeros_like(count))


def _stirling(t):
    c = torch.where(t > 1, t, torch.full_like(t, 2.0))
    return torch.where(t > 1, c * c.log() - c + 0.5 * torch.log(2 * math.pi * c), torch.zeros_like(t))


def poisson_nll_loss__exp_missing(input, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    """log_input: input - target * input, exp is forgotten."""
    t = target.to(input.dtype)
    loss = input - t * input if log_input else input - t * torch.log(input + eps)
    if full:
        loss = loss + _stirling(t)
    return _red(loss, reduction)


def poisson_nll_loss__eps_outside(input, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    """eps is added to the logarithm and not inside."""
    t = target.to(input.dtype)
    loss = input.exp() - t * input if log_input else input - t * (torch.log(input) + eps)
    if full:
        loss = loss + _stirling(t)
    return _red(loss, reduction)


def poisson_nll_loss__full_subtracted(input, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    """Stirling's term is taken off."""
    t = target.to(input.dtype)
    loss = input.exp() - t * input if log_input else input - t * torch.log(input + eps)
    if full:
        loss = loss - _stirling(t)
    return _red(loss, reduction)


def laplace_nll__scale_times(input, target, scale):
    """The distance is multiplied by the scale."""
    return (input - target).abs() * scale + torch.log(2 * scale)


def laplace_nll__density(input, target, scale):
    """The density."""
    return torch.exp(-(input - target).abs() / scale) / (2 * scale)


def gaussian_nll__pi_not_doubled(input, target, var):
    """ln pi in place of ln 2 pi."""
    return 0.5 * (math.log(math.pi) + var.log() + (target - input) ** 2 / var)


def gaussian_nll__abs(input, target, var):
    """|d| / (2 var)."""
    return 0.5 * (math.log(2 * math.pi) + var.log() + (target - input).abs() / var)


def _elbo(reconstruction, target, mean, log_var, noise_var, reduction, rec=None, kl=None):
    if reconstruction.shape != target.shape or mean.shape != log_var.shape or len(mean) != len(target):
        raise ValueError("shapes")
    rec = (
        0.5 * (math.log(2 * math.pi * noise_var) + (target - reconstruction) ** 2 / noise_var).sum(1)
        if rec is None
        else rec
    )
    kl = 0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum(1) if kl is None else kl
    return _red(rec + kl, reduction)


def negative_elbo__logvar_as_var(reconstruction, target, mean, log_var, noise_var=1.0, reduction="mean"):
    """log_var is taken for the variance in the KL."""
    kl = 0.5 * (mean**2 + log_var - 1 - torch.log(log_var.abs())).sum(1)
    return _elbo(reconstruction, target, mean, log_var, noise_var, reduction, kl=kl)


def negative_elbo__logvar_as_logstd(reconstruction, target, mean, log_var, noise_var=1.0, reduction="mean"):
    """log_var is taken for ln sigma."""
    kl = 0.5 * (mean**2 + (2 * log_var).exp() - 1 - 2 * log_var).sum(1)
    return _elbo(reconstruction, target, mean, log_var, noise_var, reduction, kl=kl)


def negative_elbo__kl_mean(reconstruction, target, mean, log_var, noise_var=1.0, reduction="mean"):
    """The KL is averaged over K."""
    kl = 0.5 * (mean**2 + log_var.exp() - 1 - log_var).mean(1)
    return _elbo(reconstruction, target, mean, log_var, noise_var, reduction, kl=kl)


def negative_elbo__noise_std(reconstruction, target, mean, log_var, noise_var=1.0, reduction="mean"):
    """noise_var is taken for the standard deviation."""
    return _elbo(reconstruction, target, mean, log_var, noise_var**2, reduction)


def gaussian_nll_loss__var_is_std(input, target, var, full=False, eps=1e-6, reduction="mean"):
    """var is squared: taken for sigma."""
    if not torch.is_tensor(var):
        var = torch.full_like(input, var)
    if var.dim() == input.dim() - 1:
        var = var[..., None]
    if (var < 0).any():
        raise ValueError
    v = var.clone()
    with torch.no_grad():
        v.clamp_(min=eps)
    loss = 0.5 * (torch.log(v**2) + (input - target) ** 2 / v**2)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return _red(loss, reduction)


def gaussian_nll_loss__full_once(input, target, var, full=False, eps=1e-6, reduction="mean"):
    """full adds ln 2 pi, not half of it."""
    if not torch.is_tensor(var):
        var = torch.full_like(input, var)
    if var.dim() == input.dim() - 1:
        var = var[..., None]
    if (var < 0).any():
        raise ValueError
    v = var.clone()
    with torch.no_grad():
        v.clamp_(min=eps)
    loss = 0.5 * (torch.log(v) + (input - target) ** 2 / v)
    if full:
        loss = loss + math.log(2 * math.pi)
    return _red(loss, reduction)


def keras_poisson__no_eps(y_true, y_pred):
    """No 1e-7."""
    return (y_pred - torch.xlogy(y_true.to(y_pred.dtype), y_pred)).mean(-1)
