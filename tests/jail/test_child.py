"""The judge's end of a conversation, without any child: the test says what a child says, and when."""

from __future__ import annotations

import json
import os
import socket
from collections import deque

import pytest
import toys
from torch import tensor

from coursekit.exercise import Stopped
from coursekit.jail import child as module
from coursekit.jail.child import Child
from coursekit.jail.ending import Clock
from coursekit.jail.process import Process, ZygoteGone
from coursekit.jail.terms import Limits
from coursekit.report import Outcome
from coursekit.wire import Answer, Problem, Question, frames
from coursekit.wire.frames import encode_answer, encode_question

pytestmark = pytest.mark.skipif(os.name != "posix", reason="submissions run in forked processes")

ONE, TWO = Question((tensor([1.0]),)), Question((tensor([2.0]),), wrt=(0,))
FIRST, SECOND = Answer(tensor([10.0])), Answer(tensor([20.0]), (tensor([3.0]),))


def failing(kind: str, message: str = "") -> bytes:
    return encode_answer(Answer(problem=Problem(kind, message)))


class Other:
    """A child, as its judge has it, and the other end of all its lines, which is the test's.

    Attributes:
        child: what is tested.
        order: what the zygote was told at the start.
        zygote: its end of the control socket.
    """

    def __init__(self, late: bool) -> None:
        self._control, self.zygote = socket.socketpair()
        self.child = Child(self._control, Limits(seconds=2.0), Clock(60.0))
        self.child.begin((("1", "x = 1"),), ("softmax",), ("double", "triple"), late=late)
        said, (conversation, self.output), _, _ = socket.recv_fds(self.zygote, 1 << 12, 2)
        self.order = json.loads(said)
        self._conversation = socket.socket(fileno=conversation)

    def heard(self) -> tuple[dict[str, object], bytes]:
        """The next frame that the child is sent: its header and its body."""
        header, body = frames.lengths(self._conversation.recv(8))
        return json.loads(self._conversation.recv(header)), self._conversation.recv(body) if body else b""

    def say(self, *said: bytes) -> None:
        self._conversation.sendall(b"".join(said))

    def hang_up(self) -> None:
        """The child is gone with exit status 0."""
        self._conversation.close()
        self.zygote.sendall(b'{"waited": 0.0, "status": 0, "cpu": 0.0}\n')

    def close(self) -> None:
        self._conversation.close()
        os.close(self.output)
        self.zygote.close()
        self.child.end()
        self._control.close()


@pytest.fixture(params=[False, True])
def other(request, strict_time):
    """A conversation that has begun, with a child as most have it and with one that has all that few need."""
    other = Other(request.param)
    assert other.order["late"] is request.param
    yield other
    other.close()


def test_it_begins(other):
    """The zygote is told the rules and the limits, the child its cells and what is asked for."""
    rest = {key: value for key, value in other.order.items() if key not in ("run", "late")}
    assert rest == {"cpu": 3, "memory": Limits().memory, "forbids": ["softmax"]}
    assert other.heard() == ({"cells": [["1", "x = 1"]], "exercises": ["double", "triple"]}, b"")
    assert not other.child.has_run
    assert not other.child.lacks
    assert not other.child.is_starved
    assert not other.child.is_over


def test_questions_and_answers(other):
    """What was sent ahead is answered first, and kept; with the next exercise all that is left over is gone."""
    child, double = other.child, toys.make_double()
    other.heard()
    child.turn_to(double, {"triple": "text"})
    assert other.heard() == ({"function": "double", "instead": {"triple": "text"}}, b"")
    child.send([encode_question(ONE), encode_question(ONE)])
    other.say(encode_answer(FIRST), failing("raised"), encode_answer(SECOND))
    answer = child(TWO)
    assert (answer.value, answer.gradients) == (tensor([20.0]), (tensor([3.0]),))
    assert [other.heard()[1] for _ in range(3)] == [tensor([x]).numpy().tobytes() for x in (1.0, 1.0, 2.0)]
    assert child.read(child.reply(), ONE).value == 10
    child.send([encode_question(ONE)])
    other.say(encode_answer(SECOND))  # nobody waits for it
    child.turn_to(double)
    child.send([encode_question(ONE)])
    other.say(encode_answer(FIRST))
    assert child.reply() == encode_answer(FIRST)


