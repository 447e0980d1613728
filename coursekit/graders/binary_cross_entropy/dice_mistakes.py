"""What goes wrong in `dice_loss`."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from coursekit.exercise import (
    Loss,
    Mistakes,
    argument_fixed,
    other_default,
    reduced,
    usual_mistakes,
    with_defaults,
    wrong_words,
)
from coursekit.graders.binary_cross_entropy.dice_spec import loss_of, soft_dice, spec, sums_of

MISTAKES = Mistakes(spec)

wrong_words(MISTAKES)
usual_mistakes(MISTAKES, "empty_is_zero")
MISTAKES.table(
    with_defaults(MISTAKES),
    smooth_ignored=(
        "`smooth` is not used: nothing is added, or always the same small number.",
        (
            lambda x, t, _smooth, *flags: spec(x, t, 0.0, *flags),
            lambda x, t, _smooth, *flags: spec(x, t, 1e-5, *flags),
        ),
    ),
)
argument_fixed(MISTAKES, "smooth_is_one", "`smooth` is not used: it stays at 1.", smooth=1.0)
other_default(
    MISTAKES,
    "little_smooth_by_default",
    "Where no `smooth` is given, nothing is added, or a small number, as MONAI has it. Its default is 1.",
    smooth=0.0,
)
argument_fixed(MISTAKES, "batch_ignored", "`batch` is not used: each sample has its own fraction.", batch=False)
argument_fixed(
    MISTAKES,
    "always_batch",
    "There is one fraction for the whole batch, although `batch` is False. A ratio of sums is not the mean of the "
    "ratios: large masks count more. Sum over all dimensions but the first.",
    batch=True,
)
other_default(
    MISTAKES,
    "batch_by_default",
    "Where `batch` is not given, there is one fraction for the batch. Its default is False.",
    batch=True,
)

MISTAKES.table(
    loss_of,
    two_forgotten=(
        "The 2 is missing: a mask that is met costs ½. Both sizes are in the sum below, so the overlap counts twice "
        "above.",
        lambda i, p, t, s: 1 - (i + s) / (p + t + s),
    ),
    intersection_over_union=(
        "This is the soft IoU: below the line stands the union, overlap taken off. Dice has the sum of both sizes "
        "below and twice the overlap above.",
        lambda i, p, t, s: 1 - (i + s) / (p + t - i + s),
    ),
    twice_over_union=(
        "Twice the overlap stands over the union. It is over the sum of both sizes, or without the 2 for IoU.",
        lambda i, p, t, s: 1 - (2 * i + s) / (p + t - i + s),
    ),
    coefficient=(
        "This is the Dice coefficient, which is largest where all is right. The loss is 1 less that.",
        (lambda i, p, t, s: 1 - soft_dice(i, p, t, s), lambda i, p, t, s: soft_dice(i, p, t, s) - 1),
    ),
    logarithm=(
        "The logarithm is taken of the coefficient. The loss is 1 less the coefficient.",
        lambda i, p, t, s: -torch.log(1 - soft_dice(i, p, t, s)),
    ),
    smooth_below_only=(
        "`smooth` is added below the line only, as in Keras: a mask that is met costs something, and an empty one 1, "
        "whatever is said. Add it above as well.",
        lambda i, p, t, s: 1 - 2 * i / (p + t + s),
    ),
    smooth_above_only=(
        "`smooth` is added above the line only: the loss falls below 0. Add it below as well.",
        lambda i, p, t, s: 1 - (2 * i + s) / (p + t),
    ),
    smooth_doubled_above=(
        "`smooth` is doubled with the overlap, 2·(overlap + smooth): a mask that is met costs less than 0.",
        lambda i, p, t, s: 1 - 2 * (i + s) / (p + t + s),
    ),
    smooth_doubled_below=(
        "`smooth` is added to both sizes, and so twice below the line: a mask that is met costs something.",
        lambda i, p, t, s: 1 - (2 * i + s) / (p + t + 2 * s),
    ),
    smooth_twice=(
        "`smooth` is doubled above and below: it is added to the overlap, and to the mean of the sizes. Add it once to "
        "twice the overlap, and once to the sum of the sizes.",
        lambda i, p, t, s: 1 - (2 * i + 2 * s) / (p + t + 2 * s),
    ),
    smooth_on_the_ratio=(
        "`smooth` is added to the fraction, and not above and below its line.",
        lambda i, p, t, s: 1 - (2 * i / (p + t) + s),
    ),
    bounded_below=(
        "The sum below the line is kept at `smooth` or more. `smooth` is added, above and below.",
        (
            lambda i, p, t, s: 1 - 2 * i / (p + t).clamp(min=s),
            lambda i, p, t, s: 1 - (2 * i + s) / (p + t).clamp(min=s),
        ),
    ),
    product_below=(
        "The product of the sizes stands below the line. It is their sum.",
        (lambda i, p, t, s: 1 - (2 * i + s) / (p * t + s), lambda i, p, t, s: 1 - i / (p * t).sqrt()),
    ),
    recall=(
        "The overlap is divided by the size of the mask alone: this is recall, and a yes everywhere is best.",
        (lambda i, p, t, s: 1 - (i + s) / (t + s), lambda i, p, t, s: 1 - i / t),
    ),
    precision=(
        "The overlap is divided by the size of the prediction alone: this is precision, and one sure pixel is best.",
        (lambda i, p, t, s: 1 - (i + s) / (p + s), lambda i, p, t, s: 1 - i / p),
    ),
    tversky=(
        "The two kinds of error have different weights: this is a Tversky loss. In Dice they count alike.",
        (
            lambda i, p, t, s: 1 - (i + s) / (i + 0.3 * (p - i) + 0.7 * (t - i) + s),
            lambda i, p, t, s: 1 - (i + s) / (i + 0.7 * (p - i) + 0.3 * (t - i) + s),
        ),
    ),
    empty_masks_left_out=(
        "Samples whose mask is empty cost 0, whatever is said of them. A false alarm costs something: `smooth` makes "
        "the fraction 1 where nothing is found, and smaller where something is.",
        lambda i, p, t, s: soft_dice(i, p, t, s).where(t > 0, 0.0),
    ),
    nothing_costs_nothing=(
        "With smooth 0, nothing beside nothing costs 0 or 1 here. It is 0/0, NaN: a hole should be seen, and `smooth` "
        "is there to fill it.",
        (
            lambda i, p, t, s: soft_dice(i, p, t, s).where(p + t + s > 0, 0.0),
            lambda i, p, t, s: soft_dice(i, p, t, s).where(p + t + s > 0, 1.0),
        ),
    ),
)


def summed(one: Loss, other: Loss = lambda p, t: p, third: Loss = lambda p, t: t) -> Loss:
    """Three sums over all elements of a sample, of formulas of prediction and target."""
    return lambda p, t: torch.stack([each(p, t).flatten(1).sum(1) for each in (one, other, third)])


def along(dim: int) -> Loss:
    """The three sums along one dimension alone."""
    return lambda p, t: torch.stack([(p * t).sum(dim), p.sum(dim), t.sum(dim)])


MISTAKES.table(
    lambda sums: loss_of(sums=sums),
    squares_below=(
        "The predictions are squared below the line, as in the paper on V-Net. Here their plain sum stands there.",
        (
            summed(lambda p, t: p * t, lambda p, t: p**2, lambda p, t: t**2),
            summed(lambda p, t: p * t, lambda p, t: p**2),
        ),
    ),
    threshold_first=(
        "The predictions are rounded to 0 or 1 first. Then no pixel has a slope, and nothing can be learned.",
        (
            summed(lambda p, t: (p > 0.5) * t, lambda p, t: 1.0 * (p > 0.5)),
            summed(lambda p, t: p.round() * t, lambda p, t: p.round()),
        ),
    ),
    sigmoid_first=(
        "A sigmoid was applied first. `input` holds probabilities already: after a second sigmoid none is below ½.",
        summed(lambda p, t: p.sigmoid() * t, lambda p, t: p.sigmoid()),
    ),
    smaller_of_both=(
        "The smaller of prediction and mask is taken for the overlap, or |p - t| for what is apart, which is the same. "
        "The overlap is the sum of their products.",
        summed(torch.minimum),
    ),
    background_for_object=(
        "The overlap of what is left out is measured. It is that of what the masks hold.",
        summed(lambda p, t: (1 - p) * (1 - t), lambda p, t: 1 - p, lambda p, t: 1 - t),
    ),
    pixels_for_samples=(
        "Each pixel has a fraction of its own. A fraction is of sums, over all pixels of a sample.",
        lambda p, t: torch.stack([p * t, p, t]),
    ),
    last_dimension_only=(
        "The sums run over the last dimension only. Everything behind the first belongs to one sample: `flatten(1)`.",
        along(-1),
    ),
    over_the_samples=(
        "The sums run over the first dimension, the samples. They run over all others.",
        along(0),
    ),
    averages_for_sums=(
        "Means over the pixels are taken in place of sums. With `smooth` 0 that is the same; a `smooth` of 1 beside "
        "means that are below 1 covers everything.",
        lambda p, t: sums_of(p, t) / p[0].numel(),
    ),
)


def of_both(mean: Callable[[Tensor, Tensor], Tensor]) -> Loss:
    """A loss of the fraction of what the masks hold, and of that of what they leave out."""

    def loss(
        input: Tensor, target: Tensor, smooth: float = 1.0, batch: bool = False, reduction: str = "mean"
    ) -> Tensor:
        target = target.to(input.dtype)
        held = spec(input, target, smooth, batch, "none")
        return reduced(mean(held, spec(1 - input, 1 - target, smooth, batch, "none")), reduction)

    return loss


MISTAKES.table(
    of_both,
    background_as_well=(
        "The background has a fraction as well, and both are averaged. It is nearly 1 wherever the object is small, so "
        "that half of the loss says nothing. Here the object counts alone.",
        (lambda held, left: (held + left) / 2, lambda held, left: held + left),
    ),
)


def batch_of(each: Callable[[Tensor, int], Tensor]) -> Loss:
    """A loss whose one number for a batch is made into something else, of it and the number of samples."""

    def loss(
        input: Tensor, target: Tensor, smooth: float = 1.0, batch: bool = False, reduction: str = "mean"
    ) -> Tensor:
        losses = spec(input, target, smooth, batch, "none")
        return reduced(each(losses, len(input)) if batch else losses, reduction)

    return loss


MISTAKES.table(
    batch_of,
    batch_repeated=(
        "With `batch` the one loss is repeated for every sample. It is a single number, and so is its sum.",
        lambda loss, count: loss.expand(count),
    ),
    batch_in_a_row=(
        "With `batch` the result has the shape (1,) for 'none'. There is a single loss, of shape ().",
        lambda loss, count: loss[None],
    ),
    batch_divided=(
        "With `batch` the loss is divided by the number of samples. It is one fraction, and its mean is itself.",
        lambda loss, count: loss / count,
    ),
    batch_averages_the_sums=(
        "With `batch` the loss is multiplied by the number of samples. It is one fraction, whatever the reduction.",
        lambda loss, count: loss * count,
    ),
)


MISTAKES.table(
    lambda together: loss_of(together=together),
    means_over_the_batch=(
        "With `batch` the sums of the samples are averaged before the division, so `smooth` weighs more than once. Add "
        "them up.",
        lambda sums: sums.flatten(1).mean(1),
    ),
)
MISTAKES.table(
    with_defaults(MISTAKES),
    another_dtype=(
        "The result has not the dtype of `input`. Turn the mask into it first, `target.to(input.dtype)`, and make no "
        "tensor of another one.",
        (
            lambda x, t, *flags: spec(x.to(torch.promote_types(x.dtype, t.dtype)), t, *flags),
            lambda x, t, *flags: spec(x, t, *flags).float(),
        ),
    ),
    each_row=(
        "Each row of a mask has a fraction of its own (the sums run over the last dimension). All that stands behind "
        "the first dimension belongs together.",
        lambda x, t, smooth, batch, reduction: reduced(each_row(x, t, smooth, batch), reduction),
    ),
    any_shapes=(
        "Shapes are not looked at: (N, 1, H, W) beside (N, H, W) broadcasts to N × N masks. Raise a ValueError.",
        lambda x, t, *flags: loss_of(sums=broadcasting, checked=False)(x, t, *flags),
    ),
    binary_cross_entropy=(
        "This is the binary cross-entropy of each pixel. Dice is one fraction of sums for the whole mask.",
        lambda x, t, smooth, batch, reduction: reduced(
            -(t * x.log().clamp(min=-100) + (1 - t.to(x.dtype)) * (1 - x).log().clamp(min=-100)), reduction
        ),
    ),
)


def each_row(x: Tensor, t: Tensor, smooth: float, batch: bool) -> Tensor:
    """The mean over the rows of each sample, each of which is taken for one."""
    if batch:
        return spec(x, t, smooth, batch)
    return spec(x.flatten(0, -2), t.flatten(0, -2), smooth, False, "none").reshape(len(x), -1).mean(1)


def broadcasting(p: Tensor, t: Tensor) -> Tensor:
    """The three sums of whatever broadcasts, over all dimensions but the first."""
    return sums_of(*torch.broadcast_tensors(p, t))  # type: ignore[no-untyped-call]


@MISTAKES("0 is looked for to the last digit: `input` was cut to [eps, 1 - eps] first. Nothing here has a logarithm.")
def clipped_first(
    input: Tensor,
    target: Tensor,
    smooth: float = 1.0,
    batch: bool = False,
    reduction: str = "mean",
    *,
    eps: float = 1e-2,
) -> Tensor:
    return spec(input.clamp(eps, 1 - eps), target, smooth, batch, reduction)
