"""Opening what strangers hand in."""

import errno
import hashlib
import io
import json
import os
import shutil
import socket
import stat
import time
import tracemalloc
import unicodedata
import warnings
import zipfile
from pathlib import Path

import nasty
import pytest
import toys
from hypothesis import given
from hypothesis import strategies as st

from coursekit.classroom.folder import entries, find
from coursekit.grading import submission
from coursekit.grading.opening import UnreadableError, disk
from coursekit.grading.submission import Handed, read_submission, read_together

NOTEBOOK = json.dumps({"cells": [{"cell_type": "code", "source": toys.HONEST}]})


def put(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def zipped(members, compression=zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, compression)  # without today's date
    return buffer.getvalue()


def notebook(*cells) -> str:
    return json.dumps({"cells": list(cells)})


# ---- whose it is -------------------------------------------------------------------------------------------------


def test_one_submission_for_each_entry(tmp_path):
    """Files, notebooks, folders and zips are one learner each, in the order of their names."""
    put(tmp_path / "dora" / "main.py", toys.HONEST)
    put(tmp_path / "ann.py", toys.HONEST)
    put(tmp_path / "chen.zip", zipped({"a.py": toys.HONEST}))
    put(tmp_path / "bob.ipynb", NOTEBOOK)
    found = find(tmp_path)
    assert [(each.learner, each.problem) for each in found] == [("ann", ""), ("bob", ""), ("chen", ""), ("dora", "")]
    assert [each.cells[0][1] for each in found] == [toys.HONEST] * 4


@pytest.mark.parametrize(
    ("names", "learners"),
    [
        (["ann.py", "ann.ipynb"], ["ann.ipynb", "ann.py"]),
        (["ann.py", "ann.ipynb", "bob.py"], ["ann.ipynb", "ann.py", "bob"]),
        (["smith.j.py"], ["smith.j"]),
        (["Ann.PY"], ["Ann"]),
        (["Åsa Öberg.py"], ["Åsa Öberg"]),
        (["tarball.tar.gz", "a.b.tar.bz2"], ["a.b", "tarball"]),
        ([".DS_Store", ".ann.py", "__pycache__", "ann.py"], ["ann"]),
        ([], []),
    ],
)
def test_learner_is_the_entrys_name(tmp_path, names, learners):
    """Where two entries would share a name both keep their endings, and hidden ones are nobody's."""
    for name in names:
        put(tmp_path / name, toys.HONEST if name.lower().endswith("py") else NOTEBOOK)
    assert learners == [each.learner for each in find(tmp_path)]


@pytest.mark.parametrize(
    "names",
    [
        ["ann.py", "ann.ipynb", "ann.py.zip", "ann.py.py"],
        ["Ann.py", "ann.ipynb"],
        ["Ann.py", "ann.py", "ANN.py"],
        ["Åsa.py", "A\u030asa.py"],
        ["ann\x1b.py", "ann\\x1b.py"],
        ["ß.py", "ss.py"],
        ["a.py", "A.py", f"a.py-{hashlib.sha256(b'a.py').hexdigest()[:8]}.py"],
        ["con.py", "CON.ipynb", "-rf.py", "__ann__.py", "a" * 250 + ".py"],
    ],
    ids=lambda names: ascii(names[0]),
)
def test_no_two_share_a_name(tmp_path, names):
    """Nobody is merged with anybody, not even on a system that knows no case and composes accents."""
    for name in names:
        put(tmp_path / name, name)
    found = entries(tmp_path)
    if len(found) < len(names):
        pytest.skip("this file system takes some of the names for the same")
    learners = [entry.learner for entry in found]
    assert len({unicodedata.normalize("NFC", learner.casefold()) for learner in learners}) == len(names)
    assert [entry.path.name for entry in found] == sorted(names)
    assert [read_submission(entry.path, entry.learner).learner for entry in found] == learners


@pytest.mark.parametrize("name", nasty.NAMES, ids=nasty.label)
def test_name_of_an_entry(tmp_path, name):
    """Whatever a system takes for a file name, its learner can be printed, stored and told from others."""
    try:
        put(tmp_path / f"{name}.py".replace("/", "_"), toys.HONEST)
    except (OSError, ValueError):  # too long, half a character, or NUL: there can be no such entry
        return
    for each in find(tmp_path):
        assert each.cells[0][1] == toys.HONEST
        for text in (each.learner, each.cells[0][0]):
            assert not set(text) & set(nasty.STEERING)
            text.encode()


def test_composed_name(tmp_path):
    """A name is spelt as a roster spells it, however the zip of a Mac did."""
    put(tmp_path / "A\u030asa.py", "x")
    assert entries(tmp_path)[0][0] == "Åsa"


def test_opening_nothing(tmp_path, monkeypatch):
    """To list who handed in, no file is opened."""
    for number in range(3):
        put(tmp_path / f"{number}.py", "x")
    monkeypatch.setattr(os, "open", None)
    assert [learner for learner, _ in entries(tmp_path)] == ["0", "1", "2"]


def test_vanished(tmp_path):
    """What is taken away between the listing and the reading is a submission with a problem."""
    for name in ("ann.py", "bob.zip", "chen/a.py"):
        put(tmp_path / name, "x")
    listed = entries(tmp_path)
    for path in [entry.path for entry in listed]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    said = [read_submission(entry.path, entry.learner).problem for entry in listed]
    assert said[:2] == ["It cannot be read: No such file or directory."] * 2
    assert said[2]


def test_nobody_is_lost(tmp_path):
    """What cannot be read is a submission with a problem, beside the others."""
    put(tmp_path / "ann.py", toys.HONEST)
    put(tmp_path / "bob.docx", b"PK")
    put(tmp_path / "chen.zip", b"PK")
    (tmp_path / "dora").mkdir()
    found = find(tmp_path)
    assert [(each.learner, bool(each.problem)) for each in found] == [
        ("ann", False),
        ("bob", True),
        ("chen", True),
        ("dora", True),
    ]


def test_no_folder():
    """A path that is no folder is said."""
    with pytest.raises(NotADirectoryError, match="is not a folder"):
        find(Path(__file__))


# ---- what is in it -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "cells"),
    [
        ("a.py", "x = 1\n", [("a.py", "x = 1\n")]),
        ("a.py", b"\xef\xbb\xbfx = 1", [("a.py", "x = 1")]),
        ("a.py", "x = 'ß'\r\n", [("a.py", "x = 'ß'\r\n")]),
        ("a.ipynb", notebook({"cell_type": "code", "source": "x = 1"}), [("a.ipynb cell 1", "x = 1")]),
        ("a.ipynb", notebook({"cell_type": "code", "source": ["x\n", "y"]}), [("a.ipynb cell 1", "x\ny")]),
        (
            "a.ipynb",
            notebook(
                {"cell_type": "markdown", "source": "# Title"},
                {"cell_type": "code", "source": "x"},
                {"cell_type": "raw", "source": "z"},
                {"cell_type": "code", "source": "y", "outputs": [{"text": "!"}], "metadata": None},
            ),
            [("a.ipynb cell 2", "x"), ("a.ipynb cell 4", "y")],
        ),
        (
            "a.ipynb",
            notebook(3, None, "x", {}, {"cell_type": "code", "source": 3}, {"cell_type": "code", "source": ["x", 3]})[
                :-2
            ]
            + ', {"cell_type": "code"}]}',
            [("a.ipynb cell 7", "")],
        ),
        (
            "a.zip",
            zipped(
                {"b.py": "b", "a/c.ipynb": NOTEBOOK, "notes.txt": b"\xff", "__MACOSX/b.py": b"\xff", ".git/d.py": "d"}
            ),
            [("a/c.ipynb cell 1", toys.HONEST), ("b.py", "b")],
        ),
        ("a.zip", zipped({"../../b.py": "b", "c.py": "c"}), [("c.py", "c")]),
        ("a.zip", zipped({"/tmp/b.py": "b", "..\\c.py": "c"}), [("/tmp/b.py", "b")]),
        ("a.zip", zipped({"a/__init__.py": "b", "__pycache__/c.py": "c"}), [("a/__init__.py", "b")]),
        ("a.zip", zipped({"A.py": "A", "a.py": "a"}), [("A.py", "A"), ("a.py", "a")]),
        ("a.zip", zipped({"x.py/": "", "b.py": "b"}), [("b.py", "b")]),
        ("a.zip", b"#!/bin/sh\n" + zipped({"b.py": "b"}), [("b.py", "b")]),  # one that unpacks itself
        ("a.py", "# coding: latin-1\nx = 'ß'", [("a.py", "# coding: latin-1\nx = 'ß'")]),
        ("a.py", "# coding: utf-7\n+AHg-", [("a.py", "# coding: utf-7\n+AHg-")]),  # not decoded into x
        ("a.py", "x = 1\ry = 2\r\f\rz = 3", [("a.py", "x = 1\ry = 2\r\f\rz = 3")]),
        ("a.py", "x = 1  # שלום \u200f\u202e(1) x", [("a.py", "x = 1  # שלום \u200f\u202e(1) x")]),
        ("a.py", "(" * 100_000, [("a.py", "(" * 100_000)]),
        ("a.py", "x" * 1_000_000, [("a.py", "x" * 1_000_000)]),
        (
            "a.ipynb",
            '{"cells": [], "nbformat": NaN, "cells": [{"cell_type": "code", "source": "%matplotlib inline\\n!ls"}]}',
            [("a.ipynb cell 1", "%matplotlib inline\n!ls")],
        ),
        ("a.ipynb", notebook({"cell_type": "code", "source": "# \ud83d"}), [("a.ipynb cell 1", "# ?")]),
        ("a.ipynb", notebook({"cell_type": "code", "source": "\0"}), [("a.ipynb cell 1", "\0")]),
    ],
    ids=toys.short,
)
def test_cells(tmp_path, name, content, cells):
    """Code is taken as text with a label that says where it stood; everything else is passed over."""
    assert submission.Submission("ann", tuple(cells)) == read_submission(put(tmp_path / name, content), "ann")


