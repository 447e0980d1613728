"""Each listed class against each that is not: `multilabel_margin_loss`."""

from __future__ import annotations

import torch
from torch import Tensor, tensor

from coursekit.exercise import (
    REDUCTIONS,
    Exercise,
    Function,
    Rng,
    keeps_dtype,
    refuses,
    same_gradient,
    same_value,
    unknown_word,
)
from coursekit.graders.margins.common import READY_MADE, draw_scores, of_a_batch
from coursekit.graders.margins.multilabel_margin_mistakes import MISTAKES
from coursekit.graders.margins.multilabel_margin_spec import cases, multilabel_margin_spec

multilabel_margin_loss = Exercise(
    "multilabel_margin_loss",
    multilabel_margin_spec,
    points=3,
    parity_points=2,
    forbids=READY_MADE,
    twin=torch.nn.functional.multilabel_margin_loss,
    cases=cases,
    idea="Every class that is there shall be ahead of every class that is not, by 1.",
    hints=(
        "Write it with loops first: over the samples, over the list up to its first -1, over the classes not listed.",
        "`(target == -1).cumsum(1) == 0` is True up to the first -1 of each row, and False from there on.",
        "Count with `scatter_add` how often each class is listed. Right are those with a count, wrong those without.",
        "scores[:, :, None] against scores[:, None, :] gives every pair (i, j). Weigh pair by pair, sum, divide by C.",
    ),
)


def batch(rng: Rng, *lengths: int, classes: int = 4) -> tuple[Tensor, Tensor]:
    """Scores, and for each sample a list of so many classes.

    Of each list that is neither empty nor full some pair costs something, and of all together some costs nothing.
    """
    while True:
        input = draw_scores(rng, len(lengths), classes)
        lists = [rng.permutation(classes)[:length].tolist() for length in lengths]
        gaps = [
            [1 - row[i] + row[j] for i in listed for j in range(classes) if j not in listed]
            for row, listed in zip(input, lists, strict=True)
        ]
        every = [float(gap) for of_row in gaps for gap in of_row]
        if all(max(of_row) > 0 for of_row in gaps if of_row) and min(every) < 0:
            target = [listed + [-1] * (classes - len(listed)) for listed in lists]
            return input, tensor(target, dtype=torch.int64)


@multilabel_margin_loss.check
def each_against_each(f: Function, rng: Rng) -> None:
    """Scores 0.1, 0.2, 0.4 and 0.8, classes 3 and 0 are right: 0.85

    Four pairs: 0.4 and 0.6 for class 3, 1.1 and 1.3 for class 0. Together 3.4, divided by the number of classes.
    """
    same_value(f, multilabel_margin_spec, tensor([[0.1, 0.2, 0.4, 0.8]]), tensor([[3, 0, -1, -1]]))
    same_value(f, multilabel_margin_spec, *batch(rng, 2))


@multilabel_margin_loss.check
def only_who_is_close(f: Function, rng: Rng) -> None:
    """A pair that is more than 1 apart adds nothing

    Scores 2, 0.5, 3.1 and -1, the first is right: only the third is too close, and costs 2.1 / 4.
    """
    same_value(f, multilabel_margin_spec, tensor([[2.0, 0.5, 3.1, -1.0]]), tensor([[0, -1, -1, -1]]))
    same_value(f, multilabel_margin_spec, *batch(rng, 1))


@multilabel_margin_loss.check
def lists_of_any_length(f: Function, rng: Rng) -> None:
    """Each sample has its own number of classes; none at all and all of them cost 0

    Without a right class, or without a wrong one, there is no pair.
    """
    for lengths in ((1, 3), (2, 0), (4, 2), (3, 1, 2)):
        same_value(f, multilabel_margin_spec, *batch(rng, *lengths), reduction="none")


@multilabel_margin_loss.check
def ended_by_the_first(f: Function, rng: Rng) -> None:
    """The first -1 ends the list: [3, 0, -1, 1] is classes 3 and 0

    What stands behind it is not read, whatever it is.
    """
    scores = tensor([[0.1, 0.2, 0.4, 0.8]])
    same_value(f, multilabel_margin_spec, scores, tensor([[3, 0, -1, 1]]))
    same_value(f, multilabel_margin_spec, scores.expand(2, 4), tensor([[-1, 0, 1, 2], [2, -1, 2, 0]]), reduction="none")


