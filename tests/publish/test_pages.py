"""Grades as web pages: right numbers, nothing hidden, nothing that runs."""

import base64
import csv
import dataclasses
import hashlib
import io
import json
import re
import time
from collections import Counter
from html.parser import HTMLParser
from urllib.parse import unquote

import nasty
import pytest
import toys

from coursekit.classroom import gradefiles
from coursekit.classroom.likeness import Answer, compare
from coursekit.cli import main
from coursekit.grading import scoring
from coursekit.grading.here import ask_here
from coursekit.publish import pages
from coursekit.publish.pages import charts, everybody, folder, instructor, learner, similar, tally
from coursekit.publish.pages.page import People
from coursekit.report import Diagnosis, Example, Graded, Mark, Outcome, Report, Tier, Verdict

VOID = {"meta", "br", "input"}
SWAPPED = Diagnosis("swapped", "The arguments are swapped. Look at `p`.")


class Page(HTMLParser):
    """Elements, attributes and text of a page that closes what it opens."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.words = ""
        self.feed(markup)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.words += f" {data.strip()}"

    def handle_comment(self, data):
        raise AssertionError(data)


def words(markup: str) -> str:
    return " ".join(Page(markup).words.split())


def report(exercise, learner, outcome=Outcome.FAILED, points=0.0, maximum=2, why="The value is not right.", **more):
    state = Outcome.PASSED if outcome is Outcome.PASSED else outcome
    verdict = Verdict("one", "One number", Tier.CORE, state, why, "Look again.", more.pop("example", None))
    return Report(exercise, learner, outcome, (verdict,), points, maximum, **more)


def solved(exercise, learner, points=2.0) -> Report:
    return report(exercise, learner, Outcome.PASSED, points)


def small_class() -> list[Graded]:
    """Five learners and two exercises of 2 points, small enough to count by hand."""
    return [
        Graded("ann", (solved("a", "ann"), solved("b", "ann"))),
        Graded("bob", (solved("a", "bob", 1.5), report("b", "bob", points=0.5, diagnosis=SWAPPED))),
        Graded("chen", (report("a", "chen", Outcome.TIMEOUT), report("b", "chen", diagnosis=SWAPPED))),
        Graded("dora", (report("a", "dora", Outcome.UNATTEMPTED), report("b", "dora", Outcome.UNATTEMPTED))),
        Graded(
            "emil",
            (report("a", "emil", Outcome.UNATTEMPTED), report("b", "emil", Outcome.UNATTEMPTED)),
            "It is a link.",
        ),
    ]


# ---- numbers -----------------------------------------------------------------------------------------------------


def test_tally():
    """Counted by hand: of four who could be read three tried, two solved a and one has all of its points."""
    a, b = tally.tally(small_class())
    assert (a.exercise, a.maximum, a.attempted, a.solved, a.full) == ("a", 2, 3, 2, 1)
    assert (a.share, a.difficulty, a.discrimination) == (3.5 / 8, pytest.approx(3.5 / 6), None)
    assert a.outcomes == {Outcome.PASSED: 2, Outcome.TIMEOUT: 1, Outcome.UNATTEMPTED: 1}
    assert (b.attempted, b.solved, b.full, b.share, b.difficulty) == (3, 1, 1, 2.5 / 8, pytest.approx(2.5 / 6))


def test_nobody_tried():
    """Nothing tried has no difficulty; no reports, no exercises."""
    (only,) = tally.tally([Graded("dora", (report("a", "dora", Outcome.UNATTEMPTED),))])
    assert (only.attempted, only.share, only.difficulty, only.discrimination) == (0, 0.0, None, None)
    assert tally.tally([]) == []
    assert tally.tally(small_class()[4:]) == []


@pytest.mark.parametrize(
    ("right", "expected"),
    [
        ({(1, 1): 7, (1, 0): 3, (0, 1): 3, (0, 0): 7}, 0.4),  # of a fourfold table: (7·7 - 3·3) / (10·10)
        ({(1, 1): 10, (0, 0): 10}, 1.0),
        ({(1, 0): 10, (0, 1): 10}, -1.0),
        ({(1, 1): 10, (0, 0): 9}, None),  # too few
        ({(1, 1): 10, (1, 0): 10}, None),  # all the same
        ({(1, 1): 10, (0, 1): 10}, None),
    ],
)
def test_discrimination(right, expected):
    """The correlation with all other exercises, where there are enough learners and some difference."""
    grades = [
        Graded(
            f"{a}{b}{n}",
            (report("a", "", points=float(a)), report("b", "", points=b / 2), report("c", "", points=b / 5)),
        )
        for (a, b), number in right.items()
        for n in range(number)
    ]
    assert tally.tally(grades)[0].discrimination == (expected if expected is None else pytest.approx(expected))


def test_obstacles():
    """What keeps the most from solving comes first; misconceptions are also counted where the core has passed."""
    grades = [
        *small_class(),
        Graded("fay", (solved("a", "fay"), report("b", "fay", Outcome.PASSED, 1.0, diagnosis=SWAPPED))),
    ]
    swapped, slow = tally.obstacles(grades)
    assert (swapped.exercise, swapped.sentence, swapped.named) == ("b", SWAPPED.explanation, True)
    assert swapped.learners == ("bob", "chen")
    assert (slow.exercise, slow.outcome, slow.sentence, slow.named) == ("a", Outcome.TIMEOUT, "One number", False)
    assert [each.learners for each in tally.misconceptions(grades)] == [("bob", "chen", "fay")]


# ---- the instructor's page ---------------------------------------------------------------------------------------


def test_instructors_page():
    """The numbers of the small class, each with its word."""
    said = words(instructor.instructor_page(small_class(), "Week 3", ["ann", "Bob", "zoe", "chen"]))
    for sentence in (
        "Week 3 5 learners 1 of 4 median points 1 with full marks 1 could not be read, and are not counted below",
        "2 of 3 b : The arguments are swapped. 1 of 3",
        "1 of 3 a : too slow Less than half",
        "Less than half of its points for those who tried it: b .",
        "The mean is 1.5 of 4 points.",
        "Could not be read (1): emil : It is a link.",
        "Stopped because it took too long (1): chen",
        "Tried nothing (1): dora On the roster, but nothing was handed in (1): zoe",
        "2 passed 1 too slow 1 not attempted attempted 3 solved 2 full marks 1 mean share 44 % "
        "difficulty 0.58 (middling) discrimination —",
        "b , 2 learners: The arguments are swapped. Look at p . bob , chen",
        "learner all 4 a 2 b 2 ann 4 2 2 bob 2 1.5 0.5 chen 0 0 0 dora 0 – – emil unread",
    ):
        assert sentence in said


def test_histogram_has_words():
    """The picture's numbers are also its text: two have nothing, one has half, one has all."""
    markup = instructor.instructor_page(small_class(), "x")
    alt = next(value for tag, name, value in Page(markup).attributes if name == "aria-label" and "Learners by" in value)
    assert "0–9 %: 2; 10–19 %: 0;" in alt
    assert "50–59 %: 1;" in alt
    assert alt.endswith("90–99 %: 0; full marks: 1.")


