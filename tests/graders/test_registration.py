"""Nothing is registered by being imported: an exercise is whole where it is defined."""

from __future__ import annotations

import ast
import json
import subprocess
import sys

import pytest

from coursekit.course import syllabus

# Imports each exercise's own module without its topic's `__init__`, counts, then imports all the topic's modules, and
# counts again.
PROGRAM = """
import importlib, json, pkgutil, sys, types
from pathlib import Path
import coursekit.graders

def packages(topics):
    for topic in topics:
        package = types.ModuleType(f"coursekit.graders.{topic}")
        package.__path__ = [str(Path(coursekit.graders.__path__[0], topic))]
        sys.modules[package.__name__] = package

def count(exercise):
    return [[check.name for check in exercise.checks], [each.name for each in exercise.misconceptions]]

modules, topics = json.loads(sys.argv[1]), sys.argv[2:]
packages(topics)
alone = {name: count(getattr(importlib.import_module(module), name)) for name, module in modules.items()}
for topic in topics:
    path = str(Path(coursekit.graders.__path__[0], topic))
    for _, name, _ in pkgutil.iter_modules([path]):
        importlib.import_module(f"coursekit.graders.{topic}.{name}")
after = {name: count(getattr(sys.modules[module], name)) for name, module in modules.items()}
print(json.dumps([alone, after]))
"""


def defining_module(topic: syllabus.Topic, name: str) -> str:
    """The module that gives an exercise its name."""
    for path in sorted(topic.grader.parent.glob("*.py")):
        body = ast.parse(path.read_text(encoding="utf-8")).body
        targets = [target for node in body if isinstance(node, ast.Assign) for target in node.targets]
        if name in {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}:
            return f"coursekit.graders.{topic.name}.{path.stem}"
    pytest.fail(f"{name} is defined in no module of {topic.name}")


@pytest.mark.slow
def test_importing_changes_nothing():
    """The checks and mistakes of an exercise are the same before and after every other module is imported."""
    modules = {name: defining_module(topic, name) for name, (topic, _) in syllabus.exercises().items()}
    topics = [topic.name for topic in syllabus.TOPICS]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(modules), *topics], capture_output=True, text=True, check=True
    )
    alone, after = json.loads(done.stdout)
    assert alone == after
    whole = {
        name: [[check.name for check in exercise.checks], [each.name for each in exercise.misconceptions]]
        for name, (_, exercise) in syllabus.exercises().items()
    }
    assert alone == whole
