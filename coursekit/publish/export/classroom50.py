"""Classroom 50's result.json: https://github.com/foundation50/classroom50/wiki/Advanced-Autograding."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from coursekit.errors import ExportError
from coursekit.report import Graded
from coursekit.text import clean_name

UNITS = 100  # Classroom 50 counts whole points and ours have hundredths, so a point is a hundred there

_ENVIRONMENT = {
    "classroom": "CLASSROOM",
    "assignment": "ASSIGNMENT",
    "submission": "SUBMISSION_TAG",
    "commit": "COMMIT_URL",
    "release": "RELEASE_URL",
}


def result(graded: Graded, environment: Mapping[str, str], submitted: datetime) -> dict[str, Any]:
    """The content of result.json: a test for each exercise, in hundredths of a point.

    Each result is of one submission, and takes no other grade's place. It cannot be without a score, so work that could
    not be read scores 0, in a test that says so; what was not graded to the end has no result.

    Args:
        graded: one learner's grades.
        environment: the variables that Classroom 50's runner sets.
        submitted: when the graded commit was made, not when it was graded.

    Raises:
        ExportError: a variable is missing, or the grade is not final.
    """
    if not graded.is_final:
        raise ExportError(
            f"The grade of {clean_name(graded.learner)} is not final, as the machine was too busy: grade again, then "
            "export."
        )
    missing = [name for name in _ENVIRONMENT.values() if not environment.get(name)]
    if missing:
        raise ExportError(
            f"{', '.join(missing)} not set: Classroom 50's runner sets them, so call this from its autograder.py."
        )
    tests = [
        {
            "test-name": clean_name(report.exercise + (" (could not be read)" if graded.problem else "")),
            "passed": report.grade >= report.maximum,
            "score": round(report.grade * UNITS),
            "max-score": round(report.maximum * UNITS),
        }
        for report in graded.reports
    ]
    return {
        "schema": "classroom50/result/v1",
        **{field: environment[name] for field, name in _ENVIRONMENT.items()},
        "review": environment.get("REVIEW_URL") or environment["COMMIT_URL"],
        "datetime": submitted.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "score": sum(test["score"] for test in tests),
        "max-score": sum(test["max-score"] for test in tests),
        "tests": tests,
    }


def commit_date() -> datetime:
    """When the commit that is checked out here was made; now, where that cannot be told."""
    try:
        done = subprocess.run(["git", "show", "-s", "--format=%cI", "HEAD"], capture_output=True, text=True, check=True)
        return datetime.fromisoformat(done.stdout.strip())
    except (OSError, subprocess.CalledProcessError, ValueError):
        return datetime.now(UTC)
