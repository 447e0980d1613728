"""Losses that are likelihoods: Poisson's of counts, Laplace's and Gauss's of noise, torch's and Keras's drop-ins.

Sources: Bortkiewicz, Das Gesetz der kleinen Zahlen (1898); Nix and Weigend, Estimating the mean and variance of the
target probability distribution (1994); `torch.nn.functional.poisson_nll_loss` and `gaussian_nll_loss`;
`torch.distributions`; `keras.losses.poisson`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, inf, nan, tensor

from coursekit.compare import refuses, same_dtype, same_gradient, same_value
from coursekit.exercise import Exercise, Question
from coursekit.grading import Function
from coursekit.reductions import REDUCTIONS, reduced, wrong_words
from coursekit.twins import keras_twin

Rng = np.random.Generator
Loss = Callable[..., Tensor]

# as a TorchFunctionMode sees them, with the overload's name where one is called through torch.ops
READY_MADE = ("poisson_nll_loss", "poisson_nll_loss.default", "gaussian_nll_loss")
DTYPES = (torch.float32, torch.float64)


def draw(rng: Rng, low: int, high: int, *shape: int) -> Tensor:
    """Numbers in steps of 1/10, from low/10 to high/10, all of them different."""
    return tensor(rng.permutation(np.arange(low, high + 1))[: math.prod(shape)].reshape(shape) / 10).float()


def counts(rng: Rng, *shape: int) -> Tensor:
    """Different whole numbers from 2 on, as floats."""
    return tensor(rng.permutation(np.arange(2, 15))[: math.prod(shape)].reshape(shape)).float()


def rates(rng: Rng, *shape: int) -> Tensor:
    """Expected counts: different, and well away from 1, whose logarithm is 0."""
    return draw(rng, 13, 59, *shape)


# ---- what several exercises get wrong alike -------------------------------------------------------------------


def wrong_densities(exercise: Exercise) -> None:
    """The mistakes that -ln of any density invites, element by element."""
    spec = exercise.spec
    mistakes: tuple[tuple[str, str, Callable[[Tensor], Tensor]], ...] = (
        (
            "log_likelihood",
            "The sign is missing: this is the logarithm of the likelihood, which is to be large. A loss is to be low.",
            lambda nll: -nll,
        ),
        (
            "likelihood",
            "This is the likelihood itself. The loss is -ln of it, so that a product over samples becomes a sum.",
            lambda nll: (-nll).exp(),
        ),
        (  # I4
            "bits",
            "This is in bits. Nats need the natural logarithm, `torch.log`.",
            lambda nll: nll / math.log(2),
        ),
        (
            "summed",
            "This sums over the elements. Here each element keeps its own surprise.",
            lambda nll: nll.sum(),
        ),
        (
            "averaged",
            "This averages over the elements. Here each element keeps its own surprise.",
            lambda nll: nll.mean(),
        ),
    )
    for name, explanation, spoil in mistakes:

        def wrong(*args: Tensor, _spoil: Callable[[Tensor], Tensor] = spoil) -> Tensor:
            return _spoil(spec(*args))

        exercise.misconception(explanation, name)(wrong)


def wrong_reductions(exercise: Exercise) -> None:
    """The mistakes that `reduction` invites, in a loss of elements."""
    spec = exercise.spec

    def wrong(name: str, explanation: str, choose: Callable[[Tensor, str], Tensor]) -> None:
        def loss(*args: Any, reduction: str = "mean", **flags: Any) -> Tensor:
            return choose(spec(*args, reduction="none", **flags), reduction)

        exercise.misconception(explanation, name)(loss)

    wrong_words(exercise)
    wrong(
        "mean_over_rows",
        "'mean' divides by the number of rows. torch divides by the number of all elements: a table of three columns "
        "gives a third of this.",
        lambda losses, reduction: (
            losses.sum() / losses.shape[0] if reduction == "mean" and losses.ndim else reduced(losses, reduction)
        ),
    )
    wrong(
        "none_sums_rows",
        "'none' sums over the last dimension. It should leave one loss an element.",
        lambda losses, reduction: losses.sum(-1) if reduction == "none" else reduced(losses, reduction),
    )
    wrong(
        "mean_of_last",
        "'mean' averages over the last dimension only, as Keras does. torch's mean is one number, over everything.",
        lambda losses, reduction: losses.mean(-1) if reduction == "mean" else reduced(losses, reduction),
    )
    wrong(
        "empty_is_zero",
        "The mean of an empty batch is 0 here. torch gives NaN: nothing was measured, and that should be seen.",
        lambda losses, reduction: (
            losses.sum() if reduction == "mean" and not losses.numel() else reduced(losses, reduction)
        ),
    )
    wrong(
        "kept_above_0",
        "What is below 0 was cut off. A negative log-likelihood may be negative; cut off, it has no gradient there.",
        lambda losses, reduction: reduced(losses.clamp(min=0), reduction),
    )


# ---- poisson_nll ----------------------------------------------------------------------------------------------


def poisson_nll_spec(rate: Tensor, count: Tensor) -> Tensor:
    """Rate - count · ln rate + ln count!, with 0 ln 0 = 0."""
    log_rate = rate.where(count > 0, 1.0).log()
    return rate - count * log_rate + (count + 1).lgamma()


poisson_nll = Exercise(
    "poisson_nll",
    poisson_nll_spec,
    points=1,
    parity_points=1,
    forbids=READY_MADE,
    idea="A loss of counts is -ln of a probability of counts; its slope by the rate is 1 - count / rate.",
    hints=(
        "P(count) = exp(-rate) · rate^count / count!. Take -ln on paper first: a product becomes a sum.",
        "`torch.lgamma(x)` is ln (x - 1)! for a whole x. Which x gives ln count!?",
        "For a rate of 0 and a count of 0 the computer finds 0 · (-inf) = nan. Who decides whether the logarithm "
        "matters, the rate or the count?",
    ),
)


@poisson_nll.check
def two_of_three(f: Function, rng: Rng) -> None:
    """3 expected, 2 came: probability 0.2240, surprise 1.4959 nats"""
    same_value(f, poisson_nll_spec, tensor(3.0), tensor(2.0))
    same_value(f, poisson_nll_spec, rates(rng, 3), counts(rng, 3))


@poisson_nll.check
def nothing_came(f: Function, rng: Rng) -> None:
    """3 expected, none came: 3 nats

    0! is 1, and 1! is 1.
    """
    same_value(f, poisson_nll_spec, tensor([3.0, 3.0]), tensor([0.0, 1.0]))
    same_value(f, poisson_nll_spec, rates(rng, 2), tensor([0.0, 1.0]))


@poisson_nll.check
def poisson_shapes(f: Function, rng: Rng) -> None:
    """One surprise an element, in any shape"""
    same_value(f, poisson_nll_spec, rates(rng, 2, 3), counts(rng, 2, 3))
    same_value(f, poisson_nll_spec, rates(rng, 2, 1), counts(rng, 3))


@poisson_nll.check
def poisson_gradient(f: Function, rng: Rng) -> None:
    """The gradient by the rate is 1 - count / rate"""
    same_gradient(f, poisson_nll_spec, rates(rng, 2, 3), counts(rng, 2, 3))
    same_gradient(f, poisson_nll_spec, rates(rng, 2), tensor([0.0, 1.0]))


@poisson_nll.parity
def large_counts(f: Function, rng: Rng) -> None:
    """Large counts do not overflow

    200! and 100²⁰⁰ are larger than float32 or float64 can hold. Their logarithms are not: never form the probability.
    """
    count = 10.0 * int(rng.integers(20, 40))
    same_gradient(f, poisson_nll_spec, tensor([100.0]), tensor([200.0]))
    same_gradient(f, poisson_nll_spec, tensor([count + 7, 1000.0]).double(), tensor([count, 900.0]).double())


@poisson_nll.parity
def nothing_expected(f: Function, rng: Rng) -> None:
    """A rate of 0: a count of 0 costs 0 and has the gradient 1, any other count costs inf

    Look for 0 · (-inf), and for a small number added inside the logarithm.
    """
    same_value(f, poisson_nll_spec, tensor([0.0, 0.0, 2.5]), tensor([2.0, 1.0, 1.0]))
    same_gradient(f, poisson_nll_spec, tensor([0.0, 2.5]), tensor([0.0, 0.0]))


@poisson_nll.parity
def poisson_dtype(f: Function, rng: Rng) -> None:
    """float64 stays float64; whole numbers are counts as well"""
    rate, count = rates(rng, 3), counts(rng, 3)
    same_dtype(f, poisson_nll_spec, rate, count.long())
    same_dtype(f, poisson_nll_spec, rate.double(), count.double())


wrong_densities(poisson_nll)


@poisson_nll.misconception(
    "ln count! is missing. It does not depend on the rate, so training is the same; the surprise at a count is not."
)
def factorial_missing(rate: Tensor, count: Tensor) -> Tensor:
    return poisson_nll_spec(rate, count) - (count + 1).lgamma()


@poisson_nll.misconception(
    "This has ln (count - 1)! in place of ln count!: `lgamma(x)` is ln (x - 1)!, so it wants count + 1."
)
def lgamma_one_short(rate: Tensor, count: Tensor) -> Tensor:
    return factorial_missing(rate, count) + count.lgamma()


@poisson_nll.misconception(  # POI2
    "ln count! is an approximation here (Stirling's). It is 0.04 short at a count of 2; `torch.lgamma` is exact."
)
def approximate(rate: Tensor, count: Tensor) -> Tensor:
    return factorial_missing(rate, count) + stirling_spec(count)


@poisson_nll.misconception("ln count! was subtracted. It divides the probability, so it adds to the surprise.")
def factorial_subtracted(rate: Tensor, count: Tensor) -> Tensor:
    return factorial_missing(rate, count) - (count + 1).lgamma()


@poisson_nll.misconception("The factor exp(-rate) is missing: without it the probabilities do not sum to 1.")
def rate_missing(rate: Tensor, count: Tensor) -> Tensor:
    return poisson_nll_spec(rate, count) - rate


@poisson_nll.misconception("count · ln rate was added. A likely count should cost less: it is subtracted.")
def logarithm_added(rate: Tensor, count: Tensor) -> Tensor:
    return 2 * (rate + (count + 1).lgamma()) - poisson_nll_spec(rate, count)


@poisson_nll.misconception(  # POI1
    "The rate was taken for its logarithm: it went through `exp`. Here it is the expected count itself."
)
def rate_is_logarithm(rate: Tensor, count: Tensor) -> Tensor:
    return poisson_nll_spec(rate.exp(), count)


@poisson_nll.misconception("The arguments have changed places: the rate is first, and it is what the logarithm sees.")
def rate_and_count_swapped(rate: Tensor, count: Tensor) -> Tensor:
    return poisson_nll_spec(count, rate)


@poisson_nll.misconception(
    "count · ln rate lost its count: every event of the count brings a factor of rate, so rate^count."
)
def logarithm_once(rate: Tensor, count: Tensor) -> Tensor:
    return rate - rate.log() + (count + 1).lgamma()


@poisson_nll.misconception(
    "The probability is formed first, and overflows for large counts: rate^count and count! both become inf. Stay "
    "with logarithms."
)
def probability_first(rate: Tensor, count: Tensor) -> Tensor:
    # in float64, as many would write it to be safe, the overflow comes later, and comes all the same
    return -((-rate).exp() * rate**count / (count + 1).lgamma().exp()).log()


@poisson_nll.misconception(  # I1
    "0 · ln 0 came out as NaN. Where nothing came, the rate's logarithm does not matter: keep it away from 0 there."
)
def poisson_zero_nan(rate: Tensor, count: Tensor) -> Tensor:
    return rate - count * rate.log() + (count + 1).lgamma()


@poisson_nll.misconception(  # I2
    "The value at rate 0 and count 0 is right, its gradient is NaN: `xlogy` or a `where` corrects the product, and the "
    "logarithm of 0 is still differentiated. Mask the input of the logarithm."
)
def poisson_masked_too_late(rate: Tensor, count: Tensor) -> Tensor:
    return rate - torch.xlogy(count, rate) + (count + 1).lgamma()


@poisson_nll.misconception(  # I6
    "A small number inside the logarithm (1e-8) makes a count that cannot come merely expensive. Mask where the count "
    "is 0, and let inf be seen elsewhere."
)
def poisson_padded(rate: Tensor, count: Tensor) -> Tensor:
    return rate - count * (rate + 1e-8).log() + (count + 1).lgamma()


@poisson_nll.misconception(
    "The logarithm is masked where the rate is 0. Then a count that cannot come costs next to nothing. Mask where the "
    "count is 0."
)
def masked_by_rate(rate: Tensor, count: Tensor) -> Tensor:
    return rate - count * rate.where(rate > 0, 1.0).log() + (count + 1).lgamma()


@poisson_nll.misconception(
    "This is Gauss's density with the mean and the variance equal to the rate. For large rates it comes close to "
    "Poisson's; for small counts it does not."
)
def gaussian_for_poisson(rate: Tensor, count: Tensor) -> Tensor:
    return gaussian_nll_spec(rate, count, rate)


# ---- stirling -------------------------------------------------------------------------------------------------


def stirling_formula(count: Tensor) -> Tensor:
    """Stirling's approximation of ln count!, as it stands."""
    return count * count.log() - count + (2 * math.pi * count).log() / 2


