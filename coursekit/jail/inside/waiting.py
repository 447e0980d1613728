"""How long a process wanted a processor and had none: what a busy machine took from it."""

from __future__ import annotations

import os
from pathlib import Path

_NANO = 1e-9


def waited(pid: int) -> float:
    """Seconds that the process `pid` waited in the queue for a processor, and 0 where the system does not count them.

    Sleeping is no waiting. Nor is waiting for one's own threads: a program could have a thousand of them wait for each
    other. So of each thread's wait, what the process's other threads have computed is taken away; the longest counts.
    """
    try:
        threads = [_of_thread(path) for path in Path(f"/proc/{pid}/task").iterdir()]
        # after its name, which may hold anything, in brackets; with the time of threads that have ended
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except (OSError, ValueError):  # another system, or the process is gone
        return 0.0
    computed = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return max((wait - max(computed - own, 0.0) for own, wait in threads), default=0.0)


def _of_thread(path: Path) -> tuple[float, float]:
    """How long a thread has computed, and how long it has waited for a processor."""
    try:
        own, wait = (path / "schedstat").read_bytes().split()[:2]
    except FileNotFoundError:  # it has just ended
        return 0.0, 0.0
    return int(own) * _NANO, int(wait) * _NANO
