"""What the course has ever shipped: the id and a hash of each cell and each piece, in every version that there was.

What stands in that list is the course's, and anything else is its learner's, whichever version they have, however they
got it, and whether or not git is there. So an update needs no copy of the version that it starts from. The list only
grows, and two branches that add to it merge without a conflict (.gitattributes: `merge=union`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from coursekit.course.updating.blocks import Block, Sheet, read
from coursekit.files import write_whole

LIST = "coursekit/course/updating/shipped.txt"
FOLDERS = {"notebooks": ".ipynb", "exercises": ".py"}  # where learners write, and in what


@dataclass(frozen=True)
class Shipped:
    """What was shipped.

    Attributes:
        pairs: the key of each block and the mark of its text.
        names: of the files.
        marks: of all texts.
        keys: of all blocks.
        exercises: the names that there ever were.
    """

    pairs: frozenset[tuple[str, str]]
    names: frozenset[str]
    marks: frozenset[str]
    keys: frozenset[str]
    exercises: frozenset[str]

    def has(self, block: Block) -> bool:
        """Whether the course has shipped this block with this text."""
        return (block.key, block.mark) in self.pairs or (not block.key and self.has_text(block))

    def has_text(self, block: Block) -> bool:
        """Whether the course has shipped this text, wherever."""
        return block.mark in self.marks

    def plus(self, sheets: Iterable[Sheet]) -> Shipped:
        """The same, and all that these hold."""
        sheets = list(sheets)
        pairs = {(block.key, block.mark) for sheet in sheets for block in sheet.blocks}
        return _shipped(self.pairs | pairs, self.names | {sheet.name for sheet in sheets})


def _shipped(pairs: Iterable[tuple[str, str]], names: Iterable[str]) -> Shipped:
    pairs = frozenset(pairs)
    keys = frozenset(key for key, _ in pairs)
    exercises = frozenset(name for file, _, name in (key.partition(".py:") for key in keys) if file)
    return Shipped(pairs, frozenset(names), frozenset(mark for _, mark in pairs), keys, exercises)


NOTHING = _shipped((), ())


def listed(course: Path) -> Shipped | None:
    """What the list of a course says; None where it has none, as before there was such a list."""
    try:
        lines = (course / LIST).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    split = [line.rpartition(" ") for line in lines if line]
    return _shipped(
        ((key, mark) for key, space, mark in split if space), (name for _, space, name in split if not space)
    )


def is_lesson(name: str) -> bool:
    """Whether a file, as seen from the course's folder, is one in which learners write."""
    folder, _, file = name.partition("/")
    return folder in FOLDERS and "/" not in file and file.endswith(FOLDERS[folder])


def names_in(course: Path) -> list[str]:
    """The files of a course in which learners write, those of their own among them."""
    return sorted(
        f"{folder}/{path.name}" for folder, ending in FOLDERS.items() for path in (course / folder).glob(f"*{ending}")
    )


def missing(course: Path, names: Iterable[str]) -> list[str]:
    """The lines that the list of a course lacks for these files of its own, in order.

    Raises:
        UnreadableError: one of them cannot be read.
    """
    known = listed(course) or NOTHING
    now = known.plus(sheet for name in names for sheet in read(name, (course / name).read_bytes()))
    new = [*(now.names - known.names), *(f"{key} {mark}" for key, mark in now.pairs - known.pairs)]
    return sorted(new)


def add_missing(course: Path, names: Iterable[str]) -> int:
    """Adds to the list of a course what it lacks for these files; returns how much that was."""
    new = missing(course, names)
    if new:
        path = course / LIST
        lines = set(path.read_text(encoding="utf-8").splitlines()) if path.exists() else set()
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, ("\n".join(sorted(lines | set(new))) + "\n").encode())
    return len(new)
