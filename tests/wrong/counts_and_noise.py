"""Wrong answers to the exercises of notebook 07, as learners write them: `<exercise>__<mistake>` (tests/test_wrong.py)."""

import math

import torch


def _reduced(loss, reduction):
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(reduction)
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


# ---- from a review -----------------------------------------------------------------------------------------------


def gaussian_nll__log_std(input, target, var):
    return var + (target - input) ** 2 / (2 * torch.exp(2 * var)) + 0.5 * math.log(2 * math.pi)


def gaussian_nll__log_var(input, target, var):
    return 0.5 * (var + (target - input) ** 2 * torch.exp(-var) + math.log(2 * math.pi))


def gaussian_nll_loss__clamp(input, target, var, full=False, eps=1e-6, reduction="mean"):
    """As the formula in torch's page reads: the clamp stops the gradient."""
    var = torch.clamp(var, min=eps)
    loss = 0.5 * (torch.log(var) + (input - target) ** 2 / var)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return _reduced(loss, reduction)


# ---- written anew ------------------------------------------------------------------------------------------------


def _log_factorial(count):
    return torch.lgamma(count + 1)


def poisson_nll__no_factorial(rate, count):
    safe = torch.where(count > 0, rate, torch.ones_like(rate))
    return rate - count * safe.log()


def poisson_nll__nan_at_zero(rate, count):
    return rate - count * torch.log(rate) + _log_factorial(count)


def poisson_nll__gamma_off_by_one(rate, count):
    safe = torch.where(count > 0, rate, torch.ones_like(rate * count))
    return rate - count * safe.log() + torch.lgamma(count.clamp(min=1.0))


def poisson_nll__padded(rate, count):
    return rate - count * torch.log(rate + 1e-8) + _log_factorial(count)


def poisson_nll__rate_is_log(rate, count):
    return torch.exp(rate) - count * rate + _log_factorial(count)


def poisson_nll__sign(rate, count):
    safe = torch.where(count > 0, rate, torch.ones_like(rate * count))
    return count * safe.log() - rate - _log_factorial(count)


def stirling__no_root_term(count):
    safe = torch.where(count > 1, count, torch.ones_like(count))
    return torch.where(count > 1, safe * safe.log() - safe, torch.zeros_like(count))


def stirling__also_below_one(count):
    return count * torch.log(count) - count + 0.5 * torch.log(2 * math.pi * count)


def stirling__late_mask(count):
    approximation = count * torch.log(count) - count + 0.5 * torch.log(2 * math.pi * count)
    return torch.where(count > 1, approximation, torch.zeros_like(count))


def stirling__exact(count):
    return torch.lgamma(count + 1)


def _poisson(input, target, log_input, full, eps, reduction, stirling=None):
    loss = torch.exp(input) - target * input if log_input else input - target * torch.log(input + eps)
    if full:
        if stirling is not None:
            extra = stirling(target)
        else:
            t = torch.where(target > 1, target, torch.ones_like(target))
            extra = t * t.log() - t + 0.5 * torch.log(2 * math.pi * t)
            extra = torch.where(target > 1, extra, torch.zeros_like(extra))
        loss = loss + extra
    return _reduced(loss, reduction)


