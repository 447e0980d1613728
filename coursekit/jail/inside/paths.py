"""Which full names an answer by hand may use: judged by the object that a name stands for, not by how it is spelt.

`enum.bltns` is Python's builtins, and `typing.operator.attrgetter` is operator's: what is refused is so under every
name.
"""

from __future__ import annotations

import builtins
import sys
from functools import cache
from types import ModuleType


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


# Whose functions an answer may use. Others are refused where they are used, not where they are imported: they come
# with losses of their own (scipy, sklearn, keras), or with ways to any object in the process (ctypes, inspect).
_LIBRARIES = words(
    """torch numpy math cmath typing typing_extensions types functools itertools operator collections dataclasses enum
    abc contextlib copy re string textwrap warnings numbers decimal fractions statistics random time datetime logging
    json pprint bisect heapq array struct weakref threading concurrent queue graphlib contextvars io timeit traceback
    __future__ sys os gc pathlib builtins
    matplotlib pandas tqdm jaxtyping einops beartype IPython"""
)

# Of these, only what has an honest use in a loss
ONLY = {
    "sys": words("""float_info maxsize stdout stderr stdin version version_info platform argv exit exc_info getsizeof
        intern getrecursionlimit setrecursionlimit"""),
    "gc": {"collect", "enable", "disable"},
    # for whoever wrote `from torch import *`, and has lost Python's own sum by it
    "builtins": words("""abs all any bool complex dict enumerate filter float frozenset int isinstance len list map max
        min pow print range reversed round set slice sorted str sum tuple zip"""),
    "io": {"StringIO", "BytesIO"},
    "timeit": {"default_timer"},
    "IPython": {"display"},
    "types": words("""SimpleNamespace MappingProxyType MethodType ModuleType NoneType EllipsisType GenericAlias
        UnionType NotImplementedType TracebackType GeneratorType BuiltinFunctionType new_class"""),
    "traceback": {"print_exc", "format_exc", "print_exception", "format_exception"},
    # with which each function in torch's own source begins
    "torch.overrides": words("""has_torch_function has_torch_function_unary has_torch_function_variadic
        handle_torch_function is_tensor_like"""),
    "torch.jit": {"script", "ignore", "unused", "export", "is_scripting", "annotate", "Final"},
}

# Of torch and numpy, the modules that an answer may use; of torch, those in them too. Python's own small libraries are
# open, but not what is reached through them
_TORCH = words(
    """torch torch.nn torch.nn.functional torch.nn.init torch.nn.parameter torch.nn.modules torch.nn.utils torch.linalg
    torch.special torch.func torch.autograd torch.optim torch.fft torch.random torch.masked torch.sparse torch.utils
    torch.jit torch.cuda torch.mps torch.backends torch.types torch.amp torch.signal torch.version torch.functional
    torch.return_types torch.distributions torch.accelerator torch.cpu torch.xpu torch.nn.grad torch.overrides
    torch.nn._reduction"""
)
_WITH_ALL_IN_THEM = (
    *("torch.nn.modules.", "torch.nn.utils.", "torch.autograd.", "torch.optim.", "torch.backends."),
    *("torch.distributions.", "torch.utils.data.", "torch.utils.checkpoint", "torch.signal."),
)
_NUMPY = words(
    """numpy numpy.linalg numpy.random numpy.fft numpy.typing numpy.ma numpy.polynomial numpy.dtypes numpy.exceptions
    numpy.char numpy.strings numpy.rec numpy.emath numpy.lib numpy.lib.scimath
    numpy.lib.stride_tricks numpy.lib.mixins"""
)

# Ways round, by one of their full names
_DENIED = words(
    """torch.ops torch.compile torch.fx torch.export torch.onnx torch.library torch.package torch.hub
    torch.load torch.save torch.serialization torch.ao torch.testing torch.classes torch.nested torch.compiler
    torch.utils.cpp_extension torch.utils.benchmark torch.multiprocessing torch.quantization
    numpy.ctypeslib numpy.f2py numpy.load numpy.testing typing.get_type_hints typing.ForwardRef
    typing.evaluate_forward_ref typing_extensions.get_type_hints typing_extensions.evaluate_forward_ref
    typing_extensions.get_annotations string.Formatter logging.config threading.settrace threading.setprofile
    threading.settrace_all_threads threading.setprofile_all_threads statistics.NormalDist statistics.kde
    matplotlib.mlab pandas.eval"""
)

# Modules that lead everywhere, when they are reached as an attribute of another module
_DOORS = words("sys os builtins importlib gc ctypes inspect pickle subprocess marshal")

