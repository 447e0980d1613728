"""What is said of the walls, and of a process that does not start inside of them."""

from __future__ import annotations

import os
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
    """A process that says one line, if any, and then ends with words on its standard error."""

    pid = -1

    def __init__(self, line: bytes, words: bytes = b"") -> None:
        self.line, self.words, self.seconds, self.is_closed = line, words, 0.0, False

    def settimeout(self, seconds: float) -> None:
        """As a socket's."""
        self.seconds = seconds

    def recv(self, size: int) -> bytes:
        """A few bytes at a time."""
        part, self.line = self.line[:3], self.line[3:]
        return part

    def close(self) -> None:
        """As a socket's."""
        self.is_closed = True

    def fileno(self) -> int:
        """As a socket's."""
        return -1

    def communicate(self) -> tuple[bytes, bytes]:
        """As a process's."""
        return b"", self.words


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
def test_a_process_starts_or_says_why(monkeypatch: pytest.MonkeyPatch, tries: list[Ended], tried, said: object):
    """Where bubblewrap fails after all it is tried without; the last line of its error is the reason."""
    found, left = [], list(tries)

    def spawn(module: str, wrapper: list[str], controls: list[int], *, confined: bool) -> Ended:
        found.append(wrapper)
        return left.pop(0)

    monkeypatch.setattr(walls.socket, "socketpair", lambda *_: (left[0], Ended(b"")))
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(walls, "_spawn", spawn)
    monkeypatch.setattr(walls.os, "killpg", lambda *_: None)
    monkeypatch.setattr(bubblewrap, "usable", lambda: True)
    monkeypatch.setattr(bubblewrap, "command", lambda environment: ["bwrap"])
    if isinstance(said, str):
        with pytest.raises(JailError, match=said):
            walls.Start("zygote", confined=True).wait()
    else:
        assert [ready.told for ready in walls.Start("zygote", confined=True).wait()] == [said]
    assert found == tried
    assert {each.seconds for each in tries} == {walls.START_SECONDS}
    assert [each.is_closed for each in tries] == [*(True for _ in tries[1:]), isinstance(said, str)]


def test_whoever_does_not_wait_ends_it(monkeypatch: pytest.MonkeyPatch):
    """A process that nobody took is killed, with its group; one that somebody did is theirs."""
    killed, wrappers = [], []

    def spawn(module: str, wrapper: list[str], controls: list[int], *, confined: bool) -> Ended:
        wrappers.append(wrapper)
        return Ended(b"")

    monkeypatch.setattr(walls.socket, "socketpair", lambda *_: (Ended(b"{}\n"), Ended(b"")))
    monkeypatch.setattr(walls, "_spawn", spawn)
    monkeypatch.setattr(walls.os, "killpg", lambda *group: killed.append(group))
    monkeypatch.setattr(bubblewrap, "usable", lambda: True)
    with walls.Start("zygote", confined=False):
        pass
    assert killed == [(-1, walls.signal.SIGKILL)]
    with walls.Start("zygote", confined=False) as start:
        start.wait()
    assert len(killed) == 1
    assert wrappers == [[], []]  # bubblewrap is for those who are to be confined
