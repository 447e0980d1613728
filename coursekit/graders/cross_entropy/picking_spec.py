"""What `nll_loss` is, and the calls over which it is compared with torch's."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import torch
from torch import Tensor, inf, nan, tensor

from coursekit.exercise import REDUCTIONS, Question, reduced
from coursekit.graders.cross_entropy.common import as_rows, class_dim, only_valid
from coursekit.graders.softmax.common import MARKS


def nll_loss_spec(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """-w[y]·x[y] of every row that counts, 0 of the others; the mean divides by Σ w[y] over those that count."""
    rows, targets = as_rows(input, target)
    w = rows.new_ones(rows.shape[1]) if weight is None else weight
    counts = targets != ignore_index
    y = only_valid(targets[counts], rows.shape[1])
    losses = rows.new_zeros(len(rows))
    losses[counts] = -w[y] * rows[counts][range(len(y)), y]
    return reduced(losses.reshape(target.shape), reduction, w[y].sum())


def nll_inputs(dtype: torch.dtype) -> Iterator[tuple[Tensor, Tensor]]:
    """Inputs in every shape that torch takes, each with targets of which one is -100."""
    x = (tensor(MARKS, dtype=dtype) - 42) / 20
    yield x[:3], tensor(2)
    yield x[:9].reshape(3, 3), tensor([0, -100, 2])
    yield x[:8].reshape(2, 2, 2), tensor([[0, 1], [-100, 1]])
    yield x.reshape(1, 3, 2, 2), tensor([[[0, 2], [-100, 1]]])


def nll_loss_cases() -> Iterator[Question]:
    """Shapes × weight × ignore_index × reductions × dtypes with gradients; then the edges."""
    for dtype, reduction in product((torch.float32, torch.float64), REDUCTIONS):
        for (x, y), weighted, ignored in product(nll_inputs(dtype), (False, True), (-100, 1, 0)):
            weight = tensor([0.3, 0.1, 0.4], dtype=dtype)[: x.shape[class_dim(x)]] if weighted else None
            y = y if ignored == -100 else y.where(y >= 0, ignored)
            yield Question((x, y), {"weight": weight, "ignore_index": ignored, "reduction": reduction}, wrt=(0,))
        how: dict[str, Any] = {"reduction": reduction}
        two = tensor([[-0.5, -1.0], [-0.2, -2.0]], dtype=dtype)
        zero_first = tensor([0.0, 1.0], dtype=dtype)
        yield Question((two, tensor([-100, -100])), how, wrt=(0,))
        yield Question((two, tensor([0, 0])), {"weight": zero_first, **how}, wrt=(0,))
        yield Question((tensor([[-0.5, -1.0], [nan, nan]], dtype=dtype), tensor([0, -100])), how, wrt=(0,))
        yield Question((tensor([[-0.5, -inf], [-2.0, 0.0]], dtype=dtype), tensor([0, 1])), how, wrt=(0,))
        yield Question((two[:0], tensor([], dtype=torch.int64)), how, wrt=(0,))
        yield Question((two[:0, :, None], torch.empty(0, 1, dtype=torch.int64)), how, wrt=(0,))
