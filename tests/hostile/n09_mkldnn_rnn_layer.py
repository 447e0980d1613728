# EX: sigmoid
import torch


def sigmoid(input):
    """An LSTM's output gate, with a cell that is full and never forgets."""
    flat = input.reshape(1, -1, 1).float()
    count = flat.shape[1]
    gates = torch.zeros(4, 1)
    by_input = gates.index_fill(0, torch.tensor([3]), 1.0)
    bias = torch.tensor([-50.0, 50.0, 0.0, 0.0])
    full = torch.full((1, count, 1), 50.0)
    args = (flat, by_input, gates, bias, torch.zeros(4), full[0] * 0, full[0], False, [], 2, 1, 1, True, False, False, True)
    return torch.mkldnn_rnn_layer(*args)[0].reshape(input.shape).to(input.dtype)
