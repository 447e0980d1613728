"""Opening what strangers hand in."""

import errno
import io
import json
import os
import tracemalloc
import zipfile
from pathlib import Path

import pytest
import toys
from hypothesis import given
from hypothesis import strategies as st

from coursekit import submissions

CODE = {"cell_type": "code"}
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
    found = submissions.find(tmp_path)
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
        (["17_assignsubmission_file_ann.py"], ["17_assignsubmission_file_ann"]),
        ([".DS_Store", ".ann.py", "__pycache__", "ann.py"], ["ann"]),
        ([], []),
    ],
)
def test_learner_is_the_entrys_name(tmp_path, names, learners):
    """Where two entries would share a name both keep their endings, and hidden ones are nobody's."""
    for name in names:
        put(tmp_path / name, toys.HONEST if name.lower().endswith("py") else NOTEBOOK)
    assert learners == [each.learner for each in submissions.find(tmp_path)]


def test_nobody_is_lost(tmp_path):
    """What cannot be read is a submission with a problem, beside the others."""
    put(tmp_path / "ann.py", toys.HONEST)
    put(tmp_path / "bob.docx", b"PK")
    put(tmp_path / "chen.zip", b"PK")
    (tmp_path / "dora").mkdir()
    found = submissions.find(tmp_path)
    assert [(each.learner, bool(each.problem)) for each in found] == [
        ("ann", False),
        ("bob", True),
        ("chen", True),
        ("dora", True),
    ]


def test_no_folder():
    """A path that is no folder is said."""
    with pytest.raises(NotADirectoryError, match="is not a folder"):
        submissions.find(Path(__file__))


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
        ("a.zip", zipped({"b.py": "b"}, zipfile.ZIP_LZMA), [("b.py", "b")]),
    ],
    ids=toys.short,
)
def test_cells(tmp_path, name, content, cells):
    """Code is taken as text with a label that says where it stood; everything else is passed over."""
    assert submissions.Submission("ann", tuple(cells)) == submissions.read(put(tmp_path / name, content), "ann")


def test_folder(tmp_path):
    """A folder's code files are taken in the order of their paths; the rest of it is passed over."""
    for name in ("b.py", "a/c.py", "a/.ipynb_checkpoints/c.py", "__pycache__/b.py", "data.csv", "a/notes.txt"):
        put(tmp_path / "ann" / name, name)
    cells = submissions.read(tmp_path / "ann", "ann").cells
    assert cells == (("a/c.py", "a/c.py"), ("b.py", "b.py"))


def test_folder_with_too_much(tmp_path, monkeypatch):
    """A folder is read up to a number of files and a sum of bytes, and no further."""
    for number in range(5):
        put(tmp_path / "ann" / f"{number}.py", "x = 1")
    monkeypatch.setattr(submissions, "MAX_TOTAL", 24)
    assert submissions.read(tmp_path / "ann", "ann").problem == "Its files are larger than 0 MB together."
    monkeypatch.setattr(submissions, "MAX_FILES", 4)
    assert submissions.read(tmp_path / "ann", "ann").problem == "It holds more than 4 code files."


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.txt", "x", "A .txt is not graded; hand in a .py or .ipynb file."),
        ("a", "x", "A file without ending is not graded; hand in a .py or .ipynb file."),
        ("a.py", b"x = '\xe9'", "a.py is not UTF-8 text (byte 5). Save it as UTF-8."),
        ("a.py", "x = 1\n".encode("utf-16"), "a.py is not UTF-8 text (byte 0). Save it as UTF-8."),
        ("a.ipynb", "", "a.ipynb is not a notebook: "),
        ("a.ipynb", "{'cells': []}", "Save it again in Jupyter."),
        ("a.ipynb", "[" * 200_000, "a.ipynb is not a notebook: "),
        ("a.ipynb", "9" * 9_999, "a.ipynb is not a notebook: "),
        ("a.ipynb", "[]", "a.ipynb has no cells (is it of an old format?)."),
        ("a.ipynb", '{"worksheets": []}', "a.ipynb has no cells (is it of an old format?)."),
        ("a.ipynb", '{"cells": {}}', "a.ipynb has no cells (is it of an old format?)."),
        ("a.ipynb", '{"cells": []}', "There is no code in it."),
        ("a.zip", b"", "It is not a zip file that can be opened"),
        ("a.zip", b"PK\x03\x04" + bytes(99), "It is not a zip file that can be opened"),
        ("a.zip", zipped({}), "There is no code in it."),
        ("a.zip", zipped({"notes.txt": "x"}), "There is no code in it."),
        ("a.zip", zipped({f"{n}.py": "x" for n in range(101)}), "It holds more than 100 code files."),
        ("a.zip", zipped({"a.py": bytes((16 << 20) + 1)}), "It unpacks to more than is allowed."),
        ("a.zip", zipped({f"{n}.py": bytes(15 << 20) for n in range(5)}), "It unpacks to more than is allowed."),
        ("a.zip", zipped({"b.py": b"\xff"}), "b.py is not UTF-8 text (byte 0). Save it as UTF-8."),
        ("a.py", "#" * ((1 << 20) + 1), "Its code is longer than 1 MB."),
        ("a.py", bytes((16 << 20) + 1), "It is larger than 16 MB."),
    ],
    ids=toys.short,
)
def test_what_cannot_be_read(tmp_path, name, content, said):
    """Each kind of unreadable file has a sentence for its author."""
    submission = submissions.read(put(tmp_path / name, content), "ann")
    assert (submission.learner, submission.cells) == ("ann", ())
    assert said in submission.problem


