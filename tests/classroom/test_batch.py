"""Grading many: who is graded, with which inputs, and that nobody is lost."""

import json
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import pytest
import sqlalchemy as sa
import torch
import toys

from coursekit.classroom import batch
from coursekit.classroom.batch import Graded, Jails, Result, Terms
from coursekit.classroom.gradebook import Gradebook, tables
from coursekit.database import DatabaseError
from coursekit.exercise import Exercise, same_gradient, same_value
from coursekit.grading import scoring
from coursekit.grading.rehearsal import question_in
from coursekit.grading.seeds import VARIANTS, hidden_seed
from coursekit.grading.submission import Submission
from coursekit.jail.inside import source
from coursekit.jail.terms import JailError, Limits
from coursekit.learning.feedback import as_text
from coursekit.report import Outcome, Report
from coursekit.wire import Answer, Question
from coursekit.wire.answering import answer
from coursekit.wire.frames import encode_question

WRONG = "def double(x):\n    return x * x\n"
TERMS = Terms(b"secret", {"double": "1", "triple": "1"}, Limits())


def submission(learner: str, text: str = toys.HONEST) -> Submission:
    return Submission(learner, (("a.py", text),))


class FakeJail:
    """Loads and asks in this process; notes what a real jail must never see: two children at a time."""

    open = 0
    made = 0
    children = 0
    asked = 0  # how many answers have been asked what they do

    def __init__(self, limits=None, confined=True) -> None:
        self.limits = limits or Limits()
        self.busy = threading.Lock()

    def __enter__(self):
        FakeJail.open += 1
        FakeJail.made += 1
        self.inside = True
        return self

    def __exit__(self, *_):  # like the real one, can be ended twice: by who closes all, and by who had it on loan
        FakeJail.open -= self.inside
        self.inside = False

    def score(self, cells, asked, *, learner="", exercises=(), clock=None, leaning=None, probing=None):
        return [self.score_one(cells, exercise, seed, learner) for exercise, seed in asked]

    def answers(self, cells, exercise, asked, instead, clock):
        FakeJail.asked += 1
        function = source.load(list(cells), exercise.name)
        return [answer(function, question_in(frame), exercise.forbids) for frame in asked]

    def score_one(self, cells, exercise, seed, learner):
        assert self.busy.acquire(blocking=False), "two children in one jail"
        FakeJail.children += 1
        try:
            function = source.load(list(cells), exercise.name)
            # no time limit: it would interrupt the main thread
            ask = lambda question: answer(function, question, exercise.forbids)  # noqa: E731
            return scoring.score(exercise, ask, seed=seed, learner=learner)
        finally:
            self.busy.release()


@pytest.fixture
def book(tmp_path):
    with Gradebook(f"sqlite:///{tmp_path / 'book.sqlite'}") as book:
        book.accept(TERMS.versions)
        yield book


def run(submissions, exercises, book, grade=None, workers=2, terms=TERMS, in_flight=4) -> list[str]:
    """The names in the order in which they are done."""
    by_name = {exercise.name: exercise for exercise in exercises}
    with Jails(terms.limits, confined=terms.confined) as jails, ThreadPoolExecutor(workers) as executor:

        def here(cells, asked):
            return jails.score(cells, [(by_name[name], attempt) for name, attempt in asked], terms.secret)

        grade = grade or here
        return list(batch.grade_all(submissions, exercises, executor, book, terms, grade, in_flight=in_flight))


def graded_by(submissions, exercises, book, **more) -> list[Graded]:
    run(submissions, exercises, book, **more)
    return list(book.latest([exercise.name for exercise in exercises]))


def test_everybody_is_graded_once(jail, double, book):
    """Each submission gives one result, whatever the number of workers, and all jails are closed."""
    learners = [f"learner {number:02}" for number in range(20)]
    submissions = [submission(learner, f"{toys.HONEST}# {learner}") for learner in learners]
    assert learners == sorted(run(submissions, [double], book, workers=3))
    graded = list(book.latest())
    assert learners == [each.learner for each in graded]
    assert [each.points for each in graded] == [4.0] * 20
    assert (jail.open, jail.children) == (0, 20)
    assert 1 <= jail.made <= 3


def test_same_grades_on_any_number_of_workers(jail, double, tmp_path):
    """How the work is spread changes nothing."""
    submissions = [submission(name + str(n), text) for name in "abc" for n, text in enumerate((toys.HONEST, WRONG))]
    found = []
    for workers in (1, 3):
        with Gradebook(f"sqlite:///{tmp_path / str(workers)}.sqlite") as book:
            book.accept(TERMS.versions)
            found.append(graded_by(submissions, [double], book, workers=workers))
    assert found[0] == found[1]
    assert len(found[0]) == 6


