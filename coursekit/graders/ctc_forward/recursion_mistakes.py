"""What goes wrong in the recursion, in `ctc_alpha` and in `ctc_loss` alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor, inf

from coursekit.exercise import Loss, Misconception, Mistakes, argument_fixed, detached
from coursekit.graders.ctc_forward.common import forward, ln_sum, merged, skips_of, states_of


def recursion_mistakes(prefix: str, assemble: Callable[[Loss], Loss]) -> list[Misconception]:
    """The mistakes below, as mistakes of an exercise.

    Args:
        prefix: what their names begin with.
        assemble: makes the exercise's function of `rows(log_probs, word, blank)`, the rows of ln α.
    """
    return [replace(wrong, name=f"{prefix}_{wrong.name}", function=assemble(wrong.function)) for wrong in ROWS]


def never(states: Sequence[int], blank: int) -> list[bool]:
    """No skip into any state."""
    return [False] * len(states)


def leaves_the_first_blank(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    """The rows of ln α if no path stays in state 0."""
    states = states_of(word, blank)
    skips = skips_of(states, blank)
    rows = list(forward(log_probs[:1], word, blank))
    nobody = torch.full_like(log_probs[0, :1], -inf)
    for frame in log_probs[1:]:
        before = torch.cat([nobody, nobody, rows[-1]])
        ways = [
            [before[s + 2], before[s + 1], *([before[s]] if skips[s] else [])] if s else [nobody[0]]
            for s in range(len(states))
        ]
        rows.append(torch.stack([ln_sum(torch.stack(each)) for each in ways]) + frame[states])
    return torch.stack(rows)


ROWS = Mistakes(forward)

ROWS.table(
    skips_in_doubles=(
        "A path may jump from a label to the same label. Without the blank between them the two merge, and aa becomes "
        "a: jump only if the two labels differ.",
        partial(forward, skips_of=lambda states, blank: [s >= 2 and state != blank for s, state in enumerate(states)]),
        "CTC11",
    ),
    skips_over_labels=(
        "A path may jump into a blank, over the label before it: words count that lack a letter. Only blanks may be "
        "left out.",
        partial(forward, skips_of=lambda states, blank: [s >= 2 for s in range(len(states))]),
    ),
    never_skips=(
        "Every path goes through every blank. Between two different labels the blank may be left out: a third term, "
        "from two states before.",
        partial(forward, skips_of=never),
    ),
    starts_with_blank=(
        "Every path begins with a blank. It may begin with the first label as well.",
        partial(forward, starts=(0,)),
    ),
    starts_with_label=(
        "Every path begins with the first label. It may begin with a blank as well.",
        partial(forward, starts=(1,)),
    ),
    starts_anywhere=(
        "A path may begin in any state. It begins with the first blank or the first label: all other states are -inf "
        "in the first frame.",
        partial(forward, starts=range(99)),
    ),
    no_stay=(
        "A label lasts one frame only. It may last longer: the term of the state itself.",
        partial(forward, stays=False),
    ),
    no_stay_at_all=(
        "Every path moves on in every frame: the term of the state itself is missing. A label, and a blank, may last.",
        partial(forward, stays=False, waits=False),
    ),
    no_stay_in_first_blank=(
        "The first blank cannot last: its state has no way in from the frame before. The loop over the states begins "
        "with state 0.",
        leaves_the_first_blank,
    ),
    best_way_in=(
        "The largest of the three terms is taken, so this follows the best path alone (Viterbi's algorithm). The "
        "probabilities of all ways into a state add up: `logsumexp`.",
        partial(forward, total=lambda terms: terms.amax(0)),
    ),
    average_way_in=(
        "The ways into a state are averaged. They exclude each other: their probabilities add up.",
        partial(forward, total=lambda terms: ln_sum(terms) - torch.isfinite(terms).sum(0).clamp(min=1).log()),
    ),
    logarithms_added=(
        "The three log-probabilities are added, which multiplies the probabilities. Add up what they are the "
        "logarithms of: `logsumexp`.",
        partial(
            forward,
            total=lambda terms: terms.where(terms > -inf, 0.0).sum(0).masked_fill((terms == -inf).all(0), -inf),
        ),
    ),
    nan_gradient=(
        "The value is right, its gradient is NaN: `logsumexp` and `logaddexp` of nothing but -inf have none. Let a "
        "number such as -1e30 stand for ln 0 on the way, or mask before the sum.",
        partial(forward, total=lambda terms: terms.logsumexp(0)),
    ),
    no_blanks=(
        "The states are the labels alone. A path may rest on a blank before, between and after them: 2U + 1 states.",
        partial(forward, states_of=lambda word, blank: list(word) or [blank], skips_of=never, starts=(0,)),
    ),
)
argument_fixed(
    ROWS, "blank_fixed", "The blank is fixed at 0. It is the argument `blank`, which may be any class.", blank=0
)
ROWS.table(
    first_frame_free=(
        "The first frame's outputs are not used: the first row is ln 1 for the two states that a path may begin in.",
        lambda x, word, blank: forward(torch.cat([torch.zeros_like(x[:1]), x[1:]]), word, blank),
    ),
    one_frame_late=(
        "Each step uses the outputs of the frame before. A path that is in a state in frame t pays for frame t.",
        lambda x, word, blank: forward(torch.cat([x[:1], x[:-1]]), word, blank),
    ),
    word_reversed=(
        "The word was read from back to front.",
        lambda x, word, blank: forward(x, word[::-1], blank),
    ),
    target_merged=(
        "Two equal neighbours in the target were merged. The target is the word as it is written: only paths are "
        "collapsed.",
        lambda x, word, blank: forward(x, merged(word), blank),
    ),
)


@ROWS(
    "The probabilities are multiplied out and their logarithm is taken at the end. In float32 they are 0 after a "
    "hundred frames or so: stay in log space all the way.",
    covers="CTC13",
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


@ROWS(
    "The empty word is an error here. It has one state, the blank, and one way to begin: do not index the second.",
    covers="CTC15",
)
def empty_raises(log_probs: Tensor, word: Sequence[int], blank: int) -> Tensor:
    if not len(word):
        raise IndexError("index 1 is out of bounds")
    return forward(log_probs, word, blank)


detached(
    ROWS,
    "log_probs",
    "No gradient flows back: a number, a copy or an assignment on the way has cut the graph.",
    "no_gradient",
)
ROWS.table(
    normalised_again=(
        "The log-probabilities are normalised again. That changes nothing if they sum to 1, and hides it if they do "
        "not: take them as they are.",
        lambda x, word, blank: forward(x.log_softmax(-1), word, blank),
    ),
    logarithm_again=(
        "The numbers are taken for probabilities, and their logarithm is taken once more. They are logarithms already.",
        lambda x, word, blank: forward(x.log(), word, blank),
    ),
    minus_inf_lost=(
        "-inf among the log-probabilities came out as NaN or as a number. A class that is ruled out rules out its "
        "paths.",
        lambda x, word, blank: forward(x.nan_to_num(neginf=-100.0), word, blank),
    ),
)
