"""What believing q costs where p is true: `kl_divergence`, and the pairs of distributions that tell p from q."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, same_dtype, same_gradient, same_value
from coursekit.exercise.inputs import distribution
from coursekit.graders.kl_divergence.common import READY_MADE, Rng, apart, cross_entropy_spec, ln, nothing


def pair(rng: Rng, *shape: int) -> tuple[Tensor, ...]:
    """Two distributions (or two batches) that differ in every row, and more in one direction than in the other."""

    def draw() -> tuple[Tensor, ...]:
        return distribution(rng, shape[-1]), distribution(rng, shape[-1])

    rows = [apart(draw, kl_spec, swapped, nothing) for _ in range(int(np.prod(shape[:-1])))]
    return tuple(torch.stack(side).reshape(shape) for side in zip(*rows))


def kl_spec(p: Tensor, q: Tensor) -> Tensor:
    """Σ p (ln p - ln q) over the last dimension, 0 ln 0 = 0."""
    return (p * (ln(p) - ln(q, where=p > 0))).sum(-1)


kl_divergence = Exercise(
    "kl_divergence",
    kl_spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    idea="KL is the excess surprise, weighed by what really happens; that is why its two directions differ.",
    hints=(
        "How much more surprising is one outcome to who believes q, (-ln q), than to who knows p, (-ln p)?",
        "Average that excess, ln p - ln q, with the weights p, over the last dimension.",
        "Three cases need thought: p = 0 (adds 0), p > 0 with q = 0 (inf), both 0 (adds 0). In which of them must "
        "the logarithm see something else? Only p decides.",
        "`torch.where(p > 0, …, 1.0)` inside both logarithms. Masking the product afterwards is too late for the "
        "gradient.",
    ),
)


@kl_divergence.check
def fair_coin_against_quarter(f: Function, rng: Rng) -> None:
    """A fair coin against one that shows heads once in four: 0.1438 nats

    KL(p‖q): p is what happens, q is what is believed.
    """
    same_value(f, kl_spec, tensor([0.5, 0.5]), tensor([0.25, 0.75]))
    same_value(f, kl_spec, *pair(rng, 3))


@kl_divergence.check
def kl_rows(f: Function, rng: Rng) -> None:
    """A batch of pairs gives one divergence each

    Sum over the last dimension only.
    """
    same_value(f, kl_spec, *pair(rng, 2, 3))
    same_value(f, kl_spec, *pair(rng, 2, 2, 3))


@kl_divergence.check
def kl_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right, by p and by q"""
    same_gradient(f, kl_spec, *pair(rng, 3), wrt=(0, 1))


@kl_divergence.check
def kl_support(f: Function, rng: Rng) -> None:
    """What q rules out although it happens gives inf

    Look for a small number added inside the logarithm, a clamp, or a mask that asks whether q is 0.
    """
    same_value(f, kl_spec, tensor([0.5, 0.5]), tensor([1.0, 0.0]))
    same_value(f, kl_spec, tensor([[0.5, 0.5], [0.5, 0.5]]), tensor([[1.0, 0.0], [0.25, 0.75]]))


@kl_divergence.check
def kl_zero_in_p(f: Function, rng: Rng) -> None:
    """What never happens adds nothing, whatever q says

    0 ln 0 counts as 0, also where q is 0 as well.
    """
    same_value(f, kl_spec, tensor([0.5, 0.5, 0.0]), tensor([0.4, 0.4, 0.2]))
    same_value(f, kl_spec, tensor([0.5, 0.5, 0.0]), tensor([0.25, 0.75, 0.0]))


@kl_divergence.check
def kl_gradient_beside_a_zero(f: Function, rng: Rng) -> None:
    """A 0 in p leaves no NaN in the gradient

    `torch.where` computes both branches, and the gradient of the one not taken becomes 0 · inf, NaN. Put the mask
    inside the logarithm. `torch.xlogy(p, p)` has a NaN in its gradient at 0, too.
    """
    # by p, the slope at the zero itself is -inf; 0 is what masking gives, and as good for training
    p = tensor([0.5, 0.5, 0.0])
    same_gradient(f, kl_spec, p, tensor([0.4, 0.4, 0.2]), wrt=(0, 1), free=p == 0)


