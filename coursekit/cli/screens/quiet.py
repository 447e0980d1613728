"""The screen of a command whose standard output is a document: what is said goes to standard error, tables nowhere."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import redirect_stdout

from coursekit.cli.screens import terminal
from coursekit.exercise import Exercise
from coursekit.grading.changes import Change
from coursekit.jail.terms import Layer, Limits
from coursekit.report import Graded


def say(text: str) -> None:
    """One line."""
    terminal.say(text, stderr=True)


def grading_begins(
    submissions: int, exercises: Sequence[Exercise], where: str, limits: Limits, layers: Sequence[Layer]
) -> None:
    """What is about to happen."""
    with redirect_stdout(sys.stderr):
        terminal.grading_begins(submissions, exercises, where, limits, layers)


def progress(learners: Iterable[str], total: int) -> Iterator[str]:
    """Passes the names on as they come, and shows how far it is."""
    return terminal.progress(learners, total)


def changes_table(changes: Sequence[Change]) -> None:
    """Nothing: the document has it."""


def grade_table(grades: Sequence[Graded], exercises: Sequence[Exercise]) -> None:
    """Nothing: the document has it."""
