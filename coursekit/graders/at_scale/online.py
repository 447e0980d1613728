"""One step of a softmax that sees its logits piece by piece: `online_softmax_step`."""

from __future__ import annotations

import torch
from torch import Tensor, inf, tensor

from coursekit.exercise import Exercise, Function, Loss, Rng, keeps_dtype, same_value
from coursekit.graders.softmax.common import READY_MADE, draw_logits


def online_spec(state: Tensor, logits: Tensor) -> Tensor:
    """The largest logit and the sum of exp(z - largest), where an old state is one more logit: m + ln s."""
    columns = []
    for (top, total), row in zip(state.T, logits):
        new = max(top, *row)
        if new == -inf:
            columns.append(torch.stack([new, torch.zeros_like(new)]))
            continue
        old = total * (top - new).exp() if total > 0 else torch.zeros_like(new)
        columns.append(torch.stack([new, old + sum((z - new).exp() for z in row)]))
    return torch.stack(columns, 1)


online_softmax_step = Exercise(
    "online_softmax_step",
    online_spec,
    points=2,
    parity_points=1,
    forbids=READY_MADE,
    idea="A sum of exponentials can be moved to another maximum by one factor, so it needs one pass and no table.",
    hints=(
        "The new largest logit is the larger of the old one and the largest of the new piece.",
        "The old sum holds exp(z - old) of each z. You want exp(z - new). By which factor do they differ?",
        "That factor has no z in it, so it moves the whole sum at once; then add the piece's own terms. Try a row of "
        "nothing but -inf at the end.",
    ),
)


def fresh(rows: int) -> Tensor:
    """The state before the first logit."""
    return torch.stack([torch.full((rows,), -inf), torch.zeros(rows)])


@online_softmax_step.check
def first_piece(f: Function, rng: Rng) -> None:
    """The first piece: logits 1 and 2 after (-inf, 0)"""
    same_value(f, online_spec, fresh(1), tensor([[1.0, 2.0]]))
    same_value(f, online_spec, fresh(2), draw_logits(rng, 2, 3))


@online_softmax_step.check
def larger_piece(f: Function, rng: Rng) -> None:
    """A piece with a larger logit: the old sum is moved to the new maximum"""
    same_value(f, online_spec, tensor([[2.0], [1.5]]), tensor([[3.0, 1.0]]))
    same_value(f, online_spec, tensor([[-3.0, -2.5], [2.5, 1.25]]), draw_logits(rng, 2, 2))


@online_softmax_step.check
def smaller_piece(f: Function, rng: Rng) -> None:
    """A piece without a larger logit: the maximum stays"""
    same_value(f, online_spec, tensor([[2.0], [1.5]]), tensor([[1.0, 0.0]]))
    same_value(f, online_spec, tensor([[3.0, 2.5], [2.5, 1.25]]), draw_logits(rng, 2, 2))


@online_softmax_step.check
def mixed_rows(f: Function, rng: Rng) -> None:
    """Every row has its own maximum

    Some rows meet a larger logit in this piece and some do not; as many rows as logits.
    """
    low = float(rng.integers(-6, -3))
    same_value(f, online_spec, tensor([[3.0, low], [1.5, 2.25]]), draw_logits(rng, 2, 2))


@online_softmax_step.parity
def large_logits(f: Function, rng: Rng) -> None:
    """Logits of ±1000 give numbers

    No exponent may be above 0: shift by the new maximum before `exp`, the old sum too.
    """
    big = 100.0 * int(rng.integers(8, 11))
    same_value(f, online_spec, tensor([[0.0], [1.5]]), tensor([[big, big - 1.0]]))
    same_value(f, online_spec, tensor([[big], [1.5]]), tensor([[0.0, big - 1.0]]))
    same_value(f, online_spec, tensor([[-big], [1.5]]), tensor([[-big - 1.0, -big - 2.0]]))


@online_softmax_step.parity
def ruled_out(f: Function, rng: Rng) -> None:
    """Logits of -inf add nothing, and a row of nothing else stays (-inf, 0)

    -inf - (-inf) is NaN: subtract 0 where the maximum is still -inf.
    """
    z = float(draw_logits(rng, 1))
    same_value(f, online_spec, fresh(2), tensor([[-inf, -inf], [z, -inf]]))
    same_value(f, online_spec, tensor([[1.0], [1.5]]), tensor([[-inf, -inf]]))


keeps_dtype(
    online_softmax_step, lambda rng: (tensor([[2.0], [1.5]]), draw_logits(rng, 1, 2)), name="online_dtype", anew=True
)


# ---- mistakes ----------------------------------------------------------------------------------------------------

