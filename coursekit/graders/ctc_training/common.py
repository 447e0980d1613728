"""What all exercises share: the lattice of one sample in plain Python, inputs, labels compared."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, tensor

from coursekit.exercise import Failure, Function, Loss, Rng
from coursekit.exercise.families.inputs import distribution
from coursekit.exercise.literal import call_line, readable
from coursekit.graders.ctc_forward.common import states_of
from coursekit.report import Example

Onward = Callable[[list[int], int, int], list[int]]

READY_MADE = ("ctc_loss",)

# ---- the lattice ------------------------------------------------------------------------------------------------


def onward(states: list[int], s: int, blank: int) -> list[int]:
    """Where a path may be one frame after state `s`: there, one further, or two if a blank may be left out."""
    ways = [s, s + 1]
    if s + 2 < len(states) and states[s + 2] not in (blank, states[s]):
        ways.append(s + 2)
    return [way for way in ways if way < len(states)]


def last_two(states: list[int]) -> list[int]:
    """Where a path may end, counted from the end."""
    return [-1, -2][: len(states)]


def log_sum(logs: Iterable[float]) -> float:
    """ln of the sum of exponentials; -inf for none."""
    logs = list(logs)
    top = max(logs, default=-math.inf)
    return top if top == -math.inf else top + math.log(sum(math.exp(x - top) for x in logs))


def log_max(logs: Iterable[float]) -> float:
    """The largest alone: the best path instead of all."""
    return max(logs, default=-math.inf)


def backward_table(
    log_probs: Tensor,
    target: Tensor,
    blank: int = 0,
    *,
    onward: Onward = onward,
    ends: Callable[[list[int]], list[int]] = last_two,
    total: Callable[[Iterable[float]], float] = log_sum,
    emitter: Callable[[int, int], int] = lambda leaves, arrives: arrives,
) -> Tensor:
    """Log β (T, 2U + 1), float64: from state s after frame t to the end, without what is emitted in t."""
    states, emitted = states_of(target.tolist(), blank), log_probs.tolist()
    beta = [[-math.inf] * len(states) for _ in emitted]
    for s in ends(states):
        beta[-1][s] = 0.0
    for t in range(len(emitted) - 2, -1, -1):
        for s in range(len(states)):
            ways = onward(states, s, blank)
            beta[t][s] = total(beta[t + 1][way] + emitted[t + 1][states[emitter(s, way)]] for way in ways)
    return tensor(beta, dtype=torch.float64)


def forward_table(
    log_probs: Tensor,
    target: Tensor,
    blank: int = 0,
    *,
    onward: Onward = onward,
    total: Callable[[Iterable[float]], float] = log_sum,
) -> Tensor:
    """Log α (T, 2U + 1), float64: from the start to state s in frame t, what is emitted in t included."""
    states, emitted = states_of(target.tolist(), blank), log_probs.tolist()
    alpha = [[-math.inf] * len(states) for _ in emitted]
    for s in range(min(2, len(states))):
        alpha[0][s] = emitted[0][states[s]]
    for t in range(1, len(emitted)):
        came: list[list[float]] = [[] for _ in states]
        for s in range(len(states)):
            for way in onward(states, s, blank):
                came[way].append(alpha[t - 1][s])
        alpha[t] = [total(logs) + emitted[t][state] for logs, state in zip(came, states, strict=True)]
    return tensor(alpha, dtype=torch.float64)


def emissions(log_probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
    """The log-probability of what each state emits (T, 2U + 1), float64."""
    return log_probs.double()[:, states_of(target.tolist(), blank)]


def in_its_dtype(rows: Loss) -> Loss:
    """A function with one row per frame, from `rows(log_probs, target, blank)` in float64: of the input's dtype."""
    return lambda log_probs, target, blank=0: rows(log_probs, target, blank).to(log_probs.dtype)


def folded(per_state: Tensor, log_probs: Tensor, target: Tensor, blank: int = 0) -> Tensor:
    """(T, 2U + 1) summed over the states that emit the same class: (T, C)."""
    per_class = torch.zeros(log_probs.shape, dtype=torch.float64)
    for s, state in enumerate(states_of(target.tolist(), blank)):
        per_class[:, state] += per_state[:, s]
    return per_class


# wrong lattices, which several exercises may have built


def jump_between_equal(states: list[int], s: int, blank: int) -> list[int]:
    """Leaves out the blank between equal labels as well."""
    return [way for way in (s, s + 1, *([s + 2] if states[s] != blank else [])) if way < len(states)]


def jump_anywhere(states: list[int], s: int, blank: int) -> list[int]:
    """Leaves out labels as well as blanks."""
    return [way for way in (s, s + 1, s + 2) if way < len(states)]


def no_jump(states: list[int], s: int, blank: int) -> list[int]:
    """Never leaves out a blank."""
    return [way for way in (s, s + 1) if way < len(states)]


# ---- inputs -----------------------------------------------------------------------------------------------------


def frames(rng: Rng, count: int, classes: int) -> Tensor:
    """Log-probabilities (T, C) rounded to two decimals: rows that sum to 1 within a per cent or two."""
    return tensor(np.round(distribution(rng, count, classes).log().double().numpy(), 2)).float()


def two_labels(rng: Rng, classes: int, blank: int = 0) -> tuple[int, int]:
    """Two different classes that are not blank."""
    first, second = rng.permutation([c for c in range(classes) if c != blank])[:2].tolist()
    return first, second


# ---- labels compared --------------------------------------------------------------------------------------------


def labels(sequence: Sequence[int]) -> Tensor:
    """Labels as a tensor, int64 even if there are none."""
    return tensor(sequence, dtype=torch.int64)


def same_labels(f: Function, spec: Loss, *args: Any, **kwargs: Any) -> None:
    """Raises Failure unless `f(*args, **kwargs)` gives the very labels of `spec`, as whole numbers."""
    got, want = f(*args, **kwargs), spec(*args, **kwargs)
    line = call_line(f.name, f.calls[-1].question)
    if got.shape != want.shape or not torch.equal(got.double(), want.double()):
        raise Failure("The labels are not right.", example=Example(line, readable(got), readable(want)))
    if got.is_floating_point():
        raise Failure(
            "The labels are right, but they are floating point numbers.",
            "Labels are indices: return int64. An empty list makes a float32 tensor unless it is given a dtype.",
            Example(f"{line}.dtype", str(got.dtype).removeprefix("torch."), "int64"),
        )
