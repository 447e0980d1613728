"""What a child takes from itself before it runs a learner's code: files, network, other processes, more memory.

Nothing here can be undone by the process that did it. Everything a child needs was imported before the fork, so it
needs no file at all: Landlock gives it no path, and seccomp does not let it ask for one. Numbers of system calls differ
from machine to machine, so libseccomp is asked for them (by way of `pyseccomp`); Landlock's own three are the same
everywhere. What does not depend on the child is made once, in the zygote: see `Confinement`.

`python -m coursekit.jail.inside.confine FD SETTINGS` tries the layers in a process of its own (see `zygote`).
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import signal
import socket
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

# from Linux's prctl.h, landlock.h and sched.h: the same numbers on every machine
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NAME, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 4, 15, 22, 38
_LANDLOCK_CREATE_RULESET, _LANDLOCK_RESTRICT_SELF, _LANDLOCK_VERSION = 444, 446, 1
_CLONE_THREAD, _CLONE_PTRACE, _CLONE_NEW = 0x10000, 0x2000, 0x7E020080  # the last: every kind of new namespace
_FCNTL = (0, 1, 2, 3, 1030)  # duplicate a descriptor, read and set whether it closes on exec, read its flags
_NOBODY = 65534
_OWN_PID = 0x5EC0C0DE  # stands in the filter where each child puts its own number

NAMESPACES = ("user", "pid", "net", "mnt", "ipc", "uts")

# What Python and torch ask of the system while they compute; all of it concerns the process alone.
_ALLOWED = """
read write readv writev pread64 pwrite64 recvfrom sendto close close_range lseek fstat dup dup2 dup3
poll ppoll select pselect6 _newselect
mmap mmap2 munmap mremap mprotect madvise brk membarrier
futex futex_waitv set_robust_list get_robust_list rseq set_tid_address sched_yield sched_getaffinity getcpu
rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending sigaltstack restart_syscall
clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time times getrusage getrandom
getpid gettid getppid getuid geteuid getgid getegid getpgrp uname sysinfo getrlimit exit exit_group
"""


class Confinement:
    """The layers that this kernel offers, made ready in the zygote, put on by each child.

    Attributes:
        missing: for each layer that cannot be had, why.
    """

    def __init__(self) -> None:
        self.missing: dict[str, str] = {}
        self._libc = ctypes.CDLL(None, use_errno=True)
        if sys.platform != "linux":
            self.missing = dict.fromkeys(("Landlock", "seccomp"), "only Linux has it")
            return
        try:
            self._ruleset = _landlock_ruleset(self._libc)
        except OSError as error:
            self.missing["Landlock"] = f"the kernel offers none ({error.strerror})"
        try:
            self._filter = _seccomp_filter()
        except ImportError:
            self.missing["seccomp"] = "the package pyseccomp is missing"
        except (OSError, RuntimeError) as error:  # pyseccomp's own word where libseccomp is missing
            self.missing["seccomp"] = str(error)

    def prepare(self, *, in_bubblewrap: bool) -> None:
        """What needs files, or rights that the child is about to lose; sooner than `limit`."""
        if sys.platform != "linux":
            return
        self._libc.prctl(_PR_SET_DUMPABLE, 1)  # or the next file would belong to root
        with suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
            score.write("1000")  # if the machine runs out of memory, this is the process to end
        if os.geteuid() == 0 and not in_bubblewrap:
            os.setgroups([])
            os.setresgid(_NOBODY, _NOBODY, _NOBODY)
            os.setresuid(_NOBODY, _NOBODY, _NOBODY)
        self._libc.prctl(_PR_SET_DUMPABLE, 0)  # no core, no /proc/self/mem, nobody attaches

    def put_on_landlock(self) -> None:
        """From here on no path can be opened, no TCP port used, and nobody outside be signalled or called."""
        self._must(self._libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        self._must(self._libc.syscall(_LANDLOCK_RESTRICT_SELF, self._ruleset, 0))
        os.close(self._ruleset)

    def put_on_seccomp(self) -> None:
        """From here on the system does nothing but what is on the list."""
        own = struct.pack("=I", os.getpid())
        filled = self._filter.replace(struct.pack("=I", _OWN_PID), own)
        program = ctypes.create_string_buffer(filled, len(filled))
        header = _Program(len(filled) // 8, ctypes.addressof(program))
        self._must(self._libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        self._must(self._libc.prctl(_PR_SET_SECCOMP, 2, ctypes.byref(header), 0, 0))

    def put_on(self) -> None:
        """Every layer that can be had."""
        if "Landlock" not in self.missing:
            self.put_on_landlock()
        if "seccomp" not in self.missing:
            self.put_on_seccomp()

    def hide_from_children(self) -> None:
        """Keeps the zygote from being read or traced; by the same user, say."""
        if sys.platform == "linux":
            self._libc.prctl(_PR_SET_DUMPABLE, 0)

    def _must(self, result: int) -> None:
        if result:
            raise OSError(ctypes.get_errno(), "a layer of the confinement failed")


class _Program(ctypes.Structure):
    """`struct sock_fprog`: how many instructions of eight bytes, and where."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def _landlock_ruleset(libc: ctypes.CDLL) -> int:
    """A descriptor of rules that handle every right this kernel knows, and grant none."""
    version = libc.syscall(_LANDLOCK_CREATE_RULESET, None, 0, _LANDLOCK_VERSION)
    if version < 1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    files = (1 << (13 + (version >= 2) + (version >= 3) + (version >= 5))) - 1
    rights = [files]
    if version >= 4:
        rights.append(0b11)  # TCP: bind, connect
    if version >= 6:
        rights.append(0b11)  # abstract unix sockets and signals, to outside
    attributes = struct.pack(f"={len(rights)}Q", *rights)
    ruleset = libc.syscall(_LANDLOCK_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    if ruleset < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return int(ruleset)


def _seccomp_filter() -> bytes:
    """The program that lets through what is on the list; all else fails with EPERM."""
    import pyseccomp

    arg, equal, masked = pyseccomp.Arg, pyseccomp.EQ, pyseccomp.MASKED_EQ
    rules = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.EPERM))
    rules.set_attr(pyseccomp.Attr.ACT_BADARCH, pyseccomp.KILL_PROCESS)  # 32-bit calls have other numbers

    def allow(name: str, *conditions: pyseccomp.Arg) -> None:
        if pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name) >= 0:  # aarch64 has no select, say
            rules.add_rule(pyseccomp.ALLOW, name, *conditions)

    for name in _ALLOWED.split():
        allow(name)
    allow("clone", arg(0, masked, _CLONE_THREAD | _CLONE_PTRACE | _CLONE_NEW, _CLONE_THREAD))
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")  # its flags are out of a filter's reach; glibc then clones
    allow("tgkill", arg(0, equal, _OWN_PID))  # abort() and raise()
    allow("kill", arg(0, equal, _OWN_PID))
    allow("prlimit64", arg(0, equal, 0), arg(2, equal, 0))  # read its own, change none
    allow("prctl", arg(0, equal, _PR_SET_NAME))
    for command in _FCNTL:
        allow("fcntl", arg(1, equal, command))
    read, write = os.pipe()  # of 64 kB; the program has about two
    with open(read, "rb") as source:
        with open(write, "wb") as target:
            rules.export_bpf(target)
        program = source.read()
    if struct.pack("=I", _OWN_PID) not in program:
        raise RuntimeError("libseccomp wrote a filter in which the process's own number is not found")
    return program


