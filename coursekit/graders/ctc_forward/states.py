"""The lattice of a word: `ctc_states`, and `ctc_skips` into them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, same_dtype, same_value
from coursekit.graders.ctc_forward.common import READY_MADE, Rng, draw_word, skips_of, states_of, whole


def states_spec(target: Tensor, blank: int = 0) -> Tensor:
    """A blank, and then each label with a blank behind it."""
    return tensor(states_of(target.tolist(), blank), dtype=target.dtype)


ctc_states = Exercise(
    "ctc_states",
    states_spec,
    points=1,
    forbids=READY_MADE,
    idea="A word of U labels has 2U + 1 states: the blanks are the even ones, the labels the odd ones.",
    hints=(
        "How long is it? A word of 3 labels has 4 places for blanks.",
        "Make a tensor of 2U + 1 blanks, then write the labels into every second place: a slice with a step of 2.",
    ),
)


@ctc_states.check
def ab(f: Function, rng: Rng) -> None:
    """ab has five states: - a - b -"""
    same_value(f, states_spec, whole(1, 2))
    same_value(f, states_spec, whole(*draw_word(rng, 3, 5)))


@ctc_states.check
def one_letter_states(f: Function, rng: Rng) -> None:
    """A word of one letter, and a double letter

    Both letters of aa are states of their own.
    """
    same_value(f, states_spec, whole(int(rng.integers(1, 9))))
    same_value(f, states_spec, whole(2, 2))


@ctc_states.check
def states_blank(f: Function, rng: Rng) -> None:
    """The blank is the class that `blank` says"""
    same_value(f, states_spec, whole(0, 1), blank=int(rng.integers(2, 5)))
    same_value(f, states_spec, whole(1, 0), 3)


@ctc_states.check
def empty_word_states(f: Function, rng: Rng) -> None:
    """The empty word has one state, a blank; integers stay integers"""
    same_value(f, states_spec, whole(), blank=4)
    same_dtype(f, states_spec, whole(1, 2))
    same_dtype(f, states_spec, whole(1, 2).int())


Listed = Callable[[list[int], int], list[Any]]


def wrong_states(explanation: str) -> Callable[[Listed], Listed]:
    """A decorator for `states(word, blank)` as a list."""

    def add(states: Listed) -> Listed:
        def as_tensor(target: Tensor, blank: int = 0) -> Tensor:
            return tensor(states(target.tolist(), blank), dtype=target.dtype)

        ctc_states.misconception(explanation, states.__name__)(as_tensor)
        return states

    return add


@wrong_states("The first blank is missing: a path may begin with blanks. 2U + 1 states begin and end with one.")
def no_first_blank(word: list[int], blank: int) -> list[int]:
    return states_of(word, blank)[1:]


@wrong_states("The last blank is missing: a path may end with blanks. 2U + 1 states begin and end with one.")
def no_last_blank(word: list[int], blank: int) -> list[int]:
    return states_of(word, blank)[:-1]


@wrong_states("The blanks stand between the labels only. A path may begin and end with them: 2U + 1 states.")
def only_between(word: list[int], blank: int) -> list[int]:
    return states_of(word, blank)[1:-1]


@wrong_states("A blank stands only where a letter comes twice. It must stand there, and may stand everywhere.")
def only_in_doubles(word: list[int], blank: int) -> list[int]:
    states: list[int] = []
    for i, label in enumerate(word):
        states += [blank, label] if i and word[i - 1] == label else [label]
    return states


@wrong_states("The double letter became one state. The target is the word as it is written: nothing to merge here.")
def merged_first(word: list[int], blank: int) -> list[int]:
    return states_of([b for i, b in enumerate(word) if not i or word[i - 1] != b], blank)


@wrong_states("The blank is fixed at 0. It is the argument `blank`, which may be any class.")
def states_blank_is_zero(word: list[int], blank: int) -> list[int]:
    return states_of(word, 0)


@wrong_states("The labels stand in the even places, and the blanks in the odd ones. The first state is a blank.")
def labels_in_even_places(word: list[int], blank: int) -> list[int]:
    return [label for pair in zip(word, [blank] * len(word)) for label in pair] + [blank]


@wrong_states("The labels come from back to front.")
def reversed_word(word: list[int], blank: int) -> list[int]:
    return states_of(word[::-1], blank)


@wrong_states("The empty word has no state here. It has one, the blank, and paths of blanks alone.")
def empty_has_none(word: list[int], blank: int) -> list[int]:
    return states_of(word, blank) if word else []


@ctc_states.misconception("The states are floats. They are used as indices: keep the dtype of target.")
def states_as_floats(target: Tensor, blank: int = 0) -> Tensor:
    return states_spec(target, blank).float()


# ---- which of them may be entered from two places before ---------------------------------------------------------


def skips_spec(target: Tensor, blank: int = 0) -> Tensor:
    """A label that is not the label before it."""
    return tensor(skips_of(states_of(target.tolist(), blank), blank), dtype=torch.bool)


ctc_skips = Exercise(
    "ctc_skips",
    skips_spec,
    points=1,
    forbids=READY_MADE,
    idea="One comparison says it all: a state may be jumped into if its class is not that of two places before.",
    hints=(
        "What would a path leave out that jumps into a blank? And one that jumps into the second a of aa?",
        "Compare every state with the state two places before it. What do two blanks give, what two equal labels?",
        "The first two states have nothing two places before them: False.",
    ),
)


@ctc_skips.check
def into_b(f: Function, rng: Rng) -> None:
    """In - a - b - only b can be jumped into

    From a, over the blank. A jump into a blank would leave out a letter.
    """
    same_value(f, skips_spec, whole(1, 2))
    same_value(f, skips_spec, whole(*draw_word(rng, 3, 5)))


@ctc_skips.check
def not_into_a_double(f: Function, rng: Rng) -> None:
    """In aab the second a cannot be jumped into, b can

    Without the blank between them the two would merge.
    """
    a, b = draw_word(rng, 2, 4)
    same_value(f, skips_spec, whole(a, a, b))
    same_value(f, skips_spec, whole(a, b, b, a))
    same_value(f, skips_spec, whole(a, b, a))


@ctc_skips.check
def short_words(f: Function, rng: Rng) -> None:
    """Words of one letter and of none; another blank

    The first label has only a blank before it: nothing to jump over.
    """
    same_value(f, skips_spec, whole(0, 1), blank=2)
    same_value(f, skips_spec, whole(1))
    same_value(f, skips_spec, whole())


@ctc_skips.check
def booleans(f: Function, rng: Rng) -> None:
    """The answer is a mask of booleans"""
    same_dtype(f, skips_spec, whole(*draw_word(rng, 2, 4)), dtype=torch.bool)


def wrong_skips(explanation: str) -> Callable[[Listed], Listed]:
    """A decorator for `skips(states, blank)` as a list."""

    def add(skips: Listed) -> Listed:
        def as_tensor(target: Tensor, blank: int = 0) -> Tensor:
            return tensor(skips(states_of(target.tolist(), blank), blank), dtype=torch.bool)

        ctc_skips.misconception(explanation, skips.__name__)(as_tensor)
        return skips

    return add


@wrong_skips(  # CTC11
    "A path may jump into the second of two equal labels here. Without the blank between them the two merge into one."
)
def into_every_label(states: list[int], blank: int) -> list[bool]:
    return [s >= 2 and states[s] != blank for s in range(len(states))]


@wrong_skips("A path may jump into a blank here, and over the label before it: the letter is lost.")
def into_every_state(states: list[int], blank: int) -> list[bool]:
    return [s >= 2 for s in range(len(states))]


@wrong_skips("A path may jump into blanks and not into labels. It is the other way round: what is left out is a blank.")
def into_blanks(states: list[int], blank: int) -> list[bool]:
    return [s >= 2 and states[s] == blank for s in range(len(states))]


@wrong_skips("The first label can be jumped into here. Two places before it there is nothing.")
def into_the_first_label(states: list[int], blank: int) -> list[bool]:
    return [skip or s == 1 for s, skip in enumerate(skips_of(states, blank))]


@wrong_skips("This is where a path may *not* jump. The mask is the other way round.")
def the_other_way_round(states: list[int], blank: int) -> list[bool]:
    return [not skip for skip in skips_of(states, blank)]


@wrong_skips("The mask says from where a path may jump. It is asked for where it may land: two places further.")
def where_it_starts(states: list[int], blank: int) -> list[bool]:
    return [*skips_of(states, blank)[2:], False, False]


@wrong_skips("Each state is compared with its neighbour, which is a blank. Compare with the state two places before.")
def against_the_neighbour(states: list[int], blank: int) -> list[bool]:
    return [s >= 1 and states[s] != states[s - 1] for s in range(len(states))]


@wrong_skips("A label that came anywhere before cannot be jumped into here. Only the label right before it counts.")
def against_all_before(states: list[int], blank: int) -> list[bool]:
    return [skip and states[s] not in states[:s] for s, skip in enumerate(skips_of(states, blank))]


@wrong_skips("One entry a label came back. There are 2U + 1 states: blanks have an entry as well, False.")
def labels_only(states: list[int], blank: int) -> list[bool]:
    return skips_of(states, blank)[1::2]


@wrong_skips("The empty word is an error here. It has one state, into which nothing jumps.")
def empty_word_raises(states: list[int], blank: int) -> list[bool]:
    if len(states) == 1:
        raise IndexError("no label")
    return skips_of(states, blank)


@ctc_skips.misconception("The mask holds numbers. A comparison gives booleans: keep them, `masked_fill` wants them.")
def skips_as_numbers(target: Tensor, blank: int = 0) -> Tensor:
    return skips_spec(target, blank).float()
