"""A parabola near 0 and a line far away, in Keras: `keras_log_cosh`, `keras_huber`."""

from __future__ import annotations

import math

import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Loss, Rng, keras_twin, same_gradient, same_value
from coursekit.graders.regression.common import DTYPES, READY_MADE
from coursekit.graders.regression.huber import CURVES, DELTAS
from coursekit.graders.regression.keras_common import (
    error_mean,
    keras_cases,
    keras_checks,
    keras_mistakes,
    last_mean,
    of_error,
    signed_edges,
    swapped_pair,
)
from coursekit.graders.regression.torch_spec import huber_formula, near_and_far, smooth_formula

# ---- keras_log_cosh ----------------------------------------------------------------------------------------------


def log_cosh_formula(error: Tensor) -> Tensor:
    """Ln cosh of the error, its exponential taken out of the logarithm: |d| + ln[(1 + exp(-2|d|)) / 2]."""
    size = error.abs()
    return size + ((1 + (-2 * size).exp()) / 2).log()


keras_log_cosh = Exercise(
    "keras_log_cosh",
    error_mean(log_cosh_formula),
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


keras_checks(keras_log_cosh, swapped_pair)


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


LN2 = math.log(2)
wrong_log_cosh = keras_log_cosh.misconceptions
keras_mistakes(wrong_log_cosh, of_error(log_cosh_formula))
wrong_log_cosh.table(
    error_mean,
    overflowing=(
        "cosh overflows: for errors of 1000 this is inf, in float32 from 89 on. Take the large exponential out of the "
        "logarithm by hand.",
        lambda d: d.cosh().log(),
    ),
    safe_on_one_side=(
        "One sign is safe, the other overflows: d + ln(1 + exp(-2d)) - ln 2 needs |d| in place of d, or a softplus.",
        lambda d: d + torch.log1p((-2 * d).exp()) - LN2,
    ),
    clamped_error=(
        "Errors are clamped before the cosh, so that it does not overflow: errors of 1000 cost too little, and pull no "
        "more.",
        lambda d: d.clamp(-80, 80).cosh().log(),
    ),
    overflow_masked_too_late=(
        "The value is right for errors of 1000, the gradient is NaN: `where` differentiates the overflowing branch as "
        "well. Keep the large numbers out of it, or use a formula that is right everywhere.",
        lambda d: torch.where(d.abs() > 20, d.abs() - LN2, d.cosh().log()),
    ),
    exponent_not_doubled=(
        "The exponential is exp(-|d|). cosh d is half of exp(|d|) times 1 + exp(-2|d|): the 2 is missing.",
        lambda d: d.abs() + (-d.abs()).exp().log1p() - LN2,
    ),
    without_ln2=(
        "The -ln 2 is missing: a perfect prediction costs 0.6931 here. cosh d is half the sum of two exponentials.",
        lambda d: log_cosh_formula(d) + LN2,
    ),
    near_zero_everywhere=(
        "This is half the square, what ln cosh is near 0. Far away it grows like the distance.",
        lambda d: d**2 / 2,
    ),
    far_away_everywhere=(
        "This is |d| - ln 2, what ln cosh is far away. Near 0 it would be negative.",
        lambda d: d.abs() - LN2,
    ),
    cosh_itself=("The logarithm is missing: this is cosh d.", lambda d: d.cosh()),
    one_added=(
        "This is ln(1 + cosh d) - ln 2, which is another function. No 1 is added.",
        lambda d: log_cosh_formula(d / 2) * 2,
    ),
    slope_itself=("This is tanh, the slope of ln cosh. The loss itself is asked for.", lambda d: d.tanh()),
    log_cosh_bits=("The logarithm is of base 2. It should be natural.", lambda d: log_cosh_formula(d) / LN2),
    logarithm_of_mean=(
        "The mean is taken before the logarithm: this is ln of the row's mean cosh. Each error has its own logarithm.",
        lambda d: d.cosh().mean(-1, keepdim=True).log(),
    ),
)

# ---- keras_huber -------------------------------------------------------------------------------------------------


def of_delta(formula: Loss) -> Loss:
    """`formula(d, delta)` as one of (true, pred), in which delta is 1 where none is given."""
    return of_error(lambda d, delta=1.0: formula(d, delta))


def delta_mean(formula: Loss) -> Loss:
    """`formula(d, delta)` as a loss of Keras's."""
    return last_mean(of_delta(formula))


keras_huber = Exercise(
    "keras_huber",
    delta_mean(huber_formula),
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


keras_checks(keras_huber, swapped_pair, ({}, *DELTAS))

wrong_huber = keras_huber.misconceptions
keras_mistakes(wrong_huber, of_delta(huber_formula))
wrong_huber.table(
    delta_mean,
    is_smooth_l1=(
        "This is smooth L1 with beta = delta, delta times too small. Keras's Huber is torch's `huber_loss`.",
        smooth_formula,
        "HUB7",
    ),
)
for name, sentence in {
    "line_not_lowered": "The line starts too high: delta·|d| lacks its -delta²/2, and the loss jumps at delta.",
    "line_of_delta_one": "The line is |d| - ½, right for delta = 1 only.",
    "line_lowered_by_half": "The line is delta·|d| - delta/2. It is delta · (|d| - delta/2).",
    "line_of_slope_one": "The line is |d| - delta/2, with the slope 1. Its slope is delta.",
    "whole_square": "The ½ of the parabola is missing.",
    "delta_ignored": "delta is not used: the threshold stays at 1.",
    "sign_chooses": "The sign of the error decides: the condition is |d| < delta.",
    "exchanged": "The branches are exchanged: the square belongs to the small errors, the line to the large ones.",
    "only_parabola": "This is half the square everywhere. Beyond delta the loss goes on in a straight line.",
    "capped_at_delta": "Beyond delta the loss is capped. It goes on in a straight line.",
    "pseudo_huber": "This is the pseudo-Huber loss, a hyperbola.",
}.items():
    wrong_huber.formula(delta_mean)(sentence, name)(CURVES[name][1])
wrong_log_cosh.terms(
    error_mean,
    size=("|d|", lambda d: d.abs()),
    bend=("ln(1 + exp(-2|d|))", lambda d: (-2 * d.abs()).exp().log1p()),
    two=("-ln 2", lambda d: 0 * d - math.log(2)),
)
wrong_huber.terms(
    delta_mean,
    parabola=("the parabola, inside,", lambda d, delta: near_and_far(d, delta, lambda x: x**2 / 2, None)),
    line=("delta · |d|, outside,", lambda d, delta: near_and_far(d, delta, None, lambda x: delta * x)),
    offset=("the -delta²/2, outside,", lambda d, delta: near_and_far(d, delta, None, lambda x: 0 * x - delta**2 / 2)),
)
wrong_huber.table(
    delta_mean,
    inside_not_squared=(
        "Inside delta the error is not squared. The parabola is d²/2.",
        lambda d, delta: near_and_far(d, delta, lambda x: x / 2, lambda x: delta * (x - delta / 2)),
    ),
    huber_doubled=(
        "Both branches are twice as large: the ½ is missing, d² and delta · (2|d| - delta).",
        lambda d, delta: 2 * huber_formula(d, delta),
    ),
)
wrong_log_cosh.table(
    error_mean,
    hyperbolic_sine=(
        "This is ln of another hyperbolic function. It is ln cosh.",
        (
            lambda d: d.abs().sinh().log(),
            lambda d: d.tanh().square(),
            lambda d: d.cosh() - 1,
            lambda d: d.cosh(),
        ),
    ),
    cosh_of_half=(
        "The error is halved or doubled inside.",
        (lambda d: log_cosh_formula(d / 2), lambda d: log_cosh_formula(2 * d)),
    ),
)
