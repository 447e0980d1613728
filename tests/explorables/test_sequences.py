"""Explorables about sequences: what they show is what torch says."""

import itertools
import math

import pytest
import torch
import torch.nn.functional as F

from coursekit.explorables import CtcLattice, PrefixTree, TableTiles

NOISE = torch.randn(12, 8, generator=torch.Generator().manual_seed(7), dtype=torch.float64)
TABLE = (1.6 * torch.randn(9, 4, generator=torch.Generator().manual_seed(4), dtype=torch.float64)).softmax(1)


def by_torch(logits, labels):
    """The loss, and its slope with respect to the logits."""
    logits = logits.clone().requires_grad_()
    lengths = torch.tensor([len(logits)]), torch.tensor([len(labels)])
    loss = F.ctc_loss(logits.log_softmax(1)[:, None], torch.tensor([labels]), *lengths, reduction="sum")
    (slope,) = torch.autograd.grad(loss, logits)
    return loss.item(), slope


def best_by_enumeration(table, labels):
    """The most probable path's share of all that spell the labels."""
    shares = []
    for path in itertools.product(range(table.shape[1]), repeat=len(table)):
        spelt = [c for c, _ in itertools.groupby(path) if c]
        if spelt == labels:
            shares.append(torch.stack([row[c] for row, c in zip(table, path, strict=True)]).prod().item())
    return max(shares) / sum(shares), sum(sorted(shares)[-5:]) / sum(shares)


@pytest.mark.slow
@pytest.mark.browser
def test_ctc_lattice(open_page):
    """P of each word is torch's, and the best paths those of all that spell it; what a network says can be dragged."""
    words = ["ab", "aa", "aab", "abba", "abc", ""]
    page = open_page(CtcLattice(TABLE.tolist(), "-abc", words=words, word="aab", frame=4))
    for word in words[:-1]:
        page.move(word=word)
        loss, _ = by_torch(TABLE.log(), ["-abc".index(letter) for letter in word])
        assert page.numbers()["loss"] == pytest.approx(loss, abs=1e-6)
    page.move(word="")
    assert page.numbers()["p"] == pytest.approx(TABLE[:, 0].prod().item(), abs=1e-9)
    short = CtcLattice(TABLE[:6, :3].tolist(), "-ab", words=["ab"], word="ab")
    found = open_page(short).numbers()
    assert (found["best"], found["five"]) == pytest.approx(best_by_enumeration(TABLE[:6, :3], [1, 2]), abs=1e-6)
    page.move(word="aab")
    page.drag("says2", (30, 0))
    page.box.locator("[data-handle=frame]").focus()
    page.tab.keyboard.press("ArrowRight")
    assert page.state()["frame"] == 5
    logits = TABLE.log() + torch.tensor(page.state()["push"])
    assert logits.softmax(1)[3, 2] > TABLE[3, 2] + 0.1
    assert page.numbers()["loss"] == pytest.approx(by_torch(logits, [1, 1, 2])[0], abs=1e-6)


def toy_logits(word, sharpness):
    """The lesson's toy network."""
    letters = list(dict.fromkeys(word))
    labels = [1 + letters.index(letter) for letter in word]
    logits = 0.5 * NOISE[:, : len(letters) + 1]
    logits[:, 0] += 0.6
    for i, label in enumerate(labels):
        middle = (i + 0.5) * 12 / len(word)
        logits[:, label] += 2.2 * torch.exp(-(((torch.arange(12) + 0.5 - middle) / 0.9) ** 2))
    return sharpness * logits, labels


@pytest.mark.slow
@pytest.mark.browser
def test_ctc_gradient(open_page):
    """For words, sharpnesses and frames: the loss, and network less γ, which is the slope that autograd gives."""
    page = open_page(CtcLattice(noise=NOISE.tolist(), words=["letter", "aa"], word="letter", frame=6, shade="γ"))
    for word, sharpness, frame in itertools.product(("letter", "aa", "cat", "coffee"), (0.0, 1.0, 1.9), (1, 6, 12)):
        page.move(word=word, sharpness=sharpness, frame=frame)
        logits, labels = toy_logits(word, sharpness)
        loss, slope = by_torch(logits, labels)
        told, asked = logits.softmax(1)[frame - 1], logits.softmax(1)[frame - 1] - slope[frame - 1]
        expected = {
            "says": told.max().item(),
            "asks": asked.max().item(),
            "slope": slope[frame - 1][asked.argmax()].item(),
        }
        expected["loss"] = loss
        found = page.numbers()
        assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-6)
    page.box.locator("[data-control=word]").fill("Aa!")
    assert page.state()["word"] == "aa"


def test_what_is_no_lattice():
    """Neither table nor noise, or a letter that is no class, is refused in a sentence."""
    with pytest.raises(ValueError, match="Give the network's probabilities"):
        CtcLattice(word="a")
    with pytest.raises(ValueError, match=r"\['z'\] are in words, but no classes: \['a', 'b', 'c'\]"):
        CtcLattice(TABLE.tolist(), "-abc", word="za")


