"""torch's loss of counts with all its flags: `poisson_nll_loss`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nan, tensor

from coursekit.exercise import REDUCTIONS, Exercise, Function, reduced, refuses, same_dtype, same_gradient, same_value
from coursekit.graders.counts_and_noise.common import DTYPES, READY_MADE, Loss, Rng, counts, draw, rates
from coursekit.graders.counts_and_noise.poisson import (
    exact_factorial,
    masked_at_zero,
    masked_by_term,
    one_included,
    root_missing,
    root_not_halved,
    stirling_formula,
    stirling_spec,
)
from coursekit.graders.counts_and_noise.shared_mistakes import wrong_reductions
from coursekit.wire import Question


def poisson_nll_loss_spec(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    eps: float = 1e-8,
    reduction: str = "mean",
) -> Tensor:
    """Exp(input) - target · input, or input - target · ln(input + eps); with full, plus Stirling's ln target!."""
    losses = input.exp() - target * input if log_input else input - target * (input + eps).log()
    if full:
        losses = losses + stirling_spec(target)
    return reduced(losses, reduction)


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
    """The gradient by a log-rate is expected minus counted

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
    """The gradient with every flag, by input and by target"""
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


wrong_reductions(poisson_nll_loss)


@poisson_nll_loss.misconception(  # POI1
    "`log_input` is turned round: with True, the default, the input is the logarithm of the rate."
)
def log_input_inverted(input: Tensor, target: Tensor, log_input: bool = True, **flags: Any) -> Tensor:
    return poisson_nll_loss_spec(input, target, not log_input, **flags)


@poisson_nll_loss.misconception(  # POI1
    "`log_input` is ignored: the input is always taken for the rate. With True, the default, it is its logarithm."
)
def always_a_rate(input: Tensor, target: Tensor, log_input: bool = True, **flags: Any) -> Tensor:
    return poisson_nll_loss_spec(input, target, False, **flags)


@poisson_nll_loss.misconception(
    "`log_input` is ignored: the input is always taken for the logarithm of the rate. With False it is the rate."
)
def always_a_log_rate(input: Tensor, target: Tensor, log_input: bool = True, **flags: Any) -> Tensor:
    return poisson_nll_loss_spec(input, target, True, **flags)


@poisson_nll_loss.misconception(
    "The default of `log_input` is False here. In torch a call without it passes logarithms of rates."
)
def log_input_off(input: Tensor, target: Tensor, log_input: bool = False, **flags: Any) -> Tensor:
    return poisson_nll_loss_spec(input, target, log_input, **flags)


def loss_of(element: Loss, constant: Callable[[Tensor], Tensor] = stirling_spec) -> Loss:
    """The loss with another term for the rate, or another one for ln target!, and all its flags."""

    def loss(
        input: Tensor,
        target: Tensor,
        log_input: bool = True,
        full: bool = False,
        eps: float = 1e-8,
        reduction: str = "mean",
    ) -> Tensor:
        losses = element(input, target, log_input, eps)
        return reduced(losses + constant(target) if full else losses, reduction)

    return loss


def rate_and_log(input: Tensor, log_input: bool, eps: float) -> tuple[Tensor, Tensor]:
    """λ, and the logarithm of it that the loss uses."""
    return (input.exp(), input) if log_input else (input, (input + eps).log())


def poisson_element(input: Tensor, target: Tensor, log_input: bool, eps: float) -> Tensor:
    rate, log_of_rate = rate_and_log(input, log_input, eps)
    return rate - target * log_of_rate


def wrong_element(explanation: str) -> Callable[[Loss], Loss]:
    """Registers a mistake in what `full` does not touch: a function of input, target, log_input and eps."""

    def register(element: Loss) -> Loss:
        poisson_nll_loss.misconception(explanation, element.__name__)(loss_of(element))
        return element

    return register


@wrong_element(  # POI5
    "eps was added to the rate itself, and so counts outside the logarithm too. It belongs inside, to keep ln from 0."
)
def eps_in_the_rate(input: Tensor, target: Tensor, log_input: bool, eps: float) -> Tensor:
    return poisson_element(input, target, log_input, eps) + (0 if log_input else eps)


@wrong_element("eps is not used: without `log_input` the logarithm is of input + eps.")
def eps_ignored(input: Tensor, target: Tensor, log_input: bool, eps: float) -> Tensor:
    return poisson_element(input, target, log_input, 0.0)


@wrong_element("eps is fixed at 1e-8, whatever was asked for.")
def eps_fixed(input: Tensor, target: Tensor, log_input: bool, eps: float) -> Tensor:
    return poisson_element(input, target, log_input, 1e-8)


@wrong_element(
    "The rate is kept at eps or more inside the logarithm. torch adds eps to it: a gradient is left at a rate of 0."
)
def eps_is_a_floor(input: Tensor, target: Tensor, log_input: bool, eps: float) -> Tensor:
    return poisson_element(input, target, True, eps) if log_input else input - target * input.clamp(min=eps).log()


@wrong_element("eps is used with `log_input` as well. There the logarithm is given, and nothing has to be kept from 0.")
def eps_with_log_input(input: Tensor, target: Tensor, log_input: bool, eps: float) -> Tensor:
    return poisson_element(input.exp() if log_input else input, target, False, eps)


@wrong_element("The sign is turned: this grows when the counts become likelier.")
def poisson_turned(input: Tensor, target: Tensor, log_input: bool, eps: float) -> Tensor:
    return -poisson_element(input, target, log_input, eps)


@wrong_element("target · ln λ was added. A likely count should cost less: it is subtracted.")
def poisson_added(input: Tensor, target: Tensor, log_input: bool, eps: float) -> Tensor:
    rate, log_of_rate = rate_and_log(input, log_input, eps)
    return rate + target * log_of_rate


@wrong_element("The rate is missing: -target · ln λ alone is least where every rate is infinite.")
def poisson_rate_missing(input: Tensor, target: Tensor, log_input: bool, eps: float) -> Tensor:
    return -target * rate_and_log(input, log_input, eps)[1]


@wrong_element("The logarithm is not multiplied by the target: every event counted brings one -ln λ.")
def poisson_target_missing(input: Tensor, target: Tensor, log_input: bool, eps: float) -> Tensor:
    rate, log_of_rate = rate_and_log(input, log_input, eps)
    return rate - log_of_rate + 0 * target


@wrong_element(
    "The input is not put through `exp` where it stands alone: with `log_input` this is input - target · input."
)
def exp_missing(input: Tensor, target: Tensor, log_input: bool, eps: float) -> Tensor:
    return input - target * rate_and_log(input, log_input, eps)[1]


@wrong_element("Input and target have changed places. torch has the prediction first; Keras has the truth first.")
def poisson_swapped(input: Tensor, target: Tensor, log_input: bool, eps: float) -> Tensor:
    return poisson_element(target, input, log_input, eps)


@wrong_element(
    "This is half the deviance: it has target · ln target - target as well. It falls to 0 at a perfect rate; torch's "
    "loss does not contain it."
)
def half_deviance(input: Tensor, target: Tensor, log_input: bool, eps: float) -> Tensor:
    return poisson_element(input, target, log_input, eps) + torch.xlogy(target, target) - target


@wrong_element("This is the squared error of the rate. It takes every count to be equally noisy.")
def squared_error(input: Tensor, target: Tensor, log_input: bool, eps: float) -> Tensor:
    return (rate_and_log(input, log_input, eps)[0] - target).square()


@wrong_element(  # POI6
    "A negative rate was lifted to 0, and the loss looks healthy. torch gives NaN: a rate cannot be negative, and the "
    "model should give its logarithm."
)
def rate_lifted(input: Tensor, target: Tensor, log_input: bool, eps: float) -> Tensor:
    return poisson_element(input if log_input else input.clamp(min=0), target, log_input, eps)


@wrong_element(  # POI6
    "A negative rate lost its sign, and the loss looks healthy. torch gives NaN: a rate cannot be negative, and the "
    "model should give its logarithm."
)
def rate_without_sign(input: Tensor, target: Tensor, log_input: bool, eps: float) -> Tensor:
    return poisson_element(input if log_input else input.abs(), target, log_input, eps)


@wrong_element(  # POI6
    "A softplus was applied to the rate inside. The caller makes the rate positive; here it is taken as it stands."
)
def softplus_inside(input: Tensor, target: Tensor, log_input: bool, eps: float) -> Tensor:
    return poisson_element(input if log_input else F.softplus(input), target, log_input, eps)


@wrong_element("No gradient flows back to the target. In torch it does: -ln λ for each.")
def poisson_target_detached(input: Tensor, target: Tensor, log_input: bool, eps: float) -> Tensor:
    return poisson_element(input, target.detach(), log_input, eps)


@wrong_element("No gradient flows through the exponential: the value is right, the slope lacks the rate.")
def exp_detached(input: Tensor, target: Tensor, log_input: bool, eps: float) -> Tensor:
    rate, log_of_rate = rate_and_log(input, log_input, eps)
    return (rate.detach() if log_input else rate) - target * log_of_rate


@wrong_element("Everything was converted to float32. float64 input should stay float64.")
def always_float32(input: Tensor, target: Tensor, log_input: bool, eps: float) -> Tensor:
    return poisson_element(input, target, log_input, eps).float()


def wrong_constant(explanation: str, name: str, constant: Callable[[Tensor], Tensor]) -> None:
    """Registers a mistake in what `full` adds."""
    poisson_nll_loss.misconception(explanation, name)(loss_of(poisson_element, constant))


wrong_constant(
    "`full` is ignored: with True it adds Stirling's approximation of ln target!.",
    "full_ignored",
    lambda target: 0 * target,
)
wrong_constant(  # POI2
    "`full` adds ln target! exactly (`lgamma`). That is the better likelihood, but torch adds Stirling's "
    "approximation: 0.04 less at a target of 2, and nothing up to 1.",
    "full_is_exact",
    exact_factorial,
)
wrong_constant(  # POI4
    "Stirling's formula is used at a target of 1 as well, where it gives -0.081. torch uses it above 1 only.",
    "full_from_one",
    one_included,
)
wrong_constant(  # POI4
    "Stirling's formula is used for every target above 0. torch uses it above 1 only.",
    "full_above_zero",
    masked_at_zero,
)
wrong_constant(  # POI4
    "Stirling's formula is used for every target, and gives NaN at 0. torch uses it above 1 only.",
    "full_everywhere",
    stirling_formula,
)
wrong_constant(  # POI3
    "Stirling's term is masked where the term is up to 1, not where the target is: a target of 2 loses its 0.65. "
    "(Another framework shipped this.)",
    "full_masked_by_term",
    masked_by_term,
)
wrong_constant(
    "`full` lacks ½ ln(2π · target), the last term of Stirling's formula.", "full_without_root", root_missing
)
wrong_constant(
    "`full` adds ln(2π · target) whole. It is halved: ½ ln(2π · target).", "full_root_whole", root_not_halved
)
wrong_constant(
    "`full` subtracts Stirling's ln target!. It is added: target! divides the probability.",
    "full_subtracted",
    lambda target: -stirling_spec(target),
)


@poisson_nll_loss.misconception("ln target! is always added, by Stirling's formula. It is added only with `full`.")
def always_full(input: Tensor, target: Tensor, full: bool = False, **flags: Any) -> Tensor:
    return poisson_nll_loss_spec(input, target, full=True, **flags)


@poisson_nll_loss.misconception(
    "With `full` ln target! is added after the reduction, as the sum over all targets. It belongs to every element."
)
def full_after_reduction(input: Tensor, target: Tensor, full: bool = False, **flags: Any) -> Tensor:
    constant = stirling_spec(target).sum() if full else 0
    return poisson_nll_loss_spec(input, target, **flags) + constant


@poisson_nll_loss.misconception(
    "Shapes that differ are refused. That may be wise, but torch broadcasts them, and a drop-in does what torch does."
)
def broadcast_refused(input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    if input.shape != target.shape:
        raise ValueError("shapes differ")
    return poisson_nll_loss_spec(input, target, **flags)


@poisson_nll_loss.misconception("Whole numbers are refused as targets. They are what counts are: torch accepts them.")
def whole_refused(input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    if not target.is_floating_point():
        raise TypeError("float targets only")
    return poisson_nll_loss_spec(input, target, **flags)
