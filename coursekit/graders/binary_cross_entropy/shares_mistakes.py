"""What goes wrong in the loss of a probability."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from coursekit.exercise import Loss, Mistakes, reduced
from coursekit.graders.binary_cross_entropy.shared_mistakes import (
    ELEMENTWISE,
    constant_target,
    mixing,
    of_elements,
    plain,
    shared,
)
from coursekit.graders.binary_cross_entropy.specs import (
    YES_AND_NO,
    Guarded,
    alike,
    from_0_to_1,
    logits_spec,
    of_shares,
    shares_spec,
    weighed,
)

PADDED = (
    "A small number, added to the probability or as a clip, keeps the logarithm finite: with 1e-7, as in Keras, a sure "
    "mistake costs 16.118, and a perfect answer is not 0. torch cuts the logarithm off, at -100."
)

MISTAKES = wrong = Mistakes(shares_spec)
instead = of_elements(shares_spec)

wrong.table(
    logits_expected=(
        "A sigmoid was applied first. The input holds probabilities already; with logits the loss is another function, "
        "`binary_cross_entropy_with_logits`.",
        logits_spec,
        "BCE5",
    ),
    places_of_keras=(
        "The arguments have changed places: the target stands inside the logarithms. Here the input comes first; in "
        "Keras it comes second.",
        lambda p, t, *args, **flags: shares_spec(t, p, *args, **flags),
    ),
)

# ---- another formula, another guard ------------------------------------------------------------------------------

wrong.table(
    instead,
    shares_squares=(
        "This is the squared error. It costs at most 1, however sure the mistake; a surprise has no limit.",
        lambda p, t: (p - t) ** 2,
    ),
    shares_plus_for_minus=(
        "ln(1 + p) stands for ln(1 - p): `log1p(p)` adds. It is `log1p(-p)`.",
        lambda p, t: -t * p.log().clamp(min=-100) - (1 - t) * p.log1p(),
    ),
    shares_missing_share=(
        "This is 1 less the probability of the right answer. Its surprise, -ln, is the loss.",
        lambda p, t: 1 - p * t - (1 - p) * (1 - t),
    ),
    shares_logarithm_of_the_mixture=(
        "The logarithm is taken of the mixture p t + (1 - p)(1 - t). For targets of 0 and 1 that is the same; between "
        "them the two logarithms are mixed, not the probabilities.",
        lambda p, t: of_shares(p * t + (1 - p) * (1 - t), torch.ones_like(t)),
    ),
    shares_without_a_guard=(
        "ln 0 is -inf: a sure mistake costs inf, and where it is multiplied by 0 the loss is NaN. torch cuts each "
        "logarithm off at -100.",
        lambda p, t: plain(p, t),
        "BCE1",
    ),
    shares_clipped_as_in_keras=(
        PADDED,
        lambda p, t, *, eps=1e-7: plain(p.clamp(eps, 1 - eps), t),
        "BCE2 K3",
    ),
    shares_padded=(
        PADDED,
        lambda p, t, *, eps=1e-12: plain(p, t, lambda x: (x + eps).log()),
        "BCE3",
    ),
)


@wrong.formula(instead)(
    "NaN and inf were replaced by 0 (`nan_to_num`, or a mask): a sure mistake looks like a perfect answer. It costs "
    "100."
)
def shares_mistake_forgiven(p: Tensor, t: Tensor) -> Tensor:
    loss = plain(p, t)
    return loss.where(loss.isfinite(), 0.0)


wrong.table(
    instead,
    shares_loss_cut_off=(
        "The loss is cut off at 100, not the logarithm. With a target of 0.25 at p = 0 it is 25: a quarter of 100.",
        lambda p, t: -(torch.xlogy(t, p) + torch.xlogy(1 - t, 1 - p)).clamp(min=-100),
    ),
    shares_slope_by_autograd=(
        "At p = 0 or 1 the slope is NaN: autograd goes through log and clamp and multiplies "
        "inf by 0. Give the slope yourself: (p - t) / max(p(1 - p), 1e-12).",
        lambda p, t: plain(p, t, lambda x: x.log().clamp(min=-100)),
        "BCE4",
    ),
)

# ---- another slope -----------------------------------------------------------------------------------------------


def with_slope(p: Tensor, t: Tensor, slope: Tensor) -> Tensor:
    """The right losses, whose gradient by the target they keep and whose gradient by p is `slope`."""
    return of_shares(p.detach(), t) + slope.detach() * (p - p.detach())


class _Deaf(torch.autograd.Function):
    """A backward that does not ask what comes from above."""

    @staticmethod
    def forward(ctx: Any, p: Tensor, t: Tensor) -> Tensor:
        ctx.save_for_backward(p, t)
        return Guarded.forward(ctx, p, t)

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, Tensor]:
        return Guarded.backward(ctx, torch.ones_like(upstream))


wrong.table(
    instead,
    shares_dead_corner=(
        "At p = 0 and p = 1 the slope is 0: whoever is certain and wrong learns nothing. torch divides p - t by 1e-12 "
        "there.",
        lambda p, t: with_slope(p, t, ((p - t) / (p * (1 - p))).where((p > 0) & (p < 1), 0.0)),
    ),
    shares_each_term_guarded=(
        "The slope has a guard for each term, -t/p and (1 - t)/(1 - p). At p = t = 1 that is -1 (the slope of -ln p, "
        "indeed); torch guards the fraction (p - t) / (p(1 - p)) as a whole, and has 0.",
        lambda p, t: with_slope(p, t, (1 - t) / (1 - p).clamp(min=1e-12) - t / p.clamp(min=1e-12)),
    ),
    shares_wide_guard=(
        "The slope's guard is wider than 1e-12: a mistake that is less than sure is pulled back too weakly already.",
        lambda p, t: with_slope(p, t, (p - t) / (p * (1 - p)).clamp(min=1e-7)),
    ),
    shares_gentle_slope=(
        "The slope is limited to ±100 or less, as if the -100 of the value were its limit too. The two guards are "
        "apart: the slope goes up to 1e12.",
        lambda p, t: with_slope(p, t, ((p - t) / (p * (1 - p)).clamp(min=1e-12)).clamp(-100, 100)),
    ),
    shares_slope_by_the_logit=(
        "The slope is p - t. That is the slope with respect to the logit; with respect to p it is divided by p(1 - p).",
        lambda p, t: with_slope(p, t, p - t),
    ),
    shares_backward_is_deaf=(
        "The backward does not multiply by what comes from above: the 1/N of the mean, the weight and every factor on "
        "the loss are missing in the gradient.",
        _Deaf.apply,
    ),
)

# ---- what is not refused -----------------------------------------------------------------------------------------


def asking(seen: Callable[[Tensor, Tensor], dict[str, Tensor]]) -> Loss:
    """The loss that asks only of what is `seen` whether it is from 0 to 1."""

    def loss(p: Tensor, t: Tensor, weight: Tensor | None = None, reduction: str = "mean") -> Tensor:
        alike(p, t)
        from_0_to_1(**seen(p, t))
        return reduced(weighed(of_shares(p, t), weight), reduction)

    return loss


wrong.table(
    shares_input_unchecked=(
        "An input outside 0 … 1 is not refused. It is a logit that has not seen a sigmoid, and the loss is NaN.",
        asking(lambda p, t: {"target": t}),
        "BCE6",
    ),
    shares_target_unchecked=(
        "A target outside 0 … 1 is not refused. With masks of 0 and 255 the loss falls below 0 and never stops.",
        asking(lambda p, t: {"input": p}),
        "BCE7",
    ),
    shares_range_unchecked=(
        "Nothing is refused: an input outside 0 … 1 is a logit, a target outside is a class number or a mask of 255. "
        "torch raises for both.",
        asking(lambda p, t: {}),
        "BCE6 BCE7",
    ),
    shares_pushed_inside=(
        "Numbers outside 0 … 1 are pushed inside. They are logits that have not seen a sigmoid: refuse them.",
        lambda p, t, *args, **flags: shares_spec(p.clamp(0, 1), t.clamp(0, 1), *args, **flags),
    ),
    shares_nan_slips_through=(
        "A NaN is not refused: `x < 0` and `x > 1` are both False for it. Ask whether all are inside, not whether any "
        "is outside.",
        asking(lambda p, t: {"input": p.nan_to_num(0.5), "target": t}),
    ),
)

# ---- what it has in common with others ---------------------------------------------------------------------------

wrong.extend(shared("shares", shares_spec, mixing, constant_target, *ELEMENTWISE))

wrong.terms(lambda twist: partial(shares_spec, twist=twist), **YES_AND_NO)
wrong.table(
    instead,
    shares_absolute=("This is |p - t|. The loss is -ln of what the right answer got.", lambda p, t: (p - t).abs()),
    shares_focal=(
        "The losses have a factor (1 - q)², as in the focal loss.",
        lambda p, t: (p - t) ** 2 * of_shares(p, t),
    ),
)
