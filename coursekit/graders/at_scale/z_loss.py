"""Cross-entropy with a price on the square of ln Z: `cross_entropy_with_z_loss`, which torch has not."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import torch
from torch import inf, nan, tensor

from coursekit.exercise import (
    REDUCTIONS,
    Exercise,
    Function,
    Question,
    Rng,
    keeps_dtype,
    same_gradient,
    same_value,
    unknown_word,
)
from coursekit.graders.at_scale.z_loss_mistakes import MISTAKES
from coursekit.graders.at_scale.z_loss_spec import spec
from coursekit.graders.softmax.common import READY_MADE, draw_logits


def cases() -> Iterator[Question]:
    """Reductions × weights × targets × dtypes with the gradient; then large logits, and ones that are ruled out."""
    for reduction, weight, dtype in product(REDUCTIONS, (0.0, 1e-4, 0.1, 2.0), (torch.float32, torch.float64)):
        flags = {"z_weight": weight, "reduction": reduction}
        for classes, rows in ((2, 3), (5, 4), (3, 1)):
            logits = torch.linspace(-3, 2.5, rows * classes, dtype=dtype).reshape(rows, classes)
            target = torch.arange(rows) % classes
            yield Question((logits, target), flags, wrt=(0,))
            yield Question((logits + 20, target), {**flags, "ignore_index": 0}, wrt=(0,))
            yield Question((logits, target.where(target != 1, -100)), flags, wrt=(0,))
        yield Question((tensor([[1000.0, 990.0], [-900.0, -901.0]], dtype=dtype), tensor([0, 1])), flags, wrt=(0,))
        yield Question((tensor([[1.0, -inf, 2.0]], dtype=dtype), tensor([2])), flags)


cross_entropy_with_z_loss = Exercise(
    "cross_entropy_with_z_loss",
    spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    cases=cases,
    idea="Cross-entropy does not see what is added to all logits of a row. A small price on ln Z keeps it near 0.",
    hints=(
        "Only the rows that count matter: take them out first. Of each you need ln Z, the logarithm of the sum of all "
        "exponentials. How did the softmax in one pass keep that from overflowing?",
        "The surprise of a row is ln Z less the logit of its class. The price is z_weight times the square of the same "
        "ln Z: it is at hand already.",
        "'mean' divides both by the number of rows that count. For 'none' put the losses of those rows back in their "
        "places, between zeros.",
    ),
)

WEIGHTS = (0.5, 0.05, 2.0)


@cross_entropy_with_z_loss.check
def one_row(f: Function, rng: Rng) -> None:
    """Two equal logits of -3, weight 0.1: ln 2 for the class, and 0.1·(-3 + ln 2)² = 0.5322

    ln Z is -3 + ln 2. With two logits of -ln 2 it is 0, and so is the price: they are logarithms of probabilities.
    """
    same_value(f, spec, tensor([[-3.0, -3.0]]), tensor([0]), z_weight=0.1)
    same_value(f, spec, tensor([[3.0, 3.0]]), tensor([1]), z_weight=0.1)
    same_value(f, spec, draw_logits(rng, 2, 3), tensor([2, 0]), z_weight=0.5, reduction="none")


@cross_entropy_with_z_loss.check
def the_weight(f: Function, rng: Rng) -> None:
    """The price is multiplied by z_weight, 0.0001 by default; 0 leaves cross-entropy"""
    logits, target = draw_logits(rng, 3, 3), tensor([2, 0, 1])
    for weight in (*WEIGHTS, 0.0):
        same_value(f, spec, logits, target, z_weight=weight, reduction="none")
    same_value(f, spec, logits + 60, target, reduction="none")


@cross_entropy_with_z_loss.check
def price_of_a_shift(f: Function, rng: Rng) -> None:
    """Logits that are all larger by 4 predict the same, and pay more"""
    logits, target = draw_logits(rng, 2, 4), tensor([3, 1])
    for shift in (4.0, -4.0):
        same_value(f, spec, logits + shift, target, z_weight=0.05, reduction="none")


@cross_entropy_with_z_loss.check
def mean_and_sum(f: Function, rng: Rng) -> None:
    """'mean', the default, is over the rows; 'sum' adds them up"""
    logits, target = draw_logits(rng, 3, 4), tensor([2, 0, 1])
    for flags in ({"reduction": "none"}, {"reduction": "sum"}, {"reduction": "mean"}, {}):
        same_value(f, spec, logits, target, z_weight=0.5, **flags)


@cross_entropy_with_z_loss.check
def rows_that_do_not_count(f: Function, rng: Rng) -> None:
    """A row whose target is ignore_index costs nothing, pays no price, and is not in the mean

    Padding has logits too, and a ln Z. Nobody has asked for it.
    """
    logits = draw_logits(rng, 4, 3)
    for reduction in ("sum", "mean", "none"):
        same_value(f, spec, logits, tensor([1, -100, 0, -100]), z_weight=0.5, reduction=reduction)
        same_value(f, spec, logits, tensor([1, 2, 0, 2]), z_weight=0.5, ignore_index=2, reduction=reduction)


@cross_entropy_with_z_loss.check
def slopes(f: Function, rng: Rng) -> None:
    """The slope with respect to a logit is (1 + 2·z_weight·ln Z)·p, less 1 for the class

    The slopes of a row no longer add up to 0: together they are 2·z_weight·ln Z.
    """
    for weight in (0.5, 0.05):
        same_gradient(f, spec, draw_logits(rng, 3, 3), tensor([2, 0, 1]), z_weight=weight, scale=3.0)
    same_gradient(f, spec, draw_logits(rng, 3, 3), tensor([2, -100, 1]), z_weight=0.5)


@cross_entropy_with_z_loss.parity
def every_flag(f: Function, rng: Rng) -> None:
    """Value and gradient with every reduction and weight, by position as well"""
    for reduction, weight in product(REDUCTIONS, WEIGHTS):
        same_gradient(f, spec, draw_logits(rng, 3, 4), tensor([2, 3, 1]), weight, 3, reduction, scale=2.0)


@cross_entropy_with_z_loss.parity
def large_logits(f: Function, rng: Rng) -> None:
    """Logits of ±1000 give numbers

    exp(1000) is inf. Take the largest logit out of the sum, and add it to the logarithm.
    """
    big = 100.0 * int(rng.integers(8, 11))
    logits = tensor([[big, big - 1.5], [-big, 1.0 - big]])
    same_value(f, spec, logits, tensor([1, 0]), reduction="none")
    same_gradient(f, spec, logits, tensor([1, 0]), z_weight=0.01)


@cross_entropy_with_z_loss.parity
def ruled_out(f: Function, rng: Rng) -> None:
    """A logit of -inf rules its class out, and adds nothing to Z"""
    logits = draw_logits(rng, 2, 3)
    logits[0, 1] = -inf
    same_value(f, spec, logits, tensor([2, 0]), z_weight=0.5, reduction="none")


@cross_entropy_with_z_loss.parity
def holes_in_the_padding(f: Function, rng: Rng) -> None:
    """A row that does not count may hold NaN: value and gradient are right without it"""
    logits = draw_logits(rng, 3, 3)
    logits[1] = nan
    for reduction in ("mean", "none"):
        same_gradient(f, spec, logits, tensor([2, -100, 1]), z_weight=0.5, reduction=reduction)


@cross_entropy_with_z_loss.parity
def nothing_counts(f: Function, rng: Rng) -> None:
    """If no row counts, 'sum' is 0 and 'mean' is NaN"""
    target = tensor([-100, -100])
    for reduction in ("sum", "mean", "none"):
        same_value(f, spec, draw_logits(rng, 2, 3), target, z_weight=0.5, reduction=reduction)


keeps_dtype(cross_entropy_with_z_loss, lambda rng: (draw_logits(rng, 2, 3), tensor([2, 0]), 0.5))
unknown_word(cross_entropy_with_z_loss, lambda rng: (draw_logits(rng, 2, 3), tensor([2, 0])))


cross_entropy_with_z_loss.misconceptions.extend(MISTAKES)
