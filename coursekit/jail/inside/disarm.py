"""Takes the ready-made functions away: in the zygote, for all children that are forked from then on.

Python names are many and an operator's kernels are few, and every name, class, compiled script and derivative ends
in a kernel. So what is replaced is each forbidden operator, for every way in which this torch would compute it: on
dense, sparse and MKL-DNN tensors, below autograd and above it, and under vmap. Some of torch's functions, and all of
its distributions, are written in Python from operators that are allowed. A function may be kept anywhere (in a table, a
class, another module), so it stays where it is and loses its code. What else is in the process, and computes past all
that, goes as well: operators of other libraries, numpy's functions of such a name, Python's own normal distribution.
"""

from __future__ import annotations

import ctypes
import statistics
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache, partial
from types import FunctionType
from typing import Any

import numpy as np

from coursekit.jail.inside.byhand import ByHand
from coursekit.wire.readymade import DISTRIBUTIONS, relatives_among
from coursekit.wire.torch_private import (
    Kernels,
    computes,
    decompositions,
    engines,
    import_decompositions,
    of_distributions,
    operators,
    operators_of_libraries,
    python_modules,
)

import_decompositions()

_OTHERS = "another library's operator"  # what is taken away under this name, whatever is forbidden

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
        self.by_hand = ByHand(())
        self._forbids: tuple[str, ...] = ()
        self._taken: dict[str, _Taken] = {}
        self._found: dict[tuple[tuple[str, ...], int], frozenset[str]] = {}
        self.of(forbids)

    def of(self, forbids: Iterable[str]) -> Disarmed:
        """The same, for another exercise: what the two rules share stays away, for taking away is what takes time."""
        self._forbids = tuple(forbids)
        self.by_hand.turn_to(forbids)
        names = {*self.by_hand.names, *self._insides(), *[_OTHERS] * bool(self._forbids)}
        for name in self._taken.keys() - names:
            self._taken.pop(name).restore()
        for name in names - self._taken.keys():
            plain = name.strip("_")
            said = plain if plain in self.by_hand.names else name
            self._taken[name] = _Taken(name, partial(self.by_hand.refusal, said))
        return self

    def _insides(self) -> frozenset[str]:
        """Those names that torch does not show; torch.func, say, brings more of them."""
        key = self._forbids, sum(1 for _ in python_modules())
        if key not in self._found:
            self._found[key] = relatives_among(_in_python(), self._forbids)
        return self._found[key]

    def close_engines(self) -> None:
        """Takes away, for good, what computes whole graphs past torch's dispatcher; whatever is forbidden."""
        for owner, name in engines():
            with suppress(AttributeError):  # a constant of a class
                setattr(owner, name, self.by_hand.refusal(name))

    def seal(self) -> list[object]:
        """Makes it final in this process: nothing is left by which any code could undo it.

        Returns:
            What does no harm, and is best held: to let go of it would write to memory that is shared with the zygote.
        """
        held = [taken.keep() for taken in self._taken.values()]
        self._taken.clear()
        return held

    def restore(self) -> None:
        """Puts everything back."""
        self._forbids = ()
        while self._taken:
            self._taken.popitem()[1].restore()


