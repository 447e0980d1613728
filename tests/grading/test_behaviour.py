"""What an answer does: texts that do the same are the same, whatever they look like, and others are not."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest
import torch
import toys
from hypothesis import given
from hypothesis import strategies as st

from coursekit.course import syllabus
from coursekit.exercise import Exercise, Stopped, refuses, same_gradient
from coursekit.grading.behaviour import doing, probes, showing
from coursekit.grading.behaviour.doing import Doing, Part, grouped, same
from coursekit.grading.behaviour.unnamed import is_unnamed, unnamed
from coursekit.report import Diagnosis, Example, Outcome, Report
from coursekit.wire import Answer, Problem
from coursekit.wire.answering import answer

TORCH = "import torch\n"
THRICE = (  # fourteen texts that do one thing
    "def double(x):\n    return 3 * x\n",
    "def double(x):\n    return x * 3.0\n",
    "def double(x):\n    return x + x + x\n",
    "def double(x):\n    return 2 * x + x\n",
    "def double(x):\n    return 4 * x - x\n",
    "def double(x):\n    return x / (1 / 3)\n",
    "def double(x):\n    return x / 0.5 + x\n",
    "def double(x):\n    return -(-x * 3)\n",
    TORCH + "def double(x):\n    return torch.stack([x, x, x]).sum(0)\n",
    TORCH + "def double(x):\n    return sum([x] * 3, torch.zeros_like(x))\n",
    TORCH + "def double(x):\n    return 6 * torch.stack([x, torch.zeros_like(x)]).mean(0)\n",
    TORCH + "def double(x):\n    y = x.clone()\n    for _ in range(2):\n        y = y + x\n    return y\n",
    "factor = 3\nhelp = lambda v: factor * v\ndef double(x):\n    return help(x)\n",
    "def double(value):\n    '''Not twice.'''\n    return value * 1.5 * 2\n",
)
OTHERS = {
    "another number": "def double(x):\n    return 4 * x\n",
    "nearly the number": "def double(x):\n    return 3.001 * x\n",
    "no gradient": "def double(x):\n    return 3 * x.detach()\n",
    "another gradient": "def double(x):\n    return 3 * x.detach() + (x - x.detach())\n",
    "another dtype": "def double(x):\n    return (3 * x).double()\n",
    "another shape": "def double(x):\n    return (3 * x)[None]\n",
    "NaN": "def double(x):\n    return x * float('nan')\n",
    "inf": "def double(x):\n    return x + float('inf')\n",
    "an error": "def double(x):\n    raise ValueError(x)\n",
    "another error": "def double(x):\n    raise KeyError(x)\n",
    "nothing": "def double(x):\n    x + x\n",
}


def does(exercise: Exercise, text: str) -> doing.Behaviour:
    space: dict = {}
    exec(text, space)
    asked = probes.questions(exercise)
    return probes.behaviour(exercise, asked, [answer(space[exercise.name], question) for question in asked])


# ---- one behaviour, one group ------------------------------------------------------------------------------------


def test_texts_that_do_the_same_are_one_group(double):
    """Fourteen texts fall into one group, and each that does something else into one of its own."""
    texts = [*THRICE, *OTHERS.values()]
    assert grouped([does(double, text) for text in texts]) == [0] * 14 + list(range(14, len(texts)))


def test_what_comes_later_moves_nobody(double):
    """A group is formed around its first behaviour: so each is in the group in which it was before."""
    behaviours = [does(double, text) for text in (*OTHERS.values(), *THRICE)]
    whole = grouped(behaviours)
    assert all(grouped(behaviours[:size]) == whole[:size] for size in range(len(behaviours)))


@given(st.floats(-1e6, 1e6), st.integers(1, 9))
def test_no_rounding_parts_equals(number, digits):
    """Numbers that differ in their last digits are the same on either side of every place where one could round."""
    edge = round(number, digits) + 0.5 * 10.0**-digits
    near, far = (_one(edge * (1 + sign * 1e-6)) for sign in (1, -1))
    assert same(near, far)
    assert not same(near, _one(edge + 1 + abs(edge) / 100))


def _one(number: float | None, relative: float = 1e-4, absolute: float = 1e-5) -> doing.Behaviour:
    return (Doing(relative, absolute, parts=(Part("float32", (), (number,)),)),)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (float("nan"), float("nan"), True),
        (float("inf"), float("inf"), True),
        (float("inf"), -float("inf"), False),
        (float("nan"), float("inf"), False),
        (float("inf"), 1e300, False),
        (None, None, True),
        (None, 1.0, False),
        (0.0, 9e-6, True),
        (0.0, 2e-5, False),
    ],
)
def test_numbers_that_are_none(one, other, equal):
    """NaN and inf are the same as themselves alone; a number that is lost is lost in both."""
    assert same(_one(one), _one(other)) is same(_one(other), _one(one)) is equal


VALUE = Part("float32", (2,), (1.0, 2.0))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"problem": ("raised", "ValueError")}, {}),
        ({"parts": (VALUE,)}, {"parts": (VALUE, VALUE)}),
        ({"parts": (VALUE, None)}, {"parts": (VALUE, VALUE)}),
        ({"parts": (VALUE,)}, {"parts": (Part("float64", (2,), (1.0, 2.0)),)}),
        ({"parts": (VALUE,)}, {"parts": (Part("float32", (1, 2), (1.0, 2.0)),)}),
        ({"parts": (VALUE,)}, {"parts": (Part("float32", (2,), (1.0, 2.1)),)}),
    ],
    ids=["error", "how many", "no gradient", "dtype", "shape", "last number"],
)
def test_what_parts_two(one, other):
    """Either way round, one difference is enough."""
    first, second = ((Doing(1e-4, 1e-5, **fields),) for fields in (one, other))
    assert same(first, first)
    assert not same(first, second)
    assert not same(second, first)
    assert not same(first, first * 2)
    assert grouped([first, second, second, first]) == [0, 1, 1, 0]


def test_a_group_is_what_is_the_same_as_its_first():
    """A third near the second is of the first's group only if it is near that; as near as is allowed is near."""
    steps = [_one(number, relative=0.0, absolute=1.0) for number in (0.0, 1.0, 1.5)]
    assert grouped(steps) == [0, 0, 2]


