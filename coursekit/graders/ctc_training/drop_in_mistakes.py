"""What goes wrong in `ctc_loss_from_logits`: in the lattice, the lengths and the reductions."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, tensor

from coursekit.exercise import Mistakes, always_float32, argument_fixed, wrong_words
from coursekit.graders.ctc_training.drop_in_spec import (
    by_sample,
    from_logits_spec,
    normalised,
    right_losses,
    sample_loss,
    with_reductions,
)

MISTAKES = Mistakes(from_logits_spec)
wrong_words(MISTAKES)

# ---- the value --------------------------------------------------------------------------------------------------

MISTAKES.table(
    lambda sample: with_reductions(by_sample(sample)),
    logits_as_they_are=(
        "The logits are taken for log-probabilities. They do not sum to 1: the loss can be negative, and falls by T "
        "when 1 is added to all of them. Take their log_softmax first.",
        sample_loss,
        "CTC1",
    ),
    probabilities=(
        "The lattice was fed with softmax instead of log_softmax: probabilities were added where their logarithms "
        "should be.",
        lambda z, y, blank: sample_loss(normalised(z).exp(), y, blank),
        "CTC2",
    ),
    jump_to_equal=(
        "The blank is left out between equal labels too. Such paths are read as one label, not as two.",
        lambda z, y, blank: sample_loss(normalised(z), y, blank, jump_to_equal=True),
        "CTC11",
    ),
    last_blank_only=(
        "Only paths that end in the last blank are counted. A path may also end in the last label.",
        lambda z, y, blank: sample_loss(normalised(z), y, blank, last_blank_only=True),
        "CTC12",
    ),
)
as_they_are = with_reductions(by_sample(sample_loss))
MISTAKES.table(
    softmax_over_time=(
        "The log_softmax runs over the frames. It should run over the classes, the last dimension.",
        (
            with_reductions(by_sample(lambda z, y, blank: sample_loss(z.log_softmax(0), y, blank))),
            lambda z, *rest, **flags: as_they_are(z.log_softmax(0), *rest, **flags),
        ),
    ),
    softmax_over_batch=(
        "The log_softmax runs over the samples of the batch. It should run over the classes, the last dimension.",
        lambda z, *rest, **flags: as_they_are(z.log_softmax(1), *rest, **flags),
    ),
)
argument_fixed(
    MISTAKES, "blank_is_zero", "The blank is always class 0 here. It is the class that `blank` names.", blank=0
)
MISTAKES.table(
    with_reductions,
    input_lengths_ignored=(
        "All frames are read, the padding too. Only the first `input_lengths[n]` frames of a sample are its own.",
        lambda z, y, frames, *rest: right_losses(z, y, torch.full_like(frames, len(z)), *rest),
        "CTC10",
    ),
    target_lengths_ignored=(
        "All of `targets` is spelled, the padding too. Only the first `target_lengths[n]` labels of a sample are its "
        "own.",
        lambda z, y, frames, labels, *rest: right_losses(z, y, frames, torch.full_like(labels, y.shape[1]), *rest),
    ),
)
argument_fixed(
    MISTAKES,
    "zero_infinity_ignored",
    "`zero_infinity` changes nothing: a target without a path still costs inf.",
    zero_infinity=False,
)
argument_fixed(
    MISTAKES,
    "infinity_always_zero",
    "A target without a path costs 0 although `zero_infinity` is False. Then it costs inf, so that somebody sees it.",
    zero_infinity=True,
)

# ---- the mean ---------------------------------------------------------------------------------------------------

MISTAKES.table(
    lambda mean: with_reductions(right_losses, mean),
    mean_of_losses=(
        "'mean' averages the losses as they are. torch divides each of them by its number of labels first.",
        lambda losses, lengths: losses.mean(),
        "CTC4",
    ),
    mean_over_labels=(
        "'mean' divides the sum by the number of all labels. torch divides sample by sample, then averages over "
        "samples.",
        lambda losses, lengths: losses.sum() / lengths.sum(),
    ),
    length_not_clamped=(
        "A sample without labels is divided by 0. torch divides by at least 1.",
        lambda losses, lengths: (losses / lengths).mean(),
    ),
    infinite_not_counted=(
        "With `zero_infinity` the sample without a path is left out of the mean. It stays in: its 0 counts.",
        lambda losses, lengths: (losses / lengths.clamp(min=1)).sum() / max(int((losses != 0).sum()), 1),
        "CTC8",
    ),
)


@MISTAKES("'mean' divides each loss by the number of its frames. torch divides it by its number of labels.")
def mean_over_frames(
    logits: Tensor,
    targets: Tensor,
    input_lengths: Tensor,
    target_lengths: Tensor,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    rest = (logits, targets, input_lengths, target_lengths, blank)
    if reduction != "mean":
        return from_logits_spec(*rest, reduction, zero_infinity)
    return (from_logits_spec(*rest, "none", zero_infinity) / input_lengths).mean()


# ---- the rest ----------------------------------------------------------------------------------------------------


@MISTAKES(
    "The sums are taken over probabilities, and the logarithm at the end. After some hundred frames they are 0, and "
    "-ln 0 is inf: stay with logarithms on the way.",
    covers="CTC13",
)
def underflows(logits: Tensor, *args: Any, **flags: Any) -> Tensor:
    losses = from_logits_spec(logits, *args, **flags)
    return torch.where((-losses).exp() == 0, tensor(math.inf, dtype=losses.dtype), losses)


MISTAKES.table(
    samples_first=(
        "The logits are taken to be (N, T, C). They are (T, N, C): frames first.",
        lambda z, *args, **flags: from_logits_spec(z.transpose(0, 1), *args, **flags),
        "CTC9",
    ),
)
always_float32(
    MISTAKES,
    "The result is float32 whatever came in. A table made with `torch.zeros` has the default dtype: use "
    "`logits.new_zeros`.",
)
MISTAKES.table(
    lambda sample: with_reductions(by_sample(sample)),
    nan_gradient=(
        "The value is right, its gradient is NaN: `logsumexp` and `logaddexp` of nothing but -inf have none. Let a "
        "number such as -1e30 stand for ln 0 on the way, or write the gradient, softmax - occupancy, by hand.",
        lambda z, y, blank: sample_loss(normalised(z), y, blank, far=-math.inf),
    ),
    softmax_over_all=(
        "The log_softmax runs over all numbers of a sample. It runs over the classes of each frame.",
        lambda z, y, blank: sample_loss(z - z.flatten().logsumexp(0), y, blank),
    ),
    softmax_twice=(
        "The logits went through softmax first, and then through log_softmax.",
        lambda z, y, blank: sample_loss(normalised(normalised(z).exp()), y, blank),
    ),
)
