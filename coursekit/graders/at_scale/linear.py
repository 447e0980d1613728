"""The replacement of torch's `linear_cross_entropy`: what it owes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, inf, nan, tensor

from coursekit.exercise import (
    REDUCTIONS,
    Exercise,
    Failure,
    Function,
    Rng,
    refuses,
    same_dtype,
    same_gradient,
    same_value,
)
from coursekit.exercise.answers import TOLERANCE
from coursekit.exercise.families.inputs import distribution, indices
from coursekit.exercise.literal import readable
from coursekit.graders.at_scale.linear_mistakes import MISTAKES
from coursekit.graders.at_scale.linear_spec import linear_cross_entropy_spec
from coursekit.graders.cross_entropy.common import draw_weight
from coursekit.graders.softmax.common import READY_MADE, draw_logits, log_softmax_spec
from coursekit.report import Example
from coursekit.wire import Question


def linear_cases() -> Iterator[Question]:
    """Bias × weight × smoothing × ignore_index × reductions × dtypes, and probabilities; then the edges."""
    for dtype, reduction in product((torch.float32, torch.float64), REDUCTIONS):
        x = torch.linspace(-1, 1.5, 8, dtype=dtype).square().reshape(4, 2)
        w = tensor([[1.0, -0.5], [0.3, 0.8], [-1.2, 0.1]], dtype=dtype)
        bias, v = tensor([0.5, -1.0, 0.25], dtype=dtype), tensor([0.3, 0.1, 0.4], dtype=dtype)
        y = tensor([0, 2, 1, 2])
        for biased, weighted, smoothing in product((False, True), (False, True), (0.0, 0.1, 1.0)):
            how: dict[str, Any] = {"weight": v if weighted else None, "label_smoothing": smoothing}
            how |= {"linear_bias": bias if biased else None, "reduction": reduction}
            for ignored in (None, -100, 1):
                target = y if ignored is None else y.where(y != 1, ignored)
                yield Question((x, w, target), {"ignore_index": ignored, **how}, wrt=(0, 1))
            yield Question((x[0], w, y[0]), how, wrt=(0, 1))
            yield Question((x, w, log_softmax_spec(x.roll(1) @ w.T, 1).exp()), how, wrt=(0, 1, 2))
            yield Question((x[0], w, v / v.sum()), how, wrt=(0, 1))
        how = {"reduction": reduction}
        yield Question((x[:2], w, tensor([-100, -100])), how, wrt=(0, 1))
        yield Question((x[:0], w, y[:0]), how, wrt=(0, 1))
        yield Question((1000 * x, w, y), how, wrt=(0, 1))
        yield Question((x, w, y), {"linear_bias": tensor([0.0, -inf, 0.0], dtype=dtype), **how, "ignore_index": 1})
        yield Question((tensor([[1.0, 2.0], [nan, 1.0]], dtype=dtype), w, tensor([0, -100])), how)


linear_cross_entropy = Exercise(
    "linear_cross_entropy",
    linear_cross_entropy_spec,
    points=3,
    parity_points=3,
    forbids=READY_MADE,
    twin=F.linear_cross_entropy,
    cases=linear_cases,
    idea="What is never needed all at once need never be there all at once: logits come, pay their share, and go.",
    hints=(
        "The value first: logits are input @ linear_weight.T + linear_bias, and from there your `cross_entropy` of "
        "the lesson of that name has all the flags.",
        "Then cut: `input.split(n)` and `target.split(n)`, a loss for each row of a chunk, and `torch.cat`. Reduce "
        "once, at the end.",
        "To hold no more than one chunk, let a `torch.autograd.Function` keep x and y, and compute their logits again "
        "in its backward pass.",
        "The mean divides by Σ weight[y] over the targets that count, or by the number of probability targets. "
        "Raise ValueError for an unknown reduction and IndexError for a target that is no class.",
    ),
)


def features(rng: Rng, rows: int, classes: int) -> tuple[Tensor, Tensor]:
    """Rows of two features, and the two weights of each class; no more than 12 numbers in either."""
    return draw_logits(rng, rows, 2), draw_logits(rng, classes, 2)


@linear_cross_entropy.check
def two_rows(f: Function, rng: Rng) -> None:
    """Features [1, 2] and [1, 3], and weights that pass them on: 0.7201"""
    eye = tensor([[1.0, 0.0], [0.0, 1.0]])
    same_value(f, linear_cross_entropy_spec, tensor([[1.0, 2.0], [1.0, 3.0]]), eye, tensor([0, 1]))
    same_value(f, linear_cross_entropy_spec, *features(rng, 3, 3), indices(rng, 3, 3))
    same_value(f, linear_cross_entropy_spec, *features(rng, 2, 2), indices(rng, 2, 2))


@linear_cross_entropy.check
def lce_bias(f: Function, rng: Rng) -> None:
    """`linear_bias` is added to the logits, a number for each class"""
    same_value(f, linear_cross_entropy_spec, *features(rng, 3, 3), indices(rng, 3, 3), linear_bias=draw_logits(rng, 3))


@linear_cross_entropy.check
def lce_reductions(f: Function, rng: Rng) -> None:
    """`reduction`: none, sum, mean"""
    x, w = features(rng, 2, 3)
    for reduction in REDUCTIONS:
        same_value(f, linear_cross_entropy_spec, x, w, indices(rng, 3, 2), reduction=reduction)


@linear_cross_entropy.check
def lce_weight(f: Function, rng: Rng) -> None:
    """`weight` is a factor for each class, and the mean is a weighted mean"""
    x, w = features(rng, 3, 3)
    for reduction in ("none", "mean"):
        how: dict[str, Any] = {"weight": draw_weight(rng, 3), "reduction": reduction}
        same_value(f, linear_cross_entropy_spec, x, w, tensor([2, 0, 0]), **how)


@linear_cross_entropy.check
def lce_ignore(f: Function, rng: Rng) -> None:
    """Targets equal to `ignore_index` do not count, by default -100"""
    x, w = features(rng, 3, 2)
    same_value(f, linear_cross_entropy_spec, x, w, tensor([0, -100, 1]))
    same_value(f, linear_cross_entropy_spec, x, w, tensor([0, 1, 0]), ignore_index=1)


@linear_cross_entropy.check
def lce_smoothing(f: Function, rng: Rng) -> None:
    """`label_smoothing` spreads ε evenly over all classes"""
    for smoothing in (0.2, 1.0):
        same_value(f, linear_cross_entropy_spec, *features(rng, 2, 3), indices(rng, 3, 2), label_smoothing=smoothing)


@linear_cross_entropy.check
def lce_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right, with respect to the features and the weights"""
    same_gradient(f, linear_cross_entropy_spec, *features(rng, 3, 3), indices(rng, 3, 3), wrt=(0, 1))
    same_gradient(f, linear_cross_entropy_spec, *features(rng, 2, 3), tensor([1, -100]), wrt=(0, 1))


