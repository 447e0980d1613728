"""Whose values a piece of code changes: by how it is written, one small piece after another."""

from __future__ import annotations

import ast

import pytest

from coursekit.jail.inside.effects import changed_by

CODE: dict[str, list[str]] = {
    "x[0] = 1": ["x"],
    "x.y = 1": ["x"],
    "x.y['z'].w = 1": ["x"],
    "f(x).y = 1": [],
    "x += 1": ["x"],
    "x.y += 1": ["x"],
    "x.append(1)": ["x", "x"],
    "y = x.append(1)": ["x"],
    "y = x.pop()": ["x"],
    "y = x.count(1)": [],
    "y = torch.add(a, b, out=c)": ["torch", "a", "c"],
    "y = f(a, other=c)": [],
    "x.__class__ = 1": [],
    "del x[0]": ["x"],
    "del x": [],
    "setattr(x, 'a', 1)": ["x"],
    "y = init.zeros_(w)": ["w"],
    "y = f.__call__(w)": [],
    "y = zeros_()": [],
    "y = f_(w)": ["w"],
    "y = f(w)": [],
    "def f():\n    x[0] = 1": ["x"],
    "y: int = x": [],
    "y = [x.pop() for _ in z]": ["x"],
    "f(x)": [],
}


@pytest.mark.parametrize("code", CODE)
def test_what_is_changed(code):
    """The names, as often as they are found; rather one too many than one too few."""
    assert list(changed_by(ast.parse(code).body)) == CODE[code]