def stirling_spec(count: Tensor) -> Tensor:
    """Stirling's approximation above 1, 0 up to 1."""
    return stirling_formula(count.where(count > 1, 1.0)).where(count > 1, 0.0)


stirling = Exercise(
    "stirling",
    stirling_spec,
    points=1,
    parity_points=1,
    forbids=READY_MADE,
    idea="Mask before the logarithm, not after it: `where` differentiates the branch that is not taken as well.",
    hints=(
        "Three terms: t ln t, -t, and half of ln(2πt). Up to 1 none of them is used.",
        "`torch.where(count > 1, …, 0.0)` gives the value. For the gradient at 0 the logarithm needs a mask as well.",
        "Inside the formula let a harmless number stand in for each count up to 1, with a `torch.where` of its own.",
    ),
)


@stirling.check
def stirling_at_two(f: Function, rng: Rng) -> None:
    """ln 2! = 0.6931 comes out as 0.6518"""
    same_value(f, stirling_spec, tensor([2.0, 2.25]))
    same_value(f, stirling_spec, counts(rng, 4))


@stirling.check
def stirling_small(f: Function, rng: Rng) -> None:
    """0 and 1 give 0, and so does all between; a little above, 1.05 gives -0.0554

    The mask asks for the count, not for the size or the sign of the term.
    """
    same_value(f, stirling_spec, tensor([0.0, 0.5, 1.0, 2.0]))
    same_value(f, stirling_spec, tensor([[0.1 * int(rng.integers(1, 10)), 1.05], [1.5, 20.0]]))


@stirling.check
def stirling_gradient(f: Function, rng: Rng) -> None:
    """The gradient above 1 is right"""
    same_gradient(f, stirling_spec, counts(rng, 4))
    same_gradient(f, stirling_spec, tensor([1.5, 1.0 + 0.1 * int(rng.integers(1, 5))]))


@stirling.parity
def stirling_gradient_small(f: Function, rng: Rng) -> None:
    """Up to 1 the gradient is 0, at 0 as well

    `torch.where` computes both branches, and the gradient of the one not taken becomes 0 · inf, NaN. torch's own
    approximation has that NaN.
    """
    same_gradient(f, stirling_spec, tensor([0.0, 2.0]))
    same_gradient(f, stirling_spec, tensor([0.5, 1.0, 3.0]), scale=3.0)


