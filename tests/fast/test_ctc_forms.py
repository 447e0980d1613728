"""The forms of the CTC loss: each against all paths, against torch, and where numbers run out of range."""

from __future__ import annotations

import itertools
import math
import sys
from unittest import mock

import pytest
import torch
import torch.nn.functional as F

from coursekit.fast import ctc, ctc_log, ctc_numba, ctc_scaled, lattice

pytestmark = pytest.mark.usefixtures("one_thread")


def scaled_narrow(*args, **kwargs):
    """`scaled` on a small problem as on a large one: in the dtype of the logits first."""
    with mock.patch.object(ctc_scaled, "SMALL", 0):
        return ctc.scaled(*args, **kwargs)


FORMS = {**ctc.FORMS, "scaled_narrow": scaled_narrow}
ALL = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
QUICK = {name: form for name, form in FORMS.items() if form is not ctc.naive}
ALL_BUT_LOOPS = pytest.mark.parametrize("form", QUICK.values(), ids=QUICK)
GUARDED = pytest.mark.parametrize("form", [ctc.scaled, scaled_narrow, ctc.compiled])


def native(logits, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False):
    """torch's own, through log_softmax; never called with a target outside the classes, which it does not check."""
    log_p = F.log_softmax(logits, 2)
    return F.ctc_loss(log_p, targets, input_lengths, target_lengths, blank, reduction, zero_infinity)


def all_paths(logits, targets, input_lengths, target_lengths, blank=0):
    """-ln of the probabilities of all paths that collapse to the target, one by one: (N,)."""
    losses = []
    for n in range(logits.shape[1]):
        frames, labels = int(input_lengths[n]), int(target_lengths[n])
        log_p = logits[:frames, n].log_softmax(-1)
        target, found = targets[n, :labels].tolist(), []
        for path in itertools.product(range(logits.shape[2]), repeat=frames):
            if [label for label, _ in itertools.groupby(path) if label != blank] == target:
                found.append(sum((log_p[t, label] for t, label in enumerate(path)), logits.new_zeros(())))
        losses.append(-torch.stack(found).logsumexp(0) if found else logits.new_tensor(math.inf))
    return torch.stack(losses)


def problem(T, N, C, S, *, seed=0, scale=1.0, ragged=False, blank=0, dtype=torch.float64):
    """Random logits and targets; ragged ones hold a full sample, an empty target and all between."""
    g = torch.Generator().manual_seed(seed)
    logits = (torch.randn(T, N, C, generator=g, dtype=torch.float64) * scale).to(dtype)
    targets = torch.randint(1, C, (N, S), generator=g)
    targets = torch.where(targets == blank, 0, targets)
    input_lengths, target_lengths = torch.full((N,), T), torch.full((N,), S)
    if ragged:
        target_lengths = torch.randint(0, S + 1, (N,), generator=g)
        input_lengths = torch.minimum(target_lengths * 2 + torch.randint(0, T, (N,), generator=g), torch.tensor(T))
        target_lengths[0], target_lengths[-1], input_lengths[0] = S, 0, T
        targets[torch.arange(S) >= target_lengths[:, None]] = -1  # padding is never read
    return logits, targets, input_lengths, target_lengths


def value_and_gradient(form, logits, *args, **kwargs):
    """Losses, and the gradient of their weighed sum, so that no sample's factor goes unnoticed."""
    leaf = logits.clone().requires_grad_()
    losses = form(leaf, *args, **kwargs)
    weights = torch.arange(1, losses.numel() + 1).reshape(losses.shape).to(losses.dtype)
    (gradient,) = torch.autograd.grad((losses * weights).sum(), leaf)
    return losses.detach(), gradient


def torch_takes(targets):
    return targets.clamp(min=0)  # what pads a target is not read, but torch should not even see it


def truth(logits, targets, *args, **kwargs):
    return value_and_gradient(native, logits.double(), torch_takes(targets), *args, **kwargs)


def same(got, want, rtol=1e-10, atol=1e-10):
    for one, other in zip(got, want, strict=True):
        torch.testing.assert_close(one, other, rtol=rtol, atol=atol, equal_nan=True)


