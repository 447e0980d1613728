"""torch's `kl_div` as it is right, and what makes it of a formula."""

from __future__ import annotations

from torch import Tensor

from coursekit.exercise import Loss

REDUCTIONS = ("none", "sum", "mean", "batchmean")


def reduced(loss: Tensor, input: Tensor, reduction: str) -> Tensor:
    """`loss` as "none", "sum", "mean" and "batchmean" leave it."""
    if reduction == "none":
        return loss
    size = {"sum": 1, "mean": loss.numel(), "batchmean": input.shape[0]}[reduction]
    return loss.sum() / size


def of_terms(formula: Loss) -> Loss:
    """`formula(input, target, log_target)`, a term per element, with the reductions around it."""

    def loss(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
        return reduced(formula(input, target, log_target), input, reduction)

    return loss


def kl_terms(input: Tensor, target: Tensor, log_target: bool) -> Tensor:
    """T ln t - t · input, with 0 ln 0 = 0; t is exp(target) if log_target."""
    if log_target:
        return target.exp() * (target - input)
    return target * target.where(target != 0, 1.0).log() - target * input


kl_div_spec = of_terms(kl_terms)
