"""Less weight for what is known: `sigmoid_focal_loss`."""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import Any

import torch
from torch import Tensor, tensor

from coursekit.exercise import (
    REDUCTIONS,
    Exercise,
    Function,
    Loss,
    Rng,
    argument_fixed,
    keeps_dtype,
    other_default,
    reduced,
    refuses,
    same_gradient,
    same_value,
    unknown_word,
    wrong_words,
)
from coursekit.graders.binary_cross_entropy.common import LOGITS, LOSSES, SHARES, answers, draw, with_logits
from coursekit.graders.binary_cross_entropy.shared_mistakes import broadcasting, coarse, shared
from coursekit.graders.binary_cross_entropy.specs import (
    YES_AND_NO,
    focal_spec,
    of_logits,
    of_shares,
    share_of_right,
    sigmoid_spec,
)

sigmoid_focal_loss = Exercise(
    "sigmoid_focal_loss",
    focal_spec,
    points=2,
    parity_points=1,
    forbids=LOSSES,
    idea="Two factors for two troubles: alpha for a side that is rare, (1 - q)^gamma for what is known already.",
    hints=(
        "Start from your `binary_cross_entropy_with_logits`, unreduced, and from p = σ(x).",
        "q is the probability that the right answer got: p where t is 1, 1 - p where t is 0, mixed between them.",
        "The factor of a yes is alpha, that of a no 1 - alpha. Reduce last; the default leaves one loss per element.",
    ),
)


@sigmoid_focal_loss.check
def even_odds(f: Function, rng: Rng) -> None:
    """At a logit of 0 a yes costs 0.0433, a no three times as much

    ln 2, times ½ squared, times ¼ or ¾.
    """
    same_value(f, focal_spec, tensor([0.0, 0.0]), tensor([1.0, 0.0]))
    same_value(f, focal_spec, tensor([2.0]), tensor([0.0]))
    same_value(f, focal_spec, *with_logits(rng, 2, 3))


@sigmoid_focal_loss.check
def no_alpha(f: Function, rng: Rng) -> None:
    """A negative alpha switches the two factors off; an alpha of 0 silences every yes"""
    x, t = with_logits(rng, 2, 2)
    for alpha in (-1.0, 0.0, 1.0, 0.9):
        same_value(f, focal_spec, x, t, alpha=alpha)


@sigmoid_focal_loss.check
def focal_exponent(f: Function, rng: Rng) -> None:
    """gamma is the exponent; with 0, and no alpha, it is the binary cross-entropy"""
    x, t = with_logits(rng, 2, 2)
    for gamma in (0.0, 1.0, 0.5 * int(rng.integers(5, 9))):
        same_value(f, focal_spec, x, t, alpha=-1.0, gamma=gamma)
        same_value(f, focal_spec, x, t, gamma=gamma)


@sigmoid_focal_loss.check
def focal_reductions(f: Function, rng: Rng) -> None:
    """One loss each by default; else their sum, or their mean over all elements"""
    x, three_yeses = draw(rng, LOGITS, 2, 5), tensor([[1.0, 0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 1.0, 0.0, 0.0]])
    for reduction in REDUCTIONS:
        same_value(f, focal_spec, x, three_yeses, reduction=reduction)


@sigmoid_focal_loss.check
def focal_slope(f: Function, rng: Rng) -> None:
    """The gradient is right: it flows through the loss and through the factor"""
    same_gradient(f, focal_spec, *with_logits(rng, 2, 2))
    same_gradient(f, focal_spec, *with_logits(rng, 2, 2), alpha=-1.0, gamma=1.0, scale=3.0, reduction="mean")


@sigmoid_focal_loss.parity
def focal_slope_at_zero(f: Function, rng: Rng) -> None:
    """A logit of 0 has a slope like any other

    A network begins with logits near 0. `clamp` and `abs` have a slope of their own choice there, and the loss has none
    to choose: `softplus` is smooth.
    """
    same_gradient(f, focal_spec, tensor([0.0, 0.0]), tensor([1.0, 0.0]))
    same_gradient(f, focal_spec, tensor([0.0, 0.0]), draw(rng, SHARES, 2), alpha=-1.0, gamma=1.0)


