"""How far what was read is from what is right: `edit_distance`."""

from __future__ import annotations

from collections import Counter
from functools import cache
from itertools import product

import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Loss, Rng, same_value

Sequence = tuple[int, ...]


def distance(
    right: Sequence,
    read: Sequence,
    insert: float = 1,
    delete: float = 1,
    replace: float = 1,
    keep: float = 0,
    swap: float = 9,
) -> float:
    """By its definition: what to do with the last label of either, and the rest."""

    @cache
    def rest(i: int, j: int) -> float:
        """From the first i labels that are right to the first j that were read."""
        if i == 0 or j == 0:
            return i * delete + j * insert
        ways = [rest(i - 1, j) + delete, rest(i, j - 1) + insert]
        ways.append(rest(i - 1, j - 1) + (keep if right[i - 1] == read[j - 1] else replace))
        if i > 1 and j > 1 and right[i - 2 : i] == read[j - 2 : j][::-1]:
            ways.append(rest(i - 2, j - 2) + swap)
        return min(ways)

    return rest(len(right), len(read))


def differing(right: Sequence, read: Sequence) -> int:
    """How many labels differ from those in the same places, as far as both go."""
    return sum(a != b for a, b in zip(right, read, strict=False))


def longest_common(right: Sequence, read: Sequence) -> int:
    """The length of the longest common subsequence."""
    return int(len(right) + len(read) - distance(right, read, replace=2)) // 2


def edit_spec(reference: Tensor, hypothesis: Tensor) -> Tensor:
    """Levenshtein's distance."""
    return tensor(int(distance(tuple(reference.tolist()), tuple(hypothesis.tolist()))))


edit_distance = Exercise(
    "edit_distance",
    edit_spec,
    points=2,
    idea="The edit distance lines two sequences up as CTC does: a table of prefixes, three ways into each cell.",
    hints=(
        "Ask for all prefixes: what does it cost to turn the first i labels that are right into the first j that were "
        "read?",
        "A cell of that table has three ways in: from above and from the left, each for 1, and along the diagonal, for "
        "1 or for nothing.",
        "Row 0 is 0, 1, 2, …: from nothing to j labels takes j insertions. Column 0 likewise.",
    ),
)


def sequence(*labels: int) -> Tensor:
    """Labels as int64, also if there are none."""
    return tensor(labels, dtype=torch.int64)


def renamed(rng: Rng, *sequences: tuple[int, ...]) -> list[Tensor]:
    """The same sequences with other labels: what matters is which are equal."""
    names = rng.permutation(range(1, 10))
    return [sequence(*(int(names[label]) for label in labels)) for labels in sequences]


@edit_distance.check
def replaced(f: Function, rng: Rng) -> None:
    """Two labels of three replaced: 2"""
    same_value(f, edit_spec, sequence(1, 2, 3), sequence(1, 4, 5))
    same_value(f, edit_spec, *renamed(rng, (1, 2, 3, 4), (5, 2, 6, 7)))


@edit_distance.check
def missing_and_added(f: Function, rng: Rng) -> None:
    """Two labels missing: 2; two too many: 2; and none at all"""
    same_value(f, edit_spec, sequence(1, 2, 3), sequence(2))
    same_value(f, edit_spec, sequence(3), sequence(1, 2, 3))
    same_value(f, edit_spec, sequence(4, 5, 4), sequence())
    same_value(f, edit_spec, sequence(), sequence(4, 4))


@edit_distance.check
def shifted(f: Function, rng: Rng) -> None:
    """One label lost in front shifts all others: 1 for that, and not one for each place

    Compare prefixes with prefixes, not place with place.
    """
    same_value(f, edit_spec, sequence(1, 2, 3, 4, 5), sequence(2, 3, 4, 6))
    same_value(f, edit_spec, *renamed(rng, (1, 2, 3, 4, 5), (2, 3, 4, 5, 6)))


@edit_distance.check
def order_counts(f: Function, rng: Rng) -> None:
    """The order counts: 1 2 against 2 1 is two edits"""
    same_value(f, edit_spec, sequence(1, 2), sequence(2, 1))
    same_value(f, edit_spec, *renamed(rng, (1, 2, 3, 4), (4, 1, 3, 2)))


@edit_distance.check
def all_together(f: Function, rng: Rng) -> None:
    """kitten to sitting, as numbers: 3"""
    same_value(f, edit_spec, sequence(1, 2, 3, 3, 4, 5), sequence(6, 2, 3, 3, 2, 5, 7))
    same_value(f, edit_spec, *renamed(rng, (1, 2, 1, 3, 4), (2, 2, 3, 3)))
    while True:
        right, read = (tuple(rng.integers(1, 4, size=size).tolist()) for size in (6, 4))
        if distance(right, read) >= 3:
            break
    same_value(f, edit_spec, sequence(*right), sequence(*read))


def with_edits(
    right: tuple[int, ...], read: tuple[int, ...], insert: bool = True, delete: bool = True, replace: bool = True
) -> int:
    """The table filled without some of the edits; its first row and column are as they should be."""
    table = [[i + j if not i * j else 0 for j in range(len(read) + 1)] for i in range(len(right) + 1)]
    for i, j in product(range(1, len(right) + 1), range(1, len(read) + 1)):
        ways = [table[i - 1][j] + 1] * delete + [table[i][j - 1] + 1] * insert
        if replace or right[i - 1] == read[j - 1]:
            ways.append(table[i - 1][j - 1] + (right[i - 1] != read[j - 1]))
        table[i][j] = min(ways)
    return table[-1][-1]


