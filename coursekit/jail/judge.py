"""This side of the wall: starts the zygote, asks a child questions, and ends it when it oversteps its limits.

The judge never imports or runs a submission. It sends source text and inputs, and takes numbers back. The child is
limited in time, memory and output, and confined (see `inside.confine`): it reaches no file, no network and no other
process. Where bubblewrap can be had, the zygote itself sees nothing but the interpreter and its packages.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from coursekit import grading
from coursekit.exercise import Exercise
from coursekit.grading import Stopped
from coursekit.jail import bubblewrap
from coursekit.jail.inside import confine, protocol
from coursekit.jail.inside.protocol import Answer, ProtocolError, Question
from coursekit.jail.inside.source import Cell
from coursekit.rehearsal import Line
from coursekit.report import Outcome, Report

INSIDE = Path(__file__).with_name("inside")
START_SECONDS = 120  # for importing torch on a busy or cold machine
_TRANSFORMS = re.compile(r"\b(func|functorch|vmap|vjp|jvp|jacrev|jacfwd|hessian|checkpoint)\b")

# The last one lays the zygote's memory in large pages: a fork copies, and its end frees, a few hundred page tables
# less. With glibc and transparent huge pages this takes fork and exit from some 10 ms to 3; elsewhere it does nothing.
_ENVIRONMENT = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    **{"LANG": "C.UTF-8", "USER": "nobody"},
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}


@dataclass(frozen=True)
class Limits:
    """What one exercise of one submission may use.

    Attributes:
        seconds: wall-clock time, loading included.
        memory: bytes above what torch itself takes.
        output: bytes printed.
    """

    seconds: float = 10.0
    memory: int = 1 << 29
    output: int = 1 << 20


class JailError(Exception):
    """The jail itself does not work here: the grader's problem, not the learner's."""


@dataclass(frozen=True)
class Layer:
    """One wall around a learner's code, as it was tried when the jail started.

    Attributes:
        name: what keeps the code in.
        in_force: whether it does.
        detail: what it keeps from the code, or why it is not in force.
    """

    name: str
    in_force: bool
    detail: str


class ZygoteGone(Exception):
    """The zygote ended while a child of its was asked: the machine's problem, or a way out that we do not know."""


class Jail:
    """One warm zygote. Use it as a context manager, from one thread at a time.

    Args:
        limits: what one exercise of one submission may use.
        confined: False leaves a process of its own and its limits, and no other wall: for work of people you trust.

    Attributes:
        layers: what holds, once the jail has started.
    """

    def __init__(self, limits: Limits | None = None, confined: bool = True) -> None:
        self.limits = limits or Limits()
        self.confined = confined
        self.layers: tuple[Layer, ...] = ()
        self._zygote: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._has_transforms = False
        self._closed = False

    def __enter__(self) -> Self:
        self._closed = False
        self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True  # who still grades in it, in another thread, shall not start it again
        self._stop()

    def grade(self, cells: tuple[Cell, ...], exercise: Exercise, *, seed: int, learner: str = "") -> Report:
        """Grades one function in a child of its own; should the jail end under it, once more in a new one.

        Raises:
            JailError: the jail cannot be started again.
        """
        for _ in range(2):
            try:
                with self.child(cells, exercise) as child:
                    return grading.grade(exercise, child, seed=seed, learner=learner)
            except ZygoteGone:
                self._stop()
        return grading.grade(exercise, _ended_twice, seed=seed, learner=learner)

    @contextmanager
    def child(self, cells: tuple[Cell, ...], exercise: Exercise) -> Iterator[Line]:
        """A fork that holds one learner's function, and the way to ask it.

        Asking raises Stopped when the child is gone or oversteps a limit, ZygoteGone when the jail itself ended, and
        JailError when it cannot be started again.
        """
        if self._closed:
            raise JailError("The jail was closed.")
        if self._zygote is None or not self._is_well():
            self._stop()
            self._start()
        if any(_TRANSFORMS.search(text) for _, text in cells):
            self._bring_transforms()
        assert self._control is not None
        child = _Child(self._control, self.limits)
        try:
            child.begin(cells, exercise)
            yield child
        finally:
            if not child.end():  # the zygote does not answer for its child: begin anew
                self._stop()

    def _is_well(self) -> bool:
        """Whether the zygote lives and has nothing to say: it speaks only when spoken to, or when it has ended."""
        assert self._control is not None
        assert self._zygote is not None
        return self._zygote.poll() is None and not select.select([self._control], [], [], 0)[0]

    def _bring_transforms(self) -> None:
        """Has the zygote import what torch.func imports at its first call: seconds that no learner should pay."""
        assert self._control is not None
        if not self._has_transforms:
            try:
                self._control.settimeout(START_SECONDS)
                self._control.send(_line({"import": "torch._dynamo"}))
                self._has_transforms = bool(self._control.recv(1 << 10))
            except OSError:  # the zygote is gone or stuck, which the child's first question will tell
                self._has_transforms = False

    def _start(self) -> None:
        zygote, control, told = _launch("inside.zygote", confined=self.confined)
        self._zygote, self._control = zygote, control
        self.layers = _layers(told) if self.confined else OPEN
        if self.confined:
            try:
                insist(self.layers)
            except JailError:
                self._stop()
                raise

    def _stop(self) -> None:
        if self._control is not None:
            self._control.close()  # the zygote reads an end of file and leaves
        if self._zygote is not None:
            try:
                self._zygote.wait(2)
            except subprocess.TimeoutExpired:
                self._zygote.kill()
                self._zygote.wait()
            if self._zygote.stderr is not None:
                self._zygote.stderr.close()
        self._zygote = self._control = None
        self._has_transforms = False


