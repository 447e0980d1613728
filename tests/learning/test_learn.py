"""What a learner calls: check, hint, solution."""

import functools
import warnings

import pytest
import torch
import toys

import coursekit
from coursekit.course.syllabus import UnknownNameError
from coursekit.errors import CommandError
from coursekit.grading import here
from coursekit.learning import learn, memory, own
from coursekit.report import Outcome

pytestmark = pytest.mark.usefixtures("toy_course")

DONE = (
    "Twice is once more.",
    'Visible checks passed. A graded run uses other inputs. Compare: solution("double")',
    "Next exercise: triple",
)


def double(x):
    return 2 * x


def triple(x):
    return 3 * x


def lines(feedback) -> list[str]:
    """What is said, without the backticks that a notebook shows as code."""
    return repr(feedback).replace("`", "").splitlines()


def test_names_of_the_package():
    """`from coursekit import check, hint, solution` is all that a notebook needs, and nothing else is there."""
    assert (learn.check, learn.hint, learn.solution) == (coursekit.check, coursekit.hint, coursekit.solution)
    with pytest.raises(AttributeError, match="no attribute 'verdict'"):
        coursekit.verdict  # noqa: B018


def test_check_of_a_right_function():
    """A pass shows the idea, the way to the course's own answer and the next exercise."""
    feedback = learn.check(double)
    assert ["double: done ✓ (4 of 4 points)", *DONE] == [lines(feedback)[0], *lines(feedback)[-len(feedback.next) :]]


def test_check_of_the_last_exercise():
    """After the last exercise nothing is next."""
    assert learn.check(triple).next[-1] == "That was the last exercise of the course."


def test_check_of_an_unattempted_function():
    """A stub is met with the way to the first hint."""

    def double(x):
        raise NotImplementedError

    assert lines(learn.check(double)) == [
        "double: not attempted yet (0 of 4 points)",
        "Not attempted yet. Replace the line that raises NotImplementedError, run the cell, then check again.",
        'A hint: hint("double", 1)',
    ]


@pytest.mark.parametrize("wrong", [lambda x: 3 * x, lambda x: (2 * x).double()], ids=["core", "parity"])
def test_check_of_a_wrong_function(wrong):
    """As long as any check fails, a hint is offered, and neither answer nor next exercise."""
    feedback = learn.check(wrong, "double")
    assert (lines(feedback)[-1], len(feedback.next)) == ('Next: mend it and check again. A hint: hint("double", 1)', 1)


class Triple(torch.nn.Module):
    """A module: it has no name."""

    def forward(self, x):
        return 3 * x


@pytest.mark.parametrize("function", [lambda x: 3 * x, functools.partial(lambda k, x: k * x, 3), Triple()])
def test_check_of_what_has_no_name_of_its_own(function):
    """A lambda, a partial and a module have the name under which they are known where `check` is called."""
    names = {"check": learn.check, "triple": function}
    exec("said = check(triple)", names)
    assert names["said"].report.outcome is Outcome.PASSED
    names["mine"] = names.pop("triple")
    exec("said = check(mine)", names)
    assert lines(names["said"]) == [
        'This function has no name of its own. Write it with def, or name the exercise: check(my_function, "entropy").'
    ]


def notebook(**functions) -> dict:
    """The names of a notebook that has run these functions."""
    names = {"__name__": "__main__", "check": learn.check, **functions}
    for function in functions.values():
        function.__module__ = "__main__"
    return names


def test_check_of_a_whole_notebook():
    """`check()` scores what the notebook has run, and nothing that it has imported under an exercise's name."""
    names = notebook(double=lambda x: 2 * x)
    exec("said = check()", names | {"triple": torch.nn.functional.relu}, names)
    assert lines(names["said"]) == ["This notebook: 1 of 1 passed, 4 of 4 points", "  done ✓  double  4 of 4"]
    names = notebook(double=lambda x: x * x, triple=lambda x: x)
    exec("said = check()", names)
    assert lines(names["said"])[0] == "This notebook: 0 of 2 passed, 0 of 5 points"
    assert lines(names["said"])[-1] == "What is wrong with the next one: check(triple)"
    assert "This is the square." in names["said"]._repr_html_()
    assert lines(eval("check()", notebook())) == [
        "No exercise of this notebook has run yet: run its cells, or name a function: check(entropy)."
    ]