def of_tuples(edits: Loss) -> Loss:
    """A distance of two tensors, from `edits(right, read)` of their labels."""
    return lambda reference, hypothesis: edits(tuple(reference.tolist()), tuple(hypothesis.tolist()))


edit_distance.misconceptions.table(
    of_tuples,
    replacing_costs_two=(
        "A replacement costs 2 here, an insertion and a deletion. It is one edit: the diagonal costs 1.",
        lambda right, read: tensor(distance(right, read, replace=2)),
    ),
    places_compared=(
        "Place is compared with place. One label that is lost in front then makes all others wrong.",
        lambda right, read: tensor(differing(right, read) + abs(len(right) - len(read))),
    ),
    places_compared_and_cut=(
        "Place is compared with place, and what is left over of the longer one is not counted.",
        lambda right, read: tensor(differing(right, read)),
    ),
    lengths_compared=(
        "This is the difference in length. Labels can be wrong in the right number.",
        lambda right, read: tensor(abs(len(right) - len(read))),
    ),
    bags_compared=(
        "Labels are compared as a bag, whatever their order. Reading 2 1 for 1 2 is not right.",
        lambda right, read: tensor(max((Counter(a) - Counter(b)).total() for a, b in ((right, read), (read, right)))),
    ),
    rate=(
        "This is the error rate, divided by the number of right labels. Here the edits themselves are asked for.",
        lambda right, read: tensor(distance(right, read) / max(len(right), 1)),
    ),
    equal_costs_one=(
        "Equal labels cost 1 too. Along the diagonal an edit is needed only where the labels differ.",
        lambda right, read: tensor(distance(right, read, keep=1)),
    ),
    swap_costs_one=(
        "Two neighbours that changed places cost 1. That is Damerau's distance; Levenshtein's counts two edits.",
        lambda right, read: tensor(distance(right, read, swap=1)),
    ),
    insertions_free=(
        "Insertions are free: labels that were read and are not there are errors as well.",
        lambda right, read: tensor(distance(right, read, insert=0)),
    ),
    deletions_free=(
        "Deletions are free: labels that were not read are errors as well.",
        lambda right, read: tensor(distance(right, read, delete=0)),
    ),
    free_start=(
        "Row 0 of the table is 0 everywhere, so labels read before the first right one are free. It is 0, 1, 2, ….",
        lambda right, read: tensor(min(distance(right, read[start:]) for start in range(len(read) + 1))),
    ),
    free_loss_in_front=(
        "Column 0 of the table is 0 everywhere, so right labels that are lost in front are free. It is 0, 1, 2, ….",
        lambda right, read: tensor(min(distance(right[start:], read) for start in range(len(right) + 1))),
    ),
    last_labels_left_out=(
        "The table is one row and one column short: the last label of each is never compared.",
        lambda right, read: tensor(distance(right[:-1], read[:-1])),
    ),
    longest_common=(
        "This is the longer length less the longest common subsequence. It pairs a label that is missing in one place "
        "with one that is too many in another, for the price of one.",
        lambda right, read: tensor(max(len(right), len(read)) - longest_common(right, read)),
    ),
    nothing_is_free=(
        "A sequence without labels costs nothing here. To read none of three labels is three errors.",
        lambda right, read: tensor(distance(right, read) if right and read else 0),
    ),
)
edit_distance.misconceptions.table(
    of_tuples,
    no_deletion=(
        "Labels that are missing cannot be made up for: one of the three edits is left out.",
        (
            lambda right, read: tensor(with_edits(right, read, delete=False)),
            lambda right, read: tensor(with_edits(right, read, insert=False)),
            lambda right, read: tensor(with_edits(right, read, replace=False)),
        ),
    ),
    sets_compared=(
        "Labels are compared as sets: how often and where they come does not count.",
        (
            lambda right, read: tensor(len({*right} ^ {*read})),
            lambda right, read: tensor(len({*right} - {*read})),
        ),
    ),
    one_edit_too_many=(
        "The result is one too many, or one too few.",
        (
            lambda right, read: tensor(distance(right, read) + 1),
            lambda right, read: tensor(max(distance(right, read) - 1, 0)),
        ),
    ),
)
edit_distance.misconceptions.table(
    of_tuples,
    share_of_the_longer=(
        "This is divided by the longer length, or by both. The edits themselves are asked for.",
        (
            lambda right, read: tensor(distance(right, read) / max(len(right), len(read), 1)),
            lambda right, read: tensor(2 * distance(right, read) / max(len(right) + len(read), 1)),
            lambda right, read: tensor(1 - distance(right, read) / max(len(right), len(read), 1)),
        ),
    ),
    edits_of_other_price=(
        "An insertion, a deletion or a replacement costs another number than 1.",
        (
            lambda right, read: tensor(distance(right, read, insert=0.5)),
            lambda right, read: tensor(distance(right, read, delete=0.5)),
            lambda right, read: tensor(distance(right, read, replace=0.5)),
            lambda right, read: tensor(distance(right, read, insert=2, delete=2)),
            lambda right, read: tensor(distance(right, read, replace=1.5)),
        ),
    ),
)
