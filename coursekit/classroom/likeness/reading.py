"""The answers in a folder of submissions, and who is told of the same ones while it is graded."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from coursekit.classroom import folder as folders
from coursekit.classroom.likeness.answers import Answer, answers, digest_of, functions_of
from coursekit.course import syllabus
from coursekit.grading.submission import Submission
from coursekit.text import some, visible


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


def noting(
    submissions: Iterable[Submission], exercises: Collection[str], handed_in: dict[str, bytes]
) -> Iterator[Submission]:
    """Passes submissions on as they are read, and notes for each learner what tells whose answers are the same."""
    for submission in submissions:
        handed_in[submission.learner] = digest_of(answers(submission.cells, exercises))
        yield submission


def same_work(handed_in: Mapping[str, bytes], command: str) -> Iterator[str]:
    """Sentences on who handed in the same answers: the three largest groups, and the command that lists all."""
    groups: dict[bytes, list[str]] = {}
    for learner, found in handed_in.items():
        if found:
            groups.setdefault(found, []).append(learner)
    several = sorted((learners for learners in groups.values() if len(learners) > 1), key=len, reverse=True)
    for learners in several[:3]:
        yield f"{len(learners)} learners handed in the same work: {some(list(map(visible, learners)))}."
    if several:
        more = f"{len(several) - 3} more groups: " if several[3:] else ""
        yield f"{more}`{command}` lists them, and work that is similar."
