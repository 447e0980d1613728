"""When the room has gone home: all that happened as lines of JSON, and a page of what went wrong and when."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from statistics import median
from typing import Any

from coursekit.learning.feedback import prose
from coursekit.learning.joined import events
from coursekit.learning.joined.events import Checked
from coursekit.publish.pages.page import count, page, text
from coursekit.report import Outcome
from coursekit.workshop import material
from coursekit.workshop.room import Room
from coursekit.workshop.store import Logged, Person, Role, Session, Store


def export(store: Store, session: Session, *, names: bool = False) -> str:
    """All events of a session in order, a line of JSON each.

    Args:
        store: where it is.
        session: which.
        names: whether learners are called by their names, and not by numbers.
    """
    people = {each.id: each for each in store.people(session)}
    return "".join(
        json.dumps({"at": _iso(each.at), "who": _author(each, people[each.person], names), **each.body}) + "\n"
        for each in _log(store, session)
    )


def _author(logged: Logged, person: Person, names: bool) -> str:
    """Whose event it is; who has shown an answer is not told, as they were promised."""
    return "a learner" if logged.body.get("kind") == "consent" else _called(person, names)


def _called(person: Person, names: bool) -> str:
    return person.name if names and person.name else f"{person.role} {person.number}"


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


def _log(store: Store, session: Session) -> Iterator[Logged]:
    seen = 0
    while found := store.events(session, after=seen):
        yield from found
        seen = found[-1].id


def report(store: Store, session: Session) -> str:
    """A page without names: how far each exercise came, which mistakes were made and when, what was asked."""
    room, log = Room(), list(_log(store, session))
    people = store.people(session)
    for person in people:
        room.meet(person)
    for each in log:
        room.tell(each)
    board = room.board()
    learners = sum(each.role is Role.LEARNER for each in people)
    body = [
        f"<h1>{text(session.title)}</h1>",
        f'<p class="note">{count(learners, "learner")}, begun {text(session.begun[:16].replace("T", " "))} UTC. What '
        "learners post of themselves is advice about the room, and never a grade.</p>",
        "<h2>How far the room came</h2>",
        *_far(board["works"], learners),
        "<h2>What went wrong, and when</h2>",
        *_wrong(log),
        "<h2>What was asked</h2>",
        *_asked(board),
    ]
    return page(session.title, body)


def _far(works: dict[str, dict[int, list[Any]]], learners: int) -> Iterator[str]:
    heads = ("exercise", "passed", "tried", "not started", "attempts, median")
    yield _table_begin(heads)
    for exercise, theirs in works.items():
        passed = sum(state != "tried" for state, _ in theirs.values())
        cells = passed, len(theirs) - passed, learners - len(theirs), f"{median(n for _, n in theirs.values()):g}"
        yield f'<tr><th scope="row">{text(exercise)}</th>' + "".join(f"<td>{each}</td>" for each in cells) + "</tr>"
    yield "</tbody></table></div>"


def _table_begin(heads: tuple[str, ...]) -> str:
    cells = "".join(f'<th scope="col">{each}</th>' for each in heads)
    return (
        '<div class="wide" role="region" aria-label="Table of exercises" tabindex="0">'
        f'<table class="points"><thead><tr>{cells}</tr></thead><tbody>'
    )


def _wrong(log: list[Logged]) -> Iterator[str]:
    """Each mistake with who made it, by number alone, and its first and last time."""
    found: defaultdict[tuple[str, str], list[tuple[Logged, Checked]]] = defaultdict(list)
    for logged in log:
        if logged.body.get("kind") == "check":
            check: events.Event = events.from_body(logged.body)
            if isinstance(check, Checked) and check.outcome != Outcome.PASSED and (check.mistake or check.group):
                found[check.exercise, check.mistake or check.group].append((logged, check))
    yield '<ul class="mistakes">' if found else "<p>Nothing.</p>"
    held = {key: len({logged.person for logged, _ in made}) for key, made in found.items()}
    for (exercise, name), made in sorted(found.items(), key=lambda each: -held[each[0]]):
        first, last = (datetime.fromtimestamp(made[at][0].at, UTC).strftime("%H:%M") for at in (0, -1))
        says = material.sentence(exercise, name) or made[0][1].says or "An answer that no known mistake explains."
        line = made[0][1].line
        shown = f'<code class="line">{text(f"{line}  # got {made[0][1].got}")}</code>' if line else ""
        when = first if first == last else f"{first} to {last}"
        yield (
            f"<li><b>{text(exercise)}</b>, {count(held[exercise, name], 'learner')}, {count(len(made), 'check')}, "
            f"{when} UTC: {prose(says)}{shown}</li>"
        )
    if found:
        yield "</ul>"


def _asked(board: dict[str, Any]) -> Iterator[str]:
    asked = [(each["text"], each["rounds"]) for each in board["questions"]]
    asked += [(f"{each['id']} (a prediction of the lesson)", [each["choices"]]) for each in board["predictions"]]
    if not asked:
        yield "<p>Nothing.</p>"
    for words, rounds in asked:
        told = "; after the discussion: ".join(
            ", ".join(f"{text(choice)} {number}" for choice, number in each.items()) for each in rounds if each
        )
        yield f"<p><b>{text(words)}</b> {told or 'Nobody has answered.'}</p>"
