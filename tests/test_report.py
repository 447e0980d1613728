"""What grading found, as data."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursekit.report import Diagnosis, Example, Graded, Outcome, Report, Tier, Verdict

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


def test_is_frozen():
    """Nobody raises the points of a report that is written."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        report().points = 16.0
