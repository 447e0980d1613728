"""A margin that is never quite met: `soft_margin_loss`."""

from __future__ import annotations

from itertools import product
from math import prod

import numpy as np
import torch
from torch import Tensor, nan, tensor

from coursekit.exercise import (
    REDUCTIONS,
    Exercise,
    Function,
    Rng,
    each_reduction,
    no_elements,
    refuses,
    same_dtype,
    same_gradient,
    same_value,
    unknown_word,
)
from coursekit.graders.margins.common import DTYPES, READY_MADE, SCORES
from coursekit.graders.margins.soft_margin_mistakes import MISTAKES
from coursekit.graders.margins.soft_margin_spec import cases, soft_margin_spec, soft_margin_twin

soft_margin_loss = Exercise(
    "soft_margin_loss",
    soft_margin_spec,
    points=2,
    parity_points=2,
    forbids=READY_MADE,
    twin=soft_margin_twin,
    cases=cases,
    idea="The logistic loss of sides -1 and 1: it never is 0, so it never stops pulling.",
    hints=(
        "One formula for both sides: y · x is the margin, positive where the sign of the score is right.",
        "exp(-y · x) overflows at 89 in float32. ln(1 + exp z) is z for a large z: which torch functions know that?",
        "`logaddexp` takes the larger exponential out by itself. With a `clamp` by hand, look at the slope at 0.",
    ),
)


def sided(rng: Rng, *shape: int, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    """Scores and sides, as many of one as of the other or one more; of two or more, one score has the wrong sign."""
    count = prod(shape)
    while True:
        side = rng.permutation(np.arange(count) % 2 * 2 - 1)
        scores = rng.permutation(SCORES)[:count]
        if count < 2 or (side * scores < 0).any():
            break
    return tensor(scores.reshape(shape), dtype=dtype), tensor(side.reshape(shape), dtype=dtype)


@soft_margin_loss.check
def right_and_wrong(f: Function, rng: Rng) -> None:
    """A score of 5 costs 0.0067 on the right side and 5.0067 on the wrong one

    ln(1 + exp(-y · x)).
    """
    same_value(f, soft_margin_spec, tensor([5.0, 5.0]), tensor([1.0, -1.0]), reduction="none")
    same_value(f, soft_margin_spec, *sided(rng, 2, 3), reduction="none")


each_reduction(
    soft_margin_loss,
    lambda rng: sided(rng, 2, 3),
    "'mean', the default, is over all elements of a table; 'sum' too",
    "of_a_table",
    reductions=("mean", "sum", None),
)


@soft_margin_loss.check
def soft_slope(f: Function, rng: Rng) -> None:
    """The slope is -y · σ(-y · x): never 0, and never more than 1"""
    same_gradient(f, soft_margin_spec, *sided(rng, 2, 3), reduction="sum")
    same_gradient(f, soft_margin_spec, *sided(rng, 2, 3), scale=3.0)


@soft_margin_loss.check
def no_opinion(f: Function, rng: Rng) -> None:
    """A score of 0 costs ln 2 and has a slope of ½, towards its side"""
    same_gradient(f, soft_margin_spec, tensor([0.0]), tensor([1.0]))
    same_gradient(f, soft_margin_spec, tensor([0.0, 0.0]), tensor([-1.0, 1.0]), reduction="sum")


@soft_margin_loss.parity
def soft_reductions(f: Function, rng: Rng) -> None:
    """Three reductions, for one, two and three dimensions, and for a single number"""
    for shape, reduction in product(((2, 2), (3,), (2, 1, 3), ()), REDUCTIONS):
        same_value(f, soft_margin_spec, *sided(rng, *shape), reduction=reduction)


@soft_margin_loss.parity
def soft_gradients(f: Function, rng: Rng) -> None:
    """The gradient with every reduction, in both dtypes"""
    for reduction, dtype in product(REDUCTIONS, DTYPES):
        same_gradient(f, soft_margin_spec, *sided(rng, 2, 2, dtype=dtype), scale=3.0, reduction=reduction)


@soft_margin_loss.parity
def far_on_either_side(f: Function, rng: Rng) -> None:
    """Scores of ±1000 on the wrong side cost 1000, with a slope of 1; on the right side nothing

    torch itself gives inf and NaN here. A loss that overflows when the model is sure and wrong fails at the worst
    moment: this is the one place in the course where yours is to be better.
    """
    big = 100.0 * int(rng.integers(7, 11))
    for dtype, score, side in product(DTYPES, (big, -big, 95.0), (1.0, -1.0)):
        input = tensor([score, 0.4], dtype=dtype)
        same_gradient(f, soft_margin_spec, input, tensor([side, 1.0], dtype=dtype), reduction="sum")


@soft_margin_loss.parity
def other_sides(f: Function, rng: Rng) -> None:
    """A target of 0 costs ln 2 and has no slope: it is no side, and nothing converts it

    Targets are used as they are. Labels 0 and 1 are a mistake of the caller, and 2y - 1 is its cure.
    """
    same_gradient(f, soft_margin_spec, tensor([1.3, -0.8]), tensor([0.5, -2.0]), reduction="none")
    same_gradient(f, soft_margin_spec, tensor([5.0, -1.5]), tensor([0.0, 1.0]), reduction="sum")
    same_value(f, soft_margin_spec, tensor([1.3, -0.8]), tensor([0.0, 1.0]))


no_elements(
    soft_margin_loss, lambda rng: (torch.empty(0, 3),) * 2, name="soft_empty", reductions=("mean", "sum", "none")
)


@soft_margin_loss.parity
def soft_nan(f: Function, rng: Rng) -> None:
    """A NaN among the scores is not hidden"""
    same_value(f, soft_margin_spec, tensor([nan, 0.4]), tensor([1.0, -1.0]), reduction="none")
    same_value(f, soft_margin_spec, tensor([nan, 0.4]), tensor([1.0, -1.0]))


@soft_margin_loss.parity
def soft_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32, float64 stays float64, and an integer target takes part as it is"""
    for dtype in DTYPES:
        input, target = sided(rng, 2, 2, dtype=dtype)
        same_dtype(f, soft_margin_spec, input, target)
        same_dtype(f, soft_margin_spec, input, target.long())


unknown_word(soft_margin_loss, lambda rng: sided(rng, 3), name="soft_word")


@soft_margin_loss.parity
def soft_shapes(f: Function, rng: Rng) -> None:
    """(N, 1) against (N,) is refused

    A network with one output gives (N, 1), the targets are (N,): broadcast, they would be N × N losses.
    """
    input, target = sided(rng, 3)
    refuses(f, input[:, None], target)
    refuses(f, input, target[:, None])


soft_margin_loss.misconceptions.extend(MISTAKES)
