"""Takes the ready-made functions away: in the zygote, for all children that are forked from then on.

Python names are many and an operator's kernels are few, and every name, class, compiled script and derivative ends
in a kernel. So what is replaced is each forbidden operator, for every way in which this torch would compute it: on
dense, sparse and MKL-DNN tensors, below autograd and above it, and under vmap. A few of torch's functions are
written in Python from operators that are allowed; those are replaced by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

from coursekit.jail.inside.byhand import ByHand
from coursekit.wire.torch_private import (
    Kernels,
    computes,
    decompositions,
    import_decompositions,
    operators,
    python_modules,
)

import_decompositions()

# Keys of torch's dispatcher under which a CPU-only process can compute something. Under vmap
# and the other transforms every call comes to _VMAP first; their rules may take an operator apart, and never reach a
# kernel of its own.
_KEYS = ("CPU", "MkldnnCPU", "SparseCPU", "SparseCsrCPU", "QuantizedCPU", "NestedTensorCPU", "AutogradCPU")
_VMAP = ("FuncTorchDynamicLayerFrontMode",)


class Disarmed:
    """Torch without what an exercise forbids; `by_hand` notes what is called nevertheless.

    Nothing else changes: no other operator's kernel is touched, so its numbers stay the same to the bit.
    """

    def __init__(self, forbids: Iterable[str]) -> None:
        self.by_hand = by_hand = ByHand(forbids)
        self._taken = Kernels()
        self._undo: list[Callable[[], None]] = []
        for operator, key in _kernels(by_hand.names):
            self._taken.replace(operator, key, _raiser(by_hand, operator))
        for table, name in _python_functions(by_hand.names):
            self._replace(table, name, _raiser(by_hand, str(name)))

    def of(self, forbids: Iterable[str]) -> Disarmed:
        """This one if it forbids the same; else puts everything back, and takes the others away."""
        if self.by_hand.forbids == tuple(forbids):
            return self
        self.restore()
        return Disarmed(forbids)

    def seal(self) -> None:
        """Makes it final in this process: nothing is left by which any code could undo it."""
        self._taken.keep()
        self._undo.clear()

    def restore(self) -> None:
        """Puts everything back."""
        self._taken.restore()
        for undo in reversed(self._undo):
            undo()

    def _replace(self, table: dict[Any, Any], name: Any, raiser: Callable[..., Any]) -> None:
        old = table[name]
        table[name] = raiser
        self._undo.append(lambda: table.__setitem__(name, old))


def _raiser(by_hand: ByHand, name: str) -> Callable[..., Any]:
    base = _base(name)
    return by_hand.refusal(base.strip("_") if base.strip("_") in by_hand.names else base)


@cache
def _kernels(names: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """Operator and dispatch key of every kernel that could compute one of these."""
    found = []
    for operator in operators():
        if operator.partition(".")[0] in names:
            keys = [key for key in _KEYS if computes(operator, key)]
            if set(keys) - {"AutogradCPU"}:  # else it is an operator for another device
                found += [(operator, key) for key in (*keys, *_VMAP)]
    return tuple(found)


def _python_functions(names: frozenset[str]) -> Iterator[tuple[dict[Any, Any], Any]]:
    """Namespace and name of every function in torch's Python code that computes one of these."""
    for module in python_modules():
        for name in names:
            if callable(vars(module).get(name)) and not isinstance(vars(module)[name], type):
                yield vars(module), name
    table = decompositions()
    yield from [(table, operator) for operator in table if _base(operator) in names]


@cache
def _base(operator: Any) -> str:
    return str(operator).removeprefix("aten.").partition(".")[0]
