"""What several exercises get wrong alike."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor

from coursekit.exercise import Loss, Mistakes, of_value, reduced, usual_mistakes, wrong_words
from coursekit.graders.counts_and_noise.specs import stirling_formula, stirling_spec

# ---- -ln of a probability or of a density ------------------------------------------------------------------------


def surprise_mistakes(wrong: Mistakes) -> None:
    """The mistakes that -ln of any density invites, element by element."""
    wrong.table(
        of_value(wrong),
        log_likelihood=(
            "The sign is missing: this is the logarithm of the likelihood, which is to be large. A loss is to be low.",
            lambda nll: -nll,
        ),
        likelihood=(
            "This is the likelihood itself. The loss is -ln of it, so that a product over samples becomes a sum.",
            lambda nll: (-nll).exp(),
        ),
        bits=("This is in bits. Nats need the natural logarithm, `torch.log`.", lambda nll: nll / math.log(2), "I4"),
        summed=("This sums over the elements. Here each element keeps its own surprise.", lambda nll: nll.sum()),
        averaged=("This averages over the elements. Here each element keeps its own surprise.", lambda nll: nll.mean()),
    )


def noise_mistakes(wrong: Mistakes) -> None:
    """The mistakes of -ln of a density, which may underflow, and exceed 1 where a probability of a count may not."""
    wrong.table(
        of_value(wrong),
        density_first=(
            "The density is computed first and its logarithm taken then. Far from the centre the density is rounded to "
            "0, and its surprise to inf. Take the logarithm on paper.",
            lambda nll: -(-nll).exp().log(),
        ),
    )
    surprise_mistakes(wrong)
    wrong.table(
        of_value(wrong),
        kept_above_0=(
            "What is below 0 was cut off. A density may be larger than 1; -ln of it is then negative, and right.",
            lambda nll: nll.clamp(min=0),
        ),
    )


def gaussian_mistakes(wrong: Mistakes, assemble: Callable[[Loss], Loss]) -> None:
    """Other terms of the error d and the variance v than Gauss's: of the width, then of the distance."""
    wrong.table(
        assemble,
        deviation_given=(
            "The variance is taken for the standard deviation: it was squared. It is σ² already.",
            lambda d, v: v.log() + d.square() / (2 * v.square()),
        ),
        deviation_below=(
            "The squared error is divided by σ, the root of the variance. Squares are measured in variances: divide by "
            "σ² itself.",
            lambda d, v: v.log() / 2 + d.square() / (2 * v.sqrt()),
        ),
        square_of_variance_below=(
            "The squared error is divided by the squared variance. It is σ² already: divide by it as it is.",
            lambda d, v: v.log() / 2 + d.square() / (2 * v.square()),
        ),
        not_halved=(
            "The ½ is missing: ln var and the square are both halved.",
            lambda d, v: v.log() + d.square() / v,
        ),
        logarithm_not_halved=(
            "ln var is not halved. The density holds the root of the variance, and ln √var is ½ ln var.",
            lambda d, v: v.log() + d.square() / (2 * v),
        ),
        square_not_halved=(
            "The square is not halved: a Gaussian's exponent holds (x - μ)² / (2σ²), with a 2 below.",
            lambda d, v: v.log() / 2 + d.square() / v,
        ),
        logarithm_subtracted=(
            "ln var was subtracted. The width divides the density, so it adds to the surprise.",
            lambda d, v: -v.log() / 2 + d.square() / (2 * v),
        ),
        logarithm_left_out=(
            "ln var is missing. Without the price of a large variance, an infinite one is always the best.",
            lambda d, v: d.square() / (2 * v),
        ),
        variance_not_used=(
            "The variance is not used: this is half the squared error, as if every variance were 1.",
            lambda d, v: d.square() / 2 + 0 * v,
        ),
        variance_multiplied=(
            "The square is multiplied by the variance. Wide noise makes an error less surprising: divide.",
            lambda d, v: v.log() / 2 + d.square() * v / 2,
        ),
        precision_given=(
            "The variance is taken for the precision 1/σ². Its logarithm is added, and the square is divided by it.",
            lambda d, v: -v.log() / 2 + d.square() * v / 2,
        ),
        log_variance_given=(
            "The variance is taken for its logarithm, as many networks give it, and put through `exp`. It is σ² "
            "itself.",
            lambda d, v: v / 2 + d.square() / (2 * v.exp()),
        ),
        softplus_variance=(
            "The variance went through a softplus. The caller makes it positive; here it is taken as it stands.",
            lambda d, v: F.softplus(v).log() / 2 + d.square() / (2 * F.softplus(v)),
        ),
        not_squared=(
            "The error is not squared. A Gaussian's exponent holds (x - μ)².",
            lambda d, v: v.log() / 2 + d.abs() / (2 * v),
        ),
        variance_detached=(
            "No gradient flows back to the variance: the value is right, and no model learns how noisy its data are.",
            lambda d, v: v.detach().log() / 2 + d.square() / (2 * v.detach()),
        ),
        logarithm_detached=(
            "No gradient flows through ln var: the value is right, and every variance grows without end.",
            lambda d, v: v.detach().log() / 2 + d.square() / (2 * v),
        ),
        bits_in_the_logarithm=(
            "The logarithm is to base 2. Nats need `torch.log`.",
            lambda d, v: v.log2() / 2 + d.square() / (2 * v),
        ),
    )


