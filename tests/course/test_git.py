"""What git is asked, and what is made of its answers: by a git that takes notes. A real one: test_updating_git.py."""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from coursekit.course.updating import git as module
from coursekit.course.updating.git import Clone, clone_at
from coursekit.errors import CommandError

Said = bytes | str | tuple[int, bytes]


class Git:
    """Answers what it was told to, by the whole command, and refuses all else.

    Attributes:
        answers: by command what it says; with a status, what it says of its refusal.
        asked: the commands, in order, each with the index that it was given and what it read.
    """

    def __init__(self, answers: Mapping[str, Said]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def run(self, command, *, env, capture_output, check, input):
        assert command[:5] == ["git", "-C", "course", "-c", "core.quotePath=false"]
        assert (capture_output, check, env["LC_ALL"], env["GIT_OPTIONAL_LOCKS"]) == (True, False, "C", "0")
        words = " ".join(command[5:])
        index = f" [{Path(env['GIT_INDEX_FILE']).name}]" if "GIT_INDEX_FILE" in env else ""
        self.asked.append(f"{words}{index}{' < ' if input else ''}{input.decode()}")
        said = self.answers.get(words, (1, b""))
        if isinstance(said, tuple):
            return subprocess.CompletedProcess(command, said[0], b"not this", said[1])
        out = said if isinstance(said, bytes) else said.encode()
        return subprocess.CompletedProcess(command, 0, out, b"nor this")


@pytest.fixture
def clone(monkeypatch, tmp_path):
    """A clone whose git answers as the test says: `clone(answers)` is the clone, and its git."""
    monkeypatch.delenv("GIT_INDEX_FILE", raising=False)
    monkeypatch.chdir(tmp_path)

    def make(answers: Mapping[str, Said]):
        git = Git(answers)
        monkeypatch.setattr(module.subprocess, "run", git.run)
        return Clone(Path("course")), git

    return make


def test_what_git_answers(clone):
    """Bytes, a word, names; a refusal is an error with git's words, or no word."""
    here, git = clone({"a b": b" word \n", "names -z": b"one\0two\n\0", "no": (3, b" fatal: no \n")})
    assert here.ask("a", "b") == b" word \n"
    assert here.word("a", "b") == "word"
    assert here.names("names") == ["one", "two\n"]
    assert here.word("no") == ""
    with pytest.raises(CommandError, match=r"^git refuses `git no`, and says: fatal: no$"):
        here.ask("no")
    here.ask("a", "b", index=Path("in", "dex"), data=b"read")
    assert git.asked[-1] == "a b [dex] < read"
    assert git.asked[0] == "a b"


HEAD = "rev-parse --verify --quiet HEAD^{commit}"
BRANCH, FETCH = "symbolic-ref --short --quiet HEAD", "fetch --no-tags --quiet"
DETACHED = "This clone is on no branch (a detached HEAD). It stays so, at the new course."
TRACKED = {BRANCH: "mine", "config branch.mine.remote": "other", "config branch.mine.merge": "refs/heads/theirs"}


@pytest.mark.parametrize(
    ("answers", "source"),
    [
        ({"remote": "origin", BRANCH: "main"}, ("origin", "HEAD", [])),
        ({"remote": "first second"}, ("first", "HEAD", [DETACHED])),
        ({"remote": "first origin"}, ("origin", "HEAD", [DETACHED])),
        ({"remote": "origin other", **TRACKED}, ("other", "theirs", [])),
        ({"remote": "other origin upstream", **TRACKED}, ("upstream", "HEAD", [])),
        ({"remote": "origin", **TRACKED}, ("origin", "HEAD", [])),  # what it followed is gone
        ({"remote": "origin other", **TRACKED, BRANCH: (1, b"")}, ("origin", "HEAD", [DETACHED])),
    ],
)
def test_where_the_course_comes_from(clone, answers, source):
    """Upstream first, then what the branch follows, then origin, then any; and which branch of it."""
    assert clone(answers)[0]._source() == source


REACHED = {"rev-parse --git-dir": ".git", HEAD: "at", "remote": "origin", "rev-parse FETCH_HEAD": "new"}
MAIN = {BRANCH: "main", "config branch.main.remote": "origin", "config branch.main.merge": "refs/heads/main"}
URL = {"remote get-url origin": "https://me:secret@host/course.git"}
NO_BRANCH = (128, b"fatal: couldn't find remote ref main")


@pytest.mark.parametrize(
    ("answers", "said", "tried"),
    [
        ({f"{FETCH} origin HEAD": ""}, [DETACHED], ["HEAD"]),
        ({**MAIN, f"{FETCH} origin main": ""}, [], ["main"]),
        (
            {**MAIN, f"{FETCH} origin main": NO_BRANCH, f"{FETCH} origin HEAD": ""},
            ["The branch main is no longer at origin: its default branch is taken."],
            ["main", "HEAD"],
        ),
    ],
)
def test_what_is_fetched(clone, answers, said, tried):
    """The branch, or the default one where it is gone; and all of that is said."""
    here, git = clone({**REACHED, **answers})
    assert here.fetch() == ("new", said)
    assert [words for words in git.asked if words.startswith("fetch")] == [f"{FETCH} origin {one}" for one in tried]


ZIP = r"download the newest course as a zip file, and type: python3 start\.py update THAT-FILE\.zip"


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({HEAD: (1, b"")}, rf"This clone has no commit yet, so git cannot tell what is yours: {ZIP}"),
        ({"remote": ""}, rf"This clone has no remote to bring the course from: {ZIP}"),
        (
            {**MAIN, **URL, f"{FETCH} origin main": (128, b"fatal: no such\nthing\n")},
            rf"git cannot bring the course from https://host/course\.git: thing\. Nothing was changed\. Or {ZIP}",
        ),
        (
            {**MAIN, f"{FETCH} origin main": (1, b"")},
            rf"git cannot bring the course from origin: it says nothing\. Nothing was changed\. Or {ZIP}",
        ),
        (
            {**MAIN, **URL, f"{FETCH} origin main": (128, b"fatal: Could not RESOLVE host\nand so on")},
            r"https://host/course\.git cannot be reached: check the network, and type it again\. Nothing was changed\. "
            r"\(git says: and so on\)",
        ),
        (
            {f"{FETCH} origin HEAD": (128, b"fatal: couldn't find remote ref HEAD")},
            r"git cannot bring the course from origin: fatal: couldn't find remote ref HEAD\..*",
        ),
        ({**MAIN, f"{FETCH} origin main": (1, b"denied"), f"{FETCH} origin HEAD": ""}, r".*: denied\..*"),
    ],
)
def test_what_cannot_be_fetched(clone, answers, message):
    """Why, and what to do; no password of an address is shown."""
    with pytest.raises(CommandError) as error:
        clone({**REACHED, **answers})[0].fetch()
    assert re.fullmatch(message, str(error.value))


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("rebase-merge", "rebase"),
        ("rebase-apply", "rebase"),
        ("CHERRY_PICK_HEAD", "cherry-pick"),
        ("REVERT_HEAD", "revert"),
    ],
)
def test_what_is_under_way(clone, name, what):
    """It is to be ended first, by its own command."""
    here, _ = clone(REACHED)
    (Path("course") / ".git" / name).mkdir(parents=True)
    with pytest.raises(CommandError, match=f"^git is in the middle of a {what}. End it with `git {what} --abort`, and"):
        here.fetch()


