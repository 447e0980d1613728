"""Names and feedback on their way into a platform's file: harmless, bounded, and without the hidden inputs."""

from __future__ import annotations

import builtins
import re
from dataclasses import replace

from coursekit import show
from coursekit.report import Graded, Outcome, Report, Verdict

MAX_NAME = 120
MAX_FEEDBACK = 10_000  # more than any report of ours; what a stranger's exception adds to one is cut there

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")
_CALL = re.compile(r"`(\w+)\([^`]*\)`")
_RAISED = re.compile(r"(`\w+\(…\)` raised )(\w+).*", re.DOTALL)
_JOINERS = "\u200c\u200d"  # invisible, and part of how names are written in Persian and in Indic scripts


def clean(text: str, limit: int = MAX_FEEDBACK) -> str:
    """Text of which every reader sees the same: no terminal codes, control characters, marks of direction or halves.

    Each becomes a replacement character; line ends and tabs stay.

    Args:
        text: a stranger's words, or ours with theirs in them.
        limit: the number of characters after which it is cut.
    """
    text = _ANSI.sub("", text).replace("\r\n", "\n")
    text = "".join(char if char.isprintable() or char in "\n\t" or char in _JOINERS else "\ufffd" for char in text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def clean_name(text: str) -> str:
    """The same on one line, for a name or a message."""
    return clean(" ".join(_ANSI.sub("", text).split()), MAX_NAME) or "(no name)"


def without_inputs(report: Report) -> Report:
    """The report without what would show a hidden input: a graded run's examples, and the calls in its sentences.

    What the learner's own code says when it raises goes too: it may well print its input, or name a class after it.
    """
    verdicts = tuple(replace(each, example=None, rationale=_without_inputs(each)) for each in report.verdicts)
    return replace(report, verdicts=verdicts)


def _without_inputs(verdict: Verdict) -> str:
    said = _CALL.sub(r"`\1(…)`", verdict.rationale)
    if verdict.outcome is Outcome.MEMORY:
        return re.sub(r" \(.*", ".", said, flags=re.DOTALL)  # what stands in parentheses is the exception's message
    return _RAISED.sub(_only_the_kind, said)


def _only_the_kind(raised: re.Match[str]) -> str:
    kind = raised[2] if isinstance(getattr(builtins, raised[2], None), type) else "an exception"
    return f"{raised[1]}{kind}."


def feedback(report: Report) -> str:
    """A report in plain words, as its learner may see it."""
    return clean(show.as_text(without_inputs(report)))


def all_feedback(graded: Graded) -> str:
    """All of a learner's reports in plain words, or why there is nothing to report on."""
    if graded.problem:
        return clean(f"Nothing could be graded. {graded.problem}")
    return "\n\n".join(feedback(report) for report in graded.reports)
