"""A learner's side: joining, and a queue that holds up nothing, loses nothing and sends nothing that counts twice."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any

import pytest
import toys
from living import living

from coursekit.cli import main
from coursekit.learning import learn, memory
from coursekit.learning.joined import cards, http, joining, membership, outbox, pace, posting
from coursekit.learning.joined.events import Answered, Checked, Taken
from coursekit.learning.predict import predict
from coursekit.report import Outcome, Report
from coursekit.workshop.store import Role, Session, Store

pytestmark = pytest.mark.usefixtures("toy_course", "kept")

CHECK = Checked("double", "failed", False, 1, "squared")


@pytest.fixture
def address(store: Store, session: Session) -> Iterator[str]:
    with living(store, session) as address:
        yield address


def send_all() -> float:
    while not (again := outbox.send(seconds=5)):
        pass
    return again


def log(store: Store) -> list[dict[str, Any]]:
    session = store.current()
    assert session
    return [each.body for each in store.events(session)]


def squared(x: Any) -> Any:
    return x * x


def test_a_check_and_a_prediction_are_posted(store: Store, session: Session, address: str) -> None:
    """By `join`, one line: then each check tells its exercise, outcome, mistake and attempt, and no code."""
    joined = joining.join(address, session.code.lower(), "Ann")
    assert "You are in the workshop “Losses”, as Ann." in repr(joined)
    assert "No code is posted" in repr(joined)
    learn.check(squared, "double")
    learn.check(toys.twice, "double")
    learn.check(_stub, "double")
    predict("Up?", ["up", "down"], id="toy/up", right="up", why="So.").commit("down")
    assert len(outbox.waiting()) == 4
    assert send_all() == float("inf")
    assert outbox.waiting() == []
    first, second, third, fourth = log(store)
    assert (first["exercise"], first["outcome"], first["mistake"], first["attempt"]) == (
        "double",
        "failed",
        "squared",
        1,
    )
    assert (second["outcome"], second["done"], second["attempt"]) == ("passed", True, 2)
    assert (third["outcome"], third["attempt"]) == ("unattempted", 0)
    assert fourth == {"kind": "prediction", "lesson": "toy", "question": "up", "choice": "down", "holds": False}
    assert {each["code"] for each in (first, second, third)} == {""}


def _stub(x: Any) -> Any:
    raise NotImplementedError


def test_code_goes_along_if_the_learner_says_so(store: Store, session: Session, address: str) -> None:
    """And is said to."""
    assert "Your answers are posted as well" in repr(joining.join(address, session.code, share_code=True))
    learn.check(squared, "double")
    learn.check(eval("lambda x: x * x"), "double")  # whose source is nowhere
    send_all()
    assert [each["code"] for each in log(store)] == ["def squared(x: Any) -> Any:\n    return x * x\n", ""]


def test_nothing_is_posted_unless_joined(kept: Path, store: Store, session: Session, address: str) -> None:
    """Before joining, and after leaving, nothing is written or sent; and what was waiting is thrown away."""
    learn.check(squared, "double")
    assert not kept.exists()
    joining.join(address, session.code)
    posting.post(CHECK)
    membership.leave()
    assert (membership.read(), outbox.waiting(), send_all()) == (None, [], float("inf"))
    posting.post(CHECK)
    assert outbox.waiting() == []
    assert log(store) == []


def test_whoever_joins_again_is_who_they_were(store: Store, session: Session, address: str) -> None:
    """A notebook that is run anew makes no second learner; another session does."""
    for _ in range(3):
        joining.join(address, session.code)
    assert len(store.people(session)) == 1
    posting.post(CHECK)
    assert joining.join().member == membership.read()


@pytest.mark.parametrize(
    ("typed", "code", "says"),
    [
        ("192.0.2.7:8000", "ABCDEF", "is no address of a workshop: that begins with http"),
        ("ftp://here", "ABCDEF", "is no address of a workshop"),
        ("http://", "ABCDEF", "is no address of a workshop"),
        ("http://here:port", "ABCDEF", "is no address of a workshop"),
        ("http://[::1", "ABCDEF", "is no address of a workshop"),
        ("", "ABCDEF", "is no address of a workshop"),
        ("http://127.0.0.1:9", "ABCDEF", "No workshop answers at http://127.0.0.1:9 "),
        ("http://127.0.0.1:9", " ", "The code is missing"),
        ("", "", "You are in no workshop. Copy the line on the board"),
        (None, "WRONGX", "This is not the code of a workshop that goes on here."),
    ],
)
def test_what_cannot_be_joined(typed: str | None, code: str, says: str, address: str) -> None:
    """A sentence, no traceback, and nothing is kept of it; in a terminal as well."""
    joined = joining.join(address if typed is None else typed, code)
    assert says in repr(joined)
    assert joined.member is None
    assert membership.read() is None


def test_in_a_terminal(capsys: pytest.CaptureFixture[str], session: Session, address: str) -> None:
    """`coursekit join`, and out again."""
    assert main(["join", address, session.code, "--name", "Ann"]) == 0
    assert "as Ann." in capsys.readouterr().out
    assert main(["join"]) == 0
    assert main(["join", "--leave"]) == 0
    assert membership.read() is None
    assert main(["join"]) == 1
    assert "You are in no workshop" in capsys.readouterr().err


@pytest.mark.parametrize(
    "answers", [b"", b"HTTP/1.1 200 OK\r\n\r\n<html>", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n[]"]
)
def test_who_is_no_workshop(answers: bytes) -> None:
    """Whatever answers in its place, such as a hotel's page, is a sentence."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        import threading

        def serve() -> None:
            with suppress(OSError):
                connection, _ = listening.accept()
                with connection:
                    connection.recv(1 << 16)
                    connection.sendall(answers)
                    connection.shutdown(socket.SHUT_WR)
                    while connection.recv(1 << 16):  # the rest of what was asked: closed before that, it is a reset
                        pass

        thread = threading.Thread(target=serve)
        thread.start()
        said = repr(joining.join(f"http://127.0.0.1:{listening.getsockname()[1]}", "ABCDEF"))
        thread.join()
    assert "No workshop answers at" in said
    assert "is no workshop" in said


