"""Where the room is: what a check of an exercise that is not open yet says. It stops nobody."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from pathlib import Path

from coursekit.course import syllabus
from coursekit.files import write_whole
from coursekit.learning.joined import membership

_LASTS = 4 * 3600  # seconds: whatever a notebook has heard before that, the room is elsewhere by now


def keep(exercise: str) -> None:
    """Notes which exercise the room is at, for all notebooks and terminals of the course; empty where none is open."""
    path = _path()
    if path is not None and path.parent.exists():
        with suppress(OSError):
            write_whole(path, json.dumps({"exercise": exercise}).encode())


def said(exercise: str) -> str:
    """A line for whoever is ahead of the room, the same for all exercises; empty for all others, and in no workshop."""
    path = _path()
    if path is None or membership.read() is None:
        return ""
    try:
        now = json.loads(path.read_bytes())["exercise"] if time.time() - path.stat().st_mtime < _LASTS else ""
    except (OSError, ValueError, LookupError, TypeError):
        return ""
    order = list(syllabus.names())
    if now not in order or exercise not in order or order.index(exercise) <= order.index(now):
        return ""
    return f"The room is at `{now}`. What comes after it is not open yet: you are ahead, and may go on."


def _path() -> Path | None:
    place = membership.folder()
    return place / "open.json" if place is not None else None