def test_where_numbers_are_lost_hangs_on_the_algebra():
    """Two writings overflow in other places; that values are lost, or slopes, is what they share."""

    def lost(*numbers, slopes=(1.0,)):
        return (Doing(1e-4, 1e-5, parts=(Part("float32", (3,), numbers), Part("float32", (1,), slopes))),)

    assert same(lost(None, None, 1.0), lost(None, 2.0, 1.0))
    assert not same(lost(None, None, 1.0), lost(None, 2.0, 1.5))
    assert not same(lost(None, 2.0, 1.0), lost(3.0, 2.0, 1.0))
    assert not same(lost(None, 2.0, 1.0), lost(None, 2.0, 1.0, slopes=(None,)))


@given(
    st.lists(
        st.builds(
            Doing,
            st.just(1e-4),
            st.just(1e-5),
            st.none() | st.tuples(st.text(max_size=5), st.text(max_size=5)),
            st.lists(
                st.none()
                | st.builds(
                    Part,
                    st.just("float64"),
                    st.lists(st.integers(0, 3), max_size=2).map(tuple),
                    st.lists(st.none() | st.floats(), max_size=3).map(tuple),
                ),
                max_size=3,
            ).map(tuple),
        ),
        max_size=3,
    ).map(tuple)
)
def test_is_kept_whole(behaviour):
    """What comes back from where it is kept is what was kept."""
    again = doing.from_bytes(doing.to_bytes(behaviour))
    assert repr(again) == repr(behaviour)
    assert same(again, behaviour)


# ---- questions ---------------------------------------------------------------------------------------------------


def test_questions_are_the_same_for_all(double):
    """They hang on no secret and no answer, and none is asked twice."""
    asked = probes.frames_to_ask(double)
    assert asked == probes.frames_to_ask(toys.make_double("softmax"))
    assert len(set(asked)) == len(asked) == 4


class Child:
    """A line to a function that ends as it is told to."""

    def __init__(self, ends: int, outcome: Outcome, why: str) -> None:
        self.left, self.outcome, self.why = ends, outcome, why

    def send(self, asked):
        self.asked = list(asked)

    def reply(self):
        self.left -= 1
        if self.left < 0:
            raise Stopped(self.outcome, self.why)
        return self.asked.pop(0)

    def read(self, reply, question):
        return answer(toys.thrice, question)


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS)
def test_each_question_has_one_doing(double, text):
    """Whatever came of it: they are told apart, and shown, by their places."""
    assert len(does(double, text)) == len(probes.questions(double))


def test_inf_is_lost_only_in_the_place_of_a_number(double):
    """Where the shape is another one, no place says what should stand there."""
    lost, kept = (does(double, f"def double(x):\n    return (x / 0){more}") for more in ("", "[None]"))
    assert [each[0].parts[0].numbers for each in (lost, kept)] == [(None,), (torch.inf,)]


