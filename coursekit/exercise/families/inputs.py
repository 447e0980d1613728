"""Random inputs with short decimals, so that one that fails can be read and pasted."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from coursekit.exercise.recall import Shelf

Draw = Callable[..., tuple[Tensor, ...]]
_drawn: Shelf[tuple[tuple[Tensor, ...], Any]] = Shelf(8 << 20)
_TENSOR, _ENTRY = 800, 2_000  # bytes that a tensor of some numbers takes, and an entry besides


def drawn_once(draw: Draw) -> Draw:
    """A decorator for `draw(rng, *sizes)`, which draws again and again until something fits: that is done once a seed.

    A check runs for every learner who shares its inputs, and draws the same ones each time: it is given copies of
    those, and its generator stands where it would stand then.
    """
    return partial(_draw_once, draw)


def _draw_once(draw: Draw, rng: np.random.Generator, *sizes: int, **flags: bool) -> tuple[Tensor, ...]:
    bits = rng.bit_generator
    key = draw, sizes, *flags.items(), repr(bits.state)
    known = _drawn.get(key)
    if known is None:
        known = draw(rng, *sizes, **flags), bits.state
        _drawn.put(key, known, _ENTRY + _TENSOR * len(known[0]))
    tensors, bits.state = known
    return tuple(tensor.clone() for tensor in tensors)


def distribution(rng: np.random.Generator, *shape: int) -> Tensor:
    """Positive probabilities in steps of 1/20 that sum to 1 over the last dimension.

    No two neighbours of a row are equal, so that a reversed, shifted or uniform answer shows.

    Args:
        rng: the source of chance.
        shape: the shape; the last size is the number of outcomes, from 2 to 5.

    Returns:
        float32 tensor of that shape.
    """
    outcomes = shape[-1]
    each = np.full(outcomes, 1 / outcomes)
    rows: list[NDArray[np.int64]] = []
    while len(rows) < prod(shape[:-1]):
        row = rng.multinomial(20 - outcomes, each) + 1
        if all(one != next for one, next in pairwise(row.tolist())):
            rows.append(row)
    return torch.tensor(np.array(rows).reshape(shape) / 20, dtype=torch.float32)


def joint(rng: np.random.Generator, rows: int, columns: int) -> Tensor:
    """A joint distribution in steps of 1/100: all entries positive, and together 1.

    Returns:
        float32 tensor of shape (rows, columns).
    """
    while True:
        counts = rng.multinomial(100 - rows * columns, np.full(rows * columns, 1 / (rows * columns))) + 1
        table = counts.reshape(rows, columns)
        if len(set(table.sum(0))) == columns and len(set(table.sum(1))) == rows:
            return torch.tensor(table / 100, dtype=torch.float32)


def normal(rng: np.random.Generator, *shape: int, scale: float = 1.0) -> Tensor:
    """Normal deviates rounded to one decimal (times `scale`): logits, predictions, targets.

    Returns:
        float32 tensor of that shape.
    """
    return torch.tensor(np.round(rng.normal(size=shape), 1) * scale, dtype=torch.float32)


def indices(rng: np.random.Generator, high: int, *shape: int) -> Tensor:
    """Class indices from 0 to `high` − 1 with at least two different ones among them where there is room.

    Returns:
        int64 tensor of that shape.
    """
    while True:
        drawn = rng.integers(0, high, size=shape)
        if drawn.size < 2 or high < 2 or len(np.unique(drawn)) > 1:
            return torch.tensor(drawn, dtype=torch.int64)


def in_float64(x: Tensor) -> Tensor:
    """The same short decimals in float64: `x.double()` would keep what float32 has rounded off.

    So probabilities still sum to 1 to the last digit, and whoever divides by the sum, or adds up entropies that cancel,
    is not told of a rounding of ours.

    Args:
        x: any tensor; what is no floating point comes back as it is.

    Returns:
        float64 tensor of the same shape: of each number the shortest decimals that name it in its own dtype.
    """
    if not x.is_floating_point():
        return x
    return torch.tensor(x.numpy().astype(str).astype(np.float64), dtype=torch.float64)