def test_reports_follow_the_exercises(jail, double, book):
    """A learner has one report for each exercise asked, in that order, under their own name."""
    both = toys.HONEST + "\ndef triple(x):\n    return 3 * x\n"
    (graded,) = graded_by([submission("ann", both)], [toys.make_triple(), double], book)
    assert [(report.exercise, report.learner, report.points) for report in graded.reports] == [
        ("triple", "ann", 1.0),
        ("double", "ann", 4.0),
    ]
    assert (graded.points, graded.maximum) == (5.0, 5.0)


def test_same_work_is_graded_once(jail, double, book):
    """Who hands in what somebody else did has the same report under their own name, and cost nothing."""
    graded = graded_by([submission(name) for name in "abcdefgh"], [double], book, in_flight=2)
    assert [each.learner for each in graded] == list("abcdefgh")
    assert {report.learner for each in graded for report in each.reports} == set("abcdefgh")
    assert jail.children == 1
    run([submission("zoe")], [double], book)
    assert jail.children == 1


def test_new_exercise_is_all_that_is_graded(jail, double, book):
    """Who was graded on one exercise is graded on the second alone."""
    both = submission("ann", toys.HONEST + "\ndef triple(x):\n    return 3 * x\n")
    run([both], [double], book)
    run([both], [double, toys.make_triple()], book)
    assert jail.children == 2


@pytest.mark.parametrize(
    "other",
    [
        Terms(b"other", TERMS.versions, TERMS.limits),
        Terms(b"secret", {"double": "2"}, TERMS.limits),
        Terms(b"secret", TERMS.versions, Limits(seconds=99)),
        Terms(b"secret", TERMS.versions, TERMS.limits, confined=False),
    ],
    ids=["secret", "version", "limits", "trust"],
)
def test_other_terms_other_result(jail, double, book, other):
    """What decides a grade besides the work is part of the result's key."""
    run([submission("ann")], [double], book)
    run([submission("ann")], [double], book, terms=other)
    assert jail.children == 2


def test_few_are_in_flight(double, book):
    """However many hand in, few wait for the executor: memory stays flat."""
    read, done, most = 0, 0, 0

    def submissions():
        nonlocal read, most
        for number in range(50):
            read += 1
            most = max(most, read - done)
            yield submission(str(number), f"{toys.HONEST}# {number}")

    def grade(cells, asked):
        return {name: Result(json.dumps(Report(name, "", Outcome.PASSED, (), 1.0, 4).to_json())) for name, _ in asked}

    with ThreadPoolExecutor(2) as executor:
        for _ in batch.grade_all(submissions(), [double], executor, book, TERMS, grade, in_flight=3):
            done += 1
    assert (done, most) == (50, 3)


def test_unreadable_submission_is_graded_without_a_jail(double, book):
    """Who handed in something unreadable gets no points and the reason, as text too."""
    (graded,) = graded_by([Submission("bob", problem="It is a link.")], [double], book)
    assert (graded.learner, graded.points, graded.maximum, graded.problem) == ("bob", 0.0, 4.0, "It is a link.")
    (report,) = graded.reports
    assert (report.outcome, report.learner) == (Outcome.UNATTEMPTED, "bob")
    assert "It is a link." in as_text(report)
    assert report == Report.from_json(report.to_json())
    again = batch.score_submission(Submission("bob", problem="It is a link."), [double], None, b"secret")
    assert again == Graded("bob", (replace(report, work=""),), "It is a link.")


def test_jail_that_does_not_start(monkeypatch, double, book):
    """Where no process can be started, the whole run says so."""

    class Broken(FakeJail):
        def __enter__(self):
            raise JailError("no processes here")

    monkeypatch.setattr(batch, "Jail", Broken)
    with pytest.raises(JailError, match="no processes here"):
        run([submission("ann")], [double], book)


def test_limits_reach_the_jail(jail, double, monkeypatch, book):
    """What the grader allows is what the jail enforces."""
    seen = []
    monkeypatch.setattr(batch, "Jail", lambda *given: seen.append(given) or FakeJail(*given))
    terms = Terms(b"s", TERMS.versions, Limits(seconds=3), confined=False)
    run([submission("ann")], [double], book, terms=terms)
    assert seen == [(Limits(seconds=3), False)]


# ---- runs that end early -----------------------------------------------------------------------------------------


