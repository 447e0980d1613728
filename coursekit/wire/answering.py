"""Calls one function on one Question and says what came: the same in the child and in a notebook."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import nullcontext
from types import FrameType
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from coursekit.wire import Answer, Problem, Question
from coursekit.wire.frames import NAMES
from coursekit.wire.readymade import DISTRIBUTIONS, relatives
from coursekit.wire.torch_private import run_backward


class _Watch(TorchFunctionMode):
    """Notes which ready-made functions are called.

    A mode sees the outermost torch call only, so a ready-made loss that uses another one inside counts once,
    under the name that the learner wrote. What torch has in Python, and no mode is told of, calls what it is told of:
    so it stands on the stack between that call and the learner's code.
    """

    def __init__(self, forbids: Collection[str]) -> None:
        super().__init__()
        self.names = relatives(tuple(forbids))
        self.caught: str | None = None

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Collection[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        if self.caught is None:
            name = getattr(func, "__name__", "").partition(".")[0]  # of an operator, without its overload
            self.caught = name if name in self.names else self._on_the_stack(sys._getframe(1))
        return func(*args, **(kwargs or {}))

    def _on_the_stack(self, frame: FrameType | None) -> str | None:
        while frame is not None and (module := frame.f_globals.get("__name__", "")).startswith("torch."):
            if module.startswith(f"torch.{DISTRIBUTIONS}"):
                return DISTRIBUTIONS
            if frame.f_code.co_name in self.names:
                return frame.f_code.co_name
            frame = frame.f_back
        return None


def answer(function: Callable[..., Any], question: Question, forbids: Collection[str] = ()) -> Answer:
    """Calls `function` as `question` asks, on copies of its tensors.

    Exceptions of the learner's code become a Problem; KeyboardInterrupt passes through, so that a time limit (or
    the learner's own stop button) can end an endless loop.
    """
    args = [_copy(value) for value in question.args]
    kwargs = {name: _copy(value) for name, value in question.kwargs.items()}
    leaves = [args[position].requires_grad_(True) for position in question.wrt]
    with torch.enable_grad():
        for position, leaf in zip(question.wrt, leaves, strict=True):
            # writing into a leaf would raise; into its clone it is noticed and named
            args[position] = leaf.log_softmax(-1) if question.through == "log_softmax" else leaf.clone()
    lent = [_copy(value) for value in args] if question.through else question.args
    watch = _Watch(forbids)
    try:
        with watch if forbids else nullcontext(), torch.enable_grad():
            value = function(*args, **kwargs)
        problem = _forbidden(watch) or _not_a_tensor(value) or _changed(question, lent, args, kwargs)
        if problem is not None:
            return Answer(problem=problem)
        gradients: tuple[Tensor | None, ...] = (None,) * len(leaves)
        if leaves and value.requires_grad:
            # a backward that the learner wrote (autograd.Function) may lean on a ready-made loss as well
            with watch if forbids else nullcontext(), torch.enable_grad():
                gradients = _gradients(value, leaves, question.scale)
        problem = _forbidden(watch)
        if problem is not None:
            return Answer(problem=problem)
        return Answer(value.detach(), gradients)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit too: a learner's exit() must not end a notebook's kernel
        return Answer(problem=_forbidden(watch) or describe(error))


def describe(error: BaseException) -> Problem:
    """The Problem that an exception of the learner's code stands for."""
    kind = type(error).__name__
    try:
        text = str(error)[:1_000]
    except Exception:  # an exception's own __str__ may raise
        text = ""
    if isinstance(error, NotImplementedError):
        return Problem("unattempted", text)
    if isinstance(error, MemoryError) or "allocate memory" in text or "not enough memory" in text:
        return Problem("memory", f"{kind}: {text}")
    if isinstance(error, SyntaxError):
        return Problem("raised", f"{kind}: {error.msg} ({error.filename}, line {error.lineno})")
    return Problem("raised", f"{kind}: {text}{_where(error)}")


def _where(error: BaseException) -> str:
    """The learner's own innermost line: theirs are the frames whose code is no file of a library."""
    try:
        frames = traceback.extract_tb(error.__traceback__)
    except Exception:
        return ""
    for frame in reversed(frames):
        if frame.filename.startswith("<") or "ipykernel" in frame.filename or "submission:" in frame.filename:
            return f" (line {frame.lineno}: {frame.line})" if frame.line else f" (line {frame.lineno})"
    return ""


def _copy(value: Any) -> Any:
    return value.detach().clone() if isinstance(value, Tensor) else value


def _forbidden(watch: _Watch) -> Problem | None:
    return None if watch.caught is None else Problem("forbidden", watch.caught)


def _not_a_tensor(value: Any) -> Problem | None:
    if value is None:
        return Problem("nothing")
    if type(value) is not Tensor:  # not isinstance: a subclass could answer comparisons as it likes
        return Problem("not-a-tensor", type(value).__name__)
    if value.dtype not in NAMES or value.layout is not torch.strided or value.device.type != "cpu":
        return Problem("not-a-tensor", f"tensor of {value.dtype} on {value.device}")
    return None


def _changed(question: Question, lent: Sequence[Any], args: list[Any], kwargs: dict[str, Any]) -> Problem | None:
    """Whether the function changed a tensor that it was only lent."""
    pairs = [(f"argument {i + 1}", old, new) for i, (old, new) in enumerate(zip(lent, args, strict=True))]
    pairs += [(f"`{name}`", old, kwargs[name]) for name, old in question.kwargs.items()]
    for name, old, new in pairs:
        if isinstance(old, Tensor) and not _identical(old, new):
            return Problem("changed-input", name)
    return None


def _identical(old: Tensor, new: Tensor) -> bool:
    if old.dtype != new.dtype:
        return False
    if torch.equal(old, new):
        return True
    return old.shape == new.shape and bool(((old == new) | (old.isnan() & new.isnan())).all())


def _gradients(value: Tensor, inputs: list[Tensor], scale: float) -> tuple[Tensor | None, ...]:
    return run_backward(scale * value.sum(), tuple(inputs))
