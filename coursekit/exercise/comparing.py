"""Same value, shape, dtype, gradient: compared by hand, raising Failure in the learner's words.

By hand because `torch.testing.assert_close` imports for most of a second the first time it is called, and because a
learner wants to see the input that shows the mistake, not the index of the largest difference.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from coursekit.exercise.answers import TOLERANCE, close, coarsest, expected_answer
from coursekit.exercise.differences import in_words, of_numbers, shape_help, whole
from coursekit.exercise.failure import Failure
from coursekit.exercise.function import Function
from coursekit.exercise.literal import call_line, gradient_line, readable
from coursekit.report import Example
from coursekit.wire import Question

_KEEP = (
    "Constants take part in the result's type: use Python numbers, or tensors made with `input.new_…` or "
    "`dtype=input.dtype`."
)


def same_value(f: Function, spec: Callable[..., Tensor], *args: Any, **kwargs: Any) -> None:
    """Raises Failure unless `f(*args, **kwargs)` has the shape and the value of `spec` computed in float64."""
    question = Question(args, kwargs)
    got = f.ask(question).value
    assert got is not None
    _same(f, spec, question, got, expected_answer(spec, question).value)


def same_gradient(
    f: Function,
    spec: Callable[..., Tensor],
    *args: Any,
    wrt: tuple[int, ...] = (0,),
    scale: float = 1.0,
    free: Tensor | None = None,
    through: str = "",
    **kwargs: Any,
) -> None:
    """Raises Failure unless value and gradient agree with those of `spec` computed in float64.

    Args:
        f: the learner's function.
        spec: the specification.
        args: positional arguments of the call.
        wrt: the positions in `args` with respect to which to differentiate.
        scale: the gradient compared is that of `scale * f(...).sum()`.
        free: where True, the gradient by the first of `wrt` is a matter of convention: anything but NaN.
        through: "log_softmax" if the arguments of `wrt` are logits, and `f` is to be given their log_softmax.
        kwargs: keyword arguments of the call.
    """
    question = Question(args, kwargs, wrt, scale, through, free)
    reply = f.ask(question)
    expected = expected_answer(spec, question)
    assert reply.value is not None
    _same(f, spec, question, reply.value, expected.value)
    for position, got, want in zip(wrt, reply.gradients, expected.gradients, strict=True):
        if free is not None and got is not None and want is not None and got.shape == free.shape:
            want = torch.where(free & ~got.isnan(), got.to(want.dtype), want)
        _same_gradient(f, question, position, got, want)


def same_dtype(
    f: Function, spec: Callable[..., Tensor], *args: Any, dtype: torch.dtype | None = None, **kwargs: Any
) -> None:
    """Raises Failure unless the value agrees and has `dtype`, by default that of the first argument."""
    same_value(f, spec, *args, **kwargs)
    dtype = dtype or args[0].dtype
    got = f.calls[-1].answer.value
    assert got is not None
    if got.dtype != dtype:
        call = call_line(f.name, f.calls[-1].question)
        given = dict.fromkeys(_dtype(x.dtype) for x in args if isinstance(x, Tensor) and x.is_floating_point())
        raise Failure(
            f"The result is {_dtype(got.dtype)} for {' and '.join(given)} input.",
            _KEEP,
            Example(f"{call}.dtype", _dtype(got.dtype), _dtype(dtype)),
        )


def refuses(f: Function, *args: Any, **kwargs: Any) -> None:
    """Raises Failure unless `f(*args, **kwargs)` raises an exception instead of returning a value."""
    question = Question(args, kwargs)
    try:
        got = f.ask(question).value
    except Failure as failure:
        problem = f.calls[-1].answer.problem
        # NotImplementedError too: by now it is known that the function is attempted
        if problem is not None and problem.kind in ("raised", "signature", "unattempted"):
            return
        if problem is not None and problem.kind in ("nothing", "not-a-tensor"):
            what = failure.rationale.partition(" for `")[0]
            raise Failure(f"{what} where an error should come: `{call_line(f.name, question)}`.") from None
        raise
    assert got is not None
    raise Failure(
        "A value came where an error should.", example=Example(call_line(f.name, question), readable(got), "an error")
    )


def _same(f: Function, spec: Callable[..., Tensor], question: Question, got: Tensor, expected: Tensor | None) -> None:
    assert expected is not None
    if got.shape != expected.shape:
        shapes = tuple(got.shape), tuple(expected.shape)
        came, wanted = map(in_words, shapes)
        raise Failure(
            f"The result has shape {came}, expected {wanted}.",
            shape_help(spec, question, *shapes),
            Example(f"{call_line(f.name, question)}.shape", came, wanted),
        )
    if not close(got, expected, coarsest(question)):
        example = _example(call_line(f.name, question), got, expected)
        lost = whole(got, expected)
        if lost is not None:
            raise Failure(*lost, example)
        raise _coarser(question, got, expected, example) or _wrong("The value is not right", got, expected, example)


def _wrong(what: str, got: Tensor, expected: Tensor, example: Example) -> Failure:
    fact, help = of_numbers(got, expected)
    sure = help if "digits" in fact else ""
    return Failure(f"{what}: it is {fact}." if fact else f"{what}.", sure, example, help)


def _wrong_gradient(got: Tensor, expected: Tensor, example: Example) -> Failure:
    failure = _wrong("The value is right, its gradient is not", got, expected, example)
    if not bool(got.any()):
        failure.rationale = "The value is right, and its gradient is 0 everywhere."
        failure.help = "Comparisons, rounding, `sign` and `argmax` have no slope: which of them does the value pass?"
    elif failure.rationale.endswith("everywhere."):
        failure.help = "Is something divided by its own sum on the way? That shifts the gradient, and leaves the value."
    return failure


def _same_gradient(f: Function, question: Question, position: int, got: Tensor | None, want: Tensor | None) -> None:
    if want is None:
        want = torch.zeros_like(question.args[position])
    if got is None and bool((want == 0).all()):
        return
    if got is None:
        raise Failure(
            "The value is right, but no gradient flows back to the input.",
            "Something on the way cuts the graph: .item(), .detach(), .data, .tolist(), torch.tensor(x), numpy, "
            "`torch.no_grad`, or a comparison in place of arithmetic.",
            Example(gradient_line(f.name, question, position), "None", readable(want)),
        )
    if not close(got, want, coarsest(question)):
        line = gradient_line(f.name, question, position)
        raise _wrong_gradient(got, want, _example(line, got, want))


def _coarser(question: Question, got: Tensor, expected: Tensor, example: Example) -> Failure | None:
    """What to say of an answer that is right but for the digits which its own dtype has lost."""
    given = coarsest(question)
    if got.dtype not in TOLERANCE or TOLERANCE[got.dtype] <= TOLERANCE[given] or not close(got, expected, got.dtype):
        return None
    return Failure(
        f"The result is {_dtype(got.dtype)} for {_dtype(given)} input, and the digits that are lost show.",
        _KEEP,
        example,
    )


def _example(line: str, got: Tensor, expected: Tensor) -> Example:
    """The two values with as many digits as it takes to see that they differ."""
    for digits in (4, 6, 8, 12, 17):
        if readable(got, digits) != readable(expected, digits):
            break
    return Example(line, readable(got, digits), readable(expected, digits))


def _dtype(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
