"""What goes wrong in `hinge_embedding_loss`."""

from __future__ import annotations

import torch
from torch import Tensor

from coursekit.exercise import Mistakes, other_default
from coursekit.graders.embeddings.common import reduction_mistakes
from coursekit.graders.embeddings.hinge_embedding_spec import formula, loss_of, spec

MISTAKES = Mistakes(spec)

reduction_mistakes(MISTAKES, "distances that are as they should be")

MISTAKES.table(
    loss_of,
    both_squared=(
        "This is the contrastive loss of Hadsell and others, with squares in both senses. torch's hinge has none.",
        lambda x, y, m: torch.where(y == 1, x**2, (m - x).clamp(min=0) ** 2),
        "HE2",
    ),
    for_zero_and_one=(
        "This is made for targets of 1 and 0: t · x + (1 - t) · max(0, margin - x). Here a pair that does not belong "
        "together has the target -1.",
        (
            lambda x, y, m: y * x + (1 - y) * (m - x).clamp(min=0),
            lambda x, y, m: torch.where(y == 1, x, torch.where(y == 0, (m - x).clamp(min=0), 0.0)),
        ),
    ),
    margin_left_out=(
        "There is no margin: with target -1 this is max(0, -distance), and no distance is below 0.",
        lambda x, y, m: torch.where(y == 1, x, (-x).clamp(min=0)),
    ),
    hinge_squared=(
        "What lacks to the margin is squared. torch's hinge is a straight line.",
        lambda x, y, m: torch.where(y == -1, (m - x).clamp(min=0) ** 2, formula(x, y, m)),
        "HE2",
    ),
    pull_squared=(
        "The distance of pairs that belong together is squared. torch takes it as it stands.",
        lambda x, y, m: torch.where(y == 1, x**2, formula(x, y, m)),
        "HE2",
    ),
    halved=(
        "The losses are halved, as in the paper on contrastive losses. torch's are not.",
        lambda x, y, m: formula(x, y, m) / 2,
        "HE2",
    ),
    senses_swapped=(
        "The two targets have changed places, as in the paper, where 0 is for pairs that belong together. In torch "
        "those have 1.",
        lambda x, y, m: formula(x, -y, m),
        "HE3",
    ),
    others_are_apart=(
        "Every target but 1 is taken for -1. torch asks for each formula whether it is ruled out, so a target of 0 "
        "costs both.",
        lambda x, y, m: formula(x, torch.where(y == 1, 1, -1), m),
        "HE1",
    ),
    others_are_together=(
        "Every target but -1 is taken for 1. torch asks for each formula whether it is ruled out, so a target of 0 "
        "costs both.",
        lambda x, y, m: formula(x, torch.where(y == -1, -1, 1), m),
        "HE1",
    ),
    others_cost_nothing=(
        "A target of 0 costs nothing here, as in `cosine_embedding_loss`. In `hinge_embedding_loss` it costs both.",
        lambda x, y, m: torch.where((y == 1) | (y == -1), formula(x, y, m), 0.0),
        "HE1",
    ),
    mixed=(
        "The two formulas are mixed with the weights (1 + y)/2 and (1 - y)/2: a target of 0 costs half of each, and an "
        "infinite distance 0 · inf, NaN. torch chooses, and adds both for a target of 0.",
        lambda x, y, m: (1 + y) / 2 * x + (1 - y) / 2 * (m - x).clamp(min=0),
        "HE1",
    ),
    masked_by_zero=(
        "The formula that was not chosen is multiplied by 0, and 0 · inf is NaN. Choose with `where`.",
        lambda x, y, m: (y != -1) * x + (y != 1) * (m - x).clamp(min=0),
    ),
    pull_hinged=(
        "Pairs with target 1 are cut off at 0. torch has the hinge for -1 only, and gives a negative number back.",
        lambda x, y, m: torch.where(y == 1, x.clamp(min=0), formula(x, y, m)),
        "HE4",
    ),
    size_taken=(
        "The size of what is given is taken. torch takes it as it stands, negative or not.",
        lambda x, y, m: formula(x.abs(), y, m),
        "HE4",
    ),
    squeezed=(
        "A sigmoid squeezes the distances below 1. So a margin of 1 is never reached, and pairs that are far apart "
        "still push.",
        lambda x, y, m: formula(torch.sigmoid(x), y, m),
        "HE5",
    ),
    not_cut_off=(
        "The hinge is missing: beyond the margin the cost of a pair with target -1 is negative. Cut it off at 0.",
        lambda x, y, m: torch.where(y == -1, m - x, formula(x, y, m)),
    ),
    margin_ignored=("The margin is not used: it stays at 1.", lambda x, y, m: formula(x, y, 1.0)),
    margin_for_both=(
        "Pairs with target 1 cost what they exceed the margin by. They pull at any distance: the margin is for -1.",
        lambda x, y, m: torch.where(y == 1, (x - m).clamp(min=0), formula(x, y, m)),
    ),
    hinge_of_scores=(
        "This is max(0, margin - y·x), the hinge of a classifier. Here target 1 pulls to 0, and has no margin.",
        lambda x, y, m: (m - y * x).clamp(min=0),
    ),
    pulled_to_margin=(
        "Pairs with target -1 cost what they exceed the margin by. They should be far apart: margin - distance.",
        lambda x, y, m: torch.where(y == -1, (x - m).clamp(min=0), formula(x, y, m)),
    ),
    softened=(
        "The hinge is rounded off with a softplus. torch's is a straight line with a kink.",
        lambda x, y, m: torch.where(y == -1, torch.log1p((m - x.clamp(max=80)).exp()), formula(x, y, m)),
    ),
    relu_at_margin=(
        "The slope at a distance of exactly the margin is 0, as `relu` has it. In torch it is -1: `clamp(min=0)`.",
        lambda x, y, m: torch.where(y != -1, x, 0.0) + torch.where(y != 1, torch.relu(m - x), 0.0),
    ),
    maximum_at_margin=(
        "The slope at a distance of exactly the margin is -½, as `maximum` has it. In torch it is -1: `clamp(min=0)`.",
        lambda x, y, m: (
            torch.where(y != -1, x, 0.0) + torch.where(y != 1, torch.maximum(m - x, torch.zeros_like(x)), 0.0)
        ),
    ),
)


