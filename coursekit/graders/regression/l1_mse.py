"""The absolute and the squared error: `l1_loss`, `mse_loss`."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, inf, nan, tensor

from coursekit.exercise import REDUCTIONS, Exercise, Function, reduced, same_gradient, same_value
from coursekit.graders.regression.common import READY_MADE, Loss, Rng, pair
from coursekit.graders.regression.smooth_l1 import smooth_formula
from coursekit.graders.regression.torch_common import (
    drop_in_parity,
    mean_and_sum,
    reduction_mistakes,
    torch_cases,
    torch_twin,
    weighed,
    weight_mistakes,
    weight_parity,
)

# ---- l1_loss -------------------------------------------------------------------------------------------------


def l1_spec(input: Tensor, target: Tensor, reduction: str = "mean", weight: Tensor | None = None) -> Tensor:
    """|input - target|; the weighted mean divides by the sum of the weights."""
    losses = weighed((input - target).abs(), input, weight)
    return reduced(losses, reduction, None if weight is None else weight.sum())


def weighted_loss(formula: Loss) -> Loss:
    """`formula(input, target)` with the reductions and weights of L1 and MSE."""

    def loss(input: Tensor, target: Tensor, reduction: str = "mean", weight: Tensor | None = None) -> Tensor:
        losses = weighed(formula(input, target), input, weight)
        return reduced(losses, reduction, None if weight is None else weight.sum())

    return loss


l1_loss = Exercise(
    "l1_loss",
    l1_spec,
    points=1,
    parity_points=2,
    forbids=READY_MADE,
    twin=torch_twin(torch.nn.functional.l1_loss, "weight"),
    cases=lambda: torch_cases({}, weights=True, edges=(0.0, 0.5, -2.0, inf, -inf, nan, 1e20)),
    idea="The slope of L1 is 1 however far off you are, so it is the number of points on either side that counts.",
    hints=(
        "First one number an element, the distance. Then three ways to leave it: as it is, summed, averaged.",
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
reduction_mistakes(l1_loss)
weight_mistakes(l1_loss, "`l1_loss`")
wrong_l1 = l1_loss.misconceptions.formula(weighted_loss)


@wrong_l1("This is the squared error. L1 is the distance itself.")
def squared_error(input: Tensor, target: Tensor) -> Tensor:
    return (input - target) ** 2


@wrong_l1("This is the difference with its sign: errors of opposite signs cancel. Take its absolute value.")
def signed_difference(input: Tensor, target: Tensor) -> Tensor:
    return input - target


@wrong_l1("Only predictions that are too high cost something here. Too low is as bad: take the absolute value.")
def too_high_only(input: Tensor, target: Tensor) -> Tensor:
    return (input - target).relu()


@wrong_l1("The absolute values are taken before the subtraction. Subtract first.")
def absolute_first(input: Tensor, target: Tensor) -> Tensor:
    return (input.abs() - target.abs()).abs()


@wrong_l1("The error is divided by the target's size: that is a relative error. L1 counts in the units of the target.")
def relative_error(input: Tensor, target: Tensor) -> Tensor:
    return (input - target).abs() / target.abs()


@wrong_l1("This is smooth L1: small errors are squared. L1 keeps its kink.")
def rounded_off(input: Tensor, target: Tensor) -> Tensor:
    return smooth_formula(input - target, 1.0)


@wrong_l1(
    "The root of the square is the right value, but where the prediction is right its gradient is NaN: the slope of "
    "the root at 0 is infinite. `abs` has no such trouble."
)
def root_of_square(input: Tensor, target: Tensor) -> Tensor:
    return ((input - target) ** 2).sqrt()


@wrong_l1(
    "A small number under the root avoids the NaN at 0 and rounds the loss off: a right prediction costs 0.001. `abs` "
    "needs no protection."
)
def padded_root(input: Tensor, target: Tensor) -> Tensor:
    return ((input - target) ** 2 + 1e-6).sqrt()


@wrong_l1(  # MSE8
    "Where the prediction is right, the slope is 1: `where(a >= b, a - b, b - a)` decides for one side. torch's is 0 "
    "there, as that of `abs`."
)
def slope_one_at_zero(input: Tensor, target: Tensor) -> Tensor:
    return torch.where(input >= target, input - target, target - input)


@wrong_l1(  # MSE8
    "Where the prediction is right, the slope is -1: `where(a > b, a - b, b - a)` decides for one side. torch's is 0 "
    "there, as that of `abs`."
)
def slope_minus_one_at_zero(input: Tensor, target: Tensor) -> Tensor:
    return torch.where(input > target, input - target, target - input)


@l1_loss.misconception("The errors are averaged first, then made positive: opposite signs have cancelled by then.")
def distance_of_means(input: Tensor, target: Tensor, reduction: str = "mean", weight: Tensor | None = None) -> Tensor:
    signed = weighted_loss(signed_difference)
    return signed(input, target, reduction, weight).abs()


# ---- mse_loss ------------------------------------------------------------------------------------------------


def mse_spec(input: Tensor, target: Tensor, reduction: str = "mean", weight: Tensor | None = None) -> Tensor:
    """(input - target)²; the weighted mean divides by the sum of the weights."""
    difference = input - target
    losses = weighed(difference * difference, input, weight)
    return reduced(losses, reduction, None if weight is None else weight.sum())


mse_loss = Exercise(
    "mse_loss",
    mse_spec,
    points=1,
    parity_points=2,
    forbids=READY_MADE,
    twin=torch_twin(torch.nn.functional.mse_loss, "weight"),
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
reduction_mistakes(mse_loss)
weight_mistakes(mse_loss, "`mse_loss`")
wrong_mse = mse_loss.misconceptions.formula(weighted_loss)


@wrong_mse(  # MSE4
    "This is half the squared error. The factor ½ makes a handsome derivative, but torch does not have it."
)
def half_square(input: Tensor, target: Tensor) -> Tensor:
    return (input - target) ** 2 / 2


@wrong_mse("This is the absolute error. The squared error multiplies the error by itself.")
def absolute_error(input: Tensor, target: Tensor) -> Tensor:
    return (input - target).abs()


@wrong_mse("Each value is squared before the subtraction. Subtract first, then square.")
def squares_subtracted(input: Tensor, target: Tensor) -> Tensor:
    return input**2 - target**2


@wrong_mse("The square keeps the sign of the error. A square is never negative.")
def signed_square(input: Tensor, target: Tensor) -> Tensor:
    return (input - target) * (input - target).abs()


@wrong_mse("The error is divided by the target first: that is a relative error.")
def relative_square(input: Tensor, target: Tensor) -> Tensor:
    return ((input - target) / target) ** 2


@wrong_mse(
    "This is a² - 2ab + b², in which three large numbers cancel: of two values near 1e8 that differ by 0.5 nothing is "
    "left. Subtract first, then square."
)
def expanded(input: Tensor, target: Tensor) -> Tensor:
    return input**2 - 2 * input * target + target**2


def after_mean(explanation: str) -> Callable[[Loss], None]:
    """Registers what is done to the right mean; the other reductions stay right."""

    def add(function: Loss) -> None:
        def loss(input: Tensor, target: Tensor, reduction: str = "mean", weight: Tensor | None = None) -> Tensor:
            if reduction != "mean":
                return mse_spec(input, target, reduction, weight)
            return function(input, target, weight)

        mse_loss.misconception(explanation, function.__name__)(loss)

    return add


@after_mean(  # MSE5
    "This is the root of the mean, the RMSE: in the units of the target, but with a NaN for a gradient at a perfect "
    "fit. The MSE is not rooted."
)
def root_mean_square(input: Tensor, target: Tensor, weight: Tensor | None) -> Tensor:
    return mse_spec(input, target, "mean", weight).sqrt()


@after_mean(  # MSE6
    "This is the norm of the error, the root of the sum of squares. The mean squared error has no root, and divides."
)
def norm_of_error(input: Tensor, target: Tensor, weight: Tensor | None) -> Tensor:
    return mse_spec(input, target, "sum", weight).sqrt()


@after_mean("The errors are averaged before they are squared: opposite signs have cancelled by then.")
def square_of_mean(input: Tensor, target: Tensor, weight: Tensor | None) -> Tensor:
    return weighted_loss(signed_difference)(input, target, "mean", weight) ** 2


@after_mean(
    "This is the variance of the errors: their mean was taken off first, so a prediction that is always 5 too high "
    "costs nothing."
)
def variance_of_errors(input: Tensor, target: Tensor, weight: Tensor | None) -> Tensor:
    error = input - target
    return mse_spec(error, error.mean().expand_as(error), "mean", weight)


@mse_loss.misconception(
    "The weight multiplies the error before it is squared, so it counts squared. Weigh the squares."
)
def weight_squared(input: Tensor, target: Tensor, reduction: str = "mean", weight: Tensor | None = None) -> Tensor:
    losses = weighed(input - target, input, weight) ** 2
    return reduced(losses, reduction, None if weight is None else weight.sum())
