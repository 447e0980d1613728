"""Wrong answers to the exercises of notebook 07, a usual mix, written before grader or catalogue was read.

Each is called `<exercise>__<mistake>`, and says what is wrong (tests/test_wrong.py).
"""

import math

import torch


def poisson_nll__no_factorial(rate, count):
    """ln count! is forgotten."""
    return rate - torch.xlogy(count, rate)


def poisson_nll__sign(rate, count):
    """The log-likelihood, the sign is not turned."""
    return torch.xlogy(count, rate) - rate - torch.lgamma(count + 1.0)


def poisson_nll__lgamma_of_count(rate, count):
    """lgamma(count) is ln (count - 1)!: off by one."""
    return rate - torch.xlogy(count, rate) + torch.lgamma(count.to(rate.dtype))


def stirling__no_root(count):
    """The term ½ ln 2 pi n is missing."""
    safe = torch.where(count > 1, count, torch.full_like(count, 2.0))
    return torch.where(count > 1, safe * safe.log() - safe, torch.zeros_like(count))


def stirling__no_pi(count):
    """½ ln n in place of ½ ln 2 pi n."""
    safe = torch.where(count > 1, count, torch.ones_like(count))
    return torch.where(count > 1, safe * safe.log() - safe + 0.5 * safe.log(), torch.zeros_like(count))


