"""The chunked loss is the plain one in value and gradient, whatever the flags, and holds no table of logits."""

from __future__ import annotations

from itertools import product

import pytest
import torch
import torch.nn.functional as F
from torch import tensor
from torch.utils._python_dispatch import TorchDispatchMode

from coursekit.fast.linear_cross_entropy import linear_cross_entropy

pytestmark = pytest.mark.usefixtures("one_thread")


def plain(input, linear_weight, target, *, linear_bias=None, ignore_index=None, **flags):
    """What the loss is by definition."""
    logits = F.linear(input, linear_weight, linear_bias)
    return F.cross_entropy(logits, target, ignore_index=-100 if ignore_index is None else ignore_index, **flags)


def value_and_gradients(loss, leaves, target, upstream, **flags):
    """The loss, and the gradients of its product with `upstream` by input, weight and bias."""
    x, w, *bias = (leaf.clone().requires_grad_() for leaf in leaves)
    value = loss(x, w, target, linear_bias=bias[0] if bias else None, **flags)
    (value * upstream).sum().backward()
    return [value.detach(), *(leaf.grad for leaf in (x, w, *bias))]


def parts(dtype=torch.float64, rows=7, classes=4):
    """Seven rows of five features, four classes, a bias and class weights."""
    draw = torch.Generator().manual_seed(0)
    sizes = ((rows, 5), (classes, 5), (classes,))
    x, w, bias = (torch.randn(size, dtype=dtype, generator=draw) for size in sizes)
    return x, w, bias, tensor([0.3, 0.1, 0.4, 0.25], dtype=dtype)


@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_every_flag(dtype, reduction):
    """Bias × class weights × ignore_index × smoothing × chunks that divide the rows and others, scaled from above."""
    x, w, bias, v = parts(dtype)
    upstream = torch.linspace(-1, 2, 7, dtype=dtype) if reduction == "none" else tensor(2.5, dtype=dtype)
    for biased, weighted, ignored, smoothing, chunk in product(
        (False, True), (False, True), (None, 1), (0.0, 0.1), (3, 7, None)
    ):
        target = tensor([0, 1, 2, 3, 1, -100 if ignored is None else 0, 2])
        flags = {"weight": v if weighted else None, "ignore_index": ignored, "label_smoothing": smoothing}
        leaves = (x, w, bias) if biased else (x, w)
        how = {"reduction": reduction, **flags}
        mine = value_and_gradients(linear_cross_entropy, leaves, target, upstream, chunk_rows=chunk, **how)
        theirs = value_and_gradients(F.linear_cross_entropy, leaves, target, upstream, **how)
        torch.testing.assert_close(mine, theirs)


@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@pytest.mark.parametrize("target", [tensor([], dtype=torch.int64), tensor([-100, -100])], ids=["empty", "all ignored"])
def test_nothing_counts(target, reduction):
    """An empty batch, and one of which every row is ignored: NaN for the mean, 0 for the sum, gradients of 0."""
    x, w, bias, _ = parts(rows=len(target))
    mine, theirs = (
        value_and_gradients(loss, (x, w, bias), target, tensor(1.0), reduction=reduction)
        for loss in (linear_cross_entropy, plain)
    )
    torch.testing.assert_close(mine, theirs, equal_nan=True)
    assert not any(grad.any() for grad in mine[1:])


@pytest.mark.parametrize("needed", [(True, False, False), (False, True, False), (False, False, True), (False,) * 3])
@pytest.mark.parametrize("reduction", ["none", "mean"])
def test_gradients_that_nobody_needs(reduction, needed):
    """A frozen layer, or frozen features: the other gradients are right, and what is frozen gets none."""
    x, w, bias, _ = parts()
    target = tensor([0, 1, 2, 3, 1, 0, 2])
    wanted = value_and_gradients(plain, (x, w, bias), target, tensor(1.0), reduction=reduction)
    leaves = [leaf.clone().requires_grad_(need) for leaf, need in zip((x, w, bias), needed, strict=True)]
    value = linear_cross_entropy(leaves[0], leaves[1], target, linear_bias=leaves[2], reduction=reduction)
    assert value.requires_grad == any(needed)
    if any(needed):
        value.sum().backward()
    for leaf, need, grad in zip(leaves, needed, wanted[1:], strict=True):
        assert (leaf.grad is not None) == need
        if need:
            torch.testing.assert_close(leaf.grad, grad)


def test_without_autograd():
    """Under no_grad the value is the same, and no gradient is computed."""
    x, w, *_ = parts()
    target = tensor([0, 1, 2, 3, 1, 0, 2])
    with torch.no_grad(), Largest() as largest:
        value = linear_cross_entropy(x, w.requires_grad_(), target, chunk_rows=2)
    torch.testing.assert_close(value, plain(x, w, target).detach())
    assert largest.numel == 2 * 5  # two rows of features: no gradient of 20 numbers


