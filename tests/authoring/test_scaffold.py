"""A new exercise: all its files or none, each as the house writes it, and finished once its TODOs are."""

import dataclasses
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from coursekit.authoring import proofs, scaffold, skeleton, verify
from coursekit.authoring.signature import signature_of
from coursekit.cli import main
from coursekit.course import notebooks, stubs, syllabus
from coursekit.errors import CommandError

PROJECT = Path(__file__).parents[2]

# with a twin and without, with flags, with one tensor and with four, without a reduction, with flags given by name only
NAMES = ["pinball", "huber_loss", "poisson_nll_loss", "ctc_loss", "softplus", "triplet_margin_with_distance_loss"]
NAMES += ["keras_huber"]
PARAMETERS = [
    "p: Tensor, q: Tensor",
    'input: Tensor, target: Tensor, quantile: float = 0.5, reduction: str = "mean"',
    'logits: Tensor, target: Tensor, temperature: float, classes: int, word: str, hard: bool, reduction: str = "mean"',
]
LONG = "_" + "x" * 50


@pytest.fixture(autouse=True)
def leave_no_trace():
    """verify_exercise silences warnings, which is fine in a worker of its own."""
    with warnings.catch_warnings():
        yield


@pytest.fixture
def topic(topic):
    """The toy course as a lesson that ends with a drop-in."""
    topic.exercises[-1].twin = lambda x: 3 * x
    return topic


def files():
    """Every file of the toy course, with its content."""
    return {path: path.read_bytes() for path in syllabus.ROOT.rglob("*") if path.is_file()}


def begin(name, topic, after="", parameters=""):
    changes = scaffold.plan(name, topic, after, parameters)
    scaffold.write(changes)
    return changes


def source(path):
    return (syllabus.ROOT / path).read_text(encoding="utf-8")


# ---- where it goes -----------------------------------------------------------------------------------------------


def test_every_file_of_an_exercise(topic):
    """Grader, register, solution, styles, lesson: each change is named with its place, and nothing else is touched."""
    before = files()
    changes = begin("pinball", topic)
    after = files()
    assert {path for path in after if after[path] != before.get(path)} == {change.path for change in changes}
    assert [(change.path.name, change.begins) for change in changes] == [
        ("pinball.py", "line 1"),
        ("__init__.py", "line 4 and EXERCISES"),
        ("toy.py", "line 16"),
        ("toy.py", "line 12"),
        ("00_toy.ipynb", "cell 5"),
    ]


@pytest.mark.parametrize(
    ("after", "order"), [("", ["double", "pinball", "triple"]), ("double", ["double", "pinball", "triple"])]
)
def test_before_the_drop_in(topic, after, order):
    """In all files it stands before the topic's last exercise, and below the one that it comes after."""
    begin("pinball", topic, after)
    assert re.findall(r"(?m)^def (\w+)", source("solutions/toy.py")) == order
    assert re.findall(r"(?m)^    (\w+),$", source("coursekit/graders/toy/__init__.py")) == order
    assert re.findall(r"(?m)^# ---- (\w+)", source("tests/styles/toy.py")) == order
    cells = notebooks.read(topic).cells
    assert [cell.metadata["coursekit"]["exercise"] for cell in cells if "coursekit" in cell.metadata] == order


@pytest.fixture
def lesson_with_keras(topic, monkeypatch):
    """The toy course as a lesson whose second exercise is a loss of Keras's."""
    double, triple = topic.exercises
    exercises = (double, dataclasses.replace(triple, name="keras_triple"))
    monkeypatch.setattr(sys.modules["coursekit.graders.toy"], "EXERCISES", exercises)
    for path in (topic.grader, topic.solution, topic.notebook, syllabus.ROOT / "tests" / "styles" / "toy.py"):
        path.write_text(re.sub(r"\btriple\b", "keras_triple", path.read_text(encoding="utf-8")), encoding="utf-8")
    return topic


