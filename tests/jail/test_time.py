"""Time: what is an answer's own, what a busy machine takes, and that no submission has more than its share."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import textwrap
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import toys
from torch import tensor

from coursekit.classroom import batch
from coursekit.course import syllabus
from coursekit.exercise import Stopped
from coursekit.grading.submission import Submission
from coursekit.jail.child import Child
from coursekit.jail.ending import Clock
from coursekit.jail.inside.waiting import waited
from coursekit.jail.judge import Jail
from coursekit.jail.terms import Limits
from coursekit.report import Outcome
from coursekit.wire import Question
from coursekit.wire.frames import encode_question

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="submissions run in forked processes"),
]
counts_waiting = pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="Linux counts who waits")

LIMITS = Limits(seconds=20.0, memory=300 << 20)
ONE = Question((tensor([1.0]),))
SLEEPS = "import time\ndef double(x):\n    time.sleep(60)\n    return 2 * x\n"


def computes(seconds: float) -> str:
    """A right answer whose process computes for so long before it gives the first one."""
    return textwrap.dedent(f"""
        import time

        def work():
            while time.process_time() < {seconds}:
                pass

        ONE = work() or 1

        def double(x):
            return 2 * x * ONE
    """)


def spinning(processor: int) -> subprocess.Popen[bytes]:
    """A process that never rests; in a session of its own, as Linux may share a processor out by sessions.

    It ends with the test's process, whatever ends that.
    """
    spin = f"import os\nos.sched_setaffinity(0, {{{processor}}})\nprint(flush=True)\n"
    spin += f"while os.getppid() == {os.getpid()}: pass"
    process = subprocess.Popen([sys.executable, "-c", spin], stdout=subprocess.PIPE, start_new_session=True)
    process.stdout.readline()
    return process


@contextmanager
def one_busy_processor(*pids: int, others: int):
    """These processes share one processor with so many others that never rest."""
    processor = min(os.sched_getaffinity(0))
    for pid in pids:
        os.sched_setaffinity(pid, {processor})
    with ExitStack() as stack:
        for _ in range(others):
            process = stack.enter_context(spinning(processor))
            stack.callback(process.kill)
        yield


def zygote_of(jail) -> int:
    """The process that forks; its children run where it may run."""
    pid = jail._zygote.pid
    while below := Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        pid = int(below[0])
    return pid


def told(jail, text, clock=None, **limits):
    jail.limits = dataclasses.replace(LIMITS, **limits)
    (report,) = jail.score((("a.py", text),), [(toys.make_double(), 1)], clock=clock)
    return report


@pytest.fixture(scope="module")
def jail():
    with Jail(LIMITS, confined=sys.platform == "linux") as jail:
        yield jail


@pytest.fixture
def forks(monkeypatch):
    """One entry for each fork."""
    forks = []
    begin = Child.begin
    monkeypatch.setattr(Child, "begin", lambda self, *rest, **more: forks.append(1) or begin(self, *rest, **more))
    return forks


# ---- a busy machine ----------------------------------------------------------------------------------------------


@counts_waiting
@pytest.mark.slow
def test_a_busy_machine_takes_no_points(jail):
    """An answer that takes most of its time, and gets a quarter of a processor, is no timeout; one that sleeps is."""
    with one_busy_processor(zygote_of(jail), others=3):
        begun = time.monotonic()
        report = told(jail, computes(0.9), seconds=1.5)
        assert (report.outcome, report.points) == (Outcome.PASSED, 4.0)
        assert time.monotonic() - begun > 1.5  # or it asked for nothing
        assert told(jail, SLEEPS, seconds=1.5).outcome is Outcome.TIMEOUT


@counts_waiting
@pytest.mark.slow
def test_a_machine_that_is_too_busy_gives_no_grade(jail, forks):
    """What gets next to nothing of a processor, twice, is not graded; what it would have earned is not known."""
    with one_busy_processor(zygote_of(jail), others=14):
        report = told(jail, computes(60), seconds=0.4)
    assert report.outcome is Outcome.STARVED
    assert report.first_failure.rationale.startswith("The machine was too busy to grade this. It waited")
    assert len(forks) == 2


def test_who_is_starved_is_asked_again(jail, monkeypatch, forks):
    """In a new process, once; and there it may come out as what it is."""
    monkeypatch.setattr(Child, "_ask_waited", lambda self: 99.0)
    assert told(jail, SLEEPS, seconds=0.1).outcome is Outcome.STARVED
    assert len(forks) == 2
    forks.clear()
    monkeypatch.setattr(Child, "_ask_waited", lambda self: 99.0 if len(forks) == 1 else 0.0)
    assert told(jail, SLEEPS, seconds=0.1).outcome is Outcome.TIMEOUT
    assert len(forks) == 2
    forks.clear()
    monkeypatch.setattr(Child, "_ask_waited", lambda self: 99.0)
    assert told(jail, SLEEPS, Clock(0.3)).outcome is Outcome.STARVED  # all the submission's time went by in waiting
    assert len(forks) == 1


def test_what_comes_when_time_is_over(monkeypatch):
    """Each exercise has a report, and no process is started for any."""
    monkeypatch.setattr(Jail, "_fork", lambda *_, **__: pytest.fail("a process was started"))
    asked = [(toys.make_double(), 1), (toys.make_triple(), 1)]
    reports = Jail().score((("a.py", toys.HONEST),), asked, clock=Clock(0.0))
    assert [(each.exercise, each.outcome) for each in reports] == [
        ("double", Outcome.SKIPPED),
        ("triple", Outcome.SKIPPED),
    ]


@pytest.mark.parametrize("waited", [0.0, 3.0])
def test_what_its_processes_have_waited_is_the_submissions(jail, monkeypatch, waited):
    """The sum of what the zygote says of each at its end."""
    hear = Child._hear
    monkeypatch.setattr(Child, "_hear", lambda self: hear(self) or setattr(self, "_waited", waited))
    clock = Clock(60.0)
    assert [told(jail, toys.HONEST, clock).outcome for _ in range(2)] == [Outcome.PASSED] * 2
    assert clock.waited == 2 * waited


@counts_waiting
def test_who_waits_and_who_sleeps():
    """Waiting for a processor counts, and sleeping does not."""
    before = waited(os.getpid())
    time.sleep(0.3)
    assert waited(os.getpid()) - before < 0.2
    assert waited(2**22 + 1) == 0.0  # nobody
    with one_busy_processor(others=2), spinning(min(os.sched_getaffinity(0))) as process:
        deadline = time.monotonic() + 20
        while waited(process.pid) < 0.3 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert waited(process.pid) >= 0.3
        process.kill()


@counts_waiting
def test_who_waits_for_its_own_threads():
    """A program whose threads stand in each other's way keeps itself busy: that is no waiting."""
    crowd = """
        import os, threading, numpy as np
        os.sched_setaffinity(0, {%d})
        a = np.ones((400, 400))
        def spin():
            while True:
                np.sqrt(a)
        for _ in range(8):
            threading.Thread(target=spin, daemon=True).start()
        spin()
    """
    crowd = textwrap.dedent(crowd) % min(os.sched_getaffinity(0))
    with subprocess.Popen([sys.executable, "-c", crowd], env={**os.environ, "OPENBLAS_NUM_THREADS": "1"}) as process:
        threads, begun = Path(f"/proc/{process.pid}/task"), time.monotonic()
        longest = 0.0
        while longest < 2 and time.monotonic() < begun + 60:
            time.sleep(0.1)
            counts = [(each / "schedstat").read_text().split() for each in threads.iterdir()]
            longest = max(int(wait) for _, wait, _ in counts) / 1e9
        said = waited(process.pid)
        others_had = time.monotonic() - begun - sum(int(own) for own, _, _ in counts) / 1e9  # of this one processor
        process.kill()
    assert longest >= 2
    assert said < others_had + 0.2


