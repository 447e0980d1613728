"""A bound on the surprise where the cause is hidden, the loss of a variational autoencoder: `negative_elbo`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import torch
from torch import Tensor, nan, tensor

from coursekit.exercise import (
    REDUCTIONS,
    Exercise,
    Function,
    Question,
    Rng,
    each_reduction,
    keeps_dtype,
    refuses,
    same_gradient,
    same_value,
    unknown_word,
)
from coursekit.graders.counts_and_noise.common import DTYPES, READY_MADE, draw
from coursekit.graders.counts_and_noise.evidence_mistakes import MISTAKES
from coursekit.graders.counts_and_noise.specs import negative_elbo_spec

THREE = (0, 2, 3)  # the reconstruction, and both halves of the code: what a network makes


def samples(rng: Rng, count: int, pixels: int = 3, codes: int = 2) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Reconstructions, targets some tenths away from them, and codes: means and log-variances away from 0."""
    target = draw(rng, -20, 20, count, pixels)
    errors = draw(rng, 3, 22, count, pixels) * tensor(rng.choice([-1.0, 1.0], (count, pixels)), dtype=torch.float32)
    signs = tensor(rng.choice([-1.0, 1.0], (2, count, codes)), dtype=torch.float32)
    mean, log_var = draw(rng, 3, 19, count, codes) * signs[0], draw(rng, 3, 17, count, codes) * signs[1]
    return (target + errors).round(decimals=1), target, mean, log_var


def negative_elbo_cases() -> Iterator[Question]:
    """Sizes × reductions × dtypes × widths, with gradients by all four; then no samples, and a NaN."""
    for (count, pixels, codes), reduction, dtype in product(((1, 1, 1), (2, 3, 2), (3, 2, 4)), REDUCTIONS, DTYPES):
        target = torch.linspace(-1.5, 2.0, count * pixels, dtype=dtype).reshape(count, pixels)
        mean = torch.linspace(-0.7, 1.6, count * codes, dtype=dtype).reshape(count, codes)
        four = (target.flip(0) * 0.7 + 0.1, target, mean, mean.flip(1) - 0.4)
        yield Question(four, {"reduction": reduction}, wrt=(0, 1, 2, 3))
        yield Question((*four, 0.25), {"reduction": reduction}, wrt=(0, 1, 2, 3))
    for reduction in REDUCTIONS:
        yield Question(
            (torch.empty(0, 3), torch.empty(0, 3), torch.empty(0, 2), torch.empty(0, 2)), {"reduction": reduction}
        )
        hole = tensor([[nan, 0.5]])
        yield Question((hole, torch.zeros(1, 2), torch.zeros(1, 1), torch.zeros(1, 1)), {"reduction": reduction})


negative_elbo = Exercise(
    "negative_elbo",
    negative_elbo_spec,
    points=2,
    parity_points=2,
    forbids=READY_MADE,
    cases=negative_elbo_cases,
    idea="Two costs in one unit, the nat: how badly a sample is rebuilt from its code, and how much the code tells.",
    hints=(
        "You have both parts already: Gauss's surprise at each number of a sample, and the divergence of two normal "
        "distributions, of which the second is N(0, 1).",
        "With a mean of 0 and a standard deviation of 1 for q, much of `gaussian_kl` drops out. ln of a standard "
        "deviation is half of `log_var`, its square is exp of it.",
        "Sum each part over the numbers of one sample, and only then reduce over the samples. A mean over pixels "
        "beside a sum over codes would weigh them differently.",
    ),
)


@negative_elbo.check
def nothing_told(f: Function, rng: Rng) -> None:
    """A perfect reconstruction from a code that tells nothing: ½ ln 2π = 0.9189 per number

    A density has this constant: without it the bound is none.
    """
    same_value(f, negative_elbo_spec, tensor([[0.5]]), tensor([[0.5]]), tensor([[0.0]]), tensor([[0.0]]))
    x = draw(rng, -20, 20, 1, 3)
    same_value(f, negative_elbo_spec, x, x, torch.zeros(1, 2), torch.zeros(1, 2))


@negative_elbo.check
def badly_rebuilt(f: Function, rng: Rng) -> None:
    """Errors of 2 and 1 cost 2 and 0.5 nats more

    The error is squared and halved, and summed over the numbers of a sample.
    """
    nothing = torch.zeros(1, 1), torch.zeros(1, 1)
    same_value(f, negative_elbo_spec, tensor([[2.0, 1.0]]), tensor([[0.0, 0.0]]), *nothing)
    same_value(f, negative_elbo_spec, *samples(rng, 1)[:2], *nothing)


