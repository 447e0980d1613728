"""What Keras's two losses are, and the calls over which they are compared with Keras's own."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import torch
from torch import Tensor, inf, nan, tensor

from coursekit.exercise import Loss, Question
from coursekit.graders.cross_entropy.common import only_valid
from coursekit.graders.softmax.common import log_softmax_spec


def log_shares(y_pred: Tensor, axis: int, low: float = 1e-7, high: float = 1 - 1e-7) -> Tensor:
    """ln of each score's share of the sum, clipped to [low, high]."""
    return (y_pred / y_pred.sum(axis, keepdim=True)).clamp(low, high).log()


def dense_spec(
    y_true: Tensor,
    y_pred: Tensor,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
    shares: Loss = log_shares,
    softmax: Loss = log_softmax_spec,
) -> Tensor:
    """-Σ q ln p along the classes, q being the target smoothed; mistakes bring a `shares` or `softmax` of their own."""
    if y_true.shape != y_pred.shape:
        raise ValueError(f"y_true is {tuple(y_true.shape)}, y_pred {tuple(y_pred.shape)}")
    # Keras 3.15 reads the number of classes off the last dimension whatever `axis` says, later versions do not
    # (keras pull request 23437): where the two differ it is no case
    q = y_true.to(y_pred.dtype) * (1 - label_smoothing) + label_smoothing / y_pred.shape[axis]
    return -(q * (softmax if from_logits else shares)(y_pred, axis)).sum(axis)


def sparse_spec(
    y_true: Tensor,
    y_pred: Tensor,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
    shares: Loss = log_shares,
    softmax: Loss = log_softmax_spec,
) -> Tensor:
    """-ln p of each label that counts, 0 of the others, whose row is not looked at."""
    if y_true.ndim == y_pred.ndim and y_true.shape[axis] == 1:
        y_true = y_true.squeeze(axis)
    if y_true.shape != y_pred.select(axis, 0).shape:
        raise ValueError(f"y_true is {tuple(y_true.shape)}, y_pred {tuple(y_pred.shape)}")
    counts = torch.full_like(y_true, True, dtype=torch.bool) if ignore_class is None else y_true != ignore_class
    seen = y_pred.where(counts.unsqueeze(axis), 1.0)
    rows = (softmax if from_logits else shares)(seen, axis).movedim(axis, -1)[counts]
    labels = only_valid(y_true[counts].long(), y_pred.shape[axis])
    losses = y_pred.new_zeros(y_true.shape)
    losses[counts] = -rows[range(len(labels)), labels]
    return losses


def one_hot(y: Tensor, y_pred: Tensor, axis: int = -1) -> Tensor:
    """Indices as the dense loss wants them: rows of 0 and 1 in the shape and the dtype of `y_pred`."""
    return torch.eye(y_pred.shape[axis], dtype=y_pred.dtype)[y].movedim(-1, axis)


KERAS_SHAPES = (
    *(((3,), -1), ((2, 3), -1), ((2, 3), 1), ((2, 3, 4), -1), ((3, 2), 0), ((2, 3, 4), 1), ((2, 3, 4), -2)),
    *(((2, 3, 3), 1), ((1, 2, 2, 2), 1), ((1, 3, 2, 2), -3), ((0, 3), -1), ((0, 3, 3), 1)),
)


def keras_inputs() -> Iterator[tuple[Tensor, Tensor, dict[str, Any]]]:
    """Predictions, indices and flags: shapes with axes × dtypes × from_logits; then rows that go below 0."""
    for dtype, (shape, axis), from_logits in product((torch.float32, torch.float64), KERAS_SHAPES, (False, True)):
        x = torch.linspace(-2.3, 1.9, int(np.prod(shape)), dtype=torch.float64).reshape(shape)
        places = x.select(axis, 0)
        y = torch.arange(places.numel()).reshape(places.shape) % shape[axis]
        for y_pred in (x.exp(), x.square()):
            yield y_pred.to(dtype), y, {"from_logits": from_logits, "axis": axis}
        first = x.index_fill(axis, tensor([0]), 2.0).index_fill(axis, tensor([1]), 0.0)  # a 0 in every row
        yield first.to(dtype), y, {"from_logits": from_logits, "axis": axis}
    for dtype in (torch.float32, torch.float64):
        rows = tensor([[3.0, 1.0, -2.0], [1.0, 0.0, 0.0], [0.0, 5.0, 0.0], [-1.0, -2.0, -3.0]], dtype=dtype)
        for y, from_logits in product((tensor([1, 1, 1, 1]), tensor([0, 0, 2, 0])), (False, True)):
            yield rows, y, {"from_logits": from_logits}
        yield tensor([[1000.0, 0.0], [-1000.0, 0.0]], dtype=dtype), tensor([1, 0]), {"from_logits": True}


def dense_cases() -> Iterator[Question]:
    """The inputs with one-hot, soft, unnormalised and integer targets × smoothing; then NaN and mixed dtypes."""
    for y_pred, y, flags in keras_inputs():
        axis = flags.get("axis", -1)
        hard = one_hot(y, y_pred, axis)
        soft = log_softmax_spec(hard + y_pred.flip(axis).tanh(), axis).exp()
        agreed = (0.0, 0.1, 1.0) if y_pred.shape[axis] == y_pred.shape[-1] else (0.0,)
        for smoothing, y_true in product(agreed, (hard, soft, 2 * soft)):
            yield Question((y_true, y_pred), {"label_smoothing": smoothing, **flags}, wrt=(0, 1))
        yield Question((hard.long(), y_pred), flags, wrt=(1,))
        yield Question((soft.float(), y_pred), flags, wrt=(0, 1))
        yield Question((soft.double(), y_pred), flags, wrt=(0, 1))
    for dtype in (torch.float32, torch.float64):
        eye, zeros = torch.eye(2, dtype=dtype), torch.zeros(2, 2, dtype=dtype)
        yield Question((eye, zeros))
        yield Question((eye, tensor([[1.0, 2.0], [nan, 1.0]], dtype=dtype)))
        yield Question((eye, tensor([[0.0, -inf], [-inf, -inf]], dtype=dtype)), {"from_logits": True})


def sparse_cases() -> Iterator[Question]:
    """The inputs with labels of several dtypes, squeezed or not × ignore_class; then NaN and what is ruled out."""
    for y_pred, y, flags in keras_inputs():
        column = y.unsqueeze(flags.get("axis", -1))
        for y_true in (y, y.int(), y.float(), column, column.int()):
            yield Question((y_true, y_pred), flags, wrt=(1,))
        for ignored in (0, 1, -1, 255):
            y_true = y.where(y != 1, ignored)
            yield Question((y_true, y_pred), {"ignore_class": ignored, **flags}, wrt=(1,))
    for dtype in (torch.float32, torch.float64):
        rows = tensor([[1.0, 2.0], [nan, nan], [0.0, 0.0]], dtype=dtype)
        for from_logits in (False, True):
            flags = {"ignore_class": 1, "from_logits": from_logits}
            yield Question((tensor([0, 1, 1]), rows), flags, wrt=(1,))
            yield Question((tensor([1, 1, 1]), rows), flags, wrt=(1,))
        yield Question((tensor([0, 1]), rows[1:]))
        yield Question((tensor([0]), tensor([[1.0, -inf]], dtype=dtype)), {"from_logits": True}, wrt=(1,))
