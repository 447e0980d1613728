"""A learner's page: their own grades in words, to hand back.

It names nobody else, and holds no word that a submission had a part in (see `publish.privacy`). What an instructor has
given by hand stands below the report of the exercise.
"""

from __future__ import annotations

from coursekit.learning import feedback
from coursekit.publish import marked
from coursekit.publish.pages.page import People, page, text
from coursekit.publish.privacy import without_inputs
from coursekit.report import Graded


def learner_page(graded: Graded) -> str:
    """What one learner gets back: every exercise in words, without the hidden inputs and without anybody else."""
    total = f"{'–' if graded.is_open else f'{graded.grade:g}'} of {graded.maximum:g}"
    body = [
        f"<main>\n<h1>{People([graded.learner]).name(graded.learner)}</h1>",
        f'<ul class="figures"><li><b>{total}</b>points</li></ul>',
    ]
    if not graded.is_final:
        body.append("<p><b>This is not final.</b> The grading machine was too busy: it is to be graded again.</p>")
    if graded.problem:
        body.append(f"<p><b>What was handed in could not be read.</b> {text(graded.problem)}</p>")
        body += [f"<h2>{text(each.exercise)}</h2>{marked.as_html(each)}" for each in graded.reports if each.marks]
    else:
        for report in graded.reports:
            body += [feedback.as_section(without_inputs(report)), marked.as_html(report)]
        body.append('<p class="note">The inputs of a graded run are not shown.</p>')
    return page(f"{graded.learner}: {total} points", [*body, "</main>"])
