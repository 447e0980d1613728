"""One submission's function in, one Report out: run the checks, diagnose, score."""

from __future__ import annotations

import signal
import threading
import zlib
from _thread import interrupt_main
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from torch import Tensor

from coursekit import compare
from coursekit.exercise import Check, Exercise, Failure, Misconception
from coursekit.jail.inside.answer import answer
from coursekit.jail.inside.protocol import Answer, Question
from coursekit.jail.inside.readymade import relatives
from coursekit.recall import recall
from coursekit.rehearsal import Exchange, Line, frames_of
from coursekit.report import Diagnosis, Outcome, Report, Tier, Verdict

Ask = Callable[[Question], Answer]


class Stopped(Exception):
    """Nothing more can be asked of this function: it hangs, its process is gone, or it broke a rule."""

    def __init__(self, outcome: Outcome, rationale: str, help: str = "") -> None:
        super().__init__(rationale)
        self.outcome = outcome
        self.rationale = rationale
        self.help = help


class _Raised(Failure):
    """The learner's function raised instead of returning."""


@dataclass(frozen=True)
class Call:
    """A question that was asked, and what came back."""

    question: Question
    answer: Answer


class Function:
    """The `f` that a check sees: the learner's function, wherever it runs.

    Calling it gives the value, `gradient` value and gradients. Every call is remembered for the diagnosis, and an
    answer that is no tensor ends the check with a Failure that says so.
    """

    def __init__(self, exercise: Exercise, ask: Ask) -> None:
        self.exercise = exercise
        self.name = exercise.name
        self.calls: list[Call] = []
        self.attempted = False  # something is known to have come back
        self._ask = ask

    def asking(self, ask: Ask) -> Function:
        """The same function, asked in another way from now on."""
        self._ask = ask
        return self

    def __call__(self, *args: Any, **kwargs: Any) -> Tensor:
        """The value, detached."""
        value = self.ask(Question(args, kwargs)).value
        assert value is not None  # ask raises otherwise
        return value

    def ask(self, question: Question) -> Answer:
        """One call; raises Failure or Stopped where there is no value."""
        reply = self._ask(question)
        self.calls.append(Call(question, reply))
        if reply.problem is not None:
            self._complain(question, reply)
        return reply

    def _complain(self, question: Question, reply: Answer) -> None:
        assert reply.problem is not None
        kind, message = reply.problem.kind, reply.problem.message
        call = f"`{compare.call_line(self.name, question)}`"
        match kind:
            case "stub":
                raise _not_attempted()
            case "unattempted" if len(self.calls) == 1 and not self.attempted:
                raise _not_attempted()
            case "missing":
                raise Stopped(Outcome.UNATTEMPTED, message)
            case "broken":
                raise Stopped(Outcome.ERROR, message, "Run the file or the cell by itself: Python points at the place.")
            case "forbidden":
                raise _not_by_hand(message[:80], self.exercise)
            case "memory":
                raise Stopped(
                    Outcome.MEMORY,
                    f"The function ran out of memory ({message}).",
                    "Look for a list or a tensor that grows in a loop, or a product of two large shapes.",
                )
            case "nothing":
                raise Failure(
                    f"Got None for {call}.",
                    "End the function with `return` and the value (is a `return` missing on one of its branches?).",
                )
            case "not-a-tensor":
                raise Failure(
                    f"Got a {message} for {call}, expected a torch.Tensor.",
                    "Stay with torch operations until the end: a float or a numpy array has no gradient "
                    "(look for .item(), float(), .tolist(), .numpy()).",
                )
            case "changed-input":
                raise Failure(
                    f"The function changed {message} in place: {call}.",
                    "Compute a new tensor instead: operations that end in an underscore, `+=` and `x[i] = …` write "
                    "into the caller's data.",
                )
            case _:
                what = "NotImplementedError" if kind == "unattempted" else message
                help = "Paste the line into a cell to see the whole traceback."
                if "numpy()" in what:
                    help = "numpy knows nothing of gradients: stay with torch operations from the input to the result."
                raise _Raised(f"{call} raised {what}", help)


def _not_attempted() -> Stopped:
    return Stopped(
        Outcome.UNATTEMPTED,
        "Not attempted yet.",
        "Replace the line that raises NotImplementedError, run the cell, then check again.",
    )


def _not_by_hand(used: str, exercise: Exercise) -> Stopped:
    """What to say of a ready-made function, and of what could lead to one by a way round."""
    if used in relatives(exercise.forbids):
        return Stopped(
            Outcome.FORBIDDEN,
            f"This answer calls torch's ready-made `{used.replace('special_', 'special.')}`.",
            "It may well be right, and outside this course it is the line to write. Here the point is to see "
            "what happens inside: build it from exp, log, sums and indexing.",
        )
    return Stopped(
        Outcome.FORBIDDEN,
        f"This answer uses `{used}`, by which code can reach a ready-made loss without naming it.",
        f"Write `{exercise.name}` without it: tensors and their methods, torch, numpy, Python's own modules and your "
        "helpers in the same file or notebook are enough.",
    )


def ask_here(function: Callable[..., Any], exercise: Exercise, seconds: float = 10.0) -> Ask:
    """Asks a function that lives in this process: a learner's own notebook, or a file of their own."""

    def ask(question: Question) -> Answer:
        try:
            with _time_limit(seconds):
                return answer(function, question, exercise.forbids)
        except TimeoutError:
            raise Stopped(
                Outcome.TIMEOUT,
                f"`{compare.call_line(exercise.name, question)}` was still running after {seconds:g} s.",
                "Look for a loop that never ends: does its condition change inside the loop?",
            ) from None

    return ask


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Ends an endless loop the way that the learner's stop button would; only the main thread can be ended so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    fired = threading.Event()
    cancel = _call_after(seconds, fired)
    try:
        yield
    except KeyboardInterrupt:
        if fired.is_set():
            raise TimeoutError from None
        raise
    finally:
        cancel()


