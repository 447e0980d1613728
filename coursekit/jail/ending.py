"""What ends a child, and what is said then. First of all time: that of one exercise, and that of a whole submission.

The machine may be busy. What a process waits for a processor, while others have it, is not its own time: it is given
more. Code that sleeps waits for nothing, and is given none.
"""

from __future__ import annotations

import os
import signal
import time

from coursekit.exercise import Stopped
from coursekit.exercise.failure import NO_END
from coursekit.jail.terms import Limits
from coursekit.report import Outcome
from coursekit.wire.frames import ProtocolError

_MOST = 5  # times its limit for an exercise, on a machine however busy
_AGAIN = 0.05  # seconds, until it is asked again how long a process has waited


class Clock:
    """The time of one submission, wherever it goes: all its exercises, in all its processes, and second tries.

    Args:
        total: wall-clock seconds, from now on.

    Attributes:
        end: when it is over, by `time.monotonic`.
        waited: how many seconds its processes that have ended had waited for a processor.
    """

    def __init__(self, total: float) -> None:
        self._total = total
        self.end = time.monotonic() + total
        self.waited = 0.0

    @property
    def is_over(self) -> bool:
        """Whether nothing more is asked, and nothing a second time."""
        return time.monotonic() >= self.end

    def stop(self, waits: float = 0.0) -> Stopped:
        """What is said of an exercise that has no time left.

        Args:
            waits: how many seconds the process that is asked has waited for a processor.
        """
        spent = f"The time for this whole submission, {self._total:g} s, was over before this was graded"
        if self.waited + waits > self._total / 2:
            return _starved(f"{spent}; most of it went by in waiting for a processor.")
        return Stopped(
            Outcome.SKIPPED,
            f"{spent}.",
            "Look for what takes long, here and in the exercises before: time is shared by all of them.",
        )


class Patience:
    """The time of one exercise in one process, which begins now.

    Args:
        seconds: wall-clock time, without what it waits for a processor.
        clock: of its submission.

    Attributes:
        deadline: when to look again whether time is up.
    """

    def __init__(self, seconds: float, clock: Clock) -> None:
        self._seconds = seconds
        self._clock = clock
        self._begin = time.monotonic()
        self.deadline = min(self._begin + seconds, clock.end)

    def lose(self, waited: float) -> Stopped | None:
        """At the deadline: why the exercise is ended now, or None and a later deadline.

        Args:
            waited: how many seconds its process has waited for a processor. That includes what it waited in exercises
                before this one; but what is too slow beside others is graded again alone.
        """
        now = time.monotonic()
        if now >= self._clock.end:
            return self._clock.stop(waited)
        if now - self._begin - waited >= self._seconds:
            return _too_slow(f"Still running after {self._seconds:g} s, so it was ended.")
        if now - self._begin >= _MOST * self._seconds:
            return _starved(f"It waited {waited:.3g} s of {now - self._begin:.3g} s for a processor.")
        later = min(self._begin + self._seconds + waited, self._begin + _MOST * self._seconds)
        self.deadline = min(max(later, now + _AGAIN), self._clock.end)
        return None


def _starved(why: str) -> Stopped:
    return Stopped(
        Outcome.STARVED,
        f"The machine was too busy to grade this. {why}",
        "This is no grade: the next run grades it again. Use fewer workers, or a machine that is less busy.",
    )


def _too_slow(why: str) -> Stopped:
    return Stopped(Outcome.TIMEOUT, why, NO_END)


def printed(limits: Limits) -> Stopped:
    """It was ended for its print."""
    return Stopped(
        Outcome.ERROR,
        f"The code printed more than {limits.output >> 20} MB, so it was ended.",
        "Take the print out of the loop.",
    )


def no_answer(error: ProtocolError) -> Stopped:
    """It said something that is none."""
    return Stopped(
        Outcome.ERROR,
        f"What came back is not an answer ({error}).",
        "Return a tensor, and leave the process's files and descriptors alone.",
    )


def hung_up() -> Stopped:
    """It closed the conversation, and lived on."""
    return Stopped(
        Outcome.ERROR,
        "The code closed the descriptors of its process, and could not answer any more.",
        "Leave the process's files and descriptors alone.",
    )


def gone(status: int, cpu: float, limits: Limits) -> Stopped:
    """It is no more.

    Args:
        status: its wait status.
        cpu: the seconds that it has computed.
        limits: what it might use.
    """
    if not os.WIFSIGNALED(status):
        return Stopped(
            Outcome.ERROR,
            "The code ended its own process instead of returning a value.",
            "Take out exit(), quit(), sys.exit() and os._exit().",
        )
    number = os.WTERMSIG(status)
    if number == signal.SIGXCPU or (number == signal.SIGKILL and cpu >= limits.seconds):
        return _too_slow(f"Used more than {limits.seconds:g} s of computing time, so it was ended.")
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
