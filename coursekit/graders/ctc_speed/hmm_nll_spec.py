"""What is right of `hmm_nll` and `hmm_posterior`: every row in log space, where nothing underflows."""

from __future__ import annotations

import torch
from torch import Tensor


def forward(initial: Tensor, transition: Tensor, emission: Tensor) -> list[Tensor]:
    """Of each frame ln of the probability of all that was seen, and of being in each state then; in log space."""
    rows = [initial.log() + emission[0].log()]
    for emitted in emission[1:]:
        rows.append((rows[-1][:, None] + transition.log()).logsumexp(0) + emitted.log())
    return rows


def spec(initial: Tensor, transition: Tensor, emission: Tensor) -> Tensor:
    """-ln Σ of the last row."""
    return -forward(initial, transition, emission)[-1].logsumexp(0)


def backward(transition: Tensor, emission: Tensor) -> list[Tensor]:
    """Of each frame and state ln of the probability of all that is seen after that frame; in log space."""
    rows = [torch.zeros_like(emission[0])]
    for emitted in emission[1:].flip(0):
        rows.insert(0, (transition.log() + emitted.log() + rows[0]).logsumexp(1))
    return rows
