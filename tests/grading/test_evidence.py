"""What speaks for a mistake and what against it, call by call: by numbers that are written here, without any check."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import inf, nan, tensor

from coursekit.exercise import Call, Exercise
from coursekit.grading.diagnosis.changes import After
from coursekit.grading.diagnosis.evidence import Evidence, value_of
from coursekit.wire import Answer, Problem, Question
from coursekit.wire.answering import answer


def spec(x, shift=0.0, times=1.0):
    """Refused below 0."""
    if (x < 0).any():
        raise ValueError
    return times * x * x + shift


def asks(*numbers, wrt=(), **more):
    return Question((tensor(numbers),), more, wrt)


def came(question, *numbers, slopes=None, problem=""):
    """A call, and what came of it: numbers (one alone is a number, not a row), or a problem."""
    value = tensor(numbers[0] if len(numbers) == 1 else numbers) if numbers else None
    gradients = (None if slopes is None else tensor(slopes),) * len(question.wrt)
    return Call(question, Answer(value, gradients, Problem(problem) if problem else None))


def of(function, *questions):
    """One check's calls, as a function answers them."""
    return [Call(question, answer(function, question)) for question in questions]


def evidence(*failed, passed=(), mistakes=None):
    exercise = Exercise("spec", spec, idea="", hints=())
    exercise.misconceptions.table(**{name: ("Said.", loss) for name, loss in (mistakes or {}).items()})
    return Evidence(exercise, [each if isinstance(each, list) else [each] for each in failed], list(passed))


PLAIN, OTHER, SHIFTED, NEGATIVE = asks(2.0, 3.0), asks(4.0, 5.0), asks(2.0, 3.0, shift=1.0), asks(-1.0, 2.0)
WITH_SLOPES = asks(2.0, 3.0, wrt=(0,))


# ---- what a mistake gives ----------------------------------------------------------------------------------------


def test_the_value_that_a_mistake_gives():
    """A change of a loss is made of the loss's value, which is asked for once; without a gradient."""
    asked = []

    def loss(x):
        asked.append(x.requires_grad)
        return x + 1

    doubled, last = After(lambda x: 2 * x, loss), After(lambda x: x[-1], loss)
    assert value_of(doubled, WITH_SLOPES).tolist() == [6, 8]
    assert value_of(last, WITH_SLOPES) == 4
    assert value_of(After(torch.neg, doubled), WITH_SLOPES).tolist() == [-6, -8]
    assert asked == [False]
    assert value_of(After(lambda x: x[-1], last), PLAIN) is None  # a number has no last one
    assert value_of(doubled, Question((None,))) is None
    for error in (RuntimeError, ValueError):

        def refuses(x, error=error):
            raise error

        assert value_of(After(refuses, loss), PLAIN) is None


# ---- which calls count -------------------------------------------------------------------------------------------


def test_which_calls_speak():
    """Those that ask for nothing more than the first; no exception, and nothing that is to be refused, if it is not."""
    first, alike, more = came(PLAIN, 1.0, 2.0), came(OTHER, 3.0, 4.0), came(SHIFTED, 5.0, 6.0)
    raised, accepted = came(OTHER, problem="raised"), came(NEGATIVE, 7.0, 8.0)
    right = came(PLAIN, 4.0, 9.0)
    found = evidence([right, first], alike, more, raised, accepted, passed=[right, raised])
    assert found.first is first
    assert found.failed == [first, alike]
    expected = [(call, expected.value.tolist()) for call, expected in found.failed_with_right]
    assert expected == [(first, [4, 9]), (alike, [16, 25])]
    assert [call for call, _ in found.with_right] == [right, first, alike, more, accepted, right]
    assert [expected.value is None for _, expected in found.with_right] == [*[False] * 4, True, False]
    assert [part.tolist() for part in found.first_values] == [[1, 2], [4, 9]]
    assert found._passed == [right, right]
    assert found._others == [alike, more, accepted]
    assert evidence(raised, raised, first, accepted).failed == [raised, raised, first]
    assert evidence(more, first).failed == [more, first]


