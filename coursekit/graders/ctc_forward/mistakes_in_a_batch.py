"""What goes wrong in `ctc_loss` around the loss of one word: labels, lengths, layouts, flags, reductions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, inf

from coursekit.graders.ctc_forward.batch import as_list, batched, by_length, words_of
from coursekit.graders.ctc_forward.mistakes_in_a_word import Mistakes, noting

spec = batched()


# ---- which labels and which frames -------------------------------------------------------------------------------

WORDS: Mistakes = {}
Words = Callable[[Tensor, list[int], int], list[list[int]]]


def wrong_words_of(explanation: str) -> Callable[[Words], Words]:
    """A decorator for a wrong `words_of`."""

    def add(part: Words) -> Words:
        WORDS[part.__name__] = (explanation, batched(words_of=part))
        return part

    return add


@wrong_words_of(  # CTC6
    "A label that is no class is moved to the last class. It is a mistake in the vocabulary, and training on it hides "
    "it: raise a ValueError."
)
def label_clamped(targets: Tensor, lengths: list[int], classes: int) -> list[list[int]]:
    return words_of(targets.clamp(0, classes - 1), lengths, classes)


@wrong_words_of(  # CTC6
    "A negative label counts from the end, as an index does. -1 is no class: raise a ValueError before you index."
)
def label_from_the_end(targets: Tensor, lengths: list[int], classes: int) -> list[list[int]]:
    words = words_of(torch.where(targets < 0, targets + classes, targets), lengths, classes)
    return [[int(label) for label in word] for word in words]


@wrong_words_of(
    "Padding is checked, or used as an index, although it does not count: whatever stands behind a target's length is "
    "not read."
)
def padding_checked(targets: Tensor, lengths: list[int], classes: int) -> list[list[int]]:
    if targets.numel() and not 0 <= int(targets.min()) <= int(targets.max()) < classes:
        raise ValueError("labels out of range")
    return words_of(targets, lengths, classes)


@wrong_words_of("target_lengths is not used: padding counts as labels. Cut each target to its length.")
def padding_counts(targets: Tensor, lengths: list[int], classes: int) -> list[list[int]]:
    if targets.ndim == 2:
        lengths = [targets.shape[1]] * len(lengths)
    return words_of(targets, lengths, classes)


@wrong_words_of("A target that is longer than its row is cut to the row. A length that does not fit is an error.")
def length_cut(targets: Tensor, lengths: list[int], classes: int) -> list[list[int]]:
    return words_of(targets, [min(n, targets.shape[-1]) for n in lengths] if targets.ndim == 2 else lengths, classes)


@wrong_words_of("Concatenated targets are all cut from the beginning. Each begins where the one before it ends.")
def cut_from_the_beginning(targets: Tensor, lengths: list[int], classes: int) -> list[list[int]]:
    if targets.ndim == 2 or sum(lengths) != len(targets):
        return words_of(targets, lengths, classes)
    return words_of(targets.expand(len(lengths), -1), lengths, classes)


@wrong_words_of("Concatenated targets, a single dimension beside a batch, are an error here. torch takes them as well.")
def padded_only(targets: Tensor, lengths: list[int], classes: int) -> list[list[int]]:
    if targets.ndim == 1 and len(lengths) > 1:
        raise IndexError("too many indices")
    return words_of(targets, lengths, classes)


# ---- what 'mean' averages ----------------------------------------------------------------------------------------

MEANS: Mistakes = {}
wrong_mean = noting(MEANS, lambda part: batched(scaled=part))


@wrong_mean(  # CTC4
    "'mean' is the average of the losses. torch divides each loss by the length of its target first, so that long "
    "words do not outweigh short ones."
)
def mean_of_losses(losses: Tensor, batch: dict[str, Any]) -> Tensor:
    return losses


@wrong_mean(
    "'mean' divides the sum of the losses by the sum of the lengths. torch divides each loss by its own length, then "
    "averages over the batch."
)
def per_label(losses: Tensor, batch: dict[str, Any]) -> Tensor:
    return (losses.sum() / max(sum(map(len, batch["words"])), 1)).expand_as(losses)


@wrong_mean("'mean' divides by a length of 0. torch counts an empty target's length as 1.")
def length_not_clamped(losses: Tensor, batch: dict[str, Any]) -> Tensor:
    return losses / losses.new_tensor([len(word) for word in batch["words"]])


@wrong_mean("'mean' divides by the length plus 1. Only a length of 0 counts as 1.")
def length_plus_one(losses: Tensor, batch: dict[str, Any]) -> Tensor:
    return losses / losses.new_tensor([len(word) + 1 for word in batch["words"]])


@wrong_mean("'mean' divides each loss by the number of its frames. torch divides by the length of its target.")
def mean_over_frames(losses: Tensor, batch: dict[str, Any]) -> Tensor:
    return losses / losses.new_tensor([max(t, 1) for t in batch["frames"]])


@wrong_mean("'mean' divides by the padded length, the same for all. torch divides by each target's own length.")
def by_padded_length(losses: Tensor, batch: dict[str, Any]) -> Tensor:
    return losses / max(int(batch["targets"].shape[-1]), 1)


@wrong_mean("'mean' adds up the losses by label, and does not divide by the number of samples.")
def not_averaged(losses: Tensor, batch: dict[str, Any]) -> Tensor:
    return by_length(losses, batch) * len(losses)


@wrong_mean(  # CTC8
    "Samples whose loss is 0 are left out of the mean. torch counts an infinite loss that zero_infinity made 0 as a "
    "sample like the others."
)
def zeros_left_out(losses: Tensor, batch: dict[str, Any]) -> Tensor:
    return by_length(losses, batch) * (len(losses) / (losses != 0).sum().clamp(min=1))


# ---- around the call ---------------------------------------------------------------------------------------------

CALLS: Mistakes = {}
Call = Callable[..., Tensor]


def wrong_call(explanation: str) -> Callable[[Call], Call]:
    """A decorator for a function of all seven arguments, in torch's order."""

    def add(function: Call) -> Call:
        def ctc_loss(
            log_probs: Tensor,
            targets: Tensor,
            input_lengths: Any,
            target_lengths: Any,
            blank: int = 0,
            reduction: str = "mean",
            zero_infinity: bool = False,
        ) -> Tensor:
            return function(log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity)

        CALLS[function.__name__] = (explanation, ctc_loss)
        return function

    return add


