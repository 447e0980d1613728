"""Same value, shape, dtype and gradient, and the line that shows the difference."""

import math
import re

import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from torch import Tensor, inf, nan, tensor

from coursekit.exercise import Exercise, Failure, Function, refuses, same_dtype, same_gradient, same_value
from coursekit.exercise.answers import SpecError, expected_answer, same_answer
from coursekit.exercise.literal import call_line, gradient_line, literal, readable
from coursekit.wire import Answer, Problem, Question
from coursekit.wire.answering import answer
from coursekit.wire.frames import DTYPES


def asked(function) -> Function:
    """The `f` that a check sees."""
    exercise = Exercise("f", function, idea="", hints=())
    return Function(exercise.name, exercise.forbids, lambda question: answer(function, question))


def constant(value) -> Function:
    return asked(lambda *args: value)


def failure(compared, *args, **kwargs) -> Failure:
    with pytest.raises(Failure) as caught:
        compared(*args, **kwargs)
    return caught.value


# ---- value -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (tensor(1.0), tensor(1.0)),
        (tensor([inf, -inf, nan, 0.0]), tensor([inf, -inf, nan, -0.0])),
        (tensor(1.0 + 5e-5), tensor(1.0)),
        (tensor(1.0, dtype=torch.float64), tensor(1.0)),
        (tensor(3), tensor(3.0)),
        (torch.empty(0), torch.empty(0)),
        (tensor(1e30), tensor(1.00005e30)),
    ],
)
def test_same_value_passes(got, expected):
    """Equal to rounding is equal; NaN and the infinities are values like others; dtype is another check's matter."""
    same_value(constant(got), lambda x: expected, tensor(1.0))


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (tensor(1.001), tensor(1.0)),
        (tensor(nan), tensor(1.0)),
        (tensor(1.0), tensor(nan)),
        (tensor(inf), tensor(1.0)),
        (tensor(1e38), tensor(inf)),
        (tensor(-inf), tensor(inf)),
        (tensor([1.0, 2.0]), tensor([1.0, nan])),
        (tensor(4), tensor(3.0)),
        (tensor(1.001e30), tensor(1e30)),
        (tensor(0.0), tensor(1e-4)),
    ],
)
def test_other_value_fails(got, expected):
    """NaN and infinity match nothing but themselves, and tolerance grows with the number."""
    assert str(failure(same_value, constant(got), lambda x: expected, tensor(1.0))).startswith("The value is not right")


def test_float64_is_held_to_more():
    """A mistake of one in a million shows in float64, and is rounding in float32."""
    almost = asked(lambda x: x * (1 + 1e-6))
    same_value(almost, lambda x: x, tensor(1.0))
    failure(same_value, almost, lambda x: x, tensor(1.0, dtype=torch.float64))


def test_half_precision_is_held_to_less():
    """An answer to float16 input is as exact as float16 is, also where it comes back as float32."""
    same_value(asked(lambda x: x.float() * 1.005), lambda x: x, tensor(1.0, dtype=torch.float16))


@pytest.mark.parametrize("answer", [lambda x: (x * 1.004).half(), lambda x: x.half()])
def test_the_question_sets_the_tolerance(answer):
    """An answer in half precision to a float32 question is held to float32, and told what it has lost."""
    caught = failure(same_value, asked(answer), lambda x: x, tensor(1.0004))
    assert caught.rationale == "The result is float16 for float32 input, and the digits that are lost show."
    assert "`dtype=input.dtype`" in caught.help
    assert (
        failure(same_value, asked(lambda x: (2 * x).half()), lambda x: x, tensor(1.0)).rationale
        == "The value is not right."
    )


def test_a_finer_answer_is_no_worse():
    """float64 for float32 input is compared as float32: its dtype is another check's affair."""
    same_value(asked(lambda x: x.double()), lambda x: x, tensor(1.0001))


def test_spec_runs_in_float64():
    """The right value is computed in float64, whatever the learner was given."""
    seen = []

    def spec(x, *, weight):
        seen.append((x.dtype, weight.dtype))
        return x

    expected = expected_answer(spec, Question((tensor(1.0),), {"weight": tensor(1)}))
    assert ([(torch.float64, torch.int64)], torch.float64) == (seen, expected.value.dtype)


