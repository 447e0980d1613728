"""The zygote and its child, step by step in the tests' own process: the system takes notes, and nothing is forked."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from collections import deque
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
import torch
from torch import tensor

from coursekit.jail.inside import zygote
from coursekit.jail.inside.source import Source, SourceError
from coursekit.wire import Problem, Question, frames
from coursekit.wire.frames import encode_question

pytestmark = pytest.mark.skipif(os.name != "posix", reason="submissions run in forked processes")


class Gone(BaseException):
    """In the place of the end of a process."""


class System:
    """What the zygote takes for the module `os`: notes what it is asked for, and is the real one in all else."""

    def __init__(self):
        self.noted = []
        for name in ("kill", "killpg", "dup2", "closerange", "setsid"):
            setattr(self, name, lambda *given, name=name: self.noted.append((name, *given)))

    def __getattr__(self, name):
        return getattr(os, name)

    def _exit(self, status):
        self.noted.append(("exit", status))
        raise Gone


@pytest.fixture
def system(monkeypatch):
    """The system that the zygote meets."""
    system = System()
    monkeypatch.setattr(zygote, "os", system)
    return system


@pytest.fixture
def asked(system):
    """All that the system is asked for."""
    return system.noted


# ---- how children end --------------------------------------------------------------------------------------------


def test_a_child_is_ended_with_all_it_started(system, asked):
    """Its session as well; one that is gone already is no error, and 0 is nobody."""
    zygote._end(0)
    assert asked == []
    zygote._end(7)
    assert asked == [("kill", 7, signal.SIGKILL), ("killpg", 7, signal.SIGKILL)]
    for name in ("kill", "killpg"):

        def gone(*given, name=name):
            asked.append((name, *given))
            raise ProcessLookupError

        setattr(system, name, gone)
    zygote._end(8)
    assert asked[2:] == [("kill", 8, signal.SIGKILL), ("killpg", 8, signal.SIGKILL)]


@pytest.mark.parametrize(
    ("ends", "left", "told"),
    [
        ([(0, 0)], 7, []),  # nobody has ended
        ([(9, 1), (0, 0)], 7, []),  # a grandchild
        ([(7, 256), (0, 0)], 0, [{"status": 256, "cpu": 0.75, "waited": 1.5}]),
        ([(9, 1), (7, 9), (8, 1)], 0, [{"status": 9, "cpu": 0.75, "waited": 1.5}]),
    ],
)
def test_the_judge_is_told_of_an_end(monkeypatch, system, asked, ends, left, told):
    """Of its child's, with what it has computed and waited."""
    ends, judge = deque(ends), []

    def wait4(pid, how):
        assert (pid, how) == (-1, os.WNOHANG)
        if not ends:
            raise ChildProcessError
        return (*ends.popleft(), SimpleNamespace(ru_utime=0.5, ru_stime=0.25))

    system.wait4 = wait4
    monkeypatch.setattr(zygote, "waited", lambda pid: 1.5 if pid == 7 else None)
    assert zygote._report(7, SimpleNamespace(sendall=judge.append)) == left
    assert [json.loads(said) for said in judge] == told
    assert asked == ([("kill", 7, signal.SIGKILL), ("killpg", 7, signal.SIGKILL)] if told else [])
    assert not ends


# ---- what a child answers ----------------------------------------------------------------------------------------


class Talk:
    """The child's end of a conversation in which all was said beforehand."""

    def __init__(self, *frames_):
        self.heard, self.said = deque(frames_), []

    def hear(self):
        if not self.heard:
            raise Gone
        packed = self.heard.popleft()
        header, _ = frames.lengths(packed[:8])
        return json.loads(packed[8 : 8 + header]), packed[8 + header :]

    def say(self, frame):
        self.said.append(frame)

    def end(self, problem):
        raise Gone


