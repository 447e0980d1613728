"""What `reduction="mean"` divides by, with each flag and with flags together: found by asking torch."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

# Calls to try beside a plain one, each where the function has all of its flags
FLAGS: tuple[tuple[str, ...], ...] = (
    ("weight",),
    ("label_smoothing",),
    ("weight", "label_smoothing"),
    ("ignore_index",),
    ("weight", "ignore_index"),
    ("weight", "label_smoothing", "ignore_index"),
    ("pos_weight",),
    ("weight", "pos_weight"),
)
SMOOTHING = 0.25


class UnnamedDivisorError(ValueError):
    """torch divides by something that has no name here: a name is to be added."""


def divisors(table: Any, row: Any) -> Iterator[tuple[str, str]]:
    """Calls and what their mean divides by, in words. Nothing for a loss that is no function of torch's.

    Raises:
        UnnamedDivisorError: none of our names gives torch's number.
    """
    function = getattr(F, row.name, None)
    if function is None:
        return
    if row.name == "ctc_loss":
        yield "mean", _of_ctc()
        return
    yield "mean", _asked(table, row, {})
    if row.name == "kl_div":  # which has one mean more
        yield "batchmean", _asked(table, row, {}, "batchmean")
    taken = inspect.signature(function).parameters
    for names in FLAGS:
        if all(name in taken for name in names):
            yield f"mean{_with(names)}", _asked(table, row, _flags(table, row, names))
    if row.name == "cross_entropy":
        soft: tuple[tuple[str, ...], ...] = ((), ("weight",), ("weight", "label_smoothing"))
        for names in soft:
            flags = _flags(table, row, names)
            yield f"mean, of targets that are probabilities{_with(names)}", _asked(table, row, flags, soft=True)


def _with(names: tuple[str, ...]) -> str:
    *most, last = (f"`{name}`" for name in names) if names else ("",)
    return (f", with {', '.join(most)} and {last}" if most else f", with {last}") if last else ""


@cache
def _drawn(many: Callable[[Any], dict[str, Any]], row: Any) -> dict[str, Any]:
    return many(row)


def _batch(table: Any, row: Any) -> dict[str, Any]:
    return dict(_drawn(table.many, row))


def _flags(table: Any, row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """Values of flags that show themselves: weights that are unlike, a class that does occur."""
    batch = _batch(table, row)
    first = next(iter(batch.values()))
    generator = torch.Generator().manual_seed(0)
    by_class = "c" in batch
    weight = torch.rand(
        (table.K,) if by_class or row.kind == "labels" else first.shape, generator=generator, dtype=torch.float64
    )
    values: dict[str, Any] = {
        "weight": weight + 0.1,
        "pos_weight": torch.tensor(3.0, dtype=torch.float64),
        "label_smoothing": SMOOTHING,
        "ignore_index": int(batch["c"][0]) if by_class else -100,
    }
    return {name: values[name] for name in names}


def _asked(table: Any, row: Any, flags: dict[str, Any], word: str = "mean", soft: bool = False) -> str:
    batch = _batch(table, row)
    text = row.call.replace("reduction=r", ", ".join(["reduction=r", *(f"{name}={name}" for name in flags)]))
    if soft:
        batch["c"] = torch.nn.functional.one_hot(batch["c"], table.K).double() * 0.7 + 0.3 / table.K
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # kl_div warns of its own mean
        total, mean = (table.run(text, batch, r=each, **flags) for each in ("sum", word))
    found = float(total / mean)
    for words, number in _named(batch, flags, soft):
        if abs(found - number) <= 1e-9 * abs(number):
            return words
    raise UnnamedDivisorError(f"{text} divides by {found}: what is that?")


def _named(batch: dict[str, Any], flags: dict[str, Any], soft: bool) -> Iterator[tuple[str, float]]:
    """What a mean may divide by, and how much that is here; no two of them are alike for one call."""
    first: Tensor = next(iter(batch.values()))
    weight, target = flags.get("weight"), None if soft else batch.get("c")
    yield "the number of samples", float(len(first))
    yield "the number of elements", float(first.numel())
    if weight is not None and weight.shape == first.shape:
        yield "`weight.sum()`", float(weight.sum())
    if target is None:
        return
    counts = torch.ones(len(first), dtype=torch.bool)
    over = "the weight of each target's class, added up"
    if "ignore_index" in flags:
        counts = target != flags["ignore_index"]
        over = "over the targets that are not ignored"
        yield "the number of targets that are not ignored", float(counts.sum())
    if weight is not None:
        yield f"`weight[target].sum()`, {over}", float(weight[target[counts]].sum())


def _of_ctc() -> str:
    """CTC divides twice: asked with words of unlike lengths."""
    generator = torch.Generator().manual_seed(0)
    log_probs = torch.randn((6, 3, 4), generator=generator, dtype=torch.float64).log_softmax(2)
    lengths = torch.tensor([3, 1, 2])
    call = log_probs, torch.tensor([[1, 2, 3], [2, 0, 0], [1, 3, 0]]), torch.tensor([6, 6, 6]), lengths
    losses, mean = F.ctc_loss(*call, reduction="none"), F.ctc_loss(*call, reduction="mean")
    if abs(float(mean - (losses / lengths).mean())) > 1e-9:
        raise UnnamedDivisorError(f"ctc_loss makes {float(mean)} of {losses.tolist()}: what is that?")
    return "the number of samples, after each loss was divided by the length of its target"