def test_spec_that_fails_is_our_fault():
    """A spec that raises is an error of the course, not a verdict on the learner."""

    def spec(x):
        raise ValueError("no")

    with pytest.raises(SpecError, match=re.escape("the spec fails: spec(torch.tensor(1.0)) gives ValueError: no")):
        same_value(constant(tensor(1.0)), spec, tensor(1.0))


@pytest.mark.parametrize(
    ("got", "rationale", "help"),
    [
        (torch.ones(2, 1), "The result has shape (2, 1), expected (2,).", "left over"),
        (torch.ones(()), "The result has shape () (a single number), expected (2,).", "Nothing is summed"),
        (torch.ones(1), "The result has shape (1,), expected (2,).", "1 entry fewer"),
    ],
)
def test_wrong_shape_is_told_before_the_value(got, rationale, help):
    """A wrong shape is said in words, with a line that prints it."""
    told = failure(same_value, constant(got), lambda x: x, tensor([1.0, 2.0]))
    assert rationale == str(told)
    assert help in told.help
    assert told.example.line == "f(torch.tensor([1.0, 2.0])).shape"


def test_wrong_value_shows_the_smallest_line():
    """The example is the call, what came and what was expected."""
    told = failure(same_value, asked(lambda x: 2 * x), lambda x: x, tensor([0.5, 0.25]))
    assert (
        told.example.line,
        told.example.got,
        told.example.expected,
    ) == ("f(torch.tensor([0.5, 0.25]))", "[1.0000, 0.5000]", "[0.5000, 0.2500]")


@pytest.mark.parametrize(
    ("got", "expected"),
    [(1 + 1e-6, 1.0), (0.69314719, 0.69314818), (123456.789, 123456.7), (1e-10 + 2e-9, 1e-10), (1.0, 1.00001)],
)
def test_numbers_shown_differ(got, expected):
    """Whoever is told that a number is wrong sees two different numbers."""
    x = torch.zeros((), dtype=torch.float64)
    spec = lambda x: x + expected  # noqa: E731
    told = failure(same_value, asked(lambda x: x + got), spec, x)
    assert told.example.got != told.example.expected


# ---- gradient ----------------------------------------------------------------------------------------------------


def product(a: Tensor, b: Tensor) -> Tensor:
    return (a * b).sum()


A, B = tensor([1.0, 2.0]), tensor([3.0, -4.0])


def test_same_gradient_passes():
    """The right gradients by both arguments pass, at any scale."""
    same_gradient(asked(product), product, A, B, wrt=(0, 1), scale=2.5)


def test_gradient_that_is_cut_off():
    """A value without a graph is told as such, with a line that prints None."""
    told = failure(same_gradient, asked(lambda a, b: product(a, b).detach()), product, A, B)
    assert str(told) == "The value is right, but no gradient flows back to the input."
    assert (told.example.got, told.example.expected) == ("None", "[3.0000, -4.0000]")


def test_gradient_that_is_wrong():
    """A right value with a wrong gradient is told as such."""
    told = failure(same_gradient, asked(lambda a, b: product(a, b) + a.sum() - A.sum()), product, A, B)
    assert str(told) == "The value is right, its gradient is not: it is 1 too large everywhere."
    assert told.help.startswith("Is something divided by its own sum on the way?")
    assert (told.example.got, told.example.expected) == ("[4.0000, -3.0000]", "[3.0000, -4.0000]")


def test_gradient_by_the_second_argument():
    """Each argument asked for is compared, and named in the line by its place."""
    half = asked(lambda a, b: product(a, b / 2 + b.detach() / 2))
    same_gradient(half, product, A, B, wrt=(0,))
    told = failure(same_gradient, half, product, A, B, wrt=(0, 1))
    assert "f(torch.tensor([1.0, 2.0]), x)" in told.example.line


