"""What several exercises share: logarithms beside zeros, draws that keep mistakes apart, two specifications."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
from torch import Tensor, tensor

Rng = np.random.Generator

READY_MADE = ("kl_div",)


def ln(p: Tensor, where: Tensor | None = None) -> Tensor:
    """The logarithm of p where `where` holds (by default p > 0), else 0: there it is multiplied by 0."""
    return p.where(p > 0 if where is None else where, 1.0).log()


def apart(draw: Callable[[], tuple[Tensor, ...]], *readings: Callable[..., Tensor]) -> tuple[Tensor, ...]:
    """Draws arguments until no two readings of them (the right one, the swapped one …) are close to each other.

    Chance must not hide a mistake: p = (0.3, 0.7) and q = (0.7, 0.3) have the same KL in both directions.
    """
    for _ in range(10_000):  # a few draws do; a check that asks for the impossible must not hang the judge
        args = draw()
        values = [reading(*args) for reading in readings]
        if all(bool(((a - b).abs() > 0.02).all()) for a, b in itertools.combinations(values, 2)):
            return args
    raise RuntimeError("no draw keeps all readings apart")


def nothing(*args: Tensor) -> Tensor:
    """The reading of an answer that always says 0."""
    return tensor(0.0)


def cross_entropy_spec(p: Tensor, q: Tensor) -> Tensor:
    """-Σ p ln q over the last dimension, 0 ln 0 = 0."""
    return -(p * ln(q, where=p > 0)).sum(-1)


def entropy_of(p: Tensor) -> Tensor:
    return cross_entropy_spec(p, p)