@pytest.mark.parametrize(
    ("name", "after", "twin", "order"),
    [
        ("pinball", "", min, ["pinball", "double", "keras_triple"]),
        ("pinball", "", None, ["double", "pinball", "keras_triple"]),
        ("pinball", "double", None, ["double", "pinball", "keras_triple"]),
        ("keras_pinball", "", min, ["double", "keras_triple", "keras_pinball"]),
        ("keras_pinball", "keras_triple", min, ["double", "keras_triple", "keras_pinball"]),
    ],
)
def test_what_is_of_keras_comes_last(lesson_with_keras, name, after, twin, order):
    """A lesson ends with its drop-in for torch, and behind that stands what is optional."""
    lesson_with_keras.exercises[0].twin = twin
    begin(name, lesson_with_keras, after)
    assert re.findall(r"(?m)^def (\w+)", source("solutions/toy.py")) == order
    assert re.findall(r"(?m)^    (\w+),$", source("coursekit/graders/toy/__init__.py")) == order
    cells = notebooks.read(lesson_with_keras).cells
    assert [cell.metadata["coursekit"]["exercise"] for cell in cells if "coursekit" in cell.metadata] == order


@pytest.mark.parametrize(("name", "after"), [("pinball", "keras_triple"), ("keras_pinball", "double")])
def test_what_is_of_keras_is_not_mixed_with_the_rest(lesson_with_keras, name, after):
    """Whoever leaves out the optional section leaves out nothing else."""
    with pytest.raises(CommandError, match=f"`{name}` does not come after `{after}`: what rebuilds Keras's losses is"):
        begin(name, lesson_with_keras, after)


@pytest.mark.parametrize("after", ["", "triple"])
@pytest.mark.parametrize("register", ["EXERCISES = (\n    double,\n    triple,\n)\n", "EXERCISES = (double, triple)\n"])
def test_the_last_where_no_drop_in_is(topic, after, register):
    """A lesson of losses that no framework has ends with any of them, and a new one comes after it, in all files."""
    topic.exercises[-1].twin = None
    head, _, _ = source("coursekit/graders/toy/__init__.py").partition("EXERCISES")
    topic.grader.write_text(head + register, encoding="utf-8")
    begin("pinball", topic, after)
    order = ["double", "triple", "pinball"]
    assert re.findall(r"(?m)^def (\w+)", source("solutions/toy.py")) == order
    assert re.findall(r"(?m)^# ---- (\w+)", source("tests/styles/toy.py")) == order
    cells = notebooks.read(topic).cells
    assert [cell.metadata["coursekit"]["exercise"] for cell in cells if "coursekit" in cell.metadata] == order
    listed = source("coursekit/graders/toy/__init__.py").partition("EXERCISES = ")[2]
    assert listed == (
        "(\n    double,\n    triple,\n    pinball,\n)\n" if "\n" in register[:-1] else "(double, triple, pinball)\n"
    )


@pytest.mark.parametrize(("twin", "order"), [(None, "(triple, pinball)"), (min, "(pinball, triple)")])
def test_the_second_of_a_lesson(topic, twin, order, monkeypatch):
    """A tuple of one has a comma that a tuple of two has not."""
    topic.exercises[-1].twin = twin
    monkeypatch.setattr(sys.modules["coursekit.graders.toy"], "EXERCISES", topic.exercises[1:])
    topic.grader.write_text("from coursekit.graders.toy.triple import triple\n\nEXERCISES = (triple,)\n")
    begin("pinball", topic)
    assert source("coursekit/graders/toy/__init__.py").endswith(f"EXERCISES = {order}\n")


def test_the_rest_stays_to_the_byte(topic):
    """What a file held before it still holds, in the same bytes around what is new."""
    notebooks.write(notebooks.read(topic), topic)  # in the layout of every notebook of the course
    before = files()
    for change in begin("pinball", topic):
        old = before.get(change.path, b"").decode().splitlines(keepends=True)
        new = iter(change.path.read_bytes().decode().splitlines(keepends=True))
        assert all(line in new for line in old), change.path  # in this order


def test_a_comment_stays_above_its_function(topic):
    """What is written above the last function is about that one."""
    text = source("solutions/toy.py").replace("def triple", "# once more\n# than twice\ndef triple")
    topic.solution.write_text(text, encoding="utf-8")
    begin("pinball", topic)
    assert "\n\n\n# once more\n# than twice\ndef triple" in source("solutions/toy.py")


