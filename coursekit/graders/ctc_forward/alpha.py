"""The forward variables of one word: `ctc_alpha`."""

from __future__ import annotations

import torch
from torch import Tensor, inf, tensor

from coursekit.exercise import Exercise, Function, Loss, Rng, of_value, same_dtype, same_gradient, same_value
from coursekit.exercise.families.inputs import normal
from coursekit.graders.ctc_forward.common import READY_MADE, draw_log_probs, draw_word, forward, states_of, whole
from coursekit.graders.ctc_forward.recursion_mistakes import recursion_mistakes


def alpha_spec(log_probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
    """Row after row: what came from the state itself, the one before, and over a blank; times the frame's output."""
    return forward(log_probs, target.tolist(), blank)


ctc_alpha = Exercise(
    "ctc_alpha",
    alpha_spec,
    points=3,
    parity_points=2,
    forbids=READY_MADE,
    idea="Paths that meet in a state share their future: one number for each state and frame stands for all of them.",
    hints=(
        "The first row has two entries that are not -inf: the first blank and the first label, each with its output.",
        "In every later row, state s adds up three numbers of the row before: at s, at s - 1, and at s - 2 if "
        "`ctc_skips` allows it. Then comes the output of this frame for the class of s.",
        'Shift the row by one and by two places, filled up with "never", stack the three, and take one `logsumexp`.',
        "`logsumexp` of three times -inf has a gradient of NaN. Use -1e30 for never on the way and turn it into -inf "
        "at the end; or let `torch.where` give it something harmless to sum, and take that away again.",
    ),
)


@ctc_alpha.check
def a_in_two_frames(f: Function, rng: Rng) -> None:
    """The word a in two frames: three states, two rows

    In probabilities 0.6, 0.4, 0 and then 0.12, 0.8 · (0.6 + 0.4) and 0.2 · 0.4. Where no path comes, ln 0 is -inf.
    """
    same_value(f, alpha_spec, tensor([[0.6, 0.4], [0.2, 0.8]]).log(), whole(1))
    same_value(f, alpha_spec, draw_log_probs(rng, 2, 3), whole(2))


@ctc_alpha.check
def ab_in_four_frames(f: Function, rng: Rng) -> None:
    """The word ab: from a to b also over the blank"""
    same_value(f, alpha_spec, draw_log_probs(rng, 3, 3), whole(*draw_word(rng, 2, 3)))
    same_value(f, alpha_spec, draw_log_probs(rng, 4, 4), whole(*draw_word(rng, 2, 4)))


@ctc_alpha.check
def aa_needs_its_blank(f: Function, rng: Rng) -> None:
    """The word aa: never over the blank between two equal labels"""
    same_value(f, alpha_spec, draw_log_probs(rng, 4, 3), whole(1, 1))
    same_value(f, alpha_spec, draw_log_probs(rng, 5, 3), whole(2, 2, 1))


def same_slopes(f: Function, log_probs: Tensor, target: Tensor) -> None:
    """Value and gradient agree; but whether a state that is -inf has a gradient by its own output is convention."""
    never = alpha_spec(log_probs, target) == -inf
    free = torch.zeros_like(log_probs, dtype=torch.bool)
    for t, s in never.nonzero().tolist():
        free[t, states_of(target.tolist(), 0)[s]] = True
    same_gradient(f, alpha_spec, log_probs, target, free=free)


@ctc_alpha.check
def alpha_gradient(f: Function, rng: Rng) -> None:
    """The gradient holds no NaN, although some states are -inf

    `logsumexp` and `logaddexp` of nothing but -inf give -inf, and NaN as their gradient.
    """
    same_slopes(f, draw_log_probs(rng, 3, 3), whole(*draw_word(rng, 2, 3)))
    same_slopes(f, draw_log_probs(rng, 4, 3), whole(1, 1))


@ctc_alpha.check
def tiny_outputs(f: Function, rng: Rng) -> None:
    """Four frames with outputs of e to the power of -40: log space does not underflow

    In float32, anything below e to the power of -104 is 0. A hundred ordinary frames come to the same.
    """
    log_probs = tensor([[-0.1, -40.0, -42.0]] * 4)
    log_probs[:, 1:] += normal(rng, 4, 2)
    same_value(f, alpha_spec, log_probs, whole(1, 2, 1))


@ctc_alpha.parity
def alpha_blank(f: Function, rng: Rng) -> None:
    """The blank is the class that `blank` says"""
    same_value(f, alpha_spec, draw_log_probs(rng, 3, 3), whole(*draw_word(rng, 2, 3, 2)), blank=2)
    same_value(f, alpha_spec, draw_log_probs(rng, 3, 3), whole(0, 0), 1)


@ctc_alpha.parity
def alpha_empty_word(f: Function, rng: Rng) -> None:
    """The empty word has one state, and its row is the blanks so far"""
    same_slopes(f, draw_log_probs(rng, 3, 3), whole())
    same_value(f, alpha_spec, draw_log_probs(rng, 2, 3), whole(), blank=1)


@ctc_alpha.parity
def alpha_too_few_frames(f: Function, rng: Rng) -> None:
    """One frame, and a word that is too long for its frames"""
    same_value(f, alpha_spec, draw_log_probs(rng, 1, 3), whole(2))
    same_slopes(f, draw_log_probs(rng, 1, 3), whole(1, 2))
    same_slopes(f, draw_log_probs(rng, 2, 3), whole(1, 2, 1))


@ctc_alpha.parity
def alpha_as_they_are(f: Function, rng: Rng) -> None:
    """Log-probabilities are taken as they are, whether they sum to 1 or not"""
    same_value(f, alpha_spec, -normal(rng, 3, 3).abs() - 0.5, whole(1, 2))


@ctc_alpha.parity
def alpha_ruled_out(f: Function, rng: Rng) -> None:
    """A class that is ruled out, -inf, rules out the paths that need it"""
    log_probs = draw_log_probs(rng, 3, 3)
    log_probs[1, 0], log_probs[2, 2] = -inf, -inf
    same_value(f, alpha_spec, log_probs, whole(1, 2))
    same_value(f, alpha_spec, log_probs, whole(1, 1))


@ctc_alpha.parity
def alpha_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32, float64 stays float64 with all its digits"""
    log_probs = draw_log_probs(rng, 3, 3, dtype=torch.float64)
    same_dtype(f, alpha_spec, log_probs.float(), whole(1, 2))
    same_dtype(f, alpha_spec, log_probs, whole(1, 2))
    same_value(f, alpha_spec, tensor([[-0.1, -400.0, -0.3]] * 2).double(), whole(1))


def of_rows(rows: Loss) -> Loss:
    """`ctc_alpha` by another recursion."""
    return lambda log_probs, target, blank=0: rows(log_probs, target.tolist(), blank)


wrong = ctc_alpha.misconceptions
wrong.extend(recursion_mistakes("alpha", of_rows))

wrong.table(
    of_value(wrong),
    without_logarithm=(
        "These are the probabilities. The logarithms are asked for: they do not underflow.",
        lambda alpha: alpha.exp(),
    ),
    minus_alpha=(
        "The sign is the other way round. These are logarithms of probabilities, negative numbers.",
        lambda alpha: -alpha,
    ),
    last_row_only=(
        "Only the last row came back. All of them are asked for, (T, 2U + 1).",
        lambda alpha: alpha[-1],
    ),
    transposed=(
        "Rows and columns are the other way round: (T, 2U + 1), frames first.",
        lambda alpha: alpha.T,
    ),
    whole_word=(
        "This is the probability of the whole word. Here the way to it is asked for, all rows of it.",
        lambda alpha: alpha[-1, -2:].logsumexp(0),
    ),
)


@wrong.formula(of_value(wrong))(
    "A row stands before the first frame here. It is a good way to begin; leave it out of the answer."
)
def row_before_the_first(alpha: Tensor) -> Tensor:
    first = torch.full_like(alpha[:1], -inf)
    first[0, 0] = 0.0
    return torch.cat([first, alpha])


wrong.table(
    of_value(wrong),
    finite_never=(
        "A large negative number stands where no path comes. On the way it keeps NaN out of the gradient; in the "
        "answer ln 0 is -inf.",
        lambda alpha: alpha.masked_fill(alpha == -inf, -1e30),
    ),
    alpha_float32=(
        "The rows are float32 for float64 input. Make your tensors with `new_zeros`, `new_full` or a dtype.",
        lambda alpha: alpha.float(),
    ),
    rescaled=(
        "The rows are normalised to sum to 1, as for rescaling. The scale is a part of the answer.",
        lambda alpha: alpha.log_softmax(1),
    ),
)