def converse(text, *said, names=()):
    """The answers to what is said of a source, each with the wrt it was asked for."""
    talk = Talk(frames.pack({"cells": [("1", text)], "exercises": ["double", "helper"]}, []), *said)
    by_hand = zygote.Disarmed(names).by_hand
    with pytest.raises(Gone):
        zygote._converse(talk, by_hand)
    assert by_hand.told == talk.end
    answers = []
    for frame in talk.said:
        header, _ = frames.lengths(frame[:8])
        answers.append(frames.decode_answer(frame[8 : 8 + header], frame[8 + header :], ()))
    return answers


def turn(name, **instead):
    return frames.pack({"function": name, "instead": instead}, [])


ASK = encode_question(Question((tensor([3.0]),)))
TEXT = "def helper(x):\n    return 2 * x\n\ndef double(x):\n    return helper(x)\n"


def test_questions_are_answered():
    """By the function that is meant, as the learner has written it, or with another one in a helper's place."""
    said = converse(
        TEXT, turn("double"), ASK, turn("double", helper="def helper(x):\n    return 7 * x\n"), ASK, turn("helper"), ASK
    )
    assert [answer.value.tolist() for answer in said] == [[6], [21], [6]]


def test_what_leans():
    """In a child in which nothing has run; what cannot be read leans on nothing."""
    ask = frames.pack({"leans": "double", "others": ["other", "helper"]}, [])
    assert converse(TEXT, ask, turn("double"), ASK)[0].problem == Problem("leans", "helper")
    assert converse("def double(:", ask)[0].problem == Problem("leans", "")


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("def double(x):\n    raise NotImplementedError\n", "stub", ""),
        ("def other(x):\n    return x\n", "missing", "double"),
        (
            "import nowhere_at_all\n" + TEXT.replace("2 * x", "nowhere_at_all.f(x)"),
            "broken",
            "Loading it raised Module",
        ),
        ("def double(:", "broken", "line 1"),
        ("def double(x):\n    return 1 / 0\n", "raised", "ZeroDivisionError"),
    ],
)
def test_what_gives_no_value(text, kind, said):
    """Why not; every question is told so, and nothing else is."""
    answers = converse(text, turn("double"), ASK, ASK)
    assert [answer.problem.kind for answer in answers] == [kind] * 2
    assert all(said in answer.problem.message for answer in answers)


def test_an_answer_that_cannot_be_sent(monkeypatch):
    """Is a problem, and the next one is asked for."""
    encode = frames.encode_answer
    monkeypatch.setattr(
        zygote.frames, "encode_answer", lambda reply: encode(reply) if reply.problem else encode(None.nothing)
    )
    (answer,) = converse(TEXT, turn("double"), ASK)
    assert answer.problem.kind == "raised"
    assert "'nothing'" in answer.problem.message


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (SourceError("missing", "why"), Problem("missing", "why")),
        (MemoryError("much"), Problem("memory", "MemoryError: much")),
        (KeyError("a"), Problem("broken", "Loading it raised KeyError: 'a'.")),
    ],
)
def test_why_nothing_is_loaded(monkeypatch, error, problem):
    """In the source's own words; memory is memory."""
    assert zygote._why_not_loaded(error) == problem
    monkeypatch.setattr(Source, "__init__", lambda *_: (_ for _ in ()).throw(error))
    read = zygote._read({"cells": [["1", "x"]], "exercises": []})
    assert read == problem
    assert zygote._load(read, "double", None, {}) == (None, problem)


# ---- its conversation --------------------------------------------------------------------------------------------


@pytest.fixture
def line(monkeypatch):
    """A child's conversation, and the judge's end of it."""
    judge, theirs = socket.socketpair()
    monkeypatch.setattr(zygote, "_CONVERSATION", theirs.detach())
    conversation = zygote._Conversation()
    own = conversation._socket
    yield conversation, judge
    own.close()
    judge.close()


