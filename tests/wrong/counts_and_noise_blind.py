"""Wrong answers to the exercises of notebook 07, written blind: `<exercise>__<mistake>`, and what is wrong with it (tests/test_wrong.py)."""

import math

import torch


def _red(loss, reduction):
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    if reduction == "mean":
        return loss.mean()
    raise ValueError("unknown reduction")


def poisson_nll__without_factorial(rate, count):
    """ln count! is left out."""
    return rate - torch.xlogy(count, rate)


def poisson_nll__gamma_off_by_one(rate, count):
    """lgamma(count) in place of lgamma(count + 1)."""
    return rate - torch.xlogy(count, rate) + torch.lgamma(count.to(rate.dtype))


def poisson_nll__nan_at_zero(rate, count):
    """0 · ln 0 is NaN where the rate and the count are 0."""
    return rate - count * rate.log() + torch.lgamma(count + 1.0)


def poisson_nll__rate_is_log(rate, count):
    """The rate is taken for its logarithm."""
    return rate.exp() - count * rate + torch.lgamma(count + 1.0)


def stirling__no_half_log(count):
    """½ ln(2π n) is missing."""
    big = count > 1
    n = torch.where(big, count, 1.0)
    return torch.where(big, n * n.log() - n, torch.zeros_like(n))


def stirling__from_one(count):
    """The approximation holds from 1 on, 1 itself included: -0.08 at 1."""
    big = count >= 1
    n = torch.where(big, count, torch.ones_like(count))
    return torch.where(big, n * torch.log(n) - n + 0.5 * torch.log(2 * math.pi * n), torch.zeros_like(n))


def stirling__nan_gradient(count):
    """Right in value: the logarithm of 0 is taken in the branch that is not used, the gradient is NaN there."""
    return torch.where(count > 1, count * count.log() - count + 0.5 * (2 * torch.pi * count).log(), 0.0 * count)


def stirling__exact(count):
    """The exact ln n!."""
    return torch.lgamma(count + 1)


def _stir(t):
    big = t > 1
    s = torch.where(big, t, 1.0)
    return torch.where(big, s * s.log() - s + 0.5 * (2 * math.pi * s).log(), 0.0)


def poisson_nll_loss__full_by_default(input, target, log_input=True, full=True, eps=1e-8, reduction="mean"):
    """full is True by default."""
    loss = input.exp() - target * input if log_input else input - target * torch.log(input + eps)
    if full:
        loss = loss + _stir(target.to(loss.dtype))
    return _red(loss, reduction)


