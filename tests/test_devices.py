"""Model answers work where their arguments are: on any device, a processor with no CUDA stands in for both."""

import pytest
import torch
from torch import Tensor

from coursekit.course import syllabus
from coursekit.exercise import Exercise
from coursekit.grading import rehearsal, scoring
from coursekit.jail.inside.source import load
from coursekit.wire import Question
from coursekit.wire.answering import answer

EXERCISES = syllabus.exercises()
SEED = 0

pytestmark = pytest.mark.slow


def kind(question: Question) -> str:
    """What decides where a function makes its tensors: shapes, types and flags, and of a number only its sign."""

    def of(value: object) -> object:
        match value:
            case Tensor():
                return tuple(value.shape), value.dtype
            case list() | tuple():
                return [of(each) for each in value]
            case dict():
                return {name: of(each) for name, each in value.items()}
            case float():
                return (value > 0) - (value < 0)
        return value

    return repr((of(question.args), of(question.kwargs), question.wrt))


def questions(exercise: Exercise) -> list[Question]:
    """One call of each kind among those over which the solution is proved and those that the checks ask."""
    asked = list(exercise.cases()) if exercise.cases else []

    def right(question):
        asked.append(question)
        return rehearsal.right_answer(exercise, question)

    for check in exercise.checks:
        scoring._rehearse(exercise, SEED, check, right)
    return list({kind(question): question for question in asked}.values())


def strays(function, exercise, question: Question) -> str:
    """What a call makes on another device than its arguments', if anything.

    The arguments are on the processor, and what is made without a device is not: it is on "meta", which no other
    device's tensors may meet. So every number is there to be looked at, as on a real device.
    """
    here = answer(function, question)
    with torch.device("meta"):
        there = answer(function, question)
    if here.problem or there.problem:
        return "" if here.problem == there.problem else f"{there.problem}"
    pairs = [(here.value, there.value), *zip(here.gradients, there.gradients, strict=True)]
    same = all(a is b or (isinstance(b, Tensor) and torch.equal(a.nan_to_num(7), b.nan_to_num(7))) for a, b in pairs)
    return "" if same else "other numbers"


@pytest.mark.parametrize("name", EXERCISES)
def test_solutions_make_nothing_on_another_device(name):
    """Whatever a model answer makes, it makes where its arguments are."""
    topic, exercise = EXERCISES[name]
    function = load([(topic.name, topic.solution.read_text(encoding="utf-8"))], name)
    asked = questions(exercise)
    assert asked
    assert {strays(function, exercise, question) for question in asked} == {""}


def test_it_would_be_seen():
    """An index, a mask or a result that is made without a device is found."""
    question = Question((torch.ones(3, 2),), wrt=(0,))
    _, exercise = EXERCISES["entropy"]
    for stray in (
        lambda x: x[torch.arange(3), torch.zeros(3, dtype=torch.int64)],
        lambda x: x.masked_fill(torch.eye(3, 2, dtype=torch.bool), 0),
        lambda x: torch.tensor(x.sum().item()),
        lambda x: x + torch.ones(2),
    ):
        assert strays(stray, exercise, question)
    assert strays(lambda x: x + torch.ones(2, device=x.device), exercise, question) == ""