def test_a_whole_check_leaves_the_learner_where_they_are(toy_course, monkeypatch, tmp_path):
    """What was tried is remembered, the first that is wrong last: there it goes on. A stub is no news."""
    monkeypatch.setenv(memory.VARIABLE, str(tmp_path / "progress.jsonl"))
    exec("check()", notebook(double=lambda x: x, triple=lambda x: 3 * x))
    assert [check.exercise for check in memory.checks()] == ["triple", "double"]
    learn.check_whole_file(toy_course.stub)
    assert len(memory.checks()) == 2


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16])
def test_check_is_no_matter_of_torchs_defaults(dtype):
    """Another default device and dtype do not reach the check, and are there again after it."""
    torch.set_default_device("meta")
    torch.set_default_dtype(dtype)
    try:
        feedback = learn.check(lambda x: 2 * x + torch.zeros(()), "double")
        assert (torch.get_default_device().type, torch.get_default_dtype()) == ("meta", dtype)
    finally:
        torch.set_default_device(None)
        torch.set_default_dtype(torch.float32)
    assert feedback.report.points == feedback.report.maximum


def test_warnings_that_point_to_the_course(monkeypatch):
    """What torch warns of within a module of ours is not shown; what points to the learner's own line is, once."""

    def double(x):
        warnings.warn_explicit("theirs", UserWarning, "cell.py", 3)
        warnings.warn_explicit("ours", UserWarning, here.__file__, 3)
        return 2 * x

    monkeypatch.setattr(here, "_shown", set())
    with warnings.catch_warnings(record=True, action="always") as caught:
        learn.check(double)
        learn.check(double)
    assert [(str(each.message), each.filename) for each in caught] == [("theirs", "cell.py")]


def test_check_under_another_name():
    """A function may be called what its author likes, if the exercise is named."""
    assert learn.check(lambda x: 3 * x, "triple").report.outcome is Outcome.PASSED
    assert learn.check(functools.partial(double), "double").report.outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("double", "Give the function itself, without quotes: check(double)."),
        (3, "Give the function itself: check(entropy). This is a int."),
        (None, "Give the function itself: check(entropy). This is a NoneType."),
        (len, "No exercise is called len. There are: double, triple."),
    ],
)
def test_check_of_something_else(given, said):
    """What cannot be checked is answered with how to do it, never with a traceback."""
    assert [said] == lines(learn.check(given))


def test_check_of_a_misspelt_function():
    """The closest exercise is offered."""

    def doubel(x):
        return 2 * x

    assert lines(learn.check(doubel)) == ["No exercise is called doubel. Did you mean double?"]


def test_own_checks_see_the_same_inputs_every_time():
    """Checking twice asks twice the same, so that a printed number can be found again."""
    seen = []

    def double(x):
        seen.append(x.tolist())
        return 2 * x

    learn.check(double)
    first, seen[:] = list(seen), []
    learn.check(double)
    assert first == seen
    assert seen


# ---- hints, solution ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("double",), ["Hint 1 of 2. Add it to something.", 'One more: hint("double", 2)']),
        (("double", 1), ["Hint 1 of 2. Add it to something.", 'One more: hint("double", 2)']),
        (
            ("double", 2),
            ["Hint 2 of 2. To itself.", 'That was the last one. To see the answer: solution("double")'],
        ),
        ((double, 2), ["Hint 2 of 2. To itself.", 'That was the last one. To see the answer: solution("double")']),
        (("double", 0), ["double has hints 1 to 2."]),
        (("double", 3), ["double has hints 1 to 2."]),
        (("duble",), ["No exercise is called duble. Did you mean double?"]),
    ],
)
def test_hints_are_a_ladder(arguments, said):
    """Each hint offers the next by its exact call; the last one offers the answer."""
    assert said == lines(learn.hint(*arguments))


def test_hint_in_a_terminal():
    """In a terminal the next step is a command."""
    said = [lines(learn.hint("double", step, learn.TERMINAL))[1] for step in (1, 2)]
    assert said == [
        "One more: coursekit hint double 2",
        "That was the last one. To see the answer: coursekit solution double",
    ]


@pytest.mark.parametrize("name", ["double", double])
def test_solution(name):
    """The course's own answer is shown as code, by name or by function."""
    assert repr(learn.solution(name)).splitlines() == [
        "def double(x: Tensor) -> Tensor:",
        '    """Twice x."""',
        "    return FACTOR * x",
    ]


def test_solution_of_a_misspelt_name():
    """The closest exercise is offered."""
    assert lines(learn.solution("tripel")) == ["No exercise is called tripel. Did you mean triple?"]


# ---- files -------------------------------------------------------------------------------------------------------


def test_file_of_the_topic_is_the_default(toy_course):
    """Without a path the topic's own file is checked, and named."""
    report, steps = learn.check_file("double")
    assert Outcome.UNATTEMPTED is report.outcome
    assert ["A hint: coursekit hint double 1", f"Your file: {toy_course.stub}"] == [s.replace("`", "") for s in steps]


