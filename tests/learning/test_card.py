"""The card: yours against the right one as a picture, the way on, and buttons."""

import base64
import html
import importlib.util
import re
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import IPython
import nbformat
import numpy as np
import pytest
import torch

from coursekit.course import notebooks, syllabus
from coursekit.learning import learn, memory
from coursekit.learning.card import parting, svg
from coursekit.learning.card.buttons import Buttons
from coursekit.learning.card.drawing import drawing
from coursekit.learning.card.parting import Parting
from coursekit.report import Outcome

WRONG = Path(__file__).parents[1] / "wrong"
SVG = "{http://www.w3.org/2000/svg}"


def alt(picture: str) -> str:
    return html.unescape(re.search('alt="([^"]*)"', picture)[1])


def root(picture: str) -> ElementTree.Element:
    """The SVG in an `<img>`, as a tree: it is well formed."""
    data = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', picture)[1]
    return ElementTree.fromstring(base64.b64decode(data))


def written(picture: str) -> list[str]:
    return [each.text for each in root(picture).iter(f"{SVG}text")]


def drawn(got, expected, are_labels=False, what="value") -> str:
    return drawing(Parting(np.array(got, dtype=float), np.array(expected, dtype=float), are_labels, what))


# ---- every exercise ----------------------------------------------------------------------------------------------


@cache
def wrong_answers() -> dict[str, object]:
    """The first wrong answer to each exercise."""
    found: dict[str, object] = {}
    for path in sorted(WRONG.glob("*.py")):
        spec = importlib.util.spec_from_file_location(f"card_{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for name, function in vars(module).items():
            if "__" in name.strip("_") and callable(function):
                found.setdefault(name.partition("__")[0], function)
    return found


@pytest.mark.filterwarnings("ignore")  # torch warns of some of these mistakes itself
@pytest.mark.parametrize("name", syllabus.exercises())
def test_a_wrong_answer_is_drawn_or_nothing_is_said(name):
    """Where a report shows two numbers that are finite, the card shows them; else there is no picture and no word."""
    mistakes = syllabus.find_exercise(name)[1].misconceptions
    card = learn.check(wrong_answers().get(name) or mistakes[0].function, name)
    failure = card.report.first_failure
    numbers = (
        [parting._numbers(text) for text in (failure.example.got, failure.example.expected)]
        if (failure and failure.example)
        else [None]
    )
    markup = card._repr_html_()
    assert ("Yours against the right one" in markup) is bool(card.picture)
    if all(each is not None and np.isfinite(each).any() for each in numbers):
        assert card.picture
    if card.picture:
        assert root(card.picture).tag == f"{SVG}svg"
        assert re.search(r"\d|NaN|∞|nothing", alt(card.picture))
        assert card.picture in markup


# ---- what is drawn -----------------------------------------------------------------------------------------------


def test_a_single_number_is_a_pair_of_bars():
    """One bar each, as long as the number, which is written beside it."""
    picture = drawn(0.5, 0.25)
    assert written(picture) == ["yours", "right", "value", "0.5", "0.25"]
    bars = [each for each in root(picture).iter(f"{SVG}rect") if each.get("height") == "13.0"]
    yours, right = (float(bar.get("width")) for bar in bars)
    assert yours == pytest.approx(2 * right, abs=0.2)
    assert bars[0].get("fill") == svg.HATCHED != bars[1].get("fill")  # told apart without a colour
    assert alt(picture) == "Value, yours against the right one. Yours 0.5, right 0.25."


def test_negative_and_lost_numbers_in_bars():
    """Below 0 a bar goes to the left; NaN and infinity have no bar, and their word."""
    picture = drawn([float("nan"), -2.0, float("inf")], [1.0, 2.0, float("-inf")])
    assert [text for text in written(picture) if text in "NaN∞−∞"] == ["NaN", "∞", "−∞"]
    bars = [each for each in root(picture).iter(f"{SVG}rect") if each.get("height") == "13.0"]
    assert [float(bar.get("width")) > 0 for bar in bars] == [False, True, True, True, False, False]
    assert float(bars[2].get("x")) + float(bars[2].get("width")) == pytest.approx(float(bars[3].get("x")), abs=0.2)
    assert alt(picture).endswith("entry 0: yours NaN, right 1; entry 1: yours −2, right 2; entry 2: yours ∞, right −∞.")


def test_numbers_that_are_hardly_apart():
    """Bars of equal length would say nothing: the difference is drawn, and the numbers have digits enough."""
    picture = drawn([1.0001, 2.0], [1.0, 2.0])
    assert written(picture)[0] == "yours − right (value): hardly apart"
    assert "entry 0: yours 1.0001, right 1;" in alt(picture)


def test_a_matrix_is_three_heat_maps():
    """Yours, the right one, the difference, with the numbers written in; equal infinities do not differ."""
    picture = drawn([[1.0, -np.inf], [0.5, 2.0]], [[1.0, -np.inf], [0.5, -2.0]])
    texts = written(picture)
    assert [text for text in texts if text in ("yours", "right", "yours − right")] == [
        "yours",
        "right",
        "yours − right",
    ]
    assert texts[-6:-1] != []
    fills = [each.get("fill") for each in root(picture).iter(f"{SVG}rect")][-4:]
    assert fills == ["#FFFFFF", "#FFFFFF", "#FFFFFF", "#0072B2"]
    assert "row 1, column 1: yours 2, right −2" in alt(picture)


def test_of_many_numbers_those_furthest_apart_are_read_out():
    """Alt text stays short: what differs, and how many do."""
    expected = np.zeros((20, 20))
    got = expected.copy()
    got[3, 4] = 1.0
    assert alt(drawn(got, expected)) == (
        "Value, yours against the right one. They part in 1 of 400 entries, most in these: "
        "row 3, column 4: yours 1, right 0."
    )


def test_a_long_row_is_two_lines():
    """More pairs of bars than can be seen at a glance."""
    picture = drawn(np.arange(30.0), np.arange(30.0) ** 2)
    assert len([each for each in root(picture).iter(f"{SVG}polyline") if each.get("stroke") == svg.YOURS]) == 1
    assert "They part in 28 of 30 entries" in alt(picture)


def test_labels_are_two_rows_of_cells():
    """They need not be equally many; what differs, or is one too many, is marked by more than a colour."""
    picture = drawn([1, 1, 2], [1, 2], are_labels=True)
    cells = [each for each in root(picture).iter(f"{SVG}rect") if each.get("height") == "25.0"]
    assert [cell.get("stroke-dasharray") is not None for cell in cells] == [False, True, True, False, False]
    assert alt(picture) == "Yours: 1 1 2. Right: 1 2. They part at entry 1."
    assert "(nothing)" in written(drawn([], [1], are_labels=True))


@pytest.mark.parametrize("shape", [(401,), (21, 20), (0,)])
def test_too_much_or_nothing_to_draw(shape):
    """There is no picture."""
    assert drawn(np.zeros(shape), np.ones(shape)) == ""


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]), (-4.3, 4.3, [-4, -2, 0, 2, 4]), (0, 730, [0, 200, 400, 600])],
)
def test_ticks_are_round(low, high, ticks):
    assert svg.ticks(low, high, 4) == pytest.approx(ticks)


