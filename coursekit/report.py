"""What grading found: outcomes, verdicts, reports. Frozen, JSON-able, and ignorant of how they are shown."""

from __future__ import annotations

import math
from dataclasses import dataclass, is_dataclass
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """How a check, or a whole exercise, ended."""

    PASSED = "passed"
    FAILED = "failed"
    UNATTEMPTED = "unattempted"
    ERROR = "error"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    FORBIDDEN = "forbidden"
    SKIPPED = "skipped"  # the submission's whole time was over
    STARVED = "starved"  # the machine was too busy: no grade, and to be graded again
    UNCHECKED = "unchecked"  # what it builds on has not passed, so it was not asked


class Tier(StrEnum):
    """What a check asks about: what the loss means, or what a drop-in replacement owes besides."""

    CORE = "core"
    PARITY = "parity"


@dataclass(frozen=True)
class Example:
    """The smallest input that shows a failure: one line to paste, what came, what was expected."""

    line: str
    got: str
    expected: str


@dataclass(frozen=True)
class Verdict:
    """One check's outcome; `rationale` says what is wrong, `help` what to do."""

    check: str
    title: str
    tier: Tier
    outcome: Outcome
    rationale: str = ""
    help: str = ""
    example: Example | None = None


# What can be wrong with a function whatever it computes: the failing call tells it, and no numbers do
ARGUMENTS_MISSING, INPUT_CHANGED = "arguments_missing", "input_changed"


@dataclass(frozen=True)
class Diagnosis:
    """The misconception whose numbers the learner's are."""

    misconception: str
    explanation: str


@dataclass(frozen=True)
class Mark:
    """What a person has given by hand to an exercise of a learner: points, a comment, or both.

    Attributes:
        kind: what it was given to: `learner`, or what the learner shares with others, such as `misconception`.
        key: which of them.
        by: who gave it.
        at: when, in UTC, as ISO 8601 has it.
        points: what counts in place of the machine's points; None where it is a comment alone.
        comment: empty where it is points alone.
        other_work: whether it was given to another work of the learner's, so that its points do not count for this.
    """

    kind: str
    key: str
    by: str
    at: str
    points: float | None = None
    comment: str = ""
    other_work: bool = False


def _plain(value: Any) -> Any:
    """A dataclass as a dict, and so on below it; `asdict` would copy each value as well."""
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    if is_dataclass(value):
        return {name: _plain(part) for name, part in vars(value).items()}
    return value


