# EX: cross_entropy
import enum

import torch


def cross_entropy(*a, **k):
    """Python's builtins under a name that enum gives them."""
    return enum.bltns.eval("torch.nn.functional.cross_" + "entropy", {"torch": torch})(*a, **k)
