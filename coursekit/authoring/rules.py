"""What can be made wrong in one place of a solution: a rule for each kind of expression and of statement.

Each rule is a slip that somebody might make, and none asks whether it matters there: that is for the checks to say.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

Text = Callable[[ast.AST], str]  # how a node is written

# Steps that can be left out: what they are called on is of the same kind as what they give
_LEFT_OUT = {
    *("abs", "clamp", "clone", "contiguous", "detach", "double", "exp", "flip", "float", "log", "log1p", "log2"),
    *("logcumsumexp", "masked_fill", "nan_to_num", "relu", "roll", "sigmoid", "sign", "softplus", "sqrt", "square"),
    *("squeeze", "to", "transpose", "unsqueeze", "where"),
}
_TAKEN_FOR = {
    **{"sum": "mean", "mean": "sum", "amax": "amin", "amin": "amax", "any": "all", "all": "any", "max": "min"},
    **{"min": "max", "zeros_like": "ones_like", "ones_like": "zeros_like", "new_zeros": "new_ones"},
    **{"maximum": "minimum", "minimum": "maximum", "log": "log2", "log2": "log", "cumsum": "cumprod"},
}
_OVER_AXES = ("sum", "mean", "amax", "amin")  # of all elements where no axis is said
_SIGNS: dict[type[ast.AST], str] = {
    **{ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=", ast.Is: "is"},
    **{ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in", ast.Add: "+", ast.Sub: "-", ast.Mult: "*"},
    **{ast.Div: "/", ast.BitAnd: "&", ast.BitOr: "|"},
}
_TURNED = {
    **{"<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="), ">=": (">", "<"), "==": ("!=",), "!=": ("==",)},
    **{"is": ("is not",), "is not": ("is",), "in": ("not in",), "not in": ("in",), "+": ("-",), "-": ("+",)},
    **{"*": ("/",), "/": ("*",), "&": ("|",), "|": ("&",)},
}
_WORDS = {"inf": "1e9", "pi": "3.0", "eps": "tiny", "tiny": "eps", "float64": "float32", "float32": "float64"}
_SMALL = 1e-3  # a positive number below this is an eps


def changes(node: ast.AST, text: Text) -> Iterator[tuple[ast.AST, str]]:
    """What can be made wrong in this very node: what is replaced, and by what."""
    match node:
        case ast.Compare(left=left, ops=ops, comparators=rights):
            for at, op in enumerate(ops):
                for other in _TURNED[_SIGNS[type(op)]]:
                    signs = [other if at == n else _SIGNS[type(same)] for n, same in enumerate(ops)]
                    parts = [f" {sign} {_operand(right, text)}" for sign, right in zip(signs, rights, strict=True)]
                    yield node, _operand(left, text) + "".join(parts)
        case ast.BoolOp(op=op, values=values):
            yield node, f" {'or' if isinstance(op, ast.And) else 'and'} ".join(f"({text(value)})" for value in values)
            yield from ((node, text(value)) for value in values)
        case ast.BinOp(left=left, op=op, right=right):
            one, other = _operand(left, text), _operand(right, text)
            yield from ((node, f"{one} {sign} {other}") for sign in _turned(op))
            yield node, text(left)
            if not isinstance(op, ast.Div | ast.Sub | ast.Pow):
                yield node, text(right)
        case ast.AugAssign(target=target, op=op, value=value):
            yield from ((node, f"{text(target)} {sign}= {text(value)}") for sign in _turned(op))
            yield node, "pass"
        case ast.UnaryOp(operand=operand):
            yield node, text(operand)
        case ast.Constant(value=value):
            yield from ((node, repr(other)) for other in _other_constants(value))
        case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
            yield from ((test, word) for word in ("True", "False"))
        case ast.comprehension(ifs=tests):
            yield from ((test, "True") for test in tests)
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in _names(value):
            yield node, "pass"
        case ast.Assign(targets=[ast.Subscript()]) | ast.Expr(value=ast.Call()) | ast.Continue() | ast.Break():
            yield node, "pass"
        case ast.Subscript(value=value, slice=ast.Tuple(elts=[one, other])) if _is_none(one) != _is_none(other):
            yield node, f"{text(value)}[{text(other)}, {text(one)}]"
        case ast.Slice(lower=lower, upper=upper):
            yield from ((node, text(node).replace(text(part), "", 1)) for part in (lower, upper) if part)
        case ast.Attribute(value=value, attr=attr) if attr in ("T", "mT"):
            yield node, text(value)
        case ast.Attribute(value=value, attr=attr) if attr in _WORDS:
            yield node, _WORDS[attr] if _WORDS[attr][0].isdigit() else f"{text(value)}.{_WORDS[attr]}"
        case ast.Call():
            yield from ((node, after) for after in _other_calls(node, text))


def _turned(op: ast.operator) -> tuple[str, ...]:
    return _TURNED.get(_SIGNS.get(type(op), ""), ())


def _operand(node: ast.expr, text: Text) -> str:
    return f"({text(node)})" if isinstance(node, ast.BinOp | ast.BoolOp | ast.Compare | ast.IfExp) else text(node)


def _names(node: ast.AST) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _other_constants(value: Any) -> Iterator[Any]:
    """Numbers that somebody might have written in the place of one; an eps is ten times as large, a tenth, or none."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value + 1, value - 1)
    elif isinstance(value, float) and 0 < value < _SMALL:
        yield from (value * 10, value / 10, 0.0)
    elif isinstance(value, float):
        yield value + 1