def test_one_row():
    """A row without a batch: (D,) with a target ()."""
    x, w, bias, v = parts()
    for reduction in ("none", "mean"):
        how = {"weight": v, "label_smoothing": 0.1, "reduction": reduction}
        one = (x[0], w, bias)
        mine = value_and_gradients(linear_cross_entropy, one, tensor(2), tensor(1.0), **how)
        torch.testing.assert_close(mine, value_and_gradients(plain, one, tensor(2), tensor(1.0), **how))


def test_what_cannot_be_chunked_takes_the_plain_form():
    """Probabilities as targets, and a class for every place, as torch falls back too."""
    x, w, bias, _ = parts()
    q = torch.softmax(x @ w.T, 1).roll(1, 0)
    mine = value_and_gradients(linear_cross_entropy, (x, w, bias), q, tensor(1.0), label_smoothing=0.1)
    torch.testing.assert_close(mine, value_and_gradients(plain, (x, w, bias), q, tensor(1.0), label_smoothing=0.1))
    places = torch.stack([w, w.flip(0)], 1)
    target = torch.stack([torch.arange(7) % 4, torch.arange(7) % 3], 1)
    expected = F.linear_cross_entropy(x, places, target)
    torch.testing.assert_close(linear_cross_entropy(x, places, target), expected)


def test_large_logits():
    """Logits of ±1000 in float32."""
    x, w = tensor([[1000.0, 0.0], [0.0, -1000.0]]), tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    leaves, target = (x, w), tensor([1, 0])
    mine, theirs = (value_and_gradients(loss, leaves, target, tensor(1.0)) for loss in (linear_cross_entropy, plain))
    torch.testing.assert_close(mine, theirs)


def test_an_ignored_row_is_not_looked_at():
    """NaN in a row that does not count reaches nothing, not even the gradient of the weights."""
    x, w, *_ = parts(rows=3)
    x[1] = torch.nan
    value, grad_x, grad_w = value_and_gradients(linear_cross_entropy, (x, w), tensor([0, -100, 2]), tensor(1.0))
    kept = x[[0, 2]]
    expected, grad_kept, grad_w_kept = value_and_gradients(plain, (kept, w), tensor([0, 2]), tensor(1.0))
    torch.testing.assert_close((value, grad_w), (expected, grad_w_kept))
    torch.testing.assert_close(grad_x, torch.stack([grad_kept[0], torch.zeros(5).double(), grad_kept[1]]))


def test_errors():
    """An unknown word, a chunk of nothing, a target that is no class, a second backward."""
    x, w, *_ = parts(rows=2)
    with pytest.raises(ValueError, match="no reduction"):
        linear_cross_entropy(x, w, tensor([0, 1]), reduction="avg")
    with pytest.raises(ValueError, match="at least 1 row"):
        linear_cross_entropy(x, w, tensor([0, 1]), chunk_rows=0)
    for wrong in (4, -1):
        with pytest.raises(IndexError, match="not in 0 … 3"):
            linear_cross_entropy(x, w, tensor([0, wrong]))
    loss = linear_cross_entropy(x.requires_grad_(), w, tensor([0, 1]))
    loss.backward(retain_graph=True)
    with pytest.raises(RuntimeError, match="handed out"):
        loss.backward()


class Largest(TorchDispatchMode):
    """The most numbers that any tensor made by an operation has, in the forward and the backward pass."""

    def __init__(self):
        super().__init__()
        self.numel = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        lent = {part.untyped_storage().data_ptr() for part in args if isinstance(part, torch.Tensor)}
        for value in result if isinstance(result, tuple | list) else (result,):
            if isinstance(value, torch.Tensor) and value.untyped_storage().data_ptr() not in lent:  # views are free
                self.numel = max(self.numel, value.untyped_storage().nbytes() // value.element_size())
        return result


def largest_of(loss, rows=64, features=8, classes=1000, **flags):
    """The size of the largest tensor that one step makes."""
    draw = torch.Generator().manual_seed(0)
    leaves = [torch.randn(size, features, generator=draw) for size in (rows, classes)]
    target = torch.randint(classes, (rows,), generator=draw)
    with Largest() as largest:
        value_and_gradients(loss, leaves, target, tensor(1.0), **flags)
    return largest.numel


@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_no_table_of_logits(reduction, smoothing):
    """The largest tensor is a chunk's buffer, or the gradient of the weights; the plain form makes all of N × V."""
    how = {"reduction": reduction, "label_smoothing": smoothing}
    assert largest_of(linear_cross_entropy, chunk_rows=32, **how) == 32 * 1000
    assert largest_of(linear_cross_entropy, chunk_rows=4, **how) == 8 * 1000
    assert largest_of(plain, **how) == 64 * 1000
