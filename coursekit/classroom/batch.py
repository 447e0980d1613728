"""Grade many: each submission is one task of an executor, and what it earns goes into the gradebook at once."""

from __future__ import annotations

import hmac
import json
import re
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import astuple, dataclass, replace
from queue import SimpleQueue
from typing import NamedTuple, Self

from coursekit.classroom.gradebook import Gradebook, Work, attempts
from coursekit.course import syllabus
from coursekit.exercise import Exercise
from coursekit.grading.behaviour.probes import frames_to_ask
from coursekit.grading.behaviour.unnamed import Unnamed, is_unnamed, unnamed
from coursekit.grading.leaning import may_lean, model, part
from coursekit.grading.seeds import hidden_seed
from coursekit.grading.submission import Submission, files_that_define
from coursekit.jail.ending import Clock
from coursekit.jail.judge import Jail, Leaning, Probing
from coursekit.jail.terms import Layer, Limits
from coursekit.report import Graded, Outcome, Report, Verdict
from coursekit.wire import Cell

Cells = tuple[Cell, ...]


class Result(NamedTuple):
    """What grading one exercise of one submission gave.

    Attributes:
        report: a Report as JSON, without a learner.
        unnamed: what the answer does, where it fails by no known mistake.
    """

    report: str
    unnamed: Unnamed | None = None


# cells, names of exercises, each with its attempt → results by name
Score = Callable[[Cells, Sequence[tuple[str, int]]], Mapping[str, Result]]


class Workers(NamedTuple):
    """Who grades.

    Attributes:
        executor: spreads the work over them.
        score: scores one submission; runs in the executor.
        number: how many submissions they grade at a time.
        layers: the walls around what they run; nothing if these are walls of other machines.
    """

    executor: Executor
    score: Score
    number: int
    layers: tuple[Layer, ...]


@dataclass(frozen=True)
class Terms:
    """What decides a grade besides the work itself.

    Attributes:
        secret: what the hidden inputs are drawn from; the same secret gives the same grades again.
        versions: by exercise, the version of its grader.
        limits: what one exercise of one submission may use.
        confined: whether submissions are kept from files, network and the rest of the machine.
    """

    secret: bytes
    versions: Mapping[str, str]
    limits: Limits
    confined: bool = True

    def works(self, submission: Submission, exercises: Iterable[Exercise], book: Gradebook) -> list[Work]:
        """What the submission is called in the gradebook, one piece of work an exercise."""
        digest = attempts.digest_of(submission)
        limits = [*astuple(self.limits), self.confined]
        works = []
        for exercise in exercises:
            work = attempts.work_of(exercise.name, digest)
            works.append(Work(exercise.name, self.versions[exercise.name], work, ""))
        before = book.attempts(submission.learner, works)
        return [self._keyed(work, before[work.exercise], limits) for work in works]

    def _keyed(self, work: Work, attempt: int, limits: Sequence[float]) -> Work:
        decides = json.dumps([work.digest, work.version, limits, attempt]).encode()
        return replace(work, attempt=attempt, key=hmac.new(self.secret, decides, "sha256").hexdigest())


class Jails:
    """The warm jails of one process; each is lent to one thread at a time, and made when all others are lent.

    Args:
        limits: what one exercise of one submission may use.
        confined: see `Jail`.
    """

    def __init__(self, limits: Limits, *, confined: bool = True) -> None:
        self._limits = limits
        self._confined = confined
        self._free: deque[Jail] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for jail in self._free:
            jail.__exit__(None, None, None)

    @contextmanager
    def lend(self) -> Iterator[Jail]:
        """A jail that nobody else uses.

        Raises:
            JailError: the grading process cannot be started on this machine.
        """
        try:
            jail = self._free.pop()
        except IndexError:
            jail = Jail(self._limits, self._confined).__enter__()
        try:
            yield jail
        finally:
            self._free.append(jail)

    def score(self, cells: Cells, asked: Sequence[tuple[Exercise, int]], secret: bytes) -> Mapping[str, Result]:
        """Grades one submission, each exercise as which attempt: by exercise, what came of it."""
        with self.lend() as jail:
            return score_in(jail, cells, asked, secret)


