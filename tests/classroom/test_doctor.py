"""What `coursekit doctor` says of this machine, and that its attacks are real ones."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
import torch

from coursekit.classroom import doctor
from coursekit.cli import main
from coursekit.exercise import Stopped
from coursekit.jail import judge
from coursekit.jail.judge import Jail, ZygoteGone
from coursekit.jail.terms import JailError, Layer
from coursekit.report import Outcome
from coursekit.wire import Answer, Problem, Question


def on_linux(test: Any) -> Any:
    """A test that starts a real jail."""
    return pytest.mark.slow(pytest.mark.skipif(sys.platform != "linux", reason="only Linux can confine")(test))


BY_LIMITS = {  # what a process and its limits hold off by themselves
    "take more memory than it may",
    "run for ever",
    "print for ever",
}


@on_linux
def test_this_machine_is_well(capsys):
    """Every attack is held off where the tests run."""
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert out.count("  held ") == len(doctor.ATTACKS) + 1
    assert "NOT HELD" not in out
    assert "can grade the work of strangers." in out


@on_linux
def test_attacks_are_real():
    """Without the walls every attack on one of them gets through, and is seen to."""
    with Jail(doctor.LIMITS, confined=False) as jail:
        held = {attack.name for attack, holds in doctor.try_attacks(jail) if holds}
    allowed = BY_LIMITS | {"raise its own limits", "read the environment of process 1"}  # which not all can
    assert BY_LIMITS <= held <= allowed


@on_linux
def test_targets_stand_open():
    """Everybody may read the secret and write beside it: what keeps an attack from that is the wall that is tried."""
    with doctor._targets() as targets:
        secret, planted = Path(targets["secret"]), Path(targets["planted"])
        assert (secret.stat().st_mode & 0o006, planted.parent.stat().st_mode & 0o007) == (0o006, 0o007)
        assert min(targets["tcp"], targets["udp"]) >= 1024  # ports that nobody needs a right for


@on_linux
def test_attack_that_gets_through(monkeypatch, capsys):
    """One is enough to warn, and to fail."""
    monkeypatch.setattr(doctor, "ATTACKS", (doctor.Attack("breathe", "pass"),))
    assert not doctor.examine(print).can_grade
    out = capsys.readouterr().out
    assert "NOT HELD      breathe" in out
    assert "Do not grade the work of strangers here" in out


@on_linux
def test_missing_layers(monkeypatch, capsys):
    """What is missing is named, with how to get it."""
    layers = (Layer("Landlock", False, "too old"), Layer("seccomp", True, ""), Layer("bubblewrap", False, "not there"))
    monkeypatch.setattr(doctor, "look", lambda: layers)
    monkeypatch.setattr(judge, "layers", lambda told: layers)
    assert not doctor.examine(print).can_grade
    out = capsys.readouterr().out
    assert "NOT IN FORCE  Landlock: too old" in out
    assert "Landlock needs: a kernel of 5.13 or newer" in out
    assert "--trust-submissions" in out


@on_linux
def test_another_system(monkeypatch, capsys):
    """Where nothing can be confined, that is all it says."""

    def look():
        raise JailError("Only Linux can confine submissions.")

    monkeypatch.setattr(doctor, "look", look)
    assert not doctor.examine(print).can_grade
    assert "Only Linux can confine submissions." in capsys.readouterr().out


# ---- without a jail ----------------------------------------------------------------------------------------------


class Walls:
    """A jail in which each attack ends as it is told to: with an answer, or as a Stopped or another error says."""

    def __init__(self, end: Answer | Exception) -> None:
        self.end = end
        self.asked: list[str] = []

    def __enter__(self) -> Walls:
        return self

    def __exit__(self, *_: object) -> None:
        """As a jail's."""

    @contextmanager
    def child(self, cells: Any, exercise: Any) -> Iterator[Any]:
        """As `Jail.child`."""
        self.asked.append(cells[0][1])

        def ask(question: Question) -> Answer:
            if isinstance(self.end, Exception):
                raise self.end
            return self.end

        yield ask


@pytest.mark.parametrize(
    ("end", "holds"),
    [
        (Answer(problem=Problem("raised", "PermissionError")), True),
        (Answer(problem=Problem("memory")), True),
        (Answer(problem=Problem("nothing")), False),
        (Answer(torch.tensor(1.0)), False),
        (Stopped(Outcome.TIMEOUT, ""), True),
        (Stopped(Outcome.ERROR, ""), False),
        (ZygoteGone("It ended."), False),
    ],
    ids=["raised", "memory", "nothing", "value", "an end of its own", "another end", "all of it"],
)
def test_when_a_wall_has_held(end, holds):
    """The attack raised, or ended as its limit ends it; whatever else came of it, it got through."""
    walls = Walls(end)
    attack = doctor.Attack("wait", "wait({judge})", (Outcome.TIMEOUT,))
    assert doctor._holds(walls, attack, {"judge": 7}) is holds
    assert walls.asked[0].splitlines()[1:] == ["def attack(x):", "    wait(7)", "    return x"]


