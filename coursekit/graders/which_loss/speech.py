"""Training D, a sequence without an alignment: `speech_loss`.

torch's `ctc_loss` does not look whether its targets are classes and writes beyond its memory if they are not: no check
and no mistake here passes such a target.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache
from itertools import groupby, product

import torch
import torch.nn.functional as F
from torch import Tensor, tensor

from coursekit.exercise import Exercise, Function, Loss, Question, Rng, keeps_dtype, same_gradient, same_value
from coursekit.graders.softmax.common import draw_logits, log_softmax_spec
from coursekit.graders.which_loss.common import mean_mistakes


@cache
def paths(steps: int, classes: int, word: tuple[int, ...]) -> Tensor:
    """Every path that collapses to `word`, shape (P, steps): repeats merge, then blanks go."""
    every = product(range(classes), repeat=steps)
    fitting = [path for path in every if tuple(k for k, _ in groupby(path) if k) == word]
    return tensor(fitting, dtype=torch.int64).reshape(-1, steps)


def totals(logits: Tensor, targets: Tensor, input_lengths: Tensor, target_lengths: Tensor) -> Tensor:
    """-ln of the probability of each target, from all of its paths, shape (N,)."""
    log_p, losses = log_softmax_spec(logits, 2), []
    for n, (steps, labels) in enumerate(zip(input_lengths.tolist(), target_lengths.tolist(), strict=True)):
        ways = paths(steps, logits.shape[2], tuple(targets[n, :labels].tolist()))
        scores = log_p[torch.arange(steps), n, ways].sum(1)
        losses.append(-scores.logsumexp(0) if len(ways) else logits.new_tensor(math.inf))
    return torch.stack(losses)


def per_label(logits: Tensor, targets: Tensor, input_lengths: Tensor, target_lengths: Tensor) -> Tensor:
    """The same, divided by the length of each target."""
    return totals(logits, targets, input_lengths, target_lengths) / target_lengths


def speech_spec(logits: Tensor, targets: Tensor, input_lengths: Tensor, target_lengths: Tensor) -> Tensor:
    """The mean over the sequences."""
    return per_label(logits, targets, input_lengths, target_lengths).mean()


def torch_ctc(logits: Tensor, targets: Tensor, input_lengths: Tensor, target_lengths: Tensor) -> Tensor:
    """As torch has it."""
    return F.ctc_loss(logits.log_softmax(2), targets, input_lengths, target_lengths)


def batch(
    rng: Rng, steps: int, classes: int, *words: tuple[int, ...], lengths: tuple[int, ...] = ()
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Logits for these targets, padded with 0, and the lengths; all steps belong to each, if not said otherwise."""
    longest = max(map(len, words))
    targets = tensor([[*word, *[0] * (longest - len(word))] for word in words])
    logits = torch.stack([draw_logits(rng, len(words), classes) for _ in range(steps)])
    return logits, targets, tensor(lengths or [steps] * len(words)), tensor([len(word) for word in words])


def speech_cases() -> Iterator[Question]:
    """Lengths, repeats, padding, an impossible target; each with its gradient where there is one."""
    import numpy as np

    rng = np.random.default_rng(0)
    for args in (
        batch(rng, 1, 2, (1,)),
        batch(rng, 2, 3, (1, 2)),
        batch(rng, 3, 3, (1, 1)),
        batch(rng, 3, 3, (2,), (1, 2), (2, 1)),
        batch(rng, 4, 3, (1, 2, 1), (2, 2), lengths=(4, 3)),
        batch(rng, 4, 4, (3,), (3, 1, 3), lengths=(2, 4)),
        batch(rng, 5, 3, (1, 1, 2), (2,), lengths=(5, 1)),
    ):
        yield Question(args, wrt=(0,))
        yield Question((args[0].double(), *args[1:]), wrt=(0,))
        yield Question((100 * args[0], *args[1:]), wrt=(0,))
    yield Question(batch(rng, 2, 3, (1, 1), (1, 2)))


speech_loss = Exercise(
    "speech_loss",
    speech_spec,
    points=1,
    parity_points=1,
    idea="`ctc_loss` takes log-probabilities. A probability is at most 1, so the loss is never below 0.",
    hints=(
        "The loss is -ln of a probability. From which input on can it fall below 0?",
        "Print `logits.exp().sum(2)`: what should stand there, and which function sees to it? Over which dimension?",
        "Blank 0, padded targets and 'mean' are what `F.ctc_loss` takes when nothing is said.",
    ),
    twin=torch_ctc,
    cases=speech_cases,
)


@speech_loss.check
def one_label(f: Function, rng: Rng) -> None:
    """One label in one step, then in two: never below 0

    In one step it is the cross-entropy.
    """
    same_value(f, speech_spec, tensor([[[0.0, 2.0, 1.0]]]), tensor([[1]]), tensor([1]), tensor([1]))
    same_value(f, speech_spec, *batch(rng, 2, 3, (2,)))


