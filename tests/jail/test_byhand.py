"""By hand means by hand: evasions are named, and no honest style is refused."""

from __future__ import annotations

import ast
import enum
import itertools
import json
import re
import textwrap
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
import toys
from torch import tensor

from coursekit.course import syllabus
from coursekit.exercise import Exercise
from coursekit.grading.here import ask_here
from coursekit.grading.scoring import score
from coursekit.jail.inside import guard
from coursekit.jail.inside.byhand import ByHand, Refused
from coursekit.jail.inside.disarm import Disarmed, _decomposed, _in_python
from coursekit.jail.inside.source import Source
from coursekit.jail.terms import Limits
from coursekit.report import Outcome
from coursekit.wire import Answer, Problem, Question
from coursekit.wire.answering import answer
from coursekit.wire.readymade import relatives, relatives_among
from coursekit.wire.torch_private import operators

TESTS = Path(__file__).parents[1]
HOSTILE = TESTS / "hostile"
MANIFEST = {
    entry["file"]: entry
    for entry in json.loads((HOSTILE / "MANIFEST.json").read_text(encoding="utf-8"))
    if entry["file"].startswith("h")
}
HONEST_THERE = {"h34_optim_autograd_logsumexp.py", "h38_numpy_torch_numpy.py"}
NOT_RUN = {"h41_ctypes_symbol.py"}  # its function does not need what it looked up, so that is not loaded


def exercise(name: str) -> Exercise:
    return syllabus.exercises()[name][1]


def used(text: str, name: str = "cross_entropy") -> str | None:
    """What the first layer finds in an answer, which is not run."""
    return used_in(Source([("a.py", textwrap.dedent(text))]), name, name)


def used_in(source: Source, name: str, function: str) -> str | None:
    return ByHand(exercise(name).forbids).read([node for _, node in source.needed(function)])


# ---- the ways that were handed in --------------------------------------------------------------------------------


