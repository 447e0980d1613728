"""What goes wrong in `keras_hinge` and `keras_squared_hinge`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from coursekit.graders.margins.common import Loss, hinge
from coursekit.graders.margins.keras_hinges import HINGES, as_sides, keras_like, plain, squared

FORMULAS = {"hinge": plain, "squared": squared}
POWERS = {"hinge": 1, "squared": 2}


def wrong(part: str, *explanations: str) -> Callable[[Loss], Loss]:
    """Adds a mistake in one part ("sides", "reduce") to both exercises."""

    def add(own: Loss) -> Loss:
        for name, exercise in HINGES.items():
            exercise.misconception(explanations[0], own.__name__)(keras_like(FORMULAS[name], **{part: own}))
        return own

    return add


def wrong_gap(explanation: str) -> Callable[[Loss], Loss]:
    """Adds a mistake in what a margin costs: a function of the margin and of the power, 1 or 2, to both."""

    def add(own: Loss) -> Loss:
        for name, exercise in HINGES.items():
            exercise.misconception(explanation, own.__name__)(keras_like(partial(own, power=POWERS[name])))
        return own

    return add


wrong_sides = partial(wrong, "sides")
wrong_mean = partial(wrong, "reduce")


@wrong_sides(  # K9
    "Labels 0 are left as they are: y · x is 0, so each costs 1 and nothing pulls. If there is nothing but 0 and 1 "
    "among the labels, a 0 stands for -1."
)
def zeros_kept(labels: Tensor) -> Tensor:
    return labels


@wrong_sides("2y - 1 was taken of -1 and 1 too, which makes -3 of a -1. Ask first whether all labels are 0 or 1.")
def always_converted(labels: Tensor) -> Tensor:
    return 2 * labels - 1


@wrong_sides("Every 0 became -1, beside other labels as well. Keras asks the whole tensor, once, and leaves it or not.")
def each_converted(labels: Tensor) -> Tensor:
    return torch.where(labels == 0, -1.0, labels)


@wrong_sides(
    "The question is asked of each row. Keras asks the whole tensor: one -1 anywhere, and every 0 is left a 0."
)
def rows_converted(labels: Tensor) -> Tensor:
    binary = ((labels == 0) | (labels == 1)).all(-1, keepdim=True) if labels.ndim else labels == labels
    return torch.where(binary, 2 * labels - 1, labels)


@wrong_sides("One label that is 0 or 1 is enough here (`any`). All of them must be (`all`).")
def any_will_do(labels: Tensor) -> Tensor:
    return 2 * labels - 1 if bool(((labels == 0) | (labels == 1)).any()) else labels


@wrong_sides(
    "Only the lowest label is looked at: as soon as there is a 0 and no -1, all become 2y - 1, a ½ and a 2 too."
)
def lowest_decides(labels: Tensor) -> Tensor:
    return 2 * labels - 1 if labels.numel() and labels.min() == 0 else labels


@wrong_sides("0 and 1 are converted only where both occur. A tensor of zeros is made of 0 and 1, too: all are -1.")
def both_needed(labels: Tensor) -> Tensor:
    return as_sides(labels) if bool((labels == 1).any()) else labels


@wrong_sides("The sides are exchanged: 1 should stay 1, and 0 become -1.")
def turned_round(labels: Tensor) -> Tensor:
    return 1 - 2 * labels if bool(((labels == 0) | (labels == 1)).all()) else labels


@wrong_gap("The sign is turned: 1 + y · x punishes what is right. What is missing to the margin is 1 - y · x.")
def sign_turned(margin: Tensor, power: int) -> Tensor:
    return hinge(1 + margin) ** power


@wrong_gap("Nothing is cut off: beyond a margin of 1 the loss is not 0 here. That is where a hinge costs nothing.")
def not_cut(margin: Tensor, power: int) -> Tensor:
    return (1 - margin) ** power


@wrong_gap(
    "The 1 is missing: this is max(0, -y · x), the loss of the perceptron. It is 0 as soon as the side is right, and "
    "for a score of 0 as well."
)
def perceptron(margin: Tensor, power: int) -> Tensor:
    return hinge(-margin) ** power


@wrong_gap("Each loss is cut off at 1. A hinge goes on rising: the further on the wrong side, the more it costs.")
def ramp(margin: Tensor, power: int) -> Tensor:
    return hinge(1 - margin).clamp(max=1) ** power


@wrong_gap("This counts mistakes: 1 for a wrong side, else 0. It has no slope to learn from.")
def counts_mistakes(margin: Tensor, power: int) -> Tensor:
    return (margin <= 0).to(margin.dtype) + 0 * margin


@wrong_gap("This is the logistic loss ln(1 + exp(-y · x)), which is never 0. A hinge is, from a margin of 1 on.")
def logistic(margin: Tensor, power: int) -> Tensor:
    return torch.logaddexp(-margin, torch.zeros_like(margin))


@wrong_gap("The loss is half of what it should be. Neither hinge has a factor ½.")
def halved(margin: Tensor, power: int) -> Tensor:
    return hinge(1 - margin) ** power / 2


@wrong_gap("The score went through a tanh first, so no margin of 1 is ever met. A hinge takes the score as it is.")
def squashed(margin: Tensor, power: int) -> Tensor:
    return hinge(1 - margin.tanh()) ** power


@HINGES["hinge"].misconception(
    "This is the squared hinge. Plain, every sample below the margin pulls with the same force."
)
def hinge_squared(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return HINGES["squared"].spec(y_true, y_pred)


@HINGES["hinge"].misconception("This is the distance to a margin of 1, from both sides. Beyond 1 nothing is to pay.")
def distance_to_margin(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return keras_like(lambda margin: (1 - margin).abs())(y_true, y_pred)


@HINGES["squared"].misconception("The square is missing: this is the plain hinge.")
def square_missing(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return HINGES["hinge"].spec(y_true, y_pred)


@HINGES["squared"].misconception("The mean was taken first and squared after. Each element has a square of its own.")
def squared_after_mean(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return HINGES["hinge"].spec(y_true, y_pred) ** 2


@wrong_mean(
    "This is the mean over everything, as torch has it. Keras's function averages each row and keeps the batch."
)
def mean_of_all(losses: Tensor) -> Tensor:
    return losses.mean()


@wrong_mean("Nothing is averaged. Keras's function takes the mean over the last dimension.")
def not_averaged(losses: Tensor) -> Tensor:
    return losses


@wrong_mean("The last dimension is summed. Keras takes its mean.")
def sum_of_row(losses: Tensor) -> Tensor:
    return losses.sum(-1)


@wrong_mean("The mean is taken over the first dimension, the batch. Keras averages over the last, and keeps the batch.")
def mean_of_batch(losses: Tensor) -> Tensor:
    return losses.mean(0)


@wrong_mean("Only the elements that cost something are averaged. A margin that is met counts as well, with its 0.")
def mean_of_active(losses: Tensor) -> Tensor:
    return losses.sum(-1) / (losses > 0).sum(-1).clamp(min=1)


def cut_after_mean(y_true: Tensor, y_pred: Tensor, power: int) -> Tensor:
    """The hinge of the row's mean."""
    return hinge(keras_like(lambda margin: 1 - margin)(y_true, y_pred)) ** power


def wider(y_true: Tensor, y_pred: Tensor, spec: Loss) -> Tensor:
    """As the two promote."""
    result: Tensor = spec(y_true, y_pred.to(torch.promote_types(y_true.dtype, y_pred.dtype)))
    return result


def labels_as_they_come(y_true: Tensor, y_pred: Tensor, spec: Loss) -> Any:
    """With y_true in its own dtype: of a bool there is no 2y - 1."""
    if y_true.dtype is torch.bool:
        raise RuntimeError("Subtraction with a bool tensor is not supported.")
    return spec(y_true, y_pred)


for called, each in HINGES.items():
    each.misconception(
        "The mean of the row was cut off at 0, not each element: a margin that is more than met pays for one that is "
        "not.",
        "cut_after_mean",
    )(partial(cut_after_mean, power=POWERS[called]))
    each.misconception(
        "The result has the wider dtype of the two. Keras turns y_true into the dtype of y_pred first.", "wider_dtype"
    )(partial(wider, spec=each.spec))
    each.misconception(
        "Labels of type bool raise an error. Turn y_true into the dtype of y_pred before any arithmetic.",
        "bool_refused",
    )(partial(labels_as_they_come, spec=each.spec))
