"""What is right: `hinge_embedding_loss` with torch's reductions."""

from __future__ import annotations

import torch
from torch import Tensor

from coursekit.exercise import Loss, reduced


def loss_of(formula: Loss) -> Loss:
    """A loss of `formula(distance, target, margin)` with torch's reductions."""

    def loss(input: Tensor, target: Tensor, margin: float = 1.0, reduction: str = "mean") -> Tensor:
        return reduced(formula(input, target, margin), reduction)

    return loss


def formula(x: Tensor, target: Tensor, margin: float) -> Tensor:
    """The distance unless the target is -1, what it lacks to the margin unless it is 1: both for all other targets."""
    zeros = torch.zeros_like(x)
    return torch.where(target != -1, x, zeros) + torch.where(target != 1, (margin - x).clamp(min=0), zeros)


spec = loss_of(formula)
