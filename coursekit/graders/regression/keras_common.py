"""What Keras's functions have in common: cases, checks, and what goes wrong around the formula."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, same_dtype, same_gradient, same_value
from coursekit.graders.regression.common import Loss, Rng, pair
from coursekit.graders.regression.keras_alignment import align_spec
from coursekit.wire import Question


def last_mean(formula: Loss) -> Loss:
    """The mean of `formula(true, pred)` over the last dimension, in the dtype of y_pred."""

    def spec(y_true: Tensor, y_pred: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        y_true = y_true.to(y_pred.dtype)
        true, pred = align_spec(y_true, y_pred), align_spec(y_pred, y_true)
        losses = formula(true, pred, *args, **kwargs)
        return losses.sum(-1) / losses.shape[-1]

    return spec


def of_error(formula: Loss) -> Loss:
    """A formula of the error y_pred - y_true as one of both."""
    return lambda true, pred, *args, **kwargs: formula(pred - true, *args, **kwargs)


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
    exercise: Exercise,
    formula: Loss,
    draw: Callable[..., tuple[Tensor, Tensor]],
    flags: tuple[dict[str, Any], ...] = ({},),
) -> None:
    """The checks and the mistakes of everything around the formula."""
    spec, wrong = exercise.spec, exercise.misconception

    @exercise.check
    def one_mean_a_sample(f: Function, rng: Rng) -> None:
        """A table has one loss a row: the mean over the last dimension

        The batch is averaged later, by the class `keras.losses.Loss`.
        """
        # errors whose means have either sign, for who makes the mean positive and not the errors
        same_value(f, spec, tensor([[2.0, 3.0], [4.0, 1.0]]), tensor([[5.0, 2.0], [1.0, 2.0]]))
        same_value(f, spec, *draw(rng, 2, 3))
        same_value(f, spec, *draw(rng, 2, 1, 3))
        same_value(f, spec, *draw(rng, 3))

    @exercise.check
    def keras_gradient(f: Function, rng: Rng) -> None:
        """The gradient is right, by y_pred and by y_true"""
        for flag in flags:
            same_gradient(f, spec, *draw(rng, 2, 3), wrt=(1, 0), scale=3.0, **flag)

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

    def around(explanation: str) -> Callable[[Loss], None]:
        """Registers what is done to the losses of all elements in place of the mean over the last dimension."""

        def add(reduce: Loss) -> None:
            def loss(y_true: Tensor, y_pred: Tensor, *args: Any, **kwargs: Any) -> Tensor:
                y_true = y_true.to(y_pred.dtype)
                true, pred = align_spec(y_true, y_pred), align_spec(y_pred, y_true)
                return reduce(formula(true, pred, *args, **kwargs))

            wrong(explanation, reduce.__name__)(loss)

        return add

    @around(
        "This is the mean over everything, as torch has it. Keras's function averages each row and keeps the batch."
    )
    def mean_of_all(losses: Tensor) -> Tensor:
        return losses.mean()

    @around(
        "Nothing is averaged: there is one loss an element. Keras's function takes the mean over the last dimension."
    )
    def not_averaged(losses: Tensor) -> Tensor:
        return losses

    @around("The last dimension is summed. Keras takes its mean.")
    def sum_of_row(losses: Tensor) -> Tensor:
        return losses.sum(-1)

    @around("The mean is taken over the first dimension, the batch. Keras averages over the last, and keeps the batch.")
    def mean_of_batch(losses: Tensor) -> Tensor:
        return losses.mean(0)

    @around("Everything but the batch is averaged. Keras's function averages over the last dimension alone.")
    def mean_of_all_but_first(losses: Tensor) -> Tensor:
        return losses.flatten(1).mean(1) if losses.ndim > 1 else losses.mean()

    @wrong(  # K15
        "(N,) met (N, 1) and was broadcast to N × N, as in torch: every prediction against every truth. Keras lines "
        "the two up."
    )
    def broadcast_as_torch(y_true: Tensor, y_pred: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        return formula(y_true.to(y_pred.dtype), y_pred, *args, **kwargs).mean(-1)

    @wrong("Both arguments were squeezed: of (N, 1) the mean over all N is left, and not one loss a sample.")
    def squeezed_both(y_true: Tensor, y_pred: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        return formula(y_true.to(y_pred.dtype).squeeze(-1), y_pred.squeeze(-1), *args, **kwargs).mean(-1)

    @wrong("The result has the wider dtype of the two. Keras turns y_true into the dtype of y_pred first.")
    def wider_dtype(y_true: Tensor, y_pred: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        return spec(y_true, y_pred.to(torch.promote_types(y_true.dtype, y_pred.dtype)), *args, **kwargs)


def mean_formula(exercise: Exercise) -> Callable[[str], Callable[[Loss], Loss]]:
    """A decorator for wrong formulas of the aligned (true, pred)."""
    return exercise.misconceptions.formula(last_mean)


def error_formula(exercise: Exercise) -> Callable[[str], Callable[[Loss], Loss]]:
    """A decorator for wrong formulas of the error."""
    return exercise.misconceptions.formula(lambda formula: last_mean(of_error(formula)))
