"""The warm parent of all children: torch is imported once, then every submission is one fork, or a few.

Run by a judge as `python -m coursekit.jail.inside.zygote FD,… SETTINGS`; in bubblewrap, `wire` and `inside` are all of
coursekit that is there. On the control socket FD the judge sends, a line of JSON each, {"run": number, limits} with two
descriptors (the conversation, the child's standard output), {"kill": number}, or {"bring": true}, which imports what
takes seconds and few need: those children have it whose order says {"late": true}. {"settle": true} lays its memory
for many forks (see memory). The judge asks {"waited": number}. The zygote answers {"status": …, "cpu": …, "waited": …}
when the child has ended, {"waited": seconds} where it has not, {"ready": true} when it has imported, or settled. One
child at a time. For several judges, with a socket each, it becomes several zygotes, which share what it has imported.

SETTINGS are {"confined": …, "outside": the judge's namespaces}; the first answer says which layers hold (see confine).
"""

from __future__ import annotations

import gc

if __name__ == "__main__":
    gc.disable()  # importing torch makes half a million objects that stay: looking for garbage takes a fifth

import importlib
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import ModuleType
from typing import Any, NoReturn

import numpy as np
import torch
from torch import nn

from coursekit.jail.inside import confine, guard, memory
from coursekit.jail.inside.byhand import ByHand
from coursekit.jail.inside.disarm import Disarmed
from coursekit.jail.inside.source import Source, SourceError, load
from coursekit.jail.inside.waiting import waited
from coursekit.wire import Answer, Problem, frames
from coursekit.wire.answering import answer, describe
from coursekit.wire.torch_private import DYNAMO

# A child has no files, so what a learner may well import, and what torch imports when first asked, must be there.
_WARM = """
abc array bisect cmath collections collections.abc contextlib contextvars copy csv dataclasses datetime decimal enum
fractions functools graphlib heapq inspect io itertools json logging math numbers operator os.path pathlib pprint
queue random re statistics string struct textwrap threading time timeit traceback types typing typing_extensions
unittest uuid warnings unicodedata weakref
numpy numpy.lib.mixins numpy.lib.stride_tricks numpy.linalg numpy.random numpy.testing numpy.typing
torch.autograd torch.autograd.functional torch.autograd.forward_ad torch.autograd.gradcheck torch.distributions
torch.func torch.linalg torch.nn.functional torch.nn.init torch.nn.utils torch.nn.utils.rnn torch.optim torch.overrides
torch.special torch.testing torch.utils.checkpoint torch.utils.data torch.masked
"""
_LATE = (DYNAMO, "sympy", "IPython")  # what takes seconds, and is imported when it is first needed
_CONVERSATION = 3  # the only descriptor that a child has beside the standard three


@dataclass
class Begin:
    """What a child begins with. It is made in the loop that forks, and nothing else of that loop comes along."""

    conversation: int
    output: int
    order: dict[str, Any]
    by_hand: ByHand
    confinement: confine.Confinement | None
    in_bubblewrap: bool
    filling: list[object]  # memory, which stays as it is as long as this is held


