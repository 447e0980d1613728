"""Where the probability passes: `ctc_occupancy`."""

from __future__ import annotations

import math
from functools import partial

import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Rng, always_float32, argument_fixed, keeps_dtype, same_value
from coursekit.graders.ctc_forward.common import states_of
from coursekit.graders.ctc_training.common import (
    READY_MADE,
    Onward,
    backward_table,
    emissions,
    folded,
    forward_table,
    frames,
    in_its_dtype,
    jump_between_equal,
    onward,
    two_labels,
)


def joint(log_probs: Tensor, target: Tensor, blank: int = 0, onward: Onward = onward) -> Tensor:
    """Log α + log β (T, 2U + 1): all paths through each state."""
    return forward_table(log_probs, target, blank, onward=onward) + backward_table(
        log_probs, target, blank, onward=onward
    )


def state_shares(log_probs: Tensor, target: Tensor, blank: int = 0, onward: Onward = onward) -> Tensor:
    """γ of every state (T, 2U + 1)."""
    through = joint(log_probs, target, blank, onward)
    return (through - through[-1].logsumexp(0)).exp()


def class_shares(log_probs: Tensor, target: Tensor, blank: int = 0, onward: Onward = onward) -> Tensor:
    """γ of every class (T, C)."""
    return folded(state_shares(log_probs, target, blank, onward), log_probs, target, blank)