def test_an_end_is_part_of_a_behaviour(double):
    """Code that hangs or leaves at a question does so for everybody; want of time is nobody's doing."""
    asked = probes.frames_to_ask(double)

    def ended(after, outcome, why="It ended."):
        answers = probes.ask_child(Child(after, outcome, why), asked)
        return probes.behaviour(double, probes.questions(double), answers)

    assert same(ended(2, Outcome.TIMEOUT), ended(2, Outcome.TIMEOUT))
    assert not same(ended(2, Outcome.TIMEOUT), ended(1, Outcome.TIMEOUT))
    assert not same(ended(2, Outcome.TIMEOUT), ended(2, Outcome.ERROR))
    assert same(ended(2, Outcome.TIMEOUT, "After 5 s."), ended(2, Outcome.TIMEOUT, "After 10 s."))
    assert not same(ended(2, Outcome.ERROR), ended(2, Outcome.ERROR, "It left."))
    assert len(ended(9, Outcome.ERROR)) == len(asked)
    assert ended(2, Outcome.STARVED) == ended(2, Outcome.SKIPPED) == ()


def test_a_flood_of_numbers_is_cut(double):
    """However much a child returns, what is kept of it stays small."""
    asked = probes.questions(double)
    answers = [Answer(torch.rand(1000, 1000), (torch.rand(1000, 1000),) * len(each.wrt)) for each in asked]
    kept = probes.behaviour(double, asked, answers * 1)
    assert max(len(part.numbers) for each in kept for part in each.parts if part) == probes.MOST
    assert same(kept, kept)
    noisy = [Answer(torch.rand(probes.MOST))] * 1000
    held = probes.behaviour(double, asked[:1] * 1000, noisy)
    assert sum(len(part.numbers) for each in held for part in each.parts if part) <= probes.MOST_OF_ALL
    assert len(doing.to_bytes(held)) < 1 << 20


def test_words_of_a_strangers_are_cut(double):
    """Of an error its kind and type are kept, and not what it says."""
    (one, *_) = does(
        double, "class E" + "x" * 500 + "(Exception): ...\ndef double(x):\n    raise E" + "x" * 500 + "('secret')\n"
    )
    assert one.problem is not None
    assert max(map(len, one.problem)) <= 80
    (two, *_) = does(double, "def double(x):\n    raise ValueError('secret')\n")
    assert two.problem == ("raised", "ValueError")


# ---- what is shown of it -----------------------------------------------------------------------------------------


NUMBER = "double(torch.tensor(3.0))"
SLOPE = "x = torch.tensor([1.0, -5.0], requires_grad=True); double(x).sum().backward(); x.grad"


@pytest.mark.parametrize(
    ("returns", "shown"),
    [
        ("return 3 * x", Example(NUMBER, "9.0000", "6.0000")),
        ("2 * x", Example(NUMBER, "None", "6.0000")),
        ("raise ValueError('no')", Example(NUMBER, "an error (ValueError: no (line 2))", "6.0000")),
        ("return 6.0", Example(NUMBER, "no tensor (number float)", "6.0000")),
        ("return 2 * x.detach()", Example(SLOPE, "None", "[2.0000, 2.0000]")),
        ("return (2 * x).double()", Example(f"{NUMBER}.dtype", "float64", "float32")),
        ("return (2 * x)[None]", Example(f"{NUMBER}.shape", "(1,)", "()")),
        ("return 2 * x", None),
    ],
    ids=["value", "nothing", "error", "number", "gradient", "dtype", "shape", "right"],
)
def test_smallest_input(double, returns, shown):
    """The smallest of all questions that tell: value, gradient, dtype, shape, error."""
    space: dict = {}
    exec(f"def double(x):\n    {returns}\n", space)
    asked = probes.questions(double)
    found = showing.smallest(double, asked, [answer(space["double"], question) for question in asked])
    assert found == shown


def test_a_value_where_an_error_should_come():
    """What should be refused and is not, is shown so."""
    root = Exercise("root", lambda x: _root(x), idea="", hints=())

    @root.check
    def negative(f, rng):
        """Negative numbers are refused"""
        refuses(f, torch.tensor(-1.0))

    asked = probes.questions(root)
    (shown,) = (showing.smallest(root, asked, [answer(torch.abs, question) for question in asked]),)
    assert (shown.got, shown.expected) == ("1.0000", "an error (ValueError: negative)")
    assert showing.smallest(root, asked, [answer(_root, question) for question in asked]) is None
    (kept,) = probes.behaviour(root, asked, [Answer(torch.tensor(1.0), (torch.tensor(2.0),))])
    assert [part.numbers for part in kept.parts if part] == [(1.0,), (2.0,)]


def _root(x):
    if x < 0:
        raise ValueError("negative")
    return x.sqrt()


