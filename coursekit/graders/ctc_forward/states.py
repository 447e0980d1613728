"""The lattice of a word: `ctc_states`, and `ctc_skips` into them."""

from __future__ import annotations

import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Loss, Rng, argument_fixed, same_dtype, same_value
from coursekit.graders.ctc_forward.common import READY_MADE, draw_word, merged, of_list, skips_of, states_of, whole


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


wrong_states = ctc_states.misconceptions

wrong_states.table(
    of_list,
    no_first_blank=(
        "The first blank is missing: a path may begin with blanks. 2U + 1 states begin and end with one.",
        lambda word, blank: tensor(states_of(word, blank)[1:]),
    ),
    no_last_blank=(
        "The last blank is missing: a path may end with blanks. 2U + 1 states begin and end with one.",
        lambda word, blank: tensor(states_of(word, blank)[:-1]),
    ),
    only_between=(
        "The blanks stand between the labels only. A path may begin and end with them: 2U + 1 states.",
        lambda word, blank: tensor(states_of(word, blank)[1:-1]),
    ),
)


@wrong_states.formula(of_list)(
    "A blank stands only where a letter comes twice. It must stand there, and may stand everywhere."
)
def only_in_doubles(word: list[int], blank: int) -> Tensor:
    states: list[int] = []
    for i, label in enumerate(word):
        states += [blank, label] if i and word[i - 1] == label else [label]
    return tensor(states)


wrong_states.table(
    of_list,
    merged_first=(
        "The double letter became one state. The target is the word as it is written: nothing to merge here.",
        lambda word, blank: tensor(states_of(merged(word), blank)),
    ),
)
argument_fixed(
    wrong_states,
    "states_blank_is_zero",
    "The blank is fixed at 0. It is the argument `blank`, which may be any class.",
    blank=0,
)
wrong_states.table(
    of_list,
    labels_in_even_places=(
        "The labels stand in the even places, and the blanks in the odd ones. The first state is a blank.",
        lambda word, blank: tensor([*states_of(word, blank)[1:], blank]),
    ),
    reversed_word=(
        "The labels come from back to front.",
        lambda word, blank: tensor(states_of(word[::-1], blank)),
    ),
    empty_has_none=(
        "The empty word has no state here. It has one, the blank, and paths of blanks alone.",
        lambda word, blank: tensor(states_of(word, blank) if word else []),
    ),
)
wrong_states.table(
    states_as_floats=(
        "The states are floats. They are used as indices: keep the dtype of target.",
        lambda target, blank=0: states_spec(target, blank).float(),
    ),
)


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
    same_dtype(f, skips_spec, whole(*draw_word(rng, 3, 4)), dtype=torch.bool)


def of_states(skips: Loss) -> Loss:
    """A mask, from `skips(states, blank)` of the list of states."""
    return lambda target, blank=0: skips(states_of(target.tolist(), blank), blank).bool()


wrong_skips = ctc_skips.misconceptions

