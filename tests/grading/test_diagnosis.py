"""When a mistake has a name, and when it has none."""

from functools import partial

import pytest
import torch
from torch import nan, tensor

from coursekit.exercise import Exercise, refuses, same_dtype, same_gradient, same_value
from coursekit.grading.scoring import score
from coursekit.learning import feedback
from coursekit.wire.answering import answer


def times_log(x, base=None, shift=0.0):
    """X ln x, 0 at 0, and refused below: a value to lose, a slope to lose, two arguments to leave out."""
    if (x < 0).any():
        raise ValueError
    value = x * torch.where(x > 0, x, 1.0).log()
    return (value if base is None else value / base.log()) + shift


def ask(*questions, gradient=True, **flags):
    """A check of its own for each call: its place is its name."""
    exercise = Exercise("times_log", times_log, idea="", hints=())
    for number, (given, more) in enumerate(questions):

        def run(f, rng, given=given, more=more):
            """A call"""
            if (tensor(given) < 0).any():
                refuses(f, tensor(given), **more)
            elif gradient:
                same_gradient(f, times_log, tensor(given), free=tensor(given) == 0, **more)
            else:
                same_value(f, times_log, tensor(given), **more)

        exercise.add_check(run, words=f"Call {number}", name=f"call_{number}")
    return exercise


def name_of(function, exercise):
    diagnosis = score(exercise, partial(answer, function), seed=0).diagnosis
    return diagnosis and diagnosis.misconception


def late(x, base=None, shift=0.0):
    return torch.where(x > 0, x * x.log(), 0.0)


PLAIN, WITH_ZERO, SHIFTED = ([2.0, 3.0], {}), ([2.0, 0.0], {}), ([2.0, 3.0], {"shift": 1.0})
BASED, REFUSED = ([2.0, 3.0], {"base": tensor(2.0)}), ([2.0, -1.0], {})


def test_what_passes_contradicts_a_name():
    """A mistake is not the learner's where it would have failed a check that passed."""
    exercise = ask(PLAIN, SHIFTED)
    exercise.misconceptions.table(
        no_shift_and_doubled=("Both.", lambda x, base=None, shift=0.0: times_log(x, base) * (1 if shift else 2))
    )
    assert name_of(lambda x, base=None, shift=0.0: times_log(x, base), exercise) == "shift_not_used"
    exercise.misconceptions.table(no_shift=("One.", lambda x, base=None, shift=0.0: times_log(x, base)))
    assert name_of(lambda x, base=None, shift=0.0: times_log(x, base), exercise) == "no_shift"


def test_a_free_slope_contradicts_nothing():
    """Beside a zero any slope passes: whose differs there from the mistake's may still have made it."""
    exercise = ask(WITH_ZERO, SHIFTED)
    exercise.misconceptions.table(no_shift=("One.", lambda x, base=None, shift=0.0: times_log(x, base)))

    def steep(x, base=None, shift=0.0):
        return times_log(x) + (x - x.detach()) * (x == 0)  # its value is right, its slope at 0 is 1

    assert name_of(steep, exercise) == "no_shift"


@pytest.mark.parametrize("gradient", [True, False])
def test_further_arguments_hide_no_mistake(gradient):
    """What goes wrong with arguments that the first failing check does not give does not count against a name."""
    exercise = ask(PLAIN, SHIFTED, BASED, BASED, gradient=gradient)
    exercise.misconceptions.table(doubled=("Twice.", lambda x, base=None, shift=0.0: 2 * times_log(x, base) + shift))
    assert name_of(lambda x, base=None, shift=0.0: 2 * times_log(x), exercise) == "doubled"


def test_the_same_arguments_do_count():
    """Numbers that coincide in one of several checks of the same kind are a coincidence."""
    exercise = ask(([2.0], {}), ([3.0], {}), ([4.0], {}), gradient=False)
    exercise.misconceptions.table(doubled=("Twice.", lambda x, base=None, shift=0.0: 2 * times_log(x, base)))
    coincides = tensor(2.0).log() * 4
    assert name_of(lambda x, base=None, shift=0.0: coincides * (x / x), exercise) is None


def test_what_is_not_refused_hides_no_mistake():
    """A mistake is named although the function refuses nothing, and the mistake itself would."""
    exercise = ask(PLAIN, REFUSED, ([-1.0], {}))
    exercise.misconceptions.table(doubled=("Twice.", lambda x, base=None, shift=0.0: 2 * times_log(x, base)))

    def accepts(x, base=None, shift=0.0):
        return 2 * x * x.abs().log()

    assert name_of(accepts, exercise) == "doubled"


