"""Whether the tests of the core hold it: turns small things in it wrong, and names those that no test notices.

python benchmarks/mutants.py [--sample 300] [--seed 1] [--after 0] [--fast] [--module coursekit/wire/frames.py:58]

Each mutant is one change of a file in a copy of the course. That module's tests are run on it, the fast ones first, in
a fork of a process that has torch. A test that watches processes must kill one a second time, by itself: it may fail by
chance on a busy machine. A seed draws the same mutants, but those of code that has changed. In mutants.toml: what is
core, where its tests stand, what needs none.
"""

from __future__ import annotations

import argparse
import ast
import gc
import hashlib
import importlib
import os
import shutil
import signal
import sys
import tempfile
import time
import tomllib
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from copy import copy
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
LISTED = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
WARM = "pytest hypothesis torch torch.distributions numpy nbformat nbclient sqlalchemy rich.console IPython.display"
SECONDS = {"not slow": "30", "slow": "150"}  # by kind of test, those after which one hangs
LONGEST = 900.0  # seconds of all tests of a module
OPTIONS = ["-qx", "-Wignore::pytest.PytestAssertRewriteWarning"]  # it is there already
OPTIONS += ["-oaddopts=", *(f"-pno:{name}" for name in ("cacheprovider", "xdist", "nbval", "pytest_cov", "anyio"))]
OPTIONS += ["-ofaulthandler_exit_on_timeout=true"]
TURNED: dict[type[ast.AST], list[Any]] = {
    **{ast.Lt: [ast.LtE, ast.GtE], ast.LtE: [ast.Lt, ast.Gt], ast.Gt: [ast.GtE, ast.LtE], ast.GtE: [ast.Gt, ast.Lt]},
    **{ast.Eq: [ast.NotEq], ast.NotEq: [ast.Eq], ast.Is: [ast.IsNot], ast.IsNot: [ast.Is]},
    **{ast.In: [ast.NotIn], ast.NotIn: [ast.In], ast.And: [ast.Or], ast.Or: [ast.And]},
    **{ast.Add: [ast.Sub], ast.Sub: [ast.Add]},
}


class Mutant(NamedTuple):
    """One change of one file: the bytes from `start` to `end` become `after`."""

    path: str
    line: int
    start: int
    end: int
    before: str
    after: str

    def __str__(self) -> str:
        before, after = (" ".join(text.split()) for text in (self.before, self.after))
        return f"{self.path}:{self.line}  {before[:90]} → {after[:90]}"


def changes(node: ast.AST) -> Iterator[tuple[Any, str]]:
    """What can be turned wrong in this very node: what is replaced, and by what."""
    match node:
        case ast.Compare(ops=ops):
            for at, sign in enumerate(ops):
                yield from ((node, _with(node, ops=[*ops[:at], o(), *ops[at + 1 :]])) for o in TURNED[type(sign)])
        case ast.BoolOp() | ast.BinOp() | ast.AugAssign() if type(node.op) in TURNED:
            yield node, _with(node, op=TURNED[type(node.op)][0]())
        case ast.UnaryOp(op=ast.Not()):
            yield node, f"({ast.unparse(node.operand)})"
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            yield node, repr(number + 1)
        case ast.Return(value=ast.Constant(value=bool() as truth)):  # None instead of False changes nothing
            yield node, f"return {not truth}"
        case ast.Return(value=ast.expr()) if ast.unparse(node) != "return None":
            yield node, "return None"
        case ast.If() | ast.IfExp() | ast.While():
            yield from ((node.test, word) for word in ("True", "False") if word != ast.unparse(node.test))
        case ast.comprehension() | ast.match_case():
            tests = node.ifs if isinstance(node, ast.comprehension) else [node.guard] if node.guard else []
            yield from ((test, word) for test in tests for word in ("True", "False"))
    deleted = ast.Expr | ast.Assign | ast.AugAssign | ast.Raise | ast.Continue | ast.Break | ast.Delete
    if isinstance(node, deleted) and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
        yield node, "pass"


