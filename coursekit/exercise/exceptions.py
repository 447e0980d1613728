"""What an exception of a learner's code means, in a sentence: the step to take where Python's own words name none.

All is told by what a message contains: it may come from a stranger, and is read once, from left to right.
"""

from __future__ import annotations

from dataclasses import dataclass

WHOLE_TRACEBACK = "Paste the line into a cell to see the whole traceback."


@dataclass(frozen=True)
class _Raised:
    """An exception: its type, its message, and the learner's line, as far as it is known."""

    kind: str
    text: str
    line: str


def shortened(message: str) -> str:
    """The message without what torch adds for its own developers: lists of signatures, ways to search on."""
    what, line = _parted(message)
    for tail in (", but expected one of:", " Hint: enable anomaly detection", " (Triggered internally"):
        what = what.partition(tail)[0]
    return what + line


def meaning(message: str) -> str:
    """What to do about an exception.

    Args:
        message: type and message, and the line of the learner's code in brackets.
    """
    what, line = _parted(message)
    kind, _, text = what.partition(": ")
    raised = _Raised(kind, text, line)
    if kind == "NotImplementedError" and (not text or "raise NotImplementedError" in line):
        return "A branch, or what the function calls, is not written yet: it raises this itself."
    if ": raise " in line:
        return "It is your own `raise`. Does its condition hold for a call that should give a value?"
    return _ambiguous(raised) or _from_table(raised) or WHOLE_TRACEBACK


def of_the_call(name: str, message: str) -> str:
    """What to do where the exercise's own call does not fit the function; `name` is the exercise's."""
    if "__init__()" in message or "takes no arguments" in message:
        return f"`{name}` is a class, and calling it makes an object of it. Write a function: `def {name}(…)`."
    return (
        "It is called as the stub is: keep the stub's signature, every parameter with its name, in its place and with "
        "its default."
    )


def _parted(message: str) -> tuple[str, str]:
    """A message, and the part in brackets that names the learner's line."""
    place = message.rfind(" (line ")
    return (message, "") if place < 0 else (message[:place], message[place:])


def _ambiguous(raised: _Raised) -> str:
    """What to write where Python asks a tensor of many elements for one yes or no."""
    if "is ambiguous" not in raised.text:
        return ""
    line = raised.line
    if "Loss(" in line:
        return (
            "A class such as `nn.MSELoss` is not given the tensors: it makes an object, and that is called with them, "
            "`nn.MSELoss()(input, target)`. The function is `F.mse_loss(input, target)`."
        )
    if any(word in line for word in ("(max(", " max(", "(min(", " min(", "=max(", "=min(", "-max(", "*max(")):
        return (
            "Python's `max` and `min` compare whole things. Element by element it is `torch.maximum(a, b)`, and "
            "against a number `x.clamp(min=0)`."
        )
    if "if weight:" in line or "if not weight:" in line or _of_a_plain_name(line):
        return "To ask whether an optional argument was given, write `is not None`."
    if any(word in line for word in (" and ", " or ", " not ", "(not ", "[not ")) or line.count(" < ") > 1:
        return (
            "`and`, `or`, `not` and a chain such as `a < x < b` want one yes or no, and here is one for each element. "
            "Join masks with `&` and `|`, turn them round with `~`, and put each comparison in brackets."
        )
    return (
        "`if` wants one yes or no, and here is one for each element. To choose element by element: "
        "`torch.where(condition, a, b)`. To ask about all of them at once: `.any()` or `.all()`."
    )


def _of_a_plain_name(line: str) -> bool:
    """Whether the line is `if name:`, `if not name:` or `… = name or …`."""
    code = line.partition(": ")[2].removesuffix(")").strip()
    asked = code.removeprefix("if ").removeprefix("not ").removesuffix(":")
    if code.startswith("if ") and asked.isidentifier():
        return True
    left, word, _ = code.partition(" or ")
    return bool(word) and left.rpartition("= ")[2].isidentifier()