def test_frames_are_cut_out_of_what_is_said(line, asked, monkeypatch):
    """Many in a chunk, and one in many; when the judge hangs up, the process ends."""
    conversation, _ = line
    one, two = frames.pack({"one": 1}, [tensor([1.0])]), frames.pack({"two": 2}, [])
    chunks = deque([one + two + one[:3], one[3:], b""])
    monkeypatch.setattr(conversation, "_socket", SimpleNamespace(recv=lambda size: chunks.popleft(), close=int))
    body = tensor([1.0]).numpy().tobytes()
    assert [conversation.hear() for _ in range(3)] == [({"one": 1}, body), ({"two": 2}, b""), ({"one": 1}, body)]
    with pytest.raises(Gone):
        conversation.hear()
    assert asked == [("exit", 0)]


def test_what_ends_a_conversation(line, asked):
    """It is said first."""
    conversation, judge = line
    with pytest.raises(Gone):
        conversation.end(Problem("forbidden", "softmax"))
    said = judge.recv(1 << 10)
    header, _ = frames.lengths(said[:8])
    assert frames.decode_answer(said[8 : 8 + header], b"", ()).problem == Problem("forbidden", "softmax")
    assert asked == [("exit", 0)]


# ---- what a child has --------------------------------------------------------------------------------------------


def test_the_course_is_hidden(monkeypatch):
    """From whoever imports it; what has been imported goes on working."""
    monkeypatch.setattr(sys, "path", ["", "/course", "/lib", str(Path.cwd()), "/other"])
    monkeypatch.setattr(sys, "modules", {"coursekit": 1, "coursekit.wire": 2, "coursekitten": 3, "os": 4})
    zygote._hide_the_course("/course")
    assert sys.path == ["/lib", "/other"]
    assert sys.modules == {"coursekit": None, "coursekitten": 3, "os": 4}


@pytest.fixture
def modules(monkeypatch):
    """Modules that are there, `there`, whose value is 1, and what takes long to import, which changes that to 2."""
    there, late, part = ModuleType("there"), ModuleType("late"), ModuleType("late.part")
    there.value = there.kept = 1

    def bring(name):
        assert name == "late"
        there.value = 2
        late.part, there.late = part, late
        sys.modules.update({"late": late, "late.part": part})

    monkeypatch.setattr(zygote, "_LATE", ("late",))
    monkeypatch.setattr(zygote.importlib, "import_module", bring)
    monkeypatch.setattr(zygote, "load", lambda cells, name: None)
    monkeypatch.setitem(sys.modules, "there", there)
    yield there, late
    for name in ("late", "late.part"):
        sys.modules.pop(name, None)


def test_what_was_brought_is_hidden(modules):
    """In a child that is confined: module, place in its package, and what it has changed elsewhere."""
    there, late = modules
    brought = zygote._Late()
    brought.bring()
    assert sys.modules["late"] is late
    brought.hide(confined=False)  # such a child has it, since it could have imported it
    assert sys.modules["late"] is late
    assert there.value == 2
    brought.hide(confined=True)
    assert {"late", "late.part"}.isdisjoint(sys.modules)
    assert (there.value, there.kept) == (1, 1)
    late.part = None  # it has another part meanwhile
    brought.hide(confined=True)


def test_a_part_is_taken_off_its_package(modules):
    """If it is there as the package's own, and the package stays."""
    there, _ = modules
    brought, part, another = zygote._Late(), ModuleType("there.part"), ModuleType("there.another")
    brought._modules = {"there.part": part, "there.another": another, "nowhere.part": part}
    there.part, there.another = part, "something else"
    brought.hide(confined=True)
    assert not hasattr(there, "part")
    assert there.another == "something else"


def test_who_is_not_confined_waits_for_it(modules):
    """It cannot be found before it was brought, however it is looked for."""
    zygote._Late().hide(confined=False)
    assert sys.modules["late"] is None


