"""What a loss over a vocabulary costs: peak memory and time of the plain form, torch's chunks and ours, in one run.

python benchmarks/memory.py [--rows 4096] [--features 512] [--classes 50000] [--rounds 3]

Every form runs in a process of its own; the peak is counted from after the inputs are made, and a step is forward and
backward. The allocator is told to give freed memory back, so that the peak is what a form holds and not what it kept.
Rounds are interleaved, so that a busy machine is busy for all of them. Linux only: elsewhere the peak of a process
cannot be set back.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

FORMS = ("plain", "torch, its defaults", "torch, tuned", "coursekit")


def step(form: str, rows: int, features: int, classes: int, threads: int) -> None:
    """Runs two steps of one form in this process; prints the peak in MiB, the quicker step in s and two checksums."""
    import torch
    import torch.nn.functional as F
    from torch.nn import LinearCrossEntropyOptions

    from coursekit.fast.linear_cross_entropy import linear_cross_entropy

    torch.set_num_threads(threads)
    draw = torch.Generator().manual_seed(0)
    x = (torch.randn(rows, features, generator=draw) * 4 / math.sqrt(features)).requires_grad_()
    w = torch.randn(classes, features, generator=draw).requires_grad_()
    target = torch.randint(classes, (rows,), generator=draw)
    tuned = LinearCrossEntropyOptions(batch_chunk_size=256, acc_policy="compact")
    losses = {
        "plain": lambda x, w, y: F.cross_entropy(x @ w.T, y),
        "torch, its defaults": lambda x, w, y: F.linear_cross_entropy(x, w, y, options=LinearCrossEntropyOptions()),
        "torch, tuned": lambda x, w, y: F.linear_cross_entropy(x, w, y, options=tuned),
        "coursekit": linear_cross_entropy,
    }
    small = [part[:8].detach().requires_grad_() for part in (x, w)]
    losses[form](*small, target[:8] % 8).backward()  # what a first call sets up is no cost of the loss
    base = peak(reset=True)
    durations = []
    for _ in range(2):
        x.grad = w.grad = None
        begin = time.perf_counter()
        loss = losses[form](x, w, target)
        loss.backward()
        durations.append(time.perf_counter() - begin)
    assert x.grad is not None
    assert w.grad is not None
    print(peak() - base, min(durations), loss.item(), x.grad.norm().item() + w.grad.norm().item())


def peak(reset: bool = False) -> float:
    """The most memory that this process has had since the last reset, in MiB."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def main() -> None:
    """Measures every form and prints the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in (("rows", 4096), ("features", 512), ("classes", 50_000), ("threads", 2), ("rounds", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--form", choices=FORMS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    sizes = {name: getattr(options, name) for name in ("rows", "features", "classes", "threads")}
    if options.form:
        step(options.form, **sizes)
        return
    print("{rows:,} rows, {features} features, {classes:,} classes, float32, {threads} threads".format(**sizes))
    environment = {**os.environ, "MALLOC_MMAP_THRESHOLD_": str(2**20)}
    flags = [f"--{name}={value}" for name, value in sizes.items()]
    found: dict[str, list[list[float]]] = {form: [] for form in FORMS}
    for _ in range(options.rounds):
        for form in FORMS:
            run = [sys.executable, __file__, f"--form={form}", *flags]
            done = subprocess.run(run, capture_output=True, text=True, check=True, env=environment)
            found[form].append([float(word) for word in done.stdout.split()])
    for form in FORMS[1:]:
        for mine, plain in zip(found[form][0][2:], found["plain"][0][2:], strict=True):
            assert math.isclose(mine, plain, rel_tol=1e-4), f"{form}: {mine} is not {plain}"
    medians = {form: [statistics.median(column) for column in zip(*runs, strict=True)] for form, runs in found.items()}
    ours = medians["coursekit"]
    print(f"{'':<24}{'peak MiB':>9}{'s a step':>9}   {'ours / this: memory':>20}{'time':>7}")
    for form, (memory, seconds, *_) in medians.items():
        print(f"{form:<24}{memory:9.0f}{seconds:9.2f}   {ours[0] / memory:20.2f}{ours[1] / seconds:7.2f}")


if __name__ == "__main__":
    main()
