"""Which version of the grader gave a grade: the sources that decide it, and torch's version, in one hash."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

import torch

from coursekit.course import syllabus
from coursekit.exercise import Exercise

_HERE = Path(__file__).parent
_OF_ALL = ("grading.py", "compare.py", "inputs.py", "reductions.py", "exercise.py", "rehearsal.py")
_TOPIC = re.compile(r"\bcoursekit\.graders\.(\w+)")


def grader_versions(exercises: Iterable[Exercise]) -> dict[str, str]:
    """The version of each exercise's grader, by the exercise's name.

    It changes when a line changes in what decides the grade: the topic's grader and the graders that it builds on, what
    grading and comparing share, the jail's inside, or torch. It is the same on every machine that has the same course.
    """
    shared = [*(_HERE / name for name in _OF_ALL), *sorted((_HERE / "jail" / "inside").glob("*.py"))]
    begin = hashlib.sha256(torch.__version__.encode())
    _add(begin, shared)
    of_topic: dict[str, str] = {}
    versions = {}
    for exercise in exercises:
        topic = syllabus.find_exercise(exercise.name)[0].name
        if topic not in of_topic:
            digest = begin.copy()
            _add(digest, _sources({topic}))
            of_topic[topic] = digest.hexdigest()[:32]
        versions[exercise.name] = of_topic[topic]
    return versions


def _sources(wanted: set[str]) -> list[Path]:
    """The files of these topics' graders, and of those that they import."""
    topics = {topic.name: topic for topic in syllabus.TOPICS}
    files: set[Path] = set()
    seen: set[str] = set()
    while names := (wanted & topics.keys()) - seen:
        for name in names:
            grader = topics[name].grader
            own = grader.parent.rglob("*.py") if grader.name == "__init__.py" else [grader]
            files.update(own)
        seen |= names
        wanted = {name for path in files for name in _TOPIC.findall(path.read_text(encoding="utf-8"))}
    return sorted(files)


def _add(digest: hashlib._Hash, paths: Iterable[Path]) -> None:
    for path in paths:
        content = path.read_bytes()
        digest.update(f"{path.parent.name}/{path.name} {len(content)}\n".encode() + content)
