"""Which version of the grader gave a grade, in one hash."""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np
import torch

from coursekit.exercise import Exercise
from coursekit.files import write_whole
from coursekit.grading.fingerprint import fingerprint, plain

_PACKAGE = Path(__file__).parents[1]
_parsing = threading.Lock()  # Python 3.11 cannot make two syntax trees at a time in two threads (SystemError)
_ROOMS = ("wire", "exercise", "grading", "jail")  # all that happens between a submission's cells and its report


def grader_versions(exercises: Iterable[Exercise]) -> dict[str, str]:
    """The version of each exercise's grader, by the exercise's name.

    It changes with all that decides a grade: the exercise's own checks and mistakes and what they are built from, the
    rooms that ask, compare, diagnose and score, numpy, whose generator draws the inputs, and torch. It does not
    change with words or layout, or with another exercise. It is the same on every machine that has the same course.
    """
    with _parsing:
        rooms = _rooms(_PACKAGE)
    begin = hashlib.sha256(f"torch {torch.__version__}\nnumpy {np.__version__}\n{rooms}".encode())
    versions = {}
    for exercise in exercises:
        digest = begin.copy()
        with _parsing:
            digest.update(fingerprint(exercise).encode())
        versions[exercise.name] = digest.hexdigest()[:32]
    return versions


@cache
def _rooms(package: Path) -> str:
    kept = package / "__pycache__" / "versions.json"
    maker = _stamp(Path(inspect.getfile(plain)))
    known = _read(kept, maker)
    found = {}
    for path in (package / "report.py", *(path for room in _ROOMS for path in sorted((package / room).rglob("*.py")))):
        name, stamp = path.relative_to(package).as_posix(), _stamp(path)
        if name in known and known[name][0] == stamp:
            found[name] = known[name]
        else:
            code = plain(ast.parse(path.read_text(encoding="utf-8")))
            found[name] = stamp, hashlib.sha256(code.encode()).hexdigest()
    if found != known and not sys.dont_write_bytecode:
        with suppress(OSError):  # it may lie where only its owner writes
            kept.parent.mkdir(exist_ok=True)
            write_whole(kept, json.dumps([maker, found]).encode())
    return hashlib.sha256("".join(f"{name} {digest}\n" for name, (_, digest) in found.items()).encode()).hexdigest()


def _stamp(path: Path) -> str:
    """What changes whenever a file is written or put in another's place, by whatever and with whatever time."""
    of = path.stat()
    return f"{of.st_ino} {of.st_size} {of.st_mtime_ns} {of.st_ctime_ns}"


def _read(kept: Path, maker: str) -> dict[str, tuple[str, str]]:
    """By file, its stamp and the digest of its code, as an earlier run has found it.

    To parse them all takes as long as to grade a submission. So this is kept where Python keeps what it has compiled,
    as long as what makes it is the same.
    """
    try:
        made_by, found = json.loads(kept.read_bytes())
        return {name: (stamp, digest) for name, (stamp, digest) in found.items()} if made_by == maker else {}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
