"""What the course remembers of a learner: a line for each check, prediction and hint, in a file beside the course.

Each line is a JSON object that says in `kind` what it tells of; kinds that are not known here are passed over, so that
others may be added. A line is written whole by one call, so several notebooks may write at once, and what is damaged
costs itself alone. Nothing of a learner's code is in it, and no name. This module is quick to import: start.py does.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from coursekit.course import syllabus
from coursekit.report import Outcome, Report, Tier

VARIABLE = "COURSEKIT_PROGRESS"  # a file to remember in, or "off"
_OFF = "off"
_MOST = 1e9  # more than any number in a line that we wrote
_NO_LEARNER = ("CI", "PYTEST_VERSION", "PYTEST_CURRENT_TEST")  # set where a machine checks, nbval's kernels included
_FALSE = ("", "0", "false")
_TAIL = 1 << 20  # bytes at the end that are asked for an earlier attempt, some 5,000 checks: that takes no time


@dataclass(frozen=True)
class Check:
    """A check that is remembered.

    Attributes:
        time: when it ended, in UTC, as ISO 8601 has it.
        exercise: what was checked.
        outcome: how it ended, a value of `Outcome`.
        core: whether every core check passed.
        parity: whether every check of both tiers passed.
        points: what it earned.
        misconception: the name of the mistake, or None.
        attempt: which attempt at the exercise it was; 0 for a stub, and those are not counted.
        where: in a notebook, a terminal or watch; empty in lines from before that was noted.
    """

    time: str
    exercise: str
    outcome: str
    core: bool
    parity: bool
    points: float
    misconception: str | None
    attempt: int
    where: str = ""

    @property
    def is_attempt(self) -> bool:
        """Whether there was an answer to check."""
        return self.outcome != Outcome.UNATTEMPTED


@dataclass(frozen=True)
class Prediction:
    """An answer that was committed to before the lesson gave its own; it counts for nothing.

    Attributes:
        time: when that was, in UTC, as ISO 8601 has it.
        lesson: the topic's name.
        question: the question's name in that lesson.
        choice: the answer: one of the choices, or a number in digits.
        holds: whether it is right.
    """

    time: str
    lesson: str
    question: str
    choice: str
    holds: bool


@dataclass(frozen=True)
class Hint:
    """A hint that was read.

    Attributes:
        time: when that was, in UTC, as ISO 8601 has it.
        exercise: whose.
        step: which one, from 1.
    """

    time: str
    exercise: str
    step: int


_Entry = Check | Prediction | Hint
_KINDS: dict[str, type[_Entry]] = {"check": Check, "prediction": Prediction, "hint": Hint}


def place() -> Path | None:
    """The file, which may not be there yet; None where nothing is remembered.

    It lies in the course's folder, and moves with it. The installed package, which has no such folder, and machines
    that test the course remember only where the variable COURSEKIT_PROGRESS names a file (as seen from the course's
    folder, if there is one); `off` turns it off.
    """
    named = os.environ.get(VARIABLE, "")
    if named.lower() == _OFF:
        return None
    if named:
        base = syllabus.ROOT if syllabus.in_course() else Path.cwd()
        return base / os.path.expanduser(named)  # noqa: PTH111 (where there is no home, it leaves ~ alone)
    if not syllabus.in_course() or is_tested():
        return None
    return syllabus.ROOT / "progress.jsonl"


def is_tested() -> bool:
    """Whether a machine runs this, which tests the course, and no learner."""
    return any(os.environ.get(name, "").lower() not in _FALSE for name in _NO_LEARNER)


def remember(told: Report | Prediction, where: str = "") -> str:
    """Adds a check, or a prediction; a sentence where that cannot be done and has not been said yet, else nothing.

    Args:
        told: what came of it.
        where: of a check, see `Check`.
    """
    path = place()
    if path is None:
        return ""
    try:
        with _opened(path) as file:
            end = _end_of(file)
            _append(file, end, _line(told if isinstance(told, Prediction) else _check_of(told, end, where)))
    except OSError as error:
        if path in _told:
            return ""
        _told.add(path)
        what = "prediction" if isinstance(told, Prediction) else "check"
        return f"This {what} is not remembered: {path.name} cannot be written ({error.strerror or error})."
    return ""


_told: set[Path] = set()  # files of which it has been said that they cannot be written


def why_not() -> str:
    """Why nothing is remembered, in a sentence that says what to do; empty where it is, as far as one can see."""
    path = place()
    if path is None:
        if os.environ.get(VARIABLE, ""):
            return f"Nothing is remembered, as {VARIABLE} is {_OFF}: take it out of the environment."
        if not syllabus.in_course():
            return f"The installed package remembers nothing, unless the variable {VARIABLE} names a file for it."
        return f"A machine that tests (CI, pytest) remembers nothing, unless the variable {VARIABLE} names a file."
    try:
        if path.is_file():
            path.open("rb").close()
        elif path.exists():
            return f"{path.name} is no file, so nothing is remembered: move it, or name a file in {VARIABLE}."
    except OSError as error:
        return f"{path.name} cannot be read ({error.strerror}), so what it remembers is not shown."
    return ""


def checks() -> list[Check]:
    """All checks that are remembered, the oldest first; none where the file is not there or cannot be read."""
    return [each for each in _read(_content()) if isinstance(each, Check)]


def attempts(exercise: str) -> int:
    """How many attempts at an exercise there were, as far as one can see; this looks at the last ones alone."""
    path = place()
    if path is None:
        return 0
    try:
        with path.open("rb") as file:
            return _attempts(_end_of(file), exercise)
    except OSError:
        return 0


def predictions() -> list[Prediction]:
    """All predictions, the same way."""
    return [each for each in _read(_content()) if isinstance(each, Prediction)]


def read_hint(exercise: str, step: int) -> None:
    """Adds that a hint was read; where that cannot be done, the next check says so."""
    path = place()
    if path is not None:
        with suppress(OSError), _opened(path) as file:
            _append(file, _end_of(file), _line(Hint(now(), exercise, step)))


def next_hint(exercise: str) -> int:
    """The number of the first hint that has not been read, which may be one more than there are."""
    # of the thousands of lines of a course, a few are about hints
    lines = b"\n".join(line for line in _content().split(b"\n") if b'"kind": "hint"' in line)
    read = {each.step for each in _read(lines) if isinstance(each, Hint) and each.exercise == exercise}
    return next(step for step in count(1) if step not in read)


def now() -> str:
    """The time as it is remembered."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _content() -> bytes:
    path = place()
    try:
        return path.read_bytes() if path is not None and path.is_file() else b""
    except OSError:
        return b""


