"""Takes the ready-made functions away: in the zygote, for all children that are forked from then on.

Python names are many and an operator's kernels are few, and every name, class, compiled script and derivative ends
in a kernel. So what is replaced is each forbidden operator, for every way in which this torch would compute it: on
dense, sparse and MKL-DNN tensors, below autograd and above it, and under vmap. A few of torch's functions are
written in Python from operators that are allowed; those are replaced by name.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from types import ModuleType
from typing import Any

import torch

from coursekit.jail.inside.byhand import ByHand
from coursekit.wire.readymade import operators

with warnings.catch_warnings():  # torch warns of its own torch.jit
    warnings.simplefilter("ignore")
    # it compiles functions of torch that are replaced below, so it must come before
    importlib.import_module("torch._decomp.decompositions_for_jvp")

# Keys of torch's dispatcher under which a CPU-only process can compute something. Under vmap
# and the other transforms every call comes to _VMAP first; their rules may take an operator apart, and never reach a
# kernel of its own.
_KEYS = ("CPU", "MkldnnCPU", "SparseCPU", "SparseCsrCPU", "QuantizedCPU", "NestedTensorCPU", "AutogradCPU")
_VMAP = ("FuncTorchDynamicLayerFrontMode",)

# Where functions written in Python stand, if they have been imported
_PYTHON = (
    *("torch", "torch.nn.functional", "torch.special", "torch.masked", "torch.masked._ops", "torch._decomp"),
    *("torch._refs", "torch._refs.nn.functional", "torch._refs.special", "torch._decomp.decompositions"),
    *("torch._numpy", "torch.distributions", "torch.distributions.kl"),
)


class Disarmed:
    """Torch without what an exercise forbids; `by_hand` notes what is called nevertheless.

    Nothing else changes: no other operator's kernel is touched, so its numbers stay the same to the bit.
    """

    def __init__(self, forbids: Iterable[str]) -> None:
        self.by_hand = by_hand = ByHand(forbids)
        self._library = torch._C._dispatch_library("IMPL", "aten", "", __file__, 0)
        self._undo: list[Callable[[], None]] = []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a kernel is replaced is the point
            for operator, key in _kernels(by_hand.names):
                self._library.impl(operator, key, _raiser(by_hand, operator))
        for table, name in _python_functions(by_hand.names):
            self._replace(table, name, _raiser(by_hand, str(name)))

    def of(self, forbids: Iterable[str]) -> Disarmed:
        """This one if it forbids the same; else puts everything back, and takes the others away."""
        if self.by_hand.forbids == tuple(forbids):
            return self
        self.restore()
        return Disarmed(forbids)

    def restore(self) -> None:
        """Puts everything back."""
        del self._library  # torch takes a library's kernels away with it
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
    computed = torch._C._dispatch_has_computed_kernel_for_dispatch_key
    found = []
    for operator in operators():
        if operator.partition(".")[0] in names:
            keys = [key for key in _KEYS if computed(f"aten::{operator}", key)]
            if set(keys) - {"AutogradCPU"}:  # else it is an operator for another device
                found += [(operator, key) for key in (*keys, *_VMAP)]
    return tuple(found)


def _python_functions(names: frozenset[str]) -> Iterator[tuple[dict[Any, Any], Any]]:
    """Namespace and name of every function in torch's Python code that computes one of these."""
    for path in _PYTHON:
        module = sys.modules.get(path)
        for name in names if isinstance(module, ModuleType) else ():
            if callable(vars(module).get(name)) and not isinstance(vars(module)[name], type):
                yield vars(module), name
    table: dict[Any, Any] = torch._decomp.decomposition_table
    yield from [(table, operator) for operator in table if _base(operator) in names]


@cache
def _base(operator: Any) -> str:
    return str(operator).removeprefix("aten.").partition(".")[0]
