"""Whose work a folder of submissions holds: a learner for each entry. Nothing is opened."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections import Counter
from pathlib import Path, PurePosixPath

from coursekit.grading.submission import Submission, is_work, read_submission
from coursekit.text import visible

# What Canvas calls a file: annlee_4321_98765_answers.py, annlee_late_4321_98765_… The second number is the upload's.
_CANVAS = re.compile(r"([^_]*)_(?:late_)?(\d+)_\d+_", re.IGNORECASE)


def person(learner: str) -> tuple[str, str]:
    """Who hands in under a name, also where the platform gives each upload another one.

    Returns:
        Two words, the first of which all their names begin with; the second is empty where they have one name only.
    """
    found = _CANVAS.match(learner)
    return (found[1], found[2]) if found else (learner, "")


def find(folder: Path) -> list[Submission]:
    """One submission for each entry of `folder`, as `entries` names them.

    Raises:
        NotADirectoryError: `folder` is no folder.
    """
    return [read_submission(entry, learner) for learner, entry in entries(folder)]


def entries(folder: Path) -> list[tuple[str, Path]]:
    """Learner and path of each entry of `folder`, in the order of their names; nothing is opened.

    The learner is the entry's name without its ending. Names that differ only by case or by how accents are
    encoded are one name to some systems: where two entries would share it, both keep their endings, and where that
    does not tell them apart, each has a mark of its own. Hidden entries are passed over.

    Raises:
        NotADirectoryError: `folder` is no folder.
    """
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is not a folder.")
    with os.scandir(folder) as listing:
        found = sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in listing if is_work(entry.name))
    names = [(name if is_folder else PurePosixPath(name).stem, name) for name, is_folder in found]
    claims = Counter(key for pair in names for key in {_key(name) for name in pair})
    return [(_learner(short, full, claims), folder / full) for short, full in names]


def _learner(short: str, full: str, claims: Counter[str]) -> str:
    for name in (short, full):
        if claims[_key(name)] == 1:
            return _clean(name)
    mark = hashlib.sha256(os.fsencode(full)).hexdigest()[:8]
    while claims[_key(f"{full}-{mark}")]:  # somebody has taken the trouble to be called that
        mark += "x"
    return _clean(f"{full}-{mark}")


def _clean(name: str) -> str:
    """A name that every file, table and database takes: composed accents, control characters as escapes."""
    return visible(unicodedata.normalize("NFC", name))


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", _clean(name).casefold())
