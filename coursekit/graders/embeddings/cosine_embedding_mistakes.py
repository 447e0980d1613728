"""What goes wrong in `cosine_embedding_loss`."""

from __future__ import annotations

import torch
from torch import Tensor

from coursekit.exercise import Mistakes, detached, other_default, reduced, with_defaults
from coursekit.graders.embeddings.common import reduction_mistakes
from coursekit.graders.embeddings.cosine_embedding_spec import cosines, formula, loss_of, spec

MISTAKES = Mistakes(spec)

reduction_mistakes(MISTAKES, "pairs that are as they should be")

MISTAKES.table(
    loss_of,
    similarity_for_loss=(
        "This is the cosine for target 1, which is largest where the pair is right. The loss is 1 - cos.",
        lambda cos, y, m: torch.where(y == 1, cos, formula(cos, y, m)),
    ),
    minus_cosine=(
        "This is minus the cosine for target 1, which is Keras's loss. torch's is 1 - cos: it is 0 at its best.",
        lambda cos, y, m: torch.where(y == 1, -cos, formula(cos, y, m)),
        "K11",
    ),
    halved=(
        "1 - cos is halved, to lie between 0 and 1. torch's loss goes up to 2: that is what opposite directions cost.",
        lambda cos, y, m: torch.where(y == 1, (1 - cos) / 2, formula(cos, y, m)),
        "COS6",
    ),
    clipped=(
        "1 - cos is cut off at 1. Opposite directions cost 2: they are further from right than a right angle.",
        lambda cos, y, m: torch.where(y == 1, (1 - cos).clamp(max=1), formula(cos, y, m)),
        "COS6",
    ),
    squared=("The losses are squared. torch's are not.", lambda cos, y, m: formula(cos, y, m).square(), "COS6"),
    margin_ignored=(
        "The margin is not used. A pair with target -1 costs what its cosine exceeds the margin by.",
        lambda cos, y, m: formula(cos, y, 0.0),
        "COS3",
    ),
    pushed_to_opposite=(
        "Pairs with target -1 cost 1 + cos, down to opposite directions. torch asks no more of them than a cosine of "
        "the margin: max(0, cos - margin).",
        lambda cos, y, m: torch.where(y == -1, 1 + cos, formula(cos, y, m)),
        "COS3",
    ),
    not_cut_off=(
        "Pairs with target -1 cost cos - margin even below the margin, where it is negative. Cut it off at 0.",
        lambda cos, y, m: torch.where(y == -1, cos - m, formula(cos, y, m)),
    ),
    margin_added=(
        "The margin has the wrong sign: the cost is the cosine less the margin, so a larger margin costs less.",
        lambda cos, y, m: formula(cos, y, -m),
    ),
    pulled_to_margin=(
        "Pairs with target -1 cost margin - cos: the nearer they are, the less. It is the other way round.",
        lambda cos, y, m: torch.where(y == -1, (m - cos).clamp(min=0), formula(cos, y, m)),
    ),
    margin_for_both=(
        "The margin is taken off pairs with target 1 as well. It is for target -1 only.",
        lambda cos, y, m: torch.where(y == 1, (1 - m - cos).clamp(min=0), formula(cos, y, m)),
    ),
    cut_off_first=(
        "Below the margin a pair with target -1 still costs: the cosine is compared with 0, then the margin is taken "
        "off.",
        lambda cos, y, m: torch.where(y == -1, cos.clamp(min=0) - m, formula(cos, y, m)),
    ),
    size_of_cosine=(
        "The absolute value of the cosine is used for target -1. Opposite directions are as far apart as can be.",
        lambda cos, y, m: torch.where(y == -1, (cos.abs() - m).clamp(min=0), formula(cos, y, m)),
    ),
    senses_swapped=(
        "The two targets have changed places: 1 is for pairs that belong together.",
        lambda cos, y, m: formula(cos, -y, m),
    ),
    for_zero_and_one=(
        "This is made for targets of 1 and 0: t · (1 - cos) + (1 - t) · max(0, cos - margin). Here a pair that does "
        "not belong together has the target -1.",
        (
            lambda cos, y, m: y * (1 - cos) + (1 - y) * (cos - m).clamp(min=0),
            lambda cos, y, m: torch.where(y == 1, 1 - cos, torch.where(y == 0, (cos - m).clamp(min=0), 0.0)),
        ),
    ),
    others_are_apart=(
        "Every target but 1 is taken for -1. In torch a target of 0 costs nothing: compare with -1 as well.",
        lambda cos, y, m: formula(cos, torch.where(y == 1, 1, -1), m),
        "COS1",
    ),
    others_are_together=(
        "Every target but -1 is taken for 1. In torch a target of 0 costs nothing: compare with 1 as well.",
        lambda cos, y, m: formula(cos, torch.where(y == -1, -1, 1), m),
        "COS1",
    ),
    target_is_a_factor=(
        "The target is a factor here, so a target of 2 counts twice. torch asks whether it is 1 or -1.",
        lambda cos, y, m: y.abs() * formula(cos, y.sign(), m),
        "COS1",
    ),
    relu_at_margin=(
        "The slope at a cosine of exactly the margin is 0, as `relu` has it. In torch it is 1: `clamp(min=0)`.",
        lambda cos, y, m: torch.where(y == -1, torch.relu(cos - m), formula(cos, y, m)),
    ),
    maximum_at_margin=(
        "The slope at a cosine of exactly the margin is ½, as `maximum` has it. In torch it is 1: `clamp(min=0)`.",
        lambda cos, y, m: torch.where(y == -1, torch.maximum(cos - m, torch.zeros_like(cos)), formula(cos, y, m)),
    ),
)

