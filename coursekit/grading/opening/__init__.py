"""One file of a submission: its bytes, what an archive holds, the code in its text. Nothing is executed or unpacked."""

from coursekit.grading.opening.archive import from_zip
from coursekit.grading.opening.cells import cells_of, in_conflict, is_in_conflict
from coursekit.grading.opening.disk import MAX_FILE, SUFFIXES, UnreadableError, file_bytes, is_work, label

__all__ = [
    "MAX_FILE",
    "SUFFIXES",
    "UnreadableError",
    "cells_of",
    "file_bytes",
    "from_zip",
    "in_conflict",
    "is_in_conflict",
    "is_work",
    "label",
]
