"""The table of all learners: a row per learner, a column per exercise. Where scripts run, one sorts and searches it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from coursekit.learning.feedback import WORDS
from coursekit.publish.pages.page import People, text
from coursekit.report import Graded, Outcome, Report

SCRIPT = "everybody.js"
_NONE = {Outcome.UNATTEMPTED: "–", Outcome.STARVED: "?"}


def table(grades: Sequence[Graded], people: People) -> Iterator[str]:
    """Everybody's points, exercise by exercise."""
    maxima = {report.exercise: report.maximum for graded in grades for report in graded.reports}
    heads = "".join(_head(text(exercise), f"{maximum:g}") for exercise, maximum in maxima.items())
    everything = _head("all", f"{sum(maxima.values()):g}")
    tries = any(graded.attempts for graded in grades)
    heads += '<th scope="col" class="number">attempts</th>' * tries
    yield '<p class="search" hidden><label>Find a learner <input type="search" autocomplete="off"></label> '
    yield '<output aria-live="polite"></output></p>'
    yield '<div class="wide" role="region" aria-label="Table of points" tabindex="0"><table class="points">'
    yield f'<thead><tr><th scope="col">learner</th>{everything}{heads}</tr></thead>'
    yield "<tbody>"
    for graded in grades:
        reports = {report.exercise: report for report in graded.reports}
        cells = "".join(_cell(reports.get(name), readable=not graded.problem) for name in maxima)
        cells += f"<td>{graded.attempts or ''}</td>" * tries
        yield f'<tr><th scope="row">{people.link(graded.learner)}</th><td>{_total(graded)}</td>{cells}</tr>'
    yield "</tbody></table></div>"
    marks = "".join(f", {_NONE[o]} {WORDS[o]}" for o in _NONE)
    if any(graded.is_marked for graded in grades):
        marks += ", by hand (0) a person's points, which count, where the machine gave 0"
    yield f'<p class="note">Points; <b class="full">bold</b> all of them{marks}.</p>'


def _total(graded: Graded) -> str:
    if graded.problem and not graded.is_grade:
        return "unread"
    return _NONE[Outcome.STARVED] if graded.is_open else f"{graded.grade:g}"


def _head(name: str, maximum: str) -> str:
    return f'<th scope="col" class="number"><span>{name}</span> <small>{maximum}</small></th>'


def _cell(report: Report | None, *, readable: bool) -> str:
    if report is None or (not readable and report.mark is None):
        return "<td></td>"
    full = " class=full" if report.grade >= report.maximum else ""
    if report.mark is not None:
        return f"<td{full}>{report.grade:g} <small>by hand ({report.points:g})</small></td>"
    if report.outcome in _NONE:
        return f"<td>{_NONE[report.outcome]}</td>"
    return f"<td{full}>{report.points:g}</td>"
