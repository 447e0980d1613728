"""The autograder for Gradescope: what is in the zip, and what it does where Gradescope would unpack it."""

from __future__ import annotations

import importlib.metadata
import io
import json
import os
import re
import stat
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import jsonschema
import pytest
from packaging.requirements import Requirement
from strangers import graded
from test_export import GRADESCOPE

from coursekit.course import syllabus
from coursekit.jail.terms import JailError
from coursekit.publish.export import gradescope_run, gradescope_zip

SUBMISSIONS = Path(__file__).parents[1] / "submissions"


@pytest.fixture(scope="module")
def archive():
    """The autograder of one topic."""
    return gradescope_zip.autograder(syllabus.find_topic("kl_divergence"))


@pytest.fixture
def autograder(tmp_path, archive):
    """Unpacked as Gradescope does it: the zip in source/, run_autograder beside it."""
    with zipfile.ZipFile(io.BytesIO(archive)) as content:
        content.extractall(tmp_path / "source")
    run = tmp_path / "run_autograder"
    run.write_bytes((tmp_path / "source" / "run_autograder").read_bytes())
    run.chmod(0o755)
    (tmp_path / "submission").mkdir()
    return tmp_path


def run(root: Path, python: str = sys.executable, **more: str) -> tuple[int, str, dict]:
    """Runs the script as Gradescope does, and returns its exit code, what it printed, and the results."""
    env = {"PATH": os.defpath, "AUTOGRADER_ROOT": str(root), "AUTOGRADER_PYTHON": python, **more}
    done = subprocess.run([root / "run_autograder"], env=env, cwd="/", capture_output=True, text=True, timeout=300)
    results = json.loads((root / "results" / "results.json").read_text(encoding="utf-8"))
    jsonschema.validate(results, GRADESCOPE)
    return done.returncode, done.stdout + done.stderr, results


# ---- the zip -----------------------------------------------------------------------------------------------------


def members(archive: bytes) -> dict[str, zipfile.ZipInfo]:
    with zipfile.ZipFile(io.BytesIO(archive)) as content:
        return {member.filename: member for member in content.infolist()}


def test_scripts_can_be_executed(archive):
    """The two files that Gradescope looks for stand at the root; the secret is for root's eyes."""
    modes = {name: stat.S_IMODE(member.external_attr >> 16) for name, member in members(archive).items()}
    assert (modes["setup.sh"], modes["run_autograder"], modes["secret.key"]) == (0o755, 0o755, 0o600)
    assert {mode for name, mode in modes.items() if name.endswith(".py")} == {0o644}


def test_zip_holds_graders_and_no_solutions(archive):
    """All of the package, and nothing that holds an answer as a learner would write it."""
    names = set(members(archive))
    package = Path(gradescope_zip.__file__).parents[2]
    assert {f"coursekit/{path.relative_to(package).as_posix()}" for path in package.rglob("*.py")} <= names
    assert not [name for name in names if re.search("(solutions|exercises|notebooks|tests|__pycache__)/", name)]
    with zipfile.ZipFile(io.BytesIO(archive)) as content:
        held = {name for name in names if b"# BEGIN SOLUTION\n    " in content.read(name)}
    assert held <= {"coursekit/authoring/skeleton.py"}  # whose answer is still to be written


def test_every_zip_has_a_secret_of_its_own(archive):
    """Who knows the inputs of one course does not know those of another; all else is the same to the byte."""
    other = gradescope_zip.autograder(syllabus.find_topic("kl_divergence"))
    with zipfile.ZipFile(io.BytesIO(archive)) as one, zipfile.ZipFile(io.BytesIO(other)) as two:
        different = [name for name in one.namelist() if one.read(name) != two.read(name)]
        assert different == ["secret.key"]
        assert len(one.read("secret.key")) == 64


@pytest.mark.parametrize(("trust", "word"), [(False, "no"), (True, "yes")])
def test_settings_are_lines_of_the_script(trust, word):
    """The decisions to grade without walls, and when to show results, stand where an instructor reads them."""
    topic = syllabus.find_topic("entropy")
    archive = gradescope_zip.autograder(topic, trust_submissions=trust, visibility="after_published")
    with zipfile.ZipFile(io.BytesIO(archive)) as content:
        script = content.read("run_autograder").decode()
    assert f'TRUST_SUBMISSIONS="${{TRUST_SUBMISSIONS:-{word}}}"' in script
    assert 'VISIBILITY="${VISIBILITY:-after_published}"' in script
    assert "gradescope_run entropy" in script
    assert "@" not in script


