"""Our exercises as an nbgrader assignment: made, handed out, handed in and autograded by nbgrader itself."""

from __future__ import annotations

import copy
import json
import os
import sqlite3
import subprocess
import sys
import warnings
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from coursekit.cli import main
from coursekit.course import stubs, syllabus
from coursekit.publish.export import nbgrader

TOPIC = "kl_divergence"

WRONG = {
    # the value is wrong: no points, whatever it prints or warns, which nbgrader alone would take for a failure
    "kl_divergence": "import sys, warnings\n\n\ndef kl_divergence(p, q):\n    print(99)\n    warnings.warn('careful')\n"
    "    print('careful', file=sys.stderr)\n    return (q * (q.log() - p.log())).sum(-1)\n",
    # right, and as noisy
    "js_divergence": "import sys\n\n\ndef js_divergence(p, q):\n    print('careful', file=sys.stderr)\n"
    "    m = (p + q) / 2\n    return (kl(p, m) + kl(q, m)) / 2\n\n\ndef kl(p, q):\n    happens = p > 0\n"
    "    return (p * (torch.where(happens, p, 1.0).log() - torch.where(happens, q, 1.0).log())).sum(-1)\n",
    # no Python
    "gaussian_kl": "def gaussian_kl(mean, log_variance) return 0",
    # three of four checks
    "distribution_cross_entropy": "distribution_cross_entropy = lambda p, q: -(p * q.log()).sum(-1)",
}
UNTOUCHED = ("distillation_loss", "kl_div")  # stubs, in the same notebook


def cells(notebook: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """A notebook's cells by their grade_id."""
    return {cell["metadata"]["nbgrader"]["grade_id"]: cell for cell in notebook["cells"]}


def made(name: str = TOPIC) -> dict[str, Any]:
    seeds = count(1001)
    return json.loads(nbgrader.notebook(syllabus.find_topic(name), lambda: next(seeds)))


# ---- the source notebook -----------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", [topic.name for topic in syllabus.TOPICS])
def test_metadata_is_valid(name):
    """nbgrader's own validator takes every topic's notebook, and so does nbformat."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of libraries that nbgrader imports
        import nbformat
        from nbgrader.nbgraderformat import MetadataValidator

    notebook = nbformat.from_dict(made(name))
    nbformat.validate(notebook)
    MetadataValidator().validate_nb(notebook)


def test_each_exercise_is_an_answer_and_a_locked_test():
    """The answer is ours between the markers, the test is worth what the exercise is."""
    by_id = cells(made())
    topic = syllabus.find_topic(TOPIC)
    for exercise in topic.exercises:
        answer, test = by_id[exercise.name], by_id[f"{exercise.name}-test"]
        assert stubs.solution(topic, exercise.name).rstrip() == answer["source"]
        assert "# BEGIN SOLUTION" in answer["source"]
        kinds = [
            tuple(cell["metadata"]["nbgrader"][key] for key in ("grade", "locked", "solution"))
            for cell in (answer, test)
        ]
        assert kinds == [(False, False, True), (True, True, False)]
        assert exercise.maximum == test["metadata"]["nbgrader"]["points"]
    assert len(by_id) == 2 + 2 * len(topic.exercises)


def test_each_test_has_a_seed_of_its_own():
    """The graded inputs stand where nbgrader takes them out; the visible ones are those of `check`."""
    from coursekit.learning import own

    assert nbgrader.VISIBLE_SEED == own.VISIBLE_SEED
    tests = [cell["source"] for name, cell in cells(made()).items() if name.endswith("-test")]
    assert [f"### BEGIN HIDDEN TESTS\nseed = {1001 + n}\n### END HIDDEN TESTS" in test for n, test in enumerate(tests)]


def test_notebook_says_that_it_can_be_forged():
    """Who grades with nbgrader is told what that means."""
    assert "could change the\nscore" in cells(made())[f"{TOPIC}-about"]["source"]


def test_points_of_what_is_no_function(capsys):
    """An answer of any kind gets points and a word, not an exception."""
    assert nbgrader.points(7, "kl_divergence", 5) == 0
    assert capsys.readouterr().out.startswith("kl_divergence: ")


def test_points_hide_hidden_inputs(capsys):
    """A learner sees the input of their own run, and not that of a graded one."""

    def wrong(p, q):
        return (p * q).sum(-1)

    shown = [(nbgrader.points(wrong, "kl_divergence", seed), capsys.readouterr().out)[1] for seed in (0, 5)]
    assert ["torch.tensor" in text for text in shown] == [True, False]


# ---- nbgrader itself ---------------------------------------------------------------------------------------------


def run(folder: Path, *arguments: str) -> None:
    """Runs nbgrader in a course folder."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # it calls alembic by name
    keep = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "JPY", "JUPYTER"))}
    env = {**keep, "PATH": path, "PYTHONPATH": str(syllabus.ROOT), "IPYTHONDIR": str(folder / "ipython")}
    command = [sys.executable, "-m", "nbgrader", *arguments]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def mangle(notebook: dict[str, Any]) -> None:
    """Copies and deletes cells, as learners do; our configuration sees to it that this costs nothing."""
    by_id = cells(notebook)
    for copied in ("kl_divergence", "js_divergence-test", f"{TOPIC}-about"):  # an answer, a test, a text
        place = notebook["cells"].index(by_id[copied])
        notebook["cells"].insert(place, {**copy.deepcopy(by_id[copied]), "id": f"copy-{place}"})
    stranger = {"grade": True, "grade_id": "of-another-assignment", "points": 7, "locked": True, "solution": False}
    pasted = {**copy.deepcopy(by_id["gaussian_kl-test"]), "id": "pasted", "source": "7"}
    pasted["metadata"]["nbgrader"] = {**pasted["metadata"]["nbgrader"], **stranger}
    notebook["cells"].append(pasted)
    for deleted in ("kl_divergence-test", f"{TOPIC}-imports"):
        notebook["cells"].remove(by_id[deleted])


