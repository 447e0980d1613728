"""Reads what an answer would run, and finds what is not by hand: by names, before anything runs.

This is the first of two layers; the second takes the functions themselves away (disarm.py). So this one need not
be clever about values: it finds ready-made functions by their names, and the few things by which Python code
reaches what it does not name. A dotted name stands for an object, and is judged by what that is: `enum.bltns` is
Python's builtins, and those are refused under every name. Whatever else a learner writes is fine, in whatever style.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterator, Sequence

from coursekit.jail.inside.imports import Imports
from coursekit.jail.inside.paths import (
    BUILTINS,
    INSIDES,
    OPEN,
    SPOKEN,
    bad_path,
    is_library,
    is_module,
    is_private,
    meaning,
)

# What reads attributes by names that it is given: only where these stand there to be read
_READERS = ("operator.attrgetter", "operator.methodcaller")
_MEMBERS_BY_NAME = ("register_buffer", "register_parameter", "register_module", "add_module", "__setattr__")
_WRAPPERS = ("functools.wraps", "functools.update_wrapper")


def every_node(roots: Sequence[ast.AST]) -> list[ast.AST]:
    """These nodes and all below them, as by `ast.walk`, which takes three times as long; without `Load` and `Store`."""
    nodes = list(roots)
    for parent in nodes:  # which grows meanwhile
        for value in vars(parent).values():
            kind = type(value)
            if kind is list:
                nodes += [item for item in value if isinstance(item, ast.AST)]
            elif kind is not int and kind is not str and isinstance(value, ast.AST) and value._fields:
                nodes.append(value)
    return nodes


class Reading:
    """The statements of one answer: what they import, what they define, and what they use of both."""

    def __init__(self, statements: Sequence[ast.stmt], names: frozenset[str]) -> None:
        self.names = names
        self.nodes = every_node(statements)
        self.nodes += every_node(list(_written_as_text(self.nodes)))
        self.imports = Imports(statements, self.nodes)
        self.own = set(self._definitions())
        self.bound = self.own | set(self._bindings())
        self.reads = {n.id for n in self.nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        self.paths = self.imports.paths
        self.members = set(self._members())
        self.selves = set(self._selves())
        self.called = {id(n.func) for n in self.nodes if isinstance(n, ast.Call)}
        self.plainly_assigned = {
            id(n.targets[0]) for n in self.nodes if isinstance(n, ast.Assign) and len(n.targets) == 1
        }

    def refused(self) -> Iterator[str]:
        """What an answer by hand does not use, one after another."""
        for name, path in sorted({*self.imports.given, *self.paths.items()}):
            if name in self.reads:
                yield from self._full_name(path)
        yield from self.imports.refused(self.reads)
        for name in sorted(self.reads - self.bound - self.paths.keys()):
            if name in BUILTINS:
                yield name
            elif self.imports.stars and not hasattr(builtins, name):  # it came by `from … import *`
                yield from self._from_star(name)
        for node in self.nodes:
            yield from self._used(node)
            yield from self._reader(node)

    def _from_star(self, name: str) -> Iterator[str]:
        if name in self.names:
            yield name
        for star in self.imports.stars:
            if not is_library(star):
                yield f"{star}.{name}"
            elif hasattr(sys.modules.get(star), name):
                yield from self._full_name(f"{star}.{name}")

    def _used(self, node: ast.AST) -> Iterator[str]:
        match node:
            case ast.Attribute(attr=attr, ctx=ast.Store() | ast.Del()) if attr in SPOKEN:
                yield attr
            case ast.Constant(value=str(text)) if text in SPOKEN:  # whatever it is then given to
                yield text
            case ast.Attribute(value=value, attr=attr):
                path = self.imports.resolve(node)
                if path is not None:
                    yield from self._full_name(path)
                else:
                    yield from self._attribute(value, attr)
            case ast.MatchClass(kwd_attrs=attrs):  # `case object(softmax=f)` reads an attribute too
                yield from (attr for attr in attrs if attr in self.names or self._is_strange(attr))
            case ast.Assign(targets=[ast.Name(id="__match_args__")], value=value):  # so does `case Own(f)`
                yield from self._names_given(list(value.elts) if isinstance(value, ast.Tuple) else [value])
            case ast.Name(id="__match_args__", ctx=ast.Store()) if id(node) not in self.plainly_assigned:
                yield node.id
            case ast.Call(func=func, args=[_, ast.Constant(value=str(attr)), *_]) if self._named(func) == "getattr":
                if id(node.args[0]) in self.selves:
                    return
                yield from self._full_name(f"{self.imports.resolve(node.args[0]) or ''}.{attr}", dynamic=True)

    def _reader(self, node: ast.AST) -> Iterator[str]:
        """What reads attributes by their names, and is given no plain ones."""
        if isinstance(node, ast.Call):
            called = self._named(node.func)
            if called in _READERS:
                yield from self._names_given(node.args[:1] if called.endswith("caller") else node.args)
            elif called in _WRAPPERS and (
                node.keywords or len(node.args) > 2 or any(self._is_module(each) for each in node.args)
            ):
                yield called
        elif isinstance(node, ast.Name | ast.Attribute) and id(node) not in self.called:
            named = self.imports.resolve(node)  # handed on, it is given names elsewhere
            if named is not None and meaning(named) in _READERS:
                yield meaning(named)

    def _names_given(self, given: Sequence[ast.expr]) -> Iterator[str]:
        for each in given:
            if not isinstance(each, ast.Constant):
                yield "attrgetter" if len(given) == 1 else ast.unparse(each)[:40]
            else:
                parts = str(each.value).split(".")
                yield from (part for part in parts if part in self.names or self._is_strange(part))

    def _is_module(self, node: ast.expr) -> bool:
        path = self.imports.resolve(node)
        return path is not None and is_module(path)

    def _attribute(self, value: ast.expr, attr: str) -> Iterator[str]:
        """An attribute of a value that is no module, as far as names tell: a tensor, or an object of their own."""
        if self._is_self(value):
            refused = attr in OPEN and attr not in ("__dict__", "__getattr__")
            refused = refused or (attr not in self.members and (attr in INSIDES or attr in self.names))
        else:
            refused = self._is_strange(attr) or (attr in self.names and attr not in self.members)
        if refused:
            yield attr

    def _is_strange(self, attr: str) -> bool:
        return attr in OPEN or attr in INSIDES or (is_private(attr) and attr not in self.members)

    def _full_name(self, path: str, dynamic: bool = False) -> Iterator[str]:
        if not path.startswith("."):
            bad = bad_path(path)
            if bad is not None:
                yield bad
        parts = path.split(".")[1:]
        if dynamic and path.startswith("."):
            yield from (part for part in parts if part in self.names - self.members or part in OPEN)
        else:
            yield from (part for part in parts if part in self.names)

    def _named(self, func: ast.expr) -> str | None:
        """What a call calls: the full name of something imported, or the name of a builtin."""
        if isinstance(func, ast.Name) and func.id not in self.paths:
            return None if func.id in self.own else func.id
        path = self.imports.resolve(func)
        return None if path is None else meaning(path)

    def _definitions(self) -> Iterator[str]:
        """The functions and classes that they define; what they wrote replaces what they imported by that name."""
        for node in self.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield node.name

    def _bindings(self) -> Iterator[str]:
        """Parameters and variables."""
        for node in self.nodes:
            if isinstance(node, ast.arg):
                yield node.arg
            elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                yield node.id
            elif isinstance(node, ast.ExceptHandler) and node.name:
                yield node.name

    def _is_self(self, value: ast.expr) -> bool:
        """The object in a method of a class of theirs, autograd's `ctx` included; and `super()`."""
        if isinstance(value, ast.Call):
            value = value.func
            return isinstance(value, ast.Name) and value.id == "super"
        return id(value) in self.selves

    def _selves(self) -> Iterator[int]:
        for owner in self.nodes:
            for method in owner.body if isinstance(owner, ast.ClassDef) else ():
                if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef):
                    first = [argument.arg for argument in (*method.args.posonlyargs, *method.args.args)][:1]
                    below = every_node(method.body)
                    again = {each.arg for each in below if isinstance(each, ast.arg)}
                    again |= {
                        each.id for each in below if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
                    }
                    yield from (id(n) for n in below if isinstance(n, ast.Name) and n.id in first and n.id not in again)

    def _members(self) -> Iterator[str]:
        """The attributes that they define: methods, fields, what is assigned to `x.name`, and keywords of calls.

        The last stand for the fields of a namedtuple or a SimpleNamespace.
        """
        for node in self.nodes:
            if isinstance(node, ast.ClassDef):
                for child in node.body:
                    match child:
                        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                            yield name
                        case ast.AnnAssign(target=ast.Name(id=name)):
                            yield name
                        case ast.Assign(targets=targets, value=value):
                            yield from (target.id for target in targets if isinstance(target, ast.Name))
                            if any(isinstance(target, ast.Name) and target.id == "__slots__" for target in targets):
                                yield from _strings(value)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                yield node.attr
            elif isinstance(node, ast.keyword) and node.arg:
                yield node.arg
            elif isinstance(node, ast.Call) and self._names_members(node.func):
                yield from _strings(node)

    def _names_members(self, func: ast.expr) -> bool:
        """Whether a call gives members to a class or an object, by names in quotes."""
        if isinstance(func, ast.Attribute) and func.attr in _MEMBERS_BY_NAME:
            return True
        return self._named(func) in ("setattr", "collections.namedtuple", "dataclasses.make_dataclass")


def _strings(node: ast.AST) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield from each.value.replace(",", " ").split()


def _written_as_text(nodes: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """The annotations that are written in quotes: some of Python's own functions evaluate them."""
    for node in nodes:
        note = node.annotation if isinstance(node, ast.arg | ast.AnnAssign) else getattr(node, "returns", None)
        for part in ast.walk(note) if isinstance(note, ast.AST) else ():
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                try:
                    yield ast.parse(part.value, mode="eval").body
                except (SyntaxError, ValueError, RecursionError, MemoryError):
                    continue  # then nobody can evaluate it either