@pytest.mark.parametrize(
    ("failed", "is_enough", "alone"),
    [
        ([came(PLAIN, 2.0, 3.0)], False, False),
        ([came(PLAIN, 2.0, 3.0), came(OTHER, 2.00001, 4.0)], True, True),
        ([came(PLAIN, 2.0, 3.0), came(OTHER, 2.00001, 3.0)], False, False),  # two that are the same are one
        ([came(PLAIN, 2.0, 3.0), came(OTHER, 0.0, 1.0), came(OTHER, -1.0, inf), came(OTHER, nan, 2.0)], False, False),
        ([came(WITH_SLOPES, 2.0, 3.0, slopes=[4.0, 5.0])], True, True),
        ([came(PLAIN, 2.0, 3.0), came(SHIFTED, 4.0, 3.0)], True, False),
        ([came(PLAIN, 2.0, 3.0), came(SHIFTED, 3.0, 2.0)], False, False),
    ],
)
def test_three_numbers_are_enough(failed, is_enough, alone):
    """That do not come of themselves, as 0, 1 and -1 do: with those of calls that ask for more, or without."""
    found = evidence(*failed)
    assert (found.is_enough, found._is_enough) == (is_enough, alone)


def test_what_holds_of_all():
    """Of every call that failed and gave a value, whatever it asks for."""
    calls = [came(PLAIN, 1.0, 2.0), came(SHIFTED, 3.0, 4.0), came(NEGATIVE, 5.0, 6.0)]
    seen = []

    def holds(got, right, question):
        seen.append((got, right.value is None, question))
        return True

    assert evidence(*calls).all_are(holds)
    assert seen == [(call.answer, call.question is NEGATIVE, call.question) for call in calls]
    assert not evidence(*calls).all_are(lambda got, *_: got.value[0] < 5)
    assert not evidence(came(PLAIN, problem="raised")).all_are(holds)


@pytest.mark.parametrize(
    ("failed", "cuts"),
    [
        ([came(WITH_SLOPES, 4.0, 9.0)], True),
        ([came(WITH_SLOPES, 4.0, 9.0), came(WITH_SLOPES, 4.0, 9.0, slopes=[0.0, 0.0])], False),
        ([came(WITH_SLOPES, 4.0, 8.0)], False),
        ([came(PLAIN, 4.0, 9.0)], False),
    ],
)
def test_a_graph_that_is_cut(failed, cuts):
    """No slope in any call, where there should be one; and the values are right."""
    assert evidence(*failed).cuts_the_graph is cuts


def test_no_graph_to_cut():
    """What has no slope lacks none."""
    exercise = Exercise("shape", lambda x: torch.ones(2), idea="", hints=())
    assert not Evidence(exercise, [[came(WITH_SLOPES, 1.0, 1.0)]], []).cuts_the_graph


THREE, FOUR = asks(1.0, 2.0, 3.0), asks(4.0, 5.0, 6.0)


@pytest.mark.parametrize(
    ("failed", "nearly"),
    [
        ([came(THREE, -1.0, -4.0, -9.0)], True),
        ([came(THREE, -1.0, -4.0, -9.0), came(FOUR, -16.0, -25.0, -36.0)], True),
        ([came(THREE, -1.0, -4.0, -9.0), came(FOUR, 16.0, -25.0, 36.0)], False),  # it does not hold
        ([came(THREE, -1.0, -4.0, -9.0), came(FOUR, 16.0, 25.0, 36.0)], False),  # it is right
        ([came(THREE, -1.0, -4.0, -9.0), came(FOUR, -16.0, -25.0)], False),
        ([came(THREE, -1.0, -4.0, -9.0), came(PLAIN, -4.0, -9.0)], True),  # one is long enough
        ([came(PLAIN, -4.0, -9.0), came(OTHER, -16.0, -25.0)], False),  # none is
        ([came(asks(0.0, 2.0, 3.0), 0.0, -4.0, -9.0)], False),  # two numbers
        ([came(THREE, problem="raised")], False),
        ([came(asks(-1.0, 2.0, 3.0), -1.0, -4.0, -9.0)], False),  # nothing is right
    ],
)
def test_what_is_nearly_right(failed, nearly):
    """In every call that speaks; at least once three numbers in a row, and three in all."""
    alike = lambda got, right, near: near(got, -right) and got.dtype == right.dtype == torch.float64  # noqa: E731
    assert evidence(*failed).is_nearly(alike) is nearly


