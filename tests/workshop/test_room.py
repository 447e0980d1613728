"""What a room is like by its log."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
import torch
import toys

from coursekit.course.syllabus import Topic
from coursekit.grading import scoring
from coursekit.learning.joined import events
from coursekit.learning.joined.events import Answered, Checked, Predicted, Taken, of_report
from coursekit.report import Outcome
from coursekit.wire.answering import answer
from coursekit.workshop import material, sayings
from coursekit.workshop.room import Room
from coursekit.workshop.sayings import Ask, Name, Open, Push, Turn
from coursekit.workshop.store import Logged, Person, Role

BOSS, ANN, BOB, EVE = 1, 2, 3, 4
pytestmark = pytest.mark.usefixtures("toy_course")


class Told:
    """A room that is told events, a second apart."""

    def __init__(self) -> None:
        self.room, self._ids = Room(), count(1)
        self.room.meet(Person(BOSS, 1, Role.INSTRUCTOR, "", 1))
        for who, name in ((ANN, "Ann"), (BOB, ""), (EVE, "Eve")):
            self.room.meet(Person(who, 1, Role.LEARNER, name, who - 1))

    def __call__(self, who: int, event: Any) -> int:
        number = next(self._ids)
        kinds: Any = sayings.KINDS if who == BOSS else events.KINDS
        body = json.loads(json.dumps(events.to_body(event, kinds)))
        self.room.tell(Logged(number, who, body, 100.0 + number))
        return number


@pytest.fixture
def told() -> Told:
    return Told()


def check_of(function: Any) -> Checked:
    """What is posted of a function that is checked."""
    return of_report(scoring.score(toys.make_double(), lambda question: answer(function, question), seed=0), 1)


def test_what_is_posted_of_a_check() -> None:
    """A mistake by its name and sentence, what nothing names by how it fails, alike for all who fail alike."""
    squared, off, again, right = map(check_of, (lambda x: x * x, lambda x: 2 * x + 7, lambda x: 7 + x + x, toys.twice))
    assert (squared.mistake, squared.says, squared.group) == ("squared", "This is the square.", "")
    assert "double(" in squared.line
    assert (squared.got, squared.expected) != ("", "")
    assert off.mistake == "" or off.group == ""
    odd, odd_again, other = (check_of(f) for f in (_odd, lambda x: _odd(x).clone(), lambda x: _odd(x) * 3))
    assert odd.mistake == ""
    assert odd.group == odd_again.group != other.group
    assert (right.outcome, right.done, right.line, right.group, right.mistake) == ("passed", True, "", "", "")
    assert off == again
    for each in (squared, off, odd, right):
        assert events.from_body(events.to_body(each)) == each


def _odd(x: torch.Tensor) -> torch.Tensor:
    """By no known mistake: each number has another fault."""
    return torch.sin(37 * x) + 11 * x.abs().sqrt()


def test_how_far_the_room_is(told: Told) -> None:
    """Passed stays passed, a stub is no attempt, and who has been longest at what they try now comes first."""
    told(ANN, check_of(toys.twice))
    told(BOB, check_of(lambda x: x * x))
    told(ANN, check_of(lambda x: x * x))
    told(EVE, Checked("double", str(Outcome.UNATTEMPTED), False, 0))
    told(EVE, Checked("triple", str(Outcome.ERROR), False, 1))
    told(BOB, check_of(lambda x: x * x))
    board = told.room.board()
    assert board["works"] == {"double": {ANN: ["done", 2], BOB: ["tried", 2]}, "triple": {EVE: ["tried", 1]}}
    assert [(each["learner"], each["exercise"], each["attempts"]) for each in board["stuck"]] == [
        (BOB, "double", 2),
        (EVE, "triple", 1),
    ]
    assert [each["active"] for each in board["learners"]] == [103, 106, 105]


def test_mistakes_of_now(told: Told) -> None:
    """Most holders first, in the course's own words and with its own example, whatever was posted with the name."""
    forged = replace(check_of(lambda x: x * x), says="Ha!", line="Ha!", got="Ha!", expected="Ha!")
    told(ANN, replace(forged, mistake="two_more"))
    told(BOB, forged)
    told(EVE, forged)
    mistakes = told.room.board()["mistakes"]
    assert [(each["name"], each["says"], each["learners"]) for each in mistakes] == [
        ("squared", "This is the square.", [BOB, EVE]),
        ("two_more", "This adds two.", [ANN]),
    ]
    honest = check_of(lambda x: x * x)
    assert (mistakes[0]["line"], mistakes[0]["got"]) == (honest.line, honest.got)
    assert "Ha!" not in str(mistakes)
    told(BOB, check_of(toys.twice))
    assert [each["learners"] for each in told.room.board()["mistakes"]] == [[ANN], [EVE]]


