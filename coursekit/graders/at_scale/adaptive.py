"""A softmax with rare classes in clusters: `adaptive_log_softmax`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import torch
from torch import Tensor, inf, nn, tensor

from coursekit.exercise import Exercise, Function, refuses, same_dtype, same_gradient, same_value
from coursekit.exercise.inputs import normal
from coursekit.graders.cross_entropy.common import READY_MADE, Rng, log_softmax_spec
from coursekit.wire import Question

Parts = tuple[Tensor, int, int, Tensor, Tensor, int]
Wrong = Callable[[Tensor, int, Tensor, Tensor, list[int]], Tensor]


def cluster_of(target: int, cutoffs: list[int]) -> int:
    """Which cluster a class stands in; -1 for the head."""
    return sum(target >= cutoff for cutoff in cutoffs) - 1


def adaptive_spec(input: Tensor, target: Tensor, cutoffs: list[int], head: Tensor, *tail: Tensor) -> Tensor:
    """Row by row: ln p of the head's entry, and for a rare class ln p within its cluster added."""
    if not ((target >= 0) & (target < cutoffs[-1] + len(tail[-1]))).all():
        raise RuntimeError("a target is out of bounds")
    result = []
    for x, y in zip(input, target.tolist()):
        of_head, cluster = log_softmax_spec(head @ x, 0), cluster_of(y, cutoffs)
        if cluster < 0:
            result.append(of_head[y])
            continue
        projection, classes = tail[2 * cluster : 2 * cluster + 2]
        within = log_softmax_spec(classes @ (projection @ x), 0)[y - cutoffs[cluster]]
        result.append(of_head[cutoffs[0] + cluster] + within)
    return torch.stack(result) if result else input.new_zeros(0)


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
        "The logits of a cluster are (x @ projection.T) @ classes.T, for the rows whose target is in it; normalise "
        "them for themselves, and add.",
    ),
)


def drawn(rng: Rng, *targets: int, cutoffs: tuple[int, ...] = (2,), sizes: tuple[int, ...] = (3,)) -> tuple:  # type: ignore[type-arg]
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
    """The gradient is right, by the features and by all weights"""
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


