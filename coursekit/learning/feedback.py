"""A Report as a learner or a grader sees it: plain text, terminal, notebook HTML. Words first, colour second."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from coursekit.report import ARGUMENTS_MISSING, INPUT_CHANGED, Outcome, Report, Tier, Verdict
from coursekit.text import visible

WORDS = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "not yet",
    Outcome.UNATTEMPTED: "not attempted",
    Outcome.ERROR: "error",
    Outcome.TIMEOUT: "too slow",
    Outcome.MEMORY: "out of memory",
    Outcome.FORBIDDEN: "ready-made",
    Outcome.SKIPPED: "no time left",
    Outcome.STARVED: "not graded yet",
    Outcome.UNCHECKED: "not checked yet",
}

ADVICE = "Visible checks passed. A graded run uses other inputs."


class Feedback:
    """What `check` gives back: a Report that shows itself, with the next step to take.

    Attributes:
        report: the report, or None where there was nothing to check.
        next: what to do now, one sentence a line.
    """

    def __init__(self, report: Report | None, next: tuple[str, ...] = ()) -> None:
        self.report = report
        self.next = next

    def __repr__(self) -> str:
        return "\n".join(self._lines())

    def _repr_html_(self) -> str:
        return as_html(self.report, self.next)

    def _lines(self) -> Iterator[str]:
        if self.report is not None:
            yield from as_text(self.report).splitlines()
        yield from self.next


def headline(report: Report) -> str:
    """One line: the exercise, how it stands, its points."""
    return f"{report.exercise}: {state(report)} ({report.points:g} of {report.maximum:g} points)"


def state(report: Report) -> str:
    """How an exercise stands, in a few words."""
    if report.outcome is Outcome.PASSED and report.points < report.maximum:
        return "the core is done ✓, parity not yet"
    return {
        Outcome.PASSED: "done ✓",
        Outcome.UNATTEMPTED: "not attempted yet",
        Outcome.FORBIDDEN: "uses a ready-made function",
    }.get(report.outcome, WORDS[report.outcome])


def as_text(report: Report, width: int = 100) -> str:
    """The whole report as plain text, for a terminal, a log or a screen reader; prose in lines of `width`."""
    lines = [headline(report), *_wrap(found_twice(report), width), *_wrap(leaning(report), width)]
    first = report.first_failure
    if report.outcome is Outcome.UNATTEMPTED and first is not None:
        return "\n".join([*lines, *_wrap(f"{first.rationale} {first.help}".strip(), width)])
    for tier in Tier:
        verdicts = report.tier(tier)
        if verdicts:
            lines.append(_tier_line(tier, verdicts))
        for verdict in _worth_a_line(verdicts):
            lines.append(f"  {WORDS[verdict.outcome]:<16}{verdict.title}")
            if verdict is first:
                lines += _details(report, verdict, width)
    return "\n".join(lines)


def found_twice(report: Report) -> str:
    """Which files of the submission define the function, where several do, in a sentence; or nothing."""
    if not report.found_in:
        return ""
    return f"It is defined in {_listed(report.found_in)}: the last of these in which it is written out was graded."


def leaning(report: Report) -> str:
    """Which functions of the learner's own this answer calls that are not right yet, in a sentence; or nothing."""
    if not report.leans_on:
        return ""
    names = _listed(report.leans_on)
    are, them = ("are", "them") if len(report.leans_on) > 1 else ("is", "it")
    calls = f"It calls your {names}, which {are} not right yet"
    if report.parted:
        return f"{calls}. So it was graded with the course's own {names} in place of yours, and this is what came."
    return f"{calls}: mend {them} first, then check this again."


def _listed(names: Sequence[str]) -> str:
    *most, last = (f"`{name}`" for name in names)
    return f"{', '.join(most)} and {last}" if most else last


def _tier_line(tier: Tier, verdicts: tuple[Verdict, ...]) -> str:
    passed = sum(verdict.outcome is Outcome.PASSED for verdict in verdicts)
    name = {Tier.CORE: "Core (what it means)", Tier.PARITY: "Parity (flags, edges, exactness)"}[tier]
    if all(verdict.outcome is Outcome.UNCHECKED for verdict in verdicts):
        return f"{name}: not checked yet"
    return f"{name}: {passed} of {len(verdicts)} passed"


def _worth_a_line(verdicts: tuple[Verdict, ...]) -> Iterator[Verdict]:
    """All but the checks of a tier that was not reached, whose count is enough."""
    if not all(verdict.outcome is Outcome.UNCHECKED for verdict in verdicts):
        yield from verdicts


def _details(report: Report, verdict: Verdict, width: int) -> list[str]:
    lines = [line for said in _said(report, verdict) for line in _wrap(said, width, "    ")]
    if verdict.example is not None:
        example = verdict.example
        lines.append(f"    {example.line}  # got {example.got}, expected {example.expected}")
    if verdict.help and report.diagnosis is None:
        lines += _wrap(verdict.help, width, "    ")
    return lines


def _said(report: Report, verdict: Verdict) -> list[str]:
    """What is wrong: the name of the mistake says more than its numbers, but not of what an exception was raised."""
    if report.diagnosis is None:
        return [verdict.rationale]
    if report.diagnosis.misconception in (ARGUMENTS_MISSING, INPUT_CHANGED):
        return [verdict.rationale, report.diagnosis.explanation]
    if verdict.outcome is not Outcome.ERROR:
        return [report.diagnosis.explanation]
    return [verdict.rationale, verdict.help, report.diagnosis.explanation]  # what raised is another thing than that


def _wrap(text: str, width: int, indent: str = "") -> list[str]:
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent, break_long_words=False)


