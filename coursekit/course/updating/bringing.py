"""Where the new course comes from: git, a zip or a folder. It lands beside the old one, which is not touched."""

from __future__ import annotations

import json
import re
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from coursekit.course.updating import shipped
from coursekit.course.updating.git import Clone, clone_at
from coursekit.course.updating.shipped import LIST, listed
from coursekit.errors import CommandError
from coursekit.files import unzip

WORKSHOP = ".update"  # in the course's folder; gone when the update is done
KEPT = "kept"  # the folder of copies, in the course's folder
_HERE = Path(__file__).parent
# What is no part of a course that somebody has downloaded, or opened already
_NOT_SHIPPED = (".git", ".venv", WORKSHOP, KEPT, "progress.jsonl", "__pycache__", ".ipynb_checkpoints", "*.sqlite*")


@dataclass(frozen=True)
class Brought:
    """What was brought.

    Attributes:
        commit: where git has brought it.
        said: sentences on where it came from.
    """

    commit: str = ""
    said: tuple[str, ...] = ()


def new_course(root: Path) -> Path:
    """Where the new course is, once all of it is there."""
    return root / WORKSHOP / "new"


def brought(root: Path) -> Brought:
    """What was brought into the course's folder."""
    told = json.loads((root / WORKSHOP / "brought.json").read_text(encoding="utf-8"))
    return Brought(told["commit"], tuple(told["said"]))


def bring(root: Path, source: Path | None, is_broken: bool) -> str:
    """Brings the new course, whole or not at all; returns a sentence where there is nothing new.

    Args:
        root: the course's folder.
        source: a zip or a folder; None for what git brings.
        is_broken: whether a file of the learner's stands in conflict, which is mended though nothing is new.

    Raises:
        CommandError: it cannot be brought, and what to do. The old course is as it was.
        OSError: the disk does not take it.
    """
    workshop = root / WORKSHOP
    shutil.rmtree(workshop, ignore_errors=True)  # begun by an update that did not get so far
    try:
        return _bring(root, workshop, source, is_broken)
    except (CommandError, OSError):
        shutil.rmtree(workshop, ignore_errors=True)
        raise


def _bring(root: Path, workshop: Path, source: Path | None, is_broken: bool) -> str:
    partial = workshop / "part"
    partial.mkdir(parents=True)
    found = Brought()
    if source is None:
        clone = _clone(root)
        commit, said = clone.fetch()
        if clone.is_newest(commit) and not is_broken:
            shutil.rmtree(workshop)
            return clone.nothing_new()
        clone.export(commit, partial)
        found = Brought(commit, tuple(said))
        course = _insist_on_course(partial, "What git has brought")
    elif source.is_dir():
        _insist_on_course(source, str(source))
        shutil.copytree(source, partial, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*_NOT_SHIPPED))
        course = _insist_on_course(partial, str(source))
    else:
        _unpack(source, partial)
        course = _insist_on_course(_inner(partial), str(source))
    _insist_on_fresh(course, source)
    _insist_on_newer(root, course, source)
    (workshop / "brought.json").write_text(json.dumps(asdict(found)), encoding="utf-8")
    course.rename(new_course(root))
    return ""


def _clone(root: Path) -> Clone:
    clone = clone_at(root)
    if clone is None:
        raise CommandError(
            "This course is no clone that git could bring up to date. Download the newest course as a zip file, and "
            "type: python3 start.py update THAT-FILE.zip"
        )
    return clone


def _unpack(source: Path, folder: Path) -> None:
    if not source.exists():
        raise CommandError(f"There is no {source}: give the zip file, or the folder, of the newest course.")
    try:
        unzip(source, folder)
    except ValueError as error:
        raise CommandError(
            f"{source} is no zip file that can be opened ({error}): download it again. Nothing was changed."
        ) from None


def _inner(folder: Path) -> Path:
    """The course in an unpacked zip: the folder itself, or the only one in it."""
    inner = [path for path in folder.iterdir() if path.name != "__MACOSX"]
    return inner[0] if len(inner) == 1 and inner[0].is_dir() else folder


def _insist_on_course(course: Path, called: str) -> Path:
    if not (course / "start.py").is_file() or not (course / "notebooks").is_dir():
        raise CommandError(
            f"{called} is not the course: start.py and notebooks/ do not stand in it. Nothing was changed."
        )
    if not (course / LIST).is_file():
        raise CommandError(
            f"{called} is a course from before there were updates, so yours is newer. Nothing was changed."
        )
    needed = re.search(r'requires-python *= *">=(\d+)\.(\d+)', (course / "pyproject.toml").read_text(encoding="utf-8"))
    if needed and sys.version_info < (int(needed[1]), int(needed[2])):
        raise CommandError(
            f"The new course needs Python {needed[1]}.{needed[2]} or newer, and this is "
            f"{sys.version_info[0]}.{sys.version_info[1]}: install one, and type it again with that. "
            "Nothing was changed."
        )
    return course


def _insist_on_newer(root: Path, course: Path, source: Path | None) -> None:
    """A zip may be an old one: then it lacks texts that the course here has shipped (see `shipped`)."""
    here, there = listed(root), listed(course)
    if source is not None and here and there and not here.pairs <= there.pairs:
        raise CommandError(f"{source} is older than the course here: download the newest. Nothing was changed.")


def _insist_on_fresh(course: Path, source: Path | None) -> None:
    """Somebody may have worked in a folder: what they wrote must not become the course."""
    for name in shipped.names_in(course) if source is not None else ():
        if any(line.partition(" ")[0] != name for line in shipped.missing(course, [name])):
            raise CommandError(
                f"Somebody has written into {name} of {source}, so it is no fresh course: download it again. Nothing "
                "was changed."
            )