def test_zip_with_a_password(tmp_path):
    """An archive that needs a password is told so."""
    data = bytearray(zipped({"a.py": "x"}, zipfile.ZIP_STORED))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    assert submissions.read(put(tmp_path / "a.zip", bytes(data)), "ann").problem == "It is protected by a password."


def test_zip_that_lies_about_its_size(tmp_path):
    """What counts is what comes out, not what the archive's header claims."""
    data = zipped({"a.py": b"#" * (20 << 20)})
    lied = data.replace((20 << 20).to_bytes(4, "little"), (7).to_bytes(4, "little"))
    submission = submissions.read(put(tmp_path / "a.zip", lied), "ann")
    assert submission.problem or len(submission.cells[0][1]) <= 7


def test_bomb_is_not_unpacked(tmp_path, monkeypatch):
    """What unpacks to more than is allowed is never held in memory whole."""
    monkeypatch.setattr(submissions, "MAX_FILE", 1 << 20)
    path = put(tmp_path / "a.zip", zipped({"a.py": bytes(40 << 20)}))
    tracemalloc.start()
    try:
        assert submissions.read(path, "ann").problem == "It unpacks to more than is allowed."
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


# ---- what does not belong there ----------------------------------------------------------------------------------


@pytest.fixture
def secret(tmp_path_factory):
    return put(tmp_path_factory.mktemp("elsewhere") / "secret.py", "KEY = 1")


def test_link_is_not_followed(tmp_path, secret):
    """A link to another file is refused, and its target stays unread."""
    (tmp_path / "ann.py").symlink_to(secret)
    (tmp_path / "bob").symlink_to(secret.parent)
    assert [each.problem for each in submissions.find(tmp_path)] == ["It is a link; hand in the file itself."] * 2


def test_link_inside_a_folder_is_not_followed(tmp_path, secret):
    """A folder cannot lend somebody else's file either."""
    (tmp_path / "ann").mkdir()
    (tmp_path / "ann" / "a.py").symlink_to(secret)
    (tmp_path / "bob" / "deep").mkdir(parents=True)
    (tmp_path / "bob" / "deep" / "b").symlink_to(secret.parent)
    put(tmp_path / "bob" / "own.py", "x")
    ann, bob = submissions.find(tmp_path)
    assert (ann.cells, bool(ann.problem)) == ((), True)
    assert bob.cells == (("own.py", "x"),)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_pipe_is_not_waited_for(tmp_path):
    """A named pipe that nobody writes to does not stop the grader."""
    os.mkfifo(tmp_path / "ann.py")
    assert submissions.find(tmp_path)[0].problem == "It is not a regular file."


def test_folder_named_like_a_file(tmp_path):
    """A folder called main.py is looked into, not read."""
    put(tmp_path / "ann" / "main.py" / "real.py", "x")
    assert submissions.read(tmp_path / "ann", "ann").cells == (("main.py/real.py", "x"),)


def test_unreadable_file(tmp_path, monkeypatch):
    """A file that may not be opened is told by the system's own words."""
    put(tmp_path / "ann.py", "x")

    def refuse(path, flags):
        raise PermissionError(errno.EACCES, "Permission denied", path)

    monkeypatch.setattr(os, "open", refuse)
    assert submissions.find(tmp_path)[0].problem == "It cannot be read: Permission denied."


# ---- anything at all ---------------------------------------------------------------------------------------------

COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
WHOLE = [zipped({"a.py": toys.HONEST * 3}, compression) for compression in COMPRESSIONS]


@st.composite
def damaged(draw) -> bytes:
    """A file with a few bytes changed, or cut off."""
    data = bytearray(draw(st.sampled_from([*WHOLE, NOTEBOOK.encode()])))
    for _ in range(draw(st.integers(1, 3))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data[: draw(st.integers(0, len(data)) | st.just(len(data)))])


json_values = st.recursive(
    st.none() | st.integers() | st.text(max_size=3) | st.sampled_from(["code", "x = 1"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["cells", "cell_type", "source"]), inner, max_size=3)
    ),
)


def is_well_formed(submission) -> bool:
    texts = [text for cell in submission.cells for text in cell]
    return all(isinstance(text, str) for text in texts) and bool(submission.cells) != bool(submission.problem)


@given(name=st.sampled_from(["a.zip", "a.ipynb", "a.py"]), content=damaged() | st.binary(max_size=300))
def test_damaged_file_is_a_submission(name, content, tmp_path_factory):
    """Whatever the bytes, what comes is cells of text or a problem, never an exception."""
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(content)
    assert is_well_formed(submissions.read(path, "ann"))


@pytest.mark.parametrize("whole", WHOLE, ids=["stored", "deflated", "bzip2", "lzma"])
def test_each_damaged_byte_of_a_zip(tmp_path, whole):
    """A download with one broken byte is read or refused, wherever the byte stands."""
    path = tmp_path / "a.zip"
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        assert is_well_formed(submissions.read(path, "ann"))


@given(content=json_values)
def test_any_json_is_a_submission(content, tmp_path_factory):
    """Whatever stands where a notebook's cells should, nothing breaks."""
    path = tmp_path_factory.getbasetemp() / "a.ipynb"
    path.write_text(json.dumps(content))
    assert is_well_formed(submissions.read(path, "ann"))
