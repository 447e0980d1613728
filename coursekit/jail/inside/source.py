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
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

from .byhand import ByHand
from .policy import every_node

Cell = tuple[str, str]  # label, text


class SourceError(Exception):
    """The function cannot be had from this source; `kind` and message tell the learner why."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind  # missing, broken, or forbidden (the message is the name of what was used)


class _Unsound(Exception):
    """What only the compiler refuses in a statement that parses: `statement` and `fault`."""

    def __init__(self, statement: _Statement, fault: str) -> None:
        super().__init__(fault)
        self.statement = statement
        self.fault = fault


class _Statement:
    """One top-level statement. What it binds and needs is looked at when it is asked for: of most, little is asked.

    Asking for either raises _Unsound where the compiler refuses the statement.
    """

    def __init__(self, label: str, node: ast.stmt, lines: list[bytes], *, walrus: bool) -> None:
        self.label = label
        self.node = node
        self.imports = isinstance(node, ast.Import | ast.ImportFrom)
        self._lines = lines  # of the whole cell
        self._walrus = walrus  # whether there is any `:=` in the cell, which may bind a name anywhere

    @cached_property
    def binds(self) -> frozenset[str]:
        """The global names that it defines, a loop's and a with's included; "*" for whatever a module has."""
        match self.node:
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                return frozenset(alias.asname or _first_part(alias.name) for alias in names)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) if not self._walrus:
                return frozenset({name})
            case ast.Assign(targets=[ast.Name(id=name)]) if not self._walrus:
                return frozenset({name})
            case ast.Expr() if not self._walrus:
                return frozenset()
        return frozenset(symbol.get_name() for symbol in self._table.get_symbols() if symbol.is_assigned())

    @cached_property
    def needs(self) -> frozenset[str]:
        """The global names that it reads or declares, at any depth; no function's own variables."""
        return frozenset() if self.imports else frozenset(_needs(self._table))

    @cached_property
    def touches(self) -> frozenset[str]:
        """The names whose values it changes as it runs."""
        match self.node:
            case ast.FunctionDef() | ast.Import() | ast.ImportFrom():
                return frozenset()
            case ast.ClassDef(body=body):
                return _touches([child for child in body if not isinstance(child, ast.FunctionDef)])
        return _touches([self.node])

    @cached_property
    def touches_when_called(self) -> frozenset[str]:
        """The names whose values a function or a class changes when it is called."""
        return _touches([self.node])

    @cached_property
    def calls(self) -> frozenset[str]:
        """What it calls as it runs: its decorators, or the function of a bare call."""
        return _calls(self.node)

    @cached_property
    def is_stub(self) -> bool:
        """A function that has nothing but a docstring and `raise NotImplementedError`."""
        return _is_stub(self.node)

    @cached_property
    def _table(self) -> symtable.SymbolTable:
        try:
            return symtable.symtable(_text(self.node, self._lines), self.label, "exec")
        except (SyntaxError, RecursionError) as error:
            raise _Unsound(self, _fault(self.label, self.node.lineno, error)) from None


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
        statements += [_Statement(label, node, lines, walrus=":=" in text) for node in body]
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


def _text(node: ast.stmt, lines: list[bytes]) -> str:
    """The statement as it was written, for unparsing it would take as long as all the rest of loading."""
    if getattr(node, "decorator_list", None) or node.end_lineno is None:  # a node begins behind its decorators
        return ast.unparse(node)
    own = lines[node.lineno - 1 : node.end_lineno]
    own[-1] = own[-1][: node.end_col_offset]
    own[0] = own[0][node.col_offset :]
    return b"\n".join(own).decode()


def _first_part(path: str) -> str:
    return path.partition(".")[0]


def _needs(table: symtable.SymbolTable) -> Iterator[str]:
    for symbol in table.get_symbols():
        if symbol.is_global() or (table.get_type() == "module" and symbol.is_referenced()):
            yield symbol.get_name()
    for child in table.get_children():
        yield from _needs(child)


def _touches(nodes: Sequence[ast.AST]) -> frozenset[str]:
    """The names whose values are changed: `X[…] = …`, `X.y = …`, `X += …`, `X.method(…)`, at any depth."""
    touched: set[str] = set()
    for node in every_node(nodes):
        match node:
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


def _calls(node: ast.stmt) -> frozenset[str]:
    calls = list(getattr(node, "decorator_list", [])) + ([node.value] if isinstance(node, ast.Expr) else [])
    roots = [call.func if isinstance(call, ast.Call) else call for call in calls]
    return frozenset(root.id for root in roots if isinstance(root, ast.Name))


def _is_stub(node: ast.stmt) -> bool:
    if not isinstance(node, ast.FunctionDef):
        return False
    body = [child for child in node.body if not (isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant))]
    return len(body) == 1 and isinstance(body[0], ast.Raise) and "NotImplementedError" in ast.dump(body[0])


def _needed(statements: list[_Statement], name: str, broken: list[str]) -> list[_Statement]:
    """The statements by which `name` can be had, imports without what nobody needs."""
    sound = []
    for statement in statements:
        try:
            _ = statement.binds
            sound.append(statement)
        except _Unsound as error:
            broken.append(error.fault)
    chosen: list[_Statement] | None = None
    while chosen is None:
        if not any(name in statement.binds for statement in sound):
            raise _missing(name, sound, broken)
        try:
            chosen = _chosen(sound, name)
        except _Unsound as error:  # it breaks no other statement: there may be another of this name
            broken.append(error.fault)
            sound.remove(error.statement)
    wanted = {name}.union(*(statement.needs for statement in chosen))
    for statement in chosen:
        statement.node = _trimmed(statement.node, wanted)
    return chosen


def _chosen(statements: list[_Statement], name: str) -> list[_Statement]:
    """What `name` depends on, in the order in which it stands; _Unsound where the compiler refuses any of it."""
    # a cell that was copied, or reset below an earlier answer, must not hide the answer behind its stub
    answered = {bound for s in statements if not s.is_stub for bound in s.binds}
    usable = [s for s in statements if not (s.is_stub and s.binds <= answered)]
    written = {
        bound for s in usable for bound in s.binds if isinstance(s.node, ast.Assign | ast.AnnAssign | ast.ClassDef)
    }
    written.add(name)  # not what is imported: `torch.save(…)` does not make torch
    writers = {b: s for s in usable for b in s.binds if isinstance(s.node, ast.FunctionDef | ast.ClassDef)}

    def changes(s: _Statement) -> frozenset[str]:
        called = (writers[call].touches_when_called for call in s.calls if call in writers)
        return s.touches.union(*called) & written

    wanted, chosen = {name}, set[int]()
    while True:
        found = [
            i
            for i, s in enumerate(usable)
            if i not in chosen and (s.binds & wanted or "*" in s.binds or changes(s) & wanted)
        ]
        if not found:
            return [usable[i] for i in sorted(chosen)]
        for i in found:
            chosen.add(i)
            wanted |= usable[i].needs


def _trimmed(node: ast.stmt, wanted: set[str]) -> ast.stmt:
    """An import without the names that nobody needs: a jail may not have pandas, and may have no use for it."""
    if not isinstance(node, ast.Import | ast.ImportFrom) or node.names[0].name == "*":
        return node
    names = [alias for alias in node.names if (alias.asname or _first_part(alias.name)) in wanted]
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
