"""How a result differs from what is right, in a sentence: its shape, its numbers, its gradient."""

from __future__ import annotations

import math
from collections.abc import Callable
from inspect import signature
from typing import Any

import torch
from torch import Tensor

from coursekit.wire import Question

Shape = tuple[int, ...]


def in_words(shape: Shape) -> str:
    """A shape as it is shown."""
    return str(shape) + ("" if shape else " (a single number)")


def shape_help(spec: Callable[..., Tensor], question: Question, got: Shape, expected: Shape) -> str:
    """What to do about a wrong shape.

    Args:
        spec: the specification, which has the exercise's parameters.
        question: what was asked.
        got: the shape that came.
        expected: the right one.
    """
    return (
        _of_the_reduction(spec, question, got, expected)
        or _of_a_size(got, expected)
        or _of_the_dimensions(question, got, expected)
    )


def _of_the_reduction(spec: Callable[..., Tensor], question: Question, got: Shape, expected: Shape) -> str:
    """Where the word `reduction` was asked for, and something else came."""
    word = _reduction(spec, question)
    if word is None or bool(got) == bool(expected):
        return ""
    if word == "none":
        return '`reduction="none"` asks for one loss for each, and the function gave a single number.'
    if not expected:
        return f'`reduction="{word}"` asks for a single number, and the function gave a result of shape {got}.'
    return ""


def _reduction(spec: Callable[..., Tensor], question: Question) -> Any:
    parameters = signature(spec)
    if "reduction" not in parameters.parameters:
        return None
    call = parameters.bind_partial(*question.args, **question.kwargs)
    call.apply_defaults()
    return call.arguments["reduction"]


def _of_a_size(got: Shape, expected: Shape) -> str:
    """Where the two have equally many dimensions, or differ in some of size 1."""
    if _without_ones(got) == _without_ones(expected) and len(got) != len(expected):
        if len(got) > len(expected):
            return "A dimension of size 1 is left over: leave `keepdim` out, or take the dimension off by `squeeze`."
        return "A dimension of size 1 is missing: `keepdim=True` keeps it, and `unsqueeze` puts one in."
    if len(got) != len(expected):
        return ""
    if sorted(got) == sorted(expected):
        return (
            "The dimensions stand in another order: exchange them, by `.T` or `transpose`, or join along another one."
        )
    return ""


def _without_ones(shape: Shape) -> Shape:
    return tuple(size for size in shape if size != 1)


def _of_the_dimensions(question: Question, got: Shape, expected: Shape) -> str:
    given = [tuple(x.shape) for x in (*question.args, *question.kwargs.values()) if isinstance(x, Tensor)]
    for shape in given:
        taken, wanted = _taken_from(shape, got), _taken_from(shape, expected)
        if taken is not None and wanted is not None:
            return (
                f"Of the input's dimensions {shape}, the one of size {shape[taken]} is gone, and the one of size "
                f"{shape[wanted]} should be: `dim={wanted - len(shape)}`."
            )
    if len(got) == len(expected):
        return _of_a_count(got, expected)
    if not expected:
        return "It should be a single number: what is to be summed, averaged or picked from?"
    if len(got) > len(expected):
        if len(got) == 2 and got[0] == got[1] == expected[0]:
            return (
                "Every row has met every other one: look for a broadcast of (N, 1) against (N,), for a matrix product, "
                "and for an index that picks from all rows."
            )
        return "A dimension is left over: which one should be summed, averaged or picked from?"
    if expected == max(given, key=len, default=()):
        return "Nothing is summed or averaged here: the result has the shape of the input."
    for shape in given:
        wanted = _taken_from(shape, expected)
        if wanted is not None:
            return f"Sum, average or pick over one dimension only, `dim={wanted - len(shape)}`, and keep the others."
    return "A dimension is missing: was more summed or picked from than should be?"


def _taken_from(shape: Shape, rest: Shape) -> int | None:
    """The dimension without which `shape` is `rest`; None if there is none such, or several."""
    found = [i for i in range(len(shape)) if shape[:i] + shape[i + 1 :] == rest]
    return found[0] if len(found) == 1 else None


