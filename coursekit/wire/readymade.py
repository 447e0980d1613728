"""Which of torch's functions are the ready-made ones: all relatives of the names that an exercise forbids.

A grader names a function once; its twins for other shapes and layouts, its backward, its class in torch.nn, and
what has it inside, are found here, in torch itself.
"""

from __future__ import annotations

import re
from functools import cache

import torch

from coursekit.wire.torch_private import operators

_PREFIXES = "special|sparse|masked|safe|native|cudnn|miopen|mkldnn"
_SUFFIXES = "loss|forward|backward|data|double|jvp|nd|2d|out|withloss"
_AFFIXES = re.compile(rf"^(?:{_PREFIXES})*(.*?)(?:{_SUFFIXES})*$")

_SYNONYMS = {
    "bce": "binarycrossentropy",
    "bcewithlogits": "binarycrossentropywithlogits",
    "expit": "sigmoid",
    "kldivergence": "kldiv",
    "linearcrossentropy": "crossentropy",
    "euclideandist": "cdist",
    "pdist": "cdist",
}

# What has a forbidden function inside, and gives it away by one multiplication or method: attention with the right keys
# is a softmax, an LSTM's gates are sigmoids, a Categorical knows its entropy.
_INSIDE = {
    "softmax": re.compile("(?<!log)softmax|softmin|attention|multihead|transformer"),
    "logsoftmax": re.compile("logsoftmax"),
    "entr": re.compile("categorical$"),
    "sigmoid": re.compile("^(silu|glu|lstm|gru|quantizedlstm|quantizedgru)(cell|layer)?"),
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
    roots = {plain(name) for name in forbids}
    inside = [pattern for root, pattern in _INSIDE.items() if root in roots]
    found = {name for name, short in _names() if short in roots or any(pattern.search(short) for pattern in inside)}
    return frozenset(found.union(name.partition(".")[0] for name in forbids))


@cache
def _names() -> tuple[tuple[str, str], ...]:
    from torch import distributions, masked, nn, sparse, special  # distributions is slow: a notebook loads it here

    places = (torch, torch.Tensor, nn, nn.functional, special, sparse, masked, distributions)
    names = {name for place in places for name in dir(place)}
    names |= {name.partition(".")[0] for name in operators()}
    return tuple((name, plain(name)) for name in sorted(names) if not name.startswith("__"))
