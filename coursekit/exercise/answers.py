"""What is right, and when two answers are the same numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from coursekit.exercise.literal import call_line
from coursekit.exercise.recall import recall
from coursekit.wire import Answer, Problem, Question

# (relative, absolute): a few roundings of a sum over some dozen terms. Extreme inputs are compared by the relative
# bound alone, so a missing max-shift or an epsilon of 1e-6 stands out in float64.
TOLERANCE = {torch.float64: (1e-7, 1e-9), torch.float32: (1e-4, 1e-5), torch.float16: (1e-2, 1e-3)}


# where a question, which never changes, keeps its own in float64, and its own without a gradient
_WIDENED, _OF_VALUE = "_widened", "_of_value"


class SpecError(Exception):
    """A specification gives no value where a check or a case asks for one: the author's mistake, not a learner's."""


def expected_answer(spec: Callable[..., Tensor], question: Question) -> Answer:
    """What is right for `question`: the spec's value and gradients, from inputs widened to float64.

    Raises:
        SpecError: the spec gives none.
    """
    reply = recall(spec, widened(question))
    if reply.value is None:
        problem = reply.problem or Problem("nothing")
        raise SpecError(f"the spec fails: {call_line('spec', question)} gives {problem.message or problem.kind}.")
    return reply


def widened(question: Question) -> Question:
    """The same question about float64; asked again it is the same object, which keeps what was found out about it."""
    kept: dict[str, Any] = vars(question)
    if _WIDENED not in kept:
        args = tuple(_widen(value) for value in question.args)
        kwargs = {name: _widen(value) for name, value in question.kwargs.items()}
        kept[_WIDENED] = Question(args, kwargs, question.wrt, question.scale, question.through, question.free)
    return cast(Question, kept[_WIDENED])


def of_value(question: Question) -> Question:
    """The same question about the value alone: of most mistakes that is enough to see that they are another one."""
    kept: dict[str, Any] = vars(question)
    if _OF_VALUE not in kept:
        args = [*question.args]
        for position in question.wrt if question.through == "log_softmax" else ():
            args[position] = args[position].log_softmax(-1)
        kept[_OF_VALUE] = Question(tuple(args), question.kwargs) if question.wrt else question
    return cast(Question, kept[_OF_VALUE])


def same_answer(one: Answer, other: Answer, question: Question) -> bool:
    """Whether two answers to `question` are the same numbers, or the same kind of error."""
    if one is other:  # a mistake of the catalogue that is asked what it has answered
        return True
    if one.problem or other.problem:
        return _error_kind(one) == _error_kind(other)
    dtype = coarsest(question)
    if not close(one.value, other.value, dtype):
        return False
    return all(close(a, b, dtype) for a, b in zip(_slopes(one, question), _slopes(other, question), strict=True))


def lost_alike(one: Answer, other: Answer, right: Answer, question: Question, *, more: bool = False) -> bool:
    """Whether both have lost numbers to inf or NaN that are finite in the right answer, and agree in all the others.

    Where exp overflows, or a NaN begins, and by which argument a slope is NaN, hangs on the algebra that a mistake is
    written in; that the value is lost, or a gradient, does not.

    Args:
        one: an answer.
        other: another one.
        right: the right one.
        question: what all three answer.
        more: `other` may lose values or gradients that `one` keeps.
    """
    if one.value is None or other.value is None or right.value is None:
        return False
    dtype = coarsest(question)
    lost = []
    for a, b, want in zip(*((each.value, *_slopes(each, question)) for each in (one, other, right)), strict=True):
        if a is None or b is None or want is None:
            if a is not b:
                return False
            continue
        if not a.shape == b.shape == want.shape:
            return False
        lost_a, lost_b = (want.isfinite() & ~each.isfinite() for each in (a, b))
        kept = ~(lost_a | lost_b)
        if not close(a[kept], b[kept], dtype):
            return False
        lost.append((bool(lost_a.any()), bool(lost_b.any())))
    value, slopes = lost[0], tuple(map(any, zip(*lost[1:], strict=True))) or (False, False)
    return any(lost_b for _, lost_b in lost) and (more or (value[0] == value[1] and slopes[0] == slopes[1]))


def _slopes(reply: Answer, question: Question) -> tuple[Tensor | None, ...]:
    """The gradients of an answer, with 0 for each slope that may be any number."""
    if question.free is None or not reply.gradients or (first := reply.gradients[0]) is None:
        return reply.gradients
    free = question.free & ~first.isnan() if question.free.shape == first.shape else torch.tensor(False)
    return first.masked_fill(free, 0.0), *reply.gradients[1:]


def all_finite(reply: Answer) -> bool:
    """Whether no number of an answer is inf or NaN."""
    return all(part is None or bool(part.isfinite().all()) for part in (reply.value, *reply.gradients))


def _error_kind(reply: Answer) -> tuple[str, str] | None:
    """A problem by its kind and, for an exception, its type; messages differ between two writings of one mistake."""
    if reply.problem is None:
        return None
    return reply.problem.kind, reply.problem.message.partition(" ")[0].rstrip(":")


def _widen(value: Any) -> Any:
    return value.double() if isinstance(value, Tensor) and value.is_floating_point() else value


def coarsest(question: Question) -> torch.dtype:
    """The least exact dtype among the inputs: no answer can be held to more than that."""
    values = (*question.args, *question.kwargs.values())
    dtypes = [value.dtype for value in values if isinstance(value, Tensor) and value.is_floating_point()]
    return max(dtypes, key=lambda dtype: TOLERANCE[dtype], default=torch.float32)


_FEW = (
    64  # of so few numbers Python finds the first that differs before numpy has begun; a diagnosis compares thousands
)


def _near(a: float, b: float, relative: float, absolute: float) -> bool:
    if a == b or (a != a and b != b):
        return True
    return math.isfinite(b) and abs(a - b) <= absolute + relative * abs(b)


def close(got: Tensor | None, want: Tensor | None, dtype: torch.dtype) -> bool:
    """Equal shapes; equal values to the tolerance of `dtype`; NaN, inf and -inf only where the other has them too.

    The question sets the tolerance, never the answer: half precision would otherwise buy a hundredth of slack.
    """
    if got is None or want is None:
        return got is want
    if got.shape != want.shape:
        return False
    if got.numel() <= _FEW and not got.is_complex():
        relative, absolute = TOLERANCE[dtype]
        pairs = zip(got.flatten().tolist(), want.flatten().tolist(), strict=True)
        return all(_near(a, b, relative, absolute) for a, b in pairs)
    return bool(near(got, want, dtype).all())


def near(got: Tensor, want: Tensor, dtype: torch.dtype) -> Tensor:
    """Of each number whether it is equal to the tolerance of `dtype`, as in `close`; the shapes are equal."""
    relative, absolute = TOLERANCE[dtype]
    a, b = got.detach().double().numpy(), want.detach().double().numpy()
    with np.errstate(all="ignore"):
        alike = np.isfinite(b) & (np.abs(a - b) <= absolute + relative * np.abs(b))  # inf <= inf would let all pass
    return torch.as_tensor(alike | (a == b) | (np.isnan(a) & np.isnan(b)))
