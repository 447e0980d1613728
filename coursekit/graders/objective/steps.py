"""Steps of torch's own optimizers, and what they are proved on."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import torch
from torch import Tensor, tensor


def torch_step(optimizer: Any, weights: Tensor, gradient: Tensor, learning_rate: float, weight_decay: float) -> Tensor:
    """One step of torch's own optimizer, from a gradient that is given."""
    parameter = torch.nn.Parameter(weights.detach().clone())
    parameter.grad = gradient.detach().clone()
    optimizer([parameter], lr=learning_rate, weight_decay=weight_decay).step()
    return parameter.detach()


def step_inputs() -> Iterator[tuple[Tensor, Tensor, float, float]]:
    """Shapes × learning rates × decays × dtypes, without gradients that the decay cancels but for rounding."""
    for dtype, shape in product((torch.float32, torch.float64), ((), (1,), (3,), (2, 3), (0,), (2, 1, 2))):
        size = int(np.prod(shape, dtype=int))
        weights = torch.linspace(-2.1, 1.7, size, dtype=dtype).reshape(shape)
        gradient = torch.linspace(1.3, -0.9, size, dtype=dtype).reshape(shape)
        for learning_rate, weight_decay in product((0.01, 0.5), (0.0, 1e-4, 0.3, 2.0)):
            yield weights, gradient, learning_rate, weight_decay
            yield weights, torch.zeros_like(gradient), learning_rate, weight_decay
    yield tensor([2.0, 0.0, 0.0]), tensor([-1.0, 0.0, 0.5]), 0.1, 0.5  # λw cancels the gradient exactly
