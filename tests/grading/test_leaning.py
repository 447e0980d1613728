"""One slip is paid once, and nobody earns a point by it that their own function does not."""

from pathlib import Path

import pytest

from coursekit.classroom import batch
from coursekit.classroom.batch import score_submission
from coursekit.course import stubs, syllabus
from coursekit.grading import scoring
from coursekit.grading.leaning import may_lean, part
from coursekit.grading.seeds import hidden_seed
from coursekit.grading.submission import Submission
from coursekit.jail.ending import Clock
from coursekit.jail.judge import Jail, Leaning
from coursekit.jail.terms import Limits
from coursekit.learning import learn
from coursekit.learning.feedback import as_html, as_text
from coursekit.learning.feedback import leaning as sentence
from coursekit.publish.privacy import feedback, without_inputs
from coursekit.report import Outcome, Report, Tier, Verdict

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("strict_time")]

SECRET = b"tests"
CALLED = [
    (name, helper)
    for name, (topic, _) in syllabus.exercises().items()
    for helper in sorted(stubs.calls_of(topic, name))
]


@pytest.fixture(scope="module")
def jail(any_jail):
    any_jail.limits = Limits(seconds=4.0)
    return any_jail


def solutions(topic):
    return syllabus.find_topic(topic).solution.read_text(encoding="utf-8")


def slipped(text, helper):
    """The module in which one function gives a little too much, whatever it gives."""
    assert f"\ndef {helper}(" in text
    wrong = f"\n\ndef {helper}(*args, **kwargs):\n    return right_{helper}(*args, **kwargs) * 1.01 + 0.01\n"
    return text.replace(f"\ndef {helper}(", f"\ndef right_{helper}(") + wrong


def after(jail, text, *names):
    exercises = [syllabus.find_exercise(name)[1] for name in names]
    return score_submission(Submission("ann", (("a.py", text),)), exercises, jail, SECRET).reports


def before(jail, text, name):
    """As it was graded when no function was replaced."""
    submission = Submission("ann", (("a.py", text),))
    exercise = syllabus.find_exercise(name)[1]
    return jail.score(submission.cells, [(exercise, hidden_seed(SECRET, submission, exercise))])[0]


def test_a_slip_costs_its_own_points_alone(jail):
    """The reviewed case: a factor of 1.01 in `log_sigmoid`, which four others call; they keep all, and say so."""
    line = "torch.log1p(torch.exp(-input.abs()))"
    text = solutions("binary_cross_entropy")
    assert line in text
    names = [each.name for each in syllabus.find_topic("binary_cross_entropy").exercises]
    reports = {each.exercise: each for each in after(jail, text.replace(line, f"{line} * 1.01"), *names)}
    lost = {name: each.maximum - each.points for name, each in reports.items() if each.points < each.maximum}
    assert lost == {"log_sigmoid": 2}
    leans = [name for name, each in reports.items() if each.leans_on == ("log_sigmoid",) and each.parted]
    assert leans == [name for name, helper in CALLED if helper == "log_sigmoid"] != []


def test_there_is_no_second_grading_when_time_is_over(jail, monkeypatch):
    """An answer that calls a wrong one of the learner's keeps what it has, and no process is started for it."""
    text = slipped(solutions("objective"), "squared_error")
    first, cost = before(jail, text, "cost"), syllabus.find_exercise("cost")[1]
    assert first.points < cost.maximum
    way = batch._InJail(
        jail, Submission("ann", (("a.py", text),)), 1, list(syllabus.exercises()), Clock(0.0), Leaning({})
    )
    monkeypatch.setattr(Jail, "_fork", lambda *_, **__: pytest.fail("a process was started"))
    assert part(way, cost, first, {}) == first
    assert way.grade(cost, {}).outcome is Outcome.SKIPPED


