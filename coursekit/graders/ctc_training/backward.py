"""What is still to come: `ctc_beta`."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Rng, always_float32, argument_fixed, keeps_dtype, same_value
from coursekit.graders.ctc_training.common import (
    READY_MADE,
    backward_table,
    emissions,
    forward_table,
    frames,
    in_its_dtype,
    jump_anywhere,
    jump_between_equal,
    log_max,
    no_jump,
    onward,
    two_labels,
)


def beta_spec(log_probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
    """State by state, from the last frame to the first."""
    return backward_table(log_probs, target, blank).to(log_probs.dtype)


ctc_beta = Exercise(
    "ctc_beta",
    beta_spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    idea="β counts what is still to come, as α counts what was: each path is cut in two, and either part is summed.",
    hints=(
        "Begin at the end: after the last frame nothing is to come, which has probability 1. In which two states may "
        "a path stand then?",
        "From state s a path goes to s, to s + 1, or to s + 2. What it emits there, in frame t + 1, and all that "
        "follows is the β of frame t + 1 plus the emission of that frame.",
        "The jump to s + 2 is open where state s + 2 is a label, and another one than state s. Add up the ways with "
        "`logsumexp`; the ways that run off the end are -inf.",
    ),
)


@ctc_beta.check
def one_frame(f: Function, rng: Rng) -> None:
    """One frame, one label: a path may end in the label or in the blank after it

    Nothing is to come after the last frame: ln 1 = 0 there, and -inf where the target is not complete.
    """
    same_value(f, beta_spec, tensor([[-0.69, -0.69]]), tensor([1]))
    same_value(f, beta_spec, tensor([[-1.2, -0.7, -1.6]]), tensor([2, 1]))


@ctc_beta.check
def two_frames(f: Function, rng: Rng) -> None:
    """Two frames: what is emitted in the second, and not in the first

    From the blank before the label there is one way to end in time, from the label there are two.
    """
    same_value(f, beta_spec, tensor([[-0.69, -0.69], [-1.61, -0.22]]), tensor([1]))
    same_value(f, beta_spec, frames(rng, 2, 3), tensor([2]))


@ctc_beta.check
def blank_left_out(f: Function, rng: Rng) -> None:
    """Between different labels the blank may be left out"""
    a, b = two_labels(rng, 3)
    same_value(f, beta_spec, frames(rng, 3, 3), tensor([a, b]))
    same_value(f, beta_spec, frames(rng, 5, 3), tensor([a, b, a]))


@ctc_beta.check
def blank_needed(f: Function, rng: Rng) -> None:
    """Between equal labels the blank must stay

    Without it the two merge into one label when the path is read.
    """
    a, b = two_labels(rng, 3)
    same_value(f, beta_spec, frames(rng, 4, 3), tensor([a, a]))
    same_value(f, beta_spec, frames(rng, 6, 3), tensor([b, a, a, b]))


@ctc_beta.parity
def beta_blank(f: Function, rng: Rng) -> None:
    """Another class can be the blank"""
    same_value(f, beta_spec, frames(rng, 4, 4), tensor([0, 2]), blank=3)
    same_value(f, beta_spec, frames(rng, 4, 3), tensor([0, 0]), blank=1)


@ctc_beta.parity
def beta_edges(f: Function, rng: Rng) -> None:
    """An empty target has one state; a target that does not fit has -inf everywhere at the start"""
    same_value(f, beta_spec, frames(rng, 3, 3), torch.zeros(0, dtype=torch.int64))
    same_value(f, beta_spec, frames(rng, 2, 3), tensor([1, 2, 1]))


@ctc_beta.parity
def beta_long(f: Function, rng: Rng) -> None:
    """400 frames: probabilities underflow, their logarithms do not"""
    same_value(f, beta_spec, frames(rng, 1, 2).repeat(400, 1) - 2, tensor([1]))
    same_value(f, beta_spec, frames(rng, 1, 2).repeat(400, 1).double() - 2, tensor([1]))


keeps_dtype(ctc_beta, lambda rng: (frames(rng, 3, 3), tensor([1, 2])), "float64 stays float64", "beta_dtype", anew=True)


def decided_behind(states: list[int], s: int, blank: int) -> list[int]:
    """Whether a path may jump on from `s` is decided by whether it may have jumped into it."""
    jump = s >= 2 and states[s] not in (blank, states[s - 2])
    return [way for way in (s, s + 1, *([s + 2] if jump else [])) if way < len(states)]


wrong = ctc_beta.misconceptions

wrong.table(
    in_its_dtype,
    emission_included=(
        "What is emitted in frame t itself is counted. The paper of 2006 and torch's own code define β so, and divide "
        "it out later; here β begins after frame t.",
        lambda x, y, blank: backward_table(x, y, blank) + emissions(x, y, blank),
    ),
    emission_of_this_frame=(
        "The emissions are one frame late: what comes after frame t begins with what is emitted in frame t + 1.",
        lambda x, y, blank: backward_table(torch.cat([x[:1], x[:-1]]), y, blank),
    ),
    emission_of_left_state=(
        "The emission is that of the state which the path leaves. It should be that of the state at which it arrives, "
        "in the next frame.",
        partial(backward_table, emitter=lambda leaves, arrives: leaves),
    ),
    ends_in_last_blank=(  # read from the end
        "Only the last blank counts as an end. A path may also end in the last label.",
        partial(backward_table, ends=lambda states: [-1]),
        "CTC12",
    ),
    ends_anywhere=(
        "Every state counts as an end. A path is complete in the last label and in the blank after it only.",
        partial(backward_table, ends=lambda states: list(range(len(states)))),
    ),
    frames_alone_reversed=(
        "The frames are read backwards and the labels are not: this is α of the reversed frames. Reverse both, and "
        "leave out what is emitted in frame t itself.",
        lambda x, y, blank: forward_table(x.flip(0), y, blank).flip(0),
    ),
    stay_missing=(
        "A path never stays in a state: from s it goes on to s, too, in the next frame.",
        partial(backward_table, onward=lambda states, s, blank: [way for way in onward(states, s, blank) if way != s]),
    ),
    jump_missing=(
        "The blank between two different labels is never left out: the jump from s to s + 2 is missing.",
        partial(backward_table, onward=no_jump),
    ),
    jump_to_equal=(  # read from the end
        "The blank is left out between equal labels too. Such a path is read as one label, not as two.",
        partial(backward_table, onward=jump_between_equal),
        "CTC11",
    ),
    jump_over_labels=(
        "The jump is open from blank to blank too, so labels are left out. Only a blank may be.",
        partial(backward_table, onward=jump_anywhere),
    ),
    jump_decided_behind=(
        "The jump from s to s + 2 is decided by the states s - 2 and s, which is α's question. Going on from s, "
        "compare it with s + 2.",
        partial(backward_table, onward=decided_behind),
    ),
    is_alpha=(
        "This is α, what was before. β is what is still to come: it begins in the last frame.",
        forward_table,
    ),
    rows_reversed=(
        "The rows stand in the order in which they were computed. The first row belongs to the first frame: flip them.",
        lambda x, y, blank: backward_table(x, y, blank).flip(0),
    ),
    states_reversed=(
        "The states stand in reverse. The first column belongs to the blank before the first label.",
        lambda x, y, blank: backward_table(x, y, blank).flip(1),
    ),
    probabilities=(
        "These are probabilities. Over hundreds of frames they are too small for a float: return logarithms.",
        lambda x, y, blank: backward_table(x, y, blank).exp(),
    ),
    best_way_only=(
        "Only the best way is kept where ways meet. β is the sum over all of them: `logsumexp`, not `max`.",
        partial(backward_table, total=log_max),
    ),
)
argument_fixed(wrong, "blank_is_zero", "The blank is always class 0 here. It is the class that `blank` names.", blank=0)
wrong.table(
    in_its_dtype,
    underflows=(
        "The sums are taken over probabilities, and the logarithm at the end. After some hundred frames they are 0, "
        "and ln 0 is -inf: stay with logarithms on the way.",
        lambda x, y, blank: backward_table(x, y, blank).exp().log(),
        "CTC13",
    ),
)
always_float32(
    wrong,
    "The result is float32 whatever came in. A table made with `torch.full` has the default dtype: use "
    "`log_probs.new_full`.",
)
