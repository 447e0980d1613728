"""Mistakes that several of the losses invite: in mixing, weighing and reducing."""

from __future__ import annotations

from collections.abc import Callable
from math import log
from typing import Any

import torch
from torch import Tensor

from coursekit.exercise import reduced, wrong_in, wrong_words
from coursekit.graders.binary_cross_entropy.common import Loss, broadcast, weighed, wrong_losses, yes_and_no
from coursekit.graders.binary_cross_entropy.focal import ON_FOCAL
from coursekit.graders.binary_cross_entropy.keras import ON_KERAS
from coursekit.graders.binary_cross_entropy.labels import ON_LABELS
from coursekit.graders.binary_cross_entropy.logits import ON_LOGITS, of_logits
from coursekit.graders.binary_cross_entropy.shares import ON_SHARES, of_shares
from coursekit.graders.binary_cross_entropy.sigmoid import log_sigmoid_spec, sigmoid_spec

TORCH = {**ON_SHARES, **ON_LOGITS, **ON_LABELS}
EACH_ELEMENT = {**ON_SHARES, **ON_LOGITS}
MIXED = {**TORCH, **ON_KERAS}
REDUCING = {**TORCH, **ON_FOCAL}
STABLE = {**ON_LOGITS, **ON_LABELS, **ON_KERAS}


# How yes and no are mixed


@wrong_losses(MIXED, "The part of no is missing: whoever says yes to everything pays nothing.")
def yes_only(losses: Loss, x: Tensor, t: Tensor, *rest: Any) -> Tensor:
    return t * yes_and_no(losses, x, t, *rest)[0]


@wrong_losses(MIXED, "Yes and no have changed places: this rewards the wrong answer.")
def yes_is_no(losses: Loss, x: Tensor, t: Tensor, *rest: Any) -> Tensor:
    yes, no = yes_and_no(losses, x, t, *rest)
    return (1 - t) * yes + t * no


@wrong_losses(MIXED, "The minus sign is missing: the logarithm of a probability is negative, a loss is not.")
def negative(losses: Loss, x: Tensor, t: Tensor, *rest: Any) -> Tensor:
    return -losses(x, t, *rest)


@wrong_losses(MIXED, "The minus sign holds for the part of yes only. Put the sum into brackets.")
def half_negative(losses: Loss, x: Tensor, t: Tensor, *rest: Any) -> Tensor:
    yes, no = yes_and_no(losses, x, t, *rest)
    return t * yes - (1 - t) * no


@wrong_losses(MIXED, "This is in bits. torch and Keras count in nats: the natural logarithm.")
def bits(losses: Loss, x: Tensor, t: Tensor, *rest: Any) -> Tensor:
    return losses(x, t, *rest) / log(2)


@wrong_losses(
    MIXED, "Yes and no are both paid in full, whatever the target. Weigh the one by t and the other by 1 - t."
)
def both_in_full(losses: Loss, x: Tensor, t: Tensor, *rest: Any) -> Tensor:
    yes, no = yes_and_no(losses, x, t, *rest)
    return yes + no


@wrong_losses(
    MIXED, "The target is rounded to yes or no. Between 0 and 1 it mixes the two: t of a yes and 1 - t of a no."
)
def rounded(losses: Loss, x: Tensor, t: Tensor, *rest: Any) -> Tensor:
    return losses(x, (t > 0.5).to(t.dtype), *rest)


@wrong_losses(TORCH, "The target is taken for a constant: no gradient flows back to it. torch's does.")
def target_detached(losses: Loss, x: Tensor, t: Tensor, *rest: Any) -> Tensor:
    return losses(x, t.detach(), *rest)


# What goes wrong with logits only


def on_logits(*explanations: str) -> Callable[[Loss], Loss]:
    """Adds a mistake that only a loss on logits can have; Keras's is right for probabilities."""

    def add(own: Loss) -> Loss:
        def loss(losses: Loss, x: Tensor, t: Tensor, *rest: Any) -> Tensor:
            return own(x, t, *rest) if losses is of_logits else losses(x, t, *rest)

        wrong_losses(STABLE, *explanations, name=own.__name__)(loss)
        return own

    return add


@on_logits(  # BCEL1, MLSM4
    "A sigmoid was applied before the one inside: p lies between 0.5 and 0.731, and a yes never costs less than 0.3133."
)
def sigmoid_before(x: Tensor, t: Tensor, w: Tensor | float = 1.0) -> Tensor:
    return of_logits(sigmoid_spec(x), t, w)