@pytest.fixture(scope="module")
def graded(tmp_path_factory) -> tuple[Path, dict[str, dict[str, float]]]:
    """A course in which two learners handed in, and the points that nbgrader gave them, by test."""
    folder = tmp_path_factory.mktemp("course")
    assert main(["export", "nbgrader", TOPIC, "--out", str(folder)]) == 0
    run(folder, "generate_assignment", TOPIC, "--create")
    source = json.loads((folder / "source" / TOPIC / f"{TOPIC}.ipynb").read_text(encoding="utf-8"))
    release = json.loads((folder / "release" / TOPIC / f"{TOPIC}.ipynb").read_text(encoding="utf-8"))
    right = copy.deepcopy(release)
    for name, cell in cells(right).items():
        if cell["metadata"]["nbgrader"]["solution"]:
            cell["source"] = cells(source)[name]["source"]
    wrong = copy.deepcopy(right)
    for name, text in WRONG.items():
        cells(wrong)[name]["source"] = text
    for name in UNTOUCHED:
        cells(wrong)[name]["source"] = cells(release)[name]["source"]
    for name in (UNTOUCHED[0], f"{UNTOUCHED[0]}-test"):  # answer and test at once
        wrong["cells"].remove(cells(wrong)[name])
    mangle(right)
    for learner, notebook in {"right": right, "wrong": wrong}.items():
        path = folder / "submitted" / learner / TOPIC / f"{TOPIC}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(notebook), encoding="utf-8")
    run(folder, "autograde", TOPIC, "--create")
    run(folder, "export", "--to", "grades.csv")
    points: dict[str, dict[str, float]] = {}
    query = """select submitted_assignment.student_id, base_cell.name, grade.auto_score from grade
        join base_cell on base_cell.id = grade.cell_id
        join submitted_notebook on submitted_notebook.id = grade.notebook_id
        join submitted_assignment on submitted_assignment.id = submitted_notebook.assignment_id"""
    with closing(sqlite3.connect(folder / "gradebook.db")) as database:
        for learner, name, score in database.execute(query):
            points.setdefault(learner, {})[name.removesuffix("-test")] = score
    return folder, points


