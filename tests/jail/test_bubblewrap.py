"""What bubblewrap is told: what a process inside sees, and nothing else of the machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from coursekit.jail import bubblewrap


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A system of a few folders; the course lies where Python's packages do, as a wheel does."""
    (tmp_path / "usr" / "bin").mkdir(parents=True)
    (tmp_path / "lib").mkdir()
    (tmp_path / "bin").symlink_to("usr/bin")
    course = tmp_path / "python" / "packages"
    (course / "coursekit").mkdir(parents=True)
    monkeypatch.setattr(bubblewrap, "_COURSE", course)
    return tmp_path


def test_the_whole_command(system: Path, monkeypatch: pytest.MonkeyPatch):
    """The order matters: what hides comes behind what it hides, and what is shared of the course behind that."""
    folder, course = str(system / "python"), str(system / "python" / "packages" / "coursekit")
    monkeypatch.setattr(bubblewrap, "_python_folders", lambda: [folder])
    monkeypatch.setattr(bubblewrap, "_system", lambda: ["SYSTEM"])
    shared = ("__init__.py", "wire", "jail/__init__.py", "jail/inside")
    assert bubblewrap.command({"A": "1", "B": "2"}) == [
        *("bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"),
        *("--uid", "65534", "--gid", "65534", "--hostname", "jail", "SYSTEM", "--size", "16777216", "--tmpfs", "/tmp"),
        *("--ro-bind", folder, folder, "--tmpfs", course),
        *("--ro-bind-try", "/sys/devices/system/cpu", "/sys/devices/system/cpu", "--proc", "/proc", "--dev", "/dev"),
        *(word for name in shared for word in ("--ro-bind", f"{course}/{name}", f"/jail/coursekit/{name}")),
        *("--chdir", "/jail", "--setenv", "A", "1", "--setenv", "B", "2", "--"),
    ]
    monkeypatch.setattr(bubblewrap, "_python_folders", lambda: [])  # the course lies where nothing is shown of it
    assert bubblewrap.command({}).count("--tmpfs") == 1


def test_the_system(system: Path, monkeypatch: pytest.MonkeyPatch):
    """Libraries are shown as they lie here: as links, or as folders; what is not there is left out."""
    monkeypatch.setattr(bubblewrap, "Path", lambda *parts: system.joinpath(*parts[1:]))
    assert bubblewrap._system() == [
        *("--ro-bind", "/usr", "/usr", "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"),
        *("--symlink", "usr/bin", str(system / "bin"), "--ro-bind", str(system / "lib"), str(system / "lib")),
    ]


def test_where_python_lies(system: Path, monkeypatch: pytest.MonkeyPatch):
    """The environment, what it was made with, and each folder that its python points by way of; none within another."""
    for name in ("venv", "shims", "python/bin"):
        (system / name).mkdir()
    (system / "python" / "bin" / "python3").touch()
    (system / "shims" / "python").symlink_to("../python/bin/python3")
    (system / "venv" / "python").symlink_to(system / "shims" / "python")
    (system / "base").symlink_to("python")
    monkeypatch.setattr(sys, "prefix", str(system / "venv"))
    monkeypatch.setattr(sys, "base_prefix", str(system / "base"))
    monkeypatch.setattr(sys, "executable", str(system / "venv" / "python"))
    assert bubblewrap._python_folders() == [str(system / name) for name in ("base", "python", "shims", "venv")]
    monkeypatch.setattr(sys, "prefix", "/usr")  # which is shown in any case
    monkeypatch.setattr(sys, "base_prefix", "/usr")
    monkeypatch.setattr(sys, "executable", "/usr/bin/python")
    monkeypatch.setattr(bubblewrap.Path, "is_symlink", lambda self: False)
    assert bubblewrap._python_folders() == []


@pytest.mark.parametrize(
    ("installed", "ends", "usable"), [(None, 0, False), ("/usr/bin/bwrap", 0, True), ("/usr/bin/bwrap", 1, False)]
)
def test_usable(monkeypatch: pytest.MonkeyPatch, installed: str | None, ends: int, usable: bool):
    """It is there, and a trial in namespaces of its own ends well."""
    tried = []

    def run(words: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        tried.append(words)
        return subprocess.CompletedProcess(words, ends)

    monkeypatch.setattr(bubblewrap.shutil, "which", lambda name: installed)
    monkeypatch.setattr(bubblewrap.subprocess, "run", run)
    assert bubblewrap.usable.__wrapped__() is usable
    assert [(words[0], words[-1]) for words in tried] == [("bwrap", "/usr/bin/true")] * (installed is not None)