def test_folder(tmp_path):
    """A folder's code files are taken in the order of their paths; the rest of it is passed over."""
    for name in ("b.py", "a/c.py", "a/.ipynb_checkpoints/c.py", "__pycache__/b.py", "data.csv", "a/notes.txt"):
        put(tmp_path / "ann" / name, name)
    cells = read_submission(tmp_path / "ann", "ann").cells
    assert cells == (("a/c.py", "a/c.py"), ("b.py", "b.py"))


def test_folder_that_holds_zips(tmp_path):
    """Where a folder has no code file, its zips are opened; where it has one, a zip beside it is somebody's data."""
    put(tmp_path / "ann" / "work.zip", zipped({"b.py": "b", "a/c.py": "c"}))
    put(tmp_path / "ann" / "more" / "rest.ZIP", zipped({"d.py": "d", "inner.zip": zipped({"e.py": "e"})}))
    cells = read_submission(tmp_path / "ann", "ann").cells
    assert cells == (("more/rest.ZIP/d.py", "d"), ("work.zip/a/c.py", "c"), ("work.zip/b.py", "b"))
    put(tmp_path / "ann" / "f.py", "f")
    assert read_submission(tmp_path / "ann", "ann").cells == (("f.py", "f"),)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a.zip": b"PK"}, "It is not a zip file that can be opened"),
        ({"a.zip": zipped({"notes.txt": "x"})}, "There is no code in it."),
        ({f"{n}.zip": b"PK" for n in range(101)}, "It holds more than 100 code files."),
        ({f"{n}.zip": zipped({f"{m}.py": "x" for m in range(60)}) for n in range(2)}, "It holds more than 100 code"),
        ({"a.zip": zipped({"a.py": bytes((16 << 20) + 1)})}, "It unpacks to more than is allowed."),
    ],
    ids=["broken", "no code", "many zips", "many files", "bomb"],
)
def test_folder_that_holds_bad_zips(tmp_path, files, said):
    for name, content in files.items():
        put(tmp_path / "ann" / name, content)
    assert read_submission(tmp_path / "ann", "ann").problem.startswith(said)


