"""An entropy told as a number of choices: `perplexity`."""

from __future__ import annotations

from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Rng, same_gradient, same_value
from coursekit.exercise.families.inputs import normal


def perplexity_spec(losses: Tensor) -> Tensor:
    """exp of the mean."""
    return losses.mean().exp()


perplexity = Exercise(
    "perplexity",
    perplexity_spec,
    points=1,
    idea="Perplexity is an entropy told as a number of choices; average the losses first, then take the exponential.",
    hints=(
        "A model that gives every one of 8 choices the probability 1/8 has a loss of ln 8 at each token, and a "
        "perplexity of 8.",
        "Losses are logarithms, so they are averaged before the exponential, not after it.",
    ),
)


@perplexity.check
def eight_choices(f: Function, rng: Rng) -> None:
    """A loss of ln 8 at every token is a perplexity of 8"""
    same_value(f, perplexity_spec, tensor([8.0, 8.0]).log())


@perplexity.check
def uneven_losses(f: Function, rng: Rng) -> None:
    """Losses that differ"""
    same_value(f, perplexity_spec, tensor([1.0, 3.0]))
    same_value(f, perplexity_spec, normal(rng, 3).abs() + tensor([0.5, 1.0, 1.5]))


@perplexity.check
def perplexity_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right"""
    same_gradient(f, perplexity_spec, normal(rng, 3).abs() + tensor([0.5, 1.0, 1.5]))


perplexity.misconceptions.table(
    mean_of_exponentials=(
        "This averages the exponentials. The result then depends on how the tokens were batched: average the losses, "
        "then take the exponential.",
        lambda losses: losses.exp().mean(),
        "I10",
    ),
    of_the_median=(
        "This is the exponential of the median loss. The perplexity is that of the mean: every token counts.",
        lambda losses: losses.median().exp(),
    ),
    one_token_too_few=(
        "The sum is divided by N - 1. The mean of N losses divides by N.",
        lambda losses: (losses.sum() / (len(losses) - 1)).exp(),
    ),
    logarithm_of_mean=(
        "This is the logarithm of the mean loss. The losses are logarithms already: take `exp` of their mean.",
        lambda losses: losses.mean().log(),
    ),
    base_two=(
        "The losses are in nats, so the base is e: this uses 2, which belongs to losses in bits.",
        lambda losses: losses.mean().exp2(),
    ),
    summed=("This sums the losses: perplexity is per token, so take their mean.", lambda losses: losses.sum().exp()),
    mean_loss=(
        "The exponential is missing: this is the mean loss, whose exponential is the perplexity.",
        lambda losses: losses.mean(),
    ),
)
perplexity.misconceptions.table(
    one_token_too_many=(
        "The sum is divided by N + 1. The mean of N losses divides by N.",
        lambda losses: (losses.sum() / (len(losses) + 1)).exp(),
    ),
    perplexity_turned=(
        "The sign of the losses is turned: this is a probability, exp(-mean). The perplexity is 1 over it.",
        lambda losses: (-losses.mean()).exp(),
    ),
    one_taken_off=(
        "A 1 is taken off, as by `expm1`. The perplexity of a sure model is 1.",
        lambda losses: losses.mean().expm1(),
    ),
    root_of_product=(
        "The root of the product is not the N-th: the losses are added up and halved.",
        (lambda losses: (losses.sum() / 2).exp(), lambda losses: losses.exp().prod().sqrt()),
    ),
    of_each=(
        "This is one perplexity a token. There is one for all: average the losses first.",
        lambda losses: losses.exp(),
    ),
    of_the_largest=(
        "This is the exponential of the largest loss. The perplexity is that of the mean.",
        (lambda losses: losses.max().exp(), lambda losses: losses.min().exp()),
    ),
    base_ten=("The base is 10. The losses are in nats, so it is e.", lambda losses: 10 ** losses.mean()),
    harmonic=(
        "The probabilities are averaged, not the losses: this is 1 over their mean.",
        lambda losses: 1 / (-losses).exp().mean(),
    ),
)
