"""Calls one function on one Question and says what came: the same in the child and in a notebook."""

from __future__ import annotations

import dis
import inspect
import sys
import traceback
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import nullcontext
from types import CoroutineType, FrameType
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
    differentiating = False
    try:
        with watch if forbids else nullcontext(), torch.enable_grad():
            value = function(*args, **kwargs)
        problem = _forbidden(watch) or not_a_tensor(value) or _changed(question, lent, args, kwargs)
        if problem is not None:
            return Answer(problem=problem)
        gradients: tuple[Tensor | None, ...] = (None,) * len(leaves)
        if leaves and value.requires_grad:
            differentiating = True
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
        problem = _forbidden(watch) or _unwritten(function, error) or describe(error)
        if problem.kind == "raised":
            kind = "in-backward" if differentiating else "signature" if _of_the_call(error) else "raised"
            problem = Problem(kind, problem.message)
        return Answer(problem=problem)


def describe(error: BaseException) -> Problem:
    """The Problem that an exception of the learner's code stands for."""
    kind = type(error).__name__
    try:
        text = str(error)[:1_000]
    except Exception:  # an exception's own __str__ may raise
        text = ""
    if isinstance(error, SystemExit) and error.code is None:
        text = ""
    what = f"{kind}: {text}" if text else kind
    if isinstance(error, MemoryError) or "allocate memory" in text or "not enough memory" in text:
        return Problem("memory", what)
    if isinstance(error, SyntaxError):
        return Problem("raised", f"{kind}: {error.msg} ({error.filename}, line {error.lineno})")
    return Problem("raised", f"{what}{_where(error)}")


def _of_the_call(error: BaseException) -> bool:
    """Whether the call itself did not fit the function: no code of the learner's has run."""
    frame = error.__traceback__ and error.__traceback__.tb_next
    while frame is not None and frame.tb_frame.f_globals.get("__name__", "").startswith("torch."):  # of a module
        frame = frame.tb_next
    return isinstance(error, TypeError) and frame is None


def _unwritten(function: Callable[..., Any], error: BaseException) -> Problem | None:
    """Whether the function is still to be written: it raises NotImplementedError itself, and never returns.

    torch raises this exception as well, and so do a learner's own helpers.
    """
    last = error.__traceback__
    if type(error) is not NotImplementedError or last is None:
        return None
    while last.tb_next is not None:
        last = last.tb_next
    code = last.tb_frame.f_code
    inner = [getattr(function, name, None) for name in ("func", "forward")]  # of a partial, and of a module
    if not any(getattr(each, "__code__", None) is code for each in (inspect.unwrap(function), *inner)):
        return None
    if code is torch.nn.Module.forward.__code__:  # the method is there, under another name
        return None
    steps = {step.offset: step.opname for step in dis.get_instructions(code)}
    if steps.get(last.tb_lasti) != "RAISE_VARARGS" or {"RETURN_VALUE", "RETURN_CONST"} & {*steps.values()}:
        return None
    return Problem("unattempted", str(error)[:1_000])


def _where(error: BaseException) -> str:
    """The learner's own innermost line: theirs are the frames whose code is no file of a library."""
    try:
        frames = traceback.extract_tb(error.__traceback__)
    except Exception:
        return ""
    for frame in reversed(frames):
        name = frame.filename
        typed = name.startswith("<") and not name.startswith(("<frozen", "<__array_function__", "<eval_with_key"))
        if typed or "ipykernel" in name or "submission:" in name:
            return f" (line {frame.lineno}: {frame.line})" if frame.line else f" (line {frame.lineno})"
    return ""


def _copy(value: Any) -> Any:
    return value.detach().clone() if isinstance(value, Tensor) else value


def _forbidden(watch: _Watch) -> Problem | None:
    return None if watch.caught is None else Problem("forbidden", watch.caught)


def not_a_tensor(value: Any) -> Problem | None:
    """What was returned in place of a tensor that can cross the wall: its sort, and its name (see `exercise.notensor`).

    Not by isinstance: a subclass could answer comparisons as it likes.
    """
    if value is None:
        return Problem("nothing")
    if type(value) is Tensor:
        if value.layout is not torch.strided:
            return Problem("not-a-tensor", f"layout {value.layout}")
        if value.dtype not in NAMES:
            return Problem("not-a-tensor", f"dtype {value.dtype}")
        if value.device.type != "cpu":
            return Problem("not-a-tensor", f"device {value.device}")
        return None
    kind = type(value)
    name = kind.__name__
    if kind is list or kind is tuple:
        of = "tensors" if any(isinstance(each, Tensor) for each in value) else "numbers"
        return Problem("not-a-tensor", f"{of} {name} of {len(value)}")
    if isinstance(value, CoroutineType):
        value.close()  # or Python warns that it was never awaited
    if kind.__module__ == "numpy":
        return Problem("not-a-tensor", f"numpy numpy.{name}")
    if isinstance(value, Tensor):
        return Problem("not-a-tensor", f"subclass {name}")
    if isinstance(value, int | float | complex):
        return Problem("not-a-tensor", f"number {name}")
    return Problem("not-a-tensor", f"{'callable' if callable(value) else 'other'} {name}")


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
