"""What goes wrong in a backward of one's own: `ctc_loss_from_logits` with the right value."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from coursekit.exercise import Loss, Mistakes, detached
from coursekit.graders.ctc_training.drop_in_spec import (
    from_logits_spec,
    normalised,
    right_losses,
    sample_loss,
    with_reductions,
)
from coursekit.graders.ctc_training.occupancy import (
    best_path_only,
    class_shares,
    frame_counted_twice,
    not_divided,
    overwritten,
)

MISTAKES = Mistakes(from_logits_spec)


class _Backward(torch.autograd.Function):
    """Losses with a gradient that somebody else has written down: times what comes from behind, or not."""

    @staticmethod
    def forward(ctx: Any, _logits: Tensor, losses: Tensor, slopes: Tensor, chained: bool) -> Tensor:
        ctx.save_for_backward(slopes)
        ctx.chained = chained
        return losses.clone()

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        (slopes,) = ctx.saved_tensors
        return (grad[:, None] * slopes if ctx.chained else slopes), None, None, None


Slope = Callable[[Tensor, Tensor, int], Tensor]


def with_slope(slope: Slope, *, chained: bool = True, padding: bool = False, unfit: float = 0.0) -> Loss:
    """A loss by a Function whose value is right and whose backward is not.

    Args:
        slope: the gradient of one sample's loss by its logits, from log-probabilities (T, C), target and blank.
        chained: whether backward multiplies by what it is handed.
        padding: whether frames beyond the input length get a gradient as well, their softmax.
        unfit: what stands in the gradient of a target without a path that costs 0.
    """

    def losses(
        logits: Tensor, targets: Tensor, input_lengths: Tensor, target_lengths: Tensor, blank: int, zero_infinity: bool
    ) -> Tensor:
        log_probs = normalised(logits.detach())
        right = right_losses(logits.detach(), targets, input_lengths, target_lengths, blank, zero_infinity)
        slopes = log_probs.exp() if padding else torch.zeros_like(log_probs)
        for n, (frames, labels) in enumerate(zip(input_lengths.tolist(), target_lengths.tolist(), strict=True)):
            mine, target = log_probs[:frames, n], targets[n, :labels]
            if sample_loss(mine, target, blank) == math.inf:
                slopes[:frames, n] = unfit if zero_infinity else math.nan
            else:
                slopes[:frames, n] = slope(mine, target, blank).to(logits.dtype)
        each: Tensor = _Backward.apply(logits, right, slopes, chained)  # type: ignore[no-untyped-call]
        return each

    return with_reductions(losses)


def by_logits(log_probs: Tensor, target: Tensor, blank: int) -> Tensor:
    """softmax - occupancy, as it should be."""
    return log_probs.double().exp() - class_shares(log_probs, target, blank)


def with_shares(shares: Slope) -> Loss:
    """A loss whose backward takes others for the occupancies (T, C)."""
    return with_slope(lambda log_probs, y, blank: log_probs.double().exp() - shares(log_probs, y, blank))


def softmax_backward(p: Tensor, slope: Tensor) -> Tensor:
    """A gradient by probabilities as one by logits."""
    return p * (slope - (p * slope).sum(1, keepdim=True))


MISTAKES.table(
    with_slope,
    by_log_probs=(
        "The backward gives -occupancy, with respect to the log-probabilities. For the logits it is softmax - "
        "occupancy: raising one logit lowers the others.",
        lambda log_probs, y, blank: -class_shares(log_probs, y, blank),
        "CTC3",
    ),
    sign_reversed=(
        "The gradient has the wrong sign: occupancy - softmax points uphill.",
        lambda log_probs, y, blank: -by_logits(log_probs, y, blank),
    ),
    through_softmax_again=(
        "softmax - occupancy is the logits' gradient already. Here it goes through a softmax once more, as if it "
        "were that by the probabilities.",
        lambda log_probs, y, blank: softmax_backward(log_probs.double().exp(), by_logits(log_probs, y, blank)),
    ),
)
MISTAKES.table(
    with_shares,
    not_divided=(
        "The occupancy is α β here, without the division by P: the rows do not sum to 1.",
        not_divided,
    ),
    frame_counted_twice=(
        "The emission of frame t is in α and in β, so it counts twice in the occupancy. Divide by it once.",
        frame_counted_twice,
    ),
    shares_overwritten=(
        "States that emit the same class overwrite one another in the gradient. Add their occupancies: `index_add`, "
        "not an assignment through an index.",
        overwritten,
    ),
    best_path_gradient=(
        "The gradient asks for the best path alone, as if the alignment were known. The loss sums over all paths, and "
        "so does its gradient.",
        best_path_only,
    ),
)
MISTAKES.table(
    per_label=(
        "The gradient is divided by the number of labels in 'none' and 'sum' as well. Reduce outside the Function.",
        with_slope(lambda log_probs, y, blank: by_logits(log_probs, y, blank) / max(len(y), 1)),
    ),
    upstream_ignored=(
        "The backward does not multiply by the `grad` that it is handed, so the factors of the mean, and all that is "
        "done with the loss later, are lost.",
        with_slope(by_logits, chained=False),
    ),
    padding_has_gradient=(
        "Frames beyond the input length have a gradient. They are not read: it is 0 there.",
        with_slope(by_logits, padding=True),
    ),
    unfit_has_nan=(
        "With `zero_infinity` the loss of a target without a path is 0, but its gradient is NaN, and one step with it "
        "ruins every weight. It should be 0.",
        with_slope(by_logits, unfit=math.nan),
    ),
)
detached(
    MISTAKES,
    "logits",
    "The value is right, but it was detached on the way: no gradient flows back. A `torch.autograd.Function` is called "
    "by `apply`, not by `forward`.",
    "detached",
)
