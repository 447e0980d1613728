"""What `coursekit grade` and `regrade` do with a folder of submissions, and what they say when they cannot."""

from __future__ import annotations

import heapq
import os
import shlex
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from coursekit.classroom import batch, cluster, gradefiles
from coursekit.classroom import folder as folders
from coursekit.classroom.batch import Terms
from coursekit.classroom.choosing import names_among
from coursekit.classroom.folder import Entry, entries
from coursekit.classroom.gradebook import Gradebook, marks
from coursekit.classroom.gradebook.grades import Told
from coursekit.classroom.gradebook.names import accept_names
from coursekit.classroom.groups.forming import told
from coursekit.classroom.judges import judges
from coursekit.classroom.likeness.reading import noting, same_work
from coursekit.classroom.remarks import Remarks, of_strangers
from coursekit.classroom.screen import Screen
from coursekit.course import syllabus
from coursekit.database import DatabaseError, to_text
from coursekit.errors import CommandError
from coursekit.exercise import Exercise
from coursekit.grading.changes import Change, changes, renamed
from coursekit.grading.submission import Submission
from coursekit.grading.versions import grader_versions
from coursekit.jail.terms import JailError, Limits
from coursekit.jail.walls import Start
from coursekit.report import Graded
from coursekit.text import some, visible
from coursekit.wire import Cell

ROWS = 200  # nobody reads more in a terminal; all are in grades.csv
IN_FLIGHT = 256  # submissions on their way to a cluster, so that new workers find work at once


class RunError(CommandError):
    """A run cannot begin or go on; the message says why and what to do."""


@dataclass(frozen=True)
class Run:
    """Where a run finds its work and leaves its grades, and on what it runs.

    Attributes:
        folder: of the submissions.
        out: folder of grades.csv, reports/ and the secret.
        gradebook: its URL.
        exercises: what to grade; empty for what is found.
        limits: what one exercise of one submission may use.
        confined: whether submissions are confined.
        workers: how many jails to run on this machine.
        scheduler: address of a dask scheduler; empty for this machine.
        screen: where to show what happens.
        start: what the jails on this machine begin with, where it has been started already.
        command: makes the command to type next, `coursekit VERB` with all that this run was given, and more words.
        learners: whom to grade; empty for everybody.
    """

    folder: Path
    out: Path
    gradebook: str
    exercises: Sequence[Exercise]
    limits: Limits
    confined: bool
    workers: int
    scheduler: str
    screen: Screen
    start: Start | None = None
    command: Callable[..., str] = lambda verb, *more: shlex.join(["coursekit", verb, *more])
    learners: Sequence[str] = ()

    def terms(self, exercises: Sequence[Exercise]) -> Terms:
        """What decides the grades of this run."""
        return Terms(gradefiles.read_secret(self.out), grader_versions(exercises), self.limits, self.confined)


def grade(run: Run, *, best: bool) -> None:
    """Grades what is new, then writes grades.csv and reports/ from the gradebook and shows them.

    Args:
        run: where and how.
        best: show the work of each learner that has most points, not what they handed in last.

    Raises:
        RunError: the run cannot begin or go on.
        KeyboardInterrupt: with what to do to go on.
    """
    found = _entries(run.folder)
    chosen = _chosen(run, found)
    exercises = run.exercises or batch.exercises_in(_read(run.folder, found))
    if not exercises:
        raise RunError(f"No submission in {run.folder} defines an exercise of the course. Name one: --exercise NAME.")
    with _open(run) as book:
        terms = run.terms(exercises)
        accepted = book.accepted()
        other = [name for name, version in terms.versions.items() if accepted.get(name, version) != version]
        if other:
            raise RunError(
                f"The checks of {some(other)} (or torch) have changed since the grades in {book.name} were given. "
                f"See whose grades differ: {run.command('regrade', '--diff')}; with --accept the new ones stand."
            )
        book.accept(terms.versions)
        handed_in: dict[str, bytes] = {}
        _fill(run, book, terms, exercises, chosen, handed_in)
        _publish(run, book, exercises, chosen, best=best)
        for line in same_work(handed_in, run.command("similar")):
            run.screen.say(line)