@pytest.mark.parametrize("file", [file for file in MANIFEST if file not in HONEST_THERE | NOT_RUN])
def test_evasion_is_refused_unread(file):
    """The first layer alone names every one."""
    assert used((HOSTILE / file).read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", sorted(HONEST_THERE))
def test_hand_made_is_not(file):
    """The ones among them that are by hand are not refused."""
    assert used((HOSTILE / file).read_text(encoding="utf-8")) is None


@pytest.fixture(scope="module")
def jail(any_jail):
    any_jail.limits = Limits()
    return any_jail


def graded(jail, text, name="cross_entropy"):
    with jail.child((("a.py", textwrap.dedent(text)),), exercise(name)) as ask:
        return score(exercise(name), ask, seed=0)


@pytest.mark.slow
@pytest.mark.parametrize("file", MANIFEST)
def test_evasion_scores_nothing(jail, file):
    """In the jail, both layers together: what is by hand there has our flags missing, so it passes no check of ours."""
    report = graded(jail, (HOSTILE / file).read_text(encoding="utf-8"))
    outcomes = {Outcome.FORBIDDEN} if file not in HONEST_THERE | NOT_RUN else {Outcome.FAILED, Outcome.ERROR}
    assert (report.outcome in outcomes, file in HONEST_THERE or report.points) == (
        True,
        0 if file not in HONEST_THERE else True,
    )


# ---- ways of our own ---------------------------------------------------------------------------------------------

RIGHT = """
def by_hand(l, t):
    z = l - l.max(dim=1, keepdim=True).values
    return -(z - z.exp().sum(1, keepdim=True).log())[range(len(t)), t].mean()
"""

EVASIONS = {
    "torch handed on, and a member of their own called as its insides are": (
        "import torch\nclass A:\n _C = 1\n _nn = 2\ndef g(t): return t._C._nn\n"
        "def f(l, t): return getattr(g(torch), 'cross' + '_entropy_loss')(l, t) + 0 * A._nn",
        "_C",
    ),
    "parameter called as the object is": (
        "class A:\n def g(self): return lambda self: self._nn\ndef f(l, t): return A().g()(l)",
        "_nn",
    ),
    "variable called as the object is": (
        "class A:\n def g(self, l):\n  self = l\n  return self._nn\ndef f(l, t): return A().g(l)",
        "_nn",
    ),
    "star": ("from torch.nn.functional import *\ndef f(l, t): return nll_loss(log_softmax(l, 1), t)", "log_softmax"),
    "second name": (
        "import torch\nG = torch.nn.functional\ndef f(l, t): return G.cross_entropy(l, t)",
        "cross_entropy",
    ),
    "module": ("from torch import nn\ndef f(l, t): return nn.CrossEntropyLoss()(l, t)", "CrossEntropyLoss"),
    "class of another name": ("import torch.nn as n\nL = n.NLLLoss()\ndef f(l, t): return L(l, t)", "NLLLoss"),
    "pattern": (
        "import torch.nn.functional as F\ndef f(l, t):\n match F:\n  case object(cross_entropy=g): return g(l, t)",
        "cross_entropy",
    ),
    "getattr": (
        "import torch\ndef f(l, t): return getattr(torch.nn.functional, 'cross_entropy')(l, t)",
        "cross_entropy",
    ),
    "namespace": (
        "import torch.nn.functional as F\ndef f(l, t): return F.__dict__['cross_' + 'entropy'](l, t)",
        "torch.nn.functional.__dict__",
    ),
    "frames": ("def f(l, t):\n try: 1 / 0\n except Exception as e: return e.__traceback__.tb_frame.f_back", "f_back"),
    "families": ("def f(l, t): return ().__class__.__base__.__subclasses__()[0]", "__subclasses__"),
    "library": ("from sklearn.metrics import log_loss\ndef f(l, t): return log_loss(t, l)", "sklearn.metrics.log_loss"),
    "importlib": ("import importlib as i\ndef f(l, t): return i.import_module('torch')", "importlib"),
    "part of a module handed on": (
        "import torch\ndef g(m): return m.load\ndef f(l, t): return g(torch.jit)('x')",
        "torch.jit",
    ),
    "a module of torch's handed on": (
        "from torch import overrides as o\ndef g(m): return m.resolve_name\ndef f(l, t): return g(o)",
        "torch.overrides",
    ),
    "more of what is open in part": ("import timeit\ndef f(l, t): return timeit.timeit('1')", "timeit.timeit"),
    "builtins": ("import builtins as b\ndef f(l, t): return b.getattr(l, 'soft' + 'max')(1)", "builtins.getattr"),
    "builtins of another": ("import enum\ndef g(m): return m.exec\ndef f(l, t): return g(enum.bltns)", "enum.bltns"),
    "files": ("import io\ndef f(l, t): return io.open('x')", "io.open"),
    "module handed on": ("import sys\ndef g(m): return m.modules\ndef f(l, t): return g(sys)['torch']", "sys"),
    "imported by another": ("import random\ndef f(l, t): return random._os.sys.modules", "random._os"),
    "methodcaller": (
        "from operator import methodcaller as m\ndef f(l, t): return m('log_softmax', 1)(l)",
        "log_softmax",
    ),
    "Formatter": ("import string\ndef f(l, t): return string.Formatter().get_field('0', (l,), {})", "string.Formatter"),
    "type hints": ("import typing\ndef f(l, t): return typing.get_type_hints(f)", "typing.get_type_hints"),
    "distribution": ("import torch\ndef f(l, t): return l.new_tensor(0).logsumexp(0)", "logsumexp"),
    "reduce": ("import torch\nF = torch._C._nn\ndef f(l, t): return F.cross_entropy_loss(l, t)", "torch._C"),
    "numpy": ("import numpy as np\ndef f(l, t): return np.logaddexp.reduce(l.numpy())", "logaddexp"),
    "imported over one's own": (
        "def m(): ...\nimport builtins as m\ndef f(l, t): return m.eval('l.sum()', {'l': l})",
        "builtins.eval",
    ),
    "attention": (
        "import torch.nn as nn\nA = nn.MultiheadAttention(4, 1)\ndef f(l, t): return A(l, l, l)",
        "Multihead",
    ),
    "compiled": ("import torch\n@torch.compile\ndef f(l, t): return l.sum()", "torch.compile"),
}

# What the first layer cannot see, because the name is made while the code runs; the second layer can
AT_RUN_TIME = {
    "joined name": (
        "import torch.nn.functional as F\ndef f(l, t): return getattr(F, 'cross_' + 'entropy')(l, t)",
        "cross_entropy",
    ),
    "getattr under another name": (
        "import torch, functools\ng = getattr\ndef f(l, t):\n"
        " return functools.reduce(g, 'nn functional cross_entropy'.split(), torch)(l, t)",
        "cross_entropy",
    ),
    "namespace of a module": (
        "import torch.nn.functional as F\ndef f(l, t): return vars(F)['cross_entropy'](l, t)",
        "vars",
    ),
    "eval from globals": (
        "def f(l, t): return globals()['__built' + 'ins__']['ev' + 'al']('1') * l.sum()",
        "__builtins__",
    ),
    "import from globals": (
        "def f(l, t): return globals()['__built' + 'ins__']['__imp' + 'ort__']('scipy.special') and l.sum()",
        "__builtins__",
    ),
    "own attribute of that name": (
        "class A:\n def log_softmax(self): ...\n"
        "def f(l, t): return -l.log_softmax(1)[range(len(t)), t].mean() + 0 * hasattr(A, 'x')",
        "log_softmax",
    ),
    "keyword of that name": (
        "def f(l, t): return -l.log_softmax(1)[range(len(t)), t].mean() * len(dict(log_softmax=1))",
        "log_softmax",
    ),
    "swallowed": (
        RIGHT + "\ndef f(l, t, _=dict(log_softmax=1)):\n try: return -l.log_softmax(1).sum()\n"
        " except BaseException: return by_hand(l, t)",
        "log_softmax",
    ),
    "in a thread": (
        "import threading\ndef f(l, t, _=dict(log_softmax=1)):\n r = []\n"
        " h = threading.Thread(target=lambda: r.append(l.log_softmax(1)))\n h.start(); h.join()\n return l.sum()",
        "log_softmax",
    ),
    "in a backward": (
        "import torch\nclass A(torch.autograd.Function):\n log_softmax = 1\n"
        " @staticmethod\n def forward(ctx, l, t): ctx.save_for_backward(l); return l.sum()\n"
        " @staticmethod\n def backward(ctx, g): return ctx.saved_tensors[0].log_softmax(1), None\n"
        "def f(l, t): return A.apply(l, t)",
        "log_softmax",
    ),
    "when it is loaded": (
        "import torch\nX = torch.zeros(2).log_softmax(0, **dict(dtype=None) or dict(log_softmax=1))\n"
        "def f(l, t): return X.sum()",
        "log_softmax",
    ),
}


def as_answer(text: str) -> str:
    return f"{text}\ndef cross_entropy(input, target, *_, **__):\n    return f(input, target)\n"


@pytest.mark.parametrize("way", EVASIONS)
def test_way_round_is_named(way):
    """However it is spelled; the name says what to take out."""
    text, name = EVASIONS[way]
    assert (used(as_answer(text)) or "").startswith(name)


@pytest.mark.slow
@pytest.mark.parametrize("way", EVASIONS | AT_RUN_TIME)
def test_way_round_scores_nothing(jail, way):
    """Not a point, and the message names what was used."""
    text, name = (EVASIONS | AT_RUN_TIME)[way]
    report = graded(jail, as_answer(text))
    assert (report.points, report.outcome) == (0, Outcome.FORBIDDEN)
    assert any(f"`{name}" in verdict.rationale for verdict in report.verdicts)


def test_a_class_may_unpack():
    """Whatever is assigned to in its body is read."""
    assert used(as_answer("class Own:\n    a, b = 1, 2\n    c = a\ndef f(l, t): return l.sum() * Own.b")) is None


@pytest.mark.parametrize(
    "own", ["def compile(l): return l.sum()", "class compile:\n def __new__(_, l): return l.sum()"]
)
def test_a_name_of_ones_own_is_not_pythons(own):
    """What an answer defines takes the place of the builtin of that name."""
    assert used(as_answer(f"{own}\ndef f(l, t): return compile(l)")) is None
    assert used(as_answer("def f(l, t): return compile(l)")) == "compile"


@pytest.mark.parametrize("way", AT_RUN_TIME)
def test_first_layer_is_not_clever(way):
    """It reads names only: these are left to the second layer, so that it is tested by itself."""
    assert used(as_answer(AT_RUN_TIME[way][0])) is None


# ---- honest ------------------------------------------------------------------------------------------------------


@cache
def answers(path: Path) -> tuple[str, list[tuple[str, str]]]:
    """A file's text, and of each answer in it the exercise and the function's name."""
    text = path.read_text(encoding="utf-8")
    names = re.findall(r"^(?:def |class )?(\w+) *[(=]", text, re.MULTILINE)
    pairs = [(name.partition("__")[0], name) for name in dict.fromkeys(names)]
    return text, [pair for pair in pairs if pair[0] in syllabus.exercises()]


FILES = [path for topic in syllabus.TOPICS for path in (topic.solution, TESTS / "styles" / f"{topic.name}.py")]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_answer_is_refused(path):
    """The answers in solutions/ and tests/styles/: several hundred, in every style that we know."""
    text, found = answers(path)
    source = Source([("a.py", text)])
    assert found
    assert {name: used_in(source, *pair) for pair in found for name in pair[1:]} == {name: None for _, name in found}


HONEST = {
    "dataclass": """
        from dataclasses import dataclass, field
        try:
            from typing import final
        except ImportError:
            from typing_extensions import final
        @final
        @dataclass(frozen=True)
        class Logits:
            import math
            from itertools import count
            values: "torch.Tensor"
            dim: int = 1
            def log_softmax(self):
                top = self.values.amax(self.dim, keepdim=True)
                return self.values - top - (self.values - top).exp().sum(self.dim, keepdim=True).log()
        def f(l, t): return -Logits(l).log_softmax()[range(len(t)), t].mean()
        import torch
        """,
    "own helper of torch's name": """
        import torch
        def log_softmax(x, dim=-1): return x - x.amax(dim, True) - (x - x.amax(dim, True)).exp().sum(dim, True).log()
        def nll_loss(log_p, t): return -log_p.gather(1, t[:, None]).mean()
        def f(l, t): return nll_loss(log_softmax(l, 1), t)
        """,
    "own in the place of an import": """
        from torch.nn.functional import log_softmax, one_hot
        def log_softmax(x, dim=-1): return x - x.amax(dim, True) - (x - x.amax(dim, True)).exp().sum(dim, True).log()
        def f(l, t): return -(log_softmax(l, 1) * one_hot(t, l.shape[1])).sum() / len(t)
        """,
    "comparison beside it": """
        import pandas as pd, numpy as np, torch
        import torch.nn.functional as F
        from torch.nn import CrossEntropyLoss, Module
        from torch.nn.functional import cross_entropy as reference, one_hot
        criterion = CrossEntropyLoss()
        expected = F.cross_entropy(torch.zeros(1, 2), torch.tensor([0]))
        def train(model, x, y): return criterion(model(x), y)
        def f(l, t):
            z = l - l.amax(1, keepdim=True)
            return -((z - z.exp().sum(1, True).log()) * one_hot(t, l.shape[1])).sum() / np.float64(len(t)).item()
        """,
    "module": """
        import torch
        from torch import nn
        class Loss(nn.modules.loss._WeightedLoss):
            def __init__(self, *args, **kwargs):
                super().__init__(*args, **kwargs)
                self._eps, self.log_softmax = 0.0, self._log_p
            def _log_p(self, x):
                top = x.max(1, keepdim=True).values.detach()
                return x - top - torch.log(torch.exp(x - top).sum(1, keepdim=True))
            def __call__(self, l, t): return -self.log_softmax(l)[torch.arange(len(t)), t].mean() + self._eps
        f = Loss()
        """,
    "namedtuple": """
        from collections import namedtuple
        P = namedtuple("P", "log_softmax, n")
        def parts(l):
            z = l - l.amax(1, keepdim=True)
            return P(log_softmax=z - z.exp().sum(1, True).log(), n=len(l))._replace(n=len(l))
        def f(l, t): p = parts(l); return -p.log_softmax[range(p.n), t].sum() / p.n
        """,
    "reduction by name": """
        import torch, sys, math, functools
        EPS = sys.float_info.min
        def f(l, t, reduction="mean"):
            z = l - l.amax(1, keepdim=True)
            losses = -(z - (z.exp().sum(1, True) + EPS).log())[range(len(t)), t]
            return getattr(torch, reduction)(losses) if hasattr(torch, reduction) else getattr(losses, reduction)()
        """,
    "own function": """
        import torch
        class CE(torch.autograd.Function):
            @staticmethod
            def forward(ctx, l, t):
                p = (l - l.amax(1, keepdim=True)).exp(); p = p / p.sum(1, keepdim=True)
                ctx.save_for_backward(p, t); ctx._n = len(t)
                return -p[torch.arange(len(t)), t].log().mean()
            @staticmethod
            def backward(ctx, g):
                p, t = ctx.saved_tensors
                return g * (p - torch.eye(p.shape[1], dtype=p.dtype)[t]) / ctx._n, None
        def f(l, t): return CE.apply(l, t)
        """,
    "script": """
        \"\"\"My answer.\"\"\"
        from __future__ import annotations
        import typing as T, itertools, warnings, logging, math
        import torch as th
        __all__ = ["f"]
        log = logging.getLogger(__name__)
        def once(g):
            @__import__functools_wraps(g)
            def inner(*a, **k):
                assert a, f"{g.__name__} of {type(a).__name__} wants {a[0].__class__.__name__}"
                return g(*a, **k)
            return inner
        from functools import wraps as __import__functools_wraps
        @once
        def f(l: th.Tensor, t: th.Tensor) -> T.Any:
            try:
                top = max(row.max().item() for row in l)
            except (ValueError, RuntimeError) as error:
                raise ValueError(f"{error!r:>10}") from error
            rec = lambda i: 0 if i < 0 else -(l[i, t[i]] - top - (l[i] - top).exp().sum().log()) + rec(i - 1)
            return rec(len(t) - 1) / len(t)
        if __name__ == "__main__":
            import scipy.special
            print(eval("f"), scipy.special.log_softmax([1]))
        """,
    "torch's own source": """
        import torch
        from torch.nn import _reduction as _Reduction
        from torch.overrides import handle_torch_function, has_torch_function_variadic
        def f(l, t, size_average=None, reduce=None, reduction="mean"):
            if has_torch_function_variadic(l, t):
                return handle_torch_function(f, (l, t), l, t, reduction=reduction)
            if size_average is not None or reduce is not None:
                reduction = _Reduction.legacy_get_string(size_average, reduce)
            z = l - l.amax(1, keepdim=True)
            loss = (z.exp().sum(1).log() - z[torch.arange(len(t)), t])
            return (loss, loss.mean(), loss.sum())[_Reduction.get_enum(reduction)]
        """,
    "small libraries": """
        import contextlib, io, queue, torch
        from contextvars import ContextVar
        from graphlib import TopologicalSorter
        from timeit import default_timer as timer
        from types import ModuleType, SimpleNamespace
        from numpy.lib.stride_tricks import sliding_window_view
        N = ContextVar("N", default=0)
        def f(l, t):
            start, rows, ns = timer(), queue.Queue(), SimpleNamespace(l=l, t=t)
            for pair in zip(vars(ns)["l"], t): rows.put(pair)
            with contextlib.redirect_stdout(io.StringIO()) as out:
                print(start, *TopologicalSorter({0: [1]}).static_order())
            total = N.get() + len(sliding_window_view(t.numpy(), 1)) - len(t)
            while not rows.empty():
                row, y = rows.get_nowait()
                total = total + (row - row.max()).exp().sum().log() + row.max() - row[y]
            return total / len(t)
        """,
    "star": """
        import builtins
        from torch import *
        def f(l, t):
            z = l - amax(l, 1, keepdim=True)
            return builtins.sum(log(exp(row).sum()) - row[y] for row, y in builtins.zip(z, t)) / len(t)
        """,
    "vmap and grad": """
        import torch
        def one(row, t):
            z = row - row.amax()
            return z.exp().sum().log() - torch.einsum("c,c->", z, torch.nn.functional.one_hot(t, len(z)).to(z))
        def f(l, t): return torch.func.vmap(one)(l, t).mean()
        """,
}


@pytest.mark.parametrize("style", HONEST)
def test_honest_style_is_not_refused(style):
    """Names of their own, imports that other cells need, and Python's usual furniture."""
    assert used(as_answer(textwrap.dedent(HONEST[style]))) is None


@pytest.mark.parametrize(
    "body",
    [
        "p = P(); p.log_softmax = l; return p.log_softmax",
        "p = P(log_softmax=l); return p.log_softmax",
        "p = P(); setattr(p, 'log_softmax', l); return p.log_softmax",
        "p = torch.nn.Module(); p.register_buffer('_log', l); return p._log",
        "p = M('M', ['_a'])(l); return p._a",
        "class S:\n  __slots__ = '_a', '_b'\n return S()._a",
        "return E._value2member_map_[1]._name_, N._field_defaults, E._member_names_",
    ],
)
def test_members_of_their_own(body):
    """What they have put on an object is theirs, whatever it is called."""
    text = "from types import SimpleNamespace as P\nfrom dataclasses import make_dataclass as M\nimport torch\n"
    text += "from enum import Enum\nclass E(Enum): A = 1\ndef cross_entropy(l, t):\n "
    assert used(text + body) is None
    assert used(text + "p = P(); return p.log_softmax") == "log_softmax"


@pytest.mark.parametrize("text", ["", "from sklearn import *"], ids=["imported nowhere", "star"])
def test_names_of_nobody(text):
    """A name that nothing gives is Python's to complain of, and Python's own are nobody else's."""
    assert used(f"{text}\ndef cross_entropy(l, t): return len(l)") is None
    assert text or used("def cross_entropy(l, t): return log_softmax(l)") is None


@pytest.mark.slow
@pytest.mark.parametrize("style", HONEST)
def test_honest_style_gets_its_answer(jail, style):
    """In the jail, with torch disarmed: the numbers of torch, value and gradient."""
    logits, target = tensor([[0.5, -1.0, 2.0], [0.0, 3.0, 1.0]], requires_grad=True), tensor([2, 0])
    with jail.child((("a.py", as_answer(textwrap.dedent(HONEST[style]))),), exercise("cross_entropy")) as ask:
        reply = ask(Question((logits.detach(), target), wrt=(0,)))
    assert reply.problem is None
    torch.testing.assert_close(reply.value, F.cross_entropy(logits.detach(), target))
    torch.testing.assert_close(reply.gradients[0], torch.autograd.grad(F.cross_entropy(logits, target), logits)[0])


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_answers_get_full_marks_when_disarmed(jail, path):
    """Every seventh answer of every file, in the jail: nothing that they call is missing."""
    text, found = answers(path)
    for name, function in found[::7]:
        report = graded(jail, text if function == name else f"{text}\n{name} = {function}\n", name)
        assert (function, report.points) == (function, exercise(name).maximum)


# ---- what is forbidden -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("forbids", "included", "not_included"),
    [
        ("log_softmax", "special_log_softmax _log_softmax _sparse_log_softmax LogSoftmax", "softmax logsumexp"),
        ("softmax", "softmin gumbel_softmax _safe_softmax scaled_dot_product_attention Softmax2d", "log_softmax exp"),
        ("nll_loss", "nll_loss2d nll_loss_nd NLLLoss nll_loss_forward poisson_nll_loss", "log_softmax"),
        ("cross_entropy", "cross_entropy_loss CrossEntropyLoss linear_cross_entropy BCELoss", "log_softmax"),
        ("sigmoid", "special_expit sigmoid_ Sigmoid silu LSTM mkldnn_rnn_layer _foreach_sigmoid", "tanh sign softplus"),
        ("logsumexp", "logcumsumexp special_logsumexp", "log_softmax exp"),
        ("kl_div", "KLDivLoss distributions", "xlogy"),
        ("special_entr", "entr distributions", "xlogy"),
        ("mse_loss", "MSELoss mse_loss_backward l1_loss margin_ranking_loss gaussian_nll_loss distributions", "square"),
        ("ctc_loss", "CTCLoss _ctc_loss _cudnn_ctc_loss _ctc_loss_backward", "softmax log_softmax"),
        ("cdist", "pdist _cdist_forward _euclidean_dist", "dist norm"),
    ],
)
def test_relatives(forbids, included, not_included):
    """Classes, operators and what has the function inside are derived; building blocks stay."""
    found = relatives((forbids,))
    assert set(included.split()) <= found
    assert not set(not_included.split()) & found


