"""One call of one function: what is asked, what comes, what is noticed."""

from contextlib import suppress
from functools import partial

import numpy as np
import pytest
import torch
from torch import Tensor, nan, tensor

from coursekit.jail.inside import source
from coursekit.wire import Answer, Problem, Question
from coursekit.wire.answering import answer, describe

X = tensor([1.0, 2.0])


def ask(function, *args, forbids=(), wrt=(), scale=1.0, **kwargs) -> Answer:
    return answer(function, Question(args, kwargs, wrt, scale), forbids)


def test_value_is_detached():
    """What comes back is a number, not a graph."""
    reply = ask(lambda x: x * x, X, wrt=(0,))
    assert (reply.value.tolist(), reply.value.requires_grad) == ([1.0, 4.0], False)


def test_what_was_never_awaited():
    """A function that is `async` gives no tensor; what it gives is closed, so that nobody is warned of it."""
    made = []

    async def later(x):
        return x

    def wrong(x):
        made.append(later(x))
        return made[0]

    assert ask(wrong, X).problem == Problem("not-a-tensor", "other coroutine")
    assert made[0].cr_frame is None


def test_gradients_of_what_was_asked():
    """One gradient for each position asked, None where the value does not depend on it."""
    reply = ask(lambda a, b, c: (a * a + 3 * b).sum(), X, X, X, wrt=(1, 0, 2))
    assert [grad if grad is None else grad.tolist() for grad in reply.gradients] == [[3.0, 3.0], [2.0, 4.0], None]


def test_gradient_of_the_scaled_sum():
    """The scale multiplies the gradient and leaves the value."""
    reply = ask(lambda x: x * x, X, wrt=(0,), scale=-3.0)
    assert (reply.value.tolist(), reply.gradients[0].tolist()) == ([1.0, 4.0], [-6.0, -12.0])


def test_gradient_through_log_softmax():
    """The function is lent log-probabilities, the gradient is by the logits they came from."""
    seen = []

    def negative_first(log_probs):
        seen.append(log_probs.detach().clone())
        return -log_probs[..., 0]

    reply = answer(negative_first, Question((X,), wrt=(0,), through="log_softmax"), ("log_softmax",))
    torch.testing.assert_close(seen[0], X.log_softmax(-1))
    torch.testing.assert_close(reply.value, -X.log_softmax(-1)[0])
    torch.testing.assert_close(reply.gradients[0], X.softmax(-1) - tensor([1.0, 0.0]))


def test_writing_into_what_came_through_log_softmax_is_noticed():
    """Log-probabilities are only lent, like any other argument."""
    reply = answer(lambda x: x.mul_(2).sum(), Question((X,), wrt=(0,), through="log_softmax"))
    assert reply.problem == Problem("changed-input", "argument 1")


def test_gradient_without_a_graph_is_none():
    """A function that cuts the graph has a value and no gradient."""
    reply = ask(lambda x: x.detach() * 2, X, wrt=(0,))
    assert (reply.value.tolist(), reply.gradients) == ([2.0, 4.0], (None,))


def test_gradient_inside_no_grad():
    """Whoever checks inside torch.no_grad() still gets gradients."""
    with torch.no_grad():
        assert ask(lambda x: x * x, X, wrt=(0,)).gradients[0].tolist() == [2.0, 4.0]


def test_keywords_arrive():
    """Keyword arguments reach the function under their names."""
    assert ask(lambda x, *, factor: factor * x, X, factor=3).value.tolist() == [3.0, 6.0]


def test_question_is_never_changed():
    """A function that writes into its arguments writes into copies: the next call gets the original numbers."""
    question = Question((X.clone(),), {"w": X.clone()})

    def vandal(x, w):
        w.zero_()
        return x.zero_()

    answer(vandal, question)
    assert (question.args[0].tolist(), question.kwargs["w"].tolist()) == ([1.0, 2.0], [1.0, 2.0])
    assert not question.args[0].requires_grad


def overwrite_data(x):
    x.data = x.data * 2
    return x


def resize(x):
    x.resize_(1)
    return x * 2


