"""What is made of what a cluster answers, without any: its scheduler and its workers are the test's words."""

from __future__ import annotations

import logging
import socket
import sys
from concurrent.futures import CancelledError
from dataclasses import replace
from types import SimpleNamespace

import pytest

from coursekit.classroom import cluster
from coursekit.classroom.batch import Terms
from coursekit.classroom.cluster import ClusterError, ConnectionLost, connect, score_there
from coursekit.jail.terms import JailError, Limits
from coursekit.jail.walls import OPEN

ADDRESS = "tcp://there:8786"


class KilledWorker(Exception):
    task = "score-7"


class Client:
    """A client of a scheduler that answers as it is told to; the class notes what is asked."""

    def __init__(self, address, *, timeout, set_as_default):
        assert (address, timeout, set_as_default) == (ADDRESS, 20, False)
        self.asked.append("connect")
        if self.refuses:
            raise self.refuses.pop(0)

    def scheduler_info(self, *, n_workers):
        assert n_workers == -1  # all, not the first five
        return {"workers": self.workers}

    def wait_for_workers(self, count):
        self.asked.append(f"wait for {count}")
        self.workers["late"] = {"nthreads": 4}

    def run(self, function, names):
        if isinstance(self.versions, Exception):
            raise self.versions
        assert function is cluster._versions_here
        return dict.fromkeys(self.workers, self.versions) | {"names": dict.fromkeys(names, "v1")}

    def get_executor(self, **options):
        return options

    def close(self, *, timeout):
        self.asked.append(f"close in {timeout}")


@pytest.fixture
def client(monkeypatch):
    """The class of the client, with its notes and its answers."""

    class Told(Client):
        asked, refuses, workers, versions = [], [], {"one": {"nthreads": 2}, "two": {"nthreads": 3}}, {"double": "v1"}

    library = SimpleNamespace(Client=Told, KilledWorker=KilledWorker)
    monkeypatch.setitem(sys.modules, "distributed", library)
    monkeypatch.setattr(cluster, "_lives", lambda address: address == ADDRESS)
    return Told


@pytest.fixture
def terms():
    return Terms(b"secret", {"double": "v1"}, Limits())


def test_workers(client, terms):
    """All their threads, and tasks that are asked again; what dask logs is nobody's."""
    said = []
    with connect(ADDRESS, terms, said.append) as workers:
        assert workers.executor == {"pure": False, "retries": 3}
        assert (workers.number, workers.layers) == (5, ())
        assert (workers.score.func, workers.score.args) == (score_there, (terms,))
        assert client.asked == ["connect"]
    assert client.asked == ["connect", "close in 2"]
    assert said == []
    assert logging.getLogger("distributed").level == logging.CRITICAL
    client.workers = {}
    with connect(ADDRESS, replace(terms, confined=False), said.append) as workers:
        assert (workers.number, workers.layers) == (4, OPEN)
    assert client.asked[2:] == ["connect", "wait for 1", "close in 2"]
    assert said == [f"No worker has joined the scheduler at {ADDRESS} yet: waiting for the first."]


@pytest.mark.parametrize(
    ("error", "lives", "kind", "said"),
    [
        (CancelledError(), True, ConnectionLost, f"The connection to the dask scheduler at {ADDRESS} broke."),
        (CancelledError(), False, ClusterError, f"The dask scheduler at {ADDRESS} is gone."),
        (KilledWorker(), True, ClusterError, "One submission took 4 workers down with it (score-7), or they were"),
        (KeyError("ours"), True, KeyError, "'ours'"),
    ],
)
def test_what_ends_a_run(client, terms, monkeypatch, error, lives, kind, said):
    """Said in a sentence; whatever it is, the connection is closed."""
    monkeypatch.setattr(cluster, "_lives", lambda _: lives)
    with pytest.raises(kind) as raised, connect(ADDRESS, terms, print):
        raise error
    assert type(raised.value) is kind
    assert str(raised.value).startswith(said)
    assert client.asked[-1] == "close in 2"


