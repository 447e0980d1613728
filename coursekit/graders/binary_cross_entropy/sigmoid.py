"""From a logit to a probability: `sigmoid`."""

from __future__ import annotations

from math import log

import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Rng, same_gradient, same_value
from coursekit.graders.binary_cross_entropy.common import LOGITS, LOSSES, SIGMOIDS, draw
from coursekit.graders.binary_cross_entropy.shared_mistakes import softmax_of_all
from coursekit.graders.binary_cross_entropy.specs import sigmoid_spec

sigmoid = Exercise(
    "sigmoid",
    sigmoid_spec,
    points=1,
    forbids=SIGMOIDS + LOSSES,
    idea="The sigmoid is the softmax of (x, 0): two classes, one logit, and the same care for large exponents.",
    hints=(
        "Two classes with the logits x and 0: what is the softmax probability of the first?",
        "exp(1000) is inf. What may be taken from both logits without a change of the result?",
        "The larger one, max(x, 0). Then one power is 1 and the other is less. Detached, it leaves the slope alone.",
    ),
)


@sigmoid.check
def odds_of_three(f: Function, rng: Rng) -> None:
    """Odds of 3 to 1, a logit of 1.0986, are a probability of 0.75"""
    same_value(f, sigmoid_spec, tensor(log(3)))
    same_value(f, sigmoid_spec, tensor([-log(3), log(9)]))


@sigmoid.check
def sigmoid_each(f: Function, rng: Rng) -> None:
    """Every logit for itself, in any shape"""
    same_value(f, sigmoid_spec, draw(rng, LOGITS, 3))
    same_value(f, sigmoid_spec, draw(rng, LOGITS, 2, 3))


@sigmoid.check
def sigmoid_slope(f: Function, rng: Rng) -> None:
    """The slope is p(1 - p), at 0 a quarter"""
    same_gradient(f, sigmoid_spec, draw(rng, LOGITS, 3), scale=3.0)
    same_gradient(f, sigmoid_spec, tensor([0.0]))


@sigmoid.check
def sigmoid_extremes(f: Function, rng: Rng) -> None:
    """Logits of ±1000 are probabilities of 1 and 0, with a slope of 0 and not NaN

    Look at what is inf on the way, although the value comes out right. `torch.where` behind an overflow is too late
    for the gradient.
    """
    big = 100.0 * int(rng.integers(8, 11))
    same_value(f, sigmoid_spec, tensor([big, -big]))
    same_gradient(f, sigmoid_spec, tensor([big, 0.5]))
    same_gradient(f, sigmoid_spec, tensor([-big, 0.5]))


wrong = sigmoid.misconceptions

