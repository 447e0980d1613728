"""How long a process wanted a processor and had none: what a busy machine took from it."""

from __future__ import annotations

import os

_NANO = 1e-9


def waited(pid: int) -> float:
    """Seconds that the process `pid` waited in the queue for a processor, and 0 where the system does not count them.

    Sleeping is no waiting. Nor is waiting for one's own threads: a program could have a thousand of them wait for each
    other. So of each thread's wait, what the process's other threads have computed is taken away; the longest counts.
    """
    try:
        threads = [_of_thread(f"/proc/{pid}/task/{thread}/schedstat") for thread in os.listdir(f"/proc/{pid}/task")]
        # after its name, which may hold anything, in brackets; with the time of threads that have ended
        fields = _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
    except OSError:  # another system, or the process is gone
        return 0.0
    computed = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return max((wait - max(computed - own, 0.0) for own, wait in threads), default=0.0)


def _of_thread(path: str) -> tuple[float, float]:
    """How long a thread has computed, and how long it has waited for a processor."""
    try:
        own, wait = _read(path).split()[:2]
    except (FileNotFoundError, ProcessLookupError):  # it has just ended
        return 0.0, 0.0
    return int(own) * _NANO, int(wait) * _NANO


def _read(path: str) -> bytes:
    with open(path, "rb", buffering=0) as file:
        return file.read()
