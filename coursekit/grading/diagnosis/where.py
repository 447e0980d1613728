"""Right numbers but for those where something holds of an argument: it is 0, or negative, or beyond another one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import permutations

from torch import Tensor

from coursekit.exercise import Call, Exercise
from coursekit.exercise.answers import close, coarsest, near
from coursekit.grading.diagnosis.evidence import Evidence
from coursekit.report import Diagnosis
from coursekit.wire import Answer

OF_ONE: tuple[tuple[str, Callable[[Tensor], Tensor], str], ...] = (
    ("zero", lambda x: x == 0, "is 0"),
    ("negative", lambda x: x < 0, "is below 0"),
    ("positive", lambda x: x > 0, "is above 0"),
    ("not_positive", lambda x: x <= 0, "is 0 or below"),
    ("not_negative", lambda x: x >= 0, "is 0 or above"),
    ("one", lambda x: x == 1, "is 1"),
    ("minus_one", lambda x: x == -1, "is -1"),
    ("above_one", lambda x: x > 1, "is above 1"),
    ("up_to_one", lambda x: x <= 1, "is 1 or below"),
)
OF_TWO: tuple[tuple[str, Callable[[Tensor, Tensor], Tensor], str], ...] = (
    ("equals", lambda a, b: a == b, "equals `{}`"),
    ("above", lambda a, b: a > b, "is above `{}`"),
    ("from", lambda a, b: a >= b, "is `{}` or above"),
)
# So many numbers, and so many right and wrong ones, in calls that have both: fewer are parted by anything, and what
# parts one call from another may be a flag
ENOUGH, OF_EACH = 8, 2

Part = tuple[dict[str, Tensor], Tensor]  # the arguments that have its shape, and which of its numbers are wrong


def wrong_only_where(exercise: Exercise, evidence: Evidence) -> Diagnosis | None:
    """What holds of an argument wherever a number is wrong, and nowhere else. Where all values are right, of slopes.

    Args:
        exercise: what was asked.
        evidence: what nothing else explains.
    """
    calls = evidence.with_right
    are_right = (close(call.answer.value, right.value, coarsest(call.question)) for call, right in calls)
    what, parts = ("slopes", _slopes) if all(are_right) else ("numbers", _values)
    found = [part for call, right in calls for part in parts(exercise, call, right)]
    mixed = [mask for _, mask in found if bool(mask.any()) and not bool(mask.all())]
    wrong = sum(int(mask.sum()) for mask in mixed)
    every = sum(mask.numel() for mask in mixed)
    if wrong >= OF_EACH and every - wrong >= OF_EACH and every >= ENOUGH:
        for name, says, holds in _conditions(found):
            if all(bool((holds(given) == mask).all()) for given, mask in found):
                return Diagnosis(
                    f"wrong_where_{name}",
                    f"The {what} are right everywhere but where {says}: there, all of them are wrong.",
                )
    return None


def _values(exercise: Exercise, call: Call, right: Answer) -> Iterator[Part]:
    got, want = call.answer.value, right.value
    if got is not None and want is not None and got.shape == want.shape:
        yield from _part(exercise, call, got, want)


def _slopes(exercise: Exercise, call: Call, right: Answer) -> Iterator[Part]:
    for got, want in zip(call.answer.gradients, right.gradients, strict=False):
        if got is not None and want is not None and got.shape == want.shape:
            yield from _part(exercise, call, got, want)


def _part(exercise: Exercise, call: Call, got: Tensor, want: Tensor) -> Iterator[Part]:
    asked = call.question
    bound = exercise.misconceptions.bound(*asked.args, **asked.kwargs)
    given = {name: x for name, x in bound.arguments.items() if isinstance(x, Tensor) and x.shape == want.shape}
    if given and want.ndim:
        yield given, ~near(got, want, coarsest(asked))


def _conditions(parts: list[Part]) -> Iterator[tuple[str, str, Callable[[dict[str, Tensor]], Tensor]]]:
    """What may hold of the arguments that all parts have: a name, the words, and where it holds."""
    names = [name for name in parts[0][0] if all(name in given for given, _ in parts)]
    for name in names:
        for key, holds, words in OF_ONE:
            yield f"{name}_{key}", f"`{name}` {words}", partial(_holds, holds, (name,))
    for one, other in permutations(names, 2):
        for key, beside, words in OF_TWO:
            says = f"`{one}` {words.format(other)}"
            yield f"{one}_{key}_{other}", says, partial(_holds, beside, (one, other))


def _holds(holds: Callable[..., Tensor], names: tuple[str, ...], given: dict[str, Tensor]) -> Tensor:
    return holds(*(given[name] for name in names))
