# EX: cross_entropy
import typing

import torch

reader = typing.operator.attrgetter


def cross_entropy(*a, **k):
    """operator's attrgetter, by way of typing and a second name."""
    return reader("nn.functional.cross_" + "entropy")(torch)(*a, **k)
