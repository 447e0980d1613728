"""What an update writes and takes away, with git and without: of git only what it says is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest
import upstream

from coursekit.course.updating import planning
from coursekit.course.updating.changes import Changes
from coursekit.course.updating.git import Clone
from coursekit.course.updating.planning import Wanted
from coursekit.course.updating.shipped import LIST


@dataclass
class Known:
    """A clone, as far as a plan asks it: the learner's own changes, and what the course's versions had."""

    changed_files: set[str] = field(default_factory=set)
    same: set[str] = field(default_factory=set)
    had: set[str] = field(default_factory=set)
    begun: str = "base"
    both: list[bytes] = field(default_factory=list)
    based: dict[str, bytes] = field(default_factory=dict)

    def base(self, commit: str) -> str:
        """As `Clone.base`."""
        return self.begun

    def changed(self, base: str) -> set[str]:
        """As `Clone.changed`."""
        return self.changed_files

    def same_in(self, base: str, commit: str) -> set[str]:
        """As `Clone.same_in`."""
        return self.same

    def shipped_names(self, base: str) -> set[str]:
        """As `Clone.shipped_names`."""
        return self.had

    def lessons(self, base: str) -> dict[str, bytes]:
        """As `Clone.lessons`."""
        return self.based

    def sides(self, name: str) -> list[bytes]:
        """As `Clone.sides`."""
        return self.both


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, content in files.items():
        upstream.put(folder / name, content)
    return folder


HERE = {
    "start.py": "old",
    "same.txt": "same",
    "README.md": "mine",
    "data.csv": "mine",
    "old.txt": "old",
    "coursekit/gone.py": "old",
    "coursekit/gone_and_changed.py": "mine",
    "coursekit/mine.py": "mine",
    "coursekit/__pycache__/gone.pyc": "compiled",
    "elsewhere/mine.txt": "mine",
    "fresh.txt": "mine, by chance",
    "notebooks/mine.ipynb": "mine",
}
THERE = {
    "start.py": "new",
    "same.txt": "same",
    "README.md": "new",
    "data.csv": "old",
    "old.txt": "new",
    "fresh.txt": "new",
    "new/deep.py": "new",
    LIST: "new",
    "__pycache__/start.pyc": "compiled",
}
CLONE = Known(
    changed_files={"README.md", "data.csv", "coursekit/gone_and_changed.py"},
    same={"data.csv", "same.txt"},
    had={"README.md", "data.csv", "old.txt", "start.py", "coursekit/gone.py", "coursekit/gone_and_changed.py", "a.py"},
)
WRITTEN = ["README.md", "fresh.txt", "new/deep.py", "old.txt", "start.py", LIST]  # how to start, and the list, last


@pytest.mark.parametrize(
    ("clone", "writes", "removes", "replaced", "left"),
    [
        (
            CLONE,
            WRITTEN,
            ["coursekit/gone.py", "coursekit/gone_and_changed.py"],
            ["README.md", "fresh.txt", "coursekit/gone_and_changed.py"],
            ["data.csv"],
        ),
        (
            None,
            ["README.md", "data.csv", *WRITTEN[1:]],
            [name for name in HERE if name.startswith("coursekit/")],
            [],
            [],
        ),
        (
            Known({"README.md"}, {"README.md"}, set(HERE), begun=""),  # their histories share nothing
            ["README.md", "data.csv", *WRITTEN[1:]],
            [name for name in HERE if name.startswith("coursekit/")],
            ["README.md", "data.csv", "fresh.txt", "old.txt", "start.py"],
            [],
        ),
    ],
    ids=["git", "no git", "nothing in common"],
)
def test_files_that_are_no_lessons(tmp_path: Path, clone: Known | None, writes, removes, replaced, left):
    """What the course has not changed stays as the learner has it; a file of theirs in its way is told."""
    root, new = write(tmp_path / "here", HERE), write(tmp_path / "there", THERE)
    wanted = Wanted(Changes(root, new))
    planning._add_others(wanted, root, new, cast("Clone | None", clone), "new")
    removes = [name for name in removes if "__pycache__" not in name]
    assert wanted.writes == {name: new / name for name in writes}
    assert list(wanted.writes) == writes
    assert wanted.removes == removes
    assert (wanted.replaced, wanted.left) == (replaced, left)


def test_lessons_are_read(tmp_path: Path):
    """Of one in conflict git has both sides whole; without it what stands in the file is read."""
    root = upstream.ship(tmp_path, upstream.first())
    name = "notebooks/00_one.ipynb"
    data = (root / name).read_bytes()
    (root / name).write_bytes(b"<<<<<<< a\n" + data + b"=======\n" + data + b">>>>>>> b\n")
    assert planning.is_broken(root)
    wanted = Wanted(Changes(root, root))
    assert len(planning._read(root, name, None, wanted)) == 2
    assert len(planning._read(root, name, cast(Clone, Known(both=[data])), wanted)) == 1
    assert len(planning._read(root, name, cast(Clone, Known()), wanted)) == 2
    assert (wanted.conflicts, wanted.unreadable) == ([name] * 3, {})
    module = "exercises/one.py"
    (root / module).write_text("<<<<<<< a\nx = 1\n=======\nx = 2\n>>>>>>> b\n", encoding="utf-8")
    sides = planning._read(root, module, cast(Clone, Known(both=[b"x = 3"])), wanted)
    assert [block.text for sheet in sides for block in sheet.blocks] == ["x = 1", "x = 2"]
    (root / name).write_bytes(b"\xff")
    assert planning._read(root, name, None, wanted) == []
    assert wanted.unreadable == {name: "it is no UTF-8 text"}
    (root / module).unlink()
    assert not planning.is_broken(root)  # what cannot be read is in no conflict


def test_git_knows_what_a_list_lacks(tmp_path: Path):
    """A text of the version that the learner has is the course's, though no list says so: it is no edit of theirs."""
    root = upstream.ship(tmp_path / "here", upstream.first())
    lessons = upstream.first()
    lessons["00_one"][0]["source"] = ["# One, reworded"]
    new = upstream.ship(tmp_path / "there", lessons)
    name = "notebooks/00_one.ipynb"
    based = {name: (root / name).read_bytes(), "notebooks/01_two.ipynb": b"\xff"}
    (root / LIST).unlink()

    def plan(clone: Known | None) -> Wanted:
        return planning.plan(root, new, cast("Clone | None", clone), "new")

    assert [sum(carried.noted.values()) for carried in plan(None).carried] == [1, 0]
    assert [sum(carried.noted.values()) for carried in plan(Known(based=based)).carried] == [0, 0]
    assert [sum(carried.noted.values()) for carried in plan(Known(based=based, begun="")).carried] == [1, 0]
    wanted = plan(Known(based=based))
    assert wanted.lessons == {name: "changed"}
    assert wanted.writes[name] == (new / name).read_bytes()
