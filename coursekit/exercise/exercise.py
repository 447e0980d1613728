"""Exercise and Check: one function to write, and the properties that it is asked for."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from coursekit.exercise.function import Function
from coursekit.exercise.mistakes import Loss, Mistakes
from coursekit.report import Tier
from coursekit.wire import Question

Rng = np.random.Generator
CheckFunction = Callable[[Function, Rng], None]


@dataclass(frozen=True)
class Check:
    """One property of a function. The first line of its docstring is its title, the rest its help."""

    name: str
    title: str
    help: str
    tier: Tier
    run: CheckFunction


@dataclass(eq=False)  # an exercise is itself alone, and can be a key
class Exercise:
    """One function to write: its specification, its checks, its known mistakes, its hints.

    Args:
        name: the function's name, unique in the course.
        spec: the slow and obvious implementation; runs in float64 and defines the right value and gradient.
        idea: one sentence on what the exercise was about, shown when it is passed.
        hints: a ladder of sentences; the last one is still not the answer.
        points: what the core checks are worth together.
        parity_points: what the parity checks are worth together.
        forbids: names of ready-made torch functions that an answer by hand does not call, each once: its classes,
            operators and other relatives are found (see `coursekit.wire.readymade`).
        twin: the framework's own function, for the exercises that rebuild one: torch's of that name, or a `keras_twin`.
        cases: every call over which solution, spec and twin are proved to agree (reductions × flags × edges).
    """

    name: str
    spec: Loss
    idea: str
    hints: tuple[str, ...]
    points: float = 1
    parity_points: float = 0
    forbids: tuple[str, ...] = ()
    twin: Loss | None = None
    cases: Callable[[], Iterator[Question]] | None = None
    checks: list[Check] = field(default_factory=list)
    misconceptions: Mistakes = field(init=False)

    def __post_init__(self) -> None:
        self.misconceptions = Mistakes(self.spec)

    @property
    def maximum(self) -> float:
        """The points of a full answer."""
        return self.points + self.parity_points

    def tier(self, tier: Tier) -> list[Check]:
        """The checks of one tier, in the order in which they were written."""
        return [check for check in self.checks if check.tier is tier]

    def check(self, run: CheckFunction) -> CheckFunction:
        """Adds a core check: of what the function means (use as a decorator)."""
        return self.add_check(run, Tier.CORE)

    def parity(self, run: CheckFunction) -> CheckFunction:
        """Adds a check of what a drop-in replacement owes besides (use as a decorator)."""
        return self.add_check(run)

    def misconception(self, explanation: str, name: str = "", *, covers: str = "") -> Callable[[Loss], Loss]:
        """Adds a wrong implementation and the sentence that names the mistake (use as a decorator); see `Mistakes`."""
        return self.misconceptions(explanation, name, covers=covers)

    def add_check(self, run: CheckFunction, tier: Tier = Tier.PARITY, words: str = "", name: str = "") -> CheckFunction:
        """Adds a check; a family of checks gives its own `words` in place of the docstring, and perhaps a name."""
        title, _, help = inspect.cleandoc(words or run.__doc__ or "").partition("\n")
        if not title:
            raise ValueError(f"check {run.__name__} of {self.name} has no docstring to be its title")
        self.checks.append(Check(name or run.__name__, title, " ".join(help.split()), tier, run))
        return run