@pytest.mark.parametrize(
    ("ends", "outcome"),
    [
        ([Outcome.SKIPPED], Outcome.FAILED),
        ([Outcome.STARVED], Outcome.STARVED),
        ([Outcome.FAILED, Outcome.STARVED], Outcome.STARVED),
    ],
)
def test_what_nobody_had_time_for_is_no_slip(ends, outcome):
    """Of a helper that was skipped nothing is said; where a busy machine spoilt a grading, this one is spoilt, too."""

    class Hurried:
        def leans_on(self, exercise, others):
            return ("squared_error",)

        def grade(self, exercise, instead):
            return Report(exercise.name, "", ends.pop(0), (failed,), 0.0, 1.0)

    cost = syllabus.find_exercise("cost")[1]
    failed = Verdict("", "", Tier.CORE, Outcome.FAILED)
    report = part(Hurried(), cost, Report("cost", "", Outcome.FAILED, (failed,), 0.0, 1.0), {})
    assert (report.outcome, report.parted) == (outcome, False)


@pytest.mark.parametrize("asked", [("cross_entropy",), ("nll_loss", "cross_entropy")])
def test_it_does_not_matter_who_else_is_asked(jail, asked):
    """The helper is graded where nobody has asked for it, and the points are the same."""
    text = slipped(solutions("cross_entropy"), "nll_loss")
    report = after(jail, text, *asked)[-1]
    assert (report.points, report.leans_on, report.parted) == (report.maximum, ("nll_loss",), True)


def test_what_an_answer_may_lean_on_is_named():
    """Earlier exercises that the source names elsewhere than where it defines them."""
    text = "def nll_loss(x):\n    return x\ndef cross_entropy(x):\n    return log_softmax(x)\n"
    found = may_lean([("a.py", text)], ["log_softmax", "nll_loss", "cross_entropy"])
    assert found == {"log_softmax": [], "nll_loss": ["log_softmax"], "cross_entropy": ["log_softmax"]}


def test_it_does_not_matter_what_was_left_out(jail):
    """Who has no answer to the exercise before, which is asked in the same process, is lent the helper as well."""
    text = slipped(solutions("cross_entropy"), "nll_loss").replace("\ndef sequence_loss(", "\ndef no_exercise(")
    first, report = after(jail, text, "sequence_loss", "cross_entropy")
    assert first.outcome is Outcome.UNATTEMPTED
    assert (report.points, report.leans_on, report.parted) == (report.maximum, ("nll_loss",), True)


BUILT_ON_ALPHA = """
def ctc_loss(log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False):
    losses, counts = [], []
    for n, (t, u) in enumerate(zip(input_lengths, target_lengths)):
        target = targets[n, :u] if targets.ndim == 2 else targets[sum(target_lengths[:n]):][:u]
        losses.append(-ctc_alpha(log_probs[:t, n], target.long(), blank)[-1, -2:].logsumexp(0))
        counts.append(max(int(u), 1))
    losses = torch.stack(losses)
    if reduction == "mean":
        return (losses / torch.tensor(counts)).mean()
    return losses.sum() if reduction == "sum" else losses
"""


def test_what_the_course_does_not_call_may_be_called(jail):
    """A learner's `ctc_loss` that is built on their `ctc_alpha`, where the course's own is not."""
    text = solutions("ctc_forward") + "\n" + BUILT_ON_ALPHA
    right, wrong = after(jail, text, "ctc_loss")[0], after(jail, slipped(text, "ctc_alpha"), "ctc_loss")[0]
    assert right.points == wrong.points > 0
    assert (wrong.leans_on, wrong.parted) == (("ctc_alpha",), True)


@pytest.mark.parametrize(("name", "helper"), CALLED, ids=lambda each: each)
def test_every_answer_of_the_course_keeps_its_points(name, helper, tmp_path):
    """Whatever the course's answers call can be wrong without costing them a point, in a check as well."""
    topic, _ = syllabus.find_exercise(name)
    path = tmp_path / "mine.py"
    path.write_text(slipped(topic.solution.read_text(encoding="utf-8"), helper), encoding="utf-8")
    report, _ = learn.check_file(name, path)
    assert report.points == report.maximum
    assert helper in report.leans_on


def test_no_answer_of_the_course_calls_a_later_one():
    """So what is lent never holds the exercise that is graded."""
    order = list(syllabus.exercises())
    assert [(name, helper) for name, helper in CALLED if order.index(helper) >= order.index(name)] == []


# ---- what earns nothing ------------------------------------------------------------------------------------------

