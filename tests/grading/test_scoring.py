"""From a learner's function to what the learner is told."""

import json
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import tensor

from coursekit.course import syllabus
from coursekit.exercise import Exercise, same_value
from coursekit.grading import here, scoring
from coursekit.grading.diagnosis import OF_ANY_FUNCTION
from coursekit.grading.here import ask_here
from coursekit.grading.scoring import is_solved, score
from coursekit.learning import feedback
from coursekit.report import Diagnosis, Outcome, Report, Tier, Verdict
from coursekit.wire import Answer, Problem, Question
from coursekit.wire.answering import answer

ONE = "`double(torch.tensor(3.0))`"


def told(function, exercise, seed=0, seconds=0.3, learner="") -> Report:
    return score(exercise, ask_here(function, exercise, seconds), seed=seed, learner=learner)


def outcomes(report: Report) -> str:
    """A letter for each verdict: p(assed), f(ailed), e(rror), u(nchecked)."""
    return "".join("u" if v.outcome is Outcome.UNCHECKED else v.outcome[0] for v in report.verdicts)


def honest(x):
    return x + x


def untouched(x):
    raise NotImplementedError("double: write your answer here")


def in_place(x):
    x *= 2
    return x


def no_return(x):
    x + x


def exits(x):
    raise SystemExit(1)


def hangs(x):
    while True:
        pass


def hangs_asleep(x):
    while True:
        time.sleep(0.01)


def halves_written(x):
    if x.ndim:
        raise NotImplementedError
    return 2 * x


def ready_made(x):
    return 2 * x + 0 * torch.softmax(x, -1)


@pytest.mark.parametrize(
    ("function", "outcome", "rationale", "help"),
    [
        (untouched, Outcome.UNATTEMPTED, "Not attempted yet.", "Replace the line that raises NotImplementedError"),
        (no_return, Outcome.FAILED, f"Got None for {ONE}.", "is a `return` missing"),
        (lambda x: float(2 * x.sum()), Outcome.FAILED, f"Got a float for {ONE}, expected a torch.Tensor.", ".item()"),
        (
            lambda x: (2 * x).numpy(),
            Outcome.FAILED,
            f"Got a numpy.ndarray for {ONE}, expected a torch.Tensor.",
            "numpy knows nothing of gradients",
        ),
        (
            lambda x: 2 * x[None],
            Outcome.FAILED,
            "The result has shape (1,), expected () (a single number).",
            "left over",
        ),
        (lambda x: x * 1.5, Outcome.FAILED, "The value is not right.", "Think of a pair."),
        (lambda x: (x + x).detach(), Outcome.FAILED, "The value is right, but no gradient flows back", ".item()"),
        (lambda x: x + x.detach(), Outcome.FAILED, "The value is right, its gradient is not.", ""),
        (in_place, Outcome.FAILED, f"The function changed argument 1 in place: {ONE}.", "Compute a new tensor"),
        (lambda x: x / 0 + 1 / 0, Outcome.ERROR, f"{ONE} raised ZeroDivisionError: division by zero", "by 0"),
        (lambda: 3, Outcome.ERROR, "takes 0 positional arguments but 1 was given", "keep the stub's signature"),
        (exits, Outcome.ERROR, f"{ONE} raised SystemExit: 1", "Return a value"),
        (halves_written, Outcome.ERROR, "raised NotImplementedError", "is not written yet"),
        (hangs, Outcome.TIMEOUT, f"{ONE} was still running after 0.3 s.", "Look for a loop that never ends"),
        (hangs_asleep, Outcome.TIMEOUT, f"{ONE} was still running after 0.3 s.", "Look for a loop that never ends"),
        (ready_made, Outcome.FORBIDDEN, "This answer calls torch's ready-made `softmax`.", "build it from exp"),
    ],
)
def test_what_a_learner_is_told(double, function, outcome, rationale, help):
    """Each way to be wrong has its sentence of what is wrong, and one of what to do."""
    report = told(function, double, seconds=0.3 if outcome is Outcome.TIMEOUT else 10)  # a busy machine has no say
    first = report.first_failure
    assert (outcome, outcome) == (report.outcome, first.outcome)
    assert rationale in first.rationale
    assert help in first.help


@pytest.mark.parametrize("function", [untouched, no_return, exits, in_place, lambda x: x * x, ready_made])
def test_same_report_as_text_html_and_json(double, function):
    """What is said is said in every form, and survives being written down."""
    report = told(function, double)
    first = report.first_failure
    said = report.diagnosis.explanation if report.diagnosis else first.rationale
    text = " ".join(feedback.as_text(report).split())
    markup = feedback.as_html(report).replace("<code>", "`").replace("</code>", "`").replace("&#x27;", "'")
    assert said in text
    assert said in markup
    assert report == Report.from_json(json.loads(json.dumps(report.to_json())))