@pytest.mark.parametrize(
    ("imports", "names", "line"),
    [
        (["l2", "l10"], ["l2", "l9_loss", "l10"], "from coursekit.graders.toy.l9_loss import l9_loss"),
        (["double"], ["double", "l9_loss"], "from coursekit.graders.toy.l9_loss import l9_loss"),
        (["double"], ["a" * 50, "double"], f"from coursekit.graders.toy.{'a' * 50} import (\n    {'a' * 50},\n)"),
    ],
)
def test_imports_are_sorted(topic, imports, names, line):
    """As ruff sorts them, where numbers count as numbers; a line that is too long is broken as ruff breaks it."""
    lines = [f"from coursekit.graders.toy.{name} import {name}" for name in imports]
    topic.grader.write_text("\n".join([*lines, "", "EXERCISES = (double, triple)", ""]), encoding="utf-8")
    (new,) = set(names) - set(imports)
    begin(new, topic)
    text = source("coursekit/graders/toy/__init__.py")
    assert line in text
    assert re.findall(r"toy\.(\w+) import", text) == names
    assert f"EXERCISES = (double, {new}, triple)" in text


def test_styles_without_sections(topic):
    """Where no heading tells the exercises apart, the new styles stand at the end."""
    path = syllabus.ROOT / "tests" / "styles" / "toy.py"
    path.write_text("def triple__a(x):\n    return 3 * x\n", encoding="utf-8")
    begin("pinball", topic)
    assert re.findall(r"(?m)^def (\w+)", source("tests/styles/toy.py"))[:2] == ["triple__a", "pinball__loop"]


def lesson(*texts):
    """A notebook of these cells: `!name` is the exercise of that name, with its check."""
    cells = []
    for text in texts:
        if text.startswith("!"):
            exercise = {"coursekit": {"exercise": text[1:]}}
            cells.append({"cell_type": "code", "metadata": exercise, "source": "", "outputs": []})
            text = f"check({text[1:]})"
        kind = {"cell_type": "code", "outputs": []} if "(" in text else {"cell_type": "markdown"}
        cells.append({**kind, "metadata": {}, "source": text})
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4})


@pytest.mark.parametrize(
    ("gap", "far", "near"),
    [
        (["an answer", "## A section", "run()", "### Trap", "### Exercise"], 1, 1),
        (["an answer", "### Trap", "run()", "### Exercise", "more"], 3, 1),
        (["an answer\n\n### Trap", "run()", "and\n\n### Exercise", "run()"], 2, 4),
        (["run()", "an answer", "run()"], 3, 3),
        ([], 0, 0),
    ],
)
def test_place_in_the_lesson(topic, gap, far, near):
    """In front of the other's section, or where the section above ends; never between an answer and its question."""
    topic.notebook.write_text(lesson("# Toys", "!double", *gap, "!triple"), encoding="utf-8")
    notebook = notebooks.read(topic)
    assert notebooks.place_for(notebook, "triple", near=False) == 3 + far
    assert notebooks.place_for(notebook, "triple", near=True) == 3 + near


def test_the_title_stays_above(topic):
    """Before the first exercise of a lesson that has no sections, it goes below the title."""
    topic.notebook.write_text(lesson("# Toys", "!double"), encoding="utf-8")
    assert notebooks.place_for(notebooks.read(topic), "double", near=False) == 1


def test_cells(topic):
    """A question, the exercise's cell with its metadata and the stub that `refresh` would put there, check, answer."""
    begin("pinball", topic)
    question, exercise, check, answer = notebooks.read(topic).cells[4:8]
    assert question.source.startswith("### Exercise: `pinball`\n")
    assert exercise.metadata == {"coursekit": {"exercise": "pinball"}}
    assert exercise.source == stubs.stub(topic, "pinball").rstrip()
    assert check.source == "check(pinball)"
    assert answer.source == "<details><summary>Answer</summary>\n\nTODO: the answer.\n\n</details>"
    ids = [cell.id for cell in notebooks.read(topic).cells]
    assert len(set(ids)) == len(ids)


