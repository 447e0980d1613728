"""The surprise of a count: `poisson_nll`."""

from __future__ import annotations

import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Rng, same_dtype, same_gradient, same_value
from coursekit.graders.counts_and_noise.common import READY_MADE, counts, rates
from coursekit.graders.counts_and_noise.shared_mistakes import surprise_mistakes
from coursekit.graders.counts_and_noise.specs import gaussian_nll_spec, poisson_nll_spec, stirling_spec

poisson_nll = Exercise(
    "poisson_nll",
    poisson_nll_spec,
    points=1,
    parity_points=1,
    forbids=READY_MADE,
    idea="A loss of counts is -ln of a probability of counts; its slope for the rate is 1 - count / rate.",
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
    """One surprise per element, in any shape"""
    same_value(f, poisson_nll_spec, rates(rng, 2, 3), counts(rng, 2, 3))
    same_value(f, poisson_nll_spec, rates(rng, 2, 1), counts(rng, 3))


@poisson_nll.check
def poisson_gradient(f: Function, rng: Rng) -> None:
    """The gradient with respect to the rate is 1 - count / rate"""
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


wrong = poisson_nll.misconceptions

surprise_mistakes(wrong)


def without_factorial(rate: Tensor, count: Tensor) -> Tensor:
    """The surprise without ln count!."""
    return poisson_nll_spec(rate, count) - (count + 1).lgamma()


wrong.table(
    factorial_missing=(
        "ln count! is missing. It does not depend on the rate, so training is the same; the surprise at a count is "
        "not.",
        without_factorial,
    ),
    lgamma_one_short=(
        "This has ln (count - 1)! in place of ln count!: `lgamma(x)` is ln (x - 1)!, so it wants count + 1.",
        lambda rate, count: without_factorial(rate, count) + count.lgamma(),
    ),
    approximate=(
        "ln count! is an approximation here (Stirling's). It is 0.04 short at a count of 2; `torch.lgamma` is exact.",
        lambda rate, count: without_factorial(rate, count) + stirling_spec(count),
        "POI2",
    ),
    factorial_subtracted=(
        "ln count! was subtracted. It divides the probability, so it adds to the surprise.",
        lambda rate, count: without_factorial(rate, count) - (count + 1).lgamma(),
    ),
    rate_missing=(
        "The factor exp(-rate) is missing: without it the probabilities do not sum to 1.",
        lambda rate, count: poisson_nll_spec(rate, count) - rate,
    ),
    logarithm_added=(
        "count · ln rate was added. A likely count should cost less: it is subtracted.",
        lambda rate, count: 2 * (rate + (count + 1).lgamma()) - poisson_nll_spec(rate, count),
    ),
    rate_is_logarithm=(
        "The rate was taken for its logarithm: it went through `exp`. Here it is the expected count itself.",
        lambda rate, count: poisson_nll_spec(rate.exp(), count),
        "POI1",
    ),
    rate_and_count_swapped=(
        "The arguments have changed places: the rate is first, and it is what the logarithm sees.",
        lambda rate, count: poisson_nll_spec(count, rate),
    ),
    logarithm_once=(
        "count · ln rate lost its count: every event of the count brings a factor of rate, so rate^count.",
        lambda rate, count: rate - rate.log() + (count + 1).lgamma(),
    ),
    probability_first=(
        "The probability is formed first, and overflows for large counts: rate^count and count! both become inf. Stay "
        "with logarithms.",
        # in float64, as many would write it to be safe, the overflow comes later, and comes all the same
        lambda rate, count: -((-rate).exp() * rate**count / (count + 1).lgamma().exp()).log(),
    ),
    poisson_zero_nan=(
        "0 · ln 0 came out as NaN. Where nothing came, the rate's logarithm does not matter: keep it away from 0 "
        "there.",
        lambda rate, count: rate - count * rate.log() + (count + 1).lgamma(),
        "I1",
    ),
    poisson_masked_too_late=(
        "The value at rate 0 and count 0 is right, its gradient is NaN: `xlogy` or a `where` corrects the product, and "
        "the logarithm of 0 is still differentiated. Mask the input of the logarithm.",
        lambda rate, count: rate - torch.xlogy(count, rate) + (count + 1).lgamma(),
        "I2",
    ),
    poisson_padded=(
        "A small number inside the logarithm makes a count that cannot come merely expensive. Mask where the "
        "count is 0, and let inf be seen elsewhere.",
        lambda rate, count, *, eps=1e-8: rate - count * (rate + eps).log() + (count + 1).lgamma(),
        "I6",
    ),
    masked_by_rate=(
        "The logarithm is masked where the rate is 0. Then a count that cannot come costs next to nothing. Mask where "
        "the count is 0.",
        lambda rate, count: rate - count * rate.where(rate > 0, 1.0).log() + (count + 1).lgamma(),
    ),
    gaussian_for_poisson=(
        "This is Gauss's density with the mean and the variance equal to the rate. For large rates it comes close to "
        "Poisson's; for small counts it does not.",
        lambda rate, count: gaussian_nll_spec(rate, count, rate),
    ),
)
wrong.terms(
    rate=("the rate itself", lambda rate, count: rate + 0 * count),
    logarithm=(
        "-count · ln rate",
        lambda rate, count: poisson_nll_spec(rate, count) - rate - (count + 1).lgamma(),
    ),
    factorial=("ln count!", lambda rate, count: (count + 1).lgamma() + 0 * rate),
)
wrong.table(
    logarithm_of_count=(
        "The logarithm is of the count, and the rate multiplies it. It is count · ln rate.",
        (
            lambda rate, count: count - rate * count.where(count > 0, 1.0).log() + (count + 1).lgamma(),
            lambda rate, count: count - torch.xlogy(rate, count) + (count + 1).lgamma(),
            lambda rate, count: rate - torch.xlogy(rate, count) + (count + 1).lgamma(),
        ),
    ),
    factorial_of_rate=(
        "The factorial is of the rate. It is of the count: ln count!.",
        lambda rate, count: poisson_nll_spec(rate, count) - (count + 1).lgamma() + (rate + 1).lgamma(),
    ),
    product_for_rate=(
        "The rate is multiplied by the count. It stands alone; the count multiplies its logarithm.",
        (
            lambda rate, count: rate * count - rate.log() + (count + 1).lgamma(),
            lambda rate, count: rate - count * rate + (count + 1).lgamma(),
            lambda rate, count: rate * count - torch.xlogy(count, rate) + (count + 1).lgamma(),
        ),
    ),
    factorial_of_next=(
        "This has ln (count + 1)! in place of ln count!: `lgamma(x)` is ln (x - 1)!, so it wants count + 1.",
        lambda rate, count: poisson_nll_spec(rate, count) - (count + 1).lgamma() + (count + 2).lgamma(),
    ),
    logarithm_of_product=(
        "The logarithm of the factorial is missing, or is of the count itself: it is ln count!.",
        (
            lambda rate, count: without_factorial(rate, count) + (count + 1).lgamma().exp(),
            lambda rate, count: without_factorial(rate, count) + count.where(count > 0, 1.0).log(),
            lambda rate, count: without_factorial(rate, count) + torch.xlogy(count, count),
            lambda rate, count: without_factorial(rate, count) + torch.xlogy(count, count) - count,
        ),
    ),
    squared_residual=(
        "This is the squared error, as it stands or over the rate. The surprise is -ln of Poisson's probability.",
        (
            lambda rate, count: (rate - count).square(),
            lambda rate, count: (rate - count).square() / rate,
            lambda rate, count: (rate - count).square() / (2 * rate),
        ),
    ),
    deviance=(
        "This is the deviance, 0 for a rate that equals the count. The surprise is -ln of the probability.",
        (
            lambda rate, count: rate - count - torch.xlogy(count, rate) + torch.xlogy(count, count),
            lambda rate, count: 2 * (rate - count - torch.xlogy(count, rate) + torch.xlogy(count, count)),
        ),
    ),
)
wrong.table(
    at_most_count=(
        "This is the surprise at so many or fewer. The surprise is at exactly so many.",
        lambda rate, count: -torch.special.gammaincc(count + 1, rate + 0 * count).log(),
    ),
    other_counts=(
        "This is another distribution of counts, the geometric one.",
        lambda rate, count: (1 + rate).log() - count * (rate / (1 + rate)).log(),
    ),
)
