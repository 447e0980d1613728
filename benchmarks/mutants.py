"""Whether the tests of the core hold it: turns small things in it wrong, and names those that no test notices.

python benchmarks/mutants.py [--sample 300] [--seed 1] [--fast] [--module coursekit/wire] [--only frames.py:58]

Each mutant is one change of one file, in a copy of the course; the tests of that module are run on it, first the fast
ones, then the slow ones. The processes that do so are forked from one that has imported torch, a second or two each.
What a seed draws hangs on the mutants themselves, so most of a sample stays the same when the code changes.

What is the core, where its tests stand, and which mutants need no test, is in mutants.toml.
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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LISTED = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
WARM = "pytest hypothesis torch torch.distributions numpy nbformat nbclient sqlalchemy rich.console IPython.display"
OPTIONS = "-qx -n0 -p no:cacheprovider -W ignore::pytest.PytestAssertRewriteWarning"  # that hypothesis is there already
OPTIONS += " -o faulthandler_timeout=90 -o faulthandler_exit_on_timeout=true"
KINDS = ["not slow", "slow"]  # of tests
TURNED: dict[type[ast.AST], tuple[type[Any], ...]] = {
    **{ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt)},
    **{ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,)},
    **{ast.In: (ast.NotIn,), ast.NotIn: (ast.In,), ast.And: (ast.Or,), ast.Or: (ast.And,)},
    **{ast.Add: (ast.Sub,), ast.Sub: (ast.Add,)},
}


@dataclass(frozen=True)
class Mutant:
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
                for other in TURNED[type(sign)]:
                    yield node, _with(node, ops=[*ops[:at], other(), *ops[at + 1 :]])
        case ast.BoolOp() | ast.BinOp() | ast.AugAssign() if type(node.op) in TURNED:
            yield node, _with(node, op=TURNED[type(node.op)][0]())
        case ast.UnaryOp(op=ast.Not()):
            yield node, f"({ast.unparse(node.operand)})"
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            yield node, repr(number + 1)
        case ast.Return(value=ast.expr()) if ast.unparse(node) != "return None":
            yield node, "return None"
        case ast.If() | ast.IfExp() | ast.While():
            yield from ((node.test, word) for word in ("True", "False") if word != ast.unparse(node.test))
        case ast.comprehension():
            yield from ((test, word) for test in node.ifs for word in ("True", "False"))
        case ast.match_case(guard=ast.expr() as guard):
            yield from ((guard, word) for word in ("True", "False"))
    match node:
        case ast.Expr(value=ast.Constant()):  # a docstring
            pass
        case ast.Expr() | ast.Assign() | ast.AugAssign() | ast.Raise() | ast.Continue() | ast.Break() | ast.Delete():
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
    yield node
    for name, field in ast.iter_fields(node):
        for child in field if isinstance(field, list) else [field]:
            if isinstance(child, ast.AST) and name not in ("annotation", "returns"):
                yield from walk(child)


def mutants_of(path: str) -> Iterator[Mutant]:
    """Every mutant of a file."""
    source = (ROOT / path).read_bytes()
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for node in walk(ast.parse(source)):
        for old, after in changes(node):
            start = starts[old.lineno - 1] + old.col_offset
            end = starts[old.end_lineno - 1] + old.end_col_offset
            yield Mutant(path, old.lineno, start, end, source[start:end].decode(), after)


def drawn(paths: list[str], seed: int) -> list[Mutant]:
    """All mutants of these files in an order of chance, in which each keeps its place among those that stay."""
    order: dict[bytes, Mutant] = {}
    seen: Counter[str] = Counter()
    for mutant in (mutant for path in paths for mutant in mutants_of(path)):
        text = f"{seed} {mutant.path} {mutant.before} {mutant.after}"
        seen[text] += 1
        order[hashlib.sha256(f"{text} {seen[text]}".encode()).digest()] = mutant
    return [order[key] for key in sorted(order)]


def listed(mutant: Mutant) -> str:
    """Whether it is a number to tune ("tuning", by its line) or changes nothing ("same"), as the list says."""
    line = (ROOT / mutant.path).read_text(encoding="utf-8").splitlines()[mutant.line - 1]
    for kind, text in (("tuning", line), ("same", str(mutant))):
        if any(mutant.path == entry["path"] and entry["text"] in text for entry in LISTED[kind]):
            return kind
    return ""


def tests_of(path: str) -> list[str]:
    """The tests that hold a module."""
    room, *folders = Path(path).parts[1:-1] or [""]
    names = (Path("tests", room, *deeper, f"test_{Path(path).name}").as_posix() for deeper in (folders, ()))
    own = [name for name in names if (ROOT / name).exists()][:1]
    more: list[str] = next((tests for front, tests in LISTED["tests"].items() if path.startswith(front)), [])
    return own + more


class Bench:
    """A copy of the course to change."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "course"
        self.log = folder / "log.txt"
        self.seconds: dict[tuple[str, ...], float] = {}
        self.written = 0
        left_out = shutil.ignore_patterns(".git", ".venv", ".*_cache", ".hypothesis", "__pycache__")
        shutil.copytree(ROOT, self.folder, ignore=left_out)

    def survives(self, mutant: Mutant, kind: str) -> bool:
        """Whether its module's tests of this kind pass with it in its place."""
        seconds = self.limit(kind, tests_of(mutant.path))
        source = (ROOT / mutant.path).read_bytes()
        self.write(mutant.path, source[: mutant.start] + mutant.after.encode() + source[mutant.end :])
        try:
            return self.pass_within(seconds, kind, tests_of(mutant.path))
        finally:
            self.write(mutant.path, source)

    def limit(self, kind: str, tests: list[str]) -> float:
        """The seconds after which tests hang that pass as long as nothing is changed."""
        if (kind, *tests) not in self.seconds:
            begin = time.monotonic()
            if not self.pass_within(900, kind, tests):
                sys.exit(f"{self.log.read_text()}\nThey fail without any mutant: {' '.join(tests)} ({kind}).")
            self.seconds[kind, *tests] = 20 + 3 * (time.monotonic() - begin)
        return self.seconds[kind, *tests]

    def write(self, path: str, content: bytes) -> None:
        """Changes a file, and its time, by which Python knows that what it has compiled of it is old."""
        self.written += 1
        (self.folder / path).write_bytes(content)
        os.utime(self.folder / path, (self.written, self.written))

    def pass_within(self, seconds: float, kind: str, tests: list[str]) -> bool:
        """Whether these tests pass in time, in a fork of this process."""
        pid = os.fork()
        if pid == 0:
            try:
                os._exit(self.run(kind, tests))
            finally:
                os._exit(1)
        deadline, status, ended = time.monotonic() + seconds, 1, 0
        while not ended and time.monotonic() < deadline:
            time.sleep(0.02)
            ended, status = os.waitpid(pid, os.WNOHANG)
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        if not ended:
            os.waitpid(pid, 0)
        return ended == pid and status == 0

    def run(self, kind: str, tests: list[str]) -> int:
        """Runs them in this process; 0 if they pass, or if there are none."""
        os.setsid()
        os.chdir(self.folder)
        sys.path.insert(0, str(self.folder))
        log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for descriptor in (1, 2):
            os.dup2(log, descriptor)
        scratch = f"--basetemp={self.folder.parent / 'tmp'}"
        code = sys.modules["pytest"].main([*OPTIONS.split(), scratch, "-m", kind, *tests])
        return 0 if code in (0, 5) else 1