@pytest.mark.parametrize(
    ("number", "words"), [(0.8, "easy"), (0.79, "middling"), (0.5, "middling"), (0.49, "hard"), (0.0, "hard")]
)
def test_how_hard(number, words):
    """A word beside each difficulty, with the borders that books on tests have."""
    assert instructor._how_hard(number) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0.3, "good"),
        (0.29, "weak"),
        (0.1, "weak"),
        (0.09, "tells nothing"),
        (0.0, "tells nothing"),
        (-0.01, "look at it"),
    ],
)
def test_how_telling(number, words):
    """The same for the correlation; only one below 0 asks for a look at the exercise."""
    assert instructor._how_telling(number) == words


def rectangles(markup: str) -> list[tuple[float, ...]]:
    """Left, top, width and height of the rectangles of a picture, in its own units."""
    sides = [dict(re.findall(r'(\w+)="([\d.]+)%?"', one)) for one in re.findall("<rect[^>]*>", markup)]
    return [tuple(float(one.get(side, 0)) for side in ("x", "y", "width", "height")) for one in sides]


def test_bars_are_as_long_as_their_numbers():
    """A histogram's bars stand on one line, in the middle of their bins; a stacked bar's parts add up to all of it."""
    grades = [Graded(str(n), (report("a", str(n), points=n % 4 / 2),)) for n in range(7)]  # a quarter of them each
    bars = rectangles(charts.histogram(grades))
    middles = [(round(x + width / 2, 1), height) for x, _, width, height in bars]
    assert middles == [(4.5, 140), (22.7, 140), (50.0, 140), (68.2, 70)]
    assert {y + height for _, y, _, height in bars} == {160}
    outcomes = Counter({Outcome.PASSED: 15, Outcome.FAILED: 4, Outcome.UNATTEMPTED: 1})
    picture = charts.outcomes(outcomes)
    assert rectangles(picture) == [(0, 0, 75, 100), (75, 0, 20, 100), (95, 0, 5, 100)]
    assert re.findall(r'<text x="([\d.]+)%"[^>]*>(\d+)', picture) == [("37.50", "15"), ("85.00", "4")]  # 1 has no room
    assert rectangles(charts.bar(1, 4)) == [(0, 0, 100, 100), (0, 0, 25, 100)]
    assert rectangles(charts.bar(0, 0))[1] == (0, 0, 0, 100)


