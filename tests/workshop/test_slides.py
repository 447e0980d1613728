"""Where a lesson is cut into slides, and what comes along."""

import re

import pytest
from bs4 import BeautifulSoup

from coursekit.cli import main
from coursekit.course import notebooks, syllabus
from coursekit.errors import CommandError
from coursekit.explorables import source
from coursekit.workshop.slides import page, pieces
from coursekit.workshop.slides.cutting import LINES, cut
from coursekit.workshop.slides.pieces import Piece


def titles(slides):
    return [(slide.part, slide.title, slide.goes_on, [piece.html for piece in slide.pieces]) for slide in slides]


def heading(level, text):
    return Piece(text, 0, heading=level)


def test_a_heading_begins_a_slide():
    slides = cut([heading(1, "KL"), Piece("a", 2), heading(2, "Zeros"), heading(3, "Trap"), Piece("b", 2)], "Lesson")
    assert titles(slides) == [
        ("", "KL", False, ["a"]),
        ("", "Zeros", False, []),
        ("Zeros", "Trap", False, ["b"]),
    ]


def test_what_does_not_fit_goes_on():
    """On the next slide; what is too high by itself is on a slide alone."""
    slides = cut([Piece("a", LINES - 1), Piece("b", 1), Piece("c", 1), Piece("d", 2 * LINES), Piece("e", 1)], "Lesson")
    assert [each for *_, each in titles(slides)] == [["a", "b"], ["c"], ["d"], ["e"]]
    assert [slide.goes_on for slide in slides] == [False, True, True, True]


def test_a_question_hides_what_may_answer_it():
    slides = cut([Piece("a", 2), Piece("predict", 5, ends=True), Piece("b", 1)], "Lesson")
    assert [each for *_, each in titles(slides)] == [["a", "predict"], ["b"]]


def test_what_leads_goes_along():
    """A question and its code stand with the output, as long as all of it fits."""
    asked, code = Piece("how much?", 2, leads=True), Piece("code", 4, leads=True)
    slides = cut([Piece("a", LINES - 7), asked, code, Piece("output", 5)], "Lesson")
    assert [each for *_, each in titles(slides)] == [["a"], ["how much?", "code", "output"]]
    slides = cut([Piece("a", LINES - 7), asked, code, Piece("output", LINES - 4)], "Lesson")
    assert [each for *_, each in titles(slides)] == [["a", "how much?"], ["code", "output"]]


def of_text(text):
    (cell,) = notebooks.of_cells(("markdown", text)).cells
    return list(pieces.of_cell(cell, {}))


def test_text_becomes_pieces():
    """Formulas are MathML, also where Markdown would take their letters for its own; code keeps its dollars."""
    title, table, answer, last = of_text(
        "## Costs of $q$\n\n| a | b |\n| - | - |\n| $p\\,\\|\\,q_1 + q_2$ | `$5` |\n\n"
        "<details><summary>Answer</summary>\n\nIt is *two*.\n\n</details>\n\n[Lesson 03](03_softmax.ipynb) says why:"
    )
    assert (title.heading, "<math" in title.html) == (2, True)
    assert BeautifulSoup(table.html, "html.parser").find("td").get_text() == "p‖q1+q2"
    assert "<code>$5</code>" in table.html
    assert answer.html.startswith("<details>")
    assert answer.note == "Answer, behind A: It is two ."
    assert "<a" not in last.html  # the other lesson does not come along
    assert last.leads
    assert last.seconds == pytest.approx(4 * 60 / 200)


def test_a_long_table_is_several():
    rows = [f"| {number} | row |" for number in range(40)]
    tables = of_text("\n".join(["| n | what |", "| - | - |", *rows]))
    assert all(each.lines <= LINES and "<th" in each.html for each in tables)
    assert re.findall(r"<td>(\d+)", "".join(each.html for each in tables)) == [str(number) for number in range(40)]


@pytest.mark.parametrize(("frames", "told"), [({"[0]": {}}, "Move it."), ({}, "It moves only in the notebook")])
def test_notes_say_what_moves(frames, told):
    (cell,) = notebooks.of_cells(("code", "explore(draw, x=x)")).cells
    data = {"text/html": source.box("chart", {"drawn": {"frames": frames}}), "text/plain": f"A curve.\n{source.RUN}"}
    cell.outputs = [{"output_type": "display_data", "data": data, "metadata": {}}]
    code, explorer = pieces.of_cell(cell, {})
    assert code.html.startswith("<details class=source>")
    assert explorer.note.startswith(told)
    assert explorer.note.endswith("It begins so: A curve.")
    assert explorer.ends


def test_an_exercise_shows_its_stub(toy_course):
    """However the notebook's cell was answered; its check needs a kernel, and is left out."""
    notebook = notebooks.filled(toy_course)
    notebooks.write(notebook, toy_course)
    answered = next(cell.source for cell in notebook.cells if "double" in cell.metadata.get("coursekit", {}).values())
    text = page.page(toy_course)
    shown = BeautifulSoup(text, "html.parser").get_text()
    assert "write your answer here" in shown
    assert answered not in shown
    assert "check(" not in shown
    exercise = toy_course.exercises[0]
    assert f"They write double: {5 * exercise.points:.0f} minutes" in text


def test_the_command(toy_course, tmp_path, capsys):
    out = tmp_path / "toy.html"
    assert main(["workshop", "slides", "toy", "--out", str(out)]) == 0
    assert "open it in a browser" in capsys.readouterr().out
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert main(["workshop", "slides", "toi"]) == 1
    assert "toy" in capsys.readouterr().err


def test_an_installed_package_has_no_notebooks(toy_course, monkeypatch):
    monkeypatch.setattr(syllabus, "in_course", lambda: False)
    with pytest.raises(CommandError, match="course's folder"):
        page.page(toy_course)
