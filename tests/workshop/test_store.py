"""What the workshop keeps: each event once, tokens as their hashes, nothing after it was deleted."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from coursekit.classroom.gradebook import Gradebook
from coursekit.database import DatabaseError
from coursekit.workshop import tables
from coursekit.workshop.store import Role, Store, hashed

NASTY = [
    "Ödön",
    "'; DROP TABLE coursekit_event; --",
    "<script>alert(1)</script>",
    "nul\0",
    "half\ud800",
    '"',
    "x" * 120,
]


def test_what_is_kept_comes_back(url: str) -> None:
    """People and events come back in order, after it was opened anew, whatever stands in them."""
    with Store(url) as store:
        session = store.begin('Losses "today"')
        tokens = []
        for name in NASTY:
            person, token = store.add_person(session, Role.LEARNER, name)
            tokens.append(token)
            assert store.log(person, [("a", {"choice": name}), ("b", {"n": 1.5})]) == 2
    with Store(url) as store:
        assert store.current() == session
        assert [(each.name, each.number) for each in store.people(session)] == [*zip(NASTY, range(1, 8), strict=True)]
        assert [store.person(token) for token in tokens] == store.people(session)
        found = store.events(session)
        assert [each.body["choice"] for each in found[::2]] == NASTY
        assert [each.id for each in found] == sorted(each.id for each in found)
        assert store.events(session, after=found[3].id) == found[4:]
        assert store.people(session, after=store.people(session)[4].id) == store.people(session)[5:]


def test_nothing_is_kept_twice(url: str) -> None:
    """What comes again is passed over; the same id of another learner is another event."""
    with Store(url) as store:
        session = store.begin("Losses")
        ann, _ = store.add_person(session, Role.LEARNER, "Ann")
        bob, _ = store.add_person(session, Role.LEARNER, "Bob")
        assert store.log(ann, [("1", {"n": 1}), ("1", {"n": 1})]) == 1
        assert store.log(ann, [("1", {"n": 2}), ("2", {"n": 2})]) == 1
        assert store.log(bob, [("1", {"n": 3})]) == 1
        assert [(each.person, each.body["n"]) for each in store.events(session)] == [
            (ann.id, 1),
            (ann.id, 2),
            (bob.id, 3),
        ]


def test_many_at_once(url: str) -> None:
    """Several servers write at once: all is kept, numbers are given once, and who follows the log misses nothing."""
    with Store(url) as store:
        session = store.begin("Losses")
    seen: list[int] = []
    stop = threading.Event()

    def follow() -> None:
        with Store(url) as mine:
            while not stop.is_set() or mine.events(session, after=max(seen, default=0)):
                seen.extend(each.id for each in mine.events(session, after=max(seen, default=0)))

    def write(name: str) -> None:
        with Store(url) as mine:
            person, _ = mine.add_person(session, Role.LEARNER, name)
            for n in range(20):
                assert mine.log(person, [(f"{n}", {"n": n})]) == 1

    writers = [threading.Thread(target=write, args=(f"learner {n}",)) for n in range(4)]
    follower = threading.Thread(target=follow)
    for thread in (follower, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    follower.join()
    with Store(url) as store:
        assert sorted(each.number for each in store.people(session)) == [1, 2, 3, 4]
        assert seen == [each.id for each in store.events(session)]
        assert len(seen) == 80


def test_tokens_are_kept_as_hashes(store: Store, tmp_path: Path) -> None:
    """A token has 256 bits and stands nowhere in the database, which only its owner may read."""
    session = store.begin("Losses")
    person, token = store.add_person(session, Role.INSTRUCTOR)
    assert re.fullmatch(r"[\w-]{43}", token)
    assert store.person(token) == person
    assert store.person(hashed(token)) is None
    assert store.person("") is None
    files = [*tmp_path.glob("workshop.sqlite*")]
    content = b"".join(path.read_bytes() for path in files)
    assert hashed(token).encode() in content
    assert token.encode() not in content
    assert (tmp_path / "workshop.sqlite").stat().st_mode & 0o077 == 0


def test_a_new_session_starts_clean(url: str) -> None:
    """It has a code of its own and nobody in it; the one before has ended, and its tokens with it."""
    with Store(url) as store:
        first = store.begin("Monday")
        ann, token = store.add_person(first, Role.LEARNER, "Ann")
        store.log(ann, [("1", {})])
        second = store.begin("Tuesday")
        assert second.code != first.code
        assert store.current() == second
        assert store.person(token) is None
        assert (store.people(second), store.events(second)) == ([], [])
        assert len(store.events(first)) == 1
        assert [bool(each.ended) for each in store.sessions()] == [True, False]
        store.end()
        assert store.current() is None


def test_what_is_deleted_is_gone(url: str, tmp_path: Path) -> None:
    """Deleting takes one session, or all, with every name and event; nothing of it stays in the file."""
    with Store(url) as store:
        monday = store.begin("Monday")
        ann, _ = store.add_person(monday, Role.LEARNER, "Annegret")
        store.log(ann, [("1", {"choice": "peculiar"})])
        tuesday = store.begin("Tuesday")
        bob, _ = store.add_person(tuesday, Role.LEARNER, "Bob")
        assert store.delete(monday.id) == 1
        assert (store.people(monday), store.events(monday), store.people(tuesday)) == ([], [], [bob])
        content = b"".join(path.read_bytes() for path in tmp_path.glob("workshop.sqlite*"))
        assert not re.search(rb"Annegret|peculiar|Monday", content)
        assert store.delete() == 1
        assert store.sessions() == []
        assert store.delete() == 0


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    """A gradebook is no workshop, a newer one is refused, and the sentence says which it is."""
    with Gradebook(f"sqlite:///{tmp_path / 'book.sqlite'}"):
        pass
    with pytest.raises(DatabaseError, match=r"book\.sqlite is no workshop: it holds other tables"):
        Store(f"sqlite:///{tmp_path / 'book.sqlite'}")
    with Store(f"sqlite:///{tmp_path / 'w.sqlite'}") as store, store.writing() as connection:
        connection.execute(sa.update(tables.about).values(schema=99))
    with pytest.raises(DatabaseError, match=r"^The workshop .* is of version 99, .* or name another workshop\.$"):
        Store(f"sqlite:///{tmp_path / 'w.sqlite'}")
    with pytest.raises(DatabaseError, match=r"The workshop .* cannot be made: .* is no folder"):
        Store(f"sqlite:///{tmp_path / 'none' / 'w.sqlite'}")
