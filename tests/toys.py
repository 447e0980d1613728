"""A toy exercise and a toy course, so that a test of the machinery depends on no lesson."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from coursekit.course import colab, stubs
from coursekit.course.syllabus import Topic
from coursekit.exercise import Exercise, same_dtype, same_gradient, same_value

HONEST = "def double(x):\n    return 2 * x\n"

SOLUTION = '''"""Toys: exercises to test with."""

import torch
from torch import Tensor

FACTOR = 2


def double(x: Tensor) -> Tensor:
    """Twice x."""
    # BEGIN SOLUTION
    return FACTOR * x
    # END SOLUTION


def triple(x: Tensor) -> Tensor:
    """Three times x."""
    # BEGIN SOLUTION
    # once more than twice

    return double(x) + x
    # END SOLUTION
'''


def twice(x: Tensor) -> Tensor:
    return x + x


def thrice(x: Tensor) -> Tensor:
    return x + x + x


def make_double(*forbids: str) -> Exercise:
    """Twice x: three core checks worth 3 points, one parity check worth 1, three known mistakes.

    Unless something is forbidden, an answer may use what it likes: so tests of the jail meet the jail, and not the
    rule that an answer is by hand.
    """
    double = Exercise(
        "double",
        twice,
        points=3,
        parity_points=1,
        forbids=forbids,
        idea="Twice is once more.",
        hints=("Add it to something.", "To itself."),
        twin=lambda x: x.mul(2),
    )

    @double.check
    def one_number(f, rng):
        """One number

        Think of a pair.
        """
        same_value(f, twice, torch.tensor(3.0))

    @double.check
    def many_numbers(f, rng):
        """Many numbers

        Work element
        by element.
        """
        same_value(f, twice, torch.tensor(rng.integers(6, 99, size=3) / 2, dtype=torch.float32))

    @double.check
    def slope(f, rng):
        """The gradient"""
        same_gradient(f, twice, torch.tensor([1.0, -5.0]))

    @double.parity
    def precision(f, rng):
        """float32 stays float32"""
        same_dtype(f, twice, torch.tensor([5.0]))

    @double.misconception("This is the square.")
    def squared(x):
        return x * x

    @double.misconception("This adds two.")
    def two_more(x):
        return x + 2

    @double.misconception("This is one number for all.")
    def total(x):
        return 2 * x.sum()

    return double


def make_triple() -> Exercise:
    """Three times x: one check."""
    triple = Exercise("triple", thrice, idea="Thrice is twice and once.", hints=("Use double.",))

    @triple.check
    def several(f, rng):
        """Several numbers"""
        same_value(f, thrice, torch.tensor([1.0, -2.0]))

    return triple


def short(value: object) -> str | None:
    """What names a case of a table: the same in every process, and short."""
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    if not isinstance(text, str):
        return None
    return text if len(text) < 40 and text.isprintable() else f"{len(text)} characters"


def lesson(topic: Topic) -> Iterator[dict[str, Any]]:
    """The cells of a notebook that is ready to be shipped."""
    yield {"cell_type": "markdown", "metadata": {}, "source": "# Toys"}
    yield code("from coursekit import check", 1)
    for at, exercise in enumerate(topic.exercises):
        name = exercise.name
        yield code(stubs.stub(topic, name).rstrip(), 2 + 2 * at, metadata={"coursekit": {"exercise": name}})
        yield code(f"check({name})", 3 + 2 * at, shown=f"{name}: not attempted yet (0 of 1 points)")
    # at the end, so that tests may count from the title on
    yield {**code(colab.SOURCE, 2 + 2 * len(topic.exercises), metadata=colab.METADATA), "id": colab.NAME}


def code(
    source: str, count: int | None = None, shown: str = "", metadata: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A code cell, with what it showed if anything."""
    result = {"output_type": "execute_result", "data": {"text/plain": shown}, "metadata": {}, "execution_count": count}
    return {
        "cell_type": "code",
        "execution_count": count,
        "metadata": metadata or {},
        "outputs": [result] if shown else [],
        "source": source,
    }


def write_notebook(path: Path, *cells: dict[str, Any]) -> Path:
    """A notebook file of these cells."""
    names = [colab.NAME if cell.get("id") == colab.NAME else f"cell-{at}" for at, cell in enumerate(cells)]
    numbered = [{**cell, "id": name} for name, cell in zip(names, cells, strict=True)]
    content = {"cells": numbered, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path
