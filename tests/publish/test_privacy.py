"""What a learner may be shown: our own words alone, whatever a submission did with the inputs that it saw."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursekit.publish import privacy
from coursekit.publish.export import gradescope, junit
from coursekit.publish.pages.learner import learner_page
from coursekit.publish.privacy import all_feedback, without_inputs
from coursekit.report import Diagnosis, Example, Graded, Outcome, Report, Tier, Verdict

TEXT = st.text(max_size=60)
EXAMPLES = st.none() | st.builds(Example, TEXT, TEXT, TEXT)
# Everything of a verdict in which a child may have had a part
SAID = st.lists(st.tuples(TEXT, TEXT, EXAMPLES), min_size=3, max_size=3)
ENDS = st.lists(st.sampled_from(list(Outcome)), min_size=3, max_size=3)
NAMED = st.none() | st.just(Diagnosis("swapped", "The arguments are swapped."))


def report(ends, said, diagnosis) -> Report:
    verdicts = tuple(
        Verdict(f"check_{number}", f"Title {number}", Tier.CORE, outcome, rationale, help, example)
        for number, (outcome, (rationale, help, example)) in enumerate(zip(ends, said, strict=True))
    )
    return Report("entropy", "ann", ends[0], verdicts, 1.0, 3.0, diagnosis)


def shown(report: Report) -> list[str]:
    """All that is ever handed to a learner."""
    graded = Graded("ann", (report,))
    handed_back = [learner_page(graded), junit.document([graded]), json.dumps(gradescope.results(graded))]
    return [*handed_back, all_feedback(graded), repr(without_inputs(report))]


@given(ENDS, SAID, SAID, NAMED)
def test_the_same_verdicts_are_told_in_the_same_words(ends, one, other, diagnosis):
    """Whatever types, names, messages, shapes, numbers and prints went into a verdict, its learner reads the same."""
    assert shown(report(ends, one, diagnosis)) == shown(report(ends, other, diagnosis))


@pytest.mark.parametrize("outcome", Outcome)
def test_every_end_has_its_words(outcome):
    """Unlike ends have unlike sentences, and what went wrong says what to do next."""
    (verdict,) = without_inputs(report([outcome] * 3, [("secret", "secret", None)] * 3, None)).verdicts[:1]
    assert "secret" not in repr(verdict)
    went_well = outcome in (Outcome.PASSED, Outcome.UNCHECKED)
    assert (verdict.rationale == "", verdict.help == "") == (went_well, went_well)
    assert went_well or "`check(entropy)`" in verdict.help
    told = [sentence for sentence in privacy._TOLD.values() if sentence]
    assert len(set(told)) == len(told)


def test_what_is_ours_stays():
    """The check's title, its outcome, the name of a known mistake and the points are told."""
    told = all_feedback(
        Graded("ann", (report([Outcome.FAILED] * 3, [("", "", None)] * 3, Diagnosis("swapped", "They are swapped.")),))
    )
    assert "not yet" in told
    assert "Title 0" in told
    assert "They are swapped." in told
    assert "1 of 3 points" in told


def test_a_report_is_not_changed():
    """The instructor's own copy keeps all that was said."""
    mine = report([Outcome.ERROR] * 3, [("raised", "paste", Example("f(1)", "1", "2"))] * 3, None)
    before = replace(mine)
    without_inputs(mine)
    assert mine == before
