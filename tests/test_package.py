"""The installed package: what can work without the course's folder does, the rest says what it needs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import coursekit

ROOT = Path(__file__).parents[1]
HONEST = (ROOT / "tests" / "submissions" / "ada.py").read_text(encoding="utf-8")

# What Windows lacks, made to lack here as well, before anything of ours is imported
WINDOWS = """
import os, signal, socket, sys
for name in ("resource", "fcntl", "pwd", "grp", "termios"):
    sys.modules[name] = None
for module, names in (
    (os, ("link", "fork", "setsid", "getuid", "geteuid", "sched_getaffinity", "O_NOFOLLOW", "O_NONBLOCK", "wait4")),
    (signal, ("SIGKILL", "SIGALRM", "setitimer", "ITIMER_REAL", "SIGXCPU", "SIGCHLD", "set_wakeup_fd")),
    (socket, ("AF_UNIX", "send_fds", "recv_fds")),
):
    for name in names:
        if hasattr(module, name) and name != "set_wakeup_fd":
            delattr(module, name)
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The wheel, built and unpacked as an installer would, apart from the course's folder."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = folder.glob("*.whl")
    site = folder / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


# Runs commands one after another in one process, which imports torch once
COMMANDS = """
import contextlib, io, json, sys
from coursekit.cli import main
said = []
for arguments in json.loads(sys.argv[1]):
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        code = main(arguments)
    said.append([code, out.getvalue(), err.getvalue()])
print(json.dumps(said))
"""


@pytest.fixture
def run(installed, tmp_path):
    """Runs commands of the installed package in an empty folder: of each its exit code, what it said and complained."""

    def run(*commands: str, first: str = "") -> list[tuple[int, str, str]]:
        asked = json.dumps([command.split() for command in commands])
        done = subprocess.run(
            [sys.executable, "-c", first + COMMANDS, asked],
            cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(installed)}, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return [(code, out, err) for code, out, err in json.loads(done.stdout.splitlines()[-1])]

    return run


def test_one_version():
    """It stands in the package, and the project file takes it from there."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"]["path"] == "coursekit/__init__.py"
    others = ["CITATION.cff", "README.md", "start.py", "pyproject.toml"]
    assert not [
        name for name in others if re.search(rf"\b{re.escape(coursekit.__version__)}\b", (ROOT / name).read_text())
    ]
    done = subprocess.run([sys.executable, "-m", "coursekit", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"coursekit {coursekit.__version__}\n"


@pytest.mark.slow
def test_it_brings_a_setting_of_jupyterlab(installed):
    """Where JupyterLab looks for what packages set: long lines of code wrap."""
    (data,) = installed.glob("*.data/data/share/jupyter/lab/settings/overrides.d")
    (settings,) = json.loads((data / "coursekit.json").read_text(encoding="utf-8")).values()
    assert settings["codeCellConfig"]["lineWrap"] is True


@pytest.mark.slow
def test_wheel_holds_data_and_types(installed):
    """Solutions and stubs come along as data, and the mark that says that the package is typed."""
    assert (installed / "coursekit" / "py.typed").exists()
    for folder in ("solutions", "exercises"):
        ours = {path.name: path.read_bytes() for path in (ROOT / folder).glob("*.py")}
        assert ours == {path.name: path.read_bytes() for path in (installed / "coursekit/shipped" / folder).glob("*")}
    (about,) = installed.glob("*.dist-info/METADATA")
    assert f"\nVersion: {coursekit.__version__}\n" in about.read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("first", ["", WINDOWS], ids=["here", "as on Windows"])
def test_a_learners_commands(run, tmp_path, first):
    """list, hint, solution and check FILE work wherever they run; check without a FILE says what it would need."""
    (tmp_path / "mine.py").write_text(HONEST, encoding="utf-8")
    (tmp_path / "wrong.py").write_text("def kl_divergence(p, q):\n    return (p - q).sum(-1)\n", encoding="utf-8")
    topics, hint, solution, right, wrong, nothing = run(
        *("list", "hint kl_divergence", "solution kl_divergence"),
        *("check kl_divergence mine.py", "check kl_divergence wrong.py", "check kl_divergence"),
        first=first,
    )
    assert "kl_divergence" in topics[1]
    assert hint[1].startswith("Hint 1 of")
    assert "def kl_divergence(" in solution[1]
    assert (right[0], right[1].splitlines()[0]) == (0, "kl_divergence: done ✓ (3 of 3 points)")
    assert wrong[0] == 1
    assert (nothing[0], "Give a file: `coursekit check kl_divergence FILE`." in nothing[2]) == (1, True)


@pytest.mark.slow
def test_a_graders_commands(run, tmp_path):
    """grade, report, export and doctor; reports and exports also where what Windows lacks is missing."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "ada.py").write_text(HONEST, encoding="utf-8")
    graded, doctor = run("grade in --exercise kl_divergence --trust-submissions", "doctor")
    assert graded[0] == 0
    assert json.loads((tmp_path / "in-grades/reports/ada.json").read_text(encoding="utf-8"))["points"] == 3
    assert "Attacks, tried in a jail" in doctor[1] or "Grading needs" in doctor[1]
    exports = ("report in-grades", "export junit in-grades --out grades.xml")
    exports += ("export nbgrader entropy --out nb", "export gradescope entropy --out autograder.zip")
    assert [code for code, _, _ in run(*exports, first=WINDOWS)] == [0, 0, 0, 0]
    with zipfile.ZipFile(tmp_path / "autograder.zip") as archive:
        names = archive.namelist()
        needed = archive.read("requirements.txt").decode()
    assert not [name for name in names if "shipped/" in name]
    assert {"numpy", "torch", "sqlalchemy", "pyseccomp"} == {re.split("[<>=]", line)[0] for line in needed.splitlines()}


@pytest.mark.slow
def test_what_cannot_work_says_so(run, tmp_path):
    """An author's commands need the course's folder; grading needs what Windows lacks."""
    for code, _, err in run("verify", "refresh", "new x_loss --topic entropy"):
        assert (code, "needs the course's folder" in err) == (1, True)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "ada.py").write_text(HONEST, encoding="utf-8")
    system = "import coursekit.jail.walls, types\ncoursekit.jail.walls.os = types.SimpleNamespace(name='nt')\n"
    doctor, grade = run("doctor", "grade in --exercise kl_divergence", first=WINDOWS + system)
    assert (doctor[0], "on Windows, use WSL" in doctor[1]) == (1, True)
    assert (grade[0], "on Windows, use WSL" in grade[2]) == (1, True)


@pytest.mark.slow
def test_types_are_seen(installed, tmp_path):
    """Whoever uses the package has its types."""
    (tmp_path / "use.py").write_text(
        "from coursekit.report import Outcome\nx: int = Outcome.PASSED\n", encoding="utf-8"
    )
    # torch's own types, which the package imports where it says what `check` is, take mypy ten seconds
    (tmp_path / "mypy.ini").write_text("[mypy]\n[mypy-torch.*]\nfollow_imports = skip\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-incremental", "use.py"],
        cwd=tmp_path, env={**os.environ, "MYPYPATH": "", "PYTHONPATH": str(installed)}, capture_output=True, text=True,
    )  # fmt: skip
    assert 'has type "Outcome", variable has type "int"' in done.stdout.replace("\n", " ")