@kl_divergence.parity
def kl_unnormalised(f: Function, rng: Rng) -> None:
    """Arguments that do not sum to 1 show, even as a negative number

    A negative KL is a message: one of the arguments is no distribution. Normalising, `abs` and `clamp` hide it.
    """
    same_value(f, kl_spec, tensor([0.1, 0.1]), tensor([0.5, 0.5]))
    same_value(f, kl_spec, tensor([0.5, 0.5]), tensor([0.75, 0.75]))


@kl_divergence.parity
def kl_tiny(f: Function, rng: Rng) -> None:
    """Tiny probabilities are not rounded away (float64)

    Look for a small number added inside the logarithm, or a clamp.
    """
    tiny = 10.0 ** -int(rng.integers(6, 9))
    p, q = tensor([tiny, 1 - tiny]).double(), tensor([0.5, 0.5]).double()
    same_value(f, kl_spec, q, p)
    same_value(f, kl_spec, p, q)


@kl_divergence.parity
def kl_dtype(f: Function, rng: Rng) -> None:
    """float32 stays float32, float64 stays float64"""
    p, q = pair(rng, 3)
    same_dtype(f, kl_spec, p, q)
    same_dtype(f, kl_spec, p.double(), q.double())


@kl_divergence.misconception(  # KL2
    "The arguments are swapped: this is KL(q‖p), weighed by q. What happens is p, so p holds the weights and stands "
    "on top of the ratio."
)
def swapped(p: Tensor, q: Tensor) -> Tensor:
    return kl_spec(q, p)


@kl_divergence.misconception(
    "The ratio is upside down: this is -KL(p‖q). An average excess of surprise cannot be negative: the logarithm is "
    "of p/q."
)
def upside_down(p: Tensor, q: Tensor) -> Tensor:
    return -kl_spec(p, q)


@kl_divergence.misconception(
    "This is the cross-entropy H(p, q), the whole surprise. KL is the excess over the entropy: H(p, q) - H(p)."
)
def whole_surprise(p: Tensor, q: Tensor) -> Tensor:
    return cross_entropy_spec(p, q)


@kl_divergence.misconception(
    "This adds both directions, KL(p‖q) + KL(q‖p) (Jeffreys' divergence). KL itself has a direction."
)
def both_directions(p: Tensor, q: Tensor) -> Tensor:
    return kl_spec(p, q) + kl_spec(q, p)


@kl_divergence.misconception(  # I4
    "This is in bits. Nats need the natural logarithm, `torch.log`: ln 2 = 0.693 nats are one bit."
)
def bits(p: Tensor, q: Tensor) -> Tensor:
    return kl_spec(p, q) / math.log(2)


@kl_divergence.misconception(
    "The log ratios are added without weights. Weigh each by p: an outcome that comes often counts often."
)
def unweighted(p: Tensor, q: Tensor) -> Tensor:
    return (p / q).log().sum(-1)


@kl_divergence.misconception(
    "The arguments went through a softmax first. They hold probabilities already; a softmax is for logits."
)
def softmax_first(p: Tensor, q: Tensor) -> Tensor:
    return kl_spec(p.softmax(-1), q.softmax(-1))


@kl_divergence.misconception(  # KL3
    "This divides by the number of outcomes, as `reduction='mean'` of `kl_div` does. The weights p already add up "
    "to 1: sum, do not average."
)
def averaged(p: Tensor, q: Tensor) -> Tensor:
    return kl_spec(p, q) / p.shape[-1]


@kl_divergence.misconception("This sums over the whole batch. Each row is a distribution of its own: sum over dim=-1.")
def summed_over_batch(p: Tensor, q: Tensor) -> Tensor:
    return kl_spec(p, q).sum()


