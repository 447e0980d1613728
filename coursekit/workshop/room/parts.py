"""What a room is made of: work at an exercise, cards, questions, requests to show an answer."""

from __future__ import annotations

from dataclasses import dataclass, field

from coursekit.learning.joined.events import Checked


@dataclass
class Work:
    """One learner at one exercise.

    Attributes:
        begun: when it was first tried.
        attempts: how often it was checked.
        passed: whether it has once passed; that stays.
        done: the same for all that a drop-in owes besides.
        last: the last check that found an answer.
    """

    begun: float
    last: Checked
    attempts: int = 0
    passed: bool = False
    done: bool = False

    @property
    def state(self) -> str:
        """How far it has come, in a word."""
        return "done" if self.done else "passed" if self.passed else "tried"

    @property
    def holds(self) -> str:
        """The mistake or the group that it is in now; empty where it has passed, or shows nothing to go by."""
        return "" if self.passed else self.last.mistake or self.last.group


@dataclass
class Card:
    """What was sent to some of the room, and what came of it."""

    text: str
    code: str
    to: set[int]
    taken: set[int] = field(default_factory=set)
    left: set[int] = field(default_factory=set)


@dataclass
class Asked:
    """A question to the room, and the last answer of each learner in each round."""

    text: str
    choices: tuple[str, ...]
    stage: str = "open"
    answers: dict[int, dict[int, str]] = field(default_factory=lambda: {1: {}, 2: {}})

    @property
    def round(self) -> int:
        """Which answers count now: 1 before the discussion, 2 after it, 0 where none do."""
        return {"open": 1, "discussed": 2}.get(self.stage, 0)


@dataclass
class Requested:
    """One learner was asked whether the room may see their answer. Instructors see the answer, and never whose it is.

    Attributes:
        exercise: what they answer.
        holding: the mistake, or the group, for which they were asked.
        of: who.
        stage: `asked`, then `yes` or `no`; or `changed`, where the answer has become another before that.
        code: the answer, once its author has agreed.
    """

    exercise: str
    holding: str
    of: int
    stage: str = "asked"
    code: str = ""
