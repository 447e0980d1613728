"""What a learner may be shown of a graded run: everything but its hidden inputs. All pages and exports ask here.

A learner's code has seen its inputs, and could tell them: in an exception, a type's name, a shape, a frame of its own.
So nothing that came from it is edited here. What is shown is made anew, of our own words alone, from how each check
ended: two submissions whose checks end alike get the same text to the byte. What is left to tell by is how checks end,
some three bits a check and five for the name of a mistake, in each hand-in. They tell of inputs that nobody who is told
meets again (see grading.seeds). Comments that people give by hand are shown as they wrote them.

Not told is the line at which code raised, though it is a mere number: code that has seen its inputs chooses among its
lines. What raises it in a learner's own notebook shows it there; the instructor's report has it.
"""

from __future__ import annotations

from dataclasses import replace

from coursekit.learning.feedback import as_text
from coursekit.publish import marked
from coursekit.report import Graded, Outcome, Report, Verdict
from coursekit.text import clean

_TOLD = {
    Outcome.PASSED: "",
    Outcome.UNCHECKED: "",
    Outcome.FAILED: "It does not come out right for one of the inputs.",
    Outcome.UNATTEMPTED: "There is no answer here, or none under the exercise's own name.",
    Outcome.ERROR: "The code could not be run to its end: it is no Python, or it raised an exception.",
    Outcome.TIMEOUT: "It was still running when its time was up.",
    Outcome.MEMORY: "It took more memory than it may.",
    Outcome.FORBIDDEN: "It uses a function of torch that is ready-made, or a way round to one.",
    Outcome.SKIPPED: "The time for your whole submission was over before this was graded.",
    Outcome.STARVED: "The grading machine was too busy. This is no grade yet: it is to be graded again.",
}
_NEXT = {
    Outcome.FAILED: "Run `check({0})` in your notebook: it shows an input that shows it, and what came. If it passes "
    "there, ask it of inputs of your own, at the edges: graded runs use others.",
    Outcome.ERROR: "Run `check({0})` in your notebook: it shows the line that raises, and an input for which it does. "
    "If it passes there, this needs what you did not hand in, such as a cell that you have deleted since, a file or a "
    "library, or it is written for a newer Python than the grader's.",
    Outcome.SKIPPED: "Look for what takes long, here and in your other exercises; `check({0})` in your notebook tells.",
    Outcome.STARVED: "There is nothing for you to do. Until then, `check({0})` in your notebook says how it stands.",
    Outcome.FORBIDDEN: "`check({0})` in your notebook names it, and says what may be used instead.",
    Outcome.UNATTEMPTED: "`check({0})` in your notebook says what it looks for.",
}
_SHOWS = "Run `check({0})` in your notebook: it shows an input that shows it, and what came."


def without_inputs(report: Report) -> Report:
    """The report in words that say nothing of its inputs: no example, and no sentence that a child had a part in."""
    return replace(report, verdicts=tuple(_told(each, report.exercise) for each in report.verdicts))


def _told(verdict: Verdict, exercise: str) -> Verdict:
    told = _TOLD[verdict.outcome]
    help = _NEXT.get(verdict.outcome, _SHOWS).format(exercise) if told else ""
    return replace(verdict, rationale=told, help=help, example=None)


def feedback(report: Report) -> str:
    """A report in plain words, as its learner may see it, and what people have given by hand."""
    words = clean(as_text(without_inputs(report)))
    return f"{words}\n{marked.as_text(report)}" if report.marks else words


def all_feedback(graded: Graded) -> str:
    """All of a learner's reports in plain words, or why there is nothing to report on."""
    if graded.problem:
        by_hand = [f"{report.exercise}: {marked.as_text(report)}" for report in graded.reports if report.marks]
        return "\n".join([clean(f"Nothing could be graded. {graded.problem}"), *by_hand])
    return "\n\n".join(feedback(report) for report in graded.reports)