def test_folder_with_too_much(tmp_path, monkeypatch):
    """A folder is read up to a number of files and a sum of bytes, and no further."""
    for number in range(5):
        put(tmp_path / "ann" / f"{number}.py", "x = 1")
    monkeypatch.setattr(submission, "MAX_TOTAL", 24)
    assert read_submission(tmp_path / "ann", "ann").problem == "Its files are larger than 0 MB together."
    monkeypatch.setattr(submission, "MAX_FILES", 4)
    assert read_submission(tmp_path / "ann", "ann").problem == "It holds more than 4 code files."


def test_long_folder(tmp_path, monkeypatch):
    """Whatever lies in a folder counts: one more than is looked at, and it is refused."""
    for number in range(3):
        put(tmp_path / "ann" / f"{number}.csv", "1")
    put(tmp_path / "ann" / "a.py", "x")
    monkeypatch.setattr(submission, "MAX_LISTED", 4)
    assert read_submission(tmp_path / "ann", "ann").cells == (("a.py", "x"),)
    put(tmp_path / "ann" / "3.csv", "1")
    assert read_submission(tmp_path / "ann", "ann").problem.startswith("It holds more than 4 files")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.txt", "x", "A .txt is not graded; hand in a .py or .ipynb file."),
        ("a", "x", "A file without ending is not graded; hand in a .py or .ipynb file."),
        ("a.tar.gz", b"\x1f\x8b", "A .tar.gz is not graded; hand in a .py or .ipynb file."),
        ("a.py", b"x = '\xe9'", "a.py is not UTF-8 text (byte 5), but seems to be Windows-1252 or Latin-1: “é”"),
        (
            "a.py",
            b"\xc3\xbc = 'gr\xfc\xdf'  # both in one file",
            "a.py is not UTF-8 text (byte 8), but seems to be Windows-1252",
        ),
        ("a.py", "x = 'ü' # 好好".encode("gbk"), "a.py is not UTF-8 text (byte 5). Save it as UTF-8."),
        ("a.py", "x = 1\n".encode("utf-16"), "a.py is UTF-16 text, not UTF-8. Save it as UTF-8."),
        ("a.py", "x = 1 # grün\n".encode("utf-16-be"), "a.py is UTF-16 text, not UTF-8. Save it as UTF-8."),
        ("a.ipynb", NOTEBOOK.encode("utf-16-le"), "a.ipynb is UTF-16 text, not UTF-8. Save it as UTF-8."),
        ("a.py", "x = 1\n".encode("utf-32"), "a.py is UTF-32 text, not UTF-8. Save it as UTF-8."),
        ("a.py", zipped({"b.py": "b"}), "a.py is a zip file, or one of Word, Excel or Pages, not Python, whatever its"),
        ("a.py", "\n<!DOCTYPE html>\n<html>", "a.py is a web page, not Python: download the file itself"),
        ("a.py", "<!-- x --> <!-- y -->\n<html>", "a.py is a web page, not Python: download the file itself"),
        ("a.ipynb", "", "a.ipynb is not a notebook: it is empty. Save it again in Jupyter."),
        ("a.ipynb", " \r\n", "a.ipynb is not a notebook: it is empty. Save it again in Jupyter."),
        ("a.ipynb", "<html><title>Log in</title>", "a.ipynb is not a notebook: it is a web page, of a login perhaps."),
        ("a.ipynb", f"<<<<<<< HEAD\n{NOTEBOOK}\n=======\n", "a.ipynb stands in conflict: git has left its marks"),
        ("a.ipynb", NOTEBOOK[:-1] + ',\n<<<<<<< HEAD\n"a": 1\n=======\n}', "`python3 start.py update` reads both"),
        ("a.ipynb", NOTEBOOK[:-2], "a.ipynb is not a notebook: it ends in the middle"),
        ("a.ipynb", NOTEBOOK[:30], "a.ipynb is not a notebook: it ends in the middle"),
        ("a.ipynb", '{"cells": [], "x": tru', "a.ipynb is not a notebook: it ends in the middle"),
        ("a.ipynb", zipped({"b.py": "b"}), "a.ipynb is a zip file, or one of Word, Excel or Pages, not a notebook"),
        ("a.ipynb", b"%PDF-1.7\n\xff", "a.ipynb is a PDF, not a notebook, whatever its ending: hand in the file"),
        ("a.ipynb", "import torch\n", "a.ipynb is not a notebook: it is Python, not JSON."),
        ("a.ipynb", "Dear all", "a.ipynb is not a notebook: it is no JSON."),
        ("a.ipynb", "version https://git-lfs.github.com/spec/v1", "it is a pointer of Git LFS."),
        ("a.ipynb", "{'cells': []}", "a.ipynb is not a notebook: Expecting property name"),
        ("a.ipynb", "[" * 200_000, "a.ipynb is not a notebook: "),
        ("a.ipynb", "9" * 9_999, "a.ipynb is not a notebook: "),
        ("a.ipynb", "[]", "a.ipynb has no cells: it is JSON, but no notebook (is it of an old format?)."),
        ("a.ipynb", '{"worksheets": []}', "a.ipynb has no cells: it is of an old format. Save it again in Jupyter."),
        ("a.ipynb", '{"cells": {}}', "a.ipynb has no cells: it is JSON, but no notebook (is it of an old format?)."),
        ("a.ipynb", '{"cells": []}', "There is no code in it."),
        ("a.zip", b"", "It is not a zip file that can be opened"),
        ("a.zip", b"PK\x03\x04" + bytes(99), "It is not a zip file that can be opened"),
        ("a.zip", zipped({}), "There is no code in it."),
        ("a.zip", zipped({"notes.txt": "x"}), "There is no code in it."),
        ("a.zip", zipped({f"{n}.py": "x" for n in range(101)}), "It holds more than 100 code files."),
        ("a.zip", zipped({"a.py": bytes((16 << 20) + 1)}), "It unpacks to more than is allowed."),
        (
            "a.zip",
            zipped({f"{n}.ipynb": NOTEBOOK + " " * (15 << 20) for n in range(5)}),
            "Its files are larger than 64 MB together.",
        ),
        ("a.zip", zipped({"b.py": "b"}, zipfile.ZIP_LZMA), "It is compressed in an unusual way; make a zip file"),
        ("a.zip", zipped({"b.py": "b"}, zipfile.ZIP_BZIP2), "It is compressed in an unusual way; make a zip file"),
        (
            "a.zip",
            zipped({"in/b.zip": zipped({"c.py": "c"})}),
            "It holds another archive, in/b.zip, and no code: hand in the files in that.",
        ),
        (
            "a.zip",
            zipped({"b.py": "x" * 99}, zipfile.ZIP_STORED).replace(b"x" * 9, b"y" * 9, 1),
            "It is not a zip file that can be opened",
        ),
        ("a.zip", zipped({"b.py": "x"})[:-9], "It is not a zip file that can be opened"),
        ("a.zip", zipped({"b\x1b[2J.py": b"\xff"}), "b\\x1b[2J.py is not UTF-8 text (byte 0). Save it as UTF-8."),
        ("a.zip", zipped({"b" * 9_999 + ".py": b"\xff"}), f"{'b' * 48}…{'b' * 45}.py is not UTF-8 text (byte 0)."),
        ("a.py", "x = 1\0", "a.py is not text: it holds a NUL byte. Save it as UTF-8."),
        ("a.py", bytes(100), "a.py is not text: it holds a NUL byte. Save it as UTF-8."),
        ("a.py", b"# coding: latin-1\nx = '\xe9'", "a.py is not UTF-8 text (byte 23), but seems to be Windows-1252"),
        ("a.ipynb", '{"cells": ' * 100_000, "a.ipynb is not a notebook: "),
        ("a.ipynb", '{"cells": [' + "1," * 500_001 + "1]}", "a.ipynb holds too much output. Clear its outputs"),
        ("a.ipynb", notebook(*[{"cell_type": "code"}] * 5_001), "It holds more than 5000 code cells."),
        ("a.\x1b[2J", "x", "A .\\x1b[2J is not graded; hand in a .py or .ipynb file."),
        ("a.zip", zipped({"b.py": b"\xff"}), "b.py is not UTF-8 text (byte 0). Save it as UTF-8."),
        ("a.py", "#" * ((1 << 20) + 1), "Its code is longer than 1 MB."),
        ("a.py", bytes((16 << 20) + 1), "It is larger than 16 MB."),
    ],
    ids=toys.short,
)
def test_what_cannot_be_read(tmp_path, name, content, said):
    """Each kind of unreadable file has a sentence for its author."""
    submission = read_submission(put(tmp_path / name, content), "ann")
    assert (submission.learner, submission.cells) == ("ann", ())
    assert said in submission.problem


