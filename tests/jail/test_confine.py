"""What a child asks of the system when it confines itself: every number of it, without losing anything here.

That the layers hold is tried in real children (test_jail.py, test_hostile.py); here the kernel is one that takes notes.
"""

from __future__ import annotations

import errno
import io
import json
import os
import resource
import signal
import socket
import struct
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from coursekit.jail.inside import confine
from coursekit.jail.inside.confine import Confinement

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has these layers")


class Kernel:
    """A libc that does nothing but note what it is asked, and answers as it is told to."""

    def __init__(self, landlock=6, ruleset=7, fails=0):
        self.asked = []
        self.landlock, self.ruleset, self.fails = landlock, ruleset, fails

    def prctl(self, *numbers):
        self.asked.append(("prctl", *(n if isinstance(n, int) else n._obj.length for n in numbers)))
        return self.fails

    def syscall(self, number, first, *more):
        if number == 446:
            self.asked.append(("restrict", first, *more))
            return self.fails
        assert number == 444
        if first is None:
            assert more == (0, 1)
            return self.landlock
        assert (more[0].value, more[1]) == (len(first), 0)
        self.asked.append(("rights", *struct.unpack(f"={len(first) // 8}Q", first)))
        return self.ruleset


@pytest.fixture
def kernel(monkeypatch):
    """The kernel that a Confinement meets."""
    kernel = Kernel()
    monkeypatch.setattr(confine.ctypes, "CDLL", lambda *_, **__: kernel)
    return kernel


@pytest.mark.parametrize(
    ("version", "rights"),
    [
        (1, (0x1FFF,)),
        (2, (0x3FFF,)),  # to move a file to another folder
        (3, (0x7FFF,)),  # to shorten one
        (4, (0x7FFF, 3)),  # TCP
        (5, (0xFFFF, 3)),  # to control devices
        (6, (0xFFFF, 3, 3)),  # processes outside
        (9, (0xFFFF, 3, 3)),
    ],
)
def test_landlock_takes_every_right_that_it_knows(version, rights):
    """By the version of the kernel's Landlock; a ruleset that leaves one out would grant it."""
    kernel = Kernel(version)
    assert confine._landlock_ruleset(kernel) == 7
    assert kernel.asked == [("rights", *rights)]


@pytest.mark.parametrize("kernel", [Kernel(0), Kernel(-1), Kernel(ruleset=-1)])
def test_no_landlock(kernel):
    """It is off, or the kernel has none, or refuses."""
    with pytest.raises(OSError, match="Errno"):
        confine._landlock_ruleset(kernel)
    assert confine._landlock_ruleset(Kernel(ruleset=0)) == 0


OWN = struct.pack("=I", 0x5EC0C0DE)  # where each child puts its own number


def noted_filter(monkeypatch, program=b"\x01\x02" + OWN + b"\x03"):
    """All rules that go into the filter, as a pyseccomp that takes notes has them; the filter, too."""
    noted = []

    class SyscallFilter:
        def __init__(self, otherwise):
            noted.append(otherwise)

        def set_attr(self, *attribute):
            noted.append(attribute)

        def add_rule(self, *rule):
            noted.append(rule)

        def export_bpf(self, target):
            target.write(program)

    library = SimpleNamespace(
        Arg=lambda *condition: condition,
        EQ="==",
        MASKED_EQ="&",
        ALLOW="allow",
        KILL_PROCESS="kill",
        ERRNO=lambda number: ("errno", number),
        Attr=SimpleNamespace(ACT_BADARCH="other machine"),
        Arch=SimpleNamespace(NATIVE="native"),
        resolve_syscall=lambda arch, name: -1 if name == "mmap2" else 0,
        SyscallFilter=SyscallFilter,
    )
    monkeypatch.setitem(sys.modules, "pyseccomp", library)
    return confine._seccomp_filter(), noted


def test_what_seccomp_lets_through(monkeypatch):
    """Computing and answering; nothing by which a process could reach another one, or a file."""
    plain = confine._ALLOWED.split()
    filter, noted = noted_filter(monkeypatch)
    assert filter == b"\x01\x02" + OWN + b"\x03"
    assert noted == [
        ("errno", errno.EPERM),
        ("other machine", "kill"),
        *(("allow", name) for name in plain if name != "mmap2"),
        # of CLONE_THREAD, CLONE_PTRACE and all of CLONE_NEW…: a thread of its own, and nothing else
        ("allow", "clone", (0, "&", 0x7E020080 | 0x10000 | 0x2000, 0x10000)),
        (("errno", errno.ENOSYS), "clone3"),
        ("allow", "tgkill", (0, "==", 0x5EC0C0DE)),
        ("allow", "kill", (0, "==", 0x5EC0C0DE)),
        ("allow", "prlimit64", (0, "==", 0), (2, "==", 0)),
        ("allow", "prctl", (0, "==", 15)),
        *(("allow", "fcntl", (1, "==", command)) for command in (0, 1, 2, 3, 1030)),
    ]
    assert {"read", "write", "mmap"} <= set(plain)
    assert {"open", "openat", "socket", "connect", "execve", "fork", "ptrace", "unlink"}.isdisjoint(plain)
    with pytest.raises(RuntimeError, match="own number is not found"):
        noted_filter(monkeypatch, program=b"\x01\x02")