def test_compiled_is_as_it_is():
    """With and without options."""
    assert zygote._as_it_is(abs) is abs
    assert zygote._as_it_is(mode="fast")(abs) is abs


# ---- how it begins -----------------------------------------------------------------------------------------------


def begin(confinement, names=("softmax",)):
    order = {"cpu": 3, "memory": 7}
    return zygote.Begin(11, 12, order, SimpleNamespace(names=names), confinement, True, [])


@pytest.mark.parametrize("confined", [True, False])
def test_what_a_child_does_first(monkeypatch, system, asked, confined):
    """Rights, limits and walls, in this order; then it answers, and however that ends, the process does."""

    class Walls:
        def prepare(self, **given):
            asked.append(("prepare", given))

        def put_on(self):
            asked.append(("put on",))

    system.open = lambda path, how: ("opened", path, how)
    system.environ = {"SECRET": "x"}
    signals = SimpleNamespace(**vars(signal) | {"signal": lambda *given: asked.append(("signal", *given))})
    monkeypatch.setattr(zygote, "signal", signals)
    limit = lambda cpu, memory, **given: asked.append(("limit", cpu, memory, given))  # noqa: E731
    monkeypatch.setattr(zygote.confine, "limit", limit)
    monkeypatch.setattr(zygote.confine, "die_with_parent", lambda: asked.append(("dies with its parent",)))
    monkeypatch.setattr(zygote.guard, "put_on", lambda by_hand: asked.append(("guard", by_hand.names)))
    monkeypatch.setattr(zygote, "_Conversation", lambda: "conversation")
    monkeypatch.setattr(zygote, "_converse", lambda talk, by_hand: asked.append(("answers", talk, by_hand.names)))
    given = begin(Walls() if confined else None)
    with pytest.raises(Gone):
        zygote.child(given)
    assert given.confinement is None
    assert system.environ == {}
    assert asked == [
        *[("dup2", 12, 1), ("dup2", 12, 2), ("dup2", ("opened", os.devnull, os.O_RDONLY), 0)],
        *[("signal", signal.SIGCHLD, signal.SIG_DFL), ("setsid",)],
        ("limit", 3, 7, {"in_bubblewrap": True}),
        *([("prepare", {"in_bubblewrap": True})] if confined else []),
        ("dies with its parent",),
        *([("put on",)] if confined else []),
        *[("dup2", 11, 3), ("closerange", 4, 1 << 10), ("guard", ("softmax",))],
        *[("answers", "conversation", ("softmax",)), ("exit", 0)],
    ]
    asked.clear()
    monkeypatch.setattr(zygote, "_converse", lambda *_: 1 / 0)
    with pytest.raises(Gone):
        zygote.child(begin(None, names=()))
    assert asked[-1] == ("exit", 0)
    assert not any(name == "guard" for name, *_ in asked)


def test_one_zygote_becomes_several(monkeypatch, system, asked):
    """Each has its own socket, and ends with the first one; that waits for all of them."""
    closed, died, forks, waits = [], [], deque([5, 0]), deque([5, ChildProcessError])
    controls = [SimpleNamespace(close=lambda n=n: closed.append(n)) for n in range(3)]
    system.fork = forks.popleft
    monkeypatch.setattr(zygote.confine, "die_with_parent", lambda: died.append(True))
    assert zygote._one_of(controls[:1]) is controls[0]
    assert zygote._one_of(controls) is controls[1]
    assert (closed, died) == ([0, 2], [True])
    closed.clear()
    forks.extend([5, 6, 7])

    def wait():
        if waits[0] is ChildProcessError:
            raise ChildProcessError
        waits.popleft()

    system.wait = wait
    with pytest.raises(Gone):
        zygote._one_of(controls)
    assert (closed, died, asked) == ([0, 1, 2], [True], [("exit", 0)])


