"""Which floor is this curve on? The numbers at which cross-entropy may lie flat: `loss_floors`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, tensor

from coursekit.exercise import (
    Exercise,
    Function,
    Loss,
    Question,
    Rng,
    always_float32,
    argument_fixed,
    keeps_dtype,
    same_value,
    with_defaults,
)


def entropy(p: Tensor) -> Tensor:
    """-Σ p ln p, 0 ln 0 = 0."""
    return torch.stack([-x * x.log() if x > 0 else 0 * x for x in p]).sum()


def frequencies(counts: Tensor, label_smoothing: float, weight: Tensor | None) -> Tensor:
    """How often each class counts, a share of it spread over all."""
    times = counts if weight is None else counts * weight
    return (1 - label_smoothing) * times / times.sum() + label_smoothing / len(counts)


def smoothed(counts: Tensor, label_smoothing: float) -> Tensor:
    """The target of a sample of class 0."""
    spread = label_smoothing / len(counts)
    return torch.stack([counts.new_tensor(spread + (1 - label_smoothing) * (c == 0)) for c in range(len(counts))])


def spec(counts: Tensor, label_smoothing: float = 0.0, weight: Tensor | None = None) -> Tensor:
    """Ln K; the entropy of the frequencies; -Σ q ln softmax(one-hot); the entropy of the target q."""
    target, sure = smoothed(counts, label_smoothing), smoothed(counts, 0.0)
    twice = sure.exp() / sure.exp().sum()
    nothing = counts.new_tensor(len(counts)).log()
    known = entropy(frequencies(counts, label_smoothing, weight))
    return torch.stack([nothing, known, -(target * twice.log()).sum(), entropy(target)])


def torch_floors(counts: Tensor, label_smoothing: float = 0.0, weight: Tensor | None = None) -> Tensor:
    """By torch's own loss, of models that are made to say it."""
    classes, tiny = len(counts), torch.finfo(counts.dtype).tiny
    every, times = torch.arange(classes), counts if weight is None else counts * weight
    sure = torch.eye(classes, dtype=counts.dtype)
    known = frequencies(counts, label_smoothing, weight).clamp(min=tiny).log().expand(classes, classes)
    targets = (1 - label_smoothing) * sure + label_smoothing / classes
    return torch.stack(
        [
            F.cross_entropy(0 * sure, every, label_smoothing=label_smoothing),
            F.cross_entropy(known, every, label_smoothing=label_smoothing, reduction="none") @ (times / times.sum()),
            F.cross_entropy(sure, every, label_smoothing=label_smoothing),
            F.cross_entropy(targets.clamp(min=tiny).log(), targets),
        ]
    )


def floors_cases() -> Iterator[Question]:
    """Counts × smoothing × weights × dtypes."""
    for dtype in (torch.float32, torch.float64):
        for some in ([30.0, 10.0], [5.0, 5.0, 5.0, 5.0], [178.0, 182.0, 1437.0], [8.0, 0.0, 2.0]):
            counts = tensor(some, dtype=dtype)
            for label_smoothing in (0.0, 0.1, 0.5):
                yield Question((counts, label_smoothing))
                yield Question((counts, label_smoothing, torch.arange(1, len(some) + 1, dtype=dtype)))


loss_floors = Exercise(
    "loss_floors",
    spec,
    points=2,
    parity_points=1,
    twin=torch_floors,
    cases=floors_cases,
    idea="No curve is flat for no reason: ln K, the classes' entropy, a softmax too many, the targets' entropy.",
    hints=(
        "Build the four models by hand: which probabilities does each of them give? Then take the cross-entropy of the "
        "targets with them, as for any other model.",
        "A model that is right beside all targets of one kind pays their entropy: [1] is the entropy of how often each "
        "class counts, [3] that of a single smoothed target.",
        "With a softmax too many, the surest outputs are a one-hot row. What does softmax make of a 1 and K - 1 zeros?",
    ),
)