# ---- what is lost to inf and NaN ---------------------------------------------------------------------------------


def overflows(x, base=None, shift=0.0):
    return (x * x.log()).exp().log()


def overflows_elsewhere(x, base=None, shift=0.0):
    power = (x * x.log()).exp()
    return (power * power / power).log()  # NaN in place of inf


@pytest.mark.parametrize("large", [100.0, 1000.0])
def test_an_overflow_is_known_in_another_algebra(large):
    """Where the right answer is finite, one form of a mistake gives inf and another NaN or -inf."""
    exercise = ask(PLAIN, ([large, 2.0], {}), gradient=False)
    exercise.misconceptions.table(overflows=("It overflows.", overflows))
    assert name_of(overflows_elsewhere, exercise) == "overflows"


def test_the_very_numbers_come_first():
    """Of two mistakes that lose the same values, the one whose numbers the learner's are is named."""
    exercise = ask(PLAIN, ([100.0, 2.0], {}), gradient=False)
    exercise.misconceptions.table(
        to_nan=("NaN.", lambda x, base=None, shift=0.0: times_log(x).where(x < 50, nan)),
        overflows=("inf.", overflows),
    )
    assert name_of(overflows, exercise) == "overflows"
    assert name_of(lambda x, base=None, shift=0.0: times_log(x).where(x < 50, -torch.inf), exercise) == "to_nan"


def test_a_wrong_number_is_no_lost_one():
    """NaN explains neither a wrong finite number, nor one beside what is lost."""
    exercise = ask(PLAIN, ([100.0, 2.0], {}), gradient=False)
    exercise.misconceptions.table(overflows=("It overflows.", overflows))
    assert name_of(lambda x, base=None, shift=0.0: times_log(x).clamp(max=9.0), exercise) is None
    assert name_of(lambda x, base=None, shift=0.0: overflows(x) + (x < 9) * 1.0 * (x.max() > 9), exercise) is None


def test_a_lost_slope_is_no_lost_value():
    """Masked too late, the value is right: whoever got NaN for it has another mistake."""
    exercise = ask(PLAIN, WITH_ZERO)
    exercise.misconceptions.table(late=("Too late.", late))
    assert name_of(lambda x, base=None, shift=0.0: x * x.log(), exercise) == "value_lost"
    assert name_of(lambda x, base=None, shift=0.0: (x * x.log()).nan_to_num(), exercise) == "late"
    exercise.misconceptions.table(nan_at_zero=("NaN.", lambda x, base=None, shift=0.0: x * x.log()))
    assert name_of(lambda x, base=None, shift=0.0: (x.log() / (1 / x)) + 0 / x, exercise) == "nan_at_zero"


def test_what_is_lost_elsewhere_does_not_contradict():
    """Another algebra keeps what the catalogue's loses: a call that passed says nothing then."""
    exercise = ask(PLAIN, ([50.0, 2.0], {}), ([1000.0, 2.0], {}), gradient=False)
    exercise.misconceptions.table(overflows=("It overflows.", overflows))

    def keeps_fifty(x, base=None, shift=0.0):
        return torch.where(x < 99, times_log(x), overflows_elsewhere(x))

    assert score(exercise, partial(answer, overflows), seed=0).verdicts[1].outcome == "failed"
    assert name_of(keeps_fifty, exercise) == "overflows"


# ---- numbers of any size ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("eps", [1e-4, 1e-6, 1e-7, 1e-8, 1e-9])
@pytest.mark.parametrize("row", [True, False])
def test_eps_is_known_whatever_its_size(eps, row):
    """A mistake with a keyword `eps` stands for every usual size of it, in a table and as a function."""
    exercise = ask(PLAIN, WITH_ZERO, gradient=False)

    def padded(x, base=None, shift=0.0, *, eps=1e-8):
        return (x + eps) * (x + eps).log()

    def ln_of_zero(f, rng):
        """The logarithm alone"""
        same_value(f, times_log, tensor([1e-13, 0.0], dtype=torch.float64) * 1e5)

    exercise.check(ln_of_zero)
    exercise.misconceptions.table(padded=("Padded.", padded)) if row else exercise.misconception("Padded.")(padded)
    assert name_of(partial(padded, eps=eps), exercise) == "padded"
    assert name_of(lambda x, base=None, shift=0.0: padded(x, eps=3.1 * eps), exercise) is None


