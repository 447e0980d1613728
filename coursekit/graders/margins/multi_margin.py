"""The right class against each of the others: `multi_margin_loss`."""

from __future__ import annotations

from itertools import product
from typing import Any

import torch
from torch import Tensor, tensor

from coursekit.exercise import (
    REDUCTIONS,
    Exercise,
    Function,
    Rng,
    refuses,
    same_dtype,
    same_gradient,
    same_value,
    unknown_word,
)
from coursekit.graders.margins.common import DTYPES, READY_MADE, draw_factors, draw_scores, of_a_batch
from coursekit.graders.margins.multi_margin_argument_mistakes import ARGUMENT_MISTAKES
from coursekit.graders.margins.multi_margin_sample_mistakes import SAMPLE_MISTAKES
from coursekit.graders.margins.multi_margin_spec import cases, multi_margin_spec, others

multi_margin_loss = Exercise(
    "multi_margin_loss",
    multi_margin_spec,
    points=2,
    parity_points=3,
    forbids=READY_MADE,
    twin=torch.nn.functional.multi_margin_loss,
    cases=cases,
    idea="The right score shall be ahead of each other one by the margin; who is behind adds what is missing, over C.",
    hints=(
        "`gather` takes the right score of each row; a dimension of size 1 lets it meet all scores of the row.",
        "margin - right + scores, cut off at 0, to the power p. The right class itself must not take part.",
        "Divide by C, not by C - 1. The factor of the right class comes after the power, and the mean divides by N.",
        "Where a gap is exactly 0, torch's slope is 0. `relu` has that slope, `clamp` has 1.",
    ),
)


def batch(rng: Rng, rows: int, classes: int) -> tuple[Tensor, Tensor]:
    """Scores and right classes.

    Not all classes are alike, some gap is open and some is not, and one row has two open gaps if it has three classes.
    """
    while True:
        input, target = draw_scores(rng, rows, classes), tensor(rng.integers(0, classes, size=rows))
        gaps = torch.stack([1 - row[y] + others(row, int(y)) for row, y in zip(input, target, strict=True)])
        open_gaps = (gaps > 0).sum(1)
        if (
            (rows == 1 or len(set(target.tolist())) > 1)
            and (open_gaps.max() >= 2 or classes < 3)
            and 0 < open_gaps.sum() < gaps.numel()
        ):
            return input, target


@multi_margin_loss.check
def one_sample(f: Function, rng: Rng) -> None:
    """Scores 0.1, 0.2, 0.4 and 0.8, the last is right: (0.3 + 0.4 + 0.6) / 4 = 0.325

    The right class is not compared with itself, and the sum is divided by the number of classes, 4.
    """
    same_value(f, multi_margin_spec, tensor([[0.1, 0.2, 0.4, 0.8]]), tensor([3]))
    same_value(f, multi_margin_spec, *batch(rng, 1, 4))


@multi_margin_loss.check
def only_who_is_close(f: Function, rng: Rng) -> None:
    """A class that is behind by more than the margin adds nothing

    Scores 2, 0.5, 3.1 and -1, the first is right: only the third is too close, and costs 2.1 / 4.
    """
    same_value(f, multi_margin_spec, tensor([[2.0, 0.5, 3.1, -1.0]]), tensor([0]))
    same_value(f, multi_margin_spec, tensor([[2.0, 0.5, 0.1]] * 2), tensor([0, 1]), reduction="none")


of_a_batch(multi_margin_loss, lambda rng: batch(rng, 3, 4))


@multi_margin_loss.check
def slope(f: Function, rng: Rng) -> None:
    """Each class that is too close has a slope of 1/C, the right one minus their sum"""
    same_gradient(f, multi_margin_spec, tensor([[2.0, 1.5, 3.1, -1.0]]), tensor([0]), reduction="sum")
    same_gradient(f, multi_margin_spec, *batch(rng, 3, 4), scale=3.0)


@multi_margin_loss.check
def other_margins(f: Function, rng: Rng) -> None:
    """`margin` says how far ahead"""
    same_value(f, multi_margin_spec, tensor([[0.1, 0.2, 0.4, 0.8]]), tensor([3]), margin=2.0)
    same_value(f, multi_margin_spec, *batch(rng, 2, 3), margin=0.75)
    same_value(f, multi_margin_spec, *batch(rng, 2, 3), margin=2.25)


@multi_margin_loss.check
def squared_gaps(f: Function, rng: Rng) -> None:
    """With p = 2 each gap is squared, and then they are added: (0.09 + 0.16 + 0.36) / 4 = 0.1525"""
    same_value(f, multi_margin_spec, tensor([[0.1, 0.2, 0.4, 0.8]]), tensor([3]), p=2)
    same_gradient(f, multi_margin_spec, *batch(rng, 2, 4), p=2)


