"""The loss of a probability: `binary_cross_entropy`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import product
from math import prod
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nan, tensor

from coursekit.exercise import REDUCTIONS, Exercise, Function, reduced, refuses, same_gradient, same_value, wrong_in
from coursekit.graders.binary_cross_entropy.common import (
    DTYPES,
    FACTORS,
    LOSSES,
    SHARES,
    Loss,
    Rng,
    alike,
    as_it_is,
    draw,
    weighed,
    with_shares,
    wrong_losses,
)
from coursekit.graders.binary_cross_entropy.drop_in import drop_in_parity, fitting_parity, weight_cases
from coursekit.graders.binary_cross_entropy.logits import logits_spec
from coursekit.wire import Question


class _Guarded(torch.autograd.Function):
    """-t ln p - (1 - t) ln(1 - p), with torch's two guards: -100 in the value, 1e-12 in the slope."""

    @staticmethod
    def forward(ctx: Any, p: Tensor, t: Tensor) -> Tensor:
        ctx.save_for_backward(p, t)
        return -(t * p.log().clamp(min=-100) + (1 - t) * (1 - p).log().clamp(min=-100))

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, Tensor]:
        p, t = ctx.saved_tensors
        return upstream * (p - t) / (p * (1 - p)).clamp(min=1e-12), upstream * ((1 - p).log() - p.log())


def of_shares(p: Tensor, t: Tensor) -> Tensor:
    """The loss of each probability."""
    losses: Tensor = _Guarded.apply(p, t)  # type: ignore[no-untyped-call]
    return losses


def from_0_to_1(**values: Tensor) -> None:
    """Raises where a number is no probability; NaN is none."""
    for name, value in values.items():
        if not ((value >= 0) & (value <= 1)).all():
            raise RuntimeError(f"{name} holds a number that is not from 0 to 1")


def shares_spec(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean", twist: Loss = as_it_is
) -> Tensor:
    """The loss of each probability, weighted, reduced."""
    alike(input, target)
    from_0_to_1(input=input, target=target)
    return reduced(weighed(twist(of_shares, input, target), weight), reduction)


def shares_cases() -> Iterator[Question]:
    """Reductions × weights × shapes × dtypes with both gradients; then corners with the gradient by input."""
    for dtype, size in product(DTYPES, ((2, 3), (2, 2), (3, 1), (0, 3))):
        p = torch.linspace(0.02, 0.99, prod(size), dtype=dtype).reshape(size)
        for t, flags in product((p.round().flip(0), p.square()), weight_cases(p)):
            yield Question((p, t), flags, wrt=(0, 1))
    for dtype, reduction, shape in product(DTYPES, REDUCTIONS, ((), (3,), (2, 1, 2), (0,))):
        p = torch.linspace(0.3, 0.8, prod(shape), dtype=dtype).reshape(shape)
        yield Question((p, 1 - p.square()), {"reduction": reduction}, wrt=(0, 1))
    corners = product((0.0, 1.0, 1e-20, 1e-13, 3e-12, 1e-6, 0.5), (0.0, 1.0, 0.25))
    for dtype, (p_, t_) in product(DTYPES, corners):
        weighted: dict[str, Any] = {"weight": tensor([0.3], dtype=dtype)}
        for flags in ({"reduction": "none"}, weighted):
            # torch takes ln(1 - p) by log1p, which loses nothing in float32; nor does our wide tolerance
            yield Question((tensor([p_], dtype=dtype), tensor([t_], dtype=dtype)), flags, wrt=(0,))


binary_cross_entropy = Exercise(
    "binary_cross_entropy",
    shares_spec,
    points=2,
    parity_points=2,
    forbids=LOSSES,
    twin=F.binary_cross_entropy,
    cases=shares_cases,
    idea="At p = 0 and p = 1 value and slope are guarded by two numbers of their own, -100 and 1e-12.",
    hints=(
        "What does a yes cost that was given p? What does a no cost? The target says how much of each.",
        "Clamp each logarithm at -100, not p and not the loss. `mean` divides by the number of elements.",
        "For the slope: compute everything from `input.detach()`, then add `slope * (input - input.detach())`. What "
        "does this add to the value, and what to the gradient? (Or write a `torch.autograd.Function`.)",
        "Refuse: shapes that differ, numbers outside 0 … 1, NaN among them. `weight.expand_as(losses)` refuses by "
        "itself.",
    ),
)


