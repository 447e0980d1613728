"""Picking each row's entry, with weights and with rows that do not count: `nll_loss`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, inf, nan, tensor

from coursekit.exercise import REDUCTIONS, Exercise, Function, refuses, same_dtype, same_gradient, same_value
from coursekit.exercise.inputs import indices
from coursekit.graders.cross_entropy.common import (
    MARKS,
    READY_MADE,
    Rng,
    as_rows,
    class_dim,
    draw_logits,
    draw_weight,
    log_softmax_spec,
    only_valid,
    reduced,
)
from coursekit.wire import Question


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
    return reduced(losses, w[y].sum(), reduction, target)


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


nll_loss = Exercise(
    "nll_loss",
    nll_loss_spec,
    points=2,
    parity_points=2,
    forbids=READY_MADE,
    twin=F.nll_loss,
    cases=nll_loss_cases,
    idea="NLL only picks: the logarithm was taken before. A weighted mean divides by the weights that were given out.",
    hints=(
        "Each row gives one number: the entry at its target. `input.gather(1, target.unsqueeze(1))` picks it.",
        "The mean is Σ w[y]·loss by Σ w[y]. Without weights every w is 1, and Σ w is the number of targets that count.",
        "A row that does not count must vanish from both sums, also when it holds NaN: choose with `torch.where`, "
        "or by indexing with the mask. Its target, -100, is no index: put some class in its place first.",
        "In (N, C, d1, …) the classes are dimension 1; `gather` along it gives the targets' shape, with a 1 for C.",
    ),
)


@nll_loss.check
def picks(f: Function, rng: Rng) -> None:
    """One entry of each row: the one at the target

    The input holds logarithms already; whatever stands there is taken as it is.
    """
    same_value(f, nll_loss_spec, tensor([[-0.1, -2.3], [-1.6, -0.2]]), tensor([0, 0]))
    same_value(f, nll_loss_spec, draw_logits(rng, 2, 3), indices(rng, 3, 2))


@nll_loss.check
def nll_reductions(f: Function, rng: Rng) -> None:
    """`reduction`: none, sum, mean"""
    x, y = draw_logits(rng, 2, 3), indices(rng, 3, 2)
    for reduction in REDUCTIONS:
        same_value(f, nll_loss_spec, x, y, reduction=reduction)


@nll_loss.check
def nll_weight(f: Function, rng: Rng) -> None:
    """`weight` is a factor for each class, and the mean is a weighted mean

    Divide by the sum of the weights that were used, w[target].sum().
    """
    same_value(f, nll_loss_spec, tensor([[-1.0, -2.0], [-1.0, -3.0]]), tensor([0, 1]), weight=tensor([1.0, 2.0]))
    x, y, w = draw_logits(rng, 3, 3), tensor([2, 0, 0]), draw_weight(rng, 3)
    for reduction in ("none", "mean"):
        same_value(f, nll_loss_spec, x, y, weight=w, reduction=reduction)


@nll_loss.check
def nll_ignore(f: Function, rng: Rng) -> None:
    """Targets equal to `ignore_index` do not count, neither above nor below the fraction"""
    x, y = draw_logits(rng, 3, 2), tensor([0, 1, 1])
    same_value(f, nll_loss_spec, x, tensor([0, -100, 1]))
    for reduction in ("mean", "none"):
        same_value(f, nll_loss_spec, x, y, ignore_index=1, reduction=reduction)


@nll_loss.check
def nll_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right"""
    same_gradient(f, nll_loss_spec, draw_logits(rng, 2, 3), indices(rng, 3, 2))
    same_gradient(f, nll_loss_spec, draw_logits(rng, 2, 2), tensor([1, -100]), weight=draw_weight(rng, 2))


@nll_loss.parity
def nll_pairs(f: Function, rng: Rng) -> None:
    """`weight` and `ignore_index` together, under every reduction"""
    x, w = draw_logits(rng, 4, 3), draw_weight(rng, 3)
    y = tensor([2, -100, 0, 2])
    for reduction in REDUCTIONS:
        same_value(f, nll_loss_spec, x, y, weight=w, reduction=reduction)
        same_value(f, nll_loss_spec, x, tensor([2, 1, 0, 2]), weight=w, ignore_index=1, reduction=reduction)


