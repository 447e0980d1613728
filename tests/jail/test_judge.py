"""Who is graded in which child, and who again: the children are the test's, and so is the zygote."""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from coursekit.exercise import Exercise, Stopped
from coursekit.jail import judge
from coursekit.jail.judge import Jail, Leaning
from coursekit.jail.process import ZygoteGone
from coursekit.jail.terms import JailError, Layer, Limits
from coursekit.jail.walls import OPEN
from coursekit.report import Outcome, Report

pytestmark = pytest.mark.skipif(os.name != "posix", reason="submissions run in forked processes")


def exercise(name: str, *forbids: str) -> Exercise:
    return Exercise(name, abs, idea="", hints=(), forbids=forbids)


A, B, C = exercise("a"), exercise("b"), exercise("c")
OTHER = exercise("other", "softmax")


class Clock:
    """A submission's time, which is over when the test says so."""

    def __init__(self):
        self.is_over = False

    def stop(self):
        return Stopped(Outcome.SKIPPED, "no time")


class Child:
    """A fork that meets what the test has written for it, by exercise."""

    def __init__(self, world, script):
        self.world, self.script = world, script
        self.has_run = self.lacks = self.is_starved = False
        self.is_over = script == "dead"

    def turn_to(self, exercise, instead):
        self.world.told.append((exercise.name, dict(instead)))
        self.has_run = False
        if self.script[exercise.name] == "cannot begin":
            raise Stopped(Outcome.ERROR, "gone")

    def leans_on(self, name, others):
        if self.script.get("leans") == "stops":
            raise Stopped(Outcome.ERROR, "gone")
        return tuple(others)[:1]

    def run(self, exercise, seed, leave):
        fate = self.script[exercise.name]
        self.has_run = fate != "stub"
        if fate == "zygote ends":
            raise ZygoteGone
        self.lacks |= fate == "lacks"
        if fate in ("starved", "hangs"):
            self.is_over, self.is_starved = True, fate == "starved"
        self.world.clock.is_over |= fate == "takes all the time"
        outcome = {"right": Outcome.PASSED, "stub": Outcome.UNATTEMPTED}.get(fate, Outcome.FAILED)
        self.world.ran.append((exercise.name, seed, leave()))
        report = Report(exercise.name, "", outcome, (), 0.0, 1.0)
        is_solved = fate == "right"
        return SimpleNamespace(outcome=outcome, is_solved=is_solved, report=lambda who: replace_learner(report, who))


def replace_learner(report, who):
    return Report(report.exercise, who, report.outcome, (), 0.0, 1.0)


class World:
    """A jail whose forks are scripts, in order; notes what is asked of it."""

    def __init__(self, monkeypatch, *scripts):
        self.scripts, self.forks, self.told, self.ran, self.clock = list(scripts), [], [], [], Clock()
        self.jail = Jail(Limits(), confined=False)
        monkeypatch.setattr(Jail, "_fork", lambda _, *args, **more: self.fork(*args, **more))
        monkeypatch.setattr(judge.scoring, "run", lambda e, child, *, seed, leave: child.run(e, seed, leave))
        monkeypatch.setattr(judge.scoring, "score", self.say)

    @contextmanager
    def fork(self, cells, forbids, exercises, clock, *, late):
        assert clock is self.clock
        self.forks.append((cells, tuple(forbids), tuple(exercises), late))
        yield Child(self, self.scripts.pop(0))

    @staticmethod
    def say(exercise, ask, *, seed, learner):
        with pytest.raises(Stopped) as stopped:
            ask(None)
        return Report(exercise.name, learner, stopped.value.outcome, (), 0.0, 1.0)

    def graded(self, *asked, **more):
        """What came of the exercises, as words, and how many forks it took; no script is left over."""
        reports = self.jail.score("cells", [(each, 7) for each in asked], learner="ann", clock=self.clock, **more)
        assert not self.scripts
        assert {report.learner for report in reports} == {"ann"}
        return [(report.exercise, report.outcome.value) for report in reports]