@negative_elbo.check
def price_of_the_code(f: Function, rng: Rng) -> None:
    """A code with mean 2 costs 2 nats, one with variance ¼ costs 0.3181

    KL(q‖N(0, 1)), summed over the numbers of the code. `log_var` is the logarithm of the variance.
    """
    x = tensor([[1.0]])
    same_value(f, negative_elbo_spec, x, x, tensor([[2.0]]), tensor([[0.0]]))
    same_value(f, negative_elbo_spec, x, x, tensor([[0.0]]), tensor([[-1.3863]]))
    _, _, mean, log_var = samples(rng, 1, codes=3)
    same_value(f, negative_elbo_spec, x, x, mean, log_var)


@negative_elbo.check
def mean_of_samples(f: Function, rng: Rng) -> None:
    """Both parts together, and the mean over the samples

    Sums within a sample, a mean over the samples.
    """
    same_value(f, negative_elbo_spec, *samples(rng, 2))
    same_value(f, negative_elbo_spec, *samples(rng, 3, 2, 3))


@negative_elbo.check
def other_noise(f: Function, rng: Rng) -> None:
    """`noise_var` is the variance of the noise around the reconstruction"""
    for noise_var in (0.25, 4.0):
        same_value(f, negative_elbo_spec, *samples(rng, 2), noise_var)
        same_value(f, negative_elbo_spec, *samples(rng, 2), noise_var=noise_var)


@negative_elbo.check
def elbo_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right, for the reconstruction, the mean and the log-variance"""
    same_gradient(f, negative_elbo_spec, *samples(rng, 2), wrt=THREE)
    same_gradient(f, negative_elbo_spec, *samples(rng, 1, 2, 1), 0.5, wrt=THREE)


each_reduction(negative_elbo, lambda rng: samples(rng, 3), "`reduction`: none, sum, mean", "elbo_reductions")


@negative_elbo.parity
def narrow_and_wide(f: Function, rng: Rng) -> None:
    """Codes with variances from e^-300 to e^8, and noise of 1e-4, in value and gradient

    exp(-300) is rounded to 0. `log_var` is the logarithm already: use it as it is.
    """
    x, y, mean, _ = samples(rng, 2)
    same_gradient(f, negative_elbo_spec, x, y, mean, tensor([[-60.0, 8.0], [-25.0, 0.5]]), 1e-4, wrt=THREE)
    same_gradient(f, negative_elbo_spec, x, y, mean, tensor([[-300.0, 2.0], [-0.5, 0.25]]), wrt=THREE)


@negative_elbo.parity
def every_reduction(f: Function, rng: Rng) -> None:
    """Every reduction, in value and gradient, below a factor of 3"""
    for reduction, noise_var in product(REDUCTIONS, (1.0, 0.5)):
        four = samples(rng, 2)
        same_gradient(f, negative_elbo_spec, *four, noise_var, wrt=THREE, scale=3.0, reduction=reduction)


@negative_elbo.parity
def unequal_shapes(f: Function, rng: Rng) -> None:
    """Unequal shapes are refused

    A reconstruction (1, D) against (N, D) would broadcast, and so would a code for one sample.
    """
    x, y, mean, log_var = samples(rng, 3)
    refuses(f, x[:1], y, mean, log_var)
    refuses(f, x, y, mean, log_var[:1])
    refuses(f, x, y, mean[:1], log_var[:1])
    refuses(f, x, y[:, :1], mean, log_var)


@negative_elbo.parity
def no_samples(f: Function, rng: Rng) -> None:
    """No samples: 'sum' gives 0, 'mean' gives NaN, 'none' gives nothing; and a NaN shows"""
    for reduction in REDUCTIONS:
        nothing = [x[:0] for x in samples(rng, 2)]
        same_value(f, negative_elbo_spec, *nothing, reduction=reduction)
    x, y, mean, log_var = samples(rng, 2)
    same_value(f, negative_elbo_spec, x.where(x != x[0, 0], nan), y, mean, log_var)


keeps_dtype(negative_elbo, lambda rng: samples(rng, 2), name="elbo_dtype")
unknown_word(negative_elbo, lambda rng: samples(rng, 2))

negative_elbo.misconceptions.extend(MISTAKES)
