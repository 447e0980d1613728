"""Gives a group of answers a name, once it is proved that no known mistake and no other named group does the same."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from functools import partial

from coursekit.classroom.gradebook import Gradebook
from coursekit.classroom.gradebook.names import add_name
from coursekit.classroom.groups.forming import Group, GroupError, find_group, find_groups, short_ids
from coursekit.course import syllabus
from coursekit.exercise import Exercise
from coursekit.exercise.recall import recall
from coursekit.grading.behaviour.doing import Behaviour, from_bytes, same
from coursekit.grading.behaviour.probes import behaviour, questions
from coursekit.grading.versions import grader_versions
from coursekit.text import clean

LONGEST = 500  # characters of a sentence, which stands in tables and on pages


def name(book: Gradebook, digits: str, sentence: str) -> Group:
    """From now on every answer that does what this group does carries the sentence as its diagnosis.

    Args:
        book: where the group is.
        digits: how its id begins.
        sentence: what to say of the mistake; empty takes a name away.

    Returns:
        The group as it was before.

    Raises:
        GroupError: there is no such group, the checks of its exercise have changed, it does what a known mistake or
            another named group does, or the sentence is none.
        DatabaseError: the name cannot be kept.
    """
    group = find_group(book, digits)
    words = " ".join(clean(sentence, 1 << 16).split())
    if len(words) > LONGEST:
        raise GroupError(f"The sentence has {len(words)} characters, of {LONGEST} at most: it stands in tables.")
    if not words and not group.name:
        raise GroupError(f"The group {digits} of {group.exercise} has no name that could be taken away.")
    if words:
        insist_on_version(group)
        _insist_on_told_apart(book, group)
    add_name(book, group.exercise, group.works, words)
    return group


def insist_on_version(group: Group) -> Exercise:
    """The exercise of a group, whose checks are those that found it.

    Raises:
        GroupError: they have changed since.
        UnknownNameError: the course has no such exercise any more.
    """
    _, exercise = syllabus.find_exercise(group.exercise)
    if grader_versions([exercise])[exercise.name] != group.version:
        raise GroupError(
            f"The checks of {group.exercise} (or torch) have changed since this group was found, so what it does "
            "cannot be compared. See whose grades differ: coursekit regrade FOLDER --diff; with --accept, groups are "
            "formed anew. Then name it."
        )
    return exercise


def _insist_on_told_apart(book: Gradebook, group: Group) -> None:
    exercise = insist_on_version(group)
    for mistake, does in known_behaviours(exercise):
        if same(group.does, does):
            raise GroupError(
                f"This is what `{mistake}` of {exercise.name} does, which has a name in the course already."
            )
    others = [each for each in find_groups(book, {group.exercise}) if each.name and each.id != group.id]
    for other in (each for each in others if each.version == group.version):
        if any(same(group.does, from_bytes(each.does)) for each in other.kept):
            raise GroupError(
                f"This is what the group {short_ids([other])[other.id]} does, which is called: {other.name} "
                "Give that one a better name instead."
            )


def known_behaviours(exercise: Exercise) -> Iterator[tuple[str, Behaviour]]:
    """What each known mistake of an exercise does, by its name, in all its forms."""
    asked = questions(exercise)
    for mistake in exercise.misconceptions:
        for form in (mistake.function, *mistake.forms):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what torch says of a mistake helps nobody here
                answers = list(map(partial(recall, form), asked))
            yield mistake.name, behaviour(exercise, asked, answers)