@nll_loss.parity
def nll_places(f: Function, rng: Rng) -> None:
    """A class for every place: (N, C, d1)

    The classes are dimension 1, not the last one.
    """
    x, y = draw_logits(rng, 2, 2, 2), tensor([[0, 1], [1, 1]])
    for reduction in REDUCTIONS:
        same_value(f, nll_loss_spec, x, y, reduction=reduction)
    same_value(f, nll_loss_spec, x, tensor([[0, -100], [1, 1]]), weight=draw_weight(rng, 2))


@nll_loss.parity
def nll_pixels(f: Function, rng: Rng) -> None:
    """A class for every pixel: (N, C, d1, d2)

    Keep (N, d1, d2), the shape of the targets; `reshape` alone does not move a dimension.
    """
    x, y = draw_logits(rng, 1, 3, 2, 2), tensor([[[0, 2], [1, 2]]])
    same_gradient(f, nll_loss_spec, x, y, reduction="none")
    same_value(f, nll_loss_spec, x, y)


@nll_loss.parity
def nll_one_sample(f: Function, rng: Rng) -> None:
    """One sample without a batch: (C,) and ()"""
    x, y = draw_logits(rng, 3), indices(rng, 3)
    for reduction in REDUCTIONS:
        same_value(f, nll_loss_spec, x, y, weight=draw_weight(rng, 3), reduction=reduction)


@nll_loss.parity
def nll_nothing_counts(f: Function, rng: Rng) -> None:
    """Where nothing counts, the mean is NaN and the sum is 0

    A mean of nothing has no value. A 0 in its place would look like a perfect batch.
    """
    x, y = draw_logits(rng, 2, 2), tensor([0, 0])
    for reduction in REDUCTIONS:
        same_value(f, nll_loss_spec, x, tensor([-100, -100]), reduction=reduction)
    same_value(f, nll_loss_spec, x, y, weight=tensor([0.0, 1.0]))


@nll_loss.parity
def nll_ignored_nan(f: Function, rng: Rng) -> None:
    """What is not picked has no influence: NaN in an ignored row, -inf beside the target

    0 times NaN is NaN, and so is 0 times -inf. Choose instead of multiplying.
    """
    same_gradient(f, nll_loss_spec, tensor([[-0.5, -1.0], [nan, nan]]), tensor([0, -100]))
    same_gradient(f, nll_loss_spec, tensor([[-0.5, -inf], [-2.0, -0.1]]), tensor([0, 1]))


@nll_loss.parity
def nll_out_of_range(f: Function, rng: Rng) -> None:
    """A target that is no class is an error

    Python's -1 is the last entry: a mistake in the data would train the last class, and nobody would notice.
    """
    refuses(f, draw_logits(rng, 2, 2), tensor([0, -1]))
    refuses(f, draw_logits(rng, 2, 2), tensor([0, 2]))


@nll_loss.parity
def nll_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32, float64 stays float64"""
    x, y, w = draw_logits(rng, 2, 2), tensor([0, 1]), draw_weight(rng, 2)
    same_dtype(f, nll_loss_spec, x, y)
    same_dtype(f, nll_loss_spec, x.double(), y, weight=w.double())


@nll_loss.parity
def nll_scaled(f: Function, rng: Rng) -> None:
    """The gradient passes on what comes from above"""
    same_gradient(f, nll_loss_spec, draw_logits(rng, 2, 2), tensor([0, 1]), scale=3.0)


@nll_loss.misconception(
    "The minus sign is missing: this is the log-likelihood, and a model is trained to make it large."
)
def log_likelihood(input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    return -nll_loss_spec(input, target, **flags)


@nll_loss.misconception("A logarithm is taken here. `nll_loss` expects logarithms already, and only picks from them.")
def takes_the_logarithm(input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    return nll_loss_spec(input.log(), target, **flags)


@nll_loss.misconception(
    "A log-softmax is taken here: that is `cross_entropy`. `nll_loss` expects log-probabilities and only picks from "
    "them."
)
def takes_the_log_softmax(input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    return nll_loss_spec(log_softmax_spec(input, class_dim(input)), target, **flags)


@nll_loss.misconception(
    "`input[:, target]` picks every target from every row: N × N numbers. Pair them: `input[torch.arange(N), "
    "target]`, or `gather`."
)
def nll_every_pair(input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    losses = -input[:, target]
    return reduced(losses, tensor(losses.numel()), flags.get("reduction", "mean"), losses)


@nll_loss.misconception("This picks each row's largest entry: what the model believes. The target says what is right.")
def nll_largest(input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    return nll_loss_spec(input, input.argmax(class_dim(input)), **flags)
