"""Fixtures of the classroom's tests."""

from __future__ import annotations

from contextlib import nullcontext

import pytest


@pytest.fixture
def jail(monkeypatch):
    """The jail that starts no process, in place of the real one; it has counted nothing yet."""
    from test_batch import FakeJail

    from coursekit.classroom import batch
    from coursekit.cli import grader

    monkeypatch.setattr(grader, "_first_jail", lambda arguments: nullcontext())
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
