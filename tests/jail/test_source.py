"""One function out of a learner's cells, with what it needs."""

import sys
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursekit.jail.inside.source import Source, SourceError, load

F = "def f(x):\n    return x + 1\n"
STUB = 'def f(x):\n    """To do."""\n    raise NotImplementedError("f: write your answer here")\n'


def cells(*texts: str) -> list[tuple[str, str]]:
    return [(f"cell {number}", text) for number, text in enumerate(texts, start=1)]


def error(*texts: str, name: str = "f") -> SourceError:
    with pytest.raises(SourceError) as caught:
        load(cells(*texts), name)
    return caught.value


@pytest.mark.parametrize(
    "texts",
    [
        [F],
        ["import math\n\ndef f(x):\n    return x + math.exp(0)"],
        ["import os.path\n\ndef f(x):\n    return x + len(os.path.join('', 'a'))"],
        ["import math as m\n\ndef f(x):\n    return x + m.exp(0)"],
        ["from math import exp as e\n\ndef f(x):\n    return x + e(0)"],
        ["from math import *\n\ndef f(x):\n    return x + exp(0)"],
        ["ONE = 1\n\ndef f(x):\n    return x + ONE"],
        ["ONE: int = 1\n\ndef f(x):\n    return x + ONE"],
        ["ZERO, (ONE, *REST) = 0, (1, 2, 3)\n\ndef f(x):\n    return x + ONE"],
        ["ONE = 0\nONE += 1\n\ndef f(x):\n    return x + ONE"],
        ["A = 0.5\nB = 2 * A\nONE = B\n\ndef f(x):\n    return x + ONE"],
        ["def f(x):\n    return helper(x)\n\ndef helper(x):\n    return x + 1"],
        ["def f(x):\n    return a(x)\n\ndef a(x):\n    return b(x)\n\ndef b(x):\n    return x + 1"],
        ["def f(x):\n    return x if x > 5 else f(x + 5) - 4"],
        ["class Add:\n    def __call__(self, x):\n        return x + 1\n\ndef f(x):\n    return Add()(x)"],
        ["class Add:\n    def __call__(self, x):\n        return x + 1\n\nf = Add()"],
        ["f = lambda x: x + 1"],
        ["def answer(x):\n    return x + 1\n\nf = answer"],
        ["import functools\n\n@functools.cache\ndef f(x):\n    return x + 1"],
        ["def more(g):\n    return lambda x: g(x) + 1\n\n@more\ndef f(x):\n    return x"],
        ["def f(x, one=1):\n    return x + one"],
        ["ONE = 1\n\ndef f(x, one=ONE):\n    return x + one"],
        ["one = 1\n\ndef f(x, one=one):\n    return x + one"],
        ["def f(x: Tensor, *, weight: Optional[Tensor] = None) -> Tensor:\n    return x + 1"],
        ["COUNT = 0\n\ndef f(x):\n    global COUNT\n    COUNT += 1\n    return x + COUNT"],
        ["from dataclasses import *\n\n@dataclass\nclass C:\n    a: int = 1\n\ndef f(x):\n    return x + C().a"],
        ["from typing import NamedTuple\n\nclass C(NamedTuple):\n    one: int\n\ndef f(x):\n    return x + C(1).one"],
        ["if True:\n    def f(x):\n        return x + 1\nelse:\n    def f(x):\n        return x"],
        ["try:\n    from nowhere import one\nexcept ImportError:\n    one = 1\n\ndef f(x):\n    return x + one"],
        ["try:\n    import math\nexcept ImportError:\n    math = None\n\ndef f(x):\n    return x + math.exp(0)"],
        ["try:\n    import math\nexcept ImportError:\n    pass\n\ndef f(x):\n    return x + math.exp(0)"],
        ["if True:\n    from math import exp\n\ndef f(x):\n    return x + exp(0)"],
        ["import io\nwith io.StringIO():\n    import math as m\n\ndef f(x):\n    return x + m.exp(0)"],
        ["def g():\n    raise NotImplementedError(" + "+".join("1" * 1_500) + ")\n\ndef f(x):\n    return x + 1"],
        ["try:\n    pass\nfinally:\n    ONE = 1\n\ndef f(x):\n    return x + ONE"],
        ["from __future__ import annotations\n\ndef f(x: Tensor):\n    return x + 1"],
        ["\ndef f(x):\r\n    return x + 1\r\n"],
        ["def f(x):\n\treturn x + 1"],
        ["# -*- coding: utf-8 -*-\ndef f(ξ):\n    return ξ + 1  # größer"],
    ],
)
def test_function_with_what_it_needs(texts):
    """Imports, constants, helpers, classes and decorators come along, directly or through one another."""
    assert load(cells(*texts), "f")(2) == 3


