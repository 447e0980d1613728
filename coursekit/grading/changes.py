"""What a changed check does to grades: whose points go up or down, and why; and whose mistake gets a name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from coursekit.report import Graded, Outcome, Report


@dataclass(frozen=True)
class Change:
    """One exercise of one learner that differs.

    Attributes:
        learner: whose.
        exercise: its name.
        before: its points as they were.
        after: its points as they are to be; the same, where only the name of the mistake differs.
        maximum: the points of a full answer.
        why: the check that decided it, or the new name.
    """

    learner: str
    exercise: str
    before: float
    after: float
    maximum: float
    why: str


def changes(before: Iterable[Graded], after: Iterable[Graded]) -> Iterator[Change]:
    """The grades that differ, in the order of `after`; who was not graded before is passed over."""
    old = {(report.learner, report.exercise): report for graded in before for report in graded.reports}
    for graded in after:
        for new in graded.reports:
            was = old.get((new.learner, new.exercise))
            if was is not None and was.points != new.points:
                why = _why(was, new) if new.points < was.points else _why(new, was)
                yield Change(new.learner, new.exercise, was.points, new.points, new.maximum, why)


def renamed(before: Iterable[Graded], after: Iterable[Graded]) -> Iterator[Change]:
    """The reports whose diagnosis differs and whose points do not, in the order of `after`."""
    old = {(report.learner, report.exercise): report for graded in before for report in graded.reports}
    for graded in after:
        for new in graded.reports:
            was = old.get((new.learner, new.exercise))
            if was is not None and was.diagnosis != new.diagnosis and was.points == new.points:
                why = f"{new.diagnosis.misconception}: {new.diagnosis.explanation}" if new.diagnosis else "no name"
                yield Change(new.learner, new.exercise, was.points, new.points, new.maximum, why)


def _why(better: Report, worse: Report) -> str:
    """The first check that the worse of two reports lost and the better did not."""
    passed = {verdict.check for verdict in better.verdicts if verdict.outcome is Outcome.PASSED}
    asked = {verdict.check for verdict in better.verdicts}
    for verdict in worse.verdicts:
        if verdict.outcome is not Outcome.PASSED and (verdict.check in passed or verdict.check not in asked):
            return f"{verdict.title}: {verdict.rationale or verdict.outcome.value}"
    lost = [verdict.title for verdict in better.verdicts if verdict.check not in {v.check for v in worse.verdicts}]
    return f"another set of checks: {lost[0]}" if lost else "what the checks are worth has changed"
