"""The wire between judge and child."""

import json

import pytest
import torch
import toys
from hypothesis import example, given
from hypothesis import strategies as st
from torch import Tensor

from coursekit.wire import Answer, Problem, Question, frames
from coursekit.wire.frames import DTYPES, LENGTHS, ProtocolError

shapes = st.lists(st.integers(0, 3), max_size=3)


@st.composite
def tensors(draw) -> Tensor:
    """Any bytes as a tensor of any dtype on the wire: NaN with payloads, infinities and empty shapes among them."""
    dtype, shape = draw(st.sampled_from(list(DTYPES.values()))), draw(shapes)
    if dtype is torch.bool:
        count = torch.Size(shape).numel()
        return torch.tensor(draw(st.lists(st.booleans(), min_size=count, max_size=count)), dtype=dtype).reshape(shape)
    size = torch.Size(shape).numel() * dtype.itemsize
    data = draw(st.binary(min_size=size, max_size=size))
    return torch.frombuffer(bytearray(data), dtype=dtype).reshape(shape) if data else torch.empty(shape, dtype=dtype)


plain = st.none() | st.booleans() | st.integers(-100, 100) | st.floats(allow_nan=False) | st.text(max_size=5)
values = tensors() | plain
questions = st.builds(
    Question,
    args=st.lists(values, max_size=3).map(tuple),
    kwargs=st.dictionaries(st.sampled_from(["reduction", "weight", "eps"]), values),
    wrt=st.lists(st.integers(0, 2), max_size=2).map(tuple),
    scale=st.floats(allow_nan=False),
)


def cut(frame: bytes) -> tuple[bytes, bytes]:
    """A frame's header and body."""
    header, body = frames.lengths(frame[: LENGTHS.size])
    rest = frame[LENGTHS.size :]
    assert header + body == len(rest)
    return rest[:header], rest[header:]


def bits(value: object) -> object:
    """A value in a form in which == means the same bits."""
    if isinstance(value, Tensor):
        return value.dtype, value.shape, value.contiguous().numpy().tobytes()
    return type(value), value


def answered(answer: Answer, wrt: tuple[int, ...] = ()) -> Answer:
    return frames.decode_answer(*cut(frames.encode_answer(answer)), wrt)


def frame(**fields: object) -> bytes:
    return json.dumps({"value": None, "gradients": [], "problem": None} | fields).encode()


@given(questions)
def test_question_survives_the_wire(question):
    """The child is asked exactly what the judge asks: every bit, dtype, shape and plain value."""
    header, body = cut(frames.encode_question(question))
    back = frames.decode_question(json.loads(header), body)
    assert [bits(value) for value in question.args] == [bits(value) for value in back.args]
    assert {name: bits(value) for name, value in question.kwargs.items()} == {
        name: bits(value) for name, value in back.kwargs.items()
    }
    assert (question.wrt, question.scale) == (back.wrt, back.scale)


@given(tensors(), st.lists(st.none() | tensors(), max_size=3))
def test_answer_survives_the_wire(value, gradients):
    """The judge gets exactly what the function returned, in value and gradients."""
    back = answered(Answer(value, tuple(gradients)), tuple(range(len(gradients))))
    assert [bits(each) for each in (value, *gradients)] == [bits(each) for each in (back.value, *back.gradients)]


@given(st.text(), st.text())
def test_problem_survives_the_wire(kind, message):
    """A problem arrives as it was told, without a value."""
    assert Answer(problem=Problem(kind, message)) == answered(Answer(problem=Problem(kind, message)))


def test_long_message_is_cut():
    """A message of any length fits into the header."""
    back = answered(Answer(problem=Problem("raised", "x" * 1_000_000)))
    assert back.problem.message == "x" * frames.MAX_MESSAGE


NEGATED = torch.tensor(1 + 2j).conj().imag  # of more than one, `contiguous` makes a copy


@pytest.mark.parametrize(
    "value",
    [torch.arange(6).reshape(2, 3).T, torch.ones(1).expand(4), torch.ones(3, requires_grad=True) * 2, NEGATED],
    ids=["transposed", "expanded", "with a graph", "negated when it is read"],
)
def test_any_strided_tensor_can_be_sent(value):
    """How a tensor lies in memory makes no difference to what arrives."""
    assert bits(value.detach().resolve_neg()) == bits(answered(Answer(value)).value)


