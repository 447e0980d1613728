"""What a function is asked and what it answers: Question, Answer, Problem; and where it comes from: Cell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

Cell = tuple[str, str]  # label and text of a piece of a learner's source
NOT_RUN = ("missing", "stub")  # the kinds of problem for which no code of the learner's was run


@dataclass(frozen=True)
class Question:
    """One call of the learner's function.

    Args:
        args: positional arguments: tensors, or whatever JSON can carry.
        kwargs: keyword arguments, likewise.
        wrt: positions in `args` with respect to which to differentiate; empty asks for the value only.
        scale: the gradient asked for is that of `scale * value.sum()`.
        through: "" or "log_softmax". The latter: what stands at the positions of `wrt` are logits, the function is
            given their log_softmax over the last dimension, and the gradient is by the logits. Losses that take
            log-probabilities may differ in their gradient by those, and agree in this one.
        free: where True, the gradient by the first of `wrt` is a matter of convention. Does not cross the wall.
    """

    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)
    wrt: tuple[int, ...] = ()
    scale: float = 1.0
    through: str = ""
    free: Tensor | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Problem:
    """Why there is no value. `kind` is one of the words below, `message` says it in the learner's terms."""

    # stub, unattempted, missing, broken, signature, raised, in-backward, nothing, not-a-tensor, changed-input, memory,
    # forbidden
    kind: str
    message: str = ""


@dataclass(frozen=True)
class Answer:
    """What the function returned, or the problem that kept it from returning a tensor.

    `gradients` has one entry for each position of `Question.wrt`; None where the value does not depend on that
    argument through operations that autograd can follow.
    """

    value: Tensor | None = None
    gradients: tuple[Tensor | None, ...] = ()
    problem: Problem | None = None
