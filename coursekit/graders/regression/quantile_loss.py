"""A price for each side: `quantile_loss`, also called the pinball loss, which no framework has."""

from __future__ import annotations

from itertools import product
from typing import Any

import torch
from torch import Tensor, inf, nan, ones, tensor

from coursekit.exercise import (
    REDUCTIONS,
    Exercise,
    Function,
    Loss,
    Rng,
    argument_fixed,
    other_default,
    reduced,
    refuses,
    same_gradient,
    same_value,
    with_defaults,
)
from coursekit.graders.regression.common import READY_MADE, pair
from coursekit.graders.regression.torch_checks import drop_in_parity, mean_and_sum, torch_cases
from coursekit.graders.regression.torch_mistakes import reduction_mistakes
from coursekit.graders.regression.torch_spec import huber_formula

QUANTILES: tuple[dict[str, Any], ...] = ({"quantile": 0.5}, {"quantile": 0.9}, {"quantile": 0.25})


def loss_of(formula: Loss) -> Loss:
    """`formula(d, q)` of d = target - input as a loss, with the reductions and refusals around it."""

    def loss(input: Tensor, target: Tensor, quantile: float = 0.5, reduction: str = "mean") -> Tensor:
        if not 0 < quantile < 1:
            raise ValueError(f"quantile is {quantile}")
        return reduced(formula(target - input, quantile), reduction)

    return loss


