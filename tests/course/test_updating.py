"""A newer course with all that its learner has written: what is carried over, where to, and what is said of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import upstream
from upstream import Lessons, code, exercise, lesson, text

from coursekit.course.updating import shipped
from coursekit.course.updating.blocks import Block, Sheet, read
from coursekit.course.updating.changes import Asked, asked
from coursekit.course.updating.lending import lent
from coursekit.course.updating.matching import Origin, Place, match

DOUBLE = "return 2 * x  # mine"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A learner's course, of the first version."""
    return upstream.ship(tmp_path / "course", upstream.first())


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]):
    """What was said so far."""
    return lambda: capsys.readouterr().out


def bring(root: Path, lessons: Lessons, checks: str = "") -> Path:
    """Updates to a version with these lessons; returns where that is as it was shipped."""
    new = upstream.ship(root.parent / f"new{len(upstream.kept(root))}", lessons, history=root, checks=checks)
    upstream.update(root, new)
    return new


def test_nothing_of_the_learners(root: Path):
    """A course in which nobody has written is the new one, to the byte, and nothing is left of the update."""
    lessons = upstream.first()
    lessons["00_one"][0]["source"] = ["# One, reworded"]
    new = bring(root, lessons)
    assert upstream.files(root) == upstream.files(new)
    assert not (root / ".update").exists()


def test_prose_changes_around_an_answer(root: Path, said):
    """A reworded text is there, the answer is where it was, and the lesson is named."""
    answer = upstream.solve(root, "00_one", "double", DOUBLE)
    lessons = upstream.first()
    lessons["00_one"][0]["source"] = ["# One, reworded"]
    bring(root, lessons)
    assert upstream.texts(root, "00_one")["one-0"] == "# One, reworded"
    assert upstream.texts(root, "00_one")["double-cell"] == answer
    told = said()
    assert "notebooks/00_one.ipynb has changed." in told
    assert "1 answer in notebooks" in told


def test_old_files_are_kept(root: Path, said):
    """Each file that changes is kept as it was, in a folder that is named; others are not in it."""
    upstream.solve(root, "00_one", "double", DOUBLE)
    before = upstream.files(root)
    lessons = upstream.first()
    lessons["00_one"][0]["source"] = ["# One, reworded"]
    bring(root, lessons)
    (folder,) = upstream.kept(root)
    copies = upstream.files(folder, leaving=())
    assert "notebooks/01_two.ipynb" not in copies
    assert "notebooks/00_one.ipynb has changed." in copies.pop("what-changed.txt").decode()
    assert copies == {name: before[name] for name in copies}
    assert f"kept/{folder.name}/" in said()


def test_an_untouched_lesson_stays_as_it_is(root: Path):
    """A lesson whose text is the same keeps the learner's file to the byte, with all that it has shown."""
    answer = upstream.solve(root, "01_two", "halve", "return x / 2")
    cells = upstream.cells_of(root, "01_two")
    cells[1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["seen"]}]
    upstream.write(root / "notebooks" / "01_two.ipynb", cells)
    before = (root / "notebooks" / "01_two.ipynb").read_bytes()
    lessons = upstream.first()
    lessons["00_one"][0]["source"] = ["# One, reworded"]
    bring(root, lessons)
    assert (root / "notebooks" / "01_two.ipynb").read_bytes() == before
    assert answer.encode("unicode_escape")[:9] in before


def test_new_docstring_above_an_answer(root: Path, said):
    """A docstring that is left as it was becomes the new one; that is said."""
    upstream.solve(root, "00_one", "double", DOUBLE)
    lessons = upstream.first()
    lessons["00_one"] = lesson("one", exercise("double", "Twice as much as x."), exercise("triple"))
    bring(root, lessons)
    assert upstream.texts(root, "00_one")["double-cell"] == upstream.answer("double", DOUBLE, "Twice as much as x.")
    assert "double: described anew. The new docstring stands above your answer" in said()