def test_who_speaks_no_tls(session: Session, address: str) -> None:
    """https:// where there is none is a sentence."""
    assert "it does not speak TLS" in repr(joining.join(address.replace("http:", "https:"), session.code))


# ---- the queue ---------------------------------------------------------------------------------------------------


def a_member(address: str, token: str = "token") -> None:
    membership.keep(membership.Membership(address, "ABCDEF", token, "Losses", "Ann", False, time.time()))


def milliseconds(what: Callable[[], object], times: int = 25) -> float:
    """The median of what a call takes."""
    took = []
    for _ in range(times):
        begin = time.perf_counter()
        what()
        took.append(1_000 * (time.perf_counter() - begin))
    return median(took)


@pytest.mark.parametrize("server", ["none", "silent", "unreachable"])
def test_a_check_is_not_held_up(server: str, monkeypatch: pytest.MonkeyPatch, kept: Path) -> None:
    """No server, one that never answers, an address that leads nowhere: a post takes less than 5 ms, and stays."""
    monkeypatch.undo()
    monkeypatch.setenv(membership.VARIABLE, str(kept))
    monkeypatch.setenv(memory.VARIABLE, str(kept.with_name("progress.jsonl")))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        a_member(
            {"none": "http://127.0.0.1:9", "silent": f"http://127.0.0.1:{port}"}.get(server, "http://nowhere.invalid")
        )
        report = Report("double", "", Outcome.FAILED, (), 0, 1)
        source = "x = 1\n" * 800
        assert milliseconds(lambda: posting.post_check(report, "notebook", lambda: source)) < 5
        assert milliseconds(lambda: posting.post_check(report, "terminal")) < 5
        assert len(outbox.waiting()) == 50
        membership.leave()  # which ends the senders


def test_it_catches_up(store: Store, session: Session, kept: Path) -> None:
    """What was posted while the server was away arrives when it is back, in order and once, though it is sent twice."""
    with living(store, session) as address:
        joining.join(address, session.code)
    port = int(address.rpartition(":")[2])
    for n in range(1, 41):
        posting.post(Checked("double", "failed", False, n, "squared"))
    assert outbox.send() == 3.0
    copies = {path: path.read_bytes() for path in outbox.waiting()}
    with living(store, session, port):
        send_all()
        for path, content in copies.items():  # as after a crash before the answer had come
            path.write_bytes(content)
        send_all()
    assert [each["attempt"] for each in log(store)] == [*range(1, 41)]


def test_what_is_refused_does_not_stand_in_the_way(store: Store, session: Session, address: str, kept: Path) -> None:
    """An event that the server refuses, and a file that holds none, are dropped; the rest is sent."""
    joining.join(address, session.code)
    posting.post(Checked("nonsense", "failed", False, 1))
    for name, content in (("00", "{"), ("01", "[]"), ("02", '{"id": 3}')):
        (kept / "outbox" / f"{name}.json").write_text(content, encoding="utf-8")
    posting.post(CHECK)
    send_all()
    assert (len(log(store)), outbox.waiting()) == (1, [])


