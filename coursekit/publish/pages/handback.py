"""Learners' pages as a zip that a course platform takes, each page under the name that its learner has there.

That name is told by the files that were downloaded, and by nothing else: `student_12` of another platform is nobody's
participant 12.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from coursekit.classroom import gradefiles, layouts
from coursekit.classroom.layouts import Claim
from coursekit.errors import ExportError
from coursekit.files import zip_of
from coursekit.publish.pages.learner import learner_page
from coursekit.report import Graded
from coursekit.text import clean_name

_PLUGIN = re.compile(r"_assignsubmission_([a-z]+)")

Names = Mapping[str, Sequence[str]]  # by learner, what the files and folders are called that were downloaded of them


@dataclass(frozen=True)
class Zip:
    """The zip, and what an instructor should know of it, one sentence each."""

    content: bytes
    notes: tuple[str, ...]


def for_moodle(grades: Sequence[Graded], names: Names) -> Zip:
    """What Moodle's action “Upload multiple feedback files in a zip” takes: a file for each participant.

    Moodle reads a name as NAME_NUMBER_assignsubmission_PLUGIN_FILE and goes by the number
    (`is_valid_filename_for_import` in mod/assign/feedback/file/importziplib.php). It takes folders as well, but their
    names have changed with its versions; these names are the same in all. A page that was uploaded before is replaced.

    Raises:
        ExportError: nobody's work was downloaded from Moodle.
    """
    return _pack(grades, names, _at_moodle, "Moodle's “Download all submissions”")


def for_canvas(grades: Sequence[Graded], names: Names) -> Zip:
    """What Canvas's “Upload Submissions” takes: a file of the name that the learner's newest one was downloaded by.

    Canvas splits a name at its underscores and takes the first two numbers for the student and for the file that was
    handed in. It passes over a name whose last part begins with “link” (`infer_comment_context_from_filename` in
    app/models/assignment.rb of canvas-lms, in newer versions in abstract_assignment.rb).

    Raises:
        ExportError: nobody's work was downloaded from Canvas.
    """
    packed = _pack(grades, names, _at_canvas, "Canvas's “Download Submissions”")
    return Zip(packed.content, (*packed.notes, "Canvas shows each page under the name of the file that was handed in."))


def _at_moodle(name: str, claim: Claim) -> str:
    plugin = _PLUGIN.search(name)
    if claim.platform != "Moodle" or not claim.key[0] or plugin is None:  # who is in no group has no number
        return ""
    who = gradefiles.file_name(claim.learner.rpartition("_")[0]).replace("_", " ")
    return f"{who}_{claim.key[0]}_assignsubmission_{plugin[1]}_feedback.html"


def _at_canvas(name: str, claim: Claim) -> str:
    if claim.platform != "Canvas" or not claim.number or not claim.key[0].isdecimal():  # typed into a box, or nameless
        return ""
    stem = name.rpartition(".")[0] or name
    parts = "".join(char if char.isprintable() and char not in "/\\" else "-" for char in stem).split("_")
    parts[0] = parts[0].lstrip(".")  # of a hidden file Canvas takes no notice
    if parts[-1].startswith("link") or parts[-1].isdecimal():  # “98765.html” would be no number any more
        parts.append("feedback")
    return "_".join(parts) + ".html"


def _pack(grades: Sequence[Graded], names: Names, place: Callable[[str, Claim], str], download: str) -> Zip:
    """The zip of all pages that have a place: what `place` calls the page of whoever's file has that name."""
    if not grades:
        raise ExportError("There are no grades to export.")
    claims = layouts.claims([name for all_names in names.values() for name in all_names])
    pages: dict[str, Graded] = {}
    strangers, waiting = [], []
    for graded in grades:
        theirs = sorted((name for name in names.get(graded.learner, ()) if name in claims), key=_upload(claims))
        called = [found for name in reversed(theirs) if (found := place(name, claims[name]))]
        if not called or called[0] in pages:
            strangers.append(graded.learner)
        elif graded.is_final:
            pages[called[0]] = graded
        else:
            waiting.append(graded.learner)
    if not pages and not waiting:
        raise ExportError(
            f"Nobody's work lies there as {download} names it, and by no other name can it be handed back. Name the "
            "folder that was graded with --submissions, its files called as they were downloaded."
        )
    notes = [f"{len(pages)} of {len(grades)} learners have their page in it."]
    if strangers:
        notes.append(f"Without a file from {download} ({len(strangers)}, left out): {_listed(strangers)}.")
    if waiting:
        notes.append(
            f"Not graded to the end, as the machine was too busy ({len(waiting)}, left out): {_listed(waiting)}."
        )
    return Zip(zip_of((name, learner_page(graded).encode()) for name, graded in pages.items()), tuple(notes))


def _upload(claims: Mapping[str, Claim]) -> Callable[[str], int]:
    return lambda name: claims[name].number


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(clean_name, names))
