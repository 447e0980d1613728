"""Training A, a classifier: `classifier_loss`."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, inf, tensor

from coursekit.exercise import Exercise, Function, Question, Rng, keeps_dtype, same_gradient, same_value
from coursekit.exercise.families.inputs import indices
from coursekit.graders.softmax.common import draw_logits, log_softmax_spec
from coursekit.graders.which_loss.common import mean_mistakes


def surprises(logits: Tensor, target: Tensor) -> Tensor:
    """-ln of the probability of each sample's class, shape (N,)."""
    log_p = log_softmax_spec(logits, 1)
    return torch.stack([-log_p[n, k] for n, k in enumerate(target.tolist())])


def classifier_spec(logits: Tensor, target: Tensor) -> Tensor:
    """The mean surprise."""
    return surprises(logits, target).mean()


def classifier_cases() -> Iterator[Question]:
    """Sizes, extremes and dtypes, each with its gradient."""
    generator = torch.Generator().manual_seed(0)
    for shape in ((1, 2), (2, 2), (3, 3), (2, 5), (4, 3)):
        for dtype in (torch.float32, torch.float64):
            logits = torch.randn(shape, generator=generator, dtype=dtype)
            yield Question((logits, torch.arange(shape[0]) % shape[1]), wrt=(0,))
    yield Question((tensor([[1000.0, 0.0, -1000.0], [0.0, 0.0, 0.0]]), tensor([2, 0])), wrt=(0,))
    yield Question((tensor([[0.0, -inf, 1.0]]), tensor([2])), wrt=(0,))
    yield Question((tensor([[7.0]]), tensor([0])), wrt=(0,))


classifier_loss = Exercise(
    "classifier_loss",
    classifier_spec,
    points=1,
    parity_points=1,
    idea="Cross-entropy takes logits: the softmax is inside.",
    hints=(
        "What does `F.cross_entropy` do with its first argument before it picks the right class?",
        "A perfect classifier's loss is 0. Call your function with logits of 100 for the right class.",
    ),
    twin=F.cross_entropy,
    cases=classifier_cases,
)


@classifier_loss.check
def sure_and_right(f: Function, rng: Rng) -> None:
    """A classifier that is sure and right pays almost nothing

    There is no floor: the more certain of the right class, the closer to 0.
    """
    same_value(f, classifier_spec, tensor([[8.0, 0.0, 0.0]]), tensor([0]))
    same_value(f, classifier_spec, tensor([[6.0, 0.0], [0.0, 5.0]]), tensor([0, 1]))


@classifier_loss.check
def any_logits(f: Function, rng: Rng) -> None:
    """The mean over the samples, and as many samples as classes

    The softmax runs over the classes, dimension 1.
    """
    same_value(f, classifier_spec, draw_logits(rng, 2, 2), tensor([1, 0]))
    same_value(f, classifier_spec, draw_logits(rng, 3, 3), indices(rng, 3, 3))
    same_value(f, classifier_spec, draw_logits(rng, 3, 4), indices(rng, 4, 3))


