"""Exercises are solutions with the answer taken out."""

import ast

import pytest
import toys

from coursekit.authoring import proofs
from coursekit.course import stubs
from coursekit.jail.inside import source
from coursekit.report import Outcome

STUBBED = '''def double(x: Tensor) -> Tensor:
    """Twice x."""
    raise NotImplementedError("double: write your answer here")
'''

MODULE = '''"""Toys: write your answers here, then score one with `coursekit check double`.

Made from solutions/toy.py by `coursekit refresh`.
"""

import torch
from torch import Tensor

FACTOR = 2


def double(x: Tensor) -> Tensor:
    """Twice x."""
    raise NotImplementedError("double: write your answer here")


def triple(x: Tensor) -> Tensor:
    """Three times x."""
    raise NotImplementedError("triple: write your answer here")
'''

ANSWERED = '''def triple(x: Tensor) -> Tensor:
    """Three times x."""
    # once more than twice

    return double(x) + x
'''


def test_stub_of_one_function(toy_course):
    """Signature and docstring stay; the answer becomes a line that names the function."""
    assert stubs.stub(toy_course, "double") == STUBBED


def test_answer_has_no_markers(toy_course):
    """A shown answer is complete, comments and blank lines included, without the markers."""
    assert stubs.model_answer(toy_course, "triple") == ANSWERED


def test_solution_ends_with_its_marker(toy_course):
    """The source of one function takes its closing marker along and nothing of the next function."""
    text = stubs.solution(toy_course, "double")
    assert (
        text.splitlines()[0],
        text.splitlines()[-1],
    ) == ("def double(x: Tensor) -> Tensor:", "    # END SOLUTION")


def test_stub_module_is_the_solution_module_without_answers(toy_course):
    """Imports and constants stay, the header says what to do, and no answer is left."""
    assert stubs.stub_module(toy_course) == MODULE


def test_stub_module_is_python(toy_course):
    """What learners edit can be run as it is handed out."""
    names = [node.name for node in ast.parse(stubs.stub_module(toy_course)).body if isinstance(node, ast.FunctionDef)]
    assert names == ["double", "triple"]


@pytest.mark.parametrize("name", ["double", "triple"])
def test_stub_is_unattempted_and_answer_passes(toy_course, name):
    """The stub is no error, and the answer in its place gets full marks."""
    exercise = next(each for each in toy_course.exercises if each.name == name)
    module = stubs.stub_module(toy_course)
    answers = [stubs.model_answer(toy_course, "double"), stubs.model_answer(toy_course, name)]
    untouched = source.load([("stub", module)], name)
    filled = source.load([("stub", module), *(("answer", text) for text in answers)], name)
    reports = [proofs.score_here(exercise, function, 0) for function in (untouched, filled)]
    assert [(Outcome.UNATTEMPTED, 0.0), (Outcome.PASSED, exercise.maximum)] == [(r.outcome, r.points) for r in reports]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (toys.SOLUTION.replace("    # BEGIN SOLUTION\n", "", 1), "`double` needs exactly one BEGIN SOLUTION"),
        (toys.SOLUTION.replace("    # END SOLUTION\n", "", 1), "`double` needs exactly one BEGIN SOLUTION"),
        (toys.SOLUTION + "    # BEGIN SOLUTION\n    pass\n    # END SOLUTION\n", "`triple` needs exactly one"),
        (toys.SOLUTION + "\n\ndef helper(x):\n    return x\n", "`helper` needs exactly one"),
        (toys.SOLUTION.split('"""\n', 1)[1], "begins with a docstring"),
    ],
    ids=["no begin", "no end", "two answers", "no markers", "no docstring"],
)
def test_answers_that_cannot_be_taken_out(toy_course, wrong, said):
    """A solution module that would hand out an answer is refused, by the function's name."""
    toy_course.solution.write_text(wrong, encoding="utf-8")
    with pytest.raises(stubs.StubError, match=said):
        stubs.stub_module(toy_course)


@pytest.mark.parametrize("take", [stubs.stub, stubs.model_answer, stubs.solution])
def test_unknown_function(toy_course, take):
    """A function that the module does not define is named."""
    with pytest.raises(stubs.StubError, match=r"toy\.py does not define `quadruple`"):
        take(toy_course, "quadruple")


def test_answer_that_runs_by_itself(toy_course):
    """With an answer comes what it calls, and what that calls, with the imports, and no other answer."""
    more = ["def sixfold(x):\n    return triple(double(x))\n", "def stray(x):\n    return sixfold(x)\n"]
    toy_course.solution.write_text("\n\n".join([toys.SOLUTION, *more]), encoding="utf-8")
    calls = {name: stubs.calls_of(toy_course, name) for name in ("double", "triple", "sixfold", "nobody")}
    assert calls == {"double": set(), "triple": {"double"}, "sixfold": {"triple", "double"}, "nobody": set()}
    space = {}
    exec(stubs.with_helpers(toy_course, "sixfold"), space)
    assert space["sixfold"](7) == 42
    assert space.keys() >= {"torch", "FACTOR"}
    assert "stray" not in space


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("def f(x):\n    return x\n\n\nx = 1\n", "def f(x):\n    return x\n"),
        ("def f(\n    x,\n):\n    return x\n# more\ny = 1\n", "def f(\n    x,\n):\n    return x\n"),
        ("def f(x):\n    return x\n\n# its end?\n", "def f(x):\n    return x\n"),
        ("def f(x): return x\n# more\n", "def f(x): return x\n"),
        ("def\tf  (x):\n\treturn x", "def\tf  (x):\n\treturn x"),
        ("def ff(x):\n    return x\n", None),
        ("class A:\n    def f(self):\n        return 1\n", None),
    ],
)
def test_where_a_function_ends(text, found):
    """With its last indented line; what stands between that and the next statement is not its own."""
    assert [f"# a\n{text}"[begin:end] for begin, end in stubs.spans_of(f"# a\n{text}", "f")] == (
        [found] if found else []
    )