@linear_cross_entropy.check
def long_batch(f: Function, rng: Rng) -> None:
    """A batch of 1,000 rows: three rows, each of them some 333 times

    Where chunks are cut, no row may be lost or counted twice, and a smaller last chunk counts by its rows.
    """
    x, w = features(rng, 3, 3)
    y = tensor([2, 0, 1])
    many = (x.repeat_interleave(334, 0)[:1000], w, y.repeat_interleave(334)[:1000])
    expected = linear_cross_entropy_spec(*(part.double() if part.is_floating_point() else part for part in many))
    got = f(*many)
    relative, absolute = TOLERANCE[torch.float32]
    if got.shape != () or not abs(got.double() - expected) <= absolute + relative * expected:
        call = f"x, y = {_short(x)}, torch.tensor([2, 0, 1]); w = {_short(w)}; "
        call += "linear_cross_entropy(x.repeat_interleave(334, 0)[:1000], w, y.repeat_interleave(334)[:1000])"
        raise Failure(
            "The value of a long batch is not right.",
            "Print how many rows each chunk has, and their sum.",
            Example(call, readable(got), readable(expected)),
        )


def _short(value: Tensor) -> str:
    return f"torch.tensor({[[round(number, 4) for number in row] for row in value.tolist()]})"


@linear_cross_entropy.parity
def lce_pairs(f: Function, rng: Rng) -> None:
    """Every pair of `linear_bias`, `weight`, `ignore_index` and `label_smoothing`, and all four"""
    (x, w), v, bias = features(rng, 4, 3), draw_weight(rng, 3), draw_logits(rng, 3)
    y = tensor([2, -100, 0, 2])
    same_value(f, linear_cross_entropy_spec, x, w, y, weight=v)
    same_value(f, linear_cross_entropy_spec, x, w, y, linear_bias=bias, label_smoothing=0.2)
    same_value(f, linear_cross_entropy_spec, x, w, y % 3, weight=v, label_smoothing=0.2)
    same_value(f, linear_cross_entropy_spec, x, w, tensor([2, 1, 0, 2]), ignore_index=1, label_smoothing=0.2)
    for reduction in REDUCTIONS:
        how: dict[str, Any] = {"linear_bias": bias, "weight": v, "label_smoothing": 0.2, "reduction": reduction}
        same_gradient(f, linear_cross_entropy_spec, x, w, y, wrt=(0, 1), **how)