def test_new_docstring_beside_an_own_one(root: Path, said):
    """A docstring that the learner has changed stays; the new one is in the report."""
    mine = upstream.answer("double", DOUBLE).replace("The double of x.", "My own words.")
    upstream.change(root, "00_one", "double-cell", mine)
    lessons = upstream.first()
    lessons["00_one"] = lesson("one", exercise("double", "Twice as much as x."), exercise("triple"))
    bring(root, lessons)
    assert upstream.texts(root, "00_one")["double-cell"] == mine
    assert "double: described anew, where you have words of your own." in said()
    report = upstream.kept(root)[0] / "what-changed.txt"
    assert "double is described so now:\n\n    Twice as much as x." in report.read_text(encoding="utf-8")


def test_new_signature(root: Path, said):
    """An answer to another signature stands as it was written, and both signatures are said."""
    answer = upstream.solve(root, "00_one", "double", DOUBLE)
    lessons = upstream.first()
    lessons["00_one"] = lesson("one", exercise("double", "Twice.", "input: Tensor"), exercise("triple"))
    bring(root, lessons)
    assert upstream.texts(root, "00_one")["double-cell"] == answer
    told = said()
    assert "`def double(input: Tensor) -> Tensor`" in told
    assert "`def double(x: Tensor) -> Tensor`" in told
    assert "described anew" not in told


def test_new_checks(root: Path, said):
    """Where the checks of an answered exercise are others, that is said; of an exercise without answer nothing is."""
    upstream.solve(root, "00_one", "double", DOUBLE)
    bring(root, upstream.first(), checks="other")
    assert "double: its checks have changed since you answered. Check again." in said()


def test_a_lesson_is_renamed(root: Path, said):
    """Another number, another place: the answers and notes go along, and the old file is gone."""
    answer = upstream.solve(root, "01_two", "halve", "return x / 2")
    upstream.add(root, "01_two", "halve-below", text("mine", "Why a half?"))
    lessons = upstream.first()
    bring(root, {"00_one": lessons["00_one"], "01_zero": lesson("zero", exercise("zero")), "02_two": lessons["01_two"]})
    assert upstream.texts(root, "02_two")["halve-cell"] == answer
    there = upstream.keys(root, "02_two")
    assert there[there.index("mine") - 1] == "halve-below"
    assert not (root / "notebooks" / "01_two.ipynb").exists()
    assert (upstream.kept(root)[0] / "notebooks" / "01_two.ipynb").exists()
    told = said()
    assert "notebooks/01_two.ipynb is notebooks/02_two.ipynb now." in told
    assert "notebooks/01_zero.ipynb is new." in told
    assert "has moved" not in told


def test_a_lesson_has_another_number_and_other_words():
    """Its topic says which it is, and so its cells are found by their ids, though none of their texts is as it was."""
    old = Sheet("notebooks/01_two.ipynb", (Block("# Two", "two-0", "markdown"),))
    new = Sheet("notebooks/02_two.ipynb", (Block("# Two, reworded", "two-0", "markdown"),))
    module = Sheet("exercises/two.py", (Block("# Two", "two-0"),))
    there = {sheet.name: sheet for sheet in (module, new)}
    assert match([old], there, shipped.NOTHING.plus([old, *there.values()])) == {Origin(0, 0): Place(new.name, 0)}


