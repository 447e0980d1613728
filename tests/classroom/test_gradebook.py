"""The gradebook: nothing is lost, nothing is changed, and what shall be shown is a query. On SQLite and PostgreSQL."""

from __future__ import annotations

import json
import multiprocessing
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from types import SimpleNamespace

import psutil
import pytest
import sqlalchemy as sa

from coursekit import database
from coursekit.classroom.folder import person
from coursekit.classroom.gradebook import Gradebook, Work, attempts, grades, marks, tables
from coursekit.database import DatabaseError
from coursekit.grading.submission import Submission
from coursekit.report import Diagnosis, Graded, Outcome, Report

NAMES = ["ann", "Ödön", "a\nb", "", '"quoted"', "half\ud800", "nul\0", "'; DROP TABLE coursekit_entry; --", "x" * 300]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def url(request, tmp_path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'book.sqlite'}"
    postgres = request.getfixturevalue("postgres")
    return postgres.database(f"t{abs(hash(request.node.name)) % 10**12}")


@pytest.fixture
def book(url) -> Iterator[Gradebook]:
    with Gradebook(url) as book:
        book.accept({"double": "1", "triple": "1"})
        yield book


def work(text: str, exercise: str = "double", version: str = "1") -> Work:
    return Work(exercise, version, f"{exercise} {text}", f"{exercise} {text} {version}")


def report(points: float, exercise: str = "double", learner: str = "") -> Report:
    return Report(exercise, learner, Outcome.FAILED, (), points, 4.0)


def add(book: Gradebook, learner: str, text: str, points: float, version: str = "1", exercise: str = "double") -> None:
    found = json.dumps(report(points, exercise).to_json())
    new = work(text, exercise, version)
    book.record([learner], [new], {} if book.known([new]) else {exercise: found})


def points(graded) -> dict[str, list[float]]:
    return {each.learner: [report.points for report in each.reports] for each in graded}


def rows(book: Gradebook) -> dict[str, list[tuple[object, ...]]]:
    """Everything that the database holds."""
    with book._engine.connect() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(sa.select(table))))
            for table in (tables.results, tables.entries, tables.accepted)
        }


# ---- what is shown -----------------------------------------------------------------------------------------------


def test_latest_is_what_came_last(book):
    """A worse second attempt is what counts as latest; handing in the first one again makes it the latest."""
    add(book, "ann", "good", 4)
    add(book, "ann", "bad", 1)
    assert points(book.latest()) == {"ann": [1.0]}
    add(book, "ann", "good", 4)
    assert points(book.latest()) == {"ann": [4.0]}


def test_best_is_what_has_most_points(book):
    """Each exercise by itself."""
    add(book, "ann", "first", 4)
    add(book, "ann", "second", 1)
    add(book, "ann", "first", 1, exercise="triple")
    add(book, "ann", "second", 3, exercise="triple")
    assert points(book.best()) == {"ann": [4.0, 3.0]}
    assert points(book.latest()) == {"ann": [1.0, 3.0]}


def test_learners_in_order_of_names(book):
    """As Python sorts them, in whatever language the server speaks."""
    names = ["b", "A", "a", "Z", "ä", "Ä", "1", "_"]
    for name in names:
        add(book, name, "x", 1)
    assert [graded.learner for graded in book.latest()] == sorted(names)


def test_exercises_in_the_order_asked(book):
    """And no others."""
    for exercise in ("double", "triple"):
        add(book, "ann", "x", 1, exercise=exercise)
    for asked in (["triple", "double"], ["double", "triple"], ["triple"]):
        (graded,) = book.latest(asked)
        assert asked == [report.exercise for report in graded.reports]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_any_name_and_any_text(book, name):
    """What a stranger wrote comes back as it was."""
    said = Report("double", "", Outcome.ERROR, (), 0.5, 4.0)
    book.record([name], [work("x")], {"double": json.dumps(said.to_json())}, problem=name)
    (graded,) = book.latest()
    assert graded == Graded(
        name, (replace(said, learner=name, work="double x", is_unread=bool(name)),), name, attempts=1
    )
    add(book, name, "x", 0.5)
    assert len(rows(book)["coursekit_entry"]) == 1


