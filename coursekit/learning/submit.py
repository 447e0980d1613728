"""The one file to hand in: a zip of the lessons that hold answers, without their outputs, and what is to be said of it.

A zip of notebooks is what a grader reads as it reads the notebooks themselves, so both get the same grade. Quick to
import: nothing of a learner's is run.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from coursekit.course import syllabus
from coursekit.course.syllabus import Topic
from coursekit.errors import CommandError
from coursekit.files import write_whole, zip_of
from coursekit.grading.opening import UnreadableError, cells_of, file_bytes
from coursekit.grading.submission import files_that_answer, read_submission
from coursekit.jail.inside.cells import statements
from coursekit.learning import memory
from coursekit.learning.records import NOTHING, SIGNS, Record, State, records
from coursekit.wire import Cell


@dataclass(frozen=True)
class Entry:
    """An exercise of what is handed in.

    Attributes:
        topic: its lesson.
        name: of the exercise.
        files: those that answer it, the one that counts last.
        record: what is remembered of its checks.
    """

    topic: Topic
    name: str
    files: tuple[str, ...]
    record: Record

    @property
    def words(self) -> str:
        """How it stands."""
        if not self.files:
            return "untouched" if self.record.attempts == 0 else "untouched now, though an answer was checked once"
        state = "never checked" if self.record.attempts == 0 else f"checked: {self.record.state}"
        return f"answered in {self.files[-1]}, {state}"


@dataclass(frozen=True)
class Handed:
    """What is handed in.

    Attributes:
        path: the zip.
        size: in bytes.
        entries: its exercises, in course order.
        warnings: what in it, or beside it, will not be graded.
    """

    path: Path
    size: int
    entries: tuple[Entry, ...]
    warnings: tuple[str, ...]

    def __str__(self) -> str:
        lines = [f"{self.path}, {self.size / 1000:.0f} kB, is what to hand in. Its name may be another, with .zip."]
        room = max(len(entry.name) for entry in self.entries) + 2
        for topic in dict.fromkeys(entry.topic for entry in self.entries):
            lines.append(f"{topic.number:02} {topic.title}")
            for entry in self.entries:
                if entry.topic == topic:
                    sign = SIGNS[entry.record.state if entry.files else State.UNTOUCHED]
                    lines.append(f"  {sign:<3}{entry.name:<{room}}{entry.words}")
        answered = sum(bool(entry.files) for entry in self.entries)
        return "\n".join([*lines, f"{answered} of {len(self.entries)} exercises are answered.", *self.warnings])


def submit(lessons: Sequence[Topic], path: Path) -> Handed:
    """Writes the file to hand in.

    Args:
        lessons: which; none for all that have an answer.
        path: where to write it.

    Raises:
        CommandError: there is nothing that could be handed in.
        OSError: it cannot be written.
    """
    warnings: list[str] = []
    chosen = list(lessons) or list(syllabus.TOPICS)
    read = {topic: dict(_read(topic, warnings)) for topic in chosen}
    names = {topic: exercises_of(topic) for topic in chosen}
    if not lessons:
        chosen = [topic for topic in chosen if _answers(_all(read[topic]), names[topic])] or chosen
    files = {
        name: cells
        for topic in chosen
        for name, cells in read[topic].items()
        if name.startswith("notebooks/") or _answers(cells, names[topic])  # of the other kind only what is used
    }
    if not files:
        raise CommandError("\n".join([*warnings, "There is nothing to hand in: no lesson's file can be read."]))
    times = {name: (syllabus.ROOT / name).stat().st_mtime for name in files}
    write_whole(path, zip_of(((name, _without_outputs(name)) for name in files), times=times))
    handed = read_submission(path, "")  # as the grader will
    if handed.problem:
        warnings.append(f"It would not be graded: {handed.problem}")
    found = records(memory.checks())
    entries = tuple(
        Entry(topic, name, files_that_answer(handed.cells, name), found.get(name, NOTHING))
        for topic in chosen
        for name in names[topic]
    )
    warnings += [*_twice(entries), *_broken(handed.cells, entries), *_elsewhere(chosen, names)]
    if not any(entry.files for entry in entries):
        warnings.append("Nothing in it is answered yet.")
    return Handed(path, path.stat().st_size, entries, tuple(warnings))


def exercises_of(topic: Topic) -> list[str]:
    """The names of a lesson's exercises, as its solution has them: no grader is loaded for that."""
    body = ast.parse(topic.solution.read_text(encoding="utf-8")).body
    return [node.name for node in body if isinstance(node, ast.FunctionDef)]


def _read(topic: Topic, warnings: list[str]) -> Iterator[tuple[str, list[Cell]]]:
    """The files of a lesson that can be read, and their cells."""
    for path in (topic.notebook, topic.stub):
        name = path.relative_to(syllabus.ROOT).as_posix()
        try:
            yield name, list(cells_of(name, file_bytes(path)))
        except UnreadableError as error:
            warnings.append(f"Left out, as it cannot be graded: {error}")
        except OSError as error:
            warnings.append(f"{name} is left out: {error.strerror or error}.")


def _all(files: dict[str, list[Cell]]) -> list[Cell]:
    return [cell for cells in files.values() for cell in cells]


def _answers(cells: Sequence[Cell], names: Sequence[str]) -> list[str]:
    return [name for name in names if files_that_answer(cells, name)]


def _without_outputs(name: str) -> bytes:
    """A file without what a notebook has shown: that is large, and not graded."""
    data = (syllabus.ROOT / name).read_bytes()
    if not name.endswith(".ipynb"):
        return data
    notebook = json.loads(data.decode("utf-8-sig"))
    for cell in notebook["cells"]:
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            cell.update(outputs=[], execution_count=None)
    return json.dumps(notebook, ensure_ascii=False, indent=1).encode("utf-8", "replace")


# ---- what will not be graded -------------------------------------------------------------------------------------


def _twice(entries: Sequence[Entry]) -> Iterator[str]:
    for entry in entries:
        if len(entry.files) > 1:
            others = " and ".join(entry.files[:-1])
            yield f"{entry.name} is answered in {others} as well: what you saved last counts, {entry.files[-1]}."


def _broken(cells: Sequence[Cell], entries: Sequence[Entry]) -> Iterator[str]:
    """Answers in which something is no Python: it is passed over, and perhaps the answer with it."""
    for place, text in cells:
        names = [entry.name for entry in entries if files_that_answer([(place, text)], entry.name)]
        if names and (wrong := statements(text)[2]):
            line = getattr(wrong[0], "lineno", None)
            where = f" (line {line})" if line else ""
            yield f"{place} is no Python{where}: {' and '.join(names)} in it may not be graded."


def _elsewhere(chosen: Sequence[Topic], names: dict[Topic, list[str]]) -> Iterator[str]:
    """Answers in files beside the lessons, such as a copy of one: they are not handed in."""
    ours = {path for topic in syllabus.TOPICS for path in (topic.notebook, topic.stub)}
    for folder, ending in (("notebooks", "*.ipynb"), ("exercises", "*.py")):
        for path in sorted((syllabus.ROOT / folder).glob(ending)):
            if path in ours:
                continue
            name = path.relative_to(syllabus.ROOT).as_posix()
            try:
                cells = list(cells_of(name, file_bytes(path)))
            except (UnreadableError, OSError):
                continue
            found = [each for topic in chosen for each in _answers(cells, names[topic])]
            if found:
                yield f"{name} is no lesson of the course, and not in it, though it answers {', '.join(found)}."
