"""Reads what an answer would run, and finds what is not by hand: by names, before anything runs.

This is the first of two layers; the second takes the functions themselves away (disarm.py). So this one need not
be clever about values: it finds ready-made functions by their names, and the few things by which Python code
reaches what it does not name. Whatever else a learner writes is fine, in whatever style.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Sequence


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Whose functions an answer may use. Others are refused where they are used, not where they are imported: they come
# with losses of their own (scipy, sklearn, keras), or with ways to any object in the process (ctypes, inspect).
_LIBRARIES = _words(
    """torch numpy math cmath typing typing_extensions types functools itertools operator collections dataclasses enum
    abc contextlib copy re string textwrap warnings numbers decimal fractions statistics random time datetime logging
    json pprint bisect heapq array struct weakref threading concurrent traceback __future__ sys os gc pathlib
    matplotlib pandas tqdm jaxtyping einops beartype IPython"""
)

# Of these, only what has an honest use in a loss
_ONLY = {
    "sys": _words("""float_info maxsize stdout stderr stdin version version_info platform argv exit exc_info getsizeof
        intern getrecursionlimit setrecursionlimit"""),
    "gc": {"collect", "enable", "disable"},
    "IPython": {"display"},
    "torch.jit": {"script", "ignore", "unused", "export", "is_scripting", "annotate", "Final"},
}

# Ways round, by their full names
_DENIED = _words(
    """torch.ops torch.compile torch.fx torch.export torch.onnx torch.library torch.overrides torch.package torch.hub
    torch.load torch.save torch.serialization torch.ao torch.testing torch.classes torch.nested torch.compiler
    torch.utils.cpp_extension torch.multiprocessing torch.quantization
    numpy.ctypeslib numpy.f2py numpy.load typing.get_type_hints typing.ForwardRef string.Formatter logging.config
    pandas.eval"""
)

# Modules that lead everywhere, when they are reached as an attribute of another module
_DOORS = _words("sys os builtins importlib gc ctypes inspect pickle subprocess marshal")

# Attributes by which an object gives away its namespace, its code, its callers or its class's family
OPEN = _words(
    """__dict__ __globals__ __builtins__ __code__ __closure__ __subclasses__ __mro__ __bases__ __base__
    __getattribute__ __getattr__ __self__ __func__ __wrapped__ __import__ __loader__ __spec__ __reduce__ __reduce_ex__
    __path__ __kwdefaults__ f_globals f_builtins f_locals f_back f_code gi_frame cr_frame ag_frame tb_frame"""
)

# Where torch keeps its insides. A class of one's own may call something so, but whose it is cannot be told by the name
_INSIDES = _words("_C _VF _ops _refs _prims _decomp _dynamo _inductor _functorch _numpy")

# Private names with an honest use: what namedtuple and enum call so, and the base classes of torch's losses
_PRIVATE_BUT_FINE = _words("_replace _asdict _fields _make _value_ _name_ _exit _assert _Loss _WeightedLoss _Reduction")

_BUILTINS = _words("eval exec compile __import__ __builtins__ __loader__ __spec__ breakpoint")


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
    for part in parts:
        if here in _ONLY and part not in _ONLY[here]:
            return f"{here}.{part}"
        here += f".{part}"
        if here in _DENIED or part in OPEN or is_private(part) or part in _DOORS:
            return here
    return None


def every_node(roots: Sequence[ast.AST]) -> list[ast.AST]:
    """These nodes and all below them, as by `ast.walk`, which takes three times as long; without `Load` and `Store`."""
    nodes = list(roots)
    for parent in nodes:  # which grows meanwhile
        for value in vars(parent).values():
            kind = type(value)
            if kind is list:
                nodes += [item for item in value if isinstance(item, ast.AST)]
            elif kind is not int and kind is not str and isinstance(value, ast.AST) and value._fields:
                nodes.append(value)
    return nodes


def bound_by(alias: ast.alias) -> str:
    """The name that an import's alias gives: of `import a.b`, that is `a`."""
    return alias.asname or alias.name.partition(".")[0]