def test_a_single_number_may_be_nearly_right():
    """It has no row."""
    found = evidence(came(Question((tensor(2.0),)), -4.0), came(THREE, -1.0, -4.0, -9.0))
    assert found.is_nearly(lambda got, right, near: near(got, -right))


def test_pairs_of_numbers():
    """Where both are finite, and as many."""
    big = asks(inf, 2.0)
    found = evidence(came(PLAIN, 1.0, inf), came(big, 2.0, 3.0), came(OTHER, 5.0), came(OTHER, nan, 7.0))
    assert found.pairs == [(4, 1), (4, 3), (25, 7)]
    assert found.failed_values == 4  # 4, 9, 16 and 25
    assert evidence(came(asks(-1.0, 2.0), 1.0, 2.0)).pairs == []
    assert evidence(came(PLAIN, problem="raised")).pairs == []
    assert evidence(came(asks(0.0, 2.0), 1.0, 2.0), came(asks(2.000001, 0.0), 1.0, 2.0)).failed_values == 1


# ---- whether a mistake fits --------------------------------------------------------------------------------------


def doubled(x, shift=0.0, times=1.0):
    return 2 * spec(x, shift, times)


def only(condition, wrong):
    """Wrong where a condition holds of the input, and right elsewhere."""
    return lambda x, **more: wrong(x, **more) if condition(x) else spec(x, **more)


def tripled(x, **more):
    return 3 * spec(x, **more)


SMALL, LARGE, HUGE = asks(2.0, 3.0), asks(20.0, 30.0), asks(200.0, 300.0)
IS_SMALL, IS_LARGE = (lambda x: x[0] < 10), (lambda x: x[0] > 10)


def mixed(x, **more):
    """Doubled if small, else thrice as much."""
    return doubled(x, **more) if IS_SMALL(x) else tripled(x, **more)


@pytest.mark.parametrize(
    ("learner", "wrong", "failed", "passed", "known", "fits"),
    [
        (doubled, doubled, [[SMALL]], [], {}, True),
        (doubled, tripled, [[SMALL]], [], {}, False),
        # a call that passed, of this check or of another
        (only(IS_SMALL, doubled), doubled, [[LARGE, SMALL]], [], {}, False),
        (only(IS_SMALL, doubled), doubled, [[SMALL]], [LARGE], {}, False),
        (only(IS_SMALL, doubled), only(IS_SMALL, doubled), [[LARGE, SMALL]], [LARGE], {}, True),
        # half of the checks, where the mistake is right in the others; and less than that
        (mixed, only(IS_SMALL, doubled), [[SMALL], [LARGE]], [], {}, True),
        (mixed, doubled, [[SMALL], [LARGE]], [], {}, False),
        (mixed, only(IS_SMALL, doubled), [[SMALL], [LARGE], [HUGE]], [], {}, False),
        (mixed, only(IS_SMALL, doubled), [[SMALL], [LARGE], [HUGE]], [], {"second": only(IS_LARGE, tripled)}, True),
        # two of three, and the third says that it is another one, unless that one is known
        (mixed, doubled, [[SMALL], [asks(4.0, 5.0)], [LARGE]], [], {}, False),
        (mixed, doubled, [[SMALL], [asks(4.0, 5.0)], [LARGE]], [], {"second": only(IS_LARGE, tripled)}, True),
        # what is asked with more arguments does not count
        (lambda x, shift=0.0: 2 * spec(x), doubled, [[SMALL], [SHIFTED], [SHIFTED]], [], {}, True),
        # but where the first has only 0, which comes of anything
        (lambda x, shift=0.0: 0 * x + 5 * shift, lambda x, shift=0.0: 0 * x, [[SMALL], [SHIFTED]], [], {}, False),
        (lambda x, shift=0.0: 0 * x, lambda x, shift=0.0: 0 * x, [[SMALL], [SHIFTED]], [], {}, True),
        # what the learner refuses
        (lambda x: spec(-x), lambda x: spec(-x), [[SMALL]], [], {}, True),
        (lambda x: spec(-x), doubled, [[SMALL]], [], {}, False),
        # lost in one algebra and in another, and kept where another loses it
        (lambda x: x * x + nan, lambda x: x * x / 0, [[SMALL]], [], {}, True),
        (lambda x: x * x + nan, doubled, [[SMALL]], [], {}, False),
        (lambda x: x * x + (0 / IS_SMALL(x)), lambda x: x * x / 0, [[SMALL]], [LARGE], {}, False),
        (only(IS_LARGE, lambda x: x * nan), lambda x: torch.where(x > 2, inf, x * x), [[LARGE]], [SMALL], {}, True),
        (
            only(IS_LARGE, lambda x: x * nan),
            lambda x: torch.where(x > 2, inf, x * x) + 1,
            [[LARGE]],
            [SMALL],
            {},
            False,
        ),
        (lambda x: 0 * x + inf, lambda x: 0 * x + inf, [[LARGE]], [], {}, True),
    ],
)
def test_a_mistake_that_fits(learner, wrong, failed, passed, known, fits):
    """See `diagnose`."""
    calls = [of(learner, *questions) for questions in failed]
    assert evidence(*calls, passed=of(learner, *passed), mistakes=known).fits(wrong) is fits


