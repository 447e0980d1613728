"""What goes wrong in torch's loss of a model that knows its noise."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import torch
from torch import Tensor

from coursekit.exercise import Loss, Mistakes, argument_fixed, detached, usual_mistakes
from coursekit.graders.counts_and_noise.shared_mistakes import gaussian_mistakes, reduction_mistakes
from coursekit.graders.counts_and_noise.specs import HALF_LN_2PI, floored, gaussian_element, gaussian_nll_loss_spec

MISTAKES = wrong = Mistakes(gaussian_nll_loss_spec)

reduction_mistakes(wrong)


def of_elements(element: Loss) -> Loss:
    """The loss by another formula of input, target, variance and eps."""
    return partial(gaussian_nll_loss_spec, element=element)


gaussian_mistakes(wrong, lambda terms: of_elements(lambda x, t, v, eps: terms(t - x, floored(v, eps))))

# ---- the floor eps -----------------------------------------------------------------------------------------------

wrong.table(
    lambda floor: of_elements(partial(gaussian_element, floor=floor)),
    eps_added=(
        "eps is added to every variance. (torch's page says so, its code does not.) It is a floor: what is above "
        "stays.",
        lambda v, eps: v + eps,
    ),
    clamp_stops_gradient=(
        "The clamp stops the gradient of var: a variance below eps gets none, and can never grow again. torch lifts "
        "the number and lets the gradient pass: lift it by something detached.",
        lambda v, eps: v.clamp(min=eps),
    ),
    no_floor=("eps is not used: a variance of 0 gives inf or NaN.", lambda v, eps: v),
    fixed_floor=("eps is fixed at 1e-6, whatever was asked for.", lambda v, eps: floored(v, 1e-6)),
    floor_of_deviation=(
        "The standard deviation is kept at eps or more. eps is the least variance.",
        lambda v, eps: floored(v, eps**2),
    ),
    only_lifted_learn=(
        "The variances below eps were detached together with those above: the value is right, and only the variances "
        "that were lifted... get a gradient.",
        lambda v, eps: torch.where(v < eps, floored(v, eps), v.detach()),
    ),
)

wrong.table(
    of_elements,
    logarithm_not_lifted=(
        "The variance is lifted to eps below the square, but not in the logarithm: ln 0 is -inf.",
        lambda x, t, v, eps: (v.log() + (x - t).square() / floored(v, eps)) / 2,
    ),
    square_not_lifted=(
        "The variance is lifted to eps in the logarithm, but not below the square: an error over 0 is inf.",
        lambda x, t, v, eps: (floored(v, eps).log() + (x - t).square() / v) / 2,
    ),
)


@wrong("The variances of the caller were changed in place. Work on a copy: `var = var.clone()` before `clamp_`.")
def clamped_in_place(input: Tensor, target: Tensor, var: Tensor | float, eps: float = 1e-6, **flags: Any) -> Tensor:
    if isinstance(var, Tensor) and (var >= 0).all():
        with torch.no_grad():
            var.clamp_(min=eps)
    return gaussian_nll_loss_spec(input, target, var, eps=eps, **flags)


# ---- what `full` adds --------------------------------------------------------------------------------------------

argument_fixed(
    wrong, "gaussian_full_ignored", "`full` is ignored: with True it adds ½ ln 2π to every element.", full=False
)
argument_fixed(wrong, "gaussian_always_full", "½ ln 2π is added, although `full` is False.", full=True)


def full_adds(constant: float) -> Loss:
    """The loss with another number than ½ ln 2π for every element."""

    def loss(input: Tensor, target: Tensor, var: Tensor, full: bool = False, **flags: Any) -> Tensor:
        elements = input.numel() if flags.get("reduction") == "sum" else 1
        return gaussian_nll_loss_spec(input, target, var, **flags) + (constant * elements if full else 0.0)

    return loss


wrong.table(
    full_whole=("`full` adds ln 2π whole. It is halved: ½ ln 2π = 0.9189.", full_adds(2 * HALF_LN_2PI)),
    full_subtracted=(
        "`full` subtracts ½ ln 2π. It divides the density, so it adds to the loss.",
        full_adds(-HALF_LN_2PI),
    ),
    full_without_two=("`full` adds ½ ln π. The 2 of 2π is missing.", full_adds(math.log(math.pi) / 2)),
    full_without_logarithm=("`full` adds ½ · 2π, without the logarithm: it is ½ ln 2π.", full_adds(math.pi)),
    gaussian_full_once=(
        "½ ln 2π is added once, after the reduction. It belongs to every element: a sum holds it as often as it has "
        "elements.",
        lambda x, t, v, full=False, **flags: gaussian_nll_loss_spec(x, t, v, **flags) + (HALF_LN_2PI if full else 0.0),
    ),
)

# ---- the shapes of var, and what is refused ----------------------------------------------------------------------


@wrong(
    "A var without the last dimension was broadcast from the right: one variance per column. torch means one per row: "
    "`unsqueeze(-1)`."
)
def variance_of_columns(input: Tensor, target: Tensor, var: Tensor | float, **flags: Any) -> Tensor:
    if isinstance(var, Tensor) and var.shape == input.shape[:-1]:
        var = var.expand_as(input)
    return gaussian_nll_loss_spec(input, target, var, **flags)


@wrong(
    "Every shape of var that broadcasts is accepted. torch refuses all but three: the same, without the last "
    "dimension, and with a single dimension of size 1."
)
def any_shape(input: Tensor, target: Tensor, var: Tensor | float, **flags: Any) -> Tensor:
    if isinstance(var, Tensor):
        var = var.unsqueeze(-1) if var.shape == input.shape[:-1] else var
        input, var = input + 0 * var, var + 0 * input
    return gaussian_nll_loss_spec(input, target, var, **flags)


@wrong("A var without the last dimension is refused. torch takes it for one variance per row.")
def row_variance_refused(input: Tensor, target: Tensor, var: Tensor | float, **flags: Any) -> Tensor:
    if isinstance(var, Tensor) and var.ndim != input.ndim:
        raise ValueError("shape of var")
    return gaussian_nll_loss_spec(input, target, var, **flags)


@wrong("A size of 1 is accepted in the last dimension only. torch accepts it in any single dimension.")
def last_dimension_only(input: Tensor, target: Tensor, var: Tensor | float, **flags: Any) -> Tensor:
    if isinstance(var, Tensor) and var.shape[:-1] != input.shape[:-1] and var.shape != input.shape[:-1]:
        raise ValueError("shape of var")
    return gaussian_nll_loss_spec(input, target, var, **flags)


@wrong("A float is refused as var. torch takes it for the variance of every element.")
def float_refused(input: Tensor, target: Tensor, var: Tensor | float, **flags: Any) -> Tensor:
    if isinstance(var, float):
        raise TypeError("var must be a tensor")
    return gaussian_nll_loss_spec(input, target, var, **flags)


@wrong(
    "A negative variance passes: it is lifted to eps like a small one. It is a mistake of the model, and torch raises "
    "a ValueError."
)
def negative_lifted(input: Tensor, target: Tensor, var: Tensor | float, **flags: Any) -> Tensor:
    lifted = var + (-var).clamp(min=0).detach() if isinstance(var, Tensor) else max(var, 0.0)
    return gaussian_nll_loss_spec(input, target, lifted, **flags)


wrong.table(
    negative_unsigned=(
        "A negative variance loses its sign. It is a mistake of the model, and torch raises a ValueError.",
        lambda x, t, v, **flags: gaussian_nll_loss_spec(x, t, abs(v), **flags),
    ),
    negative_float_passes=(
        "A negative variance is refused only as a tensor. As a float it passes, and counts as eps.",
        lambda x, t, v, **flags: gaussian_nll_loss_spec(x, t, v if isinstance(v, Tensor) else max(v, 0.0), **flags),
    ),
)

# ---- gradient and dtype ------------------------------------------------------------------------------------------

detached(wrong, "target", "No gradient flows back to the target. In torch it does.", "gaussian_target_detached")
usual_mistakes(
    wrong,
    prefix="gaussian_",
    always_float32="Everything was converted to float32. float64 should stay float64.",
)


def without_constant(element: Loss) -> Loss:
    """The loss by another formula, and with `full` no more than without."""
    return lambda x, t, var, full=False, **flags: gaussian_nll_loss_spec(x, t, var, element=element, **flags)


wrong.terms(
    width=("½ ln var", without_constant(lambda x, t, v, eps: floored(v, eps).log() / 2 + 0 * (x + t))),
    distance=(
        "the square over 2 · var",
        without_constant(lambda x, t, v, eps: (x - t).square() / (2 * floored(v, eps))),
    ),
    two_pi=("½ ln 2π, which `full` adds,", of_elements(lambda x, t, v, eps: 0 * (x + t + v))),
)
wrong.table(
    of_elements,
    logarithm_of_one_more=(
        "The logarithm is of 1 + var. It is of the variance itself.",
        lambda x, t, v, eps: (floored(v, eps).log1p() + (x - t).square() / floored(v, eps)) / 2,
    ),
    logarithm_averaged=(
        "The logarithms of the variances are averaged, or that of their mean is taken. Each element has its own.",
        (
            lambda x, t, v, eps: (floored(v, eps).log().mean() + (x - t).square() / floored(v, eps)) / 2,
            lambda x, t, v, eps: (floored(v, eps).mean().log() + (x - t).square() / floored(v, eps)) / 2,
            lambda x, t, v, eps: (floored(v, eps).log() + (x - t).square() / floored(v, eps).mean()) / 2,
        ),
    ),
)


@wrong("The default eps is another one. It is 1e-6.")
def default_floor(input: Tensor, target: Tensor, var: Tensor | float, *args: Any, **flags: Any) -> Tensor:
    return gaussian_nll_loss_spec(input, target, var, *args, **({"eps": 1e-3} | flags))
