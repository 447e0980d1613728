"""The process behind a child: how it begins, what its judge and the zygote tell each other of it, and how it ends."""

from __future__ import annotations

import itertools
import json
import os
import select
import socket
import time
from typing import Any

from coursekit.exercise import Stopped
from coursekit.jail import ending
from coursekit.jail.ending import Clock
from coursekit.jail.terms import Limits

_ZYGOTE = 2.0  # seconds: it answers in thousandths of one


class ZygoteGone(Exception):
    """The zygote ended while a child of its was asked: the machine's problem, or a way out that we do not know."""


class Process:
    """One fork of the zygote, from begin to end.

    Args:
        control: the way to the zygote.
        limits: what it may use.
        clock: the time of its submission.
    """

    _numbers = itertools.count(1)

    def __init__(self, control: socket.socket, limits: Limits, clock: Clock) -> None:
        self._number = next(self._numbers)  # so that an order to kill it, come too late, does not hit the next one
        self._control = control
        self._limits = limits
        self._clock = clock
        self._conversation, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._conversation.setblocking(False)
        self._outgoing = bytearray()  # what it has not taken yet
        self._output, self._their_output = os.pipe()
        self._printed = 0
        self._heard = b""  # of the zygote
        self._waited: float | None = None  # seconds, for a processor, when the zygote last said it
        self._gone: tuple[int, float] | None = None  # wait status, CPU seconds
        self._stopped: Stopped | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more can be asked of it."""
        return self._stopped is not None or self._gone is not None

    def start(self, **order: Any) -> None:
        """Has it forked.

        Args:
            order: what the zygote is told besides the limits.
        """
        limits = {"cpu": int(self._limits.seconds) + 1, "memory": self._limits.memory}
        fds = [self._theirs.fileno(), self._their_output]
        try:
            socket.send_fds(self._control, [line({"run": self._number, **limits, **order})], fds)
        except OSError:
            self._gone = (-1, 0.0)
        finally:
            self._theirs.close()
            os.close(self._their_output)

    def end(self) -> bool:
        """Hangs up, makes sure that the child is gone, and says whether the zygote is still well."""
        self._conversation.close()
        try:
            if not self._ends_within(0.2):  # a child that only waits for questions leaves at once
                self._kill()
                self._ends_within(2)
        except (OSError, ValueError):  # the second: who closes the jail meanwhile closes its control socket
            pass
        os.close(self._output)
        self._clock.waited += self._waited or 0.0
        return self._gone is not None and self._gone[0] >= 0

    def _ends_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self._gone is None and time.monotonic() < deadline:
            self._wait(deadline)
        return self._gone is not None

    def _say(self, said: bytes) -> None:
        self._outgoing += said
        self._flush()

    def _flush(self) -> None:
        try:
            del self._outgoing[: self._conversation.send(self._outgoing)]
        except BlockingIOError:
            pass
        except OSError:  # the child is gone; what it left unread says why
            self._outgoing.clear()

    def _wait(self, deadline: float, *others: socket.socket) -> list[socket.socket | int]:
        """Waits for something to read; keeps the child's printing from filling its pipe meanwhile."""
        sources: list[socket.socket | int] = list(others)
        if self._gone is None:
            sources.append(self._control)
        if self._printed >= 0:
            sources.append(self._output)
        talking = [self._conversation] if self._outgoing and others else []
        ready, able, _ = select.select(sources, talking, [], max(0.0, min(deadline - time.monotonic(), 0.5)))
        if able:
            self._flush()
        if self._output in ready:
            self._drain()
        if self._control in ready:
            self._hear()
        return ready

    def _drain(self) -> None:
        data = os.read(self._output, 1 << 16)
        self._printed = self._printed + len(data) if data else -1
        if self._printed > self._limits.output and self._stopped is None:
            self._kill()
            self._stopped = ending.printed(self._limits)

    def _hear(self) -> None:
        try:
            message = self._control.recv(1 << 12)
        except OSError:
            message = b""
        if not message:
            self._gone = (-1, 0.0)  # the zygote itself is gone
            return
        *lines, self._heard = (self._heard + message).split(b"\n")
        for said in map(json.loads, lines):
            self._waited = said["waited"]
            if "status" in said:
                self._gone = (said["status"], said["cpu"])

    def _ask_waited(self) -> float:
        """How many seconds the child has waited for a processor until now, by the zygote, which alone can look."""
        self._waited = None
        self._order({"waited": self._number})
        deadline = time.monotonic() + _ZYGOTE
        while self._waited is None and self._gone is None and time.monotonic() < deadline:
            self._wait(deadline)
        return self._waited or 0.0

    def _kill(self) -> None:
        self._order({"kill": self._number})

    def _order(self, order: dict[str, object]) -> None:
        try:
            self._control.send(line(order))
        except OSError:
            self._gone = (-1, 0.0)  # the zygote is gone, and with it what could end the child

    def _why_gone(self) -> Stopped:
        if self._stopped is not None:
            return self._stopped
        hung_up = not self._ends_within(0.5)
        if hung_up:  # it closed the conversation and lives on
            self._kill()
            self._ends_within(2)
        if self._gone is None or self._gone[0] < 0:
            raise ZygoteGone
        return ending.hung_up() if hung_up else ending.gone(*self._gone, self._limits)


def line(order: dict[str, object]) -> bytes:
    """An order to the zygote."""
    return json.dumps(order).encode() + b"\n"