@pytest.mark.parametrize(
    ("learner", "wrong", "failed", "about", "fits"),
    [
        (doubled, doubled, [THREE, FOUR, LARGE], (), True),
        (mixed, doubled, [THREE, FOUR, LARGE], (), False),
        # with further arguments, and what it is about
        (lambda x, shift=0.0: 2 * spec(x) + 9 * shift, doubled, [THREE, asks(1.0, shift=1.0)], (), True),
        (lambda x, shift=0.0: 2 * spec(x) + 9 * shift, doubled, [THREE, asks(1.0, shift=1.0)], ("shift",), False),
        (lambda x, shift=0.0: 2 * spec(x) + 9 * shift, doubled, [THREE, asks(1.0, shift=1.0)], ("times",), True),
        (
            lambda x, shift=0.0, times=1.0: 2 * spec(x),
            doubled,
            [THREE, asks(1.0, shift=1.0, times=3.0)],
            ("shift",),
            True,
        ),
        (lambda x, shift=0.0: 2 * spec(x, shift), doubled, [THREE, asks(1.0, shift=1.0)], ("shift", "times"), True),
        # too few numbers to tell: all must fit
        (lambda x, shift=0.0: 2 * spec(x) + 9 * shift, doubled, [SMALL, asks(1.0, shift=1.0)], (), False),
        (lambda x, shift=0.0: 2 * spec(x, shift), doubled, [SMALL, asks(1.0, shift=1.0)], (), True),
        # infinite where it should be, and NaN for what another algebra makes infinite
        (doubled, doubled, [asks(inf, 2.0, 3.0), FOUR], (), True),
        (lambda x: spec(x) * nan, lambda x: spec(x) * inf, [THREE, FOUR], (), False),
    ],
)
def test_a_mistake_that_fits_all(learner, wrong, failed, about, fits):
    """Every check that asks for no more than the first, or for what the mistake is about."""
    calls = [of(learner, question) for question in failed]
    assert evidence(*calls).fits_all(wrong, *about) is fits


def test_what_passed_speaks_against_a_general_mistake():
    """As against any."""
    learner = only(IS_SMALL, doubled)
    assert not evidence(of(learner, THREE), passed=of(learner, LARGE)).fits_all(doubled)


def times_three(x):
    return 3 * x


SLOPES = replace(THREE, wrt=(0,))