@linear_cross_entropy.parity
def lce_probabilities(f: Function, rng: Rng) -> None:
    """Targets may be probabilities, with every flag but `ignore_index`"""
    (x, w), q, v = features(rng, 3, 3), distribution(rng, 3, 3), draw_weight(rng, 3)
    for reduction in REDUCTIONS:
        same_value(f, linear_cross_entropy_spec, x, w, q, reduction=reduction)
        same_value(f, linear_cross_entropy_spec, x, w, q, weight=v, reduction=reduction)
    same_value(f, linear_cross_entropy_spec, x, w, q, label_smoothing=0.2)
    same_gradient(f, linear_cross_entropy_spec, x, w, q, weight=v, label_smoothing=0.2, wrt=(0, 1, 2))


@linear_cross_entropy.parity
def lce_one_sample(f: Function, rng: Rng) -> None:
    """One sample without a batch: (D,) with (), or with (V,) probabilities"""
    (x, w), v = features(rng, 1, 3), draw_weight(rng, 3)
    for reduction in REDUCTIONS:
        how: dict[str, Any] = {"weight": v, "label_smoothing": 0.2, "reduction": reduction}
        same_value(f, linear_cross_entropy_spec, x[0], w, indices(rng, 3), **how)
        same_value(f, linear_cross_entropy_spec, x[0], w, distribution(rng, 3), **how)


@linear_cross_entropy.parity
def lce_extremes(f: Function, rng: Rng) -> None:
    """Logits of ±1000 give numbers, not inf or NaN"""
    big, eye = 100.0 * int(rng.integers(8, 11)), tensor([[1.0, 0.0], [0.0, 1.0]])
    same_gradient(f, linear_cross_entropy_spec, tensor([[big, 0.0], [0.0, -big]]), eye, tensor([1, 0]), wrt=(0, 1))
    same_gradient(f, linear_cross_entropy_spec, tensor([[100.0, 0.0]]), eye, tensor([0]), label_smoothing=0.1)


@linear_cross_entropy.parity
def lce_nothing_counts(f: Function, rng: Rng) -> None:
    """Where nothing counts, the mean is NaN, the sum is 0, and so is the gradient"""
    (x, w), none_counts = features(rng, 2, 2), tensor([-100, -100])
    for reduction in REDUCTIONS:
        same_value(f, linear_cross_entropy_spec, x, w, none_counts, label_smoothing=0.1, reduction=reduction)
    same_gradient(f, linear_cross_entropy_spec, x, w, none_counts, reduction="sum", wrt=(0, 1))
    same_value(f, linear_cross_entropy_spec, x[:0], w, none_counts[:0])


@linear_cross_entropy.parity
def lce_ignored_nan(f: Function, rng: Rng) -> None:
    """A row that does not count has no influence on the value, even when it is NaN"""
    x, w = tensor([[1.0, 2.0], [nan, 1.0]]), draw_logits(rng, 2, 2)
    same_value(f, linear_cross_entropy_spec, x, w, tensor([0, -100]))
    same_value(f, linear_cross_entropy_spec, x, w, tensor([0, -100]), label_smoothing=0.1, reduction="none")


@linear_cross_entropy.parity
def lce_ruled_out(f: Function, rng: Rng) -> None:
    """A class that its bias of -inf rules out costs nothing"""
    x, w = features(rng, 2, 3)
    same_value(f, linear_cross_entropy_spec, x, w, tensor([0, 2]), linear_bias=tensor([0.5, -inf, 1.0]))


@linear_cross_entropy.parity
def lce_refuses(f: Function, rng: Rng) -> None:
    """Errors: an unknown reduction, a target that is no class, probabilities with `ignore_index`"""
    x, w = features(rng, 2, 2)
    refuses(f, x, w, tensor([0, 1]), reduction="avg")
    refuses(f, x, w, tensor([0, -1]))
    refuses(f, x, w, tensor([0, 2]))
    refuses(f, x, w, distribution(rng, 2, 2), ignore_index=0)


@linear_cross_entropy.parity
def lce_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32, float64 stays float64"""
    (x, w), v = features(rng, 2, 2), draw_weight(rng, 2)
    same_dtype(f, linear_cross_entropy_spec, x, w, tensor([0, -100]), label_smoothing=0.2, reduction="none")
    same_dtype(f, linear_cross_entropy_spec, x.double(), w.double(), tensor([0, 1]), weight=v.double())


@linear_cross_entropy.parity
def lce_scaled(f: Function, rng: Rng) -> None:
    """The gradient passes on what comes from above"""
    x, w = features(rng, 2, 2)
    for reduction in REDUCTIONS:
        same_gradient(f, linear_cross_entropy_spec, x, w, tensor([0, 1]), wrt=(0, 1), scale=3.0, reduction=reduction)


linear_cross_entropy.misconceptions.extend(MISTAKES)
