"""Making a site: what it needs, what it reads again, and what it says."""

import sys
from pathlib import Path

import pytest

from coursekit.cli import main
from coursekit.course import syllabus
from coursekit.errors import CommandError
from coursekit.site import archive, build, katex

TOPIC = syllabus.find_topic("ctc_speed")


def test_without_katex(monkeypatch, tmp_path, capsys):
    """Where KaTeX or node is not there, a sentence says what brings it, and nothing is made."""
    monkeypatch.setattr(katex, "KATEX", tmp_path / "nowhere")
    assert main(["site", "--out", str(tmp_path / "site")]) == 1
    assert capsys.readouterr().err.endswith("is not installed here: `python3 start.py site` brings it.\n")
    assert not (tmp_path / "site").exists()


def test_without_sphinx(monkeypatch, tmp_path, capsys):
    """Where Sphinx is not there, a sentence names what is missing."""
    monkeypatch.setitem(sys.modules, "coursekit.site.katex", None)
    monkeypatch.delattr("coursekit.site.katex")
    assert main(["site", "--out", str(tmp_path / "site")]) == 1
    assert "A site needs packages that are not installed here" in capsys.readouterr().err


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


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*Sphinx API:DeprecationWarning")  # MyST uses what Sphinx is about to drop
@pytest.mark.filterwarnings("ignore:.*Sphinx API:PendingDeprecationWarning")
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
