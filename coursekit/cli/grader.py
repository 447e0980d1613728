"""What somebody types who grades: grade, regrade, report, name, export, doctor."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from coursekit.cli import export
from coursekit.errors import CommandError
from coursekit.machine import cores

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from coursekit.classroom.runs import Run
    from coursekit.exercise import Exercise
    from coursekit.jail.walls import Start
    from coursekit.publish.pages.groups import Unnamed
    from coursekit.report import Graded


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
    doctor.set_defaults(run=_doctor)

    export.add_formats(
        commands.add_parser("export", help="write grades, or an assignment, as a course platform reads them")
    )

    report = commands.add_parser("report", help="make web pages of grades: one for you, one for each learner")
    report.add_argument("grades", type=Path, help="the folder that `coursekit grade` wrote")
    report.add_argument("--out", type=Path, help="where to write the pages (default: GRADES/pages)")
    report.add_argument("--roster", type=Path, help="a text file with one learner a line, to see who is missing")
    add_gradebook(report)
    report.set_defaults(run=_report)

    name = commands.add_parser("name", help="say once what a group of answers does that no known mistake explains")
    add_group(name)
    name.add_argument("sentence", help="what to tell whoever wrote it; empty takes the name away")
    name.set_defaults(run=_name)


def add_group(command: argparse.ArgumentParser) -> None:
    """What commands about one group of answers are told."""
    command.add_argument("grades", type=Path, help="the folder that `coursekit grade` wrote")
    command.add_argument("group", help="its id, as `coursekit report` shows it")
    add_gradebook(command)


def add_gradebook(command: argparse.ArgumentParser) -> None:
    """Where the gradebook of a folder of grades is, if it is elsewhere."""
    command.add_argument("--gradebook", metavar="URL", help="database of the grades (default: GRADES/gradebook.sqlite)")


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
    command.add_argument(
        "--trust-submissions",
        action="store_true",
        help="do not confine them: they can read your files and use your network, and forge their grades",
    )


def _grade(arguments: argparse.Namespace) -> int:
    with _first_jail(arguments) as start:
        from coursekit.classroom import runs

        runs.grade(_run(arguments, start), best=arguments.best)
    return 0


def _regrade(arguments: argparse.Namespace) -> int:
    with _first_jail(arguments) as start:
        from coursekit.classroom import runs

        runs.regrade(_run(arguments, start), accept=arguments.accept)
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
    from coursekit.cli import terminal
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
        screen=terminal,
        start=start,
        learners=arguments.learner,
    )


def _doctor(_arguments: argparse.Namespace) -> int:
    from coursekit.classroom import doctor
    from coursekit.cli import terminal

    return doctor.run(terminal.say)


def _exercises(arguments: argparse.Namespace) -> list[Exercise]:
    """The exercises that --topic and --exercise name, in course order."""
    from coursekit.course import syllabus

    named = {syllabus.find_exercise(name)[1].name for name in arguments.exercise}
    named |= {exercise.name for name in arguments.topic for exercise in syllabus.find_topic(name).exercises}
    return [exercise for _, exercise in syllabus.exercises().values() if exercise.name in named]


def _report(arguments: argparse.Namespace) -> int:
    from coursekit.classroom import gradefiles
    from coursekit.cli import terminal
    from coursekit.publish import pages

    folder: Path = arguments.grades.resolve()
    grades = gradefiles.read_reports(folder)
    roster = None if arguments.roster is None else gradefiles.read_names(arguments.roster)
    unnamed = _unnamed(folder, arguments.gradebook, grades)
    index = pages.write(arguments.out or folder / "pages", grades, folder.name, roster, unnamed)
    terminal.say(
        f"{index}, and {len(grades)} pages to hand back in {index.parent / 'learners'} (learners.csv: whose is which)"
    )
    return 0


def _unnamed(folder: Path, url: str | None, grades: Sequence[Graded]) -> list[Unnamed]:
    """The groups of answers that no known mistake explains, as far as these grades are theirs."""
    from coursekit.classroom.groups import forming, naming
    from coursekit.publish.pages.groups import Unnamed

    if url is None and not (folder / "gradebook.sqlite").exists():  # grades that came from elsewhere have pages as well
        return []
    with naming.opened(folder, url) as book:
        accepted, learners = book.accepted(), {graded.learner for graded in grades}
        found = [each for each in forming.find_groups(book) if accepted.get(each.exercise) == each.version]
        holders = {key: learners.intersection(whose) for key, whose in book.holders().items()}
    ids = forming.short_ids(found)
    return [
        Unnamed(ids[group.id], group.exercise, len(whose), group.code, group.shows, group.name)
        for group, whose in forming.largest_first(found, holders)
    ]


def _name(arguments: argparse.Namespace) -> int:
    from coursekit.classroom.groups import forming, naming
    from coursekit.cli import terminal

    with naming.opened(arguments.grades.resolve(), arguments.gradebook) as book:
        group = naming.name(book, arguments.group, arguments.sentence)
        holding = forming.largest_first([group], book.holders())
    number = len(holding[0][1]) if holding else 0
    whose = f"{number} learner{'' if number == 1 else 's'}"
    has = "has its name" if arguments.sentence.strip() else "has no name any more"
    terminal.say(
        f"The group {arguments.group} of {group.exercise} {has}, for all that is graded from now on. What was graded "
        f"before ({whose}) follows: coursekit regrade FOLDER --diff, then --accept."
    )
    return 0
