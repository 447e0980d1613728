"""Wrong answers to the exercises of notebook 15, written blind: `<exercise>__<mistake>`, and what is wrong with it (tests/test_wrong.py)."""

import math

import torch
import torch.nn.functional as F


def classifier_loss__softmax_before(logits, target):
    """A softmax too many before the cross-entropy."""
    return F.cross_entropy(torch.softmax(logits, dim=1), target)


def classifier_loss__nll_of_logits(logits, target):
    """nll_loss of the logits, without log_softmax."""
    return F.nll_loss(logits, target)


def classifier_loss__sum(logits, target):
    """The sum over the samples."""
    return F.cross_entropy(logits, target, reduction="sum")


def classifier_loss__batch_softmax(logits, target):
    """The softmax runs over the samples, not over the classes."""
    return F.nll_loss(torch.log_softmax(logits, dim=0), target)


def student_loss__mean(student_logits, teacher_logits, temperature):
    """reduction mean: divided by the classes too."""
    s = F.log_softmax(student_logits / temperature, -1)
    t = F.softmax(teacher_logits / temperature, -1)
    return F.kl_div(s, t) * temperature**2


def student_loss__no_t(student_logits, teacher_logits, temperature):
    """T² is missing."""
    s = F.log_softmax(student_logits / temperature, -1)
    t = F.softmax(teacher_logits / temperature, -1)
    return F.kl_div(s, t, reduction="batchmean")


def student_loss__probabilities(student_logits, teacher_logits, temperature):
    """kl_div is given probabilities, not their logarithms."""
    s = F.softmax(student_logits / temperature, -1)
    t = F.softmax(teacher_logits / temperature, -1)
    return F.kl_div(s, t, reduction="batchmean") * temperature**2


def student_loss__teacher_hard(student_logits, teacher_logits, temperature):
    """The teacher is not softened: no division by T."""
    s = F.log_softmax(student_logits / temperature, -1)
    t = F.softmax(teacher_logits, -1)
    return F.kl_div(s, t, reduction="batchmean") * temperature**2


def fit_loss__reverse(log_q, p):
    """KL(q‖p): q covers one mode."""
    q = log_q.exp()
    return (q * (log_q - p.log())).sum(1).mean()


def fit_loss__all_mean(log_q, p):
    """Divided by the classes too."""
    return F.kl_div(log_q, p, reduction="mean")


def fit_loss__log_target(log_q, p):
    """p is said to be a logarithm."""
    return F.kl_div(log_q, p, reduction="batchmean", log_target=True)


def speech_loss__logits(logits, targets, input_lengths, target_lengths):
    """No log_softmax before ctc_loss."""
    return F.ctc_loss(logits, targets, input_lengths, target_lengths)


def speech_loss__zero_infinity(logits, targets, input_lengths, target_lengths):
    """A target that does not fit costs 0."""
    return F.ctc_loss(logits.log_softmax(-1), targets, input_lengths, target_lengths, zero_infinity=True)


def speech_loss__sum(logits, targets, input_lengths, target_lengths):
    """The mean over the samples of the whole loss: not per label."""
    return F.ctc_loss(logits.log_softmax(2), targets, input_lengths, target_lengths, reduction="none").mean()


def regression_loss__broadcast(prediction, target):
    """(N, 1) beside (N,): every prediction meets every target."""
    return ((prediction - target) ** 2).mean()


def regression_loss__half(prediction, target):
    """With a half."""
    return 0.5 * F.mse_loss(prediction.squeeze(1), target)


def regression_loss__l1(prediction, target):
    """The absolute error."""
    return F.l1_loss(prediction[:, 0], target)


def language_model_loss__padding_in_mean(logits, target, padding):
    """Divides by all places."""
    loss = F.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=padding, reduction="sum")
    return loss / target.numel()


def language_model_loss__sentence_means(logits, target, padding):
    """The mean of the sequences' means."""
    per = F.cross_entropy(logits.transpose(1, 2), target, ignore_index=padding, reduction="none")
    return (per.sum(1) / (target != padding).sum(1)).mean()


def language_model_loss__padding_counts(logits, target, padding):
    """Padding is not left out."""
    return F.cross_entropy(logits.flatten(0, 1), target.flatten())


def language_model_loss__perplexity(logits, target, padding):
    """exp of the mean: the perplexity."""
    return F.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=padding).exp()


def _floors(counts, ls, weight, *, wmode="ok", softmax2="ok", last="ok", base="ok"):
    K = len(counts)
    w = torch.ones_like(counts) if weight is None else weight.to(counts.dtype)
    n = counts * w
    share = n / n.sum()
    a = counts.new_tensor(math.log(K))
    q = (1 - ls) * share + ls / K
    if weight is not None:
        # smoothed cross-entropy with weights: only the plain case is written
        q = share * (1 - ls) + ls / K
    b = -(torch.where(q > 0, q * torch.where(q > 0, q, 1.0).log(), 0.0)).sum()
    lse = math.log(math.e + K - 1)
    c = counts.new_tensor(lse - ((1 - ls) + ls / K))
    t = torch.full((K,), ls / K, dtype=counts.dtype)
    t[0] += 1 - ls
    d = -(torch.where(t > 0, t * torch.where(t > 0, t, 1.0).log(), 0.0)).sum()
    if softmax2 == "zero":
        c = c * 0
    if last == "zero":
        d = d * 0
    if base == "bits":
        a = a / math.log(2)
    if base == "present":
        a = counts.new_tensor(math.log(int((counts > 0).sum())))
    return torch.stack([a, b, c, d])


def loss_floors__last_is_zero(counts, label_smoothing=0.0, weight=None):
    """The fourth is 0 whatever the smoothing is."""
    return _floors(counts, label_smoothing, weight, last="zero")


def loss_floors__only_present(counts, label_smoothing=0.0, weight=None):
    """The first is ln of the number of classes that have a sample."""
    return _floors(counts, label_smoothing, weight, base="present")


def loss_floors__softmax_twice_zero(counts, label_smoothing=0.0, weight=None):
    """The third is 0: a second softmax is thought to do no harm."""
    return _floors(counts, label_smoothing, weight, softmax2="zero")


def student_loss__sum_and_no_t(student_logits, teacher_logits, temperature):
    """Two mistakes: the sum over the samples, and T in place of T²."""
    s = F.log_softmax(student_logits / temperature, -1)
    t = F.softmax(teacher_logits / temperature, -1)
    return F.kl_div(s, t, reduction="sum") * temperature


def classifier_loss__smoothed(logits, target):
    """A label smoothing of 0.1 that nobody asked for."""
    return F.cross_entropy(logits, target, label_smoothing=0.1)


def regression_loss__broadcast_and_half(prediction, target):
    """Two mistakes: broadcasting to (N, N), and a half."""
    return (0.5 * (prediction - target) ** 2).mean()
