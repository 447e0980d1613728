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
import symtable
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from .byhand import ByHand

Cell = tuple[str, str]  # label, text


class SourceError(Exception):
    """The function cannot be had from this source; `kind` and message tell the learner why."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind  # missing, broken, or forbidden (the message is the name of what was used)


@dataclass(frozen=True)
class _Statement:
    label: str
    node: ast.stmt
    binds: frozenset[str]
    needs: frozenset[str]
    touches: frozenset[str]  # where a function is only defined, what calling it would touch
    calls: frozenset[str]
    is_stub: bool


def load(cells: list[Cell], name: str, by_hand: ByHand | None = None) -> Callable[..., Any]:
    """The function `name`, defined by running only the statements it depends on.

    Args:
        cells: all of a submission's source.
        name: what the function is called.
        by_hand: what those statements must not use; nothing is run if they do.

    Raises:
        SourceError: no such function (names the closest one found), its cell is no Python, or it is not by hand.
        Exception: whatever the learner's own statements raise.
    """
    statements, broken = _parse(cells)
    module = types.ModuleType("submission")
    sys.modules[module.__name__] = module  # dataclasses look their module up there
    namespace = vars(module)
    for label, text in cells:  # so that a traceback can quote the learner's line
        linecache.cache[_file(label)] = (len(text), None, text.splitlines(keepends=True), _file(label))
    needed = _needed(statements, name, broken)
    if by_hand is not None:
        used = by_hand.read([statement.node for statement in needed])
        if used is not None:
            raise SourceError("forbidden", used)
        namespace["__builtins__"] = by_hand.builtins()
    lazy = __future__.annotations.compiler_flag  # a forgotten `from torch import Tensor` costs nobody a point
    for statement in needed:
        tree = ast.Module([statement.node], [])
        code = compile(tree, _file(statement.label), "exec", flags=lazy, dont_inherit=True)
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
            body, text = _tree(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            broken.append(_fault(label, getattr(error, "lineno", None), error))
            continue
        lines = text.encode().split(b"\n")
        for node in body:
            try:
                statements.append(_statement(label, node, lines))
            except (SyntaxError, RecursionError) as error:  # what only the compiler refuses breaks no other statement
                broken.append(_fault(label, node.lineno, error))
    return statements, broken


def _fault(label: str, line: int | None, error: Exception) -> str:
    reason = getattr(error, "msg", None) or type(error).__name__
    return f"{label}{f', line {line}' if line else ''}: {reason}"


def _tree(text: str) -> tuple[list[ast.stmt], str]:
    """The statements of a cell, and the text in which their places are counted."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    try:
        return ast.parse(text).body, text
    except SyntaxError:
        # a cell may hold what only IPython understands: %magic, !shell, help?; it knows best where
        from IPython.core.inputtransformer2 import TransformerManager

        if text.lstrip().startswith("%%"):  # or the whole cell would become the argument of %%time
            text = text.replace("%%", "# %%", 1)
        text = TransformerManager().transform_cell(text)  # type: ignore[no-untyped-call]
        return ast.parse(text).body, text


def _statement(label: str, node: ast.stmt, lines: list[bytes]) -> _Statement:
    table = symtable.symtable(_text(node, lines), label, "exec")
    needs = frozenset(_needs(table))
    return _Statement(label, node, frozenset(_binds(node, table)), needs, _touches(node), _calls(node), _is_stub(node))


def _text(node: ast.stmt, lines: list[bytes]) -> str:
    """The statement as it was written, for unparsing it would take as long as all the rest of loading."""
    if getattr(node, "decorator_list", None) or node.end_lineno is None:  # a node begins behind its decorators
        return ast.unparse(node)
    own = lines[node.lineno - 1 : node.end_lineno]
    own[-1] = own[-1][: node.end_col_offset]
    own[0] = own[0][node.col_offset :]
    return b"\n".join(own).decode()


def _binds(node: ast.stmt, table: symtable.SymbolTable) -> Iterator[str]:
    """The global names that a top-level statement defines, a loop's and a with's included."""
    if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
        yield "*"
    for symbol in table.get_symbols():
        if symbol.is_assigned() or symbol.is_imported():
            yield symbol.get_name()


