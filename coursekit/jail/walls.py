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
from typing import Any, Self

from coursekit.jail import bubblewrap
from coursekit.jail.inside import confine
from coursekit.jail.terms import JailError, Layer

COURSE = Path(__file__).resolve().parents[2]
START_SECONDS = 120  # for importing torch on a busy or cold machine

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
    process, control, told = Start("confine", confined=True).wait()
    control.close()
    process.communicate()
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


class Start:
    """A process of `inside` that is on its way: it takes seconds to be ready, in which others can get ready as well.

    As a context manager, it ends the process at the end if nobody has waited for it.

    Args:
        module: which module of `inside` it runs, in bubblewrap where that can be had.
        confined: whether it is to put on its walls.

    Raises:
        JailError: no such process can be had on this system.
    """

    def __init__(self, module: str, *, confined: bool) -> None:
        if os.name != "posix":
            raise JailError("Grading needs Linux or macOS (on Windows, use WSL): submissions run in forked processes.")
        if confined and sys.platform != "linux":
            raise JailError(_REFUSAL.format("Only Linux can confine submissions."))
        self.confined = confined
        self._module = module
        self._wrappers = [bubblewrap.command(_ENVIRONMENT), []] if confined and bubblewrap.usable() else [[]]
        self._taken = False
        self._begin()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._taken:
            self._end()

    def wait(self) -> tuple[subprocess.Popen[bytes], socket.socket, dict[str, Any]]:
        """The process, the way to talk with it, and what it said first; the caller ends it.

        Raises:
            JailError: it did not start.
        """
        self._taken = True
        while True:
            line = _first_line(self._control)
            if line:
                return self._process, self._control, json.loads(line)
            message = self._end()
            if not self._wrappers:
                raise JailError(f"The grading process did not start: {_last_line(message)}")
            self._begin()

    def _begin(self) -> None:
        self._process, self._control = _spawn(self._module, self._wrappers.pop(0), confined=self.confined)

    def _end(self) -> bytes:
        self._control.close()
        with suppress(ProcessLookupError, PermissionError):  # it may have ended by itself
            # all of its group: what bubblewrap has begun, and cannot yet know to end with it, would be waited for
            os.killpg(self._process.pid, signal.SIGKILL)
        return self._process.communicate()[1]


def _spawn(module: str, wrapper: list[str], *, confined: bool) -> tuple[subprocess.Popen[bytes], socket.socket]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    settings = json.dumps({"confined": confined, "course": str(COURSE), "outside": confine.namespaces()})
    with theirs:
        process = subprocess.Popen(
            [
                *wrapper,
                sys.executable,
                "-E",
                "-s",
                "-B",
                "-m",
                f"coursekit.jail.inside.{module}",
                str(theirs.fileno()),
                settings,
            ],
            cwd=COURSE,
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


def _last_line(message: bytes) -> str:
    lines = message.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else "it printed nothing"
