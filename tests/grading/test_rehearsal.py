"""Questions sent ahead: the same reports as from asking one by one, and no check is run twice for the same answers."""

import json

import pytest
import torch
import toys
from torch import tensor

from coursekit.course import syllabus
from coursekit.exercise import Exercise, Failure, Stopped
from coursekit.grading import scoring
from coursekit.grading.rehearsal import right_answer
from coursekit.report import Outcome
from coursekit.wire import Question, frames
from coursekit.wire.answering import answer


class Line:
    """A child in this process; `asked` counts the questions that were not sent ahead."""

    def __init__(self, function, ends_after=10**9):
        self.function, self.ends_after = function, ends_after
        self.waiting, self.asked = [], 0

    def __call__(self, question):
        self.asked += 1
        return answer(self.function, question)

    def send(self, frames):
        self.waiting += frames

    def reply(self):
        if not self.ends_after:
            raise Stopped(Outcome.TIMEOUT, "too slow")
        self.ends_after -= 1
        frame = self.waiting.pop(0)
        header, _ = frames.lengths(frame[:8])
        question = frames.decode_question(json.loads(frame[8 : 8 + header]), frame[8 + header :])
        return frames.encode_answer(answer(self.function, question))

    def read(self, reply, question):
        header, _ = frames.lengths(reply[:8])
        return frames.decode_answer(reply[8 : 8 + header], reply[8 + header :], question.wrt)


@pytest.fixture
def double():
    return toys.make_double()


def one_by_one(exercise, function, seed=0):
    return scoring.score(exercise, lambda question: answer(function, question), seed=seed)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["kl_div", "huber_loss", "cross_entropy"])
def test_same_reports_as_one_by_one(name):
    """The spec and every known mistake get the same report either way, and again once the checks are known."""
    exercise = syllabus.find_exercise(name)[1]
    for function in (exercise.twin, *(m.function for m in exercise.misconceptions[:12]), exercise.twin):
        line = Line(function)
        assert scoring.score(exercise, line, seed=0) == one_by_one(exercise, function)
        assert line.asked == 0 or function is not exercise.twin, "a right answer was asked what was not foreseen"


def counting(exercise):
    """Counts how often one more check is run."""
    runs = []

    @exercise.parity
    def counts(f, rng):
        """Counted"""
        runs.append(f)
        if f(tensor([3.0])).item() != 6:
            raise Failure("not six")

    return runs


def test_same_answers_are_checked_once(double):
    """Who answers with the same bytes has passed the same checks; who does not is checked."""
    runs = counting(double)
    reports = [scoring.score(double, Line(lambda x: 2 * x), seed=1) for _ in range(3)]
    assert reports[0] == reports[1] == reports[2] == one_by_one(double, lambda x: 2 * x, 1)
    assert len(runs) == 1 + 1 + 1, "rehearsed, run for the first of three, and run one by one"
    wrong = scoring.score(double, Line(lambda x: 2 * x + (x.numel() == 1)), seed=1)
    assert wrong.outcome is not Outcome.PASSED or wrong.points < double.maximum
    assert scoring.score(double, Line(lambda x: 2 * x), seed=1) == reports[0]


def test_another_seed_is_checked_anew(double):
    """What passed on one seed says nothing of another."""
    runs = counting(double)
    for seed in (1, 2):
        scoring.score(double, Line(lambda x: 2 * x), seed=seed)
    assert len(runs) == 4


@pytest.mark.parametrize("factor", [2.0, 3.0])
def test_questions_that_hang_on_answers(double, factor):
    """What was not foreseen is asked at once, and such a check is never taken for passed by its first answers."""
    asked = []

    @double.parity
    def twice_over(f, rng):
        """Applied to its own result"""
        first = f(tensor([1.0]))
        asked.append(f(first + (0 if first.item() == 4 else torch.rand(1))))

    def function(x):
        return factor * x

    lines = [Line(function) for _ in range(2)]
    for line in lines:
        report = scoring.score(double, line, seed=0)
        assert report.outcome is one_by_one(double, function).outcome
    assert [line.asked for line in lines] == ([1, 1] if factor == 2 else [0, 0])


def test_one_question_more_than_foreseen(double):
    """A check that asks an answer that is wrong once more than a right one gets that answer, too."""

    @double.parity
    def asks_again(f, rng):
        """Asked again"""
        if f(tensor([77.0])).item() != 154:
            raise Failure(f"{f(tensor([1.0])).item():g}, then no more")

    report = scoring.score(double, Line(lambda x: 2 * x + (x == 77)), seed=0)
    assert report.verdicts[-1].rationale == "2, then no more"


def test_what_ends_a_child_is_told_where_it_is_missed(double):
    """Checks whose answers came before are judged; the first that misses one has the outcome."""
    scoring.score(double, Line(lambda x: 2 * x), seed=0)
    reports = [scoring.score(double, Line(lambda x: 2 * x, ends_after=count), seed=0) for count in range(4)]
    assert {report.outcome for report in reports} == {Outcome.TIMEOUT}
    passed = [sum(v.outcome is Outcome.PASSED for v in report.verdicts) for report in reports]
    assert passed == sorted(passed)
    assert (passed[0], passed[-1]) != (0, 0)


def test_unattempted_only_before_any_answer(double):
    """A function that has answered before is not `not attempted`, also if those answers were known."""

    def half_done(x):
        if x.ndim > 1:
            raise NotImplementedError
        return 2 * x

    scoring.score(double, Line(lambda x: 2 * x), seed=0)  # its checks are known from now on
    assert scoring.score(double, Line(half_done), seed=0) == one_by_one(double, half_done)


def test_whole_numbers_decide_no_dtype():
    """Of an average of classes, float32 is expected, as torch's own default has it."""
    half = Exercise("half", lambda x: x / 2, idea="", hints=())
    assert right_answer(half, Question((torch.tensor([1, 2]),))).value.dtype is torch.float32
    assert right_answer(half, Question((torch.tensor([1, 2]).double(),))).value.dtype is torch.float64
    largest = Exercise("largest", lambda x: x.argmax(), idea="", hints=())
    assert right_answer(largest, Question((torch.tensor([1.0, 2.0]),))).value.dtype is torch.int64


@pytest.mark.parametrize(
    ("inputs", "dtype"),
    [
        ((torch.float16, torch.float16), torch.float16),
        ((torch.float16, torch.float32), torch.float32),
        ((torch.float32, torch.float64), torch.float64),
        ((torch.float16, torch.int64), torch.float16),
        ((torch.int64, torch.int64), torch.float32),
    ],
)
def test_the_dtype_of_a_right_answer(inputs, dtype):
    """That of the inputs together, whole numbers apart; of whole numbers alone it is torch's usual one."""
    exercise = Exercise("mean", lambda x, y: (x + y) / 2, idea="", hints=())
    question = Question(tuple(torch.ones(2, dtype=each) for each in inputs))
    assert right_answer(exercise, question).value.dtype is dtype


def test_what_passed_is_kept_for_a_diagnosis(double, monkeypatch):
    """Whether the checks were run or their answers were known: the calls that were right are the same."""
    told = []
    monkeypatch.setattr(scoring, "diagnose", lambda exercise, failed, passed: told.append((failed, passed)))
    for _ in range(2):
        scoring.score(double, Line(lambda x: 2 * x + (x.ndim == 0)), seed=5)
    for failed, passed in told:
        assert [len(failed), len(passed)] == [1, 2]
        assert [call.question.args[0].tolist() for call in passed][1] == [1.0, -5.0]
