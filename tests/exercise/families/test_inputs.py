"""Random inputs that can be read, pasted and told from trivial ones."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from coursekit.exercise.families import inputs
from coursekit.exercise.literal import literal

rngs = st.integers(0, 2**32).map(np.random.default_rng)
few = st.integers(2, 5)


@given(rngs, st.lists(st.integers(1, 3), max_size=2), few)
def test_distribution(rng, batch, outcomes):
    """Rows of positive twentieths that sum to 1, no two neighbours alike."""
    p = inputs.distribution(rng, *batch, outcomes)
    steps = (p.double() * 20).round()
    assert (torch.float32, (*batch, outcomes)) == (p.dtype, tuple(p.shape))
    assert torch.equal(p, (steps / 20).float())
    assert (steps > 0).all()
    assert (steps.sum(-1) == 20).all()
    assert (steps.diff() != 0).all()


@given(rngs, few, few)
def test_joint(rng, rows, columns):
    """A table of positive hundredths that sums to 1, whose margins tell rows and columns apart."""
    table = inputs.joint(rng, rows, columns)
    steps = (table.double() * 100).round()
    assert (torch.float32, (rows, columns), 100) == (table.dtype, tuple(table.shape), steps.sum())
    assert torch.equal(table, (steps / 100).float())
    assert (steps > 0).all()
    assert (rows, columns) == (len(steps.sum(1).unique()), len(steps.sum(0).unique()))


@given(rngs, st.lists(st.integers(0, 4), max_size=3), st.sampled_from([1.0, 0.5, 10.0]))
def test_normal(rng, shape, scale):
    """Normal deviates of one decimal, times a scale."""
    x = inputs.normal(rng, *shape, scale=scale)
    assert (torch.float32, tuple(shape)) == (x.dtype, tuple(x.shape))
    assert torch.allclose(x / scale * 10, (x / scale * 10).round(), atol=1e-4)


@given(rngs, st.integers(1, 6), st.lists(st.integers(1, 4), max_size=2))
def test_indices(rng, high, shape):
    """Class indices below the number of classes, of two classes where there is room."""
    drawn = inputs.indices(rng, high, *shape)
    assert (torch.int64, tuple(shape)) == (drawn.dtype, tuple(drawn.shape))
    assert ((drawn >= 0) & (drawn < high)).all()
    assert len(drawn.unique()) >= min(2, high, drawn.numel())


def test_few_indices_differ():
    """Two indices of two classes are never the same class."""
    drawn = [sorted(inputs.indices(np.random.default_rng(seed), 2, 2).tolist()) for seed in range(20)]
    assert drawn == [[0, 1]] * 20


@pytest.mark.parametrize(
    "draw",
    [
        lambda rng: inputs.distribution(rng, 2, 3),
        lambda rng: inputs.joint(rng, 2, 3),
        lambda rng: inputs.normal(rng, 2, 3),
        lambda rng: inputs.indices(rng, 5, 2, 3),
    ],
    ids=["distribution", "joint", "normal", "indices"],
)
def test_draws_follow_the_seed(draw):
    """The same seed draws the same input, another seed another one."""
    one, again, other = (draw(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


@given(rngs)
def test_inputs_are_short_to_read(rng):
    """An input that fails a check fits on a line."""
    assert len(literal(inputs.distribution(rng, 2, 3))) < 80
    assert len(literal(inputs.normal(rng, 2, 3))) < 80


def test_what_is_drawn_again_and_again_is_drawn_once():
    """Whoever comes later gets copies of it, and a generator that stands where it would stand then."""
    calls = []

    def draw(rng, size, *, whole=False):
        calls.append(size)
        return (torch.tensor(rng.integers(0, 100, size=size) if whole else rng.normal(size=size)),)

    drawn = inputs.drawn_once(draw)
    first, second = np.random.default_rng(3), np.random.default_rng(3)
    (one,), (other,) = drawn(first, 4), drawn(second, 4)
    assert torch.equal(one, other)
    other.zero_()
    assert torch.equal(one, drawn(np.random.default_rng(3), 4)[0])
    assert first.normal() == second.normal()
    assert calls == [4]
    drawn(np.random.default_rng(4), 4)
    drawn(np.random.default_rng(3), 5)
    drawn(np.random.default_rng(3), 4, whole=True)
    assert calls == [4, 4, 5, 4]