def test_what_arrives_is_nobody_elses_memory():
    """Writing into an answer is safe, and two tensors of it share nothing."""
    back = answered(Answer(torch.zeros(2), (torch.zeros(2),)), (0,))
    back.value.add_(1)
    assert back.gradients[0].tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("header", "body", "why"),
    [
        (b"", b"", "not JSON"),
        (b"\xff\xfe", b"", "not JSON"),
        (b"[" * 60_000, b"", "not JSON"),
        (b"9" * 60_000, b"", "not JSON"),
        (b"[]", b"", "does not hold"),
        (b"{}", b"", "does not hold"),
        (frame(verdict="passed"), b"", "does not hold"),
        (frame(problem="raised"), b"", "a kind and a message"),
        (frame(problem=["raised", 3]), b"", "a kind and a message"),
        (frame(problem=[]), b"", "a kind and a message"),
        (frame(), b"", "needs a dtype"),
        (frame(value=0.5), b"", "needs a dtype"),
        (frame(value={"shape": []}), b"", "needs a dtype"),
        (frame(value={"dtype": ["float32"], "shape": []}), b"", "needs a dtype"),
        (frame(value={"dtype": "object", "shape": []}), b"1234", "known dtype"),
        (frame(value={"dtype": "float32"}), b"1234", "known dtype"),
        (frame(value={"dtype": "float32", "shape": [1] * 9}), b"1234", "at most 8"),
        (frame(value={"dtype": "float32", "shape": [-1]}), b"", "made of sizes"),
        (frame(value={"dtype": "float32", "shape": [1.0]}), b"1234", "made of sizes"),
        (frame(value={"dtype": "float32", "shape": [True]}), b"1234", "made of sizes"),
        (frame(value={"dtype": "float32", "shape": [1 << 40]}), b"1234", "made of sizes"),
        (frame(value={"dtype": "float32", "shape": []}), b"123", "too short"),
        (frame(value={"dtype": "float32", "shape": [1 << 22] * 8}), b"1234", "too short|too large"),
        (frame(value={"dtype": "float32", "shape": []}), b"12345", "left over"),
        (frame(value={"dtype": "float32", "shape": []}, gradients=[None]), b"1234", "number of gradients"),
        (frame(value={"dtype": "float32", "shape": []}, gradients={}), b"1234", "number of gradients"),
        (frame(value={"dtype": "float32", "shape": []}, gradients=None), b"1234", "number of gradients"),
    ],
    ids=toys.short,
)
def test_broken_answer_is_refused(header, body, why):
    """Each way to break the rules is noticed, and said."""
    with pytest.raises(ProtocolError, match=why):
        frames.decode_answer(header, body, ())


@pytest.mark.parametrize("count", [0, 1, 3])
def test_number_of_gradients_is_exact(count):
    """As many gradients as were asked for: no fewer, no more."""
    with pytest.raises(ProtocolError, match="number of gradients"):
        answered(Answer(torch.zeros(()), (None,) * count), (0, 1))


anything = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner), max_leaves=4
)
sizes = st.integers(-1, 3) | st.sampled_from([0, 1 << 22, (1 << 22) + 1, 1 << 62, 1 << 70])
claims = st.fixed_dictionaries(
    {"dtype": st.sampled_from([*DTYPES, "bfloat16"]) | anything, "shape": st.lists(sizes, max_size=9) | anything}
)
forged = st.fixed_dictionaries(
    {
        "value": claims | anything,
        "gradients": st.lists(claims | anything, min_size=1, max_size=1) | anything,
        "problem": st.none() | st.none() | anything,
    }
).map(lambda fields: json.dumps(fields).encode())


@given(st.binary(max_size=200) | forged, st.binary(max_size=16))
@example(frame(value={"dtype": "float32", "shape": [1 << 22] * 3 + [0]}, gradients=[None]), b"")
@example(
    frame(value={"dtype": "float32", "shape": []}, gradients=[{"dtype": "bool", "shape": [0] + [1 << 22] * 7}]), b"1234"
)
def test_a_strangers_bytes_are_an_answer_or_an_error(header, body):
    """Whatever a child writes, the judge gets a well-formed Answer or a ProtocolError, and nothing else happens."""
    try:
        answer = frames.decode_answer(header, body, (0,))
    except ProtocolError:
        return
    assert (answer.problem is None) == (answer.value is not None)
    assert isinstance(answer.value, Tensor | None)


@pytest.mark.parametrize(
    ("header", "body"), [(frames.MAX_HEADER + 1, 0), (0, frames.MAX_BODY + 1), (2**32 - 1, 2**32 - 1)]
)
def test_announced_lengths_are_capped(header, body):
    """A frame that is announced as too long is refused before any of it is read."""
    with pytest.raises(ProtocolError, match="over the limit"):
        frames.lengths(LENGTHS.pack(header, body))


def test_largest_frame_is_allowed():
    """The caps themselves are within bounds."""
    assert frames.lengths(LENGTHS.pack(frames.MAX_HEADER, frames.MAX_BODY)) == (
        frames.MAX_HEADER,
        frames.MAX_BODY,
    )
