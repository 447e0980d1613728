"""The step that makes weights exactly 0: `soft_threshold`."""

from __future__ import annotations

import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Rng, same_value
from coursekit.graders.objective.common import draw_weights
from coursekit.graders.objective.penalties import l2_spec


def spec(weights: Tensor, threshold: float) -> Tensor:
    """Each weight by itself: moved down, moved up, or 0."""
    moved = [w - threshold if w > threshold else w + threshold if w < -threshold else 0 * w for w in weights.ravel()]
    return torch.stack(moved).reshape(weights.shape)


soft_threshold = Exercise(
    "soft_threshold",
    spec,
    points=2,
    forbids=("softshrink",),
    idea="This step solves the L1 price exactly, where a gradient step would jump across 0 and back.",
    hints=(
        "Where does a weight of 2 go when the threshold is 0.5? One of -2? One of 0.3?",
        "Split a weight into its sign and its size. Which of the two changes?",
        "The size shrinks by the threshold, and is never less than 0: `clamp` has a `min`.",
    ),
)


@soft_threshold.check
def two_becomes_one_and_a_half(f: Function, rng: Rng) -> None:
    """Threshold 0.5: 2 becomes 1.5, -2 becomes -1.5, 0.3 becomes 0"""
    same_value(f, spec, tensor([2.0, -2.0, 0.3]), 0.5)


@soft_threshold.check
def stops_at_zero(f: Function, rng: Rng) -> None:
    """What would cross 0 stops there

    Also a weight exactly as large as the threshold.
    """
    same_value(f, spec, tensor([1.0, 0.9, -0.9, -1.0, 1.1, -0.2]), 1.0)


@soft_threshold.check
def threshold_shapes(f: Function, rng: Rng) -> None:
    """Each weight of any shape moves by itself"""
    same_value(f, spec, draw_weights(rng, 2, 3), 0.75)
    same_value(f, spec, draw_weights(rng, 2, 2, 3), 1.25)
    same_value(f, spec, tensor(-1.5), 0.25)


@soft_threshold.check
def threshold_zero(f: Function, rng: Rng) -> None:
    """A threshold of 0 moves nothing, a large one makes everything 0"""
    same_value(f, spec, tensor([-2.0, 0.0, 0.5]), 0.0)
    same_value(f, spec, tensor([-2.0, 0.0, 0.5]), 10.0)
    same_value(f, spec, tensor([-12.0, 0.0, 0.5]), 10.0)


soft_threshold.misconceptions.table(
    hard=(
        "This is the hard threshold: small weights become 0 and the others stay. Here the others move as well.",
        lambda w, t: w.where(w.abs() > t, 0.0),
    ),
    outside_subtracted=(
        "The threshold is subtracted from every large weight: a negative one moves away from 0. Move each towards 0.",
        lambda w, t: (w - t).where(w.abs() > t, 0.0),
    ),
    subtracted=(
        "The threshold is subtracted from every weight: a negative one moves away from 0. Move each towards 0.",
        lambda w, t: w - t,
    ),
    crosses_zero=(
        "Small weights jump across 0 and come out with the other sign: this is a gradient step. Stop at 0.",
        lambda w, t: w - t * w.sign(),
    ),
    not_stopped=(
        "Small weights do not stop at 0: |w| - threshold is negative there, and its size came out with the sign of w. "
        "Keep it at 0 or above before the sign is put back.",
        lambda w, t: torch.copysign(w.abs() - t, w),
    ),
    nothing_over_nothing=(
        "0 / 0 came out as NaN: a weight of 0 is divided by its own size. Use the sign, or leave weights of 0 alone.",
        (
            lambda w, t: w * (1 - t / w.abs()).clamp(min=0),
            lambda w, t: w / w.abs() * (w.abs() - t).clamp(min=0),
        ),
    ),
    minus_forgotten=(
        "Whatever is below the threshold moves up, small weights too: on the other side the edge is -threshold.",
        lambda w, t: torch.where(w > t, w - t, torch.where(w < t, w + t, 0.0)),
    ),
    clipped=(
        "This cuts the weights off at ± the threshold. It is what should be taken away, not what should be left.",
        lambda w, t: w.clamp(-t, t),
    ),
    sign_lost=(
        "The sign is lost: negative weights come out positive. Multiply by the sign again.",
        lambda w, t: (w.abs() - t).clamp(min=0),
    ),
    one_sided=(
        "Every negative weight became 0. Only the small ones should; large ones move up.",
        lambda w, t: (w - t).clamp(min=0),
    ),
    l2_step=(
        "The weights are divided by 1 + 2 · threshold: that is the exact step for the L2 price. It makes no weight 0.",
        lambda w, t: w / (1 + 2 * t),
    ),
    scaled=(
        "The weights are multiplied by 1 - threshold. They should all move equally far.",
        (lambda w, t: w * (1 - t), lambda w, t: w * max(0.0, 1 - t)),
    ),
    outwards=(
        "The weights move away from 0. Shrink their size instead.",
        lambda w, t: w.sign() * (w.abs() + t),
    ),
    twice_as_far=("The weights move by twice the threshold.", lambda w, t: spec(w, 2 * t)),
    half_as_far=("The weights move by half the threshold.", lambda w, t: spec(w, t / 2)),
    group=(
        "All weights are shrunk by one factor, 1 - threshold / norm: they reach 0 together or not at all. Each weight "
        "moves by itself.",
        lambda w, t: w * (1 - t / l2_spec(w).sqrt()).clamp(min=0),
    ),
    turned_round=(
        "Large weights became 0 and small ones are left: the comparison is turned round.",
        lambda w, t: w.sign() * (w.abs() - t).clamp(max=0),
    ),
    size_left=("The result is one number. Every weight keeps its own.", lambda w, t: spec(w, t).abs().sum()),
)
soft_threshold.misconceptions.table(
    large_ones_stay=(
        "Weights beyond twice the threshold stay where they are. All of them move.",
        lambda w, t: spec(w, t).where(w.abs() <= 2 * t, w),
    ),
    share_of_the_largest=(
        "The threshold is taken for a share of the largest weight, or of their mean. It is how far each weight moves.",
        (lambda w, t: spec(w, t * w.abs().amax()), lambda w, t: spec(w, t * w.abs().mean())),
    ),
    threshold_transformed=(
        "The threshold is squared, or rooted.",
        (lambda w, t: spec(w, t * t), lambda w, t: spec(w, t**0.5)),
    ),
)
soft_threshold.misconceptions.table(
    negative_side_stays=(
        "Only positive weights move. Large negative ones move as well, up.",
        (
            lambda w, t: spec(w, t).where(w > -t, w),
            lambda w, t: spec(w, t).where(w >= 0, w),
        ),
    ),
)
