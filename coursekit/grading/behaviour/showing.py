"""What an instructor is shown of a behaviour: the smallest input that shows it, and how somebody has written it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from torch import Tensor

from coursekit.exercise import Exercise
from coursekit.exercise.answers import close, coarsest, widened
from coursekit.exercise.literal import call_line, gradient_line, readable
from coursekit.exercise.recall import recall
from coursekit.grading.rehearsal import right_answer
from coursekit.report import Example
from coursekit.wire import Answer, Cell, Problem, Question
from coursekit.wire.frames import NAMES

_LONGEST = 4_000  # characters of a function that are kept
_RAISED = 80  # … of what is said of an error


def smallest(exercise: Exercise, asked: Sequence[Question], answers: Sequence[Answer]) -> Example | None:
    """The smallest question that is not answered right, as a line to paste; None where all of them are."""
    shown = [
        (_size(question), number, example)
        for number, (question, reply) in enumerate(zip(asked, answers, strict=False))
        if (example := _example(exercise, question, reply)) is not None
    ]
    return min(shown)[2] if shown else None


def _size(question: Question) -> int:
    """How much there is to read: numbers, and flags."""
    values = [*question.args, *question.kwargs.values()]
    return sum(value.numel() if isinstance(value, Tensor) else 1 for value in values)


def _example(exercise: Exercise, question: Question, got: Answer) -> Example | None:
    right = recall(exercise.spec, widened(question))
    line = call_line(exercise.name, question)
    if got.value is None or right.value is None:
        if got.value is None and right.value is None:
            return None
        return Example(line, _said(got), _said(right))
    dtype = coarsest(question)
    if not close(got.value, right.value, dtype):
        return _two(line, got.value, right.value)
    for position, mine, theirs in zip(question.wrt, got.gradients, right.gradients, strict=True):
        nothing = theirs is None or not bool(theirs.any())
        if not (close(mine, theirs, dtype) or (nothing and (mine is None or not bool(mine.any())))):
            return _two(gradient_line(exercise.name, question, position), mine, theirs)
    wanted = right_answer(exercise, question).value
    if wanted is not None and got.value.dtype != wanted.dtype and right.value.is_floating_point():
        return Example(f"{line}.dtype", NAMES[got.value.dtype], NAMES[wanted.dtype])
    return None


def _two(line: str, got: Tensor | None, right: Tensor | None) -> Example:
    """Both as text, with as many digits as it takes to see that they differ."""
    if got is None or right is None:
        return Example(line, *("None" if each is None else readable(each) for each in (got, right)))
    if got.shape != right.shape:
        return Example(f"{line}.shape", str(tuple(got.shape)), str(tuple(right.shape)))
    digits = next((n for n in (4, 6, 8, 12) if readable(got, n) != readable(right, n)), 17)
    return Example(line, readable(got, digits), readable(right, digits))


_OTHERWISE = {
    "nothing": "None",
    "not-a-tensor": "no tensor ({0})",
    "changed-input": "a changed input ({0})",
    "ended": "no answer ({0})",
    "memory": "out of memory",
}


def _said(answer: Answer) -> str:
    if answer.value is not None:
        return readable(answer.value)
    problem = answer.problem or Problem("nothing")
    words = _OTHERWISE.get(problem.kind, "an error ({0})" if problem.message else "an error")
    return words.format(problem.message[:_RAISED].rstrip("."))


def written(cells: Iterable[Cell], name: str) -> str:
    """How a function of that name is written where it is last defined, as text; empty where that cannot be told.

    Strangers' text is not parsed here. What begins with `def` in the first column ends before the next line that
    begins there with something else than a bracket.
    """
    begins = re.compile(rf"(?:async[ \t]+)?def[ \t]+{re.escape(name)}\b|{re.escape(name)}[ \t]*[:=]")
    found = ""
    for _, text in cells:
        lines = text.splitlines()
        for number, line in enumerate(lines):
            if begins.match(line):
                block = [line, *_block(lines[number + 1 :])]
                while not block[-1].strip() or block[-1].startswith("#"):  # it is of what follows
                    block.pop()
                found = "\n".join(block)
    return found[:_LONGEST]


def _block(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        if line[:1] not in ("", " ", "\t", "#", ")", "]", "}"):
            return
        yield line
