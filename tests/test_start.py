"""start.py's own decisions; nothing here installs or starts anything."""

import ast
import io
import os
import re
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

import start

PLAN = {"first": 10.0, "second": 20.0, "third": 5.0}


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course's folder with nothing but the two files that say what to install."""
    (tmp_path / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    (tmp_path / "constraints.txt").write_text("numpy==2.4.6\n", encoding="utf-8")
    monkeypatch.setattr(start, "ROOT", tmp_path)
    return tmp_path


@pytest.fixture
def environment(course: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A healthy environment in the course's folder, of which every step succeeds without being run."""
    venv = course / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "pyvenv.cfg").touch()
    monkeypatch.setattr(start, "VENV", venv)
    monkeypatch.setattr(start, "BIN", venv / "bin")
    monkeypatch.setattr(start, "STAMP", venv / "course-stamp")
    monkeypatch.setattr(start, "PYTHON", sys.executable)
    monkeypatch.setattr(start, "usable", lambda: True)
    monkeypatch.setattr(start.shutil, "which", lambda name: None)
    monkeypatch.setattr(start, "run", lambda plan, title, command, env=None: "")
    monkeypatch.setattr(start, "install", lambda plan, uv, what: "")
    monkeypatch.delenv("COURSE_NO_UV", raising=False)
    return venv


def test_parses_on_old_python():
    """Python 3.7 can read the file, and so be told that 3.11 is needed."""
    source = Path(start.__file__).read_text(encoding="utf-8")
    assert ast.parse(source, feature_version=(3, 7)).body


def test_needs_the_standard_library_only():
    """Every import is of the standard library, or of the course's folder, which asks for no more than that."""
    tree = ast.parse(Path(start.__file__).read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    (own,) = (name for name in names if name.partition(".")[0] not in sys.stdlib_module_names)
    program = f"import sys; sys.path.insert(0, {str(Path(start.__file__).parent)!r}); import {own}"
    subprocess.run([sys.executable, "-I", "-S", "-c", program], check=True)


def test_machine_is_fine():
    """Nothing is said of a machine that lacks nothing."""
    assert start.machine_problem((3, 11, 0), True, 10.0, 3.0) == ""


@pytest.mark.parametrize(
    ("version", "has_venv", "free", "said"),
    [
        ((3, 10, 13), True, 10.0, "needs Python 3.11 or newer, and this is 3.10.13"),
        ((3, 12, 1), False, 10.0, "apt install python3-venv"),
        ((3, 12, 1), True, 1.04, "needs 3 GB of disk, and 1.0 are free"),
    ],
)
def test_machine_problem(version: tuple[int, ...], has_venv: bool, free: float, said: str):
    """What a machine lacks is said in one line."""
    problem = start.machine_problem(version, has_venv, free, 3)
    assert said in problem
    assert "\n" not in problem


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("OSError: [Errno 28] No space left on device: 'x'", "the disk is full"),
        ("error: Failed to fetch: `torch`\n  Caused by: dns error", "no package index could be reached"),
        ("Retrying after connection broken by 'NewConnectionError'", "no package index could be reached"),
        ("[Errno 13] Permission denied: '/course/.venv'", "cannot be written"),
        ("[Errno 30] Read-only file system: '/course/.venv'", "cannot be written"),
    ],
)
def test_explains_foreseen_failures(words: str, said: str):
    """A failure that can be foreseen becomes one sentence."""
    sentence = start.explain(words)
    assert said in sentence
    assert "\n" not in sentence


def test_explains_others_by_their_last_lines():
    """Of a failure that nobody foresaw, the last lines are shown."""
    words = "\n".join(f"line {number}" for number in range(50))
    assert start.explain(words).splitlines()[-1] == "line 49"
    assert len(start.explain(words).splitlines()) == 13


@pytest.mark.parametrize(
    ("title", "elapsed", "line"),
    [
        ("first", 0.0, "[1/3] first: 0 s, about 35 s left"),
        ("second", 5.4, "[2/3] second: 5 s, about 20 s left"),
        ("second", 31.0, "[2/3] second: 31 s, longer than the usual 20 s, then about 5 s"),
        ("third", 4.0, "[3/3] third: 4 s, about 1 s left"),
        ("third", 6.0, "[3/3] third: 6 s, longer than the usual 5 s"),
    ],
)
def test_progress_line(title: str, elapsed: float, line: str):
    """A step tells its number, its time so far and the time until all is done."""
    assert start.progress_line(PLAN, title, elapsed) == line


