"""What an exercise's checks and mistakes are made of, in one hash: their code and data, and not their words.

A check is a function that calls others, uses constants and holds values in its closure. All of that decides a grade, so
all of it is followed, from the exercise on, as far as it is the graders' own. What they use of the course's rooms is
hashed with those (see `versions`), and libraries by their versions. Docstrings, comments, what a check says where it
fails, hints and sentences decide nothing, and are left out.
"""

from __future__ import annotations

import ast
import hashlib
import re
import sys
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, GetSetDescriptorType, MethodType, ModuleType
from typing import Any

import numpy as np
from torch import Tensor

from coursekit.exercise import Exercise, Misconception, Mistakes

_LIBRARIES = sys.stdlib_module_names | {"torch", "numpy", "keras"}
_GRADERS = "coursekit.graders."
_EMPTY = CellType()  # of a closure's name that has no value yet
_WITH_WORDS = {ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Module}
_SAYS = {"Failure", "Raised", "Stopped"}  # the texts among their arguments are for the reader


def fingerprint(exercise: Exercise) -> str:
    """64 hexadecimal digits; other ones if anything changes that decides what a check asks, accepts or names."""
    walk = _Walk(exercise)
    walk.add((exercise.name, exercise.points, exercise.parity_points, exercise.forbids, exercise.spec))
    for check in exercise.checks:
        walk.add((check.name, str(check.tier), check.run))
    for mistake in exercise.misconceptions:
        walk.add(mistake)
    return walk.digest.hexdigest()


class _Walk:
    """Goes through values and what they refer to; each is told to the digest once, and by its number after that."""

    def __init__(self, exercise: Exercise) -> None:
        self.digest = hashlib.sha256()
        self._exercise = exercise
        self._seen: dict[int, int] = {}
        self._kept: list[Any] = []  # so that no two values share an identity, one after the other

    def add(self, value: Any) -> None:
        """Tells the digest of a value."""
        if value is None or isinstance(value, bool | int | float | complex | str | bytes):
            self._tell(type(value).__name__, repr(value))
            return
        if not isinstance(value, tuple | frozenset):  # whether equal constants are one object is Python's own affair
            number = self._seen.get(id(value))
            if number is not None:
                self._tell("again", str(number))
                return
            self._seen[id(value)] = len(self._seen)
            self._kept.append(value)
        self._tell(type(value).__module__, type(value).__qualname__)
        for part in self._parts(value):
            self.add(part)

    def _tell(self, *words: str) -> None:
        self.digest.update("\0".join(words).encode() + b"\1")

    def _parts(self, value: Any) -> Iterator[Any]:
        match value:
            case Exercise():  # another one's spec may serve this one, its checks do not
                yield from (value.name, value.spec)
            case Mistakes():
                yield value.spec
            case Misconception():
                yield from (value.name, value.function, value.forms)
            case Tensor():
                yield from (str(value.dtype), tuple(value.shape), value.detach().contiguous().numpy().tobytes())
            case np.ndarray():
                yield from (str(value.dtype), value.shape, value.tobytes())
            case tuple() | list():
                yield from (len(value), *value)
            case dict():
                yield from (len(value), *value.keys(), *value.values())
            case set() | frozenset():
                yield from sorted(map(repr, value))
            case partial():
                yield from (value.func, value.args, value.keywords)
            case MethodType():
                yield from (value.__func__, value.__self__)
            case ModuleType() | BuiltinFunctionType():
                yield value.__name__
            case FunctionType() | type():
                yield from _definition(value)
            case property():
                yield from (value.fget, value.fset, value.fdel)
            case _ if hasattr(value, "__wrapped__"):  # functools.cache
                yield value.__wrapped__
            case _ if hasattr(value, "__dict__"):
                yield from (type(value), vars(value))
            case _:  # a dtype, a range, a pattern; never an address, which is another one in every process
                yield re.sub(r" at 0x[0-9a-f]+", "", repr(value))


