"""Errors in proportion to the truth, in Keras: of percentages and of squared logarithms.

`keras_mean_absolute_percentage_error`, `keras_mean_squared_logarithmic_error`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Rng, keras_twin, same_gradient, same_value
from coursekit.graders.regression.common import READY_MADE
from coursekit.graders.regression.keras_common import keras_cases, keras_checks, keras_mistakes, last_mean, positive

# ---- keras_mean_absolute_percentage_error ------------------------------------------------------------------------


def percentage(true: Tensor, pred: Tensor) -> Tensor:
    """100 |true - pred| / max(|true|, 1e-7)."""
    return 100 * (true - pred).abs() / true.abs().clamp(min=1e-7)


def percentage_edges() -> Iterator[tuple[Tensor, Tensor]]:
    """Truths of 0, tiny ones, negative ones."""
    yield tensor([[0.0, 1.0]]), tensor([[0.5, 1.5]])
    yield tensor([[-2.0, 5e-8, -3e-8]]), tensor([[-1.0, 0.5, 0.25]])
    yield tensor([[0.0, 0.0]]), tensor([[0.25, -0.25]])


keras_mean_absolute_percentage_error = Exercise(
    "keras_mean_absolute_percentage_error",
    last_mean(percentage),
    points=1,
    parity_points=1,
    forbids=READY_MADE,
    twin=keras_twin("mean_absolute_percentage_error"),
    cases=lambda: keras_cases({}, edges=percentage_edges),
    idea="A percentage forgives those who predict too little, and has no answer for a truth of 0.",
    hints=(
        "Per cent of what? Of the truth, y_true, and its absolute value: a truth can be negative.",
        "A truth of 0 is divided by 1e-7 instead: `clamp(min=…)` on the absolute value, not on y_true.",
    ),
)


@keras_mean_absolute_percentage_error.check
def one_row_percentage(f: Function, rng: Rng) -> None:
    """Truth (2, 4), predicted (3, 1): 50 % and 75 %, loss 62.5"""
    same_value(f, keras_mean_absolute_percentage_error.spec, tensor([[2.0, 4.0]]), tensor([[3.0, 1.0]]))
    same_value(f, keras_mean_absolute_percentage_error.spec, *positive(rng, 1, 3))


@keras_mean_absolute_percentage_error.check
def negative_truth(f: Function, rng: Rng) -> None:
    """A negative truth has its percentage, too"""
    same_value(f, keras_mean_absolute_percentage_error.spec, tensor([[-2.0, 4.0]]), tensor([[-1.0, 5.0]]))


keras_checks(keras_mean_absolute_percentage_error, positive)


@keras_mean_absolute_percentage_error.parity
def truth_of_zero(f: Function, rng: Rng) -> None:
    """Where |y_true| is below 1e-7, the error is divided by 1e-7

    A single truth of 0 makes the loss of its row huge, but not infinite.
    """
    spec = keras_mean_absolute_percentage_error.spec
    same_value(f, spec, tensor([[0.0, 2.0]]), tensor([[0.5, 3.0]]))
    same_value(f, spec, tensor([[5e-8, 1.0], [-3e-8, 1.0]]), tensor([[0.5, 2.0], [0.25, 2.0]]))
    same_value(f, spec, tensor([[4e-7, 1.0]]), tensor([[0.5, 2.0]]))
    same_gradient(f, spec, tensor([[0.0, 5e-8, -3e-8]]), tensor([[0.5, 0.25, 0.5]]), wrt=(1, 0))


wrong_mape = keras_mean_absolute_percentage_error.misconceptions
keras_mistakes(wrong_mape, percentage)
wrong_mape.table(
    last_mean,
    fraction=(
        "The factor 100 is missing: these are fractions, and Keras gives per cent.",
        lambda true, pred: percentage(true, pred) / 100,
    ),
    of_the_prediction=(
        "The error is divided by the prediction. A percentage error is one of the truth: y_true comes first in Keras.",
        lambda true, pred: percentage(pred, true),
    ),
    signed_percentage=(
        "The percentages keep their sign and cancel. Take absolute values before the mean.",
        (
            lambda true, pred: 100 * (pred - true) / true.abs().clamp(min=1e-7),
            lambda true, pred: 100 * (true - pred) / true.abs().clamp(min=1e-7),
        ),
    ),
    negative_truth_clipped=(
        "Below the fraction stands max(y_true, 1e-7), as the text of Keras's documentation says, and so a truth of -2 "
        "counts as 1e-7. Its code takes the absolute value of y_true first.",
        lambda true, pred: 100 * (true - pred).abs() / true.clamp(min=1e-7),
    ),
    infinite_at_zero=(
        "A truth of 0 gives inf. Keras divides by at least 1e-7: the loss is then huge, but finite.",
        lambda true, pred: 100 * (true - pred).abs() / true.abs(),
        "K12",
    ),
    padded_truth=(
        "1e-7 is added to the truth's size. Keras takes the larger of the two: a truth of 5e-8 counts as 1e-7.",
        lambda true, pred: 100 * (true - pred).abs() / (true.abs() + 1e-7),
    ),
    zero_truth_skipped=(
        "Truths of 0 are left out, or count as no error. Keras lets them make the loss huge, so that they are seen.",
        lambda true, pred: percentage(true, pred).where(true != 0, 0.0),
    ),
    other_epsilon=(
        "1e-8 takes the place of a truth of 0. Keras's epsilon is 1e-7.",
        lambda true, pred: 100 * (true - pred).abs() / true.abs().clamp(min=1e-8),
    ),
    symmetric=(
        "This is the symmetric percentage error, divided by the mean of truth and prediction. Divide by the truth.",
        lambda true, pred: 100 * (true - pred).abs() / ((true.abs() + pred.abs()) / 2),
    ),
    of_the_mean=(
        "The errors of a row are divided by its mean truth. Each error is divided by its own truth.",
        lambda true, pred: 100 * (true - pred).abs() / true.abs().mean(-1, keepdim=True),
    ),
    squared_percentage=(
        "The percentages are squared. Take their absolute values.",
        lambda true, pred: 100 * ((true - pred) / true.abs().clamp(min=1e-7)) ** 2,
    ),
)

# ---- keras_mean_squared_logarithmic_error ------------------------------------------------------------------------


def log_square(true: Tensor, pred: Tensor) -> Tensor:
    """[ln(1 + pred) - ln(1 + true)]², both at least 1e-7."""
    return (torch.maximum(pred, pred.new_tensor(1e-7)) + 1).log().sub((true.clamp(min=1e-7) + 1).log()) ** 2


def logarithm_edges() -> Iterator[tuple[Tensor, Tensor]]:
    """Zeros, negative numbers, a perfect fit, large numbers."""
    yield tensor([[1.0, 2.0, 3.0]]), tensor([[0.0, -0.5, -7.0]])
    yield tensor([[0.0, -2.0]]), tensor([[1.0, 2.0]])
    yield tensor([[3.0, 1e6]]), tensor([[3.0, 1e4]])


keras_mean_squared_logarithmic_error = Exercise(
    "keras_mean_squared_logarithmic_error",
    last_mean(log_square),
    points=1,
    parity_points=1,
    forbids=READY_MADE,
    twin=keras_twin("mean_squared_logarithmic_error"),
    cases=lambda: keras_cases({}, edges=logarithm_edges),
    idea="A squared error of logarithms counts factors: 10 for 20 costs nearly what 1,000 for 2,000 costs.",
    hints=(
        "Raise whatever is below 1e-7 to 1e-7 first, then take ln(1 + y) of both, then the mean squared error.",
        "`torch.log1p` and `clamp(min=…)`. You have written the mean squared error already.",
    ),
)


@keras_mean_squared_logarithmic_error.check
def one_row_logarithms(f: Function, rng: Rng) -> None:
    """Truth 3, predicted 7: (ln 8 - ln 4)² = (ln 2)² = 0.4805

    One is added to both before the logarithm.
    """
    same_value(f, keras_mean_squared_logarithmic_error.spec, tensor([[3.0]]), tensor([[7.0]]))
    same_value(f, keras_mean_squared_logarithmic_error.spec, tensor([[3.0, 9.0]]), tensor([[7.0, 1.0]]))


keras_checks(keras_mean_squared_logarithmic_error, positive)


@keras_mean_squared_logarithmic_error.parity
def negative_numbers(f: Function, rng: Rng) -> None:
    """A negative number counts as 0 (as 1e-7), among truths and predictions"""
    spec = keras_mean_squared_logarithmic_error.spec
    same_value(f, spec, tensor([[1.0, 2.0]]), tensor([[-0.5, 3.0]]))
    same_value(f, spec, tensor([[-0.5, 2.0], [1.0, 4.0]]), tensor([[1.0, 3.0], [-7.0, 3.0]]))


@keras_mean_squared_logarithmic_error.parity
def from_1e_7_on(f: Function, rng: Rng) -> None:
    """What is below 1e-7 counts as 1e-7 and has no slope, what is above it has one

    Look for another small number in place of 1e-7.
    """
    spec = keras_mean_squared_logarithmic_error.spec
    below, above = 1e-8 * int(rng.integers(2, 10)), 1e-7 * int(rng.integers(2, 10))
    same_gradient(f, spec, tensor([[1.0, 2.0]]), tensor([[below, above]]), wrt=(1,))
    same_gradient(f, spec, tensor([[above, below]]), tensor([[1.0, 2.0]]), wrt=(0,))


@keras_mean_squared_logarithmic_error.parity
def dead_predictions(f: Function, rng: Rng) -> None:
    """A prediction of 0 or less has a gradient of 0

    It was replaced by 1e-7, and a constant has no slope: such a unit learns no more.
    """
    spec = keras_mean_squared_logarithmic_error.spec
    same_gradient(f, spec, tensor([[1.0, 2.0, 4.0]]), tensor([[-0.5, 3.0, 0.0]]), wrt=(1,))


wrong_msle = keras_mean_squared_logarithmic_error.misconceptions
keras_mistakes(wrong_msle, log_square)
wrong_msle.table(
    last_mean,
    without_one=(
        "The 1 is missing: this is ln y, not ln(1 + y), and a prediction near 0 costs far too much.",
        lambda true, pred: (pred.clamp(min=1e-7).log() - true.clamp(min=1e-7).log()) ** 2,
    ),
    negative_kept=(
        "Negative predictions are not raised to 1e-7: ln(1 - 0.5) is taken as it is, and below -1 comes NaN.",
        lambda true, pred: (pred.log1p() - true.log1p()) ** 2,
        "K13",
    ),
    negative_truth_kept=(
        "Only the predictions are raised to 1e-7. Keras does it with both arguments; ln(1 + y) of a truth of -0.5 is "
        "taken as it is here.",
        lambda true, pred: (pred.clamp(min=1e-7).log1p() - true.log1p()) ** 2,
    ),
    cut_at_zero=(
        "The predictions are cut at 0, where the slope still passes: at exactly 0 there is a gradient. Keras raises "
        "them to 1e-7, and 0 is below that.",
        lambda true, pred: (pred.clamp(min=0).log1p() - true.clamp(min=0).log1p()) ** 2,
    ),
    absolute_prediction=(
        "A negative prediction counts as its absolute value. It counts as 1e-7.",
        lambda true, pred: (pred.abs().log1p() - true.abs().log1p()) ** 2,
    ),
    base_ten=(
        "The logarithms are of base 10. Keras's are natural: `torch.log1p`.",
        lambda true, pred: log_square(true, pred) / math.log(10) ** 2,
    ),
    logarithm_of_square=(
        "The logarithm is taken of the error. Take logarithms first, then their difference, then the square.",
        (lambda true, pred: ((pred - true) ** 2).log1p(), lambda true, pred: (pred - true).abs().log1p() ** 2),
    ),
    absolute_logarithm=(
        "The difference of the logarithms is not squared but made positive.",
        lambda true, pred: (pred.clamp(min=1e-7).log1p() - true.clamp(min=1e-7).log1p()).abs(),
    ),
    root_of_logarithms=(
        "This is the root of each row's mean, the RMSLE. Keras has no root.",
        lambda true, pred: log_square(true, pred).mean(-1, keepdim=True).sqrt(),
    ),
    no_logarithm=(
        "No logarithm is taken: this is the mean squared error.",
        lambda true, pred: (pred - true) ** 2,
    ),
)
