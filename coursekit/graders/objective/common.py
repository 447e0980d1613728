"""What the exercises on weights share: the weights."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, tensor

from coursekit.exercise import Rng


def draw_weights(rng: Rng, *shape: int) -> Tensor:
    """Weights between -3 and 3 in steps of 0.1, of both signs, no two equally large, none near 0."""
    size = int(np.prod(shape, dtype=int))
    signs = np.where(rng.permutation(size) % 2, -1, 1)
    return tensor((signs * rng.permutation(np.arange(3, 31))[:size] / 10).reshape(shape), dtype=torch.float32)