def test_a_lesson_is_split(root: Path, said):
    """Each answer and each note goes to the part that has its exercise or its neighbour, in both kinds of file."""
    first = upstream.solve(root, "01_two", "halve", "return x / 2")
    second = upstream.solve(root, "01_two", "negate", "return math.copysign(x, -x)")
    upstream.add(root, "01_two", "halve-below", text("mine-1", "Why a half?"))
    upstream.add(root, "01_two", "negate-above", code("mine-2", "print(-3)"))
    module = root / "exercises" / "two.py"
    module.write_text(
        module.read_text(encoding="utf-8")
        .replace("# ", "# ")
        .replace(upstream.source(exercise("negate")[0]), "import math\n\n\n" + second),
        encoding="utf-8",
    )
    lessons = upstream.first()
    two = lessons["01_two"]
    at = [cell["id"] for cell in two].index("negate-above")
    parts = {"01_half": [*two[:2], *two[2:at]], "02_less": [text("less-0", "# Less"), *two[at:]]}
    bring(root, {"00_one": lessons["00_one"], **parts})
    half, less = upstream.keys(root, "01_half"), upstream.keys(root, "02_less")
    assert upstream.texts(root, "01_half")["halve-cell"] == first
    assert upstream.texts(root, "02_less")["negate-cell"] == second
    assert half[half.index("mine-1") - 1] == "halve-below"
    assert less[less.index("mine-2") - 1] == "negate-above"
    modules = {name: (root / "exercises" / f"{name}.py").read_text(encoding="utf-8") for name in ("half", "less")}
    assert second in modules["less"]
    assert "import math" in modules["less"]
    assert not module.exists()
    told = said()
    assert "negate has moved from notebooks/01_two.ipynb to notebooks/02_less.ipynb" in told
    assert "negate: what your answer needs of its old lesson stands above it." in told


def test_prose_that_would_be_code_defines_nothing():
    """What an answer needs is lent to it, though a text of the lesson where it stands now could be read as that."""
    answer = Block("def area(r):\n    return pi * r * r", exercise="area")
    old = Sheet("notebooks/01_two.ipynb", (Block("from math import pi"), answer))
    assert lent(answer, old, [], [answer, Block("pi = 3", kind="markdown")]) == ["from math import pi"]
    assert lent(answer, old, [], [answer, Block("pi = 3")]) == []


