"""What is right: `triplet_margin_with_distance_loss`, with words in place of functions."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from coursekit.exercise import Loss
from coursekit.graders.embeddings.distance import spec as euclid
from coursekit.graders.embeddings.triplet_spec import hinge, nearer, triplet_loss


def cosine_distance(x: Tensor, y: Tensor) -> Tensor:
    """1 - cos."""
    return 1 - (x * y).sum(-1) / (x.square().sum(-1).sqrt() * y.square().sum(-1).sqrt())


DISTANCES: dict[str | None, Loss] = {
    None: euclid,
    "manhattan": lambda x, y: (x - y).abs().sum(-1),
    "squared": lambda x, y: (x - y).square().sum(-1),
    "cosine": cosine_distance,
    "kl": lambda x, y: (x * (x.log() - y.log())).sum(-1),
}
WORDS = tuple(DISTANCES)


def found(word: str | None) -> Loss:
    """The distance of that name."""
    if word not in DISTANCES:
        raise ValueError(f"{word!r} is no distance")
    return DISTANCES[word]


def loss_of(combine: Loss = hinge, find: Callable[[str | None], Loss] = found, choose: Loss = nearer) -> Loss:
    """A loss with torch's signature; see `triplet_loss`. `find` gives the distance that a word stands for."""

    def loss(
        anchor: Tensor,
        positive: Tensor,
        negative: Tensor,
        *,
        distance_function: str | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> Tensor:
        vectors = (anchor, positive, negative)
        return triplet_loss(vectors, margin, swap, reduction, find(distance_function), combine, choose)

    return loss


spec = loss_of()
