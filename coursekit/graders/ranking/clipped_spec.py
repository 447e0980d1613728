"""What `ppo_clip_loss` computes, and the calls over which solution and spec agree.

Sources: Schulman and others, Proximal Policy Optimization Algorithms (2017), equation 7; Shao and others, DeepSeekMath
(2024), where GRPO takes the same loss with advantages from a group of answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import torch
from torch import Tensor, nan, tensor

from coursekit.exercise import REDUCTIONS, Question, reduced


def ppo_clip_spec(
    log_probs: Tensor, old_log_probs: Tensor, advantages: Tensor, epsilon: float = 0.2, reduction: str = "mean"
) -> Tensor:
    """-A · ratio, but a good answer gains no more beyond 1 + ε, and a bad one none below 1 - ε."""
    if not log_probs.shape == old_log_probs.shape == advantages.shape:
        raise ValueError("an answer without its probability or its advantage")
    ratio = (log_probs - old_log_probs.detach()).exp()
    advantages = advantages.detach()
    heard = torch.where(advantages > 0, ratio.clamp(max=1 + epsilon), ratio.clamp(min=1 - epsilon))
    return reduced(-heard * advantages, reduction)


def ppo_clip_cases() -> Iterator[Question]:
    """Shapes × reductions × dtypes × ε, with gradients by all three; then no answers, and a NaN."""
    new = torch.linspace(-3.1, -0.2, 6, dtype=torch.float64)
    old = torch.linspace(-2.0, -1.1, 6, dtype=torch.float64)
    advantages = tensor([1.3, -0.4, 0.9, -0.5, 1.6, -0.8], dtype=torch.float64)
    for shape, reduction, dtype in product(((6,), (2, 3), (3, 1, 2)), REDUCTIONS, (torch.float32, torch.float64)):
        three = tuple(x.to(dtype).reshape(shape) for x in (new, old, advantages))
        yield Question(three, {"reduction": reduction}, wrt=(0, 1, 2))
        yield Question((*three, 0.1), {"reduction": reduction}, wrt=(0, 1, 2))
    for reduction in REDUCTIONS:
        yield Question((torch.empty(0),) * 3, {"reduction": reduction})
        yield Question((tensor([nan, -1.0]), tensor([-1.0, -1.5]), tensor([1.0, -1.0])), {"reduction": reduction})