def test_what_is_as_long_as_it_may_be(tmp_path, monkeypatch):
    """The bound that a learner is told is allowed."""
    assert not read_submission(put(tmp_path / "a.py", "#" * (1 << 20)), "ann").problem
    monkeypatch.setattr(disk, "MAX_FILE", 9)
    assert disk.file_bytes(put(tmp_path / "a.py", "#" * 9)) == b"#" * 9
    with pytest.raises(UnreadableError, match="It is larger than"):
        disk.file_bytes(put(tmp_path / "a.py", "#" * 10))


def test_zip_with_a_password(tmp_path):
    """An archive that needs a password is told so."""
    data = bytearray(zipped({"a.py": "x"}, zipfile.ZIP_STORED))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    assert read_submission(put(tmp_path / "a.zip", bytes(data)), "ann").problem == "It is protected by a password."


def test_zip_that_lies_about_its_size(tmp_path):
    """What counts is what comes out, not what the archive's header claims."""
    data = zipped({"a.py": b"#" * (20 << 20)})
    lied = data.replace((20 << 20).to_bytes(4, "little"), (7).to_bytes(4, "little"))
    submission = read_submission(put(tmp_path / "a.zip", lied), "ann")
    assert submission.problem or len(submission.cells[0][1]) <= 7


def peak(path) -> tuple[str, int]:
    """What is said of a file, and how many bytes it took at most to say it."""
    tracemalloc.start()
    try:
        return read_submission(path, "ann").problem, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_bomb_is_not_unpacked(tmp_path, monkeypatch, compression):
    """What unpacks to more than is allowed is never held in memory whole."""
    monkeypatch.setattr(disk, "MAX_FILE", 1 << 20)
    problem, memory = peak(put(tmp_path / "a.zip", zipped({"a.py": bytes(40 << 20)}, compression)))
    assert problem in ("It unpacks to more than is allowed.", f"{UNUSUAL}.")
    assert memory < 8 << 20