def test_reworded_output(root: Path):
    """What the course's check had stored is new where nobody answered; what a learner was told stays by an answer."""
    upstream.solve(root, "00_one", "double", DOUBLE)
    cells = upstream.cells_of(root, "00_one")
    check = next(cell for cell in cells if cell["id"] == "double-check")
    check["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["double: done"]}]
    upstream.write(root / "notebooks" / "00_one.ipynb", cells)
    lessons = upstream.first()
    for cells in lessons.values():
        for cell in cells:
            for shown in cell.get("outputs", []):
                shown["text"] = ["reworded"]
    lessons["00_one"][0]["source"] = ["# One, reworded"]
    bring(root, lessons)
    shown = {
        cell["id"]: cell["outputs"][0]["text"]
        for name in ("00_one", "01_two")
        for cell in upstream.cells_of(root, name)
        if cell.get("outputs")
    }
    assert shown["double-check"] == ["double: done"]
    assert shown["triple-check"] == shown["halve-check"] == ["reworded"]


def test_an_exercise_is_removed(root: Path, said):
    """Its answer stands in a file of its own, which is named; another's is where it was."""
    gone = upstream.solve(root, "00_one", "double", DOUBLE)
    stays = upstream.solve(root, "00_one", "triple", "return 3 * x")
    bring(root, {**upstream.first(), "00_one": lesson("one", exercise("triple"))})
    assert upstream.texts(root, "00_one")["triple-cell"] == stays
    aside = upstream.kept(root)[0] / "answers-to-removed-exercises.py"
    assert gone in aside.read_text(encoding="utf-8")
    assert "double is no longer an exercise: your answer stands in answers-to-removed-exercises.py" in said()


def test_own_cells_keep_their_neighbours(root: Path):
    """Notes and code of the learner's stand below the same cell, though that has moved, and in the same order."""
    upstream.add(root, "00_one", "double-above", text("mine-1", "One."), code("mine-2", "1 + 1", "2"))
    upstream.add(root, "00_one", "triple-below", text("mine-3", "Three."))
    lessons = upstream.first()
    lessons["00_one"] = lesson("one", exercise("triple"), exercise("double"))
    bring(root, lessons)
    there = upstream.keys(root, "00_one")
    assert there[there.index("double-above") :][1:3] == ["mine-1", "mine-2"]
    assert there[there.index("triple-below") + 1] == "mine-3"
    shown = next(cell for cell in upstream.cells_of(root, "00_one") if cell["id"] == "mine-2")["outputs"]
    assert shown[0]["text"] == ["2"]


def test_a_neighbour_is_gone(root: Path):
    """The nearest one that is still there takes its place: above if it is as near as the one below."""
    upstream.add(root, "00_one", "one-0", text("mine-1", "Below the title."))
    upstream.add(root, "00_one", "double-below", text("mine-2", "Below what is gone."))
    lessons = upstream.first()
    lessons["00_one"] = [cell for cell in lessons["00_one"] if cell["id"] not in ("one-0", "double-below")]
    bring(root, lessons)
    there = upstream.keys(root, "00_one")
    assert there[:2] == ["mine-1", "one-1"]
    assert there[there.index("mine-2") + 1] == "triple-above"  # its check is as near, on the side of what is gone


def test_learner_moves_doubles_and_deletes(root: Path, said):
    """The course's cells are back in their places; of several answers the last counts, and the others stay above it."""
    upstream.solve(root, "00_one", "double", "return x + x  # first")
    cells = upstream.cells_of(root, "00_one")
    by_key = {cell["id"]: cell for cell in cells}
    again = {**by_key["double-cell"], "id": "copy", "source": [upstream.answer("double", "return 2 * x  # second")]}
    twice = {**by_key["one-0"], "id": "copy-of-prose"}
    cells = [
        by_key["one-end"],
        *(cell for cell in cells if cell["id"] not in ("one-end", "triple-above")),
        again,
        twice,
    ]
    upstream.write(root / "notebooks" / "00_one.ipynb", cells)
    lessons = upstream.first()
    lessons["00_one"][1]["source"] = ["import torch"]
    bring(root, lessons)
    there = upstream.texts(root, "00_one")
    own = [
        cell["id"]
        for cell in upstream.cells_of(root, "00_one")
        if cell["id"] not in [c["id"] for c in lessons["00_one"]]
    ]
    assert [key for key in there if key not in own] == [cell["id"] for cell in lessons["00_one"]]
    assert "# second" in there["double-cell"]
    (above,) = (each for each in own if "# first" in there[each])
    order = upstream.keys(root, "00_one")
    assert order.index(above) < order.index("double-cell")
    assert "copy-of-prose" in own
    told = said()
    assert (
        "double had several answers in notebooks/00_one.ipynb: the last one counts, and another answer stands" in told
    )
    assert "notebooks/00_one.ipynb: cells of the course that you had deleted are back." in told


def test_changed_text_of_the_course_stays(root: Path, said):
    """A cell of the course that the learner has changed, and the course has not, stays as the learner has it."""
    upstream.change(root, "00_one", "one-1", "import torch\nprint('mine')")
    lessons = upstream.first()
    lessons["00_one"][0]["source"] = ["# One, reworded"]
    bring(root, lessons)
    assert upstream.texts(root, "00_one")["one-1"] == "import torch\nprint('mine')"
    assert "notebooks/00_one.ipynb: text of the course that you had changed, which stays as you have it." in said()


@pytest.mark.parametrize(
    ("key", "mine"), [("one-0", "# One\n\nI ask: ```what```?"), ("one-1", "import torch\nx = '```'")]
)
def test_both_have_changed_a_text(root: Path, said, key: str, mine: str):
    """Where both have changed it, the course's is there, and the learner's stands below as a note that runs nothing."""
    upstream.change(root, "00_one", key, mine)
    lessons = upstream.first()
    next(cell for cell in lessons["00_one"] if cell["id"] == key)["source"] = ["reworded"]
    bring(root, lessons)
    assert upstream.texts(root, "00_one")[key] == "reworded"
    cells = upstream.cells_of(root, "00_one")
    note = cells[[cell["id"] for cell in cells].index(key) + 1]
    assert note["cell_type"] == "markdown"
    assert upstream.source(note).startswith("Your version of the cell above")
    assert mine in upstream.source(note)
    assert "outputs" not in note
    assert "yours stands below it, as a note" in said()


def test_a_note_keeps_its_pictures(root: Path):
    """What a text shows that was pasted into it belongs to the text."""
    pasted = {"a.png": {"image/png": "iVBORw0KGgo="}}
    first, *rest = upstream.cells_of(root, "00_one")
    first |= {"source": ["Mine: ![](attachment:a.png)"], "attachments": pasted}
    upstream.write(root / "notebooks" / "00_one.ipynb", [first, *rest])
    lessons = upstream.first()
    lessons["00_one"][0]["source"] = ["# One, reworded"]
    bring(root, lessons)
    assert [cell.get("attachments") for cell in upstream.cells_of(root, "00_one")[:2]] == [None, pasted]


def test_twice_is_once(root: Path):
    """Another update to the same version changes nothing: a note is not noted again."""
    upstream.solve(root, "00_one", "double", DOUBLE)
    upstream.change(root, "00_one", "one-0", "# Mine")
    upstream.add(root, "00_one", "one-0", text("mine", "A note."))
    lessons = upstream.first()
    lessons["00_one"][0]["source"] = ["# One, reworded"]
    new = bring(root, lessons)
    before = upstream.files(root)
    upstream.update(root, new)
    assert upstream.files(root) == before


def test_modules(root: Path, said):
    """Answers, helpers, imports and comments in exercises/ stay where they were; the course's own lines are new."""
    module = root / "exercises" / "one.py"
    mine = module.read_text(encoding="utf-8").replace(
        upstream.source(exercise("double")[0]),
        "# how to double?\nimport math\n\n\ndef _twice(x):\n    return x + x\n\n\n"
        + upstream.answer("double", "return _twice(x)"),
    )
    module.write_text(mine + "\n\nif __name__ == '__main__':\n    print(double(2))\n", encoding="utf-8")
    lessons = upstream.first()
    lessons["00_one"] = lesson("one", exercise("double", "Twice as much."), exercise("triple", "Thrice as much."))
    bring(root, lessons)
    there = module.read_text(encoding="utf-8")
    assert upstream.answer("double", "return _twice(x)", "Twice as much.") in there
    assert upstream.source(exercise("triple", "Thrice as much.")[0]) in there
    order = [
        there.index(each) for each in ("# how to", "import math", "def _twice", "def double", "def triple", "__main__")
    ]
    assert order == sorted(order)
    assert "The double of x" not in there
    assert "1 answer in exercises/" in said()


def test_both_sides_of_a_conflict_have_each_place():
    """A text of the course stands on both, and it is the same text."""
    old = Sheet("notebooks/00_one.ipynb", (Block("# One", "one-0", "markdown"),))
    found = match([old, old], {old.name: old}, shipped.NOTHING.plus([old]))
    assert found == {Origin(side, 0): Place(old.name, 0) for side in (0, 1)}


def test_an_import_is_not_taken_for_another():
    """What stands between a module's functions has no name of its own: a learner's is not the course's, reworded."""
    ours = Block("from torch import Tensor", "one.py")
    old = Sheet("exercises/one.py", (Block("import math", "one.py"), ours))
    new = {old.name: Sheet(old.name, (Block("from torch import Tensor, nn", "one.py"),))}
    assert match([old], new, shipped.NOTHING.plus([Sheet(old.name, (ours,)), *new.values()])) == {}


def test_pieces_of_a_module():
    """What stands at its head is its docstring; other texts, and what is no function, are the file's."""
    (sheet,) = read("exercises/one.py", b'"""One."""\n\nimport math\n\n"""More."""\n\n\ndef f():\n    pass\n')
    assert [block.key for block in sheet.blocks] == ["one.py:docstring", "one.py", "one.py", "one.py:f"]


def test_a_broken_module(root: Path):
    """What is no Python is carried over as well: it is told from the rest by its indentation."""
    module = root / "exercises" / "one.py"
    broken = upstream.answer("double", "return 2 * (x  # half a line")
    stub = upstream.source(exercise("double")[0])
    module.write_text(module.read_text(encoding="utf-8").replace(stub, broken), encoding="utf-8")
    lessons = upstream.first()
    lessons["00_one"] = lesson("one", exercise("double", "Twice."), exercise("triple", "Thrice."))
    bring(root, lessons)
    there = module.read_text(encoding="utf-8")
    assert "return 2 * (x  # half a line" in there
    assert "Thrice." in there
    assert [there.count("def double"), there.count("def triple")] == [1, 1]


def test_an_answer_without_docstring(tmp_path: Path):
    """What stands first in it is none."""
    upstream.put(tmp_path / "solutions" / "one.py", "def double(x):\n    y = x\n    return y + x\n")
    assert asked(tmp_path) == {"double": Asked("def double(x)", "")}


def test_other_files(root: Path):
    """What the learner has added is not touched, nor their progress, nor a copy of a lesson."""
    mine = {
        "progress.jsonl": b"{}\n",
        "notebooks/00_one-Copy1.ipynb": (root / "notebooks" / "00_one.ipynb").read_bytes(),
        "notebooks/mine.ipynb": b"no notebook",
        "exercises/mine.py": b"x = 1\n",
        "notes/a.txt": b"a",
    }
    for name, content in mine.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(content)
    bring(root, {"00_one": lesson("one", exercise("double"))})
    there = upstream.files(root)
    assert {name: there[name] for name in mine} == mine


def test_the_courses_own_files(root: Path):
    """Without git, what the new course lacks in folders that are its own is put aside; a package becomes a module."""
    upstream.put(root / "coursekit" / "old.py", "x = 1\n")
    upstream.put(root / "coursekit" / "thing" / "__init__.py", "x = 1\n")
    new = upstream.ship(root.parent / "new", upstream.first(), history=root)
    upstream.put(new / "coursekit" / "thing.py", "x = 2\n")
    upstream.update(root, new)
    assert (root / "coursekit" / "thing.py").read_text(encoding="utf-8") == "x = 2\n"
    assert not (root / "coursekit" / "old.py").exists()
    assert not (root / "coursekit" / "thing").exists()
    assert (upstream.kept(root)[0] / "coursekit" / "old.py").exists()


# ---- conflicts ---------------------------------------------------------------------------------------------------


def in_conflict(ours: str, theirs: str, base: str | None = None) -> str:
    """Both with git's marks around where they differ at the end, as far as lines do."""
    one, other = ours.splitlines(keepends=True), theirs.splitlines(keepends=True)
    same = next(at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1])
    end = next(at for at, pair in enumerate(zip(one[::-1], other[::-1], strict=False)) if pair[0] != pair[1])
    middle = "" if base is None else f"||||||| base\n{base}"
    marked = ["<<<<<<< Updated upstream\n", *one[same : len(one) - end], middle, "=======\n"]
    return "".join(
        [*one[:same], *marked, *other[same : len(other) - end], ">>>>>>> Stashed changes\n", *one[len(one) - end :]]
    )


