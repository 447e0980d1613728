"""Mistakes: wrong implementations, and what to say to whoever wrote one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from inspect import BoundArguments, signature
from itertools import cycle, islice
from typing import Any

import torch
from torch import Tensor

from coursekit.wire import Question

Loss = Callable[..., Tensor]
Formulas = Loss | tuple[Loss, ...]
Row = tuple[str, Loss] | tuple[str, Loss, str]
RowOfForms = tuple[str, Formulas] | tuple[str, Formulas, str]

# What is added to keep a logarithm from 0, or where it is cut off: the sizes that are met in public code, the last four
# as `torch.finfo` has them
EPS = (
    *(1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12, 1e-15, 1e-16, 1e-20, 1e-30, 1e-38),
    *(each for dtype in (torch.float32, torch.float64) for each in (torch.finfo(dtype).eps, torch.finfo(dtype).tiny)),
)


@dataclass(frozen=True)
class Misconception:
    """A wrong implementation, and what to tell whoever wrote it.

    Attributes:
        name: unique in its exercise.
        explanation: what the numbers show, and what to do.
        function: the wrong implementation itself.
        covers: the rows of the catalogue of mistakes (`tests/catalogue.py`) that it answers for, such as "HE2 HE4".
        forms: the same mistake with other numbers or in another algebra, tried where no mistake fits as it stands.
    """

    name: str
    explanation: str
    function: Loss
    covers: str = ""
    forms: tuple[Loss, ...] = ()


def _other_sizes(formula: Loss) -> list[Loss]:
    own = (getattr(formula, "__kwdefaults__", None) or {}).get("eps")
    return [partial(formula, eps=eps) for eps in EPS if own is not None and eps != own]


def _as_it_is(loss: Loss) -> Loss:
    return loss


class Mistakes(list[Misconception]):
    """The wrong implementations of one loss. Of two that fit a learner's numbers equally well, the earlier is named.

    A wrong implementation with a keyword-only argument `eps` stands for itself with every usual size of it. In place of
    one there may be a tuple: the first is the mistake, the others are the same in another algebra.

    Args:
        spec: the right implementation, of which most mistakes are made.
        given: mistakes to begin with.

    Attributes:
        parts: what the right result is the sum of, where that was said (`terms`): by name, the words and the loss.
    """

    def __init__(self, spec: Loss, given: Iterable[Misconception] = ()) -> None:
        super().__init__(given)
        self.spec = spec
        self.parts: dict[str, tuple[str, Loss]] = {}
        self._signature = signature(spec)

    def extend(self, more: Iterable[Misconception]) -> None:
        """Adds mistakes, and what the result is the sum of, where that was said of them."""
        super().extend(more)
        if isinstance(more, Mistakes):
            self.parts.update(more.parts)

    def __call__(self, explanation: str, name: str = "", *, covers: str = "") -> Callable[[Loss], Loss]:
        """Adds a wrong implementation and the sentence that names the mistake (use as a decorator).

        Args:
            explanation: what to say of it.
            name: what to call it, where a factory made the function and its own name says nothing.
            covers: see `Misconception.covers`.
        """
        return self.formula(_as_it_is)(explanation, name, covers=covers)

    def _add(
        self, name: str, explanation: str, assemble: Callable[[Loss], Loss], formula: Formulas, covers: str
    ) -> None:
        first, *others = formula if isinstance(formula, tuple) else (formula,)
        forms = [*others, *(form for each in (first, *others) for form in _other_sizes(each))]
        self.append(Misconception(name, explanation, assemble(first), covers, tuple(map(assemble, forms))))

    def formula(self, assemble: Callable[[Loss], Loss]) -> Callable[..., Callable[[Loss], Loss]]:
        """A decorator, as the above, for wrong formulas, for those that take more than one expression.

        Args:
            assemble: makes a formula into a loss, with the flags, shapes and reductions around it as they should be.
        """

        def wrong(explanation: str, name: str = "", *, covers: str = "") -> Callable[[Loss], Loss]:
            def add(formula: Loss) -> Loss:
                self._add(name or formula.__name__, explanation, assemble, formula, covers)
                return formula

            return add

        return wrong

    def table(self, assemble: Callable[[Loss], Loss] | None = None, /, **rows: RowOfForms) -> None:
        """Adds mistakes of one expression, a row each: `name=("What to say.", lambda p, q: spec(q, p))`.

        Args:
            assemble: makes each formula into a loss; None where the rows are losses already.
            rows: by name, the sentence, the formula or a tuple of them, and perhaps `Misconception.covers`.
        """
        for name, (explanation, formula, *covers) in rows.items():
            self._add(name, explanation, assemble or _as_it_is, formula, " ".join(covers))

    def terms(self, assemble: Callable[[Loss], Loss] | None = None, /, **terms: tuple[str, Loss]) -> None:
        """Says what the right result is the sum of: each may be left out, or have another sign, or another factor.

        Args:
            assemble: makes each formula into a loss; None where they are losses already.
            terms: by name, what to call it in a sentence ("`ln count!`"), and its formula, its own sign included.
        """
        self.parts.update({name: (words, (assemble or _as_it_is)(formula)) for name, (words, formula) in terms.items()})

    def of_losses(self, explanation: str, name: str = "", *, covers: str = "") -> Callable[[Loss], Loss]:
        """A decorator for `reduce(losses, reduction)`, which makes something wrong of the right losses."""

        def add(reduce: Loss) -> Loss:
            def loss(*args: Any, **flags: Any) -> Tensor:
                call = self.bound(*args, **flags)
                word = call.arguments.get("reduction", self._signature.parameters["reduction"].default)
                call.arguments["reduction"] = "none"
                return reduce(self.spec(*call.args, **call.kwargs), word)

            self.append(Misconception(name or reduce.__name__, explanation, loss, covers))
            return reduce

        return add

    def given(self, question: Question) -> set[str]:
        """The names of the arguments that a call gives."""
        return {*islice(self._signature.parameters, len(question.args)), *question.kwargs}

    def bound(self, *args: Any, **flags: Any) -> BoundArguments:
        """The arguments of a call by their names in the spec; those that were left out are missing."""
        return self._signature.bind(*args, **flags)


def wrong_in(
    losses: dict[str, Mistakes], *explanations: str, name: str = "", covers: str = ""
) -> Callable[[Loss], Loss]:
    """Adds a mistake to several losses: a function of the spec that it spoils, and of that spec's arguments.

    Args:
        losses: by what the mistake's name begins with there.
        explanations: what to say of it, to all or to each.
        name: its name, if the function has none or another.
        covers: see `Misconception.covers`.
    """

    def add(wrong: Loss) -> Loss:
        for (prefix, mistakes), explanation in zip(losses.items(), cycle(explanations), strict=False):
            called = (name or wrong.__name__).removeprefix(f"{prefix}_")
            mistakes.append(Misconception(f"{prefix}_{called}", explanation, partial(wrong, mistakes.spec), covers))
        return wrong

    return add