@pytest.mark.parametrize(
    ("call", "loses"),
    [
        (came(SLOPES, 3.0, 6.0, 9.0, slopes=[nan, 3.0, 3.0]), True),
        (came(SLOPES, 3.0, 6.0, 9.0, slopes=[inf, nan, inf]), True),
        (came(SLOPES, 3.0, 6.0, 9.0, slopes=[nan, 3.0, 4.0]), False),  # another slope
        (came(SLOPES, 3.0, 6.0, 9.5, slopes=[nan, 3.0, 3.0]), False),
        (came(SLOPES, 3.0, 6.0, 9.0, slopes=[3.0, 3.0, 3.0]), False),  # none is lost
        (came(SLOPES, 3.0, 6.0, nan, slopes=[nan, 3.0, 3.0]), False),
        (came(SLOPES, problem="raised"), False),
    ],
)
def test_slopes_that_are_lost_beside_the_value(call, loses):
    """The value is the mistake's, and so are all slopes that are numbers."""
    assert evidence(call)._loses_slopes(times_three, call) is loses


def test_in_how_many_calls_it_is_explained():
    """All, those that passed as well, and slopes that may be any count."""
    free = replace(SLOPES, free=tensor([True, True, True]))
    calls = [came(free, 3.0, 6.0, 9.0, slopes=slopes) for slopes in ([3.0, 3.0, 3.0], [3.0, 3.0, 4.0])]
    assert evidence(*calls, passed=[calls[0], came(THREE, 3.0, 6.0, 8.0)]).explained(times_three) == 2


# ---- two mistakes at once ----------------------------------------------------------------------------------------


KNOWN = {
    "thrice": times_three,
    "raises": lambda x: spec(-x),
    "right_in_rows": lambda x: spec(x) if x.ndim and len(x) < 3 else 7 * x,
}


@pytest.mark.parametrize(
    ("call", "known"),
    [
        (came(THREE, 3.0, 6.0, 9.0), True),
        (came(THREE, 3.0, 6.0, 8.0), False),
        (came(THREE, 4.5, 9.3, 13.5), False),
        (came(asks(1.1, 2.1, 3.1), 1.65, 3.15, 4.65), True),  # half of it, as in the first call
        (came(asks(1.1, 2.1, 3.1), 1.65, 3.15, 4.66), False),
        (came(asks(2.0, 4.0, 6.0), 3.0, 6.0, 9.0), False),  # whole numbers often coincide
        (came(asks(1.1, 1.7), 0.605, 1.445), False),  # half of what is right, as a mistake has it there
        (came(THREE, problem="raised"), False),
        (of(lambda x: spec(-x), THREE)[0], False),  # what raises as well
    ],
)
def test_a_second_mistake_that_is_known(call, known):
    """Some mistake of the exercise gives these very numbers, or does so times the factor of the first call."""
    first = came(Question((tensor(2.0),)), 2.0)  # half of 4
    assert evidence(first, mistakes=KNOWN)._is_known(call) is known


@pytest.mark.parametrize(
    "first", [came(THREE, 1.0), came(Question((tensor(2.0),)), 2.0, 2.0), came(Question((tensor(0.0),)), 2.0), None]
)
def test_no_factor(first):
    """It takes two numbers, and the right one is not 0."""
    first = first or came(Question((tensor(2.0),)), problem="raised")
    call = came(asks(1.1, 2.1, 3.1), 1.65, 3.15, 4.65)
    assert not evidence(first, mistakes={"thrice": times_three})._shows_scaled(times_three, call)


def test_no_factor_of_what_gives_nothing():
    """Neither the mistake nor the learner."""
    found = evidence(came(Question((tensor(2.0),)), 2.0))
    call = came(asks(1.1, 2.1), 1.65, 3.15)
    assert found._shows_scaled(times_three, call)
    assert not found._shows_scaled(lambda x: x.nothing, call)
    assert not found._shows_scaled(times_three, came(call.question, problem="raised"))


