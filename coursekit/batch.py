"""Grade many: a jail per worker, spread over the threads of an executor."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, as_completed
from contextlib import ExitStack
from queue import SimpleQueue

from coursekit import course, grading
from coursekit.exercise import Exercise
from coursekit.jail.judge import Jail, Limits
from coursekit.report import Graded, Outcome, Report, Verdict
from coursekit.submissions import Submission


def grade_all(
    submissions: Sequence[Submission],
    exercises: Sequence[Exercise],
    executor: Executor,
    *,
    workers: int,
    secret: bytes,
    limits: Limits | None = None,
) -> Iterator[Graded]:
    """Grades every submission and yields each as it is done.

    Args:
        submissions: whom to grade.
        exercises: what to grade.
        executor: its threads wait for the jails; give it as many as there are workers.
        workers: how many jails to run.
        secret: what the hidden inputs are drawn from; the same secret gives the same grades again.
        limits: what one exercise of one submission may use.

    Raises:
        JailError: the grading processes cannot be started on this machine.
    """
    with ExitStack() as stack:
        free: SimpleQueue[Jail] = SimpleQueue()
        for _ in range(workers):
            free.put(stack.enter_context(Jail(limits)))

        def work(submission: Submission) -> Graded:
            jail = free.get()
            try:
                return grade_one(submission, exercises, jail, secret)
            finally:
                free.put(jail)

        futures = [executor.submit(work, submission) for submission in submissions]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            for future in futures:
                future.cancel()


def grade_one(submission: Submission, exercises: Sequence[Exercise], jail: Jail, secret: bytes) -> Graded:
    """Every exercise of one submission, each in a child of its own, so that one cannot spoil another."""
    reports = []
    for exercise in exercises:
        if submission.problem:
            reports.append(_unread(submission, exercise))
            continue
        with jail.child(submission.cells, exercise) as ask:
            seed = hidden_seed(secret, submission, exercise)
            reports.append(grading.grade(exercise, ask, seed=seed, learner=submission.learner))
    return Graded(submission.learner, tuple(reports), submission.problem)


def hidden_seed(secret: bytes, submission: Submission, exercise: Exercise) -> int:
    """HMAC(secret, sha256(source)): reproducible, and not to be guessed by who wrote the source."""
    source = hashlib.sha256(json.dumps([exercise.name, submission.cells]).encode()).digest()
    return int.from_bytes(hmac.digest(secret, source, "sha256")[:8], "little")


def _unread(submission: Submission, exercise: Exercise) -> Report:
    verdicts = tuple(
        Verdict(check.name, check.title, check.tier, Outcome.UNCHECKED, rationale=submission.problem)
        for check in exercise.checks
    )
    return Report(exercise.name, submission.learner, Outcome.UNATTEMPTED, verdicts, 0.0, exercise.maximum)


def exercises_in(submissions: Sequence[Submission]) -> list[Exercise]:
    """The exercises that at least one submission defines (or seems to: this looks at the text only)."""
    text = "\n".join(source for submission in submissions for _, source in submission.cells)
    # blanks only: \s would take in the lines that follow, and a megabyte of empty ones would take an hour
    defined = set(re.findall(r"^[ \t]*def[ \t]+(\w+)", text, re.MULTILINE))
    return [exercise for _, exercise in course.exercises().values() if exercise.name in defined]
