"""The loss of a probability: `binary_cross_entropy`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod
from typing import Any

import torch
import torch.nn.functional as F
from torch import nan, tensor

from coursekit.exercise import REDUCTIONS, Exercise, Function, Rng, refuses, same_gradient, same_value
from coursekit.graders.binary_cross_entropy.common import DTYPES, FACTORS, LOSSES, SHARES, draw, with_shares
from coursekit.graders.binary_cross_entropy.drop_in import drop_in_parity, fitting_parity, weight_cases
from coursekit.graders.binary_cross_entropy.shares_mistakes import MISTAKES
from coursekit.graders.binary_cross_entropy.specs import shares_spec
from coursekit.wire import Question


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


binary_cross_entropy.misconceptions.extend(MISTAKES)
