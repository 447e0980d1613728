"""The hardest positive and negative of each anchor: `batch_hard_losses`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, same_gradient, same_value
from coursekit.graders.embeddings.common import READY_MADE, Loss, Rng


def with_triplets(
    distance: Tensor,
    label: Tensor,
    margin: float,
    positive: Callable[[Tensor], Tensor] = torch.amax,
    negative: Callable[[Tensor], Tensor] = torch.amin,
    cut: Loss = lambda loss: loss.clamp(min=0),
) -> Tensor:
    """Anchor by anchor: one of its positives, one of its negatives, the hinge.

    Args:
        distance: (N, N).
        label: (N,).
        margin: of the hinge.
        positive: what stands for the distances to all positives.
        negative: what stands for the distances to all negatives.
        cut: what becomes of the loss.
    """
    losses = []
    for i in range(len(label)):
        others = torch.arange(len(label)) != i
        near, far = distance[i][(label == label[i]) & others], distance[i][label != label[i]]
        loss = cut(margin + positive(near) - negative(far)) if len(near) and len(far) else 0 * distance[i].sum()
        losses.append(loss)
    return torch.stack(losses)


def spec(distance: Tensor, label: Tensor, margin: float = 1.0) -> Tensor:
    """max(0, margin + the largest distance inside the class - the smallest outside), 0 without one of the two."""
    return with_triplets(distance, label, margin)


batch_hard_losses = Exercise(
    "batch_hard_losses",
    spec,
    points=3,
    forbids=READY_MADE,
    idea="Most triplets of a batch are met already. The hardest of each anchor is the one that still teaches.",
    hints=(
        "Row i belongs to anchor i. Which members are its positives, which its negatives? `label[:, None] == label`"
        " is a "
        "table of who shares a class with whom.",
        "The largest of the positives, the smallest of the negatives. What is not to be chosen must lose: fill it with "
        "-inf for a largest, with inf for a smallest. A 0 would win.",
        "An anchor is not its own positive: take the diagonal out. Who is alone in a class then has -inf, and the "
        "cut at 0 "
        "does the rest.",
    ),
)

LABELS = (0, 0, 0, 1, 1, 2)


def table(rng: Rng, labels: tuple[int, ...] = LABELS) -> tuple[Tensor, Tensor]:
    """Distances that differ in every entry, one way and back, and labels in any order.

    Every row has a different loss, and most rows have one above 0: the classes lie among each other.
    """
    size = len(labels)
    distance = rng.permutation(np.arange(size * size)).reshape(size, size) / 10 + 0.3
    np.fill_diagonal(distance, 0.0)
    return tensor(distance, dtype=torch.float32), tensor(rng.permutation(labels))


@batch_hard_losses.check
def four_on_a_line(f: Function, rng: Rng) -> None:
    """Two classes on a line, at 0 and 2, and at 3 and 7: losses 0, 2, 4 and 0

    The member at 2 has its positive 2 away and its nearest negative 1: 1 + 2 - 1.
    """
    place = tensor([0.0, 2.0, 3.0, 7.0])
    same_value(f, spec, (place[:, None] - place).abs(), tensor([0, 0, 1, 1]))
    same_value(f, spec, *table(rng, (0, 0, 1, 1, 1)))


@batch_hard_losses.check
def hardest_of_many(f: Function, rng: Rng) -> None:
    """With more members the farthest positive and the nearest negative count

    Rows belong to anchors.
    """
    same_value(f, spec, *table(rng, (0, 0, 0, 1, 1, 1)))
    same_value(f, spec, *table(rng, (5, 5, 5, 2, 2, 7, 7)))


@batch_hard_losses.check
def other_margins(f: Function, rng: Rng) -> None:
    """The margin is used, and what is met costs 0"""
    for margin in (0.3, 3.0):
        same_value(f, spec, *table(rng, (0, 0, 0, 1, 1, 1)), margin=margin)
    place = tensor([0.0, 1.0, 3.5, 5.0])
    same_value(f, spec, (place[:, None] - place).abs(), tensor([0, 0, 1, 1]), margin=1.25)


@batch_hard_losses.check
def alone_in_a_class(f: Function, rng: Rng) -> None:
    """An anchor without a positive costs 0, and so do all if there is one class only

    It is not its own positive: its distance to itself is no distance to learn from.
    """
    distance, label = table(rng, (0, 0, 1, 2))
    same_value(f, spec, distance, label, margin=4.0)
    same_value(f, spec, distance, torch.zeros(4, dtype=torch.int64))
    same_value(f, spec, *table(rng))


@batch_hard_losses.check
def gradient_to_the_hardest(f: Function, rng: Rng) -> None:
    """The gradient reaches the two distances that were chosen, and no others

    1 for the farthest positive, -1 for the nearest negative. A NaN comes from inf - inf.
    """
    same_gradient(f, spec, *table(rng, (0, 0, 0, 1, 1, 1)), scale=2.0)
    same_gradient(f, spec, *table(rng), scale=2.0)


wrong = batch_hard_losses.misconceptions.formula(
    lambda formula: lambda distance, label, margin=1.0: formula(distance, label, margin)
)


@wrong("The nearest positive is taken. The hardest one is the farthest: it is what the margin is measured from.")
def easiest_positive(distance: Tensor, label: Tensor, margin: float) -> Tensor:
    return with_triplets(distance, label, margin, positive=torch.amin)


@wrong("The farthest negative is taken. The hardest one is the nearest.")
def easiest_negative(distance: Tensor, label: Tensor, margin: float) -> Tensor:
    return with_triplets(distance, label, margin, negative=torch.amax)


@wrong("The easiest of both are taken, the nearest positive and the farthest negative. Hard is the other way round.")
def easiest_of_both(distance: Tensor, label: Tensor, margin: float) -> Tensor:
    return with_triplets(distance, label, margin, torch.amin, torch.amax)


@wrong("The distances to all positives and to all negatives are averaged. Batch-hard takes the hardest of each.")
def averaged(distance: Tensor, label: Tensor, margin: float) -> Tensor:
    return with_triplets(distance, label, margin, torch.mean, torch.mean)


@wrong("The distances to all positives are averaged. The hardest one counts, the farthest.")
def averaged_positives(distance: Tensor, label: Tensor, margin: float) -> Tensor:
    return with_triplets(distance, label, margin, positive=torch.mean)


@wrong("Positive and negative have changed places in the difference: it is margin + positive - negative.")
def roles_swapped(distance: Tensor, label: Tensor, margin: float) -> Tensor:
    return with_triplets(distance, label, margin, cut=lambda loss: (2 * margin - loss).clamp(min=0))


@wrong("The hinge is missing: an anchor that is well placed costs less than nothing. Cut it off at 0.")
def not_cut_off(distance: Tensor, label: Tensor, margin: float) -> Tensor:
    return with_triplets(distance, label, margin, cut=lambda loss: loss)


@wrong("The hinge is rounded off with a softplus, as the paper on batch-hard also tries. Here it is max(0, …).")
def softened(distance: Tensor, label: Tensor, margin: float) -> Tensor:
    return with_triplets(distance, label, margin, cut=lambda loss: torch.log1p(loss.exp()))


@wrong("The margin is not used: it stays at 1.")
def margin_ignored(distance: Tensor, label: Tensor, margin: float) -> Tensor:
    return with_triplets(distance, label, 1.0)


@wrong("There is no margin: a negative that is hardly farther away costs nothing.")
def no_margin(distance: Tensor, label: Tensor, margin: float) -> Tensor:
    return with_triplets(distance, label, 0.0)


@wrong("The losses are averaged. There is one an anchor.")
def anchors_averaged(distance: Tensor, label: Tensor, margin: float) -> Tensor:
    return spec(distance, label, margin).mean()


@wrong("Columns are taken for anchors. Row i holds the distances from anchor i.")
def columns_for_rows(distance: Tensor, label: Tensor, margin: float) -> Tensor:
    return spec(distance.T, label, margin)


@wrong(
    "The own class is blotted out with 0, and 0 is then the smallest distance of every row. What must not be chosen"
    " has "
    "to lose: fill it with inf."
)
def masked_with_zero(distance: Tensor, label: Tensor, margin: float) -> Tensor:
    same = label[:, None] == label
    farthest = (distance * same).amax(1)
    return hinge_of(farthest, (distance * ~same).amin(1), label, margin)


def hinge_of(positive: Tensor, negative: Tensor, label: Tensor, margin: float) -> Tensor:
    """The hinge, and 0 for anchors without a triplet."""
    same = label[:, None] == label
    none = (same.sum(1) == 1) | same.all(1)
    return torch.where(none, 0.0, (margin + positive - negative).clamp(min=0))


@wrong(
    "An anchor that is alone in its class counts as its own positive, at distance 0. It forms no triplet: its loss "
    "is 0."
)
def own_positive(distance: Tensor, label: Tensor, margin: float) -> Tensor:
    same = label[:, None] == label
    farthest = distance.masked_fill(~same, -torch.inf).amax(1)
    return (margin + farthest - distance.masked_fill(same, torch.inf).amin(1)).clamp(min=0)


@wrong("The nearest of all others is taken for the negative, whatever its class. It has to be of another class.")
def nearest_of_all(distance: Tensor, label: Tensor, margin: float) -> Tensor:
    itself = torch.eye(len(label), dtype=torch.bool)
    same = (label[:, None] == label) & ~itself
    farthest = distance.masked_fill(~same, 0.0).amax(1)
    return hinge_of(farthest, distance.masked_fill(itself, torch.inf).amin(1), label, margin)


@wrong("The farthest of all is taken for the positive, whatever its class. It has to be of the anchor's own class.")
def farthest_of_all(distance: Tensor, label: Tensor, margin: float) -> Tensor:
    nearest = distance.masked_fill(label[:, None] == label, torch.inf).amin(1)
    return hinge_of(distance.amax(1), nearest, label, margin)


@wrong("Who has no positive or no negative costs inf or NaN here. No triplet is no loss: 0.")
def nothing_is_nan(distance: Tensor, label: Tensor, margin: float) -> Tensor:
    same = label[:, None] == label
    none = (same.sum(1) == 1) | same.all(1)
    return torch.where(none, torch.nan, spec(distance, label, margin))


@wrong("All triplets of an anchor are added up. Batch-hard takes one, the hardest.")
def all_triplets(distance: Tensor, label: Tensor, margin: float) -> Tensor:
    same = label[:, None] == label
    positive = same & ~torch.eye(len(label), dtype=torch.bool)
    losses = (margin + distance[:, :, None] - distance[:, None, :]).clamp(min=0)
    return (losses * (positive[:, :, None] & ~same[:, None, :])).sum((1, 2))


@wrong("The gradient is cut: the distances were chosen by number, and their values taken from a copy.")
def gradient_cut(distance: Tensor, label: Tensor, margin: float) -> Tensor:
    return spec(distance.detach(), label, margin)
