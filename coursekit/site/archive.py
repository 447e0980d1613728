"""The whole course as one file to download: what git knows of it, as it stands."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from coursekit import files
from coursekit.course.syllabus import ROOT

_FOLDER = "course"  # in the zip


def course() -> list[Path]:
    """The files of the course; none where it is no clone: nobody but git knows which are the course's."""
    try:
        command = ["git", "-C", str(ROOT), "ls-files", "-z"]
        names = subprocess.run(command, capture_output=True, check=True).stdout.decode().split("\0")
    except (OSError, subprocess.CalledProcessError):
        return []
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def write(path: Path) -> bool:
    """Writes the zip, if a file of the course is newer; returns whether there is one."""
    there = {f"{_FOLDER}/{each.relative_to(ROOT).as_posix()}": each for each in course()}
    if not there:
        path.unlink(missing_ok=True)
        return False
    if path.exists() and path.stat().st_mtime > max(each.stat().st_mtime for each in there.values()):
        return True
    modes = {name: 0o755 for name, each in there.items() if os.access(each, os.X_OK)}
    files.write_whole(path, files.zip_of(((name, each.read_bytes()) for name, each in there.items()), modes))
    return True
