"""What goes wrong in `ctc_scaled`: in the numbers, and in the paths."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, tensor

from coursekit.graders.at_scale.scaled_ctc import (
    Allowed,
    Loss,
    all_ways,
    allowed,
    ctc_scaled,
    ctc_scaled_spec,
    labels,
    loss_of,
    states_of,
)

# ---- mistakes in the numbers -------------------------------------------------------------------------------------


def rows(
    log_probs: Tensor, target: Tensor, blank: int, scale: Callable[[Tensor], Tensor]
) -> tuple[list[Tensor], Tensor]:
    """The recursion in probabilities, each row divided by its `scale`: all scales, and the last row."""
    states = tensor(states_of(target, blank))
    emitted = log_probs.exp()[:, states]
    skips = F.pad(states[2:] != states[:-2], (2, 0))
    row = F.pad(emitted.new_ones(1), (2, len(states) - 1))
    scales = []
    for frame in emitted:
        row = (row[2:] + row[1:-1] + row[:-2] * skips) * frame
        scales.append(scale(row))
        row = F.pad(row / scales[-1], (2, 0))
    return scales, row[2:]


def logs(scales: list[Tensor]) -> Tensor:
    return torch.stack(scales).log().sum()


@ctc_scaled.misconception(  # CTC13
    "The row is never rescaled. The probability of a path is a product over all frames, and float32 ends at e⁻¹⁰³: "
    "after that it is 0, and the loss inf."
)
def never_rescaled(log_probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
    return -rows(log_probs, target, blank, lambda row: torch.ones_like(row.sum()))[1][-2:].sum().log()


@ctc_scaled.misconception(
    "It is right in float64 without any scaling, until that ends too, at e⁻⁷⁴⁵. More digits move the cliff, scaling "
    "removes it."
)
def only_in_float64(log_probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
    return never_rescaled(log_probs.double(), target, blank).to(log_probs.dtype)


@ctc_scaled.misconception(
    "The sums that were divided out are lost: this is -ln of the share of the last two states alone. Add the logarithm "
    "of every sum."
)
def sums_lost(log_probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
    return -rows(log_probs, target, blank, torch.sum)[1][-2:].sum().log()


@ctc_scaled.misconception(
    "The logarithms of the sums are there, the share of the last two states is not: this counts the paths that end "
    "anywhere."
)
def share_forgotten(log_probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
    return -logs(rows(log_probs, target, blank, torch.sum)[0])


@ctc_scaled.misconception(
    "The logarithms of the sums are plain numbers (`.item()`, `math.log`, `.detach()`), while the rows were divided by "
    "the sums themselves: the value is right, and a part of the gradient is missing."
)
def logs_cut_off(log_probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
    scales, row = rows(log_probs, target, blank, torch.sum)
    return -(logs(scales).detach() + row[-2:].sum().log())


@ctc_scaled.misconception(
    "The rows are divided by detached sums, whose logarithms are added with their gradient: it is counted twice. "
    "Detach both or neither."
)
def divisors_cut_off(log_probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
    scales: list[Tensor] = []

    def scale(row: Tensor) -> Tensor:
        scales.append(row.sum())
        return scales[-1].detach()

    row = rows(log_probs, target, blank, scale)[1]
    return -(logs(scales) + row[-2:].sum().log())


@ctc_scaled.misconception(
    "A small number is added to the sum before dividing by it. Where the sum itself is small, that changes everything."
)
def epsilon_added(log_probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
    scales: list[Tensor] = []

    def scale(row: Tensor) -> Tensor:
        scales.append(row.sum())
        return scales[-1] + 1e-8

    row = rows(log_probs, target, blank, scale)[1]
    return -(logs(scales) + row[-2:].sum().log())


@ctc_scaled.misconception(
    "The row is divided by its largest entry, and the logarithm of its sum is added. Both are fine, but it must be the "
    "same number."
)
def divided_by_the_largest(log_probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
    scales: list[Tensor] = []

    def scale(row: Tensor) -> Tensor:
        scales.append(row.sum())
        return row.max()

    row = rows(log_probs, target, blank, scale)[1]
    return -(logs(scales) + row[-2:].sum().log())


@ctc_scaled.misconception(
    "A target that does not fit costs a large number here: something keeps the logarithm from 0. inf is the answer."
)
def impossible_is_finite(log_probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
    scales, row = rows(log_probs, target, blank, torch.sum)
    return -(logs(scales) + row[-2:].sum().clamp(min=1e-30).log())


def of_the_loss(name: str, explanation: str, spoil: Callable[[Tensor, Tensor], Tensor]) -> None:
    """Adds a mistake that is made with the right loss, or knows the target."""

    def wrong(log_probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
        return spoil(ctc_scaled_spec(log_probs, target, blank), target)

    ctc_scaled.misconception(explanation, name)(wrong)


of_the_loss("log_likelihood", "The sign is missing: this is ln of the likelihood, and a loss is -ln.", lambda x, _: -x)
of_the_loss("likelihood", "This is the likelihood itself. The loss is -ln of it.", lambda x, _: (-x).exp())
of_the_loss("bits", "This is in bits. Nats need the natural logarithm.", lambda x, _: x / math.log(2))  # I4
of_the_loss(  # CTC4
    "per_label",
    "The loss is divided by the number of labels. That belongs to the mean over a batch; one sample costs -ln p.",
    lambda x, target: x / max(len(target), 1),
)
of_the_loss("always_float64", "The result is float64 whatever came in.", lambda x, _: x.double())
of_the_loss("cut_off", "The result is cut off from the graph: no gradient comes back.", lambda x, _: x.detach())


# ---- mistakes in the paths ---------------------------------------------------------------------------------------


def of_the_paths(name: str, explanation: str, walk: Loss) -> None:
    """Adds a mistake about which paths there are."""
    ctc_scaled.misconception(explanation, name)(walk)


def other_moves(rule: Allowed, start: tuple[int, ...] = (0, 1), ends: tuple[int, ...] = (2, 1)) -> Loss:
    """The loss with other moves, first states, or last states (counted from the end)."""

    def loss(log_probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
        states = states_of(target, blank)
        return loss_of(all_ways(log_probs, states, rule, start), tuple(len(states) - k for k in ends), log_probs)

    return loss


of_the_paths(  # CTC11
    "jumps_to_equal_labels",
    "A path jumps from a label to the next even if they are equal. Without a blank between them the two are one label.",
    other_moves(lambda _, before, after: after - before < 2 or after % 2 == 1),
)
of_the_paths(
    "jumps_over_labels",
    "A path jumps from blank to blank, over a label that it then never says.",
    other_moves(lambda states, before, after: after - before < 2 or states[after] != states[before] or after % 2 == 0),
)
of_the_paths(
    "never_jumps",
    "A path never jumps over a blank here. Between unlike labels it may.",
    other_moves(lambda _, before, after: after - before < 2),
)
of_the_paths("never_stays", "A path never stays in its state.", other_moves(lambda s, a, b: a < b and allowed(s, a, b)))
of_the_paths(
    "starts_with_blank",
    "Every path starts with a blank. It may start with the label.",
    other_moves(allowed, start=(0,)),
)
of_the_paths(  # CTC12
    "ends_with_blank", "Only paths that end with a blank count. The last label may end one as well.",
    other_moves(allowed, ends=(1,)),
)  # fmt: skip
of_the_paths(
    "ends_with_label", "Only paths that end with the last label count. A blank may follow it.",
    other_moves(allowed, ends=(2,)),
)  # fmt: skip


@ctc_scaled.misconception("The blank is always class 0. It is the class that `blank` says.")
def blank_fixed(log_probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
    return ctc_scaled_spec(log_probs, target, 0)


@ctc_scaled.misconception("The logarithms are used as if they were probabilities: `exp` is missing.")  # CTC1
def exp_missing(log_probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
    return ctc_scaled_spec(log_probs.log(), target, blank)


@ctc_scaled.misconception(
    "Equal neighbours of the target are merged. It is the paths that are collapsed, not the target."
)
def target_collapsed(log_probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
    merged = [label for t, label in enumerate(target.tolist()) if t == 0 or label != target[t - 1]]
    return ctc_scaled_spec(log_probs, labels(*merged), blank)


@ctc_scaled.misconception("The states are the labels alone. There is a blank before, between and after them.")
def labels_alone(log_probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
    states = target.tolist() or [blank]
    reached = all_ways(log_probs, states, lambda _, before, after: after - before < 2, (0,))
    return loss_of(reached, (len(states) - 1,), log_probs)


@ctc_scaled.misconception("An empty target has one state only: there is no second one to start or to end in.")  # CTC15
def empty_target_breaks(log_probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
    states = states_of(target, blank)
    if len(states) < 2:
        raise IndexError("index 1 is out of bounds for dimension 0 with size 1")
    return ctc_scaled_spec(log_probs, target, blank)