def test_value_is_compared_first():
    """Where the value is wrong already, nothing is said of the gradient."""
    told = failure(same_gradient, asked(lambda a, b: 2 * product(a, b)), product, A, B)
    assert str(told) == "The value is not right."


def test_no_gradient_is_zero_gradient():
    """Where the right gradient is 0 everywhere, none at all is as good."""
    same_gradient(asked(lambda a, b: b.sum()), lambda a, b: b.sum() + 0 * a.sum(), A, B, wrt=(0, 1))
    same_gradient(asked(lambda a, b: b.sum() + 0 * a.sum()), lambda a, b: b.sum(), A, B, wrt=(0, 1))


def sharp(x: Tensor) -> Tensor:
    return x.abs().sum()


@pytest.mark.parametrize("slope", [-1.0, 0.0, 7.0, inf])
def test_gradient_at_a_kink_is_free(slope):
    """Where the slope is a matter of convention, any number passes."""
    f = asked(lambda x: sharp(x) + torch.where(x == 0, x * slope, 0 * x).sum() if slope != inf else sharp(x))
    same_gradient(f, sharp, tensor([0.0, 2.0]), free=tensor([True, False]))


def test_gradient_beside_a_kink_is_not_free():
    """The freedom ends at the kink."""
    f = asked(lambda x: sharp(x) + (x - x.detach()).sum())
    failure(same_gradient, f, sharp, tensor([0.0, 2.0]), free=tensor([True, False]))


def test_nan_is_never_free():
    """A NaN in the gradient fails even where any number would do."""
    f = asked(lambda x: sharp(x) + torch.where(x > 0, 0 * x, 0 * x.log()).nan_to_num().sum())
    told = failure(same_gradient, f, sharp, tensor([0.0, 2.0]), free=tensor([True, False]))
    assert "nan" in told.example.got


# ---- dtype, errors -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16])
def test_same_dtype_passes(dtype):
    """By default a result has the dtype of the first argument."""
    same_dtype(asked(lambda x: x), lambda x: x, torch.ones(2, dtype=dtype))


def test_other_dtype_fails():
    """A result of another dtype is told with what was given and what came."""
    told = failure(same_dtype, asked(lambda x: x.double()), lambda x: x, tensor([1.0]))
    assert str(told) == "The result is float64 for float32 input."
    assert (
        told.example.line,
        told.example.got,
        told.example.expected,
    ) == ("f(torch.tensor([1.0])).dtype", "float64", "float32")


def test_dtype_can_be_named():
    """Where the arguments differ, the check says which dtype is right."""
    mixed = asked(lambda a, b: a + b)
    same_dtype(mixed, lambda a, b: a + b, tensor([1.0]), tensor([1.0]).double(), dtype=torch.float64)
    told = failure(same_dtype, mixed, lambda a, b: a + b, tensor([1.0]), tensor([1.0]).double())
    assert str(told) == "The result is float64 for float32 and float64 input."


def picky(x):
    if x.ndim != 1:
        raise ValueError("one dimension, please")
    return x


def test_refusal_passes():
    """A function that raises where it should is right."""
    refuses(asked(picky), tensor(1.0))


def test_refusal_by_any_exception():
    """So is one that says of what it is not made for that it is not implemented."""

    def partial(x):
        if x.ndim != 1:
            raise NotImplementedError("one dimension, please")
        return x

    f = asked(partial)
    f.attempted = True
    refuses(f, tensor(1.0))


def test_value_in_place_of_a_refusal():
    """A function that answers where it should raise is told what it gave."""
    told = failure(refuses, asked(picky), tensor([2.0]))
    assert (str(told), told.example.got) == ("A value came where an error should.", "[2.0000]")


@pytest.mark.parametrize("value", [None, 0.5])
def test_no_tensor_is_no_refusal(value):
    """A function that forgot its return has not refused anything."""
    assert "Got" in str(failure(refuses, constant(value), tensor([2.0])))


# ---- the same answer, for the diagnosis --------------------------------------------------------------------------

