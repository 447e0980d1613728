"""What all exercises share: the inputs that their checks draw, and what is forbidden."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, tensor

from coursekit.exercise import Rng

READY_MADE = ("poisson_nll_loss", "gaussian_nll_loss")
DTYPES = (torch.float32, torch.float64)


def draw(rng: Rng, low: int, high: int, *shape: int) -> Tensor:
    """Numbers in steps of 1/10, from low/10 to high/10, all of them different."""
    return tensor(rng.permutation(np.arange(low, high + 1))[: math.prod(shape)].reshape(shape) / 10).float()


def counts(rng: Rng, *shape: int) -> Tensor:
    """Different whole numbers from 2 on, as floats."""
    return tensor(rng.permutation(np.arange(2, 15))[: math.prod(shape)].reshape(shape)).float()


def rates(rng: Rng, *shape: int) -> Tensor:
    """Expected counts: different, and well away from 1, whose logarithm is 0."""
    return draw(rng, 13, 59, *shape)


def noise(rng: Rng, *shape: int) -> tuple[Tensor, Tensor, Tensor]:
    """Means, targets at least 0.5 away from them, and widths away from 1, whose logarithm is 0 and square 1."""
    input = draw(rng, -20, 20, *shape)
    away = draw(rng, 5, 25, *shape) * tensor(rng.choice([-1.0, 1.0], size=shape)).float()
    return input, (input + away).mul(10).round().div(10), draw(rng, 12, 35, *shape)