@pytest.mark.parametrize("base", [None, "what there was\n"], ids=["merge", "diff3"])
@pytest.mark.parametrize("is_mine_first", [True, False])
def test_a_notebook_in_conflict(root: Path, said, base: str | None, is_mine_first: bool):
    """Both sides are read, whichever is the learner's, and the answer is taken; the notebook is one again."""
    path = root / "notebooks" / "00_one.ipynb"
    theirs = json.loads(path.read_text(encoding="utf-8"))
    theirs["cells"][4]["outputs"][0]["text"] = ["reworded"]
    theirs["cells"][0]["source"] = ["# One, reworded"]
    answer = upstream.solve(root, "00_one", "double", DOUBLE)
    upstream.add(root, "00_one", "one-0", text("mine", "A note."))
    sides = [path.read_text(encoding="utf-8"), json.dumps(theirs, ensure_ascii=False, indent=1, sort_keys=True) + "\n"]
    path.write_text(in_conflict(*(sides if is_mine_first else sides[::-1]), base), encoding="utf-8")
    lessons = upstream.first()
    lessons["00_one"][0]["source"] = ["# One, reworded"]
    bring(root, lessons)
    assert upstream.texts(root, "00_one")["double-cell"] == answer
    assert upstream.texts(root, "00_one")["one-0"] == "# One, reworded"
    assert upstream.keys(root, "00_one").count("mine") == 1
    assert "notebooks/00_one.ipynb stood in conflict: both sides were read, and your answers in it are kept." in said()


