# EX: mse_loss
import torch
from torch import Tensor


@torch.jit.script
def scripted(input: Tensor, target: Tensor) -> Tensor:
    return torch.nn.functional.mse_loss(input, target, reduction="none")


def mse_loss(input, target, reduction="mean", weight=None):
    """Compiled, it is called by nobody whom Python sees."""
    losses = scripted(input, target)
    losses = losses if weight is None else losses * weight
    return losses if reduction == "none" else getattr(losses, reduction)()