def test_unreadable_file_is_a_row(book):
    """Whoever handed in something unreadable is shown, until they hand in something better."""
    book.record(["bob"], [work("link")], {"double": json.dumps(report(0).to_json())}, problem="It is a link.")
    (graded,) = book.latest()
    assert (graded.learner, graded.problem, graded.points) == ("bob", "It is a link.", 0)
    add(book, "bob", "good", 4)
    assert [each.problem for each in book.latest()] == [""]


def test_what_a_busy_machine_spoilt_is_not_graded(book):
    """It is shown, and not known: it is graded again, as often as it takes; and the last is what counts."""
    spoilt = json.dumps({**report(1).to_json(), "outcome": "starved"})
    for _ in range(2):
        book.record(["ann", "bob"], [work("x")], {"double": spoilt})
        assert book.known([work("x")]) == set()
        assert {each.reports[0].outcome for each in book.latest(["double"])} == {Outcome.STARVED}
    assert len(rows(book)["coursekit_result"]) == 1
    before = rows(book)
    add(book, "ann", "x", 4)
    assert points(book.latest()) == points(book.best()) == {"ann": [4.0], "bob": [1.0]}
    add(book, "bob", "x", 4)  # the same work
    assert points(book.latest()) == points(book.best()) == {"ann": [4.0], "bob": [4.0]}
    assert all(set(before[table]) <= set(now) for table, now in rows(book).items())


def test_attempts_are_a_persons(book):
    """Canvas calls each upload by another name; it is the same learner's next attempt, and nobody else's."""
    first, *more = (
        *("annlee_4321_98765_answers", "annlee_late_4321_98800_answers-1", "annlee_4321_99001_x_1_2_y"),
        *("annlee_4321_99001_1_2_", "annlee_LATE_4321_99002_answers"),
    )
    for number, name in enumerate([first, *more]):
        assert book.attempts(name, [work(str(number)), work("x", "triple")]) == {"double": number, "triple": 0}
        add(book, name, str(number), 1)
    for name in ("annlee", "annlee_4322_1_answers", "annleeb_4321_1_answers", "ann_4321_1_a", "4321_1_annlee", "", "_"):
        assert book.attempts(name, [work("new")]) == {"double": 0}
    assert book.attempts(first, [work("2")]) == {"double": 2}


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_attempts_of_any_name(book, name):
    """Whatever somebody is called, each new piece of work is one more."""
    for number in range(3):
        assert book.attempts(name, [work(str(number))]) == {"double": number}
        add(book, name, str(number), 1)
        add(book, name, str(number), 1, version="2")  # graded again
    assert book.attempts(name, [work("1"), work("new", "triple")]) == {"double": 1, "triple": 0}


def test_a_mistake_keeps_its_name(book):
    """That of the report, whatever groups are called; only where it has none, a group's name is asked for."""
    named = Diagnosis("swapped", "The arguments are swapped.")
    for learner, diagnosis in (("ann", named), ("bob", None)):
        found = json.dumps(replace(report(1), diagnosis=diagnosis).to_json())
        book.record([learner], [work(learner)], {"double": found})
    assert [graded.reports[0].diagnosis for graded in book.latest()] == [named, None]