# ---- arguments that are not there --------------------------------------------------------------------------------


@pytest.mark.parametrize("function", [lambda x: times_log(x), lambda x, base=None: times_log(x, base)])
def test_missing_arguments_are_named(function):
    """Whoever changed the first line is told so, and the error that comes of it is shown."""
    report = score(ask(PLAIN, SHIFTED, BASED), partial(answer, function), seed=0)
    assert report.diagnosis.misconception == "arguments_missing"
    assert "unexpected keyword argument" in " ".join(feedback.as_text(report).split())


def test_missing_arguments_hide_no_mistake():
    """The mistake that such a function has besides is named, and the error of the missing argument shown."""
    exercise = ask(SHIFTED, PLAIN)
    exercise.misconceptions.table(doubled=("Twice.", lambda x, base=None, shift=0.0: 2 * times_log(x, base) + shift))
    report = score(exercise, partial(answer, lambda x: 2 * times_log(x)), seed=0)
    assert report.diagnosis.misconception == "doubled"
    for text in (" ".join(feedback.as_text(report).split()), feedback.as_html(report)):
        assert "unexpected keyword argument" in text
        assert "Twice." in text


def test_missing_by_position():
    """An argument that is given by its place can be missing as well."""
    exercise = Exercise("times_log", times_log, idea="", hints=())

    @exercise.check
    def by_place(f, rng):
        """By place"""
        same_value(f, times_log, tensor([2.0]))
        same_value(f, times_log, tensor([2.0]), None, 1.0)

    assert name_of(lambda x, base=None: times_log(x, base), exercise) == "arguments_missing"
    assert name_of(lambda x: times_log(x), exercise) == "arguments_missing"


def test_other_type_errors_are_no_missing_arguments():
    """A call inside the function that goes wrong, whatever it says, names no argument of the exercise."""
    exercise = ask(PLAIN, SHIFTED)
    for wrong in (lambda x, base=None, shift=0.0: x.sum(shifts=1), lambda x, base=None, shift=0.0: x + "1"):
        assert name_of(wrong, exercise) is None


# ---- what can go wrong with any loss -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda x, base=None, shift=0.0: times_log(x, base, shift) / 2, "halved"),
        (lambda x, base=None, shift=0.0: -times_log(x, base, shift), "sign_turned"),
        (lambda x, base=None, shift=0.0: times_log(x.exp(), base, shift), "x_through_exp"),
        (lambda x, base=None, shift=0.0: times_log(x, None, shift), "base_not_used"),
        (lambda x, base=None, shift=0.0: times_log(x.detach(), base, shift), "cut_off"),
        (lambda x, base=None, shift=0.0: times_log(x, base, shift).sum(), "summed_over_everything"),
        (lambda x, base=None, shift=0.0: 0.37 * times_log(x, base, shift), "constant_factor"),
        (lambda x, base=None, shift=0.0: 0.37 + times_log(x, base, shift), "constant_added"),
        (lambda x, base=None, shift=0.0: times_log(x, base, shift) + x / 2, "x_half_added"),
        (lambda x, base=None, shift=0.0: times_log(x, base, shift) / x.sum(), "divided_by_sum_of_x"),
        (lambda x, base=None, shift=0.0: times_log(x, base, shift) * x.prod(), "factor_of_each_row"),
        (lambda x, base=None, shift=0.0: times_log(x + 1e-3, base, shift), "x_padded"),
        (lambda x, base=None, shift=0.0: times_log(x.flip(0), base, shift), "result_reversed"),
        (lambda x, base=None, shift=0.0: times_log(x, base, shift) * x.cos(), None),
    ],
)
def test_general_mistakes(function, name):
    """What is wrong by a factor, by an argument taken for something else, or cut off, needs no catalogue."""
    assert name_of(function, ask(([2.0, 3.0, 5.0], {}), ([4.0, 6.0], {"base": tensor(2.0)}))) == name


def weighed_mean(p, q, times: float = 1.5):
    """A number of all of two tables: not the same for their rows, their columns, or in another order."""
    return times**2 * (p * q.square()).mean()


