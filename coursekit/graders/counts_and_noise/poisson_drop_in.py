"""torch's loss of counts with all its flags: `poisson_nll_loss`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product
from typing import Any

import torch
import torch.nn.functional as F
from torch import nan, tensor

from coursekit.exercise import REDUCTIONS, Exercise, Function, Rng, refuses, same_dtype, same_gradient, same_value
from coursekit.graders.counts_and_noise.common import DTYPES, READY_MADE, counts, draw, rates
from coursekit.graders.counts_and_noise.poisson_drop_in_mistakes import MISTAKES
from coursekit.graders.counts_and_noise.specs import poisson_nll_loss_spec
from coursekit.wire import Question


def poisson_cases() -> Iterator[Question]:
    """Reductions × log_input × full × dtypes × shapes with both gradients; then eps, edges, whole numbers.

    Left out: with `full` the gradient by a target of 0, which is NaN in torch (masked after the logarithm, POI7), and
    whole targets beside a float64 input, whose ln target! torch computes in float32.
    """
    for reduction, log_input, full in product(REDUCTIONS, (True, False), (False, True)):
        flags: dict[str, Any] = {"reduction": reduction, "log_input": log_input, "full": full}
        for first, second in product(DTYPES, DTYPES):
            for shape in ((), (3,), (2, 3), (2, 2, 2), (0, 3)):
                numbers = torch.linspace(0.3, 2.1, math.prod(shape), dtype=first).reshape(shape)
                target = torch.linspace(0.25, 9.0, math.prod(shape), dtype=second).reshape(shape).flip(0)
                yield Question((numbers, target if shape else tensor(2.5, dtype=second)), flags, wrt=(0, 1))
            numbers, target = tensor([[0.5], [1.5]], dtype=first), tensor([1.0, 2.0, 4.0], dtype=second)
            yield Question((numbers, target), flags, wrt=(0, 1))
            yield Question((numbers, target), {**flags, "eps": 0.3}, wrt=(0, 1))
            edges = tensor([0.0, 0.0, -1.0, 30.0, -30.0, nan], dtype=first)
            yield Question((edges, tensor([0.0, 2.0, 1.0, 30.0, 3.0, 1.0], dtype=second)), flags, wrt=(0,))
        yield Question((tensor([0.5, 1.5, 2.0]), tensor([0, 1, 5])), flags, wrt=(0,))


poisson_nll_loss = Exercise(
    "poisson_nll_loss",
    poisson_nll_loss_spec,
    points=2,
    parity_points=2,
    forbids=READY_MADE,
    twin=F.poisson_nll_loss,
    cases=poisson_cases,
    idea="By default the input is a logarithm, which keeps every rate positive and makes the slope rate minus count.",
    hints=(
        "With λ the expected count the loss is λ - target · ln λ. What are λ and ln λ if `input` holds ln λ?",
        "Without `log_input` the input is λ itself, and eps stands inside the logarithm, nowhere else.",
        "With `full` add your `stirling(target)` to every element, before the reduction.",
    ),
)


@poisson_nll_loss.check
def log_rate(f: Function, rng: Rng) -> None:
    """The input is the logarithm of the rate: exp(0.5) - 2 · 0.5 = 0.6487"""
    same_value(f, poisson_nll_loss_spec, tensor([0.5]), tensor([2.0]))
    same_value(f, poisson_nll_loss_spec, draw(rng, -12, 12, 2, 3), counts(rng, 2, 3), reduction="none")


@poisson_nll_loss.check
def rate_itself(f: Function, rng: Rng) -> None:
    """log_input=False: the input is the rate, 3 - 2 ln 3 = 0.8028"""
    same_value(f, poisson_nll_loss_spec, tensor([3.0]), tensor([2.0]), log_input=False, reduction="sum")
    same_value(f, poisson_nll_loss_spec, rates(rng, 2, 3), counts(rng, 2, 3), log_input=False, reduction="none")


@poisson_nll_loss.check
def full_likelihood(f: Function, rng: Rng) -> None:
    """full=True adds Stirling's ln target!, 0.6518 for a target of 2

    For targets up to 1 it adds nothing.
    """
    same_value(f, poisson_nll_loss_spec, tensor([0.5, 0.5]), tensor([2.0, 5.0]), full=True, reduction="none")
    input, target = draw(rng, -12, 12, 5), tensor([0.0, 0.5, 1.0, 2.0, 5.0])
    same_value(f, poisson_nll_loss_spec, input, target, full=True, reduction="none")


@poisson_nll_loss.check
def log_rate_gradient(f: Function, rng: Rng) -> None:
    """The gradient with respect to a log-rate is expected minus counted

    That is, exp(input) - target, divided by the number of elements.
    """
    same_gradient(f, poisson_nll_loss_spec, tensor([0.5, -0.5]), tensor([0.0, 1.0]), log_input=True, reduction="mean")
    same_gradient(f, poisson_nll_loss_spec, draw(rng, -12, 12, 2, 3), counts(rng, 2, 3))


@poisson_nll_loss.parity
def poisson_reductions(f: Function, rng: Rng) -> None:
    """Three reductions with every pair of flags, and 'mean' is the default"""
    logs, target = draw(rng, -12, 12, 2, 3), counts(rng, 2, 3)
    same_value(f, poisson_nll_loss_spec, logs, target)
    for reduction, log_input, full in product(REDUCTIONS, (True, False), (False, True)):
        input = logs if log_input else logs.abs()
        flags: dict[str, Any] = {"log_input": log_input, "full": full, "reduction": reduction}
        same_value(f, poisson_nll_loss_spec, input, target, **flags)


@poisson_nll_loss.parity
def poisson_gradients(f: Function, rng: Rng) -> None:
    """The gradient with every flag, for input and target"""
    input, target = draw(rng, 2, 19, 2, 3), counts(rng, 2, 3)
    for reduction, log_input, full in product(REDUCTIONS, (True, False), (False, True)):
        flags: dict[str, Any] = {"log_input": log_input, "full": full, "reduction": reduction}
        same_gradient(f, poisson_nll_loss_spec, input, target, wrt=(0, 1), scale=3.0, **flags)


@poisson_nll_loss.parity
def where_eps_lives(f: Function, rng: Rng) -> None:
    """eps is added inside the logarithm, and only there

    Take it large to see where it goes: 0.1. With log_input it is not used. Its default is 1e-8: a rate of 0 costs
    36.84 at a count of 2.
    """
    rate, target = draw(rng, 1, 30, 2, 2), counts(rng, 2, 2)
    same_gradient(f, poisson_nll_loss_spec, tensor([0.0]), tensor([2.0]), log_input=False)
    same_gradient(f, poisson_nll_loss_spec, tensor([0.3]), tensor([2.0]), log_input=False, eps=0.1)
    same_gradient(f, poisson_nll_loss_spec, rate, target, log_input=False, eps=0.1, reduction="none")
    same_gradient(f, poisson_nll_loss_spec, rate - 2, target, log_input=True, eps=0.1, reduction="none")


@poisson_nll_loss.parity
def stirling_or_nothing(f: Function, rng: Rng) -> None:
    """full=True uses the formula for all targets above 1, whatever the term's size

    Up to 1 it adds nothing, at 0 as well; at 1.25 it adds 0.0594.
    """
    target = tensor([[0.0, 0.5, 1.0], [1.25, 2.0, 20.0]])
    for log_input in (True, False):
        flags: dict[str, Any] = {"log_input": log_input, "full": True, "reduction": "none"}
        same_value(f, poisson_nll_loss_spec, draw(rng, 3, 15, 2, 3), target, **flags)
    same_value(f, poisson_nll_loss_spec, draw(rng, 3, 15, 2, 3), target, full=True)


@poisson_nll_loss.parity
def negative_rates(f: Function, rng: Rng) -> None:
    """A negative rate gives NaN, a negative log-rate does not

    No count is expected less than never. A model that ends in a linear layer has to give log-rates.
    """
    input, target = tensor([-1.0, 0.5]), tensor([2.0, 3.0])
    same_value(f, poisson_nll_loss_spec, input, target, log_input=False, reduction="none")
    same_value(f, poisson_nll_loss_spec, input, target, reduction="none")
    same_value(f, poisson_nll_loss_spec, input, target, log_input=False)


@poisson_nll_loss.parity
def poisson_negative(f: Function, rng: Rng) -> None:
    """The loss may be negative, and is not cut off"""
    same_gradient(f, poisson_nll_loss_spec, tensor([3.0]), tensor([20.0]))
    same_gradient(f, poisson_nll_loss_spec, rates(rng, 2) + 9, tensor([25.0, 30.0]), log_input=False)


@poisson_nll_loss.parity
def poisson_broadcast(f: Function, rng: Rng) -> None:
    """Shapes broadcast without a word, as in torch

    (3, 1) against (3,) is nine pairs. torch's other losses warn of it, this one does not.
    """
    for full in (False, True):
        input, target = draw(rng, -12, 12, 3, 1), counts(rng, 3)
        same_value(f, poisson_nll_loss_spec, input, target, full=full, reduction="none")
        same_value(f, poisson_nll_loss_spec, input, target, full=full)


@poisson_nll_loss.parity
def whole_targets(f: Function, rng: Rng) -> None:
    """Targets may be whole numbers"""
    target = tensor([[0, 1, 2], [3, 5, 8]])
    for log_input, full in product((True, False), (False, True)):
        same_gradient(f, poisson_nll_loss_spec, draw(rng, 3, 15, 2, 3), target, log_input=log_input, full=full)


@poisson_nll_loss.parity
def poisson_loss_dtype(f: Function, rng: Rng) -> None:
    """float64 stays float64, also where only one of the two is"""
    input, target = draw(rng, 3, 15, 3), counts(rng, 3)
    for full in (False, True):
        same_dtype(f, poisson_nll_loss_spec, input, target, full=full)
        same_dtype(f, poisson_nll_loss_spec, input.double(), target.double(), full=full)
        same_dtype(f, poisson_nll_loss_spec, input, target.double(), dtype=torch.float64, full=full)
        same_dtype(f, poisson_nll_loss_spec, input.double(), target, dtype=torch.float64, full=full)


@poisson_nll_loss.parity
def poisson_empty(f: Function, rng: Rng) -> None:
    """An empty batch: the mean is NaN, the sum 0"""
    empty = torch.empty(0, 3)
    same_value(f, poisson_nll_loss_spec, empty, empty)
    same_value(f, poisson_nll_loss_spec, empty, empty, reduction="sum")
    same_value(f, poisson_nll_loss_spec, empty, empty, reduction="none", full=True)


@poisson_nll_loss.parity
def poisson_unknown_reduction(f: Function, rng: Rng) -> None:
    """An unknown reduction is refused"""
    refuses(f, draw(rng, 3, 15, 3), counts(rng, 3), reduction="average")
    refuses(f, draw(rng, 3, 15, 3), counts(rng, 3), log_input=False, full=True, reduction="batchmean")


poisson_nll_loss.misconceptions.extend(MISTAKES)