def poisson_nll_loss__no_exp(input, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    """With log_input the rate is not exponentiated: input - target · input."""
    loss = input - target * input if log_input else input - target * torch.log(input + eps)
    if full:
        loss = loss + _stir(target.to(loss.dtype))
    return _red(loss, reduction)


def poisson_nll_loss__eps_clamps(input, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    """eps bounds the rate from below; it is not added."""
    loss = input.exp() - target * input if log_input else input - target * torch.log(input.clamp(min=eps))
    if full:
        loss = loss + _stir(target.to(loss.dtype))
    return _red(loss, reduction)


def poisson_nll_loss__exact_factorial(input, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    """full adds the exact ln n!, not Stirling's."""
    loss = torch.exp(input) - target * input if log_input else input - target * torch.log(input + eps)
    if full:
        loss = loss + torch.lgamma(target.to(loss.dtype) + 1)
    return _red(loss, reduction)


def laplace_nll__gauss(input, target, scale):
    """Gauss's density with the scale as its standard deviation."""
    return 0.5 * ((target - input) / scale) ** 2 + torch.log(scale) + 0.5 * math.log(2 * math.pi)


def laplace_nll__no_two(input, target, scale):
    """ln(scale), without the 2."""
    return (target - input).abs() / scale + scale.log()


def laplace_nll__not_divided(input, target, scale):
    """The distance is not divided by the scale."""
    return torch.abs(target - input) + torch.log(2 * scale)


def laplace_nll__scale_squared(input, target, scale):
    """Divided by 2·scale, as a variance would be."""
    return (input - target).abs() / (2 * scale) + torch.log(2 * scale)


def gaussian_nll__no_constant(input, target, var):
    """½ ln 2π is missing."""
    return 0.5 * (torch.log(var) + (input - target) ** 2 / var)


def gaussian_nll__std(input, target, var):
    """var is taken for a standard deviation."""
    return 0.5 * ((target - input) / var) ** 2 + torch.log(var) + math.log(math.sqrt(2 * math.pi))


def gaussian_nll__log_not_halved(input, target, var):
    """ln var in place of ½ ln var."""
    return (input - target).square() / (2 * var) + var.log() + 0.5 * math.log(2 * math.pi)


def gaussian_nll__pi_slip(input, target, var):
    """½ ln π: the 2 is forgotten."""
    return 0.5 * ((input - target) ** 2 / var + var.log() + math.log(math.pi))


def _elbo_check(r, t, m, v):
    if r.shape != t.shape or m.shape != v.shape or len(r) != len(m):
        raise ValueError("shapes")


def negative_elbo__kl_mean(reconstruction, target, mean, log_var, noise_var=1.0, reduction="mean"):
    """The KL is averaged over K, not summed."""
    _elbo_check(reconstruction, target, mean, log_var)
    rec = 0.5 * ((reconstruction - target) ** 2 / noise_var + math.log(2 * math.pi * noise_var)).sum(1)
    kl = 0.5 * (mean**2 + log_var.exp() - log_var - 1).mean(1)
    return _red(rec + kl, reduction)


def negative_elbo__kl_sign(reconstruction, target, mean, log_var, noise_var=1.0, reduction="mean"):
    """The KL is taken away."""
    _elbo_check(reconstruction, target, mean, log_var)
    rec = 0.5 * ((reconstruction - target) ** 2 / noise_var + math.log(2 * math.pi * noise_var)).sum(1)
    kl = 0.5 * (1 + log_var - mean**2 - log_var.exp()).sum(1)
    return _red(rec + kl, reduction)


def negative_elbo__noise_std(reconstruction, target, mean, log_var, noise_var=1.0, reduction="mean"):
    """noise_var is taken for the standard deviation."""
    _elbo_check(reconstruction, target, mean, log_var)
    v = noise_var**2
    rec = (0.5 * (reconstruction - target) ** 2 / v + 0.5 * math.log(2 * math.pi * v)).sum(-1)
    kl = -0.5 * (1 + log_var - mean.pow(2) - log_var.exp()).sum(-1)
    return _red(rec + kl, reduction)


def negative_elbo__squared_error_only(reconstruction, target, mean, log_var, noise_var=1.0, reduction="mean"):
    """The reconstruction is the plain squared error, without ½, variance or constant."""
    _elbo_check(reconstruction, target, mean, log_var)
    rec = ((reconstruction - target) ** 2).sum(1)
    kl = -0.5 * (1 + log_var - mean.pow(2) - log_var.exp()).sum(1)
    return _red(rec + kl, reduction)


def negative_elbo__log_var_as_std(reconstruction, target, mean, log_var, noise_var=1.0, reduction="mean"):
    """log_var is taken for the logarithm of the standard deviation."""
    _elbo_check(reconstruction, target, mean, log_var)
    rec = 0.5 * ((reconstruction - target) ** 2 / noise_var + math.log(2 * math.pi * noise_var)).sum(1)
    kl = 0.5 * (mean**2 + (2 * log_var).exp() - 2 * log_var - 1).sum(1)
    return _red(rec + kl, reduction)


def _var(input, var):
    if isinstance(var, (int, float)):
        var = torch.full_like(input, float(var))
    if (var < 0).any():
        raise ValueError("negative variance")
    if var.shape == input.shape:
        return var
    if var.shape == input.shape[:-1]:
        return var.unsqueeze(-1)
    if var.dim() == input.dim() and sum(a != b for a, b in zip(var.shape, input.shape)) == 1 and 1 in var.shape:
        return var
    raise ValueError("var")


def gaussian_nll_loss__eps_added(input, target, var, full=False, eps=1e-6, reduction="mean"):
    """eps is added to every variance."""
    v = _var(input, var) + eps
    loss = 0.5 * (v.log() + (input - target) ** 2 / v)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return _red(loss, reduction)


def gaussian_nll_loss__clamp_gradient(input, target, var, full=False, eps=1e-6, reduction="mean"):
    """Right in value; by clamp no gradient flows to a variance below eps."""
    v = _var(input, var).clamp(min=eps)
    loss = 0.5 * (v.log() + (input - target) ** 2 / v)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return _red(loss, reduction)


def gaussian_nll_loss__full_doubled(input, target, var, full=False, eps=1e-6, reduction="mean"):
    """full adds ln 2π, not half of it."""
    v = _var(input, var)
    v = v + (v.clamp(min=eps) - v).detach()
    loss = 0.5 * (v.log() + (input - target) ** 2 / v)
    if full:
        loss = loss + math.log(2 * math.pi)
    return _red(loss, reduction)


def keras_poisson__logs(y_true, y_pred):
    """y_pred is taken for a logarithm."""
    return (y_pred.exp() - y_true.to(y_pred.dtype) * y_pred).mean(-1)


def keras_poisson__sum(y_true, y_pred):
    """The sum over the last dimension."""
    return (y_pred - y_true.to(y_pred.dtype) * torch.log(y_pred + 1e-7)).sum(dim=-1)


def gaussian_nll__constant_slip(input, target, var):
    """½ ln 2π is written as 0.9."""
    return 0.5 * (torch.log(var) + (input - target) ** 2 / var) + 0.9


def laplace_nll__gauss_constant(input, target, scale):
    """Two mistakes: the distance is halved, and ln(scale) without the 2."""
    return 0.5 * (target - input).abs() / scale + scale.log()


def poisson_nll_loss__eps_slip(input, target, log_input=True, full=False, eps=1e-6, reduction="mean"):
    """The default of eps is 1e-6."""
    loss = input.exp() - target * input if log_input else input - target * torch.log(input + eps)
    if full:
        loss = loss + _stir(target.to(loss.dtype))
    return _red(loss, reduction)


def stirling__pi_without_two(count):
    """½ ln(π n), without the 2."""
    n = torch.where(count > 1, count, 1.0)
    return torch.where(count > 1, n * n.log() - n + 0.5 * torch.log(math.pi * n), torch.zeros_like(n))
