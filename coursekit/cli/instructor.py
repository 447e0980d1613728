"""What somebody types who stands in front of a room: workshop start, end, list, export, report, delete, slides."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from coursekit.cli import numbers
from coursekit.errors import CommandError, UsageError

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from coursekit.workshop.store import Session, Store

_DEFAULT = "sqlite:///workshop.sqlite"


def add_commands(commands: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds them."""
    workshop = commands.add_parser("workshop", help="see live which mistakes a room is making, and answer them")
    actions = workshop.add_subparsers(title="actions", required=True, metavar="ACTION")

    start = actions.add_parser("start", help="open the board, and say how to join; goes on with a session not ended")
    start.add_argument("--title", default="", help="what the session is called (default: Workshop, and the day)")
    start.add_argument("--new", action="store_true", help="end the session that goes on, and begin one that is empty")
    start.add_argument("--network", action="store_true", help="let other machines in (default: this machine alone)")
    start.add_argument("--port", type=numbers.whole(1, 65_535), default=8765, help="default: 8765")
    start.add_argument("--address", default="", help="what learners type, where a proxy stands before the server")
    start.add_argument("--tls-cert", type=Path, help="encrypt, with this certificate (PEM)")
    start.add_argument("--tls-key", type=Path, help="and this key of it")
    _add_store(start)
    start.set_defaults(run=_start)

    end = actions.add_parser("end", help="end the session: nobody can join it or post to it any more")
    _add_store(end)
    end.set_defaults(run=_end)

    listed = actions.add_parser("list", help="list the sessions that are kept")
    _add_store(listed)
    listed.set_defaults(run=_list)

    export = actions.add_parser("export", help="write all that happened in a session, an event a line (JSON)")
    _add_session(export)
    export.add_argument("--names", action="store_true", help="with the names of learners (default: their numbers)")
    export.add_argument("--out", type=Path, default=Path("workshop.jsonl"), help="where (default: workshop.jsonl)")
    export.set_defaults(run=_export)

    report = actions.add_parser("report", help="make a page of what the room got wrong, and when; it has no names")
    _add_session(report)
    report.add_argument("--out", type=Path, default=Path("workshop.html"), help="where (default: workshop.html)")
    report.set_defaults(run=_report)

    delete = actions.add_parser("delete", help="delete all that is kept of a session: names, answers, everything")
    _add_store(delete)
    delete.add_argument("session", nargs="?", type=numbers.whole(1), help="its number in `coursekit workshop list`")
    delete.add_argument("--all", action="store_true", help="of all sessions")
    delete.set_defaults(run=_delete)

    slides = actions.add_parser("slides", help="make one page of slides of a lesson; it needs no network")
    slides.add_argument("topic", help="the lesson, such as kl_divergence")
    slides.add_argument("--out", type=Path, help="where (default: TOPIC_slides.html)")
    slides.set_defaults(run=_slides)


def _add_store(action: argparse.ArgumentParser) -> None:
    action.add_argument("--store", default=_DEFAULT, metavar="URL", help=f"the database (default: {_DEFAULT})")


def _add_session(action: argparse.ArgumentParser) -> None:
    _add_store(action)
    action.add_argument("session", nargs="?", type=numbers.whole(1), help="its number (default: the last)")


@contextmanager
def _opened(url: str, *, begins: bool = False) -> Iterator[Store]:
    """The database, which has to be there unless a workshop begins."""
    from coursekit.database import DatabaseError
    from coursekit.workshop.store import Store

    file = url.removeprefix("sqlite:///")
    if file != url and not begins and not Path(file).is_file():
        raise CommandError(f"There is no workshop {file}: go to the folder where it was started, or give --store.")
    try:
        with Store(url) as store:
            yield store
    except DatabaseError as error:
        raise CommandError(str(error)) from None


def _session(store: Store, number: int | None) -> Session:
    sessions = store.sessions()
    if not sessions:
        raise CommandError("No session is kept here. One begins with: coursekit workshop start")
    found = sessions[-1] if number is None else next((each for each in sessions if each.id == number), None)
    if found is None:
        raise CommandError(f"No session has the number {number}: coursekit workshop list shows them.")
    return found


def _start(arguments: argparse.Namespace) -> int:
    import time

    from coursekit.workshop.serving import Listening, serve

    if (arguments.tls_cert is None) != (arguments.tls_key is None):
        raise UsageError("A certificate and its key belong together: give both --tls-cert and --tls-key.")
    if arguments.address and not arguments.address.startswith(("http://", "https://")):
        raise UsageError("--address begins with http:// or https://, as learners will type it.")
    listening = Listening(arguments.network, arguments.port, arguments.address, arguments.tls_cert, arguments.tls_key)
    with _opened(arguments.store, begins=True) as store:
        session = None if arguments.new else store.current()
        if session is None:
            session = store.begin(arguments.title or f"Workshop of {time.strftime('%d %B %Y')}")
        else:
            print(f"This goes on with the session of {session.begun[:10]}; --new begins an empty one.\n")
        serve(store, session, listening)
    return 0


def _end(arguments: argparse.Namespace) -> int:
    with _opened(arguments.store) as store:
        session = store.current()
        store.end()
    print(f"“{session.title}” has ended." if session else "No session is going on.")
    return 0


def _list(arguments: argparse.Namespace) -> int:
    from coursekit.workshop.store import Role

    with _opened(arguments.store) as store:
        for session in store.sessions():
            learners = sum(person.role is Role.LEARNER for person in store.people(session))
            state = f"ended {session.ended[:16]}" if session.ended else "goes on"
            print(f"{session.id:>4}  {session.begun[:16]}  {state:<22}  {_count(learners)}  {session.title}")
    return 0


def _count(learners: int) -> str:
    return f"{learners:>5} learner{' ' if learners == 1 else 's'}"


def _export(arguments: argparse.Namespace) -> int:
    from coursekit.files import write_whole
    from coursekit.workshop import after

    with _opened(arguments.store) as store:
        session = _session(store, arguments.session)
        lines = after.export(store, session, names=arguments.names)
    write_whole(arguments.out, lines.encode())
    who = "with names" if arguments.names else "without names"
    print(f"{arguments.out}: {lines.count(chr(10))} lines of “{session.title}”, {who}.")
    return 0


def _report(arguments: argparse.Namespace) -> int:
    from coursekit.files import write_whole
    from coursekit.workshop import after

    with _opened(arguments.store) as store:
        session = _session(store, arguments.session)
        page = after.report(store, session)
    write_whole(arguments.out, page.encode())
    print(f"{arguments.out}: open it in a browser.")
    return 0


def _delete(arguments: argparse.Namespace) -> int:
    if (arguments.session is None) != arguments.all:
        raise UsageError("Say which: the number of a session, as `coursekit workshop list` has it, or --all.")
    with _opened(arguments.store) as store:
        if not arguments.all:
            _session(store, arguments.session)
        number = store.delete(arguments.session)
    print(f"Deleted: {number} session{'' if number == 1 else 's'}, with all names, answers and tokens.")
    return 0


def _slides(arguments: argparse.Namespace) -> int:
    from coursekit.course.syllabus import find_topic
    from coursekit.files import write_whole
    from coursekit.workshop.slides.page import page

    topic = find_topic(arguments.topic)
    out: Path = arguments.out or Path(f"{topic.name}_slides.html")
    write_whole(out, page(topic).encode())
    print(f"{out}: open it in a browser. → goes on, S opens the speaker's notes.")
    return 0
