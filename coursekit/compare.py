"""Same value, shape, dtype, gradient: compared by hand, raising Failure in the learner's words.

By hand because `torch.testing.assert_close` imports for most of a second the first time it is called, and because a
learner wants to see the input that shows the mistake, not the index of the largest difference.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from coursekit.exercise import Failure
from coursekit.jail.inside.protocol import Answer, Question
from coursekit.recall import recall
from coursekit.report import Example

if TYPE_CHECKING:
    from coursekit.grading import Function

# (relative, absolute): a few roundings of a sum over some dozen terms. Extreme inputs are compared by the relative
# bound alone, so a missing max-shift or an epsilon of 1e-6 stands out in float64.
TOLERANCE = {torch.float64: (1e-7, 1e-9), torch.float32: (1e-4, 1e-5), torch.float16: (1e-2, 1e-3)}


def same_value(f: Function, spec: Callable[..., Tensor], *args: Any, **kwargs: Any) -> None:
    """Raises Failure unless `f(*args, **kwargs)` has the shape and the value of `spec` computed in float64."""
    question = Question(args, kwargs)
    got = f.ask(question).value
    assert got is not None
    _same(f, question, got, expected_answer(spec, question).value)


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
        wrt: the positions in `args` by which to differentiate.
        scale: the gradient compared is that of `scale * f(...).sum()`.
        free: where True, the gradient by the first of `wrt` is a matter of convention: anything but NaN.
        through: "log_softmax" if the arguments of `wrt` are logits, and `f` is to be given their log_softmax.
        kwargs: keyword arguments of the call.
    """
    question = Question(args, kwargs, wrt, scale, through)
    reply = f.ask(question)
    expected = expected_answer(spec, question)
    assert reply.value is not None
    _same(f, question, reply.value, expected.value)
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
            "Constants take part in the result's type: use Python numbers, or tensors made with `input.new_…` or "
            "`dtype=input.dtype`.",
            Example(f"{call}.dtype", _dtype(got.dtype), _dtype(dtype)),
        )


def refuses(f: Function, *args: Any, **kwargs: Any) -> None:
    """Raises Failure unless `f(*args, **kwargs)` raises an exception instead of returning a value."""
    question = Question(args, kwargs)
    try:
        got = f.ask(question).value
    except Failure:
        problem = f.calls[-1].answer.problem
        if problem is not None and problem.kind == "raised":
            return
        raise
    assert got is not None
    raise Failure(
        "A value came where an error should.", example=Example(call_line(f.name, question), show(got), "an error")
    )


def expected_answer(spec: Callable[..., Tensor], question: Question) -> Answer:
    """What is right for `question`: the spec's value and gradients, from inputs widened to float64."""
    reply = recall(spec, widened(question))
    if reply.value is None:
        raise RuntimeError(f"the spec fails on {question}: {reply.problem}")
    return reply


def widened(question: Question) -> Question:
    """The same question about float64."""
    args = tuple(_widen(value) for value in question.args)
    kwargs = {name: _widen(value) for name, value in question.kwargs.items()}
    return Question(args, kwargs, question.wrt, question.scale, question.through)


def same_answer(one: Answer, other: Answer, question: Question) -> bool:
    """Whether two answers to `question` are the same numbers, or the same kind of error."""
    if one.problem or other.problem:
        return _error_kind(one) == _error_kind(other)
    dtype = _coarsest(question)
    if not _close(one.value, other.value, dtype):
        return False
    return all(_close(a, b, dtype) for a, b in zip(one.gradients, other.gradients, strict=True))


def _error_kind(reply: Answer) -> tuple[str, str] | None:
    """A problem by its kind and, for an exception, its type; messages differ between two writings of one mistake."""
    if reply.problem is None:
        return None
    return reply.problem.kind, reply.problem.message.partition(":")[0]


def _widen(value: Any) -> Any:
    return value.double() if isinstance(value, Tensor) and value.is_floating_point() else value


def _same(f: Function, question: Question, got: Tensor, expected: Tensor | None) -> None:
    assert expected is not None
    if got.shape != expected.shape:
        raise Failure(
            f"The result has shape {_shape(got)}, expected {_shape(expected)}.",
            _shape_help(got, expected),
            Example(f"{call_line(f.name, question)}.shape", _shape(got), _shape(expected)),
        )
    if not _close(got, expected, _coarsest(question)):
        raise Failure("The value is not right.", example=_example(call_line(f.name, question), got, expected))


def _same_gradient(f: Function, question: Question, position: int, got: Tensor | None, want: Tensor | None) -> None:
    if want is None:
        want = torch.zeros_like(question.args[position])
    if got is None and bool((want == 0).all()):
        return
    if got is None:
        raise Failure(
            "The value is right, but no gradient flows back to the input.",
            "Something on the way cuts the graph: .item(), .detach(), .data, .tolist(), torch.tensor(x), numpy, or a "
            "comparison in place of arithmetic.",
            Example(gradient_line(f.name, question, position), "None", show(want)),
        )
    if not _close(got, want, _coarsest(question)):
        line = gradient_line(f.name, question, position)
        raise Failure("The value is right, its gradient is not.", example=_example(line, got, want))


