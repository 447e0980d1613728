"""Finds one function in a learner's cells, with what it needs, and nothing else.

A submission is never run whole: a notebook's training cell or a script's prompt has nothing to do with the
function that is asked for. What runs is the function, the imports, helpers and constants that it names, and what
those name in turn, in the order in which they stand.
"""

from __future__ import annotations
import __future__

import ast
import difflib
import linecache
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Cell = tuple[str, str]  # label, text


class SourceError(Exception):
    """The function cannot be had from this source; `kind` and message tell the learner why."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind  # missing, or broken


@dataclass(frozen=True)
class _Statement:
    label: str
    node: ast.stmt
    binds: frozenset[str]
    needs: frozenset[str]
    is_stub: bool


def load(cells: list[Cell], name: str) -> Callable[..., Any]:
    """The function `name`, defined by running only the statements it depends on.

    Raises:
        SourceError: no such function (names the closest one found), or its cell is no Python.
        Exception: whatever the learner's own statements raise.
    """
    statements, broken = _parse(cells)
    namespace: dict[str, Any] = {"__name__": "submission"}
    for label, text in cells:  # so that a traceback can quote the learner's line
        linecache.cache[_file(label)] = (len(text), None, text.splitlines(keepends=True), _file(label))
    lazy = __future__.annotations.compiler_flag  # a forgotten `from torch import Tensor` costs nobody a point
    for statement in _needed(statements, name, broken):
        module = ast.Module([statement.node], [])
        code = compile(module, _file(statement.label), "exec", flags=lazy, dont_inherit=True)
        exec(code, namespace)
    function: Callable[..., Any] | None = namespace.get(name)
    if not callable(function):
        kind = type(function).__name__
        raise SourceError("broken", f"`{name}` is of type {kind}, not a function. Define it with `def {name}(...)`.")
    return function


def _file(label: str) -> str:
    return f"submission:{label}"


def _parse(cells: list[Cell]) -> tuple[list[_Statement], list[str]]:
    """All top-level statements that bind a name, and a sentence for each cell that does not parse."""
    statements: list[_Statement] = []
    broken: list[str] = []
    for label, text in cells:
        try:
            body = _tree(text).body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = getattr(error, "lineno", None)
            reason = getattr(error, "msg", None) or type(error).__name__
            broken.append(f"{label}{f', line {line}' if line else ''}: {reason}")
            continue
        statements += [statement for node in body if (statement := _statement(label, node)).binds]
    return statements, broken


def _tree(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError:
        # IPython's own lines (%magic, !shell, help?) are no Python; without them the cell may parse
        kept = ["" if _is_magic(line) else line for line in text.splitlines()]
        return ast.parse("\n".join(kept))


def _is_magic(line: str) -> bool:
    stripped = line.strip()
    return stripped.startswith(("%", "!", "?")) or stripped.endswith("?")


def _statement(label: str, node: ast.stmt) -> _Statement:
    return _Statement(label, node, frozenset(_binds(node)), frozenset(_needs(node)), _is_stub(node))


def _binds(node: ast.stmt) -> Iterator[str]:
    """The global names that a top-level statement defines; loops and bare calls count as defining nothing."""
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.AsyncFunctionDef(name=name):
            yield name
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            for alias in names:
                yield alias.asname or alias.name.split(".")[0]
        case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
            for child in ast.walk(node):
                if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
                    yield child.id
        case ast.If() | ast.Try():
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.ExceptHandler):
                    for inner in child.body:
                        yield from _binds(inner)
                elif isinstance(child, ast.stmt):
                    yield from _binds(child)


def _needs(node: ast.stmt) -> Iterator[str]:
    """The global names that a statement reads, its function's own variables left out."""
    nodes = list(ast.walk(node))
    own: set[str] = set()
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        own = {child.arg for child in nodes if isinstance(child, ast.arg)}
        own |= {child.id for child in nodes if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store)}
    for child in nodes:
        if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Load) and child.id not in own:
            yield child.id
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
        yield node.target.id


def _is_stub(node: ast.stmt) -> bool:
    """A function that has nothing but a docstring and `raise NotImplementedError`."""
    if not isinstance(node, ast.FunctionDef):
        return False
    body = [child for child in node.body if not (isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant))]
    return len(body) == 1 and isinstance(body[0], ast.Raise) and "NotImplementedError" in ast.dump(body[0])


def _needed(statements: list[_Statement], name: str, broken: list[str]) -> list[_Statement]:
    defined = {bound for statement in statements for bound in statement.binds}
    if name not in defined:
        raise _missing(name, statements, broken)
    # a cell that was copied, or reset below an earlier answer, must not hide the answer behind its stub
    answered = {bound for s in statements if not s.is_stub for bound in s.binds}
    usable = [s for s in statements if not (s.is_stub and s.binds <= answered)]
    wanted, chosen = {name}, set[int]()
    while True:
        found = [i for i, s in enumerate(usable) if i not in chosen and (s.binds & wanted or "*" in s.binds)]
        if not found:
            return [usable[i] for i in sorted(chosen)]
        for i in found:
            chosen.add(i)
            wanted |= usable[i].needs


def _missing(name: str, statements: list[_Statement], broken: list[str]) -> SourceError:
    if broken:
        places = "; ".join(broken[:3])
        return SourceError("broken", f"This is not Python, so `{name}` cannot be found in it: {places}.")
    functions = [s.node.name for s in statements if isinstance(s.node, ast.FunctionDef)]
    close = difflib.get_close_matches(name, functions, n=1, cutoff=0.6)
    if close:
        return SourceError("missing", f"There is no function `{name}`. Did you mean `{close[0]}` by it? Rename it.")
    return SourceError("missing", f"There is no function `{name}` here. Define it with `def {name}(...)`.")