ROWS = torch.tensor([[0.5, 0.4, 0.1], [0.5, 0.1, 0.4], [0.6, 0.3, 0.1]], dtype=torch.float64)


def beam_by_hand(table, width):
    """The best prefix after the last frame, and its two probabilities: the sums over the prefixes that were kept."""
    kept = {(): (1.0, 0.0)}
    for frame in table.tolist():
        found: dict[tuple[int, ...], list[float]] = {}
        for prefix, (blank, label) in kept.items():
            for c, p in enumerate(frame):
                if c == 0:
                    moves = [(prefix, 0, (blank + label) * p)]
                elif prefix[-1:] == (c,):
                    moves = [(prefix, 1, label * p), ((*prefix, c), 1, blank * p)]
                else:
                    moves = [((*prefix, c), 1, (blank + label) * p)]
                for reached, end, share in moves:
                    found.setdefault(reached, [0.0, 0.0])[end] += share
        best = sorted(found.items(), key=lambda item: -sum(item[1]))[:width]
        kept = {prefix: (ends[0], ends[1]) for prefix, ends in best}
    return next(iter(kept.items()))


@pytest.mark.slow
@pytest.mark.browser
def test_prefix_tree(open_page):
    """With a wide beam P is torch's; with a narrow one the two sums are those of the prefixes that were kept."""
    page = open_page(PrefixTree(ROWS.tolist(), "-ab", width=3, frame=2))
    generator = torch.Generator().manual_seed(3)
    tables = [ROWS, *(2 * torch.randn(3, 3, 3, generator=generator, dtype=torch.float64)).softmax(2)]
    for table, width in itertools.product(tables, (1, 2, 3, 8)):
        page.move(table=table.tolist(), width=width)
        prefix, ends = beam_by_hand(table, width)
        found = page.numbers()
        assert (found["b"], found["l"], found["p"]) == pytest.approx((*ends, sum(ends)), abs=1e-6)
        assert f"“{''.join('-ab'[c] for c in prefix) or 'nothing'}” is best" in page.said()
        assert found["path"] == pytest.approx(table.amax(1).prod().item(), abs=1e-6)
        if width == 8 and prefix:
            loss, _ = by_torch(table.log(), list(prefix))
            assert found["p"] == pytest.approx(math.exp(-loss), abs=1e-6)
    page.move(table=ROWS.tolist(), width=8, frame=2)
    page.drag("says1", (20.8, 0))  # of 104 pixels for 1
    row = page.state()["table"][1]
    assert (row[1], sum(row)) == pytest.approx((0.3, 1.0), abs=0.02)
    assert row[0] / row[2] == pytest.approx(5 / 4)
    page.box.locator("[data-handle=says1]").focus()
    page.tab.keyboard.press("ArrowRight")
    assert page.state()["table"][1][1] == pytest.approx(row[1] + 0.01)


def test_what_is_no_tree():
    """Too many frames, and rows of another length than the classes, are refused in a sentence."""
    with pytest.raises(ValueError, match="One to four frames can be drawn: the table has 5"):
        PrefixTree([[0.5, 0.5]] * 5, "-a")
    with pytest.raises(ValueError, match="Each frame needs 3 probabilities"):
        PrefixTree([[0.5, 0.5]], "-ab")


@pytest.mark.slow
@pytest.mark.browser
def test_table_tiles(open_page):
    """Each form's worst moment holds what its own tables and gradients come to, however they are cut."""
    N, V, D = 96, 480, 12
    table, gradients = N * V, (N + V) * D
    page = open_page(TableTiles(N, V, D, moment=4))
    assert page.numbers() == pytest.approx(
        {name: n * table * 4 / 2**20 for name, n in (("held", 3), ("peak", 3), ("table", 1))}
    )
    for cuts in (1, 2, 7, 16):
        for form, peak in (
            ("plain", 3 * table),
            ("rows", 2 * table / cuts + gradients),
            ("again", 3 * table / cuts + gradients),
            ("words", table / cuts + gradients),
        ):
            page.move(form=form, cuts=cuts, moment=1)
            found = page.numbers()
            assert found["peak"] == pytest.approx(peak * 4 / 2**20, abs=1e-9), (form, cuts)
            first = {
                "plain": table,
                "rows": 2 * table / cuts + gradients,
                "again": 2 * table / cuts,
                "words": table / cuts,
            }
            assert found["held"] == pytest.approx(first[form] * 4 / 2**20, abs=1e-9), (form, cuts)
    page.move(form="words", cuts=16, moment=32)
    assert "Backward, piece 16" in page.said()
    page.box.locator("[data-control=moment]").focus()
    page.tab.keyboard.press("Home")
    assert page.state()["moment"] == 1


def test_no_such_tiles():
    """A form that there is not, and too many parts, are told apart."""
    with pytest.raises(ValueError, match="there is no 'columns'"):
        TableTiles(4, 8, 2, form="columns")
    with pytest.raises(ValueError, match="cut into 1 to 16 parts"):
        TableTiles(4, 8, 2, cuts=17)
