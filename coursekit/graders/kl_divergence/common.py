"""What several exercises share: logarithms beside zeros, draws that keep mistakes apart, specs, checks, sentences."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Loss, Rng, same_gradient, same_value
from coursekit.exercise.families.inputs import distribution, drawn_once
from coursekit.report import Tier

READY_MADE = ("kl_div",)


def ln(p: Tensor, where: Tensor | None = None) -> Tensor:
    """The logarithm of p where `where` holds (by default p > 0), else 0: there it is multiplied by 0."""
    return p.where(p > 0 if where is None else where, 1.0).log()


def apart(draw: Callable[[], tuple[Tensor, ...]], *readings: Loss) -> tuple[Tensor, ...]:
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


def kl_spec(p: Tensor, q: Tensor) -> Tensor:
    """Σ p (ln p - ln q) over the last dimension, 0 ln 0 = 0."""
    return (p * (ln(p) - ln(q, where=p > 0))).sum(-1)


@drawn_once
def pair(rng: Rng, *shape: int) -> tuple[Tensor, ...]:
    """Two distributions (or two batches) that differ in every row, and more in one direction than in the other."""

    def draw() -> tuple[Tensor, ...]:
        return distribution(rng, shape[-1]), distribution(rng, shape[-1])

    def swapped(p: Tensor, q: Tensor) -> Tensor:
        return kl_spec(q, p)

    rows = [apart(draw, kl_spec, swapped, nothing) for _ in range(int(np.prod(shape[:-1])))]
    return tuple(torch.stack(side).reshape(shape) for side in zip(*rows))


def pair_checks(exercise: Exercise, prefix: str, number: str = "divergence") -> None:
    """What every function of two distributions owes: a number for each pair, and its gradient by both.

    Args:
        exercise: such a function.
        prefix: what the checks' names begin with.
        number: what to call what it gives.
    """

    def rows(f: Function, rng: Rng) -> None:
        same_value(f, exercise.spec, *pair(rng, 2, 3))
        same_value(f, exercise.spec, *pair(rng, 2, 2, 3))

    def gradient(f: Function, rng: Rng) -> None:
        same_gradient(f, exercise.spec, *pair(rng, 3), wrt=(0, 1))

    words = f"A batch of pairs gives one {number} each\n\nSum over the last dimension only."
    exercise.add_check(rows, Tier.CORE, words, f"{prefix}_rows")
    exercise.add_check(gradient, Tier.CORE, "The gradient is right, with respect to p and to q", f"{prefix}_gradient")


def believed(rng: Rng, *shape: int) -> Tensor:
    """Log-probabilities rounded to one decimal, so that they are short (and no exact logarithms of a softmax)."""
    return distribution(rng, *shape).log().mul(10).round().div(10)


def normalised(p: Tensor) -> Tensor:
    """P divided by its sum."""
    return p / p.sum(-1, keepdim=True)


# ---- what is said of mistakes in several exercises ---------------------------------------------------------------

SUMMED = "This sums over the whole batch. Each row is a distribution of its own: sum over dim=-1."
AVERAGED = "This averages over the batch. Here every pair of rows keeps its own number: sum over dim=-1 and stop."
SUMMED_FIRST = "This sums over the first dimension. The outcomes lie along the last one: sum over dim=-1."
ARGUMENTS_NORMALISED = (
    "p and q are divided by their sums first. Arguments that do not sum to 1 should show, and the division changes the "
    "gradient: take them as they are."
)
NAN_TO_NUM = (
    "`nan_to_num` does more than remove the NaN of 0 · log 0: it also turns inf into 3.4e38. Mask the 0 before the "
    "logarithm instead."
)
