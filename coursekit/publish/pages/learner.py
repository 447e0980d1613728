"""A learner's page: their own grades in words, to hand back.

It names nobody else, and holds no word that a submission had a part in (see `publish.privacy`).
"""

from __future__ import annotations

from coursekit.learning import feedback
from coursekit.publish.pages.page import People, page, text
from coursekit.publish.privacy import without_inputs
from coursekit.report import Graded


def learner_page(graded: Graded) -> str:
    """What one learner gets back: every exercise in words, without the hidden inputs and without anybody else."""
    body = [
        f"<main>\n<h1>{People([graded.learner]).name(graded.learner)}</h1>",
        f'<ul class="figures"><li><b>{graded.points:g} of {graded.maximum:g}</b>points</li></ul>',
    ]
    if graded.problem:
        body.append(f"<p><b>What was handed in could not be read.</b> {text(graded.problem)}</p>")
    else:
        body += [feedback.as_section(without_inputs(report)) for report in graded.reports]
        body.append('<p class="note">The inputs of a graded run are not shown.</p>')
    return page(f"{graded.learner}: {graded.points:g} of {graded.maximum:g} points", [*body, "</main>"])
