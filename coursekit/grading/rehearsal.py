"""Questions sent ahead: a check that has been rehearsed need not wait for one answer before it asks the next.

What a check asks hangs on the seed alone, hardly ever on the answers. So every check is run once a seed with the right
answers, its questions are kept as the frames that cross the wall, and a child gets all those of a tier at once: the
judge no longer draws and packs inputs for every submission, and nobody waits for a round trip. A check is still a
function of what came back; if it asks anything that was not foreseen, that is asked as ever.

A check that has passed passes again when the very same bytes come back, so it is not run a second time. Only that it
passed is kept, by a digest; no answer of a learner's is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import reduce
from hashlib import blake2b
from typing import Protocol

import torch
from torch import Tensor

from coursekit.exercise import Check, Exercise
from coursekit.exercise.answers import widened
from coursekit.exercise.recall import Shelf, recall
from coursekit.wire import Answer, Question, frames

Sent = tuple[bytes, Tensor | None]  # a question's frame, and which of its slopes are free
_frames: Shelf[dict[str, tuple[Sent, ...]]] = Shelf(16 << 20)
_passed: Shelf[bool] = Shelf(8 << 20)
_DIGEST = 300  # bytes that one entry of `_passed` takes, its key included


class Line(Protocol):
    """A way to ask that takes several questions at once. Each of these raises Stopped where there is no answer."""

    def __call__(self, question: Question) -> Answer:
        """Asks after all that was sent, and waits."""

    def send(self, questions: Sequence[bytes]) -> None:
        """Sends questions, and does not wait."""

    def reply(self) -> bytes:
        """The next frame that answers what was sent."""

    def read(self, reply: bytes, question: Question) -> Answer:
        """What such a frame says."""


def frames_of(
    exercise: Exercise, seed: int, rehearse: Callable[[Check, Callable[[Question], Answer]], None]
) -> dict[str, tuple[Sent, ...]]:
    """The questions that every check of `exercise` asks, if it is answered right.

    Args:
        exercise: whose checks.
        seed: what their inputs are drawn from.
        rehearse: runs one check with a way to ask, whatever comes of it.
    """
    key = exercise, seed
    known = _frames.get(key)
    if known is None:
        known = {}
        for check in exercise.checks:
            asked: list[Sent] = []

            def right(question: Question, asked: list[Sent] = asked) -> Answer:
                asked.append((frames.encode_question(question), question.free))
                return right_answer(exercise, question)

            rehearse(check, right)
            known[check.name] = tuple(asked)
        _frames.put(key, known, sum(100 + len(frame) for sent in known.values() for frame, _ in sent))
    return known


def right_answer(exercise: Exercise, question: Question) -> Answer:
    """What the spec says, in the dtype that the inputs have together."""
    reply = recall(exercise.spec, widened(question))
    inputs = [value.dtype for value in question.args if isinstance(value, Tensor) and value.is_floating_point()]
    dtype = reduce(torch.promote_types, inputs, torch.float16 if inputs else torch.float32)

    def narrow(value: Tensor | None) -> Tensor | None:
        return value.to(dtype) if value is not None and value.is_floating_point() else value

    return Answer(narrow(reply.value), tuple(map(narrow, reply.gradients)), reply.problem)


class Exchange:
    """The questions of one check that were sent ahead, and what came back; the way to ask while that check runs."""

    def __init__(self, line: Line, sent: Sequence[Sent]) -> None:
        self._line = line
        self._frames = [frame for frame, _ in sent]
        self._free = [free for _, free in sent]
        self._replies: list[bytes] = []
        self._end: Exception | None = None
        self._next = 0
        self._strayed = False
        try:
            for _ in sent:
                self._replies.append(line.reply())
        except Exception as stopped:  # told when the check comes to that question: it may fail before
            self._end = stopped

    def __call__(self, question: Question) -> Answer:
        """The answer to `question`, sent ahead or asked now."""
        number, self._next = self._next, self._next + 1
        foreseen = number < len(self._frames) and self._frames[number] == frames.encode_question(question)
        if self._strayed or not foreseen:
            self._strayed = True
            return self._line(question)
        if number < len(self._replies):
            return self._line.read(self._replies[number], question)
        assert self._end is not None
        raise self._end

    def has_passed(self, key: tuple[Exercise, str, int]) -> bool:
        """Whether the check, exercise and seed of `key` have passed with these very answers before."""
        return self._end is None and bool(_passed.get((*key, self._digest())))

    def note_passed(self, key: tuple[Exercise, str, int]) -> None:
        """Keeps in mind that they did, if all the questions asked were the foreseen ones."""
        if not self._strayed and self._next == len(self._replies) == len(self._frames):
            _passed.put((*key, self._digest()), True, _DIGEST)

    def calls(self) -> list[tuple[Question, Answer]]:
        """Questions and answers, for who did not run the check."""
        questions = [question_in(*sent) for sent in zip(self._frames, self._free, strict=True)]
        return [(q, self._line.read(reply, q)) for q, reply in zip(questions, self._replies, strict=True)]

    def _digest(self) -> bytes:
        return blake2b(b"".join(self._replies), digest_size=16).digest()


def question_in(frame: bytes, free: Tensor | None = None) -> Question:
    """The question that a frame of ours asks; what is free in its gradient does not cross the wall."""
    header, _ = frames.lengths(frame[: frames.LENGTHS.size])
    start = frames.LENGTHS.size
    question = frames.decode_question(json.loads(frame[start : start + header]), frame[start + header :])
    return replace(question, free=free)
