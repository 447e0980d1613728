"""Which known mistake gives the learner's very numbers."""

from __future__ import annotations

import re

from coursekit.exercise import Call, Exercise
from coursekit.grading.diagnosis.defaults import other_value
from coursekit.grading.diagnosis.evidence import Evidence
from coursekit.grading.diagnosis.factors import wrong_factor
from coursekit.grading.diagnosis.general import general_mistake
from coursekit.grading.diagnosis.kept import right_but_for
from coursekit.grading.diagnosis.parts import wrong_part, wrong_parts
from coursekit.grading.diagnosis.terms import wrong_term
from coursekit.grading.diagnosis.twice import two_mistakes
from coursekit.grading.diagnosis.where import wrong_only_where
from coursekit.report import ARGUMENTS_MISSING, INPUT_CHANGED, Diagnosis

# The one mistake that every exercise with arguments to leave out invites; the error that comes with it names them
_ARGUMENTS_MISSING = Diagnosis(
    ARGUMENTS_MISSING,
    "The function does not take all the arguments of the exercise: keep the stub's signature, every argument in its "
    "place and with its default, and use each of them.",
)
_INPUT_CHANGED = Diagnosis(
    INPUT_CHANGED,
    "The function writes into an argument: whoever calls it finds other numbers in it afterwards. Make a new tensor: "
    "`x = x - y` in place of `x -= y`, and no method whose name ends in `_`.",
)
_CUT_OFF = Diagnosis(
    "cut_off",
    "The numbers are right, and no gradient flows: numpy, `.item()`, `.detach()`, `torch.tensor(x)` or "
    "`torch.no_grad` cuts the graph.",
)
OF_ANY_FUNCTION = (_ARGUMENTS_MISSING, _INPUT_CHANGED)  # these say nothing of what it computes


def diagnose(exercise: Exercise, failed: list[list[Call]], passed: list[Call]) -> Diagnosis | None:
    """The misconception that gives the learner's very numbers.

    It must do so in the first failing check, and in at least half of the failing checks that ask for no further
    argument: numbers may coincide in one, and a second mistake elsewhere must not hide the first. Exactly half is
    enough only if it is right in the others. Where it is right, and another known mistake gives the learner's numbers,
    there are two mistakes, and the first is named. To refuse too little is always such a second mistake, and so is an
    exception where the first one is no exception. No call that passed may tell the two apart. Where several are left,
    the one that explains the most calls is named. Where none of the exercise's own is left, what can go wrong with any
    loss is tried.

    That the learner's function does not take an argument hides no mistake either, and is said where no other is found.

    Args:
        exercise: whose misconceptions to try.
        failed: the calls of each failing check, in order; the last of each is what it failed on.
        passed: the calls of all other checks.
    """
    asked = [calls for calls in failed if calls]
    taken = [calls for calls in asked if not _not_taken(calls[-1])]
    if taken:
        evidence = Evidence(exercise, taken, passed)
        known = list(exercise.misconceptions)
        fitting = [known[place] for place in evidence.fitting([m.function for m in known])]
        if not fitting:
            forms = [(m, form) for m in known for form in m.forms]
            fits = evidence.fitting([form for _, form in forms])
            fitting = list(dict.fromkeys(forms[place][0] for place in fits))
        if len(fitting) > 1:
            fitting.sort(key=lambda m: -evidence.explained(m.function))
        if fitting:
            return Diagnosis(fitting[0].name, fitting[0].explanation)
    if len(taken) < len(asked):
        return _ARGUMENTS_MISSING
    if not taken:
        return None
    if _is_changed(evidence.first):
        return _INPUT_CHANGED
    if evidence.first.answer.value is None:
        return None
    if evidence.cuts_the_graph:
        return _CUT_OFF
    if evidence.is_enough:
        for each in (wrong_part, general_mistake, wrong_factor, other_value, wrong_parts, wrong_term, two_mistakes):
            if found := each(exercise, evidence):
                return found
    elif found := other_value(exercise, evidence):
        return found
    return right_but_for(evidence) or wrong_only_where(exercise, evidence)


def _is_changed(call: Call) -> bool:
    return call.answer.problem is not None and call.answer.problem.kind == "changed-input"


def _not_taken(call: Call) -> bool:
    """Whether the call failed because the learner's function has no such argument, or not so many."""
    problem = call.answer.problem
    if problem is None or problem.kind != "signature" or "__init__()" in problem.message:  # the last: of a class
        return False
    named = any(f"unexpected keyword argument '{name}'" in problem.message for name in call.question.kwargs)
    return named or re.search(r"takes .{1,20} positional arguments? but", problem.message) is not None
