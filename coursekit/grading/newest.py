"""Which of two files of one submission is the newer one: by the numbers in their names, then by an archive's times."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

_COPY_OF = re.compile(r"^(copy of|kopie von|copie de|copia de|copia di) ", re.IGNORECASE)
_COPY = ("copy", "kopie", "copie", "copia")
_DIGITS, _BETWEEN = "0123456789", " _-."


@dataclass(frozen=True)
class Dated:
    """A file of a submission.

    Attributes:
        name: with the folders that it lies in within the submission.
        time: when it was last changed, as something that can be compared; empty where nobody knows.
        number: of the upload, where the platform counts them.
    """

    name: str
    time: tuple[int, ...] = ()
    number: int = 0


def oldest_first(files: Iterable[Dated]) -> list[str]:
    """The names in the order in which to read them: of two files that define a function, the last one counts.

    The platform's number of an upload decides first. Then names that differ by a number or a word for "copy" alone,
    such as `kl.py` and `kl (2).py`, are versions of one file, and stand in the order of these. Names that have nothing
    in common stand in the order of their times, each file as old as its newest version; where no times are known, in
    the order of `age_in_name`.
    """
    versions: dict[tuple[int, str], list[Dated]] = defaultdict(list)
    for file in files:
        versions[file.number, base_of(file.name)].append(file)
    in_order = []
    for (number, _), same in versions.items():
        same.sort(key=lambda file: (_counts(file.name), age_in_name(file.name)[:-1], file.time, file.name))
        in_order.append((number, max(file.time for file in same), age_in_name(same[0].name), same))
    in_order.sort(key=lambda group: group[:3])
    return [file.name for *_, same in in_order for file in same]


def base_of(name: str) -> str:
    """What all versions of a file are called, whatever was counted up: `a/kl` of `a/Copy of kl (2).py`."""
    return "/".join(_uncounted(part)[0] for part in _parts(name))


def _counts(name: str) -> tuple[tuple[int, str, bool], ...]:
    """Of each part of a file's path the number behind it, and whether it is called a copy."""
    return tuple((*_uncounted(part)[1], _uncounted(part)[0] != part) for part in _parts(name))


def _parts(name: str) -> list[str]:
    *folders, file = PurePosixPath(name.replace("\\", "/")).parts or ("",)
    return [part.casefold() for part in (*folders, PurePosixPath(file).stem)]


def _uncounted(part: str) -> tuple[str, tuple[int, str]]:
    """The name without "Copy of", without the number and the word for "copy" behind it; that number (see `_number`)."""
    own = _COPY_OF.sub("", part)
    closed = own.removesuffix(")")
    base = closed.rstrip(_DIGITS)
    digits = closed[len(base) :]
    if closed != own:
        base, digits = (base[:-1], digits) if digits and base.endswith("(") else (own, "")
    base = base.rstrip(_BETWEEN)
    for word in (*_COPY, *(["v"] if digits else [])):  # kl_v2; and no word that only ends so
        if base.endswith(word) and base[: -len(word)].endswith(tuple(_BETWEEN)):
            base = base[: -len(word)].rstrip(_BETWEEN)
    return (base, _number(digits)) if base else (own, _number(""))


def _number(digits: str) -> tuple[int, str]:
    """What compares as the number does, however long."""
    short = digits.lstrip("0")
    return len(short), short


def age_in_name(name: str) -> tuple[object, ...]:
    """What to sort files by so that of two that define a function the newer one comes last, and counts.

    Browsers, systems and course platforms give a second file of the same name a number or a word for "copy":
    `kl.py`, `kl-1.py`, `kl (2).py`, `kl - Kopie.py`, `Copy of kl.py`. All of them come after the first, and 10 after 9.
    What is put away in a folder comes before what is not.

    Args:
        name: of a file, with the folders that it lies in within the submission.
    """
    *folders, file = PurePosixPath(name.replace("\\", "/")).parts or ("",)
    stem, suffix = PurePosixPath(file).stem, PurePosixPath(file).suffix
    own = _COPY_OF.sub("", stem)
    return -len(folders), tuple(map(_numbered, folders)), _numbered(own), own != stem, suffix


def _numbered(text: str) -> tuple[tuple[int, str], ...]:
    """The text in pieces, by turns words and numbers, so that numbers compare as numbers."""
    pieces = re.split(r"([0-9]+)", text)
    return tuple(_number(piece) if at % 2 else (0, piece) for at, piece in enumerate(pieces))
