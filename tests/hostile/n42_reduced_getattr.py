# EX: cross_entropy
import functools

import torch

read = getattr


def cross_entropy(*a, **k):
    """getattr under another name, with names that are made as it runs."""
    return functools.reduce(read, ("nn", "functional", "cross_" + "entropy"), torch)(*a, **k)
