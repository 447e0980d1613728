"""Brings a course up to date: the old course's code brings the new one, and the new one's carries the work over.

For only the new one knows its lessons, and how they came about. The old one's part is small: it fetches or unpacks.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from coursekit.course.updating import planning, telling
from coursekit.course.updating.bringing import WORKSHOP, bring, brought, new_course
from coursekit.course.updating.git import clone_at
from coursekit.course.updating.steps import Plan, carry_out, clear_away, planned, prepare
from coursekit.errors import CommandError

_CARRY = "--carry"
_NEXT = (
    "Go on: python3 start.py. A lesson that is open in JupyterLab is still the old one there: File, Reload Notebook "
    "from Disk, and do not save it before."
)
_ROUNDS = 5  # so often somebody may save a file in the moment in which it is exchanged


def main(arguments: list[str]) -> int:
    """Updates a course, and says what was done, or in a sentence what stood in the way."""
    try:
        if arguments[0] == _CARRY:
            carry_over(Path(arguments[1]))
            return 0
        return update(Path(arguments[0]), Path(arguments[1]) if len(arguments) > 1 else None)
    except CommandError as error:
        print(f"update: {error}", file=sys.stderr)
    except OSError as error:
        print(f"update: {_about(error)} Type it again: it goes on, and nothing is lost.", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nupdate: stopped. Type it again: it goes on, and nothing is lost.", file=sys.stderr)
    return 1


def update(root: Path, source: Path | None) -> int:
    """Brings the new course beside the old one, and lets it do the rest.

    Raises:
        CommandError: it cannot be brought; nothing was changed.
        OSError: the disk does not take it; nothing was changed.
    """
    with _alone(root):
        return _update(root, source)


def _update(root: Path, source: Path | None) -> int:
    if new_course(root).exists():
        print("An update was cut short here: it is finished first.", flush=True)
    else:
        if not (root / WORKSHOP).exists():  # what was left by one that was killed after all was done
            clear_away(root)
        print("Bringing the new course …", flush=True)
        nothing = bring(root, source, planning.is_broken(root))
        if nothing:
            print(nothing)
            return 0
    command = [sys.executable, "-B", "-m", "coursekit.course.updating", _CARRY, str(root)]
    return subprocess.call(command, cwd=new_course(root))


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Keeps a second update of the same course out, as far as the system can."""
    try:
        import fcntl  # Windows has none
    except ImportError:
        yield
        return
    folder = os.open(root, os.O_RDONLY)
    try:
        with suppress(PermissionError, NotImplementedError):
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)  # ends with the process, however that ends
        yield
    except BlockingIOError:
        raise CommandError("Another update of this course is under way: wait until it is done.") from None
    finally:
        os.close(folder)


def carry_over(root: Path) -> None:
    """Carries the learner's work over to the new course, which is brought, and puts that in place.

    Raises:
        CommandError: something stands in the way; typed again, it goes on.
        OSError: the disk does not take it; likewise.
    """
    found = brought(root)
    clone = clone_at(root) if found.commit else None
    told: list[str] = []
    done = planned(root) or _prepared(root, found.commit, found.said)
    for _ in range(_ROUNDS):
        told += done.told
        if not carry_out(root, done):
            break
        (root / WORKSHOP / "plan.json").unlink()
        done = _prepared(root, found.commit, ())
    else:
        raise CommandError("Files of the course are saved again and again: close JupyterLab, and type it again.")
    if clone is not None and (joined := clone.settle(found.commit)):
        told.append(joined)
    print("\n".join([*(told or ["Nothing had to be changed."]), _NEXT]))
    clear_away(root)


def _prepared(root: Path, commit: str, said: tuple[str, ...]) -> Plan:
    """Plans the update, and makes it ready."""
    clone = clone_at(root) if commit else None
    wanted = planning.plan(root, new_course(root), clone, commit)
    told = (*said, *telling.sentences(wanted))
    aside = {telling.REMOVED: telling.removed_answers(wanted), telling.REPORT: telling.report(wanted)}
    return prepare(root, wanted.writes, wanted.removes, told, aside)


def _about(error: OSError) -> str:
    what = error.strerror or str(error)
    return f"{what}: {error.filename}." if error.filename else f"{what}."
