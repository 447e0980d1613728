"""What a room is like by now: who is where, what goes wrong, what was asked. It is told the log, event by event.

A room holds nothing that the log does not: two servers that have read the same log show the same.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from coursekit.learning.joined import events
from coursekit.learning.joined.events import MOST_CODE, Answered, Checked, Consent, Predicted, Taken
from coursekit.report import Outcome
from coursekit.text import visible
from coursekit.workshop import material, sayings
from coursekit.workshop.room.parts import Asked, Card, Requested, Work
from coursekit.workshop.sayings import Ask, Name, Open, Push, Request, Turn
from coursekit.workshop.store import Logged, Person, Role

STUCK = 12  # learners who are shown as stuck, those who have been longest
_CHOICES = 12  # different answers to one question that are shown; more are a typed answer each
_REQUESTS = 5  # that are shown, the last ones: each may hold a whole answer


class Room:
    """A session, as far as it was told.

    Attributes:
        seen: the id of the last event that it was told of.
        met: the id of the last person.
        learners: everybody but instructors, by id.
        spoken: another number after whatever changes what a learner sees.
    """

    def __init__(self) -> None:
        self.seen = self.met = self.spoken = 0
        self.learners: dict[int, Person] = {}
        self._active: dict[int, float] = {}
        self._works: defaultdict[str, dict[int, Work]] = defaultdict(dict)  # by exercise and learner
        self._cards: dict[int, Card] = {}
        self._asked: dict[int, Asked] = {}
        self._names: dict[tuple[str, str], tuple[int, str]] = {}  # by exercise and group: which card, what it says
        self._requests: dict[int, Requested] = {}
        self._predicted: dict[tuple[str, str], dict[int, Predicted]] = {}  # the first answer is the prediction
        self._open: tuple[Open, float] | None = None

    # ---- what it is told -----------------------------------------------------------------------------------------

    def meet(self, person: Person) -> None:
        """Somebody has come in."""
        self.met = person.id
        if person.role is Role.LEARNER:
            self.learners[person.id] = person

    def tell(self, logged: Logged) -> None:
        """An event, the next of the log. One that this version does not know changes nothing."""
        self.seen = logged.id
        kinds = events.KINDS if logged.person in self.learners else sayings.KINDS
        try:
            event: Any = events.from_body(logged.body, kinds)
        except ValueError:
            return
        if logged.person in self.learners:
            self._active[logged.person] = logged.at
        self.spoken += not isinstance(event, Checked | Predicted)
        _TOLD[type(event)](self, logged, event)

    def _checked(self, logged: Logged, check: Checked) -> None:
        if check.outcome == Outcome.UNATTEMPTED:
            return
        work = self._works[check.exercise].setdefault(logged.person, Work(logged.at, check))
        work.last = check
        work.attempts += 1
        work.passed |= check.outcome == Outcome.PASSED
        work.done |= check.done
        card, _ = self._names.get((check.exercise, work.holds), (0, ""))
        if card:
            self._cards[card].to.add(logged.person)
            self.spoken += 1
        for each in self._requests.values():
            mine = each.stage == "asked" and (each.of, each.exercise) == (logged.person, check.exercise)
            if mine and each.holding != work.holds:
                each.stage = "changed"
                self.spoken += 1

    def _predictions(self, logged: Logged, said: Predicted) -> None:
        self._predicted.setdefault((said.lesson, said.question), {}).setdefault(logged.person, said)

    def _answered(self, logged: Logged, answer: Answered) -> None:
        asked = self._asked.get(answer.asked)
        if asked is None or asked.round != answer.round or (asked.choices and answer.choice not in asked.choices):
            return
        asked.answers[answer.round][logged.person] = answer.choice

    def _taken(self, logged: Logged, taken: Taken) -> None:
        card = self._cards.get(taken.card)
        if card is not None and logged.person in card.to:
            (card.taken if taken.taken else card.left).add(logged.person)

    def _consented(self, logged: Logged, consent: Consent) -> None:
        """Counts of the one who was asked, once, and of nobody else."""
        requested = self._requests.get(consent.asked)
        if requested is None or requested.of != logged.person or requested.stage != "asked":
            return
        if consent.agreed and consent.code:
            requested.stage, requested.code = "yes", visible(consent.code, keep="\n\t")[:MOST_CODE]
        else:
            requested.stage = "no"

    def _push(self, logged: Logged, push: Push) -> None:
        to = set(self.learners)
        if push.exercise:
            works = self._works[push.exercise]
            to = {who for who, work in works.items() if not work.passed and push.holding in ("", work.holds)}
        self._cards[logged.id] = Card(push.text, push.code, to)

    def _opened(self, logged: Logged, opened: Open) -> None:
        self._open = (opened, logged.at) if opened.exercise else None

    def _ask(self, logged: Logged, ask: Ask) -> None:
        for each in self._asked.values():  # one question at a time
            each.stage = "closed"
        self._asked[logged.id] = Asked(ask.text, ask.choices)

    def _turn(self, _logged: Logged, turn: Turn) -> None:
        if turn.asked in self._asked:
            self._asked[turn.asked].stage = "discussed" if turn.to == "discussed" else "closed"

    def _request(self, logged: Logged, request: Request) -> None:
        """One of those who hold it is asked, and each of them once: not always the first who came."""
        works = self._works.get(request.exercise, {})
        held = [who for who, work in works.items() if request.holding and work.holds == request.holding]
        if left := self._not_asked(request.exercise, request.holding, held):
            whom = left[logged.id % len(left)]
            self._requests[logged.id] = Requested(request.exercise, request.holding, whom)

    def _not_asked(self, exercise: str, holding: str, held: list[int]) -> list[int]:
        """Those who hold a mistake without those who were asked to show their answer."""
        asked = {each.of for each in self._requests.values() if (each.exercise, each.holding) == (exercise, holding)}
        return [who for who in held if who not in asked]

    def _name(self, logged: Logged, name: Name) -> None:
        held = {who for who, work in self._works[name.exercise].items() if work.holds == name.group}
        self._names[name.exercise, name.group] = logged.id, name.sentence
        self._cards[logged.id] = Card(name.sentence, "", held)

    # ---- what it says --------------------------------------------------------------------------------------------

    def for_learner(self, who: int) -> dict[str, Any]:
        """What one learner sees: the exercise of the moment, the question, their own cards. Nothing of anybody else."""
        asked = next(((number, each) for number, each in self._asked.items() if each.round), None)
        question = None
        if asked:
            number, each = asked
            question = {"id": number, "text": each.text, "choices": list(each.choices), "round": each.round}
            question["answered"] = each.answers[each.round].get(who, "")
        cards = [
            {"id": number, "text": card.text, "code": card.code}
            for number, card in self._cards.items()
            if who in card.to - card.left
        ]
        requests = [
            {"id": number, "exercise": each.exercise, "holding": each.holding}
            for number, each in self._requests.items()
            if each.of == who and each.stage == "asked"
        ]
        return {"open": self._opened_now(), "question": question, "cards": cards, "requests": requests}

    def _opened_now(self) -> dict[str, Any] | None:
        if self._open is None:
            return None
        opened, at = self._open
        return {"exercise": opened.exercise, "since": at, "until": at + 60 * opened.minutes if opened.minutes else 0}

    def board(self) -> dict[str, Any]:
        """What the instructor sees, as JSON has it."""
        return {
            "learners": [
                {"id": who, "name": each.name, "number": each.number, "active": self._active.get(who, 0)}
                for who, each in self.learners.items()
            ],
            "works": {
                exercise: {who: [work.state, work.attempts] for who, work in works.items()}
                for exercise, works in self._works.items()
            },
            "mistakes": sorted(self._mistakes(), key=lambda each: -len(each["learners"])),
            "stuck": sorted(self._stuck(), key=lambda each: each["since"])[:STUCK],
            "open": self._opened_now(),
            "questions": [self._question(number, each) for number, each in self._asked.items()],
            "predictions": [
                {
                    "id": f"{lesson}/{question}",
                    "hold": sum(each.holds for each in said.values()),
                    "choices": _distribution(each.choice for each in said.values()),
                    "of": len(said),
                }
                for (lesson, question), said in self._predicted.items()
            ],
            "cards": [
                {"id": n, "text": card.text, "to": len(card.to), "taken": len(card.taken), "left": len(card.left)}
                for n, card in self._cards.items()
            ],
            "requests": [
                {
                    "id": number,
                    "exercise": each.exercise,
                    "says": self._says(each.exercise, each.holding),
                    "stage": each.stage,
                    "code": each.code,
                }
                for number, each in [*self._requests.items()][-_REQUESTS:]
            ],
        }

    def _mistakes(self) -> Iterator[dict[str, Any]]:
        """The mistakes that are held now, and the groups of answers that fail alike by none that is known."""
        for exercise, works in self._works.items():
            held: defaultdict[str, list[int]] = defaultdict(list)
            for who, work in works.items():
                if work.holds:
                    held[work.holds].append(who)
            for name, learners in held.items():
                lasts = [works[who].last for who in learners]
                is_group = not lasts[0].mistake
                shows = None if is_group else material.example(exercise, name)
                line, got, expected = (
                    (shows.line, shows.got, shows.expected)
                    if shows
                    else Counter((each.line, each.got, each.expected) for each in lasts).most_common(1)[0][0]
                )
                yield {
                    "exercise": exercise,
                    "name": name,
                    "group": is_group,
                    "says": self._says(exercise, name) or Counter(each.says for each in lasts).most_common(1)[0][0],
                    "line": line,
                    "got": got,
                    "expected": expected,
                    "learners": learners,
                    "unasked": len(self._not_asked(exercise, name, learners)),
                    "codes": [each.code for each in lasts if each.code][:3],
                }

    def _says(self, exercise: str, holding: str) -> str:
        """The sentence of a mistake, or that which a group was given; empty where there is none."""
        return self._names.get((exercise, holding), (0, ""))[1] or material.sentence(exercise, holding)

    def _stuck(self) -> Iterator[dict[str, Any]]:
        """Where each learner is who has tried something that has not passed since: at what they have tried last."""
        for who in self.learners:
            open_ones = [
                (exercise, works[who])
                for exercise, works in self._works.items()
                if who in works and not works[who].passed
            ]
            if open_ones:
                exercise, work = open_ones[-1]
                yield {"learner": who, "exercise": exercise, "since": work.begun, "attempts": work.attempts}

    def _question(self, number: int, asked: Asked) -> dict[str, Any]:
        rounds = [_distribution(answers.values()) for answers in asked.answers.values()]
        return {
            "id": number,
            "text": asked.text,
            "choices": list(asked.choices),
            "stage": asked.stage,
            "rounds": rounds,
        }


def _distribution(choices: Any) -> dict[str, int]:
    return dict(Counter(choices).most_common(_CHOICES))


_TOLD: dict[type, Any] = {
    Checked: Room._checked,
    Predicted: Room._predictions,
    Answered: Room._answered,
    Taken: Room._taken,
    Consent: Room._consented,
    Push: Room._push,
    Open: Room._opened,
    Ask: Room._ask,
    Turn: Room._turn,
    Name: Room._name,
    Request: Room._request,
}