@classifier_loss.check
def classifier_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right: softmax less 1 at the right class, divided by the samples"""
    same_gradient(f, classifier_spec, draw_logits(rng, 2, 3), indices(rng, 3, 2))
    same_gradient(f, classifier_spec, tensor([[0.0, 9.0]]), tensor([0]))


@classifier_loss.parity
def classifier_extremes(f: Function, rng: Rng) -> None:
    """Logits of ±1000: a finite loss, and a gradient that still pulls

    A probability that has been rounded to 0 has no logarithm, and nothing pulls it up again.
    """
    big = 100.0 * int(rng.integers(2, 11))
    same_gradient(f, classifier_spec, tensor([[big, 0.0, -big]]), tensor([1]))
    same_gradient(f, classifier_spec, tensor([[0.0, big]]), tensor([0]))


keeps_dtype(classifier_loss, lambda rng: (draw_logits(rng, 2, 3), tensor([2, 0])), name="classifier_dtype", anew=True)


wrong = classifier_loss.misconceptions
mean_mistakes(wrong, surprises, "samples")
wrong.table(
    softmax_first=(
        "A softmax before `cross_entropy`, which has one inside. The second one sees numbers from 0 to 1 only, so the "
        "loss of a perfect model is ln(1 + (K - 1)/e) and not 0. Pass the logits.",
        lambda x, y: F.cross_entropy(x.softmax(1), y),
        "CE1",
    ),
    sigmoid_first=(
        "A sigmoid before `cross_entropy`. The softmax inside then sees numbers from 0 to 1 only, and the loss has a "
        "floor far above 0. Pass the logits.",
        lambda x, y: F.cross_entropy(x.sigmoid(), y),
    ),
    relu_first=(
        "A ReLU before `cross_entropy`: negative logits all count as 0, and their gradient is 0. Pass what the last "
        "linear layer returns.",
        lambda x, y: F.cross_entropy(x.relu(), y),
    ),
    nll_of_probabilities=(
        "`nll_loss` of probabilities: minus the probability of the right class, a loss from -1 to 0. It takes "
        "log-probabilities.",
        lambda x, y: F.nll_loss(x.softmax(1), y),
        "NLL1",
    ),
    nll_of_logits=(
        "`nll_loss` of logits: it picks them as they are, and has no lower bound. It takes log-probabilities; "
        "`cross_entropy` takes logits.",
        lambda x, y: F.nll_loss(x, y),
        "NLL2",
    ),
    log_of_softmax=(
        "`softmax`, then `log`: a probability that is rounded to 0 costs inf. `log_softmax` does both in one step, and "
        "`cross_entropy` calls it.",
        lambda x, y: F.nll_loss(x.softmax(1).log(), y),
        "CE2",
    ),
    protected=(
        "A small number inside the logarithm limits the loss (1e-8 to 18.4), and its gradient vanishes where it is "
        "needed most. `log_softmax` needs no protection.",
        lambda x, y, *, eps=1e-8: F.nll_loss((x.softmax(1) + eps).log(), y),
    ),
    over_the_samples=(
        "The softmax runs over the samples (dim=0). The classes lie along dimension 1.",
        lambda x, y: F.nll_loss(x.log_softmax(0), y),
        "NLL3",
    ),
    margins=(
        "`multi_margin_loss` asks for a lead of 1, and for no more: once it is there, nothing is left to learn, and "
        "nothing is a probability.",
        (lambda x, y: F.multi_margin_loss(x, y), lambda x, y: F.multi_margin_loss(x, y, p=2)),
    ),
    smoothed=(
        "The targets are smoothed. Here the right class has all of the target.",
        (
            lambda x, y: F.cross_entropy(x, y, label_smoothing=0.1),
            lambda x, y: F.cross_entropy(x, y, label_smoothing=0.2),
        ),
    ),
    yes_or_no=(
        "One yes-or-no question for each class (`binary_cross_entropy_with_logits` of one-hot targets). Exactly one "
        "class is right here, so the classes share one softmax.",
        lambda x, y: F.binary_cross_entropy_with_logits(x, F.one_hot(y, x.shape[1]).to(x.dtype)),
    ),
    squared=(
        "The squared error of the probabilities. Where the classifier is sure and wrong, its gradient is almost 0: it "
        "does not learn from its worst mistakes.",
        lambda x, y: F.mse_loss(x.softmax(1), F.one_hot(y, x.shape[1]).to(x.dtype)),
    ),
    likeliest=(
        "The loss of the likeliest class. Take that of the right one, `target`.",
        lambda x, y: F.cross_entropy(x, x.argmax(1)),
    ),
)
wrong.table(
    focal=(
        "The losses have a factor (1 - p)^γ, as in the focal loss. Each sample counts whole here.",
        tuple(
            lambda x, y, g=g: (
                (1 - x.log_softmax(1).gather(1, y[:, None]).squeeze(1).exp()) ** g
                * F.cross_entropy(x, y, reduction="none")
            ).mean()
            for g in (2.0, 1.0)
        ),
    ),
    share_of_guessing=(
        "The loss is divided by ln K, that of guessing.",
        lambda x, y: F.cross_entropy(x, y) / math.log(x.shape[1]),
    ),
)
wrong.table(
    all_classes=(
        "The log-probabilities of all classes are averaged. Only that of the right one counts.",
        (lambda x, y: -x.log_softmax(1).mean(), lambda x, y: -x.log_softmax(1).sum(1).mean()),
    ),
)
