"""Keras's clipped probabilities: `keras_binary_crossentropy`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod
from typing import Any

import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Rng, keras_twin, refuses, same_dtype, same_gradient, same_value
from coursekit.graders.binary_cross_entropy.common import DTYPES, LOGITS, LOSSES, SHARES, answers, draw
from coursekit.graders.binary_cross_entropy.keras_mistakes import MISTAKES
from coursekit.graders.binary_cross_entropy.specs import keras_spec
from coursekit.wire import Question


def keras_cases() -> Iterator[Question]:
    """Shapes × axes × smoothing × dtypes of y_true with gradients, as shares and as logits; clips and extremes.

    In float64 there are rows of one output only: on torch Keras takes every mean through float32.
    """
    shapes = (((), -1), ((3,), -1), ((2, 3), -1), ((2, 3), 0), ((2, 3, 2), 1), ((2, 1, 2), -2), ((0, 3), -1))
    rows = [(torch.float32, *shape) for shape in shapes] + [(dtype, (4, 1), 1) for dtype in DTYPES]
    for (dtype, shape, axis), smoothing in product(rows, (0.0, 0.1, 1.0)):
        p = torch.linspace(0.02, 0.99, prod(shape), dtype=dtype).reshape(shape)
        flags: dict[str, Any] = {"label_smoothing": smoothing, "axis": axis}
        for t in (p.round(), p.square()):
            yield Question((t, p), flags, wrt=(0, 1))
            yield Question((t, 8 * p - 4), {"from_logits": True, **flags}, wrt=(0, 1))
        for t in (p.round().long(), p > 0.5, p.square().float(), p.square().double()):
            yield Question((t, p), flags, wrt=(1,))
            yield Question((t, 8 * p - 4), {"from_logits": True, **flags}, wrt=(1,))
    for dtype, answer, smoothing in product(DTYPES, (0.0, 1.0, 0.25), (0.0, 0.2)):
        # the float32 next to 1 - 1e-7 is 1 - 1.19e-7, and a no costs 15.94 there in place of 16.12: float64 only
        for share in (0.0, -3.0, 5e-8, 2e-7, *((1.0, 7.5) if dtype == torch.float64 else ())):
            pair = tensor([answer], dtype=dtype), tensor([share], dtype=dtype)
            yield Question(pair, {"label_smoothing": smoothing}, wrt=(0, 1))
        for logit in (1000.0, -1000.0, 0.0, 20.0):
            pair = tensor([answer], dtype=dtype), tensor([logit], dtype=dtype)
            yield Question(pair, {"label_smoothing": smoothing, "from_logits": True}, wrt=(0, 1))


keras_binary_crossentropy = Exercise(
    "keras_binary_crossentropy",
    keras_spec,
    points=2,
    parity_points=2,
    forbids=LOSSES,
    twin=keras_twin("binary_crossentropy"),
    cases=keras_cases,
    idea="Keras clips where torch clamps: a sure mistake costs 16.118 there, and its slope is 0.",
    hints=(
        "`y_true` comes first. Smooth it: 1 - α of it, and α/2.",
        "From probabilities: clip them to [1e-7, 1 - 1e-7], then take both logarithms. From logits: clip nothing.",
        "Average along `axis` and nowhere else. The dtype is that of `y_pred`: convert `y_true`, perhaps integers.",
    ),
)


def keras_shares(rng: Rng, *shape: int) -> tuple[Tensor, Tensor]:
    """A yes or no each, and probabilities: Keras's order."""
    return answers(rng, *shape), draw(rng, SHARES, *shape)


def keras_logits(rng: Rng, *shape: int) -> tuple[Tensor, Tensor]:
    """A yes or no each, and logits."""
    return answers(rng, *shape), draw(rng, LOGITS, *shape)


@keras_binary_crossentropy.check
def keras_pair(f: Function, rng: Rng) -> None:
    """A yes that was given 0.8 and a no that was given 0.5 cost 0.4581 on average

    The truth comes first.
    """
    same_value(f, keras_spec, tensor([1.0, 0.0]), tensor([0.8, 0.5]))
    same_value(f, keras_spec, *keras_shares(rng, 3))


@keras_binary_crossentropy.check
def keras_rows(f: Function, rng: Rng) -> None:
    """One number for each row: the mean along the last dimension

    Only the class averages over the batch.
    """
    same_value(f, keras_spec, *keras_shares(rng, 2, 3))
    same_value(f, keras_spec, *keras_shares(rng, 2, 2, 2))


@keras_binary_crossentropy.check
def keras_from_logits(f: Function, rng: Rng) -> None:
    """Logits 3 and -2 of a yes and a no cost 0.0878 with `from_logits`"""
    for from_logits in (True, False):
        same_value(f, keras_spec, tensor([0.0, 0.0]), tensor([-2.0, 0.3]), from_logits=from_logits)
    same_value(f, keras_spec, tensor([1.0, 0.0]), tensor([3.0, -2.0]), from_logits=True)
    same_value(f, keras_spec, *keras_logits(rng, 2, 3), from_logits=True)


@keras_binary_crossentropy.check
def keras_certain(f: Function, rng: Rng) -> None:
    """Certain and wrong costs 16.1181: probabilities are clipped to [1e-7, 1 - 1e-7]"""
    # float64, because 1 - 1e-7 is 1 - 1.19e-7 in float32, and costs 15.94
    certain = tensor([[0.0], [1.0]], dtype=torch.float64)
    same_value(f, keras_spec, 1 - certain, certain)
    same_value(f, keras_spec, tensor([[1.0, 0.0], [0.0, 1.0]]), tensor([[0.0, 0.25], [0.3, -2.0]]))


