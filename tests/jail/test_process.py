"""How a child begins and ends, and what judge and zygote tell each other: the test is the zygote and the system."""

from __future__ import annotations

import json
import os
import socket
from collections import deque
from types import SimpleNamespace

import pytest

from coursekit.jail import process as module
from coursekit.jail.ending import Clock
from coursekit.jail.process import Process, ZygoteGone, line
from coursekit.jail.terms import Limits
from coursekit.report import Outcome

pytestmark = pytest.mark.skipif(os.name != "posix", reason="submissions run in forked processes")

ENDED = {"waited": 1.5, "status": 0, "cpu": 0.25}


class Line:
    """One end of a conversation that takes notes, and gives what it was given to give: bytes, or an error."""

    def __init__(self):
        self.sent, self.to_come, self.takes = [], deque(), deque()

    def recv(self, size):
        return self._next(self.to_come)

    def send(self, said):
        taken = self._next(self.takes) if self.takes else len(said)
        self.sent.append(bytes(said[:taken]))
        return taken

    @staticmethod
    def _next(events):
        event = events.popleft()
        if isinstance(event, Exception):
            raise event
        return event

    def close(self):
        self.sent.append("closed")


class World:
    """A process without any process: the system's clock, what can be read and when, and all that is asked for.

    Attributes:
        events: what comes of waiting, time after time: the seconds it takes, and what can be read or written then.
        asked: what was waited for: for reading, for writing, and how long.
    """

    def __init__(self, monkeypatch, **limits):
        self.now, self.events, self.asked = 100.0, deque(), []
        self.control, self.conversation = Line(), Line()
        self.process = Process(self.control, Limits(**limits), Clock(60.0))
        for each in (self.process._conversation, self.process._theirs):
            each.close()
        os.close(self.process._their_output)
        self.printing = self.process._output
        self.process._conversation = self.conversation
        monkeypatch.setattr(module.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(module, "select", SimpleNamespace(select=self.select))

    def select(self, reading, writing, failing, seconds):
        assert failing == []
        names = {id(self.control): "control", id(self.conversation): "conversation", self.printing: "output"}
        self.asked.append(([names.get(id(each), names.get(each)) for each in reading], len(writing), round(seconds, 6)))
        after, *ready = self.events.popleft()
        self.now += after
        places = {"control": self.control, "conversation": self.conversation, "output": self.printing}
        able = [self.conversation] if "writing" in ready else []
        return [places[name] for name in ready if name != "writing"], able, []

    def orders(self):
        return [json.loads(said) for said in self.control.sent]


@pytest.fixture
def world(monkeypatch):
    """One whose processes may print ten bytes and compute for two seconds."""
    world = World(monkeypatch, seconds=2.0, output=10)
    yield world
    monkeypatch.undo()
    os.close(world.printing)


def hears(world, *messages):
    """The zygote says that."""
    world.control.to_come += [message if isinstance(message, bytes) else line(message) for message in messages]


# ---- the beginning -----------------------------------------------------------------------------------------------


def test_it_is_ordered():
    """The zygote is told its number, what it may use, and whatever else; and is given the other ends."""
    control, zygote = socket.socketpair()
    first, second = (Process(control, Limits(seconds=2.9, memory=7), Clock(60.0)) for _ in range(2))
    second.start(forbids=["softmax"])
    said, fds, _, _ = socket.recv_fds(zygote, 1 << 12, 3)
    order = json.loads(said)
    assert order == {"run": second._number, "cpu": 3, "memory": 7, "forbids": ["softmax"]}
    assert second._number == first._number + 1
    assert said.endswith(b"\n")
    with pytest.raises(BlockingIOError):
        second._conversation.recv(9)
    there = socket.socket(fileno=fds[0])
    there.send(b"hello")
    os.write(fds[1], b"printed")
    assert second._conversation.recv(9) == b"hello"
    assert os.read(second._output, 9) == b"printed"
    there.close()
    os.close(fds[1])
    assert second._conversation.recv(9) == b""  # nobody else has that end
    assert os.read(second._output, 9) == b""
    assert not second.is_over
    zygote.close()
    first.start()
    assert first._gone == (-1, 0.0)
    assert first.is_over
    for each in (first, second):
        each._conversation.close()
        os.close(each._output)
    control.close()


# ---- waiting -----------------------------------------------------------------------------------------------------


def test_what_is_waited_for(world):
    """The zygote while the child lives, its printing while it prints, and half a second at the most."""
    process = world.process
    world.events += [(0.1,), (0.1,), (0.1,), (0.1,), (0.1, "writing"), (0.1,)]
    assert process._wait(105.0) == []
    process._wait(100.3)
    process._wait(99.0, world.conversation)
    assert world.asked == [
        (["control", "output"], 0, 0.5),
        (["control", "output"], 0, 0.2),
        (["conversation", "control", "output"], 0, 0.0),
    ]
    process._outgoing += b"abc"
    process._wait(105.0)  # nobody speaks to it
    process._wait(105.0, world.conversation)
    assert [writing for _, writing, _ in world.asked[3:]] == [0, 1]
    assert (world.conversation.sent, process._outgoing) == ([b"abc"], b"")
    process._gone, process._printed = (0, 0.0), -1
    process._wait(105.0, world.conversation)
    assert world.asked[-1] == (["conversation"], 0, 0.5)


def test_what_it_is_told(world):
    """As much as it takes; the rest when it takes more. One that is gone is told nothing."""
    process, conversation = world.process, world.conversation
    conversation.takes += [2, BlockingIOError(), 3, BrokenPipeError()]
    process._say(b"abcde")
    process._say(b"f")
    assert (conversation.sent, process._outgoing) == ([b"ab"], b"cdef")
    process._flush()
    assert (conversation.sent, process._outgoing) == ([b"ab", b"cde"], b"f")
    process._flush()
    assert process._outgoing == b""


def test_it_may_print_so_much(world, monkeypatch):
    """And is ended for more, once; its end is no print."""
    process, pieces = world.process, deque([b"12345", b"67890", b"1", b"2", b""])
    monkeypatch.setattr(module.os, "read", lambda fd, size: pieces.popleft())
    world.events += [(0.1, "output")] * 5
    for _ in range(2):
        process._wait(105.0)
    assert (process._printed, process._stopped, world.orders()) == (10, None, [])
    for _ in range(2):
        process._wait(105.0)
    assert (process._printed, process._stopped.outcome) == (12, Outcome.ERROR)
    assert process.is_over
    assert world.orders() == [{"kill": process._number}]
    process._wait(105.0)
    assert process._printed == -1


@pytest.mark.parametrize(
    ("said", "gone", "waited"),
    [
        ([{"waited": 1.5}], None, 1.5),
        ([ENDED], (0, 0.25), 1.5),
        ([{**ENDED, "status": 9}], (9, 0.25), 1.5),
        ([line({"waited": 0.5}) + line(ENDED)], (0, 0.25), 1.5),
        ([line(ENDED)[:9], line(ENDED)[9:]], (0, 0.25), 1.5),
        ([line(ENDED)[:9]], None, None),
        ([b""], (-1, 0.0), None),
        ([ConnectionResetError()], (-1, 0.0), None),
    ],
)
def test_what_the_zygote_says(world, said, gone, waited):
    """Line by line, however it comes; if it says nothing more, it is gone, and the child with it."""
    world.control.to_come += [each if isinstance(each, bytes | Exception) else line(each) for each in said]
    world.events += [(0.1, "control")] * len(said)
    for _ in said:
        world.process._wait(105.0)
    assert (world.process._gone, world.process._waited) == (gone, waited)


@pytest.mark.parametrize(
    ("events", "said", "waited", "times"),
    [
        ([(0.1,), (0.1, "control")], [{"waited": 0.75}], 0.75, [0.5, 0.5]),
        ([(0.5,)] * 4, [], 0.0, [0.5] * 4),  # two seconds
        ([(0.1, "control")], [b""], 0.0, [0.5]),
    ],
)
def test_how_long_it_has_waited(world, events, said, waited, times):
    """The zygote is asked, and answers at once, or is gone."""
    world.process._waited = 9.0  # an old answer
    world.events += events
    hears(world, *said)
    assert world.process._ask_waited() == waited
    assert [seconds for *_, seconds in world.asked] == times
    assert world.orders() == [{"waited": world.process._number}]


def test_orders_to_a_zygote_that_is_gone(world):
    """Then the child is as well."""
    world.control.takes.append(BrokenPipeError())
    world.process._kill()
    assert world.process._gone == (-1, 0.0)


# ---- the end -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("events", "said", "well", "orders", "waited"),
    [
        ([(0.1, "control")], [ENDED], True, 0, 1.5),
        ([(0.2,), (0.1, "control")], [ENDED], True, 1, 1.5),  # it lives on, and is killed
        ([(0.2,), *[(0.5,)] * 4], [], False, 1, 0.0),
        ([(0.1, "control")], [b""], False, 0, 0.0),
        ([(0.1, "control")], [{"waited": 0.5, "status": 9, "cpu": 0.0}], True, 0, 0.5),
    ],
)
def test_it_is_ended(world, monkeypatch, events, said, well, orders, waited):
    """Hung up on, waited for, killed if need be; what it has waited is its submission's."""
    closed = []
    monkeypatch.setattr(module.os, "close", closed.append)
    world.events += events
    hears(world, *said)
    world.process._clock.waited = 0.0
    assert world.process.end() is well
    assert world.conversation.sent == ["closed"]
    assert world.orders() == [{"kill": world.process._number}] * orders
    assert closed == [world.printing]
    assert world.process._clock.waited == waited
    assert not world.events


