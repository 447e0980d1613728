"""The rules of the house: who may import whom, and what it costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "coursekit"
MODULES = sorted(PACKAGE.rglob("*.py"))
INSIDE = sorted((PACKAGE / "jail" / "inside").glob("*.py"))
JAIL = sorted((PACKAGE / "jail").rglob("*.py")) + sorted((PACKAGE / "wire").rglob("*.py"))
GRADERS = sorted((PACKAGE / "graders").rglob("*.py"))

# The house, from the ground up: each room may use those above it in this list, and none below
ROOMS = (
    *("errors", "report", "text", "files", "database", "machine"),  # words that all share
    *("wire", "exercise", "graders", "course", "grading", "jail", "learning", "explorables"),
    *("classroom", "publish", "workshop", "site", "authoring", "fast", "cli"),
)
FACE = {"__init__", "__main__"}  # of the package: it hands on what learners call, and runs the commands

HEAVY = {"torch", "numpy", "matplotlib", "IPython", "ipywidgets", "nbformat", "nbclient", "jupyterlab", "jupyter_core"}
HEAVY |= {"anywidget", "keras", "numba", "scipy", "sklearn"}


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imported(path: Path) -> list[str]:
    """The full names of all modules that a file imports, wherever in it the import stands."""
    return list(_imported(path))


def _imported(path: Path) -> Iterator[str]:
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *([node.module] if node.module else [])))
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def module_of(path: Path) -> str:
    """The full name of a file's module."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def room_of(module: str) -> str:
    """The room that a module of the package stands in; empty for the face of the package."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "coursekit" and parts[1] not in FACE else ""


def test_the_listing_is_the_house():
    """Every file and folder of the package is a room in the list, and the list names no other."""
    there = {path.stem if path.suffix == ".py" else path.name for path in PACKAGE.iterdir()}
    assert there - {"__pycache__", "py.typed"} == {*ROOMS, *FACE}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_arrow_points_down(path):
    """A module imports only from its own room and from those above it, inside of functions and for types as well."""
    own = room_of(module_of(path))
    if not own:
        return
    used = {room_of(name) for name in imported(path) if name.startswith("coursekit.")} - {""}
    allowed = set(ROOMS[: ROOMS.index(own) + 1]) | {"__version__"}
    assert used <= allowed


def test_no_circles():
    """No module needs itself by way of others, within its room or beyond."""
    names = {module_of(path) for path in MODULES}
    graph = {module_of(path): (set(imported(path)) & names) - {"coursekit"} for path in MODULES}
    for path in MODULES:  # `from package import module` needs the module, and nothing that the package hands on
        used = graph[module_of(path)]
        asked = [name for name in used if any(other.startswith(f"{name}.") for other in used)]
        handed_on = {each.rpartition(".")[0] for each in set(imported(path)) - names}
        used.difference_update(name for name in asked if name not in handed_on)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


@pytest.mark.parametrize(
    "path", [path for path in MODULES if path.name == "__init__.py" and path.parent != PACKAGE], ids=module_of
)
def test_packages_only_hand_on_names(path):
    """An `__init__` holds a docstring, imports and a list of names, and no code."""
    kinds = (ast.Import, ast.ImportFrom, ast.Expr)
    lists = [node for node in tree(path).body if not isinstance(node, kinds)]
    assert all(
        isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("__all__", "EXERCISES") for node in lists
    )


@pytest.mark.parametrize("room", [path for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"])
def test_rooms_are_seen_at_a_glance(room):
    """About ten modules at most; a topic's graders have up to three for each of its exercises."""
    folders = room.iterdir() if room.name == "graders" else [room]
    counts = {folder.name: len([*folder.glob("[!_]*.py")]) for folder in folders if folder.is_dir()}
    assert {name: count for name, count in counts.items() if count > (20 if room.name == "graders" else 11)} == {}


def importers(*names: str) -> set[str]:
    """The modules of the package that import one of these packages."""
    return {
        path.relative_to(PACKAGE).as_posix()
        for path in MODULES
        if any(name.split(".")[0] in names for name in imported(path))
    }


def called(path: Path) -> set[str]:
    """The plain names that a file calls."""
    calls = (node.func for node in ast.walk(tree(path)) if isinstance(node, ast.Call))
    return {function.id for function in calls if isinstance(function, ast.Name)}


