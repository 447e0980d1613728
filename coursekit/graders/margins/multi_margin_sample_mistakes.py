"""What goes wrong in the loss of one sample of `multi_margin_loss`."""

from __future__ import annotations

import torch
from torch import Tensor

from coursekit.exercise import Loss, Mistakes, wrong_words
from coursekit.graders.margins.common import hinge, sample_mistakes
from coursekit.graders.margins.multi_margin_spec import (
    assembled,
    gaps,
    multi_margin_spec,
    others,
    sample_loss,
    times,
    total,
)


def before_the_factor(formula: Loss) -> Loss:
    """A loss of samples, each a formula of row, right, p and margin, times the factor of its class."""

    def sample(row: Tensor, right: int, p: int, margin: float, factor: Tensor | None) -> Tensor:
        return times(formula(row, right, p, margin), factor)

    return assembled(sample)


def best_other(row: Tensor, right: int, margin: float) -> Tensor:
    """How much the best of the other classes is too close, 0 if it is not or there is none."""
    return hinge(gaps(row, right, margin)).amax() if len(row) > 1 else 0 * row[0]


SAMPLE_MISTAKES = wrong = Mistakes(multi_margin_spec)
wrong_formula = wrong.formula(before_the_factor)

wrong_words(wrong)
sample_mistakes(wrong)

wrong.table(
    before_the_factor,
    includes_itself=(
        "The right class is compared with itself: that adds margin^p / C to every sample, and no loss is ever 0. Leave "
        "it out of the sum.",
        lambda row, right, p, m: sample_loss(row, right, p, m) + max(m, 0) ** p / len(row),
        "MM1",
    ),
    divided_by_others=(
        "The sum is divided by C - 1, the number of comparisons. torch divides by C, the number of classes.",
        lambda row, right, p, m: total(row, right, p, m) / max(len(row) - 1, 1),
        "MM2",
    ),
    power_of_the_sum=(
        "The power is taken of the whole sum. Each gap is raised to it, before they are added up.",
        (
            lambda row, right, p, m: (total(row, right, 1, m) / len(row)) ** p,
            lambda row, right, p, m: total(row, right, 1, m) ** p / len(row),
        ),
    ),
    not_divided=(
        "The sum is not divided by the number of classes. That is the SVM loss of Weston and Watkins, and of CS231n, C "
        "times torch's.",
        total,
        "MM3",
    ),
    divided_by_open=(
        "The sum is divided by the number of classes that are too close. torch divides by all C.",
        lambda row, right, p, m: total(row, right, p, m) / (gaps(row, right, m) > 0).sum().clamp(min=1),
    ),
)
wrong.table(
    assembled,
    factor_inside=(
        "The factor is inside the power: with p = 2 it is squared, and a factor of 3 counts ninefold. It multiplies "
        "the power.",
        lambda row, right, p, m, factor: sample_loss(row, right, p, m, factor if factor is None else factor**p),
        "MM4",
    ),
    factor_on_scores=(
        "The factor multiplies the scores, inside the hinge. It belongs to the loss of the whole sample.",
        lambda row, right, p, m, factor: sample_loss(times(row, factor), right, p, m),
    ),
    factor_ignored=(
        "`weight` is not used. A sample's loss has the factor of its right class.",
        lambda row, right, p, m, factor: sample_loss(row, right, p, m),
    ),
)
wrong.table(
    before_the_factor,
    power_ignored=(
        "`p` is not used: the gaps are never squared.",
        lambda row, right, p, m: sample_loss(row, right, 1, m),
    ),
    always_squared=(
        "The gaps are always squared. The default is p = 1.",
        lambda row, right, p, m: sample_loss(row, right, 2, m),
    ),
    power_of_sum=(
        "The gaps are added first and squared after. Each has its own power.",
        lambda row, right, p, m: hinge(gaps(row, right, m)).sum() ** p / len(row),
    ),
    classes_inside_power=(
        "The C is inside the power as well: with p = 2 the sum is divided by C². It is divided by C once.",
        lambda row, right, p, m: ((hinge(gaps(row, right, m)) / len(row)) ** p).sum(),
    ),
)


