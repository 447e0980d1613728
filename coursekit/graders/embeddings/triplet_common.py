"""What both triplet losses have in common: triplets of known kinds, and checks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, tensor

from coursekit.exercise import REDUCTIONS, Exercise, Function, Rng, refuses, same_gradient, same_value
from coursekit.graders.embeddings.common import Array, shuffled

# what is true of the three distances anchor-positive, anchor-negative, positive-negative, for a margin of 1
KINDS: tuple[Callable[[Array, Array, Array], NDArray[np.bool_]], ...] = (
    lambda ap, an, pn: (an < ap - 0.3) & (pn > an + 0.3),  # the negative is nearer
    lambda ap, an, pn: (an > ap + 0.15) & (an < ap + 0.85) & (pn > an + 0.2),  # farther, but inside the margin
    lambda ap, an, pn: (an > ap + 1.2) & (an < ap + 1.9) & (pn < ap + 0.8) & (pn > ap - 1.5),  # met, but not with swap
    lambda ap, an, pn: (an > ap + 2.3) & (pn > ap + 2.3),  # met, and with swap as well
)


# the distances by which the two that swap compares are never equal: rounding would decide over the gradient
NO_TIES: tuple[Callable[[Array], Array], ...] = (
    lambda d: np.abs(d).sum(-1),
    lambda d: np.abs(d + 0.25).sum(-1),
    lambda d: np.square(d).sum(-1),
)


def triplets(rng: Rng, size: int = 3) -> tuple[Tensor, Tensor, Tensor]:
    """Four triplets, one of each kind, in any order: vectors with one decimal, no two coordinates of a triplet equal.

    Returns:
        float32 tensors of shape (4, size).
    """
    rows = []
    for kind in KINDS:
        while True:
            drawn = np.round(rng.normal(scale=1.5, size=(3, 400, size)), 1) + 0.0
            a, p, n = drawn
            fits = kind(*(np.linalg.norm(x - y, axis=-1) for x, y in ((a, p), (a, n), (p, n))))
            for x, y in ((a, p), (a, n), (p, n)):
                fits &= (np.abs(x - y) > 0.15).all(-1)
            for size_of in NO_TIES:
                fits &= np.abs(size_of(a - n) - size_of(p - n)) > 0.02
            (found,) = np.nonzero(fits)
            if found.size:
                rows.append(drawn[:, found[0]])
                break
    columns = tensor(np.array(rows), dtype=torch.float32).unbind(1)
    return shuffled(rng, *columns)  # type: ignore[return-value]


def triplet_parity(exercise: Exercise, exact: dict[str, Any]) -> None:
    """What each of the two owes besides its distance.

    Args:
        exercise: the loss.
        exact: flags with which 3-4-5 triangles have their distances to the last digit.
    """
    spec = exercise.spec

    @exercise.parity
    def exactly_met(f: Function, rng: Rng) -> None:
        """Where the margin is met exactly, the gradient still flows

        The value is 0, the slope is not. `clamp` has it so; `relu` gives 0 there, `maximum` a half.
        """
        k = int(rng.integers(1, 4))
        anchor, positive = torch.zeros(2, 2), k * tensor([[3.0, 0.0], [1.0, 0.0]])
        negative = k * tensor([[3.0, 4.0], [2.0, 0.0]])  # 3k against 5k, and k against 2k
        for margin in (2.0 * k, 1.0 * k):
            same_gradient(f, spec, anchor, positive, negative, margin=margin, wrt=(0, 1, 2), reduction="sum", **exact)

    @exercise.parity
    def one_or_many(f: Function, rng: Rng) -> None:
        """One triplet (D,), three dimensions (A, B, D), one negative for a whole batch

        The distance is over the last dimension, whatever stands before it.
        """
        vectors = triplets(rng)
        for reduction in REDUCTIONS:
            for row in (0, 1, 2, 3):
                same_value(f, spec, *(x[row] for x in vectors), reduction=reduction)
            same_value(f, spec, *(x.reshape(2, 2, 3) for x in vectors), reduction=reduction)
            same_value(f, spec, vectors[0], vectors[1], vectors[2][:1], reduction=reduction)

    @exercise.parity
    def margin_of_zero(f: Function, rng: Rng) -> None:
        """A margin of 0 is refused

        With it, equal embeddings would cost nothing: everything could go to one point.
        """
        refuses(f, *triplets(rng), margin=0.0)

    @exercise.parity
    def negative_margin(f: Function, rng: Rng) -> None:
        """A negative margin is refused"""
        refuses(f, *triplets(rng), margin=-1.0)

    @exercise.parity
    def unlike_dimensions(f: Function, rng: Rng) -> None:
        """Unlike numbers of dimensions are refused

        A (D,) beside (N, D) would broadcast.
        """
        anchor, positive, negative = triplets(rng)
        refuses(f, anchor, positive[0], negative)
        refuses(f, anchor, positive, negative[0])
        refuses(f, anchor[0], positive, negative)
