"""A cell with broken statements: what is left of it, and how long that is tried."""

from __future__ import annotations

import ast

import pytest

from coursekit.jail.inside import cells


@pytest.mark.parametrize(
    ("text", "left", "broken"),
    [
        ("x = 1", ["x = 1"], 0),
        ("x = 1\nx = = 2\ny = 3", ["x = 1", "y = 3"], 1),
        ("if x:\ny = 2", ["y = 2"], 1),  # what is Python by itself is not to blame for what is above it
        ("@one\n@two\ndef f(:\n    pass\nelse:\n    pass\nz = 1", ["z = 1"], 1),
        ("def f():\n    return (\n\nz = 1\n", ["z = 1"], 1),
        ("%time x = 1\ny = '5%%'", None, 0),
        ("%%time\nx = '5%%'", ["x = '5%%'"], 0),
        ("\ufeffx = 1\r\ny = 2\rz = 3", ["x = 1", "y = 2", "z = 3"], 0),
        ("x = 1\0", [], 1),
        *(("x = = 1\n" * many + "y = 1", left, many) for many, left in ((19, ["y = 1"]), (20, []))),
        ("x = = 1\n" * 30 + "y = 1", [], 20),
    ],
    ids=str,
)
def test_what_is_left(text: str, left: list[str] | None, broken: int):
    """All but what is broken, and nothing where that is too much; each error is told."""
    found, shown, errors = cells.statements(text)
    assert len(errors) == broken
    assert left is None or [ast.unparse(node) for node in found] == left
    assert [ast.get_source_segment(shown, node) for node in found if isinstance(node, ast.Assign)] == [
        ast.unparse(node) for node in found if isinstance(node, ast.Assign)
    ]
    assert left is not None or ast.unparse(found[-1]) == "y = '5%%'"


@pytest.mark.parametrize(
    ("at", "place"), [(0, (0, 2)), (1, (0, 2)), (3, (2, 6)), (5, (2, 6)), (6, (6, 7)), (7, (7, 8))]
)
def test_where_a_statement_is(at: int, place: tuple[int, int]):
    """From its first line, or its decorators, to where the next one begins."""
    lines = ["if x:", "    y", "@one", "def f():", "", "# more", "z = 1", "w"]
    assert cells._statement_at(lines, at) == place
