"""Where in the lessons each exercise stands. Quick to import and to ask: notebooks are read as the JSON they are."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from coursekit.course import syllabus
from coursekit.course.syllabus import Topic

_CELL_NAME = re.compile(r"[a-zA-Z0-9_-]+")  # as the notebook format has it


@dataclass(frozen=True)
class Place:
    """Where an exercise stands.

    Attributes:
        topic: its lesson.
        exercise: its name.
        cell: the id of the cell to write in; empty where the notebook does not tell.
    """

    topic: Topic
    exercise: str
    cell: str

    @property
    def path(self) -> str:
        """The notebook, as seen from the course's folder."""
        return f"notebooks/{self.topic.notebook.name}"

    @property
    def fragment(self) -> str:
        """What JupyterLab takes behind a notebook's address to scroll to the cell."""
        return f"#cell-id={self.cell}" if self.cell else ""


def places(topic: Topic) -> list[Place]:
    """The places of a lesson's exercises, in its order; none where the notebook is not there or cannot be read."""
    try:
        cells = json.loads(topic.notebook.read_bytes())["cells"]
        found = [(cell["metadata"].get("coursekit", {}).get("exercise"), cell.get("id")) for cell in cells]
    except (OSError, ValueError, RecursionError, LookupError, TypeError, AttributeError):  # a learner's copy: anything
        return []
    return [
        Place(topic, name, cell if isinstance(cell, str) and _CELL_NAME.fullmatch(cell) else "")
        for name, cell in found
        if isinstance(name, str)
    ]


def place_of(topic: Topic, exercise: str) -> Place:
    """Where an exercise of the lesson stands."""
    return next((each for each in places(topic) if each.exercise == exercise), Place(topic, exercise, ""))


def address(topic: Topic, fragment: str = "") -> str:
    """Where a link in the notebook that runs leads to a lesson; empty where there is none."""
    if not syllabus.in_course():
        return ""
    # a notebook that has been copied out of the course stands, as those of the course do, beside the others
    here, lesson = Path.cwd(), topic.notebook
    path = os.path.relpath(lesson, here) if here.is_relative_to(syllabus.ROOT) else lesson.name
    return Path(path).as_posix() + fragment