@sigmoid_focal_loss.parity
def focal_large(f: Function, rng: Rng) -> None:
    """Logits of ±1000: a sure mistake costs its full surprise, a sure hit nothing"""
    big = 100.0 * int(rng.integers(8, 11))
    for x, t in product((big, -big), (0.0, 1.0)):
        same_gradient(f, focal_spec, tensor([x, 0.5]), tensor([t, 1.0]))


@sigmoid_focal_loss.parity
def focal_soft(f: Function, rng: Rng) -> None:
    """A target between 0 and 1 mixes q and alpha as well

    q = p · t + (1 - p) · (1 - t). It is exp(-loss) for targets of 0 and 1 only.
    """
    same_gradient(f, focal_spec, draw(rng, LOGITS, 3), draw(rng, SHARES, 3))
    same_gradient(f, focal_spec, draw(rng, LOGITS, 3), draw(rng, SHARES, 3), wrt=(0, 1), reduction="sum")


keeps_dtype(sigmoid_focal_loss, lambda rng: with_logits(rng, 2, 2), name="focal_dtype")


unknown_word(sigmoid_focal_loss, lambda rng: with_logits(rng, 2, 2), name="focal_refuses")


@sigmoid_focal_loss.parity
def focal_shapes(f: Function, rng: Rng) -> None:
    """A target of another shape is refused, though it would broadcast"""
    refuses(f, draw(rng, LOGITS, 3, 1), answers(rng, 3))


wrong = sigmoid_focal_loss.misconceptions

wrong.table(
    focal_alpha_for_all=(
        "The factor of the noes is alpha as well. A no has 1 - alpha: together they are 1.",
        lambda x, t, alpha=0.25, **flags: focal_spec(x, t, -1, **flags) * (alpha if alpha >= 0 else 1),
    ),
    focal_alpha_for_yes_only=(
        "A no has the factor 1 here. It has 1 - alpha.",
        lambda x, t, alpha=0.25, gamma=2.0, reduction="none": reduced(
            (alpha * t + 1 - t if alpha >= 0 else 1) * focal_spec(x, t, -1, gamma), reduction
        ),
    ),
    focal_alpha_swapped=(
        "The two factors have changed sides: alpha belongs to a yes, 1 - alpha to a no.",
        lambda x, t, alpha=0.25, **flags: focal_spec(x, t, 1 - alpha if alpha >= 0 else alpha, **flags),
    ),
)

argument_fixed(
    wrong, "focal_alpha_ignored", "`alpha` is not used: a yes has the factor alpha, a no 1 - alpha.", alpha=-1
)

wrong.table(
    focal_negative_alpha_used=(
        "A negative alpha is multiplied in. It is the sign that neither side has a factor.",
        lambda x, t, alpha=0.25, gamma=2.0, reduction="none": reduced(
            (alpha * t + (1 - alpha) * (1 - t)) * focal_spec(x, t, -1, gamma), reduction
        ),
    ),
    focal_zero_switches_off=(
        "An alpha of 0 switches the factors off (`if alpha:`). Only a negative one does; 0 silences every yes.",
        lambda x, t, alpha=0.25, **flags: focal_spec(x, t, alpha or -1, **flags),
    ),
)

argument_fixed(wrong, "focal_gamma_is_two", "`gamma` is not used: the exponent is always 2.", gamma=2.0)
argument_fixed(
    wrong,
    "focal_gamma_is_zero",
    "The factor (1 - q)^gamma is missing: this is the binary cross-entropy with its alphas.",
    gamma=0.0,
)

wrong.table(
    focal_gamma_multiplies=(
        "This multiplies by gamma instead of raising to the power gamma.",
        lambda x, t, gamma=2.0, **flags: gamma * focal_spec(x, t, gamma=1.0, **flags),
    ),
)


