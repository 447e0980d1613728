"""The words a grader is written in."""

import pytest

from coursekit.exercise import Exercise, Failure, wrong_in
from coursekit.exercise.mistakes import Mistakes
from coursekit.report import Example, Tier


@pytest.fixture
def empty():
    return Exercise("half", lambda x: x / 2, idea="Half of it.", hints=())


def test_title_is_the_first_line(empty):
    """A check's docstring is its title, and what follows is its help in one line."""

    @empty.check
    def even(f, rng):
        """Even numbers

        Halve
            them.
        """

    check = empty.checks[0]
    assert (check.name, check.title, check.help, check.tier) == ("even", "Even numbers", "Halve them.", Tier.CORE)


@pytest.mark.parametrize("docstring", [None, "", "\n\n"])
def test_a_check_needs_a_title(empty, docstring):
    """A check without a docstring is refused, by its name."""

    def odd(f, rng):
        pass

    odd.__doc__ = docstring
    with pytest.raises(ValueError, match=r"check odd of half has no docstring"):
        empty.check(odd)


def test_tiers_keep_the_order_of_writing(empty):
    """Each tier holds its own checks, in the order in which they were written."""
    for name, add in (("a", empty.check), ("b", empty.parity), ("c", empty.check), ("d", empty.parity)):
        run = eval("lambda f, rng: None")
        run.__name__, run.__doc__ = name, "A title"
        add(run)
    names = {tier: [check.name for check in empty.tier(tier)] for tier in Tier}
    assert names == {Tier.CORE: ["a", "c"], Tier.PARITY: ["b", "d"]}


def test_decorators_leave_the_function(empty):
    """What was decorated can still be called by its name."""

    def run(f, rng):
        """Title"""

    def wrong(x):
        return x

    assert [run, run, wrong] == [empty.check(run), empty.parity(run), empty.misconception("Not halved.")(wrong)]


def test_misconception_has_its_functions_name(empty):
    """A misconception is known by the name of the wrong implementation."""

    @empty.misconception("Not halved.")
    def whole(x):
        return x

    known = [(each.name, each.explanation, each.function) for each in empty.misconceptions]
    assert [("whole", "Not halved.", whole)] == known


def test_maximum_adds_both_tiers():
    """A full answer has the points of core and parity."""
    exercise = Exercise("half", lambda x: x / 2, idea="", hints=(), points=2, parity_points=0.5)
    assert exercise.maximum == 2.5


def test_exercises_share_nothing(empty):
    """A check of one exercise is not one of the next."""
    other = Exercise("third", lambda x: x / 3, idea="", hints=())
    other.check(test_exercises_share_nothing)
    assert empty.checks == []


def test_failure_carries_what_to_say():
    """A Failure holds what is wrong, what to do and the input that shows it."""
    example = Example("half(1)", "1", "0.5")
    failure = Failure("The value is not right.", "Halve it.", example)
    said = (str(failure), failure.rationale, failure.help, failure.example)
    assert ("The value is not right.", "The value is not right.", "Halve it.", example) == said


def test_a_mistake_in_several_exercises():
    """One wrong function spoils each exercise's own spec, under that exercise's name and with its own words."""
    double, triple = (
        Exercise(name, lambda x, k=k: k * x, "idea", ("hint",)) for name, k in (("double", 2), ("triple", 3))
    )

    @wrong_in({"double": double.misconceptions, "triple": triple.misconceptions}, "Of two.", "Of three.")
    def negative(spec, x):
        return -spec(x)

    assert [(m.name, m.explanation, m.function(1)) for e in (double, triple) for m in e.misconceptions] == [
        ("double_negative", "Of two.", -2),
        ("triple_negative", "Of three.", -3),
    ]


def test_a_mistake_from_a_factory_gets_a_name():
    """What has no telling name of its own is called as its factory says."""
    exercise = Exercise("double", lambda x: 2 * x, "idea", ("hint",))
    exercise.misconception("Nothing is doubled.", "as_it_was")(lambda x: x)
    assert exercise.misconceptions[0].name == "as_it_was"


def test_mistakes_of_others_are_added():
    """With what they say of the parts of the result, where they say that."""

    def spec(x):
        return x

    mistakes, others = Mistakes(spec), Mistakes(spec)
    others.table(doubled=("It is twice that.", lambda x: 2 * x))
    others.terms(itself=("`x`", lambda x: x))
    mistakes.extend(others)
    mistakes.extend([*others])
    assert [each.name for each in mistakes] == ["doubled", "doubled"]
    assert mistakes.parts == others.parts
    assert list(mistakes.parts) == ["itself"]
