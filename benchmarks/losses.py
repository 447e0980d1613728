"""How long every hand-built loss takes, forward and backward, against torch's own. Run on a quiet machine.

python benchmarks/losses.py [--repeats 15] [--only NAME …]

One thread. The two are called in turn, so that a busy machine slows down both, and what is printed is the median of
their ratios. `--only ctc` times the forms of `coursekit.fast.ctc` alone.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from coursekit.authoring import proofs
from coursekit.course import syllabus
from coursekit.fast import ctc

Loss = Callable[..., Tensor]

BAR = 1.5  # what the median of all ratios should not exceed
N, K = 4096, 256  # about a million numbers: too many for the caches nearest to the processor
CTC_SIZES = ((50, 16, 20, 30), (200, 32, 80, 50), (1000, 8, 32, 150))  # T, N, C, S


@dataclass(frozen=True)
class Inputs:
    """The arguments of a call, and by which of them to differentiate. With `logits`, a loss gets their log_softmax."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)
    wrt: tuple[int, ...] = (0,)
    logits: bool = False


# ---- what each loss is called with -------------------------------------------------------------------------------


def all_inputs() -> dict[str, Callable[[], Inputs]]:
    """How to make large inputs, by the name of the exercise."""
    real = lambda *shape: torch.randn(*shape)  # noqa: E731
    share = lambda *shape: torch.rand(*shape).clamp(0.01, 0.99)  # noqa: E731
    sign = lambda *shape: torch.randint(0, 2, shape) * 2.0 - 1  # noqa: E731
    bits = lambda *shape: torch.randint(0, 2, shape).float()  # noqa: E731
    classes = lambda count, high: torch.randint(0, high, (count,))  # noqa: E731
    rows = lambda: (real(N, K), real(N, K), real(N, K))  # noqa: E731
    return {
        "entr": lambda: Inputs((share(N, K),)),
        "kl_div": lambda: Inputs((real(N, K).log_softmax(1), real(N, K).softmax(1)), {"reduction": "batchmean"}),
        "log_softmax": lambda: Inputs((real(N, K), 1)),
        "nll_loss": lambda: Inputs((real(N, K).log_softmax(1), classes(N, K))),
        "cross_entropy": lambda: Inputs((real(N, K), classes(N, K))),
        "log_sigmoid": lambda: Inputs((real(N, K),)),
        "binary_cross_entropy": lambda: Inputs((share(N, K), bits(N, K))),
        "binary_cross_entropy_with_logits": lambda: Inputs((real(N, K), bits(N, K))),
        "multilabel_soft_margin_loss": lambda: Inputs((real(N, K), bits(N, K))),
        "l1_loss": lambda: Inputs((real(N, K), real(N, K))),
        "mse_loss": lambda: Inputs((real(N, K), real(N, K))),
        "smooth_l1_loss": lambda: Inputs((real(N, K), real(N, K))),
        "huber_loss": lambda: Inputs((real(N, K), real(N, K))),
        "poisson_nll_loss": lambda: Inputs((real(N, K), torch.randint(0, 9, (N, K)).float())),
        "laplace_nll": lambda: Inputs((real(N, K), real(N, K), share(N, K)), wrt=(0, 2)),
        "gaussian_nll": lambda: Inputs((real(N, K), real(N, K), share(N, K)), wrt=(0, 2)),
        "gaussian_nll_loss": lambda: Inputs((real(N, K), real(N, K), share(N, K)), wrt=(0, 2)),
        "margin_ranking_loss": lambda: Inputs((real(N * K), real(N * K), sign(N * K)), wrt=(0, 1)),
        "soft_margin_loss": lambda: Inputs((real(N, K), sign(N, K))),
        "hinge_embedding_loss": lambda: Inputs((real(N, K).abs(), sign(N, K))),
        "multi_margin_loss": lambda: Inputs((real(N, K), classes(N, K))),
        "multilabel_margin_loss": lambda: Inputs((real(512, 64), label_lists(512, 64))),
        "pairwise_distance": lambda: Inputs(rows()[:2], wrt=(0, 1)),
        "cosine_embedding_loss": lambda: Inputs((*rows()[:2], sign(N)), wrt=(0, 1)),
        "triplet_margin_loss": lambda: Inputs(rows(), wrt=(0, 1, 2)),
        "triplet_margin_with_distance_loss": lambda: Inputs(rows(), wrt=(0, 1, 2)),
        "ctc_loss": lambda: Inputs(ctc_problem(*CTC_SIZES[0]), logits=True),
        "ctc_loss_from_logits": lambda: Inputs(ctc_problem(*CTC_SIZES[0])),
        "ctc_scaled": lambda: Inputs((real(200, 32), torch.randint(1, 32, (20,))), logits=True),
        "linear_cross_entropy": lambda: Inputs(
            (real(512, 128), 0.05 * real(4096, 128), classes(512, 4096)), wrt=(0, 1)
        ),
        "adaptive_log_softmax": adaptive,
    }


def label_lists(samples: int, classes: int) -> Tensor:
    """Each row names up to eight different classes, and -1 behind the last: what `multilabel_margin_loss` reads."""
    lists = torch.rand(samples, classes).argsort(1)
    return torch.where(torch.arange(classes) < torch.randint(1, 9, (samples, 1)), lists, -1)


