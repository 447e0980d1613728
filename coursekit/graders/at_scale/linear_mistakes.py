"""What goes wrong in `linear_cross_entropy`: in the layer, in the chunks, and all that does in `cross_entropy`."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor

from coursekit.exercise import REDUCTIONS, Loss, Mistakes, argument_fixed, detached, wrong_words
from coursekit.graders.at_scale.linear_spec import linear, linear_cross_entropy_spec
from coursekit.graders.cross_entropy.drop_in import cross_entropy
from coursekit.graders.cross_entropy.picking_spec import nll_loss_spec
from coursekit.graders.cross_entropy.shared_mistakes import one_hot_part, spread_part
from coursekit.graders.softmax.common import log_softmax_spec

MISTAKES = Mistakes(linear_cross_entropy_spec)

# Mistakes about (N, C, d1, …), which do not arise here, and about reductions, which has a say of its own below
NOT_HERE = {"ce_mean_over_batch", "ce_channel_last", "ce_scrambled", "ce_always_mean"}


def after_the_layer(wrong: Loss) -> Loss:
    """The mistake of a cross-entropy, made with the logits of a linear layer."""

    def loss(
        input: Tensor,
        linear_weight: Tensor,
        target: Tensor,
        *,
        linear_bias: Tensor | None = None,
        reduction: str = "mean",
        ignore_index: int | None = None,
        **flags: Any,
    ) -> Tensor:
        if reduction not in REDUCTIONS or (target.is_floating_point() and ignore_index is not None):
            raise ValueError("this call is refused")
        logits = linear(input, linear_weight, linear_bias)
        ignored = -100 if ignore_index is None else ignore_index
        return wrong(logits, target, reduction=reduction, ignore_index=ignored, **flags)

    return loss


for mistake in cross_entropy.misconceptions:
    if mistake.name not in NOT_HERE:
        MISTAKES(mistake.explanation, "l" + mistake.name)(after_the_layer(mistake.function))

argument_fixed(
    MISTAKES,
    "lce_no_bias",
    "`linear_bias` is not used: it is added to the logits, a number for each class.",
    linear_bias=None,
)


@MISTAKES("`linear_bias` is taken away instead of added.")
def lce_bias_subtracted(
    input: Tensor, linear_weight: Tensor, target: Tensor, *, linear_bias: Tensor | None = None, **flags: Any
) -> Tensor:
    bias = None if linear_bias is None else -linear_bias
    return linear_cross_entropy_spec(input, linear_weight, target, linear_bias=bias, **flags)


@MISTAKES(
    "The product is input @ linear_weight, without the transpose. With as many classes as features nothing warns you."
)
def lce_not_transposed(input: Tensor, linear_weight: Tensor, target: Tensor, **flags: Any) -> Tensor:
    if linear_weight.shape[0] != linear_weight.shape[1]:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")
    return linear_cross_entropy_spec(input, linear_weight.T, target, **flags)


detached(
    MISTAKES,
    "linear_weight",
    "The layer's weights are cut from the graph (`detach`, `.data`, `no_grad`): they never learn.",
    "lce_frozen_layer",
)
detached(
    MISTAKES,
    "input",
    "The features are cut from the graph: what lies below this layer never learns.",
    "lce_frozen_features",
)


class _Deaf(torch.autograd.Function):
    """Passes a number on, and answers as if 1 had come from above."""

    @staticmethod
    def forward(_ctx: Any, value: Tensor) -> Tensor:
        return value.clone()

    @staticmethod
    def backward(_ctx: Any, upstream: Tensor) -> Tensor:
        return torch.ones_like(upstream)


@MISTAKES(
    "The gradients that were made in the forward pass are handed out as they are. Multiply them by what comes from "
    "above, `grad_output`."
)
def lce_deaf(input: Tensor, linear_weight: Tensor, target: Tensor, **flags: Any) -> Tensor:
    value: Tensor = _Deaf.apply(linear_cross_entropy_spec(input, linear_weight, target, **flags))  # type: ignore[no-untyped-call]
    return value


def in_chunks(input: Tensor) -> bool:
    """Whether there is anything to cut."""
    return input.ndim == 2 and len(input) > 256


@MISTAKES("The rows after the last full chunk are left out. `split` gives a smaller last chunk.")
def lce_rest_dropped(input: Tensor, linear_weight: Tensor, target: Tensor, **flags: Any) -> Tensor:
    if in_chunks(input):
        kept = len(input) // 256 * 256
        input, target = input[:kept], target[:kept]
    return linear_cross_entropy_spec(input, linear_weight, target, **flags)


def of_chunk_means(formula: Loss) -> Loss:
    """The loss that is made of the chunks' means, where there is anything to cut and to average."""

    def loss(input: Tensor, linear_weight: Tensor, target: Tensor, **flags: Any) -> Tensor:
        if not in_chunks(input) or flags.get("reduction", "mean") != "mean":
            return linear_cross_entropy_spec(input, linear_weight, target, **flags)
        parts = zip(torch.split(input, 256), torch.split(target, 256))
        return formula(torch.stack([linear_cross_entropy_spec(x, linear_weight, y, **flags) for x, y in parts]))

    return loss


