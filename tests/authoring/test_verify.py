"""What proves the course consistent must itself tell right from wrong: each fault is planted and must be found."""

import sys
import warnings
from concurrent.futures import Future

import pytest
import torch
import toys

from coursekit.authoring import proofs, verify
from coursekit.course import syllabus
from coursekit.exercise import comparing
from coursekit.exercise.answers import close
from coursekit.report import Outcome
from coursekit.wire import Question


@pytest.fixture(autouse=True)
def leave_no_trace():
    """verify_exercise silences warnings, which is fine in a worker of its own."""
    with warnings.catch_warnings():
        yield


@pytest.fixture
def topic(toy_course):
    return toy_course


@pytest.fixture
def double(topic):
    return topic.exercises[0]


def append(path, text):
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def make_package(folder):
    folder.mkdir()
    (folder / "__init__.py").touch()


# ---- files -------------------------------------------------------------------------------------------------------


def test_files_in_order(topic):
    """A course whose files fit together has no fault, whether its grader is a file or a package."""
    assert verify.verify_files([topic]).faults == []
    topic.grader.unlink()
    make_package(topic.grader.with_suffix(""))
    assert verify.verify_files([topic]).faults == []


@pytest.mark.parametrize(
    ("plant", "said"),
    [
        (lambda t: append(t.stub, "# mine\n"), "exercises/toy.py is stale (run `coursekit refresh`)."),
        (lambda t: append(t.solution, "\n\nx = 1\n"), "exercises/toy.py is stale (run `coursekit refresh`)."),
        (lambda t: t.stub.unlink(), "exercises/toy.py is missing."),
        (lambda t: t.solution.unlink(), "solutions/toy.py is missing."),
        (lambda t: t.notebook.unlink(), "notebooks/00_toy.ipynb is missing."),
        (lambda t: t.solution.with_name("old.py").touch(), "solutions/old.py belongs to no topic of course.py."),
        (lambda t: t.stub.with_name("old.py").touch(), "exercises/old.py belongs to no topic of course.py."),
        (lambda t: t.notebook.with_name("07_old.ipynb").touch(), "notebooks/07_old.ipynb belongs to no topic"),
        (lambda t: (syllabus.ROOT / "coursekit/graders/old.py").touch(), "graders/old.py belongs to no topic"),
        (lambda t: (syllabus.ROOT / "coursekit/graders/toy.py").unlink(), "graders/toy.py is missing."),
        (
            lambda t: make_package(syllabus.ROOT / "coursekit/graders/old"),
            "graders/old/__init__.py belongs to no topic",
        ),
        (lambda t: make_package(syllabus.ROOT / "coursekit/graders/toy"), "graders/toy.py belongs to no topic"),
        (
            lambda t: delattr(sys.modules["coursekit.graders.toy"], "triple"),
            "`triple` is in only one of solutions/toy.py and its grader.",
        ),
        (
            lambda t: (syllabus.ROOT / "README.md").write_text("coursekit check"),
            "README.md does not show `coursekit hint`.",
        ),
        (lambda t: toys.write_notebook(t.notebook), "00_toy.ipynb holds the exercises []"),
    ],
)
def test_faults_of_files(topic, plant, said):
    """Whatever is missing, stale, left over or undocumented is said."""
    plant(topic)
    assert any(said in fault for fault in verify.verify_files([topic]).faults)


# ---- exercises ---------------------------------------------------------------------------------------------------


def faults(seeds=2, name="double") -> str:
    return "\n".join(proofs.verify_exercise("toy", name, seeds).faults)


@pytest.mark.parametrize("name", ["double", "triple"])
def test_exercise_in_order(topic, name):
    """An exercise whose checks are worth something has no fault."""
    assert faults(name=name) == ""


def test_mutants_are_counted(topic):
    """Every misconception is counted as rejected and named."""
    findings = proofs.verify_exercise("toy", "double", 2)
    assert (findings.about, findings.wrong, findings.rejected, findings.named) == ("toy.double", 3, 3, 3)


def rewrite(topic, old, new):
    topic.solution.write_text(toys.SOLUTION.replace(old, new), encoding="utf-8")


def test_solution_that_fails(topic):
    """A solution that does not pass its own checks is found."""
    rewrite(topic, "FACTOR * x", "FACTOR + x")
    assert "the solution fails" in faults()


def test_solution_that_fails_in_parity_only(topic):
    """Full marks means core and parity."""
    rewrite(topic, "FACTOR * x", "FACTOR * x.double()")
    assert "the solution fails" in faults()


def test_stub_that_is_attempted(topic, monkeypatch):
    """A stub that returns something is found."""
    monkeypatch.setattr(verify.stubs, "stub_module", lambda topic: "def double(x):\n    return x\n")
    assert "the stub counts as failed with 0 points." in faults()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (lambda x: torch.zeros_like(x), "zeros passes sloppy"),
        (lambda x: torch.ones_like(x), "ones passes sloppy"),
        (lambda x: x, "the input passes sloppy"),
        (lambda x: x.sum(), "the input's sum passes sloppy"),
        (lambda x: x * torch.nan, "NaN passes sloppy"),
    ],
)
def test_check_that_a_trivial_answer_passes(topic, double, value, said):
    """A check that zeros, ones, NaN or the input itself would pass is found, by its name."""

    @double.check
    def sloppy(f, rng):
        """Sloppy"""
        got = f(torch.tensor([1.0, 2.0]))
        if got.shape == value(got).shape and not close(got, value(torch.tensor([1.0, 2.0]))):
            raise comparing.Failure("No.")

    assert said in faults()