UNUSUAL = "It is compressed in an unusual way; make a zip file with your system's own command"


def million() -> bytes:
    """An archive with a million empty members."""
    one = zipped({"a.py": ""})
    start, end = one.index(b"PK\x01\x02"), one.index(b"PK\x05\x06")
    directory = one[start:end] * 1_000_000
    return one[:start] + directory + one[end : end + 12] + len(directory).to_bytes(4, "little") + one[end + 16 :]


def test_a_million_members(tmp_path):
    """A list of files that is too long is not even read."""
    path = put(tmp_path / "a.zip", million())
    before = time.process_time()
    problem, memory = peak(path)
    assert problem == "Its list of files is too long; hand in only the files with your code."
    assert memory < 4 << 20
    assert time.process_time() - before < 1


def test_overlapping_members(tmp_path):
    """A hundred names for the same bytes count a hundred times."""
    one = zipped({"0.ipynb": NOTEBOOK + " " * (1 << 20)})
    start, end = one.index(b"PK\x01\x02"), one.index(b"PK\x05\x06")
    names = [f"{chr(48 + n)}.ipynb".encode() for n in range(75) if chr(48 + n) not in "/\\.`"]
    directory = b"".join(one[start:end].replace(b"0.ipynb", name) for name in names)
    data = one[:start] + directory + one[end : end + 8] + len(names).to_bytes(2, "little") * 2
    data += len(directory).to_bytes(4, "little") + one[end + 16 :]
    problem, memory = peak(put(tmp_path / "a.zip", data))
    assert problem
    assert memory < 40 << 20