def uneven(rng: Rng, classes: int) -> Tensor:
    """How many samples each class has: all different."""
    return tensor(rng.permutation([40, 25, 12, 7, 3])[:classes], dtype=torch.float32)


@loss_floors.check
def balanced(f: Function, rng: Rng) -> None:
    """Four classes, 25 samples each: 1.3863, 1.3863, 0.7437, 0

    ln 4 twice, then ln(1 + 3/e), then nothing.
    """
    same_value(f, spec, torch.full((4,), 25.0))
    same_value(f, spec, torch.full((int(rng.integers(5, 9)),), 10.0))


@loss_floors.check
def unbalanced(f: Function, rng: Rng) -> None:
    """Three samples in four are of one class: [1] is 0.5623, and nothing else moves

    Whoever knows the frequencies, and nothing of the sample, pays their entropy.
    """
    same_value(f, spec, tensor([30.0, 10.0]))
    same_value(f, spec, uneven(rng, 3))
    same_value(f, spec, uneven(rng, 5))


@loss_floors.check
def with_smoothing(f: Function, rng: Rng) -> None:
    """Ten classes with ε = 0.1: [2] is 1.5512, [3] is 0.5003

    The targets are no longer one-hot: right, and as sure as they are, costs their entropy. The surest outputs behind a
    second softmax are one-hot all the same.
    """
    same_value(f, spec, torch.full((10,), 7.0), 0.1)
    same_value(f, spec, uneven(rng, 3), 0.2)
    same_value(f, spec, uneven(rng, 4), label_smoothing=float(rng.choice([0.05, 0.3, 0.5])))


@loss_floors.check
def with_weights(f: Function, rng: Rng) -> None:
    """Weights make a class count more often: 30 and 10 with weights 1 and 6 are 30 and 60

    The mean divides by the weights that were given out, so only [1] moves.
    """
    same_value(f, spec, tensor([30.0, 10.0]), weight=tensor([1.0, 6.0]))
    same_value(f, spec, uneven(rng, 3), 0.0, tensor(rng.permutation([0.5, 2.0, 4.0]), dtype=torch.float32))


@loss_floors.parity
def both(f: Function, rng: Rng) -> None:
    """Smoothing and weights together"""
    for classes in (2, 4):
        weight = tensor(rng.permutation([0.5, 2.0, 4.0, 1.5])[:classes], dtype=torch.float32)
        same_value(f, spec, uneven(rng, classes), 0.1, weight)


@loss_floors.parity
def class_that_never_comes(f: Function, rng: Rng) -> None:
    """A class that never comes adds nothing, and is counted among the K all the same"""
    counts = uneven(rng, 3)
    same_value(f, spec, torch.cat([counts[:2], torch.zeros(1), counts[2:]]))
    same_value(f, spec, tensor([9.0, 0.0]), 0.1)


@loss_floors.parity
def many_classes(f: Function, rng: Rng) -> None:
    """Forty classes, one of them with nearly all samples"""
    counts = torch.ones(40)
    counts[int(rng.integers(40))] = 9000.0
    same_value(f, spec, counts)
    same_value(f, spec, counts, 0.1)


keeps_dtype(loss_floors, lambda rng: (uneven(rng, 3), 0.1), name="floors_dtype")


# ---- mistakes ----------------------------------------------------------------------------------------------------

wrong = loss_floors.misconceptions


def number(position: int) -> Callable[[Loss], Loss]:
    """For tables: the four numbers, of which the one at `position` is a formula's of all arguments."""

    def assemble(formula: Loss) -> Loss:
        def loss(counts: Tensor, label_smoothing: float, weight: Tensor | None) -> Tensor:
            numbers = list(spec(counts, label_smoothing, weight))
            numbers[position] = formula(counts, label_smoothing, weight)
            return torch.stack(numbers)

        return with_defaults(wrong)(loss)

    return assemble