@pytest.mark.parametrize(
    "before",
    [
        "A = {}\nA[0] = 1",
        "A = []\nA.append(1)",
        "A = [0]\nA[0] += 1",
        "for a in (0, 1):\n    A = [a]",
        "import contextlib\nwith contextlib.nullcontext():\n    A = [1]",
        "A = [0]\n\ndef set_up():\n    A[0] = 1\n\nset_up()",
        "A = [0]\n\ndef register(g):\n    A[0] = g()\n\n@register\ndef one():\n    return 1",
        "while not (A := [1]):\n    pass",
        "match 1:\n    case 1:\n        A = [1]",
        "A = {0: {}}\nA[0][1] = 1\nA = A[0] | {0: A[0][1]}",
        "from types import SimpleNamespace\nB = SimpleNamespace(a=[])\nB.a.append(1)\nA = B.a",
        "A = {}\nA.setdefault(1, []).append(7)\nA[0] = A.get(1, [0])[0] - 6",
        "A = [7, 1]\nfirst = A.pop(0)",
        "A = []\nlist.append(A, 1)",
        "class N:\n    pass\n\nN.a = 0\nsetattr(N, 'a', 1)\nA = [N.a]",
        "import heapq\nA = [2, 1]\nheapq.heapify(A)",
        "import numpy as np\nA = np.zeros(1)\nnp.add(A, 1, out=A)",
        "A = [0]\n\ndef fill(table, value):\n    table[0] = value\n\nfill(A, 1)",
        "A = [0]\n\ndef fill(table, value):\n    table[0] = value\n\nfill(table=A, value=1)",
        "A = {}\n\ndef keep(name, value):\n    A[name] = value\n\nfor name in (0, 1):\n    keep(name, 1)",
        "A = {}\n\ndef keep():\n    A[0] = 1\n\ndef set_up():\n    keep()\n\nset_up()",
        "A = {}\n\ndef into(table, k):\n    def keep(g):\n        table[k] = g()\n    return keep\n\n"
        "@into(A, 0)\ndef one():\n    return 1",
        "class Table(dict):\n    def keep(self, k):\n        return lambda g: self.setdefault(k, g())\n\n"
        "A = Table()\n\n@A.keep(0)\ndef one():\n    return 1",
        "class Base:\n    all = []\n    def __init_subclass__(cls):\n        cls.all.append(cls.value)\n\n"
        "class One(Base):\n    value = 1\n\nA = Base.all",
        "class Base:\n    all = []\n    def __init_subclass__(cls):\n        cls.all.append(1)\n\nclass More(Base):\n"
        "    pass\n\nclass Yet(More):\n    pass\n\nA = [len(Base.all) - 1]",
        "class Meta(type):\n    all = []\n    def __init__(cls, *a):\n        Meta.all.append(1)\n\n"
        "class Base(metaclass=Meta):\n    pass\n\nclass One(Base):\n    pass\n\nA = [len(Meta.all) - len([Base])]",
        "class Named:\n    all = {}\n    def __init__(self, name):\n        Named.all[name] = 1\n\nONE = Named(0)\n"
        "A = Named.all",
        "from functools import singledispatch\n@singledispatch\ndef g(x):\n    return 0\n\n"
        "@g.register(int)\ndef _of_int(x):\n    return 1\n\nA = [g(0)]",
        "def g():\n    return g.value\n\ng.value = 1\nA = [g()]",
        "with open('/dev/null'):\n    A = []\nA.append(1)",
    ],
)
def test_what_is_needed_is_made_ready(before):
    """Statements that fill or change what the function needs come along with it."""
    assert load(cells(before + "\n\ndef f(x):\n    return x + A[0]"), "f")(2) == 3


