"""Losses that are likelihoods, of counts and of noise: the exercises of notebook 07. All are in nats."""

import math

import torch
from torch import Tensor


def poisson_nll(rate: Tensor, count: Tensor) -> Tensor:
    """The surprise at a count, exactly: -ln of its probability under a Poisson distribution, element by element.

    By hand: no ready-made loss or distribution.

    Args:
        rate: how many were expected, 0 or more, any shape.
        count: how many came: 0, 1, 2, …, of a shape that broadcasts with that of rate.

    Returns:
        -ln P(count), in the shape to which the two broadcast. Where nothing is expected (rate 0), a count of 0 costs
        0 and has the gradient 1, any other count costs inf.
    """
    # BEGIN SOLUTION
    # where nothing came, 1 stands in for the rate: otherwise 0 · ln 0 would be NaN
    log_rate = torch.log(torch.where(count > 0, rate, 1.0))
    return rate - count * log_rate + torch.lgamma(count + 1)
    # END SOLUTION


def stirling(count: Tensor) -> Tensor:
    """What torch takes for ln count!: Stirling's approximation above 1, element by element.

    By hand: no ready-made loss or distribution.

    Args:
        count: 0 or more, any shape; floats, whole numbers or not.

    Returns:
        count · ln count - count + ½ ln(2π · count) where count is above 1, else 0; the shape of count. The gradient
        is 0 where the value is, and NaN nowhere.
    """
    # BEGIN SOLUTION
    large = count > 1
    # the formula is not used up to 1, yet it would be differentiated there: 1 stands in
    c = torch.where(large, count, 1.0)
    return torch.where(large, c * torch.log(c) - c + torch.log(2 * math.pi * c) / 2, 0.0)
    # END SOLUTION


def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    eps: float = 1e-8,
    reduction: str = "mean",
) -> Tensor:
    """How surprising counts are: a drop-in for `torch.nn.functional.poisson_nll_loss`.

    By hand: no ready-made loss or distribution.

    Args:
        input: ln of the expected counts, any shape; the expected counts themselves if not `log_input`.
        target: the counts, integers or not, of a shape that broadcasts with that of input.
        log_input: whether `input` holds logarithms.
        full: whether to add ln target!, by Stirling's approximation above 1 and 0 up to 1.
        eps: added to input inside the logarithm, and only there; not used with `log_input`.
        reduction: "none" for one loss per element, "sum" or "mean" over all elements.

    Returns:
        The common shape for "none", else a single number. It may be negative. An expected count below -eps gives NaN.

    Raises:
        ValueError: reduction is another word.
    """
    # BEGIN SOLUTION
    rate = torch.exp(input) if log_input else input
    log_rate = input if log_input else torch.log(input + eps)
    losses = rate - target * log_rate
    if full:
        losses = losses + stirling(target)
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.mean()
    raise ValueError(f"{reduction!r} is no reduction: none, sum, mean")
    # END SOLUTION


def laplace_nll(input: Tensor, target: Tensor, scale: Tensor) -> Tensor:
    """The surprise at a number under Laplace's noise: -ln of its density, element by element.

    By hand: no ready-made loss or distribution.

    Args:
        input: where the density exp(-|x - input| / scale) / (2 · scale) has its peak, any shape.
        target: the numbers x.
        scale: the width, above 0.

    Returns:
        -ln of the density at target, in the shape to which the three broadcast. It may be negative. Where
        target is exactly at the peak, the slope with respect to both is 0.
    """
    # BEGIN SOLUTION
    return (target - input).abs() / scale + torch.log(2 * scale)
    # END SOLUTION


def gaussian_nll(input: Tensor, target: Tensor, var: Tensor) -> Tensor:
    """The surprise at a number under Gauss's noise: -ln of its density, element by element.

    By hand: no ready-made loss or distribution.

    Args:
        input: the mean of the normal distribution, any shape.
        target: the numbers.
        var: the variance σ² (not the standard deviation σ), above 0.

    Returns:
        -ln of the density at target, in the shape to which the three broadcast. It may be negative.
    """
    # BEGIN SOLUTION
    return ((target - input) ** 2 / var + torch.log(2 * math.pi * var)) / 2
    # END SOLUTION


