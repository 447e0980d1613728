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
    reduced,
    refuses,
    same_dtype,
    same_gradient,
    same_value,
    wrong_in,
)
from coursekit.graders.binary_cross_entropy.common import (
    LOGITS,
    LOSSES,
    SHARES,
    Loss,
    Rng,
    alike,
    answers,
    draw,
    with_logits,
    wrong_part,
)
from coursekit.graders.binary_cross_entropy.logits import of_logits
from coursekit.graders.binary_cross_entropy.shares import of_shares
from coursekit.graders.binary_cross_entropy.sigmoid import sigmoid_spec


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
        "The factor of a yes is alpha, that of a no 1 - alpha. Reduce last; the default leaves one loss an element.",
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
    for reduction in REDUCTIONS:
        same_value(f, focal_spec, *with_logits(rng, 2, 3), reduction=reduction)


@sigmoid_focal_loss.check
def focal_slope(f: Function, rng: Rng) -> None:
    """The gradient is right: it flows through the loss and through the factor"""
    same_gradient(f, focal_spec, *with_logits(rng, 2, 2))
    same_gradient(f, focal_spec, *with_logits(rng, 2, 2), alpha=-1.0, gamma=1.0, scale=3.0, reduction="mean")


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


@sigmoid_focal_loss.parity
def focal_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32, float64 stays float64"""
    x, t = with_logits(rng, 2, 2)
    same_dtype(f, focal_spec, x, t)
    same_dtype(f, focal_spec, x.double(), t.double())


@sigmoid_focal_loss.parity
def focal_refuses(f: Function, rng: Rng) -> None:
    """A reduction that does not exist is refused"""
    refuses(f, *with_logits(rng, 2, 2), reduction="batchmean")


@sigmoid_focal_loss.parity
def focal_shapes(f: Function, rng: Rng) -> None:
    """A target of another shape is refused, though it would broadcast"""
    refuses(f, draw(rng, LOGITS, 3, 1), answers(rng, 3))


ON_FOCAL = {"focal": sigmoid_focal_loss.misconceptions}
wrong_on_focal = partial(wrong_in, ON_FOCAL)


wrong_share = partial(wrong_part, ON_FOCAL, "right")
wrong_surprise = partial(wrong_part, ON_FOCAL, "losses")


@wrong_on_focal("The factor of the noes is alpha as well. A no has 1 - alpha: together they are 1.")
def alpha_for_all(spec: Loss, inputs: Tensor, targets: Tensor, alpha: float = 0.25, **flags: Any) -> Tensor:
    return focal_spec(inputs, targets, -1, **flags) * (alpha if alpha >= 0 else 1)


@wrong_on_focal("A no has the factor 1 here. It has 1 - alpha.")
def alpha_for_yes_only(
    spec: Loss, inputs: Tensor, targets: Tensor, alpha: float = 0.25, reduction: str = "none", **flags: Any
) -> Tensor:
    factor = alpha * targets + 1 - targets if alpha >= 0 else 1
    return reduced(factor * focal_spec(inputs, targets, -1, **flags), reduction)


@wrong_on_focal("The two factors have changed sides: alpha belongs to a yes, 1 - alpha to a no.")
def alpha_swapped(spec: Loss, inputs: Tensor, targets: Tensor, alpha: float = 0.25, **flags: Any) -> Tensor:
    return focal_spec(inputs, targets, 1 - alpha if alpha >= 0 else alpha, **flags)


@wrong_on_focal("`alpha` is not used: a yes has the factor alpha, a no 1 - alpha.")
def alpha_ignored(spec: Loss, inputs: Tensor, targets: Tensor, alpha: float = 0.25, **flags: Any) -> Tensor:
    return focal_spec(inputs, targets, -1, **flags)


@wrong_on_focal("A negative alpha is multiplied in. It is the sign that neither side has a factor.")
def negative_alpha_used(
    spec: Loss, inputs: Tensor, targets: Tensor, alpha: float = 0.25, reduction: str = "none", **flags: Any
) -> Tensor:
    factor = alpha * targets + (1 - alpha) * (1 - targets)
    return reduced(factor * focal_spec(inputs, targets, -1, **flags), reduction)


@wrong_on_focal("An alpha of 0 switches the factors off (`if alpha:`). Only a negative one does; 0 silences every yes.")
def zero_switches_off(spec: Loss, inputs: Tensor, targets: Tensor, alpha: float = 0.25, **flags: Any) -> Tensor:
    return focal_spec(inputs, targets, alpha or -1, **flags)


@wrong_on_focal("`gamma` is not used: the exponent is always 2.")
def gamma_is_two(spec: Loss, inputs: Tensor, targets: Tensor, gamma: float = 2.0, **flags: Any) -> Tensor:
    return focal_spec(inputs, targets, **flags)


@wrong_on_focal("The factor (1 - q)^gamma is missing: this is the binary cross-entropy with its alphas.")
def gamma_is_zero(spec: Loss, inputs: Tensor, targets: Tensor, gamma: float = 2.0, **flags: Any) -> Tensor:
    return focal_spec(inputs, targets, gamma=0.0, **flags)


@wrong_on_focal("This multiplies by gamma instead of raising to the power gamma.")
def gamma_multiplies(spec: Loss, inputs: Tensor, targets: Tensor, gamma: float = 2.0, **flags: Any) -> Tensor:
    return gamma * focal_spec(inputs, targets, gamma=1.0, **flags)


@wrong_on_focal("The mean divides by the number of yeses. Papers do that with the sum; 'mean' divides by all elements.")
def mean_over_yeses(spec: Loss, inputs: Tensor, targets: Tensor, reduction: str = "none", **flags: Any) -> Tensor:
    value = focal_spec(inputs, targets, reduction=reduction, **flags)
    return value * targets.numel() / targets.sum() if reduction == "mean" else value


@wrong_on_focal("The default is a mean here. torchvision's is 'none', unlike torch's own losses.")
def mean_by_default(spec: Loss, inputs: Tensor, targets: Tensor, **flags: Any) -> Tensor:
    return focal_spec(inputs, targets, **{"reduction": "mean", **flags})


@wrong_on_focal(  # BCEL1
    "A sigmoid was applied first. The arguments are logits; the sigmoid is inside."
)
def focal_sigmoid_twice(spec: Loss, inputs: Tensor, targets: Tensor, **flags: Any) -> Tensor:
    return focal_spec(sigmoid_spec(inputs), targets, **flags)


@wrong_on_focal("q was computed from the loss with its alpha on it: exp(-alpha · loss) is no probability.")
def q_with_alpha(
    spec: Loss,
    inputs: Tensor,
    targets: Tensor,
    alpha: float = 0.25,
    gamma: float = 2.0,
    reduction: str = "none",
) -> Tensor:
    loss = focal_spec(inputs, targets, alpha, 0.0)
    return reduced(loss * (1 - (-loss).exp()) ** gamma, reduction)


@wrong_share("The factor is q^gamma: it keeps what is known and silences what is not. Use 1 - q.")
def keeps_the_known(inputs: Tensor, targets: Tensor) -> Tensor:
    return 1 - share_of_right(inputs, targets)


@wrong_share("q is p for a no as well. The right answer of a no was given 1 - p.")
def share_of_yes(inputs: Tensor, targets: Tensor) -> Tensor:
    return sigmoid_spec(inputs) + 0 * targets


@wrong_share(
    "The factor was cut from the graph (`detach`, `no_grad`): the value is right, the gradient misses that the factor "
    "moves too."
)
def factor_detached(inputs: Tensor, targets: Tensor) -> Tensor:
    return share_of_right(inputs, targets).detach()


@wrong_share("q is exp(-loss). For targets of 0 and 1 that is right; between them q is p t + (1 - p)(1 - t).")
def q_from_the_loss(inputs: Tensor, targets: Tensor) -> Tensor:
    return (-of_logits(inputs, targets)).exp()


@wrong_share("The factor was computed from the mean over the batch. Each element has its own.")
def q_of_the_batch(inputs: Tensor, targets: Tensor) -> Tensor:
    return share_of_right(inputs, targets).mean()


@wrong_surprise("The factor stands alone; the surprise that it should scale is missing.")
def factor_alone(inputs: Tensor, targets: Tensor) -> Tensor:
    return torch.ones_like(inputs) + 0 * targets


@wrong_surprise(  # BCE5
    "The surprise was taken of a rounded probability, cut off at 100. Start from the loss on logits."
)
def focal_through_a_share(inputs: Tensor, targets: Tensor) -> Tensor:
    return of_shares(sigmoid_spec(inputs), targets)
