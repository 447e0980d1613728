"""What is said of a result that is not right: of its shape, and of its numbers."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, tensor

from coursekit.exercise import differences
from coursekit.exercise.differences import of_numbers, shape_help, whole
from coursekit.wire import Question

Shape = tuple[int, ...]


def plain(x: Tensor) -> Tensor:
    """A loss without a word for its reduction."""
    return x


def with_word(x: Tensor, reduction: str = "mean") -> Tensor:
    """One with it."""
    return x


ORDER = "The dimensions stand in another order: exchange them, by `.T` or `transpose`, or join along another one."
BROADCAST = "look for a broadcast of (N, 1) against (N,)"
STEPS = "Print the shapes step by step: where do they part from what you expect?"
LEFT_OVER = "A dimension is left over: which one should be summed, averaged or picked from?"
MISSING = "A dimension is missing: was more summed or picked from than should be?"


@pytest.mark.parametrize(
    ("given", "got", "expected", "said"),
    [
        ((3,), (3, 1), (3,), "A dimension of size 1 is left over: leave `keepdim` out"),
        ((3,), (3,), (1, 3), "A dimension of size 1 is missing: `keepdim=True` keeps it"),
        ((7,), (3, 2), (2, 3), ORDER),
        ((7,), (1, 3), (3, 1), ORDER),
        ((2, 3), (3,), (2,), "the one of size 2 is gone, and the one of size 3 should be: `dim=-1`."),
        ((2, 3), (2,), (3,), "the one of size 3 is gone, and the one of size 2 should be: `dim=-2`."),
        ((7,), (3,), (4,), "There is 1 entry fewer than there should be: what is left out?"),
        ((7,), (6,), (4,), "There are 2 entries more than there should be: what does not belong there?"),
        ((7,), (2, 5), (2, 3), "There are 2 entries more than there should be along dimension 1: what does not"),
        ((7,), (1, 3), (2, 3), "There is 1 entry fewer than there should be along dimension 0: what is left out?"),
        ((7,), (3, 5), (2, 4), STEPS),
        ((7,), (4, 4), (1, 4), f"Print the shapes step by step; {BROADCAST}."),
        ((7,), (5, 4), (1, 4), "There are 4 entries more than there should be along dimension 0"),
        ((7,), (3, 2), (), "It should be a single number: what is to be summed, averaged or picked from?"),
        ((7,), (4, 4), (4,), f"Every row has met every other one: {BROADCAST}"),
        ((7,), (4, 5), (4,), LEFT_OVER),
        ((7,), (5, 5), (4,), LEFT_OVER),
        ((7,), (4, 4, 4), (4,), LEFT_OVER),
        ((2, 3), (), (2, 3), "Nothing is summed or averaged here: the result has the shape of the input."),
        ((2, 3), (), (2,), "Sum, average or pick over one dimension only, `dim=-1`, and keep the others."),
        ((2, 3), (), (3,), "Sum, average or pick over one dimension only, `dim=-2`, and keep the others."),
        ((3, 3), (), (3,), MISSING),  # it may be either
        ((7,), (), (2,), MISSING),
    ],
)
def test_of_a_shape(given: Shape, got: Shape, expected: Shape, said: str):
    """Where it parts from the right one, and what to look for."""
    assert said in shape_help(plain, Question((torch.zeros(given),)), got, expected)


def test_several_inputs():
    """Each is looked at, keywords too; what has the longest shape is the input; without tensors there is none."""
    several = Question((torch.zeros(7), 3.0), {"w": torch.zeros(2, 3)})
    spec = lambda x, y, w: x  # noqa: E731
    assert "`dim=-1`, and keep the others" in shape_help(spec, several, (), (2,))
    assert "Nothing is summed" in shape_help(spec, several, (), (2, 3))
    assert shape_help(lambda x: x, Question((3.0,)), (), (2,)) == MISSING


@pytest.mark.parametrize(
    ("word", "got", "expected", "said"),
    [
        ({}, (3,), (), '`reduction="mean"` asks for a single number, and the function gave a result of shape (3,).'),
        ({"reduction": "sum"}, (3,), (), '`reduction="sum"` asks for a single number, and the function gave a result'),
        ({"reduction": "none"}, (), (3,), '`reduction="none"` asks for one loss for each, and the function gave a sin'),
        ({"reduction": "none"}, (4,), (3,), "There is 1 entry more"),
        ({"reduction": "sum"}, (), (7,), "Nothing is summed or averaged here"),
    ],
)
def test_of_the_word_for_a_reduction(word: dict[str, str], got: Shape, expected: Shape, said: str):
    """What was asked for, where one came in place of several or the other way round."""
    assert shape_help(with_word, Question((torch.zeros(7),), word), got, expected).startswith(said)


B = tensor([1.0, -2.0, 4.0])


@pytest.mark.parametrize(
    ("got", "expected", "said", "help"),
    [
        (tensor([1.0, torch.nan]), tensor([1.0, 2.0]), "NaN where it should not be", differences._NO_NUMBER),
        (tensor([1.0, torch.inf]), tensor([1.0, 2.0]), "infinite where it should not be", differences._TOO_LARGE),
        (tensor([1.0, 9.0]), tensor([1.0, torch.inf]), "a number where it should be infinite", differences._PADDED),
        (tensor([torch.nan, 9.0]), tensor([torch.nan, 1.0]), "", ""),
        (tensor([torch.inf, 9.0]), tensor([torch.inf, 1.0]), "", ""),
        (-B, B, "right but for its sign", ""),
        (B * 1.0009, B, "right to about 3 digits, and not to more", differences._ROUNDED),
        (B.double() * (1 + 9e-6), B, "right to about 5 digits, and not to more", differences._ROUNDED),
        (B.double() * (1 + 9e-7), B, "right to about 6 digits, and not to more", differences._SINGLE),
        (B * 1.009, B, "1.009 times what it should be", ""),
        (B[[2, 0, 1]], B, "made of the right numbers, in another order", ""),
        (2 * B, B, "2 times what it should be", ""),
        (tensor([0.0, 2.0, 4.0]), tensor([0.0, 1.0, 2.0]), "2 times what it should be", ""),
        (tensor([0.0, 4.0]), tensor([0.0, 2.0]), "", ""),  # of one number alone that is no rule
        (tensor([5.0, 6.0]), tensor([2.0, 2.0]), "", ""),
        (torch.zeros(3), B, "", ""),
        (B + 1.5, B, "1.5 too large everywhere", ""),
        (B - 0.25, B, "0.25 too small everywhere", ""),
        (tensor([2.0, 3.0, 9.0]), B, "", ""),
    ],
)
def test_of_numbers(got: Tensor, expected: Tensor, said: str, help: str):
    """Only what is certain of all of them."""
    assert of_numbers(got, expected) == (said, help)


@pytest.mark.parametrize(
    ("got", "expected", "said"),
    [
        (tensor([1, 2]), tensor([1.2, 2.7]), "These are whole numbers (int64): what stands behind the point is lost."),
        (tensor([1]), tensor([1.2]), "These are whole numbers (int64)"),
        (tensor([5, 5]), tensor([1.2, 2.7]), "These are whole numbers (int64)"),
        (tensor([1.0, 2.0]), tensor([1.2, 2.7]), "These are whole numbers: what"),  # rounded down
        (tensor([1.0, 3.0]), tensor([1.2, 2.7]), "These are whole numbers: what"),  # to the nearest
        (tensor([-1.0, 2.0]), tensor([-1.7, 2.7]), "These are whole numbers: what"),  # towards 0
        (tensor([1.0, 5.0]), tensor([1.2, 2.7]), None),
        (tensor([1.0]), tensor([1.2]), None),  # a single number may be whole by chance
        (tensor([1.0, 1.0]), tensor([1.2, 1.3]), None),
        (tensor([1, 2]), tensor([1.0, 3.0]), None),
        (tensor([1, 2]), tensor([1, 3]), None),
    ],
)
def test_whole_numbers(got: Tensor, expected: Tensor, said: str | None):
    """They came in the place of others: by their dtype, or all of them rounded."""
    found = whole(got, expected)
    assert found is None if said is None else found is not None and found[0].startswith(said)


def test_a_shape_in_words():
    """A single number has a word."""
    assert [differences.in_words(shape) for shape in ((), (2,))] == ["() (a single number)", "(2,)"]
