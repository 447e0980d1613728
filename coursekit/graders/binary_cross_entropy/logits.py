"""The loss of a logit: `binary_cross_entropy_with_logits`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from math import prod
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nan, tensor

from coursekit.exercise import REDUCTIONS, Exercise, Function, Loss, Rng, refuses, same_dtype, same_gradient, same_value
from coursekit.graders.binary_cross_entropy.common import (
    DTYPES,
    FACTORS,
    LOGITS,
    LOSSES,
    POSITIVE,
    SHARES,
    draw,
    with_logits,
)
from coursekit.graders.binary_cross_entropy.drop_in import drop_in_parity, fitting_parity, weight_cases
from coursekit.graders.binary_cross_entropy.shared_mistakes import (
    ELEMENTWISE,
    broadcast,
    constant_target,
    if_no,
    if_yes,
    logits_only,
    mixing,
    on_logits,
    shared,
)
from coursekit.graders.binary_cross_entropy.specs import YES_AND_NO, logits_spec
from coursekit.wire import Question


def logits_cases() -> Iterator[Question]:
    """Reductions × weights × pos_weights × shapes × dtypes with both gradients; pictures, extremes, dtypes mixed."""
    for dtype, size in product(DTYPES, ((2, 3), (2, 2), (3, 1), (0, 3))):
        x = torch.linspace(-3, 2.6, prod(size), dtype=dtype).reshape(size)
        factors = torch.linspace(0.5, 4, size[1], dtype=dtype)
        for t, pos_weight in product((x.flip(0).sign().relu(), x.cos().square()), (None, factors, factors[:1].sum())):
            for flags in weight_cases(x, pos_weight=pos_weight):
                yield Question((x, t), flags, wrt=(0, 1))
    for dtype, reduction, shape in product(DTYPES, REDUCTIONS, ((), (3,), (2, 3, 2, 2), (0,))):
        x = torch.linspace(-2, 2.3, prod(shape), dtype=dtype).reshape(shape)
        yield Question((x, x.cos().square()), {"reduction": reduction}, wrt=(0, 1))
        if len(shape) == 4:
            classes = tensor([1.0, 2.0, 3.0], dtype=dtype).reshape(3, 1, 1)
            yield Question((x, x.cos().square()), {"reduction": reduction, "pos_weight": classes}, wrt=(0, 1))
    extremes = product((0.0, 1000.0, -1000.0, 50.0, -50.0, 20.0, -20.0), (0.0, 1.0, 0.25, 1.5))
    for dtype, (x_, t_), factor in product(DTYPES, extremes, (None, 3.0)):
        pos_weight = None if factor is None else tensor(factor, dtype=dtype)
        flags = {"pos_weight": pos_weight}
        yield Question((tensor([x_], dtype=dtype), tensor([t_], dtype=dtype)), flags, wrt=(0, 1))
    x, t = torch.linspace(-2, 2.3, 3), tensor([1.0, 0.0, 0.4])
    # the other way round torch gives float32, by accident: its result has the dtype of the target
    yield Question((x, t.double()), wrt=(0,))
    yield Question((tensor([nan, 1.0]), tensor([1.0, 0.0])), {"reduction": "none"})


binary_cross_entropy_with_logits = Exercise(
    "binary_cross_entropy_with_logits",
    logits_spec,
    points=3,
    parity_points=2,
    forbids=LOSSES,
    twin=F.binary_cross_entropy_with_logits,
    cases=logits_cases,
    idea="With the sigmoid inside the loss no probability is formed, so nothing is rounded, cut off or guarded.",
    hints=(
        "ln p is your `log_sigmoid` of x. And ln(1 - p)? The probability of no is σ(-x).",
        "`pos_weight` belongs to the part of yes alone, t · ln σ(x). `weight` belongs to the whole loss.",
        "`pos_weight.expand_as(target)` broadcasts as far as the target's shape, and refuses to go further.",
    ),
)


@binary_cross_entropy_with_logits.check
def logit_of_two(f: Function, rng: Rng) -> None:
    """At a logit of 2 a yes costs 0.1269, a no 2.1269"""
    same_value(f, logits_spec, tensor([2.0]), tensor([1.0]))
    same_value(f, logits_spec, tensor([2.0]), tensor([0.0]))


@binary_cross_entropy_with_logits.check
def table_of_eight(f: Function, rng: Rng) -> None:
    """Four samples with two outputs: one loss each, their sum 11.7856, their mean 1.4732"""
    table = tensor([[1.0, 2.0], [2.0, 2.0], [3.0, 4.0], [4.0, 5.0]])
    target = tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    for reduction in REDUCTIONS:
        same_value(f, logits_spec, table, target, reduction=reduction)
        same_value(f, logits_spec, *with_logits(rng, 2, 2), reduction=reduction)


@binary_cross_entropy_with_logits.check
def soft_logit(f: Function, rng: Rng) -> None:
    """A target of 0.75 is three quarters of a yes and one of a no"""
    same_value(f, logits_spec, tensor([2.0]), tensor([0.75]))
    same_value(f, logits_spec, draw(rng, LOGITS, 3), draw(rng, SHARES, 3))


@binary_cross_entropy_with_logits.check
def logits_slope(f: Function, rng: Rng) -> None:
    """The slope is σ(x) - t, divided by the number of elements"""
    same_gradient(f, logits_spec, *with_logits(rng, 2, 2))
    same_gradient(f, logits_spec, draw(rng, LOGITS, 3), draw(rng, SHARES, 3), reduction="sum")


@binary_cross_entropy_with_logits.check
def large_logits(f: Function, rng: Rng) -> None:
    """Logits of 20 and of ±1000: a sure mistake costs as much as its logit, with slope ±1

    Through a probability it would be 100 at most, and the slope 0.
    """
    big = 100.0 * int(rng.integers(8, 11))
    same_gradient(f, logits_spec, tensor([20.0]), tensor([0.0]))
    for x, t in product((big, -big), (0.0, 1.0)):
        same_gradient(f, logits_spec, tensor([x, 0.5]), tensor([t, 1.0]), reduction="sum")


@binary_cross_entropy_with_logits.check
def yes_counts_more(f: Function, rng: Rng) -> None:
    """With `pos_weight` 3 a yes costs three times as much, a no as much as before"""
    yes_and_no = tensor([2.0, 2.0]), tensor([1.0, 0.0])
    same_value(f, logits_spec, *yes_and_no, pos_weight=tensor([3.0]), reduction="none")
    for reduction in REDUCTIONS:
        pair = with_logits(rng, 2, 3)
        same_value(f, logits_spec, *pair, pos_weight=draw(rng, POSITIVE, 3), reduction=reduction)


@binary_cross_entropy_with_logits.parity
def soft_yes_counts_more(f: Function, rng: Rng) -> None:
    """`pos_weight` with a target of 0.4: only the part of yes is multiplied"""
    same_gradient(f, logits_spec, tensor([0.3]), tensor([0.4]), pos_weight=tensor([3.0]))
    x, t = draw(rng, LOGITS, 3), draw(rng, SHARES, 3)
    same_gradient(f, logits_spec, x, t, wrt=(0, 1), pos_weight=draw(rng, POSITIVE, 3), reduction="sum")


@binary_cross_entropy_with_logits.parity
def both_weights(f: Function, rng: Rng) -> None:
    """`weight` and `pos_weight` together, with every reduction, in value and gradient"""
    flags: dict[str, Any]
    for reduction in REDUCTIONS:
        flags = {"weight": draw(rng, FACTORS, 2), "pos_weight": draw(rng, POSITIVE, 2), "reduction": reduction}
        same_gradient(f, logits_spec, *with_logits(rng, 2, 2), wrt=(0, 1), scale=3.0, **flags)


@binary_cross_entropy_with_logits.parity
def where_pos_weight_lines_up(f: Function, rng: Rng) -> None:
    """`pos_weight` lines up with the last dimension, unless its shape says otherwise

    For classes in dimension 1 the caller gives it the shape (C, 1, 1).
    """
    for shape in ((2,), (2, 1), (2, 1, 1), (2, 2, 2), ()):
        same_value(f, logits_spec, *with_logits(rng, 2, 2, 2), pos_weight=draw(rng, POSITIVE * 2, *shape))
    x, t = with_logits(rng, 2, 2, 2)
    same_value(f, logits_spec, x, t.clamp(min=0.25), pos_weight=tensor([0.5, 3.0]), reduction="none")


@binary_cross_entropy_with_logits.parity
def large_and_weighted(f: Function, rng: Rng) -> None:
    """Logits of ±1000 with `pos_weight`"""
    big = 100.0 * int(rng.integers(8, 11))
    flags: dict[str, Any] = {"pos_weight": tensor([3.0]), "reduction": "sum"}
    for x in (big, -big):
        same_gradient(f, logits_spec, tensor([x, 0.5]), tensor([1.0, 1.0]), **flags)
        same_gradient(f, logits_spec, tensor([x, 0.5]), tensor([0.0, 1.0]), **flags)


@binary_cross_entropy_with_logits.parity
def logits_at_zero(f: Function, rng: Rng) -> None:
    """The slope at a logit of exactly 0 is ½ - t

    `clamp`, `relu` and `abs` decide for one side there. A model whose last layer starts with zeros begins at this very
    place.
    """
    for t in (0.0, 1.0, 0.25):
        same_gradient(f, logits_spec, tensor([0.0, 1.5]), tensor([t, 1.0]), reduction="sum")


drop_in_parity(binary_cross_entropy_with_logits, with_logits)
fitting_parity(binary_cross_entropy_with_logits, with_logits)


@binary_cross_entropy_with_logits.parity
def pos_weight_too_large(f: Function, rng: Rng) -> None:
    """`pos_weight` as [w_no, w_yes] for one output is refused

    It is one number for each output. For (N, 1) that is one number.
    """
    refuses(f, *with_logits(rng, 4, 1), pos_weight=tensor([1.0, 3.0]))


@binary_cross_entropy_with_logits.parity
def finer_dtype(f: Function, rng: Rng) -> None:
    """float32 logits together with a float64 target become float64"""
    x, t = with_logits(rng, 2, 2)
    same_dtype(f, logits_spec, x, t.double(), dtype=torch.float64)


wrong = binary_cross_entropy_with_logits.misconceptions


def with_pos_weight(formula: Loss) -> Loss:
    """The loss of each logit by a formula of what a yes and a no cost, of t, and of the factor of a yes."""

    def twist(losses: Loss, x: Tensor, t: Tensor, w: Tensor | float) -> Tensor:
        return formula(if_yes(losses, x, t), if_no(losses, x, t), t, w)

    return partial(logits_spec, twist=twist)


wrong.table(
    with_pos_weight,
    logits_no_pos_weight=(
        "`pos_weight` is not used: it is a factor for the part of yes.",
        lambda yes, no, t, w: t * yes + (1 - t) * no,
    ),
    logits_whole_row=(
        "`pos_weight` multiplies the whole loss wherever the target is above 0. With a target of 0.4 only the 0.4 of "
        "yes has the factor, the 0.6 of no has none.",
        lambda yes, no, t, w: (t * yes + (1 - t) * no) * torch.where(t > 0, w, 1.0),
        "BCEL4",
    ),
    logits_mixed_factor=(
        "The whole loss is multiplied by 1 + (w - 1) t. For targets of 0 and 1 that is right; between them the part of "
        "no is multiplied too.",
        lambda yes, no, t, w: (t * yes + (1 - t) * no) * (1 + (w - 1) * t),
        "BCEL4",
    ),
    logits_weight_of_no=(
        "`pos_weight` multiplies the noes. It is the factor of a yes.",
        lambda yes, no, t, w: t * yes + w * (1 - t) * no,
    ),
    logits_weight_of_both=(
        "`pos_weight` multiplies yes and no alike. That is what `weight` does; the two may have changed places.",
        lambda yes, no, t, w: w * (t * yes + (1 - t) * no),
    ),
    logits_divided_no=(
        "The noes are divided by `pos_weight`: the ratio is right, the size of the loss is not.",
        lambda yes, no, t, w: t * yes + (1 - t) * no / w,
    ),
)


@wrong("The mean divides by the sum of the factors that `pos_weight` gave out. It divides by the number.")
def logits_mean_by_pos_weights(input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    w, loss = flags.get("pos_weight"), logits_spec(input, target, **flags)
    if w is None or flags.get("reduction", "mean") != "mean":
        return loss
    factors: Tensor = 1 + (w - 1) * target
    return loss * target.numel() / factors.sum()


@wrong(
    "`pos_weight` lines up with dimension 1, where pictures have their classes. It broadcasts as everything does, from "
    "the last dimension: for pictures the caller gives it the shape (C, 1, 1).",
    covers="BCEL6",
)
def logits_pos_weight_on_channels(input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    w = flags.get("pos_weight")
    if w is not None and w.ndim == 1 and input.ndim > 2:
        flags["pos_weight"] = w.reshape(-1, *[1] * (input.ndim - 2))
    return logits_spec(input, target, **flags)


@wrong("`pos_weight` lines up with the rows, as if it were one factor for each sample. It is one for each output.")
def logits_pos_weight_on_rows(input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    w = flags.get("pos_weight")
    if w is not None and w.ndim == 1 and input.ndim > 1 and len(w) == len(input):
        flags["pos_weight"] = w.reshape(-1, *[1] * (input.ndim - 1))
    return logits_spec(input, target, **flags)


@wrong(
    "A `pos_weight` of two numbers beside one output makes two losses of each. torch refuses it: `expand_as` does too.",
    covers="BCEL5",
)
def logits_pos_weight_grows(input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    if flags.get("pos_weight") is not None and input.shape == target.shape:
        input, target, flags["pos_weight"] = broadcast(input, target, flags["pos_weight"])
    return logits_spec(input, target, **flags)


@wrong("`pos_weight` below 1 has no effect here. It may make a yes count less as well.")
def logits_only_above_one(input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    w = flags.pop("pos_weight", None)
    return logits_spec(input, target, pos_weight=None if w is None else w.clamp(min=1), **flags)


wrong.table(
    on_logits(logits_spec),
    logits_hinge=(
        "This is a hinge, max(0, 1 - (2t - 1) x): once a logit is beyond 1 nothing is left to learn, and nothing "
        "is a probability.",
        lambda x, t, w=1.0: (1 + (w - 1) * t) * (1 - (2 * t - 1) * x).clamp(min=0),
    ),
)
wrong.extend(shared("logits", logits_spec, mixing, constant_target, logits_only, *ELEMENTWISE))
wrong.table(
    with_pos_weight,
    logits_target_weighed=(
        "The target itself is multiplied by `pos_weight`, in the part of no as well. Only the part of yes has the "
        "factor.",
        lambda yes, no, t, w: t * w * yes + (1 - t * w) * no,
    ),
)


@wrong("|x| has lost its bars: it is max(0, x) - x · t + ln(1 + exp(-|x|)).")
def logits_size_missing(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    def twist(losses: Loss, x: Tensor, t: Tensor, w: Tensor | float) -> Tensor:
        return x.clamp(min=0) - x * t + (1 + (w - 1) * t) * x.exp().log1p()

    return logits_spec(input, target, weight, reduction, pos_weight, twist=twist)


wrong.terms(lambda twist: partial(logits_spec, twist=twist), **YES_AND_NO)


def by_yes_factor(act: Callable[[Tensor], Tensor]) -> Loss:
    """The loss with another `pos_weight`."""

    def loss(
        input: Tensor,
        target: Tensor,
        weight: Tensor | None = None,
        reduction: str = "mean",
        pos_weight: Tensor | None = None,
    ) -> Tensor:
        return logits_spec(input, target, weight, reduction, None if pos_weight is None else act(pos_weight))

    return loss


wrong.table(
    by_yes_factor,
    logits_pos_weight_squared=("`pos_weight` multiplies twice.", lambda w: w * w),
    logits_pos_weight_rooted=("The root of `pos_weight` is taken.", lambda w: w.sqrt()),
    logits_pos_weight_inverted=("The part of yes is divided by `pos_weight`. It is multiplied by it.", lambda w: 1 / w),
    logits_pos_weight_and_one=(
        "`pos_weight` is added to a 1 that was there already, or is less by one.",
        (lambda w: w + 1, lambda w: w - 1),
    ),
)
wrong.table(
    logits_moved_by_pos_weight=(
        "The logarithm of `pos_weight` is added to the logit. It is a factor of the part of yes.",
        lambda x, t, weight=None, reduction="mean", pos_weight=None: logits_spec(
            x if pos_weight is None else x + pos_weight.log(), t, weight, reduction
        ),
    ),
)
