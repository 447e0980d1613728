"""Whose work a folder of submissions holds, and what in it is nobody's. No submission is opened.

A learner is a person, and not a file: whatever a platform's download holds of one (see `layouts`) is one submission.
Elsewhere each entry is a learner of its own, called as it is without its ending. GitHub Classroom's clones
(`gh classroom clone student-repos` makes ASSIGNMENT-submissions/ASSIGNMENT-LOGIN) are their logins', nbgrader's
submitted/NAME/ASSIGNMENT/ are NAME's.
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from coursekit.classroom import layouts
from coursekit.classroom.layouts import Claim, person
from coursekit.grading.newest import Dated, oldest_first
from coursekit.grading.submission import Handed, Submission, ending, read_submission, read_together
from coursekit.text import visible

__all__ = ["Entry", "entries", "find", "person", "read", "strangers"]

_SYSTEMS = {"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "__macosx", "__pycache__"}
_TABLES = (".csv", ".tsv", ".xls", ".xlsx", ".ods")  # rosters and grades
_PAGES = (".html", ".htm", ".xhtml", ".mhtml")  # the platform's own, saved by accident
_BACKUPS = re.compile(r"~\$.*|.*~|#.*#|.*\.(bak|orig|sw[op]|tmp)", re.IGNORECASE | re.DOTALL)
_OURS = {"secret.key", "gradebook.sqlite", "gradebook.sqlite-wal", "gradebook.sqlite-shm"}
_NBGRADER = {"source", "release", "autograded", "feedback", "gradebook.db", "nbgrader_config.py"}


class Entry(NamedTuple):
    """All that a folder holds of one learner.

    Attributes:
        learner: what the learner is called; nobody else is, not even on a system that knows no case.
        handed: where it is, one thing or several; as many as there are, each under a name of its own.
    """

    learner: str
    handed: tuple[Handed, ...]

    @property
    def path(self) -> Path:
        """Where the first of it is."""
        return self.handed[0].path


@dataclass(frozen=True)
class _Item:
    """An entry of a folder, and whose it is."""

    path: Path
    is_folder: bool
    claim: Claim


def find(folder: Path) -> list[Submission]:
    """One submission for each learner in `folder`, as `entries` names them.

    Raises:
        NotADirectoryError: `folder` is no folder.
    """
    return [read(entry) for entry in entries(folder)]


def read(entry: Entry) -> Submission:
    """The submission of one learner; never raises for what is in it."""
    if len(entry.handed) == 1:
        return read_submission(entry.path, entry.learner)
    return read_together(entry.handed, entry.learner)


def entries(folder: Path) -> list[Entry]:
    """Each learner with what is theirs in `folder`, in the order of the names there.

    Where two learners would share a name, or only case or the encoding of accents would tell them apart, each is
    called by more: by the ending of the file, by the platform, and where that does not help by a mark of its own.

    Raises:
        NotADirectoryError: `folder` is no folder.
        OSError: it cannot be listed.
    """
    people: dict[tuple[str, ...], list[_Item]] = {}
    for item in _items(folder)[0]:
        people.setdefault((item.claim.platform, *item.claim.key), []).append(item)
    names = {key: _names(theirs) for key, theirs in people.items()}
    taken = Counter(key for pair in names.values() for key in {_key(name) for name in pair})
    found = []
    for key, theirs in people.items():
        place = theirs[0].path.relative_to(folder).as_posix() + (f" {key}" if key[0] else "")
        found.append(Entry(_learner(*names[key], place, taken), _handed(theirs)))
    return found


def strangers(folder: Path) -> list[str]:
    """The entries of `folder` that are no submissions: what systems, editors, platforms and we leave behind."""
    return _items(folder)[1]


def _items(folder: Path) -> tuple[list[_Item], list[str]]:
    """What is somebody's, in the order of the names, and the names of what is nobody's."""
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is not a folder.")
    listed = _listed(folder)
    claims = layouts.claims(listed)
    work = {name: is_folder for name, is_folder in listed.items() if not _is_strange(folder, name, is_folder, claims)}
    is_course = work.get("submitted", False) and (len(work) == 1 or not _NBGRADER.isdisjoint(work)) and _is_tree(folder)
    if is_course:  # the other steps of nbgrader are no submissions
        work = {name: is_folder for name, is_folder in work.items() if name not in _NBGRADER}
    strange = [visible(name) for name in listed if name not in work and name != layouts.METADATA]
    people = layouts.submitters(folder)
    logins = _logins(folder, work)
    items: list[_Item] = []
    for name, is_folder in work.items():
        path = folder / name
        within = (is_course and name == "submitted") or (
            is_folder and name not in claims and _is_class(path, alone=len(work) == 1)
        )
        if within:
            inner, more = _items(path)
            items += inner
            strange += [f"{visible(name)}/{each}" for each in more]
        elif people.get(name):
            number = claims[name].number if name in claims else 0
            items += [
                _Item(path, is_folder, Claim("Gradescope", (_key(who),), who, name, number)) for who in people[name]
            ]
        else:
            items.append(_Item(path, is_folder, claims.get(name) or _plain(name, is_folder, logins)))
    return items, strange


def _listed(folder: Path) -> dict[str, bool]:
    """The names of a folder's entries, in order, and whether each is a folder."""
    with os.scandir(folder) as listing:
        return dict(sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in listing))


