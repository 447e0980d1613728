"""Which column of a grading worksheet is which: by headings, else by place and by what cells look like."""

from __future__ import annotations

import pytest

from coursekit.errors import ExportError
from coursekit.publish.export import roster, worksheet
from coursekit.publish.export.worksheet import Columns

ENGLISH = "Identifier,Full name,Grade,Maximum Grade,Grade can be changed,Last modified (grade),Feedback comments"


def columns(header: str, *rows: str, **options: str) -> Columns:
    table = roster.read("\n".join([header, *rows]).encode())
    return worksheet.columns(table, range(len(rows)), **options)


NONE = dict.fromkeys(("maximum", "changeable", "feedback"))


@pytest.mark.parametrize(
    ("header", "rows", "found"),
    [
        (ENGLISH, ["Participant 1,Ada,,3.00,Yes,-,"], {}),
        # a number stands behind the grades, which is not what is called the maximum; so do two words
        (
            "Identifier,Full name,Grade,Notes,Maximum grade,Sex,Grade can be changed,Last modified (grade),Feedback co"
            "mments",
            ["Participant 1,Ada,,7,3.00,m,Yes,-,"],
            {"maximum": 4, "changeable": 6, "feedback": 8},
        ),
        # there may be nothing behind them, or nothing that looks like anything
        ("Identifier,Full name,Grade", ["Participant 1,Ada,2"], {**NONE, "misses": "Last modified (grade)"}),
        (
            "Identifier,Full name,Grade,Notes,More",
            ["Participant 1,Ada,2,a,b1", "Participant 2,Kim,3,b,"],
            {**NONE, "changeable": 3, "misses": "Last modified (grade)"},
        ),
        # no heading is known: grades, maximum, workflow, whether it can be changed, a date, comments
        (
            "a,b,c,d,e,f,g,h",
            ["P 1,Ada,2,3,x,Ei,1.1.26,", "P 2,Kim,,3,y,Ei,-,", "P 3,Eve,-,3,z,Joo,1.1.26,"],
            {"name": None, "changeable": 5, "feedback": 7},
        ),
        ("a,b,c,d,e", ["P 1,Ada,2,3,", "P 2,Kim,,3,"], {"name": None, "changeable": None, "feedback": None}),
        # no number stands in the first column
        (
            "a,b,c,d,Feedback comments",
            ["P,Ada,2.5,3,"],
            {"identifier": None, "name": None, "changeable": None, "feedback": 4},
        ),
    ],
    ids=["English", "others between", "nothing behind", "no looks", "by looks", "no dates", "no numbers"],
)
def test_places(header: str, rows: list[str], found: dict[str, object]):
    """All of them at once."""
    english = {"grade": 2, "identifier": 0, "name": 1, "maximum": 3, "changeable": 4, "feedback": 6, "comma": False}
    expected = {**english, "misses": "", **found}
    there = columns(header, *rows)
    assert {name: getattr(there, name) for name in expected} == expected


def test_headings_that_are_given():
    """They are taken as they are, and not told as found by their looks."""
    found = columns("a,b,c,d,e", "P 1,Ada,2,3,4", grade="e", feedback="b")
    assert (found.grade, found.feedback, found.maximum, found.notes) == (4, 1, None, ())


def test_the_grades_stand_before_a_maximum_that_is_known():
    """Whatever their own cells look like; that they were found so is told."""
    found = columns("Identifier,Full name,x,Maximum grade", "Participant 1,Ada,9,?")
    assert (found.grade, found.maximum) == (2, 3)
    assert found.notes[0].startswith("The grades go into “x”, which is known by its place")


def test_the_grades_stand_before_a_maximum_that_is_not():
    """Behind the names, and nowhere else; where it may be several columns, or none, these are told."""
    assert columns("a,b,c", "P 1,2,3").grade == 1
    with pytest.raises(ExportError, match=r"Several columns of the worksheet may be .*\. It has: b, c\."):
        columns("a,b,c,d", "P 1,2,3,4")
    with pytest.raises(ExportError, match=r"No column of the worksheet is known as .*\. It has: a, b, c\."):
        columns("a,b,c", "P 1,2,x")


