"""The order of the course, and what its names find."""

import sys
from types import ModuleType

import pytest

from coursekit.course import syllabus
from coursekit.errors import CommandError


def test_next_exercise(toy_course):
    """After an exercise comes the one below it, and after the last one none."""
    assert [syllabus.next_exercise(name) for name in ("double", "triple")] == ["triple", None]


def test_what_needs_the_folder(tmp_path, monkeypatch):
    """In the course's folder nothing is said; an installed package has no notebooks, and says where there are some."""
    syllabus.insist_on_course("It")
    monkeypatch.setattr(syllabus, "SHIPPED", tmp_path)
    with pytest.raises(CommandError, match=r"^It needs the course's folder"):
        syllabus.insist_on_course("It")
    assert syllabus.course_file("constraints.txt") == tmp_path / "constraints.txt"


def test_names_find(toy_course):
    """An exercise is found with its topic, and a topic by its name."""
    topic, exercise = syllabus.find_exercise("triple")
    assert (topic, exercise) == (toy_course, toy_course.exercises[1])
    assert syllabus.find_topic("toy") is toy_course


@pytest.mark.parametrize(
    ("find", "name", "said"),
    [
        (syllabus.find_exercise, "doubel", "No exercise is called `doubel`. Did you mean `double`?"),
        (syllabus.find_exercise, "x", "No exercise is called `x`. There are: double, triple."),
        (syllabus.find_topic, "tony", "No topic is called `tony`. Did you mean `toy`?"),
    ],
)
def test_names_that_find_nothing(toy_course, find, name, said):
    """The closest name is offered, or all where none is close."""
    with pytest.raises(syllabus.UnknownNameError) as caught:
        find(name)
    assert caught.value.args[0] == said


def test_all_names(toy_course):
    """Each exercise with its topic, in the course's order; of a topic that has no solutions yet there are none."""
    assert list(syllabus.names().items()) == [("double", toy_course), ("triple", toy_course)]
    toy_course.solution.unlink()
    assert syllabus.names() == {}


@pytest.mark.parametrize(("number", "said"), [(19, "There are: n0, n1, "), (20, "`coursekit list` names them all.")])
def test_few_names_are_listed(number, said):
    """Of many it is said where they stand."""
    error = syllabus.UnknownNameError("exercise", "xyz", [f"n{each}" for each in range(number)])
    assert str(error).startswith(f"No exercise is called `xyz`. {said}")


@pytest.mark.parametrize("grader", [None, '"""No exercise."""', "EXERCISES = ()"])
def test_a_topic_that_is_half_there(monkeypatch, grader):
    """A line in the syllabus alone is no topic: the sentence says what is missing, and what begins one."""
    if grader is not None:
        module = ModuleType("coursekit.graders.games")
        exec(grader, vars(module))
        monkeypatch.setitem(sys.modules, module.__name__, module)
    with pytest.raises(CommandError, match=r"has the topic `games`, and coursekit/graders/games/__init__\.py has no"):
        _ = syllabus.Topic(14, "games", "Games").exercises


def test_a_slip_within_a_grader_keeps_its_traceback(tmp_path, monkeypatch):
    """What a grader imports and does not find is its author's own, and is shown with its line."""
    monkeypatch.setattr("coursekit.graders.__path__", [str(tmp_path)])
    (tmp_path / "sports.py").write_text("import nowhere_to_be_found\n", encoding="utf-8")
    with pytest.raises(ModuleNotFoundError, match="nowhere_to_be_found"):
        _ = syllabus.Topic(14, "sports", "Sports").exercises
