"""The commands of `coursekit export`, one for each format."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from coursekit.errors import CommandError
from coursekit.files import make_folder, write_first, write_whole

if TYPE_CHECKING:
    from coursekit.report import Graded


def add_formats(export: argparse.ArgumentParser) -> None:
    """Adds a command for each format."""
    formats = export.add_subparsers(title="formats", required=True, metavar="FORMAT")

    def add(name: str, help: str, source: str, default_out: str = "") -> argparse.ArgumentParser:
        parser = formats.add_parser(name, help=help)
        about = {"grades": "the folder that `coursekit grade` wrote", "topic": "a topic's name, such as kl_divergence"}
        parser.add_argument(source, type=Path if source == "grades" else str, help=about[source])
        out_help = f"what to write (default: {default_out})" if default_out else "what to write"
        parser.add_argument("--out", type=Path, required=not default_out, default=default_out or None, help=out_help)
        parser.set_defaults(run=_export, write=globals()[f"_export_{name.replace('-', '_')}"])
        return parser

    parser = add("csv", "the table of grades; with --excel as Excel opens it right in any country", "grades")
    parser.add_argument("--excel", action="store_true", help="as Excel opens it by a double click in any country")
    for name in ("canvas", "moodle"):
        what = "gradebook that Canvas exported" if name == "canvas" else "grading worksheet that Moodle made"
        parser = add(name, f"fill the {what}", "grades")
        parser.add_argument("--roster", type=Path, required=True, help=f"the {what}; it is not changed")
        parser.add_argument("--column", default="", help="the heading of the column to fill, if several may be meant")
        parser.add_argument("--match", default="", metavar="COLUMN", help="the column to find learners by")
    parser.add_argument("--feedback", default="", metavar="COLUMN", help="the heading of the comments (default: found)")
    for name, what in (
        ("moodle-feedback", "Moodle's “Upload multiple feedback files in a zip”"),
        ("canvas-feedback", "Canvas's “Upload Submissions”"),
    ):
        parser = add(name, f"the learners' pages, for {what}", "grades")
        parser.add_argument(
            "--submissions", type=Path, help="the folder that was graded (default: beside GRADES, without -grades)"
        )
    add("junit", "JUnit XML, a test case for each check", "grades")
    parser = add("classroom50", "Classroom 50's result.json, for its autograder.py to call", "grades", "result.json")
    parser.add_argument("--learner", default="", help="whose, where several were graded")
    parser = add("gradescope", "the autograder to upload to Gradescope", "topic", "autograder.zip")
    parser.add_argument(
        "--trust-submissions",
        action="store_true",
        help="grade also where Gradescope's image cannot confine a submission, which could then forge its grade",
    )
    parser.add_argument(
        "--visibility",
        choices=("visible", "after_due_date", "after_published", "hidden"),
        default="visible",
        help="when learners see their results (default: visible)",
    )
    add("nbgrader", "an assignment in the source/ folder of an nbgrader course", "topic")


def _export(arguments: argparse.Namespace) -> int:
    arguments.write(arguments)
    return 0


def _grades(arguments: argparse.Namespace) -> list[Graded]:
    """The grades to export."""
    from coursekit.classroom import gradefiles

    return gradefiles.read_reports(arguments.grades)


def _export_csv(arguments: argparse.Namespace) -> None:
    from coursekit.publish.export import roster, spreadsheet

    grades = _grades(arguments)
    _save(arguments.out, spreadsheet.table(grades, excel=arguments.excel), *roster.not_graded(grades))


def _export_canvas(arguments: argparse.Namespace) -> None:
    from coursekit.publish.export import canvas

    grades, roster = _grades(arguments), arguments.roster.read_bytes()
    merged = canvas.merge(grades, roster, column=arguments.column, by=arguments.match)
    _save_beside(arguments, merged.content, merged.notes)


def _export_moodle(arguments: argparse.Namespace) -> None:
    from coursekit.publish.export import moodle

    merged = moodle.merge(
        _grades(arguments),
        arguments.roster.read_bytes(),
        column=arguments.column,
        feedback=arguments.feedback,
        by=arguments.match,
    )
    _save_beside(arguments, merged.content, merged.notes)


def _export_moodle_feedback(arguments: argparse.Namespace) -> None:
    from coursekit.publish.pages import handback

    packed = handback.for_moodle(_grades(arguments), _downloaded(arguments))
    _save(arguments.out, packed.content, *packed.notes)


def _export_canvas_feedback(arguments: argparse.Namespace) -> None:
    from coursekit.publish.pages import handback

    packed = handback.for_canvas(_grades(arguments), _downloaded(arguments))
    _save(arguments.out, packed.content, *packed.notes)


def _downloaded(arguments: argparse.Namespace) -> dict[str, list[str]]:
    """By learner, what the files are called that were graded."""
    from coursekit.classroom import folder

    grades: Path = arguments.grades.resolve()
    submissions = arguments.submissions
    if submissions is None:
        submissions = grades.with_name(grades.name.removesuffix("-grades"))
        if submissions == grades or not submissions.is_dir():
            raise CommandError("Which folder was graded? Name it with --submissions: its files tell whose is which.")
    return {entry.learner: [each.path.name for each in entry.handed] for entry in folder.entries(submissions)}


def _save_beside(arguments: argparse.Namespace, content: bytes, notes: Sequence[str]) -> None:
    if arguments.out.exists() and arguments.out.samefile(arguments.roster):
        raise CommandError("--out is the roster itself: name another file, so that the roster stays as it was.")
    _save(arguments.out, content, *notes)


def _export_junit(arguments: argparse.Namespace) -> None:
    from coursekit.publish.export import junit, roster

    grades = _grades(arguments)
    _save(arguments.out, junit.document(grades).encode(), *roster.not_graded(grades))


def _export_classroom50(arguments: argparse.Namespace) -> None:
    from coursekit.publish.export import classroom50
    from coursekit.text import clean_name

    grades = _grades(arguments)
    chosen = [graded for graded in grades if arguments.learner in ("", graded.learner)]
    if len(chosen) != 1:
        raise CommandError(
            f"result.json is about one learner, and this would be {len(chosen)}: name one with --learner."
        )
    content = classroom50.result(chosen[0], os.environ, classroom50.commit_date())
    problem = clean_name(chosen[0].problem) if chosen[0].problem else ""
    notes = [f"It could not be read, which Classroom 50 can only show as 0. {problem}"] if problem else []
    _save(arguments.out, json.dumps(content, indent=1).encode(), *notes)


def _export_gradescope(arguments: argparse.Namespace) -> None:
    from coursekit.course import syllabus
    from coursekit.publish.export import gradescope_zip

    topic = syllabus.find_topic(arguments.topic)
    content = gradescope_zip.autograder(
        topic, trust_submissions=arguments.trust_submissions, visibility=arguments.visibility
    )
    _save(arguments.out, content)


def _export_nbgrader(arguments: argparse.Namespace) -> None:
    import secrets

    from coursekit.course import syllabus
    from coursekit.publish.export import nbgrader

    topic = syllabus.find_topic(arguments.topic)
    path: Path = arguments.out / "source" / topic.name / f"{topic.name}.ipynb"
    if path.exists():
        raise CommandError(f"{path} exists; remove it first if the assignment is to be made anew.")
    content = nbgrader.notebook(topic, lambda: 1 + secrets.randbelow(1 << 32)).encode()
    make_folder(path.parent)
    write_first(arguments.out / "nbgrader_config.py", nbgrader.CONFIG.encode())
    _save(path, content, f"Next, in {arguments.out}: nbgrader generate_assignment {topic.name} --create")


def _save(path: Path, content: bytes, *notes: str) -> None:
    """Writes a file, and says so."""
    write_whole(path, content)
    print(*notes, f"{path} written.", sep="\n")