def test_name_that_stands_twice_in_an_archive(tmp_path):
    """The later one counts, as for who unpacks it."""
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("a.py", "old")
        archive.writestr("a.py", "new")
    assert read_submission(put(tmp_path / "a.zip", buffer.getvalue()), "ann").cells == (("a.py", "new"),)


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK])
def test_special_member(tmp_path, kind):
    """An archive's links and devices are refused: what they point at is not the learner's work."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        member = zipfile.ZipInfo("a.py")
        member.external_attr = (kind | 0o777) << 16
        archive.writestr(member, "../../secret.py")
    said = read_submission(put(tmp_path / "a.zip", buffer.getvalue()), "ann").problem
    assert said == "a.py is a link or a device; hand in the file itself."


def test_notebook_of_many_values(tmp_path):
    """A notebook's JSON takes a bounded amount of memory, whatever is in it."""
    content = '{"cells": [' + "[]," * 5_000_000 + "1]}"
    problem, memory = peak(put(tmp_path / "a.ipynb", content))
    assert problem.startswith("a.ipynb holds too much output.")
    assert memory < 64 << 20


# ---- several things of one learner ------------------------------------------------------------------------------


def test_zip_has_times(tmp_path):
    """Of names that tell nothing the file that was changed last counts; of names that do, the number."""

    def at(*changed):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, day in changed:
                archive.writestr(zipfile.ZipInfo(name, (2026, 11, day, 12, 0, 0)), name)
        return [name for name, _ in read_submission(put(tmp_path / "a.zip", buffer.getvalue()), "ann").cells]

    assert at(("02.py", 9), ("kl.py", 8)) == ["kl.py", "02.py"]
    assert at(("02.py", 8), ("kl.py", 9)) == ["02.py", "kl.py"]
    assert at(("kl.py", 9), ("kl-1.py", 8), ("kl (2).py", 7), ("z.py", 6)) == ["z.py", "kl.py", "kl-1.py", "kl (2).py"]
    assert at(("a/kl.py", 9), ("kl.py", 8)) == ["kl.py", "a/kl.py"]
    assert at(("hw 9/kl.py", 9), ("hw 10/kl.py", 8)) == ["hw 9/kl.py", "hw 10/kl.py"]
    assert at(("kl.txt.py", 9), ("kl.py", 10)) == ["kl.txt.py", "kl.py"]


def test_nbgrader_has_times(tmp_path):
    """What was collected last counts, whatever the assignments are called."""
    for assignment, stamp in (("b", "2026-02-02 15:58:23.948203 UTC"), ("a", "2026-02-10 09:00:00 UTC"), ("c", "")):
        put(tmp_path / "ann" / assignment / "kl.py", assignment)
        put(tmp_path / "ann" / assignment / "timestamp.txt", stamp)
    assert [text for _, text in read_submission(tmp_path / "ann", "ann").cells] == ["c", "b", "a"]


def test_several_files(tmp_path):
    """They are read as one submission, in the order of their uploads, under the names that their learner gave them."""
    for name, content in (("1.py", "one"), ("2.py", "two"), ("3.pdf", b"%PDF")):
        put(tmp_path / name, content)
    put(tmp_path / "f" / "a.py", "f")
    files = [
        Handed(tmp_path / "2.py", "kl.py", 2),
        Handed(tmp_path / "1.py", "kl-1.py", 1),
        Handed(tmp_path / "3.pdf", "report.pdf", 3),
        Handed(tmp_path / "f", "folder", 1),
    ]
    cells = (("folder/a.py", "f"), ("kl-1.py", "one"), ("kl.py", "two"))
    assert read_together(files, "ann") == submission.Submission("ann", cells)


