"""What `linear_cross_entropy` means: the cross-entropy of a linear layer's logits."""

from __future__ import annotations

from torch import Tensor

from coursekit.exercise import REDUCTIONS
from coursekit.graders.cross_entropy.drop_in_spec import cross_entropy_spec


def linear(input: Tensor, linear_weight: Tensor, linear_bias: Tensor | None) -> Tensor:
    """The logits: one product for each row and class, and the class's bias."""
    logits = (input.unsqueeze(-2) * linear_weight).sum(-1)
    return logits if linear_bias is None else logits + linear_bias


def linear_cross_entropy_spec(
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    *,
    linear_bias: Tensor | None = None,
    weight: Tensor | None = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
) -> Tensor:
    """Cross-entropy of the logits."""
    if reduction not in REDUCTIONS:
        raise ValueError(f"{reduction!r} is no reduction")
    if target.is_floating_point() and ignore_index is not None:
        raise RuntimeError("ignore_index with probabilities")
    logits = linear(input, linear_weight, linear_bias)
    ignored = -100 if ignore_index is None else ignore_index
    return cross_entropy_spec(logits, target, weight, ignored, reduction, label_smoothing)
