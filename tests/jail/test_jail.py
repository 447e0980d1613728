"""The wall, with real processes: what honest code gets, what hostile code gets, and that the next learner is well."""

import dataclasses
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import torch
import toys
from torch import tensor

from coursekit.exercise import Stopped
from coursekit.grading.here import ask_here
from coursekit.grading.scoring import score
from coursekit.jail import bubblewrap, walls
from coursekit.jail.child import Child
from coursekit.jail.ending import Clock
from coursekit.jail.inside import source, zygote
from coursekit.jail.judge import Jail, Probing, ZygoteGone
from coursekit.jail.terms import JailError, Layer, Limits
from coursekit.jail.walls import insist, look
from coursekit.report import Outcome, Report
from coursekit.wire import Answer, Question, frames
from coursekit.wire.answering import answer
from coursekit.wire.frames import encode_question

pytestmark = [
    pytest.mark.usefixtures("strict_time"),
    pytest.mark.skipif(os.name != "posix", reason="submissions run in forked processes"),
]
needs_proc = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts what Linux lists in /proc")

LIMITS = Limits(seconds=20.0, memory=300 << 20)
X = Question((tensor([1.0, -5.0]),))


@pytest.fixture(scope="module")
def jail():
    with Jail(LIMITS, confined=sys.platform == "linux") as jail:
        yield jail


@pytest.fixture(scope="module")
def open_jail():
    """A jail in which nothing but the process and its limits keeps the code in."""
    with Jail(LIMITS, confined=False) as jail:
        yield jail


def child(jail, text, exercise=None, **limits):
    """A child that holds `text`, within other limits where they are given."""
    jail.limits = dataclasses.replace(LIMITS, **limits)
    return jail.child((("a.py", text),), exercise or toys.make_double())


def told(jail, text, **limits) -> Report:
    jail.limits = dataclasses.replace(LIMITS, **limits)
    return jail.score((("a.py", text),), [(toys.make_double(), 1)], learner="ann")[0]


def asked(jail, text, question=X, **limits) -> Answer:
    with child(jail, text, **limits) as ask:
        return ask(question)


def number(jail, expression, before="") -> int:
    """A number that a child finds out."""
    text = f"import os, sys, torch\n{before}\ndef double(x):\n    return torch.tensor({expression})"
    return int(asked(jail, text).value)


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and waits to be reaped does not."""
    try:
        if Path("/proc/self/stat").exists():
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
        os.kill(pid, 0)
    except (ProcessLookupError, FileNotFoundError):
        return False
    return True


def processes_of(jail) -> list[int]:
    """The process that the jail started, and what that started, down to the zygote."""
    found = [jail._zygote.pid]
    while below := Path(f"/proc/{found[-1]}/task/{found[-1]}/children").read_text().split():
        found.append(int(below[0]))
    return found


def dies(pid: int) -> bool:
    """Whether the process ends within a second or two."""
    deadline = time.monotonic() + 2
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_alive(pid)


# ---- honest ------------------------------------------------------------------------------------------------------

ANSWERS = [
    toys.HONEST,
    "def double(x):\n    return x * x\n",
    "def double(x):\n    return 2 * x.detach()\n",
    "def double(x):\n    return float(x.sum())\n",
    "def double(x):\n    x *= 2\n    return x\n",
    "def double(x):\n    pass\n",
    "def double(x):\n    raise NotImplementedError\n",
]


@pytest.mark.filterwarnings("ignore::UserWarning")  # torch's, about float(x)
@pytest.mark.parametrize("text", ANSWERS)
def test_same_report_as_in_a_notebook(jail, double, text):
    """What the jail says of a function is what a learner's own check says of it."""
    here = ask_here(source.load([("a.py", text)], "double"), double)
    assert score(double, here, seed=1, learner="ann") == told(jail, text)


@pytest.mark.parametrize(
    "question",
    [
        Question((tensor([1.0, 2.0]), tensor([3.0, -4.0])), wrt=(0, 1), scale=-2.5),
        Question((tensor(1.5, dtype=torch.float64), tensor([0.1, 0.2], dtype=torch.float64)), wrt=(1,)),
        Question((tensor([torch.inf, 0.0]), tensor([torch.nan, 1.0])), wrt=(0,)),
        Question((torch.empty(0), torch.empty(0)), wrt=(0,)),
        Question((tensor([1.0]),), {"b": tensor([2.0])}, wrt=(0,)),
        Question((tensor([1.0, 3.0]), tensor(2.0)), wrt=(0,), through="log_softmax"),
        Question((tensor([1.0]), 3.0), {"power": 2}),
    ],
)
def test_values_and_gradients_cross_the_wall(jail, question):
    """Every number that comes back is the one that the function gives here, bit by bit."""
    text = "def double(a, b, *, power=1):\n    return (a * b) ** power\n"
    here, there = answer(source.load([("a.py", text)], "double"), question), asked(jail, text, question)
    assert len(question.wrt) == len(there.gradients)
    for one, other in zip((here.value, *here.gradients), (there.value, *there.gradients), strict=True):
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        assert one.numpy().tobytes() == other.numpy().tobytes()


def test_helpers_come_along(jail):
    """A submission of several files or cells is one: imports, constants and helpers are found."""
    cells = (
        ("a.py", "from math import exp\nTWO = exp(0) * 2"),
        ("b.ipynb cell 3", "def double(x):\n    return TWO * x"),
    )
    jail.limits = LIMITS
    exercise = toys.make_double()
    with jail.child(cells, exercise) as ask:
        assert score(exercise, ask, seed=1).outcome is Outcome.PASSED


