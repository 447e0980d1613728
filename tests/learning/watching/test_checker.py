"""The warm process is begun, asked, and begun anew when it is gone."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from test_package import WINDOWS

from coursekit.errors import CommandError
from coursekit.learning.watching import checker, orders
from coursekit.learning.watching.checker import Checker
from coursekit.learning.watching.orders import Order, Result, answer_of, line

# Answers at once, without torch; what it is asked tells what it is to do
FAKE = """
import sys, time
from coursekit.learning.watching import orders

def say(message):
    sys.stdout.buffer.write(orders.line(message))
    sys.stdout.buffer.flush()

say([])
for line in sys.stdin.buffer:
    order = orders.order_of(line)
    if order.ended:
        say(orders.Result(order.number, order.exercise, problem="ended: " + order.ended))
    elif order.exercise == "dies":
        sys.exit(3)
    elif order.exercise == "sticks":
        time.sleep(60)
    else:
        say(orders.Result(order.number, order.exercise))
"""


async def heard(program, *exercises, seconds: float = 20.0) -> list[str]:
    """What comes of checks that are asked for, each once the one before has an answer."""
    found: list[str] = []
    came = asyncio.Event()

    def hear(answer):
        if isinstance(answer, Result):
            found.append(answer.problem or answer.exercise)
            came.set()

    checking = Checker(hear)
    running = asyncio.ensure_future(checking.run())
    try:
        for exercise in exercises:
            came.clear()
            checking.order(Path("mine.py"), exercise, follows=False)
            await asyncio.wait(
                [running, asyncio.ensure_future(came.wait())], timeout=seconds, return_when=asyncio.FIRST_COMPLETED
            )
            if running.done():
                running.result()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    return found


@pytest.fixture
def program(monkeypatch):
    """Puts another program in the place of the warm process."""

    def put(text: str) -> None:
        monkeypatch.setattr(checker, "_PROGRAM", ("-c", text))

    return put


def test_a_process_that_dies(program):
    """The order that it had is said to have ended it; the next process takes the orders that follow."""
    program(FAKE)
    assert asyncio.run(heard(FAKE, "a", "dies", "b", "dies")) == ["a", "ended: error", "b", "ended: error"]


def test_a_process_that_sticks(program, monkeypatch):
    """It is ended when its time is over, and the order is said to have taken too long."""
    program(FAKE)
    monkeypatch.setattr(orders, "SECONDS", 0.2)
    monkeypatch.setattr(checker, "_GRACE", 0.0)
    assert asyncio.run(heard(FAKE, "a", "sticks", "b")) == ["a", "ended: timeout", "b"]


def test_a_process_that_cannot_begin(program):
    """What Python said of it is told."""
    program("raise ImportError('no torch here')")
    with pytest.raises(CommandError, match="could not begin: ImportError: no torch here"):
        asyncio.run(heard(None, "a"))


def test_only_the_newest_order_counts(program):
    """An answer to an order that has been replaced is none."""
    program(FAKE)
    found = []

    async def ask():
        checking = Checker(lambda answer: found.append(answer) if isinstance(answer, Result) else None)
        running = asyncio.ensure_future(checking.run())
        for exercise in "abc":
            checking.order(Path("mine.py"), exercise, follows=True)
        while not found:
            await asyncio.sleep(0.01)
        for exercise in "de":
            checking.order(Path("mine.py"), exercise, follows=True)
        while len(found) < 2:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(asyncio.wait_for(ask(), 20))
    assert [result.exercise for result in found] == ["c", "e"]


@pytest.mark.slow
def test_without_fork(tmp_path):
    """On Windows the answers are checked in the warm process itself, one after the other."""
    path = tmp_path / "mine.py"
    begin = f"{WINDOWS}\nfrom coursekit.learning.watching import warm\nwarm.main()"
    with subprocess.Popen(
        [sys.executable, "-c", begin, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:

        def ask(number: int, body: str):
            path.write_text(f"def squared_error(prediction, target):\n    {body}\n", encoding="utf-8")
            process.stdin.write(line(Order(number, str(path), "squared_error")))
            process.stdin.flush()
            answer = process.stdout.readline()
            return answer_of(answer) if answer else None

        assert len(answer_of(process.stdout.readline())) > 90
        wrong = ask(1, "print('hello'); return prediction - target")
        assert (wrong.report.outcome, wrong.printed.splitlines()[0]) == ("failed", "hello")
        assert ask(2, "return (prediction - target) ** 2").report.outcome == "passed"
        assert ask(3, "import os; os._exit(5)") is None
        process.stdin.close()
        assert process.wait(10) == 5
