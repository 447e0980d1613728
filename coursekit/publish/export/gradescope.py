"""Gradescope's results.json: https://gradescope-autograders.readthedocs.io/en/latest/specs/."""

from __future__ import annotations

from typing import Any

from coursekit.publish.privacy import all_feedback, feedback
from coursekit.report import Graded
from coursekit.text import clean, clean_name

VISIBLE = "visible"  # the others are after_due_date, after_published and hidden


def results(graded: Graded, *, visibility: str = VISIBLE) -> dict[str, Any]:
    """The content of results.json: a test for each exercise, with its points and what its learner may be told.

    Hidden inputs are not in it, nor is the time that it took: code that has seen them could take more or less of it.
    What the autograder prints is for the instructor alone. Gradescope takes no result without a score, so work that
    could not be read scores 0, and what is not final scores what it has so far: the first line says so.

    Args:
        graded: one learner's grades.
        visibility: when the learner sees them; as long as any test is hidden, Gradescope hides the total too.
    """
    tests = [
        {
            "name": clean_name(report.exercise),
            "score": report.grade,
            "max_score": report.maximum,
            "status": "passed" if report.grade >= report.maximum else "failed",
            "output": feedback(report),
        }
        for report in graded.reports
    ]
    summary = f"{graded.grade:g} of {graded.maximum:g} points."
    if not graded.is_final:
        summary = f"This is not final, as the grading machine was too busy: it is to be graded again. So far {summary}"
    content = _frame(graded.grade, all_feedback(graded) if graded.problem else summary, visibility)
    content["tests"] = tests
    return content


def not_graded(why: str) -> dict[str, Any]:
    """The content of results.json where the autograder itself failed: no points, and a sentence to the learner."""
    return _frame(0.0, clean(f"The autograder failed, which is no mistake of yours. Tell your instructor: {why}"))


def _frame(score: float, output: str, visibility: str = VISIBLE) -> dict[str, Any]:
    return {
        "score": score,
        "output": output,
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": visibility,
        "stdout_visibility": "hidden",
    }
