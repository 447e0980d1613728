"""What an update has done, in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from coursekit.course.updating.planning import Wanted

_MANY = 12  # names in one sentence
REMOVED = "answers-to-removed-exercises.py"  # beside the kept files


def sentences(wanted: Wanted) -> list[str]:
    """What was done, the course first, then what is the learner's, then what needs a look."""
    return [*_course(wanted), *_yours(wanted), *_exercises(wanted), *_look(wanted)]


def removed_answers(wanted: Wanted) -> str:
    """The answers to exercises that are no more, as a file that holds them; empty where there are none."""
    texts = [
        f"# {name}\n\n{text}\n"
        for carried in wanted.carried
        for name, several in carried.removed.items()
        for text in several
    ]
    return "\n\n".join(dict.fromkeys(texts))


def _course(wanted: Wanted) -> Iterator[str]:
    for what, one, several in (
        ("changed", "has changed", "have changed"),
        ("new", "is new", "are new"),
        ("gone", "is no longer in the course", "are no longer in the course"),
    ):
        names = [name for name, how in wanted.lessons.items() if how == what and name.endswith(".ipynb")]
        if names:
            yield f"{_listed(names)} {one if len(names) == 1 else several}."


def _yours(wanted: Wanted) -> Iterator[str]:
    answers = {(name, file) for carried in wanted.carried for name, file in carried.answers.items()}
    notebooks = sum(file.endswith(".ipynb") for _, file in answers)
    own = sum(sum(carried.own.values()) for carried in wanted.carried)
    counted = [
        *([_count(notebooks, "answer") + " in notebooks"] if notebooks else []),
        *([_count(len(answers) - notebooks, "answer") + " in exercises/"] if len(answers) > notebooks else []),
        *([_count(own, "cell or piece", "cells or pieces") + " of your own"] if own else []),
    ]
    if counted:
        yield f"Carried over: {', '.join(counted)}."
    for name in dict.fromkeys(wanted.conflicts):
        yield f"{name} stood in conflict: both sides were read, and your answers in it are kept."


def _exercises(wanted: Wanted) -> Iterator[str]:
    answered = sorted({name for carried in wanted.carried for name in carried.answers})
    where: dict[str, tuple[str, str]] = {}  # of an answer in both kinds of file, the notebooks are named
    for carried in reversed(wanted.carried):
        where.update((name, (file, carried.answers[name])) for name, file in carried.moved.items())
    for name, (old, new) in where.items():
        yield f"{name} has moved from {old} to {new}, and your answer with it."
    lent = dict.fromkeys(name for carried in wanted.carried for name in carried.lent)
    if lent:
        yield f"{_listed(lent)}: what your answer needs of its old lesson stands above it."
    for name in answered:
        signature = wanted.changes.signature(name)
        if signature:
            yield (
                f"{name} has another signature: `{signature[1]}`. Your answer stands as you wrote it, with "
                f"`{signature[0]}`: change it, and check it again."
            )
        elif wanted.changes.docstring(name):
            yield f"{name} is described anew: read its docstring again."
    checks = [name for name in answered if wanted.changes.checks(name)]
    if checks:
        theirs = "its checks have" if len(checks) == 1 else "their checks have"
        yield f"{_listed(checks)}: {theirs} changed since you answered. Check again."
    for carried in wanted.carried:
        for name, count in carried.spare.items():
            others = "another answer stands" if count == 1 else f"{count} other answers stand"
            yield f"{name} had several answers in {carried.answers[name]}: the last one counts, and {others} above it."
    removed = dict.fromkeys(name for carried in wanted.carried for name in carried.removed)
    if removed:
        theirs = (
            "is no longer an exercise: your answer" if len(removed) == 1 else "are no longer exercises: your answers"
        )
        yield f"{_listed(removed)} {theirs} stand{'s' if len(removed) == 1 else ''} in {REMOVED}, among your old files."


def _look(wanted: Wanted) -> Iterator[str]:
    for what, said in (
        ("noted", "text of the course that you had changed, and the course as well: yours stands below it, as a note"),
        ("edited", "text of the course that you had changed, which stays as you have it"),
        ("back", "cells of the course that you had deleted are back"),
        ("homeless", "cells of your own whose lesson is gone: they are in your old files"),
    ):
        counts: dict[str, int] = {}
        for carried in wanted.carried:
            counts.update({name: count for name, count in getattr(carried, what).items() if count})
        if counts:
            yield f"{_counted(counts)}: {said}."
    for name, why in wanted.unreadable.items():
        yield f"{name} could not be read ({why}): the lesson is as it is shipped, and yours among your old files."
    if wanted.replaced:
        names = _listed(wanted.replaced)
        yield f"You had changed {names}: the course's own is there now, and yours among your old files."
    if wanted.left:
        yield f"{_listed(wanted.left)}: as you have changed it, for the course has not."


def _counted(counts: Mapping[str, int]) -> str:
    return _listed([name if count == 1 else f"{name} ({count})" for name, count in counts.items()])


def _count(number: int, one: str, several: str = "") -> str:
    return f"{number} {one if number == 1 else several or one + 's'}"


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    if len(names) > _MANY:
        names = [*names[:_MANY], f"{len(names) - _MANY} more"]
    return _joined(names)


def _joined(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
