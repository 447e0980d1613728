"""Which version of the grader gave a grade, in one hash."""

from __future__ import annotations

import ast
import hashlib
import threading
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np
import torch

from coursekit.exercise import Exercise
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
    digest = hashlib.sha256()
    for path in (package / "report.py", *(path for room in _ROOMS for path in sorted((package / room).rglob("*.py")))):
        code = plain(ast.parse(path.read_text(encoding="utf-8")))
        digest.update(f"{path.relative_to(package).as_posix()} {len(code)}\n{code}".encode())
    return digest.hexdigest()