@wrong_call("input_lengths is not used: frames behind a sample's end count. Stop each sample at its own length.")
def all_frames_count(x: Tensor, targets: Tensor, frames: Any, *rest: Any) -> Tensor:
    spec(x, targets, frames, *rest)  # refuses what is to be refused
    return spec(x, targets, [len(x)] * len(as_list(frames)), *rest)


@wrong_call("A number of frames that is too large is cut to what is there. A length that does not fit is an error.")
def frames_cut(x: Tensor, targets: Tensor, frames: Any, *rest: Any) -> Tensor:
    return spec(x, targets, [min(t, len(x)) for t in as_list(frames)], *rest)


@wrong_call("A negative length passes for 0. A length that does not fit is an error.")
def negative_frames_pass(x: Tensor, targets: Tensor, frames: Any, *rest: Any) -> Tensor:
    return spec(x, targets, [max(t, 0) for t in as_list(frames)], *rest)


@wrong_call("A blank that is no class passes. It decides which outputs are read: raise a ValueError.")
def any_blank_passes(x: Tensor, targets: Tensor, frames: Any, lengths: Any, blank: int, *rest: Any) -> Tensor:
    return spec(x, targets, frames, lengths, min(blank, x.shape[-1] - 1), *rest)


@wrong_call(  # CTC9
    "log_probs are taken for (N, T, C). torch wants (T, N, C): with as many frames as samples nothing warns you."
)
def samples_first(x: Tensor, *rest: Any) -> Tensor:
    return spec(x.transpose(0, 1) if x.ndim == 3 else x, *rest)


@wrong_call("zero_infinity is not used. With it, an infinite loss counts as 0.")
def zero_infinity_ignored(x: Tensor, targets: Tensor, frames: Any, lengths: Any, blank: int, *rest: Any) -> Tensor:
    return spec(x, targets, frames, lengths, blank, rest[0], False)


@wrong_call("An infinite loss is 0 also without zero_infinity. By default it shows.")
def always_zero_infinity(x: Tensor, targets: Tensor, frames: Any, lengths: Any, blank: int, *rest: Any) -> Tensor:
    return spec(x, targets, frames, lengths, blank, rest[0], True)


@wrong_call("zero_infinity is applied after the reduction: one infinite loss makes the whole batch 0.")
def zeroed_after_reduction(x: Tensor, targets: Tensor, frames: Any, lengths: Any, blank: int, *rest: Any) -> Tensor:
    loss = spec(x, targets, frames, lengths, blank, rest[0], False)
    return loss.masked_fill(loss == inf, 0.0) if rest[1] else loss


@wrong_call(
    "With zero_infinity the loss is 0 and its gradient NaN: it was infinite first, and 0 · NaN is NaN. Keep it finite "
    "until it is replaced."
)
def zeroed_too_late(x: Tensor, targets: Tensor, frames: Any, lengths: Any, blank: int, *rest: Any) -> Tensor:
    loss = spec(x, targets, frames, lengths, blank, *rest)
    if rest[1]:
        losses = spec(x, targets, frames, lengths, blank, "none", False)
        for n in (losses == inf).nonzero().flatten().tolist():
            loss = loss + (x[:, n] * 0).sum().sqrt()  # adds 0, and NaN to the gradient of this sample
    return loss


@wrong_call("Lengths have to be tensors here. torch takes lists of integers as well: `torch.as_tensor`.")
def tensors_only(x: Tensor, targets: Tensor, frames: Any, lengths: Any, *rest: Any) -> Tensor:
    if isinstance(frames, list):
        raise AttributeError("'list' object has no attribute 'max'")
    return spec(x, targets, frames, lengths, *rest)


@wrong_call("A single sample without a batch is an error here. torch takes log_probs (T, C) as well.")
def batches_only(x: Tensor, *rest: Any) -> Tensor:
    if x.ndim == 2:
        raise ValueError("not enough values to unpack")
    return spec(x, *rest)


@wrong_call("A single sample comes back as a batch of one. Its loss has the shape ().")
def batch_of_one(x: Tensor, targets: Tensor, frames: Any, lengths: Any, blank: int, *rest: Any) -> Tensor:
    loss = spec(x, targets, frames, lengths, blank, *rest)
    return loss[None] if x.ndim == 2 and rest[0] == "none" else loss


@wrong_call("'sum' and 'mean' are the other way round.")
def sum_and_mean_swapped(x: Tensor, targets: Tensor, frames: Any, lengths: Any, blank: int, *rest: Any) -> Tensor:
    word = {"sum": "mean", "mean": "sum"}.get(rest[0], rest[0])
    return spec(x, targets, frames, lengths, blank, word, rest[1])