@speech_loss.check
def ragged_targets(f: Function, rng: Rng) -> None:
    """Targets of different lengths: each loss by its length, then the mean

    As many steps as sequences: a mixed-up dimension raises no error here.
    """
    same_value(f, speech_spec, *batch(rng, 3, 3, (1, 2), (2,), (1,)))


@speech_loss.check
def ragged_inputs(f: Function, rng: Rng) -> None:
    """Steps beyond a sequence's own do not count"""
    same_value(f, speech_spec, *batch(rng, 4, 3, (1, 1), (2,), lengths=(4, 2)))


@speech_loss.check
def speech_gradient(f: Function, rng: Rng) -> None:
    """The gradient with respect to the logits is right

    Each step's gradient adds up to 0: a softmax takes no notice of what is added to all logits.
    """
    same_gradient(f, speech_spec, *batch(rng, 3, 3, (1, 2), (2,), lengths=(3, 2)))


@speech_loss.parity
def impossible(f: Function, rng: Rng) -> None:
    """A target that does not fit into its steps gives inf

    (1, 1) needs a blank in between. `zero_infinity` would hide that the data are broken.
    """
    same_value(f, speech_spec, *batch(rng, 2, 3, (1, 1), (1, 2)))
    same_value(f, speech_spec, *batch(rng, 2, 3, (2, 1)))


@speech_loss.parity
def speech_extremes(f: Function, rng: Rng) -> None:
    """Logits of some hundreds, with their gradient

    `softmax` and then `log` finds log 0.
    """
    logits, *rest = batch(rng, 3, 3, (1, 2))
    same_gradient(f, speech_spec, 200 * logits, *rest)


keeps_dtype(speech_loss, lambda rng: batch(rng, 3, 3, (1, 2)), name="speech_dtype")


def of_input(made: Loss) -> Loss:
    """torch's loss, with `made(logits)` where log-probabilities should stand."""
    return lambda logits, *rest: F.ctc_loss(made(logits), *rest)


wrong = speech_loss.misconceptions
mean_mistakes(wrong, per_label, "sequences")
wrong.table(
    of_input,
    raw_logits=(
        "`ctc_loss` was given logits. It takes them for log-probabilities, and a sum of exponentials beyond 1 makes "
        "the loss negative. Pass `log_softmax` of them, over the classes.",
        lambda x: x,
        "CTC1",
    ),
    probabilities=(
        "`ctc_loss` was given probabilities. It takes log-probabilities: `log_softmax`.",
        lambda x: x.softmax(2),
        "CTC2",
    ),
    over_the_steps=(
        "The softmax runs over the steps (dim=0). At each step the classes share it: dim=2.",
        lambda x: x.log_softmax(0),
    ),
    over_the_sequences=(
        "The softmax runs over the sequences (dim=1). The classes lie along the last dimension: dim=2.",
        lambda x: x.log_softmax(1),
    ),
    log_of_softmax=(
        "`softmax`, then `log`: a probability that is rounded to 0 costs inf. `log_softmax` does both in one step.",
        lambda x: x.softmax(2).log(),
    ),
    sigmoids=(
        "A log-sigmoid of each logit. The classes share one step, so their probabilities sum to 1: `log_softmax`.",
        F.logsigmoid,
    ),
    sequences_first=(
        "Sequences and steps changed places. The logits come as (T, N, C), which is what `ctc_loss` takes.",
        lambda x: x.log_softmax(2).movedim(0, 1),
        "CTC9",
    ),
)
wrong.table(
    not_per_label=(
        "The mean of whole losses: long targets count more. torch's 'mean' divides each by its target's length first.",
        lambda *args: totals(*args).mean(),
        "CTC4",
    ),
    summed_over_sequences=(
        "The losses of all sequences are summed. Divide each by its target's length, then take the mean.",
        lambda *args: totals(*args).sum(),
        "CTC4",
    ),
    by_all_labels=(
        "The sum of all losses by the number of all labels. Divide each by its own length, then take the mean.",
        lambda x, y, steps, labels: totals(x, y, steps, labels).sum() / labels.sum(),
    ),
    all_steps=(
        "`input_lengths` is not used: the steps behind a sequence's end count as well.",
        lambda x, y, steps, labels: F.ctc_loss(x.log_softmax(2), y, torch.full_like(steps, len(x)), labels),
        "CTC10",
    ),
    blank_last=(
        "The last class was taken for the blank. Here it is class 0, the default of `ctc_loss`.",
        lambda x, y, steps, labels: F.ctc_loss(x.log_softmax(2), y, steps, labels, blank=x.shape[2] - 1),
    ),
    hides_infinity=(
        "`zero_infinity=True` turns an impossible target into a loss of 0. That looks like a perfect sequence; the "
        "docstring asks for inf.",
        lambda x, y, steps, labels: F.ctc_loss(x.log_softmax(2), y, steps, labels, zero_infinity=True),
        "CTC8",
    ),
)
