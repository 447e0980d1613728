"""What a child is asked, and what it says: the judge's end of the conversation with one fork of the zygote."""

from __future__ import annotations

import socket
import time
from collections import deque
from collections.abc import Mapping, Sequence

from coursekit.exercise import Exercise, Stopped
from coursekit.jail import ending
from coursekit.jail.ending import Clock, Patience
from coursekit.jail.process import Process, ZygoteGone
from coursekit.jail.terms import Limits
from coursekit.report import Outcome
from coursekit.wire import Answer, Cell, Question, frames
from coursekit.wire.frames import ProtocolError
from coursekit.wire.messages import NOT_RUN

# Being woken for each of hundreds of short replies would cost as much as the replies: while many are awaited, some
# gather. A child gives one in some 0.1 ms.
_MANY, _GATHERING = 10, 0.001  # seconds
_NOT_FOUND = "ModuleNotFoundError"
# What has come by the deadline is read, however late the judge is to look, and so is the rest of an answer that has
# begun to come. A child that says a byte at a time does not buy itself time by that.
_READING, _PIECES = 0.2, 1_000  # seconds; how many times


class Child(Process):
    """One fork, to be asked.

    Attributes:
        has_run: whether some of the learner's code for this exercise has, as far as the child says.
        lacks: whether a module was not there that a child with all that can be imported may have.
        is_starved: whether it was ended for time that a busy machine has taken from it.
    """

    def __init__(self, control: socket.socket, limits: Limits, clock: Clock) -> None:
        super().__init__(control, limits, clock)
        self._patience: Patience  # with the exercise that it was turned to last
        self._noticed: float  # when it was first seen that this exercise's deadline is over
        self._pieces: int  # that were read since
        self._incoming = bytearray()  # what it said, and nobody has read yet
        self._awaited = 0  # questions without a reply
        self._replies: deque[bytes] = deque()  # that were not asked for yet
        self._late: bool
        self.has_run = False
        self.lacks = False
        self.is_starved = False

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
        self.start(forbids=forbids, late=late)
        self._say(frames.pack({"cells": cells, "exercises": exercises}, []))

    def turn_to(self, exercise: Exercise, instead: Mapping[str, str] | None = None) -> None:
        """From here on this exercise is asked, which has a time limit of its own.

        Args:
            exercise: which.
            instead: see `Jail.score`.

        Raises:
            Stopped: the child ended, while it answered what was left over of the exercise before.
        """
        self._begin_to_wait()
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
        self._begin_to_wait()
        self.send([frames.pack({"leans": name, "others": list(others)}, [])])
        answer = self.read(self.reply(), Question(()))
        said = answer.problem.message.split() if answer.problem else []
        return tuple(other for other in others if other in said)

    def _begin_to_wait(self) -> None:
        self._patience = Patience(self._limits.seconds, self._clock)
        self._noticed, self._pieces = 0.0, 0

    def __call__(self, question: Question) -> Answer:
        """Asks one question, after those that were sent before, and waits for the answer."""
        while self._awaited:
            self._replies.append(self._next_reply())
        self.send([frames.encode_question(question)])
        return self.read(self._next_reply(), question)

    def send(self, questions: Sequence[bytes]) -> None:
        """Sends questions ahead; what ends the child meanwhile is told at the first reply that is missing."""
        self._awaited += len(questions)
        self._say(b"".join(questions))

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
            self._stopped = ending.no_answer(error)
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
            self._stopped = ending.no_answer(error)
            raise self._stopped from None
        del self._incoming[: len(reply)]
        self._awaited -= 1
        return reply

    def _receive(self, size: int) -> bytes:
        """The next bytes that the child says, which stay in `_incoming`; meanwhile it gets what it is to be told."""
        while len(self._incoming) < size:
            until = self._patience.deadline
            late = time.monotonic() > until
            if late:
                self._noticed = self._noticed or time.monotonic()
                until = self._noticed + (_READING if self._incoming else 0.0)
            ready = self._wait(until, self._conversation)
            if self._stopped is not None:  # it printed too much: what it says before it is gone does not count
                raise self._stopped
            if self._conversation in ready and self._pieces < _PIECES:
                self._pieces += late
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
            elif late and time.monotonic() >= until:
                self._lose_patience()
        return bytes(self._incoming[:size])

    def _lose_patience(self) -> None:
        """The deadline is over, and nothing has come: ends the child, unless a busy machine has kept it waiting."""
        stopped = self._patience.lose(self._ask_waited())
        if stopped is None:
            self._noticed, self._pieces = 0.0, 0
            return
        self._kill()
        self.is_starved = stopped.outcome is Outcome.STARVED
        raise stopped
