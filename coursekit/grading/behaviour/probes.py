"""What an answer does: what it gives for the questions that all checks of its exercise ask at a seed that is no secret.

The same questions are put to every answer, whatever its own hidden inputs are, so what two answers give can be
compared. They hold everything by which checks tell right from wrong: values, gradients, flags, edges, what is refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

import torch
from torch import Tensor

from coursekit.exercise import Exercise, Stopped
from coursekit.exercise.answers import TOLERANCE, coarsest, widened
from coursekit.exercise.recall import recall
from coursekit.grading import scoring
from coursekit.grading.behaviour.doing import Behaviour, Doing, Number, Part
from coursekit.grading.rehearsal import Line, question_in
from coursekit.report import Outcome
from coursekit.wire import Answer, Problem, Question
from coursekit.wire.frames import NAMES

SEED = 20_480_229  # of the questions, which are no secret
MOST = 1 << 11  # numbers of one tensor, and
MOST_OF_ALL = 1 << 16  # of one behaviour that are kept: more than any right answer has
_EXERCISES = 32  # whose frames are kept at hand: those of a lesson, and more
_WORD = 80  # characters of what was raised
_BY_TYPE = ("raised", "in-backward", "not-a-tensor")  # problems whose message begins with a type


@lru_cache(_EXERCISES)
def frames_to_ask(exercise: Exercise) -> tuple[bytes, ...]:
    """The questions, as frames that cross the wall, each once, in the order of the checks."""
    ahead = scoring.asked_ahead(exercise, SEED)
    return tuple(dict.fromkeys(frame for sent in ahead.values() for frame, _ in sent))


def questions(exercise: Exercise) -> list[Question]:
    """The same questions, to be read."""
    return [_read(frame) for frame in frames_to_ask(exercise)]


@lru_cache(1 << 11)
def _read(frame: bytes) -> Question:
    """A question, which is the same object each time: it keeps what was found out about it."""
    return question_in(frame)


def ask(function: Callable[[Question], Answer], asked: Iterable[Question]) -> list[Answer]:
    """What a function of this process answers."""
    return [function(question) for question in asked]


def ask_child(line: Line, frames: Sequence[bytes]) -> list[Answer]:
    """What a child answers. All questions are sent at once; where it ends, its end is the last answer.

    Nothing, where it was ended for want of time that a submission or a machine did not have: that is not its doing.
    """
    answers = []
    try:
        line.send(frames)
        for frame in frames:
            answers.append(line.read(line.reply(), _read(frame)))
    except Stopped as stopped:
        if stopped.outcome in (Outcome.SKIPPED, Outcome.STARVED):
            return []
        timed = stopped.outcome is Outcome.TIMEOUT  # which is said with the limit of a run
        words = stopped.outcome.value if timed else stopped.rationale.partition(" (")[0]
        answers.append(Answer(problem=Problem("ended", words)))
    return answers


def behaviour(exercise: Exercise, asked: Sequence[Question], answers: Sequence[Answer]) -> Behaviour:
    """Questions and what came of them, as far as they were answered, as data."""
    doings, left = [], MOST_OF_ALL
    for question, reply in zip(asked, answers, strict=False):
        right = recall(exercise.spec, widened(question))
        tolerance = TOLERANCE[coarsest(question)]
        if reply.problem is not None:
            doings.append(Doing(*tolerance, _problem(reply.problem)))
            continue
        rights = (right.value, *right.gradients)  # no gradients, where there is no value
        parts = []
        for place, got in enumerate((reply.value, *reply.gradients)):
            want = rights[place] if place < len(rights) else None
            parts.append(_part(got, want, min(MOST, left)))
            left -= len(parts[-1].numbers) if parts[-1] else 0
        doings.append(Doing(*tolerance, parts=tuple(parts)))
    return tuple(doings)


def _problem(problem: Problem) -> tuple[str, str]:
    """Its kind, and what tells it from others of that kind; not what is said, which differs with every writing."""
    word = problem.message.partition(" ")[0].rstrip(":") if problem.kind in _BY_TYPE else ""
    return problem.kind[:_WORD], (problem.message if problem.kind == "ended" else word)[:_WORD]


def _part(got: Tensor | None, right: Tensor | None, most: int) -> Part | None:
    if got is None:
        return None
    finite: list[bool] = []
    if right is not None and right.shape == got.shape:
        finite = right.flatten().isfinite().tolist()
    values = got.flatten()[:most].tolist()
    numbers: list[Number] = [_number(value, got.dtype) for value in values]
    for place, fine in enumerate(finite[: len(values)]):
        if fine and not math.isfinite(values[place]):
            numbers[place] = None
    return Part(NAMES[got.dtype], tuple(got.shape), tuple(numbers))


def _number(number: float, dtype: torch.dtype) -> Number:
    """As many digits as the dtype has: the rest would be kept for nothing."""
    return float(f"{number:.9g}") if dtype in (torch.float32, torch.float16) else float(number)
