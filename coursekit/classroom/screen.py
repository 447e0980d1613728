"""What a run says while it works, and to whom: the terminal is one such screen, and a test has another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from coursekit.exercise import Exercise
from coursekit.grading.changes import Change
from coursekit.jail.terms import Layer, Limits
from coursekit.report import Graded


class Screen(Protocol):
    """Where a run shows what it does."""

    def say(self, text: str) -> None:
        """One line."""

    def grading_begins(
        self, submissions: int, exercises: Sequence[Exercise], where: str, limits: Limits, layers: Sequence[Layer]
    ) -> None:
        """What is about to happen, and what keeps it in bounds (no layers: other machines, which see to theirs)."""

    def progress(self, learners: Iterable[str], total: int) -> Iterator[str]:
        """Passes the names on as they come, and shows how far it is."""

    def changes_table(self, changes: Sequence[Change]) -> None:
        """One row for each grade that differs."""

    def grade_table(self, grades: Sequence[Graded], exercises: Sequence[Exercise]) -> None:
        """One row per learner."""
