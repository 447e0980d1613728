"""Exercises are solutions with the answer taken out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from coursekit.course.syllabus import Topic

_ANSWER = re.compile(r"^(?P<indent> *)# BEGIN SOLUTION\n.*?^ *# END SOLUTION\n", re.MULTILINE | re.DOTALL)

_OUTSIDE = re.compile(r"^[^\s#)]", re.MULTILINE)  # where a function's lines end

_HEADER = '''"""{title}: write your answers here, then score one with `coursekit check {first}`.

Made from solutions/{name}.py by `coursekit refresh`.
"""
'''


class StubError(Exception):
    """A solution module from which no stubs can be made."""


def stub_module(topic: Topic) -> str:
    """The text of `exercises/<topic>.py`: the solution module without its answers."""
    return stubs_of(topic, topic.solution.read_text(encoding="utf-8"), topic.exercises[0].name)


def stubs_of(topic: Topic, source: str, first: str) -> str:
    """The same, of a solution module that may not be on disk yet, whose first exercise is called `first`."""
    header = _HEADER.format(title=topic.title, name=topic.name, first=first)
    return header + without_answers(source[_end_of_docstring(source) :])


def stub(topic: Topic, name: str) -> str:
    """The stub of one function, as an exercise cell holds it."""
    return without_answers(solution(topic, name))


def solution(topic: Topic, name: str) -> str:
    """The source of one function of the solution module, markers included.

    Raises:
        StubError: the module does not define `name`.
    """
    source = topic.solution.read_text(encoding="utf-8")
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            lines = source.splitlines(keepends=True)
            end = node.end_lineno or node.lineno
            # the closing marker is a comment, which the syntax tree does not count as part of the function
            while end < len(lines) and lines[end].startswith(" "):
                end += 1
            return "".join(lines[node.lineno - 1 : end])
    raise StubError(f"{topic.solution.name} does not define `{name}`.")


def model_answer(topic: Topic, name: str) -> str:
    """The same without the markers, as a learner is shown it, and as a filled notebook holds it."""
    return "".join(
        line
        for line in solution(topic, name).splitlines(keepends=True)
        if line.strip() not in ("# BEGIN SOLUTION", "# END SOLUTION")
    )


def with_helpers(topic: Topic, name: str) -> str:
    """A model answer that runs by itself: with its module's imports and the other answers that it calls."""
    solution(topic, name)  # raises StubError where there is none
    body = ast.parse(topic.solution.read_text(encoding="utf-8")).body
    wanted = calls_of(topic, name) | {name}
    kept = [node for node in body[1:] if not isinstance(node, ast.FunctionDef) or node.name in wanted]
    return "\n\n".join(map(ast.unparse, kept)) + "\n"


def calls_of(topic: Topic, name: str) -> frozenset[str]:
    """The other functions of its module that a model answer calls, and those that they call."""
    body = ast.parse(topic.solution.read_text(encoding="utf-8")).body
    functions = {node.name: node for node in body if isinstance(node, ast.FunctionDef)}
    found, waiting = set[str](), [name]
    while waiting:
        function = functions.get(waiting.pop())
        names = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)} if function else set()
        new = (names & functions.keys()) - found - {name}
        found |= new
        waiting += new
    return frozenset(found)


def without_answers(source: str) -> str:
    """Every marked answer replaced by a raise that names the function it stands in.

    Raises:
        StubError: a function of the source has no marked answer.
    """
    parts = re.split(r"(?m)^(?=def )", source)
    result = []
    for part in parts:
        name = re.match(r"def (\w+)", part)
        if name:
            part, count = _ANSWER.subn(
                rf'\g<indent>raise NotImplementedError("{name[1]}: write your answer here")\n', part
            )
            if count != 1:
                raise StubError(f"`{name[1]}` needs exactly one BEGIN SOLUTION … END SOLUTION.")
        result.append(part)
    return "".join(result)


def spans_of(text: str, name: str) -> Iterator[tuple[int, int]]:
    """Where in a text functions of that name begin and end, whether or not it is Python.

    What stands between the last indented line and the next statement is not the function's.
    """
    for found in re.finditer(rf"^def[ \t]+{re.escape(name)}[ \t]*\(", text, re.MULTILINE):
        outside = _OUTSIDE.search(text, found.end())
        lines = text[found.start() : outside.start() if outside else None].splitlines(keepends=True)
        while len(lines) > 1 and (not lines[-1].strip() or not lines[-1].startswith((" ", "\t", ")"))):
            lines.pop()
        yield found.start(), found.start() + sum(map(len, lines))


def _end_of_docstring(source: str) -> int:
    first = ast.parse(source).body[0]
    if not (isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)):
        raise StubError("A solution module begins with a docstring.")
    lines = source.splitlines(keepends=True)
    return sum(len(line) for line in lines[: first.end_lineno])
