"""From one sample's logits to cross-entropy with every flag: softmax, NLL, smoothing, padding, focal loss, Keras's two.

Sources: Szegedy et al., Rethinking the Inception Architecture for Computer Vision (2016), for label smoothing; Lin et
al., Focal Loss for Dense Object Detection (2017); `torch.nn.functional.log_softmax`, `nll_loss`, `cross_entropy`;
`keras.losses.categorical_crossentropy`, `sparse_categorical_crossentropy`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle, product
from math import log
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, inf, nan, tensor

from coursekit.compare import refuses, same_dtype, same_gradient, same_value
from coursekit.exercise import Exercise, Misconception, Question
from coursekit.grading import Function
from coursekit.inputs import distribution, indices
from coursekit.twins import keras_twin

Rng = np.random.Generator
Loss = Callable[..., Tensor]

SOFTMAXES = (
    *("softmax", "log_softmax", "softmin", "special_softmax", "special_log_softmax", "gumbel_softmax"),
    *("_softmax", "_log_softmax", "_safe_softmax", "_sparse_softmax", "_sparse_log_softmax"),
    *("logsumexp", "special_logsumexp", "logaddexp", "logaddexp2", "logcumsumexp"),
)
LOSSES = (
    *("nll_loss", "nll_loss2d", "nll_loss_nd", "nll_loss_forward", "nll_loss2d_forward"),
    *("cross_entropy", "cross_entropy_loss", "linear_cross_entropy", "kl_div"),
)
# as a TorchFunctionMode sees them: with the overload's name where one is called through torch.ops
READY_MADE = tuple(name + overload for name in SOFTMAXES + LOSSES for overload in ("", ".default", ".int"))

# No two pairs of these marks are the same distance apart (a Golomb ruler), and losses see only distances between
# logits: whatever is confused with whatever, the numbers differ.
MARKS = (0, 2, 6, 24, 29, 40, 43, 55, 68, 75, 76, 85)
FACTORS = (0.05, 0.4, 0.1, 0.25)


def draw_logits(rng: Rng, *shape: int) -> Tensor:
    """Up to 12 logits between -2.1 and 2.15, all of them different, and so are their differences."""
    marks = rng.permutation(MARKS)[: int(np.prod(shape, dtype=int))]
    return tensor((marks.reshape(shape) - 42) / 20, dtype=torch.float32)


def draw_weight(rng: Rng, classes: int) -> Tensor:
    """A factor for each of up to four classes, all different, together less than 1."""
    return tensor(rng.permutation(FACTORS[:classes]), dtype=torch.float32)


def wrong_in(exercises: dict[str, Exercise], *explanations: str, name: str = "") -> Callable[[Loss], Loss]:
    """Adds a mistake to several exercises: a function of the spec that it spoils, and of that spec's arguments.

    Args:
        exercises: by what the mistake's name begins with there.
        explanations: what to say of it, to all or to each.
        name: its name, if the function has none or another.
    """

    def add(wrong: Loss) -> Loss:
        for (prefix, exercise), explanation in zip(exercises.items(), cycle(explanations)):
            own = partial(wrong, exercise.spec)
            exercise.misconceptions.append(Misconception(f"{prefix}_{name or wrong.__name__}", explanation, own))
        return wrong

    return add


def log_softmax_spec(input: Tensor, dim: int) -> Tensor:
    """x - ln Σ exp x, with the largest x taken out of the sum."""
    top = input.amax(dim, keepdim=True)
    return input - top - (input - top).exp().sum(dim, keepdim=True).log()


# ---- sample_loss -------------------------------------------------------------------------------------------------


def sample_loss_spec(logits: Tensor, target: Tensor) -> Tensor:
    """-ln of the target's softmax probability."""
    return -log_softmax_spec(logits, 0)[target]


sample_loss = Exercise(
    "sample_loss",
    sample_loss_spec,
    points=1,
    forbids=READY_MADE,
    idea="Cross-entropy is surprise: -ln of the probability that the model gave to what turned out to be right.",
    hints=(
        "First probabilities: `exp` makes every logit positive, and dividing by the sum of all makes them add up to 1.",
        "Then pick the probability of the right class, `p[target]`, and tell its surprise in nats.",
    ),
)


@sample_loss.check
def two_classes(f: Function, rng: Rng) -> None:
    """Logits [1, 2]: class 0 costs 1.3133, class 1 only 0.3133

    Exponentials first, then divide by their sum, then minus the natural logarithm.
    """
    same_value(f, sample_loss_spec, tensor([1.0, 2.0]), tensor(0))
    same_value(f, sample_loss_spec, tensor([1.0, 2.0]), tensor(1))


@sample_loss.check
def more_classes(f: Function, rng: Rng) -> None:
    """Three and four classes, whichever is right"""
    for classes in (3, 4):
        x = draw_logits(rng, classes)
        same_value(f, sample_loss_spec, x, x.argmin())
        same_value(f, sample_loss_spec, x, tensor(int(rng.integers(classes))))


@sample_loss.check
def sample_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right: the probabilities, less 1 at the right class"""
    same_gradient(f, sample_loss_spec, draw_logits(rng, 3), indices(rng, 3))


@sample_loss.misconception(  # NLL1
    "This is minus the probability; its logarithm is missing. -p lies between -1 and 0, a surprise is never negative."
)
def minus_probability(logits: Tensor, target: Tensor) -> Tensor:
    return -sample_loss_spec(logits, target).neg().exp()


@sample_loss.misconception(  # NLL2
    "This is minus the logit. Logits are no log-probabilities: this loss falls for ever when all logits grow. Apply "
    "the softmax before the logarithm."
)
def minus_logit(logits: Tensor, target: Tensor) -> Tensor:
    return -logits[target]


@sample_loss.misconception("The minus sign is missing: the logarithm of a probability is negative, a loss is not.")
def log_probability(logits: Tensor, target: Tensor) -> Tensor:
    return -sample_loss_spec(logits, target)


@sample_loss.misconception("This is in bits. Nats need the natural logarithm, `torch.log`.")
def in_bits(logits: Tensor, target: Tensor) -> Tensor:
    return sample_loss_spec(logits, target) / log(2)


@sample_loss.misconception(
    "The logits are divided by their sum without `exp`: negative logits become negative probabilities."
)
def without_exponential(logits: Tensor, target: Tensor) -> Tensor:
    return -(logits[target] / logits.sum()).log()


@sample_loss.misconception(  # CE1
    "The softmax is applied twice. The second one flattens the probabilities, so the loss cannot come near 0."
)
def softmax_twice(logits: Tensor, target: Tensor) -> Tensor:
    return sample_loss_spec(log_softmax_spec(logits, 0).exp(), target)


@sample_loss.misconception(
    "The sum below the fraction leaves out the right class: those are odds. Sum over all classes."
)
def odds(logits: Tensor, target: Tensor) -> Tensor:
    p = sample_loss_spec(logits, target).neg().exp()
    return -(p / (1 - p)).log()


@sample_loss.misconception("The other classes' surprises are added (or all are summed). Only the right class counts.")
def all_surprises(logits: Tensor, target: Tensor) -> Tensor:
    return -log_softmax_spec(logits, 0).sum()


@sample_loss.misconception(
    "This averages over the classes. There is one right class and its surprise is the whole loss."
)
def mean_over_classes(logits: Tensor, target: Tensor) -> Tensor:
    return sample_loss_spec(logits, target) / len(logits)


@sample_loss.misconception("-ln(1 - p) of the wrong classes is added: that is one binary cross-entropy for each class.")
def one_against_all(logits: Tensor, target: Tensor) -> Tensor:
    p = log_softmax_spec(logits, 0).exp()
    return -p[target].log() - (1 - p).log().sum() + (1 - p[target]).log()


@sample_loss.misconception("This is the surprise of the likeliest class. The target says which class is right.")
def likeliest_class(logits: Tensor, target: Tensor) -> Tensor:
    return sample_loss_spec(logits, logits.argmax())


@sample_loss.misconception("This is 1 - p: it punishes a sure mistake hardly more than an unsure one. Use -ln p.")
def missing_probability(logits: Tensor, target: Tensor) -> Tensor:
    return 1 - sample_loss_spec(logits, target).neg().exp()


@sample_loss.misconception(
    "This is the squared distance to the one-hot target (the Brier score), not the surprise -ln p."
)
def brier(logits: Tensor, target: Tensor) -> Tensor:
    p = log_softmax_spec(logits, 0).exp()
    return (p * p).sum() - 2 * p[target] + 1


# ---- log_softmax -------------------------------------------------------------------------------------------------


def log_softmax_cases() -> Iterator[Question]:
    """Shapes × dims × dtypes with gradients; then extremes, and the edges in value only."""
    for dtype in (torch.float32, torch.float64):
        for shape in ((), (3,), (2, 3), (2, 2, 3), (2, 3, 1, 2), (0, 3)):
            x = torch.linspace(-2, 1.7, int(np.prod(shape, dtype=int)), dtype=dtype).square().reshape(shape)
            for dim in range(-max(x.ndim, 1), max(x.ndim, 1)):
                if x.ndim == 0 or x.shape[dim] > 0:  # of no class at all there is no largest logit
                    yield Question((x, dim), wrt=(0,))
        for row in ([1000.0, 0.0], [-1000.0, -1001.0], [100.0, 0.0], [-inf, 0.0, 1.0], [7.0]):
            yield Question((tensor(row, dtype=dtype), 0), wrt=(0,))
        for row in ([-inf, -inf], [inf, 0.0], [nan, 0.0]):
            yield Question((tensor(row, dtype=dtype), 0))


log_softmax = Exercise(
    "log_softmax",
    log_softmax_spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    twin=F.log_softmax,
    cases=log_softmax_cases,
    idea="Only differences between logits count, so the largest may be taken from all of them before `exp` sees any.",
    hints=(
        "On paper: ln(exp xᵢ / Σ exp xⱼ) = xᵢ - ln Σ exp xⱼ. That has one exp and one log less.",
        "exp(1000) is inf, exp(0) is 1. Which number may be taken from all logits of a row without a change of the "
        "result?",
        "`input.amax(dim, keepdim=True)` is one maximum for each row, in a shape that can be subtracted.",
    ),
)


@log_softmax.check
def one_row(f: Function, rng: Rng) -> None:
    """Logits [1, 2] become [-1.3133, -0.3133]"""
    same_value(f, log_softmax_spec, tensor([1.0, 2.0]), 0)
    same_value(f, log_softmax_spec, draw_logits(rng, 3), 0)


@log_softmax.check
def along_dim(f: Function, rng: Rng) -> None:
    """The classes lie along `dim`, wherever that is

    `keepdim=True` keeps the sum in a shape that can be subtracted.
    """
    for dim in (1, 0):
        same_value(f, log_softmax_spec, draw_logits(rng, 2, 2), dim)
        same_value(f, log_softmax_spec, draw_logits(rng, 2, 3), dim)
    same_value(f, log_softmax_spec, draw_logits(rng, 2, 3, 2), 1)


@log_softmax.check
def log_softmax_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right"""
    same_gradient(f, log_softmax_spec, draw_logits(rng, 3), 0)
    same_gradient(f, log_softmax_spec, draw_logits(rng, 2, 3), 1)


@log_softmax.check
def large_logits(f: Function, rng: Rng) -> None:
    """Logits of ±1000 give numbers, not inf or NaN

    Take the largest logit of each row away before `exp`, and keep softmax and logarithm together: ln(exp x) is x.
    """
    big = 100.0 * int(rng.integers(8, 11))
    same_value(f, log_softmax_spec, tensor([big, 0.0]), 0)
    same_value(f, log_softmax_spec, tensor([-big, -big - 1]), 0)
    same_value(f, log_softmax_spec, tensor([[big, big - 1], [-big, 1 - big]]), 1)
    same_gradient(f, log_softmax_spec, tensor([big, 0.0, big - 1]), 0)


@log_softmax.parity
def last_dim(f: Function, rng: Rng) -> None:
    """`dim` may count from the end"""
    same_value(f, log_softmax_spec, draw_logits(rng, 2, 3), -1)
    same_value(f, log_softmax_spec, draw_logits(rng, 2, 3, 2), -2)


@log_softmax.parity
def class_ruled_out(f: Function, rng: Rng) -> None:
    """A class ruled out by -inf stays at -inf and leaves the others in peace"""
    same_gradient(f, log_softmax_spec, tensor([-inf, 0.0, 1.0]), 0)


@log_softmax.parity
def all_ruled_out(f: Function, rng: Rng) -> None:
    """Where every class is ruled out, NaN

    0/0 has no value, and torch says so. A number in its place would hide that the row has no answer.
    """
    same_value(f, log_softmax_spec, tensor([[-inf, -inf], [1.0, 2.0]]), 1)


