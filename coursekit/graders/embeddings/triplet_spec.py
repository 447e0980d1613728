"""What is right: `triplet_margin_loss`, and the frame that it shares with the triplet loss of any distance."""

from __future__ import annotations

import torch
from torch import Tensor

from coursekit.exercise import Loss, reduced
from coursekit.graders.embeddings.distance import spec as distance_spec


def hinge(margin: float, near: Tensor, far: Tensor) -> Tensor:
    """What the negative lacks to be farther away by the margin."""
    return (margin + near - far).clamp(min=0)


def nearer(distance: Loss, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
    """How far it is to the negative with swap: from the positive, where that is nearer than the anchor."""
    return torch.minimum(distance(anchor, negative), distance(positive, negative))


def triplet_loss(
    vectors: tuple[Tensor, Tensor, Tensor],
    margin: float,
    swap: bool,
    reduction: str,
    distance: Loss,
    combine: Loss,
    choose: Loss,
) -> Tensor:
    """The loss in torch's shapes and reductions, of parts that are right or wrong.

    Args:
        vectors: anchor, positive, negative.
        margin: above 0.
        swap: whether `choose` is asked.
        reduction: torch's word.
        distance: from vectors to their partners.
        combine: makes the loss of the margin, the distance to the positive and that to the negative.
        choose: the distance to the negative with swap, of `distance` and the three vectors.
    """
    anchor, positive, negative = vectors
    if not margin > 0:
        raise ValueError(f"margin is {margin}")
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise ValueError("unlike numbers of dimensions")
    far = choose(distance, *vectors) if swap else distance(anchor, negative)
    return reduced(combine(margin, distance(anchor, positive), far), reduction)


def loss_of(combine: Loss = hinge, distance: Loss = distance_spec, choose: Loss = nearer) -> Loss:
    """A loss with torch's signature; see `triplet_loss`. `distance` has that of `pairwise_distance`."""

    def loss(
        anchor: Tensor,
        positive: Tensor,
        negative: Tensor,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        reduction: str = "mean",
    ) -> Tensor:
        vectors = (anchor, positive, negative)
        return triplet_loss(vectors, margin, swap, reduction, lambda x, y: distance(x, y, p, eps), combine, choose)

    return loss


spec = loss_of()
