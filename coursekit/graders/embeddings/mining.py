"""The hardest positive and negative of each anchor: `batch_hard_losses`."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Loss, Rng, detached, same_gradient, same_value
from coursekit.graders.embeddings.common import READY_MADE
from coursekit.graders.embeddings.triplet_spec import hinge


def of_triplets(positive: Loss = torch.amax, negative: Loss = torch.amin, combine: Loss = hinge) -> Loss:
    """A loss of one triplet an anchor, and of 0 where there is none.

    Args:
        positive: what stands for the distances to all positives.
        negative: what stands for the distances to all negatives.
        combine: makes the loss of the margin and these two.
    """

    def losses_of(distance: Tensor, label: Tensor, margin: float = 1.0) -> Tensor:
        losses = []
        for i in range(len(label)):
            others = torch.arange(len(label)) != i
            near, far = distance[i][(label == label[i]) & others], distance[i][label != label[i]]
            found = len(near) and len(far)
            losses.append(combine(margin, positive(near), negative(far)) if found else 0 * distance[i].sum())
        return torch.stack(losses)

    return losses_of


spec = of_triplets()  # the farthest of the own class, the nearest of the others


batch_hard_losses = Exercise(
    "batch_hard_losses",
    spec,
    points=3,
    forbids=READY_MADE,
    idea="Most triplets of a batch are met already. The hardest of each anchor is the one that still teaches.",
    hints=(
        "Row i belongs to anchor i. Which members are its positives, which its negatives? `label[:, None] == label` "
        "is a table of who shares a class with whom.",
        "The largest of the positives, the smallest of the negatives. What is not to be chosen must lose: fill it with "
        "-inf for a largest, with inf for a smallest. A 0 would win.",
        "An anchor is not its own positive: take the diagonal out. Who is alone in a class then has -inf, and the "
        "cut at 0 does the rest.",
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


def hinge_of(positive: Tensor, negative: Tensor, label: Tensor, margin: float) -> Tensor:
    """The hinge, and 0 for anchors without a triplet."""
    return torch.where(without_triplet(label), 0.0, (margin + positive - negative).clamp(min=0))


def without_triplet(label: Tensor) -> Tensor:
    """Which anchors have no positive or no negative."""
    same = label[:, None] == label
    return (same.sum(1) == 1) | same.all(1)


wrong = batch_hard_losses.misconceptions

wrong.table(
    easiest_positive=(
        "The nearest positive is taken. The hardest one is the farthest: it is what the margin is measured from.",
        of_triplets(positive=torch.amin),
    ),
    easiest_negative=(
        "The farthest negative is taken. The hardest one is the nearest.",
        of_triplets(negative=torch.amax),
    ),
    easiest_of_both=(
        "The easiest of both are taken, the nearest positive and the farthest negative. Hard is the other way round.",
        of_triplets(torch.amin, torch.amax),
    ),
    averaged=(
        "The distances to all positives and to all negatives are averaged. Batch-hard takes the hardest of each.",
        of_triplets(torch.mean, torch.mean),
    ),
    averaged_negatives=(
        "The distances to all negatives are averaged. The hardest one counts, the nearest.",
        of_triplets(negative=torch.mean),
    ),
    averaged_positives=(
        "The distances to all positives are averaged. The hardest one counts, the farthest.",
        of_triplets(positive=torch.mean),
    ),
    roles_swapped=(
        "Positive and negative have changed places in the difference: it is margin + positive - negative.",
        of_triplets(combine=lambda m, near, far: (2 * m - (m + near - far)).clamp(min=0)),
    ),
    not_cut_off=(
        "The hinge is missing: an anchor that is well placed costs less than nothing. Cut it off at 0.",
        of_triplets(combine=lambda m, near, far: m + near - far),
    ),
    softened=(
        "The hinge is rounded off with a softplus, as the paper on batch-hard also tries. Here it is max(0, …).",
        of_triplets(combine=lambda m, near, far: torch.log1p((m + near - far).exp())),
    ),
    margin_ignored=(
        "The margin is not used: it stays at 1.",
        of_triplets(combine=lambda m, near, far: hinge(1.0, near, far)),
    ),
    no_margin=(
        "There is no margin: a negative that is hardly farther away costs nothing.",
        of_triplets(combine=lambda m, near, far: hinge(0.0, near, far)),
    ),
    anchors_averaged=(
        "The losses are averaged. There is one an anchor.",
        lambda d, label, margin=1.0: spec(d, label, margin).mean(),
    ),
    columns_for_rows=(
        "Columns are taken for anchors. Row i holds the distances from anchor i.",
        lambda d, label, margin=1.0: spec(d.T, label, margin),
    ),
)


@wrong(
    "0 comes out as the smallest distance of every row: the own class is blotted out with 0, or the anchor itself was "
    "never taken out. What must not be chosen has to lose: fill it with inf."
)
def masked_with_zero(distance: Tensor, label: Tensor, margin: float = 1.0) -> Tensor:
    same = label[:, None] == label
    farthest = (distance * same).amax(1)
    return hinge_of(farthest, (distance * ~same).amin(1), label, margin)


def own_positive(farthest: Loss) -> Loss:
    """The losses with the `farthest` of each row (distances, which of them are of its class), itself among them."""

    def losses(distance: Tensor, label: Tensor, margin: float = 1.0) -> Tensor:
        same = label[:, None] == label
        nearest = distance.masked_fill(same, torch.inf).amin(1)
        return (margin + farthest(distance, same) - nearest).clamp(min=0)

    return losses


wrong.table(
    own_positive,
    own_positive=(
        "An anchor that is alone in its class counts as its own positive, at distance 0. It forms no triplet: its loss "
        "is 0.",
        (
            lambda distance, same: distance.masked_fill(~same, -torch.inf).amax(1),
            lambda distance, same: (distance * same).amax(1),
            lambda distance, same: distance.where(same, 0.0).amax(1),
        ),
    ),
)


@wrong("All positives and negatives of an anchor are averaged over. Hard takes one of each: the farthest, the nearest.")
def all_triplets_averaged(distance: Tensor, label: Tensor, margin: float = 1.0) -> Tensor:
    same = label[:, None] == label
    triplets = (same & ~torch.eye(len(label), dtype=torch.bool))[:, :, None] & ~same[:, None]
    losses = (margin + distance[:, :, None] - distance[:, None]).clamp(min=0) * triplets
    return losses.sum((1, 2)) / triplets.sum((1, 2)).clamp(min=1)


@wrong("The nearest of all others is taken for the negative, whatever its class. It has to be of another class.")
def nearest_of_all(distance: Tensor, label: Tensor, margin: float = 1.0) -> Tensor:
    itself = torch.eye(len(label), dtype=torch.bool)
    same = (label[:, None] == label) & ~itself
    farthest = distance.masked_fill(~same, 0.0).amax(1)
    return hinge_of(farthest, distance.masked_fill(itself, torch.inf).amin(1), label, margin)


wrong.table(
    farthest_of_all=(
        "The farthest of all is taken for the positive, whatever its class. It has to be of the anchor's own class.",
        lambda d, label, margin=1.0: hinge_of(
            d.amax(1), d.masked_fill(label[:, None] == label, torch.inf).amin(1), label, margin
        ),
    ),
    nothing_costs_the_margin=(
        "Who has no positive or no negative costs the margin here. No triplet is no loss: 0.",
        lambda d, label, margin=1.0: torch.where(without_triplet(label), margin, spec(d, label, margin)),
    ),
    nothing_is_nan=(
        "Who has no positive or no negative costs inf or NaN here. No triplet is no loss: 0.",
        lambda d, label, margin=1.0: torch.where(without_triplet(label), torch.nan, spec(d, label, margin)),
    ),
)


@wrong("All triplets of an anchor are added up. Batch-hard takes one, the hardest.")
def all_triplets(distance: Tensor, label: Tensor, margin: float = 1.0) -> Tensor:
    same = label[:, None] == label
    positive = same & ~torch.eye(len(label), dtype=torch.bool)
    losses = (margin + distance[:, :, None] - distance[:, None, :]).clamp(min=0)
    return (losses * (positive[:, :, None] & ~same[:, None, :])).sum((1, 2))


detached(
    wrong,
    "distance",
    "The gradient is cut: the distances were chosen by number, and their values taken from a copy.",
    "gradient_cut",
)


@wrong("Anchors without a triplet are left out of the result. There is one loss per anchor: theirs is 0.")
def anchors_left_out(distance: Tensor, label: Tensor, margin: float = 1.0) -> Tensor:
    same = label[:, None] == label
    has_triplet = (same.sum(1) > 1) & ~same.all(1)
    return spec(distance, label, margin)[has_triplet]


@wrong("The margin is added after the cut, so that every anchor costs at least as much. It belongs inside.")
def margin_after_the_cut(distance: Tensor, label: Tensor, margin: float = 1.0) -> Tensor:
    return torch.where(without_triplet(label), 0.0, spec(distance, label, 0.0) + margin)


@wrong("The distances are squared. The margin is one of distances as they stand.")
def squared_distances(distance: Tensor, label: Tensor, margin: float = 1.0) -> Tensor:
    return spec(distance.square(), label, margin)


@wrong("The hinge is squared. It is a straight line.")
def hinge_squared(distance: Tensor, label: Tensor, margin: float = 1.0) -> Tensor:
    return spec(distance, label, margin).square()


@wrong("Only the anchors that cost something are returned. Each anchor has its loss, a 0 too.")
def active_only(distance: Tensor, label: Tensor, margin: float = 1.0) -> Tensor:
    losses = spec(distance, label, margin)
    return losses[losses > 0]


@wrong(
    "The way back is looked at as well: the distances are averaged with those of the columns. Rows belong to anchors."
)
def both_ways(distance: Tensor, label: Tensor, margin: float = 1.0) -> Tensor:
    return spec((distance + distance.T) / 2, label, margin)


@wrong("Positive and negative have hinges of their own: the positive is drawn to 0 whatever the negative does.")
def hinges_apart(distance: Tensor, label: Tensor, margin: float = 1.0) -> Tensor:
    same = label[:, None] == label
    far = distance.masked_fill(~same | torch.eye(len(label), dtype=torch.bool), 0.0).amax(1)
    near = distance.masked_fill(same, float("inf")).amin(1)
    return torch.where(without_triplet(label), 0.0, far + (margin - near.nan_to_num(posinf=margin)).clamp(min=0))


@wrong("The losses are divided by how many of them are above 0. Each anchor keeps its own.")
def divided_by_active(distance: Tensor, label: Tensor, margin: float = 1.0) -> Tensor:
    losses = spec(distance, label, margin)
    return losses / (losses > 0).sum().clamp(min=1)


@wrong("The margin multiplies the distance to the positive. It is added.")
def margin_multiplies(distance: Tensor, label: Tensor, margin: float = 1.0) -> Tensor:
    same = label[:, None] == label
    return spec(torch.where(same, margin * distance, distance), label, 0.0)