@wrong("The mean divides by the number of yeses. Papers do that with the sum; 'mean' divides by all elements.")
def focal_mean_over_yeses(x: Tensor, t: Tensor, reduction: str = "none", **flags: Any) -> Tensor:
    value = focal_spec(x, t, reduction=reduction, **flags)
    return value * t.numel() / t.sum() if reduction == "mean" else value


other_default(
    wrong,
    "focal_mean_by_default",
    "Where no reduction is given, a mean is taken here. torchvision's default is 'none', unlike torch's own losses.",
    reduction="mean",
)

wrong.table(
    focal_sigmoid_twice=(
        "A sigmoid was applied first. The arguments are logits; the sigmoid is inside.",
        lambda x, t, **flags: focal_spec(sigmoid_spec(x), t, **flags),
        "BCEL1",
    )
)


@wrong("q was computed from the loss with its alpha on it: exp(-alpha · loss) is no probability.")
def focal_q_with_alpha(
    x: Tensor, t: Tensor, alpha: float = 0.25, gamma: float = 2.0, reduction: str = "none"
) -> Tensor:
    loss = focal_spec(x, t, alpha, 0.0)
    return reduced(loss * (1 - (-loss).exp()) ** gamma, reduction)


wrong.table(
    lambda q: partial(focal_spec, right=q),
    focal_keeps_the_known=(
        "The factor is q^gamma: it keeps what is known and silences what is not. Use 1 - q.",
        lambda x, t: 1 - share_of_right(x, t),
    ),
    focal_share_of_yes=(
        "q is p for a no as well. The right answer of a no was given 1 - p.",
        lambda x, t: sigmoid_spec(x) + 0 * t,
    ),
    focal_factor_detached=(
        "The factor was cut from the graph (`detach`, `no_grad`): the value is right, the gradient misses that the "
        "factor moves too.",
        lambda x, t: share_of_right(x, t).detach(),
    ),
    focal_q_from_the_loss=(
        "q is exp(-loss). For targets of 0 and 1 that is right; between them q is p t + (1 - p)(1 - t).",
        lambda x, t: (-of_logits(x, t)).exp(),
    ),
    focal_q_of_the_batch=(
        "The factor was computed from the mean over the batch. Each element has its own.",
        lambda x, t: share_of_right(x, t).mean(),
    ),
)

wrong.table(
    lambda losses: partial(focal_spec, losses=losses),
    focal_factor_alone=(
        "The factor stands alone; the surprise that it should scale is missing.",
        lambda x, t: torch.ones_like(x) + 0 * t,
    ),
    focal_through_a_share=(
        "The surprise was taken of a rounded probability, cut off at 100. Start from the loss on logits.",
        lambda x, t: of_shares(sigmoid_spec(x), t),
        "BCE5",
    ),
)

wrong.extend(shared("focal", focal_spec, wrong_words, coarse, broadcasting))

wrong.terms(lambda twist: partial(focal_spec, losses=partial(twist, of_logits)), **YES_AND_NO)
wrong.table(
    lambda q: partial(focal_spec, right=q),
    focal_q_rounded=(
        "q is p or 1 - p, by whether the target is above ½, or 1. Between 0 and 1 it is a mixture of the two.",
        (
            lambda x, t: torch.where(t >= 0.5, sigmoid_spec(x), sigmoid_spec(-x)),
            lambda x, t: torch.where(t > 0.5, sigmoid_spec(x), sigmoid_spec(-x)),
            lambda x, t: torch.where(t == 1, sigmoid_spec(x), sigmoid_spec(-x)),
            lambda x, t: torch.where(t > 0, sigmoid_spec(x), sigmoid_spec(-x)),
        ),
    ),
    focal_distance=(
        "The factor is |p - t|^γ. It agrees for targets of 0 and 1 only: q is p t + (1 - p)(1 - t).",
        lambda x, t: 1 - (sigmoid_spec(x) - t).abs(),
    ),
    focal_power_first=(
        "q² or a root stands inside the factor. It is (1 - q)^γ.",
        (
            lambda x, t: share_of_right(x, t) ** 2,
            lambda x, t: share_of_right(x, t).sqrt(),
            lambda x, t: -share_of_right(x, t),
        ),
    ),
)


