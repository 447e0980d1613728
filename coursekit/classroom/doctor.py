"""Says whether this machine can grade the work of strangers, and tries it: attacks on each wall of a real jail."""

from __future__ import annotations

import os
import platform
import socket
import tempfile
import textwrap
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from coursekit.exercise import Exercise, Stopped
from coursekit.jail.judge import Jail, ZygoteGone
from coursekit.jail.terms import JailError, Layer, Limits
from coursekit.jail.walls import look
from coursekit.machine import cores
from coursekit.report import Outcome
from coursekit.wire import Question

LIMITS = Limits(seconds=2.0, memory=256 << 20)
INSTALL = {
    "seccomp": "apt install libseccomp2, and pip install pyseccomp",
    "Landlock": "a kernel of 5.13 or newer that has `landlock` among its security modules (/sys/kernel/security/lsm)",
}


@dataclass(frozen=True)
class Attack:
    """What a submission might try.

    Attributes:
        name: what it does, in words.
        code: the body of a function. If it comes to its end, the attack succeeded; if it raises, the wall held.
        ends: how else it may end, where the wall is a limit: on a busy machine time may be over before anything else.
    """

    name: str
    code: str
    ends: tuple[Outcome, ...] = ()


ATTACKS = (
    Attack("read a file of yours", "open({secret!r}).read()"),
    Attack("list your folders", "os.listdir('/')"),
    Attack("write a file", "open({planted!r}, 'w')"),
    Attack("read another process's environment", "open('/proc/{judge}/environ').read()"),
    Attack("read the environment of process 1", "open('/proc/1/environ').read()"),
    Attack("connect by TCP", "socket.create_connection(('127.0.0.1', {tcp})).send(b'x')"),
    Attack("send by UDP", "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', {udp}))"),
    Attack("connect to an abstract socket", "socket.socket(socket.AF_UNIX).connect({abstract!r})"),
    Attack("fork", "if os.fork() == 0: os._exit(0)"),
    Attack("start a program", "subprocess.run(['/bin/true'])"),
    Attack("signal its parent", "os.kill(os.getppid(), 0)"),
    Attack("trace its parent", "if ctypes.CDLL(None).ptrace(0x4206, os.getppid(), 0, 0): raise OSError"),
    Attack(
        "ask the kernel for a ring (io_uring)", "if ctypes.CDLL(None).syscall(425, 1, bytes(128)) < 0: raise OSError"
    ),
    Attack("raise its own limits", "resource.setrlimit(resource.RLIMIT_CPU, (99, 99))"),
    Attack("take more memory than it may", "bytearray({memory})"),
    Attack("run for ever", "while True: pass", (Outcome.TIMEOUT, Outcome.STARVED)),
    Attack("print for ever", "while True: print('x' * 9999)", (Outcome.ERROR, Outcome.STARVED)),
)


@dataclass(frozen=True)
class Examined:
    """What was found of this machine.

    Attributes:
        layers: the walls.
        held: by attack, whether the jail held.
        problem: why nothing could be tried, if so.
    """

    layers: tuple[Layer, ...] = ()
    held: Mapping[str, bool] = field(default_factory=dict)
    problem: str = ""

    @property
    def can_grade(self) -> bool:
        """Whether strangers' work can be graded here."""
        return not self.problem and all(self.held.values())


def examine(say: Callable[[str], None]) -> Examined:
    """Looks at the walls and attacks each of them, and says how it goes."""
    say(f"Python {platform.python_version()}, torch {torch.__version__}")
    say(f"{platform.system()} {platform.release()} on {platform.machine()}, {cores()} cores")
    say("")
    try:
        layers = look()
    except JailError as error:
        say(str(error))
        return Examined(problem=str(error))
    for layer in layers:
        say(f"  {'in force' if layer.in_force else 'NOT IN FORCE':14}{layer.name}: {layer.detail}")
    for layer in layers:
        if not layer.in_force and layer.name in INSTALL:
            say("")
            say(f"  {layer.name} needs: {INSTALL[layer.name]}")
    try:
        with Jail(LIMITS) as jail:
            say("")
            say("Attacks, tried in a jail like that of `coursekit grade`:")
            held = {attack.name: _tell(say, attack, each) for attack, each in try_attacks(jail)}
    except JailError as error:
        say("")
        say(f"{error}")
        return Examined(layers, problem=str(error))
    examined = Examined(layers, held)
    _conclude(say, examined)
    return examined


def _tell(say: Callable[[str], None], attack: Attack, held: bool) -> bool:
    say(f"  {'held' if held else 'NOT HELD':14}{attack.name}")
    return held


def _conclude(say: Callable[[str], None], examined: Examined) -> None:
    say("")
    if not examined.can_grade:
        say("Do not grade the work of strangers here: an attack got through.")
        return
    extra = "" if all(layer.in_force for layer in examined.layers) else " One more wall can be had: see above."
    say(f"This machine can grade the work of strangers.{extra}")


def try_attacks(jail: Jail) -> Iterator[tuple[Attack, bool]]:
    """Each attack, and whether the jail held."""
    with _targets() as targets:
        for attack in ATTACKS:
            yield attack, _holds(jail, attack, targets)
        planted = Path(targets["planted"])
        yield Attack("leave something behind", ""), not planted.exists() and not targets["heard"]()


def _holds(jail: Jail, attack: Attack, targets: dict[str, Any]) -> bool:
    body = textwrap.indent(attack.code.format(**targets), "    ")
    text = f"import ctypes, os, resource, socket, subprocess\ndef attack(x):\n{body}\n    return x\n"
    with jail.child((("attack", text),), _EXERCISE) as ask:
        try:
            problem = ask(Question((torch.tensor(1.0),))).problem
        except Stopped as stopped:
            return stopped.outcome in attack.ends
        except ZygoteGone:  # it took more with it than itself
            return False
    return problem is not None and problem.kind in ("raised", "memory")


_EXERCISE = Exercise("attack", lambda x: x, idea="", hints=())


@contextmanager
def _targets() -> Iterator[dict[str, Any]]:
    """A file that is nobody else's business, and somebody on this machine who would hear a message."""
    abstract = f"\0coursekit-doctor-{os.getpid()}"
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(type=socket.SOCK_DGRAM) as udp,
        socket.socket(socket.AF_UNIX) as unix,
    ):
        udp.bind(("127.0.0.1", 0))
        unix.bind(abstract)
        unix.listen()
        secret = Path(folder, "secret")
        secret.write_text("for nobody else", encoding="utf-8")
        Path(folder).chmod(0o777)  # not the file system's own permissions are to be tried
        secret.chmod(0o666)

        def heard() -> bool:
            for listener in (tcp, udp, unix):
                listener.setblocking(False)
                try:
                    listener.recv(1) if listener is udp else listener.accept()[0].close()
                except BlockingIOError:
                    continue
                return True
            return False

        yield {
            "secret": str(secret),
            "planted": str(Path(folder, "planted")),
            "judge": os.getpid(),
            "tcp": tcp.getsockname()[1],
            "udp": udp.getsockname()[1],
            "abstract": abstract,
            "memory": LIMITS.memory + (64 << 20),
            "heard": heard,
        }
