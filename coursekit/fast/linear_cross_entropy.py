"""Cross-entropy of a linear layer's output, without ever holding that output.

With N rows of D features and a vocabulary of V words the logits have N × V entries, and autograd keeps several such
tables. Here a chunk of rows goes all the way, from logits to its share of both gradients, before the next one begins,
in one buffer that is used again: 3 matrix products, as many as the plain form has, and nothing is computed twice.

Why may gradients be computed in the forward pass? The loss is a number, so what comes back from above is a number too,
and all that the backward pass has left to do is to multiply by it. With `reduction="none"` a number comes back for
every row; then the backward pass runs over the chunks again, at the price of a fourth product.

Sources: `torch.nn.functional.linear_cross_entropy` (torch 2.13), whose definition this keeps; Wijmans et al., Cut Your
Losses in Large-Vocabulary Language Models (2024), for the problem and another way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable


def linear_cross_entropy(
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    *,
    linear_bias: Tensor | None = None,
    weight: Tensor | None = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    chunk_rows: int | None = None,
) -> Tensor:
    """The loss `cross_entropy(linear(input, linear_weight, linear_bias), target, …)`, a chunk of rows at a time.

    Targets that are probabilities, and weights with more than two dimensions, take the plain form, as they do in torch:
    such a target is as large as the logits are.

    Args:
        input: N rows of D features (N, D), or one row (D,).
        linear_weight: a row for each of V classes (V, D).
        target: class indices (N,), or () for one row; int64.
        linear_bias: a number for each class (V,).
        weight: a factor for each class (V,). No gradient flows to it.
        reduction: "none", "sum" or "mean"; the mean divides by the sum of weight[y] over the targets that count.
        ignore_index: rows with this target do not count, and are not computed either; -100 if None.
        label_smoothing: the share of each target that is spread evenly over all classes, from 0 to 1.
        chunk_rows: the most rows in the buffer of chunk_rows · V numbers; the rows are shared out evenly. By default
            2/5 D but at least 64, so that the buffer is under half of the gradient of `linear_weight`, which has to be
            held anyway; smaller chunks make the matrix products slower.

    Returns:
        (N,), or () for one row, for "none"; else a single number. It can be differentiated once, and for "sum" and
        "mean" the backward pass can run once: it scales the gradients where they lie.

    Raises:
        ValueError: reduction is another word, or chunk_rows is less than 1.
        IndexError: a target that counts is no class.
    """
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(f"{reduction!r} is no reduction")
    if chunk_rows is not None and chunk_rows < 1:
        raise ValueError(f"chunk_rows is {chunk_rows}, and a chunk has at least 1 row")
    if target.is_floating_point() or linear_weight.ndim > 2:
        return F.linear_cross_entropy(
            input,
            linear_weight,
            target,
            linear_bias=linear_bias,
            weight=weight,
            reduction=reduction,
            ignore_index=ignore_index,
            label_smoothing=label_smoothing,
        )
    if input.ndim == 1:
        input, target, one = input.unsqueeze(0), target.unsqueeze(0), True
    else:
        one = False
    classes, features = linear_weight.shape
    rows = (target != (-100 if ignore_index is None else ignore_index)).nonzero()[:, 0]
    label = target[rows]
    if bool(((label < 0) | (label >= classes)).any()):
        raise IndexError(f"a target is not in 0 … {classes - 1}")
    most = chunk_rows or max(64, 2 * features // 5)
    chunk = -(-len(rows) // max(1, -(-len(rows) // most))) or 1  # evenly: a small last chunk would be a slow one
    task = _Task(rows, label, weight, label_smoothing, chunk, torch.is_grad_enabled())
    losses: Tensor
    if reduction == "none":
        losses = _EachRow.apply(input, linear_weight, linear_bias, task)  # type: ignore[no-untyped-call]
        return losses[0] if one else losses
    divisor = torch.ones_like(input[:0].sum()) if reduction == "sum" else task.weight_of_labels(input).sum()
    losses = _Reduced.apply(input, linear_weight, linear_bias, task, divisor)  # type: ignore[no-untyped-call]
    return losses


@dataclass(frozen=True)
class _Task:
    """What is asked of the rows: which count, their classes, the weights, the smoothing, the size of a chunk."""

    rows: Tensor
    label: Tensor
    weight: Tensor | None
    smoothing: float
    chunk: int
    learns: bool  # whether autograd is on; inside a Function it is off

    def weight_of_labels(self, like: Tensor) -> Tensor:
        """weight[y] of each row that counts, in the dtype of `like`."""
        return like.new_ones(len(self.label)) if self.weight is None else self.weight.to(like.dtype)[self.label]


def _sweep(
    x: Tensor, w: Tensor, bias: Tensor | None, task: _Task, scale: Tensor | None, wanted: tuple[bool, bool, bool]
) -> tuple[Tensor, list[Tensor | None]]:
    """One pass over the chunks: the loss of each row of x, and the gradients of Σ scale · loss that are wanted.

    A row's loss is a · lse - s · z[y] - t · Σ_c v[c] z[c], with its logits z and lse = ln Σ exp z, the class weights v,
    s = (1 - ε) v[y], t = ε / V and a = s + t Σ v. Its gradient by z is a · softmax(z) less s at y and t · v everywhere.
    The last part is the same for every row, so smoothing needs no look at the table of logits: Σ_c v[c] z[c] is the
    product of the row with Σ_c v[c] w[c].

    Args:
        x: all rows (N, D); those that do not count get a loss of 0 and gradients of 0.
        w: (V, D).
        bias: (V,), or None.
        task: what is asked.
        scale: a number for each row (N,); None if no gradients are wanted.
        wanted: whether the gradients by x, w and bias are.
    """
    v = w.new_ones(len(w)) if task.weight is None else task.weight.to(w.dtype)
    s = (1 - task.smoothing) * task.weight_of_labels(x)
    t = task.smoothing / len(w)
    a = s + t * v.sum()
    smoothed = v @ w if t else None
    losses, buffer = x.new_zeros(len(x)), x.new_empty(min(task.chunk, len(task.rows)), len(w))
    grad_x = torch.zeros_like(x) if wanted[0] else None
    grad_w = torch.zeros_like(w) if wanted[1] else None
    grad_b = torch.zeros_like(bias) if bias is not None and wanted[2] else None
    for begin in range(0, len(task.rows), task.chunk):
        chunk = slice(begin, begin + task.chunk)
        rows, y = task.rows[chunk], task.label[chunk]
        some = x[rows]
        z = torch.mm(some, w.T, out=buffer[: len(rows)])
        if bias is not None:
            z += bias
        at_y, highest = z.gather(1, y[:, None])[:, 0], z.amax(1)
        # In the same memory, and once: log_softmax and then exp would go through it twice. The loss needs no logarithm
        # of a p that may be 0: the largest p is 1 / Σ exp(z - highest).
        p = torch.softmax(z, 1, out=z)
        loss = -a[chunk] * (at_y - highest + p.amax(1).log())
        if smoothed is not None:
            loss += t * v.sum() * at_y - t * (some @ smoothed + (0 if bias is None else v @ bias))
        losses[rows] = loss
        if scale is None:
            continue
        g = scale[rows]
        total, sharp = (g * a[chunk])[:, None], (g * s[chunk])[:, None]
        # the factors go to the small side of each product: the table itself is not touched again
        if grad_x is not None:
            part = (p @ w).mul_(total).sub_(sharp * w[y])
            grad_x[rows] = part if smoothed is None else part.sub_(t * g[:, None] * smoothed)
        if grad_w is not None:
            grad_w.addmm_(p.T, total * some).index_add_(0, y, sharp * some, alpha=-1)
            if t:
                grad_w.addr_(v, g @ some, alpha=-t)
        if grad_b is not None:
            grad_b.addmv_(p.T, total[:, 0]).index_add_(0, y, sharp[:, 0], alpha=-1).sub_(t * g.sum() * v)
    return losses, [grad_x, grad_w, grad_b]


class _Reduced(torch.autograd.Function):
    """Sum or mean: the gradients are made in the forward pass and scaled in the backward pass."""

    @staticmethod
    def forward(
        ctx: Any, input: Tensor, linear_weight: Tensor, linear_bias: Tensor | None, task: _Task, divisor: Tensor
    ) -> Tensor:
        wanted = ctx.needs_input_grad[:3] if task.learns else (False, False, False)
        scale = (1 / divisor).expand(len(input)) if any(wanted) else None
        losses, grads = _sweep(input, linear_weight, linear_bias, task, scale, wanted)
        ctx.grads = grads
        return losses.sum() / divisor

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        if ctx.grads is None:
            raise RuntimeError("linear_cross_entropy: its gradients were handed out; call it again for more")
        # in place, and let go of: a copy of the gradient of linear_weight would be the largest tensor of all
        grads, ctx.grads = ctx.grads, None
        return (*(None if grad is None else grad.mul_(upstream) for grad in grads), None, None)


class _EachRow(torch.autograd.Function):
    """A loss for each row: how much each weighs is known in the backward pass only, so that one computes anew."""

    @staticmethod
    def forward(ctx: Any, input: Tensor, linear_weight: Tensor, linear_bias: Tensor | None, task: _Task) -> Tensor:
        ctx.save_for_backward(input, linear_weight, linear_bias)
        ctx.task = task
        return _sweep(input, linear_weight, linear_bias, task, None, (False, False, False))[0]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        input, linear_weight, linear_bias = ctx.saved_tensors
        _, grads = _sweep(input, linear_weight, linear_bias, ctx.task, upstream, ctx.needs_input_grad[:3])
        return (*grads, None)