def swapped_rows(p, q, times=1.5):
    return weighed_mean(p.flip(0), q, times)


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda p, q, times=1.5: weighed_mean(p, q, 2.0), "times_fixed"),
        (lambda p, q, times=1.5: weighed_mean(p, q, times) / times**3, "power_of_times"),
        (lambda p, q, times=1.5: weighed_mean(q, p, times), "p_and_q_exchanged"),
        (lambda p, q, times=1.5: weighed_mean(p, p, times), "p_for_q"),
        (lambda p, q, times=1.5: weighed_mean(p - q, q, times), "p_less_q"),
        (lambda p, q, times=1.5: weighed_mean(p.sort(-1).values, q, times), "p_sorted"),
        (lambda p, q, times=1.5: weighed_mean(p - p.mean(), q - q.mean(), times), "p_and_q_centred"),
        (lambda p, q, times=1.5: (weighed_mean(p, q, times) + weighed_mean(q, p, times)) / 2, "p_and_q_both_ways"),
        (lambda p, q, times=1.5: weighed_mean(p, q, times) + weighed_mean(q, p, times), "p_and_q_added_both_ways"),
        (swapped_rows, "p_reversed"),
        (lambda p, q, times=1.5: weighed_mean(p.roll(1, 0), q, times), "p_one_behind"),
        (lambda p, q, times=1.5: weighed_mean(p.roll(-1, 0), q, times), "p_one_ahead"),
        (lambda p, q, times=1.5: weighed_mean(p[:-1], q[:-1], times), "all_last_left_out"),
        (lambda p, q, times=1.5: weighed_mean(p[:, 1:], q[:, 1:], times), "all_first_column_left_out"),
        (
            lambda p, q, times=1.5: torch.stack([weighed_mean(*row, times) for row in zip(p, q, strict=True)]),
            "one_for_each_row",
        ),
        (lambda p, q, times=1.5: weighed_mean(p, q, times) * 6 / 5, "another_denominator"),
        (lambda p, q, times=1.5: weighed_mean(p.exp() + q, q, times), None),
    ],
)
def test_mistakes_in_arguments(function, name):
    """What was done to an argument, or to all of them, is known by the numbers alone."""
    exercise = Exercise("weighed_mean", weighed_mean, idea="", hints=())
    for number, more in enumerate(({}, {"times": 3.0}, {})):

        def run(f, rng, more=more):
            """A call"""
            p, q = rng.normal(size=(2, 3, 2)).round(2)
            same_gradient(f, weighed_mean, tensor(p), tensor(q), **more)

        exercise.add_check(run, words=f"Call {number}", name=f"call_{number}")
    assert name_of(function, exercise) == name


def weighted(p, weight):
    return (p * weight).exp().mean()


def test_a_weight_for_each_column():
    """It keeps its numbers where the last row of the table is missing; where it is missing itself, it counts as 1."""
    exercise = Exercise("weighted", weighted, idea="", hints=())

    @exercise.check
    def table(f, rng):
        """A table of three rows, and two weights"""
        same_gradient(f, weighted, tensor(rng.normal(size=(3, 2)).round(2)), tensor([2.0, 3.0]))

    assert name_of(lambda p, weight: weighted(p[:-1], weight), exercise) == "all_last_left_out"
    assert name_of(lambda p, weight: weighted(p, weight**0), exercise) == "weight_one"


def test_whole_numbers_in_another_order():
    """What is done to an argument of classes has a name as well."""
    places = tensor([1.0, 2.0, 3.0, 4.0])
    exercise = Exercise("picked", lambda x, index: x[index] * places, idea="", hints=())

    @exercise.check
    def four(f, rng):
        """Four of five"""
        same_value(f, exercise.spec, tensor([2.0, 3.0, 5.0, 7.0, 11.0]), tensor([0, 1, 3, 2]))

    assert name_of(lambda x, index: x[index.flip(0)] * places, exercise) == "index_reversed"


def test_what_is_above_zero_is_counted():
    """0 is not, where a mean divides by the number of those that are."""
    exercise = Exercise("doubled", lambda x: 2 * x, idea="", hints=())
    for row in ([0.0, 2.0, -3.0, 5.0, 7.0], [0.0, 1.0, -4.0, 6.0]):
        exercise.add_check(
            lambda f, rng, row=row: same_value(f, exercise.spec, tensor(row)), words="A row", name=str(row)
        )
    assert name_of(lambda x: 2 * x / (x > 0).sum(), exercise) == "divided_by_positive_of_x"


