"""What somebody types who grades: grade, regrade, report, similar, export, doctor."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from coursekit.cli import documents, export
from coursekit.errors import CommandError
from coursekit.machine import cores

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from coursekit.classroom.runs import Run
    from coursekit.exercise import Exercise
    from coursekit.jail.walls import Start


def add_commands(commands: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds them."""
    grade = commands.add_parser("grade", help="grade a folder of submissions, one a learner")
    _add_grading(grade)
    grade.add_argument("--best", action="store_true", help="show each learner's best work, not what came last")
    grade.set_defaults(run=_grade)

    regrade = commands.add_parser("regrade", help="see what changed checks do to grades, before they do")
    _add_grading(regrade)
    regrade.add_argument("--diff", action="store_true", help="only show whose points differ, and why (default)")
    regrade.add_argument("--accept", action="store_true", help="show it, then let the new grades stand")
    regrade.set_defaults(run=_regrade)

    doctor = commands.add_parser("doctor", help="say whether this machine can grade the work of strangers, and try it")
    doctor.add_argument("--json", action="store_true", help=documents.HELP)
    doctor.set_defaults(run=_doctor)

    export.add_formats(
        commands.add_parser("export", help="write grades, or an assignment, as a course platform reads them")
    )

    report = commands.add_parser("report", help="make web pages of grades: one for you, one for each learner")
    report.add_argument("grades", type=Path, help="the folder that `coursekit grade` wrote")
    report.add_argument("--out", type=Path, help="where to write the pages (default: GRADES/pages)")
    report.add_argument("--roster", type=Path, help="a text file with one learner a line, to see who is missing")
    report.add_argument(
        "--submissions",
        type=Path,
        help="what was graded, to show same and similar work (default: FOLDER, where GRADES is FOLDER-grades)",
    )
    report.set_defaults(run=_report)

    similar = commands.add_parser("similar", help="show whose work is the same or similar; it proves nothing")
    similar.add_argument("folder", type=Path, help="holds a .py, .ipynb, .zip or folder for each learner")
    similar.add_argument("--grades", type=Path, help="the folder that `coursekit grade` wrote (default: FOLDER-grades)")
    similar.set_defaults(run=_similar)


def _add_grading(command: argparse.ArgumentParser) -> None:
    """What all commands that grade can be told."""
    command.add_argument("folder", type=Path, help="holds a .py, .ipynb, .zip or folder for each learner")
    command.add_argument("--exercise", action="append", default=[], help="grade this one (may be given again)")
    command.add_argument("--topic", action="append", default=[], help="grade all of a topic (may be given again)")
    command.add_argument(
        "--learner", action="append", default=[], metavar="NAME", help="only this learner (may be given again)"
    )
    command.add_argument("--out", type=Path, help="folder of the grades, closed to others (default: FOLDER-grades)")
    command.add_argument("--workers", type=int, default=cores(), help="jails side by side (default: one a core)")
    command.add_argument("--seconds", type=float, default=10.0, help="limit for one exercise of one learner")
    command.add_argument(
        "--total", type=float, default=600.0, help="limit in seconds for all exercises of one learner together"
    )
    command.add_argument("--memory", type=int, default=512, help="limit in MB, above what torch itself takes")
    command.add_argument(
        "--gradebook", metavar="URL", help="database of all grades (default: gradebook.sqlite in --out)"
    )
    command.add_argument("--dask", metavar="ADDRESS", default="", help="grade on the cluster of this dask scheduler")
    command.add_argument("--json", action="store_true", help=documents.HELP)
    command.add_argument(
        "--trust-submissions",
        action="store_true",
        help="do not confine them: they can read your files and use your network, and forge their grades",
    )


def _grade(arguments: argparse.Namespace) -> int:
    with _first_jail(arguments) as start:
        from coursekit.classroom import gradefiles, runs

        run = _run(arguments, start)
        runs.grade(run, best=arguments.best)
    if arguments.json:
        documents.show(documents.of_grades(gradefiles.read_reports(run.out)))
    return 0


def _regrade(arguments: argparse.Namespace) -> int:
    with _first_jail(arguments) as start:
        from coursekit.classroom import runs

        different = runs.regrade(_run(arguments, start), accept=arguments.accept)
    if arguments.json:
        documents.show(documents.of_changes(different, accepted=arguments.accept))
    return 0


