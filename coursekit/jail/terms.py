"""The words of the jail, for whoever needs them without the wall: what is allowed, what holds, what went wrong."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What one exercise of one submission may use. Those that share a child share all but the wall-clock time.

    Attributes:
        seconds: wall-clock time, loading included, without what it waits for a processor that others have; and
            computing time.
        memory: bytes above what torch itself takes.
        output: bytes printed.
        total: wall-clock time of all exercises of a submission together, in seconds; nothing is tried a second time
            after that.
    """

    seconds: float = 10.0
    memory: int = 1 << 29
    output: int = 1 << 20
    total: float = 600.0


class JailError(Exception):
    """The jail itself does not work here: the grader's problem, not the learner's."""


@dataclass(frozen=True)
class Layer:
    """One wall around a learner's code, as it was tried when the jail started.

    Attributes:
        name: what keeps the code in.
        in_force: whether it does.
        detail: what it keeps from the code, or why it is not in force.
    """

    name: str
    in_force: bool
    detail: str
