"""The absolute and the squared error: `l1_loss`, `mse_loss`."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, inf, nan, tensor

from coursekit.exercise import (
    REDUCTIONS,
    Exercise,
    Function,
    Loss,
    Rng,
    reduced,
    same_gradient,
    same_value,
    torch_twin,
    with_defaults,
)
from coursekit.graders.regression.common import READY_MADE, pair
from coursekit.graders.regression.torch_checks import drop_in_parity, mean_and_sum, torch_cases, weight_parity
from coursekit.graders.regression.torch_mistakes import divisor_mistakes, reduction_mistakes, weight_mistakes
from coursekit.graders.regression.torch_spec import l1_spec, mse_spec, smooth_formula, weighed, weighted_loss

# ---- l1_loss -----------------------------------------------------------------------------------------------------

l1_loss = Exercise(
    "l1_loss",
    l1_spec,
    points=1,
    parity_points=2,
    forbids=READY_MADE,
    twin=torch_twin(F.l1_loss, "reduction", "weight"),
    cases=lambda: torch_cases({}, weights=True, edges=(0.0, 0.5, -2.0, inf, -inf, nan, 1e20)),
    idea="The slope of L1 is 1 however far off you are, so it is the number of points on either side that counts.",
    hints=(
        "First one number per element, the distance. Then three ways to leave it: as it is, summed, averaged.",
        "`x.abs()` has the slope 0 at 0, as torch's loss has. A root of a square, or a `where`, has not.",
        "With weights: multiply before you reduce, and look in the docstring for what the mean divides by. Compare "
        "`weight.shape` with `input.shape` first.",
    ),
)


@l1_loss.check
def distances(f: Function, rng: Rng) -> None:
    """'none': predicted 3 and 1, right were 1 and 2: losses 2 and 1"""
    same_value(f, l1_spec, tensor([3.0, 1.0]), tensor([1.0, 2.0]), reduction="none")
    same_value(f, l1_spec, *pair(rng, 2, 3), reduction="none")


mean_and_sum(l1_loss)


@l1_loss.check
def l1_gradient(f: Function, rng: Rng) -> None:
    """The slope is 1 or -1, divided by the number of elements in a mean"""
    same_gradient(f, l1_spec, tensor([3.0, 1.0]), tensor([1.0, 2.0]), reduction="sum")
    same_gradient(f, l1_spec, *pair(rng, 2, 3))


drop_in_parity(l1_loss, {})


@l1_loss.parity
def l1_at_the_kink(f: Function, rng: Rng) -> None:
    """Where the prediction is right, the slope is 0

    Between -1 and 1 every slope would do. torch takes 0, so that a right prediction is left alone.
    """
    input, target = tensor([2.0, 0.5, -1.0]), tensor([2.0, 1.0, -1.0])
    same_gradient(f, l1_spec, input, target, wrt=(0, 1), reduction="sum")
    same_gradient(f, l1_spec, input, target, "mean", tensor([0.5, 2.0, 1.0]), wrt=(0, 1))


weight_parity(l1_loss, {})

signed_loss = weighted_loss(lambda x, y: x - y)  # errors of opposite signs cancel in it
wrong_l1 = l1_loss.misconceptions
reduction_mistakes(wrong_l1)
weight_mistakes(wrong_l1)
divisor_mistakes(wrong_l1, "`l1_loss`")
wrong_l1.table(
    weighted_loss,
    squared_error=("This is the squared error. L1 is the distance itself.", lambda x, y: (x - y) ** 2),
    signed_difference=(
        "This is the difference with its sign: errors of opposite signs cancel. Take its absolute value.",
        lambda x, y: x - y,
    ),
    too_high_only=(
        "Only predictions that are too high cost something here. Too low is as bad: take the absolute value.",
        lambda x, y: (x - y).relu(),
    ),
    absolute_first=(
        "The absolute values are taken before the subtraction. Subtract first.",
        lambda x, y: (x.abs() - y.abs()).abs(),
    ),
    relative_error=(
        "The error is divided by the target's size: that is a relative error. L1 counts in the units of the target.",
        lambda x, y: (x - y).abs() / y.abs(),
    ),
    rounded_off=(
        "This is smooth L1: small errors are squared. L1 keeps its kink.",
        lambda x, y: smooth_formula(x - y, 1.0),
    ),
    root_of_square=(
        "The root of the square is the right value, but where the prediction is right its gradient is NaN: the slope "
        "of the root at 0 is infinite. `abs` has no such trouble.",
        lambda x, y: ((x - y) ** 2).sqrt(),
    ),
    padded_root=(
        "A small number under the root avoids the NaN at 0 and rounds the loss off: with 1e-6 a right prediction costs "
        "0.001. `abs` needs no protection.",
        lambda x, y, *, eps=1e-6: ((x - y) ** 2 + eps).sqrt(),
    ),
    slope_one_at_zero=(
        "Where the prediction is right, the slope is 1: `where(a >= b, a - b, b - a)` decides for one side. torch's is "
        "0 there, as that of `abs`.",
        lambda x, y: torch.where(x >= y, x - y, y - x),
        "MSE8",
    ),
    slope_minus_one_at_zero=(
        "Where the prediction is right, the slope is -1: `where(a > b, a - b, b - a)` decides for one side. torch's is "
        "0 there, as that of `abs`.",
        lambda x, y: torch.where(x > y, x - y, y - x),
        "MSE8",
    ),
)
wrong_l1.table(
    distance_of_means=(
        "The errors are averaged first, then made positive: opposite signs have cancelled by then.",
        lambda *args, **flags: signed_loss(*args, **flags).abs(),
    ),
)

# ---- mse_loss ----------------------------------------------------------------------------------------------------

mse_loss = Exercise(
    "mse_loss",
    mse_spec,
    points=1,
    parity_points=2,
    forbids=READY_MADE,
    twin=torch_twin(F.mse_loss, "reduction", "weight"),
    cases=lambda: torch_cases({}, weights=True, edges=(0.0, 0.5, -2.0, inf, -inf, nan, 1e15)),
    idea="The slope of the squared error is twice the error: far points pull hard, and right ones let go.",
    hints=(
        "All is as in `l1_loss` but for one line.",
        "Subtract, then square: `x.square()` or `x**2`. No factor ½, no root.",
        "Weights multiply the squares, not the errors. The mean divides by their sum.",
    ),
)


@mse_loss.check
def squares(f: Function, rng: Rng) -> None:
    """'none': predicted 3 and 0.5, right were 1 and 2: losses 4 and 2.25"""
    same_value(f, mse_spec, tensor([3.0, 0.5]), tensor([1.0, 2.0]), reduction="none")
    same_value(f, mse_spec, *pair(rng, 2, 3), reduction="none")


mean_and_sum(mse_loss)


@mse_loss.check
def mse_gradient(f: Function, rng: Rng) -> None:
    """The slope is twice the error, divided by the number of elements in a mean"""
    same_gradient(f, mse_spec, tensor([3.0, 0.5]), tensor([1.0, 2.0]), reduction="sum")
    same_gradient(f, mse_spec, *pair(rng, 2, 3))


drop_in_parity(mse_loss, {})


@mse_loss.parity
def perfect_fit(f: Function, rng: Rng) -> None:
    """A perfect fit: loss 0, gradient 0"""
    fit = tensor([2.0, 0.5])
    for reduction in REDUCTIONS:
        same_gradient(f, mse_spec, fit, fit.clone(), wrt=(0, 1), reduction=reduction)
    same_gradient(f, mse_spec, tensor([2.0, 0.5]), tensor([2.0, 1.0]), wrt=(0, 1))


@mse_loss.parity
def far_from_zero(f: Function, rng: Rng) -> None:
    """Large numbers that are close together (float64)

    The error must be formed first. a² - 2ab + b² loses all its digits here.
    """
    _, target = pair(rng, 3, dtype=torch.float64)
    same_value(f, mse_spec, target + 1e8 + 0.5, target + 1e8)


weight_parity(mse_loss, {})

wrong_mse = mse_loss.misconceptions
reduction_mistakes(wrong_mse)
weight_mistakes(wrong_mse)
divisor_mistakes(wrong_mse, "`mse_loss`")
wrong_mse.table(
    weighted_loss,
    half_square=(
        "This is half the squared error. The factor ½ makes a handsome derivative, but torch does not have it.",
        lambda x, y: (x - y) ** 2 / 2,
        "MSE4",
    ),
    absolute_error=(
        "This is the absolute error. The squared error multiplies the error by itself.",
        lambda x, y: (x - y).abs(),
    ),
    squares_subtracted=(
        "Each value is squared before the subtraction. Subtract first, then square.",
        lambda x, y: x**2 - y**2,
    ),
    signed_square=(
        "The square keeps the sign of the error. A square is never negative.",
        lambda x, y: (x - y) * (x - y).abs(),
    ),
    relative_square=(
        "The error is divided by the target first: that is a relative error.",
        lambda x, y: ((x - y) / y) ** 2,
    ),
    expanded=(
        "This is a² - 2ab + b², in which three large numbers cancel: of two values near 1e8 that differ by 0.5 nothing "
        "is left. Subtract first, then square.",
        lambda x, y: x**2 - 2 * x * y + y**2,
    ),
)


def in_mean(formula: Loss) -> Loss:
    """`formula(input, target, weight)` in place of the mean; the other reductions are right."""
    whole = with_defaults(wrong_mse)
    return whole(lambda x, y, word, weight: formula(x, y, weight) if word == "mean" else mse_spec(x, y, word, weight))


wrong_mse.table(
    in_mean,
    root_mean_square=(
        "This is the root of the mean, the RMSE: in the units of the target, but with a NaN for a gradient at a "
        "perfect fit. The MSE is not rooted.",
        lambda x, y, weight: mse_spec(x, y, "mean", weight).sqrt(),
        "MSE5",
    ),
    norm_of_error=(
        "This is the norm of the error, the root of the sum of squares. The mean squared error has no root, and "
        "divides.",
        lambda x, y, weight: mse_spec(x, y, "sum", weight).sqrt(),
        "MSE6",
    ),
    square_of_mean=(
        "The errors are averaged before they are squared: opposite signs have cancelled by then.",
        lambda x, y, weight: signed_loss(x, y, "mean", weight) ** 2,
    ),
)


@wrong_mse.formula(in_mean)(
    "This is the variance of the errors: their mean was taken off first, so a prediction that is always 5 too high "
    "costs nothing."
)
def variance_of_errors(input: Tensor, target: Tensor, weight: Tensor | None) -> Tensor:
    error = input - target
    return mse_spec(error, error.mean().expand_as(error), "mean", weight)


@wrong_mse.formula(with_defaults(wrong_mse))(
    "The weight multiplies the error before it is squared, so it counts squared. Weigh the squares."
)
def weight_squared(input: Tensor, target: Tensor, reduction: str, weight: Tensor | None) -> Tensor:
    losses = weighed(input - target, input, weight) ** 2
    return reduced(losses, reduction, None if weight is None else weight.sum())