@pytest.mark.parametrize("error", [OSError(), ValueError()])
def test_it_is_ended_while_the_jail_closes(world, monkeypatch, error):
    """Nothing can be read any more, and nobody is told so."""
    monkeypatch.setattr(module.os, "close", lambda _: None)
    monkeypatch.setattr(Process, "_wait", lambda *_: (_ for _ in ()).throw(error))
    assert not world.process.end()


@pytest.mark.parametrize(
    ("events", "said", "outcome", "orders"),
    [
        ([(0.1, "control")], [ENDED], "ended its own process", 0),
        ([(0.5,), (0.1, "control")], [{**ENDED, "status": 9}], "closed the descriptors", 1),
        ([(0.1, "control")], [{**ENDED, "status": 9}], "ran out of memory", 0),
        ([(0.5,), *[(0.5,)] * 4], [], None, 1),
        ([(0.1, "control")], [b""], None, 0),
    ],
)
def test_why_it_is_gone(world, events, said, outcome, orders):
    """By its end, if it has one within half a second; a zygote that is gone is nobody's fault."""
    world.events += events
    hears(world, *said)
    if outcome is None:
        with pytest.raises(ZygoteGone):
            world.process._why_gone()
    else:
        assert outcome in world.process._why_gone().rationale
    assert world.orders() == [{"kill": world.process._number}] * orders
    assert not world.events


def test_what_was_printed_is_why(world):
    """It was ended for that, whatever else is known."""
    world.process._stopped = stopped = module.ending.printed(Limits())
    assert world.process._why_gone() is stopped
