"""What `coursekit watch` shows, as lines of words, each with what it is: good, bad, quiet. No terminal."""

from __future__ import annotations

import re
import textwrap
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from coursekit.course import syllabus
from coursekit.learning import feedback, records
from coursekit.learning.watching.session import Question, Session, View
from coursekit.report import Outcome
from coursekit.text import visible

Piece = tuple[str, str]  # good, bad, quiet, strong, chosen or nothing; and words
Line = list[Piece]

NARROWEST, LOWEST = 36, 10  # columns and rows below which a screen is too small
_BAD_WORDS = "not yet|error|too slow|out of memory|ready-made"
_MARKED = re.compile(rf"(?P<good>^  passed\b|done ✓)|(?P<bad>^  (?:{_BAD_WORDS})\b)|(?P<quiet>^  not checked yet\b)")
_KEYS = ("h hint", "n next", "p previous", "l list", "s solution", "r reset", "q quit")
_KEYS_IN = {
    View.LIST: ("↑ ↓ move", "Enter go there", "l back", "q quit"),
    View.SOLUTION: ("s back", "q quit"),
}


@dataclass(frozen=True)
class Page:
    """A whole screen.

    Attributes:
        head: which exercise, of which file.
        body: what may be longer than the screen.
        foot: what goes on, and the keys.
        focus: a line of the body that has to be seen.
    """

    head: list[Line]
    body: list[Line]
    foot: list[Line]
    focus: int = 0


def page(session: Session, width: int) -> Page:
    """The screen as it should be now, in lines of at most `width` columns."""
    body, focus = _body(session, width)
    return Page(_head(session, width), body, _foot(session, width), focus)


def _head(session: Session, width: int) -> list[Line]:
    entry = session.entries.get(session.exercise)
    worth = f", {entry.maximum:g} point{'' if entry.maximum == 1 else 's'}" if entry else ""
    name = session.exercise or "(the next exercise)"
    line = session.result.line if session.result else 0
    where = f"{_shown(session)}{f', line {line}' if line else ''}"
    return [
        [("strong", _cut(f"{name}{worth}", width))],
        [("quiet", _cut(where, width))],
    ]


def _shown(session: Session) -> str:
    """The file, as seen from the course's folder."""
    inside = syllabus.in_course() and session.file.is_relative_to(syllabus.ROOT)
    return visible((session.file.relative_to(syllabus.ROOT) if inside else session.file).as_posix())


def _body(session: Session, width: int) -> tuple[list[Line], int]:
    if session.view is View.SOLUTION:
        return [[("", part)] for line in session.solution.splitlines() for part in _folded(line, width)], 0
    if session.view is View.LIST:
        return _list(session, width)
    return list(_check(session, width)), 0


def _check(session: Session, width: int) -> Iterator[Line]:
    for report in session.passed[-3:]:
        if report.exercise != session.exercise:
            yield [("good", _cut(feedback.headline(report), width))]
    result = session.result
    if result is None:
        return
    if result.report is None:
        yield from _wrapped([result.problem, "It is checked again at the next save."], width)
        return
    said = feedback.as_text(result.report, width)
    if result.report.outcome is Outcome.UNATTEMPTED and "NotImplementedError" in said:  # which speaks of a notebook
        said = f"{feedback.headline(result.report)}\nWrite it in the place of the line that raises, and save."
    yield from _wrapped(said.splitlines(), width)
    if result.printed:
        yield [("quiet", "It printed:")]
        yield from _wrapped([f"  {line}" for line in visible(result.printed, keep="\n").splitlines()[:12]], width)
    yield from _wrapped(result.steps, width)
    if result.report.outcome is Outcome.PASSED and result.report.points < result.report.maximum:
        yield from _wrapped(["The core passes the exercise: press `n` to go on, or see to parity."], width)
    entry = session.entries.get(session.exercise)
    for step in range(session.hints.get(session.exercise, 0) if entry else 0):
        assert entry is not None
        yield [("", "")]
        yield from _wrapped([f"Hint {step + 1} of {len(entry.hints)}. {entry.hints[step]}"], width)


