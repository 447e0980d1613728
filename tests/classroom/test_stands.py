"""What has become of a mark by hand, and what may be given: row by row, without a folder of grades."""

from __future__ import annotations

import math

import pytest

from coursekit.classroom import marking
from coursekit.classroom.gradebook import marks
from coursekit.classroom.gradebook.marks import LEARNER, MISCONCEPTION, Row
from coursekit.classroom.marking import Wish
from coursekit.errors import CommandError
from coursekit.report import Diagnosis, Graded, Outcome, Report


def row(id, points=None, comment="", work="w", **more):
    return Row(LEARNER, "ann", "double", work, points, comment, "kim", id=id, **more)


BACK = row(9, taken_back=True)


@pytest.mark.parametrize(
    ("rows", "states"),
    [
        ([row(1, 2.0)], ["stands"]),
        ([row(1, 2.0), row(2, 3.0)], ["replaced", "stands"]),
        ([row(1, 2.0), row(2, comment="good")], ["stands", "stands"]),
        ([row(1, 2.0, "good"), row(2, 3.0)], ["stands", "stands"]),  # its comment does
        ([row(1, 2.0, "good"), row(2, 3.0), row(3, comment="better")], ["replaced", "stands", "stands"]),
        ([row(1, 2.0), row(2, 3.0, work="other")], ["stands", "stands"]),  # the points of another work
        ([row(1, 2.0), row(2, 3.0, work="")], ["replaced", "stands"]),  # which count for any
        ([row(1, 2.0), BACK], ["taken back", "takes back"]),
        ([row(1, 2.0), BACK, row(10, 2.0)], ["taken back", "takes back", "stands"]),
    ],
)
def test_what_has_become_of_a_mark(rows, states):
    """It is replaced where all that it gave was given anew."""
    stands = marks.stand(rows).rows
    assert [marking._state(each, stands.get(each.about, ())) for each in rows] == states


def test_whom_a_mark_counts_for():
    """Whose points it decides, who reads it, and to whose other work it was given."""
    reports = [
        Report("double", who, Outcome.FAILED, (), 1, 4, Diagnosis("squared", "It is."), work=work)
        for who, work in (("ann", "new"), ("bob", "w"))
    ]
    rows = [row(1, 2.0, work="w"), Row(MISCONCEPTION, "squared", "double", "", 3.0, "Mind the square.", "kim", id=2)]
    stands = marks.stand(rows)
    found = [marking._listed(each, stands, reports) for each in rows]
    assert [(each.counts_for, each.said_to, each.elsewhere) for each in found] == [
        ((), (), ("ann",)),
        (("ann", "bob"), ("ann", "bob"), ()),
    ]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (row(1, 1.0), "ann, double: 1 point"),
        (row(1, 2.5, "good"), "ann, double: 2.5 points and a comment"),
        (row(1, comment="good"), "ann, double: a comment"),
        (BACK, "ann, double"),
        (Row(MISCONCEPTION, "squared", "double", points=0.0), "whoever holds `squared`, double: 0 points"),
    ],
)
def test_a_mark_in_words(given, words):
    """To whom, of what, and what."""
    assert marking._named(given) == words


REPORTS = {who: Report("double", who, Outcome.FAILED, (), 1, maximum) for who, maximum in (("ann", 3), ("bob", 4))}


@pytest.mark.parametrize(
    ("points", "extra", "found"),
    [
        (0.0, False, 0.0),
        (4.0, False, 4.0),
        (4.01, False, "The exercise has 4 points, and 4.01 are more: give them with --extra."),
        (4.017, True, 4.02),
        (1e6, True, 1e6),
        (1e6 + 1, True, "1e+06 points are too many: 1,000,000 are the most."),
        (-0.01, True, "--points needs a number from 0 on."),
        (math.nan, True, "--points needs a number from 0 on."),
        (math.inf, True, "--points needs a number from 0 on."),
    ],
)
def test_points_that_may_be_given(points, extra, found):
    """From 0 to what the exercise has, or to more if that is said; to two places."""
    if isinstance(found, str):
        with pytest.raises(CommandError) as error:
            marking._points(points, REPORTS, extra=extra)
        assert str(error.value) == found
    else:
        assert marking._points(points, REPORTS, extra=extra) == found


@pytest.mark.parametrize(
    ("comment", "found"),
    [
        (None, ""),
        ("  Well done. \n", "Well done."),
        ("a" * 2_000, "a" * 2_000),
        ("a" * 2_001, "The comment has 2,001 characters; 2,000 are the most."),
        (" \n", "The comment says nothing: leave --comment out, or write one."),
    ],
)
def test_comments_that_may_be_given(comment, found):
    """Some words, and not too many."""
    if found.startswith("The comment"):
        with pytest.raises(CommandError) as error:
            marking._comment(Wish("double", comment=comment))
        assert str(error.value) == found
    else:
        assert marking._comment(Wish("double", comment=comment)) == found


def test_exercises_of_a_folder():
    """In the order of those who have most, and what only others have behind them."""
    grades = [
        Graded(who, tuple(Report(name, who, Outcome.PASSED, (), 1, 1) for name in names))
        for who, names in (("ann", "ca"), ("bob", "abd"), ("cem", ""), ("dan", "bea"))
    ]
    assert marking._exercises(grades) == ["a", "b", "d", "e", "c"]