@pytest.mark.parametrize(
    ("versions", "wanted", "said"),
    [
        (
            ImportError("No module named 'torch'"),
            ["a"],
            "A worker cannot grade: No module named 'torch'. Install there",
        ),
        ({"a": "v1", "b": "v2"}, ["a", "b"], "or of torch, for b. Install there what you have here."),
        ({}, ["a", "b", "c"], "The worker one has another version of the course, or of torch, for a, b, c. Install"),
        ({}, ["a", "b", "c", "d"], "or of torch, for a, b, c and others. Install there what you have here."),
    ],
)
def test_workers_of_another_version(client, terms, versions, wanted, said):
    """None may grade: which exercises, up to three."""
    client.versions = versions
    with (
        pytest.raises(ClusterError) as raised,
        connect(ADDRESS, replace(terms, versions=dict.fromkeys(wanted, "v1")), print),
    ):
        pass
    assert said in str(raised.value)


def test_no_dask(monkeypatch, terms):
    """What to install."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterError, match=r"pip install 'coursekit\[cluster\]'"), connect(ADDRESS, terms, print):
        pass


def test_a_scheduler_that_is_busy(client, monkeypatch):
    """It is waited for as long as it lives, and that is said, unless it has answered by then."""
    timers = []

    class Timer:
        def __init__(self, seconds, say, arguments):
            self.due, self.daemon, self.is_on = (seconds, say, arguments), False, ""
            timers.append(self)

        def start(self):
            self.is_on = "started"

        def cancel(self):
            self.is_on += " and cancelled"

    monkeypatch.setattr(cluster.threading, "Timer", Timer)
    client.refuses = [OSError("timed out"), OSError("timed out")]
    assert isinstance(cluster._client(ADDRESS, print), client)
    assert client.asked == ["connect"] * 3
    (timer,) = timers
    assert timer.due == (10, print, [f"The scheduler at {ADDRESS} is busy: waiting until it answers."])
    assert timer.daemon
    assert timer.is_on == "started and cancelled"
    for error, lives in ((ValueError("no address.\nmore"), True), (OSError(" no address.\nmore"), False)):
        client.refuses = [error]
        monkeypatch.setattr(cluster, "_lives", lambda _, lives=lives: lives)
        with pytest.raises(ClusterError) as raised:
            cluster._client(ADDRESS, print)
        assert str(raised.value) == (
            f"No dask scheduler answers at {ADDRESS} (no address). Is it running, and reachable?"
        )
        assert timers[-1].is_on == "started and cancelled"


def test_who_listens():
    """A process at that port, by its name, by its number, or in version 6; it need not answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert cluster._lives(f"tcp://127.0.0.1:{port}")
        assert cluster._lives(f"localhost:{port}")
    assert not cluster._lives(f"tcp://127.0.0.1:{port}")
    assert not cluster._lives("tcp://127.0.0.1")


def test_where_a_host_has_colons(monkeypatch):
    """Its brackets are the address's."""
    asked = []
    monkeypatch.setattr(
        socket, "create_connection", lambda *to, timeout: asked.append((*to, timeout)) or SimpleNamespace(close=int)
    )
    assert cluster._lives("tls://[::1]:8786")
    assert asked == [(("::1", 8786), 2)]


def test_what_a_worker_runs(monkeypatch, terms):
    """One submission, by the terms; if its version is the grader's. A jail that fails says where."""
    asked = []

    class Jails:
        def score(self, cells, exercises, secret):
            asked.append((cells, [(exercise.name, attempt) for exercise, attempt in exercises], secret))
            if cells == "broken":
                raise JailError("no jail")
            return "results"

    monkeypatch.setattr(cluster, "_jails", lambda limits, confined: asked.append((limits, confined)) or Jails())
    versions = cluster._versions_here(("kl_divergence", "nowhere"))
    assert [*versions] == ["kl_divergence"]
    terms = replace(terms, versions={**versions, "entropy": "not asked for"})
    assert score_there(terms, "cells", [("kl_divergence", "4")]) == "results"
    assert asked == [(terms.limits, True), ("cells", [("kl_divergence", "4")], b"secret")]
    with pytest.raises(JailError, match=f"^{socket.gethostname()}: no jail$"):
        score_there(terms, "broken", [("kl_divergence", "4")])
    with pytest.raises(ClusterError, match=f"^The worker {socket.gethostname()} has another version of the course"):
        score_there(replace(terms, versions={"kl_divergence": "old"}), "cells", [("kl_divergence", "4")])
