"""Every ready-made loss of the course in one table, written so that each entry can be run, and is.

An entry is a line of Python over the names of SAMPLES: the input first, then what else the loss takes, for one
sample. `claims` tries each of them on torch. What torch has no function for is called "(by hand)": its call is put
together from other functions of torch than its formula.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby, product
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Names = dict[str, Any]

K = 4  # classes
PATHS = torch.tensor([w for w in product(range(3), repeat=4) if [k for k, _ in groupby(w) if k] == [1, 2]])
TOOLS: Names = {
    **{name: getattr(torch, name) for name in ("abs", "sign", "exp", "log", "log1p", "tanh", "cosh", "where", "clamp")},
    **{name: getattr(torch, name) for name in ("sigmoid", "relu", "expm1", "arange", "stack", "zeros", "logit")},
    "softplus": F.softplus,
    "softmax": lambda z: z.softmax(-1),
    "log_softmax": lambda z: z.log_softmax(-1),
    "lse": lambda z: z.logsumexp(-1),
    "onehot": lambda c, n=K: F.one_hot(torch.as_tensor(c), n).double(),
    "cos": lambda a, b: (a @ b) / (a.norm() * b.norm()),
    "dist": lambda a, b: (a - b).norm(),
    "Normal": torch.distributions.Normal,
    "Laplace": torch.distributions.Laplace,
    "kl_of": torch.distributions.kl_divergence,
    "reduced": lambda losses, r: losses if r == "none" else getattr(losses, r)(),
    "inf": math.inf,
    "ln_2pi": math.log(2 * math.pi),
    "F": F,
    "torch": torch,
    "beta": 0.75,
    "delta": 0.75,
    "m": 0.25,
    "u": 0.75,
    "T": 2.0,
    "K": K,
}


@cache
def two_softmaxes() -> Names:
    """torch's module for six classes, four of them rare: A gives the two frequent ones and the group, B the rare."""
    torch.manual_seed(0)
    adaptive = nn.AdaptiveLogSoftmaxWithLoss(3, 6, cutoffs=[2], div_value=1).double()
    inner, outer = (layer.weight.detach() for layer in adaptive.tail[0])
    return {"A": adaptive.head.weight.detach(), "B": outer @ inner, "adaptive": adaptive}