@pytest.mark.parametrize("exercise", [e for _, e in syllabus.exercises().values()], ids=lambda exercise: exercise.name)
def test_forbidden_names_are_torchs(exercise):
    """A name that torch does not have forbids nothing: a slip of the pen in a grader shows here."""
    bases = {operator.partition(".")[0] for operator in operators()}
    assert all(hasattr(F, name) or name in bases for name in exercise.forbids)


def test_own_twin_is_forbidden():
    """Who rebuilds a function of torch does not call it, nor its class."""
    for _, one in syllabus.exercises().values():
        if hasattr(F, one.name) and one.forbids:
            assert one.name in relatives(one.forbids)


# ---- the second layer --------------------------------------------------------------------------------------------


@pytest.fixture
def disarmed():
    """Torch without the ready-made functions of cross-entropy, in this very process, for one test."""
    disarmed = Disarmed(exercise("cross_entropy").forbids)
    yield disarmed
    disarmed.restore()


X = tensor([[0.5, -1.0, 2.0], [0.0, 3.0, 1.0]], dtype=torch.float64)
T = tensor([2, 0])

CALLS = {
    "function": lambda: F.cross_entropy(X, T),
    "class": lambda: torch.nn.CrossEntropyLoss()(X, T),
    "operator": lambda: torch.ops.aten.cross_entropy_loss(X, T),
    "binding": lambda: torch._C._nn.cross_entropy_loss(X, T, None, 1, -100, 0.0),
    "method": lambda: X.log_softmax(1),
    "into a given tensor": lambda: torch.softmax(X, 1, out=torch.empty(0, dtype=X.dtype)),
    "sparse": lambda: torch.ops.aten._sparse_log_softmax(X.to_sparse(), 1, False),
    "masked": lambda: torch.masked.log_softmax(X, 1),
    "attention": lambda: F.scaled_dot_product_attention(X[None], X[None], X[None]),
    "reference": lambda: torch._refs.log_softmax(X, 1),
    "decomposition": lambda: torch._decomp.decomposition_table[torch.ops.aten._log_softmax.default](X, 1, False),
    "distribution": lambda: torch.distributions.Categorical(logits=X).logits,
    "vmap": lambda: torch.vmap(torch._C._nn.nll_loss_nd)(X, T),
    "vmap of all": lambda: torch.vmap(F.cross_entropy)(X, T),
    "forward derivative": lambda: torch.func.jvp(lambda x: F.softmax(x, 1), (X,), (X,)),
    "derivative": lambda: torch.func.grad(lambda x: F.softmin(x, 1).sum())(X),
    "part": lambda: torch.logaddexp(X, X),
    "numpy": lambda: np.logaddexp(X.numpy(), X.numpy()),
    "method of numpy's": lambda: np.logaddexp.reduce(X.numpy()),
}


