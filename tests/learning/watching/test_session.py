"""What a save, a verdict and a key do, and what is on the screen then."""

import time

import pytest
import toys

from coursekit.course import stubs, syllabus
from coursekit.errors import CommandError
from coursekit.learning import learn, memory
from coursekit.learning.watching import beginning, pages
from coursekit.learning.watching.checking import Desk
from coursekit.learning.watching.orders import Order, Result, answer_of, line
from coursekit.learning.watching.saves import Saved
from coursekit.learning.watching.session import Session
from coursekit.report import Outcome

RIGHT = "def double(x):\n    return 2 * x\n"
WRONG = "def double(x):\n    return x * x\n"
CORE = "def double(x):\n    return (2 * x).double()\n"


class Evening:
    """A session whose orders are carried out at once, in this process."""

    def __init__(self, file, exercise=""):
        self.orders, self.turns = [], []
        self.desk = Desk()
        self.session = Session(file, exercise, self._order, self.turns.append)

    def _order(self, file, exercise, *, follows):
        self.orders.append(Order(len(self.orders) + 1, str(file), exercise, follows))

    def work(self):
        """Carries out the orders, also those that follow from them."""
        while self.orders:
            order = self.orders.pop(0)
            asked = self.desk.read(order)
            self.desk.untold.discard(order.file)
            self.session.came(asked if isinstance(asked, Result) else answer_of(line(self.desk.check(asked))))
        return self

    def begin(self):
        self.session.begin()
        self.session.knows(answer_of(line(self.desk.course())))
        return self.work()

    def save(self, text):
        self.session.file.write_text(text, encoding="utf-8")
        self.session.saved(Saved(time.time()))
        return self.work()

    def press(self, *keys):
        for key in keys:
            self.session.key(key)
        return self.work()

    def shown(self, width=99):
        page = pages.page(self.session, width)
        rows = [*page.head, *page.body, *page.foot]
        assert all(len("".join(words for _, words in row)) <= width for row in rows)
        return "\n".join("".join(words for _, words in row) for row in rows)


@pytest.fixture
def remembered(tmp_path, monkeypatch):
    """What is remembered, in short."""
    monkeypatch.setenv(memory.VARIABLE, str(tmp_path / "progress.jsonl"))
    return lambda: [(check.exercise, check.outcome, check.where) for check in memory.checks()]


@pytest.fixture
def evening(toy_course, remembered):
    """An evening with the course's own file, just begun."""
    return Evening(toy_course.stub).begin()


def test_before_torch_is_there(toy_course):
    """The first screen tells where the learner is, and what is awaited; keys that need the course say so."""
    evening = Evening(toy_course.stub, "double")
    assert evening.shown().splitlines()[:2] == ["double", "exercises/toy.py"]
    assert "Loading torch" in evening.shown()
    for key in "hsrn":
        evening.session.key(key)
        assert "One moment" in evening.shown()


def test_a_stub(evening, remembered):
    """It is told where to write; nobody has tried, so nothing is remembered."""
    shown = evening.shown()
    assert "double, 4 points\nexercises/toy.py, line 12" in shown
    assert "Write it in the place of the line that raises, and save." in shown
    assert remembered() == []


def test_saves_are_checked_and_remembered(evening, remembered):
    """Each one, with the mistake by name; a pass goes on to the next exercise, and the pass stays in sight."""
    assert "This is the square." in evening.save(WRONG).shown()
    evening.save(WRONG)  # by an editor that saves now and then: nobody has tried anything
    assert evening.save(f"{WRONG}# later\n").shown().startswith("double, 4 points")
    shown = evening.save(RIGHT).shown()
    assert shown.splitlines()[0] == "triple, 1 point"
    assert "double: done ✓ (4 of 4 points)" in shown
    assert remembered() == [("double", "failed", "watch")] * 2 + [("double", "passed", "watch")]


def test_the_end(evening):
    """After the last one there is no other."""
    assert (
        "All exercises of the course are passed."
        in evening.save(f"{RIGHT}\n\ndef triple(x):\n    return 3 * x\n").shown()
    )


def test_the_core_alone_stays(evening):
    """Where parity is left, the screen stays, and says how to go on."""
    shown = evening.save(CORE).shown()
    assert "the core is done ✓, parity not yet" in shown
    assert "press n to go on" in shown
    assert evening.press("n").shown().startswith("triple")