@pytest.mark.parametrize("stream", ["sys.stdout", "sys.stderr"])
def test_modest_print_is_fine(jail, stream):
    """Who prints while looking for a mistake loses nothing, even where it is more than a pipe holds."""
    text = f"import sys\ndef double(x):\n    print('x' * 200_000, file={stream}, flush=True)\n    return 2 * x\n"
    assert told(jail, text).outcome is Outcome.PASSED


def test_training_does_not_run(jail):
    """What stands beside the function is not run."""
    assert told(jail, "while True: pass\n" + toys.HONEST, seconds=5.0).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    "expression",
    [
        "torch.einsum('ij,jk,kl->il', *[torch.ones(2, 2)] * 3).sum() == 16",
        "torch.nn.functional.one_hot(torch.tensor([1]), 3).sum() == 1",
        "torch.nn.Linear(3, 2)(torch.ones(1, 3)).sum().backward() is None",
        "(x.half() @ x.half()).item() == 26",
        "Own.apply(w).sum().backward() is None and w.grad.sum() == 6",
        "len(repr([w, w.double(), w.long(), w > 0, w.to_sparse()])) > 100",
        "x.numpy().sum() == -4 and np.random.default_rng(0).normal() < 1 and np.random.rand() < 1",
        "__import__('statistics').mean([1, 3]) == 2 * __import__('decimal').Decimal(1)",
        "torch.distributions.Normal(0.0, 1.0).log_prob(x)[0] < 0 and torch.nn.utils.rnn and torch.utils.checkpoint",
    ],
)
def test_what_is_imported_late_is_there(jail, expression):
    """What Python, numpy and torch import when they are first asked was imported before there were walls."""
    own = """
class Own(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * 3
    @staticmethod
    def backward(ctx, slope):
        return slope * 3 * torch.ones_like(*ctx.saved_tensors)
"""
    before = f"import numpy as np\n{own}\nw = torch.tensor([1.0, -5.0], requires_grad=True)"
    assert number(jail, f"bool({expression})", before) == 1


def test_what_answers_import_was_imported(jail):
    """Each module of the list is there, where no file can be read any more."""
    names = zygote._WARM.split()
    assert number(jail, f"len([__import__(name, fromlist=['x']) for name in {names}])") == len(names)


TRANSFORM = "return torch.func.grad(lambda a: (a * a).sum())(x)"


@pytest.mark.slow
def test_transforms_cost_no_learners_time(jail):
    """What torch.func imports at its first call, for seconds, is imported before the clock starts."""
    assert told(jail, function(TRANSFORM), seconds=1.5).outcome is Outcome.PASSED