def test_what_is_missing_is_said(monkeypatch, kernel):
    """For each layer that cannot be had, why."""
    monkeypatch.setattr(confine, "_seccomp_filter", lambda: b"filter")
    assert Confinement().missing == {}
    monkeypatch.setattr(confine, "_seccomp_filter", lambda: (_ for _ in ()).throw(RuntimeError("no libseccomp")))
    kernel.landlock = 0
    missing = Confinement().missing
    assert missing["Landlock"].startswith("the kernel offers none (")
    assert missing["seccomp"] == "no libseccomp"
    monkeypatch.setattr(confine, "_seccomp_filter", lambda: (_ for _ in ()).throw(ImportError))
    assert Confinement().missing["seccomp"] == "the package pyseccomp is missing"
    monkeypatch.setattr(confine.sys, "platform", "darwin")
    assert Confinement().missing == {"Landlock": "only Linux has it", "seccomp": "only Linux has it"}


@pytest.fixture
def confinement(monkeypatch, kernel):
    """One with both layers, of whose kernel the notes are empty."""
    monkeypatch.setattr(confine, "_seccomp_filter", lambda: b"12345678" + OWN + b"0000")
    made = Confinement()
    kernel.asked.clear()
    return made


@pytest.mark.parametrize(("user", "in_bubblewrap"), [(0, False), (0, True), (1000, False)])
def test_rights_are_given_up(monkeypatch, confinement, kernel, user, in_bubblewrap):
    """Root becomes nobody, but in bubblewrap, where it is nobody outside; all can be ended first, and not read."""
    asked, written = kernel.asked, io.StringIO()
    written.close = lambda: asked.append(("written", written.getvalue()))
    monkeypatch.setattr(
        confine,
        "open",
        lambda path, mode: written if (path, mode) == ("/proc/self/oom_score_adj", "w") else None,
        raising=False,
    )
    monkeypatch.setattr(os, "geteuid", lambda: user)
    for name in ("setgroups", "setresgid", "setresuid"):
        monkeypatch.setattr(os, name, lambda *ids, name=name: asked.append((name, *ids)))
    confinement.prepare(in_bubblewrap=in_bubblewrap)
    nobody = [("setgroups", []), ("setresgid", *[65534] * 3), ("setresuid", *[65534] * 3)]
    given_up = nobody if user == 0 and not in_bubblewrap else []
    assert asked == [("prctl", 4, 1), ("written", "1000"), *given_up, ("prctl", 4, 0)]
    asked.clear()
    confinement.hide_from_children()
    assert asked == [("prctl", 4, 0)]
    confine.die_with_parent()
    assert asked[1:] == [("prctl", 1, signal.SIGKILL)]
    monkeypatch.setattr(confine.sys, "platform", "darwin")
    confinement.prepare(in_bubblewrap=in_bubblewrap)
    confinement.hide_from_children()
    confine.die_with_parent()
    assert len(asked) == 2


def test_layers_are_put_on(monkeypatch, confinement, kernel):
    """Those that can be had, Landlock first: seccomp would not let it be put on. A failure is no layer less."""
    closed, made = [], []
    monkeypatch.setattr(os, "close", closed.append)
    buffer = confine.ctypes.create_string_buffer
    monkeypatch.setattr(confine.ctypes, "create_string_buffer", lambda *of: made.append(of) or buffer(*of))
    confinement.put_on()
    no_new, landlock = ("prctl", 38, 1, 0, 0, 0), ("restrict", 7, 0)
    assert kernel.asked == [no_new, landlock, no_new, ("prctl", 22, 2, 2, 0, 0)]  # two instructions
    assert closed == [7]
    assert made == [(b"12345678" + struct.pack("=I", os.getpid()) + b"0000", 16)]  # its own number is filled in
    for missing, left in (("Landlock", 2), ("seccomp", 2)):
        kernel.asked.clear()
        confinement.missing = {missing: "why"}
        confinement.put_on()
        assert len(kernel.asked) == left
        assert (landlock in kernel.asked) is (missing == "seccomp")
    kernel.fails = -1
    for put_on in (confinement.put_on_landlock, confinement.put_on_seccomp):
        with pytest.raises(OSError, match="a layer of the confinement failed"):
            put_on()


