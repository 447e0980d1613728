"""From the loss of one word to torch's `ctc_loss`: layouts, lengths, refusals, reductions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, inf

from coursekit.exercise import Loss, reduced
from coursekit.graders.ctc_forward.common import forward, ln_sum

Lengths = Tensor | Sequence[int]


def word_loss(log_probs: Tensor, word: Sequence[int], blank: int, rows: Loss = forward) -> Tensor:
    """-ln of the probability of one word: the last row's last label and last blank, added up."""
    if not len(log_probs):  # no frame spells the empty word, and nothing else
        return log_probs.new_full((), inf if len(word) else 0.0)
    return -ln_sum(rows(log_probs, word, blank)[-1, -2:])


def as_list(lengths: Lengths) -> list[int]:
    """Lengths as torch takes them: a list, a tensor, or the single number of a single sample."""
    return torch.as_tensor(lengths).reshape(-1).tolist()


def words_of(targets: Tensor, lengths: list[int], classes: int) -> list[list[int]]:
    """The labels of each target that count.

    Raises:
        ValueError: a label is no class, or a length does not fit.
    """
    if targets.ndim == 1:
        if sum(lengths) != len(targets):
            raise ValueError(f"{len(targets)} targets for lengths {lengths}")
        ends = [sum(lengths[: n + 1]) for n in range(len(lengths))]
        words = [targets[end - length : end].tolist() for end, length in zip(ends, lengths)]
    else:
        words = [row[:length].tolist() for row, length in zip(targets, lengths)]
        if max(lengths, default=0) > targets.shape[1]:
            raise ValueError(f"{targets.shape[1]} places for lengths {lengths}")
    if not all(0 <= label < classes for word in words for label in word):
        raise ValueError(f"labels {words} are to be from 0 to {classes - 1}")
    return words


def by_length(losses: Tensor, words: list[list[int]], frames: list[int], targets: Tensor) -> Tensor:
    """Each loss divided by the length of its word, an empty word's by 1."""
    return losses / losses.new_tensor([max(len(word), 1) for word in words])


def batched(
    one: Callable[[Tensor, list[int], int], Tensor] = word_loss,
    *,
    words_of: Callable[[Tensor, list[int], int], list[list[int]]] = words_of,
    scaled: Callable[[Tensor, list[list[int]], list[int], Tensor], Tensor] = by_length,
) -> Loss:
    """A `ctc_loss`, from the loss of one word.

    Args:
        one: `one(log_probs, word, blank)` with log_probs (T, C), cut to the sample's frames.
        words_of: finds the words among the targets.
        scaled: what "mean" averages over the samples: of the losses (N,), the words, the numbers of frames, and the
            targets. torch: the losses divided by the lengths.
    """

    def ctc_loss(
        log_probs: Tensor,
        targets: Tensor,
        input_lengths: Lengths,
        target_lengths: Lengths,
        blank: int = 0,
        reduction: str = "mean",
        zero_infinity: bool = False,
    ) -> Tensor:
        alone = log_probs.ndim == 2
        if alone:
            log_probs = log_probs.unsqueeze(1)
        frames, classes = as_list(input_lengths), log_probs.shape[2]
        lengths = as_list(target_lengths)
        if not 0 <= blank < classes or not all(0 <= t <= len(log_probs) for t in frames) or min(lengths) < 0:
            raise ValueError(f"blank {blank}, frames {frames}, lengths {lengths}")
        if not len(frames) == len(lengths) == log_probs.shape[1]:
            raise ValueError(f"{log_probs.shape[1]} samples, lengths {frames} and {lengths}")
        words = words_of(targets, lengths, classes)
        losses = torch.stack([one(log_probs[:t, n], word, blank) for n, (t, word) in enumerate(zip(frames, words))])
        if zero_infinity:
            losses = losses.masked_fill(losses == inf, 0.0)
        if reduction == "mean":
            losses = scaled(losses, words, frames, targets)
        return reduced(losses.squeeze(0) if alone else losses, reduction)

    return ctc_loss


ctc_spec = batched()
