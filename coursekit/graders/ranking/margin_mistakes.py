"""What goes wrong in `margin_ranking_loss`."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nan

from coursekit.exercise import Loss, Mistakes, always_float32, detached, other_default, reduced
from coursekit.graders.ranking.common import DTYPE_LOST, reduction_mistakes, surprise
from coursekit.graders.ranking.margin_spec import margin_ranking_spec, missing, same_dimensions

MISTAKES = wrong = Mistakes(margin_ranking_spec)

always_float32(wrong, DTYPE_LOST)
reduction_mistakes(wrong)


@wrong.of_losses(
    "The mean is over the comparisons that cost something. torch divides by the number of all: those that are settled "
    "pull the mean down, and so it shows how much is settled."
)
def mean_of_what_costs(losses: Tensor, word: str) -> Tensor:
    if word != "mean":
        return reduced(losses, word)
    return losses.sum() / ((losses != 0).sum() if losses.numel() else nan)


def assembled(formula: Loss) -> Loss:
    """`formula(input1, input2, target, margin)` with dimensions and reductions as they should be."""

    def loss(input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, reduction: str = "mean") -> Tensor:
        same_dimensions(input1, input2, target)
        return reduced(formula(input1, input2, target, margin), reduction)

    return loss


def of_missing(formula: Loss) -> Loss:
    """A loss of what is missing to the margin."""
    return assembled(lambda *args: formula(missing(*args)))


# ---- the formula -------------------------------------------------------------------------------------------------

wrong.table(
    assembled,
    wrong_order_rewarded=(
        "The sign is turned: the wrong order costs nothing, and the right one is punished. With target 1, input1 "
        "should be larger: what is missing is margin - target · (input1 - input2).",
        lambda a, b, y, margin: (y * (a - b) + margin).clamp(min=0),
        "MR5",
    ),
    margin_taken_off=(
        "The margin is taken off. It is added: the right one should lead by at least so much.",
        lambda a, b, y, margin: missing(a, b, y, -margin).clamp(min=0),
    ),
    margin_ignored=("The margin is not used.", lambda a, b, y, margin: missing(a, b, y, 0).clamp(min=0)),
    margin_turns_with_target=(
        "The margin stands inside the product with the target, so with target -1 it works backwards. It is added after "
        "that product.",
        lambda a, b, y, margin: (-y * (a - b - margin)).clamp(min=0),
    ),
    margin_turns_with_lead=(
        "The margin stands inside the product with the target, on the side of the lead, so with target 1 it works "
        "backwards. It is added after that product.",
        lambda a, b, y, margin: (-y * (a - b + margin)).clamp(min=0),
    ),
    margin_after_hinge=(
        "The margin is added after the hinge, so that even the clearest order costs it. It belongs inside.",
        lambda a, b, y, margin: missing(a, b, y, 0).clamp(min=0) + margin,
    ),
    margin_as_floor=(
        "The margin is a minimum of the loss here. It belongs inside the hinge, where a large lead makes up for it.",
        lambda a, b, y, margin: missing(a, b, y, 0).clamp(min=margin),
    ),
    zero_read_as_minus_one=(
        "A target of 0 is read as -1. torch's targets are 1 and -1: with 0 the scores drop out, and the margin is "
        "left, without a gradient.",
        lambda a, b, y, margin: missing(a, b, torch.where(y == 0, -1, y), margin).clamp(min=0),
        "MR3",
    ),
    zero_left_out=(
        "A target of 0 is left out, with a loss of 0. torch's formula leaves the margin there: targets are 1 and -1.",
        lambda a, b, y, margin: torch.where(y == 0, 0.0, missing(a, b, y, margin).clamp(min=0)),
        "MR3",
    ),
    sign_of_target=(
        "Only the sign of the target is used. torch multiplies with the target, whatever it is.",
        lambda a, b, y, margin: missing(a, b, y.sign(), margin).clamp(min=0),
    ),
    one_or_other=(
        "The target decides by whether it is 1, all others count as -1. torch multiplies with the target, whatever it "
        "is.",
        lambda a, b, y, margin: (margin - torch.where(y == 1, a - b, b - a)).clamp(min=0),
    ),
)
wrong.table(
    of_missing,
    no_hinge=(
        "The hinge is missing: a lead beyond the margin earns a negative loss, and one clear comparison pays for many "
        "wrong ones. Nothing below 0.",
        lambda z: z,
    ),
    kept_at_margin=(
        "The absolute value keeps the lead at exactly the margin. A larger lead costs nothing.",
        lambda z: z.abs(),
    ),
    squared=("This is squared. torch's hinge is a straight line.", lambda z: z.clamp(min=0) ** 2),
    soft_margin=(
        "This is smooth, ln(1 + e^z), the soft margin. A hinge is max(0, z).",
        lambda z: surprise(-z),
    ),
    counted=(
        "This counts the wrong comparisons, with a gradient of 0 everywhere. The loss is by how much they are wrong.",
        lambda z: (z > 0).to(z.dtype) + 0 * z,
    ),
    capped=(
        "The loss is capped at 1: a comparison that is badly wrong has no gradient. A hinge goes on.",
        lambda z: z.clamp(0, 1),
    ),
)

# ---- at the edge -------------------------------------------------------------------------------------------------

wrong.table(
    of_missing,
    relu_at_the_edge=(
        "The value is right, and exactly at the edge the gradient is 0, that of `relu` or of a strict `>`. torch's is "
        "that of the side above (`clamp`): equal scores with margin 0 would never start to move.",
        lambda z: z.relu(),
        "MR4",
    ),
    half_at_the_edge=(
        "The value is right, and exactly at the edge the gradient is half of torch's: `torch.maximum` shares it "
        "between its two sides. `clamp` gives all of it.",
        lambda z: torch.maximum(z, torch.zeros_like(z)),
        "MR4",
    ),
)


@wrong(
    "The formula is right, and three things are left. Exactly at the edge the gradient of `relu` is 0, and torch's is "
    "that of the side above (`clamp`); unequal numbers of dimensions should be refused, and so should a reduction "
    "that does not exist.",
    covers="MR4 MR2",
)
def relu_and_nothing_refused(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, reduction: str = "mean"
) -> Tensor:
    losses = missing(input1, input2, target, margin).relu()
    return reduced(losses, reduction if reduction in ("none", "sum") else "mean")


# ---- shapes, gradients, defaults ---------------------------------------------------------------------------------

wrong.table(
    dimensions_unasked=(
        "Unequal numbers of dimensions pass, and broadcast: (3, 1) against (3,) compares everything with everything. "
        "torch raises a RuntimeError since version 1.10.",
        lambda a, b, y, margin=0, reduction="mean": reduced(missing(a, b, y, margin).clamp(min=0), reduction),
        "MR2",
    ),
)


@wrong(
    "Only the two scores are asked for their dimensions. The target counts too: (3, 1), (3, 1) and (3,) are the "
    "article's 3 × 3 matrix."
)
def target_unasked(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, reduction: str = "mean"
) -> Tensor:
    same_dimensions(input1, input2, input2)
    return reduced(missing(input1, input2, target, margin).clamp(min=0), reduction)


@wrong(
    "The target is reshaped to fit the scores. torch refuses it: a target of another shape was meant otherwise, and "
    "nobody knows how.",
    covers="MR2",
)
def target_reshaped(input1: Tensor, input2: Tensor, target: Tensor, *args: Any, **flags: Any) -> Tensor:
    if target.numel() == input1.numel():
        target = target.reshape(input1.shape)
    return margin_ranking_spec(input1, input2, target, *args, **flags)


@wrong(
    "Equal shapes are demanded. Wise, but torch asks for equal numbers of dimensions only, and broadcasts: a drop-in "
    "does what it replaces.",
    covers="MR1",
)
def equal_shapes_demanded(input1: Tensor, input2: Tensor, target: Tensor, *args: Any, **flags: Any) -> Tensor:
    if not input1.shape == input2.shape == target.shape:
        raise RuntimeError("unequal shapes")
    return margin_ranking_spec(input1, input2, target, *args, **flags)


@wrong("Shapes that do not fit are cut to the shorter, as `zip` does.")
def cut_to_fit(input1: Tensor, input2: Tensor, target: Tensor, *args: Any, **flags: Any) -> Tensor:
    if input1.ndim and len(input1) != len(input2) and 1 not in (len(input1), len(input2)):
        rows = min(len(input1), len(input2))
        input1, input2, target = input1[:rows], input2[:rows], target[:rows]
    return margin_ranking_spec(input1, input2, target, *args, **flags)


detached(wrong, "input2", "No gradient flows to the second scores. A comparison pulls at both.", "second_detached")
detached(
    wrong,
    "target",
    "No gradient flows to the target. torch's does; a target that is not to be trained is detached by the caller.",
)
other_default(
    wrong,
    "margin_of_one_by_default",
    "Where no margin is given, it is 1 here, as in `hinge_embedding_loss`. torch's default is 0.",
    margin=1,
)
wrong.table(
    reduction_before_margin=(
        "By position the reduction comes before the margin here. torch's margin is the fourth argument.",
        lambda a, b, y, reduction="mean", margin=0: margin_ranking_spec(a, b, y, margin, reduction),
    ),
)
wrong.table(
    assembled,
    size_of_difference=(
        "The size of the difference is taken, so that the order does not count.",
        lambda a, b, y, margin: (-y * (a - b).abs() + margin).clamp(min=0),
    ),
    target_not_used=(
        "The target is not used: input1 should always be the larger one here.",
        lambda a, b, y, margin: (margin - (a - b)).clamp(min=0) + 0 * y,
    ),
    target_of_second_alone=(
        "The target multiplies one of the two scores only. It multiplies their difference.",
        (
            lambda a, b, y, margin: (margin - y * a + b).clamp(min=0),
            lambda a, b, y, margin: (margin - a + y * b).clamp(min=0),
        ),
    ),
    scores_added=(
        "The scores are added. It is their difference that counts.",
        lambda a, b, y, margin: (margin - y * (a + b)).clamp(min=0),
    ),
)
wrong.table(
    assembled,
    margin_multiplies=(
        "The margin multiplies. It is added.",
        lambda a, b, y, margin: (missing(a, b, y, 0) * margin).clamp(min=0),
    ),
    relative_lead=(
        "The difference is divided by the sizes of the scores. It is taken as it is.",
        lambda a, b, y, margin, *, eps=1e-8: (margin - y * (a - b) / (a.abs() + b.abs() + eps)).clamp(min=0),
    ),
)
wrong.table(of_missing, cut_from_above=("What is above 0 is cut off. What is below is.", lambda z: z.clamp(max=0)))