@pytest.mark.parametrize("points", [k / 10 for k in range(10)])
def test_bins_have_no_gaps(points):
    """A tenth of the points is in the bin that begins with it, whatever floats make of it."""
    assert charts._bin(Graded("x", (report("a", "x", points=3 * points, maximum=3),))) == round(10 * points)


def test_every_picture_has_words():
    """No picture without a label, no number by colour alone."""
    page = Page(instructor.instructor_page(small_class(), "x"))
    labels = [value for tag, name, value in page.attributes if (tag, name) == ("svg", "aria-label")]
    assert page.tags.count("svg") == len(labels) > 3
    assert "2 passed, 1 too slow, 1 not attempted" in labels


def test_nobody_is_stuck():
    """A class that has solved everything is told so, and nothing divides by it."""
    said = words(instructor.instructor_page(small_class()[:1], "x"))
    assert "Nowhere: what was tried is solved." in said
    assert "Nobody: every submission was read" in said
    assert "No answer gives the numbers of a known misconception." in said


def test_nobody_at_all():
    """A page of no learners, or of none that could be read, is a page."""
    assert "0 learners" in words(instructor.instructor_page([], "x"))
    assert "1 learner 1 could not be read" in words(instructor.instructor_page(small_class()[4:], "x"))
    assert "could not be read" not in words(instructor.instructor_page(small_class()[:4], "x"))


def test_unknown_mistake():
    """Where no mistake is known the check that fails is named."""
    said = words(instructor.instructor_page([Graded("ann", (report("a", "ann"),))], "x"))
    assert "1 of 1 a : not yet at “One number” (no known mistake)" in said


def test_long_lists_are_folded():
    """Everybody behind a misconception has a link there; where they are many, they are to be unfolded."""

    def page(number):
        return Page(
            instructor.instructor_page(
                [Graded(f"n{k}", (report("b", f"n{k}", diagnosis=SWAPPED),), "") for k in range(number)], "x"
            )
        )

    def links(page):
        return Counter(value for tag, name, value in page.attributes if (tag, name) == ("a", "href"))

    many, few = page(239), page(8)
    assert all(links(many)[f"learners/n{k}.html"] == 2 for k in range(239))
    assert "239 learners n0 , n1 ," in " ".join(many.words.split())
    assert (many.tags.count("details"), few.tags.count("details")) == (1, 0)
    assert all(links(few)[f"learners/n{k}.html"] == 2 for k in range(8))


def test_nothing_is_cut():
    """What is common is in sight, what is rare is folded: mistakes, unread, missing. The worst obstacles are five."""
    exercises = [f"e{n:02}" for n in range(42)]
    mistaken = [report(name, "ann", diagnosis=Diagnosis(name, f"Mistake {name}.")) for name in exercises]
    unread = [Graded(f"u{n}", (report("e00", ""),), "It is a link.") for n in range(53)]
    markup = instructor.instructor_page([Graded("ann", tuple(mistaken)), *unread], "x", [f"r{n}" for n in range(104)])
    said = words(markup)
    assert markup.count('class="share"') == 5
    assert "for those who tried it: e00 , e01 , e02 , e03 , e04 ." in said
    assert "Mistake e14. ann 27 rarer ones e15 , 1 learner: Mistake e15. ann e16 , 1 learner: Mistake e16. ann" in said
    assert "u49 : It is a link. 3 more submissions u50 : It is a link. u51 : It is a link. u52 : It is a link." in said
    assert "(104): 104 names r0 , r1 ," in said
    assert ", r102 , r103 " in said
    assert markup.count("<details>") == 3
    few = [Graded("ann", tuple(mistaken[:15])), *unread[:50]]
    shorter = instructor.instructor_page(few, "x", [f"r{n}" for n in range(8)])
    assert "<details>" not in shorter