@pytest.mark.parametrize("right", [lambda x: x.detach(), lambda x: x * 0 + x.detach()], ids=["none", "zeros"])
def test_no_gradient_is_as_good_as_zeros(right):
    """Where the right slope is nothing, or 0, an answer may have either."""
    flat = Exercise("flat", right, idea="", hints=())

    @flat.check
    def slope(f, rng):
        """The gradient"""
        same_gradient(f, right, torch.tensor([1.0, 2.0]))

    asked = probes.questions(flat)

    def shown(function):
        return showing.smallest(flat, asked, [answer(function, question) for question in asked])

    assert shown(lambda x: x.detach()) is shown(lambda x: x * 0 + x.detach()) is None
    assert shown(lambda x: x).got == "[1.0000, 1.0000]"


@pytest.mark.parametrize(
    ("apart", "digits"), [(0.5, 4), (1e-4, 4), (1e-5, 6), (1e-7, 8), (1e-8, 8), (1e-9, 12), (1e-12, 12), (1e-15, 17)]
)
def test_digits_show_the_difference(apart, digits):
    """As many as it takes, of a few that are easily read."""
    shown = showing._two("x", *(torch.tensor(1 + each, dtype=torch.float64) for each in (0, apart)))
    assert shown == Example("x", f"{1:.{digits}f}", f"{1 + apart:.{digits}f}")


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Answer(), "None"),
        (Answer(torch.tensor(2.0)), "2.0000"),
        (Answer(problem=Problem("raised", "ValueError: no.")), "an error (ValueError: no)"),
        (Answer(problem=Problem("raised")), "an error"),
        (Answer(problem=Problem("memory", "4 GB")), "out of memory"),
        (Answer(problem=Problem("ended", "x" * 200)), f"no answer ({'x' * 80})"),
    ],
)
def test_an_answer_in_words(reply, said):
    """A value, or why there is none."""
    assert showing._said(reply) == said


PLAIN = "def double(x):\n    y = x\n\n    return y"
LONG = "def double(x):\n" + "    x\n" * 9_000


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ([f"import torch\n\n{PLAIN}\n\n\n# Next\nprint(1)\n"], PLAIN),
        (["def double(\n    x,\n):\n    return x\nz = 1\n"], "def double(\n    x,\n):\n    return x"),
        (["def double(x):\n    return 1\n", "def double(x):\n    return 2\n"], "def double(x):\n    return 2"),
        (["double = lambda x: x\nz = 1\n"], "double = lambda x: x"),
        (["def doubled(x):\n    return 1\n"], ""),
        ([LONG], LONG[:4_000]),
    ],
    ids=["plain", "long head", "last", "lambda", "other", "long"],
)
def test_how_it_is_written(cells, found):
    """The last definition alone, as text."""
    assert showing.written([("a.py", text) for text in cells], "double") == found


# ---- who is asked ------------------------------------------------------------------------------------------------


def test_who_is_unnamed():
    """Who ran, lost points and is explained by no known mistake; nobody else is asked."""

    def report(outcome, points=1.0, diagnosis=None):
        return Report("double", "", outcome, (), points, 4.0, diagnosis)

    asked = {outcome for outcome in Outcome if is_unnamed(report(outcome))}
    assert asked == {Outcome.FAILED, Outcome.ERROR, Outcome.PASSED}
    assert not is_unnamed(report(Outcome.PASSED, 4.0))
    assert not is_unnamed(report(Outcome.FAILED, 1.0, Diagnosis("squared", "")))


def test_what_is_kept_of_an_answer(double):
    """What it does, the smallest input that shows it, and how it is written."""
    cells = [("a.py", THRICE[0])]
    asked = probes.questions(double)
    kept = unnamed(double, cells, [answer(toys.thrice, question) for question in asked])
    assert same(doing.from_bytes(kept.does), does(double, THRICE[0]))
    assert json.loads(kept.shows) == {"line": NUMBER, "got": "9.0000", "expected": "6.0000"}
    assert kept.code == THRICE[0].rstrip()
    assert unnamed(double, cells, [answer(toys.twice, question) for question in asked]).shows == "null"


def test_no_answer_is_no_behaviour(double):
    """Where nothing came, or nothing could be loaded, nothing is kept."""
    cells = [("a.py", THRICE[0])]
    assert unnamed(double, cells, []) is None
    for kind in ("broken", "missing", "stub"):
        assert unnamed(double, [("a.py", "def")], [Answer(problem=Problem(kind))]) is None


# ---- the course's own mistakes -----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of mistakes that divide by 0
def test_mistakes_of_a_topic(one_thread, monkeypatch):
    """With their names hidden and in several spellings: 95 of 100 groups hold one mistake, 95 mistakes are in one."""
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "benchmarks")
    benchmark = importlib.import_module("groups")
    found = benchmark.group(syllabus.find_topic("kl_divergence").exercises[:4])
    assert found.spelt >= 1.5 * found.mistakes
    assert len(found.mixed) <= 0.05 * found.groups
    assert len(found.split) <= 0.05 * found.mistakes