def test_a_conflict_that_breaks_the_cells(root: Path):
    """Where git's cuts leave no JSON on a side, its whole cells are read one by one."""
    path = root / "notebooks" / "00_one.ipynb"
    answer = upstream.solve(root, "00_one", "triple", "return 3 * x")
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if "# one" in line)
    lines[at:at] = ["<<<<<<< HEAD\n", "=======\n", "   torn: {[\n", ">>>>>>> theirs\n"]
    lines[-3:-3] = ["] torn\n"]
    path.write_text("".join(lines), encoding="utf-8")
    bring(root, {**upstream.first(), "01_two": lesson("two", exercise("halve"))})
    assert upstream.texts(root, "00_one")["triple-cell"] == answer


def test_a_module_in_conflict(root: Path, said):
    """Both sides of a module are read, and the answer is taken."""
    module = root / "exercises" / "one.py"
    shipped_text = module.read_text(encoding="utf-8")
    stub = upstream.source(exercise("double")[0])
    mine = shipped_text.replace(stub, upstream.answer("double", DOUBLE))
    theirs = shipped_text.replace(stub, upstream.source(exercise("double", "Twice.")[0]))
    module.write_text(in_conflict(theirs, mine), encoding="utf-8")
    lessons = upstream.first()
    lessons["00_one"] = lesson("one", exercise("double", "Twice."), exercise("triple"))
    bring(root, lessons)
    there = module.read_text(encoding="utf-8")
    assert DOUBLE in there
    assert "<<<<" not in there
    assert there.count("def double") == 1
    assert "exercises/one.py stood in conflict" in said()


