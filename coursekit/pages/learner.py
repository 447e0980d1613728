"""A learner's page: their own grades in words, to hand back.

It names nobody else and quotes no hidden input: no example, no call, no message of an exception, no number of a
result. That is a courtesy to the next class, not a wall: a learner's own code has seen its inputs. They are worth
nothing, for other work is given others.
"""

from __future__ import annotations

import builtins
import re
from dataclasses import replace

from coursekit import show
from coursekit.pages.page import page, person, text
from coursekit.report import Graded, Outcome, Report, Verdict


def learner_page(graded: Graded) -> str:
    """What one learner gets back: every exercise in words, without the hidden inputs and without anybody else."""
    body = [
        f"<h1>{person(graded.learner)}</h1>",
        f'<ul class="figures"><li><b>{graded.points:g} of {graded.maximum:g}</b>points</li></ul>',
    ]
    if graded.problem:
        body.append(f"<p><b>What was handed in could not be read.</b> {text(graded.problem)}</p>")
    else:
        body += [
            f'<section class="report">{show.as_html(without_inputs(report))}</section>' for report in graded.reports
        ]
        body.append(
            '<p class="note">The inputs of a graded run are not shown. <code>check</code> in your own notebook finds '
            "an input that shows the same mistake.</p>"
        )
    return page(f"{graded.learner}: {graded.points:g} of {graded.maximum:g} points", body)


def without_inputs(report: Report) -> Report:
    """The report as it is handed back: what it says of hidden inputs, and of results for them, is taken out."""
    return replace(report, verdicts=tuple(_without_inputs(verdict, report.exercise) for verdict in report.verdicts))


def _without_inputs(verdict: Verdict, exercise: str) -> Verdict:
    said = verdict.rationale
    raised = re.match(r"`.*` raised (\w+)", said, re.DOTALL)
    if verdict.outcome is Outcome.MEMORY and said.startswith("The function ran out of memory"):
        said = "The function ran out of memory."
    elif raised:
        known = isinstance(getattr(builtins, raised[1], None), type)
        line = re.search(r"\(line (\d{1,5})(: .*)?\)$", said, re.DOTALL)
        said = f"The function raised {raised[1] if known else 'an exception'}{f' in line {line[1]}' if line else ''}."
    else:
        said = re.sub(rf" for `{exercise}\(.*`", "", said, flags=re.DOTALL)
        said = re.sub(rf"`{exercise}\(.*`", f"`{exercise}(…)`", said, flags=re.DOTALL)
        if verdict.outcome is Outcome.FAILED:
            said = re.sub(
                r"(?<![\w.])-?\d[\d.]*(e[+-]?\d+)?", "…", said
            )  # a shape keeps its dimensions, float32 its name
    return replace(verdict, rationale=said, example=None)
