"""The frameworks' own losses, to prove our answers against."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from torch import Tensor

from coursekit.exercise.mistakes import Loss


def torch_twin(function: Loss, *flags: str, tensors: int = 2) -> Loss:
    """torch's own, with the positions that are left without the deprecated `size_average` and `reduce`.

    Args:
        function: of `torch.nn.functional`.
        flags: what stands behind the tensors, in order, such as "margin", "reduction".
        tensors: how many arguments stand before them.
    """

    def twin(*args: Any, **kwargs: Any) -> Tensor:
        return function(*args[:tensors], **dict(zip(flags, args[tensors:], strict=False)), **kwargs)

    return twin


def keras_twin(name: str) -> Loss:
    """The function `keras.losses.<name>`, imported only when it is called: that takes seconds.

    Args:
        name: the function's name, such as "binary_crossentropy".

    Returns:
        A function with Keras's signature. Called where Keras is not installed, it raises ModuleNotFoundError.
    """

    def twin(*args: Any, **kwargs: Any) -> Tensor:
        loss: Tensor = getattr(_losses(), name)(*args, **kwargs)
        return loss

    return twin


@cache
def _losses() -> Any:
    os.environ["KERAS_BACKEND"] = "torch"  # Keras reads it once, while it is imported
    try:
        import keras
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(f"{error}: the twin is Keras's; pip install 'coursekit[test]'") from error
    return keras.losses
