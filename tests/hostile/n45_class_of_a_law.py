# EX: laplace_nll
import types

import torch


class Law(torch.distributions.Distribution):
    def __init_subclass__(cls, **given):
        cls.law = given["law"]


class Mine(Law, law=torch.distributions.Laplace):
    pass


def laplace_nll(input, target, scale):
    """A method of a class that nobody has made an object of."""
    here = types.SimpleNamespace(loc=input, scale=scale, _validate_args=False)
    return -Mine.law.log_prob(here, target)