def test_what_is_done_is_kept(jail, double, book):
    """A task that fails ends the run; who was graded before is in the book, and the next run grades the rest."""
    texts = {name: f"{toys.HONEST}# {name}" for name in "abcd"}
    with Jails(Limits()) as jails:

        def grade(cells, asked):
            if cells[0][1].endswith("c"):
                raise RuntimeError("the machine")
            return jails.score(cells, [(double, 0)], b"secret")

        submissions = [submission(name, text) for name, text in texts.items()]
        with pytest.raises(RuntimeError, match="the machine"):
            run(submissions, [double], book, grade, workers=1, in_flight=1)
        assert [graded.learner for graded in book.latest()] == ["a", "b"]
        before = jail.children
        assert sorted(run(submissions, [double], book)) == ["a", "b", "c", "d"]
        assert jail.children == before + 2


def test_run_that_is_abandoned(double, book):
    """Whoever stops after the first result keeps what was done by then, and what waited is called off."""
    futures = []

    class Slow:
        """An executor whose tasks are done when the test says so."""

        def submit(self, function, *arguments):
            futures.append(Future())
            if len(futures) in (1, 2):
                report = json.dumps(Report("double", "", Outcome.PASSED, (), 4.0, 4).to_json())
                futures[-1].set_result({"double": Result(report)})
            return futures[-1]

    submissions = [submission(name, f"{toys.HONEST}# {name}") for name in "abcdef"]
    graded = batch.grade_all(submissions, [double], Slow(), book, TERMS, print, in_flight=4)
    assert next(graded) == "a"
    graded.close()
    assert [each.learner for each in book.latest()] == ["a", "b"]
    assert [future.cancelled() for future in futures] == [False, False, True, True]


def test_book_that_fails_ends_the_run(double, book, tmp_path):
    """Where nothing can be kept, nothing more is graded."""
    (tmp_path / "book.sqlite").unlink()
    with pytest.raises(DatabaseError, match="was removed"):
        run([submission("ann")], [double], book, lambda cells, asked: {"double": Result("{}")})


# ---- hidden inputs -----------------------------------------------------------------------------------------------


def test_same_work_same_seed(double):
    """Grading again, or grading the same work under another name, draws the same inputs."""
    assert hidden_seed(b"s", submission("ann"), double) == hidden_seed(b"s", submission("bob"), double)


@pytest.mark.parametrize("change", ["secret", "source", "label", "exercise"])
def test_other_work_other_seed(double, change):
    """Whoever changes a letter, or does not know the secret, cannot tell the inputs."""
    before = hidden_seed(b"s", submission("ann"), double)
    after = {
        "secret": lambda: hidden_seed(b"t", submission("ann"), double),
        "source": lambda: hidden_seed(b"s", submission("ann", toys.HONEST + "#"), double),
        "label": lambda: hidden_seed(b"s", Submission("ann", (("b.py", toys.HONEST),)), double),
        "exercise": lambda: hidden_seed(b"s", submission("ann"), toys.make_triple()),
    }[change]()
    assert before != after
    assert 0 <= after < 2**64


def test_few_seeds_an_exercise(double):
    """Many submissions share a few sets of hidden inputs, so that the right answers are computed once for all."""
    works = [submission("ann", f"{toys.HONEST}# {number}") for number in range(200)]
    seeds, others = ({hidden_seed(secret, work, double) for work in works} for secret in (b"s", b"t"))
    assert len(seeds) == VARIANTS
    assert not seeds & others


def test_each_attempt_has_sets_of_its_own(double):
    """What somebody meets with a second source, nobody has met with a first one."""
    works = [submission("ann", f"{toys.HONEST}# {number}") for number in range(100)]
    met = [{hidden_seed(b"s", work, double, attempt) for work in works} for attempt in range(4)]
    assert [len(seeds) for seeds in met] == [VARIANTS] * 4
    assert len(set.union(*met)) == 4 * VARIANTS


def test_who_has_no_gradebook_meets_no_set_twice(double):
    """Where attempts are not counted, as on Gradescope, each source of each learner has a set to itself."""
    works = [submission(name, f"{toys.HONEST}# {number}") for number in range(100) for name in ("ann", "bob")]
    assert len({hidden_seed(b"s", work, double, None) for work in works}) == 200
    assert hidden_seed(b"s", works[0], double, None) == hidden_seed(b"s", works[0], double, None)


def test_gradescope_counts_no_attempts(jail, double, monkeypatch):
    """Whoever grades one submission by itself draws for it alone."""
    drawn = []
    monkeypatch.setattr(FakeJail, "score", lambda self, cells, asked, **_: drawn.extend(asked) or [])
    with pytest.raises(KeyError):  # no report came
        batch.score_submission(submission("ann"), [double], FakeJail(), b"s")
    assert drawn == [(double, hidden_seed(b"s", submission("ann"), double, None))]