wrong.table(
    probability_of_no=(
        "The sign is wrong: this is the probability of no, 1 / (1 + exp(x)).",
        lambda x: sigmoid_spec(-x),
    ),
    odds=("These are the odds, exp(x). A probability is odds / (1 + odds).", lambda x: x.exp()),
    hyperbolic=(
        "This is tanh, from -1 to 1. The sigmoid is (1 + tanh(x/2)) / 2: half as high, and a quarter as steep.",
        lambda x: x.tanh(),
    ),
    twice_the_logit=(
        "This is (1 + tanh(x)) / 2, the sigmoid of 2x. Halve the logit first.",
        lambda x: sigmoid_spec(2 * x),
    ),
    log_odds=(
        "This is the inverse, the log-odds of a probability. Here the log-odds are given.",
        lambda x: (x / (1 - x)).log(),
    ),
    logarithm_too=(
        "This is the logarithm of the probability. It comes in the next exercise.",
        lambda x: sigmoid_spec(x).log(),
    ),
    softmax_of_all=(
        "The elements compete: this is a softmax along the last dimension. Each logit is a question of its own; its "
        "rival is 0.",
        softmax_of_all,
    ),
    softplus=(
        "This is ln(1 + exp(x)), the softplus: it has no bound. The sigmoid is its slope.",
        lambda x: -sigmoid_spec(-x).log(),
    ),
    logits_cut=(
        "The logits are cut off (`clamp`): beyond the bound the probability stands still, and the slope is 0. Let no "
        "exponent grow: that needs no bound.",
        (
            *(lambda x, bound=bound: sigmoid_spec(x.clamp(-bound, bound)) for bound in (5.0, 10.0, 15.0, 20.0)),
            *(lambda x, bound=bound: sigmoid_spec(x.clamp(-bound, bound)) for bound in (30.0, 50.0, 80.0, 88.0)),
        ),
    ),
    step=(
        "This is a step: 1 from 0 on, else 0. The sigmoid leans from 0 to 1, and so has a slope.",
        lambda x: (x >= 0).to(x.dtype),
    ),
    three_lines=(
        "This is a straight line between two corners (a hard sigmoid). It agrees at 0 and far out only.",
        (
            lambda x: (x / 6 + 0.5).clamp(0, 1),
            lambda x: (x / 5 + 0.5).clamp(0, 1),
            lambda x: (x / 4 + 0.5).clamp(0, 1),
            lambda x: (x / 2 + 0.5).clamp(0, 1),
        ),
    ),
    softsign=(
        "This is x / (1 + |x|) from 0 to 1 (a softsign). The sigmoid is 1 / (1 + exp(-x)).",
        (lambda x: (x / (1 + x.abs()) + 1) / 2, lambda x: (x / 2 / (1 + (x / 2).abs()) + 1) / 2),
    ),
    probit=(
        "This is the normal distribution's curve (probit). The sigmoid is 1 / (1 + exp(-x)).",
        lambda x: (1 + torch.erf(x / 2**0.5)) / 2,
    ),
    nan_on_the_left=(
        "1 / (1 + exp(-x)): at -1000 the power is inf, the value 1/inf is still right, and the gradient is 0 · inf, "
        "NaN. Keep the exponent from growing.",
        lambda x: 1 / (1 + (-x).exp()),
    ),
    nan_on_the_right=(
        "exp(x) / (1 + exp(x)): at 1000 that is inf/inf, NaN. Keep the exponent from growing.",
        lambda x: x.exp() / (1 + x.exp()),
    ),
    chosen_too_late=(
        "Two formulas and a `where` between them: the value is right, the gradient NaN. `where` computes both, and "
        "0 · inf of the one not taken is NaN. Choose before exp, not after.",
        lambda x: torch.where(x >= 0, 1 / (1 + (-x).exp()), x.exp() / (1 + x.exp())),
    ),
)


@wrong(
    "At exactly 0 the slope is 0 in place of ¼: |x| has none there, and what depends on |x| alone stands still. A "
    "model that starts with zeros would never start."
)
def no_slope_at_zero(input: Tensor) -> Tensor:
    small = (-input.abs()).exp()
    return torch.where(input >= 0, torch.ones_like(input), small) / (1 + small)


wrong.table(
    from_minus_one_to_one=(
        "This is tanh(x/2), 2p - 1: from -1 to 1. A probability lies between 0 and 1.",
        lambda x: (x / 2).tanh(),
    ),
    minus_in_the_denominator=(
        "The 1 and the power are subtracted below the line. They are added: 1 + exp(-x).",
        lambda x: 1 / (1 - (-x).exp()),
    ),
    power_not_negative=(
        "The power below the line has the wrong base or a square: it is exp(-x).",
        (lambda x: 1 / (1 + 2**-x), lambda x: 1 / (1 + 10**-x), lambda x: 1 / (1 + (-(x**2)).exp())),
    ),
    one_missing=("The 1 below the line is missing, or above it: this is exp(x) or its like.", lambda x: (-x).exp()),
    slope_of_it=("This is the slope, p(1 - p). The probability is p.", lambda x: sigmoid_spec(x) * sigmoid_spec(-x)),
    half_as_steep=("The logit is halved. It is taken as it is.", lambda x: sigmoid_spec(x / 2)),
    logit_size=("The size of the logit is taken: a no becomes a yes.", lambda x: sigmoid_spec(x.abs())),
)
wrong.table(
    another_curve=(
        "This is another curve from 0 to 1: it agrees at 0 and far out only. The sigmoid is 1 / (1 + exp(-x)).",
        (
            lambda x: (1 + x / (1 + x**2).sqrt()) / 2,
            lambda x: 0.5 + x.atan() / 3.141592653589793,
            lambda x: (1 + torch.erf(x / 2)) / 2,
            lambda x: (1 + torch.erf(x)) / 2,
            lambda x: (1 + torch.erf(x * 0.6 / 2**0.5)) / 2,
            lambda x: 1 - (-(x.exp())).exp(),
        ),
    ),
)
