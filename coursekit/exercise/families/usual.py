"""The mistakes that every loss invites, whatever its formula: in reduction, dtype, shapes, defaults, gradient."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from inspect import signature
from typing import Any

from torch import Tensor, broadcast_tensors, nan, promote_types

from coursekit.exercise.families.reductions import REDUCTIONS, reduced
from coursekit.exercise.mistakes import Loss, Misconception, Mistakes, Row

# ---- the word ----------------------------------------------------------------------------------------------------


def wrong_words(wrong: Mistakes, prefix: str = "") -> None:
    """Adds the mistakes about the word itself: one that is not read, one that is unknown, one that is left out.

    Args:
        wrong: of a loss whose spec has a parameter `reduction`.
        prefix: what the mistakes' names begin with.
    """

    def add(name: str, explanation: str, heard: Callable[[str | None], str | None]) -> None:
        """A loss that hears another word than was said; None stands for no word."""

        def loss(*args: Any, **flags: Any) -> Tensor:
            call = wrong.bound(*args, **flags)
            word = heard(call.arguments.get("reduction"))
            if word is not None:
                call.arguments["reduction"] = word
            return wrong.spec(*call.args, **call.kwargs)

        wrong.append(Misconception(prefix + name, explanation, loss))

    for kind in REDUCTIONS:
        add(
            f"always_{kind}",
            f"The reduction is ignored: this is '{kind}' whatever was asked for.",
            partial(_always, kind),
        )
        add(
            f"unknown_is_{kind}",
            f"An unknown reduction passes for '{kind}'. A misspelt word should not train a model: raise a ValueError.",
            partial(_unknown_is, kind),
        )
        if kind != "mean" and signature(wrong.spec).parameters["reduction"].default == "mean":
            add(
                f"default_is_{kind}",
                f"Where no reduction is given, it is '{kind}' here. A call without a word for it means 'mean'.",
                partial(_default_is, kind),
            )


def _always(kind: str, _word: str | None) -> str:
    return kind


def _unknown_is(kind: str, word: str | None) -> str | None:
    return word if word in (None, *REDUCTIONS) else kind


def _default_is(kind: str, word: str | None) -> str:
    return kind if word is None else word


# ---- what is made of the losses ----------------------------------------------------------------------------------


def _mean_of_row_sums(losses: Tensor, word: str) -> Tensor:
    rows = losses.flatten(1).sum(1) if word == "mean" and losses.ndim > 1 else losses
    return reduced(rows, word)


def _mean_of_last(losses: Tensor, word: str) -> Tensor:
    return losses.mean(-1) if word == "mean" else reduced(losses, word)


def _sum_of_last(losses: Tensor, word: str) -> Tensor:
    return losses.sum(-1) if word == "sum" else reduced(losses, word)


def _none_averages(losses: Tensor, word: str) -> Tensor:
    return losses.mean(-1) if word == "none" else reduced(losses, word)


def _divided_twice(losses: Tensor, word: str) -> Tensor:
    rows = losses.shape[0] if losses.ndim and word == "mean" else 1
    return reduced(losses, word) / (rows or nan)


def _empty_is_zero(losses: Tensor, word: str) -> Tensor:
    return reduced(losses, word) if losses.numel() else reduced(losses, word).nan_to_num()


def _nan_hidden(losses: Tensor, word: str) -> Tensor:
    return reduced(losses.where(~losses.isnan(), 0.0), word)


def _nan_skipped(losses: Tensor, word: str) -> Tensor:
    if word == "mean" and losses.numel():
        return losses.nanmean()
    return _nan_hidden(losses, word)


def _mean_of_active(losses: Tensor, word: str) -> Tensor:
    return losses[losses > 0].mean() if word == "mean" else reduced(losses, word)


def _mean_of_active_or_zero(losses: Tensor, word: str) -> Tensor:
    return losses.sum() / (losses > 0).sum().clamp(min=1) if word == "mean" else reduced(losses, word)


def _always_float32(losses: Tensor, word: str) -> Tensor:
    return reduced(losses, word).float()


# By name: what to say where a topic has no words of its own, what is made of losses and word, what it covers
_USUAL: dict[str, Row] = {
    "mean_of_row_sums": (
        "'mean' sums over each row and averages the rows. It divides by the number of all losses.",
        _mean_of_row_sums,
    ),
    "mean_of_last": (
        "'mean' averages over the last dimension only. It is one number, over everything.",
        _mean_of_last,
    ),
    "sum_of_last": ("'sum' sums over the last dimension only. It is one number, over everything.", _sum_of_last),
    "none_averages": ("'none' averages over the last dimension. It leaves every loss as it is.", _none_averages),
    "divided_twice": (
        "The mean is divided by the batch size once more. `.mean()` has done it already.",
        _divided_twice,
        "R5",
    ),
    "empty_is_zero": (
        "The mean of an empty batch is 0 here. torch gives NaN: nothing was measured, and that should be seen.",
        _empty_is_zero,
    ),
    "nan_hidden": ("NaN losses count as 0. torch lets them through: a hole in the data should be seen.", _nan_hidden),
    "nan_skipped": (
        "NaN losses count as 0, or are left out of the mean. torch lets them through: a hole in the data should be "
        "seen, and removed by the caller before the loss.",
        _nan_skipped,
    ),
    "mean_of_active": (
        "The mean is taken over the losses above 0 only. torch's is over all of them.",
        _mean_of_active,
    ),
    "mean_of_active_or_zero": (
        "The sum is divided by the number of losses above 0, or by 1 if there are none. torch divides by the number of "
        "all of them.",
        _mean_of_active_or_zero,
    ),
    "always_float32": (
        "The result is float32 for float64 input. Keep the dtype of the input, its digits were paid for.",
        _always_float32,
    ),
}


def usual_mistakes(wrong: Mistakes, *names: str, prefix: str = "", **sentences: str | tuple[str, str]) -> None:
    """Adds what goes wrong between the losses of the elements and the number that is returned.

    Args:
        wrong: of a loss whose spec has a parameter `reduction`.
        names: mistakes of `_USUAL`, in its words.
        prefix: what the mistakes' names begin with.
        sentences: mistakes of `_USUAL`, in words of the topic's own; or such words and what the mistake covers.
    """
    rows: dict[str, str | tuple[str, str]] = {**dict.fromkeys(names, ""), **sentences}
    for name, explanation in rows.items():
        usual, reduce, *covers = _USUAL[name]
        own, *more = (explanation,) if isinstance(explanation, str) else explanation
        wrong.of_losses(own or usual, prefix + name, covers=" ".join([*covers, *more]))(reduce)


# ---- arguments and results ---------------------------------------------------------------------------------------


def always_float32(wrong: Mistakes, explanation: str = _USUAL["always_float32"][0]) -> None:
    """Adds a result that has lost its dtype, for losses without a reduction as well."""
    wrong.table(of_value(wrong), always_float32=(explanation, lambda value: value.float()))


def detached(wrong: Mistakes, argument: str, explanation: str, name: str = "", *, covers: str = "") -> None:
    """Adds a loss that sends no gradient to one of its arguments: a tensor of any shape, or None."""

    def loss(*args: Any, **flags: Any) -> Tensor:
        call = wrong.bound(*args, **flags)
        value = call.arguments.get(argument)
        if isinstance(value, Tensor):
            call.arguments[argument] = value.detach()
        return wrong.spec(*call.args, **call.kwargs)

    wrong.append(Misconception(name or f"{argument}_detached", explanation, loss, covers))


def argument_fixed(wrong: Mistakes, name: str, explanation: str, *, covers: str = "", **values: Any) -> None:
    """Adds a loss that does not listen: each of these arguments (`values`) is what it says here, whatever was given."""

    def loss(*args: Any, **flags: Any) -> Tensor:
        call = wrong.bound(*args, **flags)
        call.arguments.update(values)
        return wrong.spec(*call.args, **call.kwargs)

    wrong.append(Misconception(name, explanation, loss, covers))


def other_default(wrong: Mistakes, name: str, explanation: str, *, covers: str = "", **defaults: Any) -> None:
    """Adds a loss whose defaults are others: each of these arguments is what it says here, unless it was given."""

    def loss(*args: Any, **flags: Any) -> Tensor:
        call = wrong.bound(*args, **flags)
        call.arguments.update({name: value for name, value in defaults.items() if name not in call.arguments})
        return wrong.spec(*call.args, **call.kwargs)

    wrong.append(Misconception(name, explanation, loss, covers))


def wider_dtype(
    wrong: Mistakes,
    explanation: str = "The result has the wider dtype of the two. Keras turns y_true into the dtype of y_pred first.",
    name: str = "wider_dtype",
) -> None:
    """Adds a loss in the wider dtype of its first two arguments, for losses of Keras's."""

    @wrong(explanation, name)
    def loss(y_true: Tensor, y_pred: Tensor, *args: Any, **flags: Any) -> Tensor:
        return wrong.spec(y_true, y_pred.to(promote_types(y_true.dtype, y_pred.dtype)), *args, **flags)


