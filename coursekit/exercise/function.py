"""The function that a check is handed, wherever the learner's own one runs, and what to say when no value comes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from coursekit.exercise.exceptions import WHOLE_TRACEBACK, meaning, of_the_call, shortened
from coursekit.exercise.failure import Failure, Raised, Stopped
from coursekit.exercise.literal import backward_line, call_line
from coursekit.exercise.notensor import no_tensor
from coursekit.report import Outcome
from coursekit.wire import Answer, Question
from coursekit.wire.readymade import DISTRIBUTIONS, relatives

Ask = Callable[[Question], Answer]


@dataclass(frozen=True)
class Call:
    """A question that was asked, and what came back."""

    question: Question
    answer: Answer


class Function:
    """The `f` that a check sees: the learner's function, wherever it runs.

    Calling it gives the value, `gradient` value and gradients. Every call is remembered for the diagnosis, and an
    answer that is no tensor ends the check with a Failure that says so.

    Args:
        name: what it is called.
        forbids: see `Exercise.forbids`.
        ask: how to ask it.
    """

    def __init__(self, name: str, forbids: tuple[str, ...], ask: Ask) -> None:
        self.name = name
        self._forbids = forbids
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
        call = f"`{call_line(self.name, question)}`"
        match kind:
            case "stub":
                raise _not_attempted()
            case "unattempted" if len(self.calls) == 1 and not self.attempted:
                raise _not_attempted()
            case "missing":
                raise Stopped(Outcome.UNATTEMPTED, message)
            case "broken":
                raise Stopped(Outcome.ERROR, message, _not_loaded(message))
            case "forbidden":
                raise _not_by_hand(message[:80], self.name, self._forbids)
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
                raise no_tensor(call, message)
            case "changed-input":
                raise Failure(
                    f"The function changed {message} in place: {call}.",
                    "Compute a new tensor instead: operations that end in an underscore, `+=` and `x[i] = …` write "
                    "into the caller's data.",
                )
            case _:
                what = f"NotImplementedError: {message}" if kind == "unattempted" else message
                line = backward_line(self.name, question) if question.wrt else call_line(self.name, question)
                help = of_the_call(self.name, what) if kind == "signature" else meaning(what)
                raise Raised(f"`{line}` raised {shortened(what)}", help)


def _not_loaded(message: str) -> str:
    """What to do about a source that cannot be read, or that raises while it is loaded."""
    alone = "Run the file or the cell by itself: Python points at the place."
    if " cannot read this, so " in message:  # a source that is no Python, or a newer one
        return f"{alone} If it runs there, that Python is a newer one: write it as this one knows it."
    help = meaning(message.removeprefix("Loading it raised "))
    return alone if help == WHOLE_TRACEBACK else help


def _not_attempted() -> Stopped:
    return Stopped(
        Outcome.UNATTEMPTED,
        "Not attempted yet.",
        "Replace the line that raises NotImplementedError, run the cell, then check again.",
    )


def _not_by_hand(used: str, name: str, forbids: tuple[str, ...]) -> Stopped:
    """What to say of a ready-made function, and of what could lead to one by a way round."""
    if used in relatives(forbids):
        what = "torch." + used if used == DISTRIBUTIONS else used.replace("special_", "special.")
        return Stopped(
            Outcome.FORBIDDEN,
            f"This answer calls torch's ready-made `{what}`.",
            "Here the point is to see what happens inside: build it from exp, log, sums and indexing.",
            used,
        )
    return Stopped(
        Outcome.FORBIDDEN,
        f"This answer uses `{used}`, by which code can reach a ready-made loss without naming it.",
        f"Write `{name}` without it: tensors and their methods, torch, numpy, Python's own modules and your "
        "helpers in the same file or notebook are enough.",
    )