@pytest.mark.parametrize(
    "function", [lambda x: x.mul_(2), lambda x: x.__setitem__(0, 9.0) or x * 2, overwrite_data, resize]
)
@pytest.mark.parametrize("wrt", [(), (0,)])
def test_change_in_place_is_noticed(function, wrt):
    """An argument that was written into is named, whether or not a gradient is asked for."""
    assert ask(function, X, wrt=wrt).problem in (
        Problem("changed-input", "argument 1"),
        # torch itself forbids to resize what needs a gradient
        ask(resize, X, wrt=(0,)).problem if function is resize else None,
    )


def test_change_of_a_keyword_argument_is_noticed():
    """A keyword argument is named by its name."""

    def vandal(x, weight):
        weight.zero_()
        return x

    assert Problem("changed-input", "`weight`") == ask(vandal, X, weight=X).problem


@pytest.mark.parametrize("x", [tensor([nan, 1.0]), tensor([True]), tensor([1, 2]), torch.empty(0)])
def test_untouched_input_is_no_change(x):
    """NaN differs from itself, and yet an untouched NaN is untouched."""
    assert ask(lambda x: torch.ones(2), x).problem is None


class Disguise(Tensor):
    """A tensor that could answer comparisons as it likes."""


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (None, Problem("nothing")),
        (0.5, Problem("not-a-tensor", "number float")),
        (True, Problem("not-a-tensor", "number bool")),
        ([X], Problem("not-a-tensor", "tensors list of 1")),
        ((X, X), Problem("not-a-tensor", "tensors tuple of 2")),
        (np.ones(2), Problem("not-a-tensor", "numpy numpy.ndarray")),
        (X.as_subclass(Disguise), Problem("not-a-tensor", "subclass Disguise")),
        (torch.nn.Parameter(X), Problem("not-a-tensor", "subclass Parameter")),
        (X.bfloat16(), Problem("not-a-tensor", "dtype torch.bfloat16")),
        (X.cfloat(), Problem("not-a-tensor", "dtype torch.complex64")),
        ([1, 2], Problem("not-a-tensor", "numbers list of 2")),
        ((), Problem("not-a-tensor", "numbers tuple of 0")),
        (X.to_sparse(), Problem("not-a-tensor", "layout torch.sparse_coo")),
        (np.float32(1), Problem("not-a-tensor", "numpy numpy.float32")),
        (X.sum, Problem("not-a-tensor", "callable builtin_function_or_method")),
        ("1", Problem("not-a-tensor", "other str")),
        (X.to("meta"), Problem("not-a-tensor", "device meta")),
    ],
)
def test_only_a_plain_tensor_is_a_value(value, problem):
    """Anything else is named by its sort and its type."""
    assert Answer(problem=problem) == ask(lambda x: value, X)


def raiser(error):
    def function(x):
        raise error

    return function


class UnprintableError(Exception):
    def __str__(self):
        raise RuntimeError("no words")


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (NotImplementedError("later"), Problem("unattempted", "later")),
        (ValueError("bad x"), Problem("raised", "ValueError: bad x")),
        (SystemExit(3), Problem("raised", "SystemExit: 3")),
        (GeneratorExit(), Problem("raised", "GeneratorExit")),
        (MemoryError("big"), Problem("memory", "MemoryError: big")),
        (RuntimeError("can't allocate memory: 9"), Problem("memory", "RuntimeError: can't allocate memory: 9")),
        (SyntaxError("bad", ("f.py", 3, 1, "x")), Problem("raised", "SyntaxError: bad (f.py, line 3)")),
        (UnprintableError(), Problem("raised", "UnprintableError")),
        (ValueError("x" * 9_999), Problem("raised", "ValueError: " + "x" * 1_000)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_exception_becomes_a_problem(error, problem):
    """Whatever a learner's code raises is told by its kind, SystemExit included."""
    assert Answer(problem=problem) == ask(raiser(error), X)


def unwritten_branch(x):
    if x.ndim == 0:
        return x
    raise NotImplementedError("one number only")


def unwritten_helper(x):
    return raiser(NotImplementedError("later"))(x)


class Unwritten(torch.nn.Module):
    """A module that is still to be written."""

    def forward(self, x):
        raise NotImplementedError("later")


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        (lambda x: x ^ 2, "raised"),  # torch's own NotImplementedError
        (unwritten_branch, "raised"),
        (unwritten_helper, "raised"),
        (torch.nn.Module(), "raised"),
        (raiser(NotImplementedError), "unattempted"),
        (Unwritten(), "unattempted"),
        (partial(raiser(NotImplementedError("later"))), "unattempted"),
        (torch.no_grad()(raiser(NotImplementedError("later"))), "unattempted"),
    ],
)
def test_what_is_still_to_be_written(function, kind):
    """A function that raises NotImplementedError itself, and never returns, is not attempted; no other one is."""
    problem = ask(function, X).problem
    assert problem.kind == kind
    assert kind == "unattempted" or problem.message.startswith("NotImplementedError: ")


