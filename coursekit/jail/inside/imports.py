"""What an answer has imported, by which names, and what becomes of the modules among that.

A name may be bound several times, and a module be handed on to where no name tells what it is. Both have an honest use
with torch and numpy, whose forbidden functions either layer knows by their names; with Python's own modules, neither.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from coursekit.jail.inside.paths import ONLY, is_library, is_module, meaning, words

_IMPORT = (ast.Import, ast.ImportFrom)
_PLAIN = words("torch numpy math cmath")  # any code may have one of these whole
_STARS = words("typing typing_extensions dataclasses collections itertools abc enum numbers fractions decimal")


def bound_by(alias: ast.alias) -> str:
    """The name that an import's alias gives: of `import a.b`, that is `a`."""
    return alias.asname or alias.name.partition(".")[0]


class Imports:
    """What the statements of one answer import.

    Args:
        statements: its statements.
        nodes: they and all below them.

    Attributes:
        modules: the full names of the modules.
        stars: those of which it takes whatever they have.
        given: each name with the full name of what an import has it stand for; a name may be there twice.
        paths: what a name stands for, plain second names included.
    """

    def __init__(self, statements: Sequence[ast.stmt], nodes: Sequence[ast.AST]) -> None:
        imports = [node for node in nodes if isinstance(node, _IMPORT)]
        self.modules = {path for node in imports for path in _modules(node)}
        self.stars = [n.module or "" for n in imports if isinstance(n, ast.ImportFrom) and n.names[0].name == "*"]
        replaced = set(_replaced(statements))
        inner = [node for node in imports if node not in statements]
        replaced.difference_update(name for node in inner for name, _ in _given(node))
        self.given = [(name, path) for node in imports for name, path in _given(node) if name not in replaced]
        self.paths = dict(self.given)
        for node in nodes:
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                path = self.resolve(node.value)
                if path is not None and node.targets[0].id not in replaced:
                    self.paths.setdefault(node.targets[0].id, path)
        bases = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
        alone = (node for node in nodes if isinstance(node, ast.Name | ast.Attribute) and id(node) not in bases)
        # in a class, a module is a member, which any object may have
        kept = (child for node in nodes if isinstance(node, ast.ClassDef) for child in node.body)
        self._members = [path for child in kept if isinstance(child, _IMPORT) for _, path in _given(child)]
        self._alone = [node for node in alone if isinstance(node.ctx, ast.Load)]
        self._otherwise_bound = {node.arg for node in nodes if isinstance(node, ast.arg)}

    def resolve(self, node: ast.expr) -> str | None:
        """The full name that a dotted expression stands for, if it begins with an imported name."""
        if isinstance(node, ast.Name):
            return self.paths.get(node.id)
        if isinstance(node, ast.Attribute):
            front = self.resolve(node.value)
            return None if front is None else f"{front}.{node.attr}"
        return None

    def refused(self, reads: set[str]) -> Iterator[str]:
        """Modules of which it cannot be told what is taken.

        Args:
            reads: the names that the answer reads.
        """
        yield from (star for star in self.stars if is_library(star) and not _is_plain(star) and star not in _STARS)
        yield from (path for path in self._members if is_module(path) and not _is_plain(path))
        meant: dict[str, set[str]] = {}
        for name, path in self.given:
            meant.setdefault(name, set()).add(path)
        for name in sorted(reads & meant.keys()):
            if len(meant[name]) > 1:
                yield from (path for path in sorted(meant[name]) if is_module(path) and not _is_plain(path))
        for node in self._alone:  # handed on by itself, a module can be asked for anything
            if isinstance(node, ast.Name) and node.id in self._otherwise_bound:
                continue
            handed_on = self.resolve(node)
            if (
                handed_on is not None
                and is_module(handed_on)
                and (not _is_plain(handed_on) or meaning(handed_on) in ONLY)
            ):
                yield handed_on


def _given(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    for alias in node.names:
        if isinstance(node, ast.ImportFrom):
            if alias.name != "*":
                yield bound_by(alias), f"{node.module}.{alias.name}"
        else:
            yield bound_by(alias), alias.name if alias.asname else bound_by(alias)


def _modules(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    else:
        yield node.module or ""


def _replaced(statements: Sequence[ast.stmt]) -> set[str]:
    """The names that, when all has run, stand for a function or a class of their own, and for no import."""
    own: set[str] = set()
    for statement in statements:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            own.add(statement.name)
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            own.difference_update(name for name, _ in _given(statement))
    return own


def _is_plain(path: str) -> bool:
    return path.partition(".")[0] in _PLAIN
