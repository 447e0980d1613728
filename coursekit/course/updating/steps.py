"""Puts the new files in the place of the old ones, so that an update may be killed at any moment and finished later.

First everything is made ready beside the course, with a copy of every file that will change, and a plan is written.
Only then are files exchanged, each at once. Whoever finds a plan goes on with it: what is done already is not done
again. A file that has been saved since the plan was made stays, and a new plan is made for it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from coursekit.course.updating.bringing import KEPT, WORKSHOP, new_course
from coursekit.errors import CommandError
from coursekit.files import write_whole

_LATER = 2_000_000_000  # nanoseconds: a zip counts in so many, and JupyterLab overlooks half a second


@dataclass(frozen=True)
class Step:
    """A file that is exchanged, or taken away.

    Attributes:
        name: of the file, as seen from the course's folder.
        was: the hash of what it held; empty where it was not there.
        now: the hash of what it is to hold; empty where it is to be gone.
    """

    name: str
    was: str
    now: str


@dataclass(frozen=True)
class Plan:
    """What an update does.

    Attributes:
        steps: in their order.
        kept: the folder that holds the old files; empty where there are none.
        told: what its learner is told when all is done.
    """

    steps: tuple[Step, ...]
    kept: str
    told: tuple[str, ...]


def hash_of(path: Path) -> str:
    """What tells a file's content from any other; empty where there is no file."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except (FileNotFoundError, NotADirectoryError):
        return ""


def prepare(
    root: Path,
    writes: Mapping[str, bytes | Path],
    removes: Iterable[str],
    told: tuple[str, ...],
    aside: Mapping[str, str],
) -> Plan:
    """Makes everything ready, and writes the plan.

    Args:
        root: the course's folder.
        writes: by name what a file is to hold, or where that stands; in the order in which they are exchanged.
        removes: what is to be gone.
        told: what the learner is told in the end, but for where the copies are.
        aside: by name what else is put with the copies; nothing where it is empty.

    Raises:
        CommandError: a file cannot be exchanged; the course is as it was.
        OSError: the disk does not take it; the course is as it was.
    """
    workshop = root / WORKSHOP
    ready, copies = workshop / "ready", workshop / KEPT
    for folder in (ready, copies):
        shutil.rmtree(folder, ignore_errors=True)
    steps: list[Step] = []
    for name, content in writes.items():
        _insist_on_room(root, name)
        target = ready / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            shutil.copy2(content, target)
        else:
            target.write_bytes(content)
            _as_old(root / name, new_course(root) / name, target)
        steps.append(Step(name, hash_of(root / name), hash_of(target)))
    steps += [Step(name, hash_of(root / name), "") for name in removes]
    for step in steps:
        if step.was:
            _insist_on_writable(root, step.name)
            _copy(root / step.name, copies / step.name)
    kept = _new_name(root / KEPT) if any(step.was for step in steps) else ""
    for name, text in aside.items() if kept else ():
        if text:
            (copies / name).write_text(text, encoding="utf-8", errors="replace")
    plan = Plan(tuple(steps), kept, (*told, f"Your files as they were, and all this: {KEPT}/{kept}/") if kept else told)
    write_whole(workshop / "plan.json", json.dumps(asdict(plan)).encode())
    return plan


def planned(root: Path) -> Plan | None:
    """The plan of an update that was begun; None where there is none."""
    path = root / WORKSHOP / "plan.json"
    if not path.exists():
        return None
    told = json.loads(path.read_text(encoding="utf-8"))
    return Plan(tuple(Step(**step) for step in told["steps"]), told["kept"], tuple(told["told"]))


def carry_out(root: Path, plan: Plan) -> list[str]:
    """Exchanges the files; returns the names of those that somebody has changed since, and that stay as they are.

    Raises:
        CommandError: a file cannot be exchanged; what is done is done, and the rest can be done later.
    """
    workshop = root / WORKSHOP
    copies, kept = workshop / KEPT, root / KEPT / plan.kept
    if plan.kept and copies.exists():
        kept.parent.mkdir(exist_ok=True)
        copies.rename(kept)
    changed = []
    for step in plan.steps:
        target, ready = root / step.name, workshop / "ready" / step.name
        now = hash_of(target)
        if now == step.now:
            continue
        if now != step.was:
            changed.append(step.name)
            continue
        try:
            if step.now:
                _make_room(root, target, kept)
                ready.replace(target)
            else:
                target.unlink()
                _without_empty_folders(root, target.parent)
        except OSError as error:
            raise CommandError(
                f"{step.name} cannot be exchanged ({error.strerror or error}): close what has it open, or make it "
                f"writable, and type `python3 start.py update` again, which goes on from here. Nothing is lost: your "
                f"files as they were are in {KEPT}/{plan.kept}/"
            ) from None
    return changed


def clear_away(root: Path) -> None:
    """Ends an update: from here on nothing of it is to be finished."""
    done = root / f"{WORKSHOP}-done"
    shutil.rmtree(done, ignore_errors=True)
    if (root / WORKSHOP).exists():
        (root / WORKSHOP).rename(done)
        shutil.rmtree(done, ignore_errors=True)


def _insist_on_room(root: Path, name: str) -> None:
    """A new file needs a folder that can be written, and nothing of another kind in its way."""
    folder = next(each for each in (root / name).parents if each.exists())
    if not folder.is_dir():
        raise CommandError(
            f"{folder.relative_to(root).as_posix()} is a file, and the new course has a folder of that name: rename "
            "yours, and type it again. Nothing was changed."
        )
    if not os.access(folder, os.W_OK):
        raise CommandError(f"{folder} cannot be written: make it writable, and type it again. Nothing was changed.")


def _insist_on_writable(root: Path, name: str) -> None:
    path = root / name
    if not os.access(path.parent, os.W_OK):
        raise CommandError(
            f"{path.parent} cannot be written: make it writable, and type it again. Nothing was changed."
        )


def _copy(path: Path, copy: Path) -> None:
    """A second name for the file as it is, which takes no room; a copy, where the disk knows no second names."""
    copy.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path, copy)
    except (OSError, AttributeError):
        shutil.copy2(path, copy)


def _as_old(old: Path, new: Path, ready: Path) -> None:
    """Gives a merged file the rights of the new course's, and nearly the time at which the learner last saved it.

    So what was saved later still is (`coursekit submit` goes by that), and JupyterLab, which has the old one open
    perhaps, sees that it is another, and asks before it writes over it.
    """
    with suppress(OSError):
        shutil.copymode(new, ready)
        time = (old if old.exists() else new).stat().st_mtime_ns + _LATER
        os.utime(ready, ns=(time, time))


def _make_room(root: Path, target: Path, kept: Path) -> None:
    """Makes the folders of a file; a folder of its name, as of a module that was a package once, is put aside."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_dir() and not target.is_symlink():
        aside = kept / "folders" / target.relative_to(root)
        aside.parent.mkdir(parents=True, exist_ok=True)
        target.rename(aside)


def _without_empty_folders(root: Path, folder: Path) -> None:
    """Takes away the folders that a removed file has left empty, and what Python had compiled there."""
    while folder != root and {path.name for path in folder.iterdir()} <= {"__pycache__"}:
        shutil.rmtree(folder)
        folder = folder.parent


def _new_name(folder: Path) -> str:
    """A name for now that nothing in the folder has."""
    name = now = f"{datetime.now():%Y-%m-%d_%H%M%S}"  # the learner's own time
    number = 1
    while (folder / name).exists():
        number += 1
        name = f"{now}_{number}"
    return name