OPEN = (Layer("process", True, "a process of its own, limited in time, memory and print"),)
KEEPS = {
    "Landlock": "no file or folder can be opened, no TCP port used",
    "seccomp": "the system does nothing for it but compute: no process, socket, file or kernel service",
    "bubblewrap": "nothing is there but Python and its packages: no home, no other process, no network",
}


def probe(*, confined: bool = True) -> tuple[Layer, ...]:
    """The layers that a jail would have here, tried within a tenth of a second.

    Raises:
        JailError: untrusted work cannot be confined on this machine.
    """
    if not confined:
        return OPEN
    layers = look()
    insist(layers)
    return layers


def look() -> tuple[Layer, ...]:
    """The layers as they are found here, enough or not.

    Raises:
        JailError: no process can be started in them.
    """
    process, control, told = _launch("inside.confine", confined=True)
    control.close()
    process.communicate()
    return _layers(told)


def insist(layers: tuple[Layer, ...]) -> None:
    """Raises JailError unless these layers are enough for the work of strangers."""
    missing = [layer for layer in layers if layer.name in ("Landlock", "seccomp") and not layer.in_force]
    if missing:
        why = "; ".join(f"{layer.name}: {layer.detail}" for layer in missing)
        raise JailError(_REFUSAL.format(f"This machine cannot confine submissions ({why})."))


_REFUSAL = (
    "{} Grade on Linux 5.13 or newer (`coursekit doctor` says what is missing), or, if you trust everybody whose work "
    "it is with all that you can read, write and reach: --trust-submissions."
)


def _layers(told: dict[str, Any]) -> tuple[Layer, ...]:
    """What the process inside has tried, and whether bubblewrap shut it off from our namespaces."""
    found = [Layer(name, held, KEEPS[name] if held else why) for name, held, why in told["layers"]]
    found.sort(key=lambda layer: layer.name)
    why_not = "not installed (Debian, Ubuntu: apt install bubblewrap)"
    if shutil.which("bwrap"):
        why_not = "the system forbids user namespaces (Ubuntu: sysctl kernel.apparmor_restrict_unprivileged_userns=0)"
    held = bool(told["bubblewrap"])
    return (OPEN[0], *found, Layer("bubblewrap", held, KEEPS["bubblewrap"] if held else why_not))


def _launch(module: str, *, confined: bool) -> tuple[subprocess.Popen[bytes], socket.socket, dict[str, Any]]:
    """Starts a module of the inside, in bubblewrap where that can be had; returns what it says first, too."""
    if os.name != "posix":
        raise JailError("Grading needs Linux or macOS (on Windows, use WSL): submissions run in forked processes.")
    if confined and sys.platform != "linux":
        raise JailError(_REFUSAL.format("Only Linux can confine submissions."))
    wrappers = [bubblewrap.command(_ENVIRONMENT), []] if confined and bubblewrap.usable() else [[]]
    for wrapper in wrappers:
        process, control = _spawn(module, wrapper, confined=confined)
        line = _first_line(control)
        if line:
            return process, control, json.loads(line)
        control.close()
        process.kill()
        _, message = process.communicate()
    raise JailError(f"The grading process did not start: {_last_line(message)}")


def _spawn(module: str, wrapper: list[str], *, confined: bool) -> tuple[subprocess.Popen[bytes], socket.socket]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    settings = json.dumps({"confined": confined, "course": str(INSIDE.parents[2]), "outside": confine.namespaces()})
    with theirs:
        process = subprocess.Popen(
            [*wrapper, sys.executable, "-E", "-s", "-B", "-m", module, str(theirs.fileno()), settings],
            cwd=INSIDE.parent,
            env={"PATH": os.defpath, **_ENVIRONMENT},
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C in the terminal is for the judge, which ends the zygote in order
        )
    return process, ours


