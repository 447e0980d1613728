"""The course as a clone: what git brings, what it knows of the learner's changes, and where it stands afterwards.

Only the plainest of git's commands, which write nothing into the learner's files.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from coursekit.course.updating.shipped import is_lesson
from coursekit.errors import CommandError

_ZIP = "download the newest course as a zip file, and type: python3 start.py update THAT-FILE.zip"
_UNDER_WAY = {
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
}
_OFFLINE = re.compile(
    r"could not resolve|unable to access|could not connect|connection (timed out|refused|reset)|network is unreachable",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Clone:
    """A course's folder that is a clone of its own."""

    root: Path

    def ask(self, *arguments: str, index: Path | None = None, data: bytes | None = None) -> bytes:
        """What git answers.

        Raises:
            CommandError: git refuses; the message is git's.
        """
        done = self._run(*arguments, index=index, data=data)
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()
            raise CommandError(f"git refuses `git {arguments[0]}`, and says: {said}")
        return done.stdout

    def word(self, *arguments: str) -> str:
        """What git answers, as a word; empty where it refuses."""
        done = self._run(*arguments)
        return "" if done.returncode else done.stdout.decode(errors="replace").strip()

    def names(self, *arguments: str) -> list[str]:
        """The files that git answers with (its option -z is given here)."""
        return [name for name in os.fsdecode(self.ask(*arguments, "-z")).split("\0") if name]

    def _run(
        self, *arguments: str, index: Path | None = None, data: bytes | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        environment = {**os.environ, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}
        if index is not None:
            environment["GIT_INDEX_FILE"] = str(index)
        command = ["git", "-C", str(self.root), "-c", "core.quotePath=false", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, check=False, input=data or b"")

    # ---- before --------------------------------------------------------------------------------------------------

    def fetch(self) -> tuple[str, list[str]]:
        """Brings the newest commit of the course's branch; returns it, and sentences on where it came from.

        Raises:
            CommandError: it cannot be brought, and what to do.
        """
        self._insist_on_rest()
        remote, branch, said = self._source()
        tried = self._run("fetch", "--no-tags", "--quiet", remote, branch)
        if tried.returncode and branch != "HEAD" and b"couldn't find remote ref" in tried.stderr:
            said.append(f"The branch {branch} is no longer at {remote}: its default branch is taken.")
            tried = self._run("fetch", "--no-tags", "--quiet", remote, "HEAD")
        if tried.returncode:
            last = tried.stderr.decode(errors="replace").strip().splitlines()
            if _OFFLINE.search("\n".join(last)):
                raise CommandError(
                    f"{self._url(remote)} cannot be reached: check the network, and type it again. Nothing was "
                    f"changed. (git says: {last[-1]})"
                )
            raise CommandError(
                f"git cannot bring the course from {self._url(remote)}: {last[-1] if last else 'it says nothing'}. "
                f"Nothing was changed. Or {_ZIP}"
            )
        return self.word("rev-parse", "FETCH_HEAD"), said

    def _insist_on_rest(self) -> None:
        folder = self.root / self.word("rev-parse", "--git-dir")
        for name, what in _UNDER_WAY.items():
            if (folder / name).exists():
                raise CommandError(
                    f"git is in the middle of a {what}. End it with `git {what} --abort`, and type it again: what "
                    "it has stopped at is brought without it. Nothing was changed."
                )
        if not self.head:
            raise CommandError(f"This clone has no commit yet, so git cannot tell what is yours: {_ZIP}")

    def _source(self) -> tuple[str, str, list[str]]:
        """From which remote the course comes, from which of its branches, and what is to be said of that."""
        remotes = self.word("remote").split()
        if not remotes:
            raise CommandError(f"This clone has no remote to bring the course from: {_ZIP}")
        branch = self.word("symbolic-ref", "--short", "--quiet", "HEAD")
        said = [] if branch else ["This clone is on no branch (a detached HEAD). It stays so, at the new course."]
        tracked = self.word("config", f"branch.{branch}.remote")
        for remote in ("upstream", tracked, "origin", remotes[0]):  # upstream: GitHub's word for what a fork is of
            if remote in remotes:
                break
        merged = self.word("config", f"branch.{branch}.merge") if remote == tracked else ""
        return remote, merged.removeprefix("refs/heads/") or "HEAD", said

    def _url(self, remote: str) -> str:
        return re.sub(r"//[^/@]*@", "//", self.word("remote", "get-url", remote)) or remote

    def is_newest(self, commit: str) -> bool:
        """Whether all of a commit is in what the learner has."""
        return self._run("merge-base", "--is-ancestor", commit, "HEAD").returncode == 0

    def nothing_new(self) -> str:
        """What to say where that is so."""
        remote = self._source()[0]
        fork = (
            ""
            if remote == "upstream"
            else (
                " If that is a fork of yours, bring the course itself: git remote add upstream ADDRESS-OF-THE-COURSE, "
                "then python3 start.py update"
            )
        )
        return f"There is nothing new at {self._url(remote)}.{fork}"

    def export(self, commit: str, folder: Path) -> None:
        """Writes all files of a commit into an empty folder, as this clone would check them out."""
        index = folder.with_name("index")
        self.ask("read-tree", commit, index=index)
        self.ask("checkout-index", "--all", f"--prefix={folder.as_posix()}/", index=index)
        index.unlink()

    # ---- what is the learner's -----------------------------------------------------------------------------------

    @cached_property
    def head(self) -> str:
        """The commit that the learner is at."""
        return self.word("rev-parse", "--verify", "--quiet", "HEAD^{commit}")

    def base(self, commit: str) -> str:
        """The newest commit that is in both; empty where there is none."""
        return self.word("merge-base", "HEAD", commit)

    def shipped_names(self, commit: str) -> set[str]:
        """The course's own files in a commit."""
        return set(self.names("ls-tree", "-r", "--name-only", commit))

    def lessons(self, base: str) -> dict[str, bytes]:
        """The files in which learners write, as they are in a commit."""
        there = filter(is_lesson, sorted(self.shipped_names(base)))
        archive = self.ask("archive", "--format=tar", base, "--", *there)
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            found = ((member.name, files.extractfile(member)) for member in files)
            return {name: file.read() for name, file in found if file is not None}  # a folder is none

    def changed(self, base: str) -> set[str]:
        """The course's files that are otherwise than in a commit, here or in the learner's commits."""
        return set(self.names("diff", "--name-only", "--no-renames", base))

    def same_in(self, base: str, commit: str) -> set[str]:
        """Of the files of `base` those that `commit` has not changed."""
        return self.shipped_names(base) - set(self.names("diff", "--name-only", "--no-renames", base, commit))

    def sides(self, name: str) -> list[bytes]:
        """Both sides of a file that git could not merge, as git has them; nothing where it is merged."""
        stages = [line.split()[2] for line in self.word("ls-files", "--unmerged", "--", name).splitlines()]
        return [self.ask("show", f":{stage}:{name}") for stage in stages if stage in ("2", "3")]

    # ---- afterwards ----------------------------------------------------------------------------------------------

    def settle(self, commit: str) -> str:
        """Makes the clone stand at the new course, its files as they are; returns a sentence on the learner's commits.

        Where the learner has committed, both histories are joined by a commit, so that nothing has to be forced.
        """
        if self.head == commit or self.is_newest(commit):
            if self.names("ls-files", "--unmerged"):
                self.ask("reset", "--quiet", "HEAD")  # the conflict is over: its files are read
            return ""
        base, said, target = self.base(commit), "", commit
        if base != self.head:
            theirs = set(self.names("diff", "--name-only", "--no-renames", base, "HEAD")) if base else set()
            target = self._joined(commit, theirs)
            count = self.word("rev-list", "--count", f"{commit}..HEAD")
            number = "Your commit is" if count == "1" else f"Your {count} commits are"
            said = f"{number} kept: a commit joins them with the new course, and what they held is in it."
        self.ask("reset", "--quiet", target)  # neither changes a file, and a merge that was under way is over
        return said

    def _joined(self, commit: str, changed: set[str]) -> str:
        """A commit of the new course, with the files that the learner's commits have changed as they are now."""
        index = self.root / ".update" / "index"
        self.ask("read-tree", commit, index=index)
        there = sorted(name for name in changed if (self.root / name).is_file())
        if there:
            self.ask(
                "update-index", "--add", "-z", "--stdin", index=index, data=b"\0".join(map(os.fsencode, there)) + b"\0"
            )
        tree = self.ask("write-tree", index=index).decode().strip()
        index.unlink()
        who = self.word("log", "-1", "--format=%an%n%ae").splitlines() or ["learner"]
        name, mail = who[0] or "learner", who[-1] or "learner"
        return (
            self.ask(
                *("-c", f"user.name={name}", "-c", f"user.email={mail}", "commit-tree", tree),
                *("-p", "HEAD", "-p", commit, "-m", "Update of the course"),
            )
            .decode()
            .strip()
        )


def clone_at(root: Path) -> Clone | None:
    """The clone that a folder is; None where it is none, or lies within that of something else.

    Raises:
        CommandError: it is one, and there is no git.
    """
    if not (root / ".git").exists():
        return None
    if shutil.which("git") is None:
        raise CommandError(f"This course is a clone, and git is not installed. Install it, or {_ZIP}")
    clone = Clone(root)
    top = clone._run("rev-parse", "--show-toplevel")
    if top.returncode:
        said = top.stderr.decode(errors="replace").strip().splitlines()
        raise CommandError(f"git does not take this folder for a clone, and says: {said[0] if said else ''}")
    return clone
