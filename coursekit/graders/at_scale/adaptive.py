"""A softmax with rare classes in clusters: what `adaptive_log_softmax` owes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import torch
from torch import Tensor, nn, tensor

from coursekit.exercise import Exercise, Function, Rng, keeps_dtype, refuses, same_gradient, same_value, scaled_gradient
from coursekit.exercise.families.inputs import normal
from coursekit.graders.at_scale.adaptive_mistakes import MISTAKES
from coursekit.graders.at_scale.adaptive_spec import adaptive_spec
from coursekit.graders.softmax.common import READY_MADE
from coursekit.wire import Question


def torchs_module(input: Tensor, target: Tensor, cutoffs: list[int], head: Tensor, *tail: Tensor) -> Tensor:
    """What `nn.AdaptiveLogSoftmaxWithLoss` with these weights gives."""
    module = nn.AdaptiveLogSoftmaxWithLoss(input.shape[1], cutoffs[-1] + len(tail[-1]), cutoffs, div_value=1.0)
    weights = {"head.weight": head}
    weights |= {f"tail.{i // 2}.{i % 2}.weight": part for i, part in enumerate(tail)}
    output: Tensor = torch.func.functional_call(module, weights, (input, target)).output
    return output


def spread(*shape: int, dtype: torch.dtype = torch.float32, phase: float = 0.0) -> Tensor:
    """Numbers between -1.5 and 1.5 without a pattern."""
    count = int(torch.tensor(shape).prod())
    return (1.5 * torch.sin(torch.arange(count, dtype=dtype) * 1.7 + phase)).reshape(shape)


def adaptive_cases() -> Iterator[Question]:
    """One to three clusters × which classes occur × dtypes, with gradients by everything; then the edges."""
    for dtype, (cutoffs, sizes) in product(
        (torch.float32, torch.float64), (([2], [3]), ([1, 3], [2, 4]), ([3, 4], [1, 2]), ([1, 2, 5], [1, 3, 2]))
    ):
        head = spread(cutoffs[0] + len(sizes), 4, dtype=dtype)
        tail: list[Tensor] = []
        for i, size in enumerate(sizes):
            tail += [spread(2 - i % 2, 4, dtype=dtype, phase=i), spread(size, 2 - i % 2, dtype=dtype, phase=2.0 + i)]
        classes = cutoffs[-1] + sizes[-1]
        for target in (torch.arange(classes), tensor([0, 0]), tensor([classes - 1]), tensor([cutoffs[0], 0])):
            x = spread(len(target), 4, dtype=dtype, phase=5.0)
            # by the tail where every cluster is needed: by one that is not, torch gives no gradient and others give 0
            tails = range(4, 4 + len(tail)) if len(target) == classes else ()
            yield Question((x, target, cutoffs, head, *tail), wrt=(0, 3, *tails))
            yield Question((600 * x, target, cutoffs, head, *tail), wrt=(0,))
        yield Question((x[:0], target[:0], cutoffs, head, *tail))


adaptive_log_softmax = Exercise(
    "adaptive_log_softmax",
    adaptive_spec,
    points=2,
    parity_points=2,
    forbids=READY_MADE,
    twin=torchs_module,
    cases=adaptive_cases,
    idea="ln p(class) = ln p(cluster) + ln p(class | cluster), and a row pays only for the cluster that it needs.",
    hints=(
        "Start with the head: one log-softmax over its classes and its clusters together. For a frequent class that "
        "is the answer.",
        "A rare class: its cluster's entry in the head stands at cutoffs[0] + cluster. Its own entry within the "
        "cluster is target - cutoffs[cluster].",
        "The logits of a cluster take two products, through its projection and then its classes, and only the rows "
        "whose target is in it. They have a softmax of their own. What of the head is added?",
    ),
)


def drawn(rng: Rng, *targets: int, cutoffs: tuple[int, ...] = (2,), sizes: tuple[int, ...] = (3,)) -> tuple[Any, ...]:
    """Arguments for these targets: three features, and projections to two."""
    tail = [part for size in sizes for part in (normal(rng, 2, 3), normal(rng, size, 2))]
    head = normal(rng, cutoffs[0] + len(sizes), 3)
    return normal(rng, len(targets), 3), tensor(targets), list(cutoffs), head, *tail


@adaptive_log_softmax.check
def frequent(f: Function, rng: Rng) -> None:
    """Classes of the head: two classes and one cluster share a softmax

    The cluster's entry takes part in the normalisation.
    """
    same_value(f, adaptive_spec, *drawn(rng, 0, 1))


@adaptive_log_softmax.check
def rare(f: Function, rng: Rng) -> None:
    """Classes of the cluster: the cluster's log-probability and the class's within it"""
    same_value(f, adaptive_spec, *drawn(rng, 2, 4))
    same_value(f, adaptive_spec, *drawn(rng, 1, 3))


@adaptive_log_softmax.check
def two_clusters(f: Function, rng: Rng) -> None:
    """Two clusters, of two and of three classes"""
    same_value(f, adaptive_spec, *drawn(rng, 4, 1, 0, 2, 3, 5, cutoffs=(1, 3), sizes=(2, 3)))


@adaptive_log_softmax.check
def adaptive_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right, with respect to the features and all weights"""
    same_gradient(f, adaptive_spec, *drawn(rng, 0, 2), wrt=(0, 3))
    same_gradient(f, adaptive_spec, *drawn(rng, 3, 1, 0, 2, cutoffs=(1, 3), sizes=(2, 3)), wrt=(0, 3, 4, 5, 6, 7))


@adaptive_log_softmax.parity
def adaptive_extremes(f: Function, rng: Rng) -> None:
    """Logits of ±1000 give numbers, in the head and in a cluster"""
    big, eye = 100.0 * int(rng.integers(8, 11)), tensor([[1.0, 0.0], [0.0, 1.0]])
    head = tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.5]])
    x = tensor([[big, 0.0], [0.0, -big]])
    same_gradient(f, adaptive_spec, x, tensor([1, 3]), [2], head, eye, tensor([[1.0, 0.0], [0.0, -1.0]]))


@adaptive_log_softmax.parity
def nobody_in_a_cluster(f: Function, rng: Rng) -> None:
    """A cluster that no target needs, and a batch of one row"""
    same_gradient(f, adaptive_spec, *drawn(rng, 0, 5, cutoffs=(1, 3), sizes=(2, 3)), wrt=(0, 3, 6, 7))
    same_value(f, adaptive_spec, *drawn(rng, 2))


@adaptive_log_softmax.parity
def adaptive_out_of_range(f: Function, rng: Rng) -> None:
    """A target that is no class is an error"""
    refuses(f, *drawn(rng, 0, 5))
    refuses(f, *drawn(rng, 0, -1))


keeps_dtype(adaptive_log_softmax, lambda rng: drawn(rng, 0, 2), name="adaptive_dtype")


scaled_gradient(adaptive_log_softmax, lambda rng: drawn(rng, 1, 2), name="adaptive_scaled", wrt=(0, 3, 4, 5))


adaptive_log_softmax.misconceptions.extend(MISTAKES)