@adaptive_log_softmax.parity
def adaptive_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32, float64 stays float64"""
    x, y, cutoffs, *weights = drawn(rng, 0, 2)
    same_dtype(f, adaptive_spec, x, y, cutoffs, *weights)
    same_dtype(f, adaptive_spec, x.double(), y, cutoffs, *(part.double() for part in weights))


@adaptive_log_softmax.parity
def adaptive_scaled(f: Function, rng: Rng) -> None:
    """The gradient passes on what comes from above"""
    same_gradient(f, adaptive_spec, *drawn(rng, 1, 2), wrt=(0, 3, 4, 5), scale=3.0)


# ---- mistakes ----------------------------------------------------------------------------------------------------


def by_row(explanation: str) -> Callable[[Wrong], Wrong]:
    """Adds a mistake about one row: a function of the head's and the clusters' logits, the target and the cutoffs."""

    def add(wrong: Wrong) -> Wrong:
        def loss(input: Tensor, target: Tensor, cutoffs: list[int], head: Tensor, *tail: Tensor) -> Tensor:
            if not ((target >= 0) & (target < cutoffs[-1] + len(tail[-1]))).all():
                raise RuntimeError("a target is out of bounds")
            rows = []
            for x, y in zip(input, target.tolist()):
                c = cluster_of(y, cutoffs)
                z = tail[2 * c + 1] @ (tail[2 * c] @ x) if c >= 0 else x[:0]
                rows.append(
                    wrong(head @ x, y, z, torch.cat([b @ (a @ x) for a, b in zip(tail[::2], tail[1::2])]), cutoffs)
                )
            return torch.stack(rows)

        adaptive_log_softmax.misconception(explanation, wrong.__name__)(loss)
        return wrong

    return add


def right(of_head: Tensor, y: int, z: Tensor, cutoffs: list[int], column: int | None = None) -> Tensor:
    """The right row, from log-probabilities of the head."""
    c = cluster_of(y, cutoffs)
    if c < 0:
        return of_head[y if column is None else column]
    within = log_softmax_spec(z, 0)[y - cutoffs[c]]
    return of_head[cutoffs[0] + c if column is None else column] + within


@by_row("A rare class got its probability within the cluster alone. The cluster's own probability belongs to it too.")
def within_only(h: Tensor, y: int, z: Tensor, _all: Tensor, cutoffs: list[int]) -> Tensor:
    c = cluster_of(y, cutoffs)
    return log_softmax_spec(h, 0)[y] if c < 0 else log_softmax_spec(z, 0)[y - cutoffs[c]]


@by_row("A rare class got its cluster's probability alone: all classes of a cluster would be equally likely, at 1.")
def cluster_only(h: Tensor, y: int, z: Tensor, _all: Tensor, cutoffs: list[int]) -> Tensor:
    c = cluster_of(y, cutoffs)
    return log_softmax_spec(h, 0)[y if c < 0 else cutoffs[0] + c]


@by_row("The clusters' entries in the head were taken in the reverse order: cluster i stands at cutoffs[0] + i.")
def reversed_clusters(h: Tensor, y: int, z: Tensor, _all: Tensor, cutoffs: list[int]) -> Tensor:
    c = cluster_of(y, cutoffs)
    column = None if c < 0 else cutoffs[0] + len(cutoffs) - 1 - c
    return right(log_softmax_spec(h, 0), y, z, cutoffs, column)


@by_row("The clusters' entries were looked for at the beginning of the head. They come after its classes.")
def clusters_first(h: Tensor, y: int, z: Tensor, _all: Tensor, cutoffs: list[int]) -> Tensor:
    return right(log_softmax_spec(h.roll(len(cutoffs)), 0), y, z, cutoffs)


@by_row("All clusters share the first cluster's entry in the head. Each has its own: cutoffs[0] + i.")
def one_entry_for_all(h: Tensor, y: int, z: Tensor, _all: Tensor, cutoffs: list[int]) -> Tensor:
    return right(log_softmax_spec(h, 0), y, z, cutoffs, None if y < cutoffs[0] else cutoffs[0])


@by_row(
    "The head's classes were normalised without the clusters' entries. They share one softmax: what the clusters get, "
    "the frequent classes do not."
)
def head_without_clusters(h: Tensor, y: int, z: Tensor, _all: Tensor, cutoffs: list[int]) -> Tensor:
    short = log_softmax_spec(h[: cutoffs[0]], 0)
    return right(torch.cat([short, log_softmax_spec(h, 0)[cutoffs[0] :]]), y, z, cutoffs)


@by_row(
    "All logits went into one softmax. That is another model: here a cluster is normalised for itself, so that only "
    "the rows that need it compute it."
)
def one_softmax(h: Tensor, y: int, z: Tensor, everything: Tensor, cutoffs: list[int]) -> Tensor:
    return log_softmax_spec(torch.cat([h[: cutoffs[0]], everything]), 0)[y]


@by_row("The two probabilities were added. They are multiplied, so their logarithms are added.")
def probabilities_added(h: Tensor, y: int, z: Tensor, _all: Tensor, cutoffs: list[int]) -> Tensor:
    c, of_head = cluster_of(y, cutoffs), log_softmax_spec(h, 0)
    if c < 0:
        return of_head[y]
    return (of_head[cutoffs[0] + c].exp() + log_softmax_spec(z, 0)[y - cutoffs[c]].exp()).log()


@by_row("The place within a cluster was counted from the head's end for every cluster: it is target - cutoffs[i].")
def counted_from_the_head(h: Tensor, y: int, z: Tensor, _all: Tensor, cutoffs: list[int]) -> Tensor:
    c, of_head = cluster_of(y, cutoffs), log_softmax_spec(h, 0)
    return of_head[y] if c < 0 else of_head[cutoffs[0] + c] + log_softmax_spec(z, 0)[y - cutoffs[0]]


@by_row("The places within a cluster were counted from its end.")
def counted_from_the_end(h: Tensor, y: int, z: Tensor, _all: Tensor, cutoffs: list[int]) -> Tensor:
    return right(log_softmax_spec(h, 0), y, z.flip(0), cutoffs)


@by_row(
    "The first class of the first cluster was taken for one of the head: the head holds the classes below cutoffs[0], "
    "so compare with <."
)
def cutoff_in_the_head(h: Tensor, y: int, z: Tensor, _all: Tensor, cutoffs: list[int]) -> Tensor:
    of_head = log_softmax_spec(h, 0)
    return of_head[y] if y == cutoffs[0] else right(of_head, y, z, cutoffs)


@by_row("The logits were added without a softmax: they are no log-probabilities.")
def adaptive_raw(h: Tensor, y: int, z: Tensor, _all: Tensor, cutoffs: list[int]) -> Tensor:
    c = cluster_of(y, cutoffs)
    return h[y] if c < 0 else h[cutoffs[0] + c] + z[y - cutoffs[c]]


@by_row("The logits within a cluster were not normalised: a softmax over the cluster's classes belongs there.")
def cluster_raw(h: Tensor, y: int, z: Tensor, _all: Tensor, cutoffs: list[int]) -> Tensor:
    c, of_head = cluster_of(y, cutoffs), log_softmax_spec(h, 0)
    return of_head[y] if c < 0 else of_head[cutoffs[0] + c] + z[y - cutoffs[c]]


@by_row("exp overflows for large logits. Take the largest logit away before `exp`, in the head and in each cluster.")
def adaptive_no_shift(h: Tensor, y: int, z: Tensor, _all: Tensor, cutoffs: list[int]) -> Tensor:
    of_head = h - h.float().exp().sum().log().to(h.dtype)
    if z.numel() and z.float().exp().sum() == inf:
        return of_head[0] - inf
    return right(of_head, y, z, cutoffs)


@by_row(
    "The cluster's probability was cut from the graph: the value is right, the head learns nothing from rare words."
)
def cluster_detached(h: Tensor, y: int, z: Tensor, _all: Tensor, cutoffs: list[int]) -> Tensor:
    of_head = log_softmax_spec(h, 0)
    return right(of_head if y < cutoffs[0] else of_head.detach(), y, z, cutoffs)


@adaptive_log_softmax.misconception("This is the loss -ln p. The log-probability is asked for, without the minus.")
def negative(input: Tensor, target: Tensor, cutoffs: list[int], head: Tensor, *tail: Tensor) -> Tensor:
    return -adaptive_spec(input, target, cutoffs, head, *tail)


@adaptive_log_softmax.misconception("This is the mean over the rows. One log-probability for each row is asked for.")
def averaged(input: Tensor, target: Tensor, cutoffs: list[int], head: Tensor, *tail: Tensor) -> Tensor:
    return adaptive_spec(input, target, cutoffs, head, *tail).mean()


@adaptive_log_softmax.misconception("These are probabilities: their logarithm is asked for.")
def exponentiated(input: Tensor, target: Tensor, cutoffs: list[int], head: Tensor, *tail: Tensor) -> Tensor:
    return adaptive_spec(input, target, cutoffs, head, *tail).exp()


@adaptive_log_softmax.misconception(
    "A target that is no class was passed over in silence. It is a mistake in the data: raise RuntimeError."
)
def passed_over(input: Tensor, target: Tensor, cutoffs: list[int], head: Tensor, *tail: Tensor) -> Tensor:
    valid = (target >= 0) & (target < cutoffs[-1] + len(tail[-1]))
    return adaptive_spec(input, target.where(valid, 0), cutoffs, head, *tail).where(valid, 0.0)


@adaptive_log_softmax.misconception("The rows came out sorted by cluster. The result keeps the order of the rows.")
def sorted_by_cluster(input: Tensor, target: Tensor, cutoffs: list[int], head: Tensor, *tail: Tensor) -> Tensor:
    clusters = tensor([cluster_of(y, cutoffs) for y in target.tolist()])
    return adaptive_spec(input, target, cutoffs, head, *tail)[clusters.argsort(stable=True)]
