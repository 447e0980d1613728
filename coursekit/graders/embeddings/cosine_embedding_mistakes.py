"""What goes wrong in `cosine_embedding_loss`."""

from __future__ import annotations

import torch
from torch import Tensor

from coursekit.exercise import reduced
from coursekit.graders.embeddings.common import Loss, reduction_mistakes
from coursekit.graders.embeddings.cosine_embedding import cosine_embedding_loss, cosines, formula, loss_of, spec

reduction_mistakes(cosine_embedding_loss, "pairs that are as they should be")

wrong = cosine_embedding_loss.misconceptions.formula(loss_of)


@wrong("This is the cosine for target 1, which is largest where the pair is right. The loss is 1 - cos.")
def similarity_for_loss(cos: Tensor, target: Tensor, margin: float) -> Tensor:
    return torch.where(target == 1, cos, formula(cos, target, margin))


@wrong("This is minus the cosine for target 1, which is Keras's loss. torch's is 1 - cos: it is 0 at its best.")  # K11
def minus_cosine(cos: Tensor, target: Tensor, margin: float) -> Tensor:
    return torch.where(target == 1, -cos, formula(cos, target, margin))


@wrong(  # COS6
    "1 - cos is halved, to lie between 0 and 1. torch's loss goes up to 2: that is what opposite directions cost."
)
def halved(cos: Tensor, target: Tensor, margin: float) -> Tensor:
    return torch.where(target == 1, (1 - cos) / 2, formula(cos, target, margin))


@wrong("1 - cos is cut off at 1. Opposite directions cost 2: they are further from right than a right angle.")  # COS6
def clipped(cos: Tensor, target: Tensor, margin: float) -> Tensor:
    return torch.where(target == 1, (1 - cos).clamp(max=1), formula(cos, target, margin))


@wrong("The losses are squared. torch's are not.")  # COS6
def squared(cos: Tensor, target: Tensor, margin: float) -> Tensor:
    return formula(cos, target, margin).square()


@wrong(  # COS3
    "The margin is not used. A pair with target -1 costs what its cosine exceeds the margin by."
)
def margin_ignored(cos: Tensor, target: Tensor, margin: float) -> Tensor:
    return formula(cos, target, 0.0)


@wrong(  # COS3
    "Pairs with target -1 cost 1 + cos, down to opposite directions. torch asks no more of them than a cosine of the "
    "margin: max(0, cos - margin)."
)
def pushed_to_opposite(cos: Tensor, target: Tensor, margin: float) -> Tensor:
    return torch.where(target == -1, 1 + cos, formula(cos, target, margin))


@wrong("Pairs with target -1 cost cos - margin even below the margin, where it is negative. Cut it off at 0.")
def not_cut_off(cos: Tensor, target: Tensor, margin: float) -> Tensor:
    return torch.where(target == -1, cos - margin, formula(cos, target, margin))


@wrong("The margin has the wrong sign: the cost is the cosine less the margin, so a larger margin costs less.")
def margin_added(cos: Tensor, target: Tensor, margin: float) -> Tensor:
    return formula(cos, target, -margin)


@wrong("Pairs with target -1 cost margin - cos: the nearer they are, the less. It is the other way round.")
def pulled_to_margin(cos: Tensor, target: Tensor, margin: float) -> Tensor:
    return torch.where(target == -1, (margin - cos).clamp(min=0), formula(cos, target, margin))


@wrong("The margin is taken off pairs with target 1 as well. It is for target -1 only.")
def margin_for_both(cos: Tensor, target: Tensor, margin: float) -> Tensor:
    return torch.where(target == 1, (1 - margin - cos).clamp(min=0), formula(cos, target, margin))


@wrong(
    "Below the margin a pair with target -1 still costs: the cosine is compared with 0, then the margin is taken off."
)
def cut_off_first(cos: Tensor, target: Tensor, margin: float) -> Tensor:
    return torch.where(target == -1, cos.clamp(min=0) - margin, formula(cos, target, margin))


@wrong("The absolute value of the cosine is used for target -1. Opposite directions are as far apart as can be.")
def size_of_cosine(cos: Tensor, target: Tensor, margin: float) -> Tensor:
    return torch.where(target == -1, (cos.abs() - margin).clamp(min=0), formula(cos, target, margin))


@wrong("The two targets have changed places: 1 is for pairs that belong together.")
def senses_swapped(cos: Tensor, target: Tensor, margin: float) -> Tensor:
    return formula(cos, -target, margin)


@wrong(  # COS1
    "Every target but 1 is taken for -1. In torch a target of 0 costs nothing: compare with -1 as well."
)
def others_are_apart(cos: Tensor, target: Tensor, margin: float) -> Tensor:
    return formula(cos, torch.where(target == 1, 1, -1), margin)


@wrong("Every target but -1 is taken for 1. In torch a target of 0 costs nothing: compare with 1 as well.")  # COS1
def others_are_together(cos: Tensor, target: Tensor, margin: float) -> Tensor:
    return formula(cos, torch.where(target == -1, -1, 1), margin)


@wrong("The target is a factor here, so a target of 2 counts twice. torch asks whether it is 1 or -1.")  # COS1
def target_is_a_factor(cos: Tensor, target: Tensor, margin: float) -> Tensor:
    sign = target.sign()
    return target.abs() * formula(cos, sign, margin)


