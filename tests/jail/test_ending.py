"""What ends a child, and what is said then: by clocks and numbers alone, without any child."""

from __future__ import annotations

import os
import signal

import pytest

from coursekit.jail import ending
from coursekit.jail.ending import Clock, Patience
from coursekit.jail.terms import Limits
from coursekit.report import Outcome

pytestmark = pytest.mark.skipif(os.name != "posix", reason="submissions run in forked processes")


@pytest.fixture
def at(monkeypatch):
    """Sets the time that it is."""
    now = [100.0]
    monkeypatch.setattr(ending.time, "monotonic", lambda: now[0])

    def at(seconds):
        now[0] = 100.0 + seconds

    return at


def test_patience(at):
    """Wall-clock time less the time in which others had the processor, and five times the limit at the most."""
    patience = Patience(2.0, Clock(100.0))
    assert patience.deadline == 102
    at(2.0)
    assert patience.lose(1.5) is None
    assert patience.deadline == 103.5
    at(3.5)
    assert patience.lose(1.5).outcome is Outcome.TIMEOUT
    assert patience.lose(1.4).outcome is Outcome.TIMEOUT
    assert patience.lose(3.4) is None
    assert patience.deadline == 105.4
    at(9.9)
    assert patience.lose(9.0) is None
    assert patience.deadline == 110
    at(10.0)
    assert patience.lose(9.0).outcome is Outcome.STARVED
    assert patience.lose(8.0).outcome is Outcome.TIMEOUT


def test_time_of_a_submission(at):
    """It ends every exercise; why is told by where most of it went."""
    clock = Clock(5.0)
    at(4.0)
    patience = Patience(2.0, clock)
    assert (patience.deadline, clock.is_over) == (105, False)
    at(5.0)
    assert clock.is_over
    assert patience.lose(2.0).outcome is Outcome.SKIPPED
    assert patience.lose(3.0).outcome is Outcome.STARVED
    clock.waited = 2.6
    assert clock.stop().outcome is Outcome.STARVED
    assert "5 s" in clock.stop().rationale


@pytest.mark.parametrize(
    ("status", "cpu", "outcome", "said"),
    [
        (0, 0.0, Outcome.ERROR, "ended its own process"),
        (1 << 8, 9.0, Outcome.ERROR, "ended its own process"),
        (signal.SIGXCPU, 0.0, Outcome.TIMEOUT, "more than 2 s of computing time"),
        (signal.SIGKILL, 2.0, Outcome.TIMEOUT, "more than 2 s of computing time"),
        (signal.SIGKILL, 1.9, Outcome.MEMORY, "ran out of memory"),
        (signal.SIGSEGV, 9.0, Outcome.ERROR, "crashed the interpreter (SIGSEGV)"),
    ],
)
def test_process_that_is_gone(status, cpu, outcome, said):
    """By its wait status, and by what it has computed: SIGKILL ends for time and for memory."""
    stopped = ending.gone(status, cpu, Limits(seconds=2.0))
    assert stopped.outcome is outcome
    assert said in stopped.rationale