def test_a_conflict_within_a_cell(root: Path):
    """nbdime leaves its marks inside of a cell, and the notebook readable: the learner's side is the answer."""
    stub, mine = upstream.source(exercise("double", "Twice.")[0]), upstream.answer("double", DOUBLE)
    upstream.change(root, "00_one", "double-cell", in_conflict(mine + "\n", stub + "\n"))
    lessons = upstream.first()
    lessons["00_one"] = lesson("one", exercise("double", "Twice."), exercise("triple"))
    bring(root, lessons)
    assert upstream.texts(root, "00_one")["double-cell"].rstrip() == upstream.answer("double", DOUBLE, "Twice.")


def test_both_sides_have_answers(root: Path, said):
    """Two answers, as of two machines: the later one is in the cell, the other one above it, and it is said."""
    path = root / "notebooks" / "00_one.ipynb"
    upstream.solve(root, "00_one", "double", "return x + x  # ours")
    ours = path.read_text(encoding="utf-8")
    upstream.solve(root, "00_one", "double", "return 2 * x  # theirs")
    path.write_text(in_conflict(ours, path.read_text(encoding="utf-8")), encoding="utf-8")
    bring(root, upstream.first())
    cells = upstream.cells_of(root, "00_one")
    at = [cell["id"] for cell in cells].index("double-cell")
    assert "# theirs" in upstream.source(cells[at])
    assert "# ours" in upstream.source(cells[at - 1])
    assert "double had several answers" in said()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is empty"),
        (b'{"cells": [', "no notebook"),
        (b"\xff\xfe{", "UTF-8"),
        (b'{"worksheets": []}', "it has no cells, or is of an old format"),
        (b'{"cells": ["# One"]}', "it has no cells, or is of an old format"),
        (
            b'<<<<<<< a\n{"worksheets": []\n  }\n=======\n{"worksheets": 1\n  }\n>>>>>>> b\n',
            "it stands in conflict, and neither side is a notebook",
        ),
    ],
    ids=["empty", "cut", "no text", "old", "no cells", "conflict"],
)
def test_what_cannot_be_read(root: Path, said, content: bytes, why: str):
    """A lesson that is no notebook any more is as it is shipped; what it was is kept, and that is said."""
    path = root / "notebooks" / "00_one.ipynb"
    path.write_bytes(content)
    new = bring(root, upstream.first())
    assert path.read_bytes() == (new / "notebooks" / "00_one.ipynb").read_bytes()
    assert (upstream.kept(root)[0] / "notebooks" / "00_one.ipynb").read_bytes() == content
    told = said()
    assert "notebooks/00_one.ipynb could not be read" in told
    assert why in told