def shapes_broadcast(wrong: Mistakes, name: str, explanation: str, *, covers: str = "") -> None:
    """Adds a loss that broadcasts its first two arguments where it should refuse unlike shapes."""

    @wrong(explanation, name, covers=covers)
    def loss(one: Tensor, other: Tensor, *args: Any, **flags: Any) -> Tensor:
        both = broadcast_tensors(one, other)  # type: ignore[no-untyped-call]
        return wrong.spec(*both, *args, **flags)


def keras_means(wrong: Mistakes, assemble: Callable[[Loss], Loss], not_averaged: str, **more: Row) -> None:
    """Adds other reductions than the mean over the last dimension, for losses of Keras's.

    Args:
        wrong: of such a loss.
        assemble: makes the loss of what is to take the mean's place.
        not_averaged: what to say where nothing is averaged.
        more: rows behind these.
    """
    wrong.table(
        assemble,
        mean_of_all=(
            "This is the mean over everything, as torch has it. Keras's function averages each row and keeps the "
            "batch.",
            lambda losses: losses.mean(),
        ),
        not_averaged=(not_averaged, lambda losses: losses),
        sum_of_row=("The last dimension is summed. Keras takes its mean.", lambda losses: losses.sum(-1)),
        mean_of_batch=(
            "The mean is taken over the first dimension, the batch. Keras averages over the last, and keeps the batch.",
            lambda losses: losses.mean(0),
        ),
        **more,
    )


# ---- for tables --------------------------------------------------------------------------------------------------


def with_defaults(wrong: Mistakes) -> Callable[[Loss], Loss]:
    """For `wrong.table` and `wrong.formula`: a formula of all the arguments of the spec, its defaults filled in."""

    def assemble(formula: Loss) -> Loss:
        def loss(*args: Any, **flags: Any) -> Tensor:
            call = wrong.bound(*args, **flags)
            call.apply_defaults()
            return formula(*call.args, **call.kwargs)

        return loss

    return assemble


def of_value(wrong: Mistakes) -> Callable[[Loss], Loss]:
    """For `wrong.table` and `wrong.formula`: a formula of the right value."""
    return lambda formula: lambda *args, **flags: formula(wrong.spec(*args, **flags))
