"""Every path of a tiny case: `ctc_by_enumeration`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import product

import torch
from torch import Tensor, tensor

from coursekit.exercise import (
    Exercise,
    Function,
    Loss,
    Rng,
    argument_fixed,
    detached,
    keeps_dtype,
    same_gradient,
    same_value,
)
from coursekit.exercise.families.inputs import distribution
from coursekit.graders.ctc_forward.common import READY_MADE, draw_word, merged, whole, word_of

Path = tuple[int, ...]


@cache
def paths_of(frames: int, classes: int) -> tuple[Path, ...]:
    """All paths of so many frames."""
    return tuple(product(range(classes), repeat=frames))


def along(probs: Tensor, counts: Callable[[Path], bool]) -> Tensor:
    """The probabilities of the frames (P, T) of each path that counts."""
    paths = [path for path in paths_of(*probs.shape) if counts(path)]
    places = tensor(paths, dtype=torch.int64).reshape(len(paths), len(probs))
    return probs[torch.arange(len(probs)), places]


def along_word(probs: Tensor, target: Tensor, blank: int) -> Tensor:
    """Those of each path that spells the target."""
    word = target.tolist()
    return along(probs, lambda path: word_of(path, blank) == word)


def enumeration_spec(probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
    """Every path that spells the target, multiplied along its frames, and added up; the product of no frames is 1."""
    return along_word(probs, target, blank).prod(1).sum()


ctc_by_enumeration = Exercise(
    "ctc_by_enumeration",
    enumeration_spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    idea="The probability of a word is a sum over paths, of products over frames. The rest of CTC computes it faster.",
    hints=(
        "`itertools.product(range(C), repeat=T)` gives every path. Which of them spell the target?",
        "The frames are independent given the outputs, so a path has the product of T probabilities.",
        "`probs[range(T), path]` picks one probability from each frame. Start the sum with a tensor, "
        "`probs.new_zeros(())`: then it is right also if no path spells the target.",
    ),
)


@ctc_by_enumeration.check
def three_paths(f: Function, rng: Rng) -> None:
    """Two frames spell a in three ways: a a, a -, - a

    0.4 · 0.8 + 0.4 · 0.2 + 0.6 · 0.8 = 0.88, with a for class 1.
    """
    same_value(f, enumeration_spec, tensor([[0.6, 0.4], [0.2, 0.8]]), whole(1))
    same_value(f, enumeration_spec, distribution(rng, 2, 3), whole(int(rng.integers(1, 3))))


@ctc_by_enumeration.check
def two_letters(f: Function, rng: Rng) -> None:
    """A word of two letters"""
    same_value(f, enumeration_spec, distribution(rng, 3, 3), whole(*draw_word(rng, 2, 3)))
    same_value(f, enumeration_spec, distribution(rng, 4, 3), whole(*draw_word(rng, 2, 3)))


@ctc_by_enumeration.check
def needs_its_blank(f: Function, rng: Rng) -> None:
    """aa needs a blank between its letters: of three frames, a - a alone spells it"""
    same_value(f, enumeration_spec, distribution(rng, 3, 3), whole(1, 1))
    same_value(f, enumeration_spec, distribution(rng, 4, 3), whole(2, 2))


@ctc_by_enumeration.check
def enumeration_gradient(f: Function, rng: Rng) -> None:
    """The gradient with respect to the probabilities"""
    same_gradient(f, enumeration_spec, distribution(rng, 3, 3), whole(*draw_word(rng, 2, 3)))
    same_gradient(f, enumeration_spec, distribution(rng, 3, 3), whole(2))


@ctc_by_enumeration.parity
def empty_word(f: Function, rng: Rng) -> None:
    """The empty word has one path, of blanks alone"""
    same_value(f, enumeration_spec, distribution(rng, 3, 2), whole())
    same_value(f, enumeration_spec, distribution(rng, 2, 3), whole(), blank=2)


@ctc_by_enumeration.parity
def no_path(f: Function, rng: Rng) -> None:
    """A word that is too long for its frames has probability 0"""
    same_value(f, enumeration_spec, distribution(rng, 2, 3), whole(1, 1))
    same_value(f, enumeration_spec, distribution(rng, 1, 3), whole(1, 2))
    same_value(f, enumeration_spec, distribution(rng, 2, 3), whole(1, 2))


@ctc_by_enumeration.parity
def enumeration_blank(f: Function, rng: Rng) -> None:
    """The blank is the class that `blank` says"""
    same_value(f, enumeration_spec, distribution(rng, 3, 3), whole(*draw_word(rng, 2, 3, 2)), blank=2)
    same_value(f, enumeration_spec, distribution(rng, 3, 3), whole(0, 0), 1)


@ctc_by_enumeration.parity
def certain_frame(f: Function, rng: Rng) -> None:
    """Probabilities of 0 and 1, and their gradient

    A product through logarithms has a gradient of NaN here.
    """
    probs = tensor([[0.0, 1.0, 0.0], [0.5, 0.25, 0.25], [0.0, 0.25, 0.75]])
    same_gradient(f, enumeration_spec, probs, whole(1, 2))


keeps_dtype(ctc_by_enumeration, lambda rng: (distribution(rng, 3, 3), whole(1)), name="enumeration_dtype")


wrong = ctc_by_enumeration.misconceptions


def of_paths(paths: Loss) -> Loss:
    """The sum over other paths: `paths(probs, word, blank)` has the probabilities along each, as `along` gives them."""
    return lambda probs, target, blank=0: paths(probs, target.tolist(), blank).prod(1).sum()


wrong.table(
    of_paths,
    dropped_before_merging=(
        "The blanks are dropped before the runs are merged: no path ever spells aa. Merge first.",
        lambda probs, word, blank: along(probs, lambda path: merged(c for c in path if c != blank) == word),
        "CTC14",
    ),
    runs_not_merged=(
        "Paths count whose runs are not merged: a a spells a, not aa.",
        lambda probs, word, blank: along(probs, lambda path: [c for c in path if c != blank] == word),
    ),
    blanks_not_dropped=(
        "Only paths without blanks count. A blank may stand before, between and after the letters.",
        lambda probs, word, blank: along(probs, lambda path: merged(path) == word),
    ),
)
argument_fixed(
    wrong,
    "enumeration_blank_is_zero",
    "The blank is fixed at 0. It is the argument `blank`, which may be any class.",
    blank=0,
)
wrong.table(
    of_paths,
    any_order=(
        "The order of the letters does not count here: ba is taken for ab.",
        lambda probs, word, blank: along(probs, lambda path: sorted(word_of(path, blank)) == sorted(word)),
    ),
    as_sets=(
        "Paths count that have the letters of the word, in any order and any number (`set`). The word is a list.",
        lambda probs, word, blank: along(probs, lambda path: set(word_of(path, blank)) == set(word)),
    ),
    prefix_is_enough=(
        "A path counts as soon as the letters of the word are the first that it spells. It may spell no more.",
        lambda probs, word, blank: along(probs, lambda path: word_of(path, blank)[: len(word)] == word),
    ),
)


def of_chances(result: Loss) -> Loss:
    """Something else than the sum of the right paths' probabilities (P,)."""
    return lambda probs, target, blank=0: result(along_word(probs, target, blank).prod(1))


