"""A notebook's check reads an answer, its helpers and classes, and refuses no honest one."""

from __future__ import annotations

import linecache

import pytest

from coursekit.authoring import proofs
from coursekit.course import syllabus
from coursekit.learning import learn
from coursekit.learning.reading import used_in
from coursekit.report import Outcome

CELL = """
import torch
import torch.nn.functional as F
from scipy.special import log_softmax as ready
from concurrent.futures import as_completed
from torch.jit import ignore, script
from torch.nn.functional import threshold as cut
import inspect as i

expected, loss = F.cross_entropy, torch.nn.NLLLoss

class Parts:
    def __init__(self, x): self.softmax = x.exp() / x.exp().sum()
    def ready(self): return F.log_softmax(torch.ones(2), 0)

class Mine:
    def __init__(self, x): self.softmax = x.exp() / x.exp().sum()

def helper(x): return eval("x")
def shifted(x): return x - x.max() if script else None
@ignore
def by_names_like_ours(logits, target):
    expected, loss = shifted(logits).exp(), 0.0
    for i in range(len(logits)): loss = loss + expected[i]
    return cut(-(expected[target] / loss).log(), 0.0, 0.0) if as_completed else None
def by_what_is_called_so(logits, target): return expected(logits, target)
def sample_loss(logits, target): return -Mine(logits).softmax[target].log()
def by_helper(logits, target): return helper(logits)[target]
def by_class(logits, target): return Parts(logits).ready()[target]
def by_another_library(logits, target): return -ready(logits)[target]
def by_module(logits, target): return torch.jit.script(F.relu)(logits)[target] + torch.ops.aten.exp(logits)[target]
"""


@pytest.fixture(scope="module")
def cell():
    name, space = "<cell 1 of test_reading>", {"__name__": "__main__"}
    linecache.cache[name] = (len(CELL), None, CELL.splitlines(keepends=True), name)
    exec(compile(CELL, name, "exec"), space)
    return space


@pytest.mark.parametrize("topic", syllabus.TOPICS, ids=[topic.name for topic in syllabus.TOPICS])
def test_no_honest_answer_is_refused(topic):
    """Hundreds of right answers, in every style that we know."""
    exercises = syllabus.exercises()
    styles = proofs.styles_of(topic)
    used = {name: used_in(function, exercises[name.partition("__")[0]][1]) for name, function in styles.items()}
    assert used == dict.fromkeys(styles)


@pytest.mark.parametrize(
    ("name", "used"),
    [
        ("sample_loss", None),
        ("by_helper", "eval"),
        ("by_class", "log_softmax"),
        ("by_another_library", "scipy.special"),
        ("by_module", "torch.ops"),
        ("by_names_like_ours", None),
        ("by_what_is_called_so", "cross_entropy"),
    ],
)
def test_what_it_names_is_read_too(cell, name, used):
    """Functions and classes of the same notebook, and where an imported one comes from."""
    found = used_in(cell[name], syllabus.find_exercise("sample_loss")[1])
    assert (found or "").startswith(used or "")
    assert (found is None) == (used is None)


def test_without_source_nothing_is_refused():
    """It is watched as it runs, and that is all that can be said of it."""
    space = {}
    exec("def sample_loss(logits, target): return eval('logits')[target]", space)
    assert used_in(space["sample_loss"], syllabus.find_exercise("sample_loss")[1]) is None


@pytest.mark.parametrize(
    ("name", "call", "own"),
    [
        ("focal_loss", "F.log_softmax(logits, 1)", "Your own `log_softmax` from lesson 03 may be used"),
        ("focal_loss", "torch.softmax(logits, 1)", "Your own `log_softmax` from lesson 03 may be used"),
        ("preference_loss", "F.cross_entropy(logits, target)", "Your own `cross_entropy` from lesson 04 may be used"),
        ("log_softmax", "F.log_softmax(logits, target)", ""),
        ("sample_loss", "F.log_softmax(logits, -1)", ""),
    ],
)
def test_refusal_says_what_may_be_used(name, call, own):
    """What the learner has written in an earlier exercise; nothing where that is still to come."""
    text, space = f"import torch, torch.nn.functional as F\ndef {name}(logits, target, *_, **__): return {call}\n", {}
    exec(text, space)
    report = learn.check(space[name]).report
    assert report.outcome is Outcome.FORBIDDEN
    assert own in report.first_failure.help
    assert ("from lesson" in report.first_failure.help) == bool(own)
    assert "may well be right" not in report.first_failure.help
