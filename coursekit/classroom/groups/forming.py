"""Answers that fail by no known mistake, grouped by what they do, and what their groups are called.

Groups are formed from what the gradebook keeps, each time anew, in the order in which it came: whoever asks finds the
same ones, and what comes later moves nobody. So there is nothing that a run that is killed could leave half done.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from coursekit.classroom.gradebook import Gradebook
from coursekit.classroom.gradebook.grades import Told
from coursekit.classroom.gradebook.names import Kept, Name, read_behaviours, read_names
from coursekit.errors import CommandError
from coursekit.grading.behaviour.doing import Behaviour, from_bytes, grouped
from coursekit.report import Diagnosis, Example

_SHORTEST = 6  # digits of an id that are shown


class GroupError(CommandError):
    """A group cannot be had or named; the message says why and what to do."""


@dataclass(frozen=True)
class Group:
    """Answers that do the same.

    Attributes:
        id: its digits; the first few of them will do.
        exercise: what they answer.
        version: of the grader under which they were asked what they do.
        kept: each piece of work in it, in the order in which they came.
        name: what it is called, whether that is told of all of it by now or not; empty if it has none.
    """

    id: str
    exercise: str
    version: str
    kept: tuple[Kept, ...]
    name: str = ""

    @property
    def does(self) -> Behaviour:
        """What it was formed around."""
        return from_bytes(self.kept[0].does)

    @property
    def works(self) -> tuple[str, ...]:
        """The digests of its work."""
        return tuple(each.work for each in self.kept)

    @property
    def code(self) -> str:
        """How it is written where it is shortest; empty if nobody can tell."""
        return min((each.code for each in self.kept if each.code), key=lambda text: (len(text), text), default="")

    @property
    def shows(self) -> Example | None:
        """The smallest input that shows it."""
        return self.kept[0].shows


def find_groups(book: Gradebook, exercises: Collection[str] | None = None) -> list[Group]:
    """All groups of these exercises, or of all, under every version of their graders, in the order in which they came.

    Raises:
        DatabaseError: the gradebook cannot be read.
    """
    return [group for group, _ in _named(book, exercises)]


def _named(book: Gradebook, exercises: Collection[str] | None) -> list[tuple[Group, list[Name]]]:
    """Each group with all the names that it was given, in this order."""
    by_version: defaultdict[tuple[str, str], list[Kept]] = defaultdict(list)
    for each in read_behaviours(book, exercises):
        by_version[each.exercise, each.version].append(each)
    names = read_names(book)
    found = []
    for (exercise, version), kept in by_version.items():
        holds: defaultdict[int, list[Kept]] = defaultdict(list)
        for each, place in zip(kept, grouped([from_bytes(each.does) for each in kept]), strict=True):
            holds[place].append(each)
        place_of = {each.work: place for place, members in holds.items() for each in members}
        given: defaultdict[int, list[Name]] = defaultdict(list)
        for name in names:
            there = [place_of[work] for work in name.works if work in place_of] if name.exercise == exercise else []
            if there:
                given[there[0]].append(name)
        for place, members in holds.items():
            works = [each.work for each in members]
            # a group that has a name keeps the id by which it got that, in whatever order it was graded again
            first = next((name.works[0] for name in given[place] if name.works[0] in works), works[0])
            digits = hashlib.sha256(first.encode()).hexdigest()
            called = given[place][-1].sentence if given[place] else ""
            found.append((Group(digits, exercise, version, tuple(members), called), given[place]))
    return found


def told(book: Gradebook) -> tuple[Told, Told] | None:
    """What groups are called in reports, by result and entry; None where nothing has a name.

    What was graded before a group was named is told of it once the name is accepted.

    Returns:
        How it is told now, and how it will be once all names are accepted.
    """
    names = read_names(book)
    if not names:
        return None
    given = {
        each.key: (f"group-{group.id[:_SHORTEST]}", names)
        for group, names in _named(book, {name.exercise for name in names})
        for each in group.kept
    }

    def diagnosis(key: str, entry: int, *, pending: bool) -> Diagnosis | None:
        called, names = given.get(key, ("", []))
        holding = [name for name in names if name.holds_for(entry, pending=pending)]
        return Diagnosis(called, holding[-1].sentence) if holding and holding[-1].sentence else None

    return partial(diagnosis, pending=False), partial(diagnosis, pending=True)


def short_ids(groups: Iterable[Group]) -> dict[str, str]:
    """By their ids, as many digits as tell these groups apart."""
    ids = sorted({group.id for group in groups})
    for size in range(_SHORTEST, 65):
        if len({each[:size] for each in ids}) == len(ids):
            break
    return {each: each[:size] for each in ids}


def find_group(book: Gradebook, digits: str) -> Group:
    """The group whose id begins so, under the grader version whose grades stand.

    Raises:
        GroupError: there is none, there are several, or the checks of its exercise have changed since.
    """
    wanted = digits.strip().lower().removeprefix("group-")
    accepted = book.accepted()
    everything = find_groups(book)
    groups = [group for group in everything if accepted.get(group.exercise) == group.version]
    found = [group for group in groups if group.id.startswith(wanted)] if wanted else []
    if len(found) == 1:
        return found[0]
    if found:
        ids = short_ids(found)
        there = ", ".join(f"{ids[group.id]} of {group.exercise}" for group in found[:3])
        raise GroupError(
            f"Several groups begin with {wanted}: {there}{' …' if found[3:] else ''}. Give more of the id."
        )
    old = [group for group in everything if wanted and group.id.startswith(wanted)]
    if old:
        raise GroupError(
            f"The group {wanted} was found under other checks of {old[0].exercise} than those whose grades stand now. "
            "`coursekit report` shows the groups of today, each with its id."
        )
    if not groups:
        raise GroupError(
            f"No group begins with {wanted or 'nothing'}: {book.name} holds none. Groups are formed of answers that "
            "lose points by no known mistake, when they are graded."
        )
    raise GroupError(f"No group begins with {wanted or 'nothing'}. `coursekit report` shows all groups and their ids.")


def largest_first(groups: Iterable[Group], holders: Mapping[str, Iterable[str]]) -> list[tuple[Group, list[str]]]:
    """The groups that somebody is in now, with whose answers those are; of equals, in the order in which they came.

    Args:
        groups: which.
        holders: by the key of a result, the learners who have handed that in last.
    """
    found = [(group, sorted({who for each in group.kept for who in holders.get(each.key, ())})) for group in groups]
    return sorted((each for each in found if each[1]), key=lambda each: -len(each[1]))