@pytest.mark.parametrize("name", ["setup.sh", "run_autograder"])
def test_scripts_are_bash(archive, name):
    """They parse."""
    with zipfile.ZipFile(io.BytesIO(archive)) as content:
        subprocess.run(["bash", "-n"], input=content.read(name), check=True)


def test_requirements_are_the_projects(archive):
    """What is installed there has the bounds that it has here."""
    with zipfile.ZipFile(io.BytesIO(archive)) as content:
        lines = content.read("requirements.txt").decode().splitlines()
    project = tomllib.loads((syllabus.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {re.match(r"\w+", line)[0] for line in lines} == set(gradescope_zip.NEEDED)
    assert set(lines) <= set(project["dependencies"])


@pytest.mark.slow
def test_grading_needs_no_more_than_what_is_installed():
    """In Gradescope's image there is what requirements.txt brings, and nothing else of ours."""
    program = (
        "import coursekit.publish.export.gradescope_run, sys\n"
        "from coursekit.course import syllabus\n"
        "syllabus.exercises()\n"
        "print(*{name.split('.')[0] for name in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=syllabus.ROOT
    )
    owners = importlib.metadata.packages_distributions()
    loaded = {name for name in done.stdout.split() if name not in sys.stdlib_module_names}
    used = {owner.lower().replace("_", "-") for name in loaded for owner in owners.get(name, [])}
    brought: set[str] = set()
    waiting = list(gradescope_zip.NEEDED)
    while waiting:
        name = waiting.pop().lower().replace("_", "-")
        if name not in brought:
            brought.add(name)
            lines = map(Requirement, importlib.metadata.requires(name) or [])
            waiting += [line.name for line in lines if line.marker is None or line.marker.evaluate({"extra": ""})]
    assert "torch" in used
    assert used - {"coursekit", "setuptools"} <= brought


# ---- what it does ------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_it_grades(autograder):
    """A right and a wrong answer of one learner get their points, from the zip's own source."""
    (autograder / "submission" / "kl.py").write_bytes((SUBMISSIONS / "swapped.py").read_bytes())
    (autograder / "submission_metadata.json").write_text('{"users": [{"name": "Ada"}]}')
    marker = "\nprint('graded by', __file__)\n"
    runner = autograder / "source" / "coursekit" / "publish" / "export" / "gradescope.py"
    runner.write_text(runner.read_text(encoding="utf-8") + marker, encoding="utf-8")
    code, printed, results = run(autograder, VISIBILITY="after_due_date")
    assert code == 0, printed
    assert f"graded by {runner}" in printed
    assert results["visibility"] == "after_due_date"
    assert [test["name"] for test in results["tests"]] == [
        e.name for e in syllabus.find_topic("kl_divergence").exercises
    ]
    (kl,) = (test for test in results["tests"] if test["name"] == "kl_divergence")
    assert (kl["score"], kl["max_score"], kl["status"]) == (0, 3, "failed")
    assert "The arguments are swapped" in kl["output"]
    assert "torch.tensor" not in json.dumps(results)


@pytest.mark.slow
def test_it_grades_full_marks(autograder):
    """The learner who is right gets them all."""
    (autograder / "submission" / "answers.py").write_text(
        syllabus.find_topic("kl_divergence").solution.read_text(encoding="utf-8"), encoding="utf-8"
    )
    code, printed, results = run(autograder)
    assert code == 0, printed
    assert results["score"] == sum(exercise.maximum for exercise in syllabus.find_topic("kl_divergence").exercises)
    assert {test["status"] for test in results["tests"]} == {"passed"}


def test_python_that_is_missing(autograder):
    """Where nothing of ours can run, the script itself writes the file."""
    code, _, results = run(autograder, python="/nowhere/python")
    assert code != 0
    assert results["output"] == "The autograder did not run, which is no mistake of yours. Tell your instructor."


def test_old_results_are_not_handed_out_again(autograder):
    """What a submission or an earlier run left in results/ does not count."""
    (autograder / "results").mkdir()
    (autograder / "results" / "results.json").write_text('{"score": 100}')
    assert run(autograder, python="/nowhere/python")[2]["score"] == 0


# ---- the runner, in this process ---------------------------------------------------------------------------------


class FakeJail:
    """A jail as a machine without confinement has it."""

    def __init__(self, confined: bool = True) -> None:
        self.confined = confined
        self.layers = ()

    def __enter__(self):
        if self.confined:
            raise JailError("no user namespaces here")
        return self

    def __exit__(self, *_):
        pass


@pytest.fixture
def fake(monkeypatch, autograder):
    """The runner without a jail: what it would grade is graded at once."""
    monkeypatch.setattr(gradescope_run, "Jail", FakeJail)
    monkeypatch.setattr(gradescope_run.batch, "score_submission", lambda submission, *_: graded(submission.learner))
    (autograder / "results").mkdir()
    return autograder


def test_no_walls_no_grade(fake, capsys):
    """Unless the instructor trusts the learners, nothing is graded, and the instructor reads what to do."""
    assert gradescope_run.main("entropy", fake, trust_submissions=False) == 1
    results = json.loads((fake / "results" / "results.json").read_text())
    jsonschema.validate(results, GRADESCOPE)
    assert (results["score"], "tests" in results) == (0, False)
    assert "no mistake of yours" in results["output"]
    printed = capsys.readouterr().out
    assert "Not confined: no user namespaces here" in printed
    assert "TRUST_SUBMISSIONS=yes" in printed


def test_no_walls_but_trust(fake, capsys):
    """With the instructor's word it is graded, and the output says that it was not confined."""
    assert gradescope_run.main("entropy", fake, trust_submissions=True) == 0
    results = json.loads((fake / "results" / "results.json").read_text())
    assert results["score"] == 1.5
    assert "Not confined" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("x.py", b"\xff\xfe\x00", "not UTF-8"),
        ("x.ipynb", b"{", "not a notebook"),
        ("x.txt", b"hello", "no code in it"),
        ("", b"", "no code in it"),
    ],
)
def test_broken_submission(autograder, monkeypatch, name, data, said):
    """What cannot be read is the learner's to mend: it is graded, with no points, and the file says why."""
    monkeypatch.setattr(gradescope_run, "Jail", lambda: FakeJail(confined=False))
    (autograder / "results").mkdir()
    if name:
        (autograder / "submission" / name).write_bytes(data)
    assert gradescope_run.main("entropy", autograder, trust_submissions=False) == 0
    results = json.loads((autograder / "results" / "results.json").read_text())
    jsonschema.validate(results, GRADESCOPE)
    assert results["score"] == 0
    assert said in results["output"]