def sides(d: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """`low` where the prediction is too low, `high` where it is too high, the mean of both where it is right."""
    return (torch.where(d > 0, low, high) + torch.where(d >= 0, low, high)) / 2


def pinball(d: Tensor, q: float) -> Tensor:
    """q for each unit that the prediction is too low, 1 - q for each that it is too high."""
    return sides(d, q * d, (q - 1) * d)


spec = loss_of(pinball)

quantile_loss = Exercise(
    "quantile_loss",
    spec,
    points=1,
    parity_points=2,
    forbids=READY_MADE,
    cases=lambda: torch_cases(
        {}, *QUANTILES, {"quantile": 0.01}, weights=False, edges=(0.0, 0.3, -0.5, 1.0, -2.0, inf, -inf, nan, 1e20)
    ),
    idea="The prices of the two sides, q and 1 - q, decide which quantile is asked for: equal prices, the median.",
    hints=(
        "Take d = target - input. On which side of the target is the prediction where d is positive?",
        "Two straight lines through 0, with the slopes q and q - 1 in d. One of them is positive, the other is not.",
        "Of the two lines the loss is always the upper one. `torch.maximum` has a slope at the kink, too: print it.",
    ),
)


@quantile_loss.check
def two_prices(f: Function, rng: Rng) -> None:
    """Quantile 0.9: a prediction that is 10 too low costs 9, one that is 10 too high costs 1

    Nine in ten targets are to lie below the prediction. So it is the low one that is dear.
    """
    same_value(f, spec, tensor([0.0, 20.0]), tensor([10.0, 10.0]), quantile=0.9, reduction="none")
    same_value(f, spec, *pair(rng, 2, 3), quantile=0.9, reduction="none")


@quantile_loss.check
def other_quantiles(f: Function, rng: Rng) -> None:
    """Quantile 0.25: a unit too low costs 0.25, a unit too high 0.75"""
    same_value(f, spec, tensor([0.0, 2.0]), ones(2), quantile=0.25, reduction="none")
    for quantile in (0.1, 0.75):
        same_value(f, spec, *pair(rng, 2, 3), quantile=quantile, reduction="none")


@quantile_loss.check
def median_by_default(f: Function, rng: Rng) -> None:
    """The default is 0.5, the median: half the distance on either side"""
    same_value(f, spec, tensor([3.0, 1.0]), tensor([1.0, 2.0]), reduction="none")
    same_value(f, spec, *pair(rng, 2, 3), reduction="none")


mean_and_sum(quantile_loss)


@quantile_loss.check
def quantile_gradient(f: Function, rng: Rng) -> None:
    """The slope is -q where the prediction is too low, 1 - q where it is too high"""
    for quantile in (0.9, 0.25, 0.5):
        same_gradient(f, spec, *pair(rng, 2, 3), quantile=quantile, reduction="sum")


drop_in_parity(quantile_loss, *QUANTILES)


@quantile_loss.parity
def positions(f: Function, rng: Rng) -> None:
    """By position: the quantile is third, the reduction fourth"""
    for quantile, reduction in product((0.9, 0.25), REDUCTIONS):
        same_value(f, spec, *pair(rng, 2, 2), quantile, reduction)
    same_value(f, spec, *pair(rng, 3), 0.9)


@quantile_loss.parity
def quantile_at_the_kink(f: Function, rng: Rng) -> None:
    """Where the prediction is right, the slope is the mean of the two: 1/2 - q

    Every slope between them would do. This one is 0 for the median, as in `l1_loss`.
    """
    for quantile in (0.9, 0.25, 0.5):
        input, target = tensor([2.0, 0.5, -1.0]), tensor([2.0, 1.0, -1.0])
        same_gradient(f, spec, input, target, wrt=(0, 1), quantile=quantile, reduction="sum")


@quantile_loss.parity
def quantiles_at_the_end(f: Function, rng: Rng) -> None:
    """A quantile of 0 or 1 is refused

    One of the sides would cost nothing, so no prediction could be far enough on the other.
    """
    refuses(f, *pair(rng, 3), quantile=0.0)
    refuses(f, *pair(rng, 3), quantile=1.0)


@quantile_loss.parity
def quantiles_that_are_none(f: Function, rng: Rng) -> None:
    """A quantile below 0 or above 1 is refused, such as 90 for 90 %"""
    refuses(f, *pair(rng, 3), quantile=-0.5)
    refuses(f, *pair(rng, 3), quantile=1.5)
    refuses(f, *pair(rng, 3), quantile=90)


wrong = quantile_loss.misconceptions
reduction_mistakes(wrong)
argument_fixed(wrong, "quantile_ignored", "The quantile is not used: both sides cost ½ a unit.", quantile=0.5)
other_default(
    wrong,
    "ninety_by_default",
    "Where no quantile is given, it is 0.9 here. A call without one asks for the median.",
    quantile=0.9,
)
wrong.table(
    loss_of,
    sides_exchanged=(
        "The two sides have changed places, so 0.9 asks for the lowest tenth. Too low costs q, too high 1 - q: "
        "d is target - input.",
        lambda d, q: pinball(-d, q),
    ),
    twice_as_dear=(
        "The loss is twice as large, so that the median gives L1. A unit too low costs q, and not 2q.",
        lambda d, q: 2 * pinball(d, q),
    ),
    one_price=(
        "Both sides cost the quantile a unit. Too low costs q, too high costs 1 - q.",
        lambda d, q: q * d.abs(),
    ),
    same_price=("This is L1: both sides cost 1 a unit. Each has a price of its own.", lambda d, _q: d.abs()),
    one_line=(
        "One line for both sides: a prediction that is too high earns something. Beyond 0 the other line goes on, with "
        "the slope q - 1.",
        lambda d, q: q * d,
    ),
    sign_forgotten=(
        "Where the prediction is too high, the loss is negative: d is negative there, and (1 - q)·d is too. The price "
        "multiplies the distance.",
        lambda d, q: sides(d, q * d, (1 - q) * d),
    ),
    lower_line=(
        "This is the lower of the two lines, and never positive. The loss is the upper one.",
        lambda d, q: -pinball(-d, q),
    ),
    high_is_free=(
        "Only predictions that are too low cost something, so every one that is high enough is best. Too high costs "
        "1 - q a unit.",
        lambda d, q: sides(d, q * d, 0 * d.nan_to_num(posinf=0.0, neginf=0.0)),
    ),
    low_is_free=(
        "Only predictions that are too high cost something, so every one that is low enough is best. Too low costs q a "
        "unit.",
        lambda d, q: sides(d, 0 * d.nan_to_num(posinf=0.0, neginf=0.0), (q - 1) * d),
    ),
    expectile=(
        "The distances are squared: this asks for an expectile, a relative of the mean. Each unit costs the same, "
        "however far off.",
        lambda d, q: sides(d, q * d**2, (1 - q) * d**2),
    ),
    quantile_huber=(
        "The kink is rounded off: this is the quantile Huber loss of reinforcement learning. Both lines go on to 0.",
        lambda d, q: sides(d, q * huber_formula(d, 1.0), (1 - q) * huber_formula(d, 1.0)),
    ),
    per_cent=(
        "The quantile is divided by 100. It comes as a share: 0.9, and not 90.",
        lambda d, q: pinball(d, q / 100),
    ),
    price_of_low_at_kink=(
        "The value is right, and where the prediction is right the slope is -q: `where(d >= 0, …)` decides for one "
        "side. The docstring asks for the mean of both; `torch.maximum` has it.",
        lambda d, q: torch.where(d >= 0, q * d, (q - 1) * d),
    ),
    price_of_high_at_kink=(
        "The value is right, and where the prediction is right the slope is 1 - q: `where(d > 0, …)` decides for one "
        "side. The docstring asks for the mean of both; `torch.maximum` has it.",
        lambda d, q: torch.where(d > 0, q * d, (q - 1) * d),
    ),
    flat_at_kink=(
        "The value is right, and where the prediction is right the slope is 0, that of `relu`. It should be 1/2 - q, "
        "which is 0 for the median only.",
        lambda d, q: q * d.relu() + (1 - q) * (-d).relu(),
    ),
)
wrong.table(
    with_defaults(wrong),
    ends_pass=(
        "A quantile of 0 or 1 passes. One side is free then, and the other is fled without end: raise a ValueError.",
        lambda x, y, q, word: reduced(pinball(y - x, q), word) if q in (0, 1) else spec(x, y, q, word),
    ),
    every_quantile_passes=(
        "A quantile that is none passes: below 0 or above 1 a distance earns something. Raise a ValueError.",
        lambda x, y, q, word: reduced(pinball(y - x, q), word),
    ),
    only_far_ones_refused=(
        "0 and 1 are refused, and what lies beyond passes. Both ends have an outside: `0 < quantile < 1`.",
        lambda x, y, q, word: reduced(pinball(y - x, q), word) if not 0 <= q <= 1 else spec(x, y, q, word),
    ),
)
wrong.table(
    reduction_before_quantile=(
        "By position the reduction comes before the quantile here. The quantile is the third argument.",
        lambda x, y, reduction="mean", quantile=0.5: spec(x, y, quantile, reduction),
    ),
)


@wrong(
    "Each side is averaged over its own points, so how many they are has no say, and it is by their numbers that a "
    "quantile is found. Divide by the number of all."
)
def means_apart(input: Tensor, target: Tensor, quantile: float = 0.5, reduction: str = "mean") -> Tensor:
    losses = spec(input, target, quantile, "none")
    low = target > input
    return losses[low].mean() + losses[~low].mean() if reduction == "mean" else reduced(losses, reduction)


wrong.terms(
    loss_of,
    too_low=("the price of what is too low", lambda d, q: sides(d, q * d, 0 * d)),
    too_high=("the price of what is too high", lambda d, q: sides(d, 0 * d, (q - 1) * d)),
)
wrong.table(
    loss_of,
    dear_side_for_both=(
        "Both sides cost 1 - quantile a unit. Too low costs q, too high costs 1 - q.",
        lambda d, q: (1 - q) * d.abs(),
    ),
    price_of_both=(
        "One side is multiplied by q (1 - q). Too low costs q a unit, too high 1 - q.",
        (
            lambda d, q: sides(d, q * d, -q * (1 - q) * d),
            lambda d, q: sides(d, q * (1 - q) * d, (q - 1) * d),
            lambda d, q: q * (1 - q) * d.abs(),
        ),
    ),
)
