"""What goes wrong in `multilabel_margin_loss`."""

from __future__ import annotations

import torch
from torch import Tensor

from coursekit.exercise import Loss, Mistakes, reduced, wrong_words
from coursekit.graders.margins.common import hinge, sample_mistakes
from coursekit.graders.margins.multilabel_margin_spec import (
    assembled,
    before_the_end,
    multilabel_margin_spec,
    sample_loss,
)

MISTAKES = wrong = Mistakes(multilabel_margin_spec)
wrong_words(wrong)
sample_mistakes(wrong)


def of_listed(formula: Loss) -> Loss:
    """A loss of samples, each a formula of its scores and the classes that are listed for it."""
    return assembled(lambda row, numbers: formula(row, before_the_end(numbers)))


wrong_formula = wrong.formula(of_listed)


def pairs(row: Tensor, right: list[int], listed: list[int] | None = None) -> list[Tensor]:
    """The gap of each pair of a right class and one that is not listed; without a list, the right ones are listed."""
    listed = right if listed is None else listed
    return [1 - row[i] + row[j] for i in right for j in range(len(row)) if j not in listed]


def total(row: Tensor, losses: list[Tensor]) -> Tensor:
    """Their sum, with a graph even where there is none of them."""
    return sum(losses, 0 * row.sum())


def cost(row: Tensor, gaps: list[Tensor]) -> Tensor:
    """The hinges of these gaps, divided by C."""
    return total(row, [hinge(gap) for gap in gaps]) / len(row)


# ---- reading the list --------------------------------------------------------------------------------------------

wrong.table(
    assembled,
    read_as_multi_hot=(
        "The target was read as a table of 0 and 1: a 1 at place i makes class i right. It is a list of indices, up to "
        "-1.",
        (
            lambda row, numbers: cost(row, pairs(row, [place for place, number in enumerate(numbers) if number > 0])),
            lambda row, numbers: cost(row, pairs(row, [place for place, number in enumerate(numbers) if number == 1])),
        ),
        "MLM1",
    ),
    zero_is_the_end=(
        "A 0 ends the list here, as padding would in a text. 0 is the first class; the list is ended by -1.",
        lambda row, numbers: sample_loss(row, before_the_end(numbers, 0)),
        "MLM2",
    ),
    padding_is_class_zero=(
        "The -1 were clamped to 0, so that they could be used as indices, and class 0 is right in every sample. Leave "
        "them out.",
        lambda row, numbers: sample_loss(row, [max(number, 0) for number in numbers]),
        "MLM2",
    ),
    padding_is_the_last_class=(
        "The -1 were used as indices: Python takes x[-1] for the last class. They end the list.",
        lambda row, numbers: sample_loss(row, [number % len(row) for number in numbers]),
    ),
    reads_on=(
        "A -1 is skipped, and what stands behind it is read. The first -1 ends the list.",
        lambda row, numbers: sample_loss(row, [number for number in numbers if number >= 0]),
        "MLM3",
    ),
    behind_the_end_is_right=(
        "Behind the first -1 the list goes on being read to find out what is wrong: these classes belong to no pair.",
        lambda row, numbers: cost(row, pairs(row, before_the_end(numbers), numbers)),
    ),
    taken_as_a_set=(
        "A class that is listed twice counts once. torch takes the list as it is: each entry brings its pairs.",
        lambda row, numbers: sample_loss(row, [*dict.fromkeys(before_the_end(numbers))]),
        "MLM4",
    ),
    first_of_the_list=(
        "Only the first class of the list is read. All of them are right, up to the first -1.",
        lambda row, numbers: cost(row, pairs(row, before_the_end(numbers)[:1], before_the_end(numbers))),
    ),
    last_never_read=(
        "The last number of a row is never read: a list may be as long as the row.",
        lambda row, numbers: sample_loss(row, numbers[:-1]),
    ),
)

# ---- which pairs, and what they cost -----------------------------------------------------------------------------

wrong.table(
    of_listed,
    against_all_others=(
        "Each right class is compared with all others, the right ones too. Right classes owe nothing to each other: "
        "only the classes that are not listed take part.",
        lambda row, listed: cost(row, [1 - row[i] + row[j] for i in listed for j in range(len(row)) if j != i]),
    ),
    against_itself=(
        "Each right class is compared with itself as well, which adds 1/C for each.",
        lambda row, listed: sample_loss(row, listed) + len(listed) / len(row),
    ),
    divided_by_pairs=(
        "The sum is divided by the number of pairs. torch divides by the number of classes.",
        lambda row, listed: total(row, [hinge(gap) for gap in pairs(row, listed)]) / max(len(pairs(row, listed)), 1),
        "MLM5",
    ),
    divided_by_listed=(
        "The sum is divided by the number of right classes. torch divides by the number of all classes.",
        lambda row, listed: sample_loss(row, listed) * len(row) / max(len(listed), 1),
    ),
    divided_by_wrong=(
        "The sum is divided by the number of wrong classes. torch divides by the number of all classes.",
        lambda row, listed: sample_loss(row, listed) * len(row) / max(len(row) - len(set(listed)), 1),
    ),
    not_divided=(
        "The sum is not divided by anything. torch divides by the number of classes.",
        lambda row, listed: sample_loss(row, listed) * len(row),
    ),
)


@wrong_formula("Only the pair that is worst counts. torch adds up all of them.")
def worst_pair(row: Tensor, listed: list[int]) -> Tensor:
    gaps = pairs(row, listed)
    return cost(row, [torch.stack(gaps).amax()] if gaps else [])