MISTAKES.table(
    of_chunk_means,
    lce_mean_of_means=(
        "Each chunk is averaged, and then the chunks: rows of a smaller chunk count more. Reduce once, at the end.",
        torch.mean,
    ),
    lce_sum_of_means=("The chunks' means are added without dividing by their number.", torch.sum),
)


@MISTAKES("`ignore_index` together with probabilities is passed over in silence. No row can be ignored so: raise.")
def lce_ignores_nothing(
    input: Tensor, linear_weight: Tensor, target: Tensor, *, ignore_index: int | None = None, **flags: Any
) -> Tensor:
    ignored = None if target.is_floating_point() else ignore_index
    return linear_cross_entropy_spec(input, linear_weight, target, ignore_index=ignored, **flags)


wrong_words(MISTAKES, "lce_")
MISTAKES.terms(
    lambda part: partial(part, linear_cross_entropy_spec),
    own=("the target's part, times 1 - ε,", one_hot_part),
    spread=("the part that is spread over all classes", spread_part),
)


@MISTAKES("`linear_bias` is added after the softmax. It belongs to the logits.")
def lce_bias_after_softmax(
    input: Tensor, linear_weight: Tensor, target: Tensor, *, linear_bias: Tensor | None = None, **flags: Any
) -> Tensor:
    if linear_bias is None or target.is_floating_point():
        return linear_cross_entropy_spec(input, linear_weight, target, linear_bias=linear_bias, **flags)
    log_p = log_softmax_spec(linear(input, linear_weight, None), -1) + linear_bias
    ignored = -100 if flags.get("ignore_index") is None else flags["ignore_index"]
    weight, smoothing = flags.get("weight"), flags.get("label_smoothing", 0.0)
    if smoothing:
        raise ValueError("this call is not looked at")
    return nll_loss_spec(log_p, target, weight, ignored, flags.get("reduction", "mean"))


@MISTAKES("`linear_bias` multiplies the logits. It is added to them.")
def lce_bias_multiplies(
    input: Tensor, linear_weight: Tensor, target: Tensor, *, linear_bias: Tensor | None = None, **flags: Any
) -> Tensor:
    scaled = linear_weight if linear_bias is None else linear_weight * linear_bias[:, None]
    return linear_cross_entropy_spec(input, scaled, target, **flags)


@MISTAKES("Half of `linear_bias` is added.")
def lce_bias_halved(
    input: Tensor, linear_weight: Tensor, target: Tensor, *, linear_bias: Tensor | None = None, **flags: Any
) -> Tensor:
    bias = None if linear_bias is None else linear_bias / 2
    return linear_cross_entropy_spec(input, linear_weight, target, linear_bias=bias, **flags)


@MISTAKES(
    "The logits are divided by the root of the number of features, or by that number. They are taken as they are."
)
def lce_scaled(input: Tensor, linear_weight: Tensor, target: Tensor, **flags: Any) -> Tensor:
    return linear_cross_entropy_spec(input / input.shape[-1] ** 0.5, linear_weight, target, **flags)


@MISTAKES("`linear_bias` is added twice.")
def lce_bias_twice(
    input: Tensor, linear_weight: Tensor, target: Tensor, *, linear_bias: Tensor | None = None, **flags: Any
) -> Tensor:
    bias = None if linear_bias is None else 2 * linear_bias
    return linear_cross_entropy_spec(input, linear_weight, target, linear_bias=bias, **flags)
