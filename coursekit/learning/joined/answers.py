"""A learner's last answers, on their own disk: what is shown to the room if they are asked for one, and agree."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from coursekit.files import write_whole
from coursekit.learning.joined import events, membership
from coursekit.text import visible


def keep(exercise: str, holding: str, code: str) -> None:
    """Keeps an answer in place of the one before.

    Args:
        exercise: what it answers.
        holding: the mistake or the group that it shows; of an answer that shows none, nothing is kept.
        code: its source; empty where that is not to be had.

    Raises:
        OSError: that cannot be written.
    """
    path = _path(exercise)
    if path is None:
        return
    path.unlink(missing_ok=True)
    if holding and code:
        path.parent.mkdir(exist_ok=True)
        shown = visible(events.cut("code", code.replace("\r\n", "\n")), keep="\n\t")
        write_whole(path, json.dumps({"holding": holding, "code": events.cut("code", shown)}).encode())


def read(exercise: str, holding: str) -> str:
    """The last answer to an exercise, if it still shows this mistake; empty where it does not, or was not kept."""
    path = _path(exercise)
    with suppress(OSError, ValueError):
        found = json.loads(path.read_bytes()) if path else None
        if isinstance(found, dict) and found.get("holding") == holding and isinstance(found.get("code"), str):
            return str(found["code"])
    return ""


def _path(exercise: str) -> Path | None:
    """Where it is kept. The name may come from the network, and leads nowhere else."""
    place = membership.folder()
    return place / "answers" / f"{exercise}.json" if place is not None and exercise.isidentifier() else None
