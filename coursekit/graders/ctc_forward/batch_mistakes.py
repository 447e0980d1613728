"""What goes wrong in `ctc_loss` around the loss of one word: labels, lengths, layouts, flags, reductions."""

from __future__ import annotations

from typing import Any

from torch import Tensor, inf

from coursekit.exercise import Mistakes, argument_fixed, with_defaults
from coursekit.graders.ctc_forward.drop_in_spec import as_list, batched, by_length, ctc_spec, words_of

MISTAKES = Mistakes(ctc_spec)


# Of all seven arguments in torch's order: x are log_probs, y targets, t input_lengths and u target_lengths
of_all = with_defaults(MISTAKES)


# ---- which labels and which frames -------------------------------------------------------------------------------

MISTAKES.table(
    label_clamped=(
        "A label that is no class is moved to the last class. It is a mistake in the vocabulary, and training on it "
        "hides it: raise a ValueError.",
        batched(words_of=lambda y, lengths, classes: words_of(y.clamp(0, classes - 1), lengths, classes)),
        "CTC6",
    ),
    label_from_the_end=(
        "A negative label counts from the end, as an index does. -1 is no class: raise a ValueError before you index.",
        batched(words_of=lambda y, lengths, classes: words_of(y.where(y >= 0, y + classes), lengths, classes)),
        "CTC6",
    ),
)


@MISTAKES.formula(of_all)(
    "Padding is checked, or used as an index, although it does not count: whatever stands behind a target's length is "
    "not read."
)
def padding_checked(x: Tensor, y: Tensor, *rest: Any) -> Tensor:
    if y.numel() and not 0 <= int(y.min()) <= int(y.max()) < x.shape[-1]:
        raise ValueError("labels out of range")
    return ctc_spec(x, y, *rest)


MISTAKES.table(
    padding_counts=(
        "target_lengths is not used: padding counts as labels. Cut each target to its length.",
        batched(
            words_of=lambda y, lengths, classes: words_of(
                y, [y.shape[1]] * len(lengths) if y.ndim == 2 else lengths, classes
            )
        ),
    ),
    length_cut=(
        "A target that is longer than its row is cut to the row. A length that does not fit is an error.",
        batched(
            words_of=lambda y, lengths, classes: words_of(
                y, [min(length, y.shape[1]) for length in lengths] if y.ndim == 2 else lengths, classes
            )
        ),
    ),
    cut_from_the_beginning=(
        "Concatenated targets are all cut from the beginning. Each begins where the one before it ends.",
        batched(
            words_of=lambda y, lengths, classes: words_of(
                y.expand(len(lengths), -1) if y.ndim == 1 and sum(lengths) == len(y) else y, lengths, classes
            )
        ),
    ),
)


@MISTAKES.formula(of_all)(
    "Concatenated targets, a single dimension beside a batch, are an error here. torch takes them as well."
)
def padded_only(x: Tensor, y: Tensor, *rest: Any) -> Tensor:
    if y.ndim == 1 and x.ndim == 3 and x.shape[1] > 1:
        raise IndexError("too many indices")
    return ctc_spec(x, y, *rest)


# ---- what 'mean' averages ----------------------------------------------------------------------------------------

MISTAKES.table(
    lambda part: batched(scaled=part),
    mean_of_losses=(
        "'mean' is the average of the losses. torch divides each loss by the length of its target first, so that long "
        "words do not outweigh short ones.",
        lambda losses, *_: losses,
        "CTC4",
    ),
    per_label=(
        "'mean' divides the sum of the losses by the sum of the lengths. torch divides each loss by its own length, "
        "then averages over the batch.",
        lambda losses, words, *_: (losses.sum() / max(sum(map(len, words)), 1)).expand_as(losses),
    ),
    length_not_clamped=(
        "'mean' divides by a length of 0. torch counts an empty target's length as 1.",
        lambda losses, words, *_: losses / losses.new_tensor([len(word) for word in words]),
    ),
    length_plus_one=(
        "'mean' divides by the length plus 1. Only a length of 0 counts as 1.",
        lambda losses, words, *_: losses / losses.new_tensor([len(word) + 1 for word in words]),
    ),
    mean_over_frames=(
        "'mean' divides each loss by the number of its frames. torch divides by the length of its target.",
        lambda losses, words, frames, targets: losses / losses.new_tensor([max(t, 1) for t in frames]),
    ),
    by_padded_length=(
        "'mean' divides by the padded length, the same for all. torch divides by each target's own length.",
        lambda losses, words, frames, targets: losses / max(int(targets.shape[-1]), 1),
    ),
    not_averaged=(
        "'mean' adds up the losses by label, and does not divide by the number of samples.",
        lambda losses, *batch: by_length(losses, *batch) * len(losses),
    ),
    zeros_left_out=(
        "Samples whose loss is 0 are left out of the mean. torch counts an infinite loss that zero_infinity made 0 as "
        "a sample like the others.",
        lambda losses, *batch: by_length(losses, *batch) * (len(losses) / (losses != 0).sum().clamp(min=1)),
        "CTC8",
    ),
)


