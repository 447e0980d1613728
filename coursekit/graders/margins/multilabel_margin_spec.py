"""What `multilabel_margin_loss` is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import torch
from torch import Tensor, tensor

from coursekit.exercise import REDUCTIONS, Loss, Question, reduced
from coursekit.graders.margins.common import DTYPES, hinge


def before_the_end(numbers: list[int], end: int = -1) -> list[int]:
    """What stands before the first `end`."""
    return numbers[: numbers.index(end)] if end in numbers else numbers


def sample_loss(row: Tensor, numbers: list[int]) -> Tensor:
    """Σ max(0, 1 - row[i] + row[j]) / C over the listed i and the j that are not listed."""
    listed = before_the_end(numbers)
    wrong = [j for j in range(len(row)) if j not in listed]
    return sum((hinge(1 - row[i] + row[wrong]).sum() for i in listed), 0 * row.sum()) / len(row)


def assembled(sample: Loss = sample_loss) -> Loss:
    """A loss of samples, with what surrounds it as it should be."""

    def spec(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
        if input.shape != target.shape:
            raise ValueError(f"target is {tuple(target.shape)}, input {tuple(input.shape)}")
        classes = input.shape[-1]
        rows, lists = input.reshape(-1, classes), target.reshape(-1, classes).tolist()
        if not all(-1 <= number < classes for numbers in lists for number in numbers):
            raise ValueError(f"targets {lists} of {classes} classes")
        losses = [sample(row, numbers) for row, numbers in zip(rows, lists, strict=True)]
        stacked = torch.stack(losses) if losses else rows.sum(1)
        return reduced(stacked.reshape(input.shape[:-1]), reduction)

    return spec


multilabel_margin_spec = assembled()


def cases() -> Iterator[Question]:
    """Reductions × batches × dtypes: lists that are empty, full, doubled, cut short; kinks and ties.

    An empty batch appears under 'none' alone: the others return memory that nobody wrote to.
    """
    lists = (
        [[3, 0, -1, 1]],
        [[3, 0, -1, -1], [1, -1, -1, -1]],
        [[-1, 0, 1, 2], [0, 1, 2, 3]],
        [[3, 3, -1, -1], [2, 0, 2, 2]],
        [[0, -1, 2, 3], [1, 2, 3, 1], [2, -1, -1, -1], [3, 1, 0, -1]],
    )
    for numbers, dtype, reduction, step in product(lists, DTYPES, REDUCTIONS, (0.7, 0.5, 1.0, 0.0, 400.0)):
        target = tensor(numbers)
        input = (torch.arange(target.numel(), dtype=dtype).reshape(target.shape) * step) % (3.1 * step + 0.1) - step
        yield Question((input, target), {"reduction": reduction}, wrt=(0,))
        yield Question((input[0], target[0]), {"reduction": reduction}, wrt=(0,))
    yield Question((tensor([[0.5], [2.0]]), tensor([[0], [-1]])), {"reduction": "none"}, wrt=(0,))
    yield Question((torch.zeros(0, 3), torch.zeros(0, 3, dtype=torch.int64)), {"reduction": "none"}, wrt=(0,))
