"""What a learner's slip makes of the right result, or of an argument, and what to say of it.

Of the numbers alone: no sentence may say more than they show.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from coursekit.exercise import Loss

Change = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class After:
    """What a change makes of the result of a loss. Its value is found without calling the loss once more."""

    change: Change
    loss: Loss

    def __call__(self, *args: Any, **flags: Any) -> Tensor:
        """The loss, changed."""
        return self.change(self.loss(*args, **flags))


def _exp_of_positive(x: Tensor) -> Tensor:
    """Of scales and variances: other numbers it drives so far apart that any of several mistakes would look alike."""
    if bool((x <= 0).any()):
        raise ValueError
    return x.exp()


# What is made of the right result, and what to say of it
OF_THE_RESULT: dict[str, tuple[Change, str]] = {
    "sign_turned": (lambda x: -x, "These are the right numbers with the other sign: one minus too many, or too few."),
    "halved": (lambda x: x / 2, "These are half of the right numbers: there is a ½ too many, or a mean of two."),
    "doubled": (lambda x: 2 * x, "These are twice the right numbers: a ½ is missing, or something counts twice."),
    "logarithm_of_base_2": (
        lambda x: x / math.log(2),
        "These are the right numbers divided by ln 2: `log2` in place of the natural logarithm, bits and not nats, or "
        "a change from nats to bits too many.",
    ),
    "logarithm_of_base_10": (
        lambda x: x / math.log(10),
        "These are the right numbers divided by ln 10: `log10` in place of the natural logarithm.",
    ),
    "logarithm_of_base_e": (
        lambda x: x * math.log(2),
        "These are the right numbers times ln 2: `log` in place of `log2`, nats and not bits, or a change from bits to "
        "nats too many.",
    ),
    "root_taken": (torch.sqrt, "These are the roots of the right numbers: there is a root too many."),
    "squared": (torch.square, "These are the squares of the right numbers: a root is missing, or a square too many."),
    "exponential": (torch.exp, "These are the right numbers after an `exp` too many, or with a `log` too few."),
    "logarithm": (torch.log, "These are the right numbers after a `log` too many, or with an `exp` too few."),
    "probability": (
        lambda x: (-x).exp(),
        "This is exp(-loss), a probability: the logarithm and the minus are missing.",
    ),
    "probability_of_the_rest": (
        lambda x: 1 - (-x).exp(),
        "This is 1 - exp(-loss), the probability of all the rest: the loss is -ln of what is not the rest.",
    ),
    "taken_from_one": (lambda x: 1 - x, "These are 1 minus the right numbers."),
    "one_too_many": (lambda x: x + 1, "These are the right numbers plus 1: look for a constant that does not belong."),
    "one_too_few": (lambda x: x - 1, "These are the right numbers minus 1: look for a constant that is missing."),
    "cut_at_zero": (lambda x: x.clamp(min=0), "What is negative came out as 0: the right numbers may be below 0."),
    "absolute_value": (torch.abs, "The sign is lost: what should be negative came out positive."),
    "averaged_over_everything": (
        lambda x: x.mean(),
        "This is the mean of the right numbers. They are asked for one by one: nothing is averaged here.",
    ),
    "summed_over_everything": (
        lambda x: x.sum(),
        "This is the sum of the right numbers. They are asked for one by one: nothing is summed here.",
    ),
    "sum_for_each": (
        lambda x: x.sum().expand(x.shape),
        "This is the sum of all right numbers, in the place of each of them.",
    ),
    "mean_for_each": (
        lambda x: x.mean().expand(x.shape),
        "This is the mean of all right numbers, in the place of each of them.",
    ),
    "largest_of_all": (
        lambda x: x.max(),
        "This is the largest of the right numbers. They are asked for one by one.",
    ),
    "first_of_all": (lambda x: x[0], "This is the first of the right numbers. All of them are asked for."),
    "last_of_all": (
        lambda x: x[-1],
        "This is the last of the right numbers. All of them are asked for: is the result overwritten in each round of "
        "a loop, or returned too early?",
    ),
    "average_of_columns": (
        lambda x: x.mean(0),
        "These are the right numbers, averaged over the first dimension. They are asked for one by one.",
    ),
    "average_of_rows": (
        lambda x: x.mean(-1),
        "These are the right numbers, averaged over the last dimension. They are asked for one by one.",
    ),
    "total_of_columns": (
        lambda x: x.sum(0),
        "These are the right numbers, added up over the first dimension. They are asked for one by one.",
    ),
    "total_of_rows": (
        lambda x: x.sum(-1),
        "These are the right numbers, added up over the last dimension. They are asked for one by one.",
    ),
    "running_sums": (
        lambda x: x.cumsum(-1),
        "These are the running sums of the right numbers. They are asked for one by one.",
    ),
    "result_reversed": (lambda x: x.flip(0), "These are the right numbers from the last to the first."),
    "result_transposed": (
        lambda x: x.mT if x.ndim > 1 else x,
        "These are the right numbers with rows and columns exchanged: the order of the dimensions is another.",
    ),
    "dimension_kept": (
        lambda x: x.unsqueeze(-1),
        "These are the right numbers with a last dimension of size 1 too many: `keepdim=True`, or an `unsqueeze`.",
    ),
    "rounded": (torch.round, "These are the right numbers, rounded. What is behind the point counts."),
    "rounded_down": (torch.floor, "These are the right numbers, rounded down. What is behind the point counts."),
    "rounded_up": (torch.ceil, "These are the right numbers, rounded up. What is behind the point counts."),
    "cut_at_one": (lambda x: x.clamp(max=1), "What is above 1 came out as 1: the right numbers may be larger."),
    "less_the_least": (lambda x: x - x.min(), "The least of the right numbers is taken off all of them."),
    "less_the_mean": (lambda x: x - x.mean(), "The mean of the right numbers is taken off all of them."),
    "in_shares": (lambda x: x / x.sum(), "These are the right numbers divided by their sum, which nobody asked for."),
    "rows_in_shares": (
        lambda x: x / x.sum(-1, keepdim=True),
        "These are the right numbers, each row divided by its sum, which nobody asked for.",
    ),
    "through_softmax": (lambda x: x.softmax(-1), "These are the right numbers, put through a softmax too many."),
    "through_sigmoid": (torch.sigmoid, "These are the right numbers, put through a sigmoid too many."),
    "reciprocal": (
        torch.reciprocal,
        "These are 1 divided by the right numbers: what is divided, and what it is divided by, have changed places.",
    ),
}

# What is made of an argument of real numbers
OF_AN_ARGUMENT: dict[str, tuple[Change, str]] = {
    "through_exp": (_exp_of_positive, "exp({0}): it is taken for a logarithm, which it is not"),
    "through_log": (torch.log, "ln {0}: a logarithm is taken of it that does not belong there"),
    "through_exp_of_double": (
        lambda x: _exp_of_positive(2 * x),
        "exp(2 · {0}): it is taken for the logarithm of a root",
    ),
    "squared": (torch.square, "{0}²: it is squared once too often"),
    "root_taken": (torch.sqrt, "the root of {0}: a root is taken that does not belong there"),
    "sign_turned": (lambda x: -x, "-{0}: its sign is turned"),
    "absolute": (torch.abs, "|{0}|: its sign is lost"),
    "cut_at_zero": (lambda x: x.clamp(min=0), "max(0, {0}): what is negative is lost"),
    "inverted": (torch.reciprocal, "1 / {0}: a division stands where a product should, or the other way round"),
    "taken_from_one": (lambda x: 1 - x, "1 - {0}: yes and no have changed places"),
    "doubled": (lambda x: 2 * x, "2 · {0}: it counts twice"),
    "halved": (lambda x: x / 2, "{0} / 2: it counts half"),
    "through_sigmoid": (torch.sigmoid, "the sigmoid of {0}, which is put through one too many"),
    "through_softmax": (lambda x: x.softmax(-1), "the softmax of {0}, which is put through one too many"),
    "through_log_softmax": (lambda x: x.log_softmax(-1), "the log_softmax of {0}, which is put through one too many"),
    "normalised": (lambda x: x / x.sum(-1, keepdim=True), "{0} divided by its sum, which nobody asked for"),
    "of_mean_one": (lambda x: x / x.mean(), "{0} divided by its mean, which nobody asked for"),
    "zero": (lambda x: 0 * x, "{0} = 0: it is not used, or a term that holds it is missing"),
    "one": (lambda x: 0 * x + 1, "{0} = 1: it is not used, or a factor that holds it is missing"),
    "plus_one": (lambda x: x + 1, "{0} + 1: a 1 is added that does not belong"),
    "less_one": (lambda x: x - 1, "{0} - 1: a 1 is taken off that does not belong"),
    "through_log1p": (torch.log1p, "ln(1 + {0}): a logarithm is taken of it that does not belong there"),
    "cut_at_one": (lambda x: x.clamp(max=1), "min(1, {0}): what is above 1 is lost"),
    "centred": (lambda x: x - x.mean(), "{0} less its mean, which nobody asked for"),
    "largest_only": (
        lambda x: (x == x.amax(-1, keepdim=True)).to(x.dtype),
        "1 where {0} is largest, and 0 elsewhere: how large it is counts as well",
    ),
    "mean_for_all": (lambda x: x.mean().expand(x.shape), "the mean of {0} in place of each of its numbers"),
    "first_for_all": (lambda x: x[:1].expand(x.shape), "the first of {0} in place of each of them"),
    "reversed": (lambda x: x.flip(0), "{0} from the last to the first: its order is turned"),
    "one_behind": (lambda x: x.roll(1, 0), "{0} moved by one place: each stands where the next one should"),
    "one_ahead": (lambda x: x.roll(-1, 0), "{0} moved by one place: each stands where the one before should"),
    "transposed": (lambda x: x.mT if x.ndim > 1 else x, "{0} with rows and columns exchanged"),
    "from_zero_and_one": (lambda x: 2 * x - 1, "2 · {0} - 1: it is taken for a 0 or a 1"),
    "from_both_signs": (lambda x: (x + 1) / 2, "({0} + 1) / 2: it is taken for a -1 or a 1"),
    "sign_alone": (torch.sign, "the sign of {0}: how large it is counts as well"),
    "through_tanh": (torch.tanh, "the tanh of {0}, which does not belong there"),
    "rounded": (torch.round, "{0}, rounded: what is behind the point is lost"),
    "cubed": (lambda x: x**3, "{0}³: it is multiplied by itself too often"),
    "sorted": (lambda x: x.sort(-1).values, "{0} in rising order: the order that it has is lost"),
    "sorted_down": (
        lambda x: x.sort(-1, descending=True).values,
        "{0} in falling order: the order that it has is lost",
    ),
    "added_up": (lambda x: x.cumsum(-1), "the running sums of {0}"),
    "rows_reversed": (lambda x: x.flip(-1), "{0} with each row from the last to the first: its order is turned"),
    "rows_one_behind": (
        lambda x: x.roll(1, -1),
        "{0} with each row moved by one place: each stands where the next one should",
    ),
    "rows_one_ahead": (
        lambda x: x.roll(-1, -1),
        "{0} with each row moved by one place: each stands where the one before should",
    ),
    "normalised_as_a_whole": (lambda x: x / x.sum(), "{0} divided by the sum of all of it, which nobody asked for"),
    "columns_normalised": (
        lambda x: x / x.sum(0, keepdim=True),
        "{0} divided by its sum over the first dimension, which nobody asked for",
    ),
    "through_softmax_of_columns": (
        lambda x: x.softmax(0),
        "the softmax of {0} over the first dimension, which is put through one too many",
    ),
    "of_length_one": (
        lambda x: x / x.norm(dim=-1, keepdim=True),
        "{0} divided by its length, which nobody asked for",
    ),
    "last_for_all": (lambda x: x[-1:].expand(x.shape), "the last of {0} in place of each of them"),
    "sum_for_all": (lambda x: x.sum().expand(x.shape), "the sum of {0} in place of each of its numbers"),
    "largest_for_all": (lambda x: x.max().expand(x.shape), "the largest of {0} in place of each of its numbers"),
    "above_half": (
        lambda x: (x > 0.5).to(x.dtype),
        "1 where {0} is above ½, and 0 elsewhere: how large it is counts as well",
    ),
    "only_where_one": (lambda x: (x == 1).to(x.dtype), "1 where {0} is exactly 1, and 0 where it is anything else"),
    "detached": (torch.detach, "{0} with no gradient: something on the way cuts the graph"),
}

# What is made of an argument of whole numbers
OF_WHOLE_NUMBERS: dict[str, tuple[Change, str]] = {
    key: OF_AN_ARGUMENT[key]
    for key in (
        *("zero", "one", "plus_one", "less_one", "reversed", "one_behind", "one_ahead", "transposed"),
        *("from_zero_and_one", "first_for_all", "last_for_all", "sorted", "sum_for_all", "squared", "sign_alone"),
    )
} | {
    "root_taken": (lambda x: x.double().sqrt(), "the root of {0}: a root is taken that does not belong there"),
    "inverted": (
        lambda x: 1 / x.double(),
        "1 / {0}: a division stands where a product should, or the other way round",
    ),
    "through_log": (lambda x: x.double().log(), "ln {0}: a logarithm is taken of it that does not belong there"),
    "from_both_signs": (lambda x: (x + 1).double() / 2, "({0} + 1) / 2: it is taken for a -1 or a 1"),
    "in_shares": (lambda x: x / x.sum(), "{0} divided by its sum, which nobody asked for"),
    "through_softmax": (
        lambda x: x.double().softmax(-1),
        "the softmax of {0}: it is no logit, and its exponential does not belong there",
    ),
}

# What is put in the place of an argument that is made of it and of another
OF_TWO_ARGUMENTS: dict[str, tuple[Callable[[Tensor, Tensor], Tensor], str]] = {
    "plus": (torch.add, "the sum of {0} and {1}"),
    "less": (torch.sub, "{0} less {1}"),
    "times": (torch.mul, "{0} times {1}"),
    "over": (torch.div, "{0} divided by {1}"),
    "averaged_with": (lambda a, b: (a + b) / 2, "the mean of {0} and {1}"),
    "or_larger": (torch.maximum, "the larger one of {0} and {1}"),
    "or_smaller": (torch.minimum, "the smaller one of {0} and {1}"),
}

# What is taken of the losses in the place of their mean
IN_PLACE_OF_A_MEAN: dict[str, tuple[Change, str]] = {
    "median": (torch.median, "the median of the losses"),
    "sum": (torch.sum, "the sum of the losses"),
    "largest": (torch.max, "the largest of the losses"),
    "smallest": (torch.min, "the smallest of the losses"),
    "product": (torch.prod, "the product of the losses"),
    "root_mean_square": (lambda x: x.square().mean().sqrt(), "the root of the mean of the losses' squares"),
    "root": (lambda x: x.mean().sqrt(), "the root of the mean of the losses"),
    "mean_of_roots": (lambda x: x.sqrt().mean(), "the mean of the roots of the losses"),
    "mean_over_first": (lambda x: x.mean(0), "a mean over the first dimension only"),
    "mean_over_last": (lambda x: x.mean(-1), "a mean over the last dimension only"),
    "sum_over_first": (lambda x: x.sum(0), "a sum over the first dimension"),
    "sum_over_last": (lambda x: x.sum(-1), "a sum over the last dimension"),
    "first": (lambda x: x.flatten()[0], "the first of the losses"),
    "last": (lambda x: x.flatten()[-1], "the last of the losses"),
    "spread": (torch.std, "the standard deviation of the losses"),
    "of_those_above_zero": (lambda x: x.sum() / (x > 0).sum(), "the mean of those losses that are above 0"),
}

# What is made of each loss, before they are averaged or added up, and what to say of it
OF_EACH_LOSS: dict[str, tuple[Change, str]] = {
    "squared": (torch.square, "Each loss is squared"),
    "root_taken": (torch.sqrt, "The root of each loss is taken"),
    "exponential": (torch.exp, "`exp` is taken of each loss"),
    "probability": (lambda x: (-x).exp(), "Of each loss exp(-loss) is taken, a probability,"),
    "taken_from_one": (lambda x: 1 - x, "Each loss is taken from 1"),
    "logarithm": (torch.log, "A logarithm is taken of each loss"),
    "absolute_value": (torch.abs, "The sign of each loss is lost"),
    "cut_at_zero": (lambda x: x.clamp(min=0), "What is below 0 counts as 0"),
    "cut_at_one": (lambda x: x.clamp(max=1), "A loss above 1 counts as 1"),
    "one_too_many": (lambda x: x + 1, "A 1 is added to each loss"),
    "one_too_few": (lambda x: x - 1, "A 1 is taken off each loss"),
}

# What is made of all arguments that are as long as the first, and what to say of it
OF_ALL_ARGUMENTS: dict[str, tuple[Change, str]] = {
    "last_left_out": (lambda x: x[:-1], "without the last entry: look for a loop or a slice that ends too early"),
    "first_left_out": (lambda x: x[1:], "without the first entry: look for a loop or a slice that begins too late"),
    "first_alone": (lambda x: x[:1], "of the first entry alone: the others are not looked at"),
    "last_alone": (
        lambda x: x[-1:],
        "of the last entry alone: is the result overwritten in each round of a loop, or returned too early?",
    ),
    "last_column_left_out": (
        lambda x: x[..., :-1],
        "without the last of each row: look for a loop or a slice that ends too early",
    ),
    "first_column_left_out": (
        lambda x: x[..., 1:],
        "without the first of each row: look for a loop or a slice that begins too late",
    ),
    "turned": (
        lambda x: x.transpose(0, -1),
        "with rows and columns exchanged: something runs over the wrong dimension",
    ),
    "flattened": (torch.flatten, "made into one long row: each row is to be treated by itself"),
}

# What an argument adds to the result, or multiplies it by, that it should not
TERMS: dict[str, tuple[Change, str]] = {
    "itself": (lambda x: x, "`{0}`"),
    "size": (torch.abs, "|`{0}`|"),
    "half": (lambda x: x / 2, "`{0}` / 2"),
    "square": (torch.square, "`{0}`²"),
    "half_square": (lambda x: x.square() / 2, "`{0}`² / 2"),
    "logarithm": (torch.log, "ln `{0}`"),
    "half_logarithm": (lambda x: x.log() / 2, "½ ln `{0}`"),
    "exponential": (torch.exp, "exp(`{0}`)"),
    "sum_of_rows": (lambda x: x.sum(-1), "the sum of each row of `{0}`"),
    "mean": (torch.mean, "the mean of `{0}`"),
    "sum": (torch.sum, "the sum of `{0}`"),
}
ACTS: dict[str, tuple[Callable[[Tensor, Tensor], Tensor], str]] = {
    "added": (torch.add, "plus {0}: a term that does not belong, or one that is missing"),
    "subtracted": (torch.sub, "minus {0}: a term that does not belong, or one that is missing"),
    "multiplied": (torch.mul, "times {0}: a factor that does not belong, or a division that is missing"),
    "divided": (torch.div, "divided by {0}: a division that does not belong, or a factor that is missing"),
}