def test_script_in_an_exception_is_shown_not_run(double):
    """A learner's own error text cannot become part of a page."""

    def evil(x):
        raise ValueError("<script>alert(1)</script>")

    markup = feedback.as_html(told(evil, double))
    assert "<script>" not in markup
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in markup


def test_full_marks(double):
    """A right function passes every check, core and parity, and there is nothing to mend."""
    report = told(honest, double, learner="ann")
    assert (
        report.exercise,
        report.learner,
        report.outcome,
        report.points,
        report.maximum,
        outcomes(report),
    ) == ("double", "ann", Outcome.PASSED, 4, 4, "pppp")
    assert is_solved(report)
    assert (report.first_failure, report.diagnosis) == (None, None)


@pytest.mark.parametrize(
    ("function", "verdicts", "points"),
    [
        (lambda x: x * 1.5, "fffu", 0),  # nothing right
        (lambda x: 2 * x.sum(), "pffu", 1),  # one of three core checks
        (lambda x: (2 * x).detach(), "ppfu", 2),  # two of three
        (lambda x: (2 * x).double(), "pppf", 3),  # core without parity
        (lambda x: 2 * x if x.ndim else 1 / 0, "eppu", 2),
        (untouched, "uuuu", 0),
        (lambda x: 2 * x if x.ndim == 0 else hangs(x), "ptuu", 1),
        (lambda x: 2 * x if x.ndim == 0 else ready_made(x), "pfuu", 0),  # what was earned before is forfeit
    ],
)
def test_points(double, function, verdicts, points):
    """Points are the share of checks passed, tier by tier; parity is asked only once core has passed."""
    report = told(function, double)
    assert (verdicts, points) == (outcomes(report), report.points)
    assert not is_solved(report)


def test_core_is_enough_to_pass(double):
    """Who has the meaning has passed, even if the drop-in is not exact."""
    report = told(lambda x: (2 * x).double(), double)
    assert (report.outcome, is_solved(report)) == (Outcome.PASSED, False)


def test_points_are_rounded():
    """A third of a point is 0.33."""
    exercise = Exercise("double", honest, idea="", hints=())
    for name, factor in (("a", 2), ("b", 3), ("c", 3)):

        def run(f, rng, factor=factor):
            same_value(f, lambda x: factor * x, tensor(1.0))

        run.__name__, run.__doc__ = name, "Title"
        exercise.check(run)
    assert told(honest, exercise).points == 0.33


def test_checks_help_is_the_fallback(double):
    """Where a failure has no help of its own, the check's docstring helps."""
    report = told(lambda x: 2 * x.sum() if x.ndim == 0 else x, double)
    assert report.first_failure.help == "Work element by element."


def test_missing_function_is_told_no_checks_help(double):
    """What helps with a check is no help to whom has no function at all."""
    sentence = "There is no function `double`. Did you mean `dubble` by it? Rename it."
    report = score(double, lambda question: Answer(problem=Problem("missing", sentence)), seed=0)
    assert (report.outcome, outcomes(report)) == (Outcome.UNATTEMPTED, "uuuu")
    assert [sentence] == feedback.as_text(report).splitlines()[1:]


@pytest.mark.parametrize(
    ("kind", "outcome", "said"),
    [
        ("broken", Outcome.ERROR, "Not Python."),
        ("memory", Outcome.MEMORY, "The function ran out of memory (Not Python.)."),
        ("special", Outcome.ERROR, f"{ONE} raised Not Python."),
    ],
)
def test_problems_of_a_process(double, kind, outcome, said):
    """What only a jail finds has its sentence too, and so has a kind nobody knows."""
    report = score(double, lambda question: Answer(problem=Problem(kind, "Not Python.")), seed=0)
    assert (outcome, said) == (report.outcome, report.first_failure.rationale)


@pytest.mark.parametrize("kind", ["missing", "broken", "memory", "forbidden", "unattempted"])
def test_nothing_is_asked_twice_of_the_hopeless(double, kind):
    """Where nothing can come, one question is enough."""
    asked = []
    score(double, lambda question: asked.append(question) or Answer(problem=Problem(kind)), seed=0)
    assert len(asked) == 1


# ---- time --------------------------------------------------------------------------------------------------------


def test_time_limit_ends_with_the_call(double):
    """A function that was quick enough is not interrupted afterwards."""
    ask = ask_here(honest, double, seconds=0.05)
    ask(Question((tensor(1.0),)))
    time.sleep(0.1)  # the timer would fire in here


def test_interrupt_that_is_swallowed(double):
    """A loop that catches everything is interrupted again."""

    def stubborn(x):
        try:
            hangs(x)
        except BaseException:
            hangs(x)

    assert told(stubborn, double).outcome is Outcome.TIMEOUT


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no alarms")
def test_other_alarms_are_put_back(double):
    """Who has set an alarm handler of their own finds it where it was."""
    before = signal.getsignal(signal.SIGALRM)
    told(honest, double)
    told(hangs, double)
    assert (before, (0.0, 0.0)) == (signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL))


