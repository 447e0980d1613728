"""Many labels, a loss a sample: `multilabel_soft_margin_loss`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from math import prod
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, tensor

from coursekit.exercise import REDUCTIONS, Exercise, Function, reduced, same_dtype, same_gradient, same_value, wrong_in
from coursekit.graders.binary_cross_entropy.common import (
    DTYPES,
    LOGITS,
    LOSSES,
    SHARES,
    Loss,
    Rng,
    as_it_is,
    draw,
    weighed,
    with_logits,
    wrong_losses,
)
from coursekit.graders.binary_cross_entropy.drop_in import drop_in_parity
from coursekit.graders.binary_cross_entropy.logits import of_logits
from coursekit.graders.binary_cross_entropy.sigmoid import softmax_of_all
from coursekit.wire import Question


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


ON_LABELS = {"labels": multilabel_soft_margin_loss.misconceptions}
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
