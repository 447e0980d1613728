"""What `adaptive_log_softmax` means: ln p of the cluster, and of the class within it."""

from __future__ import annotations

import torch
from torch import Tensor

from coursekit.graders.softmax.common import log_softmax_spec


def cluster_of(target: int, cutoffs: list[int]) -> int:
    """Which cluster a class stands in; -1 for the head."""
    return sum(target >= cutoff for cutoff in cutoffs) - 1


def are_classes(target: Tensor, cutoffs: list[int], tail: tuple[Tensor, ...]) -> Tensor:
    """Which targets are classes at all: those of the last cluster end with its weights."""
    return (target >= 0) & (target < cutoffs[-1] + len(tail[-1]))


def adaptive_spec(input: Tensor, target: Tensor, cutoffs: list[int], head: Tensor, *tail: Tensor) -> Tensor:
    """Row by row: ln p of the head's entry, and for a rare class ln p within its cluster added."""
    if not are_classes(target, cutoffs, tail).all():
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