# ---- calls -------------------------------------------------------------------------------------------------------


def _other_calls(call: ast.Call, text: Text) -> Iterator[str]:
    """What a call can be made into. `x.abs()` and `torch.abs(x)` are the same to all rules."""
    function = call.func
    arguments = [text(argument) for argument in call.args]
    flags = {word.arg or "": text(word.value) for word in call.keywords}
    rest = ", ".join(map(text, [*call.args, *call.keywords]))
    if isinstance(function, ast.Name):
        if function.id == "len":
            yield f"{_bracketed(call.args[0], text)}.numel()"
        elif function.id in _TAKEN_FOR:
            yield f"{_TAKEN_FOR[function.id]}({rest})"
        elif len(arguments) > 1:
            yield f"{function.id}({', '.join([arguments[1], arguments[0], *arguments[2:], *map(text, call.keywords)])})"
        for word in call.keywords:
            others = [part for part in [*call.args, *call.keywords] if part is not word]
            yield f"{function.id}({', '.join(map(text, others))})"
        return
    if not isinstance(function, ast.Attribute):
        return
    name, on = function.attr, text(function.value)
    if name in _TAKEN_FOR:
        yield f"{_bracketed(function.value, text)}.{_TAKEN_FOR[name]}({rest})"
    module = on in ("torch", "torch.nn.functional", "F", "math", "torch.linalg", "torch.special")
    x = (_bracketed(call.args[0], text) if call.args else "") if module else _bracketed(function.value, text)
    arguments = arguments[1:] if module else arguments
    if on == "math" or not x:
        return
    if name in _OVER_AXES and (arguments or flags):
        yield f"{x}.{name}()"
    elif name in _OVER_AXES:
        yield f"{x}.{name}(-1)"
    if name == "numel":
        yield f"len({x})"
    if name == "where" and module and len(arguments) == 2:
        yield from arguments
        yield f"torch.where({text(call.args[0])}, {arguments[1]}, {arguments[0]})"
    elif name in _LEFT_OUT:
        yield x
    if name in _KINKS:
        yield from _KINKS[name](x, *arguments, **flags)


def _bracketed(node: ast.AST, text: Text) -> str:
    """An expression after which a dot may stand."""
    simple = isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript)
    return text(node) if simple else f"({text(node)})"


# ---- other slopes at a kink, other protection at a pole ----------------------------------------------------------