# ---- from the check to the picture -------------------------------------------------------------------------------


def test_one_number_of_one_number_is_a_curve():
    """Both functions are drawn around the input where the check found that they part, and it is marked."""
    card = learn.check(lambda input: torch.sigmoid_(input.neg()) if False else 1 / (1 + torch.exp(input)), "sigmoid")
    assert alt(card.picture) == (
        "Two curves of the value over input from −4 to 4: at input = 1.099 yours is 0.25, right is 0.75."
    )
    (dot,) = root(card.picture).iter(f"{SVG}circle")
    assert dot.get("fill") == svg.RIGHT


def test_a_curve_over_a_probability():
    """Nothing is right below 0, so the curve is over what may be; its unit is the one of the docstring."""

    def self_information(p):
        """How surprising is an event of probability p, in bits?"""
        return -torch.log(p)

    card = learn.check(self_information)
    assert alt(card.picture).startswith("Two curves of the value in bits over p from 0 to 1: at p = 0.5 yours is 0.693")


def test_a_curve_asks_in_silence(capsys):
    """What the learner's function prints was printed by the check; a curve prints nothing."""

    def sigmoid(input):
        print("here")
        return 1 / (1 + torch.exp(input))

    card = learn.check(sigmoid)
    before = capsys.readouterr().out.count("here")
    assert alt(card.picture).startswith("Two curves")
    assert (before > 0, capsys.readouterr().out) == (True, "")