def right(counts: Tensor, label_smoothing: float) -> float:
    """What a smoothed target gives to its class."""
    return 1 - label_smoothing + label_smoothing / len(counts)


always_float32(wrong)
wrong.table(
    number(0),
    number_of_samples=(
        "[0] is the logarithm of the number of samples. All logits equal means 1/K for each of K classes.",
        lambda c, e, w: c.sum().log(),
    ),
    nothing_is_zero=(
        "[0] is 0. A model that says nothing gives every class 1/K, and pays ln K.",
        lambda c, e, w: 0 * c.sum(),
    ),
    one_over_k=(
        "[0] is a probability, not its surprise: take -ln of it.",
        (lambda c, e, w: c.new_tensor(1 / len(c)), lambda c, e, w: c.new_tensor(1 - 1 / len(c))),
    ),
    zero_classes_left_out=(
        "Classes that never come are not counted in [0]. The model has an output for them, and gives it 1/K.",
        lambda c, e, w: (c > 0).sum().log(),
    ),
)
wrong.table(
    number(1),
    frequencies_ignored=(
        "[1] is ln K. A model that knows how often each class counts says so, and pays less: their entropy.",
        lambda c, e, w: c.new_tensor(math.log(len(c))),
    ),
    frequencies_not_smoothed=(
        "[1] is the entropy of the plain frequencies. The targets are smoothed, so a share ε of each is spread evenly.",
        lambda c, e, w: entropy(frequencies(c, 0.0, w)),
    ),
    weights_divide=(
        "The weights divide the counts. A class with weight 3 counts as if it came three times as often: multiply.",
        lambda c, e, w: entropy(frequencies(c, e, None if w is None else 1 / w)),
    ),
    weights_alone=(
        "[1] is the entropy of the weights. How often a class counts is its number of samples times its weight.",
        lambda c, e, w: entropy(frequencies(c if w is None else torch.ones_like(c), e, w)),
    ),
    weighted_by_hand=(
        "The weights multiply the terms of the entropy. They change how often a class counts, and so the frequencies "
        "that such a model would say.",
        lambda c, e, w: -(frequencies(c, e, None) * frequencies(c, e, None).log() * (1 if w is None else w)).sum(),
    ),
    most_frequent=(
        "[1] is the surprise of always saying the most frequent class, or its error. Such a model says them all.",
        (
            lambda c, e, w: -frequencies(c, e, w).max().log(),
            lambda c, e, w: 1 - frequencies(c, e, w).max(),
        ),
    ),
    gini=(
        "[1] is 1 - Σ f², the Gini impurity. Cross-entropy pays -Σ f ln f.",
        lambda c, e, w: 1 - frequencies(c, e, w).square().sum(),
    ),
    softmax_of_counts=(
        "The counts go through a softmax. Frequencies are counts divided by their sum.",
        lambda c, e, w: entropy((c if w is None else c * w).softmax(0)),
    ),
    mean_of_terms=(
        "[1] is divided by the number of classes. The frequencies add up to 1 already: sum.",
        lambda c, e, w: entropy(frequencies(c, e, w)) / len(c),
    ),
    what_was_gained=(
        "[1] is ln K less the entropy of the frequencies: what knowing them is worth. The loss is what is left.",
        lambda c, e, w: math.log(len(c)) - entropy(frequencies(c, e, w)),
    ),
    nan_at_zero=(
        "A class that never comes makes NaN of [1], by 0 · (-inf). It adds nothing: 0 ln 0 counts as 0.",
        lambda c, e, w: -(frequencies(c, e, w) * frequencies(c, e, w).log()).sum(),
        "I1",
    ),
    padded=(
        "A small number inside the logarithm changes [1] where a class is rare. Leave out the zeros instead.",
        (
            lambda c, e, w, *, eps=1e-4: -(frequencies(c, e, w) * (frequencies(c, e, w) + eps).log()).sum(),
            lambda c, e, w, *, eps=1e-4: -(frequencies(c, e, w) * frequencies(c, e, w).clamp(min=eps).log()).sum(),
        ),
        "I6",
    ),
)
wrong.table(
    number(2),
    twice_not_smoothed=(
        "[2] is ln(1 + (K - 1)/e), that of one-hot targets. With smoothing the other classes have a part as well.",
        lambda c, e, w: c.new_tensor(math.log(1 + (len(c) - 1) / math.e)),
    ),
    twice_k_others=(
        "[2] counts K classes beside the right one. There are K - 1 others.",
        lambda c, e, w: c.new_tensor(math.log(math.e + len(c)) - right(c, e)),
    ),
    twice_a_probability=(
        "[2] is the probability e/(e + K - 1), not its surprise: take -ln of it.",
        lambda c, e, w: c.new_tensor(math.e / (math.e + len(c) - 1)),
    ),
    twice_target_pays=(
        "[2] is the loss where the smoothed target itself goes through the second softmax. A surer model pays less: "
        "the surest outputs are one-hot.",
        lambda c, e, w: -(smoothed(c, e) * smoothed(c, e).log_softmax(0)).sum(),
    ),
    twice_is_no_floor=(
        "[2] is the floor without a second softmax. After one, no output exceeds 1, and the loss cannot come that low.",
        lambda c, e, w: entropy(smoothed(c, e)),
    ),
    twice_nothing_known=(
        "[2] is ln K, as if the model knew nothing. It is right every time, and only kept from being sure.",
        lambda c, e, w: c.new_tensor(math.log(len(c))),
    ),
)
wrong.table(
    number(3),
    smoothing_costs_nothing=(
        "[3] is 0. With smoothed targets even the best model pays their entropy.",
        lambda c, e, w: 0 * c.sum(),
    ),
    spread_over_the_wrong=(
        "The share ε of [3] is spread over the K - 1 wrong classes. In torch the right one gets its part as well.",
        lambda c, e, w: entropy(torch.stack([c.new_tensor(1 - e), *[c.new_tensor(e / (len(c) - 1))] * (len(c) - 1)])),
    ),
    only_the_right_class=(
        "[3] is the surprise of the right class alone. The others have ε/K of the target each, and pay for it.",
        (
            lambda c, e, w: c.new_tensor(-math.log(right(c, e))),
            lambda c, e, w: c.new_tensor(-right(c, e) * math.log(right(c, e))),
        ),
    ),
    sure_of_a_smoothed_target=(
        "[3] is infinite: this model is sure although its targets are not. The best one is as sure as they are.",
        lambda c, e, w: c.new_tensor(math.inf if e else 0.0),
    ),
)
argument_fixed(wrong, "smoothing_ignored", "`label_smoothing` is not listened to.", label_smoothing=0.0)
argument_fixed(wrong, "weight_ignored", "`weight` is not listened to: it says how often a class counts.", weight=None)
wrong.table(
    with_defaults(wrong),
    first_two_exchanged=(
        "[0] and [1] have changed places. First the model that says nothing, then the one that knows the frequencies.",
        lambda c, e, w: spec(c, e, w)[[1, 0, 2, 3]],
    ),
    last_two_exchanged=(
        "[2] and [3] have changed places. The softmax too many comes first.",
        lambda c, e, w: spec(c, e, w)[[0, 1, 3, 2]],
    ),
    in_bits=("These are bits. Nats need the natural logarithm.", lambda c, e, w: spec(c, e, w) / math.log(2), "I4"),
    perplexities=(
        "These are perplexities, the exponentials of the losses. A curve shows the losses.",
        lambda c, e, w: spec(c, e, w).exp(),
    ),
    for_all_samples=(
        "These are sums over all samples. A curve shows the mean.",
        lambda c, e, w: spec(c, e, w) * c.sum(),
    ),
    turned=("The sign is turned: a loss is minus the logarithm.", lambda c, e, w: -spec(c, e, w)),
)