@log_softmax.parity
def log_softmax_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32, float64 stays float64 and is exact

    Look for a small number added inside the logarithm, or a clamp.
    """
    same_dtype(f, log_softmax_spec, draw_logits(rng, 3), 0)
    same_dtype(f, log_softmax_spec, tensor([0.0, -float(rng.integers(9, 15))], dtype=torch.float64), 0)


@log_softmax.parity
def log_softmax_scaled(f: Function, rng: Rng) -> None:
    """The gradient passes on what comes from above"""
    same_gradient(f, log_softmax_spec, draw_logits(rng, 2, 3), 1, scale=3.0)


@log_softmax.misconception(  # CE3, NLL5
    "Without the shift by the maximum, exp overflows: above 88.7 in float32 it is inf, and far below 0 every term "
    "is 0. Take the row's largest logit away first; the result does not change."
)
def no_shift(input: Tensor, dim: int) -> Tensor:
    return input - input.exp().sum(dim, keepdim=True).log()


@log_softmax.misconception(  # CE2
    "Softmax first and then its logarithm: a small probability is rounded to 0, and ln 0 is -inf (with a gradient "
    "of NaN). Write x - ln Σ exp x instead, where no probability is ever formed."
)
def log_after_softmax(input: Tensor, dim: int) -> Tensor:
    powers = (input - input.amax(dim, keepdim=True)).exp()
    return (powers / powers.sum(dim, keepdim=True)).log()


@log_softmax.misconception(
    "One maximum was taken from the whole tensor. In a row far below it every exp is 0, and ln 0 is -inf: each row "
    "needs its own maximum."
)
def one_maximum(input: Tensor, dim: int) -> Tensor:
    shifted = input - input.max()
    return shifted - shifted.exp().sum(dim, keepdim=True).log()


@log_softmax.misconception("This is the softmax: its logarithm is missing.")
def softmax(input: Tensor, dim: int) -> Tensor:
    return log_softmax_spec(input, dim).exp()


@log_softmax.misconception(  # NLL3
    "`dim` is not used: this always sums over dimension 0, which in a batch mixes the samples."
)
def over_the_batch(input: Tensor, dim: int) -> Tensor:
    return log_softmax_spec(input, 0)


@log_softmax.misconception("`dim` is not used: this always sums over the last dimension.")
def over_the_last(input: Tensor, dim: int) -> Tensor:
    return log_softmax_spec(input, -1)


@log_softmax.misconception("This sums over all dimensions at once: each row should add up to 1 for itself.")
def over_everything(input: Tensor, dim: int) -> Tensor:
    return log_softmax_spec(input.flatten(), 0).reshape(input.shape)


@log_softmax.misconception(
    "The sum lost its dimension, and broadcasting lined it up with the wrong one (or failed). `keepdim=True` keeps it."
)
def dimension_lost(input: Tensor, dim: int) -> Tensor:
    return input - (input - log_softmax_spec(input, dim)).select(dim, 0)


@log_softmax.misconception(
    "The maximum was taken from the exponents but never given back: ln Σ exp(x - m) is ln Σ exp x - m, so use x - m "
    "in the first place too."
)
def shift_forgotten(input: Tensor, dim: int) -> Tensor:
    return input - (input - input.amax(dim, keepdim=True)).exp().sum(dim, keepdim=True).log()


@log_softmax.misconception(
    "The sign is turned: logarithms of probabilities are negative. The minus belongs to the loss."
)
def negated(input: Tensor, dim: int) -> Tensor:
    return -log_softmax_spec(input, dim)


@log_softmax.misconception(
    "This divides by the mean of the exponentials. Their sum makes the probabilities add up to 1."
)
def mean_of_exponentials(input: Tensor, dim: int) -> Tensor:
    return log_softmax_spec(input, dim) + log(input.shape[dim] if input.ndim else 1)


@log_softmax.misconception("This is in base 2. The natural logarithm undoes `exp`.")
def base_two(input: Tensor, dim: int) -> Tensor:
    return log_softmax_spec(input, dim) / log(2)


@log_softmax.misconception(
    "A small number inside the logarithm avoids -inf by computing something slightly else. Without a softmax before "
    "the logarithm there is no 0 to avoid."
)
def padded(input: Tensor, dim: int) -> Tensor:
    return (log_softmax_spec(input, dim).exp() + 1e-8).log()


@log_softmax.misconception(
    "The logits are clamped before `exp`. That changes the differences, and outside the clamp the gradient is 0."
)
def clamped(input: Tensor, dim: int) -> Tensor:
    x = input.clamp(-80, 80)
    return x - x.exp().sum(dim, keepdim=True).log()


@log_softmax.misconception(
    "The sum was cut from the graph (`.detach()`, `.item()`, `no_grad`), so the gradient misses that all "
    "probabilities share one total."
)
def total_detached(input: Tensor, dim: int) -> Tensor:
    return input + (log_softmax_spec(input, dim) - input).detach()


@log_softmax.misconception(
    "A row in which every class is ruled out came out as -inf. It has no probabilities: torch gives NaN."
)
def nothing_left(input: Tensor, dim: int) -> Tensor:
    return log_softmax_spec(input, dim).masked_fill((input == -inf).all(dim, keepdim=True), -inf)


def raw(input: Tensor, dim: int) -> Tensor:
    """No softmax at all."""
    return input


# ---- smooth_targets ----------------------------------------------------------------------------------------------


def smooth_targets_spec(target: Tensor, num_classes: int, label_smoothing: float) -> Tensor:
    """ε/K everywhere, and 1 - ε more at the target."""
    q = torch.full((len(target), num_classes), label_smoothing / num_classes, dtype=torch.float64)
    q[range(len(target)), target] += 1 - label_smoothing
    return q


smooth_targets = Exercise(
    "smooth_targets",
    smooth_targets_spec,
    points=1,
    idea="Smoothing mixes two distributions, (1 - ε) one-hot + ε uniform, and a mixture still adds up to 1.",
    hints=(
        "ε is taken from the right class and dealt out to all K classes alike, the right one included.",
        "Write the one-hot row as a tensor of 0 and 1. What must it be multiplied by, and what is added everywhere?",
        "Add up a row of yours: does it give 1 for every ε?",
    ),
)


@smooth_targets.check
def four_classes(f: Function, rng: Rng) -> None:
    """A fifth spread over four classes: 0.85 for the right one, 0.05 for the others

    Every class receives ε/K, the right one too. The row adds up to 1.
    """
    same_value(f, smooth_targets_spec, tensor([2]), 4, 0.2)
    same_value(f, smooth_targets_spec, tensor([0, 2, 0]), 4, 0.2)


@smooth_targets.check
def more_targets(f: Function, rng: Rng) -> None:
    """Other targets, other ε, and classes that no target names"""
    same_value(f, smooth_targets_spec, tensor([1, 0]), 3, 0.1 * int(rng.integers(3, 8)))
    same_value(f, smooth_targets_spec, indices(rng, 3, 3), 5, 0.1 * int(rng.integers(1, 3)))


@smooth_targets.check
def nothing_and_everything(f: Function, rng: Rng) -> None:
    """ε = 0 leaves the one-hot row, ε = 1 the uniform one"""
    same_value(f, smooth_targets_spec, tensor([1, 0]), 3, 0.0)
    same_value(f, smooth_targets_spec, tensor([1, 0]), 3, 1.0)


@smooth_targets.misconception(  # CE12
    "ε went to the K - 1 wrong classes only, ε/(K-1) each, and the right one kept 1 - ε. Here (as in torch) all K "
    "classes share it, so the right one has 1 - ε + ε/K."
)
def wrong_classes_only(target: Tensor, num_classes: int, label_smoothing: float) -> Tensor:
    return smooth_targets_spec(target, num_classes, label_smoothing * num_classes / (num_classes - 1))


@smooth_targets.misconception(  # CE13
    "The one-hot row was multiplied by 1 - ε/K: a row then adds up to more than 1. What is given to all, ε in "
    "total, must be taken away: multiply by 1 - ε."
)
def too_little_taken(target: Tensor, num_classes: int, label_smoothing: float) -> Tensor:
    share = label_smoothing / num_classes
    return smooth_targets_spec(target, num_classes, 0.0) * (1 - share) + share


@smooth_targets.misconception(  # CE14
    "1/K was added without the factor ε: a row adds up to 2 - ε. Add ε/K."
)
def share_without_factor(target: Tensor, num_classes: int, label_smoothing: float) -> Tensor:
    return smooth_targets_spec(target, num_classes, 0.0) * (1 - label_smoothing) + 1 / num_classes


@smooth_targets.misconception("Nothing was taken from the right class: a row adds up to 1 + ε.")
def nothing_taken(target: Tensor, num_classes: int, label_smoothing: float) -> Tensor:
    return smooth_targets_spec(target, num_classes, 0.0) + label_smoothing / num_classes


@smooth_targets.misconception(
    "The right class has 1 - ε and the others ε/K: ε/K is lost on the way, and a row adds up to less than 1. The "
    "right class receives its share too."
)
def own_share_lost(target: Tensor, num_classes: int, label_smoothing: float) -> Tensor:
    one_hot = smooth_targets_spec(target, num_classes, 0.0)
    return one_hot * (1 - label_smoothing) + (1 - one_hot) * label_smoothing / num_classes


@smooth_targets.misconception("This is the one-hot row; `label_smoothing` is not used.")
def one_hot_only(target: Tensor, num_classes: int, label_smoothing: float) -> Tensor:
    return smooth_targets_spec(target, num_classes, 0.0)


@smooth_targets.misconception("ε and 1 - ε are exchanged: ε is what is spread, 1 - ε is what stays.")
def exchanged(target: Tensor, num_classes: int, label_smoothing: float) -> Tensor:
    return smooth_targets_spec(target, num_classes, 1 - label_smoothing)


@smooth_targets.misconception("ε/2 was added everywhere: that is right for two classes only. K classes share ε.")
def as_for_two_classes(target: Tensor, num_classes: int, label_smoothing: float) -> Tensor:
    return smooth_targets_spec(target, num_classes, 0.0) * (1 - label_smoothing) + label_smoothing / 2


@smooth_targets.misconception(
    "The share was divided by the number of targets. It is spread over the classes: divide by K."
)
def divided_by_batch(target: Tensor, num_classes: int, label_smoothing: float) -> Tensor:
    return smooth_targets_spec(target, num_classes, 0.0) * (1 - label_smoothing) + label_smoothing / len(target)


@smooth_targets.misconception(
    "The number of classes was read off the largest target. A class may be absent from a batch: use `num_classes`."
)
def classes_from_targets(target: Tensor, num_classes: int, label_smoothing: float) -> Tensor:
    return smooth_targets_spec(target, int(target.max()) + 1, label_smoothing)


# ---- nll_loss ----------------------------------------------------------------------------------------------------


def class_dim(input: Tensor) -> int:
    """The dimension of the classes: 1, or 0 for a sample without a batch."""
    return min(1, input.ndim - 1)


def as_rows(input: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """(N, C, d1, …) as rows (M, C), one for each target, and the targets in the same order: indices or rows alike."""
    classes = input.shape[class_dim(input)]

    def rows(x: Tensor) -> Tensor:
        return x.movedim(class_dim(x), -1).reshape(x.numel() // classes, classes)

    return rows(input), rows(target) if target.is_floating_point() else target.reshape(-1)


def reduced(losses: Tensor, total: Tensor, reduction: str, like: Tensor) -> Tensor:
    """The losses in the shape of `like`, their sum, or their sum by `total`."""
    return {"none": losses.reshape(like.shape), "sum": losses.sum(), "mean": losses.sum() / total}[reduction]


def only_valid(targets: Tensor, classes: int) -> Tensor:
    """The targets; raises IndexError where one is no class."""
    if not ((targets >= 0) & (targets < classes)).all():
        raise IndexError("a target is out of bounds")
    return targets


def nll_loss_spec(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """-w[y]·x[y] of every row that counts, 0 of the others; the mean divides by Σ w[y] over those that count."""
    rows, targets = as_rows(input, target)
    w = rows.new_ones(rows.shape[1]) if weight is None else weight
    counts = targets != ignore_index
    y = only_valid(targets[counts], rows.shape[1])
    losses = rows.new_zeros(len(rows))
    losses[counts] = -w[y] * rows[counts][range(len(y)), y]
    return reduced(losses, w[y].sum(), reduction, target)


REDUCTIONS = ("none", "sum", "mean")


def _nll_inputs(dtype: torch.dtype) -> Iterator[tuple[Tensor, Tensor]]:
    """Inputs in every shape that torch takes, each with targets of which one is -100."""
    x = (tensor(MARKS, dtype=dtype) - 42) / 20
    yield x[:3], tensor(2)
    yield x[:9].reshape(3, 3), tensor([0, -100, 2])
    yield x[:8].reshape(2, 2, 2), tensor([[0, 1], [-100, 1]])
    yield x.reshape(1, 3, 2, 2), tensor([[[0, 2], [-100, 1]]])


def nll_loss_cases() -> Iterator[Question]:
    """Shapes × weight × ignore_index × reductions × dtypes with gradients; then the edges."""
    for dtype, reduction in product((torch.float32, torch.float64), REDUCTIONS):
        for (x, y), weighted, ignored in product(_nll_inputs(dtype), (False, True), (-100, 1, 0)):
            weight = tensor([0.3, 0.1, 0.4], dtype=dtype)[: x.shape[class_dim(x)]] if weighted else None
            y = y if ignored == -100 else y.where(y >= 0, ignored)
            yield Question((x, y), {"weight": weight, "ignore_index": ignored, "reduction": reduction}, wrt=(0,))
        how: dict[str, Any] = {"reduction": reduction}
        two = tensor([[-0.5, -1.0], [-0.2, -2.0]], dtype=dtype)
        zero_first = tensor([0.0, 1.0], dtype=dtype)
        yield Question((two, tensor([-100, -100])), how, wrt=(0,))
        yield Question((two, tensor([0, 0])), {"weight": zero_first, **how}, wrt=(0,))
        yield Question((tensor([[-0.5, -1.0], [nan, nan]], dtype=dtype), tensor([0, -100])), how, wrt=(0,))
        yield Question((tensor([[-0.5, -inf], [-2.0, 0.0]], dtype=dtype), tensor([0, 1])), how, wrt=(0,))
        yield Question((two[:0], tensor([], dtype=torch.int64)), how, wrt=(0,))
        yield Question((two[:0, :, None], torch.empty(0, 1, dtype=torch.int64)), how, wrt=(0,))


nll_loss = Exercise(
    "nll_loss",
    nll_loss_spec,
    points=2,
    parity_points=2,
    forbids=READY_MADE,
    twin=F.nll_loss,
    cases=nll_loss_cases,
    idea="NLL only picks: the logarithm was taken before. A weighted mean divides by the weights that were given out.",
    hints=(
        "Each row gives one number: the entry at its target. `input.gather(1, target.unsqueeze(1))` picks it.",
        "The mean is Σ w[y]·loss by Σ w[y]. Without weights every w is 1, and Σ w is the number of targets that count.",
        "A row that does not count must vanish from both sums, also when it holds NaN: choose with `torch.where`, "
        "or by indexing with the mask. Its target, -100, is no index: put some class in its place first.",
        "In (N, C, d1, …) the classes are dimension 1; `gather` along it gives the targets' shape, with a 1 for C.",
    ),
)


@nll_loss.check
def picks(f: Function, rng: Rng) -> None:
    """One entry of each row: the one at the target

    The input holds logarithms already; whatever stands there is taken as it is.
    """
    same_value(f, nll_loss_spec, tensor([[-0.1, -2.3], [-1.6, -0.2]]), tensor([0, 0]))
    same_value(f, nll_loss_spec, draw_logits(rng, 2, 3), indices(rng, 3, 2))


@nll_loss.check
def nll_reductions(f: Function, rng: Rng) -> None:
    """`reduction`: none, sum, mean"""
    x, y = draw_logits(rng, 2, 3), indices(rng, 3, 2)
    for reduction in REDUCTIONS:
        same_value(f, nll_loss_spec, x, y, reduction=reduction)


@nll_loss.check
def nll_weight(f: Function, rng: Rng) -> None:
    """`weight` is a factor for each class, and the mean is a weighted mean

    Divide by the sum of the weights that were used, w[target].sum().
    """
    same_value(f, nll_loss_spec, tensor([[-1.0, -2.0], [-1.0, -3.0]]), tensor([0, 1]), weight=tensor([1.0, 2.0]))
    x, y, w = draw_logits(rng, 3, 3), tensor([2, 0, 0]), draw_weight(rng, 3)
    for reduction in ("none", "mean"):
        same_value(f, nll_loss_spec, x, y, weight=w, reduction=reduction)


@nll_loss.check
def nll_ignore(f: Function, rng: Rng) -> None:
    """Targets equal to `ignore_index` do not count, neither above nor below the fraction"""
    x, y = draw_logits(rng, 3, 2), tensor([0, 1, 1])
    same_value(f, nll_loss_spec, x, tensor([0, -100, 1]))
    for reduction in ("mean", "none"):
        same_value(f, nll_loss_spec, x, y, ignore_index=1, reduction=reduction)


@nll_loss.check
def nll_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right"""
    same_gradient(f, nll_loss_spec, draw_logits(rng, 2, 3), indices(rng, 3, 2))
    same_gradient(f, nll_loss_spec, draw_logits(rng, 2, 2), tensor([1, -100]), weight=draw_weight(rng, 2))


@nll_loss.parity
def nll_pairs(f: Function, rng: Rng) -> None:
    """`weight` and `ignore_index` together, under every reduction"""
    x, w = draw_logits(rng, 4, 3), draw_weight(rng, 3)
    y = tensor([2, -100, 0, 2])
    for reduction in REDUCTIONS:
        same_value(f, nll_loss_spec, x, y, weight=w, reduction=reduction)
        same_value(f, nll_loss_spec, x, tensor([2, 1, 0, 2]), weight=w, ignore_index=1, reduction=reduction)


@nll_loss.parity
def nll_places(f: Function, rng: Rng) -> None:
    """A class for every place: (N, C, d1)

    The classes are dimension 1, not the last one.
    """
    x, y = draw_logits(rng, 2, 2, 2), tensor([[0, 1], [1, 1]])
    for reduction in REDUCTIONS:
        same_value(f, nll_loss_spec, x, y, reduction=reduction)
    same_value(f, nll_loss_spec, x, tensor([[0, -100], [1, 1]]), weight=draw_weight(rng, 2))


@nll_loss.parity
def nll_pixels(f: Function, rng: Rng) -> None:
    """A class for every pixel: (N, C, d1, d2)

    Keep (N, d1, d2), the shape of the targets; `reshape` alone does not move a dimension.
    """
    x, y = draw_logits(rng, 1, 3, 2, 2), tensor([[[0, 2], [1, 2]]])
    same_gradient(f, nll_loss_spec, x, y, reduction="none")
    same_value(f, nll_loss_spec, x, y)


@nll_loss.parity
def nll_one_sample(f: Function, rng: Rng) -> None:
    """One sample without a batch: (C,) and ()"""
    x, y = draw_logits(rng, 3), indices(rng, 3)
    for reduction in REDUCTIONS:
        same_value(f, nll_loss_spec, x, y, weight=draw_weight(rng, 3), reduction=reduction)


@nll_loss.parity
def nll_nothing_counts(f: Function, rng: Rng) -> None:
    """Where nothing counts, the mean is NaN and the sum is 0

    A mean of nothing has no value. A 0 in its place would look like a perfect batch.
    """
    x, y = draw_logits(rng, 2, 2), tensor([0, 0])
    for reduction in REDUCTIONS:
        same_value(f, nll_loss_spec, x, tensor([-100, -100]), reduction=reduction)
    same_value(f, nll_loss_spec, x, y, weight=tensor([0.0, 1.0]))


@nll_loss.parity
def nll_ignored_nan(f: Function, rng: Rng) -> None:
    """What is not picked has no influence: NaN in an ignored row, -inf beside the target

    0 times NaN is NaN, and so is 0 times -inf. Choose instead of multiplying.
    """
    same_gradient(f, nll_loss_spec, tensor([[-0.5, -1.0], [nan, nan]]), tensor([0, -100]))
    same_gradient(f, nll_loss_spec, tensor([[-0.5, -inf], [-2.0, -0.1]]), tensor([0, 1]))


@nll_loss.parity
def nll_out_of_range(f: Function, rng: Rng) -> None:
    """A target that is no class is an error

    Python's -1 is the last entry: a mistake in the data would train the last class, and nobody would notice.
    """
    refuses(f, draw_logits(rng, 2, 2), tensor([0, -1]))
    refuses(f, draw_logits(rng, 2, 2), tensor([0, 2]))


