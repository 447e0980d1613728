"""The whole course as one file to download: what git knows of it, as it stands."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from coursekit import files
from coursekit.course.syllabus import ROOT

_FOLDER = "course"  # in the zip


def write(path: Path) -> bool:
    """Writes the zip, if a file of the course is newer; returns whether there is one.

    There is none where the course is no clone: nobody but git knows which files are the course's.
    """
    try:
        command = ["git", "-C", str(ROOT), "ls-files", "-z"]
        names = subprocess.run(command, capture_output=True, check=True).stdout.decode().split("\0")
    except (OSError, subprocess.CalledProcessError):
        path.unlink(missing_ok=True)
        return False
    there = {f"{_FOLDER}/{name}": ROOT / name for name in names if name and (ROOT / name).is_file()}
    if path.exists() and path.stat().st_mtime > max(each.stat().st_mtime for each in there.values()):
        return True
    modes = {name: 0o755 for name, each in there.items() if os.access(each, os.X_OK)}
    files.write_whole(path, files.zip_of(((name, each.read_bytes()) for name, each in there.items()), modes))
    return True