wrong.table(
    of_chances,
    best_path=(
        "This is the probability of the best path alone. The word has that of all its paths together.",
        lambda chances: chances.amax() if len(chances) else chances.sum(),
    ),
    average_path=(
        "This is the average over the paths. Paths exclude each other, so their probabilities add up.",
        lambda chances: chances.mean() if len(chances) else chances.sum(),
    ),
    minus_logarithm=(
        "This is the loss, -ln of the probability. Here the probability itself is asked for.",
        lambda chances: -chances.sum().log(),
    ),
    counted=(
        "This is the number of paths. Each counts with its probability.",
        lambda chances: chances.sum() * 0 + len(chances),
    ),
)
detached(
    wrong,
    "probs",
    "The value is right, and no gradient flows back: `.item()` or `.tolist()` has cut the graph.",
    "cut_off",
)


@wrong.formula(of_chances)(
    "A word without any path is an error, or no tensor. Start the sum with `probs.new_zeros(())`."
)
def no_path_raises(chances: Tensor) -> Tensor:
    if not len(chances):
        raise ValueError("nothing to add")
    return chances.sum()


wrong.table(
    enumeration_float32=(
        "The result is float32 for float64 input. Start the sum with `probs.new_zeros(())`.",
        lambda probs, target, blank=0: enumeration_spec(probs, target, blank).float(),
    ),
    frames_added=(
        "The probabilities of a path's frames are added. It happens only if all of its frames do: multiply them.",
        lambda probs, target, blank=0: along_word(probs, target, blank).sum(),
    ),
    through_logarithms=(
        "The frames are multiplied by adding logarithms, and ln 0 leaves a NaN in the gradient. `prod` needs no "
        "logarithm.",
        lambda probs, target, blank=0: along_word(probs.log(), target, blank).sum(1).exp().sum(),
    ),
)
