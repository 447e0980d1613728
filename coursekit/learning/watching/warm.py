"""The warm process of `coursekit watch`: torch and the graders are imported once, then every check is one fork.

A check runs in a fork, and not in a thread or here, as a learner's code may do anything: an endless loop is ended by
the next save, a crash costs one check, and whatever the code has changed (torch's defaults, say) is gone with it. Where
there is no fork (Windows) the checks run here, one after the other; the screen ends this process if one never ends,
and begins another.

Run as `python -m coursekit.learning.watching.warm FOLDER`, where FOLDER is to be the working directory. Orders come on
standard input, answers go to standard output, a line of JSON each (see `orders`).
"""

from __future__ import annotations

import gc
import os
import select
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn

from coursekit.exercise import Stopped
from coursekit.jail import ending
from coursekit.jail.inside import confine, memory
from coursekit.jail.terms import Limits
from coursekit.learning.watching import checking, orders
from coursekit.report import Outcome

_FORKS = hasattr(os, "fork")
_LIMITS = Limits(seconds=orders.SECONDS)


@dataclass
class _Child:
    """A check that runs in a fork."""

    asked: checking.Asked
    pid: int
    answer: int  # the descriptor on which it comes
    end: float  # when it is ended, by time.monotonic
    heard: bytes = b""


class Warm:
    """Takes orders and gives answers.

    Args:
        incoming: the descriptor on which orders come.
        outgoing: the one on which answers go.
    """

    def __init__(self, incoming: int, outgoing: int) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._desk = checking.Desk()
        self._child: _Child | None = None
        self._cold: list[str] = []  # exercises whose first check has run in a fork alone
        self._filling: list[object] = []

    def serve(self) -> None:
        """Until the screen closes its end."""
        self._say(self._desk.course())
        heard = b""
        while True:
            if not self._is_order_there():
                self._warm_one()
                continue
            data = os.read(self._incoming, 1 << 16)
            if not data:
                self._end_child()
                return
            *lines, heard = (heard + data).split(b"\n")
            for line in lines:
                self._take(orders.order_of(line))

    def _is_order_there(self) -> bool:
        """Waits for one, and hands on what a fork answers meanwhile; False where there is time to warm up."""
        while _FORKS:
            child = self._child
            wanted = [self._incoming, *([child.answer] if child else [])]
            patience = max(0.0, child.end - time.monotonic()) if child else 0.0 if self._cold else None
            ready, _, _ = select.select(wanted, [], [], patience)
            if self._incoming in ready:
                return True
            if child is None:
                return False
            if child.answer in ready:
                self._hear(child)
            elif time.monotonic() >= child.end:
                self._end_child()
                self._tell(child.asked, self._desk.refusal(child.asked, checking.too_slow()))
        return True

    def _take(self, order: orders.Order) -> None:
        self._end_child()  # what it checks has been saved anew, or nobody looks at it any more
        asked = self._desk.read(order)
        if isinstance(asked, orders.Result):
            self._say(asked)
        elif order.ended:
            late = order.ended == Outcome.TIMEOUT
            self._tell(asked, self._desk.refusal(asked, checking.too_slow() if late else checking.crashed()))
        elif _FORKS:
            self._fork(asked)
        else:
            self._tell(asked, self._desk.check(asked))

    def _fork(self, asked: checking.Asked) -> None:
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(read)
            self._be_child(asked, write)
        os.close(write)
        self._child = _Child(asked, pid, read, time.monotonic() + orders.SECONDS)
        if asked.exercise not in self._desk.warm:
            self._cold = [asked.exercise]

    def _be_child(self, asked: checking.Asked, write: int) -> NoReturn:
        try:
            os.setsid()  # so that whatever the code starts can be ended with it
            confine.die_with_parent()
            os.close(self._incoming)
            os.close(self._outgoing)
            answer = orders.line(self._desk.check(asked))
            with open(write, "wb") as file:
                file.write(answer)
        finally:
            os._exit(0)

    def _hear(self, child: _Child) -> None:
        data = os.read(child.answer, 1 << 20)
        child.heard += data
        if child.heard.endswith(b"\n"):
            self._end_child()
            self._tell(child.asked, child.heard)
        elif not data:
            self._tell(child.asked, self._desk.refusal(child.asked, self._how_it_ended()))

    def _how_it_ended(self) -> Stopped:
        """Of a fork that has closed its end without an answer."""
        child, self._child = self._child, None
        assert child is not None
        os.close(child.answer)
        end = time.monotonic() + 1.0
        while time.monotonic() < end:
            ended, status, usage = os.wait4(child.pid, os.WNOHANG)
            if ended:
                _kill(child.pid)
                return ending.gone(status, usage.ru_utime + usage.ru_stime, _LIMITS)
            time.sleep(0.005)
        _kill(child.pid)
        os.waitpid(child.pid, 0)
        return ending.hung_up()

    def _end_child(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            os.close(child.answer)
            _kill(child.pid)
            os.waitpid(child.pid, 0)

    def _warm_one(self) -> None:
        """Checks the course's own answer here, so that what a first check brings along is there for every fork."""
        self._desk.warm_up(self._cold.pop())
        gc.collect()
        if not self._filling:
            self._filling = memory.settle()
        gc.freeze()  # a fork that collects garbage writes to none of this

    def _tell(self, asked: checking.Asked, verdict: orders.Result | bytes) -> None:
        self._desk.untold.discard(asked.order.file)
        if isinstance(verdict, bytes):
            _write(self._outgoing, verdict)
        else:
            self._say(verdict)

    def _say(self, answer: orders.Result | list[orders.Entry]) -> None:
        _write(self._outgoing, orders.line(answer))


def _write(descriptor: int, line: bytes) -> None:
    """All of it: a pipe may take less at a time."""
    while line:
        line = line[os.write(descriptor, line) :]


def _kill(pid: int) -> None:
    """Ends a fork that has not been waited for, and whatever it has started in its session."""
    for kill in (os.kill, os.killpg):
        with suppress(ProcessLookupError, PermissionError):
            kill(pid, signal.SIGKILL)


def main() -> None:
    """Begins: what a learner's code prints or reads meets neither orders nor answers."""
    import torch

    incoming, outgoing, nothing = os.dup(0), os.dup(1), os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    sys.path[:] = [path for path in sys.path if path != ""]
    os.chdir(sys.argv[1])
    torch.set_num_threads(1)  # a fork hangs in its first large operation if this process ever ran a parallel region
    Warm(incoming, outgoing).serve()


if __name__ == "__main__":
    main()