class _Taken:
    """All that computes what has one name in torch, taken away."""

    def __init__(self, name: str, refuses: Callable[..., Callable[..., None]]) -> None:
        refusal = refuses()
        self._kernels: dict[str, Kernels] = {}
        self._undo: list[Callable[[], None]] = []
        for library, operator, key in _of_libraries() if name == _OTHERS else _kernels(name):
            if library not in self._kernels:
                self._kernels[library] = Kernels(library)
            self._kernels[library].replace(operator, key, refusal)
        self._functions = list(_functions(name))  # first, or a refusal that stands in a table is taken for torch's
        # to the garbage collector, which can be asked for what it knows, numpy's array is no container
        self._codes = np.empty(len(self._functions), dtype=object)
        self._codes[:] = [function.__code__ for function in self._functions]
        self._defaults = [function.__kwdefaults__ for function in self._functions]
        for function in self._functions:
            function.__code__ = _refuse.__code__.replace(co_freevars=function.__code__.co_freevars)
            function.__kwdefaults__ = {"_refusal": refusal}
        for table, key in _tables(name):
            self._replace(table, key, refusal)
        for table in _in_numpy(name):
            self._replace(table, name, refuses(with_attributes=True))

    def keep(self) -> object:
        """Leaves it as it is for as long as the process lives; what it gives back are functions that are empty.

        Their code stays in memory, and no object refers to it any more. To take hundreds of pieces of code down, each
        with all that it is made of, would write to as many pages that are shared with the zygote and are copied then:
        that was half of what a child cost. What is freed stays in memory, too, until something else comes there.
        """
        for kernels in self._kernels.values():
            kernels.keep()
        self._undo.clear()
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._codes))
        return self._functions, self._defaults

    def restore(self) -> None:
        """Puts it back."""
        for kernels in self._kernels.values():
            kernels.restore()
        for undo in reversed(self._undo):
            undo()
        for function, code, defaults in zip(self._functions, self._codes, self._defaults, strict=True):
            function.__code__ = code
            function.__kwdefaults__ = defaults

    def _replace(self, table: dict[Any, Any], key: Any, refusal: Callable[..., None]) -> None:
        old = table[key]
        table[key] = refusal
        self._undo.append(lambda: table.__setitem__(key, old))


def _refuse(*_: Any, _refusal: Callable[..., None], **__: Any) -> None:
    """Whose code a function has that was taken away; its `_refusal` is among its defaults."""
    _refusal()


@cache
def _by_base() -> dict[str, list[str]]:
    """The operators of each name, with their overloads."""
    found: dict[str, list[str]] = {}
    for operator in operators():
        found.setdefault(operator.partition(".")[0], []).append(operator)
    return found


@cache
def _kernels(name: str) -> tuple[tuple[str, str, str], ...]:
    """Library, operator and dispatch key of every kernel that could compute it."""
    return tuple(found for operator in _by_base().get(name, ()) for found in _kernels_of("aten", operator))


@cache
def _of_libraries() -> tuple[tuple[str, str, str], ...]:
    return tuple(found for library, operator in operators_of_libraries() for found in _kernels_of(library, operator))


def _kernels_of(library: str, operator: str) -> Iterator[tuple[str, str, str]]:
    keys = [key for key in _KEYS if computes(operator, key, library)]
    if set(keys) - {"AutogradCPU"}:  # else it is an operator for another device
        yield from ((library, operator, key) for key in (*keys, *_VMAP))


def _functions(name: str) -> Iterator[FunctionType]:
    """Every function in torch's Python code that computes it."""
    found = (*of_distributions(), *vars(statistics.NormalDist).values()) if name == DISTRIBUTIONS else _named(name)
    done: set[int] = set()
    for function in found:
        while isinstance(function, FunctionType) and id(function) not in done:
            done.add(id(function))
            yield function
            function = getattr(function, "__wrapped__", None)  # a decorated function keeps what it was


def _named(name: str) -> Iterator[Any]:
    for module in python_modules():
        yield vars(module).get(name)
    yield from (decompositions()[operator] for operator in _decomposed().get(name, ()))


def _tables(name: str) -> Iterator[tuple[dict[Any, Any], Any]]:
    """Table and key of what is no function of Python's, but can be called."""
    for module in python_modules():
        if callable(vars(module).get(name)) and not isinstance(vars(module)[name], FunctionType | type):
            yield vars(module), name


def _in_numpy(name: str) -> Iterator[dict[str, Any]]:
    """The modules of numpy's in which there is a function of that name."""
    function = getattr(np, name, None)
    for path, module in list(sys.modules.items()) if callable(function) else ():
        if path.partition(".")[0] == "numpy" and vars(module).get(name) is function:
            yield vars(module)


def _in_python() -> frozenset[str]:
    """The names of all functions that torch has in Python, beside those that it shows."""
    return frozenset(name for module in python_modules() for name in vars(module))


def _decomposed() -> dict[str, list[Any]]:
    """The operators of each name that torch can take apart."""
    return _sorted_by_name(len(decompositions()))


@cache
def _sorted_by_name(_size: int) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for operator in decompositions():
        found.setdefault(str(operator).removeprefix("aten.").partition(".")[0], []).append(operator)
    return found
