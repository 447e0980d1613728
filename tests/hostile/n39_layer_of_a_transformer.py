# EX: log_softmax
import torch
from torch import nn


def log_softmax(input, dim):
    """Attention by a module: scores are the inputs, values are unit vectors."""
    x = input.movedim(dim, -1)
    size = x.shape[-1]
    layer = nn.MultiheadAttention(size, 1, bias=False, batch_first=True).to(x.dtype)
    eye = torch.eye(size, dtype=x.dtype)
    with torch.no_grad():
        layer.in_proj_weight.copy_(torch.cat([eye * size**0.5, eye, eye]))
        layer.out_proj.weight.copy_(eye)
    return layer(x.reshape(1, -1, size), eye[None], eye[None])[0].reshape(x.shape).log().movedim(-1, dim)