def test_contents():
    """Each section has a heading, an anchor and a line in the contents; a section with nothing to say has neither."""
    markup = instructor.instructor_page(small_class(), "x")
    page = Page(markup)
    links = [value for tag, name, value in page.attributes if (tag, name) == ("a", "href") and value.startswith("#")]
    assert links == [f"#{value}" for tag, name, value in page.attributes if (tag, name) == ("h2", "id")]
    assert len(links) == 6
    assert page.tags.count("main") == page.tags.count("nav") == page.tags.count("h1") == 1
    assert 'href="#points"' not in instructor.instructor_page(small_class()[4:], "x")


def test_echoes_are_left_out():
    """An answer that calls a wrong one of the learner's own keeps nobody stuck; graded without that one, it may."""
    leaning = report("b", "gil", diagnosis=SWAPPED, leans_on=("a",))
    parted = report("b", "hal", diagnosis=SWAPPED, leans_on=("a",), parted=True)
    grades = [*small_class(), Graded("gil", (solved("a", "gil"), leaning)), Graded("hal", (solved("a", "hal"), parted))]
    assert [each.learners for each in tally.obstacles(grades)] == [("bob", "chen", "hal"), ("chen",)]
    assert [each.learners for each in tally.misconceptions(grades)] == [("bob", "chen", "hal")]
    said = "Not counted: 1 answer that may be right but for an earlier function"
    assert said in words(instructor.instructor_page(grades, "x"))
    assert "Not counted" not in words(instructor.instructor_page(small_class(), "x"))


def tallied(name, difficulty=None, outcomes=None, discrimination=None) -> tally.Tally:
    """One exercise of three that have been tried."""
    found = Counter(outcomes or {Outcome.FAILED: 3})
    return tally.Tally(name, 2.0, found, 3, 1, 0, 0.4, difficulty, discrimination)


OBSTACLE = tally.Obstacle("b", Outcome.FAILED, "One number", False, ("ann", "bob"))


def test_where_the_room_is_stuck(monkeypatch):
    """The obstacles, then what is hardest, the hardest first; then what is not counted."""
    found, left_out = [OBSTACLE], [0]
    monkeypatch.setattr(instructor, "obstacles", lambda grades: found)
    monkeypatch.setattr(instructor, "echoes", lambda grades: left_out[0])
    each = [tallied("b", 0.4), tallied("c"), tallied("d", 0.5), tallied("e", 0.49), tallied("f", 0.0)]
    said = instructor._stuck([], each)
    assert "2 of 3" in said
    assert said.endswith("who tried it: <b>f</b>, <b>b</b>, <b>e</b>.</p>")
    left_out[0] = 1
    assert "Not counted: 1 answer that may be right but for an earlier" in instructor._stuck([], each)
    assert instructor._stuck([], each).endswith("not right yet, which it calls.</p>")
    left_out[0] = 2
    assert instructor._stuck([], each).endswith("not right yet, which they call.</p>")
    left_out[0] = 0
    assert instructor._stuck([], [tallied("b", 0.5)]).endswith("</ol>")
    found.clear()
    assert instructor._stuck([], each) == "<p>Nowhere: what was tried is solved.</p>"
    found += [dataclasses.replace(OBSTACLE, exercise=name) for name in "bcdefg"]
    many = instructor._stuck([], [tallied(name, 0.1) for name in "bcdefg"])
    assert many.count("<li") == 5
    assert many.endswith("<b>b</b>, <b>c</b>, <b>d</b>, <b>e</b>, <b>f</b>.</p>")