def test_what_it_has_run(other):
    """Something of the learner's, unless the answer says otherwise: of this exercise, and of no earlier one."""
    child, double = other.child, toys.make_double()
    for reply, has_run in (
        (failing("stub"), False),
        (failing("missing"), False),
        (failing("raised"), True),
        (failing("stub"), True),  # what has run once
        (encode_answer(FIRST), True),
    ):
        child.turn_to(double) if reply == encode_answer(FIRST) else child._begin_to_wait()
        assert child.has_run is (has_run and reply == failing("stub"))
        other.say(reply)
        child(ONE)
        assert child.has_run is has_run
    assert not child.lacks
    other.say(failing("raised", "ImportError: no"), failing("broken", "ModuleNotFoundError: No module named 'x'"))
    child(ONE)
    assert not child.lacks
    child(ONE)
    assert child.lacks is not other.order["late"]  # who has all of them already lacks none
    other.say(failing("raised"))
    child(ONE)
    assert child.lacks is not other.order["late"]


def test_what_it_leans_on(other):
    """Those that the child names, in the order in which they were asked for."""
    other.heard()
    other.say(failing("leans", "triple softmax none"), encode_answer(FIRST))
    assert other.child.leans_on("double", ("softmax", "other", "triple")) == ("softmax", "triple")
    assert other.heard()[0] == {"leans": "double", "others": ["softmax", "other", "triple"]}
    assert other.child.leans_on("double", ("softmax",)) == ()


@pytest.mark.parametrize("reply", [b"\xff" * 8, encode_answer(SECOND), frames.pack({"value": None}, [])])
def test_what_is_no_answer(other, reply):
    """A frame that breaks the rules, or has a gradient that nobody asked for, ends the child's exercises."""
    other.child._begin_to_wait()
    other.say(reply, encode_answer(FIRST))
    for _ in range(2):
        with pytest.raises(Stopped, match="not an answer") as stopped:
            other.child(ONE)
        assert stopped.value.outcome is Outcome.ERROR
    assert other.child.is_over


def test_a_child_that_is_gone(other):
    """What it has said counts, then why it is gone."""
    other.child._begin_to_wait()
    other.say(encode_answer(FIRST))
    other.hang_up()
    assert other.child(ONE).value == 10
    for _ in range(2):
        with pytest.raises(Stopped, match="ended its own process"):
            other.child(ONE)


def test_a_zygote_that_is_gone(other):
    """Nobody knows why the child is, too."""
    other.child._begin_to_wait()
    other.child._gone = (-1, 0.0)
    with pytest.raises(ZygoteGone):
        other.child(ONE)


# ---- how long it is waited for -----------------------------------------------------------------------------------