def test_attempts_at_some_exercises(book):
    """Only those that were graded for one of them; by default all."""
    for text, exercise in (("x = 1", "double"), ("x = 2", "triple")):
        submission = Submission("ann", (("a.py", text),))
        attempts.keep(book, submission)
        new = Work(exercise, "1", attempts.work_of(exercise, attempts.digest_of(submission)), text)
        book.record(["ann"], [new], {exercise: json.dumps(report(3, exercise).to_json())})

    def graded(*exercises):
        found = attempts.attempts_by(book, exercises or None).get(person("ann"), [])
        return [(each.number, each.points) for each in found]

    assert graded() == [(1, {"double": 3.0}), (2, {"triple": 3.0})]
    assert graded("triple") == [(1, {"triple": 3.0})]
    assert graded("double", "triple") == graded()
    assert graded("other") == []


# ---- by hand, and handed in --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_marks_of_any_name(book, name):
    """What was given comes back as it was, and stands for whoever is called so."""
    row = marks.Row(marks.LEARNER, name, "double", "double x", 1.5, "said: " + name, "by " + name)
    assert marks.give(book, row)
    assert not marks.give(book, row)
    (kept,) = marks.rows(book)
    assert replace(kept, at="", id=0) == row
    add(book, name, "x", 1)
    (graded,) = map(marks.standing(book).on, book.latest())
    assert (graded.grade, graded.reports[0].marks[0].comment) == (1.5, row.comment)
    assert marks.give(book, replace(row, points=None, comment="", taken_back=True))
    (graded,) = map(marks.standing(book).on, book.latest())
    assert (graded.grade, graded.reports[0].marks) == (1, ())


def test_a_mark_stands_for_all_names_of_a_person(book):
    """Canvas calls each upload by another name; what is given to a mistake is given under that very key."""
    first, later = "annlee_4321_98765_answers", "annlee_late_4321_98800_answers-1"
    add(book, later, "x", 1)
    assert marks.give(book, marks.Row(marks.LEARNER, first, "double", points=2.5))
    assert not marks.give(book, marks.Row(marks.LEARNER, later, "double", points=2.5))
    assert marks.give(book, marks.Row(marks.MISCONCEPTION, first, "double", points=2.5))
    assert marks.give(book, marks.Row(marks.MISCONCEPTION, later, "double", points=2.5))
    (graded,) = map(marks.standing(book).on, book.latest())
    assert graded.grade == 2.5


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_what_was_handed_in_comes_back(book, name):
    """Each work once, whoever hands it in, and each learner's in the order in which they came."""
    works = [Submission(name, (("a.py", f"x = {text!r}\n"),), file=name) for text in (name, "2", name)]
    for submission in [*works, replace(works[0], learner=f"{name} twin")]:
        attempts.keep(book, submission)
    by_person = attempts.attempts_by(book)
    theirs, twins = by_person[person(name)], by_person[person(f"{name} twin")]
    assert [(each.learner, each.number, each.file) for each in theirs] == [(name, 1, name), (name, 2, name)]
    assert [attempts.cells_of(book, each.digest) for each in theirs] == [each.cells for each in works[:2]]
    assert [each.digest for each in twins] == [theirs[0].digest]


def test_two_keep_the_same(book, url, monkeypatch):
    """Where another grader keeps the same work between our look and our write, there is one of it."""
    submission = Submission("ann", (("a.py", "x = 1\n"),), file="ann.py")
    writing = Gradebook.writing

    def late(self):
        monkeypatch.setattr(Gradebook, "writing", writing)
        with Gradebook(url) as other:
            attempts.keep(other, submission)
        return writing(self)

    monkeypatch.setattr(Gradebook, "writing", late)
    attempts.keep(book, submission)
    assert [len(each) for each in attempts.attempts_by(book).values()] == [1]


# ---- append-only -------------------------------------------------------------------------------------------------


def test_rows_are_only_added(book):
    """Whatever happens later, each row that was there is there as it was."""
    add(book, "ann", "x", 1)
    before = rows(book)
    add(book, "ann", "y", 3)
    add(book, "bob", "x", 1)
    add(book, "ann", "x", 2, version="2")
    book.accept({"double": "2"})
    after = rows(book)
    assert all(set(before[table]) < set(after[table]) for table in before)