# ---- a reduction -------------------------------------------------------------------------------------------------


def reduction_mistakes(wrong: Mistakes) -> None:
    """The mistakes that `reduction` invites, in a loss of elements."""
    wrong_words(wrong)

    @wrong.of_losses(
        "'mean' divides by the number of rows. torch divides by the number of all elements: a table of three columns "
        "gives a third of this."
    )
    def mean_over_rows(losses: Tensor, word: str) -> Tensor:
        return losses.sum() / losses.shape[0] if word == "mean" and losses.ndim else reduced(losses, word)

    @wrong.of_losses("'none' sums over the last dimension. It should leave one loss per element.")
    def none_sums_rows(losses: Tensor, word: str) -> Tensor:
        return losses.sum(-1) if word == "none" else reduced(losses, word)

    usual_mistakes(
        wrong,
        mean_of_last=(
            "'mean' averages over the last dimension only, as Keras does. torch's mean is one number, over everything."
        ),
    )
    usual_mistakes(wrong, "empty_is_zero")

    @wrong.of_losses(
        "What is below 0 was cut off. A negative log-likelihood may be negative; cut off, it has no gradient there."
    )
    def kept_above_0(losses: Tensor, word: str) -> Tensor:
        return reduced(losses.clamp(min=0), word)


# ---- other terms than Stirling's for ln count! -------------------------------------------------------------------


def exact_factorial(count: Tensor) -> Tensor:
    """No approximation."""
    return (count + 1).lgamma()


def masked_at_zero(count: Tensor) -> Tensor:
    """Every count above 0 uses the formula."""
    return stirling_formula(count.where(count > 0, 1.0)).where(count > 0, 0.0)


def one_included(count: Tensor) -> Tensor:
    """A count of 1 uses the formula too."""
    return stirling_formula(count.where(count >= 1, 1.0)).where(count >= 1, 0.0)


def masked_by_term(count: Tensor) -> Tensor:
    """What is above 1 is the term, not the count."""
    term = stirling_formula(count.where(count > 0, 1.0))
    return term.where(term > 1, 0.0)


def root_missing(count: Tensor) -> Tensor:
    """Without ½ ln(2π · count)."""
    return (stirling_spec(count) - (2 * math.pi * count).log() / 2).where(count > 1, 0.0)


def root_not_halved(count: Tensor) -> Tensor:
    """With ln(2π · count) in place of half of it."""
    return (stirling_spec(count) + (2 * math.pi * count).log() / 2).where(count > 1, 0.0)
