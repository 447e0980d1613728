"""What a learner may be shown of a graded run: everything but its hidden inputs. All pages and exports ask here."""

from __future__ import annotations

import builtins
import re
from dataclasses import replace

from coursekit.learning.feedback import as_text
from coursekit.report import Graded, Outcome, Report, Verdict
from coursekit.text import clean

_CALL = re.compile(r"`(\w+)\([^`]*\)`")
_RAISED = re.compile(r"(`\w+\(…\)` raised )(\w+).*", re.DOTALL)


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
    return clean(as_text(without_inputs(report)))


def all_feedback(graded: Graded) -> str:
    """All of a learner's reports in plain words, or why there is nothing to report on."""
    if graded.problem:
        return clean(f"Nothing could be graded. {graded.problem}")
    return "\n\n".join(feedback(report) for report in graded.reports)


def without_numbers(report: Report) -> Report:
    """The report without hidden inputs, and without the numbers of a shape that came of one."""
    report = without_inputs(report)
    return replace(report, verdicts=tuple(map(_without_numbers, report.verdicts)))


def _without_numbers(verdict: Verdict) -> Verdict:
    if verdict.outcome is not Outcome.FAILED:
        return verdict
    # a shape keeps its dimensions, float32 its name
    return replace(verdict, rationale=re.sub(r"(?<![\w.])-?\d[\d.]*(e[+-]?\d+)?", "…", verdict.rationale))