def test_same_again_adds_nothing(book):
    """A run that is done again leaves the book as it was."""
    add(book, "ann", "x", 1)
    before = rows(book)
    add(book, "ann", "x", 1)
    book.accept({"double": "1"})
    assert before == rows(book)


def test_book_is_kept(url, book):
    """Who opens it again finds what was in it."""
    add(book, "ann", "x", 1)
    with Gradebook(url) as again:
        assert points(again.latest()) == {"ann": [1.0]}
        assert again.accepted() == {"double": "1", "triple": "1"}


# ---- a changed check ---------------------------------------------------------------------------------------------


def test_new_version_is_not_shown_until_accepted(book):
    """Grades of a changed check are in the book, and count from when they are accepted."""
    add(book, "ann", "x", 4)
    add(book, "bob", "y", 4)  # is not graded again: has left the folder
    add(book, "ann", "x", 1, version="2")
    assert points(book.latest()) == points(book.best()) == {"ann": [4.0], "bob": [4.0]}
    assert points(book.latest(versions={"2"})) == {"ann": [1.0]}
    book.accept({"double": "2"})
    assert points(book.latest()) == points(book.best()) == {"ann": [1.0], "bob": [4.0]}
    assert book.accepted()["double"] == "2"


def test_best_keeps_other_work_of_the_old_version(book):
    """A better attempt of before, which nobody could grade again, still counts as best."""
    add(book, "ann", "better", 4)
    add(book, "ann", "worse", 3)
    add(book, "ann", "worse", 2, version="2")
    book.accept({"double": "2"})
    assert points(book.best()) == {"ann": [4.0]}
    assert points(book.latest()) == {"ann": [2.0]}


# ---- two at once -------------------------------------------------------------------------------------------------


