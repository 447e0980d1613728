"""What every loss invites: a word misheard, losses put together wrongly, arguments that are not listened to."""

from __future__ import annotations

import pytest
import torch
from torch import nan, tensor

from coursekit.exercise import (
    REDUCTIONS,
    Exercise,
    Mistakes,
    always_float32,
    argument_fixed,
    detached,
    keras_means,
    of_value,
    other_default,
    reduced,
    shapes_broadcast,
    usual_mistakes,
    wider_dtype,
    with_defaults,
    wrong_words,
)

LOSSES = torch.tensor([1.0, 2.0, 6.0])


def loss(input, reduction="mean"):
    return reduced(input, reduction)


def mistakes(spec):
    exercise = Exercise("loss", spec, "idea", ("hint",))
    wrong_words(exercise.misconceptions, "my_")
    return {m.name: m.function for m in exercise.misconceptions}


def test_three_words():
    """The losses, their sum, and their sum divided by their number or by what is given."""
    assert reduced(LOSSES, "none") is LOSSES
    assert [reduced(LOSSES, word).item() for word in ("sum", "mean")] == [9, 3]
    assert reduced(LOSSES, "mean", torch.tensor(2.0)) == 4.5
    with pytest.raises(ValueError, match="'batchmean' is no reduction"):
        reduced(LOSSES, "batchmean")


@pytest.mark.parametrize(
    ("name", "call", "means"),
    [
        ("my_always_sum", {"reduction": "mean"}, "sum"),
        ("my_always_sum", {}, "sum"),
        ("my_unknown_is_sum", {"reduction": "median"}, "sum"),
        ("my_unknown_is_sum", {"reduction": "none"}, "none"),
        ("my_unknown_is_sum", {}, "mean"),
        ("my_default_is_none", {}, "none"),
        ("my_default_is_none", {"reduction": "sum"}, "sum"),
    ],
)
def test_a_word_misheard(name, call, means):
    """Each mistake hears its own word, by name or by place, and is right about the others."""
    wrong = mistakes(loss)[name]
    assert torch.equal(wrong(LOSSES, **call), reduced(LOSSES, means))
    assert torch.equal(wrong(LOSSES, *call.values()), reduced(LOSSES, means))


def test_another_default_is_no_mistake_where_none_is_right():
    """Only of a loss whose default is the mean is another default wrong."""
    kinds = {name.removeprefix("my_").rpartition("_")[0] for name in mistakes(lambda x, reduction="none": x)}
    assert kinds == {"always", "unknown_is"}
    assert len(mistakes(loss)) == 2 * len(REDUCTIONS) + 2


# ---- what is made of the losses ----------------------------------------------------------------------------------

TABLE = tensor([[1.0, 2.0, 0.0], [6.0, 0.0, 3.0]])
HOLE = tensor([[nan, 1.0]])
NONE = torch.empty(0, 3)


def same(value, expected) -> bool:
    return torch.equal(value.nan_to_num(-1), torch.as_tensor(expected, dtype=value.dtype).nan_to_num(-1))


@pytest.mark.parametrize(
    ("name", "losses", "word", "expected"),
    [
        ("mean_of_row_sums", TABLE, "mean", 6),
        ("mean_of_row_sums", LOSSES, "mean", 3),
        ("mean_of_row_sums", TABLE, "none", TABLE),
        ("mean_of_last", TABLE, "mean", [1, 3]),
        ("mean_of_last", TABLE, "sum", 12),
        ("sum_of_last", TABLE, "sum", [3, 9]),
        ("sum_of_last", TABLE, "mean", 2),
        ("none_averages", TABLE, "none", [1, 3]),
        ("none_averages", TABLE, "mean", 2),
        ("divided_twice", TABLE, "mean", 1),
        ("divided_twice", TABLE, "sum", 12),
        ("divided_twice", tensor(6.0), "mean", 6),
        ("divided_twice", NONE, "mean", nan),
        ("empty_is_zero", NONE, "mean", 0),
        ("empty_is_zero", HOLE, "mean", nan),
        ("nan_hidden", HOLE, "mean", 0.5),
        ("nan_hidden", HOLE, "none", [[0, 1]]),
        ("nan_skipped", HOLE, "mean", 1),
        ("nan_skipped", HOLE, "sum", 1),
        ("nan_skipped", NONE, "mean", nan),
        ("mean_of_active", TABLE, "mean", 3),
        ("mean_of_active", TABLE, "sum", 12),
        ("mean_of_active_or_zero", TABLE, "mean", 3),
        ("mean_of_active_or_zero", 0 * TABLE, "mean", 0),
        ("mean_of_active_or_zero", TABLE, "none", TABLE),
        ("always_float32", TABLE.double(), "mean", 2),
    ],
)
def test_losses_put_together_wrongly(name, losses, word, expected):
    """Each mistake is made where its sentence says so, and nowhere else."""
    wrong = Mistakes(loss)
    usual_mistakes(wrong, name, prefix="my_")
    (mistake,) = wrong
    value = mistake.function(losses, word)
    assert same(value, expected)
    assert value.dtype == torch.float32
    assert mistake.name == f"my_{name}"


