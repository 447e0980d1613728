"""What to say to whoever returned something that is no tensor, or a tensor that cannot be compared."""

from __future__ import annotations

from coursekit.exercise.failure import Failure

# By the sort of the value, as `wire.answering` tells it
_HELP = {
    "number": "Stay with torch operations until the end. Look for .item(), float(), a function of `math`, for Python's "
    "`max` of a tensor and a number, and for a sum that began with a number and found nothing to add. "
    "`torch.tensor(…)` makes a tensor of a number that needs no gradient.",
    "numbers": "`torch.tensor(…, dtype=…)` makes a tensor of plain numbers that need no gradient.",
    "tensors": "`torch.stack(…)` joins tensors of one shape to a single tensor, and keeps their gradients.",
    "numpy": "numpy knows nothing of gradients: use torch's function of the same name. `torch.tensor(…)` makes a "
    "tensor of a result that needs no gradient.",
    "subclass": "It begins a graph of its own, so no gradient flows back to the input. Return what was computed.",
    "complex": "The result is a real number: return the part that is meant, `.real`.",
    "dtype": "Keep the dtype of the input, or convert the result to it by `.to(…)`.",
    "layout": "Return the whole tensor: `.to_dense()`.",
    "device": "Make every tensor where the input is: `input.new_zeros(…)`, or `device=input.device`.",
    "callable": "This is a function, and not what it gives. Call it: its brackets, (), are missing.",
    "other": "Return a tensor that torch's operations have made from the input.",
}
_COMMA = "A comma behind the value makes a tuple of it: take the comma away. "
_SEVERAL = "Return one of them, or one tensor of all: "

# By the name of its type, where more can be said
_NAMED = {
    "coroutine": "To call an `async` function runs nothing of it. Leave `async` out.",
    "generator": "A function with `yield` gives a generator. Collect the pieces in a list, and return "
    "`torch.stack(pieces)`.",
    "async_generator": "Leave `async` out, and return the result in place of `yield`.",
    "str": "A text is for reading. Return the tensor itself.",
    "max": "Along a dimension, `max` gives values and indices: take `.values`, or use `amax`.",
    "min": "Along a dimension, `min` gives values and indices: take `.values`, or use `amin`.",
}


def no_tensor(call: str, message: str) -> Failure:
    """What to say of a value that is no tensor, or none that can be compared.

    Args:
        call: the call, as it is shown.
        message: the sort of the value and its name, as `wire.answering` tells them.
    """
    sort, _, name = message.partition(" ")
    return Failure(f"Got {_named(sort, name)} for {call}, expected a torch.Tensor.", _help(sort, name))


def _named(sort: str, name: str) -> str:
    match sort:
        case "dtype":
            return f"a tensor of {name}"
        case "layout":
            return f"a sparse tensor, {name},"
        case "device":
            return f"a tensor on {name}"
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def _help(sort: str, name: str) -> str:
    kind, _, size = name.partition(" of ")
    if kind == "tuple" and size == "1":
        return _COMMA + ("" if sort == "tensors" else _HELP[sort])
    if kind == "tuple" and sort == "tensors":
        return _SEVERAL + _HELP[sort]
    if sort == "dtype" and "complex" in name:
        return _HELP["complex"]
    return _NAMED.get(kind) or _HELP.get(sort) or _HELP["other"]
