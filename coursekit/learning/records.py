"""What the remembered checks say of each exercise, and which one comes next. Quick to import: start.py does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from coursekit.course import syllabus
from coursekit.course.places import Place, places
from coursekit.learning import memory
from coursekit.learning.memory import Check, Prediction


class State(StrEnum):
    """How far an exercise has come at its best; what has once passed stays so."""

    UNTOUCHED = "untouched"
    TRIED = "tried"
    CORE = "core passed"
    DONE = "done"


SIGNS = {State.UNTOUCHED: "·", State.TRIED: "…", State.CORE: "✓", State.DONE: "✓✓"}  # a tick for each tier


@dataclass(frozen=True)
class Record:
    """What is remembered of an exercise.

    Attributes:
        state: how far it has come.
        attempts: how often an answer was checked.
        points: the most that an attempt has earned.
    """

    state: State = State.UNTOUCHED
    attempts: int = 0
    points: float = 0.0

    @property
    def is_passed(self) -> bool:
        """Whether its core has passed, which passes the exercise."""
        return self.state in (State.CORE, State.DONE)


NOTHING = Record()


@dataclass(frozen=True)
class Step:
    """An exercise on the map.

    Attributes:
        name: the exercise.
        maximum: the points that it is worth.
        record: what is remembered of it.
    """

    name: str
    maximum: float
    record: Record

    @property
    def points(self) -> float:
        """The most that an attempt has earned; of what has got cheaper since, no more than it is worth."""
        return min(self.record.points, self.maximum)

    @property
    def is_optional(self) -> bool:
        """Whether nobody owes it."""
        return syllabus.is_of_keras(self.name)

    @property
    def worth(self) -> str:
        """Its points, of how many, and that they are optional where they are."""
        return f"{self.points:g} of {self.maximum:g}{', optional' if self.is_optional else ''}"

    @property
    def words(self) -> str:
        """How far it has come."""
        if self.record.state is not State.TRIED:
            return str(self.record.state)
        return "tried once" if self.record.attempts == 1 else f"tried {self.record.attempts} times"


@dataclass(frozen=True)
class Tally:
    """What has come of several exercises: how many have passed, of how many, and the points of all."""

    passed: int
    number: int
    points: float
    maximum: float

    @classmethod
    def of(cls, steps: Iterable[Step]) -> Tally:
        """Counts."""
        counted = list(steps)
        points = round(sum(step.points for step in counted), 2)
        passed = sum(step.record.is_passed for step in counted)
        return cls(passed, len(counted), points, sum(step.maximum for step in counted))

    def counted(self, things: str = "") -> str:
        """How many of how many."""
        return f"{self.passed} of {self.number}{things}"

    @property
    def worth(self) -> str:
        """The points, of how many."""
        return f"{self.points:g} of {self.maximum:g} points"


@dataclass(frozen=True)
class Lesson:
    """A lesson on the map, with its exercises, and how many of its questions were answered before it did."""

    topic: syllabus.Topic
    steps: tuple[Step, ...]
    predictions: int = 0

    @property
    def owed(self) -> Tally:
        """What has come of its exercises, without the optional ones."""
        return Tally.of(step for step in self.steps if not step.is_optional)

    @property
    def signs(self) -> str:
        """A sign for each exercise."""
        return " ".join(SIGNS[step.record.state] for step in self.steps)


def records(checks: Iterable[Check]) -> dict[str, Record]:
    """What is remembered of each exercise that was tried."""
    found: dict[str, Record] = {}
    for check in checks:
        if check.is_attempt:
            before = found.get(check.exercise, NOTHING)
            found[check.exercise] = Record(
                max(before.state, _state(check), key=list(State).index),
                before.attempts + 1,
                max(before.points, check.points),
            )
    return found


def predicted(predictions: Iterable[Prediction]) -> Counter[str]:
    """How many questions of each lesson were answered before the lesson did, however often."""
    return Counter(lesson for lesson, _ in {(each.lesson, each.question) for each in predictions})


def _state(check: Check) -> State:
    if check.core:
        return State.DONE if check.parity else State.CORE
    return State.TRIED


def next_up(lessons: Sequence[Sequence[str]], checks: Sequence[Check]) -> str | None:
    """The exercise that comes next: the one that is worked on, or the first behind it that has not passed.

    At the end it is what was passed over before; then what lacks parity; then what is optional; then None.

    Args:
        lessons: the names of each lesson's exercises, in course order.
        checks: what is remembered, the oldest first.
    """
    order = [name for lesson in lessons for name in lesson]
    found = records(checks)
    begin = 0
    last = next((check.exercise for check in reversed(checks) if check.exercise in order), None)
    if last is not None:  # the lesson worked on is that of the last check, though it may be of a stub
        lesson = next(lesson for lesson in lessons if last in lesson)
        tried = (check.exercise for check in reversed(checks) if check.is_attempt and check.exercise in lesson)
        begin = order.index(next(tried, lesson[0]))
    onward = [*order[begin:], *order[:begin]]
    open_ones = [name for name in onward if not found.get(name, NOTHING).is_passed]
    at_work = [name for name in open_ones if name == onward[0] and name in found]
    owed = [name for name in open_ones if not syllabus.is_of_keras(name)]
    without_parity = [name for name in order if found.get(name, NOTHING).state is State.CORE]
    return next(iter([*at_work, *owed, *without_parity, *open_ones]), None)


def resume() -> Place | None:
    """Where to go on in the lessons; None where nothing was checked yet, or all is done."""
    checks = memory.checks()
    lessons = [lesson for topic in syllabus.TOPICS if (lesson := places(topic))] if checks else []
    name = next_up([[place.exercise for place in lesson] for lesson in lessons], checks)
    known = {check.exercise for check in checks}
    all_places = [place for lesson in lessons for place in lesson]
    if not known & {place.exercise for place in all_places}:
        return None
    return next((place for place in all_places if place.exercise == name), None)
