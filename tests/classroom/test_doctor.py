"""What `coursekit doctor` says of this machine, and that its attacks are real ones."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from coursekit.classroom import doctor
from coursekit.cli import main
from coursekit.jail import judge
from coursekit.jail.judge import Jail
from coursekit.jail.terms import JailError, Layer

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux can confine"),
]

BY_LIMITS = {  # what a process and its limits hold off by themselves
    "take more memory than it may",
    "run for ever",
    "print for ever",
}


def test_this_machine_is_well(capsys):
    """Every attack is held off where the tests run."""
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert out.count("  held ") == len(doctor.ATTACKS) + 1
    assert "NOT HELD" not in out
    assert "can grade the work of strangers." in out


def test_attacks_are_real():
    """Without the walls every attack on one of them gets through, and is seen to."""
    with Jail(doctor.LIMITS, confined=False) as jail:
        held = {attack.name for attack, holds in doctor.try_attacks(jail) if holds}
    allowed = BY_LIMITS | {"raise its own limits", "read the environment of process 1"}  # which not all can
    assert BY_LIMITS <= held <= allowed


def test_targets_stand_open():
    """Everybody may read the secret and write beside it: what keeps an attack from that is the wall that is tried."""
    with doctor._targets() as targets:
        secret, planted = Path(targets["secret"]), Path(targets["planted"])
        assert (secret.stat().st_mode & 0o006, planted.parent.stat().st_mode & 0o007) == (0o006, 0o007)
        assert min(targets["tcp"], targets["udp"]) >= 1024  # ports that nobody needs a right for


def test_attack_that_gets_through(monkeypatch, capsys):
    """One is enough to warn, and to fail."""
    monkeypatch.setattr(doctor, "ATTACKS", (doctor.Attack("breathe", "pass"),))
    assert not doctor.examine(print).can_grade
    out = capsys.readouterr().out
    assert "NOT HELD      breathe" in out
    assert "Do not grade the work of strangers here" in out


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


def test_another_system(monkeypatch, capsys):
    """Where nothing can be confined, that is all it says."""

    def look():
        raise JailError("Only Linux can confine submissions.")

    monkeypatch.setattr(doctor, "look", look)
    assert not doctor.examine(print).can_grade
    assert "Only Linux can confine submissions." in capsys.readouterr().out