@multi_margin_loss.parity
def weights(f: Function, rng: Rng) -> None:
    """A factor for each class: that of the right one, and the mean still divides by N

    Each reduction, both powers. The factor stands outside the power: 3 counts threefold, not ninefold.
    """
    for p, reduction in product((1, 2), ("none", "sum", "mean")):
        input, target = batch(rng, 3, 3)
        same_value(f, multi_margin_spec, input, target, p=p, weight=draw_factors(rng, 3), reduction=reduction)
    same_value(f, multi_margin_spec, tensor([[0.1, 0.2]]), tensor([1]), p=2, weight=tensor([1.0, 3.0]))


@multi_margin_loss.parity
def every_pair_of_flags(f: Function, rng: Rng) -> None:
    """Value and gradient for every p, margin and reduction, with weights"""
    for p, margin, reduction in product((1, 2), (1.0, 0.75), REDUCTIONS):
        flags: dict[str, Any] = {"p": p, "margin": margin, "reduction": reduction}
        same_gradient(f, multi_margin_spec, *batch(rng, 2, 4), scale=3.0, weight=draw_factors(rng, 4), **flags)


@multi_margin_loss.parity
def in_order(f: Function, rng: Rng) -> None:
    """The parameters stand in torch's order: p, margin, weight"""
    same_value(f, multi_margin_spec, *batch(rng, 2, 3), 2, 0.75, draw_factors(rng, 3))


@multi_margin_loss.parity
def met_exactly(f: Function, rng: Rng) -> None:
    """A margin that is met exactly has a slope of 0

    Scores 2, 1 and 1.5: the second is behind by exactly 1. Any slope from 0 to 1/3 could be defended; torch takes 0.
    """
    same_gradient(f, multi_margin_spec, tensor([[2.0, 1.0, 1.5]]), tensor([0]))
    same_gradient(f, multi_margin_spec, tensor([[0.5, 0.5, 0.25]]), tensor([1]), margin=0.25, reduction="sum")
    same_gradient(f, multi_margin_spec, tensor([[0.5, 0.5, 1.5]]), tensor([1]), margin=0.0)


@multi_margin_loss.parity
def unusual_margins(f: Function, rng: Rng) -> None:
    """A margin of 0, a negative one, and a whole number"""
    same_value(f, multi_margin_spec, tensor([[2.0, 2.5, 1.9]]), tensor([0]), margin=0.0)
    same_value(f, multi_margin_spec, tensor([[2.0, 2.5, 3.9]]), tensor([0]), margin=-1.0)
    same_value(f, multi_margin_spec, *batch(rng, 2, 3), margin=3)


@multi_margin_loss.parity
def single_sample(f: Function, rng: Rng) -> None:
    """A single sample, (C,) with a target of shape (), gives a single number"""
    input, target = batch(rng, 1, 4)
    for reduction in ("none", "sum", "mean"):
        same_gradient(f, multi_margin_spec, input[0], target[0], reduction=reduction)
    same_value(f, multi_margin_spec, input[0], target[0], weight=draw_factors(rng, 4), reduction="none")


@multi_margin_loss.parity
def far_scores(f: Function, rng: Rng) -> None:
    """Scores of ±1000"""
    big = 100.0 * int(rng.integers(8, 11))
    for p in (1, 2):
        same_gradient(f, multi_margin_spec, tensor([[big, -big, 0.25]] * 2), tensor([0, 1]), p=p, reduction="sum")


@multi_margin_loss.parity
def dtypes(f: Function, rng: Rng) -> None:
    """float32 stays float32, float64 stays float64"""
    for dtype, p in product(DTYPES, (1, 2)):
        input, target = batch(rng, 2, 3)
        same_dtype(f, multi_margin_spec, input.to(dtype), target, p=p)
        same_dtype(f, multi_margin_spec, input.to(dtype), target, p=p, weight=draw_factors(rng, 3).to(dtype))


@multi_margin_loss.parity
def no_class(f: Function, rng: Rng) -> None:
    """A target that is no class is refused, a negative one too

    There is no `ignore_index` here, and Python's x[-1] is no reason for a target of -1 to pass.
    """
    input = batch(rng, 2, 3)[0]
    for label in (3, -1, -100):
        refuses(f, input, tensor([1, label]))


@multi_margin_loss.parity
def other_powers(f: Function, rng: Rng) -> None:
    """p is 1 or 2, any other is refused"""
    for p in (3, 0, 1.5):
        refuses(f, *batch(rng, 2, 3), p=p)


@multi_margin_loss.parity
def shapes(f: Function, rng: Rng) -> None:
    """Shapes that do not fit are refused: a target too few, a factor too few"""
    input, target = batch(rng, 2, 3)
    refuses(f, input, target[:1])
    refuses(f, input, target[:, None])
    refuses(f, input, torch.eye(3, dtype=torch.int64)[target])
    refuses(f, input, target, weight=draw_factors(rng, 1))
    refuses(f, input, target, weight=draw_factors(rng, 4))


unknown_word(multi_margin_loss, lambda rng: batch(rng, 2, 3))
multi_margin_loss.misconceptions.extend(SAMPLE_MISTAKES)
multi_margin_loss.misconceptions.extend(ARGUMENT_MISTAKES)