@nll_loss.parity
def nll_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32, float64 stays float64"""
    x, y, w = draw_logits(rng, 2, 2), tensor([0, 1]), draw_weight(rng, 2)
    same_dtype(f, nll_loss_spec, x, y)
    same_dtype(f, nll_loss_spec, x.double(), y, weight=w.double())


@nll_loss.parity
def nll_scaled(f: Function, rng: Rng) -> None:
    """The gradient passes on what comes from above"""
    same_gradient(f, nll_loss_spec, draw_logits(rng, 2, 2), tensor([0, 1]), scale=3.0)


@nll_loss.misconception(
    "The minus sign is missing: this is the log-likelihood, and a model is trained to make it large."
)
def log_likelihood(input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    return -nll_loss_spec(input, target, **flags)


@nll_loss.misconception("A logarithm is taken here. `nll_loss` expects logarithms already, and only picks from them.")
def takes_the_logarithm(input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    return nll_loss_spec(input.log(), target, **flags)


@nll_loss.misconception(
    "A log-softmax is taken here: that is `cross_entropy`. `nll_loss` expects log-probabilities and only picks from "
    "them."
)
def takes_the_log_softmax(input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    return nll_loss_spec(log_softmax_spec(input, class_dim(input)), target, **flags)


@nll_loss.misconception(
    "`input[:, target]` picks every target from every row: N × N numbers. Pair them: `input[torch.arange(N), "
    "target]`, or `gather`."
)
def nll_every_pair(input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    losses = -input[:, target]
    return reduced(losses, tensor(losses.numel()), flags.get("reduction", "mean"), losses)


@nll_loss.misconception("This picks each row's largest entry: what the model believes. The target says what is right.")
def nll_largest(input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    return nll_loss_spec(input, input.argmax(class_dim(input)), **flags)


# ---- sequence_loss -----------------------------------------------------------------------------------------------


def sequence_loss_spec(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    """The surprises of all real tokens, averaged."""
    log_p = log_softmax_spec(logits, 2)
    places = (target != padding).nonzero().tolist()
    return torch.stack([-log_p[n, t, target[n, t]] for n, t in places]).mean()


sequence_loss = Exercise(
    "sequence_loss",
    sequence_loss_spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    idea="A batch is a heap of tokens: each real one counts once, and a padded place counts neither above nor below.",
    hints=(
        "Write the surprise of the right class at every place first: shape (N, T).",
        "The mask is `target != padding`. Which two sums does the mean need, and what does the mask do in each?",
        "With your `nll_loss`: it wants the classes in dimension 1, so swap the last two dimensions (a `reshape` "
        "would scramble them).",
    ),
)


@sequence_loss.check
def one_sequence(f: Function, rng: Rng) -> None:
    """One sequence, two tokens and one padded place

    As many places as classes: a mixed-up dimension raises no error here, it gives another number.
    """
    places = tensor([[1, 2, 0]])
    same_value(f, sequence_loss_spec, tensor([[[0.0, 2.0, 1.0], [0.0, 1.0, 3.0], [5.0, 0.0, 1.0]]]), places, 0)
    same_value(f, sequence_loss_spec, draw_logits(rng, 1, 3, 3), places, 0)


@sequence_loss.check
def ragged(f: Function, rng: Rng) -> None:
    """Sequences of different lengths: every token counts the same

    Add up over the whole batch first, then divide once.
    """
    same_value(f, sequence_loss_spec, draw_logits(rng, 2, 2, 3), tensor([[1, 2], [1, 0]]), 0)
    same_value(f, sequence_loss_spec, draw_logits(rng, 2, 3, 2), tensor([[1, 1, 1], [1, 0, 0]]), 0)


@sequence_loss.check
def any_padding(f: Function, rng: Rng) -> None:
    """Padding is whatever class `padding` says, at the end or at the beginning"""
    same_value(f, sequence_loss_spec, draw_logits(rng, 2, 2, 3), tensor([[0, 1], [2, 1]]), 2)
    same_value(f, sequence_loss_spec, draw_logits(rng, 1, 3, 3), tensor([[1, 0, 2]]), 1)


@sequence_loss.check
def sequence_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right: none at all at a padded place"""
    same_gradient(f, sequence_loss_spec, draw_logits(rng, 1, 3, 3), tensor([[1, 2, 0]]), 0)


@sequence_loss.parity
def empty_sequence(f: Function, rng: Rng) -> None:
    """A sequence of nothing but padding changes nothing"""
    same_gradient(f, sequence_loss_spec, draw_logits(rng, 2, 2, 3), tensor([[1, 2], [0, 0]]), 0)


@sequence_loss.parity
def sequence_extremes(f: Function, rng: Rng) -> None:
    """Very large logits

    Use the stable form: the largest logit of each place is taken away before `exp`.
    """
    big = 100.0 * int(rng.integers(8, 11))
    same_gradient(f, sequence_loss_spec, tensor([[[0.0, big], [big, 0.0]]]), tensor([[1, 0]]), 0)
    same_gradient(f, sequence_loss_spec, tensor([[[0.0, big], [big, 0.0]]]), tensor([[0, 1]]), 1)


@sequence_loss.parity
def padded_nan(f: Function, rng: Rng) -> None:
    """NaN at a padded place does not reach the loss

    A mask that multiplies makes 0 · NaN = NaN. Choose with `torch.where`, or index with the mask.
    """
    same_value(f, sequence_loss_spec, tensor([[[0.0, 1.0], [nan, nan]]]), tensor([[1, 0]]), 0)


@sequence_loss.parity
def sequence_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32, float64 stays float64"""
    same_dtype(f, sequence_loss_spec, draw_logits(rng, 1, 2, 2), tensor([[1, 0]]), 0)
    same_dtype(f, sequence_loss_spec, draw_logits(rng, 1, 2, 2).double(), tensor([[1, 0]]), 0)


def token_losses(logits: Tensor, target: Tensor) -> Tensor:
    """The surprise at every place, padded or not, shape (N, T)."""
    return nll_loss_spec(log_softmax_spec(logits, 2).movedim(2, 1), target, reduction="none")


@sequence_loss.misconception(  # CE7
    "The padded places were set to 0 and still counted: the mean is too small by their share. Divide by the real "
    "tokens."
)
def padding_counted(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    return token_losses(logits, target).where(target != padding, 0.0).mean()


@sequence_loss.misconception(  # CE10
    "`padding` is not used: the padded places count like words, and the model is trained to predict padding."
)
def padding_trained(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    return token_losses(logits, target).mean()


@sequence_loss.misconception("The padding class is fixed at 0. It is the argument `padding`, which may be any class.")
def padding_is_zero(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    return token_losses(logits, target)[target != 0].mean()


@sequence_loss.misconception(  # CE11
    "The padding class was taken out of the softmax. Only targets are skipped: the model may still "
    "believe in padding, so its logit stays in the sum."
)
def padding_class_removed(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    without = logits.masked_fill(torch.arange(logits.shape[2]) == padding, -inf)
    return token_losses(without, target)[target != padding].mean()


@sequence_loss.misconception(  # CE19, NLL4
    "The classes were looked for in dimension 1, where the places are. With as many places as classes nothing warns "
    "you. The softmax goes over the last dimension."
)
def places_as_classes(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    return sequence_loss_spec(logits.movedim(1, 2), target, padding)


@sequence_loss.misconception(  # NLL3
    "The softmax goes over the places instead of the classes: the picked entry is right, its probability is not. "
    "Use dim=2."
)
def softmax_over_places(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    log_p = log_softmax_spec(logits, 1)
    return nll_loss_spec(log_p.movedim(2, 1), target, ignore_index=padding)


@sequence_loss.misconception(  # CE20
    "`reshape` to (N, C, T) keeps the order in memory and cuts across the classes. Swap dimensions with `movedim` or "
    "`transpose`, or flatten to (N · T, C)."
)
def scrambled(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    n, t, c = logits.shape
    return nll_loss_spec(log_softmax_spec(logits.reshape(n, c, t), 1), target, ignore_index=padding)


@sequence_loss.misconception(  # CE27
    "Each sequence is averaged for itself first, so that a word in a short sequence counts more. Add up all real "
    "tokens of the batch, then divide once."
)
def mean_of_means(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    real = target != padding
    return (token_losses(logits, target).where(real, 0.0).sum(1) / real.sum(1)).mean()


@sequence_loss.misconception("This is the sum over the tokens. Longer batches would count more: take the mean.")
def sum_of_tokens(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    return token_losses(logits, target)[target != padding].sum()


@sequence_loss.misconception("The sum is divided by the number of sequences. Divide by the number of real tokens.")
def mean_over_sequences(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    return sum_of_tokens(logits, target, padding) / len(logits)


@sequence_loss.misconception("The model's own guess decides what is padding here. The target does.")
def guessed_padding(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    return token_losses(logits, target)[logits.argmax(2) != padding].mean()


@sequence_loss.misconception(  # NLL2
    "The logits are picked without a softmax: they are no log-probabilities, and this loss has no lower bound."
)
def raw_logits(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    return -logits.gather(2, target.unsqueeze(2)).squeeze(2)[target != padding].mean()


@sequence_loss.misconception(  # CE3
    "exp overflows for large logits. Take each place's largest logit away before `exp`, as in your `log_softmax`."
)
def sequence_no_shift(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    log_p = no_shift(logits, 2)
    return nll_loss_spec(log_p.movedim(2, 1), target, ignore_index=padding)


@sequence_loss.misconception(  # CE2
    "A probability was rounded to 0 before its logarithm was taken. Use x - ln Σ exp x, where no probability is formed."
)
def sequence_log_after_softmax(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    return nll_loss_spec(log_after_softmax(logits, 2).movedim(2, 1), target, ignore_index=padding)


@sequence_loss.misconception(  # CE9
    "The mask multiplies: 0 · NaN is NaN. Choose with `torch.where`, or index with the mask."
)
def sequence_multiplied_mask(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    real = target != padding
    return (token_losses(logits, target) * real).sum() / real.sum()


# ---- focal_loss --------------------------------------------------------------------------------------------------


def sample_losses(logits: Tensor, target: Tensor) -> Tensor:
    """-ln p of every sample's right class."""
    return nll_loss_spec(log_softmax_spec(logits, 1), target, reduction="none")


def focal_loss_spec(logits: Tensor, target: Tensor, gamma: float = 2.0, weight: Tensor | None = None) -> Tensor:
    """Σ w[y] (1 - p)^γ (-ln p) / N."""
    nll = sample_losses(logits, target)
    w = logits.new_ones(logits.shape[1]) if weight is None else weight
    return (w[target] * (1 - nll.neg().exp()) ** gamma * nll).sum() / len(logits)


focal_loss = Exercise(
    "focal_loss",
    focal_loss_spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    idea="A factor of (1 - p)^γ silences what is known already, one sample at a time: it must be inside the mean.",
    hints=(
        "Start from one surprise per sample, unreduced. Which p belongs to a surprise of nll?",
        "p = exp(-nll), from the surprise before any weight is on it.",
        "Multiply (1 - p)^γ, the surprise and weight[target], sample by sample; only then take the mean.",
    ),
)


@focal_loss.check
def focal_default(f: Function, rng: Rng) -> None:
    """γ = 2: sure samples fall silent"""
    same_value(f, focal_loss_spec, tensor([[1.0, 2.0]]), tensor([0]))
    same_value(f, focal_loss_spec, tensor([[1.0, 2.0], [1.0, 3.0]]), tensor([0, 1]))
    same_value(f, focal_loss_spec, draw_logits(rng, 3, 3), indices(rng, 3, 3))


@focal_loss.check
def focal_gamma(f: Function, rng: Rng) -> None:
    """γ is the exponent: with 0 the loss is the cross-entropy"""
    x, y = draw_logits(rng, 2, 3), indices(rng, 3, 2)
    for gamma in (0.0, 1.0, 0.5 * int(rng.integers(5, 9))):
        same_value(f, focal_loss_spec, x, y, gamma=gamma)


@focal_loss.check
def focal_weight(f: Function, rng: Rng) -> None:
    """Weights are factors on the losses; the mean still divides by N

    p comes from the surprise without its weight.
    """
    x, y, w = draw_logits(rng, 3, 3), tensor([2, 0, 0]), draw_weight(rng, 3)
    same_value(f, focal_loss_spec, x, y, weight=w)
    same_value(f, focal_loss_spec, x, y, gamma=1.0, weight=w)


@focal_loss.check
def focal_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right

    It flows through the surprise and through the factor (1 - p)^γ.
    """
    same_gradient(f, focal_loss_spec, draw_logits(rng, 2, 3), indices(rng, 3, 2))
    same_gradient(f, focal_loss_spec, draw_logits(rng, 2, 2), tensor([0, 1]), gamma=1.0, weight=draw_weight(rng, 2))


@focal_loss.parity
def focal_extremes(f: Function, rng: Rng) -> None:
    """Very large logits: a sure mistake costs its full surprise, a sure hit nothing"""
    big = 100.0 * int(rng.integers(8, 11))
    same_gradient(f, focal_loss_spec, tensor([[big, 0.0], [0.0, 1.0]]), tensor([0, 0]))
    same_gradient(f, focal_loss_spec, tensor([[big, 0.0]]), tensor([1]))


@focal_loss.parity
def focal_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32, float64 stays float64"""
    x, y, w = draw_logits(rng, 2, 2), tensor([0, 1]), draw_weight(rng, 2)
    same_dtype(f, focal_loss_spec, x, y, weight=w)
    same_dtype(f, focal_loss_spec, x.double(), y, weight=w.double())


@focal_loss.parity
def focal_scaled(f: Function, rng: Rng) -> None:
    """The gradient passes on what comes from above"""
    same_gradient(f, focal_loss_spec, draw_logits(rng, 2, 2), tensor([0, 1]), scale=3.0)


@focal_loss.misconception(  # CE25
    "p was computed from the weighted surprise: exp(-w·nll) is p to the power w. Take p before the weight is on."
)
def weighted_probability(logits: Tensor, target: Tensor, gamma: float = 2.0, weight: Tensor | None = None) -> Tensor:
    nll = sample_losses(logits, target) * (1.0 if weight is None else weight[target])
    return ((1 - nll.neg().exp()) ** gamma * nll).mean()


@focal_loss.misconception(  # CE26
    "The factor was computed from the mean of the losses: one factor for the whole batch only rescales the "
    "cross-entropy. Each sample needs its own, before the mean."
)
def one_factor(logits: Tensor, target: Tensor, gamma: float = 2.0, weight: Tensor | None = None) -> Tensor:
    nll = (sample_losses(logits, target) * (1.0 if weight is None else weight[target])).mean()
    return (1 - nll.neg().exp()) ** gamma * nll


@focal_loss.misconception("The factor is p^γ: it keeps the easy samples and silences the hard ones. Use 1 - p.")
def keeps_the_easy(logits: Tensor, target: Tensor, gamma: float = 2.0, weight: Tensor | None = None) -> Tensor:
    nll = sample_losses(logits, target) * (1.0 if weight is None else weight[target])
    return (sample_losses(logits, target).neg().exp() ** gamma * nll).mean()


@focal_loss.misconception("`gamma` is not used: the exponent is always 2.")
def always_two(logits: Tensor, target: Tensor, gamma: float = 2.0, weight: Tensor | None = None) -> Tensor:
    return focal_loss_spec(logits, target, 2.0, weight)


@focal_loss.misconception("This is the cross-entropy; the factor (1 - p)^γ is missing.")
def no_factor(logits: Tensor, target: Tensor, gamma: float = 2.0, weight: Tensor | None = None) -> Tensor:
    return focal_loss_spec(logits, target, 0.0, weight)


@focal_loss.misconception("This multiplies by γ instead of raising to the power γ.")
def gamma_as_factor(logits: Tensor, target: Tensor, gamma: float = 2.0, weight: Tensor | None = None) -> Tensor:
    return gamma * focal_loss_spec(logits, target, 1.0, weight)


@focal_loss.misconception("The factor (1 - p)^γ stands alone; the surprise -ln p that it should scale is missing.")
def factor_alone(logits: Tensor, target: Tensor, gamma: float = 2.0, weight: Tensor | None = None) -> Tensor:
    factor = (1 - sample_losses(logits, target).neg().exp()) ** gamma
    return (factor if weight is None else weight[target] * factor).mean()


@focal_loss.misconception(
    "The sum is divided by the weights, as `cross_entropy` does. Here the docstring asks for the mean over the N "
    "samples."
)
def focal_by_weights(logits: Tensor, target: Tensor, gamma: float = 2.0, weight: Tensor | None = None) -> Tensor:
    value = focal_loss_spec(logits, target, gamma, weight)
    return value if weight is None else value * len(logits) / weight[target].sum()


