"""The assignment of benchmarks/grading.py as nbgrader and otter-grader want it, and how each is made to grade it.

Run with otter's own Python it grades: `python grading_rivals.py FOLDER` (nbgrader has a command for that).
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

# What a course with these tools writes into its tests: torch is the reference, value and gradient are compared, torch's
# own function is out of reach while the learner's runs.
COMPARISON = """\
import warnings

import torch
import torch.nn.functional as F
from torch import tensor

warnings.simplefilter("ignore")  # nbgrader takes a warning for a failure

def outcome(loss, args, kwargs, wrt, scale, through):
    leaves = [x.detach().clone() if isinstance(x, torch.Tensor) else x for x in args]
    for i in wrt:
        leaves[i].requires_grad_(True)
    given = [getattr(x, through)(-1) if through and i in wrt else x for i, x in enumerate(leaves)]
    try:
        value = loss(*given, **kwargs)
    except Exception:
        return None
    if not wrt:
        return [value.detach()]
    if value.requires_grad:
        (scale * value.sum()).backward()
    return [value.detach(), *(torch.zeros_like(leaves[i]) if leaves[i].grad is None else leaves[i].grad for i in wrt)]

def agree(name, mine, cases):
    theirs = getattr(F, name)

    def refused(*args, **kwargs):
        raise AssertionError("build it by hand")

    for case in cases:
        right = outcome(theirs, *case)
        setattr(F, name, refused)
        try:
            got = outcome(mine, *case)
        finally:
            setattr(F, name, theirs)
        assert (got is None) == (right is None), "an error where a value should come, or a value where an error should"
        for a, b in zip(got or [], right or []):
            assert a.shape == b.shape, "the shape is not right"
            assert torch.allclose(a.double(), b.double(), rtol=1e-4, atol=1e-5, equal_nan=True), "the numbers differ"
"""


def test_source(name: str, cases: Sequence[str]) -> str:
    """Asserts that the function `name` agrees with torch's on all cases."""
    return f"agree({name!r}, {name}, [\n    " + ",\n    ".join(cases) + ",\n])\n"


# ---- nbgrader ----------------------------------------------------------------------------------------------------


def write_nbgrader(folder: Path, cases: Mapping[str, Sequence[str]], submissions: Mapping[str, str]) -> None:
    """A course with one assignment, its release version not yet made, and the submissions to it."""
    solution = {"grade": False, "solution": True, "locked": False}
    tests = {"grade": True, "solution": False, "locked": True, "points": 1}

    def notebook(answer: str) -> str:
        cells = [_cell("answer", answer, {**solution, "grade_id": "answer"})]
        cells.append(
            _cell("common", COMPARISON, {"grade": False, "solution": False, "locked": True, "grade_id": "common"})
        )
        cells += [_cell(n, test_source(n, c), {**tests, "grade_id": f"test_{n}"}) for n, c in cases.items()]
        return _notebook(cells)

    stub = "".join(f"def {name}(*args, **kwargs):\n    raise NotImplementedError\n" for name in cases)
    _write(folder / "source" / "hw" / "hw.ipynb", notebook(stub))
    for learner, text in submissions.items():
        _write(folder / "submitted" / learner / "hw" / "hw.ipynb", notebook(text))
    (folder / "nbgrader_config.py").write_text('c = get_config()\nc.CourseDirectory.course_id = "course"\n')


def _cell(name: str, source: str, nbgrader: dict[str, object]) -> dict[str, object]:
    kind = {"schema_version": 3, "cell_type": "code", "task": False, **nbgrader}
    return {
        "cell_type": "code",
        "id": name.replace("_", "-")[:64],
        "source": source,
        "metadata": {"nbgrader": kind} if nbgrader else {},
        "outputs": [],
        "execution_count": None,
    }


def _notebook(cells: list[dict[str, object]]) -> str:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return json.dumps({"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5})


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def nbgrader_points(python: str, folder: Path) -> dict[str, float]:
    """What its gradebook says of every learner."""
    code = (
        "import json, nbgrader.api\n"
        "with nbgrader.api.Gradebook('sqlite:///gradebook.db') as book:\n"
        "    print(json.dumps({s.student_id: s.score for s in book.assignment_submissions('hw')}))\n"
    )
    done = subprocess.run([python, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    points: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return points


# ---- otter -------------------------------------------------------------------------------------------------------


def write_otter(folder: Path, cases: Mapping[str, Sequence[str]], submissions: Mapping[str, str]) -> None:
    """Test files in otter's exception-based format, and a notebook for each learner."""
    for name, given in cases.items():
        text = (
            f"OK_FORMAT = False\nname = {name!r}\npoints = 1\nfrom otter.test_files import test_case\n"
            f"{COMPARISON}\n@test_case(points=1)\ndef test_{name}({name}):\n"
        )
        _write(folder / "tests" / f"{name}.py", text + _indented(test_source(name, given)))
    for learner, text in submissions.items():
        _write(folder / "submitted" / f"{learner}.ipynb", _notebook([_cell("answer", text, {})]))


def _indented(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.splitlines())


def grade_with_otter(folder: Path) -> None:
    """Grades every notebook through otter's own API, which is quicker than a command for each; writes points.csv."""
    from otter.api import grade_submission

    with (folder / "points.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        for path in sorted((folder / "submitted").glob("*.ipynb")):
            try:
                total = grade_submission(str(path), str(folder / "autograder.zip"), quiet=True).total
            except Exception as error:  # a kernel that died
                print(f"{path.stem}: {type(error).__name__}: {error}", file=sys.stderr)
                total = 0.0
            writer.writerow([path.stem, total])


def otter_points(folder: Path) -> dict[str, float]:
    """What `grade_with_otter` wrote."""
    with (folder / "points.csv").open(newline="") as file:
        return {learner: float(points) for learner, points in csv.reader(file)}


if __name__ == "__main__":
    grade_with_otter(Path(sys.argv[1]))