@pytest.mark.parametrize(
    ("cells", "is_grade"),
    [
        (["", "-", "3", "0"], True),
        (["3.01"], False),
        (["-1"], False),
        (["x"], False),
    ],
)
def test_what_looks_like_grades(cells: list[str], is_grade: bool):
    """Numbers from 0 to the maximum that stands behind them, or nothing."""
    assert worksheet._is_grade([cells, ["3"] * len(cells)], 0) is is_grade
    assert not worksheet._is_grade([cells, ["a"] * len(cells)], 0)


@pytest.mark.parametrize(
    ("cells", "maximum", "words"),
    [
        (["3,5", "3,5"], 3.5, False),
        (["0.5"], 0.5, False),
        (["3", "4"], None, False),
        (["0", "0"], None, False),
        (["-1"], None, False),
        ([], None, False),
        (["Yes", "No", "Yes"], None, True),
        (["Yes"], None, True),
        (["a", "b", "c"], None, False),
        (["Yes", ""], None, False),
        (["Yes", "-"], None, False),
        (["Yes", "1 June"], None, False),
    ],
)
def test_what_cells_look_like(cells: list[str], maximum: float | None, words: bool):
    """One number above 0 throughout is a maximum; one word or two say whether a grade can be changed."""
    assert (worksheet._maximum([cells], 0), worksheet._is_yes_or_no([cells], 0)) == (maximum, words)
    assert worksheet._maximum([cells], 1) is None
    assert not worksheet._is_yes_or_no([cells], 1)


def test_comments_stand_behind_the_last_dates():
    """Where nothing stands behind them, or no dates are behind the grades, there are none."""
    dates, others = ["1.1.26", "-"], ["a", "b"]
    assert worksheet._behind_dates([others, dates, dates, others], 1) == 3
    assert worksheet._behind_dates([others, dates, others, others], 1) == 2
    assert worksheet._behind_dates([others, dates, others, others], 2) is None
    assert worksheet._behind_dates([others, dates], 0) is None
    assert worksheet._behind_dates([[], [], []], 0) is None


@pytest.mark.parametrize(
    ("cells", "first"),
    [
        (["P 1", "P 22"], 0),
        (["Teilnehmer/in7"], 0),
        (["P 1", "Q 2"], None),
        (["P 1", "P"], None),
        (["P", "P"], None),
        (["1", "2"], None),
        ([], None),
    ],
)
def test_numbers_of_participants(cells: list[str], first: int | None):
    """The same word and a number in each cell."""
    assert worksheet._numbered([cells]) == first
    assert worksheet._numbered([]) is None


@pytest.mark.parametrize(
    ("numbers", "comma"),
    [(["8,5"], True), (["8.5"], False), (["8,5", "1.5"], False), (["1.000,50"], False), (["8", ""], None)],
)
def test_decimal_commas(numbers: list[str], comma: bool | None):
    """By the numbers; where all are whole, by the language."""
    english, german = worksheet._LANGUAGES[:2]
    assert worksheet._has_comma(numbers, german) is (True if comma is None else comma)
    assert worksheet._has_comma(numbers, english) is (False if comma is None else comma)
    assert worksheet._has_comma(numbers, None) is bool(comma)


def test_languages():
    """The one of most headings; hardly any is none. A heading that two columns have is told by neither."""
    assert worksheet._language(ENGLISH.split(",")) is worksheet._LANGUAGES[0]
    assert worksheet._language(["Identifier", "Full name", "x"]) is None
    assert worksheet._language(["Identifier", "Full name", "Grade"]) is worksheet._LANGUAGES[0]
    assert worksheet._known(["Grade", "GRADE."], None, "grade") is None
    assert worksheet._known(["x", "Bewertung"], worksheet._LANGUAGES[0], "grade") == 1
    french = worksheet._LANGUAGES[2]
    assert worksheet._known(["Note", "Nota"], french, "grade") == 0
    assert worksheet._known(["Note", "Nota"], None, "grade") is None
    assert [worksheet.is_locked(word) for word in ("Nein", "Ja", "Ehkä")] == [True, False, None]


def test_a_scale_is_no_points():
    """It is told by its heading, behind the grades."""
    with pytest.raises(ExportError, match="by a scale"):
        columns("Identifier,Full name,Grade,Scale", "Participant 1,Ada,,good")
    assert columns("Scale,Identifier,Grade,Maximum grade", "x,Participant 1,,3").grade == 2