@focal_loss.misconception("The sum is divided by the factors (1 - p)^γ. The easy samples then count as much as before.")
def focal_by_factors(logits: Tensor, target: Tensor, gamma: float = 2.0, weight: Tensor | None = None) -> Tensor:
    factor = (1 - sample_losses(logits, target).neg().exp()) ** gamma
    return focal_loss_spec(logits, target, gamma, weight) * len(logits) / factor.sum()


@focal_loss.misconception("This is the sum over the samples: take the mean.")
def focal_sum(logits: Tensor, target: Tensor, gamma: float = 2.0, weight: Tensor | None = None) -> Tensor:
    return focal_loss_spec(logits, target, gamma, weight) * len(logits)


@focal_loss.misconception("`weight` is not used: each loss is to be multiplied by the weight of its class.")
def focal_no_weight(logits: Tensor, target: Tensor, gamma: float = 2.0, weight: Tensor | None = None) -> Tensor:
    return focal_loss_spec(logits, target, gamma)


@focal_loss.misconception(
    "The weights were given to the samples in their order. They belong to the classes: weight[target]."
)
def focal_weight_by_row(logits: Tensor, target: Tensor, gamma: float = 2.0, weight: Tensor | None = None) -> Tensor:
    nll = sample_losses(logits, target)
    losses = (1 - nll.neg().exp()) ** gamma * nll
    return (losses if weight is None else losses * weight).mean()


@focal_loss.misconception(
    "The factor was cut from the graph (`detach`, `no_grad`): the value is right, the gradient misses that the "
    "factor moves with p too."
)
def factor_detached(logits: Tensor, target: Tensor, gamma: float = 2.0, weight: Tensor | None = None) -> Tensor:
    nll = sample_losses(logits, target)
    losses = (1 - nll.neg().exp()).detach() ** gamma * nll
    return (losses if weight is None else losses * weight[target]).mean()


@focal_loss.misconception(  # CE2
    "A probability was rounded to 0 before its logarithm was taken. Start from a stable log-softmax, and take p as "
    "exp of it."
)
def focal_log_after_softmax(logits: Tensor, target: Tensor, gamma: float = 2.0, weight: Tensor | None = None) -> Tensor:
    p = log_after_softmax(logits, 1).exp().gather(1, target.unsqueeze(1)).squeeze(1)
    losses = (1 - p) ** gamma * -p.log()
    return (losses if weight is None else losses * weight[target]).mean()


@focal_loss.misconception(  # CE3
    "exp overflows for large logits. Take each row's largest logit away before `exp`, as in your `log_softmax`."
)
def focal_no_shift(logits: Tensor, target: Tensor, gamma: float = 2.0, weight: Tensor | None = None) -> Tensor:
    nll = nll_loss_spec(no_shift(logits, 1), target, reduction="none")
    losses = (1 - nll.neg().exp()) ** gamma * nll
    return (losses if weight is None else losses * weight[target]).mean()


# ---- Keras's two -------------------------------------------------------------------------------------------------


def log_shares(y_pred: Tensor, axis: int, low: float = 1e-7, high: float = 1 - 1e-7) -> Tensor:
    """ln of each score's share of the sum, clipped to [low, high]."""
    return (y_pred / y_pred.sum(axis, keepdim=True)).clamp(low, high).log()


def dense_spec(
    y_true: Tensor,
    y_pred: Tensor,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
    shares: Loss = log_shares,
    softmax: Loss = log_softmax_spec,
) -> Tensor:
    """-Σ q ln p along the classes, q being the target smoothed; mistakes bring a `shares` or `softmax` of their own."""
    if y_true.shape != y_pred.shape:
        raise ValueError(f"y_true is {tuple(y_true.shape)}, y_pred {tuple(y_pred.shape)}")
    # Keras 3.15 reads the number of classes off the last dimension whatever `axis` says, later versions do not
    # (keras pull request 23437): where the two differ it is no case
    q = y_true.to(y_pred.dtype) * (1 - label_smoothing) + label_smoothing / y_pred.shape[axis]
    return -(q * (softmax if from_logits else shares)(y_pred, axis)).sum(axis)


def sparse_spec(
    y_true: Tensor,
    y_pred: Tensor,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
    shares: Loss = log_shares,
    softmax: Loss = log_softmax_spec,
) -> Tensor:
    """-ln p of each label that counts, 0 of the others, whose row is not looked at."""
    if y_true.ndim == y_pred.ndim and y_true.shape[axis] == 1:
        y_true = y_true.squeeze(axis)
    if y_true.shape != y_pred.select(axis, 0).shape:
        raise ValueError(f"y_true is {tuple(y_true.shape)}, y_pred {tuple(y_pred.shape)}")
    counts = torch.full_like(y_true, True, dtype=torch.bool) if ignore_class is None else y_true != ignore_class
    seen = y_pred.where(counts.unsqueeze(axis), 1.0)
    rows = (softmax if from_logits else shares)(seen, axis).movedim(axis, -1)[counts]
    labels = only_valid(y_true[counts].long(), y_pred.shape[axis])
    losses = y_pred.new_zeros(y_true.shape)
    losses[counts] = -rows[range(len(labels)), labels]
    return losses


def one_hot(y: Tensor, y_pred: Tensor, axis: int = -1) -> Tensor:
    """Indices as the dense loss wants them: rows of 0 and 1 in the shape and the dtype of `y_pred`."""
    return torch.eye(y_pred.shape[axis], dtype=y_pred.dtype)[y].movedim(-1, axis)


def as_index(y: Tensor, y_pred: Tensor, axis: int = -1) -> Tensor:
    """Indices as the sparse loss wants them."""
    return y


def draw_scores(rng: Rng, *shape: int) -> Tensor:
    """Up to 12 different positive numbers between 0.05 and 4.3 whose rows add up to anything."""
    return ((20 * draw_logits(rng, *shape)).round() + 43) / 20  # short decimals again


KERAS_SHAPES = (
    *(((3,), -1), ((2, 3), -1), ((2, 3), 1), ((2, 3, 4), -1), ((3, 2), 0), ((2, 3, 4), 1), ((2, 3, 4), -2)),
    *(((2, 3, 3), 1), ((1, 2, 2, 2), 1), ((1, 3, 2, 2), -3), ((0, 3), -1), ((0, 3, 3), 1)),
)


def keras_inputs() -> Iterator[tuple[Tensor, Tensor, dict[str, Any]]]:
    """Predictions, indices and flags: shapes with axes × dtypes × from_logits; then rows that go below 0."""
    for dtype, (shape, axis), from_logits in product((torch.float32, torch.float64), KERAS_SHAPES, (False, True)):
        x = torch.linspace(-2.3, 1.9, int(np.prod(shape)), dtype=torch.float64).reshape(shape)
        places = x.select(axis, 0)
        y = torch.arange(places.numel()).reshape(places.shape) % shape[axis]
        for y_pred in (x.exp(), x.square()):
            yield y_pred.to(dtype), y, {"from_logits": from_logits, "axis": axis}
        first = x.index_fill(axis, tensor([0]), 2.0).index_fill(axis, tensor([1]), 0.0)  # a 0 in every row
        yield first.to(dtype), y, {"from_logits": from_logits, "axis": axis}
    for dtype in (torch.float32, torch.float64):
        rows = tensor([[3.0, 1.0, -2.0], [1.0, 0.0, 0.0], [0.0, 5.0, 0.0], [-1.0, -2.0, -3.0]], dtype=dtype)
        for y, from_logits in product((tensor([1, 1, 1, 1]), tensor([0, 0, 2, 0])), (False, True)):
            yield rows, y, {"from_logits": from_logits}
        yield tensor([[1000.0, 0.0], [-1000.0, 0.0]], dtype=dtype), tensor([1, 0]), {"from_logits": True}


def dense_cases() -> Iterator[Question]:
    """The inputs with one-hot, soft, unnormalised and integer targets × smoothing; then NaN and mixed dtypes."""
    for y_pred, y, flags in keras_inputs():
        axis = flags.get("axis", -1)
        hard = one_hot(y, y_pred, axis)
        soft = log_softmax_spec(hard + y_pred.flip(axis).tanh(), axis).exp()
        agreed = (0.0, 0.1, 1.0) if y_pred.shape[axis] == y_pred.shape[-1] else (0.0,)
        for smoothing, y_true in product(agreed, (hard, soft, 2 * soft)):
            yield Question((y_true, y_pred), {"label_smoothing": smoothing, **flags}, wrt=(0, 1))
        yield Question((hard.long(), y_pred), flags, wrt=(1,))
        yield Question((soft.float(), y_pred), flags, wrt=(0, 1))
        yield Question((soft.double(), y_pred), flags, wrt=(0, 1))
    for dtype in (torch.float32, torch.float64):
        eye, zeros = torch.eye(2, dtype=dtype), torch.zeros(2, 2, dtype=dtype)
        yield Question((eye, zeros))
        yield Question((eye, tensor([[1.0, 2.0], [nan, 1.0]], dtype=dtype)))
        yield Question((eye, tensor([[0.0, -inf], [-inf, -inf]], dtype=dtype)), {"from_logits": True})


def sparse_cases() -> Iterator[Question]:
    """The inputs with labels of several dtypes, squeezed or not × ignore_class; then NaN and what is ruled out."""
    for y_pred, y, flags in keras_inputs():
        column = y.unsqueeze(flags.get("axis", -1))
        for y_true in (y, y.int(), y.float(), column, column.int()):
            yield Question((y_true, y_pred), flags, wrt=(1,))
        for ignored in (0, 1, -1, 255):
            y_true = y.where(y != 1, ignored)
            yield Question((y_true, y_pred), {"ignore_class": ignored, **flags}, wrt=(1,))
    for dtype in (torch.float32, torch.float64):
        rows = tensor([[1.0, 2.0], [nan, nan], [0.0, 0.0]], dtype=dtype)
        for from_logits in (False, True):
            flags = {"ignore_class": 1, "from_logits": from_logits}
            yield Question((tensor([0, 1, 1]), rows), flags, wrt=(1,))
            yield Question((tensor([1, 1, 1]), rows), flags, wrt=(1,))
        yield Question((tensor([0, 1]), rows[1:]))
        yield Question((tensor([0]), tensor([[1.0, -inf]], dtype=dtype)), {"from_logits": True}, wrt=(1,))


def keras_checks(exercise: Exercise, truth: Loss) -> None:
    """What both of Keras's losses mean and owe; `truth(y, y_pred, axis)` makes `y_true` from indices."""
    spec = exercise.spec

    @exercise.check
    def share_of_a_half(f: Function, rng: Rng) -> None:
        """Of (¼, ½, ¼) the class with ½ costs 0.6931

        The truth comes first. Without `from_logits` the second argument holds probabilities.
        """
        p = tensor([[0.25, 0.5, 0.25]])
        same_value(f, spec, truth(tensor([1]), p), p)
        p = distribution(rng, 1, 3)
        same_value(f, spec, truth(indices(rng, 3, 1), p), p)

    @exercise.check
    def one_number_each(f: Function, rng: Rng) -> None:
        """One number for each sample, and no mean

        Only the class averages over the batch.
        """
        p = distribution(rng, 2, 3)
        same_value(f, spec, truth(indices(rng, 3, 2), p), p)
        p = distribution(rng, 3, 3)
        same_value(f, spec, truth(indices(rng, 3, 3), p), p)

    @exercise.check
    def divided_by_the_sum(f: Function, rng: Rng) -> None:
        """What does not sum to 1 is divided by its sum: [1, 2, 1] costs 0.6931 too

        Divide first, then clip. [3, 1, -2] sums to 2, so class 1 has the share ½ again.
        """
        for row in ([1.0, 2.0, 1.0], [3.0, 1.0, -2.0]):
            same_value(f, spec, truth(tensor([1]), tensor([row])), tensor([row]))
        scores = draw_scores(rng, 2, 3)
        same_value(f, spec, truth(indices(rng, 3, 2), scores), scores)

    @exercise.check
    def keras_logits(f: Function, rng: Rng) -> None:
        """With `from_logits` a softmax comes first: class 1 of [3, 1, -2] costs 2.1328"""
        x = tensor([[3.0, 1.0, -2.0]])
        same_value(f, spec, truth(tensor([1]), x), x, from_logits=True)
        x = draw_logits(rng, 2, 3)
        same_value(f, spec, truth(indices(rng, 3, 2), x), x, from_logits=True)

    @exercise.check
    def certain_and_wrong(f: Function, rng: Rng) -> None:
        """Certain and wrong costs 16.1181 and no more: a share of 0 counts as 1e-7"""
        p = tensor([[1.0, 0.0, 0.0]])
        same_value(f, spec, truth(tensor([1]), p), p)
        p = tensor([[0.0, 3.0, 0.1 * int(rng.integers(1, 9))], [2.0, 0.0, 0.0]])
        same_value(f, spec, truth(tensor([0, 2]), p), p)

    @exercise.check
    def keras_gradient(f: Function, rng: Rng) -> None:
        """The gradient by y_pred is right, of shares and of logits

        The sum that divides depends on every class: it is part of the gradient.
        """
        y = indices(rng, 3, 2)
        scores, x = draw_scores(rng, 2, 3), draw_logits(rng, 2, 3)
        same_gradient(f, spec, truth(y, scores), scores, wrt=(1,))
        same_gradient(f, spec, truth(y, x), x, wrt=(1,), from_logits=True)

    @exercise.parity
    def no_slope_behind_the_clip(f: Function, rng: Rng) -> None:
        """Where the share was clipped the gradient is 0; logits keep theirs

        That is Keras's own behaviour: a sure mistake among probabilities is not repaired.
        """
        p = tensor([[5.0, 0.0, 0.0], [0.25, 0.5, 0.25]])
        same_gradient(f, spec, truth(tensor([1, 0]), p), p, wrt=(1,))
        x = tensor([[25.0, 0.0, -1.0]])
        same_gradient(f, spec, truth(tensor([1]), x), x, wrt=(1,), from_logits=True)

    @exercise.parity
    def keras_axis(f: Function, rng: Rng) -> None:
        """The classes may lie along any `axis`"""
        scores, x = draw_scores(rng, 2, 3, 2), draw_logits(rng, 2, 3, 2)
        y = tensor([[0, 2], [2, 1]])
        for axis in (1, -2):
            same_gradient(f, spec, truth(y, scores, axis), scores, wrt=(1,), axis=axis)
            same_gradient(f, spec, truth(y, x, axis), x, wrt=(1,), axis=axis, from_logits=True)
        square = draw_scores(rng, 3, 3)
        same_value(f, spec, truth(tensor([0, 2, 1]), square, 0), square, axis=0)

    @exercise.parity
    def places_and_one_sample(f: Function, rng: Rng) -> None:
        """A class for every place, (N, T, C), and one sample without a batch, (C,)"""
        scores = draw_scores(rng, 2, 2, 3)
        same_value(f, spec, truth(tensor([[0, 2], [2, 1]]), scores), scores)
        same_value(f, spec, truth(tensor([[0, 2], [2, 1]]), scores), scores, from_logits=True)
        scores = draw_scores(rng, 3)
        same_value(f, spec, truth(indices(rng, 3), scores), scores)

    @exercise.parity
    def keras_extremes(f: Function, rng: Rng) -> None:
        """Logits of ±1000 give numbers, and are not clipped

        Take the largest logit away before `exp`, and form no probability before the logarithm.
        """
        big = 100.0 * int(rng.integers(8, 11))
        x = tensor([[big, 0.0], [-big, 0.0], [0.0, -big]])
        same_gradient(f, spec, truth(tensor([1, 0, 0]), x), x, wrt=(1,), from_logits=True)

    @exercise.parity
    def keras_bounds(f: Function, rng: Rng) -> None:
        """The bounds are 1e-7 and 1 - 1e-7, to the digit (float64)

        A perfect prediction costs 1e-7. Look for another bound, and for a number that is added in place of a clip.
        """
        p = tensor([[1.0, 0.0]], dtype=torch.float64)
        same_value(f, spec, truth(tensor([0]), p), p)
        same_value(f, spec, truth(tensor([1]), p), p)
        small = tensor([[1.0, 1e-7 * int(rng.integers(3, 9))]], dtype=torch.float64)
        same_value(f, spec, truth(tensor([1]), small), small)

    @exercise.parity
    def nothing_to_divide(f: Function, rng: Rng) -> None:
        """A row of zeros has no shares: NaN

        0/0 has no value, and Keras says so. A small number in the denominator hides a model that is dead.
        """
        p = tensor([[0.0, 0.0, 0.0], [0.25, 0.5, 0.25]])
        same_value(f, spec, truth(tensor([1, 0]), p), p)

    @exercise.parity
    def keras_dtype(f: Function, rng: Rng) -> None:
        """The result has the dtype of y_pred, float32 or float64"""
        scores = draw_scores(rng, 2, 3)
        for y_pred, from_logits in product((scores, scores.double()), (False, True)):
            y_true = truth(tensor([2, 0]), y_pred)
            same_dtype(f, spec, y_true, y_pred, dtype=y_pred.dtype, from_logits=from_logits)

    @exercise.parity
    def keras_scaled(f: Function, rng: Rng) -> None:
        """The gradient passes on what comes from above, in a batch of one and of none as well"""
        scores = draw_scores(rng, 1, 3)
        same_gradient(f, spec, truth(tensor([1]), scores), scores, wrt=(1,), scale=3.0)
        none, nobody = torch.empty(0, 3), torch.empty(0, dtype=torch.int64)
        same_value(f, spec, truth(nobody, none), none)


