"""What goes wrong in `triplet_margin_loss`, and in some ways in either triplet loss."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from coursekit.exercise import Mistakes, Row, detached, other_default, reduced, with_defaults
from coursekit.graders.embeddings.common import reduction_mistakes
from coursekit.graders.embeddings.distance import distance_of, norm
from coursekit.graders.embeddings.distance import spec as distance_spec
from coursekit.graders.embeddings.triplet_spec import hinge, loss_of, nearer, spec

MISTAKES = Mistakes(spec)

reduction_mistakes(MISTAKES, "triplets that are met")

# ---- the distance ----------------------------------------------------------------------------------------------------

MISTAKES.table(
    lambda formula: loss_of(distance=distance_of(formula)),
    eps_ignored=(
        "eps is not used, or is added to each distance, where it cancels. It goes to every difference.",
        lambda d, p, eps: norm(d, p),
    ),
    eps_under_root=(
        "eps is added under the root. It goes to every difference, before the powers.",
        lambda d, p, eps: ((d.abs() ** p).sum(-1) + eps) ** (1 / p),
        "TRI1",
    ),
    way_back=(
        "The differences are taken the other way round: eps is added to positive - anchor. torch's are anchor - "
        "positive and anchor - negative.",
        lambda d, p, eps: norm(d - eps, p),
        "TRI2",
    ),
    eps_on_sizes=(
        "eps is added to the size of each difference. torch adds it to the signed difference.",
        lambda d, p, eps: norm(d.abs() + eps, p),
        "TRI2",
    ),
    squared_distances=(
        "The distances are squared, as in the paper on FaceNet. torch's are not: the margin is one of distances.",
        lambda d, p, eps: ((d + eps).abs() ** p).sum(-1),
        "TRI3",
    ),
    order_ignored=("p is not used: the distance is always Euclid's.", lambda d, p, eps: norm(d + eps, 2.0)),
    root_of_zero=(
        "The distance of equal vectors has a NaN gradient: the root of 0 has an infinite slope. torch gives 0 there "
        "when eps is 0.",
        lambda d, p, eps: ((d + eps).abs() ** p).sum(-1) ** (1 / p),
        "TRI5",
    ),
    averaged_dimensions=(
        "The squares are averaged over the dimensions. A norm adds them up.",
        lambda d, p, eps: norm(d + eps, p) / d.shape[-1] ** (1 / p),
    ),
    halved_distances=(
        "Each distance is halved. Nothing is halved in torch's triplet loss: the margin would be worth twice as much.",
        lambda d, p, eps: norm(d + eps, p) / 2,
    ),
)

# ---- margin and hinge ------------------------------------------------------------------------------------------------

# In either triplet loss
OTHER_HINGES: dict[str, Row] = {
    "not_cut_off": (
        "The hinge is missing: a triplet that is met costs less than nothing.",
        lambda m, near, far: m + near - far,
    ),
    "margin_ignored": ("The margin is not used: it stays at 1.", lambda m, near, far: hinge(1.0, near, far)),
}
AT_KINK: dict[str, Row] = {
    "relu_at_kink": (
        "Where the margin is met exactly, the slope is 0, as `relu` has it. In torch it is 1: `clamp(min=0)`.",
        lambda m, near, far: torch.relu(m + near - far),
    ),
    "maximum_at_kink": (
        "Where the margin is met exactly, the slope is ½, as `maximum` has it. In torch it is 1: `clamp(min=0)`.",
        lambda m, near, far: torch.maximum(m + near - far, torch.zeros_like(far)),
    ),
}

MISTAKES.table(
    loss_of,
    roles_swapped=(
        "Positive and negative have changed places: the loss grows with the distance to the negative.",
        lambda m, near, far: hinge(m, far, near),
    ),
    **OTHER_HINGES,
    no_margin=(
        "There is no margin: a negative that is hardly farther away costs nothing.",
        lambda m, near, far: (near - far).clamp(min=0),
    ),
    margin_subtracted=(
        "The margin is taken off: the negative may be nearer than the positive by it, and still costs nothing.",
        lambda m, near, far: (near - far - m).clamp(min=0),
    ),
    margin_after_cut=(
        "The margin is added after the cut: even a triplet that is met costs it.",
        lambda m, near, far: m + (near - far).clamp(min=0),
    ),
    softened=(
        "The hinge is rounded off with a softplus. torch's is a straight line with a kink.",
        lambda m, near, far: torch.log1p((m + near - far).exp()),
    ),
    softened_without_margin=(
        "The hinge is rounded off with a softplus, and there is no margin. torch's is a straight line with a kink, "
        "from the margin on.",
        lambda m, near, far: torch.log1p((near - far).exp()),
    ),
    hinge_squared=("The losses are squared. torch's are not.", lambda m, near, far: hinge(m, near, far) ** 2),
    pairs_for_triplets=(
        "This is a loss of pairs: the distance to the positive, and what the negative lacks to the margin. A triplet "
        "asks for no distance, only for a difference.",
        lambda m, near, far: near + (m - far).clamp(min=0),
    ),
    **AT_KINK,
)

# ---- swap ------------------------------------------------------------------------------------------------------------

MISTAKES.table(
    lambda choose: loss_of(choose=choose),
    swap_ignored=(
        "swap is not used. It puts the distance from the positive in place of that from the anchor, where it is "
        "smaller.",
        lambda d, a, p, n: d(a, n),
        "TRI4",
    ),
    swap_is_maximum=(
        "swap takes the larger of the two distances. It takes the smaller, the harder one.",
        lambda d, a, p, n: torch.maximum(d(a, n), d(p, n)),
        "TRI4",
    ),
    always_swapped=(
        "swap always takes the distance from the positive. It does so only where that is smaller.",
        lambda d, a, p, n: d(p, n),
        "TRI4",
    ),
    swap_is_mean=(
        "swap takes the mean of the two distances. It takes the smaller.",
        lambda d, a, p, n: (d(a, n) + d(p, n)) / 2,
    ),
    swap_from_negative=(
        "swap measures from the negative to the positive. With eps the way back is not as long: torch measures from "
        "the positive.",
        lambda d, a, p, n: torch.minimum(d(a, n), d(n, p)),
        "TRI2",
    ),
)


@MISTAKES.formula(with_defaults(MISTAKES))(
    "swap measures the positive side anew as well, from the negative. Only the distance to the negative changes."
)
def swap_changes_both(
    a: Tensor, p: Tensor, n: Tensor, margin: float, order: float, eps: float, swap: bool, reduction: str
) -> Tensor:
    if not swap or not margin > 0:
        return spec(a, p, n, margin, order, eps, swap, reduction)
    near = distance_spec(n, p, order, eps)
    far = nearer(lambda x, y: distance_spec(x, y, order, eps), a, p, n)
    return reduced(hinge(margin, near, far), reduction)


MISTAKES.table(
    lambda choose: loss_of(choose=choose),
    tie_to_one=(
        "At a tie of the two distances of swap, one of them gets all of the gradient. `torch.minimum` shares it.",
        lambda d, a, p, n: torch.where(d(p, n) < d(a, n), d(p, n), d(a, n)),
    ),
    swap_without_eps=(
        "swap ignores eps: its distance is the bare norm. It is measured as the other two.",
        lambda d, a, p, n: torch.minimum(d(a, n), torch.linalg.vector_norm(p - n, dim=-1)),
    ),
)

# ---- around it -------------------------------------------------------------------------------------------------------


def lifted(*vectors: Tensor) -> list[Tensor]:
    """The same vectors, all with as many dimensions as the one that has most."""
    size = max(x.ndim for x in vectors)
    return [x.reshape((1,) * (size - x.ndim) + x.shape) for x in vectors]


def with_dimension_1_last(*vectors: Tensor) -> list[Tensor]:
    """The same vectors, those of three dimensions with the last two exchanged."""
    return [x.transpose(1, 2) if x.ndim == 3 else x for x in vectors]


MISTAKES.table(
    with_defaults(MISTAKES),
    zero_margin_passes=(
        "A margin of 0 passes. Then equal embeddings cost nothing, and everything may go to one point: torch refuses "
        "it.",
        lambda a, p, n, margin, *rest: spec(a, p, n, margin or math.ulp(0.0), *rest),
        "TRI8",
    ),
    negative_margin_passes=(
        "A negative margin passes. torch refuses every margin that is not positive.",
        lambda a, p, n, margin, *rest: spec(a, p, n, max(margin, 1e-30) if margin else margin, *rest),
        "TRI8",
    ),
    any_margin_passes=(
        "Any margin passes, 0 and negative ones too. torch refuses what is not positive.",
        lambda a, p, n, margin, *rest: spec(a, p, n, max(margin, 1e-30), *rest),
        "TRI8",
    ),
    collapse_costs_nothing=(
        "Three equal vectors cost 0, as if all were well. They cost the margin: a model that maps everything to one "
        "point has learnt nothing.",
        lambda a, p, n, *rest: spec(a, p, n, *rest) * (0.0 if torch.equal(a, p) and torch.equal(a, n) else 1.0),
        "TRI6",
    ),
    any_dimensions=(
        "Whatever broadcasts passes. torch asks for the same number of dimensions.",
        lambda a, p, n, *rest: spec(*lifted(a, p, n), *rest),
    ),
    second_dimension=(
        "The distance is over dimension 1. Vectors lie in the last one, whatever its number is.",
        lambda a, p, n, *rest: spec(*with_dimension_1_last(a, p, n), *rest),
    ),
)
detached(
    MISTAKES,
    "anchor",
    "No gradient flows to the anchor. It moves as well, towards the positive and away from the negative.",
)
detached(MISTAKES, "negative", "No gradient flows to the negative. It is pushed away.")
other_default(
    MISTAKES,
    "small_margin_by_default",
    "Where no margin is given, it is 0.2 here, as in the paper on FaceNet. torch's default is 1.",
    margin=0.2,
)
other_default(
    MISTAKES,
    "swap_by_default",
    "Where swap is not given, the smaller distance is taken. torch's default is False.",
    swap=True,
)


MISTAKES.table(
    lambda combine: loss_of(combine=combine),
    shares_of_exponentials=(
        "The two distances went through a softmax. The loss is a hinge of their difference.",
        (
            lambda margin, p, n: torch.stack([p, n]).softmax(0)[0] ** 2,
            lambda margin, p, n: torch.stack([p, n]).softmax(0)[0],
        ),
    ),
    ratio=(
        "The distances are divided by each other. The loss is a hinge of their difference.",
        (lambda margin, p, n: (1 - n / (p + margin)).clamp(min=0), lambda margin, p, n: (p / n + margin).clamp(min=0)),
    ),
)
MISTAKES.table(
    lambda combine: loss_of(combine=combine),
    logarithms_compared=(
        "The logarithms of the distances are compared. They are compared as they stand.",
        lambda margin, p, n: (margin + p.log() - n.log()).clamp(min=0),
    ),
    margin_multiplies=(
        "The margin multiplies a distance. It is added.",
        (
            lambda margin, p, n: (margin * p - n).clamp(min=0),
            lambda margin, p, n: ((1 + margin) * p - n).clamp(min=0),
            lambda margin, p, n: (p - margin * n).clamp(min=0),
        ),
    ),
)
MISTAKES.table(
    lambda choose: loss_of(choose=choose),
    swap_of_the_positive=(
        "swap changes the distance to the positive. It changes that to the negative.",
        lambda distance, anchor, positive, negative: (
            distance(anchor, negative) - (distance(positive, negative) - distance(anchor, positive)).clamp(min=0)
        ),
    ),
)
