"""What a check, a prediction, an answer to the room does in a workshop: it is queued, and sent by somebody else.

A thread of a notebook or of `coursekit watch` sends; a command in a terminal, which ends at once, leaves it to a
process of its own (`leave_behind`). Neither is waited for, so no network and no server can hold up a check; and nothing
that goes wrong here is an error of the check.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache

from coursekit.learning import memory
from coursekit.learning.joined import answers, events, membership, outbox
from coursekit.learning.joined.events import Event
from coursekit.report import Outcome, Report

_PATIENCE = 60.0  # seconds for which the process that a command leaves behind tries; what is left then is sent later
_SLOWEST = 30.0  # seconds between two attempts to reach a server that is away


def post_check(report: Report, where: str, code: Callable[[], str] = str) -> None:
    """Posts what came of a check, in the workshop that this learner is in; does nothing if there is none.

    Args:
        report: what came of it; it has been remembered.
        where: in a notebook, a terminal or watch.
        code: gives the answer's source. It stays on this disk, unless the learner shares it.
    """
    member = membership.read()
    if member is not None:
        attempt = 0 if report.outcome is Outcome.UNATTEMPTED else max(1, memory.attempts(report.exercise))
        source = ""
        with suppress(Exception):  # the source is not to be had, as of a lambda that was evaluated, or of odd wrappers
            source = code()
        check = events.of_report(report, attempt, source if member.shares_code else "")
        with suppress(OSError):
            answers.keep(report.exercise, check.mistake or check.group, source)
        post(check, where)


def post(event: Event, where: str = "notebook") -> None:
    """Posts an event, in the workshop that this learner is in."""
    if membership.read() is None:
        return
    with suppress(OSError):
        outbox.put(event)
        if where != "terminal":
            start_sending()


def start_sending() -> None:
    """Sends what is waiting, from now on whenever there is something."""
    _sender().wake.set()


@cache
def _sender() -> _Sender:
    sender = _Sender()
    sender.start()
    return sender


class _Sender(threading.Thread):
    def __init__(self) -> None:
        super().__init__(name="coursekit workshop", daemon=True)
        self.wake = threading.Event()

    def run(self) -> None:
        while True:
            self.wake.wait()
            self.wake.clear()
            _send_all(float("inf"))


def _send_all(patience: float) -> None:
    """Sends all that is waiting, for so many seconds where the server is away."""
    until, slower = time.monotonic() + patience, 1.0
    while (again := outbox.send()) != float("inf"):
        slower = 1.0 if again == 0 else min(slower * 1.5, _SLOWEST)
        if time.monotonic() + again > until:
            return
        time.sleep(min(again * slower, _SLOWEST))


def leave_behind() -> None:
    """Lets a process of its own send what is waiting; for a command that has said all and is about to end."""
    if membership.read() is None or not outbox.waiting():
        return
    nothing = subprocess.DEVNULL
    program = [sys.executable, "-m", __name__]
    with suppress(OSError):
        process = subprocess.Popen(program, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True)
        process.returncode = 0  # nobody waits for it


if __name__ == "__main__":
    _send_all(_PATIENCE)
