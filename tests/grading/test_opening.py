"""Where each bound on a stranger's file lies, and what is made of a text that is none."""

from __future__ import annotations

import io
import json
import os
import zipfile
from pathlib import Path

import pytest

from coursekit.grading import submission
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


def test_bounds_of_a_submission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """So many files, bytes, characters of code and cells are taken, and not one more; a folder of so many entries."""
    for name, most in {"MAX_FILES": 2, "MAX_TOTAL": 8, "MAX_SOURCE": 6, "MAX_CELLS": 2, "MAX_LISTED": 3}.items():
        monkeypatch.setattr(submission, name, most)

    def said(files: dict[str, str]) -> str:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_text(content, encoding="utf-8")
        return submission.read_submission(folder, "ann").problem

    def together(files: dict[str, str]) -> str:
        handed = [submission.Handed(tmp_path / name, name) for name in files]
        for name, content in files.items():
            (tmp_path / name).write_text(content, encoding="utf-8")
        return submission.read_together(handed, "ann").problem

    assert said({"a.py": "123", "b.py": "456", "c.txt": ""}) == ""
    assert said({"a.py": "1", "b.py": "2", "c.txt": "", "d.txt": ""}).startswith("It holds more than 3 files")
    assert said({"a.py": "1", "b.py": "2", "c.py": "3"}) == "It holds more than 2 code files."
    assert said({"a.py": "123", "b.py": "4567"}) == "Its code is longer than 0 MB."
    monkeypatch.setattr(submission, "MAX_SOURCE", 100)
    assert said({"a.py": "1234", "b.py": "5678"}) == ""
    assert said({"a.py": "1234", "b.py": "56789"}) == "Its files are larger than 0 MB together."
    assert together({"e.py": "1", "f.py": "2"}) == ""
    assert together({"e.py": "1", "f.py": "2", "g.py": "3"}) == "It holds more than 2 code files."
    monkeypatch.setattr(submission, "MAX_TOTAL", 1000)
    notebook = {"cells": [{"cell_type": "code", "source": "1"}] * 2}
    assert said({"a.ipynb": json.dumps(notebook)}) == ""
    notebook["cells"] *= 2
    assert said({"a.ipynb": json.dumps(notebook)}) == "It holds more than 2 code cells."


def test_several_zips_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Their files are counted together: each alone has no more than it may."""
    monkeypatch.setattr(submission, "MAX_FILES", 3)
    folder = tmp_path / "ann"
    folder.mkdir()
    zip_of(folder / "a.zip", {"a.py": "1", "b.py": "2"})
    zip_of(folder / "b.zip", {"c.py": "3"})
    assert len(submission.read_submission(folder, "ann").cells) == 3
    zip_of(folder / "b.zip", {"c.py": "3", "d.py": "4"})
    assert submission.read_submission(folder, "ann").problem == "It holds more than 3 code files."


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a pipe with a name")
def test_what_became_a_pipe_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """It is no file any more when it is opened: it is let go."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "a.py").write_text("x = 1", encoding="utf-8")
    pipe, before = (tmp_path / "pipe").lstat(), len(list(Path("/dev/fd").iterdir()))
    monkeypatch.setattr(disk.os, "fstat", lambda descriptor: pipe)
    with pytest.raises(UnreadableError, match="It is not a regular file"):
        disk.file_bytes(tmp_path / "a.py")
    assert len(list(Path("/dev/fd").iterdir())) == before
