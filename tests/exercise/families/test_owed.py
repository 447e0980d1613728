"""What every loss owes: each check passes what is right, and fails the one thing that it is about."""

from __future__ import annotations

import numpy as np
import pytest
from torch import tensor

from coursekit.exercise import (
    Exercise,
    Failure,
    Function,
    dtype_of_y_pred,
    each_reduction,
    keeps_dtype,
    no_elements,
    reduced,
    scaled_gradient,
    unknown_word,
)
from coursekit.report import Tier
from coursekit.wire.answering import answer


def loss(input, target, reduction="mean"):
    return reduced((input - target) ** 2, reduction)


def of_keras(y_true, y_pred):
    return ((y_true.to(y_pred.dtype) - y_pred) ** 2).mean(-1)


def draw(rng):
    return tensor([1.0, 3.0]), tensor([0.5, rng.integers(9)])


def fails(add, function, spec=loss, **more) -> bool:
    """Whether the check that `add` adds fails this function."""
    exercise = Exercise("loss", spec, "idea", ("hint",))
    add(exercise, draw, **more)
    (check,) = exercise.checks
    try:
        check.run(Function("loss", (), lambda question: answer(function, question)), np.random.default_rng(0))
    except Failure:
        return True
    return False


def deaf(input, target, reduction="mean"):
    return loss(input, target, reduction if reduction in ("none", "sum") else "mean")


def zero_of_nothing(input, target, reduction="mean"):
    return loss(input, target, reduction).nan_to_num()


def plain_gradient(input, target, reduction="mean"):
    value = loss(input, target, reduction)
    return value.detach() + (value - value.detach()) / 3


@pytest.mark.parametrize(
    ("add", "wrong", "more"),
    [
        (keeps_dtype, lambda *args: loss(*args).float(), {}),
        (keeps_dtype, lambda *args: loss(*args).double(), {}),
        (keeps_dtype, lambda *args: loss(*args).float(), {"anew": True}),
        (scaled_gradient, plain_gradient, {}),
        (scaled_gradient, lambda input, target: loss(input, target.detach()), {"wrt": (1,)}),
        (each_reduction, lambda *args, reduction="mean": loss(*args), {"words": "Words"}),
        (
            each_reduction,
            lambda *args, reduction="sum": loss(*args, reduction),
            {"words": "Words", "reductions": [None]},
        ),
        (no_elements, zero_of_nothing, {}),
        (unknown_word, deaf, {}),
    ],
)
def test_each_check_fails_what_it_is_about(add, wrong, more):
    """And passes what is right."""
    assert not fails(add, loss, **more)
    assert fails(add, wrong, **more)


def test_dtype_of_y_pred():
    """A loss of Keras's is asked with y_true in its own dtype, in float64 and in others."""
    kinds = {"kinds": lambda y_true: [y_true.int()]}
    assert not fails(dtype_of_y_pred, of_keras, of_keras, **kinds)
    assert fails(dtype_of_y_pred, lambda t, p: ((t - p) ** 2).mean(-1), of_keras, kinds=lambda y_true: [])
    assert fails(dtype_of_y_pred, lambda t, p: of_keras(t, p) + (not t.is_floating_point()), of_keras, **kinds)


@pytest.mark.parametrize("anew", [False, True])
def test_numbers_anew(anew):
    """float64 is asked about the numbers of float32, unless it is to have its own."""
    drawn = []
    exercise = Exercise("loss", loss, "idea", ("hint",))
    keeps_dtype(exercise, lambda rng: drawn.append(draw(rng)) or drawn[-1], anew=anew)
    exercise.checks[0].run(Function("loss", (), lambda q: answer(loss, q)), np.random.default_rng(0))
    assert len(drawn) == 1 + anew


def test_what_they_are_called():
    """The family's name or the exercise's own, the tier, title and help."""
    exercise = Exercise("loss", loss, "idea", ("hint",))
    keeps_dtype(exercise, draw)
    keeps_dtype(exercise, draw, "It stays\n\nHelp\nfor it.", "stays")
    each_reduction(exercise, draw, "Three words")
    each_reduction(exercise, draw, "Two", tier=Tier.PARITY)
    no_elements(exercise, draw)
    unknown_word(exercise, draw)
    scaled_gradient(exercise, draw, name="slope")
    assert [(check.name, check.tier.value) for check in exercise.checks] == [
        ("keeps_dtype", "parity"),
        ("stays", "parity"),
        ("each_reduction", "core"),
        ("each_reduction", "parity"),
        ("no_elements", "parity"),
        ("unknown_word", "parity"),
        ("slope", "parity"),
    ]
    assert (exercise.checks[1].title, exercise.checks[1].help) == ("It stays", "Help for it.")