@pytest.mark.parametrize("in_bubblewrap", [True, False])
def test_limits(monkeypatch, in_bubblewrap):
    """What a process may use: its memory counts above what it has now, which are 30 pages here."""
    limits = {}
    monkeypatch.setattr(resource, "setrlimit", limits.__setitem__)
    monkeypatch.setattr(resource, "getpagesize", lambda: 4096)
    monkeypatch.setattr(confine, "open", lambda path: io.StringIO("30 20 10\n"), raising=False)
    confine.limit(3, 1000, in_bubblewrap=in_bubblewrap)
    everywhere = {
        resource.RLIMIT_CPU: (3, 4),  # a signal to tell it, then the end
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_FSIZE: (0, 0),
        resource.RLIMIT_NOFILE: (64, 64),
    }
    more = {
        resource.RLIMIT_AS: (30 * 4096 + 1000,) * 2,
        resource.RLIMIT_MEMLOCK: (0, 0),
        resource.RLIMIT_MSGQUEUE: (0, 0),
    }
    processes = {resource.RLIMIT_NPROC: (128, 128)} if in_bubblewrap else {}
    assert limits == {**everywhere, **more, **processes}
    limits.clear()
    monkeypatch.setattr(confine.sys, "platform", "darwin")
    confine.limit(3, 1000, in_bubblewrap=in_bubblewrap)
    assert limits == everywhere


def test_in_bubblewrap(monkeypatch):
    """Only who shares no namespace at all with the judge is."""
    own = confine.namespaces()
    assert own == {name: str(Path(f"/proc/self/ns/{name}").readlink()) for name in confine.NAMESPACES}
    others = dict.fromkeys(own, "another")
    assert confine.in_bubblewrap(others)
    assert not confine.in_bubblewrap({})  # where the judge has none, nobody can tell
    assert not confine.in_bubblewrap(own)
    assert not confine.in_bubblewrap({**others, "net": own["net"]})
    monkeypatch.setattr(os, "readlink", lambda path: own["user"] if path.endswith("user") else Path(path, "?").stat())
    assert confine.namespaces() == {"user": own["user"]}
    assert not confine.in_bubblewrap(others)


@pytest.mark.parametrize(
    ("error", "found"),
    [
        (errno.EACCES, (True, "")),
        (errno.EPERM, (False, "[Errno 1] no")),
        (0, (False, "a folder could be opened in spite of it")),
    ],
)
def test_a_layer_is_tried(monkeypatch, error, found):
    """It holds if a folder cannot be opened then, for the very reason that it gives."""
    done, open_there = [], os.open

    def open_or_fail(*path):
        done.append(path)
        if error:
            raise OSError(error, "no")
        return open_there(*path)

    monkeypatch.setattr(os, "open", open_or_fail)
    assert confine._tried(lambda: done.append("put on"), errno.EACCES) == found
    assert done == ["put on", ("/", os.O_RDONLY)]


def test_what_the_judge_is_told(monkeypatch):
    """Each layer as it was tried in a process of its own, and why one is missing."""

    def refuse():
        raise OSError(errno.EACCES, "by rule")

    forked, fork = [], os.fork
    monkeypatch.setattr(os, "fork", lambda: forked.append(fork()) or forked[-1])
    one = SimpleNamespace(missing={}, put_on_landlock=refuse, put_on_seccomp=lambda: None)
    spite = "a folder could be opened in spite of it"
    assert confine.try_layers(one) == [("Landlock", True, ""), ("seccomp", False, spite)]
    one.missing = {"Landlock": "none here"}
    assert confine.try_layers(one) == [("seccomp", False, spite), ("Landlock", False, "none here")]
    for pid in forked:
        with pytest.raises(ChildProcessError):  # nobody is left behind
            os.waitpid(pid, os.WNOHANG)
    one.missing = {"Landlock": "none", "seccomp": "nor here"}
    judge, control = socket.socketpair()
    outside = dict.fromkeys(confine.NAMESPACES, "another")
    monkeypatch.setattr(confine, "Confinement", lambda: one)
    monkeypatch.setattr(sys, "argv", ["confine", str(control.detach()), json.dumps({"outside": outside})])
    confine.main()
    said = judge.makefile().readline()
    assert json.loads(said) == {
        "ready": True,
        "layers": [["Landlock", False, "none"], ["seccomp", False, "nor here"]],
        "bubblewrap": True,
    }
    judge.close()