def test_what_is_told_of_an_exercise():
    """Its numbers, with a word to each that needs one, and how certain they are."""
    told = "".join(instructor._exercises([tallied("b", 0.25, {Outcome.FAILED: 19}), tallied("c")]))
    facts = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", told)
    assert facts[:6] == [
        *(("attempted", "3"), ("solved", "1"), ("full marks", "0"), ("mean share", "40 %")),
        *(("difficulty", "0.25 (hard)"), ("discrimination", "—")),
    ]
    assert facts[-2:] == [("difficulty", "—"), ("discrimination", "—")]
    assert told.endswith("It is given from 20 learners on.</p>")
    told = "".join(instructor._exercises([tallied("b", 0.9, {Outcome.FAILED: 20}, 0.5), tallied("c", 0.9)]))
    assert ("discrimination", "0.50 (good)") in re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", told)
    assert told.endswith("learners on; with 20 it is uncertain by about ±0.45.</p>")
    assert list(instructor._exercises([])) == []


def test_figures_of_a_class():
    """How many, the median, who has all; and who could not be read, if anybody."""

    def figures(*grades):
        return re.findall(r"<b>(.*?)</b>(.*?)</li>", instructor._figures(grades))

    ann, bob, *_, emil = small_class()
    assert figures(ann) == [("1", "learner"), ("4 of 4", "median points"), ("1", "with full marks")]
    unread = ("1", "could not be read, and are not counted below")
    assert figures(ann, bob, emil) == [("3", "learners"), ("3 of 4", "median points"), ("1", "with full marks"), unread]
    assert figures(emil) == [("1", "learner"), unread]
    assert figures() == [("0", "learners")]


def test_everybodys_points():
    """Exercise by exercise; what a person gave beside what the machine gave, and nothing where nothing was read."""

    def learner(name, *reports, problem="", attempts=0):
        return Graded(name, reports, problem, attempts)

    def report(exercise, points, outcome=Outcome.FAILED, marks=()):
        return Report(exercise, "", outcome, (), points, 2.0, marks=marks)

    half = (Mark("learner", "x", "tutor", "now", 0.5),)
    grades = [
        learner("ann", report("kl", 2.0), report("ce", 1.5), attempts=3),
        learner("ben", report("kl", 0.0, Outcome.UNATTEMPTED), report("ce", 1.0, marks=half)),
        learner("cat", report("kl", 0.0, Outcome.STARVED), report("ce", 1.0)),
        learner("dan", report("kl", 0.0), report("ce", 0.0, marks=half), problem="No zip."),
        learner("eve", report("kl", 0.0, marks=half), problem="No zip."),
        learner("fay", report("kl", 0.0, Outcome.STARVED), report("ce", 0.0, Outcome.STARVED)),
    ]
    people = People([graded.learner for graded in grades])
    page = "".join(everybody.table(grades, people))
    rows = [re.findall(r"<td(?: class=full)?>.*?</td>", row) for row in page.split("<tr>")[2:]]
    by_hand = "<small>by hand ({})</small></td>"
    assert rows == [
        ["<td>3.5</td>", "<td class=full>2</td>", "<td>1.5</td>", "<td>3</td>"],
        ["<td>0.5</td>", "<td>–</td>", f"<td>0.5 {by_hand.format(1)}", "<td></td>"],
        ["<td>1</td>", "<td>?</td>", "<td>1</td>", "<td></td>"],
        ["<td>unread</td>", "<td></td>", f"<td>0.5 {by_hand.format(0)}", "<td></td>"],
        ["<td>0.5</td>", f"<td>0.5 {by_hand.format(0)}", "<td></td>", "<td></td>"],
        ["<td>?</td>", "<td>?</td>", "<td>?</td>", "<td></td>"],
    ]
    heads = re.findall(r"<span>(.*?)</span> <small>(.*?)</small>", page)
    assert heads == [("all", "4"), ("kl", "2"), ("ce", "2")]
    assert 'class="number">attempts</th></tr>' in page
    assert ", by hand (0) a person" in page
    plain = "".join(everybody.table([learner("ann", report("kl", 1.0))], People(["ann"])))
    assert "attempts" not in plain
    assert plain.endswith("all of them, – not attempted, ? not graded yet.</p>")


