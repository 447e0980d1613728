"""CTC from logits, value and gradient: `ctc_loss_from_logits`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, tensor

from coursekit.exercise import REDUCTIONS, Exercise, Function, Rng, refuses, same_dtype, same_gradient, same_value
from coursekit.exercise.families.inputs import normal
from coursekit.graders.ctc_training import drop_in_mistakes, gradient_mistakes
from coursekit.graders.ctc_training.common import READY_MADE, two_labels
from coursekit.graders.ctc_training.drop_in_spec import from_logits_spec
from coursekit.wire import Question


def torch_ctc(
    logits: Tensor,
    targets: Tensor,
    input_lengths: Tensor,
    target_lengths: Tensor,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """torch's own. Labels that are no class are refused here: torch does not look, and writes out of bounds (CTC6)."""
    if targets.numel() and (int(targets.min()) < 0 or int(targets.max()) >= logits.shape[2]):
        raise ValueError(f"targets go from {targets.min()} to {targets.max()}, there are {logits.shape[2]} classes")
    if target_lengths.max() > targets.shape[1] or input_lengths.max() > len(logits):
        raise ValueError("a length is larger than what it is the length of")
    return F.ctc_loss(logits.log_softmax(2), targets, input_lengths, target_lengths, blank, reduction, zero_infinity)


Batch = tuple[Tensor, Tensor, Tensor, Tensor]


def batch(rng: Rng, targets: list[list[int]], input_lengths: list[int], classes: int = 4) -> Batch:
    """Logits of the drawn kind for these targets, which are padded with a label that is none of their own."""
    longest = max(map(len, targets))
    padded = [[*labels, *([classes - 1] * (longest - len(labels)))] for labels in targets]
    logits = normal(rng, max(input_lengths), len(targets), classes)
    lengths = tensor(input_lengths), tensor([len(labels) for labels in targets])
    return logits, tensor(padded, dtype=torch.int64), *lengths


def cases() -> Iterator[Question]:
    """Reductions × targets (repeats, none at all, ragged, one that does not fit) × blanks × sizes × dtypes."""
    generator = torch.Generator().manual_seed(0)
    lengths = tensor([6, 5, 3, 4]), tensor([3, 2, 1, 0])
    targets = tensor([[1, 1, 2], [3, 3, 1], [2, 1, 1], [1, 2, 3]])
    for dtype, blank, reduction in product((torch.float32, torch.float64), (0, 4), REDUCTIONS):
        # ln P of hundreds has lost the digits in float32 that its gradient would need, torch's too
        for size in (1.0, 5.0) if dtype == torch.float32 else (1.0, 30.0, 1000.0):
            logits = size * torch.randn(6, 4, 5, generator=generator, dtype=dtype)
            yield Question((logits, targets, *lengths), {"blank": blank, "reduction": reduction}, (0,), 2.0)
    unfit = tensor([[1, 1, 1], [1, 2, 1]]), tensor([4, 4]), tensor([3, 3])
    for dtype, reduction in product((torch.float32, torch.float64), REDUCTIONS):
        logits = torch.randn(4, 2, 4, generator=generator, dtype=dtype)
        zero: dict[str, Any] = {"reduction": reduction, "zero_infinity": True}
        yield Question((logits, *unfit), zero, (0,))
        # without zero_infinity torch's gradient is NaN in every class, which says no more than that there is none
        yield Question((logits, *unfit), {"reduction": reduction})
    long = torch.randn(200, 1, 3, generator=generator, dtype=torch.float64)
    yield Question((long, tensor([[1, 2, 2, 1]]), tensor([200]), tensor([4])), {"reduction": "sum"}, (0,))
    empty = torch.zeros(2, 0, dtype=torch.int64)
    for dtype in (torch.float32, torch.float64):
        two = torch.randn(3, 2, 3, generator=generator, dtype=dtype)
        yield Question((two, empty, tensor([3, 2]), tensor([0, 0])), {}, (0,))


ctc_loss_from_logits = Exercise(
    "ctc_loss_from_logits",
    from_logits_spec,
    points=3,
    parity_points=2,
    forbids=READY_MADE,
    twin=torch_ctc,
    cases=cases,
    idea="Training with CTC is cross-entropy against the occupancies: the logits' gradient is softmax - occupancy.",
    hints=(
        "One sample first: log_softmax, α, β, and from them -ln P and the occupancies (T, C). You have written the "
        "parts.",
        "A `torch.autograd.Function` has a static `forward(ctx, logits)`, which may save the gradient it has found "
        "with `ctx.save_for_backward`, and a static `backward(ctx, grad)`, which returns it times grad.",
        "Let the Function give one loss per sample, (N,). Reduce outside it: autograd brings the factors of the mean "
        "to your backward as `grad`, one for each sample.",
        "Frames beyond a sample's input length are not read: their gradient stays 0. A target without a path costs "
        "inf, or 0 with `zero_infinity`, and its gradient is 0 then.",
    ),
)


@ctc_loss_from_logits.check
def one_frame(f: Function, rng: Rng) -> None:
    """One frame, one label: it is cross-entropy, value and gradient

    The only path is the label itself. The gradient is softmax - one-hot.
    """
    one = tensor([[[1.0, 2.0, 0.0]]]), tensor([[1]]), tensor([1]), tensor([1])
    same_gradient(f, from_logits_spec, *one, reduction="sum")
    same_gradient(f, from_logits_spec, normal(rng, 1, 1, 3), *one[1:], reduction="sum")


