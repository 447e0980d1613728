"""A lesson's file as blocks and back, and beside which of them a learner's own go: each rule by itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from coursekit.course.updating import shipped
from coursekit.course.updating.blocks import Block, Sheet, mark, new_key, read, sides_of, text_of
from coursekit.course.updating.carrying import _note, carry, is_stub
from coursekit.course.updating.changes import Asked, Changes
from coursekit.course.updating.lending import definitions, lent
from coursekit.course.updating.matching import Origin, Place, anchors, home_of, match


def test_marks_stay():
    """They are stored in the list of what was shipped: twelve digits, whatever ends the lines."""
    assert mark("x = 1\ny = 2") == mark("x = 1\r\ny = 2  \n\n") != mark("x = 1\n\ny = 2")
    assert mark("x") == "2d711642b726"


def test_keys_are_made():
    """Each its own, the same each time, and none that is taken."""
    first = new_key("x")
    assert (len(first), new_key("x")) == (8, first)
    assert new_key("x", [first]) not in ("", first)


def test_a_module_as_text():
    """The first piece begins the file, the others stand as far from the one above as they did."""
    sheet = Sheet("exercises/a.py", (Block("x = 1"), Block("y = 2", gap=1), Block("z = 3", gap=2)))
    assert text_of(sheet) == "x = 1\ny = 2\n\nz = 3\n"


@pytest.mark.parametrize(
    ("text", "gaps"),
    [
        ("x = 1\ny = 2\n", [0, 1]),
        ("\n\nx = 1\n\n\ny = 2\n# more\ndef f():\n    pass\n", [1, 3, 1, 1]),
        ('"""Head."""\n\nimport math\n\n\n\n\nx = 1\n', [0, 2, 5]),
    ],
)
def test_lines_between_pieces(text: str, gaps: list[int]):
    """Written again they are the same, but for blank ones at the beginning."""
    (sheet,) = read("exercises/a.py", text.encode())
    assert [block.gap for block in sheet.blocks] == gaps
    assert text_of(sheet) == text.lstrip("\n")


def test_a_notebook_as_text():
    """Cells without a name of their own, or with another's, get one; code has outputs, and nothing else has."""
    blocks = (
        Block("# One", "a", "markdown", cell={"outputs": [1], "execution_count": 3, "metadata": {"b": 1}}),
        Block("x = 1\ny = 2", "a"),
        Block("z", "", cell={"outputs": ["shown"], "cell_type": "raw"}),
    )
    written = json.loads(text_of(Sheet("notebooks/a.ipynb", blocks, {"nbformat": 4})))
    first, second, third = written["cells"]
    assert first == {"cell_type": "markdown", "id": "a", "metadata": {"b": 1}, "source": ["# One"]}
    assert second == {
        **{"cell_type": "code", "id": new_key("x = 1\ny = 2"), "metadata": {}, "outputs": [], "execution_count": None},
        "source": ["x = 1\n", "y = 2"],
    }
    assert (third["cell_type"], third["outputs"], third["execution_count"]) == ("code", ["shown"], None)
    assert third["id"] == new_key("z")
    assert written["nbformat"] == 4


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        ("a\n<<<<<<< x\nb\n=======\nc\n>>>>>>> y\nd\n", ["a\nb\nd\n", "a\nc\nd\n"]),
        ("<<<<<<< x\nb\n||||||| base\nz\n=======\nc\n>>>>>>> y\n", ["b\n", "c\n"]),
        ("<<<<<<<\nb\n=======\nc\n>>>>>>>\n", ["b\n", "c\n"]),
        ("<<<<<<< x\r\nb\r\n=======\r\nc\r\n>>>>>>> y\r\n", ["b\r\n", "c\r\n"]),
        ("Title\n=======\n", None),
        ("<<<<<<< x\nb\n=======\nc\n", None),
        ("<<<<<<< x\nb\n>>>>>>> y\n", None),
        ("<<<<<<<x\nb\n=======\nc\n>>>>>>> y\n", None),
        ("a\n", None),
        ("<<<<<<< x\n1\n=======\n2\n>>>>>>> y\n<<<<<<< x\n3\n=======\n4\n>>>>>>> y\n", ["1\n3\n", "2\n4\n"]),
    ],
)
def test_sides_of_a_conflict(text: str, sides: list[str] | None):
    """Where git has left all its marks; else the text is one."""
    assert sides_of(text) == (sides or [text])


HERE = [Place("n", at) for at in range(9)]


