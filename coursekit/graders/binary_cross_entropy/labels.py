"""Many labels, a loss per sample: `multilabel_soft_margin_loss`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import product
from math import prod
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, tensor

from coursekit.exercise import (
    REDUCTIONS,
    Exercise,
    Function,
    Loss,
    Rng,
    reduced,
    same_dtype,
    same_gradient,
    same_value,
    wrong_words,
)
from coursekit.graders.binary_cross_entropy.common import DTYPES, LOGITS, LOSSES, SHARES, draw, with_logits
from coursekit.graders.binary_cross_entropy.drop_in import drop_in_parity
from coursekit.graders.binary_cross_entropy.shared_mistakes import (
    coarse,
    constant_target,
    empty_is_zero,
    logits_only,
    mixing,
    of_elements,
    shared,
    softmax_of_all,
    weighing,
)
from coursekit.graders.binary_cross_entropy.specs import YES_AND_NO, labels_spec, of_logits, weighed
from coursekit.wire import Question


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
    idea="Many labels are many questions: a sigmoid each, and one loss per sample, the mean over its labels.",
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
    """One loss per sample, their sum, or their mean

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


def labels_by(
    count: Loss,
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The loss whose sum over the labels is divided by `count(target)`."""
    losses = weighed(of_logits(input, target), weight)
    return reduced(losses.sum(-1) / count(target), reduction)


wrong = multilabel_soft_margin_loss.misconceptions


def of_labels(formula: Loss) -> Loss:
    """The loss by a formula of the weighted losses of all labels, and of the reduction."""

    def loss(input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean") -> Tensor:
        return formula(weighed(of_logits(input, target), weight), reduction)

    return loss


wrong.table(
    of_labels,
    labels_sum_over_labels_too=(
        "'sum' adds up all labels of all samples. The mean over the labels comes first; only the samples are added.",
        lambda losses, word: losses.sum() if word == "sum" else reduced(losses.mean(-1), word),
        "MLSM2",
    ),
    labels_none_keeps_labels=(
        "'none' leaves one loss for each label. It is one for each sample, the mean over the labels.",
        lambda losses, word: losses if word == "none" else reduced(losses.mean(-1), word),
        "MLSM3",
    ),
    labels_elementwise=(
        "The labels are never averaged: this is the binary cross-entropy of all elements, reduced. torch takes the "
        "mean over the labels first, whatever the reduction is.",
        reduced,
        "MLSM2 MLSM3",
    ),
    labels_added_up=(
        "The losses of a sample are added up. torch divides by the number of labels, C.",
        lambda losses, word: reduced(losses.sum(-1), word),
    ),
    labels_mean_over_samples=(
        "The mean runs over the samples, dimension 0. The labels are the last dimension.",
        lambda losses, word: reduced(losses.mean(0), word),
    ),
    labels_in_dimension_one=(
        "The mean runs over dimension 1. Of three dimensions the labels are the last.",
        lambda losses, word: reduced(losses.mean(min(1, losses.ndim - 1)), word),
    ),
)


@wrong("The mean over the labels divides by the sum of the weights. torch divides by their number, C.")
def labels_by_weights(input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean") -> Tensor:
    total = input.shape[-1] if weight is None else weight.sum()
    return reduced(weighed(of_logits(input, target), weight).sum(-1) / total, reduction)


wrong.table(
    labels_mean_over_yeses_of_a_sample=(
        "The mean divides by the number of labels that are there. It divides by C, and none may be there.",
        lambda x, t, weight=None, reduction="mean": reduced(
            weighed(of_logits(x, t), weight).sum(-1) / t.sum(-1), reduction
        ),
    ),
    labels_softmax_first=(
        "A softmax makes the labels compete. Each is a question of its own: several may be there at once.",
        lambda x, t, **flags: labels_spec(softmax_of_all(x), t, **flags),
        "MLSM4",
    ),
)

wrong.table(
    of_elements(labels_spec),
    labels_compete=(
        "This is the cross-entropy of a softmax with several targets. Its probabilities compete, so two labels can "
        "never both be certain: give each label a sigmoid.",
        lambda x, t: -t * softmax_of_all(x).log(),
    ),
    labels_hard_margin=(
        "This is a hinge, max(0, 1 - x) for a yes and max(0, 1 + x) for a no. The soft margin is -ln σ.",
        lambda x, t: t * (1 - x).clamp(min=0) + (1 - t) * (1 + x).clamp(min=0),
    ),
)


@wrong("Integer targets are refused. Here torch computes with them as they are.")
def labels_integer_labels_refused(input: Tensor, target: Tensor, **flags: Any) -> Tensor:
    if not target.is_floating_point():
        raise RuntimeError("Found dtype Long but expected Float")
    return labels_spec(input, target, **flags)


wrong.extend(
    shared(
        "labels",
        labels_spec,
        mixing,
        constant_target,
        logits_only,
        wrong_words,
        empty_is_zero,
        coarse,
        weighing,
    )
)

wrong.terms(lambda twist: partial(labels_spec, twist=twist), **YES_AND_NO)
wrong.table(
    labels_by_the_present=(
        "The sum is divided by the number of labels that are there. torch divides by C, the number of all labels.",
        (
            partial(labels_by, lambda t: t.sum(-1).clamp(min=1)),
            partial(labels_by, lambda t: t.sum(-1)),
        ),
    ),
    labels_by_one_less=(
        "The sum is divided by C - 1. torch divides by C.",
        partial(labels_by, lambda t: t.shape[-1] - 1),
    ),
)
wrong.table(
    labels_worst=(
        "The loss of the worst label is taken. The average is over all labels.",
        lambda x, t, weight=None, reduction="mean": reduced(weighed(of_logits(x, t), weight).amax(-1), reduction),
    ),
)
