"""What `multi_margin_loss` is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import torch
from torch import Tensor, tensor

from coursekit.exercise import REDUCTIONS, Loss, Question, reduced
from coursekit.graders.margins.common import DTYPES, hinge


def others(row: Tensor, right: int) -> Tensor:
    """The scores of all classes but one."""
    return torch.cat([row[:right], row[right + 1 :]])


def gaps(row: Tensor, right: int, margin: float) -> Tensor:
    """How much each other class is too close, negative where it is not."""
    return margin - row[right] + others(row, right)


def total(row: Tensor, right: int, p: int, margin: float) -> Tensor:
    """Σ max(0, margin - row[right] + other)^p."""
    return (hinge(gaps(row, right, margin)) ** p).sum()


def times(loss: Tensor, factor: Tensor | None) -> Tensor:
    """The loss of a sample times the factor of its class."""
    return loss if factor is None else factor * loss


def sample_loss(row: Tensor, right: int, p: int, margin: float, factor: Tensor | None = None) -> Tensor:
    """The total of the gaps, over C and times the factor of the right class."""
    return times(total(row, right, p, margin) / len(row), factor)


def assembled(sample: Loss = sample_loss) -> Loss:
    """A loss of samples, with what surrounds it as it should be."""

    def spec(
        input: Tensor,
        target: Tensor,
        p: int = 1,
        margin: float = 1.0,
        weight: Tensor | None = None,
        reduction: str = "mean",
    ) -> Tensor:
        rows, labels = input.reshape(-1, input.shape[-1]), target.reshape(-1).tolist()
        classes = rows.shape[1]
        if p not in (1, 2):
            raise ValueError(f"p is {p}")
        if target.ndim > 1 or len(rows) != len(labels):
            raise ValueError(f"target is {tuple(target.shape)}, input {tuple(input.shape)}")
        if not all(0 <= label < classes for label in labels):
            raise ValueError(f"targets {labels} of {classes} classes")
        if weight is not None and weight.shape != (classes,):
            raise ValueError(f"weight is {tuple(weight.shape)} for {classes} classes")
        losses = [
            sample(row, label, p, margin, None if weight is None else weight[label])
            for row, label in zip(rows, labels, strict=True)
        ]
        stacked = torch.stack(losses) if losses else rows.sum(1)
        return reduced(stacked.reshape(target.shape), reduction)

    return spec


multi_margin_spec = assembled()


def cases() -> Iterator[Question]:
    """Reductions × p × margins × weights × batches × dtypes, kinks among them.

    An empty batch appears under 'none' alone: the others return memory that nobody wrote to. No weight is one by which
    torch would differentiate: it refuses to.
    """
    batches = (
        (torch.arange(8.0).reshape(2, 4) * 0.7 % 2.1, tensor([3, 0])),
        (tensor([[2.0, 1.0, 0.0], [0.0, 0.0, 0.0], [1.0, 2.0, 4.0]]), tensor([0, 1, 2])),  # gaps of 0 and ties
        (tensor([[1000.0, -1000.0], [1000.0, -1000.0], [0.3, 0.1]]), tensor([0, 1, 1])),
        (tensor([[0.5], [2.0]]), tensor([0, 0])),  # one class: nothing to be compared with
        (tensor([0.1, 0.2, 0.4, 0.8]), tensor(3)),
        (tensor([0.1, 0.2, 0.4, 0.8]), tensor([1])),
    )
    for (input, target), dtype, p, margin in product(batches, DTYPES, (1, 2), (1.0, 0.75, 0.0, -0.5, 3)):
        for weight, reduction in product((None, 0.1, 2.0), REDUCTIONS):
            flags: dict[str, Any] = {"p": p, "margin": margin, "reduction": reduction}
            if weight:
                flags["weight"] = weight * torch.arange(1, input.shape[-1] + 1, dtype=dtype)
            yield Question((input.to(dtype), target), flags, wrt=(0,))
    yield Question((torch.zeros(0, 3), torch.zeros(0, dtype=torch.int64)), {"reduction": "none"}, wrt=(0,))
    yield Question((torch.ones(2, 3), tensor([0, 2]), 2, 0.75, tensor([0.2, 0.3, 0.4])), wrt=(0,))
