"""What a statement changes of what others have bound, as it runs: a table that is filled, a class that is registered.

A function depends on such statements as on those that bind its names. Only what is written there is looked at, so this
is no proof: it knows the ways in which people write it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from coursekit.jail.inside.paths import words
from coursekit.jail.inside.policy import every_node
from coursekit.jail.inside.statements import Statement

# Functions that change what they are given first, and methods that change what they are called of, by their last name.
# A bare call of any method is taken for one that does.
_CHANGES_ARGUMENT = words(
    """setattr delattr setitem delitem append extend insert update setdefault add heappush heapify insort insort_left
    insort_right shuffle copyto fill_diagonal put place putmask"""
)
_CHANGES_ITSELF = words("append extend insert pop popitem popleft remove setdefault update add discard")


class Effects:
    """What each statement of one source changes.

    Args:
        statements: all of them.
        name: the function that is asked for.
        depends: the names on which it depends, as far as no statement changes anything.
    """

    def __init__(self, statements: Sequence[Statement], name: str, depends: set[str]) -> None:
        self._makers = {
            bound: s for s in statements for bound in s.binds if isinstance(s.node, ast.FunctionDef | ast.ClassDef)
        }
        self._name = name
        self._depends = depends
        self._found: dict[int, frozenset[str]] = {}
        # not what is imported: `torch.save(…)` does not make torch
        self._written = frozenset().union(*(s.writes for s in statements), {name})

    def of(self, statement: Statement) -> frozenset[str]:
        """The names whose values it changes as it runs."""
        if id(statement) not in self._found:
            self._found[id(statement)] = frozenset(self._of(statement)) & self._written
        return self._found[id(statement)]

    def _of(self, statement: Statement) -> Iterator[str]:
        node = statement.node
        match node:
            case ast.Import() | ast.ImportFrom():
                return
            case ast.FunctionDef(decorator_list=decorators):
                yield from self._decorated(decorators)
            case ast.ClassDef(decorator_list=decorators, bases=bases, body=body):
                yield from self._decorated(decorators)
                yield from (base.id for base in bases if isinstance(base, ast.Name) and self._hears(base.id))
                yield from changed_by([child for child in body if not isinstance(child, ast.FunctionDef)])
            case ast.Assign(value=ast.Call() as call) | ast.AnnAssign(value=ast.Call() as call):
                yield from changed_by([node])
                yield from self._called(call, ast.ClassDef)
            case _:
                yield from changed_by([node])
                for each in _run_by(node):
                    if isinstance(each, ast.Expr) and isinstance(each.value, ast.Call):
                        yield from self._called(each.value)

    def _decorated(self, decorators: Sequence[ast.expr]) -> Iterator[str]:
        for decorator in decorators:
            call = decorator if isinstance(decorator, ast.Call) else ast.Call(decorator, [], [])
            yield from self._called(call, decorates=True)
            if isinstance(call.func, ast.Attribute):  # of a table of theirs: `@TABLE.register("mean")`
                yield from _root(call.func)

    def _hears(self, name: str) -> bool:
        """Whether a class of theirs, or one above it, is told of each that is derived from it."""
        names = [name]
        for each in names:  # which grows meanwhile
            maker = self._makers.get(each)
            if maker is None or not isinstance(maker.node, ast.ClassDef):
                continue
            if any(
                isinstance(child, ast.FunctionDef) and child.name == "__init_subclass__" for child in maker.node.body
            ):
                return True
            if any(isinstance(word.value, ast.Name) and word.value.id in self._makers for word in maker.node.keywords):
                return True  # of a metaclass of theirs
            names += [base.id for base in maker.node.bases if isinstance(base, ast.Name) and base.id not in names]
        return False

    def _called(self, call: ast.Call, *kinds: type[ast.stmt], decorates: bool = False) -> Iterator[str]:
        """What changes when a function or a class of theirs is called, and what of its arguments."""
        if not isinstance(call.func, ast.Name):
            return
        maker = self._makers.get(call.func.id)
        if maker is None or call.func.id == self._name or (kinds and not isinstance(maker.node, kinds)):
            return
        # what the answer calls itself need not be called before: that would be a test, or the last line of a cell
        if isinstance(maker.node, ast.FunctionDef) and call.func.id in self._depends and not decorates:
            return
        yield from self._when_called(call.func.id)
        if isinstance(maker.node, ast.FunctionDef):
            changed = set(changed_by([maker.node]))
            parameters = (*maker.node.args.posonlyargs, *maker.node.args.args)
            for parameter, argument in zip(parameters, call.args, strict=False):
                if parameter.arg in changed:
                    yield from _root(argument)
            yield from (root for each in call.keywords if each.arg in changed for root in _root(each.value))

    def _when_called(self, name: str) -> Iterator[str]:
        names = [name]
        for each in names:  # which grows meanwhile
            maker = self._makers[each]
            yield from (changed for changed in changed_by([maker.node]) if changed in maker.needs)  # no own variable
            called = {
                node.func.id
                for node in every_node([maker.node])
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            }
            names += sorted((called & self._makers.keys()).difference(names))


def changed_by(nodes: Sequence[ast.AST]) -> Iterator[str]:
    """The names whose values are changed: `X[…] = …`, `X.y = …`, `X += …`, `X.method(…)`, at any depth."""
    for node in every_node(nodes):
        match node:
            case ast.Attribute(attr=attr, ctx=ast.Store() | ast.Del()) if attr.startswith("__"):
                pass
            case ast.Subscript(ctx=ast.Store() | ast.Del()) | ast.Attribute(ctx=ast.Store() | ast.Del()):
                yield from _root(node)
            case ast.AugAssign(target=ast.Name(id=name)):
                yield name
            case ast.Expr(value=ast.Call(func=ast.Attribute() as method)):
                yield from _root(method)
            case ast.Call(func=ast.Attribute(attr=attr) as method) if attr in _CHANGES_ITSELF:
                yield from _root(method)
        if isinstance(node, ast.Call):
            last = str(getattr(node.func, "attr", getattr(node.func, "id", "")))
            if node.args and (last in _CHANGES_ARGUMENT or (last.endswith("_") and not last.endswith("__"))):
                yield from _root(node.args[0])
            yield from (root for each in node.keywords if each.arg == "out" for root in _root(each.value))


def _root(node: ast.expr) -> Iterator[str]:
    """The name at the front of `X.y["z"].w`; none of `f(x).y`, which is another thing every time."""
    while True:
        match node:
            case ast.Name(id=name):
                yield name
                return
            case ast.Attribute(value=front) | ast.Subscript(value=front) | ast.Starred(value=front):
                node = front
            case ast.Call(func=ast.Attribute() as method):
                node = method
            case _:
                return


def _run_by(node: ast.stmt) -> Iterator[ast.stmt]:
    """A statement and those inside it, but for the bodies of what it defines."""
    yield node
    for value in vars(node).values():
        for child in value if isinstance(value, list) else ():
            if isinstance(child, ast.stmt) and not isinstance(child, ast.FunctionDef | ast.ClassDef):
                yield from _run_by(child)
            elif isinstance(child, ast.ExceptHandler | ast.match_case):
                for below in child.body:
                    yield from _run_by(below)
