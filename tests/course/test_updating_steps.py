"""An update is killed, has no room, may not write, meets a file that is just saved: nothing is lost, and it goes on."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
import upstream
from upstream import lesson, text

from coursekit.course.updating import shipped, steps, update
from coursekit.course.updating.bringing import bring
from coursekit.course.updating.update import _alone, carry_over, main
from coursekit.errors import CommandError

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="a process is killed in a child made by fork")
WRITES = ("open", "os.rename", "os.link", "os.remove", "os.rmdir", "os.mkdir")


@pytest.fixture
def courses(tmp_path: Path) -> tuple[Path, Path]:
    """A learner's course with an answer in each kind of file and a note, and a newer one in which a lesson is split."""
    root = upstream.ship(tmp_path / "course", upstream.first())
    upstream.solve(root, "01_two", "halve", "return x / 2  # mine")
    upstream.solve(root, "01_two", "negate", "return -x  # mine")
    upstream.add(root, "01_two", "negate-above", text("mine", "A note of mine."))
    module = root / "exercises" / "one.py"
    stub = upstream.source(upstream.exercise("double")[0])
    mine = module.read_text(encoding="utf-8").replace(stub, upstream.answer("double", "return 2 * x  # mine"))
    module.write_text(mine, encoding="utf-8")
    lessons = upstream.first()
    two = lessons["01_two"]
    at = [cell["id"] for cell in two].index("negate-above")
    parts = {"01_two": two[:at], "02_less": [text("less-0", "# Less"), *two[at:]]}
    one = lesson("one", upstream.exercise("double", "Twice x."), upstream.exercise("triple"))
    return root, upstream.ship(tmp_path / "new", {"00_one": one, **parts}, history=root)