def _list(session: Session, width: int) -> tuple[list[Line], int]:
    lines: list[Line] = []
    states, focus, topic = session.states(), 0, ""
    for number, name in enumerate(session.march):
        entry = session.entries.get(name)
        if entry and entry.topic != topic:
            topic = entry.topic
            found = syllabus.find_topic(topic)
            lines.append([("strong", _cut(f"{found.number:02} {found.title}", width))])
        state = states.get(name, records.State.UNTOUCHED)
        if number == session.cursor:
            focus = len(lines)
        chosen = number == session.cursor
        words = "" if state is records.State.UNTOUCHED else f"  {state}"
        text = f"{'>' if chosen else ' '} {records.SIGNS[state]:<3}{name}{words}"
        lines.append([("chosen" if chosen else "", _cut(text, width))])
    return lines or [[("quiet", "One moment: torch is being loaded.")]], focus


def _foot(session: Session, width: int) -> list[Line]:
    if session.question is Question.RESET:
        asked = f"Put the stub of `{session.exercise}` back? The file as it is now is kept."
        return [*_wrapped([asked], width, "strong"), [("strong", "y yes   any other key: no")]]
    if session.question is Question.SOLUTION:
        asked = f"Show the answer to `{session.exercise}`? It is not passed yet."
        return [*_wrapped([asked], width, "strong"), [("strong", "y yes   any other key: no")]]
    said = _wrapped([session.notice], width, "strong") if session.notice else []
    return [*said, [("quiet", _cut(_status(session), width))], *_keys(_KEYS_IN.get(session.view, _KEYS), width)]


def _status(session: Session) -> str:
    """What goes on."""
    if not session.entries:
        return "Loading torch and the checks …"
    if session.since is not None:
        seconds = time.monotonic() - session.since
        return "Checking …" if seconds < 1 else f"Checking for {seconds:.0f} s; a save begins anew …"
    if session.took is not None and 0 <= session.took < 60:
        return f"Checked {session.took:.2f} s after the save. Waiting for the next one."
    return "Waiting for a save."


def _keys(keys: Iterable[str], width: int) -> list[Line]:
    lines: list[Line] = [[]]
    for key in keys:
        name, _, what = key.rpartition(" ") if key.startswith("↑") else key.partition(" ")
        pieces = [("strong", name), ("", f" {what}")]
        used = sum(len(words) for _, words in lines[-1])
        if lines[-1] and used + 3 + len(key) > width:
            lines.append([])
        elif lines[-1]:
            lines[-1].append(("", "   "))
        lines[-1] += pieces
    return lines


def _wrapped(texts: Iterable[str], width: int, tone: str = "") -> list[Line]:
    """The texts in lines of the screen, with the words coloured that say how a check ended."""
    lines: list[Line] = []
    for text in texts:
        text = visible(text.replace("`", ""))
        indent = " " * (len(text) - len(text.lstrip()))
        pieces = textwrap.wrap(text, width, subsequent_indent=indent, replace_whitespace=False) or [""]
        lines += [[(tone, pieces[0])] if tone else list(_marked(pieces[0])), *([(tone, more)] for more in pieces[1:])]
    return lines


def _folded(line: str, width: int) -> list[str]:
    """A line of code in as many as it takes; those that follow stand further in."""
    indent = " " * (len(line) - len(line.lstrip()) + 8)
    return textwrap.wrap(line, width, subsequent_indent=indent, break_on_hyphens=False) or [""]


def _marked(text: str) -> Iterator[Piece]:
    at = 0
    for found in _MARKED.finditer(text):
        yield "", text[at : found.start()]
        yield found.lastgroup or "", found[0]
        at = found.end()
    yield "", text[at:]


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
