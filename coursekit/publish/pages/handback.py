"""Learners' pages as a zip that a course platform takes, each page under the name that its learner has there."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from coursekit.classroom import gradefiles
from coursekit.errors import ExportError
from coursekit.files import zip_of
from coursekit.publish.pages.learner import learner_page
from coursekit.report import Graded
from coursekit.text import clean_name

# Ann Lee_4321_assignsubmission_file, and what a learner's own file is called behind it. In names of people Moodle
# writes spaces for underscores, so the first number counts.
_MOODLE = re.compile(r"(?P<name>.*?)_(?P<participant>[0-9]+)_assignsubmission_(?P<plugin>[a-z]+)", re.DOTALL)


@dataclass(frozen=True)
class Zip:
    """The zip, and what an instructor should know of it, one sentence each."""

    content: bytes
    notes: tuple[str, ...]


def for_moodle(grades: Sequence[Graded]) -> Zip:
    """What Moodle's action “Upload multiple feedback files in a zip” takes: a file for each participant.

    Moodle reads a name as NAME_NUMBER_assignsubmission_PLUGIN_FILE and goes by the number
    (`is_valid_filename_for_import` in mod/assign/feedback/file/importziplib.php). It takes folders as well, but their
    names have changed with its versions; these names are the same in all. A page that was uploaded before is replaced.

    Args:
        grades: of learners whose files or folders are called as Moodle called them when they were downloaded.

    Raises:
        ExportError: nobody is called so.
    """
    return _pack(grades, _at_moodle, "NAME_4321_assignsubmission_file", "Moodle's “Download all submissions”")


def for_canvas(grades: Sequence[Graded]) -> Zip:
    """What Canvas's “Upload Submissions” takes: for each file that was downloaded one of the same name.

    Canvas splits a name at its underscores and takes the first two numbers for the student and for the file that was
    handed in. It passes over a name whose last part begins with “link” (`infer_comment_context_from_filename` in
    app/models/assignment.rb of canvas-lms, in newer versions in abstract_assignment.rb).

    Args:
        grades: of learners whose files are called as Canvas called them when they were downloaded.

    Raises:
        ExportError: nobody is called so.
    """
    packed = _pack(grades, _at_canvas, "NAME_4321_98765_FILE", "Canvas's “Download Submissions”")
    return Zip(packed.content, (*packed.notes, "Canvas shows each page under the name of the file that was handed in."))


def _at_moodle(learner: str) -> tuple[str, str]:
    found = _MOODLE.match(learner)
    if not found:
        return "", ""
    name = gradefiles.file_name(found["name"]).replace("_", " ")
    return found["participant"], f"{name}_{found['participant']}_assignsubmission_{found['plugin']}_feedback.html"


def _at_canvas(learner: str) -> tuple[str, str]:
    parts = "".join(char if char.isprintable() and char not in "/\\" else "-" for char in learner).split("_")
    parts[0] = parts[0].lstrip(".")  # of a hidden file Canvas takes no notice
    numbers = [part for part in parts if re.fullmatch("[0-9]+", part)]
    if len(numbers) < 2:
        return "", ""
    if parts[-1].startswith("link") or parts[-1] in numbers:  # “98765.html” would be no number any more
        parts.append("feedback")
    return "_".join(numbers[:2]), "_".join(parts) + ".html"


def _pack(grades: Sequence[Graded], place: Callable[[str], tuple[str, str]], form: str, download: str) -> Zip:
    """The zip of all pages that have a place: `place` gives what a platform knows a learner by, and the file's name."""
    if not grades:
        raise ExportError("There are no grades to export.")
    files: dict[str, list[tuple[str, Graded]]] = defaultdict(list)
    strangers = []
    for graded in grades:
        handed_in = [re.sub(r"\.(py|ipynb|zip)$", "", file, flags=re.IGNORECASE) for file in reversed(graded.files)]
        places = [place(each) for each in (*handed_in, graded.learner)]
        known_by, name = next((each for each in places if each[0]), ("", ""))
        if known_by:
            files[known_by].append((name, graded))
        else:
            strangers.append(graded.learner)
    if not files:
        raise ExportError(
            f"No learner is called as in {download} ({form}), and only so does it find them again. "
            f"Ours are called like “{clean_name(grades[0].learner)}”: grade the download as it is, not renamed."
        )
    twins = [sorted(graded.learner for _, graded in same) for same in files.values() if len(same) > 1]
    single = [same[0] for same in files.values() if len(same) == 1]
    waiting = [graded.learner for _, graded in single if not graded.is_final]
    packed = [(name, learner_page(graded).encode()) for name, graded in single if graded.is_final]
    notes = [f"{len(packed)} of {len(grades)} learners have their page in it."]
    if strangers:
        notes.append(f"Not called as in {download} ({len(strangers)}, left out): {_listed(strangers)}.")
    notes += [f"One person to the platform, so which page is theirs? Left out: {_listed(same)}." for same in twins]
    if waiting:
        notes.append(
            f"Not graded to the end, as the machine was too busy ({len(waiting)}, left out): {_listed(waiting)}."
        )
    return Zip(zip_of(packed), tuple(notes))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(clean_name, names))
