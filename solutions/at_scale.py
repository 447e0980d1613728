"""Losses at scale: the exercises of notebook 13.

Logits are real numbers, one per class: a linear layer makes them from features. Losses are in nats.
"""

import torch
from torch import Tensor


def weight_gradient(input: Tensor, linear_weight: Tensor, target: Tensor, chunk_rows: int) -> Tensor:
    """The gradient of the mean cross-entropy with respect to the weights that make the logits, without autograd.

    By hand: no ready-made loss, distribution, softmax, log_softmax, logsumexp or logaddexp.

    Args:
        input: features (N, D).
        linear_weight: a row for each class (V, D); the logits are input @ linear_weight.T, and may be large.
        target: class indices (N,), int64.
        chunk_rows: how many rows of logits may exist at a time; N need not be a multiple of it, and may be
            smaller.

    Returns:
        The gradient with respect to linear_weight (V, D), in its dtype.
    """
    # BEGIN SOLUTION
    gradient = torch.zeros_like(linear_weight)
    for x, y in zip(input.split(chunk_rows), target.split(chunk_rows)):
        logits = x @ linear_weight.T
        odds = (logits - logits.amax(1, keepdim=True)).exp()
        by_logits = odds / odds.sum(1, keepdim=True)
        by_logits[torch.arange(len(y), device=y.device), y] -= 1
        gradient += by_logits.T @ x
    return gradient / len(input)
    # END SOLUTION


def online_softmax_step(state: Tensor, logits: Tensor) -> Tensor:
    """Takes the next few logits of each row into a running maximum and a running sum.

    By hand: no ready-made loss, distribution, softmax, log_softmax, logsumexp or logaddexp.

    Args:
        state: (2, N), of the logits seen so far: state[0] is the largest of each row, and state[1] is the
            sum of exp(z - largest) over them. Before the first logits it is -inf and 0.
        logits: the next ones, (N, c). They may be as large as ±1000, and -inf.

    Returns:
        The state (2, N) of all that is seen by now, in the dtype of the logits. While a row has seen nothing but
        -inf, its state is -inf and 0.
    """
    # BEGIN SOLUTION
    top, total = state
    new_top = torch.maximum(top, logits.amax(1))
    shift = torch.where(new_top == -torch.inf, 0.0, new_top)  # -inf - (-inf) would be NaN
    # the old sum was taken from the old maximum: exp(old - new) moves it to the new one
    new_total = total * (top - shift).exp() + (logits - shift[:, None]).exp().sum(1)
    return torch.stack([new_top, new_total])
    # END SOLUTION


def cross_entropy_with_z_loss(
    input: Tensor, target: Tensor, z_weight: float = 1e-4, ignore_index: int = -100, reduction: str = "mean"
) -> Tensor:
    """Cross-entropy, and a price on the square of ln Z that keeps the logits near 0: the z-loss of PaLM.

    By hand: no ready-made loss, distribution, softmax, log_softmax, logsumexp or logaddexp.

    Args:
        input: logits (N, C), as large as ±1000, and -inf where a class is ruled out. A row that does not
            count may hold NaN.
        target: class indices (N,), int64.
        z_weight: what the price is multiplied by; 0 leaves cross-entropy.
        ignore_index: targets of this value do not count: their rows cost nothing and pay no price.
        reduction: "none" for one loss per row, "sum" over all rows, or "mean" over those that count.

    Returns:
        ln Z - z_y + z_weight · (ln Z)² of each row, with Z = Σ exp(z) over its classes: shape (N,) for "none",
        0 where a row does not count; else a single number. If no row counts, the sum is 0 and the mean NaN.

    Raises:
        ValueError: reduction is another word.
    """
    # BEGIN SOLUTION
    counts = target != ignore_index
    z, y = input[counts], target[counts]
    top = z.amax(1, keepdim=True)
    log_sum = (z - top).exp().sum(1).log()
    surprise = log_sum - (z - top).gather(1, y[:, None])[:, 0]  # here the largest logit cancels …
    losses = surprise + z_weight * (top[:, 0] + log_sum) ** 2  # … and here it counts
    if reduction == "none":
        return losses.new_zeros(len(target)).index_put((counts,), losses)
    if reduction == "sum":
        return losses.sum()
    if reduction == "mean":
        return losses.mean()
    raise ValueError(f"{reduction!r} is no reduction: none, sum, mean")
    # END SOLUTION


