"""The commands of an instructor, and what is left of a workshop when the room has gone home."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coursekit.cli import main
from coursekit.learning.joined import events
from coursekit.learning.joined.events import Answered, Checked
from coursekit.workshop import serving
from coursekit.workshop.serving import Listening
from coursekit.workshop.store import Role, Session, Store

pytestmark = pytest.mark.usefixtures("toy_course", "plain_terminal")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Runs a command in the folder of the workshop: exit code, what is printed, what is complained of."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> tuple[int, str, str]:
        code = main(["workshop", *map(str, arguments)])
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def held(store: Store, session: Session) -> Session:
    """A session in which something has happened."""
    boss, _ = store.add_person(session, Role.INSTRUCTOR)
    ann, _ = store.add_person(session, Role.LEARNER, "Annegret <b>")
    bob, _ = store.add_person(session, Role.LEARNER)
    store.log(boss, [("0" * 32, {"kind": "ask", "text": "Up?", "choices": ["up", "down"]})])
    asked = store.events(session)[0].id
    for n, (who, event) in enumerate(
        [
            (ann, Checked("double", "failed", False, 1, "squared", line="double(3)", got="9", expected="6")),
            (bob, Checked("double", "failed", False, 1, "squared")),
            (bob, Checked("double", "passed", True, 2)),
            (ann, Answered(asked, 1, "up")),
        ]
    ):
        store.log(who, [(f"{n:032}", events.to_body(event))])
    return session


def test_export(run: Callable[..., Any], held: Session, tmp_path: Path) -> None:
    """All events in order; names only where they are asked for."""
    code, out, _ = run("export")
    lines = (tmp_path / "workshop.jsonl").read_text(encoding="utf-8")
    assert (code, out) == (0, "workshop.jsonl: 5 lines of “Losses”, without names.\n")
    assert "Annegret" not in lines
    told = [json.loads(line) for line in lines.splitlines()]
    assert [each["who"] for each in told] == ["instructor 1", "learner 1", "learner 2", "learner 2", "learner 1"]
    assert [each["kind"] for each in told] == ["ask", "check", "check", "check", "answer"]
    assert run("export", "--names", "--out", "x.jsonl")[0] == 0
    assert json.loads((tmp_path / "x.jsonl").read_text(encoding="utf-8").splitlines()[1])["who"] == "Annegret <b>"


def test_report(run: Callable[..., Any], held: Session, tmp_path: Path) -> None:
    """What the room got wrong and when, how far it came, what it was asked; nobody's name."""
    assert run("report")[0] == 0
    page = (tmp_path / "workshop.html").read_text(encoding="utf-8")
    words = re.sub(r"<[^>]+>", " ", page.partition("<body>")[2])
    assert "Annegret" not in page
    assert re.search(r"double\s+1\s+1\s+0\s+1.5", words)
    assert re.search(r"double\s*, 2 learners, 2 checks, \d\d:\d\d( to \d\d:\d\d)? UTC: This is the square\.", words)
    assert "double(3)  # got 9" in words
    assert re.search(r"Up\?\s+up 1", words)
    assert "never a grade" in words


def test_delete(run: Callable[..., Any], held: Session, store: Store) -> None:
    """One command takes everything; without saying which it takes nothing."""
    code, _, err = run("delete")
    assert (code, "Say which" in err) == (2, True)
    assert run("delete", 7)[0] == 1
    assert len(store.sessions()) == 1
    assert run("delete", held.id)[:2] == (0, "Deleted: 1 session, with all names, answers and tokens.\n")
    assert store.sessions() == []
    code, _, err = run("report")
    assert (code, "No session is kept here" in err) == (1, True)
    assert run("delete", "--all")[1].startswith("Deleted: 0 sessions")


def test_list_and_end(run: Callable[..., Any], held: Session, store: Store) -> None:
    """Sessions with their numbers; what has ended cannot be joined."""
    assert re.search(r"^ +1 .* goes on .* 2 learners  Losses$", run("list")[1], re.MULTILINE)
    assert run("end")[1] == "“Losses” has ended.\n"
    assert run("end")[1] == "No session is going on.\n"
    assert "ended" in run("list")[1]


def test_where_there_is_no_workshop(run: Callable[..., Any], tmp_path: Path) -> None:
    """Only `start` makes a database; each other command says where to look."""
    for action in ("end", "list", "export", "report"):
        code, _, err = run(action, "--store", "sqlite:///none.sqlite")
        assert (code, "There is no workshop none.sqlite" in err) == (1, True), action
    assert not (tmp_path / "none.sqlite").exists()


def test_start(run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """It begins a session, goes on with it when it is typed again, and begins another when told to."""
    served: list[tuple[Session, Listening]] = []
    monkeypatch.setattr(serving, "serve", lambda store, session, listening: served.append((session, listening)))
    assert run("start", "--title", "Monday")[:2] == (0, "")
    assert "goes on with the session" in run("start")[1]
    assert run("start", "--new", "--title", "Tuesday")[0] == 0
    assert [session.title for session, _ in served] == ["Monday", "Monday", "Tuesday"]
    assert served[0][0].code == served[1][0].code != served[2][0].code
    assert not served[0][1].network
    code, _, err = run("start", "--tls-cert", "x.pem")
    assert (code, "give both" in err) == (2, True)
    assert run("start", "--address", "example.org")[0] == 2


def test_what_start_says(store: Store, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line of a learner, the board with its key, and a warning where the network could read along."""
    alone = serving.said(session, "TOKEN", Listening())
    assert f'join("http://127.0.0.1:8765", "{session.code}")' in alone
    assert "http://127.0.0.1:8765/board#TOKEN" in alone
    assert "Only this machine can reach it" in alone
    assert "clear text" not in alone
    assert "█" in alone or "▀" in alone
    monkeypatch.setattr(serving, "_own_address", lambda: "192.0.2.7")
    shared = serving.said(session, "TOKEN", Listening(network=True))
    assert "http://192.0.2.7:8765" in shared
    assert "clear text" in shared
    assert "Only this machine" not in shared
    encrypted = serving.said(session, "TOKEN", Listening(network=True, certificate=tmp_path / "c", key=tmp_path / "k"))
    assert "https://192.0.2.7:8765/board#TOKEN" in encrypted
    assert "clear text" not in encrypted
    proxied = serving.said(session, "TOKEN", Listening(address="https://class.example.org/"))
    assert 'join("https://class.example.org", ' in proxied
    assert "clear text" not in proxied


def test_what_cannot_be_served(store: Store, session: Session, tmp_path: Path) -> None:
    """A port that is taken and a certificate that is none are sentences."""
    import socket

    from coursekit.errors import CommandError

    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(CommandError, match=r"Port \d+ cannot be had: .*--port 8766"),
    ):
        serving.serve(store, session, Listening(port=taken.getsockname()[1]))
    (tmp_path / "c.pem").write_text("no certificate", encoding="utf-8")
    with pytest.raises(CommandError, match="The certificate or its key cannot be used"):
        serving.serve(store, session, Listening(certificate=tmp_path / "c.pem", key=tmp_path / "c.pem"))
    with pytest.raises(CommandError, match="The certificate or its key cannot be used"):
        serving.serve(store, session, Listening(certificate=tmp_path / "none.pem", key=tmp_path / "none.pem"))
    assert store.people(session) == []


def test_without_its_packages(store: Store, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has the course alone is told what to install."""
    import sys

    from coursekit.errors import CommandError

    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(CommandError, match="pip install 'starlette"):
        serving.serve(store, session, Listening())
