"""What goes wrong in `margin_ranking_loss`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nan

from coursekit.exercise import reduced
from coursekit.graders.ranking.common import Loss, always_float32, of_losses, reduction_mistakes, surprise
from coursekit.graders.ranking.margin import margin_ranking_loss, margin_ranking_spec, missing, same_dimensions

always_float32(margin_ranking_loss)
reduction_mistakes(margin_ranking_loss)
wrong = margin_ranking_loss.misconception


@of_losses(
    margin_ranking_loss,
    "The mean is over the comparisons that cost something. torch divides by the number of all: those that are settled "
    "pull the mean down, and so it shows how much is settled.",
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


def of_scores(explanation: str) -> Callable[[Loss], None]:
    """Registers a wrong formula of one comparison."""

    def add(formula: Loss) -> None:
        wrong(explanation, formula.__name__)(assembled(formula))

    return add


def of_missing(explanation: str) -> Callable[[Callable[[Tensor], Tensor]], None]:
    """Registers what is made, wrongly, of what is missing to the margin."""

    def add(formula: Callable[[Tensor], Tensor]) -> None:
        wrong(explanation, formula.__name__)(assembled(lambda *args: formula(missing(*args))))

    return add


# ---- the formula -------------------------------------------------------------------------------------------------


@of_scores(  # MR5
    "The sign is turned: the wrong order costs nothing, and the right one is punished. With target 1, input1 should be "
    "larger: what is missing is margin - target · (input1 - input2)."
)
def wrong_order_rewarded(input1: Tensor, input2: Tensor, target: Tensor, margin: float) -> Tensor:
    return (target * (input1 - input2) + margin).clamp(min=0)


@of_scores("The margin is taken off. It is added: the right one should lead by at least so much.")
def margin_taken_off(input1: Tensor, input2: Tensor, target: Tensor, margin: float) -> Tensor:
    return missing(input1, input2, target, -margin).clamp(min=0)


@of_scores("The margin is not used.")
def margin_ignored(input1: Tensor, input2: Tensor, target: Tensor, margin: float) -> Tensor:
    return missing(input1, input2, target, 0).clamp(min=0)


@of_scores(
    "The margin stands inside the product with the target, so with target -1 it works backwards. It is added after "
    "that product."
)
def margin_turns_with_target(input1: Tensor, input2: Tensor, target: Tensor, margin: float) -> Tensor:
    return (-target * (input1 - input2 - margin)).clamp(min=0)


@of_scores("The margin is added after the hinge, so that even the clearest order costs it. It belongs inside.")
def margin_after_hinge(input1: Tensor, input2: Tensor, target: Tensor, margin: float) -> Tensor:
    return missing(input1, input2, target, 0).clamp(min=0) + margin


@of_scores("The margin is a minimum of the loss here. It belongs inside the hinge, where a large lead makes up for it.")
def margin_as_floor(input1: Tensor, input2: Tensor, target: Tensor, margin: float) -> Tensor:
    return missing(input1, input2, target, 0).clamp(min=margin)


@of_scores(  # MR3
    "A target of 0 is read as -1. torch's targets are 1 and -1: with 0 the scores drop out, and the margin is left, "
    "without a gradient."
)
def zero_read_as_minus_one(input1: Tensor, input2: Tensor, target: Tensor, margin: float) -> Tensor:
    target = torch.where(target == 0, -torch.ones_like(target), target)
    return missing(input1, input2, target, margin).clamp(min=0)


@of_scores(  # MR3
    "A target of 0 is left out, with a loss of 0. torch's formula leaves the margin there: targets are 1 and -1."
)
def zero_left_out(input1: Tensor, input2: Tensor, target: Tensor, margin: float) -> Tensor:
    return torch.where(target == 0, 0.0, missing(input1, input2, target, margin).clamp(min=0))


@of_scores("Only the sign of the target is used. torch multiplies with the target, whatever it is.")
def sign_of_target(input1: Tensor, input2: Tensor, target: Tensor, margin: float) -> Tensor:
    return missing(input1, input2, target.sign(), margin).clamp(min=0)


@of_scores(
    "The target decides by whether it is 1, all others count as -1. torch multiplies with the target, whatever it is."
)
def one_or_other(input1: Tensor, input2: Tensor, target: Tensor, margin: float) -> Tensor:
    lead = torch.where(target == 1, input1 - input2, input2 - input1)
    return (margin - lead).clamp(min=0)


@of_missing(
    "The hinge is missing: a lead beyond the margin earns a negative loss, and one clear comparison pays for many "
    "wrong ones. Nothing below 0."
)
def no_hinge(z: Tensor) -> Tensor:
    return z


@of_missing("The absolute value keeps the lead at exactly the margin. A larger lead costs nothing.")
def kept_at_margin(z: Tensor) -> Tensor:
    return z.abs()


@of_missing("This is squared. torch's hinge is a straight line.")
def squared(z: Tensor) -> Tensor:
    return z.clamp(min=0) ** 2


@of_missing("This is smooth, ln(1 + e^z), the soft margin. A hinge is max(0, z).")
def soft_margin(z: Tensor) -> Tensor:
    return surprise(-z)


@of_missing(
    "This counts the wrong comparisons, with a gradient of 0 everywhere. The loss is by how much they are wrong."
)
def counted(z: Tensor) -> Tensor:
    return (z > 0).to(z.dtype) + 0 * z


@of_missing("The loss is capped at 1: a comparison that is badly wrong has no gradient. A hinge goes on.")
def capped(z: Tensor) -> Tensor:
    return z.clamp(0, 1)


# ---- at the edge -------------------------------------------------------------------------------------------------


@of_missing(  # MR4
    "The value is right, and exactly at the edge the gradient is 0, that of `relu` or of a strict `>`. torch's is that "
    "of the side above (`clamp`): equal scores with margin 0 would never start to move."
)
def relu_at_the_edge(z: Tensor) -> Tensor:
    return z.relu()


@of_missing(  # MR4
    "The value is right, and exactly at the edge the gradient is half of torch's: `torch.maximum` shares it between "
    "its two sides. `clamp` gives all of it."
)
def half_at_the_edge(z: Tensor) -> Tensor:
    return torch.maximum(z, torch.zeros_like(z))


@wrong(  # MR4, MR2
    "The formula is right, and three things are left. Exactly at the edge the gradient of `relu` is 0, and torch's is "
    "that of the side above (`clamp`); unequal numbers of dimensions should be refused, and so should a reduction "
    "that does not exist."
)
def relu_and_nothing_refused(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, reduction: str = "mean"
) -> Tensor:
    losses = missing(input1, input2, target, margin).relu()
    return reduced(losses, reduction if reduction in ("none", "sum") else "mean")


# ---- shapes, gradients, defaults ---------------------------------------------------------------------------------


@wrong(  # MR2
    "Unequal numbers of dimensions pass, and broadcast: (3, 1) against (3,) compares everything with everything. torch "
    "raises a RuntimeError since version 1.10."
)
def dimensions_unasked(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, reduction: str = "mean"
) -> Tensor:
    return reduced(missing(input1, input2, target, margin).clamp(min=0), reduction)


@wrong(
    "Only the two scores are asked for their dimensions. The target counts too: (3, 1), (3, 1) and (3,) are the "
    "article's 3 × 3 matrix."
)
def target_unasked(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, reduction: str = "mean"
) -> Tensor:
    same_dimensions(input1, input2, input2)
    return reduced(missing(input1, input2, target, margin).clamp(min=0), reduction)


@wrong(  # MR2
    "The target is reshaped to fit the scores. torch refuses it: a target of another shape was meant otherwise, and "
    "nobody knows how."
)
def target_reshaped(input1: Tensor, input2: Tensor, target: Tensor, *args: Any, **flags: Any) -> Tensor:
    if target.numel() == input1.numel():
        target = target.reshape(input1.shape)
    return margin_ranking_spec(input1, input2, target, *args, **flags)


@wrong(  # MR1
    "Equal shapes are demanded. Wise, but torch asks for equal numbers of dimensions only, and broadcasts: a drop-in "
    "does what it replaces."
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


@wrong("No gradient flows to the second scores. A comparison pulls at both.")
def second_detached(input1: Tensor, input2: Tensor, *args: Any, **flags: Any) -> Tensor:
    return margin_ranking_spec(input1, input2.detach(), *args, **flags)


@wrong("No gradient flows to the target. torch's does; a target that is not to be trained is detached by the caller.")
def target_detached(input1: Tensor, input2: Tensor, target: Tensor, *args: Any, **flags: Any) -> Tensor:
    return margin_ranking_spec(input1, input2, target.detach(), *args, **flags)


@wrong("The default margin is 1 here, as in `hinge_embedding_loss`. Here torch's default is 0.")
def margin_of_one_by_default(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 1, reduction: str = "mean"
) -> Tensor:
    return margin_ranking_spec(input1, input2, target, margin, reduction)


@wrong("By position the reduction comes before the margin here. torch's margin is the fourth argument.")
def reduction_before_margin(
    input1: Tensor, input2: Tensor, target: Tensor, reduction: str = "mean", margin: float = 0
) -> Tensor:
    return margin_ranking_spec(input1, input2, target, margin, reduction)