# ---- what is refused ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("quantile-loss", "`quantile-loss` is no name for an exercise"),
        ("Quantile", "`Quantile` is no name for an exercise"),
        ("2nd", "`2nd` is no name for an exercise"),
        ("quantile__loss", "`quantile__loss` is no name for an exercise"),
        ("_quantile", "`_quantile` is no name for an exercise"),
        ("lambda", "`lambda` is no name for an exercise"),
        ("l" * 51, "is no name for an exercise: 50 small letters and digits at most"),
        ("double", "The course has an exercise `double` already, in toy."),
        ("torch", "solutions/toy.py uses the name `torch` already."),
        ("common", "There is a coursekit/graders/toy/common.py already: choose another name."),
    ],
)
def test_names_that_are_refused(topic, name, said):
    """In a sentence, and nothing is written."""
    topic.grader.with_name("common.py").touch()
    before = files()
    with pytest.raises(CommandError, match=re.escape(said)):
        begin(name, topic)
    assert before == files()


@pytest.mark.parametrize(
    ("after", "error", "said"),
    [
        ("triple", CommandError, "`triple` is the last of toy, and stays it"),
        ("trible", LookupError, "No exercise of toy is called `trible`. Did you mean `triple`?"),
    ],
)
def test_places_that_are_refused(topic, after, error, said):
    """Nothing comes after a topic's drop-in, and nothing after what is not there."""
    with pytest.raises(error, match=re.escape(said)):
        begin("pinball", topic, after)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda t: t.solution.write_text('"""Toys."""\n'), "solutions/toy.py does not define `triple`"),
        (lambda t: t.grader.write_text('"""Toys."""\n'), "has no tuple EXERCISES with `triple` in it"),
    ],
)
def test_files_that_are_not_as_they_should_be(topic, spoil, said):
    """A topic that is half there is told, and nothing is written."""
    spoil(topic)
    before = files()
    with pytest.raises(CommandError, match=said):
        begin("pinball", topic)
    assert before == files()


@pytest.mark.parametrize("broken", ["write_bytes", "replace"])
@pytest.mark.parametrize("at", range(5))
def test_all_or_nothing(topic, monkeypatch, broken, at):
    """Whichever file cannot be written, every other is as it was, and nothing is left over."""
    before, changes = files(), scaffold.plan("pinball", topic)
    real, calls = getattr(Path, broken), iter(range(100))

    def fail(path, *arguments):
        if next(calls) == at:
            raise OSError(28, "No space left on device", str(path))
        return real(path, *arguments)

    monkeypatch.setattr(Path, broken, fail)
    with pytest.raises(OSError, match="No space left"):
        scaffold.write(changes)
    assert before == files()


def test_outside_of_the_course(topic, monkeypatch, capsys):
    """The installed package has no notebooks to write to, and says so."""
    monkeypatch.setattr(syllabus, "SHIPPED", syllabus.ROOT)
    assert main(["new", "pinball", "--topic", "toy"]) == 1
    assert "`coursekit new` needs the course's folder" in capsys.readouterr().err


# ---- what is written ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "parameters", "of_torch"),
    [
        ("pinball", 'input: Tensor, target: Tensor, reduction: str = "mean"', False),
        (
            "huber_loss",
            'input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight: Tensor | None = None',
            True,
        ),
        ("l1_loss", 'input: Tensor, target: Tensor, reduction: str = "mean", weight: Tensor | None = None', True),
        ("softplus", "input: Tensor, beta: int = 1, threshold: int = 20", True),
        ("softmin", "input: Tensor, dim: int | None = None, dtype: int | None = None", True),
        ("gelu", 'input: Tensor, approximate: str = "none"', True),
        ("rrelu_", "input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False", True),
        ("conv_tbc", 'input: Tensor, target: Tensor, reduction: str = "mean"', True),  # tells its parameters nowhere
        ("Tensor", 'input: Tensor, target: Tensor, reduction: str = "mean"', False),
    ],
)
def test_signatures(name, parameters, of_torch):
    """torch's parameters in its order, without what is deprecated there; where torch has none, those of a loss."""
    found = signature_of(name)
    assert (", ".join(map(str, found.parameters)), bool(found.twin)) == (parameters, of_torch)