def test_check_in_a_thread(double):
    """A check may run in a thread, which nobody can interrupt, so without a limit."""
    with ThreadPoolExecutor(1) as executor:
        assert executor.submit(told, honest, double).result().outcome is Outcome.PASSED


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no alarms")
def test_an_import_is_not_ended(double, monkeypatch):
    """What is being imported when time is up gets the same time once more; what hangs afterwards is ended then."""
    importing = [True]
    monkeypatch.setattr(here, "_is_importing", lambda frame: bool(importing and importing.pop()))
    begun = time.monotonic()
    assert told(hangs, double, seconds=0.2).outcome is Outcome.TIMEOUT
    assert 0.4 <= time.monotonic() - begun < 1.1


def test_own_stop_button_is_no_timeout(double):
    """Who presses stop gets their notebook back, not a verdict."""

    def stopped(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        told(stopped, double)


def test_hanging_costs_one_time_limit(double):
    """After one call that never ends no other is begun."""
    begun = time.monotonic()
    told(hangs_asleep, double, seconds=0.2)
    assert time.monotonic() - begun < 0.5


# ---- inputs ------------------------------------------------------------------------------------------------------


def inputs(exercise, seed) -> dict[str, list]:
    """What each check asks with."""
    asked = {}
    for check in exercise.checks:
        single = Exercise(exercise.name, exercise.spec, idea="", hints=(), checks=[check])
        score(
            single,
            lambda question, name=check.name: (
                asked.setdefault(name, []).append(question.args[0].tolist()) or answer(exercise.spec, question)
            ),
            seed=seed,
        )
    return asked


def test_same_seed_same_inputs(double):
    """Grading again asks again the same."""
    assert inputs(double, 7) == inputs(double, 7)


def test_other_seed_other_inputs(double):
    """A hidden seed asks what the visible one did not."""
    assert inputs(double, 7)["many_numbers"] != inputs(double, 8)["many_numbers"]


def test_each_check_draws_by_itself(double):
    """A check that is added, or draws more, changes the inputs of no other."""
    seen = []

    def greedy(f, rng):
        """Draws a lot"""
        rng.normal(size=1_000)

    crowded = Exercise("double", double.spec, idea="", hints=())
    crowded.check(greedy)
    crowded.checks += double.checks

    def watching(x):
        seen.append(x.tolist())
        return 2 * x

    told(watching, crowded, seed=7)
    assert inputs(double, 7)["many_numbers"][0] in seen


def test_no_two_checks_draw_the_same(double):
    """Two checks that draw alike are not given the same numbers."""
    drawn = []

    def draw(f, rng):
        """Draws"""
        drawn.append(rng.integers(10**9))

    for name in ("one", "other"):
        run = lambda f, rng: draw(f, rng)  # noqa: E731
        run.__name__, run.__doc__ = name, "Draws"
        double.check(run)
    told(honest, double)
    assert len(set(drawn)) == 2


# ---- diagnosis ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda x: x**2, "squared"),
        (lambda x: 2 + x, "two_more"),
        (lambda x: x.sum() + x.sum(), "total"),  # wrong from the second check on
        (lambda x: x * 1.5, "constant_factor"),  # by a rule for any loss
        (lambda x: x.sin(), None),
        (lambda x: x * x + 1e-3, None),
        (lambda x: (x * x).detach(), "squared"),  # its second mistake shows in a later check
        (lambda x: x * x if x.ndim == 0 else x + 2, None),  # its numbers explain fewer than half of the failing checks
        (honest, None),
        (untouched, None),
        (hangs, None),
    ],
)
def test_mistake_is_named_by_its_numbers(double, function, name):
    """A misconception is named where the learner's numbers are its own, and never otherwise."""
    diagnosis = told(function, double).diagnosis
    assert name == (None if diagnosis is None else diagnosis.misconception)


def test_best_explanation_is_named():
    """Where two mistakes give the same numbers in the failing check, the one that explains more is named."""
    exercise = Exercise("double", honest, idea="", hints=())

    @exercise.check
    def at_three(f, rng):
        """Three"""
        same_value(f, honest, tensor(3.0))

    @exercise.check
    def at_five(f, rng):
        """Five"""
        same_value(f, honest, tensor(5.0))

    exercise.misconception("Nine, always.")(nine := lambda x: 0 * x + 9)
    exercise.misconception("The square.")(square := lambda x: x * x)
    nine.__name__ = square.__name__ = "lambda"
    assert [told(function, exercise).diagnosis.explanation for function in (square, nine)] == [
        "The square.",
        "Nine, always.",
    ]


