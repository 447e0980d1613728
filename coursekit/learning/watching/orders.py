"""What the screen and the warm process of `coursekit watch` say to each other: a line of JSON each. Quick to import."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from coursekit.report import Report

SECONDS = 30.0  # that a check may take, loading included; a single question has ten, as in `coursekit check`


@dataclass(frozen=True)
class Order:
    """What the screen asks for: one check.

    Attributes:
        number: counts up; the newest order ends those before it.
        file: whose answer to check.
        exercise: which; empty for the one that comes next in the file.
        follows: whether another exercise is checked in its place, where only that one's answer has changed.
        ended: why no process could answer this order, a value of `Outcome`; empty where none has tried.
    """

    number: int
    file: str
    exercise: str = ""
    follows: bool = False
    ended: str = ""


@dataclass(frozen=True)
class Result:
    """What came of an order.

    Attributes:
        number: of the order.
        exercise: what was checked.
        exercises: all that the file is about, in course order.
        line: where the answer begins in a .py file, counted from 1; 0 where that is not known.
        report: how it stands; None where there is a problem.
        steps: what to do next.
        printed: what the answer has printed.
        is_new: whether the file's code is other than when it was last read.
        problem: why nothing could be checked, in a sentence.
    """

    number: int
    exercise: str
    exercises: tuple[str, ...] = ()
    line: int = 0
    report: Report | None = None
    steps: tuple[str, ...] = ()
    printed: str = ""
    is_new: bool = True
    problem: str = ""


@dataclass(frozen=True)
class Entry:
    """An exercise of the course, as far as the screen must know it.

    Attributes:
        name: the exercise.
        topic: its lesson.
        maximum: the points that it is worth.
        hints: from the gentlest on.
    """

    name: str
    topic: str
    maximum: float
    hints: tuple[str, ...]


def line(message: Order | Result | list[Entry]) -> bytes:
    """A message as it is sent."""
    if isinstance(message, list):
        told: Any = [asdict(entry) for entry in message]
    else:
        told = asdict(message)
    if isinstance(message, Result) and message.report is not None:
        told["report"] = message.report.to_json()
    return json.dumps(told).encode() + b"\n"


def order_of(line: bytes) -> Order:
    """The order that `line` has sent."""
    return Order(**json.loads(line))


def answer_of(line: bytes) -> Result | list[Entry]:
    """What the warm process has sent: the course, once it is ready, then results."""
    told = json.loads(line)
    if isinstance(told, list):
        return [Entry(**{**entry, "hints": tuple(entry["hints"])}) for entry in told]
    for name in ("exercises", "steps"):
        told[name] = tuple(told[name])
    if told["report"] is not None:
        told["report"] = Report.from_json(told["report"])
    return Result(**told)
