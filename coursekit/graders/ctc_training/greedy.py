"""The best path, read out: `greedy_decode`."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby

import numpy as np
import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function
from coursekit.graders.ctc_training.common import READY_MADE, Loss, Rng, same_labels, two_labels


def best_path(log_probs: Tensor) -> list[int]:
    """The best class of each frame."""
    return [row.index(max(row)) for row in log_probs.tolist()]


def labels(sequence: list[int]) -> Tensor:
    """Labels as a tensor, int64 even if there are none."""
    return tensor(sequence, dtype=torch.int64)


def merged(sequence: list[int]) -> list[int]:
    """Each run of equal classes as one."""
    return [c for c, _ in groupby(sequence)]


def without(blank: int, sequence: list[int]) -> list[int]:
    """The classes that are labels."""
    return [c for c in sequence if c != blank]


def greedy_spec(log_probs: Tensor, blank: int = 0) -> Tensor:
    """Best class a frame; merge runs; drop blanks."""
    return labels(without(blank, merged(best_path(log_probs))))


greedy_decode = Exercise(
    "greedy_decode",
    greedy_spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    idea="Merge first, drop blanks second: the blank between two equal labels is what keeps them two.",
    hints=(
        "Three steps: the best class of each frame, then the two rules by which a path is read.",
        "`argmax` over the classes gives the path, and `torch.unique_consecutive` merges its runs.",
        "Which must come last, merging or dropping blanks? Try a, blank, a by hand.",
    ),
)


def log_probs_of(path: list[int], classes: int, rng: Rng | None = None) -> Tensor:
    """Log-probabilities whose best path is `path`: 0.7 or so for it, the rest shared out unevenly."""
    rows = []
    for best in path:
        rest = np.arange(1, classes) * 0.05
        if rng is not None:
            rng.shuffle(rest)
        rows.append(np.insert(rest, best, 1 - rest.sum()))
    return tensor(np.round(np.log(np.array(rows)), 2)).float()


@greedy_decode.check
def one_label(f: Function, rng: Rng) -> None:
    """Blank, 2, blank reads as 2; so do 2, 2, blank and blank, 2, 2"""
    for path in ([0, 2, 0], [2, 2, 0], [0, 2, 2]):
        same_labels(f, greedy_spec, log_probs_of(path, 3))


@greedy_decode.check
def several_labels(f: Function, rng: Rng) -> None:
    """Different labels, with and without blanks between them, in the order of time"""
    a, b = two_labels(rng, 4)
    same_labels(f, greedy_spec, log_probs_of([2, 1], 3))
    same_labels(f, greedy_spec, log_probs_of([3, 1, 2], 4))
    same_labels(f, greedy_spec, log_probs_of([a, a, b, 0, a], 4, rng))
    same_labels(f, greedy_spec, log_probs_of([0, b, a, a, 0, 0, b, b], 4, rng))


@greedy_decode.check
def blank_between_equals(f: Function, rng: Rng) -> None:
    """1, blank, 1 reads as two labels; 1, 1, 1 as one

    The blank between equal labels must still be there when runs are merged.
    """
    a, b = two_labels(rng, 4)
    same_labels(f, greedy_spec, log_probs_of([1, 0, 1], 3))
    same_labels(f, greedy_spec, log_probs_of([a, b, 0, b, b, 0, b], 4, rng))


@greedy_decode.parity
def greedy_blank(f: Function, rng: Rng) -> None:
    """Another class can be the blank, and class 0 a label"""
    same_labels(f, greedy_spec, log_probs_of([0, 3, 0, 1, 1], 4, rng), blank=3)
    same_labels(f, greedy_spec, log_probs_of([1, 0, 0, 2, 1], 3, rng), blank=1)


@greedy_decode.parity
def no_label(f: Function, rng: Rng) -> None:
    """Nothing but blanks: no labels, int64 of shape (0,)"""
    same_labels(f, greedy_spec, log_probs_of([0, 2, 2, 1], 3, rng))
    same_labels(f, greedy_spec, log_probs_of([0, 0, 0], 3, rng))


def wrong(explanation: str) -> Callable[[Loss], Loss]:
    """Registers a wrong way to read."""

    def add(function: Loss) -> Loss:
        greedy_decode.misconception(explanation, function.__name__)(function)
        return function

    return add


@wrong(  # CTC14
    "The blanks are dropped before runs are merged. Then 1, blank, 1 is read as 1: the blank is what keeps two equal "
    "labels apart, so merge first."
)
def blanks_dropped_first(log_probs: Tensor, blank: int = 0) -> Tensor:
    return labels(merged(without(blank, best_path(log_probs))))


@wrong("Runs are not merged. A label that lasts three frames is one label.")
def not_merged(log_probs: Tensor, blank: int = 0) -> Tensor:
    return labels(without(blank, best_path(log_probs)))


@wrong("The blanks are still in it. They stand for no label: drop them, after merging.")
def blanks_kept(log_probs: Tensor, blank: int = 0) -> Tensor:
    return labels(merged(best_path(log_probs)))


@wrong("This is the path itself, a class for each frame. Merge its runs, then drop its blanks.")
def the_path(log_probs: Tensor, blank: int = 0) -> Tensor:
    return labels(best_path(log_probs))


@wrong("The blank is always class 0 here. It is the class that `blank` names.")
def blank_is_zero(log_probs: Tensor, blank: int = 0) -> Tensor:
    return greedy_spec(log_probs, 0)


@wrong("The blank is always the last class here. It is the class that `blank` names, 0 by default.")
def blank_is_last(log_probs: Tensor, blank: int = 0) -> Tensor:
    return greedy_spec(log_probs, log_probs.shape[1] - 1)


@wrong("The least probable class of each frame was taken. Log-probabilities are negative; the best is the largest.")
def least_probable(log_probs: Tensor, blank: int = 0) -> Tensor:
    return greedy_spec(-log_probs, blank)


@wrong("The best frame of each class was taken. `argmax` should run over the classes, dimension 1.")
def best_frames(log_probs: Tensor, blank: int = 0) -> Tensor:
    return greedy_spec(log_probs.T, blank)


@wrong("Every label is there once, in the order of its number: `torch.unique` sorts. `unique_consecutive` does not.")
def sorted_set(log_probs: Tensor, blank: int = 0) -> Tensor:
    return labels(sorted(set(without(blank, best_path(log_probs)))))


@wrong("Every label is there once. Only neighbours merge: 1, 2, 1 stays three labels.")
def each_once(log_probs: Tensor, blank: int = 0) -> Tensor:
    return labels(list(dict.fromkeys(without(blank, best_path(log_probs)))))


@wrong(
    "The first label is lost: a loop over neighbours compares the second frame with the first, and never takes the "
    "first."
)
def first_frame_lost(log_probs: Tensor, blank: int = 0) -> Tensor:
    path = best_path(log_probs)
    return labels([c for c, before in zip(path[1:], path[:-1], strict=True) if c not in (before, blank)])


@wrong("The last run is lost: a loop that writes a run when the next one begins has to write the last one too.")
def last_run_lost(log_probs: Tensor, blank: int = 0) -> Tensor:
    return labels(without(blank, merged(best_path(log_probs))[:-1]))


@wrong("The labels are lowered by 1. They keep the numbers of their classes.")
def lowered(log_probs: Tensor, blank: int = 0) -> Tensor:
    return greedy_spec(log_probs, blank) - 1


@wrong("The labels stand in reverse. The first frame comes first.")
def reversed_labels(log_probs: Tensor, blank: int = 0) -> Tensor:
    return greedy_spec(log_probs, blank).flip(0)


@wrong("What is left is filled up with blanks. Return the labels alone: their number is part of the answer.")
def padded(log_probs: Tensor, blank: int = 0) -> Tensor:
    read = greedy_spec(log_probs, blank).tolist()
    return labels(read + [blank] * (len(log_probs) - len(read)))


@wrong("This is the number of labels. Return the labels themselves.")
def how_many(log_probs: Tensor, blank: int = 0) -> Tensor:
    return tensor(len(greedy_spec(log_probs, blank)))


@wrong("`torch.tensor([])` is float32. Labels are indices: give it `dtype=torch.int64`.")
def empty_is_float(log_probs: Tensor, blank: int = 0) -> Tensor:
    read = greedy_spec(log_probs, blank)
    return read if len(read) else torch.zeros(0)