def shares(x):
    return x / x.sum(-1, keepdim=True)


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda x: shares(x) * tensor([1.0, -1.0, 1.0]), "some_signs"),
        (lambda x: shares(x) + x.amax(-1, keepdim=True).exp(), "term_of_each_row"),
        (lambda x: x / x.square().sum(-1, keepdim=True), "factor_of_each_row"),
        (lambda x: 2 - 3 * shares(x), "factor_and_constant"),
        (lambda x: shares(x) ** 1.7, "another_power"),
        (lambda x: shares(x.square() + 1), None),
    ],
)
def test_rows_that_are_right_but_for_one_number(function, name):
    """What no function of the right numbers gives, since each row has its own, is seen from the numbers themselves."""
    exercise = Exercise("shares", shares, idea="", hints=())

    @exercise.check
    def rows(f, rng):
        """Two rows"""
        same_value(f, shares, tensor([[1.0, 2.0, 4.0], [3.0, 0.5, 2.0]]))

    assert name_of(function, exercise) == name


def test_the_mean_divides_by_something_else():
    """A wrong denominator spoils the mean alone, and no sum."""

    def squares(x, reduction="mean"):
        return x.square().sum() if reduction == "sum" else x.square().mean()

    exercise = Exercise("squares", squares, idea="", hints=())

    @exercise.check
    def the_sum(f, rng):
        """The sum"""
        same_value(f, squares, tensor([[1.5, 2.5, 4.0]]), reduction="sum")

    @exercise.check
    def the_mean(f, rng):
        """The mean, of rows longer than there are of them"""
        same_gradient(f, squares, tensor([[1.5, 2.5, 4.0], [3.0, 0.5, 2.0]]))

    def one_less(x, reduction="mean"):
        return x.square().sum() / (1 if reduction == "sum" else x.numel() - 1)

    assert name_of(one_less, exercise) == "another_denominator"  # of all, of those above 0: six each


@pytest.mark.parametrize(("off", "is_slip"), [(1, True), (2, False)])
def test_nearly_right_is_three_numbers_of_four(off, is_slip):
    """That is what parts a slip from something else."""
    exercise = Exercise("itself", lambda x: x, idea="", hints=())

    @exercise.check
    def four(f, rng):
        """Four numbers"""
        same_value(f, exercise.spec, tensor([2.0, 3.0, 5.0, 7.0]))

    added = tensor([50.0] * off + [0.1] * (4 - off))
    assert score(exercise, partial(answer, lambda x: x + added), seed=0).is_slip is is_slip


@pytest.mark.parametrize(
    ("function", "name", "sentence"),
    [
        (lambda x, y: x.square() - y.exp(), "second_turned", "The exponential has the wrong sign."),
        (lambda x, y: 1.5 * x.square() + y.exp(), "first_scaled", "The square is multiplied by 1.5"),
        (lambda x, y: 3 * x.square() + 0.2 * y.exp(), "first_scaled_and_second_scaled", "Two terms are wrong."),
        (lambda x, y: x.abs() + y.exp(), None, ""),
    ],
)
def test_one_term_of_a_sum(function, name, sentence):
    """What the right result is the sum of is said by the exercise; the learner's factor is found by arithmetic."""

    def both(x, y):
        return x.square() + y.exp()

    exercise = Exercise("both", both, idea="", hints=())
    exercise.misconceptions.terms(
        first=("the square", lambda x, y: x.square() + 0 * y), second=("the exponential", lambda x, y: 0 * x + y.exp())
    )

    @exercise.check
    def numbers(f, rng):
        """Numbers"""
        same_gradient(f, both, *(tensor(rng.normal(size=5).round(1)) for _ in range(2)), wrt=(0, 1))

    report = score(exercise, partial(answer, function), seed=0)
    assert (report.diagnosis and report.diagnosis.misconception) == name
    assert not name or sentence in report.diagnosis.explanation


def times_or_inf(x):
    """x ln x, and infinite where x is above 9."""
    return torch.where(x > 9, torch.inf, times_log(x))


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda x: times_or_inf(x).where(x != 5, nan), "value_lost"),
        (lambda x: times_or_inf(x).clamp(max=1e30), "infinity_hidden"),
        (lambda x: times_or_inf(x)[[1, 0, 2, 3]], "another_order"),
        (lambda x: times_or_inf(x) + (x != 5) * x.cos(), None),
    ],
)
def test_all_is_right_but_for_one_thing(function, name):
    """NaN among right numbers, a number among infinite ones, an order: no formula is needed to see it."""
    exercise = Exercise("times_or_inf", times_or_inf, idea="", hints=())

    @exercise.check
    def numbers(f, rng):
        """Numbers"""
        same_value(f, times_or_inf, tensor([2.0, 5.0, 3.0, 10.0]))

    assert name_of(function, exercise) == name


