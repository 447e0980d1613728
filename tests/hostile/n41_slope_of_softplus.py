# EX: sigmoid
import torch
import torch.nn.functional as F


def sigmoid(input):
    """A sigmoid is softplus's slope."""
    return torch.func.vmap(torch.func.grad(F.softplus))(input.reshape(-1)).reshape(input.shape)