# ---- what a notebook has lost ------------------------------------------------------------------------------------


def test_without_ids(root: Path):
    """An old program has saved the notebook without ids: text and exercises tell what each cell is."""
    answer = upstream.solve(root, "00_one", "double", DOUBLE)
    upstream.add(root, "00_one", "double-below", text("mine", "A note."))
    cells = [
        {name: value for name, value in cell.items() if name != "id"} for cell in upstream.cells_of(root, "00_one")
    ]
    upstream.write(root / "notebooks" / "00_one.ipynb", cells)
    lessons = upstream.first()
    lessons["00_one"][0]["source"] = ["# One, reworded"]
    bring(root, lessons)
    there = upstream.texts(root, "00_one")
    assert there["double-cell"] == answer
    assert [each for each in there.values() if each == "A note."] == ["A note."]
    assert len(there) == len(lessons["00_one"]) + 1


def test_without_metadata(root: Path):
    """An exercise's cell that has lost its id and its metadata is known by what it defines."""
    answer = upstream.solve(root, "00_one", "double", DOUBLE)
    cells = upstream.cells_of(root, "00_one")
    for cell in cells:
        if cell["id"] == "double-cell":
            cell.update(id="other", metadata={})
    upstream.write(root / "notebooks" / "00_one.ipynb", cells)
    lessons = upstream.first()
    lessons["00_one"][0]["source"] = ["# One, reworded"]
    bring(root, lessons)
    assert upstream.texts(root, "00_one")["double-cell"] == answer
    assert "other" not in upstream.keys(root, "00_one")


def test_from_before_there_was_a_list(root: Path, said):
    """A course that has no list of what was shipped is updated as well; a changed text becomes a note."""
    (root / shipped.LIST).unlink()
    answer = upstream.solve(root, "00_one", "double", DOUBLE)
    upstream.change(root, "00_one", "one-0", "# Mine")
    new = upstream.ship(root.parent / "new", upstream.first())
    upstream.update(root, new)
    assert upstream.texts(root, "00_one")["double-cell"] == answer
    assert "# Mine" in upstream.source(upstream.cells_of(root, "00_one")[1])


def test_many_names(root: Path, said, monkeypatch: pytest.MonkeyPatch):
    """On the screen a row of names ends somewhere; the report has them all."""
    monkeypatch.setattr("coursekit.course.updating.telling._MANY", 1)
    upstream.solve(root, "00_one", "double", DOUBLE)
    upstream.solve(root, "01_two", "halve", "return x / 2")
    bring(root, upstream.first(), checks="other")
    assert "double and 1 more: their checks have changed" in said()
    report = upstream.kept(root)[0] / "what-changed.txt"
    assert "double and halve: their checks have changed" in report.read_text(encoding="utf-8")
