"""Making a site: what it needs, what it reads again, and what it says."""

from pathlib import Path

import pytest

from coursekit.cli import main
from coursekit.course import syllabus
from coursekit.errors import CommandError
from coursekit.site import archive, build, front, katex

OLD_CALLS = pytest.mark.filterwarnings("ignore:.*Sphinx API")  # MyST uses what Sphinx is about to drop
TOPIC = syllabus.find_topic("ctc_speed")


def test_without_katex(monkeypatch, tmp_path, capsys):
    """Where KaTeX or node is not there, a sentence says what brings it, and nothing is made."""
    monkeypatch.setattr(katex, "KATEX", tmp_path / "nowhere")
    assert main(["site", "--out", str(tmp_path / "site")]) == 1
    assert capsys.readouterr().err.endswith("is not installed here: `python3 start.py site` brings it.\n")
    assert not (tmp_path / "site").exists()


def test_without_sphinx(monkeypatch, tmp_path, capsys):
    """Where packages are not there, a sentence names them."""
    monkeypatch.setattr(build, "find_spec", lambda name: None if name in ("furo", "griffe") else "there")
    assert main(["site", "--out", str(tmp_path / "site")]) == 1
    assert "A site needs packages that are not installed here (furo, griffe):" in capsys.readouterr().err


def test_not_a_repository(tmp_path, capsys):
    """What is no repository's name is refused before anything is made."""
    assert main(["site", "--out", str(tmp_path / "site"), "--repository", "https://github.com/a/b"]) == 1
    assert "as in OWNER/NAME" in capsys.readouterr().err


def test_only_what_has_changed_is_newer(tmp_path):
    """A file that is the same keeps its time, by which Sphinx knows what to read; what is gone is removed."""
    fresh, kept = tmp_path / "fresh", tmp_path / "kept"
    for folder in (fresh, kept):
        (folder / "files").mkdir(parents=True)
        (folder / "same.md").write_text("same")
        (folder / "other.md").write_text(folder.name)
    (kept / "gone.md").touch()
    (kept / "files" / "course.zip").touch()
    (fresh / "files" / "new.png").touch()
    before = (kept / "same.md").stat().st_mtime_ns
    build._bring(fresh, kept)
    assert (kept / "same.md").stat().st_mtime_ns == before
    assert (kept / "other.md").read_text() == "fresh"
    assert sorted(path.name for path in kept.rglob("*.*")) == ["course.zip", "new.png", "other.md", "same.md"]


def test_what_is_made_of_no_notebook_is_kept(monkeypatch, tmp_path):
    """Beside the lessons, all is written anew where a file of the course has changed that is no notebook."""
    made = []
    monkeypatch.setattr(build, "CONTENT", (made.append,))
    for part in front.PARTS:
        (tmp_path / "source" / part).mkdir(parents=True)
        (tmp_path / "source" / part / "index.md").write_text(part)
    build._write_rest(tmp_path / "new", tmp_path, "state")
    assert made == [tmp_path / "new"]
    (tmp_path / "stamp").write_text("state")
    build._write_rest(tmp_path / "new", tmp_path, "state")
    assert len(made) == 1
    assert {path.parent.name for path in (tmp_path / "new").rglob("index.md")} == set(front.PARTS)
    build._write_rest(tmp_path / "newer", tmp_path, "other")
    build._write_rest(tmp_path / "newer", tmp_path, "")  # no clone: nobody knows
    assert len(made) == 3


def test_state(monkeypatch, tmp_path):
    """A notebook does not change it, another file does."""
    files = [tmp_path / name for name in ("a.ipynb", "b.py")]
    monkeypatch.setattr(archive, "course", lambda: files)
    for path in files:
        path.touch()
    before = build._state()
    files[0].write_text("changed")
    assert build._state() == before != ""
    files[1].write_text("changed")
    assert build._state() != before


@pytest.mark.slow
@OLD_CALLS
def test_one_lesson(tmp_path, monkeypatch):
    """A lesson alone is a site without a warning, while somebody writes it."""
    monkeypatch.setattr(build.archive, "write", lambda path: False)
    build.build(tmp_path / "site", [TOPIC], "someone/losses")
    page = (tmp_path / "site" / "lessons" / f"{TOPIC.notebook.stem}.html").read_text(encoding="utf-8")
    assert "codespaces.new/someone/losses" in page
    assert 'class="katex"' in page
    assert not (tmp_path / "site" / "losses").exists()


@pytest.mark.slow
@OLD_CALLS
def test_a_warning_is_said_each_time(monkeypatch, tmp_path):
    """A site that is not whole fails, also when nothing has changed since."""
    monkeypatch.setattr(build.archive, "write", lambda path: False)

    def with_fault(folder: Path, *_: object) -> None:
        (folder / "lessons").mkdir()
        (folder / "index.md").write_text("# A site\n\n[nowhere](gone.md) $\\frac{1$\n")

    monkeypatch.setattr(build.lessons, "write", with_fault)
    monkeypatch.setattr(build.front, "write", lambda *_: None)
    for _ in range(2):
        with pytest.raises(CommandError) as said:
            build.build(tmp_path / "site", [TOPIC])
        assert "gone.md" in str(said.value)
        assert "KaTeX parse error" in str(said.value)


def test_archive(tmp_path):
    """The zip holds the course as a folder, and is made again when something is newer."""
    import zipfile

    path = tmp_path / "course.zip"
    if not archive.write(path):
        pytest.skip("this course is no clone")
    with zipfile.ZipFile(path) as made:
        names = made.namelist()
        assert made.read("course/start.py") == (syllabus.ROOT / "start.py").read_bytes()
    assert {"course/notebooks/01_entropy.ipynb", "course/pyproject.toml"} <= set(names)
    assert not [name for name in names if ".venv" in name or "__pycache__" in name]
    before = path.stat().st_mtime_ns
    archive.write(path)
    assert path.stat().st_mtime_ns == before