keras_categorical_crossentropy = Exercise(
    "keras_categorical_crossentropy",
    dense_spec,
    points=2,
    parity_points=2,
    forbids=READY_MADE,
    twin=keras_twin("categorical_crossentropy"),
    cases=dense_cases,
    idea="Without from_logits any numbers are made shares and clipped: nothing complains, and slopes vanish.",
    hints=(
        "Write ln p first, in two ways: for logits your `log_softmax` along `axis`, for the rest a share of the sum.",
        "Divide, then clip to [1e-7, 1 - 1e-7], then take the logarithm. Logits are not clipped.",
        "Smooth the target: (1 - α) of it, and α/K everywhere. Then sum over `axis`, and take no mean.",
        "The dtype is that of `y_pred`: convert `y_true`, which may hold integers. Shapes that differ are an error.",
    ),
)

keras_checks(keras_categorical_crossentropy, one_hot)


@keras_categorical_crossentropy.check
def dense_soft(f: Function, rng: Rng) -> None:
    """The target may be any distribution"""
    same_value(f, dense_spec, tensor([[0.75, 0.25]]), tensor([[0.5, 0.5]]))
    same_value(f, dense_spec, distribution(rng, 2, 3), distribution(rng, 2, 3))
    same_value(f, dense_spec, distribution(rng, 2, 3), draw_logits(rng, 2, 3), from_logits=True)


@keras_categorical_crossentropy.check
def dense_smoothing(f: Function, rng: Rng) -> None:
    """`label_smoothing` spreads α evenly over all classes, with shares and with logits"""
    y, scores, x = one_hot(indices(rng, 3, 2), torch.empty(2, 3)), draw_scores(rng, 2, 3), draw_logits(rng, 2, 3)
    for smoothing in (0.3, 1.0):
        same_value(f, dense_spec, y, scores, label_smoothing=smoothing)
        same_value(f, dense_spec, y, x, from_logits=True, label_smoothing=smoothing)


@keras_categorical_crossentropy.parity
def dense_pairs(f: Function, rng: Rng) -> None:
    """Smoothing of soft targets, beside a share of 0, and along `axis`"""
    q = distribution(rng, 2, 3)
    same_gradient(f, dense_spec, q, draw_scores(rng, 2, 3), wrt=(1,), label_smoothing=0.2)
    same_value(f, dense_spec, q[:1], tensor([[3.0, 0.0, 1.0]]), label_smoothing=0.2)
    x, q = draw_logits(rng, 1, 3, 3), distribution(rng, 1, 3, 3).movedim(-1, 1)
    same_gradient(f, dense_spec, q, x, wrt=(1,), label_smoothing=0.2, axis=1, from_logits=True)


@keras_categorical_crossentropy.parity
def dense_as_it_stands(f: Function, rng: Rng) -> None:
    """The target is taken as it stands, though it sums to 3"""
    same_value(f, dense_spec, tensor([[2.0, 0.0, 1.0]]), draw_scores(rng, 1, 3))
    same_value(f, dense_spec, tensor([[2.0, 0.0, 1.0]]), draw_logits(rng, 1, 3), from_logits=True)


@keras_categorical_crossentropy.parity
def dense_by_truth(f: Function, rng: Rng) -> None:
    """A gradient by y_true as well, with both ways of reading y_pred"""
    for from_logits in (False, True):
        args = distribution(rng, 2, 3), draw_scores(rng, 2, 3)
        same_gradient(f, dense_spec, *args, wrt=(0, 1), from_logits=from_logits, label_smoothing=0.2)


@keras_categorical_crossentropy.parity
def dense_converts(f: Function, rng: Rng) -> None:
    """y_true takes the dtype of y_pred, integers and float64 alike"""
    scores = draw_scores(rng, 2, 3)
    same_dtype(f, dense_spec, tensor([[0, 1, 0], [1, 0, 0]]), scores, dtype=torch.float32)
    same_dtype(f, dense_spec, distribution(rng, 2, 3).double(), scores, dtype=torch.float32)
    same_dtype(f, dense_spec, distribution(rng, 2, 3), scores.double(), dtype=torch.float64)


@keras_categorical_crossentropy.parity
def dense_shapes(f: Function, rng: Rng) -> None:
    """Shapes that differ are refused, though they would broadcast

    (3,) against (N, 3) is one target for all samples, or a mistake. Keras says ValueError.
    """
    refuses(f, tensor([0.0, 1.0, 0.0]), draw_scores(rng, 2, 3))
    refuses(f, tensor([[0.0], [1.0]]), draw_scores(rng, 2, 3))


keras_sparse_categorical_crossentropy = Exercise(
    "keras_sparse_categorical_crossentropy",
    sparse_spec,
    points=2,
    parity_points=2,
    forbids=READY_MADE,
    twin=keras_twin("sparse_categorical_crossentropy"),
    cases=sparse_cases,
    idea="The sparse loss picks what the dense one multiplies, and what is ignored costs 0 and moves nothing.",
    hints=(
        "ln p is made as in the dense loss. Then pick: `gather` along `axis`, with the labels unsqueezed there.",
        "`gather` wants int64 and a class everywhere: put one in where `ignore_class` stands, and 0 in the result.",
        "A row that is ignored may hold NaN or zeros. Put harmless numbers into it before anything is divided.",
        "`y_true` may come as (N, 1): squeeze `axis`, and only that. `ignore_class` may be 0: ask whether it is None.",
    ),
)

keras_checks(keras_sparse_categorical_crossentropy, as_index)


@keras_sparse_categorical_crossentropy.check
def sparse_ignore(f: Function, rng: Rng) -> None:
    """Samples of `ignore_class` cost 0 and keep their place

    The function returns a number for every sample; only the class leaves them out of its mean.
    """
    scores, x = draw_scores(rng, 3, 3), draw_logits(rng, 3, 3)
    for y, ignored in ((tensor([0, 2, 1]), 2), (tensor([2, 0, 1]), 0)):
        same_value(f, sparse_spec, y, scores, ignore_class=ignored)
        same_value(f, sparse_spec, y, x, ignore_class=ignored, from_logits=True)


@keras_sparse_categorical_crossentropy.parity
def sparse_columns(f: Function, rng: Rng) -> None:
    """Labels may come as a column: (N, 1), (N, T, 1), (1, 1)

    Squeeze the dimension of the classes, and no other: a batch of one stays a batch.
    """
    scores = draw_scores(rng, 3, 3)
    same_value(f, sparse_spec, tensor([[0], [2], [1]]), scores)
    same_value(f, sparse_spec, tensor([[0], [2], [1]]), scores, ignore_class=2)
    same_value(f, sparse_spec, tensor([[1]]), scores[:1], from_logits=True)
    places = draw_scores(rng, 1, 3, 2)
    same_value(f, sparse_spec, tensor([[[0], [1], [1]]]), places)
    same_value(f, sparse_spec, tensor([[[0, 2]]]), places, axis=1)


@keras_sparse_categorical_crossentropy.parity
def sparse_no_class(f: Function, rng: Rng) -> None:
    """`ignore_class` may be no class at all: -1 or 255, with or without `from_logits`"""
    scores = draw_scores(rng, 3, 3)
    for ignored, from_logits in product((-1, 255), (False, True)):
        y = tensor([2, ignored, 0])
        same_gradient(f, sparse_spec, y, scores, wrt=(1,), ignore_class=ignored, from_logits=from_logits)
    same_value(f, sparse_spec, tensor([[0, -1], [1, 0]]), draw_scores(rng, 2, 2, 2), ignore_class=-1, axis=1)


@keras_sparse_categorical_crossentropy.parity
def sparse_all_ignored(f: Function, rng: Rng) -> None:
    """Where everything is ignored there are zeros, never NaN; then one that counts"""
    scores = draw_scores(rng, 2, 3)
    same_value(f, sparse_spec, tensor([2, 2]), scores, ignore_class=2)
    same_value(f, sparse_spec, tensor([2, 1]), scores, ignore_class=2)


@keras_sparse_categorical_crossentropy.parity
def sparse_ignored_nan(f: Function, rng: Rng) -> None:
    """What is ignored has no influence, on the gradient neither: NaN, and rows of zeros

    `torch.where` behind the division is too late for the gradient. Choose before anything is computed.
    """
    rows = tensor([[1.0, 2.0], [nan, nan], [0.0, 0.0]])
    for from_logits in (False, True):
        same_gradient(f, sparse_spec, tensor([0, 1, 1]), rows, wrt=(1,), ignore_class=1, from_logits=from_logits)


@keras_sparse_categorical_crossentropy.parity
def sparse_ruled_out(f: Function, rng: Rng) -> None:
    """A logit of -inf beside the label costs nothing

    0 · (-inf) is NaN: pick by index, and multiply with no one-hot row.
    """
    same_gradient(f, sparse_spec, tensor([0]), tensor([[1.0, -inf, 0.0]]), wrt=(1,), from_logits=True)


@keras_sparse_categorical_crossentropy.parity
def sparse_label_dtypes(f: Function, rng: Rng) -> None:
    """Labels may be int32, uint8 or floats

    Keras's own class hands them over as float32.
    """
    scores = draw_scores(rng, 2, 3)
    for dtype in (torch.int32, torch.uint8, torch.float32):
        same_dtype(f, sparse_spec, tensor([2, 0], dtype=dtype), scores, dtype=torch.float32)
        same_value(f, sparse_spec, tensor([2, 0], dtype=dtype), scores, ignore_class=2, from_logits=True)


@keras_sparse_categorical_crossentropy.parity
def sparse_refuses(f: Function, rng: Rng) -> None:
    """A label that is no class is an error, and so is a one-hot row"""
    scores = draw_scores(rng, 2, 3)
    refuses(f, tensor([0, 3]), scores)
    refuses(f, tensor([0, -1]), scores)
    refuses(f, tensor([[0, 1, 0], [1, 0, 0]]), scores)
    refuses(f, tensor([0]), scores)


KERAS = {"dense": keras_categorical_crossentropy, "sparse": keras_sparse_categorical_crossentropy}

in_both_of_keras = partial(wrong_in, KERAS)


def wrong_part(part: str, explanation: str, name: str = "") -> Callable[[Loss], Loss]:
    """Adds a wrong `shares` or a wrong `softmax` to both of Keras's losses."""

    def add(own: Loss) -> Loss:
        def with_own(spec: Loss, *args: Any, **flags: Any) -> Tensor:
            loss: Tensor = spec(*args, **{part: own}, **flags)
            return loss

        in_both_of_keras(explanation, name=name or own.__name__)(with_own)
        return own

    return add


wrong_shares, wrong_softmax = partial(wrong_part, "shares"), partial(wrong_part, "softmax")


def clipped_log(p: Tensor) -> Tensor:
    """ln p between Keras's bounds."""
    return p.clamp(1e-7, 1 - 1e-7).log()


wrong_shares(  # K2
    "A softmax is always applied, as torch's `cross_entropy` does. Keras's default is `from_logits=False`: the "
    "numbers are probabilities already.",
    "always_logits",
)(log_softmax_spec)
wrong_softmax(  # K1
    "`from_logits` is not used: logits were divided by their sum as if they were probabilities.", "never_logits"
)(log_shares)
wrong_softmax(  # NLL2
    "With `from_logits` the softmax is missing: logits are no log-probabilities. Use your `log_softmax`.",
    "logits_as_they_are",
)(raw)
wrong_softmax(  # CE3
    "exp overflows for large logits. Take each row's largest logit away before `exp`, as in your `log_softmax`.",
    "logits_not_shifted",
)(no_shift)
wrong_softmax(  # CE2
    "With `from_logits` a probability was rounded to 0 before its logarithm was taken. Use x - ln Σ exp x, where no "
    "probability is formed.",
    "log_of_softmax",
)(log_after_softmax)


@wrong_softmax(
    "With `from_logits` the softmax was clipped like probabilities: no loss above 16.118, and no slope there. Logits "
    "are not clipped: take their log-softmax."
)
def softmax_clipped(y_pred: Tensor, axis: int) -> Tensor:
    return clipped_log(log_softmax_spec(y_pred, axis).exp())


@wrong_shares(  # K4
    "`y_pred` is not divided by its sum. Keras does that with whatever it is given without `from_logits`."
)
def not_divided(y_pred: Tensor, axis: int) -> Tensor:
    return clipped_log(y_pred)


@wrong_shares(  # K5
    "Clipped first, divided by the sum afterwards: [1, 2, 1] costs 1.0986. So does Keras's sparse loss on TensorFlow; "
    "on torch both losses divide first, and it costs 0.6931."
)
def clipped_first(y_pred: Tensor, axis: int) -> Tensor:
    return log_softmax_spec(clipped_log(y_pred), axis)


@wrong_shares(
    "Nothing is clipped: a share of 0 costs inf, and a negative one NaN. Keras clips the shares to [1e-7, 1 - 1e-7]."
)
def shares_not_clipped(y_pred: Tensor, axis: int) -> Tensor:
    return log_shares(y_pred, axis, -inf, inf)


@wrong_shares("The upper bound is missing, or it is 1. It is 1 - 1e-7, so that certainty costs 1e-7.")
def no_upper_bound(y_pred: Tensor, axis: int) -> Tensor:
    return log_shares(y_pred, axis, high=1.0)


@wrong_shares("The lower bound is 1e-8. Keras's epsilon is 1e-7: certain and wrong costs 16.118.")
def smaller_bound(y_pred: Tensor, axis: int) -> Tensor:
    return log_shares(y_pred, axis, low=1e-8)


@wrong_shares(
    "The logarithm is kept above -100, which is what torch's binary cross-entropy does. Keras clips the shares at 1e-7."
)
def minus_hundred(y_pred: Tensor, axis: int) -> Tensor:
    return log_shares(y_pred, axis, 0.0, 1.0).clamp(min=-100)


@wrong_shares("1e-7 is added inside the logarithm in place of a clip: that moves every loss a little. Use `clamp`.")
def epsilon_added(y_pred: Tensor, axis: int) -> Tensor:
    return (y_pred / y_pred.sum(axis, keepdim=True) + 1e-7).log()


@wrong_shares(
    "The sum below is kept away from 0: a row of zeros gets a number, where Keras gives NaN, and a dead model passes "
    "for a bad one."
)
def guarded_sum(y_pred: Tensor, axis: int) -> Tensor:
    total = y_pred.sum(axis, keepdim=True)
    return clipped_log(y_pred / total.where(total != 0, 1.0))


@wrong_shares(
    "The scores are divided by the sum of their absolute values. Keras divides by their sum: [3, 1, -2] gives (1.5, "
    "0.5, -1)."
)
def absolute_sum(y_pred: Tensor, axis: int) -> Tensor:
    return clipped_log(y_pred / y_pred.abs().sum(axis, keepdim=True))


@wrong_shares("The scores are divided by the sum of the whole batch. Each sample has a sum of its own, along `axis`.")
def one_sum_for_all(y_pred: Tensor, axis: int) -> Tensor:
    return clipped_log(y_pred / y_pred.sum())


@wrong_shares("The scores are divided by the sum over the batch, dimension 0. The classes lie along `axis`.")
def shares_of_the_batch(y_pred: Tensor, axis: int) -> Tensor:
    return log_shares(y_pred, 0)


@wrong_shares("The scores are divided by the sum over the last dimension, whatever `axis` says.")
def shares_of_the_last(y_pred: Tensor, axis: int) -> Tensor:
    return log_shares(y_pred, -1)


wrong_softmax(  # NLL3
    "The softmax runs over the batch, dimension 0: the samples compete with one another. The classes lie along `axis`.",
    "softmax_of_the_batch",
)(over_the_batch)
wrong_softmax("The softmax runs over the last dimension, whatever `axis` says.", "softmax_of_the_last")(over_the_last)


