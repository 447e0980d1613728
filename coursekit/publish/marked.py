"""What people have given by hand, in words for the learner: beside the machine's report, and never in place of it.

A comment is an instructor's own text for this learner, so it is shown as it is, made harmless. Who gave a mark is told
to other instructors only.
"""

from __future__ import annotations

import html
from collections.abc import Iterator

from coursekit.report import Mark, Report
from coursekit.text import clean


def as_text(report: Report) -> str:
    """The marks of a report in plain words, a line each; nothing where there are none."""
    return clean("\n".join(_lines(report)))


def as_html(report: Report) -> str:
    """The same as HTML."""
    lines = [f"<p>{_html(line)}</p>" for line in _lines(report)]
    return f'<div class="marks">{"".join(lines)}</div>' if lines else ""


def comment_html(mark: Mark) -> str:
    """A comment as HTML, in the lines in which it was written."""
    return _html(mark.comment)


def _html(words: str) -> str:
    return html.escape(clean(words)).replace("\n", "<br>")


def _lines(report: Report) -> Iterator[str]:
    counts = report.mark
    for mark in report.marks:
        if mark.points is not None and mark.other_work:
            yield "A mark by hand stands for another work of yours, and does not count for this one."
        elif mark is counts:
            yield (
                f"Marked by hand: {mark.points:g} of {report.maximum:g} points. They count; the machine's "
                f"{report.points:g} do not."
            )
        if mark.comment:
            yield f"{_of_whom(mark)}: {mark.comment}"


def _of_whom(mark: Mark) -> str:
    return "Your instructor, of another work of yours" if mark.other_work else "Your instructor"
