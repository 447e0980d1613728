"""CONTRIBUTING tells what is there: whatever it names and has gone would send an author astray."""

import ast
import re
from pathlib import Path

import pytest

from coursekit.authoring import verify
from coursekit.cli import commands
from coursekit.course import syllabus
from coursekit.exercise.families import usual

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
TABLE = TEXT.partition("## What verify tells you")[2].partition("\n## ")[0]


def public(module):
    """The functions that a module of `coursekit/exercise` offers."""
    tree = ast.parse((ROOT / "coursekit" / "exercise" / "families" / f"{module}.py").read_text(encoding="utf-8"))
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]


@pytest.mark.parametrize("module", ["owed", "usual"])
def test_every_family_is_told(module):
    """Whoever writes a grader finds what is written already."""
    assert [name for name in public(module) if f"`{name}(" not in TEXT] == []


def test_the_number_of_usual_mistakes():
    """The table says how many there are."""
    number = re.search(r"`_USUAL` lists (\w+)", TEXT)[1]
    assert verify._NUMBERS.index(number) == len(usual._USUAL)


def test_every_command_is_one():
    """And each that an author has is told."""
    told = set(re.findall(r"coursekit (\w+)", TEXT))
    assert told <= set(commands.command_names())
    assert {"new", "verify", "refresh"} <= told


def test_every_file_is_there():
    """Paths of the course; TOPIC, NAME and NN stand for any."""
    told = re.findall(r"`((?:coursekit|tests|solutions|notebooks|exercises)/[\w/.]*)`", TEXT)
    told = [path for path in told if not re.search(r"TOPIC|NAME|ROOM|FAMILY", path)]
    assert len(told) > 10
    assert [path for path in told if not (ROOT / path).exists()] == []


def test_every_room_is_told():
    """The table of rooms has all the folders of the package."""
    folders = {path.name for path in (ROOT / "coursekit").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == set(re.findall(r"(?m)^\| `(\w+)/` \|", TEXT))


def test_links_within_the_page():
    """Every jump lands on a heading."""
    headings = {re.sub(r"[^\w -]", "", line.lower()).replace(" ", "-") for line in re.findall(r"(?m)^#+ (.+)", TEXT)}
    assert set(re.findall(r"\]\(#([\w-]+)\)", TEXT)) <= headings


def test_every_finding_of_the_table_can_be_found():
    """What the table says that verify says, it does say: each piece of a sentence stands in the source."""
    modules = (
        "site/mistakes/lines",
        "authoring/proofs",
        "authoring/verify",
        "authoring/survivors",
        "course/notebooks",
        "exercise/answers",
    )
    source = " ".join((ROOT / "coursekit" / f"{name}.py").read_text(encoding="utf-8") for name in modules)
    cells = re.findall(r"(?m)^\| (.*`.*?) \| ", TABLE)
    pieces = [piece.strip(" ,") for cell in cells for said in re.findall(r"`(.*?)`", cell) for piece in said.split("…")]
    assert len(cells) > 12
    assert [piece for piece in pieces if len(piece) > 5 and piece not in source] == []


def test_the_example_is_an_exercise():
    """The steps are shown on one that can be read."""
    assert syllabus.find_exercise("quantile_loss")[0].name == "regression"