# ---- HTML --------------------------------------------------------------------------------------------------------

_TONES = {Outcome.PASSED: "good", Outcome.UNCHECKED: "quiet", Outcome.UNATTEMPTED: "quiet"}  # of all others: bad
_COLOURS = {"good": "#009E73", "quiet": "#7A828C", "bad": "#D55E00"}
# JupyterLab's own colours, so that a dark theme has dark cards, forms and maps; elsewhere dark on white
INK = "var(--jp-content-font-color1,#22272E)"
PAPER = f"background:var(--jp-layout-color1,#FFFFFF);color:{INK}"
CODE = "background:var(--jp-layout-color2,#F3F5F7);color:inherit"
LINK = "color:var(--jp-content-link-color,#0B5CAD);text-decoration:underline"
_STYLES = {
    "box": f"border-left:4px solid {{colour}};padding:0.4em 0.9em;margin:0.2em 0;{PAPER};"
    "font-size:14px;line-height:1.5;max-width:60em",
    # half of it ink: darker on white paper, lighter on black, and legible on both
    "word": f"color:color-mix(in srgb,{{colour}},{INK})",
    "tier": "margin-top:0.4em",
    "checks": "margin:0;padding-left:1.2em",
    "line": f"display:block;{CODE};padding:0.4em 0.6em;margin:0.3em 0;overflow-x:auto;"
    "white-space:pre-wrap;font-family:monospace;font-size:13px",
}

_Look = Callable[[str, Outcome | None], str]  # the attribute that makes a part of a report look as it should


def _inline(part: str, outcome: Outcome | None = None) -> str:
    """A style in the element itself: a notebook keeps no others."""
    return f'style="{_STYLES[part].format(colour=_COLOURS[_tone(outcome)])}"'


def _classed(part: str, outcome: Outcome | None = None) -> str:
    """Classes, for a page that has a style sheet, and a dark one as well."""
    return f'class="{part} {_tone(outcome)}"' if "{colour}" in _STYLES[part] else f'class="{part}"'


def _tone(outcome: Outcome | None) -> str:
    return "bad" if outcome is None else _TONES.get(outcome, "bad")


def as_html(report: Report | None, next: tuple[str, ...] = (), picture: str = "", onward: str = "") -> str:
    """The report as HTML with inline styles (a notebook keeps no others). All text is escaped.

    Args:
        report: what to show, if there is anything but steps.
        next: what to do now, a sentence a line.
        picture: what stands below the numbers of the first failing check, as HTML.
        onward: the last line, as HTML.
    """
    parts: list[str] = []
    if report is not None:
        parts.append(f"<b {_inline('word', report.outcome)}>{html.escape(headline(report))}</b>")
        parts += _report_html(report, _inline, picture)
    parts += [f"<div>{line}</div>" for line in (*map(prose, next), onward) if line]
    box = _inline("box", report.outcome if report else None)
    # a screen reader says what comes in such an element, when it comes
    return f'<div role="status" aria-live="polite" {box}>{"".join(parts)}</div>'


def as_section(report: Report) -> str:
    """The report as a section of a page: with a heading, and classes in place of styles. All text is escaped."""
    heading = f"<h2 {_classed('word', report.outcome)}>{html.escape(headline(report))}</h2>"
    body = "".join(_report_html(report, _classed))
    return f"<section {_classed('box', report.outcome)}>{heading}{body}</section>"


def _report_html(report: Report, look: _Look, picture: str = "") -> Iterator[str]:
    first = report.first_failure
    yield from (f"<div>{prose(said)}</div>" for said in (found_twice(report), leaning(report)) if said)
    if report.outcome is Outcome.UNATTEMPTED and first is not None:
        yield f"<div>{prose(f'{first.rationale} {first.help}'.strip())}</div>"
        return
    for tier in Tier:
        verdicts = report.tier(tier)
        if verdicts:
            yield f"<div {look('tier', None)}>{html.escape(_tier_line(tier, verdicts))}</div>"
        rows = "".join(
            _row(report, verdict, look, in_full=verdict is first, picture=picture)
            for verdict in _worth_a_line(verdicts)
        )
        if rows:
            yield f"<ul {look('checks', None)}>{rows}</ul>"


def _row(report: Report, verdict: Verdict, look: _Look, *, in_full: bool, picture: str) -> str:
    word = f"<b {look('word', verdict.outcome)}>{WORDS[verdict.outcome]}</b>"
    details = "".join(_details_html(report, verdict, look, picture)) if in_full else ""
    return f"<li>{word} — {prose(verdict.title)}{details}</li>"


def _details_html(report: Report, verdict: Verdict, look: _Look, picture: str) -> Iterator[str]:
    for said in _said(report, verdict):
        yield f"<div>{prose(said)}</div>"
    if verdict.example is not None:
        example = verdict.example
        line = visible(f"{example.line}  # got {example.got}, expected {example.expected}")
        yield f"<code {look('line', None)}>{html.escape(line)}</code>"
        yield picture
    if verdict.help and report.diagnosis is None:
        yield f"<div>{prose(verdict.help)}</div>"


def prose(text: str) -> str:
    """The text as HTML in which `backticks` become code; all else in it is escaped."""
    pieces = html.escape(visible(text, keep="\n\t")).split("`")
    return "".join(f"<code>{piece}</code>" if i % 2 else piece for i, piece in enumerate(pieces))


# ---- code --------------------------------------------------------------------------------------------------------


class Code:
    """A piece of Python that shows itself: highlighted in a notebook, as it is elsewhere."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text.rstrip()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {"text/markdown": f"```python\n{self.text.rstrip()}\n```", "text/plain": repr(self)}
