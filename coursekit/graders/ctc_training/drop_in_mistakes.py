"""What goes wrong in `ctc_loss_from_logits`: in the lattice, the lengths and the reductions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, tensor

from coursekit.exercise import reduced, wrong_words
from coursekit.graders.ctc_training.common import Loss
from coursekit.graders.ctc_training.drop_in import ctc_loss_from_logits, from_logits_spec, sample_loss

wrong_words(ctc_loss_from_logits.misconceptions)

Mean = Callable[[Tensor, Tensor], Tensor]


def mean_of_samples(losses: Tensor, target_lengths: Tensor) -> Tensor:
    """torch's mean: each loss by its number of labels, at least 1."""
    return (losses / target_lengths.clamp(min=1)).mean()


def register(name: str, explanation: str, losses: Loss, mean: Mean = mean_of_samples) -> None:
    """Adds a mistake in the losses of the samples, or in their mean."""

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

    ctc_loss_from_logits.misconception(explanation, name)(loss)


# ---- the value --------------------------------------------------------------------------------------------------


def right_losses(
    logits: Tensor, targets: Tensor, input_lengths: Tensor, target_lengths: Tensor, blank: int, zero_infinity: bool
) -> Tensor:
    """One loss a sample, as it should be."""
    return from_logits_spec(logits, targets, input_lengths, target_lengths, blank, "none", zero_infinity)


def normalised(frames: Tensor) -> Tensor:
    """log_softmax written out: under a ban on ready-made functions it is none."""
    return frames - frames.logsumexp(-1, keepdim=True)


def by_sample(sample: Callable[[Tensor, Tensor, int], Tensor]) -> Loss:
    """The losses of a batch from the loss of one sample, `sample(logits (T, C), target (U,), blank)`."""

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


register(  # CTC1
    "logits_as_they_are",
    "The logits are taken for log-probabilities. They do not sum to 1: the loss can be negative, and falls by T when 1 "
    "is added to all of them. Take their log_softmax first.",
    by_sample(sample_loss),
)
register(  # CTC2
    "probabilities",
    "The lattice was fed with softmax instead of log_softmax: probabilities were added where their logarithms should "
    "be.",
    by_sample(lambda z, y, blank: sample_loss(normalised(z).exp(), y, blank)),
)
register(
    "softmax_over_time",
    "The log_softmax runs over the frames. It should run over the classes, the last dimension.",
    by_sample(lambda z, y, blank: sample_loss(z - z.logsumexp(0, keepdim=True), y, blank)),
)
register(  # CTC11
    "jump_to_equal",
    "The blank is left out between equal labels too. Such paths are read as one label, not as two.",
    by_sample(lambda z, y, blank: sample_loss(normalised(z), y, blank, jump_to_equal=True)),
)
register(  # CTC12
    "last_blank_only",
    "Only paths that end in the last blank are counted. A path may also end in the last label.",
    by_sample(lambda z, y, blank: sample_loss(normalised(z), y, blank, last_blank_only=True)),
)
register(
    "blank_is_zero",
    "The blank is always class 0 here. It is the class that `blank` names.",
    by_sample(lambda z, y, _blank: sample_loss(normalised(z), y, 0)),
)


def changed(**changes: Callable[[Tensor, Tensor], Tensor]) -> Loss:
    """The right losses of lengths that were read wrongly: a function of them and of what they are the lengths of."""

    def losses(
        logits: Tensor, targets: Tensor, input_lengths: Tensor, target_lengths: Tensor, blank: int, zero_infinity: bool
    ) -> Tensor:
        if "frames" in changes:
            input_lengths = changes["frames"](input_lengths, logits)
        if "labels" in changes:
            target_lengths = changes["labels"](target_lengths, targets)
        return right_losses(logits, targets, input_lengths, target_lengths, blank, zero_infinity)

    return losses


register(  # CTC10
    "input_lengths_ignored",
    "All frames are read, the padding too. Only the first `input_lengths[n]` frames of a sample are its own.",
    changed(frames=lambda lengths, logits: torch.full_like(lengths, len(logits))),
)
register(
    "target_lengths_ignored",
    "All of `targets` is spelled, the padding too. Only the first `target_lengths[n]` labels of a sample are its own.",
    changed(labels=lambda lengths, targets: torch.full_like(lengths, targets.shape[1])),
)


def infinity_kept(
    logits: Tensor, targets: Tensor, input_lengths: Tensor, target_lengths: Tensor, blank: int, zero_infinity: bool
) -> Tensor:
    return right_losses(logits, targets, input_lengths, target_lengths, blank, False)


register(
    "zero_infinity_ignored", "`zero_infinity` changes nothing: a target without a path still costs inf.", infinity_kept
)


def infinity_always_zero(
    logits: Tensor, targets: Tensor, input_lengths: Tensor, target_lengths: Tensor, blank: int, zero_infinity: bool
) -> Tensor:
    return right_losses(logits, targets, input_lengths, target_lengths, blank, True)


register(
    "infinity_always_zero",
    "A target without a path costs 0 although `zero_infinity` is False. Then it costs inf, so that somebody sees it.",
    infinity_always_zero,
)

# ---- the mean ---------------------------------------------------------------------------------------------------

register(  # CTC4
    "mean_of_losses",
    "'mean' averages the losses as they are. torch divides each of them by its number of labels first.",
    right_losses,
    lambda losses, _lengths: losses.mean(),
)
register(
    "mean_over_labels",
    "'mean' divides the sum by the number of all labels. torch divides sample by sample, then averages over samples.",
    right_losses,
    lambda losses, lengths: losses.sum() / lengths.sum(),
)
register(
    "length_not_clamped",
    "A sample without labels is divided by 0. torch divides by at least 1.",
    right_losses,
    lambda losses, lengths: (losses / lengths).mean(),
)
register(  # CTC8
    "infinite_not_counted",
    "With `zero_infinity` the sample without a path is left out of the mean. It stays in: its 0 counts.",
    right_losses,
    lambda losses, lengths: (losses / lengths.clamp(min=1)).sum() / max(int((losses != 0).sum()), 1),
)

# ---- the rest ----------------------------------------------------------------------------------------------------


@ctc_loss_from_logits.misconception(  # CTC13
    "The sums are taken over probabilities, and the logarithm at the end. After some hundred frames they are 0, and "
    "-ln 0 is inf: stay with logarithms on the way."
)
def underflows(logits: Tensor, *args: Any, **flags: Any) -> Tensor:
    losses = from_logits_spec(logits, *args, **flags)
    return torch.where((-losses).exp() == 0, tensor(math.inf, dtype=losses.dtype), losses)


@ctc_loss_from_logits.misconception(  # CTC9
    "The logits are taken to be (N, T, C). They are (T, N, C): frames first."
)
def samples_first(logits: Tensor, targets: Tensor, *args: Any, **flags: Any) -> Tensor:
    return from_logits_spec(logits.transpose(0, 1), targets, *args, **flags)


@ctc_loss_from_logits.misconception(
    "The result is float32 whatever came in. A table made with `torch.zeros` has the default dtype: use "
    "`logits.new_zeros`."
)
def always_float32(logits: Tensor, *args: Any, **flags: Any) -> Tensor:
    return from_logits_spec(logits, *args, **flags).float()