def _first_line(control: socket.socket) -> bytes:
    """What the other side says when it is ready; empty where it does not come that far."""
    control.settimeout(START_SECONDS)
    line = b""
    with suppress(OSError):
        while not line.endswith(b"\n"):
            more = control.recv(1 << 12)
            if not more:
                return b""
            line += more
        return line
    return b""


class _Child:
    """One fork, from begin to end."""

    _numbers = itertools.count(1)

    def __init__(self, control: socket.socket, limits: Limits) -> None:
        self._number = next(self._numbers)  # so that an order to kill it, come too late, does not hit the next one
        self._control = control
        self._limits = limits
        self._deadline = time.monotonic() + limits.seconds
        self._conversation, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._conversation.setblocking(False)
        self._outgoing = bytearray()  # what the child has not taken yet
        self._incoming = bytearray()  # what it said, and nobody has read yet
        self._awaited = 0  # questions without a reply
        self._replies: deque[bytes] = deque()  # that were not asked for yet
        self._output, self._their_output = os.pipe()
        self._printed = 0
        self._gone: tuple[int, float] | None = None  # wait status, CPU seconds
        self._stopped: Stopped | None = None

    def begin(self, cells: tuple[Cell, ...], exercise: Exercise) -> None:
        order = {
            "run": self._number,
            "cpu": int(self._limits.seconds) + 1,
            "memory": self._limits.memory,
            "forbids": exercise.forbids,
        }
        fds = [self._theirs.fileno(), self._their_output]
        try:
            socket.send_fds(self._control, [_line(order)], fds)
        except OSError:  # told at the first question, like all that ends a child
            self._gone = (-1, 0.0)
        finally:
            self._theirs.close()
            os.close(self._their_output)
        job = json.dumps({"cells": cells, "function": exercise.name}).encode()
        self._say(protocol.LENGTHS.pack(len(job), 0) + job)

    def __call__(self, question: Question) -> Answer:
        """Asks one question, after those that were sent before, and waits for the answer."""
        while self._awaited:
            self._replies.append(self._next_reply())
        self.send([protocol.encode_question(question)])
        return self.read(self._next_reply(), question)

    def send(self, frames: Sequence[bytes]) -> None:
        """Sends questions ahead; what ends the child meanwhile is told at the first reply that is missing."""
        self._awaited += len(frames)
        self._say(b"".join(frames))

    def reply(self) -> bytes:
        """The next frame that answers what was sent ahead."""
        return self._replies.popleft() if self._replies else self._next_reply()

    def read(self, reply: bytes, question: Question) -> Answer:
        """The answer to `question` that a frame holds."""
        start = protocol.LENGTHS.size
        header, _ = protocol.LENGTHS.unpack(reply[:start])
        try:
            return protocol.decode_answer(reply[start : start + header], reply[start + header :], question.wrt)
        except ProtocolError as error:
            self._stopped = _no_answer(error)
            raise self._stopped from None

    def _next_reply(self) -> bytes:
        if self._stopped is not None:
            raise self._stopped
        if self._gone is not None and self._gone[0] < 0:
            raise ZygoteGone
        try:
            header, body = protocol.lengths(self._receive(protocol.LENGTHS.size))
            reply = self._receive(protocol.LENGTHS.size + header + body)
        except Stopped as stopped:
            self._stopped = stopped
            raise
        except ProtocolError as error:
            self._stopped = _no_answer(error)
            raise self._stopped from None
        del self._incoming[: len(reply)]
        self._awaited -= 1
        return reply

    def end(self) -> bool:
        """Hangs up, makes sure that the child is gone, and says whether the zygote is still well."""
        self._conversation.close()
        try:
            if not self._ends_within(0.2):  # a child that only waits for questions leaves at once
                self._kill()
                self._ends_within(2)
        except OSError:
            pass
        os.close(self._output)
        return self._gone is not None and self._gone[0] >= 0

    def _ends_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self._gone is None and time.monotonic() < deadline:
            self._wait(deadline)
        return self._gone is not None

    def _say(self, frames: bytes) -> None:
        self._outgoing += frames
        self._flush()

    def _flush(self) -> None:
        try:
            del self._outgoing[: self._conversation.send(self._outgoing)]
        except BlockingIOError:
            pass
        except OSError:  # the child is gone; what it left unread says why
            self._outgoing.clear()

    def _receive(self, size: int) -> bytes:
        """The next bytes that the child says, which stay in `_incoming`; meanwhile it gets what it is to be told."""
        while len(self._incoming) < size:
            if time.monotonic() > self._deadline:
                raise self._too_slow()
            if self._conversation in self._wait(self._deadline, self._conversation):
                try:
                    chunk = self._conversation.recv(1 << 16)
                except BlockingIOError:
                    continue
                except OSError:
                    chunk = b""
                if not chunk:
                    raise self._why_gone()
                self._incoming += chunk
        return bytes(self._incoming[:size])

    def _wait(self, deadline: float, *others: socket.socket) -> list[socket.socket | int]:
        """Waits for something to read; keeps the child's printing from filling its pipe meanwhile."""
        sources: list[socket.socket | int] = list(others)
        if self._gone is None:
            sources.append(self._control)
        if self._printed >= 0:
            sources.append(self._output)
        talking = [self._conversation] if self._outgoing and others else []
        ready, able, _ = select.select(sources, talking, [], max(0.0, min(deadline - time.monotonic(), 0.5)))
        if able:
            self._flush()
        if self._output in ready:
            self._drain()
        if self._control in ready:
            self._hear()
        return ready

    def _drain(self) -> None:
        data = os.read(self._output, 1 << 16)
        self._printed = self._printed + len(data) if data else -1
        if self._printed > self._limits.output and self._stopped is None:
            self._kill()
            self._stopped = Stopped(
                Outcome.ERROR,
                f"The code printed more than {self._limits.output >> 20} MB, so it was ended.",
                "Take the print out of the loop.",
            )

    def _hear(self) -> None:
        try:
            message = self._control.recv(1 << 12)
        except OSError:
            message = b""
        if not message:
            self._gone = (-1, 0.0)  # the zygote itself is gone
            return
        ended = json.loads(message)
        self._gone = (ended["status"], ended["cpu"])

    def _kill(self) -> None:
        try:
            self._control.send(_line({"kill": self._number}))
        except OSError:
            self._gone = (-1, 0.0)  # the zygote is gone, and with it what could end the child

    def _too_slow(self) -> Stopped:
        self._kill()
        return Stopped(
            Outcome.TIMEOUT,
            f"Still running after {self._limits.seconds:g} s, so it was ended.",
            "Look for a loop that never ends: does its condition change inside the loop?",
        )

    def _why_gone(self) -> Stopped:
        if self._stopped is not None:
            return self._stopped
        hung_up = not self._ends_within(0.5)
        if hung_up:  # it closed the conversation and lives on
            self._kill()
            self._ends_within(2)
        status, cpu = self._gone or (-1, 0.0)
        if status < 0:
            raise ZygoteGone
        if hung_up:
            return Stopped(
                Outcome.ERROR,
                "The code closed the descriptors of its process, and could not answer any more.",
                "Leave the process's files and descriptors alone.",
            )
        if os.WIFSIGNALED(status):
            return _killed_by(os.WTERMSIG(status), cpu >= self._limits.seconds, self._limits)
        return Stopped(
            Outcome.ERROR,
            "The code ended its own process instead of returning a value.",
            "Take out exit(), quit(), sys.exit() and os._exit().",
        )