@ctc_loss_from_logits.check
def several_paths(f: Function, rng: Rng) -> None:
    """One sample: all paths count, and the gradient asks each frame for its occupancies"""
    same_gradient(f, from_logits_spec, *batch(rng, [[1]], [2]), reduction="sum")
    same_gradient(f, from_logits_spec, *batch(rng, [[1, 2]], [4]), reduction="sum")


@ctc_loss_from_logits.check
def repeats(f: Function, rng: Rng) -> None:
    """Labels that come twice, side by side and apart"""
    a, b = two_labels(rng, 4)
    same_gradient(f, from_logits_spec, *batch(rng, [[a, a]], [4]), reduction="sum")
    same_gradient(f, from_logits_spec, *batch(rng, [[a, b, a]], [5]), reduction="sum")


@ctc_loss_from_logits.check
def ragged_batch(f: Function, rng: Rng) -> None:
    """A batch: each sample has its own number of frames and of labels, the rest is padding"""
    same_gradient(f, from_logits_spec, *batch(rng, [[1, 2], [2]], [4, 3]), reduction="none")
    same_gradient(f, from_logits_spec, *batch(rng, [[1], [2, 2], [1, 2, 1]], [2, 5, 4]), reduction="sum")


@ctc_loss_from_logits.check
def the_mean(f: Function, rng: Rng) -> None:
    """'mean': each loss is divided by its number of labels first, then they are averaged"""
    same_gradient(f, from_logits_spec, *batch(rng, [[1, 2, 1], [2]], [4, 3]))
    same_gradient(f, from_logits_spec, *batch(rng, [[1], [2, 1], [1, 2, 1]], [3, 4, 5]), scale=3.0)


@ctc_loss_from_logits.parity
def upstream(f: Function, rng: Rng) -> None:
    """What is done with the loss later on reaches the gradient

    The backward of a Function is handed the slope of all that follows: multiply by it.
    """
    for reduction in REDUCTIONS:
        three = batch(rng, [[1], [2, 2], [1, 2]], [3, 5, 4])
        same_gradient(f, from_logits_spec, *three, reduction=reduction, scale=-2.5)


@ctc_loss_from_logits.parity
def another_blank(f: Function, rng: Rng) -> None:
    """Another class can be the blank"""
    same_gradient(f, from_logits_spec, *batch(rng, [[0, 1], [1, 1]], [4, 4]), blank=3, reduction="sum")
    same_gradient(f, from_logits_spec, *batch(rng, [[0, 2], [2, 0]], [4, 3]), blank=1)


@ctc_loss_from_logits.parity
def empty_target(f: Function, rng: Rng) -> None:
    """A sample without labels: every frame is blank, and its mean divides by 1"""
    for reduction in REDUCTIONS:
        same_gradient(f, from_logits_spec, *batch(rng, [[], [1, 2]], [3, 4]), reduction=reduction)


@ctc_loss_from_logits.parity
def no_path(f: Function, rng: Rng) -> None:
    """A target that does not fit costs inf; with zero_infinity 0, and it counts in the mean

    Its gradient is 0 then, in every frame.
    """
    unfit = batch(rng, [[1, 1, 1], [1, 2]], [4, 4])
    same_value(f, from_logits_spec, *unfit, reduction="none")
    same_value(f, from_logits_spec, *unfit)
    for reduction in REDUCTIONS:
        same_gradient(f, from_logits_spec, *unfit, reduction=reduction, zero_infinity=True)


@ctc_loss_from_logits.parity
def large_logits(f: Function, rng: Rng) -> None:
    """Logits of ±1000 give no NaN"""
    logits, *rest = batch(rng, [[1, 2]], [4])
    same_gradient(f, from_logits_spec, 1000 * logits.double(), *rest, reduction="sum")
    same_gradient(f, from_logits_spec, logits.double() + 1000, *rest, reduction="sum")


@ctc_loss_from_logits.parity
def many_frames(f: Function, rng: Rng) -> None:
    """80 frames of 10 nats and more: probabilities underflow, their logarithms do not"""
    logits = normal(rng, 1, 1, 3).repeat(80, 1, 1).double()
    logits[:, :, 2] = 15 - logits[:, :, 0].remainder(1)
    same_gradient(f, from_logits_spec, logits, tensor([[1]]), tensor([80]), tensor([1]), reduction="sum")


@ctc_loss_from_logits.parity
def result_dtype(f: Function, rng: Rng) -> None:
    """float64 stays float64"""
    logits, *rest = batch(rng, [[1, 2], [1]], [3, 3])
    for reduction in REDUCTIONS:
        same_dtype(f, from_logits_spec, logits.double(), *rest, reduction=reduction)


@ctc_loss_from_logits.parity
def unknown_word(f: Function, rng: Rng) -> None:
    """An unknown reduction is refused, a known one is not"""
    two = batch(rng, [[1, 2], [1]], [2, 2])
    for reduction in REDUCTIONS:
        same_value(f, from_logits_spec, *two, reduction=reduction)
    refuses(f, *two, reduction="average")
    refuses(f, *two, reduction="")


ctc_loss_from_logits.misconceptions.extend(drop_in_mistakes.MISTAKES)
ctc_loss_from_logits.misconceptions.extend(gradient_mistakes.MISTAKES)