def test_a_workshop_that_is_over_is_left(store: Store, session: Session, address: str) -> None:
    """Its learners leave it by themselves, and keep nothing of it."""
    joining.join(address, session.code)
    posting.post(CHECK)
    store.end()
    assert send_all() == float("inf")
    assert (membership.read(), outbox.waiting()) == (None, [])


def test_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is too busy is asked again when it says; one whose answer is no workshop's keeps all queued."""
    a_member("http://127.0.0.1:9")
    posting.post(CHECK)
    for status, answer, wait, again in ((429, {"error": "x"}, 7.0, 7.0), (503, {}, 0.0, 3.0), (401, {}, 0.0, 3.0)):
        monkeypatch.setattr(http, "ask", lambda *_a, s=status, a=answer, w=wait: (s, a, w))
        assert outbox.send() == again
        assert len(outbox.waiting()) == 1


def test_nobody_else_reads_the_token(kept: Path) -> None:
    """It is kept for its owner alone; and a membership of last week is none."""
    a_member("http://127.0.0.1:9")
    assert kept.stat().st_mode & 0o077 == 0
    found = json.loads((kept / "joined.json").read_text(encoding="utf-8"))
    (kept / "joined.json").write_text(json.dumps(found | {"since": time.time() - 4 * 86_400}), encoding="utf-8")
    assert membership.read() is None
    (kept / "joined.json").write_text("{", encoding="utf-8")
    assert membership.read() is None


@pytest.mark.slow
def test_a_command_leaves_a_process_behind(store: Store, session: Session, address: str, kept: Path) -> None:
    """A check in a terminal arrives, though the command has ended."""
    joining.join(address, session.code)
    program = "from coursekit.learning.joined import posting, events\n"
    program += "posting.post(events.Checked('double', 'failed', False, 1), 'terminal'); posting.leave_behind()"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
    until = time.monotonic() + 60
    while outbox.waiting() and time.monotonic() < until:
        time.sleep(0.05)
    assert len(log(store)) == 1


# ---- what comes from the workshop --------------------------------------------------------------------------------


def press(box: Any, label: str) -> None:
    """Presses the button with this label, wherever in the box it is."""
    if getattr(box, "description", None) == label and hasattr(box, "click"):
        box.click()
    for each in getattr(box, "children", ()):
        press(each, label)


def words(box: Any) -> str:
    """All that a box says."""
    return " ".join([str(getattr(box, "value", "")), *map(words, getattr(box, "children", ()))])


@pytest.fixture
def box() -> cards.Cards:
    a_member("http://127.0.0.1:9")
    member = membership.read()
    assert member is not None
    return cards.Cards(member, listens=False)


ROOM = {"open": None, "question": None, "cards": []}


def test_a_card_is_taken_or_left(box: cards.Cards, posted: list[Any]) -> None:
    """Its code is shown to whoever takes it, and runs nowhere; what is left is gone."""
    code = "open('x', 'w')\n<b>`"
    box.show(ROOM | {"cards": [{"id": 7, "text": "Try <i>this</i>", "code": code}, {"id": 8, "text": "A hint"}]})
    assert "Try &lt;i&gt;this" in words(box.box)
    assert "open(" not in words(box.box)
    press(box.box, "Show the code")
    assert "open(&#x27;x&#x27;, &#x27;w&#x27;)\n&lt;b&gt;`" in words(box.box)
    press(box.box, "Leave it")
    press(box.box, "Leave it")
    assert posted[0] == Taken(7, True)
    assert Taken(8, False) in posted
    assert "A hint" not in words(box.box)


def test_a_question_is_answered(box: cards.Cards, posted: list[Any]) -> None:
    """By a choice or by words; what is typed stays while other things change, and the second round asks anew."""
    question = {"id": 3, "text": "Up?", "choices": ["up", "down"], "round": 1, "answered": ""}
    box.show(ROOM | {"question": question})
    press(box.box, "Send")
    assert posted == []
    assert "Choose an answer first." in words(box.box)
    choices = next(each for each in box._question.children if hasattr(each, "options"))
    choices.value = "up"
    box.show(ROOM | {"question": question, "cards": [{"id": 8, "text": "A hint"}]})
    press(box.box, "Send")
    assert posted == [Answered(3, 1, "up")]
    box.show(ROOM | {"question": {**question, "round": 2}})
    assert "Once more, after the discussion" in words(box.box)
    box.show(ROOM | {"question": {"id": 4, "text": "How many?", "choices": [], "round": 1}})
    next(each for each in box._question.children if hasattr(each, "continuous_update")).value = " 12 "
    press(box.box, "Send")
    assert posted[1:] == [Answered(4, 1, "12")]


