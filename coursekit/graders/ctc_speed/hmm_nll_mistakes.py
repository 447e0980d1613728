"""What goes wrong in `hmm_nll`: in the moves, in what is divided out, and in what is made of it."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from coursekit.exercise import Loss, Mistakes, always_float32, with_defaults
from coursekit.graders.ctc_speed.hmm_nll_spec import forward, spec

wrong = MISTAKES = Mistakes(spec)
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


def blind(initial: Tensor, transition: Tensor, emission: Tensor) -> Tensor:
    """Where the moves alone lead, whatever was seen."""
    at, loss = initial, initial.new_zeros(())
    for emitted in emission:
        loss = loss - (at @ emitted).log()
        at = at @ transition
    return loss


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
    last_state_only=(
        "Only the last state of the last frame is counted. Any state may be the last one: sum over all of them.",
        lambda start, moves, e: -forward(start, moves, e)[-1][-1],
    ),
    logarithms_added=(
        "The logarithms of the last row are added up. That multiplies its probabilities: sum them, then the logarithm.",
        lambda start, moves, e: -forward(start, moves, e)[-1].sum(),
    ),
    last_frame_missing=(
        "The last frame is left out. All T frames emit.",
        lambda start, moves, e: spec(start, moves, e[:-1] if len(e) > 1 else e),
    ),
    emissions_forgotten=(
        "Each frame is weighed by where the moves alone lead from the start. What was seen before it counts as well: "
        "go on from the row that has emitted.",
        blind,
    ),
    cut_at_zero=(
        "What is below 0 is cut off. With densities the likelihood may be above 1, and its -ln below 0.",
        lambda *args: spec(*args).clamp(min=0),
    ),
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


@wrong("Each row is divided by its largest, and the row that is left at the end is not counted: add -ln of its sum.")
def largest_alone(initial: Tensor, transition: Tensor, emission: Tensor) -> Tensor:
    row, loss = initial * emission[0], initial.new_zeros(())
    for at in range(len(emission)):
        if at:
            row = (row @ transition) * emission[at]
        loss, row = loss - row.amax().log(), row / row.amax()
    return loss


@wrong(
    "A small number is added to every probability before its logarithm. A move that is impossible has become possible."
)
def hidden_zeros(initial: Tensor, transition: Tensor, emission: Tensor, *, eps: float = 1e-8) -> Tensor:
    return spec(initial + eps, transition + eps, emission + eps)
