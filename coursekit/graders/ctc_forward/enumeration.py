"""Every path of a tiny case: `ctc_by_enumeration`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import groupby, product

import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, same_dtype, same_gradient, same_value
from coursekit.exercise.inputs import distribution
from coursekit.graders.ctc_forward.common import READY_MADE, Loss, Rng, draw_word, whole


@cache
def paths_of(frames: int, classes: int) -> tuple[tuple[int, ...], ...]:
    """All paths of so many frames."""
    return tuple(product(range(classes), repeat=frames))


def word_of(path: Sequence[int], blank: int) -> list[int]:
    """What a path spells."""
    return [label for label, _ in groupby(path) if label != blank]


def each_path(probs: Tensor, paths: list[tuple[int, ...]]) -> Tensor:
    """The probability of each path (P,); the product over no frames is 1."""
    places = tensor(paths, dtype=torch.int64).reshape(len(paths), len(probs))
    return probs[torch.arange(len(probs)), places].prod(1)


def enumeration_spec(probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
    """Every path that spells the target, multiplied along its frames, and added up."""
    word = target.tolist()
    return each_path(probs, [path for path in paths_of(*probs.shape) if word_of(path, blank) == word]).sum()


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
    """The gradient by the probabilities"""
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


@ctc_by_enumeration.parity
def enumeration_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32, float64 stays float64"""
    probs = distribution(rng, 3, 3)
    same_dtype(f, enumeration_spec, probs, whole(1))
    same_dtype(f, enumeration_spec, probs.double(), whole(1))


Spells = Callable[[Sequence[int], list[int], int], bool]


def wrong_paths(explanation: str) -> Callable[[Spells], Spells]:
    """A decorator for `spells(path, word, blank)`: which paths count, where the sum is as it should be."""

    def add(spells: Spells) -> Spells:
        def summed(probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
            word = target.tolist()
            return each_path(probs, [path for path in paths_of(*probs.shape) if spells(path, word, blank)]).sum()

        ctc_by_enumeration.misconception(explanation, spells.__name__)(summed)
        return spells

    return add


@wrong_paths(  # CTC14
    "The blanks are dropped before the runs are merged: no path ever spells aa. Merge first."
)
def dropped_before_merging(path: Sequence[int], word: list[int], blank: int) -> bool:
    return [label for label, _ in groupby(label for label in path if label != blank)] == word


@wrong_paths("Paths count whose runs are not merged: a a spells a, not aa.")
def runs_not_merged(path: Sequence[int], word: list[int], blank: int) -> bool:
    return [label for label in path if label != blank] == word


@wrong_paths("Only paths without blanks count. A blank may stand before, between and after the letters.")
def blanks_not_dropped(path: Sequence[int], word: list[int], blank: int) -> bool:
    return [label for label, _ in groupby(path)] == word


@wrong_paths("The blank is fixed at 0. It is the argument `blank`, which may be any class.")
def enumeration_blank_is_zero(path: Sequence[int], word: list[int], blank: int) -> bool:
    return word_of(path, 0) == word


@wrong_paths("The order of the letters does not count here: ba is taken for ab.")
def any_order(path: Sequence[int], word: list[int], blank: int) -> bool:
    return sorted(word_of(path, blank)) == sorted(word)


@wrong_paths("A path counts as soon as the letters of the word are the first that it spells. It may spell no more.")
def prefix_is_enough(path: Sequence[int], word: list[int], blank: int) -> bool:
    return word_of(path, blank)[: len(word)] == word


def wrong_sums(explanation: str) -> Callable[[Loss], Loss]:
    """A decorator for `sum(chances, probs)` of the paths' probabilities (P,)."""

    def add(total: Loss) -> Loss:
        def summed(probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
            word = target.tolist()
            return total(
                each_path(probs, [path for path in paths_of(*probs.shape) if word_of(path, blank) == word]), probs
            )

        ctc_by_enumeration.misconception(explanation, total.__name__)(summed)
        return total

    return add


@wrong_sums("This is the probability of the best path alone. The word has that of all its paths together.")
def best_path(chances: Tensor, probs: Tensor) -> Tensor:
    return chances.amax() if len(chances) else chances.sum()


@wrong_sums("This is the average over the paths. Paths exclude each other, so their probabilities add up.")
def average_path(chances: Tensor, probs: Tensor) -> Tensor:
    return chances.mean() if len(chances) else chances.sum()


@wrong_sums("This is the loss, -ln of the probability. Here the probability itself is asked for.")
def minus_logarithm(chances: Tensor, probs: Tensor) -> Tensor:
    return -chances.sum().log()


@wrong_sums("This is the number of paths. Each counts with its probability.")
def counted(chances: Tensor, probs: Tensor) -> Tensor:
    return chances.sum() * 0 + len(chances)


@wrong_sums("The value is right, and no gradient flows back: `.item()` or `.tolist()` has cut the graph.")
def cut_off(chances: Tensor, probs: Tensor) -> Tensor:
    return chances.sum().detach()


@wrong_sums("A word without any path is an error, or no tensor. Start the sum with `probs.new_zeros(())`.")
def no_path_raises(chances: Tensor, probs: Tensor) -> Tensor:
    if not len(chances):
        raise ValueError("nothing to add")
    return chances.sum()


@wrong_sums("The result is float32 for float64 input. Start the sum with `probs.new_zeros(())`.")
def enumeration_float32(chances: Tensor, probs: Tensor) -> Tensor:
    return chances.sum().float()


@ctc_by_enumeration.misconception(
    "The probabilities of a path's frames are added. It happens only if all of its frames do: multiply them."
)
def frames_added(probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
    paths = [path for path in paths_of(*probs.shape) if word_of(path, blank) == target.tolist()]
    places = tensor(paths, dtype=torch.int64).reshape(len(paths), len(probs))
    return probs[torch.arange(len(probs)), places].sum()


@ctc_by_enumeration.misconception(
    "The frames are multiplied by adding logarithms, and ln 0 leaves a NaN in the gradient. `prod` needs no logarithm."
)
def through_logarithms(probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
    paths = [path for path in paths_of(*probs.shape) if word_of(path, blank) == target.tolist()]
    places = tensor(paths, dtype=torch.int64).reshape(len(paths), len(probs))
    return probs.log()[torch.arange(len(probs)), places].sum(1).exp().sum()
