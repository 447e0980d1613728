"""Training C, a model of the data's distribution: `fit_loss`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, inf, tensor

from coursekit.exercise import Exercise, Function, Question, Rng, keeps_dtype, same_gradient, same_value
from coursekit.graders.kl_divergence.common import apart, entropy_of, ln
from coursekit.graders.which_loss.common import mean_mistakes


def divergences(log_q: Tensor, p: Tensor) -> Tensor:
    """KL(p‖q) of each row, term by term, 0 ln 0 = 0; shape (N,)."""
    terms = [a * (ln(a) - b) if a > 0 else 0 * a for a, b in zip(p.flatten(), log_q.flatten(), strict=True)]
    return torch.stack(terms).reshape(p.shape).sum(1)


def fit_spec(log_q: Tensor, p: Tensor) -> Tensor:
    """The mean over the rows."""
    return divergences(log_q, p).mean()


def torch_kl(log_q: Tensor, p: Tensor) -> Tensor:
    """As torch has it."""
    return F.kl_div(log_q, p, reduction="batchmean")


def fit_cases() -> Iterator[Question]:
    """Sizes and dtypes, with gradients by log_q and through its log_softmax; zeros in p, and in q."""
    generator = torch.Generator().manual_seed(0)
    for shape in ((1, 2), (2, 2), (2, 3), (3, 5)):
        for dtype in (torch.float32, torch.float64):
            logits, others = torch.randn((2, *shape), generator=generator, dtype=dtype)
            yield Question((logits, others.softmax(1)), wrt=(0,), through="log_softmax")
            yield Question((logits.log_softmax(1), others.softmax(1)), wrt=(0,))
    yield Question((tensor([[0.5, 0.3, 0.2]]).log(), tensor([[0.0, 0.4, 0.6]])), wrt=(0,))
    yield Question((tensor([[0.0, -inf]]), tensor([[0.5, 0.5]])))


fit_loss = Exercise(
    "fit_loss",
    fit_spec,
    points=1,
    parity_points=1,
    idea="Forward KL weighs by the data: what the data hold, the model must cover.",
    hints=(
        "What happens is p. Which of the two holds the weights, and which comes first in `kl_div`?",
        "Give the model a probability near 0 where p has 0.5. The right loss is large there; the swapped one is not.",
        "Two rows cost the mean of their KL: look up what 'batchmean' divides by.",
    ),
    twin=torch_kl,
    cases=fit_cases,
)


def pair(rng: Rng, rows: int) -> tuple[Tensor, Tensor]:
    """Log-probabilities and probabilities of three outcomes whose KL differs in the two directions."""

    def draw() -> tuple[Tensor, ...]:
        q, p = ([rng.permutation(row) for _ in range(rows)] for row in ((0.85, 0.1, 0.05), (0.5, 0.3, 0.2)))
        return tensor(np.array(q), dtype=torch.float32).log(), tensor(np.array(p), dtype=torch.float32)

    log_q, p = apart(draw, fit_spec, swapped, both_directions)
    return log_q, p


@fit_loss.check
def peak_not_covered(f: Function, rng: Rng) -> None:
    """A peak of p that q does not cover is expensive

    p weighs. Half of what happens, and the model gives it 1 %: that must cost more than an even spread.
    """
    same_value(f, fit_spec, tensor([[0.98, 0.01, 0.01]]).log(), tensor([[0.5, 0.5, 0.0]]))
    same_value(f, fit_spec, *pair(rng, 1))


@fit_loss.check
def mean_of_rows(f: Function, rng: Rng) -> None:
    """Several rows: the mean of their divergences"""
    same_value(f, fit_spec, *pair(rng, 2))
    same_value(f, fit_spec, *pair(rng, 3))


@fit_loss.check
def fit_gradient(f: Function, rng: Rng) -> None:
    """The gradient with respect to the model's logits is right: q - p, divided by the rows

    log_q is the log_softmax of these logits.
    """
    log_q, p = pair(rng, 2)
    same_gradient(f, fit_spec, log_q, p, through="log_softmax")


@fit_loss.parity
def never_happens(f: Function, rng: Rng) -> None:
    """A 0 in p adds nothing, to the value or to the gradient

    0 · ln 0 counts as 0; `kl_div` knows that.
    """
    same_gradient(f, fit_spec, tensor([[0.5, 0.3, 0.2]]).log(), tensor([[0.0, 0.4, 0.6]]))


@fit_loss.parity
def ruled_out(f: Function, rng: Rng) -> None:
    """A model that rules out what happens costs inf

    A small number beside the 0 would hide it.
    """
    same_value(f, fit_spec, tensor([[0.0, -inf]]), tensor([[0.5, 0.5]]))
    same_value(f, fit_spec, tensor([[0.0, -200.0]]), tensor([[0.5, 0.5]]))


keeps_dtype(fit_loss, lambda rng: pair(rng, 2), name="fit_dtype")


wrong = fit_loss.misconceptions
mean_mistakes(wrong, divergences, "rows")


@wrong(
    "The arguments of `kl_div` are swapped: this is KL(q‖p), weighed by the model. A peak that the model ignores "
    "costs it nothing, so it sits on one. The model comes first, as log-probabilities; the data second.",
    covers="KL2",
)
def swapped(log_q: Tensor, p: Tensor) -> Tensor:
    return F.kl_div(p.log(), log_q.exp(), reduction="batchmean")


@wrong("This is the mean of both directions. It is symmetric, and half of it is weighed by the model.")
def both_directions(log_q: Tensor, p: Tensor) -> Tensor:
    return (fit_spec(log_q, p) + swapped(log_q, p)) / 2


wrong.table(
    mean_over_elements=(
        "The default reduction of `kl_div`, 'mean', divides by all elements. It is K times too small: use 'batchmean'.",
        lambda log_q, p: F.kl_div(log_q, p, reduction="none").mean(),
        "KL3",
    ),
    probabilities_first=(
        "`kl_div` was given probabilities of the model. Its first argument is log-probabilities, and log_q holds them.",
        lambda log_q, p: F.kl_div(log_q.exp(), p, reduction="batchmean"),
        "KL1",
    ),
    announced_without=(
        "`log_target=True` announces log-probabilities, and p holds probabilities: they were exponentiated.",
        lambda log_q, p: F.kl_div(log_q, p, reduction="batchmean", log_target=True),
    ),
    unannounced_logarithm=(
        "`kl_div` was given ln p without `log_target=True`: it takes it for probabilities, and the logarithm of a "
        "negative number is NaN.",
        lambda log_q, p: F.kl_div(log_q, p.log(), reduction="batchmean"),
    ),
    logarithm_twice=(
        "The logarithm of log_q was taken once more. It is a logarithm already.",
        lambda log_q, p: F.kl_div(log_q.log(), p, reduction="batchmean"),
    ),
    without_entropy=(
        "This is the cross-entropy. Its gradient is right, but its minimum is the entropy of p, so nobody sees when "
        "the fit is perfect.",
        lambda log_q, p: fit_spec(log_q, p) + entropy_of(p).mean(),
    ),
    nan_at_zero=(
        "0 · ln 0 is NaN when it is typed as it stands. `kl_div` counts it as 0; by hand, `torch.xlogy(p, p)` does.",
        lambda log_q, p: (p * (p.log() - log_q)).sum(1).mean(),
    ),
    protected=(
        "A small number inside a logarithm hides that the model rules out what happens: that costs inf, or as "
        "much as log_q says.",
        lambda log_q, p, *, eps=1e-8: (p * ((p + eps).log() - (log_q.exp() + eps).log())).sum(1).mean(),
    ),
    weighed_by_model=(
        "This is KL(q‖p), weighed by the model. A peak that the model ignores costs it nothing, so it sits on one. "
        "What happens is p: weigh by p.",
        lambda log_q, p, *, eps=1e-8: (log_q.exp() * (log_q - p.clamp(min=eps).log())).sum(1).mean(),
    ),
    squared=(
        "The squared error of the probabilities. It hardly sees the difference between 0.001 and 0.0001.",
        lambda log_q, p: F.mse_loss(log_q.exp(), p),
    ),
)
wrong.table(
    middle_compared=(
        "This is Jensen and Shannon's divergence, with the middle of both. KL(p‖q) covers all that p holds.",
        lambda log_q, p: (
            (
                fit_spec(((p + log_q.exp()) / 2).log(), p)
                + (log_q.exp() * (log_q - ((p + log_q.exp()) / 2).log())).sum(1).mean()
            )
            / 2
        ),
    ),
    logarithms_squared=(
        "The logarithms are compared by squares. KL weighs their difference by p.",
        lambda log_q, p, *, eps=1e-8: (log_q - p.clamp(min=eps).log()).square().mean(),
    ),
    likeliest_class=(
        "Only the likeliest class of p counts. Each counts, weighed by its p.",
        lambda log_q, p: F.nll_loss(log_q, p.argmax(1)),
    ),
    likelihood_of_all=(
        "The log-probabilities are added up without p. Weigh each by its p.",
        (lambda log_q, p: -log_q.sum(1).mean() + 0 * p.sum(), lambda log_q, p: -log_q.mean() + 0 * p.sum()),
    ),
)
wrong.table(
    entropy_of_the_model=(
        "The entropy of the model is taken away in place of that of p.",
        lambda log_q, p: (log_q.exp() * log_q).sum(1).mean() - (p * log_q).sum(1).mean(),
    ),
    compared_by_distance=(
        "The probabilities are compared by squares or by distances. KL weighs the logarithms of their ratios by p.",
        (
            lambda log_q, p: (log_q.exp() - p).square().sum(1).mean(),
            lambda log_q, p: (log_q.exp() - p).abs().sum(1).mean(),
            lambda log_q, p: (log_q.exp() - p).abs().mean(),
        ),
    ),
)