def test_several_files_of_which_some_cannot_be_read(tmp_path):
    """A newer version of the same file stands for a broken one; nothing else does, and what is said names the file."""
    put(tmp_path / "1.ipynb", "")
    put(tmp_path / "2.py", "x")
    put(tmp_path / "3.zip", b"PK")
    put(tmp_path / "4.pdf", "x")

    def read_all(*names):
        return read_together([Handed(tmp_path / path, name) for path, name in names], "ann")

    assert read_all(("1.ipynb", "kl.ipynb"), ("2.py", "kl-1.py")).cells == (("kl-1.py", "x"),)
    said = "kl-1.ipynb is not a notebook: it is empty. Save it again in Jupyter."
    assert read_all(("1.ipynb", "kl-1.ipynb"), ("2.py", "kl.py")).problem == said
    assert read_all(("1.ipynb", "kl-1.ipynb"), ("2.py", "z.py")).problem == said
    assert read_all(("2.py", "kl.py"), ("3.zip", "data.zip")).cells == (("kl.py", "x"),)
    assert read_all(("3.zip", "kl.zip"), ("4.pdf", "a.pdf")).problem.startswith("kl.zip: It is not a zip file")
    assert read_all(("4.pdf", "b.pdf"), ("4.pdf", "a.pdf")).problem == "No .py or .ipynb file is among a.pdf, b.pdf."


# ---- what does not belong there ----------------------------------------------------------------------------------


@pytest.fixture
def secret(tmp_path_factory):
    return put(tmp_path_factory.mktemp("elsewhere") / "secret.py", "KEY = 1")


def test_link_is_not_followed(tmp_path, secret):
    """A link to another file is refused, and its target stays unread."""
    (tmp_path / "ann.py").symlink_to(secret)
    (tmp_path / "bob").symlink_to(secret.parent)
    (tmp_path / "chen.zip").symlink_to(put(secret.with_name("a.zip"), zipped({"a.py": "x"})))
    (tmp_path / "dora.py").symlink_to("nowhere")
    assert [each.problem for each in find(tmp_path)] == ["It is a link; hand in the file itself."] * 4


def test_link_inside_a_folder_is_not_followed(tmp_path, secret):
    """A folder cannot lend somebody else's file either."""
    (tmp_path / "ann").mkdir()
    (tmp_path / "ann" / "a.py").symlink_to(secret)
    (tmp_path / "bob" / "deep").mkdir(parents=True)
    (tmp_path / "bob" / "deep" / "b").symlink_to(secret.parent)
    put(tmp_path / "bob" / "own.py", "x")
    ann, bob = find(tmp_path)
    assert (ann.cells, ann.problem) == ((), "a.py is a link; hand in the file itself.")
    assert bob.cells == (("own.py", "x"),)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_pipe_is_not_waited_for(tmp_path):
    """A named pipe that nobody writes to does not stop the grader."""
    (tmp_path / "dora").mkdir()
    for name in ("ann.py", "bob.zip", "chen.ipynb", "dora/a.py"):
        os.mkfifo(tmp_path / name)
    assert [each.problem for each in find(tmp_path)] == ["It is not a regular file."] * 4


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_pipe_that_takes_a_files_place(tmp_path, monkeypatch):
    """Nor does one that is put there after the look and before the opening."""
    regular = put(tmp_path / "b.py", "x").lstat()
    os.mkfifo(tmp_path / "ann.py")
    monkeypatch.setattr(Path, "lstat", lambda path: regular)
    monkeypatch.setattr(Path, "is_symlink", lambda path: False)
    assert read_submission(tmp_path / "ann.py", "ann").problem == "It is not a regular file."


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="this system has no such sockets")
def test_socket(tmp_path, monkeypatch):
    """What is no file is not opened."""
    monkeypatch.chdir(tmp_path)  # the path of a socket may not be long
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("ann.py")
        assert read_submission(Path("ann.py"), "ann").problem == "It is not a regular file."


def test_folder_named_like_a_file(tmp_path):
    """A folder called main.py is looked into, not read."""
    put(tmp_path / "ann" / "main.py" / "real.py", "x")
    assert read_submission(tmp_path / "ann", "ann").cells == (("main.py/real.py", "x"),)