def every_target(C, S, blank):
    """All targets of up to S labels, as one padded batch."""
    labels = [label for label in range(C) if label != blank]
    rows = [row for length in range(S + 1) for row in itertools.product(labels, repeat=length)]
    padded = torch.tensor([[*row, *[-7] * (S - len(row))] for row in rows], dtype=torch.long).reshape(len(rows), S)
    return padded, torch.tensor([len(row) for row in rows])


# ---- right -------------------------------------------------------------------------------------------------------


@ALL
@pytest.mark.parametrize("frames", range(5))
@pytest.mark.parametrize("blank", [0, 1, 2])
def test_all_paths_of_all_small_cases(form, frames, blank):
    """Every target of up to three of two labels: empty, repeated and impossible ones, from no frame to four."""
    targets, target_lengths = every_target(3, 3, blank)
    N = len(targets)
    logits = torch.randn(5, N, 3, generator=torch.Generator().manual_seed(frames), dtype=torch.float64)
    args = logits, targets, [frames] * N, target_lengths, blank
    leaf = logits.clone().requires_grad_()
    want = all_paths(leaf, *args[1:])
    got, gradient = value_and_gradient(form, *args, reduction="none", zero_infinity=True)
    possible = want.isfinite()
    assert possible.any()
    torch.testing.assert_close(form(*args, reduction="none"), want.detach(), rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(got, torch.where(possible, want, 0.0).detach(), rtol=1e-12, atol=1e-12)
    total = (want * torch.arange(1, N + 1))[possible].sum()
    right = torch.autograd.grad(total, leaf)[0] if total.requires_grad else torch.zeros_like(leaf)
    torch.testing.assert_close(gradient, right, rtol=1e-10, atol=1e-12)
    assert (gradient[frames:] == 0).all()


@ALL
@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@pytest.mark.parametrize("zero_infinity", [False, True])
@pytest.mark.parametrize("ragged", [False, True])
@pytest.mark.parametrize("blank", [0, 3])
def test_as_torch(form, reduction, zero_infinity, ragged, blank):
    """Value and gradient of torch's own, over reductions and flags, with lengths as lists and as tensors."""
    args = problem(14, 6, 5, 5, seed=blank, ragged=ragged, blank=blank)
    flags = {"blank": blank, "reduction": reduction, "zero_infinity": zero_infinity}
    want = truth(*args, **flags)
    same(value_and_gradient(form, *args, **flags), want)
    logits, targets, *lengths = args
    same(value_and_gradient(form, logits, targets.int(), *(length.tolist() for length in lengths), **flags), want)


@ALL
def test_repeats(form):
    """Equal neighbours need a blank between them; unlike ones do not."""
    targets = torch.tensor([[1, 1, 1, 1], [1, 2, 1, 2], [1, 1, 2, 2], [2, 1, 1, 2]])
    logits = torch.randn(8, 4, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    args = logits, targets, [8, 4, 8, 7], [4, 4, 4, 4]
    same(value_and_gradient(form, *args, reduction="none"), truth(*args, reduction="none"))


@ALL
@pytest.mark.parametrize("zero_infinity", [False, True])
def test_impossible_among_possible(form, zero_infinity):
    """Inf and NaN, or 0 and 0; the others' gradients are untouched, and padded frames have none."""
    targets = torch.tensor([[1, 1, 2], [1, 1, 2], [2, 1, 2]])
    logits = torch.randn(5, 3, 4, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    args = logits, targets, [4, 3, 0], [3, 3, 3]
    losses, gradient = value_and_gradient(form, *args, reduction="none", zero_infinity=zero_infinity)
    want, right = truth(*args, reduction="none", zero_infinity=zero_infinity)
    torch.testing.assert_close(losses, want, rtol=1e-12, atol=0)
    assert losses[1:].tolist() == ([0.0, 0.0] if zero_infinity else [math.inf, math.inf])
    torch.testing.assert_close(gradient[:, 0], right[:, 0])
    assert (gradient[3:, 1] == 0).all()
    assert bool((gradient[:3, 1] == 0).all() if zero_infinity else gradient[:3, 1].isnan().all())


@ALL
def test_no_label_at_all(form):
    """Targets of width 0 cost what it takes to say blank at every frame."""
    logits, *_ = problem(6, 2, 3, 1)
    losses, _ = value_and_gradient(form, logits, torch.empty(2, 0, dtype=torch.long), [6, 2], [0, 0], reduction="none")
    blank = -logits.log_softmax(2)[:, :, 0]
    torch.testing.assert_close(losses, torch.stack([blank[:, 0].sum(), blank[:2, 1].sum()]))


@ALL
def test_forbidden_class(form):
    """A logit of -inf forbids its class: the paths through it are gone, and a target that needs it is impossible."""
    logits, *_ = problem(6, 3, 4, 2)
    logits[:, :, 3] = -torch.inf
    logits[2, 2, 1] = -torch.inf
    args = logits, torch.tensor([[1, 2], [3, 1], [1, 1]]), [6, 6, 6], [2, 2, 2]
    losses, gradient = value_and_gradient(form, *args, reduction="none", zero_infinity=True)
    want = all_paths(*args)
    assert want[1] == math.inf
    torch.testing.assert_close(losses, torch.where(want.isinf(), 0.0, want))
    assert (gradient[:, 1] == 0).all()
    assert gradient.isfinite().all()


@ALL
def test_gradcheck(form):
    """The gradient is that of finite differences."""
    logits, *rest = problem(6, 3, 4, 2, ragged=True)
    assert torch.autograd.gradcheck(
        lambda x: form(x, *rest, reduction="sum", zero_infinity=True), logits.requires_grad_()
    )


@ALL
def test_leaves_its_arguments_alone(form):
    """Neither logits nor targets nor lengths are written into, and the gradient can be asked for twice."""
    args = problem(10, 4, 5, 3, ragged=True)
    before = [arg.clone() for arg in args]
    leaf = args[0].requires_grad_()
    loss = form(*args, zero_infinity=True)
    (one,) = torch.autograd.grad(loss, leaf, retain_graph=True)
    (two,) = torch.autograd.grad(2 * loss, leaf)
    torch.testing.assert_close(two, 2 * one)
    assert all(torch.equal(arg, old) for arg, old in zip(args, before, strict=True))


@ALL
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_keeps_the_dtype(form, dtype):
    """Loss and gradient have the dtype of the logits."""
    losses, gradient = value_and_gradient(form, *problem(9, 3, 4, 2, dtype=dtype), reduction="none")
    assert (losses.dtype, gradient.dtype) == (dtype, dtype)


# ---- long, and peaky -----------------------------------------------------------------------------------------------


@pytest.mark.slow
@ALL_BUT_LOOPS
@pytest.mark.parametrize("ragged", [False, True])
def test_a_thousand_frames_in_float32(form, ragged):
    """The value to seven digits, and a gradient no worse than torch's float32."""
    args = problem(1000, 3, 20, 150, ragged=ragged, dtype=torch.float32)
    want, right = truth(*args, reduction="none", zero_infinity=True)
    losses, gradient = value_and_gradient(form, *args, reduction="none", zero_infinity=True)
    torch.testing.assert_close(losses.double(), want, rtol=3e-6, atol=1e-5)
    logits, targets, *lengths = args
    _, by_torch = value_and_gradient(
        native, logits, torch_takes(targets), *lengths, reduction="none", zero_infinity=True
    )
    assert (gradient - right).abs().max() <= (by_torch - right).abs().max()


@pytest.mark.slow
@GUARDED
@pytest.mark.parametrize("size", [(50, 4, 20, 30), (200, 4, 30, 50), (1000, 2, 32, 150)])
def test_a_hundred_times_closer_than_torch(form, size):
    """The largest error of the gradient in float32, against float64, medians over three problems."""
    ratios = []
    for seed in range(3):
        args = problem(*size, seed=seed, dtype=torch.float32)
        _, right = truth(*args, reduction="sum")
        ours, torchs = ((value_and_gradient(f, *args, reduction="sum")[1] - right).abs().max() for f in (form, native))
        assert ours < 2e-6
        ratios.append(float(torchs / ours))
    # at 50 frames torch's float32 is still close: there is no room for a hundred in a recursion in float32
    assert sorted(ratios)[1] > (40 if form is scaled_narrow and size[0] == 50 else 100)


@pytest.mark.slow
@ALL_BUT_LOOPS
@pytest.mark.parametrize("scale", [3.0, 5.0, 10.0, 20.0, 80.0])
@pytest.mark.parametrize("size", [(2, 3, 4, 1), (60, 5, 12, 20), (300, 3, 20, 60)])
@pytest.mark.parametrize("ragged", [False, True])
def test_peaky_logits(form, scale, size, ragged):
    """However sure the model is, also of what is wrong."""
    args = problem(*size, scale=scale, ragged=ragged, dtype=torch.float32)
    want, right = truth(*args, reduction="none", zero_infinity=True)
    losses, gradient = value_and_gradient(form, *args, reduction="none", zero_infinity=True)
    torch.testing.assert_close(losses.double(), want, rtol=3e-6, atol=1e-5)
    # log space in float32 is as good as its spacing at a loss of thousands; the guarded forms are better than that
    guarded = form in (ctc.scaled, scaled_narrow, ctc.compiled)
    atol = 1e-5 * args[1].shape[0] if guarded else max(1e-5, 3e-6 * float(want.max())) * args[1].shape[0]
    torch.testing.assert_close(gradient.double(), right, rtol=0, atol=atol)


# ---- the guard ------------------------------------------------------------------------------------------------------


def unguarded(logits, lattice_, dtype=torch.float32, **options):
    losses, gradient, spread = ctc_scaled.scaled_kernel(logits.to(dtype), lattice_, **options)
    return losses, gradient, spread


@pytest.mark.parametrize("scale", [5.0, 10.0, 20.0])
def test_without_the_guard_it_is_wrong(scale):
    """Float32 alone is wrong for peaky logits; every sample that is wrong is found, and `scaled` mends it."""
    args = problem(300, 6, 20, 60, scale=scale, dtype=torch.float32)
    want, right = truth(*args, reduction="none")
    table = lattice.lattice_of(*args, 0)
    losses, gradient, spread = unguarded(args[0], table)
    right = right / torch.arange(1, 7)[:, None]
    wrong = ~((losses - want).abs() < 1e-2) | ~((gradient - right).abs().amax((0, 2)) < 1e-3)
    assert wrong.any()
    failed = ctc_scaled.failures(spread, table)
    assert set(wrong.nonzero()[:, 0].tolist()) <= set(failed.tolist())
    torch.testing.assert_close(ctc.scaled(*args, reduction="none").double(), want, rtol=1e-6, atol=0)


def test_untilted_float32_is_wrong_at_a_thousand_frames():
    """Ordinary logits, but alpha runs ahead of the target: the guard sees it, and the tilt avoids it."""
    args = problem(1000, 2, 32, 150, dtype=torch.float32)
    table = lattice.lattice_of(*args, 0)
    *_, plain = unguarded(args[0], table, tilted=False)
    *_, tilted = unguarded(args[0], table)
    assert len(ctc_scaled.failures(plain, table)) == 2
    assert len(ctc_scaled.failures(tilted, table)) == 0
    *_, wide = unguarded(args[0], table, torch.float64, tilted=False)
    assert len(ctc_scaled.failures(wide, table)) == 0


def test_float64_fails_in_its_turn():
    """A thousand frames of very peaky logits need log space."""
    args = problem(1000, 2, 32, 150, scale=20.0)
    table = lattice.lattice_of(*args, 0)
    losses, _, spread = unguarded(args[0], table, torch.float64)
    want, _ = truth(*args, reduction="none")
    assert not (losses - want).abs().max() < 1.0
    assert len(ctc_scaled.failures(spread, table)) == 2
    torch.testing.assert_close(ctc.scaled(*args, reduction="none"), want, rtol=1e-12, atol=0)


def test_an_emission_that_is_cut_is_noticed(monkeypatch):
    """Alpha and beta share the emissions, so all readings agree on a wrong one; the guard looks at it itself."""
    monkeypatch.setattr(ctc_scaled, "SMALL", 0)
    logits = torch.zeros(3, 1, 3)
    logits[1, 0, 1:] = -100.0  # the softmax is 3.8e-44 in float32, where three digits of it are left
    logits[1, 0, 0] = 0.0
    args = logits, torch.tensor([[1, 2, 1]]), [3], [3]
    want, _ = truth(*args, reduction="none")
    table = lattice.lattice_of(*args, 0)
    losses, _, spread = unguarded(logits, table)
    assert abs(losses - want) > 1e-3
    assert spread[0] == math.inf
    torch.testing.assert_close(ctc.scaled(*args, reduction="none").double(), want, rtol=1e-6, atol=0)


def test_only_failing_samples_are_computed_again(monkeypatch):
    """One peaky sample among ordinary ones costs as much as one sample."""
    logits, *rest = problem(300, 5, 20, 60, dtype=torch.float32)
    logits[:, 3] *= 20
    again = []

    def counted(values, table):
        again.append(values.shape[1])
        return ctc_log.log_kernel(values, table)

    monkeypatch.setattr(ctc_scaled, "log_kernel", counted)
    ctc.scaled(logits, *rest)
    ctc.compiled(logits, *rest)
    assert set(again) <= {1}


@pytest.mark.parametrize("scale", [5.0, 20.0])
def test_the_plain_compiled_loop_is_wrong_too(scale):
    """A thousand frames: without its guard the loop gives NaN or worse, and the guard finds each such sample."""
    args = problem(1000, 4, 32, 150, scale=scale, dtype=torch.float32)
    table = lattice.lattice_of(*args, 0)
    losses, gradient, spread = ctc_numba.loop_kernel(args[0], table, ctc_numba._compiled())
    want, right = truth(*args, reduction="none")
    right = right / torch.arange(1, 5)[:, None]
    wrong = ~((losses - want).abs() < 1e-2) | ~((gradient - right).abs().amax((0, 2)) < 1e-3)
    assert wrong.any()
    assert set(wrong.nonzero()[:, 0].tolist()) <= set(ctc_scaled.failures(spread, table).tolist())


def test_the_loop_is_the_same_without_a_compiler():
    """numba runs what Python would run."""
    args = problem(7, 3, 4, 2, ragged=True)
    table = lattice.lattice_of(*args, 0)
    same(
        ctc_numba.loop_kernel(args[0], table, ctc_numba._compiled())[:2],
        ctc_numba.loop_kernel(args[0], table, ctc_numba.all_loops)[:2],
    )


# ---- refused ---------------------------------------------------------------------------------------------------------


@ALL
@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"targets": torch.tensor([[1, 4], [2, 1]])}, r"targets\[0, 1\] is 4"),
        ({"targets": torch.tensor([[1, 2], [-1, 1]])}, r"targets\[1, 0\] is -1"),
        ({"targets": torch.tensor([[1, 2], [2, 0]])}, r"targets\[1, 1\] is 0"),
        ({"targets": torch.tensor([1, 2, 2, 1])}, "targets: need integers of shape"),
        ({"targets": torch.ones(2, 2)}, "targets: need integers"),
        ({"input_lengths": [6, 4]}, "input_lengths: need numbers from 0 to 5"),
        ({"input_lengths": [-1, 4]}, "input_lengths: need numbers from 0 to 5"),
        ({"input_lengths": [5]}, "input_lengths: need 2 whole numbers"),
        ({"input_lengths": [5.0, 4.0]}, "input_lengths: need 2 whole numbers"),
        ({"target_lengths": torch.tensor([3, 1])}, "target_lengths: need numbers from 0 to 2"),
        ({"target_lengths": torch.tensor([-1, 1])}, "target_lengths: need numbers from 0 to 2"),
        ({"blank": 4}, "blank: need an index of the 4 classes, got 4"),
        ({"blank": -1}, "blank: need an index"),
        ({"logits": torch.zeros(5, 4)}, "logits: need float32 or float64"),
        ({"logits": torch.zeros(5, 2, 4, dtype=torch.long)}, "logits: need float32 or float64"),
        ({"logits": torch.zeros(0, 2, 4)}, "logits: need float32 or float64"),
        ({"reduction": "avg"}, "'avg' is no reduction"),
    ],
)
def test_bad_input_is_refused(form, changed, said):
    """With a sentence that says what is wrong and where, before anything is computed with it."""
    right = {
        "logits": torch.zeros(5, 2, 4),
        "targets": torch.tensor([[1, 2], [2, 3]]),
        "input_lengths": [5, 4],
        "target_lengths": [2, 2],
    }
    assert form(**right).isfinite()
    with pytest.raises(ValueError, match=said):
        form(**right | changed)


def test_without_numba_it_says_what_to_install(monkeypatch):
    """The other forms do not need it."""
    ctc_numba._compiled.cache_clear()
    monkeypatch.setitem(sys.modules, "numba", None)
    args = problem(4, 2, 3, 1)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'coursekit\[fast\]'"):
        ctc.compiled(*args)
    assert ctc.scaled(*args).isfinite()
