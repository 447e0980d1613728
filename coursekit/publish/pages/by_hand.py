"""What was marked by hand, on the instructor's page: whose points, what was said to whom, and by whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from coursekit.publish import marked
from coursekit.publish.pages.page import People, person, text
from coursekit.report import Graded, Mark, Report


def section(grades: Sequence[Graded], people: People) -> str:
    """A list of all marks, each once with everybody whom it is given to; nothing where there are none."""
    found: defaultdict[tuple[str, Mark], list[tuple[str, Report]]] = defaultdict(list)
    for graded in grades:
        for report in graded.reports:
            for mark in report.marks:
                found[report.exercise, mark].append((graded.learner, report))
    rows = "".join(_row(exercise, mark, whose, people) for (exercise, mark), whose in found.items())
    return f'<ul class="by-hand">{rows}</ul>' if rows else ""


def _row(exercise: str, mark: Mark, whose: Iterable[tuple[str, Report]], people: People) -> str:
    names = ", ".join(f"{people.link(learner)}{_points(mark, report)}" for learner, report in whose)
    shared = f" (all who hold {text(mark.kind)} {text(mark.key)})" if mark.kind != "learner" else ""
    other = " <b>A mark stands for another work: it does not count for this one.</b>" if mark.other_work else ""
    comment = f"<br>“{marked.comment_html(mark)}”" if mark.comment else ""
    by = f"By {person(mark.by)}, {text(mark.at[:10])}."
    return f"<li><b>{text(exercise)}</b>{shared}: {names}. {by}{other}{comment}</li>"


def _points(mark: Mark, report: Report) -> str:
    if mark.points is None:
        return ""
    counts = "" if mark == report.mark else ", not counted"
    return f" {mark.points:g} of {report.maximum:g}{counts} (by machine {report.points:g})"
