"""Embeddings: write your answers here, then score one with `coursekit check cosine_embedding_loss`.

Made from solutions/embeddings.py by `coursekit refresh`.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor


def cosine_embedding_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: str = "mean"
) -> Tensor:
    """Directions drawn together or apart: a drop-in for `torch.nn.functional.cosine_embedding_loss`.

    By hand: no ready-made loss, distribution, cosine_similarity, pairwise_distance or cdist.

    Args:
        input1: the first vectors of N pairs (N, D), or a single one (D,).
        input2: the second vectors, same shape.
        target: 1 for each pair that belongs together, -1 for each that does not, shape (N,); a single
            number () beside (D,). A target of shape (1,) goes for all N pairs.
        margin: how large the cosine of a pair with target -1 may be before it costs anything.
        reduction: "none" for one loss per pair, "sum" or "mean" over all pairs.

    Returns:
        1 - cos for target 1 and max(0, cos - margin) for target -1. Where cos is exactly margin, the
        gradient still flows. Any other target costs 0, and counts in the mean. 1e-12 is added to the
        squared length of each vector, so a vector of zeros has the cosine 0.

    Raises:
        ValueError: target is neither (N,) or (1,) beside (N, D) nor () beside (D,), or reduction is
            another word.
    """
    raise NotImplementedError("cosine_embedding_loss: write your answer here")


def hinge_embedding_loss(input: Tensor, target: Tensor, margin: float = 1.0, reduction: str = "mean") -> Tensor:
    """Distances made small or large: a drop-in for `torch.nn.functional.hinge_embedding_loss`.

    By hand: no ready-made loss, distribution, cosine_similarity, pairwise_distance or cdist.

    Args:
        input: distances, any shape.
        target: 1 for each pair that belongs together, -1 for each that does not. The two shapes
            broadcast.
        margin: the distance from which a pair with target -1 costs nothing.
        reduction: "none" for one loss per distance, "sum" or "mean" over all of them.

    Returns:
        The distance itself for target 1, even a negative one, and max(0, margin - distance) for target
        -1, whose gradient still flows where the distance is exactly margin. Any other target costs the
        sum of both.

    Raises:
        ValueError: reduction is another word.
    """
    raise NotImplementedError("hinge_embedding_loss: write your answer here")


def pairwise_distance(x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Tensor:
    """How far it is from each vector to its partner: a drop-in for `torch.nn.functional.pairwise_distance`.

    By hand: no ready-made loss, distribution, cosine_similarity, pairwise_distance or cdist.

    Args:
        x1: vectors (…, D).
        x2: their partners; the two shapes broadcast.
        p: the order of the norm: 1 adds up the sizes of the differences, 2 is Euclid's, inf takes the
            largest.
        eps: a small number that is added to every difference x1 - x2, sign and all, before the norm.
        keepdim: whether the last dimension stays, with size 1.

    Returns:
        One distance per pair (…). Where all differences are 0 (eps included), the gradient is 0.
    """
    raise NotImplementedError("pairwise_distance: write your answer here")


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """Nearer to the positive than to the negative: a drop-in for `torch.nn.functional.triplet_margin_loss`.

    By hand: no ready-made loss, distribution, cosine_similarity, pairwise_distance or cdist.

    Args:
        anchor: vectors (…, D).
        positive: one that belongs to each anchor, same shape.
        negative: one that does not; same shape, or one that broadcasts.
        margin: by how much farther away the negative should be, above 0.
        p: the order of the norm, as in `pairwise_distance`.
        eps: what is added to every difference, as in `pairwise_distance`.
        swap: whether the distance from the positive to the negative takes the place of that from the
            anchor where it is smaller. Where the two are equal, each gets half of the gradient.
        reduction: "none" for one loss per triplet, "sum" or "mean" over all triplets, those that cost 0
            too.

    Returns:
        max(0, margin + d(anchor, positive) - d(anchor, negative)), whose gradient still flows where it is
        exactly 0: shape (…) for "none", else a single number.

    Raises:
        ValueError: margin is not positive, the numbers of dimensions differ, or reduction is another
            word.
    """
    raise NotImplementedError("triplet_margin_loss: write your answer here")


def batch_hard_losses(distance: Tensor, label: Tensor, margin: float = 1.0) -> Tensor:
    """Each anchor of a batch with its hardest positive and its hardest negative.

    By hand: no ready-made loss, distribution, cosine_similarity, pairwise_distance or cdist.

    Args:
        distance: (N, N): row i holds the distances from anchor i to all N members of the batch.
        label: the class of each member (N,).
        margin: by how much farther away the negative should be.

    Returns:
        One loss per anchor (N,): margin, plus the distance to the farthest other member of its class, less
        that to the nearest member of another class, and 0 where that is negative. An anchor that is alone
        in its class, or has no other class beside it, forms no triplet and costs 0.
    """
    raise NotImplementedError("batch_hard_losses: write your answer here")


def info_nce(
    queries: Tensor, keys: Tensor, temperature: float = 0.1, symmetric: bool = False, reduction: str = "mean"
) -> Tensor:
    """Which of all keys is mine? InfoNCE, as in CPC and CLIP: a classification among the keys of the batch.

    By hand: no ready-made loss, distribution, cosine_similarity, pairwise_distance or cdist.

    Args:
        queries: vectors (N, D) of any length: their directions count.
        keys: vectors (N, D). Key i belongs to query i, and to no other.
        temperature: what each cosine is divided by, above 0. At 0.005 the logits are as large as 200.
        symmetric: whether each key looks for its query as well, among all queries. Then the loss of a pair
            is the mean of its two losses.
        reduction: "none" for one loss per pair, "sum" or "mean" over the N pairs.

    Returns:
        -ln of the share that the own key has in the softmax over all N keys, whose logits are the cosines
        divided by the temperature: shape (N,) for "none", else a single number. A vector of zeros has the
        cosine 0 with every other, and its gradient is not NaN.

    Raises:
        ValueError: queries and keys are not both (N, D), temperature is not positive, or reduction is
            another word.
    """
    raise NotImplementedError("info_nce: write your answer here")


def nt_xent(first: Tensor, second: Tensor, temperature: float = 0.5, reduction: str = "mean") -> Tensor:
    """Two views of each sample, in one batch: which of all others is my other view? NT-Xent, as in SimCLR.

    By hand: no ready-made loss, distribution, cosine_similarity, pairwise_distance or cdist.

    Args:
        first: a vector for the first view of each sample (N, D), of any length: directions count.
        second: one for the second view of each sample, same shape.
        temperature: what each cosine is divided by, above 0. At 0.005 the logits are as large as 200.
        reduction: "none" for one loss per view, "sum" or "mean" over all 2N views.

    Returns:
        -ln of the share that the other view of the sample has in the softmax over the 2N - 1 other views
        of the batch. No view is compared with itself. Shape (2N,) for "none", the N first views before the
        N second ones; else a single number. A vector of zeros has the cosine 0 with every other, and its
        gradient is not NaN.

    Raises:
        ValueError: first and second are not both (N, D), temperature is not positive, or reduction is
            another word.
    """
    raise NotImplementedError("nt_xent: write your answer here")


def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | str | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """A triplet loss of any distance: a drop-in for `torch.nn.functional.triplet_margin_with_distance_loss`.

    By hand: no ready-made loss, distribution, cosine_similarity, pairwise_distance or cdist.

    Args:
        anchor: vectors (…, D).
        positive: one that belongs to each anchor, same shape.
        negative: one that does not; same shape, or one that broadcasts.
        distance_function: from the vectors x and y to their distances (…), in this order. None is
            Euclid's distance, with 1e-6 added to every difference x - y. Besides, torch has no such words,
            "manhattan" is Σ|x - y|, "squared" is Σ(x - y)², "cosine" is 1 - cos(x, y), and "kl", for
            vectors of probabilities, is Σ x·ln(x / y). All sums are over the last dimension.
        margin: by how much farther away the negative should be, above 0.
        swap: whether the distance from the positive to the negative takes the place of that from the
            anchor where it is smaller.
        reduction: "none" for one loss per triplet, "sum" or "mean" over all triplets.

    Returns:
        max(0, margin + d(anchor, positive) - d(anchor, negative)), whose gradient still flows where it is
        exactly 0: shape (…) for "none", else a single number.

    Raises:
        ValueError: margin is not positive, the numbers of dimensions differ, or distance_function or
            reduction is another word.
    """
    raise NotImplementedError("triplet_margin_with_distance_loss: write your answer here")


def keras_cosine_similarity(y_true: Tensor, y_pred: Tensor, axis: int = -1) -> Tensor:
    """The cosine with its sign turned: a drop-in for `keras.losses.cosine_similarity`.

    By hand: no ready-made loss, distribution, cosine_similarity, pairwise_distance or cdist.

    Args:
        y_true: vectors of any length, e.g. (N, D). They take on the dtype of y_pred.
        y_pred: as many vectors, same shape.
        axis: the dimension along which a vector lies.

    Returns:
        Minus the cosine of the angle between the two vectors of each pair: -1 for one direction, 1 for
        opposite ones. The shape is that of y_pred without `axis`. A vector shorter than 1e-7 is divided
        by 1e-7 in place of its length, so a vector of zeros gives 0.
    """
    raise NotImplementedError("keras_cosine_similarity: write your answer here")
