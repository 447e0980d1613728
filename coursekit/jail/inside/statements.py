"""One top-level statement of a learner's source: what it binds and what it needs."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterator
from functools import cached_property

from coursekit.jail.inside.imports import bound_by
from coursekit.jail.inside.policy import every_node


class Unsound(Exception):
    """What only the compiler refuses in a statement that parses; the message says where and why."""

    def __init__(self, statement: Statement, message: str) -> None:
        super().__init__(message)
        self.statement = statement


class Statement:
    """One top-level statement. What it binds and needs is looked at when it is asked for: of most, little is asked.

    Asking for either raises Unsound where the compiler refuses the statement.
    """

    def __init__(self, label: str, node: ast.stmt, lines: list[bytes], *, walrus: bool) -> None:
        self.label = label
        self.node = node
        self._lines = lines  # of the whole cell
        self._walrus = walrus  # whether there is any `:=` in the cell, which may bind a name anywhere

    @cached_property
    def binds(self) -> frozenset[str]:
        """The global names that it defines, a loop's and a with's included; "*" for whatever a module has."""
        match self.node:
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                return frozenset(map(bound_by, names))
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) if not self._walrus:
                return frozenset({name})
            case ast.Assign(targets=[ast.Name(id=name)]) if not self._walrus:
                return frozenset({name})
            case ast.Expr() if not self._walrus:
                return frozenset()
        symbols = self._table.get_symbols()
        return frozenset(symbol.get_name() for symbol in symbols if symbol.is_assigned() or symbol.is_imported())

    @cached_property
    def needs(self) -> frozenset[str]:
        """The global names that it reads or declares, at any depth; no function's own variables."""
        if isinstance(self.node, ast.Import | ast.ImportFrom):  # to symtable, it needs what it binds
            return frozenset()
        return frozenset(_needs(self._table))

    @cached_property
    def writes(self) -> frozenset[str]:
        """The global names that it binds otherwise than by an import."""
        match self.node:
            case ast.Import() | ast.ImportFrom():
                return frozenset()
            case ast.FunctionDef() | ast.ClassDef() | ast.Assign() | ast.AnnAssign() | ast.Expr():
                return self.binds
        imports = [node for node in every_node([self.node]) if isinstance(node, ast.Import | ast.ImportFrom)]
        return self.binds - {bound_by(alias) for node in imports for alias in node.names}

    @cached_property
    def is_stub(self) -> bool:
        """A function that has nothing but a docstring and `raise NotImplementedError`."""
        if not isinstance(self.node, ast.FunctionDef):
            return False
        body = [child for child in self.node.body if not _is_docstring(child)]
        if len(body) != 1 or not isinstance(body[0], ast.Raise):
            return False
        return any(isinstance(node, ast.Name) and node.id == "NotImplementedError" for node in every_node(body))

    def trimmed(self, wanted: set[str]) -> ast.stmt:
        """An import without the names that nobody needs: a jail may not have pandas, and may have no use for it."""
        node = self.node
        if not isinstance(node, ast.Import | ast.ImportFrom) or node.names[0].name == "*":
            return node
        names = [alias for alias in node.names if bound_by(alias) in wanted]
        trimmed = ast.Import(names) if isinstance(node, ast.Import) else ast.ImportFrom(node.module, names, node.level)
        return ast.copy_location(trimmed, node)

    @cached_property
    def _table(self) -> symtable.SymbolTable:
        try:
            return symtable.symtable(_text(self.node, self._lines), self.label, "exec")
        except (SyntaxError, RecursionError) as error:
            raise Unsound(self, fault(self.label, self.node.lineno, error)) from None


def fault(label: str, line: int | None, error: Exception) -> str:
    """A sentence that says where a learner's source is no Python, and why."""
    reason = getattr(error, "msg", None) or type(error).__name__
    return f"{label}{f', line {line}' if line else ''}: {reason}"


def _text(node: ast.stmt, lines: list[bytes]) -> str:
    """The statement as it was written, for unparsing it would take as long as all the rest of loading."""
    if getattr(node, "decorator_list", None) or node.end_lineno is None:  # a node begins behind its decorators
        return ast.unparse(node)
    own = lines[node.lineno - 1 : node.end_lineno]
    own[-1] = own[-1][: node.end_col_offset]
    own[0] = own[0][node.col_offset :]
    return b"\n".join(own).decode()


def _needs(table: symtable.SymbolTable) -> Iterator[str]:
    for symbol in table.get_symbols():
        if symbol.is_global() or (table.get_type() == "module" and symbol.is_referenced()):
            yield symbol.get_name()
    for child in table.get_children():
        yield from _needs(child)


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
