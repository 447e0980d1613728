"""What grading found, as data."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursekit.report import Diagnosis, Example, Graded, Mark, Outcome, Report, Tier, Verdict

text = st.text(max_size=20)
points = st.floats(0, 100)
verdicts = st.builds(
    Verdict,
    check=text,
    title=text,
    tier=st.sampled_from(Tier),
    outcome=st.sampled_from(Outcome),
    rationale=text,
    help=text,
    example=st.none() | st.builds(Example, text, text, text),
)
reports = st.builds(
    Report,
    exercise=text,
    learner=text,
    outcome=st.sampled_from(Outcome),
    verdicts=st.lists(verdicts, max_size=4).map(tuple),
    points=points,
    maximum=points,
    diagnosis=st.none() | st.builds(Diagnosis, text, text),
)


def verdict(name: str, outcome: Outcome, tier: Tier = Tier.CORE) -> Verdict:
    return Verdict(name, name.title(), tier, outcome)


def report(*found: Verdict) -> Report:
    return Report("half", "ann", Outcome.FAILED, found, 0.0, 1.0)


@given(reports)
def test_survives_json(report):
    """A report that went through JSON text is the same report, enums and all."""
    back = Report.from_json(json.loads(json.dumps(report.to_json())))
    assert report == back
    assert isinstance(back.outcome, Outcome)
    assert all(isinstance(v.outcome, Outcome) and isinstance(v.tier, Tier) for v in back.verdicts)


def test_json_is_what_an_outsider_reads():
    """The JSON holds plain words, not the names of Python's classes."""
    written = json.loads(json.dumps(report(verdict("even", Outcome.TIMEOUT)).to_json()))
    assert (
        written["outcome"],
        written["verdicts"][0]["outcome"],
        written["verdicts"][0]["tier"],
    ) == ("failed", "timeout", "core")


def test_words_that_are_stored_stay():
    """Gradebooks and reports of earlier runs hold these words."""
    assert [*Outcome] == [
        *("passed", "failed", "unattempted", "error", "timeout", "memory", "forbidden"),
        *("skipped", "starved", "unchecked"),
    ]
    assert [*Tier] == ["core", "parity"]


def test_unknown_outcome_is_refused():
    """A report of a future version is not read as something else."""
    written = report().to_json() | {"outcome": "brilliant"}
    with pytest.raises(ValueError, match="brilliant"):
        Report.from_json(written)


@pytest.mark.parametrize(
    ("outcomes", "first"),
    [
        ([], None),
        ([Outcome.PASSED, Outcome.PASSED], None),
        ([Outcome.PASSED, Outcome.FAILED, Outcome.ERROR], 1),
        ([Outcome.UNCHECKED, Outcome.FAILED], 0),
    ],
)
def test_first_failure(outcomes, first):
    """The verdict to show in full is the first that did not pass."""
    found = [verdict(str(i), outcome) for i, outcome in enumerate(outcomes)]
    assert (None if first is None else found[first]) == report(*found).first_failure


def test_tier_picks_in_order():
    """A tier's verdicts keep their order."""
    a, c = verdict("a", Outcome.PASSED), verdict("c", Outcome.FAILED)
    b = verdict("b", Outcome.PASSED, Tier.PARITY)
    assert ((a, c), (b,)) == (report(a, b, c).tier(Tier.CORE), report(a, b, c).tier(Tier.PARITY))


def test_grades_add_up_and_survive_json():
    """The sum of a learner's points to two places, what could be had, and all of it as an outsider reads it."""
    reports = [dataclasses.replace(report(), points=points, maximum=2.0) for points in (0.333, 1.113)]
    graded = Graded("ann", tuple(reports), "It is a link.")
    assert (graded.points, graded.maximum) == (1.45, 4.0)
    written = json.loads(json.dumps(graded.to_json()))
    assert {name: written[name] for name in ("learner", "points", "maximum", "problem")} == {
        **{"learner": "ann", "points": 1.45, "maximum": 4.0, "problem": "It is a link."},
    }
    assert Graded.from_json(written) == graded


def by_hand(points: float | None, **more: bool) -> Mark:
    return Mark("learner", "ann", "tutor", "now", points, **more)