# other ways to divide by the lengths
MISTAKES.table(
    lambda cosine: loss_of(formula, cosine),
    dot_product=(
        "The lengths are missing: a dot product grows with the vectors. Divide by both.",
        lambda a, b: (a * b).sum(-1),
    ),
    divided_by_one_length=(
        "The product is divided by the length of one of the two. Divide by both.",
        (
            lambda a, b: (a * b).sum(-1) / (a.square().sum(-1) + 1e-12).sqrt(),
            lambda a, b: (a * b).sum(-1) / (b.square().sum(-1) + 1e-12).sqrt(),
        ),
    ),
    divided_by_squares=(
        "The product is divided by the squared lengths. The root is missing.",
        lambda a, b: (a * b).sum(-1) / ((a.square().sum(-1) + 1e-12) * (b.square().sum(-1) + 1e-12)),
    ),
    as_cosine_similarity=(
        "Each length is kept at 1e-8 or above, as in torch's `cosine_similarity`. This loss adds 1e-12 to each "
        "squared length, which a length of 1e-7 feels.",
        lambda a, b: (a * b).sum(-1) / a.norm(dim=-1).clamp(min=1e-8) / b.norm(dim=-1).clamp(min=1e-8),
        "COS2",
    ),
    no_eps=(
        "Nothing guards against a vector of zeros: NaN. 1e-12 goes to each squared length.",
        lambda a, b: (a * b).sum(-1) / (a.square().sum(-1) * b.square().sum(-1)).sqrt(),
        "COS4",
    ),
    eps_on_length=(
        "1e-12 is added to each length. It goes to the squared length, before the root: 1e-12 there is a length of "
        "1e-6.",
        lambda a, b: (a * b).sum(-1) / (a.norm(dim=-1) + 1e-12) / (b.norm(dim=-1) + 1e-12),
        "COS2",
    ),
    eps_on_product=(
        "1e-12 is added to the product of the squared lengths. It goes to each of the two, before they are multiplied.",
        lambda a, b: (a * b).sum(-1) / (a.square().sum(-1) * b.square().sum(-1) + 1e-12).sqrt(),
    ),
    bounded_at_eps=(
        "The squared lengths are kept at 1e-12 or above. torch adds 1e-12 to them, which a length of 1e-6 feels.",
        lambda a, b: (
            (a * b).sum(-1) / (a.square().sum(-1).clamp(min=1e-12) * b.square().sum(-1).clamp(min=1e-12)).sqrt()
        ),
    ),
    eps_too_large=(
        "1e-8 is added to each squared length. torch adds 1e-12.",
        lambda a, b: (a * b).sum(-1) / ((a.square().sum(-1) + 1e-8) * (b.square().sum(-1) + 1e-8)).sqrt(),
    ),
    eps_too_small=(
        "1e-16 is added to each squared length. torch adds 1e-12.",
        lambda a, b: (a * b).sum(-1) / ((a.square().sum(-1) + 1e-16) * (b.square().sum(-1) + 1e-16)).sqrt(),
    ),
    eps_on_one_side=(
        "1e-12 is on the squared length of the first vector only. Both have it.",
        lambda a, b: (a * b).sum(-1) / ((a.square().sum(-1) + 1e-12) * b.square().sum(-1)).sqrt(),
    ),
)


