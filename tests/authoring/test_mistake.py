"""`coursekit new-mistake`: a group of answers becomes a mistake of the course, and no stranger's code is run by it."""

from __future__ import annotations

import ast
import inspect
import json

import pytest

from coursekit.authoring import mistake
from coursekit.classroom.gradebook import Gradebook, Work
from coursekit.classroom.gradebook.names import Kept
from coursekit.classroom.groups.forming import Group
from coursekit.cli import main
from coursekit.course import syllabus
from coursekit.errors import CommandError
from coursekit.grading.behaviour.doing import Doing, Part, to_bytes
from coursekit.grading.behaviour.unnamed import Unnamed
from coursekit.report import Example, Outcome, Report

CODE = "def double(x):\n    return 3 * x"
GRADER = '''"""Toys."""

double = Exercise("double", twice, points=3)
'''


def group(exercise="double", code=CODE, name="", answers=1, shows=None) -> Group:
    kept = tuple(Kept(str(n), exercise, "1", str(n), b"", shows, code) for n in range(answers))
    return Group("abcdef0123456789", exercise, "1", kept, name)


@pytest.fixture
def grader(toy_course):
    path = toy_course.grader.with_name("double.py")
    path.write_text(GRADER, encoding="utf-8")
    return path


def written(found: Group) -> str:
    """The function that is added, decorator included."""
    text = mistake.plan(found).text
    assert text.startswith(GRADER)
    return text.removeprefix(GRADER).strip()


def test_skeleton(grader):
    """The sentence, the parameters of the exercise, the answer and the input that shows it, and what is left to do."""
    shows = Example("double(torch.tensor(3.0))", "9.0000", "6.0000")
    assert written(group(name="It is three times.", answers=3, shows=shows)).splitlines() == [
        '@double.misconception("It is three times.")',
        "def group_abcdef(x):",
        "    # TODO: write what this does, and call it by a name that says so.",
        "    # The shortest of 3 answers that nobody has read yet, as handed in:",
        "    #     def double(x):",
        "    #         return 3 * x",
        "    # double(torch.tensor(3.0)) gives 9.0000, and should give 6.0000",
        '    raise NotImplementedError("TODO")',
    ]
    assert mistake.plan(group()).begins == "line 6"
    assert mistake.plan(group()).text.splitlines()[5].startswith("@double.misconception(")


def test_without_a_name_it_is_left_to_be_said(grader):
    """The sentence is the author's to write."""
    assert written(group()).startswith('@double.misconception("TODO: ')


@pytest.mark.parametrize(
    "code",
    [
        "def double(x):\n    import os\n    os.remove('x')\nraise SystemExit",
        'def double(x):\n    """\n    # """\n\\\n    x',
        "def double(x):\r    return x\x0bimport os\x0c\x1c\x85\u2028import sys",
        "def double(x): return '\u202e' + \"\"\"'''",
    ],
    ids=["statements", "quotes", "line ends", "direction"],
)
def test_a_strangers_code_stays_a_comment(grader, code):
    """Whatever it is, the grader has one function more, which raises."""
    before, after = ast.parse(GRADER), ast.parse(mistake.plan(group(code=code)).text)
    (added,) = after.body[len(before.body) :]
    assert isinstance(added, ast.FunctionDef)
    assert [ast.unparse(each) for each in added.body] == ["raise NotImplementedError('TODO')"]
    assert "\u202e" not in mistake.plan(group(code=code)).text


@pytest.mark.parametrize(
    "name", ['Say "this" \\ and {that}.', "A word. " * 60, "x" * 400], ids=["signs", "long", "one"]
)
def test_any_sentence(grader, name):
    """What Python reads is what the instructor wrote."""
    added = ast.parse(mistake.plan(group(name=name)).text).body[-1]
    assert isinstance(added, ast.FunctionDef)
    (call,) = added.decorator_list
    assert isinstance(call, ast.Call)
    assert ast.literal_eval(call.args[0]).split() == name.split()


@pytest.mark.slow
def test_every_exercise_has_a_place_for_it():
    """In the file in which it is made, with its own parameters."""
    for topic, exercise in syllabus.exercises().values():
        change = mistake.plan(group(exercise.name))
        assert change.path.parent == topic.grader.parent
        added = ast.parse(change.text).body[-1]
        assert isinstance(added, ast.FunctionDef)
        given = [each.arg for each in (*added.args.args, *added.args.kwonlyargs)]
        assert given == [name for name in inspect.signature(exercise.spec).parameters if name in given]
        assert given[:1] == list(inspect.signature(exercise.spec).parameters)[:1]


def test_it_is_not_written_twice(grader):
    """Nor where the exercise is made in no file."""
    grader.write_text(mistake.plan(group()).text, encoding="utf-8")
    with pytest.raises(CommandError, match=r"double\.py has the mistake `group_abcdef` already"):
        mistake.plan(group())
    grader.write_text("", encoding="utf-8")
    with pytest.raises(CommandError, match="add the mistake by hand"):
        mistake.plan(group())


@pytest.mark.usefixtures("plain_terminal")
def test_command(grader, tmp_path, capsys, monkeypatch):
    """It writes what the gradebook holds, says what to do next, and only where the course is a folder."""
    does = Unnamed(to_bytes((Doing(0.0, 0.0, parts=(Part("float64", (), (1.0,)),)),)), "null", CODE)
    report = Report("double", "", Outcome.FAILED, (), 0.0, 4.0)
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.sqlite'}") as book:
        book.accept({"double": "1"})
        found = {"double": json.dumps(report.to_json())}
        book.record(["ann"], [Work("double", "1", "work", "key")], found, behaviours={"double": does})
    with monkeypatch.context() as patch:
        patch.setattr(syllabus, "in_course", lambda: False)
        assert main(["new-mistake", str(tmp_path), "0"]) == 1
        assert "needs the course's folder" in capsys.readouterr().err
    digits = next(each for each in "0123456789abcdef" if main(["new-mistake", str(tmp_path), each]) == 0)
    out = capsys.readouterr().out
    assert "coursekit verify --exercise double --seeds 2" in out
    assert f"`group_{digits}" in out
    assert grader.read_text(encoding="utf-8").endswith('raise NotImplementedError("TODO")\n')