def _needs(table: symtable.SymbolTable) -> Iterator[str]:
    """The global names that a statement reads or declares, at any depth; no function's own variables."""
    for symbol in table.get_symbols():
        if symbol.is_global() or (table.get_type() == "module" and symbol.is_referenced()):
            yield symbol.get_name()
    for child in table.get_children():
        yield from _needs(child)


def _touches(node: ast.stmt) -> frozenset[str]:
    """The names whose values a statement changes: `X[…] = …`, `X.y = …`, `X += …`, `X.method(…)`, at any depth."""
    touched: set[str] = set()
    for child in _nodes(node):
        match child:
            case ast.Attribute(attr=attr) if attr.startswith("__"):
                pass
            case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store()):
                touched.add(name)
            case ast.Attribute(value=ast.Name(id=name), ctx=ast.Store()):
                touched.add(name)
            case ast.AugAssign(target=ast.Name(id=name)):
                touched.add(name)
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name)))):
                touched.add(name)
    return frozenset(touched)


def _nodes(node: ast.AST) -> list[ast.AST]:
    """A node and all below it, as by `ast.walk`, which takes twice as long."""
    nodes = [node]
    for parent in nodes:  # which grows meanwhile
        for value in vars(parent).values():
            if isinstance(value, ast.AST):
                nodes.append(value)
            elif isinstance(value, list):
                nodes += [item for item in value if isinstance(item, ast.AST)]
    return nodes


def _calls(node: ast.stmt) -> frozenset[str]:
    """What a statement calls as it runs: its decorators, or the function of a bare call."""
    calls = list(getattr(node, "decorator_list", [])) + ([node.value] if isinstance(node, ast.Expr) else [])
    roots = [call.func if isinstance(call, ast.Call) else call for call in calls]
    return frozenset(root.id for root in roots if isinstance(root, ast.Name))


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
    written = {
        bound for s in usable for bound in s.binds if isinstance(s.node, ast.Assign | ast.AnnAssign | ast.ClassDef)
    }
    written.add(name)  # not what is imported: `torch.save(…)` does not make torch
    writers = {b: s.touches for s in usable for b in s.binds if isinstance(s.node, ast.FunctionDef)}

    def changes(s: _Statement) -> frozenset[str]:
        own = s.touches if not isinstance(s.node, ast.FunctionDef) else frozenset[str]()
        return own.union(*(writers.get(call, ()) for call in s.calls)) & written

    wanted, chosen = {name}, set[int]()
    while True:
        found = [
            i
            for i, s in enumerate(usable)
            if i not in chosen and (s.binds & wanted or "*" in s.binds or changes(s) & wanted)
        ]
        if not found:
            return [replace(usable[i], node=_trimmed(usable[i].node, wanted)) for i in sorted(chosen)]
        for i in found:
            chosen.add(i)
            if not isinstance(usable[i].node, ast.Import | ast.ImportFrom):  # to symtable, it needs what it binds
                wanted |= usable[i].needs


def _trimmed(node: ast.stmt, wanted: set[str]) -> ast.stmt:
    """An import without the names that nobody needs: a jail may not have pandas, and may have no use for it."""
    if not isinstance(node, ast.Import | ast.ImportFrom) or node.names[0].name == "*":
        return node
    names = [alias for alias in node.names if (alias.asname or alias.name.partition(".")[0]) in wanted]
    trimmed = ast.Import(names) if isinstance(node, ast.Import) else ast.ImportFrom(node.module, names, node.level)
    return ast.copy_location(trimmed, node)


def _missing(name: str, statements: list[_Statement], broken: list[str]) -> SourceError:
    if broken:
        places = "; ".join(broken[:3])
        return SourceError("broken", f"This is not Python, so `{name}` cannot be found in it: {places}.")
    functions = [s.node.name for s in statements if isinstance(s.node, ast.FunctionDef)]
    close = difflib.get_close_matches(name, functions, n=1, cutoff=0.6)
    if close:
        return SourceError("missing", f"There is no function `{name}`. Did you mean `{close[0]}` by it? Rename it.")
    return SourceError("missing", f"There is no function `{name}` here. Define it with `def {name}(...)`.")
