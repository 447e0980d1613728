"""Several exercises checked at once: a line each, and in full the first that is wrong."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from coursekit.course import syllabus
from coursekit.grading.submission import files_that_define
from coursekit.learning import feedback
from coursekit.report import Outcome, Report
from coursekit.wire import Cell


class Overview:
    """Reports of several exercises, which show themselves as a list.

    Attributes:
        title: what was checked: a file, or a notebook.
        reports: one per exercise, in course order.
        next: what to do now, one sentence a line.
    """

    def __init__(self, title: str, reports: Sequence[Report], next: tuple[str, ...] = ()) -> None:
        self.title = title
        self.reports = tuple(reports)
        self.next = next

    @property
    def is_passed(self) -> bool:
        """Whether every exercise is passed."""
        return all(report.outcome is Outcome.PASSED for report in self.reports)

    @property
    def headline(self) -> str:
        """All of it in a line."""
        passed = sum(report.outcome is Outcome.PASSED for report in self.reports)
        points = round(sum(report.points for report in self.reports), 2)
        maximum = sum(report.maximum for report in self.reports)
        return f"{self.title}: {passed} of {len(self.reports)} passed, {points:g} of {maximum:g} points"

    @property
    def wrong(self) -> Report | None:
        """The first that was tried and is not passed."""
        return next((report for report in self.reports if _is_wrong(report)), None)

    def __repr__(self) -> str:
        room = max(len(report.exercise) for report in self.reports) + 2
        wide = max(len(feedback.state(report)) for report in self.reports) + 2
        lines = [
            f"  {feedback.state(report):<{wide}}{report.exercise:<{room}}{report.points:g} of {report.maximum:g}"
            for report in self.reports
        ]
        in_full = [feedback.as_text(self.wrong)] if self.wrong else []
        return "\n".join([self.headline, *lines, *in_full, *self.next])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<li><b>{html.escape(feedback.state(report))}</b> — <code>{report.exercise}</code>: "
            f"{report.points:g} of {report.maximum:g}</li>"
            for report in self.reports
        )
        return f"<div><b>{html.escape(self.headline)}</b><ul>{rows}</ul></div>{feedback.as_html(self.wrong, self.next)}"


def _is_wrong(report: Report) -> bool:
    return report.outcome not in (Outcome.PASSED, Outcome.UNATTEMPTED)


def in_file(path: Path, cells: Sequence[Cell]) -> list[str]:
    """The exercises that a file is about: a lesson's own file all of its lesson, any other those that it defines."""
    for topic in syllabus.TOPICS:
        if path.name in (topic.notebook.name, topic.stub.name):
            return [exercise.name for exercise in topic.exercises]
    return [name for name in syllabus.exercises() if files_that_define(cells, name)]


def in_notebook(names: Mapping[str, Any]) -> list[str]:
    """The exercises that functions of a notebook are called after, in course order.

    Args:
        names: what the notebook has defined.
    """
    own = names.get("__name__")
    return [name for name in syllabus.exercises() if getattr(names.get(name), "__module__", None) == own]
