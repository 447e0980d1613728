"""The lessons: each notebook as it stands becomes a page, with ways to start it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from coursekit.course import notebooks
from coursekit.course.syllabus import TOPICS, Topic
from coursekit.explorables import pictures, source
from coursekit.site import cells, starting

_PICTURES = "pictures"  # the folder beside the pages


def write(folder: Path, topics: Sequence[Topic] = TOPICS, repository: str = "") -> None:
    """Writes a page for each lesson, its pictures, and its notebook to download.

    Args:
        folder: where the site's Markdown is written; what is copied as it is goes into `files` there.
        topics: the lessons.
        repository: where the course can be started, as OWNER/NAME on GitHub; empty where it is nowhere.
    """
    here, files = folder / "lessons", folder / "files" / "lessons"
    here.mkdir(parents=True)
    files.mkdir(parents=True)
    for topic in topics:
        blocks = _page(topic, [each.notebook.stem for each in topics], files / _PICTURES, repository)
        (here / f"{topic.notebook.stem}.md").write_text("\n\n".join(blocks) + "\n", encoding="utf-8")
        shutil.copy(topic.notebook, files)


def _page(topic: Topic, lessons: Sequence[str], files: Path, repository: str) -> Iterator[str]:
    exercises = {exercise.name: exercise for exercise in topic.exercises}
    kinds: dict[str, None] = {}
    began = False
    for cell in notebooks.with_stubs(topic).cells:
        for block in cells.of_cell(cell, exercises, lessons, files):
            kinds |= dict.fromkeys(kind for kind, _ in pictures.states_in(block))
            if began:
                yield block
            else:  # what a page begins with is its title
                title, _, rest = block.partition("\n")
                yield from (title, cells.raw(starting.from_page(topic, repository)), rest)
                began = True
    for kind in kinds:
        yield cells.raw(source.script(kind))
