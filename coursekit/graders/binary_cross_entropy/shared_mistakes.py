"""Mistakes that several of the losses invite: families, of which each loss takes those that fit it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from math import log
from typing import Any

import torch
from torch import Tensor

from coursekit.exercise import (
    Loss,
    Misconception,
    Mistakes,
    argument_fixed,
    detached,
    shapes_broadcast,
    usual_mistakes,
    wrong_words,
)
from coursekit.graders.binary_cross_entropy.specs import log_sigmoid_spec, of_logits, of_shares, sigmoid_spec, weighed


def shared(prefix: str, spec: Loss, *families: Callable[[Mistakes], None]) -> list[Misconception]:
    """The mistakes of these families in one loss; there each name begins with its prefix, and not twice."""
    wrong = Mistakes(spec)
    for family in families:
        family(wrong)
    return [replace(mistake, name=f"{prefix}_{mistake.name.removeprefix(f'{prefix}_')}") for mistake in wrong]


def of_elements(spec: Loss) -> Callable[[Loss], Loss]:
    """For tables: the loss of each element by a formula that takes the place of the right one."""
    return lambda formula: partial(spec, twist=lambda losses, *args: formula(*args))


# ---- what mistakes are made of -----------------------------------------------------------------------------------


def softmax_of_all(input: Tensor) -> Tensor:
    """A softmax along the last dimension, where each logit is a question of its own."""
    powers = input.exp()
    return powers / powers.sum(-1, keepdim=True) if input.ndim else torch.ones_like(input)


def stable_share(x: Tensor) -> Tensor:
    """A sigmoid without overflow, as torch's own."""
    top = x.detach().relu()
    yes, no = (x - top).exp(), (-top).exp()
    return yes / (yes + no)


def short_share(x: Tensor) -> Tensor:
    """A sigmoid as it is written down: on the left it overflows, and its gradient is NaN."""
    return 1 / (1 + (-x).exp())


def late_softplus(x: Tensor) -> Tensor:
    """ln(1 + exp x), with a gradient that is NaN far on the right."""
    return torch.where(x > 20, x, x.exp().log1p())


def plain(p: Tensor, t: Tensor, guard: Loss = torch.log, w: Tensor | float = 1.0) -> Tensor:
    """The formula as it stands, its slope left to autograd."""
    return -(w * t * guard(p) + (1 - t) * guard(1 - p))


def broadcast(*values: Tensor) -> tuple[Tensor, ...]:
    """All in the shape to which they broadcast together."""
    return tuple(torch.broadcast_tensors(*values))  # type: ignore[no-untyped-call]


def if_yes(losses: Loss, x: Tensor, t: Tensor, *w: Any) -> Tensor:
    """What a yes costs."""
    return losses(x, torch.ones_like(t), *w)


def if_no(losses: Loss, x: Tensor, t: Tensor, *w: Any) -> Tensor:
    """What a no costs."""
    return losses(x, torch.zeros_like(t), *w)


def mixed(losses: Loss, x: Tensor, t: Tensor, w: Tensor | float) -> Tensor:
    """Both by the target, the yes times its factor."""
    return w * t * if_yes(losses, x, t) + (1 - t) * if_no(losses, x, t)


# ---- how yes and no are mixed ------------------------------------------------------------------------------------


def mixing(wrong: Mistakes) -> None:
    """What is made of the losses of a yes and of a no; w, where there is one, is the factor of the yes."""
    wrong.table(
        lambda twist: partial(wrong.spec, twist=twist),
        yes_only=(
            "The part of no is missing: whoever says yes to everything pays nothing.",
            lambda losses, x, t, *w: t * if_yes(losses, x, t, *w),
        ),
        yes_is_no=(
            "Yes and no have changed places: this rewards the wrong answer.",
            lambda losses, x, t, *w: (1 - t) * if_yes(losses, x, t, *w) + t * if_no(losses, x, t, *w),
        ),
        negative=(
            "The minus sign is missing: the logarithm of a probability is negative, a loss is not.",
            lambda losses, x, t, *w: -losses(x, t, *w),
        ),
        half_negative=(
            "The minus sign holds for the part of yes only. Put the sum into brackets.",
            lambda losses, x, t, *w: t * if_yes(losses, x, t, *w) - (1 - t) * if_no(losses, x, t, *w),
        ),
        bits=(
            "This is in bits. torch and Keras count in nats: the natural logarithm.",
            lambda losses, x, t, *w: losses(x, t, *w) / log(2),
        ),
        both_in_full=(
            "Yes and no are both paid in full, whatever the target. Weigh the one by t and the other by 1 - t.",
            lambda losses, x, t, *w: if_yes(losses, x, t, *w) + if_no(losses, x, t, *w),
        ),
        rounded=(
            "The target is rounded to yes or no. Between 0 and 1 it mixes the two: t of a yes and 1 - t of a no.",
            (
                lambda losses, x, t, *w: losses(x, (t > 0.5).to(t.dtype), *w),
                lambda losses, x, t, *w: losses(x, (t == 1).to(t.dtype), *w),
                lambda losses, x, t, *w: losses(x, (t > 0).to(t.dtype), *w),
            ),
        ),
    )


