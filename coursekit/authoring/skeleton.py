"""The text of a new exercise: what its author finds in each of its files, with a TODO where there is a word to write.

What stands there works: the spec has a formula, if not the right one, so checks and mistakes can be tried at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from string import Template

from coursekit.authoring.signature import Parameter, Signature

WIDTH = 120  # of a line, as ruff has it

# In the templates a line that begins with `?fact|` is there only if the fact holds, with `?!fact|` only if it does not.
_CONDITION = re.compile(r"(?m)^\?(!?)(\w+)\|(.*\n)")

_SOLUTION = '''$definition
    """TODO: what it measures, in a line$twin.

    Args:
$arguments

    Returns:
?reduces|        The shape of input for "none", else a single number. A NaN is never hidden, and the mean of no
?reduces|        elements is NaN. TODO: what else is promised, such as the slope at a kink.
?!reduces|        TODO: the shape, and what comes of a NaN, of an infinite input, of no elements.
?reduces|
?reduces|    Raises:
?reduces|        ValueError: reduction is another word. TODO: what else is refused.
    """
    # BEGIN SOLUTION
    raise NotImplementedError("TODO: the answer, as a learner will read it")
    # END SOLUTION
'''

_GRADER = '''"""TODO: what it measures, in a line: `$name`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product

import torch
?torch|import torch.nn.functional as F
from torch import Tensor, tensor

$words
from coursekit.exercise.inputs import normal
?ready_made|from coursekit.graders.$topic.common import READY_MADE


$definition
    """What is right, slow and obvious. It is asked in float64, and calls none of torch's losses."""
?reduces|    losses = $formula  # TODO: the formula
?reduces|    return reduced(losses, reduction)
?!reduces|    return $formula  # TODO: the formula


def cases() -> Iterator[Question]:
    """The calls over which solution and spec agree, and the twin if there is one, in value and in gradient."""
    shapes: tuple[tuple[int, ...], ...] = ((), (1,), (3,), (2, 3), (2, 1, 3), (0, 3))
?reduces|    for reduction, shape, dtype in product(REDUCTIONS, shapes, DTYPES):
?!reduces|    for shape, dtype in product(shapes, DTYPES):
        size = math.prod(shape)
$ranges
?reduces|        yield Question($given, {"reduction": reduction}, wrt=$positions)
?!reduces|        yield Question($given, wrt=$positions)
    # TODO: each flag, alone and with the others; then the edges of the formula: its kinks, 0, inf, nan


$name = Exercise(
    "$name",
    spec,
    points=1,  # TODO: see CONTRIBUTING, "Points"
    parity_points=1,
?ready_made|    forbids=READY_MADE,  # TODO: and what else of torch would give the answer away?
?!ready_made|    forbids=$forbids,  # TODO: what else of torch would give the answer away?
?torch|$torch_twin
    cases=cases,
    idea="TODO: what it was about, in one sentence. It is shown when the exercise is passed.",
    hints=(
        "TODO: a first hint. Where does one look?",
        "TODO: a last hint. It leads to the line to write, and does not write it.",
    ),
)


def draw(rng: Rng) -> tuple[Tensor, ...]:
    """TODO: inputs in which each mistake shows: of both signs, no two alike, none at a kink."""
    return $drawn


@$name.check
def by_hand(f: Function, rng: Rng) -> None:
    """TODO: a title that holds the numbers, such as: Errors of 2 and -1 cost 4 and 1

    TODO: what to think of where it fails. Without such a word, the title is all.
    """
$on_paper
    same_value(f, spec, *draw(rng)$none)


?reduces|@$name.check
?reduces|def mean_by_default(f: Function, rng: Rng) -> None:
?reduces|    """'mean', the default, is over all elements; 'sum' too"""
?reduces|    for flags in ({"reduction": "mean"}, {"reduction": "sum"}, {}):
?reduces|        same_value(f, spec, *draw(rng), **flags)
?reduces|
?reduces|
@$name.check
def slopes(f: Function, rng: Rng) -> None:
    """TODO: the gradient in words, such as: The slope is twice the error"""
    same_gradient(f, spec, *draw(rng)$sum)


