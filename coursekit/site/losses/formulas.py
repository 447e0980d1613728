"""A formula of the table of losses, which is a line of Python, as LaTeX.

So a formula on a page is the one that was run, and cannot be another. What has no good look as LaTeX (a slice with
`None`, say) raises `NoFormulaError`: its page shows the line alone.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

# By how tightly a piece holds together: what stands in a looser one gets parentheses
_SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(5)
_Piece = tuple[str, int]

_NAMES = {"beta": r"\beta", "delta": r"\delta", "ln_2pi": r"\ln 2\pi", "inf": r"\infty"}
_COMPARED = {ast.Lt: "<", ast.LtE: r"\le", ast.Gt: ">", ast.GtE: r"\ge", ast.Eq: "=", ast.NotEq: r"\ne"}
_CALLED = {
    "log": r"\ln",
    "softmax": r"\operatorname{softmax}",
    "log_softmax": r"\ln\operatorname{softmax}",
    "sigmoid": r"\sigma",
    "softplus": r"\operatorname{softplus}",
    "sign": r"\operatorname{sign}",
    "tanh": r"\tanh",
    "cosh": r"\cosh",
    "cos": r"\cos",
    "lse": r"\operatorname{lse}",
    "logit": r"\operatorname{logit}",
}
_OF_ALL = {
    "mean": r"\operatorname{mean}",
    "max": r"\max",
    "argmax": r"\operatorname{arg\,max}",
    "median": r"\operatorname{median}",
}

# What a reader may not know by its name, for those that a formula uses
LEGEND = {
    "lse": r"$\operatorname{lse}(z) = \ln \sum_k e^{z_k}$",
    "softplus": r"$\operatorname{softplus}(x) = \ln(1 + e^x)$",
    "sigmoid": r"$\sigma(x) = 1 / (1 + e^{-x})$",
    "onehot": r"$\mathbf{1}_c$ is 1 at $c$ and 0 elsewhere",
    "cos": r"$\cos(a, b) = a \cdot b \,/\, (\lVert a \rVert \lVert b \rVert)$",
    "logit": r"$\operatorname{logit}(p) = \ln p - \ln(1 - p)$",
}


class NoFormulaError(ValueError):
    """This piece of Python has no good look as LaTeX."""


def latex(text: str) -> str:
    """The expression as LaTeX.

    Args:
        text: a line of Python, such as `lse(z) - z[c]`.

    Raises:
        NoFormulaError: it has something in it that is better read as Python.
    """
    return _piece(ast.parse(text, mode="eval").body)[0]


def legend(*texts: str) -> list[str]:
    """What the names in these lines mean, for those that a reader may not know."""
    used = {node.id for text in texts if text for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    return [words for name, words in LEGEND.items() if name in used]


def _piece(node: ast.expr) -> _Piece:
    match node:
        case ast.Constant(value=int() | float() as number):
            return f"{number:g}", _ATOM
        case ast.Name(id=name):
            return _NAMES.get(name, name if len(name) == 1 else rf"\mathit{{{name}}}"), _ATOM
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return f"-{_within(operand, _PRODUCT)}", _SIGN
        case ast.BinOp(left=left, op=op, right=right):
            return _combined(left, op, right)
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return f"[\\,{_compared(left, op, right)}\\,]", _ATOM
        case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords):
            return _called(name, args, {str(each.arg): each.value for each in keywords})
        case ast.Call(func=ast.Attribute(value=value, attr=name), args=[], keywords=[]):
            return _of_all(name, value)
        case ast.Attribute(value=value, attr="T"):
            return rf"{_within(value, _ATOM)}^\top", _ATOM
        case ast.Subscript(value=value, slice=ast.Name() | ast.BinOp() | ast.Constant() as index):
            return _indexed(value, _piece(index)[0])
        case ast.Subscript(value=value, slice=ast.Slice(lower=ast.expr() as lower, upper=None)):
            return _indexed(value, rf"\ge {_piece(lower)[0]}")
    raise NoFormulaError(ast.unparse(node))


def _within(node: ast.expr, holds: int) -> str:
    text, own = _piece(node)
    return text if own >= holds else rf"\left({text}\right)"


def _combined(left: ast.expr, op: ast.operator, right: ast.expr) -> _Piece:
    match op:
        case ast.Add():
            return f"{_within(left, _SUM)} + {_within(right, _PRODUCT)}", _SUM
        case ast.Sub():
            return f"{_within(left, _SUM)} - {_within(right, _PRODUCT)}", _SUM
        case ast.Mult():
            return rf"{_within(left, _PRODUCT)} \cdot {_within(right, _POWER)}", _PRODUCT
        case ast.MatMult():
            return rf"{_within(left, _PRODUCT)}\, {_within(right, _POWER)}", _PRODUCT
        case ast.Div():
            return rf"\frac{{{_piece(left)[0]}}}{{{_piece(right)[0]}}}", _POWER
        case ast.Pow():
            return f"{_within(left, _ATOM)}^{{{_piece(right)[0]}}}", _POWER
    raise NoFormulaError(type(op).__name__)


def _compared(left: ast.expr, op: ast.cmpop, right: ast.expr) -> str:
    if type(op) not in _COMPARED:
        raise NoFormulaError(type(op).__name__)
    return f"{_piece(left)[0]} {_COMPARED[type(op)]} {_piece(right)[0]}"


def _indexed(value: ast.expr, index: str) -> _Piece:
    match value:
        case ast.Subscript(value=ast.Name() as name, slice=ast.Name() as first):
            return rf"{_piece(name)[0]}_{{{_piece(first)[0]},\,{index}}}", _ATOM
        case ast.Name():
            return f"{_piece(value)[0]}_{{{index}}}", _ATOM
        case ast.Call() | ast.BinOp():
            return rf"\left({_piece(value)[0]}\right)_{{{index}}}", _ATOM
    raise NoFormulaError(ast.unparse(value))


def _of_all(name: str, value: ast.expr) -> _Piece:
    if name == "sum":
        return rf"\sum {_within(value, _PRODUCT)}", _PRODUCT
    if name == "norm":
        return rf"\lVert {_piece(value)[0]} \rVert", _ATOM
    if name in _OF_ALL:
        return rf"{_OF_ALL[name]} {_within(value, _ATOM)}", _POWER
    raise NoFormulaError(name)


def _called(name: str, args: list[ast.expr], named: dict[str, ast.expr]) -> _Piece:
    if name in _FORMS and not named:
        return _FORMS[name](args)
    if name == "clamp":
        return _clamped(args, named)
    if name in _CALLED and not named:
        inside = ", ".join(_piece(each)[0] for each in args)
        return rf"{_CALLED[name]}\left({inside}\right)", _POWER
    raise NoFormulaError(name)


def _clamped(args: list[ast.expr], named: dict[str, ast.expr]) -> _Piece:
    if len(args) == 3:
        value, low, high = (_piece(each)[0] for each in args)
        return rf"\min\left({high}, \max\left({low}, {value}\right)\right)", _POWER
    ((word, bound),) = named.items()
    other = {"min": r"\max", "max": r"\min"}[word]
    return rf"{other}\left({_piece(args[0])[0]}, {_piece(bound)[0]}\right)", _POWER


def _where(args: list[ast.expr]) -> _Piece:
    condition, yes, no = args
    match condition:
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            when = _compared(left, op, right)
        case _:
            raise NoFormulaError(ast.unparse(condition))
    rows = rf"{_piece(yes)[0]} & \text{{if }} {when} \\[2pt] {_piece(no)[0]} & \text{{otherwise}}"
    return rf"\begin{{cases}} {rows} \end{{cases}}", _ATOM


def _sum_over(args: list[ast.expr]) -> _Piece:
    match args:
        case [
            ast.GeneratorExp(
                elt=term,
                generators=[ast.comprehension(target=ast.Name(id=i), iter=ast.Call(args=[end]), ifs=[])],
            )
        ]:
            return rf"\sum_{{{i} < {_piece(end)[0]}}} {_within(term, _PRODUCT)}", _PRODUCT
    raise NoFormulaError("sum")


def _each(args: list[ast.expr]) -> _Piece:
    match args:
        case [ast.ListComp(elt=term, generators=[ast.comprehension(target=ast.Name(id=i), iter=ast.Name(id=all_of))])]:
            return rf"\left({_piece(term)[0]}\right)_{{{i} \in {all_of}}}", _ATOM
    raise NoFormulaError("stack")


def _only(args: list[ast.expr]) -> ast.expr:
    if len(args) != 1:
        raise NoFormulaError("several arguments")
    return args[0]


_FORMS: dict[str, Callable[[list[ast.expr]], _Piece]] = {
    "abs": lambda args: (rf"\left|{_piece(_only(args))[0]}\right|", _ATOM),
    "exp": lambda args: (f"e^{{{_piece(_only(args))[0]}}}", _POWER),
    "expm1": lambda args: (f"e^{{{_piece(_only(args))[0]}}} - 1", _SUM),
    "log1p": lambda args: (rf"\ln\left(1 + {_within(_only(args), _PRODUCT)}\right)", _POWER),
    "relu": lambda args: (rf"\max\left(0, {_piece(_only(args))[0]}\right)", _POWER),
    "onehot": lambda args: (rf"\mathbf{{1}}_{{{_piece(args[0])[0]}}}", _ATOM),
    "zeros": lambda _: ("0", _ATOM),
    "dist": lambda args: (rf"\lVert {_piece(args[0])[0]} - {_within(args[1], _PRODUCT)} \rVert", _ATOM),
    "len": lambda args: (rf"\operatorname{{len}}\left({_piece(_only(args))[0]}\right)", _POWER),
    "where": _where,
    "sum": _sum_over,
    "stack": _each,
}
