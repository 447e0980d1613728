"""One submission's function in, one Report out: run the checks, diagnose, score."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import cast

import numpy as np

from coursekit.course import syllabus
from coursekit.exercise import Ask, Call, Check, Exercise, Failure, Function, Stopped
from coursekit.exercise.failure import Raised
from coursekit.grading.diagnosis import OF_ANY_FUNCTION, diagnose, is_slip
from coursekit.grading.rehearsal import Exchange, Line, Sent, frames_of
from coursekit.report import Outcome, Report, Tier, Verdict
from coursekit.wire.readymade import plain


def score(exercise: Exercise, ask: Ask, *, seed: int, learner: str = "") -> Report:
    """Runs every check of `exercise` and says what came of it; see `run`."""
    return run(exercise, ask, seed=seed).report(learner)


@dataclass
class Run:
    """What came of the checks of one exercise, before anybody asks which mistake it is.

    Attributes:
        exercise: whose checks.
        verdicts: one a check, in order.
        failed: the calls of each check that failed.
        passed: the calls of each that passed, when asked for.
        stopped: why nothing more could be asked, if so.
    """

    exercise: Exercise
    verdicts: list[Verdict] = field(default_factory=list)
    failed: list[list[Call]] = field(default_factory=list)
    passed: list[Callable[[], list[Call]]] = field(default_factory=list)
    stopped: Stopped | None = None

    @property
    def outcome(self) -> Outcome:
        """Of all checks together."""
        if self.stopped:
            return self.stopped.outcome
        core = all(verdict.outcome is Outcome.PASSED for verdict in self.verdicts if verdict.tier is Tier.CORE)
        return Outcome.PASSED if core else next(v.outcome for v in self.verdicts if v.outcome is not Outcome.PASSED)

    @property
    def is_solved(self) -> bool:
        """Whether every check passed, core and parity."""
        return all(verdict.outcome is Outcome.PASSED for verdict in self.verdicts)

    def report(self, learner: str) -> Report:
        """All of it, with the mistake that it is: which takes as long as the checks."""
        exercise, failed = self.exercise, self.failed
        named = diagnose(exercise, failed, [call for calls in self.passed for call in calls()] if failed else [])
        return Report(
            exercise=exercise.name,
            learner=learner,
            outcome=self.outcome,
            verdicts=tuple(self.verdicts),
            points=_points(exercise, self.verdicts, self.stopped),
            maximum=exercise.maximum,
            diagnosis=named,
            is_slip=bool(failed)
            and (named not in (None, *OF_ANY_FUNCTION) or _mostly(self.verdicts) or is_slip(exercise, failed)),
        )


def run(exercise: Exercise, ask: Ask, *, seed: int, leave: Callable[[], bool] = lambda: False) -> Run:
    """Runs every check of `exercise`.

    Parity is asked only once core has passed: who has not got the meaning yet is not told about flags.

    Args:
        exercise: whose checks.
        ask: how to ask the function.
        seed: what the checks draw their inputs from.
        leave: asked when a check has not passed, whether the rest is of no interest; then it is not asked.
    """
    came = Run(exercise)
    verdicts = came.verdicts
    f = Function(exercise.name, exercise.forbids, ask)
    line = cast(Line, ask) if hasattr(ask, "send") else None  # `isinstance` would look at each of its methods
    ahead = asked_ahead(exercise, seed) if line else {}
    for tier in Tier:
        blocked = not came.is_solved
        if line and not blocked:
            line.send([frame for check in exercise.tier(tier) for frame, _ in ahead[check.name]])
        for check in exercise.tier(tier):
            if came.stopped or blocked:
                verdicts.append(_verdict(check, Outcome.UNCHECKED))
                continue
            exchange = Exchange(line, ahead[check.name]) if line else None
            if exchange and exchange.has_passed((exercise, check.name, seed)):
                verdicts.append(_verdict(check, Outcome.PASSED))
                came.passed.append(partial(_calls, exchange))
                f.attempted = True
                continue
            start = len(f.calls)
            try:
                check.run(f.asking(exchange or ask), _generator(seed, check.name))
                verdicts.append(_verdict(check, Outcome.PASSED))
                came.passed.append(partial(list, f.calls[start:]))
                if exchange:
                    exchange.note_passed((exercise, check.name, seed))
                continue
            except Failure as failure:
                outcome = Outcome.ERROR if isinstance(failure, Raised) else Outcome.FAILED
                verdicts.append(_verdict(check, outcome, failure))
                came.failed.append(f.calls[start:])
            except Stopped as stop:
                came.stopped = stop
                verdict = _verdict(check, stop.outcome, stop)
                verdicts.append(replace(verdict, help=verdict.help + _own_instead(exercise, stop.used)))
            if leave():
                return came
    return came


def _mostly(verdicts: list[Verdict]) -> bool:
    """Whether at least half of the core checks passed."""
    core = [verdict.outcome is Outcome.PASSED for verdict in verdicts if verdict.tier is Tier.CORE]
    return 2 * sum(core) >= len(core)


def asked_ahead(exercise: Exercise, seed: int) -> dict[str, tuple[Sent, ...]]:
    """By check, the questions that it asks if it is answered right, as the frames that cross the wall."""
    return frames_of(exercise, seed, partial(_rehearse, exercise, seed))


def _rehearse(exercise: Exercise, seed: int, check: Check, ask: Ask) -> None:
    with suppress(Failure, Stopped):  # what it would have asked then is asked when it comes to it
        check.run(Function(exercise.name, exercise.forbids, ask), _generator(seed, check.name))


# What does the job of a ready-made function that no exercise is called after
_INSTEAD = {"softmax": "logsoftmax", "softplus": "logsigmoid"}


def _own_instead(exercise: Exercise, used: str) -> str:
    """A sentence that names what the learner may use in place of torch's: what they have written earlier."""
    wanted = _INSTEAD.get(plain(used), plain(used))
    for name in syllabus.earlier_exercises(exercise.name):
        if plain(name) == wanted:
            topic, _ = syllabus.find_exercise(name)
            return f" Your own `{name}` from lesson {topic.number:02} may be used: copy it beside this function."
    return ""


def _calls(exchange: Exchange) -> list[Call]:
    return [Call(question, reply) for question, reply in exchange.calls()]


def _generator(seed: int, check: str) -> np.random.Generator:
    """Each check draws from its own stream, so that a new check does not change the inputs of the others."""
    return np.random.default_rng([seed, zlib.crc32(check.encode())])


def _verdict(check: Check, outcome: Outcome, why: Failure | Stopped | None = None) -> Verdict:
    return Verdict(
        check.name,
        check.title,
        check.tier,
        outcome,
        rationale=why.rationale if why else "",
        help=_help(check, why),
        example=why.example if isinstance(why, Failure) else None,
    )


def _help(check: Check, why: Failure | Stopped | None) -> str:
    if isinstance(why, Failure):
        return why.help or check.help or why.otherwise
    return why.help if why else ""


def _points(exercise: Exercise, verdicts: list[Verdict], stopped: Stopped | None) -> float:
    if stopped and stopped.outcome is Outcome.FORBIDDEN:
        return 0.0
    total = 0.0
    for tier, worth in ((Tier.CORE, exercise.points), (Tier.PARITY, exercise.parity_points)):
        outcomes = [verdict.outcome for verdict in verdicts if verdict.tier is tier]
        if outcomes:
            total += worth * outcomes.count(Outcome.PASSED) / len(outcomes)
    return round(total, 2)


def is_solved(report: Report) -> bool:
    """Whether every check passed, core and parity."""
    return all(verdict.outcome is Outcome.PASSED for verdict in report.verdicts)
