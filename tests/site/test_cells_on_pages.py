"""What a page shows of a lesson's cells."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from coursekit.course import colab, stubs, syllabus
from coursekit.explorables import source
from coursekit.learning import figures
from coursekit.site import cells, images

EXERCISES = {each.name: each for each in syllabus.find_topic("entropy").exercises}


def code(text: str, *outputs: dict[str, str], **metadata: Any) -> Any:
    """A code cell that has run."""
    made = nbformat.v4.new_code_cell(text, metadata=metadata)
    made.outputs = [nbformat.v4.new_output("display_data", data) for data in outputs]
    return made


def shown(cell: Any, tmp_path: Path, lessons: tuple[str, ...] = ("01_entropy",)) -> str:
    return "\n\n".join(cells.of_cell(cell, EXERCISES, lessons, tmp_path / "pictures"))


def test_links(tmp_path):
    """A link to a lesson leads to its page, with its place; to one that is not on the site it is words alone."""
    text = "See [lesson 01](01_entropy.ipynb#bits), [02](02_kl_divergence.ipynb), [torch](https://pytorch.org)."
    expected = "See [lesson 01](01_entropy.md#bits), 02, [torch](https://pytorch.org)."
    assert shown(nbformat.v4.new_markdown_cell(text), tmp_path) == expected


@pytest.mark.parametrize("text", ["check(entropy)", " check(entropy)\n", colab.SOURCE])
def test_what_only_a_notebook_needs(tmp_path, text):
    """A check that nobody has attempted, and the cell for Colab, are on no page."""
    cell = code(text, {"text/plain": "entropy: not attempted yet"})
    cell.id = colab.NAME if text == colab.SOURCE else cell.id
    assert shown(cell, tmp_path) == ""


def test_code_and_output(tmp_path):
    """Code is highlighted, and what it printed is text."""
    cell = code("print(1 < 2)")
    cell.outputs = [nbformat.v4.new_output("stream", text="1 < 2\n")]
    assert shown(cell, tmp_path) == (
        '```python\nprint(1 < 2)\n```\n\n```{raw} html\n<pre class="output" tabindex="0">1 &lt; 2</pre>\n```'
    )


def test_folded(tmp_path):
    """What is folded in a notebook is folded on a page, each with a word for it; imports are folded, too."""
    hidden = {"jupyter": {"source_hidden": True, "outputs_hidden": True}}
    page = shown(code("draw()", {"text/plain": "seen"}, **hidden), tmp_path)
    assert re.findall("<summary>(.*?)</summary>", page) == ["Code", "Result"]
    assert page.index("</details>") < page.index("Result") < page.index("seen") < page.rindex("</details>")
    assert "<summary>Imports</summary>" in shown(code("import torch"), tmp_path)


def test_prediction(tmp_path):
    """The source of a prediction, in which its answer stands, is not shown."""
    page = shown(code('predict("?", ["a", "b"], id="x/y", right="a")', {"text/html": "<p>asked</p>"}), tmp_path)
    assert "asked" in page
    assert "right" not in page


def test_solution(tmp_path):
    """What `solution` has shown is on no page."""
    page = shown(code('solution("entropy")', {"text/markdown": "```python\nreturn -p @ p.log()\n```"}), tmp_path)
    assert page == '```python\nsolution("entropy")\n```'


def test_exercise(tmp_path):
    """An exercise is its stub and its hints, each within the one before: only the first can be opened at first."""
    exercise = EXERCISES["entropy"]
    stub = stubs.stub(syllabus.find_topic("entropy"), "entropy").rstrip()
    page = shown(code(stub, coursekit={"exercise": "entropy"}), tmp_path)
    assert stub in page
    count = len(exercise.hints)
    assert count >= 2
    assert re.findall(r"Hint \d of \d", page) == [f"Hint {number} of {count}" for number in range(1, count + 1)]
    assert page.count("</details>" * count) == 1


def test_fences():
    """A fence is longer than any in the text."""
    assert cells.fenced("```\ncode\n```", "python") == "````python\n```\ncode\n```\n````"


def test_pictures_are_files(tmp_path):
    """A picture is a file beside the page, with its words, and with the room that it takes."""
    figure, axes = figures.subplots(figsize=(3, 2))
    axes.plot([0, 1])
    png = figures.png(figure)
    page = images.as_files(f"<p>{figures.image_tag(png, figure, 'A <line>.')}</p>", tmp_path / "pictures")
    (file,) = (tmp_path / "pictures").iterdir()
    assert file.read_bytes() == png
    wide, tall = images.size(png)
    assert wide / tall == pytest.approx(1.5, abs=0.01)
    assert f'src="pictures/{file.name}" loading="lazy"' in page
    assert f"aspect-ratio: {wide} / {tall}" in page
    assert 'alt="A &lt;line&gt;."' in page
    assert "base64" not in page


def test_explorables(tmp_path):
    """What needs no kernel stays alive; an explorer whose states are too many is a picture, and a sentence says so."""
    drawn = {"pool": [], "frames": {"[0]": {"said": "", "shapes": []}}}
    image = f'<img alt="A line." src="data:image/png;base64,{base64.b64encode(bytes(30)).decode()}">'
    moves = shown(code("explore(draw)", {"text/html": source.box("chart", {"drawn": drawn}, picture=image)}), tmp_path)
    assert 'data-explorable="chart"' in moves
    still = source.box("chart", {"drawn": {"pool": [], "frames": {}}}, picture=image)
    page = shown(code("explore(draw)", {"text/html": still}), tmp_path)
    assert "data-explorable" not in page
    assert 'alt="A line."' in page
    assert "It moves in the notebook" in page
    assert source.RUN not in page
