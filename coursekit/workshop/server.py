"""What the workshop answers over HTTP: joining, posting, the streams of boards and of learners.

Who somebody is follows from their token alone, which travels in a header and never in a cookie or an address: so a page
of somebody else's can make a browser post nothing. A learner's token opens nothing of an instructor's. What learners
post is advice about where the room is, and never a grade.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from hmac import compare_digest
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from coursekit.database import DatabaseError
from coursekit.learning.joined import events
from coursekit.report import Outcome
from coursekit.text import clean_name
from coursekit.workshop import material, pictures, sayings
from coursekit.workshop.feed import Feed
from coursekit.workshop.limits import Limit
from coursekit.workshop.store import Person, Posted, Role, Session, Store
from coursekit.workshop.writing import BusyError, Writer

MOST_BODY = 128 << 10  # bytes
MOST_EVENTS = 50  # in one post
MOST_LEARNERS = 5_000
MOST_STREAMS = 6  # of one person: a notebook each
_PAGES = Path(__file__).parent / "pages"
_FILES = {"/": "join.html", "/board": "board.html"}
_FILES |= {f"/{name}": name for name in ("board.css", "board.js", "draw.js", "join.js", "share.js")}
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Refused(Exception):
    """What was asked is not done.

    Args:
        status: as HTTP counts.
        says: why, in a sentence.
        wait: seconds after which to ask again; 0 if that is no use.
    """

    def __init__(self, status: int, says: str, wait: float = 0) -> None:
        super().__init__(says)
        self.status, self.says, self.wait = status, says, wait


class Server:
    """One session, served.

    Args:
        store: where it is kept.
        session: which.
        address: at which learners join, for the board to show; empty where it is the board's own.
    """

    def __init__(self, store: Store, session: Session, address: str = "") -> None:
        self._store, self._session, self._address = store, session, address
        self._feed, self._writer = Feed(store, session), Writer(store)
        self._known: dict[str, Person] = {}  # by token; whose they are does not change while the session goes on
        self._streams: dict[int, int] = {}
        # Of those who guess codes: few from one address, and few from all addresses together
        self._guesses, self._all_guesses = Limit(20, 1 / 10), Limit(300, 1)
        self._joins = Limit(300, 2)  # from one address, behind which a whole room may be
        self._posts = Limit(60, 4)  # of one person
        self._events = Limit(1_000, 10)  # of one person, who may have been without a network for an evening

    def app(self) -> Starlette:
        """The application, for whichever server runs it."""
        routes = [Route(path, partial(_file, name)) for path, name in _FILES.items()]
        routes += [
            Route("/pictures/{exercise}.png", _picture),
            Route("/api/join", self._answered(self._join), methods=["POST"]),
            Route("/api/events", self._answered(self._post), methods=["POST"]),
            Route("/api/room", self._answered(self._room)),
            Route("/api/say", self._answered(self._say), methods=["POST"]),
            Route("/api/board", self._answered(self._board)),
            Route("/api/material", self._answered(self._material)),
        ]
        return Starlette(routes=routes, lifespan=self._life)

    def close(self) -> None:
        """Ends all streams; boards and notebooks ask again until the session is served again."""
        self._feed.close()

    @asynccontextmanager
    async def _life(self, _app: Starlette) -> AsyncIterator[None]:
        working = [asyncio.create_task(self._feed.follow()), asyncio.create_task(self._writer.write())]
        threading.Thread(target=material.warm_up, name="coursekit material", daemon=True).start()
        try:
            yield
        finally:
            self.close()
            for each in working:
                each.cancel()
            await asyncio.gather(*working, return_exceptions=True)

    def _answered(self, handler: Callable[[Request], Any]) -> Callable[[Request], Any]:
        """The handler, whose refusals and whose database's faults are sentences."""

        async def answer(request: Request) -> Response:
            try:
                _insist_on_own_page(request)
                response: Response = await handler(request)
            except Refused as refused:
                headers = {"Retry-After": f"{refused.wait:.0f}"} if refused.wait else {}
                response = JSONResponse({"error": refused.says}, refused.status, headers)
            except DatabaseError as error:
                response = JSONResponse({"error": str(error)}, 503, {"Retry-After": "2"})
            except ClientDisconnect:
                response = Response(status_code=400)
            response.headers.update(_HEADERS)
            return response

        return answer

    # ---- learners ------------------------------------------------------------------------------------------------

    async def _join(self, request: Request) -> Response:
        address = request.client.host if request.client else ""
        if self._guesses.is_out(address) or self._all_guesses.is_out(""):
            raise Refused(429, "Too many wrong codes have been tried. Wait a minute, then type it once more.", 30)
        if wait := self._joins.wait(address):
            raise Refused(429, "Many join at once. Try again in a moment.", max(1, wait))
        asked = await _body(request)
        code, name = asked.get("code"), asked.get("name", "")
        if not isinstance(code, str) or not isinstance(name, str):
            raise Refused(400, "Joining needs a `code`, and perhaps a `name`.")
        given = code[:40].replace("-", "").replace(" ", "").upper()
        if not compare_digest(given.encode(), self._session.code.encode()):
            self._guesses.wait(address)
            self._all_guesses.wait("")
            raise Refused(403, "This is not the code of a workshop that goes on here. It stands on the board.")
        if len(self._feed.now.learners) >= MOST_LEARNERS:
            raise Refused(503, f"The workshop is full: it has {MOST_LEARNERS} learners.")
        if self._feed.is_over:
            raise Refused(410, "This workshop is over.")
        called = clean_name(name) if name.strip() else ""
        person, token = await run_in_threadpool(self._store.add_person, self._session, Role.LEARNER, called)
        return JSONResponse({"token": token, "number": person.number, "title": self._session.title})

    async def _post(self, request: Request) -> Response:
        learner = await self._person(request, Role.LEARNER)
        posted = (await _body(request)).get("events")
        if not isinstance(posted, list) or len(posted) > MOST_EVENTS:
            raise Refused(400, f"A post has a list of `events`, of {MOST_EVENTS} at most.")
        self._insist_on_patience(learner, len(posted))
        good: list[tuple[str, dict[str, Any]]] = []
        refused: dict[str, str] = {}
        for each in posted:
            uid = each.pop("id", None) if isinstance(each, dict) else None
            if not isinstance(uid, str) or not events.UID.fullmatch(uid):
                raise Refused(400, "Each event has an `id` of 32 hexadecimal digits.")
            try:
                good.append((uid, self._insist_on_request(learner, _insist_on_course(each))))
            except ValueError as error:
                refused[uid] = str(error)
        await self._keep(learner, good)
        return JSONResponse({"kept": [uid for uid, _ in good], "refused": refused})

    def _insist_on_request(self, learner: Person, body: dict[str, Any]) -> dict[str, Any]:
        """The event, unless it shows an answer that nobody has asked this learner for: of such nothing is kept.

        Raises:
            ValueError: it does.
        """
        if body["kind"] == "consent" and body["agreed"]:
            seen = json.loads(self._feed.now.learners.get(learner.id, "{}"))
            if body["asked"] not in [each["id"] for each in seen.get("requests", [])]:
                raise ValueError("The room does not ask for this answer, or not any more.")
        return body

    async def _room(self, request: Request) -> Response:
        learner = await self._person(request, Role.LEARNER)
        return self._stream(learner, self._feed.learner(learner.id))

    # ---- instructors ---------------------------------------------------------------------------------------------

    async def _board(self, request: Request) -> Response:
        instructor = await self._person(request, Role.INSTRUCTOR)
        return self._stream(instructor, self._feed.board(), most=10 * MOST_STREAMS)

    async def _material(self, request: Request) -> Response:
        await self._person(request, Role.INSTRUCTOR)
        lessons = await run_in_threadpool(material.lessons)
        about = {"title": self._session.title, "code": self._session.code, "address": self._address}
        return JSONResponse({**about, "lessons": lessons})

    async def _say(self, request: Request) -> Response:
        instructor = await self._person(request, Role.INSTRUCTOR)
        said = await _body(request)
        uid = said.pop("id", None)
        if not isinstance(uid, str) or not events.UID.fullmatch(uid):
            raise Refused(400, "What is said has an `id` of 32 hexadecimal digits.")
        self._insist_on_patience(instructor, 1)
        try:
            body = events.to_body(events.from_body(said, sayings.KINDS), sayings.KINDS)
        except ValueError as error:
            raise Refused(400, str(error)) from None
        await self._keep(instructor, [(uid, body)])
        return JSONResponse({"kept": [uid]})

    # ---- what they share -----------------------------------------------------------------------------------------

    async def _person(self, request: Request, role: Role) -> Person:
        """Whose token came along.

        Raises:
            Refused: nobody's, somebody's of another session, or somebody's who may not do this.
        """
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        person = None if self._feed.is_over or scheme.lower() != "bearer" else self._known.get(token)
        if person is None and scheme.lower() == "bearer" and token:
            person = await run_in_threadpool(self._store.person, token)
        if person is None or person.session != self._session.id:
            raise Refused(401, "This token opens no workshop that goes on here: join with the code on the board.")
        self._known[token] = person
        if person.role is not role:
            raise Refused(403, f"This is for {role}s, and the token is of a {person.role}.")
        return person

    async def _keep(self, person: Person, posted: Posted) -> None:
        try:
            await self._writer.keep(person, posted)
        except BusyError:
            raise Refused(503, "More is posted than can be kept at once. It is taken a little later.", 3) from None

    def _insist_on_patience(self, person: Person, number: int) -> None:
        wait = max(self._posts.wait(person.id), self._events.wait(person.id, number))
        if wait:
            raise Refused(429, "That is more than one person does. It is taken a little later.", max(1, wait))

    def _stream(self, person: Person, stream: AsyncIterator[str], most: int = MOST_STREAMS) -> Response:
        if self._streams.get(person.id, 0) >= most:
            raise Refused(429, "There are too many streams of this person: close a notebook or a board.", 10)
        return StreamingResponse(self._counted(person, stream), media_type="text/event-stream")

    async def _counted(self, person: Person, stream: AsyncIterator[str]) -> AsyncIterator[str]:
        self._streams[person.id] = self._streams.get(person.id, 0) + 1
        try:
            async for each in stream:
                yield each
        finally:
            self._streams[person.id] -= 1