@wrong_shares(
    "The sum was cut from the graph (`detach`, `no_grad`): the value is right, the gradient misses that all shares "
    "have one total."
)
def sum_detached(y_pred: Tensor, axis: int) -> Tensor:
    return clipped_log(y_pred / y_pred.sum(axis, keepdim=True).detach())


@wrong_shares(
    "A gradient flows through the clip to shares that were clipped (`detach`, `.data`, or a straight-through trick). "
    "They do not move the loss: their slope is 0."
)
def slope_through_the_clip(y_pred: Tensor, axis: int) -> Tensor:
    p = y_pred / y_pred.sum(axis, keepdim=True)
    return (p + (p.clamp(1e-7, 1 - 1e-7) - p).detach()).log()


@in_both_of_keras("This is in base 2. Keras counts in nats: the natural logarithm, `torch.log`.")
def bits(spec: Loss, *args: Any, **flags: Any) -> Tensor:
    return spec(*args, **flags) / log(2)


@in_both_of_keras("The minus sign is missing: logarithms of probabilities are negative, a loss is not.")
def without_minus(spec: Loss, *args: Any, **flags: Any) -> Tensor:
    return -spec(*args, **flags)


@in_both_of_keras("This averages over the batch. Keras's class does that; its function keeps one number a sample.")
def batch_mean(spec: Loss, *args: Any, **flags: Any) -> Tensor:
    return spec(*args, **flags).mean()


@in_both_of_keras("This sums over the batch. The function keeps one number for each sample.")
def batch_sum(spec: Loss, *args: Any, **flags: Any) -> Tensor:
    return spec(*args, **flags).sum()


@in_both_of_keras("This divides by the number of classes. A sample has one loss, however many classes there are.")
def per_class(spec: Loss, y_true: Tensor, y_pred: Tensor, axis: int = -1, **flags: Any) -> Tensor:
    return spec(y_true, y_pred, axis=axis, **flags) / y_pred.shape[axis]


