"""What somebody types who marks by hand: mark, marks, attempts."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from coursekit.cli import documents
from coursekit.errors import CommandError

if TYPE_CHECKING:
    from argparse import _SubParsersAction


def add_commands(commands: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds them."""
    mark = commands.add_parser("mark", help="give points or a comment by hand, beside the machine's points")
    _add_folder(mark)
    mark.add_argument("exercise", help="the exercise's name, such as kl_divergence")
    mark.add_argument("--learner", action="append", default=[], metavar="NAME", help="to whom (may be given again)")
    mark.add_argument("--misconception", default="", metavar="NAME", help="to whoever holds it, now or later")
    mark.add_argument("--points", type=float, help="what counts in place of the machine's points")
    mark.add_argument("--comment", help="what the learner is told")
    mark.add_argument("--by", default="", metavar="NAME", help="who gives it (default: your account's name)")
    mark.add_argument("--keep", action="store_true", help="points stand for what is handed in later, too")
    mark.add_argument("--extra", action="store_true", help="points may be more than the exercise has")
    mark.add_argument("--take-back", action="store_true", help="take back what was given")
    mark.set_defaults(run=_mark)

    marks = commands.add_parser("marks", help="list what was given by hand, to whom, by whom and when")
    _add_folder(marks)
    marks.add_argument("--json", action="store_true", help=documents.HELP)
    marks.set_defaults(run=_marks)

    attempts = commands.add_parser("attempts", help="list what learners have handed in over time, and show it")
    _add_folder(attempts)
    attempts.add_argument("learner", nargs="?", default="", help="only this learner's")
    attempts.add_argument("--show", type=int, metavar="N", help="print the learner's attempt N as it was handed in")
    attempts.add_argument("--out", type=Path, metavar="FOLDER", help="write what was handed in, a file an attempt")
    attempts.add_argument("--json", action="store_true", help=documents.HELP)
    attempts.set_defaults(run=_attempts)


def _add_folder(command: argparse.ArgumentParser) -> None:
    command.add_argument("grades", type=Path, help="the folder that `coursekit grade` wrote")
    command.add_argument(
        "--gradebook", metavar="URL", default="", help="of all grades (default: GRADES/gradebook.sqlite)"
    )


def _mark(arguments: argparse.Namespace) -> int:
    from coursekit.classroom import marking
    from coursekit.classroom.gradebook import opened
    from coursekit.cli.screens import terminal

    wish = marking.Wish(
        exercise=arguments.exercise,
        learners=arguments.learner,
        misconception=arguments.misconception,
        points=arguments.points,
        comment=arguments.comment,
        by=arguments.by or _account(),
        keep=arguments.keep,
        extra=arguments.extra,
        take_back=arguments.take_back,
    )
    with opened(arguments.grades, arguments.gradebook) as book:
        for sentence in marking.mark(arguments.grades, book, wish):
            terminal.say(sentence)
    return 0


def _account() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):  # an account without a name
        return ""


def _marks(arguments: argparse.Namespace) -> int:
    from coursekit.classroom import marking
    from coursekit.classroom.gradebook import opened
    from coursekit.cli.screens import terminal

    with opened(arguments.grades, arguments.gradebook) as book:
        found = marking.listed(arguments.grades, book)
    if arguments.json:
        documents.show(documents.of_marks(found))
    elif found:
        terminal.marks_table(found)
    else:
        terminal.say("Nothing was marked by hand yet.")
    return 0


def _attempts(arguments: argparse.Namespace) -> int:
    from coursekit.classroom import marking
    from coursekit.classroom.gradebook import opened
    from coursekit.cli.screens import terminal

    if arguments.show is not None and not arguments.learner:
        raise CommandError("Whose attempt? Name the learner.")
    with opened(arguments.grades, arguments.gradebook) as book:
        found = marking.attempts_of(arguments.grades, book, arguments.learner)
        chosen = [each for each in found if arguments.show in (None, each.number)]
        if arguments.show is not None and not chosen:
            there = f"There {'is 1 attempt' if len(found) == 1 else f'are {len(found)} attempts'} of that learner"
            raise CommandError(f"{there}, and none is number {arguments.show}.")
        if arguments.out:
            paths = marking.write_attempts(arguments.out, chosen, book)
            terminal.say(f"{len(paths)} attempts written into {arguments.out}.", stderr=arguments.json)
        elif arguments.show is not None and not arguments.json:
            terminal.feedback(marking.as_file(chosen[0], book))
            return 0
        texts = {each.number: marking.as_file(each, book) for each in chosen} if arguments.show is not None else {}
    if arguments.json:
        documents.show(documents.of_attempts(chosen, texts))
    elif not found:
        terminal.say("Nothing is kept of what was handed in: grade once more, which costs no time.")
    elif not arguments.out:
        terminal.attempts_table(chosen)
    return 0
