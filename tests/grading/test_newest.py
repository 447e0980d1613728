"""Of two files of one submission, the newer one comes last: tried with the names that systems and platforms give."""

import random

import pytest

from coursekit.grading.newest import age_in_name, base_of
from coursekit.grading.submission import files_that_define, read_submission

OLDER_TO_NEWER = [
    ["kl.py", "kl-1.py", "kl-2.py", "kl-10.py"],  # Canvas
    ["kl.py", "kl (1).py", "kl (2).py", "kl (11).py"],  # browsers, Windows
    ["kl.py", "kl - Kopie.py", "kl - Kopie (2).py"],
    ["kl.py", "kl - Copy.py", "kl - Copy (2).py", "kl - Copy (10).py"],
    ["kl.py", "kl copy.py", "kl copy 2.py", "kl copy 10.py"],  # macOS
    ["kl.py", "Copy of kl.py"],  # Google Drive
    ["kl.py", "Kopie von kl.py"],
    ["kl.ipynb", "kl-1.ipynb"],
    ["kl.py", "kl(1).py", "kl(2).py"],
    ["kl.py", "kl_1.py", "kl_2.py", "kl_010.py", "kl_11.py"],
    ["week 9.py", "week 10.py"],
    ["old/kl.py", "kl.py"],
    ["zz old/2/kl-3.py", "zz old/kl-2.py", "kl.py", "kl-1.py"],
    ["hw 9/kl.py", "hw 10/kl.py"],
    ["kl 1 aa.py", "kl 1 b.py"],
    ["kl.py", f"kl-{'9' * 5_000}.py", f"kl-1{'0' * 5_000}.py"],
]


@pytest.mark.parametrize("names", OLDER_TO_NEWER, ids=lambda names: names[1][:20])
def test_newer_comes_last(names):
    """Whatever order a disk has them in."""
    mixed = list(names)
    random.Random(0).shuffle(mixed)
    assert sorted(mixed, key=age_in_name) == names


@pytest.mark.parametrize(
    ("name", "base"),
    [
        *(("a/Copy of kl (2).py", "a/kl"), ("KL_v2.py", "kl"), ("kl v.py", "kl v"), ("kl - Kopie (3).ipynb", "kl")),
        *(("photocopy.py", "photocopy"), ("kl abcd.py", "kl abcd"), ("kl copy.py", "kl"), ("2.py", "2")),
        *(("(2).py", "(2)"), ("kl 2).py", "kl 2)"), ("kl ().py", "kl ()"), ("copy.py", "copy")),
    ],
)
def test_what_all_versions_are_called(name, base):
    """Without what was counted up; nothing is taken for a number or a word for "copy" that is none."""
    assert base_of(name) == base


@pytest.mark.parametrize("name", ["", "/", ".py", "..", "a\\b.py", "0", "٣.py", "½", "\x00"])
def test_any_name(name):
    """No name stops the sorting."""
    assert sorted([name, "kl.py", "1/2.py"], key=age_in_name)


def test_in_a_folder(tmp_path):
    """A submission's files are read in that order."""
    for name in ("kl-10.py", "kl.py", "kl-2.py", "Copy of kl.py"):
        (tmp_path / name).write_text(f"name = {name!r}\n", encoding="utf-8")
    cells = read_submission(tmp_path, "ann").cells
    assert [label for label, _ in cells] == ["kl.py", "Copy of kl.py", "kl-2.py", "kl-10.py"]


def test_files_that_define():
    """Every file once, by its name alone; what only mentions the function does not count."""
    cells = (
        ("a.py", "def kl(p, q):\n    ..."),
        ("b cell 3.py", "x = 1\ndef\tkl (p):\n    ..."),
        ("c.ipynb cell 2", "def kl(p):\n    ..."),
        ("c.ipynb cell 12", "def kl(p):\n    ..."),
        ("d.py", "kl(p)\n# def kl(\nclass A:\n    def kl(self):\n        ...\ndef kl_div(p):\n    ..."),
    )
    assert files_that_define(cells, "kl") == ("a.py", "b cell 3.py", "c.ipynb")


def test_file_that_counts_comes_last():
    """A stub that was handed in after an answer, or beside it, does not count."""
    stub = 'def kl(\n    p,\n):\n    """Returns it."""\n    raise NotImplementedError("here")\n\n\nx = 1\n'
    answer = "def kl(p):\n    if p:\n        return 1\n    raise NotImplementedError(p)\n"
    assert files_that_define((("a.py", answer), ("b.py", stub)), "kl") == ("b.py", "a.py")
    assert files_that_define((("b.py", answer), ("a.py", answer), ("b.py", stub)), "kl") == ("b.py", "a.py")
    assert files_that_define((("a.py", stub), ("b.py", stub)), "kl") == ("a.py", "b.py")
    assert files_that_define((("a.py", f"{answer}\n{stub}"), ("b.py", stub)), "kl") == ("b.py", "a.py")