def test_words_of_the_topics_own():
    """A topic may say it in its own words, and what else it covers."""
    wrong = Mistakes(loss)
    usual_mistakes(wrong, "nan_hidden", mean_of_last="By row.", divided_twice=("Twice.", "R9"), always_float32="")
    usual = Mistakes(loss)
    usual_mistakes(usual, "nan_hidden", "always_float32")
    assert [(each.name, each.explanation, each.covers) for each in wrong] == [
        ("nan_hidden", usual[0].explanation, ""),
        ("mean_of_last", "By row.", ""),
        ("divided_twice", "Twice.", "R5 R9"),
        ("always_float32", usual[1].explanation, ""),
    ]


# ---- arguments and results ---------------------------------------------------------------------------------------


def weighted(input, target, weight=None, scale=1.0):
    losses = scale * (input - target)
    return losses if weight is None else weight * losses


ONE, TWO = tensor([1.0, 5.0]), tensor([3.0, 2.0])


def test_arguments_that_are_not_listened_to():
    """One that is always the same, one with another default, one that no gradient reaches."""
    wrong = Mistakes(weighted)
    argument_fixed(wrong, "fixed", "It is 3.", covers="F1", scale=3.0)
    other_default(wrong, "default", "It is 2.", covers="F2", scale=2.0)
    detached(wrong, "weight", "Nothing.", covers="F3")
    detached(wrong, "input", "Nothing.", "cut")
    fixed, default, weight, cut = (each.function for each in wrong)
    assert [each.name for each in wrong] == ["fixed", "default", "weight_detached", "cut"]
    assert [each.covers for each in wrong] == ["F1", "F2", "F3", ""]
    assert [same(fixed(ONE, TWO, **flags), 3 * (ONE - TWO)) for flags in ({}, {"scale": 7.0})] == [True, True]
    assert same(default(ONE, TWO), 2 * (ONE - TWO))
    assert same(default(ONE, TWO, scale=7.0), 7 * (ONE - TWO))
    x, w = ONE.clone().requires_grad_(), TWO.clone().requires_grad_()
    assert torch.autograd.grad(weight(x, TWO, w).sum(), (x, w), allow_unused=True)[1] is None
    assert torch.autograd.grad(cut(x, TWO, w).sum(), (x, w), allow_unused=True)[0] is None
    assert same(weight(ONE, TWO, None), ONE - TWO)


def test_dtypes_and_shapes_that_are_not_kept():
    """A result in float32, one in the wider dtype of two, and shapes that broadcast."""
    wrong = Mistakes(weighted)
    always_float32(wrong)
    wider_dtype(wrong)
    shapes_broadcast(wrong, "spread", "It broadcasts.", covers="S1")
    narrow, wide, spread = wrong
    assert [each.name for each in wrong] == ["always_float32", "wider_dtype", "spread"]
    assert narrow.function(ONE.double(), TWO.double()).dtype == torch.float32
    assert wide.function(ONE.double(), TWO).dtype == torch.float64
    assert same(spread.function(ONE[:, None], TWO, scale=2.0), 2 * (ONE[:, None] - TWO))
    assert spread.covers == "S1"


def test_means_of_keras():
    """Other reductions than Keras's own, in the place of its mean over the last dimension."""
    wrong = Mistakes(lambda losses: losses.mean(-1))
    keras_means(wrong, lambda formula: formula, "Nothing is averaged.")
    values = {each.name: each.function(TABLE) for each in wrong}
    assert all(map(same, values.values(), [2, TABLE, [3, 9], [3.5, 1, 1.5]]))
    assert list(values) == ["mean_of_all", "not_averaged", "sum_of_row", "mean_of_batch"]
    assert wrong[1].explanation == "Nothing is averaged."


def test_what_formulas_are_given():
    """All arguments of the spec with its defaults, or its value."""
    wrong = Mistakes(weighted)
    all_of_them = with_defaults(wrong)(lambda *args, **flags: (args, flags))
    assert all_of_them(ONE, target=TWO) == ((ONE, TWO, None, 1.0), {})
    assert same(of_value(wrong)(lambda value: -value)(ONE, TWO, scale=2.0), 2 * (TWO - ONE))
