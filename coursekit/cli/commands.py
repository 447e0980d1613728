"""`coursekit` itself: the commands of each audience, and what is said when one cannot do what was asked."""

from __future__ import annotations

import argparse
import gc
import io
import os
import sys
from collections.abc import Sequence

from coursekit import __version__
from coursekit.cli import author, grader, instructor, learner, marker
from coursekit.errors import CommandError, UsageError

_EXIT_CODES = (
    "Exit codes: 0 done (of `check`: all that it checked is passed), 1 not done or not passed, 2 no such command, "
    "option or number, 130 stopped with Ctrl-C."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code: 0, or 1 where it could not do what was asked."""
    arguments = parser().parse_args(argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that lacks a character shows ? in its place
            stream.reconfigure(errors="replace")
    gc.set_threshold(50_000)  # importing torch makes half a million objects that stay: looking for others takes a tenth
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # these tensors are tiny: handing them to threads takes longer
    try:
        code: int = arguments.run(arguments)
    except KeyboardInterrupt as stopped:
        print(f"\n{stopped}" if stopped.args else "\nStopped.", file=sys.stderr)
        return 130
    except (LookupError, OSError, CommandError) as error:
        from coursekit.text import visible

        print(f"coursekit: {visible(_sentence(error), keep=chr(10))}", file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
    return code


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return str(error.args[0]) if error.args else type(error).__name__


def parser() -> argparse.ArgumentParser:
    """All commands."""
    parser = argparse.ArgumentParser(
        prog="coursekit",
        description="Score the exercises of the loss-functions course, grade classes, and keep the course consistent.",
        epilog=_EXIT_CODES,
    )
    parser.add_argument("--version", action="version", version=f"coursekit {__version__}")
    _add_commands(parser)
    return parser


def command_names() -> list[str]:
    """The names of all commands."""
    return list(_add_commands(argparse.ArgumentParser()).choices)


def _add_commands(parser: argparse.ArgumentParser) -> argparse._SubParsersAction[argparse.ArgumentParser]:
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for audience in (learner, instructor, grader, marker, author):
        audience.add_commands(commands)
    return commands