def test_a_slow_function_is_not_asked_for_a_curve(monkeypatch):
    """It would keep the learner waiting: two bars will do."""
    monkeypatch.setattr(parting, "_SECONDS", 0.0)
    card = learn.check(lambda input: 1 / (1 + torch.exp(input)), "sigmoid")
    assert alt(card.picture) == "Value, yours against the right one. Yours 0.25, right 0.75."


def test_a_curve_of_a_gradient():
    """A gradient by one number is one too."""
    card = learn.check(lambda input: (torch.exp(input) / (1 + torch.exp(input))).detach() + 0 * input, "sigmoid")
    assert card.report.outcome is Outcome.FAILED
    assert "gradient" in alt(card.picture).lower()


def test_labels_of_two_lengths_are_found_again():
    """The report shows two lengths; the card shows what they are lengths of."""
    card = learn.check(lambda path, blank=0: path, "collapse")
    example = card.report.first_failure.example
    assert example.line.endswith(".shape")
    assert alt(card.picture).startswith("Yours: ")


@pytest.mark.parametrize(
    "wrong",
    [lambda p: p.sum(-1) * torch.nan, lambda p: "0.5", lambda p: None, lambda p: p.no_such, lambda p: p[..., 0:0]],
    ids=["NaN", "wrong type", "None", "raises", "another shape"],
)
def test_nothing_to_draw(wrong):
    """The card says nothing of it."""
    card = learn.check(wrong, "entropy")
    assert (card.report.outcome is not Outcome.PASSED, card.picture) == (True, "")
    assert "against" not in card._repr_html_()


# ---- the card ----------------------------------------------------------------------------------------------------


def double(x):
    return 2 * x


def triple(x):
    return 3 * x


def test_a_card_is_heard_and_leads_on(toy_course, monkeypatch):
    """A screen reader is told of it; the next exercise is a link to its cell, and the text names it all the same."""
    toy_course.notebook.parent.mkdir(exist_ok=True)
    monkeypatch.chdir(toy_course.notebook.parent)
    card = learn.check(double)
    markup = card._repr_html_()
    assert '<div role="status" aria-live="polite"' in markup
    (href,) = re.findall('href="([^"]*)"', markup)
    assert re.fullmatch(r"00_toy\.ipynb#cell-id=[\w-]+", href)
    assert markup.count("triple") == 1
    assert repr(card).endswith("Next exercise: `triple`")
    assert "href" not in learn.check(triple)._repr_html_()  # the last one
    assert "href" not in learn.check(lambda x: x, "double")._repr_html_()


def test_the_next_exercise_may_be_in_another_notebook():
    """Then the card says so."""
    markup = learn.check(lambda weights: weights.square().sum(), "l2_penalty")._repr_html_()
    assert ", in the notebook of lesson" not in markup
    last = syllabus.TOPICS[0].exercises[-1].name
    first = syllabus.TOPICS[1].exercises[0].name
    from coursekit.authoring import proofs

    solutions = proofs.load_solutions(syllabus.TOPICS[0])
    markup = learn.check(getattr(solutions, last), last)._repr_html_()
    assert re.search(
        rf"01_entropy\.ipynb#cell-id=\w+.*<code>{first}</code></a>, in the notebook of lesson 01, ", markup
    )


def test_an_exercise_of_keras_is_called_optional():
    """Whoever has passed the last exercise before the optional section is told so, in words and on the card."""
    from coursekit.authoring import proofs

    topic, _ = syllabus.find_exercise("multilabel_soft_margin_loss")
    card = learn.check(proofs.load_solutions(topic).multilabel_soft_margin_loss)
    assert repr(card).endswith("Next exercise: `keras_binary_crossentropy` (optional)")
    assert re.search("<code>keras_binary_crossentropy</code></a> \\(optional\\)<", card._repr_html_())


def test_two_outputs_where_a_kernel_runs(toy_course, displayed):
    """The card as HTML and text, then the buttons, and of those nothing is stored."""
    card = learn.check(double)
    card._ipython_display_()
    assert [set(data) for data in displayed] == [{"text/html", "text/plain"}, {notebooks._WIDGET_VIEW}]
    assert displayed[0] == {"text/html": card._repr_html_(), "text/plain": repr(card)}
    outputs = [nbformat.v4.new_output("display_data", data) for data in displayed]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("check(double)", outputs=outputs)])
    notebooks.freeze(notebook)
    assert notebook.cells[0].outputs == outputs[:1]


