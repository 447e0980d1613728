"""What an exercise is called with: torch's parameters where torch has its function, else those of a loss."""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

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


@dataclass(frozen=True)
class Signature:
    """The parameters of an exercise, and whether they are those of a function of torch.nn.functional."""

    parameters: tuple[Parameter, ...]
    of_torch: bool = False

    @property
    def given(self) -> list[str]:
        """The names of those without a default, which every call gives: tensors, most of the time."""
        return [each.name for each in self.parameters if not each.default]

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


BY_HAND = Signature(
    (Parameter("input", "Tensor"), Parameter("target", "Tensor"), Parameter("reduction", "str", '"mean"'))
)


def signature_of(name: str) -> Signature:
    """The parameters of torch's function of that name, in its order, or those of a loss that torch has not."""
    import torch.nn.functional as F

    function = getattr(F, name, None)
    if not inspect.isroutine(function):
        return BY_HAND
    try:
        parameters = [_parameter(each) for each in inspect.signature(function).parameters.values()]
    except ValueError:  # written in C++: only its documentation knows
        parameters = _documented(inspect.getdoc(function) or "")
    kept = [each for each in parameters if each.name not in _DEPRECATED and not each.name.startswith("_")]
    return Signature(tuple(kept) or BY_HAND.parameters, of_torch=True)


def _parameter(given: inspect.Parameter) -> Parameter:
    default = "" if given.default is given.empty else _literal(given.default)
    kind = _kind_of(default)
    if given.annotation is not given.empty:
        kind = inspect.formatannotation(given.annotation).replace("torch.", "")
        kind = kind if set(re.findall(r"\w+", kind)) <= _KNOWN else "object"
    return Parameter(given.name, kind, default, given.kind is given.KEYWORD_ONLY)


def _documented(text: str) -> list[Parameter]:
    """What the first line of a documentation says, such as `softplus(input, beta=1, threshold=20) -> Tensor`."""
    try:
        parsed = ast.parse(f"def {text.splitlines()[0].partition('->')[0]}: ...").body[0]
    except (IndexError, SyntaxError):
        return []
    assert isinstance(parsed, ast.FunctionDef)
    defaults = [_default(each) for each in parsed.args.defaults]
    padded: Sequence[str] = [""] * (len(parsed.args.args) - len(defaults)) + defaults
    return [Parameter(each.arg, _kind_of(text), text) for each, text in zip(parsed.args.args, padded, strict=True)]


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
