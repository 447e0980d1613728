"""The folder of pages: what is written where, and what is taken away again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from coursekit.classroom import gradefiles
from coursekit.classroom.likeness import Likeness, Work, compare
from coursekit.files import make_folder, write_whole
from coursekit.publish.pages import similar
from coursekit.publish.pages.groups import Unnamed
from coursekit.publish.pages.instructor import instructor_page
from coursekit.publish.pages.learner import learner_page
from coursekit.publish.pages.page import is_ours, page_name
from coursekit.report import Graded


def write(
    folder: Path,
    grades: Sequence[Graded],
    title: str,
    roster: Iterable[str] | None = None,
    work: Work | None = None,
    unnamed: Sequence[Unnamed] = (),
) -> Path:
    """Writes `index.html`, `learners/*.html` and `learners.csv`, and returns the first.

    Pages of learners who are gone go, too. `learners.csv` tells which file is whose, for a mail merge or a script.

    Where the work itself is at hand, `similar.html` shows whose is the same or similar.

    Args:
        folder: where to; made if need be.
        grades: of all learners.
        title: what the instructor's page is called.
        roster: who should have handed in; None if that is not known.
        work: what was answered, by learner and exercise; None if that is not known.
        unnamed: answers that no known mistake explains, in groups, the largest first; for the instructor alone.
    """
    learners = folder / "learners"
    make_folder(learners)
    pages = {learners / page_name(graded.learner): graded for graded in grades}
    for path in learners.glob("*.html"):
        if path not in pages and path.is_file() and is_ours(path):
            path.unlink()
    for path, graded in pages.items():
        write_whole(path, learner_page(graded).encode())
    gradefiles.write_files(folder, {graded.learner: f"learners/{page_name(graded.learner)}" for graded in grades})
    found = None
    if work is not None:
        found = compare(work, grades)
        write_similar(folder, found, work, title)
    index = folder / "index.html"
    write_whole(index, instructor_page(grades, title, roster, found, unnamed).encode())
    return index


def write_similar(folder: Path, found: Likeness, work: Work, title: str) -> Path:
    """Writes `similar.html`: who handed in the same, and the texts of those whose work is similar."""
    path = folder / similar.NAME
    write_whole(path, similar.similar_page(found, work, title).encode())
    return path