@stirling.parity
def stirling_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32, float64 stays float64, in any shape"""
    count = counts(rng, 2, 2)
    same_dtype(f, stirling_spec, count)
    same_dtype(f, stirling_spec, count.double())


@stirling.misconception(  # POI2
    "This is ln count! exactly. torch's `full=True` adds Stirling's approximation, 0.04 less at 2."
)
def exact_factorial(count: Tensor) -> Tensor:
    return (count + 1).lgamma()


@stirling.misconception(  # POI4
    "The formula is used for all counts. At 1 it gives -0.081 in place of 0, and at 0 NaN: use it above 1 only."
)
def never_masked(count: Tensor) -> Tensor:
    return stirling_formula(count)


@stirling.misconception(  # POI4
    "Only a count of 0 is spared. Up to 1 inclusive the answer is 0: the mask is count > 1."
)
def masked_at_zero(count: Tensor) -> Tensor:
    return stirling_formula(count.where(count > 0, 1.0)).where(count > 0, 0.0)


@stirling.misconception(  # POI4
    "A count of 1 uses the formula, which gives -0.081. ln 1! is 0, and torch leaves 1 out: the mask is count > 1."
)
def one_included(count: Tensor) -> Tensor:
    return stirling_formula(count.where(count >= 1, 1.0)).where(count >= 1, 0.0)


@stirling.misconception(  # POI3
    "The mask asks whether the term is above 1, not whether the count is. At 2 the term is 0.65, and it is lost. "
    "(Another framework shipped this.)"
)
def masked_by_term(count: Tensor) -> Tensor:
    term = stirling_formula(count.where(count > 0, 1.0))
    return term.where(term > 1, 0.0)


@stirling.misconception("The mask is count > 2. 2 is above 1 already, and so is 1.5: the mask is count > 1.")
def from_two_on(count: Tensor) -> Tensor:
    return stirling_spec(count).where(count > 2, 0.0)


@stirling.misconception(  # POI7
    "The value is right, the gradient at 0 is NaN: it is masked after the logarithm, and ln 0 is still "
    "differentiated. Let another number stand in before the logarithm."
)
def stirling_masked_too_late(count: Tensor) -> Tensor:
    return stirling_formula(count).masked_fill(count <= 1, 0.0)


@stirling.misconception("The last term is missing: ½ ln(2π · count) is most of the correction at small counts.")
def root_missing(count: Tensor) -> Tensor:
    return (stirling_spec(count) - (2 * math.pi * count).log() / 2).where(count > 1, 0.0)


@stirling.misconception("ln(2π · count) is not halved. It comes from the square root of 2π · count.")
def root_not_halved(count: Tensor) -> Tensor:
    return (stirling_spec(count) + (2 * math.pi * count).log() / 2).where(count > 1, 0.0)


@stirling.misconception("The last term is ½ ln 2π, without the count: it is ½ ln(2π · count).")
def root_without_count(count: Tensor) -> Tensor:
    return (stirling_spec(count) - count.log() / 2).where(count > 1, 0.0)


@stirling.misconception("-count is missing, or was added: the formula is count · ln count minus count plus the rest.")
def count_added(count: Tensor) -> Tensor:
    return (stirling_spec(count) + 2 * count).where(count > 1, 0.0)


@stirling.misconception("-count is missing: the formula is count · ln count - count + ½ ln(2π · count).")
def count_missing(count: Tensor) -> Tensor:
    return (stirling_spec(count) + count).where(count > 1, 0.0)


@stirling.misconception(
    "This has the next term of Stirling's series, 1/(12 · count), as well. It is closer to ln count!, but not what "
    "torch adds."
)
def next_term(count: Tensor) -> Tensor:
    return (stirling_spec(count) + 1 / (12 * count)).where(count > 1, 0.0)


@stirling.misconception(
    "The counts were kept at 1 or more, and the formula used on all: up to 1 that gives -0.081 in place of 0."
)
def counts_kept_at_one(count: Tensor) -> Tensor:
    return stirling_formula(count.clamp(min=1.0))


@stirling.misconception(
    "Negative terms were cut off, in place of a mask. A little above 1 the formula is still below 0, and so is torch: "
    "the mask is count > 1."
)
def cut_off_at_zero(count: Tensor) -> Tensor:
    return stirling_formula(count.where(count > 0, 0.5)).clamp(min=0)


@stirling.misconception(  # I6
    "A small number inside the logarithms (1e-8) takes the place of the mask: 0 gives -8.3, and 1 gives -0.081."
)
def stirling_padded(count: Tensor) -> Tensor:
    return count * (count + 1e-8).log() - count + (2 * math.pi * (count + 1e-8)).log() / 2


# ---- poisson_nll_loss -----------------------------------------------------------------------------------------


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


# ---- keras_poisson --------------------------------------------------------------------------------------------


def keras_poisson_spec(y_true: Tensor, y_pred: Tensor, eps: float = 1e-7) -> Tensor:
    """The mean over the last dimension of y_pred - y_true · ln(y_pred + 1e-7)."""
    losses = y_pred - y_true.to(y_pred.dtype) * (y_pred + eps).log()
    return losses.sum(-1) / losses.shape[-1]


def keras_poisson_cases() -> Iterator[Question]:
    """Shapes × dtypes with both gradients; then zeros, negative rates, whole numbers, shapes that broadcast.

    Keras takes the mean of float64 in float32 (as of 3.15): no terms that nearly cancel.
    """
    edges = [
        ([0.0, 2.0], [0.0, 0.0]),
        ([1.0, 2.0], [-0.5, 2.0]),
        ([3.0, 0.0], [1e-7, 3e-8]),
        ([[1.0], [4.0]], [2.0, 3.0, 0.5]),
        ([4.0, 9.0], [[2.0], [3.0]]),
    ]
    for first, second in product(DTYPES, DTYPES):
        for shape in ((3,), (2, 3), (3, 2, 2), (0, 3), (2, 1)):
            numbers = torch.linspace(0.3, 2.1, math.prod(shape), dtype=second).reshape(shape)
            target = torch.linspace(0.0, 9.0, math.prod(shape), dtype=first).reshape(shape).flip(0)
            yield Question((target, numbers), wrt=(0, 1))
        for y_true, y_pred in edges:
            yield Question((tensor(y_true, dtype=first), tensor(y_pred, dtype=second)), wrt=(0, 1))
    for second in DTYPES:
        yield Question((tensor([[0, 1, 5]]), tensor([[0.5, 1.5, 4.0]], dtype=second)), wrt=(1,))


keras_poisson = Exercise(
    "keras_poisson",
    keras_poisson_spec,
    points=1,
    parity_points=1,
    forbids=READY_MADE,
    twin=keras_twin("poisson"),
    cases=keras_poisson_cases,
    idea="In Keras the truth comes first and the prediction is the rate itself: torch's log_input=False.",
    hints=(
        "It is `poisson_nll_loss` with `log_input=False` and another eps. Which argument is the prediction?",
        "One number a sample: the mean over `dim=-1`, and not over the batch.",
    ),
)


@keras_poisson.check
def keras_two_of_three(f: Function, rng: Rng) -> None:
    """The truth comes first, and the prediction is the rate: 3 - 2 ln 3 = 0.8028"""
    same_value(f, keras_poisson_spec, tensor([2.0]), tensor([3.0]))
    same_value(f, keras_poisson_spec, counts(rng, 3), rates(rng, 3))


@keras_poisson.check
def keras_poisson_rows(f: Function, rng: Rng) -> None:
    """One mean a sample, over the last dimension"""
    same_value(f, keras_poisson_spec, counts(rng, 2, 3), rates(rng, 2, 3))
    same_value(f, keras_poisson_spec, counts(rng, 2, 3, 2), rates(rng, 2, 3, 2))


@keras_poisson.check
def keras_poisson_gradient(f: Function, rng: Rng) -> None:
    """The gradient by y_pred is right"""
    same_gradient(f, keras_poisson_spec, counts(rng, 2, 3), rates(rng, 2, 3), wrt=(1,))


@keras_poisson.parity
def keras_poisson_eps(f: Function, rng: Rng) -> None:
    """1e-7 is added inside the logarithm, and only there (float64)

    A rate of 0 costs 32.24 at a count of 2, and a negative rate is NaN.
    """
    zero = tensor([0.0], dtype=torch.float64)
    same_gradient(f, keras_poisson_spec, zero + 2, zero, wrt=(1,))
    tiny = 1e-7 * tensor([int(rng.integers(2, 6)), 0.5], dtype=torch.float64)
    same_gradient(f, keras_poisson_spec, counts(rng, 2).double(), tiny, wrt=(1,))
    same_value(f, keras_poisson_spec, tensor([[2.0], [2.0]]), tensor([[-1.0], [1.5]]))


@keras_poisson.parity
def keras_poisson_gradients(f: Function, rng: Rng) -> None:
    """The gradient by y_true as well, and both pass on what comes from above"""
    same_gradient(f, keras_poisson_spec, counts(rng, 2, 3), rates(rng, 2, 3), wrt=(0, 1), scale=3.0)


@keras_poisson.parity
def keras_poisson_dtype(f: Function, rng: Rng) -> None:
    """The result has the dtype of y_pred, whatever that of y_true is

    torch would promote to the finer of the two. Keras converts `y_true` first, whole numbers as well.
    """
    y_true, y_pred = counts(rng, 2, 3), rates(rng, 2, 3)
    for first, second in product((torch.float32, torch.float64, torch.int64), DTYPES):
        same_dtype(f, keras_poisson_spec, y_true.to(first), y_pred.to(second), dtype=second)


@keras_poisson.parity
def keras_poisson_broadcast(f: Function, rng: Rng) -> None:
    """Shapes broadcast, (3,) against (3, 1) to nine pairs

    The function lines nothing up. Only the class `keras.losses.Poisson` does.
    """
    same_value(f, keras_poisson_spec, counts(rng, 3), rates(rng, 3, 1))
    same_value(f, keras_poisson_spec, counts(rng, 2, 1), rates(rng, 3))


@keras_poisson.misconception("The arguments have changed places. In Keras the truth comes first.")
def keras_poisson_swapped(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return keras_poisson_spec(y_pred, y_true)


@keras_poisson.misconception(  # POI1
    "The prediction is taken for the logarithm of the rate, which is torch's default. Keras wants the rate."
)
def log_rate_expected(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return (y_pred.exp() - y_true * y_pred).mean(-1)


@keras_poisson.misconception(
    "The places and the reading are torch's: the log-rate first. Keras has the truth first, and then the rate."
)
def keras_places_of_torch(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return log_rate_expected(y_pred, y_true)


@keras_poisson.misconception("This averages over the whole batch. The function gives one number a sample.")
def keras_poisson_total(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return keras_poisson_spec(y_true, y_pred).mean()


@keras_poisson.misconception("This sums over the last dimension. Keras averages.")
def keras_poisson_summed(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return keras_poisson_elements(y_true, y_pred).sum(-1)


@keras_poisson.misconception("This averages over the first dimension, the samples. Keras averages over the last one.")
def keras_poisson_first(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return keras_poisson_elements(y_true, y_pred).mean(0)


@keras_poisson.misconception("There is no mean: Keras averages over the last dimension.")
def keras_poisson_elements(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return y_pred - y_true * (y_pred + 1e-7).log()


@keras_poisson.misconception("eps is torch's, 1e-8. Keras's is 1e-7.")
def keras_poisson_eps_of_torch(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return keras_poisson_spec(y_true, y_pred, eps=1e-8)


@keras_poisson.misconception("Nothing is added inside the logarithm: a rate of 0 gives inf or NaN. Keras adds 1e-7.")
def keras_poisson_bare(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return keras_poisson_spec(y_true, y_pred, eps=0.0)


@keras_poisson.misconception(
    "The rate is kept at 1e-7 or more, as Keras's other losses clip. This one adds 1e-7 inside the logarithm."
)
def keras_poisson_clipped(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return keras_poisson_spec(y_true, y_pred.clamp(min=1e-7), eps=0.0)


@keras_poisson.misconception("The rate's own term is missing: -y_true · ln y_pred is least at an infinite rate.")
def keras_poisson_rate_missing(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return keras_poisson_spec(y_true, y_pred) - y_pred.mean(-1)


@keras_poisson.misconception(  # POI2
    "ln y_true! was added. Keras leaves it out, as torch does without `full`."
)
def keras_poisson_full(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return (keras_poisson_elements(y_true, y_pred) + (y_true + 1).lgamma()).mean(-1)


@keras_poisson.misconception("The sign is turned: this grows when the counts become likelier.")
def keras_poisson_turned(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return -keras_poisson_spec(y_true, y_pred)


@keras_poisson.misconception("The result is promoted to the finer dtype, as torch does. Keras converts y_true first.")
def keras_poisson_promoted(y_true: Tensor, y_pred: Tensor) -> Tensor:
    return keras_poisson_elements(y_true, y_pred).mean(-1)


@keras_poisson.misconception(
    "(N,) was lined up with (N, 1). The function broadcasts; lining up is what the class `Poisson` does before it."
)
def keras_poisson_aligned(y_true: Tensor, y_pred: Tensor) -> Tensor:
    if y_true.ndim == 1 and y_pred.ndim == 2:
        y_true = y_true.unsqueeze(-1)
    return keras_poisson_spec(y_true, y_pred)


# ---- laplace_nll ----------------------------------------------------------------------------------------------


def laplace_nll_spec(input: Tensor, target: Tensor, scale: Tensor) -> Tensor:
    """|target - input| / scale + ln(2 · scale)."""
    return (target - input).abs() / scale + (2 * scale).log()


def torch_laplace(input: Tensor, target: Tensor, scale: Tensor) -> Tensor:
    """The surprise by torch's own distribution."""
    log_density: Tensor = torch.distributions.Laplace(input, scale).log_prob(target)  # type: ignore[no-untyped-call]
    return -log_density