def test_twin_that_disagrees(topic, double):
    """Where torch's own function fails our checks, the checks are wrong."""
    double.twin = lambda x: 2 * x + 1
    assert "the twin fails" in faults()


def test_misconception_that_passes(topic, double):
    """A wrong implementation that gets full marks is found."""

    @double.misconception("Nothing is wrong with it.")
    def right(x):
        return 2 * x

    assert "right gets full marks." in faults()
    findings = proofs.verify_exercise("toy", "double", 2)
    assert (findings.wrong, findings.rejected, findings.named) == (4, 3, 3)


def test_misconception_that_is_named_as_another(topic, double):
    """Two wrong implementations with the same numbers cannot both be told."""

    @double.misconception("The square, again.")
    def square_again(x):
        return x**2

    assert "square_again is named as squared." in faults()


def test_misconception_that_is_not_recognised(topic, double):
    """A wrong implementation whose numbers change from call to call cannot be told."""
    numbers = iter(range(10**6))

    @double.misconception("Something else each time.")
    def moody(x):
        return 2 * x + next(numbers) + 1

    assert "moody is named as nothing." in faults()


def cases(*questions):
    return lambda: iter(questions)


X = torch.tensor([1.0, 2.0])


@pytest.mark.parametrize(
    ("solution", "twin", "said"),
    [
        (lambda x: 2 * x, lambda x: x + x, None),
        (lambda x: 3 * x, lambda x: x + x, "spec"),
        (lambda x: 2 * x, lambda x: 3 * x, "twin Answer"),
        (lambda x: 2 * x, lambda x: (2 * x).double(), "solution gives torch.float32, twin torch.float64."),
        (lambda x: (2 * x).detach(), lambda x: x + x, "spec"),
        (lambda x: 1 / 0, lambda x: x + x, "ZeroDivisionError"),
        (lambda x: 2 * x, lambda x: None, "nothing"),
    ],
)
def test_cases_agree(double, solution, twin, said):
    """Over its cases solution, spec and torch agree in value, gradient and dtype, or the call is named."""
    double.twin, double.cases = twin, cases(Question((X,), wrt=(0,)))
    found = list(proofs.cases_agree(double, solution))
    if said is None:
        assert found == []
    else:
        assert len(found) == 1
        assert found[0].startswith("double(torch.tensor([1.0, 2.0])): ")
        assert said in found[0]


def test_no_cases_no_faults(double):
    """An exercise that rebuilds nothing of torch has nothing to compare."""
    double.cases, double.twin = None, None
    assert list(proofs.cases_agree(double, lambda x: x)) == []


# ---- the whole ---------------------------------------------------------------------------------------------------


class Here:
    """An executor that works in this process, where the toy course is."""

    def __init__(self, *_, **__):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def submit(self, function, *arguments):
        future = Future()
        future.set_result(function(*arguments))
        return future


def test_run_of_a_course_in_order(topic, monkeypatch, capsys):
    """A consistent course is told as such, with its mutation score and exit code 0."""
    monkeypatch.setattr(verify, "ProcessPoolExecutor", Here)
    assert verify.run([topic], 1) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:-1] == [
        "Mutation score: 3 wrong implementations, 3 rejected (100.0 %), 3 named as themselves (100.0 %)."
    ]
    assert lines[-1] == "2 exercises on 1 seeds: no faults."
    assert {"ok    files", "ok    toy.double, 3/3 rejected, 3 named", "ok    toy.triple"} == set(lines[:-2])


def test_run_of_a_course_with_a_fault(topic, monkeypatch, capsys):
    """One fault is told below what it is about, and the exit code is 1."""
    monkeypatch.setattr(verify, "ProcessPoolExecutor", Here)
    append(topic.stub, "# mine\n")
    assert verify.run([topic], 1) == 1
    out = capsys.readouterr().out
    assert "FAULT files\n      exercises/toy.py is stale" in out
    assert out.endswith("2 exercises on 1 seeds: 1 fault.\n")


def test_mutation_score_of_nothing():
    """Without wrong implementations there is no division by zero."""
    assert "0 wrong implementations, 0 rejected (0.0 %)" in verify.mutation_score([])


def test_load_solutions(topic):
    """A solution module is loaded from its file, without becoming importable."""
    module = proofs.load_solutions(topic)
    assert module.double(3) == 6
    assert module.__name__ not in sys.modules


def test_grade_here(double):
    """A function of this process gets the report that a learner would get."""
    assert proofs.score_here(double, lambda x: 2 * x, 3).outcome is Outcome.PASSED