def score_in(jail: Jail, cells: Cells, asked: Sequence[tuple[Exercise, int]], secret: bytes) -> dict[str, Result]:
    """Grades one submission, each exercise as which attempt: by exercise, what came of it."""
    attempts = {exercise.name: attempt for exercise, attempt in asked}
    clock = Clock(jail.limits.total)
    exercises = [exercise for exercise, _ in asked]
    probing = Probing(lambda exercise, report: frames_to_ask(exercise) if is_unnamed(report) else ())
    graded = score_submission(Submission("", cells), exercises, jail, secret, attempts, clock, probing)
    does = {
        report.exercise: _does(jail, cells, exercise, report, clock, probing)
        for exercise, report in zip(exercises, graded.reports, strict=True)
        if is_unnamed(report) and not clock.is_over
    }
    return {
        report.exercise: Result(json.dumps(report.to_json()), does.get(report.exercise)) for report in graded.reports
    }


def _does(
    jail: Jail, cells: Cells, exercise: Exercise, report: Report, clock: Clock, probing: Probing
) -> Unnamed | None:
    """What an answer does; one that was graded with the course's own functions in place of others, with those."""
    answered = probing.came.get(exercise.name)
    if answered is not None and not report.parted:
        return unnamed(exercise, cells, answered)
    instead = {name: model(name) for name in report.leans_on} if report.parted else {}
    return unnamed(exercise, cells, jail.answers(cells, exercise, frames_to_ask(exercise), instead, clock))


def grade_all(
    submissions: Iterable[Submission],
    exercises: Sequence[Exercise],
    executor: Executor,
    book: Gradebook,
    terms: Terms,
    score: Score,
    *,
    in_flight: int,
) -> Generator[str]:
    """Grades what the gradebook does not hold yet, and yields each learner's name once their grades are in it.

    A run that ends early, however it ends, has lost nothing that was done: the same call goes on where it was.

    Args:
        submissions: whom to grade; read one by one, and not kept.
        exercises: what to grade.
        executor: spreads the work: threads, or the workers of a cluster.
        book: what is graded already is not graded again, and each result is committed as it comes.
        terms: what decides a grade besides the work.
        score: scores one submission; runs in the executor.
        in_flight: how many submissions to hand to the executor at a time.

    Raises:
        DatabaseError: a result cannot be recorded.
        Exception: what `score` raises.
    """
    done: SimpleQueue[Future[Mapping[str, Result]]] = SimpleQueue()
    running: dict[Future[Mapping[str, Result]], list[Work]] = {}
    waiting: dict[tuple[str, ...], list[str]] = {}  # who handed in the same work, by its keys

    def collect() -> Iterator[str]:
        future = done.get()
        works = running.pop(future)
        learners = waiting.pop(_keys(works))
        _record(book, learners, works, future.result())
        yield from learners

    try:
        for submission in submissions:
            attempts.keep(book, submission)
            works = terms.works(submission, exercises, book)
            if _keys(works) in waiting:
                waiting[_keys(works)].append(submission.learner)
                continue
            known = book.known(works)
            missing = {e.name: e for e, work in zip(exercises, works, strict=True) if work.key not in known}
            if submission.problem or not missing:
                unread = {e.name: json.dumps(_unread(submission.problem, e).to_json()) for e in missing.values()}
                book.record([submission.learner], works, unread, submission.problem)
                yield submission.learner
                continue
            asked = [(work.exercise, work.attempt) for work in works if work.exercise in missing]
            future = executor.submit(score, submission.cells, asked)
            running[future] = works
            waiting[_keys(works)] = [submission.learner]
            future.add_done_callback(done.put)
            while len(running) >= in_flight:
                yield from collect()
        while running:
            yield from collect()
    finally:
        for future, works in running.items():
            if not future.cancel() and future.done() and future.exception() is None:  # done, and not yet recorded
                _record(book, waiting[_keys(works)], works, future.result())