def die_with_parent() -> None:
    """This process ends with the thread that has forked it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def limit(cpu_seconds: int, memory: int, *, in_bubblewrap: bool) -> None:
    """Caps what the process may use; `memory` counts above what it has now."""
    import resource  # here, as Windows has none, and the judge's side imports this module everywhere

    limits = {
        resource.RLIMIT_CPU: (cpu_seconds, cpu_seconds + 1),
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_FSIZE: (0, 0),
        resource.RLIMIT_NOFILE: (64, 64),
    }
    if sys.platform == "linux":
        with open("/proc/self/statm") as statm:
            used = int(statm.read().split()[0]) * resource.getpagesize()
        limits[resource.RLIMIT_AS] = (used + memory, used + memory)
        limits[resource.RLIMIT_MEMLOCK] = (0, 0)
        limits[resource.RLIMIT_MSGQUEUE] = (0, 0)
        if in_bubblewrap:  # outside of it, every process of the user would be counted
            limits[resource.RLIMIT_NPROC] = (128, 128)
    for kind, values in limits.items():
        resource.setrlimit(kind, values)


class Found(NamedTuple):
    """A layer as it was tried."""

    name: str
    in_force: bool
    detail: str


def namespaces() -> dict[str, str]:
    """The namespaces of this process, as the kernel names them; empty where there are none."""
    found = {}
    for name in NAMESPACES:
        with suppress(OSError):
            found[name] = os.readlink(f"/proc/self/ns/{name}")
    return found


def in_bubblewrap(outside: dict[str, str]) -> bool:
    """Whether this process shares no namespace with the judge, who says what its own are."""
    own = namespaces()
    return bool(outside) and len(own) == len(NAMESPACES) and all(own[name] != outside.get(name) for name in own)


def try_layers(confinement: Confinement) -> list[Found]:
    """Puts the layers on in a process that ends at once, and sees by the way an open fails whether each holds."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        tried: list[tuple[str, bool, str]] = []
        try:
            for name, put_on, sign in (
                ("Landlock", confinement.put_on_landlock, errno.EACCES),
                ("seccomp", confinement.put_on_seccomp, errno.EPERM),
            ):
                if name not in confinement.missing:
                    tried.append((name, *_tried(put_on, sign)))
        finally:
            os.write(write, json.dumps(tried).encode())
            os._exit(0)
    os.close(write)
    with open(read, "rb") as report:
        found = [Found(*each) for each in json.loads(report.read() or b"[]")]
    os.waitpid(pid, 0)
    return found + [Found(name, False, why) for name, why in confinement.missing.items()]


def _tried(put_on: Callable[[], None], sign: int) -> tuple[bool, str]:
    try:
        put_on()
        os.close(os.open("/", os.O_RDONLY))
    except OSError as error:
        return error.errno == sign, "" if error.errno == sign else str(error)
    return False, "a folder could be opened in spite of it"


def main() -> None:
    """Says which layers hold here."""
    with socket.socket(fileno=int(sys.argv[1])) as control:
        outside = json.loads(sys.argv[2])["outside"]
        control.sendall(json.dumps(report(Confinement(), outside)).encode() + b"\n")


def report(confinement: Confinement, outside: dict[str, str]) -> dict[str, object]:
    """What the judge is told at the start."""
    return {"ready": True, "layers": try_layers(confinement), "bubblewrap": in_bubblewrap(outside)}


if __name__ == "__main__":
    main()