@pytest.mark.parametrize(
    ("call", "wrong", "errs", "contradicts"),
    [
        (came(THREE, 1.0, 2.0, 3.0), times_three, True, True),
        (came(THREE, 1.0, 2.0, 3.0), spec, False, False),  # it is right there
        (came(THREE, 1.0, 4.0, 9.0), times_three, True, False),  # the learner is
        (came(THREE, 3.0, 6.0, 9.0), times_three, True, False),  # they agree
        (came(THREE, 1.0, 2.0, nan), times_three, False, False),
        (came(THREE, problem="raised"), times_three, False, False),
        (came(THREE, 1.0, 2.0, 3.0), lambda x: x.nothing, False, False),
        (came(THREE, 1.0, 2.0, 3.0), lambda x: x / 0, True, False),
        (came(NEGATIVE, 1.0, 2.0), times_three, True, False),
        (came(THREE, 5.0, 10.0, 15.0), times_three, True, False),  # that one is known
    ],
)
def test_other_numbers(call, wrong, errs, contradicts):
    """A mistake errs where it has wrong numbers, and contradicts where learner and mistake have different ones."""
    found = evidence(came(PLAIN, 1.0, 2.0), mistakes={"five": lambda x: 5 * x})
    assert (found._errs(wrong, call), found._contradicts(wrong, call)) == (errs, contradicts)


@pytest.mark.parametrize(
    ("call", "off", "nearer"),
    [
        (came(PLAIN, 4.0, 10.0), 0.25, True),  # a quarter of what is wrong is left
        (came(PLAIN, 4.0, 10.0), 0.26, False),
        (came(PLAIN, 4.0, 10.0), -0.26, False),
        (came(PLAIN, 4.0, 9.0), 0.26, True),  # it is right
        (came(PLAIN, 10.0), 0.26, True),
        (came(NEGATIVE, 4.0, 10.0), 0.26, True),
        (came(PLAIN, 4.0, nan), 0.0, True),
        (came(PLAIN, nan, nan), 9.0, True),
        (came(asks(inf, 3.0), inf, 10.0), 0.25, True),
        (came(asks(inf, 3.0), 7.0, 10.0), 0.26, False),
    ],
)
def test_nearer_than_what_is_right(call, off, nearer):
    """By the largest difference that is finite."""
    value = call.answer.value
    assert evidence(call)._is_nearer(call, value, value + off) is nearer


def test_right_numbers_in_another_dtype():
    """Many a mistake gives the right numbers somewhere: it is one of these only where its dtype is the learner's."""
    call = Call(PLAIN, Answer(tensor([4.0, 9.0], dtype=torch.float64)))
    assert not evidence(call).fits(spec)
    assert evidence(call).fits(lambda x: spec(x).double())


def test_a_mistake_that_gives_nothing():
    """It is none, whatever the learner got."""
    assert not evidence(came(PLAIN, 1.0, 2.0)).fits(lambda x: x.nothing)
    assert not evidence(came(PLAIN, 1.0, 2.0)).fits_all(After(lambda x: x[5], spec))


def test_little_more_than_the_tolerance_is_no_mistake():
    """Within the tolerance of a wrong value, and not much nearer to it than to the right one."""
    call = came(PLAIN, 4.0, 9.0015)
    assert not evidence(call).fits(lambda x: spec(x) + tensor([0.0, 0.0011]))
    assert evidence(call).fits(lambda x: spec(x) + tensor([0.0, 0.0014]))


@pytest.mark.parametrize(
    ("call", "wrong", "apart", "apart_where_lost"),
    [
        (came(THREE, 1.0, 4.0, 9.0), times_three, True, True),
        (came(THREE, 3.0, 6.0, 9.0), times_three, False, False),
        (came(THREE, 1.0, 4.0, 9.0), spec, False, False),
        (came(THREE, 1.0, 4.0, 9.0), lambda x: x * x + tensor([0.0, 0.0, nan]), True, False),
        (came(THREE, 1.0, 4.0, 9.0), lambda x: x * x + tensor([1.0, 0.0, nan]), True, True),
    ],
)
def test_told_apart_by_a_call_that_passed(call, wrong, apart, apart_where_lost):
    """Unless the mistake gives the learner's numbers, or the right ones; or loses what another algebra keeps."""
    found = evidence(came(PLAIN, 1.0, 2.0))
    assert found._tells_apart(wrong, call, exactly=True) is apart
    assert found._tells_apart(wrong, call, exactly=False) is apart_where_lost
