"""What proves the course consistent must itself tell right from wrong: each fault is planted and must be found."""

import dataclasses
import sys
import warnings
from concurrent.futures import Future

import pytest
import torch
import toys

from coursekit.authoring import proofs, verify
from coursekit.cli import commands
from coursekit.course import stubs, syllabus
from coursekit.exercise import comparing
from coursekit.exercise.answers import close
from coursekit.report import Outcome
from coursekit.wire import Question


@pytest.fixture(autouse=True)
def leave_no_trace():
    """verify_exercise silences warnings, which is fine in a worker of its own."""
    with warnings.catch_warnings():
        yield


X = torch.tensor([1.0, 2.0])


def append(path, text):
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def styles_file():
    return syllabus.ROOT / "tests" / "styles" / "toy.py"


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def make_package(folder):
    folder.mkdir()
    (folder / "__init__.py").touch()


# ---- files -------------------------------------------------------------------------------------------------------


def test_files_in_order(topic):
    """A course whose files fit together, and whose README shows every command, has no fault."""
    assert verify.verify_files([topic], commands.command_names()).faults == []


@pytest.mark.parametrize(
    ("plant", "said"),
    [
        (lambda t: append(t.stub, "# mine\n"), "exercises/toy.py is stale (run `coursekit refresh`)."),
        (lambda t: append(t.solution, "\n\nx = 1\n"), "exercises/toy.py is stale (run `coursekit refresh`)."),
        (lambda t: t.stub.unlink(), "exercises/toy.py is missing."),
        (lambda t: t.solution.unlink(), "solutions/toy.py is missing."),
        (lambda t: t.notebook.unlink(), "notebooks/00_toy.ipynb is missing."),
        (lambda t: t.solution.with_name("old.py").touch(), "solutions/old.py belongs to no topic of the syllabus."),
        (lambda t: t.stub.with_name("old.py").touch(), "exercises/old.py belongs to no topic of the syllabus."),
        (lambda t: t.notebook.with_name("07_old.ipynb").touch(), "notebooks/07_old.ipynb belongs to no topic"),
        (lambda t: (syllabus.ROOT / "coursekit/graders/old.py").touch(), "graders/old.py belongs to no topic"),
        (lambda t: t.grader.unlink(), "graders/toy/__init__.py is missing."),
        (
            lambda t: make_package(syllabus.ROOT / "coursekit/graders/old"),
            "graders/old/__init__.py belongs to no topic",
        ),
        (
            lambda t: setattr(sys.modules["coursekit.graders.toy"], "EXERCISES", t.exercises[:1]),
            "`triple` is in only one of solutions/toy.py and its grader.",
        ),
        (
            lambda t: setattr(sys.modules["coursekit.graders.toy"], "EXERCISES", t.exercises[::-1]),
            "00_toy.ipynb holds the exercises ['double', 'triple'], the grader ['triple', 'double'].",
        ),
        (
            lambda t: append(t.grader, "# TODO: sources\n"),
            "coursekit/graders/toy/__init__.py still says TODO in line 11.",
        ),
        (
            lambda t: edit(t.solution, "Toys: exercises", "TODO: exercises"),
            "solutions/toy.py still says TODO in line 1.",
        ),
        (
            lambda t: edit(t.notebook, "# Toys", "# TODO: a title"),
            "notebooks/00_toy.ipynb still says TODO in cell 1.",
        ),
        (
            lambda t: edit(t.notebook, "# Toys", "# Toys\\n\\nThis lesson has three exercises."),
            "notebooks/00_toy.ipynb says that it has three exercises: there are 2.",
        ),
        (
            lambda t: append(syllabus.ROOT / "README.md", "\n3 exercises on 4 seeds: no faults.\n"),
            "README.md still says 3 where `coursekit verify` would print 2.",
        ),
        (
            lambda t: append(syllabus.ROOT / "README.md", "\n3 wrong implementations, 4 rejected (100.0 %)\n"),
            "README.md still says 4 where `coursekit verify` would print 3.",
        ),
        (
            lambda t: (syllabus.ROOT / "README.md").write_text("coursekit check"),
            "Neither README.md nor a guide in docs/ shows `coursekit hint`.",
        ),
        (lambda t: toys.write_notebook(t.notebook), "00_toy.ipynb holds the exercises []"),
        (
            lambda t: edit(t.notebook, "# Toys", "# Toys, reworded"),
            "notebooks/00_toy.ipynb: text in it is not listed in coursekit/course/updating/shipped.txt",
        ),
        (
            lambda t: edit(t.notebook, "from coursekit import check", "def triple(x):\\n    return x"),
            "notebooks/00_toy.ipynb, cell 2: `triple` is an exercise: call it otherwise.",
        ),
        (
            lambda t: edit(t.notebook, "# Toys", "# Toys, after [others](01_old.ipynb)"),
            "notebooks/00_toy.ipynb links to 01_old.ipynb, which is no lesson.",
        ),
        (
            lambda t: edit(syllabus.ROOT / "README.md", "| 00 | Toys |", "| 01 | Toys |"),
            "README.md has no row `| 00 | Toys | …` in its table of lessons.",
        ),
        (
            lambda t: edit(syllabus.ROOT / "README.md", "| none |", "| TODO |"),
            "README.md still says TODO in the row of lesson 00.",
        ),
    ],
)
def test_faults_of_files(topic, plant, said):
    """Whatever is missing, stale, left over or undocumented is said."""
    plant(topic)
    assert any(said in fault for fault in verify.verify_files([topic], commands.command_names()).faults)


