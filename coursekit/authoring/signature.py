"""What an exercise is called with: the framework's parameters where one has its function, else those of a loss."""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from coursekit.course.syllabus import is_of_keras
from coursekit.errors import CommandError

BY_HAND = 'input: Tensor, target: Tensor, reduction: str = "mean"'
OF_KERAS = "y_true: Tensor, y_pred: Tensor"

_DEPRECATED = ("size_average", "reduce")  # both became `reduction` in 2018
_KNOWN = {"Tensor", "None", "bool", "float", "int", "str"}  # types that need no other import than a solution has


@dataclass(frozen=True)
class Parameter:
    """One of a function, as source: its name, its type, and its default if it has one."""

    name: str
    type: str
    default: str = ""
    by_name_only: bool = False

    def __str__(self) -> str:
        return f"{self.name}: {self.type}" + (f" = {self.default}" if self.default else "")

    @property
    def untyped(self) -> str:
        """Without its type."""
        return f"{self.name}={self.default}" if self.default else self.name

    @property
    def is_tensor(self) -> bool:
        """Whether every call gives a tensor for it."""
        return self.type == "Tensor" and not self.default


@dataclass(frozen=True)
class Signature:
    """The parameters of an exercise.

    Attributes:
        parameters: in order.
        twin: the framework's own function, as one writes it; empty if no framework has it.
    """

    parameters: tuple[Parameter, ...]
    twin: str = ""

    @property
    def given(self) -> list[Parameter]:
        """Those that every call gives."""
        return [each for each in self.parameters if not each.default]

    @property
    def flags(self) -> list[str]:
        """The names of the others, as far as they can be given by position."""
        return [each.name for each in self.parameters if each.default and not each.by_name_only]

    @property
    def reduces(self) -> bool:
        """Whether the word `reduction` is among them."""
        return any(each.name == "reduction" for each in self.parameters)

    def written(self, write: Callable[[Parameter], str]) -> list[str]:
        """Each parameter as `write` has it, and a star before those that are given by name only."""
        first = next((at for at, each in enumerate(self.parameters) if each.by_name_only), None)
        texts = [write(each) for each in self.parameters]
        return texts if first is None else [*texts[:first], "*", *texts[first:]]


def signature_of(name: str, parameters: str = "") -> Signature:
    """The signature of a new exercise.

    Args:
        name: the exercise's. If it is that of a function of `torch.nn.functional`, or of `keras.losses` after
            "keras_", that is its twin, and torch's parameters are its own.
        parameters: what stands between the parentheses, if it is something else.

    Raises:
        CommandError: `parameters` is no such text, or names no tensor.
    """
    function = _of_torch(name)
    if parameters:
        chosen = _parsed(parameters)
    elif function is not None:
        chosen = _parameters_of(function)
    else:
        chosen = _parsed(OF_KERAS if is_of_keras(name) else BY_HAND)
    if is_of_keras(name):
        return Signature(chosen, f"keras.losses.{name.removeprefix('keras_')}")
    return Signature(chosen, f"torch.nn.functional.{name}" if function else "")


def _of_torch(name: str) -> Callable[..., Any] | None:
    import torch.nn.functional as F

    function = getattr(F, name, None)
    return function if inspect.isroutine(function) else None


def _parameters_of(function: Callable[..., Any]) -> tuple[Parameter, ...]:
    try:
        found = [_parameter(each) for each in inspect.signature(function).parameters.values()]
    except ValueError:  # written in C++: only its documentation knows
        try:
            line = (inspect.getdoc(function) or "").partition("\n")[0].partition("->")[0]
            found = list(_parsed(line.partition("(")[2].rpartition(")")[0]))
        except CommandError:
            found = []
    kept = [each for each in found if each.name not in _DEPRECATED and not each.name.startswith("_")]
    return tuple(kept) or _parsed(BY_HAND)


def _parameter(given: inspect.Parameter) -> Parameter:
    default = "" if given.default is given.empty else _literal(given.default)
    kind = _kind_of(default)
    if given.annotation is not given.empty:
        kind = inspect.formatannotation(given.annotation).replace("torch.", "")
        kind = kind if set(re.findall(r"\w+", kind)) <= _KNOWN else "object"
    return Parameter(given.name, kind, default, given.kind is given.KEYWORD_ONLY)


def _parsed(text: str) -> tuple[Parameter, ...]:
    """What stands between the parentheses of a definition, with types or without."""
    try:
        parsed = ast.parse(f"def f({text}): ...").body[0]
    except SyntaxError:
        raise CommandError(f"These are no parameters of a function: {text}") from None
    assert isinstance(parsed, ast.FunctionDef)
    every, defaults = parsed.args, parsed.args.defaults
    without = len(every.args) - len(defaults)
    found = [_written(argument, None) for argument in every.args[:without]]
    found += [_written(*pair) for pair in zip(every.args[without:], defaults, strict=True)]
    found += [_written(*pair, by_name_only=True) for pair in zip(every.kwonlyargs, every.kw_defaults, strict=True)]
    if not any(each.is_tensor for each in found):
        raise CommandError(f"There is no tensor among these parameters: {text}")
    return tuple(found)


def _written(argument: ast.arg, default: ast.expr | None, *, by_name_only: bool = False) -> Parameter:
    text = "" if default is None else _default(default)
    kind = ast.unparse(argument.annotation) if argument.annotation else _kind_of(text)
    return Parameter(argument.arg, kind, text, by_name_only)


def _default(node: ast.expr) -> str:
    try:
        return _literal(ast.literal_eval(node))
    except ValueError:  # 1/8
        return ast.unparse(node)


def _literal(value: Any) -> str:
    return json.dumps(value) if isinstance(value, str) else repr(value)


def _kind_of(default: str) -> str:
    """A type for a parameter of which only the default is known."""
    if not default:
        return "Tensor"
    try:
        value = ast.literal_eval(default)
    except ValueError:
        return "float"
    return "Tensor | None" if value is None else type(value).__name__