@pytest.mark.parametrize(
    ("places", "own", "found"),
    [
        ({0: HERE[0], 2: HERE[1]}, [1], {1: (HERE[0], True)}),
        ({2: HERE[1]}, [1], {1: (HERE[1], False)}),  # what stood above it is gone
        ({0: HERE[0], 4: HERE[4]}, [2], {2: (HERE[0], True)}),  # as near, so above
        ({0: HERE[0], 3: HERE[3]}, [2], {2: (HERE[3], False)}),
        ({0: HERE[0], 5: HERE[5]}, [2, 3], {2: (HERE[0], True), 3: (HERE[0], True)}),  # own ones do not count
        ({}, [1], {}),
    ],
)
def test_beside_which_block(places: dict[int, Place], own: list[int], found: dict[int, tuple[Place, bool]]):
    """The one above, or else the nearest that is still there."""
    assert anchors([Block(str(at)) for at in range(6)], places, own) == found


def test_the_same_lesson():
    """Of the same name, else of the same topic and kind."""
    new = {name: Sheet(name, ()) for name in ("exercises/two.py", "notebooks/02_two.ipynb", "notebooks/00_one.ipynb")}
    homes = [home_of(Sheet(name, ()), new) for name in ("notebooks/00_one.ipynb", "notebooks/01_two.ipynb", "a/two.py")]
    assert homes == ["notebooks/00_one.ipynb", "notebooks/02_two.ipynb", None]


@pytest.mark.parametrize(
    ("text", "stub"),
    [
        ('def f(x):\n    """Says."""\n    raise NotImplementedError("f")\n\n', True),
        ("def f(x):\n    if x:\n        return 1\n    raise NotImplementedError\n", False),
        ("def f(x):\n    raise NotImplementedError\n    x = 1\n", False),
        ("def f(x):\n    return 1\n", False),
    ],
)
def test_what_is_a_stub(text: str, stub: bool):
    """It refuses at its end, and returns nowhere."""
    assert is_stub(text) is stub


def test_what_a_text_defines():
    """By name the statement, and whether it is a value; what only IPython reads is passed over."""
    text = "%matplotlib inline\nimport os.path, math as m\nfrom a import b as c, d\n@one\ndef f():\n    pass\n"
    text += "class G: ...\nx = y = 1\np, (q, r) = 1, (2, 3)\nz: int = 2\n!ls\n"
    assert definitions(text) == {
        **{"os": ("import os.path", False), "m": ("import math as m", False)},
        **{"c": ("from a import b as c", False), "d": ("from a import d", False)},
        **{"f": ("@one\ndef f():\n    pass", False), "G": ("class G: ...", False)},
        **dict.fromkeys("xy", ("x = y = 1", True)),
        **dict.fromkeys("pqr", ("p, (q, r) = 1, (2, 3)", True)),
        "z": ("z: int = 2", True),
    }
    assert definitions("def (") == {}


def test_what_an_answer_is_lent():
    """What is not around it: through others, in their order, and values only if they are its learner's."""
    answer = Block("def f(x):\n    return g(x) + a + b + f(x)", exercise="f")
    given = Block("a = 1\nf = 0")
    mine = Block("b = c\nc = 2\nimport math\n\ndef g(x):\n    return math.exp(x)\n\ndef h(): ...")
    old = Sheet("notebooks/a.ipynb", (given, Block("a = 5", kind="markdown"), mine, answer))
    assert lent(answer, old, [mine], [answer]) == ["b = c", "c = 2", "import math", "def g(x):\n    return math.exp(x)"]
    assert lent(answer, old, [mine, given], [answer])[0] == "a = 1"
    assert lent(answer, old, [mine], [answer, Block("g = b = 1")]) == []


NAME = "notebooks/00_one.ipynb"
NO_CHANGES = Changes(Path("/nowhere"), Path("/nowhere"))


def lesson(*blocks: Block) -> Sheet:
    return Sheet(NAME, blocks)


def test_of_two_places_the_first():
    """A text that the course has twice has its places in order; one that the learner has once has the first."""
    new = {NAME: lesson(Block("same", "a"), Block("same", "b"))}
    known = shipped.NOTHING.plus(new.values())
    assert match([lesson(Block("same", "z"))], new, known) == {Origin(0, 0): Place(NAME, 0)}
    assert match([lesson(Block("same", "z"), Block("same", "y"))], new, known) == {
        Origin(0, at): Place(NAME, at) for at in range(2)
    }