def test_slopes_that_are_lost():
    """The value is right, and NaN stands in its gradient."""
    assert name_of(late, ask(PLAIN, WITH_ZERO)) == "slope_lost"


def test_what_is_no_call_gave_a_number():
    """Whatever else is right, what should be refused is to be refused."""
    assert name_of(lambda x: x * x.abs().log(), ask(PLAIN, REFUSED)) == "not_refused"


def test_another_statistic_in_place_of_the_mean():
    """Sums and single losses are right, and the mean is something else of them."""

    def squares(x, reduction="mean"):
        return {"none": lambda y: y, "sum": torch.sum, "mean": torch.mean}[reduction](x.square())

    exercise = Exercise("squares", squares, idea="", hints=())
    for number in range(3):

        def the_mean(f, rng):
            """The mean"""
            same_gradient(f, squares, tensor(rng.normal(size=(2, 3)).round(1)))

        exercise.add_check(the_mean, words=f"Call {number}", name=f"call_{number}")
    assert name_of(lambda x, reduction="mean": x.square().amax(), exercise) == "mean_is_largest"


def test_two_slips_at_once():
    """A mistake of the exercise's own, and a general one in what comes out: both are said."""
    exercise = ask(([2.0, 3.0, 5.0], {}), ([4.0, 6.0], {}))
    exercise.misconceptions.table(cubed=("It is cubed.", lambda x, base=None, shift=0.0: times_log(x) ** 3))
    report = score(exercise, partial(answer, lambda x: -(times_log(x) ** 3)), seed=0)
    assert report.diagnosis.misconception == "cubed_and_sign_turned"
    assert report.diagnosis.explanation.startswith("Two things at once. It is cubed. And ")


def test_no_gradient_is_named_by_one_number():
    """It is no coincidence that there is none."""
    assert name_of(lambda x: times_log(x).detach(), ask(([2.0], {}))) == "cut_off"
    assert name_of(lambda x: 2 * times_log(x).detach(), ask(([2.0], {}))) is None


def test_other_wrong_numbers_speak_against_a_mistake():
    """Two of three do not make a name where the third says that it is another mistake."""
    exercise = ask(([2.0], {}), ([3.0], {}), ([4.0], {}), gradient=False)
    exercise.misconceptions.table(doubled=("Twice.", lambda x, base=None, shift=0.0: 2 * times_log(x)))
    assert name_of(lambda x: times_log(x) * (2 if x[0] < 4 else 5), exercise) is None
    exercise.misconceptions.table(
        late=("Late.", lambda x, base=None, shift=0.0: times_log(x) * (5 if x[0] == 4 else 1))
    )
    assert name_of(lambda x: times_log(x) * (2 if x[0] < 4 else 5), exercise) == "doubled"  # and it is late


def test_a_zero_is_no_evidence():
    """Where a mistake gives the learner's 0 and nothing else, what fails with further arguments counts as well."""
    exercise = ask(([2.0], {}), ([3.0], {"base": tensor(2.0)}), gradient=False)
    exercise.misconceptions.table(
        cut=("Cut.", lambda x, base=None, shift=0.0: times_log(x, base) * (0 if base is None else 7))
    )
    assert name_of(lambda x, base=None, shift=0.0: times_log(x, base) * (0 if base is None else 5), exercise) is None


def test_the_own_catalogue_comes_first():
    """Its sentences know the exercise."""
    exercise = ask(([2.0, 3.0, 5.0], {}))
    exercise.misconceptions.table(half=("Half.", lambda x, base=None, shift=0.0: times_log(x, base, shift) / 2))
    assert name_of(lambda x, base=None, shift=0.0: times_log(x, base, shift) / 2, exercise) == "half"


def test_one_number_is_no_evidence():
    """Of a single number, any factor may be a coincidence."""
    assert name_of(lambda x: times_log(x) / 2, ask(([2.0], {}), gradient=False)) is None