def test_attribute_of_the_function_itself():
    """What is stored on the function is there when it is called."""
    assert load(cells("def f(x):\n    return x + f.one\n\nf.one = 1"), "f")(2) == 3


def test_libraries_stay_as_they_are():
    """A library that is patched beside the function is not patched for it."""
    patch = "import math\nmath.exp = None\nmath.exp.one = 1"
    assert load(cells(patch, "def f(x):\n    return x + math.exp(0)"), "f")(2) == 3


@pytest.mark.parametrize(
    "texts",
    [
        ["def f(x):\n    return x", F],
        [F, STUB],
        [STUB, F],
        [F, STUB, "def f(x):\n    return x - 1", F, STUB],
        ["def f(x):\n    return helper(x)", "def helper(x):\n    return x", "def helper(x):\n    return x + 1"],
        ["def f(x):\n    return x + ONE", "ONE = 7", "ONE = 1"],
        ["def f(x):\n    return math.exp(0) + x", "import math"],
    ],
    ids=["improved", "reset below", "filled below", "doubled", "helper improved", "constant set anew", "import below"],
)
def test_cells_doubled_and_reordered(texts):
    """The last definition counts, a stub never hides an answer, and helpers may stand below."""
    assert load(cells(*texts), "f")(2) == 3


@pytest.mark.parametrize(
    "rest",
    [
        "raise SystemExit('train!')",
        "print(f(1))\nopen('/nonexistent')",
        "for _ in iter(int, 1):\n    pass",
        "data = open('/nonexistent').read()",
        "import nonexistent",
        "from nonexistent import *",
        "from coursekit import check\ncheck(f)",
        "class Trainer(nonexistent.Base):\n    pass",
        "if __name__ == '__main__':\n    raise SystemExit",
        "f.__code__ = None",
        "assert f(1) == 99",
        "x = input('Your name? ')",
        "for _ in iter(int, 1):\n    x = f(1)",
        "x = [f(1) for _ in iter(int, 1)]",
        "f(1).backward()",
        "import torch\nmodel = torch.nn.Linear(1, 1)\nwhile True:\n    model.zero_grad()",
        "CALLS = [1 / 0]\nCALLS.append(f(1))",
        "f(open('/nonexistent'))",
        "print(CALLS := f(open('/nonexistent')))",
        "class Trainer(Base):\n    x = open('/nonexistent')",
        "import abc\nclass Base(abc.ABC):\n    pass\n\nclass Trainer(Base):\n    x = open('/nonexistent')",
        "class Base:\n    pass\n\nclass Base(Base):\n    x = open('/nonexistent')",
    ],
)
def test_nothing_else_runs(rest):
    """A training loop, a prompt, a test or a check beside the function does not matter to it."""
    assert load(cells(rest, F, rest), "f")(2) == 3


@pytest.mark.parametrize(
    "rest",
    [
        "f(open('/nonexistent'))",
        "y = f(open('/nonexistent'))",
        "g(open('/nonexistent'))",
        "y = g(open('/nonexistent'))",
        "y = [SEEN.count(1), open('/nonexistent')]",
        "class Trainer(open('/nonexistent')):\n    def step(self):\n        SEEN.append(1)",
        "def keep(x):\n    SEEN.append(x)\n\nif open('/nonexistent'):\n    def train():\n        keep(1)",
    ],
)
def test_calls_of_what_keeps_a_table(rest):
    """An answer that counts, or remembers, what it was asked is not asked anything while it is loaded."""
    text = (
        "SEEN = []\n\ndef g(x):\n    SEEN.append(x)\n    return x + 1\n\ndef f(x):\n    SEEN.append(x)\n    return g(x)"
    )
    assert load(cells(text, rest), "f")(2) == 3


def test_main_guard_is_not_entered():
    """A submission is no main program, even where the guarded block defines the function anew."""
    guard = "if __name__ == '__main__':\n    def f(x):\n        return 0"
    assert load(cells(F, guard), "f")(2) == 3