def noise_cases(twin_shapes: tuple[tuple[tuple[int, ...], ...], ...]) -> Iterator[Question]:
    """Shapes × dtypes with all gradients."""
    for shapes, dtype in product(twin_shapes, DTYPES):
        input, target, width = (
            torch.linspace(low, high, math.prod(shape), dtype=dtype).reshape(shape)
            for shape, (low, high) in zip(shapes, ((-1.9, 2.1), (3.3, -1.2), (0.04, 2.7)))
        )
        yield Question((input, target, width), wrt=(0, 1, 2))


NOISE_SHAPES = (((3,),) * 3, ((2, 3),) * 3, ((2, 2, 2),) * 3, ((0, 3),) * 3, ((2, 1), (3,), (1,)))


def noise(rng: Rng, *shape: int) -> tuple[Tensor, Tensor, Tensor]:
    """Means, targets at least 0.5 away from them, and widths away from 1, whose logarithm is 0 and square 1."""
    input = draw(rng, -20, 20, *shape)
    away = draw(rng, 5, 25, *shape) * tensor(rng.choice([-1.0, 1.0], size=shape)).float()
    return input, (input + away).mul(10).round().div(10), draw(rng, 12, 35, *shape)


def noise_checks(exercise: Exercise) -> None:
    """What holds of -ln of any density, whatever its shape; the second half is parity."""
    spec = exercise.spec

    @exercise.check
    def any_shape(f: Function, rng: Rng) -> None:
        """One surprise an element, in any shape"""
        same_value(f, spec, *noise(rng, 2, 3))
        input, target, width = noise(rng, 3)
        same_value(f, spec, input[:, None], target, width[:1])

    @exercise.check
    def every_gradient(f: Function, rng: Rng) -> None:
        """The gradient is right, by all three"""
        same_gradient(f, spec, *noise(rng, 2, 2), wrt=(0, 1, 2))

    @exercise.parity
    def far_out(f: Function, rng: Rng) -> None:
        """An error of 200 has a finite price and a slope

        Write the logarithm on paper: what it takes apart need not be multiplied first.
        """
        far = 200.0 + int(rng.integers(1, 9))
        args = tensor([0.0, 1.0]), tensor([far, -far]), tensor([1.0, 1.5])
        same_gradient(f, spec, *args, wrt=(0, 1, 2))

    @exercise.parity
    def keeps_dtype(f: Function, rng: Rng) -> None:
        """float32 stays float32, float64 stays float64"""
        args = noise(rng, 3)
        same_dtype(f, spec, *args)
        same_dtype(f, spec, *(x.double() for x in args))


def noise_mistakes(exercise: Exercise) -> None:
    """The mistakes of -ln of a density, which may underflow, and exceed 1 where a probability of a count may not."""

    @exercise.misconception(
        "The density is computed first and its logarithm taken then. Far from the centre the density is rounded to 0, "
        "and its surprise to inf. Take the logarithm on paper."
    )
    def density_first(*args: Tensor) -> Tensor:
        return -(-exercise.spec(*args)).exp().log()

    wrong_densities(exercise)

    @exercise.misconception(
        "What is below 0 was cut off. A density may be larger than 1; -ln of it is then negative, and right."
    )
    def kept_above_0(*args: Tensor) -> Tensor:
        return exercise.spec(*args).clamp(min=0)


laplace_nll = Exercise(
    "laplace_nll",
    laplace_nll_spec,
    points=1,
    parity_points=1,
    forbids=READY_MADE,
    twin=torch_laplace,
    cases=lambda: noise_cases(NOISE_SHAPES),
    idea="Under Laplace's noise the surprise is the absolute error, measured in scales, plus the price of the scale.",
    hints=(
        "Take -ln of exp(-|x - input| / scale) / (2 · scale) on paper: a product becomes a sum of two terms.",
        "-ln exp(-a) is a, and -ln(1/b) is ln b.",
    ),
)


