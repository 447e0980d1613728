"""What all exercises share: the inputs that their checks draw, and what is forbidden."""

from __future__ import annotations

from math import prod

import numpy as np
import torch
from torch import Tensor, tensor

from coursekit.exercise import Rng

LOSSES = (
    *("binary_cross_entropy", "binary_cross_entropy_with_logits", "multilabel_soft_margin_loss", "soft_margin_loss"),
    *("cross_entropy", "nll_loss", "kl_div"),
)
SIGMOIDS = (
    *("sigmoid", "logsigmoid", "hardsigmoid", "silu", "glu", "softplus"),
    *("softmax", "log_softmax", "logaddexp", "logaddexp2", "logsumexp", "logcumsumexp"),
)

DTYPES = (torch.float32, torch.float64)

# No two of them add up to 1, and of the logits no two add up to 0: what costs as a yes never costs as a no
SHARES = (0.05, 0.1, 0.2, 0.3, 0.35, 0.45, 0.6, 0.75, 0.85, 0.97)
LOGITS = (-2.1, -1.8, -1.5, -0.9, -0.3, 0.2, 0.7, 1.3, 1.7, 2.4)
FACTORS = (0.05, 0.4, 0.1, 0.25, 0.02, 0.06)
POSITIVE = (3.0, 0.5, 2.2, 1.6, 5.0, 0.8)


def draw(rng: Rng, values: tuple[float, ...], *shape: int) -> Tensor:
    """Some of `values`, each at most once."""
    return tensor(rng.permutation(values)[: prod(shape)].reshape(shape), dtype=torch.float32)


def answers(rng: Rng, *shape: int) -> Tensor:
    """Noes and yeses, as many of the one as of the other, or one no more."""
    return tensor(rng.permutation(np.arange(prod(shape)) % 2).reshape(shape), dtype=torch.float32)


def with_shares(rng: Rng, *shape: int) -> tuple[Tensor, Tensor]:
    """Probabilities, and a yes or no for each."""
    return draw(rng, SHARES, *shape), answers(rng, *shape)


def with_logits(rng: Rng, *shape: int) -> tuple[Tensor, Tensor]:
    """Logits, and a yes or no for each."""
    return draw(rng, LOGITS, *shape), answers(rng, *shape)
