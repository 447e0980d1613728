"""What a learner may be shown: our own words alone, whatever a submission did with the inputs that it saw."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch
import toys
from hypothesis import given, settings
from hypothesis import strategies as st

from coursekit.exercise import Stopped
from coursekit.grading import scoring
from coursekit.jail import ending
from coursekit.jail.ending import Clock
from coursekit.jail.terms import Limits
from coursekit.learning.feedback import headline
from coursekit.publish import privacy
from coursekit.publish.export import gradescope, junit
from coursekit.publish.pages.learner import learner_page
from coursekit.publish.privacy import all_feedback, without_inputs
from coursekit.report import Diagnosis, Example, Graded, Mark, Outcome, Report, Tier, Verdict
from coursekit.wire import Answer, Problem, Question, frames
from coursekit.wire.answering import answer
from coursekit.wire.frames import ProtocolError

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


def test_a_report_without_marks_by_hand():
    """Nothing is said of them, not even by an empty line; a comment that is empty is none."""
    plain = report([Outcome.FAILED], [("", "", None)], None)
    said = privacy.feedback(plain)
    assert said == said.rstrip()
    by_hand = replace(plain, marks=(Mark("learner", "ann", "bob", "2026-01-01T00:00:00", 2.0),))
    more = "Marked by hand: 2 of 3 points. They count; the machine's 1 do not."
    assert privacy.feedback(by_hand) == f"{said}\n{more}"


# ---- from the wire to the page -----------------------------------------------------------------------------------

KINDS = [
    *("stub", "unattempted", "missing", "broken", "raised", "nothing", "not-a-tensor", "changed-input", "memory"),
    *("forbidden", "leans", "", "Problem"),
]
SAYS = st.text(max_size=40) | st.sampled_from(["log_softmax", "ModuleNotFoundError", "numpy()", "tensor([0.25, 0.75])"])
NUMBERS = st.floats(width=32, allow_nan=True)


def a_tensor(shape: list[int], number: float, kind: torch.dtype) -> Answer:
    value = torch.full(shape, 0.0).to(kind) if kind in (torch.int64, torch.bool) else torch.full(shape, number).to(kind)
    return Answer(value)


TENSORS = st.builds(
    a_tensor,
    st.lists(st.integers(0, 3), max_size=3),
    NUMBERS,
    st.sampled_from([torch.float16, torch.float32, torch.float64, torch.int64, torch.bool]),
)
PROBLEMS = st.builds(lambda kind, says: Answer(problem=Problem(kind, says)), st.sampled_from(KINDS), SAYS)
FRAMES = (TENSORS | PROBLEMS).map(frames.encode_answer)
SIZES = st.integers(1, 2**33)
TIMES = st.floats(0.1, 1e4)
ENDED = st.one_of(
    st.builds(lambda size: ending.printed(Limits(output=size)), SIZES),
    st.builds(lambda says: ending.no_answer(ProtocolError(says)), SAYS),
    st.builds(ending.hung_up),
    st.builds(lambda status, cpu: ending.gone(status, cpu, LIMITS), st.sampled_from([0, 256, 6, 9, 11, 24, 31]), TIMES),
    st.builds(lambda seconds, waits: Clock(seconds).stop(waits), TIMES, TIMES),
    st.builds(lambda says, more: Stopped(Outcome.FORBIDDEN, says, more, says), SAYS, SAYS),
)
LIMITS = Limits()
DOUBLE = toys.make_double("softmax")


class Whatever:
    """A child that does what it likes with its inputs: each reply is any frame, honest or forged, or any end."""

    def __init__(self, replies: list[bytes | Stopped | None]) -> None:
        self.replies = iter(replies)

    def __call__(self, question: Question) -> Answer:
        reply = next(self.replies, None)
        if reply is None:
            return answer(toys.twice, question)
        if isinstance(reply, Stopped):
            raise reply
        start = frames.LENGTHS.size
        header, _ = frames.LENGTHS.unpack(reply[:start])
        try:
            return frames.decode_answer(reply[start : start + header], reply[start + header :], question.wrt)
        except ProtocolError as error:
            raise ending.no_answer(error) from None


REPLIES = st.lists(st.none() | FRAMES | ENDED | st.binary(min_size=8, max_size=40), max_size=4)


def page(replies: list[bytes | Stopped | None]) -> tuple[str, list[str]]:
    """What the verdict on such a child is (how checks have ended, the name of a mistake), and all that is told."""
    report = scoring.score(DOUBLE, Whatever(replies), seed=1, learner="ann")
    told = [*shown(report), str(report.points), headline(without_inputs(report))]
    return repr(([each.outcome for each in report.verdicts], report.diagnosis)), told


@settings(max_examples=60)
@given(st.lists(REPLIES, min_size=2, max_size=6))
def test_verdicts_are_all_that_is_told(children):
    """Of any children, those that earn the same verdicts give the same text, byte for byte, and the same points.

    So nothing else reaches a learner: not by types, names, exceptions, messages, prints, sizes, times or frames.
    """
    told: dict[str, list[str]] = {}
    for replies in children:
        verdicts, text = page(replies)
        assert told.setdefault(verdicts, text) == text


def test_a_word_of_a_childs_would_be_noticed(monkeypatch):
    """The check above is one: as reports are before they are made anew, a child's words are in them."""
    one, other = ([frames.encode_answer(Answer(problem=Problem("raised", says)))] for says in ("one", "other"))
    assert page(one) == page(other)
    monkeypatch.setattr(privacy, "_told", lambda verdict, exercise: verdict)
    assert page(one)[0] == page(other)[0]
    assert page(one)[1] != page(other)[1]


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


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.ERROR])
def test_what_to_do_where_it_passes_at_home(outcome):
    """A notebook has what a hand-in may lack, and other inputs: both are said of every such check alike."""
    said = [f"{n}: ValueError (line {n}: x)" for n in (3, 7)]
    one, other = (without_inputs(report([outcome] * 3, [(text, text, None)] * 3, None)) for text in said)
    assert one == other  # no line: the code chooses it
    assert "If it passes there" in one.verdicts[0].help


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
