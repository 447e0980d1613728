"""What several exercises share: what they forbid, inputs, the specification of the log-softmax."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, tensor

from coursekit.exercise import Rng

READY_MADE = (
    *("softmax", "log_softmax", "logsumexp", "logaddexp", "logaddexp2", "logcumsumexp"),
    *("nll_loss", "cross_entropy", "kl_div"),
)

# No two pairs of these marks are the same distance apart (a Golomb ruler), and losses see only distances between
# logits: whatever is confused with whatever, the numbers differ.
MARKS = (0, 2, 6, 24, 29, 40, 43, 55, 68, 75, 76, 85)


def draw_logits(rng: Rng, *shape: int) -> Tensor:
    """Up to 12 logits between -2.1 and 2.15, all of them different, and so are their differences."""
    marks = rng.permutation(MARKS)[: int(np.prod(shape, dtype=int))]
    return tensor((marks.reshape(shape) - 42) / 20, dtype=torch.float32)


def log_softmax_spec(input: Tensor, dim: int) -> Tensor:
    """x - ln Σ exp x, with the largest x taken out of the sum."""
    top = input.amax(dim, keepdim=True)
    return input - top - (input - top).exp().sum(dim, keepdim=True).log()
