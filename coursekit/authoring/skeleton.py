"""The text of a new exercise: what its author finds in each of its files, with a TODO where there is a word to write.

What stands there works: the spec has a formula, if not the right one, so checks and mistakes can be tried at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from string import Template

from coursekit.authoring.signature import Parameter, Signature

WIDTH = 120  # of a line, as ruff has it

# In the templates a line that begins with `?fact|` is there only if the fact holds, with `?!fact|` only if it does not.
_CONDITION = re.compile(r"(?m)^\?(!?)(\w+)\|(.*\n)")

_SOLUTION = '''$definition
    """TODO: what it measures, in a line$twin.

?of_torch|    By hand: no ready-made loss or distribution.
?of_torch|
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
?mixed|from typing import Any

import torch
?of_torch|import torch.nn.functional as F
from torch import Tensor, tensor

$words
from coursekit.exercise.families.inputs import normal
?ready_made|from coursekit.graders.$topic.common import READY_MADE


$definition
    """What is right, slow and obvious. It is asked in float64, and calls none of torch's losses."""
?reduces|    losses = $formula  # TODO: the formula
?reduces|    return reduced(losses, reduction)
?!reduces|    return $formula  # TODO: the formula


def cases() -> Iterator[Question]:
    """The calls over which solution and spec agree, and the twin if there is one, in value and in gradient."""
    shapes: tuple[tuple[int, ...], ...] = ((), (1,), (3,), (2, 3), (2, 1, 3), (0, 3))
    dtypes = (torch.float32, torch.float64)
?reduces|    for reduction, shape, dtype in product(REDUCTIONS, shapes, dtypes):
?!reduces|    for shape, dtype in product(shapes, dtypes):
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
?twin|$twin
    cases=cases,
    idea="TODO: what it was about, in one sentence. It is shown when the exercise is passed.",
    hints=(
        "TODO: a first hint. Where does one look?",
        "TODO: a last hint. It leads to the line to write, and does not write it.",
    ),
)


?mixed|def draw(rng: Rng) -> tuple[Any, ...]:
?!mixed|def draw(rng: Rng) -> tuple[Tensor, ...]:
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
# What every loss owes; coursekit/exercise/families/owed.py has more of it. TODO: then what this one owes, flag by flag
keeps_dtype($name, draw)
?empties|no_elements($name, draw)
?reduces|unknown_word($name, draw)

