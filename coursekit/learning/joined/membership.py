"""Which workshop a learner is in: a small file in the course's folder, which its owner alone can read."""

from __future__ import annotations

import json
import os
import shutil
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from coursekit.course import syllabus
from coursekit.files import make_folder, write_whole
from coursekit.learning import memory

VARIABLE = "COURSEKIT_WORKSHOP"  # a folder to keep it in, or "off"
_LASTS = 72 * 3600  # seconds: a workshop that was never ended is left by itself


@dataclass(frozen=True)
class Membership:
    """A learner's place in a workshop.

    Attributes:
        address: of its server.
        code: by which it was joined.
        token: by which the server knows this learner. Whoever has it can post in their name.
        title: what the workshop is called.
        called: what the learner is called there.
        shares_code: whether answers are posted as well.
        since: when it was joined, in seconds since 1970.
    """

    address: str
    code: str
    token: str
    title: str
    called: str
    shares_code: bool
    since: float


def folder() -> Path | None:
    """Where it is kept, and what is still to be posted; None where nothing is, as on machines that test."""
    named = os.environ.get(VARIABLE, "")
    if named:
        return None if named.lower() == "off" else Path(named)
    if memory.is_tested() and syllabus.in_course():
        return None
    return (syllabus.ROOT if syllabus.in_course() else Path.cwd()) / ".workshop"


def read() -> Membership | None:
    """The workshop that was joined; None if none was, or if that is days ago."""
    place = folder()
    if place is None:
        return None
    try:
        found = Membership(**json.loads((place / "joined.json").read_bytes()))
        return found if 0 <= time.time() - found.since < _LASTS else None
    except (OSError, ValueError, TypeError):  # none, or a file that something has damaged
        return None


def keep(membership: Membership) -> None:
    """Joins it from now on.

    Raises:
        OSError: that cannot be kept.
    """
    place = folder()
    if place is None:
        raise OSError(f"nothing is kept on a machine that tests, unless {VARIABLE} names a folder")
    leave()
    make_folder(place)
    place.chmod(0o700)
    write_whole(place / "joined.json", json.dumps(asdict(membership)).encode())


def leave() -> None:
    """Leaves the workshop: nothing is kept of it, and nothing more is posted."""
    place = folder()
    if place is not None:
        with suppress(OSError):
            (place / "joined.json").unlink(missing_ok=True)
            (place / "open.json").unlink(missing_ok=True)
        for each in ("outbox", "answers"):
            shutil.rmtree(place / each, ignore_errors=True)