def main() -> Begin:
    """Serves forks until the judge closes the control socket, and ends then; returns in a child.

    A child does not run below this function: what is undone between two submissions is in its variables, and a
    learner's code can walk up the frames that it runs in.
    """
    settings = json.loads(sys.argv[2])
    _warm_up()
    _hide_the_course(settings["course"])
    os.chdir("/")
    confinement = confine.Confinement() if settings["confined"] else None
    in_bubblewrap = confine.in_bubblewrap(settings["outside"])
    report = confine.report(confinement, settings["outside"]) if confinement else {"ready": True}
    if confinement:
        confinement.hide_from_children()
    disarmed, late = Disarmed(()), _Late()
    disarmed.close_engines()
    control = _one_of([socket.socket(fileno=int(fd)) for fd in sys.argv[1].split(",")])
    filling: list[object] = []
    gc.freeze()  # a child that collects garbage writes to none of this
    wake, woken = socket.socketpair()
    for end in (wake, woken):
        end.setblocking(False)
    signal.set_wakeup_fd(woken.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    control.sendall(_line(report))
    pid, number, heard = 0, 0, b""
    while True:
        ready, _, _ = select.select([control, wake], [], [])
        if wake in ready:
            wake.recv(512)
            pid = _report(pid, control)
        if control in ready:
            message, fds, _, _ = socket.recv_fds(control, 1 << 16, 2)
            if not message:
                os._exit(0)  # to tidy up torch would take half a second, for which the judge would wait
            *lines, heard = (heard + message).split(b"\n")  # a stream may join orders, or cut one in two
            for order in map(json.loads, lines):
                if "kill" in order and order["kill"] == number:
                    _end(pid)
                elif "waited" in order:
                    if pid and order["waited"] == number:
                        control.sendall(_line({"waited": waited(pid)}))
                elif "bring" in order:
                    disarmed = disarmed.of(())  # what is imported shall find torch whole
                    late.bring()
                    filling += memory.settle()
                    control.sendall(_line({"ready": True}))
                elif "settle" in order:
                    filling += memory.settle()
                    gc.freeze()
                    control.sendall(_line({"ready": True}))
                elif "run" in order:
                    disarmed = disarmed.of(order["forbids"])
                    pid, number = os.fork(), order["run"]
                    if pid == 0:
                        signal.set_wakeup_fd(-1)
                        if not order["late"]:
                            late.hide(confined=confinement is not None)
                        filling += disarmed.seal()
                        return Begin(fds[0], fds[1], order, disarmed.by_hand, confinement, in_bubblewrap, filling)
            for fd in fds:
                os.close(fd)


def _warm_up() -> None:
    """Pays once for what every child would pay for, then hides it from the garbage collector's writes."""
    torch.set_num_threads(1)  # a child hangs in its first large operation if the parent ever ran a parallel region
    for name in _WARM.split():
        importlib.import_module(name)
    np.random.default_rng(0).normal()
    np.random.seed(0)
    x = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    loss = -(x - x.exp().sum(1, keepdim=True).log())[torch.arange(4), torch.tensor([0, 1, 2, 0])].mean()
    loss.backward()  # type: ignore[no-untyped-call]
    torch.einsum("ij,jk,kl->il", torch.ones(2, 2), torch.ones(2, 2), torch.ones(2, 2))  # more than two: opt_einsum
    nn.functional.one_hot(torch.tensor([1]), 3)
    nn.Linear(3, 2)(torch.ones(1, 3)).sum().backward()
    (torch.ones(2, dtype=torch.float16).exp() @ torch.ones(2, dtype=torch.float16)).item()
    _Identity.apply(x).sum().backward()  # type: ignore[no-untyped-call]
    for kind in (torch.float64, torch.float32, torch.int64, torch.bool):
        repr(torch.ones(2, 3).to(kind).to_sparse()), repr(torch.ones(2).to(kind)), torch.ones(2).to(kind).numpy()
    torch.compile = _as_it_is
    load([("warm", "def f(): ...")], "f")
    try:
        raise ValueError("warm")
    except ValueError as error:
        describe(error)


def _one_of(controls: list[socket.socket]) -> socket.socket:
    """Becomes as many processes as there are sockets, and returns in each with its own; this one only waits for them.

    So it makes no difference to a zygote when another one ends.
    """
    if len(controls) == 1:
        return controls[0]
    for control in controls:
        if os.fork() == 0:
            confine.die_with_parent()
            for other in controls:
                if other is not control:
                    other.close()
            return control
    for control in controls:
        control.close()
    while True:
        try:
            os.wait()
        except ChildProcessError:
            os._exit(0)


def _as_it_is(model: Any = None, **_: Any) -> Any:
    """In the place of `torch.compile`, which needs files and seconds: the function itself, which computes the same."""
    return _as_it_is if model is None else model


class _Identity(torch.autograd.Function):
    """A gradient of one's own: what the first one imports is not paid by a learner."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x)
        return x.clone()

    @staticmethod
    def backward(ctx: Any, slope: torch.Tensor) -> torch.Tensor:
        return slope * torch.ones_like(*ctx.saved_tensors)


class _Late:
    """What was imported after the start, for those children only whose code has been found to need it.

    Without this, what a submission could import would depend on who was graded before.
    """

    def __init__(self) -> None:
        self._modules: dict[str, ModuleType] = {}
        self._changed: list[tuple[dict[str, Any], str, Any]] = []  # in a module that was there: name and old value

    def bring(self) -> None:
        """Imports what torch.func needs, a gradient of a given gradient, and a cell with magics in it."""
        before = dict(sys.modules)
        values = [(vars(module), dict(vars(module))) for module in before.values() if isinstance(module, ModuleType)]
        for name in _LATE:
            importlib.import_module(name)
        x = torch.ones(2, requires_grad=True)
        torch.autograd.grad(x * 2, [x], torch.ones(2))  # of a given gradient: this looks into sympy
        load([("warm", "%magic\ndef f(): ...")], "f")
        self._modules.update((new, sys.modules[new]) for new in sys.modules.keys() - before.keys())
        self._changed += [
            (now, key, old) for now, then in values for key, old in then.items() if now.get(key) is not old
        ]

    def hide(self, *, confined: bool) -> None:
        """Makes it as if nothing had been brought, in this process.

        Who is not confined could import it from the disk: in their own time, and a second time, which torch does not
        stand. So they are kept from it before it is brought, and have it after.
        """
        if not confined:
            if not self._modules:
                for name in _LATE:
                    sys.modules[name] = None  # type: ignore[assignment]  # as if it could not be found
            return
        for name, module in self._modules.items():
            sys.modules.pop(name, None)
            parent, _, leaf = name.rpartition(".")
            owner = sys.modules.get(parent)
            if isinstance(owner, ModuleType) and vars(owner).get(leaf) is module:
                delattr(owner, leaf)
        for names, name, old in self._changed:  # torch._dynamo puts another torch.manual_seed there, say
            names[name] = old


def _hide_the_course(folder: str) -> None:
    """Keeps `import coursekit` and `import solutions` from working by accident. This is tidiness, not a wall.

    What has been imported of it goes on working: it holds what it needs.
    """
    sys.path[:] = [path for path in sys.path if path not in ("", folder, os.getcwd())]
    for name in [name for name in sys.modules if name.startswith("coursekit.")]:
        del sys.modules[name]
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
    before = waited(pid)  # is gone with the child
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
            control.sendall(_line({"status": status, "cpu": cpu, "waited": before}))
            pid = 0


def child(begin: Begin) -> NoReturn:
    """Loads a learner's functions and answers questions about them until the judge hangs up."""
    try:
        os.dup2(begin.output, 1)
        os.dup2(begin.output, 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.environ.clear()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()  # so that the judge can end whatever the learner's code started, too
        confine.limit(begin.order["cpu"], begin.order["memory"], in_bubblewrap=begin.in_bubblewrap)
        if begin.confinement:
            begin.confinement.prepare(in_bubblewrap=begin.in_bubblewrap)
        confine.die_with_parent()
        if begin.confinement:
            begin.confinement.put_on()
            begin.confinement = None  # it holds the C library
        os.dup2(begin.conversation, _CONVERSATION)
        os.closerange(_CONVERSATION + 1, 1 << 10)
        if begin.by_hand.names:
            guard.put_on(begin.by_hand)
        _converse(_Conversation(), begin.by_hand)
    finally:
        os._exit(0)


def _converse(conversation: _Conversation, by_hand: ByHand) -> None:
    """Hears first the cells, then by turns which function is meant, and the questions that it is asked."""
    by_hand.told = conversation.end
    job, _ = conversation.hear()
    source = _read(job)
    function: Callable[..., Any] | None = None
    problem: Problem | None = None
    while True:
        header, body = conversation.hear()
        if "leans" in header:  # asked of a child in which nothing of the learner's has run
            leans = source.leans_on(header["leans"], header["others"]) if isinstance(source, Source) else []
            conversation.say(frames.encode_answer(Answer(problem=Problem("leans", " ".join(leans)))))
            continue
        if "function" in header:
            function, problem = _load(source, header["function"], by_hand, header["instead"])
            continue
        question = frames.decode_question(header, body)
        try:
            reply = Answer(problem=problem) if function is None else answer(function, question)
            frame = frames.encode_answer(reply)
        except BaseException as error:  # MemoryError while encoding, say
            frame = frames.encode_answer(Answer(problem=describe(error)))
        conversation.say(frame)


def _read(job: dict[str, Any]) -> Source | Problem:
    try:
        return Source([(label, text) for label, text in job["cells"]], job["exercises"])
    except BaseException as error:
        return _why_not_loaded(error)


def _why_not_loaded(error: BaseException) -> Problem:
    if isinstance(error, SourceError):
        return Problem(error.kind, str(error))
    problem = describe(error)
    return problem if problem.kind == "memory" else Problem("broken", f"Loading it raised {problem.message}.")


def _load(
    source: Source | Problem, name: str, by_hand: ByHand, instead: dict[str, str]
) -> tuple[Callable[..., Any] | None, Problem | None]:
    if isinstance(source, Problem):
        return None, source
    try:
        if source.is_stub(name):
            return None, Problem("stub")
        # by hand as well, so that nothing comes with them that the learner's own code could not have
        lent = {helper: Source([("course", text)]).load(helper, by_hand) for helper, text in instead.items()}
        return source.load(name, by_hand, lent), None
    except BaseException as error:
        return None, _why_not_loaded(error)


class _Conversation:
    """The child's end of its talk with the judge."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, _CONVERSATION)
        self._heard = b""  # a chunk of what the judge says holds many frames
        self._at = 0  # where the next one begins

    def hear(self) -> tuple[dict[str, Any], bytes]:
        """The next frame; ends the process when there is none."""
        header, body = frames.LENGTHS.unpack(self._take(frames.LENGTHS.size))
        return json.loads(self._take(header)), self._take(body)

    def say(self, frame: bytes) -> None:
        """Sends an answer."""
        self._socket.sendall(frame)

    def end(self, problem: Problem) -> NoReturn:
        """Says what ends the conversation, and the process with it."""
        self.say(frames.encode_answer(Answer(problem=problem)))
        os._exit(0)

    def _take(self, size: int) -> bytes:
        while len(self._heard) < self._at + size:
            chunk = self._socket.recv(1 << 16)
            if not chunk:
                os._exit(0)  # the judge hung up: nothing more will be asked
            self._heard, self._at = self._heard[self._at :] + chunk, 0
        self._at += size
        return self._heard[self._at - size : self._at]


def _line(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode() + b"\n"


if __name__ == "__main__":
    child(main())
