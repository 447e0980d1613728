"""torch's `ctc_loss` as a twin, and the calls over which it agrees with solution and spec."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import torch
from torch import Tensor, inf, nan, tensor

from coursekit.exercise import REDUCTIONS
from coursekit.graders.ctc_forward.common import doubles
from coursekit.graders.ctc_forward.drop_in_spec import Lengths, as_list, words_of
from coursekit.wire import Question

ctc: Any = torch.nn.functional.ctc_loss  # it takes lists of lengths, which its annotations do not say


def torch_ctc(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Lengths,
    target_lengths: Lengths,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """torch's own, asked only what it can be asked.

    It reads out of bounds for a label that is no class, and writes there when it goes backward (pytorch issue 193794):
    such targets are refused before it sees them.
    """
    words_of(targets, as_list(target_lengths), log_probs.shape[-1])
    loss: Tensor = ctc(log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity)
    return loss


# words with blank 0 (another blank changes places with it), and their frames: plenty, or not enough for some
WORDS: tuple[tuple[tuple[int, ...], ...], ...] = (((1, 2), (1, 1), ()), ((2,), (), (2, 1, 1)), ((), (), ()))
BATCHES = (
    (WORDS[0], (5, 4, 3)),
    (WORDS[0], (2, 2, 0)),
    (WORDS[1], (4, 0, 5)),
    (WORDS[1], (1, 1, 3)),
    (WORDS[2], (2, 0, 5)),
)


def padded(words: tuple[tuple[int, ...], ...], padding: int) -> Tensor:
    """The words as (N, S)."""
    longest = max(len(word) for word in words)
    rows = [[*word, *[padding] * (longest - len(word))] for word in words]
    return torch.tensor(rows, dtype=torch.int64).reshape(len(words), longest)


def cases() -> Iterator[Question]:
    """Reductions × zero_infinity × blanks × words × frames × layouts × dtypes, and then the odd ones.

    Gradients are asked for through log_softmax (torch's, by the log-probabilities themselves, has exp(log_probs)
    on top), and not where a loss is inf: torch's is NaN there, which trains nothing and asks for nothing.
    """
    logits = torch.linspace(-7, 9, 45).sin().mul(2).reshape(5, 3, 3)
    for (words, frames), reduction, zero in product(BATCHES, REDUCTIONS, (False, True)):
        possible = all(len(word) + doubles(word) <= t for word, t in zip(words, frames))
        for blank, dtype in ((0, torch.float32), (1, torch.float64), (2, torch.float64)):
            swap = {0: blank, blank: 0}
            spelled = tuple(tuple(swap.get(label, label) for label in word) for word in words)
            lengths = tuple(map(len, words))
            rest: tuple[Any, ...] = (tensor(frames), tensor(lengths), blank, reduction, zero)
            joined = tensor([label for word in spelled for label in word], dtype=torch.int64)
            x = logits.to(dtype)
            for targets in (padded(spelled, -1), joined.int()):
                if possible or zero:
                    yield Question((x, targets, *rest), wrt=(0,), through="log_softmax")
                else:
                    yield Question((x.log_softmax(-1), targets, *rest))
            yield Question((x.log_softmax(-1), padded(spelled, 0), list(frames), list(lengths), *rest[2:]))
            for word, t in zip(spelled, frames):
                one = (x[:, 0].log_softmax(-1), tensor(word, dtype=torch.int64))
                yield Question((*one, *((tensor(t), tensor(len(word))) if blank else ([t], [len(word)])), *rest[2:]))
    # A blank among the labels. torch takes it for a label of its own, into which a path may jump, and so does the
    # solution; no check asks for it, for such a target is a mistake of the caller's.
    yield Question((logits.log_softmax(-1), tensor([[1, 0, 2]] * 3), [5, 5, 4], [3, 3, 3]), {"reduction": "none"})
    ruled_out = logits.log_softmax(-1)
    ruled_out[1, :, 0], ruled_out[3, 1], ruled_out[4, 2, 1] = -inf, -inf, nan
    yield Question((ruled_out, padded(WORDS[0], 0), [5, 4, 5], [2, 2, 0]), {"reduction": "none"})
    yield Question((ruled_out, tensor([[1], [1], [1]]), [5, 5, 5], [1, 1, 1]), {"reduction": "none"})
    yield Question((-logits.abs(), padded(WORDS[0], 0), [5, 4, 3], [2, 2, 0]), {"reduction": "none"})
    long = torch.linspace(0, 900, 3000).cos().reshape(1000, 1, 3)
    for dtype in (torch.float32, torch.float64):
        yield Question((long.to(dtype).log_softmax(-1), tensor([[1, 2, 2, 1]]), [1000], [4]))
    # in float64 only: with (T, N, C, S) = (1000, 8, 32, 150), torch's float32 gradient is 3.5e-3 from its float64 one
    yield Question((long.double(), tensor([[1, 2, 2, 1]]), [1000], [4]), wrt=(0,), through="log_softmax")
