"""What somebody types who grades: grade, regrade, report, name, similar, export, doctor."""

from __future__ import annotations

import argparse
import os
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from coursekit.cli import documents, export, numbers
from coursekit.errors import CommandError, UsageError
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
    grade = commands.add_parser("grade", help="grade a folder of submissions, one per learner")
    _add_grading(grade)
    grade.add_argument("--best", action="store_true", help="show each learner's best work, not what came last")
    grade.set_defaults(run=_grade, commands=commands.choices)

    regrade = commands.add_parser("regrade", help="see what changed checks do to grades, before they do")
    _add_grading(regrade)
    regrade.add_argument("--diff", action="store_true", help="only show whose points differ, and why (default)")
    regrade.add_argument("--accept", action="store_true", help="show it, then let the new grades stand")
    regrade.set_defaults(run=_regrade, commands=commands.choices)

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
    add_gradebook(report)
    report.set_defaults(run=_report)

    similar = commands.add_parser("similar", help="show whose work is the same or similar; it proves nothing")
    similar.add_argument("folder", type=Path, help="holds a .py, .ipynb, .zip or folder for each learner")
    similar.add_argument("--out", type=Path, help="folder of the grades (default: FOLDER-grades)")
    similar.set_defaults(run=_similar)

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
    command.add_argument(
        "--workers", type=numbers.whole(1, 1024), default=cores(), help="jails side by side (default: one a core)"
    )
    command.add_argument(
        "--seconds", type=numbers.seconds(numbers.DAY), default=10.0, help="limit for one exercise of one learner"
    )
    command.add_argument(
        "--total",
        type=numbers.seconds(7 * numbers.DAY),
        default=600.0,
        help="limit in seconds for all exercises of one learner together",
    )
    command.add_argument(
        "--memory", type=numbers.whole(1, 1 << 20), default=512, help="limit in MB, above what torch itself takes"
    )
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


_OWN = {"folder", "run", "commands", "best", "diff", "accept"}  # what is not handed on to the next command


def _grade(arguments: argparse.Namespace) -> int:
    with _first_jails(arguments) as start:
        from coursekit.classroom import gradefiles, runs

        run = _run(arguments, start)
        runs.grade(run, best=arguments.best)
    if arguments.json:
        documents.show(documents.of_grades(gradefiles.read_reports(run.out)))
    return 0


def _regrade(arguments: argparse.Namespace) -> int:
    with _first_jails(arguments) as start:
        from coursekit.classroom import runs

        different = runs.regrade(_run(arguments, start), accept=arguments.accept)
    if arguments.json:
        documents.show(documents.of_changes(different, accepted=arguments.accept))
    return 0


@contextmanager
def _first_jails(arguments: argparse.Namespace) -> Iterator[Start | None]:
    """Starts what submissions are forked from, so that it imports torch while we do, on another core."""
    from coursekit.jail.terms import JailError
    from coursekit.jail.walls import Start

    if arguments.dask:
        yield None
        return
    try:
        start = Start("zygote", confined=not arguments.trust_submissions, count=_jails(arguments))
    except JailError:  # the run comes to that as well, and says it in its turn
        yield None
        return
    with start:
        yield start


def _jails(arguments: argparse.Namespace) -> int:
    """As many as are asked for, and no more than there can be submissions."""
    folder: Path = arguments.folder
    there = 1
    with suppress(OSError):
        there = len([*folder.iterdir()])
    return max(1, min(int(arguments.workers), there))


def _run(arguments: argparse.Namespace, start: Start | None) -> Run:
    """What the arguments of a command that grades ask for."""
    from coursekit.classroom.runs import Run
    from coursekit.cli.screens import quiet, terminal
    from coursekit.jail.terms import Limits

    folder: Path = arguments.folder.resolve()
    if arguments.out is None and not folder.name:
        raise UsageError(f"Name a folder for the grades with --out: there is nothing beside {folder}.")
    out: Path = arguments.out or folder.with_name(f"{folder.name}-grades")
    _insist_on_another_place(arguments.folder, out, "--out")
    out = out.resolve()
    book = arguments.gradebook or f"sqlite:///{out / 'gradebook.sqlite'}"
    if book.startswith("sqlite:///"):
        _insist_on_another_place(arguments.folder, Path(book.removeprefix("sqlite:///")), "--gradebook")
    return Run(
        folder=folder,
        out=out,
        gradebook=book,
        exercises=_exercises(arguments),
        limits=Limits(seconds=arguments.seconds, memory=arguments.memory << 20, total=arguments.total),
        confined=not arguments.trust_submissions,
        workers=arguments.workers,
        scheduler=arguments.dask,
        screen=quiet if arguments.json else terminal,
        start=start,
        command=lambda verb, *more: _command(arguments, verb, *more),
        learners=arguments.learner,
    )