wrong = online_softmax_step.misconceptions


def finite(top: Tensor) -> Tensor:
    """What to shift by: a maximum, or 0 where it is -inf."""
    return torch.where(top == -inf, 0.0, top)


def terms(logits: Tensor, shift: Tensor) -> Tensor:
    """What the piece adds to the sum of each row, taken from `shift`."""
    return (logits - shift[:, None]).exp().sum(1)


def moved_to(state: Tensor, logits: Tensor, new: Tensor) -> Tensor:
    """The state after the piece, if `new` is its maximum."""
    top, total = state
    return torch.stack([new, total * (top - finite(new)).exp() + terms(logits, finite(new))])


def new_sum(formula: Loss) -> Loss:
    """The state after a piece, whose sum is wrong: a formula of the old maximum, the old sum, the shift, the logits."""

    def step(state: Tensor, logits: Tensor) -> Tensor:
        top, total = state
        new = torch.maximum(top, logits.amax(1))
        return torch.stack([new, formula(top, total, finite(new), logits)])

    return step


wrong.table(
    new_sum,
    not_moved=(
        "The old sum is added as it is. It was taken from the old maximum: multiply it by exp(old - new).",
        lambda top, total, shift, z: total + terms(z, shift),
    ),
    terms_averaged=(
        "The piece's terms are averaged, by their number. They are added up.",
        lambda top, total, shift, z: total * (top - shift).exp() + terms(z, shift) / z.shape[1],
    ),
    not_shifted=(
        "The sum is that of exp(z) as it stands. It is one of exp(z - largest), or large logits overflow.",
        lambda top, total, shift, z: total + z.exp().sum(1),
    ),
    moved_backwards=(
        "The old sum is multiplied by exp(new - old): the factor is the other way round.",
        lambda top, total, shift, z: total * (shift - top).exp() + terms(z, shift),
    ),
    both_moved=(
        "The new sum is moved as well: both the old sum and the piece's terms are multiplied by exp(old - new). The "
        "terms are taken from the new maximum already.",
        lambda top, total, shift, z: (total + terms(z, shift)) * (top - shift).exp(),
    ),
)
wrong.table(
    forgets_the_maximum=(
        "The maximum is that of the new piece alone. It has to be the largest of all that was seen.",
        lambda state, z: moved_to(state, z, z.amax(1)),
    ),
    keeps_the_maximum=(
        "The old maximum is kept even where the piece has a larger logit.",
        (
            lambda state, z: torch.stack([state[0], state[1] + terms(z, state[0])]),
            lambda state, z: torch.stack([state[0], moved_to(state, z, torch.maximum(state[0], z.amax(1)))[1]]),
        ),
    ),
)
wrong.table(
    new_sum,
    own_shift=(
        "The piece's terms are taken from the piece's own maximum. All terms of one sum need the same one: the new "
        "maximum.",
        lambda top, total, shift, z: total * (top - shift).exp() + terms(z, finite(z.amax(1))),
    ),
    forgets_the_sum=(
        "The old sum is forgotten: the result is that of the new piece alone.",
        lambda top, total, shift, z: terms(z, shift),
    ),
)
wrong.table(
    one_maximum=(
        "The largest of the whole batch is used for every row. Each row has its own.",
        lambda state, z: moved_to(state, z, torch.maximum(state[0].amax(), z.amax()).expand(len(z))),
    ),
)


@wrong("The sums go over the rows (dim 0). A row's logits lie along dimension 1.")
def over_rows(state: Tensor, logits: Tensor) -> Tensor:
    if logits.shape[0] != logits.shape[1]:
        raise RuntimeError("sizes do not fit")
    return online_spec(state, logits.T)


@wrong(
    "The second number is the logarithm of the sum. The state keeps the sum itself; the logarithm is taken once, at "
    "the end."
)
def logarithm(state: Tensor, logits: Tensor) -> Tensor:
    new, total = online_spec(state, logits)
    return torch.stack([new, total.log()])


@wrong.formula(new_sum)(
    "exp is taken before the maximum is subtracted, and overflows for large logits. Subtract first."
)
def no_shift_yet(top: Tensor, total: Tensor, shift: Tensor, logits: Tensor) -> Tensor:
    whole = total * top.float().exp() + logits.float().exp().sum(1)
    return (whole / shift.float().exp()).to(total.dtype)


@wrong("Where nothing but -inf was seen this gives NaN, because -inf - (-inf) is. Subtract 0 there.")
def nan_at_first(state: Tensor, logits: Tensor) -> Tensor:
    top, total = state
    new = torch.maximum(top, logits.amax(1))
    return torch.stack([new, total * (top - new).exp() + terms(logits, new)])
