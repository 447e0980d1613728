"""One slip is paid once: an answer that calls an earlier exercise of the learner's which is wrong is graded again.

The second grading has the course's own answer in place of that one. It counts where it gives more points, and where
those are for what this answer does itself.

What cannot be parted is told and not guessed. A function is replaced only if a plain `def` binds its name, it is a slip
(see `Report.is_slip`: not attempted, ready-made, never done, junk is none), and it comes earlier in the course. Then:

- An exercise never lends itself: what is lent comes earlier, and no model answer calls a later one. So the source that
  goes into the jail holds nothing of what is graded. It is no secret either: `coursekit solution` prints it.
- Which functions an answer calls is read before any of the learner's code has run there, so neither the names nor the
  points can carry anything of the hidden inputs that verdicts do not.
- An answer that does nothing but call the other function earns nothing by it: that function alone, with its arguments
  exchanged and its result averaged, summed or negated, is put to the same checks. Where it passes all, it is the same
  exercise over again. Where it passes some, the second grading counts only if the answer passes all.
- Where the course's own answer calls that function too, averaging it may be the whole point of the exercise
  (`keras_huber`): there, only the plain call is tried.
- The helper keeps the points of its own grading, whatever others earn with the course's.
"""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any, Protocol

from torch import Tensor

from coursekit.course import stubs, syllabus
from coursekit.exercise import Exercise
from coursekit.grading import scoring
from coursekit.report import Outcome, Report, Tier
from coursekit.wire import Cell
from coursekit.wire.answering import answer

_RAN = (Outcome.PASSED, Outcome.FAILED, Outcome.ERROR)
_UNKNOWN = (Outcome.SKIPPED, Outcome.STARVED)  # whether it is right: there was no time to see
_SEED = 0  # whether a function is another one's equal hangs on no inputs that are hidden


class Way(Protocol):
    """How the functions of one learner are graded: in a jail, or in their own process."""

    def grade(self, exercise: Exercise, instead: Mapping[str, str]) -> Report:
        """Grades one, with functions of this source in place of the learner's."""

    def leans_on(self, exercise: Exercise, others: Sequence[str]) -> tuple[str, ...]:
        """Which of `others` the learner's answer depends on, and could be replaced."""


def part(way: Way, exercise: Exercise, first: Report, known: dict[str, Report]) -> Report:
    """The report that stands: the first one, or that of a second grading; either says which wrong function is called.

    Args:
        way: how to grade.
        exercise: what was graded.
        first: its report.
        known: the learner's reports that stand, by exercise; those of helpers that nobody has asked for yet are added.
    """
    if scoring.is_solved(first) or first.outcome not in _RAN:
        return first
    wrong = []
    called = way.leans_on(exercise, syllabus.earlier_exercises(exercise.name))
    for name in called:
        if name not in known:
            _, helper = syllabus.find_exercise(name)
            known[name] = part(way, helper, way.grade(helper, {}), known)
        if not scoring.is_solved(known[name]) and known[name].outcome not in _UNKNOWN:
            wrong.append(name)
    if any(known[name].outcome is Outcome.STARVED for name in called):
        return replace(first, outcome=Outcome.STARVED)  # what one of them would have changed is not known yet
    if not wrong:
        return first
    told = replace(first, leans_on=tuple(wrong))
    lent = [name for name in wrong if known[name].is_slip]
    if not lent:
        return told
    second = way.grade(exercise, {name: model(name) for name in lent})
    if second.outcome is Outcome.STARVED:
        return replace(told, outcome=Outcome.STARVED)
    if second.points <= first.points or not _does_its_own_part(exercise, lent, second):
        return told
    return replace(second, leans_on=tuple(wrong), parted=True)


def may_lean(cells: Iterable[Cell], names: Sequence[str]) -> dict[str, list[str]]:
    """By exercise, the earlier ones that a source names elsewhere than where it defines them.

    An answer can depend on no other. This looks at the text only, and once.

    Args:
        cells: all of a submission's source.
        names: of all exercises, in course order.
    """
    places = {name: place for place, name in enumerate(names)}
    used = {word for _, text in cells for defines, word in _WORD.findall(text) if not defines}
    there = [name for name in names if name in used]
    return {name: [other for other in there if places[other] < places[name]] for name in names}


_WORD = re.compile(r"(def[ \t]+)?([^\W\d]\w*)")


@cache
def model(name: str) -> str:
    """The course's own answer to an exercise, as source that runs by itself."""
    topic, _ = syllabus.find_exercise(name)
    return stubs.with_helpers(topic, name)


def _does_its_own_part(exercise: Exercise, lent: Sequence[str], second: Report) -> bool:
    core = len(exercise.tier(Tier.CORE))
    alone = max(_passed_alone(exercise.name, name) for name in lent)
    return alone == 0 or (alone < core and second.outcome is Outcome.PASSED)


@cache
def _passed_alone(name: str, helper: str) -> int:
    """How many core checks of the exercise `name` the function `helper` passes in its place."""
    topic, exercise = syllabus.find_exercise(name)
    _, other = syllabus.find_exercise(helper)
    ways = [other.spec]
    if helper not in stubs.calls_of(topic, name):
        ways += _plumbed(other.spec)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what torch says of such calls is of no use to anybody
        reports = [scoring.score(exercise, partial(answer, way), seed=_SEED) for way in ways]
    return max(sum(v.outcome is Outcome.PASSED for v in report.tier(Tier.CORE)) for report in reports)


_RESULTS: tuple[Callable[[Tensor], Tensor], ...] = (
    lambda value: value,
    lambda value: -value,
    lambda value: value.mean(),
    lambda value: value.sum(),
    lambda value: value.mean(-1),
    lambda value: value.sum(-1),
)


def _plumbed(function: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """The function with its arguments in either order, those that it does not have left out, and a simple reduction."""
    takes = inspect.signature(function).parameters
    if "reduction" in takes:
        function = partial(function, reduction="none")
    for exchanged in (False, True):
        for result in _RESULTS:

            def plumbed(
                *args: Any, _exchanged: bool = exchanged, _result: Callable[[Tensor], Tensor] = result, **kwargs: Any
            ) -> Any:
                if _exchanged:
                    args = (*args[:2][::-1], *args[2:])
                known = {key: value for key, value in kwargs.items() if key in takes and key != "reduction"}
                return _result(function(*args[: len(takes)], **known))

            yield plumbed
