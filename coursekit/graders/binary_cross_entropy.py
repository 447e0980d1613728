"""From the sigmoid to a yes or no for each of many labels: BCE on probabilities, on logits, focal, Keras's, torch's.

Sources: Lin et al., Focal Loss for Dense Object Detection (2017), and torchvision's `sigmoid_focal_loss`;
`torch.nn.functional.logsigmoid`, `binary_cross_entropy`, `binary_cross_entropy_with_logits`,
`multilabel_soft_margin_loss`; `keras.losses.binary_crossentropy`.

All these losses are the same two numbers, what a yes costs and what a no costs, mixed by the target. So the mistakes
in mixing, weighing and reducing are written once, and added to each loss in which they can be made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from math import log, prod
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, inf, nan, tensor

from coursekit.compare import refuses, same_dtype, same_gradient, same_value
from coursekit.exercise import Exercise, Question, wrong_in
from coursekit.grading import Function
from coursekit.reductions import REDUCTIONS, reduced, wrong_words
from coursekit.twins import keras_twin

Rng = np.random.Generator
Loss = Callable[..., Tensor]
Draw = Callable[..., tuple[Tensor, Tensor]]


def overloads(*names: str) -> tuple[str, ...]:
    """Ready-made functions as a TorchFunctionMode sees them: with the overload's name if called through torch.ops."""
    return tuple(name + overload for name in names for overload in ("", ".default", ".int", ".out"))


LOSSES = overloads(
    *("binary_cross_entropy", "binary_cross_entropy_with_logits", "multilabel_soft_margin_loss", "soft_margin_loss"),
    *("cross_entropy", "cross_entropy_loss", "nll_loss", "nll_loss_nd", "nll_loss_forward", "kl_div"),
)
SIGMOIDS = overloads(
    *("sigmoid", "sigmoid_", "expit", "special_expit", "logsigmoid", "log_sigmoid", "log_sigmoid_forward"),
    *("hardsigmoid", "silu", "glu", "softplus", "softmax", "log_softmax", "_softmax", "_log_softmax", "softmin"),
    *(
        "special_softmax",
        "special_log_softmax",
        "logaddexp",
        "logaddexp2",
        "logsumexp",
        "special_logsumexp",
        "logcumsumexp",
    ),
)

DTYPES = (torch.float32, torch.float64)

# No two of them add up to 1, and of the logits no two add up to 0: what costs as a yes never costs as a no
SHARES = (0.05, 0.1, 0.2, 0.3, 0.35, 0.45, 0.6, 0.75, 0.85, 0.97)
LOGITS = (-2.1, -1.8, -1.5, -0.9, -0.3, 0.2, 0.7, 1.3, 1.7, 2.4)
FACTORS = (0.05, 0.4, 0.1, 0.25, 0.02, 0.06)
POSITIVE = (3.0, 0.5, 2.2, 1.6, 5.0, 0.8)


def draw(rng: Rng, values: tuple[float, ...], *shape: int) -> Tensor:
    """Some of `values`, each at most once."""
    return tensor(rng.permutation(values)[: prod(shape)].reshape(shape), dtype=torch.float32)


def answers(rng: Rng, *shape: int) -> Tensor:
    """Noes and yeses, as many of the one as of the other, or one no more."""
    return tensor(rng.permutation(np.arange(prod(shape)) % 2).reshape(shape), dtype=torch.float32)


def with_shares(rng: Rng, *shape: int) -> tuple[Tensor, Tensor]:
    """Probabilities, and a yes or no for each."""
    return draw(rng, SHARES, *shape), answers(rng, *shape)


def with_logits(rng: Rng, *shape: int) -> tuple[Tensor, Tensor]:
    """Logits, and a yes or no for each."""
    return draw(rng, LOGITS, *shape), answers(rng, *shape)


def wrong_part(exercises: dict[str, Exercise], part: str, *explanations: str, name: str = "") -> Callable[[Loss], Loss]:
    """Adds a mistake in one of the parts that a spec is made of: what takes this part's place."""

    def add(own: Loss) -> Loss:
        def with_own(spec: Loss, *args: Any, **flags: Any) -> Tensor:
            return spec(*args, **{part: own}, **flags)

        wrong_in(exercises, *explanations, name=name or own.__name__)(with_own)
        return own

    return add


def wrong_losses(exercises: dict[str, Exercise], *explanations: str, name: str = "") -> Callable[[Loss], Loss]:
    """Adds a mistake in the loss of each element: a function of the right loss, and of its arguments."""
    return wrong_part(exercises, "twist", *explanations, name=name)


def as_it_is(losses: Loss, *args: Any) -> Tensor:
    """The twist of a spec that nobody has spoilt."""
    return losses(*args)


def weighed(losses: Tensor, weight: Tensor | None) -> Tensor:
    """Each loss times its factor, which does not add to the shape."""
    return losses if weight is None else losses * weight.expand_as(losses)


def broadcast(*values: Tensor) -> tuple[Tensor, ...]:
    """All in the shape to which they broadcast together."""
    return tuple(torch.broadcast_tensors(*values))  # type: ignore[no-untyped-call]


def alike(one: Tensor, other: Tensor) -> None:
    """Raises where torch and Keras do: what would broadcast is refused."""
    if one.shape != other.shape:
        raise ValueError(f"one is {tuple(one.shape)}, the other {tuple(other.shape)}")


# ---- sigmoid -------------------------------------------------------------------------------------------------


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


# ---- log_sigmoid ---------------------------------------------------------------------------------------------


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


# ---- what torch's losses have in common ----------------------------------------------------------------------


def drop_in_parity(exercise: Exercise, pair: Draw) -> None:
    """What a loss of torch owes besides its formula."""
    spec = exercise.spec

    @exercise.parity
    def column_weights(f: Function, rng: Rng) -> None:
        """`weight` is a factor for each column, and the mean still divides by the number of losses

        A weight of shape (C,) lines up with the last dimension, as all broadcasting does: with columns, not rows.
        """
        for shape, reduction in product(((2, 2), (2, 3)), REDUCTIONS):
            same_value(f, spec, *pair(rng, *shape), weight=draw(rng, FACTORS, shape[1]), reduction=reduction)

    @exercise.parity
    def every_gradient(f: Function, rng: Rng) -> None:
        """The gradient with every reduction and with weights, by input and by target

        It passes on what comes from above: the 1/N of a mean, the weight, a factor on the loss.
        """
        for reduction, weight in product(REDUCTIONS, (None, draw(rng, FACTORS, 3))):
            flags: dict[str, Any] = {"reduction": reduction, "weight": weight}
            same_gradient(f, spec, *pair(rng, 2, 3), wrt=(0, 1), scale=3.0, **flags)

    @exercise.parity
    def other_shapes(f: Function, rng: Rng) -> None:
        """One and three dimensions, with every reduction"""
        for shape, reduction in product(((3,), (2, 2, 2)), REDUCTIONS):
            same_value(f, spec, *pair(rng, *shape), reduction=reduction)

    @exercise.parity
    def no_elements(f: Function, rng: Rng) -> None:
        """An empty batch: 'sum' gives 0, 'mean' gives NaN, 'none' gives nothing"""
        empty = torch.empty(0, 3)
        for reduction in REDUCTIONS:
            same_value(f, spec, empty, empty, reduction=reduction)

    @exercise.parity
    def keeps_dtype(f: Function, rng: Rng) -> None:
        """float32 stays float32, float64 stays float64"""
        input, target = pair(rng, 2, 2)
        same_dtype(f, spec, input, target)
        same_dtype(f, spec, input.double(), target.double())

    @exercise.parity
    def unknown_word(f: Function, rng: Rng) -> None:
        """A reduction that does not exist is refused

        A misspelt word that passes for another one trains a model on a loss that nobody asked for.
        """
        refuses(f, *pair(rng, 2, 2), reduction="batchmean")


def fitting_parity(exercise: Exercise, pair: Draw) -> None:
    """How weights and targets have to fit the input."""
    spec = exercise.spec

    @exercise.parity
    def weights_of_all_shapes(f: Function, rng: Rng) -> None:
        """A factor for each loss, for each row, or one for all"""
        for shape in ((2, 2), (2, 1), (1,), ()):
            same_value(f, spec, *pair(rng, 2, 2), weight=draw(rng, FACTORS, *shape))
        same_value(f, spec, *pair(rng), weight=draw(rng, FACTORS))

    @exercise.parity
    def unlike_shapes(f: Function, rng: Rng) -> None:
        """A target of another shape is refused, though it would broadcast

        (N, 1) against (N,) is an N × N table of losses, and most of them compare with somebody else's target.
        """
        for shape in ((3,), (3, 3), (1,)):
            refuses(f, pair(rng, 3, 1)[0], pair(rng, *shape)[1])

    @exercise.parity
    def weight_too_large(f: Function, rng: Rng) -> None:
        """A weight that would add to the shape of the losses is refused

        [w_no, w_yes] beside one output a sample, (N, 1), is a weight for two outputs. Broadcasting makes two of one.
        """
        refuses(f, *pair(rng, 4, 1), weight=draw(rng, FACTORS, 2))


# ---- binary_cross_entropy ------------------------------------------------------------------------------------


class _Guarded(torch.autograd.Function):
    """-t ln p - (1 - t) ln(1 - p), with torch's two guards: -100 in the value, 1e-12 in the slope."""

    @staticmethod
    def forward(ctx: Any, p: Tensor, t: Tensor) -> Tensor:
        ctx.save_for_backward(p, t)
        return -(t * p.log().clamp(min=-100) + (1 - t) * (1 - p).log().clamp(min=-100))

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, Tensor]:
        p, t = ctx.saved_tensors
        return upstream * (p - t) / (p * (1 - p)).clamp(min=1e-12), upstream * ((1 - p).log() - p.log())