def whatever_broadcasts(input1: Tensor, input2: Tensor, target: Tensor, margin: float, reduction: str) -> Tensor:
    """The loss without a look at the shapes."""
    return reduced(formula(cosines(input1, input2), target, margin), reduction)


MISTAKES.table(
    with_defaults(MISTAKES),
    column_of_targets=(
        "A target (N, 1) passes. Beside N cosines it broadcasts to N × N losses; torch refuses it.",
        lambda a, b, y, *flags: (whatever_broadcasts if y.ndim == a.ndim == 2 else spec)(a, b, y, *flags),
        "COS5",
    ),
    any_shapes=(
        "Shapes are not looked at: whatever broadcasts passes. torch takes (N,) beside (N, D) and () beside (D,), and "
        "refuses all else.",
        whatever_broadcasts,
        "COS5",
    ),
)


@MISTAKES(
    "One target for the whole batch, shape (1,), is refused or counts for the first pair only. torch broadcasts it."
)
def one_target_refused(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: str = "mean"
) -> Tensor:
    if target.ndim == 1 and len(target) != len(input1):
        raise ValueError("target and inputs differ in length")
    return spec(input1, input2, target, margin, reduction)


other_default(
    MISTAKES,
    "half_by_default",
    "Where no margin is given, it is 0.5 here. torch's default is 0: pairs that do not belong together are "
    "asked for a right angle.",
    margin=0.5,
)
detached(
    MISTAKES,
    "input2",
    "No gradient flows to input2. torch's does: a vector that is not to move is detached by the caller.",
    "second_detached",
)

MISTAKES.terms(
    loss_of,
    together=("the loss of the pairs that belong together", lambda cos, t, margin: formula(cos, (t == 1) * t, margin)),
    apart=("the loss of the pairs that do not", lambda cos, t, margin: formula(cos, (t == -1) * t, margin)),
)


MISTAKES.table(
    loss_of,
    angle_for_cosine=(
        "The angle itself is used, by `arccos`. The loss is of its cosine.",
        lambda cos, t, margin: (
            torch.where(t == 1, cos.clamp(-1, 1).acos(), 0.0)
            + torch.where(t == -1, (margin - cos.clamp(-1, 1).acos()).clamp(min=0), 0.0)
        ),
    ),
    half_margin=(
        "The margin counts half or twice.",
        (
            lambda cos, t, margin: formula(cos, t, margin / 2),
            lambda cos, t, margin: formula(cos, t, 2 * margin),
        ),
    ),
    margin_as_floor=(
        "The margin is a minimum of the loss, or is added after the cut.",
        (
            lambda cos, t, margin: torch.where(t == -1, cos.clamp(min=margin), formula(cos, t, margin)),
            lambda cos, t, margin: torch.where(t == -1, cos.clamp(min=0) - margin, formula(cos, t, margin)),
            lambda cos, t, margin: torch.where(t == -1, cos.clamp(min=0) + margin, formula(cos, t, margin)),
        ),
    ),
    squared_apart=(
        "What exceeds the margin is squared. It is taken as it is.",
        lambda cos, t, margin: torch.where(t == -1, formula(cos, t, margin).square(), formula(cos, t, margin)),
    ),
)
MISTAKES.table(
    loss_of,
    apart_as_together=(
        "Pairs with target -1 cost 1 - cos, as those that belong together. They should cost max(0, cos - margin).",
        lambda cos, t, margin: torch.where(t == -1, 1 - cos, formula(cos, t, margin)),
    ),
    together_squared=(
        "The loss of the pairs that belong together is squared, or halved.",
        lambda cos, t, margin: torch.where(t == 1, (1 - cos).square(), formula(cos, t, margin)),
    ),
    margin_multiplies=(
        "The margin multiplies. It is taken off the cosine.",
        (
            lambda cos, t, margin: torch.where(t == -1, (cos * (1 - margin)).clamp(min=0), formula(cos, t, margin)),
            lambda cos, t, margin: torch.where(t == -1, (cos * margin).clamp(min=0), formula(cos, t, margin)),
        ),
    ),
)
MISTAKES.table(
    loss_of,
    size_of_excess=(
        "The absolute value of cos - margin is used for target -1: opposite directions cost. Cut off at 0.",
        lambda cos, t, margin: torch.where(t == -1, (cos - margin).abs(), formula(cos, t, margin)),
    ),
)
