"""The word `reduction`: what it means, and the eight ways to mishear it."""

from __future__ import annotations

import pytest
import torch

from coursekit.exercise import REDUCTIONS, Exercise, reduced, wrong_words

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