class Script:
    """What comes of waiting, time after time: the seconds it takes, and what can be read then, if anything."""

    def __init__(self, monkeypatch, *events, waited=(), awaited=0):
        self.now, self.until, self.slept, self.killed = 100.0, [], [], 0
        self.events, self.waited = deque(events), deque(waited)
        monkeypatch.setattr(module.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(module.time, "sleep", self.slept.append)
        monkeypatch.setattr(Process, "_ask_waited", lambda _: self.waited.popleft() if self.waited else 0.0)
        monkeypatch.setattr(Process, "_kill", lambda _: setattr(self, "killed", self.killed + 1))
        monkeypatch.setattr(Process, "_wait", lambda _, until, *others: self.wait(until, *others))
        monkeypatch.setattr(Process, "_why_gone", lambda _: Stopped(Outcome.ERROR, "gone"))
        self.child = Child(self, Limits(seconds=2.0), Clock(60.0))
        for mine in (self.child._conversation, self.child._theirs):
            mine.close()
        for pipe in (self.child._output, self.child._their_output):
            os.close(pipe)
        self.child._conversation = self
        self.child._begin_to_wait()
        self.child._awaited = awaited

    def wait(self, until, *others):
        self.until.append(round(until - 100, 6))
        seconds, self.ready = self.events.popleft()
        self.now = round(self.now + seconds, 6)
        return [] if self.ready is None else list(others)

    def send(self, said):
        return len(said)

    def recv(self, size):
        assert size == 1 << 16
        if isinstance(self.ready, bytes):
            return self.ready
        raise self.ready


def test_what_began_in_time_is_read_to_its_end(monkeypatch):
    """The rest of an answer has 0.2 s from when it is seen that time is over."""
    script = Script(monkeypatch, (1.0, b"abc"), (1.5, None), (0.1, b"de"), (0.0, b"f"))
    assert script.child._receive(6) == b"abcdef"
    assert script.until == [2.0, 2.0, 2.7, 2.7]
    assert script.child._pieces == 2
    assert script.child._receive(4) == b"abcd"  # it stays until it is taken
    assert (script.slept, script.killed) == ([], 0)


@pytest.mark.parametrize(
    ("events", "until"),
    [
        ([(2.0, None), (0.1, None), (0.0, None)], [2.0, 2.0, 2.1]),  # at the very deadline it has not lost
        ([(1.0, b"a"), (1.1, None), (0.1, None), (0.1, None)], [2.0, 2.0, 2.3, 2.3]),
    ],
)
def test_patience_is_lost(monkeypatch, events, until):
    """Where nothing has begun to come at once, else 0.2 s later; it is ended, and the exercise is."""
    script = Script(monkeypatch, *events)
    for _ in range(2):
        with pytest.raises(Stopped) as stopped:
            script.child(ONE)
        assert stopped.value.outcome is Outcome.TIMEOUT
    assert (script.until, script.killed) == (until, 1)
    assert not script.child.is_starved


def test_a_busy_machine_gives_more_time(monkeypatch):
    """What it has waited for a processor is added; from then on it is as if nothing had been late."""
    events = [(2.5, b"a"), (0.2, None), (2.4, None), (0.1, b"b"), (0.1, None)]
    script = Script(monkeypatch, *events, waited=[3.0])
    script.child._pieces = 7
    with pytest.raises(Stopped) as stopped:
        script.child._receive(8)
    assert stopped.value.outcome is Outcome.TIMEOUT
    assert script.until == [2.0, 2.7, 5.0, 5.3, 5.3]
    assert (script.child._pieces, script.killed, script.child.is_starved) == (1, 1, False)
    starved = Script(monkeypatch, (12.0, None), (0.0, None), waited=[11.0])
    with pytest.raises(Stopped) as stopped:
        starved.child._receive(8)
    assert stopped.value.outcome is Outcome.STARVED
    assert starved.child.is_starved


def test_a_drip_does_not_buy_time(monkeypatch):
    """So many pieces are read after the deadline, and no more."""
    script = Script(monkeypatch, (3.0, None), *[(0.0, b"a")] * 1_000, (0.1, b"b"), (0.1, b"b"))
    with pytest.raises(Stopped):
        script.child._receive(2_000)
    assert script.child._incoming == b"a" * 1_000


@pytest.mark.parametrize(("awaited", "slept"), [(10, []), (11, [0.001])])
def test_many_replies_gather(monkeypatch, awaited, slept):
    """While there is time, and more than ten are awaited."""
    script = Script(monkeypatch, (0.1, b"a"), awaited=awaited)
    script.child._receive(1)
    assert script.slept == slept
    late = Script(monkeypatch, (3.0, None), (0.1, b"a"), awaited=awaited)
    late.child._receive(1)
    assert late.slept == []


def test_reading_that_fails(monkeypatch):
    """Nothing there after all: it is waited for again. An end, in whatever way, is one."""
    assert Script(monkeypatch, (0.1, BlockingIOError()), (0.1, b"a")).child._receive(1) == b"a"
    for ready in (ConnectionResetError(), b""):
        with pytest.raises(Stopped, match="gone"):
            Script(monkeypatch, (0.1, b"a"), (0.1, ready)).child._receive(2)
    printed = Script(monkeypatch, (0.1, b"a"))
    printed.child._stopped = Stopped(Outcome.ERROR, "It printed too much.")
    with pytest.raises(Stopped, match="printed"):
        printed.child._receive(1)
    assert not printed.child._incoming