@contextmanager
def _first_jail(arguments: argparse.Namespace) -> Iterator[Start | None]:
    """Starts the process that submissions are forked from, so that it imports torch while we do, on another core."""
    from coursekit.jail.terms import JailError
    from coursekit.jail.walls import Start

    if arguments.dask:
        yield None
        return
    try:
        start = Start("zygote", confined=not arguments.trust_submissions)
    except JailError:  # the run comes to that as well, and says it in its turn
        yield None
        return
    with start:
        yield start


def _run(arguments: argparse.Namespace, start: Start | None) -> Run:
    """What the arguments of a command that grades ask for."""
    from coursekit.classroom.runs import Run
    from coursekit.cli import quiet, terminal
    from coursekit.jail.terms import Limits

    if arguments.workers < 1 or min(arguments.seconds, arguments.total, arguments.memory) <= 0:
        raise CommandError("--workers, --seconds, --total and --memory need a number above 0.")
    folder: Path = arguments.folder.resolve()
    out: Path = (arguments.out or folder.with_name(f"{folder.name}-grades")).resolve()
    return Run(
        folder=folder,
        out=out,
        gradebook=arguments.gradebook or f"sqlite:///{out / 'gradebook.sqlite'}",
        exercises=_exercises(arguments),
        limits=Limits(seconds=arguments.seconds, memory=arguments.memory << 20, total=arguments.total),
        confined=not arguments.trust_submissions,
        workers=arguments.workers,
        scheduler=arguments.dask,
        screen=quiet if arguments.json else terminal,
        start=start,
        learners=arguments.learner,
    )


def _doctor(arguments: argparse.Namespace) -> int:
    from coursekit.classroom import doctor
    from coursekit.cli import quiet, terminal

    examined = doctor.examine(quiet.say if arguments.json else terminal.say)
    if arguments.json:
        documents.show(documents.of_machine(examined))
    return 0 if examined.can_grade else 1


def _exercises(arguments: argparse.Namespace) -> list[Exercise]:
    """The exercises that --topic and --exercise name, in course order."""
    from coursekit.course import syllabus

    named = {syllabus.find_exercise(name)[1].name for name in arguments.exercise}
    named |= {exercise.name for name in arguments.topic for exercise in syllabus.find_topic(name).exercises}
    return [exercise for _, exercise in syllabus.exercises().values() if exercise.name in named]


def _report(arguments: argparse.Namespace) -> int:
    from coursekit.classroom import gradefiles
    from coursekit.classroom.likeness import reading
    from coursekit.cli import terminal
    from coursekit.publish import pages

    folder: Path = arguments.grades.resolve()
    grades = gradefiles.read_reports(folder)
    roster = None if arguments.roster is None else gradefiles.read_names(arguments.roster)
    handed_in = arguments.submissions or folder.with_name(folder.name.removesuffix("-grades"))
    work = None
    if arguments.submissions or (handed_in != folder and handed_in.is_dir()):
        names = dict.fromkeys(report.exercise for graded in grades for report in graded.reports)
        graded = {each.learner for each in grades}
        work = {who: answers for who, answers in reading.read(handed_in, names).items() if who in graded}
    index = pages.write(arguments.out or folder / "pages", grades, folder.name, roster, work)
    terminal.say(
        f"{index}, and {len(grades)} pages to hand back in {index.parent / 'learners'} (learners.csv: whose is which)"
    )
    return 0


def _similar(arguments: argparse.Namespace) -> int:
    from coursekit.classroom import gradefiles, likeness
    from coursekit.classroom.likeness import reading
    from coursekit.cli import terminal
    from coursekit.publish import pages

    folder: Path = arguments.folder.resolve()
    out: Path = (arguments.grades or folder.with_name(f"{folder.name}-grades")).resolve()
    work = reading.read(folder)
    if not any(work.values()):
        raise CommandError(f"No submission in {folder} answers an exercise of the course.")
    grades = gradefiles.read_reports(out) if arguments.grades or (out / "reports").is_dir() else []
    found = likeness.compare(work, grades)
    terminal.likeness(found)
    gradefiles.make_private(out)
    (out / "pages").mkdir(exist_ok=True)
    path = pages.write_similar(out / "pages", found, work, folder.name)
    terminal.say(f"{path} shows the texts side by side. Likeness is no proof: look at them, and talk with both.")
    return 0
