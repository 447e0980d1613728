"""The grader's version: what changes it, and what does not."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from coursekit.course import syllabus
from coursekit.grading import versions
from coursekit.grading.versions import grader_versions


def of(name: str) -> str:
    return grader_versions([syllabus.find_exercise(name)[1]])[name]


def test_same_sources_same_version():
    """Whoever has the same course computes the same version."""
    assert of("kl_divergence") == of("kl_divergence")
    assert of("kl_divergence") != of("cross_entropy")


def test_topic_decides(toy_course, double):
    """A changed line in the topic's grader is another version of each of its exercises."""
    before = grader_versions([double])
    toy_course.grader.write_text("# another check\n", encoding="utf-8")
    assert before != grader_versions([double])


@pytest.mark.parametrize("changed", ["grading.py", "compare.py", "jail/inside/answer.py"])
def test_what_all_share_decides(toy_course, double, tmp_path, monkeypatch, changed):
    """So is one in what grades every exercise."""
    here = tmp_path / "package"
    for name in (*versions._OF_ALL, "jail/inside/answer.py"):
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_text("# as it was\n", encoding="utf-8")
    monkeypatch.setattr(versions, "_HERE", here)
    before = grader_versions([double])
    (here / changed).write_text("# as it is\n", encoding="utf-8")
    assert before != grader_versions([double])


def test_torch_decides(toy_course, double, monkeypatch):
    """What torch computes at its edges changes by version."""
    before = grader_versions([double])
    monkeypatch.setattr(torch, "__version__", "9.9")
    assert before != grader_versions([double])


def test_other_topics_that_a_grader_builds_on():
    """A grader that imports a spec from another topic's is decided by that one too; one that does not is not."""
    graders = Path(versions.__file__).parent / "graders"

    def topics(name: str) -> set[str]:
        return {path.relative_to(graders).parts[0] for path in versions._sources({name})}

    assert topics("kl_divergence") == {"kl_divergence"}
    assert topics("which_loss") == {"which_loss", "cross_entropy", "kl_divergence"}
    assert topics("entropy") == {"entropy.py"}