PASSED, FAILED, UNATTEMPTED, ERROR, SKIPPED = (
    each.value for each in (Outcome.PASSED, Outcome.FAILED, Outcome.UNATTEMPTED, Outcome.ERROR, Outcome.SKIPPED)
)


@pytest.mark.parametrize(
    ("asked", "scripts", "came"),
    [
        ([A, B], [{"a": "right", "b": "right"}], [PASSED, PASSED]),
        ([A, B], [{"a": "stub", "b": "stub"}], [UNATTEMPTED, UNATTEMPTED]),
        # what fails where another's code has run is graded again, alone
        ([A, B], [{"a": "right", "b": "wrong"}, {"b": "right"}], [PASSED, PASSED]),
        ([A, B], [{"a": "wrong", "b": "wrong"}, {"b": "wrong"}], [FAILED, FAILED]),
        ([A, B], [{"a": "stub", "b": "wrong"}], [UNATTEMPTED, FAILED]),  # no code of another has run
        ([A, B, C], [{"a": "right", "b": "stub", "c": "wrong"}, {"c": "wrong"}], [PASSED, UNATTEMPTED, FAILED]),
        ([A, B], [{"a": "hangs"}, {"b": "right"}], [FAILED, PASSED]),
        ([A, B], [{"a": "right", "b": "cannot begin"}, {"b": "right"}], [PASSED, PASSED]),
        # a busy machine gives another try, and no third one
        ([A], [{"a": "starved"}, {"a": "right"}], [PASSED]),
        ([A, B], [{"a": "starved"}, {"a": "starved"}, {"b": "starved"}, {"b": "right"}], [FAILED, PASSED]),
        ([A, B], [{"a": "starved"}, {"a": "right", "b": "starved"}, {"b": "right"}], [PASSED, PASSED]),
        # a module that few need
        ([A], [{"a": "lacks"}, {"a": "right"}], [PASSED]),
        # a jail that ends is made again, and twice at the most under the same exercise
        ([A], [{"a": "zygote ends"}, {"a": "right"}], [PASSED]),
        ([A, B], [{"a": "zygote ends"}, {"a": "zygote ends"}, {"b": "right"}], [ERROR, PASSED]),
        ([A, B], [{"a": "right", "b": "zygote ends"}, {"b": "zygote ends"}, {"b": "right"}], [PASSED, PASSED]),
        ([A], ["dead", {"a": "right"}], [PASSED]),
        ([A], ["dead", "dead"], [ERROR]),
        # time that is over
        ([A, B, C], [{"a": "takes all the time", "b": "wrong"}], [FAILED, FAILED, SKIPPED]),
    ],
)
def test_who_is_graded_where(monkeypatch, asked, scripts, came):
    """Each script is a child's; what it is not asked there comes in the next one."""
    world = World(monkeypatch, *scripts)
    if SKIPPED in came:
        world.scripts[0]["c"] = "cannot begin"
    assert world.graded(*asked) == [(each.name, what) for each, what in zip(asked, came, strict=True)]
    lacked = [any("lacks" in str(script) for script in scripts[:number]) for number in range(len(scripts))]
    assert [late for *_, late in world.forks] == lacked


def test_what_children_are_told(monkeypatch):
    """The cells, the rule, the names; those that forbid the same together, and reports in the order asked."""
    world = World(monkeypatch, {"a": "right", "b": "right"}, {"other": "right"})
    came = world.graded(A, OTHER, B, exercises=("a", "b"), instead={"b": "text"})
    assert [name for name, _ in came] == ["a", "other", "b"]
    assert world.forks == [("cells", (), ("a", "b"), False), ("cells", ("softmax",), ("a", "b"), False)]
    assert world.told == [("a", {"b": "text"}), ("b", {"b": "text"}), ("other", {"b": "text"})]
    assert [seed for _, seed, _ in world.ran] == [7, 7, 7]


