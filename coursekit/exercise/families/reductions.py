"""The word `reduction` of torch's losses, and what it means."""

from __future__ import annotations

from torch import Tensor

REDUCTIONS = ("none", "sum", "mean")


def reduced(losses: Tensor, reduction: str, divisor: Tensor | None = None) -> Tensor:
    """`losses` as "none", "sum" and "mean" leave them.

    Args:
        losses: any shape.
        reduction: one of the three words.
        divisor: what the mean divides the sum by, if not by the number of losses.

    Returns:
        The shape of `losses` for "none", else a single number.

    Raises:
        ValueError: `reduction` is another word.
    """
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.sum() / (losses.numel() if divisor is None else divisor)
    raise ValueError(f"{reduction!r} is no reduction")