def _ended_twice(_question: Question) -> Answer:
    raise Stopped(
        Outcome.ERROR,
        "The grading process ended twice while it ran this function.",
        "If the function uses little memory, ask your instructor to look at the grading machine.",
    )


def _no_answer(error: ProtocolError) -> Stopped:
    return Stopped(
        Outcome.ERROR,
        f"What came back is not an answer ({error}).",
        "Return a tensor, and leave the process's files and descriptors alone.",
    )


def _killed_by(number: int, out_of_time: bool, limits: Limits) -> Stopped:
    if number == signal.SIGXCPU or (number == signal.SIGKILL and out_of_time):
        return Stopped(
            Outcome.TIMEOUT,
            f"Used more than {limits.seconds:g} s of computing time, so it was ended.",
            "Look for a loop that never ends: does its condition change inside the loop?",
        )
    if number == signal.SIGKILL:
        return Stopped(
            Outcome.MEMORY,
            "The system ended the process, most likely because it ran out of memory.",
            "Look for a list or a tensor that grows in a loop.",
        )
    return Stopped(
        Outcome.ERROR,
        f"The code crashed the interpreter ({signal.Signals(number).name}).",
        "Look for endless recursion, or an index out of range in a call into C.",
    )


def _line(order: dict[str, object]) -> bytes:
    return json.dumps(order).encode() + b"\n"


def _last_line(message: bytes) -> str:
    lines = message.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else "it printed nothing"