def test_what_is_left_of_one_exercise_is_said_of_that(topic):
    """Where the first exercise stands directly below the docstring, what is left in it is not the module's."""
    topic.solution.write_text('"""Toys."""\n\n\ndef double(x):\n    return 2 * x  # TODO\n', encoding="utf-8")
    assert list(verify.left_above_exercises(topic)) == []


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("01_games.ipynb", []),
        ("00_toy.ipynb", ["notebooks/00_toy.ipynb says that 00_toy.ipynb is next: it is 01_games.ipynb."]),
    ],
)
def test_the_lesson_that_is_next(topic, monkeypatch, link, said):
    """Where a lesson comes between two, the one before it has to lead there."""
    monkeypatch.setattr(syllabus, "TOPICS", (topic, syllabus.Topic(1, "games", "Games")))
    edit(topic.notebook, "# Toys", f"# Toys\\n\\n**Next:** [Games]({link}), then others.")
    assert list(verify.leads_elsewhere(topic)) == said


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
    assert "the solution does not pass" in faults()


def test_solution_that_is_not_there(topic):
    """An author's slip is a sentence, not a traceback."""
    rewrite(topic, "def triple(", "def thrice(")
    assert "solutions/toy.py does not define it." in faults(name="triple")


def test_solution_that_fails_in_parity_only(topic):
    """Full marks means core and parity."""
    rewrite(topic, "FACTOR * x", "FACTOR * x.double()")
    assert "the solution does not pass" in faults()


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
        if got.shape == value(got).shape and not close(got, value(torch.tensor([1.0, 2.0])), torch.float32):
            raise comparing.Failure("No.")

    assert said in faults()


def test_twin_that_disagrees(topic, double):
    """Where torch's own function fails our checks, the checks are wrong."""
    double.twin = lambda x: 2 * x + 1
    assert "the twin does not pass" in faults()


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