@MISTAKES("Unlike shapes are refused. torch broadcasts them here, and does not warn.")
def broadcast_refused(input: Tensor, target: Tensor, margin: float = 1.0, reduction: str = "mean") -> Tensor:
    if input.shape != target.shape:
        raise ValueError("shapes differ")
    return spec(input, target, margin, reduction)


@MISTAKES(
    "Shapes that do not fit are cut to the shorter, as `zip` does. Let torch broadcast them, and raise if it cannot."
)
def cut_to_fit(input: Tensor, target: Tensor, margin: float = 1.0, reduction: str = "mean") -> Tensor:
    if input.ndim == target.ndim == 1 and 1 != len(target) != len(input):
        rows = min(len(input), len(target))
        input, target = input[:rows], target[:rows]
    return spec(input, target, margin, reduction)


other_default(
    MISTAKES, "half_by_default", "Where no margin is given, it is 0.5 here. torch's default is 1.", margin=0.5
)


MISTAKES.terms(
    loss_of,
    together=("the loss of the pairs that belong together", lambda x, t, margin: x * (t != -1)),
    apart=("the loss of the pairs that do not", lambda x, t, margin: (margin - x).clamp(min=0) * (t != 1)),
)
MISTAKES.table(
    loss_of,
    falls_for_ever=(
        "Pairs with target -1 cost something at every distance, as exp(-x) or 1/x does. Beyond the margin they cost "
        "nothing.",
        (
            lambda x, t, margin: torch.where(t == -1, (-x).exp(), formula(x, t, margin)),
            lambda x, t, margin: torch.where(t == -1, margin / (x.abs() + 1e-8), formula(x, t, margin)),
            lambda x, t, margin: torch.where(t == -1, 1 / (1 + x), formula(x, t, margin)),
            lambda x, t, margin: torch.where(t == -1, (margin - x).exp(), formula(x, t, margin)),
        ),
    ),
)
MISTAKES.table(
    loss_of,
    hinge_squared_and_halved=(
        "What lacks to the margin is squared and halved. torch's hinge is a straight line.",
        lambda x, t, margin: torch.where(t == -1, (margin - x).clamp(min=0).square() / 2, formula(x, t, margin)),
    ),
)