def _call_after(seconds: float, fired: threading.Event) -> Callable[[], object]:
    """Interrupts the main thread after `seconds`, having set `fired`; returns what calls that off."""
    if not hasattr(signal, "setitimer"):  # Windows: a thread for each question, which costs a tenth of a millisecond

        def interrupt() -> None:
            fired.set()
            interrupt_main()

        timer = threading.Timer(seconds, interrupt)
        timer.daemon = True
        timer.start()
        return timer.cancel

    def ring(_number: int, _frame: object) -> None:
        fired.set()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)  # again each second, for code that swallows the first

    def cancel() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

    return cancel


def grade(exercise: Exercise, ask: Ask, *, seed: int, learner: str = "") -> Report:
    """Runs every check of `exercise` and says what came of it.

    Parity is asked only once core has passed: who has not got the meaning yet is not told about flags.
    """
    verdicts: list[Verdict] = []
    failed: list[list[Call]] = []
    passed: list[Callable[[], list[Call]]] = []
    stopped: Stopped | None = None
    f = Function(exercise, ask)
    line = ask if isinstance(ask, Line) else None
    ahead = frames_of(exercise, seed, partial(_rehearse, exercise, seed)) if line else {}
    for tier in Tier:
        blocked = any(verdict.outcome is not Outcome.PASSED for verdict in verdicts)
        if line and not blocked:
            line.send([frame for check in exercise.tier(tier) for frame in ahead[check.name]])
        for check in exercise.tier(tier):
            if stopped or blocked:
                verdicts.append(_verdict(check, Outcome.UNCHECKED))
                continue
            exchange = Exchange(line, ahead[check.name]) if line else None
            if exchange and exchange.has_passed((exercise, check.name, seed)):
                verdicts.append(_verdict(check, Outcome.PASSED))
                passed.append(partial(_calls, exchange))
                f.attempted = True
                continue
            start = len(f.calls)
            try:
                check.run(f.asking(exchange or ask), _generator(seed, check.name))
                verdicts.append(_verdict(check, Outcome.PASSED))
                passed.append(partial(list, f.calls[start:]))
                if exchange:
                    exchange.note_passed((exercise, check.name, seed))
            except Failure as failure:
                outcome = Outcome.ERROR if isinstance(failure, _Raised) else Outcome.FAILED
                verdicts.append(_verdict(check, outcome, failure))
                failed.append(f.calls[start:])
            except Stopped as stop:
                stopped = stop
                verdicts.append(_verdict(check, stop.outcome, stop))
    solved = all(verdict.outcome is Outcome.PASSED for verdict in verdicts if verdict.tier is Tier.CORE)
    outcome = Outcome.PASSED if solved else next(v.outcome for v in verdicts if v.outcome is not Outcome.PASSED)
    return Report(
        exercise=exercise.name,
        learner=learner,
        outcome=stopped.outcome if stopped else outcome,
        verdicts=tuple(verdicts),
        points=_points(exercise, verdicts, stopped),
        maximum=exercise.maximum,
        diagnosis=diagnose(exercise, failed, [call for calls in passed for call in calls()] if failed else []),
    )


def _rehearse(exercise: Exercise, seed: int, check: Check, ask: Ask) -> None:
    with suppress(Failure, Stopped):  # what it would have asked then is asked when it comes to it
        check.run(Function(exercise, ask), _generator(seed, check.name))


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
        help=why.help or check.help if isinstance(why, Failure) else why.help if why else "",
        example=why.example if isinstance(why, Failure) else None,
    )


def _points(exercise: Exercise, verdicts: list[Verdict], stopped: Stopped | None) -> float:
    if stopped and stopped.outcome is Outcome.FORBIDDEN:
        return 0.0
    total = 0.0
    for tier, worth in ((Tier.CORE, exercise.points), (Tier.PARITY, exercise.parity_points)):
        outcomes = [verdict.outcome for verdict in verdicts if verdict.tier is tier]
        if outcomes:
            total += worth * outcomes.count(Outcome.PASSED) / len(outcomes)
    return round(total, 2)


def diagnose(exercise: Exercise, failed: list[list[Call]], passed: list[Call]) -> Diagnosis | None:
    """The misconception that gives the learner's very numbers.

    It must do so in all calls of the first failing check, and in at least half of the failing checks: numbers may
    coincide in one, and a second mistake elsewhere must not hide the first. Where several do, the one that explains the
    most calls is named.

    Args:
        exercise: whose misconceptions to try.
        failed: the calls of each failing check, in order.
        passed: the calls of all other checks.
    """
    if not failed:
        return None

    def explains(misconception: Misconception, calls: list[Call]) -> bool:
        # the last call is the one that failed, so most misconceptions are ruled out by it alone
        return bool(calls) and all(_reproduces(misconception.function, call) for call in reversed(calls))

    fitting = [m for m in exercise.misconceptions if explains(m, failed[0])]
    fitting = [m for m in fitting if 2 * sum(explains(m, calls) for calls in failed) >= len(failed)]
    if len(fitting) > 1:
        calls = [call for check in failed for call in check] + passed
        fitting.sort(key=lambda m: -sum(_reproduces(m.function, call) for call in calls))
    return Diagnosis(fitting[0].name, fitting[0].explanation) if fitting else None


def _reproduces(wrong: Callable[..., Tensor], call: Call) -> bool:
    return compare.same_answer(call.answer, recall(wrong, call.question), call.question)


def is_solved(report: Report) -> bool:
    """Whether every check passed, core and parity."""
    return all(verdict.outcome is Outcome.PASSED for verdict in report.verdicts)