ONE = Question((tensor([1.0]),), wrt=(0,))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Answer(tensor(1.0), (None,)), Answer(tensor(1.0), (None,)), True),
        (Answer(tensor(1.0), (None,)), Answer(tensor(1.0), (tensor([0.0]),)), False),
        (Answer(tensor(1.0), (tensor([nan]),)), Answer(tensor(1.0), (tensor([nan]),)), True),
        (Answer(tensor(1.0), (tensor([2.0]),)), Answer(tensor(1.0), (tensor([3.0]),)), False),
        (Answer(tensor([1.0]), (None,)), Answer(tensor(1.0), (None,)), False),
        (Answer(tensor(1.0), (None,)), Answer(problem=Problem("nothing")), False),
        (Answer(problem=Problem("nothing")), Answer(problem=Problem("nothing")), True),
        (
            Answer(problem=Problem("raised", "ValueError: a (line 3: x)")),
            Answer(problem=Problem("raised", "ValueError: b")),
            True,
        ),
        (Answer(problem=Problem("raised", "ValueError: a")), Answer(problem=Problem("raised", "KeyError: a")), False),
    ],
)
def test_same_answer(one, other, same):
    """Two answers are the same if their numbers are, or if they raise the same kind of exception."""
    assert (same, same) == (same_answer(one, other, ONE), same_answer(other, one, ONE))


@pytest.mark.parametrize(
    ("off", "digits", "look"), [(3e-6, 5, "a constant with few digits"), (3e-7, 6, "float32 on the way")]
)
def test_what_may_have_cost_the_last_digits(off, digits, look):
    """Six digits are those of float32; with fewer, something was rounded."""
    right = tensor([2.0, 3.0], dtype=torch.float64)
    found = failure(same_value, constant(right * (1 + off)), lambda x: right, A.double())
    assert f"right to about {digits} digits" in found.rationale
    assert look in found.help


def test_zeros_hide_no_factor():
    """Three times nothing is nothing."""
    found = failure(same_value, constant(tensor([0.0, 3.0, 6.0])), lambda x: tensor([0.0, 1.0, 2.0]), A)
    assert found.rationale == "The value is not right: it is 3 times what it should be."


@pytest.mark.parametrize("endless", [inf, nan])
def test_no_rule_is_named_where_a_number_has_no_size(endless):
    """Of numbers with another sign it is said so, but not where one that is infinite or NaN has kept its own."""
    got, expected = tensor([endless, -1.0, -2.0]), tensor([endless, 1.0, 2.0])
    assert failure(same_value, constant(got), lambda x: expected, A).rationale == "The value is not right."
    found = failure(same_value, constant(got[1:]), lambda x: expected[1:], A)
    assert found.rationale == "The value is not right: it is right but for its sign."


# ---- one line to paste -------------------------------------------------------------------------------------------


@st.composite
def tensors(draw) -> Tensor:
    dtype, shape = draw(st.sampled_from(list(DTYPES.values()))), draw(st.lists(st.integers(0, 3), max_size=3))
    if dtype is torch.bool:
        values = st.booleans()
    elif dtype.is_floating_point:
        values = st.floats(width=torch.finfo(dtype).bits)
    else:
        values = st.integers(torch.iinfo(dtype).min, torch.iinfo(dtype).max)
    count = math.prod(shape)
    return torch.tensor(draw(st.lists(values, min_size=count, max_size=count)), dtype=dtype).reshape(shape)


@given(tensors())
@example(tensor([0.1, -0.0, nan, inf, -inf, 1e-45, 3.4028235e38]))
@example(torch.empty(2, 0))
@example(torch.empty(0, dtype=torch.int64))
@example(tensor(7))
@example(tensor([[True], [False]]))
@example(torch.arange(6.0).reshape(2, 3).T)
def test_literal_gives_the_same_tensor_back(value):
    """A pasted tensor has the same dtype, shape and numbers, to the last bit and the sign of zero."""
    back = eval(literal(value), {"torch": torch})
    assert (value.dtype, value.shape) == (back.dtype, back.shape)
    numbers = [x.double().reshape(-1) for x in (value, back)]
    assert torch.equal(*(x.nan_to_num(nan=1e300) for x in numbers))
    assert torch.equal(*(x.signbit() & ~x.isnan() for x in numbers))