class Reading:
    """The statements of one answer: what they import, what they define, and what they use of both."""

    def __init__(self, statements: Sequence[ast.stmt], names: frozenset[str]) -> None:
        self.names = names
        self.nodes = every_node(statements)
        self.imported = set(self._imports())
        self.stars = [n.module or "" for n in self.nodes if isinstance(n, ast.ImportFrom) and n.names[0].name == "*"]
        self.own = set(self._definitions())
        self.bound = self.own | set(self._bindings())
        self.reads = {n.id for n in self.nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        self.paths = self._paths()
        self.members = set(self._members())
        # `sys`, but not in `sys.maxsize`: handed on by itself, a module can be asked for anything
        bases = {id(n.value) for n in self.nodes if isinstance(n, ast.Attribute)}
        self.handed_on = {n.id for n in self.nodes if isinstance(n, ast.Name) and id(n) not in bases}

    def refused(self) -> Iterator[str]:
        """What an answer by hand does not use, one after another."""
        for name in sorted(self.reads & self.paths.keys()):
            yield from self._full_name(self.paths[name])
            if self.paths[name] in _ONLY and name in self.handed_on:
                yield self.paths[name]
        for name in sorted(self.reads - self.bound - self.paths.keys()):
            if name in _BUILTINS:
                yield name
            elif self.stars and not hasattr(builtins, name):  # it came by `from … import *`
                bad = name if name in self.names else next((s for s in self.stars if not is_library(s)), None)
                if bad:
                    yield f"{bad}.{name}" if bad != name else name
        for node in self.nodes:
            yield from self._used(node)

    def _used(self, node: ast.AST) -> Iterator[str]:
        match node:
            case ast.Attribute(value=value, attr=attr):
                path = self._resolve(node)
                if path is not None:
                    yield from self._full_name(path)
                else:
                    yield from self._attribute(value, attr)
            case ast.MatchClass(kwd_attrs=attrs):  # `case object(softmax=f)` reads an attribute too
                yield from (attr for attr in attrs if attr in self.names or attr in OPEN)
            case ast.Call(func=func, args=[_, ast.Constant(value=str(attr)), *_]) if self._named(func) == "getattr":
                if isinstance(node.args[0], ast.Name) and node.args[0].id in ("self", "cls"):
                    return
                yield from self._full_name(f"{self._resolve(node.args[0]) or ''}.{attr}", dynamic=True)
            case ast.Call(func=func, args=args) if self._named(func) in (
                "operator.attrgetter",
                "operator.methodcaller",
            ):
                for arg in args[:1] if str(self._named(func)).endswith("caller") else args:
                    if not isinstance(arg, ast.Constant):
                        yield str(self._named(func))
                    else:
                        parts = str(arg.value).split(".")
                        yield from (part for part in parts if part in self.names or self._is_strange(part))

    def _attribute(self, value: ast.expr, attr: str) -> Iterator[str]:
        """An attribute of a value that is no module, as far as names tell: a tensor, or an object of their own."""
        if _is_self(value):
            refused = attr in OPEN and attr not in ("__dict__", "__getattr__")
        else:
            refused = self._is_strange(attr) or (attr in self.names and attr not in self.members)
        if refused:
            yield attr

    def _is_strange(self, attr: str) -> bool:
        return attr in OPEN or attr in _INSIDES or (is_private(attr) and attr not in self.members)

    def _full_name(self, path: str, dynamic: bool = False) -> Iterator[str]:
        if not path.startswith("."):
            bad = bad_path(path)
            if bad is not None:
                yield bad
        parts = path.split(".")[1:]
        if dynamic and path.startswith("."):
            yield from (part for part in parts if part in self.names - self.members or part in OPEN)
        else:
            yield from (part for part in parts if part in self.names)

    def _named(self, func: ast.expr) -> str | None:
        """What a call calls: the full name of something imported, or the name of a builtin."""
        if isinstance(func, ast.Name) and func.id not in self.paths:
            return None if func.id in self.own else func.id
        return self._resolve(func)

    def _resolve(self, node: ast.expr) -> str | None:
        """The full name that a dotted expression stands for, if it begins with an imported name."""
        if isinstance(node, ast.Name):
            return self.paths.get(node.id)
        if isinstance(node, ast.Attribute):
            front = self._resolve(node.value)
            return None if front is None else f"{front}.{node.attr}"
        return None

    def _imports(self) -> Iterator[str]:
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield node.module or ""

    def _paths(self) -> dict[str, str]:
        """What the imported names, and plain second names for them, stand for."""
        paths: dict[str, str] = {}
        for node in self.nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    paths[bound_by(alias)] = alias.name if alias.asname else bound_by(alias)
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    if alias.name != "*":
                        paths[bound_by(alias)] = f"{node.module}.{alias.name}"
        self.paths = paths = {name: path for name, path in paths.items() if name not in self.own}
        for node in self.nodes:
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                path = self._resolve(node.value)
                if path is not None and path.partition(".")[0] == "torch" and self._is_module(path):
                    paths[node.targets[0].id] = path
        return paths

    @staticmethod
    def _is_module(path: str) -> bool:
        return path in ("torch", "torch.nn", "torch.nn.functional", "torch.special")

    def _definitions(self) -> Iterator[str]:
        """The functions and classes that they define; what they wrote replaces what they imported by that name."""
        for node in self.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield node.name

    def _bindings(self) -> Iterator[str]:
        """Parameters and variables."""
        for node in self.nodes:
            if isinstance(node, ast.arg):
                yield node.arg
            elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                yield node.id
            elif isinstance(node, ast.ExceptHandler) and node.name:
                yield node.name

    def _members(self) -> Iterator[str]:
        """The attributes that they define: methods, fields, what is assigned to `x.name`, and keywords of calls.

        The last stand for the fields of a namedtuple or a SimpleNamespace.
        """
        for node in self.nodes:
            if isinstance(node, ast.ClassDef):
                for child in node.body:
                    match child:
                        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                            yield name
                        case ast.AnnAssign(target=ast.Name(id=name)):
                            yield name
                        case ast.Assign(targets=targets):
                            yield from (target.id for target in targets if isinstance(target, ast.Name))
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                yield node.attr
            elif isinstance(node, ast.keyword) and node.arg:
                yield node.arg
            elif isinstance(node, ast.Call) and self._named(node.func) == "collections.namedtuple":
                for constant in ast.walk(node):
                    if isinstance(constant, ast.Constant) and isinstance(constant.value, str):
                        yield from constant.value.replace(",", " ").split()


def _is_self(value: ast.expr) -> bool:
    """`self`, `cls`, and autograd's `ctx`; and `super()`."""
    if isinstance(value, ast.Call):
        value = value.func
        return isinstance(value, ast.Name) and value.id == "super"
    return isinstance(value, ast.Name) and value.id in ("self", "cls", "ctx")