@keras_binary_crossentropy.check
def keras_share(f: Function, rng: Rng) -> None:
    """A target of 0.75 is three quarters of a yes and one of a no"""
    same_value(f, keras_spec, tensor([0.75]), tensor([0.8]))
    same_value(f, keras_spec, draw(rng, SHARES, 2, 2), draw(rng, SHARES, 2, 2))
    same_value(f, keras_spec, draw(rng, SHARES, 2, 2), draw(rng, LOGITS, 2, 2), from_logits=True)


@keras_binary_crossentropy.check
def keras_smoothing(f: Function, rng: Rng) -> None:
    """`label_smoothing` draws both answers towards ½: 1 and 0 become 0.95 and 0.05 at α = 0.1"""
    same_value(f, keras_spec, tensor([1.0, 0.0]), tensor([0.9, 0.3]), label_smoothing=0.1)
    for smoothing in (0.3, 1.0):
        same_value(f, keras_spec, *keras_shares(rng, 2, 3), label_smoothing=smoothing)
        same_value(f, keras_spec, *keras_logits(rng, 2, 3), label_smoothing=smoothing, from_logits=True)


@keras_binary_crossentropy.check
def keras_slope(f: Function, rng: Rng) -> None:
    """The gradient with respect to y_pred is right, of probabilities and of logits"""
    same_gradient(f, keras_spec, *keras_shares(rng, 2, 3), wrt=(1,))
    same_gradient(f, keras_spec, *keras_logits(rng, 2, 3), wrt=(1,), from_logits=True)


@keras_binary_crossentropy.parity
def keras_axis(f: Function, rng: Rng) -> None:
    """`axis` is averaged over, any one"""
    for axis in (0, 1, -2):
        same_value(f, keras_spec, *keras_shares(rng, 2, 2), axis=axis)
        same_gradient(f, keras_spec, *keras_logits(rng, 2, 2, 2), wrt=(1,), axis=axis, from_logits=True)


@keras_binary_crossentropy.parity
def keras_dead(f: Function, rng: Rng) -> None:
    """A clipped probability has no slope, a logit keeps its own

    That is Keras's own behaviour: a sure mistake among probabilities is not repaired.
    """
    t, p = tensor([1.0, 1.0, 0.0]), tensor([0.0, 0.25, -0.5])
    same_gradient(f, keras_spec, t, p, wrt=(1,))
    big = 100.0 * int(rng.integers(8, 11))
    for x, y in product((20.0, -big, big, 0.0), (0.0, 1.0)):
        same_gradient(f, keras_spec, tensor([y, 0.0]), tensor([x, 0.5]), wrt=(1,), from_logits=True)


@keras_binary_crossentropy.parity
def keras_bounds(f: Function, rng: Rng) -> None:
    """The bounds are 1e-7 and 1 - 1e-7, to the digit (float64)

    A perfect answer costs 1e-7. Look for another bound, and for a number that is added in place of a clip.
    """
    # rows of one output, because on torch Keras takes every mean through float32
    zero_one = tensor([[0.0], [1.0]], dtype=torch.float64)
    same_value(f, keras_spec, torch.ones_like(zero_one), 1e-7 * (int(rng.integers(2, 6)) * zero_one + 0.3))
    same_value(f, keras_spec, zero_one, zero_one)


@keras_binary_crossentropy.parity
def keras_soft(f: Function, rng: Rng) -> None:
    """The gradient with respect to y_true as well, of smoothed targets between 0 and 1"""
    t = draw(rng, SHARES, 2, 2)
    for y_pred, from_logits in ((draw(rng, SHARES, 2, 2), False), (draw(rng, LOGITS, 2, 2), True)):
        flags: dict[str, Any] = {"from_logits": from_logits, "label_smoothing": 0.2}
        same_gradient(f, keras_spec, t, y_pred, wrt=(0, 1), scale=3.0, **flags)


@keras_binary_crossentropy.parity
def keras_dtype(f: Function, rng: Rng) -> None:
    """The result has the dtype of y_pred; y_true may be integers, bools, or finer"""
    t, p = keras_shares(rng, 4, 1)
    for y_true, y_pred in product((t, t.double(), t.long(), t.bool()), (p, p.double())):
        same_dtype(f, keras_spec, y_true, y_pred, dtype=y_pred.dtype)
        same_dtype(f, keras_spec, y_true, y_pred, dtype=y_pred.dtype, from_logits=True, label_smoothing=0.3)


@keras_binary_crossentropy.parity
def keras_unlike(f: Function, rng: Rng) -> None:
    """Shapes that differ are refused, though they would broadcast"""
    refuses(f, answers(rng, 3), draw(rng, SHARES, 3, 1))
    refuses(f, answers(rng, 3, 1), draw(rng, SHARES, 3))


@keras_binary_crossentropy.parity
def keras_few(f: Function, rng: Rng) -> None:
    """Rows of one output, and a batch of no rows"""
    same_value(f, keras_spec, *keras_shares(rng, 3, 1))
    same_value(f, keras_spec, torch.empty(0, 3), torch.empty(0, 3))


keras_binary_crossentropy.misconceptions.extend(MISTAKES)