def test_run_tells_steps_and_success(capsys: pytest.CaptureFixture[str]):
    """A command that succeeds leaves no problem and two lines."""
    assert start.run({"count": 1.0}, "count", [sys.executable, "-c", "print(1)"]) == ""
    assert capsys.readouterr().out == "[1/1] count: 0 s, about 1 s left\n[1/1] count: done after 0 s\n"


def test_run_returns_the_problem(capsys: pytest.CaptureFixture[str]):
    """A command that fails returns what it said, and prints that it failed."""
    command = [sys.executable, "-c", "import sys; sys.exit('no such luck')"]
    assert start.run({"try": 1.0}, "try", command).splitlines()[-1] == "no such luck"
    assert re.search(r"\[1/1\] try: failed after \d s\n$", capsys.readouterr().out)


def test_lines_on_a_terminal_overwrite(monkeypatch: pytest.MonkeyPatch):
    """On a terminal a passing line is padded and ends without a new line."""
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(start, "LIVE", True)
    start.say("passing", "\r")
    assert out.getvalue() == "passing".ljust(78) + "\r"


def test_stamp_for_testing_serves_the_course(course: Path):
    """Whoever has set up for testing can open the course and make its site at once, and not the other way round."""
    for less, more in pairwise(start.KINDS):
        assert start.stamps(more)[0] in start.stamps(less)
        assert start.stamps(less)[0] not in start.stamps(more)


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_stamp_follows_the_files(course: Path, name: str):
    """A change of either file makes every earlier stamp worthless."""
    before = start.stamps("course")
    (course / name).write_text("changed", encoding="utf-8")
    assert not set(before) & set(start.stamps("course"))


def test_stamp_follows_python(course: Path, monkeypatch: pytest.MonkeyPatch):
    """Another Python makes every earlier stamp worthless."""
    before = start.stamps("course")
    monkeypatch.setattr(sys, "version", "3.99.0")
    assert not set(before) & set(start.stamps("course"))


def test_set_up_is_skipped(environment: Path, monkeypatch: pytest.MonkeyPatch):
    """A second set-up for the same runs nothing."""
    start.set_up()
    monkeypatch.setattr(start, "install", lambda plan, uv, what: pytest.fail("installs again"))
    start.set_up()


def test_set_up_grows(environment: Path):
    """A course's environment is set up further for testing, once."""
    start.set_up()
    assert (environment / "course-stamp").read_text(encoding="utf-8").endswith(" course")
    start.set_up("test")
    assert (environment / "course-stamp").read_text(encoding="utf-8").endswith(" test")


def test_interrupted_set_up_is_begun_anew(environment: Path, monkeypatch: pytest.MonkeyPatch):
    """A set-up that was interrupted leaves a mark, and the next one rebuilds the environment."""

    def interrupt(plan: dict[str, float], uv: str, what: str) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(start, "install", interrupt)
        with pytest.raises(KeyboardInterrupt):
            start.set_up()
    titles = []
    monkeypatch.setattr(start, "run", lambda plan, title, command, env=None: titles.append(title) or "")
    start.set_up()
    assert titles[0] == start.MAKE


def test_offline_keeps_what_worked(environment: Path, monkeypatch: pytest.MonkeyPatch):
    """A set-up that reaches no index leaves the earlier set-up in force."""
    start.set_up()
    monkeypatch.setattr(start, "install", lambda plan, uv, what: start.OFFLINE)
    with pytest.raises(SystemExit, match="no package index"):
        start.set_up("test")
    monkeypatch.setattr(start, "install", lambda plan, uv, what: pytest.fail("installs again"))
    start.set_up()


def test_other_folders_are_not_emptied(environment: Path, monkeypatch: pytest.MonkeyPatch):
    """Only what already is an environment is cleared before it is made."""
    commands: list[list[str]] = []
    monkeypatch.setattr(start, "usable", lambda: False)
    monkeypatch.setattr(start, "run", lambda plan, title, command, env=None: commands.append(command) or "")
    start.set_up()
    (environment / "course-stamp").unlink()
    (environment / "pyvenv.cfg").unlink()
    start.set_up()
    made = [command for command in commands if "venv" in command]
    assert ["--clear" in command for command in made] == [True, False]


