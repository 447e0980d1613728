"""Wrong answers to the exercises of notebook 07, written blind, a second set: `<exercise>__<mistake>`, and what is wrong with it (tests/test_wrong.py)."""

import math

import torch


def _r(v, how):
    if how not in ("none", "sum", "mean"):
        raise ValueError(how)
    return v if how == "none" else getattr(v, how)()


def poisson_nll__count_in_front(rate, count):
    """count - rate · ln count: the two have changed places in part."""
    return rate - torch.xlogy(rate, count.to(rate.dtype)) + torch.lgamma(count + 1.0)


def stirling__root_of_n(count):
    """½ ln n: the 2π is missing."""
    n = torch.where(count > 1, count, 1.0)
    return torch.where(count > 1, n * n.log() - n + 0.5 * n.log(), 0.0)


def gaussian_nll__squared_not_halved(input, target, var):
    """The squared distance is not halved."""
    return 0.5 * torch.log(2 * math.pi * var) + (input - target) ** 2 / var


def laplace_nll__log_of_scale_doubled(input, target, scale):
    """2 ln scale, for ln(2 scale)."""
    return (input - target).abs() / scale + 2 * scale.log()


def negative_elbo__one_sample_constant(reconstruction, target, mean, log_var, noise_var=1.0, reduction="mean"):
    """½ ln 2πσ² once a sample, not once for each of D numbers."""
    if reconstruction.shape != target.shape or mean.shape != log_var.shape or len(mean) != len(target):
        raise ValueError
    rec = 0.5 * ((reconstruction - target) ** 2).sum(1) / noise_var + 0.5 * math.log(2 * math.pi * noise_var)
    return _r(rec + 0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum(1), reduction)


def negative_elbo__reverse_kl(reconstruction, target, mean, log_var, noise_var=1.0, reduction="mean"):
    """KL(N(0, 1)‖q): the other way round."""
    if reconstruction.shape != target.shape or mean.shape != log_var.shape or len(mean) != len(target):
        raise ValueError
    rec = (0.5 * (reconstruction - target) ** 2 / noise_var + 0.5 * math.log(2 * math.pi * noise_var)).sum(1)
    return _r(rec + 0.5 * (log_var - 1 + (1 + mean**2) / log_var.exp()).sum(1), reduction)


def gaussian_nll_loss__eps_in_log_only(input, target, var, full=False, eps=1e-6, reduction="mean"):
    """eps guards the logarithm, and the division goes by the variance as it is."""
    v = torch.full_like(input, var) if isinstance(var, float) else var
    if (v < 0).any():
        raise ValueError
    if v.shape != input.shape:
        if v.shape == input.shape[:-1]:
            v = v[..., None]
        elif v.dim() != input.dim() or sum(a != b for a, b in zip(v.shape, input.shape)) != 1:
            raise ValueError
    loss = 0.5 * (v.clamp(min=eps).log() + (input - target) ** 2 / v)
    return _r(loss + (0.5 * math.log(2 * math.pi) if full else 0), reduction)
