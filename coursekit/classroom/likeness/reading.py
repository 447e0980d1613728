"""The answers in a folder of submissions."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from coursekit.classroom import folder as folders
from coursekit.classroom.likeness.answers import Answer, answers, functions_of
from coursekit.course import syllabus


def read(folder: Path, exercises: Collection[str] = ()) -> dict[str, dict[str, Answer]]:
    """By learner, by exercise, what was answered; of the submissions themselves nothing else is kept.

    Args:
        folder: a .py, .ipynb, .zip or folder for each learner.
        exercises: the names of those to read; all of the course where none is named.

    Raises:
        NotADirectoryError: `folder` is no folder.
    """
    names = list(exercises) or exercise_names()
    return {entry.learner: answers(folders.read(entry).cells, names) for entry in folders.entries(folder)}


def exercise_names() -> list[str]:
    """Every exercise of the course, as its stubs tell without loading any grader."""
    texts = [topic.stub.read_text(encoding="utf-8") for topic in syllabus.TOPICS]
    return [name for text in texts for name, _ in functions_of([("", text)])]