def loaded_by(statement: str) -> set[str]:
    """The top-level modules that a fresh interpreter has loaded after a statement."""
    program = f"import sys\ntry:\n    {statement}\nexcept SystemExit:\n    pass\nprint('\\nloaded', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    return {name.split(".")[0] for name in done.stdout.splitlines()[-1].split()[1:]}


@pytest.mark.parametrize(
    ("library", "module"),
    [
        ("nbformat", "course/notebooks.py"),
        ("nbclient", "course/notebooks.py"),
        ("rich", "cli/screens/terminal.py"),
        ("prompt_toolkit", "cli/screens/watch.py"),
        ("yaml", "classroom/layouts/gradescope.py"),
        ("anywidget", "explorables/widget.py"),
        ("keras", "exercise/families/twins.py"),
        ("numba", "fast/ctc_numba.py"),
        ("pyseccomp", "jail/inside/confine.py"),
        ("distributed", "classroom/cluster.py"),
        ("starlette", "workshop/server.py"),
        ("uvicorn", "workshop/serving.py"),
        ("segno", "workshop/serving.py"),
        ("mistune", "workshop/slides/pieces.py"),
        ("bs4", "workshop/slides/pieces.py"),
        ("latex2mathml", "workshop/slides/pieces.py"),
    ],
)
def test_one_module_knows_a_library(library, module):
    """What a library does for us stands in one place."""
    assert importers(library) == {module}


@pytest.mark.parametrize(
    ("library", "modules"),
    [
        ("zipfile", {"grading/opening/archive.py", "files.py"}),
        (
            "csv",
            {
                *("classroom/gradefiles.py", "publish/export/roster.py", "publish/export/spreadsheet.py"),
                "site/losses/table.py",  # what the last lesson reads
            },
        ),
        ("xml", {"publish/export/junit.py"}),
        (
            "ipywidgets",
            {
                "explorables/explore.py",
                *(f"learning/{name}.py" for name in ("predict", "card/buttons", "joined/cards")),
            },
        ),
        (
            "argparse",
            {
                f"cli/{name}.py"
                for name in ("commands", "learner", "instructor", "grader", "marker", "author", "export", "numbers")
            },
        ),
    ],
)
def test_formats_are_read_and_written_apart(library, modules):
    """What comes from strangers, what we keep, what goes to a platform, its commands and each widget: a module each."""
    assert importers(library) == modules


def test_two_alone_know_databases():
    """What is kept of a class is asked and told through `Gradebook` and its room, of a workshop through its `Store`."""
    workshop = {"workshop/store.py", "workshop/tables.py"}
    known = {name for name in importers("sqlalchemy") if not name.startswith("classroom/gradebook/")}
    assert known == {"database.py", *workshop}


def test_exports_are_made_of_reports():
    """A grade is exported as it was recorded: only the autograder and nbgrader's cells can grade, and say so."""
    grading = {
        "coursekit.grading.scoring",
        "coursekit.grading.here",
        "coursekit.classroom.batch",
        "coursekit.jail.judge",
        "torch",
    }
    guilty = {path.name for path in (PACKAGE / "publish" / "export").glob("*.py") if grading & set(imported(path))}
    assert guilty == {"gradescope_run.py", "nbgrader.py"}


def test_pictures_alone_know_matplotlib():
    """Graders and reports draw nothing; refresh compares two pictures."""
    drawing = {"learning/figures.py", "explorables/explore.py", "explorables/looks.py", "explorables/scene.py"}
    assert importers("matplotlib") == {*drawing, "authoring/refresh.py"}


@pytest.mark.parametrize("path", INSIDE, ids=lambda path: path.name)
def test_untrusted_side_stands_alone(path):
    """What runs beside a learner's code imports nothing of coursekit but its own folder and the wire, few libraries."""
    own = ("coursekit.jail.inside.", "coursekit.wire.")
    roots = {name.split(".")[0] for name in imported(path) if not f"{name}.".startswith(own)}
    assert roots <= sys.stdlib_module_names | {"numpy", "torch", "IPython", "pyseccomp"}