@wrong("The slope at a cosine of exactly the margin is 0, as `relu` has it. In torch it is 1: `clamp(min=0)`.")
def relu_at_margin(cos: Tensor, target: Tensor, margin: float) -> Tensor:
    return torch.where(target == -1, torch.relu(cos - margin), formula(cos, target, margin))


@wrong("The slope at a cosine of exactly the margin is ½, as `maximum` has it. In torch it is 1: `clamp(min=0)`.")
def maximum_at_margin(cos: Tensor, target: Tensor, margin: float) -> Tensor:
    return torch.where(target == -1, torch.maximum(cos - margin, torch.zeros_like(cos)), formula(cos, target, margin))


def with_lengths(explanation: str, name: str, cosine: Loss) -> None:
    """Registers another way to divide by the lengths."""
    cosine_embedding_loss.misconception(explanation, name)(loss_of(formula, cosine))


with_lengths(
    "The lengths are missing: a dot product grows with the vectors. Divide by both.",
    "dot_product",
    lambda a, b: (a * b).sum(-1),
)
with_lengths(  # COS2
    "Each length is kept at 1e-8 or above, as in torch's `cosine_similarity`. This loss adds 1e-12 to each "
    "squared length, which a length of 1e-7 feels.",
    "as_cosine_similarity",
    lambda a, b: (a * b).sum(-1) / a.norm(dim=-1).clamp(min=1e-8) / b.norm(dim=-1).clamp(min=1e-8),
)
with_lengths(  # COS4
    "Nothing guards against a vector of zeros: NaN. 1e-12 goes to each squared length.",
    "no_eps",
    lambda a, b: (a * b).sum(-1) / (a.square().sum(-1) * b.square().sum(-1)).sqrt(),
)
with_lengths(  # COS2
    "1e-12 is added to each length. It goes to the squared length, before the root: 1e-12 there is a length of 1e-6.",
    "eps_on_length",
    lambda a, b: (a * b).sum(-1) / (a.norm(dim=-1) + 1e-12) / (b.norm(dim=-1) + 1e-12),
)
with_lengths(
    "1e-12 is added to the product of the squared lengths. It goes to each of the two, before they are multiplied.",
    "eps_on_product",
    lambda a, b: (a * b).sum(-1) / (a.square().sum(-1) * b.square().sum(-1) + 1e-12).sqrt(),
)
with_lengths(
    "The squared lengths are kept at 1e-12 or above. torch adds 1e-12 to them, which a length of 1e-6 feels.",
    "bounded_at_eps",
    lambda a, b: (a * b).sum(-1) / (a.square().sum(-1).clamp(min=1e-12) * b.square().sum(-1).clamp(min=1e-12)).sqrt(),
)
with_lengths(
    "1e-8 is added to each squared length. torch adds 1e-12.",
    "eps_too_large",
    lambda a, b: (a * b).sum(-1) / ((a.square().sum(-1) + 1e-8) * (b.square().sum(-1) + 1e-8)).sqrt(),
)
with_lengths(
    "1e-16 is added to each squared length. torch adds 1e-12.",
    "eps_too_small",
    lambda a, b: (a * b).sum(-1) / ((a.square().sum(-1) + 1e-16) * (b.square().sum(-1) + 1e-16)).sqrt(),
)
with_lengths(
    "1e-12 is on the squared length of the first vector only. Both have it.",
    "eps_on_one_side",
    lambda a, b: (a * b).sum(-1) / ((a.square().sum(-1) + 1e-12) * b.square().sum(-1)).sqrt(),
)


@cosine_embedding_loss.misconception(  # COS5
    "A target (N, 1) passes. Beside N cosines it broadcasts to N × N losses; torch refuses it."
)
def column_of_targets(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: str = "mean"
) -> Tensor:
    if target.ndim == 2 and input1.ndim == 2:
        return reduced(formula(cosines(input1, input2), target, margin), reduction)
    return spec(input1, input2, target, margin, reduction)


@cosine_embedding_loss.misconception(  # COS5
    "Shapes are not looked at: whatever broadcasts passes. torch takes (N,) beside (N, D) and () beside (D,), and "
    "refuses all else."
)
def any_shapes(input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: str = "mean") -> Tensor:
    return reduced(formula(cosines(input1, input2), target, margin), reduction)


@cosine_embedding_loss.misconception(
    "One target for the whole batch, shape (1,), is refused or counts for the first pair only. torch broadcasts it."
)
def one_target_refused(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: str = "mean"
) -> Tensor:
    if target.ndim == 1 and len(target) != len(input1):
        raise ValueError("target and inputs differ in length")
    return spec(input1, input2, target, margin, reduction)


@cosine_embedding_loss.misconception(
    "The default margin is 0.5. torch's default is 0: pairs that do not belong together are asked for a right angle."
)
def half_by_default(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.5, reduction: str = "mean"
) -> Tensor:
    return spec(input1, input2, target, margin, reduction)


@cosine_embedding_loss.misconception(
    "No gradient flows to input2. torch's does: a vector that is not to move is detached by the caller."
)
def second_detached(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: str = "mean"
) -> Tensor:
    return spec(input1, input2.detach(), target, margin, reduction)
