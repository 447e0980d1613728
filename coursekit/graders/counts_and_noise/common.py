"""What all exercises share: inputs, shapes, how a mistake is added."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, tensor

Rng = np.random.Generator
Loss = Callable[..., Tensor]

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
