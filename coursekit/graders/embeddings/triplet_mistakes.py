"""What goes wrong in `triplet_margin_loss`."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from coursekit.exercise import reduced
from coursekit.graders.embeddings.common import Loss, reduction_mistakes
from coursekit.graders.embeddings.distance import norm
from coursekit.graders.embeddings.distance import spec as distance_spec
from coursekit.graders.embeddings.triplet import spec, triplet_margin_loss
from coursekit.graders.embeddings.triplet_common import hinge, no_check_of_dimensions, triplet_loss

reduction_mistakes(triplet_margin_loss, "triplets that are met")


def whole(explanation: str, name: str, loss: Loss) -> None:
    """Registers `loss(anchor, positive, negative, margin, p, eps, swap, reduction)`."""

    def wrong(
        anchor: Tensor,
        positive: Tensor,
        negative: Tensor,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        reduction: str = "mean",
    ) -> Tensor:
        return loss(anchor, positive, negative, margin, p, eps, swap, reduction)

    triplet_margin_loss.misconception(explanation, name)(wrong)


def with_distance(explanation: str, name: str, formula: Loss) -> None:
    """Registers another distance: `formula(x - y, p, eps)`."""

    def loss(a: Tensor, p: Tensor, n: Tensor, margin: float, order: float, eps: float, *rest: Any) -> Tensor:
        return triplet_loss(lambda x, y: formula(x - y, order, eps), hinge, margin, *rest, a, p, n)

    whole(explanation, name, loss)


def with_hinge(explanation: str, name: str, combine: Loss) -> None:
    """Registers another way to make one number of the margin and the two distances."""

    def loss(a: Tensor, p: Tensor, n: Tensor, margin: float, order: float, eps: float, *rest: Any) -> Tensor:
        return triplet_loss(lambda x, y: distance_spec(x, y, order, eps), combine, margin, *rest, a, p, n)

    whole(explanation, name, loss)


def with_swap(explanation: str, name: str, choose: Loss) -> None:
    """Registers another swap: `choose(d, anchor, positive, negative)` is how far it is to the negative."""

    def loss(a: Tensor, p: Tensor, n: Tensor, m: float, order: float, eps: float, swap: bool, reduction: str) -> Tensor:
        if not swap or not m > 0:
            return spec(a, p, n, m, order, eps, swap, reduction)

        def d(x: Tensor, y: Tensor) -> Tensor:
            return distance_spec(x, y, order, eps)

        near = d(n, p) if choose is swapped_roles else d(a, p)
        return reduced(hinge(m, near, choose(d, a, p, n)), reduction)

    whole(explanation, name, loss)


def swapped_roles(d: Loss, a: Tensor, p: Tensor, n: Tensor) -> Tensor:
    """The way to the negative of who exchanges anchor and positive everywhere."""
    return torch.minimum(d(a, n), d(p, n))


# ---- the distance ----------------------------------------------------------------------------------------------------

with_distance(
    "eps is not used, or is added to each distance, where it cancels. It goes to every difference.",
    "eps_ignored",
    lambda d, p, _eps: norm(d, p),
)
with_distance(  # TRI1
    "eps is added under the root. It goes to every difference, before the powers.",
    "eps_under_root",
    lambda d, p, eps: ((d.abs() ** p).sum(-1) + eps) ** (1 / p),
)
with_distance(  # TRI2
    "The differences are taken the other way round: eps is added to positive - anchor. torch's are anchor - "
    "positive and "
    "anchor - negative.",
    "way_back",
    lambda d, p, eps: norm(d - eps, p),
)
with_distance(  # TRI2
    "eps is added to the size of each difference. torch adds it to the signed difference.",
    "eps_on_sizes",
    lambda d, p, eps: norm(d.abs() + eps, p),
)
with_distance(  # TRI3
    "The distances are squared, as in the paper on FaceNet. torch's are not: the margin is one of distances.",
    "squared_distances",
    lambda d, p, eps: ((d + eps).abs() ** p).sum(-1),
)
with_distance("p is not used: the distance is always Euclid's.", "order_ignored", lambda d, _p, eps: norm(d + eps, 2.0))
with_distance(  # TRI5
    "The distance of equal vectors has a NaN gradient: the root of 0 has an infinite slope. torch gives 0 there "
    "when eps "
    "is 0.",
    "root_of_zero",
    lambda d, p, eps: ((d + eps).abs() ** p).sum(-1) ** (1 / p),
)
with_distance(
    "The squares are averaged over the dimensions. A norm adds them up.",
    "averaged_dimensions",
    lambda d, p, eps: norm(d + eps, p) / d.shape[-1] ** (1 / p),
)
with_distance(
    "Each distance is halved. Nothing is halved in torch's triplet loss: the margin would be worth twice as much.",
    "halved_distances",
    lambda d, p, eps: norm(d + eps, p) / 2,
)

# ---- margin and hinge ------------------------------------------------------------------------------------------------

with_hinge(
    "Positive and negative have changed places: the loss grows with the distance to the negative.",
    "roles_swapped",
    lambda m, near, far: (m + far - near).clamp(min=0),
)
with_hinge(
    "The hinge is missing: a triplet that is met costs less than nothing.",
    "not_cut_off",
    lambda m, near, far: m + near - far,
)
with_hinge(
    "The margin is not used: it stays at 1.", "margin_ignored", lambda _m, near, far: (1 + near - far).clamp(min=0)
)
with_hinge(
    "There is no margin: a negative that is hardly farther away costs nothing.",
    "no_margin",
    lambda _m, near, far: (near - far).clamp(min=0),
)
with_hinge(
    "The margin is taken off: the negative may be nearer than the positive by it, and still costs nothing.",
    "margin_subtracted",
    lambda m, near, far: (near - far - m).clamp(min=0),
)
with_hinge(
    "The margin is added after the cut: even a triplet that is met costs it.",
    "margin_after_cut",
    lambda m, near, far: m + (near - far).clamp(min=0),
)
with_hinge(
    "The hinge is rounded off with a softplus. torch's is a straight line with a kink.",
    "softened",
    lambda m, near, far: torch.log1p((m + near - far).exp()),
)
with_hinge("The losses are squared. torch's are not.", "hinge_squared", lambda m, near, far: hinge(m, near, far) ** 2)
with_hinge(
    "This is a loss of pairs: the distance to the positive, and what the negative lacks to the margin. A triplet "
    "asks for "
    "no distance, only for a difference.",
    "pairs_for_triplets",
    lambda m, near, far: near + (m - far).clamp(min=0),
)
with_hinge(
    "Where the margin is met exactly, the slope is 0, as `relu` has it. In torch it is 1: `clamp(min=0)`.",
    "relu_at_kink",
    lambda m, near, far: torch.relu(m + near - far),
)
with_hinge(
    "Where the margin is met exactly, the slope is ½, as `maximum` has it. In torch it is 1: `clamp(min=0)`.",
    "maximum_at_kink",
    lambda m, near, far: torch.maximum(m + near - far, torch.zeros_like(far)),
)

# ---- swap ------------------------------------------------------------------------------------------------------------

with_swap(  # TRI4
    "swap is not used. It puts the distance from the positive in place of that from the anchor, where it is smaller.",
    "swap_ignored",
    lambda d, a, _p, n: d(a, n),
)
with_swap(
    "swap takes the larger of the two distances. It takes the smaller, the harder one.",
    "swap_is_maximum",
    lambda d, a, p, n: torch.maximum(d(a, n), d(p, n)),
)  # TRI4
with_swap(
    "swap always takes the distance from the positive. It does so only where that is smaller.",
    "always_swapped",
    lambda d, _a, p, n: d(p, n),
)  # TRI4
with_swap(
    "swap takes the mean of the two distances. It takes the smaller.",
    "swap_is_mean",
    lambda d, a, p, n: (d(a, n) + d(p, n)) / 2,
)
with_swap(  # TRI2
    "swap measures from the negative to the positive. With eps the way back is not as long: torch measures from the "
    "positive.",
    "swap_from_negative",
    lambda d, a, p, n: torch.minimum(d(a, n), d(n, p)),
)
with_swap(
    "swap measures the positive side anew as well, from the negative. Only the distance to the negative changes.",
    "swap_changes_both",
    swapped_roles,
)
with_swap(
    "At a tie of the two distances of swap, one of them gets all of the gradient. `torch.minimum` shares it.",
    "tie_to_one",
    lambda d, a, p, n: torch.where(d(p, n) < d(a, n), d(p, n), d(a, n)),
)
with_swap(
    "swap ignores eps: its distance is the bare norm. It is measured as the other two.",
    "swap_without_eps",
    lambda d, a, p, n: torch.minimum(d(a, n), torch.linalg.vector_norm(p - n, dim=-1)),
)

# ---- around it -------------------------------------------------------------------------------------------------------

whole(  # TRI8
    "A margin of 0 passes. Then equal embeddings cost nothing, and everything may go to one point: torch refuses it.",
    "zero_margin_passes",
    lambda a, p, n, margin, *rest: spec(a, p, n, margin or math.ulp(0.0), *rest),
)
whole(  # TRI8
    "A negative margin passes. torch refuses every margin that is not positive.",
    "negative_margin_passes",
    lambda a, p, n, margin, *rest: spec(a, p, n, max(margin, 1e-30) if margin else margin, *rest),
)
whole(  # TRI8
    "Any margin passes, 0 and negative ones too. torch refuses what is not positive.",
    "any_margin_passes",
    lambda a, p, n, margin, *rest: spec(a, p, n, max(margin, 1e-30), *rest),
)
whole(  # TRI6
    "Three equal vectors cost 0, as if all were well. They cost the margin: a model that maps everything to one "
    "point has "
    "learnt nothing.",
    "collapse_costs_nothing",
    lambda a, p, n, margin, *rest: (
        spec(a, p, n, margin, *rest) * (0.0 if torch.equal(a, p) and torch.equal(a, n) else 1.0)
    ),
)
whole(
    "Whatever broadcasts passes. torch asks for the same number of dimensions.",
    "any_dimensions",
    lambda a, p, n, margin, order, eps, *rest: no_check_of_dimensions(
        lambda x, y: distance_spec(x, y, order, eps), margin, *rest, a, p, n
    ),
)
whole(
    "The distance is over dimension 1. Vectors lie in the last one, whatever its number is.",
    "second_dimension",
    lambda a, p, n, *rest: spec(*(x.transpose(1, 2) if x.ndim == 3 else x for x in (a, p, n)), *rest),
)
whole(
    "No gradient flows to the anchor. It moves as well, towards the positive and away from the negative.",
    "anchor_detached",
    lambda a, *rest: spec(a.detach(), *rest),
)
whole(
    "No gradient flows to the negative. It is pushed away.",
    "negative_detached",
    lambda a, p, n, *rest: spec(a, p, n.detach(), *rest),
)


@triplet_margin_loss.misconception("The default margin is 0.2, as in the paper on FaceNet. torch's default is 1.")
def small_margin_by_default(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 0.2,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    return spec(anchor, positive, negative, margin, p, eps, swap, reduction)


@triplet_margin_loss.misconception("The default of swap is True. torch's default is False.")
def swap_by_default(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = True,
    reduction: str = "mean",
) -> Tensor:
    return spec(anchor, positive, negative, margin, p, eps, swap, reduction)
