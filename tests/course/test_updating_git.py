"""An update that git brings: what it says of each state of a clone, and where the clone stands afterwards."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import upstream

from coursekit.course.updating import planning
from coursekit.course.updating.bringing import bring
from coursekit.course.updating.git import Clone
from coursekit.course.updating.update import carry_over
from coursekit.errors import CommandError

pytestmark = pytest.mark.slow  # some ten processes each


@pytest.fixture(autouse=True)
def nobodys_git(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A git that knows nothing of this machine's user."""
    for name, value in {
        "GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
        "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
    }.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "gitconfig").write_text("[init]\n\tdefaultBranch = main\n", encoding="utf-8")


def git(folder: Path, *arguments: str) -> str:
    """What git answers there."""
    who = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org")
    done = subprocess.run(["git", "-C", str(folder), *who, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def server(tmp_path: Path) -> Path:
    """Where the course is published, in its first version."""
    folder = upstream.ship(tmp_path / "server", upstream.first())
    upstream.put(folder / "README.md", "The course.\n")
    upstream.put(folder / "data.csv", "1\n")
    upstream.put(folder / ".gitignore", "/.update/\n/kept/\n/progress.jsonl\n")
    git(folder, "init", "-q")
    publish(folder)
    return folder


def publish(folder: Path) -> str:
    """Commits all that is there."""
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "A version")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def root(server: Path, tmp_path: Path) -> Path:
    """A learner's clone, with an answer."""
    git(tmp_path, "clone", "-q", str(server), "course")
    upstream.solve(tmp_path / "course", "00_one", "double", "return 2 * x  # mine")
    return tmp_path / "course"


def reword(server: Path) -> str:
    """Publishes a second version, in which the lesson with the answer is another."""
    lessons = upstream.first()
    lessons["00_one"][0]["source"] = ["# One, reworded"]
    upstream.ship(server, lessons, history=server)
    upstream.put(server / "README.md", "The course, reworded.\n")
    return publish(server)


def update(root: Path) -> str:
    """Updates a clone; what is said where there is nothing new."""
    nothing = bring(root, None, planning.is_broken(root))
    if not nothing:
        carry_over(root)
    return nothing


def is_carried(root: Path) -> bool:
    """Whether the new lesson is there, with the answer."""
    there = upstream.texts(root, "00_one")
    return there["one-0"] == "# One, reworded" and "# mine" in there["double-cell"]


def test_a_clone(server: Path, root: Path, capsys):
    """The clone stands at the new commit; what differs from it is the learner's. Then there is nothing new."""
    commit = reword(server)
    update(root)
    assert "default branch" not in capsys.readouterr().out
    assert is_carried(root)
    assert git(root, "rev-parse", "HEAD") == commit
    assert git(root, "symbolic-ref", "--short", "HEAD") == "main"
    assert git(root, "status", "--porcelain") == "M notebooks/00_one.ipynb"
    assert "There is nothing new at" in update(root)
    assert "git remote add upstream" in update(root)
    assert not (root / ".update").exists()


def test_changes_and_commits_of_ones_own(server: Path, root: Path, capsys):
    """Local commits are joined with the new course, so that a push needs no force; other changes stay uncommitted."""
    upstream.put(root / "mine.txt", "my own file\n")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "My answers")
    mine = git(root, "rev-parse", "HEAD")
    upstream.solve(root, "01_two", "halve", "return x / 2  # not committed")
    upstream.put(root / "README.md", "My words.\n")
    upstream.put(root / "data.csv", "2\n")
    upstream.put(root / "untracked.txt", "another\n")
    upstream.put(root / "fresh.txt", "mine, by chance\n")
    upstream.put(server / "fresh.txt", "the course's\n")
    commit = reword(server)
    update(root)
    told = capsys.readouterr().out
    assert is_carried(root)
    assert git(root, "log", "-1", "--format=%P").split() == [mine, commit]
    assert git(root, "log", "-1", "--format=%an") == "Ann"
    assert git(root, "show", "HEAD:mine.txt") == "my own file"
    assert "# mine" in git(root, "show", "HEAD:notebooks/00_one.ipynb")
    assert git(root, "status", "--porcelain").split("\n") == [
        "M data.csv",
        " M notebooks/01_two.ipynb",
        "?? untracked.txt",
    ]
    assert (
        "You had changed README.md and fresh.txt: the course's own is there now, and yours among your old files."
        in told
    )
    assert "data.csv: as you have changed it, for the course has not." in told
    assert "Your commit is kept: a commit joins them" in told
    assert (upstream.kept(root)[0] / "README.md").read_text(encoding="utf-8") == "My words.\n"


def test_a_file_is_gone(server: Path, root: Path):
    """A file that was the course's is taken away; one of the learner's in the same folder stays."""
    upstream.put(server / "coursekit" / "old.py", "x = 1\n")
    publish(server)
    update(root)
    assert (root / "coursekit" / "old.py").exists()
    upstream.put(root / "coursekit" / "mine.py", "y = 1\n")
    (server / "coursekit" / "old.py").unlink()
    reword(server)
    update(root)
    assert not (root / "coursekit" / "old.py").exists()
    assert (root / "coursekit" / "mine.py").exists()