@laplace_nll.check
def laplace_one_off(f: Function, rng: Rng) -> None:
    """2 off at a scale of 1: 2 + ln 2 = 2.6931; at a scale of 2: 1 + ln 4 = 2.3863"""
    same_value(f, laplace_nll_spec, tensor([0.0, 0.0]), tensor([2.0, 2.0]), tensor([1.0, 2.0]))
    same_value(f, laplace_nll_spec, *noise(rng, 3))


@laplace_nll.parity
def laplace_negative(f: Function, rng: Rng) -> None:
    """A narrow density is above 1, and its surprise below 0 (float64)

    Look for a clamp, and for a small number added to the scale.
    """
    narrow = 10.0 ** -int(rng.integers(3, 7))
    input = tensor([0.5, -0.5], dtype=torch.float64)
    same_gradient(f, laplace_nll_spec, input, input + narrow, input * 0 + 2 * narrow, wrt=(0, 2))


noise_checks(laplace_nll)
noise_mistakes(laplace_nll)


# each mistake as a function of the error d and the scale b
LAPLACE_TERMS: tuple[tuple[str, str, Loss], ...] = (
    (
        "laplace_width_missing",
        "ln(2 · scale) is missing. Without it the widest noise is always the best.",
        lambda d, b: d.abs() / b,
    ),
    (
        "laplace_two_missing",
        "This has ln scale in place of ln(2 · scale): the density has two sides, and its area must be 1.",
        lambda d, b: d.abs() / b + b.log(),
    ),
    (
        "laplace_width_subtracted",
        "ln(2 · scale) was subtracted. It divides the density, so it adds to the surprise.",
        lambda d, b: d.abs() / b - (2 * b).log(),
    ),
    (
        "laplace_two_outside",
        "This has 2 · ln scale in place of ln(2 · scale).",
        lambda d, b: d.abs() / b + 2 * b.log(),
    ),
    (
        "laplace_scale_missing",
        "The error is not divided by the scale: it is to be measured in widths of the noise.",
        lambda d, b: d.abs() + (2 * b).log(),
    ),
    (
        "laplace_multiplied",
        "The error is multiplied by the scale. Wide noise makes an error less surprising: divide.",
        lambda d, b: d.abs() * b + (2 * b).log(),
    ),
    (
        "laplace_halved",
        "The error is divided by 2 · scale. The 2 belongs to the area under the density, not to the exponent.",
        lambda d, b: d.abs() / (2 * b) + (2 * b).log(),
    ),
    (
        "laplace_squared",
        "The error is squared: that is Gauss. Laplace's exponent holds |x - input|.",
        lambda d, b: d.square() / b + (2 * b).log(),
    ),
    (
        "laplace_scale_squared",
        "The scale is squared below the error. Laplace's exponent holds |x - input| / scale.",
        lambda d, b: d.abs() / b.square() + (2 * b).log(),
    ),
    (
        "laplace_sign_kept",
        "The error keeps its sign. Too low and too high are equally surprising: take the absolute value.",
        lambda d, b: d / b + (2 * b).log(),
    ),
    (
        "laplace_deviation",
        "The scale is taken for a standard deviation and divided by √2. It is the scale itself: Laplace's standard "
        "deviation is √2 · scale.",
        lambda d, b: d.abs() * math.sqrt(2) / b + (math.sqrt(2) * b).log(),
    ),
    (
        "laplace_log_scale",
        "The scale is taken for a logarithm, and put through `exp`. It is the scale itself.",
        lambda d, b: d.abs() / b.exp() + b + math.log(2),
    ),
    (
        "laplace_padded",
        "A small number (1e-6) was added to the scale. A scale is positive; nothing needs protection.",
        lambda d, b: d.abs() / (b + 1e-6) + (2 * (b + 1e-6)).log(),
    ),
    (
        "scale_detached",
        "No gradient flows back to the scale. A model can learn how noisy its data are.",
        lambda d, b: d.abs() / b.detach() + (2 * b.detach()).log(),
    ),
)

for _name, _explanation, _terms in LAPLACE_TERMS:

    def _wrong_laplace(input: Tensor, target: Tensor, scale: Tensor, _terms: Loss = _terms) -> Tensor:
        return _terms(target - input, scale)

    laplace_nll.misconception(_explanation, _name)(_wrong_laplace)


@laplace_nll.misconception("This is Gauss's surprise with `scale` as its standard deviation.")
def gauss_for_laplace(input: Tensor, target: Tensor, scale: Tensor) -> Tensor:
    return gaussian_nll_spec(input, target, scale.square())


# ---- gaussian_nll ---------------------------------------------------------------------------------------------


def gaussian_nll_spec(input: Tensor, target: Tensor, var: Tensor) -> Tensor:
    """½ ln(2π · var) + (target - input)² / (2 · var)."""
    return (2 * math.pi * var).log() / 2 + (target - input).square() / (2 * var)


def torch_normal(input: Tensor, target: Tensor, var: Tensor) -> Tensor:
    """The surprise by torch's own distribution, which wants the standard deviation."""
    log_density: Tensor = torch.distributions.Normal(input, var.sqrt()).log_prob(target)  # type: ignore[no-untyped-call]
    return -log_density


gaussian_nll = Exercise(
    "gaussian_nll",
    gaussian_nll_spec,
    points=1,
    parity_points=1,
    forbids=READY_MADE,
    twin=torch_normal,
    cases=lambda: noise_cases(NOISE_SHAPES),
    idea="Under Gauss's noise the surprise is the squared error, in variances, plus the price of the variance.",
    hints=(
        "The density is exp(-(x - input)² / (2 · var)) / √(2π · var). Take -ln on paper: a sum of two terms.",
        "ln √a is ½ ln a. Is σ needed anywhere, or only σ²?",
    ),
)


@gaussian_nll.check
def gaussian_two_off(f: Function, rng: Rng) -> None:
    """2 off at a variance of 1: 2.9189; at a variance of 4: 2.1121

    The last argument is the variance σ², not the standard deviation σ.
    """
    same_value(f, gaussian_nll_spec, tensor([0.0, 0.0]), tensor([2.0, 2.0]), tensor([1.0, 4.0]))
    same_value(f, gaussian_nll_spec, *noise(rng, 3))


@gaussian_nll.parity
def gaussian_negative(f: Function, rng: Rng) -> None:
    """A narrow density is above 1, and its surprise below 0 (float64)

    Look for a clamp, and for a small number added to the variance.
    """
    narrow = 10.0 ** -int(rng.integers(2, 5))
    input = tensor([0.5, -0.5], dtype=torch.float64)
    same_gradient(f, gaussian_nll_spec, input, input + narrow, input * 0 + 2 * narrow**2, wrt=(0, 2))


noise_checks(gaussian_nll)
noise_mistakes(gaussian_nll)

HALF_LN_2PI = math.log(2 * math.pi) / 2

# each mistake as two terms of error d and variance v: of the width, then of the distance
GAUSSIAN_TERMS: tuple[tuple[str, str, Loss], ...] = (
    (
        "deviation_given",
        "The variance is taken for the standard deviation: it was squared. It is σ² already.",
        lambda d, v: v.log() + d.square() / (2 * v.square()),
    ),
    (
        "deviation_below",
        "The squared error is divided by σ, the root of the variance. Squares are measured in variances: divide by "
        "σ² itself.",
        lambda d, v: v.log() / 2 + d.square() / (2 * v.sqrt()),
    ),
    (
        "not_halved",
        "The ½ is missing: this is twice the surprise of every element.",
        lambda d, v: v.log() + d.square() / v,
    ),
    (
        "logarithm_not_halved",
        "ln var is not halved. The density holds the root of the variance, and ln √var is ½ ln var.",
        lambda d, v: v.log() + d.square() / (2 * v),
    ),
    (
        "square_not_halved",
        "The square is not halved: a Gaussian's exponent holds (x - μ)² / (2σ²), with a 2 below.",
        lambda d, v: v.log() / 2 + d.square() / v,
    ),
    (
        "logarithm_subtracted",
        "ln var was subtracted. The width divides the density, so it adds to the surprise.",
        lambda d, v: -v.log() / 2 + d.square() / (2 * v),
    ),
    (
        "logarithm_left_out",
        "ln var is missing. Without the price of a large variance, an infinite one is always the best.",
        lambda d, v: d.square() / (2 * v),
    ),
    (
        "variance_not_used",
        "The variance is not used: this is half the squared error, as if every variance were 1.",
        lambda d, v: d.square() / 2 + 0 * v,
    ),
    (
        "variance_multiplied",
        "The square is multiplied by the variance. Wide noise makes an error less surprising: divide.",
        lambda d, v: v.log() / 2 + d.square() * v / 2,
    ),
    (
        "precision_given",
        "The variance is taken for the precision 1/σ². Its logarithm is added, and the square is divided by it.",
        lambda d, v: -v.log() / 2 + d.square() * v / 2,
    ),
    (
        "log_variance_given",
        "The variance is taken for its logarithm, as many networks give it, and put through `exp`. It is σ² itself.",
        lambda d, v: v / 2 + d.square() / (2 * v.exp()),
    ),
    (
        "softplus_variance",
        "The variance went through a softplus. The caller makes it positive; here it is taken as it stands.",
        lambda d, v: F.softplus(v).log() / 2 + d.square() / (2 * F.softplus(v)),
    ),
    (
        "not_squared",
        "The error is not squared. A Gaussian's exponent holds (x - μ)².",
        lambda d, v: v.log() / 2 + d.abs() / (2 * v),
    ),
    (
        "variance_detached",
        "No gradient flows back to the variance: the value is right, and no model learns how noisy its data are.",
        lambda d, v: v.detach().log() / 2 + d.square() / (2 * v.detach()),
    ),
    (
        "logarithm_detached",
        "No gradient flows through ln var: the value is right, and every variance grows without end.",
        lambda d, v: v.detach().log() / 2 + d.square() / (2 * v),
    ),
    (
        "bits_in_the_logarithm",
        "The logarithm is to base 2. Nats need `torch.log`.",
        lambda d, v: v.log2() / 2 + d.square() / (2 * v),
    ),
)