# What goes wrong in every loss: coursekit/exercise/families/usual.py has more of it
wrong = $name.misconceptions
always_float32(wrong)
?reduces|wrong_words(wrong)
?reduces|usual_mistakes(
?reduces|    wrong, "mean_of_row_sums", "mean_of_last", "sum_of_last", "none_averages", "divided_twice", "empty_is_zero"
?reduces|)
?several|detached(
?several|    wrong,
?several|    "$last",
?several|    "No gradient flows to `$last`. Let it through: a caller who does not want it detaches the tensor.",
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
_ANSWER = "<details><summary>Answer</summary>\n\nTODO: the answer.\n\n</details>"

_NUMBERS = ("[3.0, 1.0]", "[1.0, 2.0]", "[0.5, 4.0]", "[2.0, 0.5]")  # the tensors of the first check
_RANGES = ("-3, 2.5", "1, -0.7", "0.4, 1.9", "2, -1.3")  # those of the cases


def solution(name: str, signature: Signature) -> str:
    """The function of `solutions/<topic>.py`: signature, docstring, and between its markers no answer yet."""
    return _filled(
        _SOLUTION,
        {"reduces": signature.reduces, "of_torch": signature.twin.startswith("torch")},
        definition=_definition(name, signature),
        twin=f": a drop-in for `{signature.twin}`" if signature.twin else "",
        arguments="\n".join(f"        {each.name}: {_help_for(each)}" for each in signature.parameters),
    )


def _help_for(parameter: Parameter) -> str:
    if parameter.name == "reduction":
        return '"none" for one loss per element, "sum" or "mean" over all elements.'
    return "TODO: what it changes." if parameter.default else "TODO: what it holds, and in which shape."


def grader(name: str, signature: Signature, topic: str, ready_made: bool) -> str:
    """The module of `coursekit/graders/<topic>`: what is right, what is asked, what goes wrong.

    Args:
        name: the exercise's.
        signature: its parameters.
        topic: the topic's name.
        ready_made: whether the topic's `common.py` names torch's functions that no answer calls, as READY_MADE.
    """
    given, tensors = signature.given, [each for each in signature.given if each.is_tensor]
    names = [each.name for each in tensors]
    on_paper = [_value(each, at, "tensor({})", _NUMBERS) for at, each in enumerate(given)]
    drawn = [_value(each, at, "normal(rng, 2, 3)") for at, each in enumerate(given)]
    facts = {
        "of_torch": signature.twin.startswith("torch"),
        "twin": bool(signature.twin),
        "ready_made": ready_made,
        "reduces": signature.reduces,
        "several": len(tensors) > 1,
        "mixed": len(tensors) < len(given),
        "empties": signature.reduces and len(tensors) == len(given),
    }
    return _filled(
        _GRADER,
        facts,
        name=name,
        topic=topic,
        words=_words(signature, facts),
        definition=_definition("spec", signature),
        formula=f"({names[0]} - {names[1]}) ** 2" if len(names) > 1 else f"{names[0]}**2",
        ranges="\n".join(
            f"        {each.name} = {_value(each, at, 'torch.linspace({}, size, dtype=dtype).reshape(shape)', _RANGES)}"
            for at, each in enumerate(given)
        ),
        given=_tuple(each.name for each in given),
        positions=_tuple(str(at) for at, each in enumerate(given) if each.is_tensor),
        forbids=_tuple([f'"{name}"'] * facts["of_torch"]),
        twin=_twin(name, signature),
        drawn=", ".join(drawn) if len(drawn) > 1 else f"({drawn[0]},)",
        on_paper=bracketed(
            "same_value(", ["f", "spec", *on_paper, *['reduction="none"'] * signature.reduces], ")", "    "
        ),
        none=', reduction="none"' * signature.reduces,
        sum=', reduction="sum"' * signature.reduces,
        last=names[-1],
        row=_row(signature),
    )


def _value(parameter: Parameter, at: int, tensor: str, contents: Sequence[str] = ("",)) -> str:
    """An argument as source: a tensor, or where no tensor is wanted a number or a word."""
    if parameter.is_tensor:
        return tensor.format(contents[at % len(contents)])
    return {"int": "2", "bool": "True", "str": '"TODO"'}.get(parameter.type, "0.5")


def _twin(name: str, signature: Signature) -> str:
    if signature.twin.startswith("keras"):
        return f'    twin=keras_twin("{name.removeprefix("keras_")}"),'
    flags = [f"F.{name}", *(f'"{flag}"' for flag in signature.flags)]
    more = [f"tensors={len(signature.given)}"] * (len(signature.given) != 2)
    return bracketed("twin=torch_twin(", [*flags, *more], "),", "    ")


def _words(signature: Signature, facts: dict[str, bool]) -> str:
    """The import of the words that a grader is written in."""
    words = ["Exercise", "Function", "Question", "Rng", "always_float32", "keeps_dtype", "same_gradient"]
    words += ["same_value", "with_defaults"]
    if signature.reduces:
        words += ["REDUCTIONS", "reduced", "unknown_word", "usual_mistakes", "wrong_words"]
    words += ["no_elements"] * facts["empties"] + ["detached"] * facts["several"]
    words += [f"{signature.twin.partition('.')[0]}_twin"] * facts["twin"]
    words.sort(key=lambda word: (not word.isupper(), word[0].islower(), word))  # as ruff sorts them: A, Bc, d
    return "\n".join(["from coursekit.exercise import (", *(f"    {word}," for word in words), ")"])


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