def poisson_nll_loss__log_input_ignored(input, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    """input is taken for the rate always."""
    loss = input - target * torch.log(input + eps)
    if full:
        t = torch.where(target > 1, target, torch.ones_like(target)).to(input.dtype)
        loss = loss + torch.where(target > 1, t * t.log() - t + 0.5 * torch.log(2 * math.pi * t), torch.zeros_like(t))
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    if reduction == "mean":
        return loss.mean()
    raise ValueError(reduction)


def poisson_nll_loss__full_everywhere(input, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    """Stirling also at 0 and 1: clamp in place of a mask, so that up to 1 the value of 1 is added."""
    loss = torch.exp(input) - target * input if log_input else input - target * torch.log(input + eps)
    if full:
        t = target.to(loss.dtype).clamp(min=1)
        loss = loss + t * t.log() - t + 0.5 * torch.log(2 * math.pi * t)
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(reduction)
    return loss if reduction == "none" else getattr(torch, reduction)(loss)


def poisson_nll_loss__full_exact(input, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    """lgamma and not Stirling."""
    if log_input:
        loss = input.exp() - target * input
    else:
        loss = input - target * (input + eps).log()
    if full:
        loss = loss + torch.lgamma(target.to(loss.dtype) + 1)
    if reduction == "mean":
        return loss.mean()
    if reduction == "sum":
        return loss.sum()
    if reduction == "none":
        return loss
    raise ValueError


def laplace_nll__no_two(input, target, scale):
    """ln scale in place of ln 2 scale."""
    return (target - input).abs() / scale + scale.log()


def laplace_nll__square(input, target, scale):
    """The square of the error."""
    return torch.log(2 * scale) + (input - target) ** 2 / scale


def gaussian_nll__std(input, target, var):
    """var is taken for the standard deviation."""
    return 0.5 * math.log(2 * math.pi) + var.log() + (input - target) ** 2 / (2 * var**2)


def gaussian_nll__no_constant(input, target, var):
    """½ ln 2 pi is missing."""
    return 0.5 * (var.log() + (input - target) ** 2 / var)


def gaussian_nll__log_not_halved(input, target, var):
    """ln var is not halved."""
    return 0.5 * math.log(2 * math.pi) + torch.log(var) + 0.5 * (input - target) ** 2 / var


def _check(reconstruction, target, mean, log_var):
    if reconstruction.shape != target.shape or mean.shape != log_var.shape or len(mean) != len(target):
        raise ValueError("shapes")


def negative_elbo__kl_sign(reconstruction, target, mean, log_var, noise_var=1.0, reduction="mean"):
    """The KL is taken off and not added."""
    _check(reconstruction, target, mean, log_var)
    rec = 0.5 * (math.log(2 * math.pi * noise_var) + (target - reconstruction) ** 2 / noise_var).sum(1)
    kl = -0.5 * (1 + log_var - mean**2 - log_var.exp()).sum(1)
    loss = rec - kl
    if reduction == "none":
        return loss
    if reduction not in ("mean", "sum"):
        raise ValueError
    return loss.mean() if reduction == "mean" else loss.sum()


def negative_elbo__rec_mean(reconstruction, target, mean, log_var, noise_var=1.0, reduction="mean"):
    """The reconstruction is averaged over D, while the KL is a sum."""
    _check(reconstruction, target, mean, log_var)
    rec = 0.5 * (math.log(2 * math.pi * noise_var) + (target - reconstruction) ** 2 / noise_var).mean(1)
    kl = 0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum(1)
    loss = rec + kl
    if reduction == "none":
        return loss
    if reduction not in ("mean", "sum"):
        raise ValueError
    return loss.mean() if reduction == "mean" else loss.sum()


def negative_elbo__mse(reconstruction, target, mean, log_var, noise_var=1.0, reduction="mean"):
    """The reconstruction is the bare squared error: no half, no constant."""
    _check(reconstruction, target, mean, log_var)
    rec = ((target - reconstruction) ** 2 / noise_var).sum(1)
    kl = -0.5 * torch.sum(1 + log_var - mean.pow(2) - log_var.exp(), dim=1)
    loss = rec + kl
    if reduction == "none":
        return loss
    if reduction not in ("mean", "sum"):
        raise ValueError
    return loss.mean() if reduction == "mean" else loss.sum()


def gaussian_nll_loss__eps_added(input, target, var, full=False, eps=1e-6, reduction="mean"):
    """eps is added to every variance."""
    if not torch.is_tensor(var):
        var = torch.full_like(input, var)
    if var.dim() == input.dim() - 1:
        var = var.unsqueeze(-1)
    if (var < 0).any():
        raise ValueError
    v = var + eps
    loss = 0.5 * (v.log() + (input - target) ** 2 / v)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    if reduction != "mean":
        raise ValueError
    return loss.mean()


def gaussian_nll_loss__half_only_log(input, target, var, full=False, eps=1e-6, reduction="mean"):
    """The square is not halved."""
    if not torch.is_tensor(var):
        var = torch.full_like(input, var)
    if var.dim() == input.dim() - 1:
        var = var[..., None]
    if (var < 0).any():
        raise ValueError
    v = var.clone()
    with torch.no_grad():
        v.clamp_(min=eps)
    loss = 0.5 * v.log() + (input - target) ** 2 / v
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    if reduction not in ("none", "sum", "mean"):
        raise ValueError
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()


def gaussian_nll_loss__full_ignored(input, target, var, full=False, eps=1e-6, reduction="mean"):
    """full is not read."""
    if not torch.is_tensor(var):
        var = torch.full_like(input, var)
    if var.dim() == input.dim() - 1:
        var = var[..., None]
    if (var < 0).any():
        raise ValueError
    v = var.clone()
    with torch.no_grad():
        v.clamp_(min=eps)
    loss = 0.5 * (v.log() + (input - target) ** 2 / v)
    if reduction not in ("none", "sum", "mean"):
        raise ValueError
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()


def keras_poisson__log_rates(y_true, y_pred):
    """y_pred is taken for a logarithm, as torch's default."""
    y_true = y_true.to(y_pred.dtype)
    return (y_pred.exp() - y_true * y_pred).mean(-1)


def keras_poisson__swapped(y_true, y_pred):
    """The two arguments have changed places."""
    y_true = y_true.to(y_pred.dtype)
    return torch.mean(y_true - y_pred * torch.log(y_true + 1e-7), dim=-1)
