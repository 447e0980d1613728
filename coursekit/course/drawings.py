"""Which cells of a lesson do nothing but draw: their source is folded, so that the ideas stand next to each other.

A learner who wants to know how a picture was made opens it with a click; whoever follows the lesson sees the picture.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

_SHORT = 6  # lines that are in nobody's way
_TOLD = {"print", "predict", "check", "hint", "solution"}  # what says something: its code is part of the lesson


def fold(cells: Sequence[Any]) -> None:
    """Folds the source of every cell that only draws, for JupyterLab, for Colab and for sites made of notebooks."""
    for cell in cells:
        if cell.cell_type == "code" and draws(cell.source):
            cell.metadata.setdefault("jupyter", {})["source_hidden"] = True
            cell.metadata["cellView"] = "form"
            tags = cell.metadata.setdefault("tags", [])
            if "hide-input" not in tags:
                tags.append("hide-input")


def draws(source: str) -> bool:
    """Whether code ends in a picture, or defines what draws one on its first argument `ax`; and says nothing."""
    if len(source.splitlines()) <= _SHORT:
        return False
    try:
        body = ast.parse(source).body
    except SyntaxError:  # a line for the shell
        return False
    if any(isinstance(node, ast.Assert) or _calls(node) in _TOLD for part in body for node in ast.walk(part)):
        return False
    if _calls(getattr(body[-1], "value", None)) == "show":
        return True
    *before, last = body
    parts = before if _calls(getattr(last, "value", None)) == "explore" else body
    return any(map(_is_drawing, parts)) and all(_is_drawing(part) or isinstance(part, ast.Assign) for part in parts)


def _calls(node: Any) -> str:
    """The name of what is called, if it is a call of a plain name."""
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""


def _is_drawing(part: ast.stmt) -> bool:
    return isinstance(part, ast.FunctionDef) and bool(part.args.args) and part.args.args[0].arg == "ax"
