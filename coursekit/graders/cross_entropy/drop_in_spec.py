"""What `cross_entropy` is, and the calls over which it is compared with torch's."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import torch
from torch import Tensor, inf, nan, tensor

from coursekit.exercise import REDUCTIONS, Question, reduced
from coursekit.graders.cross_entropy.common import as_rows, class_dim
from coursekit.graders.cross_entropy.picking_spec import nll_inputs, nll_loss_spec
from coursekit.graders.softmax.common import log_softmax_spec


def cross_entropy_spec(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """-Σ_c w_c q_c ln p_c for every row; the mean divides by Σ w[y], or, for probabilities, by the number of rows."""
    rows, targets = as_rows(input, target)
    log_p = log_softmax_spec(rows, 1)
    classes = rows.shape[1]
    w = rows.new_ones(classes) if weight is None else weight
    if target.is_floating_point():
        q = targets * (1 - label_smoothing) + label_smoothing / classes
        losses = -(w * q * log_p).sum(1)
        places = target.select(class_dim(target), 0)
        return reduced(losses.reshape(places.shape), reduction)
    losses = nll_loss_spec(log_p, targets, weight, ignore_index, "none")
    counts = targets != ignore_index
    if label_smoothing > 0:
        # ε/K of every class's weighted surprise, in the rows that count
        spread = rows.new_zeros(len(rows))
        spread[counts] = -(w * log_p[counts]).sum(1) / classes
        losses = losses * (1 - label_smoothing) + spread * label_smoothing
    return reduced(losses.reshape(target.shape), reduction, w[targets[counts]].sum())


def cross_entropy_cases() -> Iterator[Question]:
    """Shapes × weight × ignore_index × smoothing × reductions × dtypes; probability targets alike; then the edges."""
    for dtype, reduction in product((torch.float32, torch.float64), REDUCTIONS):
        for (x, y), weighted, smoothing in product(nll_inputs(dtype), (False, True), (0.0, 0.1, 1.0)):
            weight = tensor([0.3, 0.1, 0.4], dtype=dtype)[: x.shape[class_dim(x)]] if weighted else None
            how: dict[str, Any] = {"weight": weight, "label_smoothing": smoothing, "reduction": reduction}
            for ignored in (-100, 1, 0):
                index = y if ignored == -100 else y.where(y >= 0, ignored)
                yield Question((x, index), {"ignore_index": ignored, **how}, wrt=(0,))
            yield Question((x, log_softmax_spec(x.roll(1), class_dim(x)).exp()), how, wrt=(0, 1))
        how = {"reduction": reduction}
        two = tensor([[1.0, 2.0], [1.0, 3.0]], dtype=dtype)
        none_counts, zero_first = tensor([-100, -100]), tensor([0.0, 1.0], dtype=dtype)
        for smoothing in (0.0, 0.1):
            smooth = {"label_smoothing": smoothing, **how}
            yield Question((two, none_counts), smooth, wrt=(0,))
            yield Question((tensor([[1.0, 2.0], [nan, 1.0]], dtype=dtype), tensor([0, -100])), smooth)
            yield Question(
                (tensor([[1.0, -inf, 0.0]], dtype=dtype), tensor([0])), smooth, wrt=(0,) if not smoothing else ()
            )
            yield Question((tensor([[1000.0, 0.0], [0.0, -1000.0]], dtype=dtype), tensor([1, 0])), smooth, wrt=(0,))
            yield Question((two[:0], tensor([], dtype=torch.int64)), smooth, wrt=(0,))
            yield Question((two[:0], two[:0]), smooth)
        # with smoothing too, torch adds NaN to a finite part where the rest of us divide by 0: not asked
        yield Question((two, tensor([0, 0])), {"weight": zero_first, **how}, wrt=(0,))
        yield Question((tensor([[inf, 0.0], [0.0, 1.0]], dtype=dtype), tensor([1, 0])), how)
        yield Question((tensor([[-inf, -inf], [0.0, 1.0]], dtype=dtype), tensor([1, 0])), how)
        yield Question((two, 2 * two), how, wrt=(0, 1))