@wrong_formula("Each right class is compared with the best of the wrong ones only. torch adds up all of them.")
def best_of_the_wrong(row: Tensor, listed: list[int]) -> Tensor:
    others = [row[j] for j in range(len(row)) if j not in listed]
    return cost(row, [1 - row[i] + torch.stack(others).amax() for i in listed] if others else [])


@wrong_formula("Only the weakest of the right classes is compared. Each of them shall be ahead.")
def weakest_of_the_right(row: Tensor, listed: list[int]) -> Tensor:
    if not listed:
        return 0 * row.sum()
    weakest = torch.stack([row[i] for i in listed]).amin()
    return cost(row, [1 - weakest + row[j] for j in range(len(row)) if j not in listed])


wrong.table(
    of_listed,
    signs_exchanged=(
        "The signs are exchanged: this loss falls as the wrong classes win. The right score has the minus.",
        lambda row, listed: cost(row, [2 - gap for gap in pairs(row, listed)]),
    ),
    margin_missing=(
        "The 1 is missing: right classes need only be level with the others here. They shall be ahead by 1.",
        lambda row, listed: cost(row, [gap - 1 for gap in pairs(row, listed)]),
    ),
    not_cut=(
        "Nothing is cut off: a pair that is far apart has a negative loss.",
        lambda row, listed: total(row, pairs(row, listed)) / len(row),
    ),
    cut_after_sum=(
        "The sum is cut off at 0, not each pair: one that is far apart pays for one that is too close.",
        lambda row, listed: hinge(total(row, pairs(row, listed))) / len(row),
    ),
    squared=(
        "The gaps are squared. There is no `p` in this loss: it is plain.",
        lambda row, listed: total(row, [hinge(gap) ** 2 for gap in pairs(row, listed)]) / len(row),
    ),
    each_class_alone=(
        "Each class is held to its own side, as in `multilabel_soft_margin_loss`. Here classes are compared in pairs.",
        lambda row, listed: cost(row, [1 - (1 if i in listed else -1) * row[i] for i in range(len(row))]),
    ),
    clamp_at_the_kink=(
        "The value is right, but a margin that is met exactly has a slope of 1 here, as `clamp(min=0)` gives it. "
        "torch's is 0: `relu`, or a mask of what is above 0.",
        lambda row, listed: total(row, [gap.clamp(min=0) for gap in pairs(row, listed)]) / len(row),
    ),
    maximum_at_the_kink=(
        "The value is right, but a margin that is met exactly has a slope of ½ here, as `maximum` shares it. torch's "
        "is 0: `relu`, or a mask of what is above 0.",
        lambda row, listed: total(row, [gap.maximum(row.new_zeros(())) for gap in pairs(row, listed)]) / len(row),
    ),
    nan_without_pairs=(
        "Of a sample without a right class, or without a wrong one, the loss is NaN: 0/0. It is 0, there is no pair.",
        lambda row, listed: sample_loss(row, listed) / (1 if pairs(row, listed) else 0),
    ),
)

# ---- around the samples ------------------------------------------------------------------------------------------


@wrong.of_losses("'mean' is the sum over the batch: it is not divided by the number of samples.")
def mean_is_sum(losses: Tensor, word: str) -> Tensor:
    return reduced(losses, "sum" if word == "mean" else word)


@wrong_formula(
    "Each -1 brings in the comparisons of class 0, as if it were listed. torch's own decomposition, from which "
    "`torch.compile` may build this loss, does the same (2.13): an index was clamped, and never masked.",
    covers="MLM6",
)
def as_the_decomposition(row: Tensor, listed: list[int]) -> Tensor:
    padded = listed + [0] * (len(row) - len(listed))
    return cost(row, pairs(row, padded, listed))


@wrong(
    "A list that is narrower than the scores passes. torch wants the same width, padded with -1: raise an error.",
    covers="MLM7",
)
def narrow_list_passes(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    if target.ndim == input.ndim and target.shape[:-1] == input.shape[:-1]:
        target = torch.nn.functional.pad(target, (0, input.shape[-1] - target.shape[-1]), value=-1)
    return multilabel_margin_spec(input, target, reduction)


@wrong("One list was used for all samples, or a list (1, C) for a sample (C,). Raise an error.")
def lists_broadcast(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    if target.shape[-1] == input.shape[-1] and target.shape != input.shape:
        input, target = (x.contiguous() for x in torch.broadcast_tensors(input, target))  # type: ignore[no-untyped-call]
    return multilabel_margin_spec(input, target, reduction)


wrong.table(
    any_negative_ends=(
        "Every negative number ends the list. Only -1 does: -2 or -100 is a mistake of the caller, raise an error.",
        lambda input, target, *word, **flags: multilabel_margin_spec(input, target.clamp(min=-1), *word, **flags),
    ),
)


@wrong("A number beyond the last class is left out. Raise an error: there is no such class.")
def too_large_left_out(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    classes = input.shape[-1]
    if target.shape != input.shape or not bool((target >= classes).any()):
        return multilabel_margin_spec(input, target, reduction)
    rows, lists = input.reshape(-1, classes), target.reshape(-1, classes).tolist()
    losses = [
        sample_loss(row, [number for number in before_the_end(numbers) if number < classes])
        for row, numbers in zip(rows, lists, strict=True)
    ]
    return reduced(torch.stack(losses).reshape(input.shape[:-1]), reduction)


@wrong_formula(
    "Only the first of the right classes is compared with the others. Every class that is listed takes part, and none "
    "of them against another."
)
def first_listed_only(row: Tensor, listed: list[int]) -> Tensor:
    others = [j for j in range(len(row)) if j != listed[0]] if listed else []
    return cost(row, [1 - row[listed[0]] + row[j] for j in others])
