"""The catalogue of mistakes: its lines are those of the mistakes as they are, and each stands on its page."""

from __future__ import annotations

import json
import re

import pytest
from catalogue import EVERY_ROW

from coursekit.cli import main
from coursekit.course import syllabus
from coursekit.errors import CommandError
from coursekit.report import Example
from coursekit.site import mistakes
from coursekit.site.mistakes import entry, lines, threads
from coursekit.site.mistakes.symptoms import symptom


@pytest.mark.slow
def test_no_line_is_stale():
    """Whoever changes an exercise finds its lines anew: `coursekit refresh --lines`."""
    assert list(lines.stale(syllabus.TOPICS)) == []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # a wrong implementation may do what torch warns about
def test_lines_are_those_of_the_mistakes():
    """One mistake of each exercise is asked anew; and all that have no line, whose input is a long one."""
    for topic in syllabus.TOPICS:
        kept = lines.read(topic)
        for at, exercise in enumerate(topic.exercises):
            names = [each.name for each in exercise.misconceptions]
            asked = [names[at % len(names)], *(name for name in names if name not in kept[exercise.name])]
            assert set(kept[exercise.name]) <= set(names)
            for name in asked:
                found = lines.shown(exercise.name, name)
                assert kept[exercise.name].get(name) == found


def test_a_changed_exercise_is_stale(toy_course):
    """It is told, and found anew by the command, which leaves all others as they are."""
    path = lines.kept_in(toy_course)
    before = path.read_text(encoding="utf-8")
    kept = json.loads(before)
    assert set(kept) == {"double", "triple"}
    kept["double"]["version"] = "of long ago"
    path.write_text(json.dumps(kept), encoding="utf-8")
    (said,) = lines.stale([toy_course])
    assert said == "docs/mistakes/toy.json does not fit double (run `coursekit refresh --lines`)."
    assert list(lines.refresh(toy_course)) == ["double"]
    assert path.read_text(encoding="utf-8") == before
    assert list(lines.refresh(toy_course)) == []


def test_the_command(toy_course, capsys):
    """It says whose lines it found, and executes nothing."""
    lines.kept_in(toy_course).unlink()
    with pytest.raises(CommandError, match="has no lines of `double`: run `coursekit refresh --lines`"):
        lines.read(toy_course)
    assert main(["refresh", "--lines"]) == 0
    assert main(["refresh", "--lines"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Lines that show the mistakes of double, triple: found.",
        "All lines are there.",
    ]


def test_threads():
    """Links as GitHub has them, to codes of the collection."""
    assert set(threads.by_code()) <= EVERY_ROW
    for found in threads.by_code().values():
        assert len(set(found.links)) == len(found.links) > 0
        assert all(re.fullmatch(r"[\w.-]+/[\w.-]+#\d+", link) for link in found.links)
    both = threads.of("KL8 I2")  # two codes with a thread in common
    assert len(both) == len(both.links) < len(threads.of("KL8")) + len(threads.of("I2"))
    assert threads.address("pytorch/pytorch#2259") == "https://github.com/pytorch/pytorch/issues/2259"
    assert not threads.of("")


@pytest.mark.parametrize(
    ("line", "got", "expected", "seen"),
    [
        ("f(x)", "-0.1438", "0.1438", "negative"),
        ("f(x)", "-0.1438", "-0.2", None),
        ("f(x)", "nan", "0.1", "nan"),
        ("f(x)", "[0.1000, nan]", "[0.1000, 0.2000]", "nan"),
        ("f(x).sum().backward(); x.grad", "[nan, 1.0]", "[0.0, 1.0]", "nan-gradient"),
        ("f(x).sum().backward(); x.grad", "None", "[0.0, 1.0]", "no-gradient"),
        ("f(x).sum().backward(); x.grad", "[-1.0, 1.0]", "[0.5, 1.0]", "gradient"),
        ("f(x)", "inf", "0.1", "inf"),
        ("f(x)", "0.1", "inf", "finite"),
        ("f(x)", "an error", "0.1", "error"),
        ("f(x)", "0.1", "an error", "no-error"),
        ("f(x).shape", "(2,)", "()", "shape"),
        ("f(x).dtype", "float32", "float64", "dtype"),
        ("f(x)", "[2.0, 4.0]", "[1.0, 2.0]", "factor"),
        ("f(x)", "2.0", "1.0", None),
        ("f(x)", "0.0000", "1.0", "zero"),
    ],
)
def test_symptoms(line, got, expected, seen):
    """What is seen of a mistake, by its line."""
    found = symptom(Example(line, got, expected))
    assert (found and found.anchor) == seen


def test_pages(tmp_path):
    """Each mistake stands on its exercise's page; those of a kind are listed, and links have their places."""
    mistakes.write(tmp_path)
    here = tmp_path / "mistakes"
    count = 0
    for topic in syllabus.TOPICS:
        for exercise in topic.exercises:
            page = (here / f"{exercise.name}.md").read_text(encoding="utf-8")
            places = re.findall(r'<article class="mistake" id="(.*?)">', page)
            assert places == [entry.anchor(each.name) for each in exercise.misconceptions]
            count += len(places)
    index = (here / "index.md").read_text(encoding="utf-8")
    assert f"{count:,} wrong ways to write a loss" in index
    for name in ("symptoms", "public"):
        text = (here / f"{name}.md").read_text(encoding="utf-8")
        for page, place in re.findall(r'href="(\w+)\.html#(.*?)"', text):
            assert f'id="{place}"' in (here / f"{page}.md").read_text(encoding="utf-8")
    seen = (here / "symptoms.md").read_text(encoding="utf-8")
    negative = seen.partition("(negative)=")[2].partition("\n(")[0]
    assert "kl_divergence.html#upside-down" in negative
    assert (here / "public.md").read_text(encoding="utf-8").count("\n| ") > 100
