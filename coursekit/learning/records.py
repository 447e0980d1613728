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

    At the end it is what was passed over before; then what lacks parity; then None.

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
    without_parity = [name for name in order if found.get(name, NOTHING).state is State.CORE]
    return next(iter([*open_ones, *without_parity]), None)


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