for _name, _explanation, _terms in GAUSSIAN_TERMS:

    def _wrong(input: Tensor, target: Tensor, var: Tensor, _terms: Loss = _terms) -> Tensor:
        return _terms(target - input, var) + HALF_LN_2PI

    gaussian_nll.misconception(_explanation, _name)(_wrong)


@gaussian_nll.misconception(
    "½ ln 2π is missing. It moves no minimum, but without it this is no density, and no likelihood to compare."
)
def constant_missing(input: Tensor, target: Tensor, var: Tensor) -> Tensor:
    return gaussian_nll_spec(input, target, var) - HALF_LN_2PI


@gaussian_nll.misconception("ln 2π is not halved: it stands under the root with the variance, so ½ ln(2π · var).")
def constant_whole(input: Tensor, target: Tensor, var: Tensor) -> Tensor:
    return gaussian_nll_spec(input, target, var) + HALF_LN_2PI


@gaussian_nll.misconception("The constant is ½ ln π. The 2 of 2π is missing.")
def constant_without_two(input: Tensor, target: Tensor, var: Tensor) -> Tensor:
    return gaussian_nll_spec(input, target, var) - math.log(2) / 2


@gaussian_nll.misconception(
    "A small number (1e-6) was added to the variance. A variance is positive; nothing needs protection."
)
def gaussian_padded(input: Tensor, target: Tensor, var: Tensor) -> Tensor:
    return gaussian_nll_spec(input, target, var + 1e-6)


@gaussian_nll.misconception("This is Laplace's surprise with the root of `var` as its scale.")
def laplace_for_gauss(input: Tensor, target: Tensor, var: Tensor) -> Tensor:
    return laplace_nll_spec(input, target, var.sqrt())


# ---- gaussian_nll_loss ----------------------------------------------------------------------------------------


def aligned(input: Tensor, var: Tensor | float) -> Tensor:
    """The variances in a shape that broadcasts as torch means it: one dimension short means one variance a row."""
    v = torch.full_like(input, var) if isinstance(var, float) else var
    if (v < 0).any():
        raise ValueError("negative variance")
    if input.ndim and v.shape == input.shape[:-1]:
        v = v.unsqueeze(-1)
    differing = [size for size, wanted in zip(v.shape, input.shape) if size != wanted]
    if v.ndim != input.ndim or differing not in ([], [1]):
        raise ValueError("shape of var")
    return v


def floored(var: Tensor, eps: float) -> Tensor:
    """What is below eps becomes eps, while the gradient passes as if nothing had happened."""
    return var + (eps - var).clamp(min=0).detach()


