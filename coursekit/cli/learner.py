"""What a learner types: check, watch, hint, solution, list, progress, submit, update, join."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from coursekit.cli import documents, numbers
from coursekit.errors import CommandError, UsageError

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from coursekit.course.syllabus import Topic


def add_commands(commands: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds them."""
    check = commands.add_parser(
        "check",
        help="score one exercise, or all of a file of yours; exits with 0 only when all that is scored is passed",
    )
    check.add_argument(
        "exercise", help="the function's name, such as kl_divergence, or a .py or .ipynb file: all exercises in it"
    )
    check.add_argument("file", nargs="?", help="the file in which it stands (default: the lesson's in exercises/)")
    check.add_argument("--json", action="store_true", help="print the report as JSON")
    check.set_defaults(run=_check)

    watch = commands.add_parser("watch", help="check an exercise each time you save its file, and go on when it passes")
    watch.add_argument(
        "exercise",
        nargs="?",
        default="",
        help="the function's name, or a .py or .ipynb file (default: the exercise that is next)",
    )
    watch.add_argument("file", nargs="?", help="the file in which it stands (default: the lesson's in exercises/)")
    watch.set_defaults(run=_watch)

    hint = commands.add_parser("hint", help="show a hint that is not the answer")
    hint.add_argument("exercise")
    hint.add_argument("step", nargs="?", type=numbers.whole(1), default=1, help="1 is the gentlest (default)")
    hint.set_defaults(run=_hint)

    solution = commands.add_parser("solution", help="show the course's own answer")
    solution.add_argument("exercise")
    solution.set_defaults(run=_solution)

    exercises = commands.add_parser("list", help="list the topics and their exercises")
    exercises.add_argument("--json", action="store_true", help=documents.HELP)
    exercises.set_defaults(run=_list)

    progress = commands.add_parser("progress", help="show how far you have come, and what is next")
    progress.add_argument("--json", action="store_true", help=documents.HELP)
    progress.set_defaults(run=_progress)

    submit = commands.add_parser("submit", help="make the one file to hand in, and say what is in it")
    submit.add_argument(
        "lesson", nargs="*", help="its number, its name or its notebook (default: every lesson with an answer)"
    )
    submit.add_argument("--out", type=Path, default=Path("submission.zip"), help="where (default: submission.zip)")
    submit.set_defaults(run=_submit)

    update = commands.add_parser("update", help="bring the newest course, and keep all that you have written")
    update.add_argument("source", nargs="?", help="a zip or a folder of it (default: what git brings)")
    update.set_defaults(run=_update)

    join = commands.add_parser("join", help="join a workshop: your checks tell its board what came of them")
    join.add_argument("address", nargs="?", default="", help="as it stands on the board, such as http://192.0.2.7:8000")
    join.add_argument("code", nargs="?", default="", help="as it stands on the board")
    join.add_argument("--name", default="", help="what the board calls you (default: a number)")
    join.add_argument("--share-code", action="store_true", help="post your answers as well")
    join.add_argument("--leave", action="store_true", help="leave the workshop; nothing more is posted")
    join.set_defaults(run=_join)


def _check(arguments: argparse.Namespace) -> int:
    from coursekit.learning.joined import posting

    try:
        return _checked(arguments)
    finally:  # what it found has been said by now
        sys.stdout.flush()
        posting.leave_behind()


def _checked(arguments: argparse.Namespace) -> int:
    from coursekit.cli.screens import terminal
    from coursekit.learning import learn
    from coursekit.learning.feedback import Feedback
    from coursekit.report import Outcome

    name, path = _name_and_file(arguments.exercise, arguments.file)
    if path is not None and not name:
        whole = learn.check_whole_file(path)
        if arguments.json:
            documents.show({"file": str(path), "reports": [report.to_json() for report in whole.reports]})
        else:
            terminal.feedback(repr(whole))
        return 0 if whole.is_passed else 1
    report, steps = learn.check_file(name, path)
    if arguments.json:
        print(json.dumps(report.to_json(), indent=1))
    else:
        terminal.feedback(str(Feedback(report, steps)))
    return 0 if report.outcome is Outcome.PASSED else 1


def _watch(arguments: argparse.Namespace) -> int:
    from coursekit.cli.screens import watch
    from coursekit.learning.watching.beginning import beginning

    return watch.watch(*beginning(*_name_and_file(arguments.exercise, arguments.file)))