def of_shares(p: Tensor, t: Tensor) -> Tensor:
    """The loss of each probability."""
    losses: Tensor = _Guarded.apply(p, t)  # type: ignore[no-untyped-call]
    return losses


def from_0_to_1(**values: Tensor) -> None:
    """Raises where a number is no probability; NaN is none."""
    for name, value in values.items():
        if not ((value >= 0) & (value <= 1)).all():
            raise RuntimeError(f"{name} holds a number that is not from 0 to 1")


def shares_spec(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean", twist: Loss = as_it_is
) -> Tensor:
    """The loss of each probability, weighted, reduced."""
    alike(input, target)
    from_0_to_1(input=input, target=target)
    return reduced(weighed(twist(of_shares, input, target), weight), reduction)


def weight_cases(input: Tensor, **flags: Any) -> Iterator[dict[str, Any]]:
    """Reductions × weights of every shape that fits a matrix."""
    rows, columns = input.shape
    shapes: tuple[tuple[int, ...], ...] = ((rows, columns), (columns,), (rows, 1), (1,), ())
    for reduction, shape in product(REDUCTIONS, (None, *shapes)):
        weight = None if shape is None else torch.linspace(0.1, 3, prod(shape), dtype=input.dtype).reshape(shape)
        yield {"reduction": reduction, "weight": weight, **flags}


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


