"""One of several classes in Keras: `keras_categorical_hinge`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod

import torch
from torch import Tensor, tensor

from coursekit.exercise import (
    Exercise,
    Function,
    Loss,
    Question,
    Rng,
    dtype_of_y_pred,
    keras_twin,
    same_gradient,
    same_value,
)
from coursekit.graders.margins.common import READY_MADE, draw_scores, hinge, keras_dtype_mistakes


def categorical_spec(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """1 + max((1 - y) · x) - Σ y · x, cut off at 0, of each row."""
    y = y_true.to(y_pred.dtype)
    right = (y * y_pred).sum(-1)
    wrong = ((1 - y) * y_pred).max(-1).values
    return hinge(1 + wrong - right)


def cases() -> Iterator[Question]:
    """Shapes × labels with gradients by both; ties and kinks, where Keras shares the slope, in value only.

    No case has y_pred in float64: on torch Keras's `ops.maximum` takes it through float32.
    """
    for shape, shift in product(((3,), (2, 3), (2, 2, 3), (3, 1), (4, 4)), (-4.0, -0.3, 3.1)):
        y_pred = (torch.arange(prod(shape)) * 0.37 % 1.9 + shift).reshape(shape)
        classes = shape[-1]
        one_hot = torch.eye(classes)[torch.arange(prod(shape[:-1])) % classes].reshape(shape)
        for y_true in (one_hot, 2 * one_hot - 1, 0.9 * one_hot + 0.05):
            yield Question((y_true, y_pred), wrt=(0, 1))
            yield Question((y_true.double(), y_pred), wrt=(1,))
        yield Question((one_hot.long(), y_pred), wrt=(1,))
        yield Question((torch.zeros(shape), y_pred))
        yield Question((torch.ones(shape), y_pred))
        yield Question((one_hot, y_pred.round()))


keras_categorical_hinge = Exercise(
    "keras_categorical_hinge",
    categorical_spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    twin=keras_twin("categorical_hinge"),
    cases=cases,
    idea="Only the best wrong class counts, and in Keras it is never below 0.",
    hints=(
        "Two numbers per row: the score of the right class, and the largest of the others. A product with y_true, and "
        "one with 1 - y_true, leave each.",
        "`sum` for the first, `amax` for the second, both over the last dimension.",
        "What stands in (1 - y_true) · y_pred at the place of the right class? Keras leaves it in the maximum.",
    ),
)


def one_hot(rng: Rng, rows: int, classes: int, shift: float = 0.0) -> tuple[Tensor, Tensor]:
    """Right classes, not all alike, and scores; with no shift at least one row whose loss is above 0, and no kink."""
    while True:
        right = torch.tensor(rng.integers(0, classes, size=rows))
        scores = draw_scores(rng, rows, classes)
        y_true = torch.eye(classes)[right]
        wrong = ((1 - y_true) * scores).amax(-1) - (y_true * scores).sum(-1)
        if (rows < 2 or len(set(right.tolist())) > 1) and (wrong > -0.9).any():
            return y_true, scores + shift


@keras_categorical_hinge.check
def best_of_the_wrong(f: Function, rng: Rng) -> None:
    """Scores 2, 1.5 and 0.5, the first is right: the loss is 1 + 1.5 - 2 = 0.5"""
    same_value(f, categorical_spec, tensor([[1.0, 0.0, 0.0]]), tensor([[2.0, 1.5, 0.5]]))
    same_value(f, categorical_spec, tensor([[0.0, 0.0, 1.0]]), tensor([[2.0, 1.5, 0.5]]))
    same_value(f, categorical_spec, *one_hot(rng, 1, 4))


@keras_categorical_hinge.check
def one_loss_a_row(f: Function, rng: Rng) -> None:
    """One loss per row, and 0 for a row that is ahead by 1

    Classes are no samples: nothing is averaged.
    """
    same_value(f, categorical_spec, tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]), tensor([[3.0, 1.5, 0.5]] * 2))
    same_value(f, categorical_spec, *one_hot(rng, 3, 3))
    y_true, y_pred = one_hot(rng, 2, 4)
    same_value(f, categorical_spec, y_true[:, None], y_pred[:, None])
    same_value(f, categorical_spec, y_true[0], y_pred[0] - 3 * y_true[0])


@keras_categorical_hinge.check
def never_below_zero(f: Function, rng: Rng) -> None:
    """Scores -3 and -5, the first is right: Keras's loss is 4

    The wrong class is 2 below the right one. But (1 - y) · x holds a 0 at the place of the right class, and
    that is the larger one.
    """
    same_value(f, categorical_spec, tensor([[1.0, 0.0]]), tensor([[-3.0, -5.0]]))
    same_value(f, categorical_spec, *one_hot(rng, 2, 3, shift=-4.0))


@keras_categorical_hinge.check
def categorical_slope(f: Function, rng: Rng) -> None:
    """The gradient goes to two classes: the right one, and the best wrong one above 0"""
    same_gradient(f, categorical_spec, tensor([[1.0, 0.0, 0.0]]), tensor([[2.0, 1.5, 0.5]]), wrt=(1,))
    same_gradient(f, categorical_spec, *one_hot(rng, 3, 3), wrt=(1,), scale=3.0)
    same_gradient(f, categorical_spec, *one_hot(rng, 2, 3, shift=-4.0), wrt=(1,))


@keras_categorical_hinge.parity
def other_labels(f: Function, rng: Rng) -> None:
    """Labels that are no 0 and 1 follow the same formula

    Two right classes are added up, a share of ½ counts half, and a -1 makes the wrong class count twice: Keras converts
    nothing here, unlike in `hinge`.
    """
    same_value(f, categorical_spec, tensor([[1.0, 1.0, 0.0]]), tensor([[0.2, 0.1, 0.3]]))
    same_value(f, categorical_spec, tensor([[0.5, 0.25, 0.25]]), tensor([[0.8, 0.4, 1.3]]))
    same_value(f, categorical_spec, tensor([[-1.0, 1.0, -1.0]]), tensor([[0.5, -1.0, 0.25]]))
    scores = tensor(rng.permutation([0.4, 1.3, -0.8])[None], dtype=torch.float32)  # no tie in any order
    same_gradient(f, categorical_spec, tensor([[0.7, 0.1, 0.2]]), scores, wrt=(1,))


dtype_of_y_pred(
    keras_categorical_hinge,
    lambda rng: one_hot(rng, 2, 3),
    lambda y_true: (y_true.long(), y_true.bool()),
    name="categorical_dtype",
)


@keras_categorical_hinge.parity
def categorical_far(f: Function, rng: Rng) -> None:
    """Scores of ±1000"""
    big = 100.0 * int(rng.integers(8, 11))
    for score in (big, -big):
        same_gradient(f, categorical_spec, tensor([[1.0, 0.0], [0.0, 1.0]]), tensor([[score, 0.25]] * 2), wrt=(1,))


# ---- what goes wrong -----------------------------------------------------------------------------------------


def in_one_dtype(formula: Loss) -> Loss:
    """A loss of a formula of y and x, with y in the dtype of x."""
    return lambda y_true, y_pred: formula(y_true.to(y_pred.dtype), y_pred)


def best_other(y: Tensor, x: Tensor) -> Tensor:
    """The largest score of a class whose label is no 1, whatever its sign."""
    return x.masked_fill(y == y.amax(-1, keepdim=True), -1e30).amax(-1)


wrong = keras_categorical_hinge.misconceptions
wrong.table(
    in_one_dtype,
    crammer_singer=(
        "This is the loss of Crammer and Singer: the best wrong class as it is. Keras's is never below 0: (1 - y) · x "
        "is 0 for the right class, and that 0 takes part in the maximum.",
        lambda y, x: hinge(1 + best_other(y, x) - (y * x).sum(-1)),
        "K10",
    ),
    all_of_the_wrong=(
        "All wrong classes are summed up, as torch's `multi_margin_loss` does. Here only the best of them counts.",
        lambda y, x: ((1 - y) * hinge(1 + x - (y * x).sum(-1, keepdim=True))).sum(-1),
    ),
    sum_of_the_wrong=(
        "The wrong classes are summed up before the margin is taken. Only the largest of them counts.",
        lambda y, x: hinge(1 + ((1 - y) * x).sum(-1) - (y * x).sum(-1)),
    ),
    mean_of_the_wrong=(
        "The wrong classes are averaged. Only the largest of them counts.",
        (
            lambda y, x: hinge(1 + ((1 - y) * x).mean(-1) - (y * x).sum(-1)),
            lambda y, x: hinge(1 + ((1 - y) * x).sum(-1) / (1 - y).sum(-1) - (y * x).sum(-1)),
        ),
    ),
    maximum_of_all=(
        "The right class competes with itself: the maximum is over all scores, so no row costs less than 1.",
        lambda y, x: hinge(1 + x.amax(-1) - (y * x).sum(-1)),
    ),
    no_margin=(
        "The 1 is missing: the right class need only be level with the best wrong one here. It should be ahead by 1.",
        lambda y, x: hinge(((1 - y) * x).amax(-1) - (y * x).sum(-1)),
    ),
    negative_loss=(
        "Nothing is cut off: a row that is ahead by more than 1 has a negative loss here. It should be 0.",
        lambda y, x: 1 + ((1 - y) * x).amax(-1) - (y * x).sum(-1),
    ),
    exchanged=(
        "Right and wrong are exchanged: this loss falls as the wrong class wins.",
        lambda y, x: hinge(1 + (y * x).sum(-1) - ((1 - y) * x).amax(-1)),
    ),
    divided_by_classes=(
        "The loss is divided by the number of classes. Keras divides nothing here.",
        lambda y, x: categorical_spec(y, x) / x.shape[-1],
    ),
    mean_of_rows=(
        "The rows are averaged into one number. Keras's function keeps the batch.",
        lambda y, x: categorical_spec(y, x).mean(),
    ),
    over_the_batch=(
        "The maximum and the sum go over the first dimension, the batch. The classes are the last one.",
        lambda y, x: categorical_spec(y.movedim(0, -1), x.movedim(0, -1)),
    ),
    gap_squared=(
        "This is the squared hinge of the gap. The categorical hinge has no square.",
        lambda y, x: categorical_spec(y, x) ** 2,
    ),
    softmax_first=(
        "The scores went through a softmax first. A hinge takes them as they are.",
        lambda y, x: categorical_spec(y, x.softmax(-1)),
    ),
    largest_label=(
        "The right score is that of the largest label alone. With other labels than 0 and 1 it is the sum of y · x.",
        lambda y, x: hinge(1 + ((1 - y) * x).amax(-1) - x.gather(-1, y.argmax(-1, keepdim=True)).squeeze(-1)),
    ),
    labels_as_sides=(
        "Labels became -1 and 1, as in `hinge`. Here the formula is made for 0 and 1.",
        lambda y, x: categorical_spec(2 * y - 1 if ((y == 0) | (y == 1)).all() else y, x),
    ),
    minus_one_is_zero=(
        "A -1 counts as a 0 here. Keras converts nothing: 1 - y is then 2, and the wrong score counts twice.",
        lambda y, x: categorical_spec(y.clamp(min=0), x),
    ),
    each_class_alone=(
        "This is the hinge of each class against its own label, averaged. The classes are to be compared here.",
        lambda y, x: hinge(1 - (2 * y - 1) * x).mean(-1),
    ),
)
keras_dtype_mistakes(wrong)
wrong.table(
    not_the_best_of_the_wrong=(
        "Not the largest of the wrong scores is taken, but the smallest, or the second. It is the largest that counts.",
        lambda y_true, y_pred: (
            1 + ((1 - y_true.to(y_pred.dtype)) * y_pred).amin(-1) - (y_true.to(y_pred.dtype) * y_pred).sum(-1)
        ).clamp(min=0),
    ),
)
