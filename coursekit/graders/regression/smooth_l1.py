"""A parabola inside beta and a line outside: `smooth_l1_loss`."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, inf, nan, tensor

from coursekit.exercise import Exercise, Function, reduced, refuses, same_gradient, same_value
from coursekit.graders.regression.common import READY_MADE, Loss, Rng, pair
from coursekit.graders.regression.torch_common import (
    drop_in_parity,
    mean_and_sum,
    reduction_mistakes,
    torch_cases,
    torch_twin,
)


def smooth_formula(d: Tensor, beta: float) -> Tensor:
    """Smooth L1 of an error d. The parabola sees 0 where it is not used: its slope at inf would be 0 · inf."""
    size = d.abs()
    if beta == 0:
        return size
    near = size < beta
    return torch.where(near, size.where(near, 0.0) ** 2 / (2 * beta), size - beta / 2)


def smooth_l1_spec(input: Tensor, target: Tensor, reduction: str = "mean", beta: float = 1.0) -> Tensor:
    """D²/2β for an error d below β, |d| - β/2 beyond; |d| for β = 0."""
    if not beta >= 0:
        raise ValueError(f"beta is {beta}")
    return reduced(smooth_formula(input - target, beta), reduction)


BETAS: tuple[dict[str, Any], ...] = ({"beta": 1.0}, {"beta": 0.5}, {"beta": 2.0}, {"beta": 0.0})

smooth_l1_loss = Exercise(
    "smooth_l1_loss",
    smooth_l1_spec,
    points=2,
    parity_points=2,
    forbids=READY_MADE,
    twin=torch_twin(torch.nn.functional.smooth_l1_loss, "beta"),
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


def at_the_threshold(exercise: Exercise, flag: str) -> None:
    """The core of what is smooth about both."""
    spec = exercise.spec

    @exercise.parity
    def threshold(f: Function, rng: Rng) -> None:
        """Exactly at the threshold, and at an error of 0, value and slope fit"""
        for size in (0.5, 1.0, 2.0):
            kwargs: dict[str, Any] = {"reduction": "sum", flag: size}
            same_gradient(f, spec, tensor([size + 1, 1 - size, 1.0]), torch.ones(3), wrt=(0, 1), **kwargs)

    @exercise.parity
    def infinite_error(f: Function, rng: Rng) -> None:
        """The slope of an infinite error is that of any large one

        `where` differentiates both branches, and the slope of the parabola at inf, times 0, is NaN. Let the parabola
        see a harmless number there.
        """
        for size in (1.0, 2.0):
            kwargs: dict[str, Any] = {"reduction": "sum", flag: size}
            same_gradient(f, spec, tensor([inf, -inf, 0.5]), torch.zeros(3), wrt=(0, 1), **kwargs)

    @exercise.misconception(
        "The value is right at an infinite error, the gradient is NaN: `where` differentiates the parabola too, and "
        "0 · inf is NaN. Clamp what the parabola sees."
    )
    def masked_too_late(input: Tensor, target: Tensor, reduction: str = "mean", *args: Any, **kwargs: Any) -> Tensor:
        # 0 · d² adds nothing to the value; to the gradient of an infinite error it adds 0 · inf
        losses = spec(input, target, reduction, *args, **kwargs)
        d = input - target
        ghost = torch.where(torch.ones_like(d, dtype=torch.bool), torch.zeros_like(d), d**2)
        return losses + reduced(ghost, reduction)


at_the_threshold(smooth_l1_loss, "beta")


@smooth_l1_loss.parity
def negative_beta(f: Function, rng: Rng) -> None:
    """A negative beta is refused"""
    refuses(f, *pair(rng, 3), beta=-1.0)


reduction_mistakes(smooth_l1_loss)


def smooth_loss(formula: Loss) -> Loss:
    """`formula(d, beta)` with the reductions of smooth L1."""

    def loss(input: Tensor, target: Tensor, reduction: str = "mean", beta: float = 1.0) -> Tensor:
        if not beta >= 0:
            raise ValueError(f"beta is {beta}")
        return reduced(formula(input - target, beta), reduction)

    return loss


def branches(d: Tensor, threshold: float, inside: Loss, outside: Loss) -> Tensor:
    """`inside(|d|)` below the threshold, `outside(|d|)` from it on, without a NaN from the other branch."""
    size = d.abs()
    near = size < threshold
    return torch.where(near, inside(size.where(near, 0.0)), outside(size))


wrong_smooth = smooth_l1_loss.misconceptions.formula(smooth_loss)


@wrong_smooth(  # HUB1, HUB7
    "This is the Huber loss: beta times as large as smooth L1. In smooth L1 the slope far away is 1 whatever beta is, "
    "in Huber it is delta."
)
def is_huber(d: Tensor, beta: float) -> Tensor:
    return beta * smooth_formula(d, beta) if beta else 0 * d


@wrong_smooth(  # HUB2
    "beta moves the threshold only. Both formulas hold it as well, d²/(2·beta) and |d| - beta/2; without it the loss "
    "jumps at the threshold."
)
def threshold_only(d: Tensor, beta: float) -> Tensor:
    return branches(d, beta, lambda x: x**2 / 2, lambda x: x - 0.5)


@wrong_smooth("beta is not used: the threshold stays at 1.")
def beta_ignored(d: Tensor, beta: float) -> Tensor:
    return smooth_formula(d, 1.0)


@wrong_smooth("beta is missing under the square: d²/(2·beta), so that the two formulas meet at beta/2.")
def beta_missing_inside(d: Tensor, beta: float) -> Tensor:
    return branches(d, beta, lambda x: x**2 / 2, lambda x: x - beta / 2)


@wrong_smooth("Far away a half is taken off, it should be beta/2: the two formulas have to meet at beta.")
def beta_missing_outside(d: Tensor, beta: float) -> Tensor:
    return branches(d, beta, lambda x: x**2 / (2 * beta), lambda x: x - 0.5) if beta else d.abs() - 0.5


@wrong_smooth("Far away this is |d|. The straight line starts beta/2 lower, where the parabola ends.")
def line_too_high(d: Tensor, beta: float) -> Tensor:
    return branches(d, beta, lambda x: x**2 / (2 * beta), lambda x: x) if beta else d.abs()


@wrong_smooth("The ½ is missing in the parabola: d²/beta has the slope 2 where the line has 1.")
def half_missing(d: Tensor, beta: float) -> Tensor:
    return branches(d, beta, lambda x: x**2 / beta, lambda x: x - beta / 2) if beta else d.abs()


@wrong_smooth(
    "The sign of the error decides: the condition is |d| < beta, and without the absolute value every negative error "
    "falls to the parabola."
)
def sign_decides(d: Tensor, beta: float) -> Tensor:
    if not beta:
        return d.abs()
    return torch.where(d < beta, d.clamp(max=beta) ** 2 / (2 * beta), d.abs() - beta / 2)


@wrong_smooth("The branches are exchanged: the square belongs to the small errors, the line to the large ones.")
def branches_exchanged(d: Tensor, beta: float) -> Tensor:
    size = d.abs()
    return torch.where(size < beta, size - beta / 2, size**2 / (2 * beta)) if beta else size


@wrong_smooth(  # HUB3
    "beta is taken for the σ of Fast R-CNN, which puts the threshold at 1/σ². torch's beta is the threshold itself."
)
def sigma_of_fast_rcnn(d: Tensor, beta: float) -> Tensor:
    return smooth_formula(d, 1 / beta**2) if beta else d.abs()


@wrong_smooth("The threshold is compared with d², not with |d|: it lies at the root of beta.")
def square_compared(d: Tensor, beta: float) -> Tensor:
    if not beta:
        return d.abs()
    return branches(d, math.sqrt(beta), lambda x: x**2 / (2 * beta), lambda x: x - beta / 2)


@wrong_smooth("This is half the square everywhere, over beta. Beyond beta the loss goes on in a straight line.")
def parabola_everywhere(d: Tensor, beta: float) -> Tensor:
    return d**2 / (2 * beta) if beta else d.abs()


@wrong_smooth("This is L1 everywhere. Inside beta the kink is rounded off by a parabola.")
def kink_kept(d: Tensor, beta: float) -> Tensor:
    return d.abs()


@wrong_smooth("This is the pseudo-Huber loss, a hyperbola. Smooth L1 is a parabola and two straight lines.")
def hyperbola(d: Tensor, beta: float) -> Tensor:
    return (d**2 + beta**2).sqrt() - beta if beta else d.abs()


@wrong_smooth(
    "Beyond beta the loss is capped: a constant has no slope, so large errors pull no more. Smooth L1 goes on rising."
)
def capped(d: Tensor, beta: float) -> Tensor:
    return d.abs().clamp(max=beta) ** 2 / (2 * beta) if beta else d.abs()


@wrong_smooth("beta = 0 came out as NaN where the prediction is right: 0/0. It needs a way of its own, which is L1.")
def zero_beta_unguarded(d: Tensor, beta: float) -> Tensor:
    return d.abs() + 0 * d**2 / (2 * tensor(beta)) if not beta else smooth_formula(d, beta)


@wrong_smooth(
    "A small number (1e-6) takes the place of beta = 0: an error of 1e-7 has a slope of 0.1, in L1 it has 1. It needs "
    "a way of its own."
)
def zero_beta_padded(d: Tensor, beta: float) -> Tensor:
    return smooth_formula(d, max(beta, 1e-6))


@wrong_smooth("beta = 0 gives a loss of 0. As beta shrinks, smooth L1 becomes L1.")
def zero_beta_is_nothing(d: Tensor, beta: float) -> Tensor:
    return smooth_formula(d, beta) if beta else 0 * d


@wrong_smooth("beta = 0 gives half the squared error. As beta shrinks, smooth L1 becomes L1.")
def zero_beta_is_square(d: Tensor, beta: float) -> Tensor:
    return smooth_formula(d, beta) if beta else d**2 / 2


def default_of(flag: str, value: float, explanation: str, exercise: Exercise) -> None:
    """Registers the right loss with another default for one of its flags."""
    spec = exercise.spec

    def loss(input: Tensor, target: Tensor, reduction: str = "mean", *args: Any, **kwargs: Any) -> Tensor:
        return spec(input, target, reduction, *args, **(kwargs if args else {flag: value, **kwargs}))

    exercise.misconception(explanation, f"other_{flag}_by_default")(loss)


default_of(
    "beta",
    1 / 9,
    "The default of beta is 1/9, as in many detectors, which follow Fast R-CNN with σ = 3. torch's default is 1.",
    smooth_l1_loss,
)


@smooth_l1_loss.misconception("A negative beta passes. It has no meaning: raise an error.")
def negative_beta_passes(input: Tensor, target: Tensor, reduction: str = "mean", beta: float = 1.0) -> Tensor:
    return smooth_l1_spec(input, target, reduction, max(beta, 0.0))