def regrade(run: Run, *, accept: bool) -> list[Change]:
    """Grades again what the gradebook holds under checks that have changed, and shows and returns what differs.

    Args:
        run: where and how.
        accept: let the new grades take the place of the old ones, which stay in the gradebook.

    Raises:
        RunError: the run cannot begin or go on.
        KeyboardInterrupt: with what to do to go on.
    """
    if accept and run.learners:
        raise RunError("Changed checks are accepted for everybody: leave --learner out, or --accept.")
    found = _chosen(run, _entries(run.folder))
    with _open(run) as book:
        accepted = book.accepted()
        held = [exercise for _, exercise in syllabus.exercises().values() if exercise.name in accepted]
        terms = run.terms(held)
        asked = [exercise for exercise in held if not run.exercises or exercise in run.exercises]
        of_all = [exercise.name for exercise in asked]
        changed = [exercise for exercise in asked if accepted[exercise.name] != terms.versions[exercise.name]]
        if not asked:
            raise RunError(f"The gradebook {book.name} holds no grades of that yet: {run.command('grade')}")
        learners = {entry.learner for entry in found}
        named = _newly_named(book, told(book), of_all, learners)
        if not changed and not named:
            run.screen.say(f"The checks of {some(of_all)} are those that gave the grades.")
            return []
        different: list[Change] = []
        names = [exercise.name for exercise in changed]
        if changed:
            _fill(run, book, terms, changed, found)
            versions = {terms.versions[name] for name in names}
            before, after = book.latest(names), book.latest(names, versions=versions)
            different = [each for each in changes(before, after) if each.learner in learners]
        run.screen.changes_table([*different, *named])
        if changed:
            run.screen.say(f"{len(different)} of {len(found) * len(changed)} grades differ under the checks of today.")
        if named:
            run.screen.say(f"{len(named)} reports get another name for what is wrong, and no points change by that.")
        if accept:
            book.accept({name: terms.versions[name] for name in names})
            accept_names(book, of_all)
            _publish(run, book, held, found, best=False)
        else:
            run.screen.say(f"The old ones stand until you accept these: {run.command('regrade', '--accept')}")
        return [*different, *named]


def _newly_named(
    book: Gradebook, called: tuple[Told, Told] | None, exercises: Sequence[str], learners: Collection[str]
) -> list[Change]:
    """The reports that were published before the group of their answer was named, or named otherwise."""
    if called is None:
        return []
    now, then = (book.latest(exercises, told=each) for each in called)
    return [each for each in renamed(now, then) if each.learner in learners]


def _entries(folder: Path) -> list[Entry]:
    found = entries(folder)
    if not found:
        raise RunError(f"{folder} holds no submissions: a .py, .ipynb, .zip or folder for each learner.")
    return found


def _chosen(run: Run, found: Sequence[Entry]) -> list[Entry]:
    """The entries of those whom this run is to grade."""
    names = set(names_among(run.learners, [entry.learner for entry in found], "learner", str(run.folder)))
    return [entry for entry in found if entry.learner in names or not run.learners]


def _read(folder: Path, found: Sequence[Entry]) -> Iterator[Submission]:
    """Reads one submission after the other, as they are asked for."""
    for entry in found:
        submission = replace(folders.read(entry), file=", ".join(visible(each.path.name) for each in entry.handed))
        for handed in entry.handed if submission.problem else ():  # a share that is gone must cost nobody a grade
            if not os.path.lexists(handed.path):
                raise RunError(f"{handed.path} is gone since the run began; is {folder} still there?")
        if len(entry.handed) > 1:  # their files' names are told, so they stay
            yield submission
        else:
            cells = (_unnamed(label, entry.path, text) for label, text in submission.cells)
            yield replace(submission, cells=tuple(cells))


def _unnamed(label: str, entry: Path, text: str) -> Cell:
    """A cell without its file's name, often the learner's own: the same work shares a report, whoever handed it in."""
    return (
        f"submission{entry.suffix}{label.removeprefix(entry.name)}" if label.startswith(entry.name) else label
    ), text


@contextmanager
def _open(run: Run) -> Iterator[Gradebook]:
    """The gradebook; whatever ends the run from here on leaves a sentence that says how to go on."""
    try:
        if not gradefiles.make_private(run.out):
            run.screen.say(f"Others on this machine may be able to read {run.out}, which holds hidden inputs.")
        book = Gradebook(run.gradebook)
    except DatabaseError as error:
        raise RunError(str(error)) from None
    with book:
        try:
            yield book
        except KeyboardInterrupt:
            raise KeyboardInterrupt(f"Stopped. {_kept(book)}") from None
        except (DatabaseError, JailError, cluster.ClusterError) as error:
            raise RunError(f"{error} {_kept(book)}") from None
        except OSError as error:
            reason = f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}"
            raise RunError(f"{reason}. {_kept(book)}") from None


def _kept(book: Gradebook) -> str:
    kept = f"What was graded so far is kept in {book.name}; run" if book.there else "Run"
    return f"{kept} the same command again to go on."


