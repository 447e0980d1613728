"""A parabola inside beta and a line outside: `smooth_l1_loss`."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import inf, nan, tensor

from coursekit.exercise import (
    Exercise,
    Function,
    Loss,
    Rng,
    other_default,
    refuses,
    same_gradient,
    same_value,
    torch_twin,
    with_defaults,
)
from coursekit.graders.regression.common import READY_MADE, pair
from coursekit.graders.regression.torch_checks import at_the_threshold, drop_in_parity, mean_and_sum, torch_cases
from coursekit.graders.regression.torch_mistakes import infinite_slope, reduction_mistakes
from coursekit.graders.regression.torch_spec import branches, near_and_far, smooth_formula, smooth_l1_spec, smooth_loss

BETAS: tuple[dict[str, Any], ...] = ({"beta": 1.0}, {"beta": 0.5}, {"beta": 2.0}, {"beta": 0.0})

smooth_l1_loss = Exercise(
    "smooth_l1_loss",
    smooth_l1_spec,
    points=2,
    parity_points=2,
    forbids=READY_MADE,
    twin=torch_twin(F.smooth_l1_loss, "reduction", "beta"),
    cases=lambda: torch_cases(
        {}, *BETAS, {"beta": 0.3}, {"beta": 1e6}, weights=False, edges=(0.0, 0.3, -0.5, 1.0, -2.0, inf, -inf, nan, 1e20)
    ),
    idea="Smooth L1 keeps the slope of L1 far away, ±1 whatever beta is, and lets it run to 0 inside beta.",
    hints=(
        "Two formulas, one for |d| < beta and one beyond. `torch.where` chooses for each element.",
        "At |d| = beta both must give beta/2, and have the slope 1. Which constants make that so?",
        "beta = 0 is a case of its own: d²/(2 · 0) is NaN at d = 0. And `where` differentiates both branches: at an "
        "infinite error the parabola, though not chosen, turns the gradient into NaN. `clamp` its input.",
    ),
)


@smooth_l1_loss.check
def inside_and_outside(f: Function, rng: Rng) -> None:
    """Errors 0.5, -0.5, 3 and -3 cost 0.125, 0.125, 2.5 and 2.5

    Inside beta = 1 half the square, outside the distance less a half.
    """
    same_value(f, smooth_l1_spec, tensor([1.5, 0.5, 4.0, -2.0]), torch.ones(4), reduction="none")
    same_value(f, smooth_l1_spec, *pair(rng, 2, 3), reduction="none")


mean_and_sum(smooth_l1_loss)


@smooth_l1_loss.check
def other_betas(f: Function, rng: Rng) -> None:
    """With beta = 2, errors of 1 and 3 cost 0.25 and 2

    beta moves the threshold, and stands in both formulas.
    """
    same_value(f, smooth_l1_spec, tensor([2.0, 4.0]), torch.ones(2), reduction="none", beta=2.0)
    same_value(f, smooth_l1_spec, *pair(rng, 2, 3), reduction="none", beta=0.5)
    same_value(f, smooth_l1_spec, *pair(rng, 2, 3), beta=2.5)


@smooth_l1_loss.check
def smooth_gradient(f: Function, rng: Rng) -> None:
    """The slope is d/beta inside, ±1 outside"""
    for beta in (1.0, 0.5, 2.0):
        same_gradient(f, smooth_l1_spec, *pair(rng, 2, 3), reduction="sum", beta=beta)


drop_in_parity(smooth_l1_loss, *BETAS)


@smooth_l1_loss.parity
def beta_of_zero(f: Function, rng: Rng) -> None:
    """beta = 0 is L1, with a slope of 0 at 0

    Look for a division by beta, and for a small number that replaces it.
    """
    same_value(f, smooth_l1_spec, *pair(rng, 2, 2), beta=0.0)
    same_gradient(f, smooth_l1_spec, tensor([2.0, 0.5]), tensor([2.0, 1.0]), wrt=(0, 1), beta=0.0)
    same_gradient(f, smooth_l1_spec, tensor([1e-7, 0.5]), tensor([0.0, 1.0]), wrt=(0, 1), beta=0.0)


at_the_threshold(smooth_l1_loss, "beta")


@smooth_l1_loss.parity
def negative_beta(f: Function, rng: Rng) -> None:
    """A negative beta is refused"""
    refuses(f, *pair(rng, 3), beta=-1.0)


wrong = smooth_l1_loss.misconceptions
infinite_slope(wrong)
reduction_mistakes(wrong)
wrong.table(
    smooth_loss,
    is_huber=(
        "This is the Huber loss: beta times as large as smooth L1. In smooth L1 the slope far away is 1 whatever beta "
        "is, in Huber it is delta.",
        lambda d, beta: beta * smooth_formula(d, beta) if beta else 0 * d,
        "HUB1 HUB7",
    ),
    threshold_only=(
        "beta moves the threshold only. Both formulas hold it as well, d²/(2·beta) and |d| - beta/2; without it the "
        "loss jumps at the threshold.",
        lambda d, beta: branches(d, beta, lambda x: x**2 / 2, lambda x: x - 0.5),
        "HUB2",
    ),
    beta_ignored=("beta is not used: the threshold stays at 1.", lambda d, beta: smooth_formula(d, 1.0)),
    beta_missing_inside=(
        "beta is missing under the square: d²/(2·beta), so that the two formulas meet at beta/2.",
        lambda d, beta: branches(d, beta, lambda x: x**2 / 2, lambda x: x - beta / 2),
    ),
    line_of_slope_beta=(
        "The line has the slope beta, as Huber's has. Smooth L1 has a slope of 1: |d| - beta/2.",
        lambda d, beta: (
            branches(d, beta, lambda x: x**2 / (2 * beta), lambda x: beta * x - beta / 2) if beta else 0 * d
        ),
    ),
    beta_missing_outside=(
        "Far away a half is taken off, it should be beta/2: the two formulas have to meet at beta.",
        lambda d, beta: branches(d, beta, lambda x: x**2 / (2 * beta), lambda x: x - 0.5) if beta else d.abs() - 0.5,
    ),
)


def l1_at_zero(formula: Loss) -> Loss:
    """`formula(d, beta)` for a beta above 0; beta = 0 is L1, as it should be."""
    return smooth_loss(lambda d, beta: formula(d, beta) if beta else d.abs())


wrong.table(
    l1_at_zero,
    line_too_high=(
        "Far away this is |d|. The straight line starts beta/2 lower, where the parabola ends.",
        lambda d, beta: branches(d, beta, lambda x: x**2 / (2 * beta), lambda x: x),
    ),
    half_missing=(
        "The ½ is missing in the parabola: d²/beta has the slope 2 where the line has 1.",
        lambda d, beta: branches(d, beta, lambda x: x**2 / beta, lambda x: x - beta / 2),
    ),
    sign_decides=(
        "The sign of the error decides: the condition is |d| < beta, and without the absolute value every negative "
        "error falls to the parabola.",
        lambda d, beta: torch.where(d < beta, d.clamp(max=beta) ** 2 / (2 * beta), d.abs() - beta / 2),
    ),
    branches_exchanged=(
        "The branches are exchanged: the square belongs to the small errors, the line to the large ones.",
        lambda d, beta: branches(d, beta, lambda x: x - beta / 2, lambda x: x**2 / (2 * beta)),
    ),
    sigma_of_fast_rcnn=(
        "beta is taken for the σ of Faster R-CNN, which puts the threshold at 1/σ². torch's beta is the threshold "
        "itself.",
        lambda d, beta: smooth_formula(d, 1 / beta**2),
        "HUB3",
    ),
    square_compared=(
        "The threshold is compared with d², not with |d|: it lies at the root of beta.",
        lambda d, beta: branches(d, math.sqrt(beta), lambda x: x**2 / (2 * beta), lambda x: x - beta / 2),
    ),
    parabola_everywhere=(
        "This is half the square everywhere, over beta. Beyond beta the loss goes on in a straight line.",
        lambda d, beta: d**2 / (2 * beta),
    ),
    kink_kept=("This is L1 everywhere. Inside beta the kink is rounded off by a parabola.", lambda d, beta: d.abs()),
    hyperbola=(
        "This is the pseudo-Huber loss, a hyperbola. Smooth L1 is a parabola and two straight lines.",
        lambda d, beta: (d**2 + beta**2).sqrt() - beta,
    ),
    capped=(
        "Beyond beta the loss is capped: a constant has no slope, so large errors pull no more. Smooth L1 goes on "
        "rising.",
        lambda d, beta: d.abs().clamp(max=beta) ** 2 / (2 * beta),
    ),
)
wrong.table(
    smooth_loss,
    zero_beta_unguarded=(
        "beta = 0 came out as NaN where the prediction is right: 0/0. It needs a way of its own, which is L1.",
        (
            lambda d, beta: smooth_formula(d, beta) if beta else d.abs() + 0 * d**2 / (2 * tensor(beta)),
            lambda d, beta: torch.where(d.abs() < beta, d**2 / (2 * tensor(beta)), d.abs() - beta / 2),
            lambda d, beta: torch.where(d.abs() < beta, d**2 / tensor(beta) / 2, d.abs() - beta / 2),
            lambda d, beta: torch.where(d.abs() < beta, 0.5 * d.abs() ** 2 / tensor(beta), d.abs() - beta / 2),
        ),
    ),
    zero_beta_padded=(
        "A small number takes the place of beta = 0: with 1e-6, an error of 1e-7 has a slope of 0.1, in L1 it has 1. "
        "It needs a way of its own.",
        lambda d, beta, *, eps=1e-6: smooth_formula(d, max(beta, eps)),
    ),
    zero_beta_is_nothing=(
        "beta = 0 gives a loss of 0. As beta shrinks, smooth L1 becomes L1.",
        lambda d, beta: smooth_formula(d, beta) if beta else 0 * d,
    ),
    zero_beta_is_square=(
        "beta = 0 gives half the squared error. As beta shrinks, smooth L1 becomes L1.",
        lambda d, beta: smooth_formula(d, beta) if beta else d**2 / 2,
    ),
)
other_default(
    wrong,
    "other_beta_by_default",
    "Where no beta is given, it is 1/9 here, as in many detectors, which follow Faster R-CNN with σ = 3. torch's "
    "default is 1.",
    beta=1 / 9,
)
wrong.table(
    with_defaults(wrong),
    negative_beta_passes=(
        "A negative beta passes. It has no meaning: raise an error.",
        lambda input, target, word, beta: smooth_l1_spec(input, target, word, max(beta, 0.0)),
    ),
)


wrong.terms(
    smooth_loss,
    parabola=("the parabola, inside,", lambda d, beta: near_and_far(d, beta, lambda x: x**2 / (2 * beta), None)),
    line=("|d|, outside,", lambda d, beta: near_and_far(d, beta, None, lambda x: x) if beta else d.abs()),
    offset=("the -β/2, outside,", lambda d, beta: near_and_far(d, beta, None, lambda x: 0 * x - beta / 2)),
)


wrong.table(
    smooth_loss,
    beta_multiplies=(
        "The parabola is multiplied by beta. It is divided by it: d²/(2·beta).",
        lambda d, beta: branches(d, beta, lambda x: beta * x**2 / 2, lambda x: x - beta / 2),
    ),
    edge_at_one=(
        "The parabola ends at 1 in place of beta.",
        lambda d, beta: branches(d, 1.0, lambda x: x**2 / (2 * beta), lambda x: x - beta / 2) if beta else d.abs(),
    ),
)
