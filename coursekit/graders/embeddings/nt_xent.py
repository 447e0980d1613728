"""Two views of each sample among all views of a batch: `nt_xent`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import torch
from torch import Tensor, inf, tensor

from coursekit.exercise import (
    REDUCTIONS,
    Exercise,
    Function,
    Loss,
    Question,
    Rng,
    argument_fixed,
    detached,
    keeps_dtype,
    other_default,
    reduced,
    refuses,
    same_gradient,
    same_value,
    unknown_word,
)
from coursekit.graders.embeddings.common import DTYPES, READY_MADE
from coursekit.graders.embeddings.contrastive import (
    check_shapes,
    cosines,
    divided,
    draw,
    lengths_mistakes,
    refused_less,
    temperature_mistakes,
    word_mistakes,
)


def partner_among_others(logits: Tensor) -> Tensor:
    """View by view -ln of the share that the other view of its sample has among all but itself."""
    size = len(logits)
    losses = []
    for i, row in enumerate(logits):
        others = [row[j] for j in range(size) if j != i]
        losses.append(torch.stack(others).logsumexp(0) - row[(i + size // 2) % size])
    return torch.stack(losses)


def contrast(
    losses_of: Loss = partner_among_others, similarity: Loss = cosines, scaled: Loss = divided, checked: bool = True
) -> Loss:
    """A loss in four steps: shapes, similarities of all views (2N, 2N), logits, losses and their reduction."""

    def loss(first: Tensor, second: Tensor, temperature: float = 0.5, reduction: str = "mean") -> Tensor:
        if checked:
            check_shapes(first, second, temperature)
        views = torch.cat([first, second])
        return reduced(losses_of(scaled(similarity(views, views), temperature)), reduction)

    return loss


spec = contrast()


def cases() -> Iterator[Question]:
    """Reductions × temperatures × sizes × dtypes with both gradients; then a small temperature."""
    for reduction, dtype in product(REDUCTIONS, DTYPES):
        for temperature, rows, size in product((0.1, 0.5, 1.0, 3.0), (1, 2, 5), (2, 3)):
            first = torch.linspace(-3, 2.5, rows * size, dtype=dtype).reshape(rows, size)
            flags = {"temperature": temperature, "reduction": reduction}
            yield Question((first, (2 * first + 1).cos()), flags, wrt=(0, 1))
        args = tensor([[1.0, 0.0], [0.6, 0.8]], dtype=dtype), tensor([[-1.0, 0.0], [3.0, 4.0]], dtype=dtype)
        yield Question(args, {"temperature": 0.005, "reduction": reduction})


nt_xent = Exercise(
    "nt_xent",
    spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    cases=cases,
    idea="Every other view of the batch is a negative, those of one's own kind too. Oneself is none: -inf, not 0.",
    hints=(
        "Put both tables of vectors below each other, and take the cosine of each of the 2N views with each of them.",
        "In which column does row i have its partner, if row i + N is the other view of sample i? And which entry of "
        "the row must not take part?",
        "A logit that must not take part is -inf, because exp(-inf) is 0; a logit of 0 takes part with exp(0) = 1. "
        "Then `logsumexp` over each row, less the logit of the partner.",
    ),
)


@nt_xent.check
def two_samples(f: Function, rng: Rng) -> None:
    """Two samples at right angles, two equal views each: a view costs ln(1 + 2/e) = 0.5514

    Of the three others one is its partner, with a cosine of 1, and two have a cosine of 0.
    """
    same_value(f, spec, torch.eye(2), torch.eye(2), temperature=1.0, reduction="none")
    same_value(f, spec, torch.eye(2), tensor([[0.6, 0.8], [0.0, 1.0]]), temperature=1.0, reduction="none")
    same_value(f, spec, *draw(rng, 3, 2), temperature=1.0, reduction="none")


@nt_xent.check
def directions_alone(f: Function, rng: Rng) -> None:
    """Directions count, lengths do not"""
    first, second = draw(rng, 3)
    same_value(f, spec, torch.eye(2), tensor([[3.0, 0.0], [0.0, 1.0]]), temperature=1.0, reduction="none")
    for factor in (1.0, 3.0):
        longer = second * tensor([1.0, factor, 1.0])[:, None]
        same_value(f, spec, factor * first, longer, temperature=1.0, reduction="none")


@nt_xent.check
def temperatures(f: Function, rng: Rng) -> None:
    """Cosines are divided by the temperature, 0.5 by default"""
    same_value(f, spec, torch.eye(2), torch.eye(2), temperature=0.25, reduction="none")
    args = draw(rng)
    for temperature in (2.0, 0.1):
        same_value(f, spec, *args, temperature=temperature, reduction="none")
    same_value(f, spec, *args, reduction="none")


@nt_xent.check
def mean_and_sum(f: Function, rng: Rng) -> None:
    """'mean', the default, is over all 2N views; 'sum' adds them up"""
    args = draw(rng)
    for flags in ({"reduction": "none"}, {"reduction": "sum"}, {"reduction": "mean"}, {}):
        same_value(f, spec, *args, **flags)


@nt_xent.check
def both_gradients(f: Function, rng: Rng) -> None:
    """The gradient is right, for both views

    A view is drawn to its partner and pushed off all others. Off itself it cannot be pushed.
    """
    same_gradient(f, spec, *draw(rng, 3), wrt=(0, 1), scale=3.0)
    same_gradient(f, spec, *draw(rng, 2, 2), temperature=1.0, wrt=(0, 1), reduction="sum")


@nt_xent.parity
def every_flag(f: Function, rng: Rng) -> None:
    """Value and gradient with every reduction and temperature, by position as well"""
    for reduction, temperature in product(REDUCTIONS, (0.1, 1.0)):
        same_gradient(f, spec, *draw(rng, 3, 2), temperature, reduction, wrt=(0, 1), scale=2.0)


@nt_xent.parity
def small_temperature(f: Function, rng: Rng) -> None:
    """A temperature of 0.005: logits of 200 do not overflow

    exp(89) is more than float32 holds.
    """
    k = float(rng.integers(1, 4))
    first, second = tensor([[k, 0.0], [0.6, 0.8], [0.0, 1.0]]), tensor([[1.0, 0.0], [3.0, 4.0], [-0.6, -0.8]])
    same_value(f, spec, first, second, temperature=0.005, reduction="none")
    same_gradient(f, spec, first, second, temperature=0.01, wrt=(0, 1))


@nt_xent.parity
def no_direction(f: Function, rng: Rng) -> None:
    """A vector of zeros has the cosine 0 with every other, and its gradient is no NaN"""
    first, second = draw(rng, 3)
    first[1] = 0.0
    same_value(f, spec, first, second, reduction="none")
    same_gradient(f, spec, first, second, wrt=(0,), free=(first == 0))


@nt_xent.parity
def one_sample(f: Function, rng: Rng) -> None:
    """A sample that is alone costs nothing, two that are equal at least ln 3 a view

    With nobody else in the batch the partner is the only choice.
    """
    (first,), (second,) = draw(rng, 1)
    same_gradient(f, spec, first.expand(2, -1), first.expand(2, -1), wrt=(0, 1), reduction="none")
    same_value(f, spec, first[None], second[None], reduction="none")


@nt_xent.parity
def temperatures_that_are_none(f: Function, rng: Rng) -> None:
    """A temperature of 0 is refused, and so is one below"""
    refuses(f, *draw(rng, 2), temperature=0.0)
    refuses(f, *draw(rng, 2), temperature=-0.1)


@nt_xent.parity
def unlike_shapes(f: Function, rng: Rng) -> None:
    """A view without a partner is refused, and so are tensors that are no tables"""
    first, second = draw(rng, 4)
    refuses(f, first, second[:2])
    refuses(f, first[:2], second)
    refuses(f, first[None, :2, :2], second[None, :2, :2])
    refuses(f, first[0], second[0])


keeps_dtype(nt_xent, draw)
unknown_word(nt_xent, lambda rng: draw(rng, 3))


# ---- mistakes ----------------------------------------------------------------------------------------------------

wrong = nt_xent.misconceptions
word_mistakes(wrong)
lengths_mistakes(wrong, lambda similarity: contrast(similarity=similarity))
argument_fixed(wrong, "temperature_ignored", "The temperature is not used: it stays at 1.", temperature=1.0)
argument_fixed(wrong, "always_a_half", "The temperature is not used: it stays at 0.5.", temperature=0.5)
temperature_mistakes(wrong, lambda scaled: contrast(scaled=scaled))


def itself(logits: Tensor) -> Tensor:
    """True on the diagonal."""
    return torch.eye(len(logits), dtype=torch.bool)


def partners(size: int) -> Tensor:
    """The number of each view's partner."""
    return torch.arange(size).roll(size // 2)


def picked(logits: Tensor, columns: Tensor) -> Tensor:
    """Of each row the entry in its column."""
    return logits[torch.arange(len(logits)), columns]


def classified(logits: Tensor, columns: Tensor) -> Tensor:
    """Cross-entropy of rows of logits, some of which may be -inf, with the column that is right in each."""
    return logits.logsumexp(1) - picked(logits, columns)


def without_itself(logits: Tensor) -> Tensor:
    """The logits, with -inf on the diagonal."""
    return logits.masked_fill(itself(logits), -inf)


def blocks(logits: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """First views beside first ones, beside second ones; second views beside first ones, beside second ones."""
    n = len(logits) // 2
    return logits[:n, :n], logits[:n, n:], logits[n:, :n], logits[n:, n:]


def other_views_only(logits: Tensor) -> Tensor:
    """As InfoNCE in both directions: no view is compared with its own kind."""
    _, across, back, _ = blocks(logits)
    diagonal = torch.arange(len(across))
    return torch.cat([classified(across, diagonal), classified(back, diagonal)])


wrong.table(
    lambda losses_of: contrast(losses_of),
    itself_among_others=(
        "Each view is compared with itself, too: a cosine of 1, which no partner can beat. The diagonal gets -inf.",
        lambda z: classified(z, partners(len(z))),
    ),
    diagonal_zero=(
        "The diagonal is 0 where it should be -inf. exp(0) is 1, so each view still has itself among the others.",
        (
            lambda z: classified(z.masked_fill(itself(z), 0.0), partners(len(z))),
            lambda z: classified(z * (1 - itself(z).to(z.dtype)), partners(len(z))),
        ),
    ),
    diagonal_smallest_cosine=(
        "The diagonal has the cosine -1, the smallest there is. It still takes part, with exp(-1/temperature): only "
        "-inf is out.",
        lambda z: classified(z.where(~itself(z), -z.diagonal()[:, None]), partners(len(z))),
    ),
    neighbours_for_partners=(
        "Neighbouring rows are taken for partners: 0 and 1, 2 and 3. The first views stand before all second ones, so "
        "the partner of row i is row i + N.",
        lambda z: classified(without_itself(z), torch.arange(len(z)) ^ 1),
    ),
    first_is_right=(
        "The same column is right in every row. The partner of row i is row i + N, and back again.",
        lambda z: classified(z, torch.zeros(len(z), dtype=torch.int64)),
    ),
    itself_is_right=(
        "Each view is its own right answer. It is the other view of its sample that is to be found.",
        lambda z: classified(z, torch.arange(len(z))),
    ),
    other_views_only=(
        "Each view is compared with the other kind only, N of them: this is InfoNCE in both directions. In NT-Xent the "
        "views of one's own kind are negatives as well, 2N - 2 in all.",
        other_views_only,
    ),
    first_views_only=(
        "Only the N first views look for their partners. All 2N do.",
        lambda z: partner_among_others(z)[: len(z) // 2],
    ),
    partner_left_out=(
        "The partner is left out of the sum below the fraction. It is one of the others: without it the share is no "
        "probability, and the loss falls below 0.",
        lambda z: (
            without_itself(z).scatter(1, partners(len(z))[:, None], -inf).logsumexp(1) - picked(z, partners(len(z)))
        ),
    ),
    views_interleaved=(
        "The losses alternate, first view and second view of each sample. All first views come before all second ones.",
        lambda z: partner_among_others(z).reshape(2, -1).T.flatten(),
    ),
    one_loss_per_sample=(
        "The two views of a sample have one loss together. Each view has its own, 2N in all.",
        (
            lambda z: partner_among_others(z).reshape(2, -1).mean(0),
            lambda z: partner_among_others(z).reshape(2, -1).sum(0),
        ),
    ),
    mean_for_sum=(
        "The exponentials of the others are averaged. Add them up.",
        (
            lambda z: partner_among_others(z) - torch.log(torch.tensor(len(z) - 1.0)),
            lambda z: partner_among_others(z) - torch.log(torch.tensor(float(len(z)))),
        ),
    ),
    one_softmax_for_all=(
        "There is one softmax over the whole table. Each view asks a question of its own, along its row.",
        lambda z: without_itself(z).flatten().logsumexp(0) - picked(z, partners(len(z))),
    ),
    no_logarithm=(
        "The share itself is taken, not -ln of it.",
        (lambda z: 1 - (-partner_among_others(z)).exp(), lambda z: -(-partner_among_others(z)).exp()),
    ),
    sign_forgotten=("The sign is missing: the loss is minus the logarithm.", lambda z: -partner_among_others(z)),
    softmax_twice=(
        "There are two softmaxes: shares were taken for logits. `logsumexp` takes the logits.",
        lambda z: classified(without_itself(z).softmax(1), partners(len(z))),
    ),
    base_two=(
        "This is in bits. torch's losses are in nats: `log`.",
        lambda z: partner_among_others(z) / 0.6931471805599453,
    ),
    log_of_softmax=(
        "The logarithm is taken of a softmax, which has been rounded to 0 where the others are far ahead: the loss is "
        "inf. `log_softmax` and `logsumexp` never make the small number.",
        lambda z: -picked(without_itself(z).softmax(1), partners(len(z))).log(),
    ),
    infinity_times_zero=(
        "inf · 0 is NaN: the diagonal was ruled out by an addition of -inf times a mask, and every entry beside it is "
        "lost. Fill the diagonal, with `masked_fill`.",
        lambda z: classified(z - torch.inf * itself(z).to(z.dtype), partners(len(z))),
    ),
    overflows=(
        "exp is taken of the logits as they stand, and overflows from 89 on: a temperature of 0.005 makes logits of "
        "200. Take the largest out first, as `logsumexp` does.",
        (
            lambda z: -(picked(z, partners(len(z))).exp() / without_itself(z).exp().sum(1)).log(),
            lambda z: without_itself(z).exp().sum(1).log() - picked(z, partners(len(z))),
            lambda z: -(picked(z, partners(len(z))).exp() / (z.exp().sum(1) - z.diagonal().exp())).log(),
        ),
    ),
)
other_default(
    wrong,
    "another_temperature_by_default",
    "Where no temperature is given, it is another here. A call without one means 0.5.",
    temperature=0.1,
)
detached(
    wrong,
    "second",
    "No gradient flows to the second views. Both are trained: a caller who does not want that detaches them.",
)
refused_less(wrong, contrast(checked=False))


@wrong("'mean' divides the sum of 2N losses by N. There are as many losses as views.")
def divided_by_samples(first: Tensor, second: Tensor, temperature: float = 0.5, reduction: str = "mean") -> Tensor:
    value = spec(first, second, temperature, reduction)
    return 2 * value if reduction == "mean" else value


@wrong("'sum' adds up the losses of the N first views only. It is over all 2N views.")
def sum_of_first_views(first: Tensor, second: Tensor, temperature: float = 0.5, reduction: str = "mean") -> Tensor:
    losses = spec(first, second, temperature, "none")
    return losses[: len(first)].sum() if reduction == "sum" else reduced(losses, reduction)
