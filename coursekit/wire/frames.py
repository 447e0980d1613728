"""What crosses the wall between judge and child: a Question one way, an Answer the other.

A frame is two little-endian 32-bit lengths (header, body), a JSON header, and a body of raw little-endian
tensor buffers in the order in which the header names them. There is no pickle: what comes back from a child is
data from a stranger, so every length, dtype and shape is checked against a cap before anything is allocated.
"""

from __future__ import annotations

import json
import struct
from math import prod
from typing import Any

import torch
from torch import Tensor

from coursekit.wire.messages import Answer, Problem, Question

LENGTHS = struct.Struct("<II")
MAX_HEADER = 1 << 16
MAX_BODY = 1 << 22
MAX_MESSAGE = 2_000

DTYPES: dict[str, torch.dtype] = {
    "float64": torch.float64,
    "float32": torch.float32,
    "float16": torch.float16,
    "int64": torch.int64,
    "int32": torch.int32,
    "uint8": torch.uint8,
    "bool": torch.bool,
}
NAMES = {dtype: name for name, dtype in DTYPES.items()}


class ProtocolError(Exception):
    """A frame that breaks the rules above; the judge takes it as a failed answer, never as a result."""


def pack(header: dict[str, Any], tensors: list[Tensor]) -> bytes:
    """One frame, ready to be sent."""
    text = json.dumps(header).encode()
    body = b"".join(tensor.detach().resolve_neg().contiguous().numpy().tobytes() for tensor in tensors)
    return LENGTHS.pack(len(text), len(body)) + text + body


def lengths(prefix: bytes) -> tuple[int, int]:
    """The lengths of header and body that a frame's first eight bytes announce."""
    header, body = LENGTHS.unpack(prefix)
    if header > MAX_HEADER or body > MAX_BODY:
        raise ProtocolError(f"a frame of {header} + {body} bytes is over the limit")
    return header, body


def encode_question(question: Question) -> bytes:
    """The frame that asks `question`."""
    tensors: list[Tensor] = []
    header = {
        "args": [_describe(value, tensors) for value in question.args],
        "kwargs": {name: _describe(value, tensors) for name, value in question.kwargs.items()},
        "wrt": list(question.wrt),
        "scale": question.scale,
        "through": question.through,
    }
    return pack(header, tensors)


def decode_question(header: dict[str, Any], body: bytes) -> Question:
    """The question of a frame (read by the child, from a judge it can trust)."""
    reader = _Body(body)
    args = tuple(_restore(item, reader) for item in header["args"])
    kwargs = {name: _restore(item, reader) for name, item in header["kwargs"].items()}
    return Question(args, kwargs, tuple(header["wrt"]), header["scale"], header["through"])


def encode_answer(answer: Answer) -> bytes:
    """The frame that carries `answer`."""
    tensors: list[Tensor] = []
    problem = answer.problem
    header = {
        "value": None if answer.value is None else _describe(answer.value, tensors),
        "gradients": [None if grad is None else _describe(grad, tensors) for grad in answer.gradients],
        "problem": None if problem is None else [problem.kind, problem.message[:MAX_MESSAGE]],
    }
    return pack(header, tensors)


def decode_answer(header: bytes, body: bytes, wrt: tuple[int, ...]) -> Answer:
    """The answer of a frame that came from a stranger.

    Raises:
        ProtocolError: anything but one value (with as many gradients as were asked for) or one problem.
    """
    try:
        fields = json.loads(header)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"the header is not JSON: {type(error).__name__}") from None
    if not isinstance(fields, dict) or set(fields) != {"value", "gradients", "problem"}:
        raise ProtocolError("the header does not hold value, gradients and problem")
    if fields["problem"] is not None:
        kind, message = _strings(fields["problem"])
        return Answer(problem=Problem(kind, message[:MAX_MESSAGE]))
    gradients = fields["gradients"]
    if not isinstance(gradients, list) or len(gradients) != len(wrt):
        raise ProtocolError("the number of gradients is not what was asked for")
    reader = _Body(body)
    value = reader.tensor(fields["value"])
    grads = tuple(None if item is None else reader.tensor(item) for item in gradients)
    reader.finish()
    return Answer(value, grads)


def _describe(value: Any, tensors: list[Tensor]) -> Any:
    if isinstance(value, Tensor):
        tensors.append(value)
        return {"dtype": NAMES[value.dtype], "shape": list(value.shape)}
    return value


def _restore(item: Any, reader: _Body) -> Any:
    return reader.tensor(item) if isinstance(item, dict) else item


def _strings(item: Any) -> tuple[str, str]:
    if isinstance(item, list) and len(item) == 2 and all(isinstance(text, str) for text in item):
        return item[0], item[1]
    raise ProtocolError("a problem is a kind and a message")


class _Body:
    """Cuts tensors off the body, one after another, and notices when too little or too much is there."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.offset = 0

    def tensor(self, item: Any) -> Tensor:
        if not isinstance(item, dict) or not isinstance(item.get("dtype"), str):
            raise ProtocolError("a tensor needs a dtype and a shape")
        dtype, shape = DTYPES.get(item["dtype"]), item.get("shape")
        if dtype is None or not isinstance(shape, list) or len(shape) > 8:
            raise ProtocolError("a tensor needs a known dtype and a shape of at most 8 dimensions")
        if not all(type(size) is int and 0 <= size <= MAX_BODY for size in shape):
            raise ProtocolError("a shape is made of sizes")
        end = self.offset + prod(shape) * dtype.itemsize
        if end > len(self.data):
            raise ProtocolError("the body is too short for its tensors")
        chunk, self.offset = bytearray(self.data[self.offset : end]), end
        if not chunk:  # frombuffer refuses an empty buffer
            if prod(max(size, 1) for size in shape) > MAX_BODY:  # of 4194304³ × 0, torch refuses the strides
                raise ProtocolError("a shape is too large")
            return torch.empty(shape, dtype=dtype)
        return torch.frombuffer(chunk, dtype=dtype).reshape(shape)

    def finish(self) -> None:
        if self.offset != len(self.data):
            raise ProtocolError("bytes are left over behind the last tensor")
