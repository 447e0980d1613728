"""Files that are written whole or not at all, on disks of every kind."""

import errno
import io
import os
import threading
from pathlib import Path

import pytest

from coursekit.classroom import gradefiles
from coursekit.files import make_folder, unzip, whole, write_first, write_whole, zip_of


def refuse(*_):
    raise PermissionError(errno.EPERM, "Operation not permitted")


@pytest.fixture(params=["links", "a memory stick", "Windows"])
def disk(request, monkeypatch):
    """A disk with hard links, one that has none, and a system that has none."""
    if request.param == "a memory stick":
        monkeypatch.setattr(os, "link", refuse)
    elif request.param == "Windows":
        monkeypatch.delattr(os, "link")
    return request.param


def test_the_first_one_stays(disk, tmp_path):
    """What is there is not written again, and nothing is left beside it; nobody else may read it."""
    path = tmp_path / "secret.key"
    for content in (b"one", b"two"):
        write_first(path, content)
    assert path.read_bytes() == b"one"
    assert [path] == list(tmp_path.iterdir())
    assert os.name == "nt" or path.stat().st_mode & 0o777 == 0o600


def test_several_at_once_have_one(disk, tmp_path):
    """Of graders who begin at the same moment all read the same secret."""
    start, read = threading.Barrier(8), []

    def begin() -> None:
        start.wait()
        read.append(gradefiles.read_secret(tmp_path))

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read) == 8
    assert len(set(read)) == 1
    assert len(read[0]) == 64
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]


def test_empty_secret(tmp_path, monkeypatch):
    """A secret that a full disk left empty is not taken for one."""
    monkeypatch.setattr(gradefiles.time, "sleep", lambda seconds: None)
    (tmp_path / "secret.key").touch()
    with pytest.raises(OSError, match="is empty: put the secret of your earlier runs back, or delete it"):
        gradefiles.read_secret(tmp_path)


def test_no_room(disk, tmp_path, monkeypatch):
    """What cannot be written says so, and leaves nothing behind."""

    class Full(io.BytesIO):
        def write(self, _):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fdopen", lambda descriptor, mode: os.close(descriptor) or Full())
    with pytest.raises(OSError, match="No space left"):
        write_first(tmp_path / "secret.key", b"one")
    assert list(tmp_path.iterdir()) == []


def test_whole_or_not_at_all(tmp_path, monkeypatch):
    """A file that is written again keeps its old content until the new one is there."""
    path = tmp_path / "grades.csv"
    write_whole(path, b"old")
    monkeypatch.setattr(type(path), "replace", refuse)
    with pytest.raises(PermissionError):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert [path] == list(tmp_path.iterdir())


# ---- what cannot be written --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("folder", "folder is a folder: name a file, such as one in it."),
        ("", "is a folder: name a file, such as one in it."),
        ("none/x.csv", "There is no folder {}none: make it, or name another place for x.csv."),
        ("none/at/all/x.csv", "There is no folder {}none/at/all: make it, or name another place for x.csv."),
        ("file/x.csv", "file is a file and no folder: name another place for x.csv."),
        ("file/at/all/x.csv", "file is a file and no folder: name another place for x.csv."),
    ],
)
def test_what_cannot_be_written(tmp_path, name, said):
    """The sentence names what was asked for and what to do; nothing is left behind."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"mine")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(OSError, match=r".") as caught:
        write_whole(tmp_path / name, b"new")
    assert str(caught.value).endswith(said.format(f"{tmp_path}{os.sep}"))
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "file").read_bytes() == b"mine"


def test_other_errors_name_the_file(tmp_path, monkeypatch):
    """Of a full disk, too, the file is named that was asked for; the name of another one that is missing stays."""
    monkeypatch.setattr(Path, "replace", lambda self, _: self.rename(tmp_path / "none" / "x"))
    with pytest.raises(OSError, match="No such file") as caught:
        write_whole(tmp_path / "x", b"")
    assert caught.value.filename == str(tmp_path / "x")
    with pytest.raises(OSError, match="No such file") as caught, whole(tmp_path / "x"):
        (tmp_path / "another").read_bytes()
    assert caught.value.filename == str(tmp_path / "another")
    assert list(tmp_path.iterdir()) == []


def test_folder_in_whose_place_is_a_file(tmp_path):
    """Which file it is, is said."""
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    (tmp_path / "file").touch()
    for asked in (tmp_path / "file", tmp_path / "file" / "a" / "b"):
        with pytest.raises(OSError, match=r"file is a file, and a folder is needed there: name another\.$"):
            make_folder(asked)


def test_zip_is_the_same_whenever_it_is_made(monkeypatch):
    """Its dates are those of the format's beginning."""
    one = zip_of([("a", b"1")], {"a": 0o755})
    monkeypatch.setattr("time.time", lambda: 2_000_000_000)
    assert zip_of([("a", b"1")], {"a": 0o755}) == one


def test_a_zip_stays_in_its_folder(tmp_path):
    """A name that leads out of the folder is unpacked within it; what is no zip is refused as such."""
    (tmp_path / "a.zip").write_bytes(zip_of([("../out.txt", b"1"), ("in/b.txt", b"2")], times={"in/b.txt": 1e9}))
    unzip(tmp_path / "a.zip", tmp_path / "inner" / "most")
    assert not (tmp_path / "inner" / "out.txt").exists()
    assert {path.name for path in (tmp_path / "inner" / "most").rglob("*.txt")} == {"out.txt", "b.txt"}
    with pytest.raises(ValueError, match="not a zip"):
        unzip(Path(__file__), tmp_path / "other")
