"""The way through the exercises: those of one file, or, in the course's own files, from lesson to lesson."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from coursekit.course import syllabus


def is_of_course(file: Path) -> bool:
    """Whether a file is a lesson's own: its notebook, or its stubs."""
    return any(file in (topic.notebook, topic.stub) for topic in syllabus.TOPICS)


def file_of(lesson: str, file: Path) -> Path:
    """The file of a lesson's exercises, of the same kind as the one that is watched; that one, if of no lesson."""
    topic = syllabus.find_topic(lesson)
    if any(file == each.notebook for each in syllabus.TOPICS):
        return topic.notebook
    return topic.stub if is_of_course(file) else file


def after(names: list[str], name: str, passed: Collection[str]) -> str | None:
    """The first exercise from `name` on that has not passed, or else the first of all; None where all have."""
    at = names.index(name) if name in names else 0
    onward: Iterable[str] = (*names[at:], *names[:at])
    return next((each for each in onward if each not in passed), None)