def test_a_folder_that_is_no_environment_is_not_usable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Where there is no Python to run, the environment is to be rebuilt."""
    monkeypatch.setattr(start, "PYTHON", str(tmp_path / "python"))
    assert start.usable() is False


def test_uv_looks_where_pip_looks():
    """pip's settings reach uv, its variables before its files, and uv's own before both."""
    config = (
        ":env:.find-links='/wheels'\n"
        "global.find-links='/other'\n"
        "global.extra-index-url='file:///a file:///b'\n"
        "global.index-url='https://index.example/simple'\n"
        "global.timeout='60'\n"
    )
    told = start.uv_environment(config, {"UV_DEFAULT_INDEX": "https://mine.example/simple"})
    assert told == {
        "UV_FIND_LINKS": "/wheels",
        "UV_INDEX": "file:///a file:///b",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_DEFAULT_INDEX": "https://mine.example/simple",
    }


def test_unknown_word(monkeypatch: pytest.MonkeyPatch):
    """A mistyped word is named, and nothing is set up."""
    monkeypatch.setattr(start, "set_up", lambda what="course": pytest.fail("sets up"))
    with pytest.raises(SystemExit, match="unknown word 'tset'"):
        start.main(["tset"])


@pytest.mark.parametrize("word", ["-h", "--help"])
def test_help(word: str, capsys: pytest.CaptureFixture[str]):
    """Help names both commands."""
    assert start.main([word]) == 0
    assert "python3 start.py test" in capsys.readouterr().out


def test_system_errors_are_explained(monkeypatch: pytest.MonkeyPatch):
    """A folder that cannot be written ends in a sentence, not in a traceback."""

    def refuse(options: list[str]) -> int:
        raise PermissionError(13, "Permission denied", "/course/.venv")

    monkeypatch.setattr(start, "open_course", refuse)
    with pytest.raises(SystemExit, match="cannot be written"):
        start.main([])


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that would have been run, of which lint and types fail and all others pass."""
    made: list[list[str]] = []

    def call(command: list[str], cwd: Path | None = None) -> int:
        made.append(command[2:])
        return int("ruff" in command)

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        made.append(command[command.index("-m") + 1 :])
        return subprocess.CompletedProcess(command, int("mypy" in command), b"an error\n" * ("mypy" in command))

    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(start, "set_up", lambda what="course": None)
    monkeypatch.setattr(start, "bring_programs", lambda: None)
    monkeypatch.setattr(start, "bring_katex", lambda: None)
    monkeypatch.setattr(subprocess, "call", call)
    monkeypatch.setattr(subprocess, "run", run)
    return made


def test_every_part_runs_though_one_failed(calls: list[list[str]], capsys: pytest.CaptureFixture[str]):
    """A failed part does not stop the others, and is named at the end; some run beside pytest."""
    assert start.main(["test"]) == 1
    assert sorted(calls) == sorted(part.split() for part in start.PARTS)
    assert [call for call in calls if " ".join(call) in start.BESIDE] == [part.split() for part in start.BESIDE]
    lines = capsys.readouterr().out.splitlines()
    assert lines.index("an error") > next(at for at, line in enumerate(lines) if "pytest" in line)
    assert lines[-1] == "FAILED: ruff check ., ruff format --check ., mypy"


def test_options_go_to_pytest_alone(calls: list[list[str]]):
    """With options, only pytest runs, with them."""
    assert start.main(["test", "-m", "not slow"]) == 0
    assert calls == [["pytest", "-m", "not slow"]]


def test_options_go_to_jupyter(monkeypatch: pytest.MonkeyPatch):
    """Options for the course reach JupyterLab, which opens the first notebook with the course as its root."""
    commands: list[list[str]] = []
    monkeypatch.setattr(start, "set_up", lambda what="course": None)
    monkeypatch.setattr(start, "IS_ROOT", False)
    monkeypatch.setattr(start.os, "name", "nt")
    monkeypatch.setattr(start.os, "environ", {"PATH": "/usr/bin"})
    monkeypatch.setattr(start, "resume", lambda: "notebooks/00_objective.ipynb")
    monkeypatch.setattr(start.signal, "signal", lambda number, handler: None)
    monkeypatch.setattr(subprocess, "call", lambda command: commands.append(command) or 0)
    assert start.main(["--no-browser"]) == 0
    assert commands[0][1:] == [
        "-m",
        "jupyterlab",
        f"--ServerApp.root_dir={start.ROOT}",
        "--LabApp.default_url=/lab/tree/notebooks/00_objective.ipynb",
        *start.QUIET,
        "--no-browser",
    ]