def accumulated_loss(logits: Tensor, target: Tensor, sizes: list[int], ignore_index: int = -100) -> Tensor:
    """The mean cross-entropy of a batch that is worked through in micro-batches.

    By hand: no ready-made loss, distribution, softmax, log_softmax, logsumexp or logaddexp.

    Args:
        logits: (N, C), also very large ones. A row that does not count may hold NaN.
        target: class indices (N,), int64.
        sizes: how many rows each micro-batch has, in order; together N.
        ignore_index: targets of this value do not count. A micro-batch may hold no others.

    Returns:
        The mean over all targets that count, as if there were no micro-batches; a single number.
    """
    # BEGIN SOLUTION
    count = (target != ignore_index).sum()  # known before the first micro-batch: targets are small
    total = logits.new_zeros(())
    for z, y in zip(logits.split(sizes), target.split(sizes)):
        z, y = z[y != ignore_index], y[y != ignore_index]
        top = z.amax(1, keepdim=True)
        surprise = (z - top).exp().sum(1).log() - (z - top).gather(1, y[:, None])[:, 0]
        total = total + surprise.sum() / count  # in training, `.backward()` is called on each of these
    return total
    # END SOLUTION


def adaptive_log_softmax(input: Tensor, target: Tensor, cutoffs: list[int], head: Tensor, *tail: Tensor) -> Tensor:
    """The log-probabilities of an adaptive softmax, as `torch.nn.AdaptiveLogSoftmaxWithLoss` has them.

    Classes are sorted from frequent to rare. Those below cutoffs[0] stand in the head; the others in
    clusters, cluster i from cutoffs[i] up to cutoffs[i + 1], the last one up to the number of classes.

    By hand: no ready-made loss, distribution, softmax, log_softmax, logsumexp or logaddexp.

    Args:
        input: features (N, D).
        target: class indices (N,), int64.
        cutoffs: where each cluster begins, in rising order.
        head: (cutoffs[0] + number of clusters, D): a row for each class of the head, then one for each
            cluster.
        tail: two tensors for each cluster: a projection (H, D), H is smaller for rarer clusters, and a row
            for each class of the cluster (size, H).

    Returns:
        The log-probability of each target (N,).

    Raises:
        RuntimeError: a target is no class.
    """

    # BEGIN SOLUTION
    def log_p(logits):
        shifted = logits - logits.amax(1, keepdim=True)
        return shifted - shifted.exp().sum(1, keepdim=True).log()

    classes = cutoffs[-1] + len(tail[-1])
    if ((target < 0) | (target >= classes)).any():
        raise RuntimeError(f"a target is not in 0 … {classes - 1}")
    of_head = log_p(input @ head.T)
    column, within = target, torch.zeros_like(input[:, 0])
    for i, (low, high) in enumerate(zip(cutoffs, [*cutoffs[1:], classes])):
        rows = ((target >= low) & (target < high)).nonzero()[:, 0]  # a cluster is computed for its own rows only
        column = column.index_fill(0, rows, cutoffs[0] + i)
        of_cluster = log_p(input[rows] @ tail[2 * i].T @ tail[2 * i + 1].T)
        within = within.index_put((rows,), of_cluster.gather(1, target[rows, None] - low)[:, 0])
    return of_head.gather(1, column[:, None])[:, 0] + within  # ln p(cluster) + ln p(class | cluster)
    # END SOLUTION


