"""What a path spells: `collapse`."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Rng, argument_fixed, same_dtype, same_value
from coursekit.graders.ctc_forward.common import READY_MADE, merged, of_list, whole, word_of


def collapse_spec(path: Tensor, blank: int = 0) -> Tensor:
    """One label for each run of equal classes, if it is no run of blanks."""
    return path.new_tensor(word_of(path.tolist(), blank))


collapse = Exercise(
    "collapse",
    collapse_spec,
    points=1,
    parity_points=1,
    forbids=READY_MADE,
    idea="Merge first, then drop the blanks: it is the blank between two runs that keeps them apart.",
    hints=(
        "A frame begins a run if its class is not that of the frame before. The first frame begins one, too.",
        "Keep the frames that begin a run and are not blank. One mask, made of two.",
        "`path[1:] != path[:-1]` compares all neighbours at once. It is one entry short: what belongs in front?",
    ),
)


@collapse.check
def runs_and_blanks(f: Function, rng: Rng) -> None:
    """The path - a a - b spells ab

    As numbers, with 0 for the blank: 0 1 1 0 2 is 1 2.
    """
    same_value(f, collapse_spec, whole(0, 1, 1, 0, 2))
    same_value(f, collapse_spec, whole(2, 1, 1))


@collapse.check
def double_letter(f: Function, rng: Rng) -> None:
    """A blank between two runs of a letter keeps both: a a - a spells aa

    Merge the runs while the blanks are still there, and drop the blanks afterwards.
    """
    same_value(f, collapse_spec, whole(1, 1, 0, 1))
    same_value(f, collapse_spec, whole(3, 0, 3, 3, 0, 0, 3))


@collapse.check
def comes_again(f: Function, rng: Rng) -> None:
    """A letter that comes again later is a letter again, in the order of the path"""
    same_value(f, collapse_spec, whole(2, 2, 1, 2))
    middle = [int(label) for label in rng.permutation([1, 2, 3])]
    same_value(f, collapse_spec, whole(3, 0, *middle, *middle[::-1], 3))


@collapse.check
def hello(f: Function, rng: Rng) -> None:
    """h h e - - l l l - l l o spells hello"""
    same_value(f, collapse_spec, whole(1, 1, 2, 0, 0, 3, 3, 3, 0, 3, 3, 4))


@collapse.parity
def nothing_but_blanks(f: Function, rng: Rng) -> None:
    """Nothing but blanks spells the empty word; a path of no frames, too"""
    same_value(f, collapse_spec, whole(0, 0, 0))
    same_value(f, collapse_spec, whole())
    same_value(f, collapse_spec, whole(1, 1, 1))


@collapse.parity
def collapse_blank(f: Function, rng: Rng) -> None:
    """The blank is the class that `blank` says"""
    same_value(f, collapse_spec, whole(2, 0, 0, 2, 0, 1), blank=2)
    same_value(f, collapse_spec, whole(1, 1, 0, 3, 3), 3)


@collapse.parity
def collapse_dtype(f: Function, rng: Rng) -> None:
    """int64 stays int64, int32 stays int32"""
    same_dtype(f, collapse_spec, whole(1, 1, 0, 2))
    same_dtype(f, collapse_spec, whole(1, 1, 0, 2).int())


def in_pairs(path: list[int]) -> list[int]:
    """The path in which two equal neighbours became one."""
    if len(path) < 2:
        return path
    return [path[0], *in_pairs(path[2 if path[0] == path[1] else 1 :])]


wrong = collapse.misconceptions

wrong.table(
    of_list,
    dropped_first=(
        "The blanks are dropped first, and then the runs that they kept apart are merged: aa becomes a. Merge first, "
        "then drop.",
        lambda path, blank: tensor(merged(label for label in path if label != blank)),
        "CTC14",
    ),
    never_merged=(
        "The blanks are dropped, the runs are not merged: a letter that lasts three frames is no three.",
        lambda path, blank: tensor([label for label in path if label != blank]),
    ),
    blanks_kept=(
        "The runs are merged, and the blanks are still there. They stand for no label: drop them last.",
        lambda path, blank: tensor(merged(path)),
    ),
    unique=(
        "Each letter comes once, in the order of the alphabet, as from `unique`. Only neighbours are merged, and the "
        "order stays that of the path (`unique_consecutive`).",
        lambda path, blank: tensor(sorted(set(path) - {blank})),
    ),
    first_time_only=(
        "A letter counts only where it comes for the first time. Only neighbours are merged.",
        lambda path, blank: tensor([label for label in dict.fromkeys(path) if label != blank]),
    ),
)
argument_fixed(
    wrong, "blank_is_zero", "The blank is fixed at 0. It is the argument `blank`, which may be any class.", blank=0
)
wrong.table(
    of_list,
    first_frame_lost=(
        "The first frame is lost. It has no frame before it, and begins a run all the same.",
        lambda path, blank: tensor([b for a, b in pairwise(path) if b not in (a, blank)]),
    ),
    first_beside_last=(
        "The first frame is compared with the last one, as `roll` brings it round. It has no frame before it, and "
        "begins a run all the same.",
        lambda path, blank: tensor([b for a, b in zip([*path[-1:], *path], path, strict=False) if b not in (a, blank)]),
    ),
    between_blanks_only=(
        "One label for each stretch between blanks: of two letters side by side, the second is lost. They need no "
        "blank between them, unless they are equal.",
        lambda path, blank: tensor([b for a, b in pairwise([blank, *path]) if a == blank != b]),
    ),
)


@wrong(
    "A path of no frames is an error here. It spells the empty word: let slices be empty, and do not ask for `path[0]`."
)
def empty_path_raises(path: Tensor, blank: int = 0) -> Tensor:
    path[0]
    return collapse_spec(path, blank)


wrong.table(
    empty_is_float=(
        "The empty word comes back as a tensor of floats. `torch.tensor([])` is float32: give it the dtype of path.",
        lambda path, blank=0: tensor(collapse_spec(path, blank).tolist()),
    ),
)
wrong.table(
    of_list,
    below_blank_lost=(
        "Only classes above the blank are kept. The blank may be any class, and those below it are labels too.",
        (
            lambda path, blank: tensor([label for label in merged(path) if label > blank]),
            lambda path, blank: tensor([label for label in merged(path) if label > 0]),
        ),
    ),
    last_run_lost=(
        "The last run is lost: it ends with the path, and not with another class.",
        lambda path, blank: tensor([label for label in merged(path)[:-1] if label != blank]),
    ),
    runs_of_one_lost=(
        "A class is kept only where it comes twice in a row. One frame is enough.",
        lambda path, blank: tensor([b for a, b in pairwise(path) if a == b != blank]),
    ),
    read_backwards=(
        "The labels come from back to front.",
        lambda path, blank: tensor([label for label in merged(path) if label != blank][::-1]),
    ),
)
wrong.table(
    of_list,
    pairs_merged=(
        "Two equal neighbours become one, and the third is another label. A run is one, however long.",
        lambda path, blank: tensor([c for c in in_pairs(path) if c != blank]),
    ),
    shifted_labels=(
        "The labels are one too low, or one too high. They are the classes as they are.",
        (
            lambda path, blank: tensor([label - 1 for label in merged(path) if label != blank]),
            lambda path, blank: tensor([label + 1 for label in merged(path) if label != blank]),
        ),
    ),
)
