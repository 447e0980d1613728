"""Links that open a lesson in a notebook that runs."""

import subprocess

import pytest

from coursekit.course import syllabus
from coursekit.errors import CommandError
from coursekit.site import starting

TOPIC = syllabus.find_topic("entropy")


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        ("https://github.com/someone/losses.git\n", "someone/losses"),
        ("https://github.com/someone/losses", "someone/losses"),
        ("git@github.com:someone/losses.git", "someone/losses"),
        ("/srv/git/losses", ""),
        ("https://example.org/github.com/someone/losses", ""),
        ("", ""),
    ],
)
def test_repository_of_a_clone(monkeypatch, origin, name):
    """Where nothing is asked for, the clone's origin counts, if it is on GitHub; no address is made up."""
    done = subprocess.CompletedProcess([], 0, stdout=origin)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)
    assert starting.repository("") == name


def test_repository_that_is_asked_for():
    """A name is taken as it is; what is none is refused in a sentence."""
    assert starting.repository("someone/losses") == "someone/losses"
    for wrong in ("losses", "https://github.com/someone/losses", "a/b/c", 'a/"b'):
        with pytest.raises(CommandError, match="as in OWNER/NAME"):
            starting.repository(wrong)


def test_badges():
    """With a repository, a lesson opens in each of the three; without one, only what needs none is there."""
    here = starting.from_page(TOPIC, "someone/losses")
    assert "https://colab.research.google.com/github/someone/losses/blob/main/notebooks/01_entropy.ipynb" in here
    assert "https://mybinder.org/v2/gh/someone/losses/main?labpath=notebooks%2F01_entropy.ipynb" in here
    assert "https://codespaces.new/someone/losses?ref=main" in here
    nowhere = starting.from_page(TOPIC, "")
    assert "mybinder" not in nowhere
    assert "codespaces" not in nowhere
    for page in (here, nowhere):
        assert f'href="../{starting.COURSE}"' in page
        assert 'href="01_entropy.ipynb"' in page