@wrong("The factor is 1 - q^γ. It is (1 - q)^γ: take the difference first.")
def focal_power_before_difference(
    x: Tensor, t: Tensor, alpha: float = 0.25, gamma: float = 2.0, reduction: str = "none"
) -> Tensor:
    return reduced(focal_spec(x, t, alpha, 0.0) * (1 - share_of_right(x, t) ** gamma), reduction)


@wrong("The factor of a side is alpha for whatever is above ½, or is 1. Between 0 and 1 the two are mixed.")
def focal_alpha_rounded(
    x: Tensor, t: Tensor, alpha: float = 0.25, gamma: float = 2.0, reduction: str = "none"
) -> Tensor:
    value = focal_spec(x, t, -1, gamma)
    return reduced(value * torch.where(t >= 0.5, alpha, 1 - alpha) if alpha >= 0 else value, reduction)


@wrong("alpha multiplies twice, or is raised to a power. It is a factor, once.")
def focal_alpha_squared(
    x: Tensor, t: Tensor, alpha: float = 0.25, gamma: float = 2.0, reduction: str = "none"
) -> Tensor:
    value = focal_spec(x, t, -1, gamma)
    return reduced(value * (alpha * t + (1 - alpha) * (1 - t)) ** 2 if alpha >= 0 else value, reduction)


@wrong("The sum is divided by the factors, or by their alphas. 'mean' divides by the number of elements.")
def focal_mean_by_factors(
    x: Tensor, t: Tensor, alpha: float = 0.25, gamma: float = 2.0, reduction: str = "none"
) -> Tensor:
    value = focal_spec(x, t, alpha, gamma, reduction)
    if reduction != "mean":
        return value
    return value * t.numel() / (alpha * t + (1 - alpha) * (1 - t) if alpha >= 0 else torch.ones_like(t)).sum()


def by_alpha(of_side: Loss) -> Loss:
    """The loss with another factor of each side: `of_side(alpha, t)`."""

    def loss(x: Tensor, t: Tensor, alpha: float = 0.25, gamma: float = 2.0, reduction: str = "none") -> Tensor:
        value = focal_spec(x, t, -1, gamma)
        return reduced(value * of_side(alpha, t) if alpha >= 0 else value, reduction)

    return loss


wrong.table(
    by_alpha,
    focal_alpha_doubled=(
        "The factors are twice as large: 2 · alpha and 2 · (1 - alpha). They add up to 1.",
        lambda alpha, t: 2 * (alpha * t + (1 - alpha) * (1 - t)),
    ),
    focal_rest_for_all=(
        "The factor of the yeses is 1 - alpha as well. A yes has alpha.",
        lambda alpha, t: 1 - alpha + 0 * t,
    ),
    focal_alpha_for_no_only=("A yes has the factor 1 here. It has alpha.", lambda alpha, t: t + (1 - alpha) * (1 - t)),
    focal_alpha_divides=(
        "The loss is divided by the factor of its side. It is multiplied by it.",
        lambda alpha, t: 1 / (alpha * t + (1 - alpha) * (1 - t)),
    ),
    focal_sides_added=(
        "alpha is added where it should multiply.",
        (lambda alpha, t: 1 + alpha * t + (1 - alpha) * (1 - t), lambda alpha, t: alpha + t * (1 - 2 * alpha)),
    ),
)


@wrong("The factor has another form than (1 - q)^gamma: an exponential, or a power of something else.")
def focal_exponential(x: Tensor, t: Tensor, alpha: float = 0.25, gamma: float = 2.0, reduction: str = "none") -> Tensor:
    q = share_of_right(x, t)
    return reduced(focal_spec(x, t, alpha, 0.0) * (-gamma * q).exp(), reduction)


@wrong("Only one side has the factor (1 - q)^gamma. Both have it.")
def focal_of_one_side(x: Tensor, t: Tensor, alpha: float = 0.25, gamma: float = 2.0, reduction: str = "none") -> Tensor:
    return reduced(torch.where(t > 0.5, focal_spec(x, t, alpha, 0.0), focal_spec(x, t, alpha, gamma)), reduction)