def write_at_once(url: str, both_are_ready) -> None:
    """What each of two writers does."""
    with Gradebook(url) as book:
        book.accept({"double": "1"})
        both_are_ready.wait(60)
        for number in range(150):
            text = json.dumps(report(number % 5).to_json())
            book.record([f"learner {number}", f"twin {number}"], [work(str(number))], {"double": text})


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # that it may hang: no thread of ours runs here
def test_two_writers(url):
    """Two processes that write the same results at the same time leave one of each, and one entry a learner."""
    forks = multiprocessing.get_context("fork")  # with all that takes seconds to import
    barrier = forks.Barrier(2)
    writers = [forks.Process(target=write_at_once, args=(url, barrier)) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
    assert [writer.exitcode for writer in writers] == [0, 0]
    with Gradebook(url) as book:
        found = rows(book)
        assert len(found["coursekit_result"]) == 150
        assert len(found["coursekit_entry"]) == 300
        assert points(book.latest()) == {
            f"{who} {number}": [float(number % 5)] for who in ("learner", "twin") for number in range(150)
        }


def test_faster_writer_wins(book, url, monkeypatch):
    """Where another grader records the same work between our look and our write, we take what it wrote."""
    writing = Gradebook.writing

    def late(self):
        monkeypatch.setattr(Gradebook, "writing", writing)
        with Gradebook(url) as other:
            add(other, "ann", "x", 3)
        return writing(self)

    monkeypatch.setattr(Gradebook, "writing", late)
    book.record(["ann", "bob"], [work("x")], {"double": json.dumps(report(3).to_json())})
    assert points(book.latest()) == {"ann": [3.0], "bob": [3.0]}
    assert len(rows(book)["coursekit_entry"]) == 2


def test_a_writer_that_is_always_too_late(tmp_path, monkeypatch):
    """Says so in the end, and does not go on as if it had written."""
    tries = []

    def late(*_):
        tries.append(True)
        raise database.RowTakenError("there is another one")

    monkeypatch.setattr(grades, "_record", late)
    with Gradebook(f"sqlite:///{tmp_path / 'book.sqlite'}") as book:
        with pytest.raises(database.RowTakenError):
            add(book, "ann", "x", 3)
        assert points(book.latest()) == {}
    assert len(tries) > 1


def waits_for(other, path):
    """A gradebook can be opened, and written to, while another connection ends what it is at in a moment."""
    timer = threading.Timer(0.3, lambda: other.execute("COMMIT"))
    timer.start()
    with Gradebook(f"sqlite:///{path}") as book:
        add(book, "ann", "x", 1)
    timer.join()
    other.close()


def test_two_that_make_it(tmp_path):
    """Who comes while another grader makes the tables waits for them."""
    path = tmp_path / "book.sqlite"
    Gradebook(f"sqlite:///{tmp_path / 'other.sqlite'}").__exit__()
    with closing(sqlite3.connect(tmp_path / "other.sqlite")) as other:
        making = [sql for (sql,) in other.execute("SELECT sql FROM sqlite_master WHERE sql NOT NULL")]
    maker = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    for statement in ("PRAGMA journal_mode = WAL", "BEGIN IMMEDIATE", *making):
        maker.execute(statement).close()
    maker.execute("INSERT INTO coursekit_gradebook VALUES (1)")
    waits_for(maker, path)


def test_who_comes_first_to_a_new_file_is_waited_for(tmp_path):
    """Whoever turns a new file to WAL while another program writes to it is told at once that it is locked."""
    path = tmp_path / "book.sqlite"
    first = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    first.execute("BEGIN IMMEDIATE").close()
    waits_for(first, path)


# ---- what is no gradebook, and bad machines ----------------------------------------------------------------------


def test_other_schema(url, book):
    """A gradebook of another version of coursekit is refused, and nothing in it is touched."""
    with book._engine.begin() as connection:
        connection.execute(sa.update(tables.about).values(schema=99))
    with pytest.raises(
        DatabaseError, match=rf"is of version 99, and this coursekit reads version {tables.SCHEMA}\. Use"
    ):
        Gradebook(url)


def test_older_schema(url, book):
    """A gradebook that was made before there were some of the tables gets these, and keeps what it holds."""
    add(book, "ann", "x", 1)
    with book._engine.begin() as connection:
        connection.execute(sa.update(tables.about).values(schema=1))
        connection.exec_driver_sql(f"DROP TABLE {tables.accepted.name}")
    with Gradebook(url) as again:
        again.accept({"double": "1"})
        assert points(again.latest()) == {"ann": [1.0]}
    with Gradebook(url) as once_more:
        assert once_more.accepted() == {"double": "1"}


def test_closed_gradebook_holds_no_file(tmp_path):
    """Who has graded can move the folder, also where an open file cannot be moved."""
    path = tmp_path / "book.sqlite"
    with Gradebook(f"sqlite:///{path}") as book:
        book.accept({"double": "1"})
        assert str(path) in [file.path for file in psutil.Process().open_files()]
    assert str(path) not in [file.path for file in psutil.Process().open_files()]


def test_other_database(url):
    """A database of something else is refused, and stays as it is."""
    engine = database._engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE cars (name TEXT)")
    with pytest.raises(DatabaseError, match=r"is no gradebook: it holds other tables \(cars\)"):
        Gradebook(url)
    assert sa.inspect(engine).get_table_names() == ["cars"]
    engine.dispose()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("sqlite:///{}/none/book.sqlite", "none is no folder"),
        ("sqlite:///{}", "its folder is not there, or may not be written"),
        ("sqlite:///{}/text", "it is no database, or a damaged one"),
        ("grades.sqlite", "Give a URL such as sqlite:///grades.sqlite"),
        ("oracle9://x/y", "Give a URL such as sqlite:///grades.sqlite"),
        ("postgresql://nobody:hidden@127.0.0.1:1/none", "the database server does not answer"),
    ],
)
def test_cannot_be_opened(tmp_path, url, says):
    """One sentence says why, and a password is not shown."""
    (tmp_path / "text").write_text("grades: all good\n" * 100)
    with pytest.raises(DatabaseError) as caught:
        Gradebook(url.format(tmp_path))
    assert says in str(caught.value)
    assert "hidden" not in str(caught.value)
    assert "None" not in str(caught.value)  # in the place of what the database said


