"""What goes wrong in the loss of one sample of `multi_margin_loss`."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from coursekit.exercise import wrong_words
from coursekit.graders.margins.common import Loss, hinge, sample_mistakes
from coursekit.graders.margins.multi_margin import assembled, multi_margin_loss, others, sample_loss

wrong_words(multi_margin_loss.misconceptions)
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