HEAD = "import torch\nimport torch.nn.functional as F\n"
COMPOSED = """
def cross_entropy(input, target, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    return -log_softmax(input, 1)[torch.arange(len(target)), target].mean()
"""
REDUCED = "    return e if reduction == 'none' else e.mean() if reduction == 'mean' else e.sum()\n"
CHEATS = {
    "a call with a mean": (
        "keras_mean_squared_error",
        f"def mse_loss(input, target, reduction='mean'):\n    e = 1.01 * (input - target) ** 2\n{REDUCED}"
        "def keras_mean_squared_error(y_true, y_pred):\n"
        "    return mse_loss(y_pred, y_true, reduction='none').mean(-1)\n",
    ),
    "a call with its arguments exchanged": (
        "keras_mean_squared_error",
        f"def mse_loss(input, target, reduction='mean'):\n    e = 1.01 * (input - target) ** 2\n{REDUCED}"
        "def keras_mean_squared_error(y_true, y_pred):\n    return mse_loss(y_pred, y_true, 'none').mean(-1)\n",
    ),
    "a call of what is right in one check": (
        "triplet_margin_with_distance_loss",
        "def triplet_margin_loss(a, p, n, margin=1.0, p_=2.0, eps=1e-6, swap=False, reduction='mean'):\n"
        "    d = lambda x, y: (x - y + eps).square().sum(-1).sqrt()\n"
        f"    e = 1.01 * (margin + d(a, p) - d(a, n)).clamp(min=0)\n{REDUCED}"
        "def triplet_margin_with_distance_loss(a, p, n, *, distance_function=None, margin=1.0, swap=False,"
        " reduction='mean'):\n    return triplet_margin_loss(a, p, n, margin=margin, swap=swap, reduction=reduction)\n",
    ),
    "a call of what the course calls": (
        "multilabel_soft_margin_loss",
        "def binary_cross_entropy_with_logits(x, t, weight=None, reduction='mean', pos_weight=None):\n"
        f"    e = 1.01 * (x.clamp(min=0) - x * t + (-x.abs()).exp().log1p())\n{REDUCED}"
        "def multilabel_soft_margin_loss(input, target, weight=None, reduction='mean'):\n"
        "    return binary_cross_entropy_with_logits(input, target, weight, reduction)\n",
    ),
    "a stub": ("cross_entropy", "def log_softmax(input, dim):\n    raise NotImplementedError\n" + COMPOSED),
    "ready-made": ("cross_entropy", "def log_softmax(input, dim):\n    return F.log_softmax(input, dim)\n" + COMPOSED),
    "other parameters": (
        "cross_entropy",
        "def log_softmax(input, target, smooth):\n    return input - input.exp().sum(1, True).log() + 1\n"
        + COMPOSED.replace("log_softmax(input, 1)", "log_softmax(input, target, 0)"),
    ),
    "something else entirely": (
        "cross_entropy",
        "def log_softmax(input, target):\n    return input.logsumexp(1).mean() - input.diagonal().mean()\n"
        + COMPOSED.replace(
            "-log_softmax(input, 1)[torch.arange(len(target)), target].mean()", "log_softmax(input, target)"
        ),
    ),
    "a name of its own inside": (
        "cross_entropy",
        "def log_softmax(input, dim):\n    return input\n"
        + COMPOSED.replace("    return", "    def log_softmax(x, d):\n        return x\n    return"),
    ),
    "no def": ("cross_entropy", "log_softmax = lambda input, dim: input\n" + COMPOSED),
    "bound twice": (
        "cross_entropy",
        "def log_softmax(input, dim):\n    return input\nlog_softmax = log_softmax\n" + COMPOSED,
    ),
    "kept as a default": (
        "cross_entropy",
        "def log_softmax(input, dim):\n    return input\n"
        + COMPOSED.replace("label_smoothing=0.0", "label_smoothing=0.0, log_softmax=log_softmax"),
    ),
    "a later exercise": (
        "log_softmax",
        "def cross_entropy(input, target, **k):\n    return input.sum()\n"
        "def log_softmax(input, dim):\n"
        "    return torch.stack([-cross_entropy(input, torch.full((len(input),), c), reduction='none')"
        " for c in range(input.shape[1])], 1)\n",
    ),
    "itself": ("cross_entropy", COMPOSED.replace("log_softmax(input, 1)", "cross_entropy(input, target)")),
    "one that never ends": ("cross_entropy", "def log_softmax(input, dim):\n    while True: pass\n" + COMPOSED),
    "one that looks who calls it": (
        "cross_entropy",
        "import sys\ndef log_softmax(input, dim):\n    who = sys._getframe(1).f_code.co_name\n"
        "    return input if who == 'cross_entropy' else input - input.exp().sum(dim, True).log()\n" + COMPOSED,
    ),
}


