"""What can go wrong with any loss: what each slip computes, where it can be made, and what it is about."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, tensor

from coursekit.exercise import Exercise
from coursekit.grading.diagnosis import general


def spec(p, q, times: float = 1.5, reduction="mean"):
    """Of two tables."""
    losses = times * p * q.square()
    return losses if reduction == "none" else losses.sum() if reduction == "sum" else losses.mean()


def single(logits, logit_scale, at):
    """What is not reduced, of two tensors that share a word in their names, and a whole number for each."""
    return logits.exp() * logit_scale + at


P, Q = tensor([[1.0, -2.0, 0.5], [3.0, 0.25, -1.0]]), tensor([[2.0, 0.5, 1.0], [-1.0, 4.0, 3.0]])
AT = tensor([[0, 1, 2], [2, 1, 0]])


def slips_of(function):
    return general._general_mistakes(Exercise("spec", function, idea="", hints=()))


# By name; of those that have one in common, such as what befalls real numbers and whole ones, the first
SLIPS = {slip.says.misconception: slip for slip in reversed(slips_of(spec))}
SINGLE = {slip.says.misconception: slip for slip in reversed(slips_of(single))}


def same(one, other):
    assert one.shape == other.shape
    assert torch.allclose(one, other)


@pytest.mark.parametrize(
    ("name", "made", "says"),
    [
        ("halved", lambda: spec(P, Q, 4.0) / 2, "These are half of the right numbers"),
        ("times_not_used", lambda: spec(P, Q, 1.5), "`times` is not used: these are the right numbers of a call"),
        ("reduction_not_used", lambda: spec(P, Q, 4.0), "`reduction` is not used"),
        ("p_and_q_exchanged", lambda: spec(Q, P, 4.0), "`p` and `q` have changed places"),
        ("p_for_q", lambda: spec(P, P, 4.0), "These are the right numbers with `p` in the place of `q`, which"),
        ("q_for_p", lambda: spec(Q, Q, 4.0), "These are the right numbers with `q` in the place of `p`, which"),
        ("p_squared", lambda: spec(P * P, Q, 4.0), "These are the right numbers for `p`²"),
        ("times_squared", lambda: spec(P, Q, 16.0), "These are the right numbers for `times`²"),
        (
            "p_and_q_centred",
            lambda: spec(P - P.mean(), Q - Q.mean(), 4.0),
            "less its mean, which nobody asked for, and",
        ),
        ("p_less_q", lambda: spec(P - Q, Q, 4.0), "with `p` less `q` in the place of `p`"),
        ("q_less_p", lambda: spec(P, Q - P, 4.0), "with `q` less `p` in the place of `q`"),
        ("all_last_left_out", lambda: spec(P[:1], Q[:1], 4.0), "without the last entry"),
        ("p_and_q_both_ways", lambda: (spec(P, Q, 4.0) + spec(Q, P, 4.0)) / 2, "the mean of the two is returned"),
        ("p_and_q_added_both_ways", lambda: spec(P, Q, 4.0) + spec(Q, P, 4.0), "the two are added"),
        ("mean_of_rows", lambda: (spec(P[0], Q[0], 4.0) + spec(P[1], Q[1], 4.0)) / 2, "the mean of these is taken"),
        ("sum_of_rows", lambda: spec(P[0], Q[0], 4.0) + spec(P[1], Q[1], 4.0), "and these are added"),
        ("one_for_each_row", lambda: tensor([spec(P[0], Q[0], 4.0), spec(P[1], Q[1], 4.0)]), "in one result"),
        ("mean_is_largest", lambda: spec(P, Q, 4.0, "none").max(), "'mean' gives the largest of the losses."),
        ("each_squared", lambda: spec(P, Q, 4.0, "none").square().mean(), "Each loss is squared before they are"),
    ],
)
def test_what_a_slip_computes(name, made, says):
    """With all arguments given, and of the right function whatever its slip is not about."""
    slip = SLIPS[name]
    same(slip.function(P, Q, times=4.0), made())
    assert says in slip.says.explanation


def test_reductions():
    """What is wrong with the mean is wrong with no sum; what is wrong with each loss is wrong with all."""
    for word in ("none", "sum"):
        same(SLIPS["mean_is_largest"].function(P, Q, 2.0, word), spec(P, Q, 2.0, word))
    losses = spec(P, Q, 2.0, "none").square()
    each = SLIPS["each_squared"].function
    same(each(P, Q, 2.0, "none"), losses)
    same(each(P, Q, 2.0, reduction="sum"), losses.sum())
    same(each(P, Q, 2.0), losses.mean())
    assert not any(name.startswith(("mean_is", "each_")) for name in SINGLE)


def test_numbers_that_are_fixed():
    """A number counts as ½, as 1 or as 2, given or not; a tensor is no such number."""
    fixed = [slip for slip in slips_of(spec) if slip.says.misconception == "times_fixed"]
    assert [slip.says.explanation for slip in fixed] == [
        f"`times` counts as {value}, whatever is given." for value in ("0.5", "1", "2")
    ]
    for slip, value in zip(fixed, (0.5, 1.0, 2.0), strict=True):
        same(slip.function(P, Q, times=4.0), spec(P, Q, value))
        assert slip.about == ("times",)
        assert slip.possible({"p": P, "q": Q})  # its default is one
        assert slip.possible({"times": 3.0})
        assert not slip.possible({"times": P})
    assert not SINGLE["at_fixed"].possible({"at": AT})


GIVEN = {"p": P, "q": Q, "times": 4.0}
WHOLE, FLAT = {"logits": P, "logit_scale": P[0], "at": AT}, {"p": tensor(1.0), "q": tensor(2.0)}


@pytest.mark.parametrize(
    ("name", "given", "possible"),
    [
        ("halved", GIVEN, True),
        ("times_not_used", GIVEN, True),
        ("times_not_used", FLAT, False),
        ("p_and_q_exchanged", GIVEN, True),
        ("p_and_q_exchanged", {"p": P, "q": Q[0]}, False),
        ("p_and_q_exchanged", {"p": P, "q": Q.double()}, False),
        ("p_and_q_exchanged", {"p": P, "q": 1.0}, False),
        ("p_and_q_exchanged", {"p": 1.0, "q": P}, False),
        ("p_and_q_exchanged", {"p": P}, False),
        ("q_for_p", {"p": P, "q": Q[0]}, False),
        ("p_and_q_centred", {"p": P, "q": Q[0]}, False),
        ("p_less_q", {"p": P, "q": Q[0]}, False),
        ("p_and_q_both_ways", {"p": P, "q": Q[0]}, False),
        ("p_squared", GIVEN, True),
        ("p_squared", {"p": AT}, False),
        ("times_squared", {"p": P}, True),  # its default is a number
        ("p_padded", GIVEN, True),
        ("p_padded", {"p": AT}, False),
        ("times_padded", GIVEN, False),
        ("all_last_left_out", GIVEN, True),
        ("all_last_left_out", FLAT, False),
        ("all_last_left_out", {"p": 1.0}, False),
        ("mean_of_rows", FLAT, False),
        ("mean_of_rows", GIVEN, True),
        ("mean_of_rows", {"p": P[0]}, True),
    ],
)
def test_where_a_slip_can_be_made(name, given, possible):
    """By the arguments of the call that failed."""
    assert bool(SLIPS[name].possible(given)) is possible


def test_whole_numbers_and_words_in_common():
    """Labels have slips of their own; two arguments are changed alike if they come first, or share a word."""
    assert not general._is_whole("times", 1.5, {})
    possible = [slip.says.misconception for slip in slips_of(single) if slip.about == ("at",) and slip.possible(WHOLE)]
    assert possible == [f"at_{key}" for key in general.OF_WHOLE_NUMBERS]
    both = {name.removesuffix("_centred") for name in SINGLE if "_and_" in name and name.endswith("_centred")}
    assert both == {"logits_and_logit_scale"}
    both = {name.removesuffix("_centred") for name in SLIPS if "_and_" in name and name.endswith("_centred")}
    assert both == {"p_and_q"}
    scales = slips_of(lambda a, scale, b_scale: a + scale + b_scale)
    both = {
        s.says.misconception for s in scales if "_and_" in s.says.misconception and "centred" in s.says.misconception
    }
    assert both == {"a_and_scale_centred", "scale_and_b_scale_centred"}


@pytest.mark.parametrize("key", ["padded", "kept_above"])
def test_small_numbers_that_are_added(key):
    """Of every usual size: to the argument, or as a bound from below."""
    slips = [slip for slip in slips_of(spec) if slip.says.misconception == f"p_{key}"]
    assert len(slips) == len(general.EPS)
    for slip, eps in zip(slips, general.EPS, strict=True):
        made = P + eps if key == "padded" else P.clamp(min=eps)
        same(slip.function(P, Q), spec(made, Q))
        assert f"{eps:g}" in slip.says.explanation
        assert slip.about == ("p",)


def test_what_is_as_long_as_the_first():
    """That alone loses its last row with it."""
    given = {"x": P, "weight": tensor([1.0, 2.0]), "scale": tensor(3.0), "each": tensor([1.0, 2.0, 3.0]), "eps": 1e-3}
    general._change_all("x", lambda x: x[:-1], given)
    shapes = {name: tuple(value.shape) if isinstance(value, Tensor) else () for name, value in given.items()}
    assert shapes == {"x": (1, 3), "weight": (1,), "scale": (), "each": (3,), "eps": ()}


def test_the_first_argument_says_how_many_rows_there_are():
    """And not another one, which may have a weight for each column."""
    (left_out,) = (s for s in slips_of(lambda p, w: (p * w).sum()) if s.says.misconception == "all_last_left_out")
    same(left_out.function(P, Q[0]), (P[:1] * Q[0]).sum())


def test_an_argument_that_is_not_given():
    """A slip in it does nothing to what it is not in: a call without weights is right."""

    def weighed(p, weight=None):
        return p if weight is None else p * weight

    (squared, _) = (slip for slip in slips_of(weighed) if slip.says.misconception == "weight_squared")
    same(squared.function(P), P)
    same(squared.function(P, weight=Q), P * Q * Q)


def test_what_slips_are_about():
    """The arguments that a slip takes for something else: checks that give these count as well."""
    about = {name: slip.about for name, slip in SLIPS.items() if slip.about}
    assert about["p_and_q_exchanged"] == about["p_and_q_both_ways"] == ("p", "q")
    assert about["q_for_p"] == about["p_less_q"] == ("p", "q")
    assert about["p_for_q"] == ("q", "p")
    assert about["p_and_q_centred"] == ("p", "q")
    assert about["p_squared"] == about["p_padded"] == ("p",)
    assert not {"halved", "all_last_left_out", "mean_of_rows", "mean_is_largest", "each_squared"} & {*about}


def test_no_slip_of_arguments_without_a_name():
    """What is gathered by a star is not one argument."""
    names = {slip.says.misconception for slip in slips_of(lambda x, *more, eps=0.1: x)}
    assert {"x_squared", "eps_not_used", "eps_fixed"} <= names
    assert not {"more_squared", "x_and_more_exchanged", "more_fixed"} & names