def _insist_on_another_place(folder: Path, path: Path, option: str) -> None:
    """Grades among the submissions would be learners at the next run, and for those who hand in to read."""
    for spelt in (os.path.abspath, os.path.realpath):  # as they are typed, and where links lead
        place, around = Path(spelt(path)), Path(spelt(folder))
        if place == around or around in place.parents:
            raise UsageError(
                f"{path} lies in {folder}, among the submissions: name a place outside of it for the grades ({option})."
            )


def _command(arguments: argparse.Namespace, verb: str, *more: str) -> str:
    """What to type next: another command with whatever this one was given that it knows, quoted for the shell."""
    target = arguments.commands[verb]
    defaults = vars(target.parse_args(["."]))
    words = [target.prog, str(arguments.folder.resolve())]
    for name, value in vars(arguments).items():
        if name == "learner" and "--accept" in more:  # changed checks are accepted for everybody
            continue
        if name in _OWN or name not in defaults or value in (None, defaults[name]):
            continue
        for each in value if isinstance(value, list) else [value]:
            text = str(each.resolve() if isinstance(each, Path) else each)
            option = f"--{name.replace('_', '-')}"
            words += [option] if each is True else [f"{option}={text}"] if text.startswith("-") else [option, text]
    return shlex.join([*words[0].split(), *words[1:], *more])


def _doctor(arguments: argparse.Namespace) -> int:
    from coursekit.classroom import doctor
    from coursekit.cli.screens import quiet, terminal

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
    from coursekit.cli.screens import terminal
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
    unnamed = _unnamed(folder, arguments.gradebook, grades)
    index = pages.write(arguments.out or folder / "pages", grades, folder.name, roster, work, unnamed)
    terminal.say(
        f"{index}, and {len(grades)} pages to hand back in {index.parent / 'learners'} (learners.csv: whose is which)"
    )
    return 0


def _similar(arguments: argparse.Namespace) -> int:
    from coursekit.classroom import gradefiles, likeness
    from coursekit.classroom.likeness import reading
    from coursekit.cli.screens import terminal
    from coursekit.publish import pages

    folder: Path = arguments.folder.resolve()
    out: Path = (arguments.out or folder.with_name(f"{folder.name}-grades")).resolve()
    work = reading.read(folder)
    if not any(work.values()):
        raise CommandError(f"No submission in {folder} answers an exercise of the course.")
    grades = gradefiles.read_reports(out) if arguments.out or (out / "reports").is_dir() else []
    found = likeness.compare(work, grades)
    terminal.likeness(found)
    gradefiles.make_private(out)
    (out / "pages").mkdir(exist_ok=True)
    path = pages.write_similar(out / "pages", found, work, folder.name)
    terminal.say(f"{path} shows the texts side by side. Likeness is no proof: look at them, and talk with both.")
    return 0


def _unnamed(folder: Path, url: str | None, grades: Sequence[Graded]) -> list[Unnamed]:
    """The groups of answers that no known mistake explains, as far as these grades are theirs."""
    from coursekit.classroom.gradebook import opened
    from coursekit.classroom.groups import forming
    from coursekit.publish.pages.groups import Unnamed

    if url is None and not (folder / "gradebook.sqlite").exists():  # grades that came from elsewhere have pages as well
        return []
    with opened(folder, url) as book:
        accepted, learners = book.accepted(), {graded.learner for graded in grades}
        found = [each for each in forming.find_groups(book) if accepted.get(each.exercise) == each.version]
        holders = {key: learners.intersection(whose) for key, whose in book.holders().items()}
    ids = forming.short_ids(found)
    return [
        Unnamed(ids[group.id], group.exercise, len(whose), group.code, group.shows, group.name)
        for group, whose in forming.largest_first(found, holders)
    ]


def _name(arguments: argparse.Namespace) -> int:
    from coursekit.classroom.gradebook import opened
    from coursekit.classroom.groups import forming, naming
    from coursekit.cli.screens import terminal

    with opened(arguments.grades.resolve(), arguments.gradebook) as book:
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
