"""KL divergence and its relatives: the exercises of notebook 02.

A distribution is a tensor of probabilities along its last dimension. Divergences are in nats.
"""

import torch
from torch import Tensor


def distribution_cross_entropy(p: Tensor, q: Tensor) -> Tensor:
    """The surprise to expect when outcomes come from p and q was believed, in nats: H(p, q).

    Nothing is normalised: arguments that do not sum to 1 should show, and a division would change the gradient.

    By hand: no ready-made loss or distribution.

    Args:
        p: the true probabilities (..., K).
        q: the believed probabilities, same shape.

    Returns:
        H(p, q), shape (...). An outcome with p = 0 adds nothing, even where q = 0. An outcome with p > 0
        and q = 0 costs inf.
    """
    # BEGIN SOLUTION
    # where p is 0, 1 stands in for q: otherwise 0 · (-inf) would be NaN
    log_q = torch.log(torch.where(p > 0, q, 1.0))
    return -(p * log_q).sum(dim=-1)
    # END SOLUTION


def kl_divergence(p: Tensor, q: Tensor) -> Tensor:
    """What believing q costs in excess when outcomes come from p, in nats: KL(p‖q).

    Nothing is normalised, clipped or made positive on the way: a mistake in p or q should show.

    By hand: no ready-made loss or distribution.

    Args:
        p: the true probabilities (..., K).
        q: the believed probabilities, same shape.

    Returns:
        KL(p‖q), shape (...). An outcome with p = 0 adds nothing, even where q = 0. An outcome with p > 0
        and q = 0 gives inf. The gradient is no NaN, even where a probability in p is 0.
    """
    # BEGIN SOLUTION
    inside = p > 0
    log_p = torch.log(torch.where(inside, p, 1.0))
    log_q = torch.log(torch.where(inside, q, 1.0))
    return (p * (log_p - log_q)).sum(dim=-1)
    # END SOLUTION


def js_divergence(p: Tensor, q: Tensor) -> Tensor:
    """How far p and q are from the distribution halfway between them, in nats: Jensen-Shannon.

    Nothing is normalised: arguments that do not sum to 1 should show, and a division would change the gradient.

    By hand: no ready-made loss or distribution.

    Args:
        p: probabilities (..., K). Some may be 0.
        q: probabilities, same shape. Some may be 0.

    Returns:
        JS(p, q) = JS(q, p), shape (...), at most ln 2. The gradient is no NaN, even beside a 0.
    """
    # BEGIN SOLUTION
    m = (p + q) / 2
    return (kl_divergence(p, m) + kl_divergence(q, m)) / 2
    # END SOLUTION


def gaussian_kl(mean_p: Tensor, std_p: Tensor, mean_q: Tensor, std_q: Tensor) -> Tensor:
    """KL(p‖q) of two normal distributions p and q, element by element, in nats.

    By hand: no ready-made loss or distribution.

    Args:
        mean_p: mean of p, any shape.
        std_p: standard deviation of p (not the variance).
        mean_q: mean of q.
        std_q: standard deviation of q.

    Returns:
        KL(p‖q), in the shape to which the four broadcast.
    """
    # BEGIN SOLUTION
    ratio = std_p / std_q
    distance = (mean_p - mean_q) / std_q
    return (ratio**2 + distance**2 - 1) / 2 - torch.log(ratio)
    # END SOLUTION


def distillation_loss(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    """How far a student's softened predictions are from its teacher's: KL(teacher‖student), averaged.

    Both are softened by the temperature, and the loss is scaled as in Hinton, Vinyals and Dean (2015): at a
    high temperature, doubling it leaves the gradient as large as it was.

    By hand: no ready-made loss or distribution.

    Args:
        student_logits: the student's logits (N, K), up to ±1000.
        teacher_logits: the teacher's logits (N, K), up to ±1000, which are not trained: whether a gradient
            reaches them is left to you.
        temperature: what logits are divided by before the softmax; 1 leaves them as they are.

    Returns:
        The loss in nats, a single number.
    """
    # BEGIN SOLUTION
    log_student = torch.log_softmax(student_logits / temperature, dim=-1)
    log_teacher = torch.log_softmax(teacher_logits / temperature, dim=-1)
    kl = (log_teacher.exp() * (log_teacher - log_student)).sum(dim=-1)
    # the gradient carries 1/T from the division and 1/T from probabilities that draw together: T² undoes both
    return temperature**2 * kl.mean()
    # END SOLUTION


def kl_div(input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False) -> Tensor:
    """KL(target‖input), element by element: a drop-in for `torch.nn.functional.kl_div`.

    By hand: no ready-made loss or distribution.

    Args:
        input: log-probabilities ln q, any shape. They are taken as they stand: no softmax inside.
        target: probabilities p, same shape; log-probabilities ln p if `log_target`.
        reduction: "none" for t ln t - t · input of every element t of target, "sum" or "mean" over all
            elements, or "batchmean", the sum divided by the first size of `input`.
        log_target: whether `target` holds ln p.

    Returns:
        The shape of input for "none", else a single number. 0 ln 0 counts as 0. A negative target gives NaN,
        and so does a target of 0 where input is -inf.
    """
    # BEGIN SOLUTION
    if log_target:
        loss = target.exp() * (target - input)
    else:
        log_t = torch.log(torch.where(target == 0, 1.0, target))
        loss = target * log_t - target * input
    if reduction == "none":
        return loss
    if reduction == "sum":
        return loss.sum()
    if reduction == "mean":
        return loss.mean()
    if reduction == "batchmean":
        return loss.sum() / (len(input) if input.ndim else 1)  # a single number is a batch of one
    raise ValueError(f"{reduction!r} is no reduction: none, sum, mean, batchmean")
    # END SOLUTION


def keras_kl_divergence(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """KL(y_true‖y_pred) with every probability kept from 0: a drop-in for `keras.losses.kl_divergence`.

    By hand: no ready-made loss or distribution.

    Args:
        y_true: the true probabilities (..., K), of any dtype.
        y_pred: the believed probabilities, same shape: no logarithms, no logits.

    Returns:
        One divergence per row, shape (...), in the dtype of `y_pred`. Both arguments are clipped to [1e-7, 1]
        and not normalised: what is impossible counts as 1e-7, and rows that do not sum to 1 may give a
        negative number.
    """
    # BEGIN SOLUTION
    p = y_true.to(y_pred.dtype).clamp(1e-7, 1)
    q = y_pred.clamp(1e-7, 1)
    return (p * torch.log(p / q)).sum(dim=-1)
    # END SOLUTION