def _fill(
    run: Run,
    book: Gradebook,
    terms: Terms,
    exercises: Sequence[Exercise],
    found: Sequence[Entry],
    handed_in: dict[str, bytes] | None = None,
) -> None:
    """Grades what the gradebook does not hold yet; `handed_in`, if given, gets a digest of each learner's answers."""
    torch.set_num_threads(1)  # the judge's own numbers are as small as the learners'
    while True:
        try:
            _fill_once(run, book, terms, exercises, found, handed_in)
        except cluster.ConnectionLost as error:  # nothing is graded twice: the gradebook knows what is done
            run.screen.say(f"{error} It lives: connecting again.")
        else:
            return


def _fill_once(
    run: Run,
    book: Gradebook,
    terms: Terms,
    exercises: Sequence[Exercise],
    found: Sequence[Entry],
    handed_in: dict[str, bytes] | None,
) -> None:
    there = (
        cluster.connect(run.scheduler, terms, run.screen.say)
        if run.scheduler
        else judges(min(run.workers, len(found)), terms, exercises, run.start)
    )
    with there as (executor, score, number, layers):
        where = f"{number} threads of the cluster at {run.scheduler}" if run.scheduler else f"{number} workers"
        run.screen.grading_begins(len(found), exercises, where, run.limits, layers)
        in_flight = max(4 * number, IN_FLIGHT) if run.scheduler else 2 * number
        read = _read(run.folder, found)
        if handed_in is not None:
            read = noting(read, [exercise.name for exercise in exercises], handed_in)
        graded = batch.grade_all(read, exercises, executor, book, terms, score, in_flight=in_flight)
        with closing(graded):  # before the jails are: what ends with them must not be taken for a result
            for _ in run.screen.progress(graded, len(found)):
                pass


def _publish(run: Run, book: Gradebook, exercises: Sequence[Exercise], found: Sequence[Entry], *, best: bool) -> None:
    """Writes grades.csv and reports/ from the gradebook, one learner after the other, and shows the first of them.

    Each has all exercises that the gradebook holds of these learners, also where this run was asked for fewer.
    Where only some learners were asked for, what is there of the others stays as it is.
    """
    learners = {entry.learner for entry in found}
    kept = {graded.learner: graded for graded in _kept_reports(run, learners)}
    asked = {exercise.name for exercise in exercises} | _names(kept.values()) | book.held_for(learners)
    names = [name for name in syllabus.exercises() if name in asked]
    standing, called = marks.standing(book), told(book)
    shown: list[Graded] = []
    written: list[Path] = []
    remarks = Remarks()

    def each() -> Iterator[Graded]:
        now = called[0] if called else None
        held = book.best(names, told=now) if best else book.latest(names, told=now)
        for graded in map(standing.on, held):
            if graded.learner in learners:
                written.append(gradefiles.write_report(run.out, graded))
                remarks.add(graded)
                if len(shown) < ROWS:
                    shown.append(graded)
                yield graded

    table = gradefiles.write_table(run.out, heapq.merge(kept.values(), each(), key=_place), names)
    gone = [] if run.learners else gradefiles.drop_reports(run.out, written)
    run.screen.grade_table(shown, [exercise for _, exercise in map(syllabus.find_exercise, names)])
    more = f"{len(written) - len(shown)} more, all in " if len(written) > len(shown) else ""
    run.screen.say(f"{more}{table} and {len(written)} reports in {run.out / 'reports'}")
    if kept:
        run.screen.say(f"What is there of {len(kept)} others stays as it was.")
    if gone:
        of = "The report of" if len(gone) == 1 else f"The {len(gone)} reports of"
        run.screen.say(f"{of} {some(gone)}, not in {run.folder} any more, went; the grades stay in {book.name}.")
    if waiting := _newly_named(book, called, names, learners):
        run.screen.say(
            f"{len(waiting)} reports are older than the name of what their answer does, and stay as they were. "
            f"See them: {run.command('regrade', '--diff')}; with --accept they carry it."
        )
    for line in filter(None, (*remarks.lines(run.out), of_strangers(folders.strangers(run.folder)))):
        run.screen.say(line)


def _kept_reports(run: Run, learners: set[str]) -> list[Graded]:
    """What an earlier run has left of those whom this one was not asked for."""
    if not run.learners:
        return []
    try:
        found = gradefiles.read_reports(run.out)
    except FileNotFoundError:
        return []
    return sorted((graded for graded in found if graded.learner not in learners), key=_place)


def _place(graded: Graded) -> str:
    """What the gradebook sorts learners by."""
    return to_text(graded.learner)


def _names(grades: Iterable[Graded]) -> set[str]:
    return {report.exercise for graded in grades for report in graded.reports}