@kl_divergence.misconception(
    "This averages over the batch. Here every pair of rows keeps its own number: sum over dim=-1 and stop."
)
def averaged_over_batch(p: Tensor, q: Tensor) -> Tensor:
    return kl_spec(p, q).mean()


@kl_divergence.misconception(  # KL5
    "The sum is divided by the first size (`batchmean`). For a single distribution that size is the number of "
    "outcomes, and for a batch every pair of rows should keep its own number: sum over dim=-1."
)
def batchmean_of_anything(p: Tensor, q: Tensor) -> Tensor:
    return kl_spec(p, q).sum() / p.shape[0]


@kl_divergence.misconception(
    "This sums over the first dimension. The outcomes lie along the last one: sum over dim=-1."
)
def summed_over_first(p: Tensor, q: Tensor) -> Tensor:
    return (p * (ln(p) - ln(q, where=p > 0))).sum(0)


@kl_divergence.misconception(  # KL8
    "0 · log 0 came out as NaN (0 times -inf). The limit is 0: keep the logarithm away from 0."
)
def nan_at_zero(p: Tensor, q: Tensor) -> Tensor:
    return (p * (p / q).log()).sum(-1)


@kl_divergence.misconception(  # KL9
    "The value is right beside a 0 in p, its gradient is NaN: `where`, `nansum` and `xlogy` correct the value after "
    "the logarithm, and the logarithm of 0 is still differentiated. Mask the input of the logarithm."
)
def masked_too_late(p: Tensor, q: Tensor) -> Tensor:
    return torch.where(p > 0, p * (p.log() - q.log()), torch.zeros_like(p)).sum(-1)


@kl_divergence.misconception(  # I3
    "`nan_to_num` does more than remove the NaN of 0 · log 0: it also turns inf into 3.4e38. Mask the 0 before the "
    "logarithm instead."
)
def nan_to_num(p: Tensor, q: Tensor) -> Tensor:
    return (p * (p / q).log()).nan_to_num().sum(-1)


@kl_divergence.misconception(  # I6
    "The outcomes with q = 0 are left out. That is right only where p is 0 too; an outcome that happens although q "
    "rules it out gives inf. Choose by p, not by q."
)
def masked_by_q(p: Tensor, q: Tensor) -> Tensor:
    return (p * (ln(p) - ln(q))).sum(-1)


@kl_divergence.misconception(  # I6
    "A small number inside the logarithms (1e-8) avoids NaN by computing something slightly else, and turns the inf "
    "of an impossible event into a harmless 8.5. Mask the zeros of p instead."
)
def padded(p: Tensor, q: Tensor) -> Tensor:
    return (p * ((p + 1e-8) / (q + 1e-8)).log()).sum(-1)


@kl_divergence.misconception(  # I6
    "Clipping at 1e-6 turns the inf of an impossible event into a harmless 6.2: that q rules out what happens is no "
    "longer seen. Mask the zeros of p instead."
)
def clipped(p: Tensor, q: Tensor) -> Tensor:
    return (p * (p.clamp(min=1e-6) / q.clamp(min=1e-6)).log()).sum(-1)


@kl_divergence.misconception(  # I8
    "`abs` makes a negative result positive. KL of two distributions is never negative; a negative one says that an "
    "argument does not sum to 1, and should be seen."
)
def absolute(p: Tensor, q: Tensor) -> Tensor:
    return kl_spec(p, q).abs()


@kl_divergence.misconception(  # I8
    "A clamp at 0 hides a negative result. KL of two distributions is never negative; a negative one says that an "
    "argument does not sum to 1, and should be seen."
)
def clamped_result(p: Tensor, q: Tensor) -> Tensor:
    return kl_spec(p, q).clamp(min=0)


@kl_divergence.misconception(  # KL10
    "This normalises p and q first, as `scipy.stats.entropy` does. Arguments that do not sum to 1 should show, and "
    "the division changes the gradient."
)
def normalised(p: Tensor, q: Tensor) -> Tensor:
    return kl_spec(p / p.sum(-1, keepdim=True), q / q.sum(-1, keepdim=True))