def _of_a_count(got: Shape, expected: Shape) -> str:
    where = [i for i, (a, b) in enumerate(zip(got, expected, strict=True)) if a != b]
    if len(where) > 1:
        return "Print the shapes step by step: where do they part from what you expect?"
    (i,) = where
    if expected[i] == 1 and got[i] in got[:i] + got[i + 1 :]:
        return "Print the shapes step by step; look for a broadcast of (N, 1) against (N,)."
    count = abs(got[i] - expected[i])
    which = "" if len(got) == 1 else f" along dimension {i}"
    many = f"{count} {'entry' if count == 1 else 'entries'}"
    if got[i] < expected[i]:
        return f"There {'is' if count == 1 else 'are'} {many} fewer than there should be{which}: what is left out?"
    return f"There {'is' if count == 1 else 'are'} {many} more than there should be{which}: what does not belong there?"


# ---- numbers -----------------------------------------------------------------------------------------------------

_NO_NUMBER = (
    "NaN comes of 0 · inf, inf - inf, 0/0, and of the logarithm or the root of a negative number. Mask what goes in, "
    "not what comes out: the gradient of a branch that `torch.where` does not take is computed all the same."
)
_TOO_LARGE = (
    "The exponential of more than 88 is inf in float32, ln 0 is -inf: look for a form in which neither comes up."
)
_PADDED = "Look for a small number that is added inside a logarithm, and for a bound that is clipped to."
_ROUNDED = (
    "Look for a constant with few digits, for a small number that is added or a bound that is clipped to, and for "
    "numbers of half precision."
)
_SINGLE = (
    "Look for float32 on the way (`.float()`, `torch.zeros` without a dtype), and for a small number that is added."
)


def of_numbers(got: Tensor, expected: Tensor) -> tuple[str, str]:
    """What numbers that are not right are, to go on after "it is", and what to look for; both may be empty.

    Only what is certain: that a single number happens to be twice another one says nothing.
    """
    a, b = got.double().flatten(), expected.double().flatten()
    if bool((a.isnan() & ~b.isnan()).any()):
        return "NaN where it should not be", _NO_NUMBER
    if bool((a.isinf() & b.isfinite()).any()):
        return "infinite where it should not be", _TOO_LARGE
    if bool((b.isinf() & a.isfinite()).any()):
        return "a number where it should be infinite", _PADDED
    if not bool(b.isfinite().all()):
        return "", ""
    if _alike(-a, b):
        return "right but for its sign", ""
    digits = _digits(a, b)
    if digits >= 3:
        return f"right to about {digits} digits, and not to more", _SINGLE if digits > 5 else _ROUNDED
    return _by_a_rule(a, b), ""


def _digits(a: Tensor, b: Tensor) -> int:
    """To how many digits the numbers agree; 0 if any of them is far off."""
    off = ((a - b).abs() / b.abs())[a != b].max().item()
    return int(-math.log10(off)) if 0 < off < 1 else 0


def _by_a_rule(a: Tensor, b: Tensor) -> str:
    if bool((b == b[0]).all()):
        return ""
    if _alike(a.sort().values, b.sort().values):
        return "made of the right numbers, in another order"
    ratio = (a / b)[b != 0].mean()
    if ratio != 0 and int((b != 0).sum()) > 1 and _alike(a, ratio * b):
        return f"{ratio.item():.4g} times what it should be"
    shift = (a - b).mean()
    if _alike(a - shift, b):
        return f"{abs(shift.item()):.4g} too {'large' if shift > 0 else 'small'} everywhere"
    return ""


def _alike(a: Tensor, b: Tensor) -> bool:
    """The same to four digits, tiny numbers too."""
    return bool(((a - b).abs() <= 1e-4 * b.abs()).all())


def whole(got: Tensor, expected: Tensor) -> tuple[str, str] | None:
    """What to say where whole numbers came in place of others: that they did, and what to look for."""
    if not expected.is_floating_point() or bool((expected == expected.round()).all()):
        return None
    a, b = got.double(), expected.double()
    several = bool((a != a.flatten()[0]).any())  # a single number may be whole by chance
    rounded = several and any(torch.equal(a, x) for x in (b.floor(), b.round(), b.trunc()))
    if got.is_floating_point() and not rounded:
        return None
    dtype = "" if got.is_floating_point() else f" ({str(got.dtype).removeprefix('torch.')})"
    return (
        f"These are whole numbers{dtype}: what stands behind the point is lost.",
        "Look for int(), .long(), `//`, rounding, `one_hot`, and for an integer tensor that is written into.",
    )
