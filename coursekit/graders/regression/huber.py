"""The curve of smooth L1, delta times as high: `huber_loss`."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import inf, nan, tensor

from coursekit.exercise import (
    Exercise,
    Function,
    Rng,
    Row,
    other_default,
    refuses,
    same_gradient,
    same_value,
    torch_twin,
    with_defaults,
)
from coursekit.graders.regression.common import READY_MADE, pair
from coursekit.graders.regression.torch_checks import (
    at_the_threshold,
    drop_in_parity,
    mean_and_sum,
    torch_cases,
    weight_parity,
)
from coursekit.graders.regression.torch_mistakes import (
    BY_NONZERO,
    divided,
    infinite_slope,
    reduction_mistakes,
    weight_mistakes,
)
from coursekit.graders.regression.torch_spec import (
    branches,
    huber_formula,
    huber_like,
    huber_spec,
    l1_spec,
    mse_spec,
    near_and_far,
    smooth_formula,
    weighed,
)

DELTAS: tuple[dict[str, Any], ...] = ({"delta": 1.0}, {"delta": 0.5}, {"delta": 2.0})

# float32 beside float64 stays float32 in torch's huber_loss alone (the result takes on the dtype of input). That is an
# accident of its C++, which no check asks for; the cases have float64 as input.
huber_loss = Exercise(
    "huber_loss",
    huber_spec,
    points=2,
    parity_points=2,
    forbids=READY_MADE,
    twin=torch_twin(F.huber_loss, "reduction", "delta", "weight"),
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


# Wrong formulas of an error and delta, which Keras's Huber invites as well
CURVES: dict[str, Row] = {
    "is_smooth_l1": (
        "This is smooth L1, which is Huber divided by delta. In Huber the parabola stays d²/2 whatever delta is.",
        smooth_formula,
        "HUB1 HUB7",
    ),
    "line_not_lowered": (
        "The line starts too high: delta·|d| lacks its -delta²/2, and the loss jumps at delta.",
        lambda d, delta: branches(d, delta, lambda x: x**2 / 2, lambda x: delta * x),
    ),
    "line_lowered_twice": (
        "The line is delta·(|d| - delta): the ½ is missing, and the loss falls to 0 at delta.",
        lambda d, delta: branches(d, delta, lambda x: x**2 / 2, lambda x: delta * (x - delta)),
    ),
    "line_lowered_by_half": (
        "The line is delta·|d| - delta/2: delta stands outside the bracket, delta · (|d| - delta/2).",
        lambda d, delta: branches(d, delta, lambda x: x**2 / 2, lambda x: delta * x - delta / 2),
    ),
    "line_of_slope_one": (
        "The line is |d| - delta/2, with the slope 1. Its slope is delta: delta · (|d| - delta/2).",
        lambda d, delta: branches(d, delta, lambda x: x**2 / 2, lambda x: x - delta / 2),
    ),
    "line_of_delta_one": (
        "The line is |d| - ½, right for delta = 1 only. It has the slope delta and meets the parabola at delta²/2.",
        lambda d, delta: branches(d, delta, lambda x: x**2 / 2, lambda x: x - 0.5),
        "HUB2",
    ),
    "slope_of_one": (
        "The line has the slope 1. To go on smoothly from the parabola it needs the slope delta.",
        lambda d, delta: branches(d, delta, lambda x: x**2 / 2, lambda x: x - delta + delta**2 / 2),
    ),
    "whole_square": (
        "The ½ of the parabola is missing: d² has twice the slope of the line where they should meet.",
        lambda d, delta: branches(d, delta, lambda x: x**2, lambda x: delta * (x - delta / 2)),
    ),
    "doubled": (
        "The loss is twice Huber's, so that the parabola is d². torch's, and Huber's own, is d²/2.",
        lambda d, delta: 2 * huber_formula(d, delta),
    ),
    "delta_ignored": ("delta is not used: the threshold stays at 1.", lambda d, delta: huber_formula(d, 1.0)),
    "scaled_error": (
        "The error is divided by delta first. Huber counts in the units of the target: only the threshold is delta.",
        lambda d, delta: huber_formula(d / delta, 1.0),
    ),
    "sign_chooses": (
        "The sign of the error decides: the condition is |d| < delta, and without the absolute value every negative "
        "error falls to the parabola.",
        lambda d, delta: torch.where(d < delta, d.clamp(max=delta) ** 2 / 2, delta * (d.abs() - delta / 2)),
    ),
    "exchanged": (
        "The branches are exchanged: the square belongs to the small errors, the line to the large ones.",
        lambda d, delta: branches(d, delta, lambda x: delta * (x - delta / 2), lambda x: x**2 / 2),
    ),
    "only_parabola": (
        "This is half the square everywhere. Beyond delta the loss goes on in a straight line.",
        lambda d, delta: d**2 / 2,
    ),
    "only_line": (
        "This is L1, times delta. Inside delta the kink is rounded off by a parabola.",
        lambda d, delta: delta * d.abs(),
    ),
    "capped_at_delta": (
        "Beyond delta the loss is capped at delta²/2: a constant has no slope, so outliers would be ignored entirely. "
        "In Huber they still pull, with the force delta.",
        lambda d, delta: d.abs().clamp(max=delta) ** 2 / 2,
    ),
    "pseudo_huber": (
        "This is the pseudo-Huber loss, a hyperbola. Huber's is a parabola and two straight lines.",
        lambda d, delta: delta**2 * ((1 + (d / delta) ** 2).sqrt() - 1),
    ),
}

wrong = huber_loss.misconceptions
infinite_slope(wrong)
reduction_mistakes(wrong)
weight_mistakes(wrong)
wrong.table(
    divided(wrong),
    divided_by_weights=(
        "The weighted mean divides by the sum of the weights. So does torch in `mse_loss` and `l1_loss`, but not in "
        "`huber_loss`: there it divides by the number of elements.",
        lambda weight: weight.sum(),
        "MSE10",
    ),
    divided_by_nonzero=BY_NONZERO,
)
wrong.table(huber_like, **CURVES)
wrong.table(
    with_defaults(wrong),
    error_weighed=(
        "The weight multiplies the error, before the formula. Weigh the losses.",
        lambda x, y, word, delta, w: huber_spec(weighed(x - y, x, w), torch.zeros_like(x), word, delta),
    ),
    zero_delta_passes=(
        "A delta of 0 passes. That loss is 0 everywhere, and not L1; torch refuses every delta that is not positive.",
        lambda x, y, word, delta, w: huber_spec(x, y, word, delta, w) if delta else 0 * mse_spec(x, y, word, w),
        "HUB6",
    ),
    zero_delta_is_l1=(
        "A delta of 0 is taken for L1. That is what `smooth_l1_loss` does with beta = 0; `huber_loss` refuses it.",
        lambda x, y, word, delta, w: huber_spec(x, y, word, delta, w) if delta else l1_spec(x, y, word, w),
        "HUB6",
    ),
    negative_delta_passes=(
        "A negative delta passes for its absolute value. It has no meaning: raise an error.",
        lambda x, y, word, delta, w: huber_spec(x, y, word, abs(delta), w),
    ),
)
other_default(
    wrong,
    "other_delta_by_default",
    "Where no delta is given, it is 1.345 here, the constant of robust statistics for errors of standard deviation 1. "
    "torch's default is 1.",
    delta=1.345,
)
wrong.terms(
    huber_like,
    parabola=("the parabola, inside,", lambda d, delta: near_and_far(d, delta, lambda x: x**2 / 2, None)),
    line=("delta · |d|, outside,", lambda d, delta: near_and_far(d, delta, None, lambda x: delta * x)),
    offset=("the -delta²/2, outside,", lambda d, delta: near_and_far(d, delta, None, lambda x: 0 * x - delta**2 / 2)),
)
wrong.table(
    huber_like,
    inside_not_squared=(
        "Inside delta the error is not squared. The parabola is d²/2.",
        lambda d, delta: near_and_far(d, delta, lambda x: x / 2, lambda x: delta * (x - delta / 2)),
    ),
)
