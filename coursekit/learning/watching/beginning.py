"""Which file `coursekit watch` begins with, and at which exercise. Quick: torch need not be there."""

from __future__ import annotations

from pathlib import Path

from coursekit.course import syllabus
from coursekit.course.places import places
from coursekit.errors import CommandError
from coursekit.learning import memory, records


def beginning(name: str, path: Path | None) -> tuple[Path, str]:
    """The file to watch, and the exercise; no exercise where the file's own answers tell which is next.

    Args:
        name: the exercise that was asked for; empty where none was.
        path: the file; None where none was named.

    Raises:
        UnknownNameError: there is no such exercise.
        CommandError: the file is none that can be watched, or none is named and this is the installed package.
    """
    if path is None:
        if not syllabus.in_course():
            raise CommandError(
                "Name the file: `coursekit watch FILE`. Without one it watches exercises/ in the course's folder, and "
                "this is the installed package."
            )
        topic, name = _found(name) if name else _next()
        return topic.stub, name
    if name:
        _found(name)
    if path.is_dir():
        raise CommandError(f"{path} is a folder: name one file of it.")
    if path.suffix.lower() not in (".py", ".ipynb"):
        raise CommandError(f"{path} cannot be watched: name a .py or .ipynb file.")
    if not path.is_file():
        raise CommandError(f"There is no file {path}. `coursekit watch` by itself watches the exercise that is next.")
    return path.resolve(), name


def _found(name: str) -> tuple[syllabus.Topic, str]:
    topics = {place.exercise: topic for topic in syllabus.TOPICS for place in places(topic)}
    if not topics:  # there are no notebooks: the checks know, which takes torch
        return syllabus.find_exercise(name)[0], name
    if name not in topics:
        raise syllabus.UnknownNameError("exercise", name, list(topics))
    return topics[name], name


def _next() -> tuple[syllabus.Topic, str]:
    """What progress says comes next; the first exercise where it says nothing."""
    lessons = [lesson for topic in syllabus.TOPICS if (lesson := places(topic))]
    name = records.next_up([[place.exercise for place in lesson] for lesson in lessons], memory.checks())
    every = [place for lesson in lessons for place in lesson]
    found = next((place for place in every if place.exercise == name), next(iter(every), None))
    return (found.topic, found.exercise) if found else (syllabus.TOPICS[0], "")
