"""What all exercises share: constants, inputs, the lattice of one word."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby, pairwise

import torch
from torch import Tensor, inf, tensor

from coursekit.exercise import Loss, Rng
from coursekit.exercise.families.inputs import distribution, in_float64

READY_MADE = ("ctc_loss",)


def doubles(word: Sequence[int]) -> int:
    """How many labels equal the one before them: each needs a blank in front, and a frame for it."""
    return sum(a == b for a, b in pairwise(word))


def merged(path: Iterable[int]) -> list[int]:
    """One entry for each run of equal classes."""
    return [label for label, _ in groupby(path)]


def word_of(path: Iterable[int], blank: int) -> list[int]:
    """What a path spells."""
    return [label for label in merged(path) if label != blank]


def whole(*numbers: int) -> Tensor:
    """Integers as a tensor, also if there are none."""
    return tensor(numbers, dtype=torch.int64)


def of_list(labels: Loss) -> Loss:
    """A function of a tensor and the blank, from `labels(numbers, blank)` of its numbers: of its dtype again."""
    return lambda path, blank=0: labels(path.tolist(), blank).to(path.dtype)


def draw_word(rng: Rng, length: int, classes: int, blank: int = 0) -> list[int]:
    """Labels other than the blank, no two neighbours equal; with two labels or more, the last is not the first."""
    labels = [label for label in range(classes) if label != blank]
    while True:
        word: list[int] = rng.choice(labels, size=length).tolist()
        if all(a != b for a, b in pairwise(word)) and (length < 2 or word[0] != word[-1]):
            return word


def draw_log_probs(rng: Rng, *shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Logarithms of probabilities in steps of 1/20, those of a frame summing to 1."""
    return in_float64(distribution(rng, *shape)).log().to(dtype)


def ln_sum(terms: Tensor) -> Tensor:
    """Ln Σ exp over the first dimension; of nothing but -inf it is -inf, and its gradient is 0."""
    if not terms.requires_grad:  # the value of `logsumexp` is right as it is
        return terms.logsumexp(0)
    nothing = (terms == -inf).all(0)
    return terms.masked_fill(nothing, 0.0).logsumexp(0).masked_fill(nothing, -inf)


def states_of(word: Sequence[int], blank: int) -> list[int]:
    """The labels, with a blank before, between and after them."""
    states = [blank]
    for label in word:
        states += [label, blank]
    return states


def skips_of(states: Sequence[int], blank: int) -> list[bool]:
    """Into a label that is not the label before it. (torch compares no further: see the cases of `ctc_loss`.)"""
    return [s >= 2 and states[s] != states[s - 2] for s in range(len(states))]


def forward(
    log_probs: Tensor,
    word: Sequence[int],
    blank: int,
    *,
    states_of: Callable[[Sequence[int], int], list[int]] = states_of,
    skips_of: Callable[[Sequence[int], int], list[bool]] = skips_of,
    starts: Sequence[int] = (0, 1),
    stays: bool = True,
    waits: bool = True,
    total: Callable[[Tensor], Tensor] = ln_sum,
) -> Tensor:
    """ln α of one word, row after row; the keyword arguments are where it can go wrong.

    Args:
        log_probs: (T, C).
        word: U labels.
        blank: the blank's class.
        states_of: the classes of the states, of the word and the blank.
        skips_of: into which of them a path may jump, of the states and the blank.
        starts: the states in which a path may begin.
        stays: whether a path may stay in a label.
        waits: whether it may stay in a blank.
        total: adds up three log-probabilities, along the first dimension.

    Returns:
        (T, number of states), -inf where no path comes.
    """
    states = states_of(word, blank)
    size = len(states)
    emitted = log_probs[:, states]
    no_skip = ~tensor(skips_of(states, blank), dtype=torch.bool)
    no_stay = tensor([not (waits if label == blank else stays) for label in states], dtype=torch.bool)
    nobody = emitted.new_full((2,), -inf)
    closed = tensor([s not in starts for s in range(size)], dtype=torch.bool)
    rows = [emitted[0].masked_fill(closed, -inf)] if len(emitted) else []
    for t in range(1, len(emitted)):
        before = torch.cat([nobody, rows[-1]])
        stay = before[2:] if stays and waits else before[2:].masked_fill(no_stay, -inf)
        step, skip = before[1:-1], before[:-2].masked_fill(no_skip, -inf)
        rows.append(total(torch.stack([stay, step, skip])) + emitted[t])
    return torch.stack(rows) if rows else emitted