def _abs(x: str) -> Iterator[str]:
    yield f"torch.where({x} >= 0, {x}, -{x})"
    yield f"torch.where({x} > 0, {x}, -{x})"
    yield f"{x}.square().sqrt()"


def _clamp(x: str, *bounds: str, **flags: str) -> Iterator[str]:
    low, high = ([*bounds, "", ""])[:2]
    low, high = flags.get("min", low), flags.get("max", high)
    for sign, bound in ((">", low), ("<", high)):
        if bound:
            yield f"torch.where({x} {sign} {bound}, {x}, {bound})"
    if low and high:
        yield from (f"{x}.clamp(min={low})", f"{x}.clamp(max={high})")
    yield f"({x} + ({x}.clamp(min={low or None}, max={high or None}) - {x}).detach())"
    if low and not high:
        yield f"({x} + {low})"


def _larger(sign: str) -> Callable[[str, str], Iterator[str]]:
    def larger(x: str, y: str) -> Iterator[str]:
        yield from (f"torch.where({x} {sign}{equal} {y}, {x}, {y})" for equal in ("", "="))

    return larger


def _extreme(name: str) -> Callable[..., Iterator[str]]:
    """The slope of ties: shared between all, or for one alone."""

    def extreme(x: str, *dims: str, **flags: str) -> Iterator[str]:
        dim = dims[0] if dims else flags.get("dim", "")
        keep = flags.get("keepdim", "False")
        yield f"{x}.{name}(dim={dim}, keepdim={keep}).values" if dim else f"{x}.flatten().{name}(0).values"

    return extreme


def _softplus(x: str) -> Iterator[str]:
    yield f"({x}.clamp(min=0) + torch.log1p(torch.exp(-{x}.abs())))"
    yield f"({x}.relu() + torch.log1p(torch.exp(-{x}.abs())))"
    yield f"torch.log1p({x}.exp())"


def _logsumexp(x: str, *dims: str, **flags: str) -> Iterator[str]:
    axes = ", ".join([*dims, *(f"{name}={value}" for name, value in flags.items())])
    yield f"{x}.exp().sum({axes}).log()"


def _log_softmax(x: str, dim: str = "", **flags: str) -> Iterator[str]:
    dim = dim or flags.get("dim", "-1")
    yield f"{x}.softmax({dim}).log()"
    yield f"({x} - {x}.exp().sum({dim}, keepdim=True).log())"


def _pole(name: str) -> Callable[..., Iterator[str]]:
    def pole(x: str, *arguments: str, **flags: str) -> Iterator[str]:
        if not (arguments or flags):
            yield from (f"({x} + 1e-6).{name}()", f"{x}.clamp(min=1e-6).{name}()")

    return pole


def _sign_of(x: str) -> Iterator[str]:
    yield from (f"(2.0 * ({x} {sign} 0) - 1)" for sign in (">", ">="))


def _relu(x: str) -> Iterator[str]:
    yield from (f"{x}.clamp(min=0)", f"torch.where({x} >= 0, {x}, 0.0)")


def _sigmoid(x: str) -> Iterator[str]:
    yield f"(1 / (1 + torch.exp(-{x})))"
    yield f"({x}.exp() / (1 + {x}.exp()))"


def _norm(x: str, **flags: str) -> Iterator[str]:
    axes = ", ".join(f"{name}={value}" for name, value in flags.items() if name != "ord")
    yield f"{x}.square().sum({axes}).sqrt()"


_KINKS: dict[str, Callable[..., Iterator[str]]] = {
    **{"abs": _abs, "clamp": _clamp, "maximum": _larger(">"), "minimum": _larger("<"), "amax": _extreme("max")},
    **{"amin": _extreme("min"), "softplus": _softplus, "logsumexp": _logsumexp, "log_softmax": _log_softmax},
    **{"log": _pole("log"), "sqrt": _pole("sqrt"), "reciprocal": _pole("reciprocal"), "rsqrt": _pole("rsqrt")},
    **{"sign": _sign_of, "relu": _relu, "sigmoid": _sigmoid, "vector_norm": _norm, "norm": _norm},
}
