"""What must hold of every topic and every exercise, whatever they are about."""

from __future__ import annotations

import re
import warnings

import pytest
import torch

from coursekit.authoring import proofs, verify
from coursekit.course import notebooks, stubs, syllabus
from coursekit.report import Outcome

EXERCISES = [(topic, exercise) for topic in syllabus.TOPICS for exercise in topic.exercises]
ALL = pytest.mark.parametrize(("topic", "exercise"), EXERCISES, ids=[e.name for _, e in EXERCISES])
EVERY_TOPIC = pytest.mark.parametrize("topic", syllabus.TOPICS, ids=[t.name for t in syllabus.TOPICS])

# The rows of the catalogue of mistakes that each lesson answers for
CATALOGUE = {
    "objective": {f"R{n}" for n in range(1, 7)},
    "entropy": {"I1", "I2", "I3", "I4", "I5", "I10"},
    "kl_divergence": {"I6", "I7", "I8", "I9"} | {f"KL{n}" for n in range(1, 13)} | {"K7", "K8"},
    "cross_entropy": {f"CE{n}" for n in range(1, 28)} | {f"NLL{n}" for n in range(1, 8)} | {"K4", "K5"},
    "binary_cross_entropy": {f"BCE{n}" for n in range(1, 11)}
    | {f"BCEL{n}" for n in range(1, 10)}
    | {f"MLSM{n}" for n in range(1, 5)}
    | {"K1", "K2", "K3", "K6"},
    "regression": {f"MSE{n}" for n in range(1, 12)}
    | {f"HUB{n}" for n in range(1, 8)}
    | {f"K{n}" for n in range(12, 17)},
    "counts_and_noise": {f"POI{n}" for n in range(1, 8)},
    "margins": {f"SM{n}" for n in range(1, 4)}
    | {f"MM{n}" for n in range(1, 8)}
    | {f"MLM{n}" for n in range(1, 8)}
    | {"K9", "K10"},
    "ranking": {f"MR{n}" for n in range(1, 6)},
    "embeddings": {f"COS{n}" for n in range(1, 7)}
    | {f"HE{n}" for n in range(1, 6)}
    | {f"TRI{n}" for n in range(1, 9)}
    | {"K11"},
    "ctc_forward": {f"CTC{n}" for n in (1, 2, *range(4, 10), 11, 12, 13, 15)},
    "ctc_training": {"CTC3", "CTC10", "CTC14"},
    "at_scale": {"CTC13"},  # once more, as the reason to rescale
    "which_loss": {"CE1", "KL2", "KL3", "CTC1", "MSE1", "CE10"},  # once more, each as a training to diagnose
}


@ALL
def test_solution_gets_full_marks(topic, exercise):
    """The course's own answer passes every check, core and parity."""
    solution = getattr(proofs.load_solutions(topic), exercise.name)
    report = proofs.score_here(exercise, solution, seed=1)
    assert exercise.maximum == report.points
    assert report.first_failure is None


@ALL
def test_stub_is_unattempted(topic, exercise):
    """An untouched stub is no error and earns nothing."""
    namespace: dict[str, object] = {"torch": torch, "Tensor": torch.Tensor}
    exec(stubs.stub(topic, exercise.name), namespace)
    report = proofs.score_here(exercise, namespace[exercise.name], seed=1)
    assert (report.outcome, report.points) == (Outcome.UNATTEMPTED, 0.0)