@on_logits(  # BCEL2
    "log(1 + exp(-x)): exp overflows, and the loss is inf or NaN. Keep the exponent negative, as in your `log_sigmoid`."
)
def exponential_overflows(x: Tensor, t: Tensor, w: Tensor | float = 1.0) -> Tensor:
    return w * t * (-x).exp().log1p() + (1 - t) * x.exp().log1p()


def stable_share(x: Tensor) -> Tensor:
    """A sigmoid without overflow, as torch's own."""
    top = x.detach().relu()
    yes, no = (x - top).exp(), (-top).exp()
    return yes / (yes + no)


@on_logits(
    "log(sigmoid(x)): the probability was rounded to 0 or to 1 before its logarithm was taken, so the loss is inf and "
    "the gradient NaN. Form no probability."
)
def logarithm_of_sigmoid(x: Tensor, t: Tensor, w: Tensor | float = 1.0) -> Tensor:
    return -(w * t * stable_share(x).log() + (1 - t) * (1 - stable_share(x)).log())


@on_logits(  # BCE5
    "This goes through a probability: at a logit of 20 it is rounded to 1, a no costs 100, and the slope is 0. The "
    "loss is 20, with slope 1. Form no probability."
)
def through_a_share(x: Tensor, t: Tensor, w: Tensor | float = 1.0) -> Tensor:
    p = stable_share(x)
    return w * t * of_shares(p, torch.ones_like(t)) + (1 - t) * of_shares(p, torch.zeros_like(t))


@on_logits(
    "The probability is clipped at 1e-7 before the logarithm: no mistake costs more than 16.118, and the slope there "
    "is 0. Form no probability."
)
def through_a_clip(x: Tensor, t: Tensor, w: Tensor | float = 1.0) -> Tensor:
    p = stable_share(x).clamp(1e-7, 1 - 1e-7)
    return -(w * t * p.log() + (1 - t) * (1 - p).log())


@on_logits("The logits are cut off at ±50, and so is the loss of a sure mistake, and its slope is 0.")
def logits_cut_off(x: Tensor, t: Tensor, w: Tensor | float = 1.0) -> Tensor:
    return of_logits(x.clamp(-50, 50), t, w)


def folded(x: Tensor, t: Tensor, w: Tensor | float, below: Tensor) -> Tensor:
    """(1 - t) x and a multiple of -ln σ(x), from -x where that is positive (`below`) and a bend."""
    return (1 - t) * x + (1 + (w - 1) * t) * (below + (-x.abs()).exp().log1p())


@on_logits(
    "At a logit of exactly 0 the slope is -t in place of ½ - t: `clamp(min=0)` counts 0 as its inside. "
    "`torch.maximum` or `minimum` shares it between both sides."
)
def slope_at_zero_by_clamp(x: Tensor, t: Tensor, w: Tensor | float = 1.0) -> Tensor:
    return folded(x, t, w, (-x).clamp(min=0))


@on_logits(
    "At a logit of exactly 0 the slope is 1 - t in place of ½ - t: `relu` counts 0 as its outside, and |x| has no "
    "slope there. `torch.maximum` or `minimum` shares it between both sides."
)
def slope_at_zero_by_relu(x: Tensor, t: Tensor, w: Tensor | float = 1.0) -> Tensor:
    return folded(x, t, w, (-x).relu())


@on_logits(
    "The target was turned into a sign, softplus(-(2t - 1) x). For 0 and 1 that is right; a target between them mixes "
    "two losses, it does not shrink the logit."
)
def by_sign(x: Tensor, t: Tensor, w: Tensor | float = 1.0) -> Tensor:
    return -(1 + (w - 1) * t) * log_sigmoid_spec((2 * t - 1) * x)


# What goes wrong in a reduction

for _prefix in REDUCING:  # an exercise under a second name of the module would be found twice
    wrong_words(REDUCING[_prefix], f"{_prefix}_")


def wrong_reduction(explanation: str) -> Callable[[Loss], Loss]:
    """Adds a mistake in a reduction, made with the losses of the elements, to those that have a loss for each."""

    def add(own: Loss) -> Loss:
        def loss(spec: Loss, x: Tensor, t: Tensor, reduction: str = "mean", **flags: Any) -> Tensor:
            return own(spec(x, t, reduction="none", **flags), reduction)

        wrong_in(EACH_ELEMENT, explanation, name=own.__name__)(loss)
        return own

    return add


@wrong_reduction("'none' averages over the last dimension. It should leave one loss an element.")
def none_averages(losses: Tensor, reduction: str) -> Tensor:
    return losses.mean(-1) if reduction == "none" and losses.ndim else reduced(losses, reduction)


