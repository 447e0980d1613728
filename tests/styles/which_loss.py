"""Right answers to the exercises of the last notebook, in styles unlike the course's own.

Each function is called `<exercise>__<style>` and gets full marks (tests/test_styles.py).
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

# ---- classifier_loss ---------------------------------------------------------------------------------------------


def classifier_loss__nll(logits, target):
    return F.nll_loss(F.log_softmax(logits, dim=1), target)


def classifier_loss__log_softmax_first(logits, target):
    """No mistake: the log_softmax of a log_softmax is itself."""
    return F.cross_entropy(logits.log_softmax(1), target)


def classifier_loss__module(logits, target):
    return nn.CrossEntropyLoss()(logits, target)


def classifier_loss__loop(logits, target):
    return sum(logits[n].logsumexp(0) - logits[n, k] for n, k in enumerate(target)) / len(target)


def classifier_loss__one_hot(logits, target):
    return F.cross_entropy(logits, torch.eye(logits.shape[1], dtype=logits.dtype)[target])


def classifier_loss__gather(logits, target):
    return (logits.logsumexp(1, keepdim=True) - logits.gather(1, target[:, None])).mean()


# ---- student_loss ------------------------------------------------------------------------------------------------


def student_loss__probabilities(student_logits, teacher_logits, temperature):
    log_s = F.log_softmax(student_logits / temperature, dim=-1)
    t = F.softmax(teacher_logits / temperature, dim=-1)
    return F.kl_div(log_s, t, reduction="batchmean") * temperature * temperature


def student_loss__module(student_logits, teacher_logits, temperature):
    kl = nn.KLDivLoss(reduction="batchmean", log_target=True)
    soft = nn.LogSoftmax(dim=1)
    return kl(soft(student_logits / temperature), soft(teacher_logits / temperature)) * temperature**2


def student_loss__sum(student_logits, teacher_logits, temperature):
    s, t = ((x / temperature).log_softmax(1) for x in (student_logits, teacher_logits))
    return F.kl_div(s, t, reduction="sum", log_target=True).div(len(s)) * temperature**2


def student_loss__by_hand(student_logits, teacher_logits, temperature):
    s, t = ((x / temperature).log_softmax(1) for x in (student_logits, teacher_logits))
    return temperature**2 * torch.einsum("nk,nk->n", t.exp(), t - s).mean()


def student_loss__cross_entropy(student_logits, teacher_logits, temperature):
    """Cross-entropy with the teacher's probabilities, less their entropy."""
    t = (teacher_logits / temperature).softmax(1)
    entropy = torch.special.entr(t).sum(1).mean()
    return temperature**2 * (F.cross_entropy(student_logits / temperature, t) - entropy)


# ---- fit_loss ----------------------------------------------------------------------------------------------------


def fit_loss__module(log_q, p):
    return nn.KLDivLoss(reduction="batchmean")(log_q, p)


def fit_loss__rows(log_q, p):
    return F.kl_div(log_q, p, reduction="none").sum(-1).mean()


def fit_loss__xlogy(log_q, p):
    return (torch.xlogy(p, p).sum() - (p * log_q).sum()) / len(p)


def fit_loss__entr(log_q, p):
    return (-torch.special.entr(p) - p * log_q).sum(1).mean()


def fit_loss__loop(log_q, p):
    total = 0 * log_q[0, 0]
    for q_row, p_row in zip(log_q, p, strict=True):
        for b, a in zip(q_row, p_row, strict=True):
            if a > 0:
                total = total + a * (a.log() - b)
    return total / len(p)


# ---- speech_loss -------------------------------------------------------------------------------------------------


def speech_loss__module(logits, targets, input_lengths, target_lengths):
    return nn.CTCLoss()(nn.functional.log_softmax(logits, dim=-1), targets, input_lengths, target_lengths)


def speech_loss__twice(logits, targets, input_lengths, target_lengths):
    """No mistake: the second log_softmax changes nothing."""
    return F.ctc_loss(logits.log_softmax(2).log_softmax(2), targets, input_lengths, target_lengths)


