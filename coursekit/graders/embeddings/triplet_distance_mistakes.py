"""What goes wrong in `triplet_margin_with_distance_loss`."""

from __future__ import annotations

from collections.abc import Callable

import torch

from coursekit.exercise import Loss, Mistakes, other_default
from coursekit.graders.embeddings.common import reduction_mistakes
from coursekit.graders.embeddings.distance import spec as euclid
from coursekit.graders.embeddings.triplet_distance_spec import DISTANCES, cosine_distance, found, loss_of, spec
from coursekit.graders.embeddings.triplet_mistakes import AT_KINK, OTHER_HINGES, lifted, with_dimension_1_last
from coursekit.graders.embeddings.triplet_spec import hinge

MISTAKES = Mistakes(spec)

reduction_mistakes(MISTAKES, "triplets that are met")

# ---- the distance ----------------------------------------------------------------------------------------------------


def of_any_word(distance: Loss) -> Loss:
    """A loss of `distance(word, x, y)`."""
    return loss_of(find=lambda word: lambda x, y: distance(word, x, y))


def of_word(word: str | None) -> Callable[[Loss], Loss]:
    """Makes a loss of another `distance(x, y)` for this word."""
    return lambda distance: loss_of(find=lambda asked: distance if asked == word else found(asked))


MISTAKES.table(
    of_any_word,
    distance_ignored=(
        "distance_function is not used: the distance is Euclid's whatever was asked for.",
        lambda word, x, y: (euclid if word in DISTANCES else found(word))(x, y),
    ),
    unknown_is_euclid=(
        "An unknown word passes for Euclid's distance. Raise a ValueError.",
        lambda word, x, y: DISTANCES.get(word, euclid)(x, y),
    ),
    to_the_anchor=(
        "The distances go to the anchor, or KL has its weights on the wrong side. They go from the anchor, and the "
        "first argument holds the weights.",
        lambda word, x, y: found(word)(y, x),
    ),
)
MISTAKES.table(
    of_word(None),
    none_is_squared=(
        "None is the squared distance here. torch takes `pairwise_distance`.",
        lambda x, y: (x - y).square().sum(-1),
    ),
    none_without_eps=(
        "None has no eps, and the distance of equal vectors has a NaN gradient. torch adds 1e-6 to every difference.",
        lambda x, y: (x - y).square().sum(-1).sqrt(),
    ),
    none_is_cosine=("None is 1 - cos here. torch takes `pairwise_distance`.", cosine_distance),
)
MISTAKES.table(
    of_word("squared"),
    squared_with_root=(
        "'squared' has a root: this is Euclid's distance.",
        lambda x, y: (x - y).norm(dim=-1),
    ),
    squared_averaged=(
        "'squared' is averaged over the dimensions. It is a sum.",
        lambda x, y: (x - y).square().mean(-1),
    ),
)
MISTAKES.table(
    of_word("manhattan"),
    manhattan_is_largest=(
        "'manhattan' is the largest difference. It is the sum of the sizes.",
        lambda x, y: (x - y).abs().amax(-1),
    ),
    manhattan_signed=(
        "'manhattan' adds up the differences with their signs, which cancel. It is the sum of the sizes.",
        lambda x, y: (x - y).sum(-1).abs(),
    ),
)
MISTAKES.table(
    of_word("cosine"),
    similarity_for_distance=(
        "'cosine' is the similarity, which is largest for what is alike. A distance is 1 - cos.",
        lambda x, y: 1 - cosine_distance(x, y),
        "COS6",
    ),
    cosine_is_dot_product=(
        "'cosine' lacks the lengths: 1 less a dot product.",
        lambda x, y: 1 - (x * y).sum(-1),
    ),
    cosine_halved=(
        "'cosine' is halved to lie between 0 and 1. 1 - cos goes up to 2.",
        lambda x, y: cosine_distance(x, y) / 2,
        "COS6",
    ),
)
MISTAKES.table(
    of_word("kl"),
    kl_is_cross_entropy=(
        "'kl' is the cross-entropy -Σ x ln y: the entropy of x is not taken off.",
        lambda x, y: -(x * y.log()).sum(-1),
    ),
    kl_symmetric=(
        "'kl' is the mean of both ways. It is one way, from x to y.",
        lambda x, y: (found("kl")(x, y) + found("kl")(y, x)) / 2,
    ),
)

# ---- margin and hinge ------------------------------------------------------------------------------------------------

MISTAKES.table(
    loss_of,
    roles_swapped=("Positive and negative have changed places.", lambda m, near, far: hinge(m, far, near)),
    **OTHER_HINGES,
    **AT_KINK,
)

# ---- swap ------------------------------------------------------------------------------------------------------------

MISTAKES.table(
    lambda choose: loss_of(choose=choose),
    swap_ignored=(
        "swap is not used. It takes the smaller of two distances to the negative.",
        lambda d, a, p, n: d(a, n),
    ),
    swap_is_maximum=(
        "swap takes the larger of the two distances. It takes the smaller, the harder one.",
        lambda d, a, p, n: torch.maximum(d(a, n), d(p, n)),
    ),
    always_swapped=(
        "swap always takes the distance from the positive. It does so only where that is smaller.",
        lambda d, a, p, n: d(p, n),
    ),
    swap_from_negative=(
        "swap measures from the negative to the positive. With KL the way back is another: torch goes from the "
        "positive.",
        lambda d, a, p, n: torch.minimum(d(a, n), d(n, p)),
    ),
    swap_is_euclid=(
        "swap measures from the positive to the negative with Euclid's distance, not with the one that was asked for.",
        lambda d, a, p, n: torch.minimum(d(a, n), euclid(p, n)),
    ),
)

# ---- around it -------------------------------------------------------------------------------------------------------

MISTAKES.table(
    zero_margin_passes=(
        "A margin of 0 passes. torch refuses it: everything could go to one point.",
        lambda *vectors, margin=1.0, **flags: spec(*vectors, margin=margin or 1e-30, **flags),
        "TRI8",
    ),
    negative_margin_passes=(
        "A negative margin passes. torch refuses it.",
        lambda *vectors, margin=1.0, **flags: spec(*vectors, margin=1e-30 if margin < 0 else margin, **flags),
        "TRI8",
    ),
    any_margin_passes=(
        "Both a margin of 0 and a negative one pass. torch refuses them.",
        lambda *vectors, margin=1.0, **flags: spec(*vectors, margin=max(margin, 1e-30), **flags),
        "TRI8",
    ),
    any_dimensions=(
        "Whatever broadcasts passes. torch asks for the same number of dimensions.",
        lambda *vectors, **flags: spec(*lifted(*vectors), **flags),
    ),
    second_dimension=(
        "The sums run over dimension 1. Vectors lie in the last one, whatever its number is.",
        lambda *vectors, **flags: spec(*with_dimension_1_last(*vectors), **flags),
    ),
)
other_default(
    MISTAKES, "small_margin_by_default", "Where no margin is given, it is 0.2 here. torch's default is 1.", margin=0.2
)
other_default(
    MISTAKES,
    "swap_by_default",
    "Where swap is not given, the smaller distance is taken. torch's default is False.",
    swap=True,
)
