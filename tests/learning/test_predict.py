"""Questions to answer before the lesson does."""

import json
import re
from types import SimpleNamespace
from xml.etree import ElementTree

import IPython
import pytest

from coursekit.cli import main
from coursekit.learning import memory
from coursekit.learning.predict import _Form, predict
from coursekit.learning.progress import progress

VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def file(tmp_path, monkeypatch):
    """Where predictions are remembered."""
    monkeypatch.setenv(memory.VARIABLE, str(tmp_path / "mine.jsonl"))
    monkeypatch.setattr(memory, "_told", set())
    return tmp_path / "mine.jsonl"


def coin(**other):
    """A question with choices."""
    given = {"id": "toy/coin", "right": "the fair one", "why": "Its `p` is ½ < 1."}
    return predict("Which coin has more entropy?", ["the fair one", "the bent one"], **{**given, **other})


def number(**other):
    """A question for a number."""
    return predict("How many nats?", **{"id": "toy/nats", "right": 0.7, "near": 0.1, "why": "It is ln 2.", **other})


# ---- how it looks ------------------------------------------------------------------------------------------------


def test_as_text():
    """Question and choices, and no answer: it cannot be folded there."""
    assert repr(coin()).splitlines() == [
        "Predict: Which coin has more entropy?",
        "  ○ the fair one",
        "  ○ the bent one",
        "Run this cell to answer.",
    ]
    assert repr(number()).splitlines()[1] == "  ○ a number: within 0.1 is near enough"
    assert "exact" in repr(number(near=0))


def test_as_html():
    """Without a kernel the answer is folded, and nothing of it stands before; what is written is escaped."""
    shown = coin(right="the bent one")._repr_html_()
    assert ElementTree.fromstring(shown) is not None
    before, answer = shown.split("<details><summary>Answer</summary>")
    assert before.count("the bent one") == before.count("the fair one") == 1
    assert answer.startswith("<b>the bent one.</b> Its <code>p</code> is ½ &lt; 1.</details>")
    assert "<b>0.7.</b> It is ln 2." in number()._repr_html_()
    assert "a &lt; b" in predict("a < b?", ["<i>", "no"], id="a/b", right="no", why="")._repr_html_()


def test_colours_are_those_of_the_theme():
    """A dark theme has a dark form."""
    for colour in re.findall(r"color:([^;]+)", coin()._repr_html_()):
        assert colour.startswith("var(--jp-")


# ---- the form ----------------------------------------------------------------------------------------------------


def form(question):
    """What JupyterLab shows: question, answer, button, what is said."""
    return _Form(question).box.children


def test_two_outputs_in_jupyterlab(displayed):
    """The text, which stays when the kernel is gone, then the form, of which nothing is stored."""
    question = coin()
    question._ipython_display_()
    assert displayed[0] == {"text/html": question._repr_html_(), "text/plain": repr(question)}
    assert [set(data) for data in displayed[1:]] == [{VIEW}]


def test_one_output_where_only_a_view_is_alive(displayed, monkeypatch):
    """VS Code takes the form, and the text where it has no kernel for it."""
    monkeypatch.setenv("VSCODE_PID", "1")
    coin()._ipython_display_()
    assert [set(data) for data in displayed] == [{VIEW, "text/html", "text/plain"}]


def test_no_form_where_no_kernel_runs(displayed, monkeypatch):
    """IPython in a terminal has none."""
    monkeypatch.setattr(IPython, "get_ipython", lambda: SimpleNamespace(display_pub=displayed))
    coin()._ipython_display_()
    assert [set(data) for data in displayed] == [{"text/html", "text/plain"}]


def test_choose_and_commit(file):
    """A choice is committed to, and judged; then it stands."""
    _, answer, button, said = form(coin())
    assert (answer.value, said.value) == (None, "")
    answer.value = "the bent one"
    assert said.value == ""
    button.click()
    assert re.findall(r"<div>(.*?)</div>", said.value) == [
        "You said: the bent one.",
        "Not so. The answer: the fair one.",
        "Its <code>p</code> is ½ &lt; 1.",
    ]
    assert 'role="alert"' in said.value
    assert (answer.disabled, button.layout.display) == (True, "none")


def test_write_and_commit(file):
    """A number is read as people write numbers, and near is near enough."""
    _, answer, button, said = form(number())
    answer.value = " 0.8 "
    button.click()
    assert "That holds. The answer: 0.7 (within 0.1 is near enough)." in said.value


@pytest.mark.parametrize(
    ("answer", "near", "holds"),
    [(0.6, 0.1, True), (0.8, 0.1, True), (0.81, 0.1, False), (-0.7, 0.1, False), (0.7, 0, True)],
)
def test_how_near_is_near_enough(file, answer, near, holds):
    """As far as it says, both ends included, whatever floats make of a difference."""
    said = number(near=near).commit(answer)
    assert said[1].startswith("That holds." if holds else "Not so.")
    assert memory.predictions()[-1].holds == holds


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("", "Write a number first."),
        ("ln 2", "<code>ln 2</code> is no number that can be compared. Write one such as 0.25 or 1e6."),
        ("0,7", "Write the decimal point as a point."),
        ("nan", "<code>nan</code> is no number"),
        ("<b>", "<code>&lt;b&gt;</code> is no number"),
    ],
)
def test_what_is_no_number(file, typed, told):
    """It is said, and the form stays open; nothing is remembered."""
    _, answer, button, said = form(number())
    answer.value = typed
    button.click()
    assert told in said.value
    assert (answer.disabled, memory.predictions()) == (False, [])
    answer.value = "−1"
    button.click()
    assert "You said: -1." in said.value


