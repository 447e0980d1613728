"""torch's private parts are what we take them for: a failure here says what a new torch has changed."""

from __future__ import annotations

import ast
import importlib
import sys
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch.overrides import TorchFunctionMode

from coursekit.wire import torch_private
from coursekit.wire.torch_private import Kernels, computes, decompositions, import_decompositions, operators

PACKAGE = Path(torch_private.__file__).parents[1]
X = torch.tensor([0.5, -1.0], dtype=torch.float64)


class Noted(TorchFunctionMode):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __torch_function__(self, func, types, args=(), kwargs=None):
        self.names.append(func.__name__)
        return func(*args, **(kwargs or {}))


class Double(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return 2 * x

    @staticmethod
    def backward(ctx, slope):
        return torch.add(slope, slope)


def test_backward_is_autograds():
    """It gives the gradients of `torch.autograd.grad`, and None where there is none."""
    x, y = X.clone().requires_grad_(), X.clone().requires_grad_()
    mine = torch_private.run_backward((x**3).sum(), (x, y))
    assert torch.equal(mine[0], torch.autograd.grad((x**3).sum(), x)[0])
    assert mine[1] is None


def test_backward_is_seen_by_a_mode():
    """A mode sees what a backward calls that somebody has written: the reason not to use `torch.autograd.grad`."""
    x = X.clone().requires_grad_()
    total = Double.apply(x).sum()
    with Noted() as noted:
        torch_private.run_backward(total, (x,))
    assert "add" in noted.names


def test_operators_are_all_of_torchs():
    """Some two thousand and more, with overloads, among them those that torch.ops has not met yet."""
    assert len(operators()) > 2_000
    assert {"_log_softmax", "nll_loss_nd", "softmax.int", "_ctc_loss.Tensor", "special_entr.out"} <= set(operators())
    assert not [name for name in operators() if name.startswith("aten::")]


@pytest.mark.parametrize(
    ("operator", "key", "computed"),
    [
        ("_softmax", "CPU", True),
        ("_softmax", "MkldnnCPU", True),
        ("_sparse_softmax", "SparseCPU", True),
        ("cross_entropy_loss", "AutogradCPU", True),
        ("_cudnn_ctc_loss", "CPU", False),
    ],
)
def test_dispatcher_says_what_it_can_compute(operator, key, computed):
    """Under which keys an operator has a kernel."""
    assert computes(operator, key) is computed


def test_kernels_are_replaced_and_restored():
    """A kernel of ours is called in torch's place until it is taken back."""
    before = F.softplus(X)

    def ours(*arguments):
        raise ArithmeticError("ours")

    kernels = Kernels()
    kernels.replace("softplus", "CPU", ours)
    with pytest.raises(ArithmeticError, match="ours"):
        F.softplus(X)
    kernels.restore()
    assert torch.equal(F.softplus(X), before)


def test_decompositions_are_a_table():
    """By operator; those for forward derivatives are known once they are imported."""
    import_decompositions()
    assert "torch._decomp.decompositions_for_jvp" in sys.modules
    assert callable(decompositions()[torch.ops.aten._log_softmax.default])


def test_functions_of_distributions():
    """Plain ones, those that are registered, and what the classes' methods and properties are made of."""
    from torch.distributions import Bernoulli, Categorical, constraints, kl, transforms, utils

    members = [vars(Categorical)[name] for name in ("log_prob", "param_shape", "logits")]
    own = [members[0], members[1].fget, members[2].wrapped, vars(Bernoulli)["__init__"]]
    own += [kl.kl_divergence, kl._kl_bernoulli_bernoulli, utils.clamp_probs, vars(constraints.Constraint)["check"]]
    own += [vars(transforms.Transform)["__call__"]]
    found = torch_private.of_distributions()
    assert set(own) <= set(found)
    assert not [function for function in found if not function.__module__.startswith("torch.distributions")]


@pytest.mark.slow
def test_modules_are_where_they_were():
    """Each of the modules can be imported, and those that torch itself imports are found."""
    for name in (*torch_private.PYTHON_MODULES, torch_private.DYNAMO):
        importlib.import_module(name)
    assert [module.__name__ for module in torch_private.python_modules()] == list(torch_private.PYTHON_MODULES)


def test_nobody_else_looks_into_torch():
    """All that we use of torch's private parts stands in one module; strings that forbid them to learners aside."""
    guilty = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and ast.unparse(node).startswith("torch."):
                parts = ast.unparse(node).split(".")
            elif isinstance(node, ast.ImportFrom):
                parts = [*(node.module or "").split("."), *(alias.name for alias in node.names)]
            elif isinstance(node, ast.Import):
                parts = [part for alias in node.names for part in alias.name.split(".")]
            else:
                continue
            if parts[0] == "torch" and any(part.startswith("_") and not part.endswith("__") for part in parts):
                guilty.add(path.relative_to(PACKAGE).as_posix())
    assert guilty == {"wire/torch_private.py"}