def test_what_is_graded_again_anyway_is_left_at_once(monkeypatch):
    """Not the first that runs in a child, nor where no time is left for another try."""
    world = World(monkeypatch, {"a": "right", "b": "wrong"}, {"b": "wrong"})
    world.graded(A, B)
    assert world.ran == [("a", 7, False), ("b", 7, True), ("b", 7, False)]
    late = World(monkeypatch, {"a": "takes all the time", "b": "wrong"})
    late.graded(A, B)
    assert late.ran == [("a", 7, False), ("b", 7, False)]


def test_no_time_from_the_start(monkeypatch):
    """Then nothing is forked."""
    world = World(monkeypatch)
    world.clock.is_over = True
    assert world.graded(A, B) == [("a", SKIPPED), ("b", SKIPPED)]
    assert world.forks == []


def test_what_leans_is_asked_in_passing(monkeypatch):
    """Before anything has run in a child; where the child ends by it, nothing is known, and it is not asked again."""
    leaning = Leaning({"a": ("b", "c"), "b": ()})
    world = World(monkeypatch, {"leans": "stops"}, {"a": "right", "b": "right"})
    assert world.graded(A, B, leaning=leaning) == [("a", PASSED), ("b", PASSED)]
    assert leaning.does == {"a": ()}
    leaning = Leaning({"a": ("b", "c"), "b": ("a",)})
    World(monkeypatch, {"a": "right", "b": "wrong"}, {"b": "wrong"}).graded(A, B, leaning=leaning)
    assert leaning.does == {"a": ("b",), "b": ("a",)}


def test_what_an_answer_leans_on(monkeypatch):
    """Nothing, where the child ends."""
    world = World(monkeypatch, {}, {"leans": "stops"})
    assert world.jail.leans_on("cells", OTHER, ("b", "c"), world.clock) == ("b",)
    assert world.jail.leans_on("cells", A, ("b", "c"), world.clock) == ()
    assert world.forks == [("cells", ("softmax",), (), False), ("cells", (), (), False)]


@pytest.mark.parametrize(
    ("scripts", "found", "late"),
    [
        ([{"a": "right"}], ["answers"], [False]),
        ([{"a": "lacks"}, {"a": "lacks"}], ["answers"], [False, True]),
        ([{"a": "cannot begin"}], [], [False]),
        ([{"a": "lacks"}, {"a": "cannot begin"}], [], [False, True]),
    ],
)
def test_what_an_answer_does(monkeypatch, scripts, found, late):
    """In a child of its own; in one that has all modules, where it lacks one."""
    world = World(monkeypatch, *scripts)

    def ask(child, asked):
        child.run(A, 0, lambda: False)
        return [*asked]

    monkeypatch.setattr(judge, "ask_child", ask)
    assert world.jail.answers("cells", A, ["answers"], {"b": "text"}, world.clock) == found
    assert [each[-1] for each in world.forks] == late
    assert world.told[0] == ("a", {"b": "text"})


# ---- the zygote --------------------------------------------------------------------------------------------------


class Zygote:
    """Control sockets that are ready, one after another, and what is asked of each."""

    def __init__(self, monkeypatch, layers=(), refuses=False):
        self.started, self.left, self.ends, self.dead = 0, [], [], {}
        monkeypatch.setattr(judge, "Start", self.start)
        monkeypatch.setattr(judge, "leave", self.left.append)
        monkeypatch.setattr(judge, "layers", lambda told: told)

        def insist(found):
            if refuses:
                raise JailError("a layer is missing")

        monkeypatch.setattr(judge, "insist", insist)
        self.layers = layers

    def start(self, what, *, confined):
        assert what == "zygote"
        self.started += 1
        self.confined = confined
        ours, theirs = socket.socketpair()
        self.ends.append(theirs)
        process = SimpleNamespace(poll=lambda number=self.started: self.dead.get(number))
        return SimpleNamespace(wait=lambda: [(ours, self.layers)], process=process)


