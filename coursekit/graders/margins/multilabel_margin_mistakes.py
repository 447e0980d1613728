"""What goes wrong in `multilabel_margin_loss`."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from coursekit.exercise import reduced, wrong_words
from coursekit.graders.margins.common import Loss, hinge, of_samples, sample_mistakes
from coursekit.graders.margins.multilabel_margin import (
    assembled,
    before_the_end,
    multilabel_margin_loss,
    multilabel_margin_spec,
    sample_loss,
)

wrong_words(multilabel_margin_loss.misconceptions)
sample_mistakes(multilabel_margin_loss)


def wrong(explanation: str) -> Callable[[Loss], Loss]:
    """Adds a mistake in the loss of one sample: a function of its scores and of its row of the target."""

    def add(own: Loss) -> Loss:
        multilabel_margin_loss.misconception(explanation, own.__name__)(assembled(own))
        return own

    return add


def pairs(row: Tensor, listed: list[int]) -> list[Tensor]:
    """The gap of each pair of a listed class and one that is not."""
    return [1 - row[i] + row[j] for i in listed for j in range(len(row)) if j not in listed]


def total(row: Tensor, losses: list[Tensor]) -> Tensor:
    """Their sum, with a graph even where there is none of them."""
    return sum(losses, 0 * row.sum())


# ---- reading the list ----------------------------------------------------------------------------------------


@wrong(  # MLM1
    "The target was read as a table of 0 and 1: a 1 at place i makes class i right. It is a list of indices, up to -1."
)
def read_as_multi_hot(row: Tensor, numbers: list[int]) -> Tensor:
    listed = [place for place, number in enumerate(numbers) if number > 0]
    return total(row, [hinge(gap) for gap in pairs(row, listed)]) / len(row)


@wrong(  # MLM2
    "A 0 ends the list here, as padding would in a text. 0 is the first class; the list is ended by -1."
)
def zero_is_the_end(row: Tensor, numbers: list[int]) -> Tensor:
    listed = before_the_end(numbers)
    return sample_loss(row, [*(listed[: listed.index(0)] if 0 in listed else listed), -1])


@wrong(  # MLM2
    "The -1 were clamped to 0, so that they could be used as indices, and class 0 is right in every sample. Leave "
    "them out."
)
def padding_is_class_zero(row: Tensor, numbers: list[int]) -> Tensor:
    return sample_loss(row, [max(number, 0) for number in numbers])


@wrong("The -1 were used as indices: Python takes x[-1] for the last class. They end the list.")
def padding_is_the_last_class(row: Tensor, numbers: list[int]) -> Tensor:
    return sample_loss(row, [number % len(row) for number in numbers])


@wrong("A -1 is skipped, and what stands behind it is read. The first -1 ends the list.")  # MLM3
def reads_on(row: Tensor, numbers: list[int]) -> Tensor:
    return sample_loss(row, [number for number in numbers if number >= 0])


@wrong("Behind the first -1 the list goes on being read to find out what is wrong: these classes belong to no pair.")
def behind_the_end_is_right(row: Tensor, numbers: list[int]) -> Tensor:
    wrong = [j for j in range(len(row)) if j not in numbers]
    listed = before_the_end(numbers)
    return total(row, [hinge(1 - row[i] + row[j]) for i in listed for j in wrong]) / len(row)


@wrong("A class that is listed twice counts once. torch takes the list as it is: each entry brings its pairs.")  # MLM4
def taken_as_a_set(row: Tensor, numbers: list[int]) -> Tensor:
    return sample_loss(row, [*dict.fromkeys(before_the_end(numbers)), -1])


@wrong("Only the first class of the list is read. All of them are right, up to the first -1.")
def first_of_the_list(row: Tensor, numbers: list[int]) -> Tensor:
    listed = before_the_end(numbers)
    wrong = [j for j in range(len(row)) if j not in listed]
    return total(row, [hinge(1 - row[i] + row[j]) for i in listed[:1] for j in wrong]) / len(row)


@wrong("The last number of a row is never read: a list may be as long as the row.")
def last_never_read(row: Tensor, numbers: list[int]) -> Tensor:
    return sample_loss(row, [*numbers[:-1], -1])


# ---- which pairs, and what they cost -------------------------------------------------------------------------


@wrong(
    "Each right class is compared with all others, the right ones too. Right classes owe nothing to each other: only "
    "the classes that are not listed take part."
)
def against_all_others(row: Tensor, numbers: list[int]) -> Tensor:
    losses = [hinge(1 - row[i] + row[j]) for i in before_the_end(numbers) for j in range(len(row)) if j != i]
    return total(row, losses) / len(row)


@wrong("Each right class is compared with itself as well, which adds 1/C for each.")
def against_itself(row: Tensor, numbers: list[int]) -> Tensor:
    return sample_loss(row, numbers) + len(before_the_end(numbers)) / len(row)


@wrong("The sum is divided by the number of pairs. torch divides by the number of classes.")  # MLM5
def divided_by_pairs(row: Tensor, numbers: list[int]) -> Tensor:
    losses = [hinge(gap) for gap in pairs(row, before_the_end(numbers))]
    return total(row, losses) / max(len(losses), 1)


@wrong("The sum is divided by the number of right classes. torch divides by the number of all classes.")
def divided_by_listed(row: Tensor, numbers: list[int]) -> Tensor:
    return sample_loss(row, numbers) * len(row) / max(len(before_the_end(numbers)), 1)


@wrong("The sum is divided by the number of wrong classes. torch divides by the number of all classes.")
def divided_by_wrong(row: Tensor, numbers: list[int]) -> Tensor:
    others = len(row) - len(set(before_the_end(numbers)))
    return sample_loss(row, numbers) * len(row) / max(others, 1)


@wrong("The sum is not divided by anything. torch divides by the number of classes.")
def not_divided(row: Tensor, numbers: list[int]) -> Tensor:
    return sample_loss(row, numbers) * len(row)


@wrong("Only the pair that is worst counts. torch adds up all of them.")
def worst_pair(row: Tensor, numbers: list[int]) -> Tensor:
    gaps = pairs(row, before_the_end(numbers))
    return hinge(torch.stack(gaps).amax()) / len(row) if gaps else 0 * row.sum()


@wrong("Each right class is compared with the best of the wrong ones only. torch adds up all of them.")
def best_of_the_wrong(row: Tensor, numbers: list[int]) -> Tensor:
    listed = before_the_end(numbers)
    wrong = [row[j] for j in range(len(row)) if j not in listed]
    if not wrong:
        return 0 * row.sum()
    return total(row, [hinge(1 - row[i] + torch.stack(wrong).amax()) for i in listed]) / len(row)


@wrong("Only the weakest of the right classes is compared. Each of them shall be ahead.")
def weakest_of_the_right(row: Tensor, numbers: list[int]) -> Tensor:
    listed = before_the_end(numbers)
    if not listed:
        return 0 * row.sum()
    weakest = torch.stack([row[i] for i in listed]).amin()
    return total(row, [hinge(1 - weakest + row[j]) for j in range(len(row)) if j not in listed]) / len(row)


@wrong("The signs are exchanged: this loss falls as the wrong classes win. The right score has the minus.")
def signs_exchanged(row: Tensor, numbers: list[int]) -> Tensor:
    return total(row, [hinge(2 - gap) for gap in pairs(row, before_the_end(numbers))]) / len(row)


@wrong("The 1 is missing: right classes need only be level with the others here. They shall be ahead by 1.")
def margin_missing(row: Tensor, numbers: list[int]) -> Tensor:
    return total(row, [hinge(gap - 1) for gap in pairs(row, before_the_end(numbers))]) / len(row)


@wrong("Nothing is cut off: a pair that is far apart has a negative loss.")
def not_cut(row: Tensor, numbers: list[int]) -> Tensor:
    return total(row, pairs(row, before_the_end(numbers))) / len(row)


@wrong("The sum is cut off at 0, not each pair: one that is far apart pays for one that is too close.")
def cut_after_sum(row: Tensor, numbers: list[int]) -> Tensor:
    return hinge(total(row, pairs(row, before_the_end(numbers)))) / len(row)


@wrong("The gaps are squared. There is no `p` in this loss: it is plain.")
def squared(row: Tensor, numbers: list[int]) -> Tensor:
    return total(row, [hinge(gap) ** 2 for gap in pairs(row, before_the_end(numbers))]) / len(row)


@wrong("Each class is held to its own side, as in `multilabel_soft_margin_loss`. Here classes are compared in pairs.")
def each_class_alone(row: Tensor, numbers: list[int]) -> Tensor:
    listed = before_the_end(numbers)
    return total(row, [hinge(1 - (1 if i in listed else -1) * row[i]) for i in range(len(row))]) / len(row)


@wrong(
    "The value is right, but a margin that is met exactly has a slope of 1 here, as `clamp(min=0)` gives it. torch's "
    "is 0: `relu`, or a mask of what is above 0."
)
def clamp_at_the_kink(row: Tensor, numbers: list[int]) -> Tensor:
    return total(row, [gap.clamp(min=0) for gap in pairs(row, before_the_end(numbers))]) / len(row)


@wrong(
    "The value is right, but a margin that is met exactly has a slope of ½ here, as `maximum` shares it. torch's is 0: "
    "`relu`, or a mask of what is above 0."
)
def maximum_at_the_kink(row: Tensor, numbers: list[int]) -> Tensor:
    losses = [torch.maximum(gap, torch.zeros_like(gap)) for gap in pairs(row, before_the_end(numbers))]
    return total(row, losses) / len(row)


@wrong("Of a sample without a right class, or without a wrong one, the loss is NaN: 0/0. It is 0, there is no pair.")
def nan_without_pairs(row: Tensor, numbers: list[int]) -> Tensor:
    loss = sample_loss(row, numbers)
    return loss if pairs(row, before_the_end(numbers)) else loss / 0


# ---- around the samples --------------------------------------------------------------------------------------


@of_samples(multilabel_margin_loss)("'mean' is the sum over the batch: it is not divided by the number of samples.")
def mean_is_sum(losses: Tensor, reduction: str, input: Tensor) -> Tensor:
    return reduced(losses, "sum" if reduction == "mean" else reduction)


@multilabel_margin_loss.misconception(  # MLM6
    "Each -1 brings in the comparisons of class 0, as if it were listed. torch's own decomposition, from which "
    "`torch.compile` may build this loss, does the same (2.13): an index was clamped, and never masked."
)
def as_the_decomposition(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    def sample(row: Tensor, numbers: list[int]) -> Tensor:
        listed = before_the_end(numbers)
        padded = listed + [0] * (len(row) - len(listed))
        losses = [hinge(1 - row[i] + row[j]) for i in padded for j in range(len(row)) if j not in listed]
        return total(row, losses) / len(row)

    return assembled(sample)(input, target, reduction)


@multilabel_margin_loss.misconception(  # MLM7
    "A list that is narrower than the scores passes. torch wants the same width, padded with -1: raise an error."
)
def narrow_list_passes(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    if target.ndim == input.ndim and target.shape[:-1] == input.shape[:-1]:
        target = torch.nn.functional.pad(target, (0, input.shape[-1] - target.shape[-1]), value=-1)
    return multilabel_margin_spec(input, target, reduction)


@multilabel_margin_loss.misconception(
    "One list was used for all samples, or a list (1, C) for a sample (C,). Raise an error."
)
def lists_broadcast(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    if target.shape[-1] == input.shape[-1] and target.shape != input.shape:
        input, target = (x.contiguous() for x in torch.broadcast_tensors(input, target))  # type: ignore[no-untyped-call]
    return multilabel_margin_spec(input, target, reduction)


@multilabel_margin_loss.misconception(
    "Every negative number ends the list. Only -1 does: -2 or -100 is a mistake of the caller, raise an error."
)
def any_negative_ends(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    return multilabel_margin_spec(input, target.clamp(min=-1), reduction)


@multilabel_margin_loss.misconception(
    "A number beyond the last class is left out. Raise an error: there is no such class."
)
def too_large_left_out(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    def sample(row: Tensor, numbers: list[int]) -> Tensor:
        return sample_loss(row, [number for number in before_the_end(numbers) if number < len(row)])

    if target.shape == input.shape and bool((target >= input.shape[-1]).any()):
        classes = input.shape[-1]
        rows, lists = input.reshape(-1, classes), target.reshape(-1, classes).tolist()
        losses = torch.stack([sample(row, numbers) for row, numbers in zip(rows, lists, strict=True)])
        return reduced(losses.reshape(input.shape[:-1]), reduction)
    return multilabel_margin_spec(input, target, reduction)
