"""A whole order, place by place: `plackett_luce_loss`."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Rng, always_float32, same_dtype, same_gradient, same_value
from coursekit.graders.ranking.common import DTYPE_LOST, READY_MADE, draw_scores, surprise


def plackett_luce_spec(scores: Tensor) -> Tensor:
    """Place by place: minus the log of the softmax share of who came next, among those who are left."""
    places = range(scores.shape[-1])
    return sum((scores[..., k:].logsumexp(-1) - scores[..., k] for k in places), scores.new_zeros(scores.shape[:-1]))


plackett_luce_loss = Exercise(
    "plackett_luce_loss",
    plackett_luce_spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    idea="An order is a row of choices, each a softmax over those left; with two items it is Bradley and Terry's.",
    hints=(
        "First place: the softmax of all. Then strike out who has it. Second place: the softmax of the others.",
        "Each place costs `logsumexp` of the scores from here to the end, less the score that stands here. A loop over "
        "the places is a good first answer; the last place costs 0.",
        "Without a loop: `logcumsumexp` runs from the front, and these sums run from the back. `flip` turns them.",
    ),
)


@plackett_luce_loss.check
def three_equals(f: Function, rng: Rng) -> None:
    """Three equals: ln 6 = 1.7918, for 6 orders are possible; two items: as a single game

    1/3 for the first place, 1/2 for the second, 1 for the last.
    """
    same_value(f, plackett_luce_spec, tensor([0.5, 0.5, 0.5]))
    same_value(f, plackett_luce_spec, tensor([1.5, 0.5]))
    same_value(f, plackett_luce_spec, tensor([-0.5, 1.0]))


@plackett_luce_loss.check
def an_order(f: Function, rng: Rng) -> None:
    """Three and five items

    The first number belongs to who came first, whatever the scores say.
    """
    same_value(f, plackett_luce_spec, tensor([2.0, 0.0, 1.0]))
    same_value(f, plackett_luce_spec, draw_scores(rng, 3))
    same_value(f, plackett_luce_spec, draw_scores(rng, 5))


@plackett_luce_loss.check
def rows(f: Function, rng: Rng) -> None:
    """A batch of orders gives one number each"""
    same_value(f, plackett_luce_spec, draw_scores(rng, 2, 3))
    same_value(f, plackett_luce_spec, torch.stack([draw_scores(rng, 3) for _ in range(3)]))
    same_value(f, plackett_luce_spec, draw_scores(rng, 2, 1, 3))


@plackett_luce_loss.check
def order_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right"""
    same_gradient(f, plackett_luce_spec, draw_scores(rng, 4))
    same_gradient(f, plackett_luce_spec, draw_scores(rng, 2, 3))


@plackett_luce_loss.parity
def spread_scores(f: Function, rng: Rng) -> None:
    """Scores of ±1000 give a finite loss and a gradient

    The largest score is not the largest of those who are left: a shift by it underflows further down.
    """
    same_gradient(f, plackett_luce_spec, tensor([1000.0, 1.0, 0.0]))
    same_gradient(f, plackett_luce_spec, tensor([0.0, -1000.0, 1000.0, 1.0]))
    same_gradient(f, plackett_luce_spec, tensor([-1000.0, -1000.5, -999.0]))


@plackett_luce_loss.parity
def one_item(f: Function, rng: Rng) -> None:
    """The last place costs nothing: one item alone 0, two items as much as their single game"""
    same_value(f, plackett_luce_spec, tensor([[2.0], [-1.0]]))
    same_value(f, plackett_luce_spec, draw_scores(rng, 3, 2))


@plackett_luce_loss.parity
def order_dtype(f: Function, rng: Rng) -> None:
    """float64 stays float64"""
    same_dtype(f, plackett_luce_spec, draw_scores(rng, 2, 3))
    same_dtype(f, plackett_luce_spec, draw_scores(rng, 2, 3, dtype=torch.float64))


def by_place(scores: Tensor, weight: Callable[[int], float]) -> Tensor:
    """The surprises of the places, each with a weight."""
    places = range(scores.shape[-1])
    return sum((weight(k) * (scores[..., k:].logsumexp(-1) - scores[..., k]) for k in places), 0 * scores.sum(-1))