def test_deep_folder(tmp_path):
    """Folders in folders a thousand deep are looked through or refused, and the next learner is read."""
    put(tmp_path / "bob.py", "x")
    deep = os.open(tmp_path, os.O_RDONLY)
    try:
        for _ in range(1_000):
            os.mkdir("ann.d" * 3, dir_fd=deep)
            below = os.open("ann.d" * 3, os.O_RDONLY, dir_fd=deep)
            os.close(deep)
            deep = below
    finally:
        os.close(deep)
    ann, bob = find(tmp_path)
    assert (ann.learner, ann.problem) == ("ann.d" * 3, "It cannot be read: File name too long.")
    assert bob.cells == (("bob.py", "x"),)
    for _ in range(20):  # a thousand at once are too many for shutil as well
        path = tmp_path / Path(*["ann.d" * 3] * 50)
        if path.exists():
            path.rename(tmp_path / "rest")
            shutil.rmtree(tmp_path / ("ann.d" * 3))
            (tmp_path / "rest").rename(tmp_path / ("ann.d" * 3))


def test_folder_of_many_files(tmp_path, monkeypatch):
    """A folder is not walked for ever, whatever kind of files it holds."""
    monkeypatch.setattr(submission, "MAX_LISTED", 50)
    for number in range(51):
        put(tmp_path / "ann" / f"{number % 9}" / f"{number}.txt", "x")
    said = "It holds more than 50 files; hand in those with your code."
    assert [each.problem for each in find(tmp_path)] == [said]


def test_hidden_folder_is_not_entered(tmp_path, monkeypatch):
    """An environment or a repository beside the code costs nobody the grade."""
    for number in range(20):
        put(tmp_path / "ann" / ".venv" / f"{number}.py", "x")
    put(tmp_path / "ann" / "a.py", "x")
    monkeypatch.setattr(submission, "MAX_LISTED", 9)
    assert read_submission(tmp_path / "ann", "ann").cells == (("a.py", "x"),)


def test_unreadable_file(tmp_path, monkeypatch):
    """A file that may not be opened is told by the system's own words."""
    put(tmp_path / "ann.py", "x")

    def refuse(path, flags):
        raise PermissionError(errno.EACCES, "Permission denied", path)

    monkeypatch.setattr(os, "open", refuse)
    assert find(tmp_path)[0].problem == "It cannot be read: Permission denied."


# ---- anything at all ---------------------------------------------------------------------------------------------

COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
WHOLE = [zipped({"a.py": toys.HONEST * 3}, compression) for compression in COMPRESSIONS]


@st.composite
def damaged(draw) -> bytes:
    """A file with a few bytes changed, or cut off."""
    data = bytearray(draw(st.sampled_from([*WHOLE, NOTEBOOK.encode()])))
    for _ in range(draw(st.integers(1, 3))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data[: draw(st.integers(0, len(data)) | st.just(len(data)))])


json_values = st.recursive(
    st.none() | st.integers() | st.text(max_size=3) | st.just("\ud800") | st.sampled_from(["code", "x = 1"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["cells", "cell_type", "source"]), inner, max_size=3)
    ),
)


def is_well_formed(submission) -> bool:
    texts = [text for cell in submission.cells for text in cell]
    for text in (*texts, submission.problem):
        text.encode()  # half a character could be neither hashed nor stored
    return bool(submission.cells) != bool(submission.problem)


@given(name=st.sampled_from(["a.zip", "a.ipynb", "a.py"]), content=damaged() | st.binary(max_size=300))
def test_damaged_file_is_a_submission(name, content, tmp_path_factory):
    """Whatever the bytes, what comes is cells of text or a problem, never an exception."""
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(content)
    assert is_well_formed(read_submission(path, "ann"))


@pytest.mark.parametrize("whole", WHOLE, ids=["stored", "deflated"])
def test_each_damaged_byte_of_a_zip(tmp_path, whole):
    """A download with one broken byte is read or refused, wherever the byte stands."""
    path = tmp_path / "a.zip"
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        assert is_well_formed(read_submission(path, "ann"))


@given(content=json_values)
def test_any_json_is_a_submission(content, tmp_path_factory):
    """Whatever stands where a notebook's cells should, nothing breaks."""
    path = tmp_path_factory.getbasetemp() / "a.ipynb"
    path.write_text(json.dumps(content))
    assert is_well_formed(read_submission(path, "ann"))


@pytest.mark.slow
def test_ten_thousand_are_opened_in_seconds(tmp_path):
    """Listing and reading small files takes a third of a millisecond each; the bound is generous."""
    for number in range(10_000):
        (tmp_path / f"{number}.py").write_text(toys.HONEST)
    before = time.process_time()
    assert len(find(tmp_path)) == 10_000
    assert time.process_time() - before < 5


def test_files_that_define_come_in_the_order_of_their_last():
    """However often a file does: the last of all counts."""
    cells = [(name, "def f(x):\n    return x\n") for name in ("a.ipynb cell 1", "b.py", "a.ipynb cell 9")]
    assert submission.files_that_define(cells, "f") == ("b.py", "a.ipynb")
