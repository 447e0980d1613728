"""What an update has done, in sentences."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from coursekit.course.updating.planning import Wanted

_MANY = 12  # names in one sentence on the screen; the report has them all
REMOVED, REPORT = "answers-to-removed-exercises.py", "what-changed.txt"  # beside the kept files


def sentences(wanted: Wanted) -> list[str]:
    """What was done, the course first, then what is the learner's, then what needs a look."""
    return list(_Telling(wanted, _MANY).everything())


def report(wanted: Wanted) -> str:
    """The same with every name, and with each new docstring that stands above no answer."""
    shown = [
        f"{name} is described so now:\n\n{textwrap.indent(text, '    ')}\n"
        for name, text in ((name, wanted.changes.words(name)) for name in _described(wanted, by_us=False))
    ]
    return "\n".join([*_Telling(wanted, None).everything(), "", *shown])


def removed_answers(wanted: Wanted) -> str:
    """The answers to exercises that are no more, as a file that holds them; empty where there are none."""
    texts = [
        f"# {name}\n\n{text}\n"
        for carried in wanted.carried
        for name, several in carried.removed.items()
        for text in several
    ]
    return "\n\n".join(dict.fromkeys(texts))


def _answered(wanted: Wanted) -> list[str]:
    return sorted({name for carried in wanted.carried for name in carried.answers})


def _described(wanted: Wanted, by_us: bool) -> list[str]:
    """The answered exercises whose docstring alone is another, and stands above each answer, or does not."""
    changed = [
        name for name in _answered(wanted) if wanted.changes.docstring(name) and not wanted.changes.signature(name)
    ]
    without = {name for carried in wanted.carried for name in carried.answers if name not in carried.described}
    return [name for name in changed if (name in without) != by_us]


@dataclass(frozen=True)
class _Telling:
    """The sentences, in which at most so many names stand in a row."""

    wanted: Wanted
    most: int | None

    def everything(self) -> Iterator[str]:
        yield from self._course()
        yield from self._yours()
        yield from self._moved()
        yield from self._asked()
        yield from self._several()
        yield from self._look()

    def _course(self) -> Iterator[str]:
        lessons = {name: how for name, how in self.wanted.lessons.items() if name.endswith(".ipynb")}
        for old, new in _renamed(lessons).items():
            yield f"{old} is {new} now."
            del lessons[old], lessons[new]
        for what, one, several in (
            ("changed", "has changed", "have changed"),
            ("new", "is new", "are new"),
            ("gone", "is no longer in the course", "are no longer in the course"),
        ):
            names = [name for name, how in lessons.items() if how == what]
            if names:
                yield f"{self._listed(names)} {one if len(names) == 1 else several}."

    def _yours(self) -> Iterator[str]:
        answers = {(name, file) for carried in self.wanted.carried for name, file in carried.answers.items()}
        notebooks = sum(file.endswith(".ipynb") for _, file in answers)
        own = sum(sum(carried.own.values()) for carried in self.wanted.carried)
        counted = [
            *([_count(notebooks, "answer") + " in notebooks"] if notebooks else []),
            *([_count(len(answers) - notebooks, "answer") + " in exercises/"] if len(answers) > notebooks else []),
            *([_count(own, "cell or piece", "cells or pieces") + " of your own"] if own else []),
        ]
        if counted:
            yield f"Carried over: {', '.join(counted)}."
        for name in dict.fromkeys(self.wanted.conflicts):
            yield f"{name} stood in conflict: both sides were read, and your answers in it are kept."

    # ---- what became of exercises that have an answer --------------------------------------------------------------

    def _moved(self) -> Iterator[str]:
        where: dict[str, tuple[str, str]] = {}  # of an answer in both kinds of file, the notebooks are named
        for carried in reversed(self.wanted.carried):
            where.update((name, (file, carried.answers[name])) for name, file in carried.moved.items())
        for name, (old, new) in where.items():
            yield f"{name} has moved from {old} to {new}, and your answer with it."
        lent = dict.fromkeys(name for carried in self.wanted.carried for name in carried.lent)
        if lent:
            yield f"{self._listed(lent)}: what your answer needs of its old lesson stands above it."

    def _asked(self) -> Iterator[str]:
        changes = self.wanted.changes
        for name in _answered(self.wanted):
            if signature := changes.signature(name):
                yield (
                    f"{name} has another signature: `{signature[1]}`. Your answer stands as you wrote it, with "
                    f"`{signature[0]}`: change it, and check it again."
                )
        if names := _described(self.wanted, by_us=True):
            yield f"{self._listed(names)}: described anew. The new docstring stands above your answer: read it again."
        if names := _described(self.wanted, by_us=False):
            yield f"{self._listed(names)}: described anew, where you have words of your own. {REPORT} has the new ones."
        if names := [name for name in _answered(self.wanted) if changes.checks(name)]:
            theirs = "its checks have" if len(names) == 1 else "their checks have"
            yield f"{self._listed(names)}: {theirs} changed since you answered. Check again."

    def _several(self) -> Iterator[str]:
        for carried in self.wanted.carried:
            for name, count in carried.spare.items():
                others = "another answer stands" if count == 1 else f"{count} other answers stand"
                file = carried.answers[name]
                yield f"{name} had several answers in {file}: the last one counts, and {others} above it."
        removed = dict.fromkeys(name for carried in self.wanted.carried for name in carried.removed)
        where = f"in {REMOVED}, beside your old files"
        if len(removed) == 1:
            yield f"{self._listed(removed)} is no longer an exercise: your answer stands {where}."
        elif removed:
            yield f"{self._listed(removed)} are no longer exercises: your answers stand {where}."

    # ---- what else needs a look ------------------------------------------------------------------------------------

    def _look(self) -> Iterator[str]:
        for what, said in (
            (
                "noted",
                "text of the course that you had changed, and the course as well: yours stands below it, as a note",
            ),
            ("edited", "text of the course that you had changed, which stays as you have it"),
            ("back", "cells of the course that you had deleted are back"),
            ("homeless", "cells of your own whose lesson is gone: they are in your old files"),
        ):
            counts: dict[str, int] = {}
            for carried in self.wanted.carried:
                counts.update({name: count for name, count in getattr(carried, what).items() if count})
            if counts:
                yield f"{self._counted(counts)}: {said}."
        for name, why in self.wanted.unreadable.items():
            yield f"{name} could not be read ({why}): the lesson is as it is shipped, and yours among your old files."
        if names := self.wanted.replaced:
            listed = self._listed(names)
            yield f"You had changed {listed}: the course's own is there now, and yours among your old files."
        if names := self.wanted.left:
            yield f"{self._listed(names)}: as you have changed it, for the course has not."

    def _counted(self, counts: Mapping[str, int]) -> str:
        return self._listed([name if count == 1 else f"{name} ({count})" for name, count in counts.items()])

    def _listed(self, names: Iterable[str]) -> str:
        names = list(names)
        if self.most is not None and len(names) > self.most:
            names = [*names[: self.most], f"{len(names) - self.most} more"]
        return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


def _renamed(lessons: Mapping[str, str]) -> dict[str, str]:
    """The lessons that are gone under their old name, and there under another: that of the same topic."""
    new = {name.partition("_")[2]: name for name, how in lessons.items() if how == "new"}
    gone = [name for name, how in lessons.items() if how == "gone"]
    return {name: new[name.partition("_")[2]] for name in gone if name.partition("_")[2] in new}


def _count(number: int, one: str, several: str = "") -> str:
    return f"{number} {one if number == 1 else several or one + 's'}"