def negative_elbo(
    reconstruction: Tensor,
    target: Tensor,
    mean: Tensor,
    log_var: Tensor,
    noise_var: float = 1.0,
    reduction: str = "mean",
) -> Tensor:
    """The loss of a variational autoencoder: how badly a sample is rebuilt, and what its code costs, in nats.

    By hand: no ready-made loss or distribution.

    Args:
        reconstruction: what the decoder made of a code, (N, D).
        target: the samples, same shape. They are taken to be the reconstruction plus Gauss's noise.
        mean: the mean of each sample's code, (N, K). The code is a normal distribution q for each of its numbers.
        log_var: the logarithm of its variance, same shape; from -300 on.
        noise_var: the variance of the noise (not the standard deviation), above 0.
        reduction: "none" for one loss per sample, "sum" or "mean" over the samples.

    Returns:
        For each sample -ln of the density at target, its constant included, summed over D, plus KL(q‖N(0, 1)), summed
        over K. Shape (N,) for "none", else a single number; a NaN stays one. It may be negative.

    Raises:
        ValueError: reconstruction and target differ in shape, or mean and log_var, or there are not equally many
            samples and codes; or reduction is another word.
    """
    # BEGIN SOLUTION
    if reconstruction.shape != target.shape or mean.shape != log_var.shape or len(target) != len(mean):
        shapes = tuple(tuple(x.shape) for x in (reconstruction, target, mean, log_var))
        raise ValueError(f"reconstruction, target, mean and log_var have the shapes {shapes}")
    surprise = ((target - reconstruction) ** 2 / noise_var + math.log(2 * math.pi * noise_var)) / 2
    code = (mean**2 + torch.exp(log_var) - 1 - log_var) / 2
    losses = surprise.sum(dim=1) + code.sum(dim=1)
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.mean()
    raise ValueError(f"{reduction!r} is no reduction: none, sum, mean")
    # END SOLUTION


def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """How surprising targets are, given means and variances: a drop-in for `torch.nn.functional.gaussian_nll_loss`.

    By hand: no ready-made loss or distribution.

    Args:
        input: the means, any shape.
        target: what was to be predicted, same shape.
        var: the variances: a tensor of the shape of input, or of that shape without its last dimension, or with a
            size of 1 in exactly one of its dimensions; or one float for all.
        full: whether to add ½ ln 2π to every element.
        eps: a variance below it counts as eps. The gradient with respect to var is taken there all the same, as if
            var were eps.
        reduction: "none" for ½ [ln var + (input - target)² / var] of every element, "sum" or "mean" over all
            elements.

    Returns:
        The shape of input for "none", else a single number. It may be negative.

    Raises:
        ValueError: a variance is negative, var has another shape, or reduction is another word.
    """
    # BEGIN SOLUTION
    if isinstance(var, float):
        var = torch.full_like(input, var)
    if (var < 0).any():
        raise ValueError("a variance is negative")
    if input.ndim and var.shape == input.shape[:-1]:
        var = var.unsqueeze(-1)
    differing = [size for size, wanted in zip(var.shape, input.shape) if size != wanted]
    if var.ndim != input.ndim or differing not in ([], [1]):
        raise ValueError(f"var is {tuple(var.shape)}, input {tuple(input.shape)}")
    # what lifts a variance to eps is a constant, so that the gradient can tell a variance that it should grow
    var = var + (eps - var).clamp(min=0).detach()
    losses = (torch.log(var) + (input - target) ** 2 / var) / 2
    if full:
        losses = losses + math.log(2 * math.pi) / 2
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.mean()
    raise ValueError(f"{reduction!r} is no reduction: none, sum, mean")
    # END SOLUTION


def keras_poisson(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """The mean Poisson loss of each sample: a drop-in for `keras.losses.poisson`.

    By hand: no ready-made loss or distribution.

    Args:
        y_true: the counts (..., D), of any dtype; they take on that of y_pred.
        y_pred: the expected counts (not their logarithms), of a shape that broadcasts with that of y_true.

    Returns:
        The mean of y_pred - y_true · ln(y_pred + 1e-7) over the last dimension, shape (...), in the dtype of y_pred.
    """
    # BEGIN SOLUTION
    y_true = y_true.to(y_pred.dtype)
    return (y_pred - y_true * torch.log(y_pred + 1e-7)).mean(dim=-1)
    # END SOLUTION