def test_exceptions_are_recognised_by_their_kind(double):
    """A mistake that raises is recognised where the learner's raises the same kind of exception."""

    @double.misconception("There is no dimension 1.")
    def last_dimension(x):
        return x.sum(1)

    assert told(lambda x: x.mean(1), double).diagnosis.explanation == "There is no dimension 1."
    assert told(lambda x: {}[1], double).diagnosis is None


KNOWN, ANYBODYS = Diagnosis("squared", ""), OF_ANY_FUNCTION[0]


@pytest.mark.parametrize(
    ("failing", "named", "near", "is_slip"),
    [
        ((), None, True, False),
        (("one_number",), None, False, True),  # two of three core checks passed
        (("one_number", "many_numbers"), None, False, False),
        (("one_number", "many_numbers"), None, True, True),
        (("one_number", "many_numbers"), KNOWN, False, True),
        (("one_number", "many_numbers"), ANYBODYS, False, False),
    ],
)
def test_what_is_a_slip(double, monkeypatch, failing, named, near, is_slip):
    """A known mistake of this exercise, or right in most checks, or near; and what a diagnosis is told of the calls."""
    wrong = {"one_number": lambda x: x.ndim == 0, "many_numbers": lambda x: x.numel() == 3}
    told = []

    def diagnose(exercise, failed, passed):
        told.append((len(failed), len(passed)))
        return named

    monkeypatch.setattr(scoring, "diagnose", diagnose)
    monkeypatch.setattr(scoring, "is_slip", lambda exercise, failed: near)
    report = score(double, lambda q: answer(lambda x: 2 * x + any(wrong[name](x) for name in failing), q), seed=0)
    assert report.is_slip is is_slip
    assert report.diagnosis is named
    assert told == [(len(failing), 3 - len(failing) if failing else 0)]  # parity is not asked of who has not passed


def test_who_leaves_asks_no_more(double):
    """It is asked after each check that has not passed, and after no other."""
    asked = []

    def leave():
        asked.append(len(asked))
        return len(asked) == 2

    wrong = scoring.run(double, lambda q: answer(lambda x: 3 * x, q), seed=0, leave=leave)
    assert [verdict.check for verdict in wrong.verdicts] == ["one_number", "many_numbers"]
    right = scoring.run(double, lambda q: answer(lambda x: 2 * x, q), seed=0, leave=leave)
    assert (len(right.verdicts), len(asked)) == (4, 2)


@pytest.mark.parametrize(
    ("name", "used", "said"),
    [
        ("cross_entropy", "log_softmax", " Your own `log_softmax` from lesson "),
        ("cross_entropy", "softmax", " Your own `log_softmax` from lesson "),
        ("cross_entropy", "softplus", ""),  # the one that does its job comes later
        ("keras_huber", "softplus", " Your own `log_sigmoid` from lesson "),
        ("cross_entropy", "nowhere", ""),
        ("cross_entropy", "", ""),
    ],
)
def test_an_own_function_in_place_of_torchs(name, used, said):
    """What the learner has written earlier, of the same name, or what does its job."""
    found = scoring._own_instead(syllabus.find_exercise(name)[1], used)
    assert found.startswith(said)
    assert not found or found.endswith(" may be used: copy it beside this function.")
    assert bool(found) == bool(said)


@pytest.mark.parametrize(("core", "mostly"), [("pf", True), ("pff", False), ("ppf", True), ("ff", False), ("p", True)])
def test_mostly_right(core, mostly):
    """At least half of the core checks have passed; what a drop-in owes besides does not count."""
    ends = {"p": Outcome.PASSED, "f": Outcome.FAILED}
    found = [Verdict("", "", Tier.CORE, ends[each]) for each in core]
    others = [Verdict("", "", Tier.PARITY, Outcome.UNCHECKED if not mostly else Outcome.FAILED)] * 9
    assert scoring._mostly([*found, *others]) is mostly
    assert scoring._mostly([*found, *(Verdict("", "", Tier.PARITY, Outcome.PASSED),) * 9]) is mostly


def test_tiers_in_order(double):
    """Core is reported before parity, whatever the order in which the checks were written."""
    double.checks.reverse()
    assert [v.tier for v in told(honest, double).verdicts] == [Tier.CORE, Tier.CORE, Tier.CORE, Tier.PARITY]


def test_an_import_is_not_stopped(double, tmp_path, monkeypatch):
    """Half a library is worse than none: the limit is for the answer, and begins anew behind it."""
    text = "import time\nend = time.monotonic() + 0.5\nwhile time.monotonic() < end: pass\n"
    (tmp_path / "slow_to_import.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)

    def imports(x):
        import slow_to_import

        return 2 * x if slow_to_import.end else x

    assert told(imports, double, seconds=0.2).outcome is Outcome.PASSED