def _with(node: ast.AST, **fields: Any) -> str:
    """The node as text, with other fields."""
    turned = copy(node)
    vars(turned).update(fields)
    return ast.unparse(turned) if isinstance(turned, ast.stmt) else f"({ast.unparse(turned)})"


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """All that runs; not in f-strings, of whose parts Python 3.11 does not know where they stand."""
    if isinstance(node, ast.JoinedStr) or ast.unparse(node).startswith(("if TYPE_CHECKING:", "if __name__", "__all__")):
        return
    if isinstance(node, ast.Assign) and ast.unparse(node.value).startswith(("Callable[", "tuple[", "dict[")):
        return  # a name for a type, which only annotations use
    yield node
    for name, field in ast.iter_fields(node):
        for child in field if isinstance(field, list) else [field]:
            if isinstance(child, ast.AST) and name not in ("annotation", "returns"):
                yield from walk(child)


def drawn(paths: list[Path], seed: int) -> list[Mutant]:
    """All mutants of these files in an order of chance, in which each keeps its place among those that stay."""
    order: dict[bytes, Mutant] = {}
    seen: Counter[str] = Counter()
    for path in paths:
        source = path.read_bytes()
        starts = [0, *accumulate(map(len, source.splitlines(keepends=True)))]
        for old, after in (change for node in walk(ast.parse(source)) for change in changes(node)):
            start, end = starts[old.lineno - 1] + old.col_offset, starts[old.end_lineno - 1] + old.end_col_offset
            name, before = path.relative_to(ROOT).as_posix(), source[start:end].decode()
            text = f"{seed} {name} {before} {after}"
            seen[text] += 1
            place = hashlib.sha256(f"{text} {seen[text]}".encode()).digest()
            order[place] = Mutant(name, old.lineno, start, end, before, after)
    return [order[place] for place in sorted(order)]


def listed(mutant: Mutant) -> str:
    """Whether it is a number to tune (by its line), or changes nothing, as the list says; empty if neither."""
    line = (ROOT / mutant.path).read_text(encoding="utf-8").splitlines()[mutant.line - 1]
    shown = {"a number to tune": line * mutant.before[0].isdigit(), "changes nothing": str(mutant)}
    known = (kind for kind in shown for path, words, _ in LISTED[kind] if path == mutant.path and words in shown[kind])
    return next(known, "")


def tests_of(path: str) -> list[str]:
    """The tests that hold a module."""
    room, *folders = Path(path).parts[1:-1] or [""]
    own = [Path("tests", room, *deeper, f"test_{Path(path).name}").as_posix() for deeper in (folders, ())]
    own += [f"tests/{room}/test_{folder}.py" for folder in reversed(folders)]
    more: list[str] = next((tests for front, tests in LISTED["tests"].items() if path.startswith(front)), [])
    return [name for name in own if (ROOT / name).exists()][:1] + more


class First:
    """Notes the first test that fails, or the file that cannot be collected; what has failed is not made smaller."""

    def __init__(self, note: Path) -> None:
        self.note = note

    def pytest_configure(self) -> None:
        """Called by pytest, when tests/conftest.py has chosen its settings."""
        from hypothesis import Phase, settings

        settings.register_profile("mutants", settings(), phases=[Phase.explicit, Phase.generate])
        settings.load_profile("mutants")

    def pytest_collectreport(self, report: Any) -> None:
        """Called by pytest."""
        if report.failed:
            self.note.write_text(report.nodeid, encoding="utf-8")

    pytest_runtest_logreport = pytest_collectreport