class Omniscient:
    """A cheat who is told all that any verdict could ever tell: after each attempt, every input and its right answer.

    What they hand in next looks its inputs up, and knows nothing else. Whoever reads verdicts knows less than this.
    """

    def __init__(self, exercise: Exercise) -> None:
        self.exercise = exercise
        self.table: dict[bytes, Answer] = {}
        self.asked: list[Question] = []

    def hand_in(self, question: Question) -> Answer:
        """What the source of now answers."""
        self.asked.append(question)
        nothing = torch.zeros_like(question.args[0])
        return self.table.get(encode_question(question), Answer(nothing, tuple(nothing for _ in question.wrt)))

    def learn(self) -> None:
        """Is told all about what was asked."""
        for question in self.asked:
            self.table[encode_question(question)] = answer(self.exercise.spec, question)
        self.asked.clear()


def make_drawn() -> Exercise:
    """Twice x, all of whose inputs are drawn."""
    drawn = Exercise("double", toys.twice, points=2, idea="", hints=())

    @drawn.check
    def value(f, rng):
        """The value"""
        same_value(f, toys.twice, torch.tensor(rng.normal(size=3)))

    @drawn.check
    def slope(f, rng):
        """The gradient"""
        same_gradient(f, toys.twice, torch.tensor(rng.normal(size=3)))

    return drawn


@pytest.mark.parametrize("counted", [True, False])
def test_a_table_earns_nothing(jail, book, monkeypatch, counted):
    """Fifty attempts that differ in a comment, each with a table of all that was asked before: none earns a point.

    With attempts that are not counted, where all share the first one's eight sets, they soon earn all.
    """
    drawn = make_drawn()
    cheat = Omniscient(drawn)
    monkeypatch.setattr(
        FakeJail,
        "score_one",
        lambda self, cells, exercise, seed, learner: scoring.score(exercise, cheat.hand_in, seed=seed, learner=learner),
    )
    if not counted:
        monkeypatch.setattr(Gradebook, "attempts", lambda self, learner, works: {work.exercise: 0 for work in works})
    earned = []
    for number in range(50):
        (graded,) = graded_by([submission("mallory", f"# {number}\n{toys.HONEST}")], [drawn], book)
        earned.append(graded.points)
        cheat.learn()
    if counted:
        assert earned == [0.0] * 50
    else:
        assert earned[-1] == 2.0


def test_attempts_are_counted_by_the_book(jail, double, book, tmp_path):
    """A comment makes another attempt; the same work again, from others, or graded once more, makes none."""
    seen = []

    def grade(cells, asked):
        seen.append(dict(asked)["double"])
        return {name: Result(json.dumps(Report(name, "", Outcome.FAILED, (), 1.0, 4).to_json())) for name, _ in asked}

    def hand_in(learner, text, **more):
        run([submission(learner, text)], [double], book, grade, **more)
        return seen[-1]

    first, second = toys.HONEST, f"{toys.HONEST}# again"
    assert hand_in("ann", first) == 0
    assert hand_in("ann", second) == 1
    assert (hand_in("ann", first), len(seen)) == (1, 2)  # is known, and not graded
    assert (hand_in("bob", first), len(seen)) == (1, 2)  # shares ann's
    assert (hand_in("bob", second), len(seen)) == (1, 2)
    assert hand_in("bob", f"{toys.HONEST}# third") == 2
    assert hand_in("cem", second) == 0  # as a first attempt it is another one than ann's
    other = Terms(TERMS.secret, {"double": "2", "triple": "1"}, TERMS.limits)
    assert hand_in("ann", second, terms=other) == 1  # whatever the checks are


def test_the_same_folder_gives_the_same_grades(jail, double, tmp_path):
    """What was handed in one after the other draws the same inputs in another gradebook, by any number of workers."""
    texts = [toys.HONEST, f"{toys.HONEST}# 2", WRONG]
    told = []
    for workers in (1, 3):
        with Gradebook(f"sqlite:///{tmp_path / str(workers)}.sqlite") as book:
            book.accept(TERMS.versions)
            for text in texts:
                run([submission(name, text) for name in ("ann", "bob")], [double], book, workers=workers)
            with book._engine.connect() as connection:
                told.append(sorted(connection.execute(sa.select(tables.results.c.key, tables.results.c.report))))
    assert told[0] == told[1]
    assert len(told[0]) == 3


def test_seed_of_strange_text(double):
    """Text that is no valid Unicode has a seed too."""
    assert hidden_seed(b"s", submission("ann", "'\ud800'"), double) >= 0


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
    assert scoring.score(empty, lambda question: None, seed=0).points == 0.0


def test_looking_for_exercises_takes_no_time():
    """A megabyte of empty lines, or of blanks, is searched as fast as any other text."""
    before = time.process_time()
    found = [Submission("ann", (("a.py", space * 1_000_000 + "x"),)) for space in ("\n", " ", "\t", "def ", " def\n")]
    assert batch.exercises_in(found) == []
    assert time.process_time() - before < 5
