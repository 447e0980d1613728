"""The table of grades for a spreadsheet: as plain CSV, or as Excel opens it right by a double click in any country.

A file that Excel opens right everywhere is UTF-16LE with its mark, and has tabs between cells (“Excel files - CSV
format” in the wiki of SAP's community calls it the only valid form; https://donatstudios.com/CSV-An-Encoding-Nightmare).
Without a mark Excel takes UTF-8 for its country's own encoding; with one, it still parts cells at its country's own
separator, which is a semicolon in half of them. A first line `sep=,` tells Excel the separator, and is a row of the
table to everybody else.

The decimal point is its country's own, too: where that is a comma, 1.67 becomes a month. So a fraction is the formula
`=167/100`, which is the same number everywhere, and a name that might be taken for a number or a date, such as 0012 or
1-2, is the formula `="0012"`.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Sequence

from coursekit.errors import ExportError
from coursekit.report import Graded, Outcome
from coursekit.text import clean, visible

_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_MAX_LITERAL = 255  # characters of a text in a formula of Excel's


def table(grades: Sequence[Graded], *, excel: bool = False) -> bytes:
    """One row per learner: the machine's points of each exercise, the total, the maximum, and why there are none.

    The total is of the points that count. Where a person has marked something, columns with the points given by hand
    and with the machine's total come before the notes. Where points are no grade, as the work could not be read or was
    not graded to the end, their cells are empty.

    Raises:
        ExportError: there are no grades.
    """
    if not grades:
        raise ExportError("There are no grades to export.")
    names = list(dict.fromkeys(report.exercise for graded in grades for report in graded.reports))
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter="\t" if excel else ",", lineterminator="\r\n")
    marked = [n for n in names if any(r.mark for graded in grades for r in graded.reports if r.exercise == n)]
    by_hand = [f"{name} by hand" for name in marked] + ["total by machine"] * bool(marked)
    writer.writerow(["learner", *names, "total", "maximum", *by_hand, "note"])
    for graded in grades:
        points = {
            report.exercise: _number(report.points, excel)
            for report in graded.reports
            if not graded.problem and report.outcome is not Outcome.STARVED
        }
        total = _number(graded.grade, excel) if graded.is_grade else ""
        given = {report.exercise: _number(report.grade, excel) for report in graded.reports if report.mark}
        machine = _number(graded.points, excel) if len(points) == len(graded.reports) else ""
        more = [given.get(name, "") for name in marked] + [machine] * bool(marked)
        exercises = [points.get(name, "") for name in names]
        note = _text(_note(graded), excel)
        maximum = _number(graded.maximum, excel)
        writer.writerow([_text(graded.learner, excel), *exercises, total, maximum, *more, note])
    text = target.getvalue()
    return codecs.BOM_UTF16_LE + text.encode("utf-16-le", errors="replace") if excel else text.encode(errors="replace")


def _note(graded: Graded) -> str:
    if graded.problem:
        return f"could not be read: {clean(graded.problem)}"
    return "" if graded.is_final else "not final: the machine was too busy"


def _number(points: float, excel: bool) -> str:
    hundredths = round(100 * points)
    if hundredths % 100 == 0:
        return str(hundredths // 100)
    return f"={hundredths}/100" if excel else f"{points:.2f}".rstrip("0")


def _text(text: str, excel: bool) -> str:
    """Text that stays text, on one line: a leading = + - @ would begin a formula."""
    text = visible(text)
    if text.lstrip().startswith(_FORMULA):
        return "'" + text
    if excel and len(text) < _MAX_LITERAL and re.search(r"\d", text) and len(re.findall(r"[^\W\d_]+", text)) < 2:
        doubled = text.replace('"', '""')
        return f'="{doubled}"'
    return text
