"""A parabola near 0 and a line far away, in Keras: `keras_log_cosh`, `keras_huber`."""

from __future__ import annotations

import math

import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, same_gradient, same_value
from coursekit.exercise.twins import keras_twin
from coursekit.graders.regression.common import DTYPES, READY_MADE, Loss, Rng
from coursekit.graders.regression.huber import (
    DELTAS,
    capped_at_delta,
    delta_ignored,
    exchanged,
    huber_formula,
    is_smooth_l1,
    line_not_lowered,
    line_of_delta_one,
    only_parabola,
    pseudo_huber,
    sign_chooses,
    whole_square,
)
from coursekit.graders.regression.keras_common import (
    error_formula,
    keras_cases,
    keras_checks,
    last_mean,
    of_error,
    signed_edges,
    swapped_pair,
)

# ---- keras_log_cosh ------------------------------------------------------------------------------------------


def log_cosh_formula(error: Tensor) -> Tensor:
    """Ln cosh of the error, its exponential taken out of the logarithm: |d| + ln[(1 + exp(-2|d|)) / 2]."""
    size = error.abs()
    return size + ((1 + (-2 * size).exp()) / 2).log()


keras_log_cosh = Exercise(
    "keras_log_cosh",
    last_mean(of_error(log_cosh_formula)),
    points=1,
    parity_points=1,
    forbids=READY_MADE,
    twin=keras_twin("log_cosh"),
    cases=lambda: keras_cases({}, edges=signed_edges),
    idea="ln cosh is half the square near 0 and the distance less ln 2 far away: its slope is tanh, within ±1.",
    hints=(
        "`d.cosh().log()` is right for small errors. What is cosh(1000) in floating point?",
        "cosh d = (exp d + exp(-d))/2. Take the larger of the two exponentials out of the sum before the logarithm.",
        "With |d| in place of d the larger one is known: what is left inside the logarithm lies between ½ and 1.",
    ),
)


@keras_log_cosh.check
def one_row_log_cosh(f: Function, rng: Rng) -> None:
    """An error of 1 costs ln cosh 1 = 0.4338, of either sign"""
    same_value(f, keras_log_cosh.spec, tensor([[2.0]]), tensor([[3.0]]))
    same_value(f, keras_log_cosh.spec, tensor([[3.0]]), tensor([[2.0]]))
    same_value(f, keras_log_cosh.spec, *swapped_pair(rng, 1, 3))


keras_checks(keras_log_cosh, of_error(log_cosh_formula), swapped_pair)


@keras_log_cosh.parity
def huge_errors(f: Function, rng: Rng) -> None:
    """Errors of ±1000 cost 999.3069, and have a slope of ±1

    cosh overflows at 89 in float32 and at 711 in float64, its logarithm does not have to.
    """
    spec = keras_log_cosh.spec
    for sign in (1, -1):
        for dtype in DTYPES:
            error = tensor([[sign * 1000.0, 0.5]], dtype=dtype)
            same_value(f, spec, torch.ones_like(error), error + 1)
            same_gradient(f, spec, torch.ones_like(error), error + 1, wrt=(1, 0))


wrong_log_cosh = error_formula(keras_log_cosh)
LN2 = math.log(2)


@wrong_log_cosh(
    "cosh overflows: for errors of 1000 this is inf, in float32 from 89 on. Take the large exponential out of the "
    "logarithm by hand."
)
def overflowing(error: Tensor) -> Tensor:
    return error.cosh().log()


@wrong_log_cosh(
    "One sign is safe, the other overflows: d + ln(1 + exp(-2d)) - ln 2 needs |d| in place of d, or a softplus."
)
def safe_on_one_side(error: Tensor) -> Tensor:
    return error + torch.log1p((-2 * error).exp()) - LN2


@wrong_log_cosh(
    "Errors are clamped before the cosh, so that it does not overflow: errors of 1000 cost too little, and pull no "
    "more."
)
def clamped_error(error: Tensor) -> Tensor:
    return error.clamp(-80, 80).cosh().log()


@wrong_log_cosh(
    "The value is right for errors of 1000, the gradient is NaN: `where` differentiates the overflowing branch as "
    "well. Keep the large numbers out of it, or use a formula that is right everywhere."
)
def overflow_masked_too_late(error: Tensor) -> Tensor:
    return torch.where(error.abs() > 20, error.abs() - LN2, error.cosh().log())


@wrong_log_cosh(
    "The -ln 2 is missing: a perfect prediction costs 0.6931 here. cosh d is half the sum of two exponentials."
)
def without_ln2(error: Tensor) -> Tensor:
    return log_cosh_formula(error) + LN2


