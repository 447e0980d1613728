"""What is right: the formula of each exercise, and the parts of it in whose place mistakes put their own."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from coursekit.exercise import Loss, reduced

# ---- counts ------------------------------------------------------------------------------------------------------


def poisson_nll_spec(rate: Tensor, count: Tensor) -> Tensor:
    """Rate - count · ln rate + ln count!, with 0 ln 0 = 0."""
    log_rate = rate.where(count > 0, 1.0).log()
    return rate - count * log_rate + (count + 1).lgamma()


def stirling_formula(count: Tensor) -> Tensor:
    """Stirling's approximation of ln count!, as it stands."""
    return count * count.log() - count + (2 * math.pi * count).log() / 2


def stirling_spec(count: Tensor) -> Tensor:
    """Stirling's approximation above 1, 0 up to 1."""
    return stirling_formula(count.where(count > 1, 1.0)).where(count > 1, 0.0)


def rate_and_log(input: Tensor, log_input: bool, eps: float) -> tuple[Tensor, Tensor]:
    """λ, and the logarithm of it that the loss uses."""
    return (input.exp(), input) if log_input else (input, (input + eps).log())


def poisson_element(input: Tensor, target: Tensor, log_input: bool, eps: float) -> Tensor:
    """λ - target · ln λ."""
    rate, log_of_rate = rate_and_log(input, log_input, eps)
    return rate - target * log_of_rate


def poisson_nll_loss_spec(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    eps: float = 1e-8,
    reduction: str = "mean",
    element: Loss = poisson_element,
    constant: Loss = stirling_spec,
) -> Tensor:
    """Exp(input) - target · input, or input - target · ln(input + eps); with full, plus Stirling's ln target!."""
    losses = element(input, target, log_input, eps)
    return reduced(losses + constant(target) if full else losses, reduction)


def keras_poisson_spec(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """The mean over the last dimension of y_pred - y_true · ln(y_pred + 1e-7)."""
    return padded_poisson(y_true, y_pred, 1e-7)


def padded_poisson(y_true: Tensor, y_pred: Tensor, eps: float) -> Tensor:
    """The same with another small number."""
    losses = y_pred - y_true.to(y_pred.dtype) * (y_pred + eps).log()
    return losses.sum(-1) / losses.shape[-1]


# ---- noise -------------------------------------------------------------------------------------------------------

HALF_LN_2PI = math.log(2 * math.pi) / 2


def laplace_nll_spec(input: Tensor, target: Tensor, scale: Tensor) -> Tensor:
    """|target - input| / scale + ln(2 · scale)."""
    return (target - input).abs() / scale + (2 * scale).log()


def gaussian_nll_spec(input: Tensor, target: Tensor, var: Tensor) -> Tensor:
    """½ ln(2π · var) + (target - input)² / (2 · var)."""
    return (2 * math.pi * var).log() / 2 + (target - input).square() / (2 * var)


def aligned(input: Tensor, var: Tensor | float) -> Tensor:
    """The variances in a shape that broadcasts as torch means it: one dimension short means one variance per row."""
    v = torch.full_like(input, var) if isinstance(var, float) else var
    if (v < 0).any():
        raise ValueError("negative variance")
    if input.ndim and v.shape == input.shape[:-1]:
        v = v.unsqueeze(-1)
    differing = [size for size, wanted in zip(v.shape, input.shape) if size != wanted]
    if v.ndim != input.ndim or differing not in ([], [1]):
        raise ValueError("shape of var")
    return v


def floored(var: Tensor, eps: float) -> Tensor:
    """What is below eps becomes eps, while the gradient passes as if nothing had happened."""
    return var + (eps - var).clamp(min=0).detach()


def gaussian_element(input: Tensor, target: Tensor, var: Tensor, eps: float, floor: Loss = floored) -> Tensor:
    """½ [ln v + (input - target)² / v], with v the variance or eps, whichever is larger."""
    v = floor(var, eps)
    return (v.log() + (input - target).square() / v) / 2


def gaussian_nll_loss_spec(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
    element: Loss = gaussian_element,
) -> Tensor:
    """½ [ln v + (input - target)² / v], with v the variance or eps, whichever is larger; with full, plus ½ ln 2π."""
    losses = element(input, target, aligned(input, var), eps)
    return reduced(losses + HALF_LN_2PI if full else losses, reduction)


# ---- a hidden cause ----------------------------------------------------------------------------------------------


def code_kl(mean: Tensor, log_var: Tensor) -> Tensor:
    """KL(N(mean, var)‖N(0, 1)) of each number of a code."""
    return (mean.square() + log_var.exp() - 1 - log_var) / 2


def same_samples(reconstruction: Tensor, target: Tensor, mean: Tensor, log_var: Tensor) -> None:
    """Raises ValueError unless each sample has its reconstruction and its code."""
    if reconstruction.shape != target.shape or mean.shape != log_var.shape or len(target) != len(mean):
        raise ValueError("a sample without its reconstruction or its code")


def negative_elbo_spec(
    reconstruction: Tensor,
    target: Tensor,
    mean: Tensor,
    log_var: Tensor,
    noise_var: float = 1.0,
    reduction: str = "mean",
) -> Tensor:
    """Gauss's surprise at each sample, constant included, and the KL of its code from N(0, 1), summed."""
    same_samples(reconstruction, target, mean, log_var)
    surprise = gaussian_nll_spec(reconstruction, target, torch.full_like(target, noise_var))
    return reduced(surprise.sum(1) + code_kl(mean, log_var).sum(1), reduction)
