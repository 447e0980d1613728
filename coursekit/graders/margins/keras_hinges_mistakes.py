"""What goes wrong in `keras_hinge` and `keras_squared_hinge`."""

from __future__ import annotations

from functools import partial

import torch

from coursekit.exercise import Loss, Mistakes, keras_means
from coursekit.graders.margins.common import hinge, keras_dtype_mistakes
from coursekit.graders.margins.keras_hinges_spec import (
    as_sides,
    hinge_spec,
    keras_like,
    plain,
    squared,
    squared_hinge_spec,
)


def label_mistakes(wrong: Mistakes, formula: Loss) -> None:
    """Adds what goes wrong between the labels and the sides -1 and 1."""
    wrong.table(
        partial(keras_like, formula),
        zeros_kept=(
            "Labels 0 are left as they are: y · x is 0, so each costs 1 and nothing pulls. If there is nothing but 0 "
            "and 1 among the labels, a 0 stands for -1.",
            lambda labels: labels,
            "K9",
        ),
        always_converted=(
            "2y - 1 was taken of -1 and 1 too, which makes -3 of a -1. Ask first whether all labels are 0 or 1.",
            lambda labels: 2 * labels - 1,
        ),
        each_converted=(
            "Every 0 became -1, beside other labels as well. Keras asks the whole tensor, once, and leaves it or not.",
            lambda labels: torch.where(labels == 0, -1.0, labels),
        ),
        rows_converted=(
            "The question is asked of each row. Keras asks the whole tensor: one -1 anywhere, and every 0 is left a 0.",
            lambda labels: torch.where(((labels == 0) | (labels == 1)).all(-1, keepdim=True), 2 * labels - 1, labels),
        ),
        any_will_do=(
            "One label that is 0 or 1 is enough here (`any`). All of them must be (`all`).",
            lambda labels: 2 * labels - 1 if ((labels == 0) | (labels == 1)).any() else labels,
        ),
        lowest_decides=(
            "Only the lowest label is looked at: as soon as there is a 0 and no -1, all become 2y - 1, a ½ and a 2 "
            "too.",
            lambda labels: 2 * labels - 1 if labels.numel() and labels.min() == 0 else labels,
        ),
        both_needed=(
            "0 and 1 are converted only where both occur. A tensor of zeros is made of 0 and 1, too: all are -1.",
            lambda labels: as_sides(labels) if (labels == 1).any() else labels,
        ),
        turned_round=(
            "The sides are exchanged: 1 should stay 1, and 0 become -1.",
            lambda labels: 1 - 2 * labels if ((labels == 0) | (labels == 1)).all() else labels,
        ),
    )


def margin_mistakes(wrong: Mistakes, power: int) -> None:
    """Adds what goes wrong in what a margin costs."""
    wrong.table(
        keras_like,
        sign_turned=(
            "The sign is turned: 1 + y · x punishes what is right. What is missing to the margin is 1 - y · x.",
            lambda margin: hinge(1 + margin) ** power,
        ),
        not_cut=(
            "Nothing is cut off: beyond a margin of 1 the loss is not 0 here, where a hinge costs nothing. (A `clamp` "
            "after the square cuts nothing: a square is never below 0.)",
            lambda margin: (1 - margin) ** power,
        ),
        perceptron=(
            "The 1 is missing: this is max(0, -y · x), the loss of the perceptron. It is 0 as soon as the side is "
            "right, and for a score of 0 as well.",
            lambda margin: hinge(-margin) ** power,
        ),
        ramp=(
            "Each loss is cut off at 1. A hinge goes on rising: the further on the wrong side, the more it costs.",
            lambda margin: hinge(1 - margin).clamp(max=1) ** power,
        ),
        counts_mistakes=(
            "This counts mistakes: 1 for a wrong side, else 0. It has no slope to learn from.",
            lambda margin: (margin <= 0).to(margin.dtype) + 0 * margin,
        ),
        logistic=(
            "This is the logistic loss ln(1 + exp(-y · x)), which is never 0. A hinge is, from a margin of 1 on.",
            lambda margin: torch.logaddexp(-margin, torch.zeros_like(margin)),
        ),
        halved=(
            "The loss is half of what it should be. Neither hinge has a factor ½.",
            lambda margin: hinge(1 - margin) ** power / 2,
        ),
        margin_outside=(
            "The 1 is added after the cut, so that even the clearest margin costs it. It belongs inside.",
            lambda margin: 1 + hinge(-margin) ** power,
        ),
        margin_half=(
            "The margin that is asked for is another than 1.",
            (lambda margin: hinge(0.5 - margin) ** power, lambda margin: hinge(2 - margin) ** power),
        ),
        other_power=(
            "Each hinge is raised to another power.",
            (lambda margin: hinge(1 - margin) ** 3, lambda margin: hinge(1 - margin).sqrt()),
        ),
        exponential=(
            "This is exp(-y · x), the loss of AdaBoost, which is never 0. A hinge is, from a margin of 1 on.",
            lambda margin: (-margin).exp(),
        ),
        squashed=(
            "The score went through a tanh first, so no margin of 1 is ever met. A hinge takes the score as it is.",
            lambda margin: hinge(1 - margin.tanh()) ** power,
        ),
    )


def mean_mistakes(wrong: Mistakes, formula: Loss, power: int) -> None:
    """Adds what goes wrong between the losses of a row and their mean."""
    keras_means(
        wrong,
        lambda reduce: keras_like(formula, reduce=reduce),
        "Nothing is averaged. Keras's function takes the mean over the last dimension.",
        mean_of_active=(
            "Only the elements that cost something are averaged. A margin that is met counts as well, with its 0.",
            lambda losses: losses.sum(-1) / (losses > 0).sum(-1).clamp(min=1),
        ),
    )
    mean_missing = keras_like(lambda margin: 1 - margin)
    wrong.table(
        cut_after_mean=(
            "The mean of the row was cut off at 0, not each element: a margin that is more than met pays for one that "
            "is not.",
            lambda y_true, y_pred: hinge(mean_missing(y_true, y_pred)) ** power,
        ),
    )


HINGE_MISTAKES = Mistakes(hinge_spec)
label_mistakes(HINGE_MISTAKES, plain)
margin_mistakes(HINGE_MISTAKES, power=1)
HINGE_MISTAKES.table(
    hinge_squared=(
        "This is the squared hinge. Plain, every sample below the margin pulls with the same force.",
        squared_hinge_spec,
    ),
    distance_to_margin=(
        "This is the distance to a margin of 1, from both sides. Beyond 1 nothing is to pay.",
        keras_like(lambda margin: (1 - margin).abs()),
    ),
)
mean_mistakes(HINGE_MISTAKES, plain, power=1)
keras_dtype_mistakes(HINGE_MISTAKES)

SQUARED_HINGE_MISTAKES = Mistakes(squared_hinge_spec)
label_mistakes(SQUARED_HINGE_MISTAKES, squared)
margin_mistakes(SQUARED_HINGE_MISTAKES, power=2)
SQUARED_HINGE_MISTAKES.table(
    square_missing=("The square is missing: this is the plain hinge.", hinge_spec),
    squared_after_mean=(
        "The mean was taken first and squared after. Each element has a square of its own.",
        lambda y_true, y_pred: hinge_spec(y_true, y_pred) ** 2,
    ),
)
mean_mistakes(SQUARED_HINGE_MISTAKES, squared, power=2)
keras_dtype_mistakes(SQUARED_HINGE_MISTAKES)
