"""What goes wrong in `adaptive_log_softmax`: in a row, and in what is made of the rows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor, inf, tensor

from coursekit.exercise import Loss, Mistakes, of_value
from coursekit.graders.at_scale.adaptive_spec import adaptive_spec, are_classes, cluster_of
from coursekit.graders.softmax.common import log_softmax_spec

MISTAKES = Mistakes(adaptive_spec)


@dataclass(frozen=True)
class Row:
    """One row of the batch, as the mistakes see it."""

    head: Tensor  # the logits of the head
    within: Tensor  # the logits of the target's cluster, none for a frequent class
    everything: Tensor  # the logits of all clusters, one after the other
    target: int
    cluster: int  # -1 for the head
    entry: int  # where to look in the head: for the class, or for its cluster
    place: int  # where to look within the cluster
    cutoffs: list[int]

    @property
    def rare(self) -> bool:
        """Whether the class stands in a cluster."""
        return self.cluster >= 0


def row_of(x: Tensor, y: int, cutoffs: list[int], head: Tensor, tail: tuple[Tensor, ...]) -> Row:
    """The row of the features x and the target y."""
    of_head, c = head @ x, cluster_of(y, cutoffs)
    clusters = [classes @ (projection @ x) for projection, classes in zip(tail[::2], tail[1::2])]
    within, entry, place = (clusters[c], cutoffs[0] + c, y - cutoffs[c]) if c >= 0 else (x[:0], y, 0)
    return Row(of_head, within, torch.cat(clusters), y, c, entry, place, cutoffs)


def by_row(formula: Loss) -> Loss:
    """The result whose rows are a formula of `Row`."""

    def log_probs(input: Tensor, target: Tensor, cutoffs: list[int], head: Tensor, *tail: Tensor) -> Tensor:
        if not are_classes(target, cutoffs, tail).all():
            raise RuntimeError("a target is out of bounds")
        return torch.stack([formula(row_of(x, y, cutoffs, head, tail)) for x, y in zip(input, target.tolist())])

    return log_probs


def ln_p(logits: Tensor) -> Tensor:
    """The log-probabilities of one softmax."""
    return log_softmax_spec(logits, 0)


def right(r: Row, of_head: Tensor | None = None) -> Tensor:
    """The row as it should be, or from other log-probabilities of the head."""
    here = (ln_p(r.head) if of_head is None else of_head)[r.entry]
    return here + ln_p(r.within)[r.place] if r.rare else here


MISTAKES.table(
    by_row,
    within_only=(
        "A rare class got its probability within the cluster alone. The cluster's own probability belongs to it too.",
        lambda r: ln_p(r.within)[r.place] if r.rare else right(r),
    ),
    cluster_only=(
        "A rare class got its cluster's probability alone: all classes of a cluster would be equally likely, at 1.",
        lambda r: ln_p(r.head)[r.entry],
    ),
    reversed_clusters=(
        "The clusters' entries in the head were taken in the reverse order: cluster i stands at cutoffs[0] + i.",
        lambda r: right(replace(r, entry=len(r.head) - 1 - r.cluster) if r.rare else r),
    ),
    entry_one_early=(
        "The clusters' entries in the head were looked for one place too early: cluster i stands at cutoffs[0] + i.",
        lambda r: right(replace(r, entry=r.entry - 1) if r.rare else r),
    ),
    clusters_first=(
        "The clusters' entries were looked for at the beginning of the head. They come after its classes.",
        lambda r: right(r, ln_p(r.head.roll(len(r.cutoffs)))),
    ),
    one_entry_for_all=(
        "All clusters share the first cluster's entry in the head. Each has its own: cutoffs[0] + i.",
        lambda r: right(replace(r, entry=min(r.entry, r.cutoffs[0]))),
    ),
    head_without_clusters=(
        "The head's classes were normalised without the clusters' entries. They share one softmax: what the clusters "
        "get, the frequent classes do not.",
        lambda r: right(r, torch.cat([ln_p(r.head[: r.cutoffs[0]]), ln_p(r.head)[r.cutoffs[0] :]])),
    ),
    one_softmax=(
        "All logits went into one softmax. That is another model: here a cluster is normalised for itself, so that "
        "only the rows that need it compute it.",
        lambda r: ln_p(torch.cat([r.head[: r.cutoffs[0]], r.everything]))[r.target],
    ),
    probabilities_added=(
        "The two probabilities were added. They are multiplied, so their logarithms are added.",
        lambda r: (ln_p(r.head)[r.entry].exp() + ln_p(r.within)[r.place].exp()).log() if r.rare else right(r),
    ),
    counted_from_the_head=(
        "The place within a cluster was counted from the head's end for every cluster: it is target - cutoffs[i].",
        lambda r: right(replace(r, place=r.target - r.cutoffs[0])),
    ),
    counted_from_the_end=(
        "The places within a cluster were counted from its end.",
        lambda r: right(replace(r, within=r.within.flip(0))),
    ),
    cutoff_in_the_head=(
        "The first class of the first cluster was taken for one of the head: the head holds the classes below "
        "cutoffs[0], so compare with <.",
        lambda r: ln_p(r.head)[r.target] if r.target == r.cutoffs[0] else right(r),
    ),
    adaptive_raw=(
        "The logits were added without a softmax: they are no log-probabilities.",
        lambda r: r.head[r.entry] + r.within[r.place] if r.rare else r.head[r.entry],
    ),
    cluster_raw=(
        "The logits within a cluster were not normalised: a softmax over the cluster's classes belongs there.",
        lambda r: ln_p(r.head)[r.entry] + r.within[r.place] if r.rare else right(r),
    ),
)


@MISTAKES.formula(by_row)(
    "exp overflows for large logits. Take the largest logit away before `exp`, in the head and in each cluster."
)
def adaptive_no_shift(r: Row) -> Tensor:
    of_head = r.head - r.head.float().exp().sum().log().to(r.head.dtype)
    if r.rare and r.within.float().exp().sum() == inf:
        return of_head[0] - inf
    return right(r, of_head)


MISTAKES.table(
    by_row,
    cluster_detached=(
        "The cluster's probability was cut from the graph: the value is right, the head learns nothing from rare "
        "words.",
        lambda r: right(r, ln_p(r.head).detach()) if r.rare else right(r),
    ),
)
MISTAKES.table(
    of_value(MISTAKES),
    negative=("This is the loss -ln p. The log-probability is asked for, without the minus.", lambda value: -value),
    averaged=(
        "This is the mean over the rows. One log-probability for each row is asked for.",
        lambda value: value.mean(),
    ),
    exponentiated=("These are probabilities: their logarithm is asked for.", lambda value: value.exp()),
)


@MISTAKES("A target that is no class was passed over in silence. It is a mistake in the data: raise RuntimeError.")
def passed_over(input: Tensor, target: Tensor, cutoffs: list[int], head: Tensor, *tail: Tensor) -> Tensor:
    valid = are_classes(target, cutoffs, tail)
    return adaptive_spec(input, target.where(valid, 0), cutoffs, head, *tail).where(valid, 0.0)


@MISTAKES("The rows came out sorted by cluster. The result keeps the order of the rows.")
def sorted_by_cluster(input: Tensor, target: Tensor, cutoffs: list[int], head: Tensor, *tail: Tensor) -> Tensor:
    clusters = tensor([cluster_of(y, cutoffs) for y in target.tolist()])
    return adaptive_spec(input, target, cutoffs, head, *tail)[clusters.argsort(stable=True)]


MISTAKES.terms(
    by_row,
    head=("what the head says", lambda r: ln_p(r.head)[r.entry]),
    cluster=("what the cluster says", lambda r: ln_p(r.within)[r.place] if r.rare else 0 * r.head.sum()),
)
MISTAKES.table(
    by_row,
    multiplied=(
        "The two log-probabilities are multiplied. Probabilities are; their logarithms are added.",
        lambda r: ln_p(r.head)[r.entry] * ln_p(r.within)[r.place] if r.rare else right(r),
    ),
    two_averaged=(
        "The two log-probabilities are averaged. They are added.",
        lambda r: (ln_p(r.head)[r.entry] + ln_p(r.within)[r.place]) / 2 if r.rare else right(r),
    ),
    cluster_subtracted=(
        "The log-probability within the cluster is subtracted. It is added.",
        lambda r: ln_p(r.head)[r.entry] - ln_p(r.within)[r.place] if r.rare else right(r),
    ),
    first_place_for_all=(
        "Every class of a cluster is taken for its first one.",
        lambda r: right(replace(r, place=0)),
    ),
    place_one_late=(
        "The place within a cluster is one too late, or one too early: it is target - cutoffs[i].",
        (
            lambda r: right(replace(r, place=(r.place + 1) % len(r.within)) if r.rare else r),
            lambda r: right(replace(r, place=r.place - 1) if r.rare else r),
        ),
    ),
    entry_one_late=(
        "The clusters' entries in the head were looked for one place too late: cluster i stands at cutoffs[0] + i.",
        lambda r: right(replace(r, entry=(r.entry + 1) % len(r.head)) if r.rare else r),
    ),
)


@MISTAKES(
    "The projected features went through a function that bends them. The projection is linear, as are its classes."
)
def bent_projection(input: Tensor, target: Tensor, cutoffs: list[int], head: Tensor, *tail: Tensor) -> Tensor:
    if not are_classes(target, cutoffs, tail).all():
        raise RuntimeError("a target is out of bounds")
    rows = []
    for x, y in zip(input, target.tolist()):
        of_head, c = ln_p(head @ x), cluster_of(y, cutoffs)
        if c < 0:
            rows.append(of_head[y])
            continue
        within = ln_p(tail[2 * c + 1] @ (tail[2 * c] @ x).relu())
        rows.append(of_head[cutoffs[0] + c] + within[y - cutoffs[c]])
    return torch.stack(rows)


MISTAKES.table(
    by_row,
    entries_before_the_clusters=(
        "The clusters' entries in the head are counted backwards from cutoffs[0]: those are classes. Cluster i stands "
        "at cutoffs[0] + i.",
        lambda r: right(replace(r, entry=r.cutoffs[0] - 1 - r.cluster)) if r.rare else right(r),
    ),
    probability_added=(
        "One of the two is added as a probability, without its logarithm.",
        (
            lambda r: ln_p(r.head)[r.entry] + ln_p(r.within)[r.place].exp() if r.rare else right(r),
            lambda r: ln_p(r.head)[r.entry].exp() + ln_p(r.within)[r.place] if r.rare else right(r),
        ),
    ),
    larger_of_two=(
        "The larger or the smaller one of the two is taken. They are added.",
        (
            lambda r: torch.maximum(ln_p(r.head)[r.entry], ln_p(r.within)[r.place]) if r.rare else right(r),
            lambda r: torch.minimum(ln_p(r.head)[r.entry], ln_p(r.within)[r.place]) if r.rare else right(r),
        ),
    ),
    head_subtracted=(
        "The head's log-probability is subtracted. It is added.",
        lambda r: ln_p(r.within)[r.place] - ln_p(r.head)[r.entry] if r.rare else right(r),
    ),
    equally_likely_within=(
        "The classes of a cluster are taken for equally likely. The cluster has a softmax of its own.",
        lambda r: ln_p(r.head)[r.entry] - torch.tensor(float(len(r.within))).log() if r.rare else right(r),
    ),
)