# ---- what came in time -------------------------------------------------------------------------------------------


def test_what_came_in_time_is_read_however_long_that_takes(jail):
    """A judge that is kept from its work between two answers, again and again, takes none of them for late."""
    jail.limits = dataclasses.replace(LIMITS, seconds=0.5)
    some = "def double(x):\n    return x.expand(12_500, 1)\n"  # so large that each is read by itself
    with jail.child((("a.py", some),), toys.make_double()) as ask:
        ask.send([encode_question(ONE)] * 3)
        time.sleep(0.7)
        for _ in range(3):
            assert ask.read(ask.reply(), ONE).value.shape == (12_500, 1)
            time.sleep(0.3)
    big = "def double(x):\n    return x.expand(900_000, 1)\n"  # more than the system keeps between two processes
    with jail.child((("a.py", big),), toys.make_double()) as ask:
        ask.send([encode_question(ONE)])
        time.sleep(0.7)
        assert ask.read(ask.reply(), ONE).value.shape == (900_000, 1)


def test_a_drip_without_a_pause_does_not_buy_time(jail):
    """A child that says a byte at a time, as fast as it can, is ended as soon as any other."""
    drip = """
        import os, struct
        def double(x):
            os.write(3, struct.pack('<II', 4_000_000, 0))
            while True:
                os.write(3, b' ')
    """
    jail.limits = dataclasses.replace(LIMITS, seconds=0.5)
    begun, cpu = time.monotonic(), time.thread_time()
    with jail.child((("a.py", textwrap.dedent(drip)),), toys.make_double()) as ask, pytest.raises(Stopped):
        ask(ONE)
    assert time.monotonic() - begun < 5
    assert time.thread_time() - cpu < 2


# ---- a whole submission ------------------------------------------------------------------------------------------


def test_all_of_a_submission_has_a_limit(jail):
    """Whatever it does, its exercises take no longer together; what was not reached says so, and is over at once."""
    exercises = [each for _, each in syllabus.exercises().values()][:12]
    text = "\n".join(f"import time\ndef {each.name}(*args, **kwargs):\n    time.sleep(60)\n" for each in exercises)
    jail.limits = dataclasses.replace(LIMITS, seconds=1.0, total=2.5)
    begun = time.monotonic()
    graded = batch.score_submission(Submission("ann", (("a.py", text),)), exercises, jail, b"s")
    assert time.monotonic() - begun < 12  # what 12 exercises take that may take 1 s, be it once
    ends = [report.outcome for report in graded.reports]
    assert set(ends) == {Outcome.TIMEOUT, Outcome.SKIPPED}
    assert ends[-1] is Outcome.SKIPPED
    assert "The time for this whole submission, 2.5 s, was over" in graded.reports[-1].first_failure.rationale
    assert graded.points == 0


def test_what_was_done_in_time_keeps_its_points(jail, forks):
    """One that hangs, at the end, takes nothing from the others."""
    exercises = toys.make_double(), toys.make_triple()
    text = f"{toys.HONEST}\nimport time\ndef triple(x):\n    time.sleep(60)\n"
    jail.limits = dataclasses.replace(LIMITS, total=2.0)
    done, cut = jail.score((("a.py", text),), [(each, 1) for each in exercises])
    assert (done.outcome, done.points) == (Outcome.PASSED, 4.0)
    assert (cut.outcome, len(forks)) == (Outcome.SKIPPED, 1)
