"""The likelihood of what a hidden Markov model has shown, as a loss: `hmm_nll`."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, tensor

from coursekit.exercise import (
    Exercise,
    Function,
    Question,
    Rng,
    keeps_dtype,
    same_gradient,
    same_value,
)
from coursekit.exercise.families.inputs import distribution
from coursekit.graders.ctc_speed.hmm_nll_mistakes import MISTAKES
from coursekit.graders.ctc_speed.hmm_nll_spec import spec


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
    """The gradient is right, with respect to the start, the moves and the emissions"""
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
hmm_nll.misconceptions.extend(MISTAKES)