wrong = plackett_luce_loss.misconceptions
always_float32(wrong, DTYPE_LOST)
wrong.table(
    back_to_front=(
        "The order is read from the back: each place is shared with who came *before*, as if the last item had won. "
        "Those who have their place are out; sum over the item and all behind it.",
        lambda scores: plackett_luce_spec(scores.flip(-1)),
    ),
    nobody_struck_out=(
        "Nobody is struck out: every place is a softmax over all items, as if one could come in twice. Sum over those "
        "who are left.",
        lambda scores: -scores.log_softmax(-1).sum(-1),
    ),
    first_place_only=(
        "Only the first place is counted, a cross-entropy. The order of the others says something too.",
        lambda scores: -scores.log_softmax(-1)[..., 0],
    ),
    all_pairs=(
        "The pairs are counted, each as a game of its own. That is a loss too, but not the probability of the order: "
        "of three equals any order would have 1/8, and there are six orders.",
        lambda scores: surprise(scores[..., :, None] - scores[..., None, :]).triu(1).sum((-2, -1)),
    ),
    neighbours_only=(
        "Only neighbours are compared. Who comes first has beaten all who are left, not the next one alone.",
        lambda scores: surprise(scores[..., :-1] - scores[..., 1:]).sum(-1),
    ),
    sorted_first=(
        "The scores were sorted first. The order is what happened, not what the scores expect.",
        lambda scores: plackett_luce_spec(scores.sort(-1, descending=True).values),
    ),
    averaged_over_places=(
        "The surprise is averaged over the places. The order as a whole has a probability: sum.",
        lambda scores: plackett_luce_spec(scores) / scores.shape[-1],
    ),
    summed_over_orders=(
        "This sums over the batch. Each order keeps its own number.",
        lambda scores: plackett_luce_spec(scores).sum(),
    ),
    averaged_over_orders=(
        "This averages over the batch. Each order keeps its own number.",
        lambda scores: plackett_luce_spec(scores).mean(),
    ),
    down_the_columns=(
        "The items are taken along the first dimension. They lie along the last.",
        lambda scores: plackett_luce_spec(scores.movedim(0, -1)),
    ),
    order_likelihood=(
        "This is the log-likelihood, a negative number. A loss is minus that.",
        lambda scores: -plackett_luce_spec(scores),
    ),
    order_probability=(
        "This is the probability of the order. A loss is minus its logarithm.",
        lambda scores: (-plackett_luce_spec(scores)).exp(),
    ),
    order_bits=(
        "This is in bits. Use the natural logarithm.",
        lambda scores: plackett_luce_spec(scores) / math.log(2),
    ),
    exp_overflows=(
        "`exp` of 1000 is inf. `logsumexp` and `logcumsumexp` never leave the logarithms.",
        lambda scores: (scores.exp().flip(-1).cumsum(-1).flip(-1).log() - scores).sum(-1),
    ),
)


@wrong(
    "A small number is added to the sums before their logarithm. Where all who are left have low scores, their sum is "
    "smaller than that. `logcumsumexp` needs no protection."
)
def order_padded(scores: Tensor, *, eps: float = 1e-8) -> Tensor:
    shifted = scores - scores.amax(-1, keepdim=True)
    left = shifted.exp().flip(-1).cumsum(-1).flip(-1)
    return ((left + eps).log() - shifted).sum(-1)


@wrong(
    "The scores are shifted by the largest of all. Once that item is out, exp of the others may be 0, and its "
    "logarithm -inf: those who are left need a shift of their own."
)
def one_shift_for_all(scores: Tensor) -> Tensor:
    shifted = scores - scores.amax(-1, keepdim=True)
    left = shifted.exp().flip(-1).cumsum(-1).flip(-1)
    return (left.log() - shifted).sum(-1)


@wrong(
    "A small number is added inside the logarithm of each place's probability, so every place seems a little likelier "
    "than it is, and an unlikely one by far. `logcumsumexp` needs no protection."
)
def places_padded(scores: Tensor, *, eps: float = 1e-4) -> Tensor:
    exponentials = (scores - scores.amax(-1, keepdim=True)).exp()
    return -(exponentials / exponentials.flip(-1).cumsum(-1).flip(-1) + eps).log().sum(-1)


wrong.table(
    compared_with_nobody=(
        "The last item costs something here: it is compared with a score of 0 that nobody has. Alone it costs 0.",
        lambda scores: plackett_luce_spec(torch.cat([scores, torch.zeros_like(scores[..., :1])], -1)),
    ),
)


@wrong("The sums behind each item leave out the item itself. Who comes next is one of those who are left, too.")
def without_itself(scores: Tensor) -> Tensor:
    behind = range(scores.shape[-1] - 1)
    nothing = scores.new_zeros(scores.shape[:-1])
    return sum((scores[..., k + 1 :].logsumexp(-1) - scores[..., k] for k in behind), nothing)


wrong.terms(
    logarithms=("the sum of the logarithms", lambda scores: plackett_luce_spec(scores) + scores.sum(-1)),
    scores=("minus the sum of the scores", lambda scores: -scores.sum(-1)),
)
wrong.table(
    last_places_lost=(
        "The last two places are left out. The last one costs 0, the one before it does not.",
        lambda scores: sum(
            (scores[..., k:].logsumexp(-1) - scores[..., k] for k in range(scores.shape[-1] - 2)), 0 * scores.sum(-1)
        ),
    ),
    first_place_lost=(
        "The first place is left out: the sum begins with the second.",
        lambda scores: sum(
            (scores[..., k:].logsumexp(-1) - scores[..., k] for k in range(1, scores.shape[-1])), 0 * scores.sum(-1)
        ),
    ),
    neighbours_only=(
        "Each item meets the next one only. Each place goes by softmax to one of all who are left.",
        lambda scores: surprise(scores[..., :-1] - scores[..., 1:]).sum(-1),
    ),
)
wrong.table(
    mean_of_the_rest=(
        "The mean, or the largest, of those who are left stands in the place of ln Σ exp.",
        (
            lambda scores: sum(scores[..., k:].mean(-1) - scores[..., k] for k in range(scores.shape[-1])),
            lambda scores: sum(scores[..., k:].amax(-1) - scores[..., k] for k in range(scores.shape[-1])),
        ),
    ),
    later_places_count_less=(
        "Later places count less. Each place has its whole surprise.",
        (
            lambda scores: by_place(scores, lambda k: 1 / math.log2(k + 2)),
            lambda scores: by_place(scores, lambda k: 1 / (k + 1)),
            lambda scores: by_place(scores, lambda k: 0.5**k),
        ),
    ),
)
