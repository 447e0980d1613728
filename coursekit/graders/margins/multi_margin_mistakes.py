"""What goes wrong in `multi_margin_loss`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from coursekit.graders.margins.common import Loss, hinge, sample_mistakes
from coursekit.graders.margins.multi_margin import assembled, multi_margin_loss, multi_margin_spec, others, sample_loss
from coursekit.reductions import reduced, wrong_words

wrong_words(multi_margin_loss)
sample_mistakes(multi_margin_loss)


def wrong(explanation: str) -> Callable[[Loss], Loss]:
    """Adds a mistake in the loss of one sample: a function of what `sample_loss` takes."""

    def add(own: Loss) -> Loss:
        multi_margin_loss.misconception(explanation, own.__name__)(assembled(own))
        return own

    return add


def times(loss: Tensor, factor: Tensor | None) -> Tensor:
    """The loss of a sample times the factor of its class."""
    return loss if factor is None else factor * loss


def wrong_gap(explanation: str) -> Callable[[Loss], Loss]:
    """Adds a mistake in what the gaps of one sample cost before the factor: a function of row, right, p and margin."""

    def add(own: Loss) -> Loss:
        def sample(row: Tensor, right: int, p: int, margin: float, factor: Tensor | None) -> Tensor:
            return times(own(row, right, p, margin), factor)

        multi_margin_loss.misconception(explanation, own.__name__)(assembled(sample))
        return own

    return add


def gaps(row: Tensor, right: int, margin: float) -> Tensor:
    """How much each other class is too close, negative where it is not."""
    return margin - row[right] + others(row, right)


@wrong_gap(  # MM1
    "The right class is compared with itself: that adds margin^p / C to every sample, and no loss is ever 0. Leave it "
    "out of the sum."
)
def includes_itself(row: Tensor, right: int, p: int, margin: float) -> Tensor:
    return sample_loss(row, right, p, margin, None) + max(margin, 0) ** p / len(row)


@wrong_gap("The sum is divided by C - 1, the number of comparisons. torch divides by C, the number of classes.")  # MM2
def divided_by_others(row: Tensor, right: int, p: int, margin: float) -> Tensor:
    return (hinge(gaps(row, right, margin)) ** p).sum() / max(len(row) - 1, 1)


@wrong_gap(  # MM3
    "The sum is not divided by the number of classes. That is the SVM loss of Weston and Watkins, and of CS231n, C "
    "times torch's."
)
def not_divided(row: Tensor, right: int, p: int, margin: float) -> Tensor:
    return (hinge(gaps(row, right, margin)) ** p).sum()


@wrong_gap("The sum is divided by the number of classes that are too close. torch divides by all C.")
def divided_by_open(row: Tensor, right: int, p: int, margin: float) -> Tensor:
    open_gaps = hinge(gaps(row, right, margin))
    return (open_gaps**p).sum() / (open_gaps > 0).sum().clamp(min=1)


@wrong(  # MM4
    "The factor is inside the power: with p = 2 it is squared, and a factor of 3 counts ninefold. It multiplies the "
    "power."
)
def factor_inside(row: Tensor, right: int, p: int, margin: float, factor: Tensor | None) -> Tensor:
    return sample_loss(row, right, p, margin, None if factor is None else factor**p)


@wrong("The factor multiplies the scores, inside the hinge. It belongs to the loss of the whole sample.")
def factor_on_scores(row: Tensor, right: int, p: int, margin: float, factor: Tensor | None) -> Tensor:
    return sample_loss(row if factor is None else factor * row, right, p, margin, None)


@wrong("`weight` is not used. A sample's loss has the factor of its right class.")
def factor_ignored(row: Tensor, right: int, p: int, margin: float, factor: Tensor | None) -> Tensor:
    return sample_loss(row, right, p, margin, None)


@wrong_gap("`p` is not used: the gaps are never squared.")
def power_ignored(row: Tensor, right: int, p: int, margin: float) -> Tensor:
    return sample_loss(row, right, 1, margin, None)


@wrong_gap("The gaps are always squared. The default is p = 1.")
def always_squared(row: Tensor, right: int, p: int, margin: float) -> Tensor:
    return sample_loss(row, right, 2, margin, None)


@wrong_gap("The gaps are added first and squared after. Each has its own power.")
def power_of_sum(row: Tensor, right: int, p: int, margin: float) -> Tensor:
    return hinge(gaps(row, right, margin)).sum() ** p / len(row)


@wrong_gap("The C is inside the power as well: with p = 2 the sum is divided by C². It is divided by C once.")
def classes_inside_power(row: Tensor, right: int, p: int, margin: float) -> Tensor:
    return ((hinge(gaps(row, right, margin)) / len(row)) ** p).sum()


@wrong_gap("A root was taken at the end, as of a norm. The powers are added, and that is all.")
def root_taken(row: Tensor, right: int, p: int, margin: float) -> Tensor:
    loss = sample_loss(row, right, p, margin, None)
    return loss if p == 1 or loss == 0 else loss.sqrt()


@wrong_gap("p = 2 has a factor ½, as the square in many textbooks. Here it has none.")
def half_the_square(row: Tensor, right: int, p: int, margin: float) -> Tensor:
    return sample_loss(row, right, p, margin, None) / p


@wrong_gap("`margin` is not used: it stays at 1.")
def margin_ignored(row: Tensor, right: int, p: int, margin: float) -> Tensor:
    return sample_loss(row, right, p, 1.0, None)


@wrong_gap("There is no margin: the right class need only be level with the others here.")
def margin_missing(row: Tensor, right: int, p: int, margin: float) -> Tensor:
    return sample_loss(row, right, p, 0.0, None)


@wrong_gap("The margin is multiplied in, max(0, margin · (1 - gap)). It is a distance: it is added.")
def margin_as_factor(row: Tensor, right: int, p: int, margin: float) -> Tensor:
    return (hinge(margin * gaps(row, right, 1.0)) ** p).sum() / len(row)


@wrong_gap("A negative margin passes for 0. It allows the right class to be behind by that much.")
def negative_margin_cut(row: Tensor, right: int, p: int, margin: float) -> Tensor:
    return sample_loss(row, right, p, max(margin, 0), None)


@wrong_gap("A margin of 0 passes for none given, and is 1 (`margin or 1`). 0 is a margin.")
def zero_margin_is_one(row: Tensor, right: int, p: int, margin: float) -> Tensor:
    return sample_loss(row, right, p, margin or 1.0, None)


@wrong_gap("The signs are exchanged: this loss falls as the wrong classes win. The right score has the minus.")
def signs_exchanged(row: Tensor, right: int, p: int, margin: float) -> Tensor:
    return (hinge(margin + row[right] - others(row, right)) ** p).sum() / len(row)


@wrong_gap("Only the best of the other classes counts here, as Crammer and Singer have it. torch adds up all of them.")
def only_the_best(row: Tensor, right: int, p: int, margin: float) -> Tensor:
    if len(row) == 1:
        return 0 * row[0]
    return hinge(gaps(row, right, margin)).amax() ** p / len(row)


@wrong_gap("Only the best of the other classes counts, and nothing is divided. torch adds up all of them, over C.")
def crammer_singer(row: Tensor, right: int, p: int, margin: float) -> Tensor:
    return hinge(gaps(row, right, margin)).amax() ** p if len(row) > 1 else 0 * row[0]


@wrong_gap("The sum is cut off at 0, not each gap: a class that is far behind pays for one that is too close.")
def cut_after_sum(row: Tensor, right: int, p: int, margin: float) -> Tensor:
    return hinge(gaps(row, right, margin).sum()) ** p / len(row)


@wrong_gap("Nothing is cut off: a class that is far behind has a negative loss, or with p = 2 a large one.")
def not_cut(row: Tensor, right: int, p: int, margin: float) -> Tensor:
    return (gaps(row, right, margin) ** p).sum() / len(row)


@wrong_gap("This is the hinge of each class against its own side, and not of the right one against the others.")
def each_class_alone(row: Tensor, right: int, p: int, margin: float) -> Tensor:
    side = -torch.ones_like(row)
    side[right] = 1
    return (hinge(margin - side * row) ** p).sum() / len(row)


@wrong_gap(
    "The value is right, but a margin that is met exactly has a slope of 1 here, as `clamp(min=0)` gives it. torch's "
    "is 0: `relu`, or a mask of what is above 0."
)
def clamp_at_the_kink(row: Tensor, right: int, p: int, margin: float) -> Tensor:
    return (gaps(row, right, margin).clamp(min=0) ** p).sum() / len(row)


@wrong_gap(
    "The value is right, but a margin that is met exactly has a slope of ½ here, as `maximum` shares it. torch's is 0: "
    "`relu`, or a mask of what is above 0."
)
def maximum_at_the_kink(row: Tensor, right: int, p: int, margin: float) -> Tensor:
    open_gaps = gaps(row, right, margin)
    return (torch.maximum(open_gaps, torch.zeros_like(open_gaps)) ** p).sum() / len(row)


@wrong_gap("The scores went through a softmax first. A margin between probabilities is never met: none exceeds 1.")
def softmax_first(row: Tensor, right: int, p: int, margin: float) -> Tensor:
    return sample_loss(row.softmax(0), right, p, margin, None)


@wrong_gap("No gradient flows to the right score: only the others are pushed down. It is to be pushed up as well.")
def right_score_detached(row: Tensor, right: int, p: int, margin: float) -> Tensor:
    return (hinge(margin - row[right].detach() + others(row, right)) ** p).sum() / len(row)


# ---- around the samples --------------------------------------------------------------------------------------


@multi_margin_loss.misconception(  # MM5
    "The weighted mean divides by the sum of the factors, as cross-entropy does. `multi_margin_loss` divides by the "
    "number of samples."
)
def divided_by_weights(input: Tensor, target: Tensor, *args: Any, **flags: Any) -> Tensor:
    value = multi_margin_spec(input, target, *args, **flags)
    weight = flags.get("weight", args[2] if len(args) > 2 else None)
    if weight is None or flags.get("reduction", "mean") != "mean":
        return value
    total: Tensor = weight[target].sum()
    return value * target.numel() / total


@multi_margin_loss.misconception("The factors are divided by their sum first. They are taken as they are.")
def weights_normalised(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    shares = weight if weight is None else weight / weight.sum()
    return multi_margin_spec(input, target, p, margin, shares, reduction)


@multi_margin_loss.misconception("The factors are used in 'mean' only. 'none' and 'sum' are weighted as well.")
def weights_in_mean_only(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    return multi_margin_spec(input, target, p, margin, weight if reduction == "mean" else None, reduction)


@multi_margin_loss.misconception(
    "The factor is that of each other class, inside the sum. It is that of the right class, for the whole sample."
)
def factors_of_the_others(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    def sample(row: Tensor, right: int, p: int, margin: float, factor: Tensor | None) -> Tensor:
        factors = torch.ones_like(row) if weight is None else weight
        loss: Tensor = (others(factors, right) * hinge(gaps(row, right, margin)) ** p).sum() / len(row)
        return loss

    return assembled(sample)(input, target, p, margin, weight, reduction)


@multi_margin_loss.misconception(
    "The factors line up with the samples, not with the classes. `weight` has one for each class."
)
def factors_of_samples(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    if weight is None or input.ndim < 2 or weight.shape != input.shape[1:] or len(weight) != len(input):
        return multi_margin_spec(input, target, p, margin, weight, reduction)
    return reduced(weight * multi_margin_spec(input, target, p, margin, None, "none"), reduction)


@multi_margin_loss.misconception("A `weight` of one number is used for all classes. torch wants a factor for each.")
def one_weight_for_all(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    if weight is not None and weight.shape == (1,):
        weight = weight.expand(input.shape[-1])
    return multi_margin_spec(input, target, p, margin, weight, reduction)


@multi_margin_loss.misconception("More factors than classes pass. What was the last one for? Raise an error.")
def spare_weights(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    if weight is not None and len(weight) > input.shape[-1]:
        weight = weight[: input.shape[-1]]
    return multi_margin_spec(input, target, p, margin, weight, reduction)


@multi_margin_loss.misconception(  # MM7
    "A target of -100 is left out, as cross-entropy does. There is no `ignore_index` here: raise an error."
)
def ignores_minus_100(input: Tensor, target: Tensor, *args: Any, **flags: Any) -> Tensor:
    if target.ndim and bool((target == -100).any()):
        input, target = input[target != -100], target[target != -100]
    return multi_margin_spec(input, target, *args, **flags)


@multi_margin_loss.misconception(  # MM7
    "A negative target counts from the end, as Python's indices do: -1 is the last class. It is no class: raise an "
    "error."
)
def counts_from_the_end(input: Tensor, target: Tensor, *args: Any, **flags: Any) -> Tensor:
    classes = input.shape[-1]
    near = (target < 0) & (target >= -classes)
    return multi_margin_spec(input, torch.where(near, target + classes, target), *args, **flags)


@multi_margin_loss.misconception("A target that is no class was clamped to the nearest one. Raise an error.")
def target_clamped(input: Tensor, target: Tensor, *args: Any, **flags: Any) -> Tensor:
    return multi_margin_spec(input, target.clamp(0, input.shape[-1] - 1), *args, **flags)


@multi_margin_loss.misconception("Too few targets pass: the samples that have none are left out. Raise an error.")
def samples_left_out(input: Tensor, target: Tensor, *args: Any, **flags: Any) -> Tensor:
    if input.ndim > 1 and target.ndim == 1 and len(target) < len(input):
        input = input[: len(target)]
    return multi_margin_spec(input, target, *args, **flags)


@multi_margin_loss.misconception("A one-hot table passes as a target. torch wants the index of the right class.")
def one_hot_passes(input: Tensor, target: Tensor, *args: Any, **flags: Any) -> Tensor:
    return multi_margin_spec(input, target.argmax(-1) if target.ndim > 1 else target, *args, **flags)


@multi_margin_loss.misconception("p = 3 and others pass. torch knows 1 and 2 only: raise a ValueError.")  # MM6
def any_power(input: Tensor, target: Tensor, p: int = 1, *args: Any, **flags: Any) -> Tensor:
    if p in (1, 2):
        return multi_margin_spec(input, target, p, *args, **flags)

    def sample(row: Tensor, right: int, _p: int, margin: float, factor: Tensor | None) -> Tensor:
        return sample_loss(row, right, p, margin, factor)

    return assembled(sample)(input, target, 1, *args, **flags)


@multi_margin_loss.misconception("Every p that is not 1 passes for 2. Raise a ValueError for any other.")  # MM6
def else_squared(input: Tensor, target: Tensor, p: int = 1, *args: Any, **flags: Any) -> Tensor:
    return multi_margin_spec(input, target, 1 if p == 1 else 2, *args, **flags)


@multi_margin_loss.misconception("Every p that is not 2 passes for 1. Raise a ValueError for any other.")  # MM6
def else_plain(input: Tensor, target: Tensor, p: int = 1, *args: Any, **flags: Any) -> Tensor:
    return multi_margin_spec(input, target, 2 if p == 2 else 1, *args, **flags)


@multi_margin_loss.misconception("`margin` comes before `p` here. torch's order is p, margin, weight.")
def margin_before_p(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    p: int = 1,
    weight: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    return multi_margin_spec(input, target, p, margin, weight, reduction)