def linear_cross_entropy(
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    *,
    linear_bias: Tensor | None = None,
    weight: Tensor | None = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
) -> Tensor:
    """A linear layer and its cross-entropy in one: a drop-in for `torch.nn.functional.linear_cross_entropy`.

    (torch's also takes `options`, and weights of more than two dimensions. This one does not.)

    By hand: no ready-made loss, distribution, softmax, log_softmax, logsumexp or logaddexp.

    Args:
        input: features (N, D), or (D,) for one sample.
        linear_weight: a row for each class (V, D).
        target: class indices, int64, (N,) or (); or probabilities, (N, V) or (V,).
        linear_bias: a number for each class (V,), added to the logits.
        weight: one factor for each class (V,).
        reduction: "none" (a loss for each row, 0 for those that do not count), "sum", or "mean".
        ignore_index: index targets of this value do not count; None means -100. Not with probabilities.
        label_smoothing: ε, the share of each target that is spread evenly over all classes.

    Returns:
        The cross-entropy of the logits input @ linear_weight.T + linear_bias, reduced as in `cross_entropy`:
        the mean divides by the sum of weight[y] over the targets y that count, or by the number of
        probability targets. A row that does not count may hold NaN, and a class whose linear_bias is -inf costs
        nothing as long as it is no target: 0 · ln 0 is 0.

    Raises:
        ValueError: reduction is another word.
        IndexError: an index target that counts is no class.
        RuntimeError: ignore_index is given, and targets are probabilities.
    """
    # BEGIN SOLUTION
    if reduction not in ("none", "sum", "mean"):
        raise ValueError(f"{reduction!r} is no reduction")
    classes, soft = len(linear_weight), target.is_floating_point()
    if soft and ignore_index is not None:
        raise RuntimeError("ignore_index is for targets that are indices")
    rows = input.reshape(-1, input.shape[-1])
    targets = target.reshape(-1, classes) if soft else target.reshape(-1)
    counts = torch.ones_like(rows[:, 0], dtype=torch.bool)
    if not soft:
        counts = targets != (-100 if ignore_index is None else ignore_index)
        if ((targets < 0) | (targets >= classes))[counts].any():
            raise IndexError(f"a target is not in 0 … {classes - 1}")
    v = input.new_ones(classes) if weight is None else weight
    e = label_smoothing

    def chunk_losses(x, y, w, bias):
        logits = x @ w.T if bias is None else x @ w.T + bias
        shifted = logits - logits.amax(1, keepdim=True)
        log_p = shifted - shifted.exp().sum(1, keepdim=True).log()
        if soft:
            return -(((1 - e) * y + e / classes) * v * log_p).sum(1)
        sharp = -v[y] * log_p.gather(1, y[:, None])[:, 0]
        return sharp if e == 0 else (1 - e) * sharp - e * (v * log_p).mean(1)

    class Forgetful(torch.autograd.Function):  # keeps none of a chunk's logits, and computes them anew for the gradient
        @staticmethod
        def forward(ctx, *parts):
            ctx.save_for_backward(*parts)
            return chunk_losses(*parts)

        @staticmethod
        def backward(ctx, upstream):
            needs = ctx.needs_input_grad
            parts = [p if p is None else p.detach().requires_grad_(n) for p, n in zip(ctx.saved_tensors, needs)]
            with torch.enable_grad():
                again = (upstream * chunk_losses(*parts)).sum()
            grads = iter(torch.autograd.grad(again, [p for p, n in zip(parts, needs) if n]))
            return tuple(next(grads) if n else None for n in needs)

    chunks = zip(rows[counts].split(256), targets[counts].split(256))
    losses = torch.cat([Forgetful.apply(x, y, linear_weight, linear_bias) for x, y in chunks])
    if reduction == "none":
        return losses.new_zeros(len(rows)).masked_scatter(counts, losses).reshape(input.shape[:-1])
    if reduction == "sum":
        return losses.sum()
    return losses.sum() / (len(rows) if soft else v[targets[counts]].sum())
    # END SOLUTION
