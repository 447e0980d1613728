"""What a refreshed notebook keeps of its outputs: those of cells that say and show what they did."""

from __future__ import annotations

import base64
import io
import os

import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from coursekit.authoring.refresh import keep_outputs, refresh
from coursekit.course import notebooks


def cell(source, *outputs, **metadata):
    return new_code_cell(source, outputs=list(outputs), metadata=metadata)


def printed(text):
    return new_output("stream", text=text)


def shown(**kinds):
    return new_output("display_data", {f"text/{kind}": text for kind, text in kinds.items()})


def picture(top, size=20):
    """A grey square, whose first row of pixels is another grey."""
    from matplotlib.image import imsave

    pixels = np.full((size, size, 3), 100, dtype=np.uint8)
    pixels[0] = top
    file = io.BytesIO()
    imsave(file, pixels, format="png")
    return shown(html=f'<img src="data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}">')


def kept(before, after):
    """Whether each code cell of `after` has the outputs of `before` in the end."""
    stored, made = ([list(cell.get("outputs", [])) for cell in cells] for cells in (before, after))
    keep_outputs(new_notebook(cells=before), new_notebook(cells=after))
    found = [cell.outputs for cell in after if cell.cell_type == "code"]
    assert all(each in (old, new) for each, old, new in zip(found, stored, made, strict=True))
    return [each == old for each, old in zip(found, stored, strict=True)]


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        (printed("at 0x7f0012345678"), printed("at 0x7fabcdef0123"), True),
        (printed("/tmp/ipykernel_1/22.py:3: late"), printed("/tmp/ipykernel_4/5.py:3: late"), True),
        (printed("1"), printed("2"), False),
        (shown(plain="f at 0x7f0012345678", html="1"), shown(plain="f at 0x7fabcdef0123", html="1"), True),
        (shown(plain="1", html="1"), shown(plain="1", html="2"), False),
        (shown(plain="1"), printed("1"), False),
        (picture(100), picture(101), True),
        (picture(100), picture(130), False),
        (picture(100), picture(100, size=21), False),
    ],
)
def test_outputs_that_say_the_same(old, new, same):
    """What differs from run to run, and what does not.

    An address or a temporary file is no change; a number is, and so is a picture that can be told from the other, as
    it cannot where another machine draws some pixels otherwise.
    """
    assert kept([cell("f()", old)], [cell("f()", new)]) == [same]


def test_what_nbval_does_not_compare():
    """A cell whose output differs by machine, by its tag or its text, keeps the old one."""
    tagged = {"tags": ["other", "nbval-ignore-output"]}
    before = [cell("t()", printed("1 s"), **tagged), cell("# NBVAL_IGNORE_OUTPUT", printed("1 s"))]
    after = [cell("t()", printed("2 s"), **tagged), cell("# NBVAL_IGNORE_OUTPUT", printed("2 s"))]
    assert kept(before, after) == [True, True]


def test_a_picture_that_nbval_does_not_compare():
    """One of another run stays; one with other pixels than today's is old, and is drawn anew."""
    tagged = {"tags": ["nbval-ignore-output"]}
    for size, same in ((20, True), (40, False)):
        assert kept([cell("t()", picture(30), **tagged)], [cell("t()", picture(100, size), **tagged)]) == [same]


def test_a_new_cell_that_nbval_does_not_compare():
    """It has no old output to keep: what it shows first is stored."""
    tagged = {"tags": ["nbval-ignore-output"]}
    assert kept([cell("t()", **tagged)], [cell("t()", printed("1 s"), **tagged)]) == [False]


def test_below_a_changed_cell_all_is_new():
    """What stands below may depend on it, whatever it says; text between the cells changes nothing."""

    def cells(number, source, text):
        middle = [new_markdown_cell(text), cell(source, printed(f"0x{number:06}"))]
        return [cell("a", printed(f"0x{number:06}")), *middle, cell("c", printed(f"0x{number:06}"))]

    before, after = cells(1, "b = 1", "old"), cells(2, "b = 2", "new")
    keep_outputs(new_notebook(cells=before), new_notebook(cells=after))
    outputs = [each.outputs[0].text for each in after if each.cell_type == "code"]
    assert outputs == ["0x000001", "0x000002", "0x000002"]


def test_refresh_keeps_them(toy_course, monkeypatch):
    """A notebook that says what it said is the same file."""

    def ends_with(notebook, address):
        code = [each for each in notebook.cells if each.cell_type == "code"]
        code[0].outputs = [printed(f"at {address}")]

    def execute(notebook, topic):
        ends_with(notebook, "0x7fabcdef0123")
        yield 0

    stored = notebooks.read(toy_course)
    ends_with(stored, "0x7f0012345678")
    notebooks.write(stored, toy_course)
    monkeypatch.setattr(notebooks, "execute_by_cell", execute)
    assert list(refresh(toy_course)) == [0]
    assert "0x7f0012345678" in toy_course.notebook.read_text(encoding="utf-8")


def test_refresh_writes_a_stale_stub(toy_course, monkeypatch):
    """One that is missing, or says something else; one that is as it should be is left alone, with its time."""
    monkeypatch.setattr(notebooks, "execute_by_cell", lambda notebook, topic: iter(()))
    text = toy_course.stub.read_text(encoding="utf-8")
    toy_course.stub.write_text(f"{text}# mine\n", encoding="utf-8")
    list(refresh(toy_course))
    assert toy_course.stub.read_text(encoding="utf-8") == text
    os.utime(toy_course.stub, (1, 1))
    list(refresh(toy_course))
    assert toy_course.stub.stat().st_mtime == 1
    toy_course.stub.unlink()
    list(refresh(toy_course))
    assert toy_course.stub.read_text(encoding="utf-8") == text
