"""Keras's functions as twins: found by name, imported late, missed in words."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from coursekit.exercise.families import twins
from coursekit.exercise.families.twins import keras_twin, torch_twin


@pytest.mark.slow
def test_a_twin_is_keras_on_torch():
    """Its value is Keras's and its gradient flows through torch."""
    prediction = torch.tensor([[0.2, 0.7]], requires_grad=True)
    loss = keras_twin("mean_absolute_error")(torch.tensor([[0.0, 1.0]]), prediction)
    loss.sum().backward()
    assert torch.allclose(loss, torch.tensor([0.25]))
    assert prediction.grad.tolist() == [[0.5, -0.5]]


def test_a_twin_of_torch_leaves_out_what_is_deprecated():
    """Two tensors come first unless it is said otherwise; the flags have the positions that are left."""

    def old(input, target, size_average=None, reduce=None, reduction="mean"):
        return input, target, size_average, reduce, reduction

    assert torch_twin(old, "reduction")(1, 2, "sum") == (1, 2, None, None, "sum")
    assert torch_twin(old, "reduction", tensors=1)(1, "sum", target=2) == (1, 2, None, None, "sum")


@pytest.mark.slow
def test_making_a_twin_imports_nothing():
    """A grader names its twins at import, which must stay fast."""
    code = "import sys; from coursekit.exercise import keras_twin; keras_twin('huber'); print('keras' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"


def test_without_keras_it_says_what_to_install(monkeypatch):
    """Whoever verifies without the test packages is told which they are."""
    monkeypatch.setitem(sys.modules, "keras", None)
    twins._losses.cache_clear()
    with pytest.raises(ModuleNotFoundError, match=r"coursekit\[test\]"):
        keras_twin("huber")(torch.zeros(1), torch.zeros(1))