HALF, NOTE, ELSEWHERE = by_hand(0.5), by_hand(None), by_hand(0.9, other_work=True)


@pytest.mark.parametrize(
    ("fields", "mark", "grade", "is_open"),
    [
        ({}, None, 0.25, False),
        ({"marks": (NOTE, ELSEWHERE)}, None, 0.25, False),
        ({"marks": (NOTE, ELSEWHERE, HALF, by_hand(1.0))}, HALF, 0.5, False),
        ({"is_unread": True}, None, 0.25, True),
        ({"outcome": Outcome.STARVED, "marks": (NOTE,)}, None, 0.25, True),
        ({"outcome": Outcome.STARVED, "marks": (HALF,)}, HALF, 0.5, False),
    ],
)
def test_the_mark_that_counts(fields, mark, grade, is_open):
    """The first mark with points that fits this work gives the grade; what nobody has judged is open."""
    marked = dataclasses.replace(report(), points=0.25, **fields)
    assert (marked.mark, marked.grade, marked.is_open) == (mark, grade, is_open)


@pytest.mark.parametrize(
    ("problem", "fields", "expected", "grade"),
    [
        ("", [{}, {}], (False, True, True), 1.45),
        ("", [{}, {"outcome": Outcome.STARVED}], (False, False, False), 1.45),
        ("", [{}, {"outcome": Outcome.STARVED, "marks": (HALF,)}], (True, True, True), 0.83),
        ("a link", [{}, {}], (False, True, False), 1.45),
        ("a link", [{}, {"marks": (HALF,)}], (True, True, False), 0.83),
        ("a link", [{"marks": (HALF,)}, {"marks": (HALF,)}], (True, True, True), 1.0),
        ("a link", [{"outcome": Outcome.STARVED}, {"marks": (HALF,)}], (True, False, False), 0.83),
    ],
)
def test_when_it_is_a_grade(problem, fields, expected, grade):
    """All was read and graded, or a person has marked the rest; the sum counts what a person gave, to two places."""
    reports = [
        dataclasses.replace(report(), points=points, **each)
        for points, each in zip((0.333, 1.113), fields, strict=True)
    ]
    graded = Graded("ann", tuple(reports), problem)
    assert (graded.is_marked, graded.is_final, graded.is_grade) == expected
    assert graded.grade == grade


EXAMPLE = Example("half(2)", "2", "1")
FULL = dataclasses.replace(
    report(Verdict("even", "Even", Tier.CORE, Outcome.FAILED, "why", "how", EXAMPLE)),
    diagnosis=Diagnosis("name", "why"),
)
TEXTS = [
    *(("exercise",), ("learner",), ("work",), ("leans_on", 0), ("found_in", 0)),
    *(("verdicts", 0, name) for name in ("check", "title", "rationale", "help")),
    *(("verdicts", 0, "example", name) for name in ("line", "got", "expected")),
    *(("diagnosis", name) for name in ("misconception", "explanation")),
]


@pytest.mark.parametrize("place", [*TEXTS, ("points",), ("maximum",)], ids=str)
def test_another_kind_is_refused(place):
    """A list in the place of a text, and what is no finite number, would come up much later."""
    written = dataclasses.replace(FULL, leans_on=("third",), found_in=("a.py",)).to_json()
    assert Report.from_json(json.loads(json.dumps(written))).verdicts == FULL.verdicts
    for bad in ([1], True, float("inf")):
        changed = json.loads(json.dumps(written))
        holder = changed
        for step in place[:-1]:
            holder = holder[step]
        holder[place[-1]] = bad
        with pytest.raises(ValueError, match="a text is missing" if place in TEXTS else "a number is missing"):
            Report.from_json(changed)


def test_reports_of_earlier_versions():
    """What they do not have is empty."""
    written = report().to_json()
    for name in ("leans_on", "found_in", "marks", "grade"):
        del written[name]
    assert Report.from_json(written) == report()
    assert Graded.from_json({"learner": "ann", "reports": [written], "problem": ""}) == Graded("ann", (report(),))


def test_is_frozen():
    """Nobody raises the points of a report that is written."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        report().points = 16.0
