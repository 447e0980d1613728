"""Small calls in which model answers and torch once differed, and which no check asks of a learner."""

import inspect
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torch import tensor

from coursekit.course import syllabus
from coursekit.exercise import REDUCTIONS
from coursekit.grading import rehearsal, scoring
from coursekit.jail.inside.source import load

EXERCISES = syllabus.exercises()
REDUCED = [name for name, (_, each) in EXERCISES.items() if "reduction" in inspect.signature(each.spec).parameters]


def solution(name):
    topic, _ = EXERCISES[name]
    return load([(topic.name, topic.solution.read_text(encoding="utf-8"))], name)


def asked(exercise):
    """Calls that the exercise takes."""
    if exercise.cases:
        return list(exercise.cases())
    frames = rehearsal.frames_of(exercise, 0, partial(scoring._rehearse, exercise, 0))
    return [rehearsal.question_in(*sent) for sent in frames[exercise.checks[0].name]]


@pytest.mark.parametrize("name", REDUCED)
@pytest.mark.parametrize("word", ["average", "Mean", "", "elementwise_mean"])
def test_an_unknown_reduction_is_refused(name, word):
    """It counts as none of the words."""
    exercise, function = EXERCISES[name][1], solution(name)
    taken = 0
    for question in asked(exercise):
        given = inspect.signature(function).bind(*question.args, **question.kwargs)
        if given.arguments.get("reduction", "mean") not in REDUCTIONS:
            continue
        function(*given.args, **given.kwargs)
        given.arguments["reduction"] = word
        with pytest.raises(ValueError, match="reduction"):
            function(*given.args, **given.kwargs)
        taken += 1
        if taken == 3:
            break
    assert taken


@pytest.mark.parametrize("smoothing", [-0.1, 1.5, float("nan")])
def test_a_share_is_from_0_to_1(smoothing):
    """For every kind of target; torch refuses only what is above 1."""
    for function in (solution("cross_entropy"), F.cross_entropy) if smoothing > 1 else (solution("cross_entropy"),):
        for target in (tensor([1]), tensor([[0.5, 0.5]])):
            with pytest.raises(RuntimeError):
                function(torch.zeros(1, 2), target, label_smoothing=smoothing)


def test_probabilities_have_no_index_to_ignore():
    """As torch does: 0 and above are refused, and the default is not."""
    scores, shares = tensor([[1.0, 2.0]]), tensor([[0.5, 0.5]])
    for function in (solution("cross_entropy"), F.cross_entropy):
        with pytest.raises(RuntimeError):
            function(scores, shares, ignore_index=1)
        function(scores, shares, ignore_index=-1)


@pytest.mark.parametrize("zero_infinity", [False, True])
@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
def test_no_frames_spell_no_labels(reduction, zero_infinity):
    """`ctc_loss_from_logits` of a sample without frames, in value and, where the loss is finite, gradient."""
    torch.manual_seed(0)
    lengths = tensor([0, 4, 0]), tensor([0, 1, 1 if zero_infinity else 0])
    found = []
    for function in (
        solution("ctc_loss_from_logits"),
        lambda x, *rest, **how: F.ctc_loss(x.log_softmax(2), *rest, **how),
    ):
        logits = torch.linspace(-1, 1, 36, dtype=torch.float64).reshape(4, 3, 3).requires_grad_()
        loss = function(logits, tensor([[1], [2], [1]]), *lengths, reduction=reduction, zero_infinity=zero_infinity)
        loss.sum().backward()
        found.append((loss.detach(), logits.grad))
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_no_frames_spell_no_label():
    """Its loss is inf."""
    loss = solution("ctc_loss_from_logits")(torch.zeros(2, 1, 3), tensor([[1]]), tensor([0]), tensor([1]))
    assert loss == torch.inf


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides")  # torch's own advice
@pytest.mark.parametrize("reduction", ["none", "sum", "mean", "batchmean"])
def test_a_single_number_is_a_batch_of_one(reduction):
    """`kl_div` of it, with every reduction."""
    x, t = tensor(-0.5), tensor(0.7)
    torch.testing.assert_close(solution("kl_div")(x, t, reduction), F.kl_div(x, t, reduction=reduction))


@pytest.mark.parametrize(("shape", "dim"), [((5, 0, 0), 0), ((5, 0, 0), 1), ((0,), 0), ((2, 0), -1), ((0, 3), 1)])
def test_the_log_softmax_of_nothing(shape, dim):
    """Nothing, in the same shape, with a gradient."""
    x = torch.zeros(shape, requires_grad=True)
    y = solution("log_softmax")(x, dim)
    torch.testing.assert_close(y, F.log_softmax(x, dim))
    y.sum().backward()
    assert x.grad.shape == x.shape
