"""What a learner's side posts to a workshop, and how it is read there: kinds of event, each with its fields.

Both sides use this module. What comes from the network is read strictly: exactly these fields, of these types, no
longer than this. Nothing here is a grade, and nothing of a learner's code is in it unless they have said so.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any, TypeVar, get_type_hints

from coursekit.report import Outcome, Report, Tier

UID = re.compile(r"[0-9a-f]{32}")  # 128 random bits, made where the event happens
MOST_CODE = 6_000
_SHORT, _MOST = 80, 1_000_000_000
_LONGEST = {  # characters of a field, where that is not 80
    **dict.fromkeys(("line", "got", "expected"), 300),
    **dict.fromkeys(("says", "sentence", "text"), 600),
    "choice": 200,
    "code": MOST_CODE,
}
_MOST_CHOICES = 8


@dataclass(frozen=True)
class Checked:
    """A check has ended.

    Attributes:
        exercise: of what.
        outcome: how, a value of `Outcome`.
        done: whether every check passed, parity's as well.
        attempt: which attempt of this learner's it was; 0 of a stub.
        mistake: the name of the mistake, or empty.
        says: what the learner was told of it.
        group: of an answer that no mistake explains, the same for all that fail alike; else empty.
        line: the smallest input that shows it, as a line to paste; empty where there is none.
        got: what came there.
        expected: what was expected.
        code: the answer itself, where the learner shares it.
    """

    exercise: str
    outcome: str
    done: bool
    attempt: int
    mistake: str = ""
    says: str = ""
    group: str = ""
    line: str = ""
    got: str = ""
    expected: str = ""
    code: str = ""


@dataclass(frozen=True)
class Predicted:
    """A question of a lesson was answered before the lesson did; the fields are those of what is remembered of it."""

    lesson: str
    question: str
    choice: str
    holds: bool


@dataclass(frozen=True)
class Answered:
    """A question to the room was answered.

    Attributes:
        asked: which, as it was given.
        round: 1 before the discussion, 2 after it.
        choice: the answer.
    """

    asked: int
    round: int
    choice: str


@dataclass(frozen=True)
class Taken:
    """A card was taken, or left.

    Attributes:
        card: which, as it was given.
        taken: false where it was left.
    """

    card: int
    taken: bool


@dataclass(frozen=True)
class Consent:
    """Somebody who was asked whether the room may see their answer has said yes or no.

    Attributes:
        asked: which request, as it was given.
        agreed: whether it may be shown, without their name.
        code: the answer, as they have seen it below the question; empty where they did not agree.
    """

    asked: int
    agreed: bool
    code: str = ""


Event = Checked | Predicted | Answered | Taken | Consent
KINDS: dict[str, type[Event]] = {
    "check": Checked,
    "prediction": Predicted,
    "answer": Answered,
    "card": Taken,
    "consent": Consent,
}

T = TypeVar("T")


def to_body(event: Any, kinds: Mapping[str, type[Any]] = KINDS) -> dict[str, Any]:
    """The event as JSON has it."""
    kind = next(kind for kind, of in kinds.items() if type(event) is of)
    return {"kind": kind, **asdict(event)}


def from_body(body: object, kinds: Mapping[str, type[T]] = KINDS) -> T:  # type: ignore[assignment]
    """The event that a body tells of.

    Args:
        body: whatever JSON may hold.
        kinds: what may come, by what it says in `kind`.

    Raises:
        ValueError: it is none of these, or a field is missing, unknown, of another type or too long; says which.
    """
    if not isinstance(body, dict):
        raise ValueError("An event is a JSON object.")
    kind = body.get("kind")
    if not isinstance(kind, str) or kind not in kinds:
        raise ValueError(f"There are events of the kinds {', '.join(kinds)}, and this says {kind!r:.40}.")
    of = kinds[kind]
    known = {field.name: field for field in fields(of)}  # type: ignore[arg-type]
    unknown = body.keys() - known.keys() - {"kind"}
    if unknown:
        raise ValueError(f"A {kind} has no {min(unknown)!r:.40}.")
    types = get_type_hints(of)
    given = {}
    for name, field in known.items():
        if name in body:
            given[name] = _value(name, types[name], body[name])
        elif field.default is MISSING:
            raise ValueError(f"A {kind} needs `{name}`.")
    return of(**given)


def _value(name: str, wanted: Any, value: Any) -> Any:
    if wanted is bool or wanted is str:
        fits = type(value) is wanted
    elif wanted in (int, float):
        fits = type(value) in (int, wanted) and 0 <= value < _MOST and math.isfinite(value)
    else:  # a list of choices
        fits = isinstance(value, list) and len(value) <= _MOST_CHOICES and all(type(each) is str for each in value)
    if not fits:
        raise ValueError(f"`{name}` is not what it should be: {value!r:.40}.")
    longest = _LONGEST.get(name, _SHORT)
    texts = [value] if wanted is str else value if isinstance(value, list) else []
    if any(len(text) > longest for text in texts):
        raise ValueError(f"`{name}` has at most {longest} characters.")
    return tuple(value) if isinstance(value, list) else value


def of_report(report: Report, attempt: int, code: str = "") -> Checked:
    """What is posted of a check.

    Args:
        report: what came of it.
        attempt: see `Checked`.
        code: see `Checked`.
    """
    first, passed = report.first_failure, report.outcome is Outcome.PASSED
    shows = first.example if first and not passed else None
    named = None if passed else report.diagnosis
    failed = report.outcome in (Outcome.FAILED, Outcome.ERROR)
    return Checked(
        report.exercise,
        str(report.outcome),
        passed and all(each.outcome is Outcome.PASSED for each in report.tier(Tier.PARITY)),
        attempt,
        cut("mistake", named.misconception) if named else "",
        cut("says", named.explanation) if named else "",
        behaviour(report) if failed and named is None else "",
        *((cut("line", shows.line), cut("got", shows.got), cut("expected", shows.expected)) if shows else ("",) * 3),
        cut("code", code),
    )


def behaviour(report: Report) -> str:
    """The same few digits for all answers that fail alike: in the same checks, with the same results.

    All learners' own checks ask the same inputs, so this needs no more than the report: it costs microseconds, where
    the gradebook's groups (`grading.behaviour`) put all questions anew.
    """
    alike = [
        (each.check, str(each.outcome), (each.example.line, each.example.got) if each.example else None)
        for each in report.verdicts
        if each.outcome not in (Outcome.PASSED, Outcome.UNCHECKED)
    ]
    return hashlib.sha256(json.dumps([report.exercise, alike]).encode()).hexdigest()[:12]


def cut(name: str, text: str) -> str:
    """A text no longer than a field of this name may be."""
    longest = _LONGEST.get(name, _SHORT)
    return text if len(text) <= longest else text[: longest - 1] + "…"