@pytest.mark.parametrize(
    ("name", "text", "parameters", "twin"),
    [
        ("keras_huber", "", "y_true: Tensor, y_pred: Tensor", "keras.losses.huber"),
        (
            "keras_huber",
            "y_true, y_pred, delta=1.0",
            "y_true: Tensor, y_pred: Tensor, delta: float = 1.0",
            "keras.losses.huber",
        ),
        ("pinball", "p, q, *, base='e'", 'p: Tensor, q: Tensor, *, base: str = "e"', ""),
        ("huber_loss", "input, target", "input: Tensor, target: Tensor", "torch.nn.functional.huber_loss"),
    ],
)
def test_signatures_by_hand(name, text, parameters, twin):
    """Other parameters are written as between parentheses; a name finds its twin all the same."""
    found = signature_of(name, text)
    assert (", ".join(found.written(str)), found.twin) == (parameters, twin)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("input Tensor", "These are no parameters of a function: input Tensor"),
        ("size: int, rate=0.1", "There is no tensor among these parameters: size: int, rate=0.1"),
    ],
)
def test_parameters_that_are_refused(topic, text, said):
    """In a sentence, and nothing is written."""
    before = files()
    with pytest.raises(CommandError, match=re.escape(said)):
        begin("pinball", topic, parameters=text)
    assert before == files()


def test_by_name_only():
    """A star stands before what is given by name only."""
    found = signature_of("triplet_margin_with_distance_loss")
    assert found.written(lambda each: each.untyped)[:5] == [
        "anchor",
        "positive",
        "negative",
        "*",
        "distance_function=None",
    ]
    assert found.flags == []


def ruff(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *arguments, "--no-cache", "."],
        cwd=syllabus.ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout if done.returncode else ""


KERAS = {name: [pytest.mark.slow] for name in NAMES if name.startswith("keras_")}  # it takes seconds to import
EACH = pytest.mark.parametrize(
    ("name", "parameters"),
    [
        *(pytest.param(name, "", marks=KERAS.get(name, [])) for name in NAMES),
        *(("pinball", text) for text in PARAMETERS),
    ],
)


@pytest.mark.slow
@EACH
@pytest.mark.parametrize("long", ["", LONG])
def test_skeleton_is_written_as_the_house_writes(topic, name, parameters, long):
    """ruff has nothing to say of it, neither of its rules nor of its layout."""
    shutil.copy(PROJECT / "pyproject.toml", syllabus.ROOT)
    topic.grader.with_name("common.py").write_text('"""Shared."""\n\nREADY_MADE = ("softmax",)\n', encoding="utf-8")
    for there in ("graders/toy/double", "graders/toy/triple", "exercise/__init__", "exercise/families/inputs"):
        module = syllabus.ROOT / "coursekit" / f"{there}.py"  # what is not there is somebody else's to ruff
        module.parent.mkdir(parents=True, exist_ok=True)
        module.write_text('"""Here."""\n', encoding="utf-8")
    before = ruff("check") + ruff("format", "--diff")
    begin(f"{name}{long}"[:50], topic, parameters=parameters or ", ".join(signature_of(name).written(str)))
    assert before == ruff("check") + ruff("format", "--diff")


def grader_of(name, topic, monkeypatch):
    """The exercise that its new grader defines, as part of the toy course."""
    path = topic.grader.with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"coursekit.graders.toy.{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    exercise = getattr(module, name)
    one, two = topic.exercises
    order = (one, two, exercise) if syllabus.is_of_keras(name) else (one, exercise, two)
    monkeypatch.setattr(sys.modules["coursekit.graders.toy"], "EXERCISES", order)
    syllabus.exercises.cache_clear()
    return exercise


def finish(path, *edits):
    """Does what an author does."""
    text = path.read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text.replace("TODO", "Done"), encoding="utf-8")