wrong_skips.table(
    of_states,
    into_every_label=(
        "A path may jump into the second of two equal labels here. Without the blank between them the two merge into "
        "one.",
        lambda states, blank: tensor([s >= 2 and state != blank for s, state in enumerate(states)]),
        "CTC11",
    ),
    into_every_state=(
        "A path may jump into a blank here, and over the label before it: the letter is lost.",
        (
            lambda states, blank: tensor([s >= 2 for s in range(len(states))]),
            lambda states, blank: tensor(
                [s >= 2 and (state == blank or state != states[s - 2]) for s, state in enumerate(states)]
            ),
        ),
    ),
    into_blanks=(
        "A path may jump into blanks and not into labels. It is the other way round: what is left out is a blank.",
        lambda states, blank: tensor([s >= 2 and state == blank for s, state in enumerate(states)]),
    ),
    into_the_first_label=(
        "The first label can be jumped into here. Two places before it there is nothing.",
        (
            lambda states, blank: tensor([skip or s == 1 for s, skip in enumerate(skips_of(states, blank))]),
            lambda states, blank: tensor([state != blank for state in states]),
        ),
    ),
    the_other_way_round=(
        "This is where a path may *not* jump. The mask is the other way round.",
        lambda states, blank: ~tensor(skips_of(states, blank)),
    ),
    into_equals=(
        "Only the second of two equal labels may be jumped into here. It is the other way round: it may not.",
        lambda states, blank: tensor(
            [s >= 2 and state != blank and state == states[s - 2] for s, state in enumerate(states)]
        ),
    ),
    where_it_starts=(
        "The mask says from where a path may jump. It is asked for where it may land: two places further.",
        lambda states, blank: tensor([*skips_of(states, blank)[2:], False, False]),
    ),
    against_the_next=(
        "Each label is compared with the next one. Compare it with the one before: from there a path comes.",
        lambda states, blank: tensor(
            [2 < s < len(states) - 2 and state != blank and state != states[s + 2] for s, state in enumerate(states)]
        ),
    ),
    against_the_neighbour=(
        "Each state is compared with its neighbour, which is a blank. Compare with the state two places before.",
        lambda states, blank: tensor([s >= 1 and states[s] != states[s - 1] for s in range(len(states))]),
    ),
    against_all_before=(
        "A label that came anywhere before cannot be jumped into here. Only the label right before it counts.",
        lambda states, blank: tensor(
            [skip and states[s] not in states[:s] for s, skip in enumerate(skips_of(states, blank))]
        ),
    ),
    labels_only=(
        "One entry a label came back. There are 2U + 1 states: blanks have an entry as well, False.",
        lambda states, blank: tensor(skips_of(states, blank)[1::2]),
    ),
)


@wrong_skips.formula(of_states)("The empty word is an error here. It has one state, into which nothing jumps.")
def empty_word_raises(states: list[int], blank: int) -> Tensor:
    if len(states) == 1:
        raise IndexError("no label")
    return tensor(skips_of(states, blank))


wrong_skips.table(
    skips_as_numbers=(
        "The mask holds numbers. A comparison gives booleans: keep them, `masked_fill` wants them.",
        lambda target, blank=0: skips_spec(target, blank).float(),
    ),
)


wrong_states.table(
    of_list,
    between_equals_only=(
        "A blank stands at both ends and between equal labels only. It stands between all of them.",
        lambda word, blank: tensor(
            [
                blank,
                *(
                    c
                    for before, label in zip([blank, *word], word, strict=False)
                    for c in ([blank, label] if before == label else [label])
                ),
                blank,
            ]
        ),
    ),
    labels_doubled=(
        "Each label stands twice. It has one state.",
        lambda word, blank: tensor([blank, *(c for label in word for c in (label, label, blank))]),
    ),
    blanks_doubled=(
        "A blank stands at the beginning, or between labels, twice.",
        (
            lambda word, blank: tensor([blank, *(c for label in word for c in (blank, label)), blank]),
            lambda word, blank: tensor([blank, *(c for label in word for c in (label, blank, blank))]),
            lambda word, blank: tensor([*states_of(word, blank), blank]),
        ),
    ),
    blanks_alone=(
        "These are blanks alone: the labels are not put in.",
        lambda word, blank: tensor([blank] * (2 * len(word) + 1)),
    ),
    blank_is_last=(
        "The blank is a class after all the labels. It is the argument `blank`.",
        lambda word, blank: tensor(states_of(word, max(word, default=blank) + 1)),
    ),
)
wrong_skips.table(
    of_states,
    nowhere=("No state may be jumped into here.", lambda states, blank: tensor([False] * len(states))),
    one_place_late=(
        "The mask stands one place too late, or too early.",
        (
            lambda states, blank: tensor([False, *skips_of(states, blank)[:-1]]),
            lambda states, blank: tensor([*skips_of(states, blank)[1:], False]),
            lambda states, blank: tensor([*skips_of(states, blank)[2:], False, False]),
        ),
    ),
)
