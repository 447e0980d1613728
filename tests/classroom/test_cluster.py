"""Grading on a dask cluster: scheduler and workers are processes of their own, and some of them die."""

from __future__ import annotations

import csv
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import closing, suppress
from pathlib import Path

import psutil
import pytest
import torch

from coursekit.classroom import batch, cluster, runs
from coursekit.classroom.batch import Terms
from coursekit.classroom.cluster import ClusterError
from coursekit.cli import main
from coursekit.course import syllabus
from coursekit.jail.terms import Limits

ROOT = Path(__file__).parents[2]
SOURCES = [ROOT / "tests" / "submissions" / f"{name}.py" for name in ("ada", "swapped", "bits", "syntax_error", "kofi")]


class Cluster:
    """A scheduler with workers."""

    def __init__(self, folder: Path, workers: int) -> None:
        self.folder = folder
        self.log = (folder / "cluster.log").open("wb")
        self.scheduler = self.start(
            "scheduler", "--scheduler-file", str(folder / "scheduler.json"), "--dashboard-address", "127.0.0.1:0"
        )
        until(lambda: (folder / "scheduler.json").exists())
        self.workers = [
            self.start(
                "worker", "--scheduler-file", str(folder / "scheduler.json"), "--nthreads", "1", "--no-nanny",
                "--no-dashboard", "--local-directory", str(folder / f"worker{number}"),
            )
            for number in range(workers)
        ]  # fmt: skip

    @property
    def address(self) -> str:
        import json

        return str(json.loads((self.folder / "scheduler.json").read_text())["address"])

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """One process of dask's, on a free port of this machine."""
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "dask", *arguments, "--host", "127.0.0.1", "--port", "0"]
        if arguments[0] == "worker":
            command = command[:-2]
        return subprocess.Popen(command, env=environment, stdout=self.log, stderr=self.log)

    def stop(self) -> None:
        """Ends all processes that were started."""
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()
        self.log.close()


