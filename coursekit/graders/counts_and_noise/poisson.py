"""The surprise of a count, and of its factorial: `poisson_nll` and `stirling`."""

from __future__ import annotations

import math

import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, same_dtype, same_gradient, same_value
from coursekit.graders.counts_and_noise.common import READY_MADE, Rng, counts, rates
from coursekit.graders.counts_and_noise.noise import gaussian_nll_spec
from coursekit.graders.counts_and_noise.shared_mistakes import wrong_densities


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