def test_whom_nothing_was_left_for_has_no_points():
    """Where a busy machine has graded nothing of somebody, no page says 0, and no mean or median counts it."""
    starved = Graded("cat", tuple(report(each, "cat", Outcome.STARVED) for each in ("kl", "ce")))
    grades = [Graded("ann", (solved("kl", "ann"), solved("ce", "ann"))), starved]
    page = pages.instructor.instructor_page(grades, "A class")
    assert "<b>4 of 4</b>median points" in page
    assert "The mean is 4 of 4 points." in page
    assert [each.share for each in pages.tally.tally(grades)] == [1.0, 1.0]
    assert pages.tally.tally([starved])[0].share == 0.0
    own = pages.learner.learner_page(starved)
    assert "<b>– of 4</b>points" in own
    assert "cat: – of 4 points</title>" in own


def test_long_names_are_cut():
    """To 60 characters; the link is that of the whole name, which it shows when asked."""
    people = People(["x" * 60, "x" * 61])
    assert f">{'x' * 60}<" in people.link("x" * 60)
    assert f">{'x' * 59}…<" in people.link("x" * 61)
    assert pages.page.page_name("x" * 61) in people.link("x" * 61)


@pytest.mark.parametrize(
    ("learner", "shown"),
    [
        ("leeann_4001_98001_kl", "leeann"),
        ("leeann_LATE_4001_98001_02_kl_divergence-1", "leeann late"),
        ("Ann Lee_7000_assignsubmission_file", "Ann Lee"),
        ("王小明_7000_assignsubmission_file_02_kl.py", "王小明"),
        ("A_B_7000_assignsubmission_onlinetext_", "A_B"),
        ("ann_lee", "ann_lee"),
        ("ann_4001", "ann_4001"),
        ("_4001_98001_kl", "_4001_98001_kl"),
    ],
)
def test_names_of_downloads_are_short(learner, shown):
    """What Canvas and Moodle write around a name is left out, and shown when asked; that it is late stays."""
    link = People([learner, "somebody else"]).link(learner)
    assert words(link) == shown
    assert (f'title="{learner}"' in link) == (shown != learner)


def test_short_names_tell_apart():
    """Two of one name keep the platform's number, and two uploads of one of them the whole name."""
    learners = ["ann_4001_9_kl", "ann_4002_8_kl", "bob_4003_7_kl", "bob_4003_6_kl", "eve", "eve_4004_5_kl"]
    people = People(learners)
    shown = [words(people.name(learner)) for learner in learners]
    assert shown == ["ann (4001)", "ann (4002)", "bob_4003_7_kl", "bob_4003_6_kl", "eve", "eve (4004)"]


def test_links_lead_to_pages(tmp_path):
    """Every link of the instructor's page is a file, and every learner has one."""
    grades = [Graded(name, (report("a", name),)) for name in nasty.NAMES]
    index = pages.write(tmp_path, grades, "x")
    page = Page(index.read_text(encoding="utf-8"))
    hrefs = (value for tag, name, value in page.attributes if (tag, name) == ("a", "href"))
    links = {value for value in hrefs if not value.startswith("#")}
    assert len(links) == len(nasty.NAMES) == len(list((tmp_path / "learners").iterdir()))
    assert all((tmp_path / unquote(link)).is_file() for link in links)


def test_whose_page_is_which(tmp_path):
    """A table beside the pages has each learner's file: what a mail merge or a script reads."""
    names = ["王小明", "Jürgen Weiß", "Ann, Lee", "=1+1", "a/b"]
    pages.write(tmp_path, [Graded(name, (report("a", name),)) for name in names], "x")
    (head, *rows) = csv.reader(io.StringIO((tmp_path / "learners.csv").read_bytes().decode(), newline=""))
    assert head == ["learner", "file"]
    assert [row[0] for row in rows] == ["王小明", "Jürgen Weiß", "Ann, Lee", "'=1+1", "a/b"]
    assert [row[1] for row in rows][:3] == [f"learners/{name}.html" for name in names[:3]]
    assert {str(tmp_path / row[1]) for row in rows} == set(map(str, (tmp_path / "learners").iterdir()))


def test_who_is_gone_has_no_page(tmp_path):
    """A second report takes away the pages of learners whose grades are gone, and no other file."""
    pages.write(tmp_path, [Graded(name, (report("a", name),)) for name in ("ann", "bob")], "x")
    for name, content in (("notes.html", b"<p>mine"), ("bytes.html", b"\xff\xfe")):
        (tmp_path / "learners" / name).write_bytes(content)
    (tmp_path / "learners" / "folder.html").mkdir()
    pages.write(tmp_path, [Graded("ann", (report("a", "ann"),))], "x")
    left = {path.name for path in (tmp_path / "learners").iterdir()}
    assert left == {"ann.html", "notes.html", "bytes.html", "folder.html"}