def test_nothing_is_chosen(file):
    """There is nothing to commit to until something is."""
    _, answer, button, said = form(coin())
    assert button.disabled
    answer.value = "the bent one"
    assert (button.disabled, said.value, memory.predictions()) == (False, "", [])


def test_what_was_said_before(file):
    """Asked again, it tells the last answer, and not the right one; another answer may be given."""
    for choice in ("the fair one", "the bent one"):
        coin().commit(choice)
    number().commit(3)
    _, answer, button, said = form(coin())
    assert "Last time you said: the bent one." in said.value
    assert "the fair one" not in said.value
    answer.value = "the fair one"
    button.click()
    assert coin().before() == "the fair one"


# ---- memory ------------------------------------------------------------------------------------------------------


def test_a_prediction_is_a_line(file):
    """It holds what a board of a room would show: lesson, question, choice, and whether it holds."""
    coin().commit("the bent one")
    number().commit("0.650")
    told = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert all(each.pop("time").endswith("+00:00") for each in told)
    assert told == [
        {"kind": "prediction", "lesson": "toy", "question": "coin", "choice": "the bent one", "holds": False},
        {"kind": "prediction", "lesson": "toy", "question": "nats", "choice": "0.65", "holds": True},
    ]
    assert [each.choice for each in memory.predictions()] == ["the bent one", "0.65"]
    assert memory.checks() == []


def test_a_line_of_other_values_is_damaged(file):
    """It costs itself alone."""
    coin().commit("the fair one")
    (line,) = file.read_text(encoding="utf-8").splitlines()
    with file.open("a", encoding="utf-8") as end:
        for damage in ({"holds": 1}, {"choice": 3}, {"lesson": None}, {"kind": ["prediction"]}, {"kind": "guess"}):
            end.write(json.dumps({**json.loads(line), **damage}) + "\n")
        end.write(line[:40])
    coin().commit("the bent one")
    assert [each.choice for each in memory.predictions()] == ["the fair one", "the bent one"]


def test_where_nothing_is_remembered(file, monkeypatch, tmp_path):
    """The verdict is told all the same: in silence where that is wished, else with a sentence, once."""
    monkeypatch.setenv(memory.VARIABLE, "off")
    assert len(coin().commit("the fair one")) == 3
    assert coin().before() is None
    monkeypatch.setenv(memory.VARIABLE, str(tmp_path))
    *_, said = coin().commit("the fair one")
    assert said.startswith("This prediction is not remembered: ")
    assert len(coin().commit("the fair one")) == 3


@pytest.mark.usefixtures("toy_course", "plain_terminal")
def test_the_map_counts_them(file, capsys):
    """Each question once, however often it was answered; no points come of it."""
    assert "predicted" not in repr(progress())
    for choice in ("the bent one", "the fair one"):
        coin().commit(choice)
    number().commit(1)
    number(id="gone/nats").commit(1)
    line = repr(progress()).splitlines()[1]
    assert line == "00 Toys                            0 of 2 passed      0 of 5 points  2 predicted"
    assert len(line) == 80
    assert ">Predictions</th>" in progress()._repr_html_()
    assert ">2</td></tr>" in progress()._repr_html_()
    main(["progress", "--json"])
    assert json.loads(capsys.readouterr().out)["topics"][0]["predictions"] == 2


# ---- what cannot be asked ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: coin(right="both"), "toy/coin: the right answer, 'both', has to be one of two or more choices"),
        (lambda: coin(near=1), "`near` is for numbers"),
        (lambda: predict("A?", ["a"], id="a/b", right="a", why=""), "two or more choices"),
        (lambda: predict("A?", ["a", "a"], id="a/b", right="a", why=""), "all of them different"),
        (lambda: number(near=None), "toy/nats: a number needs `near`"),
        (lambda: number(near=-1), "needs `near`"),
        (lambda: number(right=float("inf")), "finite"),
        (lambda: number(id="nats"), "the lesson's name and the question's own"),
        (lambda: number(id="toy/Nats!"), "the lesson's name and the question's own"),
    ],
)
def test_what_cannot_be_asked(make, told):
    """The author is told what is wrong."""
    with pytest.raises(ValueError, match=re.escape(told)):
        make()


def test_a_choice_that_does_not_exist(file):
    """It is refused with those that there are, and not remembered."""
    with pytest.raises(ValueError, match=r"`both` is none of the choices. There are: the fair one, the bent one."):
        coin().commit("both")
    assert memory.predictions() == []