@pytest.mark.parametrize("call", CALLS)
def test_kernel_is_gone(disarmed, call):
    """Whatever leads to it, and it is noted."""
    with pytest.raises((Refused, RuntimeError)):
        CALLS[call]()
    assert disarmed.by_hand.caught[0] in relatives(exercise("cross_entropy").forbids)


@pytest.mark.parametrize(
    ("operator", "kind"), [("_softmax", "dense"), ("_softmax", "MKL-DNN"), ("_sparse_softmax", "sparse")]
)
def test_kernel_is_gone_below_autograd(disarmed, operator, kind):
    """The operator itself, without gradients, on every kind of tensor."""
    with torch.inference_mode():
        x = {"dense": X + 0, "MKL-DNN": X.float().to_mkldnn(), "sparse": X.to_sparse()}[kind]
        with pytest.raises(Refused):
            getattr(torch.ops.aten, operator)(x, 1, False)
    assert disarmed.by_hand.caught[0] in disarmed.by_hand.names


def test_kernel_is_gone_under_vmap():
    """Vmap's own rule would take the operator apart before any kernel of it is reached."""
    disarmed = Disarmed(("binary_cross_entropy_with_logits",))
    try:
        with pytest.raises(Refused):
            torch.vmap(torch.ops.aten.binary_cross_entropy_with_logits)(X, X)
    finally:
        disarmed.restore()