def constant_target(wrong: Mistakes) -> None:
    """No gradient by a target of torch's."""
    detached(wrong, "target", "The target is taken for a constant: no gradient flows back to it. torch's does.")


# ---- what goes wrong with logits only ----------------------------------------------------------------------------


def on_logits(spec: Loss) -> Callable[[Loss], Loss]:
    """For tables: a formula of x, t and the factor of a yes; where Keras's loss is of probabilities, it is right."""

    def assemble(formula: Loss) -> Loss:
        def twist(losses: Loss, *args: Any) -> Tensor:
            return formula(*args) if losses is of_logits else losses(*args)

        return partial(spec, twist=twist)

    return assemble


def logits_only(wrong: Mistakes) -> None:
    """What becomes of large logits, of a logit of 0, and of targets between 0 and 1."""
    wrong.table(
        on_logits(wrong.spec),
        sigmoid_before=(
            "A sigmoid was applied before the one inside: p lies between 0.5 and 0.731, and a yes never costs less "
            "than 0.3133.",
            lambda x, t, w=1.0: of_logits(sigmoid_spec(x), t, w),
            "BCEL1 MLSM4",
        ),
        exponential_overflows=(
            "log(1 + exp(-x)): exp overflows, and the loss is inf or NaN. Keep the exponent negative, as in your "
            "`log_sigmoid`.",
            lambda x, t, w=1.0: w * t * (-x).exp().log1p() + (1 - t) * x.exp().log1p(),
            "BCEL2",
        ),
        logarithm_of_sigmoid=(
            "log(sigmoid(x)): the probability was rounded to 0 or to 1 before its logarithm was taken, so the loss is "
            "inf and the gradient NaN. Form no probability.",
            (
                lambda x, t, w=1.0: -(w * t * stable_share(x).log() + (1 - t) * (1 - stable_share(x)).log()),
                lambda x, t, w=1.0: plain(short_share(x), t, w=w),
            ),
        ),
        through_a_share=(
            "This goes through a probability: at a logit of 20 it is rounded to 1, a no costs 100, and the slope is 0. "
            "The loss is 20, with slope 1. Form no probability.",
            lambda x, t, w=1.0: mixed(of_shares, stable_share(x), t, w),
            "BCE5",
        ),
        through_a_clip=(
            "The probability is clipped before the logarithm: at 1e-7 no mistake costs more than 16.118, and the slope "
            "there is 0. Form no probability.",
            (
                lambda x, t, w=1.0, *, eps=1e-7: plain(stable_share(x).clamp(eps, 1 - eps), t, w=w),
                lambda x, t, w=1.0, *, eps=1e-7: plain(short_share(x).clamp(eps, 1 - eps), t, w=w),
            ),
        ),
        small_number_added=(
            "A small number is added inside the logarithms: with 1e-8 no mistake costs more than 18.421, and the slope "
            "there is 0. Form no probability, then nothing needs to be added.",
            (
                lambda x, t, w=1.0, *, eps=1e-8: plain(stable_share(x), t, lambda p: (p + eps).log(), w=w),
                lambda x, t, w=1.0, *, eps=1e-8: plain(short_share(x), t, lambda p: (p + eps).log(), w=w),
            ),
        ),
        logits_cut_off=(
            "The logits are cut off at ±50, and so is the loss of a sure mistake, and its slope is 0.",
            lambda x, t, w=1.0: of_logits(x.clamp(-50, 50), t, w),
        ),
        chosen_too_late=(
            "`where` chooses between two formulas: the value is right far out, the gradient NaN, because `where` "
            "computes both and exp overflows in one. Choose before exp, not after.",
            (
                lambda x, t, w=1.0: w * t * late_softplus(-x) + (1 - t) * late_softplus(x),
                lambda x, t, w=1.0: (1 - t) * x + (1 + (w - 1) * t) * late_softplus(-x),
            ),
        ),
        taken_for_shares=(
            "The logits are taken for probabilities: the sigmoid is missing.",
            (
                lambda x, t, w=1.0: plain(x, t, w=w),
                lambda x, t, w=1.0, *, eps=1e-7: plain(x.clamp(eps, 1 - eps), t, w=w),
                lambda x, t, w=1.0, *, eps=1e-8: plain(x, t, lambda p: (p + eps).log(), w=w),
            ),
        ),
        for_sides=(
            "ln(1 + exp(-t · x)) is made for sides, -1 and 1: with a target of 0 it is ln 2, whatever the logit.",
            lambda x, t, w=1.0: -(1 + (w - 1) * t) * log_sigmoid_spec(t * x),
        ),
        slope_at_zero_by_clamp=(
            "At a logit of exactly 0 the slope is not ½ - t: `clamp`, `relu`, `where` and |x| decide for one side "
            "there, or for none. `torch.maximum` or `minimum` shares it between both sides.",
            lambda x, t, w=1.0: folded(x, t, w, (-x).clamp(min=0)),
        ),
        slope_at_zero_by_relu=(
            "At a logit of exactly 0 the slope is not ½ - t: `relu`, `clamp`, `where` and |x| decide for one side "
            "there, or for none. `torch.maximum` or `minimum` shares it between both sides.",
            lambda x, t, w=1.0: folded(x, t, w, (-x).relu()),
        ),
        by_sign=(
            "The target was turned into a sign, softplus(-(2t - 1) x). For 0 and 1 that is right; a target between "
            "them mixes two losses, it does not shrink the logit.",
            lambda x, t, w=1.0: -(1 + (w - 1) * t) * log_sigmoid_spec((2 * t - 1) * x),
        ),
    )


