"""How much of two masks overlaps: `dice_loss`, which torch has not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import numpy as np
import torch
from torch import Tensor, tensor, zeros

from coursekit.exercise import (
    REDUCTIONS,
    Exercise,
    Function,
    Loss,
    Question,
    Rng,
    argument_fixed,
    keeps_dtype,
    no_elements,
    other_default,
    reduced,
    refuses,
    same_dtype,
    same_gradient,
    same_value,
    unknown_word,
    usual_mistakes,
    with_defaults,
    wrong_words,
)
from coursekit.graders.binary_cross_entropy.common import DTYPES, LOSSES, SHARES, draw


def sums_of(input: Tensor, target: Tensor) -> Tensor:
    """Over all elements of each sample the sums of products, of predictions and of targets: (3, N)."""
    return torch.stack([x.flatten(1).sum(1) for x in (input * target, input, target)])


def over_all(sums: Tensor) -> Tensor:
    """The three sums over the whole batch: (3,)."""
    return sums.flatten(1).sum(1)


def soft_dice(overlap: Tensor, predicted: Tensor, there: Tensor, smooth: float) -> Tensor:
    """1 less twice the overlap over the sum of both sizes."""
    return 1 - (2 * overlap + smooth) / (predicted + there + smooth)


def loss_of(formula: Loss = soft_dice, sums: Loss = sums_of, together: Loss = over_all, checked: bool = True) -> Loss:
    """A loss of `formula(overlap, predicted, there, smooth)`, a fraction for each sample, or one for the batch."""

    def loss(
        input: Tensor, target: Tensor, smooth: float = 1.0, batch: bool = False, reduction: str = "mean"
    ) -> Tensor:
        if checked and input.shape != target.shape:
            raise ValueError(f"{tuple(input.shape)} beside {tuple(target.shape)}")
        each = sums(input, target.to(input.dtype))
        losses = formula(*(together(each) if batch else each), smooth)
        return reduced(losses, reduction)

    return loss


spec = loss_of()


def cases() -> Iterator[Question]:
    """Reductions × batch × smooth × shapes × dtypes with the gradient; then masks of other dtypes, and empty ones."""
    for reduction, batch, smooth, dtype in product(REDUCTIONS, (False, True), (0.0, 1e-5, 1.0, 3.0), DTYPES):
        flags = {"smooth": smooth, "batch": batch, "reduction": reduction}
        for shape in ((2, 3), (3, 2, 2), (1, 4), (2, 1, 2, 2), (0, 3)):
            size = int(np.prod(shape))
            input = torch.linspace(0.05, 0.95, size, dtype=dtype).reshape(shape)
            yield Question((input, (torch.arange(size) % 3 == 1).to(dtype).reshape(shape)), flags, wrt=(0,))
            yield Question((input, (7 * input).sin().abs()), flags, wrt=(0, 1))
    for kind in (torch.bool, torch.uint8, torch.int64, torch.float64):
        yield Question((tensor([[0.2, 0.9, 0.4]]), tensor([[0, 1, 1]]).to(kind)), wrt=(0,))
    for smooth in (1.0, 0.01):
        yield Question((tensor([[0.2, 0.9], [0.0, 0.0]]), zeros(2, 2)), {"smooth": smooth, "reduction": "none"}, (0,))


dice_loss = Exercise(
    "dice_loss",
    spec,
    points=2,
    parity_points=2,
    forbids=LOSSES,
    cases=cases,
    idea="Dice asks what two masks share beside their sizes. What neither holds has no say.",
    hints=(
        "Three sums for each sample: of input · target, of input, of target. Over which dimensions do they run, if the "
        "first one counts the samples?",
        "Twice the first sum over the other two together is 1 where the masks are the same. `smooth` is added above "
        "and below, so that it stays 1 there.",
        "With `batch` add up the three sums over the samples before you divide: a ratio of sums. Without, divide "
        "first and reduce last. A mask of bool or int is turned into the dtype of `input` at the beginning.",
    ),
)


def masks(rng: Rng, *shape: int) -> tuple[Tensor, Tensor]:
    """Probabilities, and masks that hold something and leave something out, no two of the same size."""
    elements = int(np.prod(shape[1:]))
    sizes = rng.permutation(np.arange(1, elements))[: shape[0]]
    rows = [rng.permutation(np.arange(elements) < size) for size in sizes]
    return draw(rng, SHARES, *shape), tensor(np.array(rows).reshape(shape), dtype=torch.float32)


@dice_loss.check
def half_of_it(f: Function, rng: Rng) -> None:
    """Two pixels of four, one of them found and a wrong one beside it: 1 - 2·1/(2 + 2) = 0.5

    With smooth 0 it is the formula alone. A mask that is met costs 0, one that is missed wholly 1.
    """
    same_value(f, spec, tensor([[1.0, 0.0, 1.0, 0.0]]), tensor([[1.0, 1.0, 0.0, 0.0]]), smooth=0.0)
    three = tensor([[1.0, 0.0, 0.0, 0.0], [1.0, 0.0, 1.0, 0.0], [0.0, 0.0, 1.0, 1.0]])
    same_value(f, spec, three, three.flip(0), smooth=0.0, reduction="none")
    same_value(f, spec, *masks(rng, 2, 4), smooth=0.0, reduction="none")


@dice_loss.check
def smooth_on_both_sides(f: Function, rng: Rng) -> None:
    """smooth is added above and below the line

    A mask of two pixels, one found, smooth 5: 1 - (2·1 + 5)/(2 + 1 + 5) = 0.125.
    """
    same_value(f, spec, tensor([[1.0, 0.0, 0.0]]), tensor([[1.0, 1.0, 0.0]]), smooth=5.0)
    for smooth in (8.0, 0.1, 1.0):
        same_value(f, spec, *masks(rng, 2, 4), smooth=smooth, batch=False, reduction="none")


@dice_loss.check
def one_by_default(f: Function, rng: Rng) -> None:
    """smooth is 1 where nothing is said of it: two pixels, one found, cost 0.25"""
    same_value(f, spec, tensor([[1.0, 0.0]]), tensor([[1.0, 1.0]]))
    same_value(f, spec, *masks(rng, 2, 4), reduction="none")


@dice_loss.check
def each_sample_its_own(f: Function, rng: Rng) -> None:
    """Each sample has its own fraction; 'mean', the default, averages them, 'sum' adds them up"""
    large_and_small = tensor([[1.0, 1.0, 1.0, 1.0], [0.0, 1.0, 0.0, 0.0]]), tensor([[1.0] * 4, [1.0, 0.0, 0.0, 0.0]])
    same_value(f, spec, *large_and_small, smooth=0.0)
    args = masks(rng, 2, 2, 2)
    for flags in ({"reduction": "none"}, {"reduction": "sum"}, {"reduction": "mean"}, {}):
        same_value(f, spec, *args, **flags)


@dice_loss.check
def one_for_the_batch(f: Function, rng: Rng) -> None:
    """batch=True: the sums run over all samples, and there is one fraction

    A large mask counts more than a small one. The three reductions of one number are that number.
    """
    large_and_small = tensor([[1.0, 1.0, 1.0, 1.0], [0.0, 1.0, 0.0, 0.0]]), tensor([[1.0] * 4, [1.0, 0.0, 0.0, 0.0]])
    same_value(f, spec, *large_and_small, smooth=0.0, batch=True)
    args = masks(rng, 2, 4)
    for reduction in REDUCTIONS:
        same_value(f, spec, *args, batch=True, reduction=reduction)


@dice_loss.check
def slopes(f: Function, rng: Rng) -> None:
    """The gradient is right: one slope for all pixels of the mask, another for all outside"""
    same_gradient(f, spec, *masks(rng, 2, 4), smooth=0.0, reduction="sum")
    for batch in (False, True):
        same_gradient(f, spec, *masks(rng, 2, 2, 2), batch=batch, scale=3.0)


@dice_loss.parity
def nothing_to_find(f: Function, rng: Rng) -> None:
    """Nothing beside nothing costs 0, if smooth is above 0; a false alarm of 4 pixels costs 0.8

    Without `smooth` above the line, an empty mask costs 1 whatever is said of it, and nothing is learned from it.
    """
    none = zeros(2, 4)
    found = tensor([[0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]])
    same_value(f, spec, found, none, reduction="none")
    shares = draw(rng, SHARES, 2, 4)
    for smooth in (1.0, 0.01):
        same_gradient(f, spec, shares, none, smooth=smooth, reduction="none")


@dice_loss.parity
def nothing_is_nan(f: Function, rng: Rng) -> None:
    """With smooth 0, nothing beside nothing is 0/0: NaN, and so is the mean"""
    input, target = masks(rng, 2, 4)
    input[1], target[1] = 0.0, 0.0
    same_value(f, spec, input, target, smooth=0.0, reduction="none")
    same_value(f, spec, input, target, smooth=0.0)


@dice_loss.parity
def every_flag(f: Function, rng: Rng) -> None:
    """Value and gradient with every reduction, smooth and batch, by position as well"""
    for reduction, batch, smooth in product(REDUCTIONS, (False, True), (0.0, 1.0, 2.5)):
        same_gradient(f, spec, *masks(rng, 2, 3), smooth, batch, reduction, scale=2.0)


@dice_loss.parity
def more_dimensions(f: Function, rng: Rng) -> None:
    """Masks (N, C, H, W): all that stands behind the N belongs to one sample"""
    for shape in ((2, 1, 2, 2), (2, 2, 2, 1), (2, 1, 4)):
        same_value(f, spec, *masks(rng, *shape), reduction="none")
        same_value(f, spec, *masks(rng, *shape), batch=True)


@dice_loss.parity
def masks_of_any_dtype(f: Function, rng: Rng) -> None:
    """Masks of bool, of integers or of float64: the result has the dtype of input

    float64 masks come out of numpy.
    """
    input, target = masks(rng, 2, 4)
    for kind in (torch.bool, torch.uint8, torch.int64, torch.float64):
        same_dtype(f, spec, input, target.to(kind))


@dice_loss.parity
def soft_masks(f: Function, rng: Rng) -> None:
    """Masks of shares, as several people draw them: the same formula

    Even a prediction that equals such a mask costs something.
    """
    input, target = draw(rng, SHARES, 2, 3), draw(rng, SHARES, 2, 3)
    same_gradient(f, spec, input, target, smooth=0.5)
    same_value(f, spec, input, input, smooth=0.0, reduction="none")


@dice_loss.parity
def unlike_shapes(f: Function, rng: Rng) -> None:
    """Predictions (N, 1, H, W) beside masks (N, H, W) are refused

    They would broadcast to (N, N, H, W), every prediction beside every mask.
    """
    input, target = masks(rng, 2, 2, 2)
    refuses(f, input[:, None], target)
    refuses(f, input, target[:, None])
    refuses(f, input, target[:1])


keeps_dtype(dice_loss, lambda rng: masks(rng, 2, 4))
no_elements(dice_loss, lambda rng: masks(rng, 2, 4), "No samples: 'sum' gives 0, 'mean' gives NaN, 'none' nothing")
unknown_word(dice_loss, lambda rng: masks(rng, 2, 4))


# ---- mistakes ----------------------------------------------------------------------------------------------------

wrong = dice_loss.misconceptions
wrong_words(wrong)
usual_mistakes(wrong, "empty_is_zero")
wrong.table(
    with_defaults(wrong),
    smooth_ignored=(
        "`smooth` is not used: nothing is added, or always the same small number.",
        (
            lambda x, t, _smooth, *flags: spec(x, t, 0.0, *flags),
            lambda x, t, _smooth, *flags: spec(x, t, 1e-5, *flags),
        ),
    ),
)
argument_fixed(wrong, "smooth_is_one", "`smooth` is not used: it stays at 1.", smooth=1.0)
other_default(
    wrong,
    "little_smooth_by_default",
    "By default nothing is added, or a small number, as MONAI has it. The default of `smooth` is 1.",
    smooth=0.0,
)
argument_fixed(wrong, "batch_ignored", "`batch` is not used: each sample has its own fraction.", batch=False)
argument_fixed(
    wrong,
    "always_batch",
    "There is one fraction for the whole batch, whatever `batch` says. A ratio of sums is not the mean of the ratios: "
    "large masks count more. Sum over all dimensions but the first.",
    batch=True,
)
other_default(
    wrong, "batch_by_default", "There is one fraction for the batch by default. `batch` is False.", batch=True
)

wrong.table(
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


wrong.table(
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


wrong.table(
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


wrong.table(
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


wrong.table(
    lambda together: loss_of(together=together),
    means_over_the_batch=(
        "With `batch` the sums of the samples are averaged before the division, so `smooth` weighs more than once. Add "
        "them up.",
        lambda sums: sums.flatten(1).mean(1),
    ),
)
wrong.table(
    with_defaults(wrong),
    another_dtype=(
        "The result has not the dtype of `input`. Turn the mask into it first, `target.to(input.dtype)`, and make no "
        "tensor of another one.",
        (
            lambda x, t, *flags: spec(x.to(torch.promote_types(x.dtype, t.dtype)), t, *flags),
            lambda x, t, *flags: spec(x, t, *flags).float(),
        ),
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


def broadcasting(p: Tensor, t: Tensor) -> Tensor:
    """The three sums of whatever broadcasts, over all dimensions but the first."""
    return sums_of(*torch.broadcast_tensors(p, t))  # type: ignore[no-untyped-call]


@wrong("0 is looked for to the last digit: `input` was cut to [eps, 1 - eps] first. Nothing here has a logarithm.")
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