@pytest.mark.parametrize("path", GRADERS, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_graders_never_see_solutions(path):
    """A grader knows the spec, not the answer: it neither imports nor names the folder of solutions."""
    assert not any("solutions" in name for name in imported(path))
    assert "solutions" not in {node.value for node in ast.walk(tree(path)) if isinstance(node, ast.Constant)}


def test_nobody_imports_solutions():
    """Solutions are files that are read, not a package that is shipped."""
    assert importers("solutions", "exercises") == set()


def test_report_is_only_data():
    """A report knows nothing of how it came about or is shown."""
    assert {name.split(".")[0] for name in imported(PACKAGE / "report.py")} <= sys.stdlib_module_names


@pytest.mark.parametrize("path", JAIL, ids=lambda path: path.name)
def test_no_pickle_in_the_jail(path):
    """Nothing that crosses the wall, or runs beside it, could run code by being read."""
    roots = {name.split(".")[0] for name in imported(path)}
    assert not roots & {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "multiprocessing"}
    attributes = {ast.unparse(node) for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute)}
    assert not attributes & {"torch.load", "torch.save", "np.load", "np.save", "yaml.load"}


def test_only_the_jail_and_our_own_files_are_executed():
    """Source is compiled and run in one place, and the judge's side never goes there with a submission."""
    running = {"exec", "eval", "compile", "__import__"}
    assert {path.relative_to(PACKAGE).as_posix() for path in MODULES if called(path) & running} == {
        "jail/inside/source.py"
    }
    loading = {
        path.relative_to(PACKAGE).as_posix()
        for path in MODULES
        if {"coursekit.jail.inside.source", "coursekit.jail.inside.source.load"} & set(imported(path))
    }
    # a learner's own file in the learner's own process, our own stubs, our own solutions with a change, and the child
    ours = {"authoring/proofs.py", "authoring/survivors.py"}
    assert loading == {"learning/own.py", *ours, "jail/inside/zygote.py"}


def test_importing_the_package_is_cheap():
    """`import coursekit` loads neither torch nor numpy nor anything of Jupyter."""
    assert loaded_by("import coursekit") & (HEAVY | {"rich"}) == set()


@pytest.mark.parametrize("arguments", [["--help"], ["watch", "--help"], ["grade", "--help"], ["export", "--help"]])
def test_help_is_cheap(arguments):
    """`coursekit --help` answers at once: it loads no torch and no numpy."""
    loaded = loaded_by(f"from coursekit.cli import main; main({arguments})")
    assert loaded & (HEAVY | {"rich", "prompt_toolkit", "sqlalchemy", "distributed"}) == set()


def test_the_screen_needs_no_torch():
    """`coursekit watch` draws its first screen without torch, which the process behind it imports meanwhile."""
    loaded = loaded_by("import coursekit.cli.screens.watch, coursekit.learning.watching.beginning")
    assert "prompt_toolkit" in loaded
    assert loaded & (HEAVY | {"rich", "sqlalchemy"}) == set()


def test_a_workshop_starts_without_torch():
    """`coursekit workshop start` says how to join before any grader is imported."""
    loaded = loaded_by("import coursekit.cli.instructor, coursekit.workshop.store, coursekit.workshop.server")
    assert {"sqlalchemy", "starlette"} <= loaded
    assert loaded & (HEAVY | {"rich"}) == set()


@pytest.mark.slow
def test_checking_needs_no_jupyter():
    """A check and grading load neither notebooks nor pictures, nor dask before a cluster is asked for."""
    loaded = loaded_by("import coursekit.learning.learn, coursekit.classroom.runs, coursekit.graders.entropy")
    assert "torch" in loaded
    assert loaded & ((HEAVY | {"distributed"}) - {"torch", "numpy"}) == set()


@pytest.mark.slow
def test_pages_need_no_torch():
    """Pages are made of what grading wrote, and of nothing else."""
    loaded = loaded_by("import coursekit.publish.pages")
    assert "coursekit" in loaded
    assert loaded & (HEAVY | {"rich"}) == set()


def test_no_global_state():
    """What a call leaves behind does not change the next one: nothing is declared `global`."""
    guilty = [path.name for path in MODULES if any(isinstance(node, ast.Global) for node in ast.walk(tree(path)))]
    assert guilty == []