def overwritten(x):
    y = x.exp()
    total = y.sum()
    y += 1
    return total + y.log().sum()


def test_exception_of_the_way_back():
    """What only the gradient brings up is told apart: the call alone does not raise it."""
    assert ask(overwritten, X).problem is None
    problem = ask(overwritten, X, wrt=(0,)).problem
    assert problem.kind == "in-backward"
    assert "inplace operation" in problem.message


def test_stop_button_still_works():
    """KeyboardInterrupt passes through: it is the learner's own, or the time limit's."""
    with pytest.raises(KeyboardInterrupt):
        ask(raiser(KeyboardInterrupt()), X)


def test_exception_names_the_learners_line():
    """The line shown is the learner's innermost one, not the library's that raised."""
    text = "import torch\n\ndef helper(x):\n    return torch.cat([x, 3])\n\ndef f(x):\n    return helper(x) + 1\n"
    problem = ask(source.load([("a.py", text)], "f"), X).problem
    assert problem.message.endswith(" (line 4: return torch.cat([x, 3]))")


def test_describe_without_traceback():
    """An exception that was never raised has no line."""
    assert Problem("raised", "KeyError: 'x'") == describe(KeyError("x"))


class Backward(torch.autograd.Function):
    """A function whose backward leans on what its forward avoids."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.exp()

    @staticmethod
    def backward(ctx, grad):
        return grad * torch.softmax(ctx.saved_tensors[0], 0)


def swallow(x):
    with suppress(IndexError):
        torch.softmax(x, 5)
    return x


@pytest.mark.parametrize(
    ("function", "forbids", "named"),
    [
        (lambda x: torch.softmax(x, 0), ("softmax",), "softmax"),
        (lambda x: x.softmax(0), ("softmax",), "softmax"),
        (lambda x: torch.nn.functional.softmax(x, 0), ("softmax",), "softmax"),
        (lambda x: torch.nn.functional.mse_loss(x, x), ("mse_loss",), "mse_loss"),
        (lambda x: torch.nn.MSELoss()(x, x), ("mse_loss",), "mse_loss"),
        (lambda x: torch.special.entr(x), ("special_entr",), "special_entr"),
        (lambda x: x + 0 * getattr(torch, "soft" + "max")(x, 0), ("softmax",), "softmax"),
        (Backward.apply, ("softmax",), "softmax"),
        (swallow, ("softmax",), "softmax"),
        (lambda x: torch.softmax(x, 5), ("softmax",), "softmax"),
    ],
)
def test_ready_made_function_is_caught(function, forbids, named):
    """However it is reached, by whatever name, and even if its exception is swallowed."""
    assert Answer(problem=Problem("forbidden", named)) == ask(function, X, forbids=forbids, wrt=(0,))


def test_ready_made_function_is_fine_where_allowed():
    """Only what the exercise forbids is watched for."""
    assert ask(lambda x: torch.softmax(x, 0), X, forbids=("log_softmax",)).problem is None


def test_outermost_call_counts():
    """A ready-made function that uses another one inside is caught under the name that the learner wrote."""
    loss = torch.nn.functional.cross_entropy
    reply = ask(lambda x: loss(x[None], tensor([0])), X, forbids=("log_softmax", "cross_entropy"))
    assert Problem("forbidden", "cross_entropy") == reply.problem


class Shifted(torch.nn.Module):
    def forward(self, x):
        return x + 1


def raises(x):
    raise TypeError("of their own")


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        (lambda: X, "signature"),
        (lambda x, *, much: X, "signature"),
        (Shifted(), "signature"),
        (raises, "raised"),
        (lambda *x: raises(), "raised"),
    ],
)
def test_call_that_does_not_fit(function, kind):
    """A function that was never begun is told from one that raises, and from a call of theirs that does not fit."""
    args = (X, X) if isinstance(function, Shifted) else (X,)
    assert answer(function, Question(args)).problem.kind == kind