NEED_MORE = {
    "a gradient of a given gradient": (
        "import torch\ndef double(x):\n    w = torch.ones_like(x, requires_grad=True)\n"
        "    return 2 * x + 0 * torch.autograd.grad(w * w, w, torch.ones_like(w))[0]"
    ),
    "a magic": "%matplotlib inline\n" + toys.HONEST,
    "a transform at the top": (
        "import torch\nTWO = torch.func.grad(lambda a: a * a)(torch.tensor(1.0))\ndef double(x):\n    return TWO * x"
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("text", NEED_MORE.values(), ids=NEED_MORE)
def test_few_need_more(jail, text):
    """What an answer lacks is imported, and it is asked again; nobody else waits for it."""
    assert told(jail, text).outcome is Outcome.PASSED


@pytest.mark.slow
def test_a_module_that_is_nowhere(jail):
    """It is looked for once more, and then said to be missing."""
    report = told(jail, function("import seaborn\nreturn 2 * x"))
    assert report.outcome is Outcome.ERROR
    assert "No module named 'seaborn'" in report.verdicts[0].rationale


@contextmanager
def fresh_jail(confined):
    """A jail of the test's own, that was given a zygote which is ready: it takes that, and ends it in order."""
    with walls.Start("zygote", confined=confined) as start:
        (ready,) = start.wait()
    with Jail(LIMITS, confined, ready) as jail:
        assert jail._control is ready.control
        yield jail
    assert start.process.wait(10) == 0
    start.process.stderr.close()


@pytest.mark.slow
def test_what_can_be_imported_does_not_hang_on_who_came_before(jail):
    """A child finds the same modules whether or not an earlier one needed more; one that needs them finds them.

    What takes seconds to import is not there for an answer that does not need it.
    """
    found = (
        "import sys, torch\ndef double(x):\n    return torch.tensor("
        "[len(sys.modules), '_dynamo' in vars(torch), len(torch.manual_seed.__code__.co_filename)])"
    )
    with fresh_jail(jail.confined) as fresh:
        assert number(fresh, "sum(name in sys.modules for name in ('sympy', 'IPython', 'torch._dynamo'))") == 0
        before = asked(fresh, found).value
        for _ in range(2):
            assert told(fresh, function(TRANSFORM), seconds=1.5).outcome is Outcome.PASSED
            assert torch.equal(asked(fresh, found).value, before)
            seeded = function("torch.manual_seed(0)\nreturn 2 * x")  # torch._dynamo puts another one in its place
            assert told(fresh, seeded).outcome is Outcome.PASSED
        with fresh.child((("a.py", found),), toys.make_double(), late=True) as ask:
            more = ask(X).value
        assert more[0] > before[0] + 100
        assert more[1]


@pytest.mark.slow
def test_without_walls_nothing_is_hidden():
    """Where files can be read, what is there already must not be imported a second time: torch registers it twice."""
    with fresh_jail(False) as fresh:
        assert told(fresh, toys.HONEST).outcome is Outcome.PASSED
        assert told(fresh, function(TRANSFORM), seconds=1.5).outcome is Outcome.PASSED
        assert number(fresh, "'torch._dynamo' in sys.modules") == 1


# ---- hostile, broken, unlucky ------------------------------------------------------------------------------------


def function(body: str, *imports: str) -> str:
    names = ", ".join(("os", "sys", "time", "signal", "torch", *imports))
    return f"import {names}\n\ndef double(x):\n" + textwrap.indent(body, "    ")


FORGED = """
header = json.dumps({"value": {"dtype": "float32", "shape": SHAPE}, "gradients": [], "problem": None}).encode()
for fd in range(3, 64):
    try:
        os.write(fd, struct.pack("<II", len(header), 0) + header)
    except OSError:
        pass
return 2 * x"""
GARBAGE = """
for fd in range(64):
    try:
        os.write(fd, b"garbage!" * 200)
    except OSError:
        pass
return 2 * x"""
DEEP = "sys.setrecursionlimit(10**9)\nkey = lambda x: max([x], key=key)\nreturn key(x)"
FOREVER = "while True:\n    pass"
STUBBORN = "while True:\n    try:\n        time.sleep(1)\n    except BaseException:\n        pass"
DEAF = "for number in signal.valid_signals() - {9, 19}:\n    signal.signal(number, signal.SIG_IGN)\n"
ENDED = "The code ended its own process instead of returning a value."


HOSTILE = {
    "sys.exit": (function("sys.exit(0)"), Outcome.ERROR, "raised SystemExit"),
    "os._exit": (function("os._exit(0)"), Outcome.ERROR, ENDED),
    "os._exit at load": ("import os\nZERO = os._exit(0)\ndef double(x):\n    return ZERO", Outcome.ERROR, ENDED),
    "exit at load": (
        "import sys\nZERO = sys.exit()\ndef double(x):\n    return ZERO",
        Outcome.ERROR,
        "Loading it raised SystemExit",
    ),
    "kills itself": (
        function("os.kill(os.getpid(), signal.SIGTERM)"),
        Outcome.ERROR,
        "crashed the interpreter (SIGTERM)",
    ),
    "reads address 0": (function("ctypes.string_at(0)", "ctypes"), Outcome.ERROR, "crashed the interpreter (SIGSEGV)"),
    "deep C recursion": (  # of which Python keeps count since 3.12
        function(DEEP),
        Outcome.ERROR,
        "crashed the interpreter (SIGSEGV)" if sys.version_info < (3, 12) else "raised RecursionError",
    ),
    "recursion": (function("return double(x)"), Outcome.ERROR, "raised RecursionError"),
    "many tensors": (
        function("kept = []\nwhile True:\n    kept.append(x.new_ones(10**6))"),
        Outcome.MEMORY,
        "ran out of memory",
    ),
    "long list": (function("kept = [0]\nwhile True:\n    kept += kept"), Outcome.MEMORY, "ran out of memory"),
    "huge tensor": (function("return x.new_ones(10**12)"), Outcome.MEMORY, "ran out of memory"),
    "large answer": (function("return x.expand(10**7, 2) * 1"), Outcome.ERROR, "is not an answer"),
    "endless answer": (function("return x.expand(10**12, 2)"), Outcome.MEMORY, "ran out of memory"),
    "prints much": (function("print('x' * 10**7)\nreturn 2 * x"), Outcome.ERROR, "printed more than 1 MB"),
    "prints forever": (function("while True:\n    print('x')"), Outcome.ERROR, "printed more than 1 MB"),
    "closes all": (function("os.closerange(0, 64)\nreturn 2 * x"), Outcome.ERROR, ENDED),
    "writes garbage": (function(GARBAGE), Outcome.ERROR, "What came back is not an answer"),
    "forges an answer": (
        function(FORGED.replace("SHAPE", "[9]"), "json", "struct"),
        Outcome.ERROR,
        "What came back is not an answer",
    ),
    "forges a shape": (
        function(FORGED.replace("SHAPE", "[1 << 22] * 3 + [0]"), "json", "struct"),
        Outcome.ERROR,
        "is not an answer",
    ),
    "reads input": (function("return input()"), Outcome.ERROR, "raised EOFError"),
    "imports coursekit": (function("import coursekit\nreturn 2 * x"), Outcome.ERROR, "raised ModuleNotFoundError"),
    "imports solutions": (
        function("import solutions.entropy\nreturn 2 * x"),
        Outcome.ERROR,
        "raised ModuleNotFoundError",
    ),
    "imports coursekit at load": (
        "import coursekit\ndef double(x):\n    return coursekit.x",
        Outcome.ERROR,
        "Loading it raised ModuleNotFoundError",
    ),
    "misspelt": ("def dubble(x):\n    return 2 * x", Outcome.UNATTEMPTED, "Did you mean `dubble`"),
    "syntax error": ("def double(x) return x", Outcome.ERROR, "cannot read this, so `double` cannot be found in it"),
    "compiled": (
        "import torch\n@torch.compile(dynamic=True)\ndef double(x): return x / 0",
        Outcome.FAILED,
        "not right",
    ),
    "no function": ("double = 3", Outcome.ERROR, "`double` is of type int"),
    "empty": ("", Outcome.UNATTEMPTED, "There is no function `double` here."),
    "half a character raised": (function("raise ValueError('\\ud800')"), Outcome.ERROR, "raised ValueError"),
    "half a character": ("def double(x):\n    '\ud800'\n    return x", Outcome.ERROR, "cannot read this, so"),
}


@pytest.mark.parametrize(("text", "outcome", "said"), HOSTILE.values(), ids=HOSTILE)
def test_what_hostile_code_gets(jail, text, outcome, said):
    """Each is told what it did, has no points for it, and does not touch whoever comes next."""
    report = told(jail, text)
    assert outcome is report.outcome
    assert said in report.first_failure.rationale
    assert report.points == 0
    assert told(jail, toys.HONEST).points == 4


@pytest.mark.parametrize(
    "text",
    [
        function(FOREVER),
        function(DEAF + STUBBORN),
        function("os.kill(os.getpid(), signal.SIGSTOP)\nreturn 2 * x"),
        "import time\nZERO = time.sleep(60)\ndef double(x):\n    return ZERO",
        function("os.closerange(1, 3)\n" + FOREVER),
        function("import threading\nthreading.Thread(target=double, args=(x,)).start()\n" + FOREVER),
    ],
    ids=["loop", "deaf to signals", "stopped", "at load", "without output", "threads"],
)
def test_endless_code_is_ended(jail, text):
    """However it clings to life, it is over soon after its time, and the next submission is well."""
    begun = time.monotonic()
    report = told(jail, text, seconds=0.4)
    assert time.monotonic() - begun < 2
    assert (report.outcome, report.points) == (Outcome.TIMEOUT, 0.0)
    assert "Still running after 0.4 s" in report.first_failure.rationale
    assert told(jail, toys.HONEST).points == 4


def test_an_answer_that_came_in_time_is_not_late(jail):
    """Where the judge itself was kept from looking, what had come by then counts; what comes afterwards does not."""
    with child(jail, toys.HONEST, seconds=0.5) as ask:
        ask.send([encode_question(X)])
        time.sleep(1)
        assert ask.read(ask.reply(), X).value.tolist() == [2.0, -10.0]
    slow = "import time\ndef double(x):\n    time.sleep(1)\n    return 2 * x"
    with child(jail, slow, seconds=0.5) as ask, pytest.raises(Stopped, match="Still running"):
        ask(X)


def test_a_drip_does_not_buy_time(jail):
    """A child that goes on saying a little at a time is ended as soon as the rest."""
    drip = """
        import os, struct, time
        os.write(3, struct.pack('<II', 1000, 0))
        for _ in range(1000):
            os.write(3, b' ')
            time.sleep(0.01)
        return x
    """
    before = time.monotonic()
    with child(jail, function(textwrap.dedent(drip).strip()), seconds=0.5) as ask, pytest.raises(Stopped):
        ask(X)
    assert time.monotonic() - before < 5


def test_time_is_counted_over_all_calls(jail):
    """Many calls that are each quick enough do not add up to more than is allowed."""
    report = told(jail, function("time.sleep(0.2)\nreturn 2 * x"), seconds=0.5)
    assert report.outcome is Outcome.TIMEOUT
    assert 0 < report.points < 4


@pytest.mark.parametrize("body", ["os._exit(0)", GARBAGE, "print('x' * 10**7)\ntime.sleep(9)"])
def test_nothing_is_asked_after_the_end(jail, body):
    """Whoever is ended is ended: the next question gets the same verdict at once."""
    with child(jail, function(body)) as ask:
        with pytest.raises(Stopped) as first:
            ask(X)
        begun = time.monotonic()
        with pytest.raises(Stopped) as second:
            ask(X)
        assert time.monotonic() - begun < 0.1  # before the child's own end, which is waited for
    assert first.value is second.value


def test_child_that_nobody_asks(jail):
    """A child may end before it was asked anything."""
    with child(jail, toys.HONEST):
        pass
    assert told(jail, toys.HONEST).points == 4


def test_child_that_nobody_waits_for(jail):
    """Who hangs up on endless code, with more to say than it takes, ends the child alone: the zygote goes on."""
    asked(jail, toys.HONEST)
    before = jail._zygote
    with child(jail, function(FOREVER)) as ask:
        begun = time.monotonic()
        ask.send([frames.encode_question(X)] * 5_000)
        assert time.monotonic() - begun < 5  # whoever asks is not kept waiting either
    assert jail._zygote is before is not None


def test_what_is_no_python_leans_on_nothing(jail):
    """It is asked that as well, and the child goes on."""
    with jail._fork((("a.py", "def double(:\n    triple"),), (), ("double", "triple"), Clock(9.0), late=False) as ask:
        assert ask.leans_on("double", ("triple",)) == ()


def test_a_jail_that_ends_answers_nothing(monkeypatch):
    """What an answer does stays unknown then."""

    def fork(*_, **__):
        raise ZygoteGone

    monkeypatch.setattr(Jail, "_fork", fork)
    assert Jail().answers((("a.py", toys.HONEST),), toys.make_double(), [], {}, Clock(9.0)) == []


COUNTS = """
import torch

calls = 0


def double(x):
    global calls
    calls += 1
    return 2 * x + calls + torch.rand(())
"""


@pytest.mark.parametrize(
    ("more", "in_passing"),
    [
        ("", True),
        ("    if calls > 4: raise SystemExit\n", True),
        ("    if len(x) == 7: __import__('os')._exit(0)\n", False),
    ],
)
def test_probing(jail, monkeypatch, more, in_passing):
    """What else is asked of an answer is asked in the child that has checked it, and is what a new one would say."""
    jail.limits = LIMITS
    cells = (("a.py", COUNTS.replace("    return", f"{more}    return")),)
    probes = [frames.encode_question(Question((torch.ones(size),))) for size in (1, 2, 7, 3)]
    double = toys.make_double()
    own = jail.answers(cells, double, probes, {}, Clock(20.0))
    forks, fork = [], Jail._fork
    monkeypatch.setattr(Jail, "_fork", lambda *args, **more: forks.append(args) or fork(*args, **more))
    probing = Probing(lambda exercise, report: probes if report.points == 0 else ())
    (report,) = jail.score(cells, [(double, 5)], probing=probing)
    assert report.points == 0
    assert len(forks) == 1
    assert len(own) == (4 if in_passing else 3)
    if in_passing:
        assert [repr(each) for each in probing.came.pop("double")] == [repr(each) for each in own]
    assert probing.came == {}
    jail.score((("a.py", toys.HONEST),), [(double, 5)], probing=probing)
    assert probing.came == {}


def test_check_that_raises_leaves_the_jail_well(jail):
    """An error on the judge's side ends the child and no more."""
    with pytest.raises(ZeroDivisionError), child(jail, toys.HONEST) as ask:
        ask(X).value / 0 + 1 / 0
    assert told(jail, toys.HONEST).points == 4


# ---- what a child has and leaves ---------------------------------------------------------------------------------


def test_environment_is_empty(jail):
    """No name, no path and no token of the grader's can be read."""
    assert number(jail, "len(os.environ)") == 0


def test_no_handler_of_the_zygotes(jail):
    """A child that ends a process of its own is told as any other program is."""
    assert number(jail, "signal.getsignal(signal.SIGCHLD) is signal.SIG_DFL", "import signal") == 1


def test_four_descriptors(jail):
    """A child holds its conversation, what it prints to, and an empty input."""
    is_open = (
        "def is_open(fd):\n    try:\n        return os.dup2(fd, 60) >= 0\n    except OSError:\n        return False"
    )
    held = "sum(is_open(fd) << fd for fd in range(60))"
    assert number(jail, held, before=is_open) == 0b1111


@pytest.mark.slow  # as every test of the jail without walls: it takes seconds to start
@needs_proc
def test_one_conversation(open_jail):
    """A child can talk to its judge, and holds no other socket and no file that was open before it."""
    kinds = "[os.path.basename(os.readlink(f'/proc/self/fd/{fd}')).split(':')[0] for fd in range(64) if is_open(fd)]"
    is_open = "def is_open(fd):\n    return os.path.islink(f'/proc/self/fd/{fd}')"
    assert number(open_jail, f"{kinds}.count('socket')", before=is_open) == 1
    assert number(open_jail, f"len(set({kinds}) - {{'socket', 'pipe', 'null'}})", before=is_open) == 0


def test_course_is_not_loaded(jail):
    """No module of the course is in a child's memory, and its folder is not on the path."""
    loaded = (
        "sum(name.split('.')[0] in ('coursekit', 'solutions') and m is not None for name, m in sys.modules.items())"
    )
    assert number(jail, loaded) == 0
    root = str(Path(__file__).parents[2])
    assert number(jail, f"sum(os.path.realpath(path) == {root!r} for path in sys.path)") == 0


@pytest.mark.slow
def test_nothing_can_be_written_to_a_file(jail, open_jail, tmp_path):
    """A file that a submission opens stays empty, where it can be opened at all."""
    path = tmp_path / "planted.py"
    text = function(f"with open({str(path)!r}, 'w') as file:\n    file.write('evil')\nreturn 2 * x")
    if jail.confined:
        assert "raised PermissionError" in told(jail, text).first_failure.rationale
        assert not path.exists()
    assert "raised OSError" in told(open_jail, text).first_failure.rationale
    assert not path.exists() or path.read_text() == ""


def test_submissions_share_nothing(jail):
    """Whoever patches torch patches their own process: the next learner and the judge keep theirs."""
    patch = "import torch\ntorch.Tensor.__mul__ = torch.Tensor.__rmul__ = torch.Tensor.sum = None\nreturn x"
    told(jail, function(patch))
    assert told(jail, toys.HONEST).points == 4
    assert tensor([1.0, 2.0]).sum() == 3


@pytest.mark.slow
def test_process_left_behind_is_killed(open_jail):
    """What a submission starts does not outlive it."""
    started = "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']).pid"
    assert dies(number(open_jail, started, before="import subprocess"))


@pytest.mark.slow
def test_fork_left_behind_is_killed(open_jail):
    """A copy of the child that stays behind does not outlive it either, nor spoil the next learner."""
    body = "import torch\npid = os.fork()\nif pid == 0:\n    time.sleep(60)\nreturn torch.tensor(pid)"
    assert dies(int(asked(open_jail, function(body)).value))
    assert told(open_jail, toys.HONEST).points == 4


@needs_proc
@pytest.mark.slow
@pytest.mark.parametrize("kind", ["jail", "open_jail"])
def test_nothing_grows(request, kind):
    """After many children judge and zygote hold no more descriptors, and the judge no more memory, than before."""
    jail = request.getfixturevalue(kind)
    zygote = processes_of(jail)[-1]

    def state():
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        counts = [len([*Path(f"/proc/{who}/fd").iterdir()]) for who in ("self", zygote)]
        return counts, pages * os.sysconf("SC_PAGESIZE")

    for _ in range(5):
        told(jail, toys.HONEST)
    descriptors, memory = state()
    for number_ in range(50):
        told(jail, toys.HONEST if number_ % 5 else function("os._exit(0)"))
    after, grown = state()
    assert descriptors == after
    assert grown - memory < 8 << 20


# ---- the zygote --------------------------------------------------------------------------------------------------


def test_kill_that_comes_too_late(jail):
    """An order to end a child that has just ended by itself reaches neither the next one nor one in the middle."""
    for _ in range(5):
        with child(jail, toys.HONEST) as gone:
            gone(X)
        late = json.dumps({"kill": next(Child._numbers) - 1}).encode() + b"\n"
        jail._control.send(late)
        assert told(jail, toys.HONEST).points == 4
    with child(jail, toys.HONEST) as ask:
        ask(X)
        jail._control.send(late)
        time.sleep(0.05)
        assert ask(X).value.tolist() == [2.0, -10.0]


def test_what_has_ended_is_tidied_up(monkeypatch):
    """Of a zygote that ends between two submissions nothing is left open when the next one is started."""

    def start(_):
        raise JailError("No more of them.")

    monkeypatch.setattr(Jail, "_start", start)
    jail = Jail()
    jail._control, other = socket.socketpair()
    jail._zygote = subprocess.Popen(["true"], stderr=subprocess.PIPE)
    control, errors = jail._control, jail._zygote.stderr
    jail._zygote.wait()
    with other, pytest.raises(JailError, match="No more"), child(jail, toys.HONEST):
        pass
    assert (control.fileno(), errors.closed) == (-1, True)


@pytest.mark.slow
def test_zygote_killed_by_a_submission(open_jail):
    """Whoever kills the parent of all children does not stay behind, and harms nobody."""
    pid = None
    kill = "if x.ndim:\n    os.kill(os.getppid(), signal.SIGKILL)\n    while True:\n        time.sleep(0.1)\n"
    try:
        with child(open_jail, function(kill + "return torch.tensor(os.getpid())"), seconds=2.0) as ask:
            pid = int(ask(Question((tensor(3.0),))).value)
            with pytest.raises((Stopped, ZygoteGone)):
                ask(X)
        assert told(open_jail, toys.HONEST).points == 4
        assert dies(pid)
    finally:
        if pid is not None and is_alive(pid):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.slow
def test_zygote_stopped_by_a_submission(open_jail):
    """A parent that no longer answers is replaced."""
    zygote = number(open_jail, "os.getppid()")
    told(open_jail, function("os.kill(os.getppid(), signal.SIGSTOP)\nreturn 2 * x"))
    assert dies(zygote)
    assert told(open_jail, toys.HONEST).points == 4


@needs_proc
@pytest.mark.slow
def test_jail_that_ends_under_a_question(jail):
    """The machine took the grading process: all is asked again in a new one, and nobody loses a point."""
    asked(jail, toys.HONEST)
    before = processes_of(jail)[0]
    timer = threading.Timer(1.0, lambda: os.kill(processes_of(jail)[-2], signal.SIGKILL))  # the last is the child
    timer.start()
    report = told(jail, "import time\nTWO = time.sleep(3) or 2\ndef double(x):\n    return TWO * x\n")
    timer.join()
    assert processes_of(jail)[0] != before
    assert report.points == 4


@pytest.mark.slow
def test_jail_that_ends_again_and_again(open_jail):
    """Under which the grading process ends twice, that is an error and no more."""
    report = told(open_jail, function("os.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(9)\nreturn 2 * x"))
    assert (report.outcome, report.points) == (Outcome.ERROR, 0.0)
    assert "ended twice while it ran this function" in report.first_failure.rationale
    assert told(open_jail, toys.HONEST).points == 4


# ---- the layers --------------------------------------------------------------------------------------------------

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux can confine")


@linux
def test_layers_in_force(jail):
    """What the jail says of itself is what a quick look says, and is enough for strangers."""
    assert jail.layers == look()
    held = [layer.name for layer in jail.layers if layer.in_force]
    assert held[:3] == ["process", "Landlock", "seccomp"]
    assert ("bubblewrap" in held) == bubblewrap.usable()


@pytest.mark.parametrize("missing", ["Landlock", "seccomp"])
@linux
def test_refuses_without_a_layer(monkeypatch, tmp_path, missing):
    """Where one of the two inner walls is missing, nothing starts, and the flag that does without is named."""
    with pytest.raises(JailError, match=rf"\({missing}: too old\).*--trust-submissions"):
        insist([Layer(name, name != missing, "too old") for name in ("Landlock", "seccomp", "bubblewrap")])


TAKEN = """
import ctypes, json, os, resource
from coursekit.jail.inside import confine

libc, signal = ctypes.CDLL(None), ctypes.c_int()
confinement = confine.Confinement()
confinement.hide_from_children()
hidden = libc.prctl(3)
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
confine.limit(7, 1 << 28, in_bubblewrap=IN_BUBBLEWRAP)
libc.prctl(4, 1)
confinement.prepare(in_bubblewrap=IN_BUBBLEWRAP)
confine.die_with_parent()
libc.prctl(2, ctypes.byref(signal))
names = "CPU CORE FSIZE NOFILE MEMLOCK MSGQUEUE NPROC".split()
print(json.dumps({
    "dumpable": [hidden, libc.prctl(3)],
    "limits": [resource.getrlimit(getattr(resource, f"RLIMIT_{name}")) for name in names],
    "memory": [(limit - used) >> 22 for limit in resource.getrlimit(resource.RLIMIT_AS)],
    "signal": signal.value,
    "killed first": int(open("/proc/self/oom_score_adj").read()),
    "who": [*os.getresuid(), *os.getresgid(), *os.getgroups()],
}))
"""


@linux
@pytest.mark.parametrize("in_bubblewrap", [True, False])
def test_what_a_child_takes_from_itself(in_bubblewrap):
    """Rights, limits and who may look at it, before the walls go up."""
    resource = pytest.importorskip("resource")
    text = TAKEN.replace("IN_BUBBLEWRAP", str(in_bubblewrap))
    said = json.loads(subprocess.run([sys.executable, "-c", text], capture_output=True, check=True).stdout)
    ids = [*os.getresuid(), *os.getresgid(), *os.getgroups()]
    limits = [[7, 8], [0, 0], [0, 0], [64, 64], [0, 0], [0, 0]]
    processes = [128, 128] if in_bubblewrap else [*resource.getrlimit(resource.RLIMIT_NPROC)]
    assert said == {
        "dumpable": [0, 0],
        "limits": [*limits, processes],
        "memory": [64, 64],
        "signal": signal.SIGKILL,
        "killed first": 1000,
        "who": [65534] * 6 if os.geteuid() == 0 and not in_bubblewrap else ids,
    }


CALLS = """
import ctypes, errno, json, os, signal, threading
from coursekit.jail.inside import confine

libc, room = ctypes.CDLL(None, use_errno=True), ctypes.create_string_buffer(16)
parent = os.getppid()

def outcome(call):
    try:
        result = call()
    except OSError as error:
        return errno.errorcode[error.errno]
    except RuntimeError:
        return "RuntimeError"
    return errno.errorcode[ctypes.get_errno()] if isinstance(result, int) and result < 0 else "fine"

confine.Confinement().put_on_seccomp()
calls = {
    "signals itself": lambda: libc.kill(os.getpid(), 0) or signal.raise_signal(signal.SIGURG),
    "signals another": lambda: libc.kill(parent, 0),
    "reads its limit": lambda: libc.prlimit(0, 7, None, room),
    "sets its limit": lambda: libc.prlimit(0, 7, room, None),
    "reads another's limit": lambda: libc.prlimit(parent, 7, None, room),
    "names itself": lambda: libc.prctl(15, b"child"),
    "lets itself be traced": lambda: libc.prctl(4, 1),
    "doubles a descriptor": lambda: libc.fcntl(0, 0, 0),
    "doubles it for itself": lambda: libc.fcntl(0, 1030, 0),
    "reads its flags": lambda: libc.fcntl(0, 1) + libc.fcntl(0, 3),
    "sets on exec": lambda: libc.fcntl(0, 2, 1),
    "sets its flags": lambda: libc.fcntl(0, 4, 0),
    "starts a thread": lambda: threading.Thread(target=int).start(),
    "forks": os.fork,
    "clones anew": lambda: libc.syscall(435, 0, 0),
    "opens": lambda: os.open("/", os.O_RDONLY),
    "opens a socket": lambda: libc.socket(2, 1, 0),
}
found = {name: outcome(call) for name, call in calls.items()}
os.write(1, json.dumps(found).encode())
"""


@linux
def test_what_the_system_does_for_a_child():
    """Compute, and nothing about anybody else; what is refused is refused as if it had no right to it."""
    said = subprocess.run([sys.executable, "-c", CALLS], capture_output=True, check=True, stdin=subprocess.DEVNULL)
    found = json.loads(said.stdout)
    fine = {name for name, outcome in found.items() if outcome == "fine"}
    assert fine == {
        *("signals itself", "reads its limit", "names itself", "starts a thread", "doubles a descriptor"),
        *("doubles it for itself", "reads its flags", "sets on exec"),
    }
    assert {name: outcome for name, outcome in found.items() if outcome not in ("fine", "EPERM")} == {
        "clones anew": "ENOSYS"
    }


@pytest.mark.parametrize(("there", "why"), [("/usr/bin/bwrap", "forbids user namespaces"), (None, "not installed")])
def test_why_there_is_no_bubblewrap(monkeypatch, there, why):
    """It is not there, or it may not."""
    monkeypatch.setattr(shutil, "which", lambda _: there)
    layer = walls.layers({"layers": [], "bubblewrap": False})[-1]
    assert (layer.name, layer.in_force, why in layer.detail) == ("bubblewrap", False, True)


@pytest.mark.slow
@linux
@pytest.mark.parametrize("confined", [True, False])
def test_start_that_nobody_takes(confined):
    """It ends with its context."""
    with walls.Start("zygote", confined=confined) as start:
        pass
    assert start.process.returncode is not None


@pytest.mark.slow
@linux
def test_start_ended_at_any_moment():
    """A start that is called off while bubblewrap makes its namespaces leaves nobody behind to wait for."""

    def begin_and_end():
        for moment in range(40):
            with walls.Start("confine", confined=True) as start:
                time.sleep(moment / 4_000)
            pids.append(start.process.pid)

    pids: list[int] = []
    thread = threading.Thread(target=begin_and_end, daemon=True)
    thread.start()
    thread.join(60)
    assert not thread.is_alive()
    assert len(pids) == 40
    left = [each for each in psutil.process_iter() if each.name() == "bwrap" and os.getpgid(each.pid) in pids]
    assert psutil.wait_procs(left, timeout=10)[1] == []


@linux
def test_jail_without_a_layer():
    """A jail that finds a wall missing when it has started is ended, and not used."""
    ours, theirs = socket.socketpair()
    told = {"layers": [["Landlock", True, ""], ["seccomp", False, "old"]], "bubblewrap": True}
    jail = Jail(ready=walls.Ready(ours, told))
    with theirs, pytest.raises(JailError, match="seccomp: old"):
        jail.__enter__()
    assert (jail._control, ours.fileno()) == (None, -1)
    assert [layer.in_force for layer in jail.layers] == [True, True, False, True]


def test_refuses_on_another_system(monkeypatch):
    """macOS cannot confine; that and the flag are told before anything starts."""
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(JailError, match=r"Only Linux can confine.*--trust-submissions"):
        look()


@linux
@pytest.mark.slow
def test_without_bubblewrap(monkeypatch):
    """Where bubblewrap is missing, that is told, and the other walls hold."""
    monkeypatch.setattr(bubblewrap, "usable", lambda: False)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with Jail(LIMITS) as jail:
        assert not jail.layers[-1].in_force
        assert "apt install bubblewrap" in jail.layers[-1].detail
        assert told(jail, toys.HONEST).points == 4
        said = told(jail, function("open('/etc/passwd')\nreturn 2 * x")).first_failure.rationale
        assert "raised PermissionError" in said
        assert number(jail, "os.getuid()") == (65534 if os.getuid() == 0 else os.getuid())


@linux
def test_bubblewrap_that_does_not_start(monkeypatch):
    """Where bubblewrap fails although it seemed to work, it is done without."""
    monkeypatch.setattr(bubblewrap, "usable", lambda: True)
    monkeypatch.setattr(bubblewrap, "command", lambda environment: ["false"])
    assert [layer.in_force for layer in look()] == [True, True, True, False]


@linux
@pytest.mark.parametrize("shown", [True, False])
def test_the_course_is_hidden_where_it_is_shown(monkeypatch, tmp_path, shown):
    """Solutions and graders that lie among what the jail is shown are covered; elsewhere there is nothing to cover."""
    (tmp_path / "solutions").mkdir()
    monkeypatch.setattr(bubblewrap, "_COURSE", tmp_path)
    monkeypatch.setattr(bubblewrap, "_python_folders", lambda: [str(tmp_path)] if shown else [])
    words = bubblewrap.command({})
    assert ("--tmpfs", str(tmp_path / "solutions")) in list(itertools.pairwise(words)) or not shown
    assert (str(tmp_path / "solutions") in words) is shown


def test_python_below_tmp(monkeypatch):
    """A course that lies below /tmp is not hidden by the empty /tmp of the jail."""
    monkeypatch.setattr(bubblewrap, "_python_folders", lambda: ["/tmp/course/.venv"])
    words = bubblewrap.command({})
    assert words.index("/tmp") < words.index("/tmp/course/.venv")


@pytest.fixture
def no_python(tmp_path, monkeypatch):
    """A Python that does not start."""
    path = tmp_path / "python"
    path.write_text("#!/bin/sh\necho 'Traceback' >&2\necho 'ImportError: no torch' >&2\nexit 1\n")
    path.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(path))


def test_jail_that_was_closed():
    """Nothing starts it again: who closed it has gone."""
    jail = Jail()
    jail.__exit__(None, None, None)
    with pytest.raises(JailError, match="was closed"):
        jail.score((("a.py", toys.HONEST),), [(toys.make_double(), 1)])


def test_jail_that_does_not_start(no_python):
    """Where the zygote fails, the last thing it said is told."""
    with pytest.raises(JailError, match="did not start: ImportError: no torch"), Jail(confined=False):
        pass


def test_jail_on_windows(monkeypatch):
    """Where there is no fork, what to use instead is told."""
    with monkeypatch.context() as patch:
        patch.setattr(os, "name", "nt")
        with pytest.raises(JailError, match="use WSL"):
            Jail().__enter__()


@pytest.mark.skipif(sys.platform != "linux", reason="lists what Linux lists in /proc")
@pytest.mark.parametrize("kind", ["jail", pytest.param("open_jail", marks=pytest.mark.slow)])
def test_zygote_ends_with_its_judge(request, kind):
    """A judge that is killed leaves no process behind (the last test, since it leaves no zygote)."""
    jail = request.getfixturevalue(kind)
    asked(jail, toys.HONEST)
    processes = processes_of(jail)
    jail._control.shutdown(socket.SHUT_RDWR)  # what the system does for a judge that is gone
    assert all(map(dies, processes))