@binary_cross_entropy.misconception(  # BCE5
    "A sigmoid was applied first. The input holds probabilities already; with logits the loss is another function, "
    "`binary_cross_entropy_with_logits`."
)
def logits_expected(input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean") -> Tensor:
    return logits_spec(input, target, weight, reduction)


@binary_cross_entropy.misconception(
    "The arguments have changed places: the target stands inside the logarithms. Here the input comes first; in Keras "
    "it comes second."
)
def places_of_keras(input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean") -> Tensor:
    return shares_spec(target, input, weight, reduction)


ON_SHARES = {"shares": binary_cross_entropy}
wrong_on_shares = partial(wrong_losses, ON_SHARES)


@wrong_on_shares("This is the squared error. It costs at most 1, however sure the mistake; a surprise has no limit.")
def squares(losses: Loss, p: Tensor, t: Tensor) -> Tensor:
    return (p - t) ** 2


@wrong_on_shares("This is 1 less the probability of the right answer. Its surprise, -ln, is the loss.")
def missing_share(losses: Loss, p: Tensor, t: Tensor) -> Tensor:
    return 1 - p * t - (1 - p) * (1 - t)


@wrong_on_shares(
    "The logarithm is taken of the mixture p t + (1 - p)(1 - t). For targets of 0 and 1 that is the same; between them "
    "the two logarithms are mixed, not the probabilities."
)
def logarithm_of_the_mixture(losses: Loss, p: Tensor, t: Tensor) -> Tensor:
    return losses(p * t + (1 - p) * (1 - t), torch.ones_like(t))


def plain(p: Tensor, t: Tensor, guard: Loss = torch.log) -> Tensor:
    """The formula as it stands, its slope left to autograd."""
    return -(t * guard(p) + (1 - t) * guard(1 - p))


@wrong_on_shares(  # BCE1
    "ln 0 is -inf: a sure mistake costs inf, and where it is multiplied by 0 the loss is NaN. torch cuts each "
    "logarithm off at -100."
)
def without_a_guard(losses: Loss, p: Tensor, t: Tensor) -> Tensor:
    return plain(p, t)


@wrong_on_shares(  # BCE2, K3
    "The probability is clipped at 1e-7, as in Keras: a sure mistake costs 16.118 and a perfect answer 1e-7. torch "
    "cuts the logarithm off, at -100."
)
def clipped_as_in_keras(losses: Loss, p: Tensor, t: Tensor) -> Tensor:
    return plain(p.clamp(1e-7, 1 - 1e-7), t)


@wrong_on_shares(  # BCE3
    "A small number is added inside the logarithms (1e-12): a sure mistake costs 27.63, and near 1 the loss falls "
    "below 0. torch cuts the logarithm off, at -100."
)
def padded(losses: Loss, p: Tensor, t: Tensor) -> Tensor:
    return plain(p, t, lambda x: (x + 1e-12).log())


@wrong_on_shares(
    "NaN and inf were replaced by 0 (`nan_to_num`, or a mask): a sure mistake looks like a perfect answer. It costs "
    "100."
)
def mistake_forgiven(losses: Loss, p: Tensor, t: Tensor) -> Tensor:
    loss = plain(p, t)
    return loss.where(loss.isfinite(), 0.0)


@wrong_on_shares(
    "The loss is cut off at 100, not the logarithm. With a target of 0.25 at p = 0 it is 25: a quarter of 100."
)
def loss_cut_off(losses: Loss, p: Tensor, t: Tensor) -> Tensor:
    return -(torch.xlogy(t, p) + torch.xlogy(1 - t, 1 - p)).clamp(min=-100)


@wrong_on_shares(  # BCE4
    "The value is right, and at p = 0 or 1 the slope is NaN: autograd goes through log and clamp and multiplies inf by "
    "0. Give the slope yourself: (p - t) / max(p(1 - p), 1e-12)."
)
def slope_by_autograd(losses: Loss, p: Tensor, t: Tensor) -> Tensor:
    return plain(p, t, lambda x: x.log().clamp(min=-100))


def own_slope(value: Tensor, p: Tensor, slope: Tensor) -> Tensor:
    """`value`, whose gradient by the target it keeps and whose gradient by p is `slope`."""
    return value + slope.detach() * (p - p.detach())


@wrong_on_shares(
    "At p = 0 and p = 1 the slope is 0: whoever is certain and wrong learns nothing. torch divides p - t by 1e-12 "
    "there."
)
def dead_corner(losses: Loss, p: Tensor, t: Tensor) -> Tensor:
    inside = (p > 0) & (p < 1)
    return own_slope(losses(p.detach(), t), p, ((p - t) / (p * (1 - p))).where(inside, 0.0))


@wrong_on_shares(
    "The slope has a guard for each term, -t/p and (1 - t)/(1 - p). At p = t = 1 that is -1 (the slope of -ln p, "
    "indeed); torch guards the fraction (p - t) / (p(1 - p)) as a whole, and has 0."
)
def each_term_guarded(losses: Loss, p: Tensor, t: Tensor) -> Tensor:
    slope = (1 - t) / (1 - p).clamp(min=1e-12) - t / p.clamp(min=1e-12)
    return own_slope(losses(p.detach(), t), p, slope)


@wrong_on_shares(
    "The slope's guard is wider than 1e-12: a mistake that is less than sure is pulled back too weakly already."
)
def wide_guard(losses: Loss, p: Tensor, t: Tensor) -> Tensor:
    return own_slope(losses(p.detach(), t), p, (p - t) / (p * (1 - p)).clamp(min=1e-7))


@wrong_on_shares(
    "The slope is limited to ±100 or less, as if the -100 of the value were its limit too. The two guards are apart: "
    "the slope goes up to 1e12."
)
def gentle_slope(losses: Loss, p: Tensor, t: Tensor) -> Tensor:
    return own_slope(losses(p.detach(), t), p, ((p - t) / (p * (1 - p)).clamp(min=1e-12)).clamp(-100, 100))


@wrong_on_shares("The slope is p - t. That is the slope by the logit; by the probability it is divided by p(1 - p).")
def slope_by_the_logit(losses: Loss, p: Tensor, t: Tensor) -> Tensor:
    return own_slope(losses(p.detach(), t), p, p - t)


class _Deaf(torch.autograd.Function):
    """A backward that does not ask what comes from above."""

    @staticmethod
    def forward(ctx: Any, p: Tensor, t: Tensor) -> Tensor:
        ctx.save_for_backward(p, t)
        return _Guarded.forward(ctx, p, t)

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, Tensor]:
        return _Guarded.backward(ctx, torch.ones_like(upstream))


@wrong_on_shares(
    "The backward does not multiply by what comes from above: the 1/N of the mean, the weight and every factor on the "
    "loss are missing in the gradient."
)
def backward_is_deaf(losses: Loss, p: Tensor, t: Tensor) -> Tensor:
    deaf: Tensor = _Deaf.apply(p, t)  # type: ignore[no-untyped-call]
    return deaf


def unchecked(*, input_too: bool, target_too: bool) -> Loss:
    """The loss with one or both questions about the range left out."""

    def loss(
        spec: Loss, input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
    ) -> Tensor:
        alike(input, target)
        if not input_too:
            from_0_to_1(input=input)
        if not target_too:
            from_0_to_1(target=target)
        return reduced(weighed(of_shares(input, target), weight), reduction)

    return loss


wrong_in(  # BCE6
    ON_SHARES,
    "An input outside 0 … 1 is not refused. It is a logit that has not seen a sigmoid, and the loss is NaN.",
    name="input_unchecked",
)(unchecked(input_too=True, target_too=False))

wrong_in(  # BCE7
    ON_SHARES,
    "A target outside 0 … 1 is not refused. With masks of 0 and 255 the loss falls below 0 and never stops.",
    name="target_unchecked",
)(unchecked(input_too=False, target_too=True))

wrong_in(  # BCE6, BCE7
    ON_SHARES,
    "Nothing is refused: an input outside 0 … 1 is a logit, a target outside is a class number or a mask of 255. torch "
    "raises for both.",
    name="range_unchecked",
)(unchecked(input_too=True, target_too=True))


@wrong_in(
    ON_SHARES, "Numbers outside 0 … 1 are pushed inside. They are logits that have not seen a sigmoid: refuse them."
)
def pushed_inside(
    spec: Loss, input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    return shares_spec(input.clamp(0, 1), target.clamp(0, 1), weight, reduction)


@wrong_in(
    ON_SHARES,
    "A NaN is not refused: `x < 0` and `x > 1` are both False for it. Ask whether all are inside, not whether any is "
    "outside.",
)
def nan_slips_through(
    spec: Loss, input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    alike(input, target)
    from_0_to_1(input=input.nan_to_num(0.5), target=target)
    return reduced(weighed(of_shares(input, target), weight), reduction)


# ---- binary_cross_entropy_with_logits ------------------------------------------------------------------------


def of_logits(x: Tensor, t: Tensor, pos_weight: Tensor | float = 1.0) -> Tensor:
    """The loss of each logit: -w t ln σ(x) - (1 - t) ln σ(-x)."""
    return -(pos_weight * t * log_sigmoid_spec(x) + (1 - t) * log_sigmoid_spec(-x))


def logits_spec(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
    twist: Loss = as_it_is,
) -> Tensor:
    """The loss of each logit, weighted, reduced."""
    alike(input, target)
    yes_factor = 1.0 if pos_weight is None else pos_weight.expand_as(input)
    return reduced(weighed(twist(of_logits, input, target, yes_factor), weight), reduction)


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


def with_pos_weight(explanation: str, name: str = "") -> Callable[[Loss], Loss]:
    """Adds a mistake in what `pos_weight` does to a loss: a function of what a yes and a no cost, t and the factor."""

    def add(own: Loss) -> Loss:
        def loss(losses: Loss, x: Tensor, t: Tensor, w: Tensor | float) -> Tensor:
            return own(losses(x, torch.ones_like(t)), losses(x, torch.zeros_like(t)), t, w)

        return wrong_losses({"logits": binary_cross_entropy_with_logits}, explanation, name=name or own.__name__)(loss)

    return add


@with_pos_weight("`pos_weight` is not used: it is a factor for the part of yes.")
def no_pos_weight(yes: Tensor, no: Tensor, t: Tensor, w: Tensor | float) -> Tensor:
    return t * yes + (1 - t) * no


@with_pos_weight(  # BCEL4
    "`pos_weight` multiplies the whole loss wherever the target is above 0. With a target of 0.4 only the 0.4 of yes "
    "has the factor, the 0.6 of no has none."
)
def whole_row(yes: Tensor, no: Tensor, t: Tensor, w: Tensor | float) -> Tensor:
    return (t * yes + (1 - t) * no) * torch.where(t > 0, w, 1.0)


@with_pos_weight(  # BCEL4
    "The whole loss is multiplied by 1 + (w - 1) t. For targets of 0 and 1 that is right; between them the part of no "
    "is multiplied too."
)
def mixed_factor(yes: Tensor, no: Tensor, t: Tensor, w: Tensor | float) -> Tensor:
    return (t * yes + (1 - t) * no) * (1 + (w - 1) * t)


@with_pos_weight("`pos_weight` multiplies the noes. It is the factor of a yes.")
def weight_of_no(yes: Tensor, no: Tensor, t: Tensor, w: Tensor | float) -> Tensor:
    return t * yes + w * (1 - t) * no


@with_pos_weight(
    "`pos_weight` multiplies yes and no alike. That is what `weight` does; the two may have changed places."
)
def weight_of_both(yes: Tensor, no: Tensor, t: Tensor, w: Tensor | float) -> Tensor:
    return w * (t * yes + (1 - t) * no)


@with_pos_weight("The noes are divided by `pos_weight`: the ratio is right, the size of the loss is not.")
def divided_no(yes: Tensor, no: Tensor, t: Tensor, w: Tensor | float) -> Tensor:
    return t * yes + (1 - t) * no / w


ON_LOGITS = {"logits": binary_cross_entropy_with_logits}
wrong_on_logits = partial(wrong_in, ON_LOGITS)


@wrong_on_logits("The mean divides by the sum of the factors that `pos_weight` gave out. It divides by the number.")
def mean_by_pos_weights(spec: Loss, input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    w, loss = flags.get("pos_weight"), logits_spec(input, target, **flags)
    if w is None or flags.get("reduction", "mean") != "mean":
        return loss
    factors: Tensor = 1 + (w - 1) * target
    return loss * target.numel() / factors.sum()


@wrong_on_logits(  # BCEL6
    "`pos_weight` lines up with dimension 1, where pictures have their classes. It broadcasts as everything does, from "
    "the last dimension: for pictures the caller gives it the shape (C, 1, 1)."
)
def pos_weight_on_channels(spec: Loss, input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    w = flags.get("pos_weight")
    if w is not None and w.ndim == 1 and input.ndim > 2:
        flags["pos_weight"] = w.reshape(-1, *[1] * (input.ndim - 2))
    return logits_spec(input, target, **flags)


@wrong_on_logits(
    "`pos_weight` lines up with the rows, as if it were one factor for each sample. It is one for each output."
)
def pos_weight_on_rows(spec: Loss, input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    w = flags.get("pos_weight")
    if w is not None and w.ndim == 1 and input.ndim > 1 and len(w) == len(input):
        flags["pos_weight"] = w.reshape(-1, *[1] * (input.ndim - 1))
    return logits_spec(input, target, **flags)


@wrong_on_logits(  # BCEL5
    "A `pos_weight` of two numbers beside one output makes two losses of each. torch refuses it: `expand_as` does too."
)
def pos_weight_grows(spec: Loss, input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    if flags.get("pos_weight") is not None and input.shape == target.shape:
        input, target, flags["pos_weight"] = broadcast(input, target, flags["pos_weight"])
    return logits_spec(input, target, **flags)


@wrong_on_logits("`pos_weight` below 1 has no effect here. It may make a yes count less as well.")
def only_above_one(spec: Loss, input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    w = flags.pop("pos_weight", None)
    return logits_spec(input, target, pos_weight=None if w is None else w.clamp(min=1), **flags)


# ---- sigmoid_focal_loss --------------------------------------------------------------------------------------


def share_of_right(inputs: Tensor, targets: Tensor) -> Tensor:
    """How much probability the right answer was given: p of a yes, 1 - p of a no."""
    p = sigmoid_spec(inputs)
    return p * targets + (1 - p) * (1 - targets)


def focal_spec(
    inputs: Tensor,
    targets: Tensor,
    alpha: float = 0.25,
    gamma: float = 2.0,
    reduction: str = "none",
    right: Loss = share_of_right,
    losses: Loss = of_logits,
) -> Tensor:
    """Each loss times what its right answer lacks, to the power gamma, times the factor of its side."""
    alike(inputs, targets)
    value = losses(inputs, targets) * (1 - right(inputs, targets)) ** gamma
    if alpha >= 0:
        value = value * (alpha * targets + (1 - alpha) * (1 - targets))
    return reduced(value, reduction)


sigmoid_focal_loss = Exercise(
    "sigmoid_focal_loss",
    focal_spec,
    points=2,
    parity_points=1,
    forbids=LOSSES,
    idea="Two factors for two troubles: alpha for a side that is rare, (1 - q)^gamma for what is known already.",
    hints=(
        "Start from your `binary_cross_entropy_with_logits`, unreduced, and from p = σ(x).",
        "q is the probability that the right answer got: p where t is 1, 1 - p where t is 0, mixed between them.",
        "The factor of a yes is alpha, that of a no 1 - alpha. Reduce last; the default leaves one loss an element.",
    ),
)


@sigmoid_focal_loss.check
def even_odds(f: Function, rng: Rng) -> None:
    """At a logit of 0 a yes costs 0.0433, a no three times as much

    ln 2, times ½ squared, times ¼ or ¾.
    """
    same_value(f, focal_spec, tensor([0.0, 0.0]), tensor([1.0, 0.0]))
    same_value(f, focal_spec, tensor([2.0]), tensor([0.0]))
    same_value(f, focal_spec, *with_logits(rng, 2, 3))


@sigmoid_focal_loss.check
def no_alpha(f: Function, rng: Rng) -> None:
    """A negative alpha switches the two factors off; an alpha of 0 silences every yes"""
    x, t = with_logits(rng, 2, 2)
    for alpha in (-1.0, 0.0, 1.0, 0.9):
        same_value(f, focal_spec, x, t, alpha=alpha)


@sigmoid_focal_loss.check
def focal_exponent(f: Function, rng: Rng) -> None:
    """gamma is the exponent; with 0, and no alpha, it is the binary cross-entropy"""
    x, t = with_logits(rng, 2, 2)
    for gamma in (0.0, 1.0, 0.5 * int(rng.integers(5, 9))):
        same_value(f, focal_spec, x, t, alpha=-1.0, gamma=gamma)
        same_value(f, focal_spec, x, t, gamma=gamma)


@sigmoid_focal_loss.check
def focal_reductions(f: Function, rng: Rng) -> None:
    """One loss each by default; else their sum, or their mean over all elements"""
    for reduction in REDUCTIONS:
        same_value(f, focal_spec, *with_logits(rng, 2, 3), reduction=reduction)


@sigmoid_focal_loss.check
def focal_slope(f: Function, rng: Rng) -> None:
    """The gradient is right: it flows through the loss and through the factor"""
    same_gradient(f, focal_spec, *with_logits(rng, 2, 2))
    same_gradient(f, focal_spec, *with_logits(rng, 2, 2), alpha=-1.0, gamma=1.0, scale=3.0, reduction="mean")


@sigmoid_focal_loss.parity
def focal_large(f: Function, rng: Rng) -> None:
    """Logits of ±1000: a sure mistake costs its full surprise, a sure hit nothing"""
    big = 100.0 * int(rng.integers(8, 11))
    for x, t in product((big, -big), (0.0, 1.0)):
        same_gradient(f, focal_spec, tensor([x, 0.5]), tensor([t, 1.0]))


@sigmoid_focal_loss.parity
def focal_soft(f: Function, rng: Rng) -> None:
    """A target between 0 and 1 mixes q and alpha as well

    q = p · t + (1 - p) · (1 - t). It is exp(-loss) for targets of 0 and 1 only.
    """
    same_gradient(f, focal_spec, draw(rng, LOGITS, 3), draw(rng, SHARES, 3))
    same_gradient(f, focal_spec, draw(rng, LOGITS, 3), draw(rng, SHARES, 3), wrt=(0, 1), reduction="sum")


@sigmoid_focal_loss.parity
def focal_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32, float64 stays float64"""
    x, t = with_logits(rng, 2, 2)
    same_dtype(f, focal_spec, x, t)
    same_dtype(f, focal_spec, x.double(), t.double())


@sigmoid_focal_loss.parity
def focal_refuses(f: Function, rng: Rng) -> None:
    """A reduction that does not exist is refused"""
    refuses(f, *with_logits(rng, 2, 2), reduction="batchmean")


@sigmoid_focal_loss.parity
def focal_shapes(f: Function, rng: Rng) -> None:
    """A target of another shape is refused, though it would broadcast"""
    refuses(f, draw(rng, LOGITS, 3, 1), answers(rng, 3))


ON_FOCAL = {"focal": sigmoid_focal_loss}
wrong_on_focal = partial(wrong_in, ON_FOCAL)


wrong_share = partial(wrong_part, ON_FOCAL, "right")
wrong_surprise = partial(wrong_part, ON_FOCAL, "losses")


@wrong_on_focal("The factor of the noes is alpha as well. A no has 1 - alpha: together they are 1.")
def alpha_for_all(spec: Loss, inputs: Tensor, targets: Tensor, alpha: float = 0.25, **flags: Any) -> Tensor:
    return focal_spec(inputs, targets, -1, **flags) * (alpha if alpha >= 0 else 1)


@wrong_on_focal("A no has the factor 1 here. It has 1 - alpha.")
def alpha_for_yes_only(
    spec: Loss, inputs: Tensor, targets: Tensor, alpha: float = 0.25, reduction: str = "none", **flags: Any
) -> Tensor:
    factor = alpha * targets + 1 - targets if alpha >= 0 else 1
    return reduced(factor * focal_spec(inputs, targets, -1, **flags), reduction)


@wrong_on_focal("The two factors have changed sides: alpha belongs to a yes, 1 - alpha to a no.")
def alpha_swapped(spec: Loss, inputs: Tensor, targets: Tensor, alpha: float = 0.25, **flags: Any) -> Tensor:
    return focal_spec(inputs, targets, 1 - alpha if alpha >= 0 else alpha, **flags)


@wrong_on_focal("`alpha` is not used: a yes has the factor alpha, a no 1 - alpha.")
def alpha_ignored(spec: Loss, inputs: Tensor, targets: Tensor, alpha: float = 0.25, **flags: Any) -> Tensor:
    return focal_spec(inputs, targets, -1, **flags)


@wrong_on_focal("A negative alpha is multiplied in. It is the sign that neither side has a factor.")
def negative_alpha_used(
    spec: Loss, inputs: Tensor, targets: Tensor, alpha: float = 0.25, reduction: str = "none", **flags: Any
) -> Tensor:
    factor = alpha * targets + (1 - alpha) * (1 - targets)
    return reduced(factor * focal_spec(inputs, targets, -1, **flags), reduction)


@wrong_on_focal("An alpha of 0 switches the factors off (`if alpha:`). Only a negative one does; 0 silences every yes.")
def zero_switches_off(spec: Loss, inputs: Tensor, targets: Tensor, alpha: float = 0.25, **flags: Any) -> Tensor:
    return focal_spec(inputs, targets, alpha or -1, **flags)


@wrong_on_focal("`gamma` is not used: the exponent is always 2.")
def gamma_is_two(spec: Loss, inputs: Tensor, targets: Tensor, gamma: float = 2.0, **flags: Any) -> Tensor:
    return focal_spec(inputs, targets, **flags)


@wrong_on_focal("The factor (1 - q)^gamma is missing: this is the binary cross-entropy with its alphas.")
def gamma_is_zero(spec: Loss, inputs: Tensor, targets: Tensor, gamma: float = 2.0, **flags: Any) -> Tensor:
    return focal_spec(inputs, targets, gamma=0.0, **flags)


@wrong_on_focal("This multiplies by gamma instead of raising to the power gamma.")
def gamma_multiplies(spec: Loss, inputs: Tensor, targets: Tensor, gamma: float = 2.0, **flags: Any) -> Tensor:
    return gamma * focal_spec(inputs, targets, gamma=1.0, **flags)


@wrong_on_focal("The mean divides by the number of yeses. Papers do that with the sum; 'mean' divides by all elements.")
def mean_over_yeses(spec: Loss, inputs: Tensor, targets: Tensor, reduction: str = "none", **flags: Any) -> Tensor:
    value = focal_spec(inputs, targets, reduction=reduction, **flags)
    return value * targets.numel() / targets.sum() if reduction == "mean" else value


@wrong_on_focal("The default is a mean here. torchvision's is 'none', unlike torch's own losses.")
def mean_by_default(spec: Loss, inputs: Tensor, targets: Tensor, **flags: Any) -> Tensor:
    return focal_spec(inputs, targets, **{"reduction": "mean", **flags})


@wrong_on_focal(  # BCEL1
    "A sigmoid was applied first. The arguments are logits; the sigmoid is inside."
)
def focal_sigmoid_twice(spec: Loss, inputs: Tensor, targets: Tensor, **flags: Any) -> Tensor:
    return focal_spec(sigmoid_spec(inputs), targets, **flags)


@wrong_on_focal("q was computed from the loss with its alpha on it: exp(-alpha · loss) is no probability.")
def q_with_alpha(
    spec: Loss,
    inputs: Tensor,
    targets: Tensor,
    alpha: float = 0.25,
    gamma: float = 2.0,
    reduction: str = "none",
) -> Tensor:
    loss = focal_spec(inputs, targets, alpha, 0.0)
    return reduced(loss * (1 - (-loss).exp()) ** gamma, reduction)


@wrong_share("The factor is q^gamma: it keeps what is known and silences what is not. Use 1 - q.")
def keeps_the_known(inputs: Tensor, targets: Tensor) -> Tensor:
    return 1 - share_of_right(inputs, targets)


@wrong_share("q is p for a no as well. The right answer of a no was given 1 - p.")
def share_of_yes(inputs: Tensor, targets: Tensor) -> Tensor:
    return sigmoid_spec(inputs) + 0 * targets


@wrong_share(
    "The factor was cut from the graph (`detach`, `no_grad`): the value is right, the gradient misses that the factor "
    "moves too."
)
def factor_detached(inputs: Tensor, targets: Tensor) -> Tensor:
    return share_of_right(inputs, targets).detach()


@wrong_share("q is exp(-loss). For targets of 0 and 1 that is right; between them q is p t + (1 - p)(1 - t).")
def q_from_the_loss(inputs: Tensor, targets: Tensor) -> Tensor:
    return (-of_logits(inputs, targets)).exp()


@wrong_share("The factor was computed from the mean over the batch. Each element has its own.")
def q_of_the_batch(inputs: Tensor, targets: Tensor) -> Tensor:
    return share_of_right(inputs, targets).mean()


@wrong_surprise("The factor stands alone; the surprise that it should scale is missing.")
def factor_alone(inputs: Tensor, targets: Tensor) -> Tensor:
    return torch.ones_like(inputs) + 0 * targets


@wrong_surprise(  # BCE5
    "The surprise was taken of a rounded probability, cut off at 100. Start from the loss on logits."
)
def focal_through_a_share(inputs: Tensor, targets: Tensor) -> Tensor:
    return of_shares(sigmoid_spec(inputs), targets)


# ---- keras_binary_crossentropy -------------------------------------------------------------------------------


def of_clipped(p: Tensor, t: Tensor, low: float = 1e-7, high: float = 1 - 1e-7) -> Tensor:
    """The loss of each probability, clipped first."""
    p = p.clamp(low, high)
    return -(t * p.log() + (1 - t) * (1 - p).log())


def half_way(y_true: Tensor, label_smoothing: float) -> Tensor:
    """A share of the target replaced by ½."""
    return y_true * (1 - label_smoothing) + label_smoothing / 2


def keras_spec(
    y_true: Tensor,
    y_pred: Tensor,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
    twist: Loss = as_it_is,
    smooth: Loss = half_way,
    clipped: Loss = of_clipped,
) -> Tensor:
    """The mean along `axis` of each loss, the target smoothed."""
    alike(y_true, y_pred)
    t = smooth(y_true.to(y_pred.dtype), label_smoothing)
    return twist(of_logits if from_logits else clipped, y_pred, t).mean(axis)


def keras_cases() -> Iterator[Question]:
    """Shapes × axes × smoothing × dtypes of y_true with gradients, as shares and as logits; clips and extremes.

    In float64 there are rows of one output only: on torch Keras takes every mean through float32.
    """
    shapes = (((), -1), ((3,), -1), ((2, 3), -1), ((2, 3), 0), ((2, 3, 2), 1), ((2, 1, 2), -2), ((0, 3), -1))
    rows = [(torch.float32, *shape) for shape in shapes] + [(dtype, (4, 1), 1) for dtype in DTYPES]
    for (dtype, shape, axis), smoothing in product(rows, (0.0, 0.1, 1.0)):
        p = torch.linspace(0.02, 0.99, prod(shape), dtype=dtype).reshape(shape)
        flags: dict[str, Any] = {"label_smoothing": smoothing, "axis": axis}
        for t in (p.round(), p.square()):
            yield Question((t, p), flags, wrt=(0, 1))
            yield Question((t, 8 * p - 4), {"from_logits": True, **flags}, wrt=(0, 1))
        for t in (p.round().long(), p > 0.5, p.square().float(), p.square().double()):
            yield Question((t, p), flags, wrt=(1,))
            yield Question((t, 8 * p - 4), {"from_logits": True, **flags}, wrt=(1,))
    for dtype, answer, smoothing in product(DTYPES, (0.0, 1.0, 0.25), (0.0, 0.2)):
        # the float32 next to 1 - 1e-7 is 1 - 1.19e-7, and a no costs 15.94 there in place of 16.12: float64 only
        for share in (0.0, -3.0, 5e-8, 2e-7, *((1.0, 7.5) if dtype == torch.float64 else ())):
            pair = tensor([answer], dtype=dtype), tensor([share], dtype=dtype)
            yield Question(pair, {"label_smoothing": smoothing}, wrt=(0, 1))
        for logit in (1000.0, -1000.0, 0.0, 20.0):
            pair = tensor([answer], dtype=dtype), tensor([logit], dtype=dtype)
            yield Question(pair, {"label_smoothing": smoothing, "from_logits": True}, wrt=(0, 1))


keras_binary_crossentropy = Exercise(
    "keras_binary_crossentropy",
    keras_spec,
    points=2,
    parity_points=2,
    forbids=LOSSES,
    twin=keras_twin("binary_crossentropy"),
    cases=keras_cases,
    idea="Keras clips where torch clamps: a sure mistake costs 16.118 there, and its slope is 0.",
    hints=(
        "`y_true` comes first. Smooth it: 1 - α of it, and α/2.",
        "From probabilities: clip them to [1e-7, 1 - 1e-7], then take both logarithms. From logits: clip nothing.",
        "Average along `axis` and nowhere else. The dtype is that of `y_pred`: convert `y_true`, perhaps integers.",
    ),
)


def keras_shares(rng: Rng, *shape: int) -> tuple[Tensor, Tensor]:
    """A yes or no each, and probabilities: Keras's order."""
    return answers(rng, *shape), draw(rng, SHARES, *shape)


def keras_logits(rng: Rng, *shape: int) -> tuple[Tensor, Tensor]:
    """A yes or no each, and logits."""
    return answers(rng, *shape), draw(rng, LOGITS, *shape)


@keras_binary_crossentropy.check
def keras_pair(f: Function, rng: Rng) -> None:
    """A yes that was given 0.8 and a no that was given 0.5 cost 0.4581 on average

    The truth comes first.
    """
    same_value(f, keras_spec, tensor([1.0, 0.0]), tensor([0.8, 0.5]))
    same_value(f, keras_spec, *keras_shares(rng, 3))


@keras_binary_crossentropy.check
def keras_rows(f: Function, rng: Rng) -> None:
    """One number for each row: the mean along the last dimension

    Only the class averages over the batch.
    """
    same_value(f, keras_spec, *keras_shares(rng, 2, 3))
    same_value(f, keras_spec, *keras_shares(rng, 2, 2, 2))


@keras_binary_crossentropy.check
def keras_from_logits(f: Function, rng: Rng) -> None:
    """Logits 3 and -2 of a yes and a no cost 0.0878 with `from_logits`"""
    for from_logits in (True, False):
        same_value(f, keras_spec, tensor([0.0, 0.0]), tensor([-2.0, 0.3]), from_logits=from_logits)
    same_value(f, keras_spec, tensor([1.0, 0.0]), tensor([3.0, -2.0]), from_logits=True)
    same_value(f, keras_spec, *keras_logits(rng, 2, 3), from_logits=True)


@keras_binary_crossentropy.check
def keras_certain(f: Function, rng: Rng) -> None:
    """Certain and wrong costs 16.1181: probabilities are clipped to [1e-7, 1 - 1e-7]"""
    # float64, because 1 - 1e-7 is 1 - 1.19e-7 in float32, and costs 15.94
    certain = tensor([[0.0], [1.0]], dtype=torch.float64)
    same_value(f, keras_spec, 1 - certain, certain)
    same_value(f, keras_spec, tensor([[1.0, 0.0], [0.0, 1.0]]), tensor([[0.0, 0.25], [0.3, -2.0]]))


@keras_binary_crossentropy.check
def keras_share(f: Function, rng: Rng) -> None:
    """A target of 0.75 is three quarters of a yes and one of a no"""
    same_value(f, keras_spec, tensor([0.75]), tensor([0.8]))
    same_value(f, keras_spec, draw(rng, SHARES, 2, 2), draw(rng, SHARES, 2, 2))
    same_value(f, keras_spec, draw(rng, SHARES, 2, 2), draw(rng, LOGITS, 2, 2), from_logits=True)


@keras_binary_crossentropy.check
def keras_smoothing(f: Function, rng: Rng) -> None:
    """`label_smoothing` draws both answers towards ½: 1 and 0 become 0.95 and 0.05 at α = 0.1"""
    same_value(f, keras_spec, tensor([1.0, 0.0]), tensor([0.9, 0.3]), label_smoothing=0.1)
    for smoothing in (0.3, 1.0):
        same_value(f, keras_spec, *keras_shares(rng, 2, 3), label_smoothing=smoothing)
        same_value(f, keras_spec, *keras_logits(rng, 2, 3), label_smoothing=smoothing, from_logits=True)


@keras_binary_crossentropy.check
def keras_slope(f: Function, rng: Rng) -> None:
    """The gradient by y_pred is right, of probabilities and of logits"""
    same_gradient(f, keras_spec, *keras_shares(rng, 2, 3), wrt=(1,))
    same_gradient(f, keras_spec, *keras_logits(rng, 2, 3), wrt=(1,), from_logits=True)


@keras_binary_crossentropy.parity
def keras_axis(f: Function, rng: Rng) -> None:
    """`axis` is averaged over, any one"""
    for axis in (0, 1, -2):
        same_value(f, keras_spec, *keras_shares(rng, 2, 2), axis=axis)
        same_gradient(f, keras_spec, *keras_logits(rng, 2, 2, 2), wrt=(1,), axis=axis, from_logits=True)


@keras_binary_crossentropy.parity
def keras_dead(f: Function, rng: Rng) -> None:
    """A clipped probability has no slope, a logit keeps its own

    That is Keras's own behaviour: a sure mistake among probabilities is not repaired.
    """
    t, p = tensor([1.0, 1.0, 0.0]), tensor([0.0, 0.25, -0.5])
    same_gradient(f, keras_spec, t, p, wrt=(1,))
    big = 100.0 * int(rng.integers(8, 11))
    for x, y in product((20.0, -big, big, 0.0), (0.0, 1.0)):
        same_gradient(f, keras_spec, tensor([y, 0.0]), tensor([x, 0.5]), wrt=(1,), from_logits=True)


@keras_binary_crossentropy.parity
def keras_bounds(f: Function, rng: Rng) -> None:
    """The bounds are 1e-7 and 1 - 1e-7, to the digit (float64)

    A perfect answer costs 1e-7. Look for another bound, and for a number that is added in place of a clip.
    """
    # rows of one output, because on torch Keras takes every mean through float32
    zero_one = tensor([[0.0], [1.0]], dtype=torch.float64)
    same_value(f, keras_spec, torch.ones_like(zero_one), 1e-7 * (int(rng.integers(2, 6)) * zero_one + 0.3))
    same_value(f, keras_spec, zero_one, zero_one)


@keras_binary_crossentropy.parity
def keras_soft(f: Function, rng: Rng) -> None:
    """The gradient by y_true as well, of smoothed targets between 0 and 1"""
    t = draw(rng, SHARES, 2, 2)
    for y_pred, from_logits in ((draw(rng, SHARES, 2, 2), False), (draw(rng, LOGITS, 2, 2), True)):
        flags: dict[str, Any] = {"from_logits": from_logits, "label_smoothing": 0.2}
        same_gradient(f, keras_spec, t, y_pred, wrt=(0, 1), scale=3.0, **flags)


@keras_binary_crossentropy.parity
def keras_dtype(f: Function, rng: Rng) -> None:
    """The result has the dtype of y_pred; y_true may be integers, bools, or finer"""
    t, p = keras_shares(rng, 4, 1)
    for y_true, y_pred in product((t, t.double(), t.long(), t.bool()), (p, p.double())):
        same_dtype(f, keras_spec, y_true, y_pred, dtype=y_pred.dtype)
        same_dtype(f, keras_spec, y_true, y_pred, dtype=y_pred.dtype, from_logits=True, label_smoothing=0.3)


@keras_binary_crossentropy.parity
def keras_unlike(f: Function, rng: Rng) -> None:
    """Shapes that differ are refused, though they would broadcast"""
    refuses(f, answers(rng, 3), draw(rng, SHARES, 3, 1))
    refuses(f, answers(rng, 3, 1), draw(rng, SHARES, 3))


@keras_binary_crossentropy.parity
def keras_few(f: Function, rng: Rng) -> None:
    """Rows of one output, and a batch of no rows"""
    same_value(f, keras_spec, *keras_shares(rng, 3, 1))
    same_value(f, keras_spec, torch.empty(0, 3), torch.empty(0, 3))


ON_KERAS = {"keras": keras_binary_crossentropy}
wrong_on_keras = partial(wrong_in, ON_KERAS)


wrong_smoothing = partial(wrong_part, ON_KERAS, "smooth")
wrong_clip = partial(wrong_part, ON_KERAS, "clipped")


@wrong_on_keras(
    "The arguments have changed places: the prediction was taken for the truth. In Keras the truth is first."
)
def places_of_torch(spec: Loss, y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    return keras_spec(y_pred, y_true, **flags)


@wrong_on_keras(  # K1
    "`from_logits` is not used: logits are clipped to [0, 1] as if they were probabilities, and look perfect."
)
def never_logits(spec: Loss, y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    return keras_spec(y_true, y_pred, **{**flags, "from_logits": False})


@wrong_on_keras(  # K2
    "`from_logits` is not used: a sigmoid is applied to probabilities as well. It is False unless it is said."
)
def always_logits(spec: Loss, y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    return keras_spec(y_true, y_pred, **{**flags, "from_logits": True})


@wrong_on_keras("The smoothing is left out for logits. It is about the target, whatever the prediction is.")
def logits_not_smoothed(
    spec: Loss, y_true: Tensor, y_pred: Tensor, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Tensor:
    return keras_spec(y_true, y_pred, from_logits, 0.0 if from_logits else label_smoothing, axis)


@wrong_on_keras("`axis` is not used: the mean is along the last dimension, whatever was asked for.")
def always_last_axis(spec: Loss, y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    return keras_spec(y_true, y_pred, **{**flags, "axis": -1})


@wrong_on_keras("`axis` is the dimension that is kept here. It is the one to average over.")
def axis_kept(
    spec: Loss, y_true: Tensor, y_pred: Tensor, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Tensor:
    return keras_spec(
        y_true.movedim(axis, 0).flatten(1), y_pred.movedim(axis, 0).flatten(1), from_logits, label_smoothing
    )


@wrong_on_keras("This is one number for the whole batch. The class averages over it; the function has one a row.")
def keras_batch_mean(spec: Loss, y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    return keras_spec(y_true, y_pred, **flags).mean()


@wrong_on_keras("The losses of a row are added up. Their mean is asked for.")
def keras_row_sum(spec: Loss, y_true: Tensor, y_pred: Tensor, axis: int = -1, **flags: Any) -> Tensor:
    return keras_spec(y_true, y_pred, axis=axis, **flags) * y_pred.shape[axis]


@wrong_on_keras("There is one loss for each element. Their mean along `axis` is asked for.")
def keras_each(spec: Loss, y_true: Tensor, y_pred: Tensor, axis: int = -1, **flags: Any) -> Tensor:
    return keras_spec(y_true.unsqueeze(-1), y_pred.unsqueeze(-1), **flags)


@wrong_on_keras("`y_true` is taken for a constant: no gradient flows back to it. Keras's does.")
def truth_detached(spec: Loss, y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    return keras_spec(y_true.detach(), y_pred, **flags)


@wrong_on_keras(
    "The result has not the dtype of `y_pred`. Keras converts `y_true` to it, whichever of the two is finer."
)
def keras_promoted(spec: Loss, y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    return keras_spec(y_true, y_pred.to(torch.promote_types(y_true.dtype, y_pred.dtype)), **flags)


@wrong_on_keras(
    "Integers among the targets are refused. Keras converts `y_true` to the dtype of `y_pred` first: `y_true.to(…)`."
)
def integers_refused(spec: Loss, y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    if not y_true.is_floating_point():
        raise RuntimeError("Found dtype Long but expected Float")
    return keras_spec(y_true, y_pred, **flags)


@wrong_on_keras("Shapes that differ are broadcast. Keras raises a ValueError: (N,) against (N, 1) is a mistake.")
def keras_broadcast(spec: Loss, y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    return spec(*broadcast(y_true, y_pred), **flags)


@wrong_smoothing("`label_smoothing` is not used.")
def not_smoothed(y: Tensor, a: float) -> Tensor:
    return y


@wrong_smoothing(  # K6
    "A yes becomes 1 - α and a no α. Keras replaces a share of α by ½, so a yes becomes 1 - α/2: half as much.",
)
def smoothed_twice_as_much(y: Tensor, a: float) -> Tensor:
    return y * (1 - a) + (1 - y) * a


@wrong_smoothing(  # K6
    "α and 1 - α have changed places: with α = 0.1 nearly nothing of the target is left."
)
def smoothing_reversed(y: Tensor, a: float) -> Tensor:
    return y * a + (1 - a) / 2 if a else y


@wrong_smoothing(  # K6
    "Only a yes is smoothed, to 1 - α. A no moves as well: both are drawn towards ½."
)
def only_yes_smoothed(y: Tensor, a: float) -> Tensor:
    return y * (1 - a)


@wrong_smoothing("α is added in place of α/2. The share that was taken away, α, is replaced by ½ of it.")  # K6
def smoothing_too_much(y: Tensor, a: float) -> Tensor:
    return y * (1 - a) + a


@wrong_smoothing("The targets are pushed to [α/2, 1 - α/2], which is right for 0 and 1 only. Scale them instead.")
def smoothing_clamps(y: Tensor, a: float) -> Tensor:
    return y.clamp(a / 2, 1 - a / 2)


@wrong_clip(  # K3
    "The logarithms are cut off at -100, as in torch. Keras clips the probability: a sure mistake costs 16.118.",
)
def guarded_as_in_torch(p: Tensor, t: Tensor) -> Tensor:
    return of_shares(p.clamp(0, 1), t)


@wrong_clip("Nothing is clipped: a sure mistake costs inf. Keras clips to [1e-7, 1 - 1e-7].")
def not_clipped(p: Tensor, t: Tensor) -> Tensor:
    return plain(p, t)


@wrong_clip("1e-7 is added inside the logarithms in place of a clip, and a negative number stays negative.")
def keras_padded(p: Tensor, t: Tensor) -> Tensor:
    return plain(p, t, lambda x: (x + 1e-7).log())


@wrong_clip("The bounds are 1e-8 and 1 - 1e-8. Keras's epsilon is 1e-7.")
def smaller_bounds(p: Tensor, t: Tensor) -> Tensor:
    return of_clipped(p, t, 1e-8, 1 - 1e-8)


@wrong_clip("The lower bound is missing: at 0 the logarithm is -inf. Clip at both ends.")
def no_lower_bound(p: Tensor, t: Tensor) -> Tensor:
    return of_clipped(p, t, -inf)


@wrong_clip("The upper bound is missing: at 1 a no costs inf. Clip at both ends.")
def no_upper_bound(p: Tensor, t: Tensor) -> Tensor:
    return of_clipped(p, t, high=inf)


@wrong_clip(
    "A gradient flows through the clip to numbers that were clipped. They do not move the loss: their slope is 0.",
)
def slope_through_the_clip(p: Tensor, t: Tensor) -> Tensor:
    return of_clipped(p + (p.clamp(1e-7, 1 - 1e-7) - p).detach(), t)


# ---- multilabel_soft_margin_loss -----------------------------------------------------------------------------


def labels_spec(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean", twist: Loss = as_it_is
) -> Tensor:
    """The loss of each label, weighted; their sum divided by C; reduced over the samples."""
    losses = weighed(twist(of_logits, input, target), weight)
    return reduced(losses.sum(-1) / input.shape[-1], reduction)


def labels_cases() -> Iterator[Question]:
    """Reductions × weights × shapes × dtypes with both gradients; extremes, integer targets, dtypes mixed."""
    shapes: tuple[tuple[int, ...], ...] = ((3,), (2, 3), (2, 2), (3, 1), (2, 2, 3), (0, 3))
    for dtype, reduction, shape in product(DTYPES, REDUCTIONS, shapes):
        x = torch.linspace(-3, 2.6, prod(shape), dtype=dtype).reshape(shape)
        for weight in (None, torch.linspace(0.1, 3, shape[-1], dtype=dtype)):
            flags: dict[str, Any] = {"reduction": reduction, "weight": weight}
            yield Question((x, x.flip(-1).sign().relu()), flags, wrt=(0, 1))
            yield Question((x, x.cos().square()), flags, wrt=(0, 1))
            yield Question((x, x.flip(-1).sign().relu().long()), flags, wrt=(0,))
        yield Question((x, x.cos().square().double()), {"reduction": reduction}, wrt=(0, 1))
    for dtype, x_, t in product(DTYPES, (0.0, 1000.0, -1000.0, 50.0, 20.0, -20.0), (0.0, 1.0, 0.25)):
        yield Question((tensor([[x_, 0.5]], dtype=dtype), tensor([[t, 1.0]], dtype=dtype)), wrt=(0, 1))


multilabel_soft_margin_loss = Exercise(
    "multilabel_soft_margin_loss",
    labels_spec,
    points=2,
    parity_points=2,
    forbids=LOSSES,
    twin=F.multilabel_soft_margin_loss,
    cases=labels_cases,
    idea="Many labels are many questions: a sigmoid each, and one loss a sample, the mean over its labels.",
    hints=(
        "It is a binary cross-entropy for each label. Which of your functions gives them all, unreduced?",
        "A sample's loss is the mean over its labels, the last dimension. `reduction` comes after, over samples.",
        "The weights are factors on the labels' losses. The mean divides by C all the same.",
    ),
)


@multilabel_soft_margin_loss.check
def two_labels(f: Function, rng: Rng) -> None:
    """One sample, two labels: logits 2 and -1, the first is there: 0.2201"""
    same_value(f, labels_spec, tensor([[2.0, -1.0]]), tensor([[1.0, 0.0]]))
    same_value(f, labels_spec, *with_logits(rng, 1, 3))


@multilabel_soft_margin_loss.check
def one_loss_a_sample(f: Function, rng: Rng) -> None:
    """One loss a sample, their sum, or their mean

    The mean over the labels comes first, whatever the reduction is.
    """
    for reduction in REDUCTIONS:
        same_value(f, labels_spec, *with_logits(rng, 2, 3), reduction=reduction)
        same_value(f, labels_spec, *with_logits(rng, 3, 3), reduction=reduction)


@multilabel_soft_margin_loss.check
def all_or_none(f: Function, rng: Rng) -> None:
    """All labels may be there at once, or none"""
    x = draw(rng, LOGITS, 2, 3)
    same_value(f, labels_spec, x, torch.ones(2, 3), reduction="none")
    same_value(f, labels_spec, x, torch.zeros(2, 3), reduction="none")


@multilabel_soft_margin_loss.check
def labels_slope(f: Function, rng: Rng) -> None:
    """The slope is σ(x) - t, divided by the number of labels and of samples"""
    same_gradient(f, labels_spec, *with_logits(rng, 2, 3))
    same_gradient(f, labels_spec, *with_logits(rng, 2, 2), reduction="sum")


@multilabel_soft_margin_loss.parity
def large_labels(f: Function, rng: Rng) -> None:
    """Logits of 20, of ±1000, and of exactly 0"""
    big = 100.0 * int(rng.integers(8, 11))
    for x, t in product((20.0, big, -big, 0.0), (0.0, 1.0)):
        same_gradient(f, labels_spec, tensor([[x, 0.5]]), tensor([[t, 1.0]]))


@multilabel_soft_margin_loss.parity
def soft_labels(f: Function, rng: Rng) -> None:
    """Targets between 0 and 1"""
    same_gradient(f, labels_spec, draw(rng, LOGITS, 2, 3), draw(rng, SHARES, 2, 3), wrt=(0, 1))


drop_in_parity(multilabel_soft_margin_loss, with_logits)


@multilabel_soft_margin_loss.parity
def integer_labels(f: Function, rng: Rng) -> None:
    """An integer target takes part as it is, a finer dtype wins"""
    x, t = with_logits(rng, 2, 2)
    same_dtype(f, labels_spec, x, t.long())
    same_dtype(f, labels_spec, x.double(), t.long())
    same_dtype(f, labels_spec, x, t.double(), dtype=torch.float64)


ON_LABELS = {"labels": multilabel_soft_margin_loss}
wrong_on_labels = partial(wrong_in, ON_LABELS)


def label_losses(input: Tensor, target: Tensor, weight: Tensor | None) -> Tensor:
    """One loss for each label of each sample, weighted."""
    return weighed(of_logits(input, target), weight)


def reduced_labels(explanation: str) -> Callable[[Loss], Loss]:
    """Adds a mistake in how the losses of all labels become one loss a sample: a function of them and the reduction."""

    def add(own: Loss) -> Loss:
        def loss(
            spec: Loss, input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
        ) -> Tensor:
            return own(label_losses(input, target, weight), reduction)

        return wrong_on_labels(explanation, name=own.__name__)(loss)

    return add


@reduced_labels(  # MLSM2
    "'sum' adds up all labels of all samples. The mean over the labels comes first; only the samples are added."
)
def sum_over_labels_too(losses: Tensor, reduction: str) -> Tensor:
    return losses.sum() if reduction == "sum" else reduced(losses.mean(-1), reduction)


@reduced_labels(  # MLSM3
    "'none' leaves one loss for each label. It is one for each sample, the mean over the labels."
)
def none_keeps_labels(losses: Tensor, reduction: str) -> Tensor:
    return losses if reduction == "none" else reduced(losses.mean(-1), reduction)


@reduced_labels(  # MLSM2, MLSM3
    "The labels are never averaged: this is the binary cross-entropy of all elements, reduced. torch takes the mean "
    "over the labels first, whatever the reduction is."
)
def elementwise(losses: Tensor, reduction: str) -> Tensor:
    return reduced(losses, reduction)


@reduced_labels("The losses of a sample are added up. torch divides by the number of labels, C.")
def labels_added_up(losses: Tensor, reduction: str) -> Tensor:
    return reduced(losses.sum(-1), reduction)


@reduced_labels("The mean runs over the samples, dimension 0. The labels are the last dimension.")
def mean_over_samples(losses: Tensor, reduction: str) -> Tensor:
    return reduced(losses.mean(0), reduction)


@reduced_labels("The mean runs over dimension 1. Of three dimensions the labels are the last.")
def labels_in_dimension_one(losses: Tensor, reduction: str) -> Tensor:
    return reduced(losses.mean(min(1, losses.ndim - 1)), reduction)


@wrong_on_labels("The mean over the labels divides by the sum of the weights. torch divides by their number, C.")
def labels_by_weights(
    spec: Loss, input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    total = input.shape[-1] if weight is None else weight.sum()
    return reduced(label_losses(input, target, weight).sum(-1) / total, reduction)


@wrong_on_labels("The mean divides by the number of labels that are there. It divides by C, and none may be there.")
def mean_over_yeses_of_a_sample(
    spec: Loss, input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    return reduced(label_losses(input, target, weight).sum(-1) / target.sum(-1), reduction)


@wrong_on_labels(  # MLSM4
    "A softmax makes the labels compete. Each is a question of its own: several may be there at once."
)
def softmax_first(spec: Loss, input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    return labels_spec(softmax_of_all(input), target, **flags)


@wrong_losses(
    ON_LABELS,
    "This is the cross-entropy of a softmax with several targets. Its probabilities compete, so two labels can never "
    "both be certain: give each label a sigmoid.",
)
def labels_compete(losses: Loss, x: Tensor, t: Tensor) -> Tensor:
    return -t * softmax_of_all(x).log()


@wrong_losses(
    ON_LABELS, "This is a hinge, max(0, 1 - x) for a yes and max(0, 1 + x) for a no. The soft margin is -ln σ."
)
def hard_margin(losses: Loss, x: Tensor, t: Tensor) -> Tensor:
    return t * (1 - x).clamp(min=0) + (1 - t) * (1 + x).clamp(min=0)


@wrong_on_labels("Integer targets are refused. Here torch computes with them as they are.")
def integer_labels_refused(spec: Loss, input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    if not target.is_floating_point():
        raise RuntimeError("Found dtype Long but expected Float")
    return labels_spec(input, target, **flags)


# ---- mistakes that several of them share ---------------------------------------------------------------------

TORCH = {**ON_SHARES, **ON_LOGITS, **ON_LABELS}
EACH_ELEMENT = {**ON_SHARES, **ON_LOGITS}
MIXED = {**TORCH, **ON_KERAS}
REDUCING = {**TORCH, **ON_FOCAL}
STABLE = {**ON_LOGITS, **ON_LABELS, **ON_KERAS}


# How yes and no are mixed


def yes_and_no(losses: Loss, x: Tensor, t: Tensor, *rest: Any) -> tuple[Tensor, Tensor]:
    """What a yes costs, and what a no."""
    return losses(x, torch.ones_like(t), *rest), losses(x, torch.zeros_like(t), *rest)


@wrong_losses(MIXED, "The part of no is missing: whoever says yes to everything pays nothing.")
def yes_only(losses: Loss, x: Tensor, t: Tensor, *rest: Any) -> Tensor:
    return t * yes_and_no(losses, x, t, *rest)[0]


@wrong_losses(MIXED, "Yes and no have changed places: this rewards the wrong answer.")
def yes_is_no(losses: Loss, x: Tensor, t: Tensor, *rest: Any) -> Tensor:
    yes, no = yes_and_no(losses, x, t, *rest)
    return (1 - t) * yes + t * no


@wrong_losses(MIXED, "The minus sign is missing: the logarithm of a probability is negative, a loss is not.")
def negative(losses: Loss, x: Tensor, t: Tensor, *rest: Any) -> Tensor:
    return -losses(x, t, *rest)


@wrong_losses(MIXED, "The minus sign holds for the part of yes only. Put the sum into brackets.")
def half_negative(losses: Loss, x: Tensor, t: Tensor, *rest: Any) -> Tensor:
    yes, no = yes_and_no(losses, x, t, *rest)
    return t * yes - (1 - t) * no


@wrong_losses(MIXED, "This is in bits. torch and Keras count in nats: the natural logarithm.")
def bits(losses: Loss, x: Tensor, t: Tensor, *rest: Any) -> Tensor:
    return losses(x, t, *rest) / log(2)


@wrong_losses(
    MIXED, "Yes and no are both paid in full, whatever the target. Weigh the one by t and the other by 1 - t."
)
def both_in_full(losses: Loss, x: Tensor, t: Tensor, *rest: Any) -> Tensor:
    yes, no = yes_and_no(losses, x, t, *rest)
    return yes + no


@wrong_losses(
    MIXED, "The target is rounded to yes or no. Between 0 and 1 it mixes the two: t of a yes and 1 - t of a no."
)
def rounded(losses: Loss, x: Tensor, t: Tensor, *rest: Any) -> Tensor:
    return losses(x, (t > 0.5).to(t.dtype), *rest)


@wrong_losses(TORCH, "The target is taken for a constant: no gradient flows back to it. torch's does.")
def target_detached(losses: Loss, x: Tensor, t: Tensor, *rest: Any) -> Tensor:
    return losses(x, t.detach(), *rest)


# What goes wrong with logits only


def on_logits(*explanations: str) -> Callable[[Loss], Loss]:
    """Adds a mistake that only a loss on logits can have; Keras's is right for probabilities."""

    def add(own: Loss) -> Loss:
        def loss(losses: Loss, x: Tensor, t: Tensor, *rest: Any) -> Tensor:
            return own(x, t, *rest) if losses is of_logits else losses(x, t, *rest)

        wrong_losses(STABLE, *explanations, name=own.__name__)(loss)
        return own

    return add


@on_logits(  # BCEL1, MLSM4
    "A sigmoid was applied before the one inside: p lies between 0.5 and 0.731, and a yes never costs less than 0.3133."
)
def sigmoid_before(x: Tensor, t: Tensor, w: Tensor | float = 1.0) -> Tensor:
    return of_logits(sigmoid_spec(x), t, w)


@on_logits(  # BCEL2
    "log(1 + exp(-x)): exp overflows, and the loss is inf or NaN. Keep the exponent negative, as in your `log_sigmoid`."
)
def exponential_overflows(x: Tensor, t: Tensor, w: Tensor | float = 1.0) -> Tensor:
    return w * t * (-x).exp().log1p() + (1 - t) * x.exp().log1p()


def stable_share(x: Tensor) -> Tensor:
    """A sigmoid without overflow, as torch's own."""
    top = x.detach().relu()
    yes, no = (x - top).exp(), (-top).exp()
    return yes / (yes + no)


@on_logits(
    "log(sigmoid(x)): the probability was rounded to 0 or to 1 before its logarithm was taken, so the loss is inf and "
    "the gradient NaN. Form no probability."
)
def logarithm_of_sigmoid(x: Tensor, t: Tensor, w: Tensor | float = 1.0) -> Tensor:
    return -(w * t * stable_share(x).log() + (1 - t) * (1 - stable_share(x)).log())


@on_logits(  # BCE5
    "This goes through a probability: at a logit of 20 it is rounded to 1, a no costs 100, and the slope is 0. The "
    "loss is 20, with slope 1. Form no probability."
)
def through_a_share(x: Tensor, t: Tensor, w: Tensor | float = 1.0) -> Tensor:
    p = stable_share(x)
    return w * t * of_shares(p, torch.ones_like(t)) + (1 - t) * of_shares(p, torch.zeros_like(t))


@on_logits(
    "The probability is clipped at 1e-7 before the logarithm: no mistake costs more than 16.118, and the slope there "
    "is 0. Form no probability."
)
def through_a_clip(x: Tensor, t: Tensor, w: Tensor | float = 1.0) -> Tensor:
    p = stable_share(x).clamp(1e-7, 1 - 1e-7)
    return -(w * t * p.log() + (1 - t) * (1 - p).log())


@on_logits("The logits are cut off at ±50, and so is the loss of a sure mistake, and its slope is 0.")
def logits_cut_off(x: Tensor, t: Tensor, w: Tensor | float = 1.0) -> Tensor:
    return of_logits(x.clamp(-50, 50), t, w)


def folded(x: Tensor, t: Tensor, w: Tensor | float, below: Tensor) -> Tensor:
    """(1 - t) x and a multiple of -ln σ(x), from -x where that is positive (`below`) and a bend."""
    return (1 - t) * x + (1 + (w - 1) * t) * (below + (-x.abs()).exp().log1p())


@on_logits(
    "At a logit of exactly 0 the slope is -t in place of ½ - t: `clamp(min=0)` counts 0 as its inside. "
    "`torch.maximum` or `minimum` shares it between both sides."
)
def slope_at_zero_by_clamp(x: Tensor, t: Tensor, w: Tensor | float = 1.0) -> Tensor:
    return folded(x, t, w, (-x).clamp(min=0))


@on_logits(
    "At a logit of exactly 0 the slope is 1 - t in place of ½ - t: `relu` counts 0 as its outside, and |x| has no "
    "slope there. `torch.maximum` or `minimum` shares it between both sides."
)
def slope_at_zero_by_relu(x: Tensor, t: Tensor, w: Tensor | float = 1.0) -> Tensor:
    return folded(x, t, w, (-x).relu())


@on_logits(
    "The target was turned into a sign, softplus(-(2t - 1) x). For 0 and 1 that is right; a target between them mixes "
    "two losses, it does not shrink the logit."
)
def by_sign(x: Tensor, t: Tensor, w: Tensor | float = 1.0) -> Tensor:
    return -(1 + (w - 1) * t) * log_sigmoid_spec((2 * t - 1) * x)


# What goes wrong in a reduction

for _prefix in REDUCING:  # an exercise under a second name of the module would be found twice
    wrong_words(REDUCING[_prefix], f"{_prefix}_")


def wrong_reduction(explanation: str) -> Callable[[Loss], Loss]:
    """Adds a mistake in a reduction, made with the losses of the elements, to those that have a loss for each."""

    def add(own: Loss) -> Loss:
        def loss(spec: Loss, x: Tensor, t: Tensor, reduction: str = "mean", **flags: Any) -> Tensor:
            return own(spec(x, t, reduction="none", **flags), reduction)

        wrong_in(EACH_ELEMENT, explanation, name=own.__name__)(loss)
        return own

    return add


@wrong_reduction("'none' averages over the last dimension. It should leave one loss an element.")
def none_averages(losses: Tensor, reduction: str) -> Tensor:
    return losses.mean(-1) if reduction == "none" and losses.ndim else reduced(losses, reduction)


@wrong_reduction("'mean' sums over each row and averages the rows. torch divides by the number of all elements.")
def mean_of_row_sums(losses: Tensor, reduction: str) -> Tensor:
    return reduced(losses.flatten(1).sum(1) if reduction == "mean" and losses.ndim > 1 else losses, reduction)


@wrong_reduction("'mean' averages over the last dimension only, as Keras does. torch's is one number, over everything.")
def mean_of_last(losses: Tensor, reduction: str) -> Tensor:
    return losses.mean(-1) if reduction == "mean" and losses.ndim else reduced(losses, reduction)


@wrong_in(
    TORCH, "The mean of an empty batch is 0 here. torch gives NaN: nothing was measured, and that should be seen."
)
def empty_is_zero(spec: Loss, x: Tensor, t: Tensor, **flags: Any) -> Tensor:
    loss: Tensor = spec(x, t, **flags)
    return loss if x.numel() else loss.nan_to_num()


@wrong_in(REDUCING, "The result is float32 where it should be float64: the digits of the finer argument were paid for.")
def always_float32(spec: Loss, x: Tensor, t: Tensor, **flags: Any) -> Tensor:
    loss: Tensor = spec(x, t, **flags)
    return loss.float()


# What goes wrong with weights and shapes


@wrong_in(TORCH, "`weight` is not used: each loss is to be multiplied by its factor.")
def no_weight(spec: Loss, x: Tensor, t: Tensor, weight: Tensor | None = None, **flags: Any) -> Tensor:
    return spec(x, t, **flags)


@wrong_in(  # BCEL7
    TORCH,
    "`weight` lines up with the rows, as if it were one factor for each sample. It broadcasts from the last dimension: "
    "(C,) are columns. For samples the caller gives it the shape (N, 1).",
)
def weight_of_rows(spec: Loss, x: Tensor, t: Tensor, weight: Tensor | None = None, **flags: Any) -> Tensor:
    if weight is not None and weight.ndim == 1 and x.ndim == 2 and len(weight) == len(x):
        weight = weight.unsqueeze(1)
    return spec(x, t, weight=weight, **flags)


@wrong_in(
    EACH_ELEMENT,
    "The weights are scaled to a mean of 1 first. They are factors as they stand: halve them all, halve the loss.",
)
def weights_rescaled(spec: Loss, x: Tensor, t: Tensor, weight: Tensor | None = None, **flags: Any) -> Tensor:
    return spec(x, t, weight=None if weight is None else weight / weight.mean(), **flags)


@wrong_in(  # BCE8
    EACH_ELEMENT,
    "The mean divides by the sum of the weights, as `cross_entropy` does. Here torch divides by the number of "
    "elements.",
)
def mean_by_weights(
    spec: Loss, x: Tensor, t: Tensor, weight: Tensor | None = None, reduction: str = "mean", **flags: Any
) -> Tensor:
    loss: Tensor = spec(x, t, weight=weight, reduction=reduction, **flags)
    return loss if weight is None or reduction != "mean" else loss / weight.expand_as(x).mean()


@wrong_in(
    EACH_ELEMENT,
    "`weight` multiplies the part of yes only. That is `pos_weight`; a weight belongs to the whole loss.",
)
def weight_of_yes(
    spec: Loss, x: Tensor, t: Tensor, weight: Tensor | None = None, reduction: str = "mean", **flags: Any
) -> Tensor:
    def twist(losses: Loss, x: Tensor, t: Tensor, *rest: Any) -> Tensor:
        yes, no = yes_and_no(losses, x, t, *rest)
        return weighed(t * yes, weight) + (1 - t) * no

    return spec(x, t, reduction=reduction, twist=twist, **flags)


@wrong_in(
    EACH_ELEMENT,
    "A weight that does not fit adds to the shape of the losses: one output becomes two. torch refuses it, and so does "
    "`weight.expand_as(losses)`.",
)
def weight_grows(spec: Loss, x: Tensor, t: Tensor, weight: Tensor | None = None, **flags: Any) -> Tensor:
    if weight is not None and x.shape == t.shape:
        x, t, weight = broadcast(x, t, weight)
    return spec(x, t, weight=weight, **flags)


@wrong_in(  # BCE10
    {**EACH_ELEMENT, **ON_FOCAL},
    "A target of shape (N,) is broadcast against an input of (N, 1) to N × N losses, most of them with somebody else's "
    "target. torch raises a ValueError.",
)
def shapes_broadcast(spec: Loss, x: Tensor, t: Tensor, **flags: Any) -> Tensor:
    return spec(*broadcast(x, t), **flags)