def test_function_that_is_all_python_is_gone():
    """One that reaches no kernel of its name is taken away itself, wherever it has been handed on to."""
    disarmed = Disarmed(("gaussian_nll_loss",))
    try:
        with pytest.raises(Refused):
            F.gaussian_nll_loss(X, X, X.abs())
        with pytest.raises(Refused):
            torch.nn.GaussianNLLLoss()(X, X, X.abs())
    finally:
        disarmed.restore()
    assert F.gaussian_nll_loss(X, X, X.abs()).isfinite()


def test_operators_by_their_names():
    """As torch calls them, without the library that they are of, and without an overload."""
    assert {"_softmax", "_log_softmax"} <= _decomposed().keys()


def test_everything_comes_back():
    """Restoring leaves no trace: the same numbers, the same functions."""
    before = F.cross_entropy(X, T), torch.softmax(X, 1), F.gumbel_softmax, torch._refs.log_softmax
    Disarmed(exercise("cross_entropy").forbids).restore()
    after = F.cross_entropy(X, T), torch.softmax(X, 1), F.gumbel_softmax, torch._refs.log_softmax
    assert (before[0] == after[0], torch.equal(before[1], after[1]), before[2:]) == (True, True, after[2:])


def test_same_rule_is_kept():
    """The next submission of the same exercise finds torch as it is; another exercise's rule replaces it."""
    first = Disarmed(("softmax",))
    try:
        assert first.of(["softmax"]) is first
    finally:
        second = first.of(("kl_div",))
    try:
        torch.softmax(X, 1)
        with pytest.raises(Refused):
            F.kl_div(X, X, reduction="sum")
    finally:
        second.restore()
    F.kl_div(X, X, reduction="sum")