def main() -> None:
    """Prints the mutants that live, and how many do not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sample", type=int, default=300, help="how many mutants; 0 for all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fast", action="store_true", help="run the fast tests alone")
    parser.add_argument("--module", default="", help="only files whose path begins so")
    parser.add_argument("--only", default="", help="only mutants with these words in their line of the report")
    options = parser.parse_args()
    within = [path for name in LISTED["core"] for path in (ROOT / name, *sorted((ROOT / name).rglob("*.py")))]
    paths = [path.relative_to(ROOT).as_posix() for path in within if path.suffix == ".py"]
    mutants = drawn([path for path in paths if path.startswith(options.module)], options.seed)
    mutants = [mutant for mutant in mutants if options.only in str(mutant)][: options.sample or None]
    counts: Counter[str] = Counter()
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")
        bench = Bench(Path(folder))
        os.environ.update(PYTHONPATH=str(bench.folder), OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
        for name in WARM.split():
            importlib.import_module(name)
        gc.collect()
        gc.freeze()  # what a fork finds there is not its own
        for number, mutant in enumerate(mutants, start=1):
            alive = not listed(mutant) and all(bench.survives(mutant, kind) for kind in KINDS[: 2 - options.fast])
            counts[listed(mutant) or ("alive" if alive else "killed")] += 1
            if alive:
                print(f"{number:4} {mutant}", flush=True)
    print(f"{counts['killed']} killed, {counts['alive']} alive, ", end="")
    print(f"not run: {counts['tuning']} numbers to tune, {counts['same']} that change nothing")


if __name__ == "__main__":
    main()
