"""What goes wrong in the recursion, in `ctc_alpha` and in `ctc_loss` alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, inf

from coursekit.graders.ctc_forward.common import Loss, forward, ln_sum, skips_of, states_of

# A mistake: `rows(log_probs, word, blank)`, the rows of ln α, and what there is to say of it
MISTAKES: dict[str, tuple[str, Loss]] = {}


def mistake(explanation: str) -> Callable[[Loss], Loss]:
    """A decorator for a wrong `forward`."""

    def add(rows: Loss) -> Loss:
        MISTAKES[rows.__name__] = (explanation, rows)
        return rows

    return add


def with_rules(name: str, explanation: str, **rules: Any) -> None:
    """`forward` by other rules."""

    def rows(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
        return forward(log_probs, word, blank, **rules)

    MISTAKES[name] = (explanation, rows)


def skips_into_all(states: Sequence[int], blank: int) -> list[bool]:
    """Also over a label."""
    return [s >= 2 for s in range(len(states))]


def skips_into_labels(states: Sequence[int], blank: int) -> list[bool]:
    """Also between two equal labels."""
    return [s >= 2 and states[s] != blank for s in range(len(states))]


with_rules(
    "skips_in_doubles",  # CTC11
    "A path may jump from a label to the same label. Without the blank between them the two merge, and aa becomes a: "
    "jump only if the two labels differ.",
    skips_of=skips_into_labels,
)
with_rules(
    "skips_over_labels",
    "A path may jump into a blank, over the label before it: words count that lack a letter. Only blanks may be left "
    "out.",
    skips_of=skips_into_all,
)
with_rules(
    "never_skips",
    "Every path goes through every blank. Between two different labels the blank may be left out: a third term, from "
    "two states before.",
    skips_of=lambda states, _: [False] * len(states),
)
with_rules(
    "starts_with_blank",
    "Every path begins with a blank. It may begin with the first label as well.",
    starts=(0,),
)
with_rules(
    "starts_with_label",
    "Every path begins with the first label. It may begin with a blank as well.",
    starts=(1,),
)
with_rules(
    "starts_anywhere",
    "A path may begin in any state. It begins with the first blank or the first label: all other states are -inf in "
    "the first frame.",
    starts=range(99),
)
with_rules(
    "no_stay",
    "A label lasts one frame only. It may last longer: the term of the state itself.",
    stays=False,
)


def largest(terms: Tensor) -> Tensor:
    """The best way in alone."""
    return terms.amax(0)


def average(terms: Tensor) -> Tensor:
    """As if the ways in were drawn by lot."""
    return ln_sum(terms) - torch.isfinite(terms).sum(0).clamp(min=1).log()


def of_the_others(terms: Tensor) -> Tensor:
    """Logarithms added as if they were probabilities."""
    return terms.where(terms > -inf, 0.0).sum(0).masked_fill((terms == -inf).all(0), -inf)


def with_nan_gradient(terms: Tensor) -> Tensor:
    """The value is right; of three -inf the gradient is not."""
    return terms.logsumexp(0)


with_rules(
    "best_way_in",
    "The largest of the three terms is taken, so this follows the best path alone (Viterbi's algorithm). The "
    "probabilities of all ways into a state add up: `logsumexp`.",
    total=largest,
)
with_rules(
    "average_way_in",
    "The ways into a state are averaged. They exclude each other: their probabilities add up.",
    total=average,
)
with_rules(
    "logarithms_added",
    "The three log-probabilities are added, which multiplies the probabilities. Add up what they are the logarithms "
    "of: `logsumexp`.",
    total=of_the_others,
)
with_rules(
    "nan_gradient",
    "The value is right, its gradient is NaN: `logsumexp` and `logaddexp` of nothing but -inf have none. Let a number "
    "such as -1e30 stand for ln 0 on the way, or mask before the sum.",
    total=with_nan_gradient,
)


@mistake("The states are the labels alone. A path may rest on a blank before, between and after them: 2U + 1 states.")
def no_blanks(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    states = list(word) or [blank]

    def repeated(_states: Sequence[int], _blank: int) -> list[bool]:
        return [False] * len(states)

    return forward(log_probs, word, blank, states_of=lambda _word, _blank: states, skips_of=repeated, starts=(0,))


@mistake("The blank is fixed at 0. It is the argument `blank`, which may be any class.")
def blank_fixed(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    return forward(log_probs, word, 0)


@mistake("The first frame's outputs are not used: the first row is ln 1 for the two states that a path may begin in.")
def first_frame_free(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    if not len(log_probs):
        return forward(log_probs, word, blank)
    return forward(torch.cat([torch.zeros_like(log_probs[:1]), log_probs[1:]]), word, blank)


@mistake("Each step uses the outputs of the frame before. A path that is in a state in frame t pays for frame t.")
def one_frame_late(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    return forward(torch.cat([log_probs[:1], log_probs[:-1]]), word, blank)


@mistake("The word was read from back to front.")
def word_reversed(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    return forward(log_probs, word[::-1], blank)


@mistake(
    "Two equal neighbours in the target were merged. The target is the word as it is written: only paths are collapsed."
)
def target_merged(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    return forward(log_probs, [b for i, b in enumerate(word) if not i or word[i - 1] != b], blank)


@mistake(  # CTC13
    "The probabilities are multiplied out and their logarithm is taken at the end. In float32 they are 0 after a "
    "hundred frames or so: stay in log space all the way."
)
def in_probabilities(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    states = states_of(word, blank)
    skips = torch.tensor(skips_of(states, blank))
    probs, nobody = log_probs[:, states].exp(), log_probs.new_zeros(2)
    row = torch.cat([nobody, log_probs.new_ones(1), log_probs.new_zeros(len(states) - 1)])
    rows = []
    for frame in probs:
        rows.append((row[2:] + row[1:-1] + row[:-2] * skips) * frame)
        row = torch.cat([nobody, rows[-1]])
    alpha = torch.stack(rows) if rows else probs
    return alpha.where(alpha > 0, 1.0).log().masked_fill(alpha <= 0, -inf)


@mistake(  # CTC15
    "The empty word is an error here. It has one state, the blank, and one way to begin: do not index the second."
)
def empty_raises(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    if not len(word):
        raise IndexError("index 1 is out of bounds")
    return forward(log_probs, word, blank)


@mistake("No gradient flows back: a number, a copy or an assignment on the way has cut the graph.")
def no_gradient(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    return forward(log_probs.detach(), word, blank)


@mistake(
    "The log-probabilities are normalised again. That changes nothing if they sum to 1, and hides it if they do not: "
    "take them as they are."
)
def normalised_again(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    return forward(log_probs.log_softmax(-1), word, blank)


@mistake(
    "The numbers are taken for probabilities, and their logarithm is taken once more. They are logarithms already."
)
def logarithm_again(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    return forward(log_probs.log(), word, blank)


@mistake(
    "-inf among the log-probabilities came out as NaN or as a number. A class that is ruled out rules out its paths."
)
def minus_inf_lost(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    return forward(log_probs.nan_to_num(neginf=-100.0), word, blank)
