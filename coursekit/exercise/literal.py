"""A call as a line of Python to paste, and numbers as text to read."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from coursekit.wire import Question


def call_line(name: str, question: Question) -> str:
    """The call as a line of Python: `kl_divergence(torch.tensor([0.5, 0.5]), torch.tensor([0.4, 0.6]))`."""
    return f"{name}({_arguments(question)})"


def backward_line(name: str, question: Question) -> str:
    """A line of Python that calls with gradients by every argument that the question differentiates by, and back."""
    names = dict(zip(question.wrt, "xyzuvw", strict=False))
    leaves = [f"{x} = {_leaf(question.args[position])}" for position, x in names.items()]
    return "; ".join([*leaves, _backward(name, question, names)])


def gradient_line(name: str, question: Question, position: int) -> str:
    """A line of Python that prints the gradient by the argument at `position`."""
    return f"x = {_leaf(question.args[position])}; {_backward(name, question, {position: 'x'})}; x.grad"


def _leaf(value: Tensor) -> str:
    return literal(value)[:-1] + ", requires_grad=True)"


def _backward(name: str, question: Question, names: dict[int, str]) -> str:
    call = f"{name}({_arguments(question, names)})"
    return f"{call if question.scale == 1 else f'({question.scale:g} * {call})'}.sum().backward()"


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


def readable(value: Tensor, digits: int = 4) -> str:
    """Numbers for reading: so many digits after the point, or so many significant ones."""
    if value.ndim:
        return "[" + ", ".join(readable(row, digits) for row in value) + "]"
    number = value.item()
    if not isinstance(number, float):
        return str(number)
    fixed = number == 0 or 1e-3 <= abs(number) < 1e5 or number != number
    return f"{number:.{digits}{'f' if fixed else 'g'}}"
