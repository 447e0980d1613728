"""torch's four losses as they are right, each a formula with the reductions and weights around it."""

from __future__ import annotations

import torch
from torch import Tensor

from coursekit.exercise import Loss, reduced


def weighed(losses: Tensor, input: Tensor, weight: Tensor | None) -> Tensor:
    """Each loss times its factor."""
    if weight is None:
        return losses
    if weight.shape != input.shape:
        raise ValueError(f"weight is {tuple(weight.shape)}, input {tuple(input.shape)}")
    return losses * weight


# ---- L1 and MSE --------------------------------------------------------------------------------------------------


def weighted_loss(formula: Loss) -> Loss:
    """`formula(input, target)` as a loss: the weighted mean divides by the sum of the weights."""

    def loss(input: Tensor, target: Tensor, reduction: str = "mean", weight: Tensor | None = None) -> Tensor:
        losses = weighed(formula(input, target), input, weight)
        return reduced(losses, reduction, None if weight is None else weight.sum())

    return loss


def square(error: Tensor) -> Tensor:
    """d²."""
    return error * error


l1_spec = weighted_loss(lambda input, target: (input - target).abs())
mse_spec = weighted_loss(lambda input, target: square(input - target))


# ---- smooth L1 and Huber -----------------------------------------------------------------------------------------


def branches(d: Tensor, threshold: float, inside: Loss, outside: Loss) -> Tensor:
    """`inside(|d|)` below the threshold, `outside(|d|)` from it on, without a NaN from the other branch.

    The formula inside sees 0 where it is not used: a parabola's slope at inf would be 0 · inf.
    """
    size = d.abs()
    near = size < threshold
    return torch.where(near, inside(size.where(near, 0.0)), outside(size))


def near_and_far(d: Tensor, threshold: float, inside: Loss | None, outside: Loss | None) -> Tensor:
    """One of the two branches alone, 0 where the other one holds."""
    return branches(d, threshold, inside or torch.zeros_like, outside or torch.zeros_like)


def smooth_formula(d: Tensor, beta: float) -> Tensor:
    """Smooth L1 of an error d: d²/2β below β, |d| - β/2 beyond; |d| for β = 0."""
    return branches(d, beta, lambda x: x**2 / (2 * beta), lambda x: x - beta / 2) if beta else d.abs()


def smooth_loss(formula: Loss) -> Loss:
    """`formula(d, beta)` as a loss, with the reductions of smooth L1."""

    def loss(input: Tensor, target: Tensor, reduction: str = "mean", beta: float = 1.0) -> Tensor:
        if not beta >= 0:
            raise ValueError(f"beta is {beta}")
        return reduced(formula(input - target, beta), reduction)

    return loss


def huber_formula(d: Tensor, delta: float) -> Tensor:
    """Huber of an error d: d²/2 below δ, and from there its tangent, δ(|d| - δ/2)."""
    return branches(d, delta, lambda x: x**2 / 2, lambda x: delta * (x - delta / 2))


def huber_like(formula: Loss) -> Loss:
    """`formula(d, delta)` as a loss, with Huber's weights: their mean divides by the number of elements."""

    def loss(
        input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight: Tensor | None = None
    ) -> Tensor:
        if not delta > 0:
            raise ValueError(f"delta is {delta}")
        return reduced(weighed(formula(input - target, delta), input, weight), reduction)

    return loss


smooth_l1_spec = smooth_loss(smooth_formula)
huber_spec = huber_like(huber_formula)