def numbers():
    """Values and gradients of what stays allowed, and what is near to what is not."""
    x = X.clone().requires_grad_(True)
    for name in ("exp", "log1p", "sigmoid", "tanh", "softplus", "logsigmoid", "erf", "relu", "square", "cumsum"):
        function = getattr(torch, name, None) or getattr(F, name)
        value = function(x.abs(), 1) if name == "cumsum" else function(x.abs())
        yield value
        yield from torch.autograd.grad(value.sum(), x)
    for function in (torch.xlogy, torch.dist, torch.lgamma, F.softshrink, torch.erfc):
        given = (x.abs() + 1, X.sigmoid())[: 2 if function in (torch.xlogy, torch.dist) else 1]
        value = function(*given)
        yield value
        yield from torch.autograd.grad(value.sum(), x)
        yield torch.vmap(function)(*given) if function is not torch.dist else value
    yield torch.einsum("ij,kj->ik", x, x)
    yield torch.func.hessian(lambda z: (z - z.amax()).exp().sum().log())(X[0])


@pytest.mark.slow
def test_numbers_are_the_same_to_the_bit():
    """What is allowed is not touched."""
    torch.manual_seed(0)
    before = [value.detach().clone() for value in numbers()]
    disarmed = Disarmed(exercise("cross_entropy").forbids)
    try:
        after = [value.detach().clone() for value in numbers()]
    finally:
        disarmed.restore()
    assert len(before) > 30
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
    assert disarmed.by_hand.caught == []


