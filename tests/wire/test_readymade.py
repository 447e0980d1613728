"""Which of torch's functions are ready-made: found in torch itself, so that a new one is noticed here."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, masked, nn, sparse, special

from coursekit.course import syllabus
from coursekit.wire.readymade import by_hand, relatives
from coursekit.wire.torch_private import of_distributions, operators

RULES = {e.forbids: e.name for _, e in syllabus.exercises().values() if e.forbids}
SIGMOID = syllabus.find_exercise("sigmoid")[1].forbids  # forbids most, the softmaxes as well

X = torch.tensor([[0.5, -1.0, 2.0], [0.3, 3.0, 1.2]])
NONE = torch.zeros_like(X)
WAYS = ((X,), (X, 1), (X, 1, False), (X, [1]), (X, 1, None), (X, NONE), (NONE, X), (X, X), (X, 0.5), (X, NONE, 1))
GIVEN_AWAY = {
    "softmax": X.softmax(1),
    "log_softmax": X.log_softmax(1),
    "logsumexp": X.logsumexp(1),
    "sigmoid": X.sigmoid(),
    "logsigmoid": F.logsigmoid(X),
    "softplus": F.softplus(X),
}
NO_FUNCTIONS = (
    "compile",
    "save",
    "load",
    "export",
    "import",
    "set_",
    "seed",
    "record",
    "fork",
    "from_file",
    "register",
)


@pytest.mark.parametrize("forbids", RULES, ids=RULES.values())
def test_every_loss_is(forbids):
    """Whatever in torch reduces its losses by a word, and every class of losses."""
    reduces = {name for name, f in vars(F).items() if inspect.isfunction(f) and "reduction" in signature(f)}
    classes = {
        name for name, kind in vars(nn).items() if isinstance(kind, type) and issubclass(kind, nn.modules.loss._Loss)
    }
    schemas = torch._C._jit_get_all_schemas()
    kernels = {
        each.name.removeprefix("aten::")
        for each in schemas
        if each.name.startswith("aten::") and any(argument.name == "reduction" for argument in each.arguments)
    }
    assert (len(reduces) > 20, len(classes) > 20, len(kernels) > 20) == (True, True, True)
    assert reduces | classes | kernels | {"ctc_loss", "AdaptiveLogSoftmaxWithLoss"} <= relatives(forbids)


def signature(function: Callable[..., Any]) -> list[str]:
    return list(inspect.signature(function).parameters)


def functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Whatever torch has that can be called with a tensor, its modules and the methods of tensors too."""
    for place in (torch, Tensor, F, special, masked, sparse):
        for name in dir(place):
            found = getattr(place, name)
            if callable(found) and not isinstance(found, type) and name[0] != "_":
                yield name, found
    for name in dir(nn):
        kind = getattr(nn, name)
        if isinstance(kind, type) and issubclass(kind, nn.Module):
            for given in ((), (1,), (3,)):
                try:
                    yield name, kind(*given)
                except Exception:
                    continue


@pytest.mark.slow
def test_nothing_else_gives_one_away():
    """Of all that can be called with a matrix, what gives a softmax or a sigmoid, or its logarithm, is ready-made."""
    found, forbidden = {}, relatives(SIGMOID)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, function in functions():
            if not any(word in name for word in NO_FUNCTIONS):
                given = [each for each in map(given_away, results(function)) if each]
                found.update({name: given} if given else {})
    assert len(found) >= 15
    assert {name: given for name, given in found.items() if name not in forbidden} == {}


def results(function: Callable[..., Any]) -> Iterator[Tensor]:
    for way in WAYS:
        try:
            result = function(*[each.clone() if isinstance(each, Tensor) else each for each in way])
        except Exception:
            continue
        if isinstance(result, Tensor) and result.is_floating_point() and result.layout is torch.strided:
            yield result.detach().float()


def given_away(result: Tensor) -> str | None:
    """The forbidden function whose values these are, or their negatives, logarithms or exponentials."""
    for name, values in GIVEN_AWAY.items():
        for each in (result, -result, result.log(), result.exp()):
            if each.shape == values.shape and torch.allclose(each, values, atol=1e-5):
                return name
    return None


@pytest.mark.parametrize("word", ["softmax", "sigmoid", "logsumexp", "logaddexp", "attention", "lstm", "gru", "silu"])
def test_operators_of_that_name_are(word):
    """An operator tells what it computes by its name, also one for another layout, device or derivative."""
    named = {name for name in (operator.partition(".")[0] for operator in operators()) if word in name}
    assert named
    assert named - relatives(SIGMOID) == set()


def test_distributions_are_found():
    """Each class's methods, what it computes when first asked, what is registered of pairs of them, and the helpers."""
    found, laws = set(of_distributions()), torch.distributions
    assert {laws.Normal.log_prob, laws.kl_divergence, laws.kl._KL_REGISTRY[laws.Normal, laws.Normal]} <= found
    assert laws.Categorical.__dict__["logits"].wrapped in found
    assert laws.Laplace.__dict__["mean"].fget in found
    assert laws.transform_to._registry[type(laws.constraints.simplex)] in found
    assert {function.__module__.split(".")[1] for function in found} == {"distributions"}


@pytest.mark.parametrize("forbids", RULES, ids=RULES.values())
def test_the_line_is_true(forbids):
    """What it says is forbidden is, and whatever was named is said or is a relative of what is said."""
    words = by_hand(forbids).removeprefix("By hand: no ready-made ").removesuffix(".").replace(" or ", ", ").split(", ")
    assert words[:2] == ["loss", "distribution"]
    said = tuple(word.replace("special.", "special_") for word in words[2:])
    assert set(said) <= set(forbids)
    assert set(forbids) <= relatives(("mse_loss", *said))


@pytest.mark.parametrize(
    ("forbids", "line"),
    [
        (("mse_loss",), "By hand: no ready-made loss or distribution."),
        (("special_entr",), "By hand: no ready-made loss, distribution or special.entr."),
        (("softmax", "log_softmax", "nll_loss"), "By hand: no ready-made loss, distribution, softmax or log_softmax."),
        (("sigmoid", "silu", "softplus"), "By hand: no ready-made loss, distribution, sigmoid or softplus."),
    ],
)
def test_the_line(forbids, line):
    """Losses are one word, and so is what has a function inside that is named already."""
    assert by_hand(forbids) == line
