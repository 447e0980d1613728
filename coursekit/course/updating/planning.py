"""What an update writes and takes away: lessons with all that is the learner's, everything else as it is shipped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from coursekit.course.updating import shipped
from coursekit.course.updating.blocks import Block, Sheet, UnreadableError, read, text_of
from coursekit.course.updating.carrying import Carried, carry
from coursekit.course.updating.changes import Changes
from coursekit.course.updating.git import Clone
from coursekit.course.updating.shipped import FOLDERS, LIST, is_lesson
from coursekit.course.updating.steps import hash_of

# Without git nobody knows what else was shipped: what the new course lacks in these folders is put aside
_OURS = ("coursekit/", "tests/", "solutions/", "benchmarks/", ".ci/", ".github/")
_LEFT = ("__pycache__", ".ipynb_checkpoints", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis")


@dataclass
class Wanted:
    """What an update is to do.

    Attributes:
        writes: by name what a file is to hold, or where that stands: lessons first, the list of texts last.
        removes: what is to be gone.
        carried: what was carried over, of notebooks and of modules.
        changes: how exercises have changed.
        unreadable: by name why a lesson could not be read.
        conflicts: the lessons that stood in conflict.
        replaced: files of the course's own that the learner had changed, and that are new now.
        left: such files that the course has not changed: they stay as the learner has them.
        lessons: by name of a lesson whether it is "new", "changed" or "gone".
    """

    changes: Changes
    writes: dict[str, bytes | Path] = field(default_factory=dict)
    removes: list[str] = field(default_factory=list)
    carried: list[Carried] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)
    conflicts: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    lessons: dict[str, str] = field(default_factory=dict)


def plan(root: Path, new: Path, clone: Clone | None, commit: str) -> Wanted:
    """What is to be done so that the course in `root` is the one in `new`, with all that is its learner's.

    Args:
        root: the learner's course.
        new: the new course, as it is shipped.
        clone: the learner's course as a clone, where git has brought the new one.
        commit: the one that it has brought.
    """
    wanted = Wanted(Changes(root, new))
    before = shipped.listed(root)
    sheets = {name: read(name, (new / name).read_bytes())[0] for name in shipped.names_in(new)}
    known = (shipped.listed(new) or shipped.NOTHING).plus(sheets.values())
    if clone is not None and (base := clone.base(commit)):  # git knows it even where a list lacks something
        based = [sheet for name, data in clone.lessons(base).items() for sheet in _sheets(name, data)]
        known, before = known.plus(based), (before or shipped.NOTHING).plus(based)
    old = {name: _read(root, name, clone, wanted) for name in shipped.names_in(root) if name in known.names}
    for folder in FOLDERS:
        mine = [sheet for name, several in old.items() if name.startswith(f"{folder}/") for sheet in several]
        theirs = {name: sheet for name, sheet in sheets.items() if name.startswith(f"{folder}/")}
        carried = carry(mine, theirs, known, before, wanted.changes)
        wanted.carried.append(carried)
        for name, sheet in carried.sheets.items():
            _add_lesson(wanted, root, new, sheet, old.get(name, []), sheets[name])
    wanted.removes += [name for name in old if name not in sheets]
    wanted.lessons.update(dict.fromkeys(wanted.removes, "gone"))
    _add_others(wanted, root, new, clone, commit)
    return wanted


def _sheets(name: str, data: bytes) -> list[Sheet]:
    try:
        return read(name, data)
    except UnreadableError:
        return []


def _read(root: Path, name: str, clone: Clone | None, wanted: Wanted) -> list[Sheet]:
    """What is the learner's in a lesson; where it stands in conflict, both sides."""
    data = (root / name).read_bytes()
    try:
        found = read(name, data)
        if len(found) > 1:
            wanted.conflicts.append(name)
            if name.endswith(".ipynb") and clone is not None:  # git has both sides whole
                return [sheet for side in clone.sides(name) for sheet in read(name, side)] or found
    except UnreadableError as error:
        wanted.unreadable[name] = str(error)
        return []
    return found


def is_broken(root: Path) -> bool:
    """Whether a lesson stands in conflict."""
    return any(len(_sheets(name, (root / name).read_bytes())) > 1 for name in shipped.names_in(root))


def _add_lesson(wanted: Wanted, root: Path, new: Path, sheet: Sheet, old: list[Sheet], shipped_sheet: Sheet) -> None:
    """Writes a lesson, unless the learner's file already says the same."""
    path = root / sheet.name
    if not path.exists():
        wanted.lessons[sheet.name] = "new"
    is_mine = sheet.blocks != shipped_sheet.blocks or _runs(sheet.blocks) != _runs(shipped_sheet.blocks)
    if len(old) == 1 and sheet.name not in wanted.conflicts and is_mine and _is_same(old[0], sheet):
        return
    content = text_of(sheet).encode("utf-8", "replace") if is_mine else (new / sheet.name).read_bytes()
    if path.exists():
        if path.read_bytes() == content:
            return
        if not (len(old) == 1 and _is_same(old[0], sheet)):  # more than the outputs
            wanted.lessons[sheet.name] = "changed"
    wanted.writes[sheet.name] = content


def _runs(blocks: Iterable[Block]) -> list[object]:
    return [block.cell.get("outputs") for block in blocks]


def _is_same(old: Sheet, new: Sheet) -> bool:
    """Whether a file has the cells that it is to have, with all that the course says of each."""
    return len(old.blocks) == len(new.blocks) and all(
        (one.key or other.key, one.mark, one.kind) == (other.key, other.mark, other.kind)
        and _metadata(one).items() >= _metadata(other).items()
        for one, other in zip(old.blocks, new.blocks, strict=True)
    )


def _metadata(block: Block) -> dict[str, str]:
    found = block.cell.get("metadata")
    return {name: repr(value) for name, value in found.items()} if isinstance(found, dict) else {}


# ---- everything else ---------------------------------------------------------------------------------------------


def _add_others(wanted: Wanted, root: Path, new: Path, clone: Clone | None, commit: str) -> None:
    base = clone.base(commit) if clone is not None else ""
    changed = clone.changed(base) if clone is not None and base else set()
    untouched = changed & clone.same_in(base, commit) if clone is not None and base else set()
    shipped_there = clone.shipped_names(base) if clone is not None and base else set()
    names = [name for name in _files(new) if not is_lesson(name)]
    names.sort(key=lambda name: (name == LIST, name == "start.py"))
    for name in names:
        if hash_of(root / name) == hash_of(new / name):
            continue
        if name in untouched and (root / name).is_file():
            wanted.left.append(name)
            continue
        if (name in changed or name not in shipped_there) and (root / name).is_file() and clone is not None:
            wanted.replaced.append(name)
        wanted.writes[name] = new / name
    if clone is not None and base:
        gone = [name for name in shipped_there if (root / name).is_file()]
    else:
        gone = [name for folder in _OURS for name in _files(root / folder, folder)]
    there = set(names)
    gone = sorted(name for name in gone if name not in there and not is_lesson(name))
    wanted.replaced += [name for name in gone if name in changed]
    wanted.removes += gone


def _files(folder: Path, prefix: str = "") -> Iterator[str]:
    """All files of a folder, as seen from it, with a prefix; without what tools leave behind."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.name in _LEFT:
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _files(path, f"{prefix}{path.name}/")
        elif path.is_file():
            yield f"{prefix}{path.name}"
