"""The processes that grade on this machine: what one is asked it answers, and whatever ends ends in order."""

from __future__ import annotations

import os
import signal
import sys
import time

import psutil
import pytest
import toys

from coursekit.classroom.batch import Terms
from coursekit.classroom.judges import judges
from coursekit.jail.terms import JailError, Limits
from coursekit.jail.walls import Start

TERMS = Terms(b"secret", {"double": "1"}, Limits(), confined=sys.platform == "linux")
RIGHT = (("a.py", toys.HONEST),)
ENDLESS = (("a.py", "def double(x):\n    while True:\n        pass\n"),)

pytestmark = pytest.mark.slow


def family() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


@pytest.mark.parametrize("started", [1, 2, 3])
def test_each_judge_has_a_jail(double, started):
    """However many zygotes were started before: who has none starts one, and what nobody wants leaves."""
    before = family()
    with (
        Start("zygote", confined=TERMS.confined, count=started) as start,
        judges(2, TERMS, [double], start) as (executor, score, number, walls),
    ):
        assert number == 2
        assert walls[0].in_force
        asked = [executor.submit(score, RIGHT, [("double", 0)]) for _ in range(4)]
        assert {future.result()["double"] for future in asked} == {asked[0].result()["double"]}
        assert '"points": 4' in asked[0].result()["double"].report
        of_judges = [each for each in psutil.Process().children() if each not in before]
        assert len(of_judges) == 3  # two judges, and what has started the zygotes
    assert family() == before


def test_a_judge_that_is_ended_from_outside(double):
    """Ends the run with a sentence; nothing is taken for a result, and nobody is left behind."""
    before = family()

    def end_it() -> None:
        with judges(1, TERMS, [double], None) as (executor, score, _, _):
            future = executor.submit(score, ENDLESS, [("double", 0)])
            own = psutil.Process().children()
            judge = next(each for each in own if each not in before and "zygote" not in names(each))
            time.sleep(0.5)
            os.kill(judge.pid, signal.SIGKILL)
            future.result()

    with pytest.raises(JailError, match="was ended from outside"):
        end_it()
    assert family() == before


def names(process: psutil.Process) -> str:
    return " ".join(process.cmdline())


def test_who_leaves_does_not_wait(double):
    """An answer that runs on and on is ended when the run is."""
    before = family()
    begun = time.monotonic()

    def leave() -> None:
        patient = Terms(b"s", {}, Limits(seconds=600), TERMS.confined)
        with judges(1, patient, [double], None) as (executor, score, _, _):
            executor.submit(score, ENDLESS, [("double", 0)])
            time.sleep(0.5)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        leave()
    assert time.monotonic() - begun < 300
    assert family() == before


def test_what_goes_wrong_in_a_judge_goes_wrong_here(double):
    """An exception comes out with its traceback, and the judge goes on."""
    with judges(1, TERMS, [double], None) as (executor, score, _, _):
        with pytest.raises(KeyError, match="triple") as error:
            executor.submit(score, RIGHT, [("triple", 0)]).result()
        assert "by_name[name]" in error.value.__notes__[0]
        assert '"points": 4' in executor.submit(score, RIGHT, [("double", 0)]).result()["double"].report
