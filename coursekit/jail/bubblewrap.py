"""The outermost wall: bubblewrap, in which a process sees nothing but Python, its packages and the inside."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

_COURSE = Path(__file__).resolve().parents[2]
# all of the package that is there: no grader, and nothing that knows a right answer
_SHARED = ("__init__.py", "wire", "jail/__init__.py", "jail/inside")
_NOBODY = "65534"
_SPACES = ("--unshare-all", "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL")


@cache
def usable() -> bool:
    """Whether bubblewrap is installed and the system lets it make namespaces of its own."""
    if not shutil.which("bwrap"):
        return False
    trial = ["bwrap", *_SPACES, "--uid", _NOBODY, "--gid", _NOBODY, *_system(), "--proc", "/proc", "--dev", "/dev"]
    return subprocess.run([*trial, "/usr/bin/true"], stdin=subprocess.DEVNULL, capture_output=True).returncode == 0


def command(environment: dict[str, str]) -> list[str]:
    """The words that go before the interpreter's own."""
    words = ["bwrap", *_SPACES, "--uid", _NOBODY, "--gid", _NOBODY, "--hostname", "jail", *_system()]
    words += ["--size", str(1 << 24), "--tmpfs", "/tmp"]  # first, as Python itself may lie below it
    for folder in _python_folders():
        words += ["--ro-bind", folder, folder]
    for hidden in (_COURSE / "coursekit", _COURSE / "solutions"):  # where the course lies in one of these folders
        if hidden.exists() and _within(str(hidden), ["/usr", *_python_folders()]):
            words += ["--tmpfs", str(hidden)]
    words += ["--ro-bind-try", "/sys/devices/system/cpu", "/sys/devices/system/cpu", "--proc", "/proc", "--dev", "/dev"]
    for name in _SHARED:
        words += ["--ro-bind", str(_COURSE / "coursekit" / name), f"/jail/coursekit/{name}"]
    words += ["--chdir", "/jail"]
    for name, value in environment.items():
        words += ["--setenv", name, value]
    return [*words, "--"]


def _system() -> list[str]:
    """What every program needs: the system's libraries and the list of where they are."""
    words = ["--ro-bind", "/usr", "/usr", "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        path = Path("/", name)
        if path.is_symlink():
            words += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            words += ["--ro-bind", str(path), str(path)]
    return words


def _python_folders() -> list[str]:
    """Where the interpreter and its packages lie, outside of /usr; no folder stands within another."""
    folders = {sys.prefix, sys.base_prefix, os.path.realpath(sys.base_prefix)}
    link = Path(sys.executable)
    while link.is_symlink():  # an environment's python points, perhaps by way of others, to the one it was made with
        link = link.parent / link.readlink()
        folders.add(os.path.normpath(link.parent))
    found: list[str] = []
    for folder in sorted(folders):
        if not _within(folder, ["/usr", "/bin", "/lib", *found]):
            found.append(folder)
    return found


def _within(path: str, folders: list[str]) -> bool:
    return any(Path(path).is_relative_to(folder) for folder in folders)
