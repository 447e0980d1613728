"""Fixtures of the classroom's tests."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext

import pytest


@contextmanager
def threads(count, terms, exercises, start):
    """Judges that are threads of this process, so that a test can count what they do, and change it."""
    from coursekit.classroom.batch import Jails, Workers
    from coursekit.jail.walls import OPEN

    assert start is None, "a process was started for nothing"
    by_name = {exercise.name: exercise for exercise in exercises}
    with Jails(terms.limits, confined=terms.confined) as jails, ThreadPoolExecutor(count) as executor:

        def score(cells, asked):
            return jails.score(cells, [(by_name[name], attempt) for name, attempt in asked], terms.secret)

        try:
            yield Workers(executor, score, count, OPEN)
        finally:
            executor.shutdown(cancel_futures=True)


@pytest.fixture
def jail(monkeypatch):
    """The jail that starts no process, in place of the real one; it has counted nothing yet."""
    from test_batch import FakeJail

    from coursekit.classroom import batch, runs
    from coursekit.cli import grader

    monkeypatch.setattr(grader, "_first_jails", lambda arguments: nullcontext())
    monkeypatch.setattr(runs, "judges", threads)
    monkeypatch.setattr(batch, "Jail", FakeJail)
    for name in ("open", "made", "children", "asked"):
        monkeypatch.setattr(FakeJail, name, 0)
    return FakeJail


@pytest.fixture
def run(capsys):
    """Runs a command: exit code, what it printed, what it complained of."""
    from coursekit.cli import main

    def run(*arguments) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return run