def poisson_nll_loss__log_input_ignored(input, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    return _poisson(input, target, True, full, eps, reduction)


def poisson_nll_loss__never_exponentiated(input, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    return _poisson(input, target, False, full, eps, reduction)


def poisson_nll_loss__full_exact(input, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    return _poisson(input, target, log_input, full, eps, reduction, stirling=lambda t: torch.lgamma(t + 1))


def poisson_nll_loss__full_by_input(input, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    return _poisson(
        input,
        target,
        log_input,
        full,
        eps,
        reduction,
        stirling=lambda t: t * torch.log(t) - t + 0.5 * torch.log(2 * math.pi * t),
    )


def poisson_nll_loss__eps_outside(input, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    return _poisson(input if log_input else input + eps, target, log_input, full, 0.0, reduction)


def keras_poisson__mean_of_all(y_true, y_pred):
    y_true = y_true.to(y_pred.dtype)
    return (y_pred - y_true * torch.log(y_pred + 1e-7)).mean()


def keras_poisson__log_input(y_true, y_pred):
    return torch.mean(torch.exp(y_pred) - y_true.to(y_pred.dtype) * y_pred, dim=-1)


def keras_poisson__swapped(y_true, y_pred):
    y_true = y_true.to(y_pred.dtype)
    return torch.mean(y_true - y_pred * torch.log(y_true + 1e-7), dim=-1)


def keras_poisson__summed(y_true, y_pred):
    return torch.sum(y_pred - y_true.to(y_pred.dtype) * torch.log(y_pred + 1e-7), dim=-1)


def laplace_nll__no_two(input, target, scale):
    return torch.log(scale) + (target - input).abs() / scale


def laplace_nll__squared(input, target, scale):
    return torch.log(2 * scale) + (target - input) ** 2 / scale


def laplace_nll__log_missing(input, target, scale):
    return (target - input).abs() / scale + math.log(2)


def laplace_nll__likelihood(input, target, scale):
    return torch.exp(-(target - input).abs() / scale) / (2 * scale)


def laplace_nll__log_of_density(input, target, scale):
    return -torch.log(torch.exp(-(target - input).abs() / scale) / (2 * scale))


def gaussian_nll__std(input, target, var):
    return torch.log(var) + (target - input) ** 2 / (2 * var**2) + 0.5 * math.log(2 * math.pi)


def gaussian_nll__no_constant(input, target, var):
    return 0.5 * (torch.log(var) + (target - input) ** 2 / var)


def gaussian_nll__not_halved(input, target, var):
    return torch.log(var) + (target - input) ** 2 / var + math.log(2 * math.pi)


def gaussian_nll__log_of_density(input, target, var):
    density = torch.exp(-((target - input) ** 2) / (2 * var)) / torch.sqrt(2 * math.pi * var)
    return -torch.log(density)


def gaussian_nll__only_square(input, target, var):
    return (target - input) ** 2 / (2 * var)


def _checked_variance(input, var):
    if not isinstance(var, torch.Tensor):
        var = torch.full_like(input, var)
    if (var < 0).any():
        raise ValueError("negative")
    if var.shape == input.shape[:-1] and var.dim() != input.dim():
        var = var.unsqueeze(-1)
    elif var.dim() != input.dim() or sum(a != b for a, b in zip(var.shape, input.shape)) > 1:
        raise ValueError("shape")
    elif any(a != b and a != 1 for a, b in zip(var.shape, input.shape)):
        raise ValueError("shape")
    return var


def gaussian_nll_loss__always_full(input, target, var, full=False, eps=1e-6, reduction="mean"):
    var = _checked_variance(input, var).clone()
    with torch.no_grad():
        var.clamp_(min=eps)
    loss = 0.5 * (var.log() + (input - target) ** 2 / var) + 0.5 * math.log(2 * math.pi)
    return _reduced(loss, reduction)


def gaussian_nll_loss__not_halved(input, target, var, full=False, eps=1e-6, reduction="mean"):
    var = _checked_variance(input, var).clone()
    with torch.no_grad():
        var.clamp_(min=eps)
    loss = var.log() + (input - target) ** 2 / var
    if full:
        loss = loss + math.log(2 * math.pi)
    return _reduced(loss, reduction)


def gaussian_nll_loss__eps_added(input, target, var, full=False, eps=1e-6, reduction="mean"):
    var = _checked_variance(input, var) + eps
    loss = 0.5 * (var.log() + (input - target) ** 2 / var)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return _reduced(loss, reduction)


def gaussian_nll_loss__standard_deviation(input, target, var, full=False, eps=1e-6, reduction="mean"):
    var = _checked_variance(input, var).clone()
    with torch.no_grad():
        var.clamp_(min=eps)
    var = var**2
    loss = 0.5 * (var.log() + (input - target) ** 2 / var)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return _reduced(loss, reduction)


# ---- written after that ----------------------------------------------------------------------------------------------


def gaussian_nll__log_variance(input, target, var):
    return 0.5 * (var + (input - target) ** 2 / torch.exp(var) + math.log(2 * math.pi))


def gaussian_nll__deviation(input, target, var):
    # var taken for σ
    z = (target - input) / var
    return torch.log(var) + 0.5 * z * z + 0.5 * math.log(2 * math.pi)


def gaussian_nll__log_deviation(input, target, var):
    # var taken for ln σ
    inv = torch.exp(-2 * var)
    return var + (target - input).pow(2) * inv / 2 + math.log(math.sqrt(2 * math.pi))


def gaussian_nll__density(input, target, var):
    # the density itself
    return torch.exp(-((input - target) ** 2) / (2 * var)) / torch.sqrt(2 * math.pi * var)


def gaussian_nll_loss__log_variance(input, target, var, full=False, eps=1e-6, reduction="mean"):
    loss = 0.5 * (torch.exp(-var) * (input - target) ** 2 + var)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return {"none": lambda x: x, "sum": torch.sum, "mean": torch.mean}[reduction](loss)


def gaussian_nll_loss__deviation(input, target, var, full=False, eps=1e-6, reduction="mean"):
    if not torch.is_tensor(var):
        var = torch.full_like(input, var)
    if var.ndim == input.ndim - 1:
        var = var.unsqueeze(-1)
    var = var.clamp(min=eps)
    loss = var.log() + 0.5 * ((input - target) / var) ** 2
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return {"none": lambda x: x, "sum": torch.sum, "mean": torch.mean}[reduction](loss)


def poisson_nll__log_input(rate, count):
    # rate taken for ln rate
    return torch.exp(rate) - count * rate + torch.lgamma(count + 1.0)


def poisson_nll__gamma_of_count(rate, count):
    # ln (count - 1)!
    return rate - torch.xlogy(count, rate) + torch.lgamma(count.double()).to(rate.dtype)


def poisson_nll__zero_times_inf(rate, count):
    fact = torch.tensor([float(math.factorial(int(c))) for c in count.flatten()]).reshape(count.shape)
    return -torch.log(torch.exp(-rate) * rate**count / fact)


def laplace_nll__gauss(input, target, scale):
    # half the square in place of the absolute error
    return torch.log(2 * scale) + (input - target) ** 2 / (2 * scale**2)


def laplace_nll__two_lost(input, target, scale):
    return scale.log() + (target - input).abs() / scale


def laplace_nll__scale_squared(input, target, scale):
    b = (scale / 2).sqrt()
    return torch.log(2 * b) + torch.abs(input - target) / b


# ---- kept back, written before the entries of these exercises were read ----------------------------------------------


def stirling__no_root(count):
    safe = torch.where(count > 1, count, torch.ones_like(count))
    return torch.where(count > 1, safe * safe.log() - safe, torch.zeros_like(count))


def stirling__everywhere(count):
    return count * torch.log(count) - count + 0.5 * torch.log(2 * math.pi * count)


def poisson_nll_loss__exp_forgotten(input, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    # log_input: input - target · input
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(reduction)
    loss = input - target * input if log_input else input - target * torch.log(input + eps)
    if full:
        t = target.to(loss.dtype)
        s = torch.where(t > 1, t, torch.ones_like(t))
        loss = loss + torch.where(t > 1, s * s.log() - s + 0.5 * (2 * math.pi * s).log(), torch.zeros_like(s))
    return loss if reduction == "none" else getattr(loss, reduction)()


def poisson_nll_loss__simple(input, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    # no full, no sum
    if log_input:
        return (torch.exp(input) - target * input).mean()
    return (input - target * torch.log(input + eps)).mean()


def keras_poisson__of_logarithms(y_true, y_pred):
    y_true = y_true.to(y_pred.dtype)
    return (torch.exp(y_pred) - y_true * y_pred).mean(-1)


def keras_poisson__everything(y_true, y_pred):
    out = y_pred - y_true * torch.log(y_pred + 1e-7)
    return torch.mean(out)


def keras_poisson__no_eps(y_true, y_pred):
    t = y_true.to(y_pred.dtype)
    return (y_pred - torch.where(t > 0, t * y_pred.log(), torch.zeros_like(y_pred))).mean(dim=-1)


# ---- kept back, written last -----------------------------------------------------------------------------------------


def poisson_nll__factorial_added_twice(rate, count):
    return rate - count * torch.log(rate) + 2 * torch.lgamma(count + 1)


def poisson_nll__rate_lost(rate, count):
    # without the rate itself
    return -torch.xlogy(count, rate) + torch.lgamma(count + 1.0)


def stirling__root_without_two_pi(count):
    big = count > 1
    n = torch.where(big, count, torch.ones_like(count))
    return torch.where(big, n * n.log() - n + 0.5 * n.log(), torch.zeros_like(count))


def gaussian_nll_loss__no_half(input, target, var, full=False, eps=1e-6, reduction="mean"):
    if isinstance(var, float):
        var = torch.full_like(input, var)
    if var.ndim < input.ndim:
        var = var[..., None]
    var = var.clamp(min=eps)
    loss = torch.log(var) + (input - target) ** 2 / var
    if full:
        loss = loss + math.log(2 * math.pi)
    return {"mean": loss.mean(), "sum": loss.sum(), "none": loss}[reduction]


def poisson_nll_loss__full_gamma(input, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    if log_input:
        loss = input.exp() - target * input
    else:
        loss = input - target * (input + eps).log()
    if full:
        loss = loss + torch.lgamma(target + 1.0)
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    return loss.mean()


def laplace_nll__median_deviation(input, target, scale):
    return torch.abs(target - input) / scale + torch.log(scale) + math.log(math.sqrt(2))


def keras_poisson__sign(y_true, y_pred):
    return (y_true.to(y_pred.dtype) * torch.log(y_pred + 1e-7) - y_pred).mean(-1)


# ---- from a first set of fresh ones, what had no name -------------------------------------------------------------


def keras_poisson__y_true_outside_pred(y_true, y_pred):
    # y_true outside: (pred - true) * log
    y_true = y_true.to(y_pred.dtype)
    return ((y_pred - y_true) * torch.log(y_pred + 1e-7)).mean(-1)


def gaussian_nll__half_missing_log(input, target, var):
    # half missing at log
    return (target - input) ** 2 / (2 * var) + torch.log(2 * math.pi * var)


# ---- from a second set: less common ones --------------------------------------------------------------------------


def poisson_nll__product_form_rate_count(rate, count):
    # product form: rate * count - log
    return rate * count - torch.log(rate) + torch.lgamma(count + 1)


def poisson_nll__rate_term_missing(rate, count):
    # rate term missing
    return -torch.xlogy(count, rate) + torch.lgamma(count + 1)


def stirling__natural_log_2_pi(count):
    # natural log of 2 pi only added times half count
    c = torch.where(count > 1, count, torch.full_like(count, 2.0))
    return torch.where(count > 1, c * c.log() - c + 0.5 * math.log(2 * math.pi) * c, torch.zeros_like(c))


def poisson_nll_loss__eps_also_linear_term(input, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    # eps also to linear term
    if reduction not in ("none", "sum", "mean"):
        raise ValueError("r")
    if log_input:
        loss = input.exp() - target * input
    else:
        loss = input + eps - target * torch.log(input + eps)
    if full:
        t = torch.where(target > 1, target, torch.ones_like(target)).to(input.dtype)
        loss = loss + torch.where(target > 1, t * t.log() - t + 0.5 * torch.log(2 * math.pi * t), 0.0)
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


def keras_poisson__log_truth(y_true, y_pred):
    # log of the truth
    y_true = y_true.to(y_pred.dtype)
    return (y_pred - y_pred * torch.log(y_true + 1e-7)).mean(-1)


def laplace_nll__absolute_value(input, target, scale):
    # no absolute value
    return (target - input) / scale + torch.log(2 * scale)


def laplace_nll__scale_multiplied(input, target, scale):
    # scale multiplied
    return (target - input).abs() * scale + torch.log(2 * scale)


def gaussian_nll__2_pi_outside_log(input, target, var):
    # 2 pi outside log
    return (target - input) ** 2 / (2 * var) + 0.5 * 2 * math.pi * var.log()


def gaussian_nll__density_itself(input, target, var):
    # density itself
    return torch.exp(-((target - input) ** 2) / (2 * var)) / torch.sqrt(2 * math.pi * var)


def gaussian_nll_loss__log_var_eps_but(input, target, var, full=False, eps=1e-6, reduction="mean"):
    # log of var with eps, but division by raw
    if not torch.is_tensor(var):
        var = torch.full_like(input, var)
    v = var.clamp(min=eps)
    loss = 0.5 * (v.log() + (input - target) ** 2 / v**2)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


# ---- from a third set ---------------------------------------------------------------------------------------------


def poisson_nll__log_factorial_rate(rate, count):
    # log factorial of rate
    return rate - torch.xlogy(count, rate) + torch.lgamma(rate + 1)


def poisson_nll__sign_all(rate, count):
    # sign of all
    return torch.xlogy(count, rate) - rate - torch.lgamma(count + 1)


def stirling__log2(count):
    # log2
    c = torch.where(count > 1, count, torch.full_like(count, 2.0))
    return torch.where(count > 1, c * c.log2() - c + 0.5 * torch.log2(2 * math.pi * c), torch.zeros_like(c))


def poisson_nll_loss__exponent_target(input, target, log_input=True, full=False, eps=1e-8, reduction="mean"):
    # exponent of target
    loss = input.exp() - target.exp() * input if log_input else input - target * torch.log(input + eps)
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


def keras_poisson__plus(y_true, y_pred):
    # plus
    return (y_pred + y_true.to(y_pred.dtype) * torch.log(y_pred + 1e-7)).mean(-1)


def laplace_nll__half_log_log_scale(input, target, scale):
    # half in the log: log(scale / 2)
    return (target - input).abs() / scale + torch.log(scale / 2)


def laplace_nll__variance_formula_sqrt_2(input, target, scale):
    # variance formula: sqrt(2)/scale
    return math.sqrt(2) * (target - input).abs() / scale + torch.log(2 * scale)


def gaussian_nll__log10(input, target, var):
    # log10
    return 0.5 * torch.log10(2 * math.pi * var) + (target - input) ** 2 / (2 * var)


def gaussian_nll__square(input, target, var):
    # no square
    return 0.5 * torch.log(2 * math.pi * var) + (target - input).abs() / (2 * var)


def gaussian_nll_loss__max_var_eps_detached(input, target, var, full=False, eps=1e-6, reduction="mean"):
    # max(var, eps) detached whole
    if not torch.is_tensor(var):
        var = torch.full_like(input, var)
    v = var.detach().clamp(min=eps)
    if v.dim() < input.dim():
        v = v.unsqueeze(-1)
    loss = 0.5 * (v.log() + (input - target) ** 2 / v)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return {"none": loss, "sum": loss.sum(), "mean": loss.mean()}[reduction]


# ---- the bound on a hidden cause -------------------------------------------------------------------------------------


def _checked_elbo(reconstruction, target, mean, log_var):
    if reconstruction.shape != target.shape or mean.shape != log_var.shape or len(target) != len(mean):
        raise ValueError("shapes differ")


def _elbo(loss, reduction):
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(reduction)
    return loss if reduction == "none" else getattr(loss, reduction)()


def _surprise(reconstruction, target, noise_var):
    return 0.5 * ((target - reconstruction) ** 2 / noise_var + math.log(2 * math.pi * noise_var))


def negative_elbo__mean_of_pixels(reconstruction, target, mean, log_var, noise_var=1.0, reduction="mean"):
    _checked_elbo(reconstruction, target, mean, log_var)
    kl = -0.5 * (1 + log_var - mean.pow(2) - log_var.exp()).sum(1)
    return _elbo(_surprise(reconstruction, target, noise_var).mean(1) + kl, reduction)


def negative_elbo__mean_of_codes(reconstruction, target, mean, log_var, noise_var=1.0, reduction="mean"):
    _checked_elbo(reconstruction, target, mean, log_var)
    kl = -0.5 * (1 + log_var - mean.pow(2) - log_var.exp()).mean(1)
    return _elbo(_surprise(reconstruction, target, noise_var).sum(1) + kl, reduction)


def negative_elbo__mse_and_kl(reconstruction, target, mean, log_var, noise_var=1.0, reduction="mean"):
    _checked_elbo(reconstruction, target, mean, log_var)
    kl = -0.5 * (1 + log_var - mean.pow(2) - log_var.exp()).sum(1)
    return _elbo(((reconstruction - target) ** 2).sum(1) + kl, reduction)


def negative_elbo__no_constant(reconstruction, target, mean, log_var, noise_var=1.0, reduction="mean"):
    _checked_elbo(reconstruction, target, mean, log_var)
    kl = -0.5 * (1 + log_var - mean.pow(2) - log_var.exp()).sum(1)
    return _elbo(((reconstruction - target) ** 2).sum(1) / (2 * noise_var) + kl, reduction)


def negative_elbo__as_torch_without_full(reconstruction, target, mean, log_var, noise_var=1.0, reduction="mean"):
    _checked_elbo(reconstruction, target, mean, log_var)
    nll = 0.5 * (math.log(noise_var) + (reconstruction - target) ** 2 / noise_var)
    kl = 0.5 * (mean**2 + log_var.exp() - 1 - log_var)
    return _elbo(nll.sum(1) + kl.sum(1), reduction)


def negative_elbo__elbo(reconstruction, target, mean, log_var, noise_var=1.0, reduction="mean"):
    _checked_elbo(reconstruction, target, mean, log_var)
    kl = -0.5 * (1 + log_var - mean.pow(2) - log_var.exp()).sum(1)
    return _elbo(-_surprise(reconstruction, target, noise_var).sum(1) - kl, reduction)


def negative_elbo__kl_subtracted(reconstruction, target, mean, log_var, noise_var=1.0, reduction="mean"):
    _checked_elbo(reconstruction, target, mean, log_var)
    kl = -0.5 * (1 + log_var - mean.pow(2) - log_var.exp()).sum(1)
    return _elbo(_surprise(reconstruction, target, noise_var).sum(1) - kl, reduction)


def negative_elbo__log_std(reconstruction, target, mean, log_var, noise_var=1.0, reduction="mean"):
    _checked_elbo(reconstruction, target, mean, log_var)
    std = log_var.exp()
    kl = 0.5 * (mean**2 + std**2 - 1) - log_var
    return _elbo(_surprise(reconstruction, target, noise_var).sum(1) + kl.sum(1), reduction)


def negative_elbo__prior_first(reconstruction, target, mean, log_var, noise_var=1.0, reduction="mean"):
    _checked_elbo(reconstruction, target, mean, log_var)
    kl = 0.5 * ((1 + mean**2) / log_var.exp() - 1 + log_var)
    return _elbo(_surprise(reconstruction, target, noise_var).sum(1) + kl.sum(1), reduction)


def negative_elbo__no_kl(reconstruction, target, mean, log_var, noise_var=1.0, reduction="mean"):
    _checked_elbo(reconstruction, target, mean, log_var)
    return _elbo(_surprise(reconstruction, target, noise_var).sum(1), reduction)


def negative_elbo__kl_of_the_batch(reconstruction, target, mean, log_var, noise_var=1.0, reduction="mean"):
    _checked_elbo(reconstruction, target, mean, log_var)
    kl = -0.5 * torch.sum(1 + log_var - mean.pow(2) - log_var.exp())
    return _elbo(_surprise(reconstruction, target, noise_var).sum(1) + kl, reduction)


def negative_elbo__half_forgotten(reconstruction, target, mean, log_var, noise_var=1.0, reduction="mean"):
    _checked_elbo(reconstruction, target, mean, log_var)
    kl = -(1 + log_var - mean.pow(2) - log_var.exp()).sum(1)
    return _elbo(_surprise(reconstruction, target, noise_var).sum(1) + kl, reduction)


def negative_elbo__noise_std(reconstruction, target, mean, log_var, noise_var=1.0, reduction="mean"):
    _checked_elbo(reconstruction, target, mean, log_var)
    kl = -0.5 * (1 + log_var - mean.pow(2) - log_var.exp()).sum(1)
    return _elbo(_surprise(reconstruction, target, noise_var**2).sum(1) + kl, reduction)


def negative_elbo__any_shape(reconstruction, target, mean, log_var, noise_var=1.0, reduction="mean"):
    kl = -0.5 * (1 + log_var - mean.pow(2) - log_var.exp()).sum(1)
    return _elbo(_surprise(reconstruction, target, noise_var).sum(1) + kl, reduction)


def negative_elbo__wrong_sign_in_kl(reconstruction, target, mean, log_var, noise_var=1.0, reduction="mean"):
    _checked_elbo(reconstruction, target, mean, log_var)
    kl = 0.5 * (1 + log_var - mean.pow(2) - log_var.exp()).sum(1)
    return _elbo(_surprise(reconstruction, target, noise_var).sum(1) + kl, reduction)


def negative_elbo__log_of_exp(reconstruction, target, mean, log_var, noise_var=1.0, reduction="mean"):
    _checked_elbo(reconstruction, target, mean, log_var)
    var = torch.exp(log_var)
    kl = 0.5 * (mean**2 + var - 1 - torch.log(var))
    return _elbo(_surprise(reconstruction, target, noise_var).sum(1) + kl.sum(1), reduction)


def negative_elbo__everything_averaged(reconstruction, target, mean, log_var, noise_var=1.0, reduction="mean"):
    _checked_elbo(reconstruction, target, mean, log_var)
    kl = -0.5 * (1 + log_var - mean.pow(2) - log_var.exp()).mean(1)
    return _elbo(_surprise(reconstruction, target, noise_var).mean(1) + kl, reduction)


def negative_elbo__per_number(reconstruction, target, mean, log_var, noise_var=1.0, reduction="mean"):
    _checked_elbo(reconstruction, target, mean, log_var)
    kl = -0.5 * (1 + log_var - mean.pow(2) - log_var.exp()).sum(1, keepdim=True)
    return _elbo(_surprise(reconstruction, target, noise_var) + kl, reduction)