@ALL
def test_solution_spec_and_twin_agree(topic, exercise):
    """Over reductions × flags × edges × dtypes, in value and gradient."""
    solution = getattr(proofs.load_solutions(topic), exercise.name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a framework's own function warns of some of its edges
        assert list(proofs.cases_agree(exercise, solution)) == []


@ALL
def test_drop_in_has_cases(topic, exercise):
    """Who rebuilds a function of torch says over which calls it was compared with it."""
    assert (exercise.twin is None) == (exercise.cases is None)
    if exercise.twin is not None:
        assert exercise.parity_points > 0
        assert len(list(exercise.cases())) >= 10


@ALL
def test_wording(topic, exercise):
    """Hints are a ladder of at least two, titles are short and unlike, and nobody is told that it is simple."""
    assert len(exercise.hints) >= 2
    titles = [check.title for check in exercise.checks]
    assert len(set(titles)) == len(titles)
    assert not [title for title in titles if len(title) > 90 or title.endswith(".")]
    texts = [*exercise.hints, exercise.idea, *titles, *(m.explanation for m in exercise.misconceptions)]
    texts += [check.help for check in exercise.checks]
    assert not [text for text in texts if re.search(r"\b(just|simply|obviously|of course|wrongly)\b", text, re.I)]
    answer = stubs.model_answer(topic, exercise.name)
    code = [line.strip() for line in answer.splitlines()]
    assert not [line for line in code if line.startswith("return") and any(line in hint for hint in exercise.hints)]


@EVERY_TOPIC
def test_notebook_is_fit_to_ship(topic):
    """Executed once from top to bottom, its stubs fresh, its checks unattempted, no widget without a picture."""
    assert list(notebooks.faults(topic)) == []


@EVERY_TOPIC
def test_last_exercise_is_the_drop_in(topic):
    """A topic of a torch function ends with its replacement."""
    if topic.number > 0:
        assert topic.exercises[-1].twin is not None


@EVERY_TOPIC
def test_catalogue_is_covered(topic):
    """Every mistake of the catalogue is a misconception of an exercise or a trap of the notebook."""
    files = topic.grader.parent.glob("*.py") if topic.grader.name == "__init__.py" else [topic.grader]
    comments = " ".join(re.findall(r"#(.*)", "\n".join(path.read_text(encoding="utf-8") for path in files)))
    named = set(re.findall(r"\b[A-Z]+\d+\b", comments)) | notebooks.covered(notebooks.read(topic))
    assert set() == CATALOGUE[topic.name] - named


@EVERY_TOPIC
def test_lesson_is_readable(topic):
    """No code cell is longer than 25 lines, every picture has alt text, there is a slider."""
    notebook = notebooks.read(topic)
    long = [cell.source[:40] for cell in notebook.cells if cell.cell_type == "code" and cell.source.count("\n") >= 25]
    stub_starts = {stubs.stub(topic, exercise.name)[:40] for exercise in topic.exercises}
    assert not set(long) - stub_starts
    pages = [
        o.data["text/html"] for c in notebook.cells for o in c.get("outputs", []) if "text/html" in o.get("data", {})
    ]
    pictures = [tag for page in pages for tag in re.findall(r"<img[^>]*>", page)]
    assert pictures
    assert all(re.search(r'alt="[^"]{20,}"', tag) for tag in pictures)
    bare = [o for c in notebook.cells for o in c.get("outputs", []) if "image/png" in o.get("data", {})]
    assert not bare
    assert any("explore(" in cell.source for cell in notebook.cells)


@pytest.mark.slow
@EVERY_TOPIC
def test_filled_notebook_passes_every_check(topic):
    """With the course's answers in its exercise cells the notebook runs, and each check says that it is done."""
    notebook = notebooks.filled(topic)
    notebooks.execute(notebook, topic)
    results = dict(notebooks.check_outputs(notebook))
    assert [exercise.name for exercise in topic.exercises] == list(results)
    assert [text for name, text in results.items() if not text.startswith(f"{name}: done ✓")] == []


@pytest.mark.slow
def test_verify_finds_nothing(capsys):
    """`coursekit verify` on one seed: no fault, every wrong implementation rejected, at least 95 % named."""
    assert verify.run(syllabus.TOPICS, seeds=1) == 0
    assert "(100.0 %)" in capsys.readouterr().out


def test_verify_can_fail(monkeypatch):
    """A solution that is wrong, a check that passes zeros and a mistake that goes unnoticed are all found."""
    exercise = syllabus.find_exercise("entropy")[1]
    wrong = exercise.misconceptions[0].function
    assert list(proofs._solution_passes(exercise, wrong, 1))
    lenient = type(exercise)("entropy", exercise.spec, "idea", ("hint",))

    @lenient.check
    def anything_goes(f, rng):
        """Anything goes"""
        f(torch.tensor([0.5, 0.5]))

    lenient.misconception("Never noticed.")(wrong)
    assert list(proofs._trivial_answers_fail(lenient, 1))
    findings = proofs.Findings("lenient")
    proofs._count_mutants(lenient, 1, findings)
    assert (findings.wrong, findings.rejected, findings.named) == (1, 0, 0)
    monkeypatch.setattr(verify, "load_solutions", lambda topic: None)
    assert list(proofs.cases_agree(syllabus.find_exercise("entr")[1], lambda input: input))
