"""What goes wrong in `ctc_scaled`: in the numbers, in what is made of the loss, and in the paths."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, tensor

from coursekit.exercise import Loss, Mistakes, argument_fixed, with_defaults
from coursekit.graders.ctc_forward.common import states_of
from coursekit.graders.ctc_speed.scaled_ctc_spec import Allowed, all_ways, allowed, ctc_scaled_spec, loss_of

MISTAKES = Mistakes(ctc_scaled_spec)

# ---- mistakes in the numbers -------------------------------------------------------------------------------------


def rescaled(log_probs: Tensor, target: Tensor, blank: int, divisor: Loss) -> tuple[Tensor, Tensor]:
    """The recursion in probabilities, each row divided by a `divisor` of row and sum.

    Returns:
        The logarithms of all sums together, and what the last two states hold at the end.
    """
    states = tensor(states_of(target.tolist(), blank))
    emitted = log_probs.exp()[:, states]
    skips = F.pad(states[2:] != states[:-2], (2, 0))
    row = F.pad(emitted.new_ones(1), (2, len(states) - 1))
    sums = []
    for frame in emitted:
        row = (row[2:] + row[1:-1] + row[:-2] * skips) * frame
        sums.append(row.sum())
        row = F.pad(row / divisor(row, sums[-1]), (2, 0))
    return torch.stack(sums).log().sum(), row[-2:].sum()


def of_the_end(formula: Loss) -> Loss:
    """The loss as a formula of the sums' logarithms and of the share of the last two states."""

    def loss(log_probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
        return formula(*rescaled(log_probs, target, blank, lambda row, total: total))

    return loss


def divided_by(divisor: Loss) -> Loss:
    """The loss with rows that are divided by something else, while the logarithms are those of their sums."""

    def loss(log_probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
        logs, share = rescaled(log_probs, target, blank, divisor)
        return -(logs + share.log())

    return loss


@MISTAKES(
    "The row is never rescaled. The probability of a path is a product over all frames, and float32 ends at e⁻¹⁰³: "
    "after that it is 0, and the loss inf.",
    covers="CTC13",
)
def never_rescaled(log_probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
    _, share = rescaled(log_probs, target, blank, lambda row, total: torch.ones_like(total))
    return -share.log()


MISTAKES.table(
    with_defaults(MISTAKES),
    first_sum_lost=(
        "The first frame's sum was divided out, and its logarithm is not added. Every sum counts, that one too.",
        lambda x, target, blank: (
            ctc_scaled_spec(x, target, blank) + x[0, states_of(target.tolist(), blank)[:2]].exp().sum().log()
        ),
    ),
    only_in_float64=(
        "It is right in float64 without any scaling, until that ends too, at e⁻⁷⁴⁵. More digits move the cliff, "
        "scaling removes it.",
        lambda x, target, blank: never_rescaled(x.double(), target, blank).to(x.dtype),
    ),
)
MISTAKES.table(
    of_the_end,
    sums_lost=(
        "The sums that were divided out are lost: this is -ln of the share of the last two states alone. Add the "
        "logarithm of every sum.",
        lambda logs, share: -share.log(),
    ),
    share_forgotten=(
        "The logarithms of the sums are there, the share of the last two states is not: this counts the paths that end "
        "anywhere.",
        lambda logs, share: -logs,
    ),
    logs_cut_off=(
        "The logarithms of the sums are plain numbers (`.item()`, `math.log`, `.detach()`), while the rows were "
        "divided by the sums themselves: the value is right, and a part of the gradient is missing.",
        lambda logs, share: -(logs.detach() + share.log()),
    ),
)
MISTAKES.table(
    divided_by,
    divisors_cut_off=(
        "The rows are divided by detached sums, whose logarithms are added with their gradient: it is counted twice. "
        "Detach both or neither.",
        lambda row, total: total.detach(),
    ),
    epsilon_added=(
        "A small number is added to the sum before dividing by it. Where the sum itself is small, that changes "
        "everything.",
        lambda row, total: total + 1e-8,
    ),
    divided_by_the_largest=(
        "The row is divided by its largest entry, and the logarithm of its sum is added. Both are fine, but it must be "
        "the same number.",
        lambda row, total: row.max(),
    ),
)
MISTAKES.table(
    of_the_end,
    impossible_is_finite=(
        "A target that does not fit costs a large number here: something keeps the logarithm from 0. inf is the "
        "answer.",
        lambda logs, share: -(logs + share.clamp(min=1e-30).log()),
    ),
)

# ---- mistakes in what is made of the right loss ------------------------------------------------------------------


def of_the_loss(formula: Loss) -> Loss:
    """A loss that is made of the right one and of the target."""

    def loss(log_probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
        return formula(ctc_scaled_spec(log_probs, target, blank), target)

    return loss


MISTAKES.table(
    of_the_loss,
    log_likelihood=("The sign is missing: this is ln of the likelihood, and a loss is -ln.", lambda x, target: -x),
    likelihood=("This is the likelihood itself. The loss is -ln of it.", lambda x, target: (-x).exp()),
    bits=("This is in bits. Nats need the natural logarithm.", lambda x, target: x / math.log(2), "I4"),
    per_label=(
        "The loss is divided by the number of labels. That belongs to the mean over a batch; one sample costs -ln p.",
        lambda x, target: x / max(len(target), 1),
        "CTC4",
    ),
    always_float64=("The result is float64 whatever came in.", lambda x, target: x.double()),
    cut_off=("The result is cut off from the graph: no gradient comes back.", lambda x, target: x.detach()),
)

# ---- mistakes in the paths ---------------------------------------------------------------------------------------


def other_moves(rule: Allowed, start: tuple[int, ...] = (0, 1), ends: tuple[int, ...] = (2, 1)) -> Loss:
    """The loss with other moves, first states, or last states (counted from the end)."""

    def loss(log_probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
        states = states_of(target.tolist(), blank)
        return loss_of(all_ways(log_probs, states, rule, start), tuple(len(states) - k for k in ends), log_probs)

    return loss


MISTAKES.table(
    jumps_to_equal_labels=(
        "A path jumps from a label to the next even if they are equal. Without a blank between them the two are one "
        "label.",
        other_moves(lambda states, before, after: after - before < 2 or after % 2 == 1),
        "CTC11",
    ),
    jumps_over_labels=(
        "A path jumps from blank to blank, over a label that it then never says.",
        other_moves(
            lambda states, before, after: after - before < 2 or states[after] != states[before] or after % 2 == 0
        ),
    ),
    never_jumps=(
        "A path never jumps over a blank here. Between unlike labels it may.",
        other_moves(lambda states, before, after: after - before < 2),
    ),
    never_stays=("A path never stays in its state.", other_moves(lambda s, a, b: a < b and allowed(s, a, b))),
    starts_with_blank=(
        "Every path starts with a blank. It may start with the label.",
        other_moves(allowed, start=(0,)),
    ),
    ends_with_blank=(
        "Only paths that end with a blank count. The last label may end one as well.",
        other_moves(allowed, ends=(1,)),
        "CTC12",
    ),
    ends_with_label=(
        "Only paths that end with the last label count. A blank may follow it.",
        other_moves(allowed, ends=(2,)),
    ),
)
argument_fixed(MISTAKES, "blank_fixed", "The blank is always class 0. It is the class that `blank` says.", blank=0)
MISTAKES.table(
    with_defaults(MISTAKES),
    exp_missing=(
        "The logarithms are used as if they were probabilities: `exp` is missing.",
        lambda x, target, blank: ctc_scaled_spec(x.log(), target, blank),
        "CTC1",
    ),
)


@MISTAKES("Equal neighbours of the target are merged. It is the paths that are collapsed, not the target.")
def target_collapsed(log_probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
    merged = [label for t, label in enumerate(target.tolist()) if t == 0 or label != target[t - 1]]
    return ctc_scaled_spec(log_probs, target.new_tensor(merged), blank)


@MISTAKES("The states are the labels alone. There is a blank before, between and after them.")
def labels_alone(log_probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
    states = target.tolist() or [blank]
    reached = all_ways(log_probs, states, lambda states, before, after: after - before < 2, (0,))
    return loss_of(reached, (len(states) - 1,), log_probs)


@MISTAKES("An empty target has one state only: there is no second one to start or to end in.", covers="CTC15")
def empty_target_breaks(log_probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
    states = states_of(target.tolist(), blank)
    if len(states) < 2:
        raise IndexError("index 1 is out of bounds for dimension 0 with size 1")
    return ctc_scaled_spec(log_probs, target, blank)