def test_the_exercise_of_the_moment(box: cards.Cards) -> None:
    """Which, and until when; and when all is over."""
    box.show(ROOM | {"open": {"exercise": "double", "since": 1.0, "until": 1_800_000_000.0}})
    assert "Now: write <code>double</code>, until " in words(box.box)
    box.show(ROOM | {"open": {"exercise": "double", "since": 1.0, "until": 0}})
    assert "Now: write <code>double</code>." in words(box.box)
    box.over()
    assert "This workshop is over" in words(box.box)


def test_who_is_ahead_of_the_room_is_told(box: cards.Cards) -> None:
    """Of an exercise that is not open yet a check says where the room is, and nothing else about it changes."""
    ahead = "The room is at `double`. What comes after it is not open yet"
    alone = learn.check(toys.twice, "triple")
    assert ahead not in repr(alone)
    box.show(ROOM | {"open": {"exercise": "double", "since": 1.0, "until": 0}})
    found = learn.check(toys.twice, "triple")
    assert ahead in repr(found)
    assert found.report == alone.report
    assert "The room is at" not in repr(learn.check(toys.twice, "double"))
    for elsewhere in ("triple", "nonsense", ""):
        box.show(ROOM | {"open": {"exercise": elsewhere, "since": 1.0, "until": 0}})
        assert "The room is at" not in repr(learn.check(toys.twice, "triple"))
    box.show(ROOM | {"open": {"exercise": "double", "since": 1.0, "until": 0}})
    box.show(ROOM)
    assert "The room is at" not in repr(learn.check(toys.twice, "triple"))
    box.show(ROOM | {"open": {"exercise": "double", "since": 1.0, "until": 0}})
    membership.leave()
    assert "The room is at" not in repr(learn.check(toys.twice, "triple"))


def test_where_the_room_was_long_ago_is_not_told(box: cards.Cards, kept: Path) -> None:
    """Nor what a damaged file says."""
    box.show(ROOM | {"open": {"exercise": "double", "since": 1.0, "until": 0}})
    assert pace.said("triple")
    long_ago = time.time() - 5 * 3600
    os.utime(kept / "open.json", (long_ago, long_ago))
    assert pace.said("triple") == ""
    for content in ("{", "[]", '{"exercise": ["double"]}'):
        (kept / "open.json").write_text(content, encoding="utf-8")
        assert pace.said("triple") == ""


def test_cards_arrive(store: Store, session: Session, address: str) -> None:
    """What the instructor sends is in the notebook within a second or two, by a stream that survives a restart."""
    joining.join(address, session.code)
    member = membership.read()
    assert member is not None
    box = cards.Cards(member)
    boss, _ = store.add_person(session, Role.INSTRUCTOR)
    time.sleep(0.5)
    store.log(boss, [("a" * 32, {"kind": "push", "text": "Look at x = 3."})])
    until = time.monotonic() + 60
    while "Look at x" not in words(box.box) and time.monotonic() < until:
        time.sleep(0.02)
    assert "Look at x = 3." in words(box.box)
    press(box.box, "Leave the workshop")
    assert membership.read() is None
    store.end()
    until = time.monotonic() + 60
    while "is over" not in words(box.box) and time.monotonic() < until:
        time.sleep(0.02)
    assert "This workshop is over" in words(box.box)


def test_a_notebook_shows_both(monkeypatch: pytest.MonkeyPatch, session: Session, address: str) -> None:
    """The sentence, which stays in the file, and the box, where a kernel runs."""
    import IPython
    import IPython.display

    sent: list[Any] = []
    monkeypatch.setattr(IPython, "get_ipython", lambda: SimpleNamespace(kernel=object()))
    monkeypatch.setattr(IPython.display, "display", lambda what, **_: sent.append(what))
    monkeypatch.setattr(cards.Cards, "_listen", lambda self: None)
    joining.join(address, session.code)._ipython_display_()
    assert "You are in the workshop" in sent[0]["text/plain"]
    assert len(sent) == 2
    joining.join("x", "y")._ipython_display_()
    assert len(sent) == 3


def test_predictions_of_any_length(store: Store, session: Session, address: str) -> None:
    """A choice that is longer than the board takes is cut, and arrives."""
    joining.join(address, session.code)
    predict("Up?", ["u" * 500, "down"], id="toy/up", right="down", why="So.").commit("u" * 500)
    send_all()
    assert log(store)[0]["choice"] == "u" * 200
