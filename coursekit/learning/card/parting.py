"""What of a failed check can be drawn: the learner's numbers and the right ones, where they part.

The numbers are those that the report prints. Where one number depends on one number, both functions are asked for some
more, so that there is a curve to see: once more under the rules of the check, within a time that nobody notices.
"""

from __future__ import annotations

import inspect
import io
import json
import math
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace

import numpy as np
from torch import Tensor

from coursekit.exercise import Ask, Call, Exercise, Stopped
from coursekit.exercise.answers import SpecError, expected_answer, widened
from coursekit.exercise.literal import call_line, gradient_line
from coursekit.grading.here import as_graded
from coursekit.report import Example, Report
from coursekit.wire import Answer, Question
from coursekit.wire.answering import answer

Numbers = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

_POINTS = 31  # of a curve, which take some 10 ms together
_SECONDS = 0.15  # of the processor, after which a slow function is asked no more
_DATA = ("y_true", "target")  # arguments that are given; a loss is a curve over what is predicted
_NARROW = 4.0  # how far a curve reaches to either side at least: there the exponential and the logarithm turn


@dataclass
class Asked:
    """A function that is asked, and all that it has been asked.

    Attributes:
        exercise: what it is graded for.
        ask: how to ask it.
        soon: how to ask it for a curve: with less patience.
        calls: what was asked and answered, in order.
    """

    exercise: str
    ask: Ask
    soon: Ask
    calls: list[Call] = field(default_factory=list)

    def __call__(self, question: Question) -> Answer:
        """Asks, and remembers."""
        reply = self.ask(question)
        self.calls.append(Call(question, reply))
        return reply


@dataclass(frozen=True)
class Curve:
    """Both functions over their argument.

    Attributes:
        argument: its name.
        at: where the check found that they part.
        x: other numbers, in order; `at` is among them.
        got: what the learner's function gives there, NaN where nothing.
        expected: what is right.
    """

    argument: str
    at: float
    x: Numbers
    got: Numbers
    expected: Numbers


@dataclass(frozen=True)
class Parting:
    """What came and what was expected.

    Attributes:
        got: the learner's numbers.
        expected: the right ones, of the same shape unless both are labels.
        are_labels: whether they are whole numbers in a row, one or both of which may be shorter than the other.
        what: what they are, "value" or "gradient", with a unit where it is known.
        curve: both functions around the input, where one number depends on one number.
    """

    got: Numbers
    expected: Numbers
    are_labels: bool
    what: str
    curve: Curve | None = None


def finite(*arrays: Numbers) -> Numbers:
    """What of them is finite, in one row."""
    row: Numbers = np.concatenate([each.flatten() for each in arrays])
    return row[np.isfinite(row)]


def parting(exercise: Exercise, report: Report, all_asked: Sequence[Asked], docstring: str) -> Parting | None:
    """What the first failing check has to show; None where there are no numbers to compare.

    Args:
        exercise: what was checked.
        report: what was found.
        all_asked: how the learner's functions were asked for it.
        docstring: the exercise's, which may name a unit.
    """
    failure = report.first_failure
    example = failure.example if failure else None
    if example is None:
        return None
    asked = [each for each in all_asked if each.exercise == exercise.name]
    # with the course's own functions in place of the learner's, if that is what the report is about
    last = asked[-1 if report.parted else 0] if asked else None
    call, which = _call(last, example) if last else (None, None)
    got, expected = _numbers(example.got), _numbers(example.expected)
    if got is None or expected is None:
        got, expected = _labels(exercise, call)
    if got is None or expected is None:
        return None
    are_labels = _whole(example.got) and _whole(example.expected) and got.ndim == expected.ndim == 1
    if got.shape != expected.shape and not are_labels:
        return None
    unit = re.search(r"\bin (nats|bits)\b", docstring) if which is None else None
    what = f"value{f' in {unit[1]}' if unit else ''}" if which is None else "gradient"
    curve = None
    if last and call and got.size == 1:
        curve = _curve(exercise, last.soon, call.question, which)
        if curve and not _passes(curve, got.item(), expected.item()):
            curve = None  # the check holds another function for right than the exercise's own
    if curve is None and not are_labels and (np.isnan(got).all() or not finite(got, expected).size):
        return None
    return Parting(got, expected, are_labels, what, curve)