@wrong_formula("A root was taken at the end, as of a norm. The powers are added, and that is all.")
def root_taken(row: Tensor, right: int, p: int, margin: float) -> Tensor:
    loss = sample_loss(row, right, p, margin)
    return loss if p == 1 or loss == 0 else loss.sqrt()


wrong.table(
    before_the_factor,
    half_the_square=(
        "p = 2 has a factor ½, as the square in many textbooks. Here it has none.",
        lambda row, right, p, m: sample_loss(row, right, p, m) / p,
    ),
    margin_ignored=(
        "`margin` is not used: it stays at 1.",
        lambda row, right, p, m: sample_loss(row, right, p, 1.0),
    ),
    margin_missing=(
        "There is no margin: the right class need only be level with the others here.",
        lambda row, right, p, m: sample_loss(row, right, p, 0.0),
    ),
    margin_as_factor=(
        "The margin is multiplied in, max(0, margin · (1 - gap)). It is a distance: it is added.",
        lambda row, right, p, m: (hinge(m * gaps(row, right, 1.0)) ** p).sum() / len(row),
    ),
    negative_margin_cut=(
        "A negative margin passes for 0. It allows the right class to be behind by that much.",
        lambda row, right, p, m: sample_loss(row, right, p, max(m, 0)),
    ),
    zero_margin_is_one=(
        "A margin of 0 passes for none given, and is 1 (`margin or 1`). 0 is a margin.",
        lambda row, right, p, m: sample_loss(row, right, p, m or 1.0),
    ),
    signs_exchanged=(
        "The signs are exchanged: this loss falls as the wrong classes win. The right score has the minus.",
        lambda row, right, p, m: (hinge(m + row[right] - others(row, right)) ** p).sum() / len(row),
    ),
    only_the_best=(
        "Only the best of the other classes counts here, as Crammer and Singer have it. torch adds up all of them.",
        lambda row, right, p, m: best_other(row, right, m) ** p / len(row),
    ),
    crammer_singer=(
        "Only the best of the other classes counts, and nothing is divided. torch adds up all of them, over C.",
        lambda row, right, p, m: best_other(row, right, m) ** p,
    ),
    cut_after_sum=(
        "The sum is cut off at 0, not each gap: a class that is far behind pays for one that is too close.",
        lambda row, right, p, m: hinge(gaps(row, right, m).sum()) ** p / len(row),
    ),
    not_cut=(
        "Nothing is cut off: a class that is far behind has a negative loss, or with p = 2 a large one.",
        lambda row, right, p, m: (gaps(row, right, m) ** p).sum() / len(row),
    ),
)


@wrong_formula("This is the hinge of each class against its own side, and not of the right one against the others.")
def each_class_alone(row: Tensor, right: int, p: int, margin: float) -> Tensor:
    side = -torch.ones_like(row)
    side[right] = 1
    return (hinge(margin - side * row) ** p).sum() / len(row)


wrong.table(
    before_the_factor,
    clamp_at_the_kink=(
        "The value is right, but a margin that is met exactly has a slope of 1 here, as `clamp(min=0)` gives it. "
        "torch's is 0: `relu`, or a mask of what is above 0.",
        lambda row, right, p, m: (gaps(row, right, m).clamp(min=0) ** p).sum() / len(row),
    ),
    maximum_at_the_kink=(
        "The value is right, but a margin that is met exactly has a slope of ½ here, as `maximum` shares it. torch's "
        "is 0: `relu`, or a mask of what is above 0.",
        lambda row, right, p, m: (gaps(row, right, m).maximum(row.new_zeros(())) ** p).sum() / len(row),
    ),
    softmax_first=(
        "The scores went through a softmax first. A margin between probabilities is never met: none exceeds 1.",
        lambda row, right, p, m: sample_loss(row.softmax(0), right, p, m),
    ),
    right_score_detached=(
        "No gradient flows to the right score: only the others are pushed down. It is to be pushed up as well.",
        lambda row, right, p, m: (hinge(m - row[right].detach() + others(row, right)) ** p).sum() / len(row),
    ),
)