# Attributes by which an object gives away its namespace, its code, its callers or its class's family
OPEN = words(
    """__dict__ __globals__ __builtins__ __code__ __closure__ __subclasses__ __mro__ __bases__ __base__
    __getattribute__ __getattr__ __self__ __func__ __wrapped__ __import__ __loader__ __spec__ __reduce__ __reduce_ex__
    __path__ __kwdefaults__ __annotations__ f_globals f_builtins f_locals f_back f_code gi_frame
    cr_frame ag_frame tb_frame"""
)

# Those of them, and others, that no answer has a use for, not even to write or to spell them: what they are set to, or
# asked for, lets code be run, or memory be read, that is not there to be seen
SPOKEN = (OPEN - words("__dict__ __wrapped__ __annotations__ __getattr__ __self__ __path__")) | words(
    "__class__ __match_args__ __array_interface__ __array_struct__"
)

# Where torch keeps its insides. A class of one's own may call something so, but whose it is cannot be told by the name
INSIDES = words("""_C _VF _ops _refs _prims _decomp _dynamo _inductor _functorch _numpy ctypes get_submodule
    get_parameter get_buffer __array_interface__ __array_struct__""")

# Private names with an honest use: what namedtuple and enum call so, and the base classes of torch's losses
_PRIVATE_BUT_FINE = words(
    """_replace _asdict _fields _field_defaults _make _value_ _name_ _missing_ _generate_next_value_ _member_map_
    _member_names_ _value2member_map_ _exit _assert _Loss _WeightedLoss _Reduction _reduction"""
)

BUILTINS = words("eval exec compile __import__ __builtins__ __loader__ __spec__ __annotations__ breakpoint")


def is_library(path: str) -> bool:
    """Whether a module's full name begins with a library that an answer may use."""
    return path.partition(".")[0] in _LIBRARIES


def is_private(name: str) -> bool:
    """Whether a name is meant for its owner alone, and has no honest use by others."""
    return name.startswith("_") and not name.endswith("__") and name not in _PRIVATE_BUT_FINE


def bad_path(path: str) -> str | None:
    """The part of a full name, such as `torch._C`, that leads round the rule; None if nothing does."""
    root, *parts = path.split(".")
    if root not in _LIBRARIES:
        return path
    here = root
    thing: object = sys.modules.get(root)
    for part in parts:
        spelt = f"{here}.{part}"
        if here in ONLY and part not in ONLY[here]:
            return spelt
        if spelt in _DENIED or part in OPEN or is_private(part) or part in _DOORS:
            return spelt
        thing = _member(thing, part)
        if id(thing) in _ways() or (isinstance(thing, ModuleType) and not _is_open(thing.__name__)):
            return spelt
        here = thing.__name__ if isinstance(thing, ModuleType) else spelt
    return None


def open_path(thing: object, *names: str) -> str | None:
    """A full name under which an answer may use what a library gives away: where it is defined is the library's."""
    for module in (*sorted(_TORCH), *sorted(_NUMPY), *sorted(_LIBRARIES), "concurrent.futures"):
        for name in names:
            path = f"{module}.{name}"
            if _member(sys.modules.get(module), name) is thing and bad_path(path) is None:
                return path
    return None


def meaning(path: str) -> str:
    """The name under which the rule knows what a full name stands for: `typing.operator.add` is `operator.add`."""
    root, *parts = path.split(".")
    here = root
    thing: object = sys.modules.get(root)
    for part in parts:
        thing = _member(thing, part)
        here = thing.__name__ if isinstance(thing, ModuleType) else f"{here}.{part}"
    return here


def is_module(path: str) -> bool:
    """Whether a full name stands for a module."""
    return isinstance(sys.modules.get(meaning(path)), ModuleType)


def _member(thing: object, name: str) -> object:
    """What a module has under that name, as long as nothing needs to run to find it."""
    if not isinstance(thing, ModuleType):
        return None
    found = vars(thing).get(name)
    return sys.modules.get(f"{thing.__name__}.{name}") if found is None else found


def _is_open(module: str) -> bool:
    root = module.partition(".")[0]
    if root == "torch":
        return module in _TORCH or module.startswith(_WITH_ALL_IN_THEM)
    return module in _NUMPY if root == "numpy" else root in _LIBRARIES


@cache
def _ways() -> frozenset[int]:
    """What is denied, whatever it is called: what goes by other names is the same object."""
    paths = [path.rpartition(".") for path in _DENIED]
    things = [_member(sys.modules.get(module), name) for module, _, name in paths]
    things += [getattr(builtins, name) for name in BUILTINS if hasattr(builtins, name)]
    return frozenset(id(thing) for thing in things if thing is not None)
