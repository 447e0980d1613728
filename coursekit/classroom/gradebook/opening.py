"""The gradebook of a folder of grades, for whoever comes after the run that made it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from coursekit.classroom.gradebook.grades import Gradebook
from coursekit.database import DatabaseError
from coursekit.errors import CommandError


@contextmanager
def opened(folder: Path, url: str | None = None) -> Iterator[Gradebook]:
    """The gradebook of a folder of grades, which must be there.

    Args:
        folder: that `coursekit grade` wrote.
        url: of the gradebook; by default gradebook.sqlite in the folder.

    Raises:
        CommandError: it is not there, or fails.
    """
    url = url or f"sqlite:///{folder / 'gradebook.sqlite'}"
    file = url.removeprefix("sqlite:///")
    if file != url and not Path(file).is_file():  # SQLite would make one
        raise CommandError(
            f"There is no gradebook {file}: give the folder that `coursekit grade` wrote, and --gradebook where it had "
            "one."
        )
    try:
        with Gradebook(url) as book:
            yield book
    except DatabaseError as error:
        raise CommandError(str(error)) from None
