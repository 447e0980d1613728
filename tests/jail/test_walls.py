"""What is said of the walls, and of a process that does not start inside of them."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest

from coursekit.jail import bubblewrap, walls
from coursekit.jail.terms import JailError, Layer

TOLD = {"layers": [["seccomp", False, "too old"], ["Landlock", True, ""]], "bubblewrap": False}
SECCOMP, LANDLOCK = Layer("seccomp", False, "too old"), Layer("Landlock", True, walls.KEEPS["Landlock"])


@pytest.mark.parametrize(
    ("installed", "held", "said"),
    [
        (None, False, "not installed (Debian, Ubuntu: apt install bubblewrap)"),
        ("bwrap", False, "the system forbids user namespaces (Ubuntu: sysctl kernel.apparmor_restrict_unprivileged_us"),
        ("bwrap", True, walls.KEEPS["bubblewrap"]),
    ],
)
def test_the_layers_in_words(monkeypatch: pytest.MonkeyPatch, installed: str | None, held: bool, said: str):
    """Of each what it keeps, or why it does not; in one order."""
    monkeypatch.setattr(walls.shutil, "which", lambda name: installed)
    *inner, outer = walls.layers({**TOLD, "bubblewrap": held})
    assert inner == [walls.OPEN[0], LANDLOCK, SECCOMP]
    assert (outer.name, outer.in_force, outer.detail[: len(said)]) == ("bubblewrap", held, said)


def test_what_is_enough():
    """Both inner walls are; without bubblewrap too."""
    walls.insist((Layer("Landlock", True, ""), Layer("seccomp", True, ""), Layer("bubblewrap", False, "")))
    with pytest.raises(JailError, match=r"cannot confine submissions \(seccomp: too old\)\. Grade on Linux"):
        walls.insist((LANDLOCK, SECCOMP))


@pytest.mark.parametrize(
    ("name", "platform", "confined", "said"),
    [
        ("nt", "win32", False, "Grading needs Linux or macOS"),
        ("posix", "darwin", True, "Only Linux can confine submissions"),
    ],
)
def test_systems_that_cannot(monkeypatch: pytest.MonkeyPatch, name: str, platform: str, confined: bool, said: str):
    """Each is told before anything is started."""
    monkeypatch.setattr(walls, "_spawn", None)
    with monkeypatch.context() as patch:
        patch.setattr(os, "name", name)
        patch.setattr(sys, "platform", platform)
        with pytest.raises(JailError, match=said):
            walls.Start("confine", confined=confined)


class Ended:
    """A process that says a line to each who talks with it, if any, and ends with words on its standard error."""

    pid = -1

    def __init__(self, line: bytes, words: bytes = b"") -> None:
        self.line, self.words = line, words

    def communicate(self) -> tuple[bytes, bytes]:
        """As a process's."""
        return b"", self.words


@pytest.fixture
def spawned(monkeypatch: pytest.MonkeyPatch) -> Spawned:
    """The processes that are to come, and how they were begun; the groups that were killed."""
    found = Spawned()
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(walls, "_spawn", found.spawn)
    monkeypatch.setattr(walls.os, "killpg", lambda *group: found.killed.append(group))
    monkeypatch.setattr(bubblewrap, "usable", lambda: True)
    monkeypatch.setattr(bubblewrap, "command", lambda environment: ["bwrap"])
    return found


class Spawned:
    """What stands in the place of starting a process."""

    def __init__(self) -> None:
        self.left: list[Ended] = []
        self.wrappers: list[list[str]] = []
        self.killed: list[tuple[object, ...]] = []

    def spawn(self, module: str, wrapper: list[str], controls: list[int], *, confined: bool) -> Ended:
        """As `walls._spawn`."""
        self.wrappers.append(wrapper)
        process = self.left.pop(0)
        for control in controls:
            os.write(control, process.line)
        return process


@pytest.mark.parametrize(
    ("tries", "tried", "said"),
    [
        ([Ended(b'{"ready": 1}\n')], [["bwrap"]], {"ready": 1}),
        ([Ended(b"", b"no namespace\n"), Ended(b'{"ready": 2}\n')], [["bwrap"], []], {"ready": 2}),
        ([Ended(b"{"), Ended(b"", b"Traceback\nOSError: no memory\n\n")], [["bwrap"], []], "OSError: no memory"),
        ([Ended(b""), Ended(b"")], [["bwrap"], []], "did not start: it printed nothing"),
    ],
    ids=["at once", "without bubblewrap", "not at all", "without a word"],
)
def test_a_process_starts_or_says_why(spawned: Spawned, tries: list[Ended], tried, said: object):
    """Where bubblewrap fails after all it is tried without; the last line of its error is the reason."""
    spawned.left = list(tries)
    start = walls.Start("zygote", confined=True, count=2)
    if isinstance(said, str):
        with start, pytest.raises(JailError, match=said):
            start.wait()
        assert len(spawned.killed) == len(tries)
    else:
        with start:
            ready = start.wait()
        assert [each.told for each in ready] == [said, said]
        assert {each.control.gettimeout() for each in ready} == {walls.START_SECONDS}
        assert len(spawned.killed) == len(tries) - 1
        for each in ready:
            each.control.close()
    assert spawned.wrappers == tried


def test_whoever_does_not_wait_ends_it(spawned: Spawned):
    """A process that nobody took is killed, with its group, and nobody talks with it any more."""
    spawned.left = [Ended(b"{}\n")]
    with walls.Start("zygote", confined=False) as start:
        (control,) = start._controls
    assert spawned.killed == [(-1, walls.signal.SIGKILL)]
    assert control.fileno() == -1
    assert spawned.wrappers == [[]]  # bubblewrap is for those who are to be confined


@pytest.mark.parametrize("leaves", [True, False])
def test_a_process_that_is_to_leave(leaves: bool):
    """It is given some time, and ended if that is not enough."""
    told = []

    class Leaving:
        """A process whose ways are closed."""

        stderr = io.BytesIO()

        def wait(self, seconds: float | None = None) -> None:
            """As a process's."""
            told.append(seconds)
            if seconds is not None and not leaves:
                raise subprocess.TimeoutExpired("zygote", seconds)

        def kill(self) -> None:
            """As a process's."""
            told.append("killed")

    process = Leaving()
    walls.leave(process)
    assert told == ([walls._LEAVING] if leaves else [walls._LEAVING, "killed", None])
    assert process.stderr.closed
