"""What the server answers, and what it refuses: each attack that a room may think of has a test here."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from coursekit.database import DatabaseError
from coursekit.learning.joined import events
from coursekit.learning.joined.events import Checked
from coursekit.workshop import feed, limits, server, tables, writing
from coursekit.workshop.server import Server
from coursekit.workshop.store import Role, Session, Store

pytestmark = pytest.mark.usefixtures("toy_course")

CHECK = {"kind": "check", "exercise": "double", "outcome": "failed", "done": False, "attempt": 1, "mistake": "squared"}
SAYINGS = [
    {"kind": "push", "text": "Look at x = 3."},
    {"kind": "open", "exercise": "double"},
    {"kind": "ask", "text": "Up?", "choices": ["up", "down"]},
    {"kind": "turn", "asked": 1, "to": "closed"},
    {"kind": "name", "exercise": "double", "group": "abc", "sentence": "A sine."},
    {"kind": "request", "exercise": "double", "holding": "squared"},
]


def uid() -> str:
    return secrets.token_hex(16)


class Class:
    """A server and those who ask it."""

    def __init__(self, client: TestClient, store: Store, session: Session) -> None:
        self.client, self.store, self.session = client, store, session
        self.boss = self.store.add_person(session, Role.INSTRUCTOR)[1]

    def join(self, name: str = "") -> str:
        found = self.client.post("/api/join", json={"code": self.session.code, "name": name})
        assert found.status_code == 200, found.text
        return found.json()["token"]

    def post(self, token: str, *posted: Any, **options: Any) -> Any:
        body = {"events": [{"id": uid(), **each} for each in posted]}
        return self.client.post("/api/events", json=body, headers=bearer(token), **options)

    def say(self, token: str, said: dict[str, Any]) -> Any:
        return self.client.post("/api/say", json={"id": uid(), **said}, headers=bearer(token))

    def log(self) -> list[dict[str, Any]]:
        return [each.body for each in self.store.events(self.session)]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def room(store: Store, session: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[Class]:
    """A room for whose limits no time passes: how slow the machine is gives nobody anything back."""
    monkeypatch.setattr(server, "Limit", partial(limits.Limit, clock=lambda: 0.0))
    with TestClient(Server(store, session).app(), base_url="http://127.0.0.1:8000") as client:
        yield Class(client, store, session)


def board(store: Store, session: Session) -> dict[str, Any]:
    """What a board shows by now."""
    found = feed.Feed(store, session)._look()
    assert found is not None
    return json.loads(found.board)


def test_from_joining_to_the_board(room: Class) -> None:
    """A learner joins by the code, however it is typed, posts, and stands on the board."""
    code = f" {room.session.code[:3].lower()}-{room.session.code[3:]} "
    joined = room.client.post("/api/join", json={"code": code, "name": " Ann\nLee "}).json()
    assert (joined["number"], joined["title"]) == (1, "Losses")
    assert room.post(joined["token"], CHECK).json()["refused"] == {}
    shown = board(room.store, room.session)
    assert [each["name"] for each in shown["learners"]] == ["Ann Lee"]
    assert shown["mistakes"][0]["says"] == "This is the square."
    assert room.client.get("/api/material", headers=bearer(room.boss)).json()["lessons"][0]["name"] == "toy"


def test_streams(store: Store, session: Session) -> None:
    """A board and a learner are told within a second what has changed, and when it is over."""

    async def listen() -> None:
        following = feed.Feed(store, session)
        task = asyncio.create_task(following.follow())
        ann, _ = store.add_person(session, Role.LEARNER, "Ann")
        boss, _ = store.add_person(session, Role.INSTRUCTOR)
        boards, learner = following.board(), following.learner(ann.id)

        async def until(stream: Any, word: str) -> str:
            async for each in stream:
                if word in each:
                    return each
            raise AssertionError(word)

        await asyncio.wait_for(until(boards, "Ann"), 5)
        store.log(ann, [(uid(), CHECK)])
        told = await asyncio.wait_for(until(boards, "This is the square"), 1)
        assert told.startswith("data: {")
        assert told.endswith("}\n\n")
        store.log(boss, [(uid(), SAYINGS[0])])
        await asyncio.wait_for(until(learner, "Look at x"), 1)
        store.end()
        assert "event: over" in await asyncio.wait_for(until(learner, "over"), 2)
        await asyncio.wait_for(task, 2)

    asyncio.run(listen())


def test_a_silent_stream_says_that_it_is_there(store: Store, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that nothing between cuts it off, and whoever is gone is noticed."""
    monkeypatch.setattr(feed, "KEEP_ALIVE", 0.01)

    async def listen() -> list[str]:
        stream = feed.Feed(store, session).board()
        return [await anext(stream), await anext(stream)]

    assert asyncio.run(listen()) == ["data: {}\n\n", ": still here\n\n"]


