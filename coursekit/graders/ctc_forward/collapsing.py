"""What a path spells: `collapse`."""

from __future__ import annotations

from itertools import groupby, pairwise

import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, same_dtype, same_value
from coursekit.graders.ctc_forward.common import READY_MADE, Rng, whole


def collapse_spec(path: Tensor, blank: int = 0) -> Tensor:
    """One label for each run of equal classes, if it is no run of blanks."""
    labels = [label for label, _ in groupby(path.tolist()) if label != blank]
    return tensor(labels, dtype=path.dtype)


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


def runs(path: list[int]) -> list[int]:
    """One entry for each run."""
    return [label for label, _ in groupby(path)]


@collapse.misconception(  # CTC14
    "The blanks are dropped first, and then the runs that they kept apart are merged: aa becomes a. Merge first, then "
    "drop."
)
def dropped_first(path: Tensor, blank: int = 0) -> Tensor:
    return tensor(runs([label for label in path.tolist() if label != blank]), dtype=path.dtype)


@collapse.misconception(
    "The blanks are dropped, the runs are not merged: a letter that lasts three frames is no three."
)
def never_merged(path: Tensor, blank: int = 0) -> Tensor:
    return path[path != blank]


@collapse.misconception("The runs are merged, and the blanks are still there. They stand for no label: drop them last.")
def blanks_kept(path: Tensor, blank: int = 0) -> Tensor:
    return tensor(runs(path.tolist()), dtype=path.dtype)


@collapse.misconception(
    "Each letter comes once, in the order of the alphabet, as from `unique`. Only neighbours are merged, and the order "
    "stays that of the path (`unique_consecutive`)."
)
def unique(path: Tensor, blank: int = 0) -> Tensor:
    return tensor(sorted({label for label in path.tolist() if label != blank}), dtype=path.dtype)


@collapse.misconception("A letter counts only where it comes for the first time. Only neighbours are merged.")
def first_time_only(path: Tensor, blank: int = 0) -> Tensor:
    return tensor([label for label in dict.fromkeys(path.tolist()) if label != blank], dtype=path.dtype)


@collapse.misconception("The blank is fixed at 0. It is the argument `blank`, which may be any class.")
def blank_is_zero(path: Tensor, blank: int = 0) -> Tensor:
    return collapse_spec(path)


@collapse.misconception("The first frame is lost. It has no frame before it, and begins a run all the same.")
def first_frame_lost(path: Tensor, blank: int = 0) -> Tensor:
    return tensor([b for a, b in pairwise(path.tolist()) if a != b and b != blank], dtype=path.dtype)


@collapse.misconception(
    "One label for each stretch between blanks: of two letters side by side, the second is lost. They need no blank "
    "between them, unless they are equal."
)
def between_blanks_only(path: Tensor, blank: int = 0) -> Tensor:
    pieces = [list(piece) for is_blank, piece in groupby(path.tolist(), lambda label: label == blank) if not is_blank]
    return tensor([piece[0] for piece in pieces], dtype=path.dtype)


@collapse.misconception(
    "A path of no frames is an error here. It spells the empty word: let slices be empty, and do not ask for `path[0]`."
)
def empty_path_raises(path: Tensor, blank: int = 0) -> Tensor:
    path[0]
    return collapse_spec(path, blank)


@collapse.misconception(
    "The empty word comes back as a tensor of floats. `torch.tensor([])` is float32: give it the dtype of path."
)
def empty_is_float(path: Tensor, blank: int = 0) -> Tensor:
    return torch.tensor(collapse_spec(path, blank).tolist())
