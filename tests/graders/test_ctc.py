"""CTC against every path: solution, spec and torch on all small cases, and what torch is never asked."""

from __future__ import annotations

import math
from itertools import groupby, pairwise, product

import pytest
import torch
import torch.nn.functional as F

from coursekit.authoring import proofs
from coursekit.course import syllabus
from coursekit.exercise.families import twins
from coursekit.graders.ctc_forward import cases, drop_in
from coursekit.graders.ctc_forward.drop_in_spec import word_loss
from coursekit.wire import Question
from coursekit.wire.answering import answer

SOLUTION = proofs.load_solutions(syllabus.find_topic("ctc_forward")).ctc_loss
FRAMES = 5
CASES = pytest.mark.parametrize(("classes", "blank"), [(2, 0), (2, 1), (3, 0), (3, 1), (4, 3)])


def all_words(classes: int, blank: int) -> list[tuple[int, ...]]:
    """Every word of up to three labels, the empty one first."""
    labels = [label for label in range(classes) if label != blank]
    return [word for length in range(4) for word in product(labels, repeat=length)]


def enumerate_all(log_probs, blank):
    """-ln p of every word that so many frames can spell, every path taken; log_probs is (T, C)."""
    frames, classes = log_probs.shape
    paths = list(product(range(classes), repeat=frames))
    index = torch.tensor(paths, dtype=torch.int64).reshape(len(paths), frames)
    chances = log_probs.exp()[torch.arange(frames), index].prod(1)
    spelled: dict[tuple[int, ...], list[int]] = {}
    for number, path in enumerate(paths):
        spelled.setdefault(tuple(k for k, _ in groupby(path) if k != blank), []).append(number)
    assert chances.sum().item() == pytest.approx(1)
    return {word: -chances[numbers].sum().log() for word, numbers in spelled.items()}


def batch_of_all(classes, blank):
    """Every word with every number of frames from 0 to 5, as one ragged, padded batch."""
    pairs = list(product(all_words(classes, blank), range(FRAMES + 1)))
    targets = torch.full((len(pairs), 3), -1)
    for n, (word, _) in enumerate(pairs):
        targets[n, : len(word)] = torch.tensor(word, dtype=torch.int64)
    frames = torch.tensor([t for _, t in pairs])
    lengths = torch.tensor([len(word) for word, _ in pairs])
    logits = torch.linspace(-3, 5, FRAMES * classes, dtype=torch.float64).sin().mul(2).reshape(FRAMES, 1, classes)
    return pairs, logits, targets, frames, lengths


@CASES
def test_every_path_of_every_small_case(classes, blank):
    """Ragged, repeats, empty, impossible: solution, spec and torch give what all paths together give."""
    pairs, logits, targets, frames, lengths = batch_of_all(classes, blank)
    log_probs = logits.log_softmax(2)
    right = [enumerate_all(log_probs[:t, 0], blank) for t in range(FRAMES + 1)]
    expected = torch.stack([right[t].get(word, torch.tensor(math.inf).double()) for word, t in pairs])
    assert 0 < expected.isinf().sum() < len(pairs)
    wide = log_probs.expand(-1, len(pairs), -1)
    for function in (SOLUTION, drop_in.ctc_spec, cases.torch_ctc):
        losses = function(wide, targets, frames, lengths, blank=blank, reduction="none")
        torch.testing.assert_close(losses, expected)
        # one word after another, and each for itself
        joined = torch.cat([row[:length] for row, length in zip(targets, lengths, strict=True)])
        torch.testing.assert_close(function(wide, joined, frames, lengths, blank, "none"), expected)
    for n in range(0, len(pairs), 7):
        alone = (wide[:, n], targets[n, : lengths[n]], frames[n], lengths[n], blank, "none")
        for function in (SOLUTION, drop_in.ctc_spec, cases.torch_ctc):
            torch.testing.assert_close(function(*alone), expected[n])


@CASES
def test_every_gradient_of_every_small_case(classes, blank):
    """By the logits; each word has a weight of its own, so that no two errors cancel."""
    pairs, logits, targets, frames, lengths = batch_of_all(classes, blank)
    weight = torch.linspace(0.5, 1.5, len(pairs), dtype=torch.float64)

    def gradient(loss_of):
        leaf = logits.expand(-1, len(pairs), -1).clone().requires_grad_()
        (slopes,) = torch.autograd.grad((weight * loss_of(leaf.log_softmax(2))).sum(), leaf)
        return slopes

    def by_paths(log_probs):
        losses = []
        for n, (word, t) in enumerate(pairs):
            if n % 5 == 0:  # a table of all paths each
                losses.append(enumerate_all(log_probs[:t, n], blank).get(word, log_probs.sum() * 0))
            else:
                losses.append(log_probs.sum() * 0)
        return torch.stack(losses)

    rest = (targets, frames, lengths, blank, "none", True)
    torchs = gradient(lambda x: cases.torch_ctc(x, *rest))
    torch.testing.assert_close(gradient(lambda x: SOLUTION(x, *rest)), torchs)
    torch.testing.assert_close(gradient(lambda x: drop_in.ctc_spec(x, *rest)), torchs)
    torch.testing.assert_close(gradient(by_paths)[:, ::5], torchs[:, ::5])


