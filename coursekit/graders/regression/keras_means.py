"""Keras's four means: of absolute and squared errors, of percentages, of squared logarithms."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, same_gradient, same_value
from coursekit.exercise.twins import keras_twin
from coursekit.graders.regression.common import READY_MADE, Rng
from coursekit.graders.regression.keras_common import (
    error_formula,
    keras_cases,
    keras_checks,
    last_mean,
    mean_formula,
    of_error,
    positive,
    signed_edges,
    swapped_pair,
)

# ---- keras_mean_absolute_error, keras_mean_squared_error -----------------------------------------------------


def magnitude(error: Tensor) -> Tensor:
    return error.abs()


def square(error: Tensor) -> Tensor:
    return error * error


def half_of_square(error: Tensor) -> Tensor:
    return error * error / 2


def error_itself(error: Tensor) -> Tensor:
    return error * 1


def root_of_error(error: Tensor) -> Tensor:
    return error.abs().sqrt()


keras_mean_absolute_error = Exercise(
    "keras_mean_absolute_error",
    last_mean(of_error(magnitude)),
    points=1,
    parity_points=1,
    forbids=READY_MADE,
    twin=keras_twin("mean_absolute_error"),
    cases=lambda: keras_cases({}, edges=signed_edges),
    idea="A function of Keras gives one loss a sample: the mean over the last dimension, and over nothing else.",
    hints=(
        "Keras's order is y_true, then y_pred. Bring y_true into the dtype of y_pred, line the two up, subtract.",
        "The mean over the last dimension is `.mean(dim=-1)`; the batch stays.",
    ),
)


@keras_mean_absolute_error.check
def one_row_absolute(f: Function, rng: Rng) -> None:
    """Truth (1, 2), predicted (4, 1): errors 3 and -1, loss 2"""
    same_value(f, keras_mean_absolute_error.spec, tensor([[1.0, 2.0]]), tensor([[4.0, 1.0]]))
    same_value(f, keras_mean_absolute_error.spec, *swapped_pair(rng, 1, 3))


keras_checks(keras_mean_absolute_error, of_error(magnitude), swapped_pair)
wrong_mae = error_formula(keras_mean_absolute_error)
wrong_mae("This is the squared error. The absolute error is the distance.")(square)
wrong_mae("The errors keep their sign and cancel. Take their absolute values before the mean.")(error_itself)


@wrong_mae("The errors are averaged before they are made positive: opposite signs have cancelled by then.")
def distance_of_mean(error: Tensor) -> Tensor:
    return error.mean(-1, keepdim=True).abs()


@wrong_mae("This is the median of the errors, not their mean.")
def median_error(error: Tensor) -> Tensor:
    return error.abs().median(-1, keepdim=True).values


keras_mean_squared_error = Exercise(
    "keras_mean_squared_error",
    last_mean(of_error(square)),
    points=1,
    parity_points=1,
    forbids=READY_MADE,
    twin=keras_twin("mean_squared_error"),
    cases=lambda: keras_cases({}, edges=signed_edges),
    idea="Keras's mean squared error of a row is torch's `mse_loss` of that row alone.",
    hints=(
        "As `keras_mean_absolute_error`, with a square in place of the absolute value.",
        "No root at the end, and no factor ½.",
    ),
)


@keras_mean_squared_error.check
def one_row_squared(f: Function, rng: Rng) -> None:
    """Truth (1, 2), predicted (4, 1): squares 9 and 1, loss 5"""
    same_value(f, keras_mean_squared_error.spec, tensor([[1.0, 2.0]]), tensor([[4.0, 1.0]]))
    same_value(f, keras_mean_squared_error.spec, *swapped_pair(rng, 1, 3))


keras_checks(keras_mean_squared_error, of_error(square), swapped_pair)
wrong_keras_mse = error_formula(keras_mean_squared_error)
wrong_keras_mse("This is the absolute error. Square the errors.")(magnitude)
wrong_keras_mse("This is half of it. Keras has no factor ½ here.")(half_of_square)


@wrong_keras_mse("This is the root of the mean square of each row, the RMSE. Leave the root out.")
def rooted(error: Tensor) -> Tensor:
    return (error**2).mean(-1, keepdim=True).sqrt()


@wrong_keras_mse("The errors are averaged before they are squared: opposite signs have cancelled by then.")
def square_of_row_mean(error: Tensor) -> Tensor:
    return error.mean(-1, keepdim=True) ** 2


# ---- keras_mean_absolute_percentage_error --------------------------------------------------------------------


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


keras_checks(keras_mean_absolute_percentage_error, percentage, positive)


@keras_mean_absolute_percentage_error.parity
def truth_of_zero(f: Function, rng: Rng) -> None:
    """Where |y_true| is below 1e-7, the error is divided by 1e-7

    A single truth of 0 makes the loss of its row huge, but not infinite.
    """
    spec = keras_mean_absolute_percentage_error.spec
    same_value(f, spec, tensor([[0.0, 2.0]]), tensor([[0.5, 3.0]]))
    same_value(f, spec, tensor([[5e-8, 1.0], [-3e-8, 1.0]]), tensor([[0.5, 2.0], [0.25, 2.0]]))
    same_value(f, spec, tensor([[4e-7, 1.0]]), tensor([[0.5, 2.0]]))


wrong_mape = mean_formula(keras_mean_absolute_percentage_error)


@wrong_mape("The factor 100 is missing: these are fractions, and Keras gives per cent.")
def fraction(true: Tensor, pred: Tensor) -> Tensor:
    return percentage(true, pred) / 100


@wrong_mape(
    "The error is divided by the prediction. A percentage error is one of the truth: y_true comes first in Keras."
)
def of_the_prediction(true: Tensor, pred: Tensor) -> Tensor:
    return percentage(pred, true)


@wrong_mape("The percentages keep their sign and cancel. Take absolute values before the mean.")
def signed_percentage(true: Tensor, pred: Tensor) -> Tensor:
    return 100 * (pred - true) / true.abs().clamp(min=1e-7)


@wrong_mape(
    "Below the fraction stands max(y_true, 1e-7), as the text of Keras's documentation says, and so a truth of -2 "
    "counts as 1e-7. Its code takes the absolute value of y_true first."
)
def negative_truth_clipped(true: Tensor, pred: Tensor) -> Tensor:
    return 100 * (true - pred).abs() / true.clamp(min=1e-7)


@wrong_mape(  # K12
    "A truth of 0 gives inf. Keras divides by at least 1e-7: the loss is then huge, but finite."
)
def infinite_at_zero(true: Tensor, pred: Tensor) -> Tensor:
    return 100 * (true - pred).abs() / true.abs()


@wrong_mape("1e-7 is added to the truth's size. Keras takes the larger of the two: a truth of 5e-8 counts as 1e-7.")
def padded_truth(true: Tensor, pred: Tensor) -> Tensor:
    return 100 * (true - pred).abs() / (true.abs() + 1e-7)


@wrong_mape(
    "Truths of 0 are left out, or count as no error. Keras lets them make the loss huge, so that they are seen."
)
def zero_truth_skipped(true: Tensor, pred: Tensor) -> Tensor:
    return percentage(true, pred).where(true != 0, 0.0)


@wrong_mape("1e-8 takes the place of a truth of 0. Keras's epsilon is 1e-7.")
def other_epsilon(true: Tensor, pred: Tensor) -> Tensor:
    return 100 * (true - pred).abs() / true.abs().clamp(min=1e-8)


@wrong_mape("This is the symmetric percentage error, divided by the mean of truth and prediction. Divide by the truth.")
def symmetric(true: Tensor, pred: Tensor) -> Tensor:
    return 100 * (true - pred).abs() / ((true.abs() + pred.abs()) / 2)


@wrong_mape("The errors of a row are divided by its mean truth. Each error is divided by its own truth.")
def of_the_mean(true: Tensor, pred: Tensor) -> Tensor:
    return 100 * (true - pred).abs() / true.abs().mean(-1, keepdim=True)


@wrong_mape("The percentages are squared. Take their absolute values.")
def squared_percentage(true: Tensor, pred: Tensor) -> Tensor:
    return 100 * ((true - pred) / true.abs().clamp(min=1e-7)) ** 2


# ---- keras_mean_squared_logarithmic_error --------------------------------------------------------------------


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


keras_checks(keras_mean_squared_logarithmic_error, log_square, positive)


@keras_mean_squared_logarithmic_error.parity
def negative_numbers(f: Function, rng: Rng) -> None:
    """A negative number counts as 0 (as 1e-7), among truths and predictions"""
    spec = keras_mean_squared_logarithmic_error.spec
    same_value(f, spec, tensor([[1.0, 2.0]]), tensor([[-0.5, 3.0]]))
    same_value(f, spec, tensor([[-0.5, 2.0], [1.0, 4.0]]), tensor([[1.0, 3.0], [-7.0, 3.0]]))


@keras_mean_squared_logarithmic_error.parity
def dead_predictions(f: Function, rng: Rng) -> None:
    """A prediction of 0 or less has a gradient of 0

    It was replaced by 1e-7, and a constant has no slope: such a unit learns no more.
    """
    spec = keras_mean_squared_logarithmic_error.spec
    same_gradient(f, spec, tensor([[1.0, 2.0, 4.0]]), tensor([[-0.5, 3.0, 0.0]]), wrt=(1,))


wrong_msle = mean_formula(keras_mean_squared_logarithmic_error)


@wrong_msle("The 1 is missing: this is ln y, not ln(1 + y), and a prediction near 0 costs far too much.")
def without_one(true: Tensor, pred: Tensor) -> Tensor:
    return (pred.clamp(min=1e-7).log() - true.clamp(min=1e-7).log()) ** 2


@wrong_msle(  # K13
    "Negative predictions are not raised to 1e-7: ln(1 - 0.5) is taken as it is, and below -1 comes NaN."
)
def negative_kept(true: Tensor, pred: Tensor) -> Tensor:
    return (pred.log1p() - true.log1p()) ** 2


@wrong_msle(
    "Only the predictions are raised to 1e-7. Keras does it with both arguments; ln(1 + y) of a truth of -0.5 is taken "
    "as it is here."
)
def negative_truth_kept(true: Tensor, pred: Tensor) -> Tensor:
    return (pred.clamp(min=1e-7).log1p() - true.log1p()) ** 2


@wrong_msle(
    "The predictions are cut at 0, where the slope still passes: at exactly 0 there is a gradient. Keras raises them "
    "to 1e-7, and 0 is below that."
)
def cut_at_zero(true: Tensor, pred: Tensor) -> Tensor:
    return (pred.clamp(min=0).log1p() - true.clamp(min=0).log1p()) ** 2


@wrong_msle("A negative prediction counts as its absolute value. It counts as 1e-7.")
def absolute_prediction(true: Tensor, pred: Tensor) -> Tensor:
    return (pred.abs().log1p() - true.abs().log1p()) ** 2


@wrong_msle("The logarithms are of base 10. Keras's are natural: `torch.log1p`.")
def base_ten(true: Tensor, pred: Tensor) -> Tensor:
    return log_square(true, pred) / math.log(10) ** 2


@wrong_msle(
    "The logarithm is taken of the squared error. Take logarithms first, then their difference, then the square."
)
def logarithm_of_square(true: Tensor, pred: Tensor) -> Tensor:
    return ((pred - true) ** 2).log1p()


@wrong_msle("The difference of the logarithms is not squared but made positive.")
def absolute_logarithm(true: Tensor, pred: Tensor) -> Tensor:
    return (pred.clamp(min=1e-7).log1p() - true.clamp(min=1e-7).log1p()).abs()


@wrong_msle("This is the root of each row's mean, the RMSLE. Keras has no root.")
def root_of_logarithms(true: Tensor, pred: Tensor) -> Tensor:
    return log_square(true, pred).mean(-1, keepdim=True).sqrt()


@wrong_msle("No logarithm is taken: this is the mean squared error.")
def no_logarithm(true: Tensor, pred: Tensor) -> Tensor:
    return (pred - true) ** 2