def test_two_servers_show_the_same(url: str) -> None:
    """Two servers share a database: what is posted to one, or to both, stands on the board of the other, once."""
    with Store(url) as store, Store(url) as second:
        session = store.begin("Losses")
        two_servers(store, second, session)


def two_servers(store: Store, second: Store, session: Session) -> None:
    with TestClient(Server(store, session).app()) as one, TestClient(Server(second, session).app()) as other:
        token = one.post("/api/join", json={"code": session.code, "name": "Ann"}).json()["token"]
        body = {"events": [{"id": uid(), **CHECK}]}
        for client in (one, other, one):
            assert client.post("/api/events", json=body, headers=bearer(token)).status_code == 200
        assert board(store, session) == board(second, session)
        assert [*board(store, session)["works"]["double"].values()] == [["tried", 1]]


# ---- attacks -----------------------------------------------------------------------------------------------------


def test_replay(room: Class) -> None:
    """A post that is recorded and sent again changes nothing."""
    token = room.join()
    body = {"events": [{"id": uid(), **CHECK}]}
    answers = [room.client.post("/api/events", json=body, headers=bearer(token)).json() for _ in range(3)]
    assert answers == [{"kept": [body["events"][0]["id"]], "refused": {}}] * 3
    assert len(room.log()) == 1


def test_identity_is_the_token(room: Class) -> None:
    """Nobody posts for somebody else: not by naming them, not by their event's id, not with a token that is none."""
    ann, eve = room.join("Ann"), room.join("Eve")
    mine = {"id": uid(), **CHECK}
    room.client.post("/api/events", json={"events": [mine]}, headers=bearer(ann))
    for forged in ({"learner": 1}, {"person": 1}, {"name": "Ann"}):
        refused = room.post(eve, {**CHECK, **forged}).json()
        assert (refused["kept"], len(refused["refused"])) == ([], 1)
    room.client.post(
        "/api/events", json={"events": [{**mine, "outcome": "passed", "mistake": ""}]}, headers=bearer(eve)
    )
    shown = board(room.store, room.session)
    ids = {each["name"]: str(each["id"]) for each in shown["learners"]}
    assert shown["works"]["double"] == {ids["Ann"]: ["tried", 1], ids["Eve"]: ["passed", 1]}
    for token in ("", "x", ann[:-1], ann + "x", "' OR 1=1 --", "1", "None"):
        assert room.post(token, CHECK).status_code == 401, token
    for header in ({}, {"Authorization": ann}, {"Authorization": f"Basic {ann}"}, {"Cookie": f"token={ann}"}):
        answer = room.client.post("/api/events", json={"events": []}, headers=header)
        assert answer.status_code == 401, header
    assert room.client.post(f"/api/events?token={ann}", json={"events": []}).status_code == 401


