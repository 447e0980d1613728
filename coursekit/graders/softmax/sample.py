"""The surprise of one sample's class: `sample_loss`."""

from __future__ import annotations

from math import log

import torch
from torch import Tensor, inf, tensor

from coursekit.exercise import Exercise, Function, Rng, same_gradient, same_value
from coursekit.exercise.families.inputs import indices
from coursekit.graders.softmax.common import READY_MADE, draw_logits, log_softmax_spec


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
def rare_class(f: Function, rng: Rng) -> None:
    """A class that is behind by 20 costs 20 nats

    Look for a small number added inside the logarithm, or a clamp: it would put an end to every surprise.
    """
    ahead = float(rng.integers(18, 22))
    same_value(f, sample_loss_spec, tensor([ahead, 0.0, 1.0]), tensor(1))


@sample_loss.check
def sample_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right: the probabilities, less 1 at the right class"""
    same_gradient(f, sample_loss_spec, draw_logits(rng, 3), indices(rng, 3))


def of_class(logits: Tensor, target: Tensor) -> Tensor:
    """True at the right class."""
    return torch.arange(len(logits)) == target


wrong = sample_loss.misconceptions
wrong.table(
    minus_probability=(
        "This is minus the probability; its logarithm is missing. -p lies between -1 and 0, a surprise is never "
        "negative.",
        lambda x, y: -sample_loss_spec(x, y).neg().exp(),
        "NLL1",
    ),
    minus_logit=(
        "This is minus the logit. Logits are no log-probabilities: this loss falls for ever when all logits grow. "
        "Apply the softmax before the logarithm.",
        lambda x, y: -x[y],
        "NLL2",
    ),
    log_probability=(
        "The minus sign is missing: the logarithm of a probability is negative, a loss is not.",
        lambda x, y: -sample_loss_spec(x, y),
    ),
    in_bits=(
        "This is in bits. Nats need the natural logarithm, `torch.log`.",
        lambda x, y: sample_loss_spec(x, y) / log(2),
    ),
    without_exponential=(
        "The logits are divided by their sum without `exp`: negative logits become negative probabilities.",
        lambda x, y: -(x[y] / x.sum()).log(),
    ),
    softmax_twice=(
        "The softmax is applied twice. The second one flattens the probabilities, so the loss cannot come near 0.",
        lambda x, y: sample_loss_spec(log_softmax_spec(x, 0).exp(), y),
        "CE1",
    ),
)


@wrong("The sum below the fraction leaves out the right class: those are odds. Sum over all classes.")
def odds(logits: Tensor, target: Tensor) -> Tensor:
    p = sample_loss_spec(logits, target).neg().exp()
    return -(p / (1 - p)).log()


wrong.table(
    shift_not_undone=(
        "The largest logit is taken off inside the sum and nowhere else. Take it off the right class's logit too, or "
        "add it back after the logarithm.",
        lambda x, y: sample_loss_spec(x, y) - x.max(),
    ),
    all_surprises=(
        "The other classes' surprises are added (or all are summed). Only the right class counts.",
        lambda x, y: -log_softmax_spec(x, 0).sum(),
    ),
    sample_padded=(
        "A small number is added inside the logarithm, or a clamp keeps the probability above one: it puts an end to "
        "every surprise. Leave the logarithm alone, or better, form no probability.",
        (
            lambda x, y, *, eps=1e-8: -(sample_loss_spec(x, y).neg().exp() + eps).log(),
            lambda x, y, *, eps=1e-8: -sample_loss_spec(x, y).neg().exp().clamp(min=eps).log(),
        ),
    ),
    mean_over_classes=(
        "This averages over the classes. There is one right class and its surprise is the whole loss.",
        lambda x, y: sample_loss_spec(x, y) / len(x),
    ),
)


@wrong("-ln(1 - p) of the wrong classes is added: that is one binary cross-entropy for each class.")
def one_against_all(logits: Tensor, target: Tensor) -> Tensor:
    p = log_softmax_spec(logits, 0).exp()
    return -p[target].log() - (1 - p).log().sum() + (1 - p[target]).log()


wrong.table(
    likeliest_class=(
        "This is the surprise of the likeliest class. The target says which class is right.",
        lambda x, y: sample_loss_spec(x, x.argmax()),
    ),
    missing_probability=(
        "This is 1 - p: it punishes a sure mistake hardly more than an unsure one. Use -ln p.",
        lambda x, y: 1 - sample_loss_spec(x, y).neg().exp(),
    ),
)


@wrong("This is the squared distance to the one-hot target (the Brier score), not the surprise -ln p.")
def brier(logits: Tensor, target: Tensor) -> Tensor:
    p = log_softmax_spec(logits, 0).exp()
    return (p * p).sum() - 2 * p[target] + 1


@wrong("This is -ln(1 - p), the surprise at any of the other classes. The right class has -ln p.")
def surprise_of_the_rest(logits: Tensor, target: Tensor) -> Tensor:
    return -(1 - sample_loss_spec(logits, target).neg().exp()).log()


wrong.terms(
    logarithm=("ln Σ exp(logits)", lambda x, y: sample_loss_spec(x, y) + x[y]),
    own=("minus the right class's logit", lambda x, y: -x[y]),
)
wrong.table(
    best_other_alone=(
        "Only the best of the other classes stands below the fraction. The softmax sums over all classes.",
        lambda x, y: (x.masked_fill(of_class(x, y), -inf).amax() - x[y]).exp().log1p(),
    ),
    mean_below=(
        "The exponentials are averaged below the fraction: ln K is missing. They are added up.",
        lambda x, y: sample_loss_spec(x, y) - log(len(x)),
    ),
    hinge=(
        "This is a margin, max(0, 1 - lead). The loss is -ln of a probability.",
        (
            lambda x, y: (1 + x.masked_fill(of_class(x, y), -inf).amax() - x[y]).clamp(min=0),
            lambda x, y: (1 + x - x[y]).clamp(min=0).sum() - 1,
        ),
    ),
    sigmoid_for_softmax=(
        "Each logit went through a sigmoid: the classes do not share the probability then. A softmax divides by the "
        "sum of all.",
        (lambda x, y: -x[y].sigmoid().log(), lambda x, y: -(x.sigmoid()[y] / x.sigmoid().sum()).log()),
    ),
    sizes_for_powers=(
        "The logits are squared, or their sizes taken, before they are divided by their sum. A softmax takes `exp`.",
        (lambda x, y: -(x[y].abs() / x.abs().sum()).log(), lambda x, y: -(x[y].square() / x.square().sum()).log()),
    ),
    entropy_of_the_softmax=(
        "This is the entropy of the softmax: the target is not used. The loss is the surprise at the right class.",
        lambda x, y: -(log_softmax_spec(x, 0).exp() * log_softmax_spec(x, 0)).sum(),
    ),
    weighed_by_itself=(
        "The surprise is weighed by its probability, -p ln p. The right class came: it counts whole.",
        lambda x, y: sample_loss_spec(x, y) * (-sample_loss_spec(x, y)).exp(),
    ),
    base_of_two=(
        "The powers are of 2 in place of e.",
        lambda x, y: x.exp2().sum().log2() - x[y],
    ),
)


@wrong("The normaliser is cut from the graph: the value is right, the gradient is that of the picked logit alone.")
def normaliser_detached(logits: Tensor, target: Tensor) -> Tensor:
    return (sample_loss_spec(logits, target) + logits[target]).detach() - logits[target]


wrong.table(
    logarithm_of_sum_of_logits=(
        "The exponentials are missing in the sum: this is the logarithm of the sum of the logits, or of their sizes.",
        (lambda x, y: x.sum().log() - x[y], lambda x, y: x.abs().sum().log() - x[y]),
    ),
)
