"""Reads a function that lives in a notebook, as a graded run reads what is handed in."""

from __future__ import annotations

import ast
import inspect
import linecache
from collections.abc import Callable, Iterator
from functools import lru_cache
from types import FunctionType, ModuleType
from typing import Any

from coursekit.exercise import Exercise
from coursekit.jail.inside.byhand import ByHand
from coursekit.jail.inside.paths import open_path
from coursekit.jail.inside.statements import Statement, Unsound


class _Unreadable(Exception):
    """The source of something cannot be had."""


def used_in(function: Callable[..., Any], exercise: Exercise) -> str | None:
    """What a function uses that an answer by hand does not; None as well where its source cannot be had.

    It is read once, before it is asked anything. What it calls is watched in any case (see `wire.answering`).
    """
    if not exercise.forbids:
        return None
    try:
        return ByHand(exercise.forbids).read(list(_statements(function)))
    except _Unreadable:
        return None


def _statements(function: Callable[..., Any]) -> Iterator[ast.stmt]:
    """The source of a function and of whatever it names in the same notebook; an import for all else that it names."""
    start = inspect.unwrap(function) if isinstance(function, FunctionType) else type(function)
    todo, done = [start], {id(start)}
    for thing in todo:  # which grows meanwhile
        maker = _maker(thing)
        statement = _definition(thing, maker)
        yield statement.node
        for name in _global_names(statement) - set(maker.__code__.co_freevars):
            found = maker.__globals__.get(name)
            found = getattr(found, "_torchdynamo_inline", found)  # what torch.jit.script was given
            if isinstance(found, ModuleType):
                yield ast.Import([ast.alias(found.__name__, name)])
            elif isinstance(found, FunctionType | type) and found.__module__ == start.__module__:
                if id(found) not in done:
                    done.add(id(found))
                    todo.append(found)
            elif isinstance(found, FunctionType | type) and found.__module__ != "builtins":
                names = (name, found.__name__, found.__name__.lstrip("_"))
                path = open_path(found, *names) or f"{found.__module__}.{found.__name__}"
                module, _, its_name = path.rpartition(".")
                yield ast.ImportFrom(module, [ast.alias(its_name, name)], 0)


def _maker(thing: Any) -> FunctionType:
    """The function itself, or some method of a class: it knows the cell in which it was written."""
    for each in (thing, *vars(thing).values()):
        function = getattr(each, "__func__", each)  # of a static method
        if isinstance(function, FunctionType) and function.__module__ == thing.__module__:
            return function
    raise _Unreadable


def _global_names(statement: Statement) -> frozenset[str]:
    """The global names that a definition reads; a variable of its own may be called as something global is."""
    try:
        return statement.needs
    except Unsound:  # a `nonlocal` by itself: what is around it is not there
        return frozenset(each.id for each in ast.walk(statement.node) if isinstance(each, ast.Name))


def _definition(thing: Any, maker: FunctionType) -> Statement:
    """The statement that defines it; of several in one file, the one in whose lines it was made."""
    text, line = "".join(linecache.getlines(maker.__code__.co_filename)), maker.__code__.co_firstlineno
    for node in reversed(_definitions(text)):
        if node.name == thing.__name__:
            first = min((each.lineno for each in node.decorator_list), default=node.lineno)
            if first <= line <= (node.end_lineno or line):
                return Statement("", node, text.encode().split(b"\n"), walrus=False)
    raise _Unreadable


_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@lru_cache(maxsize=8)
def _definitions(text: str) -> tuple[_Definition, ...]:
    try:
        return tuple(node for node in ast.walk(ast.parse(text)) if isinstance(node, _Definition))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
