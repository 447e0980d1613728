"""`keras_reduce` as it is right."""

from __future__ import annotations

from torch import Tensor

from coursekit.graders.regression.keras_alignment import align_spec

KERAS_REDUCTIONS = ("none", None, "sum", "sum_over_batch_size", "mean", "mean_with_sample_weight")


def reduce_spec(
    losses: Tensor, sample_weight: Tensor | None = None, reduction: str | None = "sum_over_batch_size"
) -> Tensor:
    """The weighted losses, summed, and divided by their number or by the sum of the weights."""
    divisor: Tensor | int | None = None
    if sample_weight is not None:
        weight = sample_weight.to(losses.dtype)
        losses, weight = align_spec(losses, weight), align_spec(weight, losses)
        losses = losses * weight
        divisor = weight.sum()
    if reduction is None or reduction == "none" or losses.shape in ((), (0,)):
        return losses
    total = losses.sum()
    if reduction == "sum":
        return total
    if reduction in ("sum_over_batch_size", "mean") or divisor is None:
        divisor = losses.numel()
    if reduction not in KERAS_REDUCTIONS:
        raise ValueError(f"{reduction!r} is no reduction")
    return total / divisor if divisor != 0 else total * 0
