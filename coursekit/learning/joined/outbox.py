"""What is still to be posted: a file for each event, so that several notebooks and terminals may add and send at once.

An event has its id from the beginning. It is sent until the server has said that it is kept, by whoever comes to it,
perhaps twice; the server keeps it once.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from coursekit.files import write_whole
from coursekit.learning.joined import events, membership
from coursekit.learning.joined.events import Event

_AT_ONCE = 15  # events in one post: as long as they may be, they fit into a body
_DONE, _SOON = float("inf"), 0.0
_AWAY = 3.0  # seconds until a server that does not answer is tried again


def put(event: Event) -> None:
    """Adds an event.

    Raises:
        OSError: that cannot be written.
    """
    place = membership.folder()
    if place is not None:
        (place / "outbox").mkdir(exist_ok=True)
        uid = secrets.token_hex(16)
        content = json.dumps({"id": uid, **events.to_body(event)}).encode()
        write_whole(place / "outbox" / f"{time.time_ns():020}-{uid}.json", content)


def waiting() -> list[Path]:
    """The files of what is not sent yet, the oldest first."""
    place = membership.folder()
    return sorted((place / "outbox").glob("*.json")) if place is not None else []


def send(seconds: float = 10.0) -> float:
    """Sends the next few.

    Args:
        seconds: how long to wait for the server, at most, at each step.

    Returns:
        When to send again, in seconds: 0 if there is more, infinity if there is not.
    """
    from coursekit.learning.joined import http  # here: to import it takes as long as a check, and few are in a workshop

    member = membership.read()
    files = waiting()[:_AT_ONCE] if member else []
    posted = {path: body for path in files if (body := _read(path))}
    if member is None or not posted:
        return _DONE
    try:
        status, answer, wait = http.ask(
            member.address, "/api/events", {"events": list(posted.values())}, member.token, seconds
        )
    except OSError:
        return _AWAY
    if status in (401, 410) and "error" in answer:  # it is over, or was deleted
        membership.leave()
        return _DONE
    if status == 200:
        settled = {*_texts(answer.get("kept")), *_texts(answer.get("refused"))}
    elif status in (400, 413, 415):  # of another version, which will not understand it later either
        settled = {body["id"] for body in posted.values()}
    else:
        return max(wait, _AWAY)
    for path, body in posted.items():
        if body["id"] in settled:
            path.unlink(missing_ok=True)
    return _SOON if settled else _AWAY


def _read(path: Path) -> dict[str, Any] | None:
    """The event in a file; a file that holds none is thrown away."""
    try:
        body = json.loads(path.read_bytes())
        if isinstance(body, dict) and isinstance(body.get("id"), str):
            return body
        path.unlink(missing_ok=True)
    except ValueError:
        path.unlink(missing_ok=True)
    except OSError:  # another sender was faster
        pass
    return None


def _texts(found: object) -> Sequence[str]:
    return [each for each in found if isinstance(each, str)] if isinstance(found, list | dict) else []
