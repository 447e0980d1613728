"""The stub comes back, and nothing is lost."""

import json

import pytest
import toys

from coursekit.course import stubs, syllabus
from coursekit.errors import CommandError
from coursekit.learning.watching.resetting import reset

HELPER = "def helper(x):\n    return x\n"
ANSWER = "def double(\n    x,\n) -> object:\n    y = x\n\n    return y\n"


def kept(path):
    """The copies, by name."""
    return {copy.name: copy.read_text(encoding="utf-8") for copy in path.iterdir()}


def test_an_answer_becomes_a_stub(toy_course):
    """What stands around it stays, its own comments and decorators go; the file is kept as it was."""
    before = f"import torch\n\n\n@torch.no_grad()\n{ANSWER}\n# for triple\n{HELPER}"
    toy_course.stub.write_text(before, encoding="utf-8")
    copy = reset(toy_course.stub, toy_course, "double")
    stub = stubs.stub(toy_course, "double")
    assert toy_course.stub.read_text(encoding="utf-8") == f"import torch\n\n\n{stub}\n# for triple\n{HELPER}"
    assert (copy.parent, kept(copy.parent)) == (syllabus.ROOT / "kept", {"toy before reset 1.py": before})


def test_every_answer_of_that_name_goes(toy_course):
    """A stub hides no answer, so none may be left; what is no Python is no obstacle."""
    toy_course.stub.write_text(f"{ANSWER}\n\nthis is no Python\n\n{ANSWER}", encoding="utf-8")
    reset(toy_course.stub, toy_course, "double")
    stub = stubs.stub(toy_course, "double")
    assert toy_course.stub.read_text(encoding="utf-8") == f"{stub}\n\nthis is no Python\n\n"


def test_an_answer_that_is_gone(toy_course):
    """Its stub is put at the end."""
    toy_course.stub.write_text(HELPER, encoding="utf-8")
    reset(toy_course.stub, toy_course, "double")
    assert toy_course.stub.read_text(encoding="utf-8") == f"{HELPER}\n\n{stubs.stub(toy_course, 'double')}"


def test_copies_do_not_replace_each_other(toy_course):
    """Each reset keeps one of its own."""
    names = [reset(toy_course.stub, toy_course, "double").name for _ in range(2)]
    assert names == ["toy before reset 1.py", "toy before reset 2.py"]


def test_line_ends_of_windows(toy_course):
    """They stay what they are."""
    toy_course.stub.write_bytes(ANSWER.replace("\n", "\r\n").encode())
    reset(toy_course.stub, toy_course, "double")
    assert toy_course.stub.read_bytes().replace(b"\r\n", b"").count(b"\n") == 0


def test_an_exercise_cell(toy_course):
    """It holds the stub alone, answers elsewhere are taken out, and all other cells are what they were."""
    notebook = json.loads(toy_course.notebook.read_text(encoding="utf-8"))
    stub = notebook["cells"][2]["source"]
    notebook["cells"][2]["source"] = f"{ANSWER}\nprint(double(1))"
    notebook["cells"].append({**toys.code(f"{HELPER}\n\n{ANSWER}", 9, shown="8"), "id": "mine"})
    toy_course.notebook.write_text(json.dumps(notebook), encoding="utf-8")
    reset(toy_course.notebook, toy_course, "double")
    after = json.loads(toy_course.notebook.read_text(encoding="utf-8"))
    assert "".join(after["cells"][2]["source"]) == stub
    assert ("".join(after["cells"][-1]["source"]), after["cells"][-1]["outputs"]) == (f"{HELPER}\n\n", [])
    same = [cell for number, cell in enumerate(notebook["cells"][:-1]) if number != 2]
    assert [cell for number, cell in enumerate(after["cells"][:-1]) if number != 2] == same


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.ipynb", b'{"cells": [', "cannot be understood"),
        ("a.ipynb", b'{"cells": []}', "no cell of it is the exercise double"),
        ("a.ipynb", b"[]", "cannot be understood"),
        ("a.py", b"\xff\xfe", "cannot be understood"),
    ],
)
def test_what_cannot_be_understood(toy_course, tmp_path, name, content, said):
    """It stays as it is, and a sentence says why."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CommandError, match=said):
        reset(path, toy_course, "double")
    assert (path.read_bytes(), (tmp_path / "kept").exists()) == (content, False)
