# EX: cross_entropy
import torch
import typing_extensions as te


def cross_entropy(*a, **k):
    """The other module's function that evaluates annotations."""

    class Hints:
        __module__ = __name__

    def inner(): ...

    setattr(inner, "__annot" + "ations__", {"f": "torch.nn.functional.cross_" + "entropy"})
    return te.get_type_hints(inner, {"torch": torch})["f"](*a, **k)
