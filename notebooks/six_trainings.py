"""Six short trainings on real data. Each takes the loss that it minimises, so each can be broken, and mended.

For the lesson "Which loss when": first look at the curves there, then come here. What went wrong stands at the end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from pydoc_data.topics import topics

import torch
import torch.nn.functional as F
from sklearn.datasets import load_diabetes, load_digits, load_iris
from torch import Tensor, nn

Loss = Callable[..., Tensor]


@cache
def digits() -> tuple[Tensor, Tensor]:
    """scikit-learn's 1,797 handwritten digits: pixels from 0 to 1 (1797, 64), and which digit each is (1797,)."""
    pixels, labels = load_digits(return_X_y=True)
    return torch.tensor(pixels / 16, dtype=torch.float32), torch.tensor(labels)


def steps(parameters: Iterator[Tensor] | list[Tensor], loss: Callable[[], Tensor], count: int, **sgd: float) -> Tensor:
    """`count` steps down the loss, by Adam, or by SGD if `sgd` names its `momentum`; the loss before each step."""
    kind = torch.optim.SGD if "momentum" in sgd else torch.optim.Adam
    optimiser, curve = kind(parameters, **sgd), []
    for _ in range(count):
        optimiser.zero_grad()
        value = loss()
        value.backward()
        optimiser.step()
        curve.append(value.item())
    return torch.tensor(curve)


# ---- A -----------------------------------------------------------------------------------------------------------


def classifier(loss: Loss, count: int = 150) -> tuple[Tensor, Tensor]:
    """Learns to read digits with `loss(logits, target)`: the curve, and the trained model's logits (1797, 10)."""
    torch.manual_seed(0)
    x, y = digits()
    model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    curve = steps(model.parameters(), lambda: loss(model(x), y), count, lr=0.02)
    return curve, model(x).detach()


# ---- B -----------------------------------------------------------------------------------------------------------

TEMPERATURE = 4.0


@cache
def teacher() -> Tensor:
    """A teacher's logits for the digits (1797, 10): of a network trained on their labels."""
    return classifier(F.cross_entropy)[1]


def student(loss: Loss, count: int = 150, *, adam: bool = False) -> tuple[Tensor, Tensor]:
    """Learns from the teacher with `loss(student_logits, teacher_logits, temperature)`: the curve, and its logits.

    By SGD, or by Adam.
    """
    torch.manual_seed(1)
    x, _ = digits()
    model = nn.Linear(64, 10)
    sgd = {} if adam else {"momentum": 0.0}
    curve = steps(model.parameters(), lambda: loss(model(x), teacher(), TEMPERATURE), count, lr=0.1, **sgd)
    return curve, model(x).detach()


# ---- C -----------------------------------------------------------------------------------------------------------

GRID = torch.linspace(0, 8, 161)


@cache
def petals() -> Tensor:
    """How long the petals of 150 irises are, as probabilities on GRID (161,): each flower a bell 0.2 cm wide."""
    lengths = torch.tensor(load_iris().data[:, 2], dtype=torch.float32)
    return (-((GRID - lengths[:, None]) ** 2) / (2 * 0.2**2)).softmax(1).mean(0)


def bell(mean: Tensor, log_std: Tensor) -> Tensor:
    """The log-probabilities of a normal distribution on GRID (161,)."""
    return (-((GRID - mean) ** 2) / (2 * (2 * log_std).exp())).log_softmax(0)


def fit(loss: Loss, count: int = 150, *, start: float = 2.5) -> tuple[Tensor, Tensor]:
    """Fits one bell to the petals with `loss(log_q, p)`, both (1, 161): the curve, and the bell's log_q (161,).

    The bell begins at `start`, in cm.
    """
    mean, log_std = torch.tensor(start, requires_grad=True), torch.tensor(0.0, requires_grad=True)
    curve = steps([mean, log_std], lambda: loss(bell(mean, log_std)[None], petals()[None]), count, lr=0.05)
    return curve, bell(mean, log_std).detach()


# ---- D -----------------------------------------------------------------------------------------------------------


