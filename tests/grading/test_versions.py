"""The grader's version: what changes it, and what does not."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from itertools import count

import numpy as np
import pytest
import torch

from coursekit.course import syllabus
from coursekit.grading import versions
from coursekit.grading.fingerprint import fingerprint
from coursekit.grading.versions import grader_versions

GRADER = '''
"""A grader."""

from functools import cache, partial

import numpy as np
import torch

from coursekit.exercise import Exercise, Failure, keeps_dtype, other_default, reduced, same_value
from coursekit.graders.regression.common import pair

SIZES = (1.0, 2.5)  # of the inputs
PAIRS = {"a": (0, 1), "b": (1, 0)}


def half(x):
    """Half of it."""
    return x / 2


@cache
def limit(size):
    """Where it ends."""
    return size + 4.0


class Shift:
    """Moves it."""

    far = 0.75
    ways = torch.tensor([0.625])

    def by(self, x):
        return x + 1.5 + self.far * self.way + self.still() * self.ways

    @property
    def way(self):
        return 1.125

    @staticmethod
    def still():
        return 0.375


def by_three(x):
    return x / 3.25


def within():
    def inner(x):
        return x if x.ndim else never

    if SIZES == ():
        never = 0.0
    return inner


INNER = within()  # its closure has a name without a value
SHIFTED, TWICE, STEPS, KINDS = Shift().by, partial(limit, 12.0), np.array([0.25, 0.75]), {"sum", "none"}
START = torch.tensor([0.125])


def spec(x, y, reduction="mean", scale=1.0):
    """Half the distance."""
    return reduced(half(scale * (x - y).abs()), reduction)


halved = Exercise("halved", spec, idea="Half is less.", hints=("Divide.", "By two."), points=2, parity_points=1)
other = Exercise("other", spec, idea="Another.", hints=("None.",))
fewer = Exercise("fewer", lambda x: x / 3.5, idea="Fewer.", hints=("Less.",))
wrong = halved.misconceptions


@halved.check
def of_numbers(f, rng):
    """Numbers

    Help for it.
    """
    for size in SIZES:
        same_value(f, spec, torch.tensor(size), torch.tensor(0.0))
    same_value(f, spec, SHIFTED(INNER(START)), torch.tensor(STEPS), reduction=min(KINDS), scale=limit(TWICE()))
    same_value(f, spec, fewer.spec(START), torch.tensor(0.0))
    same_value(f, lambda x, y: by_three(x), START, START)
    if f(*pair(rng, 2)).ndim:
        raise Failure("It is no number.", f"Take the mean of {SIZES}.")


keeps_dtype(halved, lambda rng: pair(rng, 3), "Its dtype stays")
wrong.table(
    doubled=("It is doubled.", lambda x, y, *rest: 2 * spec(x, y, *rest)),
    padded=("Padded.", lambda x, y, *rest, eps=0.01: spec(x + eps, y, *rest)),
    last=("Only the last.", lambda x, y, *rest: spec(x[1:], y[1:], *rest)),
)
other_default(wrong, "scaled", "The default scale is 3.", scale=3.0)


@other.check
def of_others(f, rng):
    """Others"""
    same_value(f, spec, torch.tensor(PAIRS["a"]), torch.tensor(PAIRS["b"]))
'''

WORDS = {
    "a comment": ("  # of the inputs", "  # how large"),
    "a line": ("SIZES = ", "\n\nSIZES = "),
    "what a cached function says": ("Where it ends.", "Its end."),
    "what a class says": ("Moves it.", "Elsewhere."),
    "a docstring": ("Half the distance.", "Half of how far."),
    "a hint": ("By two.", "By 2."),
    "the idea": ("Half is less.", "Half is half."),
    "a title": ("Numbers\n", "Some numbers\n"),
    "the words of a family": ("Its dtype stays", "dtype"),
    "help": ("Help for it.", "Help."),
    "a sentence": ("It is doubled.", "Twice too much."),
    "the sentence of a family": ("The default scale is 3.", "Three."),
    "a rationale": ("It is no number.", "Not one number."),
    "a rationale with numbers": ("Take the mean of", "Average over"),
    "a check of another exercise": ('torch.tensor(PAIRS["b"])', 'torch.tensor(PAIRS["b"][::-1])'),
    "data of another exercise": ("(1, 0)", "(1, 1)"),
    "another exercise's points": ('hints=("None.",)', 'hints=("None.",), points=7'),
    "a new exercise": ("wrong = halved", 'third = Exercise("third", half, idea="", hints=())\nwrong = halved'),
}
DECISIONS = {
    "points": ("points=2", "points=3"),
    "parity points": ("parity_points=1", "parity_points=2"),
    "what is forbidden": ("points=2,", 'points=2, forbids=("l1_loss",),'),
    "a constant": ("(1.0, 2.5)", "(1.0, 2.75)"),
    "a helper of the spec": ("x / 2", "x / 2.5"),
    "the spec of another exercise that a check asks": ("x / 3.5", "x / 4.5"),
    "a helper of a function within": ("x / 3.25", "x / 3.5"),
    "a cached helper": ("size + 4.0", "size + 5.0"),
    "a method": ("x + 1.5", "x + 2.5"),
    "a constant of a class": ("far = 0.75", "far = 0.5"),
    "a tensor of a class": ("[0.625]", "[0.5]"),
    "a property": ("return 1.125", "return 1.25"),
    "a static method": ("return 0.375", "return 0.5"),
    "an eps of other size": ("eps=0.01", "eps=0.02"),
    "what a partial call is given": ("limit, 12.0", "limit, 13.0"),
    "a number of an array": ("0.75]", "0.5]"),
    "a word of a set": ('"none"}', '"mean"}'),
    "a number of a tensor": ("[0.125]", "[0.0625]"),
    "a default": ("scale=1.0", "scale=1.5"),
    "a comparison": ("if f(*pair(rng, 2)).ndim", "if not f(*pair(rng, 2)).ndim"),
    "the draw of a family": ("pair(rng, 3)", "pair(rng, 4)"),
    "a row of a table": ("2 * spec", "3 * spec"),
    "which end a slice has": ("x[1:]", "x[:1]"),
    "what a family of mistakes is given": ("scale=3.0", "scale=4.0"),
    "a mistake's name": ("doubled=", "twice="),
    "a mistake less": ('    last=("Only the last.", lambda x, y, *rest: spec(x[1:], y[1:], *rest)),\n', ""),
    "the tier": ("@halved.check", "@halved.parity"),
}

_number = count()


@pytest.fixture
def load(tmp_path):
    """The exercise of a grader with this text."""

    def exercise(text: str):
        path = tmp_path / f"grader_{next(_number)}.py"
        path.write_text(text, encoding="utf-8")
        found = importlib.util.spec_from_file_location("coursekit.graders.toy", path)
        module = importlib.util.module_from_spec(found)
        found.loader.exec_module(module)
        return module.halved

    return exercise


def changed(old: str, new: str) -> str:
    assert GRADER.count(old) == 1
    return GRADER.replace(old, new)


@pytest.mark.parametrize("change", WORDS.values(), ids=WORDS)
def test_words_decide_nothing(load, change):
    """What is only read by people, and what belongs to another exercise, is the same version."""
    assert fingerprint(load(GRADER)) == fingerprint(load(changed(*change)))


@pytest.mark.parametrize("change", DECISIONS.values(), ids=DECISIONS)
def test_what_decides(load, change):
    """What a check asks, accepts or names, at any depth, is another version."""
    assert fingerprint(load(GRADER)) != fingerprint(load(changed(*change)))


DECIDE = [
    ("grading/seeds.py", "VARIANTS = 8", "VARIANTS = 16"),
    ("grading/scoring.py", "round(total, 2)", "round(total, 1)"),
    ("grading/submission.py", "MAX_CELLS = 5_000", "MAX_CELLS = 5_001"),
    ("jail/judge.py", "ended is first", "ended is not first"),
    ("jail/inside/paths.py", "einops", "einop"),
    ("exercise/recall.py", "digest_size=16", "digest_size=8"),
    ("exercise/answers.py", "1e-7", "1e-6"),
    ("report.py", "self.reports), 2)", "self.reports), 3)"),
    ("wire/frames.py", "1 << 22", "1 << 21"),
]
OTHERS = ["learning/feedback.py", "classroom/batch.py", "cli/screens/terminal.py", "text.py"]


@pytest.fixture
def package(tmp_path):
    """A copy of the package, as far as files of it are changed here."""
    for file in (*(file for file, *_ in DECIDE), *OTHERS):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(versions._PACKAGE / file, tmp_path / file)
    return tmp_path


@pytest.mark.parametrize(("file", "old", "new"), DECIDE)
def test_rooms_decide(package, file, old, new):
    """One line in what grades every exercise is another version of all of them."""
    path = package / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    before = versions._rooms(package)
    path.write_text(text.replace(old, new), encoding="utf-8")
    versions._rooms.cache_clear()
    assert before != versions._rooms(package)
    path.write_text(text + "\n# a comment\n", encoding="utf-8")
    versions._rooms.cache_clear()
    assert before == versions._rooms(package)


def test_what_an_earlier_run_has_read(package, monkeypatch):
    """A file is read again when it was written since, whatever its time and its length say; and no other is."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    plain, read = versions.plain, []
    monkeypatch.setattr(versions, "plain", lambda node: read.append(node) or plain(node))

    def again():
        read.clear()
        versions._rooms.cache_clear()
        return versions._rooms(package), len(read)

    before, all_of_them = again()
    assert all_of_them > 1
    assert again() == (before, 0)
    path = package / "grading" / "seeds.py"
    path.write_text(path.read_text(encoding="utf-8").replace("VARIANTS = 8", "VARIANTS = 9"), encoding="utf-8")
    os.utime(path, ns=(0, 0))
    after, some = again()
    assert (after != before, some) == (True, 1)
    os.utime(path, ns=(0, 0))
    assert again() == (after, 1)