def killed(root: Path, number: int) -> bool:
    """Carries over in a process that is ended at its write of that number, as by kill -9; whether it came there."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    left = number

    def end(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        if event in WRITES and not (event == "open" and not is_write(arguments)):
            left -= 1
            if left < 0:
                os._exit(9)

    sys.addaudithook(end)
    try:
        carry_over(root)
    finally:
        os._exit(0)
    return False


def is_write(arguments: tuple[object, ...]) -> bool:
    """Whether a file is opened to be written."""
    return bool(int(str(arguments[2] or 0)) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


@needs_fork
@pytest.mark.slow
def test_killed_at_every_write(tmp_path: Path):
    """Wherever it is killed, all that was written is there or kept, and the next run ends as one that was not."""
    root = upstream.ship(tmp_path / "course", {"00_one": upstream.first()["00_one"]})
    upstream.solve(root, "00_one", "double", "return 2 * x  # mine")
    upstream.solve(root, "00_one", "triple", "return 3 * x  # mine")
    before = upstream.files(root)
    parts = {
        "00_one": lesson("one", upstream.exercise("double")),
        "01_more": lesson("more", upstream.exercise("triple")),
    }
    bring(root, upstream.ship(tmp_path / "new", parts, history=root), is_broken=False)
    whole = tmp_path / "whole"
    shutil.copytree(root, whole)
    carry_over(whole)
    wanted, number = upstream.files(whole), 0
    while True:
        course = tmp_path / f"killed-{number}"
        shutil.copytree(root, course)
        if not killed(course, number) or (course / ".update-done").exists():
            break
        for name, content in before.items():  # as it was, or in the copies
            places = [course / name, *course.glob(f"kept/*/{name}"), *course.glob(f".update/kept/{name}")]
            assert content in [path.read_bytes() for path in places if path.exists()], (number, name)
        carry_over(course)
        assert upstream.files(course) == wanted, number
        number += 1
    assert number > 40
    assert upstream.files(course, leaving=("kept", ".update-done")) == wanted


def test_goes_on_without_the_source(courses: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, capsys):
    """Half of the files are exchanged: the next run needs no zip and no network, and tells all that was done."""
    root, new = courses
    exchange, left = Path.replace, 3

    def replace(self: Path, target: Path) -> Path:
        nonlocal left
        left -= 1
        if left < 0:
            raise PermissionError(13, "Permission denied", str(target))
        return exchange(self, target)

    bring(root, new, is_broken=False)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", replace)
        with pytest.raises(CommandError, match=r"cannot be exchanged.*goes on from here"):
            carry_over(root)
    shutil.rmtree(new)
    carry_over(root)
    told = capsys.readouterr().out
    assert "negate has moved from notebooks/01_two.ipynb to notebooks/02_less.ipynb" in told
    assert "# mine" in upstream.texts(root, "02_less")["negate-cell"]
    assert len(upstream.kept(root)) == 1
    assert not (root / ".update").exists()


def test_no_room(courses: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, capsys):
    """A full disk is met before anything is exchanged: the course is as it was, and a sentence says so."""
    root, new = courses
    before = upstream.files(root)

    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device", str(path))

    bring(root, new, is_broken=False)
    with monkeypatch.context() as patch:
        patch.setattr(steps, "write_whole", full)
        assert main(["--carry", str(root)]) == 1
    assert "No space left on device" in capsys.readouterr().err
    assert {name: upstream.files(root)[name] for name in before} == before
    carry_over(root)
    assert "# mine" in upstream.texts(root, "02_less")["negate-cell"]


def test_no_permission(courses: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch):
    """A folder that cannot be written is named before anything is exchanged."""
    root, new = courses
    before = upstream.files(root)
    bring(root, new, is_broken=False)
    monkeypatch.setattr(steps.os, "access", lambda path, mode: not str(path).endswith("notebooks"))
    with pytest.raises(CommandError, match=r"notebooks cannot be written: make it writable.*Nothing was changed"):
        carry_over(root)
    assert {name: upstream.files(root)[name] for name in before} == before


def test_a_file_is_saved_meanwhile(courses: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch):
    """What JupyterLab saves while files are exchanged is not written over: it is read again."""
    root, new = courses
    prepare = steps.prepare

    def prepare_slowly(*arguments: object) -> steps.Plan:
        plan = prepare(*arguments)  # type: ignore[arg-type]
        if not any("later" in each for each in upstream.keys(root, "01_two")):
            upstream.add(root, "01_two", "halve-below", text("later", "Saved at the last moment."))
        return plan

    monkeypatch.setattr("coursekit.course.updating.update.prepare", prepare_slowly)
    upstream.update(root, new)
    there = upstream.keys(root, "01_two")
    assert there[there.index("later") - 1] == "halve-below"
    assert "# mine" in upstream.texts(root, "01_two")["halve-cell"]
    assert "# mine" in upstream.texts(root, "02_less")["negate-cell"]
    assert upstream.keys(root, "02_less").count("mine") == 1


def test_a_merged_file_is_as_old_and_yet_another(courses: tuple[Path, Path]):
    """What was saved later stays later; and whoever has the old one open can tell that it has changed."""
    root, new = courses
    path = root / "notebooks" / "01_two.ipynb"
    os.utime(path, (1_700_000_000, 1_700_000_000))
    upstream.update(root, new)
    assert path.stat().st_mtime == 1_700_000_002


@needs_fork
def test_two_at_once(courses: tuple[Path, Path], capsys: pytest.CaptureFixture[str]):
    """A second update of the same course is told to wait, and touches nothing."""
    root, new = courses
    with _alone(root):
        assert [main([str(root), str(new)]), main([str(root)])] == [1, 1]
    assert capsys.readouterr().err.count("Another update of this course is under way") == 2
    assert not (root / ".update").exists()


# ---- where the new course comes from -----------------------------------------------------------------------------


def zip_of(folder: Path, inner: str = "") -> Path:
    """A zip of a course, which lies in a folder of that name there."""
    base = folder.parent / f"{folder.name}-zip"
    shutil.copytree(folder, base / inner if inner else base)
    return Path(shutil.make_archive(str(base), "zip", base))


@pytest.mark.parametrize("inner", ["", "course-main"])
def test_from_a_zip(courses: tuple[Path, Path], inner: str):
    """A downloaded zip does as well, with a folder in it or without."""
    root, new = courses
    upstream.update(root, zip_of(new, inner))
    assert "# mine" in upstream.texts(root, "02_less")["negate-cell"]


def test_a_zip_that_is_damaged(courses: tuple[Path, Path]):
    """A download that was cut, or is damaged in the middle, changes nothing."""
    root, new = courses
    before = upstream.files(root)
    path = zip_of(new)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(CommandError, match=r"is no zip file that can be opened \(.*\): download it again"):
        bring(root, path, is_broken=False)
    path.write_bytes(data[:200] + bytes(300) + data[500:])
    with pytest.raises(CommandError, match=r"download it again\. Nothing was changed"):
        bring(root, path, is_broken=False)
    assert upstream.files(root) == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda new: shutil.rmtree(new), "There is no .*new: give the zip file, or the folder, of the newest course"),
        (lambda new: (new / "start.py").unlink(), "is not the course: start.py and notebooks/"),
        (lambda new: (new / shipped.LIST).unlink(), "is a course from before there were updates"),
        (lambda new: upstream.solve(new, "00_one", "triple", "return 1"), "Somebody has written into notebooks/00_one"),
        (lambda new: upstream.put(new / "pyproject.toml", 'requires-python = ">=3.99"\n'), r"needs Python 3\.99"),
    ],
    ids=["missing", "no course", "before", "worked in", "python"],
)
def test_what_cannot_be_brought(courses: tuple[Path, Path], change, said: str):
    """Each reason has its sentence, and nothing is changed or left behind."""
    root, new = courses
    before = upstream.files(root)
    change(new)
    with pytest.raises(CommandError, match=said):
        bring(root, new, is_broken=False)
    assert upstream.files(root) == before


def test_an_older_zip(courses: tuple[Path, Path]):
    """What lacks a text that was shipped here is older."""
    root, new = courses
    upstream.update(root, new)
    old = upstream.ship(root.parent / "old", upstream.first())
    with pytest.raises(CommandError, match="is older than the course here: download the newest"):
        bring(root, old, is_broken=False)


def test_no_clone(courses: tuple[Path, Path]):
    """Without a source and without git, the way is said."""
    with pytest.raises(CommandError, match=r"is no clone.*python3 start\.py update THAT-FILE\.zip"):
        bring(courses[0], None, is_broken=False)


def test_the_newer_course_carries_over(courses: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, capsys):
    """Its own code does it; an update that was cut short is finished, and nothing is brought again."""
    root, new = courses
    called = []
    monkeypatch.setattr(update.subprocess, "call", lambda command, cwd: called.append((command[1:], cwd)) or 7)
    assert update.update(root, new) == 7
    assert capsys.readouterr().out == "Bringing the new course …\n"
    monkeypatch.setattr(update, "bring", None)
    assert main([str(root), str(new)]) == 7
    assert capsys.readouterr().out == "An update was cut short here: it is finished first.\n"
    shutil.rmtree(root / ".update")
    monkeypatch.setattr(update, "bring", lambda root, source, is_broken: "There is nothing new.")
    assert main([str(root)]) == 0
    assert capsys.readouterr().out == "Bringing the new course …\nThere is nothing new.\n"
    words = ["-B", "-m", "coursekit.course.updating", "--carry", str(root)]
    assert called == [(words, root / ".update" / "new")] * 2
