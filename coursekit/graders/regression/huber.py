"""The curve of smooth L1, delta times as high: `huber_loss`."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, inf, nan, tensor

from coursekit.exercise import Exercise, Function, reduced, refuses, same_gradient, same_value
from coursekit.graders.regression.common import READY_MADE, Loss, Rng, pair
from coursekit.graders.regression.l1_mse import l1_spec, mse_spec
from coursekit.graders.regression.smooth_l1 import at_the_threshold, branches, default_of, smooth_formula
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


def huber_formula(d: Tensor, delta: float) -> Tensor:
    """Huber of an error d: a parabola, and tangents to it from delta on."""
    return branches(d, delta, lambda x: x**2 / 2, lambda x: delta * (x - delta / 2))


def huber_spec(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight: Tensor | None = None
) -> Tensor:
    """D²/2 for an error d below δ, δ(|d| - δ/2) beyond; the weighted mean divides by the number of elements."""
    if not delta > 0:
        raise ValueError(f"delta is {delta}")
    return reduced(weighed(huber_formula(input - target, delta), input, weight), reduction)


DELTAS: tuple[dict[str, Any], ...] = ({"delta": 1.0}, {"delta": 0.5}, {"delta": 2.0})

# float32 beside float64 stays float32 in torch's huber_loss alone (the result takes on the dtype of input). That is an
# accident of its C++, which no check asks for; the cases have float64 as input.
huber_loss = Exercise(
    "huber_loss",
    huber_spec,
    points=2,
    parity_points=2,
    forbids=READY_MADE,
    twin=torch_twin(torch.nn.functional.huber_loss, "delta", "weight"),
    cases=lambda: torch_cases(
        {}, *DELTAS, {"delta": 0.3}, {"delta": 1e6}, weights=True, edges=(0.0, 0.3, -0.5, 1.0, -2.0, inf, -inf, nan)
    ),
    idea="Huber is half the squared error until delta, then its tangent: no point pulls harder than delta.",
    hints=(
        "Half the square for |d| up to delta. Beyond, a straight line: what slope must it have to go on smoothly?",
        "The tangent at delta has the slope delta and meets the parabola at delta²/2. Write it as delta · (|d| - …).",
        "The weighted mean divides by the number of elements, unlike that of `mse_loss`. delta = 0 is an error here.",
    ),
)


@huber_loss.check
def parabola_and_line(f: Function, rng: Rng) -> None:
    """Errors 0.5, -0.5, 3 and -3 cost 0.125, 0.125, 2.5 and 2.5

    With delta = 1 it is smooth L1.
    """
    same_value(f, huber_spec, tensor([1.5, 0.5, 4.0, -2.0]), torch.ones(4), reduction="none")
    same_value(f, huber_spec, *pair(rng, 2, 3), reduction="none")


mean_and_sum(huber_loss)


@huber_loss.check
def other_deltas(f: Function, rng: Rng) -> None:
    """With delta = 2, errors of 1 and 3 cost 0.5 and 4

    The parabola stays the same whatever delta is. Only the line changes.
    """
    same_value(f, huber_spec, tensor([2.0, 4.0]), torch.ones(2), reduction="none", delta=2.0)
    same_value(f, huber_spec, *pair(rng, 2, 3), reduction="none", delta=0.5)
    same_value(f, huber_spec, *pair(rng, 2, 3), delta=2.5)


@huber_loss.check
def huber_gradient(f: Function, rng: Rng) -> None:
    """The slope is d inside, ±delta outside"""
    for delta in (1.0, 0.5, 2.0):
        same_gradient(f, huber_spec, *pair(rng, 2, 3), reduction="sum", delta=delta)


drop_in_parity(huber_loss, *DELTAS)
at_the_threshold(huber_loss, "delta")
weight_parity(huber_loss, *DELTAS)


@huber_loss.parity
def delta_is_positive(f: Function, rng: Rng) -> None:
    """A delta of 0 is refused, a negative one too

    With a delta of 0 there is nothing left of the loss: its slope is 0 everywhere.
    """
    refuses(f, *pair(rng, 3), delta=0.0)
    refuses(f, *pair(rng, 3), delta=-1.0)


@huber_loss.parity
def large_delta(f: Function, rng: Rng) -> None:
    """With a delta beyond all errors it is half the squared error"""
    same_gradient(f, huber_spec, *pair(rng, 3), delta=100.0)


reduction_mistakes(huber_loss)
weight_mistakes(huber_loss, "`huber_loss`")


def huber_like(formula: Loss) -> Loss:
    """`formula(d, delta)` with the reductions and weights of Huber."""

    def loss(
        input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight: Tensor | None = None
    ) -> Tensor:
        if not delta > 0:
            raise ValueError(f"delta is {delta}")
        return reduced(weighed(formula(input - target, delta), input, weight), reduction)

    return loss


wrong_huber = huber_loss.misconceptions.formula(huber_like)


@wrong_huber(  # HUB1, HUB7
    "This is smooth L1, which is Huber divided by delta. In Huber the parabola stays d²/2 whatever delta is."
)
def is_smooth_l1(d: Tensor, delta: float) -> Tensor:
    return smooth_formula(d, delta)


@wrong_huber("The line starts too high: delta·|d| lacks its -delta²/2, and the loss jumps at delta.")
def line_not_lowered(d: Tensor, delta: float) -> Tensor:
    return branches(d, delta, lambda x: x**2 / 2, lambda x: delta * x)


@wrong_huber("The line is delta·(|d| - delta): the ½ is missing, and the loss falls to 0 at delta.")
def line_lowered_twice(d: Tensor, delta: float) -> Tensor:
    return branches(d, delta, lambda x: x**2 / 2, lambda x: delta * (x - delta))


@wrong_huber(  # HUB2
    "The line is |d| - ½, right for delta = 1 only. It has the slope delta and meets the parabola at delta²/2."
)
def line_of_delta_one(d: Tensor, delta: float) -> Tensor:
    return branches(d, delta, lambda x: x**2 / 2, lambda x: x - 0.5)


@wrong_huber("The line has the slope 1. To go on smoothly from the parabola it needs the slope delta.")
def slope_of_one(d: Tensor, delta: float) -> Tensor:
    return branches(d, delta, lambda x: x**2 / 2, lambda x: x - delta + delta**2 / 2)


@wrong_huber("The ½ of the parabola is missing: d² has twice the slope of the line where they should meet.")
def whole_square(d: Tensor, delta: float) -> Tensor:
    return branches(d, delta, lambda x: x**2, lambda x: delta * (x - delta / 2))


@wrong_huber("The loss is twice Huber's, so that the parabola is d². torch's, and Huber's own, is d²/2.")
def doubled(d: Tensor, delta: float) -> Tensor:
    return 2 * huber_formula(d, delta)


@wrong_huber("delta is not used: the threshold stays at 1.")
def delta_ignored(d: Tensor, delta: float) -> Tensor:
    return huber_formula(d, 1.0)


@wrong_huber(
    "The error is divided by delta first. Huber counts in the units of the target: only the threshold is delta."
)
def scaled_error(d: Tensor, delta: float) -> Tensor:
    return huber_formula(d / delta, 1.0)


@wrong_huber(
    "The sign of the error decides: the condition is |d| < delta, and without the absolute value every negative error "
    "falls to the parabola."
)
def sign_chooses(d: Tensor, delta: float) -> Tensor:
    return torch.where(d < delta, d.clamp(max=delta) ** 2 / 2, delta * (d.abs() - delta / 2))


@wrong_huber("The branches are exchanged: the square belongs to the small errors, the line to the large ones.")
def exchanged(d: Tensor, delta: float) -> Tensor:
    size = d.abs()
    return torch.where(size < delta, delta * (size - delta / 2), size**2 / 2)


@wrong_huber("This is half the square everywhere. Beyond delta the loss goes on in a straight line.")
def only_parabola(d: Tensor, delta: float) -> Tensor:
    return d**2 / 2


@wrong_huber("This is L1, times delta. Inside delta the kink is rounded off by a parabola.")
def only_line(d: Tensor, delta: float) -> Tensor:
    return delta * d.abs()


@wrong_huber(
    "Beyond delta the loss is capped at delta²/2: a constant has no slope, so outliers would be ignored entirely. In "
    "Huber they still pull, with the force delta."
)
def capped_at_delta(d: Tensor, delta: float) -> Tensor:
    return d.abs().clamp(max=delta) ** 2 / 2


@wrong_huber("This is the pseudo-Huber loss, a hyperbola. Huber's is a parabola and two straight lines.")
def pseudo_huber(d: Tensor, delta: float) -> Tensor:
    return delta**2 * ((1 + (d / delta) ** 2).sqrt() - 1)


@huber_loss.misconception("The weight multiplies the error, before the formula. Weigh the losses.")
def error_weighed(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight: Tensor | None = None
) -> Tensor:
    return huber_spec(weighed(input - target, input, weight), torch.zeros_like(input), reduction, delta)


@huber_loss.misconception(  # HUB6
    "A delta of 0 passes. That loss is 0 everywhere, and not L1; torch refuses every delta that is not positive."
)
def zero_delta_passes(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight: Tensor | None = None
) -> Tensor:
    if delta == 0:
        return 0 * mse_spec(input, target, reduction, weight)
    return huber_spec(input, target, reduction, delta, weight)


@huber_loss.misconception(  # HUB6
    "A delta of 0 is taken for L1. That is what `smooth_l1_loss` does with beta = 0; `huber_loss` refuses it."
)
def zero_delta_is_l1(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight: Tensor | None = None
) -> Tensor:
    return huber_spec(input, target, reduction, delta, weight) if delta else l1_spec(input, target, reduction, weight)


@huber_loss.misconception("A negative delta passes for its absolute value. It has no meaning: raise an error.")
def negative_delta_passes(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight: Tensor | None = None
) -> Tensor:
    return huber_spec(input, target, reduction, abs(delta), weight)


default_of(
    "delta",
    1.345,
    "The default of delta is 1.345, the constant of robust statistics for errors of standard deviation 1. torch's "
    "default is 1.",
    huber_loss,
)