def test_a_learner_is_no_instructor(room: Class) -> None:
    """A learner's token opens no board and says nothing to the room; an instructor's posts no check."""
    token = room.join()
    for path in ("/api/board", "/api/material"):
        assert room.client.get(path, headers=bearer(token)).status_code == 403
        assert room.client.get(path).status_code == 401
    for said in SAYINGS:
        assert room.say(token, said).status_code == 403
        assert room.post(token, said).json()["kept"] == []
    assert room.log() == []
    assert room.post(room.boss, CHECK).status_code == 403
    assert room.client.get("/api/room", headers=bearer(room.boss)).status_code == 403
    for said in SAYINGS:
        assert room.say(room.boss, said).status_code == 200
    assert len(room.log()) == len(SAYINGS)
    assert all(each not in room.client.get("/board").text for each in (room.session.code, "Losses"))


def test_codes_are_not_guessed(room: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some twenty wrong codes from one address, some hundred from all, and then even the right one waits."""
    wrong = {"code": "AAAAAA"}
    statuses = [room.client.post("/api/join", json=wrong).status_code for _ in range(30)]
    assert statuses[0] == 403
    assert statuses.count(403) == 20
    assert statuses[-1] == 429
    late = room.client.post("/api/join", json={"code": room.session.code})
    assert (late.status_code, late.headers["Retry-After"]) == (429, "30")
    client = TestClient(Server(room.store, room.session).app(), client=("203.0.113.0", 1))
    many = [
        TestClient(client.app, client=(f"203.0.113.{n}", 1)).post("/api/join", json=wrong).status_code
        for n in range(40)
        for _ in range(10)
    ]
    assert many[0] == 403
    assert many.count(403) == 300
    assert many[-1] == 429
    for code in ("", None, 5, ["A"], "x" * 10_000, room.session.code[:-1], room.session.code + "A", "%", "Ä" * 6):
        fresh = TestClient(Server(room.store, room.session).app())
        assert fresh.post("/api/join", json={"code": code}).status_code in (400, 403), code


def test_flooding(room: Class) -> None:
    """Whoever posts too much waits and is told how long; nobody else does, and nothing that was refused is kept."""
    loud, quiet = room.join("loud"), room.join("quiet")
    found = [room.post(loud, CHECK) for _ in range(90)]
    refused = [each for each in found if each.status_code == 429]
    assert len(refused) == 30
    assert all(int(each.headers["Retry-After"]) >= 1 for each in refused)
    assert "a little later" in refused[0].json()["error"]
    assert room.post(quiet, CHECK).status_code == 200
    assert len(room.log()) == 90 - len(refused) + 1
    many = room.join("many")
    full = [room.post(many, *[CHECK] * server.MOST_EVENTS).status_code for _ in range(30)]
    assert full.count(200) == 20


def test_oversized(room: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that is too long is not read to its end, with or without its length said; so are lists and texts."""
    token = room.join()
    read = []

    def endless() -> Iterator[bytes]:
        for n in range(1_000):
            read.append(n)
            yield b" " * (16 << 10)

    headers = {**bearer(token), "Content-Type": "application/json"}
    for content in (b" " * (1 << 20), endless()):
        answer = room.client.post("/api/events", content=content, headers=headers)
        assert answer.status_code == 413
    assert room.post(token, *[CHECK] * (server.MOST_EVENTS + 1)).status_code == 400
    assert room.post(token, {**CHECK, "says": "x" * 601}).json()["kept"] == []
    assert room.post(token, {**CHECK, "exercise": "x" * 81}).json()["kept"] == []
    name = room.client.post("/api/join", json={"code": room.session.code, "name": "x" * 100_000})
    assert name.status_code == 200
    assert max(len(each.name) for each in room.store.people(room.session)) <= 120
    assert room.log() == []


@pytest.mark.parametrize(
    "content",
    [b"", b"null", b"[]", b"3", b"{", b"[" * 60_000, b'{"events": {}}', b'{"events": [1]}', b'{"events": [{"id": 1}]}',
     b'{"events": [{"id": "../../etc"}]}', b'{"events": null}', b"\xff\xfe", b"9" * 20_000],
)  # fmt: skip
def test_what_is_no_post(room: Class, content: bytes) -> None:
    """Whatever is sent gets a sentence, and never a traceback."""
    headers = {**bearer(room.join()), "Content-Type": "application/json"}
    answer = room.client.post("/api/events", content=content, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")
    assert room.log() == []


def test_posts_of_other_pages(room: Class) -> None:
    """A page from elsewhere cannot make a browser join, post or look; a form cannot post at all."""
    token = room.join()
    for foreign in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:8000.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        headers = {**bearer(token), **foreign}
        assert room.client.post("/api/events", json={"events": []}, headers=headers).status_code == 403, foreign
        join = room.client.post("/api/join", json={"code": room.session.code}, headers=foreign)
        assert join.status_code == 403, foreign
        assert room.client.get("/api/material", headers={**bearer(room.boss), **foreign}).status_code == 403, foreign
    own = {"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "same-origin"}
    assert room.post(token, CHECK).status_code == 200
    assert room.client.get("/api/material", headers={**bearer(room.boss), **own}).status_code == 200
    for form in ({"data": {"events": "[]"}}, {"content": b"{}", "headers": {"Content-Type": "text/plain"}}):
        assert room.client.post("/api/join", **form).status_code == 415
    asked = room.client.options("/api/events", headers={"Origin": "https://evil.example"})
    assert not [name for name in asked.headers if name.startswith("access-control")]


SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>"


def test_script_is_text(room: Class) -> None:
    """Script in a name, a question, a card or code comes back as the JSON text that it is, on pages that run none."""
    token = room.join(SCRIPT)
    room.post(token, {**CHECK, "mistake": "", "group": "abc", "got": SCRIPT, "code": SCRIPT})
    room.say(room.boss, {"kind": "ask", "text": SCRIPT, "choices": [SCRIPT]})
    room.say(room.boss, {"kind": "push", "text": SCRIPT, "code": SCRIPT})
    shown = board(room.store, room.session)
    assert shown["learners"][0]["name"] == SCRIPT
    assert (shown["mistakes"][0]["got"], shown["mistakes"][0]["codes"]) == (SCRIPT, [SCRIPT])
    assert room.post(token, {**CHECK, "exercise": SCRIPT}).json()["kept"] == []
    for path in ("/", "/board", "/api/material"):
        answer = room.client.get(path, headers=bearer(room.boss))
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "frame-ancestors 'none'" in policy


def test_sql_is_text(room: Class) -> None:
    """SQL in any field is kept as it is, and every table is there afterwards."""
    sql = "'; DROP TABLE coursekit_event; --"
    token = room.join(sql)
    room.post(token, {**CHECK, **dict.fromkeys(("mistake", "says", "group", "line", "got", "expected", "code"), sql)})
    room.post(token, {"kind": "prediction", "lesson": sql, "question": sql, "choice": sql, "holds": True})
    room.say(room.boss, {"kind": "push", "text": sql, "code": sql, "exercise": sql, "holding": sql})
    room.say(room.boss, {"kind": "name", "exercise": sql, "group": sql, "sentence": sql})
    assert room.client.post("/api/join", json={"code": sql}).status_code == 403
    assert len(room.log()) == 4
    assert room.log()[0]["says"] == sql
    with room.store.reading() as connection:
        assert {*sa.inspect(connection).get_table_names()} == {*tables.metadata.tables}


def test_nothing_of_others_is_told(room: Class) -> None:
    """What a learner is sent holds no name, no answer and no card of anybody else."""
    ann, eve = room.join("Annegret"), room.join("Eve")
    room.post(ann, CHECK)
    room.say(room.boss, {"kind": "push", "text": "secret", "exercise": "double", "holding": "squared"})
    found = feed.Feed(room.store, room.session)._look()
    assert found is not None
    mine, hers = (found.learners[room.store.person(token).id] for token in (ann, eve))
    assert "secret" in mine
    assert json.loads(hers) == {"open": None, "question": None, "cards": [], "requests": []}
    assert "Annegret" not in mine + hers


def test_streams_are_counted(store: Store, session: Session) -> None:
    """Nobody opens streams without end."""
    person, _ = store.add_person(session, Role.LEARNER)
    serving = Server(store, session)

    async def opened() -> None:
        streams = []
        for _ in range(server.MOST_STREAMS):
            stream = serving._stream(person, feed.Feed(store, session).board()).body_iterator
            assert await anext(stream) == "data: {}\n\n"
            streams.append(stream)
        with pytest.raises(server.Refused, match="too many streams"):
            serving._stream(person, feed.Feed(store, session).board())
        await streams[0].aclose()
        serving._stream(person, feed.Feed(store, session).board())

    asyncio.run(opened())


def test_a_session_that_is_over(room: Class) -> None:
    """Its tokens open nothing, and nobody joins it; its learners are told to join anew."""
    token = room.join()
    assert room.post(token, CHECK).status_code == 200
    room.store.begin("The next")
    until = time.monotonic() + 60  # a server looks a few times a second whether it goes on
    while (answer := room.post(token, CHECK)).status_code == 200 and time.monotonic() < until:
        time.sleep(0.05)
    assert answer.status_code == 401
    assert "join with the code on the board" in answer.json()["error"]
    assert room.say(room.boss, SAYINGS[0]).status_code == 401


def test_the_course_decides(room: Class) -> None:
    """What is about no exercise of the course, or ends as no check does, is refused by itself; its neighbours stay."""
    token = room.join()
    answer = room.post(token, {**CHECK, "exercise": "nonsense"}, {**CHECK, "outcome": "great"}, CHECK).json()
    assert len(answer["kept"]) == 1
    assert sorted(answer["refused"].values()) == [
        "A check does not end like that.",
        "The course of this workshop has no exercise of that name.",
    ]


def test_a_database_that_is_away(room: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its sentence, and when to come again."""
    token = room.join()

    def fails(*_: object) -> None:
        raise server.DatabaseError("The workshop w.sqlite fails: the disk is full.")

    monkeypatch.setattr(room.store, "log_all", fails)
    answer = room.post(token, CHECK)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert answer.json() == {"error": "The workshop w.sqlite fails: the disk is full."}


def test_many_posts_in_one_transaction(store: Store, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever waits is kept together; who waits in vain is told, and so is who comes when too many wait."""
    people = [store.add_person(session, Role.LEARNER)[0] for _ in range(30)]
    taken: list[int] = []
    log_all = store.log_all

    def counted(posts: Any) -> int:
        taken.append(len(posts))
        if len(taken) == 3:
            raise DatabaseError("The workshop fails.")
        return log_all(posts)

    monkeypatch.setattr(store, "log_all", counted)
    monkeypatch.setattr(writing, "_WAITING", 40)

    async def post() -> None:
        writer = writing.Writer(store)
        task = asyncio.create_task(writer.write())
        await writer.keep(people[0], [(uid(), CHECK)])
        await asyncio.gather(*(writer.keep(each, [(uid(), CHECK)]) for each in people))
        with pytest.raises(DatabaseError):
            await writer.keep(people[0], [(uid(), CHECK)])
        many = await asyncio.gather(*(writer.keep(people[0], []) for _ in range(50)), return_exceptions=True)
        assert sum(isinstance(each, writing.BusyError) for each in many) == 10
        task.cancel()

    asyncio.run(post())
    assert taken[:3] == [1, 30, 1]
    assert len(store.events(session)) == 31


def test_limits() -> None:
    """A burst, then so many a second, for each alone; whoever asks for more than ever fits is let in when full."""
    now = [0.0]
    limit = limits.Limit(3, 0.5, lambda: now[0])
    assert [limit.wait("ann") for _ in range(4)] == [0, 0, 0, 2]
    assert limit.is_out("ann")
    assert limit.wait("bob") == 0
    now[0] = 2.0
    assert [limit.wait("ann") for _ in range(2)] == [0, 2]


def test_bodies_round_trip() -> None:
    """What is posted is what was made."""
    check = Checked("double", "failed", False, 3, "squared")
    assert events.from_body(json.loads(json.dumps(events.to_body(check)))) == check
