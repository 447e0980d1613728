"""The words a grader is written in: Exercise, Check, Misconception, Failure."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle
from typing import TYPE_CHECKING

from coursekit.jail.inside.protocol import Question as Question
from coursekit.report import Example, Tier

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from coursekit.grading import Function

    CheckFunction = Callable[[Function, np.random.Generator], None]
    LossFunction = Callable[..., Tensor]


class Failure(Exception):
    """What a check raises: what is wrong, what to do, and the input that shows it."""

    def __init__(self, rationale: str, help: str = "", example: Example | None = None) -> None:
        super().__init__(rationale)
        self.rationale = rationale
        self.help = help
        self.example = example


@dataclass(frozen=True)
class Check:
    """One property of a function. The first line of its docstring is its title, the rest its help."""

    name: str
    title: str
    help: str
    tier: Tier
    run: CheckFunction


@dataclass(frozen=True)
class Misconception:
    """A wrong implementation, and what to tell who wrote it."""

    name: str
    explanation: str
    function: LossFunction


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
            operators and other relatives are found (see `coursekit.jail.inside.readymade`).
        twin: the framework's own function, for the exercises that rebuild one: torch's of that name, or a `keras_twin`.
        cases: every call over which solution, spec and twin are proved to agree (reductions × flags × edges).
    """

    name: str
    spec: LossFunction
    idea: str
    hints: tuple[str, ...]
    points: float = 1
    parity_points: float = 0
    forbids: tuple[str, ...] = ()
    twin: LossFunction | None = None
    cases: Callable[[], Iterator[Question]] | None = None
    checks: list[Check] = field(default_factory=list)
    misconceptions: list[Misconception] = field(default_factory=list)

    @property
    def maximum(self) -> float:
        """The points of a full answer."""
        return self.points + self.parity_points

    def tier(self, tier: Tier) -> list[Check]:
        """The checks of one tier, in the order in which they were written."""
        return [check for check in self.checks if check.tier is tier]

    def check(self, run: CheckFunction) -> CheckFunction:
        """Adds a core check: of what the function means (use as a decorator)."""
        return self._add(run, Tier.CORE)

    def parity(self, run: CheckFunction) -> CheckFunction:
        """Adds a check of what a drop-in replacement owes besides (use as a decorator)."""
        return self._add(run, Tier.PARITY)

    def misconception(self, explanation: str, name: str = "") -> Callable[[LossFunction], LossFunction]:
        """Adds a wrong implementation and the sentence that names the mistake (use as a decorator).

        Args:
            explanation: what to say of it.
            name: what to call it, where a factory made the function and its own name says nothing.
        """

        def add(function: LossFunction) -> LossFunction:
            self.misconceptions.append(Misconception(name or function.__name__, explanation, function))
            return function

        return add

    def _add(self, run: CheckFunction, tier: Tier) -> CheckFunction:
        title, _, help = inspect.cleandoc(run.__doc__ or "").partition("\n")
        if not title:
            raise ValueError(f"check {run.__name__} of {self.name} has no docstring to be its title")
        self.checks.append(Check(run.__name__, title, " ".join(help.split()), tier, run))
        return run


def wrong_in(
    exercises: dict[str, Exercise], *explanations: str, name: str = ""
) -> Callable[[LossFunction], LossFunction]:
    """Adds a mistake to several exercises: a function of the spec that it spoils, and of that spec's arguments.

    Args:
        exercises: by what the mistake's name begins with there.
        explanations: what to say of it, to all or to each.
        name: its name, if the function has none or another.
    """

    def add(wrong: LossFunction) -> LossFunction:
        for (prefix, exercise), explanation in zip(exercises.items(), cycle(explanations), strict=False):
            called = (name or wrong.__name__).removeprefix(f"{prefix}_")
            exercise.misconception(explanation, f"{prefix}_{called}")(partial(wrong, exercise.spec))
        return wrong

    return add


def formula_mistakes(
    exercise: Exercise, assemble: Callable[[LossFunction], LossFunction]
) -> Callable[[str], Callable[[LossFunction], LossFunction]]:
    """A decorator for wrong formulas.

    Args:
        exercise: to which they are added, each under its own name.
        assemble: makes a formula into a loss, with the flags, shapes and reductions around it as they should be.
    """

    def wrong(explanation: str) -> Callable[[LossFunction], LossFunction]:
        def add(formula: LossFunction) -> LossFunction:
            exercise.misconception(explanation, formula.__name__)(assemble(formula))
            return formula

        return add

    return wrong