def draw(kind: str, seed: int, scale: float = 1.0) -> Names:
    """A sample of this kind: the input under the first name, everything in float64."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        exact = torch.randn(shape, generator=generator, dtype=torch.float64).mul(1024).round().div(1024)
        return scale * exact  # so that sums and differences are exact, and a kink can be met

    def uniform(*shape: int) -> Tensor:
        return torch.rand(shape, generator=generator, dtype=torch.float64)

    def index(high: int) -> Tensor:
        return torch.randint(high, (), generator=generator)

    def sign() -> Tensor:
        return 2.0 * index(2).double() - 1

    samples: dict[str, Callable[[], Names]] = {
        "number": lambda: {"x": normal(), "y": normal()},
        "positive": lambda: {"x": normal().abs() + 0.01, "y": normal().abs() + 0.01},
        "count": lambda: {"x": normal().clamp(max=5), "y": index(9).double()},
        "noisy": lambda: {"x": normal(), "y": normal(), "v": uniform() + 0.1},
        "hit": lambda: (lambda x, b: {"x": x, "y": x + b * normal(), "b": b})(normal(), uniform() ** 8 + 1e-9),
        "bells": lambda: {"x": normal(), "v": uniform() + 0.1, "y": normal(), "b": uniform() + 0.1},
        "code": lambda: {"x": normal(3), "y": normal(3), "a": normal(2), "v": normal(2)},
        "teacher": lambda: {"z": normal(K), "t": normal(K)},
        "order": lambda: {"z": normal(K), "o": torch.randperm(K, generator=generator)},
        "policy": lambda: {"a": normal(), "b": normal(), "f": normal(), "g": normal()},
        "answer": lambda: {"x": normal(), "y": normal(), "v": normal()},
        "probability": lambda: {"x": uniform(), "y": index(2).double()},
        "yes": lambda: {"x": normal(), "y": index(2).double()},
        "side": lambda: {"x": normal(), "s": sign()},
        "class": lambda: {"z": normal(K), "c": index(K)},
        "log-probabilities": lambda: {"z": normal(K).log_softmax(0), "c": index(K)},
        "adaptive": lambda: {"h": normal(3), "c": index(6), **two_softmaxes()},
        "hidden": lambda: {"h": normal(3), "W": normal(K, 3), "c": index(K)},
        "labels": lambda: {"z": normal(K), "t": (uniform(K) < 0.5).double()},
        "mask": lambda: {"x": uniform(K), "t": (uniform(K) < 0.5).double()},
        "belief": lambda: {"z": normal(K).log_softmax(0), "p": normal(K).softmax(0)},
        "pair": lambda: {"a": normal(), "b": normal(), "s": sign()},
        "vectors": lambda: {"a": normal(3), "b": normal(3), "s": sign()},
        "triplet": lambda: {"a": normal(3), "p": normal(3), "n": normal(3)},
        "steps": lambda: {"z": normal(4, 3)},
    }
    return samples[kind]()


@dataclass(frozen=True)
class Row:
    """One loss: what the table says of it. All but `family`, `name`, `keras` and `asks` is Python that runs.

    Args:
        family: under which heading it stands.
        name: torch's name; Keras's, or the course's own ("by hand"), where torch has none.
        keras: Keras's class; "" if there is none.
        kind: what a sample is, for `draw`.
        call: the ready-made loss with the reduction r, or what makes it; of Keras where it begins with "keras".
        value: the loss of one sample.
        slope: its derivative by the input, the first name of the sample.
        where: a name that value or slope uses, and what it stands for: "on = …"; "" if none.
        low: what it never falls below.
        best: the input at which it is least, for many targets or for one sample; "" if there is none.
        asks: the same in words.
        kink: the input at which the slope jumps, or may; "" if there is none.
        at_kink: the slope that torch takes there.
        kink_at: a whole sample at a kink, where `kink` says it in words.
        mean: what "mean" divides the sum by, over the names N, elements, lengths.
        weighted: the same beside `weight=w`; "" if there is no such argument.
    """

    family: str
    name: str
    keras: str
    kind: str
    call: str
    value: str
    slope: str
    low: float
    best: str
    asks: str
    kink: str = ""
    at_kink: str = ""
    mean: str = "elements"
    weighted: str = ""
    where: str = ""
    kink_at: str = ""


NUMBERS, YES_NO = "Numbers and counts", "Yes or no, and several of K"
CLASSES, BELIEFS = "One of K", "Distributions and sequences"
ORDER = "Orders and distances"
INF = math.inf

ROWS = (
    Row(
        NUMBERS, "mse_loss", "MeanSquaredError", "number", "F.mse_loss(x, y, reduction=r)",
        "(x - y)**2", "2 * (x - y)", 0, "y.mean()", "the mean", weighted="w.sum()",
    ),
    Row(
        NUMBERS, "l1_loss", "MeanAbsoluteError", "number", "F.l1_loss(x, y, reduction=r)",
        "abs(x - y)", "sign(x - y)", 0, "y.median()", "the median", "y", "0", weighted="w.sum()",
    ),
    Row(
        NUMBERS, "smooth_l1_loss", "", "number", "F.smooth_l1_loss(x, y, beta=beta, reduction=r)",
        "where(abs(x - y) < beta, (x - y)**2 / (2 * beta), abs(x - y) - beta / 2)", "clamp((x - y) / beta, -1, 1)",
        0, "", "as Huber with delta = beta", "y + beta", "1",
    ),
    Row(
        NUMBERS, "huber_loss", "Huber", "number", "F.huber_loss(x, y, delta=delta, reduction=r)",
        "where(abs(x - y) < delta, (x - y)**2 / 2, delta * (abs(x - y) - delta / 2))", "clamp(x - y, -delta, delta)",
        0, "", "a mean, each pull at most delta", "y + delta", "delta", weighted="elements",
    ),
    Row(
        NUMBERS, "(by hand) quantile_loss", "", "number", "reduced(torch.maximum(u * (y - x), (u - 1) * (y - x)), r)",
        "where(y > x, u * (y - x), (1 - u) * (x - y))", "where(y > x, -u, 1 - u)", 0, "y.quantile(u)", "the u-quantile",
        "y", "1/2 - u",
    ),
    Row(
        NUMBERS, "(by hand) laplace_nll", "", "hit", "reduced(-Laplace(x, b).log_prob(y), r)",
        "abs(x - y) / b + log(2 * b)", "sign(x - y) / b", -INF, "", "the median weighted by 1/b", "y", "0",
    ),
    Row(
        NUMBERS, "gaussian_nll_loss", "", "noisy", "F.gaussian_nll_loss(x, y, v, reduction=r)",
        "(log(v) + (x - y)**2 / v) / 2", "(x - y) / v", math.log(1e-6) / 2, "(y / v).sum() / (1 / v).sum()",
        "the mean weighted by 1/v",
    ),
    Row(
        NUMBERS, "poisson_nll_loss", "Poisson (takes rates)", "count", "F.poisson_nll_loss(x, y, reduction=r)",
        "exp(x) - y * x", "exp(x) - y", -INF, "log(y.mean())", "ln of the mean",
    ),
    Row(
        NUMBERS, "(Keras) MAPE", "MeanAbsolutePercentageError", "positive",
        "keras.mean_absolute_percentage_error(y, x)",
        "100 * abs(x - y) / abs(y)", "100 * sign(x - y) / abs(y)", 0, "", "the median weighted by 1/|y|", "y", "0",
    ),
    Row(
        NUMBERS, "(Keras) MSLE", "MeanSquaredLogarithmicError", "positive",
        "keras.mean_squared_logarithmic_error(y, x)",
        "(log1p(x) - log1p(y))**2", "2 * (log1p(x) - log1p(y)) / (1 + x)", 0, "expm1(log1p(y).mean())",
        "exp(mean of ln(1 + y)) - 1",
    ),
    Row(
        NUMBERS, "(Keras) log-cosh", "LogCosh", "number", "keras.log_cosh(y, x)",
        "log(cosh(x - y))", "tanh(x - y)", 0, "", "much as Huber with delta = 1",
    ),
    Row(
        CLASSES, "cross_entropy", "SparseCategoricalCrossentropy", "class", "F.cross_entropy(z, c, reduction=r)",
        "lse(z) - z[c]", "softmax(z) - onehot(c)", 0, "log(onehot(c).mean(0) + 1e-30)", "probabilities, as logits",
        mean="N", weighted="w[c].sum()",
    ),
    Row(
        CLASSES, "nll_loss", "", "log-probabilities", "F.nll_loss(z, c, reduction=r)",
        "-z[c]", "-onehot(c)", 0, "", "ln of the shares, among log-probabilities", mean="N", weighted="w[c].sum()",
    ),
    Row(
        CLASSES, "(by hand) focal_loss", "", "class",
        "reduced((1 - exp(-F.cross_entropy(z, c, reduction='none')))**2 * F.cross_entropy(z, c, reduction='none'), r)",
        "(1 - p)**2 * -log(p)", "(2 * p * (1 - p) * -log(p) + (1 - p)**2) * (softmax(z) - onehot(c))", 0, "",
        "the right class, what is not known yet first", mean="N", where="p = softmax(z)[c]",
    ),
    Row(
        CLASSES, "(by hand) cross_entropy_with_z_loss", "", "class",
        "reduced(F.cross_entropy(z, c, reduction='none') + m * exp(z).sum(-1).log()**2, r)",
        "lse(z) - z[c] + m * lse(z)**2", "softmax(z) * (1 + 2 * m * lse(z)) - onehot(c)", 0, "",
        "the probability of each class, in logits whose ln Z is near 0", mean="N",
    ),
    Row(
        CLASSES, "linear_cross_entropy", "", "hidden", "F.linear_cross_entropy(h, W, c, reduction=r)",
        "lse(W @ h) - (W @ h)[c]", "W.T @ (softmax(W @ h) - onehot(c))", 0, "", "probabilities, as logits W @ h",
        mean="N", weighted="w[c].sum()",
    ),
    Row(
        CLASSES, "AdaptiveLogSoftmaxWithLoss", "", "adaptive", "adaptive(h, c).loss",
        "lse(A @ h) - (A @ h)[g] + (g == 2) * (lse(B @ h) - (B @ h)[c - 2])",
        "A.T @ (softmax(A @ h) - onehot(g, 3)) + (g == 2) * (B.T @ (softmax(B @ h) - onehot(abs(c - 2), 4)))",
        0, "", "probabilities: of the group, times within it", mean="", where="g = clamp(c, max=2)",
    ),
    Row(
        CLASSES, "multi_margin_loss", "", "class", "F.multi_margin_loss(z, c, margin=m, reduction=r)",
        "relu(m - z[c] + z)[arange(K) != c].sum() / K",
        "(on - onehot(c) * on.sum()) / K", 0, "m * onehot(c)", "the right score ahead by m",
        "m * onehot(c)", "zeros(K)", mean="N", weighted="N", where="on = (m - z[c] + z > 0) * (1 - onehot(c))",
    ),
    Row(
        CLASSES, "(Keras) categorical hinge", "CategoricalHinge", "class", "keras.categorical_hinge(onehot(c), z)",
        "relu(1 - z[c] + others.max())",
        "(1 - z[c] + others.max() > 0) * (onehot(others.argmax()) * (1 - onehot(c)) - onehot(c))",
        0, "onehot(c)", "the right score ahead by 1, of the others and of 0", "a loss of 0", "half",
        where="others = z * (1 - onehot(c))", mean="N",
        kink_at="{'z': 1.5 * onehot(c) + 0.5 * onehot((c + 1) % K), 'half': (onehot((c + 1) % K) - onehot(c)) / 2}",
    ),
    Row(
        YES_NO, "binary_cross_entropy", "BinaryCrossentropy", "probability",
        "F.binary_cross_entropy(x, y, reduction=r)",
        "-(y * log(x) + (1 - y) * log(1 - x))", "(x - y) / (x * (1 - x))", 0, "y.mean()", "the share of yes",
        weighted="elements",
    ),
    Row(
        YES_NO, "binary_cross_entropy_with_logits", "BinaryCrossentropy(from_logits)", "yes",
        "F.binary_cross_entropy_with_logits(x, y, reduction=r)",
        "softplus(x) - x * y", "sigmoid(x) - y", 0, "logit(y.mean())", "its logit", weighted="elements",
    ),
    Row(
        YES_NO, "(by hand) dice_loss", "", "mask",
        "reduced(1 - torch.einsum('...k,...k', x, t).mul(2).add(1) / (x + t).sum(-1).add(1), r)",
        "1 - (2 * (x * t).sum() + 1) / size", "((2 * (x * t).sum() + 1) / size - 2 * t) / size", 0, "",
        "a mask that shares much, for its size", mean="N", where="size = x.sum() + t.sum() + 1",
    ),
    Row(
        YES_NO, "(by hand) sigmoid_focal_loss", "", "yes",
        "reduced((1 + 2 * (1 - y)) / 4 * (1 - exp(-F.binary_cross_entropy_with_logits(x, y, reduction='none')))**2 "
        "* F.binary_cross_entropy_with_logits(x, y, reduction='none'), r)",
        "(0.25 * y + 0.75 * (1 - y)) * off**2 * (softplus(x) - x * y)",
        "(0.25 * y + 0.75 * (1 - y)) * (off**2 * (sigmoid(x) - y) "
        "+ 2 * off * sign(sigmoid(x) - y) * sigmoid(x) * sigmoid(-x) * (softplus(x) - x * y))",
        0, "", "the right answer, what is not known yet first", where="off = abs(sigmoid(x) - y)",
    ),
    Row(
        YES_NO, "soft_margin_loss", "", "side", "F.soft_margin_loss(x, s, reduction=r)",
        "softplus(-s * x)", "-s * sigmoid(-s * x)", 0, "logit((s + 1).mean() / 2)", "the logit of the share of +1",
    ),
    Row(
        YES_NO, "(Keras) hinge", "Hinge", "side", "keras.hinge(s, x)",
        "relu(1 - s * x)", "-s * (s * x < 1)", 0, "s", "the right side, by 1", "s", "-s / 2",
    ),
    Row(
        YES_NO, "(Keras) squared hinge", "SquaredHinge", "side", "keras.squared_hinge(s, x)",
        "relu(1 - s * x)**2", "-2 * s * relu(1 - s * x)", 0, "s", "the right side, by 1",
    ),
    Row(
        YES_NO, "multilabel_soft_margin_loss", "", "labels", "F.multilabel_soft_margin_loss(z, t, reduction=r)",
        "(softplus(z) - z * t).mean()", "(sigmoid(z) - t) / K", 0, "logit(t.mean(0))", "logits of K shares",
        mean="N", weighted="N",
    ),
    Row(
        YES_NO, "multilabel_margin_loss", "", "labels", "F.multilabel_margin_loss(z, listed(t), reduction=r)",
        "relu(1 - z[t == 1][:, None] + z[t == 0]).sum() / K",
        "(on.sum(0) - on.sum(1)) / K", 0, "t", "right ones ahead of wrong ones by 1", "t", "zeros(K)", mean="N",
        where="on = (1 - z[:, None] + z > 0) * t[:, None] * (1 - t)",
    ),
    Row(
        BELIEFS, "kl_div", "KLDivergence", "belief", "F.kl_div(z, p, reduction=r)",
        "(p * (log(p) - z)).sum()", "-p", 0, "", "z = ln p, among log-probabilities", mean="elements",
    ),
    Row(
        BELIEFS, "(by hand) js_divergence", "", "belief",
        "reduced((F.kl_div(log((exp(z) + p) / 2), p, reduction='none') "
        "+ F.kl_div(log((exp(z) + p) / 2), z, reduction='none', log_target=True)).sum(-1) / 2, r)",
        "(p * (log(p) - log(mid)) + exp(z) * (z - log(mid))).sum() / 2", "exp(z) * (z - log(mid)) / 2", 0, "log(p)",
        "z = ln p, from either side", mean="N", where="mid = (p + exp(z)) / 2",
    ),
    Row(
        BELIEFS, "(by hand) gaussian_kl", "", "bells", "reduced(kl_of(Normal(x, v), Normal(y, b)), r)",
        "log(b / v) + (v**2 + (x - y)**2) / (2 * b**2) - 1/2", "(x - y) / b**2", 0, "y", "the mean of the other bell",
    ),
    Row(
        BELIEFS, "(by hand) distillation_loss", "", "teacher",
        "reduced(T**2 * F.kl_div(log_softmax(z / T), softmax(t / T), reduction='none').sum(-1), r)",
        "T**2 * (softmax(t / T) * (log_softmax(t / T) - log_softmax(z / T))).sum()",
        "T * (softmax(z / T) - softmax(t / T))", 0, "t", "the teacher's beliefs, as logits", mean="N",
    ),
    Row(
        BELIEFS, "(by hand) negative_elbo", "", "code",
        "reduced(-Normal(x, 1.0).log_prob(y).sum(-1) + kl_of(Normal(a, exp(v / 2)), Normal(0.0, 1.0)).sum(-1), r)",
        "((x - y)**2).sum() / 2 + len(y) * ln_2pi / 2 + (a**2 + exp(v) - 1 - v).sum() / 2",
        "x - y", 1.5 * math.log(2 * math.pi), "y", "y, from a code that says little", mean="N",
    ),
    Row(
        BELIEFS, "ctc_loss", "CTC", "steps",
        "F.ctc_loss(log_softmax(z), torch.tensor([[1, 2]]), (4,), (2,), reduction=r)",
        "-lse(ways)", "softmax(z) - (softmax(ways)[:, None, None] * onehot(paths, 3)).sum(0)", 0, "",
        "the paths of the target certain", mean="lengths", where="ways = log_softmax(z)[arange(4), paths].sum(1)",
    ),
    Row(
        ORDER, "margin_ranking_loss", "", "pair", "F.margin_ranking_loss(a, b, s, margin=m, reduction=r)",
        "clamp(m - s * (a - b), min=0)", "-s * (m - s * (a - b) >= 0)", 0, "b + s * m", "the better one ahead by m",
        "b + s * m", "-s",
    ),
    Row(
        ORDER, "(by hand) preference_loss", "", "pair", "F.soft_margin_loss(a - b, s, reduction=r)",
        "softplus(-s * (a - b))", "-s * sigmoid(-s * (a - b))", 0, "", "the log-odds of winning (Bradley–Terry)",
    ),
    Row(
        ORDER, "(by hand) plackett_luce_loss", "", "order",
        "reduced((z.gather(-1, o).flip(-1).logcumsumexp(-1).flip(-1) - z.gather(-1, o)).sum(-1), r)",
        "sum(lse(z[o][i:]) - z[o][i] for i in range(K))",
        "stack([sum(exp(z[k] - lse(z[o][i:])) for i in range(place[k] + 1)) for k in range(K)]) - 1", 0, "",
        "the whole order probable", mean="N", where="place = torch.argsort(o)",
    ),
    Row(
        ORDER, "(by hand) dpo_loss", "", "policy",
        "F.soft_margin_loss(a - f - b + g, torch.ones_like(a) * beta, reduction=r)",
        "softplus(-beta * lead)", "-beta * sigmoid(-beta * lead)", 0, "", "the log-odds of being preferred",
        where="lead = (a - f) - (b - g)",
    ),
    Row(
        ORDER, "(by hand) ppo_clip_loss", "", "answer",
        "reduced(-torch.minimum(exp(x - y) * v, clamp(exp(x - y), 1 - m, 1 + m) * v), r)",
        "-v * where(v > 0, clamp(ratio, max=1 + m), clamp(ratio, min=1 - m))",
        "-v * ratio * where(v > 0, ratio < 1 + m, ratio > 1 - m)", -INF, "",
        "good answers likelier, but no more than 1 + m times", where="ratio = exp(x - y)",
    ),
    Row(
        ORDER, "(by hand) info_nce", "", "hidden",
        "F.cross_entropy(F.cosine_similarity(h[..., None, :], W, dim=-1) / T, c, reduction=r)",
        "lse(cosines / T) - cosines[c] / T",
        "(softmax(cosines / T) - onehot(c)) / T @ "
        "stack([(w / w.norm() - cos(h, w) * h / h.norm()) / h.norm() for w in W])", 0, "",
        "the direction of the own key, far from the others'", mean="N", where="cosines = stack([cos(h, w) for w in W])",
    ),
    Row(
        ORDER, "hinge_embedding_loss", "", "side", "F.hinge_embedding_loss(x, s, margin=m, reduction=r)",
        "where(s > 0, x, clamp(m - x, min=0))", "where(s > 0, 1.0, -1.0 * (m - x >= 0))", -INF, "",
        "like: as near as can be; unlike: m apart", "m", "s",
    ),
    Row(
        ORDER, "cosine_embedding_loss", "", "vectors", "F.cosine_embedding_loss(a, b, s, margin=m, reduction=r)",
        "where(s > 0, 1 - cos(a, b), clamp(cos(a, b) - m, min=0))",
        "where(s > 0, -1.0, 1.0 * (cos(a, b) >= m)) * turn", 0, "s * b",
        "like: one direction; unlike: cosine at most m", "unlike, cosine = m", "turn", mean="N",
        where="turn = (b / b.norm() - cos(a, b) * a / a.norm()) / a.norm()",
        kink_at="{'a': onehot(0, 3), 'b': onehot(1, 3), 's': torch.tensor(-1.0), 'm': 0.0}",
    ),
    Row(
        ORDER, "(Keras) cosine similarity", "CosineSimilarity", "vectors", "keras.cosine_similarity(b, a)",
        "-cos(a, b)", "-turn", -1, "2 * b", "one direction", mean="N",
        where="turn = (b / b.norm() - cos(a, b) * a / a.norm()) / a.norm()",
    ),
    Row(
        ORDER, "triplet_margin_loss", "", "triplet", "F.triplet_margin_loss(a, p, n, margin=m, eps=0, reduction=r)",
        "clamp(gap, min=0)",
        "((a - p) / dist(a, p) - (a - n) / dist(a, n)) * (gap >= 0)", 0, "p + (p - n)", "nearer to p than to n, by m",
        "a loss of 0", "(a - p) / dist(a, p) - (a - n) / dist(a, n)", mean="N",
        where="gap = dist(a, p) - dist(a, n) + m",
        kink_at="{'a': zeros(3).double(), 'p': onehot(0, 3), 'n': 1.25 * onehot(0, 3)}",
    ),
    Row(
        ORDER, "triplet_margin_with_distance_loss", "", "triplet",
        "F.triplet_margin_with_distance_loss(a, p, n, distance_function=lambda u, v: (u - v).abs().sum(-1), "
        "margin=m, reduction=r)",
        "clamp(gap, min=0)", "(sign(a - p) - sign(a - n)) * (gap >= 0)", 0, "p + (p - n)",
        "the same with a distance of yours, here L1", "a loss of 0", "sign(a - p) - sign(a - n)", mean="N",
        where="gap = abs(a - p).sum() - abs(a - n).sum() + m",
        kink_at="{'a': zeros(3).double(), 'p': onehot(0, 3), 'n': 1.25 * onehot(0, 3)}",
    ),
)  # fmt: skip


# ---- what is claimed, tried --------------------------------------------------------------------------------------


def listed(t: Tensor) -> Tensor:
    """Marks as `multilabel_margin_loss` takes them: the indices of the right labels, then -1."""
    rows = [[*row.nonzero().flatten().tolist(), *[-1] * int((row == 0).sum())] for row in t.reshape(-1, K)]
    return torch.tensor(rows).reshape(t.shape)


def run(text: str, names: Names, where: str = "", **more: Any) -> Any:
    """The value of a line of the table, in which `where` may stand for a part."""
    known = {**TOOLS, "listed": listed, "paths": PATHS, **names, **more}
    if where:
        name, _, part = where.partition(" = ")
        known[name] = eval(part, known)  # our own lines, above
    return eval(text, known)


def ready_made(row: Row, names: Names, **more: Any) -> Tensor:
    """What torch says, or Keras if `keras` is given."""
    value: Tensor = run(row.call, names, **{"r": "sum", **more})
    return value


def by_input(text: str, names: Names, where: str = "", **more: Any) -> tuple[Tensor, Tensor]:
    """A value, and its derivative by autograd by the first name of the sample."""
    first = next(iter(names))
    leaf = names[first].clone().requires_grad_()
    value = run(text, {**names, first: leaf}, where, **{"r": "sum", **more}).sum()
    (slope,) = torch.autograd.grad(value, leaf)
    return value.detach(), slope


def many(row: Row, count: int = 12) -> Names:
    """A batch of samples: (3, 4) of them where a sample is a number, else (12, …)."""
    samples = [draw(row.kind, 100 + i) for i in range(count)]
    together = {name: torch.stack([torch.as_tensor(s[name]) for s in samples]) for name in samples[0] if name != "W"}
    if all(value.ndim == 1 for value in together.values()):
        together = {name: value.reshape(3, 4) for name, value in together.items()}
    return together | ({"W": samples[0]["W"]} if "W" in samples[0] else {})


def same(one: Any, other: Any, of_keras: bool = False) -> bool:
    """Equal to a few roundings: of float64, or of float32, to which Keras turns what it is given."""
    a, b = torch.as_tensor(one).double(), torch.as_tensor(other).double()
    relative, absolute = (1e-4, 1e-5) if of_keras else (1e-9, 1e-9)
    return bool(((a - b).abs() <= absolute + relative * b.abs()).all())


def claims(row: Row, keras: Any = None) -> Iterator[tuple[str, bool]]:
    """Each claim of a row, and whether it holds. Rows of Keras need `keras`, which is `keras.losses`."""
    of_keras = row.call.startswith("keras")
    call = row.value if of_keras and keras is None else row.call
    for seed in range(10):
        names = draw(row.kind, seed)
        value, slope = by_input(call, names, row.where, keras=keras)
        yield "value", same(run(row.value, names, row.where), value, of_keras)
        yield "slope", same(run(row.slope, names, row.where), slope, of_keras)
    samples = (draw(row.kind, seed, scale) for scale in (0.1, 1, 10, 99) for seed in range(20))
    values = [float(run(row.value, names, row.where)) for names in samples]
    yield "range", min(values) >= row.low - 1e-9 and (row.low > -INF or min(values) < -3)
    if row.best:
        yield "optimum", is_best(row)
    if row.kink and (keras or not of_keras):
        for seed in range(10):
            names = draw(row.kind, seed)
            first = next(iter(names))
            if row.kink_at:
                names |= run(row.kink_at, names)
            else:
                names[first] = torch.as_tensor(run(row.kink, names)).double()
            slope = by_input(call, names, row.where, keras=keras)[1]
            yield "slope at the kink", same(run(row.at_kink, names, row.where), slope, of_keras)
    if not of_keras and row.mean:
        yield from denominators(row)


def is_best(row: Row) -> bool:
    """Whether no step away from `best` makes the loss smaller: over many targets, or for each sample."""
    generator = torch.Generator().manual_seed(0)
    batch = many(row)
    first = next(iter(batch))
    targets = {name: value for name, value in batch.items() if name != first}
    shared = any(mark in row.best for mark in (".mean", ".median", ".quantile", ".sum"))
    best = torch.as_tensor(run(row.best, batch)) if shared else None

    def total(step: Any) -> float:
        if best is not None:
            point = (best + step).expand(batch[first].shape)
            if row.kind == "probability":
                point = point.clamp(1e-6, 1 - 1e-6)
            return float(sum(run(row.value, each, row.where) for each in one_by_one({first: point, **targets})))
        moved = ({**each, first: run(row.best, each) + step} for each in one_by_one(batch))
        return float(sum(run(row.value, names, row.where) for names in moved))

    shape = best.shape if best is not None else batch[first].shape[1:] if batch[first].shape != (3, 4) else ()
    if row.kind in ("class", "labels"):
        shape = (K,)
    steps = [size * torch.randn(shape, generator=generator) for size in (1e-3, 0.1, 1.0) for _ in range(8)]
    return all(total(step) >= total(0.0) - 1e-9 for step in steps)


def one_by_one(batch: Names) -> Iterator[Names]:
    """The samples of a batch."""
    rows = {name: value.flatten() if value.shape == (3, 4) else value for name, value in batch.items()}
    for i in range(len(next(iter(rows.values())))):
        yield {name: value[i] for name, value in rows.items()}


def denominators(row: Row) -> Iterator[tuple[str, bool]]:
    """What "mean" divides by, without weights and with."""
    batch = many(row) if row.kind != "steps" else draw("steps", 0)
    first = next(iter(batch.values()))
    sizes = {"N": len(first), "elements": first.numel(), "lengths": 2}
    total, mean = ready_made(row, batch), ready_made(row, batch, r="mean")
    yield "mean", same(total / mean, run(row.mean, batch, **sizes))
    if row.name == "kl_div":  # which has one mean more
        yield "batchmean", same(total / ready_made(row, batch, r="batchmean"), sizes["N"])
    if row.weighted:
        by_element = row.weighted == "elements" or row.weighted == "w.sum()"
        w = torch.rand(first.shape if by_element else (K,), dtype=torch.float64) + 0.1
        text = row.call.replace("reduction=r", "reduction=r, weight=w")
        total, mean = (run(text, batch, r=word, w=w) for word in ("sum", "mean"))
        yield "weighted mean", same(total / mean, run(row.weighted, batch, **sizes, w=w))
