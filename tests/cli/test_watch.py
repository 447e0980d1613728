"""`coursekit watch` in a real terminal: files are saved as editors save them, keys are pressed, the screen is read."""

import json
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from coursekit.course import stubs, syllabus

pty = pytest.importorskip("pty", reason="Windows has no pseudo-terminals")
from terminal import Terminal  # noqa: E402

COMMAND = [sys.executable, "-m", "coursekit", "watch"]
TOPIC = syllabus.find_topic("kl_divergence")
NAMES = ["distribution_cross_entropy", "kl_divergence"]
# The screen with no process behind it: torch is never there, and two cores have other things to do
IDLE = """
import sys
from coursekit.cli import main
from coursekit.learning.watching import checker

checker._PROGRAM = ("-c", "import time; time.sleep(60)")
sys.exit(main(["watch", *sys.argv[1:]]))
"""
LOADING = "Loading torch and the checks"


@pytest.fixture
def path(tmp_path):
    """A learner's file with two stubs."""
    path = tmp_path / "mine.py"
    path.write_text(module({}), encoding="utf-8")
    return path


def module(bodies: dict[str, str]) -> str:
    """A file with two exercises, some with an answer."""
    functions = [f"def {name}(p, q):\n    {bodies.get(name, stub(name))}\n" for name in NAMES]
    return "\n\n".join(["import torch\n", *functions])


def stub(name: str) -> str:
    return stubs.stub(TOPIC, name).splitlines()[-1].strip()


@pytest.fixture
def watch(tmp_path, path):
    """Begins to watch; whatever happens, it is ended."""
    begun = []

    def watch(*arguments, program=(sys.executable, "-c", IDLE), size=(30, 100), **environment) -> Terminal:
        progress = {"COURSEKIT_PROGRESS": str(tmp_path / "progress.jsonl"), **environment}
        begun.append(Terminal([*program, *map(str, arguments or [path])], *size, progress))
        return begun[-1]

    yield watch
    for each in begun:
        if not each.is_over:
            each.kill(signal.SIGKILL)
            each.close()


@pytest.mark.parametrize(("key", "code"), [("q", 0), ("\x03", 130)])
def test_it_leaves_the_terminal_as_it_was(watch, key, code):
    """By its key or Ctrl-C, before torch is there."""
    terminal = watch()
    assert "q quit" in terminal.wait(LOADING)
    terminal.press(key)
    assert (terminal.close(), terminal.is_restored) == (code, True)


def test_it_is_ended_from_outside(watch):
    """A polite signal ends it as a key does."""
    terminal = watch()
    terminal.wait(LOADING)
    terminal.kill(signal.SIGTERM)
    assert (terminal.close(), terminal.is_restored) == (128 + signal.SIGTERM, True)


CRASH = f"""
{IDLE.rpartition("sys.exit")[0]}
from coursekit.learning.watching import {{module}}

def fail(*arguments):
    raise ZeroDivisionError("a bug of ours")

{{module}}.{{name}} = fail
sys.exit(main(["watch", *sys.argv[1:]]))
"""


@pytest.mark.parametrize(
    ("module", "name"), [("session", "Session.key"), ("saves", "Saves.__aiter__"), ("pages", "page")]
)
def test_a_bug_of_ours(watch, module, name):
    """It ends the program with its traceback, which stands on a terminal that is as it was."""
    terminal = watch(program=[sys.executable, "-c", CRASH.format(module=module, name=name)])
    if module == "session":
        terminal.wait(LOADING)
        terminal.press("h")
    assert (terminal.close(), terminal.is_restored) == (1, True)
    assert "ZeroDivisionError: a bug of ours" in terminal.text


def test_a_window_that_is_too_small(watch):
    """It says so, and draws again once it is large enough."""
    terminal = watch(size=(6, 30))
    terminal.wait("Too small")
    terminal.resize(24, 80)
    shown = terminal.wait(LOADING)
    assert "Too small" not in shown
    assert shown.splitlines()[0] == "(the next exercise)"


@pytest.mark.parametrize("value", ["", "1"])
def test_no_color(watch, value):
    """With NO_COLOR there is none; without, there is some."""
    terminal = watch(NO_COLOR=value)
    terminal.wait(LOADING)
    codes = {
        int(number) for codes in re.findall(rb"\x1b\[([\d;]*)m", terminal.raw) for number in codes.split(b";") if number
    }
    assert bool(codes & {*range(30, 39), *range(90, 98)}) is (value == "")


