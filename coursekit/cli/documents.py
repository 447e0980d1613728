"""What commands print with --json: one document each, on standard output, with nothing beside it.

Keys are only added from one version to the next. Times are UTC, as ISO 8601 has it; points are numbers.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coursekit.authoring.proofs import Findings
    from coursekit.authoring.survivors import Judged
    from coursekit.classroom.doctor import Examined
    from coursekit.classroom.gradebook.attempts import Attempt
    from coursekit.classroom.marking import Listed
    from coursekit.course.syllabus import Topic
    from coursekit.grading.changes import Change
    from coursekit.learning.progress import Progress
    from coursekit.report import Graded, Report

HELP = "print one JSON document, and all else to standard error"


def show(document: Mapping[str, Any]) -> None:
    """Prints a document; half characters, which no terminal takes, stay escapes."""
    sys.stdout.write(json.dumps(document, indent=1) + "\n")


def of_grades(grades: Iterable[Graded]) -> dict[str, Any]:
    """`grade`: every learner's points, in short; reports/ has them at length."""
    return {"learners": [_of_graded(graded) for graded in grades]}


def _of_graded(graded: Graded) -> dict[str, Any]:
    return {
        "learner": graded.learner,
        "points": graded.points,
        "grade": graded.grade,
        "maximum": graded.maximum,
        "attempts": graded.attempts,
        "final": graded.is_final,
        "problem": graded.problem,
        "exercises": [_of_report(report) for report in graded.reports],
    }


def _of_report(report: Report) -> dict[str, Any]:
    return {
        "exercise": report.exercise,
        "outcome": str(report.outcome),
        "points": report.points,
        "grade": report.grade,
        "maximum": report.maximum,
        "misconception": report.diagnosis.misconception if report.diagnosis else None,
    }


def of_changes(changes: Iterable[Change], *, accepted: bool) -> dict[str, Any]:
    """`regrade`: the grades that differ under the checks of today."""
    return {"changes": [asdict(change) for change in changes], "accepted": accepted}


def of_marks(found: Iterable[Listed]) -> dict[str, Any]:
    """`marks`: every row, with what has become of it."""
    return {
        "marks": [
            {
                "number": each.row.id,
                "kind": each.row.kind,
                "key": each.row.key,
                "exercise": each.row.exercise,
                "points": each.row.points,
                "comment": each.row.comment,
                "by": each.row.by,
                "at": each.row.at,
                "keep": each.row.work == "",
                "state": each.state,
                "counts_for": list(each.counts_for),
                "said_to": list(each.said_to),
                "for_other_work_of": list(each.elsewhere),
            }
            for each in found
        ]
    }


def of_attempts(found: Iterable[Attempt], texts: Mapping[int, str]) -> dict[str, Any]:
    """`attempts`: what was handed in, when and for how many points; with --show also the text."""
    return {
        "attempts": [
            {
                "learner": each.learner,
                "number": each.number,
                "at": each.at,
                "file": each.file,
                "digest": each.digest,
                "points": each.points,
                **({"text": texts[each.number]} if each.number in texts else {}),
            }
            for each in found
        ]
    }


def of_topics(topics: Iterable[Topic]) -> dict[str, Any]:
    """`list`: the topics and their exercises, in course order."""
    return {
        "topics": [
            {
                "number": topic.number,
                "name": topic.name,
                "title": topic.title,
                "notebook": f"notebooks/{topic.notebook.name}",
                "exercises": [{"name": each.name, "points": each.maximum} for each in topic.exercises],
            }
            for topic in topics
        ]
    }


def of_machine(examined: Examined) -> dict[str, Any]:
    """`doctor`: the walls, the attacks on them, and whether this machine can grade."""
    return {
        "can_grade": examined.can_grade,
        "problem": examined.problem,
        "layers": [
            {"name": layer.name, "in_force": layer.in_force, "detail": layer.detail} for layer in examined.layers
        ],
        "attacks": [{"name": name, "held": held} for name, held in examined.held.items()],
    }


def of_findings(findings: Iterable[Findings]) -> dict[str, Any]:
    """`verify`: what was proved of the files and of each exercise; a fault is a sentence."""
    return {"findings": [asdict(finding) for finding in findings]}


def of_mutants(found: Iterable[Judged]) -> dict[str, Any]:
    """`verify --mutants`: what became of the mutants, some at a time."""
    return {"mutants": [asdict(judged) for judged in found]}


def of_progress(progress: Progress) -> dict[str, Any]:
    """`progress`: how far each exercise has come at its best, and what is next (null where all is done).

    The points of optional exercises are none of the sum.
    """
    place = progress.next
    return {
        "points": progress.owed.points,
        "maximum": progress.owed.maximum,
        "next": {"exercise": place.exercise, "notebook": place.path, "cell": place.cell or None} if place else None,
        "topics": [
            {
                "number": lesson.topic.number,
                "name": lesson.topic.name,
                "title": lesson.topic.title,
                "exercises": [
                    {
                        "name": step.name,
                        "state": str(step.record.state),
                        "attempts": step.record.attempts,
                        "points": step.points,
                        "maximum": step.maximum,
                        "optional": step.is_optional,
                    }
                    for step in lesson.steps
                ],
                "predictions": lesson.predictions,
            }
            for lesson in progress.lessons
        ],
        "note": progress.note,
    }