def folded(x: Tensor, t: Tensor, w: Tensor | float, below: Tensor) -> Tensor:
    """(1 - t) x and a multiple of -ln σ(x), from -x where that is positive (`below`) and a bend."""
    return (1 - t) * x + (1 + (w - 1) * t) * (below + (-x.abs()).exp().log1p())


# ---- what goes wrong in a reduction ------------------------------------------------------------------------------


def averaging(wrong: Mistakes) -> None:
    """Averages over less than everything, where there is one loss for each element."""
    usual_mistakes(
        wrong,
        none_averages="'none' averages over the last dimension. It should leave one loss per element.",
        mean_of_row_sums=(
            "'mean' sums over each row and averages the rows. torch divides by the number of all elements."
        ),
        mean_of_last=(
            "'mean' averages over the last dimension only, as Keras does. torch's is one number, over everything."
        ),
    )


def empty_is_zero(wrong: Mistakes) -> None:
    """A mean of nothing that is a number."""
    usual_mistakes(wrong, "empty_is_zero")


def coarse(wrong: Mistakes) -> None:
    """A result of float32."""
    usual_mistakes(
        wrong,
        always_float32=(
            "The result is float32 where it should be float64: the digits of the finer argument were paid for."
        ),
    )


# ---- what goes wrong with weights and shapes ---------------------------------------------------------------------


def weighing(wrong: Mistakes) -> None:
    """A weight that is not used, or by the wrong dimension."""
    argument_fixed(
        wrong, "no_weight", "`weight` is not used: each loss is to be multiplied by its factor.", weight=None
    )

    @wrong(
        "`weight` lines up with the rows, as if it were one factor for each sample. It broadcasts from the last "
        "dimension: (C,) are columns. For samples the caller gives it the shape (N, 1).",
        covers="BCEL7",
    )
    def weight_of_rows(x: Tensor, t: Tensor, weight: Tensor | None = None, **flags: Any) -> Tensor:
        if weight is not None and weight.ndim == 1 and x.ndim == 2 and len(weight) == len(x):
            weight = weight.unsqueeze(1)
        return wrong.spec(x, t, weight=weight, **flags)


def weighing_elements(wrong: Mistakes) -> None:
    """What becomes of the weights where there is one loss for each element."""

    @wrong(
        "The weights are scaled to a mean of 1 first. They are factors as they stand: halve them all, halve the loss."
    )
    def weights_rescaled(x: Tensor, t: Tensor, weight: Tensor | None = None, **flags: Any) -> Tensor:
        return wrong.spec(x, t, weight=None if weight is None else weight / weight.mean(), **flags)

    @wrong(
        "The mean divides by the sum of the weights, as `cross_entropy` does. Here torch divides by the number of "
        "elements.",
        covers="BCE8",
    )
    def mean_by_weights(
        x: Tensor, t: Tensor, weight: Tensor | None = None, reduction: str = "mean", **flags: Any
    ) -> Tensor:
        loss = wrong.spec(x, t, weight=weight, reduction=reduction, **flags)
        return loss if weight is None or reduction != "mean" else loss / weight.expand_as(x).mean()

    @wrong("`weight` multiplies the part of yes only. That is `pos_weight`; a weight belongs to the whole loss.")
    def weight_of_yes(x: Tensor, t: Tensor, weight: Tensor | None = None, **flags: Any) -> Tensor:
        def twist(losses: Loss, x: Tensor, t: Tensor, *w: Any) -> Tensor:
            return weighed(t * if_yes(losses, x, t, *w), weight) + (1 - t) * if_no(losses, x, t, *w)

        return wrong.spec(x, t, twist=twist, **flags)

    @wrong(
        "A weight that does not fit adds to the shape of the losses: one output becomes two. torch refuses it, and so "
        "does `weight.expand_as(losses)`."
    )
    def weight_grows(x: Tensor, t: Tensor, weight: Tensor | None = None, **flags: Any) -> Tensor:
        if weight is not None and x.shape == t.shape:
            x, t, weight = broadcast(x, t, weight)
        return wrong.spec(x, t, weight=weight, **flags)


def broadcasting(wrong: Mistakes) -> None:
    """A target that fits by accident."""
    shapes_broadcast(
        wrong,
        "shapes_broadcast",
        "A target of shape (N,) is broadcast against an input of (N, 1) to N × N losses, most of them with somebody "
        "else's target. torch raises a ValueError.",
        covers="BCE10",
    )


# of torch's losses that have one for each element
ELEMENTWISE = (wrong_words, averaging, empty_is_zero, coarse, weighing, weighing_elements, broadcasting)