def test_disk_full(tmp_path):
    """What was recorded before is kept."""
    url = f"sqlite:///{tmp_path / 'book.sqlite'}"
    with Gradebook(url) as book:
        book.accept({"double": "1"})
        add(book, "ann", "x", 1)
        with book._engine.connect() as connection:  # the pool hands out this connection again
            connection.exec_driver_sql("PRAGMA max_page_count = 1")
        with pytest.raises(DatabaseError, match="the disk is full"):
            book.record(["bob"], [work("y" * 99_000)], {"double": json.dumps(report(1).to_json())})
    with Gradebook(url) as book:
        assert points(book.latest()) == {"ann": [1.0]}


def test_locked(tmp_path, monkeypatch):
    """A program that does not let go of the file is waited for, not for ever."""
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.2)
    path = tmp_path / "book.sqlite"
    with Gradebook(f"sqlite:///{path}") as book:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(DatabaseError, match="another program has held it"):
            add(book, "ann", "x", 1)
        other.execute("ROLLBACK")
        other.close()
        add(book, "ann", "x", 1)


def test_waits_for_the_other(tmp_path):
    """A transaction of another grader that is soon over is no error."""
    path = tmp_path / "book.sqlite"
    with Gradebook(f"sqlite:///{path}") as book:
        book.accept({"double": "1"})
        other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        other.execute("BEGIN EXCLUSIVE")
        timer = threading.Timer(0.3, lambda: other.execute("COMMIT"))
        timer.start()
        add(book, "ann", "x", 1)
        timer.join()
        other.close()
        assert points(book.latest()) == {"ann": [1.0]}


def test_removed(tmp_path):
    """SQLite would write on into a file without a name; we say that it is gone."""
    path = tmp_path / "book.sqlite"
    with Gradebook(f"sqlite:///{path}") as book:
        path.unlink()
        assert not book.there
        with pytest.raises(DatabaseError, match="was removed while it was open"):
            add(book, "ann", "x", 1)


def test_may_not_be_written(tmp_path):
    """A gradebook that can only be read says so when something is to be recorded."""
    path = tmp_path / "book.sqlite"
    with Gradebook(f"sqlite:///{path}") as book:
        with book._engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA query_only = ON")
        with pytest.raises(DatabaseError, match="it may not be written"):
            add(book, "ann", "x", 1)


@pytest.mark.slow
def test_each_way_in_which_a_server_refuses(postgres, monkeypatch):
    """A wrong password, an unknown user or database, a missing right and an unknown host are told apart."""
    url = postgres.database("refuses")
    with Gradebook(url) as book:
        book.accept({"double": "1"})
    engine = database._engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE ROLE guest LOGIN PASSWORD 'right'")
    engine.dispose()
    host = f"host={postgres.folder}"
    hba = postgres.folder / "data" / "pg_hba.conf"
    trusted = hba.read_text()
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "5")

    def said(url: str) -> str:
        with pytest.raises(DatabaseError) as caught:
            Gradebook(url)
        assert "hidden" not in str(caught.value)
        return str(caught.value)

    assert "this user may not use its tables" in said(f"postgresql://guest@/refuses?{host}")
    assert "has no such database" in said(f"postgresql://grader:hidden@/nowhere?{host}")
    assert "knows no such user" in said(f"postgresql://nobody:hidden@/refuses?{host}")
    assert "no machine is called so" in said("postgresql://grader:hidden@no-such-host.invalid/refuses")
    assert "does not answer" in said("postgresql://grader:hidden@127.0.0.1:1/refuses")
    try:
        hba.write_text("local all guest scram-sha-256\nlocal all nobody reject\nlocal all all trust\n")
        postgres.run("pg_ctl", "-D", str(postgres.folder / "data"), "reload")
        time.sleep(0.5)
        assert "does not take this user's password" in said(f"postgresql://guest:hidden@/refuses?{host}")
        assert "does not take this user's password" in said(f"postgresql://guest@/refuses?{host}")
        assert "lets this user not in" in said(f"postgresql://nobody:hidden@/refuses?{host}")
        assert "this user may not use its tables" in said(f"postgresql://guest:right@/refuses?{host}")
    finally:
        hba.write_text(trusted)
        postgres.run("pg_ctl", "-D", str(postgres.folder / "data"), "reload")
    engine = database._engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE coursekit_entry CASCADE")
    engine.dispose()
    with Gradebook(url) as book, pytest.raises(DatabaseError, match="a table or a column is gone"):
        list(book.latest())