@pytest.fixture
def fork(monkeypatch):
    """`fork(jail)` forks a child that says how it was begun; `fork.well` is what it says of its end."""
    begun = []

    class Fork:
        def __init__(self, control, limits, clock):
            self.control = control

        def begin(self, cells, forbids, exercises, *, late):
            begun.append((cells, forbids, exercises, late))

        def end(self):
            return ask.well

    monkeypatch.setattr(judge, "Child", Fork)

    def ask(jail, late=False):
        with jail._fork("cells", "forbids", "exercises", "clock", late=late) as child:
            assert isinstance(child, Fork)
        return begun[-1]

    ask.well = True
    return ask


def test_one_zygote_as_long_as_it_is_well(monkeypatch, fork):
    """Another one where it has said something unasked, has ended, or has not answered for its child."""
    zygote = Zygote(monkeypatch, layers=(Layer("Landlock", True, ""),))
    with Jail(Limits(), confined=True) as jail:
        assert jail.layers == zygote.layers
        assert zygote.confined
        assert fork(jail) == fork(jail) == ("cells", "forbids", "exercises", False)
        assert zygote.started == 1
        zygote.ends[-1].send(b"unasked")
        fork(jail)
        assert (zygote.started, len(zygote.left)) == (2, 1)
        monkeypatch.setattr(zygote, "dead", {2: 9})
        fork(jail)
        assert (zygote.started, len(zygote.left)) == (3, 2)
        fork.well = False
        fork(jail)
        assert (zygote.started, len(zygote.left)) == (3, 3)
        assert zygote.ends[-1].recv(1) == b""  # its end of file
        fork.well = True
        fork(jail)
        assert zygote.started == 4
    assert len(zygote.left) == 4
    assert zygote.ends[-1].recv(1) == b""
    with pytest.raises(JailError, match=r"^The jail was closed\.$"):
        fork(jail)
    with jail:
        fork(jail)
    for end in zygote.ends:
        end.close()


def test_a_zygote_that_is_ready_already(monkeypatch, fork):
    """It is the first; walls are asked for where there are to be some."""
    zygote = Zygote(monkeypatch, layers="told", refuses=True)
    ours, theirs = socket.socketpair()
    with Jail(Limits(), confined=False, ready=(ours, "not looked at")) as jail:
        assert jail.layers == OPEN
        assert zygote.started == 0
        fork.well = False
        fork(jail)
        fork.well = True
        fork(jail)
        assert (zygote.started, zygote.confined) == (1, False)
    jail = Jail(Limits(), confined=True)
    with pytest.raises(JailError, match="a layer is missing"):
        jail.__enter__()
    assert jail._control is None
    assert len(zygote.left) == 2
    theirs.close()
    for end in zygote.ends:
        end.close()


def test_what_few_need_is_brought_once(monkeypatch, fork):
    """By the zygote, which says so; a new one brings it again."""
    zygote = Zygote(monkeypatch)
    with Jail(Limits(), confined=False) as jail:
        for _ in range(2):
            zygote.ends[-1].sendall(b"brought")
            monkeypatch.setattr(Jail, "_is_well", lambda _: True)  # it has the answer at once, unlike a real one
            assert fork(jail, late=True)[-1] is True
            assert zygote.ends[-1].recv(100) == b'{"bring": true}\n'
            fork(jail, late=True)
            zygote.ends[-1].setblocking(False)
            with pytest.raises(BlockingIOError):
                zygote.ends[-1].recv(100)
            fork.well = False
            fork(jail)
            fork.well = True
            fork(jail)
        zygote.ends[-1].close()
        assert fork(jail, late=True)  # one that is gone: its child will tell
        assert not jail._has_late
    for end in zygote.ends:
        end.close()
