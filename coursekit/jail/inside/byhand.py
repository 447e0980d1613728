"""By hand means by hand: the rule of one exercise, for one learner's code, before and while it runs."""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import ModuleType, SimpleNamespace
from typing import Any, NoReturn

from coursekit.jail.inside.paths import BUILTINS, ONLY, OPEN, SPOKEN, bad_path, is_library, is_private, meaning
from coursekit.jail.inside.policy import Reading
from coursekit.wire import Answer, Problem
from coursekit.wire.readymade import relatives

_OF_UFUNCS = ("reduce", "accumulate", "reduceat", "outer", "at")  # numpy's functions compute by these, too


class Refused(Exception):
    """What an answer by hand does not use; the message is its name."""


class ByHand:
    """The rule for one exercise, and what it caught.

    Args:
        forbids: the names that the exercise gives (see `Exercise.forbids`).
    """

    def __init__(self, forbids: Iterable[str]) -> None:
        self.told: Callable[[Problem], NoReturn] | None = None  # ends the process of a child once the judge knows
        self.caught: list[str] = []
        self.names: frozenset[str] = frozenset()
        self._imported: set[str] = set()
        self.turn_to(forbids)

    def turn_to(self, forbids: Iterable[str]) -> None:
        """Makes it the rule of another exercise."""
        self.names = relatives(tuple(forbids))

    def catch(self, name: str) -> None:
        """Notes what was used and raises; what was noted counts even if the learner's code swallows the exception.

        In a child, the judge is told at once and the process ends: nothing that runs later can take the note back.
        """
        if self.told is not None:
            self.told(Problem("forbidden", name))
        self.caught.append(name)
        raise Refused(f"{name} is not by hand")

    def refusal(self, name: str, *, with_attributes: bool = False) -> Callable[..., None]:
        """What stands in the place of a function that was taken away: it catches whoever calls it.

        Args:
            name: of the function.
            with_attributes: whether it also catches whoever takes one of its methods.
        """

        def refuse(*_: Any, **__: Any) -> None:
            self.catch(name)

        def attribute(_: object, attr: str) -> None:
            if attr in _OF_UFUNCS:
                self.catch(name)
            raise AttributeError(attr)

        if not with_attributes:
            return refuse
        return type("Refusal", (), {"__call__": refuse, "__getattr__": attribute})()  # type: ignore[no-any-return]

    def judge(self, answer: Answer) -> Answer:
        """The answer, or that it is none because of what was called on the way."""
        return Answer(problem=Problem("forbidden", self.caught[0])) if self.caught else answer

    def begin(self) -> None:
        """Forgets what was caught, for the next exercise of the same rule."""
        self.caught.clear()

    def read(self, statements: Sequence[ast.stmt]) -> str | None:
        """The name of the first thing in these statements that an answer by hand does not use."""
        if not self.names:
            return None
        reading = Reading(statements, self.names)
        self._imported = reading.imports.modules
        return next(reading.refused(), None)

    def builtins(self) -> dict[str, Any]:
        """Python's own functions for the learner's code, where those that take a name as a string look at it first.

        So `getattr(torch, reduction)(loss)` stays possible, and `getattr(torch, "soft" + "max")` is caught.
        """
        if not self.names:
            return vars(builtins)

        def checked_getattr(thing: Any, name: str, *default: Any) -> Any:
            if isinstance(name, str) and not _is_own(thing) and self._bad_attribute(thing, name):
                self.catch(name)
            return getattr(thing, name, *default)

        def checked_vars(*things: Any) -> Any:
            if not things:
                return names(sys._getframe(1).f_locals)
            if not _is_own(things[0]):
                self.catch("vars")
            return vars(*things)

        def checked_import(name: str, *rest: Any) -> Any:
            if name not in self._imported and (name in ONLY or not is_library(name)):
                self.catch(name)
            return builtins.__import__(name, *rest)

        def checked_setattr(thing: Any, name: str, value: Any) -> None:
            if name in SPOKEN or name == "__annotations__":  # which some of Python's own functions evaluate
                self.catch(name)
            setattr(thing, name, value)

        catch = self.catch

        class Names(dict[str, Any]):
            """A copy of a namespace: `globals()[f"_{reduction}"]` stays possible."""

            def __missing__(self, name: str) -> None:
                if name in BUILTINS:
                    catch(name)
                raise KeyError(name)

        def names(namespace: Mapping[str, Any]) -> dict[str, Any]:
            return Names((name, value) for name, value in namespace.items() if name not in BUILTINS)

        def checked_globals() -> dict[str, Any]:
            return names(sys._getframe(1).f_globals)

        def checked_locals() -> dict[str, Any]:
            return names(sys._getframe(1).f_locals)

        checked = {
            **{"getattr": checked_getattr, "setattr": checked_setattr, "vars": checked_vars},
            **{"globals": checked_globals, "locals": checked_locals, "__import__": checked_import},
        }
        gone = {name: self.refusal(name) for name in ("eval", "exec", "compile", "breakpoint")}
        return {**vars(builtins), **checked, **gone}

    def _bad_attribute(self, thing: Any, name: str) -> bool:
        if name in self.names or name in OPEN:
            return True
        if isinstance(thing, ModuleType):
            path = f"{thing.__name__}.{name}"
            return bad_path(path) is not None or meaning(path) in ONLY
        return is_private(name)


def _is_own(thing: Any) -> bool:
    """Whether the learner's own code made this class, or this object's class; a namespace holds what they put in."""
    if isinstance(thing, ModuleType):  # of whatever class it was made
        return False
    kind = thing if isinstance(thing, type) else type(thing)
    return kind is SimpleNamespace or kind.__module__ == "submission"
