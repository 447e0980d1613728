"""What grading found: outcomes, verdicts, reports. Frozen, JSON-able, and ignorant of how they are shown."""

from __future__ import annotations

from dataclasses import asdict, dataclass
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


@dataclass(frozen=True)
class Diagnosis:
    """The misconception whose numbers the learner's are."""

    misconception: str
    explanation: str


@dataclass(frozen=True)
class Report:
    """Everything about one exercise of one learner.

    `points` counts the share of core checks passed, and of parity checks, each times what that tier is worth.

    Attributes:
        leans_on: the learner's own earlier exercises that this answer calls and that are not right yet.
        parted: whether verdicts and points are of this answer with the course's own functions in place of those.
        is_slip: whether it is wrong and nearly right: a known mistake, right in most checks, or near in its numbers.
        found_in: the files of the submission that define it, the one that counts last; empty where it is one.
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

    @property
    def first_failure(self) -> Verdict | None:
        """The verdict to show in full: the first that did not pass."""
        return next((v for v in self.verdicts if v.outcome is not Outcome.PASSED), None)

    def tier(self, tier: Tier) -> tuple[Verdict, ...]:
        """The verdicts of one tier, in order."""
        return tuple(verdict for verdict in self.verdicts if verdict.tier is tier)

    def to_json(self) -> dict[str, Any]:
        """Plain dicts, lists, strings and numbers."""
        return asdict(self)

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
        return Report(**known)


@dataclass(frozen=True)
class Graded:
    """A learner's reports, one for each exercise that was asked for, in that order."""

    learner: str
    reports: tuple[Report, ...]
    problem: str = ""

    @property
    def points(self) -> float:
        """The sum over the exercises."""
        return round(sum(report.points for report in self.reports), 2)

    @property
    def maximum(self) -> float:
        """What full answers would have got."""
        return sum(report.maximum for report in self.reports)

    @property
    def is_final(self) -> bool:
        """Whether no machine was too busy to grade some of it."""
        return all(report.outcome is not Outcome.STARVED for report in self.reports)

    @property
    def is_grade(self) -> bool:
        """Whether its points are a grade: the work could be read, and all of it was graded."""
        return not self.problem and self.is_final

    def to_json(self) -> dict[str, Any]:
        """Plain dicts, lists, strings and numbers."""
        return {
            "learner": self.learner,
            "points": self.points,
            "maximum": self.maximum,
            "problem": self.problem,
            "reports": [report.to_json() for report in self.reports],
        }

    @staticmethod
    def from_json(fields: dict[str, Any]) -> Graded:
        """The grades that `to_json` wrote."""
        return Graded(fields["learner"], tuple(map(Report.from_json, fields["reports"])), fields["problem"])