@pytest.mark.parametrize("cheat", CHEATS)
def test_nothing_is_earned_by_what_is_lent(jail, cheat):
    """Answers that would have somebody else's function do their work: they earn what they earned without."""
    name, text = CHEATS[cheat]
    report = after(jail, HEAD + text, name)[0]
    assert report.points == before(jail, HEAD + text, name).points < report.maximum
    assert not report.parted


JUNK = {
    "nothing": "pass",
    "an exception": "return 1 / 0",
    "zeros": "return a[0] * 0",
    "a constant": "return a[0].sum() * 0 + 0.7",
    "a mean of what it is given": "return a[0].mean()",
    "a number": "return 0",
    "noise": "return torch.rand_like(a[0]).sum()",
}
LEANING = {
    "ctc_loss_from_logits": (
        "ctc_loss",
        "def ctc_loss_from_logits(x, targets, input_lengths, target_lengths, blank=0, reduction='mean', z=False):\n"
        "    return ctc_loss(x.log_softmax(-1), targets, input_lengths, target_lengths, blank, reduction, z)\n",
    ),
    "keras_kl_divergence": (
        "kl_divergence",
        "def keras_kl_divergence(y_true, y_pred):\n"
        "    return kl_divergence(y_true.to(y_pred.dtype).clamp(1e-7, 1), y_pred.clamp(1e-7, 1))\n",
    ),
}


@pytest.mark.parametrize("junk", JUNK)
@pytest.mark.parametrize("name", LEANING)
def test_junk_is_no_slip(jail, name, junk):
    """Whoever has not tried to write what they call is lent nothing, whatever stands in its place."""
    helper, leaning = LEANING[name]
    text = f"{HEAD}def {helper}(*a, **k):\n    {JUNK[junk]}\n{leaning}"
    report = after(jail, text, name)[0]
    assert (report.leans_on, report.parted) == ((helper,), False)
    assert report.points < report.maximum


# ---- what is said ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("parted", [True, False])
def test_it_is_said_wherever_a_report_is_shown(parted):
    """One sentence in text, in a notebook, and in what is handed back; another one where nothing was replaced."""
    report = Report("cross_entropy", "ann", Outcome.FAILED, (), 0.0, 6.0, None, ("log_softmax", "nll_loss"), parted)
    said = sentence(report)
    assert said.startswith("It calls your `log_softmax` and `nll_loss`, which are not right yet")
    assert ("in place of yours" in said) is parted
    assert said in " ".join(as_text(report).split())
    assert said in " ".join(feedback(report).split())
    assert "<code>nll_loss</code>, which are not right yet" in as_html(without_inputs(report))


def test_reports_of_earlier_versions_are_read():
    """A gradebook holds reports that know nothing of this."""
    report = Report("cross_entropy", "ann", Outcome.FAILED, (), 0.0, 6.0)
    written = report.to_json()
    assert Report.from_json(written) == report
    del written["leans_on"], written["parted"]
    assert Report.from_json(written) == report


def test_an_honest_right_answer_is_graded_once(jail, monkeypatch):
    """Nothing is asked of who has no mistake."""
    monkeypatch.setattr(syllabus, "earlier_exercises", lambda _: pytest.fail("asked for helpers"))
    assert all(scoring.is_solved(each) for each in after(jail, solutions("objective"), "cost", "objective"))


def test_a_notebook_says_the_same():
    """`check` of a function whose globals hold a wrong one: they stay as they are."""
    names = {"__name__": "__main__"}
    exec(slipped(Path(syllabus.find_topic("objective").solution).read_text("utf-8"), "squared_error"), names)
    wrong = names["squared_error"]
    report = learn.check(names["cost"]).report
    assert (report.points, report.leans_on, report.parted) == (report.maximum, ("squared_error",), True)
    assert names["squared_error"] is wrong
