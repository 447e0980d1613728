"""Right answers in many styles: whoever understood the loss gets every point, however it is written."""

from __future__ import annotations

from itertools import groupby, islice
from pathlib import Path

import pytest

from coursekit.authoring import proofs
from coursekit.course import syllabus
from coursekit.grading import scoring
from coursekit.jail.terms import Limits

pytestmark = pytest.mark.usefixtures("one_thread")

STYLES = Path(__file__).parent / "styles"
SEEDS = range(1, 5)  # `coursekit verify` asks all of them on seed 0

# of each topic the style that leans most on what torch keeps in memory, where it is not the last one
IN_JAIL = {
    "objective": "cost__own_backward",
    "entropy": "entropy__vmap",
    "kl_divergence": "kl_div__own_backward",
    "softmax": "log_softmax__own_backward",
    "cross_entropy": "cross_entropy__module",
    "binary_cross_entropy": "binary_cross_entropy__own_backward",
    "regression": "huber_loss__own_backward",
    "counts_and_noise": "poisson_nll_loss__own_backward",
    "margins": "multi_margin_loss__own_backward",
    "ranking": "margin_ranking_loss__own_backward",
    "embeddings": "triplet_margin_loss__own_backward",
    "ctc_forward": "ctc_loss__own_backward",
    "ctc_training": "ctc_loss_from_logits__batched",
    "at_scale": "linear_cross_entropy__own_backward",
    "which_loss": "language_model_loss__own_backward",
}

FOUND = {name: function for topic in syllabus.TOPICS for name, function in proofs.styles_of(topic).items()}
# torch.func.vjp and torch.optim import torch._dynamo when they are first called, which takes seconds
SLOW = {"log_softmax__vjp", "sgd_step__torch_optim", "adam_first_step__torch_optim"}
QUICK = 2  # styles of an exercise that the fast part asks
for _, styles in groupby(FOUND, lambda style: style.partition("__")[0]):
    SLOW.update(islice(styles, QUICK, None))


def exercise_of(style):
    return syllabus.find_exercise(style.partition("__")[0])[1]


def outcome(report):
    """Points, and what a learner would have been told of the first point that is missing."""
    failure = report.first_failure
    return report.points, failure and (failure.check, failure.rationale, failure.example)


@pytest.mark.parametrize("style", [pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in FOUND])
def test_full_marks(style):
    """Core and parity. Seeds go round, so that an exercise's styles meet all of them."""
    exercise = exercise_of(style)
    seed = SEEDS[list(FOUND).index(style) % len(SEEDS)]
    assert (exercise.maximum, None) == outcome(proofs.score_here(exercise, FOUND[style], seed))


@pytest.mark.slow
def test_full_marks_through_a_jail(any_jail):
    """One style of each topic, sent as text: with its helpers and classes, and under its exercise's name."""
    any_jail.limits = Limits()
    for topic in syllabus.TOPICS:
        style = IN_JAIL.get(topic.name, list(proofs.styles_of(topic))[-1])
        exercise = exercise_of(style)
        text = (STYLES / f"{topic.name}.py").read_text(encoding="utf-8") + f"\n{exercise.name} = {style}\n"
        with any_jail.child((("cell 1", text),), exercise) as ask:
            report = scoring.score(exercise, ask, seed=0)
        assert (style, exercise.maximum, None) == (style, *outcome(report))
