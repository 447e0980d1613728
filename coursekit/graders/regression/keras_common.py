"""What Keras's functions have in common: cases, checks, and what goes wrong around the formula."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
import torch
from torch import Tensor, tensor

from coursekit.exercise import (
    Exercise,
    Function,
    Loss,
    Mistakes,
    Question,
    Rng,
    keras_means,
    same_dtype,
    same_gradient,
    same_value,
    wider_dtype,
)
from coursekit.graders.regression.common import pair
from coursekit.graders.regression.keras_alignment import align_spec


def around(formula: Loss, reduce: Loss) -> Loss:
    """A loss of truths and predictions that are lined up, in the dtype of y_pred: `reduce(formula(true, pred))`."""

    def loss(y_true: Tensor, y_pred: Tensor, *args: Any, **flags: Any) -> Tensor:
        y_true = y_true.to(y_pred.dtype)
        return reduce(formula(align_spec(y_true, y_pred), align_spec(y_pred, y_true), *args, **flags))

    return loss


def last_mean(formula: Loss) -> Loss:
    """The mean of `formula(true, pred)` over the last dimension."""
    return around(formula, lambda losses: losses.sum(-1) / losses.shape[-1])


def of_error(formula: Loss) -> Loss:
    """A formula of the error y_pred - y_true as one of both."""
    return lambda true, pred, *args, **flags: formula(pred - true, *args, **flags)


def error_mean(formula: Loss) -> Loss:
    """The mean of `formula(pred - true)` over the last dimension."""
    return last_mean(of_error(formula))


def positive(rng: Rng, *shape: int) -> tuple[Tensor, Tensor]:
    """Truths from 1 to 4 and predictions above 0 that miss them by up to three quarters, all by different parts."""
    count = int(np.prod(shape, dtype=int))
    true = rng.integers(10, 41, size=count) / 10
    part = rng.permutation([0.4, 1.5, 0.75, 1.2, 0.6, 1.7][:count])
    pred = np.round(true * part, 2)
    return tensor(true.reshape(shape), dtype=torch.float32), tensor(pred.reshape(shape), dtype=torch.float32)


def swapped_pair(rng: Rng, *shape: int) -> tuple[Tensor, Tensor]:
    """Truths and predictions, in the order of Keras."""
    input, target = pair(rng, *shape)
    return target, input


def keras_cases(*flags: dict[str, Any], edges: Callable[[], Iterator[tuple[Tensor, Tensor]]]) -> Iterator[Question]:
    """Flags × shapes that Keras lines up with gradients by both; then `edges`, in value and by y_pred.

    No case has y_pred in float64: on torch Keras's own operations take it through float32 (`ops.maximum` of float64 and
    a float32 constant is float32), so some functions keep float64 and some do not, and none is worth imitating there.
    """
    shapes = (((3,), (3,)), ((2, 3), (2, 3)), ((2, 2, 3), (2, 2, 3)), ((3, 1), (3, 1)), ((3,), (3, 1)), ((3, 1), (3,)))
    more = (((2, 3), (2, 3, 1)), ((2, 3, 1), (2, 3)), ((2, 2, 3), (2, 2, 3, 1)), ((2, 3), (1, 3)), ((0, 3), (0, 3)))
    for (first, second), flag in product((*shapes, *more), flags):
        y_true = torch.linspace(0.7, 3.1, math.prod(first)).reshape(first)
        y_pred = torch.linspace(4.3, 0.2, math.prod(second)).reshape(second)
        yield Question((y_true, y_pred), flag, wrt=(0, 1))
    for y_true, y_pred in edges():
        for flag in flags:
            yield Question((y_true, y_pred), flag, wrt=(1,))
            yield Question((y_true.double(), y_pred), flag)
    yield Question((tensor([[0, 3], [2, 1]]), tensor([[0.5, 2.5], [2.25, 3.0]])), wrt=(1,))


def signed_edges() -> Iterator[tuple[Tensor, Tensor]]:
    """Errors of both signs, none, and very large ones."""
    yield tensor([[1.0, -2.0, 0.5]]), tensor([[1.0, 3.0, -1.5]])
    yield tensor([[0.0, 0.0], [1.0, 2.0]]), tensor([[1000.0, -1000.0], [1.0, 30.0]])


def keras_checks(
    exercise: Exercise, draw: Callable[..., tuple[Tensor, Tensor]], flags: tuple[dict[str, Any], ...] = ({},)
) -> None:
    """The checks of everything around the formula."""
    spec = exercise.spec

    @exercise.check
    def one_mean_a_sample(f: Function, rng: Rng) -> None:
        """A table has one loss per row: the mean over the last dimension

        The batch is averaged later, by the class `keras.losses.Loss`.
        """
        # errors whose means have either sign, for whoever makes the mean positive and not the errors
        same_value(f, spec, tensor([[2.0, 3.0], [4.0, 1.0]]), tensor([[5.0, 2.0], [1.0, 2.0]]))
        same_value(f, spec, *draw(rng, 2, 3))
        same_value(f, spec, *draw(rng, 2, 1, 3))
        same_value(f, spec, *draw(rng, 3))

    @exercise.check
    def keras_gradient(f: Function, rng: Rng) -> None:
        """The gradient is right, with respect to y_pred and y_true"""
        for flag in flags:
            same_gradient(f, spec, *draw(rng, 2, 3), wrt=(1, 0), scale=3.0, **flag)

    @exercise.parity
    def exact_fit(f: Function, rng: Rng) -> None:
        """Where truth and prediction are equal the slope is 0, for both

        If a NaN stands there: the root of a square has no slope at 0. `abs` has one.
        """
        y_true, y_pred = draw(rng, 2, 3)
        met = y_true.clone()
        met[0, 1:] = y_pred[0, 1:]
        for flag in flags:
            same_gradient(f, spec, met, y_pred, wrt=(1, 0), **flag)

    @exercise.parity
    def lined_up(f: Function, rng: Rng) -> None:
        """(N,) meets (N, 1), and (N, M) meets (N, M, 1): lined up, not broadcast

        `keras_align` for both arguments, before anything else.
        """
        y_true, y_pred = draw(rng, 3)
        same_value(f, spec, y_true, y_pred[:, None])
        same_value(f, spec, y_true[:, None], y_pred)
        same_value(f, spec, y_true[:, None], y_pred[:, None])
        y_true, y_pred = draw(rng, 2, 3)
        same_value(f, spec, y_true, y_pred[..., None])
        same_value(f, spec, y_true[..., None], y_pred)

    @exercise.parity
    def dtype_of_y_pred(f: Function, rng: Rng) -> None:
        """The result has the dtype of y_pred, whatever y_true has"""
        y_true, y_pred = draw(rng, 2, 2)
        for flag in flags:
            same_dtype(f, spec, y_true, y_pred, **flag)
            same_dtype(f, spec, y_true.double(), y_pred, dtype=torch.float32, **flag)
        same_dtype(f, spec, tensor([[2, 3], [1, 4]]), y_pred, dtype=torch.float32)


def keras_mistakes(wrong: Mistakes, formula: Loss) -> None:
    """What goes wrong around `formula(true, pred)`, whatever it is."""
    keras_means(
        wrong,
        lambda reduce: around(formula, reduce),
        "Nothing is averaged: there is one loss per element. Keras's function takes the mean over the last dimension.",
        mean_of_all_but_first=(
            "Everything but the batch is averaged. Keras's function averages over the last dimension alone.",
            lambda losses: losses.flatten(1).mean(1) if losses.ndim > 1 else losses.mean(),
        ),
    )

    def broadcast(y_true: Tensor, y_pred: Tensor, *args: Any, **flags: Any) -> Tensor:
        return formula(y_true.to(y_pred.dtype), y_pred, *args, **flags).mean(-1)

    def row(x: Tensor, other: Tensor) -> Tensor:
        return x.squeeze(-1) if x.ndim == 2 and other.ndim == 1 else x

    wrong.table(
        broadcast_as_torch=(
            "(N,) met (N, 1) and was broadcast to N × N, as in torch: every prediction against every truth. Keras "
            "lines the two up.",
            broadcast,
            "K15",
        ),
        squeezed_both=(
            "(N, 1) was squeezed to (N,): the mean over all N is left, and not one loss per sample. Beside (N, 1) it "
            "is (N,) that becomes (N, 1).",
            (
                lambda true, pred, *args, **flags: broadcast(true.squeeze(-1), pred.squeeze(-1), *args, **flags),
                lambda true, pred, *args, **flags: wrong.spec(row(true, pred), row(pred, true), *args, **flags),
            ),
        ),
    )

    wider_dtype(wrong)