def occupancy_spec(log_probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
    """α β / P of every state, summed over the states that emit the same class."""
    return class_shares(log_probs, target, blank).to(log_probs.dtype)


ctc_occupancy = Exercise(
    "ctc_occupancy",
    occupancy_spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    idea="The occupancy is what the target asks of every frame: α β / P, one distribution a frame.",
    hints=(
        "α holds everything up to frame t, that frame included; β everything after it. What is their product?",
        "In every frame each path is in one state, so the sum of α β over the states is P in every frame. What is "
        "their share then?",
        "A class that several states emit, the blank at least, gets the sum of their shares: `index_add`.",
        "Form α + β - ln P in log space, and take `exp` at the very end.",
    ),
)


@ctc_occupancy.check
def one_frame_of_one(f: Function, rng: Rng) -> None:
    """One frame, one label: all of it is in the label

    There is a single path. How probable it is does not matter: its share is 1.
    """
    same_value(f, occupancy_spec, tensor([[-0.22, -1.61]]), tensor([1]))
    same_value(f, occupancy_spec, frames(rng, 1, 3), tensor([2]))


@ctc_occupancy.check
def shares_of_two(f: Function, rng: Rng) -> None:
    """Two frames, one label: three paths share the probability"""
    same_value(f, occupancy_spec, tensor([[-0.69, -0.69], [-1.61, -0.22]]), tensor([1]))
    same_value(f, occupancy_spec, frames(rng, 3, 3), tensor([2]))


@ctc_occupancy.check
def shares_of_labels(f: Function, rng: Rng) -> None:
    """Two labels: a class that the target does not have gets 0"""
    a, b = two_labels(rng, 4)
    same_value(f, occupancy_spec, frames(rng, 4, 4), tensor([a, b]))
    same_value(f, occupancy_spec, frames(rng, 5, 4), tensor([b, a]))


@ctc_occupancy.check
def shares_of_repeats(f: Function, rng: Rng) -> None:
    """A label that comes twice gets the sum of both states"""
    a, b = two_labels(rng, 3)
    same_value(f, occupancy_spec, frames(rng, 5, 3), tensor([a, b, a]))
    same_value(f, occupancy_spec, frames(rng, 5, 3), tensor([a, a]))


@ctc_occupancy.parity
def occupancy_blank(f: Function, rng: Rng) -> None:
    """Another class can be the blank; an empty target is all blank"""
    same_value(f, occupancy_spec, frames(rng, 4, 4), tensor([0, 2]), blank=3)
    same_value(f, occupancy_spec, frames(rng, 2, 3), torch.zeros(0, dtype=torch.int64), blank=1)


@ctc_occupancy.parity
def frame_shifted(f: Function, rng: Rng) -> None:
    """A number added to all log-probabilities of a frame changes nothing

    It makes every path more probable by the same factor, and P as well.
    """
    same_value(f, occupancy_spec, frames(rng, 4, 3) + tensor([[1.0], [-2.0], [3.0], [0.5]]), tensor([1, 2]))


@ctc_occupancy.parity
def occupancy_long(f: Function, rng: Rng) -> None:
    """400 frames: probabilities underflow, their logarithms do not"""
    same_value(f, occupancy_spec, frames(rng, 1, 2).repeat(400, 1).double() - 2, tensor([1]))


keeps_dtype(
    ctc_occupancy,
    lambda rng: (frames(rng, 3, 3), tensor([1, 2])),
    "float64 stays float64",
    "occupancy_dtype",
    anew=True,
)


# ---- what goes wrong: first what `gradient_mistakes` makes wrong gradients of ------------------------------------


def not_divided(log_probs: Tensor, target: Tensor, blank: int) -> Tensor:
    """α β, without the division by P."""
    return folded(joint(log_probs, target, blank).exp(), log_probs, target, blank)


def frame_counted_twice(log_probs: Tensor, target: Tensor, blank: int) -> Tensor:
    """With the emission in α and in β."""
    twice = state_shares(log_probs, target, blank) * emissions(log_probs, target, blank).exp()
    return folded(twice, log_probs, target, blank)


def overwritten(log_probs: Tensor, target: Tensor, blank: int, blanks: bool = False) -> Tensor:
    """Of each class, the share of the last state that emits it; perhaps all `blanks`, added up."""
    shares, result = state_shares(log_probs, target, blank), torch.zeros(log_probs.shape, dtype=torch.float64)
    for s, state in enumerate(states_of(target.tolist(), blank)):
        result[:, state] = shares[:, s] + (result[:, state] if blanks and state == blank else 0)
    return result


def best_path_only(log_probs: Tensor, target: Tensor, blank: int) -> Tensor:
    """A 1 in each frame for the class of the most probable path."""
    return class_shares(1e4 * log_probs.double(), target, blank)  # so cold that one path has it all


wrong = ctc_occupancy.misconceptions

wrong.table(
    in_its_dtype,
    not_folded=(
        "This has a column for each state of the lattice. Sum the states that emit the same class: shape (T, C).",
        state_shares,
    ),
    not_divided=(
        "This is α β, the probability of the paths themselves. Their share is α β / P: the rows sum to 1.",
        not_divided,
    ),
    frame_counted_twice=(
        "What is emitted in frame t is in α and in β as well, so it counts twice. Let β begin after frame t, or divide "
        "the product by the emission.",
        frame_counted_twice,
    ),
    frame_squared=(
        "The rows sum to 1, but each state was weighed once more by what it emits: the emission of frame t is in α and "
        "in β. It should count once.",
        lambda x, y, blank: folded((joint(x, y, blank) + emissions(x, y, blank)).softmax(1), x, y, blank),
    ),
    overwritten=(
        "States that emit the same class overwrite one another: the last one stays. An assignment through an index "
        "keeps one value for each class; `index_add` adds them up.",
        (overwritten, partial(overwritten, blanks=True)),
    ),
    blanks_missing=(
        "The blanks are missing. They are part of every row: without them a row does not sum to 1.",
        lambda x, y, blank: class_shares(x, y, blank).index_fill(1, tensor(blank), 0.0),
    ),
    probabilities=(
        "This is what the network says of each frame. The occupancy is what the frames say once the target is known.",
        (lambda x, y, blank: x.double().exp(), lambda x, y, blank: x.softmax(1)),
    ),
    best_path_only=(
        "This is the best path alone, with a 1 in each frame. Every path that spells the target has its share.",
        best_path_only,
    ),
    past_only=(
        "This is α of each frame, made to sum to 1: only the past has been heard. The frames to come decide as well.",
        lambda x, y, blank: folded(forward_table(x, y, blank).softmax(1), x, y, blank),
    ),
    future_only=(
        "This is β of each frame, made to sum to 1: only the future has been heard. The frames before decide as well.",
        lambda x, y, blank: folded(backward_table(x, y, blank).softmax(1), x, y, blank),
    ),
    logarithm=(
        "This is the logarithm of the occupancy.",
        lambda x, y, blank: class_shares(x, y, blank).log(),
    ),
    gradient=(
        "This is the logits' gradient, softmax - occupancy. Here the occupancy alone is asked for.",
        lambda x, y, blank: x.double().softmax(1) - class_shares(x, y, blank),
    ),
    negative=(
        "The sign is that of a gradient. A share is positive.",
        lambda x, y, blank: -class_shares(x, y, blank),
    ),
    paths_counted=(
        "Every path counts the same here. Its share is in proportion to its probability.",
        lambda x, y, blank: class_shares(torch.zeros_like(x), y, blank),
    ),
    shares_of_time=(
        "The columns were made to sum to 1. In every frame each path is in one state, so the rows do.",
        lambda x, y, blank: class_shares(x, y, blank) / class_shares(x, y, blank).sum(0, keepdim=True),
    ),
    transposed=(
        "Rows and columns are exchanged: frames first, then classes.",
        lambda x, y, blank: class_shares(x, y, blank).T,
    ),
    jump_to_equal=(
        "The blank is left out between equal labels too, by paths that are read as one label instead of two.",
        partial(class_shares, onward=jump_between_equal),
        "CTC11",
    ),
)
argument_fixed(wrong, "blank_is_zero", "The blank is always class 0 here. It is the class that `blank` names.", blank=0)


@wrong.formula(in_its_dtype)(
    "The product is formed of probabilities: after some hundred frames it is 0, and 0 / 0 is NaN. Form α + β - ln P of "
    "their logarithms, and take exp at the end.",
    covers="CTC13",
)
def underflows(log_probs: Tensor, target: Tensor, blank: int) -> Tensor:
    through = joint(log_probs, target, blank).exp()
    lost = through.sum(1, keepdim=True) == 0
    shares = state_shares(log_probs, target, blank).masked_fill(lost, math.nan)
    return folded(shares, log_probs, target, blank)


always_float32(
    wrong,
    "The result is float32 whatever came in. A table made with `torch.zeros` has the default dtype: use "
    "`torch.zeros_like(log_probs)`.",
)


wrong.table(
    in_its_dtype,
    most_likely_state=(
        "Only the likeliest state of each frame counts. All of them have a share.",
        lambda x, y, blank: folded(
            (state_shares(x, y, blank) == state_shares(x, y, blank).amax(1, keepdim=True)).to(x.dtype), x, y, blank
        ),
    ),
    shares_over_frames=(
        "The shares of a state sum to 1 over the frames. Those of a frame sum to 1 over the states.",
        lambda x, y, blank: folded(joint(x, y, blank).softmax(0), x, y, blank),
    ),
)
