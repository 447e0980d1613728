"""How much of two masks overlaps: `dice_loss`, which torch has not."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import torch
from torch import Tensor, tensor, zeros

from coursekit.exercise import (
    REDUCTIONS,
    Exercise,
    Function,
    Question,
    Rng,
    keeps_dtype,
    no_elements,
    refuses,
    same_dtype,
    same_gradient,
    same_value,
    unknown_word,
)
from coursekit.graders.binary_cross_entropy.common import DTYPES, LOSSES, SHARES, draw
from coursekit.graders.binary_cross_entropy.dice_mistakes import MISTAKES
from coursekit.graders.binary_cross_entropy.dice_spec import spec


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


dice_loss.misconceptions.extend(MISTAKES)