of_a_batch(multilabel_margin_loss, lambda rng: batch(rng, 2, 1, 3))


@multilabel_margin_loss.check
def slope(f: Function, rng: Rng) -> None:
    """Each pair that is too close pulls its two scores apart, by 1/C"""
    same_gradient(f, multilabel_margin_spec, tensor([[2.0, 1.5, 3.1, -1.0]]), tensor([[0, 1, -1, -1]]), reduction="sum")
    same_gradient(f, multilabel_margin_spec, *batch(rng, 2, 1), scale=3.0)


@multilabel_margin_loss.parity
def listed_twice(f: Function, rng: Rng) -> None:
    """A class that is listed twice counts twice

    A list is not a set to torch: each entry brings its pairs along.
    """
    same_value(f, multilabel_margin_spec, tensor([[0.1, 0.2, 0.4, 0.8]]), tensor([[3, 3, -1, -1]]))
    input, _ = batch(rng, 2, 2)
    same_gradient(f, multilabel_margin_spec, input, tensor([[0, 1, 0, -1], [2, 2, 2, 3]]), reduction="none")


@multilabel_margin_loss.parity
def every_gradient(f: Function, rng: Rng) -> None:
    """The gradient with every reduction, with as many samples as classes, and with five classes"""
    for reduction in REDUCTIONS:
        same_gradient(f, multilabel_margin_spec, *batch(rng, 1, 2, 0, 3), scale=3.0, reduction=reduction)
        same_gradient(f, multilabel_margin_spec, *batch(rng, 3, 2, classes=5), reduction=reduction)
    same_gradient(f, multilabel_margin_spec, draw_scores(rng, 1, 4), tensor([[1, -1, 2, 0]]))


@multilabel_margin_loss.parity
def met_exactly(f: Function, rng: Rng) -> None:
    """A margin that is met exactly has a slope of 0

    Scores 2, 1 and 1.5: the second is behind by exactly 1. Any slope from 0 to 1/3 could be defended; torch takes 0.
    """
    same_gradient(f, multilabel_margin_spec, tensor([[2.0, 1.0, 1.5]]), tensor([[0, -1, -1]]))
    same_gradient(f, multilabel_margin_spec, tensor([[0.5, 1.5, 0.5]]), tensor([[1, 2, -1]]), reduction="sum")


@multilabel_margin_loss.parity
def single_sample(f: Function, rng: Rng) -> None:
    """A single sample, (C,) beside a list (C,), gives a single number"""
    input, target = batch(rng, 2)
    for reduction in ("none", "sum", "mean"):
        same_gradient(f, multilabel_margin_spec, input[0], target[0], reduction=reduction)


@multilabel_margin_loss.parity
def far_scores(f: Function, rng: Rng) -> None:
    """Scores of ±1000"""
    big = 100.0 * int(rng.integers(8, 11))
    scores = tensor([[big, -big, 0.25]] * 2)
    same_gradient(f, multilabel_margin_spec, scores, tensor([[0, -1, -1], [1, 2, -1]]), reduction="none")


keeps_dtype(multilabel_margin_loss, lambda rng: batch(rng, 2, 1), name="dtypes", anew=True)


@multilabel_margin_loss.parity
def no_class(f: Function, rng: Rng) -> None:
    """A number that is neither a class nor -1 is refused"""
    input, _ = batch(rng, 2)
    for number in (4, -2, -100):
        refuses(f, input, tensor([[1, number, -1, -1]]))


@multilabel_margin_loss.parity
def shapes(f: Function, rng: Rng) -> None:
    """The list is as wide as the scores, padded with -1; a narrower one is refused"""
    input, target = batch(rng, 2, 1)
    refuses(f, input, target[:, :3])
    refuses(f, input, target[:1])
    refuses(f, input[0], target[:1])


unknown_word(multilabel_margin_loss, lambda rng: batch(rng, 2, 1))
multilabel_margin_loss.misconceptions.extend(MISTAKES)
