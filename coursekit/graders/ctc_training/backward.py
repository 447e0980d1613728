"""What is still to come: `ctc_beta`."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, same_dtype, same_value
from coursekit.graders.ctc_training.common import (
    READY_MADE,
    Loss,
    Rng,
    backward_table,
    emissions,
    forward_table,
    frames,
    jump_anywhere,
    jump_between_equal,
    log_max,
    no_jump,
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


@ctc_beta.parity
def beta_dtype(f: Function, rng: Rng) -> None:
    """float64 stays float64"""
    same_dtype(f, beta_spec, frames(rng, 3, 3), tensor([1, 2]))
    same_dtype(f, beta_spec, frames(rng, 3, 3).double(), tensor([1, 2]))


def wrong(explanation: str) -> Callable[[Loss], Loss]:
    """Registers a wrong β, which keeps the dtype of the input."""

    def add(function: Loss) -> Loss:
        def beta(log_probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
            return function(log_probs, target, blank).to(log_probs.dtype)

        ctc_beta.misconception(explanation, function.__name__)(beta)
        return function

    return add


@wrong(
    "What is emitted in frame t itself is counted. The paper of 2006 and torch's own code define β so, and divide it "
    "out later; here β begins after frame t."
)
def emission_included(log_probs: Tensor, target: Tensor, blank: int) -> Tensor:
    return backward_table(log_probs, target, blank) + emissions(log_probs, target, blank)


@wrong("The emissions are one frame late: what comes after frame t begins with what is emitted in frame t + 1.")
def emission_of_this_frame(log_probs: Tensor, target: Tensor, blank: int) -> Tensor:
    earlier = torch.cat([log_probs[:1], log_probs[:-1]])
    return backward_table(earlier, target, blank)


@wrong(
    "The emission is that of the state which the path leaves. It should be that of the state at which it arrives, in "
    "the next frame."
)
def emission_of_left_state(log_probs: Tensor, target: Tensor, blank: int) -> Tensor:
    return backward_table(log_probs, target, blank, emitter=lambda leaves, _arrives: leaves)


@wrong(  # CTC12, read from the end
    "Only the last blank counts as an end. A path may also end in the last label."
)
def ends_in_last_blank(log_probs: Tensor, target: Tensor, blank: int) -> Tensor:
    return backward_table(log_probs, target, blank, ends=lambda _states: [-1])


@wrong("Every state counts as an end. A path is complete in the last label and in the blank after it only.")
def ends_anywhere(log_probs: Tensor, target: Tensor, blank: int) -> Tensor:
    return backward_table(log_probs, target, blank, ends=lambda states: list(range(len(states))))


@wrong("The blank between two different labels is never left out: the jump from s to s + 2 is missing.")
def jump_missing(log_probs: Tensor, target: Tensor, blank: int) -> Tensor:
    return backward_table(log_probs, target, blank, onward=no_jump)


@wrong(  # CTC11, read from the end
    "The blank is left out between equal labels too. Such a path is read as one label, not as two."
)
def jump_to_equal(log_probs: Tensor, target: Tensor, blank: int) -> Tensor:
    return backward_table(log_probs, target, blank, onward=jump_between_equal)


@wrong("The jump is open from blank to blank too, so labels are left out. Only a blank may be.")
def jump_over_labels(log_probs: Tensor, target: Tensor, blank: int) -> Tensor:
    return backward_table(log_probs, target, blank, onward=jump_anywhere)


@wrong(
    "The jump from s to s + 2 is decided by the states s - 2 and s, which is α's question. Going on from s, compare it "
    "with s + 2."
)
def jump_decided_behind(log_probs: Tensor, target: Tensor, blank: int) -> Tensor:
    def onward(states: list[int], s: int, blank: int) -> list[int]:
        open_ = s >= 2 and states[s] not in (blank, states[s - 2])
        return [way for way in (s, s + 1, *([s + 2] if open_ else [])) if way < len(states)]

    return backward_table(log_probs, target, blank, onward=onward)


@wrong("This is α, what was before. β is what is still to come: it begins in the last frame.")
def is_alpha(log_probs: Tensor, target: Tensor, blank: int) -> Tensor:
    return forward_table(log_probs, target, blank)


@wrong("The rows stand in the order in which they were computed. The first row belongs to the first frame: flip them.")
def rows_reversed(log_probs: Tensor, target: Tensor, blank: int) -> Tensor:
    return backward_table(log_probs, target, blank).flip(0)


@wrong("The states stand in reverse. The first column belongs to the blank before the first label.")
def states_reversed(log_probs: Tensor, target: Tensor, blank: int) -> Tensor:
    return backward_table(log_probs, target, blank).flip(1)


@wrong("These are probabilities. Over hundreds of frames they are too small for a float: return logarithms.")
def probabilities(log_probs: Tensor, target: Tensor, blank: int) -> Tensor:
    return backward_table(log_probs, target, blank).exp()


@wrong("Only the best way is kept where ways meet. β is the sum over all of them: `logsumexp`, not `max`.")
def best_way_only(log_probs: Tensor, target: Tensor, blank: int) -> Tensor:
    return backward_table(log_probs, target, blank, total=log_max)


@wrong("The blank is always class 0 here. It is the class that `blank` names.")
def blank_is_zero(log_probs: Tensor, target: Tensor, blank: int) -> Tensor:
    return backward_table(log_probs, target, 0)


@wrong(  # CTC13
    "The sums are taken over probabilities, and the logarithm at the end. After some hundred frames they are 0, and ln "
    "0 is -inf: stay with logarithms on the way."
)
def underflows(log_probs: Tensor, target: Tensor, blank: int) -> Tensor:
    return backward_table(log_probs, target, blank).exp().log()


@ctc_beta.misconception(
    "The result is float32 whatever came in. A table made with `torch.full` has the default dtype: use "
    "`log_probs.new_full`."
)
def always_float32(log_probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
    return beta_spec(log_probs, target, blank).float()
