"""What goes wrong in `triplet_margin_with_distance_loss`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from coursekit.exercise import reduced
from coursekit.graders.embeddings.common import Loss, reduction_mistakes
from coursekit.graders.embeddings.distance import spec as euclid
from coursekit.graders.embeddings.triplet_common import hinge, no_check_of_dimensions
from coursekit.graders.embeddings.triplet_distance import (
    DISTANCES,
    cosine_distance,
    found,
    loss_of,
    spec,
    triplet_margin_with_distance_loss,
)

reduction_mistakes(triplet_margin_with_distance_loss, "triplets that are met")

wrong = triplet_margin_with_distance_loss.misconception


def with_word(word: str | None, explanation: str, name: str, distance: Loss) -> None:
    """Registers another distance for one word."""
    wrong(explanation, name)(loss_of(find=lambda asked: distance if asked == word else found(asked)))


def with_hinge(explanation: str, name: str, combine: Loss) -> None:
    """Registers another way to make one number of the margin and the two distances."""
    wrong(explanation, name)(loss_of(combine))


wrong("distance_function is not used: the distance is Euclid's whatever was asked for.", "distance_ignored")(
    loss_of(find=lambda word: euclid if word in DISTANCES else found(word))
)
wrong("An unknown word passes for Euclid's distance. Raise a ValueError.", "unknown_is_euclid")(
    loss_of(find=lambda word: DISTANCES.get(word, euclid))
)
wrong(
    "The distances go to the anchor, or KL has its weights on the wrong side. They go from the anchor, and the first "
    "argument holds the weights.",
    "to_the_anchor",
)(loss_of(find=lambda word: lambda x, y: found(word)(y, x)))
with_word(
    None,
    "None is the squared distance here. torch takes `pairwise_distance`.",
    "none_is_squared",
    lambda x, y: (x - y).square().sum(-1),
)
with_word(
    None,
    "None has no eps, and the distance of equal vectors has a NaN gradient. torch adds 1e-6 to every difference.",
    "none_without_eps",
    lambda x, y: (x - y).square().sum(-1).sqrt(),
)
with_word(None, "None is 1 - cos here. torch takes `pairwise_distance`.", "none_is_cosine", cosine_distance)
with_word(
    "squared",
    "'squared' has a root: this is Euclid's distance.",
    "squared_with_root",
    lambda x, y: (x - y).norm(dim=-1),
)
with_word(
    "squared",
    "'squared' is averaged over the dimensions. It is a sum.",
    "squared_averaged",
    lambda x, y: (x - y).square().mean(-1),
)
with_word(
    "manhattan",
    "'manhattan' is the largest difference. It is the sum of the sizes.",
    "manhattan_is_largest",
    lambda x, y: (x - y).abs().amax(-1),
)
with_word(
    "manhattan",
    "'manhattan' adds up the differences with their signs, which cancel. It is the sum of the sizes.",
    "manhattan_signed",
    lambda x, y: (x - y).sum(-1).abs(),
)
with_word(  # COS6
    "cosine",
    "'cosine' is the similarity, which is largest for what is alike. A distance is 1 - cos.",
    "similarity_for_distance",
    lambda x, y: 1 - cosine_distance(x, y),
)
with_word(
    "cosine",
    "'cosine' lacks the lengths: 1 less a dot product.",
    "cosine_is_dot_product",
    lambda x, y: 1 - (x * y).sum(-1),
)
with_word(
    "cosine",
    "'cosine' is halved to lie between 0 and 1. 1 - cos goes up to 2.",
    "cosine_halved",
    lambda x, y: cosine_distance(x, y) / 2,
)  # COS6
with_word(
    "kl",
    "'kl' is the cross-entropy -Σ x ln y: the entropy of x is not taken off.",
    "kl_is_cross_entropy",
    lambda x, y: -(x * y.log()).sum(-1),
)
with_word(
    "kl",
    "'kl' is the mean of both ways. It is one way, from x to y.",
    "kl_symmetric",
    lambda x, y: (found("kl")(x, y) + found("kl")(y, x)) / 2,
)
with_hinge(
    "Positive and negative have changed places.", "roles_swapped", lambda m, near, far: (m + far - near).clamp(min=0)
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
    "Where the margin is met exactly, the slope is 0, as `relu` has it. In torch it is 1: `clamp(min=0)`.",
    "relu_at_kink",
    lambda m, near, far: torch.relu(m + near - far),
)
with_hinge(
    "Where the margin is met exactly, the slope is ½, as `maximum` has it. In torch it is 1: `clamp(min=0)`.",
    "maximum_at_kink",
    lambda m, near, far: torch.maximum(m + near - far, torch.zeros_like(far)),
)


def with_swap(explanation: str, name: str, choose: Loss) -> None:
    """Registers another swap: `choose(d, anchor, positive, negative)` is how far it is to the negative."""

    def loss(anchor: Tensor, positive: Tensor, negative: Tensor, **flags: Any) -> Tensor:
        if not flags.get("swap") or not flags.get("margin", 1.0) > 0:
            return spec(anchor, positive, negative, **flags)
        d = found(flags.get("distance_function"))
        far = choose(d, anchor, positive, negative)
        losses = hinge(flags.get("margin", 1.0), d(anchor, positive), far)
        return reduced(losses, flags.get("reduction", "mean"))

    wrong(explanation, name)(loss)


with_swap(
    "swap is not used. It takes the smaller of two distances to the negative.",
    "swap_ignored",
    lambda d, a, _p, n: d(a, n),
)
with_swap(
    "swap takes the larger of the two distances. It takes the smaller, the harder one.",
    "swap_is_maximum",
    lambda d, a, p, n: torch.maximum(d(a, n), d(p, n)),
)
with_swap(
    "swap always takes the distance from the positive. It does so only where that is smaller.",
    "always_swapped",
    lambda d, _a, p, n: d(p, n),
)
with_swap(
    "swap measures from the negative to the positive. With KL the way back is another: torch goes from the positive.",
    "swap_from_negative",
    lambda d, a, p, n: torch.minimum(d(a, n), d(n, p)),
)
with_swap(
    "swap measures from the positive to the negative with Euclid's distance, not with the one that was asked for.",
    "swap_is_euclid",
    lambda d, a, p, n: torch.minimum(d(a, n), euclid(p, n)),
)


def with_margin(explanation: str, name: str, passes: Callable[[float], float]) -> None:
    """Registers a margin that should have been refused."""

    def loss(*vectors: Tensor, **flags: Any) -> Tensor:
        return spec(*vectors, **{**flags, "margin": passes(flags.get("margin", 1.0))})

    wrong(explanation, name)(loss)


with_margin(
    "A margin of 0 passes. torch refuses it: everything could go to one point.",
    "zero_margin_passes",
    lambda m: m or 1e-30,
)  # TRI8
with_margin(
    "A negative margin passes. torch refuses it.", "negative_margin_passes", lambda m: 1e-30 if m < 0 else m
)  # TRI8
with_margin(
    "Both a margin of 0 and a negative one pass. torch refuses them.", "any_margin_passes", lambda m: max(m, 1e-30)
)  # TRI8


@wrong("Whatever broadcasts passes. torch asks for the same number of dimensions.")
def any_dimensions(*vectors: Tensor, **flags: Any) -> Tensor:
    d = found(flags.get("distance_function"))
    margin, swap = flags.get("margin", 1.0), flags.get("swap", False)
    return no_check_of_dimensions(d, margin, swap, flags.get("reduction", "mean"), *vectors)


@wrong("The sums run over dimension 1. Vectors lie in the last one, whatever its number is.")
def second_dimension(*vectors: Tensor, **flags: Any) -> Tensor:
    return spec(*(x.transpose(1, 2) if x.ndim == 3 else x for x in vectors), **flags)


@wrong("The default margin is 0.2. torch's default is 1.")
def small_margin_by_default(*vectors: Tensor, margin: float = 0.2, **flags: Any) -> Tensor:
    return spec(*vectors, margin=margin, **flags)