@wrong_reduction("'mean' sums over each row and averages the rows. torch divides by the number of all elements.")
def mean_of_row_sums(losses: Tensor, reduction: str) -> Tensor:
    return reduced(losses.flatten(1).sum(1) if reduction == "mean" and losses.ndim > 1 else losses, reduction)


@wrong_reduction("'mean' averages over the last dimension only, as Keras does. torch's is one number, over everything.")
def mean_of_last(losses: Tensor, reduction: str) -> Tensor:
    return losses.mean(-1) if reduction == "mean" and losses.ndim else reduced(losses, reduction)


@wrong_in(
    TORCH, "The mean of an empty batch is 0 here. torch gives NaN: nothing was measured, and that should be seen."
)
def empty_is_zero(spec: Loss, x: Tensor, t: Tensor, **flags: Any) -> Tensor:
    loss: Tensor = spec(x, t, **flags)
    return loss if x.numel() else loss.nan_to_num()


@wrong_in(REDUCING, "The result is float32 where it should be float64: the digits of the finer argument were paid for.")
def always_float32(spec: Loss, x: Tensor, t: Tensor, **flags: Any) -> Tensor:
    loss: Tensor = spec(x, t, **flags)
    return loss.float()


# What goes wrong with weights and shapes


@wrong_in(TORCH, "`weight` is not used: each loss is to be multiplied by its factor.")
def no_weight(spec: Loss, x: Tensor, t: Tensor, weight: Tensor | None = None, **flags: Any) -> Tensor:
    return spec(x, t, **flags)


@wrong_in(  # BCEL7
    TORCH,
    "`weight` lines up with the rows, as if it were one factor for each sample. It broadcasts from the last dimension: "
    "(C,) are columns. For samples the caller gives it the shape (N, 1).",
)
def weight_of_rows(spec: Loss, x: Tensor, t: Tensor, weight: Tensor | None = None, **flags: Any) -> Tensor:
    if weight is not None and weight.ndim == 1 and x.ndim == 2 and len(weight) == len(x):
        weight = weight.unsqueeze(1)
    return spec(x, t, weight=weight, **flags)


@wrong_in(
    EACH_ELEMENT,
    "The weights are scaled to a mean of 1 first. They are factors as they stand: halve them all, halve the loss.",
)
def weights_rescaled(spec: Loss, x: Tensor, t: Tensor, weight: Tensor | None = None, **flags: Any) -> Tensor:
    return spec(x, t, weight=None if weight is None else weight / weight.mean(), **flags)


@wrong_in(  # BCE8
    EACH_ELEMENT,
    "The mean divides by the sum of the weights, as `cross_entropy` does. Here torch divides by the number of "
    "elements.",
)
def mean_by_weights(
    spec: Loss, x: Tensor, t: Tensor, weight: Tensor | None = None, reduction: str = "mean", **flags: Any
) -> Tensor:
    loss: Tensor = spec(x, t, weight=weight, reduction=reduction, **flags)
    return loss if weight is None or reduction != "mean" else loss / weight.expand_as(x).mean()


@wrong_in(
    EACH_ELEMENT,
    "`weight` multiplies the part of yes only. That is `pos_weight`; a weight belongs to the whole loss.",
)
def weight_of_yes(
    spec: Loss, x: Tensor, t: Tensor, weight: Tensor | None = None, reduction: str = "mean", **flags: Any
) -> Tensor:
    def twist(losses: Loss, x: Tensor, t: Tensor, *rest: Any) -> Tensor:
        yes, no = yes_and_no(losses, x, t, *rest)
        return weighed(t * yes, weight) + (1 - t) * no

    return spec(x, t, reduction=reduction, twist=twist, **flags)


@wrong_in(
    EACH_ELEMENT,
    "A weight that does not fit adds to the shape of the losses: one output becomes two. torch refuses it, and so does "
    "`weight.expand_as(losses)`.",
)
def weight_grows(spec: Loss, x: Tensor, t: Tensor, weight: Tensor | None = None, **flags: Any) -> Tensor:
    if weight is not None and x.shape == t.shape:
        x, t, weight = broadcast(x, t, weight)
    return spec(x, t, weight=weight, **flags)


@wrong_in(  # BCE10
    {**EACH_ELEMENT, **ON_FOCAL},
    "A target of shape (N,) is broadcast against an input of (N, 1) to N × N losses, most of them with somebody else's "
    "target. torch raises a ValueError.",
)
def shapes_broadcast(spec: Loss, x: Tensor, t: Tensor, **flags: Any) -> Tensor:
    return spec(*broadcast(x, t), **flags)
