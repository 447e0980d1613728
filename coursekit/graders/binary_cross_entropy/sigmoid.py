"""From a logit to a probability, and its logarithm without detour."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import log, prod

import torch
import torch.nn.functional as F
from torch import Tensor, inf, nan, tensor

from coursekit.exercise import Exercise, Function, same_dtype, same_gradient, same_value
from coursekit.graders.binary_cross_entropy.common import DTYPES, LOGITS, LOSSES, SIGMOIDS, Rng, draw
from coursekit.wire import Question


def sigmoid_spec(input: Tensor) -> Tensor:
    """By its twin the hyperbolic tangent, which overflows nowhere."""
    return (1 + (input / 2).tanh()) / 2


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


@sigmoid.misconception("The sign is wrong: this is the probability of no, 1 / (1 + exp(x)).")
def probability_of_no(input: Tensor) -> Tensor:
    return sigmoid_spec(-input)


@sigmoid.misconception("These are the odds, exp(x). A probability is odds / (1 + odds).")
def odds(input: Tensor) -> Tensor:
    return input.exp()


@sigmoid.misconception(
    "This is tanh, from -1 to 1. The sigmoid is (1 + tanh(x/2)) / 2: half as wide, and half as steep."
)
def hyperbolic(input: Tensor) -> Tensor:
    return input.tanh()


@sigmoid.misconception("This is (1 + tanh(x)) / 2, the sigmoid of 2x. Halve the logit first.")
def twice_the_logit(input: Tensor) -> Tensor:
    return sigmoid_spec(2 * input)


@sigmoid.misconception("This is the inverse, the log-odds of a probability. Here the log-odds are given.")
def log_odds(input: Tensor) -> Tensor:
    return (input / (1 - input)).log()


@sigmoid.misconception("This is the logarithm of the probability. It comes in the next exercise.")
def logarithm_too(input: Tensor) -> Tensor:
    return sigmoid_spec(input).log()


@sigmoid.misconception(
    "The elements compete: this is a softmax along the last dimension. Each logit is a question of its own; its rival "
    "is 0."
)
def softmax_of_all(input: Tensor) -> Tensor:
    powers = input.exp()
    return powers / powers.sum(-1, keepdim=True) if input.ndim else torch.ones_like(input)


@sigmoid.misconception("This is a step: 1 from 0 on, else 0. The sigmoid leans from 0 to 1, and so has a slope.")
def step(input: Tensor) -> Tensor:
    return (input >= 0).to(input.dtype)


@sigmoid.misconception("This is a straight line between two corners (a hard sigmoid). It agrees at 0 and far out only.")
def three_lines(input: Tensor) -> Tensor:
    return (input / 6 + 0.5).clamp(0, 1)


@sigmoid.misconception("This is the normal distribution's curve (probit). The sigmoid is 1 / (1 + exp(-x)).")
def probit(input: Tensor) -> Tensor:
    return (1 + torch.erf(input / 2**0.5)) / 2


@sigmoid.misconception(
    "1 / (1 + exp(-x)): at -1000 the power is inf, the value 1/inf is still right, and the gradient is 0 · inf, NaN. "
    "Keep the exponent from growing."
)
def nan_on_the_left(input: Tensor) -> Tensor:
    return 1 / (1 + (-input).exp())


@sigmoid.misconception("exp(x) / (1 + exp(x)): at 1000 that is inf/inf, NaN. Keep the exponent from growing.")
def nan_on_the_right(input: Tensor) -> Tensor:
    return input.exp() / (1 + input.exp())


@sigmoid.misconception(
    "Two formulas and a `where` between them: the value is right, the gradient NaN. `where` computes both, and 0 · inf "
    "of the one not taken is NaN. Choose before exp, not after."
)
def chosen_too_late(input: Tensor) -> Tensor:
    return torch.where(input >= 0, nan_on_the_left(input), nan_on_the_right(input))


@sigmoid.misconception(
    "At exactly 0 the slope is 0 in place of ¼: |x| has none there, and what depends on |x| alone stands still. A "
    "model that starts with zeros would never start."
)
def no_slope_at_zero(input: Tensor) -> Tensor:
    small = (-input.abs()).exp()
    return torch.where(input >= 0, torch.ones_like(input), small) / (1 + small)


def log_sigmoid_spec(input: Tensor) -> Tensor:
    """The log-softmax of (x, 0), with the larger of the two taken out of the sum."""
    top = input.detach().relu()
    return input - top - ((input - top).exp() + (-top).exp()).log()


def log_sigmoid_cases() -> Iterator[Question]:
    """Shapes × dtypes, zeros and extremes with gradients; -inf and NaN in value only."""
    for dtype, shape in product(DTYPES, ((), (3,), (2, 3), (2, 2, 3), (0, 3))):
        yield Question((torch.linspace(-6, 5, prod(shape), dtype=dtype).reshape(shape),), wrt=(0,))
    for dtype, x in product(DTYPES, (0.0, 20.0, -20.0, 100.0, -100.0, 1000.0, -1000.0, 1e-4, -30.0)):
        yield Question((tensor([x, 0.5], dtype=dtype),), wrt=(0,))
    for dtype in DTYPES:
        yield Question((tensor([-inf, nan], dtype=dtype),))


log_sigmoid = Exercise(
    "log_sigmoid",
    log_sigmoid_spec,
    points=1,
    parity_points=1,
    forbids=SIGMOIDS + LOSSES,
    twin=F.logsigmoid,
    cases=log_sigmoid_cases,
    idea="Far left it is the line x, far right the axis: only the bend between them needs exp and log.",
    hints=(
        "On paper it is -ln(1 + exp(-x)). For which x does exp overflow, and what is the result there?",
        "Take x out where it is negative: -ln(1 + exp(-x)) = x - ln(1 + exp(x)). The same bend, mirrored.",
        "Both at once: min(x, 0) and a logarithm of 1 + exp(-|x|). Then look at the slope at exactly 0.",
    ),
)


@log_sigmoid.check
def log_of_three_quarters(f: Function, rng: Rng) -> None:
    """Odds of 3 to 1 give ln 0.75 = -0.2877, odds of 1 to 3 give ln 0.25 = -1.3863"""
    same_value(f, log_sigmoid_spec, tensor(log(3)))
    same_value(f, log_sigmoid_spec, tensor(-log(3)))
    same_value(f, log_sigmoid_spec, draw(rng, LOGITS, 2, 3))


@log_sigmoid.check
def log_sigmoid_slope(f: Function, rng: Rng) -> None:
    """The slope is 1 - p, what is missing to certainty"""
    same_gradient(f, log_sigmoid_spec, draw(rng, LOGITS, 3))


@log_sigmoid.check
def log_sigmoid_middle(f: Function, rng: Rng) -> None:
    """Between -100 and -20 nothing is cut off (float32)

    Look for a clamp, and for a small number inside the logarithm.
    """
    same_gradient(f, log_sigmoid_spec, tensor([1.5, -20.0, -float(rng.integers(90, 100))]))


@log_sigmoid.check
def log_sigmoid_extremes(f: Function, rng: Rng) -> None:
    """At -1000 it is -1000 with slope 1, at 1000 it is 0 with slope 0

    No probability can be formed on the way: it would be rounded to 0, and its logarithm is -inf.
    """
    big = 100.0 * int(rng.integers(8, 11))
    same_value(f, log_sigmoid_spec, tensor([-big, big]))
    same_gradient(f, log_sigmoid_spec, tensor([-big, 0.5]))
    same_gradient(f, log_sigmoid_spec, tensor([big, 0.5]))


@log_sigmoid.parity
def log_sigmoid_at_zero(f: Function, rng: Rng) -> None:
    """The slope at exactly 0 is ½

    `clamp`, `relu`, `where` and `abs` decide for one side there. A model whose last layer starts with zeros begins at
    this very place.
    """
    same_gradient(f, log_sigmoid_spec, tensor([0.0]))
    same_gradient(f, log_sigmoid_spec, tensor([0.0, 1.5]), scale=3.0)


@log_sigmoid.parity
def log_sigmoid_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32, float64 stays float64 and is exact"""
    same_dtype(f, log_sigmoid_spec, draw(rng, LOGITS, 3))
    same_dtype(f, log_sigmoid_spec, tensor([12.0, -float(rng.integers(17, 30))], dtype=torch.float64))


