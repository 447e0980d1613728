"""What a function of Keras's gives for each sample: `keras_mean_squared_error`."""

from __future__ import annotations

from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Rng, keras_twin, same_value
from coursekit.graders.regression.common import READY_MADE
from coursekit.graders.regression.keras_common import (
    around,
    error_mean,
    keras_cases,
    keras_checks,
    keras_mistakes,
    of_error,
    signed_edges,
    swapped_pair,
)
from coursekit.graders.regression.torch_spec import square


def magnitude(error: Tensor) -> Tensor:
    """|d|."""
    return error.abs()


keras_mean_squared_error = Exercise(
    "keras_mean_squared_error",
    error_mean(square),
    points=1,
    parity_points=1,
    forbids=READY_MADE,
    twin=keras_twin("mean_squared_error"),
    cases=lambda: keras_cases({}, edges=signed_edges),
    idea="A function of Keras gives one loss per sample: the mean over the last dimension, and over nothing else.",
    hints=(
        "Keras's order is y_true, then y_pred. Bring y_true into the dtype of y_pred, line the two up, subtract.",
        "The mean over the last dimension is `.mean(dim=-1)`; the batch stays. No root at the end, and no factor ½.",
    ),
)


@keras_mean_squared_error.check
def one_row_squared(f: Function, rng: Rng) -> None:
    """Truth (1, 2), predicted (4, 1): squares 9 and 1, loss 5"""
    same_value(f, keras_mean_squared_error.spec, tensor([[1.0, 2.0]]), tensor([[4.0, 1.0]]))
    same_value(f, keras_mean_squared_error.spec, *swapped_pair(rng, 1, 3))


keras_checks(keras_mean_squared_error, swapped_pair)

wrong = keras_mean_squared_error.misconceptions
keras_mistakes(wrong, of_error(square))
wrong.table(
    error_mean,
    magnitude=("This is the absolute error. Square the errors.", magnitude),
    half_of_square=("This is half of it. Keras has no factor ½ here.", lambda d: square(d) / 2),
    rooted=(
        "This is the root of the mean square of each row, the RMSE. Leave the root out.",
        lambda d: (d**2).mean(-1, keepdim=True).sqrt(),
    ),
    median_error=(
        "This is the median of the squares, not their mean.",
        lambda d: square(d).median(-1, keepdim=True).values,
    ),
    square_of_row_mean=(
        "The errors are averaged before they are squared: opposite signs have cancelled by then.",
        lambda d: d.mean(-1, keepdim=True) ** 2,
    ),
)
wrong.table(
    error_mean,
    error_itself=(
        "This is the mean of the errors themselves: those of either sign cancel.",
        (lambda d: d, lambda d: -d),
    ),
    cubed=("The size of the error is raised to another power.", (lambda d: d.abs() ** 3, lambda d: d.abs().sqrt())),
)
wrong.table(
    lambda reduce: around(of_error(lambda d: d), reduce),
    largest_of_row=(
        "The largest of the row is taken. Keras takes the mean.",
        (lambda d: d.abs().amax(-1), lambda d: d.square().amax(-1)),
    ),
    spread_of_row=(
        "The mean of the row's errors is taken off first: this is their spread.",
        (
            lambda d: d.var(-1, correction=0),
            lambda d: d.var(-1),
            lambda d: d.std(-1, correction=0),
            lambda d: (d - d.mean(-1, keepdim=True)).abs().mean(-1),
        ),
    ),
)
