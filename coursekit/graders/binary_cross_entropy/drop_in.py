"""What torch's losses of a yes or no owe besides their formula."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from math import prod
from typing import Any

import torch
from torch import Tensor

from coursekit.exercise import (
    REDUCTIONS,
    Exercise,
    Function,
    Rng,
    keeps_dtype,
    no_elements,
    refuses,
    same_gradient,
    same_value,
    unknown_word,
)
from coursekit.graders.binary_cross_entropy.common import FACTORS, draw

Pair = Callable[..., tuple[Tensor, Tensor]]  # of input and target, given a generator and a shape


def drop_in_parity(exercise: Exercise, pair: Pair) -> None:
    """What a loss of torch owes besides its formula."""
    spec = exercise.spec

    @exercise.parity
    def column_weights(f: Function, rng: Rng) -> None:
        """`weight` is a factor for each column, and the mean still divides by the number of losses

        A weight of shape (C,) lines up with the last dimension, as all broadcasting does: with columns, not rows.
        """
        for shape, reduction in product(((2, 2), (2, 3)), REDUCTIONS):
            same_value(f, spec, *pair(rng, *shape), weight=draw(rng, FACTORS, shape[1]), reduction=reduction)

    @exercise.parity
    def every_gradient(f: Function, rng: Rng) -> None:
        """The gradient with every reduction and with weights, for input and target

        It passes on what comes from above: the 1/N of a mean, the weight, a factor on the loss.
        """
        for reduction, weight in product(REDUCTIONS, (None, draw(rng, FACTORS, 3))):
            flags: dict[str, Any] = {"reduction": reduction, "weight": weight}
            same_gradient(f, spec, *pair(rng, 2, 3), wrt=(0, 1), scale=3.0, **flags)

    @exercise.parity
    def other_shapes(f: Function, rng: Rng) -> None:
        """One and three dimensions, with every reduction"""
        for shape, reduction in product(((3,), (2, 2, 2)), REDUCTIONS):
            same_value(f, spec, *pair(rng, *shape), reduction=reduction)

    no_elements(exercise, lambda rng: pair(rng, 2, 3))
    keeps_dtype(exercise, lambda rng: pair(rng, 2, 2))
    unknown_word(
        exercise,
        lambda rng: pair(rng, 2, 2),
        """A reduction that does not exist is refused

        A misspelt word that passes for another one trains a model on a loss that nobody asked for.
        """,
    )


def fitting_parity(exercise: Exercise, pair: Pair) -> None:
    """How weights and targets have to fit the input."""
    spec = exercise.spec

    @exercise.parity
    def weights_of_all_shapes(f: Function, rng: Rng) -> None:
        """A factor for each loss, for each row, or one for all"""
        for shape in ((2, 2), (2, 1), (1,), ()):
            same_value(f, spec, *pair(rng, 2, 2), weight=draw(rng, FACTORS, *shape))
        same_value(f, spec, *pair(rng), weight=draw(rng, FACTORS))

    @exercise.parity
    def unlike_shapes(f: Function, rng: Rng) -> None:
        """A target of another shape is refused, though it would broadcast

        (N, 1) against (N,) is an N × N table of losses, and most of them compare with somebody else's target.
        """
        for shape in ((3,), (3, 3), (1,)):
            refuses(f, pair(rng, 3, 1)[0], pair(rng, *shape)[1])

    @exercise.parity
    def weight_too_large(f: Function, rng: Rng) -> None:
        """A weight that would add to the shape of the losses is refused

        [w_no, w_yes] beside one output a sample, (N, 1), is a weight for two outputs. Broadcasting makes two of one.
        """
        refuses(f, *pair(rng, 4, 1), weight=draw(rng, FACTORS, 2))


def weight_cases(input: Tensor, **flags: Any) -> Iterator[dict[str, Any]]:
    """Reductions × weights of every shape that fits a matrix."""
    rows, columns = input.shape
    shapes: tuple[tuple[int, ...], ...] = ((rows, columns), (columns,), (rows, 1), (1,), ())
    for reduction, shape in product(REDUCTIONS, (None, *shapes)):
        weight = None if shape is None else torch.linspace(0.1, 3, prod(shape), dtype=input.dtype).reshape(shape)
        yield {"reduction": reduction, "weight": weight, **flags}