def test_nothing_new(clone):
    """At a fork, what to do to have the course itself."""
    fork = " If that is a fork of yours, bring the course itself: git remote add upstream ADDRESS-OF-THE-COURSE, then"
    here, _ = clone({"remote": "origin", **URL})
    assert here.nothing_new() == f"There is nothing new at https://host/course.git.{fork} python3 start.py update"
    assert clone({"remote": "upstream"})[0].nothing_new() == "There is nothing new at upstream."
    assert clone({"merge-base --is-ancestor new HEAD": ""})[0].is_newest("new")
    assert not clone({})[0].is_newest("new")


def test_all_files_of_a_commit(clone, tmp_path):
    """By an index of its own, which is taken away."""
    folder = tmp_path / "new"
    (tmp_path / "index").touch()
    here, git = clone({"read-tree at": "", f"checkout-index --all --prefix={folder.as_posix()}/": ""})
    here.export("at", folder)
    assert git.asked == ["read-tree at [index]", f"checkout-index --all --prefix={folder.as_posix()}/ [index]"]
    assert not (tmp_path / "index").exists()


def test_what_is_the_learners(clone):
    """By git's lists of names, and the lessons as they were."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        lesson = tarfile.TarInfo("notebooks/00_one.ipynb")
        lesson.size = 4
        archive.addfile(lesson, io.BytesIO(b"text"))
        folder = tarfile.TarInfo("exercises")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
    names = b"README.md\0notebooks/00_one.ipynb\0notebooks/data.csv\0exercises/one.py\0"
    diff = "diff --name-only --no-renames base"
    here, _ = clone(
        {
            "ls-tree -r --name-only base -z": names,
            "archive --format=tar base -- exercises/one.py notebooks/00_one.ipynb": packed.getvalue(),
            f"{diff} -z": b"README.md\0mine.txt\0",
            f"{diff} new -z": b"README.md\0exercises/one.py\0",
            "merge-base HEAD new": "base",
        }
    )
    assert here.shipped_names("base") == set(names.decode().split("\0")) - {""}
    assert here.lessons("base") == {"notebooks/00_one.ipynb": b"text"}
    assert here.changed("base") == {"README.md", "mine.txt"}
    assert here.same_in("base", "new") == {"notebooks/00_one.ipynb", "notebooks/data.csv"}
    assert (here.base("new"), here.base("other")) == ("base", "")


def test_both_sides(clone):
    """Of a file in conflict, what each side has; not what both began from."""
    lines = "\n".join(f"100644 {stage * 4} {stage}\tfile" for stage in "123")
    here, _ = clone({"ls-files --unmerged -- file": lines, "show :2:file": "ours", "show :3:file": "theirs"})
    assert here.sides("file") == [b"ours", b"theirs"]
    assert here.sides("merged") == []


COUNT, THEIRS = "rev-list --count new..HEAD", "diff --name-only --no-renames base HEAD -z"
KEPT = " kept: a commit joins them with the new course, and what they held is in it."


@pytest.mark.parametrize(
    ("answers", "said", "done"),
    [
        ({HEAD: "new", "ls-files --unmerged -z": ""}, "", []),
        ({HEAD: "new", "ls-files --unmerged -z": "x\0", "reset --quiet HEAD": ""}, "", ["reset --quiet HEAD"]),
        (
            {HEAD: "at", "merge-base --is-ancestor new HEAD": "", "ls-files --unmerged -z": ""},
            *("", []),
        ),
        ({HEAD: "at", "merge-base HEAD new": "at", "reset --quiet new": ""}, "", ["reset --quiet new"]),
        (
            {HEAD: "at", "merge-base HEAD new": "base", THEIRS: "a\0", COUNT: "1", "reset --quiet joined a": ""},
            *(f"Your commit is{KEPT}", ["reset --quiet joined a"]),
        ),
        (
            {HEAD: "at", "merge-base HEAD new": "base", THEIRS: "b\0c\0", COUNT: "3", "reset --quiet joined b c": ""},
            *(f"Your 3 commits are{KEPT}", ["reset --quiet joined b c"]),
        ),
        (
            {HEAD: "at", COUNT: "2", "reset --quiet joined": ""},  # histories that share nothing
            *(f"Your 2 commits are{KEPT}", ["reset --quiet joined"]),
        ),
    ],
)
def test_where_it_stands_afterwards(clone, monkeypatch, answers, said, done):
    """At the new course; a learner's own commits are joined with it."""
    monkeypatch.setattr(Clone, "_joined", lambda _, commit, names: " ".join(["joined", *sorted(names)]))
    here, git = clone(answers)
    assert here.settle("new") == said
    assert [words for words in git.asked if words.startswith("reset")] == done