@pytest.mark.parametrize("how", ["merge", "stash"])
def test_a_conflict_stands_in_the_notebook(server: Path, root: Path, how: str, capsys):
    """After a pull or a stash that ended in a conflict, the answer is taken, and git's conflict is over."""
    path = root / "notebooks" / "00_one.ipynb"
    path.write_text(path.read_text(encoding="utf-8").replace("# one", "# my one"), encoding="utf-8")
    commit = reword(server)
    if how == "merge":
        git(root, "commit", "-qam", "Mine")
        failing = ["-c", "user.name=Ann", "-c", "user.email=a@b.org", "pull", "-q", "--no-rebase"]
    else:
        git(root, "stash", "-q")
        git(root, "pull", "-q")
        failing = ["stash", "pop", "-q"]
    assert subprocess.run(["git", "-C", str(root), *failing], capture_output=True, check=False).returncode
    assert "<<<<<<<" in path.read_text(encoding="utf-8")
    update(root)
    assert is_carried(root)
    assert "# my one" in path.read_text(encoding="utf-8")
    assert "U" not in git(root, "status", "--porcelain")
    assert not (root / ".git" / "MERGE_HEAD").exists()
    assert subprocess.run(["git", "-C", str(root), "merge-base", "--is-ancestor", commit, "HEAD"], check=True)
    assert "notebooks/00_one.ipynb stood in conflict" in capsys.readouterr().out


def test_what_git_refuses(root: Path):
    """That is said in its own words, and nothing goes on."""
    with pytest.raises(CommandError, match="git refuses `git show`, and says: fatal"):
        Clone(root).ask("show", "nowhere")


def test_a_detached_head(server: Path, root: Path, capsys):
    """It stays on no branch, at the new course, and that is said."""
    git(root, "checkout", "-q", "--detach")
    commit = reword(server)
    update(root)
    assert is_carried(root)
    assert git(root, "rev-parse", "HEAD") == commit
    assert "on no branch (a detached HEAD)" in capsys.readouterr().out


def test_another_default_branch(server: Path, root: Path, capsys):
    """The branch was renamed at the server: its default one is taken, and that is said."""
    git(server, "branch", "-m", "main", "trunk")
    reword(server)
    update(root)
    assert is_carried(root)
    assert "The branch main is no longer at origin: its default branch is taken." in capsys.readouterr().out


def test_a_fork(server: Path, root: Path, tmp_path: Path):
    """A fork brings nothing by itself; once `upstream` is named, the course comes from there, whatever its branch."""
    git(tmp_path, "clone", "-q", "--bare", str(server), "fork.git")
    git(root, "remote", "set-url", "origin", str(tmp_path / "fork.git"))
    git(server, "branch", "-m", "main", "trunk")
    reword(server)
    assert "If that is a fork of yours" in update(root)
    git(root, "remote", "add", "upstream", str(server))
    update(root)
    assert is_carried(root)


def test_histories_that_share_nothing(server: Path, root: Path):
    """A clone that was begun from a copy of the files has no commit of the course's, and its lessons are known."""
    subprocess.run(["rm", "-rf", str(root / ".git")], check=True)
    git(root, "init", "-q")
    publish(root)
    git(root, "remote", "add", "origin", str(server))
    reword(server)
    update(root)
    assert is_carried(root)
    assert len(git(root, "log", "-1", "--format=%P").split()) == 2


def rebase(root: Path) -> None:
    (root / ".git" / "rebase-merge").mkdir()


def no_remote(root: Path) -> None:
    git(root, "remote", "remove", "origin")


def gone(root: Path) -> None:
    git(root, "remote", "set-url", "origin", str(root.parent / "nowhere"))


def no_network(root: Path) -> None:
    git(root, "remote", "set-url", "origin", "http://127.0.0.1:9/course.git")


def no_program(root: Path) -> None:
    os.environ["PATH"] = ""


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (rebase, r"git is in the middle of a rebase\. End it with `git rebase --abort`"),
        (no_remote, r"This clone has no remote to bring the course from: download"),
        (gone, r"git cannot bring the course from .*nowhere.*Nothing was changed\. Or download"),
        (no_network, r"http://127\.0\.0\.1:9/course\.git cannot be reached: check the network"),
        (no_program, r"git is not installed"),
    ],
)
def test_what_git_cannot_do(server: Path, root: Path, monkeypatch: pytest.MonkeyPatch, break_it, said: str):
    """Each reason has its sentence, and nothing is changed."""
    reword(server)
    monkeypatch.setenv("PATH", os.environ["PATH"])  # which is put back
    monkeypatch.setenv("no_proxy", "*")
    break_it(root)
    before = upstream.files(root, leaving=(".git",))
    with pytest.raises(CommandError, match=said):
        update(root)
    assert upstream.files(root, leaving=(".git",)) == before
