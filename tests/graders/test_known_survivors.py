"""Wrong answers that once had full marks: right but at one point, or at one scale, that no check met."""

import numpy as np
import pytest
import torch

from coursekit.authoring.proofs import load_solutions, score_here
from coursekit.authoring.survivors import lives
from coursekit.course import syllabus
from coursekit.exercise.families.inputs import distribution, in_float64, joint
from coursekit.jail.inside import source
from coursekit.report import Outcome

pytestmark = pytest.mark.slow  # each grades an exercise on many seeds

SOFTPLUS = "torch.nn.functional.softplus("
SLOPE_1_AT_0 = "(lambda z: z.clamp(min=0) + torch.log1p(torch.exp(-z.abs())))("
SLOPE_0_AT_0 = "(lambda z: z.relu() + torch.log1p(torch.exp(-z.abs())))("


@pytest.mark.parametrize(
    ("name", "was", "now"),
    [
        *(
            (name, SOFTPLUS, now)
            for name in ("preference_loss", "bradley_terry_loss", "dpo_loss")
            for now in (SLOPE_1_AT_0, SLOPE_0_AT_0)
        ),
        *(
            ("adam_first_step", "gradient / (gradient.abs() + 1e-8)", now)
            for now in (
                *("gradient.sign()", "gradient / (gradient.abs() + 1e-7)", "gradient / (gradient.abs() + 1e-9)"),
                *("gradient / (gradient.abs() - 1e-8)", "gradient / (gradient.square() + 1e-8).sqrt()"),
            )
        ),
        *(("keras_mean_squared_logarithmic_error", "1e-7", eps) for eps in ("1e-6", "1e-8")),
        ("keras_log_cosh", ".abs()", ".square().sqrt()"),
        ("laplace_nll", "(target - input).abs()", "(target - input).square().sqrt()"),
        ("weight_gradient", "logits.amax(1, keepdim=True)", "logits.amax()"),
        ("entropy", "torch.where(p > 0, p, 1.0)", "torch.where(p > 0, p + 1e-10, 1.0)"),
        ("conditional_entropy", "torch.where(inside, joint, 1.0)", "torch.where(inside, joint + 1e-10, 1.0)"),
    ],
)
def test_no_full_marks(name, was, now):
    """A change of the solution is found on every seed."""
    topic, exercise = syllabus.find_exercise(name)
    text = topic.solution.read_text(encoding="utf-8")
    begin = text.index("# BEGIN SOLUTION", text.index(f"def {name}("))
    end = text.index("# END SOLUTION", begin)
    assert was in text[begin:end]
    changed = text[:begin] + text[begin:end].replace(was, now) + text[end:]
    assert not lives(exercise, source.load([("changed", changed)], name))


@pytest.mark.parametrize("now", [SLOPE_1_AT_0, SLOPE_0_AT_0])
def test_a_focal_loss_with_another_slope_at_0(now):
    """`sigmoid_focal_loss` leans on the loss of an earlier exercise: here that is the one with the change."""
    topic, exercise = syllabus.find_exercise("sigmoid_focal_loss")
    text = topic.solution.read_text(encoding="utf-8")
    softplus = f"{now}inputs) - inputs * targets"
    changed = text.replace(
        "def sigmoid_focal_loss(",
        f"def other(inputs, targets, **_):\n    return {softplus}\n\n\ndef sigmoid_focal_loss(",
    )
    begin = changed.index("def sigmoid_focal_loss(")
    changed = changed[:begin] + changed[begin:].replace("binary_cross_entropy_with_logits(", "other(", 1)
    assert not lives(exercise, source.load([("changed", changed)], "sigmoid_focal_loss"))


def normalised(joint):
    joint = joint / joint.sum().detach()
    return load_solutions(syllabus.find_topic("entropy")).mutual_information(joint)


def test_whoever_divides_by_the_sum_is_not_told_of_our_rounding():
    """A distribution in float64 sums to 1 to the last digit: whoever makes sure of it gives the same numbers."""
    _, exercise = syllabus.find_exercise("mutual_information")
    for seed in range(10):
        report = score_here(exercise, normalised, seed)
        assert all(verdict.outcome is Outcome.PASSED for verdict in report.verdicts)


@pytest.mark.parametrize("seed", range(5))
def test_short_decimals(seed):
    """In float64 they are what they were in float32, and sum to 1."""
    rng = np.random.default_rng(seed)
    for drawn in (distribution(rng, 4, 5), joint(rng, 3, 4)):
        exact = in_float64(drawn)
        assert exact.dtype is torch.float64
        assert torch.equal(exact.float(), drawn)
        total = exact.sum(-1) if drawn.shape == (4, 5) else exact.sum()
        assert (total - 1).abs().max() < 1e-15
        assert (drawn.double() - exact).abs().max() > 1e-10