@pytest.mark.parametrize(
    ("system", "shell", "options"),
    [
        ("posix", "/bin/bash", ["--ServerApp.terminado_settings={'shell_command': ['/bin/bash']}"]),
        ("posix", "", ["--ServerApp.terminado_settings={'shell_command': ['sh']}"]),
        ("nt", "", []),
    ],
)
def test_terminals_in_the_course_are_no_login_shells(monkeypatch: pytest.MonkeyPatch, system, shell, options):
    """Lab is told the shell without `-l`, which would reset the PATH; Windows has no such shells."""
    monkeypatch.setattr(start.os, "name", system)
    monkeypatch.setattr(start.os, "environ", {"SHELL": shell})
    monkeypatch.setattr(start.shutil, "which", lambda name: name)
    assert start.terminal_options() == options


LINE = '{"kind": "check", "time": "", "exercise": "%s", "outcome": "passed", "core": true, "parity": true, '
LINE += '"points": 1, "misconception": null, "attempt": 1}\n'


@pytest.mark.parametrize(
    ("remembered", "opened", "said"),
    [
        (
            LINE % "entropy",
            r"01_entropy\.ipynb#cell-id=[\w-]+",
            "lesson 01, Entropy and mutual information, at perplexity.",
        ),
        (LINE % "entropy" + '{"kind": "ch', r"01_entropy\.ipynb#cell-id=[\w-]+", "at perplexity."),
        ("{" * 100_000, r"00_objective\.ipynb", ""),
        (LINE % "no_such_exercise", r"00_objective\.ipynb", ""),
        (None, r"00_objective\.ipynb", ""),
    ],
    ids=["next", "torn", "damaged", "of another course", "a folder"],
)
def test_opens_where_you_were(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    remembered: str | None,
    opened: str,
    said: str,
):
    """The lesson of the next exercise is opened at its cell, and one line says so; damage opens the first lesson."""
    file, commands = tmp_path / "progress.jsonl", []
    file.write_text(remembered, encoding="utf-8") if remembered else file.mkdir()
    monkeypatch.setenv("COURSEKIT_PROGRESS", str(file))
    monkeypatch.setenv("PATH", os.environ["PATH"])  # which is added to
    monkeypatch.setattr(start, "set_up", lambda what="course": None)
    monkeypatch.setattr(start.os, "execv", lambda python, command: commands.append(command) or sys.exit(0))
    with pytest.raises(SystemExit):
        start.main([])
    assert re.fullmatch(f"--LabApp.default_url=/lab/tree/notebooks/{opened}", commands[0][4])
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert len(lines) == 1 + bool(said)
    assert said in lines[0]


def test_programs_are_missing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Who may not install what tests need is told which tests are skipped, and why."""
    monkeypatch.setattr(start, "is_there", lambda places: False)
    monkeypatch.setattr(start, "IS_ROOT", False)
    start.bring_programs()
    out = capsys.readouterr().out
    assert "The browser test will be skipped: none of chromium" in out
    assert "The tests of a PostgreSQL gradebook will be skipped: none of postgres," in out


def test_where_programs_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """On PATH, or in a folder whose name holds a version."""
    monkeypatch.setattr(start.shutil, "which", lambda name: name if name == "here" else None)
    (tmp_path / "15" / "bin").mkdir(parents=True)
    (tmp_path / "15" / "bin" / "postgres").touch()
    assert start.is_there(("nowhere", "here"))
    assert start.is_there(("nowhere", f"{tmp_path}/*/bin/postgres"))
    assert not start.is_there(("nowhere", f"{tmp_path}/*/bin/initdb"))


def test_programs_are_brought(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """As root on Debian, what is missing is installed, and only that."""
    scripts: list[str] = []
    monkeypatch.setattr(start.shutil, "which", lambda name: "/usr/bin/apt-get")
    monkeypatch.setattr(start, "is_there", lambda places: "chromium" in places or bool(scripts))
    monkeypatch.setattr(start, "IS_ROOT", True)
    monkeypatch.setattr(start, "run", lambda plan, title, command: scripts.append(command[-1]))
    start.bring_programs()
    assert scripts == ["apt-get update && apt-get install -y --no-install-recommends bubblewrap postgresql"]
    start.bring_programs()
    assert len(scripts) == 1
    assert capsys.readouterr().out == ""


# ---- the site ----------------------------------------------------------------------------------------------------


def test_site(environment: Path, monkeypatch: pytest.MonkeyPatch):
    """Its packages and KaTeX are brought, KaTeX once; then options go to the command."""
    asked: list[str] = []
    commands: list[list[str]] = []

    def run(plan: dict[str, float], title: str, command: list[str]) -> str:
        commands.append(command[3:])
        package = environment / "node_modules" / "katex" / "package.json"
        package.parent.mkdir(parents=True)
        package.write_text(f'{{"version": "{start.KATEX}"}}', encoding="utf-8")
        return ""

    monkeypatch.setattr(start, "set_up", asked.append)
    monkeypatch.setattr(start, "run", run)
    monkeypatch.setattr(subprocess, "call", lambda command: commands.append(command[1:]) or 0)
    assert start.main(["site", "--out", "pages"]) == 0
    assert start.main(["site"]) == 0
    (fetched, first, second), site = commands, ["-m", "coursekit", "site"]
    assert (fetched[0], fetched[-1]) == ("install", f"katex@{start.KATEX}")
    assert (first, second) == ([*site, "--out", "pages"], site)
    assert asked == ["site", "site"]


def test_site_without_katex(environment: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Where KaTeX cannot be had, a sentence says why."""
    monkeypatch.setattr(start, "run", lambda plan, title, command: start.OFFLINE)
    start.bring_katex()
    assert "no KaTeX, which draws formulas on pages: no package index could be reached" in capsys.readouterr().out


