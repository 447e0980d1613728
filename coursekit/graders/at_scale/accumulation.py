"""A batch in micro-batches of unequal size: `accumulated_loss`."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nan, tensor

from coursekit.exercise import (
    Exercise,
    Function,
    Loss,
    Rng,
    argument_fixed,
    keeps_dtype,
    same_gradient,
    same_value,
    with_defaults,
)
from coursekit.graders.cross_entropy.picking_spec import nll_loss_spec
from coursekit.graders.softmax.common import READY_MADE, draw_logits, log_softmax_spec
from coursekit.graders.softmax.log_softmax import no_shift


def surprises(logits: Tensor, target: Tensor, ignore_index: int) -> Tensor:
    """-ln p of every target, 0 for those that do not count."""
    return nll_loss_spec(log_softmax_spec(logits, 1), target, None, ignore_index, "none")


def accumulated_spec(logits: Tensor, target: Tensor, sizes: list[int], ignore_index: int = -100) -> Tensor:
    """All surprises of the batch, divided by the number of targets that count."""
    return surprises(logits, target, ignore_index).sum() / (target != ignore_index).sum()


accumulated_loss = Exercise(
    "accumulated_loss",
    accumulated_spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    idea="Accumulated gradients are those of one batch only if every micro-batch divides by the whole batch's count.",
    hints=(
        "What does the whole batch divide by? That number depends on the targets alone: count it before the first "
        "micro-batch.",
        "Each micro-batch gives the sum of its own losses, over that number. Then add.",
        "A micro-batch of which nothing counts has no mean, but it has a sum: 0.",
    ),
)

PADDED = tensor([0, -100, 1, -100, 1])


@accumulated_loss.check
def equal_sizes(f: Function, rng: Rng) -> None:
    """Two micro-batches of two rows"""
    two = tensor([[1.0, 2.0], [1.0, 3.0], [0.0, 1.0], [2.0, 0.0]])
    same_value(f, accumulated_spec, two, tensor([0, 1, 1, 1]), [2, 2])
    same_value(f, accumulated_spec, draw_logits(rng, 4, 2), tensor([0, 1, 1, 1]), [2, 2])


@accumulated_loss.check
def unequal_sizes(f: Function, rng: Rng) -> None:
    """A last micro-batch that is smaller: every row counts the same"""
    same_value(f, accumulated_spec, draw_logits(rng, 4, 3), tensor([2, 0, 1, 1]), [3, 1])
    same_value(f, accumulated_spec, draw_logits(rng, 5, 2), tensor([0, 1, 1, 0, 1]), [1, 3, 1])


@accumulated_loss.check
def unequal_counts(f: Function, rng: Rng) -> None:
    """Targets that do not count: every one that does counts the same

    Micro-batches of the same size may hold different numbers of real tokens.
    """
    same_value(f, accumulated_spec, draw_logits(rng, 4, 2), tensor([0, 1, -100, 1]), [2, 2])
    same_value(f, accumulated_spec, draw_logits(rng, 5, 2), PADDED, [2, 3])
    same_value(f, accumulated_spec, draw_logits(rng, 4, 3), tensor([0, 2, 2, 1]), [3, 1], ignore_index=2)


@accumulated_loss.check
def accumulated_gradient(f: Function, rng: Rng) -> None:
    """The gradient is that of the whole batch"""
    same_gradient(f, accumulated_spec, draw_logits(rng, 3, 2), tensor([0, 1, 1]), [2, 1])
    same_gradient(f, accumulated_spec, draw_logits(rng, 5, 2), PADDED, [1, 4])


@accumulated_loss.parity
def empty_micro_batch(f: Function, rng: Rng) -> None:
    """A micro-batch of which nothing counts changes nothing

    Its own mean would be 0/0. Its sum is 0.
    """
    same_gradient(f, accumulated_spec, draw_logits(rng, 4, 2), tensor([0, 1, -100, -100]), [2, 2])
    same_value(f, accumulated_spec, draw_logits(rng, 3, 2), tensor([1, 0, 0]), [1, 2], ignore_index=1)


@accumulated_loss.parity
def accumulated_extremes(f: Function, rng: Rng) -> None:
    """Logits of ±1000, and NaN in a row that does not count"""
    big = 100.0 * int(rng.integers(8, 11))
    same_gradient(f, accumulated_spec, tensor([[big, 0.0], [0.0, -big], [1.0, 0.0]]), tensor([1, 0, 1]), [2, 1])
    same_value(f, accumulated_spec, tensor([[1.0, 2.0], [nan, 0.0], [0.0, 1.5]]), tensor([0, -100, 1]), [2, 1])


keeps_dtype(
    accumulated_loss,
    lambda rng: (draw_logits(rng, 3, 2), tensor([0, 1, 1]), [2, 1]),
    name="accumulated_dtype",
    anew=True,
)


# ---- mistakes ----------------------------------------------------------------------------------------------------

wrong = accumulated_loss.misconceptions


class Steps(NamedTuple):
    """What there is to add up and to divide by."""

    losses: Tensor  # the surprise of every row, 0 where the target does not count
    sums: Tensor  # of the losses of each micro-batch
    counts: Tensor  # of the targets that count in each
    sizes: Tensor  # the rows of each


def of_steps(formula: Loss) -> Loss:
    """A loss of `Steps`."""

    def loss(logits: Tensor, target: Tensor, sizes: list[int], ignore_index: int = -100) -> Tensor:
        losses = surprises(logits, target, ignore_index)
        sums = torch.stack([part.sum() for part in torch.split(losses, sizes)])
        counts = torch.stack([part.sum() for part in torch.split(target != ignore_index, sizes)])
        return formula(Steps(losses, sums, counts, tensor(sizes)))

    return loss


wrong.table(
    of_steps,
    mean_of_means=(
        "The mean of the micro-batches' means: a token of a micro-batch that holds few counts more. Divide every sum "
        "by the count of the whole batch.",
        lambda s: (s.sums / s.counts).mean(),
        "R4 CE27",
    ),
    sum_of_means=(
        "The micro-batches' means are added without dividing by how many there are: too large by their number.",
        lambda s: (s.sums / s.counts).sum(),
    ),
    divided_by_rows=(
        "The sum is divided by the number of rows. Those that do not count belong neither above nor below the "
        "fraction.",
        lambda s: s.losses.mean(),
        "CE7",
    ),
    weighted_by_size=(
        "The means are weighted by the micro-batches' sizes. What counts in them are real tokens: weight by their "
        "number.",
        lambda s: (s.sums / s.counts * s.sizes).sum() / len(s.losses),
    ),
    never_divided=(
        "This is the sum over all targets. The mean divides by the number of those that count.",
        lambda s: s.losses.sum(),
    ),
    divided_by_steps=(
        "The sum is divided by the number of micro-batches. Divide by the targets that count.",
        lambda s: s.losses.sum() / len(s.sizes),
    ),
    last_step_only=("Only the last micro-batch's loss is returned: add them up.", lambda s: s.sums[-1] / s.counts[-1]),
    last_count_only=(
        "The sum is divided by the count of the last micro-batch alone. Add up the counts as well.",
        lambda s: s.sums.sum() / s.counts[-1],
    ),
    count_so_far=(
        "Each micro-batch is divided by the count so far. The first ones then weigh too much: the count of the whole "
        "batch is needed from the beginning.",
        lambda s: (s.sums / s.counts.cumsum(0)).sum(),
    ),
)
argument_fixed(
    wrong,
    "always_minus_100",
    "`ignore_index` is fixed at -100: with any other value those targets still count.",
    ignore_index=-100,
)
wrong.table(
    with_defaults(wrong),
    accumulated_no_shift=(
        "exp overflows for large logits. Take each row's largest logit away before `exp`.",
        lambda x, y, sizes, ignored: nll_loss_spec(no_shift(x, 1), y, None, ignored, "mean"),
    ),
    accumulated_raw=(
        "The logits are picked without a softmax. They are no log-probabilities.",
        lambda x, y, sizes, ignored: nll_loss_spec(x, y, None, ignored, "mean"),
    ),
)


@wrong(
    "Rows that do not count are multiplied by 0, and 0 · NaN is NaN. Choose with `torch.where`, or drop the rows.",
    covers="CE9",
)
def accumulated_mask(logits: Tensor, target: Tensor, sizes: list[int], ignore_index: int = -100) -> Tensor:
    counts = target != ignore_index
    return (surprises(logits, target.where(counts, 0), -1) * counts).sum() / counts.sum()


@wrong("Each micro-batch begins with the first row again: its place is not moved on by the rows that came before.")
def first_rows_again(logits: Tensor, target: Tensor, sizes: list[int], ignore_index: int = -100) -> Tensor:
    parts = [surprises(logits[:size], target[:size], ignore_index) for size in sizes]
    count = sum((target[:size] != ignore_index).sum() for size in sizes)
    return torch.cat(parts).sum() / count


wrong.table(
    of_steps,
    steps_alike=(
        "Each micro-batch's mean is divided by a number that has nothing to do with it: its size, or the first count.",
        (
            lambda s: (s.sums / s.counts).sum() / s.sizes.sum(),
            lambda s: s.sums.sum() / s.counts[0],
            lambda s: s.sums.sum() / s.counts.max(),
            lambda s: (s.sums / s.counts * s.sizes).sum() / s.counts.sum(),
        ),
    ),
    one_for_each_step=(
        "This gives one loss a micro-batch. All together have one.",
        (lambda s: s.sums / s.counts, lambda s: s.sums),
    ),
    one_for_each_row=("This gives one loss per row. All together have one.", lambda s: s.losses),
    first_step_only=(
        "Only the first micro-batch counts: the loop is left too early.",
        lambda s: s.sums[0] / s.counts[0],
    ),
)
wrong.table(
    of_steps,
    root_of_the_count=(
        "The sum is divided by the root of the count. Divide by the count.",
        lambda s: s.losses.sum() / s.counts.sum().sqrt(),
    ),
    one_more_counted=(
        "The sum is divided by one more, or one less, than the targets that count.",
        (
            lambda s: s.losses.sum() / (s.counts.sum() + 1),
            lambda s: s.losses.sum() / (s.counts.sum() - 1),
        ),
    ),
)
wrong.table(
    of_steps,
    divided_by_first_size=(
        "The sum is divided by the size of the first micro-batch. Divide by the targets that count.",
        lambda s: s.losses.sum() / s.sizes[0],
    ),
)
