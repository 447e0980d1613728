"""What all exercises share: constants, inputs."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, tensor

from coursekit.exercise import Rng

READY_MADE = ("l1_loss", "mse_loss", "smooth_l1_loss", "huber_loss")

DTYPES = (torch.float32, torch.float64)

# Errors of either side of every threshold that a check sets, all of them different, and none of them its own square
SIZES = (0.3, 2.2, 0.7, 3.1, 1.4, 4.2, 1.1, 2.7)
FACTORS = (0.05, 0.4, 0.1, 0.25, 0.02, 0.06)


def pair(rng: Rng, *shape: int, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    """Predictions and targets with errors of up to eight different sizes, and of both signs.

    Of one error the sign is drawn; of several, the two largest have opposite signs, so that no mistake about the
    sign stays hidden.
    """
    count = int(np.prod(shape, dtype=int))
    error = np.array(SIZES[:count]) * rng.choice([-1, 1], size=count)
    if count > 1:
        largest, second = np.argsort(-np.abs(error))[:2]
        error[second] = -np.sign(error[largest]) * abs(error[second])
    target = np.round(rng.normal(size=count), 1) + 0.0  # a -0.0 would be printed as such
    input = np.round(target + rng.permutation(error), 1) + 0.0
    return tensor(input.reshape(shape), dtype=dtype), tensor(target.reshape(shape), dtype=dtype)


def draw_weight(rng: Rng, *shape: int) -> Tensor:
    """A factor for each of up to six elements, all different, together less than 1."""
    count = int(np.prod(shape, dtype=int))
    return tensor(rng.permutation(FACTORS[:count]).reshape(shape), dtype=torch.float32)