# What to do, by the messages that it is for, with bars between them: those that contain all that stands between dots.
# What begins with @ is looked for in the learner's line. The first row that fits is said.
_TABLE = {
    "bitwise_xor | for ^": "`^` is no power in Python: write `**`.",
    "bitwise_and | for &": "`&` joins masks, of dtype bool. Put each comparison in brackets: `(x > 0) & (x < 1)`.",
    "bitwise_or | for |": "`|` joins masks, of dtype bool. Put each comparison in brackets: `(x < 0) | (x > 1)`.",
    "bitwise_not | operator.invert": "`~` turns a mask round, of dtype bool: `~(x == 1)`. Of zeros and ones it is `1 "
    "- x`.",
    "a bool tensor": "A mask is turned round by `~mask`. To calculate with it, make numbers of it first: "
    "`mask.to(x.dtype)`.",
    'missing the required "forward"': "Its class has no method `forward`: look at how the name is spelt, and how far "
    "it is indented.",
    "not implemented for": "torch cannot do this for numbers of that dtype (Long is int64, Half is float16). Have "
    "two arguments changed places? If not, convert them first: `.to(torch.float32)`.",
    "Could not run": "torch cannot do this for such a tensor: is it sparse, or on another device?",
    "numpy() | np.ndarray | numpy.ndarray": "numpy knows nothing of gradients: stay with torch "
    "operations from the input to the result.",
    "inplace operation": "Something that the gradient needs was overwritten: `x[i] = …`, `+=`, or an operation whose "
    "name ends in an underscore writes into it. Make new tensors instead: collect rows in a list, and join them with "
    "`torch.stack`.",
    "in-place operation | modified inplace": "`x[i] = …`, `+=` and operations whose name ends in an underscore write "
    "into a tensor. Make new tensors instead.",
    "argument…@np. | invalid combination…@np.": "numpy's functions are not made for tensors. torch has one of that "
    "name.",
    "index…@factorial": "`math` takes a single number. For each element, ln x! is `torch.lgamma(x + 1)`.",
    "one element…@math.lgamma": "`math` takes a single number. For each element it is `torch.lgamma`.",
    "one element…@math.exp": "`math` takes a single number. For each element it is `torch.exp`.",
    "one element…@math.log2": "`math` takes a single number. For each element it is `torch.log2`.",
    "one element…@math.log": "`math` takes a single number. For each element it is `torch.log`.",
    "one element…@math.": "`math` takes a single number. torch has a function of that name for each element.",
    "one element…@torch.tensor(": "`torch.tensor` takes numbers. To join tensors, use `torch.stack`.",
    "list indices must be": "A list is indexed by one int. To index by a tensor, make a tensor of it first.",
    "converted to Python scalars | cannot be converted to Scalar": "float(), int() and .item() take a tensor of one "
    "element, and here are many. Keep the tensor.",
    "can be converted to an index": "Here Python wants one whole number: an int, or an integer tensor of one element. "
    "To choose for each element: `torch.where(condition, a, b)`, or a tensor indexed by a tensor.",
    "return_types.max": "Along a dimension, `max` gives values and indices: take `.values`, or use `amax`.",
    "return_types.min": "Along a dimension, `min` gives values and indices: take `.values`, or use `amin`.",
    "return_types": "This gives several tensors: take one of them by its name, such as `.values`.",
    "torch.Size": "`.shape` and `.size()` are all sizes together. The number of elements is `.numel()`.",
    "NoneType": "Something is None here: an optional argument that was not given (ask `if weight is not None` first), "
    "what a helper without `return` gives, or a `.grad` before any `backward`.",
    "not None": "An optional argument was not given here: ask `is not None` first.",
    "maximum(…must be Tensor, not": "`torch.maximum` takes two tensors. Against a number it is `x.clamp(min=0)`.",
    "minimum(…must be Tensor, not": "`torch.minimum` takes two tensors. Against a number it is `x.clamp(max=1)`.",
    "must be Tensor, not float | must be Tensor, not int": "torch's functions take tensors. Of a plain number, "
    "Python's `math` has the same: `math.log(2)`.",
    "must be Tensor, not list": "This is a list. `torch.stack` joins tensors, `torch.tensor` makes one of numbers.",
    "must be Tensor, not tuple": "This is a tuple. `torch.stack` joins tensors, `torch.tensor` makes one of numbers.",
    "must be Tensor, not": "torch's functions take tensors: look at what is handed to it here.",
    "expected Tensor as element": "`torch.stack` and `torch.cat` join tensors. Of numbers, `torch.tensor` makes one.",
    "max() received an invalid": "Against a number it is `x.clamp(min=0)`; of two tensors, `torch.maximum(a, b)`.",
    "min() received an invalid": "Against a number it is `x.clamp(max=1)`; of two tensors, `torch.minimum(a, b)`.",
    "where() received an invalid": "`torch.where` takes three things: the condition, the value where it holds, the "
    "value elsewhere.",
    "invalid combination of arguments": "torch's function does not take these together: compare the names and types "
    "of its parameters (a dimension is `dim`, what is kept of it `keepdim`).",
    "unexpected keyword argument": "What is called here has no parameter of that name: look up how it is called there "
    "(in torch, `dim` and `keepdim`).",
    'required positional arguments: "dim"': "torch asks for the dimension: `dim=-1` is the last.",
    "positional argument": "What is called here takes another number of arguments: compare with its definition.",
    "valid value for reduction": "Look at how the word is spelt: 'none', 'mean', 'sum', and 'batchmean' of `kl_div`.",
    "is not defined": "Is the name spelt as where it was made? Has the cell run that defines or imports it?",
    "cannot access local variable": "The name gets its value in one branch only. Give it one on every branch.",
    "function_or_method' object is not subscriptable | 'function' object is not subscriptable | 'method' object is not "
    "subscriptable": "A function is called with ( ). [ ] picks from a tensor.",
    "builtin_function_or_method | 'method' | 'function'": "A function stands where its result should: its brackets, "
    "( ), are missing.",
    "has no attribute 'ln'": "The natural logarithm is `torch.log`.",
    "has no attribute 'factorial'": "ln x! is `torch.lgamma(x + 1)`.",
    "has no attribute 'astype'": "In torch it is `.to(dtype)`, as in `.to(input.dtype)`.",
    "has no attribute 'copy'": "In torch it is `.clone()`.",
    "has no attribute 'expand_dims'": "In torch it is `unsqueeze`, or `x[:, None]`.",
    "has no attribute 'concatenate'": "In torch it is `torch.cat`.",
    "has no attribute 'array'": "In torch it is `torch.tensor`.",
    "has no attribute 'power'": "In torch it is `torch.pow`, or `**`.",
    "'list' object has no attribute": "This is a list. `torch.stack` makes one tensor of a list of tensors, "
    "`torch.tensor` one of numbers.",
    "unhashable": "A list or a dictionary cannot be a key. A tuple can: `tuple(…)`.",
    "'tuple'": "This is a tuple: several results, or a value with a comma behind it. Take one of them, `x[0]`.",
    "'float' object has no attribute | 'int' object has no attribute | 'float' object is not subscriptable | "
    "'int' object is not subscriptable": "This is a plain number, no tensor: look for .item(), float(), `len`, `math`.",
    "has no attribute 'none'": "'none' is no method. It asks for the losses as they are: look at `reduction` first.",
    "has no attribute": "Is the name spelt as in the documentation, and is this the kind of thing that has it?",
    "KeyError: tensor": "Two tensors are two keys, even of the same number. Take the number itself: `.item()`.",
    "KeyError…none": '`reduction="none"` asks for the losses as they are: it needs an entry, too.',
    "'list'": "A list is no tensor, and does no arithmetic. `torch.stack` makes one of a list of tensors, "
    "`torch.tensor` one of numbers.",
    "can only concatenate list | can't multiply sequence": "A list does no arithmetic: `torch.stack` makes a tensor "
    "of it.",
    "'Tensor' object is not callable": "Brackets behind a value call it as a function. Is a `*` missing, or has a "
    "function's name been used for a tensor?",
    "object is not callable": "Brackets behind a value call it as a function. Is a `*` missing, or has a function's "
    "name been used for something else?",
    "'int' object is not iterable": "A number is no list. To count up to it: `range(n)`.",
    "is not iterable | cannot unpack non-iterable": "A single number is no list: `.tolist()` of a tensor without a "
    "dimension is a number.",
    "values to unpack": "There are not as many values as names on the left. Of a shape, print it. Of a dictionary, "
    "loop over `.items()`.",
    "1D tensors expected": "`dot` takes two vectors. In any shape it is `(a * b).sum()`: print the shape of both.",
    "to indexing result of shape": "What is put in has another shape than the places it is for. Use the same mask on "
    "both sides: `out[mask] = values[mask]`.",
    "view size is not compatible": "Use `reshape` in place of `view`.",
    "same number of dimensions as input": "`gather` wants an index with as many dimensions as the tensor: "
    "`index.unsqueeze(-1)`, and `squeeze(-1)` behind it.",
    "must match the size of tensor": "The shapes do not fit. Print both: does one need `keepdim=True`, or a dimension "
    "of size 1 by `unsqueeze`?",
    "shapes cannot be multiplied": "`@` sums over the last dimension of the left and the last but one of the right. "
    "Print the shape of both.",
    "non-empty": "There is nothing to join here. An empty result is made by `x.new_empty(0)`.",
    "zero-dimensional tensor": "`torch.cat` joins along a dimension that is there. Single numbers are joined by "
    "`torch.stack`.",
    "0-d tensor": "A single number has no dimension: print the shape of what stands here.",
    "Dimension out of range": "The tensor has fewer dimensions here than that. Count from the end: `-1` is the last.",
    "too many indices": "The tensor has fewer dimensions here than there are indices: print its shape.",
    "specified for input.numel() == 0 | no elements": "There is nothing here: a batch may be empty, and has no "
    "largest element then.",
    "to have non-zero size": "There is nothing here: a dimension may have size 0, and no largest element then.",
    "Class values must be": "`one_hot` knows classes from 0 to num_classes - 1 only: is there a label for padding "
    "among them?",
    "out of bounds": "An index is outside of that dimension. Is it the dimension that you mean? Does every label "
    "stand for a place in it, or is it one that does not count?",
    "tuple index out of range": "The tensor has fewer dimensions here than that: print its shape.",
    "index out of range": "An index is beyond the end. Is the list as long as you think?",
    "empty sequence | argument is empty": "Python's `max` and `min` of nothing have no value: what is empty here?",
    "einsum()": "In `einsum` each dimension has a letter: compare them with the shapes.",
    "multi-target | target tensor expected": "torch looks for the classes in dimension 1, and wants targets "
    "of the shape without it. Print both shapes.",
    "indices must be | for index | index tensor of type": "Only whole numbers pick by index, int64. Are these indices "
    "(then `.long()`), or something else, such as probabilities?",
    "could not infer output dtype": "A mean of whole numbers (Long is int64) or of a mask (Bool) is none. Make "
    "floating-point numbers of them first: `.to(torch.float32)`.",
    "can't be cast": "In place, a tensor keeps its dtype, and whole numbers (Long is int64) cannot take a fraction. "
    "Make floating-point numbers of them first.",
    "be a type, str, or dtype": "A dtype is wanted here. To convert as another tensor is: `.to(x.dtype)`.",
    "same dtype | scalar type | src.dtype | Found dtype": "The dtypes differ: bring one to the other's by "
    "`.to(other.dtype)`.",
    "grad…@backward": "The caller's `backward` is not the function's business: return the loss, and leave it to "
    "training to call that.",
    "incorrect number of gradients": "`backward` returns one gradient for each argument of `forward` behind ctx, None "
    "for those that have none.",
    "invalid gradient at index": "The `backward` of your Function returns a gradient of another shape than the "
    "argument has. It is the slope that comes in, times the derivative, in that argument's shape.",
    "same device | CUDA": "Make every tensor where the input is: `input.new_zeros(…)`, or `device=input.device`.",
    "RecursionError": "The function calls itself without an end. If torch's function of that name is meant: `torch.…`.",
    "AssertionError…@assert": "It is your own `assert` that does not hold for this call.",
    "SystemExit": "`exit` ends the program. Return a value; to refuse an argument, raise a ValueError.",
    "EOFError | StdinNotImplementedError": "Nobody is there to type something in: all that the function needs comes "
    "as its arguments.",
    "math domain error | expected a positive": "`math.log` has no value at 0, and `math.sqrt` none below. torch's "
    "functions give -inf and NaN there.",
    "math range error": "The number is too large for Python's `math`. torch's functions give inf there.",
    "ZeroDivisionError": "Python does not divide a plain number by 0. Is something empty, or was nothing counted?",
    "ModuleNotFoundError": "Is it installed, and its name spelt so? What is graded has torch, numpy and Python's own "
    "modules.",
    "shape | must have the same size | batch_size | equal size": "The shapes do not fit: print them before this line.",
}


def _from_table(raised: _Raised) -> str:
    what = f"{raised.kind}: {raised.text}"
    for messages, sentence in _TABLE.items():
        for message in messages.split(" | "):
            if all(word[1:] in raised.line if word[0] == "@" else word in what for word in message.split("…")):
                return sentence
    return ""