def _name_and_file(first: str, second: str | None) -> tuple[str, Path | None]:
    """The exercise and the file that were typed, in whichever order; no name where there is a file alone."""
    if not _is_file(first):
        return first, None if second is None else Path(second)
    if second is not None and _is_file(second):
        raise UsageError(f"{first} and {second} are both files: name one, and perhaps an exercise in it.")
    return second or "", Path(first)


def _is_file(text: str) -> bool:
    """Whether it can only be meant as a file or a folder, and not as an exercise."""
    return Path(text).suffix.lower() in (".py", ".ipynb", ".zip") or "/" in text or os.sep in text


def _hint(arguments: argparse.Namespace) -> int:
    from coursekit.cli.screens import terminal
    from coursekit.course import syllabus
    from coursekit.learning import learn

    _, exercise = syllabus.find_exercise(arguments.exercise)
    if arguments.step > len(exercise.hints):
        raise UsageError(f"{exercise.name} has hints 1 to {len(exercise.hints)}, and none called {arguments.step}.")
    terminal.feedback(str(learn.hint(arguments.exercise, arguments.step, learn.TERMINAL)))
    return 0


def _solution(arguments: argparse.Namespace) -> int:
    from coursekit.course import syllabus
    from coursekit.learning import learn

    syllabus.find_exercise(arguments.exercise)
    print(learn.solution(arguments.exercise))
    return 0


def _list(arguments: argparse.Namespace) -> int:
    from coursekit.course import syllabus
    from coursekit.learning import memory, records

    if arguments.json:
        documents.show(documents.of_topics(syllabus.TOPICS))
        return 0
    found = records.records(memory.checks())
    width = max(28, *(len(name) + 2 for name in syllabus.exercises()))
    for topic in syllabus.TOPICS:
        print(f"{topic.number:02} {topic.title} (notebooks/{topic.notebook.name})")
        for exercise in topic.exercises:
            state = found.get(exercise.name, records.NOTHING).state
            sign, word = (records.SIGNS[state], f", {state}") if state is not records.State.UNTOUCHED else ("", "")
            points = "point" if exercise.maximum == 1 else "points"
            word += ", optional" if syllabus.is_of_keras(exercise.name) else ""
            print(f"  {sign:<3}{exercise.name:<{width}}{exercise.maximum:g} {points}{word}")
    return 0


def _progress(arguments: argparse.Namespace) -> int:
    import shutil

    from coursekit.learning.progress import progress

    if arguments.json:
        documents.show(documents.of_progress(progress()))
    else:
        print(progress().as_text(shutil.get_terminal_size().columns).replace("`", ""))
    return 0


def _submit(arguments: argparse.Namespace) -> int:
    from coursekit.course import syllabus
    from coursekit.learning.submit import submit

    syllabus.insist_on_course("`coursekit submit`")
    if arguments.out.suffix.lower() != ".zip":
        raise UsageError(f"A grader knows the file by its ending: call it {arguments.out.stem or 'submission'}.zip.")
    print(submit([_lesson(word) for word in arguments.lesson], arguments.out))
    return 0


def _lesson(word: str) -> Topic:
    """The lesson that is meant by its number, its name, or a path of its notebook."""
    from coursekit.course import syllabus

    for topic in syllabus.TOPICS:
        if word.isdecimal() and int(word) == topic.number:
            return topic
        if Path(word).name in (topic.notebook.name, topic.notebook.stem, topic.stub.name):
            return topic
    return syllabus.find_topic(word)


def _update(arguments: argparse.Namespace) -> int:
    import subprocess

    from coursekit.course import syllabus

    syllabus.insist_on_course("`coursekit update`")
    source = [arguments.source] if arguments.source else []
    return subprocess.call([sys.executable, str(syllabus.ROOT / "start.py"), "update", *source])


def _join(arguments: argparse.Namespace) -> int:
    from coursekit.learning.joined import joining, membership

    if arguments.leave:
        membership.leave()
        print("You are in no workshop now, and nothing is posted.")
        return 0
    joined = joining.join(arguments.address, arguments.code, arguments.name, share_code=arguments.share_code)
    if joined.member is None:
        raise CommandError(repr(joined).replace("`", ""))
    print(repr(joined).replace("`", "").replace(", or the button", ""))
    return 0