@pytest.mark.parametrize("value", [0.1, 1e-300, -100, True, None, "batchmean", (1, 2), [3], inf, -inf, torch.float64])
def test_literal_of_a_plain_value(value):
    """What is no tensor can be pasted too."""
    assert value == eval(literal(value), {"torch": torch})


def test_literal_of_nan():
    """A NaN can be pasted too."""
    assert math.isnan(eval(literal(nan), {"torch": torch}))


def test_call_line_calls():
    """The line, pasted, is the very call that failed."""
    question = Question((A, "mean"), {"weight": B, "eps": 1e-8})
    line = call_line("f", question)
    assert line == "f(torch.tensor([1.0, 2.0]), 'mean', weight=torch.tensor([3.0, -4.0]), eps=1e-08)"
    calls = []
    eval(line, {"torch": torch, "f": lambda *args, **kwargs: calls.append((args, kwargs))})
    (args, kwargs) = calls[0]
    assert (list(args[1:]), list(kwargs)) == (["mean"], ["weight", "eps"])


@pytest.mark.parametrize(("position", "gradient"), [(0, [-6.0, 8.0]), (1, [-2.0, -4.0])])
def test_gradient_line_prints_the_gradient(position, gradient):
    """The line, pasted, shows the gradient that was compared."""
    line = gradient_line("f", Question((A, B), {}, (position,), -2.0), position)
    *statements, last = line.split("; ")
    names = {"torch": torch, "f": product}
    exec("\n".join(statements), names)
    assert gradient == eval(last, names).tolist()


def test_gradient_line_without_scale():
    """Where nothing is scaled, no scale is shown."""
    line = gradient_line("f", Question((A,), wrt=(0,)), 0)
    assert line == "x = torch.tensor([1.0, 2.0], requires_grad=True); f(x).sum().backward(); x.grad"


def test_gradient_line_through_log_softmax():
    """The line shows that the function gets log-probabilities, and prints the gradient by the logits."""
    line = gradient_line("f", Question((A, B), {}, (0,), through="log_softmax"), 0)
    assert ".log_softmax(-1), " in line
    *statements, last = line.split("; ")
    names = {"torch": torch, "f": product}
    exec("\n".join(statements), names)
    torch.testing.assert_close(eval(last, names), B - A.softmax(-1) * B.sum())


def test_same_gradient_through_log_softmax():
    """A gradient by log-probabilities that differs by what log_softmax takes away is the same by the logits."""

    def first(x):
        return -x[0]

    same_gradient(asked(lambda x: first(x) + x.exp().sum() - 1), first, A, through="log_softmax")
    found = failure(same_gradient, asked(lambda x: first(2 * x - x.detach())), first, A, through="log_softmax")
    assert found.rationale == "The value is right, its gradient is not: it is 2 times what it should be."


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (tensor(0.0), "0.0000"),
        (tensor(math.log(2)), "0.6931"),
        (tensor(-1234.5), "-1234.5000"),
        (tensor(1e-3, dtype=torch.float64), "0.0010"),
        (tensor(1e-4), "0.0001"),
        (tensor(1.5e-9), "1.5e-09"),
        (tensor(1e6), "1e+06"),
        (tensor(nan), "nan"),
        (tensor(-inf), "-inf"),
        (tensor(3), "3"),
        (tensor(True), "True"),
        (tensor([[1.0, 2.0], [3.0, nan]]), "[[1.0000, 2.0000], [3.0000, nan]]"),
        (torch.empty(0), "[]"),
    ],
)
def test_show(value, shown):
    """Numbers are short enough to read, tiny and huge ones included."""
    assert shown == readable(value)


@given(st.floats(-1e300, 1e300))
def test_shown_number_is_close(number):
    """What is shown is the number to four digits after the point, or to four that count."""
    shown = float(readable(tensor(number, dtype=torch.float64)))
    assert math.isclose(number, shown, rel_tol=1e-3) or (abs(number) >= 1e-3 and abs(number - shown) < 1e-4)
