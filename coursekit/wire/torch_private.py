"""What we use of torch's private parts: each once, with the reason why no public part serves.

torch may change any of them in any release. `tests/wire/test_torch_private.py` fails where it has, and says which.
"""

from __future__ import annotations

import ctypes
import importlib
import sys
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from types import FunctionType, ModuleType
from typing import Any

import torch
from torch import Tensor

# torch.func and some others import it when they are first called, which takes seconds
DYNAMO = "torch._dynamo"

# Where torch has functions that are written in Python from other operators, so that no kernel of their own is called
PYTHON_MODULES = (
    *("torch", "torch.nn.functional", "torch.special", "torch.masked", "torch.masked._ops", "torch._decomp"),
    *("torch._refs", "torch._refs.nn.functional", "torch._refs.special", "torch._decomp.decompositions"),
    "torch._numpy",
)
_DISTRIBUTIONS = "torch.distributions"
# Where torch has operators beside its own `aten`, some of them with an exponential and a sum inside: by name alone it
# cannot be told which
_LIBRARIES = (
    "mkldnn",
    "onednn",
    "mkl",
    "mkldnn_prepacked",
    "quantized",
    "_quantized",
    "quantization",
    "static_runtime",
)


def run_backward(total: Tensor, inputs: tuple[Tensor, ...]) -> tuple[Tensor | None, ...]:
    """`torch.autograd.grad` without its hook: under that hook, a mode would not see into a learner's backward."""
    engine = torch.autograd.Variable._execution_engine
    gradients: tuple[Tensor | None, ...] = engine.run_backward(
        (total,), (torch.ones_like(total),), False, False, inputs, allow_unreachable=True, accumulate_grad=False
    )
    return gradients


@cache
def operators() -> tuple[str, ...]:
    """The full names of all of torch's own operators, overloads included, without `aten::`: no public list is whole."""
    names = torch._C._dispatch_get_all_op_names()
    return tuple(name.removeprefix("aten::") for name in names if name.startswith("aten::"))


@cache
def operators_of_libraries() -> tuple[tuple[str, str], ...]:
    """Library and name of the operators that torch has beside its own."""
    names = (name.split("::", 1) for name in torch._C._dispatch_get_all_op_names())
    return tuple((library, name) for library, name in names if library in _LIBRARIES)


def computes(operator: str, key: str, library: str = "aten") -> bool:
    """Whether torch can compute an operator under a key of its dispatcher, by a kernel or by one made from others."""
    return bool(torch._C._dispatch_has_computed_kernel_for_dispatch_key(f"{library}::{operator}", key))


class Kernels:
    """Kernels of ours in the place of torch's. `torch.library.Library` has no public way to take one back."""

    def __init__(self, library: str = "aten") -> None:
        self._library = torch._C._dispatch_library("IMPL", library, "", __file__, 0)

    def replace(self, operator: str, key: str, kernel: Callable[..., Any]) -> None:
        """From now on `operator` is computed by `kernel` under this key."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a kernel is replaced is the point
            self._library.impl(operator, key, kernel)

    def restore(self) -> None:
        """Puts torch's own back."""
        del self._library  # torch takes a library's kernels away with it

    def keep(self) -> None:
        """Leaves them where they are for as long as the process lives.

        What torch gave us to hold them is kept, and made a plain object: nothing in memory tells any more what it is,
        and whoever has it destroyed all the same destroys nothing else.
        """
        kept = ctypes.py_object(self._library)
        ctypes.pythonapi.Py_IncRef(kept)
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(object))  # as that has one instance more
        place = id(self._library) + ctypes.sizeof(ctypes.c_ssize_t)  # behind the count of references
        ctypes.c_void_p.from_address(place).value = id(object)
        del self._library


def import_decompositions() -> None:
    """Imports those for forward derivatives: they compile functions of torch as they find them, so they come first."""
    with warnings.catch_warnings():  # torch warns of its own torch.jit
        warnings.simplefilter("ignore")
        importlib.import_module("torch._decomp.decompositions_for_jvp")


def decompositions() -> dict[Any, Any]:
    """The functions, by operator, that torch puts in an operator's place where it takes one apart."""
    table: dict[Any, Any] = torch._decomp.decomposition_table
    return table


def python_modules() -> Iterator[ModuleType]:
    """Those of `PYTHON_MODULES` that have been imported."""
    for path in PYTHON_MODULES:
        module = sys.modules.get(path)
        if isinstance(module, ModuleType):
            yield module


def engines() -> Iterator[tuple[Any, str]]:
    """Owner and name of what computes whole graphs by code of its own, past torch's dispatcher."""
    yield from ((torch._C, name) for name in ("StaticModule", "_jit_to_static_module", "_fuse_to_static_module"))
    expressions: ModuleType = getattr(torch._C, "_te")  # noqa: B009  # not in torch's own types
    for name, thing in list(vars(expressions).items()):
        if not name.startswith("__"):
            yield expressions, name
            members = list(vars(thing)) if isinstance(thing, type) else []  # a class may be found without its name
            yield from ((thing, member) for member in members if member == "__init__" or not member.startswith("_"))


@cache
def of_distributions() -> tuple[FunctionType, ...]:
    """Every function and method that torch.distributions has: its classes, what it registers, and its helpers."""
    found: dict[int, FunctionType] = {}
    for path, module in list(sys.modules.items()):
        if path == _DISTRIBUTIONS or path.startswith(f"{_DISTRIBUTIONS}."):
            for value in vars(module).values():
                members = vars(value).values() if isinstance(value, type) else ()
                for function in map(_function_in, (value, *members)):
                    if function is not None and function.__module__.startswith(_DISTRIBUTIONS):
                        found[id(function)] = function
    return tuple(found.values())


def _function_in(value: Any) -> FunctionType | None:
    """A function, or the one that a method, a property or torch's lazy property is made of."""
    for name in ("__func__", "fget", "wrapped"):
        value = getattr(value, name, value) if not isinstance(value, type) else value
    return value if isinstance(value, FunctionType) else None
