"""The commands (those of `export` are in `cli_export`); everything heavy is imported by the command that needs it."""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from coursekit.cli import export
from coursekit.errors import CommandError

if TYPE_CHECKING:
    from coursekit.classroom.runs import Run
    from coursekit.exercise import Exercise


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code: 0, or 1 where it could not do what was asked."""
    arguments = _parser().parse_args(argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that lacks a character shows ? in its place
            stream.reconfigure(errors="replace")
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # these tensors are tiny: handing them to threads takes longer
    try:
        code: int = arguments.run(arguments)
    except KeyboardInterrupt as stopped:
        print(f"\n{stopped}" if stopped.args else "\nStopped.", file=sys.stderr)
        return 130
    except (LookupError, OSError, CommandError) as error:
        from coursekit.text import visible

        print(f"coursekit: {visible(_sentence(error), keep=chr(10))}", file=sys.stderr)
        return 1
    return code


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return str(error.args[0]) if error.args else type(error).__name__


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="coursekit",
        description="Score the exercises of the loss-functions course, and keep the course consistent.",
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    check = commands.add_parser("check", help="score one exercise in a file of yours")
    check.add_argument("exercise", help="the function's name, such as kl_divergence")
    check.add_argument("file", nargs="?", type=Path, help="a .py or .ipynb file (default: the topic's in exercises/)")
    check.add_argument("--json", action="store_true", help="print the report as JSON")
    check.set_defaults(run=_check)

    hint = commands.add_parser("hint", help="show a hint that is not the answer")
    hint.add_argument("exercise")
    hint.add_argument("step", nargs="?", type=int, default=1, help="1 is the gentlest (default)")
    hint.set_defaults(run=_hint)

    solution = commands.add_parser("solution", help="show the course's own answer")
    solution.add_argument("exercise")
    solution.set_defaults(run=_solution)

    exercises = commands.add_parser("list", help="list the topics and their exercises")
    exercises.set_defaults(run=_list)

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
    report.set_defaults(run=_report)

    verify = commands.add_parser("verify", help="prove that the course is consistent")
    verify.add_argument("--seeds", type=int, default=20, help="on how many hidden seeds (default: 20)")
    verify.add_argument("--topic", action="append", default=[], help="only this topic (may be given again)")
    verify.set_defaults(run=_verify)

    refresh = commands.add_parser("refresh", help="make stubs anew and execute the notebooks (for authors)")
    refresh.add_argument("topic", nargs="*", help="only these topics")
    refresh.set_defaults(run=_refresh)
    return parser


def _add_grading(command: argparse.ArgumentParser) -> None:
    """What all commands that grade can be told."""
    command.add_argument("folder", type=Path, help="holds a .py, .ipynb, .zip or folder for each learner")
    command.add_argument("--exercise", action="append", default=[], help="grade this one (may be given again)")
    command.add_argument("--topic", action="append", default=[], help="grade all of a topic (may be given again)")
    command.add_argument("--out", type=Path, help="where to write grades.csv and reports/ (default: FOLDER-grades)")
    command.add_argument("--workers", type=int, default=_cores(), help="jails side by side (default: one a core)")
    command.add_argument("--seconds", type=float, default=10.0, help="limit for one exercise of one learner")
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


def command_names() -> list[str]:
    """The names of all commands."""
    groups = _parser()._subparsers
    assert groups is not None
    return [name for action in groups._group_actions for name in action.choices or ()]


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _check(arguments: argparse.Namespace) -> int:
    from coursekit.cli import terminal
    from coursekit.learning import feedback, learn

    report, steps = learn.check_file(arguments.exercise, arguments.file)
    if arguments.json:
        print(json.dumps(report.to_json(), indent=1))
    else:
        terminal.feedback(str(feedback.Feedback(report, steps)))
    return 0


def _hint(arguments: argparse.Namespace) -> int:
    from coursekit.cli import terminal
    from coursekit.course import syllabus
    from coursekit.learning import learn

    syllabus.find_exercise(arguments.exercise)
    terminal.feedback(str(learn.hint(arguments.exercise, arguments.step, learn.TERMINAL)))
    return 0


def _solution(arguments: argparse.Namespace) -> int:
    from coursekit.course import syllabus
    from coursekit.learning import learn

    syllabus.find_exercise(arguments.exercise)
    print(learn.solution(arguments.exercise))
    return 0


def _list(_arguments: argparse.Namespace) -> int:
    from coursekit.course import syllabus

    for topic in syllabus.TOPICS:
        print(f"{topic.number:02} {topic.title} (notebooks/{topic.notebook.name})")
        for exercise in topic.exercises:
            print(f"     {exercise.name:<28}{exercise.maximum:g} points")
    return 0


def _grade(arguments: argparse.Namespace) -> int:
    from coursekit.classroom import runs

    runs.grade(_run(arguments), best=arguments.best)
    return 0


def _regrade(arguments: argparse.Namespace) -> int:
    from coursekit.classroom import runs

    runs.regrade(_run(arguments), accept=arguments.accept)
    return 0


def _run(arguments: argparse.Namespace) -> Run:
    """What the arguments of a command that grades ask for."""
    from coursekit.classroom.runs import Run
    from coursekit.jail.terms import Limits

    if arguments.workers < 1 or arguments.seconds <= 0 or arguments.memory <= 0:
        raise CommandError("--workers, --seconds and --memory need a number above 0.")
    folder: Path = arguments.folder.resolve()
    out: Path = (arguments.out or folder.with_name(f"{folder.name}-grades")).resolve()
    return Run(
        folder=folder,
        out=out,
        gradebook=arguments.gradebook or f"sqlite:///{out / 'gradebook.sqlite'}",
        exercises=_exercises(arguments),
        limits=Limits(seconds=arguments.seconds, memory=arguments.memory << 20),
        confined=not arguments.trust_submissions,
        workers=arguments.workers,
        scheduler=arguments.dask,
    )


def _doctor(_arguments: argparse.Namespace) -> int:
    from coursekit.classroom import doctor

    return doctor.run()


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
    index = pages.write(arguments.out or folder / "pages", grades, folder.name, roster)
    terminal.say(f"{index}, and {len(grades)} pages to hand back in {index.parent / 'learners'}")
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    from coursekit.authoring import verify
    from coursekit.course import syllabus

    topics = [syllabus.find_topic(name) for name in arguments.topic] or list(syllabus.TOPICS)
    return verify.run(topics, arguments.seeds)


def _refresh(arguments: argparse.Namespace) -> int:
    from coursekit.course import notebooks, stubs, syllabus

    for topic in [syllabus.find_topic(name) for name in arguments.topic] or syllabus.TOPICS:
        topic.stub.write_text(stubs.stub_module(topic), encoding="utf-8")
        print(f"exercises/{topic.stub.name} written; executing notebooks/{topic.notebook.name} …", flush=True)
        notebook = notebooks.with_stubs(topic)
        notebooks.execute(notebook, topic)
        notebooks.freeze(notebook)
        notebooks.write(notebook, topic)
    return 0


if __name__ == "__main__":
    sys.exit(main())