def _numbers(text: str) -> Numbers | None:
    """What a report prints, as numbers."""
    try:
        found = json.loads(re.sub(r"nan|inf|True|False", lambda word: _JSON[word[0]], text))
        return np.array(found, dtype=np.float64)
    except (ValueError, TypeError):  # words, or rows of several lengths
        return None


_JSON = {"nan": "NaN", "inf": "Infinity", "True": "1", "False": "0"}


def _whole(text: str) -> bool:
    return re.fullmatch(r"\[(-?\d+|True|False|, )*\]|\(\d+,\)", text) is not None


def _call(asked: Asked, example: Example) -> tuple[Call | None, int | None]:
    """The call that an example shows, and which of its gradients, if it is about one."""
    for call in asked.calls:
        question = call.question
        for number, position in enumerate(question.wrt):
            if example.line == gradient_line(asked.exercise, question, position):
                return call, number
        line = call_line(asked.exercise, question)
        if example.line in (line, f"{line}.shape"):
            return call, None
    return None, None


def _labels(exercise: Exercise, call: Call | None) -> tuple[Numbers | None, Numbers | None]:
    """Two rows of labels of which the example shows the lengths alone."""
    if call is None or call.answer.value is None:
        return None, None
    try:
        found = call.answer.value, expected_answer(exercise.spec, call.question).value
    except SpecError:
        return None, None
    rows = [each for each in found if each is not None and each.ndim == 1 and not each.is_floating_point()]
    if len(rows) < 2:
        return None, None
    got, expected = (np.asarray(each.tolist(), dtype=np.float64) for each in rows)
    return got, expected


# ---- curves ------------------------------------------------------------------------------------------------------


def _curve(exercise: Exercise, ask: Ask, question: Question, which: int | None) -> Curve | None:
    """Both functions over the argument that is a single number; None where there is none, or it takes too long."""
    names = [*inspect.signature(exercise.spec).parameters]
    at = _argument(question, which, names)
    if at is None or question.through:
        return None
    centre = question.args[at].item()
    end = time.process_time() + _SECONDS

    def both(x: float) -> tuple[float, float]:
        other = question.args[at].new_full(question.args[at].shape, x)
        asked = replace(question, args=(*question.args[:at], other, *question.args[at + 1 :]), free=None)
        right = answer(exercise.spec, widened(asked))
        return _single(ask(asked), which), _single(right, which)

    points = []
    try:
        with as_graded(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            for x in _around(centre, lambda x: both(x)[1]):
                points.append((x, *both(x)))
                if time.process_time() > end:
                    return None
    except Stopped:  # the learner's function hangs there, or is ready-made after all
        return None
    x, got, expected = np.array(points).T
    return Curve(names[at], centre, x, got, expected)


def _argument(question: Question, which: int | None, names: Sequence[str]) -> int | None:
    """The position of the argument to draw over: a single finite number, and not what the data say."""
    found = [question.wrt[which]] if which is not None else range(len(question.args))
    for position in found:
        value = question.args[position]
        if which is None and names[position] in _DATA:
            continue
        if isinstance(value, Tensor) and value.is_floating_point():
            return position if value.numel() == 1 and math.isfinite(value.item()) else None
    return None


def _around(centre: float, right: Callable[[float], float]) -> Iterator[float]:
    """Numbers around `centre`, on both sides of 0; from 0 up where nothing is right below it, to 1 if that will do."""
    high = max(_NARROW, 1.5 * abs(centre))
    low = -high
    if centre >= 0 and not math.isfinite(right(-0.1 * high)):
        low = 0.0
        high = 1.0 if centre <= 1 else high
    yield from sorted({*np.linspace(low, high, _POINTS).tolist(), centre})


def _single(reply: Answer, which: int | None) -> float:
    value = reply.value if which is None else reply.gradients[which] if reply.gradients else None
    if value is None or value.numel() != 1:
        return math.nan
    return float(value.item())


def _passes(curve: Curve, got: float, expected: float) -> bool:
    """Whether it goes through the numbers of the report, of which some digits are left out."""
    (at,) = np.flatnonzero(curve.x == curve.at)
    pairs = (curve.got[at], got), (curve.expected[at], expected)
    return all(np.isclose(a, b, rtol=1e-3, atol=1e-3, equal_nan=True) for a, b in pairs)
