"""What `keras_hinge` and `keras_squared_hinge` are."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod

import torch
from torch import Tensor, tensor

from coursekit.exercise import Loss, Question
from coursekit.graders.margins.common import hinge


def as_sides(labels: Tensor) -> Tensor:
    """0 and 1 as -1 and 1, if there is nothing else among all the labels."""
    return 2 * labels - 1 if all(label in (0, 1) for label in labels.flatten().tolist()) else labels


def mean_of_row(losses: Tensor) -> Tensor:
    """The mean over the last dimension."""
    return losses.sum(-1) / losses.shape[-1]


def keras_like(formula: Loss, sides: Loss = as_sides, reduce: Loss = mean_of_row) -> Loss:
    """A loss of Keras made of its parts: what a margin y · x costs, what labels stand for, what is left of a row."""

    def spec(y_true: Tensor, y_pred: Tensor) -> Tensor:
        result: Tensor = reduce(formula(sides(y_true.to(y_pred.dtype)) * y_pred))
        return result

    return spec


def plain(margin: Tensor) -> Tensor:
    """What is missing to a margin of 1."""
    return hinge(1 - margin)


def squared(margin: Tensor) -> Tensor:
    """The square of what is missing to a margin of 1."""
    return hinge(1 - margin) ** 2


hinge_spec = keras_like(plain)
squared_hinge_spec = keras_like(squared)


def cases() -> Iterator[Question]:
    """Labels × shapes with gradients by both, then kinks, where Keras's slope on torch is the half, in value.

    No case has y_pred in float64: on torch Keras's `ops.maximum` takes it through float32.
    """
    shapes = ((3,), (2, 3), (2, 2, 3), (3, 1), (1, 1), (0, 3), (2, 0))
    labels = ((0, 1), (1, 1), (0, 0), (-1, 1), (-1, 0, 1), (0.5, 1), (0, 2))
    for shape, values in product(shapes, labels):
        count = prod(shape)
        y_true = tensor([float(values[i % len(values)]) for i in range(count)]).reshape(shape)
        y_pred = torch.linspace(-2.3, 1.9, count).reshape(shape)
        yield Question((y_true, y_pred), wrt=(0, 1))
        yield Question((y_true.double(), y_pred), wrt=(1,))
    kinks = tensor([[1.0, -1.0, 0.0], [1000.0, -1000.0, 0.999]])
    for y_true in (tensor([[1.0, -1.0, 1.0], [-1.0, 1.0, -1.0]]), tensor([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]])):
        yield Question((y_true, kinks))
        yield Question((y_true.int(), kinks))
    yield Question((tensor([[True, False]]), tensor([[0.3, 0.4]])), wrt=(1,))