def _is_strange(folder: Path, name: str, is_folder: bool, claims: dict[str, Claim]) -> bool:
    """Whether an entry is no submission. What a platform names as a learner's is one, whatever its kind."""
    if name.startswith(".") or name.casefold() in _SYSTEMS or name == layouts.METADATA:
        return True
    if name in claims:
        return False
    if is_folder:
        return _is_ours(folder / name) or (
            name == "reports" and _is_ours(folder) and _holds_only(folder / name, ".json")
        )
    if name in _OURS:
        return True
    return name.casefold().endswith((*_TABLES, *_PAGES)) or _BACKUPS.fullmatch(name) is not None


def _is_ours(folder: Path) -> bool:
    """Whether it is a folder of grades, or grades were written into it."""
    return (folder / "secret.key").is_file() and any(
        (folder / name).exists() for name in ("gradebook.sqlite", "grades.csv")
    )


def _holds_only(folder: Path, suffix: str) -> bool:
    return all(name.endswith(suffix) and not is_folder for name, is_folder in _listed(folder).items())


def _is_class(folder: Path, *, alone: bool) -> bool:
    """Whether a folder within holds submissions, and is not one itself.

    A learner chooses what lies in a folder of theirs, and must not pass for others by it: so the folder is one that
    only a platform or the instructor can have named, or there is nobody else beside it.
    """
    if not alone and not layouts.DOWNLOAD.fullmatch(folder.name):
        return False
    names = _listed(folder)
    return layouts.METADATA in names or len({each.key for each in layouts.claims(names).values()}) > 1


def _is_tree(course: Path) -> bool:
    """Whether nbgrader's submitted/ lies there: folders of learners, which hold folders of assignments only."""
    learners = [course / "submitted" / name for name in _listed(course / "submitted") if not name.startswith(".")]
    if not all(each.is_dir() and not each.is_symlink() for each in learners):
        return False
    assignments = [is_folder for each in learners for name, is_folder in _listed(each).items() if name[0] != "."]
    return bool(assignments) and all(assignments)


def _logins(folder: Path, work: dict[str, bool]) -> dict[str, str]:
    """By name of a clone, the login behind the assignment's name.

    The assignment is what the folder is called after, or what all clones begin with: of a few, their logins may begin
    alike, so let a folder of clones keep the name that `gh classroom` gave it.
    """
    clones = [name for name, is_folder in work.items() if is_folder and (folder / name / ".git").exists()]
    prefix = f"{folder.name.removesuffix('-submissions')}-" if folder.name.endswith("-submissions") else ""
    if prefix and all(name.startswith(prefix) for name in clones):
        clones = [name for name, is_folder in work.items() if is_folder and name.startswith(prefix)]
    else:
        prefix = os.path.commonprefix(clones) if len(clones) > 1 else ""
        prefix = prefix[: prefix.rfind("-") + 1]
    logins = {name: name.removeprefix(prefix) for name in clones}
    return logins if prefix and all(logins.values()) else {}


def _plain(name: str, is_folder: bool, logins: dict[str, str]) -> Claim:
    """Whose an entry is that no platform has named."""
    if name in logins:
        return Claim("GitHub", (name,), logins[name])
    return Claim("", (name,), name if is_folder else _stem(name), name)


def _stem(name: str) -> str:
    """A file's name without its ending; `.tar.gz` is one."""
    return name.removesuffix(ending(name)) or name


def _names(theirs: Sequence[_Item]) -> tuple[str, str]:
    """What to call a learner, and what to do so where that is taken."""
    newest = max(theirs, key=lambda item: item.claim.number).claim
    return newest.learner, f"{newest.learner} ({newest.platform})" if newest.platform else theirs[0].path.name


def _handed(theirs: Sequence[_Item]) -> tuple[Handed, ...]:
    """What is handed in, the oldest first, each under the learner's own name for it as far as that tells them apart."""
    if len(theirs) == 1:
        return (Handed(theirs[0].path, theirs[0].path.name, theirs[0].claim.number),)
    return tuple(_told_apart(theirs))


def _told_apart(theirs: Sequence[_Item]) -> Iterator[Handed]:
    own = Counter(item.claim.file or item.path.name for item in theirs)
    full = Counter(item.path.name for item in theirs)
    named: dict[str, _Item] = {}
    for at, item in enumerate(theirs):
        name = item.claim.file or item.path.name
        if own[name] > 1:
            name = item.path.name if full[item.path.name] == 1 else f"{at}/{item.path.name}"
        named[name] = item
    for name in oldest_first(Dated(name, (), item.claim.number) for name, item in named.items()):
        yield Handed(named[name].path, name, named[name].claim.number)


def _learner(short: str, full: str, place: str, claims: Counter[str]) -> str:
    for name in (short, full):
        if claims[_key(name)] == 1:
            return _clean(name)
    mark = hashlib.sha256(os.fsencode(place)).hexdigest()[:8]
    while claims[_key(f"{full}-{mark}")]:  # somebody has taken the trouble to be called that
        mark += "x"
    return _clean(f"{full}-{mark}")


def _clean(name: str) -> str:
    """A name that every file, table and database takes: composed accents, control characters as escapes."""
    return visible(unicodedata.normalize("NFC", name))


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", _clean(name).casefold())