@pytest.mark.parametrize(
    ("who", "name", "mail"),
    [
        ("Ann\nann@example.org", "Ann", "ann@example.org"),
        ("", "learner", "learner"),
        ("Ann\n", "Ann", "Ann"),
    ],
)
def test_a_commit_of_both(clone, who, name, mail):
    """Of the new course, with the learner's files as they are now, in the learner's name."""
    course = Path("course")
    (course / ".update").mkdir(parents=True)
    (course / ".update" / "index").touch()
    for each in ("two", "one"):
        (course / each).touch()
    commit = f"-c user.name={name} -c user.email={mail} commit-tree tree -p HEAD -p new -m Update of the course"
    answers = {
        **{"read-tree new": "", "update-index --add -z --stdin": "", "write-tree": "tree\n", commit: "made\n"},
        "log -1 --format=%an%n%ae": who,
    }
    here, git = clone(answers)
    assert here._joined("new", {"two", "one", "gone"}) == "made"
    asked = [
        *("read-tree new [index]", "update-index --add -z --stdin [index] < one\0two\0", "write-tree [index]"),
        *("log -1 --format=%an%n%ae", commit),
    ]
    assert git.asked == asked
    assert not (course / ".update" / "index").exists()
    (course / ".update" / "index").touch()
    git.asked.clear()
    here._joined("new", {"gone"})
    assert git.asked == [asked[0], *asked[2:]]


def test_what_is_a_clone(clone, monkeypatch):
    """A folder with git's own in it, that git takes for one."""
    course = Path("course")
    course.mkdir()
    clone({})
    assert clone_at(course) is None
    (course / ".git").mkdir()
    clone({"rev-parse --show-toplevel": "course"})
    assert clone_at(course) == Clone(course)
    says = "^git does not take this folder for a clone, and says: "
    clone({"rev-parse --show-toplevel": (128, b"fatal: dubious\nmore")})
    with pytest.raises(CommandError, match=f"{says}fatal: dubious$"):
        clone_at(course)
    clone({})
    with pytest.raises(CommandError, match=f"{says}$"):
        clone_at(course)
    monkeypatch.setattr(module.shutil, "which", lambda _: None)
    with pytest.raises(
        CommandError, match=rf"^This course is a clone, and git is not installed\. Install it, or {ZIP}"
    ):
        clone_at(course)