def _record(book: Gradebook, learners: Sequence[str], works: Sequence[Work], found: Mapping[str, Result]) -> None:
    reports = {name: result.report for name, result in found.items()}
    behaviours = {name: result.unnamed for name, result in found.items() if result.unnamed is not None}
    book.record(learners, works, reports, "", behaviours)


def _keys(works: Iterable[Work]) -> tuple[str, ...]:
    return tuple(work.key for work in works)


def score_submission(
    submission: Submission,
    exercises: Sequence[Exercise],
    jail: Jail,
    secret: bytes,
    attempts: Mapping[str, int] | None = None,
    clock: Clock | None = None,
    probing: Probing | None = None,
) -> Graded:
    """Every exercise of one submission, so that none loses a point by the code of another (see `Jail.score`).

    Args:
        submission: what to grade.
        exercises: which.
        jail: where its code runs.
        secret: what hidden inputs are drawn from.
        attempts: by exercise (see `hidden_seed`); nothing where no gradebook knows them.
        clock: the time of the submission; by default it begins now.
        probing: what to ask of the answers besides (see `Jail.score`).
    """
    if submission.problem:
        unread = [replace(_unread(submission.problem, each), learner=submission.learner) for each in exercises]
        return Graded(submission.learner, tuple(unread), submission.problem)
    asked = [
        (exercise, hidden_seed(secret, submission, exercise, attempts[exercise.name] if attempts is not None else None))
        for exercise in exercises
    ]
    names = list(syllabus.exercises())
    clock = clock or Clock(jail.limits.total)
    leaning = Leaning(may_lean(submission.cells, names))
    reports = jail.score(
        submission.cells,
        asked,
        learner=submission.learner,
        exercises=names,
        clock=clock,
        leaning=leaning,
        probing=probing,
    )
    stands = {report.exercise: report for report in reports}
    for exercise, seed in sorted(asked, key=lambda each: names.index(each[0].name) if each[0].name in names else -1):
        way = _InJail(jail, submission, seed, names, clock, leaning)
        stands[exercise.name] = part(way, exercise, stands[exercise.name], stands)
    for name, report in stands.items():
        files = files_that_define(submission.cells, name)
        stands[name] = replace(report, found_in=files if len(files) > 1 else ())
    return Graded(submission.learner, tuple(stands[exercise.name] for exercise in exercises), submission.problem)


@dataclass(frozen=True)
class _InJail:
    """How the functions of one submission are graded a second time, and those that they call."""

    jail: Jail
    submission: Submission
    seed: int
    names: Sequence[str]
    clock: Clock
    leaning: Leaning

    def grade(self, exercise: Exercise, instead: Mapping[str, str]) -> Report:
        (report,) = self.jail.score(
            self.submission.cells,
            [(exercise, self.seed)],
            learner=self.submission.learner,
            exercises=self.names,
            instead=instead,
            clock=self.clock,
            leaning=self.leaning,
        )
        return report

    def leans_on(self, exercise: Exercise, others: Sequence[str]) -> tuple[str, ...]:
        known = self.leaning.does.get(exercise.name)
        if known is not None:
            return known
        there = [name for name in self.leaning.may.get(exercise.name, ()) if name in others]
        if not there or self.clock.is_over:
            return ()
        return self.jail.leans_on(self.submission.cells, exercise, there, self.clock)


def _unread(problem: str, exercise: Exercise) -> Report:
    verdicts = tuple(
        Verdict(check.name, check.title, check.tier, Outcome.UNCHECKED, rationale=problem) for check in exercise.checks
    )
    return Report(exercise.name, "", Outcome.UNATTEMPTED, verdicts, 0.0, exercise.maximum, is_unread=True)


def exercises_in(submissions: Iterable[Submission]) -> list[Exercise]:
    """The exercises that at least one submission defines (or seems to: this looks at the text only)."""
    defined: set[str] = set()
    for submission in submissions:
        for _, source in submission.cells:
            # blanks only: \s would take in the lines that follow, and a megabyte of empty ones would take an hour
            defined.update(re.findall(r"^[ \t]*def[ \t]+(\w+)", source, re.MULTILINE))
    return [exercise for _, exercise in syllabus.exercises().values() if exercise.name in defined]
