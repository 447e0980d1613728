"""The mutants of a solution: each rule on a line that it is for, their names, and what is left alone."""

import ast
import dataclasses

import pytest

from coursekit.authoring import mutants
from coursekit.course import syllabus


def made(topic, line):
    """The changed lines of a solution of one line."""
    text = topic.solution.read_text(encoding="utf-8")
    topic.solution.write_text(text.replace("return FACTOR * x", line), encoding="utf-8")
    return [mutant.now for mutant in mutants.mutants(topic, "double")]


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("return x + y", ["return x - y", "return x", "return y"]),
        ("return x - y", ["return x + y", "return x"]),
        ("return x * y", ["return x / y", "return x", "return y"]),
        ("return x / y", ["return x * y", "return x"]),
        ("return (x + y) / z", ["return (x + y) * z", "return (x - y) / z", "return (x) / z"]),
        ("return -x", ["return x"]),
        ("return x if a and not b else y", ["return x if a and b else y", "return x if not b else y"]),
        ("return x if a and b else y", ["return x if (a) or (b) else y", "return x if a else y"]),
        ("return x if a < 3 else y", ["return x if a <= 3 else y", "return x if a >= 3 else y"]),
        ("return x if a <= b else y", ["return x if a < b else y", "return x if True else y"]),
        ("return x if a == b else y", ["return x if a != b else y", "return x if False else y"]),
        ("return x if 0 < a < 3 else y", ["return x if 0 <= a < 3 else y", "return x if 0 < a <= 3 else y"]),
        ("return x[1:]", ["return x[:]", "return x[2:]", "return x[0:]"]),
        ("return x[:, None]", ["return x[None, :]"]),
        ("return x.T", ["return x"]),
        ("return x.to(torch.float64)", ["return x", "return x.to(torch.float32)"]),
        ("return x.sum(-1)", ["return x.mean(-1)", "return x.sum()", "return x.sum(1)", "return x.sum(-2)"]),
        ("return x.mean()", ["return x.sum()", "return x.mean(-1)"]),
        (
            "return x.sum(dim=0, keepdim=True)",
            ["return x.sum(dim=1, keepdim=True)", "return x.sum(dim=0, keepdim=False)"],
        ),
        ("return x / len(x)", ["return x / x.numel()"]),
        ("return x / x.numel()", ["return x / len(x)"]),
        ("return x + 1e-8", ["return x + 1e-07", "return x + 1e-09", "return x + 0.0"]),
        ("return x + 0.5", ["return x + 1.5"]),
        (
            "return x.where(x > 0, -math.inf)",
            ["return x", "return x.where(x > 0, math.inf)", "return x.where(x > 0, -1e9)"],
        ),
        ("return x.detach()", ["return x"]),
        ("return (x - y).clamp(min=0)", ["return (x - y)", "return torch.where((x - y) > 0, (x - y), 0)"]),
        ("return x.clamp(0, 1)", ["return x.clamp(min=0)", "return x.clamp(max=1)", "return torch.where(x < 1, x, 1)"]),
        ("return torch.abs(x)", ["return x", "return torch.where(x >= 0, x, -x)", "return x.square().sqrt()"]),
        ("return x.abs()", ["return torch.where(x > 0, x, -x)"]),
        ("return x.relu()", ["return x.clamp(min=0)"]),
        ("return torch.maximum(x, y)", ["return torch.minimum(x, y)", "return torch.where(x > y, x, y)"]),
        ("return torch.where(x > 0, x, 1.0)", ["return x", "return 1.0", "return torch.where(x > 0, 1.0, x)"]),
        ("return torch.where(x > 0, x, 1.0).log()", ["return (torch.where(x > 0, x, 1.0) + 1e-6).log()"]),
        ("return x.amax(0)", ["return x.amin(0)", "return x.max(dim=0, keepdim=False).values"]),
        ("return x.logsumexp(0)", ["return x.exp().sum(0).log()"]),
        ("return x.sign()", ["return (2.0 * (x > 0) - 1)"]),
        (
            "return torch.nn.functional.softplus(-x)",
            ["return ((-x).clamp(min=0) + torch.log1p(torch.exp(-(-x).abs())))", "return torch.log1p((-x).exp())"],
        ),
        ("return triple(x, y, z=1)", ["return triple(y, x, z=1)", "return triple(x, y)"]),
        ("x[0] = 1", ["pass"]),
        ("x = x.flip(0)", ["pass"]),
        ("return [y for y in x if y]", ["return [y for y in x if True]"]),
    ],
)
def test_rules(topic, line, wanted):
    """Each rule changes what it is for, and brackets stand where they are needed."""
    assert set(wanted) <= set(made(topic, line))


@pytest.mark.parametrize("line", ['raise ValueError(f"{x + 1} of {3}")', 'return f"{x + 1}"', "return x", "y: int = x"])
def test_left_alone(topic, line):
    """Words, types and errors have no mutants."""
    assert made(topic, line) == []


def test_defaults(topic):
    """A default is a constant like any other."""
    text = topic.solution.read_text(encoding="utf-8")
    topic.solution.write_text(
        text.replace("def double(x: Tensor)", "def double(x: Tensor, factor: float = 2.0)"), encoding="utf-8"
    )
    first = mutants.mutants(topic, "double")[0]
    assert first.now == "def double(x: Tensor, factor: float = 3.0) -> Tensor:"


def test_names(topic):
    """A mutant is known by its line before and after, however many lines its code takes; comments are not told."""
    text = topic.solution.read_text(encoding="utf-8")
    topic.solution.write_text(
        text.replace("FACTOR * x", "(  # twice\n        FACTOR\n        * x\n    )"), encoding="utf-8"
    )
    first = mutants.mutants(topic, "double")[0]
    assert (first.was, first.now) == ("FACTOR * x", "FACTOR / x")
    assert str(first) == "double\n- FACTOR * x\n+ FACTOR / x"


def test_one_change(topic):
    """All of the module but the changed place is as it was, and nothing of another function is changed."""
    text = topic.solution.read_text(encoding="utf-8")
    for mutant in mutants.mutants(topic, "double"):
        assert mutant.module == text.replace(mutant.was, mutant.now)
    assert {mutant.was for mutant in mutants.mutants(topic, "triple")} == {"return double(x) + x"}


def test_all_solutions():
    """Every mutant of the course is code, is like no other of its exercise, and is there again the next time."""
    topic = syllabus.find_topic("ranking")
    for exercise in topic.exercises:
        found = mutants.mutants(topic, exercise.name)
        assert found == mutants.mutants(topic, exercise.name)
        assert len({mutant.module for mutant in found}) == len(found) > 10
        for mutant in found:
            ast.parse(mutant.module)
    assert dataclasses.is_dataclass(found[0])
