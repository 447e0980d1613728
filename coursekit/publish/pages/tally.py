"""What the grades of a class add up to: how hard each exercise was, and what stands in the way of whom."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from coursekit.report import Graded, Outcome, Report

_NOT_TRIED = (Outcome.UNATTEMPTED, Outcome.STARVED)  # by the learner, or by a machine that was too busy
ENOUGH = 20  # learners without whom a correlation says nothing: its error is about 1/√n


@dataclass(frozen=True)
class Tally:
    """One exercise, over the learners whose submission could be read.

    Attributes:
        exercise: its name.
        maximum: its points.
        outcomes: how many learners ended how.
        attempted: how many have tried it.
        solved: how many have passed its core.
        full: how many have all its points.
        share: what part of its points all of them got on average, 0 to 1; whom nothing was graded of is left out.
        difficulty: the same over those who tried it, as test theory has it: the lower, the harder. None if nobody did.
        discrimination: how far it tells learners apart: the correlation of its points with the points for all other
            exercises. None for fewer than ENOUGH learners, or where one of the two is the same for all.
    """

    exercise: str
    maximum: float
    outcomes: Counter[Outcome]
    attempted: int
    solved: int
    full: int
    share: float
    difficulty: float | None
    discrimination: float | None


@dataclass(frozen=True)
class Obstacle:
    """What stands in the way in one exercise, and in whose.

    Attributes:
        exercise: its name.
        outcome: how the check ended that has not passed.
        sentence: what the known mistake is, or else what that check asks for.
        named: whether it is a known mistake.
        learners: whose.
    """

    exercise: str
    outcome: Outcome
    sentence: str
    named: bool
    learners: tuple[str, ...]


def readable(grades: Iterable[Graded]) -> list[Graded]:
    """The grades of those whose submission could be opened."""
    return [graded for graded in grades if not graded.problem]


def counted(grades: Iterable[Graded]) -> list[Graded]:
    """Those of them who have points, be they 0; whom a busy machine has graded nothing of has none."""
    return [graded for graded in readable(grades) if not graded.is_open]


def tally(grades: Sequence[Graded]) -> list[Tally]:
    """One Tally for each exercise, in the order in which the reports have them."""
    grades = readable(grades)
    names = dict.fromkeys(report.exercise for graded in grades for report in graded.reports)
    return [_tally(name, grades) for name in names]


def _tally(name: str, grades: Sequence[Graded]) -> Tally:
    pairs = [(graded, report) for graded in grades for report in graded.reports if report.exercise == name]
    reports = [report for _, report in pairs]
    outcomes = Counter(report.outcome for report in reports)
    tried = [report for report in reports if report.outcome not in _NOT_TRIED]
    known = [(graded, report) for graded, report in pairs if not report.is_open]
    return Tally(
        name,
        reports[0].maximum,
        outcomes,
        attempted=len(tried),
        solved=outcomes[Outcome.PASSED],
        full=sum(report.points >= report.maximum for report in reports),
        share=statistics.fmean(_share(report) for _, report in known) if known else 0.0,
        difficulty=statistics.fmean(map(_share, tried)) if tried else None,
        discrimination=_correlation(
            [report.points for _, report in known], [graded.points - report.points for graded, report in known]
        ),
    )


def _share(report: Report) -> float:
    return report.points / report.maximum if report.maximum else 0.0


def _correlation(ours: list[float], rest: list[float]) -> float | None:
    rest = [round(points, 6) for points in rest]  # or 0.3 - 0.1 and 0.2 would count as different
    if len(ours) < ENOUGH or len(set(ours)) == 1 or len(set(rest)) == 1:
        return None
    return statistics.correlation(ours, rest)


def misconceptions(grades: Iterable[Graded]) -> list[Obstacle]:
    """The known mistakes that were made, the commonest first; of equals, in the order of the reports."""
    return [obstacle for obstacle in _obstacles(grades, solved=True) if obstacle.named]


def obstacles(grades: Iterable[Graded]) -> list[Obstacle]:
    """What keeps learners from solving an exercise that they tried: a known mistake or the first check that fails."""
    return _obstacles(grades, solved=False)


def echoes(grades: Iterable[Graded]) -> int:
    """How many answers may be wrong by an earlier slip alone: those are no obstacles and no misconceptions."""
    return sum(_is_echo(report) for graded in readable(grades) for report in graded.reports)


def _is_echo(report: Report) -> bool:
    """Whether it calls a function of the learner's own that is not right yet, and was not graded without that one."""
    return bool(report.leans_on) and not report.parted


def _obstacles(grades: Iterable[Graded], *, solved: bool) -> list[Obstacle]:
    found: defaultdict[tuple[str, Outcome, str, bool], list[str]] = defaultdict(list)
    for graded in readable(grades):
        for report in graded.reports:
            if report.outcome in _NOT_TRIED or _is_echo(report) or (report.outcome is Outcome.PASSED and not solved):
                continue
            first = report.first_failure
            if report.diagnosis is not None:  # the same mistake, whether it shows as a wrong number or as an error
                key = (report.exercise, Outcome.FAILED, report.diagnosis.explanation, True)
                found[key].append(graded.learner)
            elif first is not None:
                found[report.exercise, first.outcome, first.title, False].append(graded.learner)
    everything = [Obstacle(*key, tuple(learners)) for key, learners in found.items()]
    return sorted(everything, key=lambda obstacle: -len(obstacle.learners))