def until(true: Callable[[], object], seconds: float = 90) -> None:
    """Waits for something that another process brings about."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def started(tmp_path_factory) -> Iterator[Cluster]:
    """One for all tests of this module: the last but one ends a worker of it, the last its scheduler."""
    cluster = Cluster(tmp_path_factory.mktemp("dask"), workers=2)
    yield cluster
    cluster.stop()


def hand_in(folder: Path, count: int) -> Path:
    """So many submissions, no two alike."""
    folder.mkdir()
    for number in range(count):
        source = SOURCES[number % len(SOURCES)]
        text = f"{source.read_text(encoding='utf-8')}\n# {number}\n"
        (folder / f"{source.stem}_{number}.py").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def folder(tmp_path) -> Path:
    """Fifty submissions: whatever dies when ten are graded dies in the middle."""
    return hand_in(tmp_path / "handed_in", 50)


@pytest.fixture
def few(tmp_path) -> Path:
    """Submissions of which two are left when ten are graded."""
    return hand_in(tmp_path / "handed_in", 12)


def grade(folder: Path, out: Path, *more: str) -> int:
    return main(["grade", str(folder), "--exercise", "kl_divergence", "--out", str(out), *more])


def recorded(out: Path) -> int:
    """How many learners the gradebook holds so far; so asked, that to ask again and again slows down nobody."""
    path = out / "gradebook.sqlite"
    if not path.exists():
        return 0
    with closing(sqlite3.connect(path)) as book, suppress(sqlite3.OperationalError):  # whose tables are being made
        return int(book.execute("SELECT count(DISTINCT learner) FROM coursekit_entry").fetchone()[0])
    return 0


def when_some_are_done(out: Path, action: Callable[[], None]) -> threading.Thread:
    """Does something once ten are graded."""

    def watch() -> None:
        until(lambda: recorded(out) >= 10)
        action()

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


def files(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (*(out / "reports").iterdir(), out / "grades.csv")}


@pytest.mark.slow
def test_scheduler_that_is_busy(started, monkeypatch):
    """A scheduler that lives and does not answer is waited for, which is said once."""
    terms, said = Terms(b"s", {}, Limits()), list[str]()
    with cluster.connect(started.address, terms, print):
        pass  # the workers have joined
    started.scheduler.send_signal(signal.SIGSTOP)
    monkeypatch.setattr(cluster, "BUSY_SECONDS", 0.5)

    def say(line: str) -> None:
        said.append(line)
        threading.Timer(2, started.scheduler.send_signal, [signal.SIGCONT]).start()

    with cluster.connect(started.address, terms, say) as workers:
        assert workers.number >= 1
    assert said[0] == f"The scheduler at {started.address} is busy: waiting until it answers."
    assert said[0] not in said[1:]


def test_a_task_takes_one_core():
    """A worker has one for each of its tasks, and torch would take all of them for each."""
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        cluster._versions_here.__wrapped__(())
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(threads)


def test_a_scheduler_that_answers_is_not_busy(monkeypatch):
    """What is said of one that is busy is not said later either."""
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(distributed, "Client", lambda *_, **__: "a client")
    monkeypatch.setattr(cluster, "BUSY_SECONDS", 0.1)
    said = list[str]()
    assert cluster._client("tcp://127.0.0.1:1", said.append) == "a client"
    time.sleep(0.2)
    assert said == []


@pytest.mark.slow
def test_connection_that_breaks(started, few, tmp_path, capsys, monkeypatch):
    """Where the connection breaks and the scheduler lives, the run connects again and goes on where it was."""
    out, real, broken = tmp_path / "out", batch.grade_all, []

    def breaking(*arguments, **more):
        for done, learner in enumerate(real(*arguments, **more)):
            yield learner
            if done == 9 and not broken:
                broken.append(learner)
                raise CancelledError

    monkeypatch.setattr(batch, "grade_all", breaking)
    assert grade(few, out, "--dask", started.address) == 0
    assert f"The connection to the dask scheduler at {started.address} broke. It lives" in capsys.readouterr().out
    assert broken
    assert recorded(out) == 12


@pytest.mark.slow
def test_worker_with_another_course(started, few, tmp_path, capsys, monkeypatch):
    """A worker whose checks are others is refused before anything is graded."""
    monkeypatch.setattr(runs, "grader_versions", lambda exercises: {each.name: "another" for each in exercises})
    out = tmp_path / "out"
    assert grade(few, out, "--dask", started.address) == 1
    assert "has another version of the course, or of torch, for kl_divergence. Install" in capsys.readouterr().err
    assert recorded(out) == 0


@pytest.mark.slow
def test_worker_that_dies_loses_nothing(started, folder, tmp_path):
    """One of two workers is killed in the middle: everybody has a grade, the same to the byte as on this machine."""
    here, there = tmp_path / "here", tmp_path / "there"
    assert grade(folder, here) == 0
    there.mkdir()
    (there / "secret.key").write_bytes((here / "secret.key").read_bytes())
    victim = psutil.Process(started.workers[0].pid)
    left_behind: list[psutil.Process] = []

    def kill() -> None:
        left_behind.extend(victim.children(recursive=True))
        os.kill(victim.pid, signal.SIGKILL)

    thread = when_some_are_done(there, kill)
    assert grade(folder, there, "--dask", started.address) == 0
    thread.join()
    assert started.workers[0].wait(10) == -signal.SIGKILL
    assert len(list(csv.DictReader((there / "grades.csv").read_text().splitlines()))) == 50
    assert files(here) == files(there)
    assert left_behind
    until(lambda: not any(process.is_running() for process in left_behind), 20)


@pytest.mark.slow
def test_scheduler_that_dies(started, folder, tmp_path, capsys):
    """The run ends with one sentence, what was graded is kept, and the same command goes on elsewhere."""
    out = tmp_path / "out"
    thread = when_some_are_done(out, started.scheduler.kill)
    code = grade(folder, out, "--dask", started.address)
    thread.join()
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert code == 1
    assert f"The dask scheduler at {started.address} is gone. What was graded so far is kept in {out}" in said
    before = recorded(out)
    assert 10 <= before < 50
    assert grade(folder, out) == 0
    assert recorded(out) == 50


def test_worker_that_joins_late_is_asked_too():
    """A task says which version it wants, and a worker that has another does not grade."""
    versions = {"kl_divergence": "another"}
    with pytest.raises(ClusterError, match="another version"):
        cluster.score_there(Terms(b"s", versions, Limits()), (), [("kl_divergence", 0)])


def test_versions_on_a_worker():
    """A worker tells the versions of what it knows; a name that it lacks is a difference, not an error."""
    found = cluster._versions_here(("kl_divergence", "no_such_loss"))
    assert found == runs.grader_versions([syllabus.find_exercise("kl_divergence")[1]])
    with pytest.raises(ClusterError, match=r"for no_such_loss\."):
        cluster._insist_on_version({"here": found}, {**found, "no_such_loss": "1"})


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense://x", "127.0.0.1:99999"])
def test_no_scheduler(tmp_path, capsys, monkeypatch, address):
    """Where no scheduler answers, one sentence says so."""
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.5)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "ann.py").write_text("def kl_divergence(p, q): ...", encoding="utf-8")
    assert grade(tmp_path / "in", tmp_path / "out", "--dask", address) == 1
    (said,) = capsys.readouterr().err.splitlines()
    assert f"No dask scheduler answers at {address}" in said
    assert said.endswith("run the same command again to go on.")