def test_a_whole_file(toy_course, tmp_path):
    """What to do next is about the first that is wrong, then about the first that is not attempted."""
    stub = toy_course.stub.read_text(encoding="utf-8")
    path = tmp_path / "mine.py"
    mend = "Next: mend it and check again. A hint: `coursekit hint double 1`"
    begin = "Next: write `triple`. A hint: `coursekit hint triple 1`"
    for text, steps in (
        (stub + "\ndef double(x):\n    return 3 * x\n", (mend,)),
        (stub + "\ndef double(x):\n    return 2 * x\n", (begin,)),
        (
            "def double(x):\n    return 3 * x\n\ndef triple(x):\n    return 2 * x\n",
            (mend, f"What is wrong with the next one: `coursekit check triple {path}`"),
        ),
        ("def double(x):\n    return 2 * x\n\ndef triple(x):\n    return 3 * x\n", ()),
    ):
        path.write_text(text, encoding="utf-8")
        assert learn.check_whole_file(path).next == steps
    with pytest.raises(CommandError, match=r"is a folder: name one file of it\. `coursekit progress` shows the whole"):
        learn.check_whole_file(tmp_path)
    path.write_text("x = 1\n", encoding="utf-8")
    with pytest.raises(CommandError, match="defines no function that is called as an exercise"):
        learn.check_whole_file(path)


def test_file_with_an_answer(toy_course, tmp_path):
    """A .py file is checked with its helpers and constants, and told in a terminal's words."""
    path = tmp_path / "mine.py"
    path.write_text("TWO = 2\n\ndef double(x):\n    return TWO * x\n\nraise SystemExit\n", encoding="utf-8")
    report, steps = learn.check_file("double", path)
    assert Outcome.PASSED is report.outcome
    assert "coursekit solution double" in steps[1]
    assert f"Your file: {path}" == steps[-1]


def test_notebook_with_an_answer(toy_course, tmp_path):
    """A notebook is checked cell by cell, magics and all."""
    path = toys.write_notebook(tmp_path / "mine.ipynb", toys.code("%pylab\nTWO = 2"), toys.code(toys.HONEST))
    assert Outcome.PASSED is learn.check_file("double", path)[0].outcome


@pytest.mark.parametrize(
    ("text", "outcome", "said"),
    [
        ("def dubble(x):\n    return 2 * x", Outcome.UNATTEMPTED, "Did you mean `dubble`"),
        ("def double(x) return", Outcome.ERROR, "mine.py, line 1: "),
        ("ONE = 1 / 0\n\ndef double(x):\n    return ONE", Outcome.ERROR, "Loading it raised ZeroDivisionError"),
        ("ONE = exit()\n\ndef double(x):\n    return ONE", Outcome.ERROR, "Loading it raised SystemExit"),
        ("def double(x):\n    while True:\n        x = x + 1", Outcome.TIMEOUT, "was still running"),
    ],
)
def test_file_that_cannot_be_loaded(toy_course, tmp_path, monkeypatch, text, outcome, said):
    """A file without the function, or that raises while it is loaded, gets a report and no traceback."""
    monkeypatch.setattr(own, "ask_here", functools.partial(own.ask_here, seconds=0.3))
    path = tmp_path / "mine.py"
    path.write_text(text, encoding="utf-8")
    report, _ = learn.check_file("double", path)
    assert outcome is report.outcome
    assert said in report.first_failure.rationale


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [("mine.py", None, "No such file"), ("mine.txt", b"x", ".txt is not graded"), ("mine.py", b"\xff", "UTF-8")],
)
def test_file_that_cannot_be_read(tmp_path, name, content, said):
    """An unreadable file is an OSError with its reason and its path."""
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(OSError, match=said) as caught:
        learn.check_file("double", path)
    assert str(path) in str(caught.value)


def test_file_of_an_unknown_exercise():
    """An exercise that does not exist is a LookupError with a suggestion."""
    with pytest.raises(UnknownNameError, match="Did you mean `double`"):
        learn.check_file("duble")


@pytest.mark.parametrize("name", ["mine.py", "mine.ipynb"])
def test_a_file_in_conflict(tmp_path, name):
    """A file in which git has left its marks says what to do, and no exercise is blamed for it."""
    path = tmp_path / name
    path.write_text(
        "<<<<<<< HEAD\ndef double(p):\n    return p\n=======\ndef double(p):\n    return 2 * p\n>>>>>>> theirs\n",
        encoding="utf-8",
    )
    with pytest.raises(
        (CommandError, OSError), match=r"stands in conflict.*`python3 start\.py update` reads both sides"
    ):
        learn.check_file("double", path)