def test_walls_do_not_fall_later(fake, monkeypatch):
    """A jail that breaks while a submission runs is not replaced by none."""

    def crash(_submission, _exercises, jail, _secret):
        if jail.confined:
            raise JailError("the submission ended it")
        return graded()

    monkeypatch.setattr(FakeJail, "__enter__", lambda self: self)
    monkeypatch.setattr(gradescope_run.batch, "score_submission", crash)
    assert gradescope_run.main("entropy", fake, trust_submissions=True) == 1
    assert json.loads((fake / "results" / "results.json").read_text())["score"] == 0


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ('{"users": [{"name": "Ada", "email": "a@b"}, {"name": "Kim"}]}', "Ada and Kim"),
        ('{"users": [{"email": "a@b"}]}', "a@b"),
        ('{"users": [{"name": "A\\u001b[2Jda\\ud800"}]}', "Ada\ufffd"),
        ('{"users": []}', "learner"),
        ('{"users": [{}]}', "learner"),
        ('{"users": ["ada"]}', "learner"),
        ("[]", "learner"),
        ("{", "learner"),
        (None, "learner"),
    ],
)
def test_learner(tmp_path, content, name):
    """The name is Gradescope's; a file that lacks it is no reason not to grade."""
    path = tmp_path / "submission_metadata.json"
    if content is not None:
        path.write_text(content)
    assert gradescope_run.learner(path) == name