def test_one_output_where_none_runs(toy_course, displayed, monkeypatch):
    """IPython in a terminal has no buttons."""
    shell = SimpleNamespace(display_pub=displayed)
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    learn.check(double)._ipython_display_()
    assert len(displayed) == 1


def test_a_card_is_the_same_every_time(toy_course):
    """It is stored in notebooks, which must print again what they have stored."""
    assert learn.check(triple, "double")._repr_html_() == learn.check(triple, "double")._repr_html_()


# ---- buttons -----------------------------------------------------------------------------------------------------


@pytest.fixture
def buttons(double):
    """Those of an exercise with two hints that has not passed."""
    return Buttons(double, is_solved=False, answer=lambda: "def double(x):\n    return x < 2\n")


def said(buttons: Buttons) -> str:
    return html.unescape(re.sub("<[^>]*>", " ", buttons.said.value))


def test_hints_come_one_by_one(buttons):
    """Each click shows one more; a screen reader is told the new one; after the last there is none."""
    assert buttons.hint.description == "Hint (1 of 2)"
    buttons.hint.click()
    assert "Hint 1 of 2. Add it to something." in said(buttons)
    assert buttons.hint.description == "Next hint (2 of 2)"
    buttons.hint.click()
    assert re.search("Hint 1 of 2.*Hint 2 of 2. To itself.", said(buttons))
    assert re.findall('role="status" aria-live="polite">([^<]*)<', buttons.said.value) == ["Hint 2 of 2. To itself."]
    assert (buttons.hint.description, buttons.hint.disabled) == ("No more hints", True)


def test_the_solution_asks_first(buttons):
    """While the exercise has not passed; it is nowhere in the page before the second click."""
    buttons.solution.click()
    assert "has not passed yet, and 2 of its hints are not shown yet. Show the solution all the same?" in said(buttons)
    assert "return" not in buttons.said.value
    assert buttons.row.children[-1].children == (buttons.sure, buttons.not_yet)
    buttons.not_yet.click()
    assert (said(buttons), len(buttons.row.children)) == ("", 2)
    buttons.hint.click()
    buttons.solution.click()
    assert ", and 1 of its hints is not shown yet." in said(buttons)
    buttons.sure.click()
    assert "<pre" in buttons.said.value
    assert "return x &lt; 2" in buttons.said.value
    assert "Hint 1 of 2" in said(buttons)
    assert len(buttons.row.children) == 2


def test_the_solution_of_what_has_passed(double):
    """Is shown at the first click."""
    buttons = Buttons(double, is_solved=True, answer=lambda: "the answer")
    buttons.solution.click()
    assert "the answer" in said(buttons)


# ---- hints that were read ----------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path, monkeypatch):
    """Where a learner's checks are remembered: no machine tests here, as far as the course can see."""
    monkeypatch.setenv(memory.VARIABLE, str(tmp_path / "progress.jsonl"))
    return tmp_path / "progress.jsonl"


def test_the_next_unread_hint_is_offered(toy_course, file):
    """After a hint was read, by a call or a button, the next one is offered: in the text and on the button."""
    assert learn.check(triple, "double").next[-1].endswith('A hint: `hint("double", 1)`')
    learn.hint("double", 1)
    said = learn.check(triple, "double").next[-1]
    assert said == 'Next: mend it and check again. The next hint: `hint("double", 2)`'
    buttons = Buttons(syllabus.find_exercise("double")[1], is_solved=False, answer=str)
    assert buttons.hint.description == "Next hint (2 of 2)"
    buttons.hint.click()
    assert "Hint 1 of 2" in buttons.said.value  # what was read yesterday is there again
    said = learn.check(triple, "double").next[-1]
    assert said.endswith('All its hints are read; again: `hint("double", 1)`. To see the answer: `solution("double")`')
    assert Buttons(syllabus.find_exercise("double")[1], is_solved=False, answer=str).hint.description == "Hints again"
    assert learn.check(triple, "triple") is not None
    assert memory.next_hint("triple") == 1


def test_hints_in_the_file_are_no_checks(toy_course, file):
    """They are lines of their own kind; damaged ones are passed over."""
    learn.hint("double", 2)
    assert (memory.checks(), memory.next_hint("double")) == ([], 1)
    with file.open("ab") as damaged:
        damaged.write(b'{"kind": "hint", "exercise": "double", "step": 1\n["kind": "hint"]\n[1, "kind", "hint"]\n')
    assert memory.next_hint("double") == 1
    learn.hint("double", 1)
    assert memory.next_hint("double") == 3