@EACH
def test_what_is_left_is_told(topic, monkeypatch, name, parameters):
    """Verify answers of a skeleton: every file that says TODO, with its lines, and that nothing is written yet."""
    begin(name, topic, parameters=parameters)
    exercise = grader_of(name, topic, monkeypatch)
    findings = proofs.verify_exercise("toy", name, 1)
    for path in (f"coursekit/graders/toy/{name}.py", "solutions/toy.py", "tests/styles/toy.py"):
        assert len([fault for fault in findings.faults if fault.startswith(f"{path} still says TODO in lines")]) == 1
    assert "the solution is not written yet." in findings.faults
    assert f"{name}__loop is not written yet." in findings.faults
    assert verify.verify_files([topic]).faults == [
        "exercises/toy.py is stale (run `coursekit refresh`).",
        "00_toy.ipynb was not executed once from top to bottom (run `coursekit refresh`).",
        f"notebooks/00_toy.ipynb still says TODO in cells {'8, 9, 11' if syllabus.is_of_keras(name) else '5, 6, 8'}.",
    ]
    assert [style.partition("__")[2] for style in proofs.styles_of(topic, exercise)] == (
        list(skeleton._STYLES)[: 5 if exercise.twin else 3]
    )


ABSOLUTE = """    losses = abs(input - target)
    if reduction == "none":
        return losses
    if reduction in ("sum", "mean"):
        return losses.sum() if reduction == "sum" else losses.mean()
    raise ValueError(reduction)"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pinball", "l1_loss"])
def test_once_the_todos_are_done(topic, monkeypatch, name):
    """With a formula, an answer and styles the skeleton is an exercise without a fault, every mistake told apart."""
    begin(name, topic)
    finish(topic.solution, ('    raise NotImplementedError("TODO: the answer, as a learner will read it")', ABSOLUTE))
    finish(syllabus.ROOT / "tests/styles/toy.py", ("    raise NotImplementedError", ABSOLUTE))
    finish(topic.grader.with_name(f"{name}.py"), ("(input - target) ** 2", "(input - target).abs()"))
    grader_of(name, topic, monkeypatch)
    findings = proofs.verify_exercise("toy", name, 5)
    assert findings.faults == []
    assert findings.wrong == findings.named > 15


def test_the_command(topic, capsys):
    """It tells what it wrote, where, and what to type next."""
    assert main(["new", "pinball", "--topic", "toy", "--after", "double"]) == 0
    out = capsys.readouterr().out
    assert "  solutions/toy.py, line 16                                signature, docstring, answer" in out
    assert "  coursekit verify --exercise pinball --seeds 2\n" in out
    assert main(["new", "pinball", "--topic", "toi"]) == 1
    assert "No topic is called `toi`. Did you mean `toy`?" in capsys.readouterr().err


# ---- the real course ---------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_in_a_copy_of_the_course(tmp_path):
    """There it is listed, verified in words, clean for ruff and mypy, and none of the other exercises is touched."""
    for name in ("coursekit", "solutions", "exercises", "notebooks", "tests/styles"):
        shutil.copytree(PROJECT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "*.nb?"))
    for name in ("README.md", "pyproject.toml"):
        shutil.copy(PROJECT / name, tmp_path)
    if (PROJECT / ".mypy_cache").exists():  # what mypy knows of torch takes it half a minute to learn
        shutil.copytree(PROJECT / ".mypy_cache", tmp_path / ".mypy_cache")

    def run(*command, module="coursekit"):
        done = subprocess.run(
            [sys.executable, "-m", module, *command], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout + done.stderr

    code, out = run("new", "pinball", "--topic", "regression", "--after", "huber_loss")
    assert code == 0, out
    assert re.search(r"pinball +2 points", run("list")[1])
    code, out = run("verify", "--exercise", "pinball", "--seeds", "1")
    assert code == 1
    assert "FAULT regression.pinball, 17/17 rejected, 17 named" in out
    assert "coursekit/graders/regression/pinball.py still says TODO in lines" in out
    assert run("check", ".", module="ruff") == (0, "All checks passed!\n")
    assert run("format", "--check", ".", module="ruff")[0] == 0
    code, out = run("coursekit/graders/regression/pinball.py", module="mypy")
    assert code == 0, out
