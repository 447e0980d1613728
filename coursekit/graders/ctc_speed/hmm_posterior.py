"""In which state a hidden Markov model was at each frame, once all of it has been seen: `hmm_posterior`."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, tensor

from coursekit.exercise import (
    Exercise,
    Function,
    Question,
    Rng,
    always_float32,
    keeps_dtype,
    same_gradient,
    same_value,
    with_defaults,
)
from coursekit.graders.ctc_speed.hmm_nll import cases as cases_of_nll
from coursekit.graders.ctc_speed.hmm_nll import draw
from coursekit.graders.ctc_speed.hmm_nll_spec import backward, forward


def both(initial: Tensor, transition: Tensor, emission: Tensor) -> Tensor:
    """Of each frame and state ln of the probability of all that is seen, and of being in that state then."""
    return torch.stack(forward(initial, transition, emission)) + torch.stack(backward(transition, emission))


def spec(initial: Tensor, transition: Tensor, emission: Tensor) -> Tensor:
    """α times β, as shares of each frame."""
    return both(initial, transition, emission).softmax(1)


def cases() -> Iterator[Question]:
    """Those of `hmm_nll`: frames × states × dtypes with gradients; zeros, what is impossible, and many frames."""
    yield from cases_of_nll()


hmm_posterior = Exercise(
    "hmm_posterior",
    spec,
    points=3,
    parity_points=1,
    cases=cases,
    idea="What came before, times what came after, as shares: each frame is judged with all the others in mind.",
    hints=(
        "Two tables. The rows of the first are those of `hmm_nll`: all that was seen up to this frame, and the state. "
        "What is still missing at a frame?",
        "The second says of each state how probable everything *after* the frame is. It begins with 1 behind the last "
        "frame, and goes back: over which index of `transition` do you sum, and whose emission comes in?",
        "Divide each row of both tables by its sum on the way. What was divided out need not be remembered here: why?",
        "Multiply the two tables place by place, and make each row sum to 1. On one frame the result is known: try it.",
    ),
)


@hmm_posterior.check
def one_frame(f: Function, rng: Rng) -> None:
    """One frame: start (0.6, 0.4) and emissions (0.5, 0.1) give 0.8824 and 0.1176

    0.6 · 0.5 = 0.30 and 0.4 · 0.1 = 0.04, as shares of 0.34.
    """
    moves = tensor([[0.9, 0.1], [0.3, 0.7]])
    same_value(f, spec, tensor([0.6, 0.4]), moves, tensor([[0.5, 0.1]]))
    same_value(f, spec, *draw(rng, 1))


@hmm_posterior.check
def hindsight(f: Function, rng: Rng) -> None:
    """Two frames: the second one says something about the first

    The ways that lead on from a state count as well: times transition[i, j] and what j emits.
    """
    moves = tensor([[0.9, 0.1], [0.3, 0.7]])
    same_value(f, spec, tensor([0.6, 0.4]), moves, tensor([[0.5, 0.5], [0.1, 0.8]]))
    same_value(f, spec, *draw(rng, 2))


@hmm_posterior.check
def several_frames(f: Function, rng: Rng) -> None:
    """Three frames and five: each row sums to 1, and every frame has heard of all others"""
    same_value(f, spec, *draw(rng, 3))
    same_value(f, spec, *draw(rng, 5))


@hmm_posterior.check
def many_frames(f: Function, rng: Rng) -> None:
    """Twenty frames with densities of 1e-20 give shares, not NaN

    The product of all is 1e-400, which is 0 in any float. Divide each row by its sum on the way.
    """
    initial, transition, emission = (argument.double() for argument in draw(rng, 20, largest=1e-20))
    same_value(f, spec, initial, transition, emission)
    one_is_dense = torch.where(torch.arange(20)[:, None] == 0, emission * 1e20, emission)
    same_value(f, spec, initial, transition, one_is_dense)


@hmm_posterior.check
def slopes(f: Function, rng: Rng) -> None:
    """The gradient is right, with respect to the start, the moves and the emissions"""
    same_gradient(f, spec, *draw(rng, 3))


@hmm_posterior.parity
def ruled_out(f: Function, rng: Rng) -> None:
    """A state that cannot be has a share of exactly 0, and the others have the rest"""
    stays = tensor([0.5, 0.5]), tensor([[1.0, 0.0], [0.4, 0.6]])
    same_value(f, spec, *stays, tensor([[0.5, 0.5], [0.0, 0.3], [0.2, 0.3]]))
    same_value(f, spec, *stays, tensor([[0.2, 0.7], [0.9, 0.1], [0.3, 0.0]]))


@hmm_posterior.parity
def impossible(f: Function, rng: Rng) -> None:
    """If no way can show what was seen, NaN in every frame

    There is nothing to take shares of: 0/0.
    """
    stays = tensor([1.0, 0.0]), tensor([[1.0, 0.0], [0.4, 0.6]])
    same_value(f, spec, *stays, tensor([[0.5, 0.5], [0.0, 0.3], [0.2, 0.3]]))
    same_value(f, spec, *stays, tensor([[0.5, 0.5], [0.4, 0.3], [0.0, 0.3]]))


@hmm_posterior.parity
def densities(f: Function, rng: Rng) -> None:
    """Emissions may be densities, far above 1"""
    same_value(f, spec, *draw(rng, 4, largest=50.0))


keeps_dtype(hmm_posterior, draw)

# ---- mistakes ----------------------------------------------------------------------------------------------------

wrong = hmm_posterior.misconceptions
always_float32(wrong)


@wrong("Neither table is rescaled. A product over many frames is 0 in any float, and 0/0 is NaN.")
def never_rescaled(initial: Tensor, transition: Tensor, emission: Tensor) -> Tensor:
    ahead, behind = [initial * emission[0]], [torch.ones_like(initial)]
    for emitted in emission[1:]:
        ahead.append((ahead[-1] @ transition) * emitted)
    for emitted in emission[1:].flip(0):
        behind.insert(0, transition @ (emitted * behind[0]))
    product = torch.stack(ahead) * torch.stack(behind)
    return product / product.sum(1, keepdim=True)


def best_way(initial: Tensor, transition: Tensor, emission: Tensor) -> Tensor:
    """Ones along the most probable way."""
    row, came = initial.log() + emission[0].log(), []
    for emitted in emission[1:]:
        best = (row[:, None] + transition.log()).max(0)
        came.append(best.indices)
        row = best.values + emitted.log()
    way = [int(row.argmax())]
    for back in reversed(came):
        way.insert(0, int(back[way[0]]))
    return torch.eye(len(initial), dtype=initial.dtype)[way]


wrong.table(
    with_defaults(wrong),
    not_heard_of_later=(
        "Each frame has heard of what came before it, and of nothing that came after. Multiply by the probability of "
        "the rest.",
        lambda start, moves, e: torch.stack(forward(start, moves, e)).softmax(1),
    ),
    not_heard_of_earlier=(
        "Each frame has heard of what came after it, and of nothing before. Multiply by the rows of `hmm_nll`.",
        lambda start, moves, e: (torch.stack(backward(moves, e)) + e.log()).softmax(1),
    ),
    emission_twice=(
        "Both tables hold what the frame itself emits, so it counts twice. Let the second begin after the frame.",
        lambda start, moves, e: (both(start, moves, e) + e.log()).softmax(1),
    ),
    emission_lost=(
        "Neither table holds what the frame itself emits. The first one should.",
        lambda start, moves, e: (both(start, moves, e) - e.log()).softmax(1),
    ),
    transposed_back=(
        "On the way back the moves are read the wrong way round. The sum is over where state i leads, "
        "transition[i, j]: `transition @ (emitted * row)`.",
        lambda start, moves, e: (torch.stack(forward(start, moves, e)) + torch.stack(backward(moves.T, e))).softmax(1),
    ),
    transposed=(
        "The moves are read the wrong way round in both tables: transition[i, j] leads from i to j.",
        lambda start, moves, e: spec(start, moves.T, e),
    ),
    start_at_the_end=(
        "The way back begins with `initial`. Behind the last frame nothing is to come, whatever the state: begin with "
        "1.",
        lambda start, moves, e: both_from(start, moves, e).softmax(1),
    ),
    moved_before_the_first=(
        "There is a move before the first frame. `initial` is where the first frame is.",
        lambda start, moves, e: spec(start @ moves, moves, e),
    ),
    uniform_start=(
        "`initial` is not used: this begins in every state alike.",
        lambda start, moves, e: spec(torch.full_like(start, 1 / len(start)), moves, e),
    ),
    not_shares=(
        "The rows do not sum to 1: this is the probability of all that was seen and of the state. Divide each row by "
        "its sum.",
        lambda *args: both(*args).exp(),
    ),
    shares_of_a_state=(
        "The columns sum to 1, and the rows should: in each frame the model is in one state.",
        lambda *args: both(*args).softmax(0),
    ),
    shares_of_everything=(
        "All places together sum to 1. Each frame should, by itself.",
        lambda *args: both(*args).flatten().softmax(0).reshape(-1, len(args[0])),
    ),
    logarithms=("These are logarithms of the shares.", lambda *args: both(*args).log_softmax(1)),
    best_way=("This is the most probable way, all of it or nothing. The shares of all ways are asked for.", best_way),
    each_frame_alone=(
        "Each frame is judged by its own emission. What came before and after counts as well.",
        lambda start, moves, e: e / e.sum(1, keepdim=True),
    ),
    impossible_is_zero=(
        "Where no way can show what was seen, this gives 0. Shares of nothing are NaN.",
        lambda *args: spec(*args).nan_to_num(0.0),
    ),
    from_last_to_first=(
        "The frames stand in the wrong order, the last one first.",
        lambda *args: spec(*args).flip(0),
    ),
)


def both_from(initial: Tensor, transition: Tensor, emission: Tensor) -> Tensor:
    """The same, where the way back begins with the start."""
    rows = [initial.log()]
    for emitted in emission[1:].flip(0):
        rows.insert(0, (transition.log() + emitted.log() + rows[0]).logsumexp(1))
    return torch.stack(forward(initial, transition, emission)) + torch.stack(rows)
