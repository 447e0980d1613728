"""Two classes in Keras: `keras_hinge`, `keras_squared_hinge`."""

from __future__ import annotations

from math import prod

import numpy as np
import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Loss, Rng, dtype_of_y_pred, keras_twin, same_gradient, same_value
from coursekit.graders.margins.common import READY_MADE, SCORES
from coursekit.graders.margins.keras_hinges_mistakes import HINGE_MISTAKES, SQUARED_HINGE_MISTAKES
from coursekit.graders.margins.keras_hinges_spec import cases, hinge_spec, squared_hinge_spec
from coursekit.report import Tier


def exercise_of(name: str, spec: Loss, idea: str, hints: tuple[str, ...]) -> Exercise:
    """One of the two; they differ in the formula alone."""
    return Exercise(
        f"keras_{name}",
        spec,
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
    hinge_spec,
    "A hinge costs nothing from a margin of 1 on, and pulls with the same force everywhere below.",
    (
        "Labels first: one question to the whole tensor, whether it holds nothing but 0 and 1. Then y is -1 or 1.",
        "The margin is y · x: positive on the right side. What is missing to 1? And when nothing is missing?",
        "`clamp(min=0)` cuts off what is negative. The mean is over the last dimension only.",
    ),
)
keras_squared_hinge = exercise_of(
    "squared_hinge",
    squared_hinge_spec,
    "Squared, the hinge has no kink: its pull fades as the margin of 1 comes near.",
    (
        "The labels are those of `keras_hinge`. What changes is one operation.",
        "Cut off first, square after. A margin of 3 is right: what would its square cost otherwise?",
    ),
)


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


def draw_pair(rng: Rng) -> Tensor:
    """Two scores within the margin, of opposite sign."""
    return tensor(rng.permutation([-0.8, 0.4])[None], dtype=torch.float32)


def add_checks(exercise: Exercise, two: str, mixed: str) -> None:
    """Adds the checks of one of the two: their titles differ by the numbers in them."""
    spec = exercise.spec

    def smallest(f: Function, rng: Rng) -> None:
        same_value(f, spec, tensor([[1.0]]), tensor([[0.4]]))
        same_value(f, spec, tensor([[-1.0]]), tensor([[0.4]]))

    def met(f: Function, rng: Rng) -> None:
        same_value(f, spec, tensor([[1.0, 1.0]]), tensor([[3.0, 0.5]]))  # cut off as a whole, this row costs 0
        same_value(f, spec, tensor([[1.0, 1.0, -1.0, -1.0]]), tensor([[3.0, -0.5, -2.0, 1.4]]))
        same_value(f, spec, *labelled(rng, 1, 4))

    exercise.add_check(smallest, Tier.CORE, f"A score of 0.4 costs {two}: on the right side, and on the wrong one")
    exercise.add_check(
        met,
        Tier.CORE,
        "From a margin of 1 on nothing is to pay, however far\n\nMargins 3, -0.5, 2 and -1.4: the first and the "
        f"third cost 0, the mean is {mixed}.",
    )

    @exercise.check
    def converted(f: Function, rng: Rng) -> None:
        """Labels 0 and 1 stand for -1 and 1

        A 0 left as it is costs 1 whatever the score says.
        """
        same_value(f, spec, tensor([[0.0, 1.0], [0.0, 0.0]]), tensor([[0.6, 0.4], [0.4, 0.6]]))
        same_value(f, spec, *labelled(rng, 2, 3, low=0.0))
        same_value(f, spec, torch.zeros(1, 2), tensor([[0.4, -2.5]]))

    @exercise.check
    def rows(f: Function, rng: Rng) -> None:
        """One loss per sample: the mean over the last dimension

        The batch is averaged by Keras's class.
        """
        for shape in ((2, 3), (2, 1, 3), (3,), (2, 2), (3, 1)):
            same_value(f, spec, *labelled(rng, *shape))

    @exercise.check
    def slope(f: Function, rng: Rng) -> None:
        """The gradient is right, and nothing pulls where the margin is met"""
        same_gradient(f, spec, *labelled(rng, 2, 3), wrt=(1,), scale=3.0)
        same_gradient(f, spec, *labelled(rng, 2, 2, low=0.0), wrt=(1,))

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

    dtype_of_y_pred(
        exercise,
        lambda rng: labelled(rng, 2, 3, low=0.0),
        lambda y_true: (y_true.long(), y_true.bool()),
        "The result has the dtype of y_pred, whatever y_true has\n\nLabels are often integers, or bool.",
    )

    @exercise.parity
    def far_away(f: Function, rng: Rng) -> None:
        """Scores of ±1000: the loss of a sure mistake has no limit"""
        for score in (1000.0, -1000.0):
            same_gradient(f, spec, tensor([[1.0, -1.0]]), tensor([[score, 0.25]]), wrt=(1,))


add_checks(keras_hinge, "0.6 and 1.4", "0.9750")
keras_hinge.misconceptions.extend(HINGE_MISTAKES)

add_checks(keras_squared_hinge, "0.36 and 1.96", "2.0025")
keras_squared_hinge.misconceptions.extend(SQUARED_HINGE_MISTAKES)
