"""Which of two files of one submission is the newer one, as far as their names tell: no platform keeps their times."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

_COPY_OF = re.compile(r"^(copy of|kopie von|copie de|copia de|copia di) ", re.IGNORECASE)


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
    """The text in pieces, by turns words and numbers, so that numbers compare as numbers, however long."""
    pieces = re.split(r"0*([0-9]+)", text)
    return tuple((len(piece) if at % 2 else 0, piece) for at, piece in enumerate(pieces))
