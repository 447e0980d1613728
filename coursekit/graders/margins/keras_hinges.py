"""Two classes in Keras: `keras_hinge`, `keras_squared_hinge`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from math import prod

import numpy as np
import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, same_dtype, same_gradient, same_value
from coursekit.exercise.twins import keras_twin
from coursekit.graders.margins.common import READY_MADE, SCORES, Loss, Rng, hinge
from coursekit.wire import Question


def as_sides(labels: Tensor) -> Tensor:
    """0 and 1 as -1 and 1, if there is nothing else among all the labels."""
    return 2 * labels - 1 if all(label in (0, 1) for label in labels.flatten().tolist()) else labels


def mean_of_row(losses: Tensor) -> Tensor:
    """The mean over the last dimension."""
    return losses.sum(-1) / losses.shape[-1]


def keras_like(formula: Loss, sides: Loss = as_sides, reduce: Loss = mean_of_row) -> Loss:
    """A loss of Keras made of its parts: what labels stand for, what a margin y · x costs, what is left of a row."""

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


def exercise_of(name: str, formula: Loss, idea: str, hints: tuple[str, ...]) -> Exercise:
    """One of the two; they differ in the formula alone."""
    return Exercise(
        f"keras_{name}",
        keras_like(formula),
        points=2,
        parity_points=1,
        forbids=READY_MADE,
        twin=keras_twin(name),
        cases=cases,
        idea=idea,
        hints=hints,
    )


keras_hinge = exercise_of(
    "hinge",
    plain,
    "A hinge costs nothing from a margin of 1 on, and pulls with the same force everywhere below.",
    (
        "Labels first: one question to the whole tensor, whether it holds nothing but 0 and 1. Then y is -1 or 1.",
        "The margin is y · x: positive on the right side. What is missing to 1? And when nothing is missing?",
        "`clamp(min=0)` cuts off what is negative. The mean is over the last dimension only.",
    ),
)
keras_squared_hinge = exercise_of(
    "squared_hinge",
    squared,
    "Squared, the hinge has no kink: its pull fades as the margin of 1 comes near.",
    (
        "The labels are those of `keras_hinge`. What changes is one operation.",
        "Cut off first, square after. A margin of 3 is right: what would its square cost otherwise?",
    ),
)
HINGES = {"hinge": keras_hinge, "squared": keras_squared_hinge}


def labelled(rng: Rng, *shape: int, low: float = -1.0) -> tuple[Tensor, Tensor]:
    """Labels `low` and 1, and scores: of more than two, margins on either side of 1 and 0, and both labels."""
    count = prod(shape)
    while True:
        side = rng.permutation(np.arange(count) % 2 * 2 - 1)
        scores = rng.permutation(SCORES)[:count]
        margins = side * scores
        if count < 3 or ((margins > 1).any() and (margins < 0).any() and ((margins > 0) & (margins < 1)).any()):
            break
    labels = np.where(side > 0, 1.0, low)
    return tensor(labels.reshape(shape), dtype=torch.float32), tensor(scores.reshape(shape), dtype=torch.float32)


def checks_of(name: str, two: str, mixed: str) -> Callable[[Exercise], None]:
    """The checks of one of the two: their titles differ by the numbers in them."""

    def add(exercise: Exercise) -> None:
        spec = exercise.spec

        def smallest(f: Function, rng: Rng) -> None:
            same_value(f, spec, tensor([[1.0]]), tensor([[0.4]]))
            same_value(f, spec, tensor([[-1.0]]), tensor([[0.4]]))

        def met(f: Function, rng: Rng) -> None:
            same_value(f, spec, tensor([[1.0, 1.0]]), tensor([[3.0, 0.5]]))  # cut off as a whole, this row costs 0
            same_value(f, spec, tensor([[1.0, 1.0, -1.0, -1.0]]), tensor([[3.0, -0.5, -2.0, 1.4]]))
            same_value(f, spec, *labelled(rng, 1, 4))

        def converted(f: Function, rng: Rng) -> None:
            same_value(f, spec, tensor([[0.0, 1.0], [0.0, 0.0]]), tensor([[0.6, 0.4], [0.4, 0.6]]))
            same_value(f, spec, *labelled(rng, 2, 3, low=0.0))
            same_value(f, spec, torch.zeros(1, 2), tensor([[0.4, -2.5]]))

        def rows(f: Function, rng: Rng) -> None:
            for shape in ((2, 3), (2, 1, 3), (3,), (2, 2), (3, 1)):
                same_value(f, spec, *labelled(rng, *shape))

        def slope(f: Function, rng: Rng) -> None:
            same_gradient(f, spec, *labelled(rng, 2, 3), wrt=(1,), scale=3.0)
            same_gradient(f, spec, *labelled(rng, 2, 2, low=0.0), wrt=(1,))

        smallest.__doc__ = f"A score of 0.4 costs {two}: on the right side, and on the wrong one"
        met.__doc__ = (
            "From a margin of 1 on nothing is to pay, however far\n\nMargins 3, -0.5, 2 and -1.4: the first and the "
            f"third cost 0, the mean is {mixed}."
        )
        converted.__doc__ = "Labels 0 and 1 stand for -1 and 1\n\nA 0 left as it is costs 1 whatever the score says."
        rows.__doc__ = "One loss a sample: the mean over the last dimension\n\nThe batch is averaged by Keras's class."
        slope.__doc__ = "The gradient is right, and nothing pulls where the margin is met"
        for check in (smallest, met, converted, rows, slope):
            exercise.check(check)

        @exercise.parity
        def asked_of_all(f: Function, rng: Rng) -> None:
            """One -1 or ½ among the labels, and every 0 stays a 0

            Keras asks the whole tensor once: not each label, not each row. A row of 0 and 1 above a row with a -1 is
            taken as it is.
            """
            same_value(f, spec, tensor([[0.0, 1.0], [0.0, -1.0]]), tensor([[0.6, 0.4], [0.4, 0.6]]))
            same_value(f, spec, tensor([[0.0, 1.0], [0.5, 1.0]]), tensor([[0.6, 0.4], [-0.4, -0.6]]))
            same_value(f, spec, tensor([[0.0, 2.0]]), draw_pair(rng))
            same_gradient(f, spec, tensor([[0.0, -1.0]]), draw_pair(rng), wrt=(1,))

        @exercise.parity
        def dtype_of_y_pred(f: Function, rng: Rng) -> None:
            """The result has the dtype of y_pred, whatever y_true has

            Labels are often integers, or bool.
            """
            y_true, y_pred = labelled(rng, 2, 3, low=0.0)
            same_dtype(f, spec, y_true, y_pred, dtype=torch.float32)
            same_dtype(f, spec, y_true.double(), y_pred, dtype=torch.float32)
            same_dtype(f, spec, y_true.long(), y_pred, dtype=torch.float32)
            same_dtype(f, spec, y_true.bool(), y_pred, dtype=torch.float32)

        @exercise.parity
        def far_away(f: Function, rng: Rng) -> None:
            """Scores of ±1000: the loss of a sure mistake has no limit"""
            for score in (1000.0, -1000.0):
                same_gradient(f, spec, tensor([[1.0, -1.0]]), tensor([[score, 0.25]]), wrt=(1,))

    return add


def draw_pair(rng: Rng) -> Tensor:
    """Two scores within the margin, of opposite sign."""
    return tensor(rng.permutation([-0.8, 0.4])[None], dtype=torch.float32)


checks_of("hinge", "0.6 and 1.4", "0.9750")(keras_hinge)
checks_of("squared", "0.36 and 1.96", "2.0025")(keras_squared_hinge)
