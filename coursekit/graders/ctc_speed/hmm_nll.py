"""The likelihood of what a hidden Markov model has shown, as a loss: `hmm_nll`."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor, tensor

from coursekit.exercise import (
    Exercise,
    Function,
    Loss,
    Question,
    Rng,
    always_float32,
    keeps_dtype,
    same_gradient,
    same_value,
    with_defaults,
)
from coursekit.exercise.families.inputs import distribution


def forward(initial: Tensor, transition: Tensor, emission: Tensor) -> list[Tensor]:
    """Of each frame ln of the probability of all that was seen, and of being in each state then; in log space."""
    rows = [initial.log() + emission[0].log()]
    for emitted in emission[1:]:
        rows.append((rows[-1][:, None] + transition.log()).logsumexp(0) + emitted.log())
    return rows


def spec(initial: Tensor, transition: Tensor, emission: Tensor) -> Tensor:
    """-ln Σ of the last row."""
    return -forward(initial, transition, emission)[-1].logsumexp(0)


def draw(rng: Rng, frames: int = 4, states: int = 3, largest: float = 1.2) -> tuple[Tensor, Tensor, Tensor]:
    """A start, moves that are another thing to and fro, and emissions of which no two are alike."""
    initial, transition = distribution(rng, states), distribution(rng, states, states)
    emission = tensor(rng.permutation(frames * states) + 1.0).reshape(frames, states) / (frames * states) * largest
    return initial, transition, emission.to(initial.dtype)


def cases() -> Iterator[Question]:
    """Frames × states × dtypes with gradients; then zeros, and many frames."""
    for dtype in (torch.float32, torch.float64):
        for frames, states in ((1, 1), (1, 3), (2, 2), (3, 2), (5, 4), (12, 3)):
            initial = torch.arange(1, states + 1, dtype=dtype)
            transition = torch.arange(1, states * states + 1, dtype=dtype).reshape(states, states).sqrt()
            emission = torch.linspace(0.1, 1.3, frames * states, dtype=dtype).reshape(frames, states)
            shares = initial / initial.sum(), transition / transition.sum(1, keepdim=True)
            yield Question((*shares, emission), wrt=(0, 1, 2))
        left_to_right = tensor([1.0, 0.0], dtype=dtype), tensor([[0.5, 0.5], [0.0, 1.0]], dtype=dtype)
        yield Question((*left_to_right, tensor([[0.5, 0.1], [0.0, 0.2]], dtype=dtype)))
        yield Question((*left_to_right, tensor([[0.0, 0.1], [0.3, 0.2]], dtype=dtype)))
        yield Question((*left_to_right, tensor([[0.02, 0.01], [0.03, 0.04]] * 400, dtype=dtype)))


hmm_nll = Exercise(
    "hmm_nll",
    spec,
    points=2,
    parity_points=1,
    cases=cases,
    idea="A row that is divided by its sum never underflows, and the logarithms of the sums are the likelihood.",
    hints=(
        "Without any scaling first. The row is the start times the first frame's emissions. How does a row, times the "
        "table of moves, become the next one?",
        "`row @ transition` collects what moves into each state; then it emits. Try it on two frames.",
        "Now divide the row by its sum, at every frame. Which of the numbers that were divided out may be forgotten? "
        "What do their logarithms add up to?",
        "If no way is possible, a sum is 0. Its logarithm is right; the division after it is not.",
    ),
)


@hmm_nll.check
def first_frame(f: Function, rng: Rng) -> None:
    """One frame: the start, weighed by what each state emits

    Start (0.6, 0.4) and emissions (0.5, 0.1) give 0.6 · 0.5 + 0.4 · 0.1 = 0.34, and -ln 0.34 is 1.0788.
    """
    moves = tensor([[0.9, 0.1], [0.3, 0.7]])
    same_value(f, spec, tensor([0.6, 0.4]), moves, tensor([[0.5, 0.1]]))
    same_value(f, spec, *draw(rng, 1))


@hmm_nll.check
def several_frames(f: Function, rng: Rng) -> None:
    """Two frames and more: transition[i, j] leads from state i to state j, then j emits"""
    moves = tensor([[0.9, 0.1], [0.3, 0.7]])
    same_value(f, spec, tensor([0.6, 0.4]), moves, tensor([[0.5, 0.1], [0.2, 0.4]]))
    same_value(f, spec, *draw(rng, 3))
    same_value(f, spec, *draw(rng, 5))


@hmm_nll.check
def many_frames(f: Function, rng: Rng) -> None:
    """A thousand frames cost thousands of nats, not inf

    Their product is 0 in any float. Divide each row by its sum, and add up the logarithms of the sums.
    """
    initial, transition, emission = draw(rng, 8, largest=0.1)
    same_value(f, spec, initial, transition, emission.repeat(125, 1))


@hmm_nll.check
def slopes(f: Function, rng: Rng) -> None:
    """The gradient is right, by the start, by the moves and by the emissions"""
    same_gradient(f, spec, *draw(rng, 4))


@hmm_nll.parity
def densities(f: Function, rng: Rng) -> None:
    """Emissions may be densities: they are above 1 here, and the loss is negative"""
    same_value(f, spec, *draw(rng, 4, largest=20.0))


@hmm_nll.parity
def impossible(f: Function, rng: Rng) -> None:
    """What no way can show costs inf

    The sum is 0 at a frame, and 0/0 is NaN from there on.
    """
    stays = tensor([1.0, 0.0]), tensor([[1.0, 0.0], [0.4, 0.6]])
    same_value(f, spec, *stays, tensor([[0.5, 0.5], [0.0, 0.3], [0.2, 0.3]]))
    same_value(f, spec, *stays, tensor([[0.5, 0.5], [0.4, 0.3], [0.0, 0.3]]))
    same_value(f, spec, *stays, tensor([[0.0, 0.5], [0.4, 0.3]]))


keeps_dtype(hmm_nll, draw)

# ---- mistakes ----------------------------------------------------------------------------------------------------

wrong = hmm_nll.misconceptions
always_float32(wrong)


def scaled(initial: Tensor, transition: Tensor, emission: Tensor) -> tuple[Tensor, Tensor]:
    """The rows, each divided by its sum, and the sums."""
    row = initial * emission[0]
    rows: list[Tensor] = []
    sums: list[Tensor] = []
    for at in range(len(emission)):
        if at:
            row = (rows[-1] @ transition) * emission[at]
        sums.append(row.sum())
        rows.append(row / sums[-1])
    return torch.stack(rows), torch.stack(sums)


def of_sums(formula: Loss) -> Loss:
    """The loss as a formula of the sums."""

    def loss(initial: Tensor, transition: Tensor, emission: Tensor) -> Tensor:
        return formula(scaled(initial, transition, emission)[1])

    return loss


@wrong("The row is never rescaled. A product over a thousand frames is 0 in any float, and its logarithm -inf.")
def never_rescaled(initial: Tensor, transition: Tensor, emission: Tensor) -> Tensor:
    row = initial * emission[0]
    for emitted in emission[1:]:
        row = (row @ transition) * emitted
    return -row.sum().log()


@wrong("This follows the most probable way alone. The likelihood is the sum over all ways.")
def best_way(initial: Tensor, transition: Tensor, emission: Tensor) -> Tensor:
    row = initial.log() + emission[0].log()
    for emitted in emission[1:]:
        row = (row[:, None] + transition.log()).amax(0) + emitted.log()
    return -row.amax(0)


wrong.table(
    with_defaults(wrong),
    transposed=(
        "The moves are read the wrong way round: transition[i, j] leads from i to j, so the new row is "
        "`row @ transition`.",
        lambda start, moves, e: spec(start, moves.T, e),
    ),
    uniform_start=(
        "`initial` is not used: this begins in every state alike.",
        lambda start, moves, e: spec(torch.full_like(start, 1 / len(start)), moves, e),
    ),
    first_state=(
        "This begins in the first state alone. `initial` says how probable each is.",
        lambda start, moves, e: spec(torch.eye(len(start), dtype=start.dtype)[0], moves, e),
    ),
    first_frame_silent=(
        "The first frame's emissions are left out. The state at the start emits as well.",
        lambda start, moves, e: spec(start, moves, torch.cat([torch.ones_like(e[:1]), e[1:]])),
    ),
    moved_before_the_first=(
        "There is a move before the first frame. `initial` is where the first frame is.",
        lambda start, moves, e: spec(start @ moves, moves, e),
    ),
    frames_on_their_own=(
        "Every frame begins anew at `initial`. From the second on, a frame begins where the one before it has led.",
        lambda start, moves, e: -(e @ start).log().sum(),
    ),
    no_moves=(
        "Nothing moves: each state is kept for all frames. Multiply by the table of moves at every frame.",
        lambda start, moves, e: -(start.log() + e.log().sum(0)).logsumexp(0),
    ),
    log_likelihood=(
        "This is the logarithm of the likelihood. A loss is what is to be made small: turn the sign.",
        lambda *args: -spec(*args),
    ),
    likelihood=("This is the likelihood itself. Its -ln is asked for.", lambda *args: torch.exp(-spec(*args))),
    bits=("This is in bits: log2. Losses are in nats, the natural logarithm.", lambda *args: spec(*args) / math.log(2)),
    per_frame=(
        "This is divided by the number of frames. The loss of all of them together is asked for.",
        lambda start, moves, e: spec(start, moves, e) / len(e),
    ),
)
wrong.table(
    of_sums,
    last_sum_only=(
        "This is -ln of the last sum alone. What was divided out at the other frames is lost.",
        lambda sums: -sums[-1].log(),
    ),
    last_sum_twice=(
        "The last sum is counted twice: once in the loop, and once more behind it.",
        lambda sums: -sums.log().sum() - sums[-1].log(),
    ),
    first_sum_lost=(
        "The first sum was divided out, and its logarithm is not added. Every sum counts, that one too.",
        lambda sums: -sums[1:].log().sum(),
    ),
    sums_added=("The sums are added up before the logarithm. Add up their logarithms.", lambda sums: -sums.sum().log()),
    logs_cut_off=(
        "The logarithms of the sums are plain numbers (`.item()`, `math.log`, `.detach()`): the value is right, and no "
        "gradient comes back, or that of the last sum alone.",
        (
            lambda sums: -sums.log().sum().detach() + 0 * sums.sum(),
            lambda sums: -sums[:-1].log().sum().detach() - sums[-1].log(),
        ),
    ),
    nan_where_impossible=(
        "Where a sum is 0, the row was divided by it all the same: 0/0 is NaN. -ln 0 is inf, and nothing is left to "
        "divide.",
        lambda sums: -sums.log().sum(),
    ),
)


@wrong("A small number is added to the sum. What is impossible costs inf, and elsewhere it changes the digits.")
def hidden_zero(initial: Tensor, transition: Tensor, emission: Tensor, *, eps: float = 1e-8) -> Tensor:
    row, loss = initial * emission[0], initial.new_zeros(())
    for at in range(len(emission)):
        if at:
            row = (row @ transition) * emission[at]
        loss, row = loss - (row.sum() + eps).log(), row / (row.sum() + eps)
    return loss