def test_general_mistakes_explain_every_check():
    """A general mistake that is one in half of the checks only is none."""
    exercise = ask(([2.0, 3.0, 5.0], {}), ([4.0, 6.0], {}))
    assert name_of(lambda x: times_log(x) * (2 if len(x) == 3 else x.cos()), exercise) is None


# ---- what speaks for a mistake, and against it -------------------------------------------------------------------


def test_an_exception_elsewhere_hides_no_mistake():
    """An input that is not taken at all is a second mistake: it does not count against the first."""
    exercise = ask(PLAIN, ([2.0, 7.0], {}), ([3.0, 7.0], {}))
    exercise.misconceptions.table(tripled=("Thrice.", lambda x, base=None, shift=0.0: 3 * times_log(x)))

    def picky(x):
        if 7 in x:
            raise TypeError("seven")
        return 3 * times_log(x)

    assert name_of(picky, exercise) == "tripled"


@pytest.mark.parametrize(("in_the_other", "name"), [(1, "first_spoilt"), (4, None)])
def test_half_is_enough_where_the_mistake_is_right_in_the_others(in_the_other, name):
    """A mistake that would give other wrong numbers than the learner's in half of the checks is another one."""
    exercise = ask(PLAIN, ([4.0, 6.0], {}))

    def spoilt(other):
        return lambda x, base=None, shift=0.0: times_log(x) * (3 if x[0] == 2 else other)

    exercise.misconceptions.table(first_spoilt=("Spoilt.", spoilt(in_the_other)))
    assert name_of(spoilt(5), exercise) == name


def test_a_slope_that_is_free_in_both_tells_nothing_apart():
    """Beside a zero the learner's slope, the mistake's and the right one may all differ."""
    exercise = ask(WITH_ZERO, SHIFTED)

    def steep(slope):
        return lambda x, base=None, shift=0.0: times_log(x) + slope * (x - x.detach()) * (x == 0)

    exercise.misconceptions.table(no_shift=("One.", steep(2.0)))
    assert name_of(steep(1.0), exercise) == "no_shift"


def test_another_dtype_is_no_other_mistake():
    """The numbers are right, slopes as well: what gives right numbers there, or might lose some, is not it."""
    exercise = Exercise("times_log", times_log, idea="", hints=())

    @exercise.check
    def dtype(f, rng):
        """The dtype"""
        same_dtype(f, times_log, tensor([2.0, 3.0], dtype=torch.float32))

    exercise.misconceptions.table(late=("Late.", late))
    assert name_of(lambda x: times_log(x).double(), exercise) is None
    exercise.misconceptions.table(doubled=("Twice.", lambda x, base=None, shift=0.0: times_log(x).double()))
    assert name_of(lambda x: times_log(x).double(), exercise) == "doubled"


def test_the_same_mistake_in_another_algebra():
    """A row may hold several formulas: the first is the mistake, the others stand for it."""
    exercise = ask(PLAIN)
    exercise.misconceptions.table(
        tuple_of_two=("One.", (lambda x, **flags: x, lambda x, *, eps=1e-6, **flags: times_log(x) + x + eps))
    )
    assert name_of(lambda x: times_log(x) + x + 1e-2, exercise) == "tuple_of_two"


def test_writing_into_an_argument_is_named():
    """It is known whatever the exercise."""

    def changes(x):
        x *= 2
        return times_log(x / 2)

    assert name_of(changes, ask(PLAIN, gradient=False)) == "input_changed"


# ---- what is seen without a formula, or in one loss of many ------------------------------------------------------


def squares(input, target, reduction="mean"):
    """Squared errors, one by one or reduced."""
    losses = (input - target) ** 2
    return losses if reduction == "none" else losses.sum() if reduction == "sum" else losses.mean()


def of_squares(*words, far=(1.0, -2.0, 3.0, 0.5), wrt=(0,)):
    exercise = Exercise("squares", squares, idea="", hints=())
    for number, word in enumerate(words):

        def run(f, rng, word=word, number=number):
            """A call"""
            same_gradient(f, squares, tensor(far) + number, tensor([0.5, 0.0, -1.0, 2.0]), wrt=wrt, reduction=word)

        exercise.add_check(run, words=f"Call {number}", name=f"call_{number}")
    return exercise


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (torch.square, "each_squared"),
        (lambda losses: losses + 0.7, "constant_added_to_each"),
        (lambda losses: losses.detach() + 0 * losses, "slope_differs"),
    ],
)
def test_each_loss_is_changed_before_the_mean(change, name):
    """A square of the mean is another mistake than the mean of squares."""

    def wrong(input, target, reduction="mean"):
        losses = change(squares(input, target, "none"))
        return losses if reduction == "none" else losses.sum() if reduction == "sum" else losses.mean()

    assert name_of(wrong, of_squares("none", "mean", "sum")) == name


