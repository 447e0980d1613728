"""What is right: `cosine_embedding_loss` in torch's shapes, with 1e-12 on each squared length."""

from __future__ import annotations

import torch
from torch import Tensor

from coursekit.exercise import Loss, reduced


def cosines(input1: Tensor, input2: Tensor) -> Tensor:
    """The cosine of each pair, with 1e-12 on each squared length."""
    square1, square2 = input1.square().sum(-1) + 1e-12, input2.square().sum(-1) + 1e-12
    return (input1 * input2).sum(-1) / (square1.sqrt() * square2.sqrt())


def shapes_fit(input1: Tensor, input2: Tensor, target: Tensor) -> None:
    """Raises ValueError unless the target is a row of signs beside two tables, or one sign beside two vectors."""
    if target.ndim > 1 or input1.ndim != target.ndim + 1 or input2.ndim != target.ndim + 1:
        raise ValueError(f"target {tuple(target.shape)} beside {tuple(input1.shape)}")


def loss_of(formula: Loss, cosine: Loss = cosines) -> Loss:
    """A loss of `formula(cos, target, margin)` with torch's shapes and reductions."""

    def loss(input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: str = "mean") -> Tensor:
        shapes_fit(input1, input2, target)
        return reduced(formula(cosine(input1, input2), target, margin), reduction)

    return loss


def formula(cos: Tensor, target: Tensor, margin: float) -> Tensor:
    """1 - cos for 1, what cos exceeds the margin by for -1, nothing for anything else."""
    zeros = torch.zeros_like(cos)
    apart = torch.where(target == -1, (cos - margin).clamp(min=0), zeros)
    return torch.where(target == 1, 1 - cos, zeros) + apart


spec = loss_of(formula)
