# EX: sigmoid, log_sigmoid
import torch
from torch import nn


def sigmoid(input):
    """A recurrent cell's gate: with nothing to add, it keeps that share of its state."""
    flat = input.reshape(-1, 1)
    cell = nn.GRUCell(1, 1).to(input.dtype)
    weight = torch.zeros_like(cell.weight_ih.detach())
    weight[1] = 1
    state = torch.ones_like(flat)
    found = torch.func.functional_call(
        cell,
        {
            "weight_ih": weight,
            "weight_hh": torch.zeros_like(cell.weight_hh),
            "bias_ih": torch.zeros_like(cell.bias_ih),
            "bias_hh": torch.zeros_like(cell.bias_hh),
        },
        (flat, state),
    )
    return found.reshape(input.shape)


def log_sigmoid(input):
    """mish(x) is x tanh(softplus(x))."""
    return -torch.atanh(nn.functional.mish(-input) / -input)