def test_what_was_caught_counts():
    """What came before it stands for nothing, and whatever was caught after it; the next exercise begins anew."""
    rule = ByHand(("softmax",))
    for name in ("softmax", "exp"):
        with pytest.raises(Refused, match=name):
            rule.refusal(name)(X, dim=1)
    assert rule.judge(Answer(X)).problem == Problem("forbidden", "softmax")
    rule.begin()
    answered = Answer(X)
    assert rule.judge(answered) is answered


def test_the_judge_is_told_at_once():
    """Before anything is raised, which the learner's code could swallow."""
    rule, told = ByHand(("softmax",)), []
    rule.told = told.append
    with pytest.raises(Refused):
        rule.catch("softmax")
    assert told == [Problem("forbidden", "softmax")]


def test_what_stands_in_the_place_of_a_function():
    """Of numpy's, methods that compute are caught as well; any other attribute is none."""
    rule = ByHand(("softmax",))
    whole, plain = rule.refusal("logaddexp", with_attributes=True), rule.refusal("softmax")
    for call in (whole, lambda: whole.reduce, lambda: whole.at, plain):
        with pytest.raises(Refused):
            call()
    assert rule.caught == ["logaddexp", "logaddexp", "logaddexp", "softmax"]
    for each in (whole, plain):
        with pytest.raises(AttributeError):
            each.shape  # noqa: B018
    with pytest.raises(AttributeError):
        plain.reduce  # noqa: B018
    assert len(rule.caught) == 4


class Own:
    """A learner's own class."""

    __module__ = "submission"
    _softmax = softmax = 1


class OwnModule(ModuleType):
    """A class of modules that a learner has made: what is one of them may still be torch."""

    __module__ = "submission"
    softmax = 1