def _opened(path: Path) -> Any:
    """The file, to be read and added to, for its owner alone.

    Raises:
        OSError: that cannot be done.
    """
    # a pipe that is opened to be read as well is not waited for
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
    file = open(os.open(path, flags, 0o600), "r+b", buffering=0)  # noqa: SIM115, PTH123 (who asks closes it)
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError("it is no file")
    return file


def _end_of(file: Any) -> bytes:
    file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
    content: bytes = file.read(_TAIL)
    return content


def _attempts(end: bytes, exercise: str) -> int:
    """The number of the last attempt at an exercise; 0 if there is none."""
    before = len(end)
    while (at := end.rfind(f'"exercise": "{exercise}"'.encode(), 0, before)) >= 0:
        begin = end.rfind(b"\n", 0, at) + 1
        for check in _read(end[begin:].split(b"\n", 1)[0]):
            if isinstance(check, Check) and check.is_attempt:
                return check.attempt
        before = begin
    return 0


def _append(file: Any, end: bytes, line: bytes) -> None:
    """Writes the line by one call; where a line before it is torn, on one of its own."""
    whole = line if end.endswith(b"\n") or not end else b"\n" + line
    if file.write(whole) != len(whole):
        raise OSError("the disk is full")


def _check_of(report: Report, end: bytes, where: str) -> Check:
    passed = {tier: all(each.outcome is Outcome.PASSED for each in report.tier(tier)) for tier in Tier}
    return Check(
        time=now(),
        exercise=report.exercise,
        outcome=str(report.outcome),
        core=passed[Tier.CORE],
        parity=passed[Tier.CORE] and passed[Tier.PARITY],
        points=report.points,
        misconception=report.diagnosis.misconception if report.diagnosis else None,
        attempt=0 if report.outcome is Outcome.UNATTEMPTED else 1 + _attempts(end, report.exercise),
        where=where,
    )


def _line(entry: _Entry) -> bytes:
    kind = next(kind for kind, of in _KINDS.items() if isinstance(entry, of))
    return (json.dumps({"kind": kind, **asdict(entry)}) + "\n").encode()


def _read(content: bytes) -> Iterator[_Entry]:
    """What stands in it; lines that are damaged, or tell of other things, are passed over."""
    for line in content.split(b"\n"):
        try:
            told = json.loads(line)
        except (ValueError, RecursionError):
            continue
        kind = told.get("kind") if isinstance(told, dict) else None
        entry = _entry_of(_KINDS[kind], told) if isinstance(kind, str) and kind in _KINDS else None
        if entry is not None:
            yield entry


_TYPES: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("time", "exercise", "outcome", "lesson", "question", "choice"), (str,)),
    **dict.fromkeys(("core", "parity", "holds"), (bool,)),
    "points": (int, float),
    "misconception": (str, type(None)),
    **dict.fromkeys(("attempt", "step"), (int,)),
    "where": (str,),
}


def _entry_of(kind: type[_Entry], told: dict[str, Any]) -> _Entry | None:
    known = {field.name: told.get(field.name, field.default) for field in fields(kind)}
    if any(type(value) not in _TYPES[name] for name, value in known.items()):
        return None
    numbers = [value for value in known.values() if isinstance(value, int | float)]
    if not all(0 <= number < _MOST for number in numbers):  # a NaN is neither
        return None
    return kind(**known)  # their types have just been seen to