def test_a_group_is_named(told: Told) -> None:
    """Whoever is in it is told at once, and whoever comes to it later; nobody else is."""
    told(ANN, check_of(_odd))
    told(BOB, check_of(_odd))
    told(EVE, check_of(lambda x: x * x))
    group = next(each for each in told.room.board()["mistakes"] if each["group"])
    assert (group["learners"], group["says"]) == ([ANN, BOB], "")
    told(BOSS, Name("double", group["name"], "Where does the sine come from?"))
    cards = [[each["text"] for each in told.room.for_learner(who)["cards"]] for who in (ANN, BOB, EVE)]
    assert cards == [["Where does the sine come from?"]] * 2 + [[]]
    told(EVE, check_of(_odd))
    assert len(told.room.for_learner(EVE)["cards"]) == 1
    assert next(each for each in told.room.board()["mistakes"])["says"] == "Where does the sine come from?"


def test_cards(told: Told) -> None:
    """A card goes to everybody, to all at an exercise or to who holds a mistake; what is left is shown no more."""
    told(ANN, check_of(lambda x: x * x))
    told(BOB, check_of(lambda x: x + 2))
    told(EVE, check_of(toys.twice))
    cards = [
        told(BOSS, Push("all")),
        told(BOSS, Push("at it", exercise="double")),
        told(BOSS, Push("squares", "double(3)", "double", "squared")),
    ]
    seen = {who: [each["text"] for each in told.room.for_learner(who)["cards"]] for who in (ANN, BOB, EVE)}
    assert seen == {ANN: ["all", "at it", "squares"], BOB: ["all", "at it"], EVE: ["all"]}
    told(ANN, Taken(cards[2], True))
    told(ANN, Taken(cards[0], False))
    told(EVE, Taken(cards[2], True))  # was not sent to her
    assert [each["id"] for each in told.room.for_learner(ANN)["cards"]] == cards[1:]
    assert [(each["to"], each["taken"], each["left"]) for each in told.room.board()["cards"]] == [
        (3, 0, 1),
        (2, 0, 0),
        (1, 1, 0),
    ]


def test_questions_before_and_after(told: Told) -> None:
    """A learner has one answer a round; late, unknown and wrong ones count nowhere; a new question closes the old."""
    asked = told(BOSS, Ask("Up or down?", ("up", "down")))
    for who, choice in ((ANN, "up"), (BOB, "up"), (BOB, "down"), (EVE, "sideways")):
        told(who, Answered(asked, 1, choice))
    told(ANN, Answered(asked, 2, "down"))  # there is no second round yet
    told(BOSS, Turn(asked, "discussed"))
    assert told.room.for_learner(ANN)["question"] == {
        "id": asked,
        "text": "Up or down?",
        "choices": ["up", "down"],
        "round": 2,
        "answered": "",
    }
    told(ANN, Answered(asked, 1, "down"))
    told(EVE, Answered(asked, 2, "down"))
    (question,) = told.room.board()["questions"]
    assert question["rounds"] == [{"up": 1, "down": 1}, {"down": 1}]
    told(BOSS, Ask("How many?"))
    assert [each["stage"] for each in told.room.board()["questions"]] == ["closed", "open"]
    told(BOSS, Turn(asked, "closed"))
    assert told.room.for_learner(ANN)["question"]["text"] == "How many?"


