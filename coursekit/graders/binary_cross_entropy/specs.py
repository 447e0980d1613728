"""What is right: the formula of each exercise, and the parts of it in whose place mistakes put their own."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from coursekit.exercise import Loss, reduced

# ---- the sigmoid -------------------------------------------------------------------------------------------------


def sigmoid_spec(input: Tensor) -> Tensor:
    """By its twin the hyperbolic tangent, which overflows nowhere."""
    return (1 + (input / 2).tanh()) / 2


def log_sigmoid_spec(input: Tensor) -> Tensor:
    """The log-softmax of (x, 0), with the larger of the two taken out of the sum."""
    top = input.detach().relu()
    return input - top - ((input - top).exp() + (-top).exp()).log()


# ---- the loss of each element ------------------------------------------------------------------------------------


class Guarded(torch.autograd.Function):
    """-t ln p - (1 - t) ln(1 - p), with torch's two guards: -100 in the value, 1e-12 in the slope."""

    @staticmethod
    def forward(ctx: Any, p: Tensor, t: Tensor) -> Tensor:
        """The losses, and what the slopes need."""
        ctx.save_for_backward(p, t)
        return -(t * p.log().clamp(min=-100) + (1 - t) * (1 - p).log().clamp(min=-100))

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, Tensor]:
        """The slopes by p and by t, times what comes from above."""
        p, t = ctx.saved_tensors
        return upstream * (p - t) / (p * (1 - p)).clamp(min=1e-12), upstream * ((1 - p).log() - p.log())


def of_shares(p: Tensor, t: Tensor) -> Tensor:
    """The loss of each probability."""
    losses: Tensor = Guarded.apply(p, t)  # type: ignore[no-untyped-call]
    return losses


def of_logits(x: Tensor, t: Tensor, pos_weight: Tensor | float = 1.0) -> Tensor:
    """The loss of each logit: -w t ln σ(x) - (1 - t) ln σ(-x)."""
    return -(pos_weight * t * log_sigmoid_spec(x) + (1 - t) * log_sigmoid_spec(-x))


def of_clipped(p: Tensor, t: Tensor, low: float = 1e-7, high: float = 1 - 1e-7) -> Tensor:
    """The loss of each probability, clipped first."""
    p = p.clamp(low, high)
    return -(t * p.log() + (1 - t) * (1 - p).log())


def as_it_is(losses: Loss, *args: Any) -> Tensor:
    """The twist of a spec that nobody has spoilt."""
    return losses(*args)


# The two terms of each loss, twists both
YES_AND_NO: dict[str, tuple[str, Loss]] = {
    "yes": ("the part of yes", lambda losses, x, t, *more: t * losses(x, torch.ones_like(t), *more)),
    "no": ("the part of no", lambda losses, x, t, *more: (1 - t) * losses(x, torch.zeros_like(t), *more)),
}


# ---- what they demand, and how they are weighed ------------------------------------------------------------------


def alike(one: Tensor, other: Tensor) -> None:
    """Raises where torch and Keras do: what would broadcast is refused."""
    if one.shape != other.shape:
        raise ValueError(f"one is {tuple(one.shape)}, the other {tuple(other.shape)}")


def from_0_to_1(**values: Tensor) -> None:
    """Raises where a number is no probability; NaN is none."""
    for name, value in values.items():
        if not ((value >= 0) & (value <= 1)).all():
            raise RuntimeError(f"{name} holds a number that is not from 0 to 1")


def weighed(losses: Tensor, weight: Tensor | None) -> Tensor:
    """Each loss times its factor, which does not add to the shape."""
    return losses if weight is None else losses * weight.expand_as(losses)


# ---- torch's losses ----------------------------------------------------------------------------------------------


def shares_spec(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean", twist: Loss = as_it_is
) -> Tensor:
    """The loss of each probability, weighted, reduced."""
    alike(input, target)
    from_0_to_1(input=input, target=target)
    return reduced(weighed(twist(of_shares, input, target), weight), reduction)


def logits_spec(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
    twist: Loss = as_it_is,
) -> Tensor:
    """The loss of each logit, weighted, reduced."""
    alike(input, target)
    yes_factor = 1.0 if pos_weight is None else pos_weight.expand_as(input)
    return reduced(weighed(twist(of_logits, input, target, yes_factor), weight), reduction)


def labels_spec(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean", twist: Loss = as_it_is
) -> Tensor:
    """The loss of each label, weighted; their sum divided by C; reduced over the samples."""
    losses = weighed(twist(of_logits, input, target), weight)
    return reduced(losses.sum(-1) / input.shape[-1], reduction)


# ---- the focal loss ----------------------------------------------------------------------------------------------


def share_of_right(inputs: Tensor, targets: Tensor) -> Tensor:
    """How much probability the right answer was given: p of a yes, 1 - p of a no."""
    p = sigmoid_spec(inputs)
    return p * targets + (1 - p) * (1 - targets)


def focal_spec(
    inputs: Tensor,
    targets: Tensor,
    alpha: float = 0.25,
    gamma: float = 2.0,
    reduction: str = "none",
    right: Loss = share_of_right,
    losses: Loss = of_logits,
) -> Tensor:
    """Each loss times what its right answer lacks, to the power gamma, times the factor of its side."""
    alike(inputs, targets)
    value = losses(inputs, targets) * (1 - right(inputs, targets)) ** gamma
    if alpha >= 0:
        value = value * (alpha * targets + (1 - alpha) * (1 - targets))
    return reduced(value, reduction)


# ---- Keras's loss ------------------------------------------------------------------------------------------------


def half_way(y_true: Tensor, label_smoothing: float) -> Tensor:
    """A share of the target replaced by ½."""
    return y_true * (1 - label_smoothing) + label_smoothing / 2


def keras_spec(
    y_true: Tensor,
    y_pred: Tensor,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
    twist: Loss = as_it_is,
    smooth: Loss = half_way,
    clipped: Loss = of_clipped,
) -> Tensor:
    """The mean along `axis` of each loss, the target smoothed."""
    alike(y_true, y_pred)
    t = smooth(y_true.to(y_pred.dtype), label_smoothing)
    return twist(of_logits if from_logits else clipped, y_pred, t).mean(axis)