@pytest.mark.parametrize(
    "text",
    [
        "%matplotlib inline\n" + F,
        "%%time\n" + F,
        "!pip install torch\n" + F,
        F + "\nf?\n",
        "?f\n" + F,
        F + "\nfor n in range(3):\n    %timeit f(n)\n",
        F + "\ntook = %timeit -o f(3)\nfiles = !ls\n",
        "%load_ext autoreload\n\ndef f(x):\n    return x + 1  # right?\n",
        "%load_ext autoreload\n\n# who needs this?\n" + F,
        "%load_ext autoreload\n\ndef f(x):\n    return (x\n        % 10) + 1\n",
    ],
)
def test_magic_lines_do_not_matter(text):
    """What IPython understands and Python does not is passed over, and nothing else is."""
    assert load(cells(text), "f")(2) == 3


BROKEN = {
    "no Python": "def g(:\n",
    "another language": "%%bash\nls -l | wc",
    "null byte": "\x00",
    "half a character": "'\ud800'",
    "too deep": "(" * 5_000,
    "long sum": "x = " + " + ".join(["1"] * 500),
    "no indent": "def g():\n1",
    "argument twice": "def g(a, a):\n    pass",
    "late global": "def g():\n    x = 1\n    global x",
    "nonlocal outside": "nonlocal x",
    "return outside": "return 3",
    "await outside": "await x",
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_another_cell_may_be_broken(broken):
    """A cell that is no Python costs nothing where the function stands in another."""
    assert load(cells(broken, F, broken), "f")(2) == 3


NO_TEXT = ("another language", "null byte", "half a character")  # a file is one language, and has no such bytes
BROKEN_ABOVE = {
    **{name: text for name, text in BROKEN.items() if name not in NO_TEXT},
    "newer Python": "def first[T](x: T) -> T:\n    return x\n",
    "f-string of a newer Python": 'd = {"a": 1}\nprint(f"{d["a"]}")',
    "half a statement": "total = 3 +\n",
    "open bracket": "numbers = [1,\n    2,\n",
    "try without except": "try:\n    x = 1\n",
    "decorated": "import functools\n\n@functools.cache\ndef g(:\n    return 1\n",
    "decorator alone": "@wrong\n\nx = 1\n",
    "else that is broken": "if True:\n    x = 1\nelse\n    x = 2\n",
    "prose": "This is my answer to exercise 3.\n",
    "several": "def g(:\n    pass\n\nx = = 1\n\nclass\n",
    "conflict of a merge": "<<<<<<< ours\nx = 1\n=======\nx = 2\n>>>>>>> theirs\n",
}


@pytest.mark.parametrize("broken", BROKEN_ABOVE.values(), ids=BROKEN_ABOVE)
def test_another_statement_may_be_broken(broken):
    """In a file, too, a statement that is no Python costs nothing that does not need it, above it or below."""
    for text in (f"{broken}\n\n{F}\n", f"{F}\n\n{broken}\n", f"ONE = 1\n\n{broken}\n\n{F}\n\n{broken}"):
        assert load(cells(text), "f")(2) == 3


@pytest.mark.parametrize("broken", ["def f(x, x):\n    return 0", "def f(x):\n    y = 1\n    global y"])
def test_what_only_the_compiler_refuses(broken):
    """Another of that name counts, wherever it stands; without one, the place is named."""
    for text in (f"{F}\n\n{broken}\n", f"{broken}\n\n{F}\n"):
        assert load(cells(text), "f")(2) == 3
    assert error(broken).kind == "broken"


def test_a_broken_answer_is_no_answer():
    """Neither its decorators nor its body are taken for anything else, and lines are counted as they stand."""
    text = "def g(x):\n    return x\n\n\n@g\ndef f(x:\n    return x\n\n\ndef h(x):\n    return 1 / x\n"
    caught = error(text)
    assert (caught.kind, str(caught).count("line 6")) == ("broken", 1)
    with pytest.raises(ZeroDivisionError) as raised:
        load(cells(text), "h")(0)
    assert raised.traceback[-1].lineno + 1 == 11


def test_broken_without_end():
    """Of a text that has nothing but broken statements, the first are named, and it is given up."""
    assert error("x = = 1\n" * 2_000).kind == "broken"


@given(st.text("%!?()[]{}=:'\"\\#@,.\n\t\f\x00 a1é\ud800", max_size=30))
def test_any_text_beside_the_function(junk):
    """Whatever stands in another cell, the function is found."""
    assert load(cells(junk, F), "f")(2) == 3


def test_broken_cell_is_named():
    """Where the function is not found, every cell that cannot be read is named with line and reason."""
    caught = error("x = 1", "def f(x):\n    retrun x", "def h(:")
    places = "cell 2, line 2: invalid syntax; cell 3, line 1: invalid syntax"
    python = f"Python {sys.version_info.major}.{sys.version_info.minor}"
    said = f"{python} cannot read this, so `f` cannot be found in it: {places}."
    assert ("broken", said) == (caught.kind, str(caught))


@pytest.mark.parametrize(
    ("name", "written", "said"),
    [
        ("kl_divergence", "kl_divergance", "Did you mean `kl_divergance`"),
        ("entropy", "Entropy", "Did you mean `Entropy`"),
        ("cross_entropy", "crossentropy", "Did you mean `crossentropy`"),
        ("entropy", "train", "Define it with `def entropy(...)`"),
    ],
)
def test_misspelt_function(name, written, said):
    """A missing function is named, and the closest one that is there."""
    caught = error(f"def {written}(p):\n    return p", "x = 1", name=name)
    assert caught.kind == "missing"
    assert f"There is no function `{name}`" in str(caught)
    assert said in str(caught)


@pytest.mark.parametrize("texts", [[], [""], ["# nothing"], ["'text'"]])
def test_empty_submission(texts):
    """Where there is nothing, the function is missing, not broken."""
    assert error(*texts).kind == "missing"


@pytest.mark.parametrize(("text", "kind"), [("f = 3", "int"), ("import math as f", "module"), ("f = None", "NoneType")])
def test_name_that_is_no_function(text, kind):
    """A name that is bound to something else is told by its type."""
    caught = error(text)
    assert ("broken", f"`f` is of type {kind}, not a function. Define it with `def f(...)`.") == (
        caught.kind,
        str(caught),
    )


def test_stub_is_still_found():
    """Without any answer the stub itself is the function, so that it counts as not attempted."""
    with pytest.raises(NotImplementedError):
        load(cells(STUB), "f")(2)


@pytest.mark.parametrize(
    ("texts", "is_stub"),
    [
        ([STUB], True),
        ([STUB, STUB], True),
        (["def f(x):\n    raise NotImplementedError"], True),
        (["def f(x):\n    x = 1\n    raise NotImplementedError"], False),
        (["def f(x):\n    raise ValueError"], False),
        (["def f(x):\n    return NotImplementedError"], False),
        (["class f:\n    raise NotImplementedError"], False),
        ([F], False),
        ([STUB, F], False),
        ([F, STUB], False),
        ([STUB.replace("def f", "def g")], False),
        ([], False),
    ],
)
def test_whether_it_is_a_stub(texts, is_stub):
    """What nobody has begun to write: all that is there of the function is its docstring and the raise."""
    assert Source(cells(*texts)).is_stub("f") is is_stub


def test_stub_of_another_function_stays():
    """A helper that is not written yet is found as its stub, not as a missing name."""
    helper = STUB.replace("def f", "def helper")
    with pytest.raises(NotImplementedError):
        load(cells(helper, "def f(x):\n    return helper(x)"), "f")(2)


def test_error_of_a_needed_statement_passes_through():
    """What the learner's own statement raises while it is loaded is the learner's to see."""
    with pytest.raises(ZeroDivisionError):
        load(cells("ONE = 1 / 0\n\ndef f(x):\n    return x + ONE"), "f")


def test_traceback_quotes_the_learner():
    """A traceback shows cell, line and text of what the learner wrote."""
    f = load(cells("x = 1", "# two\ndef f(x):\n    return x / 0"), "f")
    with pytest.raises(ZeroDivisionError) as caught:
        f(1)
    last = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (last.filename, last.lineno, last.line) == ("submission:cell 2", 3, "return x / 0")


def test_two_submissions_share_nothing():
    """Loading one learner's function leaves no name behind for the next."""
    load(cells("ONE = 1\n\ndef f(x):\n    return x + ONE"), "f")
    with pytest.raises(NameError):
        load(cells("def f(x):\n    return x + ONE"), "f")(2)


def test_import_of_what_is_not_needed():
    """A line that imports several libraries imports those that the function needs: the others may be missing."""
    text = "import math, no_library as x, os.path\nfrom math import pi as p, no_number\ndef f(): return math.e + p"
    assert load([("a.py", text)], "f")() == pytest.approx(5.859874)
