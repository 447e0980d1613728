"""The CTC loss of one sample in probabilities that are rescaled at every frame: what `ctc_scaled` owes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, inf, tensor

from coursekit.exercise import Exercise, Function, Rng, same_dtype, same_gradient, same_value
from coursekit.exercise.families.inputs import normal
from coursekit.graders.ctc_speed.scaled_ctc_mistakes import MISTAKES
from coursekit.graders.ctc_speed.scaled_ctc_spec import ctc_scaled_spec
from coursekit.wire import Question


def torch_ctc(log_probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
    """torch's own, of a batch of one sample."""
    return F.ctc_loss(log_probs[:, None], target[None], tensor([len(log_probs)]), tensor([len(target)]), blank, "sum")


def cases() -> Iterator[Question]:
    """Lengths × targets × blanks × dtypes; the gradient through log_softmax, as torch's own is right only there."""
    rng = np.random.default_rng(0)
    for dtype in (torch.float32, torch.float64):
        for labels in ([], [1], [2, 1], [1, 1], [1, 2, 1], [2, 2, 1]):
            for T in (1, 2, 4, 7):
                logits = normal(rng, T, 4).to(dtype)
                needed = len(labels) + sum(a == b for a, b in pairwise(labels))
                for blank in (0, 3):
                    target = tensor(labels, dtype=torch.int64)
                    if needed <= T:
                        yield Question((logits, target), {"blank": blank}, (0,), 1.0, "log_softmax")
                    else:  # the gradient of inf is NaN in torch, and a matter of convention
                        yield Question((logits.log_softmax(-1), target), {"blank": blank})
        yield Question((faint(rng, 40, 3).to(dtype), tensor([1, 2, 2])))


ctc_scaled = Exercise(
    "ctc_scaled",
    ctc_scaled_spec,
    points=2,
    parity_points=2,
    forbids=("ctc_loss",),
    twin=torch_ctc,
    cases=cases,
    idea="Divide alpha by its sum at every frame and keep the logarithm of the sum: products and sums do the rest.",
    hints=(
        "First without any scaling: alpha of each state is what stays, steps or jumps into it, times the probability "
        "of its class. Check it on two frames.",
        "Then divide the new row by its sum, so that it adds up to 1 again. What was divided out must not be lost: "
        "which function turns a product of T sums into something that does not underflow?",
        "At the end the last two states hold a share of 1. The likelihood is this share times all the sums.",
        "Leave the sums in the graph as tensors: with `.item()` or `math.log` the value is right, its gradient is not.",
    ),
)


# ---- inputs ------------------------------------------------------------------------------------------------------


def frames(rng: Rng, T: int, C: int = 3) -> Tensor:
    """Log-probabilities of T frames, whose classes are all unlike."""
    while True:
        log_probs = (normal(rng, T, C) * 0.7).log_softmax(-1)
        rounded = (log_probs * 10).round() / 10
        if all(len(set(row)) == C for row in rounded.tolist()):
            return rounded


def faint(rng: Rng, T: int, C: int = 3) -> Tensor:
    """Frames in which every class is as good as ruled out: about e to the power of -30."""
    return normal(rng, T, C) - 30


def labels(*values: int) -> Tensor:
    """A target."""
    return tensor(values, dtype=torch.int64)


# ---- core --------------------------------------------------------------------------------------------------------


@ctc_scaled.check
def three_paths(f: Function, rng: Rng) -> None:
    """One label in two frames: label-label, label-blank and blank-label

    The states are blank, label, blank. A path begins in one of the first two and ends in one of the last two.
    """
    same_value(f, ctc_scaled_spec, tensor([[0.25, 0.75], [0.5, 0.5]]).log(), labels(1))
    same_value(f, ctc_scaled_spec, frames(rng, 2), labels(1))
    same_value(f, ctc_scaled_spec, frames(rng, 3), labels(2))


@ctc_scaled.check
def neighbours(f: Function, rng: Rng) -> None:
    """Unlike labels may follow each other at once, equal ones need a blank between them"""
    for target in (labels(1, 2), labels(1, 1), labels(2, 1, 1), labels(1, 2, 1)):
        same_value(f, ctc_scaled_spec, frames(rng, 4), target)
    same_value(f, ctc_scaled_spec, frames(rng, 7), labels(2, 2, 1))


@ctc_scaled.check
def no_underflow(f: Function, rng: Rng) -> None:
    """Six frames of probabilities near e⁻³⁰ cost about 170 nats, not inf

    Their product is 0 in float32. Divide by the sum at every frame, and add up the logarithms of the sums.
    """
    same_value(f, ctc_scaled_spec, faint(rng, 6), labels(1, 2))
    same_value(f, ctc_scaled_spec, faint(rng, 30), labels(2, 1, 1))


@ctc_scaled.check
def gradient(f: Function, rng: Rng) -> None:
    """The gradient with respect to the logits is right

    What is divided out and what is added as a logarithm depend on the input as well.
    """
    for T, target in ((2, labels(1)), (4, labels(1, 2)), (5, labels(2, 2))):
        same_gradient(f, ctc_scaled_spec, normal(rng, T, 3), target, through="log_softmax")


# ---- parity ------------------------------------------------------------------------------------------------------


@ctc_scaled.parity
def nothing_said(f: Function, rng: Rng) -> None:
    """An empty target costs the blanks of all frames

    There is one state then, and it is the first and the last.
    """
    same_value(f, ctc_scaled_spec, frames(rng, 3), labels())
    same_gradient(f, ctc_scaled_spec, normal(rng, 4, 3), labels(), through="log_softmax")


@ctc_scaled.parity
def any_blank(f: Function, rng: Rng) -> None:
    """Any class may be the blank"""
    same_value(f, ctc_scaled_spec, frames(rng, 4), labels(0, 1), blank=2)
    same_gradient(f, ctc_scaled_spec, normal(rng, 5, 4), labels(3, 0, 0), blank=1, through="log_softmax")


@ctc_scaled.parity
def too_few_frames(f: Function, rng: Rng) -> None:
    """A target that does not fit into the frames costs inf

    Two equal labels need three frames.
    """
    same_value(f, ctc_scaled_spec, frames(rng, 1), labels(1, 2))
    same_value(f, ctc_scaled_spec, frames(rng, 2), labels(1, 1))


@ctc_scaled.parity
def forbidden_class(f: Function, rng: Rng) -> None:
    """A class of probability 0 closes some paths and leaves the others"""
    log_probs = frames(rng, 4)
    log_probs[1, 1] = -inf
    same_value(f, ctc_scaled_spec, log_probs, labels(1, 2))


@ctc_scaled.parity
def dtypes(f: Function, rng: Rng) -> None:
    """float32 gives float32, float64 gives float64 with all its digits"""
    for dtype in (torch.float32, torch.float64):
        same_dtype(f, ctc_scaled_spec, frames(rng, 4).to(dtype), labels(1, 2))


@ctc_scaled.parity
def long_gradient(f: Function, rng: Rng) -> None:
    """The gradient of thirty frames is right as well"""
    same_gradient(f, ctc_scaled_spec, 2 * normal(rng, 30, 3), labels(1, 1, 2, 1), through="log_softmax")


ctc_scaled.misconceptions.extend(MISTAKES)