def test_a_slope_that_is_lost_hides_no_mistake():
    """Whose value is that of a mistake has made it, though a slope beside it is NaN."""
    exercise = ask(([2.0, 3.0, 5.0], {}), ([2.0, 0.0, 5.0], {}))

    def late_and_doubled(x, base=None, shift=0.0):
        return 2 * torch.where(x > 0, x * x.log(), 0.0) + 1

    exercise.misconceptions.terms(all=("all of it", times_log), none=("nothing", lambda x, base=None, shift=0.0: 0 * x))
    assert name_of(lambda x: -torch.where(x > 0, x * x.log(), 0.0), exercise) == "all_turned"
    assert name_of(late_and_doubled, exercise) != "all_turned"


def labels(x):
    """The numbers that are not 0."""
    return x[x != 0]


@pytest.mark.parametrize(
    ("right", "wrong", "name"),
    [
        (labels, lambda x: labels(x)[1:], "some_missing"),
        (labels, lambda x: x, "some_too_many"),
        (labels, lambda x: labels(x).flip(0)[1:], None),
        (lambda x: x > 1, lambda x: x > 0, "true_too_often"),
        (lambda x: x > 1, lambda x: x > 2, "true_too_seldom"),
        (lambda x: x > 1, lambda x: x == 1, None),
    ],
)
def test_whole_numbers_and_booleans(right, wrong, name):
    """Of labels some may be missing, or too many; of a mask too much may be True, or too little."""
    exercise = Exercise("labels", right, idea="", hints=())

    @exercise.check
    def rows(f, rng):
        """A row"""
        same_value(f, right, tensor([0, 1, 2, 0, 3, 1]))

    assert name_of(wrong, exercise) == name


def ramp(x, flag=False):
    """X, and twice as much with the flag."""
    return 2 * x if flag else x


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        (lambda x, flag=False: torch.where(x < 0, x.cos() + x, ramp(x, flag)), "wrong_where_x_negative"),
        (lambda x, flag=False: ramp(x) + x.cos() if flag else x, None),  # that all are above 0 there is by chance
    ],
)
def test_wrong_only_where_something_holds(wrong, name):
    """Right and wrong numbers of the same call are parted by what holds of an argument, and not two calls."""
    exercise = Exercise("ramp", ramp, idea="", hints=())

    @exercise.check
    def plain(f, rng):
        """Without the flag"""
        same_value(f, ramp, tensor([-1.0, -2.5, -3.0, -0.7, -4.0] if name is None else [1.0, -2.5, 3.0, -0.7, 4.0]))

    @exercise.check
    def flagged(f, rng):
        """With the flag"""
        same_value(f, ramp, tensor([1.0, 2.5, 3.0, 0.7] if name is None else [1.5, -2.0, 2.2, -5.0]), flag=True)

    assert name_of(wrong, exercise) == name


def test_no_slopes_are_spoken_of_where_the_value_is_wrong():
    """A loss that is wrong as a whole has right slopes in places, by chance."""
    exercise = Exercise("energy", lambda x: (x * x).sum(), idea="", hints=())

    @exercise.check
    def gradient(f, rng):
        """The slopes"""
        same_gradient(f, exercise.spec, tensor([-1.0, -2.5, 3.0, -0.7, 2.0, 1.3, 0.4, -3.0, 1.1], requires_grad=True))

    assert name_of(lambda x: (x * x).sum() + x.clamp(min=0).sin().sum(), exercise) is None


def test_a_value_that_differs_takes_no_gradient():
    """Most mistakes are another one by their value alone: no gradient of theirs is computed."""
    asked_for = []

    def other(x, base=None, shift=0.0):
        asked_for.append(x.requires_grad)
        return 5 * times_log(x, base, shift)

    exercise = ask(([2.0, 3.0, 5.0], {}))
    exercise.misconceptions.table(other=("Other.", other))
    assert name_of(lambda x: times_log(x) + 1, exercise) == "one_too_many"
    assert asked_for
    assert not any(asked_for)
