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
import sys
import types
from collections.abc import Callable, Collection, Mapping
from typing import Any

from coursekit.jail.inside.byhand import ByHand
from coursekit.jail.inside.cells import statements
from coursekit.jail.inside.effects import Effects
from coursekit.jail.inside.statements import Statement, Unsound, fault
from coursekit.wire import Cell


class SourceError(Exception):
    """The function cannot be had from this source; `kind` and message tell the learner why."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind  # missing, broken, or forbidden (the message is the name of what was used)


def load(cells: list[Cell], name: str) -> Callable[..., Any]:
    """The function `name` of these cells; see `Source.load`."""
    return Source(cells).load(name)


class Source:
    """A learner's cells, read once; each function that is loaded from them has a namespace of its own.

    Args:
        cells: all of a submission's source.
        exercises: the names of functions that are asked for elsewhere, so that none is taken for another misspelt.
    """

    def __init__(self, cells: list[Cell], exercises: Collection[str] = ()) -> None:
        self._exercises = exercises
        self._statements: list[Statement] = []
        self._broken: list[str] = []  # a sentence for whatever is no Python
        for label, text in cells:
            # so that a traceback can quote the learner's line
            linecache.cache[_file(label)] = (len(text), None, text.splitlines(keepends=True), _file(label))
            self._read(label, text)

    def load(
        self, name: str, by_hand: ByHand | None = None, instead: Mapping[str, Callable[..., Any]] | None = None
    ) -> Callable[..., Any]:
        """The function `name`, defined by running only the statements it depends on.

        Args:
            name: what the function is called.
            by_hand: what those statements must not use; nothing is run if they do.
            instead: functions that take the place of those of these names, once all statements have run.

        Raises:
            SourceError: no such function (names the closest one found), its cell is no Python, or it is not by hand.
            Exception: whatever the learner's own statements raise.
        """
        needed = self.needed(name)
        module = types.ModuleType("submission")
        sys.modules[module.__name__] = module  # dataclasses look their module up there
        namespace = vars(module)
        if by_hand is not None:
            used = by_hand.read([node for _, node in needed])
            if used is not None:
                raise SourceError("forbidden", used)
            namespace["__builtins__"] = by_hand.builtins()
        lazy = __future__.annotations.compiler_flag  # a forgotten `from torch import Tensor` costs nobody a point
        for label, node in needed:
            tree = ast.Module([node], [])
            code = compile(tree, _file(label), "exec", flags=lazy, dont_inherit=True)
            try:
                exec(code, namespace)
            except ImportError:
                if not _is_star(node):  # from which nobody knows what it needs: a notebook's plots, most often
                    raise
        namespace.update(instead or {})
        function: Callable[..., Any] | None = namespace.get(name)
        if not callable(function):
            kind = type(function).__name__
            raise SourceError(
                "broken", f"`{name}` is of type {kind}, not a function. Define it with `def {name}(...)`."
            )
        return function

    def is_stub(self, name: str) -> bool:
        """Whether `name` is there, and nobody has begun to write it."""
        found = [statement for statement in self._statements if name in statement.binds]
        return bool(found) and all(statement.is_stub for statement in found)

    def leans_on(self, name: str, others: Collection[str]) -> list[str]:
        """Which of `others` the function `name` depends on, as far as a `def` and nothing else binds them.

        Nothing is run. What another statement binds, or binds again, cannot be told from the rest of the source.
        """
        try:
            nodes = [node for _, node in self.needed(name)]
        except SourceError:
            return []
        defined = {node.name for node in nodes if isinstance(node, ast.FunctionDef) and not node.decorator_list}
        elsewhere = set[str]()
        for statement in self._statements:
            if not isinstance(statement.node, ast.FunctionDef) or statement.binds != {statement.node.name}:
                elsewhere |= statement.binds
        return [other for other in others if other in defined - elsewhere - {name}]

    def needed(self, name: str) -> list[tuple[str, ast.stmt]]:
        """Label and statement of all that `name` depends on, imports without what nobody needs.

        Raises:
            SourceError: no such function, or its cell is no Python.
        """
        while True:
            if not any(name in statement.binds for statement in self._statements):
                raise self._missing(name)
            try:
                chosen = _chosen(self._statements, name)
            except Unsound as error:  # it breaks no other statement: there may be another of this name
                self._broken.append(str(error))
                self._statements.remove(error.statement)
                continue
            wanted = {name}.union(*(statement.needs for statement in chosen))
            return [(statement.label, statement.trimmed(wanted)) for statement in chosen]

    def _read(self, label: str, text: str) -> None:
        body, text, broken = statements(text)
        self._broken += [fault(label, getattr(error, "lineno", None), error) for error in broken]
        if not body:  # it may not even be text that can be written
            return
        lines, walrus = text.encode().split(b"\n"), ":=" in text
        for node in body:
            statement = Statement(label, node, lines, walrus=walrus)
            try:
                _ = statement.binds
                self._statements.append(statement)
            except Unsound as error:
                self._broken.append(str(error))

    def _missing(self, name: str) -> SourceError:
        if self._broken:
            places = "; ".join(self._broken[:3])
            # the version, as a newer one or an older may read it
            python = f"Python {sys.version_info.major}.{sys.version_info.minor}"
            return SourceError("broken", f"{python} cannot read this, so `{name}` cannot be found in it: {places}.")
        functions = [s.node.name for s in self._statements if isinstance(s.node, ast.FunctionDef)]
        others = [function for function in functions if function not in self._exercises]
        close = difflib.get_close_matches(name, others, n=1, cutoff=0.6)
        if close:
            return SourceError("missing", f"There is no function `{name}`. Did you mean `{close[0]}` by it? Rename it.")
        return SourceError("missing", f"There is no function `{name}` here. Define it with `def {name}(...)`.")


def _file(label: str) -> str:
    return f"submission:{label}"


def _is_star(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.names[0].name == "*"


def _chosen(statements: list[Statement], name: str) -> list[Statement]:
    """What `name` depends on, in the order in which it stands; Unsound where the compiler refuses any of it."""
    # a cell that was copied, or reset below an earlier answer, must not hide the answer behind its stub
    answered = {bound for s in statements if not s.is_stub for bound in s.binds}
    usable = [s for s in statements if not (s.is_stub and s.binds <= answered)]
    depends = {usable[i].binds for i in _reached(usable, name)}
    effects = Effects(usable, name, {name}.union(*depends))
    return [usable[i] for i in sorted(_reached(usable, name, effects))]


def _reached(statements: list[Statement], name: str, effects: Effects | None = None) -> set[int]:
    """Which of the statements the name depends on, and with `effects` on which that change what it depends on."""
    wanted, chosen = {name}, set[int]()
    while True:
        found = [
            i
            for i, s in enumerate(statements)
            if i not in chosen
            and (s.binds & wanted or "*" in s.binds or (effects is not None and effects.of(s) & wanted))
        ]
        if not found:
            return chosen
        for i in found:
            chosen.add(i)
            wanted |= statements[i].needs