@log_sigmoid.misconception("The sign is wrong: this is the surprise -ln p. The logarithm of a probability is negative.")
def surprise(input: Tensor) -> Tensor:
    return -log_sigmoid_spec(input)


@log_sigmoid.misconception("This is ln(1 - p), the logarithm of the probability of no. Turn the sign of the logit.")
def log_of_no(input: Tensor) -> Tensor:
    return log_sigmoid_spec(-input)


@log_sigmoid.misconception("This is ln(1 + exp(x)), the softplus: how surprising a no is. ln p is minus that of -x.")
def softplus(input: Tensor) -> Tensor:
    return -log_sigmoid_spec(-input)


@log_sigmoid.misconception("This is in bits. Nats need the natural logarithm.")
def log_sigmoid_bits(input: Tensor) -> Tensor:
    return log_sigmoid_spec(input) / log(2)


@log_sigmoid.misconception("This is the sigmoid itself; its logarithm is missing.")
def no_logarithm(input: Tensor) -> Tensor:
    return sigmoid_spec(input)


@log_sigmoid.misconception(
    "The line is missing: -ln(1 + exp(-|x|)) is the same on both sides. Where x is negative, x belongs to it."
)
def only_the_bend(input: Tensor) -> Tensor:
    return -(-input.abs()).exp().log1p()