def test_what_was_solved_elsewhere_is_left_behind(toy_course, remembered):
    """An answer that passes at the beginning is remembered once, and not looked at for long."""
    toy_course.stub.write_text(RIGHT, encoding="utf-8")
    assert Evening(toy_course.stub, "double").begin().shown().startswith("triple")
    assert remembered() == [("double", "passed", "watch")]
    evening = Evening(toy_course.stub, "triple").begin().press("p")
    assert evening.shown().startswith("double, 4 points")
    assert "done ✓" in evening.shown()
    assert len(remembered()) == 1


def test_it_follows_the_learner(evening, toy_course):
    """Where another answer has changed, and only that, the screen turns to it."""
    text = toy_course.stub.read_text(encoding="utf-8")
    stub = stubs.stub(toy_course, "triple")
    shown = evening.save(text.replace(stub, "def triple(x):\n    return x\n")).shown()
    assert shown.startswith("triple, 1 point")
    assert "You are writing triple: on to it." in shown
    assert evening.save(evening.session.file.read_text(encoding="utf-8") + "\n").shown().startswith("triple")


def test_what_an_answer_prints(evening):
    """It is shown, without what would steer the terminal, and not without end."""
    shown = evening.save("def double(x):\n    print('\\x1b[2Jhere', 'x' * 10_000)\n    return x\n").shown(60)
    assert "\\x1b[2Jhere xxx" in shown
    assert shown.count("x") < 3_000


def test_hints(evening, remembered):
    """One more with each press, and it is remembered; at the end the answer is offered."""
    assert "Hint 1 of 2. Add it to something." in evening.press("h").shown()
    assert "Hint 2 of 2. To itself." in evening.press("h").shown()
    assert "These are all hints." in evening.press("h").shown()
    assert (remembered(), memory.next_hint("double")) == ([], 3)


def test_hints_that_were_read_before(evening):
    """They are shown together with the next one."""
    learn.hint("double", 1)
    shown = evening.press("h").shown()
    assert "Hint 1 of 2. Add it to something.\n\nHint 2 of 2. To itself." in shown


def test_a_conflict_in_the_file(evening, toy_course):
    """It is no mistake of Python's: a sentence says what to do."""
    shown = evening.save(f"<<<<<<< mine\n{RIGHT}=======\n{WRONG}>>>>>>> theirs\n").shown()
    assert "conflict" in shown


def test_the_solution_is_asked_for_twice(evening, toy_course):
    """Not while the exercise is open; any other key than y means no."""
    answer = stubs.model_answer(toy_course, "double").splitlines()[2]
    assert "Show the answer to double? It is not passed yet." in evening.press("s").shown()
    assert answer not in evening.press("n").shown()
    assert answer in evening.press("s", "y").shown()
    assert answer not in evening.press("escape").shown()
    evening.save(RIGHT).press("p", "s")
    assert answer in evening.shown()
    assert "".join(evening.shown(40).split()).count("return FACTOR*x".replace(" ", "")) == 1
    assert evening.press("n").session.exercise == "double"
    evening.press("q")
    assert evening.session.is_over


def test_reset_asks_and_keeps(evening, toy_course):
    """The stub is back, the old text is kept, and what the learner sees is the stub again."""
    evening.save(WRONG)
    assert "Put the stub of double back?" in evening.press("r").shown()
    assert "Nothing was done." in evening.press("x").shown()
    assert toy_course.stub.read_text(encoding="utf-8") == WRONG
    evening.press("r", "y")
    assert "As it was: kept/toy before reset 1.py" in evening.shown()
    assert toy_course.stub.read_text(encoding="utf-8") == stubs.stub(toy_course, "double")
    assert (syllabus.ROOT / "kept" / "toy before reset 1.py").read_text(encoding="utf-8") == WRONG


def test_reset_of_what_is_gone(evening, toy_course):
    """A sentence, and no traceback."""
    toy_course.stub.unlink()
    assert "Nothing was changed: No such file or directory" in evening.press("r", "y").shown()


def test_list(evening, toy_course):
    """All exercises with how far they have come; Enter goes to the one that is chosen."""
    shown = evening.save(CORE).press("l").shown()
    assert "00 Toys\n> ✓  double  core passed\n  ·  triple\n" in shown
    assert evening.press("down", "down", "enter").shown().startswith("triple")
    assert evening.press("l", "escape").shown().startswith("triple")


def test_the_first_and_the_last(evening):
    """There is nothing before and behind them."""
    assert "This is the first exercise here." in evening.press("p").shown()
    assert "This is the last exercise here." in evening.press("n", "n").shown()


