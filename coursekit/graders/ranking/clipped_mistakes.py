"""What goes wrong with a clipped ratio: the mistakes of `ppo_clip_loss`."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from coursekit.exercise import Loss, Mistakes, always_float32, argument_fixed, other_default, reduced, with_defaults
from coursekit.graders.ranking.clipped_spec import ppo_clip_spec
from coursekit.graders.ranking.common import DTYPE_LOST, reduction_mistakes

MISTAKES = wrong = Mistakes(ppo_clip_spec)


def of_ratio(formula: Loss) -> Loss:
    """A loss of each answer by its ratio, its advantage and ε, with shapes and reductions as they should be."""

    def loss(new: Tensor, old: Tensor, advantages: Tensor, epsilon: float = 0.2, reduction: str = "mean") -> Tensor:
        if not new.shape == old.shape == advantages.shape:
            raise ValueError("an answer without its probability or its advantage")
        return reduced(formula((new - old.detach()).exp(), advantages.detach(), epsilon), reduction)

    return loss


def clipped(ratio: Tensor, advantages: Tensor, epsilon: float) -> Tensor:
    """The right loss of each answer."""
    both = ratio * advantages, ratio.clamp(1 - epsilon, 1 + epsilon) * advantages
    return -torch.minimum(*both)


always_float32(wrong, DTYPE_LOST)
reduction_mistakes(wrong)
wrong.table(
    of_ratio,
    clip_alone=(
        "The ratio is clipped and no minimum is taken. An answer that has moved the wrong way, beyond the clip, has "
        "slope 0 and never comes back: take the smaller of ratio · A and clipped ratio · A.",
        lambda r, a, e: -r.clamp(1 - e, 1 + e) * a,
    ),
    no_clip=(
        "Nothing is clipped: this is -ratio · A. The gain of one answer has no end, and a step goes as far as it can.",
        lambda r, a, e: -r * a,
    ),
    larger_of_the_two=(
        "The larger of the two objectives is taken. The cautious one is the smaller: `minimum`, where the objective is "
        "to grow, or `maximum`, where both are losses.",
        lambda r, a, e: -torch.maximum(r * a, r.clamp(1 - e, 1 + e) * a),
    ),
    objective=(
        "The sign is turned: this is the objective, which is to grow. A loss is minus that.",
        lambda r, a, e: -clipped(r, a, e),
    ),
    no_end_below=(
        "The gain of a bad answer has no end: the ratio is cut off at 1 + ε alone. A bad answer gains by becoming "
        "rarer, and no more below 1 - ε.",
        lambda r, a, e: -torch.minimum(r * a, r.clamp(max=1 + e) * a),
    ),
    no_end_above=(
        "The gain of a good answer has no end: the ratio is cut off at 1 - ε alone. A good answer gains by becoming "
        "likelier, and no more above 1 + ε.",
        lambda r, a, e: -torch.minimum(r * a, r.clamp(min=1 - e) * a),
    ),
    clip_above_only=(
        "The ratio is cut off at 1 + ε whatever the advantage is. A bad answer gains by becoming rarer, so its gain "
        "ends at 1 - ε, and above 1 + ε it must go on costing more.",
        lambda r, a, e: -r.clamp(max=1 + e) * a,
    ),
    clip_below_only=(
        "The ratio is cut off at 1 - ε whatever the advantage is. A good answer gains by becoming likelier, so its "
        "gain ends at 1 + ε, and below 1 - ε it must go on costing more.",
        lambda r, a, e: -r.clamp(min=1 - e) * a,
    ),
    absolute_advantage=(
        "The advantage has lost its sign: bad answers are made likelier as well.",
        lambda r, a, e: clipped(r, a.abs(), e),
    ),
    bad_answers_left_out=(
        "Negative advantages count as 0. A bad answer is half of what there is to learn: it is to become rarer.",
        lambda r, a, e: clipped(r, a.clamp(min=0), e),
    ),
    advantage_clipped=(
        "The advantage is clipped. It is the ratio that is kept between 1 - ε and 1 + ε.",
        (
            lambda r, a, e: -torch.minimum(r * a, r * a.clamp(1 - e, 1 + e)),
            lambda r, a, e: -r * a.clamp(-e, e),
        ),
    ),
    product_clipped=(
        "The product ratio · A is clipped. Clip the ratio, then multiply.",
        (
            lambda r, a, e: -torch.minimum(r * a, (r * a).clamp(1 - e, 1 + e)),
            lambda r, a, e: -(r * a).clamp(1 - e, 1 + e),
        ),
    ),
    turned_ratio=(
        "The ratio is upside down: old by new. It is new by old, which is 1 at the start and grows with the new.",
        lambda r, a, e: clipped(1 / r, a, e),
    ),
    log_ratio=(
        "The difference of the logarithms is taken for the ratio. It is 0 where nothing has moved; its `exp` is 1.",
        lambda r, a, e: clipped(r.log(), a, e),
    ),
    log_ratio_clipped=(
        "The log-ratio is clipped to ±ε, so the ratio ends at e^ε = 1.2214 and e^-ε = 0.8187. Take `exp` first, then "
        "clip to 1 ± ε.",
        lambda r, a, e: -torch.minimum(r * a, r.log().clamp(-e, e).exp() * a),
    ),
    clip_around_zero=(
        "The ratio is clipped to ±ε. A ratio lies around 1: from 1 - ε to 1 + ε.",
        (lambda r, a, e: -torch.minimum(r * a, r.clamp(-e, e) * a), lambda r, a, e: -r.clamp(-e, e) * a),
    ),
    clip_as_factor=(
        "The lower end is 1 / (1 + ε), or the upper one 1 / (1 - ε). The clip is from 1 - ε to 1 + ε.",
        (
            lambda r, a, e: -torch.minimum(r * a, r.clamp(1 / (1 + e), 1 + e) * a),
            lambda r, a, e: -torch.minimum(r * a, r.clamp(1 - e, 1 / (1 - e)) * a),
        ),
    ),
    left_out=(
        "Answers whose ratio lies outside of the clip are left out. One that has moved the wrong way must be pulled "
        "back, and one that has moved the right way keeps its value, (1 ± ε) · A.",
        lambda r, a, e: torch.where((r - 1).abs() <= e, -r * a, 0 * r),
    ),
    hinge_alone=(
        "This is the hinge without its constant: |A| times what is missing to the end of the gain. The slopes are "
        "right; the value lacks -(1 ± ε) · A.",
        lambda r, a, e: torch.where(a > 0, (1 + e - r).clamp(min=0) * a, (r - 1 + e).clamp(min=0) * -a),
    ),
    dual_clip=(
        "A bad answer's cost is cut off above as well, at a ratio of 3 (the dual clip). PPO lets it grow.",
        lambda r, a, e: torch.where(a < 0, torch.minimum(clipped(r, a, e), -3 * a), clipped(r, a, e)),
    ),
    normalised=(
        "The advantages are normalised here, by their mean and spread. That belongs in front of the loss, over the "
        "right group: take them as they are.",
        (
            lambda r, a, e: clipped(r, (a - a.mean()) / (a.std() + 1e-8), e),
            lambda r, a, e: clipped(r, (a - a.mean()) / (a.std(correction=0) + 1e-8), e),
            lambda r, a, e: clipped(r, (a - a.mean()) / a.std(), e),
            lambda r, a, e: clipped(r, a - a.mean(), e),
        ),
    ),
    ratio_detached=(
        "The ratio sends no gradient back: nothing is trained. Only what comes from the old policy is detached.",
        lambda r, a, e: clipped(r.detach(), a, e) + 0 * r,
    ),
    always_one=(
        "The ratio is 1 everywhere: the new log-probabilities were taken for the old ones. The old are given.",
        lambda r, a, e: clipped(r / r.detach(), a, e),
    ),
    distance_added=(
        "A penalty on the distance from the old policy is added, as GRPO does for its reference. Here the clip is all.",
        (
            lambda r, a, e: clipped(r, a, e) + (1 / r - 1 + r.log()),
            lambda r, a, e: clipped(r, a, e) + (r - 1 - r.log()),
            lambda r, a, e: clipped(r, a, e) + r.log(),
        ),
    ),
)
argument_fixed(wrong, "epsilon_ignored", "`epsilon` is not listened to: this is the clip of 0.2.", epsilon=0.2)
other_default(wrong, "default_epsilon", "Where no `epsilon` is given, it is 0.1 here, it should be 0.2.", epsilon=0.1)


def whole(formula: Loss) -> Loss:
    """A loss of each answer by all arguments, shapes and reductions as they should be, defaults filled in."""

    def loss(*args: Any) -> Tensor:
        new, old, advantages, epsilon, word = args
        if not new.shape == old.shape == advantages.shape:
            raise ValueError("an answer without its probability or its advantage")
        return reduced(formula(new, old, advantages, epsilon), word)

    return with_defaults(wrong)(loss)


wrong.table(
    whole,
    advantages_not_detached=(
        "A gradient flows to the advantages. It would train whatever estimates them to call every answer good: detach.",
        lambda n, o, a, e: clipped((n - o.detach()).exp(), a, e),
    ),
    old_not_detached=(
        "A gradient flows to the old log-probabilities. Where old and new come from one network, the two gradients "
        "cancel: detach the old.",
        (lambda n, o, a, e: clipped((n - o).exp(), a.detach(), e), lambda n, o, a, e: clipped((n - o).exp(), a, e)),
    ),
    through_exp=(
        "`exp` of each, then their ratio: exp(-1000) is 0, and 0/0 NaN. Subtract the logarithms first.",
        (
            lambda n, o, a, e: clipped(n.exp() / o.detach().exp(), a.detach(), e),
            lambda n, o, a, e: clipped(n.exp() / o.exp(), a, e),
        ),
    ),
    logarithms_divided=(
        "The logarithms are divided by each other. The ratio of the probabilities is exp of their difference.",
        lambda n, o, a, e: clipped(n / o.detach(), a.detach(), e),
    ),
    policy_gradient=(
        "This is -ln p · A, without the old policy and without a clip: the plain policy gradient, for one step only.",
        lambda n, o, a, e: -n * a.detach(),
    ),
    log_ratio_unclipped=(
        "This is -(new - old) · A: a log-ratio, and no clip. The ratio is its `exp`.",
        lambda n, o, a, e: -(n - o.detach()) * a.detach(),
    ),
)


@wrong.formula(with_defaults(wrong))(
    "The mean is taken of both objectives before the smaller one is chosen. Each answer has a clip of its own: choose "
    "first, then average."
)
def smaller_of_the_means(n: Tensor, o: Tensor, a: Tensor, epsilon: float, reduction: str) -> Tensor:
    if reduction != "mean":
        return ppo_clip_spec(n, o, a, epsilon, reduction)
    ratio = (n - o.detach()).exp()
    both = (ratio * a.detach()).mean(), (ratio.clamp(1 - epsilon, 1 + epsilon) * a.detach()).mean()
    return -torch.minimum(*both)


@wrong("Unequal shapes were broadcast: every answer met every advantage. Compare the shapes, and raise a ValueError.")
def broadcast(n: Tensor, o: Tensor, a: Tensor, epsilon: float = 0.2, reduction: str = "mean") -> Tensor:
    n, o, a = torch.broadcast_tensors(n, o, a)  # type: ignore[no-untyped-call]
    return ppo_clip_spec(n, o, a, epsilon, reduction)


@wrong("Unequal shapes were cut or flattened until they fitted. Compare the shapes, and raise a ValueError.")
def made_to_fit(n: Tensor, o: Tensor, a: Tensor, epsilon: float = 0.2, reduction: str = "mean") -> Tensor:
    if not n.shape == o.shape == a.shape:
        size = min(math.prod(x.shape) for x in (n, o, a))
        n, o, a = (x.flatten()[:size] for x in (n, o, a))
    return ppo_clip_spec(n, o, a, epsilon, reduction)