# ---- what is handed back -----------------------------------------------------------------------------------------


def test_real_feedback_is_handed_back():
    """Of a real report what a learner can act on stays: the check's title, the mistake, what to do."""
    double = toys.make_double()
    for mistake in double.misconceptions:
        graded = scoring.score(double, ask_here(mistake.function, double), seed=3, learner="ann")
        first = graded.first_failure
        page = learner.learner_page(Graded("ann", (graded,)))
        assert first.title in words(page)
        assert mistake.explanation in words(page)
        assert first.example is not None
        assert first.example.line not in page
        assert "torch.tensor" not in page


def test_a_learners_page_names_nobody_else(tmp_path):
    """What is handed back tells nothing of the class, and leads nowhere."""
    names = [f"{name}-of-the-class" for name in ("ann", "bob", "chen")]
    grades = [Graded(name, (report("a", name, diagnosis=SWAPPED),)) for name in names]
    pages.write(tmp_path, grades, "Week 3")
    for name in names:
        page = (tmp_path / "learners" / f"{name}.html").read_text(encoding="utf-8")
        assert [other for other in names if other in page] == [name]
        assert "Week 3" not in page
        assert "<a " not in page


def test_unread_learner_is_told_why():
    """Who could not be read gets the sentence, not eight times `not attempted`."""
    page = learner.learner_page(small_class()[4])
    assert "could not be read. It is a link." in words(page)
    assert "not attempted" not in words(page)
    assert "<h2" not in page


def test_a_learner_is_called_by_name():
    """And not as the platform called the file."""
    said = words(learner.learner_page(Graded("Ann Lee_7000_assignsubmission_file", (solved("a", ""),))))
    assert " Ann Lee 2 of 2 points" in said
    assert "not final" not in said


# ---- strangers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [name for name in nasty.NAMES if name], ids=nasty.label)
def test_nothing_runs(text):
    """Names and feedback add no element to a page, no attribute, no script, and do not turn its reading order."""

    def both(text) -> list[str]:
        example = Example(text, text, text)
        one = report("a", text, why=text, example=example, diagnosis=Diagnosis(text, f"This. {text}"))
        unread = Graded(text + "2", (report("a", text, Outcome.UNATTEMPTED, why=text),), text)
        grades = [Graded(text, (one,)), unread]
        return [
            instructor.instructor_page(grades, text, [text * 2]),
            learner.learner_page(grades[0]),
            learner.learner_page(unread),
        ]

    for markup, plain in zip(both(text), both("x"), strict=True):
        page, harmless = Page(markup), Page(plain)
        assert [tag for tag in page.tags if tag != "code"] == [tag for tag in harmless.tags if tag != "code"]
        assert [pair[:2] for pair in page.attributes] == [pair[:2] for pair in harmless.attributes]
        assert not set(markup) & set(nasty.STEERING)
        markup.encode()


def test_pages_run_no_script_but_ours():
    """Should anything get through, the browser is told to load nothing, and to run our own script or none."""
    ours, theirs = instructor.instructor_page(small_class(), "x"), learner.learner_page(small_class()[0])
    script = re.findall("<script>(.*?)</script>", ours, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script[0].encode()).digest()).decode()
    nothing = "default-src 'none'; style-src 'unsafe-inline'"
    for markup, allowed in ((ours, f"{nothing}; script-src 'sha256-{digest}'"), (theirs, nothing)):
        page = Page(markup)
        assert ("meta", "content", allowed) in page.attributes
        assert markup.startswith("<!DOCTYPE html>")
        assert page.tags.count("script") == (markup is ours)
        assert not {"img", "link", "iframe", "object"} & set(page.tags)
        assert not re.search(r"https?:|url\(|@import", markup)


