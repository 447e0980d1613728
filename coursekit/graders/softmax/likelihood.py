"""The likelihood of the labels, as a loss: `negative_log_likelihood`."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Loss, Question, Rng, keeps_dtype, same_gradient, same_value
from coursekit.exercise.families.inputs import distribution, indices
from coursekit.graders.softmax.common import READY_MADE, log_softmax_spec


def spec(probabilities: Tensor, target: Tensor) -> Tensor:
    """-Σ ln p[n, y_n], label by label."""
    total = probabilities.new_zeros(())
    for row, label in zip(probabilities, target, strict=True):
        total = total - row[label].log()
    return total


def rare_labels(rng: Rng, labels: int) -> tuple[Tensor, Tensor]:
    """Labels to which the model gave some 1e-30 each: the product of two is 0 in float32, of eleven in float64."""
    rare = tensor(rng.integers(1, 9, labels) * 1e-30, dtype=torch.float32)
    target = tensor(rng.integers(0, 2, labels))
    rows = torch.stack([torch.where(target == c, rare, 1.0) for c in (0, 1)], dim=1)
    return rows, target


def cases() -> Iterator[Question]:
    """Labels × classes × dtypes, with gradients; then the edges: certain, ruled out, rare, no label at all."""
    for dtype in (torch.float32, torch.float64):
        for labels, classes in ((1, 2), (2, 2), (3, 2), (4, 3), (2, 5)):
            p = torch.arange(1, labels * classes + 1, dtype=dtype).reshape(labels, classes)
            yield Question((p / p.sum(1, keepdim=True), torch.arange(labels) % classes), wrt=(0,))
        for rows in ([[1.0, 0.0], [0.25, 0.75]], [[0.0, 1.0], [0.25, 0.75]], [[1e-30, 1.0]] * 12):
            yield Question((tensor(rows, dtype=dtype), torch.zeros(len(rows), dtype=torch.int64)))
        yield Question((torch.ones(0, 3, dtype=dtype), torch.zeros(0, dtype=torch.int64)))


negative_log_likelihood = Exercise(
    "negative_log_likelihood",
    spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    cases=cases,
    idea="The logarithm makes the product a sum: summed cross-entropy is -ln of the chance of all labels together.",
    hints=(
        "Each row has one probability that matters: that of its label. `probabilities.gather(1, target.unsqueeze(1))` "
        "picks them all.",
        "The likelihood is their product. Multiply three by hand: what is the logarithm of that in terms of the three "
        "logarithms?",
        "First the logarithms, then the sum. The product itself need never be formed, and so it cannot become 0.",
    ),
)


@negative_log_likelihood.check
def three_labels(f: Function, rng: Rng) -> None:
    """Labels with probabilities 0.5, 0.25 and 0.8 have the likelihood 0.1, and -ln 0.1 = 2.3026

    One number for all labels together.
    """
    same_value(f, spec, tensor([[0.5, 0.5], [0.75, 0.25], [0.2, 0.8]]), tensor([0, 1, 1]))


@negative_log_likelihood.check
def more_labels(f: Function, rng: Rng) -> None:
    """Two to four labels among three classes, whichever they are

    Row n counts at its own label, target[n].
    """
    for labels in (2, 3, 4):
        same_value(f, spec, distribution(rng, labels, 3), indices(rng, 3, labels))


@negative_log_likelihood.check
def one_label(f: Function, rng: Rng) -> None:
    """A single label: its own surprise"""
    p = distribution(rng, 1, 4)
    for label in range(2):
        same_value(f, spec, p, tensor([label]))


@negative_log_likelihood.check
def likelihood_gradient(f: Function, rng: Rng) -> None:
    """The gradient is right: -1/p at each label, 0 elsewhere"""
    same_gradient(f, spec, distribution(rng, 2, 3), indices(rng, 3, 2))
    same_gradient(f, spec, distribution(rng, 3, 2), tensor([1, 0, 1]))


@negative_log_likelihood.check
def underflow(f: Function, rng: Rng) -> None:
    """Twelve labels of 1e-30: their product is 0 in every dtype, its logarithm -829

    A thousand labels of 1/2 do the same. Take the logarithm before the labels meet, not after.
    """
    same_value(f, spec, *rare_labels(rng, 2))
    same_value(f, spec, *rare_labels(rng, 12))


@negative_log_likelihood.check
def ruled_out(f: Function, rng: Rng) -> None:
    """A label with probability 0 costs inf, one with probability 1 nothing

    One label that the model called impossible makes all of them together impossible.
    """
    same_value(f, spec, tensor([[1.0, 0.0], [0.25, 0.75]]), tensor([0, 1]))
    same_value(f, spec, tensor([[1.0, 0.0], [0.25, 0.75]]), tensor([1, 1]))


@negative_log_likelihood.parity
def no_labels(f: Function, rng: Rng) -> None:
    """No labels at all: 0, as a product of nothing is 1"""
    same_value(f, spec, torch.ones(0, 3), torch.zeros(0, dtype=torch.int64))


@negative_log_likelihood.parity
def sure_of_all(f: Function, rng: Rng) -> None:
    """Nearly sure of each label (float64)

    Look for a small number added inside the logarithm.
    """
    doubt = tensor(rng.integers(1, 9, 3) * 1e-7, dtype=torch.float64)
    same_value(f, spec, torch.stack([doubt, 1 - doubt], dim=1), tensor([1, 1, 1]))


keeps_dtype(negative_log_likelihood, lambda rng: (distribution(rng, 2, 3), indices(rng, 3, 2)), name="likelihood_dtype")


# ---- mistakes ----------------------------------------------------------------------------------------------------

wrong = negative_log_likelihood.misconceptions


def of_labels(formula: Loss) -> Loss:
    """A loss of the probabilities that were given to the labels."""

    def loss(probabilities: Tensor, target: Tensor) -> Tensor:
        return formula(probabilities.gather(1, target.unsqueeze(1)).squeeze(1))

    return loss


wrong.table(
    of_labels,
    product_first=(
        "The product is formed first, and with many labels it is rounded to 0: its logarithm is -inf. The logarithm of "
        "a product is a sum of logarithms.",
        (lambda p: -p.prod().log(), lambda p: -p.double().prod().log().to(p.dtype)),
    ),
    the_product=(
        "This is the likelihood itself, the product. A loss has to fall as it grows: take -ln of it, label by label.",
        lambda p: p.prod(),
    ),
    minus_product=(
        "This is minus the likelihood; its logarithm is missing. -ln of it is a sum over the labels.",
        lambda p: -p.prod(),
    ),
    what_the_product_lacks=(
        "This is 1 minus the likelihood, and that is nearly 1 for every large batch. Use -ln, which is a sum over the "
        "labels.",
        lambda p: 1 - p.prod(),
    ),
    log_likelihood=(
        "The minus sign is missing: this is the log-likelihood, which is to grow. A loss is to fall.",
        lambda p: p.log().sum(),
    ),
    averaged=(
        "This is the mean over the labels. The likelihood is a product over all, so its logarithm is a sum.",
        lambda p: -p.log().mean(),
    ),
    each_label=(
        "This is one number per label. All labels together have one likelihood: sum.",
        (lambda p: -p.log(), lambda p: -p.log().unsqueeze(1)),
    ),
    log_of_sum=(
        "This is the logarithm of a sum. Probabilities of independent labels multiply, so the logarithms are summed, "
        "not the probabilities.",
        lambda p: -p.sum().log(),
    ),
    log_of_mean=(
        "This is the logarithm of the mean probability. Independent labels multiply: sum their logarithms.",
        (lambda p: -p.mean().log(), lambda p: -len(p) * p.mean().log()),
    ),
    no_logarithm=(
        "The logarithm is missing: this is minus the sum of the probabilities. It rates a label of 0 hardly worse than "
        "one of 0.1.",
        lambda p: -p.sum(),
        "NLL1",
    ),
    what_each_lacks=(
        "This sums 1 - p. It rates an impossible label hardly worse than an unlikely one; -ln p makes it infinite.",
        lambda p: (1 - p).sum(),
    ),
    in_bits=("This is in bits. Nats need the natural logarithm, `torch.log`.", lambda p: -p.log2().sum()),
    in_digits=(
        "This is the logarithm to base 10. Nats need the natural logarithm, `torch.log`.",
        lambda p: -p.log10().sum(),
    ),
    as_number_of_choices=(
        "This is the exponential of the mean surprise, the perplexity of lesson 01. Here the surprises are summed.",
        lambda p: (-p.log().mean()).exp(),
    ),
    one_over_likelihood=(
        "This is 1 over the likelihood; the logarithm is missing. ln (1/L) is a sum over the labels.",
        lambda p: 1 / p.prod(),
    ),
    other_way_round=(
        "This is -Σ ln (1 - p), the surprise at every label being wrong. The labels are right: -Σ ln p.",
        lambda p: -(1 - p).log().sum(),
    ),
    misses_added=(
        "-ln (1 - p) is added for each label. It came, so its not coming surprises nobody: -ln p is all.",
        lambda p: -(p.log() + (1 - p).log()).sum(),
    ),
    weighed_by_itself=(
        "Each surprise is weighed by its probability: that is a part of the model's entropy. A label that came counts "
        "once.",
        lambda p: -(p * p.log()).sum(),
    ),
    padded=(
        "A small number inside the logarithm puts an end to every surprise, at -ln of that number. A label that was "
        "ruled out costs inf: leave the logarithm alone.",
        (
            lambda p, *, eps=1e-8: -(p + eps).log().sum(),
            lambda p, *, eps=1e-8: -p.clamp(min=eps).log().sum(),
            lambda p, *, eps=1e-8: -(p.prod() + eps).log(),
            lambda p, *, eps=1e-8: -p.prod().clamp(min=eps).log(),
            lambda p, *, eps=1e-8: -p.clamp(eps, 1 - eps).log().sum(),
        ),
        "I6",
    ),
    infinity_hidden=(
        "`nan_to_num` has made a number of inf, or a clamp has. A label that was ruled out costs inf, and that should "
        "show.",
        (
            lambda p: -p.log().nan_to_num().sum(),
            lambda p: (-p.log().sum()).nan_to_num(),
            lambda p: -p.log().nan_to_num(neginf=0.0).sum(),
            lambda p: -p.log().clamp(min=-100).sum(),
        ),
    ),
    only_possible=(
        "Labels with probability 0 are left out. They are the worst of all mistakes, and cost inf.",
        (lambda p: -p[p > 0].log().sum(), lambda p: -p.where(p > 0, 1.0).log().sum()),
    ),
)
wrong.table(
    every_class=(
        "The surprises of all classes are summed. Only that of the label counts, in each row.",
        lambda p, y: -p.log().sum(),
    ),
    every_pair=(
        "`probabilities[:, target]` has a row for each sample and a column for each label: every pair is counted. Row "
        "n belongs to label n: `gather`, or index both dimensions.",
        lambda p, y: -p[:, y].log().sum(),
    ),
    likeliest_class=(
        "This is the surprise of each row's likeliest class. The target says which class came.",
        lambda p, y: -p.amax(1).log().sum(),
    ),
    softmax_again=(
        "The probabilities go through a softmax again, as if they were logits. They are probabilities already.",
        (
            lambda p, y: spec(log_softmax_spec(p, 1).exp(), y),
            lambda p, y: spec(log_softmax_spec(p, 1).exp(), y) / len(y),
        ),
        "CE1",
    ),
    normalised=(
        "Each row is divided by its sum. The rows are probabilities already, and the division changes the gradient.",
        lambda p, y: spec(p / p.sum(1, keepdim=True), y),
    ),
    taken_for_logarithms=(
        "The numbers are summed as if they were logarithms already. They are probabilities: take `log` first.",
        lambda p, y: -p.gather(1, y[:, None]).mean(),
    ),
    wrong_classes_too=(
        "-ln (1 - p) of the other classes is added: that is one yes-or-no question per class. Each row has one label.",
        lambda p, y: spec(p, y) - ((1 - p).log().sum() - (1 - p.gather(1, y[:, None])).log().sum()),
    ),
    squared_distance=(
        "This is the squared distance to the one-hot labels (the Brier score), not -ln p.",
        lambda p, y: (p - torch.eye(p.shape[1], dtype=p.dtype)[y]).square().sum(),
    ),
    zero_times_infinity=(
        "A class that is no label and has probability 0 gave NaN, from 0 · (-inf). Such a class adds nothing: pick the "
        "label's entry, instead of a product with one-hot rows.",
        lambda p, y: -(torch.eye(p.shape[1], dtype=p.dtype)[y] * p.log()).sum(),
    ),
)
