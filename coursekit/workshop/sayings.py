"""What an instructor says to the room: kinds of event in the same log, each with its fields."""

from __future__ import annotations

from dataclasses import dataclass

EVERYBODY = ""


@dataclass(frozen=True)
class Push:
    """A card for everybody, or for those who hold a mistake now; it is shown, and nothing of it runs by itself.

    Attributes:
        text: what it says.
        code: a line or a cell that it offers; empty if none.
        exercise: whose mistake; empty for everybody.
        holding: the mistake, or the group of those that fail alike; empty for all who are at the exercise.
    """

    text: str
    code: str = ""
    exercise: str = EVERYBODY
    holding: str = ""


@dataclass(frozen=True)
class Open:
    """The room works at an exercise from now on.

    Attributes:
        exercise: which; empty where everybody goes at their own pace.
        minutes: how long; 0 for no clock.
    """

    exercise: str
    minutes: float = 0


@dataclass(frozen=True)
class Ask:
    """A question to the room.

    Attributes:
        text: what is asked.
        choices: what may be answered; none where a word or a number is typed.
    """

    text: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Turn:
    """What becomes of a question.

    Attributes:
        asked: which.
        to: `discussed`, and it is answered once more; or `closed`.
    """

    asked: int
    to: str


@dataclass(frozen=True)
class Name:
    """A group of answers that fail alike is given a sentence, which all in it are told, and whoever comes to it.

    Attributes:
        exercise: what they answer.
        group: its digits.
        sentence: what to say.
    """

    exercise: str
    group: str
    sentence: str


@dataclass(frozen=True)
class Request:
    """One of those who hold a mistake is asked whether the room may see their answer, without their name.

    Attributes:
        exercise: what they answer.
        holding: the mistake, or the group of those that fail alike.
    """

    exercise: str
    holding: str


Saying = Push | Open | Ask | Turn | Name | Request
KINDS: dict[str, type[Saying]] = {
    "push": Push,
    "open": Open,
    "ask": Ask,
    "turn": Turn,
    "name": Name,
    "request": Request,
}