@cache
def strips() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """400 strips of two or three digits side by side, read column by column.

    Returns:
        Pixels (400, 8, 24), the digits as classes 1 to 10 padded with 0 (400, 3), the numbers of columns (400,) and
        the numbers of digits (400,).
    """
    generator = torch.Generator().manual_seed(0)
    x, y = digits()
    lengths = torch.randint(2, 4, (400,), generator=generator)
    chosen = torch.randint(0, len(x), (400, 3), generator=generator)
    there = torch.arange(3) < lengths[:, None]
    images = x[chosen].reshape(400, 3, 8, 8) * there[:, :, None, None]
    pixels = images.movedim(1, 2).reshape(400, 8, 24)
    return pixels, (y[chosen] + 1) * there, 8 * lengths, lengths


def ctc_by_hand(log_probs: Tensor, targets: Tensor, input_lengths: Tensor, target_lengths: Tensor) -> Tensor:
    """CTC by the forward algorithm, as in the lesson of that name, for a batch; what torch calls "mean"."""
    (length, size, _), never = log_probs.shape, -1e9
    labels = torch.zeros(size, 2 * targets.shape[1] + 1, dtype=torch.int64)
    labels[:, 1::2] = targets  # a blank before, between and after
    may_skip = (labels != 0) & (labels != labels.roll(2, dims=1))
    may_skip[:, :2] = False
    emitted = log_probs.gather(2, labels.expand(length, -1, -1))
    alpha = F.pad(emitted[0, :, :2], (0, labels.shape[1] - 2), value=never)
    rows = [alpha]
    for t in range(1, length):
        before = F.pad(alpha, (2, 0), value=never)
        skipped = before[:, :-2].masked_fill(~may_skip, never)
        alpha = torch.stack([alpha, before[:, 1:-1], skipped]).logsumexp(0) + emitted[t]
        rows.append(alpha)
    last = torch.stack(rows)[input_lengths - 1, torch.arange(size)]
    ends = last.gather(1, torch.stack([2 * target_lengths - 1, 2 * target_lengths], dim=1))
    return (-ends.logsumexp(1) / target_lengths).mean()


def speech(loss: Loss, count: int = 60) -> tuple[Tensor, Tensor]:
    """Learns to read the strips with `loss(logits, targets, input_lengths, target_lengths)`, logits (24, 400, 11).

    Returns:
        The curve, and the logits of the trained model.
    """
    torch.manual_seed(0)
    pixels, *rest = strips()
    model = nn.Sequential(nn.Conv1d(8, 32, 7, padding=3), nn.ReLU(), nn.Conv1d(32, 11, 5, padding=2))
    curve = steps(model.parameters(), lambda: loss(model(pixels).movedim(2, 0), *rest), count, lr=0.01)
    return curve, model(pixels).detach().movedim(2, 0)


# ---- E -----------------------------------------------------------------------------------------------------------


@cache
def patients() -> tuple[Tensor, Tensor]:
    """442 patients with diabetes: ten standardised measurements (442, 10), the disease's progress in a year (442,)."""
    x, y = load_diabetes(return_X_y=True)
    return torch.tensor(x * 442**0.5, dtype=torch.float32), torch.tensor(y, dtype=torch.float32)


def regression(loss: Loss, count: int = 150) -> tuple[Tensor, Tensor]:
    """Learns the progress with `loss(prediction, target)`, (442, 1) and (442,): the curve, and its predictions."""
    torch.manual_seed(0)
    x, y = patients()
    model = nn.Linear(10, 1)
    curve = steps(model.parameters(), lambda: loss(model(x), y), count, lr=0.1, momentum=0.0)
    return curve, model(x).detach()


# ---- F -----------------------------------------------------------------------------------------------------------

PADDING, END, LONGEST = 0, 27, 16


@cache
def words() -> Tensor:
    """1,000 words of Python's own manual as classes (1000, 16): letters 1 to 26, END, then PADDING up to the end."""
    found = sorted(set(re.findall(r"\b[a-z]{2,15}\b", " ".join(topics.values()))))
    rows = [[ord(letter) - 96 for letter in word] + [END] for word in found]
    table = torch.tensor([row + [PADDING] * (LONGEST - len(row)) for row in rows])
    return table[torch.randperm(len(table), generator=torch.Generator().manual_seed(0))[:1000]]