def test_no_terminal(path):
    """Where there is none, a sentence says so."""
    done = subprocess.run([*COMMAND, str(path)], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert (
        done.stderr == "coursekit: `coursekit watch` needs a terminal to draw in. `coursekit check` works anywhere.\n"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.py"], "There is no file nowhere.py."),
        (["./"], ". is a folder: name one file of it."),
        (["./README.md"], "cannot be watched: name a .py or .ipynb file."),
        (["kl_divergense"], "Did you mean `kl_divergence`?"),
        (["a.py", "b.py"], "a.py and b.py are both files"),
    ],
)
def test_what_cannot_be_watched(arguments, said, capsys, monkeypatch):
    """One line on standard error."""
    from coursekit.cli import main

    assert main(["watch", *arguments]) in (1, 2)
    assert said in capsys.readouterr().err


@pytest.mark.slow
def test_an_evening(watch, path, tmp_path):
    """From the stub to the last pass, with every way of saving, every kind of mistake, and every key."""
    wrong, right = "return (q * (q / p).log()).sum(-1)", stubs.model_answer(TOPIC, "kl_divergence")
    terminal = watch(path, "kl_divergence", program=COMMAND)
    shown = terminal.wait("not attempted yet")
    assert "kl_divergence, 3 points" in shown
    terminal.press("h")
    terminal.wait("Hint 1 of 4.")

    path.write_text(module({"kl_divergence": wrong}), encoding="utf-8")  # in place
    assert "The arguments are swapped" in terminal.wait("kl_divergence: not yet")
    new = path.with_suffix(".tmp")  # and by another file in its place
    new.write_text(module({"kl_divergence": "return (p * (p / q).log()).sum(-1"}), encoding="utf-8")
    new.replace(path)
    terminal.wait("was never closed")
    for number in range(5):  # several saves at once: the last one counts
        path.write_text(module({"kl_divergence": f"return p.sum() + {number} * q.sum(-1)"}), encoding="utf-8")
        time.sleep(0.03)
    path.write_text(module({"kl_divergence": "print('I am the last'); return p"}), encoding="utf-8")
    terminal.wait("I am the last")

    path.unlink()
    terminal.wait("mine.py is gone")
    path.write_text(module({"kl_divergence": "while True: pass"}), encoding="utf-8")
    terminal.wait("Checking for ")
    path.write_text(module({"kl_divergence": "import os; os._exit(1)"}), encoding="utf-8")
    terminal.wait("ended its own process")
    path.write_text(module({"kl_divergence": "import os; os.abort()"}), encoding="utf-8")
    terminal.wait("crashed the interpreter (SIGABRT)")

    terminal.press("r")
    terminal.wait("Put the stub of kl_divergence back?")
    terminal.press("y")
    assert "As it was: kept/mine before reset 1.py" in terminal.wait("The stub is back")
    assert "abort" in (tmp_path / "kept" / "mine before reset 1.py").read_text(encoding="utf-8")
    terminal.wait("not attempted yet")
    terminal.press("s")
    terminal.wait("Show the answer to kl_divergence?")
    terminal.press("n")
    terminal.wait("Nothing was done.")
    terminal.press("l")
    assert "…  kl_divergence  tried" in terminal.wait("Enter go there")
    terminal.press("\x1b[A\r")  # up, Enter
    terminal.wait("distribution_cross_entropy: not attempted yet")
    terminal.press("n")
    terminal.wait("kl_divergence: not attempted yet")

    path.write_text(
        module({}).replace(f"def kl_divergence(p, q):\n    {stub('kl_divergence')}\n", right), encoding="utf-8"
    )
    shown = terminal.wait("distribution_cross_entropy: not attempted yet")
    assert "kl_divergence: done ✓ (3 of 3 points)" in shown
    terminal.resize(12, 50)
    shown = terminal.wait("more line")
    assert all(len(line) <= 50 for line in shown.splitlines())
    terminal.press("q")
    assert (terminal.close(), terminal.is_restored) == (0, True)
    told = [json.loads(line) for line in (tmp_path / "progress.jsonl").read_text(encoding="utf-8").splitlines()]
    checks = [each for each in told if each["kind"] == "check"]
    assert {each["where"] for each in checks} == {"watch"}
    assert (checks[-1]["exercise"], checks[-1]["outcome"]) == ("kl_divergence", "passed")
    assert [each["misconception"] for each in checks][:1] == ["swapped"]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are found by Linux's /proc")
def test_nobody_is_left_behind(watch, path):
    """When the screen is gone, however that came, so is the process that checks, and what it checked."""
    path.write_text(module({"distribution_cross_entropy": "while True: pass"}), encoding="utf-8")
    terminal = watch(program=COMMAND)
    terminal.wait("Checking for ")
    children = list(below(terminal.pid))
    assert len(children) == 2
    terminal.kill(signal.SIGKILL)
    terminal.close()
    end = time.monotonic() + 10
    while any(Path(f"/proc/{child}").exists() for child in children) and time.monotonic() < end:
        time.sleep(0.05)
    assert [child for child in children if Path(f"/proc/{child}").exists()] == []


def below(pid):
    """The processes that a process has begun, and those that they have."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == pid:
                yield int(stat.parent.name)
                yield from below(int(stat.parent.name))
