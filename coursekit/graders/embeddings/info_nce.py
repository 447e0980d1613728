"""Each query among all keys of a batch: `info_nce`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import torch
from torch import Tensor, tensor

from coursekit.exercise import (
    REDUCTIONS,
    Exercise,
    Function,
    Loss,
    Question,
    Rng,
    argument_fixed,
    detached,
    keeps_dtype,
    other_default,
    reduced,
    refuses,
    same_gradient,
    same_value,
    unknown_word,
)
from coursekit.graders.embeddings.common import DTYPES, READY_MADE
from coursekit.graders.embeddings.contrastive import (
    check_shapes,
    cosines,
    divided,
    draw,
    lengths_mistakes,
    refused_less,
    temperature_mistakes,
    word_mistakes,
)


def own_among_all(logits: Tensor) -> Tensor:
    """Row by row -ln of the share that the own key has among all of them."""
    return torch.stack([row.logsumexp(0) - row[i] for i, row in enumerate(logits)])


def mean_of_both(losses_of: Loss, logits: Tensor) -> Tensor:
    """Queries look for their keys, keys for their queries; each pair has the mean of its two losses."""
    return (losses_of(logits) + losses_of(logits.T)) / 2


def contrast(
    losses_of: Loss = own_among_all,
    similarity: Loss = cosines,
    scaled: Loss = divided,
    both: Loss = mean_of_both,
    checked: bool = True,
) -> Loss:
    """A loss in five steps: shapes, similarities (N, N), logits, losses in one direction or both, their reduction."""

    def loss(
        queries: Tensor, keys: Tensor, temperature: float = 0.1, symmetric: bool = False, reduction: str = "mean"
    ) -> Tensor:
        if checked:
            check_shapes(queries, keys, temperature)
        logits = scaled(similarity(queries, keys), temperature)
        return reduced(both(losses_of, logits) if symmetric else losses_of(logits), reduction)

    return loss


spec = contrast()


def cases() -> Iterator[Question]:
    """Reductions × temperatures × directions × sizes × dtypes with both gradients; then zeros, a small temperature."""
    for reduction, symmetric, dtype in product(REDUCTIONS, (False, True), DTYPES):
        for temperature, rows, size in product((0.05, 0.1, 1.0, 3.0), (1, 2, 5), (1, 3)):
            queries = torch.linspace(-3, 2.5, rows * size, dtype=dtype).reshape(rows, size)
            flags = {"temperature": temperature, "symmetric": symmetric, "reduction": reduction}
            yield Question((queries, (2 * queries + 1).cos()), flags, wrt=(0, 1))
        yield Question((tensor([[0.0, 0.0], [1.0, 2.0]], dtype=dtype), tensor([[2.0, 1.0], [-1.0, 1.0]], dtype=dtype)))
        args = tensor([[1.0, 0.0], [0.6, 0.8]], dtype=dtype), tensor([[-1.0, 0.0], [3.0, 4.0]], dtype=dtype)
        yield Question(args, {"temperature": 0.005, "symmetric": symmetric, "reduction": reduction})


info_nce = Exercise(
    "info_nce",
    spec,
    points=2,
    parity_points=2,
    forbids=READY_MADE,
    cases=cases,
    idea="A batch is a classification: which key is mine? The temperature says how much the near ones count.",
    hints=(
        "First a table of cosines, (N, N): row i holds those of query i with every key. Where in it are the pairs that "
        "belong together?",
        "Divide the table by the temperature, and row i holds the logits of a classification into N classes. Which "
        "class is right for row i? What does cross-entropy make of it, in lesson 03?",
        "On paper the loss of a row is a difference of two numbers: one takes the whole row, `logsumexp`, the other "
        "one entry of it. For the other direction transpose the table. `clamp(min=…)` keeps a length of 0 from the "
        "division.",
    ),
)


@info_nce.check
def two_pairs(f: Function, rng: Rng) -> None:
    """Two pairs at right angles, temperature 1: each costs ln(1 + 1/e) = 0.3133

    Each query has the cosine 1 with its own key and 0 with the other one: the share of its own is e / (e + 1).
    """
    same_value(f, spec, torch.eye(2), torch.eye(2), temperature=1.0, reduction="none")
    same_value(f, spec, torch.eye(2), torch.eye(2).flip(0), temperature=1.0, reduction="none")
    same_value(f, spec, *draw(rng, 3, 2), temperature=1.0, reduction="none")


@info_nce.check
def lengths_do_not_count(f: Function, rng: Rng) -> None:
    """Directions count, lengths do not: a vector three times as long costs the same"""
    same_value(f, spec, torch.eye(2), tensor([[3.0, 0.0], [0.0, 1.0]]), temperature=1.0, reduction="none")
    queries, keys = draw(rng)
    for factor in (1.0, 3.0):
        same_value(f, spec, factor * queries, keys, temperature=1.0, reduction="none")
        same_value(f, spec, queries, keys * tensor([1.0, factor, 1.0, 1.0])[:, None], temperature=1.0, reduction="none")


@info_nce.check
def temperatures(f: Function, rng: Rng) -> None:
    """Cosines are divided by the temperature, 0.1 by default

    A cosine of 0.8 is a logit of 8, and one of 0.6 a logit of 6.
    """
    queries, keys = tensor([[1.0, 0.0], [0.0, 1.0]]), tensor([[0.8, 0.6], [0.6, 0.8]])
    same_value(f, spec, queries, keys, temperature=0.1, reduction="none")
    args = draw(rng)
    for temperature in (2.0, 0.5, 0.2):
        same_value(f, spec, *args, temperature=temperature, reduction="none")
    same_value(f, spec, *args, reduction="none")


@info_nce.check
def mean_and_sum(f: Function, rng: Rng) -> None:
    """'mean', the default, is over all pairs; 'sum' adds them up"""
    args = draw(rng)
    for flags in ({"reduction": "sum"}, {"reduction": "mean"}, {}):
        same_value(f, spec, *args, temperature=0.5, **flags)


@info_nce.check
def both_directions(f: Function, rng: Rng) -> None:
    """symmetric=True: keys look for their queries too, and a pair has the mean of its two losses

    The same table, its columns in place of its rows.
    """
    queries, keys = tensor([[1.0, 0.0], [0.6, 0.8]]), tensor([[0.8, 0.6], [0.0, 1.0]])
    same_value(f, spec, queries, keys, temperature=0.5, symmetric=True, reduction="none")
    args = draw(rng)
    for reduction in REDUCTIONS:
        same_value(f, spec, *args, temperature=0.5, symmetric=True, reduction=reduction)


@info_nce.check
def both_gradients(f: Function, rng: Rng) -> None:
    """The gradient is right, with respect to queries and keys

    Each is drawn to its partner and pushed off the others. Every vector is turned, and none is stretched.
    """
    for symmetric in (False, True):
        same_gradient(f, spec, *draw(rng), temperature=0.5, symmetric=symmetric, wrt=(0, 1), scale=3.0)


@info_nce.parity
def every_flag(f: Function, rng: Rng) -> None:
    """Value and gradient with every reduction, direction and temperature, by position as well"""
    for reduction, symmetric in product(REDUCTIONS, (False, True)):
        for temperature in (0.1, 1.0):
            same_gradient(f, spec, *draw(rng, 3, 2), temperature, symmetric, reduction, wrt=(0, 1), scale=2.0)


@info_nce.parity
def small_temperature(f: Function, rng: Rng) -> None:
    """A temperature of 0.005: logits of 200 do not overflow

    exp(89) is more than float32 holds. `logsumexp` takes the largest logit out first.
    """
    k = float(rng.integers(1, 4))
    queries, keys = tensor([[k, 0.0], [0.6, 0.8], [0.0, 1.0]]), tensor([[1.0, 0.0], [3.0, 4.0], [-0.6, -0.8]])
    for symmetric in (False, True):
        same_value(f, spec, queries, keys, temperature=0.005, symmetric=symmetric, reduction="none")
        same_gradient(f, spec, queries, keys, temperature=0.01, symmetric=symmetric, wrt=(0, 1))


@info_nce.parity
def no_direction(f: Function, rng: Rng) -> None:
    """A vector of zeros has the cosine 0 with every key, and its gradient is no NaN"""
    queries, keys = draw(rng, 3)
    queries[1] = 0.0
    same_value(f, spec, queries, keys, temperature=0.5, reduction="none")
    same_value(f, spec, keys, queries, temperature=0.5, reduction="none")
    same_gradient(f, spec, queries, keys, temperature=0.5, wrt=(0,), free=(queries == 0))


@info_nce.parity
def twins_in_a_batch(f: Function, rng: Rng) -> None:
    """Two equal pairs in one batch cost at least ln 2 each; a pair that is alone costs nothing"""
    (query,), (key,) = draw(rng, 1)
    same_gradient(f, spec, query.expand(2, -1), key.expand(2, -1), wrt=(0, 1), reduction="none")
    same_value(f, spec, query[None], key[None], reduction="none")


@info_nce.parity
def temperatures_that_are_none(f: Function, rng: Rng) -> None:
    """A temperature of 0 is refused, and so is one below"""
    refuses(f, *draw(rng, 2), temperature=0.0)
    refuses(f, *draw(rng, 2), temperature=-0.1)


@info_nce.parity
def unlike_shapes(f: Function, rng: Rng) -> None:
    """Queries without a key are refused, keys without a query, and tensors that are no tables"""
    queries, keys = draw(rng, 3)
    refuses(f, queries, keys[:2])
    refuses(f, queries[:2], keys)
    refuses(f, queries[:1], keys)
    refuses(f, queries[None, :2, :2], keys[None, :2, :2])
    refuses(f, queries[0], keys[0])


keeps_dtype(info_nce, lambda rng: (*draw(rng), 0.5))
unknown_word(info_nce, lambda rng: draw(rng, 3))


# ---- mistakes ----------------------------------------------------------------------------------------------------

wrong = info_nce.misconceptions
word_mistakes(wrong)
lengths_mistakes(wrong, lambda similarity: contrast(similarity=similarity))
argument_fixed(wrong, "temperature_ignored", "The temperature is not used: it stays at 1.", temperature=1.0)
argument_fixed(wrong, "always_a_tenth", "The temperature is not used: it stays at 0.1.", temperature=0.1)
temperature_mistakes(wrong, lambda scaled: contrast(scaled=scaled))


def tempered_apart(losses_of: Loss) -> Loss:
    """A loss of `losses_of(cosines, temperature)`."""

    def loss(
        queries: Tensor, keys: Tensor, temperature: float = 0.1, symmetric: bool = False, reduction: str = "mean"
    ) -> Tensor:
        table = cosines(queries, keys)
        losses = losses_of(table, temperature)
        return reduced((losses + losses_of(table.T, temperature)) / 2 if symmetric else losses, reduction)

    return loss


wrong.table(
    tempered_apart,
    temperature_on_one_side=(
        "The temperature divides the cosine of the own key only, or those in the sum only. It divides all of them, "
        "before anything else.",
        (
            lambda s, t: s.logsumexp(1) - s.diagonal() / t,
            lambda s, t: (s / t).logsumexp(1) - s.diagonal(),
        ),
    ),
)


def shares(logits: Tensor) -> Tensor:
    """The softmax of each row."""
    return logits.softmax(1)


def against_itself(logits: Tensor) -> Tensor:
    """The mask of the pairs that do not belong together."""
    return 1 - torch.eye(len(logits), dtype=logits.dtype)


wrong.table(
    lambda losses_of: contrast(losses_of),
    keys_for_queries=(
        "The softmax runs over the queries: each key looks for its query. Without `symmetric`, each query looks for "
        "its key: rows belong to queries, and the softmax runs along a row.",
        lambda z: own_among_all(z.T),
    ),
    one_softmax_for_all=(
        "There is one softmax over the whole table. Each query asks a question of its own: the softmax runs along its "
        "row.",
        lambda z: z.flatten().logsumexp(0) - z.diagonal(),
    ),
    own_left_out=(
        "The own key is left out of the sum below the fraction. It is one of the keys: otherwise the share is no "
        "probability, and the loss falls below 0.",
        lambda z: z.masked_fill(torch.eye(len(z)) > 0, -torch.inf).logsumexp(1) - z.diagonal(),
    ),
    diagonal_ruled_out=(
        "The diagonal was filled with -inf, as in NT-Xent. There it is a vector beside itself; here it is the pair "
        "that belongs together, and its loss is inf.",
        lambda z: own_among_all(z).where(torch.zeros_like(z.diagonal()) > 0, torch.inf),
    ),
    mean_for_sum=(
        "The exponentials are averaged, so ln N is missing: an untrained batch costs 0 here. Add them up.",
        lambda z: own_among_all(z) - torch.log(torch.tensor(float(len(z)))),
    ),
    no_logarithm=(
        "The share itself is taken, not -ln of it.",
        (lambda z: 1 - shares(z).diagonal(), lambda z: -shares(z).diagonal()),
    ),
    sign_forgotten=("The sign is missing: the loss is minus the logarithm.", lambda z: -own_among_all(z)),
    softmax_twice=(
        "There are two softmaxes: shares were taken for logits. `logsumexp` and `cross_entropy` take the logits.",
        lambda z: own_among_all(shares(z)),
    ),
    base_two=("This is in bits. torch's losses are in nats: `log`.", lambda z: own_among_all(z) / 0.6931471805599453),
    first_key_is_right=(
        "The first key is taken for the right one in every row. Query i belongs to key i: the right entries stand on "
        "the diagonal.",
        lambda z: z.logsumexp(1) - z[:, 0],
    ),
    hardest_only=(
        "Only the hardest of the other keys counts, and not all of them.",
        (
            lambda z: torch.log1p((hardest(z) - z.diagonal()).exp()),
            lambda z: (1 + hardest(z) - z.diagonal()).clamp(min=0),
            lambda z: hardest(z) - z.diagonal(),
        ),
    ),
    sigmoids=(
        "Each pair is a question of yes or no, with a sigmoid: this is SigLIP's loss. Here all keys share one softmax.",
        (
            lambda z: torch.log1p((-z * signs(z)).exp()).sum(1),
            lambda z: torch.log1p((-z * signs(z)).exp()).mean(1),
        ),
    ),
    only_drawn_together=(
        "Only the pairs that belong together are seen: the loss is least when all vectors are the same. The others "
        "have to be told apart.",
        (lambda z: -z.diagonal(), lambda z: torch.log1p((-z.diagonal()).exp())),
    ),
    pull_and_push_as_means=(
        "The mean logit of the other keys is taken in place of the logarithm of a sum of exponentials.",
        lambda z: (z * against_itself(z)).sum(1) / max(len(z) - 1, 1) - z.diagonal(),
    ),
    own_counted_twice=(
        "The own key stands twice in the sum below the fraction: it is in the table already.",
        lambda z: torch.cat([z.diagonal()[:, None], z], 1).logsumexp(1) - z.diagonal(),
    ),
    every_key_is_right=(
        "-ln of the shares of all keys is averaged. Only the share of the own key counts, on the diagonal.",
        lambda z: z.logsumexp(1) - z.mean(1),
    ),
    log_of_softmax=(
        "The logarithm is taken of a softmax, which has been rounded to 0 where the others are far ahead: the loss is "
        "inf. `log_softmax` and `logsumexp` never make the small number.",
        lambda z: -z.softmax(1).diagonal().log(),
    ),
    overflows=(
        "exp is taken of the logits as they stand, and overflows from 89 on: a temperature of 0.005 makes logits of "
        "200. Take the largest out first, as `logsumexp` does.",
        (
            lambda z: -(z.diagonal().exp() / z.exp().sum(1)).log(),
            lambda z: z.exp().sum(1).log() - z.diagonal(),
        ),
    ),
)


def signs(logits: Tensor) -> Tensor:
    """1 on the diagonal, -1 elsewhere."""
    return 2 * torch.eye(len(logits), dtype=logits.dtype) - 1


def hardest(logits: Tensor) -> Tensor:
    """The largest logit of each row beside the diagonal; -inf where there is none."""
    return logits.masked_fill(torch.eye(len(logits), dtype=torch.bool), -torch.inf).amax(1)


wrong.table(
    lambda both: contrast(both=both),
    one_direction=(
        "`symmetric` is not used: queries look for keys only.",
        lambda losses_of, z: losses_of(z),
    ),
    other_direction=(
        "With `symmetric` keys look for queries, and queries no more for keys. It takes both.",
        lambda losses_of, z: losses_of(z.T),
    ),
    directions_added=(
        "The two directions are added up. Each pair has the mean of its two losses.",
        lambda losses_of, z: losses_of(z) + losses_of(z.T),
    ),
    directions_in_a_row=(
        "The losses of both directions stand one behind the other, (2N,). Each pair has one: the mean of its two.",
        lambda losses_of, z: torch.cat([losses_of(z), losses_of(z.T)]),
    ),
    table_made_symmetric=(
        "The table is averaged with its transpose before the softmax. Two questions are asked, and it is their losses "
        "that are averaged.",
        lambda losses_of, z: losses_of((z + z.T) / 2),
    ),
)
argument_fixed(wrong, "always_both", "Both directions are averaged, although `symmetric` is False.", symmetric=True)
other_default(
    wrong,
    "both_by_default",
    "Where `symmetric` is not given, both directions are averaged. Its default is False.",
    symmetric=True,
)
other_default(
    wrong,
    "another_temperature_by_default",
    "Where no temperature is given, it is 1 here. A call without one means 0.1.",
    temperature=1.0,
)
detached(
    wrong,
    "keys",
    "No gradient flows to the keys, as from MoCo's queue. Here they learn too: a caller who does not want that "
    "detaches them.",
)
refused_less(wrong, contrast(checked=False))


@wrong(
    "With `symmetric` and 'mean' the sum of both directions is divided by N: each pair has the mean of its two losses."
)
def both_summed_in_the_mean(
    queries: Tensor, keys: Tensor, temperature: float = 0.1, symmetric: bool = False, reduction: str = "mean"
) -> Tensor:
    value = spec(queries, keys, temperature, symmetric, reduction)
    return 2 * value if symmetric and reduction == "mean" else value


@wrong("'mean' gives the sum of the losses. It is divided by the number of pairs.")
def mean_is_sum(
    queries: Tensor, keys: Tensor, temperature: float = 0.1, symmetric: bool = False, reduction: str = "mean"
) -> Tensor:
    return spec(queries, keys, temperature, symmetric, "sum" if reduction == "mean" else reduction)


@wrong("`symmetric` and the temperature have changed places: by position the temperature is the third argument.")
def positions(queries: Tensor, keys: Tensor, *more: Any, **flags: Any) -> Tensor:
    if len(more) < 2:
        return spec(queries, keys, *more, **flags)
    return spec(queries, keys, float(more[1]) or 1.0, bool(more[0]), *more[2:], **flags)