@wrong_log_cosh("This is half the square, what ln cosh is near 0. Far away it grows like the distance.")
def near_zero_everywhere(error: Tensor) -> Tensor:
    return error**2 / 2


@wrong_log_cosh("This is |d| - ln 2, what ln cosh is far away. Near 0 it would be negative.")
def far_away_everywhere(error: Tensor) -> Tensor:
    return error.abs() - LN2


@wrong_log_cosh("The logarithm is missing: this is cosh d.")
def cosh_itself(error: Tensor) -> Tensor:
    return error.cosh()


@wrong_log_cosh("This is ln(1 + cosh d) - ln 2, which is another function. No 1 is added.")
def one_added(error: Tensor) -> Tensor:
    return log_cosh_formula(error / 2) * 2


@wrong_log_cosh("This is tanh, the slope of ln cosh. The loss itself is asked for.")
def slope_itself(error: Tensor) -> Tensor:
    return error.tanh()


@wrong_log_cosh("The logarithm is of base 2. It should be natural.")
def log_cosh_bits(error: Tensor) -> Tensor:
    return log_cosh_formula(error) / LN2


@wrong_log_cosh(
    "The mean is taken before the logarithm: this is ln of the row's mean cosh. Each error has its own logarithm."
)
def logarithm_of_mean(error: Tensor) -> Tensor:
    return error.cosh().mean(-1, keepdim=True).log()


# ---- keras_huber ---------------------------------------------------------------------------------------------


keras_huber = Exercise(
    "keras_huber",
    last_mean(of_error(lambda error, delta=1.0: huber_formula(error, delta))),
    points=1,
    parity_points=1,
    forbids=READY_MADE,
    twin=keras_twin("huber"),
    cases=lambda: keras_cases({}, *DELTAS, edges=signed_edges),
    idea="Keras's Huber is torch's huber_loss of every element, averaged over the last dimension: no smooth L1.",
    hints=(
        'You have `huber_loss` with `reduction="none"`, and `keras_align`. What is left is a mean.',
        "The order of the arguments is y_true, y_pred. delta is that of Huber, not the beta of smooth L1.",
    ),
)


@keras_huber.check
def one_row_huber(f: Function, rng: Rng) -> None:
    """Errors 0.5 and -3 cost 0.125 and 2.5, loss 1.3125"""
    same_value(f, keras_huber.spec, tensor([[1.0, 4.0]]), tensor([[1.5, 1.0]]))
    same_value(f, keras_huber.spec, *swapped_pair(rng, 1, 3))


@keras_huber.check
def keras_deltas(f: Function, rng: Rng) -> None:
    """With delta = 2, errors of 1 and 3 cost 0.5 and 4, loss 2.25"""
    same_value(f, keras_huber.spec, tensor([[1.0, 1.0]]), tensor([[2.0, 4.0]]), delta=2.0)
    same_value(f, keras_huber.spec, *swapped_pair(rng, 2, 3), delta=0.5)
    same_value(f, keras_huber.spec, *swapped_pair(rng, 2, 3), 2.5)


keras_checks(keras_huber, of_error(lambda error, delta=1.0: huber_formula(error, delta)), swapped_pair, ({}, *DELTAS))


def with_delta(formula: Loss) -> Loss:
    """A formula whose delta is 1 where none is given."""
    return last_mean(of_error(lambda error, delta=1.0: formula(error, delta)))


wrong_keras_huber = keras_huber.misconceptions.formula(with_delta)
for mistake, why in (
    (  # HUB7
        is_smooth_l1,
        "This is smooth L1 with beta = delta, delta times too small. Keras's Huber is torch's `huber_loss`.",
    ),
    (line_not_lowered, "The line starts too high: delta·|d| lacks its -delta²/2, and the loss jumps at delta."),
    (line_of_delta_one, "The line is |d| - ½, right for delta = 1 only."),
    (whole_square, "The ½ of the parabola is missing."),
    (delta_ignored, "delta is not used: the threshold stays at 1."),
    (sign_chooses, "The sign of the error decides: the condition is |d| < delta."),
    (exchanged, "The branches are exchanged: the square belongs to the small errors, the line to the large ones."),
    (only_parabola, "This is half the square everywhere. Beyond delta the loss goes on in a straight line."),
    (capped_at_delta, "Beyond delta the loss is capped. It goes on in a straight line."),
    (pseudo_huber, "This is the pseudo-Huber loss, a hyperbola."),
):
    wrong_keras_huber(why)(mistake)
