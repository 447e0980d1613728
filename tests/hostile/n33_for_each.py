# EX: sigmoid
import torch


def sigmoid(input):
    """The operator that takes a list of tensors."""
    return torch._foreach_sigmoid([input])[0]