?reduces|@$name.parity
?reduces|def every_gradient(f: Function, rng: Rng) -> None:
?reduces|    """The gradient with every reduction, by every input"""
?reduces|    for reduction in REDUCTIONS:
?reduces|        same_gradient(f, spec, *draw(rng), wrt=$positions, scale=3.0, reduction=reduction)
?reduces|
?reduces|
# What every loss owes: coursekit/exercise/owed.py has more of it. TODO: then what this one owes, a check for each flag
keeps_dtype($name, draw)
?reduces|no_elements($name, draw)
?reduces|unknown_word($name, draw)

# What goes wrong in every loss: coursekit/exercise/usual.py has more of it
wrong = $name.misconceptions
always_float32(wrong)
?reduces|wrong_words(wrong)
?reduces|usual_mistakes(
?reduces|    wrong, "mean_of_row_sums", "mean_of_last", "sum_of_last", "none_averages", "divided_twice", "empty_is_zero"
?reduces|)
?several|detached(
?several|    wrong,
?several|    "$last",
?several|    "No gradient flows to `$last`. Let it through: who does not want it detaches the tensor before the call.",
?several|)
wrong.table(
    with_defaults(wrong),
    # TODO: a row for every wrong formula that you can think of: its name, what to say of it, the formula
    doubled=(
        "TODO: what the numbers show, then what to do, such as: The loss is twice too large. Look for a factor.",
        $row
    ),
)
'''

_STYLES = {
    "loop": "one element at a time, in Python.",
    "own_backward": "a torch.autograd.Function, with the slope that you found on paper.",
    "other_formula": "another formula that gives the same.",
    "module": "a torch.nn.Module.",
    "vmap": "one element, and torch.func.vmap over all of them.",
}

_QUESTION = """### Exercise: `{name}`

TODO: what it is for, with numbers before the formula. Then the task, in a sentence.

Predict first: TODO, a question of which the answer is a surprise, or a number to reckon on paper."""
_ANSWER = "(TODO: the answer.)"

_NUMBERS = ("[3.0, 1.0]", "[1.0, 2.0]", "[0.5, 4.0]", "[2.0, 0.5]")  # the tensors of the first check
_RANGES = ("-3, 2.5", "1, -0.7", "0.4, 1.9", "2, -1.3")  # those of the cases


def solution(name: str, signature: Signature) -> str:
    """The function of `solutions/<topic>.py`: signature, docstring, and between its markers no answer yet."""
    return _filled(
        _SOLUTION,
        {"reduces": signature.reduces},
        definition=_definition(name, signature),
        twin=f": a drop-in for `torch.nn.functional.{name}`" if signature.of_torch else "",
        arguments="\n".join(f"        {each.name}: {_help_for(each)}" for each in signature.parameters),
    )


def _help_for(parameter: Parameter) -> str:
    if parameter.name == "reduction":
        return '"none" for one loss an element, "sum" or "mean" over all elements.'
    return "TODO: what it changes." if parameter.default else "TODO: what it holds, and in which shape."


def grader(name: str, signature: Signature, topic: str, ready_made: bool) -> str:
    """The module of `coursekit/graders/<topic>`: what is right, what is asked, what goes wrong.

    Args:
        name: the exercise's.
        signature: its parameters.
        topic: the topic's name.
        ready_made: whether the topic's `common.py` names torch's functions that no answer calls, as READY_MADE.
    """
    given = signature.given
    facts = {"reduces": signature.reduces, "torch": signature.of_torch, "ready_made": ready_made}
    flags = [f"F.{name}", *(f'"{flag}"' for flag in signature.flags)]
    numbers = [f"tensor({_NUMBERS[at % len(_NUMBERS)]})" for at in range(len(given))]
    more = [f"tensors={len(given)}"] * (len(given) != 2)
    return _filled(
        _GRADER,
        {**facts, "several": len(given) > 1},
        name=name,
        topic=topic,
        words=_words(signature),
        definition=_definition("spec", signature),
        formula=f"({given[0]} - {given[1]}) ** 2" if len(given) > 1 else f"{given[0]}**2",
        ranges="\n".join(_range(each, _RANGES[at % len(_RANGES)]) for at, each in enumerate(given)),
        given=_tuple(given),
        positions=_tuple(map(str, range(len(given)))),
        forbids=_tuple([f'"{name}"'] * signature.of_torch),
        torch_twin=bracketed("twin=torch_twin(", [*flags, *more], "),", "    "),
        drawn=", ".join(["normal(rng, 2, 3)"] * len(given)) if len(given) > 1 else "(normal(rng, 2, 3),)",
        on_paper=bracketed(
            "same_value(", ["f", "spec", *numbers, *['reduction="none"'] * signature.reduces], ")", "    "
        ),
        none=', reduction="none"' * signature.reduces,
        sum=', reduction="sum"' * signature.reduces,
        last=given[-1],
        row=_row(signature),
    )


def _words(signature: Signature) -> str:
    """The import of the words that a grader is written in."""
    words = [
        "DTYPES",
        "Exercise",
        "Function",
        "Question",
        "Rng",
        "always_float32",
        "keeps_dtype",
        "same_gradient",
        "same_value",
    ]
    words += ["with_defaults"]
    words += [
        "REDUCTIONS",
        "no_elements",
        "reduced",
        "unknown_word",
        "usual_mistakes",
        "wrong_words",
    ] * signature.reduces
    words += ["detached"] * (len(signature.given) > 1) + ["torch_twin"] * signature.of_torch
    words.sort(key=lambda word: (not word.isupper(), word[0].islower(), word))  # as ruff sorts them: A, Bc, d
    return "\n".join(["from coursekit.exercise import (", *(f"    {word}," for word in words), ")"])


def _range(name: str, ends: str) -> str:
    return f"        {name} = torch.linspace({ends}, size, dtype=dtype).reshape(shape)"


def _row(signature: Signature) -> str:
    """A wrong formula of all arguments."""
    names = ", ".join(signature.written(lambda each: each.name))
    call = ", ".join(f"{each.name}={each.name}" if each.by_name_only else each.name for each in signature.parameters)
    row = f"lambda {names}: 2 * spec({call}),"
    return row if len(row) + 8 <= WIDTH else "lambda *args, **flags: 2 * spec(*args, **flags),"


def styles(name: str, signature: Signature, count: int) -> str:
    """The section of `tests/styles/<topic>.py`: so many right answers, none of which is written yet."""
    heading = f"# ---- {name} ".ljust(WIDTH - 4, "-")
    untyped = signature.written(lambda each: each.untyped)
    functions = (
        f'{bracketed(f"def {name}__{style}(", untyped, "):")}\n    """TODO: {what}"""\n    raise NotImplementedError'
        for style, what in list(_STYLES.items())[:count]
    )
    return "\n\n\n".join([heading, *functions]) + "\n"


def lesson(name: str) -> tuple[str, str]:
    """The Markdown above the exercise's cell, and below its check."""
    return _QUESTION.format(name=name), _ANSWER


# ---- text --------------------------------------------------------------------------------------------------------


def _definition(name: str, signature: Signature) -> str:
    return bracketed(f"def {name}(", signature.written(str), ") -> Tensor:")


def bracketed(head: str, items: Iterable[str], tail: str, indent: str = "") -> str:
    """`head`, `items` and `tail` on one line, on three, or with a line for each item, as ruff would have it."""
    items = list(items)
    line, inner = f"{indent}{head}{', '.join(items)}{tail}", f"{indent}    {', '.join(items)}"
    if len(line) <= WIDTH:
        return line
    if len(inner) > WIDTH:
        inner = "\n".join(f"{indent}    {item}," for item in items)
    return f"{indent}{head}\n{inner}\n{indent}{tail}"


def _tuple(items: Iterable[str]) -> str:
    items = list(items)
    return f"({', '.join(items)}{',' * (len(items) == 1)})"


def _filled(template: str, facts: dict[str, bool], **words: str) -> str:
    kept = _CONDITION.sub(lambda line: line[3] if facts[line[2]] == (not line[1]) else "", template)
    return Template(kept).substitute(words)
