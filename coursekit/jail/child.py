"""One fork of the zygote, from begin to end: what it is asked, what it says, and what ends it."""

from __future__ import annotations

import itertools
import json
import os
import select
import signal
import socket
import time
from collections import deque
from collections.abc import Mapping, Sequence

from coursekit.exercise import Exercise, Stopped
from coursekit.exercise.failure import NO_END
from coursekit.jail.terms import Limits
from coursekit.report import Outcome
from coursekit.wire import Answer, Cell, Question, frames
from coursekit.wire.frames import ProtocolError
from coursekit.wire.messages import NOT_RUN

# Being woken for each of hundreds of short replies would cost as much as the replies: while many are awaited, some
# gather. A child gives one in some 0.1 ms.
_MANY, _GATHERING = 10, 0.001  # seconds
_NOT_FOUND = "ModuleNotFoundError"
_READING = 0.2  # seconds: what has come until the deadline is read in a few thousandths of one


class ZygoteGone(Exception):
    """The zygote ended while a child of its was asked: the machine's problem, or a way out that we do not know."""


class Child:
    """One fork, from begin to end."""

    _numbers = itertools.count(1)

    def __init__(self, control: socket.socket, limits: Limits) -> None:
        self._number = next(self._numbers)  # so that an order to kill it, come too late, does not hit the next one
        self._control = control
        self._limits = limits
        self._deadline: float  # of the exercise that it was turned to last
        self._noticed = 0.0  # when it was first seen that the deadline is over
        self._conversation, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._conversation.setblocking(False)
        self._outgoing = bytearray()  # what the child has not taken yet
        self._incoming = bytearray()  # what it said, and nobody has read yet
        self._awaited = 0  # questions without a reply
        self._replies: deque[bytes] = deque()  # that were not asked for yet
        self._output, self._their_output = os.pipe()
        self._printed = 0
        self._gone: tuple[int, float] | None = None  # wait status, CPU seconds
        self._stopped: Stopped | None = None
        self.has_run = False  # some of the learner's code for this exercise, as far as the child says
        self.lacks = False  # a module was not there that a child with all that can be imported may have
        self._late = False

    @property
    def is_over(self) -> bool:
        """Whether nothing more can be asked of it."""
        return self._stopped is not None or self._gone is not None

    def begin(
        self, cells: tuple[Cell, ...], forbids: Sequence[str], exercises: Sequence[str], *, late: bool = False
    ) -> None:
        """Orders the fork, under one rule of what is by hand, and sends it the cells.

        Args:
            cells: all of a submission's source.
            forbids: see `Exercise.forbids`.
            exercises: the names of functions that are asked for, here or elsewhere.
            late: whether it has what few need (see the zygote).
        """
        self._late = late
        order = {
            "run": self._number,
            "cpu": int(self._limits.seconds) + 1,
            "memory": self._limits.memory,
            "forbids": forbids,
            "late": late,
        }
        fds = [self._theirs.fileno(), self._their_output]
        try:
            socket.send_fds(self._control, [line(order)], fds)
        except OSError:
            self._gone = (-1, 0.0)
        finally:
            self._theirs.close()
            os.close(self._their_output)
        self._say(frames.pack({"cells": cells, "exercises": exercises}, []))

    def turn_to(self, exercise: Exercise, instead: Mapping[str, str] | None = None) -> None:
        """From here on this exercise is asked, which has a time limit of its own.

        Args:
            exercise: which.
            instead: see `Jail.score`.

        Raises:
            Stopped: the child ended, while it answered what was left over of the exercise before.
        """
        self._deadline = time.monotonic() + self._limits.seconds
        self._noticed = 0.0
        self._replies.clear()
        self.has_run = False
        while self._awaited:
            self._next_reply()
        self._say(frames.pack({"function": exercise.name, "instead": dict(instead or {})}, []))

    def leans_on(self, name: str, others: Sequence[str]) -> tuple[str, ...]:
        """Which of `others` the function `name` depends on. Ask before anything else: then nothing can lie.

        Raises:
            Stopped: the child ended.
        """
        self._deadline = time.monotonic() + self._limits.seconds
        self.send([frames.pack({"leans": name, "others": list(others)}, [])])
        answer = self.read(self.reply(), Question(()))
        said = answer.problem.message.split() if answer.problem else []
        return tuple(other for other in others if other in said)

    def __call__(self, question: Question) -> Answer:
        """Asks one question, after those that were sent before, and waits for the answer."""
        while self._awaited:
            self._replies.append(self._next_reply())
        self.send([frames.encode_question(question)])
        return self.read(self._next_reply(), question)

    def send(self, frames: Sequence[bytes]) -> None:
        """Sends questions ahead; what ends the child meanwhile is told at the first reply that is missing."""
        self._awaited += len(frames)
        self._say(b"".join(frames))

    def reply(self) -> bytes:
        """The next frame that answers what was sent ahead."""
        return self._replies.popleft() if self._replies else self._next_reply()

    def read(self, reply: bytes, question: Question) -> Answer:
        """The answer to `question` that a frame holds."""
        start = frames.LENGTHS.size
        header, _ = frames.LENGTHS.unpack(reply[:start])
        try:
            answer = frames.decode_answer(reply[start : start + header], reply[start + header :], question.wrt)
        except ProtocolError as error:
            self._stopped = _no_answer(error)
            raise self._stopped from None
        self.has_run |= answer.problem is None or answer.problem.kind not in NOT_RUN
        self.lacks |= answer.problem is not None and not self._late and _NOT_FOUND in answer.problem.message
        return answer

    def _next_reply(self) -> bytes:
        if self._stopped is not None:
            raise self._stopped
        if self._gone is not None and self._gone[0] < 0:
            raise ZygoteGone
        try:
            header, body = frames.lengths(self._receive(frames.LENGTHS.size))
            reply = self._receive(frames.LENGTHS.size + header + body)
        except Stopped as stopped:
            self._stopped = stopped
            raise
        except ProtocolError as error:
            self._stopped = _no_answer(error)
            raise self._stopped from None
        del self._incoming[: len(reply)]
        self._awaited -= 1
        return reply

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
        return self._gone is not None and self._gone[0] >= 0

    def _ends_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self._gone is None and time.monotonic() < deadline:
            self._wait(deadline)
        return self._gone is not None

    def _say(self, frames: bytes) -> None:
        self._outgoing += frames
        self._flush()

    def _flush(self) -> None:
        try:
            del self._outgoing[: self._conversation.send(self._outgoing)]
        except BlockingIOError:
            pass
        except OSError:  # the child is gone; what it left unread says why
            self._outgoing.clear()

    def _receive(self, size: int) -> bytes:
        """The next bytes that the child says, which stay in `_incoming`; meanwhile it gets what it is to be told."""
        while len(self._incoming) < size:
            late = self._is_late()
            ready = self._wait(self._deadline, self._conversation)
            if self._stopped is not None:  # it printed too much: what it says before it is gone does not count
                raise self._stopped
            if self._conversation in ready:
                if self._awaited > _MANY and not late:
                    time.sleep(_GATHERING)
                try:
                    chunk = self._conversation.recv(1 << 16)
                except BlockingIOError:
                    continue
                except OSError:
                    chunk = b""
                if not chunk:
                    raise self._why_gone()
                self._incoming += chunk
            elif late:
                raise self._too_slow()
        return bytes(self._incoming[:size])

    def _is_late(self) -> bool:
        """Whether time is up. What has come by then is still read, however late the judge itself is to look."""
        now = time.monotonic()
        if now <= self._deadline:
            return False
        self._noticed = self._noticed or now
        if now > self._noticed + _READING:
            raise self._too_slow()
        return True

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
            self._stopped = Stopped(
                Outcome.ERROR,
                f"The code printed more than {self._limits.output >> 20} MB, so it was ended.",
                "Take the print out of the loop.",
            )

    def _hear(self) -> None:
        try:
            message = self._control.recv(1 << 12)
        except OSError:
            message = b""
        if not message:
            self._gone = (-1, 0.0)  # the zygote itself is gone
            return
        ended = json.loads(message)
        self._gone = (ended["status"], ended["cpu"])

    def _kill(self) -> None:
        try:
            self._control.send(line({"kill": self._number}))
        except OSError:
            self._gone = (-1, 0.0)  # the zygote is gone, and with it what could end the child

    def _too_slow(self) -> Stopped:
        self._kill()
        return Stopped(
            Outcome.TIMEOUT,
            f"Still running after {self._limits.seconds:g} s, so it was ended.",
            NO_END,
        )

    def _why_gone(self) -> Stopped:
        if self._stopped is not None:
            return self._stopped
        hung_up = not self._ends_within(0.5)
        if hung_up:  # it closed the conversation and lives on
            self._kill()
            self._ends_within(2)
        status, cpu = self._gone or (-1, 0.0)
        if status < 0:
            raise ZygoteGone
        if hung_up:
            return Stopped(
                Outcome.ERROR,
                "The code closed the descriptors of its process, and could not answer any more.",
                "Leave the process's files and descriptors alone.",
            )
        if os.WIFSIGNALED(status):
            return _killed_by(os.WTERMSIG(status), cpu >= self._limits.seconds, self._limits)
        return Stopped(
            Outcome.ERROR,
            "The code ended its own process instead of returning a value.",
            "Take out exit(), quit(), sys.exit() and os._exit().",
        )


def _no_answer(error: ProtocolError) -> Stopped:
    return Stopped(
        Outcome.ERROR,
        f"What came back is not an answer ({error}).",
        "Return a tensor, and leave the process's files and descriptors alone.",
    )


def _killed_by(number: int, out_of_time: bool, limits: Limits) -> Stopped:
    if number == signal.SIGXCPU or (number == signal.SIGKILL and out_of_time):
        return Stopped(
            Outcome.TIMEOUT,
            f"Used more than {limits.seconds:g} s of computing time, so it was ended.",
            NO_END,
        )
    if number == signal.SIGKILL:
        return Stopped(
            Outcome.MEMORY,
            "The system ended the process, most likely because it ran out of memory.",
            "Look for a list or a tensor that grows in a loop.",
        )
    return Stopped(
        Outcome.ERROR,
        f"The code crashed the interpreter ({signal.Signals(number).name}).",
        "Look for endless recursion, or an index out of range in a call into C.",
    )


def line(order: dict[str, object]) -> bytes:
    """An order to the zygote."""
    return json.dumps(order).encode() + b"\n"
