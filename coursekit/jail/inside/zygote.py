"""The warm parent of all children: torch is imported once, then every submission is one fork.

Run by the judge as `python -m inside.zygote FD`, with this folder's parent as working directory. On the control
socket FD the judge sends, a line of JSON each, {"run": number, limits} with two descriptors (the conversation, the
child's standard output), {"kill": number}, or {"import": module}; the zygote answers {"status": …, "cpu": …} when the
child has ended, {"ready": true} when it has imported. One child at a time.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import resource
import select
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

import numpy as np
import torch

from . import protocol
from .answer import answer, describe
from .byhand import ByHand
from .disarm import Disarmed
from .protocol import Answer, Problem
from .source import SourceError, load

_PR_SET_PDEATHSIG = 1  # from Linux's prctl.h


def main() -> None:
    """Serves forks until the judge closes the control socket."""
    control = socket.socket(fileno=int(sys.argv[1]))
    _warm_up()
    _hide_the_course()
    os.chdir("/")
    wake, woken = socket.socketpair()
    for end in (wake, woken):
        end.setblocking(False)
    signal.set_wakeup_fd(woken.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    control.send(json.dumps({"ready": True}).encode())
    pid, number, heard = 0, 0, b""
    disarmed = Disarmed(())
    while True:
        ready, _, _ = select.select([control, wake], [], [])
        if wake in ready:
            wake.recv(512)
            pid = _report(pid, control)
        if control in ready:
            message, fds, _, _ = socket.recv_fds(control, 1 << 16, 2)
            if not message:
                return
            *lines, heard = (heard + message).split(b"\n")  # a stream may join orders, or cut one in two
            for order in map(json.loads, lines):
                if "kill" in order and order["kill"] == number:
                    _end(pid)
                elif "import" in order:
                    importlib.import_module(order["import"])
                    control.send(json.dumps({"ready": True}).encode())
                elif "run" in order:
                    disarmed = disarmed.of(order["forbids"])
                    pid, number = os.fork(), order["run"]
                    if pid == 0:
                        signal.set_wakeup_fd(-1)
                        for end in (wake, woken, control):
                            end.close()
                        _child(socket.socket(fileno=fds[0]), fds[1], order, disarmed.by_hand)
            for fd in fds:
                os.close(fd)


def _warm_up() -> None:
    """Pays once for what every child would pay for, then hides it from the garbage collector's writes."""
    torch.set_num_threads(1)  # a child hangs in its first large operation if the parent ever ran a parallel region
    np.random.default_rng(0).normal()
    x = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    loss = -(x - x.exp().sum(1, keepdim=True).log())[torch.arange(4), torch.tensor([0, 1, 2, 0])].mean()
    loss.backward()  # type: ignore[no-untyped-call]
    torch.autograd.grad(x * 2, [x], torch.ones_like(x))  # the first one with a gradient given imports sympy
    repr(x)
    load([("warm", "%magic\ndef f(): ...")], "f")  # imports what IPython needs to read magics
    gc.collect()
    gc.freeze()


def _hide_the_course() -> None:
    """Keeps `import coursekit` and `import solutions` from working by accident. This is tidiness, not a wall."""
    course = os.path.dirname(os.path.dirname(os.getcwd()))
    sys.path[:] = [path for path in sys.path if path not in ("", course, os.getcwd())]
    sys.modules["coursekit"] = None  # type: ignore[assignment]


def _end(pid: int) -> None:
    """Kills the child and whatever it started in its session."""
    if pid:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def _report(pid: int, control: socket.socket) -> int:
    """Tells the judge how the child ended; grandchildren that were left behind are reaped in silence."""
    while True:
        try:
            ended, status, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return pid
        if ended == 0:
            return pid
        if ended == pid:
            _end(pid)
            cpu = usage.ru_utime + usage.ru_stime
            control.send(json.dumps({"status": status, "cpu": cpu}).encode())
            pid = 0


def _child(conversation: socket.socket, output: int, order: dict[str, Any], by_hand: ByHand) -> NoReturn:
    """Loads the learner's function and answers questions about it until the judge hangs up."""
    try:
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.close(output)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.environ.clear()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()  # so that the judge can end whatever the learner's code started, too
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # who kills the zygote dies with it
        _limit(order["cpu"], order["memory"])
        gc.disable()
        _converse(conversation, by_hand)
    finally:
        os._exit(0)


def _converse(conversation: socket.socket, by_hand: ByHand) -> None:
    header, _ = _receive(conversation)
    job = json.loads(header)
    function, problem = _load([(label, text) for label, text in job["cells"]], job["function"], by_hand)
    while True:
        header, body = _receive(conversation)
        question = protocol.decode_question(json.loads(header), body)
        try:
            reply = Answer(problem=problem) if function is None else answer(function, question, by_hand.forbids)
            frame = protocol.encode_answer(by_hand.judge(reply))
        except BaseException as error:  # MemoryError while encoding, say
            frame = protocol.encode_answer(Answer(problem=describe(error)))
        conversation.sendall(frame)


def _load(cells: list[tuple[str, str]], name: str, by_hand: ByHand) -> tuple[Callable[..., Any] | None, Problem | None]:
    try:
        return load(cells, name, by_hand), None
    except SourceError as error:
        return None, Problem(error.kind, str(error))
    except BaseException as error:
        problem = describe(error)
        return None, problem if problem.kind == "memory" else Problem("broken", f"Loading it raised {problem.message}.")


def _receive(conversation: socket.socket) -> tuple[bytes, bytes]:
    header, body = protocol.LENGTHS.unpack(_exactly(conversation, protocol.LENGTHS.size))
    return _exactly(conversation, header), _exactly(conversation, body)


def _exactly(conversation: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        chunk = conversation.recv(size - len(data))
        if not chunk:
            os._exit(0)  # the judge hung up: nothing more will be asked
        data += chunk
    return bytes(data)


def _limit(cpu_seconds: int, memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    if sys.platform == "linux":
        with open("/proc/self/statm") as statm:
            used = int(statm.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + memory, used + memory))


if __name__ == "__main__":
    main()