HEAD = ["Python 3.1, torch 2.0", "Linux 6 on x86, 4 cores", ""]
WELL = [
    *("  in force      Landlock: new", "", "Attacks, tried in a jail like that of `coursekit grade`:"),
    *("  held          breathe", "  held          leave something behind", ""),
]


@pytest.fixture
def machine(monkeypatch):
    """A machine of which all is known, and two attacks that the jail holds."""
    for name, value in {"python_version": "3.1", "system": "Linux", "release": "6", "machine": "x86"}.items():
        monkeypatch.setattr(doctor.platform, name, lambda value=value: value)
    monkeypatch.setattr(doctor.torch, "__version__", "2.0")
    monkeypatch.setattr(doctor, "cores", lambda: 4)
    monkeypatch.setattr(doctor, "ATTACKS", (doctor.Attack("breathe", "pass"),))
    monkeypatch.setattr(doctor, "Jail", lambda limits: Walls(Answer(problem=Problem("raised"))))
    monkeypatch.setattr(doctor, "look", lambda: (Layer("Landlock", True, "new"),))
    return monkeypatch


def examined() -> tuple[list[str], bool]:
    said: list[str] = []
    found = doctor.examine(said.append)
    return said, found.can_grade


def test_all_that_is_said(machine):
    """The machine, its walls, each attack, and what follows from that."""
    assert examined() == ([*HEAD, *WELL, "This machine can grade the work of strangers."], True)
    machine.setattr(doctor, "Jail", lambda limits: Walls(Answer(torch.tensor(1.0))))
    through = [line.replace("held          breathe", "NOT HELD      breathe") for line in WELL]
    assert examined() == (
        [*HEAD, *through, "Do not grade the work of strangers here: an attack got through."],
        False,
    )


def test_one_more_wall_can_be_had(machine):
    """Where one is missing that can be installed, it is said how; of others nothing more is said."""
    machine.setattr(
        doctor, "look", lambda: (Layer("seccomp", False, "none"), Layer("other", False, "no"), Layer("c", True, "yes"))
    )
    said, can_grade = examined()
    assert said[3:8] == [
        *("  NOT IN FORCE  seccomp: none", "  NOT IN FORCE  other: no", "  in force      c: yes", ""),
        "  seccomp needs: apt install libseccomp2, and pip install pyseccomp",
    ]
    assert said[8:] == [*WELL[1:], "This machine can grade the work of strangers. One more wall can be had: see above."]
    assert can_grade


def test_nothing_can_be_tried(machine):
    """Why is the last that is said."""

    def broken(*_: object) -> Any:
        raise JailError("It does not start.")

    machine.setattr(doctor, "Jail", broken)
    assert examined() == ([*HEAD, WELL[0], "", "It does not start."], False)
    machine.setattr(doctor, "look", broken)
    assert examined() == ([*HEAD, "It does not start."], False)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has abstract sockets")
def test_what_was_left_behind(machine):
    """A file, or a message that somebody has heard, is an attack that got through."""
    jail = Walls(Answer(problem=Problem("raised")))
    assert [held for _, held in doctor.try_attacks(jail)] == [True, True]
    with doctor._targets() as targets:
        assert not targets["heard"]()
        with socket.socket(type=socket.SOCK_DGRAM) as sender:
            sender.sendto(b"x", ("127.0.0.1", targets["udp"]))
        assert targets["heard"]()
        assert not targets["heard"]()
        with socket.create_connection(("127.0.0.1", targets["tcp"])):
            assert targets["heard"]()
        with socket.socket(socket.AF_UNIX) as sender:
            sender.connect(targets["abstract"])
            assert targets["heard"]()
        assert targets["memory"] > doctor.LIMITS.memory
        secret = Path(targets["secret"])
        assert (secret.read_text(encoding="utf-8"), secret.parent) == (
            "for nobody else",
            Path(targets["planted"]).parent,
        )
    for left in ("planted", "heard"):
        found = {"planted": "/nowhere/planted", "heard": lambda: False}
        found |= {"planted": __file__} if left == "planted" else {"heard": lambda: True}
        machine.setattr(doctor, "_targets", lambda found=found: nullcontext({**found, "judge": 7}))
        assert [held for _, held in doctor.try_attacks(jail)] == [True, False]