def speech_loss__concatenated(logits, targets, input_lengths, target_lengths):
    flat = torch.cat([row[:n] for row, n in zip(targets, target_lengths, strict=True)])
    return F.ctc_loss(logits.log_softmax(-1), flat, tuple(input_lengths.tolist()), tuple(target_lengths.tolist()))


def speech_loss__none(logits, targets, input_lengths, target_lengths):
    log_p = logits - logits.logsumexp(2, keepdim=True)
    return (F.ctc_loss(log_p, targets, input_lengths, target_lengths, reduction="none") / target_lengths).mean()


def speech_loss__one_by_one(logits, targets, input_lengths, target_lengths):
    losses = []
    for n, (steps, size) in enumerate(zip(input_lengths.tolist(), target_lengths.tolist(), strict=True)):
        log_p = logits[:steps, n].log_softmax(1)
        losses.append(F.ctc_loss(log_p, targets[n, :size], input_lengths[n], target_lengths[n], reduction="sum") / size)
    return torch.stack(losses).mean()


# ---- regression_loss ---------------------------------------------------------------------------------------------


def regression_loss__unsqueeze(prediction, target):
    return F.mse_loss(prediction, target.unsqueeze(1))


def regression_loss__view_as(prediction, target):
    return nn.MSELoss()(prediction, target.view_as(prediction))


def regression_loss__column(prediction, target):
    return ((prediction[:, 0] - target) ** 2).mean()


def regression_loss__loop(prediction, target):
    total = sum((p[0] - y) ** 2 for p, y in zip(prediction, target, strict=True))
    return total / len(target) if len(target) else prediction.new_tensor(torch.nan)


def regression_loss__diagonal(prediction, target):
    """Everybody against everybody, of which only the diagonal is wanted."""
    return (prediction - target).diagonal().square().mean()


def regression_loss__dot(prediction, target):
    error = prediction.flatten() - target
    return error @ error / len(error) if len(error) else error.sum() / 0


# ---- language_model_loss -----------------------------------------------------------------------------------------


def language_model_loss__transposed(logits, target, padding):
    return F.cross_entropy(logits.transpose(1, 2), target, ignore_index=padding)


def language_model_loss__mask(logits, target, padding):
    real = target != padding
    return F.cross_entropy(logits[real], target[real])


def language_model_loss__weight(logits, target, padding):
    weight = torch.ones(logits.shape[2], dtype=logits.dtype)
    weight[padding] = 0
    return F.cross_entropy(logits.movedim(2, 1), target, weight=weight)


def language_model_loss__minus_100(logits, target, padding):
    return F.cross_entropy(logits.flatten(0, 1), target.masked_fill(target == padding, -100).flatten())


def language_model_loss__by_hand(logits, target, padding):
    picked = logits.log_softmax(2).gather(2, target[:, :, None])[:, :, 0]
    real = target != padding
    return -torch.where(real, picked, 0.0).sum() / real.sum()


def language_model_loss__loop(logits, target, padding):
    tokens = [
        (row, k)
        for rows, ks in zip(logits, target, strict=True)
        for row, k in zip(rows, ks, strict=True)
        if k != padding
    ]
    if not tokens:
        return 0 * logits.sum() / 0
    return sum(row.logsumexp(0) - row[k] for row, k in tokens) / len(tokens)


class RealTokens(torch.autograd.Function):
    """Softmax less one at the right class, by the number of real tokens."""

    @staticmethod
    def forward(ctx, logits, target, padding):
        log_p, real = logits.log_softmax(2), target != padding
        ctx.save_for_backward(log_p, target, real)
        return -log_p.gather(2, target[:, :, None])[:, :, 0][real].mean()

    @staticmethod
    def backward(ctx, grad):
        log_p, target, real = ctx.saved_tensors
        one_hot = torch.zeros_like(log_p).scatter_(2, target[:, :, None], 1.0)
        return grad * (log_p.exp() - one_hot) * real[:, :, None] / real.sum(), None, None


def language_model_loss__own_backward(logits, target, padding):
    return RealTokens.apply(logits, target, padding)


# ---- loss_floors -------------------------------------------------------------------------------------------------


