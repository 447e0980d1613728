"""The walls around a learner's code: which hold on this machine, and how a process is started inside of them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, Self

from coursekit.jail import bubblewrap
from coursekit.jail.inside import confine
from coursekit.jail.terms import JailError, Layer

COURSE = Path(__file__).resolve().parents[2]
START_SECONDS = 120  # for importing torch on a busy or cold machine
_LEAVING = 2  # seconds that a process may take to end when nobody talks with it any more

_ENVIRONMENT = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    **{"LANG": "C.UTF-8", "USER": "nobody"},
}


OPEN = (Layer("process", True, "a process of its own, limited in time, memory and print"),)
KEEPS = {
    "Landlock": "no file or folder can be opened, no TCP port used",
    "seccomp": "the system does nothing for it but compute: no process, socket, file or kernel service",
    "bubblewrap": "nothing is there but Python and its packages: no home, no other process, no network",
}


def look() -> tuple[Layer, ...]:
    """The layers as they are found here, enough or not, tried within a tenth of a second.

    Raises:
        JailError: no process can be started in them.
    """
    with Start("confine", confined=True) as start:
        ((control, told),) = start.wait()
        control.close()
        start.process.communicate()
    return layers(told)


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


def layers(told: dict[str, Any]) -> tuple[Layer, ...]:
    """What the process inside has tried, and whether bubblewrap shut it off from our namespaces."""
    found = [Layer(name, held, KEEPS[name] if held else why) for name, held, why in told["layers"]]
    found.sort(key=lambda layer: layer.name)
    why_not = "not installed (Debian, Ubuntu: apt install bubblewrap)"
    if shutil.which("bwrap"):
        why_not = "the system forbids user namespaces (Ubuntu: sysctl kernel.apparmor_restrict_unprivileged_userns=0)"
    held = bool(told["bubblewrap"])
    return (OPEN[0], *found, Layer("bubblewrap", held, KEEPS["bubblewrap"] if held else why_not))


class Ready(NamedTuple):
    """A process of `inside` that waits for orders: the way to talk with it, and what it said first."""

    control: socket.socket
    told: dict[str, Any]


class Start:
    """A process of `inside` that is on its way: it takes seconds to be ready, in which others can get ready as well.

    As a context manager, it ends the process at the end if nobody has waited for it.

    Args:
        module: which module of `inside` it runs, in bubblewrap where that can be had.
        confined: whether it is to put on its walls.
        count: how many it is to be in the end; it forks the others when all that they share is there.

    Attributes:
        process: the first of them. It ends when all the ways to talk with them are closed.

    Raises:
        JailError: no such process can be had on this system.
    """

    def __init__(self, module: str, *, confined: bool, count: int = 1) -> None:
        if os.name != "posix":
            raise JailError("Grading needs Linux or macOS (on Windows, use WSL): submissions run in forked processes.")
        if confined and sys.platform != "linux":
            raise JailError(_REFUSAL.format("Only Linux can confine submissions."))
        self.confined = confined
        self._module = module
        self._wrappers = [bubblewrap.command(_ENVIRONMENT), []] if confined and bubblewrap.usable() else [[]]
        self._count = count
        self._begin()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._taken:
            self._end()

    def wait(self) -> list[Ready]:
        """All that are ready now, `count` of them; the caller ends them.

        Raises:
            JailError: they did not start.
        """
        while True:
            lines = [_first_line(control) for control in self._controls]
            if all(lines):
                self._taken = True
                return [Ready(control, json.loads(line)) for control, line in zip(self._controls, lines, strict=True)]
            message = self._end()
            if not self._wrappers:
                raise JailError(f"The grading process did not start: {_last_line(message)}")
            self._begin()

    def _begin(self) -> None:
        self._taken = False
        pairs = [socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM) for _ in range(self._count)]
        self._controls: list[socket.socket] = [ours for ours, _ in pairs]
        fds = [theirs.fileno() for _, theirs in pairs]
        try:
            self.process = _spawn(self._module, self._wrappers.pop(0), fds, confined=self.confined)
        finally:
            for _, theirs in pairs:
                theirs.close()

    def _end(self) -> bytes:
        self._taken = True
        for control in self._controls:
            control.close()
        with suppress(ProcessLookupError, PermissionError):  # it may have ended by itself
            # all of its group: what bubblewrap has begun, and cannot yet know to end with it, would be waited for
            os.killpg(self.process.pid, signal.SIGKILL)
        return self.process.communicate()[1]


def _spawn(module: str, wrapper: list[str], controls: list[int], *, confined: bool) -> subprocess.Popen[bytes]:
    settings = json.dumps({"confined": confined, "course": str(COURSE), "outside": confine.namespaces()})
    return subprocess.Popen(
        [
            *wrapper,
            sys.executable,
            "-E",
            "-s",
            "-B",
            "-m",
            f"coursekit.jail.inside.{module}",
            ",".join(map(str, controls)),
            settings,
        ],
        cwd=COURSE,
        env={"PATH": os.defpath, **_ENVIRONMENT},
        pass_fds=controls,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C in the terminal is for the judge, which ends the zygote in order
    )


def leave(process: subprocess.Popen[bytes]) -> None:
    """Waits for a process to which all ways have been closed, and ends it if it does not leave."""
    try:
        process.wait(_LEAVING)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stderr is not None:
        process.stderr.close()


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


def _last_line(message: bytes) -> str:
    lines = message.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else "it printed nothing"