def _definition(thing: FunctionType | type) -> Iterator[Any]:
    """What a function or a class is: its name, and where it is a grader's own, its code and all that this uses."""
    module = thing.__module__ or ""
    yield f"{module}.{thing.__qualname__}"
    if module.partition(".")[0] in _LIBRARIES:
        return
    if isinstance(thing, type):
        if not _is_of_a_room(module):
            yield from ((name, value) for name, value in vars(thing).items() if not _is_of_python(name, value))
        return
    yield from (thing.__defaults__, thing.__kwdefaults__)
    yield from (cell.cell_contents for cell in thing.__closure__ or () if cell != _EMPTY)
    if not _is_of_a_room(module):
        code, names = _source(thing.__code__)
        yield code
        yield from (thing.__globals__[name] for name in names if name in thing.__globals__)


def _is_of_python(name: str, member: Any) -> bool:
    """Whether Python made this member of a class: its docstring, its places, what its slots are."""
    return (name.startswith("__") and not isinstance(member, FunctionType)) or isinstance(member, GetSetDescriptorType)


def _is_of_a_room(module: str) -> bool:
    return module.startswith("coursekit.") and not module.startswith(_GRADERS)


@cache
def _source(code: CodeType) -> tuple[str, tuple[str, ...]]:
    """The code of a function as text that no layout or comment changes, and the names that it does not define."""
    if not Path(code.co_filename).is_file():  # typed into a shell, say
        return code.co_code.hex(), tuple(code.co_names)
    nodes = _functions(code.co_filename).get(code.co_firstlineno, ())
    arguments = code.co_varnames[: code.co_argcount]
    same = [
        node for node in nodes if tuple(each.arg for each in (*node.args.posonlyargs, *node.args.args)) == arguments
    ]
    read = {each.id for node in same for each in ast.walk(node) if isinstance(each, ast.Name)}
    for node in same:
        if isinstance(node, ast.FunctionDef):
            node.decorator_list = []  # they have put it where it was found, and hold the sentence of a mistake
    return " ".join(map(plain, same)), tuple(sorted(read & set(_names(code))))


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


@cache
def _functions(path: str) -> dict[int, list[ast.FunctionDef | ast.Lambda]]:
    """The functions of a file by the line on which they begin, decorators included, as Python counts it."""
    found: dict[int, list[ast.FunctionDef | ast.Lambda]] = {}
    for node in ast.walk(ast.parse(Path(path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.Lambda):
            decorators = getattr(node, "decorator_list", [])
            found.setdefault(min([node.lineno, *(each.lineno for each in decorators)]), []).append(node)
    return found


def plain(node: ast.AST) -> str:
    """The node as text, the same under every Python: no places, docstrings, types, nor what is said to the reader."""
    kind: type = type(node)  # some hundred thousand nodes a run: `isinstance` would take twice as long
    told = []
    for name in _fields(kind):
        value: Any = getattr(node, name, None)
        if name == "body" and kind in _WITH_WORDS:
            value = [each for each in value if not _is_words(each)]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _SAYS:
            value = {"func": node.func, "args": [each for each in node.args if not _is_text(each)]}.get(name)
        if text := _told(value):
            told.append(f"{name}={text}")
    return f"{kind.__name__}({','.join(told)})"


@cache
def _fields(kind: Any) -> tuple[str, ...]:
    return tuple(name for name in kind._fields if name not in ("returns", "annotation", "ctx"))


def _told(value: Any) -> str:
    if value is None:
        return ""
    kind = type(value)
    if kind is list:
        return f"[{','.join([_told(each) for each in value])}]" if value else ""
    return repr(value) if kind is str or not isinstance(value, ast.AST) else plain(value)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _is_words(node: ast.stmt) -> bool:
    """A docstring, or any other bare string."""
    return isinstance(node, ast.Expr) and _is_text(node.value)