class Forbidding:
    """What takes functions away, for one rule after another."""

    def __init__(self, rule, noted):
        self.by_hand, self._noted = rule, noted

    def of(self, rule):
        self._noted.append(("rule", tuple(rule)))
        return Forbidding(tuple(rule), self._noted)

    def close_engines(self):
        self._noted.append("engines")

    def seal(self):
        return ["sealed"]


class Loop:
    """Runs `main` on orders that a judge has written: each is what one look at the sockets brings."""

    def __init__(self, monkeypatch, system, *looks, confined=True, forks=()):
        self.noted, self.sent, self.looks, self.forks = system.noted, [], deque(looks), deque(forks)
        self.control = SimpleNamespace(sendall=lambda said: self.sent.append(json.loads(said)))
        self.wake = SimpleNamespace(setblocking=self.note("blocking"), recv=self.note("recv"), fileno=lambda: 77)
        late = SimpleNamespace(bring=lambda: self.noted.append("brought"), hide=self.note("hide"))
        walls = SimpleNamespace(hide_from_children=lambda: self.noted.append("hidden"))
        sockets = SimpleNamespace(
            socket=lambda *, fileno: f"socket {fileno}",
            socketpair=lambda: (self.wake, self.wake),
            recv_fds=self.receive,
        )
        signals = {"signal": self.note("signal"), "set_wakeup_fd": self.note("wakeup")}
        rubbish = SimpleNamespace(**dict.fromkeys(("collect", "freeze", "enable", "disable"), int))
        for name, instead in {
            "_warm_up": lambda: self.noted.append("warm"),
            "_hide_the_course": self.note("course"),
            "_one_of": self.one_of,
            "_Late": lambda: late,
            "_report": lambda pid, control: self.noted.append(("report", pid)) or 0,
            "_end": self.note("end"),
            "Disarmed": lambda rule: Forbidding(rule, self.noted),
            "waited": lambda pid: pid / 2,
            "socket": sockets,
            "select": SimpleNamespace(select=self.select),
            "signal": SimpleNamespace(**vars(signal) | signals),
            "gc": rubbish,
        }.items():
            monkeypatch.setattr(zygote, name, instead)
        monkeypatch.setattr(zygote.memory, "settle", lambda *_, **__: ["settled"])
        monkeypatch.setattr(zygote.confine, "Confinement", lambda: walls)
        monkeypatch.setattr(zygote.confine, "in_bubblewrap", lambda outside: outside == "outside")
        monkeypatch.setattr(zygote.confine, "report", lambda found, outside: {"layers": found is walls})
        system.chdir, system.close, system.fork = self.note("chdir"), self.note("close"), self.fork
        settings = json.dumps({"confined": confined, "outside": "outside", "course": "/course"})
        monkeypatch.setattr(sys, "argv", ["zygote", "4,5", settings])
        self.walls = walls

    def note(self, what):
        return lambda *given, **more: self.noted.append((what, *given, *more.items()))

    def one_of(self, controls):
        self.noted.append(("controls", *controls))
        return self.control

    def select(self, reading, writing, failing):
        assert (reading, writing, failing) == ([self.control, self.wake], [], [])
        self.look = self.looks.popleft()
        ready = [self.wake] * ("child ended" in self.look)
        return (ready + [self.control] * any(isinstance(each, bytes) for each in self.look)), [], []

    def receive(self, control, size, most):
        assert (control, size, most) == (self.control, 1 << 16, 2)
        (said,) = (each for each in self.look if isinstance(each, bytes))
        return said, [each for each in self.look if isinstance(each, int)], 0, None

    def fork(self):
        self.noted.append("fork")
        return self.forks.popleft()


def orders(*each):
    return b"".join(json.dumps(order).encode() + b"\n" for order in each)


RUN = {"run": 3, "forbids": ["softmax"], "late": False}