def test_an_edit_in_a_conflict_is_a_note():
    """Its list of what was shipped is the newer side's, so nobody knows whether the course has changed the text."""
    course = lesson(Block("# One, reworded", "a", "markdown", cell={"metadata": {}}))
    known = shipped.NOTHING.plus([course])
    mine = lesson(Block("# Mine", "a", "markdown", cell={"metadata": {}}))
    carried = carry([mine, course], {NAME: course}, known, known, NO_CHANGES)
    assert (dict(carried.noted), dict(carried.edited), carried.removed) == ({NAME: 1}, {}, {})
    carried = carry([mine], {NAME: course}, known, known, NO_CHANGES)
    assert (dict(carried.noted), dict(carried.edited)) == ({}, {NAME: 1})


def test_an_own_cell_of_both_sides_is_there_once():
    """Above the course's first cell, too."""
    course = lesson(Block("# One", "a", "markdown"))
    known = shipped.NOTHING.plus([course])
    side = lesson(Block("mine = 1", "m"), *course.blocks)
    carried = carry([side, side], {NAME: course}, known, known, NO_CHANGES)
    assert [block.text for block in carried.sheets[NAME].blocks] == ["mine = 1", "# One"]
    assert dict(carried.own) == {NAME: 1}
    twice = lesson(Block("mine = 1", "m"), Block("mine = 1", "n"), *course.blocks)  # which the learner has written so
    carried = carry([twice], {NAME: course}, known, known, NO_CHANGES)
    assert [block.text for block in carried.sheets[NAME].blocks] == ["mine = 1", "mine = 1", "# One"]


def test_a_note():
    """It runs nothing: code stands in a fence that nothing in it ends, a piece of a module in comments."""
    cell = {"metadata": {"a": 1}, "outputs": [1], "attachments": {"p.png": {}}}
    note = _note(Block("x = '```'", "k", "code", "double", cell))
    assert note.text == (
        "Your version of the cell above, which the course has changed since:\n\n````python\nx = '```'\n````"
    )
    assert (note.kind, note.exercise, note.cell) == ("markdown", "", {"attachments": {"p.png": {}}})
    assert note.key not in ("", "k", _note(Block("x = '```'", "l", "code", "", cell)).key)
    assert _note(Block("*Mine*", "k", "markdown", cell=cell)).text.endswith("since:\n\n*Mine*")
    piece = _note(Block('"""One."""\n\nx = 1', "one.py:docstring"))
    assert piece.text == (
        '# Your version of this file\'s first lines, which the course has changed since:\n# """One."""\n#\n# x = 1'
    )
    assert piece.key == "one.py"


def graders(folder: Path, **modules: str) -> Path:
    for name, text in modules.items():
        path = folder / "coursekit" / "graders" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


MAKES = 'from coursekit.exercise import Exercise\nfrom coursekit.graders.common import x\ndouble = Exercise("double")\n'


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ({"a": MAKES, "common": "x = 1"}, {"a": MAKES, "common": "x = 1"}, False),
        ({"a": MAKES, "common": "x = 1"}, {"b": MAKES, "common": "x = 1  # so"}, False),
        ({"a": MAKES, "common": "x = 1"}, {"a": MAKES, "common": "x = 2"}, True),
        ({"a": MAKES, "common": "x = 1"}, {"a": f"{MAKES}y = 1\n", "common": "x = 1"}, True),
        ({"a": MAKES, "other": "x = 1"}, {"a": MAKES, "other": "x = 2"}, False),
        ({"a": MAKES}, {"a": "x = 1"}, False),  # it is gone: that is told otherwise
    ],
)
def test_whose_checks_have_changed(tmp_path: Path, old: dict[str, str], new: dict[str, str], changed: bool):
    """The code of the module that makes an exercise, or of one that it imports; comments are words."""
    changes = Changes(graders(tmp_path / "old", **old), graders(tmp_path / "new", **new))
    assert changes.checks("double") is changed


def test_a_new_docstring():
    """It stands in the place of an old one that is there to the letter, once, where the signature is the same."""

    class Known(Changes):
        """Changes of one exercise."""

        _asked = ({"f": Asked("def f(x)", '"""Old."""')}, {"f": Asked("def f(x)", '"""New."""')})

    changes = Known(Path("/nowhere"), Path("/nowhere"))
    assert changes.described_anew("f", Block('def f(x):\n    """Old."""')).text == 'def f(x):\n    """New."""'
    for text in ('"""Mine."""', '"""Old.""" """Old."""'):
        answer = Block(text)
        assert changes.described_anew("f", answer) is answer
    other = Block('"""Old."""')
    assert changes.described_anew("g", other) is other
    assert (changes.docstring("f"), changes.docstring("g"), changes.signature("f")) == (True, False, None)
    assert (changes.words("f"), changes.words("g")) == ("New.", "")