@pytest.mark.slow
def test_release_holds_no_answer(graded):
    """What learners get has stubs, visible inputs only, and nothing to solve in the tests."""
    folder, _ = graded
    text = (folder / "release" / TOPIC / f"{TOPIC}.ipynb").read_text(encoding="utf-8")
    assert text.count("raise NotImplementedError()") == len(syllabus.find_topic(TOPIC).exercises)
    assert "SOLUTION" not in text
    assert "HIDDEN" not in text
    assert {part[:3] for part in text.split("seed = ")[1:]} == {"0\\n"}


@pytest.mark.slow
def test_right_answers_get_all_points(graded):
    """The course's own answers, in nbgrader's hands, whatever cells their learner has copied and deleted."""
    maxima = {exercise.name: exercise.maximum for exercise in syllabus.find_topic(TOPIC).exercises}
    assert graded[1]["right"] == maxima


@pytest.mark.slow
def test_stubs_get_none(graded):
    """What was not written earns nothing, and it is graded: no cell waits for a person."""
    assert {name: graded[1]["wrong"][name] for name in UNTOUCHED} == dict.fromkeys(UNTOUCHED, 0)


@pytest.mark.slow
def test_wrong_answers_get_what_they_are_worth(graded):
    """Partial credit for part of the checks; noise costs nothing, and one broken cell no more than itself."""
    expected = {exercise.name: exercise.maximum for exercise in syllabus.find_topic(TOPIC).exercises}
    expected |= {"kl_divergence": 0, "gaussian_kl": 0, "distribution_cross_entropy": 0.75}
    expected |= dict.fromkeys(UNTOUCHED, 0)
    assert graded[1]["wrong"] == expected


@pytest.mark.slow
def test_feedback_hides_the_inputs(graded):
    """What the graded cells print, which nbgrader hands back, shows the mistake and not the input."""
    path = graded[0] / "autograded" / "wrong" / TOPIC / f"{TOPIC}.ipynb"
    cell = cells(json.loads(path.read_text(encoding="utf-8")))["kl_divergence-test"]
    printed = "".join("".join(output.get("text", "")) for output in cell["outputs"])
    assert "The arguments are swapped" in printed
    assert "torch.tensor" not in printed
    assert "careful" not in printed


@pytest.mark.slow
def test_nbgraders_own_export(graded):
    """The sums in the file that nbgrader writes are ours."""
    rows = (graded[0] / "grades.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 3
    right = dict(zip(rows[0].split(","), rows[1].split(","), strict=True))
    assert (right["student_id"], float(right["score"]), float(right["max_score"])) == ("right", 21, 21)


def test_an_assignment_is_not_overwritten(tmp_path, capsys):
    """What an instructor has changed in the source notebook stays."""
    assert main(["export", "nbgrader", TOPIC, "--out", str(tmp_path)]) == 0
    path = tmp_path / "source" / TOPIC / f"{TOPIC}.ipynb"
    config = tmp_path / "nbgrader_config.py"
    assert config.read_text(encoding="utf-8") == nbgrader.CONFIG
    compile(nbgrader.CONFIG, config.name, "exec")
    for each in (path, config):
        each.write_text("mine", encoding="utf-8")
    assert main(["export", "nbgrader", TOPIC, "--out", str(tmp_path)]) == 1
    assert "exists; remove it first" in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == "mine"
    path.unlink()
    assert main(["export", "nbgrader", TOPIC, "--out", str(tmp_path)]) == 0
    assert config.read_text(encoding="utf-8") == "mine"
