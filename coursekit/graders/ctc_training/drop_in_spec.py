"""CTC from logits as it should be: from the loss of one sample to a batch and its reductions."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, tensor

from coursekit.exercise import Loss, reduced
from coursekit.graders.ctc_forward.common import states_of

FAR = -1e30  # in place of -inf, whose gradient would be NaN; exp(FAR) is exactly 0


def normalised(logits: Tensor) -> Tensor:
    """log_softmax written out: under a ban on ready-made functions it is none."""
    return logits - logits.logsumexp(-1, keepdim=True)


def sample_loss(
    log_probs: Tensor,
    target: Tensor,
    blank: int = 0,
    jump_to_equal: bool = False,
    last_blank_only: bool = False,
    far: float = FAR,
) -> Tensor:
    """-ln P of one sample by α, frame by frame; its gradient is autograd's. inf if no path fits.

    Args:
        log_probs: (T, C), what the loss is computed from, whatever it is.
        target: (U,).
        blank: the class that stands for no label.
        jump_to_equal: a mistake, for `drop_in_mistakes`.
        last_blank_only: another.
        far: what stands for ln 0; -inf is a third.
    """
    states = states_of(target.tolist(), blank)
    emitted = log_probs[:, states]
    equal = [s > 1 and states[s] == states[s - 2] and not jump_to_equal for s in range(len(states))]
    closed = tensor([s < 2 or state == blank or equal[s] for s, state in enumerate(states)])
    outside = emitted.new_full((2,), far)
    alpha = torch.cat([emitted[0, :2], emitted.new_full((max(len(states) - 2, 0),), far)])
    for row in emitted[1:]:
        before = torch.cat([outside, alpha])
        jump = before[:-2].masked_fill(closed, far)
        alpha = before[2:].logaddexp(before[1:-1]).logaddexp(jump) + row
    loss = -(alpha[-1] if last_blank_only else alpha[-2:].logsumexp(0))
    return loss if loss < -FAR / 2 else loss * math.inf


def by_sample(sample: Callable[[Tensor, Tensor, int], Tensor]) -> Loss:
    """The losses (N,) of a batch, from the loss of one sample: `sample(logits (T, C), target (U,), blank)`."""

    def losses(
        logits: Tensor, targets: Tensor, input_lengths: Tensor, target_lengths: Tensor, blank: int, zero_infinity: bool
    ) -> Tensor:
        each = []
        for n, (frames, labels) in enumerate(zip(input_lengths.tolist(), target_lengths.tolist(), strict=True)):
            mine = logits[:frames, n]
            loss = sample(mine, targets[n, :labels], blank)
            each.append(0 * mine.sum() if zero_infinity and loss == math.inf else loss)
        return torch.stack(each)

    return losses


def mean_by_length(losses: Tensor, target_lengths: Tensor) -> Tensor:
    """torch's mean: each loss by its number of labels, at least 1."""
    return (losses / target_lengths.clamp(min=1)).mean()


def with_reductions(losses: Loss, mean: Callable[[Tensor, Tensor], Tensor] = mean_by_length) -> Loss:
    """A `ctc_loss_from_logits`.

    Args:
        losses: (N,), of the logits, the targets, the lengths of both, blank and zero_infinity.
        mean: of the losses and the lengths of the targets.
    """

    def loss(
        logits: Tensor,
        targets: Tensor,
        input_lengths: Tensor,
        target_lengths: Tensor,
        blank: int = 0,
        reduction: str = "mean",
        zero_infinity: bool = False,
    ) -> Tensor:
        each = losses(logits, targets, input_lengths, target_lengths, blank, zero_infinity)
        return mean(each, target_lengths) if reduction == "mean" else reduced(each, reduction)

    return loss


right_losses = by_sample(lambda logits, target, blank: sample_loss(normalised(logits), target, blank))
from_logits_spec = with_reductions(right_losses)