@binary_cross_entropy.check
def four_fifths(f: Function, rng: Rng) -> None:
    """A yes that was given 0.8 costs 0.2231, a no 1.6094"""
    same_value(f, shares_spec, tensor([0.8]), tensor([1.0]))
    same_value(f, shares_spec, tensor([0.8]), tensor([0.0]))


@binary_cross_entropy.check
def shares_batch(f: Function, rng: Rng) -> None:
    """Of a batch: one loss each, their sum, or their mean

    `mean` divides by the number of all elements.
    """
    for reduction in REDUCTIONS:
        same_value(f, shares_spec, *with_shares(rng, 2, 3), reduction=reduction)
    same_value(f, shares_spec, *with_shares(rng, 2, 2))


@binary_cross_entropy.check
def soft_share(f: Function, rng: Rng) -> None:
    """A target of 0.75 is three quarters of a yes and one of a no"""
    same_value(f, shares_spec, tensor([0.8]), tensor([0.75]))
    same_value(f, shares_spec, draw(rng, SHARES, 3), draw(rng, SHARES, 3))


@binary_cross_entropy.check
def shares_slope(f: Function, rng: Rng) -> None:
    """The slope is (p - t) / (p(1 - p)), divided by the number of elements"""
    same_gradient(f, shares_spec, tensor([0.8]), tensor([0.0]))
    same_gradient(f, shares_spec, *with_shares(rng, 2, 2))
    same_gradient(f, shares_spec, draw(rng, SHARES, 3), draw(rng, SHARES, 3), reduction="sum")


@binary_cross_entropy.parity
def certain_and_wrong(f: Function, rng: Rng) -> None:
    """Certain and wrong costs 100, certain and right 0

    ln 0 counts as -100, before it is multiplied by the target.
    """
    same_value(f, shares_spec, tensor([0.0]), tensor([1.0]))
    same_value(f, shares_spec, tensor([1.0]), tensor([0.0]))
    same_value(f, shares_spec, tensor([0.0, 0.0, 1.0, 1.0]), tensor([0.25, 0.0, 1.0, 0.5]), reduction="none")


@binary_cross_entropy.parity
def corner_slopes(f: Function, rng: Rng) -> None:
    """At p = 0 and p = 1 the slope is -1e12, 1e12, or 0, and not NaN

    (p - t) / max(p(1 - p), 1e-12): autograd does not find it, as it multiplies the 0 of the clamp by the inf of 1/p.
    """
    wrong = tensor([0.0, 1.0]), tensor([1.0, 0.0])
    same_gradient(f, shares_spec, *wrong, reduction="sum")
    same_gradient(f, shares_spec, tensor([0.0, 1.0, 0.3]), tensor([0.0, 1.0, 1.0]), reduction="sum")
    same_gradient(f, shares_spec, tensor([0.0, 1.0]), draw(rng, SHARES, 2), weight=draw(rng, FACTORS, 2))


@binary_cross_entropy.parity
def near_the_corner(f: Function, rng: Rng) -> None:
    """Between 1e-12 and 0 the value goes on, the slope does not (float64)

    The two guards are apart: the value is cut at p = e^-100, the slope at p(1 - p) = 1e-12.
    """
    tiny = [1e-7, 1e-10, 1e-14 * int(rng.integers(2, 9)), 1e-50]
    p = tensor(tiny, dtype=torch.float64)
    same_gradient(f, shares_spec, p, torch.ones_like(p), reduction="sum")
    same_gradient(f, shares_spec, p, torch.zeros_like(p) + 0.25, reduction="sum")


drop_in_parity(binary_cross_entropy, with_shares)
fitting_parity(binary_cross_entropy, with_shares)


@binary_cross_entropy.parity
def input_no_share(f: Function, rng: Rng) -> None:
    """An input that is no probability is refused

    Numbers outside 0 … 1 are logits that have not seen a sigmoid.
    """
    refuses(f, tensor([0.5, 1.5]), tensor([1.0, 1.0]))
    refuses(f, tensor([-0.2, 0.5]), tensor([0.0, 1.0]))


@binary_cross_entropy.parity
def target_no_share(f: Function, rng: Rng) -> None:
    """A target outside 0 … 1 is refused

    Masks of 0 and 255, or classes 1 and 2, make a loss that falls below 0 and never stops.
    """
    refuses(f, tensor([0.5, 0.9]), tensor([1.0, 255.0]))
    refuses(f, tensor([0.5, 0.9]), tensor([1.0, -1.0]))


@binary_cross_entropy.parity
def nan_no_share(f: Function, rng: Rng) -> None:
    """A NaN is no probability, and refused too

    Every comparison with NaN is False: ask whether all are inside, not whether any is outside.
    """
    refuses(f, tensor([0.5, nan]), tensor([1.0, 1.0]))