@pytest.mark.parametrize(
    ("expression", "caught"),
    [
        ("getattr(torch, 'soft' + 'max')", "softmax"),
        ("getattr(torch, 'soft' + 'max', None)", "softmax"),
        ("getattr(x, '__di' + 'ct__')", "__dict__"),
        ("getattr(torch, '_' + 'C')", "_C"),
        ("getattr(torch, 'over' + 'rides')", "overrides"),
        ("getattr(torch, 'nowhere', 1)", None),
        ("getattr(enum, 'bl' + 'tns')", "bltns"),
        ("__import__('builtins')", "builtins"),
        ("__import__('sys')", "sys"),
        ("getattr(torch, 'su' + 'm')", None),
        ("getattr(x, '_ba' + 'se')", "_base"),
        ("getattr(x, 'shape')", None),
        ("getattr(Own, 'softmax') + getattr(Own(), '_softmax')", None),
        ("vars(torch)", "vars"),
        ("vars()", None),
        ("locals()['x'] is globals()['x'] or len(x)", None),
        ("vars(Own)['softmax'] + len(vars(Own()))", None),
        ("__import__('scipy')", "scipy"),
        ("__import__('math') and __import__('ctypes')", None),
        ("eval('1')", "eval"),
        ("exec('1')", "exec"),
        ("compile('1', '', 'eval')", "compile"),
        ("breakpoint()", "breakpoint"),
        ("max(len(x), 1)", None),
        ("setattr(Own, '__annotations__', {})", "__annotations__"),
        ("setattr(Own, '__ma' + 'tch_args__', ())", "__match_args__"),
        ("setattr(Own, 'other', 3) or 1 / (Own.other - 2)", None),
        ("globals()['ev' + 'al']", "eval"),
        ("globals()['__buil' + 'tins__']", "__builtins__"),
        ("globals().get('hid' + 'den', 1) + len(globals()['x'])", None),
        ("getattr(OwnModule('torch'), 'soft' + 'max')", "softmax"),
        ("vars(SimpleNamespace(softmax=1))['softmax']", None),
        ("getattr(SimpleNamespace(softmax=1), 'softmax')", None),
    ],
)
def test_names_made_at_run_time(expression, caught):
    """Python's own functions look at the names that they are given; what was imported openly was read before."""
    rule = ByHand(("softmax",))
    assert rule.read(ast.parse("import ctypes").body) is None
    own = {"Own": Own, "OwnModule": OwnModule, "SimpleNamespace": SimpleNamespace}
    with suppress(Refused):
        eval(expression, {"__builtins__": rule.builtins(), "torch": torch, "enum": enum, "x": X, **own})
    assert rule.caught == ([] if caught is None else [caught])


def test_a_name_that_is_not_there():
    """It is missing from a copy of a namespace as it is from the namespace."""
    rule = ByHand(("softmax",))
    with pytest.raises(KeyError, match="nowhere"):
        eval("globals()['nowhere']", {"__builtins__": rule.builtins()})
    assert rule.caught == []


@pytest.mark.parametrize(
    ("event", "told", "caught"),
    [
        ("gc.get_objects", (), True),
        ("sys.settrace", (), True),
        ("ctypes.dlopen", ("libc.so.6",), True),
        ("object.__setattr__", (used, "__code__", None), True),
        ("object.__setattr__", (used, "__doc__", None), False),
        ("open", ("a.txt", "r", 0), False),
    ],
)
def test_what_python_tells_of(monkeypatch, event, told, caught):
    """What looks into other code or into memory is caught by the word of Python itself, however it was spelt."""
    hooks = []
    monkeypatch.setattr(guard, "sys", SimpleNamespace(modules={}, addaudithook=hooks.append))
    rule = ByHand(("softmax",))
    guard.put_on(rule)
    with suppress(Refused):
        hooks[0](event, told)
    assert rule.caught == [event] * caught


# ---- what is said ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "rationale", "help"),
    [
        ("softmax", "This answer calls torch's ready-made `softmax`.", "build it from exp, log"),
        (
            "torch._C",
            "This answer uses `torch._C`, by which code can reach a ready-made loss",
            "Write `double` without it",
        ),
        ("x" * 999, f"This answer uses `{'x' * 80}`", "Write `double` without it"),
    ],
)
def test_message_says_what_was_used(double, name, rationale, help):
    """And what to do instead."""
    report = score(double, lambda _: Answer(problem=Problem("forbidden", name)), seed=0)
    assert (report.outcome, report.points) == (Outcome.FORBIDDEN, 0)
    assert report.first_failure.rationale.startswith(rationale)
    assert help in report.first_failure.help


def test_own_notebook_stays_friendly(double):
    """There the same rule is a sentence; torch itself stays whole for all other cells."""
    ask = ask_here(lambda x: 2 * x + 0 * F.softmin(x, -1), double)
    assert score(double, ask, seed=0).first_failure.rationale == "This answer calls torch's ready-made `softmin`."
    assert torch.softmax(X, 1).sum().item() == pytest.approx(2)
    assert answer(lambda x: eval("x + x"), Question((X,)), double.forbids).problem is None


def test_nothing_is_forbidden_nothing_is_read():
    """An exercise that forbids nothing is not read: whatever leads to the answer is an answer."""
    rule = ByHand(())
    assert rule.read(ast.parse("import ctypes\nx = ctypes.CDLL(eval('None'))").body) is None
    assert rule.builtins()["eval"] is eval


def test_toy_is_by_hand():
    """The toy exercise of the other tests forbids nothing by itself."""
    assert (toys.make_double().forbids, relatives(())) == ((), frozenset())


def test_who_shares_a_child_has_one_rule():
    """Exercises that forbid the same, however each spells it, take the same insides of torch's away, too."""
    rules = {exercise.forbids for _, exercise in syllabus.exercises().values()}
    for one, other in itertools.combinations(rules, 2):
        if relatives(one) == relatives(other):
            inside = _in_python()
            assert relatives_among(inside, one) == relatives_among(inside, other), (one, other)
