"""Answers that fail by no known mistake: what is kept of each, so that it can be grouped, shown and named."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from coursekit.exercise import Exercise
from coursekit.grading.behaviour import doing, probes, showing
from coursekit.report import Outcome, Report
from coursekit.wire import Answer, Cell
from coursekit.wire.messages import NOT_RUN

_RAN = (Outcome.PASSED, Outcome.FAILED, Outcome.ERROR)


@dataclass(frozen=True)
class Unnamed:
    """What one answer does.

    Attributes:
        does: its behaviour (see `doing.to_bytes`).
        shows: JSON of the smallest Example that shows it, or null.
        code: how it is written.
    """

    does: bytes
    shows: str
    code: str


def is_unnamed(report: Report) -> bool:
    """Whether an answer ran, lost points, and gives the numbers of no known mistake."""
    return report.outcome in _RAN and report.diagnosis is None and report.points < report.maximum


def unnamed(exercise: Exercise, cells: Sequence[Cell], answers: Sequence[Answer]) -> Unnamed | None:
    """What an answer does; None where nothing was answered, or there is no function that could be asked.

    Args:
        exercise: what it answers.
        cells: all of the submission's source.
        answers: to `probes.frames_to_ask`, as far as they came.
    """
    if not answers or (answers[0].problem and answers[0].problem.kind in (*NOT_RUN, "broken")):
        return None
    asked = probes.questions(exercise)
    example = showing.smallest(exercise, asked, answers)
    return Unnamed(
        doing.to_bytes(probes.behaviour(exercise, asked, answers)),
        json.dumps(example and asdict(example)),
        showing.written(cells, exercise.name),
    )