@binary_cross_entropy.misconception(  # BCE5
    "A sigmoid was applied first. The input holds probabilities already; with logits the loss is another function, "
    "`binary_cross_entropy_with_logits`."
)
def logits_expected(input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean") -> Tensor:
    return logits_spec(input, target, weight, reduction)


@binary_cross_entropy.misconception(
    "The arguments have changed places: the target stands inside the logarithms. Here the input comes first; in Keras "
    "it comes second."
)
def places_of_keras(input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean") -> Tensor:
    return shares_spec(target, input, weight, reduction)


ON_SHARES = {"shares": binary_cross_entropy.misconceptions}
wrong_on_shares = partial(wrong_losses, ON_SHARES)


@wrong_on_shares("This is the squared error. It costs at most 1, however sure the mistake; a surprise has no limit.")
def squares(losses: Loss, p: Tensor, t: Tensor) -> Tensor:
    return (p - t) ** 2


@wrong_on_shares("This is 1 less the probability of the right answer. Its surprise, -ln, is the loss.")
def missing_share(losses: Loss, p: Tensor, t: Tensor) -> Tensor:
    return 1 - p * t - (1 - p) * (1 - t)


@wrong_on_shares(
    "The logarithm is taken of the mixture p t + (1 - p)(1 - t). For targets of 0 and 1 that is the same; between them "
    "the two logarithms are mixed, not the probabilities."
)
def logarithm_of_the_mixture(losses: Loss, p: Tensor, t: Tensor) -> Tensor:
    return losses(p * t + (1 - p) * (1 - t), torch.ones_like(t))


def plain(p: Tensor, t: Tensor, guard: Loss = torch.log) -> Tensor:
    """The formula as it stands, its slope left to autograd."""
    return -(t * guard(p) + (1 - t) * guard(1 - p))


@wrong_on_shares(  # BCE1
    "ln 0 is -inf: a sure mistake costs inf, and where it is multiplied by 0 the loss is NaN. torch cuts each "
    "logarithm off at -100."
)
def without_a_guard(losses: Loss, p: Tensor, t: Tensor) -> Tensor:
    return plain(p, t)


@wrong_on_shares(  # BCE2, K3
    "The probability is clipped at 1e-7, as in Keras: a sure mistake costs 16.118 and a perfect answer 1e-7. torch "
    "cuts the logarithm off, at -100."
)
def clipped_as_in_keras(losses: Loss, p: Tensor, t: Tensor) -> Tensor:
    return plain(p.clamp(1e-7, 1 - 1e-7), t)


@wrong_on_shares(  # BCE3
    "A small number is added inside the logarithms (1e-12): a sure mistake costs 27.63, and near 1 the loss falls "
    "below 0. torch cuts the logarithm off, at -100."
)
def padded(losses: Loss, p: Tensor, t: Tensor) -> Tensor:
    return plain(p, t, lambda x: (x + 1e-12).log())


@wrong_on_shares(
    "NaN and inf were replaced by 0 (`nan_to_num`, or a mask): a sure mistake looks like a perfect answer. It costs "
    "100."
)
def mistake_forgiven(losses: Loss, p: Tensor, t: Tensor) -> Tensor:
    loss = plain(p, t)
    return loss.where(loss.isfinite(), 0.0)


@wrong_on_shares(
    "The loss is cut off at 100, not the logarithm. With a target of 0.25 at p = 0 it is 25: a quarter of 100."
)
def loss_cut_off(losses: Loss, p: Tensor, t: Tensor) -> Tensor:
    return -(torch.xlogy(t, p) + torch.xlogy(1 - t, 1 - p)).clamp(min=-100)


@wrong_on_shares(  # BCE4
    "The value is right, and at p = 0 or 1 the slope is NaN: autograd goes through log and clamp and multiplies inf by "
    "0. Give the slope yourself: (p - t) / max(p(1 - p), 1e-12)."
)
def slope_by_autograd(losses: Loss, p: Tensor, t: Tensor) -> Tensor:
    return plain(p, t, lambda x: x.log().clamp(min=-100))


def own_slope(value: Tensor, p: Tensor, slope: Tensor) -> Tensor:
    """`value`, whose gradient by the target it keeps and whose gradient by p is `slope`."""
    return value + slope.detach() * (p - p.detach())


@wrong_on_shares(
    "At p = 0 and p = 1 the slope is 0: whoever is certain and wrong learns nothing. torch divides p - t by 1e-12 "
    "there."
)
def dead_corner(losses: Loss, p: Tensor, t: Tensor) -> Tensor:
    inside = (p > 0) & (p < 1)
    return own_slope(losses(p.detach(), t), p, ((p - t) / (p * (1 - p))).where(inside, 0.0))


@wrong_on_shares(
    "The slope has a guard for each term, -t/p and (1 - t)/(1 - p). At p = t = 1 that is -1 (the slope of -ln p, "
    "indeed); torch guards the fraction (p - t) / (p(1 - p)) as a whole, and has 0."
)
def each_term_guarded(losses: Loss, p: Tensor, t: Tensor) -> Tensor:
    slope = (1 - t) / (1 - p).clamp(min=1e-12) - t / p.clamp(min=1e-12)
    return own_slope(losses(p.detach(), t), p, slope)


@wrong_on_shares(
    "The slope's guard is wider than 1e-12: a mistake that is less than sure is pulled back too weakly already."
)
def wide_guard(losses: Loss, p: Tensor, t: Tensor) -> Tensor:
    return own_slope(losses(p.detach(), t), p, (p - t) / (p * (1 - p)).clamp(min=1e-7))


@wrong_on_shares(
    "The slope is limited to ±100 or less, as if the -100 of the value were its limit too. The two guards are apart: "
    "the slope goes up to 1e12."
)
def gentle_slope(losses: Loss, p: Tensor, t: Tensor) -> Tensor:
    return own_slope(losses(p.detach(), t), p, ((p - t) / (p * (1 - p)).clamp(min=1e-12)).clamp(-100, 100))


@wrong_on_shares("The slope is p - t. That is the slope by the logit; by the probability it is divided by p(1 - p).")
def slope_by_the_logit(losses: Loss, p: Tensor, t: Tensor) -> Tensor:
    return own_slope(losses(p.detach(), t), p, p - t)


class _Deaf(torch.autograd.Function):
    """A backward that does not ask what comes from above."""

    @staticmethod
    def forward(ctx: Any, p: Tensor, t: Tensor) -> Tensor:
        ctx.save_for_backward(p, t)
        return _Guarded.forward(ctx, p, t)

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, Tensor]:
        return _Guarded.backward(ctx, torch.ones_like(upstream))


@wrong_on_shares(
    "The backward does not multiply by what comes from above: the 1/N of the mean, the weight and every factor on the "
    "loss are missing in the gradient."
)
def backward_is_deaf(losses: Loss, p: Tensor, t: Tensor) -> Tensor:
    deaf: Tensor = _Deaf.apply(p, t)  # type: ignore[no-untyped-call]
    return deaf


def unchecked(*, input_too: bool, target_too: bool) -> Loss:
    """The loss with one or both questions about the range left out."""

    def loss(
        spec: Loss, input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
    ) -> Tensor:
        alike(input, target)
        if not input_too:
            from_0_to_1(input=input)
        if not target_too:
            from_0_to_1(target=target)
        return reduced(weighed(of_shares(input, target), weight), reduction)

    return loss


wrong_in(  # BCE6
    ON_SHARES,
    "An input outside 0 … 1 is not refused. It is a logit that has not seen a sigmoid, and the loss is NaN.",
    name="input_unchecked",
)(unchecked(input_too=True, target_too=False))

wrong_in(  # BCE7
    ON_SHARES,
    "A target outside 0 … 1 is not refused. With masks of 0 and 255 the loss falls below 0 and never stops.",
    name="target_unchecked",
)(unchecked(input_too=False, target_too=True))

wrong_in(  # BCE6, BCE7
    ON_SHARES,
    "Nothing is refused: an input outside 0 … 1 is a logit, a target outside is a class number or a mask of 255. torch "
    "raises for both.",
    name="range_unchecked",
)(unchecked(input_too=True, target_too=True))


@wrong_in(
    ON_SHARES, "Numbers outside 0 … 1 are pushed inside. They are logits that have not seen a sigmoid: refuse them."
)
def pushed_inside(
    spec: Loss, input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    return shares_spec(input.clamp(0, 1), target.clamp(0, 1), weight, reduction)


@wrong_in(
    ON_SHARES,
    "A NaN is not refused: `x < 0` and `x > 1` are both False for it. Ask whether all are inside, not whether any is "
    "outside.",
)
def nan_slips_through(
    spec: Loss, input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    alike(input, target)
    from_0_to_1(input=input.nan_to_num(0.5), target=target)
    return reduced(weighed(of_shares(input, target), weight), reduction)