def test_a_file_that_is_gone(evening):
    """It is waited for, and what was known stays in sight."""
    evening.save(WRONG)
    evening.session.saved(Saved(None))
    assert "toy.py is gone. When it is back, it is checked again." in evening.shown()
    assert "This is the square." in evening.shown()
    assert "is gone" not in evening.save(WRONG).shown()


def test_a_notebook_that_is_half_written(toy_course, remembered):
    """It is no verdict: a sentence says so, and the next save is checked."""
    evening = Evening(toy_course.notebook).begin()
    assert evening.shown().splitlines()[:2] == ["double, 4 points", "notebooks/00_toy.ipynb"]
    whole = toy_course.notebook.read_text(encoding="utf-8")
    shown = evening.save(whole[: len(whole) // 2]).shown()
    assert "is not a notebook" in shown
    assert "It is checked again at the next save." in shown
    assert remembered() == []
    assert "not attempted yet" in evening.save(whole).shown()


def test_a_file_of_any_name(tmp_path, toy_course):
    """Its own exercises are gone through, and no others."""
    path = tmp_path / "mine.py"
    path.write_text(WRONG, encoding="utf-8")
    evening = Evening(path).begin()
    assert evening.shown().splitlines()[1] == "mine.py, line 1"
    assert "This is the last exercise here." in evening.press("n").shown()
    assert "All exercises of mine.py are passed." in evening.save(RIGHT).shown()
    path.write_text("x = 1\n", encoding="utf-8")
    assert "defines no function that is called as an exercise" in Evening(path).begin().shown()


def test_from_lesson_to_lesson(toy_course, monkeypatch, tmp_path):
    """At the end of a lesson's file the next lesson's is watched, of the same kind."""
    second = syllabus.Topic(1, "other", "Others")
    for name in ("notebook", "stub"):
        monkeypatch.setattr(syllabus, "TOPICS", (toy_course,))
        evening = Evening(getattr(toy_course, name), "triple").begin()
        monkeypatch.setattr(syllabus, "TOPICS", (toy_course, second))
        entry = evening.session.entries["triple"]
        evening.session.entries["quadruple"] = type(entry)("quadruple", "other", 1.0, ())
        evening.session.key("n")
        assert evening.turns == [getattr(second, name)]
        evening.orders.clear()


@pytest.mark.parametrize("width", [pages.NARROWEST, 60, 200])
def test_lines_fit(evening, width):
    """Whatever the width, no line is longer (see `Evening.shown`)."""
    assert "This is the square." in " ".join(evening.save(WRONG).press("h", "r").shown(width).split())


def test_a_check_that_ends_its_process(toy_course):
    """Its report is like any other's."""
    desk = Desk()
    asked = desk.read(Order(1, str(toy_course.stub), "double"))
    from coursekit.learning.watching import checking

    late = desk.refusal(asked, checking.too_slow()).report
    assert (late.outcome, late.first_failure.rationale) == (
        Outcome.TIMEOUT,
        "Still running after 30 s, so it was ended.",
    )
    assert desk.refusal(asked, checking.crashed()).report.outcome is Outcome.ERROR


def test_a_verdict_that_nobody_heard(toy_course):
    """The code of a check that was ended by the next save is still new to it."""
    desk = Desk()
    order = Order(1, str(toy_course.stub), "double")
    assert [desk.read(order).is_new for _ in range(2)] == [True, True]
    desk.untold.discard(order.file)
    assert desk.read(order).is_new is False


def test_where_it_begins(toy_course, remembered, tmp_path, monkeypatch):
    """With nothing, what is next; with a name, that; with a file, what its own answers tell."""
    assert beginning.beginning("", None) == (toy_course.stub, "double")
    memory.remember(learn.check_file("double", _file(tmp_path / "a.py", toys.HONEST))[0])
    assert beginning.beginning("", None) == (toy_course.stub, "triple")
    assert beginning.beginning("double", None) == (toy_course.stub, "double")
    assert beginning.beginning("", toy_course.notebook) == (toy_course.notebook, "")
    assert Evening(toy_course.notebook).begin().session.exercise == "triple"


def test_the_installed_package(toy_course, monkeypatch):
    """It has no exercises of its own to watch, and says what to name."""
    monkeypatch.setattr(syllabus, "in_course", lambda: False)
    with pytest.raises(CommandError, match="Name the file: `coursekit watch FILE`"):
        beginning.beginning("double", None)


def _file(path, text):
    path.write_text(text, encoding="utf-8")
    return path
