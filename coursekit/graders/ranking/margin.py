"""What is missing to the right order: `margin_ranking_loss`, as torch has it."""

from __future__ import annotations

import math
from itertools import product

import torch
from torch import Tensor, inf, nan, tensor

from coursekit.exercise import (
    REDUCTIONS,
    Exercise,
    Function,
    Rng,
    refuses,
    same_dtype,
    same_gradient,
    same_value,
    torch_twin,
    unknown_word,
)
from coursekit.graders.ranking.common import READY_MADE, draw_scores
from coursekit.graders.ranking.margin_mistakes import MISTAKES
from coursekit.graders.ranking.margin_spec import cases, margin_ranking_spec

MARGINS = (0.0, 0.5, 2.0)

margin_ranking_loss = Exercise(
    "margin_ranking_loss",
    margin_ranking_spec,
    points=2,
    parity_points=2,
    forbids=READY_MADE,
    twin=torch_twin(torch.nn.functional.margin_ranking_loss, "margin", "reduction", tensors=3),
    cases=cases,
    idea="A hinge on the lead: it asks for the right order, by a margin, and for nothing more.",
    hints=(
        "Which of the two should be larger? `target * (input1 - input2)` is its lead, whichever it is.",
        "What is missing to the margin is margin - lead. Nothing is missing where that is negative.",
        "The reductions are those that you know. Ask for equal numbers of dimensions first.",
        "Equal scores and a margin of 0 are exactly at the edge. Print the gradient there for `relu`, `torch.maximum` "
        "and `clamp`: torch's is the largest of the three.",
    ),
)


def comparisons(rng: Rng, *shape: int, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor, Tensor]:
    """Scores and targets: among four or more, right ones and wrong ones of either sign, some of them closely."""
    leads = tensor([1.3, -0.3, 2.6, -1.1, 0.4, -2.4], dtype=dtype)  # of input1
    signs = tensor([1.0, 1.0, -1.0, -1.0, -1.0, -1.0], dtype=dtype)
    order = torch.from_numpy(rng.permutation(6))
    order = order[: math.prod(shape)] if math.prod(shape) > 3 else order[order < 4][: math.prod(shape)]
    input2 = draw_scores(rng, 6, dtype=dtype)[: len(order)]
    input1 = (input2 + leads[order]).round(decimals=1)
    return input1.reshape(shape), input2.reshape(shape), signs[order].reshape(shape)


@margin_ranking_loss.check
def three_comparisons(f: Function, rng: Rng) -> None:
    """1 against 2, 2 against 2, 3 against 2, with targets 1, 1, -1: losses 1, 0 and 1

    The article of the lesson, with the right shapes.
    """
    one, two, target = tensor([1.0, 2.0, 3.0]), tensor([2.0, 2.0, 2.0]), tensor([1.0, 1.0, -1.0])
    same_value(f, margin_ranking_spec, one, two, target, reduction="none")
    same_value(f, margin_ranking_spec, *comparisons(rng, 6), reduction="none")


@margin_ranking_loss.check
def with_a_margin(f: Function, rng: Rng) -> None:
    """With a margin of 0.5, a lead of 0.3 costs 0.2, whichever should lead"""
    one, two, target = tensor([1.3, 1.0, 3.0]), tensor([1.0, 1.3, 1.0]), tensor([1.0, -1.0, 1.0])
    same_value(f, margin_ranking_spec, one, two, target, margin=0.5, reduction="none")
    same_value(f, margin_ranking_spec, *comparisons(rng, 6), margin=0.5, reduction="none")
    same_value(f, margin_ranking_spec, *comparisons(rng, 6), margin=2.0, reduction="none")


@margin_ranking_loss.check
def mean_by_default(f: Function, rng: Rng) -> None:
    """The mean over all comparisons by default, those that cost nothing included; 'sum' too"""
    same_value(f, margin_ranking_spec, *comparisons(rng, 2, 3))
    same_value(f, margin_ranking_spec, *comparisons(rng, 6), margin=0.5)
    same_value(f, margin_ranking_spec, *comparisons(rng, 2, 3), reduction="sum")


@margin_ranking_loss.check
def pulls_of_one(f: Function, rng: Rng) -> None:
    """The gradient: 1 where something is missing, 0 where the lead is large enough"""
    for margin in (0.0, 0.5):
        same_gradient(f, margin_ranking_spec, *comparisons(rng, 6), wrt=(0, 1), margin=margin, reduction="sum")


@margin_ranking_loss.parity
def reductions_and_margins(f: Function, rng: Rng) -> None:
    """Reductions × margins, for one, two and three dimensions, and for single numbers"""
    for margin, reduction in product(MARGINS, REDUCTIONS):
        same_value(f, margin_ranking_spec, *comparisons(rng, 2, 3), margin=margin, reduction=reduction)
    for shape, reduction in product(((4,), (2, 1, 2)), REDUCTIONS):
        same_value(f, margin_ranking_spec, *comparisons(rng, *shape), margin=0.5, reduction=reduction)
    for reduction in REDUCTIONS:
        same_value(f, margin_ranking_spec, tensor(1.0), tensor(2.5), tensor(1.0), reduction=reduction)