@pytest.mark.slow
def test_server_that_stops(postgres):
    """A server that goes away in the middle is named in a sentence, and what it held is there when it is back."""
    url = postgres.database("stops")
    with Gradebook(url) as book:
        book.accept({"double": "1"})
        add(book, "ann", "x", 1)
        postgres.stop()
        try:
            with pytest.raises(DatabaseError, match="the database server does not answer"):
                add(book, "bob", "y", 1)
            with pytest.raises(DatabaseError, match="the database server does not answer"):
                Gradebook(url)
        finally:
            postgres.start()
        add(book, "bob", "y", 1)
        assert points(book.latest()) == {"ann": [1.0], "bob": [1.0]}


# ---- two that open a new file at once ----------------------------------------------------------------------------


class Locked:
    """A connection that is told so often that the file is locked, or of another error."""

    def __init__(self, times: int, code: int = sqlite3.SQLITE_BUSY) -> None:
        self.left, self.code, self.asked, self.closed = times, code, [], False

    def execute(self, statement: str) -> SimpleNamespace:
        self.asked.append(statement)
        if "journal_mode" in statement and self.left:
            self.left -= 1
            error = sqlite3.OperationalError("locked")
            error.sqlite_errorcode = self.code
            raise error
        return SimpleNamespace(close=lambda: None)

    def close(self) -> None:
        self.closed = True


def test_a_new_file_that_is_locked_is_waited_for(monkeypatch):
    """Until the time is over; any other error is one at once, and what cannot be used is closed."""
    clock = [0.0]
    monkeypatch.setattr(database, "time", SimpleNamespace(monotonic=lambda: clock[0], sleep=lambda seconds: None))
    waits = Locked(2, sqlite3.SQLITE_BUSY | 1 << 8)  # with what SQLite says besides
    database._prepare_or_close(waits, None)
    assert not waits.closed
    assert waits.asked == [
        *("PRAGMA synchronous = NORMAL", "PRAGMA foreign_keys = ON"),
        *["PRAGMA journal_mode = WAL"] * 3,
    ]
    other = Locked(1, sqlite3.SQLITE_FULL)
    with pytest.raises(sqlite3.OperationalError):
        database._prepare_or_close(other, None)
    assert other.closed
    late = Locked(9)
    monkeypatch.setattr(database.time, "sleep", lambda seconds: clock.__setitem__(0, clock[0] + database.BUSY_SECONDS))
    with pytest.raises(sqlite3.OperationalError):
        database._prepare_or_close(late, None)
    assert late.left == 6  # at the last moment, too


def test_sqlite_is_told_what_it_is_to_keep(tmp_path):
    """It waits for others, checks what points where, and writes so that readers and a writer do not wait."""
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.sqlite'}") as book, book.reading() as connection:
        told = [
            connection.scalar(sa.text(f"PRAGMA {name}")) for name in ("busy_timeout", "foreign_keys", "journal_mode")
        ]
    assert told == [1000 * database.BUSY_SECONDS, 1, "wal"]
