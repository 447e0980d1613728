"""Grading many: who is graded, with which inputs, and that nobody is lost."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import toys

from coursekit import batch, grading
from coursekit.batch import Graded
from coursekit.exercise import Exercise
from coursekit.jail.inside import source
from coursekit.jail.judge import JailError
from coursekit.report import Outcome, Report
from coursekit.show import as_text
from coursekit.submissions import Submission

WRONG = "def double(x):\n    return x * x\n"


def submission(learner: str, text: str = toys.HONEST) -> Submission:
    return Submission(learner, (("a.py", text),))


class FakeJail:
    """Loads and asks in this process; notes what a real jail must never see: two children at a time."""

    open = 0
    made = 0

    def __init__(self, limits=None) -> None:
        self.limits = limits
        self.busy = threading.Lock()

    def __enter__(self):
        FakeJail.open += 1
        FakeJail.made += 1
        return self

    def __exit__(self, *_):
        FakeJail.open -= 1

    @contextmanager
    def child(self, cells, exercise):
        assert self.busy.acquire(blocking=False), "two children in one jail"
        try:
            function = source.load(list(cells), exercise.name)
            # no time limit: it would interrupt the main thread
            yield lambda question: grading.answer(function, question, exercise.forbids)
        finally:
            self.busy.release()


@pytest.fixture
def jail(monkeypatch):
    monkeypatch.setattr(batch, "Jail", FakeJail)
    monkeypatch.setattr(FakeJail, "open", 0)
    monkeypatch.setattr(FakeJail, "made", 0)
    return FakeJail


def graded_by(submissions, exercises, workers=2) -> list[Graded]:
    with ThreadPoolExecutor(workers) as executor:
        return list(batch.grade_all(submissions, exercises, executor, workers=workers, secret=b"secret"))


def test_everybody_is_graded_once(jail, double):
    """Each submission gives one result, whatever the number of workers, and all jails are closed."""
    learners = [f"learner {number}" for number in range(20)]
    graded = graded_by([submission(learner) for learner in learners], [double], workers=3)
    assert learners == sorted((each.learner for each in graded), key=lambda name: int(name.split()[1]))
    assert [each.points for each in graded] == [4.0] * 20
    assert (jail.open, jail.made) == (0, 3)


def test_same_grades_on_any_number_of_workers(jail, double):
    """How the work is spread changes nothing."""
    submissions = [submission(name, text) for name in "abc" for text in (toys.HONEST, WRONG)]
    one, three = ({(g.learner, g.reports) for g in graded_by(submissions, [double], n)} for n in (1, 3))
    assert one == three


def test_reports_follow_the_exercises(jail, double):
    """A learner has one report for each exercise asked, in that order, under their own name."""
    both = toys.HONEST + "\ndef triple(x):\n    return 3 * x\n"
    (graded,) = graded_by([submission("ann", both)], [toys.make_triple(), double])
    assert [(report.exercise, report.learner, report.points) for report in graded.reports] == [
        ("triple", "ann", 1.0),
        ("double", "ann", 4.0),
    ]
    assert (graded.points, graded.maximum) == (5.0, 5.0)


def test_unreadable_submission_is_graded_without_a_jail(double):
    """Who handed in something unreadable gets no points and the reason, as text too."""
    graded = batch.grade_one(Submission("bob", problem="It is a link."), [double], None, b"secret")
    assert (graded.learner, graded.points, graded.maximum, graded.problem) == ("bob", 0.0, 4.0, "It is a link.")
    (report,) = graded.reports
    assert (report.outcome, report.learner) == (Outcome.UNATTEMPTED, "bob")
    assert "It is a link." in as_text(report)
    assert report == Report.from_json(report.to_json())


def test_jail_that_does_not_start(monkeypatch, double):
    """Where no process can be started, the whole run says so."""

    class Broken(FakeJail):
        def __enter__(self):
            raise JailError("no processes here")

    monkeypatch.setattr(batch, "Jail", Broken)
    with pytest.raises(JailError, match="no processes here"):
        graded_by([submission("ann")], [double])


def test_run_that_is_abandoned(jail, double):
    """Whoever stops after the first result leaves no jail open."""
    with ThreadPoolExecutor(1) as executor:
        run = batch.grade_all([submission(name) for name in "abcdef"], [double], executor, workers=1, secret=b"secret")
        next(run)
        run.close()
    assert jail.open == 0


def test_limits_reach_the_jail(jail, double, monkeypatch):
    """What the grader allows is what the jail enforces."""
    seen = []
    monkeypatch.setattr(batch, "Jail", lambda limits: seen.append(limits) or FakeJail(limits))
    with ThreadPoolExecutor(1) as executor:
        list(batch.grade_all([], [double], executor, workers=1, secret=b"s", limits="the limits"))
    assert seen == ["the limits"]


# ---- hidden inputs -----------------------------------------------------------------------------------------------


def test_same_work_same_seed(double):
    """Grading again, or grading the same work under another name, draws the same inputs."""
    assert batch.hidden_seed(b"s", submission("ann"), double) == batch.hidden_seed(b"s", submission("bob"), double)


@pytest.mark.parametrize("change", ["secret", "source", "label", "exercise"])
def test_other_work_other_seed(double, change):
    """Whoever changes a letter, or does not know the secret, cannot tell the inputs."""
    before = batch.hidden_seed(b"s", submission("ann"), double)
    after = {
        "secret": lambda: batch.hidden_seed(b"t", submission("ann"), double),
        "source": lambda: batch.hidden_seed(b"s", submission("ann", toys.HONEST + "#"), double),
        "label": lambda: batch.hidden_seed(b"s", Submission("ann", (("b.py", toys.HONEST),)), double),
        "exercise": lambda: batch.hidden_seed(b"s", submission("ann"), toys.make_triple()),
    }[change]()
    assert before != after
    assert 0 <= after < 2**64


def test_seed_of_strange_text(double):
    """Text that is no valid Unicode has a seed too."""
    assert batch.hidden_seed(b"s", submission("ann", "'\ud800'"), double) >= 0


# ---- which exercises ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "names"),
    [
        ([toys.HONEST], ["double"]),
        (["def triple(x): pass", toys.HONEST], ["double", "triple"]),
        (["x = 1\nif x:\n    def triple(x): pass"], ["triple"]),
        (["double(3)", "# def double", "def doubled(x): pass"], []),
        ([], []),
    ],
)
def test_exercises_in(toy_course, texts, names):
    """Graded is what at least one submission defines, in course order."""
    found = batch.exercises_in([submission(str(number), text) for number, text in enumerate(texts)])
    assert names == [exercise.name for exercise in found]


def test_points_add_up():
    """A sum of thirds is rounded, not 0.9999."""
    reports = [Report(str(n), "ann", Outcome.FAILED, (), 0.1, 0.5) for n in range(3)]
    graded = Graded("ann", tuple(reports))
    assert (graded.points, graded.maximum) == (0.3, 1.5)


def test_exercise_without_checks(double):
    """A learner's answer is not scored where there is nothing to score."""
    empty = Exercise("double", double.spec, idea="", hints=())
    assert grading.grade(empty, lambda question: None, seed=0).points == 0.0


def test_looking_for_exercises_takes_no_time():
    """A megabyte of empty lines, or of blanks, is searched as fast as any other text."""
    before = time.process_time()
    found = [Submission("ann", (("a.py", space * 1_000_000 + "x"),)) for space in ("\n", " ", "\t", "def ", " def\n")]
    assert batch.exercises_in(found) == []
    assert time.process_time() - before < 5