def gaussian_nll_loss_spec(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """½ [ln v + (input - target)² / v], with v the variance or eps, whichever is larger; with full, plus ½ ln 2π."""
    v = floored(aligned(input, var), eps)
    losses = (v.log() + (input - target).square() / v) / 2
    return reduced(losses + HALF_LN_2PI if full else losses, reduction)


def gaussian_cases() -> Iterator[Question]:
    """Reductions × full × shapes of var × dtypes with all gradients; then floats, eps, 0, whole targets."""
    shapes = (
        *(((), ()), ((3,), (3,)), ((3,), ()), ((3,), (1,)), ((2, 3), (2, 3)), ((2, 3), (2,)), ((2, 3), (2, 1))),
        *(
            ((2, 3), (1, 3)),
            ((3, 3), (3,)),
            ((2, 3, 2), (2, 3)),
            ((2, 3, 2), (2, 1, 2)),
            ((0, 3), (0, 3)),
            ((0, 3), (0,)),
        ),
    )
    for reduction, full in product(REDUCTIONS, (False, True)):
        flags: dict[str, Any] = {"reduction": reduction, "full": full}
        for (shape, var_shape), dtype in product(shapes, DTYPES):
            numbers = torch.linspace(-1.9, 2.1, math.prod(shape), dtype=dtype).reshape(shape)
            target = numbers.flip(0) * 2 + 0.3
            var = torch.linspace(0.04, 2.7, math.prod(var_shape), dtype=dtype).reshape(var_shape)
            yield Question((numbers, target, var), flags, wrt=(0, 1, 2))
            yield Question((numbers, target, var), {**flags, "eps": 0.5}, wrt=(0, 1, 2))
            yield Question((numbers, target, 0.25), flags, wrt=(0, 1))
        numbers, target = tensor([0.5, 1.5, -2.0, 1.0]), tensor([0.5, 1.0, -2.002, inf])
        yield Question((numbers, target, tensor([0.0, 1e-9, 0.0, 2.0])), flags, wrt=(0, 1, 2))
        yield Question((numbers, target, tensor([nan, inf, 1.0, 1.0])), flags, wrt=(0,))
        yield Question((numbers, target, 0.0), flags, wrt=(0, 1))
        yield Question((numbers, tensor([0, 1, -2, 4]), numbers.square()), flags, wrt=(0, 2))
        for first, second, third in product(DTYPES, DTYPES, DTYPES):
            args = (numbers.to(first), (numbers + 1).to(second), numbers.square().to(third))
            yield Question(args, flags, wrt=(0, 1, 2))


gaussian_nll_loss = Exercise(
    "gaussian_nll_loss",
    gaussian_nll_loss_spec,
    points=3,
    parity_points=3,
    forbids=READY_MADE,
    twin=F.gaussian_nll_loss,
    cases=gaussian_cases,
    idea="A model that predicts its own variance weighs its errors by itself, and pays ½ ln var for every excuse.",
    hints=(
        "Per element ½ [ln var + (input - target)² / var]; `full` adds ½ ln 2π, a number.",
        "Three shapes of var need care. Of input (3, 3) and var (3,), which element belongs to which row? "
        "`unsqueeze(-1)` says it.",
        "`clamp(min=eps)` has the gradient 0 below eps, and a variance at 0 could never grow again. You need a "
        "constant that lifts var to eps: something detached.",
        "What is refused: a negative variance, also as a float; a var whose shape differs in two dimensions, or by "
        "more than a missing last one; an unknown reduction.",
    ),
)


@gaussian_nll_loss.check
def gaussian_loss_two_off(f: Function, rng: Rng) -> None:
    """2 off at a variance of 4: ½ (ln 4 + 4/4) = 1.1931

    The variance is σ², not σ.
    """
    same_value(f, gaussian_nll_loss_spec, tensor([0.0]), tensor([2.0]), tensor([4.0]))
    same_value(f, gaussian_nll_loss_spec, *noise(rng, 2, 3), reduction="none")


@gaussian_nll_loss.check
def gaussian_loss_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right, by input, target and var

    By var it is ½ (1 / var - error² / var²): it vanishes where var is the squared error.
    """
    same_gradient(f, gaussian_nll_loss_spec, *noise(rng, 2, 3), wrt=(0, 1, 2), reduction="mean")
    same_gradient(f, gaussian_nll_loss_spec, *noise(rng, 2), wrt=(0, 1, 2), reduction="sum")


@gaussian_nll_loss.check
def full_gaussian(f: Function, rng: Rng) -> None:
    """full=True adds ½ ln 2π = 0.9189 to every element"""
    same_value(f, gaussian_nll_loss_spec, tensor([0.0]), tensor([2.0]), tensor([4.0]), full=True)
    same_value(f, gaussian_nll_loss_spec, *noise(rng, 2, 3), full=True, reduction="none")


@gaussian_nll_loss.parity
def variance_of_zero(f: Function, rng: Rng) -> None:
    """A variance below eps counts as eps

    It is lifted to eps, and eps is not added to the others.
    """
    input, target, var = tensor([1.0, 1.0]), tensor([1.2, 1.5]), tensor([0.0, 1.0])
    same_value(f, gaussian_nll_loss_spec, input, target, var, eps=0.1, reduction="none")
    same_value(f, gaussian_nll_loss_spec, input, target, var)


@gaussian_nll_loss.parity
def gaussian_reductions(f: Function, rng: Rng) -> None:
    """Three reductions with and without full, and 'mean' is the default"""
    args = noise(rng, 2, 3)
    same_value(f, gaussian_nll_loss_spec, *args)
    for reduction, full in product(REDUCTIONS, (False, True)):
        same_value(f, gaussian_nll_loss_spec, *args, full=full, reduction=reduction)
        same_gradient(f, gaussian_nll_loss_spec, *args, wrt=(0, 1, 2), scale=3.0, full=full, reduction=reduction)


@gaussian_nll_loss.parity
def gradient_below_eps(f: Function, rng: Rng) -> None:
    """The gradient by var passes below eps, as if var were eps

    `clamp` would stop it, and a variance that has fallen to 0 could never grow again.
    """
    input, target, var = tensor([1.0, 1.0]), tensor([1.2, 1.5]), tensor([0.0, 1.0])
    for eps in (0.1, 0.3):
        same_gradient(f, gaussian_nll_loss_spec, input, target, var, wrt=(0, 2), eps=eps, reduction="sum")
    # away from a root of ½ (1/eps - error²/eps²), where no gradient at all would look right
    same_gradient(f, gaussian_nll_loss_spec, tensor([0.25]), tensor([0.5]), tensor([1e-8]), wrt=(0, 2))


@gaussian_nll_loss.parity
def one_variance_a_row(f: Function, rng: Rng) -> None:
    """A var without the last dimension holds one variance a row

    A plain broadcast of (3,) against (3, 3) would give one to every column. A last dimension of size 1 means the same.
    """
    input, target, _ = noise(rng, 3, 3)
    var = draw(rng, 12, 35, 3)
    for v in (var, var[:, None]):
        same_gradient(f, gaussian_nll_loss_spec, input, target, v, wrt=(0, 2), reduction="none")
    same_gradient(f, gaussian_nll_loss_spec, input[0], target[0], tensor(0.7), wrt=(0, 2))
    input, target, var = noise(rng, 2, 3, 2)
    same_gradient(f, gaussian_nll_loss_spec, input, target, var[:, :, 0], wrt=(0, 2))


@gaussian_nll_loss.parity
def one_dimension_of_one(f: Function, rng: Rng) -> None:
    """A var of size 1 in one other dimension is shared along it"""
    input, target, var = noise(rng, 2, 3, 2)
    same_gradient(f, gaussian_nll_loss_spec, input, target, var[:, :1], wrt=(0, 2))
    same_gradient(f, gaussian_nll_loss_spec, input[0], target[0], var[0, :1], wrt=(0, 2), reduction="none")


@gaussian_nll_loss.parity
def float_variance(f: Function, rng: Rng) -> None:
    """One float may be the variance of all"""
    input, target, _ = noise(rng, 2, 3)
    for var in (0.25, 0.0):
        same_gradient(f, gaussian_nll_loss_spec, input, target, var, wrt=(0, 1), eps=0.04)
        same_value(f, gaussian_nll_loss_spec, input, target, var, full=True, reduction="none")


@gaussian_nll_loss.parity
def wrong_shapes(f: Function, rng: Rng) -> None:
    """Other shapes of var are refused, also where torch could broadcast them

    Of input (2, 3): (3,), () and (2, 3, 1).
    """
    # (1, 1) is refused by torch 2.13 as well, but only by an oversight (pytorch issue 176230): not asked for
    input, target, var = noise(rng, 2, 3)
    for v in (var[0], tensor(0.7), var[..., None]):
        refuses(f, input, target, v)


@gaussian_nll_loss.parity
def negative_variance(f: Function, rng: Rng) -> None:
    """A negative variance is refused, as a tensor and as a float"""
    input, target, var = noise(rng, 2, 2)
    refuses(f, input, target, var - 0.1 * int(rng.integers(36, 40)))
    refuses(f, input, target, tensor([[1.0, 2.0], [-1e-3, 1.0]]))
    refuses(f, input, target, -0.25)


@gaussian_nll_loss.parity
def gaussian_loss_negative(f: Function, rng: Rng) -> None:
    """The loss may be negative, and is not cut off

    At a variance of 0.01 and a perfect mean it is -2.3026.
    """
    input = draw(rng, -20, 20, 2)
    same_gradient(f, gaussian_nll_loss_spec, input, input, tensor([0.01, 0.04]), wrt=(0, 2))
    same_value(f, gaussian_nll_loss_spec, input, input, tensor([0.01, 0.04]), full=True, reduction="none")


@gaussian_nll_loss.parity
def gaussian_loss_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32, one float64 among the three makes all float64"""
    args = noise(rng, 3)
    same_dtype(f, gaussian_nll_loss_spec, *args, full=True)
    for place in range(3):
        mixed = [x.double() if n == place else x for n, x in enumerate(args)]
        same_dtype(f, gaussian_nll_loss_spec, *mixed, dtype=torch.float64, full=True)
    same_dtype(f, gaussian_nll_loss_spec, args[0].double(), args[1].double(), 0.3)


@gaussian_nll_loss.parity
def gaussian_empty(f: Function, rng: Rng) -> None:
    """An empty batch: the mean is NaN, the sum 0"""
    empty = torch.empty(0, 3)
    same_value(f, gaussian_nll_loss_spec, empty, empty, empty)
    same_value(f, gaussian_nll_loss_spec, empty, empty, empty[:, 0], reduction="sum")


@gaussian_nll_loss.parity
def gaussian_unknown_reduction(f: Function, rng: Rng) -> None:
    """An unknown reduction is refused"""
    refuses(f, *noise(rng, 3), reduction="average")
    refuses(f, *noise(rng, 2, 3), full=True, reduction="batchmean")


wrong_reductions(gaussian_nll_loss)

for _name, _explanation, _terms in GAUSSIAN_TERMS:

    def _wrong_loss(
        input: Tensor,
        target: Tensor,
        var: Tensor | float,
        full: bool = False,
        eps: float = 1e-6,
        reduction: str = "mean",
        _terms: Loss = _terms,
    ) -> Tensor:
        losses = _terms(target - input, floored(aligned(input, var), eps))
        return reduced(losses + HALF_LN_2PI if full else losses, reduction)

    gaussian_nll_loss.misconception(_explanation, _name)(_wrong_loss)


def wrong_floor(explanation: str) -> Callable[[Callable[[Tensor, float], Tensor]], None]:
    """Registers a mistake in what eps does to the variances."""

    def register(floor: Callable[[Tensor, float], Tensor]) -> None:
        def loss(
            input: Tensor,
            target: Tensor,
            var: Tensor | float,
            full: bool = False,
            eps: float = 1e-6,
            reduction: str = "mean",
        ) -> Tensor:
            v = floor(aligned(input, var), eps)
            losses = (v.log() + (input - target).square() / v) / 2
            return reduced(losses + HALF_LN_2PI if full else losses, reduction)

        gaussian_nll_loss.misconception(explanation, floor.__name__)(loss)

    return register


@wrong_floor(
    "eps is added to every variance. (torch's page says so, its code does not.) It is a floor: what is above stays."
)
def eps_added(var: Tensor, eps: float) -> Tensor:
    return var + eps


@wrong_floor(
    "The clamp stops the gradient by var: a variance below eps gets none, and can never grow again. torch lifts the "
    "number and lets the gradient pass: lift it by something detached."
)
def clamp_stops_gradient(var: Tensor, eps: float) -> Tensor:
    return var.clamp(min=eps)


@wrong_floor("eps is not used: a variance of 0 gives inf or NaN.")
def no_floor(var: Tensor, eps: float) -> Tensor:
    return var


@wrong_floor("eps is fixed at 1e-6, whatever was asked for.")
def fixed_floor(var: Tensor, eps: float) -> Tensor:
    return floored(var, 1e-6)


@wrong_floor("The standard deviation is kept at eps or more. eps is the least variance.")
def floor_of_deviation(var: Tensor, eps: float) -> Tensor:
    return floored(var, eps**2)


@wrong_floor(
    "The variances below eps were detached together with those above: the value is right, and only the variances that "
    "were lifted... get a gradient."
)
def only_lifted_learn(var: Tensor, eps: float) -> Tensor:
    return torch.where(var < eps, floored(var, eps), var.detach())


@gaussian_nll_loss.misconception(
    "The variance is lifted to eps below the square, but not in the logarithm: ln 0 is -inf."
)
def logarithm_not_lifted(
    input: Tensor, target: Tensor, var: Tensor | float, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Tensor:
    v = aligned(input, var)
    losses = (v.log() + (input - target).square() / floored(v, eps)) / 2
    return reduced(losses + HALF_LN_2PI if full else losses, reduction)


@gaussian_nll_loss.misconception(
    "The variance is lifted to eps in the logarithm, but not below the square: an error over 0 is inf."
)
def square_not_lifted(
    input: Tensor, target: Tensor, var: Tensor | float, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Tensor:
    v = aligned(input, var)
    losses = (floored(v, eps).log() + (input - target).square() / v) / 2
    return reduced(losses + HALF_LN_2PI if full else losses, reduction)


@gaussian_nll_loss.misconception(
    "The variances of the caller were changed in place. Work on a copy: `var = var.clone()` before `clamp_`."
)
def clamped_in_place(input: Tensor, target: Tensor, var: Tensor | float, eps: float = 1e-6, **flags: Any) -> Tensor:
    if isinstance(var, Tensor) and (var >= 0).all():
        with torch.no_grad():
            var.clamp_(min=eps)
    return gaussian_nll_loss_spec(input, target, var, eps=eps, **flags)


@gaussian_nll_loss.misconception("`full` is ignored: with True it adds ½ ln 2π to every element.")
def gaussian_full_ignored(input: Tensor, target: Tensor, var: Tensor, full: bool = False, **flags: Any) -> Tensor:
    return gaussian_nll_loss_spec(input, target, var, **flags)


@gaussian_nll_loss.misconception("½ ln 2π is always added. It is added only with `full`.")
def gaussian_always_full(input: Tensor, target: Tensor, var: Tensor, full: bool = False, **flags: Any) -> Tensor:
    return gaussian_nll_loss_spec(input, target, var, full=True, **flags)


def wrong_full(name: str, explanation: str, constant: float) -> None:
    """Registers another constant than ½ ln 2π."""

    def loss(input: Tensor, target: Tensor, var: Tensor, full: bool = False, **flags: Any) -> Tensor:
        return gaussian_nll_loss_spec(input, target, var, **flags) + _constant(full, constant, input, flags)

    gaussian_nll_loss.misconception(explanation, name)(loss)


def _constant(full: bool, constant: float, input: Tensor, flags: dict[str, Any]) -> float:
    elements = input.numel() if flags.get("reduction") == "sum" else 1
    return constant * elements if full else 0.0


wrong_full("full_whole", "`full` adds ln 2π whole. It is halved: ½ ln 2π = 0.9189.", 2 * HALF_LN_2PI)
wrong_full("full_subtracted", "`full` subtracts ½ ln 2π. It divides the density, so it adds to the loss.", -HALF_LN_2PI)
wrong_full("full_without_two", "`full` adds ½ ln π. The 2 of 2π is missing.", math.log(math.pi) / 2)
wrong_full("full_without_logarithm", "`full` adds ½ · 2π, without the logarithm: it is ½ ln 2π.", math.pi)


@gaussian_nll_loss.misconception(
    "½ ln 2π is added once, after the reduction. It belongs to every element: a sum holds it as often as it has "
    "elements."
)
def gaussian_full_once(input: Tensor, target: Tensor, var: Tensor, full: bool = False, **flags: Any) -> Tensor:
    return gaussian_nll_loss_spec(input, target, var, **flags) + (HALF_LN_2PI if full else 0.0)


@gaussian_nll_loss.misconception(
    "A var without the last dimension was broadcast from the right: one variance a column. torch means one a row: "
    "`unsqueeze(-1)`."
)
def variance_of_columns(input: Tensor, target: Tensor, var: Tensor | float, **flags: Any) -> Tensor:
    if isinstance(var, Tensor) and var.shape == input.shape[:-1]:
        var = var.expand_as(input)
    return gaussian_nll_loss_spec(input, target, var, **flags)


@gaussian_nll_loss.misconception(
    "Every shape of var that broadcasts is accepted. torch refuses all but three: the same, without the last "
    "dimension, and with a single dimension of size 1."
)
def any_shape(input: Tensor, target: Tensor, var: Tensor | float, **flags: Any) -> Tensor:
    if isinstance(var, Tensor):
        var = var.unsqueeze(-1) if var.shape == input.shape[:-1] else var
        input, var = input + 0 * var, var + 0 * input
    return gaussian_nll_loss_spec(input, target, var, **flags)


@gaussian_nll_loss.misconception("A var without the last dimension is refused. torch takes it for one variance a row.")
def row_variance_refused(input: Tensor, target: Tensor, var: Tensor | float, **flags: Any) -> Tensor:
    if isinstance(var, Tensor) and var.ndim != input.ndim:
        raise ValueError("shape of var")
    return gaussian_nll_loss_spec(input, target, var, **flags)


@gaussian_nll_loss.misconception(
    "A size of 1 is accepted in the last dimension only. torch accepts it in any single dimension."
)
def last_dimension_only(input: Tensor, target: Tensor, var: Tensor | float, **flags: Any) -> Tensor:
    if isinstance(var, Tensor) and var.shape[:-1] != input.shape[:-1] and var.shape != input.shape[:-1]:
        raise ValueError("shape of var")
    return gaussian_nll_loss_spec(input, target, var, **flags)


@gaussian_nll_loss.misconception("A float is refused as var. torch takes it for the variance of every element.")
def float_refused(input: Tensor, target: Tensor, var: Tensor | float, **flags: Any) -> Tensor:
    if isinstance(var, float):
        raise TypeError("var must be a tensor")
    return gaussian_nll_loss_spec(input, target, var, **flags)


@gaussian_nll_loss.misconception(
    "A negative variance passes: it is lifted to eps like a small one. It is a mistake of the model, and torch raises "
    "a ValueError."
)
def negative_lifted(input: Tensor, target: Tensor, var: Tensor | float, **flags: Any) -> Tensor:
    if isinstance(var, Tensor):
        return gaussian_nll_loss_spec(input, target, var + (-var).clamp(min=0).detach(), **flags)
    return negative_float_passes(input, target, var, **flags)


@gaussian_nll_loss.misconception(
    "A negative variance loses its sign. It is a mistake of the model, and torch raises a ValueError."
)
def negative_unsigned(input: Tensor, target: Tensor, var: Tensor | float, **flags: Any) -> Tensor:
    return gaussian_nll_loss_spec(input, target, var.abs() if isinstance(var, Tensor) else abs(var), **flags)


@gaussian_nll_loss.misconception(
    "A negative variance is refused only as a tensor. As a float it passes, and counts as eps."
)
def negative_float_passes(input: Tensor, target: Tensor, var: Tensor | float, **flags: Any) -> Tensor:
    return gaussian_nll_loss_spec(input, target, var if isinstance(var, Tensor) else max(var, 0.0), **flags)


@gaussian_nll_loss.misconception("No gradient flows back to the target. In torch it does.")
def gaussian_target_detached(input: Tensor, target: Tensor, var: Tensor | float, **flags: Any) -> Tensor:
    return gaussian_nll_loss_spec(input, target.detach(), var, **flags)


@gaussian_nll_loss.misconception("Everything was converted to float32. float64 should stay float64.")
def gaussian_always_float32(input: Tensor, target: Tensor, var: Tensor | float, **flags: Any) -> Tensor:
    return gaussian_nll_loss_spec(input, target, var, **flags).float()
