"""The best path, read out: `greedy_decode`."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from torch import Tensor, inf, tensor

from coursekit.exercise import Exercise, Function, Loss, Rng, argument_fixed
from coursekit.graders.ctc_forward.common import merged, word_of
from coursekit.graders.ctc_training.common import READY_MADE, labels, same_labels, two_labels


def best_path(log_probs: Tensor) -> list[int]:
    """The best class of each frame."""
    return [row.index(max(row)) for row in log_probs.tolist()]


def without(blank: int, sequence: list[int]) -> list[int]:
    """The classes that are labels."""
    return [c for c in sequence if c != blank]


def greedy_spec(log_probs: Tensor, blank: int = 0) -> Tensor:
    """Best class a frame; merge runs; drop blanks."""
    return labels(word_of(best_path(log_probs), blank))


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


def log_probs_of(path: list[int], classes: int, rng: Rng | None = None, share: float = 0.05) -> Tensor:
    """Log-probabilities whose best path is `path`: the others have `share`, twice `share`, and so on, it the rest."""
    rows = []
    for best in path:
        rest = np.arange(1, classes) * share
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
    same_labels(f, greedy_spec, log_probs_of([a, 0, b], 4, rng, share=0.1))  # the best of 0.4 is the best


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


def of_path(reading: Loss) -> Loss:
    """Another `reading(path, blank)` of the best path."""
    return lambda log_probs, blank=0: reading(best_path(log_probs), blank)


wrong = greedy_decode.misconceptions

wrong.table(
    of_path,
    blanks_dropped_first=(
        "The blanks are dropped before runs are merged. Then 1, blank, 1 is read as 1: the blank is what keeps two "
        "equal labels apart, so merge first.",
        lambda path, blank: labels(merged(without(blank, path))),
        "CTC14",
    ),
    not_merged=(
        "Runs are not merged. A label that lasts three frames is one label.",
        lambda path, blank: labels(without(blank, path)),
    ),
    blanks_kept=(
        "The blanks are still in it. They stand for no label: drop them, after merging.",
        lambda path, blank: labels(merged(path)),
    ),
    the_path=(
        "This is the path itself, a class for each frame. Merge its runs, then drop its blanks.",
        lambda path, blank: labels(path),
    ),
)
argument_fixed(wrong, "blank_is_zero", "The blank is always class 0 here. It is the class that `blank` names.", blank=0)
wrong.table(
    blank_is_last=(
        "The blank is always the last class here. It is the class that `blank` names, 0 by default.",
        lambda x, *args, **flags: greedy_spec(x, x.shape[1] - 1),
    ),
    least_probable=(
        "The least probable class of each frame was taken. Log-probabilities are negative; the best is the largest.",
        lambda x, blank=0: greedy_spec(-x, blank),
    ),
    best_frames=(
        "The best frame of each class was taken. `argmax` should run over the classes, dimension 1.",
        lambda x, blank=0: greedy_spec(x.T, blank),
    ),
)
wrong.table(
    of_path,
    sorted_set=(
        "Every label is there once, in the order of its number: `torch.unique` sorts. `unique_consecutive` does not.",
        lambda path, blank: labels(sorted(set(without(blank, path)))),
    ),
    each_once=(
        "Every label is there once. Only neighbours merge: 1, 2, 1 stays three labels.",
        lambda path, blank: labels(list(dict.fromkeys(without(blank, path)))),
    ),
    first_frame_lost=(
        "The first label is lost: a loop over neighbours compares the second frame with the first, and never takes the "
        "first.",
        lambda path, blank: labels([c for before, c in pairwise(path) if c not in (before, blank)]),
    ),
    last_run_lost=(
        "The last run is lost: a loop that writes a run when the next one begins has to write the last one too.",
        lambda path, blank: labels(without(blank, merged(path)[:-1])),
    ),
    lowered=(
        "The labels are lowered by 1. They keep the numbers of their classes.",
        lambda path, blank: labels(word_of(path, blank)) - 1,
    ),
    reversed_labels=(
        "The labels stand in reverse. The first frame comes first.",
        lambda path, blank: labels(word_of(path, blank)[::-1]),
    ),
    padded=(
        "What is left is filled up with blanks. Return the labels alone: their number is part of the answer.",
        lambda path, blank: labels([*word_of(path, blank), *[blank] * len(path)][: len(path)]),
    ),
    how_many=(
        "This is the number of labels. Return the labels themselves.",
        lambda path, blank: tensor(len(word_of(path, blank))),
    ),
    empty_is_float=(
        "`torch.tensor([])` is float32. Labels are indices: give it `dtype=torch.int64`.",
        lambda path, blank: tensor(word_of(path, blank)),
    ),
)
wrong.table(
    blank_never_best=(
        "The blank is left out of the choice: it can be the best class of a frame, and often is.",
        (
            lambda x, blank=0: labels(merged(best_path(x.index_fill(1, tensor([blank]), -inf)))),
            lambda x, blank=0: labels(best_path(x.index_fill(1, tensor([blank]), -inf))),
        ),
    ),
    second_best=(
        "The second best class of each frame was taken.",
        lambda x, blank=0: labels(word_of(x.topk(min(2, x.shape[1]), 1).indices[:, -1].tolist(), blank)),
    ),
)
wrong.table(
    only_the_sure=(
        "A frame whose best class has less than half counts as blank. The best class is the best, however unsure.",
        lambda x, blank=0: greedy_spec(x.masked_fill(x < -0.7, -inf).index_fill(1, tensor([blank]), -0.7), blank),
    ),
    frame_left_out=(
        "The last frame is left out, or the first.",
        (lambda x, blank=0: greedy_spec(x[:-1], blank), lambda x, blank=0: greedy_spec(x[1:], blank)),
    ),
)