@pytest.mark.parametrize(
    ("solution", "twin", "said"),
    [
        (lambda x: 2 * x, lambda x: x + x, None),
        (lambda x: 2 * x, None, None),
        (lambda x: 3 * x, lambda x: x + x, "the solution gives [3.000000, 6.000000] with gradient [3.0000, 3.0000]"),
        (lambda x: 3 * x, None, "the solution gives [3.000000, 6.000000] with gradient [3.0000, 3.0000], the spec [2."),
        (lambda x: 2 * x, lambda x: 3 * x, "the twin gives [3.000000, 6.000000]"),
        (lambda x: 2 * x, lambda x: (2 * x).double(), "the solution gives torch.float32, the twin torch.float64."),
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
    """An exercise that rebuilds nothing of a framework may have nothing to compare."""
    double.cases, double.twin = None, None
    assert list(proofs.cases_agree(double, lambda x: x)) == []


# ---- what an author has not done yet -----------------------------------------------------------------------------


def titled(double, title):
    double.checks[0] = dataclasses.replace(double.checks[0], title=title)


@pytest.mark.parametrize(
    ("plant", "said"),
    [
        (
            lambda double: setattr(double, "cases", None),
            "it has a twin and no cases: over which calls do they agree?",
        ),
        (lambda double: setattr(double, "cases", cases(Question((X,)))), "its cases are 1: a twin is compared over 10"),
        (lambda double: setattr(double, "parity_points", 0), "it has a twin and no parity_points"),
        (lambda double: setattr(double, "hints", ("Add.",)), "it has fewer than two hints"),
        (lambda double: titled(double, "x" * 91), "has 91 characters, of 90 at most."),
        (lambda double: titled(double, "One number."), "the title 'One number.' ends with a full stop."),
        (lambda double: titled(double, "Many numbers"), "2 checks have the title 'Many numbers'."),
        (
            lambda double: setattr(double, "idea", "It is simply twice."),
            "'simply' is not said to somebody who does not have it",
        ),
        (
            lambda double: setattr(double, "hints", ("Add.", "Write `return FACTOR * x`.")),
            "a hint gives the answer away: 'return FACTOR * x'.",
        ),
        (
            lambda double: edit(styles_file(), "double__left = ", ""),
            "tests/styles/toy.py holds 4 right answers `double__…`, it needs 5.",
        ),
        (lambda double: styles_file().unlink(), "tests/styles/toy.py holds 0 right answers `double__…`, it needs 5."),
        (
            lambda double: edit(styles_file(), "sum(0)\n", "sum(0) + 1\n"),
            "double__sum does not pass (seed 0):\n  double: not yet (0 of 4 points)",
        ),
        (
            lambda double: edit(styles_file(), "    return torch.stack", "    # TODO\n    return torch.stack"),
            "tests/styles/toy.py still says TODO in line 7.",
        ),
        (
            lambda double: edit(syllabus.TOPICS[0].solution, "return FACTOR", "# TODO\n    return FACTOR"),
            "solutions/toy.py still says TODO in line 12.",
        ),
        (
            lambda double: edit(syllabus.TOPICS[0].solution, "return FACTOR * x", "raise NotImplementedError"),
            "the solution is not written yet.",
        ),
        (
            lambda double: edit(styles_file(), "return torch.stack([x, x]).sum(0)", "raise NotImplementedError"),
            "double__left is not written yet.",
        ),
    ],
)
def test_what_is_owed(topic, double, plant, said):
    """What is missing from an exercise, or is not as the course writes, is said in a sentence."""
    plant(double)
    assert said in faults()


def test_many_cases_that_disagree(topic, double):
    """Of many sentences that say the same of other numbers the first three are told, and the number of the others."""
    double.twin = lambda x: 2 * x + (x.numel() == 4)
    double.cases = cases(*(Question((torch.full((4,), float(number)),)) for number in range(10)))
    lines = faults().splitlines()
    assert [line.partition(",")[0] for line in lines[:-1]] == [f"double(torch.tensor([{at}.0" for at in range(3)]
    assert lines[-1] == "… and 7 more of its cases."


def test_todo_in_a_grader(topic, double, tmp_path):
    """What a grader's file still has to say is found by its line, of the file that holds the spec."""
    grader = tmp_path / "coursekit" / "graders" / "toy" / "double.py"
    grader.write_text("# a spec\ndef spec(x):\n    return 2 * x  # TODO: right?\n", encoding="utf-8")
    double.spec = proofs._load("double", grader).spec
    assert "coursekit/graders/toy/double.py still says TODO in line 3." in faults()


def test_a_todo_of_another_exercise_is_not_told(topic):
    """Each exercise is told what is its own."""
    edit(topic.solution, "    # once more than twice", "    # TODO: once more than twice")
    topic.stub.write_text(stubs.stub_module(topic), encoding="utf-8")
    assert "TODO" not in faults()
    assert "still says TODO in line 19." in faults(name="triple")


def test_last_is_a_drop_in(topic, double):
    """A topic with a drop-in ends with one, but for the first; where no framework has such losses, any may be last."""
    first, last = topic.exercises
    later = dataclasses.replace(topic, number=1)
    assert list(proofs.last_is_a_drop_in(later, last)) == [
        "it is the last of toy and has no twin: a topic ends with a drop-in, so it goes before double."
    ]
    assert list(proofs.last_is_a_drop_in(topic, last)) == list(proofs.last_is_a_drop_in(later, first)) == []
    double.twin = None
    assert list(proofs.last_is_a_drop_in(later, last)) == []


def test_keras_stands_at_the_end(topic, double, monkeypatch):
    """What is of Keras's is optional: nothing but its like comes behind it."""
    first, last = topic.exercises
    of_keras = dataclasses.replace(double, name="keras_double")
    for exercises in ((first, last), (first, last, of_keras), (of_keras,)):
        monkeypatch.setattr(sys.modules["coursekit.graders.toy"], "EXERCISES", exercises)
        assert not [fault for each in exercises for fault in proofs.keras_stands_at_the_end(topic, each)]
    monkeypatch.setattr(sys.modules["coursekit.graders.toy"], "EXERCISES", (of_keras, first, last))
    assert list(proofs.keras_stands_at_the_end(topic, of_keras)) == [
        "it comes before triple, which is none of Keras's: what rebuilds Keras's losses is optional, and stands at the "
        "end of toy."
    ]
    assert list(proofs.keras_stands_at_the_end(topic, first)) == []


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
    assert verify.run(syllabus.exercises().values(), 1) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:-1] == [
        "Mutation score: 3 wrong implementations, 3 rejected (100.0 %), 3 named as themselves (100.0 %)."
    ]
    assert lines[-1] == "2 exercises on 1 seeds: no faults."
    assert {"ok    files", "ok    toy.double, 3/3 rejected, 3 named", "ok    toy.triple"} == set(lines[:-2])


def test_run_of_one_exercise(topic, monkeypatch, capsys):
    """An author's own is proved in this process: no other is started."""
    monkeypatch.setattr(verify, "ProcessPoolExecutor", None)
    assert verify.run([syllabus.exercises()["double"]], 1) == 0
    told = capsys.readouterr().out.splitlines()
    assert "ok    toy.double, 3/3 rejected, 3 named" in told
    assert told[-1] == "1 exercise on 1 seeds: no faults."


def test_run_of_a_course_with_a_fault(topic, monkeypatch, capsys):
    """One fault is told below what it is about, and the exit code is 1."""
    monkeypatch.setattr(verify, "ProcessPoolExecutor", Here)
    append(topic.stub, "# mine\n")
    assert verify.run(syllabus.exercises().values(), 1) == 1
    out = capsys.readouterr().out
    assert "FAULT files\n      exercises/toy.py is stale" in out
    assert out.endswith("2 exercises on 1 seeds: 1 fault.\n")


def test_an_author_who_waits_is_told(topic, monkeypatch, capsys):
    """How far it is, on standard error, where some seconds have passed: of one exercise, and of many."""
    monkeypatch.setattr(verify, "SECONDS_BETWEEN_WORDS", 0.0)
    verify.run([(topic, topic.exercises[0])], 1)
    said = capsys.readouterr().err
    assert [line.partition(": ")[2] for line in said.splitlines()] == [
        *("the solution", "the cases", "the styles", "mistake 1 of 3", "mistake 2 of 3", "mistake 3 of 3")
    ]
    monkeypatch.setattr(verify, "ProcessPoolExecutor", Here)
    verify.run(syllabus.exercises().values(), 1)
    assert capsys.readouterr().err.endswith(" s: 2 of 2 exercises\n")
    monkeypatch.setattr(verify, "SECONDS_BETWEEN_WORDS", 60.0)
    verify.run([(topic, topic.exercises[0])], 1)
    assert capsys.readouterr().err == ""


def test_mutation_score_of_nothing():
    """Without wrong implementations there is no division by zero."""
    assert "0 wrong implementations, 0 rejected (0.0 %)" in verify.mutation_score([])
    findings = [proofs.Findings("a", [], 1, 1, 0), proofs.Findings("b", [], 3, 2, 1)]
    assert verify.mutation_score(findings[:1]).startswith("Mutation score: 1 wrong implementations, 1 rejected (100.0 ")
    assert verify.mutation_score(findings).endswith("3 rejected (75.0 %), 1 named as themselves (25.0 %).")


def test_load_solutions(topic):
    """A solution module is loaded from its file, without becoming importable."""
    module = proofs.load_solutions(topic)
    assert module.double(3) == 6
    assert module.__name__ not in sys.modules


def test_grade_here(double):
    """A function of this process gets the report that a learner would get."""
    assert proofs.score_here(double, lambda x: 2 * x, 3).outcome is Outcome.PASSED
