"""Where each bound on a stranger's file lies, and what is made of a text that is none."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from coursekit.grading.opening import UnreadableError, archive, cells, disk


def zip_of(path: Path, members: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def test_bounds_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """As much as is allowed is taken, and not a byte more."""
    monkeypatch.setattr(disk, "MAX_FILE", 3 << 20)
    path = tmp_path / "a.py"
    path.write_bytes(b"x" * (3 << 20))
    assert len(disk.file_bytes(path)) == 3 << 20
    path.write_bytes(b"x" * ((3 << 20) + 1))
    with pytest.raises(UnreadableError, match=r"It is larger than 3 MB\."):
        disk.file_bytes(path)


def test_bounds_of_an_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """So many files, and so many bytes of each."""
    monkeypatch.setattr(archive, "MAX_FILES", 2)
    monkeypatch.setattr(disk, "MAX_FILE", 4)
    two = zip_of(tmp_path / "two.zip", {"a.py": "1234", "b.py": "x", "note.txt": "", ".hidden/c.py": "", "d/": ""})
    assert list(archive.from_zip(two)) == [("a.py", b"1234"), ("b.py", b"x")]
    with pytest.raises(UnreadableError, match=r"It unpacks to more than is allowed\."):
        list(archive.from_zip(zip_of(tmp_path / "long.zip", {"a.py": "12345"})))
    with pytest.raises(UnreadableError, match=r"It holds more than 2 code files\."):
        list(archive.from_zip(zip_of(tmp_path / "three.zip", {"a.py": "", "b.py": "", "c.ipynb": ""})))


@pytest.mark.parametrize("size", [None, -1, 11, 100])
def test_a_list_of_files_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int | None):
    """However much is asked for at once."""
    monkeypatch.setattr(archive, "MAX_DIRECTORY", 10)
    path = tmp_path / "a.zip"
    path.write_bytes(b"x" * 10)
    with archive._Archive(io.FileIO(path)) as file:
        assert len(file.read(size)) == 10
    path.write_bytes(b"x" * 11)
    with archive._Archive(io.FileIO(path)) as file:
        assert file.read(0) == b""
        with pytest.raises(UnreadableError, match="Its list of files is too long"):
            file.read(size)


def test_what_a_file_is_called():
    """A long name by its beginning and its end, in a hundred characters or fewer."""
    assert disk.label("a" * 100) == "a" * 100
    assert disk.label("a" * 60 + "b" * 60) == "a" * 48 + "…" + "b" * 48
    assert [disk.is_work(name) for name in ("a.py", ".a.py", "__MACOSX", "__pycache__")] == [True, False, False, False]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ("привет".encode("utf-16"), "UTF-16"),
        ("привет".encode("utf-32"), "UTF-32"),
        ("x = 1 # a\n".encode("utf-16-be"), "UTF-16"),
        (b"x = 1 # a\n", ""),
        (b"\0" * 20, ""),
        (b"", ""),
    ],
)
def test_two_or_four_bytes_a_character(data: bytes, kind: str):
    """By its mark, else by every other byte."""
    assert cells._utf16(data) == kind


@pytest.mark.parametrize(
    ("data", "is_windows"),
    [
        (b"abcde\xe9", True),
        (b"abcd\xe9", False),
        (b"abcde\xe9\x07", False),
        (b"abcdef\xe9\t\r\n\x0c", True),
        (b"\x81", False),
    ],
)
def test_one_byte_a_character(data: bytes, is_windows: bool):
    """Fewer than one letter in five has an accent, and nothing is strange."""
    assert cells._is_windows(data) is is_windows


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"cells": [{"source": "x', "it ends in the middle"),
        ('{"cells": [{"a": nul', "it ends in the middle"),
        ('{"cells": [abcdef', "it ends in the middle"),
        ('{"cells": [abcdefg', "Expecting value: line 1 column 12 (char 11). Save"),
        ('{"cells": [}]}', "Expecting value: line 1 column 12 (char 11). Save"),
        ("import math", "it is Python, not JSON"),
        ("x = 1\n# here", "it is Python, not JSON"),
        ("importance", "it is no JSON"),
        ("  ", "it is empty"),
        ("<!-- a --> <html>", "it is a web page"),
        ("<!-- a -->", "it is no JSON"),
        ("<head>", "it is a web page"),
        ("version https://git-lfs.github.com/spec/v1", "it is a pointer of Git LFS"),
    ],
)
def test_no_notebook(text: str, said: str):
    """Each way has its sentence."""
    with pytest.raises(UnreadableError) as caught:
        list(cells.cells_of("a.ipynb", text.encode()))
    assert f"a.ipynb is not a notebook: {said}" in str(caught.value)


def test_cells_of_a_notebook(monkeypatch: pytest.MonkeyPatch):
    """Code alone, by its number among all cells; what is no source is passed over. So many things are parsed."""
    found = [
        "no cell",
        {"cell_type": "markdown", "source": "# One"},
        {"cell_type": "code", "source": ["x = 1\n", "y = 2"]},
        {"cell_type": "code", "source": ["x = 1\n", 2]},
        {"cell_type": "code", "source": "z = '\ud800'"},
        {"cell_type": "code"},
    ]
    text = json.dumps({"cells": found})
    things = sum(map(text.count, "[{,"))
    monkeypatch.setattr(cells, "MAX_VALUES", things)
    assert list(cells.cells_of("A.IPYNB", text.encode())) == [
        ("A.IPYNB cell 3", "x = 1\ny = 2"),
        ("A.IPYNB cell 5", "z = '?'"),
        ("A.IPYNB cell 6", ""),
    ]
    monkeypatch.setattr(cells, "MAX_VALUES", things - 1)
    with pytest.raises(UnreadableError, match=r"a\.ipynb holds too much output"):
        list(cells.cells_of("a.ipynb", text.encode()))


def test_a_conflict_is_all_three_marks():
    """A line of equals signs alone is a heading."""
    marks = "<<<<<<< a\nx\n=======\ny\n>>>>>>> b\n"
    assert cells.is_in_conflict(marks)
    assert not cells.is_in_conflict("Title\n=======\n")
    assert not cells.is_in_conflict(marks.replace("=======", "======= x"))
