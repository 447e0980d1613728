"""What goes wrong in `ctc_loss`: in the recursion, at its end, in lengths, layouts, flags and reductions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, inf

from coursekit.exercise import Exercise
from coursekit.graders.ctc_forward.batch import as_list, batched, by_length, word_loss, words_of
from coursekit.graders.ctc_forward.common import Loss, doubles, forward, ln_sum
from coursekit.graders.ctc_forward.recursion import MISTAKES
from coursekit.reductions import wrong_words

spec = batched()


def add_mistakes(exercise: Exercise) -> None:
    """Adds all of them to `ctc_loss`."""
    wrong_words(exercise)
    for name, (explanation, rows) in MISTAKES.items():
        exercise.misconception(explanation, f"loss_{name}")(batched(partial(word_loss, rows=rows)))
    for name, (explanation, loss) in {**ENDS, **BATCHES, **MEANS, **CALLS}.items():
        exercise.misconception(explanation, name)(loss)


Mistakes = dict[str, tuple[str, Loss]]


def noting(mistakes: Mistakes, assemble: Callable[[Loss], Loss]) -> Callable[[str], Callable[[Loss], Loss]]:
    """A decorator with a sentence, for a part of which `assemble` makes a whole `ctc_loss`."""

    def wrong(explanation: str) -> Callable[[Loss], Loss]:
        def add(part: Loss) -> Loss:
            mistakes[part.__name__] = (explanation, assemble(part))
            return part

        return add

    return wrong


# ---- at the end of one sample ------------------------------------------------------------------------------------

ENDS: Mistakes = {}
wrong_end = noting(ENDS, batched)


@wrong_end(  # CTC12
    "Only the last state counts, the blank at the end. A path may also end with the last label: add the last two "
    "states."
)
def last_state_only(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    return -forward(log_probs, word, blank)[-1, -1] if len(log_probs) else word_loss(log_probs, word, blank)


@wrong_end("Only paths that end with the last label count. A path may also end with a blank: add the last two states.")
def last_label_only(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    if not len(log_probs) or not len(word):
        return word_loss(log_probs, word, blank)
    return -forward(log_probs, word, blank)[-1, -2]


@wrong_end("All states of the last frame are added up: paths count that have not finished the word.")
def unfinished_words(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    return -ln_sum(forward(log_probs, word, blank)[-1]) if len(log_probs) else word_loss(log_probs, word, blank)


@wrong_end(
    "The empty word's only state is counted twice, as last label and as last blank: ln 2 is missing from its loss."
)
def empty_counted_twice(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    loss = word_loss(log_probs, word, blank)
    return loss if len(word) else loss - torch.log(loss.new_tensor(2.0))


@wrong_end("The empty word costs nothing here. It costs -Σ ln of the blanks: the network can be wrong about it, too.")
def empty_is_free(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    return word_loss(log_probs, word, blank) * (1.0 if len(word) else 0.0)


@wrong_end("An empty word is treated as impossible. Blanks in every frame spell it.")
def empty_is_impossible(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    return word_loss(log_probs, word, blank) if len(word) else log_probs.new_full((), inf)


@wrong_end(
    "The recursion is in log space, its end is not: `exp` of the last two states is 0 in float32 for an unlikely word. "
    "Add them with `logsumexp`."
)
def end_in_probabilities(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    if not len(log_probs):
        return word_loss(log_probs, word, blank)
    alpha = forward(log_probs, word, blank)[-1, -2:]
    return -alpha.exp().sum().log()


@wrong_end("This is the log-probability. The loss is its negative: what training makes smaller.")
def wrong_sign(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    return -word_loss(log_probs, word, blank)


@wrong_end("This is the probability. The loss is -ln of it.")
def probability(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    return (-word_loss(log_probs, word, blank)).exp()


@wrong_end("Each loss is divided by the number of frames. torch divides by the length of the target, in 'mean' only.")
def divided_by_frames(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    return word_loss(log_probs, word, blank) / max(len(log_probs), 1)


@wrong_end("Each loss is divided by the length of its target in 'none' and 'sum', too. torch does so in 'mean' only.")
def always_by_length(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    return word_loss(log_probs, word, blank) / max(len(word), 1)


@wrong_end(  # CTC7
    "A word that does not fit into its frames costs a huge number instead of inf. Nothing can learn from it, and "
    "zero_infinity will not find it."
)
def huge_instead_of_inf(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    return word_loss(log_probs, word, blank).clamp(max=1e30)


@wrong_end(
    "A word that does not fit into its frames is an error here. torch gives inf: one such sample stops no batch."
)
def impossible_raises(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    loss = word_loss(log_probs, word, blank)
    if len(word) + doubles(word) > len(log_probs):
        raise ValueError("too few frames")
    return loss


@wrong_end(  # CTC7
    "A word fits if it has no more labels than frames: the frame that aa needs for its blank was forgotten, and the "
    "loss is something else than inf."
)
def fits_without_its_blanks(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    loss = word_loss(log_probs, word, blank)
    repeats = doubles(word)
    return log_probs.sum() * 0 if len(word) <= len(log_probs) < len(word) + repeats else loss


@wrong_end("Without any frame, an error. Zero frames spell the empty word (loss 0) and no other (inf).")
def no_frames_raises(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    if not len(log_probs):
        raise IndexError("index -1 is out of bounds")
    return word_loss(log_probs, word, blank)


@wrong_end("With an input length of 0 every word costs inf. Zero frames spell the empty word: its loss is 0.")
def no_frames_are_inf(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    return word_loss(log_probs, word, blank) if len(log_probs) else log_probs.new_full((), inf)


@wrong_end("With an input length of 0 every word costs 0. Zero frames spell the empty word only: any other costs inf.")
def no_frames_are_free(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    return word_loss(log_probs, word, blank) if len(log_probs) else log_probs.new_zeros(())


@wrong_end("A NaN has become inf or 0, in a comparison that is false for NaN. It should be seen.")
def nan_is_inf(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    loss = word_loss(log_probs, word, blank)
    return loss.where(loss < inf, inf)


@wrong_end("The numbers are rounded to float32 on the way. Make your tensors with the dtype of log_probs.")
def through_float32(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    return word_loss(log_probs.float(), word, blank).to(log_probs.dtype)


@wrong_end("The result is float32 for float64 input. Make your tensors with `new_zeros`, `new_full` or a dtype.")
def loss_float32(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    return word_loss(log_probs, word, blank).float()


# ---- which labels and which frames -------------------------------------------------------------------------------

BATCHES: Mistakes = {}
Words = Callable[[Tensor, list[int], int], list[list[int]]]


def wrong_words_of(explanation: str) -> Callable[[Words], Words]:
    """A decorator for a wrong `words_of`."""

    def add(part: Words) -> Words:
        BATCHES[part.__name__] = (explanation, batched(words_of=part))
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