@margin_ranking_loss.parity
def positions(f: Function, rng: Rng) -> None:
    """By position: the margin is fourth, the reduction fifth"""
    same_value(f, margin_ranking_spec, *comparisons(rng, 2, 3), 0.5, "none")
    same_value(f, margin_ranking_spec, *comparisons(rng, 2, 3), 2.0)


@margin_ranking_loss.parity
def every_gradient(f: Function, rng: Rng) -> None:
    """The gradient with every reduction and margin, for scores and target"""
    for reduction, margin in product(REDUCTIONS, MARGINS):
        args = (*comparisons(rng, 2, 3), margin, reduction)
        same_gradient(f, margin_ranking_spec, *args, wrt=(0, 1, 2), scale=3.0)


@margin_ranking_loss.parity
def at_the_edge(f: Function, rng: Rng) -> None:
    """Exactly at the edge the gradient is that of a loss: equal scores with margin 0

    `relu` has a slope of 0 there: a model whose scores are all equal would never start. Its value is the same.
    """
    equal, target = tensor([0.5, -1.0, 2.0]), tensor([1.0, -1.0, 1.0])
    same_gradient(f, margin_ranking_spec, equal, equal, target, wrt=(0, 1), reduction="sum")
    one, two = tensor([1.5, -1.0, 0.0]), tensor([1.0, -0.5, 3.0])
    same_gradient(f, margin_ranking_spec, one, two, target, wrt=(0, 1), margin=0.5, reduction="sum")


@margin_ranking_loss.parity
def target_is_a_factor(f: Function, rng: Rng) -> None:
    """The target is a factor: 0 leaves the margin, and 2 counts the lead twice"""
    one, two, target = tensor([1.0, 3.0, 1.5, 0.0]), tensor([2.0, 1.0, 1.0, 0.8]), tensor([0.0, 0.0, 0.5, 2.0])
    for margin in (0.5, 1.0):
        same_gradient(f, margin_ranking_spec, one, two, target, wrt=(0, 1), margin=margin, reduction="none")


@margin_ranking_loss.parity
def shapes_that_broadcast(f: Function, rng: Rng) -> None:
    """(1, 3), (1, 3) and (3, 1) give 3 × 3 losses, as in torch

    torch compares the numbers of dimensions only.
    """
    one, two, target = (x[None] for x in comparisons(rng, 3))
    for margin in (0.0, 0.5):
        same_value(f, margin_ranking_spec, one + 0.05, two, target.T, margin=margin, reduction="none")
    one, two, target = comparisons(rng, 4)
    same_value(f, margin_ranking_spec, one, two[:1], target, reduction="none")


@margin_ranking_loss.parity
def unequal_dimensions(f: Function, rng: Rng) -> None:
    """Unequal numbers of dimensions are refused, and sizes that do not fit

    (3, 1) against (3,) is the 3 × 3 matrix of the article.
    """
    one, two, target = comparisons(rng, 3)
    refuses(f, one[:, None], two, target)
    refuses(f, one[:, None], two[:, None], target)
    refuses(f, one, two, target[0])
    refuses(f, one, two[:2], target)


@margin_ranking_loss.parity
def holes_and_infinities(f: Function, rng: Rng) -> None:
    """An empty batch, a NaN, an infinite score"""
    for reduction in REDUCTIONS:
        same_value(f, margin_ranking_spec, *(torch.empty(0, 3),) * 3, reduction=reduction)
    one, two = tensor([nan, 1.0, 0.0, inf]), tensor([0.0, nan, inf, 0.0])
    same_value(f, margin_ranking_spec, one, two, torch.ones(4), reduction="none")
    same_value(f, margin_ranking_spec, one[1:], two[1:], torch.ones(3))
    same_value(f, margin_ranking_spec, one[2:], two[2:], torch.ones(2))


@margin_ranking_loss.parity
def kinds_of_numbers(f: Function, rng: Rng) -> None:
    """float32 stays float32, float64 stays float64, an integer target takes part"""
    one, two, target = comparisons(rng, 6)
    same_dtype(f, margin_ranking_spec, one, two, target)
    same_dtype(f, margin_ranking_spec, one.double(), two.double(), target.double())
    same_dtype(f, margin_ranking_spec, one, two, target.long(), reduction="none")
    same_dtype(f, margin_ranking_spec, one.double(), two.double(), target.int(), margin=0.5)


unknown_word(margin_ranking_loss, lambda rng: comparisons(rng, 3))
margin_ranking_loss.misconceptions.extend(MISTAKES)
