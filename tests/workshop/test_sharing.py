"""An answer that the room may see: asked for by the instructor, agreed to by its author, shown without a name."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from living import living
from starlette.testclient import TestClient
from test_learners import press, squared, words
from test_room import ANN, BOB, BOSS, EVE, Told
from test_server import CHECK, SCRIPT, Class, board

from coursekit.learning import learn
from coursekit.learning.joined import answers, cards, joining, membership, outbox
from coursekit.learning.joined.events import MOST_CODE, Checked, Consent
from coursekit.workshop import after
from coursekit.workshop.sayings import Request
from coursekit.workshop.server import Server
from coursekit.workshop.store import Role, Session, Store

pytestmark = pytest.mark.usefixtures("toy_course")

WRONG = Checked("double", "failed", False, 1, "squared")
ASKED = Request("double", "squared")
CODE = "def double(x):\n    return x * x  # <b>mine</b>\n"


@pytest.fixture
def told() -> Told:
    """A room in which Ann and Bob hold a mistake."""
    told = Told()
    told(ANN, WRONG)
    told(BOB, WRONG)
    told(EVE, Checked("double", "passed", True, 1))
    return told


def requests_to(told: Told, who: int) -> list[int]:
    return [each["id"] for each in told.room.for_learner(who)["requests"]]


def stages(told: Told) -> list[tuple[str, str]]:
    return [(each["stage"], each["code"]) for each in told.room.board()["requests"]]


# ---- the room ----------------------------------------------------------------------------------------------------


def test_one_who_holds_it_is_asked_each_once(told: Told) -> None:
    """First one of the two, then the other, and nobody a second time; who does not hold it is not asked."""
    first, second = told(BOSS, ASKED), told(BOSS, ASKED)
    assert sorted(requests_to(told, ANN) + requests_to(told, BOB)) == [first, second]
    assert len(requests_to(told, ANN)) == 1
    assert told.room.board()["mistakes"][0]["unasked"] == 0
    told(BOSS, ASKED)
    told(BOSS, Request("double", ""))
    told(BOSS, Request("triple", "squared"))
    assert stages(told) == [("asked", "")] * 2
    assert requests_to(told, EVE) == []


def test_it_is_shown_once_its_author_agrees(told: Told) -> None:
    """With its code and the sentence of its mistake, and nothing that says whose it is."""
    asked = told(BOSS, ASKED)
    author = ANN if requests_to(told, ANN) else BOB
    before = told.room.spoken
    told(author, Consent(asked, True, CODE))
    assert told.room.spoken != before
    assert told.room.board()["requests"] == [
        {"id": asked, "exercise": "double", "says": "This is the square.", "stage": "yes", "code": CODE}
    ]
    assert requests_to(told, author) == []
    told(author, Consent(asked, False))
    told(author, Consent(asked, True, "other"))
    assert stages(told) == [("yes", CODE)]


def test_nobody_agrees_for_somebody_else(told: Told) -> None:
    """Consent of anybody but the one who was asked counts nowhere, and neither does it without a request."""
    asked = told(BOSS, ASKED)
    author, other = (ANN, BOB) if requests_to(told, ANN) else (BOB, ANN)
    for who in (other, EVE):
        told(who, Consent(asked, True, CODE))
        told(who, Consent(asked, False))
    told(author, Consent(asked + 1, True, CODE))
    assert stages(told) == [("asked", "")]
    assert requests_to(told, author) == [asked]


def test_a_no_shows_nothing(told: Told) -> None:
    """Neither a plain one, nor one that has brought code along; nor a yes after it, or without code."""
    asked = told(BOSS, ASKED)
    author = ANN if requests_to(told, ANN) else BOB
    told(author, Consent(asked, False, CODE))
    told(author, Consent(asked, True, CODE))
    assert stages(told) == [("no", "")]


def test_an_answer_that_has_changed_is_asked_for_no_more(told: Told) -> None:
    """Who has passed meanwhile is not held to it; who has made the same mistake again still is."""
    asked = told(BOSS, ASKED)
    author = ANN if requests_to(told, ANN) else BOB
    told(author, WRONG)
    assert requests_to(told, author) == [asked]
    told(author, Checked("double", "passed", False, 2))
    assert requests_to(told, author) == []
    told(author, Consent(asked, True, CODE))
    assert stages(told) == [("changed", "")]


def test_what_would_turn_the_reading_order_is_seen(told: Told) -> None:
    """Marks that would make code look like other code are shown as what they are, whoever has sent them."""
    asked = told(BOSS, ASKED)
    told(ANN if requests_to(told, ANN) else BOB, Consent(asked, True, "x = 1\t# \u202e\x1b[2J\n"))
    assert stages(told) == [("yes", "x = 1\t# \\u202e\\x1b[2J\n")]


# ---- the server --------------------------------------------------------------------------------------------------


class Serving(Class):
    """The same, and the server itself."""

    def __init__(self, client: TestClient, store: Store, session: Session, serving: Server) -> None:
        super().__init__(client, store, session)
        self.serving = serving


@pytest.fixture
def room(store: Store, session: Session) -> Iterator[Serving]:
    serving = Server(store, session)
    with TestClient(serving.app(), base_url="http://127.0.0.1:8000") as client:
        yield Serving(client, store, session, serving)


def until(holds: Callable[[], Any], seconds: float = 60.0) -> Any:
    """Waits until something holds: a server looks at the log a few times a second."""
    end = time.monotonic() + seconds
    while not (found := holds()) and time.monotonic() < end:
        time.sleep(0.02)
    assert found
    return found


def asked_of(room: Serving, token: str) -> int:
    """What a learner with a mistake is asked, once the server knows of it."""
    room.post(token, CHECK)
    assert room.say(room.boss, {"kind": "request", "exercise": "double", "holding": "squared"}).status_code == 200
    number = room.store.events(room.session)[-1].id
    until(lambda: any(f'"id": {number},' in told for told in room.serving._feed.now.learners.values()))
    return number


def test_nothing_is_kept_without_consent(room: Serving) -> None:
    """Code without agreement, agreement without code, for somebody else or for nothing: refused, and not kept."""
    ann, eve = room.join("Ann"), room.join("Eve")
    asked = asked_of(room, ann)
    before = len(room.log())
    refused = {"kept": [], "refused": 1}
    for who, agreed, code, number in (
        (ann, False, CODE, asked),
        (ann, True, "", asked),
        (eve, True, CODE, asked),
        (ann, True, CODE, asked + 1),
        (ann, True, "x" * (MOST_CODE + 1), asked),
    ):
        answer = room.post(who, {"kind": "consent", "asked": number, "agreed": agreed, "code": code}).json()
        assert {"kept": answer["kept"], "refused": len(answer["refused"])} == refused
    assert len(room.log()) == before
    assert room.say(ann, {"kind": "request", "exercise": "double", "holding": "squared"}).status_code == 403
    good = room.post(ann, {"kind": "consent", "asked": asked, "agreed": True, "code": CODE}).json()
    assert len(good["kept"]) == 1
    assert board(room.store, room.session)["requests"][0]["code"] == CODE


def test_script_in_shared_code_is_text(room: Serving) -> None:
    """It comes as the JSON text that it is, to pages that run none."""
    ann = room.join("Ann")
    asked = asked_of(room, ann)
    room.post(ann, {"kind": "consent", "asked": asked, "agreed": True, "code": SCRIPT})
    assert board(room.store, room.session)["requests"][0]["code"] == SCRIPT
    answer = room.client.get("/share.js")
    assert "script-src 'self';" in answer.headers["Content-Security-Policy"]
    assert not {"innerHTML", "insertAdjacentHTML", "outerHTML", "document.write", "eval("} & set(answer.text.split())
    assert "innerHTML" not in answer.text


def test_its_author_is_told_to_nobody_and_it_is_deleted(room: Serving, tmp_path: Path) -> None:
    """Neither the board nor an export says whose it was; with the session it leaves the disk."""
    ann = room.join("Annegret")
    asked = asked_of(room, ann)
    room.post(ann, {"kind": "consent", "asked": asked, "agreed": True, "code": "peculiar = 1"})
    assert "Annegret" not in json.dumps(board(room.store, room.session)["requests"])
    for names in (False, True):
        (line,) = [
            each for each in after.export(room.store, room.session, names=names).splitlines() if "consent" in each
        ]
        assert json.loads(line)["who"] == "a learner"
    assert "peculiar" not in after.report(room.store, room.session)
    room.store.delete(room.session.id)
    assert b"peculiar" not in b"".join(path.read_bytes() for path in tmp_path.glob("workshop.sqlite*"))


# ---- a learner's side --------------------------------------------------------------------------------------------


@pytest.fixture
def box(kept: Path) -> cards.Cards:
    member = membership.Membership("http://127.0.0.1:9", "ABCDEF", "secret-token", "Losses", "Ann", False, time.time())
    membership.keep(member)
    return cards.Cards(member, listens=False)


def asking(number: int = 7, exercise: str = "double", holding: str = "squared") -> dict[str, Any]:
    request = {"id": number, "exercise": exercise, "holding": holding}
    return {"open": None, "question": None, "cards": [], "requests": [request]}


@pytest.mark.parametrize(("button", "sent"), [("Yes, show it", Consent(7, True, CODE)), ("No", Consent(7, False))])
def test_the_very_code_is_seen_and_sent(box: cards.Cards, posted: list[Any], button: str, sent: Consent) -> None:
    """Nothing is said until a button is pressed, and then once; only a yes takes the code along."""
    answers.keep("double", "squared", CODE)
    box.show(asking())
    assert posted == []
    assert "def double(x):\n    return x * x  # &lt;b&gt;mine&lt;/b&gt;" in words(box.box)
    answers.keep("double", "squared", "changed = 1")  # what is agreed to is what was seen
    buttons = box.box.children[2]
    press(buttons, button)
    press(buttons, button)
    assert posted == [sent]
    box.show(asking() | {"open": {"exercise": "double"}})
    assert "def double" not in words(box.box)


def test_two_requests(box: cards.Cards, posted: list[Any]) -> None:
    """One answered, the other stays; one that is asked no more goes."""
    answers.keep("double", "squared", CODE)
    answers.keep("triple", "twice", "triple = 3")
    both = [asking()["requests"][0], asking(8, "triple", "twice")["requests"][0]]
    box.show(asking() | {"requests": both})
    press(box.box.children[2].children[0], "No")
    assert "triple = 3" in words(box.box)
    box.show(asking() | {"requests": []})
    assert "triple = 3" not in words(box.box)
    assert posted == [Consent(7, False)]


@pytest.mark.parametrize("exercise", ["triple", "../else", "..\\else", "/else", ""])
def test_what_is_not_here_is_declined(box: cards.Cards, posted: list[Any], exercise: str, kept: Path) -> None:
    """An answer that was not kept, or shows another mistake by now; and a server cannot ask for any other file."""
    answers.keep("double", "other", CODE)
    (kept / "else.json").write_text('{"holding": "squared", "code": "private"}', encoding="utf-8")
    for number, name in ((1, exercise), (2, "double")):
        box.show(asking(number, name))
    assert posted == [Consent(1, False), Consent(2, False)]
    assert "private" not in words(box.box)


def test_answers_stay_on_the_learners_disk(kept: Path, store: Store, session: Session) -> None:
    """The last of each exercise, while it shows a mistake; no longer than is sent; gone with the workshop."""
    with living(store, session) as address:
        joining.join(address, session.code, "Ann")
        learn.check(squared, "double")
        assert answers.read("double", "squared") == "def squared(x: Any) -> Any:\n    return x * x\n"
        while not outbox.send(seconds=5):
            pass
    assert all("return x * x" not in json.dumps(each.body) for each in store.events(session))
    answers.keep("double", "squared", "x" * 10_000 + "\x1b")
    assert len(answers.read("double", "squared")) == MOST_CODE
    answers.keep("double", "", CODE)
    assert answers.read("double", "squared") == answers.read("double", "") == ""
    answers.keep("double", "squared", CODE)
    membership.leave()
    assert not (kept / "answers").exists()


def test_from_the_board_to_the_room(kept: Path, store: Store, session: Session) -> None:
    """Asked on the board, agreed to in a notebook, shown on the board: over real sockets."""
    boss, _ = store.add_person(session, Role.INSTRUCTOR)
    with living(store, session) as address:
        joining.join(address, session.code, "Ann")
        learn.check(squared, "double")
        outbox.send(seconds=5)
        member = membership.read()
        assert member is not None
        box = cards.Cards(member)
        store.log(boss, [("a" * 32, {"kind": "request", "exercise": "double", "holding": "squared"})])
        until(lambda: "May the room see your answer to <code>double</code>" in words(box.box))
        press(box.box, "Yes, show it")
        outbox.send(seconds=5)
        shown = board(store, session)["requests"][0]
        assert (shown["stage"], shown["code"]) == ("yes", answers.read("double", "squared"))
        press(box.box, "Leave the workshop")