@pytest.mark.parametrize("spoilt", [b"", b"{", b"[1]", b'["other", {}]', b'[null, {"report.py": 1}]', b"\xff"])
def test_what_is_kept_may_be_spoilt(package, monkeypatch, spoilt):
    """What an earlier run has kept is of use, and never needed."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    versions._rooms.cache_clear()
    before = versions._rooms(package)
    (package / "__pycache__" / "versions.json").write_bytes(spoilt)
    versions._rooms.cache_clear()
    assert before == versions._rooms(package)


@pytest.mark.parametrize("file", OTHERS)
def test_other_rooms_do_not(package, file):
    """How grades are kept and shown decides none."""
    before = versions._rooms(package)
    (package / file).write_text("", encoding="utf-8")
    versions._rooms.cache_clear()
    assert before == versions._rooms(package)


@pytest.mark.parametrize("library", [torch, np])
def test_libraries_decide(double, monkeypatch, library):
    """What torch computes at its edges, and what numpy draws, changes by version."""
    before = grader_versions([double])
    monkeypatch.setattr(library, "__version__", "9.9")
    assert before != grader_versions([double])


@pytest.mark.slow
def test_the_same_everywhere():
    """Another process, with other hashes and addresses, and grading other exercises first, computes the same."""
    names = ["entropy", "ctc_loss", "huber_loss"]
    mine = grader_versions(syllabus.find_exercise(name)[1] for name in names)
    program = (
        "import sys\nfrom coursekit.course import syllabus\nfrom coursekit.grading.versions import grader_versions\n"
        "for name in sys.argv[:0:-1]:\n    print(name, *grader_versions([syllabus.find_exercise(name)[1]]).values())"
    )
    told = subprocess.run([sys.executable, "-c", program, *names], capture_output=True, text=True, check=True).stdout
    assert dict(line.split() for line in told.splitlines()) == mine
    assert len(set(mine.values())) == len(mine)
