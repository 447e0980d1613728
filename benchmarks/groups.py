"""Are answers grouped by what they do? The course's own mistakes with their names hidden, each in three spellings.

python benchmarks/groups.py [--topic kl_divergence …] [--show]

Every mistake is asked the questions that an answer without a name is asked, as it stands and with the calls of torch in
it replaced, while it runs, by others that are equal on paper: ln x by log2 x · ln 2, a / b by a · 1/b, a mean by a sum
and a division, a sum from the other end, and so on. A spelling that changes no bit of any answer is none, and is not
counted. What comes of all that is grouped. A group should hold one mistake, and a mistake should be in one group.

In this process and on one core; the whole course takes some minutes, most of them CTC's.
"""

from __future__ import annotations

import argparse
import math
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from coursekit.course import syllabus
from coursekit.exercise import Exercise, Loss
from coursekit.grading.behaviour.doing import Behaviour, grouped
from coursekit.grading.behaviour.probes import behaviour, questions
from coursekit.wire.answering import answer

Rule = Callable[..., Any]
ELSE = NotImplemented  # a rule's word for: call what was called


class Spelling(TorchFunctionMode):
    """Replaces calls of torch by others that are equal on paper."""

    def __init__(self, rules: dict[str, Rule]) -> None:
        super().__init__()
        self._rules = rules

    def __torch_function__(self, func: Rule, types: Any, args: Sequence[Any] = (), kwargs: Any = None) -> Any:
        """As torch calls it."""
        rule = self._rules.get(getattr(func, "__name__", ""))
        if rule is not None and _is_real(args):
            try:
                value = rule(*args, **(kwargs or {}))
            except TypeError:  # other arguments than the rule is for
                value = ELSE
            if value is not ELSE:
                return value
        return func(*args, **(kwargs or {}))


def _is_real(args: Sequence[Any]) -> bool:
    tensors = [each for each in args if isinstance(each, Tensor)]
    return bool(tensors) and all(each.is_floating_point() for each in tensors)


def _quotient(a: Any, b: Any) -> Any:
    return a * (1 / b) if isinstance(b, Tensor) else ELSE


def _power(a: Any, b: Any) -> Any:
    return a * a if isinstance(b, int) and b == 2 else ELSE


def _sum(x: Tensor, dim: Any = None) -> Any:
    if dim is None:
        return x.flatten().flip(0).sum()
    return x.flip(dim).sum(dim) if isinstance(dim, int) and x.dim() else ELSE


def _mean(x: Tensor, dim: Any = None) -> Any:
    if not x.numel() or not x.dim():
        return ELSE
    if dim is None:
        return x.sum() / x.numel()
    return x.sum(dim) / x.shape[dim] if isinstance(dim, int) else ELSE


def _mean_of_shares(x: Tensor) -> Any:
    return (x / x.numel()).sum() if x.numel() and x.dim() else ELSE


def _softmax(x: Tensor, dim: int) -> Tensor:
    powers = (x - x.amax(dim, keepdim=True).detach()).exp()
    return powers / powers.sum(dim, keepdim=True)


_DIVIDE = dict.fromkeys(("div", "true_divide", "__truediv__"), _quotient)
_RAISE = dict.fromkeys(("pow", "__pow__"), _power)
_SUBTRACT = dict.fromkeys(("sub", "__sub__"), lambda a, b: a + -b)
_MULTIPLY = dict.fromkeys(("mul", "__mul__"), lambda a, b: b * a if isinstance(b, Tensor) else ELSE)
SPELLINGS: tuple[dict[str, Rule], ...] = (
    {
        **_DIVIDE,
        **_RAISE,
        **_MULTIPLY,
        "log": lambda x: x.log2() * math.log(2),
        "sum": _sum,
        "mean": _mean,
        "softmax": _softmax,
        "log_softmax": lambda x, dim: x - x.logsumexp(dim, keepdim=True),
    },
    {
        **_SUBTRACT,
        "exp": lambda x: torch.exp2(x / math.log(2)),
        "mean": _mean_of_shares,
        "sqrt": lambda x: x**0.5,
        "sigmoid": lambda x: -torch.expm1(-torch.nn.functional.softplus(x)),
        "tanh": lambda x: 2 * torch.sigmoid(2 * x) - 1,
    },
)


@dataclass
class Found:
    """What grouping gave.

    Attributes:
        mistakes: how many there were.
        spelt: how many behaviours, each a mistake in a spelling of its own.
        groups: how many groups they fell into.
        mixed: the groups that hold more than one mistake.
        split: the mistakes that are in more than one group.
    """

    mistakes: int = 0
    spelt: int = 0
    groups: int = 0
    mixed: list[str] = field(default_factory=list)
    split: list[str] = field(default_factory=list)


def spelt(exercise: Exercise, wrong: Loss) -> Iterator[Behaviour]:
    """What a mistake does, as it stands and in each spelling that changes a bit of it."""
    asked = questions(exercise)
    seen = []
    for rules in ({}, *SPELLINGS):

        def spelling(*args: Any, _rules: dict[str, Rule] = rules, **kwargs: Any) -> Tensor:
            with Spelling(_rules):
                return wrong(*args, **kwargs)

        does = behaviour(exercise, asked, [answer(spelling if rules else wrong, question) for question in asked])
        if repr(does) not in seen:  # repr: NaN is not equal to itself
            seen.append(repr(does))
            yield does


def group(exercises: Sequence[Exercise], tell: Callable[[str], object] = str) -> Found:
    """Groups the mistakes of each exercise by what they do; `tell` is told of each exercise."""
    found = Found()
    for exercise in exercises:
        begin = time.perf_counter()
        named = [(each.name, does) for each in exercise.misconceptions for does in spelt(exercise, each.function)]
        holds: defaultdict[int, set[str]] = defaultdict(set)
        lies: defaultdict[str, set[int]] = defaultdict(set)
        for (name, _), place in zip(named, grouped([does for _, does in named]), strict=True):
            holds[place].add(name)
            lies[name].add(place)
        found.mistakes += len(lies)
        found.spelt += len(named)
        found.groups += len(holds)
        found.mixed += [f"{exercise.name}: {', '.join(sorted(names))}" for names in holds.values() if len(names) > 1]
        found.split += [f"{exercise.name}: {name}" for name, places in lies.items() if len(places) > 1]
        tell(f"{exercise.name:<40}{len(named):>5} behaviours{time.perf_counter() - begin:>8.1f} s")
    return found


def main() -> None:
    """Measures, and prints what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--topic", action="append", default=[], help="only this one (may be given again)")
    parser.add_argument("--show", action="store_true", help="name the groups that are mixed and the mistakes split")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")  # of mistakes that divide by 0
    topics = [syllabus.find_topic(name) for name in arguments.topic] or syllabus.TOPICS
    found = group([exercise for topic in topics for exercise in topic.exercises], lambda line: print(line, flush=True))
    one, whole = found.groups - len(found.mixed), found.mistakes - len(found.split)
    print(f"{found.mistakes} mistakes in {found.spelt} spellings fall into {found.groups} groups.")
    print(f"One mistake only: {one} of {found.groups} groups, {100 * one / found.groups:.1f} in 100.")
    print(f"In one group only: {whole} of {found.mistakes} mistakes, {100 * whole / found.mistakes:.1f} in 100.")
    if arguments.show:
        print("Mixed:", *found.mixed, "Split:", *found.split, sep="\n  ")


if __name__ == "__main__":
    main()