def adaptive() -> Inputs:
    """An adaptive softmax over 4,096 classes in a head of 256 and two clusters."""
    head, *tail = (0.05 * torch.randn(*shape) for shape in ((258, 128), (32, 128), (768, 32), (8, 128), (3072, 8)))
    target = (4096 * torch.rand(1024) ** 4).long()  # most targets are frequent ones
    return Inputs((torch.randn(1024, 128), target, [256, 1024], head, *tail))


def ctc_problem(T: int, N: int, C: int, S: int, ragged: bool = False) -> tuple[Tensor, ...]:
    """Ordinary logits; ragged samples have from half of the frames and labels to all of them."""
    lengths = (torch.randint((n + 1) // 2, n + 1, (N,)) if ragged else torch.full((N,), n) for n in (T, S))
    return torch.randn(T, N, C), torch.randint(1, C, (N, S)), *lengths


# ---- the clock -----------------------------------------------------------------------------------------------------


def run(loss: Loss, inputs: Inputs) -> tuple[float, tuple[Tensor, ...]]:
    """Seconds for value and gradients, and the gradients."""
    args = list(inputs.args)
    leaves = [args[place].clone().requires_grad_() for place in inputs.wrt]
    for place, leaf in zip(inputs.wrt, leaves, strict=True):
        args[place] = leaf
    begin = time.perf_counter()
    if inputs.logits:
        args[0] = args[0].log_softmax(-1)
    value = loss(*args, **inputs.kwargs)
    gradients = torch.autograd.grad(value.sum(), leaves)
    return time.perf_counter() - begin, gradients


def against(mine: Loss, torchs: Loss, inputs: Inputs, repeats: int) -> tuple[float, float, float]:
    """Median seconds of both, and the median of their ratios; after one unmeasured call of each."""
    run(mine, inputs), run(torchs, inputs)
    turns = [(run(mine, inputs)[0], run(torchs, inputs)[0]) for _ in range(repeats)]
    ours, theirs = zip(*turns, strict=True)
    return statistics.median(ours), statistics.median(theirs), statistics.median(a / b for a, b in turns)


# ---- every exercise ------------------------------------------------------------------------------------------------


def time_exercises(only: set[str], repeats: int) -> Iterator[float]:
    """Prints a line for each exercise whose twin is torch's, and yields its ratio."""
    known = all_inputs()
    left_out: dict[str, list[str]] = {"keras": [], "inputs": []}
    print(f"{'milliseconds, forward and backward':<36}{'by hand':>9}{'torch':>9}{'ratio':>8}")
    for name, (topic, exercise) in syllabus.exercises().items():
        if exercise.twin is None or (only and name not in only):
            continue
        if name not in known:
            left_out["keras" if name.startswith("keras_") else "inputs"].append(name)
            continue
        torch.manual_seed(0)
        mine, torchs, ratio = against(
            getattr(proofs.load_solutions(topic), name), exercise.twin, known[name](), repeats
        )
        print(f"{name:<36}{1e3 * mine:9.2f}{1e3 * torchs:9.2f}{ratio:8.2f}", flush=True)
        yield ratio
    if left_out["keras"]:
        print(f"left out, as their twins are Keras's: {', '.join(left_out['keras'])}")
    if left_out["inputs"]:
        print(f"NOT TIMED, no inputs are known here: {', '.join(left_out['inputs'])}")


# ---- the forms of CTC ----------------------------------------------------------------------------------------------


def native(logits: Tensor, *rest: Tensor) -> Tensor:
    """torch's own."""
    return F.ctc_loss(F.log_softmax(logits, 2), *rest)


def time_ctc(repeats: int) -> None:
    """Prints each form's ratio and the error of its gradient, beside torch's, at three sizes and a ragged one."""
    print(f"\n{'CTC (T, N, C, S)':<26}{'form':<14}{'ms':>10}{'ratio':>8}   largest error of the gradient of the sum")
    for size, ragged in (*((size, False) for size in CTC_SIZES), (CTC_SIZES[1], True)):
        torch.manual_seed(0)
        args = ctc_problem(*size, ragged=ragged)
        samples, inputs = size[1], Inputs(args)
        exact = run(native, Inputs((args[0].double(), *args[1:]), {}))[1][0]
        label = f"{size}{' ragged' if ragged else ''}"
        for name, form in {"torch": native, **ctc.FORMS}.items():
            try:
                (gradient,) = run(form, inputs)[1]
            except ModuleNotFoundError as error:
                print(f"{label:<26}{name:<14}   NOT TIMED: {error}")
                continue
            slow = name in ("naive", "log_autograd")
            mine, _, ratio = against(form, native, inputs, min(2, repeats) if slow else repeats)
            factor = samples * args[3][:, None]  # the mean divides by the labels and the samples: undone
            error = ((gradient - exact).abs() * factor).max()
            print(f"{label:<26}{name:<14}{1e3 * mine:10.1f}{ratio:8.2f}   {error:.1e}", flush=True)


def main() -> None:
    """Times what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="exercises, or ctc for the forms of CTC")
    options = parser.parse_args()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")  # torch's own warn of some of their edges
    only = set(options.only)
    unknown = only - {"ctc"} - set(syllabus.exercises())
    if unknown:
        parser.error(f"no exercise is called {', '.join(sorted(unknown))}")
    if only != {"ctc"}:
        ratios = list(time_exercises(only, options.repeats))
        if ratios:
            median = statistics.median(ratios)
            print(f"median of {len(ratios)} ratios: {median:.2f} (the bar: {BAR}), largest {max(ratios):.2f}")
    if not only or "ctc" in only:
        time_ctc(options.repeats)


if __name__ == "__main__":
    main()