# ---- around the call ---------------------------------------------------------------------------------------------


@MISTAKES.formula(of_all)(
    "input_lengths is not used: frames behind a sample's end count. Stop each sample at its own length."
)
def all_frames_count(x: Tensor, y: Tensor, t: Any, *rest: Any) -> Tensor:
    ctc_spec(x, y, t, *rest)  # refuses what is to be refused
    return ctc_spec(x, y, [len(x)] * len(as_list(t)), *rest)


MISTAKES.table(
    of_all,
    frames_cut=(
        "A number of frames that is too large is cut to what is there. A length that does not fit is an error.",
        lambda x, y, t, *rest: ctc_spec(x, y, [min(length, len(x)) for length in as_list(t)], *rest),
    ),
    negative_frames_pass=(
        "A negative length passes for 0. A length that does not fit is an error.",
        lambda x, y, t, *rest: ctc_spec(x, y, [max(length, 0) for length in as_list(t)], *rest),
    ),
    any_blank_passes=(
        "A blank that is no class passes. It decides which outputs are read: raise a ValueError.",
        lambda x, y, t, u, blank, *flags: ctc_spec(x, y, t, u, min(blank, x.shape[-1] - 1), *flags),
    ),
    samples_first=(
        "log_probs are taken for (N, T, C). torch wants (T, N, C): with as many frames as samples nothing warns you.",
        lambda x, *rest: ctc_spec(x.transpose(0, 1) if x.ndim == 3 else x, *rest),
        "CTC9",
    ),
)
argument_fixed(
    MISTAKES,
    "zero_infinity_ignored",
    "zero_infinity is not used. With it, an infinite loss counts as 0.",
    zero_infinity=False,
)
argument_fixed(
    MISTAKES,
    "always_zero_infinity",
    "An infinite loss is 0 also without zero_infinity. By default it shows.",
    zero_infinity=True,
)


@MISTAKES.formula(of_all)("zero_infinity is applied after the reduction: one infinite loss makes the whole batch 0.")
def zeroed_after_reduction(x: Tensor, *rest: Any) -> Tensor:
    *others, zero_infinity = rest
    loss = ctc_spec(x, *others, False)
    return loss.masked_fill(loss == inf, 0.0) if zero_infinity else loss


@MISTAKES.formula(of_all)(
    "With zero_infinity the loss is 0 and its gradient NaN: it was infinite first, and 0 · NaN is NaN. Keep it finite "
    "until it is replaced."
)
def zeroed_too_late(x: Tensor, y: Tensor, t: Any, u: Any, blank: int, reduction: str, zero_infinity: bool) -> Tensor:
    loss = ctc_spec(x, y, t, u, blank, reduction, zero_infinity)
    if zero_infinity:
        losses = ctc_spec(x, y, t, u, blank, "none", False)
        for n in (losses == inf).nonzero().flatten().tolist():
            loss = loss + (x[:, n] * 0).sum().sqrt()  # adds 0, and NaN to the gradient of this sample
    return loss


@MISTAKES.formula(of_all)("Lengths have to be tensors here. torch takes lists of integers as well: `torch.as_tensor`.")
def tensors_only(x: Tensor, y: Tensor, t: Any, *rest: Any) -> Tensor:
    if isinstance(t, list):
        raise AttributeError("'list' object has no attribute 'max'")
    return ctc_spec(x, y, t, *rest)


@MISTAKES.formula(of_all)("A single sample without a batch is an error here. torch takes log_probs (T, C) as well.")
def batches_only(x: Tensor, *rest: Any) -> Tensor:
    if x.ndim == 2:
        raise ValueError("not enough values to unpack")
    return ctc_spec(x, *rest)


@MISTAKES.formula(of_all)("A single sample comes back as a batch of one. Its loss has the shape ().")
def batch_of_one(x: Tensor, y: Tensor, t: Any, u: Any, blank: int, reduction: str, zero_infinity: bool) -> Tensor:
    loss = ctc_spec(x, y, t, u, blank, reduction, zero_infinity)
    return loss[None] if x.ndim == 2 and reduction == "none" else loss


MISTAKES.table(
    of_all,
    sum_and_mean_swapped=(
        "'sum' and 'mean' are the other way round.",
        lambda x, y, t, u, blank, word, zero: ctc_spec(
            x, y, t, u, blank, {"sum": "mean", "mean": "sum"}.get(word, word), zero
        ),
    ),
)