def _insist_on_course(body: dict[str, Any]) -> dict[str, Any]:
    """A learner's event as it is kept.

    Raises:
        ValueError: it is none, or about nothing that the course has.
    """
    event: events.Event = events.from_body(body)
    if isinstance(event, events.Checked):
        if event.exercise not in material.exercise_names():
            raise ValueError("The course of this workshop has no exercise of that name.")
        if event.outcome not in list(Outcome):
            raise ValueError("A check does not end like that.")
    if isinstance(event, events.Consent) and event.agreed != bool(event.code):
        raise ValueError("An answer comes with its author's consent, and consent with an answer.")
    return events.to_body(event)


def _insist_on_own_page(request: Request) -> None:
    """Refuses what a page of another origin makes a browser ask, before anything is done."""
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site", "none")
    foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    if foreign or site not in ("none", "same-origin"):
        raise Refused(403, "A page from elsewhere asks for this. Open the board itself.")


async def _body(request: Request) -> dict[str, Any]:
    """The JSON object that was sent.

    Raises:
        Refused: it is too long, or none; what is too long is not read to its end.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise Refused(415, "Send JSON, and say so: Content-Type: application/json.")
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > MOST_BODY:
            raise Refused(413, f"That is longer than {MOST_BODY:,} bytes.")
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise Refused(400, "A JSON object is needed.")
    return body


async def _picture(request: Request) -> Response:
    """A picture of the course; everybody may see those."""
    found = await run_in_threadpool(pictures.of_exercise, request.path_params["exercise"])
    return Response(found.png if found else b"", 200 if found else 404, _HEADERS, "image/png")


async def _file(name: str, _request: Request) -> Response:
    return FileResponse(_PAGES / name, headers=_HEADERS)