class Bench:
    """A copy of the course to change."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.log, self.written = folder / "course", folder / "log.txt", 0
        self.first = folder / "first.txt"
        self.sound: set[str] = set()
        shutil.copytree(ROOT, self.folder, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        self.files = set(self.folder.rglob("*"))

    def fate(self, mutant: Mutant, kind: str) -> str:
        """What becomes of it under the tests of this kind: "killed", "hangs", "alive", or "by chance" one of these."""
        tests = tests_of(mutant.path)
        source = (ROOT / mutant.path).read_bytes()
        changed = source[: mutant.start] + mutant.after.encode() + source[mutant.end :]
        for _ in range(2):
            fate = self.run(kind, tests, mutant.path, changed)
            test = self.first.read_text(encoding="utf-8") if self.first.exists() else ""
            if fate != "killed":
                return fate
            killers = [test] if test else tests  # an end that no test reports: of the process, or of pytest itself
            file = killers[0].partition("::")[0]
            tries = (self.run(kind, killers, mutant.path, source) for _ in range(2))
            if file not in self.sound and "alive" not in tries:
                sys.exit(f"{self.log.read_text()}\nIt fails without any mutant: {', '.join(killers)}.")
            self.sound.add(file)
            if not file.startswith(tuple(LISTED["timed"])) or self.run(kind, killers, mutant.path, changed) != "alive":
                return fate
        return "by chance"

    def clear(self) -> None:
        """Takes away what a mutant has left in the course, where the next one would find it."""
        for path in sorted(set(self.folder.rglob("*")) - self.files, reverse=True):
            if "__pycache__" not in path.parts:
                path.rmdir() if path.is_dir() else path.unlink()

    def write(self, path: str, content: bytes) -> None:
        """Changes a file, and its time, by which Python knows that what it has compiled of it is old."""
        self.written += 1
        (self.folder / path).write_bytes(content)
        os.utime(self.folder / path, (self.written, self.written))

    def run(self, kind: str, tests: list[str], path: str, content: bytes) -> str:
        """Runs tests with this file in a fork of this process; "alive" where they pass, or where there are none."""
        self.first.unlink(missing_ok=True)
        self.write(path, content)
        pid = os.fork()
        if pid == 0:
            os.setsid()
            os.chdir(self.folder)
            sys.path.insert(0, str(self.folder))
            log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(log, 1)
            os.dup2(log, 2)
            own = [f"--basetemp={self.log.parent / 'tmp'}", "-m", kind, f"-ofaulthandler_timeout={SECONDS[kind]}"]
            try:
                os._exit(sys.modules["pytest"].main([*OPTIONS, *own, *tests], [First(self.first)]) not in (0, 5))
            finally:
                os._exit(1)
        deadline, status, ended = time.monotonic() + LONGEST, 1, 0
        while not ended and time.monotonic() < deadline:
            time.sleep(0.02)
            ended, status = os.waitpid(pid, os.WNOHANG)
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        if not ended:
            os.waitpid(pid, 0)
        self.write(path, (ROOT / path).read_bytes())
        self.clear()
        hung = not ended or b"Timeout (" in self.log.read_bytes()
        return "hangs" if hung else "killed" if status else "alive"


def main() -> None:
    """Prints the mutants that live, and how many do not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sample", type=int, default=300, help="how many mutants; 0 for all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--after", type=int, default=0, help="begin behind this one, where a run has ended")
    parser.add_argument("--fast", action="store_true", help="run the fast tests alone")
    parser.add_argument("--module", default="", help="only mutants in whose line of the report this stands")
    options = parser.parse_args()
    within = [path for name in LISTED["core"] for path in (ROOT / name, *sorted((ROOT / name).rglob("*.py")))]
    mutants = drawn([path for path in within if path.suffix == ".py"], options.seed)
    mutants = [mutant for mutant in mutants if options.module in str(mutant)][: options.sample or None]
    mutants = mutants[options.after :]
    for path in sorted({mutant.path for mutant in mutants}):
        if not tests_of(path) or not all((ROOT / name).exists() for name in tests_of(path)):
            sys.exit(f"mutants.toml lists no tests for {path}, or one that is not there.")
    fates: Counter[str] = Counter()
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")
        bench = Bench(Path(folder))
        os.environ.update(PYTHONPATH=str(bench.folder), OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
        for name in WARM.split():
            importlib.import_module(name)
        gc.collect()
        gc.freeze()  # what a fork finds there is not its own
        for number, mutant in enumerate(mutants, start=options.after + 1):
            fate = listed(mutant) or bench.fate(mutant, "not slow")
            fate = bench.fate(mutant, "slow") if fate == "alive" and not options.fast else fate
            fates[fate] += 1
            print(f"\r{number} of {options.after + len(mutants)}", end="\r", file=sys.stderr, flush=True)
            if fate not in ("killed", *LISTED):
                print(f"{number:4} {mutant}{'' if fate == 'alive' else f'  ({fate})'}", flush=True)
    print(", ".join(f"{count} {fate}" for fate, count in fates.most_common()))


if __name__ == "__main__":
    main()