def test_what_learners_see_is_told_when_it_changes(told: Told) -> None:
    """A check of somebody else changes nothing that learners see; each saying does, and each card that is left."""
    said = [Push("all"), Open("double"), Ask("Up?"), Name("double", check_of(_odd).group, "A sine.")]
    for who, event in [*((BOSS, each) for each in said), (ANN, check_of(_odd)), (ANN, Taken(1, False))]:
        before = told.room.spoken, [told.room.for_learner(each) for each in (ANN, BOB)]
        told(who, event)
        assert told.room.spoken != before[0]
        if not isinstance(event, Name):  # nobody is in that group yet
            assert [told.room.for_learner(each) for each in (ANN, BOB)] != before[1]
    before = told.room.spoken, told.room.for_learner(BOB)
    told(ANN, check_of(toys.twice))
    told(ANN, Predicted("toy", "which", "up", False))
    assert (told.room.spoken, told.room.for_learner(BOB)) == before


def test_pace_and_predictions(told: Told) -> None:
    """What is open and until when; of a prediction the first answer counts."""
    told(BOSS, Open("double", 5))
    assert told.room.for_learner(ANN)["open"] == {"exercise": "double", "since": 101, "until": 401}
    told(BOSS, Open(""))
    assert told.room.board()["open"] is None
    told(ANN, Predicted("toy", "which", "up", False))
    told(ANN, Predicted("toy", "which", "down", True))
    told(EVE, Predicted("toy", "which", "down", True))
    expected = {"id": "toy/which", "hold": 1, "choices": {"up": 1, "down": 1}, "of": 2}
    assert told.room.board()["predictions"] == [expected]


def test_a_learner_says_nothing_to_the_room(told: Told) -> None:
    """An instructor's saying in a learner's mouth changes nothing, and neither does what a later version logs."""
    before = told.room.for_learner(BOB)
    told.room.tell(Logged(1, ANN, events.to_body(Push("Buy!"), sayings.KINDS), 1.0))  # type: ignore[arg-type]
    told.room.tell(Logged(2, ANN, {"kind": "new"}, 1.0))
    assert told.room.for_learner(BOB) == before
    assert told.room.seen == 2


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"exercise": 3}, "`exercise` is not what it should be: 3"),
        ({"attempt": True}, "`attempt` is not what it should be"),
        ({"attempt": -1}, "`attempt` is not"),
        ({"attempt": 10**12}, "`attempt` is not"),
        ({"done": "yes"}, "`done` is not"),
        ({"exercise": "x" * 81}, "`exercise` has at most 80 characters"),
        ({"code": "x" * 6_001}, "`code` has at most 6000 characters"),
        ({"learner": 2}, "A check has no 'learner'"),
        (
            {"kind": "push"},
            "There are events of the kinds check, prediction, answer, card, consent, and this says 'push'",
        ),
        ({"kind": ["check"]}, "There are events of the kinds"),
    ],
)
def test_what_is_refused(change: dict[str, Any], says: str) -> None:
    """What is no event is refused in a sentence: other fields, other types, too long, an instructor's kind."""
    body = {"kind": "check", "exercise": "double", "outcome": "failed", "done": False, "attempt": 1}
    events.from_body(body)
    with pytest.raises(ValueError, match=says):
        events.from_body(body | change)
    with pytest.raises(ValueError, match="A check needs `outcome`"):
        events.from_body({"kind": "check", "exercise": "double"})
    with pytest.raises(ValueError, match="An event is a JSON object"):
        events.from_body([body])


def test_the_questions_of_a_lesson(toy_course: Topic) -> None:
    """Those of its `predict` cells, by their ids; a lesson that cannot be read has none."""
    source = 'predict(\n    "Up?",\n    ["up", "down"],\n    id="toy/up",\n    right=str(1),\n    why="",\n)'
    number = 'x = 1\npredict("How many?", id="toy/many", right=x, near=1, why="")'
    cells = ({"cell_type": "code", "source": each} for each in (source, number, "%magic predict("))
    toys.write_notebook(toy_course.notebook, *cells)
    assert material.questions(toy_course) == [
        {"id": "toy/up", "text": "Up?", "choices": ["up", "down"]},
        {"id": "toy/many", "text": "How many?", "choices": []},
    ]
    toy_course.notebook.write_text("{", encoding="utf-8")
    assert material.questions(toy_course) == []