@in_both_of_keras("The arguments are in torch's order. In Keras the truth comes first: (y_true, y_pred).")
def order_of_torch(spec: Loss, y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    return spec(y_pred, y_true, **flags)


@in_both_of_keras("`axis` is not used: the classes are looked for in the last dimension.")
def no_axis(spec: Loss, y_true: Tensor, y_pred: Tensor, axis: int = -1, **flags: Any) -> Tensor:
    return spec(y_true, y_pred, **flags)


@keras_categorical_crossentropy.misconception("`label_smoothing` is not used: α of each target belongs to all classes.")
def dense_no_smoothing(y_true: Tensor, y_pred: Tensor, label_smoothing: float = 0.0, **flags: Any) -> Tensor:
    return dense_spec(y_true, y_pred, **flags)


@keras_categorical_crossentropy.misconception(  # K6
    "α/2 was added everywhere, as in Keras's BinaryCrossentropy. K classes share α: add α/K."
)
def dense_smoothed_as_binary(y_true: Tensor, y_pred: Tensor, label_smoothing: float = 0.0, **flags: Any) -> Tensor:
    return dense_spec(y_true * (1 - label_smoothing) + label_smoothing / 2, y_pred, **flags)


@keras_categorical_crossentropy.misconception(  # CE12
    "α went to the K - 1 wrong classes only, α/(K-1) each. Keras spreads it over all K, as torch does."
)
def dense_wrong_classes_only(
    y_true: Tensor, y_pred: Tensor, label_smoothing: float = 0.0, axis: int = -1, **flags: Any
) -> Tensor:
    more = label_smoothing * y_pred.shape[axis] / (y_pred.shape[axis] - 1)
    return dense_spec(y_true, y_pred, label_smoothing=more, axis=axis, **flags)


@keras_categorical_crossentropy.misconception(  # CE13
    "α/K was added, and nothing was taken away for it: the target adds up to 1 + α. Multiply it by 1 - α first."
)
def dense_nothing_taken(
    y_true: Tensor, y_pred: Tensor, label_smoothing: float = 0.0, axis: int = -1, **flags: Any
) -> Tensor:
    return dense_spec(y_true + label_smoothing / y_pred.shape[axis], y_pred, axis=axis, **flags)


@keras_categorical_crossentropy.misconception(  # CE14
    "1/K was added without the factor α: the smoothed target adds up to 2 - α. Add α/K."
)
def dense_share_without_factor(
    y_true: Tensor, y_pred: Tensor, label_smoothing: float = 0.0, axis: int = -1, **flags: Any
) -> Tensor:
    if label_smoothing == 0:
        return dense_spec(y_true, y_pred, axis=axis, **flags)
    return dense_spec(y_true * (1 - label_smoothing) + 1 / y_pred.shape[axis], y_pred, axis=axis, **flags)


@keras_categorical_crossentropy.misconception(
    "The prediction was smoothed in place of the target: labels are what `label_smoothing` is about."
)
def dense_prediction_smoothed(
    y_true: Tensor, y_pred: Tensor, label_smoothing: float = 0.0, axis: int = -1, **flags: Any
) -> Tensor:
    p = (1 - label_smoothing) * y_pred + label_smoothing / y_pred.shape[axis]
    return dense_spec(y_true, p, axis=axis, **flags)


@keras_categorical_crossentropy.misconception(
    "With `from_logits` the smoothing is left out. It is about the target, however `y_pred` is read."
)
def dense_logits_unsmoothed(
    y_true: Tensor, y_pred: Tensor, label_smoothing: float = 0.0, from_logits: bool = False, **flags: Any
) -> Tensor:
    smoothing = 0.0 if from_logits else label_smoothing
    return dense_spec(y_true, y_pred, from_logits, smoothing, **flags)


@keras_categorical_crossentropy.misconception(
    "The target is divided by its sum as well. Keras divides `y_pred` only, and takes `y_true` as it stands."
)
def dense_truth_normalised(y_true: Tensor, y_pred: Tensor, axis: int = -1, **flags: Any) -> Tensor:
    return dense_spec(y_true / y_true.sum(axis, keepdim=True), y_pred, axis=axis, **flags)


@keras_categorical_crossentropy.misconception(
    "The target was turned into its likeliest class. The rest of the row counts too: sum over all classes."
)
def dense_likeliest_target(y_true: Tensor, y_pred: Tensor, axis: int = -1, **flags: Any) -> Tensor:
    return dense_spec(one_hot(y_true.argmax(axis), y_pred, axis), y_pred, axis=axis, **flags)


@keras_categorical_crossentropy.misconception(
    "-(1 - y) ln(1 - p) of every class was added: that is one binary cross-entropy for each class."
)
def dense_one_against_all(y_true: Tensor, y_pred: Tensor, axis: int = -1, **flags: Any) -> Tensor:
    p = (log_softmax_spec if flags.get("from_logits") else log_shares)(y_pred, axis).exp()
    return dense_spec(y_true, y_pred, axis=axis, **flags) - ((1 - y_true) * (1 - p).log()).sum(axis)


@keras_categorical_crossentropy.misconception(
    "The entropy of the target was subtracted: that is KL. A cross-entropy of soft targets does not fall to 0."
)
def dense_divergence(y_true: Tensor, y_pred: Tensor, axis: int = -1, **flags: Any) -> Tensor:
    entropy = -(y_true * y_true.where(y_true > 0, 1.0).log()).sum(axis)
    return dense_spec(y_true, y_pred, axis=axis, **flags) - entropy


@keras_categorical_crossentropy.misconception(
    "`y_true` is taken for a constant: no gradient flows back to it. Keras's does."
)
def dense_truth_detached(y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    return dense_spec(y_true.detach(), y_pred, **flags)


@keras_categorical_crossentropy.misconception(
    "The result has the finer dtype of the two, as torch promotes. Keras converts `y_true` to the dtype of `y_pred`."
)
def dense_promoted(y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    return dense_spec(y_true, y_pred.to(torch.promote_types(y_true.dtype, y_pred.dtype)), **flags)


@keras_categorical_crossentropy.misconception(
    "Targets of another shape were broadcast. Keras raises ValueError: one target for all samples is most often a "
    "forgotten batch dimension."
)
def dense_broadcasts(y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    return dense_spec(y_true.expand_as(y_pred), y_pred, **flags)


@keras_sparse_categorical_crossentropy.misconception(
    "`ignore_class` is not used: samples of that class still cost something (or are taken for an index)."
)
def sparse_no_ignore(y_true: Tensor, y_pred: Tensor, ignore_class: int | None = None, **flags: Any) -> Tensor:
    return sparse_spec(y_true, y_pred, **flags)


@keras_sparse_categorical_crossentropy.misconception(
    "`ignore_class=0` is taken for None (`if ignore_class:`). Class 0 can be ignored like any other: ask `is not None`."
)
def sparse_zero_not_ignored(y_true: Tensor, y_pred: Tensor, ignore_class: int | None = None, **flags: Any) -> Tensor:
    return sparse_spec(y_true, y_pred, ignore_class=ignore_class or None, **flags)


@keras_sparse_categorical_crossentropy.misconception(
    "The samples that are ignored are gone. The result keeps a number for each sample, 0 for those."
)
def sparse_dropped(y_true: Tensor, y_pred: Tensor, ignore_class: int | None = None, **flags: Any) -> Tensor:
    losses = sparse_spec(y_true, y_pred, ignore_class=ignore_class, **flags)
    return losses if ignore_class is None else losses[y_true.reshape(losses.shape) != ignore_class]


@keras_sparse_categorical_crossentropy.misconception(  # CE11
    "The ignored class was taken out of the prediction. Only its samples are skipped: its share stays in the sum."
)
def sparse_class_removed(
    y_true: Tensor, y_pred: Tensor, ignore_class: int | None = None, axis: int = -1, **flags: Any
) -> Tensor:
    if ignore_class is not None and 0 <= ignore_class < y_pred.shape[axis]:
        out = -inf if flags.get("from_logits") else 0.0
        y_pred = y_pred.index_fill(axis, tensor(ignore_class), out)
    return sparse_spec(y_true, y_pred, ignore_class=ignore_class, axis=axis, **flags)


def sparse_chosen_late(losses: Tensor, counts: Tensor) -> Tensor:
    """The losses with 0 where they do not count, chosen when all is computed."""
    return losses.where(counts, 0.0)


def sparse_multiplied(losses: Tensor, counts: Tensor) -> Tensor:
    """The losses times 0 or 1."""
    return losses * counts


def masked_behind(
    mask: Loss, y_true: Tensor, y_pred: Tensor, ignore_class: int | None = None, axis: int = -1, **flags: Any
) -> Tensor:
    """The loss of all samples first, then the mask."""
    if ignore_class is None:
        return sparse_spec(y_true, y_pred, axis=axis, **flags)
    counts = y_true != ignore_class
    losses = sparse_spec(y_true.where(counts, 0), y_pred, axis=axis, **flags)
    return mask(losses, counts.reshape(losses.shape))


keras_sparse_categorical_crossentropy.misconceptions += [
    Misconception(
        "sparse_masked_too_late",
        "The value is right, the gradient of an ignored row of NaN or zeros is NaN: `torch.where` stands behind the "
        "logarithm. Put harmless numbers into the row before anything is computed.",
        partial(masked_behind, sparse_chosen_late),
    ),
    Misconception(  # CE9
        "sparse_multiplied_mask",
        "The ignored samples are multiplied by 0, and 0 · NaN is NaN. Choose with `torch.where`, before the logarithm.",
        partial(masked_behind, sparse_multiplied),
    ),
]


@keras_sparse_categorical_crossentropy.misconception(  # CE8
    "Ignored samples were given NaN. They cost 0: Keras's class then leaves them out of its mean."
)
def sparse_ignored_is_nan(y_true: Tensor, y_pred: Tensor, ignore_class: int | None = None, **flags: Any) -> Tensor:
    losses = sparse_spec(y_true, y_pred, ignore_class=ignore_class, **flags)
    return losses if ignore_class is None else losses.where(y_true.reshape(losses.shape) != ignore_class, nan)


@keras_sparse_categorical_crossentropy.misconception(
    "The losses of those that count were averaged. The class does that; the function keeps one number a sample."
)
def sparse_mean_of_valid(y_true: Tensor, y_pred: Tensor, ignore_class: int | None = None, **flags: Any) -> Tensor:
    losses = sparse_spec(y_true, y_pred, ignore_class=ignore_class, **flags)
    return losses if ignore_class is None else losses.sum() / (y_true != ignore_class).sum()


@keras_sparse_categorical_crossentropy.misconception(
    "Labels of shape (N, 1) keep their column, in the result too. Squeeze the dimension of the classes."
)
def sparse_column_kept(y_true: Tensor, y_pred: Tensor, axis: int = -1, **flags: Any) -> Tensor:
    losses = sparse_spec(y_true, y_pred, axis=axis, **flags)
    return losses.unsqueeze(axis) if y_true.ndim == y_pred.ndim else losses


@keras_sparse_categorical_crossentropy.misconception(
    "Every dimension of size 1 was squeezed, the batch of one as well. Squeeze only `axis`."
)
def sparse_all_squeezed(y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    return sparse_spec(y_true, y_pred, **flags).squeeze()


@keras_sparse_categorical_crossentropy.misconception(
    "Labels of shape (N, 1) are refused. Keras squeezes that column away."
)
def sparse_column_refused(y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    if y_true.ndim == y_pred.ndim:
        raise ValueError("y_true has as many dimensions as y_pred")
    return sparse_spec(y_true, y_pred, **flags)


@keras_sparse_categorical_crossentropy.misconception(
    "Only int64 labels are taken. Keras takes int32 and floats too, and hands floats over itself: `.long()`."
)
def sparse_long_only(y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    if y_true.dtype != torch.int64:
        raise RuntimeError("expected int64")
    return sparse_spec(y_true, y_pred, **flags)


@keras_sparse_categorical_crossentropy.misconception(  # CE18
    "The label is multiplied as a one-hot row: 0 · (-inf) is NaN, though that class is not the label. Pick by index."
)
def sparse_one_hot_product(y_true: Tensor, y_pred: Tensor, axis: int = -1, **flags: Any) -> Tensor:
    ruined = (y_pred == -inf).any(axis)
    return sparse_spec(y_true, y_pred, axis=axis, **flags).masked_fill(ruined, nan)


@keras_sparse_categorical_crossentropy.misconception(
    "This picks the likeliest class: what the model believes. The label says what is right."
)
def sparse_largest(y_true: Tensor, y_pred: Tensor, axis: int = -1, **flags: Any) -> Tensor:
    return sparse_spec(y_pred.argmax(axis), y_pred, axis=axis, **flags)


def _relabelled(inside: Callable[[Tensor, int], Tensor], y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    """The loss after labels that are no class were made one by `inside(y_true, number of classes)`."""
    classes = y_pred.shape[flags.get("axis", -1)]
    kept = (y_true >= 0) & (y_true < classes) | (y_true == flags.get("ignore_class"))
    return sparse_spec(y_true.where(kept, inside(y_true, classes)), y_pred, **flags)


@keras_sparse_categorical_crossentropy.misconception(
    "A negative label counted from the end, as Python's indices do. It is no class: raise an error."
)
def sparse_from_the_end(y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    return _relabelled(lambda y, classes: y.where(y >= 0, y + classes), y_true, y_pred, **flags)


@keras_sparse_categorical_crossentropy.misconception(
    "A label that is no class was counted round, modulo C, as `torch.take_along_dim` does. It is a mistake in the "
    "data: raise an error."
)
def sparse_label_wrapped(y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    return _relabelled(lambda y, classes: y % classes, y_true, y_pred, **flags)


@keras_sparse_categorical_crossentropy.misconception(
    "A label that is no class was moved to the nearest one, in silence. It is a mistake in the data: raise an error."
)
def sparse_label_clipped(y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    return _relabelled(lambda y, classes: y.clamp(0, classes - 1), y_true, y_pred, **flags)


@keras_sparse_categorical_crossentropy.misconception(
    "One-hot rows were taken for labels. They belong to the dense loss; the sparse one refuses them."
)
def sparse_takes_one_hot(y_true: Tensor, y_pred: Tensor, **flags: Any) -> Tensor:
    return sparse_spec(y_true.argmax(-1) if y_true.shape == y_pred.shape else y_true, y_pred, **flags)


# ---- cross_entropy -----------------------------------------------------------------------------------------------


def cross_entropy_spec(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """-Σ_c w_c q_c ln p_c for every row; the mean divides by Σ w[y], or, for probabilities, by the number of rows."""
    rows, targets = as_rows(input, target)
    log_p = log_softmax_spec(rows, 1)
    classes = rows.shape[1]
    w = rows.new_ones(classes) if weight is None else weight
    if target.is_floating_point():
        q = targets * (1 - label_smoothing) + label_smoothing / classes
        losses = -(w * q * log_p).sum(1)
        places = target.select(class_dim(target), 0)
        return reduced(losses, tensor(len(rows)), reduction, places)
    losses = nll_loss_spec(log_p, targets, weight, ignore_index, "none")
    counts = targets != ignore_index
    if label_smoothing > 0:
        # ε/K of every class's weighted surprise, in the rows that count
        spread = rows.new_zeros(len(rows))
        spread[counts] = -(w * log_p[counts]).sum(1) / classes
        losses = losses * (1 - label_smoothing) + spread * label_smoothing
    return reduced(losses, w[targets[counts]].sum(), reduction, target)


def cross_entropy_cases() -> Iterator[Question]:
    """Shapes × weight × ignore_index × smoothing × reductions × dtypes; probability targets alike; then the edges."""
    for dtype, reduction in product((torch.float32, torch.float64), REDUCTIONS):
        for (x, y), weighted, smoothing in product(_nll_inputs(dtype), (False, True), (0.0, 0.1, 1.0)):
            weight = tensor([0.3, 0.1, 0.4], dtype=dtype)[: x.shape[class_dim(x)]] if weighted else None
            how: dict[str, Any] = {"weight": weight, "label_smoothing": smoothing, "reduction": reduction}
            for ignored in (-100, 1, 0):
                index = y if ignored == -100 else y.where(y >= 0, ignored)
                yield Question((x, index), {"ignore_index": ignored, **how}, wrt=(0,))
            yield Question((x, log_softmax_spec(x.roll(1), class_dim(x)).exp()), how, wrt=(0, 1))
        how = {"reduction": reduction}
        two = tensor([[1.0, 2.0], [1.0, 3.0]], dtype=dtype)
        none_counts, zero_first = tensor([-100, -100]), tensor([0.0, 1.0], dtype=dtype)
        for smoothing in (0.0, 0.1):
            smooth = {"label_smoothing": smoothing, **how}
            yield Question((two, none_counts), smooth, wrt=(0,))
            yield Question((tensor([[1.0, 2.0], [nan, 1.0]], dtype=dtype), tensor([0, -100])), smooth)
            yield Question(
                (tensor([[1.0, -inf, 0.0]], dtype=dtype), tensor([0])), smooth, wrt=(0,) if not smoothing else ()
            )
            yield Question((tensor([[1000.0, 0.0], [0.0, -1000.0]], dtype=dtype), tensor([1, 0])), smooth, wrt=(0,))
            yield Question((two[:0], tensor([], dtype=torch.int64)), smooth, wrt=(0,))
            yield Question((two[:0], two[:0]), smooth)
        # with smoothing too, torch adds NaN to a finite part where the rest of us divide by 0: not asked
        yield Question((two, tensor([0, 0])), {"weight": zero_first, **how}, wrt=(0,))
        yield Question((tensor([[inf, 0.0], [0.0, 1.0]], dtype=dtype), tensor([1, 0])), how)
        yield Question((tensor([[-inf, -inf], [0.0, 1.0]], dtype=dtype), tensor([1, 0])), how)
        yield Question((two, 2 * two), how, wrt=(0, 1))


cross_entropy = Exercise(
    "cross_entropy",
    cross_entropy_spec,
    points=3,
    parity_points=3,
    forbids=READY_MADE,
    twin=F.cross_entropy,
    cases=cross_entropy_cases,
    idea="Cross-entropy is -Σ q ln p, with q from the labels and p from a softmax; flags change q or the denominator.",
    hints=(
        "You own the parts: `log_softmax` along the classes, then `nll_loss` picks. Without flags that is all.",
        "Smoothing: (1 - ε) of the picked surprise, and ε of the mean over all classes of weight[c]·(-ln p[c]). "
        "Where a target does not count, neither part does.",
        "Probability targets have the shape of `input`: the loss is -Σ q·w·ln p over the classes, with q smoothed "
        "first.",
        "The mean of index targets divides by Σ weight[y] over the targets that count; that of probability targets "
        "by their number. Edges: try a row that is NaN but ignored, and a logit of -inf that is not the target.",
    ),
)


@cross_entropy.check
def three_samples(f: Function, rng: Rng) -> None:
    """Logits [[1, 2], [1, 3], [1, 3]], targets [0, 1, 1]: 0.5224"""
    same_value(f, cross_entropy_spec, tensor([[1.0, 2.0], [1.0, 3.0], [1.0, 3.0]]), tensor([0, 1, 1]))
    same_value(f, cross_entropy_spec, draw_logits(rng, 3, 3), indices(rng, 3, 3))


@cross_entropy.check
def ce_reductions(f: Function, rng: Rng) -> None:
    """`reduction`: none, sum, mean"""
    x, y = draw_logits(rng, 2, 3), indices(rng, 3, 2)
    for reduction in REDUCTIONS:
        same_value(f, cross_entropy_spec, x, y, reduction=reduction)


@cross_entropy.check
def ce_weight(f: Function, rng: Rng) -> None:
    """`weight` is a factor for each class, and the mean is a weighted mean"""
    x, y, w = draw_logits(rng, 3, 3), tensor([2, 0, 0]), draw_weight(rng, 3)
    same_value(f, cross_entropy_spec, tensor([[1.0, 2.0], [1.0, 3.0]]), tensor([0, 1]), weight=tensor([1.0, 2.0]))
    for reduction in ("none", "mean"):
        same_value(f, cross_entropy_spec, x, y, weight=w, reduction=reduction)


@cross_entropy.check
def ce_ignore(f: Function, rng: Rng) -> None:
    """Targets equal to `ignore_index` do not count"""
    x = draw_logits(rng, 3, 2)
    same_value(f, cross_entropy_spec, x, tensor([0, -100, 1]))
    same_value(f, cross_entropy_spec, x, tensor([0, 1, 0]), ignore_index=1)


@cross_entropy.check
def ce_smoothing(f: Function, rng: Rng) -> None:
    """`label_smoothing` spreads ε evenly over all classes"""
    x, y = draw_logits(rng, 2, 3), indices(rng, 3, 2)
    same_value(f, cross_entropy_spec, tensor([[1.0, 3.0, 2.0]]), tensor([1]), label_smoothing=0.3)
    for smoothing in (0.2, 1.0):
        same_value(f, cross_entropy_spec, x, y, label_smoothing=smoothing)


@cross_entropy.check
def ce_probabilities(f: Function, rng: Rng) -> None:
    """Targets may be probabilities: a row for each sample, in the shape of the logits"""
    same_value(f, cross_entropy_spec, tensor([[1.0, 2.0]]), tensor([[0.75, 0.25]]))
    x, q = draw_logits(rng, 3, 3), distribution(rng, 3, 3)
    for reduction in REDUCTIONS:
        same_value(f, cross_entropy_spec, x, q, reduction=reduction)


@cross_entropy.check
def ce_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right, by the logits and by probability targets"""
    same_gradient(f, cross_entropy_spec, draw_logits(rng, 2, 3), indices(rng, 3, 2))
    same_gradient(f, cross_entropy_spec, draw_logits(rng, 2, 2), distribution(rng, 2, 2), wrt=(0, 1))


@cross_entropy.parity
def ce_pairs(f: Function, rng: Rng) -> None:
    """Every pair of `weight`, `ignore_index` and `label_smoothing`, and all three

    Smoothing gives each class c a part of the loss with that class's own weight; ignored rows get no part at all.
    """
    x, w = draw_logits(rng, 4, 3), draw_weight(rng, 3)
    y = tensor([2, -100, 0, 2])
    same_value(f, cross_entropy_spec, x, y, weight=w)
    same_value(f, cross_entropy_spec, x, y % 3, weight=w, label_smoothing=0.2)
    same_value(f, cross_entropy_spec, x, y, label_smoothing=0.2)
    same_value(f, cross_entropy_spec, x, tensor([2, 1, 0, 2]), ignore_index=1, label_smoothing=0.2)
    for reduction in REDUCTIONS:
        same_gradient(f, cross_entropy_spec, x, y, weight=w, label_smoothing=0.2, reduction=reduction)


@cross_entropy.parity
def ce_probability_flags(f: Function, rng: Rng) -> None:
    """Probability targets with `weight` and `label_smoothing`

    The weighted mean of probability targets divides by the number of samples, not by weights.
    """
    x, q, w = draw_logits(rng, 3, 3), distribution(rng, 3, 3), draw_weight(rng, 3)
    same_value(f, cross_entropy_spec, x, q, label_smoothing=0.2)
    for reduction in REDUCTIONS:
        same_value(f, cross_entropy_spec, x, q, weight=w, reduction=reduction)
    same_gradient(f, cross_entropy_spec, x, q, weight=w, label_smoothing=0.2, wrt=(0, 1))


@cross_entropy.parity
def ce_places(f: Function, rng: Rng) -> None:
    """A class for every place: (N, C, d1)

    The classes are dimension 1, not the last one.
    """
    x, y, w = draw_logits(rng, 2, 2, 2), tensor([[0, 1], [1, 1]]), draw_weight(rng, 2)
    for reduction in REDUCTIONS:
        same_value(f, cross_entropy_spec, x, y, reduction=reduction)
    same_value(f, cross_entropy_spec, x, tensor([[0, -100], [1, 1]]), weight=w, label_smoothing=0.2)
    same_value(f, cross_entropy_spec, x, distribution(rng, 2, 2, 2).movedim(1, 2), weight=w)


@cross_entropy.parity
def ce_pixels(f: Function, rng: Rng) -> None:
    """A class for every pixel: (N, C, d1, d2)

    Keep (N, d1, d2), the shape of the targets; `reshape` alone does not move a dimension.
    """
    x, y = draw_logits(rng, 1, 3, 2, 2), tensor([[[0, 2], [1, 2]]])
    same_gradient(f, cross_entropy_spec, x, y, reduction="none")
    same_value(f, cross_entropy_spec, x, y, label_smoothing=0.2)


@cross_entropy.parity
def ce_one_sample(f: Function, rng: Rng) -> None:
    """One sample without a batch: (C,) with (), or with (C,) probabilities"""
    x, w = draw_logits(rng, 3), draw_weight(rng, 3)
    for reduction in REDUCTIONS:
        same_value(f, cross_entropy_spec, x, indices(rng, 3), weight=w, label_smoothing=0.2, reduction=reduction)
        same_value(f, cross_entropy_spec, x, distribution(rng, 3), weight=w, reduction=reduction)


@cross_entropy.parity
def ce_extremes(f: Function, rng: Rng) -> None:
    """Logits of ±1000 give numbers, not inf or NaN

    Take each row's largest logit away before `exp`, and form no probability before the logarithm.
    """
    big = 100.0 * int(rng.integers(8, 11))
    same_gradient(f, cross_entropy_spec, tensor([[big, 0.0], [0.0, -big]]), tensor([1, 0]))
    same_gradient(f, cross_entropy_spec, tensor([[big, 0.0]]), tensor([[0.25, 0.75]]))
    same_gradient(f, cross_entropy_spec, tensor([[100.0, 0.0], [-100.0, 0.0]]), tensor([0, 0]), label_smoothing=0.1)


@cross_entropy.parity
def ce_ruled_out(f: Function, rng: Rng) -> None:
    """A class ruled out by -inf costs nothing, as long as it is not the target

    0 · (-inf) is NaN: where nothing is to be added, add nothing instead of 0 times something.
    """
    same_gradient(f, cross_entropy_spec, tensor([[1.0, -inf, 0.0]]), tensor([0]))


@cross_entropy.parity
def ce_nothing_counts(f: Function, rng: Rng) -> None:
    """Where nothing counts, the mean is NaN and the sum is 0

    A mean of nothing has no value. A 0 in its place would look like a perfect batch.
    """
    x, none_counts = draw_logits(rng, 2, 2), tensor([-100, -100])
    for reduction in REDUCTIONS:
        same_value(f, cross_entropy_spec, x, none_counts, label_smoothing=0.1, reduction=reduction)
    same_value(f, cross_entropy_spec, x, tensor([0, 0]), weight=tensor([0.0, 1.0]))
    same_value(f, cross_entropy_spec, x[:0], none_counts[:0])


@cross_entropy.parity
def ce_ignored_nan(f: Function, rng: Rng) -> None:
    """An ignored row has no influence on the value, even when it is NaN"""
    x = tensor([[1.0, 2.0], [nan, 1.0]])
    same_value(f, cross_entropy_spec, x, tensor([0, -100]))
    same_value(f, cross_entropy_spec, x, tensor([0, -100]), label_smoothing=0.1, reduction="none")


@cross_entropy.parity
def ce_out_of_range(f: Function, rng: Rng) -> None:
    """A target that is no class is an error

    Python's -1 is the last entry: a mistake in the data would train the last class, and nobody would notice.
    """
    refuses(f, draw_logits(rng, 2, 2), tensor([0, -1]))
    refuses(f, draw_logits(rng, 2, 2), tensor([0, 2]))


@cross_entropy.parity
def ce_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32, float64 stays float64"""
    x, y, w, q = draw_logits(rng, 2, 2), tensor([0, 1]), draw_weight(rng, 2), distribution(rng, 2, 2)
    same_dtype(f, cross_entropy_spec, x, y, label_smoothing=0.2)
    same_dtype(f, cross_entropy_spec, x.double(), y, weight=w.double(), label_smoothing=0.2)
    same_dtype(f, cross_entropy_spec, x.double(), q.double())


@cross_entropy.parity
def ce_scaled(f: Function, rng: Rng) -> None:
    """The gradient passes on what comes from above"""
    same_gradient(f, cross_entropy_spec, draw_logits(rng, 2, 2), tensor([0, 1]), scale=3.0)
    same_gradient(f, cross_entropy_spec, draw_logits(rng, 2, 2), distribution(rng, 2, 2), wrt=(0, 1), scale=3.0)


def with_log_softmax(
    own: Callable[[Tensor, int], Tensor],
    input: Tensor,
    target: Tensor,
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
    **flags: Any,
) -> Tensor:
    """Cross-entropy as `cross_entropy_spec`, but from the log-probabilities that `own(input, dim)` gives.

    They may be no log-probabilities at all, so they are not to be normalised again: the smoothed target is made here.
    """
    log_p = own(input, class_dim(input))
    if target.is_floating_point() or label_smoothing > 0:
        return _from_log_p(log_p, target, ignore_index=ignore_index, label_smoothing=label_smoothing, **flags)
    return nll_loss_spec(log_p, target, ignore_index=ignore_index, **flags)


def _from_log_p(
    log_p: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """-Σ w q ln p with a smoothed q."""
    rows, targets = as_rows(log_p, target)
    classes = rows.shape[1]
    w = rows.new_ones(classes) if weight is None else weight
    soft = target.is_floating_point()
    counts = torch.ones(len(rows), dtype=torch.bool) if soft else targets != ignore_index
    q = targets if soft else torch.eye(classes, dtype=rows.dtype)[only_valid(targets[counts], classes)]
    losses = rows.new_zeros(len(rows))
    losses[counts] = -(w * (q * (1 - label_smoothing) + label_smoothing / classes) * rows[counts]).sum(1)
    total = tensor(len(rows)) if soft else w[targets[counts]].sum()
    places = target.select(class_dim(log_p), 0) if soft else target
    return reduced(losses, total, reduction, places)


@cross_entropy.misconception(  # CE5
    "The mean of probability targets was divided by the weights, as that of indices is. A target that is spread "
    "over several classes has no single weight: torch divides by the number of targets."
)
def ce_probabilities_by_weight(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean", **flags: Any
) -> Tensor:
    value = cross_entropy_spec(input, target, weight, reduction=reduction, **flags)
    if weight is None or reduction != "mean" or not target.is_floating_point():
        return value
    rows, q = as_rows(input, target)
    return value * len(rows) / (q * weight).sum()


def wrong_log_softmax(explanation: str, name: str, own: Loss) -> None:
    """Adds the loss that a wrong `log_softmax` leads to."""
    cross_entropy.misconceptions.append(Misconception(name, explanation, partial(with_log_softmax, own)))


wrong_log_softmax(  # NLL1
    "The probabilities themselves are picked, without a logarithm: the loss lies between -1 and 0.",
    "ce_no_logarithm",
    softmax,
)
wrong_log_softmax(  # NLL2
    "The logits are picked without a softmax. They are no log-probabilities: this loss falls for ever when all "
    "logits grow.",
    "ce_no_softmax",
    raw,
)
wrong_log_softmax(  # NLL3
    "The softmax goes over the batch (dim 0), so the samples compete with one another. The classes are dimension 1.",
    "ce_over_the_batch",
    over_the_batch,
)
wrong_log_softmax(  # CE3, NLL5
    "exp overflows for large logits. Take each row's largest logit away before `exp`; the result does not change.",
    "ce_no_shift",
    no_shift,
)
wrong_log_softmax(  # CE2
    "Softmax first and then its logarithm: a small probability is rounded to 0, and ln 0 is -inf. Use x - ln Σ exp x.",
    "ce_log_after_softmax",
    log_after_softmax,
)
wrong_log_softmax(
    "A small number inside the logarithm avoids -inf by computing something slightly else. With a log-softmax there "
    "is no 0 to avoid.",
    "ce_padded",
    padded,
)
wrong_log_softmax(
    "The log-softmax's sum was cut from the graph (`detach`, `no_grad`): the value is right, the gradient is that "
    "of the picked logit alone.",
    "ce_total_detached",
    total_detached,
)


@cross_entropy.misconception(
    "Probability targets were turned into their likeliest class. The rest of the row counts too."
)
def ce_likeliest_target(input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    hard = target.argmax(class_dim(input)) if target.is_floating_point() else target
    return cross_entropy_spec(input, hard, **flags)


@cross_entropy.misconception(
    "`label_smoothing` is not applied to probability targets: (1 - ε) · target + ε/K holds for them too."
)
def ce_probabilities_unsmoothed(input: Tensor, target: Tensor, label_smoothing: float = 0.0, **flags: Any) -> Tensor:
    smoothing = 0.0 if target.is_floating_point() else label_smoothing
    return cross_entropy_spec(input, target, label_smoothing=smoothing, **flags)


@cross_entropy.misconception(
    "`weight` is not applied to probability targets: each class's part carries that class's weight."
)
def ce_probabilities_unweighted(input: Tensor, target: Tensor, weight: Tensor | None = None, **flags: Any) -> Tensor:
    return cross_entropy_spec(input, target, None if target.is_floating_point() else weight, **flags)


@cross_entropy.misconception(  # CE1
    "A softmax is applied to the logits before the log-softmax. The probabilities are squeezed together, and the "
    "loss cannot fall below ln(1 + (K-1)/e): 0.55 for three classes."
)
def ce_softmax_first(input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    return cross_entropy_spec(log_softmax_spec(input, class_dim(input)).exp(), target, **flags)


@cross_entropy.misconception("The sign is turned: the loss should be positive.")
def ce_negated(input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    return -cross_entropy_spec(input, target, **flags)


@cross_entropy.misconception(
    "The weights multiply the logits. They are factors on the losses: the softmax does not see them."
)
def ce_weighted_logits(input: Tensor, target: Tensor, weight: Tensor | None = None, **flags: Any) -> Tensor:
    if weight is not None:
        input = input * weight.reshape(-1, *[1] * (input.ndim - 1 - class_dim(input)))
    return cross_entropy_spec(input, target, **flags)


@cross_entropy.misconception(  # CE11
    "The ignored class was taken out of the softmax. Only targets are skipped: its logit stays in the sum."
)
def ce_class_removed(input: Tensor, target: Tensor, ignore_index: int = -100, **flags: Any) -> Tensor:
    if 0 <= ignore_index < input.shape[class_dim(input)]:
        input = input.index_fill(class_dim(input), tensor(ignore_index), -inf)
    return cross_entropy_spec(input, target, ignore_index=ignore_index, **flags)


@cross_entropy.misconception("`label_smoothing` is not used: a share ε of each target belongs to all classes alike.")
def ce_no_smoothing(input: Tensor, target: Tensor, label_smoothing: float = 0.0, **flags: Any) -> Tensor:
    return cross_entropy_spec(input, target, **flags)


@cross_entropy.misconception(  # CE12
    "ε went to the K - 1 wrong classes only, ε/(K-1) each. torch spreads it over all K: the right class has 1 - ε + "
    "ε/K."
)
def ce_wrong_classes_only(input: Tensor, target: Tensor, label_smoothing: float = 0.0, **flags: Any) -> Tensor:
    classes = input.shape[class_dim(input)]
    return cross_entropy_spec(input, target, label_smoothing=label_smoothing * classes / (classes - 1), **flags)


def _smoothed_like(hard: float, uniform: float, input: Tensor, target: Tensor, reduction: str, **flags: Any) -> Tensor:
    """`hard` times the loss at the target, `uniform` times the sum of all classes' losses."""
    sharp = cross_entropy_spec(input, target, reduction=reduction, **flags)
    spread = cross_entropy_spec(input, target, reduction=reduction, label_smoothing=1.0, **flags)
    return hard * sharp + uniform * input.shape[class_dim(input)] * spread


@cross_entropy.misconception(  # CE13
    "The one-hot row was multiplied by 1 - ε/K instead of 1 - ε: the smoothed target adds up to more than 1."
)
def ce_too_little_taken(
    input: Tensor, target: Tensor, label_smoothing: float = 0.0, reduction: str = "mean", **flags: Any
) -> Tensor:
    if label_smoothing == 0:
        return cross_entropy_spec(input, target, reduction=reduction, **flags)
    share = label_smoothing / input.shape[class_dim(input)]
    return _smoothed_like(1 - share, share, input, target, reduction, **flags)


@cross_entropy.misconception(  # CE14
    "1/K was added without the factor ε: the smoothed target adds up to 2 - ε. Add ε/K."
)
def ce_share_without_factor(
    input: Tensor, target: Tensor, label_smoothing: float = 0.0, reduction: str = "mean", **flags: Any
) -> Tensor:
    if label_smoothing == 0:
        return cross_entropy_spec(input, target, reduction=reduction, **flags)
    return _smoothed_like(1 - label_smoothing, 1 / input.shape[class_dim(input)], input, target, reduction, **flags)


@cross_entropy.misconception(
    "The surprises of all classes are summed for the smoothed part, without dividing by K: ε of the mean over the "
    "classes."
)
def ce_spread_not_divided(
    input: Tensor, target: Tensor, label_smoothing: float = 0.0, reduction: str = "mean", **flags: Any
) -> Tensor:
    if label_smoothing == 0 or target.is_floating_point():
        return cross_entropy_spec(input, target, reduction=reduction, label_smoothing=label_smoothing, **flags)
    return _smoothed_like(1 - label_smoothing, label_smoothing, input, target, reduction, **flags)


@cross_entropy.misconception(  # CE15
    "The smoothed part was computed on ignored rows too (as torch itself did in 1.10). They take no part at all."
)
def ce_smooths_ignored(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    if label_smoothing == 0 or target.is_floating_point():
        return cross_entropy_spec(input, target, weight, ignore_index, reduction, label_smoothing)
    rows, targets = as_rows(input, target)
    w = rows.new_ones(rows.shape[1]) if weight is None else weight
    counts = targets != ignore_index
    sharp = cross_entropy_spec(rows, targets, w, ignore_index, "none")
    losses = (1 - label_smoothing) * sharp - label_smoothing * (w * log_softmax_spec(rows, 1)).mean(1)
    return reduced(losses, w[targets[counts]].sum(), reduction, target)


@cross_entropy.misconception(  # CE16
    "The whole smoothed loss was multiplied by the weight of the right class. In torch each class's part carries "
    "its own weight: ε/K · Σ weight[c] · (-ln p[c])."
)
def ce_smoothed_times_weight(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    **flags: Any,
) -> Tensor:
    if weight is None or target.is_floating_point():
        return cross_entropy_spec(input, target, weight, ignore_index, reduction, **flags)
    w = weight[target.where(target != ignore_index, 0)] * (target != ignore_index)
    losses = w * cross_entropy_spec(input, target, None, ignore_index, "none", **flags)
    return reduced(losses, w.sum(), reduction, target)


@cross_entropy.misconception(
    "The smoothed part carries no weights. In torch each class's part has that class's weight: ε/K · Σ weight[c] · "
    "(-ln p[c])."
)
def ce_spread_unweighted(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    if label_smoothing == 0 or weight is None or target.is_floating_point():
        return cross_entropy_spec(input, target, weight, ignore_index, reduction, label_smoothing)
    counts = target != ignore_index
    sharp = cross_entropy_spec(input, target, weight, ignore_index, "none")
    spread = cross_entropy_spec(input, target, None, ignore_index, "none", 1.0)
    losses = (1 - label_smoothing) * sharp + label_smoothing * spread
    return reduced(losses, weight[target[counts]].sum(), reduction, target)


# ---- what nll_loss and cross_entropy get wrong alike -------------------------------------------------------------


wrong_in_both = partial(wrong_in, {"nll": nll_loss, "ce": cross_entropy})


def divided_by(
    total: Callable[[Tensor, Tensor, Tensor], Tensor],
    spec: Loss,
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    **smoothing: float,
) -> Tensor:
    """The loss with a mean of its own: it divides by `total(target, weight, counts)` where targets are indices."""
    if reduction != "mean" or target.is_floating_point():
        return spec(input, target, weight, ignore_index, reduction, **smoothing)
    w = input.new_ones(input.shape[class_dim(input)]) if weight is None else weight
    return spec(input, target, weight, ignore_index, "sum", **smoothing) / total(target, w, target != ignore_index)


wrong_in_both(  # CE4, CE6, NLL6
    "The weighted losses are divided by the number of rows. torch divides by the sum of the weights used, "
    "w[target].sum(), so that twice the weights give the same loss.",
    "The losses are divided by the number of all rows. torch divides by the sum of the weights used, over the "
    "targets that count: weight[target].sum().",
    name="mean_over_n",
)(partial(divided_by, lambda y, _w, _counts: tensor(y.numel())))
wrong_in_both(
    "The weighted losses are divided by the number of targets that count. Divide by the sum of their weights.",
    name="mean_over_valid",
)(partial(divided_by, lambda _y, _w, counts: counts.sum()))
wrong_in_both(  # CE7
    "Ignored targets add no loss but are still counted in the mean. It becomes too small by their share: divide by "
    "what counts.",
    "Ignored targets add no loss but are still counted below the fraction. It becomes too small by their share.",
    name="ignored_counted",
)(partial(divided_by, lambda y, w, counts: w[y.where(counts, 0)].sum()))
wrong_in_both(
    "The denominator is kept at 1 or more. Weights may add up to less: the mean is then too small, and where nothing "
    "counts it hides that there is no mean.",
    name="clamped",
)(partial(divided_by, lambda y, w, counts: w[y[counts]].sum().clamp(min=1)))


@wrong_in_both(
    "The mean is the sum divided by the batch size N. With places, every place is a target: divide by all that count."
)
def mean_over_batch(spec: Loss, input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    value = spec(input, target, **flags)
    places = target.select(class_dim(input), 0) if target.is_floating_point() else target
    if flags.get("reduction", "mean") != "mean" or places.ndim < 2:
        return value
    return value * places[0].numel()


@wrong_in_both(
    "This averages over rows and classes. Each row has one target and one loss: divide by the rows.",
    "This averages over rows and classes. A row has one loss, however many classes there are.",
)
def mean_over_entries(spec: Loss, input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    value = spec(input, target, **flags)
    return value if flags.get("reduction", "mean") != "mean" else value / input.shape[class_dim(input)]


@wrong_in_both("`reduction` is not used: this is always the mean.")
def always_mean(spec: Loss, input: Tensor, target: Tensor, reduction: str = "mean", **flags: Any) -> Tensor:
    return spec(input, target, **flags)


@wrong_in_both("`weight` is not used: each loss is to be multiplied by the weight of its class.")
def no_weight(spec: Loss, input: Tensor, target: Tensor, weight: Tensor | None = None, **flags: Any) -> Tensor:
    return spec(input, target, **flags)


@wrong_in_both("The weights were given to the rows in their order. They belong to the classes: weight[target].")
def weight_by_row(
    spec: Loss,
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    reduction: str = "mean",
    **flags: Any,
) -> Tensor:
    if weight is None:
        return spec(input, target, reduction=reduction, **flags)
    losses = weight * spec(input, target, reduction="none", **flags)
    return reduced(losses, weight.sum(), reduction, losses)


@wrong_in_both("`ignore_index` is not used: targets of that value still count (or are taken for an index).")
def no_ignore(spec: Loss, input: Tensor, target: Tensor, ignore_index: int = -100, **flags: Any) -> Tensor:
    return spec(input, target, ignore_index=-101, **flags)


@wrong_in_both(  # CE10
    "`ignore_index` is fixed at -100: with any other value those targets still count, and padding trains the model."
)
def fixed_ignore(spec: Loss, input: Tensor, target: Tensor, ignore_index: int = -100, **flags: Any) -> Tensor:
    return spec(input, target, **flags)


@wrong_in_both(  # CE8
    "A batch of which nothing counts got a mean of 0. torch gives NaN: a 0 would look like a perfect batch."
)
def zero_for_nothing(spec: Loss, input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    return spec(input, target, **flags).nan_to_num(0.0, posinf=inf)


def spoilt(ruined: Tensor, value: Tensor, reduction: str) -> Tensor:
    """`value` with a NaN wherever one of the rows that are `ruined` takes part."""
    return torch.where(ruined if reduction == "none" else ruined.any(), nan, value)


@wrong_in_both(  # CE9
    "The ignored rows are multiplied by 0, and 0 · NaN is NaN. Choose with `torch.where`, or drop the rows by indexing."
)
def multiplied_mask(
    spec: Loss, input: Tensor, target: Tensor, ignore_index: int = -100, reduction: str = "mean", **flags: Any
) -> Tensor:
    value = spec(input, target, ignore_index=ignore_index, reduction=reduction, **flags)
    if target.is_floating_point():
        return value
    return spoilt(input.isnan().any(class_dim(input)) & (target == ignore_index), value, reduction)


@wrong_in_both(  # CE18
    "The entry is picked by multiplying with a one-hot row: 0 · (-inf) is NaN, though that class is not the target. "
    "Index, or `gather`.",
    "The target is multiplied as a one-hot row: 0 · (-inf) is NaN, though that class is not the target. Pick by index.",
)
def one_hot_product(spec: Loss, input: Tensor, target: Tensor, reduction: str = "mean", **flags: Any) -> Tensor:
    value = spec(input, target, reduction=reduction, **flags)
    if target.is_floating_point():
        return value
    return spoilt((input == -inf).any(class_dim(input)), value, reduction)


@wrong_in_both(
    "With reduction='none' the ignored rows are gone. The result keeps the targets' shape, with 0 where nothing counts."
)
def rows_dropped(
    spec: Loss, input: Tensor, target: Tensor, ignore_index: int = -100, reduction: str = "mean", **flags: Any
) -> Tensor:
    value = spec(input, target, ignore_index=ignore_index, reduction=reduction, **flags)
    hard = not target.is_floating_point()
    return value[target != ignore_index] if reduction == "none" and hard else value


@wrong_in_both(  # CE19
    "The classes were looked for in the last dimension. In (N, C, d1, …) they are dimension 1."
)
def channel_last(spec: Loss, input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    if input.ndim < 3:
        return spec(input, target, **flags)
    target = target.movedim(-1, 1) if target.is_floating_point() else target
    return spec(input.movedim(-1, 1), target, **flags)


def reshaped(spec: Loss, input: Tensor, target: Tensor, reduction: str = "mean", **flags: Any) -> Tensor:
    if input.ndim < 3:
        return spec(input, target, reduction=reduction, **flags)
    rows = input.reshape(-1, input.shape[1])
    soft = target.is_floating_point()
    value = spec(rows, target.reshape(rows.shape) if soft else target.reshape(-1), reduction=reduction, **flags)
    return value.reshape(target.select(1, 0).shape if soft else target.shape) if reduction == "none" else value


wrong_in_both(  # CE20
    "`reshape(-1, C)` cut the rows across the classes: the shapes fit, the values are scrambled. Move the classes "
    "to the end before you reshape.",
    name="scrambled",
)(reshaped)


@wrong_in_both(
    "A negative target counted from the end, as Python's indices do. It is no class and no `ignore_index`: raise "
    "IndexError."
)
def from_the_end(spec: Loss, input: Tensor, target: Tensor, ignore_index: int = -100, **flags: Any) -> Tensor:
    if not target.is_floating_point():
        classes = input.shape[class_dim(input)]
        wraps = (target < 0) & (target >= -classes) & (target != ignore_index)
        target = target.where(~wraps, target + classes)
    return spec(input, target, ignore_index=ignore_index, **flags)


@wrong_in_both(
    "A target that is no class was passed over in silence, as if it were to be ignored. It is a mistake in the "
    "data: raise IndexError."
)
def silent(spec: Loss, input: Tensor, target: Tensor, ignore_index: int = -100, **flags: Any) -> Tensor:
    if not target.is_floating_point():
        valid = (target >= 0) & (target < input.shape[class_dim(input)])
        target = target.where(valid, ignore_index)
    return spec(input, target, ignore_index=ignore_index, **flags)
