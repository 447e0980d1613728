"""A batch in micro-batches of unequal size: `accumulated_loss`."""

from __future__ import annotations

import torch
from torch import Tensor, nan, tensor

from coursekit.exercise import Exercise, Function, same_dtype, same_gradient, same_value
from coursekit.graders.cross_entropy.common import READY_MADE, Rng, draw_logits, log_softmax_spec
from coursekit.graders.cross_entropy.picking import nll_loss_spec
from coursekit.graders.cross_entropy.softmax import no_shift


def surprises(logits: Tensor, target: Tensor, ignore_index: int) -> Tensor:
    """-ln p of every target, 0 for those that do not count."""
    return nll_loss_spec(log_softmax_spec(logits, 1), target, None, ignore_index, "none")


def accumulated_spec(logits: Tensor, target: Tensor, sizes: list[int], ignore_index: int = -100) -> Tensor:
    """All surprises of the batch, divided by the number of targets that count."""
    return surprises(logits, target, ignore_index).sum() / (target != ignore_index).sum()


def micro_batches(
    logits: Tensor, target: Tensor, sizes: list[int], ignore_index: int
) -> list[tuple[Tensor, Tensor, int]]:
    """The sum of the surprises, the number of targets that count, and the size of each micro-batch."""
    losses = torch.split(surprises(logits, target, ignore_index), sizes)
    counts = torch.split(target != ignore_index, sizes)
    return [(loss.sum(), count.sum(), size) for loss, count, size in zip(losses, counts, sizes)]


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
    same_value(f, accumulated_spec, draw_logits(rng, 3, 3), tensor([2, 0, 1]), [2, 1])
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


@accumulated_loss.parity
def accumulated_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32, float64 stays float64"""
    same_dtype(f, accumulated_spec, draw_logits(rng, 3, 2), tensor([0, 1, 1]), [2, 1])
    same_dtype(f, accumulated_spec, draw_logits(rng, 3, 2).double(), tensor([0, 1, 1]), [2, 1])


@accumulated_loss.misconception(  # R4, CE27
    "The mean of the micro-batches' means: a token of a micro-batch that holds few counts more. Divide every sum by "
    "the count of the whole batch."
)
def mean_of_means(logits: Tensor, target: Tensor, sizes: list[int], ignore_index: int = -100) -> Tensor:
    return torch.stack([loss / count for loss, count, _ in micro_batches(logits, target, sizes, ignore_index)]).mean()


@accumulated_loss.misconception(
    "The micro-batches' means are added without dividing by how many there are: too large by their number."
)
def sum_of_means(logits: Tensor, target: Tensor, sizes: list[int], ignore_index: int = -100) -> Tensor:
    return torch.stack([loss / count for loss, count, _ in micro_batches(logits, target, sizes, ignore_index)]).sum()


@accumulated_loss.misconception(  # CE7
    "The sum is divided by the number of rows. Those that do not count belong neither above nor below the fraction."
)
def divided_by_rows(logits: Tensor, target: Tensor, sizes: list[int], ignore_index: int = -100) -> Tensor:
    return surprises(logits, target, ignore_index).mean()


@accumulated_loss.misconception(
    "The means are weighted by the micro-batches' sizes. What counts in them are real tokens: weight by their number."
)
def weighted_by_size(logits: Tensor, target: Tensor, sizes: list[int], ignore_index: int = -100) -> Tensor:
    parts = micro_batches(logits, target, sizes, ignore_index)
    return torch.stack([loss / count * size for loss, count, size in parts]).sum() / len(target)


@accumulated_loss.misconception("This is the sum over all targets. The mean divides by the number of those that count.")
def never_divided(logits: Tensor, target: Tensor, sizes: list[int], ignore_index: int = -100) -> Tensor:
    return surprises(logits, target, ignore_index).sum()


@accumulated_loss.misconception("The sum is divided by the number of micro-batches. Divide by the targets that count.")
def divided_by_steps(logits: Tensor, target: Tensor, sizes: list[int], ignore_index: int = -100) -> Tensor:
    return surprises(logits, target, ignore_index).sum() / len(sizes)


@accumulated_loss.misconception("Only the last micro-batch's loss is returned: add them up.")
def last_step_only(logits: Tensor, target: Tensor, sizes: list[int], ignore_index: int = -100) -> Tensor:
    loss, count, _ = micro_batches(logits, target, sizes, ignore_index)[-1]
    return loss / count


@accumulated_loss.misconception(
    "Each micro-batch is divided by the count so far. The first ones then weigh too much: the count of the whole "
    "batch is needed from the beginning."
)
def count_so_far(logits: Tensor, target: Tensor, sizes: list[int], ignore_index: int = -100) -> Tensor:
    total, seen = logits.new_zeros(()), tensor(0)
    for loss, count, _ in micro_batches(logits, target, sizes, ignore_index):
        seen = seen + count
        total = total + loss / seen
    return total


@accumulated_loss.misconception("`ignore_index` is fixed at -100: with any other value those targets still count.")
def always_minus_100(logits: Tensor, target: Tensor, sizes: list[int], ignore_index: int = -100) -> Tensor:
    return accumulated_spec(logits, target, sizes)


@accumulated_loss.misconception("exp overflows for large logits. Take each row's largest logit away before `exp`.")
def accumulated_no_shift(logits: Tensor, target: Tensor, sizes: list[int], ignore_index: int = -100) -> Tensor:
    return nll_loss_spec(no_shift(logits, 1), target, None, ignore_index, "mean")


@accumulated_loss.misconception("The logits are picked without a softmax. They are no log-probabilities.")
def accumulated_raw(logits: Tensor, target: Tensor, sizes: list[int], ignore_index: int = -100) -> Tensor:
    return nll_loss_spec(logits, target, None, ignore_index, "mean")


@accumulated_loss.misconception(  # CE9
    "Rows that do not count are multiplied by 0, and 0 · NaN is NaN. Choose with `torch.where`, or drop the rows."
)
def accumulated_mask(logits: Tensor, target: Tensor, sizes: list[int], ignore_index: int = -100) -> Tensor:
    losses = surprises(logits, target.where(target != ignore_index, 0), -1)
    return (losses * (target != ignore_index)).sum() / (target != ignore_index).sum()