def _example(line: str, got: Tensor, expected: Tensor) -> Example:
    """The two values with as many digits as it takes to see that they differ."""
    for digits in (4, 6, 8, 12, 17):
        if show(got, digits) != show(expected, digits):
            break
    return Example(line, show(got, digits), show(expected, digits))


def _coarsest(question: Question) -> torch.dtype:
    """The least exact dtype among the inputs: no answer can be held to more than that."""
    values = (*question.args, *question.kwargs.values())
    dtypes = [value.dtype for value in values if isinstance(value, Tensor) and value.is_floating_point()]
    return max(dtypes, key=lambda dtype: TOLERANCE[dtype], default=torch.float32)


def _close(got: Tensor | None, want: Tensor | None, dtype: torch.dtype | None = None) -> bool:
    """Equal shapes; equal values to the tolerance; NaN, inf and -inf only where the other has them too."""
    if got is None or want is None:
        return got is want
    if got.shape != want.shape:
        return False
    coarse = [d for d in (dtype, got.dtype, want.dtype) if d in TOLERANCE]
    relative, absolute = max((TOLERANCE[d] for d in coarse if d is not None), default=(0.0, 0.0))
    a, b = got.double(), want.double()
    near = b.isfinite() & ((a - b).abs() <= absolute + relative * b.abs())  # inf <= inf would let all pass
    return bool((near | (a == b) | (a.isnan() & b.isnan())).all())


# ---- one line to paste -------------------------------------------------------------------------------------------


def call_line(name: str, question: Question) -> str:
    """The call as a line of Python: `kl_divergence(torch.tensor([0.5, 0.5]), torch.tensor([0.4, 0.6]))`."""
    return f"{name}({_arguments(question)})"


def gradient_line(name: str, question: Question, position: int) -> str:
    """A line of Python that prints the gradient by the argument at `position`."""
    leaf = literal(question.args[position])[:-1] + ", requires_grad=True)"
    call = f"{name}({_arguments(question, {position: 'x'})})"
    scale = "" if question.scale == 1 else f"({question.scale:g} * "
    total = f"{scale}{call}{')' if scale else ''}.sum().backward()"
    return f"x = {leaf}; {total}; x.grad"


def _arguments(question: Question, named: dict[int, str] | None = None) -> str:
    named = named or {}
    parts = [named.get(i, literal(value)) for i, value in enumerate(question.args)]
    if question.through:
        for position in question.wrt:
            parts[position] += f".{question.through}(-1)"
    parts += [f"{name}={literal(value)}" for name, value in question.kwargs.items()]
    return ", ".join(parts)


def literal(value: Any) -> str:
    """`value` as Python that gives the very same value back (floats in their shortest exact form)."""
    if isinstance(value, float) and not math.isfinite(value):
        return "torch.nan" if math.isnan(value) else "torch.inf" if value > 0 else "-torch.inf"
    if not isinstance(value, Tensor):
        return repr(value)
    if value.numel() == 0:
        text = f"torch.empty({tuple(value.shape)}"
    else:
        text = f"torch.tensor({_nested(value.detach().numpy())}"
    default = {torch.float32, torch.int64, torch.bool} if value.numel() else {torch.float32}
    return text + (")" if value.dtype in default else f", dtype={value.dtype})")


def _nested(array: Any) -> str:
    if array.ndim:
        return "[" + ", ".join(_nested(row) for row in array) + "]"
    number = array[()]
    if array.dtype.kind != "f":
        return str(number)
    text = str(number)  # numpy prints the shortest digits that give the same number back in this dtype
    return {"nan": "torch.nan", "inf": "torch.inf", "-inf": "-torch.inf"}.get(text, text)


def show(value: Tensor, digits: int = 4) -> str:
    """Numbers for reading: so many digits after the point, or so many significant ones."""
    if value.ndim:
        return "[" + ", ".join(show(row, digits) for row in value) + "]"
    number = value.item()
    if not isinstance(number, float):
        return str(number)
    fixed = number == 0 or 1e-3 <= abs(number) < 1e5 or number != number
    return f"{number:.{digits}{'f' if fixed else 'g'}}"


def _shape(value: Tensor) -> str:
    return str(tuple(value.shape)) + (" (a single number)" if value.ndim == 0 else "")


def _shape_help(got: Tensor, expected: Tensor) -> str:
    if got.ndim > expected.ndim:
        return "A dimension is left over: which one should be summed, averaged or picked from?"
    if got.ndim < expected.ndim:
        return "A dimension is missing: was everything summed where only one dimension should be?"
    return "Print the shapes step by step; look for a broadcast of (N, 1) against (N,)."


def _dtype(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