def loss_floors__plain_numbers(counts, label_smoothing=0.0, weight=None):
    """Python's floats, and a tensor at the end."""
    classes = counts.shape[0]
    factors = [1.0] * classes if weight is None else weight.tolist()
    times = [count * factor for count, factor in zip(counts.tolist(), factors, strict=True)]
    known = 0.0
    for each in times:
        f = (1 - label_smoothing) * each / sum(times) + label_smoothing / classes
        known -= f * math.log(f) if f else 0.0
    other = label_smoothing / classes
    right = 1 - label_smoothing + other
    twice = math.log(math.e + classes - 1) - right
    sure = -right * math.log(right) - ((classes - 1) * other * math.log(other) if other else 0.0)
    return torch.tensor([math.log(classes), known, twice, sure], dtype=counts.dtype)


def loss_floors__entr(counts, label_smoothing=0.0, weight=None):
    """Three entropies, and one dot product."""
    classes = counts.numel()
    weight = torch.ones_like(counts) if weight is None else weight

    def soften(p):
        return torch.lerp(p, torch.full_like(p, 1 / classes), label_smoothing)

    one = F.one_hot(torch.tensor(0), classes).to(counts.dtype)
    uniform = torch.full_like(counts, 1 / classes)
    entropies = [
        torch.special.entr(p).sum() for p in (uniform, soften(counts * weight / (counts @ weight)), soften(one))
    ]
    return torch.stack([*entropies[:2], -soften(one) @ one.log_softmax(0), entropies[2]])


def loss_floors__samples(counts, label_smoothing=0.0, weight=None):
    """A table of all kinds of samples, each as often as it counts."""
    classes = len(counts)
    often = counts if weight is None else counts * weight
    often = often / often.sum()
    targets = torch.eye(classes, dtype=counts.dtype) * (1 - label_smoothing) + label_smoothing / classes
    smallest = torch.finfo(counts.dtype).tiny

    def loss(log_p):
        return -(often[:, None] * targets * log_p).sum()

    said = torch.einsum("c,ck->k", often, targets)
    sure = torch.eye(classes, dtype=counts.dtype)
    nothing = torch.zeros_like(targets)
    each = (
        nothing.log_softmax(1),
        said.clamp(min=smallest).log(),
        sure.log_softmax(1),
        targets.clamp(min=smallest).log(),
    )
    return torch.stack([loss(log_p) for log_p in each])


def loss_floors__by_torch(counts, label_smoothing=0.0, weight=None):
    """Through the loss itself, with class weights and indices, where it has them."""
    classes = len(counts)
    weight = counts.new_ones(classes) if weight is None else weight
    labels = torch.arange(classes)
    times = counts * weight / (counts * weight).sum()
    smooth = (1 - label_smoothing) * torch.eye(classes, dtype=counts.dtype) + label_smoothing / classes
    f = times @ smooth
    known = F.cross_entropy(f.clamp_min(1e-37).log()[None], f[None])
    start = F.cross_entropy(counts.new_zeros(classes, classes), labels)
    twice = F.cross_entropy(torch.eye(classes, dtype=counts.dtype), labels, label_smoothing=label_smoothing)
    best = F.cross_entropy(smooth.clamp_min(1e-37).log(), labels, label_smoothing=label_smoothing)
    return torch.stack([start, known, twice, best])


def loss_floors__recursive(counts, label_smoothing=0.0, weight=None):
    """The entropy of a list: of its first number against the rest, and then of the rest."""
    classes = len(counts)

    def entropy(p):
        total = p.sum()
        if len(p) == 1 or total == 0:
            return 0 * total
        share = p[0] / total
        both = torch.stack([share, 1 - share])
        return torch.special.entr(both).sum() + (1 - share) * entropy(p[1:])

    times = counts if weight is None else counts * weight
    known = (1 - label_smoothing) * times / times.sum() + label_smoothing / classes
    target = torch.full_like(counts, label_smoothing / classes)
    target[-1] = 1 - label_smoothing + label_smoothing / classes
    sure = (torch.arange(classes) == classes - 1).to(counts.dtype)
    twice = (sure.logsumexp(0) - sure) @ target
    return torch.stack([entropy(torch.ones_like(counts)), entropy(known), twice, entropy(target)])