@pytest.mark.parametrize("text", [name for name in nasty.NAMES if name], ids=nasty.label)
def test_what_was_handed_in_runs_nothing(text):
    """Names and texts of learners whose work is alike add no element to the page that shows them side by side."""

    def page(text: str) -> str:
        calls = "".join(f"    y = x.method_{k}(x, {k})\n" for k in range(30))
        texts = {text: f"def a(x):\n    # {text}\n{calls}", f"{text}2": f"def a(x):\n{calls} + 1 # {text}"}
        filler = {f"n{n}": f"def a(x):\n    return x.other_{n}(x, x, x, x)\n" for n in range(30)}
        work = {name: {"a": Answer(each)} for name, each in (texts | filler).items()}
        found = compare(work)
        assert len(found.alike) == 1
        return similar.similar_page(found, work, text)

    markup, plain = page(text), page("x")
    assert Page(markup).tags == Page(plain).tags
    assert not set(markup) & set(nasty.STEERING)


# ---- the command -------------------------------------------------------------------------------------------------


def test_command(tmp_path, capsys):
    """`coursekit report` reads what grading wrote and says where the pages are."""
    for graded in small_class():
        gradefiles.write_report(tmp_path, graded)
    (tmp_path / "roster.txt").write_text("ann\nzoe\n")
    assert main(["report", str(tmp_path), "--roster", str(tmp_path / "roster.txt")]) == 0
    assert "index.html, and 5 pages to hand back in" in capsys.readouterr().out
    assert "(1): zoe" in words((tmp_path / "pages" / "index.html").read_text(encoding="utf-8"))
    assert main(["report", str(tmp_path), "--out", str(tmp_path / "else" / "where")]) == 0
    assert len(list((tmp_path / "else" / "where" / "learners").iterdir())) == 5


@pytest.mark.parametrize("there", [True, False])
def test_command_without_grades(tmp_path, capsys, there):
    """A folder without grades, or none at all, is said in a sentence."""
    folder = tmp_path if there else tmp_path / "nowhere"
    assert main(["report", str(folder)]) == 1
    assert f"{folder} holds no reports: give the folder that `coursekit grade` wrote." in capsys.readouterr().err
    assert not (folder / "pages").exists()


def test_command_with_a_damaged_report(tmp_path, capsys):
    """The file is named."""
    path = gradefiles.write_report(tmp_path, small_class()[0])
    path.write_text(json.dumps({"learner": "ann"}))
    assert main(["report", str(tmp_path)]) == 1
    assert "ann.json is damaged" in capsys.readouterr().err


@pytest.mark.slow
def test_a_thousand_learners(tmp_path):
    """A thousand learners and eight exercises take a few seconds and a page that a browser opens at once."""
    verdicts = tuple(Verdict(f"c{k}", f"Check {k}", Tier.CORE, Outcome.FAILED, "Wrong.", "Look.") for k in range(8))
    grades = [
        Graded(
            f"learner {n}",
            tuple(
                Report(
                    f"exercise_{e}", "", Outcome.FAILED, verdicts, n % 3, 3, Diagnosis("m", f"Mistake {n * e % 90}.")
                )
                for e in range(8)
            ),
        )
        for n in range(1_000)
    ]
    before = time.process_time()
    index = pages.write(tmp_path, grades, "x")
    assert time.process_time() - before < 10
    assert index.stat().st_size < 1 << 20


@pytest.mark.parametrize(
    ("names", "said"), [(["a", "<b>", "c"], "a, &lt;b&gt;, c"), (["a", "b", "c", "d"], "4 exercises")]
)
def test_a_few_exercises_are_named(names, said):
    """Of more, how many they are."""
    assert similar._exercises(names) == said


def test_similar_work_has_a_page(tmp_path):
    """Where the work is at hand, and beside the page that leads there."""
    text = "def a(x):\n" + "".join(f"    y = x.method_{k}(x, {k})\n" for k in range(30))
    work = {name: {"a": Answer(text)} for name in ("ann", "bob")}
    assert folder.write_similar(tmp_path, compare(work), work, "KL") == tmp_path / "similar.html"
    assert "2 learners handed in the same work" in words((tmp_path / "similar.html").read_text(encoding="utf-8"))
    (tmp_path / "similar.html").unlink()
    grades = [Graded(name, (solved("a", name),)) for name in work]
    assert 'id="similar"' not in folder.write(tmp_path, grades, "KL").read_text(encoding="utf-8")
    assert not (tmp_path / "similar.html").exists()
    index = folder.write(tmp_path, grades, "KL", work=work)
    assert (index, (tmp_path / "similar.html").exists()) == (tmp_path / "index.html", True)
    assert 'id="similar"' in index.read_text(encoding="utf-8")