def test_a_zygote_is_made_ready(monkeypatch, system):
    """What is made once: then the judge is told which layers hold, and hung up on it ends."""
    loop = Loop(monkeypatch, system, [b""])
    with pytest.raises(Gone):
        zygote.main()
    assert loop.sent == [{"layers": True}]
    assert loop.noted[:5] == ["warm", ("course", "/course"), ("chdir", "/"), "hidden", "engines"]
    assert loop.noted[5] == ("controls", "socket 4", "socket 5")
    assert loop.noted.count(("blocking", False)) == 2
    assert ("wakeup", 77) in loop.noted
    assert [each[1] for each in loop.noted if each[0] == "signal"] == [signal.SIGCHLD]
    assert loop.noted[-1] == ("exit", 0)
    plain = Loop(monkeypatch, system, [b""], confined=False)
    with pytest.raises(Gone):
        zygote.main()
    assert plain.sent == [{"ready": True}]
    assert plain.noted.count("hidden") == 1


def served(loop):
    """What came of orders, without what comes before them."""
    with pytest.raises(Gone):
        zygote.main()
    return loop.sent[1:], loop.noted[loop.noted.index(("wakeup", 77)) + 2 : -1]


def test_forks_are_served(monkeypatch, system):
    """One at a time: it is asked for, killed and ends under its own number, and its descriptors are not kept."""
    loop = Loop(
        monkeypatch,
        system,
        [orders(RUN), 21, 22],
        [orders({"kill": 2}, {"waited": 2}, {"waited": 3})],
        [orders({"kill": 3})],
        ["child ended"],
        [orders({"waited": 3})],
        [orders({**RUN, "run": 4, "forbids": []})[:9], "child ended"],
        [orders({**RUN, "run": 4, "forbids": []})[9:], 23, 24],
        [b""],
        forks=[30, 40],
    )
    sent, noted = served(loop)
    assert sent == [{"waited": 15.0}]
    assert noted == [
        *[("rule", ("softmax",)), "fork", ("close", 21), ("close", 22)],
        *[("end", 30), ("recv", 512), ("report", 30), ("recv", 512), ("report", 0)],
        *[("rule", ()), "fork", ("close", 23), ("close", 24)],
    ]


def test_what_few_need_is_brought(monkeypatch, system):
    """While torch is whole; the judge is told so."""
    sent, noted = served(Loop(monkeypatch, system, [orders({"bring": True})], [b""]))
    assert sent == [{"ready": True}]
    assert noted == [("rule", ()), "brought"]


def test_memory_is_laid_for_many_forks(monkeypatch, system):
    """When the judge says that there are many; the children hold what is laid."""
    loop = Loop(monkeypatch, system, [orders({"settle": True})], [orders(RUN), 21, 22], forks=[0])
    assert zygote.main().filling == ["settled", "sealed"]
    assert loop.sent[1:] == [{"ready": True}]


@pytest.mark.parametrize(("late", "confined"), [(False, True), (True, True), (False, False)])
def test_what_a_child_is_given(monkeypatch, system, late, confined):
    """Its descriptors and its order, the rule, the walls; what was brought is hidden from it, unless it needs it."""
    order = {**RUN, "late": late}
    loop = Loop(monkeypatch, system, [orders(order), 21, 22], confined=confined, forks=[0])
    given = zygote.main()
    assert (given.conversation, given.output, given.order, given.by_hand) == (21, 22, order, ("softmax",))
    assert given.confinement is (loop.walls if confined else None)
    assert given.in_bubblewrap
    assert given.filling[-1] == "sealed"
    assert ("wakeup", -1) in loop.noted
    assert [each for each in loop.noted if each[0] == "hide"] == ([] if late else [("hide", ("confined", confined))])


def test_a_gradient_of_ones_own():
    """What imports what it needs is a right one."""
    x = torch.ones(2, requires_grad=True)
    (zygote._Identity.apply(x) * tensor([2.0, 3.0])).sum().backward()
    assert x.grad.tolist() == [2, 3]
