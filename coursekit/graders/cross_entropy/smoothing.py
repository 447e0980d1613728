"""Targets that leave something to the other classes: `smooth_targets`."""

from __future__ import annotations

import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Rng, same_value
from coursekit.exercise.families.inputs import indices


def smooth_targets_spec(target: Tensor, num_classes: int, label_smoothing: float) -> Tensor:
    """ε/K everywhere, and 1 - ε more at the target."""
    q = torch.full((len(target), num_classes), label_smoothing / num_classes, dtype=torch.float64)
    q[range(len(target)), target] += 1 - label_smoothing
    return q


smooth_targets = Exercise(
    "smooth_targets",
    smooth_targets_spec,
    points=1,
    idea="Smoothing mixes two distributions, (1 - ε) one-hot + ε uniform, and a mixture still adds up to 1.",
    hints=(
        "ε is taken from the right class and dealt out to all K classes alike, the right one included.",
        "Write the one-hot row as a tensor of 0 and 1. What must it be multiplied by, and what is added everywhere?",
        "Add up a row of yours: does it give 1 for every ε?",
    ),
)


@smooth_targets.check
def four_classes(f: Function, rng: Rng) -> None:
    """A fifth spread over four classes: 0.85 for the right one, 0.05 for the others

    Every class receives ε/K, the right one too. The row adds up to 1.
    """
    same_value(f, smooth_targets_spec, tensor([2]), 4, 0.2)
    same_value(f, smooth_targets_spec, tensor([0, 2, 0]), 4, 0.2)


@smooth_targets.check
def more_targets(f: Function, rng: Rng) -> None:
    """Other targets, other ε, and classes that no target names"""
    same_value(f, smooth_targets_spec, tensor([1, 0]), 3, 0.1 * int(rng.integers(3, 8)))
    same_value(f, smooth_targets_spec, indices(rng, 3, 3), 5, 0.1 * int(rng.integers(1, 3)))


@smooth_targets.check
def nothing_and_everything(f: Function, rng: Rng) -> None:
    """ε = 0 leaves the one-hot row, ε = 1 the uniform one"""
    same_value(f, smooth_targets_spec, tensor([1, 0]), 3, 0.0)
    same_value(f, smooth_targets_spec, tensor([1, 0]), 3, 1.0)


wrong = smooth_targets.misconceptions
wrong.table(
    wrong_classes_only=(
        "ε went to the K - 1 wrong classes only, ε/(K-1) each, and the right one kept 1 - ε. Here (as in torch) all K "
        "classes share it, so the right one has 1 - ε + ε/K.",
        lambda y, k, eps: smooth_targets_spec(y, k, eps * k / (k - 1)),
        "CE12",
    ),
    too_little_taken=(
        "The one-hot row was multiplied by 1 - ε/K: a row then adds up to more than 1. What is given to all, ε in "
        "total, must be taken away: multiply by 1 - ε.",
        lambda y, k, eps: smooth_targets_spec(y, k, 0.0) * (1 - eps / k) + eps / k,
        "CE13",
    ),
    share_without_factor=(
        "1/K was added without the factor ε: a row adds up to 2 - ε. Add ε/K.",
        lambda y, k, eps: smooth_targets_spec(y, k, 0.0) * (1 - eps) + 1 / k,
        "CE14",
    ),
    share_not_divided=(
        "ε was added to every class, without dividing by K: a row adds up to more than 1. K classes share ε.",
        lambda y, k, eps: smooth_targets_spec(y, k, 0.0) * (1 - eps) + eps,
    ),
    nothing_taken=(
        "Nothing was taken from the right class: a row adds up to 1 + ε.",
        lambda y, k, eps: smooth_targets_spec(y, k, 0.0) + eps / k,
    ),
)


@wrong(
    "The right class has 1 - ε and the others ε/K: ε/K is lost on the way, and a row adds up to less than 1. The "
    "right class receives its share too."
)
def own_share_lost(target: Tensor, num_classes: int, label_smoothing: float) -> Tensor:
    one_hot = smooth_targets_spec(target, num_classes, 0.0)
    return one_hot * (1 - label_smoothing) + (1 - one_hot) * label_smoothing / num_classes


wrong.table(
    one_hot_only=(
        "This is the one-hot row; `label_smoothing` is not used.",
        lambda y, k, eps: smooth_targets_spec(y, k, 0.0),
    ),
    exchanged=(
        "ε and 1 - ε are exchanged: ε is what is spread, 1 - ε is what stays.",
        lambda y, k, eps: smooth_targets_spec(y, k, 1 - eps),
    ),
    as_for_two_classes=(
        "ε/2 was added everywhere: that is right for two classes only. K classes share ε.",
        lambda y, k, eps: smooth_targets_spec(y, k, 0.0) * (1 - eps) + eps / 2,
    ),
    divided_by_batch=(
        "The share was divided by the number of targets. It is spread over the classes: divide by K.",
        lambda y, k, eps: smooth_targets_spec(y, k, 0.0) * (1 - eps) + eps / len(y),
    ),
    classes_from_targets=(
        "The number of classes was read off the largest target. A class may be absent from a batch: use `num_classes`.",
        lambda y, k, eps: smooth_targets_spec(y, int(y.max()) + 1, eps),
    ),
)
wrong.terms(
    one_hot=("the one-hot row, times 1 - ε,", lambda y, k, eps: (1 - eps) * smooth_targets_spec(y, k, 0.0)),
    share=("the share ε/K of all classes", lambda y, k, eps: eps * smooth_targets_spec(y, k, 1.0)),
)
wrong.table(
    share_whole_to_others=(
        "Every wrong class has the whole ε. They share it: ε/K each, and so has the right one.",
        lambda y, k, eps: smooth_targets_spec(y, k, 0.0) * (1 - eps) + (1 - smooth_targets_spec(y, k, 0.0)) * eps,
    ),
    right_less_one_share=(
        "The right class has 1 - ε/K. It keeps 1 - ε and receives ε/K.",
        lambda y, k, eps: (
            smooth_targets_spec(y, k, 0.0) * (1 - eps / k) + (1 - smooth_targets_spec(y, k, 0.0)) * eps / k
        ),
    ),
    share_over_others=(
        "ε/(K-1) went to all K classes, the right one too: a row adds up to more than 1. K classes share ε.",
        lambda y, k, eps: smooth_targets_spec(y, k, 0.0) * (1 - eps) + eps / (k - 1),
    ),
    share_over_one_more=(
        "The share was divided by K + 1. K classes share ε.",
        lambda y, k, eps: smooth_targets_spec(y, k, 0.0) * (1 - eps) + eps / (k + 1),
    ),
    right_left_whole=(
        "The right class has 1, and the others ε/(K-1): nothing is taken from it.",
        lambda y, k, eps: smooth_targets_spec(y, k, 0.0) + (1 - smooth_targets_spec(y, k, 0.0)) * eps / (k - 1),
    ),
    share_taken_off=(
        "The share is subtracted from the wrong classes. It is added.",
        lambda y, k, eps: smooth_targets_spec(y, k, 0.0) * (1 - eps) - eps / k,
    ),
    softmax_of_targets=(
        "The row went through a softmax. A mixture needs none: (1 - ε) one-hot + ε/K.",
        lambda y, k, eps: smooth_targets_spec(y, k, eps).softmax(1),
    ),
)