@pytest.mark.parametrize(
    ("frames", "classes", "word"), [(10, 5, (1, 2, 3, 4)), (9, 3, (1, 1, 2)), (6, 4, ()), (4, 2, (1, 1))]
)
def test_uniform_outputs_have_a_formula(frames, classes, word):
    """-ln[C(T + U - r, 2U) / C^T]; the first case is pytorch's issue 69016, 8.0870 / 4 = 2.02175."""
    repeats = sum(a == b for a, b in pairwise(word))
    by_formula = frames * math.log(classes) - math.log(math.comb(frames + len(word) - repeats, 2 * len(word)))
    log_probs = torch.full((frames, classes), -math.log(classes), dtype=torch.float64)
    assert by_formula == pytest.approx(word_loss(log_probs, word, 0).item())
    target = torch.tensor(word, dtype=torch.int64)
    for function in (SOLUTION, F.ctc_loss):
        loss = function(log_probs, target, [frames], [len(word)], reduction="sum")
        assert by_formula == pytest.approx(loss.item())


@pytest.mark.parametrize("label", [-100, -1, 3, 4])
def test_torch_never_sees_a_label_that_is_no_class(monkeypatch, label):
    """It would read, and backward write, out of bounds; solution, spec and twin refuse first."""
    monkeypatch.setattr(cases, "ctc", lambda *_: pytest.fail("torch was asked"))
    log_probs = torch.zeros(4, 2, 3).log_softmax(2)
    for targets, lengths in ((torch.tensor([[1, 2], [1, label]]), [2, 2]), (torch.tensor([label, 1]), [1, 1])):
        for function in (SOLUTION, drop_in.ctc_spec, cases.torch_ctc):
            with pytest.raises(ValueError, match="labels"):
                function(log_probs, targets, [4, 4], lengths)
    with pytest.raises(ValueError, match="labels"):
        cases.torch_ctc(log_probs[:, 0], torch.tensor([label]), [4], [1])


@pytest.mark.parametrize(
    "ready_made",
    [
        lambda x, y, t, u, *_: F.ctc_loss(x, y, t, u),
        lambda x, y, t, u, *_: torch.nn.CTCLoss()(x, y, t, u),
        lambda x, y, t, u, *_: torch.ctc_loss(x, y, t, u),
        lambda x, y, t, u, *_: torch._ctc_loss(x, y, t.tolist(), u.tolist())[0],
        lambda x, y, t, u, *_: torch.ops.aten.ctc_loss(x, y, t, u),
        lambda x, y, t, u, *_: torch.ops.aten.ctc_loss.Tensor(x, y, t, u),
        lambda x, y, t, u, *_: torch.ops.aten.ctc_loss.IntList(x, y, t.tolist(), u.tolist()),
        lambda x, y, t, u, *_: torch.ops.aten._ctc_loss(x, y, t.tolist(), u.tolist())[0],
        lambda x, y, t, u, *_: torch.ops.aten._ctc_loss.default(x, y, t.tolist(), u.tolist())[0],
        lambda x, y, t, u, *_: torch.ops.aten._ctc_loss.Tensor(x, y, t, u)[0],
    ],
)
def test_ready_made_is_noticed(ready_made):
    """Under every name that torch has for it."""
    question = Question((torch.zeros(3, 1, 3), torch.tensor([[1]]), torch.tensor([3]), torch.tensor([1])))
    reply = answer(ready_made, question, drop_in.ctc_loss.forbids)
    assert reply.problem is not None
    assert reply.problem.kind == "forbidden"


@pytest.mark.slow
def test_keras_is_what_the_lesson_says():
    """Logits, batch first, 0 for blank and padding; its class averages undivided losses."""
    losses = twins._losses()
    y_pred = torch.linspace(-3, 3, 24).sin().reshape(2, 4, 3)
    y_true = torch.tensor([[1, 2], [2, 0]])
    assert losses.ctc(y_true, y_pred).tolist() == pytest.approx([1.5037, 2.0726], abs=1e-4)
    assert losses.CTC()(y_true, y_pred).item() == pytest.approx(1.7881, abs=1e-4)
    # a 0 inside a word is not counted, and takes the place of a label: the word 1 0 becomes 1
    one = losses.ctc(torch.tensor([[1, 0], [2, 0]]), y_pred)
    assert one.tolist() == losses.ctc(torch.tensor([[1], [2]]), y_pred).tolist()
    assert syllabus.find_topic("ctc_forward").notebook.read_text(encoding="utf-8").count("1.7881") == 1