def language_model(loss: Loss, count: int = 100) -> tuple[Tensor, Tensor]:
    """Learns to spell with `loss(logits, target, padding)`, (1000, 16, 28) and (1000, 16): the curve, and its logits.

    What comes next is told from the letter before.
    """
    torch.manual_seed(0)
    target = words()
    before = torch.cat([torch.full((len(target), 1), END), target[:, :-1]], dim=1)
    model = nn.Embedding(28, 28)  # a row of logits for each letter before
    nn.init.zeros_(model.weight)
    curve = steps(model.parameters(), lambda: loss(model(before), target, PADDING), count, lr=0.1)
    return curve, model(before).detach()


# ---- four runs of one network --------------------------------------------------------------------------------------


def in_three() -> Tensor:
    """Whether each digit is one of 0 to 4, of 5 to 7, or of 8 and 9: classes (1797,)."""
    _, y = digits()
    return (y >= 5).long() + (y >= 8).long()


def four_runs() -> dict[str, Tensor]:
    """The curves of four runs P to S, with targets smoothed by 0.1. In one of them nothing is wrong."""
    x, _ = digits()

    def run(inputs: Tensor, rate: float, softmaxes: int) -> Tensor:
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 3))
        nn.init.normal_(model[2].weight, std=0.01)
        nn.init.zeros_(model[2].bias)

        def loss() -> Tensor:
            outputs = model(inputs)
            for _ in range(softmaxes - 1):
                outputs = outputs.softmax(dim=1)
            return F.cross_entropy(outputs, in_three(), label_smoothing=0.1)

        return steps(model.parameters(), loss, 400, lr=rate)

    return {"P": run(0 * x, 0.02, 1), "Q": run(x, 0.02, 1), "R": run(x, 1e-6, 1), "S": run(x, 0.02, 2)}


# ---- what each of them minimised: look at the curves before you look here -----------------------------------------


def broken_a(logits: Tensor, target: Tensor) -> Tensor:
    """What training A minimised."""
    return F.cross_entropy(logits.softmax(dim=1), target)


def broken_b(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    """What training B minimised."""
    log_s = (student_logits / temperature).log_softmax(dim=1)
    t = (teacher_logits / temperature).softmax(dim=1)
    return temperature**2 * F.kl_div(log_s, t)


def broken_c(log_q: Tensor, p: Tensor) -> Tensor:
    """What training C minimised."""
    return F.kl_div(p.log(), log_q, reduction="batchmean", log_target=True)


def broken_d(logits: Tensor, targets: Tensor, input_lengths: Tensor, target_lengths: Tensor) -> Tensor:
    """What training D minimised."""
    return ctc_by_hand(logits, targets, input_lengths, target_lengths)


def broken_e(prediction: Tensor, target: Tensor) -> Tensor:
    """What training E minimised."""
    return F.mse_loss(prediction, target)


def broken_f(logits: Tensor, target: Tensor, padding: int) -> Tensor:  # noqa: ARG001
    """What training F minimised."""
    return F.cross_entropy(logits.flatten(0, 1), target.flatten())


# ---- and mended: these are answers to the lesson's exercises -------------------------------------------------------


def mended_b(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    """One KL a sample."""
    log_s = (student_logits / temperature).log_softmax(dim=1)
    t = (teacher_logits / temperature).softmax(dim=1)
    return temperature**2 * F.kl_div(log_s, t, reduction="batchmean")


def mended_c(log_q: Tensor, p: Tensor) -> Tensor:
    """Weighed by the data."""
    return F.kl_div(log_q, p, reduction="batchmean")


def mended_d(logits: Tensor, targets: Tensor, input_lengths: Tensor, target_lengths: Tensor) -> Tensor:
    """Of log-probabilities."""
    return ctc_by_hand(logits.log_softmax(dim=2), targets, input_lengths, target_lengths)


def mended_e(prediction: Tensor, target: Tensor) -> Tensor:
    """Each against its own."""
    return F.mse_loss(prediction.squeeze(1), target)


def mended_f(logits: Tensor, target: Tensor, padding: int) -> Tensor:
    """Without the padding."""
    return F.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=padding)


CASES: dict[str, tuple[Callable[[Loss], tuple[Tensor, Tensor]], Loss, Loss]] = {
    "A": (classifier, broken_a, F.cross_entropy),
    "B": (student, broken_b, mended_b),
    "C": (fit, broken_c, mended_c),
    "D": (speech, broken_d, mended_d),
    "E": (regression, broken_e, mended_e),
    "F": (language_model, broken_f, mended_f),
}
