"""Grading on the machines of a dask.distributed cluster. Only here is dask known.

A worker of the cluster keeps warm jails and grades one submission a task; cells go there as text, reports come back as
JSON. Dask itself pickles what it sends, which is sound between our own processes only: whoever reaches the scheduler
can run code on it, so it must listen where only the grader can reach it. A submission never comes near a pickle.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from functools import cache, partial
from typing import TYPE_CHECKING

import torch

from coursekit.classroom.batch import Cells, Jails, Result, Terms, Workers
from coursekit.course import syllabus
from coursekit.grading.versions import grader_versions
from coursekit.jail.terms import JailError, Limits
from coursekit.jail.walls import OPEN

if TYPE_CHECKING:
    from distributed import Client

CONNECT_SECONDS = 20  # after which a scheduler is asked again, if it lives
BUSY_SECONDS = 10  # after which it is said to be busy
RETRIES = 3  # a task that failed on one machine may succeed on another


class ClusterError(Exception):
    """The cluster does not do what is asked; the message says why."""


class ConnectionLost(ClusterError):
    """The scheduler lives, but its answers do not come any more: what is not graded yet can be asked again."""


@contextmanager
def connect(address: str, terms: Terms, say: Callable[[str], None]) -> Iterator[Workers]:
    """The workers of the scheduler at `address`.

    Waits for a busy scheduler as long as it lives, and for the first worker; others may come and go while it runs.

    Args:
        address: such as tcp://HOST:PORT.
        terms: what decides a grade besides the work.
        say: shows a line to whoever waits.

    Raises:
        ConnectionLost: the scheduler lives, and the connection to it broke.
        ClusterError: no scheduler answers, a worker has another version of the course, or the scheduler went away.
    """
    try:
        from distributed import KilledWorker
    except ImportError:
        raise ClusterError("Grading on a cluster needs dask: pip install 'coursekit[cluster]'.") from None
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters to the grader is said by us
    client = _client(address, say)
    try:
        if not client.scheduler_info(n_workers=-1)["workers"]:
            say(f"No worker has joined the scheduler at {address} yet: waiting for the first.")
            client.wait_for_workers(1)
        try:
            versions = client.run(_versions_here, tuple(terms.versions))
        except ImportError as error:
            raise ClusterError(f"A worker cannot grade: {error}. Install there what you have here.") from None
        _insist_on_version(versions, terms.versions)
        threads = sum(worker["nthreads"] for worker in client.scheduler_info(n_workers=-1)["workers"].values())
        executor = client.get_executor(pure=False, retries=RETRIES)  # type: ignore[no-untyped-call]
        yield Workers(executor, partial(score_there, terms), threads, () if terms.confined else OPEN)
    except CancelledError:
        if _lives(address):
            raise ConnectionLost(f"The connection to the dask scheduler at {address} broke.") from None
        raise ClusterError(f"The dask scheduler at {address} is gone.") from None
    except KilledWorker as error:
        raise ClusterError(
            f"One submission took {RETRIES + 1} workers down with it ({error.task}), or they were ended from outside. "
            "Look at the workers' logs: is there memory enough for each?"
        ) from None
    finally:
        client.close(timeout=2)  # type: ignore[no-untyped-call]


def _client(address: str, say: Callable[[str], None]) -> Client:
    """A client of the scheduler, however long a busy one takes to answer; dask itself waits without a word."""
    from distributed import Client

    still = threading.Timer(BUSY_SECONDS, say, [f"The scheduler at {address} is busy: waiting until it answers."])
    still.daemon = True
    still.start()
    try:
        while True:
            try:
                return Client(address, timeout=CONNECT_SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]
            except (OSError, ValueError) as error:
                if isinstance(error, ValueError) or not _lives(address):
                    reason = str(error).strip().splitlines()[0].rstrip(".")
                    raise ClusterError(
                        f"No dask scheduler answers at {address} ({reason}). Is it running, and reachable?"
                    ) from None
    finally:
        still.cancel()


def _lives(address: str) -> bool:
    """Whether a process listens there. The system takes a connection for it even while it is too busy to answer."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=2).close()
    except (OSError, ValueError):
        return False
    return True


def score_there(terms: Terms, cells: Cells, asked: Sequence[tuple[str, int]]) -> Mapping[str, Result]:
    """What a worker of the cluster runs: one submission, in a warm jail of its own."""
    names = tuple(name for name, _ in asked)
    _insist_on_version({socket.gethostname(): _versions_here(names)}, {name: terms.versions[name] for name in names})
    exercises = [(syllabus.find_exercise(name)[1], attempt) for name, attempt in asked]
    try:
        return _jails(terms.limits, terms.confined).score(cells, exercises, terms.secret)
    except JailError as error:
        raise JailError(f"{socket.gethostname()}: {error}") from None


@cache
def _jails(limits: Limits, confined: bool) -> Jails:
    """The jails of this worker process. A zygote leaves when the process that made it ends, however that ends."""
    return Jails(limits, confined=confined)


@cache
def _versions_here(names: tuple[str, ...]) -> dict[str, str]:
    torch.set_num_threads(1)  # these tensors are tiny, and each core has a task of its own
    known = syllabus.exercises()
    return grader_versions(known[name][1] for name in names if name in known)


def _insist_on_version(found: Mapping[str, Mapping[str, str]], wanted: Mapping[str, str]) -> None:
    for worker, versions in found.items():
        other = [name for name, version in wanted.items() if versions.get(name) != version]
        if other:
            raise ClusterError(
                f"The worker {worker} has another version of the course, or of torch, for {', '.join(other[:3])}"
                f"{' and others' if other[3:] else ''}. Install there what you have here."
            )
