"""Which of torch's functions are the ready-made ones.

To an exercise by hand, that is one that forbids anything, every loss of torch's is ready-made, and so is whatever comes
from torch.distributions: nearly each of them gives another one away, by a sign, a factor or a method. What else an
exercise forbids, its grader names once; its twins for other shapes and layouts, its backward, its class in torch.nn,
and what has it inside, are found here, in torch itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

import torch

from coursekit.wire.torch_private import operators

# What tells of a distribution, wherever in it a method was called
DISTRIBUTIONS = "distributions"

# In the name of a loss, and of nothing else in torch
_LOSS = re.compile("loss|crossentropy|^kldiv")

_PREFIXES = "special|sparse|masked|safe|native|cudnn|miopen|mkldnn|foreach"
_SUFFIXES = "loss|forward|backward|data|double|jvp|nd|2d|out|withloss"
_AFFIXES = re.compile(rf"^(?:{_PREFIXES})*(.*?)(?:{_SUFFIXES})*$")

_SYNONYMS = {
    "bce": "binarycrossentropy",
    "bcewithlogits": "binarycrossentropywithlogits",
    "expit": "sigmoid",
    "linearcrossentropy": "crossentropy",
    "euclideandist": "cdist",
    "pdist": "cdist",
}

# What has a forbidden function inside, and gives it away by one multiplication, element or slope: attention with the
# right keys is a softmax, an LSTM's gates are sigmoids, the last of logcumsumexp is logsumexp, and the correlation of
# [x, -x] with [y, -y] is the cosine of x and y.
_INSIDE = {
    "softmax": re.compile("(?<!log)softmax|softmin|attention|multihead|transformer"),
    "logsoftmax": re.compile("logsoftmax"),
    "logsumexp": re.compile("logcumsumexp"),
    "logaddexp": re.compile("logaddexp"),
    "sigmoid": re.compile("sigmoid|^(silu|glu|mish)|lstm|gru|rnnlayer|(cudnn|miopen)rnn"),
    "softplus": re.compile("^mish"),
    "cosinesimilarity": re.compile("^corrcoef"),
}


def plain(name: str) -> str:
    """A name without what varies between the relatives of one function: `_log_softmax.int` is `logsoftmax`."""
    match = _AFFIXES.match(name.partition(".")[0].lower().replace("_", ""))
    assert match is not None  # the pattern matches everything
    return _SYNONYMS.get(match[1], match[1])


@cache
def relatives(forbids: tuple[str, ...]) -> frozenset[str]:
    """Every name in torch, its operators' included (without overload), that stands for a forbidden function."""
    if not forbids:
        return frozenset()
    return frozenset({*_related(_names(), forbids), *_losses(), DISTRIBUTIONS, *forbids})


def relatives_among(names: Iterable[str], forbids: tuple[str, ...]) -> frozenset[str]:
    """Those of some names, of torch's insides, that stand for a forbidden function."""
    names = [name for name in names if forbids and not name.startswith("__")]
    losses = (name for name in names if _is_loss(name))
    return frozenset({*_related([(name, plain(name)) for name in names], forbids), *losses})


def _related(names: Iterable[tuple[str, str]], forbids: tuple[str, ...]) -> Iterator[str]:
    roots = {plain(name) for name in forbids}
    inside = [pattern for root, pattern in _INSIDE.items() if root in roots]
    for name, short in names:
        if short in roots or any(pattern.search(short) for pattern in inside):
            yield name


def by_hand(forbids: tuple[str, ...]) -> str:
    """The line in an exercise's docstring that says what an answer does not call."""
    named = [name.replace("special_", "special.") for name in forbids if name not in _losses()]
    told = [name for name in named if not any(name in relatives((other,)) for other in named if other != name)]
    words = ["loss", "distribution", *told]
    return f"By hand: no ready-made {', '.join(words[:-1])} or {words[-1]}."


@cache
def _losses() -> frozenset[str]:
    return frozenset(name for name, _ in _names() if _is_loss(name))


def _is_loss(name: str) -> bool:
    return _LOSS.search(name.lower().replace("_", "")) is not None


@cache
def _names() -> tuple[tuple[str, str], ...]:
    from torch import masked, nn, sparse, special

    places = (torch, torch.Tensor, nn, nn.functional, special, sparse, masked)
    names = {name for place in places for name in dir(place)}
    names |= {name.partition(".")[0] for name in operators()}
    return tuple((name, plain(name)) for name in sorted(names) if not name.startswith("__"))