# ---- updating ----------------------------------------------------------------------------------------------------


@pytest.fixture
def updates(course: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], Path]]:
    """The commands that an update would have run, and where; all succeed."""
    made: list[tuple[list[str], Path]] = []
    monkeypatch.setattr(subprocess, "call", lambda command, cwd: made.append((command[1:], cwd)) or 0)
    return made


def test_update(updates: list[tuple[list[str], Path]], course: Path, tmp_path: Path):
    """The course's own code brings the new one; then the new start.py sets up what has changed."""
    assert start.main(["update", "new.zip"]) == 0
    (first, where), (second, there) = updates
    assert first == ["-B", "-m", "coursekit.course.updating", str(course), str(Path("new.zip").absolute())]
    assert second == ["-c", "import start; start.set_up_again()"]
    assert where == there == course


def test_update_that_was_cut_short(updates: list[tuple[list[str], Path]], course: Path):
    """The code of the new course goes on, whatever state the old one is in; until then, the course is not opened."""
    (course / ".update" / "new").mkdir(parents=True)
    start.main(["update"])
    assert updates[0][1] == course / ".update" / "new"
    (course / ".update" / "plan.json").touch()
    with pytest.raises(SystemExit, match=r"an update was cut short. `python3 start\.py update` finishes it"):
        start.main([])


def test_update_of_another_folder(updates: list[tuple[list[str], Path]], course: Path, tmp_path: Path):
    """A new course makes an older one new, which may know no update itself."""
    old = tmp_path / "old"
    old.mkdir()
    (old / "start.py").touch()
    assert start.main(["update", "--into", str(old)]) == 0
    assert updates[0] == (["-B", "-m", "coursekit.course.updating", str(old), str(course)], course)
    assert updates[1][1] == old


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["a.zip", "b.zip"], "after `update` comes nothing, or one zip"),
        (["--force"], "after `update` comes nothing, or one zip"),
        (["--into", "nowhere"], "nowhere is not the course's folder"),
        (["--into"], "after --into comes the folder of your course"),
        (["--into", "."], "after --into comes the folder of your course"),
    ],
)
def test_update_that_cannot_be_meant(updates: list[tuple[list[str], Path]], course: Path, monkeypatch, words, said):
    """What is typed wrongly has a sentence, and runs nothing."""
    monkeypatch.chdir(course)
    with pytest.raises(SystemExit, match=said):
        start.main(["update", *words])
    assert updates == []


def test_update_on_an_old_python(updates: list[tuple[list[str], Path]], monkeypatch: pytest.MonkeyPatch):
    """An old Python is told so, and not in a traceback of the new code."""
    monkeypatch.setattr(start, "machine_problem", lambda *_: "the course needs Python 3.11 or newer")
    with pytest.raises(SystemExit, match="needs Python"):
        start.main(["update"])
    assert updates == []


def test_set_up_after_an_update(environment: Path, monkeypatch: pytest.MonkeyPatch):
    """An environment that there is becomes what is needed now, for tests as well if it was; none is made."""
    asked: list[str] = []
    monkeypatch.setattr(start, "set_up", asked.append)
    start.set_up_again()
    for kind in ("course", "site", "test"):
        (environment / "course-stamp").write_text(f"old {kind}", encoding="utf-8")
        start.set_up_again()
    assert asked == ["course", "site", "test"]