@log_sigmoid.misconception("The elements compete: this is a log-softmax along the last dimension. Each has a rival, 0.")
def log_softmax_of_all(input: Tensor) -> Tensor:
    return softmax_of_all(input).log()


@log_sigmoid.misconception(  # BCEL1
    "The sigmoid was applied twice. ln σ(σ(x)) lies between -0.69 and -0.31, whatever the logit."
)
def sigmoid_twice(input: Tensor) -> Tensor:
    return log_sigmoid_spec(sigmoid_spec(input))


@log_sigmoid.misconception(
    "log(sigmoid(x)): far on the left the probability is rounded to 0, its logarithm is -inf, and the gradient NaN. "
    "Form no probability."
)
def log_after_sigmoid(input: Tensor) -> Tensor:
    top = input.detach().relu()
    yes, no = (input - top).exp(), (-top).exp()
    return (yes / (yes + no)).log()


@log_sigmoid.misconception(
    "-log(1 + exp(-x)): from x = -89 on (float32) exp is inf, and so is the result. Where x is negative use "
    "x - log(1 + exp(x))."
)
def overflow(input: Tensor) -> Tensor:
    return -(1 + (-input).exp()).log()


@log_sigmoid.misconception(
    "Two formulas and a `where` between them: the value is right, the gradient NaN, because `where` computes both. "
    "Choose before exp, not after."
)
def log_chosen_too_late(input: Tensor) -> Tensor:
    return torch.where(input >= 0, -(-input).exp().log1p(), input - input.exp().log1p())


@log_sigmoid.misconception(
    "A small number was added inside the logarithm: from x = -17 on the result stands still at about -18. Form no "
    "probability, then nothing needs to be added."
)
def log_sigmoid_padded(input: Tensor) -> Tensor:
    return (sigmoid_spec(input) + 1e-8).log()


@log_sigmoid.misconception("The result is cut off at -100. That is `binary_cross_entropy`; here x goes on to -1000.")
def cut_at_hundred(input: Tensor) -> Tensor:
    return log_sigmoid_spec(input).clamp(min=-100)


@log_sigmoid.misconception("The logit is cut off at ±50 before anything is computed: the loss of a sure mistake too.")
def logit_cut_off(input: Tensor) -> Tensor:
    return log_sigmoid_spec(input.clamp(-50, 50))


@log_sigmoid.misconception(
    "At exactly 0 the slope is 1 in place of ½: `clamp(max=0)` counts 0 as its inside. `torch.minimum` shares it."
)
def slope_one_at_zero(input: Tensor) -> Tensor:
    return input.clamp(max=0) - (-input.abs()).exp().log1p()


@log_sigmoid.misconception(
    "At exactly 0 the slope is 0 in place of ½: `relu` counts 0 as its outside, and |x| has no slope there. "
    "`torch.minimum` shares it."
)
def slope_zero_at_zero(input: Tensor) -> Tensor:
    return -(-input).relu() - (-input.abs()).exp().log1p()


@log_sigmoid.misconception("The result is always float32: make constants with `torch.zeros_like(input)`.")
def log_sigmoid_float32(input: Tensor) -> Tensor:
    return log_sigmoid_spec(input).float()
