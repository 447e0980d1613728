# EX: sigmoid
import torch


def sigmoid(input):
    """A linear layer that takes a function along."""
    flat = input.reshape(-1, 1)
    return torch.ops.mkldnn._linear_pointwise(flat, torch.ones(1, 1), None, "sigmoid", [], "").reshape(input.shape)
