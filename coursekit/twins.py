"""Keras's own losses, to prove our answers against: on the torch backend, imported when first called."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

    from coursekit.exercise import LossFunction


def keras_twin(name: str) -> LossFunction:
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
