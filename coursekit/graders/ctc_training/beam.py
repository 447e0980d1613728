"""The most probable labels, the sum over their paths: `prefix_beam_search`."""

from __future__ import annotations

import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Rng
from coursekit.graders.ctc_training.beam_mistakes import MISTAKES
from coursekit.graders.ctc_training.beam_spec import WIDE, beam_spec
from coursekit.graders.ctc_training.common import READY_MADE, same_labels

prefix_beam_search = Exercise(
    "prefix_beam_search",
    beam_spec,
    points=3,
    parity_points=1,
    forbids=READY_MADE,
    idea="A prefix needs two numbers, its paths that end in blank and the others: only the former can repeat a label.",
    hints=(
        "Keep a dictionary from prefix (a tuple) to two log-probabilities: of its paths that end in blank, and of "
        "those that end in its last label. At the start, the empty prefix ends in blank with probability 1.",
        "A blank leaves the prefix as it is, and all its paths now end in blank. A new label makes it longer.",
        "The last label once more: paths that end in that label stay the same prefix, paths that end in blank make it "
        "longer.",
        "A prefix is reached in several ways: add them up. Then keep the `beam_width` best, by the sum of both "
        "numbers.",
    ),
)


def table(rows: list[list[int]]) -> Tensor:
    """Probabilities in per cent as log-probabilities."""
    return (tensor(rows, dtype=torch.float64) / 100).log().float()


def exchanged(rng: Rng, log_probs: Tensor) -> tuple[Tensor, int]:
    """The same frames with their classes renamed at random, and the class that is the blank now."""
    order = rng.permutation(log_probs.shape[1])
    return log_probs[:, order.tolist()], int((order == 0).argmax())


def renamed(rng: Rng, rows: list[list[int]]) -> Tensor:
    """A table whose labels are renamed at random; the blank stays class 0."""
    log_probs = table(rows)
    return log_probs[:, [0, *(1 + rng.permutation(log_probs.shape[1] - 1)).tolist()]]


# Found by a search over small tables in steps of 5 %: together they tell every mistake below from every other by the
# labels it reads, and no choice, neither of the prefixes to keep nor of the best, hangs on less than 8 %.
FIVE = [[30, 40, 30], [10, 5, 85], [10, 15, 75], [60, 25, 15], [10, 35, 55]]
FOUR = [[5, 60, 35], [45, 15, 40], [5, 75, 20], [35, 20, 45]]
THERE_AND_BACK = [[20, 25, 55], [30, 55, 15], [10, 5, 85], [90, 5, 5], [5, 50, 45]]
TWO = [[30, 35, 35], [35, 20, 45]]
NARROW = [[55, 20, 25], [60, 25, 15], [60, 15, 25], [75, 15, 10]]
BOTH_ENDS = [[35, 55, 10], [25, 5, 70], [50, 5, 45]]  # what to keep, by the paths that end in a label as well


@prefix_beam_search.check
def blank_is_best_twice(f: Function, rng: Rng) -> None:
    """Two frames, in each the blank has 0.6 and label 1 has 0.4: read 1, with 0.64

    The best path is blank, blank with 0.36. The three paths of the label have 0.24, 0.24 and 0.16.
    """
    same_labels(f, beam_spec, table([[60, 40], [60, 40]]), 10)
    same_labels(f, beam_spec, table([[60, 15, 25], [55, 5, 40]]), 10)


@prefix_beam_search.check
def all_paths_count(f: Function, rng: Rng) -> None:
    """The sum over all paths decides, not the best path"""
    same_labels(f, beam_spec, table(TWO), WIDE)
    same_labels(f, beam_spec, renamed(rng, TWO), WIDE)
    same_labels(f, beam_spec, table(FIVE), WIDE)
    same_labels(f, beam_spec, renamed(rng, FIVE), WIDE)


@prefix_beam_search.check
def two_ends(f: Function, rng: Rng) -> None:
    """The last label once more: after a blank it is a new one, else it is the same

    Keep the paths of a prefix that end in blank apart from the others.
    """
    same_labels(f, beam_spec, table([[10, 90], [80, 20], [10, 90]]), 10)
    same_labels(f, beam_spec, table([[10, 90], [20, 80], [10, 90]]), 10)
    same_labels(f, beam_spec, table(FOUR), WIDE)
    same_labels(f, beam_spec, renamed(rng, FOUR), WIDE)


@prefix_beam_search.check
def there_and_back(f: Function, rng: Rng) -> None:
    """Five frames, three labels: one, another, and the first again"""
    same_labels(f, beam_spec, table(THERE_AND_BACK), WIDE)
    same_labels(f, beam_spec, renamed(rng, THERE_AND_BACK), WIDE)


@prefix_beam_search.check
def narrow_beam(f: Function, rng: Rng) -> None:
    """A narrow beam may lose the best prefix on the way

    After every frame the `beam_width` best prefixes are kept, by all their paths.
    """
    same_labels(f, beam_spec, table(BOTH_ENDS), 2)
    same_labels(f, beam_spec, table(NARROW), 2)
    same_labels(f, beam_spec, renamed(rng, NARROW), 2)
    same_labels(f, beam_spec, table(NARROW), WIDE)
    same_labels(f, beam_spec, renamed(rng, NARROW), WIDE)


@prefix_beam_search.parity
def blank_elsewhere(f: Function, rng: Rng) -> None:
    """Another class can be the blank, and class 0 a label"""
    log_probs, blank = table(THERE_AND_BACK)[:, [1, 2, 0]], 2
    same_labels(f, beam_spec, log_probs, WIDE, blank=blank)
    for rows in (FIVE, FOUR):
        log_probs, blank = exchanged(rng, table(rows))
        same_labels(f, beam_spec, log_probs, WIDE, blank=blank)


@prefix_beam_search.parity
def nothing_to_read(f: Function, rng: Rng) -> None:
    """Nothing but blanks: no labels, int64 of shape (0,)"""
    same_labels(f, beam_spec, table([[20, 80], [90, 10]]), 5)
    same_labels(f, beam_spec, table([[90, 10], [85, 15]]), 5)


@prefix_beam_search.parity
def long(f: Function, rng: Rng) -> None:
    """400 frames: probabilities underflow, their logarithms do not"""
    log_probs = torch.full((400, 3), -9.0)
    log_probs[:, 0] = -2.0
    for frame, label in zip((30, 31, 120, 250, 390), (1, 1, *rng.permutation([1, 2, 2]).tolist()), strict=True):
        log_probs[frame, [0, label]] = tensor([-9.0, -2.0])
    same_labels(f, beam_spec, log_probs, 4)


prefix_beam_search.misconceptions.extend(MISTAKES)