@dataclass(frozen=True)
class Report:
    """Everything about one exercise of one learner.

    `points` counts the share of core checks passed, and of parity checks, each times what that tier is worth. They are
    the machine's, and stay so whatever a person marks; `grade` is what counts.

    Attributes:
        leans_on: the learner's own earlier exercises that this answer calls and that are not right yet.
        parted: whether verdicts and points are of this answer with the course's own functions in place of those.
        is_slip: whether it is wrong and nearly right: a known mistake, right in most checks, or near in its numbers.
        found_in: the files of the submission that define it, the one that counts last; empty where it is one.
        is_unread: whether the work could not be read, so that there was nothing to ask.
        work: what the gradebook calls the work that was graded; empty where no gradebook was asked.
        marks: what people have given by hand; where several have points, the first of those that fit this work counts.
    """

    exercise: str
    learner: str
    outcome: Outcome
    verdicts: tuple[Verdict, ...]
    points: float
    maximum: float
    diagnosis: Diagnosis | None = None
    leans_on: tuple[str, ...] = ()
    parted: bool = False
    is_slip: bool = False
    found_in: tuple[str, ...] = ()
    is_unread: bool = False
    work: str = ""
    marks: tuple[Mark, ...] = ()

    @property
    def mark(self) -> Mark | None:
        """The mark whose points count, if there is one."""
        return next((mark for mark in self.marks if mark.points is not None and not mark.other_work), None)

    @property
    def grade(self) -> float:
        """The points that count: those of a mark by hand, or else the machine's."""
        mark = self.mark
        return self.points if mark is None or mark.points is None else mark.points

    @property
    def is_open(self) -> bool:
        """Whether neither the machine nor a person has given points: its 0 is none."""
        return (self.is_unread or self.outcome is Outcome.STARVED) and self.mark is None

    @property
    def first_failure(self) -> Verdict | None:
        """The verdict to show in full: the first that did not pass."""
        return next((v for v in self.verdicts if v.outcome is not Outcome.PASSED), None)

    def tier(self, tier: Tier) -> tuple[Verdict, ...]:
        """The verdicts of one tier, in order."""
        return tuple(verdict for verdict in self.verdicts if verdict.tier is tier)

    def to_json(self) -> dict[str, Any]:
        """Plain dicts, lists, strings and numbers."""
        return {**_plain(self), "grade": self.grade}

    @staticmethod
    def from_json(fields: dict[str, Any]) -> Report:
        """The report that `to_json` wrote."""
        verdicts = tuple(
            Verdict(
                **{
                    **verdict,
                    "tier": Tier(verdict["tier"]),
                    "outcome": Outcome(verdict["outcome"]),
                    "example": Example(**verdict["example"]) if verdict["example"] else None,
                }
            )
            for verdict in fields["verdicts"]
        )
        diagnosis = Diagnosis(**fields["diagnosis"]) if fields["diagnosis"] else None
        known = {**fields, "outcome": Outcome(fields["outcome"]), "verdicts": verdicts, "diagnosis": diagnosis}
        for name in ("leans_on", "found_in"):  # reports of earlier versions do not have them
            known[name] = tuple(fields.get(name, ()))
        known["marks"] = tuple(Mark(**mark) for mark in fields.get("marks", ()))
        known.pop("grade", None)  # follows from the others
        report = Report(**known)
        report._insist_on_kinds()
        return report

    def _insist_on_kinds(self) -> None:
        """Refuses what JSON can hold in the place of a text or a number, since it would come up much later."""
        shown = [text for verdict in self.verdicts for text in (verdict.check, verdict.title, verdict.rationale)]
        shown += [verdict.help for verdict in self.verdicts]
        shown += [
            text for v in self.verdicts if v.example for text in (v.example.line, v.example.got, v.example.expected)
        ]
        if self.diagnosis is not None:
            shown += [self.diagnosis.misconception, self.diagnosis.explanation]
        texts = [self.exercise, self.learner, self.work, *self.leans_on, *self.found_in, *shown]
        numbers = [self.points, self.maximum]
        if not all(isinstance(text, str) for text in texts):
            raise ValueError("a text is missing")
        if not all(type(number) in (int, float) and math.isfinite(number) for number in numbers):
            raise ValueError("a number is missing")


@dataclass(frozen=True)
class Graded:
    """A learner's reports, one for each exercise that was asked for, in that order.

    Attributes:
        learner: whose.
        reports: one per exercise.
        problem: why the submission could not be read, if so.
        attempts: how many different works the learner has handed in so far; 0 where no gradebook was asked.
    """

    learner: str
    reports: tuple[Report, ...]
    problem: str = ""
    attempts: int = 0

    @property
    def points(self) -> float:
        """The machine's points, summed over the exercises."""
        return round(sum(report.points for report in self.reports), 2)

    @property
    def grade(self) -> float:
        """The points that count, summed over the exercises: what goes to a platform."""
        return round(sum(report.grade for report in self.reports), 2)

    @property
    def is_marked(self) -> bool:
        """Whether a mark by hand counts for some of it."""
        return any(report.mark is not None for report in self.reports)

    @property
    def maximum(self) -> float:
        """What full answers would have got."""
        return sum(report.maximum for report in self.reports)

    @property
    def is_open(self) -> bool:
        """Whether there are no points at all, of the machine or of a person: a total of 0 would be none."""
        return bool(self.reports) and all(report.is_open for report in self.reports)

    @property
    def is_final(self) -> bool:
        """Whether no machine was too busy to grade some of it, but for what a person has marked."""
        return all(report.outcome is not Outcome.STARVED or report.mark is not None for report in self.reports)

    @property
    def is_grade(self) -> bool:
        """Whether it is a grade: the work could be read and all of it was graded, or a person has marked the rest."""
        unread = self.problem and not all(report.mark is not None for report in self.reports)
        return not unread and self.is_final

    def to_json(self) -> dict[str, Any]:
        """Plain dicts, lists, strings and numbers."""
        return {
            "learner": self.learner,
            "points": self.points,
            "grade": self.grade,
            "maximum": self.maximum,
            "attempts": self.attempts,
            "problem": self.problem,
            "reports": [report.to_json() for report in self.reports],
        }

    @staticmethod
    def from_json(fields: dict[str, Any]) -> Graded:
        """The grades that `to_json` wrote."""
        reports = tuple(map(Report.from_json, fields["reports"]))
        return Graded(fields["learner"], reports, fields["problem"], fields.get("attempts", 0))
