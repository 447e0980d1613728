"""How an exercise has changed between two versions of the course: its signature, its docstring, its checks."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path

from coursekit.course.updating.blocks import Block

_MAKES = re.compile(r"\bExercise\(")
_MADE = re.compile(r'\bExercise\(\s*"(\w+)"')
_IMPORTS = re.compile(r"(?m)^from (coursekit\.graders\.[\w.]+) import ")


@dataclass(frozen=True)
class Asked:
    """What an exercise asks, as its solution says it.

    Attributes:
        signature: `def name(...) -> ...`, in one line.
        docstring: as it is written in the file, with its quotes.
    """

    signature: str
    docstring: str


@dataclass(frozen=True)
class Changes:
    """How the exercises have changed from one folder of the course to another."""

    old: Path
    new: Path

    @cached_property
    def _asked(self) -> tuple[dict[str, Asked], dict[str, Asked]]:
        return asked(self.old), asked(self.new)

    @cached_property
    def _modules(self) -> tuple[dict[str, str], dict[str, str]]:
        return _graders(self.old), _graders(self.new)

    @cached_property
    def _made(self) -> tuple[dict[str, str], dict[str, str]]:
        return tuple(_makers(modules, self._asked[1]) for modules in self._modules)  # type: ignore[return-value]

    def signature(self, name: str) -> tuple[str, str] | None:
        """The old signature and the new one, where they differ."""
        old, new = (each.get(name) for each in self._asked)
        return (old.signature, new.signature) if old and new and old.signature != new.signature else None

    def docstring(self, name: str) -> bool:
        """Whether the docstring is another one."""
        old, new = (each.get(name) for each in self._asked)
        return bool(old and new and old.docstring != new.docstring)

    def words(self, name: str) -> str:
        """The new docstring, without its quotes and its indentation."""
        new = self._asked[1].get(name)
        return inspect.cleandoc(ast.literal_eval(new.docstring)) if new and new.docstring else ""

    def checks(self, name: str) -> bool:
        """Whether its checks are others: the code of the module that makes them, or of one that it imports."""
        old, new = (made.get(name) for made in self._made)
        if not old or not new:
            return False
        before, after = self._modules
        texts = [{each: before[each] for each in _with_imports(old, before)}]
        texts.append({each: after[each] for each in _with_imports(new, after)})
        if old == new and texts[0] == texts[1]:
            return False
        codes = [sorted(map(_code, each.values())) for each in texts]  # wherever a module may be now
        return codes[0] != codes[1]

    def described_anew(self, name: str, answer: Block) -> Block:
        """The answer with the new docstring, if it has the old one to the letter and the signature is the same."""
        old, new = (each.get(name) for each in self._asked)
        if not (old and new and old.docstring and new.docstring) or old.signature != new.signature:
            return answer
        if answer.text.count(old.docstring) != 1:
            return answer
        return replace(answer, text=answer.text.replace(old.docstring, new.docstring))


def asked(course: Path) -> dict[str, Asked]:
    """What each exercise asks; a solution that cannot be read is passed over."""
    found: dict[str, Asked] = {}
    for path in sorted((course / "solutions").glob("*.py")):
        try:
            source = path.read_text(encoding="utf-8")
            functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
        except (OSError, ValueError, SyntaxError, RecursionError):
            continue
        for node in functions:
            first = node.body[0]
            is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            docstring = (ast.get_source_segment(source, first) or "") if is_docstring else ""
            returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
            found[node.name] = Asked(f"def {node.name}({ast.unparse(node.args)}){returns}", docstring)
    return found


def _graders(course: Path) -> dict[str, str]:
    """The text of each module of the graders."""
    found: dict[str, str] = {}
    for path in sorted((course / "coursekit" / "graders").rglob("*.py")):
        module = ".".join(path.relative_to(course).with_suffix("").parts).removesuffix(".__init__")
        found[module] = path.read_text(encoding="utf-8", errors="replace")
    return found


def _makers(modules: dict[str, str], names: Iterable[str]) -> dict[str, str]:
    """By exercise the module that makes it."""
    made = {module: text for module, text in modules.items() if _MAKES.search(text)}
    found = {name: module for module, text in made.items() for name in _MADE.findall(text)}
    for name in set(names) - set(found):  # several that are made alike, by a function
        found.update((name, module) for module, text in made.items() if re.search(rf"(?m)^{name} = ", text))
    return found


def _with_imports(module: str, modules: dict[str, str]) -> set[str]:
    """A module, and the graders' own that it imports, and so on."""
    found, waiting = set[str](), [module]
    while waiting:
        each = waiting.pop()
        if each in modules and each not in found:
            found.add(each)
            waiting += _IMPORTS.findall(modules[each])
    return found


@cache
def _code(text: str) -> str:
    """A module's code without comments, layout and docstrings: those are words."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return text
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node, clean=False):
            node.body = [*node.body[1:], ast.Pass()]
    return ast.dump(tree)
